//! Resampling of a planned model: its wild bootstrap, the families that it is in, treatments assigned anew; and the families
//! when all models are there.
//!
//! What needs rows runs right after the fit, while its design is there; a member of a family with joint draws keeps cross
//! products by cluster instead of the design.

use std::sync::Arc;

use crate::absorb::AbsorberCache;
use crate::design::{ClusterVariable, DenseFactor, DesignMatrix};
use crate::estimate::ols::INTERCEPT;
use crate::estimate::{Estimate, EstimateError, Fit, ModelRequest, TestResult};
use crate::infer::family::{FamilyMember, FamilyRecord, JointRecord};
use crate::infer::resample::{Fitted, Hypothesis, JointDraws, Member, ResampleError};
use crate::note::Note;
use crate::panel::{Column, Factor, Panel};
use crate::study::model::ErrorsKind;
use crate::study::{FamilyMethod, FamilySpec, RandomisationSpec, Study, nearest};
use crate::vcov::covariance;

use super::execute::RunError;
use super::expand::PlannedModel;
use super::groups::Estimated;
use super::matches_name;
use super::resolve::Plan;

/// What resampling needs of the panel.
#[derive(Debug, Default)]
pub(super) struct Resampling {
    /// Of each row of the sample its rank by unit and time, where single rows are drawn.
    row_numbers: Option<Vec<u32>>,
    /// Units and strata of the randomisation tests, in their order.
    assigned: Vec<(ClusterVariable, Option<ClusterVariable>)>,
}

/// What a model is drawn together with others for, by position in the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joins {
    /// A family of hypotheses.
    Family(usize),
    /// A specification curve.
    Curve(usize),
}

/// A member of a family or a curve.
pub(super) type Joined = (Joins, Member);

/// The randomisation tests of a model.
pub(super) fn randomisations<'a>(
    study: &'a Study,
    model: &'a PlannedModel,
) -> impl Iterator<Item = &'a RandomisationSpec> {
    study.randomisations.iter().filter(|test| test.has_model(&model.name, &model.base))
}

/// Columns that resampling a model uses, each with its place in the study.
pub(super) fn columns(study: &Study, model: &PlannedModel) -> Vec<(String, String)> {
    let drawn = model.wild.iter().flat_map(|wild| {
        let at = format!("{}.bootstrap_cluster", wild.at);
        wild.bootstrap_cluster.iter().flatten().map(move |name| (name.clone(), at.clone()))
    });
    let assigned = randomisations(study, model).flat_map(|test| {
        let units = test.unit.iter().map(|name| (name.clone(), format!("{}.unit", test.at)));
        let strata = test.strata.iter().flatten().map(|name| (name.clone(), format!("{}.strata", test.at)));
        units.chain(strata).collect::<Vec<_>>()
    });
    drawn.chain(assigned).collect()
}

impl Resampling {
    /// Gathers it for a model on its sample; `factor` evaluates a combination of columns that is named at a place.
    ///
    /// # Errors
    /// Units or strata that are missing in rows of the sample.
    pub(super) fn of(
        study: &Study,
        (panel, model): (&Panel, &PlannedModel),
        rows: &[u32],
        factor: impl Fn(&[String], &str) -> Result<Factor, RunError>,
    ) -> Result<Resampling, RunError> {
        let levels = |names: &[String], at: &str| -> Result<ClusterVariable, RunError> {
            let (name, found) = (names.join("^"), factor(names, at)?);
            let missing = rows.iter().filter(|&&row| found.text(row as usize).is_none()).count();
            if missing > 0 {
                let message = format!("{name} is missing in {missing} rows of the sample of model `{}`", model.name);
                let help = format!("narrow the model with where = \"not is_missing({name})\", or fill the column");
                return Err(fault(study, at, message, Some(help)));
            }
            let levels = Arc::clone(&found.levels);
            Ok(ClusterVariable { name, factor: DenseFactor::of(&found, rows), levels })
        };
        let assigned = randomisations(study, model)
            .map(|test| {
                let strata = test.strata.as_ref();
                let strata = strata.map(|names| levels(names, &format!("{}.strata", test.at))).transpose()?;
                Ok((levels(&test.unit, &format!("{}.unit", test.at))?, strata))
            })
            .collect::<Result<_, RunError>>()?;
        let clustered = matches!(model.errors.kind, ErrorsKind::Cluster(_));
        let drawn = model.wild.is_some() || !parts(study, model).is_empty();
        let row_numbers = (drawn && !clustered).then(|| {
            let ranks = ranks(panel, &study.data);
            rows.iter().map(|&row| ranks[row as usize]).collect()
        });
        Ok(Resampling { row_numbers, assigned })
    }
}

