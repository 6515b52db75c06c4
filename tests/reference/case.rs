//! A reference case: reading it, and turning it into variables and errors.

use std::path::Path;
use std::sync::Arc;

use isard::design::{AbsorbedVariable, ModelVariables, Singletons, WeightKind};
use isard::estimate::{Family, Link, MaximumLikelihood, Method};
use isard::vcov::{
    AbsorbedCount, ClusterFactor, ClusterType, Conley, Dialect, Errors, Lags, SmallSample, SpatialKernel,
};
use serde_json::Value;

use crate::csv::Csv;

/// One case.
pub struct Case(pub Value);

/// Reasons for which a case may be left out.
const REASONS: [&str; 1] = ["data not distributed"];

/// Whether a line of the list of cases left out gives a known reason.
pub fn may_be_skipped(line: &str) -> bool {
    REASONS.iter().any(|reason| line.contains(reason))
}

impl Case {
    /// Reads a family.
    pub fn read(path: &Path) -> Vec<Case> {
        let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        cases.into_iter().map(Case).collect()
    }

    pub fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    pub fn data(&self) -> &str {
        self.0["data"].as_str().unwrap()
    }

    /// The estimator: least squares if the case names none.
    pub fn method(&self) -> Method {
        let likelihood = |family| Method::Likelihood(MaximumLikelihood::of(family));
        match self.0["method"].as_str().unwrap_or("ols") {
            "poisson" => likelihood(Family::Poisson),
            "negbin" => likelihood(Family::NegativeBinomial { theta: 1.0 }),
            "logit" => likelihood(Family::Binomial(Link::Logit)),
            "probit" => likelihood(Family::Binomial(Link::Probit)),
            _ => Method::Ols,
        }
    }

    /// The errors, or why they cannot be computed.
    pub fn errors(&self) -> Result<Errors, String> {
        let vcov = &self.0["vcov"];
        match vcov["type"].as_str().unwrap() {
            "iid" => Ok(Errors::Iid),
            "HC1" => Ok(Errors::Hc1),
            "HC2" => Ok(Errors::Hc2),
            "HC3" => Ok(Errors::Hc3),
            "CRV1" => Ok(Errors::Cluster(self.clusters())),
            "CRV3" => Ok(Errors::Adjusted(ClusterType::Cr3, self.clusters())),
            "NW" => Ok(Errors::NeweyWest(self.lags())),
            "DK" => Ok(Errors::DriscollKraay(self.lags())),
            "conley" => Ok(Errors::Conley(Conley {
                cutoff_km: vcov["cutoff"].as_f64().unwrap(),
                kernel: SpatialKernel::Uniform,
                serial: None,
            })),
            other => Err(format!("{other} is unknown")),
        }
    }

    fn clusters(&self) -> Vec<String> {
        let names = self.0["vcov"]["cluster"].as_array().into_iter().flatten();
        names.map(|name| name.as_str().unwrap().to_string()).collect()
    }

    fn lags(&self) -> Lags {
        Lags::Given(self.0["vcov"]["lag"].as_u64().unwrap() as usize)
    }

    /// The small-sample rules.
    pub fn rules(&self) -> SmallSample {
        let dialect = match self.0["origin"]["program"].as_str().unwrap() {
            "pyfixest" => Dialect::Pyfixest,
            _ => Dialect::Fixest,
        };
        let Some(ssc) = self.0.get("ssc") else { return dialect.small_sample() };
        SmallSample {
            adjust_k: ssc["k_adj"].as_bool().unwrap(),
            absorbed: match ssc["k_fixef"].as_str().unwrap() {
                "full" => AbsorbedCount::Full,
                "none" => AbsorbedCount::None,
                _ => AbsorbedCount::NonNestedFixest,
            },
            adjust_g: ssc["G_adj"].as_bool().unwrap(),
            clusters: match ssc["G_df"].as_str().unwrap() {
                "min" => ClusterFactor::Smallest,
                _ => ClusterFactor::Own,
            },
            ..dialect.small_sample()
        }
    }

    /// The variables of the formula; terms are columns, `x^p` a power of one, `0` no constant, `f[x]` slopes.
    pub fn variables(&self, csv: &Csv) -> ModelVariables {
        let formula = self.0["formula"].as_str().unwrap();
        let (outcome, right) = formula.split_once('~').unwrap();
        let (regressors, absorbed) = right.split_once('|').map_or((right, ""), |(x, f)| (x, f));
        let outcome = outcome.trim();
        let terms: Vec<&str> = regressors.split('+').map(str::trim).collect();
        let columns =
            terms.iter().filter(|t| !matches!(**t, "0" | "1")).map(|term| (*term, power(csv, term))).collect();
        let mut vars = ModelVariables::new((outcome, csv.number(outcome)), columns);
        vars.intercept = !terms.contains(&"0");
        vars.absorbed = absorbed.split('+').map(str::trim).filter(|e| !e.is_empty()).map(|e| effect(csv, e)).collect();
        if self.0["singletons"] == "keep" {
            vars.singletons = Singletons::Keep;
        }
        for name in self.clusters() {
            vars = vars.cluster(&name, csv.factor(&name));
        }
        let vcov = &self.0["vcov"];
        if let Some(time) = vcov["time"].as_str() {
            vars = vars.at_time(time, csv.number(time));
        }
        if let Some(unit) = vcov["unit"].as_str() {
            vars = vars.of_unit(unit, csv.factor(unit));
        }
        if let (Some(lat), Some(lon)) = (vcov["lat"].as_str(), vcov["lon"].as_str()) {
            vars = vars.at_place((lat, csv.number(lat)), (lon, csv.number(lon)));
        }
        if let Some((kind, name)) = self.0.get("weights").and_then(|w| w.as_object()).and_then(|w| w.iter().next()) {
            let kind = if kind == "fweights" { WeightKind::Frequency } else { WeightKind::Analytic };
            let name = name.as_str().unwrap();
            vars = vars.weight(kind, name, csv.number(name));
        }
        if let Some(name) = self.0["offset"].as_str() {
            let log = name.strip_prefix("log(").map(|inner| inner.trim_end_matches(')'));
            let values = csv.number(log.unwrap_or(name));
            let values = if log.is_some() { values.iter().map(|v| v.ln()).collect() } else { values };
            vars = vars.offset(name, values);
        }
        vars
    }
}

fn power(csv: &Csv, term: &str) -> Vec<f64> {
    match term.split_once('^') {
        None => csv.number(term),
        Some((name, power)) => csv.number(name).iter().map(|v| v.powi(power.parse().unwrap())).collect(),
    }
}

fn effect(csv: &Csv, text: &str) -> AbsorbedVariable {
    let (factor, slopes) = text.split_once('[').map_or((text, ""), |(f, s)| (f, s.trim_end_matches(']')));
    let slopes = slopes.split(',').map(str::trim).filter(|s| !s.is_empty());
    AbsorbedVariable {
        name: text.to_string(),
        factor: csv.factor(factor),
        slopes: slopes.map(|name| (name.to_string(), Arc::new(csv.number(name)))).collect(),
        slopes_only: false,
    }
}
