//! Moran scatters: the lag of a variable over the variable, both as deviations; the slope is Moran's I.

use std::ops::Deref;

use super::axis::Axis;
use super::frame::{Frame, WIDTH};
use super::plane::Plane;
use super::svg::{Anchor, Canvas, Stroke, Svg, TextStyle};
use super::{number, palette};

const HEIGHT: f64 = 420.0;

/// What a Moran scatter shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MoranPlot {
    /// Title, note and whether the data are synthetic.
    pub frame: Frame,
    /// Title of the horizontal axis.
    pub x_title: String,
    /// Title of the vertical axis.
    pub y_title: String,
    /// The places.
    pub points: Vec<MoranPoint>,
    /// The slope of the line through the middle, and what it is called.
    pub slope: f64,
    /// The name of the slope, with its value.
    pub slope_label: String,
}

/// A place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MoranPoint {
    /// Its name.
    pub name: String,
    /// Its standardised value.
    pub x: f64,
    /// The lag of the standardised values.
    pub y: f64,
    /// The colour of a place that counts; `None` for one that does not.
    pub colour: Option<&'static str>,
    /// Its quadrant.
    pub quadrant: &'static str,
}

/// Draws a Moran scatter.
pub fn moran_scatter(plot: &MoranPlot) -> Svg {
    let mut canvas = Canvas::new(WIDTH);
    let layout = Layout::of(plot, plot.frame.open(&mut canvas));
    layout.draw_axes(&mut canvas, plot);
    layout.draw_points(&mut canvas, plot);
    let height = plot.frame.close(&mut canvas, layout.bottom + 42.0);
    canvas.finish(height, plot.frame.title_or("Moran scatter"), &plot.frame.describe(&describe(plot)))
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
    fn of(plot: &MoranPlot, top: f64) -> Layout {
        let span = |value: fn(&MoranPoint) -> f64| {
            plot.points.iter().map(value).fold((0.0, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)))
        };
        let (across, up) = (span(|point| point.x), span(|point| point.y));
        Layout(Plane::of((Axis::around(across.0, across.1, 8), Axis::around(up.0, up.1, 6)), top, HEIGHT))
    }

    fn draw_axes(&self, canvas: &mut Canvas, plot: &MoranPlot) {
        self.draw(canvas, (&plot.x_title, &plot.y_title), palette::GRID);
        // The quadrants.
        let cross = Stroke::new(palette::MUTED, 1.0);
        canvas.line(self.place(0.0, self.y.low), self.place(0.0, self.y.high), cross);
        canvas.line(self.place(self.x.low, 0.0), self.place(self.x.high, 0.0), cross);
        let corner = TextStyle::new(11.0, palette::MUTED);
        for (words, x, y, anchor) in [
            ("high-high", self.right - 4.0, self.top + 12.0, Anchor::End),
            ("low-high", self.left + 4.0, self.top + 12.0, Anchor::Start),
            ("low-low", self.left + 4.0, self.bottom - 6.0, Anchor::Start),
            ("high-low", self.right - 4.0, self.bottom - 6.0, Anchor::End),
        ] {
            canvas.text((x, y), words, corner.anchored(anchor));
        }
    }

    fn draw_points(&self, canvas: &mut Canvas, plot: &MoranPlot) {
        for point in &plot.points {
            let words = format!(
                "{}: {}, lag {} ({})",
                point.name,
                number::short(point.x),
                number::short(point.y),
                point.quadrant
            );
            canvas.open_group(&words);
            let radius = if point.colour.is_some() { 4.0 } else { 3.0 };
            canvas.circle(self.place(point.x, point.y), radius, point.colour.unwrap_or(palette::MUTED));
            canvas.close_group();
        }
        // The line within both axes.
        let slope = if plot.slope.is_finite() { plot.slope } else { 0.0 };
        let reach = |x: f64| {
            if slope == 0.0 {
                x
            } else {
                x.clamp((self.y.low / slope).min(self.y.high / slope), (self.y.low / slope).max(self.y.high / slope))
            }
        };
        let (from, to) = (reach(self.x.low), reach(self.x.high));
        canvas.open_group(&plot.slope_label);
        canvas.line(self.place(from, slope * from), self.place(to, slope * to), Stroke::new(palette::ACCENT, 2.0));
        canvas.close_group();
        let style = TextStyle::new(12.0, palette::ACCENT).anchored(Anchor::End).bold();
        canvas.text((self.right, self.top - 14.0), &plot.slope_label, style);
    }
}

/// The plot in words: how many places lie in each quadrant, and how many of them count.
fn describe(plot: &MoranPlot) -> String {
    let mut words =
        format!("{} over {}, {} regions. {}.", plot.y_title, plot.x_title, plot.points.len(), plot.slope_label);
    for quadrant in ["high-high", "low-low", "high-low", "low-high"] {
        let of = || plot.points.iter().filter(|point| point.quadrant == quadrant);
        let counted = of().filter(|point| point.colour.is_some()).count();
        words.push_str(&format!(" {quadrant}: {}, of which {counted} significant.", of().count()));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::assert_draws;

    #[test]
    fn places_and_none_stay_inside() {
        let point = |k: usize| {
            let x = (k as f64 * 0.7).sin() * 2.0;
            MoranPoint {
                name: format!("R{k}"),
                x,
                y: 0.5 * x + 0.4 * (k as f64).cos(),
                colour: k.is_multiple_of(5).then_some("#c0392b"),
                quadrant: if x > 0.0 { "high-high" } else { "low-low" },
            }
        };
        let plot = MoranPlot {
            frame: Frame { title: "Wages".into(), note: None, synthetic: true },
            x_title: "log(wage), standardised".into(),
            y_title: "its spatial lag".into(),
            points: (0..60).map(point).collect(),
            slope: 0.48,
            slope_label: "Moran's I 0.48".into(),
        };
        let svg = moran_scatter(&plot);
        assert_draws(&svg, "moran");
        assert!(svg.as_str().contains("of which") && !svg.as_str().contains("NaN"));
        let none = moran_scatter(&MoranPlot { points: Vec::new(), slope: f64::NAN, ..plot });
        assert!(!none.as_str().contains("NaN"));
    }
}
