//! Lagrange multiplier tests for random effects and a spatial error in a balanced panel: Baltagi, Song and Koh (2003).
//!
//! Of the model `y_t = X_t b + m + u_t`, `u_t = lambda W u_t + e_t`. With `e` least-squares residuals, `b = tr(W'W + W W)`:
//! `LM1 = sqrt(N T/(2 (T - 1))) (e'(J x I)e/e'e - 1)` for random effects without a spatial error, `LM2 = sqrt(N^2 T/b) e'(I x W)e/e'e` for a spatial
//! error without random effects, and `LMH = max(LM1, 0)^2 + max(LM2, 0)^2` for either. The conditional tests
//! leave the other in the model, estimated by maximum likelihood: `CLM lambda` and `CLM mu` (their equation 2.30).

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::super::fit::TestResult;
use super::error::SpatialError;
use super::jacobian::Jacobian;
use super::layout::SpatialLayout;
use super::random_effects::{RandomEffectsLikelihood, mean_squares, plain_columns, pooled};
use super::request::RandomEffects;
use super::search::maximise;
use crate::infer::normal;
use crate::linalg::{dot, solve_least_squares};

/// The five statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BaltagiSongKoh {
    /// For random effects or a spatial error: a mixture of chi-squared distributions.
    pub joint: f64,
    /// For random effects, without a spatial error: normal, one-sided.
    pub effects: f64,
    /// For a spatial error, without random effects: normal.
    pub error: f64,
    /// For a spatial error, whatever the variance of random effects: normal.
    pub error_given_effects: f64,
    /// For random effects, whatever the spatial error: normal, one-sided; none above [`super::DENSE_LIMIT`] regions, where the trace of `G'G` is
    /// not formed.
    pub effects_given_error: Option<f64>,
}

/// The tests on an outcome and regressors in levels, the constant among them.
///
/// # Errors
/// A panel that is not balanced, collinear columns, or a spatial error model without a maximum.
pub fn baltagi_song_koh(y: &[f64], x: &[Vec<f64>], layout: &SpatialLayout) -> Result<BaltagiSongKoh, SpatialError> {
    let views: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
    let collinear = || SpatialError::Collinear { terms: Vec::new() };
    let e = solve_least_squares(&views, y, None).ok_or_else(collinear)?.residuals;
    let error_given_effects = error_given_effects(y, x, layout)?;
    let (n, t) = (layout.matrices[0].n_rows() as f64, layout.blocks.len() as f64);
    let means = layout.means(&e);
    let squares = dot(&e, &e);
    let effects = (n * t / (2.0 * (t - 1.0))).sqrt() * (t * t * dot(&means, &means) / squares - 1.0);
    let error = (n * n * t / own_trace(layout)).sqrt() * dot(&e, &layout.lag(&e)) / squares;
    Ok(BaltagiSongKoh {
        joint: effects.max(0.0).powi(2) + error.max(0.0).powi(2),
        effects,
        error,
        error_given_effects,
        effects_given_error: effects_given_error(y, x, layout)?,
    })
}

/// `tr(W'W + W W)` of one period.
fn own_trace(layout: &SpatialLayout) -> f64 {
    let w = &layout.matrices[0];
    w.squares() + w.trace_of_product(w)
}

/// With `s1` and `sv` the mean squares between and within regions of the residuals of the random-effects model,
/// `D = e'[(sv/s1^2) (Jbar x (W + W')) + (1/sv) (E x (W + W'))]e/2`, `LM = D^2/([(T - 1) + sv^2/s1^2] b)`, with the sign of `D`.
fn error_given_effects(y: &[f64], x: &[Vec<f64>], layout: &SpatialLayout) -> Result<f64, SpatialError> {
    let columns = plain_columns(y, x, None);
    let pooled = pooled(&columns, layout, None);
    let likelihood = RandomEffectsLikelihood::new(&pooled, RandomEffects::Baltagi)?;
    let residuals = match likelihood.maximise() {
        Ok(found) => found.point.point.residuals,
        // Without a variance of the effects the model is the pooled one.
        Err(SpatialError::NoRandomEffects) => maximise(&pooled)?.point.residuals,
        Err(error) => return Err(error),
    };
    let t = layout.blocks.len() as f64;
    let (s1, sv) = mean_squares(&residuals, layout);
    let means = layout.means(&residuals);
    let between = t * dot(&means, &layout.matrices[0].times(&means));
    let within = dot(&residuals, &layout.lag(&residuals)) - between;
    let d = sv / (s1 * s1) * between + within / sv;
    Ok(d / ((t - 1.0 + (sv / s1).powi(2)) * own_trace(layout)).sqrt())
}

