//! The plane of a scatter: two axes with ticks, a base line, and titles where they read without turning the head.

use super::axis::Axis;
use super::frame::{MARGIN, WIDTH};
use super::svg::{Anchor, Canvas, Point, Stroke, TextStyle};
use super::{palette, text};

/// Two axes and where they stand.
pub(super) struct Plane {
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Plane {
    /// A plane so high below `top`, as wide as the labels of the vertical axis leave.
    pub(super) fn of((x, y): (Axis, Axis), top: f64, height: f64) -> Plane {
        let (top, bottom) = (top + 24.0, top + 24.0 + height);
        let tick_width = y.ticks().iter().map(|tick| text::width(&tick.1, 11.0)).fold(0.0, f64::max);
        Plane { x, y, left: MARGIN + tick_width + 8.0, right: WIDTH - MARGIN - 8.0, top, bottom }
    }

    /// The pixel of a point.
    pub(super) fn place(&self, x: f64, y: f64) -> Point {
        (self.x.place(x, (self.left, self.right)), self.y.place(y, (self.bottom, self.top)))
    }

    /// Ticks with a line for each of the vertical axis (that of zero in its own colour), the base line, and the titles.
    pub(super) fn draw(&self, canvas: &mut Canvas, (x_title, y_title): (&str, &str), zero: &'static str) {
        let ticks = TextStyle::new(11.0, palette::MUTED);
        for (value, label) in self.y.ticks() {
            let (_, y) = self.place(self.x.low, value);
            let colour = if value == 0.0 { zero } else { palette::GRID };
            canvas.line((self.left, y), (self.right, y), Stroke::new(colour, 1.0));
            canvas.text((self.left - 8.0, y + 4.0), &label, ticks.anchored(Anchor::End));
        }
        for (value, label) in self.x.ticks() {
            let (x, _) = self.place(value, self.y.low);
            canvas.line((x, self.bottom), (x, self.bottom + 4.0), Stroke::new(palette::MUTED, 1.0));
            canvas.text((x, self.bottom + 17.0), &label, ticks.anchored(Anchor::Middle));
        }
        canvas.line((self.left, self.bottom), (self.right, self.bottom), Stroke::new(palette::INK, 1.2));
        let title = TextStyle::new(12.0, palette::INK);
        canvas.text((MARGIN, self.top - 14.0), y_title, title);
        canvas.text((self.right, self.bottom + 37.0), x_title, title.anchored(Anchor::End));
    }
}
