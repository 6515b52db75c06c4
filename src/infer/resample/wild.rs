//! [`WildBootstrap`]: the wild cluster bootstrap of linear restrictions, with confidence sets by inversion.
//!
//! In: a fit, what to draw by, and the hypotheses; out: a [`WildRecord`] with both p-values (ties counted or not), the
//! equal-tailed one and the set of values that are not rejected. The statistics of all draws come from cluster cross
//! products (`bilinear`): the cost per draw does not depend on the number of rows. Weighted least squares with
//! any absorbed effects; instruments are in `wre`. One restriction at a time: no joint tests.

use nalgebra::DVector;

use super::bilinear::{Bilinear, Setting, all_sums};
use super::confidence::invert;
use super::draws::{Draws, WildWeights};
use super::error::ResampleError;
use super::groups::Groups;
use super::record::{Interval, WildRecord, WildTest};
use super::rows::{Fitted, Rows};
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
    /// Variables that errors are clustered by: one or more, added up as the fit's are; none where errors are only robust to
    /// unequal variances, and every row is drawn by itself.
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

    /// What is drawn by; single rows if nothing.
    pub fn drawn_by(&self) -> Option<&str> {
        self.bootstrap_cluster.as_ref().or(self.clusters.first()).map(String::as_str)
    }

    /// Tests hypotheses with the same draws. With instruments (two-stage least squares, one endogenous regressor) the test
    /// is the WRE bootstrap of that regressor's coefficient.
    ///
    /// # Errors
    /// Unknown clusters, restrictions that do not fit, a variant that is not defined for the fit: [`ResampleError`].
    pub fn test(&self, fitted: &Fitted<'_>, hypotheses: &[Hypothesis]) -> Result<WildRecord, ResampleError> {
        if self.replications == 0 {
            return Err(ResampleError::NoReplications);
        }
        let drawn = fitted.drawn_by(self.drawn_by())?.groups;
        let draws = Draws::plan(self.weights, drawn.n, self.replications, Streams::new(self.seed));
        if !fitted.design.endogenous.is_empty() {
            let draws = draws.in_full();
            let tests = super::wre::test(self, fitted, hypotheses, (&drawn, &draws))?;
            return Ok(WildRecord { instrumented: true, ..self.record(fitted, &draws, tests) });
        }
        let setting = self.setting(fitted, drawn)?;
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
        Ok(self.record(fitted, &draws, tests))
    }

    /// The statistics `t*` of every draw of a hypothesis without instruments, mirror images included, for histograms and
    /// other counts.
    ///
    /// # Errors
    /// As [`WildBootstrap::test`].
    pub fn statistics(&self, fitted: &Fitted<'_>, hypothesis: &Hypothesis) -> Result<Vec<f64>, ResampleError> {
        if !fitted.design.endogenous.is_empty() {
            return Err(ResampleError::InstrumentedMember { model: fitted.design.outcome.name.clone() });
        }
        let setting = self.setting(fitted, fitted.drawn_by(self.drawn_by())?.groups)?;
        let draws = Draws::plan(self.weights, setting.drawn.n, self.replications, Streams::new(self.seed));
        let a = contrast(fitted, hypothesis)?;
        let map = setting.hypothesis(&a)?;
        let s =
            if self.null_imposed { (a.dot(&fitted.estimate.coefficients) - hypothesis.value) / map.shift } else { 0.0 };
        let mut statistics = all_sums(&[map], &draws).remove(0).statistics(s);
        if draws.is_mirrored() {
            statistics.extend(statistics.clone().iter().map(|t| -t));
        }
        Ok(statistics)
    }

    /// How draws by these groups are made and studentised.
    pub(super) fn setting<'a>(&self, fitted: &Fitted<'a>, drawn: Groups) -> Result<Setting<'a>, ResampleError> {
        Ok(Setting {
            fitted: *fitted,
            rows: Rows::of(fitted)?,
            sets: fitted.error_sets(&self.clusters, &drawn)?,
            drawn,
            null_imposed: self.null_imposed,
            variant: self.variant,
        })
    }

    fn record(&self, fitted: &Fitted<'_>, draws: &Draws, tests: Vec<WildTest>) -> WildRecord {
        let first = self.clusters.first().and_then(|name| fitted.cluster(name).ok());
        WildRecord {
            clusters: self.clusters.clone(),
            n_clusters: first.map_or(0, |cluster| cluster.factor.n_levels),
            drawn_by: self.drawn_by().unwrap_or_default().to_string(),
            n_groups: draws.n_groups(),
            weights: self.weights.name().to_string(),
            variant: self.variant.name().to_string(),
            null_imposed: self.null_imposed,
            instrumented: false,
            equal_tail: self.tail == Tail::EqualTail,
            ties_counted: self.ties == Ties::Counted,
            draws: draws.n(),
            enumerated: draws.is_enumerated(),
            seed: self.seed,
            level: self.level,
            tests,
        }
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
        if !self.draws.is_mirrored() {
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

    /// The p-value that the bootstrap reports, for a value `tau` standard errors from the estimate.
    fn p_value(&self, bootstrap: &WildBootstrap, tau: f64) -> f64 {
        match bootstrap.tail {
            Tail::EqualTail => bootstrap.p_of(self.counts(tau), self.draws.n()),
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
        let set =
            bootstrap.level.map(|level| invert(|tau| self.p_value(bootstrap, tau), (self.estimate, std_error), level));
        let sample = Sample { estimate: self.estimate, std_error, effective: self.map.effective };
        bootstrap.summary(hypothesis, sample, (self.counts(tau), self.draws.n()), set)
    }
}

/// What the sample says of a contrast.
pub(super) struct Sample {
    pub(super) estimate: f64,
    pub(super) std_error: f64,
    /// Effective number of clusters.
    pub(super) effective: f64,
}

impl WildBootstrap {
    /// The record of one test from the counts of its draws.
    pub(super) fn summary(
        &self,
        hypothesis: &Hypothesis,
        sample: Sample,
        (counts, n): (Counts, usize),
        set: Option<Vec<[f64; 2]>>,
    ) -> WildTest {
        let statistic = (sample.estimate - hypothesis.value) / sample.std_error;
        let share = |count: usize| if statistic.is_finite() { count as f64 / n as f64 } else { f64::NAN };
        let mut test = WildTest {
            term: hypothesis.name.clone(),
            value: hypothesis.value,
            estimate: sample.estimate,
            std_error: sample.std_error,
            statistic,
            p_value: f64::NAN,
            p_strict: share(counts.beyond),
            p_ties: share(counts.at_least),
            p_equal_tail: (2.0 * share(counts.above.min(counts.below))).min(1.0),
            confidence_set: set.into_iter().flatten().map(|[low, high]| Interval { low, high }).collect(),
            undefined_draws: counts.undefined,
            effective_clusters: sample.effective,
        };
        if statistic.is_nan() {
            test.p_equal_tail = f64::NAN;
        }
        test.p_value = self.reported(test.p_strict, test.p_ties, test.p_equal_tail);
        test
    }

    /// Which of the p-values is reported.
    fn reported(&self, strict: f64, ties: f64, equal_tail: f64) -> f64 {
        match (self.tail, self.ties) {
            (Tail::EqualTail, _) => equal_tail,
            (Tail::Symmetric, Ties::Strict) => strict,
            (Tail::Symmetric, Ties::Counted) => ties,
        }
    }

    /// The reported p-value from the counts of `n` draws.
    pub(super) fn p_of(&self, counts: Counts, n: usize) -> f64 {
        let share = |count: usize| count as f64 / n as f64;
        let equal_tail = (2.0 * share(counts.above.min(counts.below))).min(1.0);
        self.reported(share(counts.beyond), share(counts.at_least), equal_tail)
    }
}