/// Equation 2.30, at the maximum of the spatial error model. With `B = I - lambda W` and `G = W B^-1` the traces of the paper are
/// `g = 2 tr G`, `c = 2 (tr(G G) + tr(G'G))`, `h = tr(B'B)`, `d = tr(W'B + B'W)`, `e = tr((B'B)^2)`.
fn effects_given_error(y: &[f64], x: &[Vec<f64>], layout: &SpatialLayout) -> Result<Option<f64>, SpatialError> {
    let columns = plain_columns(y, x, Some(layout));
    let jacobian = Jacobian::of(layout);
    let point = maximise(&pooled(&columns, layout, Some(&jacobian)))?.point;
    let (lambda, s2, w) = (point.lambda, point.variance, &layout.matrices[0]);
    let (n, t) = (w.n_rows() as f64, layout.blocks.len() as f64);
    let traces = jacobian.traces(lambda)?;
    let Some(gtg) = traces.gtg else { return Ok(None) };
    let (g, c) = (2.0 * traces.g / t, 2.0 * (traces.gg + gtg) / t);
    let own: f64 = w.entries().filter(|(i, j, _)| i == j).map(|(_, _, v)| v).sum();
    let h = n - 2.0 * lambda * own + lambda * lambda * w.squares();
    let d = 2.0 * (own - lambda * w.squares());
    let turned = w.transposed();
    let crossed = w.combined(-lambda, &turned, -lambda).combined(1.0, &turned.product(w), lambda * lambda);
    // B'B = I + crossed.
    let diagonal: f64 = crossed.entries().filter(|(i, j, _)| i == j).map(|(_, _, v)| v).sum();
    let e = n + 2.0 * diagonal + crossed.squares();
    // B'B summed over periods, from the filtered residuals B u.
    let means = layout.means(&point.residuals);
    let back: Vec<f64> = means.iter().zip(turned.times(&means)).map(|(r, w)| r - lambda * w).collect();
    let slope = -t / (2.0 * s2) * h + t * t * dot(&back, &back) / (2.0 * s2 * s2);
    let information = n * t * e * c - n * d * d - t * g * g * e + 2.0 * g * h * d - h * h * c;
    let variance = 2.0 * s2 * s2 / t * (n * c - g * g) / information;
    Ok(Some(slope * variance.sqrt()))
}

/// `P(X > statistic)` of the mixture of chi-squared distributions with 0, 1 and 2 degrees of freedom and weights 1/4, 1/2, 1/4.
fn mixture_p(statistic: f64) -> f64 {
    if statistic <= 0.0 {
        return 1.0;
    }
    let upper = |df: f64| ChiSquared::new(df).map_or(f64::NAN, |of| of.sf(statistic));
    0.5 * upper(1.0) + 0.25 * upper(2.0)
}

impl BaltagiSongKoh {
    /// As tests of a record.
    pub fn listed(&self) -> Vec<TestResult> {
        let test = |name: &str, statistic: f64, p_value: f64, note: &str| TestResult {
            test: name.into(),
            statistic,
            df1: None,
            df2: None,
            p_value: Some(p_value),
            note: note.into(),
        };
        let (one_sided, two_sided) = (|z: f64| normal::cdf(-z), normal::two_sided_p);
        let mut out = vec![
            test("LM-H", self.joint, mixture_p(self.joint), "neither random effects nor a spatial error (one-sided)"),
            test("LM1", self.effects, one_sided(self.effects), "no random effects, without a spatial error"),
            test("LM2", self.error, two_sided(self.error), "no spatial error, without random effects"),
            test(
                "CLM lambda",
                self.error_given_effects,
                two_sided(self.error_given_effects),
                "no spatial error, whatever the random effects",
            ),
        ];
        out.extend(
            self.effects_given_error
                .map(|z| test("CLM mu", z, one_sided(z), "no random effects, whatever the spatial error")),
        );
        out
    }
}
