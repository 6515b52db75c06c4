//! Corrected choices and frailty by second routes: the jackknife from fits of halves, the correction of Poisson that is nothing, gamma frailty
//! from its likelihood written out, quadrature from brute force, and errors clustered by unit.

use isard::absorb::AbsorberCache;
use isard::design::ModelVariables;
use isard::estimate::likelihood::{Correction, Frailty, SIGMA, VARIANCE};
use isard::estimate::{EstimateError, Family, Fit, Link, MaximumLikelihood, Method, ModelRequest, fit_model};
use isard::monte::Streams;
use isard::panel::Factor;
use isard::vcov::Errors;

const LOGIT: Family = Family::Binomial(Link::Logit);
const CLOGLOG: Family = Family::Binomial(Link::Cloglog);

struct Rows {
    y: Vec<f64>,
    x: Vec<f64>,
    unit: Vec<usize>,
    time: Vec<usize>,
}

fn factor(levels: &[usize]) -> Factor {
    let names: Vec<String> = levels.iter().map(|level| format!("l{level:04}")).collect();
    Factor::from_values(names.iter().map(|name| Some(name.as_str())))
}

impl Rows {
    /// Choices of units over periods, with an effect of each.
    fn balanced(units: usize, periods: usize) -> Rows {
        let mut stream = Streams::new(16).stream("balanced", 0);
        let mut out = Rows { y: vec![], x: vec![], unit: vec![], time: vec![] };
        for unit in 0..units {
            let effect = stream.normal();
            for time in 0..periods {
                let x = stream.normal() + 0.5 * effect;
                let p = LOGIT.mean(0.8 * x + effect - 0.3);
                out.push(f64::from(u8::from(stream.uniform() < p)), x, unit, time);
            }
        }
        out
    }

    /// Periods at risk until an exit, with gamma frailty of mean one.
    fn spells(units: usize, variance: f64) -> Rows {
        let mut stream = Streams::new(17).stream("spells", 0);
        let mut out = Rows { y: vec![], x: vec![], unit: vec![], time: vec![] };
        for unit in 0..units {
            // A gamma variable of shape 2 and mean one: the sum of two exponential ones, halved; else no frailty.
            let gamma = -0.5 * ((1.0 - stream.uniform()).ln() + (1.0 - stream.uniform()).ln());
            let frailty: f64 = if variance > 0.0 { gamma } else { 1.0 };
            let x = stream.normal();
            for time in 0..8 {
                let moved = x + 0.5 * stream.normal();
                let rate = frailty * (0.7 * moved - 1.6 + 0.05 * time as f64).exp();
                let exits = stream.uniform() < -(-rate).exp_m1();
                out.push(f64::from(u8::from(exits)), moved, unit, time);
                if exits {
                    break;
                }
            }
        }
        out
    }

    fn push(&mut self, y: f64, x: f64, unit: usize, time: usize) {
        self.y.push(y);
        self.x.push(x);
        self.unit.push(unit);
        self.time.push(time);
    }

    fn variables(&self, keep: impl Fn(usize) -> bool) -> ModelVariables {
        let rows: Vec<usize> = (0..self.y.len()).filter(|&i| keep(i)).collect();
        let of = |v: &[f64]| rows.iter().map(|&i| v[i]).collect::<Vec<f64>>();
        let levels = |v: &[usize]| factor(&rows.iter().map(|&i| v[i]).collect::<Vec<usize>>());
        ModelVariables::new(("y", of(&self.y)), vec![("x", of(&self.x))])
            .of_unit("unit", levels(&self.unit))
            .cluster("unit", levels(&self.unit))
    }

    fn with_effects(&self, two: bool, keep: impl Fn(usize) -> bool) -> ModelVariables {
        let rows: Vec<usize> = (0..self.y.len()).filter(|&i| keep(i)).collect();
        let levels = |v: &[usize]| factor(&rows.iter().map(|&i| v[i]).collect::<Vec<usize>>());
        let vars = self.variables(keep_of(&rows)).absorb("unit", levels(&self.unit));
        if two { vars.absorb("time", levels(&self.time)) } else { vars }
    }
}

