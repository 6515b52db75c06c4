//! Coefficient plots: a row per term, a marker per model, nested intervals, true values where they are known.

use super::axis::Axis;
use super::frame::{Frame, MARGIN, WIDTH};
use super::legend::{self, Entry};
use super::svg::{Anchor, Canvas, Stroke, Svg, TextStyle};
use super::{marker, palette, text};
use words::{VALUES_SIZE, axis_title, decimals, describe, in_words, values, values_width};

mod words;

const LABEL_SIZE: f64 = 12.0;
const LABEL_LINE: f64 = 15.0;
const LABEL_LIMIT: f64 = 235.0;
const LANE: f64 = 17.0;

/// What a coefficient plot shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CoefficientPlot {
    /// Title, note and whether the data are synthetic.
    pub frame: Frame,
    /// Title of the horizontal axis, for example `Change in log employment`; the intervals' levels are added to it.
    pub axis_title: String,
    /// The terms as labels, from top to bottom.
    pub terms: Vec<String>,
    /// The models, in order.
    pub series: Vec<Series>,
}

/// One model of a coefficient plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// A point per term, in the order of the terms; `None` where the model does not have the term.
    pub points: Vec<Option<CoefficientPoint>>,
}

/// One coefficient with its intervals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CoefficientPoint {
    /// The estimate.
    pub estimate: f64,
    /// Its intervals, in any order.
    pub intervals: Vec<Interval>,
    /// Its simultaneous band, where it has one.
    pub band: Option<Interval>,
    /// The true value, where the data were drawn from a known model.
    pub truth: Option<f64>,
}

/// A confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its level, for example 0.95.
    pub level: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// Draws a coefficient plot. Estimates and bounds that are not finite are left out; with nothing left, the figure says so.
pub fn coefficients(plot: &CoefficientPlot) -> Svg {
    let mut canvas = Canvas::new(WIDTH);
    let top = plot.frame.open(&mut canvas);
    let top = legend::draw(&mut canvas, &entries(plot), top);
    let layout = Layout::of(plot, top);
    draw_axis(&mut canvas, plot, &layout);
    for (index, row) in layout.rows.iter().enumerate() {
        draw_row(&mut canvas, plot, &layout, (index, row));
    }
    if points(plot).next().is_none() {
        let style = TextStyle::new(13.0, palette::MUTED).anchored(Anchor::End);
        canvas.text((layout.range.1, layout.top - 2.0), "No estimates to show", style);
    }
    let height = plot.frame.close(&mut canvas, layout.bottom + 42.0);
    let title = plot.frame.title_or("Coefficients");
    canvas.finish(height, title, &plot.frame.describe(&describe(plot)))
}

/// Where everything goes.
struct Layout {
    axis: Axis,
    /// Pixels of the axis' ends.
    range: (f64, f64),
    top: f64,
    bottom: f64,
    rows: Vec<Row>,
    /// Decimals of the printed values, and whether they are printed at all.
    decimals: Option<usize>,
}

/// One term's band.
struct Row {
    top: f64,
    height: f64,
    label: Vec<String>,
}

impl Layout {
    fn of(plot: &CoefficientPlot, top: f64) -> Self {
        let labels: Vec<Vec<String>> = plot.terms.iter().map(|t| text::wrap(t, LABEL_LIMIT, LABEL_SIZE)).collect();
        let label_width = labels.iter().flatten().map(|line| text::width(line, LABEL_SIZE)).fold(40.0, f64::max);
        // With one model there is room for the numbers themselves.
        let decimals = (plot.series.len() == 1).then(|| decimals(plot));
        let values_width = decimals.map_or(0.0, |decimals| values_width(plot, decimals));
        let range = (MARGIN + label_width + 14.0, WIDTH - MARGIN - values_width - 8.0);
        let (low, high) = extent(plot);
        let axis = Axis::around(low, high, (((range.1 - range.0) / 62.0) as usize).clamp(2, 9));
        let mut bottom = top + 4.0;
        let mut rows = Vec::new();
        for label in labels {
            let lanes = plot.series.len().max(1) as f64 * LANE;
            let height = lanes.max(label.len() as f64 * LABEL_LINE) + 12.0;
            rows.push(Row { top: bottom, height, label });
            bottom += height;
        }
        Layout { axis, range, top, bottom, rows, decimals }
    }

    fn x(&self, value: f64) -> f64 {
        self.axis.place(value, self.range)
    }
}

/// Every number that the axis must show, zero among them.
fn extent(plot: &CoefficientPlot) -> (f64, f64) {
    points(plot)
        .flat_map(|point| {
            let bounds = point.intervals.iter().chain(&point.band).flat_map(|interval| [interval.low, interval.high]);
            bounds.chain([point.estimate]).chain(point.truth)
        })
        .filter(|value| value.is_finite())
        .fold((0.0, 0.0), |(low, high): (f64, f64), value| (low.min(value), high.max(value)))
}

fn points(plot: &CoefficientPlot) -> impl Iterator<Item = &CoefficientPoint> {
    plot.series.iter().flat_map(|series| series.points.iter().flatten()).filter(|point| point.estimate.is_finite())
}

