//! Whether a combination of coefficients is identified where collinear terms were left out of a model.

use nalgebra::DVector;

use crate::design::DesignMatrix;
use crate::estimate::Fit;
use crate::estimate::ols::INTERCEPT;
use crate::linalg::solve_least_squares;
use crate::note::Note;

/// Relative sum of squares up to which a column is a combination of others.
const SAME: f64 = 1e-14;

/// Whether a combination of coefficients does not hang on how collinear terms were told apart: a term that was left out may
/// stand in it only as the same combination of other terms that it is in the sample. Where `effects_count`, terms that the
/// absorbed effects explain may: their part is in the effects.
///
/// # Errors
/// Why it is not identified.
pub(super) fn identified(
    (gradient, effects_count): (&DVector<f64>, bool),
    terms: &[String],
    fit: &Fit,
    design: &DesignMatrix,
) -> Result<(), String> {
    for (k, term) in terms.iter().enumerate() {
        if gradient[k] == 0.0 || fit.coefficients.iter().any(|c| c.term == *term) {
            continue;
        }
        let is_absorbed = |note: &Note| matches!(note, Note::Absorbed { term: left_out, .. } if left_out == term);
        if effects_count && fit.notes.iter().any(is_absorbed) {
            continue;
        }
        let refused = || Err(format!("it needs the coefficient of {term}, which the model does not identify"));
        let with = fit.notes.iter().find_map(|note| match note {
            Note::Collinear { term: left_out, with } if left_out == term => Some(with),
            _ => None,
        });
        let Some(with) = with.filter(|with| !with.is_empty()) else { return refused() };
        let column = |name: &String| {
            let all = design.endogenous.iter().chain(&design.regressors);
            all.into_iter().find(|variable| variable.name == *name).map(|variable| variable.values.as_slice())
        };
        let (Some(left), Some(others)) = (column(term), with.iter().map(column).collect::<Option<Vec<_>>>()) else {
            return refused();
        };
        let ones = vec![1.0; left.len()];
        let columns: Vec<&[f64]> = others.into_iter().chain(design.intercept.then_some(ones.as_slice())).collect();
        let Some(solved) = solve_least_squares(&columns, left, None) else { return refused() };
        let rest: f64 = solved.residuals.iter().map(|e| e * e).sum();
        let total: f64 = left.iter().map(|x| x * x).sum();
        let constant = INTERCEPT.to_string();
        let names = with.iter().chain(design.intercept.then_some(&constant));
        let at = |name: &String| terms.iter().position(|known| known == name).map_or(0.0, |k| gradient[k]);
        let of_others: Vec<f64> = names.zip(solved.coefficients.iter()).map(|(name, a)| a * at(name)).collect();
        let gap = (gradient[k] - of_others.iter().sum::<f64>()).abs();
        let scale = gradient[k].abs() + of_others.iter().map(|x| x.abs()).sum::<f64>();
        if rest > SAME * total || gap > SAME.sqrt() * scale {
            return refused();
        }
    }
    Ok(())
}
