//! Instruments by two routes: absorbed and dummies, k-class and its members, LIML as the least Anderson-Rubin statistic,
//! control function, GMM, sets whose ends are where the test says so, weights and repeated rows, rows in another order.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::{ModelVariables, WeightKind};
use isard::estimate::instruments::{GmmSteps, InstrumentedColumns, Interval, Kappa, SetShape};
use isard::estimate::{EstimateError, Fit, Method, ModelRequest, fit_model};
use isard::infer::instruments::distribution::f_quantile;
use isard::infer::instruments::{
    ReducedForm, anderson_rubin, anderson_rubin_set, likelihood_ratio, likelihood_ratio_p,
};
use isard::vcov::{Dialect, Errors};

use super::draw::Drawn;

/// An endogenous regressor and instruments for drawn data: `strength` is the instruments' share in it.
fn instruments(drawn: &Drawn, strength: f64, n: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let rows = drawn.y.len();
    let noise = |i: usize, k: usize| (((i * 7919 + k * 104_729) % 10_007) as f64 / 10_007.0 - 0.5) * 3.4;
    let z: Vec<Vec<f64>> = (0..n).map(|k| (0..rows).map(|i| noise(i, k + 1)).collect()).collect();
    let d = (0..rows)
        .map(|i| strength * z.iter().map(|z| z[i]).sum::<f64>() + 0.5 * drawn.y[i] + noise(i, 50) + 0.2 * drawn.x1[i])
        .collect();
    (d, z)
}

fn add(mut vars: ModelVariables, (d, z): &(Vec<f64>, Vec<Vec<f64>>)) -> ModelVariables {
    vars = vars.endogenous("d", d.clone());
    for (k, z) in z.iter().enumerate() {
        vars = vars.instrument(&format!("z{k}"), z.clone());
    }
    vars
}

fn fit(vars: &ModelVariables, method: Method, errors: Errors) -> Fit {
    let request = ModelRequest { method: Some(method), errors, ..ModelRequest::default() };
    fit_model(&request, vars, &AbsorberCache::new()).unwrap()
}

fn region() -> Errors {
    Errors::Cluster(vec!["region".into()])
}

fn get(fit: &Fit, term: &str) -> (f64, f64) {
    let c = fit.coefficients.iter().find(|c| c.term == term).unwrap();
    (c.estimate, c.std_error)
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs().max(1e-8), "{a:?} {b:?}");
}

fn same(a: &Fit, b: &Fit, tolerance: f64) {
    for term in ["d", "x1", "x2"] {
        close(get(a, term).0, get(b, term).0, tolerance);
        close(get(a, term).1, get(b, term).1, tolerance);
    }
}

fn statistic(fit: &Fit, name: &str) -> f64 {
    fit.tests.iter().find(|test| test.test == name).unwrap_or_else(|| panic!("no {name}")).statistic
}

const METHODS: [Method; 4] = [
    Method::KClass(Kappa::One),
    Method::KClass(Kappa::SmallestRoot),
    Method::KClass(Kappa::Fuller(1.0)),
    Method::Gmm { steps: GmmSteps::Fixed(2), weights: None },
];

#[test]
fn absorbed_and_dummies() {
    let drawn = Drawn::panel(400, 30, 21);
    let parts = instruments(&drawn, 0.4, 3);
    let mut dummies = drawn.plain();
    for (codes, n, name) in [(&drawn.firm, 30, "firm"), (&drawn.year, 9, "year")] {
        for level in 1..n {
            let column = codes.iter().map(|&c| f64::from(c == level)).collect();
            dummies.regressors.push((format!("{name}{level}"), Arc::new(column)));
        }
    }
    for method in &METHODS[..3] {
        for errors in [Errors::Iid, Errors::Hc1] {
            let absorbed = fit(&add(drawn.model().keep_singletons(), &parts), method.clone(), errors.clone());
            let dummies = fit(&add(dummies.clone(), &parts), method.clone(), errors.clone());
            same(&absorbed, &dummies, 1e-8);
            for name in [
                "first-stage F: d",
                "effective F",
                "Kleibergen-Paap rk F",
                "Kleibergen-Paap rk LM",
                "Anderson-Rubin F",
                "Sargan",
                "Wu-Hausman",
                "Wooldridge score",
                "Wooldridge overidentification",
                "Wooldridge regression",
            ] {
                close(statistic(&absorbed, name), statistic(&dummies, name), 1e-7);
            }
            let ends = |fit: &Fit| fit.confidence_sets[0].intervals.clone();
            for (a, b) in ends(&absorbed).iter().zip(&ends(&dummies)) {
                close(a.low, b.low, 1e-6);
                close(a.high, b.high, 1e-6);
            }
        }
    }
}