fn keep_of(rows: &[usize]) -> impl Fn(usize) -> bool + '_ {
    |i| rows.binary_search(&i).is_ok()
}

fn fit(vars: &ModelVariables, model: MaximumLikelihood, errors: Errors) -> Result<Fit, EstimateError> {
    let request = ModelRequest { method: Some(Method::Likelihood(model)), errors, ..ModelRequest::default() };
    fit_model(&request, vars, &AbsorberCache::new())
}

fn of(fit: &Fit, term: &str) -> f64 {
    fit.coefficients.iter().find(|c| c.term == term).unwrap().estimate
}

#[test]
fn the_jackknife_is_made_of_halves() {
    let rows = Rows::balanced(60, 8);
    let plain = MaximumLikelihood::of(LOGIT);
    let jackknife = MaximumLikelihood { correction: Some(Correction::Jackknife), ..plain };
    let alone = |two: bool, keep: &dyn Fn(usize) -> bool| {
        of(&fit(&rows.with_effects(two, keep), plain, Errors::Iid).unwrap(), "x")
    };
    // Units without variation leave the whole sample before it is halved.
    let varies: Vec<bool> = (0..60)
        .map(|unit| {
            let own: Vec<f64> = (0..rows.y.len()).filter(|&i| rows.unit[i] == unit).map(|i| rows.y[i]).collect();
            own.iter().any(|&y| y != own[0])
        })
        .collect();
    let place: Vec<usize> = (0..60).map(|unit| varies[..unit].iter().filter(|v| **v).count()).collect();
    for two in [false, true] {
        let whole = alone(two, &|_| true);
        let early = |i: usize| rows.time[i] < 4;
        let by_time = 0.5 * (alone(two, &early) + alone(two, &|i| !early(i)));
        let even = |i: usize| place[rows.unit[i]] % 2 == 0;
        let by_unit = if two {
            0.5 * (alone(two, &|i| varies[rows.unit[i]] && even(i)) + alone(two, &|i| varies[rows.unit[i]] && !even(i)))
        } else {
            whole
        };
        let expected = whole + (whole - by_time) + (whole - by_unit);
        let found = of(&fit(&rows.with_effects(two, |_| true), jackknife, Errors::Iid).unwrap(), "x");
        assert!((found - expected).abs() < 1e-7, "{two} {found} {expected}");
    }
}

/// Both corrections move the estimate towards the truth of 0.8, and by about the same.
#[test]
fn corrections_take_bias_out() {
    // The jackknife is of second order: its halves have eight periods here.
    let rows = Rows::balanced(200, 16);
    for two in [false, true] {
        let vars = rows.with_effects(two, |_| true);
        let plain = MaximumLikelihood::of(LOGIT);
        let whole = of(&fit(&vars, plain, Errors::Iid).unwrap(), "x");
        for correction in [Correction::Analytical { lags: 0 }, Correction::Jackknife] {
            let fit = fit(&vars, MaximumLikelihood { correction: Some(correction), ..plain }, Errors::Hc1).unwrap();
            let found = of(&fit, "x");
            assert!(whole - found > 0.03 && whole - found < 0.15, "{two} {correction:?} {whole} {found}");
            assert!((found - 0.8).abs() < 3.0 * fit.coefficients[0].std_error, "{two} {correction:?} {found}");
        }
    }
}

#[test]
fn corrections_that_are_not_defined_are_said() {
    let rows = Rows::balanced(40, 6);
    let with = |family, correction| MaximumLikelihood { correction: Some(correction), ..MaximumLikelihood::of(family) };
    let told = |vars: &ModelVariables, model| fit(vars, model, Errors::Iid).unwrap_err().to_string();
    let analytical = Correction::Analytical { lags: 0 };
    assert!(told(&rows.variables(|_| true), with(LOGIT, analytical)).contains("has none"));
    assert!(told(&rows.with_effects(true, |_| true), with(Family::Poisson, analytical)).contains("poisson has none"));
    let three = rows.with_effects(true, |_| true).absorb("third", factor(&(0..240).map(|i| i % 5).collect::<Vec<_>>()));
    assert!(told(&three, with(LOGIT, Correction::Jackknife)).contains("one or two"));
}

