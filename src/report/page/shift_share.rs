//! What a shift-share model found besides its coefficient: errors side by side, shocks, the sectors behind the estimate.

use serde::Serialize;

use crate::estimate::shift_share::{ConfidenceSet, ExposureErrors, RotembergWeight, ShiftShareRecord, ShockSummary};
use crate::report::number::{Digits, count};

/// Sectors that the page lists; all are in `rotemberg.csv`.
const LISTED: usize = 10;

/// A small table of texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Grid {
    /// Its caption.
    pub caption: String,
    /// Names of the columns.
    pub head: Vec<String>,
    /// Rows, the first cell a name.
    pub rows: Vec<Vec<String>>,
    /// A sentence below.
    pub note: String,
}

/// The tables of one shift-share model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ShiftShareCard {
    /// In the order of the page.
    pub grids: Vec<Grid>,
}

impl ShiftShareCard {
    /// Words for one record.
    pub fn new(record: &ShiftShareRecord) -> Self {
        ShiftShareCard { grids: vec![errors(record), shocks(record), sectors(record)] }
    }
}

fn number(value: f64) -> String {
    if value.is_finite() { Digits::default().one(value) } else { "not defined".into() }
}

fn set(set: &ConfidenceSet) -> String {
    let end = |value: f64| Digits::default().one(value);
    match set {
        ConfidenceSet::Interval { low, high } => format!("[{}, {}]", end(*low), end(*high)),
        ConfidenceSet::Rays { low, high } => format!("up to {} or from {}", end(*low), end(*high)),
        ConfidenceSet::Line => "every number".into(),
    }
}

fn errors(record: &ShiftShareRecord) -> Grid {
    let mut rows = vec![line("Coefficient", &record.estimate)];
    rows.extend(record.first_stage.as_ref().map(|stage| line("First stage", stage)));
    rows.extend(record.reduced_form.as_ref().map(|form| line("Reduced form", form)));
    rows.extend(record.balance.iter().map(|balance| {
        let kind = if balance.is_pre_trend { "Pre-trend" } else { "Balance" };
        line(&format!("{kind}: {}", balance.variable), &balance.regional)
    }));
    let head = ["", "Estimate", "AKM", "95 % AKM", "95 % AKM0", "Robust", "Clustered"];
    Grid {
        caption: format!("Errors with and without the shares of {}", record.variable),
        head: head.map(String::from).to_vec(),
        rows,
        note: format!(
            "AKM and AKM0 allow for residuals that are alike where shares are alike (Adão, Kolesár and Morales 2019); the \
             last two columns do not. The regression over sectors (Borusyak, Hull and Jaravel 2022) gives {} with a standard \
             error of {}. No small-sample factor.",
            number(record.shock_level_estimate),
            number(record.shock_level_error)
        ),
    }
}

fn line(name: &str, errors: &ExposureErrors) -> Vec<String> {
    vec![
        name.to_string(),
        number(errors.estimate),
        number(errors.akm),
        set(&ConfidenceSet::Interval { low: errors.akm_low, high: errors.akm_high }),
        set(&errors.akm0),
        number(errors.robust),
        errors.clustered.map_or_else(String::new, number),
    ]
}

/// Facts on the shocks, by name.
pub(crate) fn facts(shocks: &ShockSummary) -> Vec<(&'static str, f64)> {
    let mut rows = vec![
        ("sectors", shocks.sectors as f64),
        ("effective number of shocks", shocks.effective),
        ("largest sector's part", shocks.largest),
        ("mean shock", shocks.mean),
        ("standard deviation of shocks", shocks.std_dev),
    ];
    rows.extend(shocks.groups.map(|groups| ("groups of shocks", groups as f64)));
    rows.extend(shocks.effective_groups.map(|groups| ("effective number of groups", groups)));
    rows.extend(shocks.intraclass.map(|icc| ("intraclass correlation within groups", icc)));
    rows.extend([("smallest sum of shares", shocks.smallest_sum), ("largest sum of shares", shocks.largest_sum)]);
    rows
}

fn shocks(record: &ShiftShareRecord) -> Grid {
    let sentence = |name: &str| name[..1].to_uppercase() + &name[1..];
    let text = |value: f64| if value.fract() == 0.0 && value >= 2.0 { count(value as usize) } else { number(value) };
    Grid {
        caption: format!("The shocks of {}", record.variable),
        head: vec![String::new(), "Value".into()],
        rows: facts(&record.shocks).into_iter().map(|(name, value)| vec![sentence(name), text(value)]).collect(),
        note: "Sectors are weighted by the sum of their (weighted) shares; the effective number is one over the sum of the \
               squares of these weights."
            .into(),
    }
}

fn sectors(record: &ShiftShareRecord) -> Grid {
    let weights: Vec<f64> = record.rotemberg.iter().map(|row| row.weight).collect();
    let negative: f64 = weights.iter().filter(|weight| **weight < 0.0).sum();
    let n_negative = weights.iter().filter(|weight| **weight < 0.0).count();
    let row = |row: &RotembergWeight| {
        let mut cells = vec![row.sector.clone()];
        cells.extend([row.weight, row.estimate, row.first_stage_f, row.shock, row.importance].map(number));
        cells
    };
    let head = ["Sector", "Weight", "Estimate alone", "First-stage F", "Shock", "Share sum"];
    Grid {
        caption: format!("Sectors behind the estimate, largest of {}", count(record.rotemberg.len())),
        head: head.map(String::from).to_vec(),
        rows: record.rotemberg.iter().take(LISTED).map(row).collect(),
        note: format!(
            "Rotemberg weights sum to one; {} of {} are negative and sum to {} (Goldsmith-Pinkham, Sorkin and Swift 2020). \
             The estimate is the weighted sum of those that each sector's share alone would give.",
            count(n_negative),
            count(weights.len()),
            number(negative)
        ),
    }
}
