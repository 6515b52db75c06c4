//! Terms of regressors.

use super::super::{EvaluateError, Evaluator};
use super::{MISSING, panel, same, setting};
use crate::formula::{Expr, ExprKind, parse_expression};

fn terms_of(expr: &Expr, text: &str) -> Vec<(String, Vec<f64>)> {
    Evaluator::new(&panel(), &setting()).terms(expr, text).unwrap()
}

fn terms(text: &str) -> Vec<(String, Vec<f64>)> {
    terms_of(&parse_expression(text).unwrap(), text)
}

fn names(text: &str) -> Vec<String> {
    terms(text).into_iter().map(|(name, _)| name).collect()
}

/// `first:second`, each parsed by itself.
fn interaction(first: &str, second: &str) -> Vec<(String, Vec<f64>)> {
    let mut right = parse_expression(second).unwrap();
    right.span = first.len() + 1..first.len() + 1 + second.len();
    let parts = vec![parse_expression(first).unwrap(), right];
    let text = format!("{first}:{second}");
    terms_of(&Expr { kind: ExprKind::Interaction(parts), span: 0..text.len() }, &text)
}

#[test]
fn numbers_and_factors() {
    assert_eq!(names("log( employment )"), ["log(employment)"]);
    assert_eq!(names("i(year, ref = 2001)"), ["i(year, ref = 2001)::2000", "i(year, ref = 2001)::2003"]);
    assert_eq!(names("i(year)"), ["i(year)::2001", "i(year)::2003"]);
    assert_eq!(names("industry"), ["industry::12", "industry::21", "industry::31"]);
    same("industry::12", &terms("industry")[0].1, &[0., 1., 0., 0., 0.]);
}

#[test]
fn factors_times_numbers_keep_every_level_unless_told() {
    assert_eq!(names("i(region, year)"), ["i(region, year)::B", "i(region, year)::C", "i(region, year)::A"]);
    assert_eq!(names("i(region, year, ref = \"A\")").len(), 2);
    same("slope", &terms("i(region, holey, ref = \"B\")")[0].1, &[10., MISSING, 20., 40., 0.]);
    let products = interaction("employment", "region");
    let products: Vec<&str> = products.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(products, ["employment:region::B", "employment:region::C", "employment:region::A"]);
    let plain = interaction("employment", "year");
    assert_eq!(plain[0].0, "employment:year");
    same("product", &plain[0].1, &[20000., 60000.]);
    assert_eq!(interaction("region", "i(year, ref = 2000)").len(), 6);
}

#[test]
fn levels_are_those_of_the_sample() {
    let (panel, setting) = (panel(), setting());
    let sample: Vec<bool> = (0..10).map(|row| row >= 8).collect();
    let evaluator = Evaluator::new(&panel, &setting).on_sample(&sample);
    let text = "i(year)";
    let terms = evaluator.terms(&parse_expression(text).unwrap(), text).unwrap();
    assert_eq!(terms.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["i(year)::2003"]);
    // Rows outside the sample that have no level in it are missing.
    same("outside", &terms[0].1, &[MISSING; 8]);
}

#[test]
fn polynomials() {
    assert_eq!(names("poly(employment, 2)"), ["poly(employment, 2)1", "poly(employment, 2)2"]);
    same("raw", &terms("poly(employment, 2, raw = true)")[1].1, &[100., 900.]);
    let text = "poly(year, 3)";
    let fault = Evaluator::new(&panel(), &setting()).terms(&parse_expression(text).unwrap(), text).unwrap_err();
    assert!(matches!(fault, EvaluateError::Degree { degree: 3, distinct: 3, .. }));
}

#[test]
fn the_reference_must_be_a_level() {
    let text = "i(industry, ref = \"13\")";
    let fault = Evaluator::new(&panel(), &setting()).terms(&parse_expression(text).unwrap(), text).unwrap_err();
    assert!(matches!(fault, EvaluateError::UnknownLevel { nearest: Some(_), .. }));
}
