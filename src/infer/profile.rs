//! Profile likelihoods: a parameter that a model takes as known, estimated by how well the model fits for each of its values, with the interval of values
//! that a likelihood ratio does not reject (Box and Cox 1964; Venzon and Moolgavkar 1988).

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::normal;
use crate::estimate::descent::golden_section;
use crate::estimate::record;

/// Width at which searches end, as a share of the range.
const NARROW: f64 = 1e-6;

/// Where a parameter is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProfileRange {
    /// The least value.
    pub from: f64,
    /// The largest value.
    pub to: f64,
    /// Values of the first pass, evenly spaced, both ends included; two at least.
    pub steps: usize,
    /// Whether the likelihood moves smoothly, so that the maximum lies between values too; else the best of the values is the estimate.
    pub is_smooth: bool,
    /// One minus the level of the interval.
    pub alpha: f64,
}

/// One value of the parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfilePoint {
    /// The value.
    pub value: f64,
    /// The log likelihood of the model with it.
    pub log_likelihood: f64,
}

/// A profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// The value of the largest likelihood.
    pub estimate: f64,
    /// That likelihood.
    pub log_likelihood: f64,
    /// The least value that is not rejected; none where the range ends before one is.
    #[serde(with = "record::maybe")]
    #[schemars(with = "Option<record::Number>")]
    pub conf_low: Option<f64>,
    /// The largest value that is not rejected; none where the range ends before one is.
    #[serde(with = "record::maybe")]
    #[schemars(with = "Option<record::Number>")]
    pub conf_high: Option<f64>,
    /// The log likelihood below which values are rejected.
    pub threshold: f64,
    /// Whether the estimate is an end of the range.
    pub at_end: bool,
    /// The values of the first pass, ascending.
    pub points: Vec<ProfilePoint>,
}

impl ProfileRange {
    fn value(&self, step: usize) -> f64 {
        let last = self.steps.max(2) - 1;
        if step == last { self.to } else { self.from + (self.to - self.from) * step as f64 / last as f64 }
    }

    /// Profiles a log likelihood. Values of the first pass are computed in parallel.
    ///
    /// # Errors
    /// Those of the likelihood, the first in the order of the values.
    pub fn profile<E: Send>(&self, likelihood: impl Fn(f64) -> Result<f64, E> + Sync) -> Result<Profile, E> {
        let found: Vec<Result<f64, E>> =
            (0..self.steps.max(2)).into_par_iter().map(|step| likelihood(self.value(step))).collect();
        let mut points = Vec::new();
        for (step, found) in found.into_iter().enumerate() {
            points.push(ProfilePoint { value: self.value(step), log_likelihood: found? });
        }
        let last = points.len() - 1;
        let best = (0..=last)
            .max_by(|&a, &b| points[a].log_likelihood.total_cmp(&points[b].log_likelihood).then(b.cmp(&a)))
            .unwrap_or(0);
        let mut top = points[best];
        let bracket = (points[best.saturating_sub(1)].value, points[(best + 1).min(last)].value);
        if self.is_smooth {
            let narrow = NARROW * (self.to - self.from) / (1.0 + bracket.0.abs());
            let value = golden_section(bracket, narrow, |value| Ok(-likelihood(value)?))?;
            let inner = ProfilePoint { value, log_likelihood: likelihood(value)? };
            // At an end of the range the search stops short of it.
            if inner.log_likelihood > top.log_likelihood {
                top = inner;
            }
        }
        let threshold = top.log_likelihood - 0.5 * critical(self.alpha);
        let crossing = |inside: f64, outside: f64| self.crossing((inside, outside), threshold, &likelihood);
        let below = points.iter().rev().filter(|p| p.value < top.value).find(|p| p.log_likelihood < threshold);
        let above = points.iter().filter(|p| p.value > top.value).find(|p| p.log_likelihood < threshold);
        let inside = |outside: &ProfilePoint, is_below: bool| {
            let between = points.iter().filter(|p| {
                if is_below {
                    p.value > outside.value && p.value < top.value
                } else {
                    p.value < outside.value && p.value > top.value
                }
            });
            let values = between.map(|p| p.value);
            let found = if is_below { values.reduce(f64::min) } else { values.reduce(f64::max) };
            found.unwrap_or(top.value)
        };
        Ok(Profile {
            estimate: top.value,
            log_likelihood: top.log_likelihood,
            conf_low: below.map(|p| crossing(inside(p, true), p.value)).transpose()?,
            conf_high: above.map(|p| crossing(inside(p, false), p.value)).transpose()?,
            threshold,
            at_end: top.value == self.from || top.value == self.to,
            points,
        })
    }

    /// Where the likelihood falls below the threshold; between values of a likelihood with steps, the last value that is not rejected.
    fn crossing<E>(
        &self,
        (mut inside, mut outside): (f64, f64),
        threshold: f64,
        likelihood: impl Fn(f64) -> Result<f64, E>,
    ) -> Result<f64, E> {
        if !self.is_smooth {
            return Ok(inside);
        }
        while (outside - inside).abs() > NARROW * (self.to - self.from) {
            let middle = 0.5 * (inside + outside);
            if likelihood(middle)? < threshold { outside = middle } else { inside = middle }
        }
        Ok(0.5 * (inside + outside))
    }
}

/// The quantile of a chi-squared with one degree of freedom.
fn critical(alpha: f64) -> f64 {
    normal::quantile(1.0 - 0.5 * alpha).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: ProfileRange = ProfileRange { from: 0.0, to: 4.0, steps: 9, is_smooth: true, alpha: 0.05 };

    fn parabola(centre: f64) -> impl Fn(f64) -> Result<f64, ()> {
        move |value| Ok(-0.5 * (value - centre).powi(2) / 0.09)
    }

    #[test]
    fn a_parabola_has_its_normal_interval() {
        let found = RANGE.profile(parabola(1.37)).unwrap();
        assert!((found.estimate - 1.37).abs() < 1e-5);
        let half = 1.959_963_984_540_054 * 0.3;
        assert!((found.conf_low.unwrap() - (1.37 - half)).abs() < 1e-5, "{found:?}");
        assert!((found.conf_high.unwrap() - (1.37 + half)).abs() < 1e-5);
        assert!(!found.at_end && found.points.len() == 9);
    }

    #[test]
    fn an_interval_is_open_where_the_range_ends() {
        let found = RANGE.profile(parabola(-1.0)).unwrap();
        assert_eq!((found.estimate, found.conf_low, found.at_end), (0.0, None, true));
        // The threshold is that of the best value in the range.
        assert!(found.conf_high.is_some_and(|high| high > 0.0 && high < 0.5), "{found:?}");
        let flat = RANGE.profile(|_| Ok::<f64, ()>(-3.0)).unwrap();
        assert_eq!((flat.conf_low, flat.conf_high), (None, None));
    }

    #[test]
    fn steps_are_kept_as_they_are() {
        let range = ProfileRange { is_smooth: false, steps: 5, ..RANGE };
        let found = range
            .profile(|value: f64| Ok::<f64, ()>(if (value - 2.0).abs() < 1.5 { value.floor() } else { -9.0 }))
            .unwrap();
        assert_eq!((found.estimate, found.conf_low, found.conf_high), (3.0, Some(2.0), Some(3.0)));
    }
}
