//! What a spatially lagged expression is made of: which columns tell its values apart within a region, and what it is
//! worth where there is no activity. Variables of the study are looked through to their definitions.

use super::Evaluator;
use super::error::EvaluateError;
use super::functions::Call;
use super::rowwise::{function_of_one, operate};
use crate::formula::{BinaryOp, Expr, ExprKind, Room, UnaryOp};

/// What tells the values of an expression apart within a region and period.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    /// Nothing says so yet: no measure in it.
    Unsaid,
    /// Nothing does: one value for the region.
    Region,
    /// The group of a measure.
    Group(String),
    /// The unit's columns other than the region.
    Unit,
}

impl Key {
    fn and(self, other: Key) -> Key {
        match (self, other) {
            (Key::Unsaid, key) | (key, Key::Unsaid) => key,
            (Key::Region, key) | (key, Key::Region) => key,
            (Key::Group(a), Key::Group(b)) if a == b => Key::Group(a),
            _ => Key::Unit,
        }
    }
}

/// Variables of variables are followed this far; definitions have no cycles, so it only bounds the work.
const MAX_DEPTH: usize = 200;

impl Evaluator<'_> {
    /// What an expression is worth where every `share` and `lq` in it is zero; missing when it has anything else in it
    /// that depends on the row.
    pub(super) fn worth_without_activity(&self, expr: &Expr, depth: usize) -> f64 {
        let worth = |expr: &Expr| self.worth_without_activity(expr, depth + 1);
        match &expr.kind {
            _ if depth > MAX_DEPTH => f64::NAN,
            ExprKind::Number(value) => *value,
            ExprKind::Name(name) => self.setting.definitions.get(name).map_or(f64::NAN, worth),
            ExprKind::Unary(UnaryOp::Negate, x) => -worth(x),
            ExprKind::Binary(
                op @ (BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide),
                a,
                b,
            )
            | ExprKind::Binary(op @ BinaryOp::Power, a, b) => operate(*op, worth(a), worth(b)),
            ExprKind::Call { function, args, .. } => match (function.as_str(), args.as_slice()) {
                ("share" | "lq", _) => 0.0,
                ("symmetric_lq", _) => -1.0,
                ("I", [x]) => worth(&x.value),
                (name, [x]) => function_of_one(name).map_or(f64::NAN, |function| function(worth(&x.value))),
                _ => f64::NAN,
            },
            _ => f64::NAN,
        }
    }

    /// The columns of the key: `by`, or what the measures in `x` say, or the unit without the region.
    pub(super) fn key_columns(&self, call: &Call, x: &Expr) -> Result<Vec<String>, EvaluateError> {
        let roles = &self.setting.roles;
        let mut names = Vec::new();
        let by = call.by()?;
        for (name, span) in &by {
            names.push(self.column_name(name, span)?);
        }
        if by.is_empty() {
            names = match self.key(x, 0)? {
                Key::Region => Vec::new(),
                Key::Group(column) => vec![column],
                Key::Unsaid | Key::Unit => self.panel.index.unit.clone(),
            };
        }
        names.retain(|name| roles.region.as_ref() != Some(name) && self.panel.index.time.as_ref() != Some(name));
        Ok(names)
    }

    fn key(&self, expr: &Expr, depth: usize) -> Result<Key, EvaluateError> {
        if depth > MAX_DEPTH {
            return Ok(Key::Unit);
        }
        let all =
            |parts: &[&Expr]| parts.iter().try_fold(Key::Unsaid, |key, part| Ok(key.and(self.key(part, depth + 1)?)));
        match &expr.kind {
            ExprKind::Name(name) => {
                self.setting.definitions.get(name).map_or(Ok(Key::Unsaid), |x| self.key(x, depth + 1))
            }
            ExprKind::Unary(_, x) => self.key(x, depth + 1),
            ExprKind::Binary(_, a, b) => all(&[a, b]),
            ExprKind::In { value, .. } => self.key(value, depth + 1),
            ExprKind::Call { function, function_span, args, .. } => {
                let call = Call::new(function, function_span, args, &expr.span)?;
                match call.function.room {
                    Room::Measure => self.measure_key(&call),
                    Room::Space => self.key(call.required("x")?, depth + 1),
                    _ => all(&call.positional),
                }
            }
            _ => Ok(Key::Unsaid),
        }
    }

    fn measure_key(&self, call: &Call) -> Result<Key, EvaluateError> {
        if call.function.name == "herfindahl" && call.get("within").is_none() {
            return Ok(Key::Region);
        }
        let within = self.within(call)?;
        if call.function.name != "herfindahl" && self.is_outside(call, &within)? {
            return Ok(Key::Unit);
        }
        Ok(Key::Group(within.column))
    }
}
