//! [`Leaves`]: the columns that expressions are made of, and expressions with their leaves as `#0`, `#1`, ...

use std::collections::BTreeSet;

use super::super::Evaluator;
use super::super::error::EvaluateError;
use super::super::names::names;
use super::{CounterfactualError, Held};
use crate::formula::{Arg, BinaryOp, Dual, Expr, ExprKind, UnaryOp, differentiate};
use crate::linalg::{sum, weighted_dot};
use crate::panel::Column;

/// Functions whose values are those of other rows: they stand as they are when the row's own value changes.
const OF_OTHER_ROWS: [&str; 3] = ["lag", "lead", "spatial_lag"];

/// A column of the panel on the sample, or a function of several rows.
struct Leaf {
    /// Its canonical text; for a column its name.
    text: String,
    /// Whether it may be held or differentiated.
    is_open: bool,
    values: Vec<f64>,
    mean: f64,
}

/// The leaves of several expressions, each once.
pub(super) struct Leaves {
    rows: Vec<u32>,
    weights: Option<Vec<f64>>,
    open: BTreeSet<String>,
    known: Vec<Leaf>,
}

impl Leaves {
    pub(super) fn new((rows, weights): (&[u32], Option<&[f64]>), open: &BTreeSet<String>) -> Leaves {
        let weights = weights.map(<[f64]>::to_vec);
        Leaves { rows: rows.to_vec(), weights, open: open.clone(), known: Vec::new() }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.known.iter().any(|leaf| leaf.text == name)
    }

    pub(super) fn is_open(&self, name: &str) -> bool {
        self.open.contains(name)
    }

    /// The (weighted) mean over the sample.
    pub(super) fn mean(&self, values: &[f64]) -> f64 {
        let total = self.weights.as_ref().map_or(values.len() as f64, |weights| sum(weights));
        weighted_dot(values, &vec![1.0; values.len()], self.weights.as_deref()) / total
    }

    /// The distinct values of a column, ascending, as they print.
    pub(super) fn distinct(&self, name: &str) -> Option<Vec<String>> {
        let mut values = self.known.iter().find(|leaf| leaf.text == name)?.values.clone();
        values.sort_by(f64::total_cmp);
        values.dedup();
        Some(values.iter().map(|value| format!("{value}")).collect())
    }

    /// The values of a column of the panel on the sample.
    pub(super) fn on_sample(&self, values: &[f64]) -> Vec<f64> {
        self.rows.iter().map(|&row| values[row as usize]).collect()
    }

    /// The open variable that an expression leads to, directly or through variables of the study.
    pub(super) fn leads_to(&self, evaluator: &Evaluator, expr: &Expr) -> Option<String> {
        let mut waiting: Vec<&Expr> = vec![expr];
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        while let Some(next) = waiting.pop() {
            for (name, _) in names(next) {
                if self.open.contains(name) {
                    return Some(name.to_string());
                }
                if seen.insert(name) {
                    waiting.extend(evaluator.setting.definitions.get(name));
                }
            }
        }
        None
    }

    /// The expression with its leaves as positions.
    pub(super) fn rewrite(&mut self, evaluator: &Evaluator, expr: &Expr) -> Result<Expr, CounterfactualError> {
        let kind = match &expr.kind {
            ExprKind::Number(value) => ExprKind::Number(*value),
            ExprKind::Name(name) if !self.open.contains(name) => match evaluator.setting.definitions.get(name) {
                Some(definition) if self.leads_to(evaluator, definition).is_some() => {
                    return self.rewrite(evaluator, definition);
                }
                _ => return self.leaf(evaluator, expr),
            },
            ExprKind::Name(_) => return self.leaf(evaluator, expr),
            ExprKind::Unary(UnaryOp::Negate, x) => {
                ExprKind::Unary(UnaryOp::Negate, Box::new(self.rewrite(evaluator, x)?))
            }
            ExprKind::Binary(op, a, b) if is_smooth(*op) => {
                let (a, b) = (self.rewrite(evaluator, a)?, self.rewrite(evaluator, b)?);
                ExprKind::Binary(*op, Box::new(a), Box::new(b))
            }
            ExprKind::Call { function, .. } if OF_OTHER_ROWS.contains(&function.as_str()) => {
                return self.column(evaluator, expr);
            }
            ExprKind::Call { function, .. } if function == "diff" || function == "growth" => {
                return match difference(expr) {
                    Some(difference) => self.rewrite(evaluator, &difference),
                    None => self.leaf(evaluator, expr),
                };
            }
            ExprKind::Call { function, function_span, args } if is_smooth_function(function, args) => {
                let args = args
                    .iter()
                    .map(|arg| Ok(Arg { name: arg.name.clone(), value: self.rewrite(evaluator, &arg.value)? }))
                    .collect::<Result<_, CounterfactualError>>()?;
                ExprKind::Call { function: function.clone(), function_span: function_span.clone(), args }
            }
            _ => return self.leaf(evaluator, expr),
        };
        Ok(Expr { kind, span: expr.span.clone() })
    }

