//! Options of choices: `bias_correction` and `frailty`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::method::MethodName;
use super::raw::ModelSection;
use crate::estimate::likelihood::{Correction, Frailty, POINTS};

/// A message and the way out.
type Fault = (&'static str, &'static str);

/// How incidental-parameter bias is taken out: a word, or a word with options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum BiasCorrectionSection {
    /// `"analytical"` or `"jackknife"`.
    Word(BiasCorrectionWord),
    /// With options.
    Options(BiasCorrectionOptions),
}

/// Ways to take incidental-parameter bias out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BiasCorrectionWord {
    /// By its formula (Fernández-Val 2009; Fernández-Val and Weidner 2016).
    Analytical,
    /// From halves of the panel (Dhaene and Jochmans 2015; Fernández-Val and Weidner 2016).
    Jackknife,
}

/// Options of `bias_correction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BiasCorrectionOptions {
    /// `analytical` or `jackknife`.
    pub method: BiasCorrectionWord,
    /// analytical: over how many periods regressors react to earlier outcomes; 0 if they do not.
    #[serde(default)]
    pub lags: Option<u8>,
}

/// Frailty: a word, or a word with options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum FrailtySection {
    /// `"normal"` or `"gamma"`.
    Word(FrailtyWord),
    /// With options.
    Options(FrailtyOptions),
}

/// Distributions of frailty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrailtyWord {
    /// Normal on the scale of the index, by adaptive Gauss-Hermite quadrature.
    Normal,
    /// Gamma on the scale of the rate, in closed form (Meyer 1990).
    Gamma,
}

/// Options of `frailty`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrailtyOptions {
    /// `normal` or `gamma`.
    pub distribution: FrailtyWord,
    /// normal: points of quadrature, 1 to 99; by default 25.
    #[serde(default)]
    pub points: Option<u8>,
}

/// How incidental-parameter bias is taken out.
pub(super) fn correction(section: Option<BiasCorrectionSection>) -> Result<Option<Correction>, Fault> {
    let Some(section) = section else { return Ok(None) };
    let (method, lags) = match section {
        BiasCorrectionSection::Word(word) => (word, None),
        BiasCorrectionSection::Options(options) => (options.method, options.lags),
    };
    match (method, lags) {
        (BiasCorrectionWord::Analytical, lags) => {
            Ok(Some(Correction::Analytical { lags: usize::from(lags.unwrap_or(0)) }))
        }
        (BiasCorrectionWord::Jackknife, None) => Ok(Some(Correction::Jackknife)),
        (BiasCorrectionWord::Jackknife, Some(_)) => Err((
            "`lags` is an option of the analytical correction",
            "leave `lags` out, or write method = \"analytical\"",
        )),
    }
}

/// The frailty of a model.
pub(super) fn frailty(
    section: &ModelSection,
    method: MethodName,
) -> Result<Option<Frailty>, (&'static str, &'static str)> {
    let Some(frailty) = section.frailty else { return Ok(None) };
    let (distribution, points) = match frailty {
        FrailtySection::Word(word) => (word, None),
        FrailtySection::Options(options) => (options.distribution, options.points),
    };
    if section.bias_correction.is_some() {
        return Err((
            "`frailty` and `bias_correction` do not go together",
            "frailty is drawn and has no incidental parameters: keep one of them",
        ));
    }
    match (distribution, points) {
        (FrailtyWord::Normal, points @ (None | Some(1..=99))) => {
            Ok(Some(Frailty::Normal { points: points.unwrap_or(POINTS) }))
        }
        (FrailtyWord::Normal, Some(_)) => Err(("`points` must be 1 to 99", "25 are enough for most units")),
        (FrailtyWord::Gamma, Some(_)) => {
            Err(("`points` is an option of normal frailty", "gamma frailty has a closed form: leave `points` out"))
        }
        (FrailtyWord::Gamma, None) if method == MethodName::Cloglog => Ok(Some(Frailty::Gamma)),
        (FrailtyWord::Gamma, None) => {
            Err(("gamma frailty needs method = \"cloglog\"", "write method = \"cloglog\", or frailty = \"normal\""))
        }
    }
}
