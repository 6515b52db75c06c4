//! Expressions on a panel: from syntax trees to columns.
//!
//! An [`Evaluator`] gives an expression its meaning on one panel: numbers or text per row ([`Evaluator::evaluate`]), truth
//! values for filters ([`Evaluator::truth`]), named columns for regressors ([`Evaluator::terms`]). [`variables`] adds the
//! variables of a study to the panel. Nothing here depends on the order of the rows, on files, or on time. Findings that
//! do not stop a run are collected as notes.
//!
//! It does not choose the sample: everything is computed on all rows of the panel. Where a regressor depends on the sample
//! (the levels of a factor, orthogonal polynomials), [`Evaluator::on_sample`] says which rows count.

mod check;
pub mod counterfactual;
mod encode;
mod error;
mod functions;
mod groups;
mod key;
mod measures;
mod names;
mod order;
mod points;
mod polynomial;
mod rowwise;
mod spatial;
mod structure;
mod text;
mod time;
mod value;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;

pub use check::faults;
pub use encode::Term;
pub use error::{EvaluateError, VariableFault};
pub use names::{names, weights_names};
pub use order::{dependency_order, variables};

use error::nearest;
use functions::Call;
use value::{Numbers, Value};

use crate::formula::{Expr, ExprKind, Room, Span};
use crate::mapping::{Codes, Relatedness};
use crate::note::Note;
use crate::panel::{Column, Factor, Panel};
use crate::space::SpatialWeights;

/// Which columns of the panel play which part in the measures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roles {
    /// The region, whose ids the spatial weights use.
    pub region: Option<String>,
    /// The industry.
    pub industry: Option<String>,
    /// The cluster that the row's industry belongs to.
    pub cluster: Option<String>,
    /// Whether the row's industry is traded: 1 and 0, or `TRUE` and `FALSE`.
    pub traded: Option<String>,
}

impl Roles {
    /// The column that plays a role, named by the role's word.
    fn column(&self, role: &str) -> Option<&str> {
        match role {
            "region" => self.region.as_deref(),
            "industry" => self.industry.as_deref(),
            "cluster" => self.cluster.as_deref(),
            "traded" => self.traded.as_deref(),
            _ => None,
        }
    }
}

/// What a study says besides its data: everything an expression may refer to that is not a column.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// Which columns play which part.
    pub roles: Roles,
    /// The spatial weights by name.
    pub weights: IndexMap<String, SpatialWeights>,
    /// The names of the weights whose regions without neighbours get a spatial lag of zero; elsewhere it is missing.
    pub kept_islands: BTreeSet<String>,
    /// Which clusters are related.
    pub relatedness: Option<Relatedness>,
    /// The variables of the study, whose columns are in the panel: `spatial_lag(x, w)` looks up what `x` is made of.
    pub definitions: IndexMap<String, Expr>,
}

/// The rows for which a condition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Whether it holds; a row where that is not known counts as false.
    pub rows: Vec<bool>,
    /// In how many rows it is not known.
    pub n_missing: usize,
}

