//! [`Family`]: log densities of an outcome given one linear index, with the derivatives that Newton's method takes.
//!
//! | family | mean | log density |
//! | --- | --- | --- |
//! | Poisson | `exp η` | `y η - exp η - ln Γ(y+1)` |
//! | Gamma (quasi) | `exp η` | `-y exp(-η) - η` |
//! | negative binomial (NB2) | `exp η` | `y η - (y+θ) ln(exp η + θ) + ln Γ(y+θ) - ln Γ(θ) + θ ln θ - ln Γ(y+1)` |
//! | logit | `1 / (1 + exp -η)` | `y ln p + (1-y) ln(1-p)` |
//! | probit | `Φ(η)` | the same |
//! | complementary log-log | `1 - exp(-exp η)` | the same |
//!
//! Poisson and Gamma are quasi-likelihoods for any outcome that is not negative, logit, probit and complementary log-log for
//! any share in [0, 1] (Gourieroux, Monfort and Trognon 1984; Papke and Wooldridge 1996). The information is the expected one,
//! so that each step is that of iteratively reweighted least squares; for Poisson and logit it is the observed one too.

use libm::lgamma;

use crate::design::BoundaryLevels;
use crate::infer::normal;

/// The distribution of the outcome given the index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    /// Poisson with a log link.
    Poisson,
    /// Gamma with a log link.
    Gamma,
    /// Negative binomial with variance `μ + μ²/θ` and a log link.
    NegativeBinomial {
        /// The size `θ`.
        theta: f64,
    },
    /// Negative binomial with variance `μ (1 + δ)` (NB1) and a log link.
    LinearNegativeBinomial {
        /// The excess `δ` of the variance, in units of the mean.
        delta: f64,
    },
    /// A share or a choice with a link.
    Binomial(Link),
}

/// How the mean of a share follows from the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// `ln(p / (1-p))`.
    Logit,
    /// `Φ^-1(p)`.
    Probit,
    /// `ln(-ln(1-p))`.
    Cloglog,
}

/// A log density at an index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Density {
    /// The log density, without what the outcome alone decides ([`Family::constant`]).
    pub log: f64,
    /// Its derivative in the index.
    pub score: f64,
    /// Minus the expectation of its second derivative: positive.
    pub information: f64,
}

