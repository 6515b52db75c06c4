//! Statistics of all rows, or of the rows of a group (`by`), given to each of their rows.
//!
//! They run over every row of the panel, before any sample filter. Missing values are skipped; a statistic of no value
//! is missing, also the sum. Rows without a group get nothing. Standard deviations are sample ones (`n - 1`), quantiles
//! are of type 7 (linear interpolation; the default of R and NumPy), ranks begin at 1 and ties share their mean rank.
//! Several groups are combined: `by = region^year`, or `by = c(region, year)`.

use super::Evaluator;
use super::error::EvaluateError;
use super::functions::Call;
use super::value::{Numbers, Value};
use crate::mapping::{Codes, CompensatedSum};
use crate::panel::{Column, Factor};

impl Evaluator<'_> {
    pub(super) fn grouped(&self, call: &Call) -> Result<Value, EvaluateError> {
        if call.positional.len() > 1 && matches!(call.function.name, "min" | "max") {
            return match call.by()?.first() {
                Some((_, span)) => Err(call.wrong(span)),
                None => self.rowwise(call),
            };
        }
        let n_rows = self.panel.n_rows();
        let groups = self.by_groups(call)?;
        if call.function.name == "first" {
            return self.first(call, &groups);
        }
        let values = match call.get("x") {
            Some(x) => self.numeric(x)?.into_rows(n_rows),
            None => vec![1.0; n_rows].into(),
        };
        let x = values.as_slice();
        let results = match call.function.name {
            "sum" => give(&groups, &sums(&groups, x, known_sum)),
            "mean" => give(&groups, &sums(&groups, x, CompensatedSum::mean)),
            "count" => give(&groups, &sums(&groups, x, |sum| sum.count as f64)),
            "sd" => give(&groups, &deviations(&groups, x)),
            "demean" => apart(x, &give(&groups, &sums(&groups, x, CompensatedSum::mean)), |x, mean| x - mean),
            "standardize" => {
                let centred = apart(x, &give(&groups, &sums(&groups, x, CompensatedSum::mean)), |x, mean| x - mean);
                apart(
                    &centred,
                    &give(&groups, &deviations(&groups, x)),
                    |x, sd| if sd == 0.0 { f64::NAN } else { x / sd },
                )
            }
            "rank" => ranks(&groups, x),
            name => {
                let sorted = sorted_groups(&groups, x);
                let at = |p: f64| give(&groups, &sorted.iter().map(|values| quantile(values, p)).collect::<Vec<_>>());
                match name {
                    "min" => at(0.0),
                    "max" => at(1.0),
                    "median" => at(0.5),
                    "quantile" => at(probability(call, "q", 1.0)?),
                    _ => {
                        let p = probability(call, "p", 0.5)?;
                        let (low, high) = (at(p), at(1.0 - p));
                        // `f64::max` would replace a missing value by the bound.
                        let clip =
                            |row: usize| if x[row].is_nan() { x[row] } else { x[row].max(low[row]).min(high[row]) };
                        (0..n_rows).map(clip).collect()
                    }
                }
            }
        };
        Ok(Value::Numbers(Numbers::rows(results)))
    }

    /// The value, number or text, in the earliest period in which the group has one.
    fn first(&self, call: &Call, groups: &Codes) -> Result<Value, EvaluateError> {
        let Some(times) = self.panel.time() else {
            let function = call.function.name.to_string();
            return Err(EvaluateError::NoTime { function, span: call.span.clone() });
        };
        let column = self.value(call.required("x")?)?.into_column(self.panel.n_rows());
        let is_known = |row: usize| match &column {
            Column::Number(values) => !values[row].is_nan() && !times[row].is_nan(),
            Column::Text(factor) => factor.codes[row] != Factor::MISSING && !times[row].is_nan(),
        };
        let is_same = |a: usize, b: usize| match &column {
            Column::Number(values) => values[a] == values[b],
            Column::Text(factor) => factor.codes[a] == factor.codes[b],
        };
        let mut earliest: Vec<Option<usize>> = vec![None; groups.n];
        for row in (0..self.panel.n_rows()).filter(|&row| is_known(row)) {
            let Some(group) = groups.at(row) else { continue };
            if earliest[group].is_none_or(|known| times[row] < times[known]) {
                earliest[group] = Some(row);
            }
        }
        let source = |row: usize| earliest[groups.at(row)?];
        for row in (0..self.panel.n_rows()).filter(|&row| is_known(row)) {
            if source(row).is_some_and(|first| times[first] == times[row] && !is_same(first, row)) {
                return Err(EvaluateError::SeveralFirst { time: times[row], span: call.span.clone() });
            }
        }
        let rows = 0..self.panel.n_rows();
        Ok(match &column {
            Column::Number(values) => {
                Value::Numbers(Numbers::rows(rows.map(|row| source(row).map_or(f64::NAN, |k| values[k])).collect()))
            }
            Column::Text(factor) => {
                let codes = rows.map(|row| source(row).map_or(Factor::MISSING, |k| factor.codes[k])).collect();
                Value::Texts(Factor::new(codes, factor.levels.to_vec()))
            }
        })
    }

    /// The groups that `by` names; all rows where it is absent.
    fn by_groups(&self, call: &Call) -> Result<Codes, EvaluateError> {
        let mut groups = Codes::single(self.panel.n_rows());
        for (k, (name, span)) in call.by()?.into_iter().enumerate() {
            let codes = self.codes(name, &span)?;
            groups = if k == 0 { codes } else { crate::mapping::Cells::cross(&groups, &codes).codes };
        }
        Ok(groups)
    }
}

