use super::*;
use crate::describe::{Scheme, breaks};
use crate::report::figure::assert_draws;

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
    assert_draws(&svg, "map-board");
    let same = choropleth(&board(10, &[Some(3.0); 20], Scheme::Quantile, 5));
    assert_draws(&same, "map-one-value");
}

/// A square whose sides wander, with `n` points a side.
fn rough_square(x: f64, y: f64, n: usize) -> Ring {
    let wander = |k: usize, at: f64| 0.02 * ((k * k) as f64 + at).sin();
    let step = |k: usize| k as f64 / n as f64;
    let top = (0..n).map(|k| (x + step(k), y + wander(k, y)));
    let right = (0..n).map(|k| (x + 1.0 + wander(k, x), y + step(k)));
    let bottom = (0..n).map(|k| (x + 1.0 - step(k), y + 1.0 + wander(k, y)));
    let left = (0..n).map(|k| (x + wander(k, x), y + 1.0 - step(k)));
    top.chain(right).chain(bottom).chain(left).collect()
}

#[test]
fn a_map_of_many_rough_regions_stays_small() {
    let values: Vec<Option<f64>> = (0..180).map(|k| Some(f64::from(k) * 750.0)).collect();
    let mut plot = board(18, &values, Scheme::Quantile, 7);
    for (index, shape) in plot.shapes.iter_mut().enumerate() {
        shape.rings = vec![rough_square((index % 18) as f64, (index / 18) as f64, 100)];
    }
    let svg = choropleth(&plot);
    assert!(svg.as_str().len() < 600_000, "{} bytes for 72,000 points", svg.as_str().len());
    assert_draws(&svg, "map-rough");
    plot.shapes.reverse();
    assert_eq!(choropleth(&plot).as_str().len(), svg.as_str().len());
}
