//! Averages of regressions made apart in every unit or period: Fama-MacBeth, mean group, common correlated effects, Swamy.
//!
//! With `b_g = A_g y_g` the coefficients of group `g` of `G`, every estimator here is `b = Σ W_g b_g`, `Σ W_g = I`:
//!
//! | method | groups | besides the regressors | `W_g` |
//! |---|---|---|---|
//! | Fama and MacBeth (1973) | periods | | `I/G` |
//! | mean group (Pesaran and Smith 1995) | units | | `I/G` |
//! | CCE mean group (Pesaran 2006, eq. 53) | units | means over units in every period of outcome and regressors | `I/G` |
//! | CCE pooled (Pesaran 2006, eq. 65) | units | the same | `(Σ X_h'M_h X_h)^-1 X_g'M_g X_g` |
//! | Swamy (1970, eq. 3.7) | units | | `V (Δ + s_g² (X_g'X_g)^-1)^-1`, `V` the inverse of the sum of the last |
//!
//! As `A_g X_g = I` and `A_g` takes the other columns out, row `i` of group `g` moves the coefficients by
//! `W_g A_g e_i` with residuals `e = y - Xb`, and these add up to `W_g (b_g - b)`: the columns of the influence are the
//! rows of `W_g A_g`. Errors clustered by group, times `G/(G-1)`, are therefore `Σ (b_g - b)(b_g - b)' / (G (G-1))` where
//! the weights are equal. Of CCE pooled the deviations are from the mean group (Pesaran 2006, eq. 69):
//! `G/(G-1) Σ W_g (b_g - b_MG)(b_g - b_MG)' W_g'`.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::error::PanelError;
use super::levels::Levels;
use super::means::averaged;
use super::method::GroupMethod;
use crate::design::{ClusterVariable, DesignMatrix, FirstRow, PanelIndex, Variable, Way};
use crate::estimate::{Convergence, Estimate, Influence, LeastSquaresSums, Spread};
use crate::linalg::{cross_products, dot, residual, squares_about, sum};

/// Smallest diagonal of `R`, of columns of length one, at which the regressors of a group are told apart.
const DEPENDENT: f64 = 1e-10;

/// The regression of a group.
struct GroupFit<'a> {
    rows: &'a [u32],
    /// `A_g`: a row per coefficient, a column per row of the group.
    map: DMatrix<f64>,
    coefficients: DVector<f64>,
    /// `(X_g'M_g X_g)^-1`.
    inverse: DMatrix<f64>,
    /// `s_g²`, with the degrees of freedom of the regression; not finite if there is none.
    variance: f64,
}

/// Coefficients with their influence, and their covariance where errors clustered by group are not the method's own.
pub(crate) struct Grouped {
    pub(crate) estimate: Estimate,
    pub(crate) covariance: Option<DMatrix<f64>>,
}

/// Estimates a model group by group.
///
/// # Errors
/// [`PanelError::ThinGroup`] if a group has too few rows, or regressors that cannot be told apart in it;
/// [`PanelError::Singular`] if the groups' weights cannot be formed.
pub(crate) fn grouped(design: &DesignMatrix, index: &PanelIndex, method: GroupMethod) -> Result<Grouped, PanelError> {
    let mut levels = Levels::of(design);
    let nuisance = if method.has_common_factors() { common_factors(&mut levels, index) } else { Vec::new() };
    let (starts, order) = index.factor(method.way()).rows();
    let groups: Vec<GroupFit<'_>> = starts
        .windows(2)
        .map(|bounds| {
            let rows = &order[bounds[0]..bounds[1]];
            let thin = || PanelError::ThinGroup {
                method: method.name(),
                of: index.name(method.way()).to_string(),
                rows: rows.len(),
                first: FirstRow::at(rows.first().map_or(0, |&row| design.sample.rows[row as usize] as usize)),
            };
            regression(&levels, &nuisance, rows).filter(|fit| method.is_enough(fit)).ok_or_else(thin)
        })
        .collect::<Result<_, _>>()?;
    let (weights, covariance) = weighted(&groups, method)?;
    Ok(Grouped { estimate: combined(levels, &groups, &weights), covariance })
}

