//! The wild restricted efficient bootstrap of Davidson and MacKinnon (2010), clustered: two-stage least squares with one
//! endogenous regressor `d`, exogenous `Z` and instruments.
//!
//! Net of `Z` and absorbed effects (`M`), with `Q` an orthonormal basis of the instruments so made, a draw under `b = r` is
//!
//! `Q'd* = π + Σ_g v_g Q_g'ũ2`, `Q'(y* - r d*) = Σ_g v_g Q_g'ũ1`, `ũ1 = M(y - r d)`, `ũ2 = Md - Qπ`,
//!
//! `π` the coefficients on `Q` of a regression of `Md` on `Q` and `ũ1` (the efficient estimate of the reduced form, their
//! equation 10). Then `b* - r = δ'ε/δ'δ` with `δ = Q'd*`, `ε = Q'(y* - r d*)`, and the score of a group `h` of errors is
//! `Σ_l δ_l Q_lh'M(v∘ũ1 - (b* - r)(Qπ + v∘ũ2))`: the linear maps of `bilinear` with a column of `Q` in the place of the
//! direction (Roodman, MacKinnon, Nielsen and Webb 2019, section 5.3). Without the null imposed `r` is the estimate.
//!
//! In contrast to least squares a draw depends on `r` in more than a line, so every value of a confidence set costs a pass
//! over the draws. Coefficients of exogenous regressors, several endogenous ones, LIML and GMM are not here.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::bilinear::{Map, effective, is_dense};
use super::confidence::invert;
use super::draws::Draws;
use super::effects::EffectShift;
use super::error::ResampleError;
use super::groups::Groups;
use super::record::WildTest;
use super::rows::{ErrorSet, Fitted, Rows, reaching};
use super::sums::DrawSums;
use super::variant::Variant;
use super::wild::{Hypothesis, Sample, WildBootstrap, contrast};
use crate::estimate::instruments::{InstrumentedColumns, Partialled};

/// Relative distance at which two estimates are not the same.
const SAME: f64 = 1e-6;

/// Columns `y`, `d` and those of `Q`, net of exogenous regressors and effects, in this order.
struct Base {
    /// Exogenous columns x groups of draws, of each column.
    scores: Vec<DMatrix<f64>>,
    /// `Q'` of each column: instruments x groups of draws.
    on_basis: Vec<DMatrix<f64>>,
    sets: Vec<BaseSet>,
    /// `Q'Md` and `Q'My`.
    projected: [DVector<f64>; 2],
    /// Cross products of `Md` and `My`.
    total: DMatrix<f64>,
    effective: f64,
}

/// One term of the variance.
struct BaseSet {
    factor: f64,
    n_groups: usize,
    /// By column of `Q`, then by column.
    maps: Vec<Vec<Map>>,
    /// `Q_lh'Q_mh` by `l`: groups x instruments.
    products: Vec<DMatrix<f64>>,
    /// `Q_lh'y` and `Q_lh'd` by `l`: groups x 2.
    own: Vec<DMatrix<f64>>,
}

/// The maps of one hypothesised value.
struct Restricted {
    /// `π`.
    reduced_form: DVector<f64>,
    /// `Q_g'ũ1` and `Q_g'ũ2`: instruments x groups of draws.
    on_basis: [DMatrix<f64>; 2],
    /// Exogenous columns x groups of draws, of both residuals.
    scores: [DMatrix<f64>; 2],
    sets: Vec<RestrictedSet>,
}

struct RestrictedSet {
    factor: f64,
    n_groups: usize,
    /// By column of `Q`: the maps of both residuals.
    maps: Vec<[Map; 2]>,
    /// `Q_lh'Qπ` by `l`.
    fitted: Vec<DVector<f64>>,
}

