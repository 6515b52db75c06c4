//! Tests of panel models: which effects there are, whether random ones will do, and how errors depend on each other.
//!
//! In: a model in levels with unit and time ([`PanelModel`]); out: statistics with p-values. Statistics and names are
//! those of R's plm 2.6; what plm does differently from a source is told at each test.

pub mod clubs;
mod convergence;
mod dependence;
mod effects;
mod hausman;
pub mod log_t;
mod serial;
mod specification;
pub mod unit_root;

use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, PanelIndex};
use crate::estimate::panel::{PanelEffect, PanelError, PanelMethod};
use crate::estimate::{Estimate, EstimateError, Estimator, Influence, Ols, TestResult};
use crate::infer::instruments::distribution::upper_chi_squared;

pub use unit_root::{Deterministic, LagChoice, UnitRootOptions, UnitRootTest, unit_root};

/// A test of a panel model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelTest {
    /// Whether all effects are equal (F).
    Poolability(PanelEffect),
    /// Within against random effects (Hausman 1978).
    Hausman(PanelEffect),
    /// The same by the regression of quasi-demeaned columns with the within columns added (Wooldridge 2010, 10.7.3).
    HausmanAuxiliary(PanelEffect),
    /// The same with errors clustered by unit.
    HausmanRobust(PanelEffect),
    /// Breusch and Pagan's (1980) Lagrange multiplier test of random effects.
    BreuschPagan(PanelEffect),
    /// Honda's (1985).
    Honda(PanelEffect),
    /// King and Wu's (1997).
    KingWu(PanelEffect),
    /// Gourieroux, Holly and Monfort's (1982) of both ways.
    Gourieroux,
    /// Wooldridge's (2010, 10.4.4) of unobserved unit effects.
    Unobserved,
    /// Wooldridge's (2010, 10.5.4) of serial correlation of within residuals.
    WooldridgeWithin,
    /// Wooldridge's (2010, 10.6.3) of serial correlation of differenced errors: none under the hypothesis.
    WooldridgeDifference,
    /// The same with errors in levels uncorrelated under the hypothesis.
    WooldridgeLevels,
    /// Breusch and Godfrey's of the within regression.
    BreuschGodfrey(usize),
    /// Baltagi and Li's (1991) joint test of random effects and autocorrelation.
    BaltagiLi,
    /// Bera, Sosa-Escudero and Yoon's (2001) of autocorrelation, robust to random effects.
    BeraSerial,
    /// The same authors' of random effects, robust to autocorrelation, one-sided.
    BeraEffects,
    /// Breusch and Pagan's (1980) of correlation between units.
    CrossSectionLm,
    /// The same scaled, for many units.
    ScaledLm,
    /// The same with the bias correction of Baltagi, Feng and Kao (2012).
    BiasCorrectedLm,
    /// Pesaran's (2004) CD.
    PesaranCd,
    /// The mean correlation between units.
    MeanCorrelation,
    /// The LM test adjusted for its bias in every pair (Pesaran, Ullah and Yamagata 2008).
    AdjustedLm,
    /// Modified Wald test of one variance for all units (Greene 2000).
    Heteroskedasticity,
    /// Born and Breitung's (2016) of serial correlation.
    BornBreitung(usize),
    /// The same of first order, robust to changing variances.
    BornBreitungRobust,
    /// Ramsey's (1969) RESET of the pooled regression.
    Reset,
    /// RESET of the within regression, with errors clustered by unit.
    ResetWithin,
    /// Whether slopes are the same in all units (Pesaran and Yamagata 2008).
    SlopeHomogeneity,
    /// The same with the variance of short panels.
    SlopeHomogeneityAdjusted,
    /// Phillips and Sul's (2007) log t test of convergence of the outcome.
    LogT,
    /// Carree and Klomp's (1997) test of the dispersion of the outcome.
    SigmaConvergence,
    /// Unit roots of the outcome.
    UnitRoot(UnitRootTest),
}

