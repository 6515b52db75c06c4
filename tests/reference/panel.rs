//! The families `panel` and `panel_tests`: plm 2.6 and linearmodels 7.1.
//!
//! What is compared in another way, and why:
//!
//! | number | how | reason |
//! |---|---|---|
//! | plm's R² of a within model | the within R² | plm has no other |
//! | covariance of plm's two-way random effects in unbalanced panels | times the residual variance | plm 2.6 returns `(X'Ω^-1 X)^-1` in units of it |
//! | R² and residual sum of squares of the same | of the rows in levels | plm does not transform the outcome there |
//! | θ of the same | not | plm lists the levels of one way against all rows |
//! | plm's Beck-Katz errors in unbalanced panels | with plm's own place of each period | plm 2.6 puts the residuals of a unit, in the order of time, at the places of its periods in the order in which periods first appear in the data |
//! | plm's auxiliary Hausman test with a regressor that does not vary over time | with the added columns at plm's places | plm 2.6 counts places as if all regressors varied, and so tests that regressor and leaves an added column out |
//! | linearmodels' variance decomposition of effects | from R² overall | it is `Σ(y - Xb)²/N` less the residual variance |

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables, PanelIndex, Variable, Way};
use isard::estimate::panel::{
    ComponentsMethod, Difference, Gaps, GroupMethod, PanelEffect, PanelMethod, Transformed, fit_panel,
};
use isard::estimate::{Estimator, Fit, Method, ModelRequest, Ols};
use isard::infer::panel::{PanelModel, PanelTest};
use isard::infer::wald_zero;
use isard::panel::Factor;
use isard::vcov::{ClusterType, Dialect, Errors, Lags, PlmErrors, PlmMethod, PlmType, covariance};
use serde_json::Value;

use crate::csv::Csv;

/// A case with what was found to differ.
pub struct Trial<'a> {
    pub case: &'a Value,
    pub csv: Csv,
    faults: Vec<String>,
}

/// A column, or its logarithm.
pub fn column(csv: &Csv, term: &str) -> Vec<f64> {
    match term.strip_prefix("log(").and_then(|rest| rest.strip_suffix(')')) {
        Some(name) => csv.number(name).iter().map(|value| value.ln()).collect(),
        None => csv.number(term),
    }
}

