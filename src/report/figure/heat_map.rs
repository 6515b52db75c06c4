//! A heat map of a symmetric matrix: how related clusters (or industries) are, pair by pair.

use nalgebra::DMatrix;

use super::palette;
use super::svg::{Anchor, Canvas, Svg, TextStyle};
use crate::report::number;

const WIDTH: f64 = 760.0;
const LABELS: f64 = 150.0;
const TOP: f64 = 46.0;

/// Draws a matrix, dark where it is large; a missing value is left blank. Colours run from the smallest to the largest value.
pub fn heat_map(title: &str, names: &[String], values: &DMatrix<f64>) -> Svg {
    let n = values.nrows();
    let cell = (WIDTH - LABELS - 20.0) / n.max(1) as f64;
    let known = || values.iter().filter(|value| value.is_finite());
    let (low, high) =
        (known().fold(f64::INFINITY, |m, &v| m.min(v)), known().fold(f64::NEG_INFINITY, |m, &v| m.max(v)));
    let mut canvas = Canvas::new(WIDTH);
    canvas.text((14.0, 24.0), title, TextStyle::new(14.0, palette::INK).bold());
    for i in 0..n {
        let y = TOP + cell * i as f64;
        let name = names.get(i).map_or("", String::as_str);
        if cell >= 7.0 {
            let style = TextStyle::new(cell.min(10.0), palette::INK).anchored(Anchor::End);
            canvas.text((LABELS - 5.0, y + 0.5 * cell + 3.0), name, style);
        }
        for j in 0..n {
            let value = values[(i, j)];
            if value.is_finite() {
                let share = if high > low { (value - low) / (high - low) } else { 0.5 };
                let other = names.get(j).map_or("", String::as_str);
                canvas.open_group(&format!("{name} and {other}: {}", number::exact(value)));
                canvas.rectangle((LABELS + cell * j as f64, y), (cell, cell), &shade(share));
                canvas.close_group();
            }
        }
    }
    let bottom = TOP + cell * n as f64;
    let description = match known().next() {
        Some(_) => format!("{n} by {n}, from {low:.3} (light) to {high:.3} (dark); the diagonal is within."),
        None => "No value is defined.".to_string(),
    };
    canvas.text((14.0, bottom + 22.0), &description, TextStyle::new(11.0, palette::MUTED));
    canvas.finish(bottom + 36.0, title, &description)
}

/// From nearly white to dark blue.
fn shade(share: f64) -> String {
    let between = |light: f64, dark: f64| (light + (dark - light) * share.clamp(0.0, 1.0)).round() as u8;
    format!("#{:02x}{:02x}{:02x}", between(238.0, 8.0), between(244.0, 64.0), between(248.0, 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_drawn() {
        let names: Vec<String> = (0..12).map(|i| format!("cluster {i}")).collect();
        let values = DMatrix::from_fn(12, 12, |i, j| if i == j { 1.0 } else { ((i * j) % 7) as f64 / 10.0 });
        let svg = heat_map("Relatedness", &names, &values);
        super::super::assert_draws(&svg, "heat_map");
        assert_eq!(shade(0.0), "#eef4f8");
        assert!(heat_map("None", &names[..1], &DMatrix::from_element(1, 1, f64::NAN)).as_str().contains("No value"));
    }
}
