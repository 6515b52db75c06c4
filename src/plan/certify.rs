//! `isard certify`: from a study's `[[designation]]` to decisions. `mapping::designation` judges; this gathers what the
//! criteria look at.

use std::collections::{BTreeMap, HashMap};

use super::execute::RunError;
use super::map::MeasuredMap;
use super::prepare::{Prepared, Roles, number_column, prepare, text_column};
use super::resolve::Plan;
use crate::evaluate::Evaluator;
use crate::mapping::CompensatedSum;
use crate::mapping::cluster_map::DrawnMaps;
use crate::mapping::designation::{
    Certification, DrawnVerdicts, Evidence, GrantRule, Institutions, Override, Parts, Rules, certify,
};
use crate::monte::Streams;
use crate::panel::{Column, Factor, Panel};
use crate::study::designation::DesignationSpec;
use crate::study::nearest;

/// A designation with its decisions.
#[derive(Debug)]
pub struct Judged {
    /// The designation.
    pub spec: DesignationSpec,
    /// Its decisions.
    pub certification: Certification,
}

/// Judges every designation of a study (or the one that is named) on its measured map, and on maps of drawn values where
/// `[map]` asks for draws.
///
/// # Errors
/// When the study has no such designation, or it cannot be judged on the data.
pub fn run(plan: &Plan, only: Option<&str>) -> Result<(MeasuredMap, Vec<Judged>), RunError> {
    let all = &plan.study.designations;
    if all.is_empty() {
        let message = "the study has no [[designation]]: add one, with a name and criteria = { quotient = 1.5 }".into();
        return Err(RunError::NotAsked { message });
    }
    let wanted: Vec<&DesignationSpec> =
        all.iter().filter(|designation| only.is_none_or(|only| designation.name == only)).collect();
    if wanted.is_empty() {
        let names: Vec<&str> = all.iter().map(|designation| designation.name.as_str()).collect();
        let message = format!("no designation is named `{}`; the study has: {}", only.unwrap_or(""), names.join(", "));
        return Err(RunError::NotAsked { message });
    }
    let prepared = prepare(plan)?;
    let mut measured = super::map::measure(plan, &prepared)?;
    let mut judged = Vec::new();
    for spec in &wanted {
        let bench = Bench { plan, prepared: &prepared, measured: &measured, spec };
        judged.push((bench.judge()?, bench.rules()?));
    }
    let mut verdicts: Vec<DrawnVerdicts> = judged.iter().map(|(found, _)| DrawnVerdicts::of(found)).collect();
    let mut maps = DrawnMaps::of(&measured.map);
    super::map::for_each_draw(plan, |plan| {
        let prepared = prepare(plan)?;
        let drawn = super::map::measure(plan, &prepared)?;
        maps.add(&measured.map, &drawn.map).map_err(|source| RunError::Map { source })?;
        for ((spec, (found, rules)), verdicts) in wanted.iter().zip(&judged).zip(&mut verdicts) {
            let bench = Bench { plan, prepared: &prepared, measured: &drawn, spec };
            verdicts.add(found, &drawn.map, &bench.evidence(found.period)?, rules);
        }
        Ok(())
    })?;
    let has_draws = plan.study.map.as_ref().is_some_and(|spec| spec.draws > 0);
    if has_draws {
        maps.write(&mut measured.map);
        judged.iter_mut().zip(&verdicts).for_each(|((found, _), verdicts)| verdicts.write(found));
    }
    let judged = wanted.into_iter().zip(judged);
    let judged = judged.map(|(spec, (certification, _))| Judged { spec: spec.clone(), certification });
    Ok((measured, judged.collect()))
}

struct Bench<'a> {
    plan: &'a Plan,
    prepared: &'a Prepared,
    measured: &'a MeasuredMap,
    spec: &'a DesignationSpec,
}