/// Tests values of the coefficient of the endogenous regressor.
///
/// # Errors
/// A model or a hypothesis that the bootstrap is not defined for.
pub(super) fn test(
    bootstrap: &WildBootstrap,
    fitted: &Fitted<'_>,
    hypotheses: &[Hypothesis],
    (drawn, draws): (&Groups, &Draws),
) -> Result<Vec<WildTest>, ResampleError> {
    if bootstrap.variant != Variant::Classic {
        return Err(ResampleError::InstrumentedVariant { variant: bootstrap.variant.name() });
    }
    let endogenous: Vec<String> = fitted.design.endogenous.iter().map(|variable| variable.name.clone()).collect();
    let [regressor] = endogenous.as_slice() else {
        return Err(ResampleError::SeveralEndogenous { endogenous });
    };
    let base = Base::of(bootstrap, fitted, drawn)?;
    let estimate = base.estimate();
    let position = fitted.term(regressor)?;
    if (estimate - fitted.estimate.coefficients[position]).abs() > SAME * estimate.abs().max(1e-300) {
        return Err(ResampleError::NotTwoStage);
    }
    let std_error = base.std_error(estimate);
    let at = |value: f64| base.restricted(if bootstrap.null_imposed { value } else { estimate });
    let unrestricted = (!bootstrap.null_imposed).then(|| at(estimate).statistics(draws));
    let counts = |tau: f64| match &unrestricted {
        Some(sums) => sums.counts(0.0, -tau),
        None => at(estimate + tau * std_error).statistics(draws).counts(0.0, -tau),
    };
    hypotheses
        .iter()
        .map(|hypothesis| {
            let contrast = contrast(fitted, hypothesis)?;
            if contrast.iter().enumerate().any(|(j, &a)| (a == 1.0) != (j == position) || (a != 0.0 && a != 1.0)) {
                let regressor = regressor.clone();
                return Err(ResampleError::NotEndogenous { term: hypothesis.name.clone(), regressor });
            }
            let tau = (hypothesis.value - estimate) / std_error;
            let p_value = |tau| bootstrap.p_of(counts(tau), draws.n());
            let set = bootstrap.level.map(|level| invert(p_value, (estimate, std_error), level));
            let sample = Sample { estimate, std_error, effective: base.effective };
            Ok(bootstrap.summary(hypothesis, sample, (counts(tau), draws.n()), set))
        })
        .collect()
}

impl Base {
    fn of(bootstrap: &WildBootstrap, fitted: &Fitted<'_>, drawn: &Groups) -> Result<Base, ResampleError> {
        let weights = fitted.design.weight_values();
        let columns = InstrumentedColumns::of(fitted.design, fitted.cache)?;
        let parts = Partialled::of(&columns, weights)?;
        let (exogenous, inverse) = exogenous(fitted, &columns, &parts);
        let rows = Rows::plain(&exogenous, &parts.outcome, weights, &inverse);
        let sets = fitted.error_sets(&bootstrap.clusters, drawn)?;
        let all: Vec<&[f64]> =
            [&parts.outcome, &parts.endogenous[0]].into_iter().chain(&parts.basis).map(Vec::as_slice).collect();
        let weighted: Vec<Vec<f64>> = all.iter().map(|u| rows.weighted(u)).collect();
        let basis = &weighted[2..];
        let scores: Vec<DMatrix<f64>> = weighted.iter().map(|u| rows.scores(u, drawn)).collect();
        let on_basis = all
            .iter()
            .map(|u| {
                let sums: Vec<Vec<f64>> = basis.iter().map(|q| drawn.sums(q, u)).collect();
                DMatrix::from_fn(basis.len(), drawn.n, |l, g| sums[l][g])
            })
            .collect();
        let fitted_d: Vec<f64> = (0..rows.n())
            .map(|i| parts.basis.iter().zip(parts.projected.column(0).iter()).map(|(q, p)| q[i] * p).sum())
            .collect();
        let shares = sets.first().map(|set| set.groups.sums(&rows.weighted(&fitted_d), &fitted_d));
        let sets =
            sets.iter().map(|set| BaseSet::of(fitted, (&rows, set), drawn, (&all, basis))).collect::<Result<_, _>>()?;
        Ok(Base {
            scores,
            on_basis,
            sets,
            projected: [parts.projected.column(0).into_owned(), parts.projected.column(1).into_owned()],
            total: parts.total,
            effective: shares.map_or(f64::NAN, |shares| effective(&shares)),
        })
    }

