//! [`Plan`]: a study with its models expanded, its files found, and a key for everything that is computed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::estimate::panel::PanelMethod;
use crate::formula::Expr;
use crate::panel::{self, DataError};
use crate::study::{MethodSpec, Parsed, Study, StudyFaults};

use super::expand::{PlannedModel, expand};
use super::lock::{Lock, digest_file, digest_texts};

/// A study ready to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The study.
    pub study: Study,
    /// Every model with every choice made.
    pub models: Vec<PlannedModel>,
    /// For every model the digest of what its numbers depend on.
    pub keys: Vec<String>,
    /// Digest of the whole plan: models, tables, figures, data.
    pub digest: String,
    /// The folder given for the study's data files.
    pub data_dir: Option<PathBuf>,
    /// The files read, with their digests; `None` where a file is not there.
    pub inputs: Vec<(PathBuf, Option<String>)>,
}

/// Why no plan could be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The study asks for something that contradicts itself.
    #[error(transparent)]
    Study(#[from] StudyFaults),
    /// The data section names something that is not there.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl PlanError {
    /// A data error, at its place in the study when it is the study that is at fault.
    pub(super) fn of(study: &Study, error: DataError) -> PlanError {
        match super::misplaced::fault(study, &error) {
            Some(fault) => PlanError::Study(study.faults(vec![fault])),
            None => PlanError::Data(error),
        }
    }
}

/// One line of `isard plan`.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its name, as `--why` takes it.
    pub name: String,
    /// What it does.
    pub what: String,
    /// Whether a former run has done it already.
    pub done: bool,
}

impl Plan {
    /// Plans a study; `data_dir` takes the place of the study's data folder.
    ///
    /// # Errors
    /// The data package cannot be read. Missing data files are no error here: see [`Plan::missing_files`].
    pub fn new(study: Study, data_dir: Option<&Path>) -> Result<Plan, PlanError> {
        let models = expand(&study);
        let inputs = inputs(&study, data_dir)
            .map_err(|error| PlanError::of(&study, error))?
            .into_iter()
            .map(|path| {
                let digest = digest_file(&path).ok();
                (path, digest)
            })
            .collect();
        let mut plan = Plan {
            study,
            models,
            keys: Vec::new(),
            digest: String::new(),
            data_dir: data_dir.map(Path::to_path_buf),
            inputs,
        };
        plan.keys = (0..plan.models.len())
            .map(|position| {
                let parts = plan.key_parts(position);
                digest_texts(parts.iter().flat_map(|(part, text)| [*part, text.as_str()]))
            })
            .collect();
        plan.digest = plan.whole_digest();
        Ok(plan)
    }

    /// Checks every name of the study against the headers of its files; no row is read.
    ///
    /// # Errors
    /// All faults of the study together, or a file whose header cannot be read.
    pub fn check_columns(&self) -> Result<(), PlanError> {
        let faults = super::columns::faults(self).map_err(|error| PlanError::of(&self.study, error))?;
        if faults.is_empty() { Ok(()) } else { Err(PlanError::Study(self.study.faults(faults))) }
    }

    /// Data files that are not there.
    pub fn missing_files(&self) -> Vec<String> {
        self.inputs.iter().filter(|(_, digest)| digest.is_none()).map(|(path, _)| path.display().to_string()).collect()
    }

    /// What the numbers of a model depend on, as (part, canonical text): the key is their digest.
    pub fn key_parts(&self, position: usize) -> Vec<(&'static str, String)> {
        let model = &self.models[position];
        let canonical = |parsed: &Option<Parsed>| parsed.as_ref().map_or_else(String::new, |p| p.expr.canonical());
        let variables = self.used_variables(&self.names_of(model));
        let defined: Vec<String> = self
            .study
            .variables
            .iter()
            .filter(|(name, _)| variables.contains(name.as_str()))
            .map(|(name, parsed)| format!("{name}={}", parsed.expr.canonical()))
            .collect();
        let tests = model.panel_tests.canonical();
        let correlated = match model.method {
            MethodSpec::Panel(PanelMethod::Instrumented(_)) => {
                model.formula.endogenous.iter().map(|term| term.canonical()).collect::<Vec<_>>().join(",")
            }
            _ => String::new(),
        };
        let dynamic = model.dynamic.as_ref().map_or_else(String::new, |spec| spec.canonical());
        vec![
            ("version", env!("CARGO_PKG_VERSION").to_string()),
            ("seed", self.study.seed.to_string()),
            ("data", self.data_text()),
            ("geography", format!("{:?}", self.study.geography)),
            ("clusters", format!("{:?}", self.study.clusters)),
            ("variables", defined.join("; ")),
            ("sample", canonical(&model.study_filter)),
            ("where", canonical(&model.filter)),
            (
                "method",
                format!("{:?} {} {tests}{dynamic}{correlated}", model.method, model.orthogonal.join(","))
                    .trim_end()
                    .to_string(),
            ),
            ("formula", model.formula_text.split_whitespace().collect()),
            ("model", model.name.clone()),
            ("errors", model.errors.key()),
            ("wild", format!("{:?}", model.wild)),
            (
                "randomisation",
                super::resample::randomisations(&self.study, model).map(|test| format!("{test:?}")).collect(),
            ),
            (
                "weights",
                model
                    .weights
                    .as_ref()
                    .map_or_else(String::new, |w| format!("{:?} {}", w.kind, w.value.expr.canonical())),
            ),
            ("offset", canonical(&model.offset)),
            ("singletons", if model.keep_singletons { "keep".into() } else { "drop".to_string() }),
            ("spatial", model.spatial.as_ref().map_or_else(String::new, |spatial| format!("{spatial:?}"))),
            ("shift_share", format!("{:?} {}", self.study.shift_share, model.shift_share.canonical())),
            ("sensitivity", model.sensitivity.as_ref().map_or_else(String::new, |request| format!("{request:?}"))),
            ("measurement", model.measurement.iter().map(|spec| spec.canonical()).collect::<Vec<_>>().join("; ")),
            ("absorption", format!("{:?}", model.absorption)),
            ("fixed_effects", model.fixed_effects.to_string()),
            ("inference", model.inference.canonical()),
            ("truth", model.truth.clone().unwrap_or_default()),
            ("deny", self.study.deny.join(",")),
        ]
    }

