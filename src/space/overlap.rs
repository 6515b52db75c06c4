//! Regions whose outlines lie over each other.
//!
//! Neighbours that share a border have its points in common; a corner of one that lies inside the other, farther from its border than a share of
//! its size, does not belong to a border. Slivers of imprecise borders are no overlap.

use std::collections::HashSet;

use super::polygons::{Polygons, Shape, key};

/// How far inside a corner must lie, as a share of the root of the smaller region's area.
const DEPTH: f64 = 0.02;

/// A region's box: west, south, east, north.
pub(super) type Extent = [f64; 4];

impl Polygons {
    /// Pairs of regions (positions, ascending) of which one has a corner well inside the other.
    pub fn overlapping(&self) -> Vec<(usize, usize)> {
        let boxes: Vec<Extent> = self.shapes.iter().map(extent).collect();
        let areas: Vec<f64> = self.shapes.iter().map(Shape::area).collect();
        let mut order: Vec<usize> = (0..self.n()).filter(|&r| areas[r] > 0.0).collect();
        order.sort_by(|&a, &b| boxes[a][0].total_cmp(&boxes[b][0]).then(a.cmp(&b)));
        let mut out = Vec::new();
        for (k, &r) in order.iter().enumerate() {
            for &s in order[k + 1..].iter().take_while(|&&s| boxes[s][0] < boxes[r][2]) {
                let meets = boxes[s][1] < boxes[r][3] && boxes[r][1] < boxes[s][3];
                let depth = DEPTH * areas[r].min(areas[s]).sqrt();
                if meets && (self.intrudes(r, s, (&boxes[s], depth)) || self.intrudes(s, r, (&boxes[r], depth))) {
                    out.push((r.min(s), r.max(s)));
                }
            }
        }
        out.sort_unstable();
        out
    }

    /// Whether a corner of one region that the other does not have lies deep inside the other.
    fn intrudes(&self, one: usize, other: usize, ([west, south, east, north], depth): (&Extent, f64)) -> bool {
        let (one, other) = (&self.shapes[one], &self.shapes[other]);
        let corners = one.rings.iter().flatten().filter(|[x, y]| x > west && x < east && y > south && y < north);
        let mut known: Option<HashSet<(u64, u64)>> = None;
        for &point in corners {
            let shared = known.get_or_insert_with(|| other.rings.iter().flatten().map(|&p| key(p)).collect());
            if !shared.contains(&key(point)) && other.holds(point) && other.distance_to_border(point) > depth {
                return true;
            }
        }
        false
    }
}

/// The box of a shape; from infinity to minus infinity where it has no point.
pub(super) fn extent(shape: &Shape) -> Extent {
    let first = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    shape.rings.iter().flatten().fold(first, |[a, b, c, d], &[x, y]| [a.min(x), b.min(y), c.max(x), d.max(y)])
}

impl Shape {
    /// Whether a point lies in the area: inside an odd number of rings.
    fn holds(&self, [x, y]: [f64; 2]) -> bool {
        let edges = self.rings.iter().flat_map(|ring| ring.windows(2));
        let crossings = edges.filter(|pair| {
            let ([ax, ay], [bx, by]) = (pair[0], pair[1]);
            (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
        });
        crossings.count() % 2 == 1
    }

    fn distance_to_border(&self, [x, y]: [f64; 2]) -> f64 {
        let to_edge = |pair: &[[f64; 2]]| {
            let ([ax, ay], [bx, by]) = (pair[0], pair[1]);
            let (dx, dy) = (bx - ax, by - ay);
            let length = dx * dx + dy * dy;
            let share = if length > 0.0 { (((x - ax) * dx + (y - ay) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
            (x - ax - share * dx).hypot(y - ay - share * dy)
        };
        self.rings.iter().flat_map(|ring| ring.windows(2).map(to_edge)).fold(f64::INFINITY, f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::super::PolygonSource;
    use super::*;

    fn squares(corners: &[(f64, f64)]) -> Polygons {
        let square = |x: f64, y: f64| vec![[x, y], [x + 1.0, y], [x + 1.0, y + 1.0], [x, y + 1.0], [x, y]];
        Polygons {
            ids: (0..corners.len()).map(|k| format!("r{k}")).collect(),
            names: vec![None; corners.len()],
            shapes: corners.iter().map(|&(x, y)| Shape { rings: vec![square(x, y)] }).collect(),
            projected: false,
        }
    }

    #[test]
    fn borders_and_slivers_are_no_overlap() {
        assert!(squares(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.999, -1.0)]).overlapping().is_empty());
        assert_eq!(squares(&[(0.0, 0.0), (0.5, 0.5), (5.0, 5.0), (5.1, 5.1)]).overlapping(), [(0, 1), (2, 3)]);
        let text = include_bytes!("../../data/us-states/states.json");
        let states = Polygons::parse(text, &PolygonSource { object: None, id: Some("name".into()) }).unwrap();
        assert!(states.overlapping().is_empty());
    }
}