/// Evaluates expressions on a panel.
pub struct Evaluator<'a> {
    panel: &'a Panel,
    setting: &'a Setting,
    sample: Option<&'a [bool]>,
    notes: Mutex<Vec<Note>>,
    codes: Mutex<HashMap<String, Codes>>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for a panel.
    pub fn new(panel: &'a Panel, setting: &'a Setting) -> Self {
        Evaluator { panel, setting, sample: None, notes: Mutex::default(), codes: Mutex::default() }
    }

    /// The same with the rows of a model's sample, one flag per row of the panel: [`Evaluator::terms`] then gives columns
    /// to the levels that occur there only, and makes polynomials orthogonal over them. Nothing else changes.
    pub fn on_sample(mut self, sample: &'a [bool]) -> Self {
        self.sample = Some(sample);
        self
    }

    /// The value of an expression, one entry per row of the panel.
    ///
    /// # Errors
    /// Unknown names and functions, and everything else that an [`EvaluateError`] describes, at its place in the text.
    pub fn evaluate(&self, expr: &Expr) -> Result<Column, EvaluateError> {
        Ok(self.value(expr)?.into_column(self.panel.n_rows()))
    }

    /// The rows for which a condition holds. Missing counts as false, and is counted.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`]; also when a value is neither true nor false.
    pub fn truth(&self, expr: &Expr) -> Result<Truth, EvaluateError> {
        let values = self.condition(expr)?.into_rows(self.panel.n_rows());
        let rows = values.iter().map(|&value| value == 1.0).collect();
        Ok(Truth { rows, n_missing: values.iter().filter(|value| value.is_nan()).count() })
    }

    /// What was found so far, each finding once.
    pub fn notes(&self) -> Vec<Note> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn value(&self, expr: &Expr) -> Result<Value, EvaluateError> {
        match &expr.kind {
            ExprKind::Number(value) => Ok(Value::Numbers(Numbers::One(*value))),
            ExprKind::Truth(truth) => Ok(Value::Numbers(Numbers::One(f64::from(*truth)))),
            ExprKind::Text(text) => Ok(Value::Word(text.clone())),
            ExprKind::Name(name) => Ok(match self.panel.get(&self.column_name(name, &expr.span)?) {
                Some(Column::Text(factor)) => Value::Texts(factor.clone()),
                Some(Column::Number(values)) => Value::Numbers(Numbers::Rows(Arc::clone(values))),
                None => return Err(self.unknown_name(name, &expr.span)),
            }),
            ExprKind::Unary(op, x) => self.unary(*op, x),
            ExprKind::Binary(op, a, b) => self.binary(*op, a, b),
            ExprKind::In { value, list, negated } => self.membership(value, list, *negated),
            ExprKind::Call { function, function_span, args } => {
                self.call(&Call::new(function, function_span, args, &expr.span)?)
            }
            ExprKind::Combined(parts) => self.combined(parts, &expr.span),
            ExprKind::Interaction(_) => {
                Err(EvaluateError::OnlyRegressor { what: "an interaction".to_string(), span: expr.span.clone() })
            }
        }
    }

    fn call(&self, call: &Call) -> Result<Value, EvaluateError> {
        match call.function.room {
            Room::Row => self.rowwise(call),
            Room::Text => self.textual(call),
            Room::Time => self.shifted(call),
            Room::Group => self.grouped(call),
            Room::Measure => self.measure(call),
            Room::Structure => self.structure(call),
            Room::Space => self.spatial(call),
            Room::Argument => {
                let function = call.function.name.to_string();
                Err(EvaluateError::OnlyArgument { function, span: call.span.clone() })
            }
            Room::Regressor => {
                let what = format!("{}()", call.function.name);
                Err(EvaluateError::OnlyRegressor { what, span: call.span.clone() })
            }
        }
    }

    fn combined(&self, parts: &[String], span: &Span) -> Result<Value, EvaluateError> {
        let column = |name: &String| {
            let column = self.panel.get(&self.column_name(name, span)?).map(Column::to_factor);
            column.ok_or_else(|| self.unknown_name(name, span))
        };
        let factors: Vec<Factor> = parts.iter().map(column).collect::<Result<_, EvaluateError>>()?;
        Ok(Value::Texts(Factor::interact(&factors.iter().collect::<Vec<_>>())))
    }

    /// The value of an expression as numbers.
    fn numeric(&self, expr: &Expr) -> Result<Numbers, EvaluateError> {
        let value = self.value(expr)?;
        self.coerce(value, expr)
    }

    fn coerce(&self, value: Value, expr: &Expr) -> Result<Numbers, EvaluateError> {
        value.into_numbers().map_err(|example| {
            let what = match &expr.kind {
                ExprKind::Name(name) => name.clone(),
                _ => format!("\"{example}\""),
            };
            EvaluateError::NotNumeric { what, span: expr.span.clone() }
        })
    }

    /// The value of an expression as truth values: 1, 0 and missing, nothing else.
    fn condition(&self, expr: &Expr) -> Result<Numbers, EvaluateError> {
        let neither = |example: String| EvaluateError::NotATruthValue { example, span: expr.span.clone() };
        let numbers = self.value(expr)?.into_numbers().map_err(neither)?;
        let other = numbers.iter().find(|&x| x != 0.0 && x != 1.0 && !x.is_nan());
        match other {
            Some(value) => Err(neither(format!("{value}"))),
            None => Ok(numbers),
        }
    }

    /// The column that a name stands for in arithmetic: the column of that name, or else the one that plays the role of
    /// that name.
    fn column_name(&self, name: &str, span: &Span) -> Result<String, EvaluateError> {
        if self.panel.get(name).is_some() {
            return Ok(name.to_string());
        }
        match self.setting.roles.column(name).filter(|column| self.panel.get(column).is_some()) {
            Some(column) => Ok(column.to_string()),
            None if name == "cluster" => Err(EvaluateError::NoClusters { span: span.clone() }),
            None => Err(self.unknown_name(name, span)),
        }
    }

    /// The column that a name stands for in a measure: the one that plays the role of that name, or else the column of
    /// that name.
    fn group_column(&self, name: &str, span: &Span) -> Result<String, EvaluateError> {
        match self.setting.roles.column(name).filter(|column| self.panel.get(column).is_some()) {
            Some(column) => Ok(column.to_string()),
            None => self.column_name(name, span),
        }
    }

    fn unknown_name(&self, name: &str, span: &Span) -> EvaluateError {
        let known = self.panel.names().chain(self.setting.definitions.keys().map(String::as_str));
        EvaluateError::UnknownName { name: name.to_string(), nearest: nearest(name, known), span: span.clone() }
    }

    /// The codes of a column, computed once.
    fn codes(&self, name: &str, span: &Span) -> Result<Codes, EvaluateError> {
        let name = self.column_name(name, span)?;
        let mut known = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(codes) = known.get(&name) {
            return Ok(codes.clone());
        }
        let codes = self.panel.get(&name).map(Codes::of).ok_or_else(|| self.unknown_name(&name, span))?;
        known.insert(name, codes.clone());
        Ok(codes)
    }

    /// The codes of the periods; one period where the panel has no time.
    fn time_codes(&self) -> Codes {
        let time = self.panel.index.time.as_deref().and_then(|name| self.codes(name, &(0..0)).ok());
        time.unwrap_or_else(|| Codes::single(self.panel.n_rows()))
    }

    fn note(&self, note: Note) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// Notes in how many rows a function of an expression has no value although the expression has one.
    fn note_undefined(&self, function: &str, of: &Expr, rows: usize) {
        if rows > 0 {
            let mut of: Vec<&str> = names(of).into_iter().map(|(name, _)| name).collect();
            of.dedup();
            self.note(Note::Undefined { function: function.to_string(), of: of.join(", "), rows });
        }
    }
}
