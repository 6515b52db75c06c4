//! Arellano and Bond's (1991) tests of serial correlation of differenced residuals.
//!
//! `m_j = Σ w'w_-j / sqrt(Σ (w'w_-j)² - 2 (Σ w_-j'X) B S'A Σ Z'e w'w_-j + (Σ w_-j'X) V (Σ w_-j'X)')` with `w` differenced
//! residuals, `w_-j` the same `j` periods before, `S = Σ Z'X`, `A` the weights, `B = (S'AS)^-1` and `V` the covariance.

use nalgebra::{DMatrix, DVector};

use super::equations::{Equations, Unit};
use super::method::LevelConvention;
use super::moments::{residuals, scores};

/// What the tests take from an estimate.
pub(super) struct Estimated<'a> {
    pub(super) coefficients: &'a DVector<f64>,
    /// `B S'A`.
    pub(super) map: DMatrix<f64>,
    pub(super) covariance: &'a DMatrix<f64>,
    pub(super) convention: LevelConvention,
}

/// `m_j`; `None` if no unit has rows `j` periods apart.
pub(super) fn serial_test(equations: &Equations, at: &Estimated<'_>, order: usize) -> Option<f64> {
    let k = equations.terms.len();
    let (mut products, mut squares, mut pairs) = (0.0, 0.0, 0usize);
    let mut lagged_x = DVector::zeros(k);
    let mut weighted = DVector::zeros(equations.instruments.len());
    for unit in &equations.units {
        let w = differenced(unit, at.coefficients);
        let mut own = 0.0;
        for (place, (period, value)) in w.iter().enumerate() {
            let before = w[..place].iter().find(|(other, _)| *other as usize + order == *period as usize);
            let Some((_, before)) = before else { continue };
            own += value * before;
            pairs += 1;
            let x = &unit.differences[place].2;
            (0..k).for_each(|j| lagged_x[j] += before * x[j]);
        }
        products += own;
        squares += own * own;
        if own != 0.0 {
            let mut e = residuals(unit, at.coefficients);
            if at.convention == LevelConvention::Plm {
                e[unit.transformed..].iter_mut().for_each(|value| *value = 0.0);
            }
            scores(unit, &e).into_iter().for_each(|(column, score)| weighted[column as usize] += score * own);
        }
    }
    let through = (&at.map * weighted).dot(&lagged_x);
    let variance = squares - 2.0 * through + (at.covariance * &lagged_x).dot(&lagged_x);
    (pairs > 0).then_some(products / variance.sqrt()).filter(|m| m.is_finite())
}

fn differenced(unit: &Unit, b: &DVector<f64>) -> Vec<(u32, f64)> {
    let left =
        |(period, y, x): &(u32, f64, Vec<f64>)| (*period, y - x.iter().zip(b.iter()).map(|(x, b)| x * b).sum::<f64>());
    unit.differences.iter().map(left).collect()
}
