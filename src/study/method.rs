//! The method of a model and its options: raw, as typed, and checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::counts::DirectSpec;
use super::fault::nearest;
use super::model::ErrorsSpec;
use super::raw::ModelSection;
use crate::estimate::likelihood::{Correction, Counts, Family, Frailty, Link, MaximumLikelihood, Separation};
use crate::estimate::panel::PanelMethod;
use crate::estimate::spatial::SpatialTerms;
use crate::formula::{Expr, ExprKind, FormulaText, Regressor};

/// The estimators of this version. Without a method: `ols`, or `iv` where the formula has instruments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MethodName {
    /// Least squares, weighted where the model has weights, with any absorbed effects.
    Ols,
    /// Two-stage least squares.
    Iv,
    /// Limited-information maximum likelihood.
    Liml,
    /// Fuller's modification of LIML, with the constant `fuller` (1 if not given).
    Fuller,
    /// The k-class with the number `k`.
    KClass,
    /// GMM, with the options `gmm`.
    Gmm,
    /// Poisson pseudo-maximum likelihood of an outcome that is zero or more, with a log link.
    Poisson,
    /// Gamma pseudo-maximum likelihood, with a log link.
    Gamma,
    /// Negative binomial (NB2) with a log link; its size is the coefficient `.theta`.
    Negbin,
    /// Negative binomial with a variance proportional to the mean (NB1); its excess is the coefficient `.delta`.
    Negbin1,
    /// Poisson with zeros beyond its own, whose index is that of the regressors `zero`.
    ZeroInflatedPoisson,
    /// Negative binomial (NB2) with zeros beyond its own.
    ZeroInflatedNegbin,
    /// Whether there is a count by logit on the regressors `zero`, and a Poisson count truncated at zero.
    HurdlePoisson,
    /// The same with a negative binomial (NB2) count.
    HurdleNegbin,
    /// Logit given the number of ones in each level of the absorbed effect.
    ConditionalLogit,
    /// Negative binomial given the total of each level of the absorbed effect (Hausman, Hall and Griliches).
    ConditionalNegbin,
    /// Logit of a choice.
    Logit,
    /// Probit of a choice.
    Probit,
    /// Complementary log-log model of a choice.
    Cloglog,
    /// Quasi-likelihood of a share between 0 and 1, with the `link` (logit if not given).
    Fractional,
    /// The coefficient on a shift-share variable, or on the variable that it instruments, with errors that allow for
    /// correlation between regions with similar shares (AKM and AKM0).
    ShiftShare,
    /// Least squares on the rows of a panel.
    Pooled,
    /// Least squares net of the effects of the data's units, periods or both (`effect`).
    Within,
    /// Least squares on the means of units, or of periods (`effect = "time"`).
    Between,
    /// Least squares on first differences, or longer ones (`difference`).
    #[serde(alias = "first-difference")]
    Difference,
    /// Feasible generalised least squares with random effects (`effect`, `components`).
    Random,
    /// The mean of a regression in every period.
    FamaMacbeth,
    /// The mean of a regression in every unit.
    MeanGroup,
    /// The same net of common factors: common correlated effects.
    CceMeanGroup,
    /// Least squares with common slopes, net of common factors with a loading for every unit.
    CcePooled,
    /// The mean of a regression in every unit, weighted by precision: random coefficients.
    Swamy,
    /// Random effects with unit means of the regressors: correlated random effects (`components`).
    Mundlak,
    /// Random effects that are correlated with the regressors of `endogenous`.
    HausmanTaylor,
    /// The same with exogenous regressors of every period as instruments.
    AmemiyaMacurdy,
    /// The same with all regressors of every period as instruments.
    BreuschMizonSchmidt,
    /// Generalised least squares with any covariance of a unit's errors over time.
    Fgls,
    /// The same net of unit effects.
    FglsWithin,
    /// The same of first differences.
    FglsDifference,
    /// Two-stage least squares of first differences, a lagged level the instrument (`dynamic`).
    AndersonHsiao,
    /// GMM of the transformed equation with lagged levels as instruments (`dynamic`).
    ArellanoBond,
    /// The same with an equation in levels, lagged differences its instruments (`dynamic`).
    BlundellBond,
    /// A spatial lag of the outcome, `y = rho W y + X b + e`, by maximum likelihood.
    SpatialLag,
    /// A spatial error, `y = X b + u`, `u = lambda W u + e`, by maximum likelihood.
    SpatialError,
    /// The spatial Durbin model: a spatial lag of the outcome and of the regressors.
    SpatialDurbin,
    /// Spatial lags of the regressors and a spatial error.
    SpatialDurbinError,
    /// Spatial lags of the regressors alone.
    Slx,
    /// A spatial lag and a spatial error.
    Sac,
    /// A spatial lag, spatial lags of the regressors and a spatial error.
    GeneralNesting,
    /// Within with the expectation of its moments taken out.
    BiasCorrected,
    /// Within with the mean of its halves.
    HalfPanelJackknife,
    /// Quasi-maximum likelihood of first differences.
    TransformedLikelihood,
}

