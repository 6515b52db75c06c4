//! `[[clubs]]` on the prepared panel: the units that have every period, searched for clubs; and the figure of their paths.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::conditions::conditions;
use super::draw::Drawn;
use super::execute::{RunError, is_synthetic};
use super::prepare::Prepared;
use crate::evaluate::Evaluator;
use crate::infer::normal;
use crate::infer::panel::clubs::{Club, ClubMember, ClubPath, ClubTest, Clubs, ClubsRecord, hodrick_prescott};
use crate::infer::panel::log_t::{LogT, LogTConvention};
use crate::panel::{Column, Ledger, Reason};
use crate::report::figure::Frame;
use crate::report::figure::paths::{PathPlot, paths};
use crate::study::clubs::ClubsSpec;
use crate::study::{Parsed, Study};

/// Searches for every `[[clubs]]` of a study.
///
/// # Errors
/// Expressions that do not fit the data, a panel without time, units with several rows in a period, and panels too small to search.
pub(super) fn search(study: &Study, prepared: &Prepared) -> Result<Vec<ClubsRecord>, RunError> {
    study.clubs.iter().map(|spec| Walk { study, prepared, spec }.search()).collect()
}

/// A figure of each.
pub(super) fn figures(prepared: &Prepared, records: &[ClubsRecord]) -> Vec<Drawn> {
    let draw = |record: &ClubsRecord| {
        let title = format!("Paths of convergence clubs: {}", record.variable);
        let frame = Frame { title: title.clone(), note: None, synthetic: is_synthetic(prepared) };
        let caption = format!(
            "Mean of each club's units relative to that of all units: {}. The dashed line is the mean of all.",
            record.in_words()
        );
        let svg = paths(&PathPlot::of(frame, record));
        Drawn { name: format!("clubs_{}", record.name), title, caption, is_map: false, svg }
    };
    records.iter().map(draw).collect()
}

struct Walk<'a> {
    study: &'a Study,
    prepared: &'a Prepared,
    spec: &'a ClubsSpec,
}

/// Units with a value in every period.
struct Series {
    names: Vec<String>,
    periods: Vec<String>,
    values: Vec<Vec<f64>>,
    ledger: Ledger,
}

/// The variable in every row of the panel, and the rows that have it.
struct Sample {
    values: Arc<Vec<f64>>,
    rows: Vec<usize>,
    ledger: Ledger,
}