    /// Every column of the panel that the study uses, its index included; what is left out need not be read.
    pub fn needed_columns(&self) -> Vec<String> {
        self.columns_of(&self.names_in_use())
    }

    /// Every column of the panel that some names lead to, its index included.
    pub(super) fn columns_of(&self, names: &BTreeSet<String>) -> Vec<String> {
        let mut names = names.clone();
        let variables = self.used_variables(&names);
        let defined: BTreeSet<&str> = self.study.variables.iter().map(|(name, _)| name.as_str()).collect();
        for (name, parsed) in &self.study.variables {
            if variables.contains(name.as_str()) {
                names.extend(expr_names(&parsed.expr));
            }
        }
        names.extend(self.study.data.unit.names());
        names.extend(self.study.data.time.clone());
        let roles = super::prepare::Roles::of(&self.study);
        names.extend(roles.names());
        names.extend(
            self.study.shift_share.iter().flat_map(|block| [block.region.clone(), block.time.clone()]).flatten(),
        );
        // A variable may redefine a column by itself (`wage = "wage / 1000"`): then the column is needed too.
        let redefined: BTreeSet<String> = self
            .study
            .variables
            .iter()
            .filter(|(name, parsed)| expr_names(&parsed.expr).contains(name))
            .map(|(name, _)| name.clone())
            .collect();
        names.into_iter().filter(|name| !defined.contains(name.as_str()) || redefined.contains(name)).collect()
    }

    /// Names that models, figures and the map use directly.
    pub(super) fn names_in_use(&self) -> BTreeSet<String> {
        let of_models = self.models.iter().flat_map(|model| self.names_of(model));
        let of_figures = self.study.figures.iter().flat_map(|figure| figure.content.expressions());
        let parsed = of_figures.filter_map(|(_, text)| crate::formula::parse_expression(text).ok());
        let of_designations = self.study.designations.iter().flat_map(|d| d.columns().map(|(_, name)| name.clone()));
        let of_map = self.names_of_map().into_iter().chain(of_designations);
        let of_map = of_map.chain(self.study.autocorrelations.iter().flat_map(|section| {
            let of_expressions = section.expressions().flat_map(|parsed| expr_names(&parsed.expr));
            of_expressions.chain(section.by.iter().flatten().cloned()).collect::<Vec<_>>()
        }));
        let of_clubs = self.study.clubs.iter().flat_map(|section| section.expressions());
        let of_map = of_map.chain(of_clubs.flat_map(|parsed| expr_names(&parsed.expr)));
        of_models.chain(parsed.flat_map(|expr| expr_names(&expr))).chain(of_map).collect()
    }

    /// Names that the map uses directly.
    pub(super) fn names_of_map(&self) -> BTreeSet<String> {
        let map = self.study.map.iter();
        map.flat_map(|map| {
            let of_expressions = map.expressions().flat_map(|parsed| expr_names(&parsed.expr));
            of_expressions.chain(map.columns().cloned()).collect::<Vec<_>>()
        })
        .collect()
    }

    /// Every variable of the study that a model or figure leads to.
    pub fn variables_in_use(&self) -> BTreeSet<&str> {
        self.used_variables(&self.names_in_use())
    }

    /// The names of variables that a set of names leads to, directly or through other variables.
    pub fn used_variables(&self, names: &BTreeSet<String>) -> BTreeSet<&str> {
        let mut found: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<String> = names.iter().cloned().collect();
        while let Some(name) = open.pop() {
            if let Some((known, parsed)) = self.study.variables.iter().find(|(known, _)| *known == name)
                && found.insert(known)
            {
                open.extend(expr_names(&parsed.expr));
            }
        }
        found
    }

