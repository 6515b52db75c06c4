//! The family `iv`: two-stage least squares, LIML, Fuller, GMM and the tests of instruments against six programs.
//!
//! Each program's own counting is undone here, in one place: fixest and ivreg count as isard does; linearmodels has no
//! factor for N, K or G. What is compared in another way, and why:
//!
//! | number | how | reason |
//! |---|---|---|
//! | fixest's R² | with those of the second stage | fixest 0.14 takes the residuals of the fitted regressors; linearmodels and isard those of the actual ones |
//! | fixest's Cragg-Donald | up to its degrees of freedom, a whole number | it counts neither absorbed parameters nor, in some models, regressors; the `kp` cases, which do, are compared in full |
//! | fixest's R², Sargan and Cragg-Donald with weights | not | its Sargan is -1480.8, and a sum of squares is not negative: the weights are left out of one part |
//! | linearmodels' J of the continuously updated estimator | centred | it centres the moments of that estimator only; without clusters `J/(1 - J/N)` of the same minimum |
//! | the same with clusters | its J at its coefficients, computed here | centring then moves the minimum |
//! | its coefficients | to 1e-3, and isard's objective must be the lower | its search stops early: with iid weights the minimum is LIML, which it gives elsewhere to nine digits |
//! | ivmodel's robust LIML and Fuller errors | recomputed with the columns `X - k M_Z X` | isard's sandwich has `P_Z X`, as linearmodels and ivreg2 |
//! | ivmodel's robust two-stage errors | with iid errors | the case has the number of the iid one |

use std::path::Path;
use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::{AbsorbedVariable, DesignMatrix, ModelVariables, Variable, WeightKind};
use isard::estimate::instruments::{ConfidenceSet, GmmSteps, InstrumentedColumns, KClass, Kappa, Moments, Partialled};
use isard::estimate::{Fit, Method, ModelRequest, fit_design};
use isard::infer::instruments::{ReducedForm, kleibergen_paap};
use isard::vcov::{AbsorbedCount, Dialect, Errors, SmallSample, covariance};
use nalgebra::{DMatrix, DVector};
use serde_json::Value;

use crate::csv::Csv;

/// No factor at all.
const PLAIN: SmallSample = SmallSample::PLAIN;

/// A case with what was computed for it.
struct Trial<'a> {
    case: &'a Value,
    design: DesignMatrix,
    errors: Errors,
    cache: AbsorberCache,
    faults: Vec<String>,
}

fn names(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|v| v.as_str().unwrap().to_string()).collect()
}

