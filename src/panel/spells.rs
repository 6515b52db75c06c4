//! `spells` of a table: a row per period at risk, with duration and exit; what is censored and what enters late is counted.

use super::error::DataError;
use super::key::describe;
use super::{Column, Panel};
use crate::study::spells::SpellsSection;

/// Most periods of one spell.
const MOST: f64 = 10_000.0;

/// A table of periods at risk.
pub(crate) struct AtRisk {
    /// The rows: spells in their order, periods ascending.
    pub panel: Panel,
    /// Spells without a start.
    pub without_start: usize,
    /// Spells without a period at risk inside the window.
    pub outside: usize,
    /// In words: how many spells, how many of them end, are censored, enter late.
    pub words: String,
}

/// What one spell is made of.
struct Spell {
    /// The first period at risk and its duration.
    first: (f64, f64),
    /// Periods at risk.
    periods: usize,
    /// Whether it ends in the last of them.
    ends: bool,
}

/// Expands a table.
///
/// # Errors
/// Text where periods are needed; an end before its start; a step that is not positive; spells of more than ten thousand periods.
pub(crate) fn at_risk(table: &str, panel: &Panel, section: &SpellsSection) -> Result<AtRisk, DataError> {
    let fault = |message: String| DataError::Spells { table: table.to_string(), message };
    let step = section.step.unwrap_or(1.0);
    if !(step > 0.0 && step.is_finite() && section.until.is_finite()) {
        return Err(fault("`step` and `until` must be finite numbers, and `step` above zero".to_string()));
    }
    let number = |name: &String| match panel.get(name) {
        Some(Column::Number(values)) => Ok(values.as_slice()),
        _ => Err(fault(format!("{name} must be a column of numbers: the period in which a spell starts or ends"))),
    };
    let start = number(&section.start)?;
    let end = section.end.as_ref().map(number).transpose()?;
    let (mut rows, mut period, mut duration, mut exit) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut without_start, mut outside, mut ended, mut late) = (0, 0, 0, 0);
    for row in 0..panel.n_rows() {
        let (from, to) = (start[row], end.map_or(f64::NAN, |end| end[row]));
        if from.is_nan() {
            without_start += 1;
            continue;
        }
        if to < from {
            let whose = describe(panel, &panel.names().take(2).map(String::from).collect::<Vec<_>>(), row);
            return Err(fault(format!(
                "the spell of {whose} ends in {to}, before it starts in {from}: correct it, or filter it out with `where`"
            )));
        }
        let Some(spell) = spell((from, to), section, step) else {
            outside += 1;
            continue;
        };
        if spell.periods as f64 > MOST {
            return Err(fault(format!(
                "a spell that starts in {from} has {} periods: look at `start`, `until` and `step`",
                spell.periods
            )));
        }
        ended += usize::from(spell.ends);
        late += usize::from(spell.first.1 > 1.0);
        for k in 0..spell.periods {
            rows.push(row as u32);
            period.push(spell.first.0 + k as f64 * step);
            duration.push(spell.first.1 + k as f64);
            exit.push(f64::from(u8::from(spell.ends && k + 1 == spell.periods)));
        }
    }
    let mut out = panel.take(&rows);
    for (name, values) in section.added().into_iter().zip([period, duration, exit]) {
        out.insert(name, Column::number(values));
    }
    let spells = panel.n_rows() - without_start - outside;
    let censored = spells - ended;
    let mut words = format!("{spells} spells, {ended} end, {censored} are censored at {}", section.until);
    if late > 0 {
        words.push_str(&format!(", {late} enter late"));
    }
    Ok(AtRisk { panel: out, without_start, outside, words })
}

/// The periods at risk of a spell inside the window; none if there are none.
fn spell((from, to): (f64, f64), section: &SpellsSection, step: f64) -> Option<Spell> {
    // The number of a period counted from the start: an end inside a period ends it.
    let number = |at: f64| ((at - from) / step + 1e-9).floor();
    let last_observed = number(section.until);
    let first = section.from.map_or(0.0, |window| ((window - from) / step - 1e-9).ceil().max(0.0));
    let ends = to.is_finite() && number(to) <= last_observed;
    let last = if ends { number(to) } else { last_observed };
    (last >= first).then(|| Spell {
        first: (from + first * step, first + 1.0),
        periods: (last - first) as usize + 1,
        ends,
    })
}
