//! Specification curves of a plan whose models have been estimated: gathered, tested as a whole, drawn.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::draw::Drawn;
use super::execute::{RunError, is_synthetic};
use super::groups::Estimated;
use super::prepare::Prepared;
use super::resample::{Joins, fault, no_term};
use super::resolve::Plan;
use crate::infer::curve::{CurveMember, CurveRecord, CurveStatistics, Specification};
use crate::infer::family::JointRecord;
use crate::infer::resample::Member;
use crate::note::Note;
use crate::report::figure::Frame;
use crate::report::figure::curve::{CurvePlot, curve};
use crate::study::CurveSpec;

/// Records of all curves, and a note for each whose models are not all there.
///
/// # Errors
/// Patterns of terms that mean nothing, curves of one specification, models that are drawn by different clusters.
pub(super) fn test_curves(plan: &Plan, estimated: &mut [Estimated]) -> Result<(Vec<CurveRecord>, Vec<Note>), RunError> {
    let (mut records, mut notes) = (Vec::new(), Vec::new());
    for (position, spec) in plan.study.curves.iter().enumerate() {
        let of_plan = plan.models.iter().filter(|model| spec.has_model(&model.name, &model.base)).count();
        let there = estimated.iter().filter(|one| spec.has_model(&one.fit.model, &one.fit.base)).count();
        // With some of its models left out a curve would be another one.
        if there < of_plan {
            notes.push(Note::LeftOut { what: format!("curve {}", spec.name), models: of_plan - there, of: of_plan });
            continue;
        }
        let record = record(plan, estimated, (position, spec))?;
        super::execute::deny(&plan.study, &record.notes)?;
        records.push(record);
    }
    Ok((records, notes))
}

fn record(
    plan: &Plan,
    estimated: &mut [Estimated],
    (position, spec): (usize, &CurveSpec),
) -> Result<CurveRecord, RunError> {
    let (mut specifications, dfs) = gathered(plan, estimated, spec)?;
    let own: Vec<Specification> = specifications
        .iter()
        .zip(&dfs)
        .map(|(s, df)| Specification::new(s.estimate, s.estimate / s.std_error, *df))
        .collect();
    let statistics = CurveStatistics::of(&own, spec.alpha).ok_or_else(|| {
        let missing = specifications.iter().find(|s| !(s.estimate.is_finite() && s.std_error.is_finite()));
        let which = missing.map_or(String::new(), |s| format!(": {} of model `{}` has none", s.term, s.model));
        let message =
            format!("curve `{}` needs an estimate and a standard error of every specification{which}", spec.name);
        fault(&plan.study, &format!("{}.models", spec.at), message, None)
    })?;
    let (mut tests, mut draws, mut notes) = (None, None, Vec::new());
    if let Some(joint) = &spec.draws {
        let members: Vec<Member> = estimated
            .iter_mut()
            .flat_map(|one| {
                one.beside.members.extract_if(.., |(of, _)| *of == Joins::Curve(position)).collect::<Vec<_>>()
            })
            .map(|(_, member)| member)
            .collect();
        let found = joint
            .curves(&members, spec.alpha)
            .map_err(|error| fault(&plan.study, &format!("{}.models", spec.at), error.to_string(), None))?;
        if found.undefined > 0 {
            let term = format!("curve {}", spec.name);
            notes.push(Note::UndefinedDraws { term, draws: found.undefined, of: found.curves.len() + found.undefined });
        }
        tests = Some(statistics.tests(&found.curves, found.undefined, found.enumerated));
        draws = Some(JointRecord {
            drawn_by: found.drawn_by,
            n_groups: found.n_groups,
            weights: joint.weights.name().to_string(),
            null_imposed: joint.null_imposed,
            draws: found.draws,
            enumerated: found.enumerated,
            seed: joint.seed,
        });
    }
    specifications.sort_by(|a, b| a.estimate.total_cmp(&b.estimate).then_with(|| a.model.cmp(&b.model)));
    Ok(CurveRecord { name: spec.name.clone(), specifications, alpha: spec.alpha, statistics, tests, draws, notes })
}

