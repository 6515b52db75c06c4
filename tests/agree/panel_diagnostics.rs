//! Tests of panels that no program at hand has, twice: written out with full matrices, and by what they are under their null, a
//! standard normal number in draws of independent errors.

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::infer::panel::{PanelModel, PanelTest};
use isard::monte::Streams;
use isard::panel::Factor;
use nalgebra::{DMatrix, DVector};

/// A balanced panel of `y = x - z/2 + a_i + e`, rows by unit and period.
struct Drawn {
    n: usize,
    t: usize,
    y: Vec<f64>,
    x: [Vec<f64>; 2],
}

impl Drawn {
    fn new((n, t): (usize, usize), draw: u64) -> Drawn {
        let mut rng = Streams::new(5).stream("panels", draw);
        let mut out = Drawn { n, t, y: Vec::new(), x: [Vec::new(), Vec::new()] };
        for _ in 0..n {
            let effect = rng.normal();
            for _ in 0..t {
                let (x, z) = (rng.normal() + effect, rng.normal());
                out.y.push(x - 0.5 * z + effect + rng.normal());
                out.x[0].push(x);
                out.x[1].push(z);
            }
        }
        out
    }

    fn statistic(&self, test: PanelTest) -> f64 {
        let rows = 0..self.n * self.t;
        let unit = Factor::new(
            rows.clone().map(|row| (row / self.t) as u32).collect(),
            (0..self.n).map(|unit| unit.to_string()).collect(),
        );
        let [x, z] = self.x.clone();
        let variables = ModelVariables::new(("y", self.y.clone()), vec![("x", x), ("z", z)])
            .of_unit("unit", unit)
            .at_time("year", rows.map(|row| (row % self.t) as f64).collect());
        let design = DesignMatrix::build(&variables, Default::default()).unwrap();
        let cache = AbsorberCache::new();
        PanelModel::of(&design, &cache).unwrap().test(test).unwrap().statistic
    }

    /// A unit's outcome and regressors.
    fn unit(&self, i: usize) -> (DVector<f64>, DMatrix<f64>) {
        let from = i * self.t;
        let y = DVector::from_column_slice(&self.y[from..from + self.t]);
        (y, DMatrix::from_fn(self.t, 2, |t, j| self.x[j][from + t]))
    }

    /// Within residuals by unit, from the regression with a dummy of every unit.
    fn within_residuals(&self) -> Vec<DVector<f64>> {
        let rows = self.n * self.t;
        let design = DMatrix::from_fn(rows, 2 + self.n, |row, j| match j {
            0 | 1 => self.x[j][row],
            _ => f64::from(u8::from(row / self.t == j - 2)),
        });
        let e = left_over(&design, &DVector::from_column_slice(&self.y));
        (0..self.n).map(|i| e.rows(i * self.t, self.t).into_owned()).collect()
    }
}

fn projection(x: &DMatrix<f64>) -> DMatrix<f64> {
    x * (x.transpose() * x).try_inverse().unwrap() * x.transpose()
}

fn left_over(x: &DMatrix<f64>, y: &DVector<f64>) -> DVector<f64> {
    y - projection(x) * y
}

fn with_constant(x: &DMatrix<f64>) -> DMatrix<f64> {
    x.clone().insert_column(0, 1.0)
}

fn near(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-8 * b.abs().max(1.0), "{a} against {b}");
}