#[test]
fn just_identified_they_are_one() {
    let drawn = Drawn::panel(300, 30, 22);
    let vars = add(drawn.model(), &instruments(&drawn, 0.5, 1));
    for errors in [Errors::Iid, Errors::Hc1, region()] {
        let base = fit(&vars, METHODS[0].clone(), errors.clone());
        for method in [Method::KClass(Kappa::SmallestRoot), Method::KClass(Kappa::Fixed(1.0)), METHODS[3].clone()] {
            same(&base, &fit(&vars, method, errors.clone()), 1e-9);
        }
        // One instrument: rk, effective and first-stage F are one number.
        let f = statistic(&base, "first-stage F: d");
        close(statistic(&base, "effective F"), f, 1e-9);
        close(statistic(&base, "Kleibergen-Paap rk F"), f, 1e-9);
    }
}

#[test]
fn k_of_zero_is_least_squares() {
    let drawn = Drawn::panel(300, 30, 23);
    let parts = instruments(&drawn, 0.5, 2);
    let mut plain = drawn.model();
    plain.regressors.push(("d".into(), Arc::new(parts.0.clone())));
    let least_squares = fit(&plain, Method::Ols, Errors::Iid);
    same(&fit(&add(drawn.model(), &parts), Method::KClass(Kappa::Fixed(0.0)), Errors::Iid), &least_squares, 1e-9);
}

#[test]
fn the_control_function_is_two_stages() {
    let drawn = Drawn::panel(300, 30, 24);
    let parts = instruments(&drawn, 0.5, 2);
    let base = fit(&add(drawn.plain(), &parts), Method::KClass(Kappa::One), Errors::Iid);
    let mut first = drawn.plain();
    first.outcome = ("d".into(), Arc::new(parts.0.clone()));
    for (k, z) in parts.1.iter().enumerate() {
        first.regressors.push((format!("z{k}"), Arc::new(z.clone())));
    }
    let stage = fit(&first, Method::Ols, Errors::Iid);
    let mut left = parts.0.clone();
    for c in &stage.coefficients {
        let column = first.regressors.iter().find(|(name, _)| *name == c.term);
        for (i, v) in left.iter_mut().enumerate() {
            *v -= c.estimate * column.map_or(1.0, |(_, values)| values[i]);
        }
    }
    let mut second = drawn.plain();
    second.regressors.push(("d".into(), Arc::new(parts.0.clone())));
    second.regressors.push(("v".into(), Arc::new(left)));
    let second = fit(&second, Method::Ols, Errors::Iid);
    for term in ["(Intercept)", "d", "x1", "x2"] {
        close(get(&second, term).0, get(&base, term).0, 1e-9);
    }
    // The t of the control is the root of Wooldridge's regression test, and with iid errors of Wu and Hausman's.
    let t = second.coefficients.iter().find(|c| c.term == "v").unwrap().statistic;
    close(statistic(&base, "Wooldridge regression"), t * t, 1e-9);
    close(statistic(&base, "Wu-Hausman"), t * t, 1e-9);
    // The recorded first stage is that regression.
    for c in &base.first_stages[0].coefficients {
        close(c.estimate, get(&stage, &c.term).0, 1e-10);
        close(c.std_error, get(&stage, &c.term).1, 1e-10);
    }
}

fn form(vars: &ModelVariables, errors: &Errors) -> ReducedForm {
    let cache = AbsorberCache::new();
    let design = isard::design::DesignMatrix::build(vars, Default::default()).unwrap();
    let columns = InstrumentedColumns::of(&design, &cache).unwrap();
    ReducedForm::of(&design, &columns, (errors, &Dialect::Fixest.small_sample()), &cache).unwrap()
}

#[test]
fn liml_is_where_anderson_rubin_is_least() {
    let drawn = Drawn::panel(400, 30, 25);
    let vars = add(drawn.model(), &instruments(&drawn, 0.3, 3));
    let liml = get(&fit(&vars, Method::KClass(Kappa::SmallestRoot), Errors::Iid), "d").0;
    let form = form(&vars, &Errors::Iid);
    let at = |b: f64| anderson_rubin(&form, &[b]).unwrap();
    for step in [1e-3, 1e-2, 0.1, 1.0] {
        assert!(at(liml) < at(liml + step) && at(liml) < at(liml - step));
    }
    assert!((at(liml + 1e-4) - at(liml - 1e-4)).abs() < 1e-6 * at(liml).max(1.0));
    // The continuously updated estimator with iid weights is LIML.
    let continuous = Method::Gmm { steps: GmmSteps::Continuous, weights: Some(Errors::Iid) };
    close(get(&fit(&vars, continuous, Errors::Iid), "d").0, liml, 1e-6);
}

