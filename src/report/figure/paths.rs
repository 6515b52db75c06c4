//! Paths of convergence clubs: the mean of each club's units relative to that of all, over time.

use super::axis::Axis;
use super::frame::{Frame, MARGIN, WIDTH};
use super::svg::{Anchor, Canvas, Point, Stroke, Svg, TextStyle};
use super::{number, palette, text};
use crate::infer::panel::clubs::ClubsRecord;

const HEIGHT: f64 = 340.0;
const LABEL_SIZE: f64 = 11.0;

/// What the plot shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PathPlot {
    /// Title, note and whether the data are synthetic.
    pub frame: Frame,
    /// Names of the periods.
    pub periods: Vec<String>,
    /// A name and a value per period for each club.
    pub paths: Vec<(String, Vec<f64>)>,
}

impl PathPlot {
    /// The plot of a search.
    pub fn of(frame: Frame, record: &ClubsRecord) -> PathPlot {
        let mut plot = PathPlot { frame, ..PathPlot::default() };
        for point in &record.paths {
            let name = point.club.map_or_else(|| "no club".to_string(), |club| format!("club {club}"));
            if plot.paths.last().is_none_or(|(last, _)| *last != name) {
                plot.paths.push((name, Vec::new()));
            }
            if plot.paths.len() == 1 {
                plot.periods.push(point.period.clone());
            }
            if let Some((_, values)) = plot.paths.last_mut() {
                values.push(point.relative);
            }
        }
        plot
    }
}

/// Draws the paths, each named at its end; one is the mean of all units.
pub fn paths(plot: &PathPlot) -> Svg {
    let mut canvas = Canvas::new(WIDTH);
    let layout = Layout::of(plot, plot.frame.open(&mut canvas));
    layout.draw_axes(&mut canvas, plot);
    layout.draw_paths(&mut canvas, plot);
    let height = plot.frame.close(&mut canvas, layout.bottom + 30.0);
    canvas.finish(height, plot.frame.title_or("Paths of clubs"), &plot.frame.describe(&describe(plot)))
}

struct Layout {
    y: Axis,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    steps: f64,
}

impl Layout {
    fn of(plot: &PathPlot, top: f64) -> Layout {
        let (top, bottom) = (top + 24.0, top + 24.0 + HEIGHT);
        let values = plot.paths.iter().flat_map(|(_, values)| values).filter(|value| value.is_finite());
        let (low, high) = values.fold((1.0_f64, 1.0_f64), |(low, high), &v| (low.min(v), high.max(v)));
        let y = Axis::around(low, high, 6);
        let wide = |texts: &mut dyn Iterator<Item = &String>| {
            texts.map(|label| text::width(label, LABEL_SIZE)).fold(0.0, f64::max)
        };
        let ticks = y.ticks();
        let left = MARGIN + wide(&mut ticks.iter().map(|(_, label)| label)) + 8.0;
        let right = WIDTH - MARGIN - wide(&mut plot.paths.iter().map(|(name, _)| name)) - 10.0;
        Layout { y, left, right, top, bottom, steps: plot.periods.len().saturating_sub(1).max(1) as f64 }
    }

    fn place(&self, step: usize, value: f64) -> Point {
        let x = self.left + (self.right - self.left) * step as f64 / self.steps;
        (x, self.y.place(value, (self.bottom, self.top)))
    }

    fn draw_axes(&self, canvas: &mut Canvas, plot: &PathPlot) {
        let ticks = TextStyle::new(LABEL_SIZE, palette::MUTED);
        for (value, label) in self.y.ticks() {
            let (_, y) = self.place(0, value);
            canvas.line((self.left, y), (self.right, y), Stroke::new(palette::GRID, 1.0));
            canvas.text((self.left - 8.0, y + 4.0), &label, ticks.anchored(Anchor::End));
        }
        canvas.dashed_line(self.place(0, 1.0), (self.right, self.place(0, 1.0).1), Stroke::new(palette::MUTED, 1.5));
        let every = plot.periods.len().div_ceil(8).max(1);
        for (step, period) in plot.periods.iter().enumerate().step_by(every) {
            let (x, _) = self.place(step, self.y.low);
            canvas.line((x, self.bottom), (x, self.bottom + 4.0), Stroke::new(palette::MUTED, 1.0));
            canvas.text((x, self.bottom + 17.0), period, ticks.anchored(Anchor::Middle));
        }
        canvas.line((self.left, self.bottom), (self.right, self.bottom), Stroke::new(palette::INK, 1.2));
        canvas.text((MARGIN, self.top - 14.0), "Mean relative to all units", TextStyle::new(12.0, palette::INK));
    }

    fn draw_paths(&self, canvas: &mut Canvas, plot: &PathPlot) {
        let ends: Vec<f64> = self.ends(plot);
        for (index, ((name, values), end)) in plot.paths.iter().zip(ends).enumerate() {
            canvas.open_group(&in_words(name, values, &plot.periods));
            for (step, pair) in values.windows(2).enumerate() {
                let stroke = Stroke::new(palette::series(index), 2.0);
                canvas.line(self.place(step, pair[0]), self.place(step + 1, pair[1]), stroke);
            }
            canvas.text((self.right + 8.0, end + 4.0), name, TextStyle::new(LABEL_SIZE, palette::INK));
            canvas.close_group();
        }
    }

    /// Heights of the names, moved apart where paths end close to each other.
    fn ends(&self, plot: &PathPlot) -> Vec<f64> {
        let end = |values: &Vec<f64>| self.place(0, values.last().copied().unwrap_or(1.0)).1;
        let mut ends: Vec<(usize, f64)> = plot.paths.iter().map(|(_, values)| end(values)).enumerate().collect();
        ends.sort_by(|a, b| a.1.total_cmp(&b.1));
        for k in 1..ends.len() {
            ends[k].1 = ends[k].1.max(ends[k - 1].1 + LABEL_SIZE + 3.0);
        }
        ends.sort_by_key(|(index, _)| *index);
        ends.into_iter().map(|(_, y)| y).collect()
    }
}

fn in_words(name: &str, values: &[f64], periods: &[String]) -> String {
    let at = |k: usize| {
        let (period, value) = (periods.get(k).map_or("", String::as_str), values.get(k).copied().unwrap_or(f64::NAN));
        format!("{} in {period}", number::short(value))
    };
    format!("{name}: {}, {}", at(0), at(values.len().saturating_sub(1)))
}

fn describe(plot: &PathPlot) -> String {
    let paths: Vec<String> = plot.paths.iter().map(|(name, values)| in_words(name, values, &plot.periods)).collect();
    format!("Mean of each club relative to all units. {}.", paths.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::assert_draws;

    #[test]
    fn paths_of_three_clubs() {
        let path = |from: f64, to: f64| (0..20).map(|t| to + (from - to) * 0.9_f64.powi(t)).collect::<Vec<_>>();
        let plot = PathPlot {
            frame: Frame { title: "Clubs".into(), note: None, synthetic: true },
            periods: (1990..2010).map(|year| year.to_string()).collect(),
            paths: vec![
                ("club 1".into(), path(1.1, 1.2)),
                ("club 2".into(), path(1.05, 0.99)),
                ("no club".into(), path(0.8, 0.985)),
            ],
        };
        let svg = paths(&plot);
        assert!(svg.as_str().contains("club 2: 1.05 in 1990, 0.998 in 2009"), "{}", svg.as_str());
        assert_draws(&svg, "paths");
    }
}
