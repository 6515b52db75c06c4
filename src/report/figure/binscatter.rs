//! Binned scatter plots: a dot per bin, and the line of the fit.

use std::ops::Deref;

use super::axis::Axis;
use super::frame::{Frame, WIDTH};
use super::plane::Plane;
use super::svg::{Anchor, Canvas, Point, Stroke, Svg, TextStyle};
use super::{number, palette, text};
use crate::describe::Bin;

const HEIGHT: f64 = 380.0;
const LABEL_SIZE: f64 = 12.0;
const RADIUS: f64 = 5.0;

/// What a binned scatter plot shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BinscatterPlot {
    /// Title, note and whether the data are synthetic.
    pub frame: Frame,
    /// Title of the horizontal axis.
    pub x_title: String,
    /// Title of the vertical axis.
    pub y_title: String,
    /// The bins, as [`crate::describe::bins`] gives them.
    pub bins: Vec<Bin>,
    /// The line of the fit, where it is to be drawn.
    pub fit: Option<FitLine>,
}

/// A straight line with a label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FitLine {
    /// Its y where x is 0.
    pub intercept: f64,
    /// Its slope.
    pub slope: f64,
    /// What is written beside it, for example `slope 0.041 (0.006)`.
    pub label: String,
}

/// Draws a binned scatter plot. A dot's area grows with its number of rows; bins that are not finite are left out.
pub fn binscatter(plot: &BinscatterPlot) -> Svg {
    let mut canvas = Canvas::new(WIDTH);
    let bins: Vec<Bin> = plot.bins.iter().copied().filter(|bin| bin.x.is_finite() && bin.y.is_finite()).collect();
    let layout = Layout::of(&bins, plot.frame.open(&mut canvas));
    layout.draw_axes(&mut canvas, plot);
    if let Some(fit) = &plot.fit {
        layout.draw_fit(&mut canvas, fit, &bins);
    }
    layout.draw_bins(&mut canvas, &bins);
    let height = plot.frame.close(&mut canvas, layout.bottom + 42.0);
    let title = plot.frame.title_or("Binned scatter plot");
    canvas.finish(height, title, &plot.frame.describe(&describe(plot, &bins)))
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
    fn of(bins: &[Bin], top: f64) -> Self {
        let axes = (axis_of(bins.iter().map(|bin| bin.x), 7), axis_of(bins.iter().map(|bin| bin.y), 6));
        Layout(Plane::of(axes, top, HEIGHT))
    }

    fn draw_axes(&self, canvas: &mut Canvas, plot: &BinscatterPlot) {
        self.draw(canvas, (&plot.x_title, &plot.y_title), palette::MUTED);
    }

    fn draw_fit(&self, canvas: &mut Canvas, fit: &FitLine, bins: &[Bin]) {
        let (low, high) = extent(bins.iter().map(|bin| bin.x));
        let Some((from, to)) = self.inside(fit, low, high) else { return };
        let color = palette::ACCENT2;
        canvas.line(self.place(from, fit.at(from)), self.place(to, fit.at(to)), Stroke::new(color, 2.0));
        if !fit.label.is_empty() {
            self.label_fit(canvas, fit, bins);
        }
    }

    /// The stretch of the line that lies inside the picture.
    fn inside(&self, fit: &FitLine, low: f64, high: f64) -> Option<(f64, f64)> {
        if fit.slope == 0.0 {
            return (self.y.shows(fit.intercept) && low < high).then_some((low, high));
        }
        let (a, b) = ((self.y.low - fit.intercept) / fit.slope, (self.y.high - fit.intercept) / fit.slope);
        let (from, to) = (low.max(a.min(b)), high.min(a.max(b)));
        (from < to).then_some((from, to))
    }

    /// Writes the label in the corner that is farthest from every dot and from the line.
    fn label_fit(&self, canvas: &mut Canvas, fit: &FitLine, bins: &[Bin]) {
        let width = text::width(&fit.label, LABEL_SIZE) + 26.0;
        let (left, right) = (self.left + 10.0, self.right - 10.0 - width);
        let (top, bottom) = (self.top + 16.0, self.bottom - 14.0);
        let clearance = |corner: &Point| {
            let on_line = (0..=40).map(|k| self.x.low + (self.x.high - self.x.low) * f64::from(k) / 40.0);
            let line = on_line.map(|x| self.place(x, fit.at(x)));
            let dots = bins.iter().map(|bin| self.place(bin.x, bin.y));
            dots.chain(line).map(|dot| distance(*corner, width, dot)).fold(f64::INFINITY, f64::min)
        };
        let corners = [(left, top), (right, top), (left, bottom), (right, bottom)];
        let best =
            corners.into_iter().reduce(|best, next| if clearance(&next) > clearance(&best) { next } else { best });
        let Some((x, y)) = best else { return };
        canvas.line((x, y - 4.0), (x + 18.0, y - 4.0), Stroke::new(palette::ACCENT2, 2.0));
        canvas.text((x + 24.0, y), &fit.label, TextStyle::new(LABEL_SIZE, palette::INK));
    }

    fn draw_bins(&self, canvas: &mut Canvas, bins: &[Bin]) {
        let mean = bins.iter().map(|bin| bin.n as f64).sum::<f64>() / bins.len().max(1) as f64;
        for bin in bins {
            let radius = (RADIUS * (bin.n as f64 / mean).sqrt()).clamp(0.5 * RADIUS, 2.0 * RADIUS);
            canvas.open_group(&in_words(bin));
            canvas.circle(self.place(bin.x, bin.y), radius, palette::ACCENT);
            canvas.close_group();
        }
        if bins.is_empty() {
            let middle = ((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0);
            let style = TextStyle::new(13.0, palette::MUTED).anchored(Anchor::Middle);
            canvas.text(middle, "No observations to show", style);
        }
    }
}

impl FitLine {
    fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }
}

/// Distance of a dot from a line of text that begins at `corner`.
fn distance(corner: Point, width: f64, dot: Point) -> f64 {
    let nearest = dot.0.clamp(corner.0, corner.0 + width);
    (dot.0 - nearest).hypot(dot.1 - (corner.1 - 4.0))
}

fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

fn axis_of(values: impl Iterator<Item = f64>, n_ticks: usize) -> Axis {
    let (low, high) = extent(values);
    Axis::around(low, high, n_ticks)
}

fn in_words(bin: &Bin) -> String {
    format!("x {}, y {}, {} rows", number::short(bin.x), number::short(bin.y), number::fixed(bin.n as f64, 0))
}

/// The plot in words.
fn describe(plot: &BinscatterPlot, bins: &[Bin]) -> String {
    let rows: usize = bins.iter().map(|bin| bin.n).sum();
    let rows = number::fixed(rows as f64, 0);
    let mut words = format!("Means of {} over {} bins of {}, {rows} rows.", plot.y_title, bins.len(), plot.x_title);
    if let (Some(first), Some(last)) = (bins.first(), bins.last()) {
        words.push_str(&format!(" First bin: {}. Last bin: {}.", in_words(first), in_words(last)));
    }
    if let Some(fit) = plot.fit.as_ref().filter(|fit| !fit.label.is_empty()) {
        words.push_str(&format!(" Line: {}.", fit.label));
    }
    words
}

#[cfg(test)]
mod tests;
