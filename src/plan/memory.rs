//! What a run will hold in memory, by stage, before it is started.
//!
//! In: a plan, and the [`Extent`] of its panel (rows, kinds of columns, levels, from the file's own description and its
//! first rows); out: bytes at the peak of each stage. Counted are columns (8 bytes a row for numbers, 4 for codes), what a
//! level takes (its text and its share of tables that find it), and what each stage makes beside the columns: see
//! [`MemoryPlan::of`]. A base stands for the program itself. Not counted: what a join or a sum holds while it works, the
//! many columns of `i(..)`, systems of equations, the factorised Schur complement of very difficult effects, draws of bootstraps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::expand::PlannedModel;
use super::resolve::Plan;
use crate::evaluate::{Evaluator, Setting};
use crate::formula::{Expr, ExprKind};
use crate::memory;
use crate::panel::{ColumnExtent, DataError, Extent, extent};
use crate::report::files::{OutputError, OutputFolder};
use crate::study::MethodSpec;

/// The program, its libraries and the threads' stacks.
const BASE: f64 = 58e6;

/// Bytes of a level: its text, with the block that holds it.
const LEVEL: f64 = 56.0;

/// Bytes of a level in a table by which it is found.
const ENTRY: f64 = 36.0;

/// Bytes of a model's record and of its share of the files.
const RECORD: f64 = 32e3;

/// Most bytes of a file that stand decoded beside the columns that they are added to.
const WINDOW: f64 = 20e6;

/// Columns that iterations treat at once.
const LANES: f64 = 4.0;

/// Columns that the search for a maximum holds beside those of the model.
const CLIMBING: f64 = 11.0;

/// The memory of a run by stage, in bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryPlan {
    /// Rows that it was counted for.
    pub rows: usize,
    /// Whether filters, joins or sums of `[data]` may make the panel another one than counted for.
    pub is_rough: bool,
    /// What is held at the peak of each stage, everything included.
    pub stages: Vec<StageMemory>,
}

/// The peak of one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageMemory {
    /// Its name.
    pub stage: String,
    /// Bytes.
    pub bytes: u64,
}

impl MemoryPlan {
    /// The memory of a plan; `None` where its panel goes in circles, which reading will tell.
    ///
    /// # Errors
    /// What opening the panel's file can find.
    pub fn of(plan: &Plan) -> Result<Option<MemoryPlan>, DataError> {
        let needed = plan.needed_columns();
        let factors: BTreeSet<String> = plan.models.iter().flat_map(factors).flatten().collect();
        let factors: Vec<String> = factors.into_iter().collect();
        let study = &plan.study;
        let found = extent(&study.data, study.folder(), plan.data_dir.as_deref(), (&needed, &factors))?;
        Ok(found.map(|extent| Sizes::new(plan, &extent).plan(plan)))
    }

    /// The largest of its stages, in bytes.
    pub fn peak(&self) -> u64 {
        self.stages.iter().map(|stage| stage.bytes).max().unwrap_or(0)
    }
}

/// Predicted and measured memory of a run: `memory.json`, the one file of the results that describes the machine and not
/// the study, and that two runs may therefore write differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryRecord {
    /// Before the run; absent where it could not be told.
    pub predicted: Option<MemoryPlan>,
    /// The largest stage of the prediction, in bytes.
    pub predicted_peak: Option<u64>,
    /// The most that the process held until now (`VmHWM`), in bytes; absent where the system does not tell.
    pub measured_peak: Option<u64>,
}

impl MemoryRecord {
    /// The record of the process up to now.
    pub fn new(predicted: Option<MemoryPlan>) -> MemoryRecord {
        let predicted_peak = predicted.as_ref().map(MemoryPlan::peak);
        MemoryRecord { predicted, predicted_peak, measured_peak: memory::peak() }
    }

    /// Writes `memory.json` into a folder, whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, out: &Path) -> Result<(), OutputError> {
        let mut folder = OutputFolder::create(out)?;
        // Plain numbers and names: they can be written.
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        folder.stage("memory.json", text.as_bytes())?;
        folder.publish(&BTreeMap::new()).map(|_| ())
    }

    /// The record in a sentence.
    pub fn words(&self) -> String {
        let told = |bytes: Option<u64>| bytes.map_or_else(|| "not known".to_string(), memory::words);
        format!("Peak memory: {} (expected: {})", told(self.measured_peak), told(self.predicted_peak))
    }
}

/// The factors of a model, each with the columns that it combines.
fn factors(model: &PlannedModel) -> Vec<Vec<String>> {
    let effects = model.formula.absorbed.iter().map(|effect| effect.factors.clone());
    effects.chain(model.errors.kind.ways().iter().map(|way| way.to_vec())).collect()
}

/// What models with the same conditions, effects and weights hold beside the panel.
#[derive(Clone, Copy, Debug, Default)]
struct GroupSize {
    columns: f64,
    design: f64,
    absorption: f64,
    products: f64,
    errors: f64,
}

impl GroupSize {
    /// The largest of what it holds at any time.
    fn most(&self) -> f64 {
        self.design + self.absorption.max(self.products).max(self.errors)
    }
}

