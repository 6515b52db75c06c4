//! [`Counterfactual`]: the columns of a model's terms with some variables held at other values, and their derivatives.
//!
//! In: an evaluator (whose sample fixes levels and polynomials), the terms, the rows of the sample, and the variables that
//! may change ("open"). Out, per term, the columns that [`Evaluator::terms`] would give, at the changed values
//! ([`Held`]), each with its derivative in one variable. Expressions are taken apart down to the columns they are made of;
//! variables of the study are looked through where they lead to an open one, so that the derivative of `log(wage)^2` in
//! `wage` is found through `lw = "log(wage)"` too. Derivatives are exact ([`differentiate`]), products follow the product
//! rule. Lags, leads and spatial lags are values of other rows and stand as they are (`diff` and `growth` are taken apart); a
//! function of several rows that the row itself is among (`mean`, `lq`) is a fault where an open variable is in it.
//!
//! At means every column and every level's share stands at its mean over the sample, before functions and products are
//! formed (Stata's `atmeans`).

mod leaves;
mod part;

use std::collections::BTreeSet;

use indexmap::IndexMap;
use rayon::prelude::*;

use super::Evaluator;
use super::error::EvaluateError;
use crate::formula::{DerivativeError, Dual, Expr, ExprKind, differentiate};
use leaves::Leaves;
use part::Part;

/// Why a term has no counterfactual columns.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CounterfactualError {
    /// The term cannot be evaluated.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
    /// The term cannot be differentiated.
    #[error(transparent)]
    Derivative(#[from] DerivativeError),
    /// A function that other rows or jumps decide on is in the way of the change.
    #[error(
        "{text} cannot be computed with `{name}` changed: it is no smooth function of the row; change the variable that holds it instead"
    )]
    Fixed {
        /// The function as written.
        text: String,
        /// The variable that is to change.
        name: String,
    },
    /// The derivative in a factor.
    #[error("`{name}` is a factor in {text}: it has contrasts and no derivative; add contrast = \"reference\"")]
    IsFactor {
        /// The factor.
        name: String,
        /// The term.
        text: String,
    },
    /// A level that the sample does not have.
    #[error("`{name}` has no level {level} in the sample; it has: {}", few(.known))]
    NoLevel {
        /// The factor.
        name: String,
        /// The level.
        level: String,
        /// Its levels.
        known: Vec<String>,
    },
    /// A text where a number is needed.
    #[error("`{name}` stands for a number in the formula and cannot be \"{value}\"")]
    NotNumber {
        /// The variable.
        name: String,
        /// The value.
        value: String,
    },
}

fn few(names: &[String]) -> String {
    let more = if names.len() > 12 { ", ..." } else { "" };
    names.iter().take(12).map(String::as_str).collect::<Vec<_>>().join(", ") + more
}

/// Values that variables are held at; others stand as in each row of the sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// By variable, numbers as they print.
    pub values: IndexMap<String, String>,
    /// Whether what is not held stands at its mean: one row stands for all.
    pub at_means: bool,
}

/// A column with its derivative, a value per row, or one value at means.
#[derive(Clone, Debug, PartialEq)]
pub struct DualColumn {
    /// The values.
    pub values: Vec<f64>,
    /// The derivatives; `None` where they are zero.
    pub slopes: Option<Vec<f64>>,
}

impl DualColumn {
    fn times(&self, other: &DualColumn) -> DualColumn {
        let zip = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<f64>>();
        let sum = |a: Vec<f64>, b: Vec<f64>| a.into_iter().zip(b).map(|(a, b)| a + b).collect();
        let slopes = match (&self.slopes, &other.slopes) {
            (None, None) => None,
            (Some(a), None) => Some(zip(a, &other.values)),
            (None, Some(b)) => Some(zip(&self.values, b)),
            (Some(a), Some(b)) => Some(sum(zip(a, &other.values), zip(&self.values, b))),
        };
        DualColumn { values: zip(&self.values, &other.values), slopes }
    }
}