impl Family {
    /// The word for records: `poisson`, `gamma`, `binomial`.
    pub fn name(self) -> &'static str {
        match self {
            Family::Poisson => "poisson",
            Family::Gamma => "gamma",
            Family::NegativeBinomial { .. } => "negbin",
            Family::LinearNegativeBinomial { .. } => "negbin1",
            Family::Binomial(_) => "binomial",
        }
    }

    /// The word for the link: `log`, `logit`, `probit`, `cloglog`.
    pub fn link(self) -> &'static str {
        match self {
            Family::Poisson
            | Family::Gamma
            | Family::NegativeBinomial { .. }
            | Family::LinearNegativeBinomial { .. } => "log",
            Family::Binomial(Link::Logit) => "logit",
            Family::Binomial(Link::Probit) => "probit",
            Family::Binomial(Link::Cloglog) => "cloglog",
        }
    }

    /// The log density of an outcome at an index.
    #[inline]
    pub fn density(self, y: f64, eta: f64) -> Density {
        match self {
            Family::Poisson => {
                let mean = eta.exp();
                Density { log: y * eta - mean, score: y - mean, information: mean }
            }
            Family::Gamma => {
                let ratio = y * (-eta).exp();
                Density { log: -ratio - eta, score: ratio - 1.0, information: 1.0 }
            }
            Family::NegativeBinomial { theta } => {
                let mean = eta.exp();
                let share = theta / (mean + theta);
                Density {
                    log: y * eta - (y + theta) * (mean + theta).ln(),
                    score: (y - mean) * share,
                    information: mean * share,
                }
            }
            Family::LinearNegativeBinomial { delta } => {
                let (mean, more) = (eta.exp(), delta.ln_1p());
                let size = mean / delta;
                Density {
                    log: lgamma(size + y) - lgamma(size) - size * more,
                    score: size * (super::negbin::digamma_gap(y, size) - more),
                    information: super::negbin::expected_information(mean, delta),
                }
            }
            Family::Binomial(Link::Logit) => logit(y, eta),
            Family::Binomial(Link::Probit) => probit(y, eta),
            Family::Binomial(Link::Cloglog) => cloglog(y, eta),
        }
    }

    /// The second derivative of the log density of a choice in the index, as observed.
    #[inline]
    pub(super) fn curvature(self, y: f64, eta: f64) -> f64 {
        let found = self.density(y, eta);
        match self {
            Family::Binomial(Link::Probit) => {
                let (log_p, log_q) = (normal::log_cdf(eta), normal::log_cdf(-eta));
                let log_density = -0.5 * eta * eta - 0.5 * (2.0 * std::f64::consts::PI).ln();
                let (up, down) = ((log_density - log_p).exp(), (log_density - log_q).exp());
                -y * up * (up + eta) - (1.0 - y) * down * (down - eta)
            }
            Family::Binomial(Link::Cloglog) => {
                let rate = eta.exp();
                let hazard = if rate > 0.0 { rate * (-rate).exp() / -(-rate).exp_m1() } else { 1.0 };
                y * hazard * (1.0 - rate - hazard) - (1.0 - y) * rate
            }
            _ => -found.information,
        }
    }

    /// The mean at an index.
    #[inline]
    pub fn mean(self, eta: f64) -> f64 {
        match self {
            Family::Poisson
            | Family::Gamma
            | Family::NegativeBinomial { .. }
            | Family::LinearNegativeBinomial { .. } => eta.exp(),
            Family::Binomial(Link::Logit) => (1.0 + (-eta).exp()).recip(),
            Family::Binomial(Link::Probit) => normal::cdf(eta),
            Family::Binomial(Link::Cloglog) => -(-eta.exp()).exp_m1(),
        }
    }

    /// The derivative of the mean in the index.
    #[inline]
    pub fn slope(self, eta: f64) -> f64 {
        match self {
            Family::Poisson
            | Family::Gamma
            | Family::NegativeBinomial { .. }
            | Family::LinearNegativeBinomial { .. } => eta.exp(),
            Family::Binomial(Link::Logit) => {
                let p = self.mean(eta);
                p * (1.0 - p)
            }
            Family::Binomial(Link::Probit) => normal::density(eta),
            Family::Binomial(Link::Cloglog) => (eta - eta.exp()).exp(),
        }
    }

    /// The second derivative of the mean in the index over the first.
    #[inline]
    pub fn bend(self, eta: f64) -> f64 {
        match self {
            Family::Poisson
            | Family::Gamma
            | Family::NegativeBinomial { .. }
            | Family::LinearNegativeBinomial { .. } => 1.0,
            Family::Binomial(Link::Logit) => 1.0 - 2.0 * self.mean(eta),
            Family::Binomial(Link::Probit) => -eta,
            Family::Binomial(Link::Cloglog) => 1.0 - eta.exp(),
        }
    }

    /// The index at a mean.
    pub fn index(self, mean: f64) -> f64 {
        match self {
            Family::Poisson
            | Family::Gamma
            | Family::NegativeBinomial { .. }
            | Family::LinearNegativeBinomial { .. } => mean.ln(),
            Family::Binomial(Link::Logit) => (mean / (1.0 - mean)).ln(),
            Family::Binomial(Link::Probit) => normal::quantile(mean),
            Family::Binomial(Link::Cloglog) => (-(-mean).ln_1p()).ln(),
        }
    }

    /// The variance of the outcome at a mean, up to a dispersion.
    pub fn variance(self, mean: f64) -> f64 {
        match self {
            Family::Poisson => mean,
            Family::Gamma => mean * mean,
            Family::NegativeBinomial { theta } => mean + mean * mean / theta,
            Family::LinearNegativeBinomial { delta } => mean * (1.0 + delta),
            Family::Binomial(_) => mean * (1.0 - mean),
        }
    }

    /// What the outcome alone adds to the log density.
    pub fn constant(self, y: f64) -> f64 {
        match self {
            Family::Poisson => -lgamma(y + 1.0),
            Family::NegativeBinomial { theta } => {
                lgamma(y + theta) - lgamma(theta) + theta * theta.ln() - lgamma(y + 1.0)
            }
            Family::LinearNegativeBinomial { delta } => y * (delta / (1.0 + delta)).ln() - lgamma(y + 1.0),
            Family::Gamma | Family::Binomial(_) => 0.0,
        }
    }

    /// The log density of an outcome at the best of all indices, without the constant.
    pub fn saturated(self, y: f64) -> f64 {
        let times_log = |a: f64, b: f64| if a > 0.0 { a * b.ln() } else { 0.0 };
        match self {
            Family::Poisson => times_log(y, y) - y,
            Family::NegativeBinomial { theta } => times_log(y, y) - (y + theta) * (y + theta).ln(),
            // The best mean of a row has no closed form.
            Family::LinearNegativeBinomial { .. } => f64::NAN,
            // At a zero the density has no bound.
            Family::Gamma => -1.0 - y.ln(),
            Family::Binomial(_) => times_log(y, y) + times_log(1.0 - y, 1.0 - y),
        }
    }

    /// An index to start from, given the outcome and its mean.
    pub(super) fn start(self, y: f64, mean: f64) -> f64 {
        match self {
            Family::Poisson
            | Family::Gamma
            | Family::NegativeBinomial { .. }
            | Family::LinearNegativeBinomial { .. } => (0.5 * (y + mean)).ln(),
            Family::Binomial(_) => self.index(0.5 * y + 0.25),
        }
    }

    /// Whether an outcome can be.
    pub fn allows(self, y: f64) -> bool {
        match self {
            Family::Poisson | Family::Gamma => y >= 0.0,
            Family::NegativeBinomial { .. } | Family::LinearNegativeBinomial { .. } => y >= 0.0 && y.fract() == 0.0,
            Family::Binomial(_) => (0.0..=1.0).contains(&y),
        }
    }

    /// Whether the log density is a true one for an outcome: a whole number, a choice.
    pub fn is_exact(self, y: f64) -> bool {
        match self {
            Family::Poisson => y.fract() == 0.0,
            Family::NegativeBinomial { .. } | Family::LinearNegativeBinomial { .. } => true,
            Family::Gamma => false,
            Family::Binomial(_) => y == 0.0 || y == 1.0,
        }
    }

    /// Where the index of a perfect fit lies: -1 for minus infinity, 1 for infinity, 0 if it is finite.
    pub fn side(self, y: f64) -> f64 {
        match self {
            _ if y == 0.0 => -1.0,
            Family::Binomial(_) if y == 1.0 => 1.0,
            _ => 0.0,
        }
    }

    /// Whether steps are taken to shrink with their square: the information is the observed one, or nearly so.
    pub(super) fn is_newton(self) -> bool {
        matches!(self, Family::Poisson | Family::Binomial(_))
    }

    /// What an outcome must be, in words.
    pub fn range(self) -> &'static str {
        match self {
            Family::Poisson | Family::Gamma => "zero or more",
            Family::NegativeBinomial { .. } | Family::LinearNegativeBinomial { .. } => "whole numbers of zero or more",
            Family::Binomial(_) => "between 0 and 1",
        }
    }

    /// Which levels of absorbed effects have no finite estimate.
    pub fn boundary(self) -> BoundaryLevels {
        match self {
            Family::Poisson
            | Family::Gamma
            | Family::NegativeBinomial { .. }
            | Family::LinearNegativeBinomial { .. } => BoundaryLevels::Zeros,
            Family::Binomial(_) => BoundaryLevels::ZerosAndOnes,
        }
    }
}

