//! What an expression is worth: one number or text for all rows, or one per row.

use std::sync::Arc;

use crate::panel::{Column, Factor};

/// The value of an expression.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Numbers; truth values are 1 and 0.
    Numbers(Numbers),
    /// The same text in every row.
    Word(String),
    /// Text per row.
    Texts(Factor),
}

/// Numbers, missing is NaN.
#[derive(Clone, Debug)]
pub(super) enum Numbers {
    /// The same in every row.
    One(f64),
    /// One per row.
    Rows(Arc<Vec<f64>>),
}

impl Numbers {
    /// Numbers per row.
    pub fn rows(values: Vec<f64>) -> Self {
        Numbers::Rows(Arc::new(values))
    }

    /// The number of a row.
    #[inline]
    pub fn at(&self, row: usize) -> f64 {
        match self {
            Numbers::One(value) => *value,
            Numbers::Rows(values) => values[row],
        }
    }

    /// A function of each number.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Numbers {
        match self {
            Numbers::One(value) => Numbers::One(f(*value)),
            Numbers::Rows(values) => Numbers::rows(values.iter().map(|&value| f(value)).collect()),
        }
    }

    /// A function of two numbers of each row.
    pub fn zip(&self, other: &Numbers, f: impl Fn(f64, f64) -> f64) -> Numbers {
        match (self, other) {
            (Numbers::One(a), b) => b.map(|b| f(*a, b)),
            (a, Numbers::One(b)) => a.map(|a| f(a, *b)),
            (Numbers::Rows(a), Numbers::Rows(b)) => {
                Numbers::rows(a.iter().zip(b.iter()).map(|(&a, &b)| f(a, b)).collect())
            }
        }
    }

    /// One number per row.
    pub fn into_rows(self, n_rows: usize) -> Arc<Vec<f64>> {
        match self {
            Numbers::One(value) => Arc::new(vec![value; n_rows]),
            Numbers::Rows(values) => values,
        }
    }

    /// The distinct entries: one, or all rows.
    pub fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        match self {
            Numbers::One(value) => std::slice::from_ref(value).iter().copied(),
            Numbers::Rows(values) => values.iter().copied(),
        }
    }
}

/// Text of an expression.
#[derive(Clone, Copy, Debug)]
pub(super) enum Text<'v> {
    /// The same in every row.
    Word(&'v str),
    /// One per row.
    Rows(&'v Factor),
}

impl<'v> Text<'v> {
    /// The code of a row's text among [`Text::levels`]; `None` where it is missing.
    pub fn code(&self, row: usize) -> Option<usize> {
        match self {
            Text::Word(_) => Some(0),
            Text::Rows(factor) => Some(factor.codes[row] as usize).filter(|&code| code < factor.n_levels()),
        }
    }

    /// The distinct texts.
    pub fn levels(&self) -> Vec<&'v str> {
        match self {
            Text::Word(word) => vec![word],
            Text::Rows(factor) => factor.levels.iter().map(String::as_str).collect(),
        }
    }
}

impl Value {
    /// The value as text, when it is text.
    pub fn as_text(&self) -> Option<Text<'_>> {
        match self {
            Value::Numbers(_) => None,
            Value::Word(word) => Some(Text::Word(word)),
            Value::Texts(factor) => Some(Text::Rows(factor)),
        }
    }

    /// The value as a column of `n_rows` rows.
    pub fn into_column(self, n_rows: usize) -> Column {
        match self {
            Value::Numbers(numbers) => Column::Number(numbers.into_rows(n_rows)),
            Value::Word(text) => Column::Text(Factor::new(vec![0; n_rows], vec![text])),
            Value::Texts(factor) => Column::Text(factor),
        }
    }

    /// The value as numbers: text whose every level is a truth word (`TRUE`, `false`, ...) counts as 1 and 0. Gives back
    /// a text that is not, as an example.
    pub fn into_numbers(self) -> Result<Numbers, String> {
        match self {
            Value::Numbers(numbers) => Ok(numbers),
            Value::Word(text) => truth_word(&text).map(Numbers::One).ok_or(text),
            Value::Texts(factor) => {
                let levels: Vec<Option<f64>> = factor.levels.iter().map(|level| truth_word(level)).collect();
                let number = |&code: &u32| match levels.get(code as usize) {
                    None => Ok(f64::NAN),
                    Some(Some(truth)) => Ok(*truth),
                    Some(None) => Err(factor.levels[code as usize].clone()),
                };
                factor.codes.iter().map(number).collect::<Result<_, _>>().map(Numbers::rows)
            }
        }
    }
}

/// Truth as the common programs write it to text files.
fn truth_word(text: &str) -> Option<f64> {
    match text {
        "TRUE" | "True" | "true" => Some(1.0),
        "FALSE" | "False" | "false" => Some(0.0),
        _ => None,
    }
}
