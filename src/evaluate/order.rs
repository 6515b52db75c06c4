//! The variables of a study, in the order in which they need each other.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::{EvaluateError, VariableFault};
use super::kept::Kept;
use super::names::names;
use super::{Evaluator, Setting};
use crate::formula::Expr;
use crate::note::Note;
use crate::panel::Panel;

/// Evaluates the variables of a study and adds each to the panel as a column. A variable may use columns and other
/// variables, whatever the order they are written in; columns are added in the order of `definitions`.
///
/// # Errors
/// The first fault found, with the variable whose text its span points into. On a fault the panel may already have some of
/// the variables.
pub fn variables(
    panel: &mut Panel,
    setting: &Setting,
    definitions: &[(String, Expr)],
) -> Result<Vec<Note>, VariableFault> {
    let order = dependency_order(definitions)
        .map_err(|path| VariableFault { variable: path[0].clone(), source: EvaluateError::Cycle { path } })?;
    let mut setting = setting.clone();
    setting.definitions.extend(definitions.iter().cloned());
    let mut notes = Vec::new();
    let mut columns = HashMap::new();
    let kept = Arc::new(Kept::between_expressions());
    for k in order {
        let (name, expr) = &definitions[k];
        let evaluator = Evaluator::keeping(panel, &setting, Arc::clone(&kept));
        let fault = |source| VariableFault { variable: name.clone(), source };
        let column = evaluator.evaluate(expr).map_err(fault)?;
        for note in evaluator.notes() {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        if panel.get(name).is_some() {
            kept.forget(name);
        }
        panel.insert(name.clone(), column.clone());
        columns.insert(k, column);
    }
    // Columns stand in the order in which they were needed; put them in the order of the study.
    for (k, (name, _)) in definitions.iter().enumerate() {
        if let Some(column) = columns.remove(&k) {
            panel.remove(name);
            panel.insert(name.clone(), column);
        }
    }
    Ok(notes)
}

/// The positions of definitions such that each comes after those it uses; or the names of a cycle, the first again at
/// its end.
pub fn dependency_order(definitions: &[(String, Expr)]) -> Result<Vec<usize>, Vec<String>> {
    let position: HashMap<&str, usize> =
        definitions.iter().enumerate().map(|(k, (name, _))| (name.as_str(), k)).collect();
    let uses = |k: usize| -> Vec<usize> {
        names(&definitions[k].1).iter().filter_map(|(name, _)| position.get(name).copied()).collect()
    };
    let mut walk = Walk { uses: (0..definitions.len()).map(uses).collect(), done: Vec::new(), path: Vec::new() };
    for k in 0..definitions.len() {
        if let Err(cycle) = walk.visit(k) {
            return Err(cycle.into_iter().map(|k| definitions[k].0.clone()).collect());
        }
    }
    Ok(walk.done)
}

/// A depth-first walk over what uses what.
struct Walk {
    uses: Vec<Vec<usize>>,
    done: Vec<usize>,
    path: Vec<usize>,
}

impl Walk {
    fn visit(&mut self, k: usize) -> Result<(), Vec<usize>> {
        if self.done.contains(&k) {
            return Ok(());
        }
        if let Some(start) = self.path.iter().position(|&other| other == k) {
            return Err(self.path[start..].iter().copied().chain([k]).collect());
        }
        self.path.push(k);
        for used in std::mem::take(&mut self.uses[k]) {
            self.visit(used)?;
        }
        self.path.pop();
        self.done.push(k);
        Ok(())
    }
}
