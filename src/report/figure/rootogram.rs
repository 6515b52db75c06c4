//! Hanging rootograms: bars of what was seen hang from the curve of what was expected, on the scale of square roots, on which
//! sampling moves all frequencies by about the same (Tukey 1977; Kleiber and Zeileis 2016).

use super::axis::Axis;
use super::frame::{Frame, MARGIN, WIDTH};
use super::svg::{Anchor, Canvas, Stroke, Svg, TextStyle};
use super::{number, palette, text};
use crate::estimate::likelihood::Frequency;

const HEIGHT: f64 = 340.0;

/// What a rootogram shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RootogramPlot {
    /// Title, note and whether the data are synthetic.
    pub frame: Frame,
    /// Title of the horizontal axis: the outcome.
    pub x_title: String,
    /// Frequencies from zero up.
    pub frequencies: Vec<Frequency>,
    /// Whether the last stands for all counts above, too.
    pub is_open: bool,
}

/// Draws a hanging rootogram.
pub fn rootogram(plot: &RootogramPlot) -> Svg {
    let mut canvas = Canvas::new(WIDTH);
    let layout = Layout::of(plot, plot.frame.open(&mut canvas));
    layout.draw_axes(&mut canvas, plot);
    layout.draw_bars(&mut canvas, plot);
    layout.draw_curve(&mut canvas, plot);
    layout.draw_key(&mut canvas);
    let height = plot.frame.close(&mut canvas, layout.bottom + 42.0);
    canvas.finish(height, plot.frame.title_or("Rootogram"), &plot.frame.describe(&describe(plot)))
}

struct Layout {
    y: Axis,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// Width of a count.
    slot: f64,
}

impl Layout {
    fn of(plot: &RootogramPlot, top: f64) -> Layout {
        let (top, bottom) = (top + 40.0, top + 40.0 + HEIGHT);
        let high = plot.frequencies.iter().map(|f| f.expected.sqrt()).fold(1.0, f64::max);
        let low = plot.frequencies.iter().map(|f| f.expected.sqrt() - f.observed.sqrt()).fold(-1.0, f64::min);
        let y = Axis::around(low, high, 6);
        let tick_width = y.ticks().iter().map(|tick| text::width(&tick.1, 11.0)).fold(0.0, f64::max);
        let (left, right) = (MARGIN + tick_width + 8.0, WIDTH - MARGIN - 8.0);
        let slot = (right - left) / plot.frequencies.len().max(1) as f64;
        Layout { y, left, right, top, bottom, slot }
    }

    fn x(&self, at: usize) -> f64 {
        self.left + (at as f64 + 0.5) * self.slot
    }

    fn height(&self, value: f64) -> f64 {
        self.y.place(value, (self.bottom, self.top))
    }

    fn draw_axes(&self, canvas: &mut Canvas, plot: &RootogramPlot) {
        let ticks = TextStyle::new(11.0, palette::MUTED);
        for (value, label) in self.y.ticks() {
            let y = self.height(value);
            canvas.line((self.left, y), (self.right, y), Stroke::new(palette::GRID, 1.0));
            canvas.text((self.left - 8.0, y + 4.0), &label, ticks.anchored(Anchor::End));
        }
        for limit in [-1.0, 1.0] {
            let y = self.height(limit);
            canvas.dashed_line((self.left, y), (self.right, y), Stroke::new(palette::MUTED, 1.0));
        }
        let widest = plot.frequencies.last().map_or(0.0, |last| text::width(&format!("{}+", last.count), 11.0));
        let every = ((widest + 6.0) / self.slot).ceil().max(1.0) as usize;
        let last = plot.frequencies.len().saturating_sub(1);
        for (at, frequency) in plot.frequencies.iter().enumerate() {
            // The label of an open end is worth more than that of the count before it.
            if (at % every != 0 || last - at < every) && at != last {
                continue;
            }
            let label = format!("{}{}", frequency.count, if plot.is_open && at == last { "+" } else { "" });
            canvas.text((self.x(at), self.bottom + 17.0), &label, ticks.anchored(Anchor::Middle));
        }
        canvas.line((self.left, self.bottom), (self.right, self.bottom), Stroke::new(palette::INK, 1.2));
        let title = TextStyle::new(12.0, palette::INK);
        canvas.text((MARGIN, self.top - 30.0), "Square root of the number of rows", title);
        canvas.text((self.right, self.bottom + 37.0), &plot.x_title, title.anchored(Anchor::End));
    }

