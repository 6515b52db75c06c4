//! Bands of drawn curves, and how far a curve is outside of them (Duranton and Overman 2005, sections 3.3 and 3.4).
//!
//! A local band holds all but a share of the draws at one distance. A global band is left anywhere by no more than that share
//! of the draws: it joins the values of one rank over all distances, and between the two ranks that let too many and too few
//! draws out it is interpolated.

use crate::describe::quantile;

/// Bands on both sides, a value per distance; missing (NaN) where a draw is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Bands {
    /// Lower and upper local band.
    pub local: [Vec<f64>; 2],
    /// Lower and upper global band.
    pub global: [Vec<f64>; 2],
}

/// Where a curve leaves its global band, a value per distance.
#[derive(Clone, Debug, PartialEq)]
pub struct Localisation {
    /// `max(K - upper, 0)`: more pairs at this distance than chance gives.
    pub localised: Vec<f64>,
    /// `max(lower - K, 0)`, zero throughout for an industry that is localised at any distance.
    pub dispersed: Vec<f64>,
}

/// The bands that a share `outside` (0.05) of the draws leaves on each side. `draws` are curves over the same distances; none
/// gives no band.
pub fn bands(draws: &[Vec<f64>], outside: f64) -> Bands {
    let negated: Vec<Vec<f64>> = draws.iter().map(|draw| draw.iter().map(|value| -value).collect()).collect();
    let (upper, lower) = (Sorted::new(draws), Sorted::new(&negated));
    let negative = |band: Vec<f64>| band.into_iter().map(|value| -value).collect();
    Bands {
        local: [negative(lower.local(outside)), upper.local(outside)],
        global: [negative(lower.global(&negated, outside)), upper.global(draws, outside)],
    }
}

/// How far a curve is outside of its global band. A missing value is inside.
pub fn localisation(curve: &[f64], bands: &Bands) -> Localisation {
    let [lower, upper] = &bands.global;
    let beyond = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).max(0.0)).collect::<Vec<f64>>();
    let localised = beyond(curve, upper);
    let is_localised = localised.iter().any(|excess| *excess > 0.0);
    let dispersed = if is_localised { vec![0.0; curve.len()] } else { beyond(lower, curve) };
    Localisation { localised, dispersed }
}

/// The drawn values of every distance, ascending; empty where one is missing.
struct Sorted(Vec<Vec<f64>>);

impl Sorted {
    fn new(draws: &[Vec<f64>]) -> Self {
        let n = draws.first().map_or(0, Vec::len);
        let at = |distance: usize| {
            let mut values: Vec<f64> = draws.iter().map(|draw| draw[distance]).collect();
            if values.iter().any(|value| value.is_nan()) {
                values.clear();
            }
            values.sort_by(f64::total_cmp);
            values
        };
        Sorted((0..n).map(at).collect())
    }

    fn local(&self, outside: f64) -> Vec<f64> {
        self.0.iter().map(|values| quantile(values, 1.0 - outside).unwrap_or(f64::NAN)).collect()
    }

    /// The upper global band.
    fn global(&self, draws: &[Vec<f64>], outside: f64) -> Vec<f64> {
        // A draw leaves the band of rank k (from 0) where more than k values are below its own.
        let highest = |draw: &Vec<f64>| {
            let below = self.0.iter().zip(draw).map(|(values, own)| values.partition_point(|value| value < own));
            below.max().unwrap_or(0)
        };
        let highest: Vec<usize> = draws.iter().map(highest).collect();
        let leaving = |rank: usize| highest.iter().filter(|own| **own > rank).count() as f64;
        let allowed = outside * draws.len() as f64;
        let rank = (0..draws.len()).find(|&rank| leaving(rank) <= allowed).unwrap_or(0);
        let back = match rank.checked_sub(1).map(leaving) {
            Some(before) => (allowed - leaving(rank)) / (before - leaving(rank)),
            None => 0.0,
        };
        let at = |values: &Vec<f64>| {
            let value = values.get(rank).copied().unwrap_or(f64::NAN);
            if back > 0.0 { value - back * (value - values.get(rank - 1).copied().unwrap_or(value)) } else { value }
        };
        self.0.iter().map(at).collect()
    }
}