/// A sum of independent values over the root of their sum of squares about the mean.
fn standardised(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().sum::<f64>() / values.iter().map(|v| (v - mean).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn born_and_breitung_with_matrices() {
    let drawn = Drawn::new((15, 7), 0);
    let (residuals, t) = (drawn.within_residuals(), drawn.t);
    for order in [1, 2] {
        let lag = DMatrix::from_fn(t, t, |i, j| f64::from(u8::from(i == j + order)));
        let form = lag + DMatrix::identity(t, t) * ((t - order) as f64 / (t * (t - 1)) as f64);
        let values: Vec<f64> = residuals.iter().map(|e| e.dot(&(&form * e))).collect();
        near(drawn.statistic(PanelTest::BornBreitung(order)), standardised(&values));
    }
    // Net of the mean of the future, and net of the mean of the past.
    let ahead =
        DMatrix::from_fn(t, t, |i, j| f64::from(u8::from(i == j)) - f64::from(u8::from(j >= i)) / (t - i) as f64);
    let behind =
        DMatrix::from_fn(t, t, |i, j| f64::from(u8::from(i == j)) - f64::from(u8::from(j <= i)) / (i + 1) as f64);
    let values: Vec<f64> = residuals
        .iter()
        .map(|e| {
            let (forward, backward) = (&ahead * e, &behind * e);
            (2..t - 1).map(|s| forward[s] * backward[s - 1]).sum()
        })
        .collect();
    near(drawn.statistic(PanelTest::BornBreitungRobust), standardised(&values));
}

/// Pesaran, Ullah and Yamagata (2008), equations 3.5 to 3.7, with the matrices `M_i` themselves.
#[test]
fn adjusted_lm_with_matrices() {
    let drawn = Drawn::new((6, 14), 1);
    let (n, t, k) = (drawn.n, drawn.t as f64, 3.0);
    let units: Vec<(DMatrix<f64>, DVector<f64>)> = (0..n)
        .map(|i| {
            let (y, x) = drawn.unit(i);
            let m = DMatrix::identity(drawn.t, drawn.t) - projection(&with_constant(&x));
            let e = &m * y;
            (m, e)
        })
        .collect();
    let v = t - k;
    let a2 = 3.0 * (((v - 8.0) * (v + 2.0) + 24.0) / ((v + 2.0) * (v - 2.0) * (v - 4.0))).powi(2);
    let a1 = a2 - 1.0 / (v * v);
    let mut total = 0.0;
    for i in 0..n {
        for j in i + 1..n {
            let ((mi, a), (mj, b)) = (&units[i], &units[j]);
            let r2 = a.dot(b).powi(2) / (a.norm_squared() * b.norm_squared());
            let both = mi * mj;
            let (mean, square) = (both.trace() / v, (&both * &both).trace());
            let variance = both.trace().powi(2) * a1 + 2.0 * square * a2;
            total += (v * r2 - mean) / variance.sqrt();
        }
    }
    near(drawn.statistic(PanelTest::AdjustedLm), (2.0 / (n * (n - 1)) as f64).sqrt() * total);
}

/// Pesaran and Yamagata (2008): the dispersion of the units' slopes, each about the weighted mean, with the matrices themselves.
#[test]
fn slope_homogeneity_with_matrices() {
    let drawn = Drawn::new((8, 10), 2);
    let (n, t, k) = (drawn.n as f64, drawn.t as f64, 2.0);
    let means = DMatrix::identity(drawn.t, drawn.t) - DMatrix::from_element(drawn.t, drawn.t, 1.0 / t);
    let units: Vec<(DMatrix<f64>, DVector<f64>, f64)> = (0..drawn.n)
        .zip(drawn.within_residuals())
        .map(|(i, e)| {
            let (y, x) = drawn.unit(i);
            let gram = x.transpose() * &means * &x;
            let slopes = gram.clone().try_inverse().unwrap() * x.transpose() * &means * y;
            (gram, slopes, e.norm_squared() / (t - 1.0))
        })
        .collect();
    let weights: DMatrix<f64> = units.iter().map(|(gram, _, s2)| gram / *s2).sum();
    let sum: DVector<f64> = units.iter().map(|(gram, slopes, s2)| gram * slopes / *s2).sum();
    let mean = weights.try_inverse().unwrap() * sum;
    let dispersion: f64 = units
        .iter()
        .map(|(gram, slopes, s2)| {
            let gap = slopes - &mean;
            gap.dot(&(gram * &gap)) / s2
        })
        .sum();
    let delta = n.sqrt() * (dispersion / n - k) / (2.0 * k).sqrt();
    near(drawn.statistic(PanelTest::SlopeHomogeneity), delta);
    let adjusted = n.sqrt() * (dispersion / n - k) / (2.0 * k * (t - k - 1.0) / (t + 1.0)).sqrt();
    near(drawn.statistic(PanelTest::SlopeHomogeneityAdjusted), adjusted);
}

/// Mean and variance over draws in which each null holds: zero and one but for the draws' own noise.
#[test]
fn statistics_are_standard_normal_where_errors_are_independent() {
    let draws = 300;
    let cases = [
        (PanelTest::BornBreitung(1), (40, 8)),
        (PanelTest::BornBreitung(2), (40, 8)),
        (PanelTest::BornBreitungRobust, (40, 8)),
        (PanelTest::AdjustedLm, (12, 20)),
        // The estimated common slope takes k from the sum: the mean is -(k/2N)^1/2.
        (PanelTest::SlopeHomogeneityAdjusted, (60, 30)),
    ];
    for (test, size) in cases {
        let values: Vec<f64> = (0..draws).map(|draw| Drawn::new(size, 100 + draw).statistic(test)).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
        assert!(mean.abs() < 4.0 / n.sqrt(), "{}: mean {mean}", test.name());
        assert!((0.7..1.4).contains(&variance), "{}: variance {variance}", test.name());
    }
}
