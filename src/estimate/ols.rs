//! [`Ols`]: ordinary and weighted least squares with absorbed effects.
//!
//! By Frisch, Waugh and Lovell the coefficients of `y = Xb + Da + e` are those of the residuals of `y` on the residuals
//! of `X`, both net of the effects `D`; a constant is treated the same way, by centring. Regressors that the effects or
//! the regressors before them explain are left out with a note. Instruments and nonlinear models are not handled here.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::collinear::drop_collinear;
use super::error::EstimateError;
use super::estimator::{Estimate, Estimator, Influence, LeastSquaresSums, Spread};
use super::fit::Convergence;
use super::group::{Group, WorkingColumn};
use super::products::Products;
use super::residuals::Residuals;
use super::working::Working;
use crate::absorb::AbsorberCache;
use crate::design::{DesignMatrix, WeightKind};
use crate::linalg::{refine, solve_least_squares, solve_products, sum, weighted_dot};

/// Name of the constant.
pub const INTERCEPT: &str = "(Intercept)";

/// Rows times columns up to which coefficients are refined in twice the precision.
const SMALL: usize = 100_000;

/// Rows times squared columns below which a model is solved from its rows.
const SMALL_PRODUCTS: usize = 50_000;

/// Least squares.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ols;

impl Estimator for Ols {
    fn fit(&self, design: &DesignMatrix, cache: &AbsorberCache) -> Result<Estimate, EstimateError> {
        let group = cache.groups().of(design);
        if let Some(known) = cache.groups().estimate(&group, design) {
            return Ok(known);
        }
        let mut working = Working::of(design, &group, cache)?;
        let nearly = drop_collinear(design, &group, &mut working);
        if working.regressors.is_empty() && !design.regressors.is_empty() && !design.intercept {
            return Err(EstimateError::NothingLeft { dropped: working.gone });
        }
        let names = working.regressors.iter().map(|(j, _)| design.regressors[*j].name.clone());
        let terms: Vec<String> = design.intercept.then(|| INTERCEPT.to_string()).into_iter().chain(names).collect();
        let (coefficients, influence, residual) = match nearly {
            Some(nearly) => nearly.solve(&design.outcome.values),
            None => solve_working(design, &group, &working)?,
        };
        let sums = sums(design, &working, (&influence.residuals, residual));
        let coefficient_error = working.column_errors().and_then(|(outcome, regressors)| {
            let used = coefficients.len() + working.absorbed.as_ref().map_or(0, |degrees| degrees.conventional);
            let deviation = (sums.residual / design.n_obs().saturating_sub(used) as f64).sqrt();
            super::accuracy::coefficient_error((outcome, &regressors), &coefficients, &influence.inverse, deviation)
        });
        let estimate = Estimate {
            terms,
            coefficients,
            spread: Spread::Influence(influence),
            sums,
            likelihood: None,
            index: None,
            absorbed: working.absorbed,
            convergence: Convergence { coefficient_error, ..working.convergence },
            notes: working.notes,
        };
        if estimate.n_parameters() >= design.n_obs() {
            return Err(EstimateError::NoDegreesOfFreedom {
                n_obs: design.n_obs(),
                parameters: estimate.n_parameters(),
                absorbed: estimate.n_parameters() - estimate.terms.len(),
            });
        }
        cache.groups().keep(&group, design, &estimate);
        Ok(estimate)
    }
}

/// Coefficients on the working columns.
struct Solved {
    coefficients: DVector<f64>,
    inverse: DMatrix<f64>,
    residuals: Residuals,
    /// Sum of squared residuals, if it is known without them.
    residual: Option<f64>,
}

/// Coefficients, influence, and the sum of squared residuals if it is known without them.
pub(super) type Solution = (DVector<f64>, Influence, Option<f64>);

/// Solves on the working columns, and refines where that costs nothing.
fn solve_working(design: &DesignMatrix, group: &Arc<Group>, working: &Working) -> Result<Solution, EstimateError> {
    let solved = solve(design, group, working)?;
    let residual = solved.residual;
    let (mut coefficients, mut influence) = with_constant(design, working, solved);
    if is_small(design, coefficients.len()) {
        refine_on_columns(design, working, &mut coefficients, &mut influence);
    }
    Ok((coefficients, influence, residual))
}

/// Whether a model is solved from its rows, with refinement, because that costs nothing: a matter of the model alone.
pub(super) fn is_small(design: &DesignMatrix, n_terms: usize) -> bool {
    design.absorbed.is_empty() && design.n_rows() * n_terms <= SMALL
}

