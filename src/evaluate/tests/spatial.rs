//! Spatial lags. A borders B and C, B borders A and D, C borders A; D is not in the panel, and E is an island.

use super::super::{EvaluateError, Evaluator, Setting};
use super::{MISSING, numbers_in, panel, same};
use crate::formula::parse_expression;
use crate::note::Note;
use crate::space::SpatialWeights;

pub(super) fn weights() -> SpatialWeights {
    let ids = ["A", "B", "C", "D", "E"].map(String::from).to_vec();
    let pair = |a: &str, b: &str| (a.to_string(), b.to_string(), 1.0);
    let pairs = [pair("A", "B"), pair("A", "C"), pair("B", "A"), pair("B", "D"), pair("C", "A")];
    SpatialWeights::from_pairs(ids, &pairs).row_standardized()
}

fn setting() -> Setting {
    let mut setting = super::setting();
    setting.weights.insert("near".into(), weights());
    setting
}

fn check(text: &str, expected: &[f64]) {
    same(text, &numbers_in(&panel(), &setting(), text).unwrap(), expected);
}

#[test]
fn a_measure_of_clusters_is_lagged_by_cluster() {
    // Cluster x: A 1.6, B 1.2, none in C, which counts as zero. For B, D is not in the panel at all: missing.
    let (y, z) = (1. / 2., (0.6 / 0.65 + 1. / 0.65) / 2.);
    let expected = [0.6, 0.6, y, z, MISSING, MISSING, MISSING, 0.4 / 0.65];
    check("spatial_lag(lq(employment, within = cluster), near)", &expected);
    check("spatial_lag(lq(employment, within = cluster), near, absent = \"zero\")", &[0.6, 0.6, y, z, 0.8, 1.]);
    check("spatial_lag(lq(employment, within = cluster), near, absent = \"missing\")", &[MISSING, MISSING, MISSING, z]);
    // The logarithm of nothing is missing, so an absent neighbour is not zero here.
    check("spatial_lag(log(lq(employment, within = cluster)), near)", &[MISSING]);
    check("spatial_lag(log1p(lq(employment, within = cluster)), near)", &[2.2f64.ln() / 2.]);
}

#[test]
fn other_things_are_lagged_by_unit() {
    check("spatial_lag(lq(employment), near)", &[0.3 / 0.175 / 2., 0., 0.5, (0.6 / 0.65 + 1. / 0.65) / 2.]);
    check("spatial_lag(lq(employment), near, take = max)", &[0.6 / 0.35, 0., 1., 1. / 0.65]);
    check("spatial_lag(employment, near)", &[MISSING, MISSING, MISSING, 110.]);
    check("spatial_lag(sum(employment, by = region^year), near, by = region)", &[150., 150., 150., 150.]);
}

#[test]
fn variables_are_looked_through() {
    let mut setting = setting();
    let strength = parse_expression("lq(employment, within = cluster)").unwrap();
    setting.definitions.insert("strength".into(), strength.clone());
    let mut panel = panel();
    let column = Evaluator::new(&panel, &setting).evaluate(&strength).unwrap();
    panel.insert("strength", column);
    same("strength", &numbers_in(&panel, &setting, "spatial_lag(strength, near)").unwrap(), &[0.6, 0.6, 0.5]);
}

#[test]
fn islands_and_strangers() {
    let mut setting = setting();
    let pairs = [("A".to_string(), "B".to_string(), 1.0)];
    setting.weights.insert("few".into(), SpatialWeights::from_pairs(vec!["A".into(), "B".into()], &pairs));
    let text = "spatial_lag(lq(employment), few)";
    let panel = panel();
    let expected = [0.3 / 0.175, 0., 1., 0.6 / 0.65, MISSING, MISSING, MISSING, MISSING];
    same(text, &numbers_in(&panel, &setting, text).unwrap(), &expected);
    let evaluator = Evaluator::new(&panel, &setting);
    evaluator.evaluate(&parse_expression(text).unwrap()).unwrap();
    let note = Note::RegionsUnmatched { missing_from: "geography".into(), regions: 1, examples: vec!["C".into()] };
    assert!(evaluator.notes().contains(&note));
    setting.kept_islands.insert("few".into());
    same("kept", &numbers_in(&panel, &setting, text).unwrap()[4..], &[0., 0., 0., MISSING]);
}

#[test]
fn faults() {
    let fault = |text: &str| numbers_in(&panel(), &setting(), text).unwrap_err();
    let unknown = fault("spatial_lag(employment, neer)");
    assert!(matches!(unknown, EvaluateError::NoSuchWeights { nearest: Some(n), .. } if n == "near"));
    let several = fault("spatial_lag(employment, near, by = cluster)");
    assert!(matches!(several, EvaluateError::NotConstantInCell { region, .. } if region == "A"));
}
