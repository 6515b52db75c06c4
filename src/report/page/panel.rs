//! The panel of a panel method as small tables: counts, variance components, instruments.

use super::shift_share::Grid;
use crate::estimate::Fit;
use crate::estimate::panel::PanelRecord;
use crate::estimate::panel::record::DynamicRecord;
use crate::report::number::{Digits, count};

/// The tables of one fit; none where it has no panel method.
pub(super) fn grids(fit: &Fit) -> Vec<Grid> {
    let Some(record) = &fit.panel else { return Vec::new() };
    std::iter::once(panel(record)).chain(record.dynamic.as_ref().map(instruments)).collect()
}

fn number(value: f64) -> String {
    Digits::default().one(value)
}

fn panel(record: &PanelRecord) -> Grid {
    let mut rows = vec![
        vec![format!("Units ({})", record.unit), count(record.units)],
        vec![format!("Periods ({})", record.time), count(record.periods)],
        vec!["Rows of a unit".into(), format!("{} to {}", count(record.shortest), count(record.longest))],
        vec!["Balanced".into(), if record.balanced { "yes" } else { "no" }.into()],
    ];
    if let Some(components) = &record.components {
        let mut add = |name: &str, value: f64| rows.push(vec![name.to_string(), number(value)]);
        add("Variance of rows", components.idiosyncratic);
        components.unit.into_iter().for_each(|value| add("Variance of unit effects", value));
        components.time.into_iter().for_each(|value| add("Variance of period effects", value));
        rows.push(vec![
            "Share of means taken out (θ)".into(),
            format!("{} to {}", number(components.theta_min), number(components.theta_max)),
        ]);
    }
    if let Some(found) = &record.r_squared {
        for (name, value) in [("within", found.within), ("between", found.between), ("overall", found.overall)] {
            value.into_iter().for_each(|value| rows.push(vec![format!("R² {name}"), number(value)]));
        }
    }
    let note = match &record.components {
        Some(components) => format!("Variance components by {}.", components.method),
        None => String::new(),
    };
    Grid { caption: "The panel".into(), head: vec![String::new(), String::new()], rows, note }
}

fn instruments(record: &DynamicRecord) -> Grid {
    let row = |one: &crate::estimate::panel::record::InstrumentCount| {
        vec![one.variable.clone(), one.equation.clone(), count(one.columns)]
    };
    let mut rows: Vec<Vec<String>> = record.instruments.iter().map(row).collect();
    rows.push(vec!["all".into(), String::new(), count(record.n_instruments)]);
    let system = if record.system {
        format!(
            "{} rows of the {} and {} in levels of {} units; level equation as in {}.",
            count(record.transformed_rows),
            record.transformation,
            count(record.level_rows),
            count(record.units),
            record.convention
        )
    } else {
        format!(
            "{} rows of the {} of {} units.",
            count(record.transformed_rows),
            record.transformation,
            count(record.units)
        )
    };
    let head = ["Variable", "Equation", "Instruments"].map(String::from).to_vec();
    Grid { caption: "Instruments".into(), head, rows, note: system }
}
