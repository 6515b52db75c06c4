//! Step-down tests of a family of hypotheses from joint wild draws: Romano and Wolf, Westfall and Young.
//!
//! In: members, each a coefficient of a fitted model with the maps of its draws; out: adjusted p-values. Every draw gives a
//! group the same weight in all models, whether or not all of them have it, so that the dependence between the statistics
//! is that of the data. A member keeps cross products by cluster and no rows.
//!
//! Sources: Romano and Wolf (2005, 2016, algorithm 4.2); Westfall and Young (1993, algorithm 2.8); wild draws as in
//! wildrwolf. p-values of random draws are `(1 + count)/(1 + B)` for Romano and Wolf and `count/B` for Westfall and Young, as
//! these authors (and pyfixest) have them; with all sign vectors, which hold the sample itself, both are `count/B`.

use std::collections::BTreeSet;

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::bilinear::Bilinear;
use super::draws::{Draws, WildWeights};
use super::error::ResampleError;
use super::rows::Fitted;
use super::sums::DrawSums;
use super::wild::WildBootstrap;
use crate::infer::curve::{CurveStatistics, Specification};
use crate::infer::multiple::running_max;
use crate::infer::two_sided_p;
use crate::monte::streams::Streams;

/// Relative difference of statistics that counts as a tie.
const TIE: f64 = 1e-10;

/// The draws that members of a family share.
#[derive(Clone, Debug, PartialEq)]
pub struct JointDraws {
    /// Distribution of the weights.
    pub weights: WildWeights,
    /// Draws.
    pub replications: usize,
    /// Whether each hypothesis is imposed on its own draws.
    pub null_imposed: bool,
    /// The seed.
    pub seed: u64,
}

/// A coefficient of a model as a member of a family.
pub struct Member {
    model: String,
    term: String,
    drawn_by: Option<String>,
    keys: Vec<String>,
    map: Bilinear,
    /// How far the null lies from the estimate, in the units of the maps.
    shift: f64,
    statistic: f64,
    df: f64,
}

/// Adjusted p-values of a family, one per member in order.
#[derive(Clone, Debug, PartialEq)]
pub struct StepDown {
    /// Romano and Wolf's.
    pub romano_wolf: Vec<f64>,
    /// Westfall and Young's.
    pub westfall_young: Vec<f64>,
    /// Draws without a statistic; they count as beyond.
    pub undefined_draws: Vec<usize>,
    /// Draws.
    pub draws: usize,
    /// Whether they are all sign vectors there are.
    pub enumerated: bool,
    /// Groups drawn over all models.
    pub n_groups: usize,
    /// The variable that is drawn by; empty where single rows are.
    pub drawn_by: String,
}

impl JointDraws {
    /// Makes the coefficient of a term a member; `clusters` are those of the model's errors (none: single rows).
    ///
    /// # Errors
    /// Unknown terms or clusters; instruments.
    pub fn member(
        &self,
        fitted: &Fitted<'_>,
        clusters: &[String],
        (model, term): (&str, &str),
    ) -> Result<Member, ResampleError> {
        if !fitted.design.endogenous.is_empty() {
            return Err(ResampleError::InstrumentedMember { model: model.to_string() });
        }
        let bootstrap = WildBootstrap {
            clusters: clusters.to_vec(),
            weights: self.weights,
            null_imposed: self.null_imposed,
            ..WildBootstrap::by("")
        };
        let drawn = fitted.drawn_by(bootstrap.drawn_by())?;
        let position = fitted.term(term)?;
        let contrast = DVector::from_fn(fitted.estimate.terms.len(), |j, _| f64::from(u8::from(j == position)));
        let map = bootstrap.setting(fitted, drawn.groups)?.hypothesis(&contrast)?;
        let estimate = fitted.estimate.coefficients[position];
        Ok(Member {
            model: model.to_string(),
            term: term.to_string(),
            drawn_by: bootstrap.drawn_by().map(str::to_string),
            keys: drawn.keys,
            shift: estimate / map.shift,
            statistic: estimate / map.variance.max(0.0).sqrt(),
            map,
            df: fitted.covariance.factors.df,
        })
    }