/// The type 7 quantile of sorted values; missing when there are none.
pub(super) fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = p * last as f64;
    let below = position.floor() as usize;
    let (low, high) = (sorted[below.min(last)], sorted[(below + 1).min(last)]);
    let part = position - below as f64;
    if part == 0.0 { low } else { low + part * (high - low) }
}

fn probability(call: &Call, name: &str, most: f64) -> Result<f64, EvaluateError> {
    let p = call.constant(name, f64::NAN)?;
    let expr = call.required(name)?;
    if (0.0..=most).contains(&p) { Ok(p) } else { Err(call.wrong(&expr.span)) }
}

/// The statistic of each row's group.
fn give(groups: &Codes, statistic: &[f64]) -> Vec<f64> {
    (0..groups.codes.len()).map(|row| groups.at(row).map_or(f64::NAN, |group| statistic[group])).collect()
}

fn apart(values: &[f64], statistic: &[f64], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    values.iter().zip(statistic).map(|(&value, &statistic)| f(value, statistic)).collect()
}

fn sums(groups: &Codes, values: &[f64], of: impl Fn(&CompensatedSum) -> f64) -> Vec<f64> {
    groups.sums(values).iter().map(of).collect()
}

fn known_sum(sum: &CompensatedSum) -> f64 {
    if sum.count == 0 { f64::NAN } else { sum.value() }
}

/// Sample standard deviations; missing for fewer than two values.
fn deviations(groups: &Codes, values: &[f64]) -> Vec<f64> {
    let means = give(groups, &sums(groups, values, CompensatedSum::mean));
    let squares = apart(values, &means, |value, mean| (value - mean) * (value - mean));
    let deviation = |sum: &CompensatedSum| match sum.count {
        0 | 1 => f64::NAN,
        n => (sum.value() / (n - 1) as f64).sqrt(),
    };
    sums(groups, &squares, deviation)
}

/// Row numbers by group, missing values left out, ordered by value.
fn ordered_rows(groups: &Codes, values: &[f64]) -> Vec<Vec<usize>> {
    let mut rows = vec![Vec::new(); groups.n];
    for (row, value) in values.iter().enumerate() {
        if let (Some(group), false) = (groups.at(row), value.is_nan()) {
            rows[group].push(row);
        }
    }
    for rows in &mut rows {
        rows.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    }
    rows
}

fn sorted_groups(groups: &Codes, values: &[f64]) -> Vec<Vec<f64>> {
    ordered_rows(groups, values).into_iter().map(|rows| rows.into_iter().map(|row| values[row]).collect()).collect()
}

fn ranks(groups: &Codes, values: &[f64]) -> Vec<f64> {
    let mut ranks = vec![f64::NAN; values.len()];
    for rows in ordered_rows(groups, values) {
        let mut before = 0;
        for tied in rows.chunk_by(|&a, &b| values[a] == values[b]) {
            let mean = before as f64 + (tied.len() as f64 + 1.0) / 2.0;
            tied.iter().for_each(|&row| ranks[row] = mean);
            before += tied.len();
        }
    }
    ranks
}
