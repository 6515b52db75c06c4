use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::{Counterfactual, CounterfactualError, Held};
use crate::evaluate::{Evaluator, Setting};
use crate::formula::{parse_expression, parse_formula};
use crate::panel::{Column, Factor, Index, Panel};

fn panel(x: &[f64]) -> Panel {
    let mut panel = Panel::new(6, Index::default());
    panel.insert("x", Column::number(x.to_vec()));
    panel.insert("z", Column::number(vec![0.5, -1.0, 2.0, 4.0, 0.0, 1.5]));
    panel.insert("g", Column::Text(Factor::from_values(["b", "a", "c", "a", "b", "c"].map(Some))));
    panel.insert("lx", Column::number(x.iter().map(|x| x.ln()).collect()));
    panel
}

const X: [f64; 6] = [1.0, 2.5, 3.0, 0.7, 4.0, 2.0];
const FORMULA: &str =
    "y ~ x + z + lx^2 + x:z + i(g, x) + i(g):lx + poly(x, 2) + poly(z, 2, raw = true):x + g + sqrt(x * exp(z))";

fn setting() -> Setting {
    let definitions = IndexMap::from([("lx".to_string(), parse_expression("log(x)").unwrap())]);
    Setting { definitions, ..Setting::default() }
}

fn open(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

/// The terms of a formula taken apart on all six rows.
fn of(formula: &str, names: &[&str]) -> Result<Counterfactual, CounterfactualError> {
    let (panel, setting) = (panel(&X), setting());
    let evaluator = Evaluator::new(&panel, &setting);
    let parsed = parse_formula(formula).unwrap().expand(formula).remove(0);
    Counterfactual::of(&evaluator, (&parsed.regressors, formula), (&[0, 1, 2, 3, 4, 5], None), &open(names))
}

fn held(values: &[(&str, &str)], at_means: bool) -> Held {
    Held { values: values.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(), at_means }
}

#[test]
fn columns_are_those_of_the_evaluator_and_slopes_those_of_differences() {
    let found = of(FORMULA, &["x"]).unwrap();
    let (base, setting) = (panel(&X), setting());
    let evaluator = Evaluator::new(&base, &setting);
    let parsed = parse_formula(FORMULA).unwrap().expand(FORMULA).remove(0);
    let h = 1e-5;
    let moved = |by: f64| of_moved(&parsed.regressors, by);
    let (above, below) = (moved(h), moved(-h));
    for (k, term) in parsed.regressors.iter().enumerate() {
        let columns = found.columns(k, &Held::default(), Some("x")).unwrap();
        let expected = evaluator.terms(term, FORMULA).unwrap();
        assert_eq!(columns.len(), expected.len());
        for (j, ((name, column), (wanted, values))) in columns.iter().zip(&expected).enumerate() {
            assert_eq!(name, wanted);
            for row in 0..6 {
                let scale = values[row].abs().max(1.0);
                assert!((column.values[row] - values[row]).abs() < 1e-13 * scale, "{name} {row}");
                // The orthogonal polynomials are functions of the sample: they stand as found on it.
                if name.starts_with("poly(x") {
                    continue;
                }
                let difference = (above[k][j][row] - below[k][j][row]) / (2.0 * h);
                let slope = column.slopes.as_ref().map_or(0.0, |slopes| slopes[row]);
                assert!((slope - difference).abs() < 1e-7 * scale, "{name} {row}: {slope} {difference}");
            }
        }
    }
}

/// The columns with every `x` moved.
fn of_moved(terms: &[crate::formula::Expr], by: f64) -> Vec<Vec<Vec<f64>>> {
    let (panel, setting) = (panel(&X.map(|x| x + by)), setting());
    let evaluator = Evaluator::new(&panel, &setting);
    terms
        .iter()
        .map(|term| evaluator.terms(term, FORMULA).unwrap().into_iter().map(|(_, values)| values).collect())
        .collect()
}

#[test]
fn variables_are_held_and_factors_have_one_level() {
    let found = of("y ~ x:z + i(g) + log(z + 3)", &["z", "g"]).unwrap();
    let at = held(&[("z", "2"), ("g", "c")], false);
    assert_eq!(found.columns(0, &at, None).unwrap()[0].1.values, X.map(|x| 2.0 * x));
    let levels = found.columns(1, &at, None).unwrap();
    let firsts: Vec<(&str, f64)> = levels.iter().map(|(name, column)| (name.as_str(), column.values[0])).collect();
    assert_eq!(firsts, vec![("i(g)::b", 0.0), ("i(g)::c", 1.0)]);
    assert_eq!(found.columns(2, &at, None).unwrap()[0].1.values, vec![5f64.ln(); 6]);
    // At means: means of columns first, functions and products of them after.
    let means = found.columns(0, &held(&[], true), None).unwrap();
    let product = X.iter().sum::<f64>() / 6.0 * (7.0 / 6.0);
    assert!((means[0].1.values[0] - product).abs() < 1e-14 && means[0].1.values.len() == 1);
    assert!((found.columns(1, &held(&[], true), None).unwrap()[0].1.values[0] - 1.0 / 3.0).abs() < 1e-15);
    assert!(found.is_factor("g") && found.has("z") && !found.has("w"));
}

#[test]
fn lags_are_values_of_other_rows() {
    let mut panel = Panel::new(4, Index { unit: vec!["u".into()], time: Some("t".into()) });
    panel.insert("u", Column::Text(Factor::from_values(["a", "a", "b", "b"].map(Some))));
    panel.insert("t", Column::number(vec![1.0, 2.0, 1.0, 2.0]));
    panel.insert("x", Column::number(vec![1.0, 3.0, 2.0, 8.0]));
    let setting = Setting::default();
    let evaluator = Evaluator::new(&panel, &setting);
    let formula = "y ~ lag(x) + diff(x) + growth(x, k = 1)";
    let parsed = parse_formula(formula).unwrap().expand(formula).remove(0);
    let found = Counterfactual::of(&evaluator, (&parsed.regressors, formula), (&[1, 3], None), &open(&["x"])).unwrap();
    let column = |k: usize| found.columns(k, &Held::default(), Some("x")).unwrap().remove(0).1;
    assert_eq!((column(0).values, column(0).slopes), (vec![1.0, 2.0], None));
    assert_eq!((column(1).values, column(1).slopes), (vec![2.0, 6.0], Some(vec![1.0, 1.0])));
    assert_eq!(
        (column(2).values, column(2).slopes),
        (vec![3f64.ln(), 8f64.ln() - 2f64.ln()], Some(vec![1.0 / 3.0, 0.125]))
    );
}

#[test]
fn what_cannot_change_is_named() {
    let fault = |formula: &str, name: &str| match of(formula, &[name]) {
        Ok(found) => found.columns(0, &held(&[("g", "d")], false), Some(name)).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    assert!(fault("y ~ round(x)", "x").starts_with("round(x) cannot be computed with `x` changed"));
    assert!(fault("y ~ demean(lx)", "x").starts_with("demean(lx) cannot be computed with `x` changed"));
    assert!(fault("y ~ i(x)", "x").starts_with("`x` is a factor in i(x)"));
    assert!(fault("y ~ g", "g").starts_with("`g` is a factor in g"));
    let found = of("y ~ g", &["g"]).unwrap();
    let unknown = found.columns(0, &held(&[("g", "d")], false), None).unwrap_err().to_string();
    assert_eq!(unknown, "`g` has no level d in the sample; it has: a, b, c");
    let found = of("y ~ x", &["x"]).unwrap();
    assert!(found.columns(0, &held(&[("x", "many")], false), None).is_err());
}
