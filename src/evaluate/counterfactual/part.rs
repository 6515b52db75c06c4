//! [`Part`]: one factor of a term: a number, the levels of a factor (times a number), or a polynomial.

use super::super::Evaluator;
use super::super::functions::Call;
use super::super::polynomial::Polynomial;
use super::leaves::Leaves;
use super::{CounterfactualError, DualColumn, Held, dual_column};
use crate::formula::{Arg, Expr, ExprKind, Room};
use crate::panel::Column;

/// See the module head.
pub(super) enum Part {
    /// A number, as an expression of leaves.
    Number { name: String, expr: Expr },
    /// Indicators of levels.
    Levels {
        /// The factor's variable, where it is one.
        factor: Option<String>,
        /// All levels of the factor in the sample.
        all: Vec<String>,
        /// Name, level and indicator of each column.
        columns: Vec<(String, String, Vec<f64>)>,
        /// What the indicators are multiplied with.
        times: Option<Expr>,
    },
    /// Polynomials of a number.
    Polynomials { name: String, expr: Expr, basis: Polynomial },
}

impl Part {
    pub(super) fn of(
        evaluator: &Evaluator,
        (expr, text): (&Expr, &str),
        leaves: &mut Leaves,
        is_interacted: bool,
    ) -> Result<Part, CounterfactualError> {
        let name = expr.text(text);
        if let ExprKind::Call { function, function_span, args } = &expr.kind {
            let call = Call::new(function, function_span, args, &expr.span)?;
            match (call.function.room, call.function.name) {
                (Room::Regressor, "i") => {
                    let times = call.get("x").map(|x| leaves.rewrite(evaluator, x)).transpose()?;
                    let plain = without_slope(expr, call.get("x"));
                    return Part::levels(
                        evaluator,
                        (&plain, call.required("factor")?, text),
                        times,
                        leaves,
                        is_interacted,
                    );
                }
                (Room::Regressor, _) => {
                    let x = call.required("x")?;
                    let basis = evaluator.polynomial(&call)?;
                    return Ok(Part::Polynomials { name, expr: leaves.rewrite(evaluator, x)?, basis });
                }
                _ => {}
            }
        }
        let is_text = match &expr.kind {
            ExprKind::Number(_) | ExprKind::Binary(..) | ExprKind::Unary(..) => false,
            _ => matches!(evaluator.evaluate(expr)?, Column::Text(_)),
        };
        if is_text {
            return Part::levels(evaluator, (expr, expr, text), None, leaves, is_interacted);
        }
        Ok(Part::Number { name, expr: leaves.rewrite(evaluator, expr)? })
    }

    fn levels(
        evaluator: &Evaluator,
        (term, factor, text): (&Expr, &Expr, &str),
        times: Option<Expr>,
        leaves: &Leaves,
        is_interacted: bool,
    ) -> Result<Part, CounterfactualError> {
        let variable = match &factor.kind {
            ExprKind::Name(name) => Some(name.clone()),
            _ => None,
        };
        let is_open = variable.as_ref().is_some_and(|name| leaves.is_open(name));
        if !is_open && let Some(name) = leaves.leads_to(evaluator, factor) {
            return Err(CounterfactualError::Fixed { text: factor.canonical(), name });
        }
        let name = term.text(text);
        let level_of = |column: &str| column.strip_prefix(&format!("{name}::")).unwrap_or(column).to_string();
        let columns = evaluator.encode(term, text, is_interacted)?;
        let column = |(column, values): (String, Vec<f64>)| {
            let level = level_of(&column);
            (column, level, leaves.on_sample(&values))
        };
        let all = evaluator.level_names(factor)?;
        Ok(Part::Levels { factor: variable, all, columns: columns.into_iter().map(column).collect(), times })
    }

    /// The variable whose levels the part has.
    pub(super) fn factor(&self) -> Option<&str> {
        match self {
            Part::Levels { factor, .. } => factor.as_deref(),
            _ => None,
        }
    }

