//! Regressors: from a term of a formula to the columns it stands for, with their names.
//!
//! - A number: one column, named as written.
//! - Text, or `i(factor)`: a column of 0 and 1 per level but the reference, named `i(year, ref = 2005)::2007`. Without
//!   `ref` the reference is the first level, in the order of numbers where all levels are numbers, else of text.
//! - `i(factor, x)`: the level's column times `x`, and every level has one unless `ref` is given, as in fixest.
//! - `x:y`: products, of all combinations where factors are involved. A factor keeps its first level here, as its last
//!   column: when the model also has `x` itself, that column is the one found to be redundant.
//! - `poly(x, 3)`: orthogonal polynomials.
//!
//! Levels are those that occur in the sample of the model, if the evaluator was given one.

use super::Evaluator;
use super::error::{EvaluateError, nearest};
use super::functions::Call;
use super::polynomial::Polynomial;
use super::value::{Numbers, Value};
use crate::formula::{Expr, ExprKind, Room};
use crate::panel::{Column, Factor};

/// A named column of a regressor.
pub type Term = (String, Vec<f64>);

impl Evaluator<'_> {
    /// The columns of a term and their names, which begin with the term as written in `text`, the text it was parsed
    /// from.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`]; also a reference that is no level, and a degree beyond the number of distinct values.
    pub fn terms(&self, expr: &Expr, text: &str) -> Result<Vec<Term>, EvaluateError> {
        let ExprKind::Interaction(parts) = &expr.kind else { return self.encode(expr, text, false) };
        let mut product: Vec<Term> = Vec::new();
        for (k, part) in parts.iter().enumerate() {
            let columns = self.encode(part, text, true)?;
            product = if k == 0 { columns } else { products(&product, &columns) };
        }
        Ok(product)
    }

    pub(super) fn encode(&self, expr: &Expr, text: &str, is_interacted: bool) -> Result<Vec<Term>, EvaluateError> {
        let name = expr.text(text);
        if let ExprKind::Call { function, function_span, args } = &expr.kind {
            let call = Call::new(function, function_span, args, &expr.span)?;
            match (call.function.room, call.function.name) {
                (Room::Regressor, "i") => return self.indicators(&call, &name, is_interacted),
                (Room::Regressor, _) => return self.powers(&call, &name),
                _ => {}
            }
        }
        let n_rows = self.panel.n_rows();
        match self.value(expr)? {
            Value::Numbers(numbers) => Ok(vec![(name, owned(numbers, n_rows))]),
            text => {
                let levels = Levels::of(&text.into_column(n_rows), self.sample);
                let reference = levels.names.first().map(|_| 0).into_iter().collect::<Vec<_>>();
                Ok(levels.columns(&name, &reference, is_interacted, None))
            }
        }
    }

    fn indicators(&self, call: &Call, name: &str, is_interacted: bool) -> Result<Vec<Term>, EvaluateError> {
        let n_rows = self.panel.n_rows();
        let levels = Levels::of(&self.value(call.required("factor")?)?.into_column(n_rows), self.sample);
        let slope = call.get("x").map(|x| Ok(self.numeric(x)?.into_rows(n_rows))).transpose()?;
        let (reference, keeps_reference) = match call.get("ref") {
            None => (levels.names.first().map(|_| 0).into_iter().collect(), is_interacted || slope.is_some()),
            Some(expr) => (levels.find(expr)?, false),
        };
        Ok(levels.columns(name, &reference, keeps_reference, slope.as_ref().map(|slope| slope.as_slice())))
    }

    fn powers(&self, call: &Call, name: &str) -> Result<Vec<Term>, EvaluateError> {
        let x = self.numeric(call.required("x")?)?.into_rows(self.panel.n_rows());
        let columns = self.polynomial(call)?.columns(&x);
        Ok(columns.into_iter().enumerate().map(|(k, column)| (format!("{name}{}", k + 1), column)).collect())
    }

    /// The polynomials of `poly()`, found on the sample.
    pub(super) fn polynomial(&self, call: &Call) -> Result<Polynomial, EvaluateError> {
        let degree_at = call.required("degree")?;
        let degree = call.constant("degree", 1.0)?;
        if !(1.0..=30.0).contains(&degree) || degree.fract() != 0.0 {
            return Err(call.wrong(&degree_at.span));
        }
        let is_raw = match call.get("raw") {
            None => false,
            Some(expr) => match expr.kind {
                ExprKind::Truth(truth) => truth,
                _ => return Err(call.wrong(&expr.span)),
            },
        };
        if is_raw {
            return Ok(Polynomial::Raw(degree as usize));
        }
        let x = self.numeric(call.required("x")?)?.into_rows(self.panel.n_rows());
        Polynomial::orthogonal(&x, degree as usize, self.sample).map_err(|distinct| EvaluateError::Degree {
            degree: degree as usize,
            distinct,
            span: call.span.clone(),
        })
    }

    /// The levels of a factor in the sample, in the order of its columns, the reference included.
    pub(super) fn level_names(&self, factor: &Expr) -> Result<Vec<String>, EvaluateError> {
        Ok(Levels::of(&self.value(factor)?.into_column(self.panel.n_rows()), self.sample).names)
    }
}

