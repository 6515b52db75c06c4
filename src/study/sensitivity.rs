//! `[model.sensitivity]`: how strong an omitted variable must be to change what a coefficient says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::data::OneOrMany;
use super::method::MethodName;
use super::raw::ModelSection;
use crate::formula::FormulaText;
use crate::infer::sensitivity::{OsterRequest, RMax, RSquared, SensitivityRequest};

/// `sensitivity = { treatment = "x", benchmarks = ["z"], oster = { times = 1.3 } }`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSensitivity {
    /// The term whose coefficient is at stake.
    pub treatment: String,
    /// The share of the coefficient at stake (default: 1, all of it).
    #[serde(default)]
    pub q: Option<f64>,
    /// The level of significance (default: 0.05).
    #[serde(default)]
    pub alpha: Option<f64>,
    /// Regressors that an omitted variable is compared with; a list inside the list is a group that is taken together.
    #[serde(default)]
    pub benchmarks: Vec<OneOrMany>,
    /// How many times as strong as a benchmark with the treatment (default: 1, 2, 3).
    #[serde(default)]
    pub kd: Vec<f64>,
    /// How many times as strong with the outcome, a number for each of `kd` (default: the same).
    #[serde(default)]
    pub ky: Vec<f64>,
    /// Oster's bounds from the movement of the coefficient and of R².
    #[serde(default)]
    pub oster: Option<RawOster>,
}

/// `oster = { ... }`: Oster's bounds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOster {
    /// The R² that a regression with the omitted variable would have; in place of `times`.
    #[serde(default)]
    pub r_max: Option<f64>,
    /// The same as a multiple of the model's R², one at most (default: 1.3).
    #[serde(default)]
    pub times: Option<f64>,
    /// Which R²: of the outcome net of absorbed effects, or overall.
    #[serde(default)]
    pub r_squared: RSquaredName,
    /// How strong selection on the omitted variable is compared with that on the controls, for the adjusted coefficient
    /// (default: 1).
    #[serde(default)]
    pub delta: Option<f64>,
    /// The coefficient that delta is found for (default: 0).
    #[serde(default)]
    pub target: Option<f64>,
    /// Controls that stay in the regression without controls.
    #[serde(default)]
    pub baseline: Vec<String>,
}

/// `within` or `overall`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RSquaredName {
    /// Of the outcome net of the absorbed effects.
    #[default]
    Within,
    /// Of the outcome about its mean.
    Overall,
}

/// What is wrong with a table of sensitivity.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SensitivityFault {
    /// A number outside its range.
    #[error("`{key}` must be {range}, and is {value}")]
    Range {
        /// The key.
        key: &'static str,
        /// The range in words.
        range: &'static str,
        /// The number.
        value: f64,
    },
    /// Multiples for treatment and outcome that do not pair.
    #[error("`ky` has {ky} numbers and `kd` has {kd}: they are taken in pairs")]
    Pairs {
        /// Numbers of `kd`.
        kd: usize,
        /// Numbers of `ky`.
        ky: usize,
    },
    /// R_max twice.
    #[error("`oster` has both `r_max` and `times`; keep one of them")]
    Both,
}

impl SensitivityFault {
    /// The key at fault, below `sensitivity`.
    pub fn key(&self) -> &'static str {
        match self {
            SensitivityFault::Range { key, .. } => key,
            SensitivityFault::Pairs { .. } => "ky",
            SensitivityFault::Both => "oster.times",
        }
    }
}

/// A number in its range, or a fault.
fn within(
    faults: &mut Vec<SensitivityFault>,
    (key, range): (&'static str, &'static str),
    value: f64,
    fits: impl Fn(f64) -> bool,
) -> f64 {
    if !(value.is_finite() && fits(value)) {
        faults.push(SensitivityFault::Range { key, range, value });
    }
    value
}

const POSITIVE: &str = "a positive number";