    fn leaf(&mut self, evaluator: &Evaluator, expr: &Expr) -> Result<Expr, CounterfactualError> {
        let is_name = matches!(expr.kind, ExprKind::Name(_));
        if !is_name && let Some(name) = self.leads_to(evaluator, expr) {
            return Err(CounterfactualError::Fixed { text: expr.canonical(), name });
        }
        self.column(evaluator, expr)
    }

    /// The position of an expression that is evaluated as it stands.
    fn column(&mut self, evaluator: &Evaluator, expr: &Expr) -> Result<Expr, CounterfactualError> {
        let is_name = matches!(expr.kind, ExprKind::Name(_));
        let text = match &expr.kind {
            ExprKind::Name(name) => name.clone(),
            _ => expr.canonical(),
        };
        let known = self.known.iter().position(|leaf| leaf.text == text);
        let position = match known {
            Some(position) => position,
            None => {
                let Column::Number(values) = evaluator.evaluate(expr)? else {
                    let fault = EvaluateError::NotNumeric { what: text, span: expr.span.clone() };
                    return Err(fault.into());
                };
                let values = self.on_sample(&values);
                let is_open = is_name && self.open.contains(&text);
                self.known.push(Leaf { text, is_open, mean: self.mean(&values), values });
                self.known.len() - 1
            }
        };
        Ok(Expr { kind: ExprKind::Name(format!("#{position}")), span: expr.span.clone() })
    }

    /// The leaves at held values.
    pub(super) fn at<'a>(&'a self, held: &Held, of: Option<&str>) -> Result<At<'a>, CounterfactualError> {
        let fixed = |leaf: &Leaf| match held.values.get(&leaf.text) {
            Some(value) if leaf.is_open => match value.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(CounterfactualError::NotNumber { name: leaf.text.clone(), value: value.clone() }),
            },
            _ if held.at_means => Ok(Some(leaf.mean)),
            _ => Ok(None),
        };
        Ok(At {
            leaves: &self.known,
            fixed: self.known.iter().map(fixed).collect::<Result<_, _>>()?,
            slope: of.and_then(|name| self.known.iter().position(|leaf| leaf.text == name)),
        })
    }
}

/// Leaves with values held.
pub(super) struct At<'a> {
    leaves: &'a [Leaf],
    fixed: Vec<Option<f64>>,
    /// The leaf that is differentiated.
    slope: Option<usize>,
}

impl At<'_> {
    /// The value of `#k` in a row, and its derivative.
    pub(super) fn dual(&self, name: &str, row: usize) -> Option<Dual> {
        let k: usize = name.strip_prefix('#')?.parse().ok()?;
        let value = match self.fixed.get(k)? {
            Some(value) => *value,
            None => *self.leaves[k].values.get(row)?,
        };
        Some(Dual { value, slope: f64::from(self.slope == Some(k)) })
    }
}

/// `diff(x, k)` as `x - lag(x, k)`, and `growth(x, k)` as `log(x) - log(lag(x, k))`.
fn difference(expr: &Expr) -> Option<Expr> {
    let ExprKind::Call { function, function_span, args } = &expr.kind else { return None };
    let at = |kind: ExprKind| Expr { kind, span: expr.span.clone() };
    let call = |name: &str, args: Vec<Arg>| {
        at(ExprKind::Call { function: name.to_string(), function_span: function_span.clone(), args })
    };
    let x =
        args.iter().find(|arg| arg.name.as_deref() == Some("x")).or_else(|| args.iter().find(|a| a.name.is_none()))?;
    let logged = |value: Expr| if function == "growth" { call("log", vec![Arg { name: None, value }]) } else { value };
    let (now, before) = (logged(x.value.clone()), logged(call("lag", args.clone())));
    Some(at(ExprKind::Binary(BinaryOp::Subtract, Box::new(now), Box::new(before))))
}

fn is_smooth(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Power)
}

/// Whether a function of one number has a derivative rule.
fn is_smooth_function(function: &str, args: &[Arg]) -> bool {
    let [only] = args else { return false };
    let span = only.value.span.clone();
    let value = Expr { kind: ExprKind::Number(1.0), span: span.clone() };
    let args = vec![Arg { name: only.name.clone(), value }];
    let kind = ExprKind::Call { function: function.to_string(), function_span: span.clone(), args };
    differentiate(&Expr { kind, span }, &|_| None).is_ok()
}
