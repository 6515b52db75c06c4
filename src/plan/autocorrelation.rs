//! `[[autocorrelation]]` on the prepared panel: global and local statistics of every period.

use crate::evaluate::Evaluator;
use crate::infer::association::{
    Association, AutocorrelationRecord, GlobalRow, LocalRow, Null, geary, local_getis_ord, local_moran, moran, permute,
    permute_local, quadrant, with_itself,
};
use crate::infer::multiple::adjust;
use crate::linalg::SparseMatrix;
use crate::panel::Column;
use crate::study::{AutocorrelationSpec, Parsed, Study};

use super::execute::RunError;
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
        let values = match evaluator.evaluate(&spec.variable.expr).map_err(|error| at(&spec.variable, error))? {
            Column::Number(values) => values,
            Column::Text(_) => return Err(self.failed(format!("{} is text, not numbers", spec.variable.text))),
        };
        let mut keep = vec![true; prepared.panel.n_rows()];
        for parsed in study.filter.iter().chain(&spec.filter) {
            let truth = evaluator.truth(&parsed.expr).map_err(|error| at(parsed, error))?;
            keep.iter_mut().zip(&truth.rows).for_each(|(row, keep)| *row &= keep);
        }
        let asked = keep.iter().filter(|row| **row).count();
        let rows: Vec<u32> =
            (0..keep.len()).filter(|&row| keep[row] && values[row].is_finite()).map(|row| row as u32).collect();
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
            let found = self.local((&x, w), &period, &places);
            record.global.extend(self.global((&x, w), &period, &found)?);
            local.extend(found);
        }
        Ok(Autocorrelation { record, local })
    }

    fn global(
        &self,
        (x, w): (&[f64], &SparseMatrix),
        period: &str,
        local: &[LocalRow],
    ) -> Result<[GlobalRow; 2], RunError> {
        type Statistic = fn(&[f64], &SparseMatrix, Null) -> Option<Association>;
        let draws = (self.spec.permutations, self.spec.seed);
        let row = |name: &str, statistic: Statistic| {
            let found = statistic(x, w, Null::Randomisation)?;
            let mut row = GlobalRow::new(period, name, x.len(), &found);
            let value = |x: &[f64]| statistic(x, w, Null::Normality).map_or(f64::NAN, |found| found.statistic);
            row.pseudo_p_value = (draws.0 > 0).then(|| permute(x, draws, value).p_value);
            let spots =
                |quadrant: &str| local.iter().filter(|one| one.is_significant && one.quadrant == quadrant).count();
            (row.hot_spots, row.cold_spots) = (spots("high-high"), spots("low-low"));
            Some(row)
        };
        let both = row("moran", moran as Statistic).zip(row("geary", geary as Statistic));
        both.map(|(moran, geary)| [moran, geary]).ok_or_else(|| {
            let when = if period.is_empty() { String::new() } else { format!(" in {period}") };
            self.failed(format!(
                "{} has the same value everywhere{when}, fewer than four regions, or none with a neighbour: choose other rows with `where`",
                self.spec.variable.text
            ))
        })
    }

    fn local(&self, (x, w): (&[f64], &SparseMatrix), period: &str, regions: &[String]) -> Vec<LocalRow> {
        let spec = self.spec;
        let (found, star) = (local_moran(x, w), local_getis_ord(x, &with_itself(w), true));
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let lags = w.times(x);
        let p_values: Vec<f64> = if spec.permutations > 0 {
            // The factor of the place itself is the same in every draw but for its sign.
            let statistic = |i: usize, weights: &[f64], neighbours: &[f64]| {
                let lag: f64 = weights.iter().zip(neighbours).map(|(w, value)| w * (value - mean)).sum();
                (x[i] - mean).signum() * lag
            };
            permute_local(x, w, (spec.permutations, spec.seed), statistic)
        } else {
            found.iter().map(|one| one.p_value).collect()
        };
        let adjusted = adjust(&p_values, spec.adjust);
        (0..x.len())
            .map(|i| {
                let lag_of_deviations = w.row(i).map(|(j, v)| v * (x[j] - mean)).sum();
                LocalRow {
                    name: spec.name.clone(),
                    period: period.into(),
                    region: regions[i].clone(),
                    value: x[i],
                    lag: lags[i],
                    moran: found[i].statistic,
                    p_value: p_values[i],
                    adjusted_p_value: adjusted[i],
                    quadrant: quadrant(x[i] - mean, lag_of_deviations).name(),
                    is_significant: adjusted[i] <= spec.alpha,
                    getis_ord: star[i].z,
                }
            })
            .collect()
    }

    fn failed(&self, message: String) -> RunError {
        RunError::Autocorrelation { name: self.spec.name.clone(), message }
    }
}