/// A factor with its levels in order, and the position in that order of each row's level.
struct Levels {
    names: Vec<String>,
    position: Vec<Option<usize>>,
}

impl Levels {
    fn of(column: &Column, sample: Option<&[bool]>) -> Self {
        let factor = column.to_factor();
        let is_in = |row: usize| sample.is_none_or(|sample| sample.get(row).copied().unwrap_or(false));
        let mut is_used = vec![false; factor.n_levels()];
        for (row, &code) in factor.codes.iter().enumerate() {
            if code != Factor::MISSING && is_in(row) {
                is_used[code as usize] = true;
            }
        }
        let mut order: Vec<usize> = (0..factor.n_levels()).filter(|&level| is_used[level]).collect();
        let numbers: Vec<Option<f64>> = factor.levels.iter().map(|level| level.parse().ok()).collect();
        let are_numbers = order.iter().all(|&level| numbers[level].is_some());
        order.sort_by(|&a, &b| {
            let by_number = match (numbers[a], numbers[b]) {
                (Some(a), Some(b)) if are_numbers => a.total_cmp(&b),
                _ => std::cmp::Ordering::Equal,
            };
            by_number.then_with(|| factor.levels[a].cmp(&factor.levels[b]))
        });
        let mut position_of_level = vec![None; factor.n_levels()];
        order.iter().enumerate().for_each(|(k, &level)| position_of_level[level] = Some(k));
        let position_of = |&code: &u32| position_of_level.get(code as usize).copied().flatten();
        let position = factor.codes.iter().map(position_of).collect();
        Levels { names: order.iter().map(|&level| factor.levels[level].clone()).collect(), position }
    }

    /// The positions of the levels that `ref` names: one, or several in `c(a, b)`.
    fn find(&self, expr: &Expr) -> Result<Vec<usize>, EvaluateError> {
        if let ExprKind::Call { function, args, .. } = &expr.kind
            && function == "c"
        {
            let found: Result<Vec<_>, _> = args.iter().map(|arg| self.find(&arg.value)).collect();
            return Ok(found?.concat());
        }
        let number = super::functions::constant(expr);
        let level = match (&expr.kind, number) {
            (_, Some(number)) => format!("{number}"),
            (ExprKind::Text(text) | ExprKind::Name(text), _) => text.clone(),
            (ExprKind::Truth(truth), _) => truth.to_string(),
            _ => String::new(),
        };
        let is_it = |name: &String| *name == level || number.is_some_and(|number| name.parse() == Ok(number));
        let found = self.names.iter().position(|name| *name == level).or_else(|| self.names.iter().position(is_it));
        found.map(|position| vec![position]).ok_or_else(|| EvaluateError::UnknownLevel {
            nearest: nearest(&level, self.names.iter().map(String::as_str)),
            level,
            span: expr.span.clone(),
        })
    }

    /// One column per level; the reference's are left out, or come last.
    fn columns(&self, name: &str, reference: &[usize], keeps: bool, slope: Option<&[f64]>) -> Vec<Term> {
        let others = (0..self.names.len()).filter(|level| !reference.contains(level));
        let kept = reference.iter().copied().filter(|_| keeps);
        others.chain(kept).map(|level| (format!("{name}::{}", self.names[level]), self.column(level, slope))).collect()
    }

    fn column(&self, level: usize, slope: Option<&[f64]>) -> Vec<f64> {
        let at = |(row, position): (usize, &Option<usize>)| match (position, slope) {
            (None, _) => f64::NAN,
            (Some(position), Some(slope)) if *position == level => slope[row],
            // Missing in every column, so that the row leaves the sample whatever its level.
            (Some(_), Some(slope)) if slope[row].is_nan() => f64::NAN,
            (Some(position), None) => f64::from(*position == level),
            _ => 0.0,
        };
        self.position.iter().enumerate().map(at).collect()
    }
}

fn owned(numbers: Numbers, n_rows: usize) -> Vec<f64> {
    let rows = numbers.into_rows(n_rows);
    std::sync::Arc::try_unwrap(rows).unwrap_or_else(|shared| shared.to_vec())
}

fn products(left: &[Term], right: &[Term]) -> Vec<Term> {
    let product = |(a, x): &Term, (b, y): &Term| (format!("{a}:{b}"), x.iter().zip(y).map(|(x, y)| x * y).collect());
    left.iter().flat_map(|a| right.iter().map(move |b| product(a, b))).collect()
}
