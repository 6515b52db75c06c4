//! [`WildBootstrap`]: the wild cluster bootstrap of linear restrictions, with confidence sets by inversion.
//!
//! In: a fit, what to draw by, and the hypotheses; out: a [`WildRecord`] with both p-values (ties counted or not), the
//! equal-tailed one and the set of values that are not rejected. The statistics of all draws come from cluster cross
//! products (`bilinear`): the cost per draw does not depend on the number of rows. Weighted least squares with
//! any absorbed effects; no instruments. One restriction at a time: no joint tests.

use nalgebra::DVector;

use super::bilinear::{Bilinear, Setting, all_sums};
use super::confidence::invert;
use super::draws::{Draws, WildWeights};
use super::error::ResampleError;
use super::groups::Groups;
use super::record::{Interval, WildRecord, WildTest};
use super::rows::{ErrorSet, Fitted, Rows};
use super::sums::{Counts, DrawSums};
use super::variant::Variant;
use crate::monte::streams::Streams;

/// Which tail probabilities make a p-value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tail {
    /// The share of `|t*|` beyond `|t|`.
    #[default]
    Symmetric,
    /// Twice the smaller share of `t*` beyond `t` on either side.
    EqualTail,
}

/// Whether draws whose statistic equals the sample's count as beyond it. With every sign vector enumerated two of them do
/// so by construction, since the residuals themselves and their mirror image are among the draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// They do not: `|t*| > |t|`, as boottest and fwildclusterboot count.
    #[default]
    Strict,
    /// They do: `|t*| >= |t|`, which makes the enumerated test exact under symmetry.
    Counted,
}

/// A linear restriction `a'b = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// What it is called: a term.
    pub name: String,
    /// A number per coefficient.
    pub contrast: Vec<f64>,
    /// The value under the null.
    pub value: f64,
}

impl Hypothesis {
    /// `b_j = 0` for a term of a fit.
    ///
    /// # Errors
    /// [`ResampleError::TermUnknown`].
    pub fn zero(fitted: &Fitted<'_>, term: &str) -> Result<Hypothesis, ResampleError> {
        let position = fitted.term(term)?;
        let contrast = (0..fitted.estimate.terms.len()).map(|j| f64::from(u8::from(j == position))).collect();
        Ok(Hypothesis { name: term.to_string(), contrast, value: 0.0 })
    }
}

/// A wild cluster bootstrap (Cameron, Gelbach and Miller 2008) by the fast algorithm of Roodman, MacKinnon, Nielsen and
/// Webb (2019).
#[derive(Clone, Debug)]
pub struct WildBootstrap {
    /// Variables that errors are clustered by: one or two, added up as the fit's are.
    pub clusters: Vec<String>,
    /// What is drawn by, if not the first of `clusters`: a finer variable makes a subcluster bootstrap (MacKinnon and
    /// Webb 2018).
    pub bootstrap_cluster: Option<String>,
    /// Distribution of the weights.
    pub weights: WildWeights,
    /// Draws.
    pub replications: usize,
    /// Whether residuals are those of the restricted model (WCR) or of the unrestricted one (WCU).
    pub null_imposed: bool,
    /// Residuals and studentisation.
    pub variant: Variant,
    /// Which p-value is reported as *the* p-value and inverted.
    pub tail: Tail,
    /// Whether ties count in it.
    pub ties: Ties,
    /// Level of the confidence set, such as 0.95; `None` leaves it out.
    pub level: Option<f64>,
    /// The seed of the draws.
    pub seed: u64,
}

impl WildBootstrap {
    /// The defaults of boottest: WCR, variant 11, Rademacher, symmetric and strict, 9999 draws, 95 % sets.
    pub fn by(cluster: &str) -> WildBootstrap {
        WildBootstrap {
            clusters: vec![cluster.to_string()],
            bootstrap_cluster: None,
            weights: WildWeights::Rademacher,
            replications: 9999,
            null_imposed: true,
            variant: Variant::Classic,
            tail: Tail::Symmetric,
            ties: Ties::Strict,
            level: Some(0.95),
            seed: 0,
        }
    }

    /// What is drawn by.
    pub fn drawn_by(&self) -> &str {
        self.bootstrap_cluster.as_ref().or(self.clusters.first()).map_or("", String::as_str)
    }

