//! Likelihoods of groups given their totals: the effects of groups drop out, however many there are.
//!
//! Logit (Chamberlain 1980): given the number `m` of ones in a group its members are drawn without replacement, and the
//! denominator sums over all choices of `m` rows. It is built up row by row; what is carried along is the logarithm of each partial
//! sum with mean and covariance of the chosen rows' regressors, mixtures of those before, so that nothing overflows. Groups with
//! more ones than zeros count their zeros. This is the exact likelihood of R's `clogit` and of statsmodels.
//!
//! Negative binomial (Hausman, Hall and Griliches 1984): counts with sizes `λ = exp η` and a success probability of the group's own, given
//! their sum: `ln Γ(S) + ln Γ(Y+1) - ln Γ(S+Y) + Σ ln Γ(λ+y) - ln Γ(λ) - ln Γ(y+1)` with `S = Σ λ`, `Y = Σ y`. What is conditioned out is a
//! parameter of the variance and no effect in the index, so that a constant and regressors that do not vary within groups have
//! coefficients (Allison and Waterman 2002; Guimarães 2008).

use std::sync::Arc;

use libm::lgamma;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::super::negbin::{digamma_gap, trigamma_gap};
use super::newton::{Evaluation, Objective};
use super::rows::add_up;

/// What is conditioned on its total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditional {
    /// Choices.
    Logit,
    /// Counts.
    Negbin,
}

impl Conditional {
    /// The word for records.
    pub fn name(self) -> &'static str {
        match self {
            Conditional::Logit => "conditional-logit",
            Conditional::Negbin => "conditional-negbin",
        }
    }
}

/// Groups with their columns.
#[derive(Clone)]
pub(super) struct Groups {
    pub(super) kind: Conditional,
    /// Rows of each group.
    pub(super) members: Vec<Vec<usize>>,
    pub(super) outcome: Arc<Vec<f64>>,
    pub(super) offset: Option<Arc<Vec<f64>>>,
    /// One per parameter.
    pub(super) columns: Vec<Arc<Vec<f64>>>,
}

impl Groups {
    fn index(&self, row: usize, parameters: &DVector<f64>) -> f64 {
        let own: f64 = self.columns.iter().zip(parameters.iter()).map(|(x, b)| b * x[row]).sum();
        own + self.offset.as_ref().map_or(0.0, |offset| offset[row])
    }

    fn regressors(&self, row: usize) -> DVector<f64> {
        DVector::from_iterator(self.columns.len(), self.columns.iter().map(|x| x[row]))
    }

    fn group(&self, rows: &[usize], parameters: &DVector<f64>) -> Evaluation {
        match self.kind {
            Conditional::Logit => self.chosen(rows, parameters),
            Conditional::Negbin => self.shared(rows, parameters),
        }
    }

    /// The likelihood of which rows are chosen, given how many.
    fn chosen(&self, rows: &[usize], parameters: &DVector<f64>) -> Evaluation {
        let ones = rows.iter().filter(|&&row| self.outcome[row] == 1.0).count();
        let few = if 2 * ones <= rows.len() { 1.0 } else { 0.0 };
        let sign = 2.0 * few - 1.0;
        let m = ones.min(rows.len() - ones);
        let k = self.columns.len();
        let mut sums = vec![Partial::empty(k); m + 1];
        sums[0].log = 0.0;
        let (mut log, mut total) = (0.0, DVector::zeros(k));
        for (before, &row) in rows.iter().enumerate() {
            let (eta, x) = (sign * self.index(row, parameters), self.regressors(row) * sign);
            if self.outcome[row] == few {
                log += eta;
                total += &x;
            }
            for j in (1..=m.min(before + 1)).rev() {
                let with = Partial { log: sums[j - 1].log + eta, mean: &sums[j - 1].mean + &x, ..sums[j - 1].clone() };
                sums[j] = sums[j].mixed(&with);
            }
        }
        let all = &sums[m];
        Evaluation { value: log - all.log, gradient: total - &all.mean, hessian: -&all.covariance }
    }