    fn draw_bars(&self, canvas: &mut Canvas, plot: &RootogramPlot) {
        let width = (0.74 * self.slot).min(46.0);
        for (at, frequency) in plot.frequencies.iter().enumerate() {
            let (top, root) = (frequency.expected.sqrt(), frequency.observed.sqrt());
            let (y, to) = (self.height(top), self.height(top - root));
            canvas.open_group(&in_words(frequency));
            // A bar without height would have no tooltip.
            canvas.rectangle((self.x(at) - width / 2.0, y), (width, (to - y).max(0.5)), BAR);
            canvas.close_group();
        }
        let zero = self.height(0.0);
        canvas.line((self.left, zero), (self.right, zero), Stroke::new(palette::INK, 1.2));
        if plot.frequencies.is_empty() {
            let middle = ((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0);
            let style = TextStyle::new(13.0, palette::MUTED).anchored(Anchor::Middle);
            canvas.text(middle, "No counts to show", style);
        }
    }

    fn draw_curve(&self, canvas: &mut Canvas, plot: &RootogramPlot) {
        let points: Vec<(f64, f64)> =
            plot.frequencies.iter().enumerate().map(|(at, f)| (self.x(at), self.height(f.expected.sqrt()))).collect();
        points.windows(2).for_each(|pair| canvas.line(pair[0], pair[1], Stroke::new(palette::ACCENT2, 2.0)));
        points.iter().for_each(|&point| canvas.circle(point, 3.5, palette::ACCENT2));
    }

    fn draw_key(&self, canvas: &mut Canvas) {
        let y = self.top - 10.0;
        let style = TextStyle::new(11.0, palette::MUTED);
        canvas.line((self.left, y - 4.0), (self.left + 20.0, y - 4.0), Stroke::new(palette::ACCENT2, 2.0));
        canvas.circle((self.left + 10.0, y - 4.0), 3.5, palette::ACCENT2);
        canvas.text((self.left + 26.0, y), "expected", style);
        let at = self.left + 36.0 + text::width("expected", 11.0);
        canvas.rectangle((at, y - 9.0), (14.0, 10.0), BAR);
        canvas.text((at + 20.0, y), "seen: a bar that ends above the zero line is too few, below it too many", style);
    }
}

/// The colour of bars.
const BAR: &str = "#8fb8cc";

fn in_words(f: &Frequency) -> String {
    format!("{}: seen {}, expected {}", f.count, number::short(f.observed), number::short(f.expected))
}

/// The plot in words.
fn describe(plot: &RootogramPlot) -> String {
    let rows: f64 = plot.frequencies.iter().map(|f| f.observed).sum();
    let mut words = format!("Frequencies of {}, {} rows.", plot.x_title, number::fixed(rows, 0));
    if let Some(zero) = plot.frequencies.first() {
        words.push_str(&format!(" {}.", in_words(zero)));
    }
    let gap = |f: &Frequency| (f.expected.sqrt() - f.observed.sqrt()).abs();
    if let Some(worst) = plot.frequencies.iter().max_by(|a, b| gap(a).total_cmp(&gap(b))) {
        words.push_str(&format!(" Farthest off: {}.", in_words(worst)));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::assert_draws;

    fn plot(n: u32) -> RootogramPlot {
        let frequency = |count: u32| Frequency {
            count,
            observed: (900.0 * (-0.35 * f64::from(count)).exp() + if count == 0 { 250.0 } else { 0.0 }).round(),
            expected: 1000.0 * (-0.4 * f64::from(count)).exp(),
        };
        RootogramPlot {
            frame: Frame { title: "Patents of a region and industry".into(), note: None, synthetic: true },
            x_title: "Patents".into(),
            frequencies: (0..n).map(frequency).collect(),
            is_open: true,
        }
    }

    #[test]
    fn a_small_plot() {
        insta::assert_snapshot!(rootogram(&plot(3)).as_str());
    }

    #[test]
    fn many_counts_and_none_stay_inside() {
        assert_draws(&rootogram(&plot(31)), "rootogram");
        let none = rootogram(&plot(0));
        assert!(none.as_str().contains("No counts to show") && !none.as_str().contains("NaN"));
    }
}
