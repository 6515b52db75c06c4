use super::*;
use crate::describe::{Scheme, breaks};

fn square(x: f64, y: f64) -> Ring {
    vec![(x, y), (x + 1.0, y), (x + 1.0, y + 1.0), (x, y + 1.0), (x, y)]
}

/// A board of squares whose values are given row by row.
fn board(columns: usize, values: &[Option<f64>], scheme: Scheme, k: usize) -> MapPlot {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let shape = |(index, value): (usize, &Option<f64>)| Shape {
        name: format!("Region {index} & Sons"),
        rings: vec![square((index % columns) as f64, (index / columns) as f64)],
        value: *value,
    };
    MapPlot {
        frame: Frame { title: "Specialisation".into(), note: Some("Borders: us-atlas.".into()), synthetic: true },
        label: "Location quotient, mean of industries".into(),
        shapes: values.iter().enumerate().map(shape).collect(),
        classes: breaks(&known, scheme, k).unwrap(),
        outlines: vec![],
        direction: Direction::Down,
    }
}

#[test]
fn a_small_map() {
    let plot = board(4, &[Some(0.1), Some(0.4), None, Some(1.2)], Scheme::Quantile, 3);
    insta::assert_snapshot!(choropleth(&plot).as_str());
}

#[test]
fn every_region_has_a_shape_and_the_missing_are_hatched() {
    let values: Vec<Option<f64>> = (0..60).map(|k| (k % 7 != 0).then(|| (f64::from(k) * 0.7).sin() * 0.2)).collect();
    let svg = choropleth(&board(12, &values, Scheme::Diverging, 7));
    assert_eq!(svg.as_str().matches("<path fill").count(), 60);
    assert!(svg.as_str().contains("no data (9)"));
    crate::report::figure::show(&svg, "map-board");
    let same = choropleth(&board(10, &[Some(3.0); 20], Scheme::Quantile, 5));
    crate::report::figure::show(&same, "map-one-value");
}

#[test]
fn states_of_the_union_fit_into_a_small_file() {
    let Ok(text) = std::fs::read_to_string(std::env::var("ISARD_COUNTIES").unwrap_or_default()) else { return };
    let topology: serde_json::Value = serde_json::from_str(&text).unwrap();
    let layer = |name: &str| crate::report::map::choropleth::tests::rings_of(&topology, name);
    for (name, scheme, k) in
        [("states", Scheme::Quantile, 5), ("states", Scheme::Diverging, 7), ("counties", Scheme::Equal, 7)]
    {
        let regions = layer(name);
        let values: Vec<Option<f64>> = (0..regions.len())
            .map(|i| (i % 11 != 3).then(|| ((i * i) as f64).sin() * 40_000.0 * ((i % 5) as f64)))
            .collect();
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        let shapes = regions
            .into_iter()
            .zip(&values)
            .map(|((name, rings), value)| Shape { name, rings, value: *value })
            .collect();
        let outlines = layer("states").into_iter().flat_map(|state| state.1).collect();
        let plot = MapPlot {
            frame: Frame {
                title: format!("Employment, {name}"),
                note: Some(
                    "Source: County Business Patterns 2018; borders: us-atlas 3.0.1 (US Census Bureau, public domain)."
                        .into(),
                ),
                synthetic: name == "counties",
            },
            label: "Employment, sum of industries, 2018".into(),
            shapes,
            classes: breaks(&known, scheme, k).unwrap(),
            outlines,
            direction: Direction::Down,
        };
        let svg = choropleth(&plot);
        eprintln!("{name}: {} bytes", svg.as_str().len());
        crate::report::figure::show(&svg, &format!("map-{name}-{k}"));
    }
}

fn rings_of(topology: &serde_json::Value, layer: &str) -> Vec<(String, Vec<Ring>)> {
    let (scale, shift) = (&topology["transform"]["scale"], &topology["transform"]["translate"]);
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let arcs: Vec<Ring> = topology["arcs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arc| {
            let (mut x, mut y) = (0.0, 0.0);
            arc.as_array()
                .unwrap()
                .iter()
                .map(|step| {
                    x += number(&step[0]);
                    y += number(&step[1]);
                    (x * number(&scale[0]) + number(&shift[0]), y * number(&scale[1]) + number(&shift[1]))
                })
                .collect()
        })
        .collect();
    let ring = |indices: &serde_json::Value| -> Ring {
        indices
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|index| {
                let index = index.as_i64().unwrap();
                if index >= 0 {
                    arcs[index as usize].clone()
                } else {
                    arcs[!index as usize].iter().rev().copied().collect()
                }
            })
            .collect()
    };
    topology["objects"][layer]["geometries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| {
            let polygons: Vec<&serde_json::Value> =
                if g["type"] == "Polygon" { vec![&g["arcs"]] } else { g["arcs"].as_array().unwrap().iter().collect() };
            let rings = polygons.iter().flat_map(|p| p.as_array().unwrap().iter().map(ring)).collect();
            (g["properties"]["name"].as_str().unwrap_or("?").to_owned(), rings)
        })
        .collect()
}
