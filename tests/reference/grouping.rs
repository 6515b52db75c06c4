//! Clustering functions against scipy and scikit-learn: `cluster-measures/origin.toml`.
//!
//! Heights to 1e-8 relative or 1e-10 absolute, partitions whatever their labels. Where distances tie (proximities take few
//! values) merges of one height may come in another order; there the sorted heights and the partitions of the cases still
//! agree unless a test says which does not.

use isard::mapping::grouping::{
    Centre, Dendrogram, Linkage, Partition, Start, calinski_harabasz, davies_bouldin, euclidean, hierarchical, k_means,
    silhouette,
};
use isard::mapping::similarity::{Profile, locational_correlation, proximity};
use isard::monte::Streams;
use nalgebra::DMatrix;
use serde_json::Value;

use super::similarity::{employment, expected};
use crate::csv::{Csv, data_file};

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn partition(value: &Value) -> Partition {
    Partition::new(value.as_array().unwrap().iter().map(|v| v.as_i64().unwrap()))
}

fn linkage(key: &str) -> Linkage {
    match key.rsplit('.').next().unwrap() {
        "ward" => Linkage::WardD2,
        "average" => Linkage::Average,
        "complete" => Linkage::Complete,
        "single" => Linkage::Single,
        "centroid" => Linkage::Centroid,
        _ => Linkage::Median,
    }
}

fn close(what: &str, found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-10f64.max(1e-8 * expected.abs()), "{what}: {found}, not {expected}");
}

/// The correlation of distances and the heights at which points join.
fn cophenetic_correlation(distances: &DMatrix<f64>, tree: &Dendrogram) -> f64 {
    let heights = tree.cophenetic();
    let pairs = |m: &DMatrix<f64>| -> Vec<f64> {
        (0..m.nrows()).flat_map(|i| (i + 1..m.nrows()).map(move |j| (i, j))).map(|at| m[at]).collect()
    };
    let columns =
        DMatrix::from_vec(heights.nrows() * (heights.nrows() - 1) / 2, 2, [pairs(distances), pairs(&heights)].concat());
    isard::mapping::similarity::correlation(&["a".into(), "b".into()], &columns).values()[(0, 1)]
}

fn check(key: &str, distances: &DMatrix<f64>, expected: &Value) {
    let tree = hierarchical(distances, linkage(key)).unwrap();
    let mut heights: Vec<f64> = tree.merges().iter().map(|merge| merge.height).collect();
    heights.sort_by(f64::total_cmp);
    let mut wanted = numbers(&expected["heights"]);
    wanted.sort_by(f64::total_cmp);
    // A height among points that tie is a root of a rounding error of squares.
    heights.iter().zip(&wanted).for_each(|(&found, &wanted)| {
        assert!((found - wanted).abs() <= 1e-8 * wanted.max(1.0), "{key}: {found}, not {wanted}");
    });
    for (k, labels) in expected["partitions"].as_object().unwrap() {
        let found = tree.cut(k.parse().unwrap()).unwrap();
        let wanted = partition(labels);
        // scipy cuts by height: among merges of one height it returns fewer groups than asked for.
        if wanted.n_groups() != found.n_groups() {
            continue;
        }
        assert_eq!(found, wanted, "{key}, {k} groups");
        if let Some(width) = expected["silhouette"][k].as_f64() {
            close(&format!("{key}, silhouette {k}"), silhouette(distances, &found), width);
        }
    }
    if let Some(correlation) = expected["cophenetic_corr"].as_f64() {
        close(&format!("{key}, cophenetic"), cophenetic_correlation(distances, &tree), correlation);
    }
}

#[test]
fn linkages_agree_with_scipy() {
    let (table, expected) = (employment(), expected("cbp_a"));
    let phi = proximity(table.industries(), &table.specialised(1.0));
    let largest = phi.pairs().fold(0.0, f64::max);
    let from = |values: &DMatrix<f64>, scale: f64| {
        let mut distances = values.map(|v| 1.0 - v / scale);
        distances.fill_diagonal(0.0);
        distances
    };
    let correlation = from(locational_correlation(&table, Profile::Levels).values(), 1.0);
    let proximity = from(phi.values(), largest);
    let regions = euclidean(&table.region_shares().transpose());
    let mut checked = 0;
    for (key, numbers) in expected.as_object().unwrap().iter().filter(|(key, _)| key.starts_with("linkage")) {
        let distances = match key.split('.').nth(1).unwrap() {
            "corr" => &correlation,
            "prox" => &proximity,
            _ => &regions,
        };
        check(key, distances, numbers);
        checked += 1;
    }
    assert_eq!(checked, 11);
}

#[test]
fn linkages_of_iris_agree_with_scipy() {
    let csv = Csv::read(&data_file(super::similarity::FOLDER, "iris.csv").unwrap());
    let columns = ["Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width"].map(|name| {
        let values = csv.number(name);
        let mean = values.iter().sum::<f64>() / 150.0;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 150.0).sqrt();
        values.iter().map(|v| (v - mean) / deviation).collect::<Vec<f64>>()
    });
    let distances = euclidean(&DMatrix::from_fn(4, 150, |i, j| columns[i][j]));
    let expected = expected("iris");
    // Four plants of iris coincide and many distances tie. Median linkage halves weights at every merge, so that the order
    // in which ties merge changes later heights: programs differ there, and no order is the right one.
    let cases = expected.as_object().unwrap().iter().filter(|(key, _)| *key != "linkage.median");
    cases.for_each(|(key, numbers)| check(key, &distances, numbers));
}

#[test]
fn k_means_agrees_with_scikit_learn() {
    let (table, expected) = (employment(), expected("cbp_a"));
    let points = table.region_shares().transpose();
    let distances = euclidean(&points);
    for k in [3, 5] {
        let wanted = &expected[format!("kmeans.k{k}")];
        let run = |start: Start| {
            let mut stream = Streams::new(1).stream(&start.name(), k as u64);
            k_means(&points, k, Centre::Mean, start, &mut stream).unwrap()
        };
        let found = run(Start::First);
        assert_eq!(found.partition, partition(&wanted["labels"]), "k = {k}");
        close("inertia", found.cost, wanted["inertia"].as_f64().unwrap());
        close("silhouette", silhouette(&distances, &found.partition), wanted["silhouette"].as_f64().unwrap());
        close("CH", calinski_harabasz(&points, &found.partition), wanted["calinski_harabasz"].as_f64().unwrap());
        close("DB", davies_bouldin(&points, &found.partition), wanted["davies_bouldin"].as_f64().unwrap());
        let best = (0..50).map(|draw| run(Start::PlusPlus(draw)).cost).fold(f64::INFINITY, f64::min);
        // Random starts differ between programs: ours must come within half a percent of the best of theirs.
        assert!(best <= 1.005 * wanted["best_inertia_50starts"].as_f64().unwrap(), "k = {k}: {best}");
    }
}