/// A fit without a correction says that it is biased; a fit with one does not.
#[test]
fn incidental_parameters_are_noted() {
    let vars = Rows::balanced(60, 8).with_effects(false, |_| true);
    let plain = MaximumLikelihood::of(LOGIT);
    let codes = |model| -> Vec<String> {
        fit(&vars, model, Errors::Iid).unwrap().notes.iter().map(|note| note.code().to_string()).collect()
    };
    assert!(codes(plain).contains(&"incidental_parameters".to_string()));
    let corrected = MaximumLikelihood { correction: Some(Correction::Analytical { lags: 0 }), ..plain };
    assert!(!codes(corrected).contains(&"incidental_parameters".to_string()));
}

/// The log likelihood of gamma frailty written out anew, unit by unit.
fn gamma_likelihood(rows: &Rows, b: [f64; 2], v: f64) -> f64 {
    let units = rows.unit.iter().max().unwrap() + 1;
    let survival = |a: f64| (1.0 + v * a).powf(-1.0 / v);
    let (mut before, mut after) = (vec![0.0; units], vec![None; units]);
    for i in 0..rows.y.len() {
        let rate = (b[0] + b[1] * rows.x[i]).exp();
        let unit = rows.unit[i];
        if rows.y[i] == 1.0 { after[unit] = Some(before[unit] + rate) } else { before[unit] += rate }
    }
    before.iter().zip(&after).map(|(&a, end)| (survival(a) - end.map_or(0.0, survival)).ln()).sum()
}

#[test]
fn gamma_frailty_is_at_the_maximum_of_its_likelihood() {
    let rows = Rows::spells(500, 0.5);
    let model = MaximumLikelihood { frailty: Some(Frailty::Gamma), ..MaximumLikelihood::of(CLOGLOG) };
    let found = fit(&rows.variables(|_| true), model, Errors::Iid).unwrap();
    let at = [of(&found, "(Intercept)"), of(&found, "x"), of(&found, VARIANCE)];
    let log = |p: [f64; 3]| gamma_likelihood(&rows, [p[0], p[1]], p[2]);
    assert!((log(at) - found.likelihood.as_ref().unwrap().log_likelihood).abs() < 1e-8);
    // Slopes are zero, and curvature gives the errors, up to the program's factor.
    let h = 1e-4;
    let moved = |j: usize, k: usize, a: f64, b: f64| {
        let mut p = at;
        p[j] += a * h;
        p[k] += b * h;
        log(p)
    };
    let hessian = nalgebra::DMatrix::from_fn(3, 3, |j, k| {
        -(moved(j, k, 1.0, 1.0) - moved(j, k, 1.0, -1.0) - moved(j, k, -1.0, 1.0) + moved(j, k, -1.0, -1.0))
            / (4.0 * h * h)
    });
    let inverse = hessian.try_inverse().unwrap();
    let factor = found.errors.factors.k_factor.sqrt();
    for j in 0..3 {
        let slope = (moved(j, j, 1.0, 0.0) - moved(j, j, -1.0, 0.0)) / (2.0 * h);
        assert!(slope.abs() < 1e-3, "{j} {slope}");
        let error = found.coefficients[j].std_error / factor;
        assert!((error - inverse[(j, j)].sqrt()).abs() < 1e-4 * error, "{j} {error}");
    }
    // The truth: a slope of 0.7 and a variance of one half.
    assert!((at[1] - 0.7).abs() < 4.0 * found.coefficients[1].std_error);
    let test = found.tests.iter().find(|test| test.test.contains("frailty")).unwrap();
    assert!(test.p_value.unwrap() < 0.05, "{test:?}");
}