/// The rank of each row by unit and time, whatever the order of the rows.
fn ranks(panel: &Panel, data: &crate::study::data::DataSection) -> Vec<u32> {
    let index = data.unit.names().into_iter().chain(data.time.clone());
    let columns: Vec<Vec<u32>> = index.filter_map(|name| panel.get(&name)).map(by_name).collect();
    let mut order: Vec<u32> = (0..panel.n_rows() as u32).collect();
    order.sort_by(|&a, &b| {
        let of = |row: u32| columns.iter().map(move |column| column[row as usize]);
        of(a).cmp(of(b)).then(a.cmp(&b))
    });
    let mut ranks = vec![0; order.len()];
    order.into_iter().zip(0..).for_each(|(row, rank)| ranks[row as usize] = rank);
    ranks
}

/// Codes of a column in the order of its levels' names.
fn by_name(column: &Column) -> Vec<u32> {
    let factor = column.to_factor();
    let mut order: Vec<u32> = (0..factor.n_levels() as u32).collect();
    order.sort_by_key(|&level| &factor.levels[level as usize]);
    let mut rank = vec![0; order.len()];
    order.into_iter().zip(0..).for_each(|(level, next)| rank[level as usize] = next);
    factor.codes.iter().map(|&code| rank.get(code as usize).copied().unwrap_or(u32::MAX)).collect()
}

/// Joint draws that a model takes part in.
struct Part<'a> {
    joins: Joins,
    draws: &'a JointDraws,
    terms: &'a [String],
    at: String,
}

/// The families with joint draws and the tested curves that a model is in.
fn parts<'a>(study: &'a Study, model: &PlannedModel) -> Vec<Part<'a>> {
    let families = study.families.iter().enumerate().filter(|(_, family)| family.is_joint());
    let families = families.filter(|(_, family)| family.has_model(&model.name, &model.base)).map(|(k, family)| Part {
        joins: Joins::Family(k),
        draws: &family.draws,
        terms: &family.terms,
        at: format!("{}.method", family.at),
    });
    let curves = study.curves.iter().enumerate().filter(|(_, curve)| curve.has_model(&model.name, &model.base));
    let curves = curves.filter_map(|(k, curve)| {
        let draws = curve.draws.as_ref()?;
        Some(Part { joins: Joins::Curve(k), draws, terms: &curve.terms, at: format!("{}.models", curve.at) })
    });
    families.chain(curves).collect()
}

/// A model that was just fitted, with what it was fitted on.
pub(super) struct Resampled<'a> {
    pub(super) study: &'a Study,
    pub(super) model: &'a PlannedModel,
    pub(super) request: &'a ModelRequest,
    pub(super) design: &'a DesignMatrix,
    pub(super) resampling: &'a Resampling,
    pub(super) cache: &'a AbsorberCache,
}

