//! [`Ols`]: ordinary and weighted least squares with absorbed effects.
//!
//! By Frisch, Waugh and Lovell the coefficients of `y = Xb + Da + e` are those of the residuals of `y` on the residuals
//! of `X`, both net of the effects `D`; a constant is treated the same way, by centring. Regressors that the effects or
//! the regressors before them explain are left out with a note. Instruments and nonlinear models are not handled here.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::error::EstimateError;
use super::estimator::{Estimate, Estimator, Influence, LeastSquaresSums, Spread};
use super::working::{COLLINEAR, Working};
use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, WeightKind};
use crate::linalg::{LeastSquares, Pivots, cross_products, refine, solve_least_squares, sum, weighted_dot};
use crate::note::Note;

/// Name of the constant.
pub const INTERCEPT: &str = "(Intercept)";

/// Rows times columns up to which coefficients are refined in twice the precision.
const SMALL: usize = 100_000;

/// Least squares.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ols;

impl Estimator for Ols {
    fn fit(&self, design: &DesignMatrix, cache: &AbsorberCache) -> Result<Estimate, EstimateError> {
        let mut working = Working::of(design, cache)?;
        drop_collinear(design, &mut working);
        if working.regressors.is_empty() && !design.regressors.is_empty() && !design.intercept {
            return Err(EstimateError::NothingLeft { dropped: working.gone });
        }
        let columns: Vec<&[f64]> = working.regressors.iter().map(|(_, column, _)| column.as_slice()).collect();
        let names = || working.regressors.iter().map(|(j, ..)| design.regressors[*j].name.clone());
        let solved = solve_least_squares(&columns, &working.outcome, design.weight_values())
            .ok_or_else(|| EstimateError::Singular { terms: names().collect() })?;
        let terms: Vec<String> = design.intercept.then(|| INTERCEPT.to_string()).into_iter().chain(names()).collect();
        let (mut coefficients, mut influence) = with_constant(design, &working, solved);
        if design.absorbed.is_empty() && design.n_rows() * terms.len() <= SMALL {
            refine_on_columns(design, &working, &mut coefficients, &mut influence);
        }
        let sums = sums(design, &working, &influence.residuals);
        let estimate = Estimate {
            terms,
            coefficients,
            spread: Spread::Influence(influence),
            sums,
            absorbed: working.absorbed,
            convergence: working.convergence,
            notes: working.notes,
        };
        if estimate.n_parameters() >= design.n_obs() {
            return Err(EstimateError::NoDegreesOfFreedom {
                n_obs: design.n_obs(),
                parameters: estimate.n_parameters(),
                absorbed: estimate.n_parameters() - estimate.terms.len(),
            });
        }
        Ok(estimate)
    }
}

/// Takes out regressors that those before them explain, with a note that names these.
fn drop_collinear(design: &DesignMatrix, working: &mut Working) {
    let columns: Vec<&[f64]> = working.regressors.iter().map(|(_, column, _)| column.as_slice()).collect();
    let pivots = Pivots::choose(&cross_products(&columns, design.weight_values()), COLLINEAR);
    let name = |position: usize| design.regressors[working.regressors[position].0].name.clone();
    for dependent in &pivots.dependent {
        let with: Vec<String> = dependent.of.iter().map(|&(position, _)| name(position)).collect();
        let term = name(dependent.column);
        let by = if with.is_empty() { "zero in every row".to_string() } else { with.join(", ") };
        working.gone.push((term.clone(), by));
        working.notes.push(Note::Collinear { term, with });
    }
    let kept = pivots.kept.iter().map(|&position| working.regressors[position].clone()).collect();
    working.regressors = kept;
}

/// Adds the constant to centred columns: working columns `[1, X - x̄]`, coefficients `[ȳ - x̄'b, b]`.
fn with_constant(design: &DesignMatrix, working: &Working, solved: LeastSquares) -> (DVector<f64>, Influence) {
    let mut columns: Vec<Arc<Vec<f64>>> = working.regressors.iter().map(|(_, c, _)| Arc::clone(c)).collect();
    if !design.intercept {
        let influence =
            Influence { columns, residuals: solved.residuals, bread: solved.inverse.clone(), inverse: solved.inverse };
        return (solved.coefficients, influence);
    }
    let k = columns.len();
    columns.insert(0, Arc::new(vec![1.0; design.n_rows()]));
    let means: Vec<f64> = working.regressors.iter().map(|(.., mean)| *mean).collect();
    let mut map = DMatrix::identity(k + 1, k + 1);
    for (j, mean) in means.iter().enumerate() {
        map[(0, j + 1)] = -mean;
    }
    let mut inverse = DMatrix::zeros(k + 1, k + 1);
    inverse[(0, 0)] = 1.0 / total_weight(design);
    inverse.view_mut((1, 1), (k, k)).copy_from(&solved.inverse);
    let bread = &map * &inverse;
    let inverse = &bread * map.transpose();
    let mut centred = DVector::zeros(k + 1);
    centred[0] = working.outcome_mean;
    centred.rows_mut(1, k).copy_from(&solved.coefficients);
    (map * centred, Influence { columns, residuals: solved.residuals, bread, inverse })
}