impl PanelTest {
    /// Every test by the word of a study file.
    pub const ALL: [(&'static str, PanelTest); 52] = {
        use PanelEffect::{Time, TwoWays, Unit};
        use PanelTest::*;
        [
            ("poolability", Poolability(Unit)),
            ("poolability-time", Poolability(Time)),
            ("poolability-twoways", Poolability(TwoWays)),
            ("hausman", Hausman(Unit)),
            ("hausman-time", Hausman(Time)),
            ("hausman-twoways", Hausman(TwoWays)),
            ("hausman-auxiliary", HausmanAuxiliary(Unit)),
            ("hausman-robust", HausmanRobust(Unit)),
            ("bp", BreuschPagan(Unit)),
            ("bp-time", BreuschPagan(Time)),
            ("bp-twoways", BreuschPagan(TwoWays)),
            ("honda", Honda(Unit)),
            ("honda-time", Honda(Time)),
            ("honda-twoways", Honda(TwoWays)),
            ("king-wu", KingWu(Unit)),
            ("king-wu-time", KingWu(Time)),
            ("king-wu-twoways", KingWu(TwoWays)),
            ("ghm", Gourieroux),
            ("unobserved-effects", Unobserved),
            ("wooldridge", WooldridgeWithin),
            ("wooldridge-difference", WooldridgeDifference),
            ("wooldridge-levels", WooldridgeLevels),
            ("breusch-godfrey", BreuschGodfrey(1)),
            ("breusch-godfrey-2", BreuschGodfrey(2)),
            ("breusch-godfrey-3", BreuschGodfrey(3)),
            ("baltagi-li", BaltagiLi),
            ("bsy-serial", BeraSerial),
            ("bsy-effects", BeraEffects),
            ("lm", CrossSectionLm),
            ("scaled-lm", ScaledLm),
            ("bias-corrected-lm", BiasCorrectedLm),
            ("cd", PesaranCd),
            ("mean-correlation", MeanCorrelation),
            ("adjusted-lm", AdjustedLm),
            ("groupwise-heteroskedasticity", Heteroskedasticity),
            ("born-breitung", BornBreitung(1)),
            ("born-breitung-2", BornBreitung(2)),
            ("born-breitung-robust", BornBreitungRobust),
            ("reset", Reset),
            ("reset-within", ResetWithin),
            ("slope-homogeneity", SlopeHomogeneity),
            ("slope-homogeneity-adjusted", SlopeHomogeneityAdjusted),
            ("log-t", LogT),
            ("sigma-convergence", SigmaConvergence),
            ("llc", UnitRoot(UnitRootTest::LevinLinChu)),
            ("ips", UnitRoot(UnitRootTest::ImPesaranShin)),
            ("maddala-wu", UnitRoot(UnitRootTest::MaddalaWu)),
            ("choi-p", UnitRoot(UnitRootTest::ChoiP)),
            ("choi-z", UnitRoot(UnitRootTest::ChoiZ)),
            ("choi-logit", UnitRoot(UnitRootTest::ChoiLogit)),
            ("hadri", UnitRoot(UnitRootTest::Hadri)),
            ("cips", UnitRoot(UnitRootTest::Cips)),
        ]
    };

    /// The word of a study file.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, test)| *test == self).map_or("breusch-godfrey", |(name, _)| name)
    }

    /// The test of a word.
    pub fn named(word: &str) -> Option<PanelTest> {
        Self::ALL.iter().find(|(name, _)| *name == word).map(|(_, test)| *test)
    }
}

/// A model in levels and its index, without absorbed effects.
pub struct PanelModel<'a> {
    design: DesignMatrix,
    index: PanelIndex,
    cache: &'a AbsorberCache,
    unit_roots: UnitRootOptions,
}

