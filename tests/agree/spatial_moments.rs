//! Random effects and a spatial error by moments: the criterion from its definition, with dense projections and lags.

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::spatial::{
    EffectsRule, MomentOptions, RandomEffects, RandomMoments, SpatialEstimator, SpatialLayout, SpatialRequest,
    SpatialTerms, fit_spatial,
};
use isard::estimate::{Fit, ModelRequest};
use isard::linalg::SparseMatrix;
use nalgebra::{DMatrix, DVector};

use crate::csv::{Csv, data_file};

/// Munnell's panel by period and state, with its weights.
struct Munnell {
    y: Vec<f64>,
    x: Vec<(&'static str, Vec<f64>)>,
    w: DMatrix<f64>,
    periods: usize,
}

impl Munnell {
    fn read() -> Munnell {
        let file = |name: &str| Csv::read(&data_file("tests/reference/data", name).unwrap());
        let (table, pairs) = (file("produc.csv"), file("produc_w.csv"));
        let (state, year) = (table.factor("state").codes, table.number("year"));
        let mut order: Vec<usize> = (0..year.len()).collect();
        order.sort_by(|&a, &b| year[a].total_cmp(&year[b]).then(state[a].cmp(&state[b])));
        let column = |name: &str, is_log: bool| -> Vec<f64> {
            let values = table.number(name);
            order.iter().map(|&k| if is_log { values[k].ln() } else { values[k] }).collect()
        };
        let n = 48;
        let mut w = DMatrix::zeros(n, n);
        let (i, j, value) = (pairs.number("i"), pairs.number("j"), pairs.number("w"));
        (0..i.len()).for_each(|k| w[(i[k] as usize - 1, j[k] as usize - 1)] = value[k]);
        for mut row in w.row_iter_mut() {
            let sum = row.sum();
            row /= sum;
        }
        let x = [("pcap", true), ("pc", true), ("emp", true), ("unemp", false)];
        Munnell {
            y: column("gsp", true),
            x: x.map(|(name, is_log)| (name, column(name, is_log))).to_vec(),
            w,
            periods: year.len() / n,
        }
    }

    fn fit(&self, random: RandomMoments) -> Fit {
        let n = self.w.nrows();
        let rows: Vec<Vec<(u32, f64)>> = (0..n)
            .map(|i| (0..n).filter(|&j| self.w[(i, j)] != 0.0).map(|j| (j as u32, self.w[(i, j)])).collect())
            .collect();
        let layout = SpatialLayout::repeated(SparseMatrix::from_rows(n, &rows), self.periods);
        let design =
            DesignMatrix::build(&ModelVariables::new(("gsp", self.y.clone()), self.x.clone()), Default::default());
        let mut request = SpatialRequest::new(SpatialTerms { error: true, ..Default::default() }, "w", layout);
        request.effects = EffectsRule::Random(RandomEffects::KapoorKelejianPrucha);
        request.estimator = SpatialEstimator::Moments(MomentOptions { random, ..Default::default() });
        fit_spatial(&ModelRequest::default(), &design.unwrap(), &request, &AbsorberCache::new()).unwrap()
    }

    /// Residuals of least squares.
    fn residuals(&self) -> DVector<f64> {
        let rows = self.y.len();
        let x = DMatrix::from_fn(rows, 5, |i, j| if j == 0 { 1.0 } else { self.x[j - 1].1[i] });
        let y = DVector::from_column_slice(&self.y);
        &y - &x * (x.transpose() * &x).try_inverse().unwrap() * x.transpose() * &y
    }
}

/// Residuals with lags and projections of the whole panel as matrices.
struct Dense<'a> {
    u: &'a DVector<f64>,
    lag: DMatrix<f64>,
    /// Of deviations and of means, with how many there are.
    projections: [(DMatrix<f64>, f64); 2],
    /// `tr(W'W) / n`.
    share: f64,
}

impl Dense<'_> {
    fn of<'a>(munnell: &Munnell, u: &'a DVector<f64>) -> Dense<'a> {
        let (w, t) = (&munnell.w, munnell.periods);
        let n = w.nrows();
        let mean = DMatrix::from_element(t, t, 1.0 / t as f64);
        let whole = |of: DMatrix<f64>| of.kronecker(&DMatrix::identity(n, n));
        Dense {
            u,
            lag: DMatrix::identity(t, t).kronecker(w),
            projections: [(whole(DMatrix::identity(t, t) - &mean), (n * (t - 1)) as f64), (whole(mean), n as f64)],
            share: (w.transpose() * w).trace() / n as f64,
        }
    }

    /// The six moments at parameters, each with its expectation taken off.
    fn moments(&self, [lambda, within, between]: [f64; 3]) -> [f64; 6] {
        let f = self.u - &self.lag * self.u * lambda;
        let wf = &self.lag * &f;
        let mut out = [0.0; 6];
        for (i, ((q, count), variance)) in self.projections.iter().zip([within, between]).enumerate() {
            let of = |a: &DVector<f64>, b: &DVector<f64>| a.dot(&(q * b)) / count;
            out[3 * i] = of(&f, &f) - variance;
            out[3 * i + 1] = of(&wf, &wf) - variance * self.share;
            out[3 * i + 2] = of(&wf, &f);
        }
        out
    }
}

fn parameters(fit: &Fit, periods: usize) -> [f64; 3] {
    let of = |name: &str| fit.coefficients.iter().find(|c| c.term == name).unwrap().estimate;
    let within = fit.spatial.as_ref().unwrap().variance;
    [of("lambda"), within, within * (1.0 + periods as f64 * of("phi"))]
}

#[test]
fn moments_of_random_effects_are_least_where_isard_stops_and_not_where_spreg_does() {
    let munnell = Munnell::read();
    let (u, t) = (munnell.residuals(), munnell.periods as f64);
    let dense = Dense::of(&munnell, &u);
    let first = parameters(&munnell.fit(RandomMoments::Initial), munnell.periods);
    // First values: lambda and the variance of deviations make their three moments least.
    let within = |at: [f64; 3]| dense.moments(at)[..3].iter().map(|m| m * m).sum::<f64>();
    let least = within(first);
    for (a, b) in [(1e-3, 0.0), (-1e-3, 0.0), (0.0, 1e-6), (0.0, -1e-6), (1e-3, 1e-6)] {
        assert!(within([first[0] + a, first[1] + b, first[2]]) > least);
    }
    // The mean of squares fits the variance of means exactly.
    assert!(dense.moments(first)[3].abs() < 1e-12);
    let criterion = |at: [f64; 3]| {
        let m = dense.moments(at);
        let part = |m: &[f64]| m.iter().map(|m| m * m).sum::<f64>();
        (t - 1.0) * part(&m[..3]) / first[1].powi(2) + part(&m[3..]) / first[2].powi(2)
    };
    let here = parameters(&munnell.fit(RandomMoments::Weighted), munnell.periods);
    let least = criterion(here);
    for k in 0..3 {
        for step in [1e-3, -1e-3] {
            let mut to = here;
            to[k] *= 1.0 + step;
            assert!(criterion(to) > least, "{k} {step}");
        }
    }
    // spreg.GM_KKP (1.9.0).
    let spreg = [0.5309880964364289, 0.0011473194331291048, 0.08686407642232649];
    println!("criterion {least:e} here ({here:?}), {:e} at spreg's", criterion(spreg));
    assert!(criterion(spreg) > least * (1.0 + 1e-6));
    // Fully weighted moments are near the others.
    let full = parameters(&munnell.fit(RandomMoments::FullyWeighted), munnell.periods);
    assert!((full[0] - here[0]).abs() < 0.1);
}
