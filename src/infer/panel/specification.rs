//! Tests of the equation: RESET, and whether slopes are the same in all units.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::{PanelModel, chi_squared, fisher, influence, normal};
use crate::design::{ClusterVariable, DesignMatrix, PanelIndex, Variable};
use crate::estimate::panel::levels::Levels;
use crate::estimate::panel::{PanelEffect, PanelError, PanelMethod};
use crate::estimate::{EstimateError, Estimator, Ols, TestResult};
use crate::infer::wald_zero;
use crate::linalg::{LeastSquares, dot, residual, solve_least_squares};
use crate::vcov::{ClusterType, Dialect, Errors, RawCovariance};

/// Powers of fitted values that RESET adds.
const POWERS: [i32; 2] = [2, 3];

impl PanelModel<'_> {
    /// F of the second and third powers of fitted values in the pooled regression (Ramsey 1969; lmtest's `resettest`).
    pub(super) fn reset(&self) -> Result<TestResult, EstimateError> {
        let pooled = self.pooled()?;
        let fitted = self.design.outcome.values.iter().zip(influence(&pooled)?.residuals.iter());
        let fitted: Vec<f64> = fitted.map(|(y, e)| y - e).collect();
        let larger = Ols.fit(&with_powers(&self.design, &fitted), self.cache)?;
        let df1 = (larger.n_parameters() - pooled.n_parameters()) as f64;
        let df2 = self.design.n_rows() as f64 - larger.n_parameters() as f64;
        let statistic = (pooled.sums.residual / larger.sums.residual - 1.0) * df2 / df1;
        Ok(fisher(statistic, (df1, df2), "the equation is linear (RESET)"))
    }

    /// Wald test of the powers of `xb` in the within regression, with errors clustered by unit without a factor.
    pub(super) fn reset_within(&self) -> Result<TestResult, EstimateError> {
        let within = self.within(PanelEffect::Unit)?;
        let mut linear = vec![0.0; self.design.n_rows()];
        for (term, b) in within.terms.iter().zip(within.coefficients.iter()) {
            if let Some(variable) = self.design.regressors.iter().find(|variable| variable.name == *term) {
                linear.iter_mut().zip(variable.values.iter()).for_each(|(sum, x)| *sum += b * x);
            }
        }
        let larger = with_powers(&self.design, &linear);
        let unit = ClusterVariable {
            name: self.index.unit_name.clone(),
            factor: self.index.unit.clone(),
            levels: Arc::default(),
        };
        let larger = DesignMatrix { clusters: vec![unit], ..larger };
        let design = PanelMethod::Within(PanelEffect::Unit).transform(&larger, self.cache)?.design;
        let estimate = Ols.fit(&design, self.cache)?;
        let errors = Errors::Adjusted(ClusterType::Cr0, vec![self.index.unit_name.clone()]);
        let v = RawCovariance::of(&errors, &design, &estimate)?.with(&Dialect::Plm.small_sample()).matrix;
        let places: Vec<usize> = (0..estimate.terms.len()).filter(|&i| estimate.terms[i].starts_with(POWER)).collect();
        let test = wald_zero(&estimate.coefficients, &v, &places, f64::INFINITY)
            .ok_or(PanelError::Singular { where_: "from powers of the fitted values" })?;
        Ok(chi_squared(test.statistic * test.df1, test.df1, "the equation is linear net of unit effects (RESET)"))
    }

    /// `Δ = Σ (d_i - k) / √(2kN)`, `d_i = (b_i - b)'X_i'M X_i (b_i - b) / s_i²` with `b` the mean of the `b_i` weighted by `X_i'M X_i / s_i²`
    /// and `s_i²` the variance of within residuals in unit `i` (Pesaran and Yamagata 2008, equations 26 and 27); adjusted, the
    /// variance is `2k (T_i - k - 1)/(T_i + 1)` (equation 29).
    pub(super) fn slope_homogeneity(&self, adjusted: bool) -> Result<TestResult, EstimateError> {
        let levels = Levels::of(&self.design);
        let within = levels.within((&self.design, &self.index), PanelEffect::Unit, self.cache)?;
        let common = solve_least_squares(&within.views(), &within.outcome, None)
            .ok_or(PanelError::Singular { where_: "within units" })?;
        let k = within.columns.len();
        let thin = |rows: usize| PanelError::ShortUnit { unit: self.index.unit_name.clone(), rows, least: k + 3 };
        let (mut gram, mut against) = (DMatrix::zeros(k, k), DVector::zeros(k));
        let mut units: Vec<(DMatrix<f64>, DVector<f64>, f64)> = Vec::new();
        for rows in self.index.units() {
            let t = rows.len() as f64;
            if rows.len() < k + 3 {
                return Err(thin(rows.len()).into());
            }
            let of = |column: &[f64]| rows.iter().map(|&row| column[row as usize]).collect::<Vec<f64>>();
            let columns: Vec<Vec<f64>> = within.views().into_iter().map(of).collect();
            let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let y = of(&within.outcome);
            let left = residual(&views, &y, &common.coefficients);
            let variance = dot(&left, &left) / (t - 1.0);
            let own = solve_least_squares(&views, &y, None).ok_or_else(|| thin(rows.len()))?;
            let precision = own.inverse.try_inverse().ok_or_else(|| thin(rows.len()))? / variance;
            gram += &precision;
            against += &precision * &own.coefficients;
            units.push((precision, own.coefficients, t));
        }
        let mean = gram.lu().solve(&against).ok_or(PanelError::Singular { where_: "within units" })?;
        let (mut total, mut variance, k) = (0.0, 0.0, k as f64);
        for (precision, own, t) in units {
            let gap = own - &mean;
            total += gap.dot(&(precision * &gap)) - k;
            variance += 2.0 * k * if adjusted { (t - k - 1.0) / (t + 1.0) } else { 1.0 };
        }
        Ok(normal(total / variance.sqrt(), "slopes are the same in all units (Pesaran and Yamagata)"))
    }
}

