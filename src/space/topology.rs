//! [`Topology`]: outlines cut into the arcs that regions share, to simplify them without tearing borders apart and to
//! write small TopoJSON.
//!
//! A point where other than two different edges meet is a junction; rings are cut there, and equal arcs are stored once.
//! Arcs are simplified by Visvalingam and Whyatt (1993): the point whose triangle with its neighbours is smallest goes
//! first. Junctions stay, so contiguity stays.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::Polygons;
use super::distance::moments;
use super::polygons::{Ring, key};

/// Regions as rings of shared arcs.
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    ids: Vec<String>,
    names: Vec<Option<String>>,
    arcs: Vec<Ring>,
    /// Per region its rings, each a list of arcs; `!k` is arc `k` backwards.
    rings: Vec<Vec<Vec<i64>>>,
}

impl Topology {
    /// Cuts outlines into arcs.
    pub fn new(polygons: &Polygons) -> Self {
        let junctions = junctions(polygons);
        let mut arcs = Arcs::default();
        let cut = |ring: &Ring, arcs: &mut Arcs| pieces(ring, &junctions).iter().map(|arc| arcs.index(arc)).collect();
        let rings = polygons
            .shapes
            .iter()
            .map(|shape| shape.rings.iter().filter(|ring| ring.len() >= 4).map(|ring| cut(ring, &mut arcs)).collect())
            .collect();
        Topology { ids: polygons.ids.clone(), names: polygons.names.clone(), arcs: arcs.list, rings }
    }

    /// Takes out points whose triangle is smaller than `area` (square units of the coordinates), and rings smaller than
    /// that unless they are the largest of their region.
    pub fn simplified(mut self, area: f64) -> Self {
        let small: Vec<Vec<bool>> = self.rings.iter().map(|rings| self.small(rings, area)).collect();
        for (rings, small) in self.rings.iter_mut().zip(small) {
            let mut small = small.into_iter();
            rings.retain(|_| !small.next().unwrap_or(false));
        }
        self.arcs.iter_mut().for_each(|arc| thin(arc, area));
        self
    }

    /// Which rings of a region may go: those made of one arc of their own (no neighbour) and small, but the largest.
    fn small(&self, rings: &[Vec<i64>], area: f64) -> Vec<bool> {
        let areas: Vec<f64> = rings.iter().map(|ring| moments(&self.points(ring)).0).collect();
        let largest = areas.iter().copied().fold(0.0, f64::max);
        rings.iter().zip(&areas).map(|(ring, &a)| ring.len() == 1 && a < area && a < largest).collect()
    }

    fn points(&self, ring: &[i64]) -> Ring {
        let mut points = Ring::new();
        for &index in ring {
            let backwards = index < 0;
            let arc = &self.arcs[(if backwards { !index } else { index }) as usize];
            points.pop();
            if backwards {
                points.extend(arc.iter().rev());
            } else {
                points.extend(arc);
            }
        }
        points
    }

    /// TopoJSON text with one object, whole-number coordinates on a grid of `steps` by `steps`, and region names as
    /// properties.
    pub fn to_topojson(&self, object: &str, steps: u32) -> String {
        let points = || self.arcs.iter().flatten();
        let range = |k: usize| {
            let low = points().map(|p| p[k]).fold(f64::INFINITY, f64::min);
            let high = points().map(|p| p[k]).fold(f64::NEG_INFINITY, f64::max);
            (low, ((high - low) / f64::from(steps.max(2) - 1)).max(f64::MIN_POSITIVE))
        };
        let [(x0, dx), (y0, dy)] = if self.arcs.is_empty() { [(0.0, 1.0); 2] } else { [range(0), range(1)] };
        let grid = |p: &[f64; 2]| [((p[0] - x0) / dx).round() as i64, ((p[1] - y0) / dy).round() as i64];
        let mut kept: HashMap<i64, i64> = HashMap::new();
        let geometries: Vec<Value> = (0..self.ids.len()).map(|region| self.geometry(region, &mut kept)).collect();
        let mut used: Vec<(i64, i64)> = kept.into_iter().map(|(old, new)| (new, old)).collect();
        used.sort_unstable();
        let arcs: Vec<Vec<[i64; 2]>> =
            used.iter().map(|&(_, old)| differences(&self.arcs[old as usize], grid)).collect();
        json!({
            "type": "Topology",
            "transform": { "scale": [dx, dy], "translate": [x0, y0] },
            "objects": { object: { "type": "GeometryCollection", "geometries": geometries } },
            "arcs": arcs,
        })
        .to_string()
    }

    /// A region as a MultiPolygon of its rings; arcs are numbered anew in order of use.
    fn geometry(&self, region: usize, kept: &mut HashMap<i64, i64>) -> Value {
        let mut number = |index: i64| {
            let next = kept.len() as i64;
            let new = *kept.entry(if index < 0 { !index } else { index }).or_insert(next);
            if index < 0 { !new } else { new }
        };
        let rings: Vec<Vec<Vec<i64>>> =
            self.rings[region].iter().map(|ring| vec![ring.iter().map(|&index| number(index)).collect()]).collect();
        let properties = self.names[region].as_ref().map_or(json!({}), |name| json!({ "name": name }));
        json!({ "type": "MultiPolygon", "id": self.ids[region], "properties": properties, "arcs": rings })
    }
}

