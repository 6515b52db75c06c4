//! [`CoefficientMovement`]: what the movement of a coefficient and of R² says of selection on unobservables.
//!
//! The model is `Y = βX + W1 + W2 + e`: an observed index `W1 = ω'ψ`, an unobserved one `W2` orthogonal to the observed
//! controls `ω`, and proportional selection `δ Cov(W1, X)/Var(W1) = Cov(W2, X)/Var(W2)`. Write `ν = β̃ - β` for the bias of
//! the regression with controls and `b = β° - β̃`. Then `Cov(W2, X) = ντ`, `Cov(W1, X) = (b + ν)σ - ντ`,
//! `Var(W2) = c + ν²τ` and `Var(W1) = a + (b + ν)²σ - ν²τ`, with `σ` and `τ` the variance of X without and with controls
//! taken out, `a` and `c` the variance of Y explained by the step from the short regression to the full one and from there
//! to `R_max`. Put into the condition they give δ for a β (Oster 2019, proposition 3) and a cubic in ν for a δ
//! (propositions 1 and 2; quadratic at δ = 1). Sums of squares may stand for variances: only ratios matter.

use super::roots::real_roots;

/// Two nested regressions of an outcome on a treatment, as sums of squares (or variances, all with the same divisor).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoefficientMovement {
    /// β°: the treatment's coefficient without controls.
    pub short: f64,
    /// β̃: with controls.
    pub full: f64,
    /// Sum of squared residuals without controls less that with them.
    pub explained: f64,
    /// `(R_max - R̃)` times the total sum of squares of the outcome.
    pub unexplained: f64,
    /// Sum of squares of the treatment, net of effects and baseline controls.
    pub treatment: f64,
    /// The same net of all controls.
    pub residual_treatment: f64,
}

/// A bias-adjusted coefficient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OsterRoot {
    /// β*.
    pub beta: f64,
    /// Whether the treatment covaries with the true index of the observed controls in the direction of the estimated one
    /// (Oster's assumption 3).
    pub same_direction: bool,
}

impl CoefficientMovement {
    fn step(&self) -> f64 {
        self.short - self.full
    }

    /// The covariance of the treatment with the observed index, for a bias ν.
    fn observed_covariance(&self, bias: f64) -> f64 {
        (self.step() + bias) * self.treatment - bias * self.residual_treatment
    }

    /// δ: how many times as strong as selection on the observed controls selection on the unobserved one must be for the
    /// true coefficient to be `target`. Infinite where no selection is enough.
    pub fn delta(&self, target: f64) -> f64 {
        let (bias, tau) = (self.full - target, self.residual_treatment);
        let step = self.step() + bias;
        let observed = self.explained + step * step * self.treatment - bias * bias * tau;
        bias * tau * observed / (self.observed_covariance(bias) * (self.unexplained + bias * bias * tau))
    }

    /// Every coefficient that agrees with a δ, ascending.
    pub fn roots(&self, delta: f64) -> Vec<OsterRoot> {
        let (sigma, tau, b) = (self.treatment, self.residual_treatment, self.step());
        let (a, c) = (self.explained, self.unexplained);
        let coefficients = [
            (delta - 1.0) * tau * (sigma - tau),
            (delta - 2.0) * tau * b * sigma,
            delta * c * (sigma - tau) - tau * (a + b * b * sigma),
            delta * c * b * sigma,
        ];
        let root =
            |bias: f64| OsterRoot { beta: self.full - bias, same_direction: self.observed_covariance(bias) * b >= 0.0 };
        real_roots(coefficients).into_iter().rev().map(root).collect()
    }

    /// The root that is reported: among those of the same direction (all, if none is) the one nearest to the coefficient
    /// with controls.
    pub fn bias_adjusted(&self, delta: f64) -> Option<f64> {
        let roots = self.roots(delta);
        let any = roots.iter().any(|root| root.same_direction);
        let chosen = roots.iter().filter(|root| root.same_direction || !any);
        chosen.map(|root| root.beta).min_by(|x, y| (x - self.full).abs().total_cmp(&(y - self.full).abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVEMENT: CoefficientMovement = CoefficientMovement {
        short: 0.9,
        full: 0.6,
        explained: 12.0,
        unexplained: 5.0,
        treatment: 40.0,
        residual_treatment: 31.0,
    };

    #[test]
    fn delta_and_roots_are_inverse() {
        for delta in [-0.7, 0.4, 1.0, 1.0 + 1e-7, 1.8, 3.0] {
            let roots = MOVEMENT.roots(delta);
            assert!(!roots.is_empty());
            for root in roots {
                let back = MOVEMENT.delta(root.beta);
                assert!((back - delta).abs() < 1e-7 * delta.abs(), "{delta}: {back} at {}", root.beta);
            }
        }
        assert_eq!(MOVEMENT.bias_adjusted(0.0), Some(0.6));
    }

    #[test]
    fn the_root_reported_is_the_nearest_of_its_direction() {
        let beta = MOVEMENT.bias_adjusted(1.0).unwrap();
        assert!(beta < 0.6, "controls lowered the coefficient, so do the unobserved: {beta}");
        let still = CoefficientMovement { unexplained: 0.0, ..MOVEMENT };
        assert_eq!(still.bias_adjusted(1.0), Some(0.6));
    }
}
