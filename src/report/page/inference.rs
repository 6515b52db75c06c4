//! What was asked of a model's coefficients, as small tables.

use super::shift_share::Grid;
use crate::estimate::Fit;
use crate::infer::record::{BandsRecord, Combination, Inferred, Margin, PredictedPoint};
use crate::report::number::{Digits, p_value};

/// Rows of margins that the page lists; all are in `margins.csv`.
const LISTED: usize = 40;

/// Combinations, margins and bands of one model; none where nothing was asked.
pub fn grids(fit: &Fit) -> Vec<Grid> {
    let asked = &fit.inference;
    let combined = (!asked.combinations.is_empty()).then(|| combinations(&asked.combinations));
    let margins = (!asked.margins.is_empty()).then(|| margins(fit, &asked.margins));
    let points = (!asked.predictions.is_empty()).then(|| predictions(fit, &asked.predictions));
    combined
        .into_iter()
        .chain(margins)
        .chain(points)
        .chain(asked.bands.as_ref().map(|bands| banded(fit, bands)))
        .collect()
}

fn number(value: f64) -> String {
    if value.is_finite() { Digits::default().one(value) } else { "not defined".into() }
}

fn interval(low: f64, high: f64) -> String {
    format!("[{}, {}]", number(low), number(high))
}

/// Estimate, error, p-value and interval.
fn cells(value: &Inferred) -> [String; 4] {
    [number(value.estimate), number(value.std_error), p_value(value.p_value), interval(value.conf_low, value.conf_high)]
}

fn combinations(rows: &[Combination]) -> Grid {
    let row =
        |row: &Combination| [row.name.clone(), row.expression.clone()].into_iter().chain(cells(&row.value)).collect();
    Grid {
        caption: "Combinations of coefficients".into(),
        head: ["", "Expression", "Estimate", "Std. error", "p", "95 % interval"].map(String::from).to_vec(),
        rows: rows.iter().map(row).collect(),
        note: "Standard errors by the delta method, with the model's errors.".into(),
    }
}

fn margins(fit: &Fit, rows: &[Margin]) -> Grid {
    let has_group = rows.iter().any(|row| !row.group.is_empty());
    let has_point = rows.iter().any(|row| !row.at.is_empty());
    let labels = |row: &Margin| {
        let group = has_group.then(|| row.group.clone());
        let point = has_point.then(|| row.at.clone());
        [row.variable.clone(), row.contrast.clone()].into_iter().chain(group).chain(point).collect::<Vec<_>>()
    };
    let head = ["", "Effect"].into_iter().chain(has_group.then_some("Group")).chain(has_point.then_some("At"));
    let weighted = if fit.weights.is_some() { ", averaged with the model's weights" } else { "" };
    Grid {
        caption: format!("Marginal effects on {}", fit.outcome),
        head: head.chain(["Estimate", "Std. error", "p", "95 % interval"]).map(String::from).collect(),
        rows: rows.iter().take(LISTED).map(|row| labels(row).into_iter().chain(cells(&row.value)).collect()).collect(),
        note: format!(
            "Derivatives and differences of the fitted outcome{weighted}; standard errors by the delta method, with the \
             model's errors and the sample as given.{}",
            if rows.len() > LISTED {
                format!(" The first {LISTED} of {}; all are in margins.csv.", rows.len())
            } else {
                String::new()
            }
        ),
    }
}

fn predictions(fit: &Fit, points: &[PredictedPoint]) -> Grid {
    let row = |point: &PredictedPoint| {
        vec![
            point.row.to_string(),
            point.at.clone(),
            number(point.fitted),
            number(point.std_error),
            interval(point.conf_low, point.conf_high),
            interval(point.pred_low, point.pred_high),
        ]
    };
    let level = points.first().map_or(95.0, |point| 100.0 * point.level);
    let head = ["", "At", "Predicted", "Std. error"].map(String::from).into_iter();
    let scope = points.first().map_or("", |point| point.error_of.as_str());
    Grid {
        caption: format!("Predictions of {}", fit.outcome),
        head: head.chain([format!("{level} % of the mean"), format!("{level} % of a new observation")]).collect(),
        rows: points.iter().map(row).collect(),
        note: format!(
            "Numbers that a row does not give stand at their means. Standard errors: {scope}. New observations: with the \
             model's residual variance, as if errors were alike and normal."
        ),
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