    /// Tests hypotheses with the same draws.
    ///
    /// # Errors
    /// Unknown clusters, restrictions that do not fit, a variant that is not defined for the fit: [`ResampleError`].
    pub fn test(&self, fitted: &Fitted<'_>, hypotheses: &[Hypothesis]) -> Result<WildRecord, ResampleError> {
        if self.replications == 0 {
            return Err(ResampleError::NoReplications);
        }
        let drawn = Groups::of(fitted.cluster(self.drawn_by())?);
        let setting = Setting {
            fitted: *fitted,
            rows: Rows::of(fitted),
            sets: ErrorSet::clustered(fitted, &self.clusters, &drawn)?,
            drawn,
            null_imposed: self.null_imposed,
            variant: self.variant,
        };
        let draws = Draws::plan(self.weights, setting.drawn.n, self.replications, Streams::new(self.seed));
        let maps: Vec<Bilinear> = hypotheses
            .iter()
            .map(|hypothesis| setting.hypothesis(&contrast(fitted, hypothesis)?))
            .collect::<Result<_, _>>()?;
        let sums = all_sums(&maps, &draws);
        let tests = hypotheses
            .iter()
            .zip(maps.iter().zip(&sums))
            .map(|(hypothesis, (map, sums))| {
                let estimate = contrast(fitted, hypothesis)?.dot(&fitted.estimate.coefficients);
                Ok(Drawn { estimate, map, sums, draws: &draws }.test(self, hypothesis))
            })
            .collect::<Result<_, ResampleError>>()?;
        Ok(WildRecord {
            clusters: self.clusters.clone(),
            drawn_by: self.drawn_by().to_string(),
            n_groups: setting.drawn.n,
            weights: self.weights.name().to_string(),
            variant: self.variant.name().to_string(),
            null_imposed: self.null_imposed,
            equal_tail: self.tail == Tail::EqualTail,
            ties_counted: self.ties == Ties::Counted,
            draws: draws.n(),
            enumerated: draws.is_enumerated(),
            level: self.level,
            tests,
        })
    }
}

/// The restriction as a vector.
pub(super) fn contrast(fitted: &Fitted<'_>, hypothesis: &Hypothesis) -> Result<DVector<f64>, ResampleError> {
    let wanted = fitted.estimate.terms.len();
    let numbers = &hypothesis.contrast;
    if numbers.len() != wanted || numbers.iter().all(|v| *v == 0.0) || numbers.iter().any(|v| !v.is_finite()) {
        return Err(ResampleError::Restriction { name: hypothesis.name.clone(), given: numbers.len(), wanted });
    }
    Ok(DVector::from_column_slice(numbers))
}

/// The draws of one hypothesis.
struct Drawn<'a> {
    estimate: f64,
    map: &'a Bilinear,
    sums: &'a DrawSums,
    draws: &'a Draws,
}

impl Drawn<'_> {
    fn std_error(&self) -> f64 {
        self.map.variance.max(0.0).sqrt()
    }

    /// Counts over all draws when the value under the null lies `tau` standard errors from the estimate.
    fn counts(&self, tau: f64) -> Counts {
        let s = -tau * self.std_error() / self.map.shift;
        let counts = self.sums.counts(s, -tau);
        if !self.draws.is_enumerated() {
            return counts;
        }
        // A mirror image has the opposite statistic.
        let mirrored = self.sums.counts(s, tau);
        Counts {
            beyond: 2 * counts.beyond,
            at_least: 2 * counts.at_least,
            above: counts.above + mirrored.below,
            below: counts.below + mirrored.above,
            undefined: 2 * counts.undefined,
        }
    }

    fn share(&self, count: usize) -> f64 {
        count as f64 / self.draws.n() as f64
    }

    fn equal_tail(&self, counts: Counts) -> f64 {
        (2.0 * self.share(counts.above.min(counts.below))).min(1.0)
    }

    /// The p-value that the bootstrap reports, for a value `tau` standard errors from the estimate.
    fn p_value(&self, bootstrap: &WildBootstrap, tau: f64) -> f64 {
        match bootstrap.tail {
            Tail::EqualTail => self.equal_tail(self.counts(tau)),
            Tail::Symmetric => {
                let s = -tau * self.std_error() / self.map.shift;
                let outside = self.sums.outside(s, tau, bootstrap.ties == Ties::Counted);
                outside as f64 / self.draws.n_computed() as f64
            }
        }
    }

    fn test(&self, bootstrap: &WildBootstrap, hypothesis: &Hypothesis) -> WildTest {
        let std_error = self.std_error();
        let tau = (hypothesis.value - self.estimate) / std_error;
        let counts = self.counts(tau);
        let (p_strict, p_ties) = (self.share(counts.beyond), self.share(counts.at_least));
        let p_equal_tail = self.equal_tail(counts);
        let set =
            bootstrap.level.map(|level| invert(|tau| self.p_value(bootstrap, tau), (self.estimate, std_error), level));
        let defined = |p: f64| if tau.is_finite() { p } else { f64::NAN };
        WildTest {
            term: hypothesis.name.clone(),
            value: hypothesis.value,
            estimate: self.estimate,
            std_error,
            statistic: -tau,
            p_value: defined(match (bootstrap.tail, bootstrap.ties) {
                (Tail::EqualTail, _) => p_equal_tail,
                (Tail::Symmetric, Ties::Strict) => p_strict,
                (Tail::Symmetric, Ties::Counted) => p_ties,
            }),
            p_strict: defined(p_strict),
            p_ties: defined(p_ties),
            p_equal_tail: defined(p_equal_tail),
            confidence_set: set.into_iter().flatten().map(|[low, high]| Interval { low, high }).collect(),
            undefined_draws: counts.undefined,
        }
    }
}