impl GroupMethod {
    fn has_common_factors(self) -> bool {
        matches!(self, GroupMethod::CceMeanGroup | GroupMethod::CcePooled)
    }

    /// Whether a regression has what the weights need of it.
    fn is_enough(self, fit: &GroupFit<'_>) -> bool {
        self != GroupMethod::Swamy || fit.variance.is_finite()
    }
}

/// Means over units in every period of outcome and regressors, and the constant, which leaves the regressors.
fn common_factors(levels: &mut Levels, index: &PanelIndex) -> Vec<Vec<f64>> {
    let time = index.factor(Way::Time);
    let constant = levels.intercept.then(|| levels.regressors.remove(0));
    levels.intercept = false;
    let columns = std::iter::once(&levels.outcome).chain(levels.regressors.iter().map(|variable| &variable.values));
    let means = columns.map(|column| averaged(column, time));
    constant.into_iter().map(|Variable { values, .. }| values.to_vec()).chain(means).collect()
}

/// Least squares of a group's rows on the regressors and the nuisance columns; `None` if they do not identify it.
fn regression<'a>(levels: &Levels, nuisance: &[Vec<f64>], rows: &'a [u32]) -> Option<GroupFit<'a>> {
    let columns: Vec<&[f64]> = levels.columns().into_iter().chain(nuisance.iter().map(Vec::as_slice)).collect();
    let (n, k, all) = (rows.len(), levels.regressors.len(), columns.len());
    let mut x = DMatrix::from_fn(n, all, |i, j| columns[j][rows[i] as usize]);
    let y = DVector::from_fn(n, |i, _| levels.outcome[rows[i] as usize]);
    let scale: Vec<f64> = x.column_iter().map(|column| column.norm()).collect();
    if n < all || scale.contains(&0.0) {
        return None;
    }
    x.column_iter_mut().zip(&scale).for_each(|(mut column, scale)| column /= *scale);
    let qr = x.qr();
    let root = qr.r();
    if root.diagonal().iter().any(|pivot| pivot.abs() < DEPENDENT) {
        return None;
    }
    // (X'X)^-1 X' = R^-1 Q', a row per coefficient.
    let mut root = root.try_inverse()?;
    root.row_iter_mut().zip(&scale).for_each(|(mut row, scale)| row /= *scale);
    let q = qr.q();
    let left = &y - &q * (q.transpose() * &y);
    let root = root.rows(0, k).into_owned();
    let map = &root * q.transpose();
    let variance = if n > all { left.norm_squared() / (n - all) as f64 } else { f64::NAN };
    Some(GroupFit { rows, coefficients: &map * y, inverse: &root * root.transpose(), map, variance })
}

/// `W_g`, and the covariance where the method has its own.
type Weighted = (Vec<DMatrix<f64>>, Option<DMatrix<f64>>);

