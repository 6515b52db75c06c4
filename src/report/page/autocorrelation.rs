//! Spatial autocorrelation on the page: a grid each.

use super::shift_share::Grid;
use crate::infer::association::{AutocorrelationRecord, GlobalRow};
use crate::report::number::{Digits, counted, p_value};

/// Most periods that a grid lists: the first and the last ones of a long panel.
const MOST: usize = 24;

/// An autocorrelation as a grid: a row per period and statistic.
pub fn grid(record: &AutocorrelationRecord) -> Grid {
    let number = |value: f64| Digits::default().one(value);
    let row = |row: &GlobalRow| {
        vec![
            row.period.clone(),
            statistic(&row.statistic).to_string(),
            number(row.value),
            number(row.expectation),
            number(row.z),
            p_value(row.pseudo_p_value.unwrap_or(row.p_value)),
            row.hot_spots.to_string(),
            row.cold_spots.to_string(),
        ]
    };
    let left_out = record.global.len().saturating_sub(MOST);
    let first = record.global.len().min(MOST / 2);
    let last = first.max(record.global.len().saturating_sub(MOST / 2));
    Grid {
        caption: format!("Spatial autocorrelation of {} through {}", record.variable, record.weights),
        head: ["Period", "Statistic", "Value", "Expected", "z", "p", "Hot spots", "Cold spots"]
            .map(String::from)
            .to_vec(),
        rows: record.global[..first].iter().chain(&record.global[last..]).map(row).collect(),
        note: note(record, left_out),
    }
}

fn statistic(word: &str) -> &str {
    match word {
        "moran" => "Moran's I",
        "geary" => "Geary's C",
        "getis_ord" => "Getis and Ord's G",
        "joins_both" => "Joins, both have it",
        "joins_one" => "Joins, one has it",
        "joins_none" => "Joins, none has it",
        "bivariate_moran" => "Bivariate I",
        "pooled_moran" => "Moran's I, all periods",
        "pooled_bivariate_moran" => "Bivariate I, all periods",
        other => other,
    }
}

fn note(record: &AutocorrelationRecord, left_out: usize) -> String {
    let p = if record.permutations > 0 {
        format!("p-values from {}", counted(record.permutations, "permutation", "permutations"))
    } else {
        "p-values from moments under randomisation".into()
    };
    let mut parts = vec![format!(
        "Two-sided {p}. Hot (cold) spots: regions high among high (low among low) at a false discovery rate of {}",
        record.alpha
    )];
    if let Some(other) = &record.other {
        parts.push(format!("Bivariate: against the lag of {other}"));
    }
    if record.missing > 0 {
        parts.push(format!("{} without a value left out", counted(record.missing, "row", "rows")));
    }
    if left_out > 0 {
        parts.push(format!("{} in between are in autocorrelation.csv", counted(left_out, "row", "rows")));
    }
    format!("{}.", parts.join("; "))
}
