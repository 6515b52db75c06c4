//! The legend of a map: a band of class colours with bounds and counts, and the sign of regions without data.

use crate::describe::Classes;
use crate::report::figure::frame::{MARGIN, WIDTH};
use crate::report::figure::svg::{Anchor, Canvas, Stroke, TextStyle};
use crate::report::figure::{number, palette, text};

const LABEL_SIZE: f64 = 12.0;
const BOUND_SIZE: f64 = 11.0;
const BAND_HEIGHT: f64 = 13.0;
/// Room at the right for the sign of regions without data.
const MISSING_WIDTH: f64 = 130.0;

/// What the legend says.
pub(super) struct Legend<'a> {
    /// The variable.
    pub label: &'a str,
    /// The classes.
    pub classes: &'a Classes,
    /// A colour per class.
    pub colors: &'a [String],
    /// Regions without data.
    pub n_missing: usize,
}

/// Draws the legend below `top` and returns the y below it.
pub(super) fn draw(canvas: &mut Canvas, legend: &Legend, top: f64) -> f64 {
    let mut y = top + 4.0;
    for line in text::wrap(legend.label, WIDTH - 2.0 * MARGIN, LABEL_SIZE) {
        y += 15.0;
        canvas.text((MARGIN, y), &line, TextStyle::new(LABEL_SIZE, palette::INK).bold());
    }
    y += 8.0;
    let bounds = bounds(legend.classes);
    let step = step(&bounds, legend.classes.n_classes());
    // The first bound stands centred under the left end of the band.
    let left = MARGIN + bounds.first().map_or(0.0, |bound| text::width(bound, BOUND_SIZE) / 2.0);
    for (class, (color, count)) in legend.colors.iter().zip(&legend.classes.counts).enumerate() {
        let x = left + class as f64 * step;
        canvas.rectangle((x, y), (step, BAND_HEIGHT), color);
        let style = TextStyle::new(BOUND_SIZE, palette::MUTED).anchored(Anchor::Middle);
        canvas.text((x + step / 2.0, y + BAND_HEIGHT + 31.0), &number::fixed(*count as f64, 0), style);
    }
    for (index, bound) in bounds.iter().enumerate() {
        let x = left + index as f64 * step;
        canvas.line((x, y), (x, y + BAND_HEIGHT + 4.0), Stroke::new(palette::MUTED, 1.0));
        let style = TextStyle::new(BOUND_SIZE, palette::INK).anchored(Anchor::Middle);
        canvas.text((x, y + BAND_HEIGHT + 16.0), bound, style);
    }
    let right = left + legend.classes.n_classes() as f64 * step;
    draw_missing(canvas, legend.n_missing, (right + 34.0, y));
    canvas.text(
        (right + 34.0, y + BAND_HEIGHT + 31.0),
        "regions per class",
        TextStyle::new(BOUND_SIZE, palette::MUTED),
    );
    y + BAND_HEIGHT + 38.0
}

fn draw_missing(canvas: &mut Canvas, n_missing: usize, (x, y): (f64, f64)) {
    if n_missing == 0 {
        return;
    }
    canvas.push(&format!(
        r##"<rect x="{}" y="{}" width="22" height="{BAND_HEIGHT}" fill="url(#isard-missing)" stroke="{}" stroke-width="0.6"/>"##,
        crate::report::figure::svg::length(x),
        crate::report::figure::svg::length(y),
        palette::MUTED
    ));
    let words = format!("no data ({n_missing})");
    canvas.text((x + 28.0, y + BAND_HEIGHT - 2.5), &words, TextStyle::new(BOUND_SIZE, palette::INK));
}

/// The bounds as text. A single value has one bound at each end.
fn bounds(classes: &Classes) -> Vec<String> {
    number::distinct(&classes.edges)
}

/// Width of a class: as wide as the widest bound needs, within the figure.
fn step(bounds: &[String], n_classes: usize) -> f64 {
    let needed = bounds.iter().map(|bound| text::width(bound, BOUND_SIZE) + 12.0).fold(64.0, f64::max);
    needed.min((WIDTH - 2.0 * MARGIN - MISSING_WIDTH - 50.0) / n_classes.max(1) as f64)
}
