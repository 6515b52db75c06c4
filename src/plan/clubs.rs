//! `[[clubs]]` on the prepared panel: the units that have every period, searched for clubs; and the figure of their paths.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
        let periods: BTreeSet<Period> = rows.iter().map(|&row| Period(times[row])).collect();
        let units: Vec<&Column> = panel.index.unit.iter().filter_map(|name| panel.get(name)).collect();
        let name = |row: usize| units.iter().map(|column| column.display(row)).collect::<Vec<_>>().join("|");
        let mut found: BTreeMap<String, BTreeMap<Period, f64>> = BTreeMap::new();
        for &row in &rows {
            let unit = found.entry(name(row)).or_default();
            if unit.insert(Period(times[row]), values[row]).is_some() {
                let (row, unit) = (panel.row_name(row), panel.index.unit.join(", "));
                let message = format!(
                    "{unit} has several rows in one period (a second one is {row}): use a finer unit, or add rows up"
                );
                return Err(self.failed(message));
            }
        }
        let n_periods = periods.len();
        found.retain(|_, values| values.len() == n_periods);
        let left = found.len() * n_periods;
        ledger.push("clubs", Reason::Missing, "another period of the unit", rows.len() - left, left);
        let display = |period: &Period| period.0.to_string();
        Ok(Series {
            names: found.keys().cloned().collect(),
            periods: periods.iter().map(display).collect(),
            values: found.into_values().map(|unit| unit.into_values().collect()).collect(),
            ledger,
        })
    }

    fn sample(&self) -> Result<Sample, RunError> {
        let (study, prepared, spec) = (self.study, self.prepared, self.spec);
        let evaluator = Evaluator::new(&prepared.panel, &prepared.setting);
        let at = |parsed: &Parsed, error| RunError::at(study, &parsed.at, &error);
        let values = match evaluator.evaluate(&spec.variable.expr).map_err(|error| at(&spec.variable, error))? {
            Column::Number(values) => values,
            Column::Text(_) => return Err(self.failed(format!("{} is text, not numbers", spec.variable.text))),
        };
        let mut rows: Vec<usize> = (0..values.len()).collect();
        let mut ledger = Ledger::default();
        ledger.push("data", Reason::Read, "", 0, rows.len());
        for (step, parsed) in study.filter.iter().map(|f| ("study", f)).chain(spec.filter.iter().map(|f| ("clubs", f)))
        {
            let truth = evaluator.truth(&parsed.expr).map_err(|error| at(parsed, error))?;
            let before = rows.len();
            rows.retain(|&row| truth.rows[row]);
            ledger.push(step, Reason::Where, &parsed.text, before - rows.len(), rows.len());
        }
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

/// A period in the order of time.
#[derive(Clone, Copy, PartialEq)]
struct Period(f64);

impl Eq for Period {}

impl Ord for Period {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Period {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
