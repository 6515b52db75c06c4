//! Fama and MacBeth (1973): the mean over periods of the coefficients of a regression in each.
//!
//! With `b_t` of period `t`, `b = Σ b_t / T` and residuals `e = y - xb`, row `i` of period `t` moves the coefficients by
//! `(X_t'X_t)^-1 x_i e_i / T`, and these add up to `(b_t - b) / T` over the rows of a period. Errors clustered by period,
//! times `T/(T-1)`, are therefore those of Fama and MacBeth, `Σ (b_t - b)(b_t - b)' / (T (T-1))`, and Driscoll and Kraay's
//! are those with autocorrelated coefficients.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::error::PanelError;
use super::levels::Levels;
use crate::design::{ClusterVariable, DesignMatrix, PanelIndex, Way};
use crate::estimate::{Convergence, Estimate, Influence, LeastSquaresSums, Spread};
use crate::linalg::{cross_products, dot, residual, squares_about, sum};

/// The mean of the coefficients of every period, with its influence.
///
/// # Errors
/// [`PanelError::ThinPeriod`] if a period has too few rows, or regressors that cannot be told apart in it.
pub(crate) fn fama_macbeth(design: &DesignMatrix, index: &PanelIndex) -> Result<Estimate, PanelError> {
    let levels = Levels::of(design);
    let views = levels.columns();
    let (k, n) = (views.len(), design.n_rows());
    let factor = index.factor(Way::Time);
    let periods = factor.n_levels as f64;
    let (starts, order) = factor.rows();
    let mut mean = DVector::zeros(k);
    let mut columns = vec![vec![0.0; n]; k];
    for (period, bounds) in starts.windows(2).enumerate() {
        let rows = &order[bounds[0]..bounds[1]];
        let x = DMatrix::from_fn(rows.len(), k, |i, j| views[j][rows[i] as usize]);
        let y = DVector::from_fn(rows.len(), |i, _| levels.outcome[rows[i] as usize]);
        let thin = || PanelError::ThinPeriod {
            time: index.periods.name.clone(),
            value: index.periods.values[period],
            rows: rows.len(),
        };
        let qr = x.clone().qr();
        let root = qr.r().clone();
        let smallest = root.diagonal().iter().fold(f64::INFINITY, |least, v| least.min(v.abs()));
        if rows.len() < k || smallest < 1e-10 * root.diagonal().amax() {
            return Err(thin());
        }
        let inverse = root.try_inverse().ok_or_else(thin)?;
        // (X'X)^-1 X' = R^-1 Q', a row per coefficient.
        let map = &inverse * qr.q().transpose();
        mean += &map * y / periods;
        for (i, &row) in rows.iter().enumerate() {
            (0..k).for_each(|j| columns[j][row as usize] = map[(j, i)] / periods);
        }
    }
    let residuals = residual(&views, &levels.outcome, &mean);
    let inverse = cross_products(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), None);
    let y = &levels.outcome;
    let outcome_mean = sum(y) / n as f64;
    let rss = dot(&residuals, &residuals);
    Ok(Estimate {
        terms: levels.regressors.iter().map(|variable| variable.name.clone()).collect(),
        coefficients: mean,
        spread: Spread::Influence(Influence {
            columns: columns.into_iter().map(Arc::new).collect(),
            residuals: residuals.into(),
            bread: DMatrix::identity(k, k),
            inverse,
        }),
        sums: LeastSquaresSums {
            residual: rss,
            residual_unweighted: rss,
            total: squares_about(y, if levels.intercept { outcome_mean } else { 0.0 }, None),
            within: None,
            weight: n as f64,
            outcome_mean,
            centred: levels.intercept,
        },
        likelihood: None,
        index: None,
        absorbed: None,
        convergence: Convergence::closed(),
        notes: levels.notes,
    })
}

/// The periods as a cluster variable.
pub(crate) fn periods_as_clusters(index: &PanelIndex) -> ClusterVariable {
    ClusterVariable {
        name: index.periods.name.clone(),
        factor: index.periods.factor.clone(),
        levels: Arc::new(index.periods.values.iter().map(f64::to_string).collect()),
    }
}
