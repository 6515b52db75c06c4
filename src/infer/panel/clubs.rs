//! Convergence clubs: groups of units whose paths meet (Phillips and Sul 2007, section 4.2; merged as in Phillips and Sul 2009).
//!
//! In: a value per unit and period; out: clubs, each with its log t regression, and units that belong to none. Units are taken from the
//! highest last value down, so the result does not depend on the order of the rows.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::log_t::{Dispersion, LEAST_PERIODS, LogT, LogTConvention, LogTRegression};
use crate::panel::Ledger;

/// Convergence is rejected below (five per cent, one-sided).
const REJECTED_BELOW: f64 = -1.65;

/// The search for clubs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClubSearch {
    /// The log t regression.
    pub regression: LogTRegression,
    /// The last periods whose mean orders the units.
    pub order_periods: usize,
    /// What t of the core group with a unit added must exceed for the unit to join (`c*`).
    pub critical: f64,
    /// What `critical` is raised by while the club as a whole is rejected; `None` leaves such a club as it is.
    pub raise: Option<f64>,
    /// Up to where; a club still rejected there is its core group.
    pub most: f64,
    /// Whether successive clubs that converge together are merged.
    pub merge: bool,
}

impl Default for ClubSearch {
    fn default() -> Self {
        let regression = LogTRegression::default();
        ClubSearch { regression, order_periods: 1, critical: 0.0, raise: Some(0.1), most: 3.0, merge: true }
    }
}

/// A club.
#[derive(Clone, Debug, PartialEq)]
pub struct Club {
    /// Its units, the core group first.
    pub units: Vec<usize>,
    /// Units of the core group; all in a club that was not searched for but left over.
    pub core: usize,
    /// The regression of all of them.
    pub test: LogT,
    /// The `critical` with which it was formed.
    pub critical: f64,
    /// Clubs before merging that it consists of, counted from 1.
    pub parts: Vec<usize>,
}

/// Clubs and what is left.
#[derive(Clone, Debug, PartialEq)]
pub struct Clubs {
    /// The regression of all units.
    pub all: LogT,
    /// The clubs, highest first.
    pub clubs: Vec<Club>,
    /// Clubs before merging.
    pub before_merging: usize,
    /// Units that converge with no others.
    pub divergent: Vec<usize>,
}

/// Why there are no clubs.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ClubsFault {
    /// Too little to search.
    #[error(
        "{units} units have a value in each of {periods} periods: clubs need three units and {LEAST_PERIODS} periods, and three periods after the first that are left out; filter out units that miss periods, or take fewer periods"
    )]
    Few {
        /// Units with every period.
        units: usize,
        /// Periods.
        periods: usize,
    },
    /// The mean is too close to zero to divide by.
    #[error(
        "the mean of units is zero in some period, so that none can be measured relative to it: use levels or logarithms, not deviations"
    )]
    NoLevel,
    /// Units that are the same.
    #[error("{} and {} units more have no dispersion, or one without change, in some period: take units out that are copies of others", .unit, .others)]
    Alike {
        /// One of them.
        unit: String,
        /// How many more.
        others: usize,
    },
}

impl ClubSearch {
    /// Searches `values` (a row per unit, a value per period) of units with names.
    ///
    /// # Errors
    /// [`ClubsFault`].
    pub fn search(&self, values: &[Vec<f64>], names: &[String]) -> Result<Clubs, ClubsFault> {
        let periods = values.first().map_or(0, Vec::len);
        let left = (periods + 1).saturating_sub(self.regression.from(periods));
        if values.len() < 3 || periods < LEAST_PERIODS || left < 3 {
            return Err(ClubsFault::Few { units: values.len(), periods });
        }
        let walk = Walk { search: self, values, names };
        let mut remaining = walk.ordered();
        let all = walk.test(&remaining)?;
        let mut clubs = Vec::new();
        while remaining.len() > 1 {
            let Some(club) = walk.next(&remaining, clubs.len() + 1)? else { break };
            remaining.retain(|unit| !club.units.contains(unit));
            clubs.push(club);
        }
        let before_merging = clubs.len();
        let clubs = if self.merge { walk.merged(clubs)? } else { clubs };
        Ok(Clubs { all, clubs, before_merging, divergent: remaining })
    }
}

