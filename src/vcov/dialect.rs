//! [`Dialect`]: programs whose counting is followed, each a small record.
//!
//! Sources: fixest's `VCOV.R` (0.12.2) and the numbers of 0.14.2; reghdfe's `Regression.mata` and help; Stata's manuals for
//! `areg` and `xtreg`; the code of statsmodels 0.15, linearmodels 7.1 and sandwich 3.0.2; plm's and clubSandwich's
//! manuals. What each prints is compared in `tests/reference`.

use std::fmt;

use super::error::CovarianceError;
use super::errors::{ClusterType, Conley, Errors};
use super::small_sample::{
    AbsorbedCount, ClusterFactor, Degrees, JackknifeFactor, ParameterFactor, PeriodFactor, SmallSample,
};
use crate::design::DesignMatrix;

/// A program whose rules are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// fixest 0.13 and later: `ssc(K.adj = TRUE, K.fixef = "nonnested", G.adj = TRUE, G.df = "min")`; t with the smallest G
    /// less one degrees of freedom if clustered, N-K with every absorbed parameter counted otherwise.
    #[default]
    Fixest,
    /// fixest up to 0.12: the same factors; no HC2 and HC3, and Conley errors with (N-1)/(N-K).
    Fixest012,
    /// pyfixest: as fixest, with N/(N-K) on HC2 and HC3, and CR3 with CR1's factors.
    Pyfixest,
    /// reghdfe 6: as fixest, with the redundant levels of two effects counted exactly.
    Reghdfe,
    /// Stata's `areg`: one absorbed effect, all of it counted.
    Areg,
    /// Stata's `xtreg, fe`: one absorbed effect, nested in the clusters.
    Xtreg,
    /// statsmodels' OLS with dummies: every parameter counted, each way its own G, normal distribution unless iid.
    Statsmodels,
    /// linearmodels' PanelOLS: N/(N-K), no factor for G, t with N-K degrees of freedom.
    Linearmodels,
    /// plm: no factor at all, t with N-K degrees of freedom.
    Plm,
    /// R's sandwich on `lm` with dummies: every parameter counted, each way its own G, t with N-K degrees of freedom.
    Sandwich,
    /// R's clubSandwich: CR0, CR2 and CR3 without factors, Satterthwaite's degrees of freedom.
    Clubsandwich,
    /// R's summclust: the cluster jackknife with (G-1)/G.
    Summclust,
}

/// fixest's record, which the others are told by their differences from.
const FIXEST: SmallSample = SmallSample {
    adjust_k: true,
    absorbed: AbsorbedCount::NonNestedFixest,
    adjust_g: true,
    clusters: ClusterFactor::Smallest,
    cluster_k: ParameterFactor::LessOne,
    leverage_k: ParameterFactor::One,
    newey_west: PeriodFactor::BOTH,
    driscoll_kraay: PeriodFactor::BOTH,
    spatial_k: ParameterFactor::Whole,
    jackknife: JackknifeFactor::Jackknife,
    degrees: Degrees::Groups,
};

impl Dialect {
    /// Every dialect, in the order in which tables show them.
    pub const ALL: [Dialect; 12] = [
        Dialect::Fixest,
        Dialect::Fixest012,
        Dialect::Pyfixest,
        Dialect::Reghdfe,
        Dialect::Areg,
        Dialect::Xtreg,
        Dialect::Statsmodels,
        Dialect::Linearmodels,
        Dialect::Plm,
        Dialect::Sandwich,
        Dialect::Clubsandwich,
        Dialect::Summclust,
    ];

