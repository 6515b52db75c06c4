//! Variance components of random effects.
//!
//! Every method sets quadratic forms of residuals equal to their expectations, which are linear in the components
//! `(σ²_ν, σ²_α, σ²_λ)` of rows, units and periods. With `Z = [1, X]`, `D_j` the dummies of way `j`, `P_j` the projection
//! on its means, `W` that on what all effects leave, `n` rows, `N_j` levels and `L` parameters of the effects:
//!
//! | method | form | E/σ²_ν | E/σ²_j | E/σ²_k |
//! |---|---|---|---|---|
//! | all but Wallace-Hussain | `RSS` within | `n - L - K_w` | 0 | 0 |
//! | Swamy-Arora | `RSS` of `P_j y` on `P_j Z` | `N_j - K_b` | `n - tr(B_j⁻ Z'D_j D_j'Z)` | `N_j - tr(B_j⁻ Z'P_j D_k D_k'P_j Z)` |
//! | Wallace-Hussain, rows | `e'We`, pooled `e` | `n - L - tr(A Z'WZ)` | `tr(A Z'WZ A Z'D_j D_j'Z)` | alike |
//! | Wallace-Hussain, ways | `e'P_j e` | `N_j - tr(A B_j)` | `n - 2 tr(A S_j) + tr(A B_j A S_j)` | `N_j - 2 tr(A Z'P_j D_k D_k'Z) + tr(A B_j A S_k)` |
//! | Amemiya, ways | `e'P_j e`, `e = y - Xb_w` about its mean | `N_j - 1 + tr((X'WX)⁻ X'P_j X)` | `n - Σ n_j²/n` | `N_j - Σ n_k²/n` |
//!
//! with `B_j = Z'P_j Z`, `S_j = Z'D_j D_j'Z`, `A = (Z'Z)^-1` (Baltagi and Chang 1994; Davis 2002). In balanced panels
//! Wallace and Hussain's and Amemiya's expectations are those of their papers, without terms of the regressors, as in plm.

use nalgebra::{DMatrix, DVector};

use super::error::PanelError;
use super::levels::{Levels, Within, effects_of};
use super::means::{averaged, means, sums};
use super::method::{ComponentsMethod, PanelEffect};
use crate::absorb::{AbsorberCache, FixedEffects};
use crate::design::{DesignMatrix, PanelIndex, Way};
use crate::linalg::{Pivots, cross_products, dot, pair_products, residual, solve_least_squares, sum};

/// What rows, units and periods add to the variance of the errors.
#[derive(Clone, Debug, PartialEq)]
pub struct VarianceComponents {
    /// Of rows.
    pub idiosyncratic: f64,
    /// Of units.
    pub unit: Option<f64>,
    /// Of periods.
    pub time: Option<f64>,
    /// Negative estimates, which were set to zero: the way and the estimate.
    pub negative: Vec<(Way, f64)>,
}

impl VarianceComponents {
    /// The component of a way.
    pub fn of(&self, way: Way) -> Option<f64> {
        match way {
            Way::Unit => self.unit,
            Way::Time => self.time,
        }
    }
}

/// A panel model whose components are estimated.
pub(crate) struct Inputs<'a> {
    pub(crate) design: &'a DesignMatrix,
    pub(crate) index: &'a PanelIndex,
    pub(crate) levels: &'a Levels,
    pub(crate) effect: PanelEffect,
}

/// Estimates the components.
///
/// # Errors
/// [`PanelError::NoVariance`] where a regression has no degree of freedom left, and those of the methods.
pub(crate) fn estimate(
    inputs: &Inputs<'_>,
    method: ComponentsMethod,
    cache: &AbsorberCache,
) -> Result<VarianceComponents, PanelError> {
    let within = inputs.levels.within((inputs.design, inputs.index), inputs.effect, cache)?;
    let work = Work::of(inputs, within)?;
    match method {
        ComponentsMethod::Nerlove => work.nerlove(),
        ComponentsMethod::Harmonic => work.harmonic(),
        ComponentsMethod::SwamyArora | ComponentsMethod::WallaceHussain | ComponentsMethod::Amemiya => {
            work.solved(method)
        }
    }
}

/// `tr(AB)`.
fn trace(a: &DMatrix<f64>, b: &DMatrix<f64>) -> f64 {
    (0..a.nrows()).map(|i| (0..a.ncols()).map(|j| a[(i, j)] * b[(j, i)]).sum::<f64>()).sum()
}