pub(super) fn total_weight(design: &DesignMatrix) -> f64 {
    design.weight_values().map_or(design.n_rows() as f64, sum)
}

/// Refines the coefficients on the columns as they came, before centring.
fn refine_on_columns(
    design: &DesignMatrix,
    working: &Working,
    coefficients: &mut DVector<f64>,
    influence: &mut Influence,
) {
    let constant = design.intercept.then(|| vec![1.0; design.n_rows()]);
    let regressors = working.regressors.iter().map(|(j, ..)| design.regressors[*j].values.as_slice());
    let columns: Vec<&[f64]> = constant.as_deref().into_iter().chain(regressors).collect();
    let refined = refine(&columns, &design.outcome.values, design.weight_values(), coefficients, &influence.inverse);
    (*coefficients, influence.residuals) = refined;
}

pub(super) fn sums(design: &DesignMatrix, working: &Working, residuals: &[f64]) -> LeastSquaresSums {
    let weights = design.weight_values();
    let repeats = design.weights.as_ref().filter(|w| w.kind == WeightKind::Frequency).map(|w| w.values.as_slice());
    LeastSquaresSums {
        residual: weighted_dot(residuals, residuals, weights),
        residual_unweighted: weighted_dot(residuals, residuals, repeats),
        total: working.outcome_total,
        within: working.absorbed.as_ref().map(|_| weighted_dot(&working.outcome, &working.outcome, weights)),
        weight: total_weight(design),
        outcome_mean: working.outcome_mean,
        centred: design.intercept || working.absorbed.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::ModelVariables;
    use crate::estimate::{ModelRequest, fit_model};
    use crate::panel::Factor;

    fn factor(text: &str) -> Factor {
        let values: Vec<String> = text.chars().map(String::from).collect();
        Factor::from_values(values.iter().map(|v| Some(v.as_str())))
    }

    fn fit(vars: &ModelVariables) -> Result<crate::estimate::Fit, EstimateError> {
        fit_model(&ModelRequest::default(), vars, &AbsorberCache::new())
    }

    const Y: [f64; 6] = [1.0, 4.0, 2.0, 8.0, 5.0, 7.0];

    #[test]
    fn a_constant_alone_is_the_mean() {
        let fit = fit(&ModelVariables::new(("y", Y.to_vec()), vec![])).unwrap();
        assert!((fit.coefficients[0].estimate - 4.5).abs() < 1e-14);
        let se = (Y.iter().map(|y| (y - 4.5) * (y - 4.5)).sum::<f64>() / 30.0).sqrt();
        assert!((fit.coefficients[0].std_error - se).abs() < 1e-14);
        assert_eq!(fit.statistics.f_statistic, None);
    }

    #[test]
    fn effects_alone_are_a_model() {
        let fit = fit(&ModelVariables::new(("y", Y.to_vec()), vec![]).absorb("f", factor("aabbcc"))).unwrap();
        assert!(fit.coefficients.is_empty());
        assert_eq!((fit.statistics.absorbed_dof, fit.statistics.df_residual), (3, Some(3.0)));
    }

    #[test]
    fn what_is_explained_elsewhere_is_named() {
        let by_f = vec![2.0, 2.0, 5.0, 5.0, 7.0, 7.0];
        let vars = ModelVariables::new(("y", Y.to_vec()), vec![("z", by_f.clone())])
            .absorb("t", factor("xyxyxy"))
            .absorb("f", factor("aabbcc"));
        let fault = fit(&vars).unwrap_err();
        assert_eq!(fault, EstimateError::NothingLeft { dropped: vec![("z".into(), "f".into())] });
        let vars = ModelVariables::new(("y", Y.to_vec()), vec![("one", vec![3.0; 6]), ("z", by_f)]);
        let fit = fit(&vars).unwrap();
        assert_eq!(fit.notes, vec![Note::Collinear { term: "one".into(), with: vec![INTERCEPT.into()] }]);
    }

    #[test]
    fn parameters_may_not_exhaust_the_observations() {
        let vars = ModelVariables::new(("y", Y.to_vec()), vec![("x", vec![1.0, 2.0, 4.0, 3.0, 9.0, 1.0])])
            .absorb("f", factor("abcdef"))
            .keep_singletons();
        assert!(matches!(fit(&vars), Err(EstimateError::NothingLeft { .. })));
        let vars = ModelVariables::new(("y", Y[..2].to_vec()), vec![("x", vec![1.0, 2.0])]);
        let fault = fit(&vars).unwrap_err();
        assert_eq!(fault, EstimateError::NoDegreesOfFreedom { n_obs: 2, parameters: 2, absorbed: 0 });
    }
}
