//! `[[autocorrelation]]` on the prepared panel: global and local statistics of every period, and of all periods together.

use crate::estimate::spatial::{SpatialBlock, SpatialLayout};
use crate::evaluate::Evaluator;
use crate::infer::association::{AutocorrelationRecord, GlobalRow, LocalRow, PooledValues, pooled_moran};
use crate::panel::{Column, Ledger};
use crate::study::autocorrelation::StatisticName;
use crate::study::{AutocorrelationSpec, Parsed, Study};

use super::conditions::conditions;
use super::execute::RunError;
use super::global_statistics::Global;
use super::local_statistics::Local;
use super::prepare::Prepared;
use super::spatial::{Places, named_weights};

/// What was found, with a row per region and period.
pub(super) struct Autocorrelation {
    pub(super) record: AutocorrelationRecord,
    pub(super) local: Vec<LocalRow>,
}

/// Measures every autocorrelation of a study.
///
/// # Errors
/// Expressions that do not fit the data, regions without weights or in several rows of a period, and variables that do not vary.
pub(super) fn measure(study: &Study, prepared: &Prepared) -> Result<Vec<Autocorrelation>, RunError> {
    study.autocorrelations.iter().map(|spec| Walk { study, prepared, spec }.measure()).collect()
}

struct Walk<'a> {
    study: &'a Study,
    prepared: &'a Prepared,
    spec: &'a AutocorrelationSpec,
}

impl Walk<'_> {
    fn measure(&self) -> Result<Autocorrelation, RunError> {
        let (study, prepared, spec) = (self.study, self.prepared, self.spec);
        let evaluator = Evaluator::new(&prepared.panel, &prepared.setting);
        let at = |parsed: &Parsed, error| RunError::at(study, &parsed.at, &error);
        let numbers = |parsed: &Parsed| match evaluator.evaluate(&parsed.expr).map_err(|error| at(parsed, error))? {
            Column::Number(values) => Ok(values),
            Column::Text(_) => Err(self.failed(format!("{} is text, not numbers", parsed.text))),
        };
        let values = numbers(&spec.variable)?;
        let other = spec.other.as_ref().map(numbers).transpose()?;
        let steps = study.filter.iter().chain(&spec.filter).map(|parsed| ("autocorrelation", parsed));
        let keep = conditions((study, prepared), steps, &mut Ledger::default())?;
        let asked = keep.iter().filter(|row| **row).count();
        let is_known =
            |row: usize| values[row].is_finite() && other.as_ref().is_none_or(|other| other[row].is_finite());
        let rows: Vec<u32> = (0..keep.len()).filter(|&row| keep[row] && is_known(row)).map(|row| row as u32).collect();
        if rows.is_empty() {
            let message = format!("{} has no value in any of {asked} rows: loosen `where`", spec.variable.text);
            return Err(self.failed(message));
        }
        let places = Places::of(study, prepared, spec.by.as_deref())?;
        let weights = named_weights(study, prepared, &spec.weights)?;
        let layout = places.layout(&rows, weights, &spec.weights).map_err(|error| self.failed(error.to_string()))?;
        let mut record = AutocorrelationRecord {
            name: spec.name.clone(),
            variable: spec.variable.text.clone(),
            other: spec.other.as_ref().map(|other| other.text.clone()),
            weights: spec.weights.clone(),
            permutations: spec.permutations,
            alpha: spec.alpha,
            missing: asked - rows.len(),
            global: Vec::new(),
        };
        let mut local = Vec::new();
        for block in &layout.blocks {
            let of_rows: Vec<usize> = block.rows.iter().map(|&at| rows[at as usize] as usize).collect();
            let x: Vec<f64> = of_rows.iter().map(|&row| values[row]).collect();
            let region = |row: usize| places.region.text(row).unwrap_or_default().to_string();
            let period = of_rows.first().map_or_else(String::new, |&row| places.block_name(row));
            let w = &layout.matrices[block.matrix];
            let places: Vec<String> = of_rows.iter().map(|&row| region(row)).collect();
            let y: Option<Vec<f64>> = other.as_ref().map(|other| of_rows.iter().map(|&row| other[row]).collect());
            let found = Local { spec, w, x: &x, y: y.as_deref(), period: &period }.rows(&places);
            let global = Global { spec, w, x: &x, y: y.as_deref(), period: &period };
            record.global.extend(global.rows(&found).map_err(|message| self.failed(message))?);
            local.extend(found);
        }
        if spec.pooled {
            let column = |values: &[f64]| -> Vec<Vec<f64>> {
                let of_block =
                    |block: &SpatialBlock| block.rows.iter().map(|&at| values[rows[at as usize] as usize]).collect();
                layout.blocks.iter().map(of_block).collect()
            };
            record.global.extend(self.pooled(&layout, column(&values), other.as_ref().map(|other| column(other)))?);
        }
        Ok(Autocorrelation { record, local })
    }

    /// Statistics of all periods together.
    fn pooled(
        &self,
        layout: &SpatialLayout,
        x: Vec<Vec<f64>>,
        y: Option<Vec<Vec<f64>>>,
    ) -> Result<Vec<GlobalRow>, RunError> {
        if !layout.is_balanced() {
            let message = "`pooled` needs the same regions in every period: whole paths of regions are permuted; choose them with `where`";
            return Err(self.failed(message.into()));
        }
        let (w, draws) = (&layout.matrices[0], (self.spec.permutations, self.spec.seed));
        let has = |name: StatisticName| self.spec.statistics.contains(&name);
        let one = has(StatisticName::Moran).then(|| ("pooled_moran", PooledValues { x: x.clone(), y: None }));
        let two = has(StatisticName::Bivariate).then_some(("pooled_bivariate_moran", PooledValues { x, y }));
        let row = |(name, values): (&str, PooledValues)| {
            let found = pooled_moran(&values, w, draws);
            let (value, permuted) =
                found.ok_or_else(|| self.failed("the variable is the same everywhere in all periods".into()))?;
            Ok(GlobalRow::of_draws("", name, w.n_rows(), (value, &permuted)))
        };
        one.into_iter().chain(two).map(row).collect()
    }

    fn failed(&self, message: String) -> RunError {
        RunError::Autocorrelation { name: self.spec.name.clone(), message }
    }
}
