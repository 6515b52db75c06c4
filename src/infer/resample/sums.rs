//! [`DrawSums`]: the five numbers of every draw, and what they say of a hypothesised value.

use nalgebra::DMatrix;
use rayon::prelude::*;

/// Relative difference of squared t statistics that counts as a tie.
const TIE: f64 = 1e-11;

/// Draws looked at by one task.
const CHUNK: usize = 8192;

/// `t*(s) = (n0 + s n1) / √(q0 + s q1 + s² q2)` of every draw; only `n0` and `q0` where the null is not imposed.
#[derive(Clone, Debug, Default)]
pub(super) struct DrawSums {
    pub(super) n0: Vec<f64>,
    pub(super) n1: Vec<f64>,
    q0: Vec<f64>,
    q1: Vec<f64>,
    q2: Vec<f64>,
}

/// How many draws lie where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// `|t*| > |t|`.
    pub(super) beyond: usize,
    /// `|t*| >= |t|`.
    pub(super) at_least: usize,
    /// `t* > t`.
    pub(super) above: usize,
    /// `t* < t`.
    pub(super) below: usize,
    /// Draws without a positive variance; they count as beyond.
    pub(super) undefined: usize,
}

impl Counts {
    fn plus(self, other: Counts) -> Counts {
        Counts {
            beyond: self.beyond + other.beyond,
            at_least: self.at_least + other.at_least,
            above: self.above + other.above,
            below: self.below + other.below,
            undefined: self.undefined + other.undefined,
        }
    }
}

impl DrawSums {
    pub(super) fn zero(n: usize, null_imposed: bool) -> DrawSums {
        let zeros = |present: bool| if present { vec![0.0; n] } else { Vec::new() };
        DrawSums {
            n0: zeros(true),
            n1: zeros(null_imposed),
            q0: zeros(true),
            q1: zeros(null_imposed),
            q2: zeros(null_imposed),
        }
    }

    /// Adds a term of the variance: the studentising scores of the parts, errors x draws each.
    pub(super) fn add(&mut self, factor: f64, parts: &[DMatrix<f64>]) {
        let square = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        for draw in 0..self.q0.len() {
            let column =
                |part: &DMatrix<f64>| -> std::ops::Range<usize> { draw * part.nrows()..(draw + 1) * part.nrows() };
            if let [first, rest @ ..] = parts {
                let a = &first.as_slice()[column(first)];
                self.q0[draw] += factor * square(a, a);
                if let [second] = rest {
                    let b = &second.as_slice()[column(second)];
                    self.q1[draw] += factor * 2.0 * square(a, b);
                    self.q2[draw] += factor * square(b, b);
                }
            }
        }
    }

    pub(super) fn append(&mut self, mut next: DrawSums) {
        self.n0.append(&mut next.n0);
        self.n1.append(&mut next.n1);
        self.q0.append(&mut next.q0);
        self.q1.append(&mut next.q1);
        self.q2.append(&mut next.q2);
    }

    /// `a'b* - r` of every draw, in units of the coefficient.
    pub(super) fn numerators(&self, s: f64) -> Vec<f64> {
        (0..self.n0.len()).map(|draw| self.at(draw, s).0).collect()
    }

    /// Numerator and squared standard error of a draw.
    #[inline]
    fn at(&self, draw: usize, s: f64) -> (f64, f64) {
        if self.n1.is_empty() {
            return (self.n0[draw], self.q0[draw]);
        }
        (self.n0[draw] + s * self.n1[draw], self.q0[draw] + s * (self.q1[draw] + s * self.q2[draw]))
    }

    /// `t*` of every draw; infinite where the variance is not positive.
    pub(super) fn statistics(&self, s: f64) -> Vec<f64> {
        let statistic = |draw| match self.at(draw, s) {
            (numerator, variance) if is_undefined(variance) => f64::INFINITY.copysign(numerator),
            (numerator, variance) => numerator / variance.sqrt(),
        };
        (0..self.n0.len()).map(statistic).collect()
    }

    /// Statistics `n/√q` that are not affine in anything.
    pub(super) fn of(numerators: Vec<f64>, variances: Vec<f64>) -> DrawSums {
        DrawSums { n0: numerators, q0: variances, ..DrawSums::default() }
    }

    /// Where the draws lie with respect to the statistic `t` at `s`.
    pub(super) fn counts(&self, s: f64, t: f64) -> Counts {
        let (low, high) = (t * t * (1.0 - TIE), t * t * (1.0 + TIE));
        let chunks: Vec<Counts> = (0..self.n0.len().div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let mut counts = Counts::default();
                for draw in chunk * CHUNK..((chunk + 1) * CHUNK).min(self.n0.len()) {
                    let (numerator, variance) = self.at(draw, s);
                    let square = numerator * numerator;
                    let defined = !is_undefined(variance);
                    let beyond = !defined || square > high * variance;
                    let at_least = !defined || square >= low * variance;
                    counts.beyond += usize::from(beyond);
                    counts.at_least += usize::from(at_least);
                    counts.undefined += usize::from(!defined);
                    // Among draws of the sign of t, beyond means further out; those of the other sign lie inside of it.
                    let same = (numerator >= 0.0) == (t >= 0.0);
                    let (outside, inside) = if same { (beyond, !at_least) } else { (false, true) };
                    counts.above += usize::from(if t >= 0.0 { outside } else { inside });
                    counts.below += usize::from(if t >= 0.0 { inside } else { outside });
                }
                counts
            })
            .collect();
        chunks.into_iter().fold(Counts::default(), Counts::plus)
    }

    /// How many draws are not inside `t` (`at_least`) or are outside of it (`beyond`): [`DrawSums::counts`] without the
    /// rest, for the many looks of an inversion.
    pub(super) fn outside(&self, s: f64, t: f64, ties: bool) -> usize {
        let bound = t * t * if ties { 1.0 - TIE } else { 1.0 + TIE };
        (0..self.n0.len().div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let draws = chunk * CHUNK..((chunk + 1) * CHUNK).min(self.n0.len());
                draws
                    .filter(|&draw| {
                        let (numerator, variance) = self.at(draw, s);
                        let (square, limit) = (numerator * numerator, bound * variance);
                        square > limit || (ties && square >= limit) || is_undefined(variance)
                    })
                    .count()
            })
            .sum()
    }
}

/// Whether a squared standard error gives no statistic: zero, negative, or not a number.
fn is_undefined(variance: f64) -> bool {
    variance.is_nan() || variance <= 0.0
}