    /// Names that a model uses.
    fn names_of(&self, model: &PlannedModel) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = model.formula.names().into_iter().map(|(name, _)| name.to_string()).collect();
        for parsed in [&model.study_filter, &model.filter].into_iter().flatten() {
            names.extend(expr_names(&parsed.expr));
        }
        names.extend(model.shift_share.variables.iter().flat_map(|(parsed, _)| expr_names(&parsed.expr)));
        names.extend(model.inference.names().into_iter().map(|(_, name)| name.to_string()));
        if let Some(offset) = &model.offset {
            names.extend(expr_names(&offset.expr));
        }
        if let MethodSpec::Direct(spec) = &model.method {
            names.extend(spec.zero.iter().flat_map(|parsed| expr_names(&parsed.expr)));
        }
        if let Some(weights) = &model.weights {
            names.extend(expr_names(&weights.value.expr));
        }
        let dynamic = model.dynamic.iter().flat_map(|spec| spec.expressions());
        let intervals = model.measurement.iter().flat_map(|spec| spec.expressions());
        names.extend(dynamic.chain(intervals).flat_map(|parsed| expr_names(&parsed.expr)));
        names.extend(model.errors.kind.names().into_iter().map(str::to_string));
        names.extend(model.spatial.iter().flat_map(|spatial| spatial.by.iter().flatten().cloned()));
        names.extend(super::resample::columns(&self.study, model).into_iter().map(|(name, _)| name));
        names
    }

    /// The steps of a run, each done or not by a former one.
    pub fn steps(&self, lock: Option<&Lock>, out: &Path) -> Vec<Step> {
        let intact = lock.is_some_and(|lock| lock.plan == self.digest && lock.results_intact(out));
        let mut steps = vec![Step {
            name: "data".into(),
            what: format!("read {} file{}", self.inputs.len(), if self.inputs.len() == 1 { "" } else { "s" }),
            done: intact,
        }];
        steps.extend(self.models.iter().zip(&self.keys).map(|(model, key)| Step {
            name: model.name.clone(),
            what: format!("{}, errors {}", model.formula_text, model.errors_text()),
            done: lock.is_some_and(|lock| lock.models.get(&model.name) == Some(key))
                && out.join("results.json").exists(),
        }));
        let tables = self.study.tables.iter().map(|table| ("table", table.name.clone()));
        let figures = self.study.figures.iter().map(|figure| ("figure", figure.name.clone()));
        steps.extend(tables.chain(figures).map(|(kind, name)| Step { what: kind.into(), name, done: intact }));
        steps
    }

    /// How many models are still to be estimated, and over how many distinct (sample, effects, weights).
    pub fn work(&self, lock: Option<&Lock>) -> (usize, usize) {
        let open: Vec<&PlannedModel> = self
            .models
            .iter()
            .zip(&self.keys)
            .filter(|(model, key)| lock.is_none_or(|lock| lock.models.get(&model.name) != Some(*key)))
            .map(|(model, _)| model)
            .collect();
        let distinct: BTreeSet<String> = open.iter().map(|model| model.group_key()).collect();
        (open.len(), distinct.len())
    }

    fn data_text(&self) -> String {
        let files: Vec<String> =
            self.inputs.iter().map(|(_, digest)| digest.clone().unwrap_or_else(|| "absent".into())).collect();
        format!("{:?} {}", self.study.data, files.join(" "))
    }

    fn whole_digest(&self) -> String {
        let study = &self.study;
        let presentation =
            format!("{:?}{:?}{:?}{:?}{:?}", study.title, study.question, study.references, study.tables, study.figures);
        let families = format!("{:?}{:?}{:?}{:?}", study.families, study.curves, study.autocorrelations, study.systems);
        let clubs = format!("{:?}{:?}", study.clubs, study.distance_decays);
        digest_texts(self.keys.iter().map(String::as_str).chain([
            presentation.as_str(),
            families.as_str(),
            clubs.as_str(),
        ]))
    }
}

/// The files that a study reads: its data, its geography, its cluster tables, its truth.
fn inputs(study: &Study, data_dir: Option<&Path>) -> Result<Vec<PathBuf>, DataError> {
    let mut paths: BTreeSet<PathBuf> = panel::inputs(&study.data, study.folder(), data_dir)?.into_iter().collect();
    for name in super::prepare::table_names(study) {
        if !study.data.tables.contains_key(&name) {
            let path = panel::path(&study.data, study.folder(), data_dir, &name)?;
            paths.extend(super::outlines::beside(&path));
            paths.insert(path);
        }
    }
    Ok(paths.into_iter().collect())
}

fn expr_names(expr: &Expr) -> BTreeSet<String> {
    expr.names().into_iter().map(|(name, _)| name.to_string()).collect()
}