    /// Tests that every member is zero.
    ///
    /// # Errors
    /// [`ResampleError::DrawnDifferently`].
    pub fn test(&self, members: &[Member]) -> Result<StepDown, ResampleError> {
        let keys = shared_groups(members)?;
        let draws = Draws::plan(self.weights, keys.len(), self.replications, Streams::new(self.seed));
        let statistics = all_draws(members, &keys, &draws, |_, sums, shift| {
            sums.statistics(shift).into_iter().map(f64::abs).collect()
        });
        let undefined = statistics.iter().map(|of| of.iter().filter(|t| t.is_infinite()).count()).collect();
        let own: Vec<f64> = members.iter().map(|member| member.statistic.abs()).collect();
        let random = usize::from(!draws.is_enumerated()) as f64;
        let n = draws.n_computed() as f64;
        let counts = step_down(&own, &statistics);
        Ok(StepDown {
            romano_wolf: monotone(&own, counts.iter().map(|&c| (c as f64 + random) / (n + random)).collect()),
            westfall_young: westfall_young(members, (own, statistics), n),
            undefined_draws: undefined,
            draws: draws.n(),
            enumerated: draws.is_enumerated(),
            n_groups: keys.len(),
            drawn_by: drawn_by(members),
        })
    }

    /// Statistics of the specification curve that the members form, in every draw.
    ///
    /// # Errors
    /// [`ResampleError::DrawnDifferently`].
    pub fn curves(&self, members: &[Member], alpha: f64) -> Result<CurveDraws, ResampleError> {
        let keys = shared_groups(members)?;
        let draws = Draws::plan(self.weights, keys.len(), self.replications, Streams::new(self.seed));
        let drawn: Vec<Vec<Specification>> = all_draws(members, &keys, &draws, |member, sums, shift| {
            let estimates = sums.numerators(shift).into_iter();
            estimates.zip(sums.statistics(shift)).map(|(b, t)| Specification::new(b, t, member.df)).collect()
        });
        let n = drawn.first().map_or(0, Vec::len);
        let curve = |draw: usize| {
            let specifications: Vec<Specification> = drawn.iter().map(|of| of[draw]).collect();
            CurveStatistics::of(&specifications, alpha)
        };
        let curves: Vec<Option<CurveStatistics>> = (0..n).into_par_iter().map(curve).collect();
        Ok(CurveDraws {
            undefined: curves.iter().filter(|curve| curve.is_none()).count(),
            curves: curves.into_iter().flatten().collect(),
            draws: draws.n(),
            enumerated: draws.is_enumerated(),
            n_groups: keys.len(),
            drawn_by: drawn_by(members),
        })
    }
}

/// A specification curve in every draw.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveDraws {
    /// Its statistics in the draws that were computed (of mirrored draws one of two, which say the same).
    pub curves: Vec<CurveStatistics>,
    /// Computed draws in which an estimate or its error does not exist; they count as beyond.
    pub undefined: usize,
    /// Draws.
    pub draws: usize,
    /// Whether they are all sign vectors there are.
    pub enumerated: bool,
    /// Groups drawn over all models.
    pub n_groups: usize,
    /// The variable that is drawn by; empty where single rows are.
    pub drawn_by: String,
}

fn drawn_by(members: &[Member]) -> String {
    members.first().and_then(|first| first.drawn_by.clone()).unwrap_or_default()
}

/// The groups of all members, sorted; they must be drawn by the same variable.
fn shared_groups(members: &[Member]) -> Result<Vec<&str>, ResampleError> {
    let Some(first) = members.first() else { return Err(ResampleError::NoReplications) };
    if let Some(other) = members.iter().find(|other| other.drawn_by != first.drawn_by) {
        let by = |member: &Member| member.drawn_by.clone().unwrap_or_else(|| "single rows".into());
        return Err(ResampleError::DrawnDifferently {
            first: first.model.clone(),
            second: other.model.clone(),
            first_by: by(first),
            second_by: by(other),
        });
    }
    let keys: BTreeSet<&str> = members.iter().flat_map(|member| member.keys.iter().map(String::as_str)).collect();
    let keys: Vec<&str> = keys.into_iter().collect();
    Ok(keys)
}

impl Member {
    /// The model and the term.
    pub fn name(&self) -> (&str, &str) {
        (&self.model, &self.term)
    }
}

