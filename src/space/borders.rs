//! Contiguity of imprecise borders: outlines that come within a tolerance of each other.
//!
//! Queen: some point of one outline lies within the tolerance of the other, so that points near each other count as the same and a corner near
//! an edge as on it. Rook: the outlines run side by side, within the tolerance, for more than [`LEAST_LENGTH`] times the tolerance; less is
//! what a corner leaves where imprecise outlines lie over each other. What is contiguous exactly stays so. Pairs of regions are taken whole:
//! the answer is symmetric and the same in any order of the file, and near points do not chain, so a tolerance above the distance of points
//! along a border does no harm.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::contiguity::Contiguity;
use super::overlap::{Extent, extent};
use super::polygons::{Polygons, Shape};

/// How many tolerances of common border make rook neighbours.
pub const LEAST_LENGTH: f64 = 2.0;

type Point = [f64; 2];
type Edge = [Point; 2];

impl Polygons {
    /// As [`Polygons::contiguous`], where points at most `tolerance` apart (units of the coordinates) may be the same.
    pub fn contiguous_within(&self, contiguity: Contiguity, tolerance: f64) -> Vec<(usize, usize)> {
        let exact = self.contiguous(contiguity);
        if tolerance <= 0.0 {
            return exact;
        }
        let mut pairs: BTreeSet<(usize, usize)> = exact.into_iter().collect();
        let meet = |&(r, s, common): &(usize, usize, Extent)| {
            let [one, other] = [r, s].map(|region| Border::within(&self.shapes[region], common));
            match contiguity {
                Contiguity::Queen => one.touches(&other, tolerance),
                Contiguity::Rook => {
                    let least = LEAST_LENGTH * tolerance;
                    one.along(&other, tolerance) > least || other.along(&one, tolerance) > least
                }
            }
        };
        let near = self.near_each_other(tolerance);
        let found: Vec<_> =
            near.into_par_iter().filter(|pair| !pairs.contains(&(pair.0, pair.1)) && meet(pair)).collect();
        pairs.extend(found.into_iter().flat_map(|(r, s, _)| [(r, s), (s, r)]));
        pairs.into_iter().collect()
    }

    /// Pairs of regions whose boxes come within the tolerance, with what the boxes have in common, wider by the tolerance.
    fn near_each_other(&self, tolerance: f64) -> Vec<(usize, usize, Extent)> {
        let wider = |[west, south, east, north]: Extent| {
            [west - tolerance, south - tolerance, east + tolerance, north + tolerance]
        };
        let boxes: Vec<Extent> = self.shapes.iter().map(|shape| wider(extent(shape))).collect();
        let mut order: Vec<usize> = (0..self.n()).filter(|&r| boxes[r][0] <= boxes[r][2]).collect();
        order.sort_by(|&a, &b| boxes[a][0].total_cmp(&boxes[b][0]));
        let mut out = Vec::new();
        for (k, &r) in order.iter().enumerate() {
            for &s in order[k + 1..].iter().take_while(|&&s| boxes[s][0] <= boxes[r][2]) {
                let (a, b) = (boxes[r], boxes[s]);
                let common = [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])];
                if common[1] <= common[3] {
                    out.push((r, s, common));
                }
            }
        }
        out
    }

    /// Half the root of the area of the middling region: a tolerance beyond it joins regions that are none's neighbours.
    pub fn widest_tolerance(&self) -> Option<f64> {
        let mut areas: Vec<f64> = self.shapes.iter().map(Shape::area).filter(|area| *area > 0.0).collect();
        areas.sort_by(f64::total_cmp);
        areas.get(areas.len() / 2).map(|area| area.sqrt() / 2.0)
    }
}

/// Edges of one region near another, in the order of their lower ends along the longer side of the box that both have.
struct Border {
    edges: Vec<Edge>,
    axis: usize,
    /// The longest stretch of an edge along the axis.
    longest: f64,
}

impl Border {
    fn within(shape: &Shape, [west, south, east, north]: Extent) -> Self {
        let axis = usize::from(north - south > east - west);
        let meets = |[a, b]: &Edge| {
            let (low, high) = ([0, 1].map(|k| a[k].min(b[k])), [0, 1].map(|k| a[k].max(b[k])));
            low[0] <= east && high[0] >= west && low[1] <= north && high[1] >= south
        };
        let all = shape.rings.iter().flat_map(|ring| ring.windows(2)).map(|pair| [pair[0], pair[1]]);
        let mut edges: Vec<Edge> = all.filter(meets).collect();
        edges.sort_by(|a, b| low(a, axis).total_cmp(&low(b, axis)));
        let longest = edges.iter().map(|edge| high(edge, axis) - low(edge, axis)).fold(0.0, f64::max);
        Border { edges, axis, longest }
    }