/// Whether the ends of a set are where the test's p-value crosses, and points within and without are on their side.
fn ends_are_critical(set: &[Interval], excess: impl Fn(f64) -> f64) {
    for end in set.iter().flat_map(|i| [i.low, i.high]).filter(|end| end.is_finite()) {
        assert!(excess(end).abs() < 1e-6, "{set:?}: {end} {}", excess(end));
    }
    for b in (-400..=400).map(|i| f64::from(i) * 0.037) {
        let inside = set.iter().any(|i| i.low <= b && b <= i.high);
        assert_eq!(inside, excess(b) <= 0.0, "{b} {set:?}");
    }
}

#[test]
fn sets_end_where_the_tests_say() {
    let mut shapes = Vec::new();
    for (seed, strength, n) in
        [(26, 0.5, 1), (27, 0.5, 3), (28, 0.02, 1), (29, 0.02, 3), (30, 0.0, 2), (31, 0.08, 1), (32, 0.07, 2)]
    {
        let drawn = Drawn::panel(300, 30, seed);
        let vars = add(drawn.model(), &instruments(&drawn, strength, n));
        for errors in [Errors::Iid, Errors::Hc1, region()] {
            let form = form(&vars, &errors);
            let set = anderson_rubin_set(&form, &errors, 0.95).unwrap();
            shapes.push(SetShape::of(&set));
            let df = if errors == Errors::Iid { form.df_residual } else { form.df_errors };
            let critical = f_quantile(0.95, n as f64, df);
            ends_are_critical(&set, |b| anderson_rubin(&form, &[b]).unwrap() - critical);
        }
        let form = form(&vars, &Errors::Iid);
        let set = isard::infer::instruments::likelihood_ratio_set(&form, 0.95).unwrap();
        ends_are_critical(&set, |b| {
            let (lr, given) = likelihood_ratio(&form, b).unwrap();
            0.05 - likelihood_ratio_p(lr, given, n)
        });
    }
    for shape in [SetShape::Interval, SetShape::Line] {
        assert!(shapes.contains(&shape), "{shapes:?}");
    }
}

#[test]
fn frequency_weights_are_repeated_rows() {
    let drawn = Drawn::panel(300, 40, 33);
    let (d, z) = instruments(&drawn, 0.4, 3);
    let repeated: Vec<usize> = (0..300).flat_map(|i| std::iter::repeat_n(i, drawn.weight[i] as usize)).collect();
    let pick = |v: &[f64]| repeated.iter().map(|&i| v[i]).collect::<Vec<f64>>();
    let long = (pick(&d), z.iter().map(|z| pick(z)).collect());
    let short = (d.clone(), z.clone());
    for method in METHODS {
        for errors in [Errors::Iid, Errors::Hc1, region()] {
            let weighted = add(drawn.model().weight(WeightKind::Frequency, "w", drawn.weight.clone()), &short);
            let a = fit(&weighted, method.clone(), errors.clone());
            let b = fit(&add(drawn.rows(&repeated).model(), &long), method.clone(), errors);
            same(&a, &b, 1e-8);
            assert_eq!(a.tests.len(), b.tests.len());
            for (p, q) in a.tests.iter().zip(&b.tests) {
                assert!((p.statistic - q.statistic).abs() <= 1e-7 * (1.0 + q.statistic.abs()), "{p:?} {q:?}");
            }
        }
    }
}

#[test]
fn the_difference_in_j_is_the_difference_of_two_sargans() {
    let drawn = Drawn::panel(400, 30, 34);
    let (d, z) = instruments(&drawn, 0.4, 3);
    let all = add(drawn.plain(), &(d.clone(), z.clone()));
    let request = |orthogonal: &[&str]| ModelRequest {
        method: Some(Method::KClass(Kappa::One)),
        orthogonal: orthogonal.iter().map(ToString::to_string).collect(),
        ..ModelRequest::default()
    };
    let cache = AbsorberCache::new();
    let full = fit_model(&request(&["z2"]), &all, &cache).unwrap();
    // With one instrument left nothing overidentifies: the difference is the whole of Sargan.
    let whole = fit_model(&request(&["z1", "z2"]), &all, &cache).unwrap();
    close(statistic(&whole, "difference in J"), statistic(&whole, "Sargan"), 1e-8);
    let rest = add(drawn.plain(), &(d, z[..2].to_vec()));
    let rest = fit_model(&request(&[]), &rest, &cache).unwrap();
    // The variance is that of the full model.
    let ratio = rest.statistics.rss.unwrap() / full.statistics.rss.unwrap();
    let less = statistic(&full, "Sargan") - statistic(&full, "difference in J");
    assert!((less - statistic(&rest, "Sargan") * ratio).abs() < 0.05 * (1.0 + less), "{less}");
    let fault = fit_model(&request(&["zz"]), &all, &cache).unwrap_err();
    assert!(matches!(fault, EstimateError::OrthogonalUnknown { .. }), "{fault}");
    let fault = fit_model(&request(&["z0", "z1", "z2"]), &all, &cache).unwrap_err();
    assert_eq!(fault, EstimateError::OrthogonalTooMany { tested: 3, spare: 2 });
}

