//! Arithmetic, comparison, truth, missing values.

use super::super::{EvaluateError, Evaluator};
use super::{MISSING, check, fault, numbers, panel, setting};
use crate::formula::parse_expression;
use crate::note::Note;

#[test]
fn arithmetic() {
    check("employment * 2 - 1", &[19., 59.]);
    check("(employment + 5) / 5 ^ 2", &[0.6, 1.4]);
    check("-employment % 7", &[4., 5.]);
    check("min(employment, 20, 25) + max(employment, 20)", &[30., 50.]);
    check("round(employment / 8) + sign(-employment)", &[0., 3.]);
    check("round(employment / 7, 1) + floor(0.5) + ceil(0.5)", &[2.4, 5.3]);
    check("asinh(0) + exp(0) + abs(-2) + sqrt(9)", &[6.]);
}

#[test]
fn logarithms_of_nothing_are_missing_and_noted() {
    let panel = panel();
    let setting = setting();
    let evaluator = Evaluator::new(&panel, &setting);
    let column = evaluator.evaluate(&parse_expression("log(employment)").unwrap()).unwrap();
    assert_eq!(column.display(9), "NaN");
    assert_eq!(evaluator.notes(), [Note::Undefined { function: "log".into(), of: "employment".into(), rows: 1 }]);
    assert!(numbers("log1p(-1) + sqrt(-1)")[0].is_nan());
}

#[test]
fn text_and_truth() {
    check("region == \"A\" and not (industry in (\"11\", \"12\"))", &[0., 0., 1., 1., 0.]);
    check("region != 'A'", &[0., 0., 0., 0., 1.]);
    check("year not in (2000, 2001)", &[0., 0., 0., 0., 0., 0., 0., 0., 0., 1.]);
    check("traded and employment > 15", &[0., 1., 1., 0., 1.]);
    check("traded == true", &[1., 1., 1., 0.]);
    check("traded * employment", &[10., 30., 20., 0.]);
    check("if(traded, employment, -1)", &[10., 30., 20., -1.]);
}

#[test]
fn missing_values_follow_the_rules() {
    check("holey > 5", &[1., MISSING]);
    check("holey > 5 or true", &[1., 1.]);
    check("holey > 5 and false", &[0., 0.]);
    check("not (holey > 5)", &[0., MISSING]);
    check("is_missing(holey) + is_missing(region)", &[0., 1.]);
    check("coalesce(holey, employment + 1)", &[10., 31.]);
    check("max(holey, 0)", &[10., MISSING]);
    check("holey ^ 0", &[1., MISSING]);
    check("holey in (10, 30)", &[1., MISSING]);
    let panel = panel();
    let setting = setting();
    let truth = Evaluator::new(&panel, &setting).truth(&parse_expression("holey < 20").unwrap()).unwrap();
    assert_eq!((truth.rows[..3].to_vec(), truth.n_missing), (vec![true, false, false], 1));
}

#[test]
fn faults_have_a_place_and_a_way_out() {
    let unknown = fault("log(employmnt)");
    assert_eq!(unknown.span(), Some(4..13));
    assert_eq!(unknown.help().as_deref(), Some("did you mean employment?"));
    assert!(matches!(fault("logg(employment)"), EvaluateError::UnknownFunction { nearest: Some(n), .. } if n == "log"));
    assert!(matches!(fault("log(employment, 2)"), EvaluateError::WrongArguments { signature: "log(x)", .. }));
    assert!(matches!(fault("lag(employment, l = 2)"), EvaluateError::WrongArguments { .. }));
    assert!(matches!(fault("region + 1"), EvaluateError::NotNumeric { what, .. } if what == "region"));
    assert!(matches!(fault("not employment"), EvaluateError::NotATruthValue { .. }));
    assert!(matches!(fault("region < \"B\""), EvaluateError::TextOrdering { .. }));
    assert!(matches!(fault("industry == 11"), EvaluateError::TextAgainstNumber { .. }));
    assert!(matches!(fault("1 + i(year)"), EvaluateError::OnlyRegressor { .. }));
}