struct Sizes<'a> {
    extent: &'a Extent,
    rows: f64,
    columns: BTreeMap<&'a str, &'a ColumnExtent>,
    /// Numbers that the panel does not have when it is read.
    variables: BTreeSet<&'a str>,
}

impl<'a> Sizes<'a> {
    fn new(plan: &'a Plan, extent: &'a Extent) -> Sizes<'a> {
        let columns = extent.columns.iter().map(|column| (column.name.as_str(), column)).collect();
        Sizes { extent, rows: extent.rows as f64, columns, variables: plan.variables_in_use() }
    }

    fn plan(&self, plan: &Plan) -> MemoryPlan {
        let panel: f64 = self.extent.columns.iter().map(|column| self.column(column)).sum::<f64>()
            + 8.0 * self.rows * self.extent.added as f64;
        // Chunks that are decoded stand beside the columns that they are added to; rows in another order are copied.
        let window = match self.extent.held {
            0 => (self.extent.file as f64).min(WINDOW),
            held => held as f64,
        };
        let sorting = if self.extent.in_order { 0.0 } else { panel + 4.0 * self.rows };
        let reading = BASE + panel + window.max(sorting);
        let variables = 8.0 * self.rows * self.variables.len() as f64;
        let mut groups: BTreeMap<String, Vec<&PlannedModel>> = BTreeMap::new();
        plan.models.iter().for_each(|model| groups.entry(model.group_key()).or_default().push(model));
        let groups: Vec<Vec<&PlannedModel>> = groups.into_values().collect();
        let sizes: Vec<GroupSize> = groups.par_iter().map(|models| self.group(models)).collect();
        let largest = sizes.iter().copied().max_by(|a, b| a.most().total_cmp(&b.most())).unwrap_or_default();
        // Codes and levels of factors stay until the last model that has them.
        let held = BASE + panel + variables + self.factors(plan) + RECORD * plan.models.len() as f64;
        let searching =
            plan.models.iter().flat_map(factors).map(|factor| ENTRY * self.levels(&factor)).fold(0.0, f64::max);
        let design = held + largest.columns + largest.design;
        let stages = [
            ("reading", reading),
            ("columns", held + largest.columns + searching),
            ("design", design),
            ("absorption", design + largest.absorption),
            ("products", design + largest.products),
            ("errors", design + largest.errors),
        ];
        MemoryPlan {
            rows: self.extent.rows,
            is_rough: !self.extent.is_file,
            stages: stages.map(|(stage, bytes)| StageMemory { stage: stage.to_string(), bytes: bytes as u64 }).to_vec(),
        }
    }

    /// A column of the panel, as it is read.
    fn column(&self, column: &ColumnExtent) -> f64 {
        if column.is_text { 4.0 * self.rows + LEVEL * column.levels as f64 } else { 8.0 * self.rows }
    }

    /// Codes and levels of all factors that are not in the panel as text.
    fn factors(&self, plan: &Plan) -> f64 {
        let distinct: BTreeSet<Vec<String>> = plan.models.iter().flat_map(factors).collect();
        let is_text = |factor: &[String]| match factor {
            [one] => self.columns.get(one.as_str()).is_some_and(|column| column.is_text),
            _ => false,
        };
        let size = |factor: &Vec<String>| 4.0 * self.rows + LEVEL * self.levels(factor);
        distinct.iter().filter(|factor| !is_text(factor)).map(size).sum()
    }

    /// Levels of a combination: at most one per row.
    fn levels(&self, factor: &[String]) -> f64 {
        let of = |name: &String| self.columns.get(name.as_str()).map_or(1.0, |column| column.levels.max(1) as f64);
        factor.iter().map(of).product::<f64>().min(self.rows)
    }

    /// See the module head; sizes as in `design::shared`, `absorb::layout`, `absorb::projections`, `estimate::group`.
    fn group(&self, models: &[&PlannedModel]) -> GroupSize {
        let Some(first) = models.first() else { return GroupSize::default() };
        let (mut texts, mut made) = (BTreeSet::new(), BTreeSet::new());
        let slopes = first.formula.absorbed.iter().flat_map(|effect| &effect.slopes);
        let weights = first.weights.iter().map(|weights| &weights.value.expr);
        let offset = first.offset.iter().map(|offset| &offset.expr);
        let beside: Vec<&Expr> = slopes.chain(weights).chain(offset).collect();
        for expr in models.iter().flat_map(|model| terms(model)) {
            texts.insert(expr.canonical());
            if !matches!(&expr.kind, ExprKind::Name(_)) {
                made.insert(expr.canonical());
            }
        }
        // Columns are made for all rows; from the design on those count that stay.
        let alone = self.alone(first);
        let (all, rows) = (8.0 * self.rows, self.share(first) * (1.0 - alone) * self.rows);
        let number = 8.0 * rows;
        let k = texts.len() as f64;
        let effects: Vec<f64> =
            first.formula.absorbed.iter().map(|effect| self.levels(&effect.factors).min(rows)).collect();
        let clusters: BTreeSet<Vec<String>> =
            models.iter().flat_map(|model| model.errors.kind.ways()).map(|way| way.to_vec()).collect();
        let n_factors = (effects.len() + clusters.len()) as f64;
        // With rows that leave, every column is gathered on those that stay.
        let gathered = if self.loses_rows(first, alone) {
            (k + beside.len() as f64) * number + 4.0 * rows * n_factors
        } else {
            0.0
        };
        let filter = if first.filter.is_some() || first.study_filter.is_some() { self.rows } else { 0.0 };
        let parameters: f64 = effects.iter().sum();
        let largest = effects.iter().copied().fold(0.0, f64::max);
        let layout = self.layout(first, &effects, rows);
        let absorbed = if effects.is_empty() { 0.0 } else { layout.0 + 16.0 * parameters + k * number };
        let lanes = k.min(LANES) * 8.0;
        let iterating = if effects.len() > 1 { lanes * (6.0 * (parameters - largest) + rows / 8.0) } else { 0.0 };
        // A likelihood holds two points (index, weights, residuals), the working residual, weights in the layout and its outcome,
        // and hands over scores; one that looks for separated rows holds some more for a while.
        let climbs = models.iter().any(|model| matches!(model.method, MethodSpec::Likelihood(_)));
        let climbing = if climbs { CLIMBING * number } else { 0.0 };
        let (threads, working) =
            (rayon::current_num_threads() as f64, if effects.is_empty() { k * number } else { absorbed });
        let by_cluster: f64 = clusters.iter().map(|way| 8.0 * self.levels(way) * (k * (k + 1.0) / 2.0 + k)).sum();
        let errors = if clusters.is_empty() {
            number
        } else {
            // Several ways are combined.
            by_cluster.min(k * number) + if clusters.len() > 1 { 4.0 * rows } else { 0.0 }
        };
        GroupSize {
            columns: made.len() as f64 * all,
            design: 4.0 * rows + gathered + filter + 4.0 * parameters,
            absorption: absorbed + climbing + if layout.1 { iterating.max(k.min(threads) * number) } else { iterating },
            products: working + by_cluster.min(k * number),
            errors: working + errors,
        }
    }

    /// Bytes of the rows in the order of the eliminated effect, and whether that is another order than the panel's.
    fn layout(&self, model: &PlannedModel, effects: &[f64], rows: f64) -> (f64, bool) {
        let largest = effects.iter().copied().fold(0.0, f64::max);
        let head = model.formula.absorbed.iter().zip(effects).find(|(_, levels)| **levels == largest);
        let in_order = head.is_some_and(|(effect, _)| match effect.factors.as_slice() {
            [one] => self.columns.get(one.as_str()).is_some_and(|column| column.is_grouped),
            _ => false,
        });
        let slopes: usize = model.formula.absorbed.iter().map(|effect| effect.slopes.len()).sum();
        let weights = usize::from(model.weights.is_some());
        let codes = if in_order { 0.0 } else { 4.0 * rows * (1 + effects.len()) as f64 };
        (codes + 8.0 * rows * (slopes + weights) as f64, !in_order && !effects.is_empty())
    }

    /// The share of rows that conditions leave, as in the rows looked at; one where these cannot tell.
    fn share(&self, model: &PlannedModel) -> f64 {
        let head = &self.extent.head;
        let setting = Setting::default();
        let mut rows = vec![true; head.n_rows()];
        for parsed in [&model.study_filter, &model.filter].into_iter().flatten() {
            if let Ok(truth) = Evaluator::new(head, &setting).truth(&parsed.expr) {
                rows.iter_mut().zip(truth.rows).for_each(|(row, keep)| *row &= keep);
            }
        }
        let left = rows.iter().filter(|row| **row).count();
        if rows.is_empty() { 1.0 } else { left as f64 / rows.len() as f64 }
    }

    /// The share of rows that are alone in a level of an effect and leave.
    fn alone(&self, model: &PlannedModel) -> f64 {
        let of = |factors: &[String]| match factors {
            [one] => self.columns.get(one.as_str()).map_or(0.0, |column| column.alone),
            many => (-self.rows / self.levels(many)).exp(),
        };
        let effects = model.formula.absorbed.iter().filter(|_| !model.keep_singletons);
        effects.map(|effect| of(&effect.factors)).fold(0.0, f64::max)
    }

    /// Whether some rows will probably leave: by conditions, gaps, or levels of one row.
    fn loses_rows(&self, model: &PlannedModel, alone: f64) -> bool {
        let has_gaps = |name: &str| self.columns.get(name).is_some_and(|column| column.has_gaps);
        let gaps = terms(model).into_iter().any(|expr| expr.names().into_iter().any(|(name, _)| has_gaps(name)));
        model.filter.is_some() || model.study_filter.is_some() || gaps || alone * self.rows >= 1.0
    }
}

/// Outcome, regressors and instruments.
fn terms(model: &PlannedModel) -> Vec<&Expr> {
    let formula = &model.formula;
    let rest = formula.regressors.iter().chain(&formula.endogenous).chain(&formula.instruments);
    std::iter::once(&formula.outcome).chain(rest).collect()
}