    /// The program's rules.
    pub fn small_sample(self) -> SmallSample {
        match self {
            Dialect::Fixest => FIXEST,
            Dialect::Fixest012 => SmallSample { spatial_k: ParameterFactor::LessOne, ..FIXEST },
            Dialect::Pyfixest => {
                SmallSample { leverage_k: ParameterFactor::Whole, jackknife: JackknifeFactor::Clustered, ..FIXEST }
            }
            Dialect::Reghdfe => SmallSample { absorbed: AbsorbedCount::NonNestedExact, ..FIXEST },
            Dialect::Areg => SmallSample { absorbed: AbsorbedCount::Full, ..FIXEST },
            Dialect::Xtreg => SmallSample { absorbed: AbsorbedCount::NonNested, ..FIXEST },
            Dialect::Statsmodels => SmallSample {
                absorbed: AbsorbedCount::Full,
                clusters: ClusterFactor::Own,
                newey_west: PeriodFactor::WHOLE,
                degrees: Degrees::Normal,
                ..FIXEST
            },
            Dialect::Linearmodels => SmallSample {
                absorbed: AbsorbedCount::AloneNested,
                adjust_g: false,
                cluster_k: ParameterFactor::Whole,
                newey_west: PeriodFactor::WHOLE,
                driscoll_kraay: PeriodFactor::WHOLE,
                degrees: Degrees::Residual,
                ..FIXEST
            },
            Dialect::Plm => SmallSample {
                absorbed: AbsorbedCount::Full,
                adjust_g: false,
                cluster_k: ParameterFactor::One,
                newey_west: PeriodFactor::ONE,
                driscoll_kraay: PeriodFactor::ONE,
                degrees: Degrees::Residual,
                ..FIXEST
            },
            Dialect::Sandwich => SmallSample {
                absorbed: AbsorbedCount::Full,
                clusters: ClusterFactor::Own,
                newey_west: PeriodFactor::ONE,
                driscoll_kraay: PeriodFactor::ONE,
                jackknife: JackknifeFactor::One,
                degrees: Degrees::Residual,
                ..FIXEST
            },
            Dialect::Clubsandwich => SmallSample {
                absorbed: AbsorbedCount::Full,
                cluster_k: ParameterFactor::One,
                jackknife: JackknifeFactor::One,
                degrees: Degrees::Satterthwaite,
                ..FIXEST
            },
            Dialect::Summclust => FIXEST,
        }
    }

    /// The dialect of errors for which none is named: fixest where it has them, else the program that is known for them.
    pub fn of(errors: &Errors) -> Dialect {
        let known = [Dialect::Fixest, Dialect::Clubsandwich, Dialect::Summclust, Dialect::Sandwich];
        let preferred = match errors {
            Errors::Adjusted(ClusterType::Cr3 | ClusterType::Jackknife, _) => Some(Dialect::Summclust),
            Errors::Adjusted(_, names) if names.len() > 1 => Some(Dialect::Sandwich),
            Errors::Plm(_) => Some(Dialect::Plm),
            _ => None,
        };
        preferred.or_else(|| known.into_iter().find(|dialect| dialect.has(errors))).unwrap_or_default()
    }

    /// Whether the program has such errors at all.
    pub fn has(self, errors: &Errors) -> bool {
        let ways = errors.clusters().len();
        match errors {
            Errors::Iid => !matches!(self, Dialect::Clubsandwich | Dialect::Summclust),
            Errors::Hc0 => matches!(self, Dialect::Statsmodels | Dialect::Plm | Dialect::Sandwich),
            Errors::Hc1 => !matches!(self, Dialect::Xtreg | Dialect::Plm | Dialect::Clubsandwich | Dialect::Summclust),
            Errors::Hc2 | Errors::Hc3 => {
                matches!(self, Dialect::Fixest | Dialect::Pyfixest | Dialect::Statsmodels | Dialect::Sandwich)
            }
            Errors::Hc4 => self == Dialect::Sandwich,
            Errors::Cluster(_) => match self {
                Dialect::Plm | Dialect::Clubsandwich | Dialect::Summclust => false,
                Dialect::Areg | Dialect::Xtreg => ways == 1,
                Dialect::Statsmodels | Dialect::Linearmodels | Dialect::Pyfixest => ways <= 2,
                _ => true,
            },
            Errors::Adjusted(ClusterType::Cr0, _) => match self {
                Dialect::Plm => ways <= 2,
                Dialect::Clubsandwich => ways == 1,
                _ => self == Dialect::Sandwich,
            },
            Errors::Adjusted(ClusterType::Cr2, _) => match self {
                Dialect::Clubsandwich => ways == 1,
                _ => self == Dialect::Sandwich,
            },
            Errors::Adjusted(ClusterType::Cr3, _) => match self {
                Dialect::Clubsandwich | Dialect::Pyfixest => ways == 1,
                // Several ways: the jackknife of each term (MacKinnon, Nielsen and Webb 2023).
                Dialect::Summclust | Dialect::Statsmodels => true,
                _ => self == Dialect::Sandwich,
            },
            Errors::Adjusted(ClusterType::Jackknife, _) => matches!(self, Dialect::Summclust | Dialect::Statsmodels),
            Errors::NeweyWest(_) => matches!(
                self,
                Dialect::Fixest
                    | Dialect::Fixest012
                    | Dialect::Pyfixest
                    | Dialect::Statsmodels
                    | Dialect::Plm
                    | Dialect::Sandwich
            ),
            Errors::DriscollKraay(_) => matches!(
                self,
                Dialect::Fixest
                    | Dialect::Fixest012
                    | Dialect::Pyfixest
                    | Dialect::Statsmodels
                    | Dialect::Linearmodels
                    | Dialect::Plm
                    | Dialect::Sandwich
            ),
            // With a part over time it is no program's; it is counted as fixest counts the part over space.
            Errors::Conley(Conley { serial: Some(_), .. }) => self == Dialect::Fixest,
            Errors::Conley(_) => matches!(self, Dialect::Fixest | Dialect::Fixest012),
            Errors::Plm(_) => self == Dialect::Plm,
        }
    }

