//! `wild` of a model's errors: the wild cluster bootstrap, raw and checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::errors::ErrorsSection;
use super::model::{ErrorsKind, ErrorsSpec};
use super::raw::ModelSection;
use crate::formula;
use crate::infer::resample::{Tail, Ties, Variant, WildBootstrap, WildWeights};
use crate::study::MethodSpec;

/// A wild bootstrap of the model's coefficients, beside its errors: p-values and confidence sets that hold with few
/// clusters. With instruments (two-stage least squares, one endogenous regressor) it is the WRE bootstrap.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct RawWild {
    /// Draws (9999 if not given). Where there are no more sign vectors than that, all of them are computed instead.
    #[serde(default)]
    pub replications: Option<usize>,
    /// Distribution of the weights (`rademacher` if not given).
    #[serde(default)]
    pub weights: Option<RawWildWeights>,
    /// Whether residuals are those of the model with the null imposed (WCR, the default) or not (WCU).
    #[serde(default)]
    pub null_imposed: Option<bool>,
    /// What is drawn by, if not the first cluster variable: a finer one makes a subcluster bootstrap. `a^b` combines two.
    #[serde(default)]
    pub bootstrap_cluster: Option<String>,
    /// Scores and variance: `11` (classic, if not given), `31`, `13` or `33`, where 3 is the jackknifed CV3.
    #[serde(default)]
    pub variant: Option<RawVariant>,
    /// `symmetric` (if not given) or `equal_tailed`.
    #[serde(default)]
    pub p_value: Option<RawTail>,
    /// Whether draws that tie with the sample count as beyond it in a symmetric p-value: `strict` (they do not, as in
    /// boottest, if not given) or `counted`.
    #[serde(default)]
    pub ties: Option<RawTies>,
    /// Level of the confidence sets (0.95 if not given).
    #[serde(default)]
    pub level: Option<f64>,
    /// Whether confidence sets are computed (true if not given).
    #[serde(default)]
    pub confidence_sets: Option<bool>,
    /// The terms to test, by name or pattern; every one but the constant if not given, or the endogenous regressor.
    #[serde(default)]
    pub terms: Vec<String>,
    /// The seed of its draws; the study's if not given.
    #[serde(default)]
    pub seed: Option<u64>,
}

/// Distributions of wild weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawWildWeights {
    /// -1 and 1 with equal probability.
    #[default]
    Rademacher,
    /// Webb's six points: for fewer than about twelve clusters.
    Webb,
    /// Mammen's two points.
    Mammen,
    /// Standard normal.
    Normal,
}

/// Variants of MacKinnon, Nielsen and Webb (2023).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum RawVariant {
    /// Residuals as they are, CV1.
    #[serde(rename = "11")]
    Classic,
    /// Jackknifed scores, CV1.
    #[serde(rename = "31")]
    Scores,
    /// Residuals as they are, CV3.
    #[serde(rename = "13")]
    Variance,
    /// Jackknifed scores, CV3.
    #[serde(rename = "33")]
    Both,
}

/// Kinds of p-values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawTail {
    /// The share of draws with a larger absolute t.
    Symmetric,
    /// Twice the smaller share beyond t on either side.
    EqualTailed,
}

/// What becomes of ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawTies {
    /// They are not beyond the sample.
    Strict,
    /// They are.
    Counted,
}

/// A checked wild bootstrap.
#[derive(Clone, Debug, PartialEq)]
pub struct WildSpec {
    /// Draws.
    pub replications: usize,
    /// Distribution of the weights.
    pub weights: WildWeights,
    /// Whether the null is imposed.
    pub null_imposed: bool,
    /// What is drawn by, if not the first cluster variable: columns whose combination it is.
    pub bootstrap_cluster: Option<Vec<String>>,
    /// Scores and variance.
    pub variant: Variant,
    /// Kind of p-value.
    pub tail: Tail,
    /// What becomes of ties.
    pub ties: Ties,
    /// Level of confidence sets, if there are any.
    pub level: Option<f64>,
    /// Names or patterns of terms; empty for all.
    pub terms: Vec<String>,
    /// Its own seed.
    pub seed: Option<u64>,
    /// Its place in the study file.
    pub at: String,
}

impl WildSpec {
    /// The bootstrap for a model's cluster variables.
    pub fn bootstrap(&self, clusters: Vec<String>, study_seed: u64) -> WildBootstrap {
        WildBootstrap {
            clusters,
            bootstrap_cluster: self.bootstrap_cluster.as_ref().map(|names| names.join("^")),
            weights: self.weights,
            replications: self.replications,
            null_imposed: self.null_imposed,
            variant: self.variant,
            tail: self.tail,
            ties: self.ties,
            level: self.level,
            seed: self.seed.unwrap_or(study_seed),
        }
    }

