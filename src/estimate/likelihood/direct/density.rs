//! [`Counts`]: log densities of counts that depend on more than one index.
//!
//! The arguments are the index of the count's mean `η`, the index of its zeros `ζ`, and the logarithm of a size `τ`:
//!
//! | density | at zero | above |
//! | --- | --- | --- |
//! | NB1 (`τ = ln δ`) | `f(0)` with `Var = μ (1 + δ)` | `f(y)` |
//! | zero-inflated (Lambert 1992) | `p + (1-p) f(0)`, `p = 1/(1+exp -ζ)` | `(1-p) f(y)` |
//! | hurdle (Mullahy 1986) | `1-p` | `p f(y) / (1 - f(0))` |
//!
//! with `f` Poisson's, or the negative binomial's with `Var = μ + μ²/θ`, `τ = ln θ`. As in R's pscl, `p` is the probability
//! of a zero beyond the counts' own in the one, and that of a positive count in the other.

use libm::lgamma;

use super::super::negbin::{digamma_gap, trigamma_gap};
use super::jet::Jet;

/// The distribution of the counts themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Poisson.
    Poisson,
    /// Negative binomial with `Var = μ + μ²/θ`.
    Negbin,
}

/// A distribution of counts with more than one index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Poisson, of one index.
    Poisson,
    /// Negative binomial of one index with `Var = μ (1 + δ)`.
    Negbin1,
    /// Negative binomial of one index with `Var = μ + μ²/θ`.
    Negbin2,
    /// Zeros beyond those of the counts.
    ZeroInflated(Counting),
    /// Zeros by a choice of their own, counts truncated at zero.
    Hurdle(Counting),
}

impl Counts {
    /// The word for records.
    pub fn name(self) -> &'static str {
        match self {
            Counts::Poisson => "poisson",
            Counts::Negbin1 => "negbin1",
            Counts::Negbin2 => "negbin",
            Counts::ZeroInflated(Counting::Poisson) => "zero-inflated-poisson",
            Counts::ZeroInflated(Counting::Negbin) => "zero-inflated-negbin",
            Counts::Hurdle(Counting::Poisson) => "hurdle-poisson",
            Counts::Hurdle(Counting::Negbin) => "hurdle-negbin",
        }
    }

    /// Whether the zeros have an index.
    pub fn has_zeros(self) -> bool {
        matches!(self, Counts::ZeroInflated(_) | Counts::Hurdle(_))
    }

    /// The name of the size, if there is one.
    pub fn size(self) -> Option<&'static str> {
        match self {
            Counts::Negbin1 => Some(super::super::negbin::DELTA),
            Counts::Negbin2 | Counts::ZeroInflated(Counting::Negbin) | Counts::Hurdle(Counting::Negbin) => {
                Some(super::super::THETA)
            }
            _ => None,
        }
    }

    /// The log density of a count.
    pub(super) fn log(self, y: f64, [mean, zero, size]: [f64; 3]) -> Jet {
        let (eta, zeta, tau) = (Jet::argument(0, mean), Jet::argument(1, zero), Jet::argument(2, size));
        match self {
            Counts::Poisson => poisson(y, eta),
            Counts::Negbin1 => negbin1(y, eta, tau),
            Counts::Negbin2 => negbin2(y, eta, tau),
            Counts::ZeroInflated(of) if y == 0.0 => zeta.log_sum(of.log(0.0, eta, tau)) - zeta.softplus(),
            Counts::ZeroInflated(of) => of.log(y, eta, tau) - zeta.softplus(),
            Counts::Hurdle(_) if y == 0.0 => -zeta.softplus(),
            Counts::Hurdle(of) => zeta - zeta.softplus() + of.log(y, eta, tau) - of.log(0.0, eta, tau).log_complement(),
        }
    }

    /// The mean count.
    pub(super) fn mean(self, [eta, zeta, tau]: [f64; 3]) -> f64 {
        let mu = eta.exp();
        let p = 1.0 / (1.0 + (-zeta).exp());
        let none = |of: Counting| of.log(0.0, Jet::constant(eta), Jet::constant(tau)).value;
        match self {
            Counts::Poisson | Counts::Negbin1 | Counts::Negbin2 => mu,
            Counts::ZeroInflated(_) => (1.0 - p) * mu,
            Counts::Hurdle(of) => p * mu / -none(of).exp_m1(),
        }
    }
}