/// Links of `method = "fractional"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkName {
    /// `ln(p / (1 - p))`.
    Logit,
    /// The normal quantile.
    Probit,
    /// `ln(-ln(1 - p))`.
    Cloglog,
}

/// What happens to rows that are fitted perfectly at an infinite index: a word, or the ways to look for them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum SeparationSection {
    /// `"drop"` or `"keep"`.
    Word(SeparationWord),
    /// Dropped where one of these finds them.
    Ways(Vec<SeparationWay>),
}

/// `drop` or `keep`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeparationWord {
    /// They leave the sample: levels of effects and what the rectifier proves.
    Drop,
    /// They stay; coefficients that they separate grow until the search ends.
    Keep,
}

/// Ways to find separated rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeparationWay {
    /// Levels of effects in which every outcome is at a boundary.
    Effects,
    /// A linear programme over regressors and effects; with many levels of effects, regressors net of them.
    Simplex,
    /// The iterative rectifier.
    Rectifier,
    /// Rows whose index still grows when the search for the maximum ends, without a proof.
    Mu,
}

/// Options of `method = "gmm"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct GmmOptions {
    /// How often the weights are renewed: a number of steps (2 if not given), `"iterated"` or `"continuous"`.
    #[serde(default)]
    pub steps: Option<GmmStepsText>,
    /// The errors under which the moments are weighted; those of the model if not given.
    #[serde(default)]
    pub weights: Option<GmmWeights>,
}

/// A number of steps, or a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum GmmStepsText {
    /// This many, of which the first is two-stage least squares.
    Number(u16),
    /// `"iterated"` or `"continuous"`.
    Word(GmmStepsWord),
}

/// Until the coefficients settle, or weights and coefficients together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GmmStepsWord {
    /// Until the coefficients settle.
    Iterated,
    /// The continuously updated estimator.
    Continuous,
}

/// Errors under which moments are weighted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GmmWeights {
    /// Independent with one variance.
    Iid,
    /// Independent with any variances.
    Robust,
    /// Correlated within the clusters of the model's errors.
    Cluster,
}

/// A checked method with its options.
#[derive(Clone, Debug, PartialEq)]
pub enum MethodSpec {
    /// Least squares.
    Ols,
    /// Two-stage least squares.
    Iv,
    /// LIML.
    Liml,
    /// Fuller's constant.
    Fuller(f64),
    /// The given k.
    KClass(f64),
    /// Steps and weights.
    Gmm(GmmStepsText, Option<GmmWeights>),
    /// Maximum (quasi-)likelihood.
    Likelihood(MaximumLikelihood),
    /// Counts with an index of zeros, or groups given their totals.
    Direct(DirectSpec),
    /// Least squares on a shift-share variable, or instrumental variables with one.
    ShiftShare,
    /// A panel method.
    Panel(PanelMethod),
    /// A dynamic panel method; its options are the model's `dynamic`.
    Dynamic(DynamicName),
    /// A spatial model with these terms, by maximum likelihood.
    Spatial(SpatialTerms),
}

/// Dynamic panel methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DynamicName {
    /// Anderson and Hsiao.
    AndersonHsiao,
    /// Arellano and Bond.
    ArellanoBond,
    /// Blundell and Bond.
    BlundellBond,
    /// Breitung, Kripfganz and Hayakawa.
    BiasCorrected,
    /// Dhaene and Jochmans.
    HalfPanelJackknife,
    /// Hsiao, Pesaran and Tahmiscioglu.
    TransformedLikelihood,
}

