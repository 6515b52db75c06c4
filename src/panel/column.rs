//! Columns: numbers, and text coded as factors.

use std::sync::Arc;

/// A categorical column: a code per row into a list of levels.
///
/// Levels are distinct. They stand in order of first appearance unless a function says otherwise; nothing numeric may
/// depend on that order.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// One code per row, an index into `levels`, or [`Factor::MISSING`].
    pub codes: Arc<Vec<u32>>,
    /// The distinct values.
    pub levels: Arc<Vec<String>>,
}

impl Factor {
    /// The code of a row without a value.
    pub const MISSING: u32 = u32::MAX;

    /// Builds a factor from codes and levels.
    pub fn new(codes: Vec<u32>, levels: Vec<String>) -> Self {
        Factor { codes: Arc::new(codes), levels: Arc::new(levels) }
    }

    /// Codes text values in order of first appearance; `None` is missing.
    pub fn from_values<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut seen: std::collections::HashMap<&str, u32> = std::collections::HashMap::new();
        let mut levels = Vec::new();
        let mut codes = Vec::new();
        for value in values {
            codes.push(match value {
                None => Self::MISSING,
                Some(text) => *seen.entry(text).or_insert_with(|| {
                    levels.push(text.to_string());
                    (levels.len() - 1) as u32
                }),
            });
        }
        Factor::new(codes, levels)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Number of levels.
    pub fn n_levels(&self) -> usize {
        self.levels.len()
    }

    /// The text of a row, or `None` where it is missing.
    pub fn text(&self, row: usize) -> Option<&str> {
        self.levels.get(self.codes[row] as usize).map(String::as_str)
    }

    /// The interaction of several factors (`f1^f2`): one level per combination that occurs. A row is missing where any
    /// part is. Level names join the parts with `_`, as fixest does.
    pub fn interact(parts: &[&Factor]) -> Factor {
        let Some((first, rest)) = parts.split_first() else {
            return Factor::new(Vec::new(), Vec::new());
        };
        let mut out = (*first).clone();
        for part in rest {
            let mut seen: std::collections::HashMap<u64, u32> = std::collections::HashMap::new();
            let mut levels = Vec::new();
            let codes = out
                .codes
                .iter()
                .zip(part.codes.iter())
                .map(|(&a, &b)| {
                    if a == Self::MISSING || b == Self::MISSING {
                        return Self::MISSING;
                    }
                    *seen.entry((u64::from(a) << 32) | u64::from(b)).or_insert_with(|| {
                        levels.push(format!("{}_{}", out.levels[a as usize], part.levels[b as usize]));
                        (levels.len() - 1) as u32
                    })
                })
                .collect();
            out = Factor::new(codes, levels);
        }
        out
    }
}

/// A column of a panel. Cheap to clone: the values are shared.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Numbers; missing is NaN, truth values are 1 and 0.
    Number(Arc<Vec<f64>>),
    /// Text (region and industry codes, names), coded.
    Text(Factor),
}

impl Column {
    /// A column of numbers.
    pub fn number(values: Vec<f64>) -> Self {
        Column::Number(Arc::new(values))
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Column::Number(values) => values.len(),
            Column::Text(factor) => factor.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The column as a factor: text as it is; numbers with one level per distinct value, named as the number prints.
    pub fn to_factor(&self) -> Factor {
        match self {
            Column::Text(factor) => factor.clone(),
            // In order equal values stand together: no table of what was seen is needed.
            Column::Number(values) if values.iter().all(|v| !v.is_nan()) && values.is_sorted() => {
                let mut levels: Vec<String> = Vec::new();
                let mut last = f64::NAN;
                let code = |&value: &f64| {
                    if value != last {
                        last = value;
                        levels.push(format!("{}", value + 0.0));
                    }
                    (levels.len() - 1) as u32
                };
                let codes = values.iter().map(code).collect();
                Factor::new(codes, levels)
            }
            Column::Number(values) => {
                let mut seen: std::collections::HashMap<u64, u32> = std::collections::HashMap::new();
                let mut levels = Vec::new();
                let codes = values
                    .iter()
                    .map(|&v| {
                        if v.is_nan() {
                            return Factor::MISSING;
                        }
                        // -0.0 and 0.0 are one level.
                        let v = if v == 0.0 { 0.0 } else { v };
                        *seen.entry(v.to_bits()).or_insert_with(|| {
                            levels.push(format!("{v}"));
                            (levels.len() - 1) as u32
                        })
                    })
                    .collect();
                Factor::new(codes, levels)
            }
        }
    }

    /// The text of a row for messages.
    pub fn display(&self, row: usize) -> String {
        match self {
            Column::Number(values) => format!("{}", values[row]),
            Column::Text(factor) => factor.text(row).unwrap_or("(missing)").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_make_the_same_levels_in_order_or_not() {
        let sorted = Column::number(vec![-1.5, -0.0, 0.0, 2.0, 2.0]).to_factor();
        assert_eq!(*sorted.levels, ["-1.5", "0", "2"]);
        assert_eq!(*sorted.codes, [0, 1, 1, 2, 2]);
        let shuffled = Column::number(vec![-1.5, -0.0, 2.0, 0.0, f64::NAN]).to_factor();
        assert_eq!(*shuffled.levels, *sorted.levels);
        assert_eq!(*shuffled.codes, [0, 1, 2, 1, Factor::MISSING]);
        assert_eq!(*Column::number(vec![f64::NAN]).to_factor().codes, [Factor::MISSING]);
    }
}