impl<'a> PanelModel<'a> {
    /// The model of a design; effects that it absorbs are left out, for they are what is tested.
    ///
    /// # Errors
    /// [`PanelError`] if the rows are no panel, there are weights or instruments, or one period only.
    pub fn of(design: &DesignMatrix, cache: &'a AbsorberCache) -> Result<PanelModel<'a>, PanelError> {
        let index = PanelIndex::of(design)?;
        if design.weights.is_some() {
            return Err(PanelError::Weights { method: "panel_tests" });
        }
        if !design.endogenous.is_empty() {
            return Err(PanelError::Instruments { method: "panel_tests" });
        }
        if index.periods.len() < 2 {
            return Err(PanelError::OnePeriod { time: index.periods.name.clone() });
        }
        let design = DesignMatrix { absorbed: Vec::new(), intercept: true, ..design.clone() };
        Ok(PanelModel { design, index, cache, unit_roots: UnitRootOptions::default() })
    }

    /// The same with options of unit-root tests.
    pub fn with_unit_roots(self, unit_roots: UnitRootOptions) -> Self {
        PanelModel { unit_roots, ..self }
    }

    /// Pairs of rows as pairs of units by code.
    pub fn units_of(&self, rows: &[(u32, u32)]) -> Vec<(usize, usize)> {
        let unit = |row: u32| self.index.unit.codes.get(row as usize).map(|&code| code as usize);
        rows.iter().filter_map(|&(a, b)| Some((unit(a)?, unit(b)?))).collect()
    }

    /// Makes a test.
    ///
    /// # Errors
    /// Those of the estimators that it compares.
    pub fn test(&self, test: PanelTest) -> Result<TestResult, EstimateError> {
        let mut found = match test {
            PanelTest::Poolability(effect) => self.poolability(effect),
            PanelTest::Hausman(effect) => self.hausman(effect),
            PanelTest::HausmanAuxiliary(effect) => self.hausman_auxiliary(effect, false),
            PanelTest::HausmanRobust(effect) => self.hausman_auxiliary(effect, true),
            PanelTest::BreuschPagan(effect) => self.breusch_pagan(effect),
            PanelTest::Honda(effect) => self.honda(effect),
            PanelTest::KingWu(effect) => self.king_wu(effect),
            PanelTest::Gourieroux => self.gourieroux(),
            PanelTest::Unobserved => self.unobserved(),
            PanelTest::WooldridgeWithin => self.wooldridge_within(),
            PanelTest::WooldridgeDifference => self.wooldridge_difference(0.0),
            PanelTest::WooldridgeLevels => self.wooldridge_difference(-0.5),
            PanelTest::BreuschGodfrey(order) => self.breusch_godfrey(order),
            PanelTest::BaltagiLi | PanelTest::BeraSerial | PanelTest::BeraEffects => self.bera(test),
            PanelTest::CrossSectionLm
            | PanelTest::ScaledLm
            | PanelTest::BiasCorrectedLm
            | PanelTest::PesaranCd
            | PanelTest::MeanCorrelation => self.cross_section(test),
            PanelTest::AdjustedLm => self.adjusted_lm(),
            PanelTest::Heteroskedasticity => self.heteroskedasticity(),
            PanelTest::BornBreitung(order) => self.born_breitung(order),
            PanelTest::BornBreitungRobust => self.born_breitung_robust(),
            PanelTest::Reset => self.reset(),
            PanelTest::ResetWithin => self.reset_within(),
            PanelTest::SlopeHomogeneity => self.slope_homogeneity(false),
            PanelTest::SlopeHomogeneityAdjusted => self.slope_homogeneity(true),
            PanelTest::LogT => self.log_t(),
            PanelTest::SigmaConvergence => self.sigma_convergence(),
            PanelTest::UnitRoot(test) => {
                unit_root(test, self.unit_roots, &self.design.outcome.values, &self.index).map_err(EstimateError::from)
            }
        }?;
        found.test = test.name().to_string();
        Ok(found)
    }

    fn pooled(&self) -> Result<Estimate, EstimateError> {
        Ols.fit(&self.design, self.cache)
    }

    fn within(&self, effect: PanelEffect) -> Result<Estimate, EstimateError> {
        let transformed = PanelMethod::Within(effect).transform(&self.design, self.cache)?;
        Ols.fit(&transformed.design, self.cache)
    }
}

/// The residuals and columns of a linear estimate.
///
/// # Errors
/// [`EstimateError::NotLinear`] of any other.
fn influence(estimate: &Estimate) -> Result<&Influence, EstimateError> {
    Ok(estimate.linear()?)
}

/// A test by chi-squared.
fn chi_squared(statistic: f64, df: f64, note: &str) -> TestResult {
    let p_value = Some(upper_chi_squared(statistic, df));
    TestResult { test: String::new(), statistic, df1: Some(df), df2: None, p_value, note: note.to_string() }
}

/// A one-sided test by the normal distribution.
fn upper_normal(statistic: f64, note: &str) -> TestResult {
    let p_value = Some(crate::infer::normal::cdf(-statistic));
    TestResult { test: String::new(), statistic, df1: None, df2: None, p_value, note: note.to_string() }
}

/// A two-sided test by the normal distribution.
fn normal(statistic: f64, note: &str) -> TestResult {
    let p_value = Some(crate::infer::normal::two_sided_p(statistic));
    TestResult { test: String::new(), statistic, df1: None, df2: None, p_value, note: note.to_string() }
}

/// A test by F.
fn fisher(statistic: f64, (df1, df2): (f64, f64), note: &str) -> TestResult {
    let p_value = Some(crate::infer::wald::upper_f(statistic, df1, df2));
    TestResult { test: String::new(), statistic, df1: Some(df1), df2: Some(df2), p_value, note: note.to_string() }
}