impl RawSensitivity {
    /// Checks the numbers and fills in what is not given.
    ///
    /// # Errors
    /// Every [`SensitivityFault`] of it.
    pub fn check(&self) -> Result<SensitivityRequest, Vec<SensitivityFault>> {
        let mut faults = Vec::new();
        let q = within(&mut faults, ("q", POSITIVE), self.q.unwrap_or(1.0), |v| v > 0.0);
        let alpha = self.alpha.unwrap_or(0.05);
        let alpha = within(&mut faults, ("alpha", "between 0 and 1"), alpha, |v| v > 0.0 && v < 1.0);
        let kd = if self.kd.is_empty() { vec![1.0, 2.0, 3.0] } else { self.kd.clone() };
        let ky = if self.ky.is_empty() { kd.clone() } else { self.ky.clone() };
        if kd.len() != ky.len() {
            faults.push(SensitivityFault::Pairs { kd: kd.len(), ky: ky.len() });
        }
        for (key, values) in [("kd", &kd), ("ky", &ky)] {
            values.iter().for_each(|value| {
                within(&mut faults, (key, POSITIVE), *value, |v| v > 0.0);
            });
        }
        let oster = self.oster.as_ref().map(|oster| oster.check(&mut faults));
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(SensitivityRequest {
            treatment: self.treatment.clone(),
            q,
            alpha,
            benchmarks: self.benchmarks.iter().map(OneOrMany::names).collect(),
            skip_absent: false,
            strengths: kd.into_iter().zip(ky).collect(),
            oster,
        })
    }
}

impl RawOster {
    fn check(&self, faults: &mut Vec<SensitivityFault>) -> OsterRequest {
        if self.r_max.is_some() && self.times.is_some() {
            faults.push(SensitivityFault::Both);
        }
        let r_max = match self.r_max {
            Some(value) => RMax::Given(within(
                faults,
                ("oster.r_max", "above 0 and at most 1; a multiple of the model's R² is `times`"),
                value,
                |v| v > 0.0 && v <= 1.0,
            )),
            None => RMax::Times(within(faults, ("oster.times", "at least 1"), self.times.unwrap_or(1.3), |v| v >= 1.0)),
        };
        OsterRequest {
            r_max,
            r_squared: match self.r_squared {
                RSquaredName::Within => RSquared::Within,
                RSquaredName::Overall => RSquared::Overall,
            },
            delta: within(faults, ("oster.delta", "a finite number"), self.delta.unwrap_or(1.0), |_| true),
            target: within(faults, ("oster.target", "a finite number"), self.target.unwrap_or(0.0), |_| true),
            baseline: self.baseline.clone(),
        }
    }
}

impl Checker<'_> {
    pub(super) fn sensitivity(
        &mut self,
        section: &ModelSection,
        formula: Option<&FormulaText>,
        at: &str,
    ) -> Option<SensitivityRequest> {
        let raw = section.sensitivity.as_ref()?;
        let at = format!("{at}.sensitivity");
        let instrumented = formula.is_some_and(|formula| !formula.endogenous.is_empty());
        if instrumented || !matches!(section.method, None | Some(MethodName::Ols)) {
            let help = "ask for it in a least-squares model: the first stage or the reduced form";
            self.fault(
                &at,
                "`sensitivity` is about least squares: its formulas do not hold with instruments",
                Some(help.into()),
            );
        }
        match raw.check() {
            Ok(request) => Some(request),
            Err(faults) => {
                faults.iter().for_each(|fault| self.fault(&format!("{at}.{}", fault.key()), fault.to_string(), None));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_ranges_and_multiples_pair() {
        let raw = RawSensitivity { treatment: "x".into(), ..RawSensitivity::default() };
        assert_eq!(raw.check().unwrap().strengths, [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]);
        let raw = RawSensitivity {
            q: Some(0.0),
            alpha: Some(1.0),
            kd: vec![1.0, -2.0],
            ky: vec![1.0],
            oster: Some(RawOster { r_max: Some(1.3), times: Some(0.9), ..RawOster::default() }),
            ..raw
        };
        let keys: Vec<&str> = raw.check().unwrap_err().iter().map(SensitivityFault::key).collect();
        assert_eq!(keys, ["q", "alpha", "ky", "kd", "oster.times", "oster.r_max"]);
    }
}
