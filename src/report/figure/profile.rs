//! A profile likelihood: how far below its largest the log likelihood is, by the value of a parameter.

use super::axis::Axis;
use super::frame::Frame;
use super::plane::Plane;
use super::svg::{Canvas, Stroke, Svg};
use super::{number, palette};
use crate::infer::profile::{Profile, ProfilePoint};

const HEIGHT: f64 = 300.0;

/// Largest distance below the maximum that is shown, in units of that at which values are rejected.
const DEPTH: f64 = 6.0;

/// What the plot shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfilePlot {
    /// Title, note and whether the data are synthetic.
    pub frame: Frame,
    /// What the parameter is.
    pub label: String,
    /// The profile.
    pub profile: Profile,
}

/// Draws the profile with its interval.
pub fn profile(plot: &ProfilePlot) -> Svg {
    let mut canvas = Canvas::new(super::frame::WIDTH);
    let top = plot.frame.open(&mut canvas);
    let profile = &plot.profile;
    let drop = profile.threshold - profile.log_likelihood;
    let below = |point: &ProfilePoint| point.log_likelihood - profile.log_likelihood;
    let mut points: Vec<(f64, f64)> = profile.points.iter().map(|point| (point.value, below(point))).collect();
    points.push((profile.estimate, 0.0));
    points.extend([profile.conf_low, profile.conf_high].into_iter().flatten().map(|value| (value, drop)));
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ends = (points.first().map_or(0.0, |p| p.0), points.last().map_or(1.0, |p| p.0));
    let deepest = points.iter().map(|p| p.1).fold(drop, f64::min).max(DEPTH * drop);
    let plane = Plane::of((Axis::around(ends.0, ends.1, 6), Axis::around(deepest, 0.0, 5)), top, HEIGHT);
    plane.draw(&mut canvas, (&plot.label, "Log likelihood below its largest"), palette::GRID);
    let across = |value: f64| (plane.place(ends.0, value), plane.place(ends.1, value));
    let (left, right) = across(drop);
    canvas.dashed_line(left, right, Stroke::new(palette::MUTED, 1.5));
    canvas.open_group(&in_words(plot));
    for pair in points.windows(2) {
        let stroke = Stroke::new(palette::series(0), 2.0);
        if let Some([from, to]) = above((pair[0], pair[1]), deepest) {
            canvas.line(plane.place(from.0, from.1), plane.place(to.0, to.1), stroke);
        }
    }
    for value in [profile.conf_low, profile.conf_high].into_iter().flatten() {
        let stroke = Stroke::new(palette::series(0), 1.0);
        canvas.dashed_line(plane.place(value, drop), plane.place(value, plane.y.low), stroke);
    }
    canvas.line(
        plane.place(profile.estimate, 0.0),
        plane.place(profile.estimate, plane.y.low),
        Stroke::new(palette::series(0), 1.0),
    );
    canvas.close_group();
    let height = plot.frame.close(&mut canvas, plane.bottom + 48.0);
    canvas.finish(height, plot.frame.title_or("Profile likelihood"), &plot.frame.describe(&in_words(plot)))
}

/// The part of a line that is not below a depth.
fn above((from, to): ((f64, f64), (f64, f64)), depth: f64) -> Option<[(f64, f64); 2]> {
    let at_depth = (from.0 + (to.0 - from.0) * (depth - from.1) / (to.1 - from.1), depth);
    match (from.1 >= depth, to.1 >= depth) {
        (true, true) => Some([from, to]),
        (true, false) => Some([from, at_depth]),
        (false, true) => Some([at_depth, to]),
        (false, false) => None,
    }
}

fn in_words(plot: &ProfilePlot) -> String {
    let profile = &plot.profile;
    let end = |value: Option<f64>| value.map_or_else(|| "beyond what was searched".to_string(), number::short);
    format!(
        "{}: the likelihood is largest at {}; values from {} to {} are not rejected.",
        plot.label,
        number::short(profile.estimate),
        end(profile.conf_low),
        end(profile.conf_high)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::assert_draws;

    #[test]
    fn a_profile_with_one_open_end() {
        let point = |k: u32| {
            let value = 0.25 * f64::from(k);
            ProfilePoint { value, log_likelihood: -100.0 - 3.0 * (value - 1.1).powi(2) }
        };
        let profile = Profile {
            estimate: 1.1,
            log_likelihood: -100.0,
            conf_low: Some(0.3),
            conf_high: None,
            threshold: -101.92,
            at_end: false,
            points: (0..8).map(point).collect(),
        };
        let frame = Frame { title: "Exponent".into(), note: None, synthetic: true };
        let svg = super::profile(&ProfilePlot { frame, label: "Exponent of distance".into(), profile });
        assert!(svg.as_str().contains("values from 0.300 to beyond what was searched"), "{}", svg.as_str());
        assert_draws(&svg, "profile");
        assert_eq!(above(((0.0, -4.0), (1.0, 0.0)), -2.0), Some([(0.5, -2.0), (1.0, 0.0)]));
        assert_eq!(above(((0.0, -4.0), (1.0, -3.0)), -2.0), None);
    }
}
