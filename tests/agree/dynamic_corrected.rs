//! Dynamic estimators by a second route: moments and likelihoods written out with full matrices.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::ModelVariables;
use isard::estimate::dynamic::{
    DynamicFit, DynamicGmm, DynamicMethod, DynamicVariables, GmmInstrument, GmmSteps, estimate, fit_dynamic,
};
use isard::estimate::panel::{PanelEffect, PanelMethod};
use isard::estimate::{Fit, Method, ModelRequest, design_model, fit_model};
use isard::monte::Streams;
use isard::panel::Factor;
use nalgebra::{DMatrix, DVector};

const UNITS: usize = 60;
const PERIODS: usize = 7;
const RHO: f64 = 0.6;

/// `y_it = ρ y_{i,t-1} + x_it + α_i + e_it`, unit by unit in the order of time; the first period is the starting value.
struct Panel {
    y: Vec<f64>,
    x: Vec<f64>,
}

fn drawn() -> Panel {
    let mut stream = Streams::new(11).stream("dynamic", 0);
    let mut out = Panel { y: Vec::new(), x: Vec::new() };
    for _ in 0..UNITS {
        let effect = stream.normal();
        let mut y = effect / (1.0 - RHO) + stream.normal();
        for _ in 0..PERIODS {
            let x = 0.5 * effect + stream.normal();
            y = RHO * y + x + effect + stream.normal();
            out.y.push(y);
            out.x.push(x);
        }
    }
    out
}

impl Panel {
    fn lag(&self) -> Vec<f64> {
        (0..self.y.len()).map(|row| if row % PERIODS == 0 { f64::NAN } else { self.y[row - 1] }).collect()
    }

    fn factor(&self) -> Factor {
        let codes = (0..self.y.len()).map(|row| (row / PERIODS) as u32).collect();
        Factor::new(codes, (0..UNITS).map(|i| format!("u{i:02}")).collect())
    }

    fn time(&self) -> Vec<f64> {
        (0..self.y.len()).map(|row| (row % PERIODS) as f64).collect()
    }

    fn variables(&self) -> ModelVariables {
        ModelVariables::new(("y", self.y.clone()), vec![("x", self.x.clone()), ("lag(y, 1)", self.lag())])
            .of_unit("unit", self.factor())
            .at_time("time", self.time())
    }

    fn dynamic(&self) -> DynamicVariables {
        DynamicVariables {
            outcome: ("y".into(), Arc::new(self.y.clone())),
            regressors: vec![("x".into(), Arc::new(self.x.clone())), ("lag(y, 1)".into(), Arc::new(self.lag()))],
            gmm: vec![GmmInstrument {
                column: ("y".into(), Arc::new(self.y.clone())),
                from: 2,
                to: 99,
                collapse: true,
            }],
            standard: vec![("x".into(), Arc::new(self.x.clone()))],
            unit: ("unit".into(), self.factor()),
            time: ("time".into(), Arc::new(self.time())),
            rows: None,
        }
    }

    fn fit(&self, method: DynamicMethod) -> Fit {
        let request = ModelRequest { method: Some(Method::Dynamic(method)), ..ModelRequest::default() };
        let design = design_model(&request, &mut self.variables(), &Default::default()).unwrap();
        fit_dynamic(&request, &design, (&self.dynamic(), &method)).unwrap()
    }

    /// Outcomes and `[lag, x]` of a unit from its second period on.
    fn unit(&self, i: usize) -> (DVector<f64>, DMatrix<f64>) {
        let rows = i * PERIODS + 1..(i + 1) * PERIODS;
        let w = DMatrix::from_fn(PERIODS - 1, 2, |t, j| {
            let row = i * PERIODS + 1 + t;
            if j == 0 { self.y[row - 1] } else { self.x[row] }
        });
        (DVector::from_column_slice(&self.y[rows]), w)
    }
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs().max(1e-2), "{a} and not {b}");
}

/// The moments of the bias-corrected estimator with Kiviet's matrices `Π = M L (I - ρL)^-1`.
fn moments(d: &Panel, b: &DVector<f64>) -> DMatrix<f64> {
    let t = PERIODS - 1;
    let m = DMatrix::identity(t, t) - DMatrix::from_element(t, t, 1.0 / t as f64);
    let l = DMatrix::from_fn(t, t, |r, c| f64::from(r == c + 1));
    let pi = &m * &l * (DMatrix::identity(t, t) - &l * b[0]).try_inverse().unwrap();
    let of = |i: usize| {
        let (y, w) = d.unit(i);
        let e = &m * (y - &w * b);
        let mut out = w.transpose() * &e;
        out[0] -= pi.trace() * e.norm_squared() / (t as f64 - 1.0);
        out
    };
    DMatrix::from_columns(&(0..UNITS).map(of).collect::<Vec<_>>())
}

