//! Systems of equations as frames of result files.

use super::frame::Frame;
use super::rows::of_tests;
use crate::estimate::Coefficient;
use crate::estimate::TestResult;
use crate::estimate::system::{EquationRecord, SystemRecord};

/// A row per coefficient of every equation.
pub fn systems(records: &[SystemRecord]) -> Frame {
    let rows: Vec<(&SystemRecord, &EquationRecord, &Coefficient)> = records
        .iter()
        .flat_map(|record| record.equations.iter().map(move |equation| (record, equation)))
        .flat_map(|(record, equation)| equation.coefficients.iter().map(move |c| (record, equation, c)))
        .collect();
    Frame::new()
        .text("system", &rows, |(record, ..)| record.name.clone())
        .text("equation", &rows, |(_, equation, _)| equation.equation.clone())
        .text("outcome", &rows, |(_, equation, _)| equation.outcome.clone())
        .text("term", &rows, |(.., c)| c.term.clone())
        .number("estimate", &rows, |(.., c)| Some(c.estimate))
        .number("std_error", &rows, |(.., c)| Some(c.std_error))
        .number("statistic", &rows, |(.., c)| Some(c.statistic))
        .number("df", &rows, |(.., c)| Some(c.df))
        .number("p_value", &rows, |(.., c)| Some(c.p_value))
        .number("conf_low", &rows, |(.., c)| Some(c.conf_low))
        .number("conf_high", &rows, |(.., c)| Some(c.conf_high))
        .count("n_obs", &rows, |(record, ..)| Some(record.n_obs))
        .number("r_squared", &rows, |(_, equation, _)| Some(equation.r_squared))
}

/// A row per test of every system.
pub fn system_tests(records: &[SystemRecord]) -> Frame {
    let rows: Vec<(&SystemRecord, &TestResult)> =
        records.iter().flat_map(|record| record.tests.iter().map(move |test| (record, test))).collect();
    of_tests(Frame::new().text("system", &rows, |(record, _)| record.name.clone()), &rows, |(_, test)| test)
}