impl Bench<'_> {
    fn judge(&self) -> Result<Certification, RunError> {
        let map = &self.measured.map;
        let period = self.period()?;
        let evidence = self.evidence(period)?;
        let streams = Streams::new(self.plan.study.seed);
        certify(map, period, &evidence, &self.rules()?, &streams).map_err(|error| self.failed(error.to_string()))
    }

    fn rules(&self) -> Result<Rules, RunError> {
        let overrides = self.spec.overrides.iter().map(|wanted| {
            Ok(Override {
                cluster: self.cluster(&wanted.cluster)?,
                region: self.region(&wanted.region)?,
                designated: wanted.designated,
                reason: wanted.reason.clone(),
            })
        });
        Ok(Rules {
            criteria: self.spec.criteria.clone(),
            near: self.spec.near,
            rank_by: self.spec.rank_by,
            assembly: self.spec.assembly.as_ref().map(|(_, assembly)| *assembly),
            factors: self.spec.factors.clone(),
            overrides: overrides.collect::<Result<_, RunError>>()?,
            grants: self.grants()?,
        })
    }

    fn failed(&self, message: String) -> RunError {
        RunError::Designation { designation: self.spec.name.clone(), message }
    }

    fn period(&self) -> Result<u32, RunError> {
        let periods = &self.measured.map.periods;
        let Some(year) = self.spec.year else { return Ok(periods.len() as u32 - 1) };
        periods.iter().position(|&time| time == year).map(|period| period as u32).ok_or_else(|| {
            let known: Vec<String> = periods.iter().map(f64::to_string).collect();
            self.failed(format!("the data have no year {year}; they have {}", known.join(", ")))
        })
    }

    fn cluster(&self, code: &str) -> Result<u32, RunError> {
        let names: Vec<&str> = self.measured.map.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
        self.place("cluster", code, &names)
    }

    fn region(&self, id: &str) -> Result<u32, RunError> {
        let names: Vec<&str> = self.measured.map.regions.iter().map(String::as_str).collect();
        self.place("region", id, &names)
    }

    fn place(&self, what: &str, name: &str, known: &[&str]) -> Result<u32, RunError> {
        known.iter().position(|known| *known == name).map(|position| position as u32).ok_or_else(|| {
            let near = nearest(name, known.iter().copied());
            let help = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            self.failed(format!("there is no {what} `{name}`{help}"))
        })
    }

    fn evidence(&self, period: u32) -> Result<Evidence, RunError> {
        let regions = &self.measured.map.regions;
        let weights = self.spec.assembly.as_ref().and_then(|(name, _)| self.prepared.setting.weights.get(name));
        let neighbors = weights.map(|weights| {
            let mut of = vec![Vec::new(); regions.len()];
            let place = |id: &String| regions.binary_search(id).ok();
            for (from, to, _) in weights.pairs() {
                if let (Some(from), Some(to)) = (place(&from), place(&to)) {
                    of[from].push(to as u32);
                }
            }
            of
        });
        Ok(Evidence {
            parts: self.spec.breadth.as_ref().map(|column| self.parts(column, period)).transpose()?,
            institutions: self.spec.institutions.as_ref().map(|table| self.institutions(table)).transpose()?,
            neighbors,
            larger: self.spec.larger.as_ref().map(|column| self.larger(column)).transpose()?,
        })
    }

    /// Employment by part of every cluster in every region.
    fn parts(&self, column: &str, period: u32) -> Result<Parts, RunError> {
        let study = &self.plan.study;
        let (panel, map) = (&self.prepared.panel, &self.measured.map);
        let roles = Roles::of(study);
        let factors = [&roles.region, &roles.cluster, column].map(|name| text_column(panel, "the panel", name));
        let [region, cluster, part] = factors;
        let (region, cluster, part) = (region?, cluster?, part?);
        let regions = places(&region, |id| map.regions.iter().position(|known| known == id));
        let clusters = places(&cluster, |code| map.clusters.iter().position(|known| known.name == code));
        let Some(spec) = &study.map else { return Ok(HashMap::new()) };
        let evaluator = Evaluator::new(panel, &self.prepared.setting);
        let at = |error| RunError::at(study, &spec.employment.at, &error);
        let Column::Number(employment) = evaluator.evaluate(&spec.employment.expr).map_err(at)? else {
            return Ok(HashMap::new());
        };
        let kept = match &spec.filter {
            None => vec![true; panel.n_rows()],
            Some(filter) => {
                evaluator.truth(&filter.expr).map_err(|error| RunError::at(study, &filter.at, &error))?.rows
            }
        };
        let year = map.time(period);
        let time = panel.time();
        let is_now = |row: usize| year.zip(time).is_none_or(|(year, time)| time[row] == year);
        let mut sums: BTreeMap<(u32, u32, u32), CompensatedSum> = BTreeMap::new();
        for row in (0..panel.n_rows()).filter(|&row| kept[row] && is_now(row) && !employment[row].is_nan()) {
            let place =
                |codes: &[Option<u32>], factor: &Factor| codes.get(factor.codes[row] as usize).copied().flatten();
            if let (Some(r), Some(c), Some(_)) = (place(&regions, &region), place(&clusters, &cluster), part.text(row))
            {
                sums.entry((c, r, part.codes[row])).or_default().add(employment[row]);
            }
        }
        let mut found = Parts::new();
        for ((c, r, part), sum) in sums {
            found.entry((c, r)).or_default().push((part, sum.value()));
        }
        Ok(found)
    }

    fn table(&self, name: &str) -> Result<&Panel, RunError> {
        self.prepared.map_tables.get(name).ok_or_else(|| self.failed(format!("the table `{name}` was not read")))
    }

    fn institutions(&self, name: &str) -> Result<Institutions, RunError> {
        let table = self.table(name)?;
        let roles = Roles::of(&self.plan.study);
        let region = text_column(table, name, &roles.region)?;
        let cluster = table.get(&roles.cluster).map(Column::to_factor);
        let kind = table.get("type").map(Column::to_factor);
        let map = &self.measured.map;
        let mut found = Institutions::new();
        for row in 0..table.n_rows() {
            // Institutions of regions and clusters that the map does not have support no candidate.
            let Some(r) = region.text(row).and_then(|id| map.regions.iter().position(|known| known == id)) else {
                continue;
            };
            let c = match cluster.as_ref().and_then(|cluster| cluster.text(row)) {
                None => None,
                Some(code) => match map.clusters.iter().position(|known| known.name == code) {
                    None => continue,
                    Some(c) => Some(c as u32),
                },
            };
            let kind = kind.as_ref().and_then(|kind| kind.text(row)).unwrap_or("institution").to_string();
            found.entry((c, r as u32)).or_default().push(kind);
        }
        Ok(found)
    }

    fn larger(&self, column: &str) -> Result<Vec<Option<String>>, RunError> {
        let panel = &self.prepared.panel;
        let region = text_column(panel, "the panel", &Roles::of(&self.plan.study).region)?;
        let names = super::map::names(panel, &region, Some(&column.to_string()))?;
        Ok(self.measured.map.regions.iter().map(|id| names.get(id).cloned()).collect())
    }

    fn grants(&self) -> Result<Option<GrantRule>, RunError> {
        let Some(raw) = &self.spec.grants else { return Ok(None) };
        let match_ratio = raw.match_ratio.unwrap_or(1.0);
        let pledges = match &raw.pledges {
            None => None,
            Some(name) => {
                let table = self.table(name)?;
                let roles = Roles::of(&self.plan.study);
                let region = text_column(table, name, &roles.region)?;
                let cluster = text_column(table, name, &roles.cluster)?;
                let amount = number_column(table, name, "amount")?;
                let mut found: HashMap<(u32, u32), f64> = HashMap::new();
                for row in 0..table.n_rows() {
                    if let (Some(id), Some(code)) = (region.text(row), cluster.text(row)) {
                        *found.entry((self.cluster(code)?, self.region(id)?)).or_default() += amount[row];
                    }
                }
                Some(found)
            }
        };
        Ok(Some(GrantRule {
            budget: raw.budget,
            award: raw.award,
            match_ratio,
            small_below: raw.small_below,
            small_ratio: raw.small_match.unwrap_or(match_ratio / 2.0),
            cap_per_region: raw.cap_per_region,
            pledges,
        }))
    }
}

/// The place of every level of a factor.
fn places(factor: &Factor, place: impl Fn(&str) -> Option<usize>) -> Vec<Option<u32>> {
    factor.levels.iter().map(|level| place(level).map(|place| place as u32)).collect()
}