#[test]
fn bias_corrected_solves_its_moments() {
    let d = drawn();
    let fit = d.fit(DynamicMethod::BiasCorrected);
    assert_eq!(fit.coefficients[0].term, "lag(y, 1)");
    let b = DVector::from_vec(vec![fit.coefficients[0].estimate, fit.coefficients[1].estimate]);
    assert!(moments(&d, &b).column_sum().amax() < 1e-8);
    let mut derivative = DMatrix::zeros(2, 2);
    for j in 0..2 {
        let at = |step: f64| {
            let mut moved = b.clone();
            moved[j] += step;
            moments(&d, &moved).column_sum()
        };
        derivative.set_column(j, &((at(1e-5) - at(-1e-5)) / 2e-5));
    }
    let moved = derivative.try_inverse().unwrap() * moments(&d, &b);
    let n = UNITS as f64;
    let v = &moved * moved.transpose() * (n / (n - 1.0));
    close(fit.coefficients[0].std_error, v[(0, 0)].sqrt(), 1e-6);
    close(fit.coefficients[1].std_error, v[(1, 1)].sqrt(), 1e-6);
    // The correction goes towards the truth, three errors or less away.
    let within = fit_within(&d, |_| true);
    let found = &fit.coefficients[0];
    assert!(found.estimate > within[0] + found.std_error && (found.estimate - RHO).abs() < 3.0 * found.std_error);
}

/// Within coefficients of the lag and x on some periods.
fn fit_within(d: &Panel, keep: impl Fn(usize) -> bool) -> [f64; 2] {
    let mut variables = d.variables();
    variables.rows = Some(Arc::new((0..d.y.len()).map(|row| keep(row % PERIODS)).collect()));
    let method = Some(Method::Panel(PanelMethod::Within(PanelEffect::Unit)));
    let request = ModelRequest { method, ..ModelRequest::default() };
    let fit = fit_model(&request, &variables, &AbsorberCache::new()).unwrap();
    [fit.coefficients[1].estimate, fit.coefficients[0].estimate]
}

#[test]
fn the_jackknife_is_of_within_regressions() {
    let d = drawn();
    let fit = d.fit(DynamicMethod::HalfPanelJackknife);
    // Periods 1 to 6 have a lag.
    let (all, first, second) =
        (fit_within(&d, |t| t > 0), fit_within(&d, |t| (1..4).contains(&t)), fit_within(&d, |t| t >= 4));
    for j in 0..2 {
        close(fit.coefficients[j].estimate, 2.0 * all[j] - 0.5 * (first[j] + second[j]), 1e-9);
    }
}

/// The normal density of the changes of a unit, written out for parameters `(ρ, c, ln(ω - 1 + 1/T), ln σ²)`, without regressors.
fn log_density(d: &Panel, p: &[f64; 4]) -> f64 {
    let t = PERIODS - 1;
    let omega = 1.0 - 1.0 / t as f64 + p[2].exp();
    let v = DMatrix::from_fn(t, t, |r, c| match (r, c) {
        (0, 0) => omega,
        (r, c) if r == c => 2.0,
        (r, c) if r.abs_diff(c) == 1 => -1.0,
        _ => 0.0,
    }) * p[3].exp();
    let (inverse, log_det) = (v.clone().try_inverse().unwrap(), v.determinant().ln());
    let of = |i: usize| {
        let y = &d.y[i * PERIODS..(i + 1) * PERIODS];
        let change = |s: usize| y[s + 1] - y[s];
        let e = DVector::from_fn(t, |s, _| if s == 0 { change(0) - p[1] } else { change(s) - p[0] * change(s - 1) });
        -0.5 * (t as f64 * (2.0 * std::f64::consts::PI).ln() + log_det + e.dot(&(&inverse * &e)))
    };
    (0..UNITS).map(of).sum()
}

/// The maximum by moving one parameter after another.
fn climbed(d: &Panel, mut p: [f64; 4]) -> ([f64; 4], f64) {
    let mut width = 0.2;
    let mut best = log_density(d, &p);
    while width > 1e-9 {
        let before = best;
        for j in 0..4 {
            for step in [width, -width] {
                let mut moved = p;
                moved[j] += step;
                let found = log_density(d, &moved);
                if found > best {
                    (p, best) = (moved, found);
                }
            }
        }
        if best <= before {
            width *= 0.5;
        }
    }
    (p, best)
}