    /// The bootstrap in words.
    pub fn in_words(&self) -> String {
        let null = if self.null_imposed { "with the null imposed" } else { "without imposing the null" };
        let by =
            self.bootstrap_cluster.as_ref().map(|names| format!(", drawn by {}", names.join("^"))).unwrap_or_default();
        format!(
            "{} draws of {} weights {null}{by}, variant {}; all sign vectors where they are no more",
            self.replications,
            self.weights.name(),
            self.variant.name()
        )
    }
}

impl RawWildWeights {
    /// The distribution.
    pub fn checked(self) -> WildWeights {
        match self {
            RawWildWeights::Rademacher => WildWeights::Rademacher,
            RawWildWeights::Webb => WildWeights::Webb,
            RawWildWeights::Mammen => WildWeights::Mammen,
            RawWildWeights::Normal => WildWeights::Normal,
        }
    }
}

/// The level of a study that gives none.
const LEVEL: f64 = 0.95;

/// Draws of a study that gives no number.
pub(super) const REPLICATIONS: usize = 9999;

impl Checker<'_> {
    /// Checks the wild bootstrap of a model, if it has one.
    pub(super) fn wild(
        &mut self,
        section: &ModelSection,
        errors: Option<&ErrorsSpec>,
        (method, at): (Option<&MethodSpec>, &str),
    ) -> Option<WildSpec> {
        let Some(ErrorsSection::Detailed(table)) = &section.errors else { return None };
        let raw = table.wild.as_ref()?;
        let at = format!("{at}.errors.wild");
        let clustered = errors.is_none_or(|errors| matches!(errors.kind, ErrorsKind::Cluster(_)));
        if !clustered && errors.is_some_and(|errors| errors.kind != ErrorsKind::Hc1) {
            let help = "add cluster = ..., or type = \"hc1\" to draw every row by itself";
            self.fault(&at, "`wild` needs clustered or hc1 errors", Some(help.into()));
        }
        if method.is_some_and(|method| !matches!(method, MethodSpec::Ols | MethodSpec::Iv)) {
            let help = "use method = \"iv\" (or none), or leave `wild` out";
            self.fault(&at, "`wild` is defined for least squares and two-stage least squares", Some(help.into()));
        }
        let level = raw.level.unwrap_or(LEVEL);
        if !(level > 0.0 && level < 1.0) {
            self.fault(&format!("{at}.level"), "`level` must lie between 0 and 1", Some("0.95 is usual".into()));
        }
        let replications = raw.replications.unwrap_or(REPLICATIONS);
        self.enough(replications, level, &format!("{at}.replications"));
        if raw.bootstrap_cluster.is_some() && !clustered {
            let help = "add cluster = ... to the errors";
            self.fault(
                &format!("{at}.bootstrap_cluster"),
                "`bootstrap_cluster` needs clustered errors",
                Some(help.into()),
            );
        }
        Some(WildSpec {
            replications,
            weights: raw.weights.unwrap_or_default().checked(),
            null_imposed: raw.null_imposed.unwrap_or(true),
            bootstrap_cluster: self.combination(raw.bootstrap_cluster.as_deref(), &format!("{at}.bootstrap_cluster")),
            variant: match raw.variant {
                None | Some(RawVariant::Classic) => Variant::Classic,
                Some(RawVariant::Scores) => Variant::Scores,
                Some(RawVariant::Variance) => Variant::Variance,
                Some(RawVariant::Both) => Variant::Both,
            },
            tail: if raw.p_value == Some(RawTail::EqualTailed) { Tail::EqualTail } else { Tail::Symmetric },
            ties: if raw.ties == Some(RawTies::Counted) { Ties::Counted } else { Ties::Strict },
            level: raw.confidence_sets.unwrap_or(true).then_some(level),
            terms: raw.terms.clone(),
            seed: raw.seed,
            at,
        })
    }

    /// With too few draws no value could be rejected.
    pub(super) fn enough(&mut self, replications: usize, level: f64, at: &str) {
        if ((replications + 1) as f64) * (1.0 - level) < 1.0 - 1e-9 {
            let least = (1.0 / (1.0 - level) - 1.0).ceil();
            let message =
                format!("{replications} replications cannot reject at the {:.0} % level", 100.0 * (1.0 - level));
            self.fault(at, message, Some(format!("at least {least:.0} can; {REPLICATIONS} are usual")));
        }
    }

    /// The columns of a combination `a^b`.
    pub(super) fn combination(&mut self, text: Option<&str>, at: &str) -> Option<Vec<String>> {
        match formula::parse_factor_list(text?) {
            Ok(names) => Some(names),
            Err(fault) => {
                self.syntax(at, fault);
                None
            }
        }
    }
}
