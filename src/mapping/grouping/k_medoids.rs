//! k-medoids: groups about points of their own, from any distances.
//!
//! Swaps are tried as in FasterPAM (Schubert and Rousseeuw 2021): for each point, the change of the cost if it took the
//! place of each medoid, all medoids in one pass over the points; the best swap is made at once if it lowers the cost. The
//! search ends when a round over all points finds none.

use nalgebra::DMatrix;

use super::k_means::Centred;
use super::start::Start;
use super::{GroupingError, Partition, check_groups};
use crate::monte::Stream;

/// The nearest and the second nearest medoid of a point.
#[derive(Clone, Copy)]
struct Near {
    first: usize,
    first_distance: f64,
    second_distance: f64,
}

/// A gain smaller than this, relative to the cost, is rounding.
const ROUNDING: f64 = 1e-12;

/// Groups points by their distances (n x n, symmetric) into `k` from one start; the cost is the sum of distances to the
/// medoids.
///
/// # Errors
/// When `k` does not fit the points or a distance is not finite.
pub fn k_medoids(
    distances: &DMatrix<f64>,
    k: usize,
    start: Start,
    stream: &mut Stream,
) -> Result<Centred, GroupingError> {
    let n = distances.nrows();
    check_groups(k, n)?;
    if let Some(at) = distances.iter().position(|value| !value.is_finite()) {
        return Err(GroupingError::Undefined { first: at / n, second: at % n });
    }
    let mut medoids = start.choose(n, k, stream, |a, b| distances[(a, b)].powi(2));
    let mut near = assign(distances, &medoids);
    let (mut since_swap, mut rounds, mut point) = (0, 1, 0);
    while since_swap < n {
        if !medoids.contains(&point) {
            let cost: f64 = near.iter().map(|near| near.first_distance).sum();
            let (slot, change) = best_swap(distances, &near, k, point);
            if change < -ROUNDING * cost {
                medoids[slot] = point;
                near = assign(distances, &medoids);
                since_swap = 0;
            }
        }
        since_swap += 1;
        point = (point + 1) % n;
        rounds += usize::from(point == 0);
    }
    let cost = near.iter().map(|near| near.first_distance).sum();
    Ok(Centred { partition: Partition::new(near.iter().map(|near| near.first)), cost, rounds })
}

fn assign(distances: &DMatrix<f64>, medoids: &[usize]) -> Vec<Near> {
    let of = |point: usize| {
        let mut near = Near { first: 0, first_distance: f64::INFINITY, second_distance: f64::INFINITY };
        for (slot, &medoid) in medoids.iter().enumerate() {
            // A medoid belongs to itself, also where another one is as near.
            let distance = if medoid == point { -1.0 } else { distances[(medoid, point)] };
            if distance < near.first_distance {
                near = Near { first: slot, first_distance: distance, second_distance: near.first_distance };
            } else {
                near.second_distance = near.second_distance.min(distance);
            }
        }
        near.first_distance = near.first_distance.max(0.0);
        near
    };
    (0..distances.nrows()).map(of).collect()
}

/// The medoid whose place `candidate` should take, and by how much the cost changes.
fn best_swap(distances: &DMatrix<f64>, near: &[Near], k: usize, candidate: usize) -> (usize, f64) {
    let mut change = vec![0.0; k];
    let mut shared = 0.0;
    for (point, near) in near.iter().enumerate() {
        let distance = distances[(point, candidate)];
        if distance < near.first_distance {
            shared += distance - near.first_distance;
        } else {
            // Without its medoid the point would go to the candidate or to the second nearest.
            let next = distance.min(near.second_distance);
            change[near.first] += if next.is_finite() { next - near.first_distance } else { 0.0 };
        }
    }
    let best = change.iter().enumerate().fold(
        (0, f64::INFINITY),
        |best, (slot, &value)| {
            if value < best.1 { (slot, value) } else { best }
        },
    );
    (best.0, best.1 + shared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::grouping::euclidean;
    use crate::monte::Streams;

    #[test]
    fn swaps_reach_the_best_of_all_choices_on_a_small_case() {
        let distances = euclidean(&DMatrix::from_row_slice(1, 8, &[0.0, 1.0, 2.0, 10.0, 11.0, 13.0, 20.0, 26.0]));
        let cost = |medoids: &[usize]| -> f64 {
            (0..8).map(|p| medoids.iter().map(|&m| distances[(p, m)]).fold(f64::INFINITY, f64::min)).sum()
        };
        let mut best = f64::INFINITY;
        for a in 0..8 {
            for b in a + 1..8 {
                (b + 1..8).for_each(|c| best = best.min(cost(&[a, b, c])));
            }
        }
        for start in [Start::First, Start::Last, Start::Random(0)] {
            let found = k_medoids(&distances, 3, start, &mut Streams::new(2).stream("s", 0)).unwrap();
            assert_eq!(found.cost, best, "{start:?}");
        }
    }

    #[test]
    fn as_many_medoids_as_points_cost_nothing() {
        let distances = DMatrix::zeros(3, 3);
        let found = k_medoids(&distances, 3, Start::First, &mut Streams::new(2).stream("s", 0)).unwrap();
        assert_eq!((found.partition.n_groups(), found.cost), (3, 0.0));
    }
}