impl MethodName {
    /// The name as a study file spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            MethodName::Ols => "ols",
            MethodName::Iv => "iv",
            MethodName::Liml => "liml",
            MethodName::Fuller => "fuller",
            MethodName::KClass => "k-class",
            MethodName::Gmm => "gmm",
            MethodName::Poisson => "poisson",
            MethodName::Gamma => "gamma",
            MethodName::Negbin => "negbin",
            MethodName::Negbin1 => "negbin1",
            MethodName::ZeroInflatedPoisson => "zero-inflated-poisson",
            MethodName::ZeroInflatedNegbin => "zero-inflated-negbin",
            MethodName::HurdlePoisson => "hurdle-poisson",
            MethodName::HurdleNegbin => "hurdle-negbin",
            MethodName::ConditionalLogit => "conditional-logit",
            MethodName::ConditionalNegbin => "conditional-negbin",
            MethodName::Logit => "logit",
            MethodName::Probit => "probit",
            MethodName::Cloglog => "cloglog",
            MethodName::Fractional => "fractional",
            MethodName::ShiftShare => "shift-share",
            MethodName::Pooled => "pooled",
            MethodName::Within => "within",
            MethodName::Between => "between",
            MethodName::Difference => "difference",
            MethodName::Random => "random",
            MethodName::FamaMacbeth => "fama-macbeth",
            MethodName::MeanGroup => "mean-group",
            MethodName::CceMeanGroup => "cce-mean-group",
            MethodName::CcePooled => "cce-pooled",
            MethodName::Swamy => "swamy",
            MethodName::Mundlak => "mundlak",
            MethodName::HausmanTaylor => "hausman-taylor",
            MethodName::AmemiyaMacurdy => "amemiya-macurdy",
            MethodName::BreuschMizonSchmidt => "breusch-mizon-schmidt",
            MethodName::Fgls => "fgls",
            MethodName::FglsWithin => "fgls-within",
            MethodName::FglsDifference => "fgls-difference",
            MethodName::AndersonHsiao => "anderson-hsiao",
            MethodName::ArellanoBond => "arellano-bond",
            MethodName::BlundellBond => "blundell-bond",
            MethodName::SpatialLag => "spatial-lag",
            MethodName::SpatialError => "spatial-error",
            MethodName::SpatialDurbin => "spatial-durbin",
            MethodName::SpatialDurbinError => "spatial-durbin-error",
            MethodName::Slx => "slx",
            MethodName::Sac => "sac",
            MethodName::GeneralNesting => "general-nesting",
            MethodName::BiasCorrected => "bias-corrected",
            MethodName::HalfPanelJackknife => "half-panel-jackknife",
            MethodName::TransformedLikelihood => "transformed-likelihood",
        }
    }

    /// The terms of a spatial method; `None` for others.
    pub fn spatial_terms(self) -> Option<SpatialTerms> {
        let (lag, error, durbin) = match self {
            MethodName::SpatialLag => (true, false, false),
            MethodName::SpatialError => (false, true, false),
            MethodName::SpatialDurbin => (true, false, true),
            MethodName::SpatialDurbinError => (false, true, true),
            MethodName::Slx => (false, false, true),
            MethodName::Sac => (true, true, false),
            MethodName::GeneralNesting => (true, true, true),
            _ => return None,
        };
        Some(SpatialTerms { lag, error, durbin })
    }
}

impl MethodName {
    /// Whether the method needs instruments in the formula.
    fn is_instrumental(self) -> bool {
        use MethodName::{Fuller, Gmm, Iv, KClass, Liml};
        matches!(self, Iv | Liml | Fuller | KClass | Gmm)
    }

    /// The family of a likelihood.
    pub(super) fn family(self, link: Option<LinkName>) -> Option<Family> {
        Some(match self {
            MethodName::Poisson => Family::Poisson,
            MethodName::Gamma => Family::Gamma,
            // The size is estimated.
            MethodName::Negbin => Family::NegativeBinomial { theta: 1.0 },
            MethodName::Logit => Family::Binomial(Link::Logit),
            MethodName::Probit => Family::Binomial(Link::Probit),
            MethodName::Cloglog => Family::Binomial(Link::Cloglog),
            MethodName::Fractional => Family::Binomial(match link.unwrap_or(LinkName::Logit) {
                LinkName::Logit => Link::Logit,
                LinkName::Probit => Link::Probit,
                LinkName::Cloglog => Link::Cloglog,
            }),
            _ => return None,
        })
    }
}