/// Integrals of units over a fine grid in place of the quadrature.
#[test]
fn quadrature_and_brute_force() {
    let rows = Rows::balanced(50, 6);
    for family in [LOGIT, CLOGLOG, Family::Binomial(Link::Probit)] {
        let model =
            MaximumLikelihood { frailty: Some(Frailty::Normal { points: 31 }), ..MaximumLikelihood::of(family) };
        let found = fit(&rows.variables(|_| true), model, Errors::Iid).unwrap();
        let (constant, slope, sigma) = (of(&found, "(Intercept)"), of(&found, "x"), of(&found, SIGMA));
        let mut total = 0.0;
        for unit in 0..50 {
            let own: Vec<usize> = (0..rows.y.len()).filter(|&i| rows.unit[i] == unit).collect();
            let n = 4000;
            let integral: f64 = (0..n)
                .map(|k| {
                    let u = -9.0 + 18.0 * (k as f64 + 0.5) / f64::from(n);
                    let log: f64 = own
                        .iter()
                        .map(|&i| family.density(rows.y[i], constant + slope * rows.x[i] + sigma * u).log)
                        .sum();
                    (log - 0.5 * u * u).exp() * 18.0 / f64::from(n)
                })
                .sum();
            total += (integral / (2.0 * std::f64::consts::PI).sqrt()).ln();
        }
        assert!((total - found.likelihood.unwrap().log_likelihood).abs() < 1e-7, "{family:?} {total}");
    }
}

/// With absorbed effects, frailty has dummies of its own: both give the same coefficient; clustered errors exist, leverages do not.
#[test]
fn frailty_with_absorbed_effects_and_clustered_errors() {
    let rows = Rows::balanced(80, 6);
    let model = MaximumLikelihood { frailty: Some(Frailty::Normal { points: 25 }), ..MaximumLikelihood::of(LOGIT) };
    let absorbed = rows.variables(|_| true).absorb("time", factor(&rows.time));
    let mut dummies = rows.variables(|_| true);
    for time in 1..6 {
        let column = rows.time.iter().map(|&t| f64::from(u8::from(t == time))).collect();
        dummies.regressors.push((format!("t{time}"), std::sync::Arc::new(column)));
    }
    let by_unit = Errors::Cluster(vec!["unit".into()]);
    let (a, b) = (fit(&absorbed, model, by_unit.clone()).unwrap(), fit(&dummies, model, by_unit).unwrap());
    assert!((of(&a, "x") - of(&b, "x")).abs() < 1e-7 && (of(&a, SIGMA) - of(&b, SIGMA)).abs() < 1e-7);
    let unscaled = |fit: &Fit| {
        fit.coefficients.iter().find(|c| c.term == "x").unwrap().std_error / fit.errors.factors.k_factor.sqrt()
    };
    assert!((unscaled(&a) - unscaled(&b)).abs() < 1e-6);
    assert!(fit(&absorbed, model, Errors::Hc3).is_err());
}

#[test]
fn frailty_that_is_not_there_is_said() {
    let rows = Rows::spells(300, 0.0);
    let model = MaximumLikelihood { frailty: Some(Frailty::Gamma), ..MaximumLikelihood::of(CLOGLOG) };
    match fit(&rows.variables(|_| true), model, Errors::Iid) {
        Err(error) => assert!(error.to_string().contains("no heterogeneity"), "{error}"),
        Ok(fit) => assert!(of(&fit, VARIANCE) < 0.3, "{}", of(&fit, VARIANCE)),
    }
    let mut late = Rows::spells(50, 0.5);
    late.push(1.0, 0.0, 0, 9);
    late.push(0.0, 0.0, 0, 10);
    let told = fit(&late.variables(|_| true), model, Errors::Iid).unwrap_err().to_string();
    assert!(told.contains("after an exit"), "{told}");
}
