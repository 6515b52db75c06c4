use polars::prelude::{AnyValue, DataFrame, IntoLazy, df};

use super::*;
use crate::formula::parse_expression;

fn table() -> DataFrame {
    df!(
        "x" => [Some(1.0), Some(-2.5), None, Some(0.0)],
        "n" => [3i32, 0, 7, -4],
        "u" => [1u8, 2, 3, 4],
        "t" => [Some("3101"), Some("ab"), None, Some("été")],
        "flag" => [true, false, true, false],
        "^o*$" => [1i64, 2, 3, 4],
    )
    .unwrap()
}

/// The values of an expression, spelled out.
fn values(text: &str) -> Vec<String> {
    let lazy = to_polars(&parse_expression(text).unwrap()).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    let frame = table().lazy().select([lazy.alias("result")]).collect().unwrap_or_else(|e| panic!("{text}: {e}"));
    let column = frame.column("result").unwrap();
    let spelled: Vec<String> = (0..column.len())
        .map(|row| match column.get(row).unwrap() {
            AnyValue::Null => "-".to_string(),
            AnyValue::String(text) => text.to_string(),
            value => value.to_string(),
        })
        .collect();
    spelled
}

#[test]
fn arithmetic_is_in_double_precision_whatever_the_columns_are() {
    for (text, expected) in [
        ("n / 2", ["1.5", "0.0", "3.5", "-2.0"]),
        ("u - 3", ["-2.0", "-1.0", "0.0", "1.0"]),
        ("n % 3", ["0.0", "0.0", "1.0", "2.0"]),
        ("-u", ["-1.0", "-2.0", "-3.0", "-4.0"]),
        ("x + flag", ["2.0", "-2.5", "-", "0.0"]),
        ("n^2", ["9.0", "0.0", "49.0", "16.0"]),
        ("x / 0", ["inf", "-inf", "-", "-"]),
        ("`^o*$` * 2", ["2.0", "4.0", "6.0", "8.0"]),
    ] {
        assert_eq!(values(text), expected, "{text}");
    }
}

#[test]
fn functions_of_numbers() {
    for (text, expected) in [
        ("log(x)", ["0.0", "-", "-", "-"]),
        ("log1p(n)", ["1.386294", "0.0", "2.079442", "-"]),
        ("sqrt(x)", ["1.0", "-", "-", "0.0"]),
        ("abs(x)", ["1.0", "2.5", "-", "0.0"]),
        ("sign(x)", ["1.0", "-1.0", "-", "0.0"]),
        ("round(x)", ["1.0", "-2.0", "-", "0.0"]),
        ("round(n / 3, 1)", ["1.0", "0.0", "2.3", "-1.3"]),
        ("coalesce(x, n)", ["1.0", "-2.5", "7.0", "0.0"]),
        ("min(x, n, 5)", ["1.0", "-2.5", "-", "-4.0"]),
        ("if(x > 0, 1, n)", ["1", "0", "-", "-4"]),
        ("I(n + 1)", ["4.0", "1.0", "8.0", "-3.0"]),
    ] {
        assert_eq!(values(text), expected, "{text}");
    }
}

#[test]
fn conditions_know_three_values() {
    for (text, expected) in [
        ("x > 0", ["true", "false", "-", "false"]),
        ("log(x) > 5", ["false", "-", "-", "-"]),
        ("not x > 0", ["false", "true", "-", "true"]),
        ("x > 0 or flag", ["true", "false", "true", "false"]),
        ("flag and n > 5", ["false", "false", "true", "false"]),
        ("u and not n", ["false", "true", "false", "false"]),
        ("is_missing(x)", ["false", "false", "true", "false"]),
        ("is_missing(log(n))", ["false", "true", "false", "true"]),
        ("n in (3, 7)", ["true", "false", "true", "false"]),
        ("x in (1, 0)", ["true", "false", "-", "true"]),
        ("t in ('ab', '3101')", ["true", "true", "-", "false"]),
        ("t not in ('ab')", ["true", "false", "-", "true"]),
        ("t != 'ab'", ["true", "false", "-", "true"]),
        ("flag == true", ["true", "false", "true", "false"]),
    ] {
        assert_eq!(values(text), expected, "{text}");
    }
}

#[test]
fn texts() {
    for (text, expected) in [
        ("length(t)", ["4.0", "2.0", "-", "3.0"]),
        ("starts_with(t, '31')", ["true", "false", "-", "false"]),
        ("ends_with(t, 'b')", ["false", "true", "-", "false"]),
        ("contains(t, 't')", ["false", "false", "-", "true"]),
        ("contains(t, '.')", ["false", "false", "-", "false"]),
        ("substring(t, 2, 2)", ["10", "b", "-", "té"]),
        ("number(t)", ["3101.0", "-", "-", "-"]),
        ("text(n)", ["3", "0", "7", "-4"]),
        ("text(x)", ["1", "-2.5", "-", "0"]),
        ("concat(t, '-', u)", ["3101-1", "ab-2", "-", "été-4"]),
    ] {
        assert_eq!(values(text), expected, "{text}");
    }
}

#[test]
fn a_filter_may_be_a_number() {
    let filter = to_filter(&parse_expression("n").unwrap()).unwrap();
    assert_eq!(table().lazy().filter(filter).collect().unwrap().height(), 3);
}

#[test]
fn what_needs_more_than_one_row_is_refused() {
    for (text, message, under, help) in [
        ("x > mean(x)", "mean needs more than one row, and so cannot be computed while reading", "mean", "[variables]"),
        ("max(x)", "max needs more than one row, and so cannot be computed while reading", "max", "[variables]"),
        ("start_with(t, 'a')", "there is no function start_with", "start_with", "did you mean starts_with?"),
        ("log(x, 2)", "the arguments of log do not fit", "log", "write log(x)"),
        ("substring(t, 0, 2)", "positions in a text are whole numbers from 1 on", "0", "substring(text, 1, 2)"),
        ("substring(t, n, 2)", "start must be a number written out", "n", ""),
        ("coalesce()", "the arguments of coalesce do not fit", "coalesce", "coalesce(x, y, ...)"),
    ] {
        let fault = to_polars(&parse_expression(text).unwrap()).unwrap_err();
        assert_eq!((fault.message.as_str(), &text[fault.span.clone()]), (message, under), "{text}");
        assert!(fault.help.clone().unwrap_or_default().contains(help), "{text}: {:?}", fault.help);
    }
}