    /// Edges whose stretch along the axis comes within the tolerance of that of another edge.
    fn beside(&self, edge: &Edge, tolerance: f64) -> impl Iterator<Item = &Edge> {
        let (from, to) = (low(edge, self.axis) - tolerance, high(edge, self.axis) + tolerance);
        let first = self.edges.partition_point(|other| low(other, self.axis) < from - self.longest);
        let last = self.edges.partition_point(|other| low(other, self.axis) <= to);
        self.edges[first..last.max(first)].iter().filter(move |other| high(other, self.axis) >= from)
    }

    /// Whether the two come within the tolerance of each other.
    fn touches(&self, other: &Border, tolerance: f64) -> bool {
        self.edges.iter().any(|edge| other.beside(edge, tolerance).any(|beside| meet(edge, beside, tolerance)))
    }

    /// The length of this border that has the other beside it.
    fn along(&self, other: &Border, tolerance: f64) -> f64 {
        let of_edge = |edge: &Edge| {
            covered(other.beside(edge, tolerance).filter_map(|beside| stretch(edge, beside, tolerance)).collect())
        };
        self.edges.iter().map(of_edge).sum()
    }
}

fn low([a, b]: &Edge, axis: usize) -> f64 {
    a[axis].min(b[axis])
}

fn high([a, b]: &Edge, axis: usize) -> f64 {
    a[axis].max(b[axis])
}

/// Whether two edges cross or an end of one lies within the tolerance of the other.
fn meet(one: &Edge, other: &Edge, tolerance: f64) -> bool {
    let near = |point: Point, edge: &Edge| squared_distance(point, edge) <= tolerance * tolerance;
    let splits = |[a, b]: &Edge, [c, d]: &Edge| side(*a, *b, *c) * side(*a, *b, *d) < 0.0;
    one.iter().any(|&end| near(end, other))
        || other.iter().any(|&end| near(end, one))
        || (splits(one, other) && splits(other, one))
}

/// Twice the signed area of a triangle: on which side of the line from `a` to `b` the point `c` lies.
fn side(a: Point, b: Point, c: Point) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

fn squared_distance([x, y]: Point, [a, b]: &Edge) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let square = dx * dx + dy * dy;
    let along = if square > 0.0 { (((x - a[0]) * dx + (y - a[1]) * dy) / square).clamp(0.0, 1.0) } else { 0.0 };
    let (ex, ey) = (x - a[0] - along * dx, y - a[1] - along * dy);
    ex * ex + ey * ey
}

/// The stretch of an edge (from its first end) beside which another runs: what of the other lies within the tolerance of the edge's line, seen
/// at a right angle. An edge across has none.
fn stretch(edge: &Edge, other: &Edge, tolerance: f64) -> Option<(f64, f64)> {
    let [a, b] = *edge;
    let length = (b[0] - a[0]).hypot(b[1] - a[1]);
    let unit = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
    let place = |p: Point| {
        let (x, y) = (p[0] - a[0], p[1] - a[1]);
        (x * unit[0] + y * unit[1], y * unit[0] - x * unit[1])
    };
    let ((t0, h0), (t1, h1)) = (place(other[0]), place(other[1]));
    // The part `from..to` of the other edge whose height is within the tolerance.
    let (from, to) = if h0 == h1 {
        if h0.abs() <= tolerance { (0.0, 1.0) } else { return None }
    } else {
        let (u, v) = ((-tolerance - h0) / (h1 - h0), (tolerance - h0) / (h1 - h0));
        (u.min(v).max(0.0), u.max(v).min(1.0))
    };
    let (p, q) = (t0 + from * (t1 - t0), t0 + to * (t1 - t0));
    let (start, end) = (p.min(q).max(0.0), p.max(q).min(length));
    (from <= to && start < end).then_some((start, end))
}

