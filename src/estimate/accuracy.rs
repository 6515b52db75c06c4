//! What the error of absorbed columns does to coefficients.
//!
//! An absorbed column comes with an error `d` in the space of the effects, to which the exact residuals of all columns are
//! orthogonal. In `b = (X'WX)^-1 X'Wy` with `X + D` and `y + d` in place of `X` and `y` the errors of the first order
//! therefore vanish, and what is left is `(X'WX)^-1 D'W (d - D b)` with the computed `X'WX`. By Cauchy and Schwarz coefficient
//! `j` moves by at most `Σ_k |(X'WX)^-1_jk| |D_k| (|d| + Σ_k |b_k| |D_k|)`; divided by the classical standard error
//! `s sqrt((X'WX)^-1_jj)` this is free of units. The norms are estimates (see [`crate::absorb`]), and so is the bound.
//!
//! For the same reason every product of the k-class `b = P (X'W(I - kM)y)`, `P = (X'W(I - kM)X)^-1`, `M` the residuals of the
//! instruments, is off by a product of two errors. With the first stage `Π`, the residuals `e = y - Xb` and their regression `g` on the
//! instruments `Z`, the coefficients move to the first order in these by `P` times
//! `(1 - k) δ(X'We) + k (δ(X'WZ) g + Π'(δ(Z'We) - δ(Z'WZ) g)) - δk X'WMe`; where k is the smallest root, it is the ratio of `e'We` and
//! `e'WMe` at its minimum, so that `δk = (δ(e'We) - k δ(e'WMe)) / e'WMe`. The weights of GMM move by more than that and get no bound.

use nalgebra::{DMatrix, DVector};

use super::instruments::invert;

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

/// Cross products of the columns of a model with instruments, and the norms of the columns' errors.
pub(super) struct InstrumentedProducts<'a> {
    /// In the order exogenous regressors, instruments, endogenous regressors, outcome.
    pub(super) products: &'a DMatrix<f64>,
    /// (Weighted) norms of the columns' errors, in that order.
    pub(super) norms: &'a [f64],
    pub(super) n_exogenous: usize,
    pub(super) n_instruments: usize,
}