#[inline]
fn logit(y: f64, eta: f64) -> Density {
    // ln(1 + exp η) without overflow.
    let small = (-eta.abs()).exp();
    let log_sum = eta.max(0.0) + small.ln_1p();
    let p = if eta >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) };
    let q = if eta >= 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) };
    Density { log: y * eta - log_sum, score: y * q - (1.0 - y) * p, information: p * q }
}

fn probit(y: f64, eta: f64) -> Density {
    let (log_p, log_q) = (normal::log_cdf(eta), normal::log_cdf(-eta));
    let log_density = -0.5 * eta * eta - 0.5 * (2.0 * std::f64::consts::PI).ln();
    // The inverse Mills ratios, finite far out in the tails.
    let (up, down) = ((log_density - log_p).exp(), (log_density - log_q).exp());
    let log = weigh(y, log_p) + weigh(1.0 - y, log_q);
    Density { log, score: y * up - (1.0 - y) * down, information: up * down }
}

fn cloglog(y: f64, eta: f64) -> Density {
    let rate = eta.exp();
    // p = 1 - exp(-rate); for a small rate the two terms are nearly the same.
    let p = -(-rate).exp_m1();
    let log_p = if rate > std::f64::consts::LN_2 { (-(-rate).exp()).ln_1p() } else { p.ln() };
    // dp/dη / p, one as the rate falls to zero.
    let hazard = if p > 0.0 { rate * (-rate).exp() / p } else { 1.0 };
    let log = weigh(y, log_p) - weigh(1.0 - y, rate);
    Density { log, score: y * hazard - (1.0 - y) * rate, information: hazard * rate }
}

