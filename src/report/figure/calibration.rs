//! Calibration plots: the mean outcome of rows with nearly the same fitted probability, beside that probability.

use std::ops::Deref;

use super::axis::Axis;
use super::frame::{Frame, WIDTH};
use super::plane::Plane;
use super::svg::{Anchor, Canvas, Stroke, Svg, TextStyle};
use super::{number, palette};
use crate::estimate::likelihood::CalibrationBin;

const HEIGHT: f64 = 400.0;

/// What a calibration plot shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CalibrationPlot {
    /// Title, note and whether the data are synthetic.
    pub frame: Frame,
    /// Title of the horizontal axis.
    pub x_title: String,
    /// Title of the vertical axis.
    pub y_title: String,
    /// Bins, ascending.
    pub bins: Vec<CalibrationBin>,
}

/// Draws a calibration plot: on the dashed line what was seen is what was predicted.
pub fn calibration(plot: &CalibrationPlot) -> Svg {
    let mut canvas = Canvas::new(WIDTH);
    let layout = Layout::of(plot, plot.frame.open(&mut canvas));
    layout.draw_axes(&mut canvas, plot);
    layout.draw_bins(&mut canvas, plot);
    let height = plot.frame.close(&mut canvas, layout.bottom + 42.0);
    canvas.finish(height, plot.frame.title_or("Calibration plot"), &plot.frame.describe(&describe(plot)))
}

/// The plane, and what is drawn on it.
struct Layout(Plane);

impl Deref for Layout {
    type Target = Plane;

    fn deref(&self) -> &Plane {
        &self.0
    }
}

impl Layout {
    fn of(plot: &CalibrationPlot, top: f64) -> Layout {
        let span = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        };
        let across = span(&mut plot.bins.iter().map(|bin| bin.predicted));
        let up = span(&mut plot.bins.iter().flat_map(|bin| [bin.low, bin.high, bin.predicted]));
        Layout(Plane::of((Axis::around(across.0, across.1, 7), Axis::around(up.0, up.1, 6)), top, HEIGHT))
    }

    fn draw_axes(&self, canvas: &mut Canvas, plot: &CalibrationPlot) {
        self.draw(canvas, (&plot.x_title, &plot.y_title), palette::GRID);
        let (from, to) = (self.x.low.max(self.y.low), self.x.high.min(self.y.high));
        if from < to && !plot.bins.is_empty() {
            canvas.dashed_line(self.place(from, from), self.place(to, to), Stroke::new(palette::MUTED, 1.5));
        }
    }

    fn draw_bins(&self, canvas: &mut Canvas, plot: &CalibrationPlot) {
        for bin in &plot.bins {
            canvas.open_group(&in_words(bin));
            let (low, high) = (self.place(bin.predicted, bin.low), self.place(bin.predicted, bin.high));
            canvas.line(low, high, Stroke::new(palette::ACCENT, 1.5));
            canvas.circle(self.place(bin.predicted, bin.observed), 4.5, palette::ACCENT);
            canvas.close_group();
        }
        if plot.bins.is_empty() {
            let middle = ((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0);
            let style = TextStyle::new(13.0, palette::MUTED).anchored(Anchor::Middle);
            canvas.text(middle, "No observations to show", style);
        }
    }
}

fn in_words(bin: &CalibrationBin) -> String {
    format!(
        "predicted {}, seen {} ({} to {}), {} rows",
        number::short(bin.predicted),
        number::short(bin.observed),
        number::short(bin.low),
        number::short(bin.high),
        number::fixed(bin.rows as f64, 0)
    )
}

/// The plot in words.
fn describe(plot: &CalibrationPlot) -> String {
    let mut words = format!("{} over {}, {} bins.", plot.y_title, plot.x_title, plot.bins.len());
    if let (Some(first), Some(last)) = (plot.bins.first(), plot.bins.last()) {
        words.push_str(&format!(" First bin: {}. Last bin: {}.", in_words(first), in_words(last)));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::assert_draws;

    fn plot(n: usize) -> CalibrationPlot {
        let bin = |k: usize| {
            let predicted = (k as f64 + 0.5) / n as f64 * 0.6;
            let observed = predicted + 0.02 * (k as f64).sin();
            CalibrationBin { rows: 200, predicted, observed, low: observed - 0.04, high: observed + 0.04 }
        };
        CalibrationPlot {
            frame: Frame { title: "Entry of industries".into(), note: None, synthetic: true },
            x_title: "Fitted probability".into(),
            y_title: "Share that entered".into(),
            bins: (0..n).map(bin).collect(),
        }
    }

    #[test]
    fn a_small_plot() {
        insta::assert_snapshot!(calibration(&plot(2)).as_str());
    }

    #[test]
    fn many_bins_and_none_stay_inside() {
        assert_draws(&calibration(&plot(20)), "calibration");
        let none = calibration(&plot(0));
        assert!(none.as_str().contains("No observations to show") && !none.as_str().contains("NaN"));
    }
}