/// The specifications in the order of the plan, with their degrees of freedom.
fn gathered(plan: &Plan, estimated: &[Estimated], spec: &CurveSpec) -> Result<(Vec<CurveMember>, Vec<f64>), RunError> {
    let mut found = Vec::new();
    let mut dfs = Vec::new();
    let chosen = || estimated.iter().filter(|one| spec.has_model(&one.fit.model, &one.fit.base));
    let known: BTreeSet<String> =
        chosen().flat_map(|one| one.fit.coefficients.iter().map(|c| c.term.clone())).collect();
    let known: Vec<String> = known.into_iter().collect();
    for (k, pattern) in spec.terms.iter().enumerate() {
        if !known.iter().any(|term| super::matches_name(pattern, term)) {
            let of = format!("the models of curve {}", spec.name);
            return Err(no_term(&plan.study, &format!("{}.terms.{k}", spec.at), (pattern, &of), &known));
        }
    }
    for one in chosen() {
        let model = &plan.models[one.position];
        for c in one.fit.coefficients.iter().filter(|c| spec.has_term(&c.term)) {
            let mut choices =
                IndexMap::from([("model".to_string(), model.base.clone()), ("term".to_string(), c.term.clone())]);
            choices.extend(model.choices.iter().map(|(axis, choice)| (axis.clone(), choice.clone())));
            found.push(CurveMember {
                model: one.fit.model.clone(),
                term: c.term.clone(),
                choices,
                estimate: c.estimate,
                std_error: c.std_error,
                conf_low: c.conf_low,
                conf_high: c.conf_high,
                p_value: c.p_value,
                n_obs: one.fit.statistics.n_obs,
            });
            dfs.push(c.df);
        }
    }
    if found.len() < 2 {
        let message = format!("curve `{}` has {} specification, and no curve", spec.name, found.len());
        let help = "name more models, or give the study [axes]";
        return Err(fault(&plan.study, &spec.at, message, Some(help.into())));
    }
    // Model and term are choices only where there are several.
    for key in ["model", "term"] {
        let values: BTreeSet<String> = found.iter().filter_map(|s: &CurveMember| s.choices.get(key).cloned()).collect();
        let others = found.iter().any(|s| s.choices.keys().any(|known| known != "model" && known != "term"));
        if values.len() < 2 && (others || key == "term") {
            found.iter_mut().for_each(|s| {
                s.choices.shift_remove(key);
            });
        }
    }
    Ok((found, dfs))
}

/// A figure of every curve.
pub(super) fn figures(plan: &Plan, prepared: &Prepared, curves: &[CurveRecord]) -> Vec<Drawn> {
    let drawn = |record: &CurveRecord| {
        let spec = plan.study.curves.iter().find(|spec| spec.name == record.name);
        let title =
            spec.and_then(|spec| spec.title.clone()).unwrap_or_else(|| format!("Specification curve: {}", record.name));
        let frame = Frame { title: title.clone(), note: None, synthetic: is_synthetic(prepared) };
        let terms: BTreeSet<&str> = record.specifications.iter().map(|s| s.term.as_str()).collect();
        let axis_title = format!("Estimate of {}", terms.into_iter().collect::<Vec<_>>().join(", "));
        Drawn {
            name: format!("curve_{}", record.name),
            title,
            caption: format!(
                "{} Estimates with 95 per cent intervals, sorted; filled where p < {}. Below, the choices of each.{}",
                record.in_words(),
                record.alpha,
                crate::report::page::joint_tests_in_words(record)
            ),
            is_map: false,
            svg: curve(&CurvePlot { frame, axis_title, record }),
        }
    };
    curves.iter().map(drawn).collect()
}
