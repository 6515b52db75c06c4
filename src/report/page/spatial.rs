//! What a spatial model found besides its coefficients: impacts, and impacts by order of neighbour.

use super::shift_share::Grid;
use crate::estimate::spatial::{Impact, SpatialRecord};
use crate::report::number::{Digits, count};

fn number(value: f64) -> String {
    if value.is_finite() { Digits::default().one(value) } else { "not defined".into() }
}

const CORRECTED: &str = " The estimates are corrected for the bias that effects of regions leave beside the outcome of the period before \
                         (Yu, de Jong and Lee 2008).";

/// The tables of one record; none where coefficients are the impacts.
pub(super) fn grids(record: &SpatialRecord) -> Vec<Grid> {
    if record.impacts.is_empty() {
        return Vec::new();
    }
    let interval = |impact: &Impact| {
        format!("{} [{}, {}]", number(impact.estimate), number(impact.conf_low), number(impact.conf_high))
    };
    let row = |of: &crate::estimate::spatial::VariableImpacts| {
        vec![of.variable.clone(), interval(&of.direct), interval(&of.indirect), interval(&of.total)]
    };
    let is_dynamic = !record.long_run.is_empty();
    let mut out = vec![Grid {
        caption: format!("Impacts through {}{}", record.weights, if is_dynamic { " in the same period" } else { "" }),
        head: ["", "Direct", "Indirect", "Total"].map(String::from).to_vec(),
        rows: record.impacts.iter().map(row).collect(),
        note: format!(
            "Average effect of a change everywhere on a region's own outcome (direct), on all others' (indirect) and their sum \
             (LeSage and Pace 2009), with 95 % intervals; {} regions.{}",
            count(record.regions),
            if record.bias_corrected { CORRECTED } else { "" }
        ),
    }];
    if is_dynamic {
        out.push(Grid {
            caption: "Impacts in the long run".into(),
            head: ["", "Direct", "Indirect", "Total"].map(String::from).to_vec(),
            rows: record.long_run.iter().map(row).collect(),
            note: "Of a change that lasts, once outcomes have settled.".into(),
        });
    }
    if record.impacts.iter().any(|of| !of.by_order.is_empty()) {
        let orders = record.impacts.iter().map(|of| of.by_order.len()).max().unwrap_or(0);
        let row = |of: &crate::estimate::spatial::VariableImpacts| {
            let cells = of.by_order.iter().map(|(direct, indirect)| number(direct + indirect));
            std::iter::once(of.variable.clone()).chain(cells).collect()
        };
        out.push(Grid {
            caption: "Total impact by order of neighbour".into(),
            head: std::iter::once(String::new()).chain((0..orders).map(|q| q.to_string())).collect(),
            rows: record.impacts.iter().map(row).collect(),
            note: "Order 0 is what stays before the outcome feeds back; later orders go on beyond the table.".into(),
        });
    }
    out
}