/// The terms of a model, taken apart.
pub struct Counterfactual {
    terms: Vec<Vec<Part>>,
    leaves: Leaves,
}

impl Counterfactual {
    /// Takes terms apart; names in them are those of the text they were parsed from.
    ///
    /// # Errors
    /// A term that cannot be evaluated, or that an open variable reaches through a function of several rows.
    pub fn of(
        evaluator: &Evaluator,
        (terms, text): (&[Expr], &str),
        rows: (&[u32], Option<&[f64]>),
        open: &BTreeSet<String>,
    ) -> Result<Counterfactual, CounterfactualError> {
        let mut leaves = Leaves::new(rows, open);
        let taken = |term: &Expr| -> Result<Vec<Part>, CounterfactualError> {
            match &term.kind {
                ExprKind::Interaction(parts) => {
                    parts.iter().map(|part| Part::of(evaluator, (part, text), &mut leaves, true)).collect()
                }
                _ => Ok(vec![Part::of(evaluator, (term, text), &mut leaves, false)?]),
            }
        };
        let terms = terms.iter().map(taken).collect::<Result<_, _>>()?;
        Ok(Counterfactual { terms, leaves })
    }

    /// How many terms there are; [`Counterfactual::columns`] takes their positions.
    pub fn n_terms(&self) -> usize {
        self.terms.len()
    }

    /// The columns of one term with their names, at the held values, with the derivative in `of`.
    ///
    /// # Errors
    /// Levels that are none, the derivative in a factor, what has no derivative.
    pub fn columns(
        &self,
        term: usize,
        held: &Held,
        of: Option<&str>,
    ) -> Result<Vec<(String, DualColumn)>, CounterfactualError> {
        let mut product: Option<Vec<(String, DualColumn)>> = None;
        for part in self.terms.get(term).into_iter().flatten() {
            let columns = part.columns(&self.leaves, held, of)?;
            product = Some(match product {
                None => columns,
                Some(left) => left
                    .iter()
                    .flat_map(|(a, x)| columns.iter().map(move |(b, y)| (format!("{a}:{b}"), x.times(y))))
                    .collect(),
            });
        }
        Ok(product.unwrap_or_default())
    }

    /// Whether a variable is in any term, as a number or as a factor.
    pub fn has(&self, name: &str) -> bool {
        self.leaves.has(name) || self.terms.iter().flatten().any(|part| part.factor() == Some(name))
    }

    /// The levels of a factor in the sample (of a number its values, ascending) and the position of the reference.
    pub fn levels(&self, name: &str) -> Option<(Vec<String>, usize)> {
        let of_factor = self.terms.iter().flatten().find_map(|part| part.levels_of(name));
        of_factor.or_else(|| Some((self.leaves.distinct(name)?, 0)))
    }

    /// Whether a variable is a factor in any term.
    pub fn is_factor(&self, name: &str) -> bool {
        self.terms.iter().flatten().any(|part| part.factor() == Some(name))
    }
}

/// A number expression over leaves, row by row.
fn dual_column(expr: &Expr, leaves: &Leaves, held: &Held, of: Option<&str>) -> Result<DualColumn, CounterfactualError> {
    let at = leaves.at(held, of)?;
    let rows = if held.at_means { 1 } else { leaves.n_rows() };
    let dual = |row: usize| differentiate(expr, &|name: &str| at.dual(name, row));
    // Whether it can be differentiated does not depend on the row.
    if rows > 0 {
        dual(0)?;
    }
    let duals: Vec<Dual> = (0..rows).into_par_iter().map(|row| dual(row).unwrap_or(Dual::constant(f64::NAN))).collect();
    let slopes = duals.iter().any(|dual| dual.slope != 0.0).then(|| duals.iter().map(|dual| dual.slope).collect());
    Ok(DualColumn { values: duals.iter().map(|dual| dual.value).collect(), slopes })
}

#[cfg(test)]
mod tests;