#[test]
fn rows_in_another_order() {
    let drawn = Drawn::panel(300, 30, 35);
    let (d, z) = instruments(&drawn, 0.4, 3);
    let order: Vec<usize> = (0..300).map(|i| (i * 263 + 11) % 300).collect();
    let pick = |v: &[f64]| order.iter().map(|&i| v[i]).collect::<Vec<f64>>();
    let moved = (pick(&d), z.iter().map(|z| pick(z)).collect());
    for method in METHODS {
        let a = fit(&add(drawn.model(), &(d.clone(), z.clone())), method.clone(), region());
        same(&a, &fit(&add(drawn.rows(&order).model(), &moved), method, region()), 1e-9);
    }
}

#[test]
fn bits_do_not_depend_on_threads() {
    let drawn = Drawn::panel(3000, 60, 36);
    let vars = add(drawn.model(), &instruments(&drawn, 0.3, 3));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| METHODS.map(|method| serde_json::to_string(&fit(&vars, method, region())).unwrap()))
    };
    assert_eq!(on(1), on(4));
}

#[test]
fn models_that_are_not_identified_say_why() {
    let drawn = Drawn::panel(300, 30, 37);
    let (d, z) = instruments(&drawn, 0.4, 2);
    let fault = |vars: &ModelVariables| {
        fit_model(&ModelRequest::default(), vars, &AbsorberCache::new()).unwrap_err().to_string()
    };
    let by_firm: Vec<f64> = drawn.firm.iter().map(|&f| f64::from(f)).collect();
    let two = drawn.model().endogenous("d", d.clone()).endogenous("e", drawn.weight.clone());
    let text = fault(&two.clone().instrument("z0", z[0].clone()));
    assert!(text.contains("2 endogenous (d, e) but z0 left as instrument"), "{text}");
    let one = drawn.model().endogenous("d", d.clone());
    let text = fault(&one.clone().instrument("by_firm", by_firm.clone()));
    assert!(text.contains("by_firm was left out because firm explains it"), "{text}");
    let twice: Vec<f64> = z[0].iter().map(|v| 3.0 * v).collect();
    let text = fault(&two.instrument("z0", z[0].clone()).instrument("z9", twice.clone()));
    assert!(text.contains("z9 was left out because z0 explains it"), "{text}");
    let text = fault(&drawn.model().endogenous("by_firm", by_firm).instrument("z0", z[0].clone()));
    assert!(text.contains("the endogenous regressor by_firm is explained by firm"), "{text}");
    let text = fault(&drawn.model().endogenous("again", drawn.x1.clone()).instrument("z0", z[0].clone()));
    assert!(text.contains("again is explained by x1"), "{text}");
    let text = fault(&one.instrument("copy", d.clone()));
    assert!(text.contains("d is explained by copy"), "{text}");
    // A collinear instrument that can be spared goes with a note.
    let spared = add(drawn.model(), &(d, vec![z[0].clone(), twice, z[1].clone()]));
    let fit = fit_model(&ModelRequest::default(), &spared, &AbsorberCache::new()).unwrap();
    assert_eq!(fit.first_stages[0].instruments, vec!["z0".to_string(), "z2".to_string()]);
    assert!(fit.notes.iter().any(|note| note.code() == "collinear"));
}

#[test]
fn weak_instruments_are_noted() {
    let drawn = Drawn::panel(300, 30, 38);
    let weak = fit(&add(drawn.model(), &instruments(&drawn, 0.02, 1)), METHODS[0].clone(), region());
    assert!(weak.notes.iter().any(|note| note.code() == "weak_instruments"));
    let strong = fit(&add(drawn.model(), &instruments(&drawn, 1.0, 1)), METHODS[0].clone(), region());
    assert!(strong.notes.iter().all(|note| note.code() != "weak_instruments"));
}
