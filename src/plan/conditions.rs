//! Conditions on rows, one after the other, each with a line of the ledger.

use super::execute::RunError;
use super::prepare::Prepared;
use crate::evaluate::Evaluator;
use crate::panel::{Ledger, Reason};
use crate::study::{Parsed, Study};

/// Whether each row of the panel is left by conditions of named steps.
///
/// # Errors
/// Conditions that do not fit the data.
pub(super) fn conditions<'a>(
    (study, prepared): (&Study, &Prepared),
    steps: impl IntoIterator<Item = (&'static str, &'a Parsed)>,
    ledger: &mut Ledger,
) -> Result<Vec<bool>, RunError> {
    let evaluator = Evaluator::new(&prepared.panel, &prepared.setting);
    let mut rows = vec![true; prepared.panel.n_rows()];
    for (step, parsed) in steps {
        let before = rows.iter().filter(|row| **row).count();
        let truth = evaluator.truth(&parsed.expr).map_err(|error| RunError::at(study, &parsed.at, &error))?;
        rows.iter_mut().zip(&truth.rows).for_each(|(row, keep)| *row &= keep);
        let left = rows.iter().filter(|row| **row).count();
        ledger.push(step, Reason::Where, parsed.text.clone(), before - left, left);
    }
    Ok(rows)
}