    /// The likelihood of how a total is shared.
    fn shared(&self, rows: &[usize], parameters: &DVector<f64>) -> Evaluation {
        let k = self.columns.len();
        let sizes: Vec<f64> = rows.iter().map(|&row| self.index(row, parameters).exp()).collect();
        let (size, count) = (sizes.iter().sum::<f64>(), rows.iter().map(|&row| self.outcome[row]).sum::<f64>());
        let of_total = digamma_gap(count, size);
        let mut out = Evaluation {
            value: lgamma(count + 1.0) - rising(size, count),
            gradient: DVector::zeros(k),
            hessian: DMatrix::zeros(k, k),
        };
        let mut sum = DVector::zeros(k);
        for (&row, &own) in rows.iter().zip(&sizes) {
            let (y, x) = (self.outcome[row], self.regressors(row));
            let slope = digamma_gap(y, own) - of_total;
            out.value += rising(own, y) - lgamma(y + 1.0);
            out.gradient.axpy(own * slope, &x, 1.0);
            out.hessian.ger(own * slope - own * own * trigamma_gap(y, own), &x, &x, 1.0);
            sum.axpy(own, &x, 1.0);
        }
        out.hessian.ger(trigamma_gap(count, size), &sum, &sum, 1.0);
        out
    }

    /// The score of every group by parameter, at the group's first row: rows of a group have no scores of their own.
    pub(super) fn scores(&self, parameters: &DVector<f64>) -> Vec<Vec<f64>> {
        let of_groups: Vec<DVector<f64>> =
            self.members.par_iter().map(|rows| self.group(rows, parameters).gradient).collect();
        let mut out = vec![vec![0.0; self.outcome.len()]; self.columns.len()];
        for (rows, score) in self.members.iter().zip(&of_groups) {
            out.iter_mut().zip(score.iter()).for_each(|(column, score)| column[rows[0]] = *score);
        }
        out
    }
}

/// `ln Γ(a+y) - ln Γ(a)`.
fn rising(a: f64, y: f64) -> f64 {
    if y <= 40.0 { (0..y as usize).map(|k| (a + k as f64).ln()).sum() } else { lgamma(a + y) - lgamma(a) }
}

impl Objective for Groups {
    fn at(&self, parameters: &DVector<f64>) -> Evaluation {
        // The Hessians of groups come whole.
        add_up(self.members.par_iter().map(|rows| self.group(rows, parameters)).collect(), self.columns.len())
    }

    fn reach(&self, step: &DVector<f64>) -> f64 {
        let centred = self.kind == Conditional::Logit;
        let of = |rows: &Vec<usize>| {
            let moves: Vec<f64> =
                rows.iter().map(|&row| self.columns.iter().zip(step.iter()).map(|(x, b)| b * x[row]).sum()).collect();
            let centre = if centred { moves.iter().sum::<f64>() / moves.len() as f64 } else { 0.0 };
            moves.iter().fold(0.0, |most: f64, by| most.max((by - centre).abs()))
        };
        self.members.par_iter().map(of).reduce(|| 0.0, f64::max)
    }
}

/// A sum over the choices of some rows: its logarithm, and mean and covariance of what is chosen.
#[derive(Clone)]
struct Partial {
    log: f64,
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
}

impl Partial {
    fn empty(k: usize) -> Partial {
        Partial { log: f64::NEG_INFINITY, mean: DVector::zeros(k), covariance: DMatrix::zeros(k, k) }
    }

    /// The sum over the choices of both.
    fn mixed(&self, other: &Partial) -> Partial {
        if self.log == f64::NEG_INFINITY {
            return other.clone();
        }
        let q = 1.0 / (1.0 + (self.log - other.log).exp());
        let apart = &other.mean - &self.mean;
        let most = self.log.max(other.log);
        Partial {
            log: most + ((self.log - most).exp() + (other.log - most).exp()).ln(),
            covariance: &self.covariance * (1.0 - q)
                + &other.covariance * q
                + &apart * apart.transpose() * (q * (1.0 - q)),
            mean: &self.mean + apart * q,
        }
    }
}
