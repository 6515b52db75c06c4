//! A study's panel in parts: whole, or one period after the other where it is large and nothing looks across periods.
//!
//! Measures are taken in each period, so that a part has the numbers that the whole would have, to the last bit.

use std::collections::BTreeSet;

use super::execute::RunError;
use super::prepare::{Beside, Prepared, Roles, prepare_for};
use super::resolve::Plan;
use crate::evaluate::weights_names;
use crate::formula::{Expr, ExprKind, Room, function_named};
use crate::panel::{self, Periods};

/// Rows of a file from which its panel is read one period at a time.
const MANY_ROWS: usize = 10_000_000;

/// Functions that take several periods although their room does not say so.
const ACROSS: [&str; 3] = ["shift_share", "first", "poly"];

/// How a panel is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// By period where it can be and the file has ten million rows or more.
    #[default]
    Auto,
    /// By period where it can be.
    ByPeriod,
}

/// Gives `visit` the panel with the variables that some names lead to: whole, or period by period in ascending order.
/// Returns the number of parts.
///
/// # Errors
/// Faults in the data, or expressions that do not fit them; what `visit` returns.
pub(super) fn for_each(
    plan: &Plan,
    names: &BTreeSet<String>,
    reading: Reading,
    visit: &mut dyn FnMut(Prepared) -> Result<(), RunError>,
) -> Result<usize, RunError> {
    let study = &plan.study;
    let (base, data_dir) = (study.folder(), plan.data_dir.as_deref());
    let periods = if looks_across(plan, names) { None } else { Periods::of(&study.data, base, data_dir)? };
    let periods = periods.filter(|periods| reading == Reading::ByPeriod || periods.n_rows() >= MANY_ROWS);
    let Some(periods) = periods.filter(|periods| periods.values().len() > 1) else {
        visit(prepare_for(plan, names)?)?;
        return Ok(1);
    };
    let needed = plan.columns_of(names);
    let mut beside: Option<Beside> = None;
    let mut n_parts = 0;
    let load = |period: f64| panel::load(&periods.section(period), base, data_dir, Some(&needed));
    in_advance(periods.values(), load, |loaded| {
        let mut loaded = match loaded {
            // Conditions of the study may leave nothing of a period.
            Err(panel::DataError::NoRowsLeft { .. }) => return Ok(()),
            loaded => loaded?,
        };
        let panel = std::mem::take(&mut loaded.panel);
        if beside.is_none() {
            beside = Some(Beside::read(plan, &mut loaded, &regions(plan, names)?)?);
        }
        if let Some(beside) = &beside {
            visit(beside.attach(plan, loaded, panel, names)?)?;
            n_parts += 1;
        }
        Ok(())
    })?;
    if n_parts == 0 {
        // Nothing is left of any period: the whole says so in its own words.
        visit(prepare_for(plan, names)?)?;
    }
    Ok(n_parts)
}

/// Makes something of every period and uses it, in order; the next is made while one is used.
fn in_advance<T: Send>(
    periods: &[f64],
    make: impl Fn(f64) -> T + Send,
    mut with: impl FnMut(T) -> Result<(), RunError>,
) -> Result<(), RunError> {
    std::thread::scope(|scope| {
        // Nothing waits in the channel: one is used, one is made.
        let (send, receive) = std::sync::mpsc::sync_channel(0);
        // When use ends early nothing receives any more, and making ends with it.
        scope.spawn(move || periods.iter().try_for_each(|&period| send.send(make(period))));
        receive.into_iter().try_for_each(&mut with)
    })
}

/// The regions of all periods, where a lag over neighbours needs them; else none.
fn regions(plan: &Plan, names: &BTreeSet<String>) -> Result<BTreeSet<String>, RunError> {
    let used = plan.used_variables(names);
    let of_variables = plan.study.variables.iter().filter(|(name, _)| used.contains(name.as_str()));
    let of_map = plan.study.map.iter().flat_map(|map| map.expressions());
    let mut all = of_variables.map(|(_, parsed)| parsed).chain(of_map);
    if plan.study.geography.is_none() || all.all(|parsed| weights_names(&parsed.expr).is_empty()) {
        return Ok(BTreeSet::new());
    }
    let study = &plan.study;
    Ok(panel::periods::distinct(&study.data, study.folder(), plan.data_dir.as_deref(), &Roles::of(study).region)?)
}

/// Whether anything that the names lead to is made of several periods.
fn looks_across(plan: &Plan, names: &BTreeSet<String>) -> bool {
    let study = &plan.study;
    let Some(time) = &study.data.time else { return true };
    let used = plan.used_variables(names);
    let of_variables =
        study.variables.iter().filter(|(name, _)| used.contains(name.as_str())).map(|(_, parsed)| parsed);
    let of_map = study.map.iter().flat_map(|map| map.expressions());
    !study.shift_share.is_empty() || of_variables.chain(of_map).any(|parsed| is_across(&parsed.expr, time))
}

fn is_across(expr: &Expr, time: &str) -> bool {
    let here = match &expr.kind {
        ExprKind::Call { function, args, .. } => match function_named(function).map(|known| known.room) {
            _ if ACROSS.contains(&function.as_str()) => true,
            Some(Room::Time | Room::Regressor) => true,
            Some(Room::Group) => {
                let by = args.iter().find(|arg| arg.name.as_deref() == Some("by"));
                // `min(x, y)` and `max(x, y)` of a row have no groups.
                let is_of_row = matches!(function.as_str(), "min" | "max")
                    && by.is_none()
                    && args.iter().filter(|arg| arg.name.is_none()).count() > 1;
                !is_of_row && !by.is_some_and(|by| by.value.names().iter().any(|(name, _)| *name == time))
            }
            _ => false,
        },
        _ => false,
    };
    here || expr.children().into_iter().any(|part| is_across(part, time))
}