/// Solves from the products of the group; from the rows where a model is small or products would lose digits.
fn solve(design: &DesignMatrix, group: &Arc<Group>, working: &Working) -> Result<Solved, EstimateError> {
    let columns: Vec<&WorkingColumn> = working.regressors.iter().map(|(_, column)| column.as_ref()).collect();
    let n_products = design.n_rows() * columns.len() * columns.len();
    if !is_small(design, columns.len() + usize::from(design.intercept)) && n_products >= SMALL_PRODUCTS {
        let all: Vec<&WorkingColumn> =
            std::iter::once(working.outcome.as_ref()).chain(columns.iter().copied()).collect();
        if let Some(solution) = solve_products(&group.products(&all)) {
            let residuals = Residuals::from_products(Products {
                group: Arc::clone(group),
                constant: design.intercept,
                outcome: Arc::clone(&working.outcome),
                regressors: working.regressors.iter().map(|(_, column)| Arc::clone(column)).collect(),
                coefficients: solution.coefficients.clone(),
            });
            return Ok(Solved {
                coefficients: solution.coefficients,
                inverse: solution.inverse,
                residuals,
                residual: Some(solution.residual),
            });
        }
    }
    let views: Vec<&[f64]> = columns.iter().map(|column| column.values.as_slice()).collect();
    let solved = solve_least_squares(&views, &working.outcome.values, design.weight_values()).ok_or_else(|| {
        let names = working.regressors.iter().map(|(j, _)| design.regressors[*j].name.clone());
        EstimateError::Singular { terms: names.collect() }
    })?;
    Ok(Solved {
        coefficients: solved.coefficients,
        inverse: solved.inverse,
        residuals: solved.residuals.into(),
        residual: None,
    })
}

/// Adds the constant to centred columns: working columns `[1, X - x̄]`, coefficients `[ȳ - x̄'b, b]`.
fn with_constant(design: &DesignMatrix, working: &Working, solved: Solved) -> (DVector<f64>, Influence) {
    let mut columns: Vec<Arc<Vec<f64>>> = working.regressors.iter().map(|(_, c)| Arc::clone(&c.values)).collect();
    let Solved { coefficients, inverse: of_slopes, residuals, .. } = solved;
    if !design.intercept {
        let influence = Influence { columns, residuals, bread: of_slopes.clone(), inverse: of_slopes };
        return (coefficients, influence);
    }
    let k = columns.len();
    columns.insert(0, Arc::new(vec![1.0; design.n_rows()]));
    let mut map = DMatrix::identity(k + 1, k + 1);
    for (j, (_, column)) in working.regressors.iter().enumerate() {
        map[(0, j + 1)] = -column.mean;
    }
    let mut inverse = DMatrix::zeros(k + 1, k + 1);
    inverse[(0, 0)] = 1.0 / total_weight(design);
    inverse.view_mut((1, 1), (k, k)).copy_from(&of_slopes);
    let bread = &map * &inverse;
    let inverse = &bread * map.transpose();
    let mut centred = DVector::zeros(k + 1);
    centred[0] = working.outcome.mean;
    centred.rows_mut(1, k).copy_from(&coefficients);
    (map * centred, Influence { columns, residuals, bread, inverse })
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
    let regressors = working.regressors.iter().map(|(j, _)| design.regressors[*j].values.as_slice());
    let columns: Vec<&[f64]> = constant.as_deref().into_iter().chain(regressors).collect();
    let (refined, residuals) =
        refine(&columns, &design.outcome.values, design.weight_values(), coefficients, &influence.inverse);
    *coefficients = refined;
    influence.residuals = residuals.into();
}

/// Sums of squares; `known` is that of the residuals where it is known without them.
pub(super) fn sums(
    design: &DesignMatrix,
    working: &Working,
    (residuals, known): (&Residuals, Option<f64>),
) -> LeastSquaresSums {
    let weights = design.weight_values();
    let repeats = design.weights.as_ref().filter(|w| w.kind == WeightKind::Frequency).map(|w| w.values.as_slice());
    let residual = known.unwrap_or_else(|| weighted_dot(residuals, residuals, weights));
    // Weights that are no repetitions are the one case in which the two sums differ.
    let differs = weights.is_some() && repeats.is_none();
    let centred = design.intercept || working.absorbed.is_some();
    LeastSquaresSums {
        residual,
        residual_unweighted: if differs { weighted_dot(residuals, residuals, None) } else { residual },
        total: if centred { working.outcome.about_mean } else { working.outcome.about_zero },
        within: working.absorbed.as_ref().map(|_| working.outcome.left),
        weight: total_weight(design),
        outcome_mean: working.outcome.mean,
        centred,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::ModelVariables;
    use crate::estimate::{ModelRequest, fit_model};
    use crate::note::Note;
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

    /// A combination of large numbers that hardly vary is rounded as they are: what rounding leaves of it is no regressor.
    #[test]
    fn what_rounding_leaves_of_large_numbers_is_left_out() {
        let x: Vec<f64> = (0..40).map(|i| (f64::from(i) * 0.7).sin()).collect();
        let y: Vec<f64> = (0..40).map(|i| (f64::from(i) * 1.9).cos()).collect();
        let large = x.iter().map(|x| 1e10 + 100.0 * x).collect();
        let fit = fit(&ModelVariables::new(("y", y), vec![("x", x), ("large", large)])).unwrap();
        assert_eq!(fit.notes, vec![Note::Collinear { term: "large".into(), with: vec!["x".into()] }]);
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
