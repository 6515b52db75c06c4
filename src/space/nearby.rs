//! [`Nearby`]: which points lie near a point, without looking at all of them.
//!
//! A k-d tree of points in space (places on Earth as points on the unit sphere): the median of the widest axis splits, so that a query looks at
//! few points. Answers stand in order of distance, then of position.

/// Points below which a branch is not split.
const LEAF: usize = 12;

/// A k-d tree.
#[derive(Clone, Debug)]
pub(super) struct Nearby {
    points: Vec<[f64; 3]>,
    /// Positions, leaves one after the other.
    order: Vec<u32>,
    /// Axis and place of the split before a position of `order`; splits are in the middle of a branch.
    cuts: Vec<(u8, f64)>,
}

/// The axis along which points spread most.
fn widest(points: &[[f64; 3]], members: &[u32]) -> usize {
    let spread = |axis: usize| {
        let values = members.iter().map(|&i| points[i as usize][axis]);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        high - low
    };
    (0..3).max_by(|&a, &b| spread(a).total_cmp(&spread(b)).then(b.cmp(&a))).unwrap_or(0)
}

impl Nearby {
    pub(super) fn new(points: Vec<[f64; 3]>) -> Nearby {
        let mut order: Vec<u32> = (0..points.len() as u32).collect();
        let mut cuts = vec![(0, 0.0); points.len()];
        split(&points, &mut order, &mut cuts);
        Nearby { points, order, cuts }
    }

    /// Places on Earth, `[degrees east, degrees north]`, on the unit sphere.
    pub(super) fn on_sphere(places: &[[f64; 2]]) -> Nearby {
        let point = |place: &[f64; 2]| {
            let [east, north] = place.map(f64::to_radians);
            [north.cos() * east.cos(), north.cos() * east.sin(), north.sin()]
        };
        Nearby::new(places.iter().map(point).collect())
    }

    fn squared(&self, a: usize, b: usize) -> f64 {
        self.points[a].iter().zip(&self.points[b]).map(|(a, b)| (a - b).powi(2)).sum()
    }

    /// Positions of all points within a distance of a point, itself left out; in no order.
    pub(super) fn within(&self, of: usize, distance: f64) -> Vec<u32> {
        let mut out = Vec::new();
        self.search(of, (0, self.order.len()), &mut |position, squared| {
            if position as usize != of && squared <= distance * distance {
                out.push(position);
            }
            distance * distance
        });
        out
    }

    /// The distance of the `k`-th nearest other point; that of the farthest if there are fewer.
    pub(super) fn reach(&self, of: usize, k: usize) -> f64 {
        // The k smallest squares so far, ascending.
        let mut least: Vec<f64> = Vec::with_capacity(k + 1);
        self.search(of, (0, self.order.len()), &mut |position, squared| {
            if position as usize != of {
                let at = least.partition_point(|known| *known <= squared);
                if at < k {
                    least.insert(at, squared);
                    least.truncate(k);
                }
            }
            if least.len() < k { f64::INFINITY } else { least.last().copied().unwrap_or(f64::INFINITY) }
        });
        least.last().map_or(0.0, |squared| squared.sqrt())
    }

    /// Shows points to `visit`, nearer branches first; it says how large a square is still of interest.
    fn search(&self, of: usize, (from, to): (usize, usize), visit: &mut impl FnMut(u32, f64) -> f64) -> f64 {
        if to - from <= LEAF {
            return self.order[from..to].iter().fold(f64::INFINITY, |_, &i| visit(i, self.squared(of, i as usize)));
        }
        let middle = from + (to - from) / 2;
        let (axis, cut) = self.cuts[middle];
        let gap = self.points[of][usize::from(axis)] - cut;
        let (low, high) = ((from, middle), (middle, to));
        let (first, second) = if gap < 0.0 { (low, high) } else { (high, low) };
        let limit = self.search(of, first, visit);
        if gap * gap <= limit { self.search(of, second, visit) } else { limit }
    }
}

fn split(points: &[[f64; 3]], members: &mut [u32], cuts: &mut [(u8, f64)]) {
    if members.len() <= LEAF {
        return;
    }
    let axis = widest(points, members);
    let middle = members.len() / 2;
    members.select_nth_unstable_by(middle, |&a, &b| {
        points[a as usize][axis].total_cmp(&points[b as usize][axis]).then(a.cmp(&b))
    });
    cuts[middle] = (axis as u8, points[members[middle] as usize][axis]);
    let (low, high) = members.split_at_mut(middle);
    let (left, right) = cuts.split_at_mut(middle);
    split(points, low, left);
    split(points, high, right);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monte::Streams;

    #[test]
    fn answers_are_those_of_looking_at_all() {
        let mut stream = Streams::new(5).stream("nearby", 0);
        let mut points: Vec<[f64; 3]> =
            (0..400).map(|_| [stream.normal(), stream.normal(), 0.1 * stream.normal()]).collect();
        points.extend_from_within(..20);
        let tree = Nearby::new(points.clone());
        for of in [0, 17, 200, 419] {
            let mut all: Vec<(f64, u32)> =
                (0..points.len()).filter(|&i| i != of).map(|i| (tree.squared(of, i), i as u32)).collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            for k in [1, 2, 7, 60] {
                assert_eq!(tree.reach(of, k), all[k - 1].0.sqrt());
            }
            let mut near = tree.within(of, 0.5);
            near.sort_unstable();
            let mut expected: Vec<u32> = all.iter().filter(|(d, _)| *d <= 0.25).map(|(_, i)| *i).collect();
            expected.sort_unstable();
            assert_eq!(near, expected);
        }
        assert!(tree.reach(3, 10_000) > 0.0);
    }
}