/// The weights of a method.
fn weighted(groups: &[GroupFit<'_>], method: GroupMethod) -> Result<Weighted, PanelError> {
    let g = groups.len() as f64;
    let k = groups.first().map_or(0, |fit| fit.coefficients.len());
    match method {
        GroupMethod::FamaMacBeth | GroupMethod::MeanGroup | GroupMethod::CceMeanGroup => {
            Ok((vec![DMatrix::identity(k, k) / g; groups.len()], None))
        }
        GroupMethod::CcePooled => {
            let precisions: Vec<DMatrix<f64>> = groups.iter().map(|fit| fit.inverse.clone()).collect();
            let (weights, _) = by_precision(precisions)?;
            let apart = deviations(groups);
            let mut meat = DMatrix::zeros(k, k);
            for (weight, apart) in weights.iter().zip(apart.column_iter()) {
                let moved = weight * apart;
                meat += &moved * moved.transpose();
            }
            Ok((weights, Some(meat * (g / (g - 1.0)))))
        }
        GroupMethod::Swamy => {
            let between = between_groups(groups);
            let variances = groups.iter().map(|fit| &between + &fit.inverse * fit.variance).collect();
            by_precision(variances).map(|(weights, v)| (weights, Some(v)))
        }
    }
}

/// `(Σ V_h^-1)^-1 V_g^-1` of every group, and the first factor.
fn by_precision(variances: Vec<DMatrix<f64>>) -> Result<(Vec<DMatrix<f64>>, DMatrix<f64>), PanelError> {
    let singular = || PanelError::Singular { where_: "within every group" };
    let invert = |v: DMatrix<f64>| v.cholesky().map(|factor| factor.inverse()).ok_or_else(singular);
    let precisions = variances.into_iter().map(invert).collect::<Result<Vec<_>, _>>()?;
    let k = precisions.first().map_or(0, DMatrix::nrows);
    let total = invert(precisions.iter().fold(DMatrix::zeros(k, k), |total, precision| total + precision))?;
    Ok((precisions.iter().map(|precision| &total * precision).collect(), total))
}

/// `b_g - Σ b_h / G`, a column for each group.
fn deviations(groups: &[GroupFit<'_>]) -> DMatrix<f64> {
    let columns: Vec<DVector<f64>> = groups.iter().map(|fit| fit.coefficients.clone()).collect();
    let mut all = DMatrix::from_columns(&columns);
    let mean = all.column_mean();
    all.column_iter_mut().for_each(|mut column| column -= &mean);
    all
}

/// `Δ`: the variance of the coefficients between groups less what their errors add, or with it where the difference is
/// not positive semi-definite (Swamy 1970, eq. 4.8 and 5.7).
fn between_groups(groups: &[GroupFit<'_>]) -> DMatrix<f64> {
    let apart = deviations(groups);
    let g = groups.len() as f64;
    let spread = &apart * apart.transpose() / (g - 1.0);
    let errors = groups
        .iter()
        .fold(DMatrix::zeros(spread.nrows(), spread.ncols()), |total, fit| total + &fit.inverse * (fit.variance / g));
    let net = &spread - errors;
    if net.symmetric_eigenvalues().iter().all(|&value| value >= 0.0) { net } else { spread }
}

/// `Σ W_g b_g` with its influence.
fn combined(levels: Levels, groups: &[GroupFit<'_>], weights: &[DMatrix<f64>]) -> Estimate {
    let views = levels.columns();
    let (k, n) = (views.len(), levels.outcome.len());
    let mut coefficients = DVector::zeros(k);
    let mut columns = vec![vec![0.0; n]; k];
    for (fit, weight) in groups.iter().zip(weights) {
        coefficients += weight * &fit.coefficients;
        let map = weight * &fit.map;
        for (i, &row) in fit.rows.iter().enumerate() {
            (0..k).for_each(|j| columns[j][row as usize] = map[(j, i)]);
        }
    }
    let residuals = residual(&views, &levels.outcome, &coefficients);
    let inverse = cross_products(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), None);
    let y = &levels.outcome;
    let outcome_mean = sum(y) / n as f64;
    let rss = dot(&residuals, &residuals);
    Estimate {
        terms: levels.regressors.iter().map(|variable| variable.name.clone()).collect(),
        coefficients,
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
    }
}

/// The groups as a cluster variable; those of units, whose names are not known here, without levels.
pub(crate) fn as_clusters(index: &PanelIndex, way: Way) -> ClusterVariable {
    let levels = match way {
        Way::Unit => Vec::new(),
        Way::Time => index.periods.values.iter().map(f64::to_string).collect(),
    };
    ClusterVariable { name: index.name(way).to_string(), factor: index.factor(way).clone(), levels: Arc::new(levels) }
}
