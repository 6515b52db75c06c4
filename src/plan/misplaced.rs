//! Faults of `[data]` that the files reveal, put at their place in the study file.

use crate::panel::DataError;
use crate::study::{Fault, Study};

/// The fault in the study that a data error tells of; `None` when it is the data that are at fault.
pub(super) fn fault(study: &Study, error: &DataError) -> Option<Fault> {
    use DataError as E;
    let table_at = |table: &str| format!("data.tables.{table}");
    let source = &study.source;
    let named = |at: &str, name: &str| {
        let mut fault = source.fault(at, error.to_string());
        fault.span = source.find(at, name).or(fault.span);
        fault
    };
    let placed = match error {
        E::Expression { table, key, fault: syntax, .. } => {
            let at = format!("{}.{key}", table_at(table));
            let mut fault = source.fault(&at, syntax.message.clone());
            fault.span = source.inside(&at, &syntax.span).or(fault.span);
            fault.help = syntax.help.clone();
            fault
        }
        E::UnknownColumn { table, column, used_in, .. } if study.data.tables.contains_key(table) => {
            let mut fault = named(&table_at(table), column);
            // In the text of an expression the name is a part of a value.
            let key = format!("{}.{used_in}", table_at(table));
            fault.span = source.word(&key, column).or(fault.span);
            fault
        }
        E::UnknownColumn { column, .. } => named("data", column),
        E::UnknownTable { name, .. } => {
            let places = ["data", "clusters", "geography"];
            let found = places.into_iter().find_map(|at| source.find(at, name));
            let mut fault = source.fault("data", error.to_string());
            fault.span = found.or(fault.span);
            fault
        }
        E::TableSource { table, .. } | E::NameTaken { table, .. } | E::SumWithoutGroup { table } => {
            source.fault(&table_at(table), error.to_string())
        }
        E::LetCycle { table, .. } => source.fault(&format!("{}.let", table_at(table)), error.to_string()),
        E::TableCycle { tables } => {
            source.fault(&tables.first().map_or_else(|| "data".to_string(), |table| table_at(table)), error.to_string())
        }
        _ => return None,
    };
    Some(placed)
}
