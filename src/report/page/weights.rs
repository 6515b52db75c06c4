//! Spatial weights on the page: a grid with a row each.

use super::shift_share::Grid;
use crate::report::number::Digits;
use crate::space::WeightsRecord;

/// Weights in numbers; nothing without any.
pub fn grid(records: &[WeightsRecord]) -> Option<Grid> {
    (!records.is_empty()).then(|| Grid {
        caption: "Spatial weights".into(),
        head: ["Weights", "Rows", "Regions", "Links", "Neighbours", "One-way links", "Islands", "Components", "Largest eigenvalue"]
            .map(String::from)
            .to_vec(),
        rows: records.iter().map(row).collect(),
        note: "Neighbours: fewest, mean and most of a region. A link is one-way where there is none back. Components count islands.".into(),
    })
}

fn row(record: &WeightsRecord) -> Vec<String> {
    let number = |value: f64| Digits::default().one(value);
    vec![
        record.name.clone(),
        record.standardize.clone(),
        record.regions.to_string(),
        record.links.to_string(),
        format!("{} / {} / {}", record.fewest, number(record.mean), record.most),
        record.one_way.to_string(),
        record.islands.len().to_string(),
        record.components.to_string(),
        number(record.largest_eigenvalue),
    ]
}