struct Walk<'a> {
    search: &'a ClubSearch,
    values: &'a [Vec<f64>],
    names: &'a [String],
}

impl Walk<'_> {
    /// Units from the highest last value down, equal ones by name.
    fn ordered(&self) -> Vec<usize> {
        let last = |unit: usize| {
            let values = &self.values[unit];
            values[values.len() - self.search.order_periods.clamp(1, values.len())..].iter().sum::<f64>()
        };
        let mut units: Vec<usize> = (0..self.values.len()).collect();
        units.sort_by(|&a, &b| last(b).total_cmp(&last(a)).then_with(|| self.names[a].cmp(&self.names[b])));
        units
    }

    fn test(&self, units: &[usize]) -> Result<LogT, ClubsFault> {
        let dispersion = Dispersion::of(units.iter().map(|&unit| self.values[unit].as_slice()));
        if !dispersion.has_level {
            return Err(ClubsFault::NoLevel);
        }
        self.search.regression.fit(&dispersion.values).ok_or_else(|| {
            let unit = units.first().map_or_else(String::new, |&unit| self.names[unit].clone());
            ClubsFault::Alike { unit, others: units.len().saturating_sub(1) }
        })
    }

    /// The next club among the units that are left: all of them if they converge; `None` if no two do.
    fn next(&self, remaining: &[usize], number: usize) -> Result<Option<Club>, ClubsFault> {
        let parts = vec![number];
        let test = self.test(remaining)?;
        if test.t > REJECTED_BELOW {
            let (units, core, critical) = (remaining.to_vec(), remaining.len(), self.search.critical);
            return Ok(Some(Club { units, core, test, critical, parts }));
        }
        let Some(core) = self.core(remaining)? else { return Ok(None) };
        let others: Vec<usize> = remaining.iter().copied().filter(|unit| !core.contains(unit)).collect();
        let joined = |unit: &usize| self.test(&[core.as_slice(), &[*unit]].concat()).map(|test| test.t);
        let t: Vec<f64> = others.par_iter().map(joined).collect::<Result<_, _>>()?;
        let mut critical = self.search.critical;
        loop {
            let joining = others.iter().zip(&t).filter(|(_, t)| **t > critical).map(|(unit, _)| *unit);
            let units: Vec<usize> = core.iter().copied().chain(joining).collect();
            let test = self.test(&units)?;
            match self.search.raise {
                Some(step) if test.t <= REJECTED_BELOW && units.len() > core.len() => {
                    critical = if critical > self.search.most { f64::INFINITY } else { critical + step };
                }
                _ => {
                    let critical = critical.min(self.search.most.max(self.search.critical));
                    return Ok(Some(Club { units, core: core.len(), test, critical, parts }));
                }
            }
        }
    }

    /// The core group: from the first two successive units that converge, as many more as give the largest t before convergence is rejected.
    fn core(&self, remaining: &[usize]) -> Result<Option<Vec<usize>>, ClubsFault> {
        let size = |t: f64| if self.search.regression.convention == LogTConvention::Programs { t.abs() } else { t };
        for start in 0..remaining.len() - 1 {
            let mut test = self.test(&remaining[start..start + 2])?;
            let (mut end, mut best) = (start + 2, None::<(f64, usize)>);
            while test.t > REJECTED_BELOW {
                if best.is_none_or(|(most, _)| size(test.t) > most) {
                    best = Some((size(test.t), end));
                }
                if end == remaining.len() {
                    break;
                }
                end += 1;
                test = self.test(&remaining[start..end])?;
            }
            if let Some((_, end)) = best {
                return Ok(Some(remaining[start..end].to_vec()));
            }
        }
        Ok(None)
    }

    /// Successive clubs joined as long as they converge together (Phillips and Sul 2009, section 4.3).
    fn merged(&self, clubs: Vec<Club>) -> Result<Vec<Club>, ClubsFault> {
        let mut merged: Vec<Club> = Vec::new();
        for club in clubs {
            if let Some(last) = merged.last_mut() {
                let units = [last.units.as_slice(), &club.units].concat();
                let test = self.test(&units)?;
                if test.t > REJECTED_BELOW {
                    let parts = [last.parts.as_slice(), &club.parts].concat();
                    *last = Club { units, core: last.core, test, critical: last.critical.max(club.critical), parts };
                    continue;
                }
            }
            merged.push(club);
        }
        Ok(merged)
    }
}

