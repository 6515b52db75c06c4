//! k-means (Lloyd 1982) and k-medians: every point in the group whose centre is nearest, every centre in the middle.
//!
//! Squared distances and means, or absolute distances and medians of each coordinate. The rounds end when no point
//! changes its group. A group that loses its last point takes the point that is farthest from its own centre.

use nalgebra::DMatrix;

use super::distance::{absolute_distance, column, squared_distance};
use super::start::{Start, of_points};
use super::{GroupingError, Partition, check_groups};
use crate::monte::Stream;

/// What the middle of a group is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Centre {
    /// The mean: k-means.
    #[default]
    Mean,
    /// The median of each coordinate: k-medians.
    Median,
}

/// Groups with their cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Centred {
    /// The groups.
    pub partition: Partition,
    /// The sum over points of the (squared or absolute) distance to the centre.
    pub cost: f64,
    /// Rounds until nothing changed.
    pub rounds: usize,
}

/// More rounds than any practical case takes; Lloyd's algorithm always ends.
const MOST_ROUNDS: usize = 1000;

/// Groups points, the columns of a matrix, into `k` from one start.
///
/// # Errors
/// When `k` does not fit the points or a value is not finite.
pub fn k_means(
    points: &DMatrix<f64>,
    k: usize,
    centre: Centre,
    start: Start,
    stream: &mut Stream,
) -> Result<Centred, GroupingError> {
    let n = points.ncols();
    check_groups(k, n)?;
    if let Some(at) = points.iter().position(|value| !value.is_finite()) {
        return Err(GroupingError::Undefined { first: at / points.nrows(), second: at % points.nrows() });
    }
    let chosen = start.choose(n, k, stream, of_points(points));
    let mut centres = points.select_columns(&chosen);
    let mut labels = vec![usize::MAX; n];
    let mut rounds = 0;
    loop {
        rounds += 1;
        let mut next = nearest(points, &centres, centre);
        fill_empty(points, &centres, centre, &mut next);
        if next == labels || rounds > MOST_ROUNDS {
            break;
        }
        labels = next;
        centres = middles(points, &labels, k, centre);
    }
    let cost = (0..n).map(|point| distance(points, point, &centres, labels[point], centre)).sum();
    Ok(Centred { partition: Partition::new(labels), cost, rounds })
}

fn distance(points: &DMatrix<f64>, point: usize, centres: &DMatrix<f64>, group: usize, centre: Centre) -> f64 {
    let (a, b) = (column(points, point), column(centres, group));
    match centre {
        Centre::Mean => squared_distance(a, b),
        Centre::Median => absolute_distance(a, b),
    }
}

/// The nearest centre of every point, the first of equals.
fn nearest(points: &DMatrix<f64>, centres: &DMatrix<f64>, centre: Centre) -> Vec<usize> {
    let least = |values: &mut dyn Iterator<Item = f64>| {
        values
            .enumerate()
            .fold((0, f64::INFINITY), |best, (group, value)| if value < best.1 { (group, value) } else { best })
            .0
    };
    match centre {
        // |c|^2 - 2 c'x, all at once as a matrix product; |x|^2 is the same for every centre.
        Centre::Mean => {
            let squares: Vec<f64> = centres.column_iter().map(|c| c.norm_squared()).collect();
            let products = centres.transpose() * points;
            let of =
                |column: &[f64]| least(&mut squares.iter().zip(column).map(|(square, product)| square - 2.0 * product));
            products.as_slice().chunks(centres.ncols()).map(of).collect()
        }
        Centre::Median => (0..points.ncols())
            .map(|point| least(&mut (0..centres.ncols()).map(|group| distance(points, point, centres, group, centre))))
            .collect(),
    }
}

/// Gives every group without a point the one that is farthest from its centre among groups of two or more.
fn fill_empty(points: &DMatrix<f64>, centres: &DMatrix<f64>, centre: Centre, labels: &mut [usize]) {
    let mut sizes = vec![0usize; centres.ncols()];
    labels.iter().for_each(|&label| sizes[label] += 1);
    for group in 0..sizes.len() {
        if sizes[group] > 0 {
            continue;
        }
        let movable = (0..labels.len()).filter(|&point| sizes[labels[point]] > 1);
        let far = movable.map(|point| (point, distance(points, point, centres, labels[point], centre)));
        let Some((point, _)) = far.reduce(|best, next| if next.1 > best.1 { next } else { best }) else { return };
        sizes[labels[point]] -= 1;
        sizes[group] = 1;
        labels[point] = group;
    }
}

fn middles(points: &DMatrix<f64>, labels: &[usize], k: usize, centre: Centre) -> DMatrix<f64> {
    let mut centres = DMatrix::zeros(points.nrows(), k);
    let mut members = vec![Vec::new(); k];
    labels.iter().enumerate().for_each(|(point, &label)| members[label].push(point));
    for (group, members) in members.iter().enumerate() {
        let mut middle = centres.column_mut(group);
        match centre {
            Centre::Mean => {
                members.iter().for_each(|&point| middle += points.column(point));
                middle /= members.len() as f64;
            }
            Centre::Median => {
                for row in 0..points.nrows() {
                    let mut values: Vec<f64> = members.iter().map(|&point| points[(row, point)]).collect();
                    values.sort_unstable_by(f64::total_cmp);
                    middle[row] = crate::describe::quantile(&values, 0.5).unwrap_or(0.0);
                }
            }
        }
    }
    centres
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monte::Streams;

    #[test]
    fn separated_points_are_found_from_any_start_by_either_centre() {
        let points = DMatrix::from_row_slice(1, 7, &[0.0, 0.1, 5.0, 5.2, 5.1, 9.0, 9.1]);
        let truth = Partition::new([0, 0, 1, 1, 1, 2, 2]);
        for centre in [Centre::Mean, Centre::Median] {
            for start in [Start::Segments, Start::PlusPlus(1)] {
                let mut stream = Streams::new(5).stream(&start.name(), 0);
                assert_eq!(
                    k_means(&points, 3, centre, start, &mut stream).unwrap().partition,
                    truth,
                    "{centre:?} {start:?}"
                );
            }
        }
    }

    #[test]
    fn equal_points_still_make_k_groups() {
        let points = DMatrix::from_element(2, 4, 1.0);
        let found = k_means(&points, 3, Centre::Mean, Start::First, &mut Streams::new(1).stream("s", 0)).unwrap();
        assert_eq!((found.partition.n_groups(), found.cost), (3, 0.0));
        let none = k_means(&points, 5, Centre::Mean, Start::First, &mut Streams::new(1).stream("s", 0));
        assert!(matches!(none, Err(GroupingError::Groups { groups: 5, points: 4 })));
    }
}
