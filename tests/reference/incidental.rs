//! Corrections of incidental-parameter bias by alpaca, and frailty by lme4. Calls and versions stand in the files of cases.

use std::path::Path;

use isard::absorb::AbsorberCache;
use isard::design::ModelVariables;
use isard::estimate::likelihood::{Correction, Frailty, SIGMA};
use isard::estimate::{Family, Fit, Link, MaximumLikelihood, Method, ModelRequest, fit_model};
use isard::vcov::Errors;
use serde_json::Value;

struct Reference {
    cases: Vec<Value>,
    data: crate::csv::Csv,
}

impl Reference {
    fn read(file: &str) -> Reference {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
        let whole: Value =
            serde_json::from_str(&std::fs::read_to_string(root.join("cases").join(file)).unwrap()).unwrap();
        let data = crate::csv::Csv::read(&root.join("data").join(whole["data"].as_str().unwrap()));
        Reference { cases: whole["cases"].as_array().unwrap().clone(), data }
    }

    fn fit(&self, case: &Value, adjust: impl Fn(MaximumLikelihood) -> MaximumLikelihood) -> Fit {
        let formula = case["formula"].as_str().unwrap();
        let effects: Vec<&str> =
            formula.split('|').nth(1).map_or(vec![], |part| part.split('+').map(str::trim).collect());
        let regressors = ["x1", "x2", "x3"].map(|name| (name, self.data.number(name))).to_vec();
        let mut vars = ModelVariables::new(("y", self.data.number("y")), regressors);
        for effect in effects {
            vars = vars.absorb(effect, self.data.factor(effect));
        }
        vars = vars.of_unit("id", self.data.factor("id"));
        let link = match case["link"].as_str().unwrap() {
            "logit" => Link::Logit,
            "probit" => Link::Probit,
            _ => Link::Cloglog,
        };
        let model = adjust(MaximumLikelihood::of(Family::Binomial(link)));
        let request =
            ModelRequest { method: Some(Method::Likelihood(model)), errors: Errors::Iid, ..ModelRequest::default() };
        fit_model(&request, &vars, &AbsorberCache::new()).unwrap()
    }
}

fn numbers(case: &Value, key: &str) -> Vec<f64> {
    case[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Estimates and iid errors without the factor of small samples, which neither program has.
fn compare(fit: &Fit, case: &Value, tolerance: f64) {
    let terms: Vec<&str> = case["terms"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    let factor = fit.errors.factors.k_factor.sqrt();
    for ((term, estimate), error) in terms.iter().zip(numbers(case, "estimate")).zip(numbers(case, "std_error")) {
        let found = fit.coefficients.iter().find(|c| c.term == *term).unwrap();
        let near = |a: f64, b: f64| (a - b).abs() <= tolerance * (1.0 + b.abs());
        assert!(near(found.estimate, estimate), "{} {term} {} {estimate}", case["key"], found.estimate);
        assert!(near(found.std_error / factor, error), "{} {term} {} {error}", case["key"], found.std_error / factor);
    }
}

#[test]
fn corrections_of_incidental_parameters() {
    let reference = Reference::read("incidental.json");
    for case in &reference.cases {
        let lags = case["lags"].as_u64().unwrap() as usize;
        let fit = reference.fit(case, |m| MaximumLikelihood { correction: Some(Correction::Analytical { lags }), ..m });
        assert_eq!(fit.statistics.n_obs as u64, case["nobs"].as_u64().unwrap(), "{}", case["key"]);
        // The reference stops at a change of the deviance, isard of probit and cloglog at a step of 1e-6.
        compare(&fit, case, 2e-6);
        let corrected = fit.likelihood.as_ref().unwrap().correction.as_ref().unwrap();
        for (found, before) in corrected.before.iter().zip(numbers(case, "before")) {
            assert!((found.estimate - before).abs() < 2e-6, "{} {} {}", case["key"], found.term, found.estimate);
        }
    }
}

#[test]
fn normal_frailty() {
    let reference = Reference::read("frailty.json");
    for case in &reference.cases {
        let fit = reference.fit(case, |m| MaximumLikelihood { frailty: Some(Frailty::Normal { points: 25 }), ..m });
        // lme4's errors come from second derivatives by differences.
        compare(&fit, case, 2e-4);
        let sigma = fit.coefficients.iter().find(|c| c.term == SIGMA).unwrap().estimate;
        assert!((sigma - case["sigma"].as_f64().unwrap()).abs() < 1e-4, "{} {sigma}", case["key"]);
        let log_likelihood = fit.likelihood.as_ref().unwrap().log_likelihood;
        assert!(
            (log_likelihood - case["log_likelihood"].as_f64().unwrap()).abs() < 1e-6,
            "{} {log_likelihood}",
            case["key"]
        );
    }
}
