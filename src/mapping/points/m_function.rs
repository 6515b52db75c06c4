//! The industry's share among the neighbours of its plants (Marcon and Puech 2010).
//!
//! `M(r) = sum_i [W_S(i, r) / W(i, r)] / sum_i [(W_S - w_i) / (W - w_i)]` over the plants `i` of the industry `S`, with
//! `W_S(i, r)` the weight of its other plants within `r` of `i`, `W(i, r)` that of all other plants there, and `W_S`, `W` the
//! totals. One means that the industry is as common around its plants as everywhere; two, twice as common: a location
//! quotient at a distance. Plants without any neighbour within `r` are left out of both sums, as in the R package dbmss.

use super::{Grid, Plants, PointsError};
use crate::monte::Streams;

/// `M` at every distance of the grid, missing (NaN) where no plant has a neighbour. It costs one distance for every plant of
/// the industry and every plant.
///
/// # Errors
/// When the industry has fewer than two plants.
pub fn m_function(plants: &Plants, of: &[usize], grid: Grid) -> Result<Vec<f64>, PointsError> {
    if of.len() < 2 {
        return Err(PointsError::TooFew { plants: of.len() });
    }
    let mut is_own = vec![false; plants.len()];
    of.iter().for_each(|&plant| is_own[plant] = true);
    let radii = grid.distances();
    let all: f64 = plants.weights.iter().sum();
    let industry: f64 = of.iter().map(|&plant| plants.weights[plant]).sum();
    let mut sums = vec![(0.0, 0.0); radii.len()];
    for &plant in of {
        let neighbours = neighbours(plants, plant, &is_own, &radii);
        let expected = (industry - plants.weights[plant]) / (all - plants.weights[plant]);
        let (mut own_near, mut near) = (0.0, 0.0);
        for (slot, (own, other)) in sums.iter_mut().zip(neighbours) {
            own_near += own;
            near += own + other;
            if near > 0.0 {
                *slot = (slot.0 + own_near / near, slot.1 + expected);
            }
        }
    }
    Ok(sums.iter().map(|(found, expected)| found / expected).collect())
}

/// The functions of draws in which all plants choose among all occupied sites.
///
/// # Errors
/// As [`m_function`].
pub fn m_functions(
    plants: &Plants,
    of: &[usize],
    grid: Grid,
    draws: usize,
    streams: &Streams,
) -> Result<Vec<Vec<f64>>, PointsError> {
    plants.permuted(draws, streams, |drawn| m_function(drawn, of, grid)).into_iter().collect()
}

/// For every radius the weight of the own and of the other plants that are within it, but not within the one before.
fn neighbours(plants: &Plants, plant: usize, is_own: &[bool], radii: &[f64]) -> Vec<(f64, f64)> {
    let mut found = vec![(0.0, 0.0); radii.len()];
    for other in (0..plants.len()).filter(|&other| other != plant) {
        let distance = plants.distance(plant, other);
        if let Some(slot) = found.get_mut(radii.partition_point(|radius| *radius < distance)) {
            let side = if is_own[other] { &mut slot.0 } else { &mut slot.1 };
            *side += plants.weights[other];
        }
    }
    found
}