/// The length of a union of stretches.
fn covered(mut stretches: Vec<(f64, f64)>) -> f64 {
    stretches.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (mut length, mut reached) = (0.0, f64::NEG_INFINITY);
    for (start, end) in stretches {
        length += (end - start.max(reached)).max(0.0);
        reached = reached.max(end);
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygons(rings: &[Vec<Point>]) -> Polygons {
        let closed = |ring: &Vec<Point>| ring.iter().chain(ring.first()).copied().collect();
        Polygons {
            ids: (0..rings.len()).map(|k| k.to_string()).collect(),
            names: vec![None; rings.len()],
            shapes: rings.iter().map(|ring| Shape { rings: vec![closed(ring)] }).collect(),
            projected: false,
        }
    }

    fn square(x: f64, y: f64) -> Vec<Point> {
        vec![[x, y], [x + 1.0, y], [x + 1.0, y + 1.0], [x, y + 1.0]]
    }

    /// Four squares around a point, each pushed a little, two of them over the others; and one that touches the middle of an edge.
    fn pushed() -> Polygons {
        let mut rings: Vec<_> =
            [(0.0, 1.0), (0.999, 1.0005), (0.0004, 0.0008), (1.0009, -0.0004)].map(|(x, y)| square(x, y)).to_vec();
        rings.push(vec![[2.0017, 0.5], [3.0, 0.2], [3.0, 0.8]]);
        polygons(&rings)
    }

    #[test]
    fn what_lies_within_the_tolerance_touches() {
        let pushed = pushed();
        assert!(pushed.contiguous_within(Contiguity::Queen, 0.0).is_empty());
        let queen = pushed.contiguous_within(Contiguity::Queen, 0.002);
        let expected = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3), (3, 4)];
        let both: BTreeSet<_> = expected.iter().flat_map(|&(r, s)| [(r, s), (s, r)]).collect();
        assert_eq!(queen, both.iter().copied().collect::<Vec<_>>());
        let rook = pushed.contiguous_within(Contiguity::Rook, 0.002);
        let sides = [(0, 1), (0, 2), (1, 3), (2, 3)];
        assert_eq!(rook.len(), 8);
        assert!(sides.iter().all(|&(r, s)| rook.contains(&(r, s)) && rook.contains(&(s, r))));
        // The tip is 0.0008 away from the edge.
        assert!(!pushed.contiguous_within(Contiguity::Queen, 0.0007).contains(&(3, 4)));
    }

    #[test]
    fn order_of_regions_and_points_does_not_matter() {
        let mut turned = pushed();
        turned.shapes.reverse();
        turned.shapes.iter_mut().for_each(|shape| shape.rings[0].reverse());
        for contiguity in [Contiguity::Queen, Contiguity::Rook] {
            let pairs = pushed().contiguous_within(contiguity, 0.002);
            let mut expected: Vec<_> = pairs.iter().map(|&(r, s)| (4 - r, 4 - s)).collect();
            expected.sort_unstable();
            assert_eq!(turned.contiguous_within(contiguity, 0.002), expected);
        }
    }

    #[test]
    fn borders_cut_into_other_edges_run_along() {
        // The right side of one square has the three points of another's left side nowhere near its own ends.
        let right = vec![[1.001, 0.3], [2.0, 0.3], [2.0, 0.7], [1.0, 0.7], [1.0005, 0.5]];
        let pair = polygons(&[square(0.0, 0.0), right]);
        assert!(pair.contiguous(Contiguity::Queen).is_empty());
        assert_eq!(pair.contiguous_within(Contiguity::Rook, 0.002), [(0, 1), (1, 0)]);
    }

    #[test]
    fn edges_that_cross_meet_and_points_along_a_border_do_not_chain() {
        let cross = polygons(&[
            vec![[0.0, 0.0], [4.0, 0.0], [4.0, 1.0], [0.0, 1.0]],
            vec![[1.0, -1.0], [2.0, -1.0], [2.0, 2.0], [1.0, 2.0]],
        ]);
        assert_eq!(cross.contiguous_within(Contiguity::Queen, 0.01), [(0, 1), (1, 0)]);
        let dense = |x: f64| -> Vec<Point> {
            let up = (0..100).map(|k| [x, f64::from(k) / 100.0]);
            up.chain((0..100).map(|k| [x + 1.0, 1.0 - f64::from(k) / 100.0])).collect()
        };
        let strips = polygons(&[dense(0.0), dense(1.01), dense(2.02)]);
        assert_eq!(strips.contiguous_within(Contiguity::Queen, 0.015), [(0, 1), (1, 0), (1, 2), (2, 1)]);
    }
}