impl MethodSpec {
    /// The method in words, for descriptions.
    pub fn in_words(&self) -> String {
        match self {
            MethodSpec::Ols => "Least squares".into(),
            MethodSpec::ShiftShare => "A shift-share design".into(),
            MethodSpec::Likelihood(model) => match model.name() {
                "poisson" => "Poisson pseudo-maximum likelihood".into(),
                "negbin" => "Maximum likelihood, negative binomial (NB2)".into(),
                "gamma" => "Gamma pseudo-maximum likelihood".into(),
                "fractional" => format!("Fractional {}", model.family.link()),
                name if model.frailty.is_some() => {
                    format!("Maximum likelihood, {name} with {} frailty", model.frailty.map_or("no", Frailty::name))
                }
                name => match model.correction {
                    None => format!("Maximum likelihood, {name}"),
                    Some(Correction::Jackknife) => {
                        format!("Maximum likelihood, {name}, corrected by the split-panel jackknife")
                    }
                    Some(Correction::Analytical { .. }) => {
                        format!("Maximum likelihood, {name}, corrected for incidental parameters")
                    }
                },
            },
            MethodSpec::Direct(spec) => spec.in_words(),
            MethodSpec::Spatial(terms) => {
                let parts = [
                    (terms.lag, "a spatial lag of the outcome"),
                    (terms.durbin, "spatial lags of the regressors"),
                    (terms.error, "a spatial error"),
                ];
                let parts: Vec<&str> = parts.iter().filter(|(is, _)| *is).map(|(_, words)| *words).collect();
                format!("Maximum likelihood with {}", parts.join(" and "))
            }
            MethodSpec::Iv => "Two-stage least squares".into(),
            MethodSpec::Panel(method) => method.in_words(),
            MethodSpec::Dynamic(DynamicName::AndersonHsiao) => {
                "Two-stage least squares of differences with a lagged level as instrument (Anderson and Hsiao)".into()
            }
            MethodSpec::Dynamic(DynamicName::ArellanoBond) => "Difference GMM (Arellano and Bond)".into(),
            MethodSpec::Dynamic(DynamicName::BlundellBond) => "System GMM (Blundell and Bond)".into(),
            MethodSpec::Dynamic(DynamicName::BiasCorrected) => {
                "Least squares net of unit effects, corrected for the bias of the lagged outcome".into()
            }
            MethodSpec::Dynamic(DynamicName::HalfPanelJackknife) => {
                "Least squares net of unit effects, twice, less the mean of the halves (half-panel jackknife)".into()
            }
            MethodSpec::Dynamic(DynamicName::TransformedLikelihood) => {
                "Quasi-maximum likelihood of first differences (Hsiao, Pesaran and Tahmiscioglu)".into()
            }
            MethodSpec::Liml => "Limited-information maximum likelihood".into(),
            MethodSpec::Fuller(a) => format!("Fuller's estimator with constant {a}"),
            MethodSpec::KClass(k) => format!("The k-class with k = {k}"),
            MethodSpec::Gmm(steps, weights) => {
                let steps = match steps {
                    GmmStepsText::Number(steps) => format!("{steps}-step"),
                    GmmStepsText::Word(GmmStepsWord::Iterated) => "Iterated".into(),
                    GmmStepsText::Word(GmmStepsWord::Continuous) => "Continuously updated".into(),
                };
                let weights = match weights {
                    None => "the errors of the model",
                    Some(GmmWeights::Iid) => "iid errors",
                    Some(GmmWeights::Robust) => "errors of any variances",
                    Some(GmmWeights::Cluster) => "clustered errors",
                };
                format!("{steps} GMM, moments weighted for {weights}")
            }
        }
    }
}