impl Counting {
    fn log(self, y: f64, eta: Jet, tau: Jet) -> Jet {
        match self {
            Counting::Poisson => poisson(y, eta),
            Counting::Negbin => negbin2(y, eta, tau),
        }
    }
}

fn poisson(y: f64, eta: Jet) -> Jet {
    eta * y - eta.exp() + Jet::constant(-lgamma(y + 1.0))
}

/// `ln Γ(a+y) - ln Γ(a)`.
fn rising(a: Jet, y: f64) -> Jet {
    let at = a.value;
    let value =
        if y <= 40.0 { (0..y as usize).map(|k| (at + k as f64).ln()).sum() } else { lgamma(at + y) - lgamma(at) };
    a.through((value, digamma_gap(y, at), -trigamma_gap(y, at)))
}

/// Size `μ/δ`, with `δ/(1+δ)` the probability of one more.
fn negbin1(y: f64, eta: Jet, tau: Jet) -> Jet {
    let size = (eta - tau).exp();
    let more = tau.softplus();
    rising(size, y) - size * more + (tau - more) * y + Jet::constant(-lgamma(y + 1.0))
}

fn negbin2(y: f64, eta: Jet, tau: Jet) -> Jet {
    let theta = tau.exp();
    // ln(μ + θ) less τ: nothing is lost where θ is large.
    let more = (eta - tau).softplus();
    rising(theta, y) + (eta - tau) * y - more * y - theta * more + Jet::constant(-lgamma(y + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Counts; 7] = [
        Counts::Poisson,
        Counts::Negbin1,
        Counts::Negbin2,
        Counts::ZeroInflated(Counting::Poisson),
        Counts::ZeroInflated(Counting::Negbin),
        Counts::Hurdle(Counting::Poisson),
        Counts::Hurdle(Counting::Negbin),
    ];

    #[test]
    fn densities_sum_to_one_and_have_their_means() {
        for counts in ALL {
            for at in [[0.3, -0.4, 0.2], [1.1, 0.8, -0.5]] {
                let p: Vec<f64> = (0..2000).map(|y| counts.log(f64::from(y), at).value.exp()).collect();
                assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{counts:?}");
                let mean: f64 = p.iter().enumerate().map(|(y, p)| y as f64 * p).sum();
                assert!((mean - counts.mean(at)).abs() < 1e-7, "{counts:?} {mean} {}", counts.mean(at));
            }
        }
        let p = |y: u32| Counts::Negbin1.log(f64::from(y), [0.7, 0.0, 0.4]).value.exp();
        let mu = 0.7f64.exp();
        let variance: f64 = (0..500).map(|y| (f64::from(y) - mu).powi(2) * p(y)).sum();
        assert!((variance - mu * (1.0 + 0.4f64.exp())).abs() < 1e-9);
    }

    #[test]
    fn derivatives_agree_with_differences() {
        let h = 1e-5;
        for counts in ALL {
            for y in [0.0, 1.0, 7.0, 60.0] {
                let at = [0.9, -0.3, 0.4];
                let found = counts.log(y, at);
                for i in 0..3 {
                    let moved = |by: f64| {
                        let mut to = at;
                        to[i] += by;
                        counts.log(y, to)
                    };
                    let slope = (moved(h).value - moved(-h).value) / (2.0 * h);
                    assert!((slope - found.first[i]).abs() < 1e-7 * (1.0 + slope.abs()), "{counts:?} {y} {i}");
                    for j in 0..3 {
                        let bend = (moved(h).first[j] - moved(-h).first[j]) / (2.0 * h);
                        let near = (bend - found.second[i][j]).abs() < 1e-7 * (1.0 + bend.abs());
                        assert!(near, "{counts:?} {y} {i} {j} {bend} {}", found.second[i][j]);
                    }
                }
            }
        }
    }
}
