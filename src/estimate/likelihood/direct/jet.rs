//! [`Jet`]: a number with its first and second derivatives in up to three arguments.
//!
//! A log density is written once, in jets; score and observed information of a row follow exactly, by the chain rule.

use std::ops::{Add, Mul, Neg, Sub};

/// Arguments of a density.
pub(super) const ARGUMENTS: usize = 3;

/// A value, its gradient and its Hessian in the arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Jet {
    pub(super) value: f64,
    pub(super) first: [f64; ARGUMENTS],
    pub(super) second: [[f64; ARGUMENTS]; ARGUMENTS],
}

impl Jet {
    /// A number that depends on no argument.
    pub(super) fn constant(value: f64) -> Jet {
        Jet { value, first: [0.0; ARGUMENTS], second: [[0.0; ARGUMENTS]; ARGUMENTS] }
    }

    /// An argument.
    pub(super) fn argument(k: usize, value: f64) -> Jet {
        let mut jet = Jet::constant(value);
        jet.first[k] = 1.0;
        jet
    }

    /// `f` of the jet, given the value of `f` and its two derivatives there.
    pub(super) fn through(self, (value, slope, bend): (f64, f64, f64)) -> Jet {
        let mut out = Jet::constant(value);
        for i in 0..ARGUMENTS {
            out.first[i] = slope * self.first[i];
            for j in 0..ARGUMENTS {
                out.second[i][j] = slope * self.second[i][j] + bend * self.first[i] * self.first[j];
            }
        }
        out
    }

    pub(super) fn exp(self) -> Jet {
        let e = self.value.exp();
        self.through((e, e, e))
    }

    /// `ln(1 + exp x)`.
    pub(super) fn softplus(self) -> Jet {
        let x = self.value;
        let small = (-x.abs()).exp();
        let p = if x >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) };
        let q = if x >= 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) };
        self.through((x.max(0.0) + small.ln_1p(), p, p * q))
    }

    /// `ln(exp a + exp b)`.
    pub(super) fn log_sum(self, other: Jet) -> Jet {
        self + (other - self).softplus()
    }

    /// `ln(1 - exp x)` of a negative number.
    pub(super) fn log_complement(self) -> Jet {
        let rest = -self.value.exp_m1();
        let odds = self.value.exp() / rest;
        self.through((rest.ln(), -odds, -odds / rest))
    }
}

impl Add for Jet {
    type Output = Jet;
    fn add(mut self, other: Jet) -> Jet {
        self.value += other.value;
        for i in 0..ARGUMENTS {
            self.first[i] += other.first[i];
            for j in 0..ARGUMENTS {
                self.second[i][j] += other.second[i][j];
            }
        }
        self
    }
}

impl Neg for Jet {
    type Output = Jet;
    fn neg(self) -> Jet {
        self * -1.0
    }
}

impl Sub for Jet {
    type Output = Jet;
    fn sub(self, other: Jet) -> Jet {
        self + -other
    }
}

impl Mul<f64> for Jet {
    type Output = Jet;
    fn mul(self, by: f64) -> Jet {
        self.through((self.value * by, by, 0.0))
    }
}

impl Mul for Jet {
    type Output = Jet;
    fn mul(self, other: Jet) -> Jet {
        let mut out = Jet::constant(self.value * other.value);
        for i in 0..ARGUMENTS {
            out.first[i] = self.first[i] * other.value + self.value * other.first[i];
            for j in 0..ARGUMENTS {
                out.second[i][j] = self.second[i][j] * other.value
                    + self.value * other.second[i][j]
                    + self.first[i] * other.first[j]
                    + self.first[j] * other.first[i];
            }
        }
        out
    }
}