    /// Checks that the program defines the errors for a design.
    ///
    /// # Errors
    /// [`CovarianceError::NotDefined`].
    pub fn check(self, errors: &Errors, design: &DesignMatrix) -> Result<(), CovarianceError> {
        let reason = if !self.has(errors) { None } else { Some(self.objection(errors, design)) };
        let reason = match reason {
            Some(None) => return Ok(()),
            Some(objection) => objection,
            None => None,
        };
        Err(self.not_defined(errors, reason))
    }

    /// The fault that it does not define errors.
    pub fn not_defined(self, errors: &Errors, reason: Option<String>) -> CovarianceError {
        let ways = match errors.clusters().len() {
            0 | 1 => String::new(),
            ways => format!("{ways}-way "),
        };
        let word = match errors {
            Errors::Cluster(_) => "clustered",
            other => other.kind(),
        };
        let others = Dialect::ALL.into_iter().filter(|other| *other != self && other.has(errors));
        CovarianceError::NotDefined {
            dialect: self.to_string(),
            errors: format!("{ways}{word}"),
            reason,
            defined_by: others.map(|other| other.to_string()).collect(),
        }
    }

    /// What keeps it from computing errors that it has for a design of this shape.
    fn objection(self, errors: &Errors, design: &DesignMatrix) -> Option<String> {
        let effects = design.absorbed.len();
        match self {
            Dialect::Areg if !design.endogenous.is_empty() => Some("it does not take instruments".to_string()),
            Dialect::Areg if effects != 1 => Some(format!("it absorbs one effect, and the model has {effects}")),
            Dialect::Xtreg if effects != 1 => Some(format!("it has effects of one panel variable, not {effects}")),
            Dialect::Xtreg => {
                let mut wide = design.clusters.iter().filter(|cluster| errors.clusters().contains(&cluster.name));
                let cut = wide.find(|cluster| !design.absorbed[0].factor.is_nested_in(&cluster.factor))?;
                Some(format!("the panels {} are not nested within {}", design.absorbed[0].name, cut.name))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::Fixest => "fixest",
            Dialect::Fixest012 => "fixest-0.12",
            Dialect::Pyfixest => "pyfixest",
            Dialect::Reghdfe => "reghdfe",
            Dialect::Areg => "areg",
            Dialect::Xtreg => "xtreg",
            Dialect::Statsmodels => "statsmodels",
            Dialect::Linearmodels => "linearmodels",
            Dialect::Plm => "plm",
            Dialect::Sandwich => "sandwich",
            Dialect::Clubsandwich => "clubsandwich",
            Dialect::Summclust => "summclust",
        })
    }
}
