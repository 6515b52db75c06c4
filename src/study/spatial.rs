//! `spatial` of a model: which weights, and how its likelihood is built.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::fault::nearest;
use super::method::MethodName;
use super::model::ErrorsSpec;
use super::raw::ModelSection;
use crate::estimate::spatial::{
    EffectsRule, ErrorMoments, Information, LogDeterminant, MomentOptions, RandomEffects, RandomMoments,
    SpatialEstimator, SpatialTerms,
};
use crate::formula::{Expr, FormulaText, parse_expression};
use crate::vcov::Errors;

/// Draws of the parameters for intervals of impacts, where the study gives none.
const DRAWS: usize = 1000;

/// `spatial = { weights = "neighbors" }`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct SpatialSection {
    /// A name of `[geography.weights]`.
    pub weights: String,
    /// Columns that tell rows of one region and period apart; rows are neighbours where these are equal. The columns of the unit other than
    /// the region if not given.
    #[serde(default)]
    pub by: Option<Vec<String>>,
    /// `likelihood` (the default), or `moments`: two-stage least squares of a spatial lag, generalised moments of a spatial error.
    #[serde(default)]
    pub estimator: EstimatorName,
    /// Orders of lags of the regressors among the instruments of `moments` (2).
    #[serde(default)]
    pub instrument_lags: Option<usize>,
    /// The moments of a spatial error: `heteroskedastic` (the default, Arraiz et al. 2010), `homoskedastic` (Drukker et al. 2013) or
    /// `kelejian-prucha` (1999, without an error of lambda).
    #[serde(default)]
    pub error_moments: Option<ErrorMoments>,
    /// How absorbed effects leave the likelihood: `direct` (the default, Elhorst 2003) or `lee-yu` (Lee and Yu 2010); or `random`: effects of regions
    /// are random, and none is absorbed.
    #[serde(default)]
    pub effects: EffectsName,
    /// With `effects = "random"`: `baltagi` (the default; Baltagi, Song and Koh 2003), whose effects are not spatially correlated, or
    /// `kapoor-kelejian-prucha` (2007; the only one of `moments`), whose effects are as the errors.
    #[serde(default)]
    pub random_effects: Option<RandomEffects>,
    /// With random effects and `moments`: how the six moments are weighed, `weighted` (the default), `fully-weighted` or `initial` (only those of
    /// deviations from means).
    #[serde(default)]
    pub random_moments: Option<RandomMoments>,
    /// Whether the bias that effects of regions leave beside `lag(outcome)` is corrected (Yu, de Jong and Lee 2008; Lee and Yu 2010). It is
    /// with effects = "lee-yu", and is not with "direct", if this is not given.
    #[serde(default)]
    pub bias_correction: Option<bool>,
    /// The regressors of the formula that a Durbin model lags; all if not given.
    #[serde(default)]
    pub durbin: Option<Vec<String>>,
    /// How the log determinant of a likelihood is computed: `exact` (the default, at every size), or an approximation with a bound of its error,
    /// `chebyshev` (Pace and LeSage 2004) or `monte-carlo` (Barry and Pace 1999).
    #[serde(default)]
    pub log_determinant: LogDeterminant,
    /// The information matrix of the errors: `expected`, `observed`, or `auto` (expected up to 1000 regions).
    #[serde(default)]
    pub information: Information,
    /// Draws of the parameters for the intervals of impacts (1000); 0 leaves those of the delta method.
    #[serde(default)]
    pub draws: Option<usize>,
    /// `"splm"`: lags are taken of columns net of effects, as that program does; with effects of periods this is not the likelihood.
    #[serde(default)]
    pub like: Option<SpatialDialect>,
}

/// Estimators of spatial models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EstimatorName {
    /// Maximum likelihood.
    #[default]
    Likelihood,
    /// Moments.
    Moments,
}

/// How effects are taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EffectsName {
    /// As parameters.
    #[default]
    Direct,
    /// By the transformation of Lee and Yu.
    LeeYu,
    /// Not at all: random effects of regions.
    Random,
}

/// Programs whose panel likelihood differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SpatialDialect {
    /// The R package splm.
    Splm,
}