/// What the names of added powers begin with.
const POWER: &str = "fitted values to the power ";

fn with_powers(design: &DesignMatrix, fitted: &[f64]) -> DesignMatrix {
    let power = |power: i32| Variable {
        name: format!("{POWER}{power}"),
        values: Arc::new(fitted.iter().map(|value| value.powi(power)).collect()),
    };
    let regressors = design.regressors.iter().cloned().chain(POWERS.map(power)).collect();
    DesignMatrix { regressors, ..design.clone() }
}

/// Least squares apart in every unit with a constant, in the order of units.
///
/// # Errors
/// [`PanelError::ShortUnit`] if a unit has fewer than `least` rows, or regressors that cannot be told apart in it.
pub(super) fn unit_regressions(
    (design, index): (&DesignMatrix, &PanelIndex),
    least: usize,
) -> Result<Vec<UnitRegression>, PanelError> {
    let levels = Levels::of(design);
    let of_unit = |rows: &[u32]| {
        let of = |column: &[f64]| rows.iter().map(|&row| column[row as usize]).collect::<Vec<f64>>();
        let columns: Vec<Vec<f64>> = levels.columns().into_iter().map(of).collect();
        let short = || PanelError::ShortUnit { unit: index.unit_name.clone(), rows: rows.len(), least };
        if rows.len() < least {
            return Err(short());
        }
        let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let solved = solve_least_squares(&views, &of(&levels.outcome), None).ok_or_else(short)?;
        Ok(UnitRegression { columns, solved })
    };
    index.units().map(of_unit).collect()
}

/// The regression of a unit.
pub(super) struct UnitRegression {
    pub(super) columns: Vec<Vec<f64>>,
    pub(super) solved: LeastSquares,
}

impl UnitRegression {
    /// An orthonormal basis of the regressors.
    pub(super) fn basis(&self) -> DMatrix<f64> {
        let rows = self.columns.first().map_or(0, Vec::len);
        DMatrix::from_fn(rows, self.columns.len(), |i, j| self.columns[j][i]).qr().q()
    }
}