#[test]
fn transformed_likelihood_is_the_maximum_of_the_density() {
    let d = drawn();
    let method = DynamicMethod::TransformedLikelihood;
    let request = ModelRequest { method: Some(Method::Dynamic(method)), ..ModelRequest::default() };
    let mut vars = d.dynamic();
    vars.regressors.remove(0);
    let design = design_model(&request, &mut d.variables(), &Default::default()).unwrap();
    let fit = fit_dynamic(&request, &design, (&vars, &method)).unwrap();
    let (p, best) = climbed(&d, [0.3, 0.0, 0.0, 0.0]);
    close(fit.coefficients[0].estimate, p[0], 1e-4);
    close(fit.statistics.log_likelihood.unwrap(), best, 1e-9);
    // With regressors, on which the first change is projected too.
    let found = &d.fit(method).coefficients[0];
    assert!((found.estimate - RHO).abs() < 3.0 * found.std_error, "{found:?}");
}

/// J of difference GMM with collapsed instruments, written out.
fn j_of(d: &Panel, b: &[f64; 2]) -> f64 {
    let (mut total, mut omega) = (DVector::zeros(PERIODS - 1), DMatrix::zeros(PERIODS - 1, PERIODS - 1));
    for i in 0..UNITS {
        let at = |values: &[f64], t: usize| values[i * PERIODS + t];
        let mut score = DVector::zeros(PERIODS - 1);
        for t in 2..PERIODS {
            let change = |values: &[f64], t: usize| at(values, t) - at(values, t - 1);
            let e = change(&d.y, t) - b[0] * change(&d.y, t - 1) - b[1] * change(&d.x, t);
            for lag in 2..=t {
                score[lag - 2] += e * at(&d.y, t - lag);
            }
            score[PERIODS - 2] += e * change(&d.x, t);
        }
        omega += &score * score.transpose();
        total += score;
    }
    total.dot(&(omega.try_inverse().unwrap() * &total))
}

#[test]
fn continuously_updated_gmm_is_the_minimum() {
    let d = drawn();
    let asked = |steps| DynamicGmm { steps, ..DynamicGmm::default() };
    let found = estimate(&d.dynamic(), &asked(GmmSteps::Continuous), 2).unwrap();
    let hansen = |fit: &DynamicFit| fit.overidentification.iter().find(|test| test.name == "hansen").unwrap().statistic;
    // Coefficients are in the order of the regressors: x, then the lag.
    let at = [found.coefficients[1], found.coefficients[0]];
    let least = j_of(&d, &at);
    close(hansen(&found), least, 1e-8);
    for step in [1e-4, -1e-4] {
        assert!(j_of(&d, &[at[0] + step, at[1]]) > least && j_of(&d, &[at[0], at[1] + step]) > least);
    }
    let two = estimate(&d.dynamic(), &asked(GmmSteps::Two), 2).unwrap();
    assert!(hansen(&found) < hansen(&two));
    // Every subset of instruments has its difference in Hansen; all are at most the whole.
    let differences = found.overidentification.iter().filter(|test| test.name.starts_with("difference in hansen"));
    let names: Vec<&str> = differences.clone().map(|test| test.name.as_str()).collect();
    assert_eq!(names, ["difference in hansen: standard instruments"]);
    differences.for_each(|test| assert!(test.statistic >= 0.0 && test.df == 1));
}

#[test]
fn what_the_corrections_need_is_told() {
    let d = drawn();
    let request = ModelRequest::default();
    let design = design_model(&request, &mut d.variables(), &Default::default()).unwrap();
    let mut vars = d.dynamic();
    vars.regressors.remove(1);
    let fault = fit_dynamic(&request, &design, (&vars, &DynamicMethod::BiasCorrected)).unwrap_err().to_string();
    assert!(fault.contains("no regressor is y one period before"), "{fault}");
    let mut vars = d.dynamic();
    vars.rows = Some(Arc::new((0..d.y.len()).map(|row| row != 3).collect()));
    let fault = fit_dynamic(&request, &design, (&vars, &DynamicMethod::TransformedLikelihood)).unwrap_err().to_string();
    assert!(fault.contains("needs the same number of successive periods of every unit (3 to 6 here)"), "{fault}");
}