/// The section, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct SpatialSpec {
    /// The name of the weights.
    pub weights: String,
    /// Columns of the key, where given.
    pub by: Option<Vec<String>>,
    /// How it is estimated.
    pub estimator: SpatialEstimator,
    /// How effects are taken out.
    pub effects: EffectsRule,
    /// Whether the bias of a dynamic panel is corrected.
    pub bias_correction: Option<bool>,
    /// The regressors that a Durbin model lags, as canonical texts.
    pub durbin: Option<Vec<String>>,
    /// How the log determinant is computed.
    pub log_determinant: LogDeterminant,
    /// The information matrix.
    pub information: Information,
    /// Draws for impacts.
    pub draws: usize,
    /// Whether lags are taken after effects.
    pub lags_after_effects: bool,
}

impl SpatialSpec {
    /// The word for errors that a model with these terms brings along; none where `errors` chooses them.
    pub fn own_errors(&self, terms: SpatialTerms) -> Option<&'static str> {
        match self.estimator {
            SpatialEstimator::Likelihood => Some("information"),
            SpatialEstimator::Moments(_) if matches!(self.effects, EffectsRule::Random(_)) => {
                Some(ErrorMoments::KelejianPrucha.record())
            }
            SpatialEstimator::Moments(options) => terms.error.then(|| options.error.record()),
        }
    }
}

impl SpatialSection {
    fn estimator(&self) -> SpatialEstimator {
        let default = MomentOptions::default();
        match self.estimator {
            EstimatorName::Likelihood => SpatialEstimator::Likelihood,
            EstimatorName::Moments => SpatialEstimator::Moments(MomentOptions {
                instrument_lags: self.instrument_lags.unwrap_or(default.instrument_lags).max(1),
                error: self.error_moments.unwrap_or(default.error),
                random: self.random_moments.unwrap_or(default.random),
            }),
        }
    }
}

