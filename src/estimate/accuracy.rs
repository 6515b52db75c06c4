//! What the error of absorbed columns does to coefficients.
//!
//! An absorbed column comes with an error `d` in the space of the effects, to which the exact residuals of all columns are
//! orthogonal. In `b = (X'WX)^-1 X'Wy` with `X + D` and `y + d` in place of `X` and `y` the errors of the first order
//! therefore vanish, and what is left is `(X'WX)^-1 D'W (d - D b)` with the computed `X'WX`. By Cauchy and Schwarz coefficient
//! `j` moves by at most `Σ_k |(X'WX)^-1_jk| |D_k| (|d| + Σ_k |b_k| |D_k|)`; divided by the classical standard error
//! `s sqrt((X'WX)^-1_jj)` this is free of units. The norms are estimates (see [`crate::absorb`]), and so is the bound.

use nalgebra::{DMatrix, DVector};

/// The largest bound over the coefficients, in classical standard errors; `None` if that is not finite.
///
/// `outcome` and `regressors` are the (weighted) norms of the columns' errors, `inverse` is `(X'WX)^-1` and `deviation` the
/// residuals' standard deviation.
pub(super) fn coefficient_error(
    (outcome, regressors): (f64, &[f64]),
    coefficients: &DVector<f64>,
    inverse: &DMatrix<f64>,
    deviation: f64,
) -> Option<f64> {
    let moved = outcome + coefficients.iter().zip(regressors).map(|(b, d)| b.abs() * d).sum::<f64>();
    let bound = |j: usize| {
        let weighed: f64 = regressors.iter().enumerate().map(|(k, d)| inverse[(j, k)].abs() * d).sum();
        weighed * moved / (deviation * inverse[(j, j)].sqrt())
    };
    let largest = (0..regressors.len()).map(bound).fold(0.0, f64::max);
    largest.is_finite().then_some(largest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::absorb::{AbsorbError, Absorber, AbsorptionSettings, Effects, Projections};
    use crate::design::{DesignMatrix, ModelVariables};
    use crate::linalg::solve_least_squares;
    use crate::panel::Factor;

    /// Columns absorbed badly on purpose: the coefficient is off by less than the bound, and the bound is of use.
    #[test]
    fn the_bound_holds_where_columns_are_badly_absorbed() -> Result<(), AbsorbError> {
        let n = 4000u32;
        let codes = |of: &dyn Fn(u32) -> u32, n_levels: u32| {
            Factor::new((0..n).map(of).collect(), (0..n_levels).map(|l| l.to_string()).collect())
        };
        let x: Vec<f64> = (0..n).map(|i| (f64::from(i) * 0.71).sin() + f64::from(i / 40).sqrt()).collect();
        let y: Vec<f64> =
            (0..n).map(|i| 0.3 * x[i as usize] + (f64::from(i) * 1.9).cos() + f64::from(i / 300)).collect();
        let vars = ModelVariables::new(("y", y.clone()), vec![("x", x.clone())])
            .absorb("worker", codes(&|i| i / 4, 1000))
            .absorb("firm", codes(&|i| (i / 4 + i % 4) / 2, 502))
            .keep_singletons();
        let design = DesignMatrix::build(&vars, Default::default()).unwrap();
        let mut slopes = Vec::new();
        for (tolerance, iterations) in [(1e-12, 10_000), (1e-2, 6)] {
            let settings = AbsorptionSettings { tolerance, iterations, accept_unconverged: true, ..Default::default() };
            let effects = Effects { settings, ..Effects::of(&design).unwrap() };
            let absorber = Projections::new(&effects)?;
            let (mut a, mut b) = (y.clone(), x.clone());
            let (of_y, of_x) = (absorber.absorb(&mut a)?, absorber.absorb(&mut b)?);
            let solved = solve_least_squares(&[&b], &a, None).unwrap();
            let deviation = (solved.residuals.iter().map(|e| e * e).sum::<f64>() / 2500.0).sqrt();
            let bound =
                coefficient_error((of_y.error, &[of_x.error]), &solved.coefficients, &solved.inverse, deviation);
            slopes.push((solved.coefficients[0], bound.unwrap(), deviation * solved.inverse[(0, 0)].sqrt()));
        }
        let off = (slopes[1].0 - slopes[0].0).abs() / slopes[0].2;
        assert!(off > 1e-12 && off <= slopes[1].1, "off {off:e}, bound {:e}", slopes[1].1);
        assert!(slopes[0].1 < 1e-12, "{:e}", slopes[0].1);
        Ok(())
    }
}
