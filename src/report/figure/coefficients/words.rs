//! A coefficient plot in words and numbers: axis title, printed values, tooltips, description.

use super::{CoefficientPlot, CoefficientPoint, Interval, points};
use crate::report::figure::{number, text};

/// Size of the values printed beside a lone model, in pixels.
pub(super) const VALUES_SIZE: f64 = 11.0;

/// The levels of all intervals, ascending.
fn levels(plot: &CoefficientPlot) -> Vec<f64> {
    let mut levels: Vec<f64> = points(plot).flat_map(|point| point.intervals.iter().map(|i| i.level)).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    levels
}

/// The axis' title and the intervals' levels: `Estimate, with 95% confidence interval`.
pub(super) fn axis_title(plot: &CoefficientPlot) -> String {
    let name = if plot.axis_title.is_empty() { "Estimate" } else { &plot.axis_title };
    let levels: Vec<String> = levels(plot).iter().map(|level| percent(*level)).collect();
    match levels.as_slice() {
        [] => name.to_owned(),
        [one] => format!("{name}, with {one} confidence interval"),
        [first, middle @ .., last] => {
            let middle: String = middle.iter().map(|level| format!(", {level}")).collect();
            format!("{name}, with {first}{middle} and {last} confidence intervals (thick to thin)")
        }
    }
}

fn percent(level: f64) -> String {
    let text = number::fixed(level * 100.0, 1);
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}

/// The interval that is printed beside a lone model: the one whose level is nearest to 95%.
fn printed(point: &CoefficientPoint) -> Option<&Interval> {
    point.intervals.iter().min_by(|a, b| (a.level - 0.95).abs().total_cmp(&(b.level - 0.95).abs()))
}

/// The estimate and its interval, `0.041 [0.030, 0.052]`.
pub(super) fn values(point: &CoefficientPoint, decimals: usize) -> String {
    let estimate = number::fixed(point.estimate, decimals);
    match printed(point) {
        Some(i) => {
            format!("{estimate} [{}, {}]", number::fixed(i.low, decimals), number::fixed(i.high, decimals))
        }
        None => estimate,
    }
}

/// Room that the printed values need, in pixels.
pub(super) fn values_width(plot: &CoefficientPlot, decimals: usize) -> f64 {
    points(plot).map(|point| text::width(&values(point, decimals), VALUES_SIZE)).fold(0.0, f64::max) + 8.0
}

/// Decimals that show two digits of the tightest interval, within what a column can hold.
pub(super) fn decimals(plot: &CoefficientPlot) -> usize {
    let half_width = |point: &CoefficientPoint| printed(point).map(|i| (i.high - i.low) / 2.0);
    let sizes = points(plot).map(|point| half_width(point).unwrap_or(point.estimate).abs());
    let smallest = sizes.filter(|size| *size > 0.0 && size.is_finite()).fold(f64::INFINITY, f64::min);
    number::decimals_of(smallest, 2).min(6)
}

/// An estimate with all its intervals and its true value.
pub(super) fn in_words(point: &CoefficientPoint) -> String {
    let mut words = number::short(point.estimate);
    for interval in &point.intervals {
        let (low, high) = (number::short(interval.low), number::short(interval.high));
        words.push_str(&format!(", {} interval {low} to {high}", percent(interval.level)));
    }
    if let Some(band) = &point.band {
        let (low, high) = (number::short(band.low), number::short(band.high));
        words.push_str(&format!(", {} simultaneous band {low} to {high}", percent(band.level)));
    }
    if let Some(truth) = point.truth {
        words.push_str(&format!(", true value {}", number::short(truth)));
    }
    words
}

/// The plot in words: each term of each model.
pub(super) fn describe(plot: &CoefficientPlot) -> String {
    if points(plot).next().is_none() {
        return "No estimates to show.".to_owned();
    }
    let mut words = format!("{}.", axis_title(plot));
    for series in &plot.series {
        for (term, point) in plot.terms.iter().zip(&series.points) {
            if let Some(point) = point.as_ref().filter(|point| point.estimate.is_finite()) {
                words.push_str(&format!(" {}, {term}: {}.", series.name, in_words(point)));
            }
        }
    }
    words
}