    /// Two-stage least squares.
    fn estimate(&self) -> f64 {
        let [d, y] = &self.projected;
        d.dot(y) / d.dot(d)
    }

    fn std_error(&self, estimate: f64) -> f64 {
        let d = &self.projected[0];
        let mut sum = 0.0;
        for set in &self.sets {
            let mut scores = DVector::zeros(set.n_groups);
            for (own, &weight) in set.own.iter().zip(d.iter()) {
                scores += (own.column(0) - own.column(1) * estimate) * weight;
            }
            sum += set.factor * scores.norm_squared();
        }
        sum.max(0.0).sqrt() / d.dot(d)
    }

    /// The maps under `b = r`.
    fn restricted(&self, r: f64) -> Restricted {
        let [d, y] = &self.projected;
        let a = y - d * r;
        let (dd, dy, yy) = (self.total[(0, 0)], self.total[(0, 1)], self.total[(1, 1)]);
        let outside = yy - 2.0 * r * dy + r * r * dd - a.norm_squared();
        let along = dy - r * dd - a.dot(d);
        let slope = if outside > 0.0 { along / outside } else { 0.0 };
        let reduced_form = d - a * slope;
        let first: Vec<f64> = [1.0, -r].into_iter().chain(reduced_form.iter().map(|_| 0.0)).collect();
        let second: Vec<f64> = [0.0, 1.0].into_iter().chain(reduced_form.iter().map(|p| -p)).collect();
        let both = |matrices: &[DMatrix<f64>]| [combine(matrices, &first), combine(matrices, &second)];
        let set = |set: &BaseSet| RestrictedSet {
            factor: set.factor,
            n_groups: set.n_groups,
            maps: set.maps.iter().map(|maps| [Map::combine(maps, &first), Map::combine(maps, &second)]).collect(),
            fitted: set.products.iter().map(|products| products * &reduced_form).collect(),
        };
        Restricted {
            on_basis: both(&self.on_basis),
            scores: both(&self.scores),
            sets: self.sets.iter().map(set).collect(),
            reduced_form,
        }
    }
}

/// The exogenous columns with the constant, and `(Z'WZ)^-1`.
fn exogenous(
    fitted: &Fitted<'_>,
    columns: &InstrumentedColumns,
    parts: &Partialled,
) -> (Vec<Arc<Vec<f64>>>, DMatrix<f64>) {
    let own = columns.exogenous.iter().map(|column| Arc::clone(&column.values));
    if !fitted.design.intercept {
        return (own.collect(), parts.exogenous_inverse.clone());
    }
    // The columns are centred: the constant is orthogonal to them.
    let k = columns.exogenous.len();
    let mut inverse = DMatrix::zeros(k + 1, k + 1);
    inverse[(0, 0)] = 1.0 / fitted.estimate.sums.weight;
    inverse.view_mut((1, 1), (k, k)).copy_from(&parts.exogenous_inverse);
    let ones = Arc::new(vec![1.0; fitted.design.n_rows()]);
    (std::iter::once(ones).chain(own).collect(), inverse)
}