/// A fault: the key below the model, the message, the way out.
type Found = (&'static str, String, Option<String>);

/// Checks the method of a model against its formula and its options; all faults together.
pub(super) fn check(section: &ModelSection, formula: Option<&FormulaText>) -> Result<MethodSpec, Vec<Found>> {
    let instrumented = formula.is_some_and(|formula| !formula.endogenous.is_empty());
    let method = section.method.unwrap_or(if instrumented { MethodName::Iv } else { MethodName::Ols });
    let mut faults: Vec<Found> = Vec::new();
    let takes_instruments = method.is_instrumental()
        || method.is_panel()
        || method == MethodName::ShiftShare
        || method == MethodName::Poisson
        || method.spatial_terms().is_some();
    if !takes_instruments && instrumented {
        let help =
            "leave `method` out, or write method = \"iv\"; without instruments, take the third part out of the formula";
        let message = format!("`{}` does not use the instruments of the formula", method.as_str());
        faults.push(("method", message, Some(help.into())));
    }
    if method.is_instrumental() && formula.is_some() && !instrumented {
        let message = format!("`{}` needs instruments, and the formula has none", method.as_str());
        faults.push((
            "method",
            message,
            Some("add a last part to the formula: y ~ x | region | endogenous ~ instruments".into()),
        ));
    }
    faults.extend(foreign_options(section, method));
    faults.extend(formula.map(instrument_faults).unwrap_or_default());
    faults.extend(formula.and_then(|formula| orthogonal_fault(section, formula)));
    let spec = specify(section, (method, formula), &mut faults);
    match (spec, faults.is_empty()) {
        (Some(spec), true) => Ok(spec),
        _ => Err(faults),
    }
}

/// Options that the method does not have.
fn foreign_options(section: &ModelSection, method: MethodName) -> Vec<Found> {
    let given = [
        ("fuller", section.fuller.is_some(), method == MethodName::Fuller, "fuller"),
        ("k", section.k.is_some(), method == MethodName::KClass, "k-class"),
        ("gmm", section.gmm.is_some(), method == MethodName::Gmm, "gmm"),
        ("orthogonal", !section.orthogonal.is_empty(), method.is_instrumental(), "iv"),
        ("link", section.link.is_some(), method == MethodName::Fractional, "fractional"),
        ("offset", section.offset.is_some(), method.has_index(), "poisson"),
        ("exposure", section.exposure.is_some(), method.has_index(), "poisson"),
        ("separation", section.separation.is_some(), method.family(None).is_some(), "poisson"),
        ("zero", section.zero.is_some(), method.counts().is_some_and(Counts::has_zeros), "zero-inflated-poisson"),
        ("vuong", !section.vuong.is_empty(), method.counts().is_some(), "zero-inflated-poisson"),
        (
            "frailty",
            section.frailty.is_some(),
            matches!(method, MethodName::Logit | MethodName::Probit | MethodName::Cloglog),
            "cloglog",
        ),
        (
            "bias_correction",
            section.bias_correction.is_some(),
            matches!(method, MethodName::Logit | MethodName::Probit | MethodName::Cloglog),
            "logit",
        ),
        (
            "effect",
            section.effect.is_some(),
            matches!(method, MethodName::Within | MethodName::Between | MethodName::Random),
            "within",
        ),
        (
            "components",
            section.components.is_some(),
            matches!(method, MethodName::Random | MethodName::Mundlak),
            "random",
        ),
        ("endogenous", !section.endogenous.is_empty(), method.instrument_set().is_some(), "hausman-taylor"),
        ("difference", section.difference.is_some(), method == MethodName::Difference, "difference"),
    ];
    let foreign = given.into_iter().filter(|(_, given, fits, _)| *given && !fits);
    foreign
        .map(|(key, _, _, of)| {
            let message = format!("`{key}` is not an option of the method `{}`", method.as_str());
            (key, message, Some(format!("take it out, or write method = \"{of}\"")))
        })
        .collect()
}

fn specify(
    section: &ModelSection,
    (method, formula): (MethodName, Option<&FormulaText>),
    faults: &mut Vec<Found>,
) -> Option<MethodSpec> {
    let mut fault = |key: &'static str, message: &str, help: &str| {
        faults.push((key, message.into(), Some(help.into())));
        None
    };
    match method {
        panel if panel.is_panel() => match super::panel::specify(section, panel) {
            Ok(method) => Some(MethodSpec::Panel(method)),
            Err((key, message, help)) => fault(key, &message, &help),
        },
        MethodName::AndersonHsiao => Some(MethodSpec::Dynamic(DynamicName::AndersonHsiao)),
        MethodName::ArellanoBond => Some(MethodSpec::Dynamic(DynamicName::ArellanoBond)),
        MethodName::BlundellBond => Some(MethodSpec::Dynamic(DynamicName::BlundellBond)),
        MethodName::BiasCorrected => Some(MethodSpec::Dynamic(DynamicName::BiasCorrected)),
        MethodName::HalfPanelJackknife => Some(MethodSpec::Dynamic(DynamicName::HalfPanelJackknife)),
        MethodName::TransformedLikelihood => Some(MethodSpec::Dynamic(DynamicName::TransformedLikelihood)),
        MethodName::Ols => Some(MethodSpec::Ols),
        MethodName::ShiftShare => Some(MethodSpec::ShiftShare),
        MethodName::Iv => Some(MethodSpec::Iv),
        MethodName::Liml => Some(MethodSpec::Liml),
        MethodName::Fuller => match section.fuller.unwrap_or(1.0) {
            a if a.is_finite() && a >= 0.0 => Some(MethodSpec::Fuller(a)),
            _ => fault(
                "fuller",
                "`fuller` must be a number of zero or more",
                "1 is nearly unbiased, 4 has nearly the smallest error",
            ),
        },
        MethodName::KClass => match section.k {
            Some(k) if k.is_finite() => Some(MethodSpec::KClass(k)),
            Some(_) => fault("k", "`k` must be a finite number", "1 is two-stage least squares, 0 least squares"),
            None => fault(
                "method",
                "`k-class` needs its number `k`",
                "write k = 1.0, or method = \"liml\" for the smallest root",
            ),
        },
        direct if direct.counts().is_some() || direct.conditional().is_some() => {
            match super::counts::specify(section, direct, formula) {
                Ok(spec) => Some(MethodSpec::Direct(spec)),
                Err((key, message, help)) => fault(key, &message, &help),
            }
        }
        MethodName::Poisson
        | MethodName::Gamma
        | MethodName::Negbin
        | MethodName::Logit
        | MethodName::Probit
        | MethodName::Cloglog
        | MethodName::Fractional => {
            let family = method.family(section.link)?;
            let fractional = method == MethodName::Fractional;
            let separation = separation(section.separation.as_ref());
            let correction = match super::choice::correction(section.bias_correction) {
                Ok(correction) => correction,
                Err((message, help)) => return fault("bias_correction", message, help),
            };
            let frailty = match super::choice::frailty(section, method) {
                Ok(frailty) => frailty,
                Err((message, help)) => return fault("frailty", message, help),
            };
            Some(MethodSpec::Likelihood(MaximumLikelihood { family, fractional, separation, correction, frailty }))
        }
        MethodName::Gmm => {
            let options = section.gmm.unwrap_or_default();
            let steps = options.steps.unwrap_or(GmmStepsText::Number(2));
            if matches!(steps, GmmStepsText::Number(0 | 1)) {
                return fault("gmm", "gmm needs at least 2 steps", "with one step it is method = \"iv\"");
            }
            Some(MethodSpec::Gmm(steps, options.weights))
        }
        // The panel methods came first: what is left are the spatial ones.
        spatial => spatial.spatial_terms().map(MethodSpec::Spatial),
    }
}

