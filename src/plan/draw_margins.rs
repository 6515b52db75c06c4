//! The figure of marginal effects: a row per effect, a marker per model.

use crate::estimate::Fit;
use crate::infer::record::Margin;
use crate::infer::t_interval;
use crate::report::figure::{CoefficientPlot, CoefficientPoint, Frame, Interval, Series};
use crate::study::figure::CoefficientsFigure;
use crate::study::margins::ScaleName;

use super::matches_name;

/// The plot of the margins of some fits; `None` where none has any that is shown.
pub(super) fn margins_plot(frame: Frame, fits: &[&Fit], content: &CoefficientsFigure) -> Option<CoefficientPlot> {
    let mut rows: Vec<String> = Vec::new();
    for name in fits.iter().flat_map(|fit| &fit.inference.margins).map(name) {
        let listed = content.keep.is_empty() || content.keep.iter().any(|pattern| matches_name(pattern, &name));
        let dropped = content.drop.iter().any(|pattern| matches_name(pattern, &name));
        if listed && !dropped && !rows.contains(&name) {
            rows.push(name);
        }
    }
    if rows.is_empty() {
        return None;
    }
    let has_margins = fits.iter().filter(|fit| !fit.inference.margins.is_empty());
    let series = has_margins.map(|fit| Series {
        name: fit.model.clone(),
        points: rows
            .iter()
            .map(|row| fit.inference.margins.iter().find(|margin| name(margin) == *row))
            .map(|margin| margin.map(|margin| point(margin, &content.levels)))
            .collect(),
    });
    let mut outcomes: Vec<&str> = fits.iter().map(|fit| fit.outcome.as_str()).collect();
    outcomes.dedup();
    Some(CoefficientPlot {
        frame,
        axis_title: format!("Marginal effect on {}", outcomes.join(", ")),
        series: series.collect(),
        terms: rows.iter().map(|row| content.labels.get(row).unwrap_or(row).clone()).collect(),
    })
}

/// `wage`, `sector: b - a`, `wage, strength = 1`, `wage (north)`.
fn name(margin: &Margin) -> String {
    let contrast =
        if margin.contrast == ScaleName::Derivative.label() { String::new() } else { format!(": {}", margin.contrast) };
    let at = if margin.at.is_empty() { String::new() } else { format!(", {}", margin.at) };
    let group = if margin.group.is_empty() { String::new() } else { format!(" ({})", margin.group) };
    format!("{}{contrast}{at}{group}", margin.variable)
}

fn point(margin: &Margin, levels: &[f64]) -> CoefficientPoint {
    let value = &margin.value;
    let interval = |&level: &f64| {
        let (low, high) = t_interval(value.estimate, value.std_error, value.df, level);
        Interval { level, low, high }
    };
    CoefficientPoint {
        estimate: value.estimate,
        intervals: levels.iter().map(interval).collect(),
        band: None,
        truth: None,
    }
}