impl Walk<'_> {
    fn search(&self) -> Result<ClubsRecord, RunError> {
        let mut series = self.series()?;
        if let Some(weight) = self.spec.smooth {
            hodrick_prescott(&mut series.values, weight);
        }
        let found = self.spec.search.search(&series.values, &series.names);
        let found = found.map_err(|fault| self.failed(fault.to_string()))?;
        Ok(self.record(&found, series))
    }

    fn series(&self) -> Result<Series, RunError> {
        let Sample { values, rows, mut ledger } = self.sample()?;
        let panel = &self.prepared.panel;
        let Some(times) = panel.time() else {
            return Err(self.failed("clubs need periods: name a numeric `time` in [data]".into()));
        };
        let mut periods: Vec<f64> = rows.iter().map(|&row| times[row]).collect();
        periods.sort_unstable_by(f64::total_cmp);
        periods.dedup();
        let mut found: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
        for &row in &rows {
            let Ok(period) = periods.binary_search_by(|period| period.total_cmp(&times[row])) else { continue };
            let unit = found.entry(panel.unit_name(row)).or_insert_with(|| vec![None; periods.len()]);
            if unit[period].replace(values[row]).is_some() {
                let (row, unit) = (panel.row_name(row), panel.index.unit.join(", "));
                let message = format!(
                    "{unit} has several rows in one period (a second one is {row}): use a finer unit, or add rows up"
                );
                return Err(self.failed(message));
            }
        }
        let complete =
            |(name, unit): (String, Vec<Option<f64>>)| Some((name, unit.into_iter().collect::<Option<Vec<f64>>>()?));
        let (names, values): (Vec<String>, Vec<Vec<f64>>) = found.into_iter().filter_map(complete).unzip();
        let left = names.len() * periods.len();
        ledger.push("clubs", Reason::Missing, "another period of the unit", rows.len() - left, left);
        Ok(Series { names, periods: periods.iter().map(f64::to_string).collect(), values, ledger })
    }

    fn sample(&self) -> Result<Sample, RunError> {
        let (study, prepared, spec) = (self.study, self.prepared, self.spec);
        let evaluator = Evaluator::new(&prepared.panel, &prepared.setting);
        let at = |parsed: &Parsed, error| RunError::at(study, &parsed.at, &error);
        let values = match evaluator.evaluate(&spec.variable.expr).map_err(|error| at(&spec.variable, error))? {
            Column::Number(values) => values,
            Column::Text(_) => return Err(self.failed(format!("{} is text, not numbers", spec.variable.text))),
        };
        let mut ledger = prepared.ledger.clone();
        let of_study = study.filter.iter().map(|parsed| ("study", parsed));
        let steps = of_study.chain(spec.filter.iter().map(|parsed| ("clubs", parsed)));
        let keep = conditions((study, prepared), steps, &mut ledger)?;
        let mut rows: Vec<usize> = (0..values.len()).filter(|&row| keep[row]).collect();
        let before = rows.len();
        rows.retain(|&row| values[row].is_finite());
        ledger.push("clubs", Reason::Missing, &spec.variable.text, before - rows.len(), rows.len());
        Ok(Sample { values, rows, ledger })
    }

    fn record(&self, found: &Clubs, series: Series) -> ClubsRecord {
        let spec = self.spec;
        let all: Vec<usize> = (0..series.values.len()).collect();
        let mean =
            |units: &[usize], t: usize| units.iter().map(|&i| series.values[i][t]).sum::<f64>() / units.len() as f64;
        let last = series.periods.len() - 1;
        let of_all: Vec<f64> = (0..=last).map(|t| mean(&all, t)).collect();
        let groups: Vec<(Option<usize>, &[usize], usize)> = found
            .clubs
            .iter()
            .enumerate()
            .map(|(k, club)| (Some(k + 1), club.units.as_slice(), club.core))
            .chain((!found.divergent.is_empty()).then_some((None, found.divergent.as_slice(), 0)))
            .collect();
        let member = |club: Option<usize>, unit: usize, is_core: bool| {
            let value = series.values[unit][last];
            ClubMember { unit: series.names[unit].clone(), club, is_core, last: value, relative: value / of_all[last] }
        };
        let members = groups
            .iter()
            .flat_map(|&(club, units, core)| units.iter().enumerate().map(move |(k, &unit)| (club, unit, k < core)));
        let paths = groups.iter().flat_map(|&(club, units, _)| (0..=last).map(move |t| (club, units, t)));
        let path = |(club, units, t): (Option<usize>, &[usize], usize)| ClubPath {
            club,
            period: series.periods[t].clone(),
            relative: mean(units, t) / of_all[t],
        };
        let whole = Club { units: all.clone(), core: 0, test: found.all, critical: f64::NAN, parts: Vec::new() };
        ClubsRecord {
            name: spec.name.clone(),
            variable: spec.variable.text.clone(),
            convention: if spec.search.regression.convention == LogTConvention::Paper { "paper" } else { "programs" }
                .into(),
            smooth: spec.smooth,
            units: all.len(),
            periods: series.periods.len(),
            from: series.periods[found.all.from - 1].clone(),
            all: ClubTest { critical: 0.0, ..test(0, &whole) },
            clubs: found.clubs.iter().enumerate().map(|(k, club)| test(k + 1, club)).collect(),
            before_merging: found.before_merging,
            members: members.map(|(club, unit, is_core)| member(club, unit, is_core)).collect(),
            paths: paths.map(path).collect(),
            ledger: series.ledger.clone(),
        }
    }

    fn failed(&self, message: String) -> RunError {
        RunError::Clubs { name: self.spec.name.clone(), message }
    }
}

fn test(number: usize, club: &Club) -> ClubTest {
    let LogT { b, std_error, t, .. } = club.test;
    ClubTest {
        club: number,
        units: club.units.len(),
        core: club.core,
        b,
        std_error,
        t,
        p_value: normal::cdf(t),
        critical: club.critical,
        parts: club.parts.clone(),
    }
}