    /// The levels of a variable, and which of them is the reference: the one without a column, else the first.
    pub(super) fn levels_of(&self, name: &str) -> Option<(Vec<String>, usize)> {
        match self {
            Part::Levels { factor: Some(factor), all, columns, .. } if factor == name => {
                let has_column = |level: &String| columns.iter().any(|(_, known, _)| known == level);
                Some((all.clone(), all.iter().position(|level| !has_column(level)).unwrap_or(0)))
            }
            _ => None,
        }
    }

    /// The part's columns at held values.
    pub(super) fn columns(
        &self,
        leaves: &Leaves,
        held: &Held,
        of: Option<&str>,
    ) -> Result<Vec<(String, DualColumn)>, CounterfactualError> {
        match self {
            Part::Number { name, expr } => Ok(vec![(name.clone(), dual_column(expr, leaves, held, of)?)]),
            Part::Polynomials { name, expr, basis } => {
                let x = dual_column(expr, leaves, held, of)?;
                let values = basis.columns(&x.values);
                let slopes = x.slopes.map(|dx| (basis.slopes(&x.values), dx));
                let column = |(k, values): (usize, Vec<f64>)| {
                    let chain = |(of_x, dx): &(Vec<Vec<f64>>, Vec<f64>)| {
                        of_x[k].iter().zip(dx).map(|(a, b)| a * b).collect::<Vec<f64>>()
                    };
                    (format!("{name}{}", k + 1), DualColumn { values, slopes: slopes.as_ref().map(chain) })
                };
                Ok(values.into_iter().enumerate().map(column).collect())
            }
            Part::Levels { factor, all, columns, times } => {
                if let (Some(name), Some(of)) = (factor, of)
                    && name == of
                {
                    let text = columns.first().map_or(name, |(column, _, _)| column).clone();
                    let text = text.split("::").next().unwrap_or_default().to_string();
                    return Err(CounterfactualError::IsFactor { name: name.clone(), text });
                }
                let at = factor.as_ref().and_then(|name| Some((name, held.values.get(name)?)));
                let level = at.map(|(name, value)| find(name, value, all)).transpose()?;
                let times = times.as_ref().map(|expr| dual_column(expr, leaves, held, of)).transpose()?;
                let n = if held.at_means { 1 } else { leaves.n_rows() };
                let column = |(column, of_level, indicator): &(String, String, Vec<f64>)| {
                    let values = match level {
                        Some(level) => vec![f64::from(level == of_level); n],
                        None if held.at_means => vec![leaves.mean(indicator)],
                        None => indicator.clone(),
                    };
                    let indicator = DualColumn { values, slopes: None };
                    (column.clone(), times.as_ref().map_or(indicator.clone(), |times| indicator.times(times)))
                };
                Ok(columns.iter().map(column).collect())
            }
        }
    }
}

/// The level that a value means: the same text, or the same number.
fn find<'a>(name: &str, value: &str, all: &'a [String]) -> Result<&'a String, CounterfactualError> {
    let number: Option<f64> = value.parse().ok();
    let is_it = |level: &&String| **level == value || (number.is_some() && level.parse().ok() == number);
    all.iter().find(is_it).ok_or_else(|| CounterfactualError::NoLevel {
        name: name.to_string(),
        level: value.to_string(),
        known: all.to_vec(),
    })
}

/// `i(f, x, ref = r)` with one in the place of `x`: the indicators alone, and the same columns.
fn without_slope(expr: &Expr, slope: Option<&Expr>) -> Expr {
    let (ExprKind::Call { function, function_span, args }, Some(slope)) = (&expr.kind, slope) else {
        return expr.clone();
    };
    let one = |arg: &Arg| {
        let is_slope = arg.value.span == slope.span;
        let kind = if is_slope { ExprKind::Number(1.0) } else { arg.value.kind.clone() };
        Arg { name: arg.name.clone(), value: Expr { kind, span: arg.value.span.clone() } }
    };
    let args = args.iter().map(one).collect();
    let kind = ExprKind::Call { function: function.clone(), function_span: function_span.clone(), args };
    Expr { kind, span: expr.span.clone() }
}
