//! What is computed from each row alone: arithmetic, comparison, truth values, and functions of numbers.
//!
//! Missing values: arithmetic and comparison with a missing value is missing. `and`, `or` and `not` know three values:
//! `false and missing` is false, `true or missing` is true, everything else with a missing value is missing. The
//! logarithm of zero or of a negative number, and the root of a negative number, are missing, not infinite; how many
//! rows that concerns is noted.

use super::Evaluator;
use super::error::EvaluateError;
use super::functions::{Call, constant};
use super::value::{Numbers, Value};
use crate::formula::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::panel::Factor;

/// A function of one number, if `name` is one.
pub(super) fn function_of_one(name: &str) -> Option<fn(f64) -> f64> {
    let function: fn(f64) -> f64 = match name {
        "log" => |x| if x > 0.0 { x.ln() } else { f64::NAN },
        "log1p" => |x| if x > -1.0 { x.ln_1p() } else { f64::NAN },
        "log2" => |x| if x > 0.0 { x.log2() } else { f64::NAN },
        "log10" => |x| if x > 0.0 { x.log10() } else { f64::NAN },
        "sqrt" => f64::sqrt,
        "exp" => f64::exp,
        "abs" => f64::abs,
        "sign" => |x| if x == 0.0 || x.is_nan() { x } else { x.signum() },
        "floor" => f64::floor,
        "ceil" => f64::ceil,
        "asinh" => f64::asinh,
        _ => return None,
    };
    Some(function)
}

/// An operator on two numbers; truth values are 1 and 0, missing is NaN.
pub(super) fn operate(op: BinaryOp, a: f64, b: f64) -> f64 {
    let compared = |is_true: bool| if a.is_nan() || b.is_nan() { f64::NAN } else { f64::from(is_true) };
    match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::Divide => a / b,
        // A missing value stays missing, also to the power 0.
        BinaryOp::Power => {
            if a.is_nan() || b.is_nan() {
                f64::NAN
            } else {
                a.powf(b)
            }
        }
        // The remainder has the sign of the divisor, as in R and Python.
        BinaryOp::Modulo => a - b * (a / b).floor(),
        BinaryOp::Equal => compared(a == b),
        BinaryOp::NotEqual => compared(a != b),
        BinaryOp::Less => compared(a < b),
        BinaryOp::LessEqual => compared(a <= b),
        BinaryOp::Greater => compared(a > b),
        BinaryOp::GreaterEqual => compared(a >= b),
        BinaryOp::And if a == 0.0 || b == 0.0 => 0.0,
        BinaryOp::And => a * b,
        BinaryOp::Or if a == 1.0 || b == 1.0 => 1.0,
        BinaryOp::Or => a + b,
    }
}

