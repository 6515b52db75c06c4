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
    let below = |point: &ProfilePoint| (point.log_likelihood - profile.log_likelihood).max(DEPTH * drop);
    let mut points: Vec<(f64, f64)> = profile.points.iter().map(|point| (point.value, below(point))).collect();
    points.push((profile.estimate, 0.0));
    points.extend([profile.conf_low, profile.conf_high].into_iter().flatten().map(|value| (value, drop)));
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ends = (points.first().map_or(0.0, |p| p.0), points.last().map_or(1.0, |p| p.0));
    let deepest = points.iter().map(|p| p.1).fold(drop, f64::min);
    let plane = Plane::of((Axis::around(ends.0, ends.1, 6), Axis::around(deepest, 0.0, 5)), top, HEIGHT);
    plane.draw(&mut canvas, (&plot.label, "Log likelihood below its largest"), palette::GRID);
    let across = |value: f64| (plane.place(ends.0, value), plane.place(ends.1, value));
    let (left, right) = across(drop);
    canvas.dashed_line(left, right, Stroke::new(palette::MUTED, 1.5));
    canvas.open_group(&in_words(plot));
    for pair in points.windows(2) {
        let stroke = Stroke::new(palette::series(0), 2.0);
        canvas.line(plane.place(pair[0].0, pair[0].1), plane.place(pair[1].0, pair[1].1), stroke);
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
    }
}
