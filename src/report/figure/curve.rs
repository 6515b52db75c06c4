//! Specification curves: sorted estimates with intervals above, the choices of each specification below.

use indexmap::{IndexMap, IndexSet};

use super::axis::Axis;
use super::frame::{Frame, MARGIN, WIDTH};
use super::svg::{Anchor, Canvas, Stroke, Svg, TextStyle};
use super::{number, palette, text};
use crate::infer::curve::CurveRecord;

/// Height of the estimates' panel.
const PANEL: f64 = 230.0;
const LABEL_SIZE: f64 = 11.0;
const LABEL_LIMIT: f64 = 190.0;
const ROW: f64 = 15.0;
/// Choices of one axis beyond which the axis is not shown.
const MOST_CHOICES: usize = 30;

/// What a curve shows.
#[derive(Clone, Debug)]
pub struct CurvePlot<'a> {
    /// Title and whether the data are synthetic.
    pub frame: Frame,
    /// Title of the vertical axis.
    pub axis_title: String,
    /// The curve.
    pub record: &'a CurveRecord,
}

/// Draws a curve.
pub fn curve(plot: &CurvePlot) -> Svg {
    let mut canvas = Canvas::new(WIDTH);
    let top = plot.frame.open(&mut canvas) + 16.0;
    let groups = groups(plot.record);
    let labels = groups.iter().flat_map(|(axis, choices)| std::iter::once(axis).chain(choices));
    let wide = labels.map(|label| text::width(&shown(label), LABEL_SIZE)).fold(60.0, f64::max);
    let range = (MARGIN + wide.min(LABEL_LIMIT) + 16.0, WIDTH - MARGIN);
    canvas.text((MARGIN, top - 8.0), &plot.axis_title, TextStyle::new(LABEL_SIZE, palette::MUTED));
    draw_estimates(&mut canvas, plot.record, range, top);
    let mut y = top + PANEL + 22.0;
    for (axis, choices) in &groups {
        draw_choices(&mut canvas, plot.record, range, (axis, choices), &mut y);
    }
    let height = plot.frame.close(&mut canvas, y);
    canvas.finish(height, plot.frame.title_or("Specification curve"), &plot.frame.describe(&plot.record.in_words()))
}

/// The choices that differ, by axis, in the order in which they are met.
fn groups(record: &CurveRecord) -> Vec<(String, IndexSet<String>)> {
    let mut groups: IndexMap<String, IndexSet<String>> = IndexMap::new();
    for (axis, choice) in record.specifications.iter().flat_map(|one| &one.choices) {
        groups.entry(axis.clone()).or_default().insert(choice.clone());
    }
    for choices in groups.values_mut() {
        choices.sort();
    }
    groups.into_iter().filter(|(_, choices)| (2..=MOST_CHOICES).contains(&choices.len())).collect()
}

/// The middle of a specification's column.
fn place(position: usize, n: usize, range: (f64, f64)) -> f64 {
    range.0 + (range.1 - range.0) * (position as f64 + 0.5) / n as f64
}

fn draw_estimates(canvas: &mut Canvas, record: &CurveRecord, range: (f64, f64), top: f64) {
    let bounds = record.specifications.iter().flat_map(|one| [one.estimate, one.conf_low, one.conf_high]);
    let finite = bounds.filter(|value| value.is_finite());
    let (low, high) = finite.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let axis = Axis::around(low, high, 6);
    let y = |value: f64| axis.place(value, (top + PANEL, top));
    for (value, label) in axis.ticks() {
        canvas.line((range.0, y(value)), (range.1, y(value)), Stroke::new(palette::GRID, 1.0));
        let style = TextStyle::new(LABEL_SIZE, palette::MUTED).anchored(Anchor::End);
        canvas.text((range.0 - 6.0, y(value) + 4.0), &label, style);
    }
    canvas.line((range.0, y(0.0)), (range.1, y(0.0)), Stroke::new(palette::INK, 1.0));
    let n = record.specifications.len();
    let column = (range.1 - range.0) / n as f64;
    let (thick, radius) = ((0.5 * column).clamp(0.4, 2.5), (0.42 * column).clamp(1.2, 4.0));
    for (position, one) in record.specifications.iter().enumerate() {
        let x = place(position, n, range);
        let choices: Vec<String> = one.choices.iter().map(|(axis, choice)| format!("{axis}: {choice}")).collect();
        let value = |value: f64| number::short(value);
        canvas.open_group(&format!(
            "{}: {} ({} to {}). {}",
            one.model,
            value(one.estimate),
            value(one.conf_low),
            value(one.conf_high),
            choices.join("; ")
        ));
        let is_significant = one.p_value < record.alpha;
        let color = if is_significant { palette::ACCENT } else { palette::MUTED };
        if one.conf_low.is_finite() && one.conf_high.is_finite() {
            canvas.line((x, y(one.conf_low)), (x, y(one.conf_high)), Stroke::new(color, thick));
        }
        canvas.circle((x, y(one.estimate)), radius, color);
        if !is_significant && radius > 2.0 {
            canvas.circle((x, y(one.estimate)), radius - 1.2, palette::PAPER);
        }
        canvas.close_group();
    }
}