impl InstrumentedProducts<'_> {
    /// [`coefficient_error`] for the k-class; `is_root` if k was found as the smallest root (and less a constant).
    pub(super) fn coefficient_error(&self, k: f64, is_root: bool, deviation: f64) -> Option<f64> {
        let y = self.products.nrows().checked_sub(1)?;
        let n_first = self.n_exogenous + self.n_instruments;
        let first: Vec<usize> = (0..n_first).collect();
        let regressors: Vec<usize> = (n_first..y).chain(0..self.n_exogenous).collect();
        let block = |rows: &[usize], columns: &[usize]| self.products.select_rows(rows).select_columns(columns);
        let (zx, xx) = (block(&first, &regressors), block(&regressors, &regressors));
        let (zy, xy) = (block(&first, &[y]).column(0).into_owned(), block(&regressors, &[y]).column(0).into_owned());
        let zz = invert(&block(&first, &first), 0.0)?;
        let first_stage = &zz * &zx;
        let inverse = invert(&(xx.clone() * (1.0 - k) + zx.transpose() * &first_stage * k), 0.0)?;
        let b = &inverse * (&xy * (1.0 - k) + first_stage.transpose() * &zy * k);
        let (ze, xe) = (&zy - &zx * &b, &xy - &xx * &b);
        let g = &zz * &ze;
        let unexplained = self.products[(y, y)] - b.dot(&(&xy + &xe)) - g.dot(&ze);
        let of_residuals =
            self.norms[y] + b.iter().zip(&regressors).map(|(b, &x)| b.abs() * self.norms[x]).sum::<f64>();
        let of_fit: f64 = g.iter().zip(self.norms).map(|(g, norm)| g.abs() * norm).sum();
        let of_unexplained = of_residuals + of_fit;
        let of_k = if is_root { (of_residuals.powi(2) + k.abs() * of_unexplained.powi(2)) / unexplained } else { 0.0 };
        let along_k = &inverse * (xe - first_stage.transpose() * ze);
        let on_first = &inverse * first_stage.transpose();
        let bound = |i: usize| {
            let of_regressors: f64 =
                regressors.iter().enumerate().map(|(j, &x)| inverse[(i, j)].abs() * self.norms[x]).sum();
            let of_first: f64 = (0..n_first).map(|l| on_first[(i, l)].abs() * self.norms[l]).sum();
            let moved = of_regressors * ((1.0 - k).abs() * of_residuals + k.abs() * of_fit)
                + of_first * k.abs() * of_unexplained
                + along_k[i].abs() * of_k;
            moved / (deviation * inverse[(i, i)].sqrt())
        };
        let largest = (0..b.len()).map(bound).fold(0.0, f64::max);
        largest.is_finite().then_some(largest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::absorb::{AbsorbError, Absorber, AbsorberCache, AbsorptionSettings, Effects, Projections};
    use crate::design::{DesignMatrix, ModelVariables};
    use crate::estimate::Estimator;
    use crate::estimate::instruments::{KClass, Kappa};
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

    /// The k-class with more instruments than it needs, absorbed badly on purpose.
    #[test]
    fn the_bound_of_the_k_class_holds_where_columns_are_badly_absorbed() {
        for kappa in [Kappa::One, Kappa::SmallestRoot, Kappa::Fuller(1.0), Kappa::Fixed(0.4)] {
            let (off, bound, exact) = badly_absorbed(kappa);
            assert!(off > 1e-12 && off <= bound, "{kappa:?}: off {off:e}, bound {bound:e}");
            assert!(exact < 1e-12, "{kappa:?}: {exact:e}");
        }
    }

    /// How far the worst coefficient is off, its bound, and the bound where absorption is as exact as it can be.
    fn badly_absorbed(kappa: Kappa) -> (f64, f64, f64) {
        let n = 4000u32;
        let codes = |of: &dyn Fn(u32) -> u32, n_levels: u32| {
            Factor::new((0..n).map(of).collect(), (0..n_levels).map(|l| l.to_string()).collect())
        };
        let wave = |f: f64, walk: f64| -> Vec<f64> {
            (0..n).map(|i| (f64::from(i) * f).sin() + walk * f64::from(i / 40).sqrt()).collect()
        };
        let (x, z1, z2) = (wave(0.71, 0.3), wave(1.3, 1.0), wave(2.1, -0.5));
        let (noise, other) = (wave(2.9, 0.0), wave(0.37, 0.0));
        let d: Vec<f64> = (0..n as usize).map(|i| z1[i] + 0.5 * z2[i] + 0.2 * x[i] + noise[i]).collect();
        let y: Vec<f64> = (0..n as usize)
            .map(|i| 0.3 * d[i] - x[i] + 2.0 * noise[i] + other[i] + (i / 300) as f64 + z2[i] * 0.05)
            .collect();
        let fit = |tolerance: f64, iterations: usize| {
            let mut vars = ModelVariables::new(("y", y.clone()), vec![("x", x.clone())])
                .endogenous("d", d.clone())
                .instrument("z1", z1.clone())
                .instrument("z2", z2.clone())
                .absorb("worker", codes(&|i| i / 4, 1000))
                .absorb("firm", codes(&|i| (i / 4 + i % 4) / 2, 502))
                .keep_singletons();
            vars.absorption =
                AbsorptionSettings { tolerance, iterations, accept_unconverged: true, ..Default::default() };
            let design = DesignMatrix::build(&vars, Default::default()).unwrap();
            KClass(kappa).fit(&design, &AbsorberCache::new()).unwrap()
        };
        let (exact, rough) = (fit(1e-12, 10_000), fit(1e-2, 6));
        let influence = exact.linear().unwrap();
        let deviation = (exact.sums.residual / 2500.0).sqrt();
        let off = |j: usize| {
            let gap = (rough.coefficients[j] - exact.coefficients[j]).abs();
            gap / (deviation * influence.inverse[(j, j)].sqrt())
        };
        let bound = |estimate: &crate::estimate::Estimate| estimate.convergence.coefficient_error.unwrap();
        (off(0).max(off(1)), bound(&rough), bound(&exact))
    }
}
