//! What was asked of a model's coefficients, as small tables.

use super::shift_share::Grid;
use crate::estimate::Fit;
use crate::infer::record::{BandsRecord, Combination, Inferred};
use crate::report::number::{Digits, p_value};

/// Combinations and bands of one model; none where nothing was asked.
pub fn grids(fit: &Fit) -> Vec<Grid> {
    let asked = &fit.inference;
    let combined = (!asked.combinations.is_empty()).then(|| combinations(&asked.combinations));
    combined.into_iter().chain(asked.bands.as_ref().map(|bands| banded(fit, bands))).collect()
}

fn number(value: f64) -> String {
    if value.is_finite() { Digits::default().one(value) } else { "not defined".into() }
}

fn interval(low: f64, high: f64) -> String {
    format!("[{}, {}]", number(low), number(high))
}

/// Estimate, error, p-value and interval.
fn cells(value: &Inferred) -> [String; 4] {
    [
        number(value.estimate),
        number(value.std_error),
        p_value(value.p_value),
        interval(value.conf_low, value.conf_high),
    ]
}

fn combinations(rows: &[Combination]) -> Grid {
    let row = |row: &Combination| {
        [row.name.clone(), row.expression.clone()].into_iter().chain(cells(&row.value)).collect()
    };
    Grid {
        caption: "Combinations of coefficients".into(),
        head: ["", "Expression", "Estimate", "Std. error", "p", "95 % interval"].map(String::from).to_vec(),
        rows: rows.iter().map(row).collect(),
        note: "Standard errors by the delta method, with the model's errors.".into(),
    }
}

fn banded(fit: &Fit, bands: &BandsRecord) -> Grid {
    let level = 100.0 * bands.level;
    let rows = bands.terms.iter().filter_map(|band| {
        let c = fit.coefficients.iter().find(|c| c.term == band.term)?;
        let alone = crate::infer::t_interval(c.estimate, c.std_error, c.df, bands.level);
        Some(vec![band.term.clone(), number(c.estimate), interval(alone.0, alone.1), interval(band.low, band.high)])
    });
    let how = match bands.method.as_str() {
        "sup-t" => "the quantile of the largest absolute t (sup-t)",
        "sidak" => "Šidák's bound",
        _ => "Bonferroni's bound",
    };
    let error = bands.simulation_error.map_or_else(String::new, |error| {
        format!(", simulated with a standard error of {}", Digits::Significant(2).one(error))
    });
    Grid {
        caption: format!("Bands that hold all of these coefficients with {level} %"),
        head: ["".into(), "Estimate".into(), format!("{level} % alone"), format!("{level} % together")].to_vec(),
        rows: rows.collect(),
        note: format!("{} standard errors to each side: {how}{error}.", number(bands.critical_value)),
    }
}
