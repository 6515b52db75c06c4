//! Lags and leads. The unit (A, 11) is seen in 2000, 2001 and 2003; no other is seen twice.

use super::super::{EvaluateError, Evaluator};
use super::{MISSING, numbers, numbers_in, panel, same, setting};
use crate::formula::parse_expression;
use crate::note::Note;

fn unit(text: &str, expected: [f64; 3]) {
    let values = numbers(text);
    same(text, &[values[0], values[8], values[9]], &expected);
}

#[test]
fn a_gap_gives_missing_and_never_the_wrong_year() {
    unit("lag(employment)", [MISSING, 10., MISSING]);
    unit("lag(employment, 2)", [MISSING, MISSING, 15.]);
    unit("lag(employment, k = 3)", [MISSING, MISSING, 10.]);
    unit("lead(employment)", [15., MISSING, MISSING]);
    unit("lead(employment, 2)", [MISSING, 0., MISSING]);
    unit("diff(employment)", [MISSING, 5., MISSING]);
    unit("growth(employment)", [MISSING, 1.5f64.ln(), MISSING]);
    // log(0): missing, not minus infinity.
    unit("growth(employment, 2)", [MISSING, MISSING, MISSING]);
}

#[test]
fn a_gap_is_noted_where_a_lag_falls_into_it() {
    let (panel, setting) = (panel(), setting());
    let notes = |text: &str| {
        let evaluator = Evaluator::new(&panel, &setting);
        evaluator.evaluate(&parse_expression(text).unwrap()).unwrap();
        evaluator.notes()
    };
    assert_eq!(notes("lag(employment)"), [Note::TimeGap { units: 1, example: "A, 11".into() }]);
    assert_eq!(notes("lag(employment, 3)"), []);
}

#[test]
fn time_is_needed_and_rows_are_unique() {
    let mut timeless = panel();
    timeless.index.time = None;
    let fault = numbers_in(&timeless, &setting(), "lag(employment)").unwrap_err();
    assert!(matches!(fault, EvaluateError::NoTime { .. }));
    let mut doubled = panel();
    doubled.index.unit = vec!["region".into()];
    let fault = numbers_in(&doubled, &setting(), "lag(employment)").unwrap_err();
    assert!(matches!(fault, EvaluateError::NotUnique { time: 2000.0, .. }));
}
