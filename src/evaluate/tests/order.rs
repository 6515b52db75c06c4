//! Variables of variables.

use super::super::{EvaluateError, faults, names, variables, weights_names};
use super::{panel, same, setting};
use crate::formula::{Expr, parse_expression};
use crate::panel::Column;

fn definitions(texts: &[(&str, &str)]) -> Vec<(String, Expr)> {
    texts.iter().map(|(name, text)| (name.to_string(), parse_expression(text).unwrap())).collect()
}

#[test]
fn variables_are_found_in_any_order_and_kept_in_theirs() {
    let mut panel = panel();
    let notes = variables(&mut panel, &setting(), &definitions(&[("b", "a * 2"), ("a", "log(employment)")])).unwrap();
    assert_eq!(notes.len(), 1);
    assert_eq!(panel.names().skip(7).collect::<Vec<_>>(), ["b", "a"]);
    match panel.get("b") {
        Some(Column::Number(values)) => same("b", values, &[2. * 10f64.ln()]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cycle_is_named() {
    let cycle = definitions(&[("x", "employment"), ("a", "b + 1"), ("b", "c"), ("c", "lag(a)")]);
    let fault = variables(&mut panel(), &setting(), &cycle).unwrap_err();
    assert_eq!(fault.source, EvaluateError::Cycle { path: ["a", "b", "c", "a"].map(String::from).to_vec() });
    assert_eq!(fault.source.to_string(), "these variables are defined by each other: a -> b -> c -> a");
}

#[test]
fn a_fault_says_which_variable() {
    let fault = variables(&mut panel(), &setting(), &definitions(&[("a", "1"), ("b", "aa + 1 + zz")])).unwrap_err();
    assert_eq!(fault.variable, "b");
    assert!(matches!(fault.source, EvaluateError::UnknownName { nearest: Some(n), .. } if n == "a"));
}

#[test]
fn names_of_weights_and_options_are_no_columns() {
    let expr = parse_expression("spatial_lag(lq(x, within = cluster, base = traded), near, by = a^b)").unwrap();
    let columns: Vec<&str> = names(&expr).into_iter().map(|(name, _)| name).collect();
    assert_eq!(columns, ["x", "cluster", "a", "b"]);
    assert_eq!(weights_names(&expr)[0].0, "near");
}

#[test]
fn every_fault_is_found_before_data_is_read() {
    let text = "lg(employmnt) + spatial_lag(lq(x, within = related(cluster)), nowhere) + lag(x, 1, 2)";
    let found = faults(&parse_expression(text).unwrap(), &["x", "employment"], &setting());
    assert!(matches!(
        found.as_slice(),
        [
            EvaluateError::UnknownFunction { .. },
            EvaluateError::UnknownName { .. },
            EvaluateError::NoClusters { .. },
            EvaluateError::NoSuchWeights { nearest: None, .. },
            EvaluateError::WrongArguments { .. },
        ]
    ));
    let fine = parse_expression("mean(x, by = c(region, year)) + lq(x, outside = industry)").unwrap();
    assert_eq!(faults(&fine, &["x", "region", "industry", "year"], &setting()), []);
}