impl<'a> Trial<'a> {
    pub fn new(case: &'a Value) -> Option<Trial<'a>> {
        let data = crate::csv::data_file("tests/reference/data", case["data"].as_str().unwrap())?;
        Some(Trial { case, csv: Csv::read(&data), faults: Vec::new() })
    }

    /// Outcome and regressors with unit and time; singletons stay, as in both programs.
    pub fn variables(&self, intercept: bool) -> ModelVariables {
        let (outcome, right) = self.case["formula"].as_str().unwrap().split_once('~').unwrap();
        let terms: Vec<&str> = right.split('+').map(str::trim).collect();
        let columns = terms.iter().map(|term| (*term, column(&self.csv, term))).collect();
        let (unit, time) = self.index();
        let mut vars = ModelVariables::new((outcome.trim(), column(&self.csv, outcome.trim())), columns)
            .keep_singletons()
            .of_unit(unit, self.units())
            .at_time(time, self.csv.number(time))
            .cluster(unit, self.csv.factor(unit))
            .cluster(time, self.csv.factor(time));
        vars.intercept = intercept;
        vars
    }

    pub fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    pub fn faults(self) -> Vec<String> {
        self.faults
    }

    /// Units in the order of R's factors: by number where they are numbers.
    fn units(&self) -> Factor {
        let found = self.csv.factor(self.index().0);
        let mut order: Vec<u32> = (0..found.n_levels() as u32).collect();
        let number = |code: u32| found.levels[code as usize].parse::<f64>().ok();
        order.sort_by(|&a, &b| match (number(a), number(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => found.levels[a as usize].cmp(&found.levels[b as usize]),
        });
        let mut place = vec![0u32; order.len()];
        order.iter().enumerate().for_each(|(at, &code)| place[code as usize] = at as u32);
        let levels = order.iter().map(|&code| found.levels[code as usize].clone()).collect();
        Factor::new(found.codes.iter().map(|&code| place[code as usize]).collect(), levels)
    }

    fn index(&self) -> (&'a str, &'a str) {
        (self.case["index"][0].as_str().unwrap(), self.case["index"][1].as_str().unwrap())
    }

    /// The variables as the method needs them: within absorbs its effects.
    pub fn design(&self, method: &PanelMethod, intercept: bool) -> DesignMatrix {
        let mut vars = self.variables(intercept);
        let (unit, time) = self.index();
        if let PanelMethod::Within(effect) = method {
            for way in effect.ways() {
                let name = if *way == Way::Unit { unit } else { time };
                vars = vars.absorb(name, self.csv.factor(name));
            }
        }
        if matches!(method, PanelMethod::Between(_)) {
            vars.clusters.clear();
        }
        DesignMatrix::build(&vars, Default::default()).unwrap()
    }

    /// The place at which plm's `vcovBK` puts each row of a unit: its periods are placed in the order of their first
    /// appearance among rows by unit and time, the rows in the order of time.
    fn misplaced(&self, design: &DesignMatrix) -> Vec<f64> {
        let index = PanelIndex::of(design).unwrap();
        let mut first = vec![usize::MAX; index.periods.len()];
        let mut next = 0;
        for &row in index.units().flatten() {
            if first[index.period(row)] == usize::MAX {
                first[index.period(row)] = next;
                next += 1;
            }
        }
        let mut out = vec![0.0; design.n_rows()];
        for rows in index.units() {
            let mut places: Vec<usize> = rows.iter().map(|&row| first[index.period(row)]).collect();
            places.sort_unstable();
            rows.iter().zip(places).for_each(|(&row, place)| out[row as usize] = place as f64);
        }
        out
    }

    pub fn compare(&mut self, what: &str, got: f64, expected: &Value, tolerance: (f64, f64)) {
        let Some(expected) = expected.as_f64() else { return };
        let gap = (got - expected).abs();
        if gap.is_nan() || gap > tolerance.1.max(tolerance.0 * expected.abs()) {
            self.faults.push(format!("{what}: {got:?}, expected {expected:?}"));
        }
    }

    pub fn tolerance(&self) -> (f64, f64) {
        let of = |key: &str| self.case["tolerance"][key].as_f64().unwrap();
        (of("rel"), of("abs"))
    }

    fn number(&mut self, key: &str, got: Option<f64>) {
        let case: &'a Value = self.case;
        let expected = key.split('/').fold(&case["results"], |value, part| match part.parse::<usize>() {
            Ok(place) => &value[place],
            Err(_) => &value[part],
        });
        if expected.is_null() {
            return;
        }
        let tolerance = if key == "p" || key.ends_with("/p") { (0.0, 1e-6) } else { self.tolerance() };
        self.compare(key, got.unwrap_or(f64::NAN), expected, tolerance);
    }

    /// Coefficients, errors and covariance, which `scale` times the peer's are.
    fn coefficients(&mut self, fit: &Fit, scale: f64) {
        let case: &'a Value = self.case;
        let results = &case["results"];
        let names: Vec<&String> = results["coef"].as_object().unwrap().keys().collect();
        let terms: Vec<&String> = fit.coefficients.iter().map(|c| &c.term).collect();
        if names != terms {
            self.faults.push(format!("terms {terms:?}, expected {names:?}"));
            return;
        }
        let (rel, abs) = self.tolerance();
        for c in &fit.coefficients {
            let of = |key: &str| &results[key][&c.term];
            self.compare(&format!("coef {}", c.term), c.estimate, of("coef"), (rel, abs));
            self.compare(&format!("se {}", c.term), c.std_error * scale.sqrt(), of("se"), (rel, abs));
            if scale == 1.0 {
                self.compare(&format!("t {}", c.term), c.statistic, of("t"), (rel, abs));
                self.compare(&format!("p {}", c.term), c.p_value, of("p"), (0.0, 1e-6));
            }
        }
        let Some(rows) = results["vcov"]["matrix"].as_array() else { return };
        let largest =
            rows.iter().flat_map(|r| r.as_array().unwrap()).fold(0.0f64, |m, v| m.max(v.as_f64().unwrap().abs()));
        for (i, row) in rows.iter().enumerate() {
            for (j, value) in row.as_array().unwrap().iter().enumerate() {
                self.compare(&format!("vcov[{i},{j}]"), fit.covariance[i][j] * scale, value, (0.0, rel * largest));
            }
        }
    }
}

/// Method, whether there is a constant, errors and dialect of a case.
fn asked(case: &Value) -> (PanelMethod, bool, Errors, Dialect) {
    let key = case["id"].as_str().unwrap().rsplit('/').next().unwrap();
    let (unit, time) = (case["index"][0].as_str().unwrap(), case["index"][1].as_str().unwrap());
    let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    if let Some(rest) = key.strip_prefix("lm_") {
        let (model, errors) = rest.split_once('.').unwrap_or((rest, ""));
        let effect = if rest.starts_with("panelols.et") { PanelEffect::TwoWays } else { PanelEffect::Unit };
        let errors = match errors.rsplit('.').next().unwrap() {
            "robust" => Errors::Hc1,
            "clustered" => Errors::Cluster(names(&[unit])),
            "clustered2" => Errors::Cluster(names(&[unit, time])),
            "kernel" => Errors::DriscollKraay(Lags::Given(2)),
            _ if model == "pooled_clustered" => Errors::Cluster(names(&[unit])),
            _ => Errors::Iid,
        };
        let method = match model {
            "panelols" => PanelMethod::Within(effect),
            "re" if rest.ends_with("small_sample") => {
                PanelMethod::Random(PanelEffect::Unit, ComponentsMethod::SwamyArora)
            }
            "re" => PanelMethod::Random(PanelEffect::Unit, ComponentsMethod::Harmonic),
            "between" => PanelMethod::Between(Way::Unit),
            "fd" => PanelMethod::Difference(Difference::default()),
            "pooled_clustered" => PanelMethod::Pooled,
            "fmb" => PanelMethod::Groups(GroupMethod::FamaMacBeth),
            other => panic!("{other}"),
        };
        return (method, model != "fd", errors, Dialect::Linearmodels);
    }
    let (model, errors) = key.split_once(".vcov_").unwrap_or((key, ""));
    let random = |effect, name: &str| {
        let components = match name {
            "amemiya" => ComponentsMethod::Amemiya,
            "walhus" => ComponentsMethod::WallaceHussain,
            "nerlove" => ComponentsMethod::Nerlove,
            _ => ComponentsMethod::SwamyArora,
        };
        PanelMethod::Random(effect, components)
    };
    let parts: Vec<&str> = model.split('_').collect();
    let method = match parts.as_slice() {
        ["within"] => PanelMethod::Within(PanelEffect::Unit),
        ["within", "time"] => PanelMethod::Within(PanelEffect::Time),
        ["within", "twoways"] => PanelMethod::Within(PanelEffect::TwoWays),
        ["between"] => PanelMethod::Between(Way::Unit),
        ["pooling"] => PanelMethod::Pooled,
        ["fd"] => PanelMethod::Difference(Difference { gaps: Gaps::Bridge, ..Difference::default() }),
        ["random", "time", name] => random(PanelEffect::Time, name),
        ["random", "twoways", name] => random(PanelEffect::TwoWays, name),
        ["random", name] => random(PanelEffect::Unit, name),
        other => panic!("{other:?}"),
    };
    let plm = |method, kind| Errors::Plm(PlmErrors { method, kind, by: Way::Unit, lags: Lags::Given(2) });
    let errors = match errors {
        "" => Errors::Iid,
        "arellano_HC0" if model == "pooling" => Errors::Adjusted(ClusterType::Cr0, names(&[unit])),
        "arellano_HC0" => plm(PlmMethod::Arellano, PlmType::Hc0),
        "arellano_HC1" => plm(PlmMethod::Arellano, PlmType::Hc1),
        "arellano_sss" => plm(PlmMethod::Arellano, PlmType::Sss),
        "white1_HC0" => plm(PlmMethod::White1, PlmType::Hc0),
        "scc_HC0_L2" => plm(PlmMethod::Scc, PlmType::Hc0),
        "nw_HC0_L2" => plm(PlmMethod::NeweyWest, PlmType::Hc0),
        "dc_HC0" => plm(PlmMethod::Double, PlmType::Hc0),
        "bk_HC0" => plm(PlmMethod::BeckKatz, PlmType::Hc0),
        other => panic!("{other}"),
    };
    (method, true, errors, Dialect::Plm)
}

fn check(case: &Value) -> Option<Vec<String>> {
    let mut trial = Trial::new(case)?;
    let (method, intercept, errors, dialect) = asked(case);
    let cache = AbsorberCache::new();
    let mut design = trial.design(&method, intercept);
    if matches!(&errors, Errors::Plm(PlmErrors { method: PlmMethod::BeckKatz, .. })) {
        let places = trial.misplaced(&design);
        if let Some(time) = &mut design.dependence.time {
            time.values = Arc::new(places);
        }
    }
    let transformed = match method.transform(&design, &cache) {
        Ok(transformed) => transformed,
        Err(fault) => return Some(vec![fault.to_string()]),
    };
    let request = ModelRequest { method: Some(Method::Panel(method)), errors, dialect, ..ModelRequest::default() };
    let fit = match fit_panel(&request, &transformed, &cache) {
        Ok((fit, _)) => fit,
        Err(fault) => return Some(vec![fault.to_string()]),
    };
    numbers(&mut trial, &fit, &transformed, method, dialect);
    Some(trial.faults)
}

fn numbers(trial: &mut Trial<'_>, fit: &Fit, transformed: &Transformed, method: PanelMethod, dialect: Dialect) {
    let case = trial.case;
    let s = &fit.statistics;
    let record = fit.panel.as_ref().unwrap();
    let untransformed = matches!(method, PanelMethod::Random(PanelEffect::TwoWays, _)) && !record.balanced;
    let (rss, df) = (s.rss.unwrap_or(f64::NAN), s.df_residual.unwrap_or(f64::NAN));
    trial.coefficients(fit, if untransformed { df / rss } else { 1.0 });
    if case["results"]["nobs"].is_null() {
        return;
    }
    trial.number("nobs", Some(s.n_obs as f64));
    trial.number(
        "df_resid",
        if method == PanelMethod::Groups(GroupMethod::FamaMacBeth) { Some(fit.errors.factors.df) } else { Some(df) },
    );
    trial.number("loglik", s.log_likelihood);
    let r2 = record.r_squared.unwrap();
    trial.number("r2_within", r2.within);
    trial.number("r2_between", r2.between);
    trial.number("r2_overall", r2.overall);
    let y = &transformed.levels.outcome.values;
    let squares = |values: &[f64], centred: bool| {
        let mean = if centred { values.iter().sum::<f64>() / values.len() as f64 } else { 0.0 };
        values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>()
    };
    if untransformed {
        trial.number("rss", r2.overall.map(|share| (1.0 - share) * squares(y, true)));
    } else {
        let r_squared = match (method, dialect) {
            (PanelMethod::Within(_), _) => s.within_r_squared,
            (PanelMethod::Random(..), Dialect::Linearmodels) => {
                Some(1.0 - rss / squares(&transformed.design.outcome.values, true))
            }
            _ => s.r_squared,
        };
        trial.number("rss", Some(rss));
        trial.number("r2", r_squared);
        trial.number("ar2", r_squared.map(|share| 1.0 - (1.0 - share) * (s.n_obs as f64 - 1.0) / df));
        let k = if matches!(method, PanelMethod::Random(..)) { fit.coefficients.len() as f64 - 1.0 } else { 1.0 };
        trial.number("f/stat", s.f_statistic.map(|f| f * k));
        trial.number("f/p", s.f_p_value);
    }
    if let Some(components) = &record.components {
        trial.number("sigma2/idios", Some(components.idiosyncratic));
        trial.number("sigma2/id", components.unit);
        trial.number("sigma2/time", components.time);
        trial.number("theta/min", Some(components.theta_min));
        trial.number("theta/max", Some(components.theta_max));
        if components.unit.is_none() || components.time.is_none() {
            trial.number("theta", Some(components.theta_min));
        }
        trial.number("variance_decomposition/Residual", Some(components.idiosyncratic));
        trial.number("variance_decomposition/Effects", components.unit);
    } else if !case["results"]["variance_decomposition"].is_null() {
        let n = s.n_obs as f64;
        trial.number("variance_decomposition/Residual", Some(rss / n));
        let all = r2.overall.map(|share| (1.0 - share) * squares(y, false) / n);
        trial.number("variance_decomposition/Effects", all.map(|all| all - rss / n));
    }
}

/// Runs every case of a family; a case without data is counted.
pub fn run(family: &str, check: impl Fn(&Value) -> Option<Vec<String>>) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/cases").join(family);
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (mut passed, mut skipped, mut failed) = (0, 0, Vec::new());
    for case in &cases {
        match check(case) {
            Some(faults) if faults.is_empty() => passed += 1,
            Some(faults) => failed.push(format!("{}:\n    {}", case["id"].as_str().unwrap(), faults.join("\n    "))),
            None => skipped += 1,
        }
    }
    println!("{family}: {passed} of {} cases agree, {skipped} without data", cases.len());
    assert!(failed.is_empty(), "{} cases differ:\n  {}", failed.len(), failed.join("\n  "));
}

#[test]
fn panel_family() {
    run("panel.json", check);
}

/// The test of a case of plm.
fn test_of(key: &str) -> PanelTest {
    let effect = |rest: &str| match rest {
        "time" => PanelEffect::Time,
        "twoways" => PanelEffect::TwoWays,
        _ => PanelEffect::Unit,
    };
    let parts: Vec<&str> = key.split('_').collect();
    match parts.as_slice() {
        ["hausman", "swar"] => PanelTest::Hausman(PanelEffect::Unit),
        ["hausman", "aux"] => PanelTest::HausmanAuxiliary(PanelEffect::Unit),
        ["pooltest", ..] => PanelTest::Poolability(PanelEffect::Unit),
        ["lm", "bp", rest] => PanelTest::BreuschPagan(effect(rest)),
        ["lm", "honda", rest] => PanelTest::Honda(effect(rest)),
        ["lm", "kw", rest] => PanelTest::KingWu(effect(rest)),
        ["lm", "ghm", _] => PanelTest::Gourieroux,
        ["xsdep", "lm", _] => PanelTest::CrossSectionLm,
        ["xsdep", "sclm", _] => PanelTest::ScaledLm,
        ["xsdep", "cd", _] => PanelTest::PesaranCd,
        ["xsdep", "rho", _] => PanelTest::MeanCorrelation,
        ["wooldridge", "fe"] => PanelTest::WooldridgeWithin,
        ["wooldridge", "fd", "h0fd"] => PanelTest::WooldridgeDifference,
        ["wooldridge", "fd", "h0fe"] => PanelTest::WooldridgeLevels,
        ["unobs", ..] => PanelTest::Unobserved,
        ["bgtest", ..] => PanelTest::BreuschGodfrey(1),
        ["bsy", "joint"] => PanelTest::BaltagiLi,
        ["bsy", "ar"] => PanelTest::BeraSerial,
        ["bsy", "re"] => PanelTest::BeraEffects,
        other => panic!("{other:?}"),
    }
}

/// plm's auxiliary Hausman test at the places where it looks for the added columns, where these are other columns.
fn displaced_hausman(trial: &Trial<'_>, key: &str, design: &DesignMatrix, cache: &AbsorberCache) -> Option<f64> {
    let unit = trial.units();
    let demeaned = |values: &[f64]| {
        let mut means = vec![(0.0, 0.0); unit.n_levels()];
        let codes: Vec<usize> = design.sample.rows.iter().map(|&row| unit.codes[row as usize] as usize).collect();
        codes.iter().zip(values).for_each(|(&code, v)| means[code] = (means[code].0 + v, means[code].1 + 1.0));
        codes.iter().zip(values).map(|(&code, v)| v - means[code].0 / means[code].1).collect::<Vec<f64>>()
    };
    let varies = |values: &[f64]| demeaned(values).iter().any(|v| v.abs() > 1e-9);
    let added: Vec<&Variable> = design.regressors.iter().filter(|variable| varies(&variable.values)).collect();
    if key != "hausman_aux" || added.len() == design.regressors.len() {
        return None;
    }
    let method = PanelMethod::Random(PanelEffect::Unit, ComponentsMethod::SwamyArora);
    let random = method.transform(design, cache).unwrap().design;
    let mut regressors: Vec<Variable> = random.regressors[1..].to_vec();
    regressors.extend(added.iter().map(|variable| Variable {
        name: format!("{} within", variable.name),
        values: Arc::new(demeaned(&variable.values)),
    }));
    let joint = DesignMatrix { regressors, intercept: true, ..random };
    let estimate = Ols.fit(&joint, cache).unwrap();
    let v = covariance(&Errors::Iid, &Dialect::Plm.small_sample(), &joint, &estimate).unwrap().matrix;
    let places: Vec<usize> = (added.len() + 1..2 * added.len() + 1).collect();
    let test = wald_zero(&estimate.coefficients, &v, &places, f64::INFINITY).unwrap();
    Some(test.statistic * places.len() as f64)
}

fn check_test(case: &Value) -> Option<Vec<String>> {
    let mut trial = Trial::new(case)?;
    let key = case["id"].as_str().unwrap().rsplit('/').next().unwrap();
    let design = trial.design(&PanelMethod::Pooled, true);
    let cache = AbsorberCache::new();
    let model = PanelModel::of(&design, &cache).unwrap();
    if let Some(statistic) = displaced_hausman(&trial, key, &design, &cache) {
        trial.number("stat", Some(statistic));
        return Some(trial.faults);
    }
    match model.test(test_of(key)) {
        Ok(found) => {
            trial.number("stat", Some(found.statistic));
            trial.number("p", found.p_value);
            // The mixture of chi-squared distributions lists its parts.
            if key != "lm_ghm_twoways" {
                trial.number("df/0", found.df1);
                trial.number("df/1", found.df2);
            }
        }
        Err(fault) => trial.faults.push(fault.to_string()),
    }
    Some(trial.faults)
}

#[test]
fn panel_tests_family() {
    run("panel_tests.json", check_test);
}
