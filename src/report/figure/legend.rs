//! The row of names above a chart that tells its series apart.

use super::frame::{MARGIN, WIDTH};
use super::svg::{Canvas, Point, TextStyle};
use super::{palette, text};

const SIZE: f64 = 11.5;
const ROW: f64 = 18.0;
const GLYPH: f64 = 22.0;
const GAP: f64 = 20.0;

/// Draws a sign around a point.
type Sign<'a> = dyn Fn(&mut Canvas, Point) + 'a;

/// One name of a legend, with what draws its sign around a point.
pub(crate) struct Entry<'a> {
    /// The name.
    pub name: &'a str,
    /// Draws the sign.
    pub sign: Box<Sign<'a>>,
}

/// Draws the entries in as many rows as they need and returns the y below them. Names too long for a row are cut.
pub(crate) fn draw(canvas: &mut Canvas, entries: &[Entry], top: f64) -> f64 {
    let (mut x, mut y) = (MARGIN, top + ROW - 4.0);
    for entry in entries {
        let name = cut(entry.name, WIDTH - 2.0 * MARGIN - GLYPH);
        let needed = GLYPH + text::width(&name, SIZE);
        if x > MARGIN && x + needed > WIDTH - MARGIN {
            x = MARGIN;
            y += ROW;
        }
        (entry.sign)(canvas, (x + 8.0, y - 4.0));
        canvas.text((x + GLYPH, y), &name, TextStyle::new(SIZE, palette::INK));
        x += needed + GAP;
    }
    if entries.is_empty() { top } else { y + 8.0 }
}

/// The name, or its beginning with an ellipsis.
fn cut(name: &str, limit: f64) -> String {
    if text::width(name, SIZE) <= limit {
        return name.to_owned();
    }
    let mut short: String = name.to_owned();
    while !short.is_empty() && text::width(&short, SIZE) > limit - SIZE {
        short.pop();
    }
    short + "…"
}