/// How separated rows are found.
fn separation(section: Option<&SeparationSection>) -> Separation {
    match section {
        None | Some(SeparationSection::Word(SeparationWord::Drop)) => Separation::default(),
        Some(SeparationSection::Word(SeparationWord::Keep)) => Separation::KEEP,
        Some(SeparationSection::Ways(ways)) => Separation {
            effects: ways.contains(&SeparationWay::Effects),
            simplex: ways.contains(&SeparationWay::Simplex),
            rectifier: ways.contains(&SeparationWay::Rectifier),
            mu: ways.contains(&SeparationWay::Mu),
        },
    }
}

fn is_plain(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Name(_))
}

/// What a formula with instruments cannot mean.
fn instrument_faults(formula: &FormulaText) -> Vec<Found> {
    let mut faults: Vec<Found> = Vec::new();
    let instruments: Vec<String> = formula.instruments.iter().map(Expr::canonical).collect();
    let regressors: Vec<String> = formula
        .regressors
        .iter()
        .filter_map(|regressor| match regressor {
            Regressor::Term(term) => Some(term.canonical()),
            Regressor::Stepwise(..) => None,
        })
        .collect();
    for endogenous in formula.endogenous.iter().map(Expr::canonical) {
        if regressors.contains(&endogenous) {
            let message = format!("{endogenous} is both endogenous and a regressor of the first part");
            faults.push(("formula", message, Some("write it in one of the two".into())));
        }
        if instruments.contains(&endogenous) {
            let message = format!("{endogenous} is endogenous and its own instrument");
            faults.push(("formula", message, Some("if it is exogenous, write it in the first part".into())));
        }
    }
    let (n, m) = (formula.endogenous.len(), instruments.len());
    if m < n && formula.instruments.iter().all(is_plain) {
        let message = format!(
            "the model is not identified: {n} endogenous regressors, {m} instrument{}",
            if m == 1 { "" } else { "s" }
        );
        faults.push(("formula", message, Some("give at least as many instruments as endogenous regressors".into())));
    }
    faults
}

