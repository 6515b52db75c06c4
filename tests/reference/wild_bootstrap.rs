//! Wild cluster bootstraps of fwildclusterboot and wildboottest with every sign vector; adjusted p-values of statsmodels and
//! R; Romano-Wolf and Westfall-Young of pyfixest.
//!
//! | numbers | tolerance | reason |
//! |---|---|---|
//! | t | the case's, 1e-9 relative | closed form |
//! | p with all sign vectors | exact against one of our two counts of ties | the two draws that repeat the sample tie with it up to rounding: programs count them or not as rounding falls |
//! | ends of confidence sets | 2e-3 of the standard error | fwildclusterboot's root finder stops after ten steps (its `maxiter`); that ours end where the test does is in `tests/agree` |
//! | adjusted p-values | the case's | closed form |
//! | step-down p-values | the case's, 0.15 relative or 0.015 | random draws on both sides |
//!
//! Two conventions of fwildclusterboot 0.14.3 are not followed, and are undone for the comparison. With absorbed effects its
//! t counts none of them in K; wildboottest's, compared too, does. In variants 13 and 33 it multiplies the sample's CV3 by
//! G/(G-1) (N-1)/(N-K) but not that of the draws, so that its p-values compare unlike statistics: they are reproduced by
//! counting our draws beyond its t, and our CV3 is summclust's.

use std::path::Path;

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::{Estimator, Ols};
use isard::infer::multiple::{Adjustment, adjust};
use isard::infer::resample::{Fitted, Hypothesis, JointDraws, Variant, WildBootstrap, WildTest, WildWeights};
use isard::vcov::{Dialect, Errors, covariance};
use serde_json::Value;

use super::case::Case;
use crate::csv::Csv;

fn cases(name: &str) -> Vec<Case> {
    Case::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/cases").join(name))
}

