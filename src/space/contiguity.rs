//! Contiguity: regions that share a border.
//!
//! Queen: a common point; rook: a common edge, which in a TopoJSON file is a common arc. Both are symmetric by
//! construction. Points are compared bit by bit (see [`Polygons`]); a tolerance for imprecise borders is that of
//! [`Polygons::contiguous_within`].

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::polygons::{Polygons, edge_key, key};

/// Which contact makes two regions neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contiguity {
    /// A common point or edge.
    Queen,
    /// A common edge.
    Rook,
}

impl Polygons {
    /// Pairs of neighbours in both directions, as positions in [`Polygons::ids`], ascending.
    pub fn contiguous(&self, contiguity: Contiguity) -> Vec<(usize, usize)> {
        let rings = || {
            self.shapes
                .iter()
                .enumerate()
                .flat_map(|(region, shape)| shape.rings.iter().map(move |ring| (region, ring)))
        };
        match contiguity {
            Contiguity::Queen => {
                meetings(rings().flat_map(|(region, ring)| ring.iter().map(move |&point| (key(point), region))))
            }
            Contiguity::Rook => meetings(
                rings()
                    .flat_map(|(region, ring)| ring.windows(2).map(move |pair| (edge_key(pair[0], pair[1]), region))),
            ),
        }
    }
}

/// All ordered pairs of distinct regions that meet at a key.
fn meetings<K: Eq + Hash>(touches: impl Iterator<Item = (K, usize)>) -> Vec<(usize, usize)> {
    let mut at: HashMap<K, Vec<usize>> = HashMap::new();
    for (key, region) in touches {
        let regions = at.entry(key).or_default();
        if !regions.contains(&region) {
            regions.push(region);
        }
    }
    let mut pairs = BTreeSet::new();
    for regions in at.values().filter(|regions| regions.len() > 1) {
        for &r in regions {
            pairs.extend(regions.iter().filter(|&&s| s != r).map(|&s| (r, s)));
        }
    }
    pairs.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::PolygonSource;
    use super::*;

    /// Four squares around one point, as TopoJSON with shared arcs: `a b / c d`.
    const FOUR: &str = r#"{"type":"Topology","transform":{"scale":[0.1,0.1],"translate":[0,0]},
        "objects":{"squares":{"type":"GeometryCollection","geometries":[
            {"type":"Polygon","id":"a","arcs":[[0,-2,4]]},{"type":"Polygon","id":"b","arcs":[[1,2,5]]},
            {"type":"Polygon","id":"c","arcs":[[-1,6,-4]]},{"type":"MultiPolygon","id":"d","arcs":[[[-3,3,7]]]},
            {"type":"Polygon","id":"far","arcs":[[8]]},{"type":null,"id":"empty"}]}},
        "arcs":[[[0,10],[10,0]],[[10,20],[0,-10]],[[10,10],[10,0]],[[10,10],[0,-10]],
            [[10,20],[-10,0],[0,-10]],[[20,10],[0,10],[-10,0]],[[0,10],[0,-10],[10,0]],[[10,0],[10,0],[0,10]],
            [[50,50],[10,0],[0,10],[-10,-10]]]}"#;

    #[test]
    fn queen_includes_the_corner_and_rook_does_not() {
        let four = Polygons::parse(FOUR.as_bytes(), &PolygonSource::default()).unwrap();
        assert_eq!(four.ids, ["a", "b", "c", "d", "far", "empty"]);
        assert!(!four.projected);
        let queen = four.contiguous(Contiguity::Queen);
        assert_eq!(queen.len(), 12);
        assert!(queen.contains(&(0, 3)) && queen.contains(&(3, 0)));
        let rook = four.contiguous(Contiguity::Rook);
        assert_eq!(rook, [(0, 1), (0, 2), (1, 0), (1, 3), (2, 0), (2, 3), (3, 1), (3, 2)]);
        assert!(rook.iter().all(|&(r, s)| rook.contains(&(s, r))));
    }

    #[test]
    fn the_four_corners_are_queen_neighbours() {
        let text = include_bytes!("../../data/us-states/states.json");
        let states = Polygons::parse(text, &PolygonSource { object: None, id: Some("name".into()) }).unwrap();
        assert_eq!(states.n(), 51);
        let pairs = |contiguity| -> Vec<(&str, &str)> {
            let positions = states.contiguous(contiguity);
            positions.into_iter().map(|(r, s)| (states.ids[r].as_str(), states.ids[s].as_str())).collect()
        };
        let (queen, rook) = (pairs(Contiguity::Queen), pairs(Contiguity::Rook));
        for pair in [("Arizona", "Colorado"), ("Utah", "New Mexico")] {
            assert!(queen.contains(&pair) && !rook.contains(&pair));
        }
        assert_eq!(queen.len(), rook.len() + 4);
        assert!(!queen.iter().any(|&(r, _)| r == "Alaska" || r == "Hawaii"));
        let near_boston = queen.iter().filter(|&&(r, _)| r == "Massachusetts").count();
        assert_eq!(near_boston, 5);
    }
}