impl Checker<'_> {
    /// Checks the section against the method: a spatial method needs one, and no other method has one.
    pub(super) fn spatial(
        &mut self,
        section: &ModelSection,
        (formula, errors): (Option<&FormulaText>, Option<&ErrorsSpec>),
        (names, at): (&[String], &str),
    ) -> Option<SpatialSpec> {
        let is_spatial = section.method.is_some_and(|method| method.spatial_terms().is_some());
        let Some(asked) = &section.spatial else {
            if is_spatial {
                let help = format!(
                    "write spatial = {{ weights = \"{}\" }}",
                    names.first().map_or("neighbors", String::as_str)
                );
                self.fault(&format!("{at}.method"), "a spatial method needs the name of its weights", Some(help));
            }
            return None;
        };
        if !is_spatial {
            let help = "write method = \"spatial-lag\", \"spatial-error\", \"spatial-durbin\", \"spatial-durbin-error\", \"slx\" or \"sac\", or take `spatial` out";
            self.fault(&format!("{at}.spatial"), "`spatial` is an option of spatial methods", Some(help.into()));
            return None;
        }
        self.weights_named(&asked.weights, names, &format!("{at}.spatial.weights"));
        self.random_effects(section.method.and_then(MethodName::spatial_terms), asked, &format!("{at}.spatial"));
        if asked.estimator == EstimatorName::Moments {
            self.foreign_to_moments(section, errors, at);
        } else {
            self.foreign(section, formula, errors, at);
        }
        Some(SpatialSpec {
            weights: asked.weights.clone(),
            by: asked.by.clone(),
            estimator: asked.estimator(),
            effects: match asked.effects {
                EffectsName::Direct => EffectsRule::Direct,
                EffectsName::LeeYu => EffectsRule::LeeYu,
                EffectsName::Random if asked.estimator == EstimatorName::Moments => {
                    EffectsRule::Random(RandomEffects::KapoorKelejianPrucha)
                }
                EffectsName::Random => EffectsRule::Random(asked.random_effects.unwrap_or_default()),
            },
            bias_correction: self.bias_correction(section, asked, formula, &format!("{at}.spatial")),
            durbin: self.durbin(section, asked, formula, &format!("{at}.spatial")),
            log_determinant: asked.log_determinant,
            information: asked.information,
            draws: asked.draws.unwrap_or(DRAWS),
            lags_after_effects: asked.like == Some(SpatialDialect::Splm),
        })
    }

    /// Whether the bias of a dynamic panel is corrected, of a model that has one and a likelihood for it.
    fn bias_correction(
        &mut self,
        section: &ModelSection,
        asked: &SpatialSection,
        formula: Option<&FormulaText>,
        at: &str,
    ) -> Option<bool> {
        let wanted = asked.bias_correction?;
        let terms = section.method.and_then(MethodName::spatial_terms).unwrap_or_default();
        let is_known = terms.lag && !terms.error && asked.estimator == EstimatorName::Likelihood;
        let lagged = |formula: &FormulaText| {
            let own = formula.outcomes.iter().map(|y| format!("lag({}", y.canonical())).collect::<Vec<_>>();
            formula.every_regressor().any(|x| own.iter().any(|lag| x.canonical().contains(lag.as_str())))
        };
        let found = [
            (
                !is_known || asked.effects == EffectsName::Random,
                "bias_correction",
                "the bias of a dynamic panel is known for a spatial lag, or a Durbin model, by maximum likelihood with fixed effects",
                "use method = \"spatial-lag\" or \"spatial-durbin\", or take `bias_correction` out",
            ),
            (
                wanted && !formula.is_none_or(lagged),
                "bias_correction",
                "the formula has no outcome of the period before, whose bias could be corrected",
                "add lag(outcome) to the regressors, or take `bias_correction` out",
            ),
        ];
        self.refuse(found, at);
        Some(wanted)
    }

    /// The canonical texts of the regressors that a Durbin model lags, all of which the formula has.
    fn durbin(
        &mut self,
        section: &ModelSection,
        asked: &SpatialSection,
        formula: Option<&FormulaText>,
        at: &str,
    ) -> Option<Vec<String>> {
        let listed = asked.durbin.as_ref()?;
        let terms = section.method.and_then(MethodName::spatial_terms).unwrap_or_default();
        if !terms.durbin {
            let help = "write method = \"spatial-durbin\", \"spatial-durbin-error\" or \"slx\", or take `durbin` out";
            self.fault(
                &format!("{at}.durbin"),
                "`durbin` lists the regressors that are lagged, and this method lags none",
                Some(help.into()),
            );
        }
        let known: Vec<String> =
            formula.map(|text| text.every_regressor().map(Expr::canonical).collect()).unwrap_or_default();
        let mut out = Vec::new();
        for (k, text) in listed.iter().enumerate() {
            let canonical = parse_expression(text).map(|expr| expr.canonical());
            match canonical {
                Ok(canonical) if formula.is_none() || known.contains(&canonical) => out.push(canonical),
                _ => {
                    let near = nearest(text, known.iter().map(String::as_str));
                    let help = near.map_or_else(
                        || format!("the formula has: {}", known.join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.fault(
                        &format!("{at}.durbin.{k}"),
                        format!("the formula has no regressor `{text}`"),
                        Some(help),
                    );
                }
            }
        }
        Some(out)
    }

    /// What does not go with random effects, or without them.
    fn random_effects(&mut self, terms: Option<SpatialTerms>, asked: &SpatialSection, at: &str) {
        let is_random = asked.effects == EffectsName::Random;
        let by_moments = is_random && asked.estimator == EstimatorName::Moments;
        let found = [
            (
                asked.random_effects.is_some() && !is_random,
                "random_effects",
                "`random_effects` says which random effects, and this model has none",
                "write effects = \"random\", or take `random_effects` out",
            ),
            (
                is_random && asked.information == Information::Expected,
                "information",
                "the errors of a model with random effects come from the observed information",
                "leave `information` out",
            ),
            (
                by_moments && terms.is_some_and(|terms| terms.lag || !terms.error),
                "estimator",
                "moments of random effects are those of a spatial error without a lag of the outcome",
                "use method = \"spatial-error\" or \"spatial-durbin-error\", or leave `estimator` out",
            ),
            (
                by_moments && asked.random_effects == Some(RandomEffects::Baltagi),
                "random_effects",
                "moments of random effects are those of Kapoor, Kelejian and Prucha",
                "write \"kapoor-kelejian-prucha\", or leave `estimator` out",
            ),
            (
                by_moments && asked.error_moments.is_some(),
                "error_moments",
                "random effects have moments of their own",
                "leave `error_moments` out; `random_moments` says how they are weighed",
            ),
            (
                asked.random_moments.is_some() && !by_moments,
                "random_moments",
                "`random_moments` weighs the moments of random effects, and this model has none",
                "write effects = \"random\" and estimator = \"moments\", or take `random_moments` out",
            ),
            (
                is_random && asked.like.is_some(),
                "like",
                "`like` is of absorbed effects, and random effects are not absorbed",
                "leave `like` out",
            ),
        ];
        self.refuse(found, at);
    }

    /// Faults weights that the geography does not have.
    pub(super) fn weights_named(&mut self, weights: &str, names: &[String], at: &str) {
        if names.iter().any(|name| name == weights) {
            return;
        }
        let help = match nearest(weights, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => {
                "define them: [geography.weights] neighbors = { contiguity = \"queen\" }".into()
            }
            None => format!("the study has: {}", names.join(", ")),
        };
        self.fault(at, format!("there are no weights named `{weights}`"), Some(help));
    }

    /// What moments of spatial models do not have.
    fn foreign_to_moments(&mut self, section: &ModelSection, errors: Option<&ErrorsSpec>, at: &str) {
        let has_error = section.method.and_then(MethodName::spatial_terms).is_some_and(|terms| terms.error);
        let found = [
            (
                has_error
                    && section.errors.is_some()
                    && errors.is_some_and(|errors| errors.kind.errors() != Errors::Iid),
                "errors",
                "the errors of a model with a spatial error come from its moments",
                "leave `errors` out, and choose spatial.error_moments",
            ),
            (
                section.weights.is_some() && has_error,
                "weights",
                "the moments of a spatial error have no observation weights",
                "take them out; `spatial.weights` names those of space",
            ),
            (
                section.spatial.as_ref().is_some_and(|asked| asked.log_determinant != LogDeterminant::Exact),
                "spatial.log_determinant",
                "moments need no log determinant",
                "take `log_determinant` out",
            ),
            (
                section.inference.predict.is_some(),
                "predict",
                "a spatial model has no predictions yet",
                "leave `predict` out",
            ),
            (
                section.fixed_effects,
                "fixed_effects",
                "a spatial model does not list its effects yet",
                "leave `fixed_effects` out",
            ),
        ];
        self.refuse(found, at);
    }

    fn refuse<const N: usize>(&mut self, found: [(bool, &str, &str, &str); N], at: &str) {
        for (_, key, message, help) in found.into_iter().filter(|(is, ..)| *is) {
            self.fault(&format!("{at}.{key}"), message, Some(help.into()));
        }
    }

    /// What a spatial likelihood does not have.
    fn foreign(
        &mut self,
        section: &ModelSection,
        formula: Option<&FormulaText>,
        errors: Option<&ErrorsSpec>,
        at: &str,
    ) {
        let instrumented = formula.is_some_and(|formula| !formula.endogenous.is_empty());
        let other_errors = section.errors.is_some() && errors.is_some_and(|errors| errors.kind.errors() != Errors::Iid);
        let found = [
            (
                instrumented,
                "formula",
                "a spatial likelihood has no instruments",
                "write spatial.estimator = \"moments\"",
            ),
            (
                section.weights.is_some(),
                "weights",
                "a spatial likelihood has no observation weights",
                "take them out; `spatial.weights` names those of space",
            ),
            (
                other_errors,
                "errors",
                "the errors of a spatial likelihood come from its information matrix",
                "leave `errors` out",
            ),
            (
                section.inference.predict.is_some(),
                "predict",
                "a spatial model has no predictions yet",
                "leave `predict` out",
            ),
            (
                section.fixed_effects,
                "fixed_effects",
                "a spatial model does not list its effects yet",
                "leave `fixed_effects` out",
            ),
        ];
        self.refuse(found, at);
    }
}
