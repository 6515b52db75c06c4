//! Markers of series: shape and colour together tell series apart.

use super::palette;
use super::svg::{Canvas, Point};

/// Draws the marker of series `index` around a point, about `2 * radius` wide.
pub fn draw(canvas: &mut Canvas, center: Point, radius: f64, index: usize) {
    let color = palette::series(index);
    let (x, y) = center;
    let at = |dx: f64, dy: f64| (x + dx * radius, y + dy * radius);
    // After six colours the shapes have moved on by one, so that no pair of colour and shape comes back before 24 series.
    match (index + index / 6) % 4 {
        0 => canvas.circle(center, radius, color),
        1 => canvas.polygon(&[at(-0.9, -0.9), at(0.9, -0.9), at(0.9, 0.9), at(-0.9, 0.9)], color),
        2 => canvas.polygon(&[at(0.0, -1.15), at(1.1, 0.85), at(-1.1, 0.85)], color),
        _ => canvas.polygon(&[at(0.0, -1.25), at(1.25, 0.0), at(0.0, 1.25), at(-1.25, 0.0)], color),
    }
}