/// A name in `orthogonal` that cannot be an instrument; expanded terms (`i(year)`) are known only with the data.
fn orthogonal_fault(section: &ModelSection, formula: &FormulaText) -> Option<Found> {
    let terms = formula.regressors.iter().filter_map(|regressor| match regressor {
        Regressor::Term(term) => Some(term),
        Regressor::Stepwise(..) => None,
    });
    let known: Vec<&Expr> = formula.instruments.iter().chain(terms).collect();
    if formula.endogenous.is_empty() || !known.iter().all(|expr| is_plain(expr)) {
        return None;
    }
    let names: Vec<String> = known.iter().map(|expr| expr.canonical()).collect();
    let unknown = section.orthogonal.iter().find(|name| !names.contains(name))?;
    let help = match nearest(unknown, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("instruments of this model: {}", names.join(", ")),
    };
    Some(("orthogonal", format!("`{unknown}` is not an instrument of the model"), Some(help)))
}

impl Checker<'_> {
    pub(super) fn method(
        &mut self,
        section: &ModelSection,
        formula: Option<&FormulaText>,
        errors: Option<&ErrorsSpec>,
        at: &str,
    ) -> Option<MethodSpec> {
        let clustered = errors.is_none_or(|errors| !errors.kind.ways().is_empty());
        match check(section, formula) {
            Ok(MethodSpec::Gmm(_, Some(GmmWeights::Cluster))) if !clustered => {
                let help = "write errors = { cluster = \"...\" }, or weights = \"robust\"";
                self.fault(
                    &format!("{at}.gmm"),
                    "the weights are clustered, but the errors name no cluster",
                    Some(help.into()),
                );
                None
            }
            Ok(MethodSpec::Panel(method)) if !self.source.has("data.time") => {
                let message = format!("`{}` needs the time of each row, and [data] names none", method.name());
                self.fault(&format!("{at}.method"), message, Some("add time = \"...\" to [data]".into()));
                None
            }
            Ok(MethodSpec::Dynamic(_)) if !self.source.has("data.time") => {
                let message = "a dynamic panel method needs the time of each row, and [data] names none";
                self.fault(&format!("{at}.method"), message, Some("add time = \"...\" to [data]".into()));
                None
            }
            Ok(MethodSpec::Dynamic(_))
                if formula.is_some_and(|f| !f.absorbed.is_empty() || !f.endogenous.is_empty()) =>
            {
                let help = "unit effects are taken out anyway; write dynamic = { time_dummies = true } for periods, and instruments in `dynamic`";
                self.fault(
                    &format!("{at}.formula"),
                    "a dynamic panel method takes an outcome and regressors only",
                    Some(help.into()),
                );
                None
            }
            Ok(MethodSpec::Direct(spec)) => self.zeros(section, spec, at).map(MethodSpec::Direct),
            Ok(method) => Some(method),
            Err(faults) => {
                for (key, message, help) in faults {
                    self.fault(&format!("{at}.{key}"), message, help);
                }
                None
            }
        }
    }
}
