//! Contiguity of a shapefile against libpysal (exact) and spdep (`snap`): every case of `cases/contiguity.json`.
//!
//! The jitter is the cases' own: with region `k` and point `n` of a ring both counted from one, and `j` the jitter, `x` moves by
//! `j sin(37 k) + j/2 sin(1000 k + 17 n)` and `y` by the same of cosines; the last point of a ring is its first.
//!
//! spdep's rook neighbours have more than one point in common within `snap`; isard's a common border longer than twice the tolerance. At 0.01 all
//! pairs are the same. At 0.02 spdep has three pairs more that meet at a corner only (libpysal has none of them), and one whose border is
//! 0.027 long.

use std::collections::BTreeSet;
use std::path::Path;

use isard::space::{Contiguity, PolygonSource, Polygons, Shapefile};
use serde_json::Value;

use crate::csv::data_file;

fn columbus() -> Polygons {
    let read =
        |part: &str| std::fs::read(data_file("tests/reference/data", &format!("columbus.{part}")).unwrap()).unwrap();
    let (outlines, index, table) = (read("shp"), read("shx"), read("dbf"));
    let source = PolygonSource { object: None, id: Some("POLYID".into()) };
    let of = |index| {
        let file = Shapefile { outlines: &outlines, index, table: &table, system: None };
        Polygons::from_shapefile(&file, &source).unwrap()
    };
    let polygons = of(Some(index.as_slice()));
    assert_eq!(polygons, of(None), "records stand in order, so that the index adds nothing");
    polygons
}

fn jittered(mut polygons: Polygons, jitter: f64) -> Polygons {
    for (k, shape) in polygons.shapes.iter_mut().enumerate() {
        let k = (k + 1) as f64;
        for ring in &mut shape.rings {
            for (n, point) in ring.iter_mut().enumerate() {
                let (whole, own) = (37.0 * k, 1000.0 * k + 17.0 * (n + 1) as f64);
                point[0] += jitter * whole.sin() + jitter / 2.0 * own.sin();
                point[1] += jitter * whole.cos() + jitter / 2.0 * own.cos();
            }
            if let (Some(&first), Some(last)) = (ring.first().cloned().as_ref(), ring.last_mut()) {
                *last = first;
            }
        }
    }
    polygons
}

#[test]
fn contiguity_family() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/cases/contiguity.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let exact = columbus();
    assert_eq!((exact.n(), exact.projected), (49, false));
    for case in &cases {
        let number = |key: &str| case["model"][key].as_f64().unwrap();
        let contiguity: Contiguity = serde_json::from_value(case["model"]["contiguity"].clone()).unwrap();
        let polygons = jittered(exact.clone(), number("jitter"));
        let found = polygons.contiguous_within(contiguity, number("tolerance"));
        let sorted = |a: &str, b: &str| if a < b { format!("{a} {b}") } else { format!("{b} {a}") };
        let got: BTreeSet<String> = found.iter().map(|&(r, s)| sorted(&polygons.ids[r], &polygons.ids[s])).collect();
        let links = case["results"]["links"].as_array().unwrap();
        let mut expected: BTreeSet<String> = links.iter().map(|link| link.as_str().unwrap().to_string()).collect();
        if case["id"] == "contiguity/columbus_jittered_rook_0.02" {
            assert!(["24 29", "25 28", "26 29", "14 16"].iter().all(|pair| expected.remove(*pair)));
        }
        assert_eq!(got, expected, "{}", case["id"]);
        assert_eq!(found.len(), 2 * got.len());
    }
}