impl<'a> Trial<'a> {
    fn new(case: &'a Value) -> Option<Trial<'a>> {
        let data = crate::csv::data_file("tests/reference/data", case["data"].as_str().unwrap())?;
        let csv = Csv::read(&data);
        let model = &case["model"];
        let column = |name: &String| (name.clone(), Arc::new(csv.number(name)));
        let outcome = model["outcome"].as_str().unwrap();
        let mut vars = ModelVariables::new((outcome, csv.number(outcome)), vec![]).keep_singletons();
        vars.regressors = names(&model["exogenous"]).iter().map(column).collect();
        vars.endogenous = names(&model["endogenous"]).iter().map(column).collect();
        vars.instruments = names(&model["instruments"]).iter().map(column).collect();
        vars.absorbed = names(&model["absorbed"])
            .iter()
            .map(|name| AbsorbedVariable {
                name: name.clone(),
                factor: csv.factor(name),
                slopes: Vec::new(),
                slopes_only: false,
            })
            .collect();
        let clusters = names(&case["vcov"]["cluster"]);
        for name in &clusters {
            vars = vars.cluster(name, csv.factor(name));
        }
        if let Some(name) = model["weights"].as_str() {
            vars = vars.weight(WeightKind::Analytic, name, csv.number(name));
        }
        let errors = match case["vcov"]["type"].as_str().unwrap() {
            "iid" | "unadjusted" => Errors::Iid,
            "HC0" | "HC1" | "robust" | "hetero" => Errors::Hc1,
            _ => Errors::Cluster(clusters),
        };
        let design = DesignMatrix::build(&vars, Default::default()).unwrap();
        Some(Trial { case, design, errors, cache: AbsorberCache::new(), faults: Vec::new() })
    }

    fn fit(&self, method: Method) -> Fit {
        let request = ModelRequest { method: Some(method), errors: self.errors.clone(), ..ModelRequest::default() };
        fit_design(&request, &self.design, &self.cache).unwrap().0
    }

    fn compare(&mut self, what: &str, got: f64, expected: &Value, tolerance: (f64, f64)) {
        let Some(expected) = expected.as_f64() else { return };
        let gap = (got - expected).abs();
        if gap.is_nan() || gap > tolerance.1.max(tolerance.0 * expected.abs()) {
            self.faults.push(format!("{what}: {got:?}, expected {expected:?}"));
        }
    }

    fn tolerance(&self) -> (f64, f64) {
        let of = |key: &str| self.case["tolerance"][key].as_f64().unwrap();
        (of("rel"), of("abs"))
    }

    /// A number of the case, by a path of keys.
    fn number(&mut self, path: &str, got: f64) {
        let case: &'a Value = self.case;
        let expected = path.split('/').fold(&case["results"], |value, key| &value[key]);
        let tolerance = if path.ends_with("/p") || path.starts_with("p/") { (0.0, 1e-6) } else { self.tolerance() };
        self.compare(path, got, expected, tolerance);
    }

    /// Statistic and p-value of a test, if the case has it.
    fn test(&mut self, key: &str, fit: &Fit, name: &str, scale: f64) {
        if self.case["results"][key].is_null() {
            return;
        }
        let Some(found) = fit.tests.iter().find(|test| test.test == name) else {
            self.faults.push(format!("{key}: no test {name}"));
            return;
        };
        self.number(&format!("{key}/stat"), found.statistic * scale);
        if scale == 1.0
            && let Some(p) = found.p_value
        {
            self.number(&format!("{key}/p"), p);
        }
    }

    fn coefficients(&mut self, fit: &Fit, se_scale: f64) {
        let expected: Vec<&String> =
            self.case["results"]["coef"].as_object().into_iter().flatten().map(|c| c.0).collect();
        if expected.len() != fit.coefficients.len() {
            self.faults.push(format!("terms {expected:?}"));
        }
        for c in &fit.coefficients {
            self.number(&format!("coef/{}", c.term), c.estimate);
            self.number(&format!("se/{}", c.term), c.std_error * se_scale);
            if se_scale == 1.0 {
                self.number(&format!("t/{}", c.term), c.statistic);
                self.number(&format!("p/{}", c.term), c.p_value);
                self.number(&format!("ci_low/{}", c.term), c.conf_low);
                self.number(&format!("ci_high/{}", c.term), c.conf_high);
            }
        }
    }

    /// fixest 0.14: isard's own counting; its Cragg-Donald does not count absorbed parameters.
    fn fixest(&mut self) {
        let fit = self.fit(Method::KClass(Kappa::One));
        self.coefficients(&fit, 1.0);
        let s = fit.statistics.clone();
        let second = match self.design.weights {
            None => self.second_stage().statistics,
            Some(_) => Default::default(),
        };
        for (key, got) in [
            ("nobs", Some(s.n_obs as f64)),
            ("df_t", Some(fit.errors.factors.df)),
            ("rss", s.rss),
            ("r2", second.r_squared),
            ("ar2", second.adj_r_squared),
            ("wr2", second.within_r_squared),
            ("rmse", s.rmse),
        ] {
            if let Some(got) = got {
                self.number(key, got);
            }
        }
        let first = fit.first_stages[0].clone();
        self.number("ivf/stat", first.f_iid);
        self.number("ivf/df2", first.df_residual);
        self.number("ivwald/stat", first.f_statistic.unwrap());
        self.test("wh", &fit, "Wu-Hausman", 1.0);
        if self.design.weights.is_some() {
            assert!(self.case["results"]["sargan"]["stat"].as_f64().unwrap() < 0.0);
            return;
        }
        self.test("sargan", &fit, "Sargan", 1.0);
        let counted = fit.tests.iter().find(|test| test.test == "Cragg-Donald F").unwrap().statistic;
        let implied = self.case["results"]["cd"]["stat"].as_f64().unwrap() / counted * first.df_residual;
        let plain = first.df_residual + s.absorbed_dof as f64;
        if (implied - implied.round()).abs() > 1e-5 || (implied - plain).abs() > fit.coefficients.len() as f64 {
            self.faults.push(format!("cd: {counted} on {implied} degrees of freedom, not about {plain}"));
        }
    }

    /// The second stage by least squares on fitted regressors.
    fn second_stage(&self) -> Fit {
        let columns = InstrumentedColumns::of(&self.design, &self.cache).unwrap();
        let parts = Partialled::of(&columns, self.design.weight_values()).unwrap();
        let fitted = self.design.endogenous.iter().enumerate().map(|(j, d)| Variable {
            name: d.name.clone(),
            values: Arc::new(d.values.iter().zip(parts.unexplained(j)).map(|(d, m)| d - m).collect()),
        });
        let regressors = self.design.regressors.iter().cloned().chain(fitted).collect();
        let design = self.design.with(self.design.outcome.clone(), regressors);
        fit_design(&ModelRequest::default(), &design, &self.cache).unwrap().0
    }

    /// Residuals at the case's coefficients.
    fn their_residuals(&self) -> Vec<f64> {
        let theirs = |term: &str| self.case["results"]["coef"][term].as_f64().unwrap();
        let regressors = self.design.endogenous.iter().chain(&self.design.regressors);
        let mut e: Vec<f64> = self.design.outcome.values.iter().map(|y| y - theirs("(Intercept)")).collect();
        for x in regressors {
            let b = theirs(&x.name);
            e.iter_mut().zip(x.values.iter()).for_each(|(e, x)| *e -= b * x);
        }
        e
    }

    /// Asserts that the objective is no higher at isard's coefficients than at the case's.
    fn lower(&mut self, fit: &Fit) {
        let columns = InstrumentedColumns::of(&self.design, &self.cache).unwrap();
        let moments = Moments::of(&self.design, &columns);
        let e = self.their_residuals();
        let g = DVector::from_iterator(
            moments.instruments.len(),
            moments.instruments.iter().map(|z| z.iter().zip(&e).map(|(z, e)| z * e).sum::<f64>()),
        );
        let s = moments.covariance(&self.design, &self.errors, e).unwrap();
        let theirs = g.dot(&(s.try_inverse().unwrap() * &g));
        let ours = fit.tests.iter().find(|test| test.test == "Hansen J").unwrap().statistic;
        if ours > theirs {
            self.faults.push(format!("J {ours} is above {theirs}"));
        }
    }

    /// linearmodels' J of the continuously updated estimator.
    fn centred_j(&mut self, fit: &Fit) {
        let n = self.design.n_obs() as f64;
        let found = fit.tests.iter().find(|test| test.test == "Hansen J").unwrap().statistic;
        if self.errors == Errors::Hc1 {
            return self.number("j_stat/stat", found / (1.0 - found / n));
        }
        let columns = InstrumentedColumns::of(&self.design, &self.cache).unwrap();
        let moments = Moments::of(&self.design, &columns);
        let Errors::Cluster(_) = self.errors else { return self.number("j_stat/stat", found) };
        let e = self.their_residuals();
        let codes = &self.design.clusters[0].factor;
        let l = moments.instruments.len();
        let g = DVector::from_fn(l, |i, _| moments.instruments[i].iter().zip(&e).map(|(z, e)| z * e).sum::<f64>());
        let mut sums = DMatrix::zeros(codes.n_levels, l);
        for (row, &code) in codes.codes.iter().enumerate() {
            for i in 0..l {
                sums[(code as usize, i)] += moments.instruments[i][row] * e[row] - g[i] / n;
            }
        }
        let s = sums.transpose() * &sums;
        let at_theirs = g.dot(&(s.try_inverse().unwrap() * &g));
        self.number("j_stat/stat", at_theirs);
    }

    /// linearmodels: no factors.
    fn linearmodels(&mut self) {
        let weights = self.errors.clone();
        let method = match self.case["method"].as_str().unwrap() {
            "2sls" => Method::KClass(Kappa::One),
            "liml" => Method::KClass(Kappa::SmallestRoot),
            "gmm" => Method::Gmm { steps: GmmSteps::Fixed(2), weights: Some(weights) },
            _ => Method::Gmm { steps: GmmSteps::Continuous, weights: Some(weights) },
        };
        let fit = self.fit(method.clone());
        let (estimate, _) = method.fit(&self.design, &self.errors, &self.cache).unwrap();
        let n = self.design.n_obs() as f64;
        let undo = if matches!(self.errors, Errors::Cluster(_)) { 1.0 } else { (n - 1.0) / n };
        let plain = covariance(&self.errors, &PLAIN, &self.design, &estimate).unwrap().matrix * undo;
        let continuous = self.case["method"] == "cue";
        if continuous {
            self.centred_j(&fit);
            self.lower(&fit);
        }
        if continuous && matches!(self.errors, Errors::Cluster(_)) {
            return;
        }
        for (i, term) in estimate.terms.iter().enumerate() {
            let tolerance = if continuous { (1e-3, 1e-8) } else { self.tolerance() };
            let case: &'a Value = self.case;
            let expected = |field: &str| &case["results"][field][term];
            self.compare(&format!("coef/{term}"), estimate.coefficients[i], expected("coef"), tolerance);
            self.compare(&format!("se/{term}"), plain[(i, i)].sqrt(), expected("se"), tolerance);
        }
        if !continuous {
            self.number("r2", fit.statistics.r_squared.unwrap());
            self.number("rss", fit.statistics.rss.unwrap());
        }
        for (key, name) in [
            ("sargan", "Sargan"),
            ("basmann", "Basmann"),
            ("wooldridge_overid", "Wooldridge overidentification"),
            ("durbin", "Durbin"),
            ("wu_hausman", "Wu-Hausman"),
            ("wooldridge_score", "Wooldridge score"),
            ("anderson_rubin", "LIML likelihood ratio"),
            ("j_stat", "Hansen J"),
        ] {
            if key == "j_stat" && continuous {
                continue;
            }
            self.test(key, &fit, name, 1.0);
        }
        if let Some(k) = fit.tests.iter().find(|test| test.test == "k") {
            self.number("kappa", k.statistic);
        }
        for stage in &fit.first_stages {
            let path = |key: &str| format!("first_stage/{}/{key}", stage.endogenous);
            self.number(&path("rsquared"), stage.r_squared);
            self.number(&path("partial.rsquared"), stage.partial_r_squared);
            self.number(&path("shea.rsquared"), stage.shea_r_squared);
            // Without factors: chi-squared, but F with iid errors.
            let l = if self.errors == Errors::Iid { 1.0 } else { stage.df1 };
            let factor = match &self.errors {
                Errors::Cluster(_) => {
                    let g = self.design.clusters[0].factor.n_levels as f64;
                    (n - 1.0) / stage.df_residual * g / (g - 1.0)
                }
                _ => n / stage.df_residual,
            };
            self.number(&path("f.stat"), stage.f_statistic.unwrap() * l * factor);
        }
        let expected = &self.case["results"]["wooldridge_regression"];
        if !expected.is_null() {
            let found = fit.tests.iter().find(|test| test.test == "Wooldridge regression").unwrap().clone();
            let p = found.df1.unwrap();
            let left = n - estimate.terms.len() as f64 - p;
            let factor = match &self.errors {
                Errors::Cluster(_) => {
                    let g = self.design.clusters[0].factor.n_levels as f64;
                    (n - 1.0) / left * g / (g - 1.0)
                }
                _ => n / left,
            };
            self.number("wooldridge_regression/stat", found.statistic * p * factor);
        }
    }

    /// Kleibergen and Paap's rk as chi-squared without factors, and as ivreg2's F.
    fn kleibergen_paap(&mut self) {
        let fit = self.fit(Method::KClass(Kappa::One));
        let columns = InstrumentedColumns::of(&self.design, &self.cache).unwrap();
        let form = ReducedForm::of(&self.design, &columns, (&self.errors, &PLAIN), &self.cache).unwrap();
        let (l, p) = (columns.instruments.len(), columns.endogenous.len());
        let v = form.covariance.view((l, l), (p * l, p * l)).into_owned();
        let n = self.design.n_obs() as f64;
        let undo = if matches!(self.errors, Errors::Cluster(_)) { 1.0 } else { n / (n - 1.0) };
        self.number("rk_wald", kleibergen_paap(&form, &v).unwrap() * undo);
        let find = |name: &str| fit.tests.iter().find(|test| test.test == name).unwrap().statistic;
        // ivreg2 counts every absorbed parameter, which isard does not where the effect is nested in the cluster.
        let full = SmallSample { absorbed: AbsorbedCount::Full, ..Dialect::Fixest.small_sample() };
        let counted = ReducedForm::of(&self.design, &columns, (&self.errors, &full), &self.cache).unwrap();
        let v = counted.covariance.view((l, l), (p * l, p * l)).into_owned();
        self.number("rk_wald_F_ivreg2", kleibergen_paap(&counted, &v).unwrap() / l as f64);
        self.number("cragg_donald_F", find("Cragg-Donald F"));
    }

    /// ivreg.
    fn ivreg(&mut self) {
        let fit = self.fit(Method::KClass(Kappa::One));
        self.coefficients(&fit, 1.0);
        let f = fit.first_stages[0].clone();
        self.number("diagnostics/Weak instruments/stat", f.f_statistic.unwrap());
        self.number("diagnostics/Weak instruments/p", f.f_p_value.unwrap());
        let find = |name: &str| fit.tests.iter().find(|test| test.test == name).unwrap().clone();
        let (hausman, sargan) = (find("Wooldridge regression"), find("Sargan"));
        self.number("diagnostics/Wu-Hausman/stat", hausman.statistic);
        self.number("diagnostics/Wu-Hausman/df2", hausman.df2.unwrap());
        self.number("diagnostics/Wu-Hausman/p", hausman.p_value.unwrap());
        self.number("diagnostics/Sargan/stat", sargan.statistic);
        self.number("diagnostics/Sargan/p", sargan.p_value.unwrap());
    }

    fn set(&mut self, key: &str, set: &ConfidenceSet) {
        let expected: Vec<Value> = self.case["results"][key]["ci"].as_array().unwrap().clone();
        let bounded = expected.iter().filter(|interval| !interval[0].is_null());
        if bounded.clone().count() != set.intervals.len() {
            self.faults.push(format!("{key} set {set:?}, expected {expected:?}"));
            return;
        }
        for (want, got) in bounded.zip(&set.intervals) {
            self.compare(key, got.low, &want[0], (1e-5, 1e-8));
            self.compare(key, got.high, &want[1], (1e-5, 1e-8));
        }
    }

    fn with(&self, errors: Errors) -> Trial<'a> {
        Trial { errors, case: self.case, design: self.design.clone(), cache: AbsorberCache::new(), faults: Vec::new() }
    }