fn draw_choices(
    canvas: &mut Canvas,
    record: &CurveRecord,
    range: (f64, f64),
    (axis, choices): (&String, &IndexSet<String>),
    y: &mut f64,
) {
    canvas.text((MARGIN, *y + 4.0), &shown(axis), TextStyle::new(LABEL_SIZE, palette::INK).bold());
    *y += ROW;
    let n = record.specifications.len();
    let width = (0.7 * (range.1 - range.0) / n as f64).clamp(0.5, 6.0);
    for choice in choices {
        canvas.line((range.0, *y), (range.1, *y), Stroke::new(palette::GRID, 1.0));
        let style = TextStyle::new(LABEL_SIZE, palette::INK).anchored(Anchor::End);
        canvas.text((range.0 - 6.0, *y + 4.0), &shown(choice), style);
        for (position, one) in record.specifications.iter().enumerate() {
            if one.choices.get(axis) == Some(choice) {
                let color = if one.p_value < record.alpha { palette::ACCENT } else { palette::MUTED };
                let corner = (place(position, n, range) - 0.5 * width, *y - 4.0);
                canvas.rectangle(corner, (width, 8.0), color);
            }
        }
        *y += ROW;
    }
    *y += 6.0;
}

/// A label that fits beside the panel.
fn shown(label: &str) -> String {
    let mut short: String = label.to_string();
    while text::width(&short, LABEL_SIZE) > LABEL_LIMIT && short.chars().count() > 4 {
        let kept = short.chars().count().saturating_sub(3);
        short = format!("{}…", short.chars().take(kept).collect::<String>());
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infer::curve::{CurveMember, CurveStatistics, Specification};
    use crate::report::figure::assert_draws;

    #[test]
    fn a_multiverse_is_drawn() {
        let specifications: Vec<CurveMember> = (0..48)
            .map(|k| {
                let estimate = -0.02 + 0.004 * k as f64;
                let choices = [
                    ("controls", ["none", "wage", "wage and size"][k % 3]),
                    ("errors", ["region", "state"][k / 3 % 2]),
                ];
                CurveMember {
                    model: format!("m[{k}]"),
                    term: "x".into(),
                    choices: choices.map(|(axis, choice)| (axis.to_string(), choice.to_string())).into_iter().collect(),
                    estimate,
                    std_error: 0.03,
                    conf_low: estimate - 0.06,
                    conf_high: estimate + 0.06,
                    p_value: crate::infer::two_sided_p(estimate / 0.03, 40.0),
                    n_obs: 100,
                }
            })
            .collect();
        let own: Vec<Specification> =
            specifications.iter().map(|one| Specification::new(one.estimate, one.estimate / 0.03, 40.0)).collect();
        let record = CurveRecord {
            name: "growth".into(),
            statistics: CurveStatistics::of(&own, 0.05).unwrap(),
            specifications,
            alpha: 0.05,
            tests: None,
            draws: None,
            notes: Vec::new(),
        };
        let frame = Frame { title: "Specification curve".into(), ..Frame::default() };
        let svg = curve(&CurvePlot { frame, axis_title: "Estimate of x".into(), record: &record });
        assert_draws(&svg, "curve");
        assert!(svg.as_str().contains("wage and size") && svg.as_str().contains("48 specifications"));
    }
}