/// Arcs seen so far, each once in either direction.
#[derive(Default)]
struct Arcs {
    list: Vec<Ring>,
    seen: HashMap<Vec<(u64, u64)>, i64>,
}

impl Arcs {
    fn index(&mut self, arc: &Ring) -> i64 {
        let forward: Vec<(u64, u64)> = arc.iter().map(|&p| key(p)).collect();
        let backward: Vec<(u64, u64)> = forward.iter().rev().copied().collect();
        if let Some(&k) = self.seen.get(&forward) {
            return k;
        }
        if let Some(&k) = self.seen.get(&backward) {
            return !k;
        }
        let k = self.list.len() as i64;
        self.seen.insert(forward, k);
        self.list.push(arc.clone());
        k
    }
}

/// Points where other than two different edges meet, over all regions.
fn junctions(polygons: &Polygons) -> HashSet<(u64, u64)> {
    let mut around: HashMap<(u64, u64), Vec<(u64, u64)>> = HashMap::new();
    for pair in polygons.shapes.iter().flat_map(|shape| &shape.rings).flat_map(|ring| ring.windows(2)) {
        let (a, b) = (key(pair[0]), key(pair[1]));
        for (from, to) in [(a, b), (b, a)] {
            let list = around.entry(from).or_default();
            if !list.contains(&to) {
                list.push(to);
            }
        }
    }
    around.into_iter().filter(|(_, others)| others.len() != 2).map(|(point, _)| point).collect()
}

/// A ring cut at junctions. Without one it stays whole and starts at its smallest point, the same for both sides.
fn pieces(ring: &Ring, junctions: &HashSet<(u64, u64)>) -> Vec<Ring> {
    let open = &ring[..ring.len() - 1];
    let first = open.iter().position(|&p| junctions.contains(&key(p)));
    let smallest = || (0..open.len()).min_by_key(|&k| key(open[k])).unwrap_or(0);
    let start = first.unwrap_or_else(smallest);
    let mut around: Ring = open[start..].iter().chain(&open[..start]).copied().collect();
    around.push(open[start]);
    let mut out = Vec::new();
    let mut arc = Ring::new();
    for (k, &point) in around.iter().enumerate() {
        arc.push(point);
        if k > 0 && (k + 1 == around.len() || junctions.contains(&key(point))) {
            out.push(std::mem::replace(&mut arc, vec![point]));
        }
    }
    out
}

/// Visvalingam-Whyatt on one arc; ends stay, and a closed arc keeps at least a triangle.
fn thin(arc: &mut Ring, area: f64) {
    let closed = arc.first().map(|&p| key(p)) == arc.last().map(|&p| key(p));
    let least = if closed { 4 } else { 3 };
    while arc.len() > least {
        let smallest = arc
            .windows(3)
            .enumerate()
            .map(|(k, w)| (moments(&vec![w[0], w[1], w[2], w[0]]).0, k + 1))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        match smallest {
            Some((size, k)) if size < area => arc.remove(k),
            _ => break,
        };
    }
}

/// The first point, then steps; points that fall on the one before are left out unless the arc would vanish.
fn differences(arc: &Ring, grid: impl Fn(&[f64; 2]) -> [i64; 2]) -> Vec<[i64; 2]> {
    let mut points: Vec<[i64; 2]> = arc.iter().map(grid).collect();
    points.dedup();
    if let [only] = points.as_slice() {
        points.push(*only);
    }
    let mut before = [0, 0];
    points
        .into_iter()
        .map(|point| {
            let step = [point[0] - before[0], point[1] - before[1]];
            before = point;
            step
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Contiguity, PolygonSource, Shape};
    use super::*;

    #[test]
    fn writing_and_reading_keeps_areas_and_neighbours() {
        let square = |x: f64, y: f64| vec![[x, y], [x + 1.0, y], [x + 1.0, y + 1.0], [x, y + 1.0], [x, y]];
        let mut wavy = square(0.0, 0.0);
        wavy.insert(1, [0.5, 0.001]);
        let polygons = Polygons {
            ids: ["a", "b", "c"].map(String::from).to_vec(),
            names: vec![Some("A".into()), None, None],
            shapes: [wavy, square(1.0, 0.0), square(1.0, 1.0)].map(|ring| Shape { rings: vec![ring] }).to_vec(),
            projected: false,
        };
        let text = Topology::new(&polygons).simplified(0.01).to_topojson("regions", 1001);
        let read = Polygons::parse(text.as_bytes(), &PolygonSource::default()).unwrap();
        assert_eq!((&read.ids, &read.names), (&polygons.ids, &polygons.names));
        assert_eq!(read.contiguous(Contiguity::Queen), polygons.contiguous(Contiguity::Queen));
        assert_eq!(read.contiguous(Contiguity::Rook), polygons.contiguous(Contiguity::Rook));
        for (after, before) in read.shapes.iter().zip(&polygons.shapes) {
            assert!((after.area() - before.area()).abs() < 0.01);
        }
    }
}
