//! The table of functions and the evaluator agree, and functions of text.

use super::super::{EvaluateError, Evaluator};
use super::{MISSING, check, fault, panel, setting, spatial};
use crate::formula::{FUNCTIONS, Room, check_functions, parse_expression};
use crate::note::Note;
use crate::panel::{Column, Factor};

/// A call of a function that the panel of the tests can answer.
fn example(name: &str, room: Room) -> String {
    match name {
        "if" => "if(traded, region, industry)".into(),
        "substring" => "substring(industry, 1, 1)".into(),
        "concat" => "concat(region, industry, year)".into(),
        "starts_with" | "ends_with" | "contains" => format!("{name}(industry, \"1\")"),
        "first" => "first(employment, by = c(region, industry))".into(),
        "quantile" | "winsorize" => format!("{name}(employment, 0.1, by = region)"),
        "lq" | "share" => format!("{name}(employment, within = cluster, outside = industry, base = traded)"),
        "complexity" | "industry_complexity" | "complexity_outlook" | "outlook_gain" => {
            format!("{name}(employment, 0.1)")
        }
        "ellison_glaeser" | "maurel_sedillot" | "coagglomeration" => format!("{name}(employment, 0.1)"),
        "wage_mix" | "wage_level" => format!("{name}(employment, 2 * employment)"),
        "litzenberger" => "litzenberger(employment, 1, 2, employment)".into(),
        "shift_share" => "shift_share(employment, effect = mix, dynamic = true)".into(),
        "spatial_lag" => "spatial_lag(lq(employment), near, absent = zero)".into(),
        "poly" => "poly(employment, 2)".into(),
        "k_density" => "k_density(employment, year - 1990, at = 50, plane = true, bandwidth = 9)".into(),
        "m_function" => "m_function(employment, year - 1990, radius = 90, weights = employment, plane = true)".into(),
        "localisation" => "localisation(employment, year, until = 9, bandwidth = 9, draws = 9, plane = true)".into(),
        _ if room == Room::Text => format!("{name}(industry)"),
        _ if room == Room::Group => format!("{name}(employment, by = region)"),
        _ => format!("{name}(employment)"),
    }
}

#[test]
fn every_function_of_the_table_has_a_value() {
    let panel = panel();
    let mut setting = setting();
    setting.weights.insert("near".into(), spatial::weights());
    let evaluator = Evaluator::new(&panel, &setting);
    for function in FUNCTIONS {
        let text = example(function.name, function.room);
        let expr = parse_expression(&text).unwrap();
        assert_eq!(check_functions(&expr), [], "{text}");
        match function.room {
            Room::Regressor => assert!(!evaluator.terms(&expr, &text).unwrap().is_empty(), "{text}"),
            Room::Argument => {
                assert!(matches!(evaluator.evaluate(&expr), Err(EvaluateError::OnlyArgument { .. })), "{text}");
            }
            _ => {
                let column = evaluator.evaluate(&expr).unwrap_or_else(|fault| panic!("{text}: {fault}"));
                let is_known = match &column {
                    Column::Number(values) => values.iter().any(|value| !value.is_nan()),
                    Column::Text(factor) => factor.codes.iter().any(|&code| code != Factor::MISSING),
                };
                assert!(is_known, "{text}");
            }
        }
    }
}

/// The texts of the first rows of an expression.
fn texts(text: &str, n: usize) -> Vec<String> {
    let column = Evaluator::new(&panel(), &setting()).evaluate(&parse_expression(text).unwrap()).unwrap();
    assert!(matches!(column, Column::Text(_)), "{text}");
    (0..n).map(|row| column.display(row)).collect()
}

#[test]
fn functions_of_text() {
    check("length(industry) + length(\"\u{e9}t\u{e9}\")", &[5., 5.]);
    check("starts_with(industry, \"1\")", &[1., 1., 0., 0.]);
    check("ends_with(industry, \"1\") + contains(industry, \"2\")", &[1., 1., 2., 1.]);
    check("contains(concat(region, industry), region)", &[1., 1.]);
    check("number(industry) + 0.5", &[11.5, 12.5]);
    assert_eq!(texts("substring(industry, 2, 5)", 3), ["1", "2", "1"]);
    assert_eq!(texts("concat(region, \"-\", industry, year)", 2), ["A-112000", "A-122000"]);
    assert_eq!(texts("text(employment / 4)", 2), ["2.5", "7.5"]);
    assert_eq!(texts("concat(text(holey), \"!\")", 2), ["10!", "(missing)"]);
    assert!(matches!(fault("length(year)"), EvaluateError::NotText { what, .. } if what == "year"));
    assert!(matches!(fault("substring(industry, 0, 1)"), EvaluateError::WrongArguments { .. }));
}

#[test]
fn choices_between_texts() {
    assert_eq!(texts("if(employment > 20, region, \"small\")", 4), ["small", "A", "small", "A"]);
    assert_eq!(texts("if(holey > 20, region, \"small\")", 2), ["small", "(missing)"]);
    assert_eq!(texts("coalesce(if(holey > 0, region, industry), \"none\")", 2), ["A", "none"]);
    assert_eq!(texts("I(region)", 1), ["A"]);
    assert!(matches!(fault("if(traded, region, 1)"), EvaluateError::NotNumeric { .. }));
}

#[test]
fn texts_that_become_the_same_are_one_level() {
    let column =
        Evaluator::new(&panel(), &setting()).evaluate(&parse_expression("substring(industry, 2, 1)").unwrap()).unwrap();
    assert_eq!(column.to_factor().n_levels(), 2);
}

#[test]
fn texts_that_spell_no_number_are_noted() {
    let (panel, setting) = (panel(), setting());
    let evaluator = Evaluator::new(&panel, &setting);
    evaluator.evaluate(&parse_expression("number(region)").unwrap()).unwrap();
    assert_eq!(evaluator.notes(), [Note::Undefined { function: "number".into(), of: "region".into(), rows: 10 }]);
}

#[test]
fn the_first_value_of_a_group() {
    let unit = "first(employment, by = c(region, industry))";
    check(&format!("{unit} - employment"), &[0., 0., 0., 0., 0., 0., 0., 0., -5., 10.]);
    check("first(if(year > 2000, employment, 1 / 0 - 1 / 0), by = c(region, industry))", &[15., MISSING]);
    check("first(year)", &[2000., 2000.]);
    assert_eq!(texts("first(region, by = region)", 1), ["A"]);
    assert!(
        matches!(fault("first(employment, by = region)"), EvaluateError::SeveralFirst { time, .. } if time == 2000.)
    );
}

#[test]
fn blanks_make_no_other_term() {
    let name = |text: &str| {
        let expr = parse_expression(text).unwrap();
        Evaluator::new(&panel(), &setting()).terms(&expr, text).unwrap().remove(0).0
    };
    assert_eq!(name("log( employment )"), name("log(employment)"));
    assert_eq!(name("poly( employment,2 )"), name("poly(employment, 2)"));
    assert_eq!(name("i(year,ref=2000)"), name("i( year, ref = 2000 )"));
}