impl Resampled<'_> {
    /// Whether anything of the model is resampled; whether only joint draws are.
    pub(super) fn wanted(study: &Study, model: &PlannedModel) -> (bool, bool) {
        let joint = !parts(study, model).is_empty();
        (joint || model.wild.is_some() || randomisations(study, model).next().is_some(), joint)
    }

    /// Adds the wild bootstrap and the randomisation tests to a fit, and returns it as a member of families.
    pub(super) fn attach(&self, estimate: &Estimate, fit: &mut Fit) -> Result<Vec<Joined>, RunError> {
        self.fitted(estimate, |fitted| {
            self.wild(fitted, fit)?;
            self.randomise(fitted, fit)?;
            self.members(fitted)
        })
    }

    /// The model as a member of families.
    pub(super) fn join(&self, estimate: &Estimate) -> Result<Vec<Joined>, RunError> {
        self.fitted(estimate, |fitted| self.members(fitted))
    }

    fn fitted<T>(
        &self,
        estimate: &Estimate,
        work: impl FnOnce(&Fitted<'_>) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let rules = self.request.dialect.small_sample();
        let covariance = covariance(&self.request.errors, &rules, self.design, estimate)
            .map_err(|source| self.failed(source.into()))?;
        work(&Fitted {
            design: self.design,
            estimate,
            covariance: &covariance,
            rules: &rules,
            cache: self.cache,
            row_numbers: self.resampling.row_numbers.as_deref(),
        })
    }

    fn wild(&self, fitted: &Fitted<'_>, fit: &mut Fit) -> Result<(), RunError> {
        let Some(wild) = &self.model.wild else { return Ok(()) };
        let place = |error| self.place(&wild.at, error);
        let clusters = fitted.error_clusters().map_err(place)?;
        let clusters =
            clusters.ok_or_else(|| place(ResampleError::ErrorsNotDrawn { errors: fitted.covariance.kind.into() }))?;
        let terms = if wild.terms.is_empty() {
            let endogenous: Vec<String> = self.design.endogenous.iter().map(|v| v.name.clone()).collect();
            let slopes = fitted.estimate.terms.iter().filter(|term| *term != INTERCEPT).cloned();
            if endogenous.is_empty() { slopes.collect() } else { endogenous }
        } else {
            self.terms(fitted, &wild.terms, &format!("{}.terms", wild.at))?
        };
        let hypotheses: Vec<Hypothesis> =
            terms.iter().map(|term| Hypothesis::zero(fitted, term)).collect::<Result<_, _>>().map_err(place)?;
        let bootstrap = wild.bootstrap(clusters, self.study.seed);
        let record = bootstrap.test(fitted, &hypotheses).map_err(place)?;
        fit.notes.extend(record.notes());
        fit.tests.extend(record.tests.iter().map(|test| TestResult {
            test: format!("wild bootstrap: {}", test.term),
            statistic: test.statistic,
            df1: None,
            df2: None,
            p_value: Some(test.p_value),
            note: record.in_words(),
        }));
        fit.wild = Some(record);
        Ok(())
    }

    /// The terms of the model that some patterns mean.
    fn terms(&self, fitted: &Fitted<'_>, patterns: &[String], at: &str) -> Result<Vec<String>, RunError> {
        let known = &fitted.estimate.terms;
        for (position, pattern) in patterns.iter().enumerate() {
            // In a multiverse a term may be in other models.
            if self.model.choices.is_empty() && !known.iter().any(|term| matches_name(pattern, term)) {
                return Err(no_term(self.study, &format!("{at}.{position}"), (pattern, &self.model.name), known));
            }
        }
        Ok(known.iter().filter(|term| patterns.iter().any(|pattern| matches_name(pattern, term))).cloned().collect())
    }

    fn randomise(&self, fitted: &Fitted<'_>, fit: &mut Fit) -> Result<(), RunError> {
        for (spec, (unit, strata)) in randomisations(self.study, self.model).zip(&self.resampling.assigned) {
            self.enters_once(spec)?;
            let found = spec.test.test(fitted, unit, strata.as_ref()).map_err(|error| self.place(&spec.at, error))?;
            fit.tests.push(TestResult {
                test: format!("randomisation {}: {}", found.name, found.treatment),
                statistic: found.observed,
                df1: None,
                df2: None,
                p_value: Some(found.p_value),
                note: found.in_words(),
            });
            fit.randomisations.push(found);
        }
        Ok(())
    }

    /// A treatment that other terms hold too would change in one of them only.
    fn enters_once(&self, spec: &RandomisationSpec) -> Result<(), RunError> {
        let text = &self.model.formula_text;
        let (own, others): (Vec<_>, Vec<_>) =
            self.model.formula.regressors.iter().partition(|term| term.text(text) == spec.test.treatment);
        let names: Vec<&str> = own.iter().flat_map(|term| term.names()).map(|(name, _)| name).collect();
        let Some(other) = others.iter().find(|term| term.names().iter().any(|(name, _)| names.contains(name))) else {
            return Ok(());
        };
        let message = format!(
            "the treatment {} of model `{}` is also in the term {}, which would not be assigned anew with it",
            spec.test.treatment,
            self.model.name,
            other.text(text)
        );
        let help = "give it a model in which the treatment is in one term";
        Err(fault(self.study, &format!("{}.treatment", spec.at), message, Some(help.into())))
    }

    fn members(&self, fitted: &Fitted<'_>) -> Result<Vec<Joined>, RunError> {
        let mut joined = Vec::new();
        for part in parts(self.study, self.model) {
            let place = |error| self.place(&part.at, error);
            let clusters = fitted.error_clusters().map_err(place)?;
            let clusters = clusters
                .ok_or_else(|| place(ResampleError::ErrorsNotDrawn { errors: fitted.covariance.kind.into() }))?;
            for term in fitted.estimate.terms.iter().filter(|term| is_among(part.terms, term)) {
                let member = part.draws.member(fitted, &clusters, (&self.model.name, term)).map_err(place)?;
                joined.push((part.joins, member));
            }
        }
        Ok(joined)
    }

    fn place(&self, at: &str, error: ResampleError) -> RunError {
        match error {
            ResampleError::Absorb(source) => self.failed(source.into()),
            ResampleError::Instruments(source) => self.failed(*source),
            other => fault(self.study, at, format!("model `{}`: {other}", self.model.name), None),
        }
    }

    fn failed(&self, source: EstimateError) -> RunError {
        RunError::Estimate { model: self.model.name.clone(), source: Box::new(source) }
    }
}

fn is_among(patterns: &[String], term: &str) -> bool {
    patterns.iter().any(|pattern| matches_name(pattern, term))
}

pub(super) fn fault(study: &Study, at: &str, message: String, help: Option<String>) -> RunError {
    let mut fault = study.source.fault(at, message);
    fault.help = help;
    RunError::Study(study.faults(vec![fault]))
}