/// `A'B` of columns.
fn products(a: &[Vec<f64>], b: &[Vec<f64>]) -> DMatrix<f64> {
    let views: Vec<&[f64]> = a.iter().chain(b).map(Vec::as_slice).collect();
    let pairs: Vec<(usize, usize)> = (0..b.len()).flat_map(|j| (0..a.len()).map(move |i| (i, a.len() + j))).collect();
    DMatrix::from_vec(a.len(), b.len(), pair_products(&views, &pairs, None))
}

/// A quadratic form and its expectation per unit of each component.
struct Moment {
    value: f64,
    expectation: Vec<f64>,
}

/// The within regression and what follows from it.
struct Work<'a> {
    inputs: &'a Inputs<'a>,
    within: Within,
    /// Coefficients of the within regression, `(X'WX)^-1` and its residual sum of squares.
    slopes: DVector<f64>,
    inverse: DMatrix<f64>,
    rss: f64,
    /// Rows less parameters of the effects.
    spare: f64,
}

impl<'a> Work<'a> {
    fn of(inputs: &'a Inputs<'a>, within: Within) -> Result<Work<'a>, PanelError> {
        let solved = solve_least_squares(&within.views(), &within.outcome, None)
            .ok_or(PanelError::Singular { where_: "within units" })?;
        let ways = inputs.effect.ways();
        let parameters = ways.iter().map(|way| inputs.index.n(*way)).sum::<usize>() + 1 - ways.len();
        let spare = inputs.index.n_rows() as f64 - parameters as f64;
        if spare - within.kept.len() as f64 <= 0.0 {
            return Err(PanelError::NoVariance {
                what: "idiosyncratic".into(),
                rows: inputs.index.n_rows(),
                of: "rows".into(),
                parameters: parameters + within.kept.len(),
            });
        }
        let rss = dot(&solved.residuals, &solved.residuals);
        Ok(Work { inputs, within, slopes: solved.coefficients, inverse: solved.inverse, rss, spare })
    }

    fn n(&self) -> f64 {
        self.inputs.index.n_rows() as f64
    }

    fn ways(&self) -> &'static [Way] {
        self.inputs.effect.ways()
    }

    /// The outcome less the within coefficients times the regressors, about its mean.
    fn around_within(&self) -> Vec<f64> {
        let slopes = &self.inputs.levels.regressors[usize::from(self.inputs.levels.intercept)..];
        let columns: Vec<&[f64]> = self.within.kept.iter().map(|&at| slopes[at].values.as_slice()).collect();
        let mut out = residual(&columns, &self.inputs.levels.outcome, &self.slopes);
        let mean = sum(&out) / out.len() as f64;
        out.iter_mut().for_each(|value| *value -= mean);
        out
    }

    fn no_variance(&self, way: Way, parameters: usize) -> PanelError {
        let name = self.inputs.index.name(way);
        PanelError::NoVariance {
            what: name.to_string(),
            rows: self.inputs.index.n(way),
            of: format!("levels of {name}"),
            parameters,
        }
    }

    /// `e'P_j e`.
    fn between_squares(&self, residuals: &[f64], way: Way) -> f64 {
        let averaged = averaged(residuals, self.inputs.index.factor(way));
        dot(&averaged, &averaged)
    }

    /// Solves moments for the components; negative ones become zero.
    fn solved(&self, method: ComponentsMethod) -> Result<VarianceComponents, PanelError> {
        let moments = match method {
            ComponentsMethod::WallaceHussain => self.wallace_hussain()?,
            ComponentsMethod::Amemiya => self.amemiya()?,
            _ => self.swamy_arora()?,
        };
        let k = moments.len();
        let matrix = DMatrix::from_fn(k, k, |i, j| moments[i].expectation[j]);
        let values = DVector::from_iterator(k, moments.iter().map(|moment| moment.value));
        let found = matrix.lu().solve(&values).ok_or(PanelError::Singular { where_: "between units" })?;
        Ok(self.named(found.as_slice()))
    }

    fn named(&self, values: &[f64]) -> VarianceComponents {
        let mut out =
            VarianceComponents { idiosyncratic: values[0].max(0.0), unit: None, time: None, negative: Vec::new() };
        for (&way, &value) in self.ways().iter().zip(&values[1..]) {
            if value < 0.0 {
                out.negative.push((way, value));
            }
            match way {
                Way::Unit => out.unit = Some(value.max(0.0)),
                Way::Time => out.time = Some(value.max(0.0)),
            }
        }
        out
    }

    /// The within sum of squares, which has the idiosyncratic component alone.
    fn within_moment(&self, parameters: f64) -> Moment {
        let mut expectation = vec![0.0; 1 + self.ways().len()];
        expectation[0] = self.spare - parameters;
        Moment { value: self.rss, expectation }
    }

    fn swamy_arora(&self) -> Result<Vec<Moment>, PanelError> {
        let (index, levels) = (self.inputs.index, self.inputs.levels);
        let mut out = vec![self.within_moment(self.within.kept.len() as f64)];
        for &way in self.ways() {
            let factor = index.factor(way);
            let mut means: Vec<Vec<f64>> = levels.columns().iter().map(|column| averaged(column, factor)).collect();
            let gram = cross_products(&means.iter().map(Vec::as_slice).collect::<Vec<_>>(), None);
            let kept = Pivots::choose(&gram, crate::estimate::working::COLLINEAR).kept;
            means = kept.iter().map(|&at| std::mem::take(&mut means[at])).collect();
            let views: Vec<&[f64]> = means.iter().map(Vec::as_slice).collect();
            if index.n(way) <= kept.len() {
                return Err(self.no_variance(way, kept.len()));
            }
            let solved = solve_least_squares(&views, &averaged(&levels.outcome, factor), None)
                .ok_or(PanelError::Singular { where_: "between units" })?;
            let mut expectation = vec![index.n(way) as f64 - kept.len() as f64];
            for &other in self.ways() {
                let sums_of = |column: &Vec<f64>| sums(column, index.factor(other));
                let summed: Vec<Vec<f64>> = means.iter().map(sums_of).collect();
                let total = if other == way { self.n() } else { index.n(way) as f64 };
                expectation.push(total - trace(&solved.inverse, &products(&summed, &summed)));
            }
            out.push(Moment { value: dot(&solved.residuals, &solved.residuals), expectation });
        }
        Ok(out)
    }

    fn wallace_hussain(&self) -> Result<Vec<Moment>, PanelError> {
        let (index, levels) = (self.inputs.index, self.inputs.levels);
        let views = levels.columns();
        let pooled = solve_least_squares(&views, &levels.outcome, None)
            .ok_or(PanelError::Singular { where_: "in the pooled sample" })?;
        let e = &pooled.residuals;
        let k = views.len();
        let a = &pooled.inverse;
        let summed =
            |way: Way| -> Vec<Vec<f64>> { views.iter().map(|column| sums(column, index.factor(way))).collect() };
        let s: Vec<DMatrix<f64>> = self.ways().iter().map(|&way| products(&summed(way), &summed(way))).collect();
        let within_squares = self.within_squares(&pooled.coefficients);
        if index.is_balanced() {
            let mut rows = self.within_moment(0.0);
            rows.value = within_squares;
            let ways = self.ways().iter().map(|&way| self.balanced(e, way));
            return Ok(std::iter::once(rows).chain(ways).collect());
        }
        // The constant is zero within.
        let slopes = usize::from(levels.intercept);
        let w = cross_products(&self.within.views(), None);
        let mut zwz = DMatrix::zeros(k, k);
        for (i, &row) in self.within.kept.iter().enumerate() {
            for (j, &column) in self.within.kept.iter().enumerate() {
                zwz[(row + slopes, column + slopes)] = w[(i, j)];
            }
        }
        let awz = a * &zwz;
        let mut expectation = vec![self.spare - awz.trace()];
        expectation.extend(s.iter().map(|s| trace(&(&awz * a), s)));
        let mut out = vec![Moment { value: within_squares, expectation }];
        for &way in self.ways() {
            let means: Vec<Vec<f64>> = views.iter().map(|column| averaged(column, index.factor(way))).collect();
            let ab = a * products(&means, &means);
            let mut expectation = vec![index.n(way) as f64 - ab.trace()];
            for (&other, s) in self.ways().iter().zip(&s) {
                let (total, crossed) = if other == way {
                    (self.n(), s.clone())
                } else {
                    let of_means: Vec<Vec<f64>> = means.iter().map(|m| sums(m, index.factor(other))).collect();
                    (index.n(way) as f64, products(&of_means, &summed(other)))
                };
                expectation.push(total - 2.0 * trace(a, &crossed) + trace(&(&ab * a), s));
            }
            out.push(Moment { value: self.between_squares(e, way), expectation });
        }
        Ok(out)
    }

    /// `e'We` of pooled residuals: `We = Wy - WXb`.
    fn within_squares(&self, coefficients: &DVector<f64>) -> f64 {
        let slopes = coefficients.rows_range(usize::from(self.inputs.levels.intercept)..).into_owned();
        let net: Vec<&[f64]> = self.within.net.iter().map(|column| column.as_slice()).collect();
        let left = residual(&net, &self.within.outcome, &slopes);
        dot(&left, &left)
    }

    /// The expectations of balanced panels without terms of the regressors.
    fn balanced(&self, residuals: &[f64], way: Way) -> Moment {
        let levels = self.inputs.index.n(way) as f64;
        let mut expectation = vec![levels];
        expectation.extend(self.ways().iter().map(|&other| if other == way { self.n() } else { 0.0 }));
        Moment { value: self.between_squares(residuals, way), expectation }
    }

    fn amemiya(&self) -> Result<Vec<Moment>, PanelError> {
        let (index, levels) = (self.inputs.index, self.inputs.levels);
        let e = self.around_within();
        if index.is_balanced() {
            let rows = self.within_moment(0.0);
            return Ok(std::iter::once(rows).chain(self.ways().iter().map(|&way| self.balanced(&e, way))).collect());
        }
        if let Some(term) = self.within.gone.first() {
            let of = self.ways().iter().map(|&way| index.name(way)).collect::<Vec<_>>().join(" and ");
            return Err(PanelError::NoVariation { term: term.clone(), of });
        }
        let slopes = &levels.regressors[usize::from(levels.intercept)..];
        let squares = |way: Way| index.counts(way).iter().map(|count| count * count).sum::<f64>() / self.n();
        let mut out = vec![self.within_moment(self.within.kept.len() as f64)];
        for &way in self.ways() {
            let about = |position: &usize| {
                let mut column = averaged(&slopes[*position].values, index.factor(way));
                let mean = sum(&column) / column.len() as f64;
                column.iter_mut().for_each(|value| *value -= mean);
                column
            };
            let means: Vec<Vec<f64>> = self.within.kept.iter().map(about).collect();
            let levels = index.n(way) as f64;
            let mut expectation = vec![levels - 1.0 + trace(&self.inverse, &products(&means, &means))];
            expectation
                .extend(self.ways().iter().map(|&other| if other == way { self.n() } else { levels } - squares(other)));
            out.push(Moment { value: self.between_squares(&e, way), expectation });
        }
        Ok(out)
    }

    /// The variance of the effects of the within regression; that of rows has the divisor n.
    fn nerlove(&self) -> Result<VarianceComponents, PanelError> {
        let index = self.inputs.index;
        let mut values = vec![self.rss / self.n()];
        let e = self.around_within();
        let effects: Vec<Vec<f64>> = match self.ways() {
            [one] => vec![means(&e, index.factor(*one))],
            ways => {
                let left = residual(&self.within.views(), &self.within.outcome, &self.slopes);
                let explained: Vec<f64> = e.iter().zip(&left).map(|(e, left)| e - left).collect();
                let found = FixedEffects::recover(&effects_of(self.inputs.design, index, ways), &explained)?;
                found.effects.into_iter().map(|effect| effect.intercepts).collect()
            }
        };
        for (&way, effects) in self.ways().iter().zip(&effects) {
            let (counts, levels) = (index.counts(way), index.n(way) as f64);
            let mean = dot(effects, &counts) / self.n();
            let squares: f64 = effects.iter().zip(&counts).map(|(a, count)| (a - mean) * (a - mean) * count).sum();
            values.push(squares / self.n() * levels / (levels - 1.0));
        }
        Ok(self.named(&values))
    }

    fn harmonic(&self) -> Result<VarianceComponents, PanelError> {
        let &[way] = self.ways() else { return Err(PanelError::OneWay { components: "harmonic" }) };
        let (index, levels) = (self.inputs.index, self.inputs.levels);
        let factor = index.factor(way);
        let mut columns: Vec<Vec<f64>> = levels.columns().iter().map(|column| means(column, factor)).collect();
        let gram = cross_products(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), None);
        let kept = Pivots::choose(&gram, crate::estimate::working::COLLINEAR).kept;
        columns = kept.iter().map(|&at| std::mem::take(&mut columns[at])).collect();
        if index.n(way) <= kept.len() {
            return Err(self.no_variance(way, kept.len()));
        }
        let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let solved = solve_least_squares(&views, &means(&levels.outcome, factor), None)
            .ok_or(PanelError::Singular { where_: "between units" })?;
        let rows = self.rss / (self.spare - self.within.kept.len() as f64);
        let inverse: f64 = index.counts(way).iter().map(|count| count.recip()).sum();
        let between = dot(&solved.residuals, &solved.residuals) / (index.n(way) as f64 - kept.len() as f64);
        Ok(self.named(&[rows, between - rows * inverse / index.n(way) as f64]))
    }
}