fn data(case: &Case) -> Csv {
    Csv::read(&crate::csv::data_file("tests/reference/data", case.data()).unwrap())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// Calls `use_it` with a fit.
fn fitted<T>(vars: &ModelVariables, errors: &Errors, use_it: impl Fn(&Fitted<'_>) -> T) -> T {
    let cache = AbsorberCache::new();
    let design = DesignMatrix::build(vars, Default::default()).unwrap();
    let estimate = Ols.fit(&design, &cache).unwrap();
    let rules = Dialect::Fixest.small_sample();
    let covariance = covariance(errors, &rules, &design, &estimate).unwrap();
    let (design, estimate, covariance, rules, cache) = (&design, &estimate, &covariance, &rules, &cache);
    use_it(&Fitted { design, estimate, covariance, rules, cache, row_numbers: None })
}

/// Our test and our statistics of every draw.
fn bootstrap(case: &Case) -> (WildTest, Vec<f64>) {
    let variant = match case.0["variant"].as_str().unwrap() {
        "11" => Variant::Classic,
        "31" => Variant::Scores,
        "13" => Variant::Variance,
        _ => Variant::Both,
    };
    let null_imposed = case.0["null_imposed"].as_bool().unwrap();
    let wild = WildBootstrap { variant, null_imposed, ..WildBootstrap::by("cl") };
    fitted(&case.variables(&data(case)), &case.errors().unwrap(), |fit| {
        let zero = Hypothesis::zero(fit, case.0["term"].as_str().unwrap()).unwrap();
        let draws = wild.statistics(fit, &zero).unwrap();
        let record = wild.test(fit, &[zero]).unwrap();
        assert!(record.enumerated && record.draws as f64 == number(&case.0["results"]["B_effective"]));
        assert_eq!(record.draws, draws.len());
        (record.tests.into_iter().next().unwrap(), draws)
    })
}

/// What fwildclusterboot's t is to be multiplied by: N = 363, three slopes, seven effects, nine clusters.
fn undone(case: &Case) -> f64 {
    let cv3 = matches!(case.0["variant"].as_str().unwrap(), "13" | "33");
    let effects = case.0["formula"].as_str().unwrap().contains('|');
    match (cv3, effects) {
        (true, _) => (9.0f64 / 8.0 * 362.0 / 359.0).sqrt(),
        (_, true) => (354.0f64 / 360.0).sqrt(),
        _ => 1.0,
    }
}

#[test]
fn wild_bootstrap_family() {
    let cases = cases("wild_bootstrap.json");
    let mut faults = Vec::new();
    for case in &cases {
        let (test, draws) = bootstrap(case);
        let results = &case.0["results"];
        let mut check = |what: &str, got: f64, wanted: f64, bound: f64| {
            if (got - wanted).abs() > bound || got.is_nan() {
                faults.push(format!("{} {what}: {got:?}, expected {wanted:?}", case.id()));
            }
        };
        let t = number(&results["t"]);
        check("t", test.statistic, t * undone(case), 1e-9 * t.abs());
        let nearest =
            |p: f64| if (p - test.p_strict).abs() < (p - test.p_ties).abs() { test.p_strict } else { test.p_ties };
        if let Some(se) = case.0["second"]["se"].as_f64() {
            check("standard error", test.std_error, se, 1e-9 * se);
            let beyond = draws.iter().filter(|draw| draw.abs() > t.abs()).count();
            check("p", beyond as f64 / draws.len() as f64, number(&results["p"]), 1e-12);
        } else {
            check("p", nearest(number(&results["p"])), number(&results["p"]), 1e-12);
        }
        for also in case.0["also"].as_array().unwrap().iter().map(|also| &also["results"]) {
            check("p", nearest(number(&also["p"])), number(&also["p"]), 1e-12);
            check("t", test.statistic, number(&also["t"]), 1e-9 * t.abs());
        }
        if let Some(low) = results["ci_low"].as_f64() {
            let set = test.confidence_set[0];
            assert_eq!(test.confidence_set.len(), 1);
            check("low", set.low, low, 2e-3 * test.std_error);
            check("high", set.high, number(&results["ci_high"]), 2e-3 * test.std_error);
        }
    }
    assert_eq!(cases.len(), 21);
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn adjusted_p_values() {
    let mut compared = 0;
    for case in cases("multiple_testing.json").iter().filter(|case| case.data() == "pvals_a.csv") {
        let method = match case.id().rsplit('.').next().unwrap() {
            "bonferroni" => Adjustment::Bonferroni,
            "sidak" => Adjustment::Sidak,
            "holm" => Adjustment::Holm,
            "holm-sidak" => Adjustment::HolmSidak,
            "hochberg" => Adjustment::Hochberg,
            "hommel" => Adjustment::Hommel,
            "BH" => Adjustment::BenjaminiHochberg,
            "BY" => Adjustment::BenjaminiYekutieli,
            "fdr_tsbh" => Adjustment::TwoStageBh,
            "fdr_tsbky" => Adjustment::TwoStageBky,
            other => panic!("{other} is not compared"),
        };
        let got = adjust(&data(case).number("p"), method);
        let all =
            std::iter::once(&case.0["results"]).chain(case.0["also"].as_array().unwrap().iter().map(|a| &a["results"]));
        for results in all {
            let wanted: Vec<f64> = results["p_adj"].as_array().unwrap().iter().map(number).collect();
            assert_eq!(wanted.len(), got.len());
            for (got, wanted) in got.iter().zip(wanted) {
                assert!((got - wanted).abs() <= (1e-8 * wanted).max(1e-10), "{}: {got:?} {wanted:?}", case.id());
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 16);
}

#[test]
fn step_down_of_pyfixest() {
    let mut compared = 0;
    for case in cases("multiple_testing.json").iter().filter(|case| case.data() == "mht_a.csv") {
        let csv = data(case);
        let clustered = case.0["options"]["vcov"].is_object();
        let errors = if clustered { Errors::Cluster(vec!["cl".into()]) } else { Errors::Hc1 };
        let draws = JointDraws { weights: WildWeights::Rademacher, replications: 9999, null_imposed: true, seed: 1 };
        let clusters: Vec<String> = if clustered { vec!["cl".into()] } else { Vec::new() };
        let results = &case.0["results"];
        let members: Vec<_> = (1..=5)
            .map(|k| {
                let name = format!("y{k}");
                let vars = ModelVariables::new(
                    (&name, csv.number(&name)),
                    vec![("x", csv.number("x")), ("z", csv.number("z"))],
                )
                .cluster("cl", csv.factor("cl"));
                fitted(&vars, &errors, |fit| {
                    let se = fit.covariance.matrix[(1, 1)].sqrt();
                    let wanted = number(&results["se"][k - 1]);
                    assert!((se - wanted).abs() < 1e-8 * wanted, "{name} {se} {wanted}");
                    draws.member(fit, &clusters, (&name, "x")).unwrap()
                })
            })
            .collect();
        let found = draws.test(&members).unwrap();
        for (got, field) in [(&found.romano_wolf, "rw_p"), (&found.westfall_young, "wy_p")] {
            for (k, got) in got.iter().enumerate() {
                let wanted = number(&results[field][k]);
                let bound = (0.15 * wanted).max(0.015);
                assert!((got - wanted).abs() <= bound, "{} {field} {k}: {got} {wanted}", case.id());
            }
        }
        compared += 1;
    }
    assert_eq!(compared, 2);
}