/// Clubs of a study, as results keep them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClubsRecord {
    /// Their name.
    pub name: String,
    /// The variable.
    pub variable: String,
    /// `paper` or `programs`.
    pub convention: String,
    /// The weight of the trend that was taken first, where one was.
    pub smooth: Option<f64>,
    /// Units that were searched.
    pub units: usize,
    /// Their periods.
    pub periods: usize,
    /// The first period of the regressions.
    pub from: String,
    /// The regression of all units.
    pub all: ClubTest,
    /// The clubs, highest first.
    pub clubs: Vec<ClubTest>,
    /// Clubs before merging.
    pub before_merging: usize,
    /// Every unit, by club and then as it was taken up.
    pub members: Vec<ClubMember>,
    /// The mean of each club's units relative to that of all, period by period.
    pub paths: Vec<ClubPath>,
    /// How the rows that were searched came about.
    pub ledger: Ledger,
}

/// The regression of a club.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClubTest {
    /// Its number, from the highest; 0 for all units.
    pub club: usize,
    /// Its units.
    pub units: usize,
    /// Units of the core group.
    pub core: usize,
    /// The slope.
    pub b: f64,
    /// Its error.
    pub std_error: f64,
    /// Their ratio.
    pub t: f64,
    /// One-sided: small where convergence is rejected.
    pub p_value: f64,
    /// What t of the core group with a unit added had to exceed.
    pub critical: f64,
    /// Clubs before merging that it consists of.
    pub parts: Vec<usize>,
}

/// A unit and its club.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClubMember {
    /// The unit.
    pub unit: String,
    /// Its club; `None` if it converges with no others.
    pub club: Option<usize>,
    /// Whether it is of the core group.
    pub is_core: bool,
    /// Its last value.
    pub last: f64,
    /// The same over the mean of all units.
    pub relative: f64,
}

/// A point of a club's path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClubPath {
    /// The club; `None` for the units without one.
    pub club: Option<usize>,
    /// The period.
    pub period: String,
    /// The mean of its units over that of all.
    pub relative: f64,
}

impl ClubsRecord {
    /// The clubs in a sentence.
    pub fn in_words(&self) -> String {
        let one = |club: &ClubTest| format!("club {} of {} units (t {:.2})", club.club, club.units, club.t);
        let clubs = self.clubs.iter().map(one).collect::<Vec<_>>().join(", ");
        let without = self.members.iter().filter(|member| member.club.is_none()).count();
        format!("{} clubs: {clubs}; {without} units converge with no others", self.clubs.len())
    }
}

/// The trend of every series by the filter of Hodrick and Prescott (1997): what minimises the squared distance plus `lambda` times the squared
/// second differences. Series shorter than three have none and stay as they are.
pub fn hodrick_prescott(series: &mut [Vec<f64>], lambda: f64) {
    let periods = series.first().map_or(0, Vec::len);
    if periods < 3 {
        return;
    }
    let mut matrix = DMatrix::<f64>::identity(periods, periods);
    for t in 0..periods - 2 {
        for (i, a) in [1.0, -2.0, 1.0].into_iter().enumerate() {
            for (j, b) in [1.0, -2.0, 1.0].into_iter().enumerate() {
                matrix[(t + i, t + j)] += lambda * a * b;
            }
        }
    }
    // The identity plus squares is positive definite.
    let Some(factor) = matrix.cholesky() else { return };
    series.par_iter_mut().for_each(|values| {
        let trend = factor.solve(&DVector::from_column_slice(values));
        values.copy_from_slice(trend.as_slice());
    });
}
