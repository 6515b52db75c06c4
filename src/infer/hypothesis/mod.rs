//! Hypotheses and combinations of coefficients, written in the expression language.
//!
//! In: a text, the names of the coefficients, their estimates and covariance. Out: a Wald test of all equations of the
//! text together, or the value of an expression with its standard error. Linear equations are recognised by their form
//! and tested as `R b = r` exactly; any other by the delta method, `g(b)` with the gradient of automatic differentiation
//! (Wooldridge 2010, section 3.5.2; Stata's `testnl` and `nlcom`, car's `linearHypothesis` and `deltaMethod`).
//!
//! How a coefficient is recognised: reading from left to right, the longest coefficient name that stands at a place, blanks
//! aside, is that coefficient (`log(wage)`, `x1:x2`, `i(year, ref = 2005)::2007`); backticks mark a name exactly. What is
//! not a name is arithmetic. A left side that is no expression but holds `*` or `?` is a pattern: every coefficient that
//! fits it equals the right side.

mod answer;
mod error;
mod expression;
mod scan;
#[cfg(test)]
mod tests;

use nalgebra::{DMatrix, DVector};

use super::wald::{Restrictions, WaldTest, wald};
use crate::formula::{Expr, ExprKind};
use scan::Scanned;

pub use error::{DeltaError, HypothesisFault};
pub use expression::{CoefficientExpression, Delta};

/// Equations that are tested together; each expression is zero under the hypothesis.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// Left side less right side.
    pub equations: Vec<CoefficientExpression>,
    /// Whether every equation is linear.
    pub is_linear: bool,
}

impl Hypothesis {
    /// Reads `a = b, c = d`, chains `a = b = c`, and patterns `i(year)::* = 0`. Without `=` the expression is zero.
    ///
    /// # Errors
    /// As [`CoefficientExpression::read`]; a pattern that no coefficient fits; an inequality.
    pub fn read(text: &str, names: &[String]) -> Result<Self, HypothesisFault> {
        let scanned = Scanned::of(text, names)?;
        let mut equations = Vec::new();
        for item in scanned.split(',', 0..scanned.text.len()) {
            let sides = scanned.split('=', item.clone());
            let zero = CoefficientExpression {
                expr: Expr { kind: ExprKind::Number(0.0), span: item.end..item.end },
                text: "0".into(),
            };
            let (Some(first), rest) = (sides.first(), sides.get(1..).unwrap_or_default()) else { continue };
            let mut left = scanned.side(first.clone(), names)?;
            let mut others = Vec::new();
            for side in rest {
                others.push(scanned.expression(side.clone(), names)?);
            }
            if others.is_empty() {
                others.push(zero);
            }
            for right in others {
                equations.extend(left.iter().map(|expression| expression.minus(&right)));
                left = vec![right];
            }
        }
        let is_linear = equations.iter().all(|equation| equation.linear(names.len()).is_some());
        Ok(Hypothesis { equations, is_linear })
    }

    /// The test of all equations together: F with `df` denominator degrees of freedom.
    ///
    /// # Errors
    /// Equations that repeat or contradict each other, or that have no derivative.
    pub fn test(&self, b: &DVector<f64>, v: &DMatrix<f64>, df: f64) -> Result<WaldTest, DeltaError> {
        let q = self.equations.len();
        let mut restrictions = Restrictions { matrix: DMatrix::zeros(q, b.len()), values: DVector::zeros(q) };
        for (i, equation) in self.equations.iter().enumerate() {
            if let Some((row, constant)) = equation.linear(b.len()) {
                restrictions.matrix.set_row(i, &row.transpose());
                restrictions.values[i] = -constant;
            } else {
                // The linearised restriction at the estimate: its gap from zero is g(b) itself.
                let delta = equation.delta(b)?;
                restrictions.matrix.set_row(i, &delta.gradient.transpose());
                restrictions.values[i] = delta.gradient.dot(b) - delta.value;
            }
        }
        Ok(wald(b, v, &restrictions, df)?)
    }

    /// The equations as they were understood.
    pub fn text(&self) -> String {
        self.equations.iter().map(|equation| equation.text.as_str()).collect::<Vec<_>>().join(", ")
    }
}
