//! Systems of equations on the page: coefficients, then tests.

use super::shift_share::Grid;
use crate::estimate::system::SystemRecord;
use crate::report::number::{Digits, counted, p_value};

/// A system as two grids: the coefficients of its equations, and its tests with the correlations of the residuals below.
pub fn grids(record: &SystemRecord) -> [Grid; 2] {
    let number = |value: f64| Digits::default().one(value);
    let coefficients = record.equations.iter().flat_map(|equation| {
        equation.coefficients.iter().map(move |c| {
            let numbers = [number(c.estimate), number(c.std_error), number(c.statistic), p_value(c.p_value)];
            [equation.equation.clone(), c.term.clone()].into_iter().chain(numbers).collect()
        })
    });
    let tests = record.tests.iter().map(|test| {
        let df = match (test.df1, test.df2) {
            (Some(df1), Some(df2)) => format!("{df1}, {}", number(df2)),
            (Some(df1), None) => df1.to_string(),
            _ => String::new(),
        };
        vec![test.test.clone(), number(test.statistic), df, test.p_value.map_or_else(String::new, p_value)]
    });
    let combinations = record.combinations.iter().map(|one| {
        let value = &one.value;
        let interval = format!("{} ({})", number(value.estimate), number(value.std_error));
        vec![format!("{}: {}", one.name, one.expression), interval, String::new(), p_value(value.p_value)]
    });
    [
        Grid {
            caption: format!("System {}: equations estimated together", record.name),
            head: ["Equation", "Term", "Estimate", "Std. error", "Statistic", "p"].map(String::from).to_vec(),
            rows: coefficients.collect(),
            note: format!(
                "Seemingly unrelated regressions, {}; {} errors; {} in every equation.",
                record.steps,
                record.errors,
                counted(record.n_obs, "observation", "observations")
            ),
        },
        Grid {
            caption: format!("System {}: tests across equations", record.name),
            head: ["Test", "Statistic", "df", "p"].map(String::from).to_vec(),
            rows: tests.chain(combinations).collect(),
            note: format!("Correlations of the residuals of least squares: {}.", correlations(record)),
        },
    ]
}

fn correlations(record: &SystemRecord) -> String {
    let name = |m: usize| record.equations.get(m).map_or("", |equation| equation.equation.as_str());
    let pairs = (0..record.correlations.len()).flat_map(|m| (0..m).map(move |l| (l, m)));
    let pair = |(l, m): (usize, usize)| {
        let value = record.correlations.get(m).and_then(|row| row.get(l)).copied().unwrap_or(f64::NAN);
        format!("{} and {} {}", name(l), name(m), Digits::default().one(value))
    };
    pairs.map(pair).collect::<Vec<_>>().join(", ")
}
