//! [`QuasiDemeaning`]: the transformation that makes errors with random effects independent with one variance.
//!
//! With `Ω = I + φ_j D_j D_j' (+ φ_k D_k D_k')`, in units of the idiosyncratic variance, generalised least squares is
//! least squares on `Ω^-1/2` times the columns. One way: `v - θ_i v̄_i`, `θ_i = 1 - (1 + φ n_i)^-1/2`. Two ways: the first
//! alike; what the second adds is `I + φ_k D*D*'` with `D*` the transformed dummies, whose inverse root is
//! `I - D* A D*'`, `A = Q diag((1 - (1 + φ_k λ)^-1/2) / λ) Q'` from the eigenvalues of `D*'D* = Q diag(λ) Q'`, a matrix of
//! the size of the second way. Balanced or not, no matrix of the size of the sample is formed. In balanced panels it is
//! `v - θ_1 v̄_i - θ_2 v̄_t + θ_3 v̄` (Wallace and Hussain 1969; Baltagi 2013, section 3.3).

use nalgebra::{DMatrix, DVector};

use super::components::VarianceComponents;
use super::means::{means, spread, sums};
use super::method::PanelEffect;
use crate::design::{DenseFactor, PanelIndex, Way};

/// `Ω^-1/2`.
#[derive(Clone, Debug)]
pub(crate) struct QuasiDemeaning {
    first: DenseFactor,
    /// θ of each level.
    pub(crate) theta: Vec<f64>,
    second: Option<Second>,
}

#[derive(Clone, Debug)]
struct Second {
    factor: DenseFactor,
    /// `A`.
    root: DMatrix<f64>,
}

impl QuasiDemeaning {
    /// The transformation of some components.
    pub(crate) fn of(index: &PanelIndex, effect: PanelEffect, components: &VarianceComponents) -> QuasiDemeaning {
        let ratio = |way: Way| {
            let own = components.of(way).unwrap_or(0.0);
            if own == 0.0 { 0.0 } else { own / components.idiosyncratic }
        };
        // The larger way first, so that the matrix is that of the smaller.
        let (first, second) = match effect {
            PanelEffect::Unit => (Way::Unit, None),
            PanelEffect::Time => (Way::Time, None),
            PanelEffect::TwoWays if index.n(Way::Unit) < index.n(Way::Time) => (Way::Time, Some(Way::Unit)),
            PanelEffect::TwoWays => (Way::Unit, Some(Way::Time)),
        };
        let phi = ratio(first);
        let theta = index.counts(first).iter().map(|count| 1.0 - (1.0 + phi * count).sqrt().recip()).collect();
        let mut out = QuasiDemeaning { first: index.factor(first).clone(), theta, second: None };
        if let Some(way) = second.filter(|&way| ratio(way) > 0.0) {
            out.second = Some(out.second(index.factor(way), ratio(way)));
        }
        out
    }

    fn second(&self, factor: &DenseFactor, phi: f64) -> Second {
        let eigen = self.gram(factor).symmetric_eigen();
        let shares = eigen.eigenvalues.map(|value| {
            let value = value.max(0.0);
            // The limit at zero.
            if phi * value < 1e-12 { phi / 2.0 } else { (1.0 - (1.0 + phi * value).sqrt().recip()) / value }
        });
        let root = &eigen.eigenvectors * DMatrix::from_diagonal(&shares) * eigen.eigenvectors.transpose();
        Second { factor: factor.clone(), root }
    }

    /// `D*'D*`: the counts of the second way less `(2θ - θ²) / n_i` for each pair of its levels that a level of the first
    /// has.
    fn gram(&self, factor: &DenseFactor) -> DMatrix<f64> {
        let size = factor.n_levels;
        let mut gram = DMatrix::zeros(size, size);
        factor.codes.iter().for_each(|&code| gram[(code as usize, code as usize)] += 1.0);
        let (starts, order) = self.first.rows();
        for (bounds, theta) in starts.windows(2).zip(&self.theta) {
            let rows = &order[bounds[0]..bounds[1]];
            let share = (2.0 * theta - theta * theta) / rows.len() as f64;
            for &a in rows {
                for &b in rows {
                    gram[(factor.codes[a as usize] as usize, factor.codes[b as usize] as usize)] -= share;
                }
            }
        }
        gram
    }

    /// A column net of its share of the means of the first way.
    fn net_of_first(&self, values: &[f64]) -> Vec<f64> {
        let shares: Vec<f64> = means(values, &self.first).iter().zip(&self.theta).map(|(m, theta)| m * theta).collect();
        self.first.codes.iter().zip(values).map(|(&code, value)| value - shares[code as usize]).collect()
    }

    /// `Ω^-1/2 v`.
    pub(crate) fn apply(&self, values: &[f64]) -> Vec<f64> {
        let mut out = self.net_of_first(values);
        if let Some(Second { factor, root }) = &self.second {
            // D*'v = D'(I - θP)v: the sums of v net of the first way's share once more.
            let levels = root * DVector::from_vec(sums(&self.net_of_first(&out), factor));
            let taken = self.net_of_first(&spread(levels.as_slice(), factor));
            out.iter_mut().zip(&taken).for_each(|(value, taken)| *value -= taken);
        }
        out
    }
}