pub(super) fn no_term(study: &Study, at: &str, (pattern, of): (&str, &str), known: &[String]) -> RunError {
    let help = match nearest(pattern, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its terms: {}", known.join(", ")),
    };
    fault(study, at, format!("`{of}` has no term `{pattern}`"), Some(help))
}

/// Tests the families of a plan whose models have all been estimated.
///
/// # Errors
/// Patterns of terms that mean nothing, families of one, models that are drawn by different clusters.
pub(super) fn test_families(
    plan: &Plan,
    estimated: &mut [Estimated],
) -> Result<(Vec<FamilyRecord>, Vec<Note>), RunError> {
    let (mut records, mut notes) = (Vec::new(), Vec::new());
    for (position, family) in plan.study.families.iter().enumerate() {
        let of_plan = plan.models.iter().filter(|model| family.has_model(&model.name, &model.base)).count();
        let fits: Vec<&Fit> =
            estimated.iter().map(|one| &one.fit).filter(|fit| family.has_model(&fit.model, &fit.base)).collect();
        // With some of its models left out a family would be another one.
        if fits.len() < of_plan {
            let what = format!("family {}", family.name);
            notes.push(Note::LeftOut { what, models: of_plan - fits.len(), of: of_plan });
            continue;
        }
        let mut record = gathered(&plan.study, family, &fits)?;
        let members: Vec<Member> = estimated
            .iter_mut()
            .flat_map(|one| {
                one.beside.members.extract_if(.., |(of, _)| *of == Joins::Family(position)).collect::<Vec<_>>()
            })
            .map(|(_, member)| member)
            .collect();
        let joint = family
            .is_joint()
            .then(|| family.draws.test(&members))
            .transpose()
            .map_err(|error| fault(&plan.study, &format!("{}.models", family.at), error.to_string(), None))?;
        for method in &family.methods {
            match (method, &joint) {
                (FamilyMethod::RomanoWolf, Some(found)) => record.add(method.name(), &found.romano_wolf),
                (FamilyMethod::WestfallYoung, Some(found)) => record.add(method.name(), &found.westfall_young),
                _ => {
                    if let Some(adjustment) = method.adjustment() {
                        record.adjust(method.name(), adjustment);
                    }
                }
            }
        }
        if let Some(found) = joint {
            record.note_undefined(&found);
            record.draws = Some(JointRecord {
                drawn_by: found.drawn_by,
                n_groups: found.n_groups,
                weights: family.draws.weights.name().to_string(),
                null_imposed: family.draws.null_imposed,
                draws: found.draws,
                enumerated: found.enumerated,
                seed: family.draws.seed,
            });
        }
        super::execute::deny(&plan.study, &record.notes)?;
        records.push(record);
    }
    Ok((records, notes))
}

/// The hypotheses of a family with their p-values.
fn gathered(study: &Study, family: &FamilySpec, fits: &[&Fit]) -> Result<FamilyRecord, RunError> {
    let mut known: Vec<String> = fits.iter().flat_map(|fit| fit.coefficients.iter().map(|c| c.term.clone())).collect();
    known.sort();
    known.dedup();
    for (k, pattern) in family.terms.iter().enumerate() {
        if !known.iter().any(|term| matches_name(pattern, term)) {
            let of = format!("the models of family {}", family.name);
            return Err(no_term(study, &format!("{}.terms.{k}", family.at), (pattern, &of), &known));
        }
    }
    let mut members = Vec::new();
    for fit in fits {
        for c in fit.coefficients.iter().filter(|c| is_among(&family.terms, &c.term)) {
            let p_value = if family.wild_p_values {
                let tests = fit.wild.iter().flat_map(|wild| &wild.tests);
                let found = tests.into_iter().find(|test| test.term == c.term).map(|test| test.p_value);
                found.ok_or_else(|| {
                    let message = format!("model `{}` has no wild bootstrap of {}", fit.model, c.term);
                    let help = "add wild = {} to its errors, or take p_values = \"wild\" out";
                    fault(study, &format!("{}.p_values", family.at), message, Some(help.into()))
                })?
            } else {
                c.p_value
            };
            members.push(FamilyMember {
                model: fit.model.clone(),
                term: c.term.clone(),
                estimate: c.estimate,
                std_error: c.std_error,
                p_value,
                adjusted: Vec::new(),
            });
        }
    }
    if members.len() < 2 {
        let message = format!("family `{}` has one hypothesis, and nothing to adjust it for", family.name);
        let help = "name more models or terms, or leave the family out";
        return Err(fault(study, &family.at, message, Some(help.into())));
    }
    Ok(FamilyRecord {
        name: family.name.clone(),
        members,
        wild_p_values: family.wild_p_values,
        draws: None,
        notes: Vec::new(),
    })
}