/// What `pick` takes from the sums of every draw, by member.
fn all_draws<T: Send>(
    members: &[Member],
    keys: &[&str],
    draws: &Draws,
    pick: impl Fn(&Member, &DrawSums, f64) -> Vec<T> + Sync,
) -> Vec<Vec<T>> {
    // The place of each member's groups among all; none where they are the same.
    let places: Vec<Option<Vec<usize>>> = members
        .iter()
        .map(|member| {
            let place = |key: &String| keys.binary_search(&key.as_str()).unwrap_or_default();
            let places: Vec<usize> = member.keys.iter().map(place).collect();
            let all = places.len() == keys.len() && places.iter().enumerate().all(|(k, &place)| k == place);
            (!all).then_some(places)
        })
        .collect();
    let blocks: Vec<Vec<Vec<T>>> = (0..draws.n_blocks())
        .into_par_iter()
        .map(|block| {
            let v = draws.block(block);
            let of_member = |(member, places): (&Member, &Option<Vec<usize>>)| {
                let sums = match places {
                    None => member.map.block(&v),
                    Some(places) => {
                        member.map.block(&DMatrix::from_fn(places.len(), v.ncols(), |g, j| v[(places[g], j)]))
                    }
                };
                let shift = if sums.n1.is_empty() { 0.0 } else { member.shift };
                pick(member, &sums, shift)
            };
            members.iter().zip(&places).map(of_member).collect()
        })
        .collect();
    let mut all: Vec<Vec<T>> = members.iter().map(|_| Vec::with_capacity(draws.n_computed())).collect();
    for block in blocks {
        all.iter_mut().zip(block).for_each(|(all, mut of)| all.append(&mut of));
    }
    all
}

/// Of each member in how many draws the largest statistic of those that are no more extreme than it reaches its own.
fn step_down(own: &[f64], statistics: &[Vec<f64>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..own.len()).collect();
    order.sort_by(|&a, &b| own[b].total_cmp(&own[a]).then(a.cmp(&b)));
    let n = statistics.first().map_or(0, Vec::len);
    let mut counts = vec![0; own.len()];
    let mut largest = vec![f64::NEG_INFINITY; n];
    for &member in order.iter().rev() {
        let bound = own[member] - TIE * own[member].abs();
        largest.iter_mut().zip(&statistics[member]).for_each(|(largest, t)| *largest = largest.max(*t));
        counts[member] = largest.iter().filter(|largest| **largest >= bound).count();
    }
    counts
}

/// Makes p-values no smaller than those of more extreme members.
fn monotone(own: &[f64], p_values: Vec<f64>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..own.len()).collect();
    order.sort_by(|&a, &b| own[b].total_cmp(&own[a]).then(a.cmp(&b)));
    let sorted = running_max(order.iter().map(|&member| p_values[member]).collect());
    let mut out = vec![f64::NAN; own.len()];
    order.into_iter().zip(sorted).for_each(|(member, p)| out[member] = p);
    out
}

/// Smallest p-values in place of largest statistics; with equal degrees of freedom they are the same.
fn westfall_young(members: &[Member], (mut own, mut statistics): (Vec<f64>, Vec<Vec<f64>>), n: f64) -> Vec<f64> {
    if members.iter().any(|member| member.df != members[0].df) {
        for (member, (own, statistics)) in members.iter().zip(own.iter_mut().zip(&mut statistics)) {
            *own = -two_sided_p(*own, member.df);
            statistics.par_iter_mut().for_each(|t| *t = -two_sided_p(*t, member.df));
        }
    }
    let counts = step_down(&own, &statistics);
    monotone(&own, counts.iter().map(|&count| count as f64 / n).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_down_over_those_not_more_extreme() {
        // Statistics 3 and 1; draws reach (3.5, 0), (0, 3.5), (0, 2), (0.5, 0.5).
        let draws = vec![vec![3.5, 0.0, 0.0, 0.5], vec![0.0, 3.5, 2.0, 0.5]];
        assert_eq!(step_down(&[3.0, 1.0], &draws), vec![2, 2]);
        // The second alone would be rejected more often than the first: it is not.
        let draws = vec![vec![3.5, 3.5, 0.0], vec![0.0, 0.0, 0.0]];
        let counts = step_down(&[3.0, 1.0], &draws);
        assert_eq!(counts, vec![2, 0]);
        assert_eq!(monotone(&[3.0, 1.0], vec![2.0 / 3.0, 0.0]), vec![2.0 / 3.0, 2.0 / 3.0]);
    }
}