fn entries(plot: &CoefficientPlot) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry> = Vec::new();
    if plot.series.len() > 1 {
        entries.extend(plot.series.iter().enumerate().map(|(index, series)| Entry {
            name: &series.name,
            sign: Box::new(move |canvas, at| marker::draw(canvas, at, 4.5, index)),
        }));
    }
    if points(plot).any(|point| point.truth.is_some()) {
        entries.push(Entry { name: "true value", sign: Box::new(|canvas, (x, y)| draw_truth(canvas, x, y)) });
    }
    entries
}

/// A true value: an upright bar with a light edge, distinct from every marker and interval.
fn draw_truth(canvas: &mut Canvas, x: f64, y: f64) {
    let half = LANE / 2.0;
    canvas.line((x, y - half), (x, y + half), Stroke::new(palette::PAPER, 5.0));
    canvas.line((x, y - half), (x, y + half), Stroke::new(palette::INK, 2.5));
}

fn draw_axis(canvas: &mut Canvas, plot: &CoefficientPlot, layout: &Layout) {
    let (top, bottom) = (layout.top, layout.bottom + 4.0);
    for (value, label) in layout.axis.ticks() {
        let x = layout.x(value);
        canvas.line((x, top), (x, bottom), Stroke::new(palette::GRID, 1.0));
        let style = TextStyle::new(11.0, palette::MUTED).anchored(Anchor::Middle);
        canvas.text((x, bottom + 15.0), &label, style);
    }
    canvas.line((layout.x(0.0), top), (layout.x(0.0), bottom), Stroke::new(palette::INK, 1.2));
    let title = axis_title(plot);
    let half = text::width(&title, LABEL_SIZE) / 2.0;
    let middle = (layout.range.0 + layout.range.1) / 2.0;
    let x = middle.min(WIDTH - MARGIN - half).max(MARGIN + half);
    let style = TextStyle::new(LABEL_SIZE, palette::INK).anchored(Anchor::Middle);
    canvas.text((x, bottom + 36.0), &title, style);
}

fn draw_row(canvas: &mut Canvas, plot: &CoefficientPlot, layout: &Layout, (index, row): (usize, &Row)) {
    if index > 0 && plot.series.len() > 1 {
        canvas.line((MARGIN, row.top), (WIDTH - MARGIN, row.top), Stroke::new(palette::GRID, 1.0));
    }
    let middle = row.top + row.height / 2.0;
    let mut baseline = middle - (row.label.len() as f64 - 1.0) / 2.0 * LABEL_LINE + 4.3;
    for line in &row.label {
        canvas.text((MARGIN, baseline), line, TextStyle::new(LABEL_SIZE, palette::INK));
        baseline += LABEL_LINE;
    }
    let first = middle - (plot.series.len() as f64 - 1.0) / 2.0 * LANE;
    for (lane, series) in plot.series.iter().enumerate() {
        let Some(Some(point)) = series.points.get(index) else { continue };
        if point.estimate.is_finite() {
            let term = plot.terms.get(index).map_or("", String::as_str);
            let tooltip = format!("{}, {term}: {}", series.name, in_words(point));
            canvas.open_group(&tooltip);
            draw_point(canvas, layout, point, (lane, first + lane as f64 * LANE));
            canvas.close_group();
        }
    }
}

fn draw_point(canvas: &mut Canvas, layout: &Layout, point: &CoefficientPoint, (lane, y): (usize, f64)) {
    let mut intervals: Vec<&Interval> =
        point.intervals.iter().filter(|i| i.low.is_finite() && i.high.is_finite()).collect();
    intervals.sort_by(|a, b| b.level.total_cmp(&a.level));
    for (nested, interval) in intervals.iter().enumerate() {
        let width = if nested == 0 { 1.6 } else { 1.2 + 2.4 * nested as f64 };
        let stroke = Stroke::new(palette::series(lane), width);
        canvas.line((layout.x(interval.low), y), (layout.x(interval.high), y), stroke);
    }
    if let Some(band) = point.band.filter(|band| band.low.is_finite() && band.high.is_finite()) {
        let stroke = Stroke::new(palette::series(lane), 0.8);
        let (low, high) = (layout.x(band.low), layout.x(band.high));
        canvas.line((low, y), (high, y), stroke);
        [low, high].into_iter().for_each(|end| canvas.line((end, y - 3.5), (end, y + 3.5), stroke));
    }
    if let Some(truth) = point.truth.filter(|truth| truth.is_finite()) {
        draw_truth(canvas, layout.x(truth), y);
    }
    // The marker covers the true value, whose ends still show above and below it.
    marker::draw(canvas, (layout.x(point.estimate), y), 4.0 + 0.8 * intervals.len().min(3) as f64, lane);
    if let Some(decimals) = layout.decimals {
        let style = TextStyle::new(VALUES_SIZE, palette::MUTED).anchored(Anchor::End);
        canvas.text((WIDTH - MARGIN, y + 4.0), &values(point, decimals), style);
    }
}

#[cfg(test)]
mod tests;
