//! Functions of text. What depends on one text is computed once per level, and on two texts once per pair that occurs.
//!
//! Missing text gives a missing value. Characters are Unicode scalar values, positions are counted from 1, and nothing is
//! folded: `contains` compares letter by letter. A number is not text, except to `text`, `concat` and `number`.

use std::collections::HashMap;

use super::Evaluator;
use super::error::EvaluateError;
use super::functions::Call;
use super::value::{Numbers, Text, Value};
use crate::formula::{Expr, ExprKind};
use crate::panel::Factor;

impl Evaluator<'_> {
    pub(super) fn textual(&self, call: &Call) -> Result<Value, EvaluateError> {
        let name = call.function.name;
        match name {
            "text" => return Ok(self.spelled(self.value(call.required("x")?)?)),
            "concat" => return self.concat(call),
            "number" => return self.number(call.required("text")?),
            _ => {}
        }
        let subject = call.required("text")?;
        let value = self.value(subject)?;
        let text = self.as_text(&value, subject)?;
        match name {
            "length" => Ok(self.numbers_of(text, |text| text.chars().count() as f64)),
            "substring" => {
                let (start, length) = (position(call, "start", 1.0)?, position(call, "length", 0.0)?);
                Ok(self.texts_of(text, |text| text.chars().skip(start - 1).take(length).collect()))
            }
            _ => {
                let part = call.required(match name {
                    "starts_with" => "start",
                    "ends_with" => "end",
                    _ => "part",
                })?;
                let found: fn(&str, &str) -> bool = match name {
                    "starts_with" => |text, part| text.starts_with(part),
                    "ends_with" => |text, part| text.ends_with(part),
                    _ => |text, part| text.contains(part),
                };
                let parts = self.value(part)?;
                Ok(self.found(text, self.as_text(&parts, part)?, found))
            }
        }
    }

    fn as_text<'v>(&self, value: &'v Value, expr: &Expr) -> Result<Text<'v>, EvaluateError> {
        value.as_text().ok_or_else(|| {
            let what = match &expr.kind {
                ExprKind::Name(name) => name.clone(),
                _ => "this".to_string(),
            };
            EvaluateError::NotText { what, span: expr.span.clone() }
        })
    }

    /// Numbers as text, whole ones without decimals.
    fn spelled(&self, value: Value) -> Value {
        match value {
            Value::Numbers(Numbers::One(number)) if !number.is_nan() => Value::Word(format!("{}", number + 0.0)),
            Value::Numbers(_) => Value::Texts(value.into_column(self.panel.n_rows()).to_factor()),
            text => text,
        }
    }

    /// The numbers that texts spell; how many spell none is noted.
    fn number(&self, expr: &Expr) -> Result<Value, EvaluateError> {
        let value = self.value(expr)?;
        let Some(text) = value.as_text() else { return Ok(value) };
        let numbers = self.numbers_of(text, |text| text.parse().unwrap_or(f64::NAN));
        if let Value::Numbers(numbers) = &numbers {
            let spells_none = |row: &usize| text.code(*row).is_some() && numbers.at(*row).is_nan();
            self.note_undefined("number", expr, (0..self.panel.n_rows()).filter(spells_none).count());
        }
        Ok(numbers)
    }

    fn concat(&self, call: &Call) -> Result<Value, EvaluateError> {
        let mut joined = Value::Word(String::new());
        for expr in &call.positional {
            let next = self.spelled(self.value(expr)?);
            let (Some(left), Some(right)) = (joined.as_text(), next.as_text()) else { continue };
            joined = match (left, right) {
                (Text::Word(a), Text::Word(b)) => Value::Word(format!("{a}{b}")),
                (Text::Word(a), right) => self.texts_of(right, |b| format!("{a}{b}")),
                (left, Text::Word(b)) => self.texts_of(left, |a| format!("{a}{b}")),
                (left, right) => self.joined(left, right),
            };
        }
        Ok(joined)
    }

    fn joined(&self, left: Text, right: Text) -> Value {
        let (on_left, on_right) = (left.levels(), right.levels());
        let mut pairs: HashMap<(usize, usize), usize> = HashMap::new();
        let mut levels = Vec::new();
        let mut code = |row: usize| {
            let pair = (left.code(row)?, right.code(row)?);
            Some(*pairs.entry(pair).or_insert_with(|| {
                levels.push(format!("{}{}", on_left[pair.0], on_right[pair.1]));
                levels.len() - 1
            }))
        };
        let codes: Vec<Option<usize>> = (0..self.panel.n_rows()).map(&mut code).collect();
        Value::Texts(merged(&codes, levels))
    }

    /// A number of each level.
    fn numbers_of(&self, text: Text, of: impl Fn(&str) -> f64) -> Value {
        let results: Vec<f64> = text.levels().into_iter().map(of).collect();
        Value::Numbers(match text {
            Text::Word(_) => Numbers::One(results[0]),
            Text::Rows(_) => Numbers::rows(self.rows(|row| text.code(row).map_or(f64::NAN, |code| results[code]))),
        })
    }

    /// A text of each level.
    fn texts_of(&self, text: Text, of: impl Fn(&str) -> String) -> Value {
        match text {
            Text::Word(word) => Value::Word(of(word)),
            Text::Rows(_) => {
                let levels = text.levels().into_iter().map(of).collect();
                Value::Texts(merged(&self.rows(|row| text.code(row)), levels))
            }
        }
    }

    /// Whether a test holds of two texts.
    fn found(&self, text: Text, part: Text, test: fn(&str, &str) -> bool) -> Value {
        if let Text::Word(part) = part {
            return self.numbers_of(text, |text| f64::from(test(text, part)));
        }
        let (texts, parts) = (text.levels(), part.levels());
        let mut known: HashMap<(usize, usize), f64> = HashMap::new();
        Value::Numbers(Numbers::rows(self.rows(|row| match (text.code(row), part.code(row)) {
            (Some(a), Some(b)) => *known.entry((a, b)).or_insert_with(|| f64::from(test(texts[a], parts[b]))),
            _ => f64::NAN,
        })))
    }

    /// Text by a condition; missing where the condition is.
    pub(super) fn choose_text(&self, condition: &Numbers, yes: Text, no: Text) -> Value {
        self.picked(&[yes, no], |row| match condition.at(row) {
            x if x.is_nan() => None,
            0.0 => Some(1),
            _ => Some(0),
        })
    }

    /// The first text of each row that is not missing.
    pub(super) fn first_text(&self, texts: &[Text]) -> Value {
        self.picked(texts, |row| texts.iter().position(|text| text.code(row).is_some()))
    }

    /// In each row the text that `which` picks.
    fn picked(&self, texts: &[Text], which: impl Fn(usize) -> Option<usize>) -> Value {
        let mut levels = Vec::new();
        let mut offsets = Vec::new();
        for text in texts {
            offsets.push(levels.len());
            levels.extend(text.levels().into_iter().map(String::from));
        }
        let code = |row: usize| {
            let k = which(row)?;
            Some(offsets[k] + texts[k].code(row)?)
        };
        Value::Texts(merged(&self.rows(code), levels))
    }

    fn rows<T>(&self, of: impl FnMut(usize) -> T) -> Vec<T> {
        (0..self.panel.n_rows()).map(of).collect()
    }
}

/// A whole number written out, at least `least`.
fn position(call: &Call, name: &str, least: f64) -> Result<usize, EvaluateError> {
    let value = call.constant(name, least)?;
    match value.fract() == 0.0 && value >= least {
        true => Ok(value as usize),
        false => Err(call.wrong(&call.required(name)?.span)),
    }
}

/// A factor whose levels may repeat, with equal levels made one and those that no row has left out.
fn merged(codes: &[Option<usize>], levels: Vec<String>) -> Factor {
    let mut first: HashMap<String, u32> = HashMap::new();
    let mut of_level: Vec<Option<u32>> = vec![None; levels.len()];
    let mut names = Vec::new();
    let mut code_of = |level: usize| {
        *of_level[level].get_or_insert_with(|| {
            *first.entry(levels[level].clone()).or_insert_with(|| {
                names.push(levels[level].clone());
                (names.len() - 1) as u32
            })
        })
    };
    let codes = codes.iter().map(|code| code.map_or(Factor::MISSING, &mut code_of)).collect();
    Factor::new(codes, names)
}