impl BaseSet {
    fn of(
        fitted: &Fitted<'_>,
        (rows, set): (&Rows<'_>, &ErrorSet),
        drawn: &Groups,
        (all, basis): (&[&[f64]], &[Vec<f64>]),
    ) -> Result<BaseSet, ResampleError> {
        let effects = reaching(fitted.design, drawn);
        let dense = is_dense(set.groups.n, drawn.n, rows.columns.len());
        let scores: Vec<DMatrix<f64>> = all.iter().map(|u| rows.scores(&rows.weighted(u), drawn)).collect();
        let mut maps = Vec::new();
        for q in basis {
            let loadings = rows.scores(q, &set.groups).transpose() * &rows.inverse;
            let mut of_q = Vec::new();
            for (u, scores) in all.iter().zip(&scores) {
                let sums = set.cells.sums(q, u);
                let cells = set.homes.iter().zip(sums).map(|(&(h, g), sum)| (h, g, sum)).collect();
                let effect = effects
                    .as_ref()
                    .map(|effects| EffectShift::of((effects, fitted.cache), (rows, set), drawn, (u, q)))
                    .transpose()?;
                let map = Map::Factored { cells, loadings: loadings.clone(), effect };
                of_q.push(if dense { map.multiplied(scores, set.groups.n) } else { map });
            }
            maps.push(of_q);
        }
        let sums = |q: &[f64], columns: &[&[f64]]| {
            let sums: Vec<Vec<f64>> = columns.iter().map(|u| set.groups.sums(q, u)).collect();
            DMatrix::from_fn(set.groups.n, sums.len(), |h, j| sums[j][h])
        };
        Ok(BaseSet {
            factor: set.factor,
            n_groups: set.groups.n,
            maps,
            products: basis.iter().map(|q| sums(q, &all[2..])).collect(),
            own: basis.iter().map(|q| sums(q, &all[..2])).collect(),
        })
    }
}

fn combine(matrices: &[DMatrix<f64>], coefficients: &[f64]) -> DMatrix<f64> {
    let (rows, columns) = matrices.first().map_or((0, 0), |matrix| matrix.shape());
    let mut out = DMatrix::zeros(rows, columns);
    for (matrix, &c) in matrices.iter().zip(coefficients).filter(|(_, c)| **c != 0.0) {
        out.zip_apply(matrix, |out, value| *out += c * value);
    }
    out
}

impl Restricted {
    /// The statistics of all draws.
    fn statistics(&self, draws: &Draws) -> DrawSums {
        let blocks: Vec<(Vec<f64>, Vec<f64>)> =
            (0..draws.n_blocks()).into_par_iter().map(|block| self.block(&draws.block(block))).collect();
        let (mut numerators, mut variances) = (Vec::new(), Vec::new());
        for (mut n, mut q) in blocks {
            numerators.append(&mut n);
            variances.append(&mut q);
        }
        DrawSums::of(numerators, variances)
    }

    /// `δ'ε` and the sum of squares that studentises it, of each draw.
    fn block(&self, v: &DMatrix<f64>) -> (Vec<f64>, Vec<f64>) {
        let errors = &self.on_basis[0] * v;
        let mut first_stage = &self.on_basis[1] * v;
        first_stage.column_iter_mut().for_each(|mut column| column += &self.reduced_form);
        let scores = [&self.scores[0] * v, &self.scores[1] * v];
        let numerators: Vec<f64> = (0..v.ncols()).map(|j| first_stage.column(j).dot(&errors.column(j))).collect();
        let lengths: Vec<f64> = first_stage.column_iter().map(|column| column.norm_squared()).collect();
        let mut variances = vec![0.0; v.ncols()];
        for set in &self.sets {
            let mut sums = DMatrix::zeros(set.n_groups, v.ncols());
            let (mut of_errors, mut of_first) = (sums.clone(), sums.clone());
            for (l, (maps, fitted)) in set.maps.iter().zip(&set.fitted).enumerate() {
                maps[0].apply(v, &scores[0], &mut of_errors);
                maps[1].apply(v, &scores[1], &mut of_first);
                for j in 0..v.ncols() {
                    let (weight, gap) = (first_stage[(l, j)], numerators[j] / lengths[j]);
                    for h in 0..set.n_groups {
                        sums[(h, j)] += weight * (of_errors[(h, j)] - gap * (fitted[h] + of_first[(h, j)]));
                    }
                }
            }
            variances.iter_mut().zip(sums.column_iter()).for_each(|(q, sums)| *q += set.factor * sums.norm_squared());
        }
        (numerators, variances)
    }
}