impl Evaluator<'_> {
    pub(super) fn unary(&self, op: UnaryOp, operand: &Expr) -> Result<Value, EvaluateError> {
        Ok(Value::Numbers(match op {
            UnaryOp::Negate => self.numeric(operand)?.map(|x| -x),
            UnaryOp::Not => self.condition(operand)?.map(|x| 1.0 - x),
        }))
    }

    pub(super) fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Result<Value, EvaluateError> {
        use BinaryOp as B;
        let numbers = match op {
            B::And | B::Or => self.condition(left)?.zip(&self.condition(right)?, |a, b| operate(op, a, b)),
            B::Equal | B::NotEqual | B::Less | B::LessEqual | B::Greater | B::GreaterEqual => {
                self.compare(op, left, right)?
            }
            _ => self.numeric(left)?.zip(&self.numeric(right)?, |a, b| operate(op, a, b)),
        };
        Ok(Value::Numbers(numbers))
    }

    fn compare(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Result<Numbers, EvaluateError> {
        let span = left.span.start..right.span.end;
        let (a, b) = (self.value(left)?, self.value(right)?);
        let is_text = |value: &Value| !matches!(value, Value::Numbers(_));
        if !is_text(&a) && !is_text(&b) {
            return Ok(self.coerce(a, left)?.zip(&self.coerce(b, right)?, |a, b| operate(op, a, b)));
        }
        if is_text(&a) != is_text(&b) {
            // A text column of truth words may still be compared with true and false.
            let against = |_| EvaluateError::TextAgainstNumber { span: span.clone() };
            let is_truth = |expr: &Expr| matches!(expr.kind, ExprKind::Truth(_));
            if !is_truth(left) && !is_truth(right) {
                return Err(against(String::new()));
            }
            let (a, b) = (a.into_numbers().map_err(against)?, b.into_numbers().map_err(against)?);
            return Ok(a.zip(&b, |a, b| operate(op, a, b)));
        }
        match op {
            BinaryOp::Equal => Ok(self.texts_equal(&a, &b)),
            BinaryOp::NotEqual => Ok(self.texts_equal(&a, &b).map(|x| 1.0 - x)),
            _ => Err(EvaluateError::TextOrdering { span }),
        }
    }

    /// Whether two texts are the same, row by row.
    fn texts_equal(&self, a: &Value, b: &Value) -> Numbers {
        match (a, b) {
            (Value::Word(a), Value::Word(b)) => Numbers::One(f64::from(a == b)),
            (Value::Texts(factor), Value::Word(word)) | (Value::Word(word), Value::Texts(factor)) => {
                is_one_of(factor, &[word])
            }
            (Value::Texts(a), Value::Texts(b)) => {
                let same = |row| match (a.text(row), b.text(row)) {
                    (Some(a), Some(b)) => f64::from(a == b),
                    _ => f64::NAN,
                };
                Numbers::rows((0..a.len()).map(same).collect())
            }
            _ => Numbers::One(0.0),
        }
    }

    pub(super) fn membership(&self, value: &Expr, list: &[Expr], negated: bool) -> Result<Value, EvaluateError> {
        let found = match self.value(value)? {
            Value::Texts(factor) => is_one_of(&factor, &texts(list)?),
            Value::Word(word) => Numbers::One(f64::from(texts(list)?.contains(&word.as_str()))),
            Value::Numbers(numbers) => {
                let wanted = list.iter().map(|item| match item.kind {
                    ExprKind::Truth(truth) => Ok(f64::from(truth)),
                    _ => constant(item).ok_or(EvaluateError::TextAgainstNumber { span: item.span.clone() }),
                });
                let wanted: Vec<f64> = wanted.collect::<Result<_, _>>()?;
                numbers.map(|x| if x.is_nan() { x } else { f64::from(wanted.contains(&x)) })
            }
        };
        Ok(Value::Numbers(if negated { found.map(|x| 1.0 - x) } else { found }))
    }

    pub(super) fn rowwise(&self, call: &Call) -> Result<Value, EvaluateError> {
        let name = call.function.name;
        if let Some(function) = function_of_one(name) {
            let x = call.required("x")?;
            let values = self.numeric(x)?;
            let results = values.map(function);
            let undefined = values.iter().zip(results.iter()).filter(|(x, y)| y.is_nan() && !x.is_nan()).count();
            self.note_undefined(name, x, undefined);
            return Ok(Value::Numbers(results));
        }
        match name {
            "I" => return self.value(call.required("x")?),
            "if" => return self.choose(call),
            "coalesce" => return self.coalesce(call),
            _ => {}
        }
        Ok(Value::Numbers(match name {
            "round" => {
                let scale = 10f64.powi(call.constant("digits", 0.0)? as i32);
                // Halves go to the even neighbour, as in R and in IEEE 754.
                self.numeric(call.required("x")?)?.map(|x| (x * scale).round_ties_even() / scale)
            }
            "is_missing" => match self.value(call.required("x")?)? {
                Value::Numbers(numbers) => numbers.map(|x| f64::from(x.is_nan())),
                Value::Word(_) => Numbers::One(0.0),
                Value::Texts(factor) => {
                    Numbers::rows(factor.codes.iter().map(|&code| f64::from(code == Factor::MISSING)).collect())
                }
            },
            "min" => self.fold(call, |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) })?,
            _ => self.fold(call, |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) })?,
        }))
    }

    /// `if(condition, yes, no)`: missing where the condition is.
    fn choose(&self, call: &Call) -> Result<Value, EvaluateError> {
        let condition = self.condition(call.required("condition")?)?;
        let (yes, no) = (call.required("yes")?, call.required("no")?);
        let values = (self.value(yes)?, self.value(no)?);
        if let (Some(yes), Some(no)) = (values.0.as_text(), values.1.as_text()) {
            return Ok(self.choose_text(&condition, yes, no));
        }
        let (yes, no) = (self.coerce(values.0, yes)?, self.coerce(values.1, no)?);
        let at = |row| match condition.at(row) {
            x if x.is_nan() => x,
            0.0 => no.at(row),
            _ => yes.at(row),
        };
        Ok(Value::Numbers(Numbers::rows((0..self.panel.n_rows()).map(at).collect())))
    }

    /// `coalesce(x, y, ...)`: texts when all are.
    fn coalesce(&self, call: &Call) -> Result<Value, EvaluateError> {
        let values: Vec<Value> = call.positional.iter().map(|x| self.value(x)).collect::<Result<_, _>>()?;
        if let Some(texts) = values.iter().map(Value::as_text).collect::<Option<Vec<_>>>() {
            return Ok(self.first_text(&texts));
        }
        let mut numbers = values.into_iter().zip(&call.positional).map(|(value, x)| self.coerce(value, x));
        let first = numbers.next().unwrap_or_else(|| Err(call.wrong(&call.span)))?;
        let first_known = |a: f64, b: f64| if a.is_nan() { b } else { a };
        numbers.try_fold(first, |all, next| Ok(all.zip(&next?, first_known))).map(Value::Numbers)
    }

    /// The arguments of each row folded from the left.
    fn fold(&self, call: &Call, f: impl Fn(f64, f64) -> f64) -> Result<Numbers, EvaluateError> {
        let mut out = self.numeric(call.required("x")?)?;
        for expr in call.positional.iter().skip(1) {
            out = out.zip(&self.numeric(expr)?, &f);
        }
        Ok(out)
    }
}

fn texts(list: &[Expr]) -> Result<Vec<&str>, EvaluateError> {
    let text = |item: &'_ Expr| match &item.kind {
        ExprKind::Text(_) => Ok(()),
        _ => Err(EvaluateError::TextAgainstNumber { span: item.span.clone() }),
    };
    list.iter().try_for_each(text)?;
    Ok(list.iter().filter_map(super::functions::word).collect())
}

/// Whether each row's text is among some; missing where it has none.
fn is_one_of(factor: &Factor, wanted: &[&str]) -> Numbers {
    let levels: Vec<f64> = factor.levels.iter().map(|level| f64::from(wanted.contains(&level.as_str()))).collect();
    let at = |&code: &u32| levels.get(code as usize).copied().unwrap_or(f64::NAN);
    Numbers::rows(factor.codes.iter().map(at).collect())
}