/// `a b`, and zero where `a` is, however large `b`.
#[inline]
fn weigh(a: f64, b: f64) -> f64 {
    if a == 0.0 { 0.0 } else { a * b }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILIES: [Family; 6] = [
        Family::NegativeBinomial { theta: 1.7 },
        Family::Poisson,
        Family::Gamma,
        Family::Binomial(Link::Logit),
        Family::Binomial(Link::Probit),
        Family::Binomial(Link::Cloglog),
    ];

    /// Scores are derivatives; the information is the variance of the score at the family's variance.
    #[test]
    fn derivatives_agree_with_differences() {
        for family in FAMILIES {
            for eta in [-3.1, -0.4, 0.0, 0.7, 1.3] {
                for y in [0.0, 0.3, 1.0] {
                    let h = 1e-5;
                    let slope = (family.density(y, eta + h).log - family.density(y, eta - h).log) / (2.0 * h);
                    let found = family.density(y, eta);
                    assert!((slope - found.score).abs() < 1e-7 * (1.0 + slope.abs()), "{family:?} {eta} {y}");
                    let bent = (family.density(y, eta + h).score - family.density(y, eta - h).score) / (2.0 * h);
                    let is_choice = matches!(family, Family::Binomial(_));
                    assert!(!is_choice || (bent - family.curvature(y, eta)).abs() < 1e-6, "{family:?} {eta} {y}");
                    let mean = family.mean(eta);
                    let steep = (family.mean(eta + h) - family.mean(eta - h)) / (2.0 * h);
                    assert!((steep - family.slope(eta)).abs() < 1e-8, "{family:?} {eta}");
                    let steeper = (family.slope(eta + h) - family.slope(eta - h)) / (2.0 * h);
                    assert!((steeper / steep - family.bend(eta)).abs() < 1e-6, "{family:?} {eta}");
                    let expected = steep * steep / family.variance(mean);
                    assert!((expected - found.information).abs() < 1e-6, "{family:?} {eta} {}", found.information);
                    assert!((family.index(mean) - eta).abs() < 1e-10);
                }
            }
        }
    }

    /// Far out nothing is infinite but what must be.
    #[test]
    fn tails_are_finite() {
        for link in [Link::Logit, Link::Probit, Link::Cloglog] {
            for (y, eta) in [(0.0, 25.0), (1.0, -25.0), (0.0, -25.0), (1.0, 3.0)] {
                let found = Family::Binomial(link).density(y, eta);
                assert!(found.log.is_finite() && found.score.is_finite(), "{link:?} {y} {eta}");
                assert!(found.information >= 0.0 && found.information.is_finite(), "{link:?} {y} {eta}");
            }
        }
    }
}