    /// HC0 of one endogenous regressor's coefficient with the column `d - k M_Z d`.
    fn own_sandwich(&self, kappa: Kappa, b: f64) -> f64 {
        let columns = InstrumentedColumns::of(&self.design, &self.cache).unwrap();
        let parts = Partialled::of(&columns, None).unwrap();
        let k = KClass(kappa).value(&self.design, &columns, &parts).unwrap();
        let d = &parts.endogenous[0];
        let w: Vec<f64> = d.iter().zip(parts.unexplained(0)).map(|(d, m)| d - k * m).collect();
        let meat: f64 = w.iter().zip(d).zip(&parts.outcome).map(|((w, d), y)| (w * (y - b * d)).powi(2)).sum();
        meat.sqrt() / w.iter().zip(d).map(|(w, d)| w * d).sum::<f64>()
    }

    /// ivmodel.
    fn ivmodel(&mut self) {
        for (key, kappa) in [
            ("tsls", Kappa::One),
            ("liml", Kappa::SmallestRoot),
            ("fuller1", Kappa::Fuller(1.0)),
            ("ols", Kappa::Fixed(0.0)),
        ] {
            let fit = self.fit(Method::KClass(kappa));
            let c = fit.coefficients[1].clone();
            self.number(&format!("{key}/coef"), c.estimate);
            let hetero = self.errors == Errors::Hc1;
            let std_error = match (hetero, key) {
                (true, "tsls") => self.with(Errors::Iid).fit(Method::KClass(kappa)).coefficients[1].std_error,
                (true, _) => self.own_sandwich(kappa, c.estimate),
                _ => c.std_error,
            };
            self.number(&format!("{key}/se"), std_error);
            if let Some(k) = fit.tests.iter().find(|test| test.test == "k") {
                self.number(&format!("{key}/k"), k.statistic);
            }
        }
        self.errors = Errors::Iid;
        let fit = self.fit(Method::KClass(Kappa::One));
        let find = |name: &str| fit.tests.iter().find(|test| test.test == name).unwrap().clone();
        let (ar, lr) = (find("Anderson-Rubin F"), find("conditional likelihood ratio"));
        self.number("ar/F", ar.statistic);
        self.number("ar/p", ar.p_value.unwrap());
        self.number("clr/stat", lr.statistic);
        self.number("clr/p", lr.p_value.unwrap());
        self.set("ar", &fit.confidence_sets[0]);
        self.set("clr", &fit.confidence_sets[1]);
    }

    /// lfe.
    fn lfe(&mut self) {
        let fit = self.fit(Method::KClass(Kappa::One));
        self.coefficients(&fit, 1.0);
        self.number("iv1fstat/F", fit.first_stages[0].f_statistic.unwrap());
    }
}

#[test]
fn iv_family() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/cases/iv.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (mut passed, mut absent, mut failed) = (0, 0, Vec::new());
    for case in &cases {
        let Some(mut trial) = Trial::new(case) else {
            absent += 1;
            continue;
        };
        match case["kind"].as_str().unwrap() {
            "fixest" => trial.fixest(),
            "linearmodels" => trial.linearmodels(),
            "kp" => trial.kleibergen_paap(),
            "ivreg" => trial.ivreg(),
            "ivmodel" => trial.ivmodel(),
            "lfe" => trial.lfe(),
            other => panic!("unknown kind {other}"),
        }
        if trial.faults.is_empty() {
            passed += 1;
        } else {
            failed.push(format!("{}:\n    {}", case["id"], trial.faults.join("\n    ")));
        }
    }
    println!("{passed} of {} cases agree; {absent} without data", cases.len());
    assert!(failed.is_empty(), "{} cases differ:\n  {}", failed.len(), failed.join("\n  "));
}
