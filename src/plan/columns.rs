//! Whether everything that a study names exists: headers are read, rows are not.

use crate::evaluate::{self, EvaluateError, Setting};
use crate::formula::{Expr, ExprKind};
use crate::mapping::Relatedness;
use crate::panel::{self, DataError};
use crate::space::SpatialWeights;
use crate::study::model::ErrorsKind;
use crate::study::{Fault, Study};

use super::expand::PlannedModel;
use super::prepare::Roles;
use super::resolve::Plan;

/// Every name of the study that is neither a column, a variable nor weights, and every call that fits no function, each
/// at its place in the file.
///
/// # Errors
/// The panel's columns cannot be read.
pub(super) fn faults(plan: &Plan) -> Result<Vec<Fault>, DataError> {
    let study = &plan.study;
    let mut columns = panel::columns(&study.data, study.folder(), plan.data_dir.as_deref())?;
    columns.extend(study.variables.iter().map(|(name, _)| name.clone()));
    let roles = Roles::of(study);
    if study.clusters.as_ref().is_some_and(|clusters| clusters.definition.is_some()) {
        columns.extend([roles.cluster.clone(), roles.traded.clone()]);
    }
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut search = Search { study, columns: &columns, setting: setting(study, roles), found: Vec::new() };
    for (_, parsed) in &study.variables {
        search.expression(&parsed.expr, &parsed.at);
    }
    plan.models.iter().for_each(|model| search.model(model));
    let mut found = search.found;
    found.sort_by_key(|fault| fault.span.as_ref().map_or(0, |span| span.start));
    // Axes and steps repeat a formula: its faults are told once.
    found.dedup();
    Ok(found)
}

/// The names that expressions may refer to besides columns; the weights themselves are not needed to know their names.
fn setting(study: &Study, roles: Roles) -> Setting {
    let geography = study.geography.iter().flat_map(|geography| geography.weights.keys());
    let has_relatedness = study.clusters.as_ref().is_some_and(|clusters| clusters.relatedness.is_some());
    Setting {
        roles: evaluate::Roles {
            region: Some(roles.region),
            industry: roles.industry,
            cluster: Some(roles.cluster),
            traded: Some(roles.traded),
        },
        weights: geography.map(|name| (name.clone(), SpatialWeights::from_pairs(Vec::new(), &[]))).collect(),
        relatedness: has_relatedness.then(Relatedness::default),
        ..Setting::default()
    }
}

struct Search<'a> {
    study: &'a Study,
    columns: &'a [&'a str],
    setting: Setting,
    found: Vec<Fault>,
}

impl Search<'_> {
    fn expression(&mut self, expr: &Expr, at: &str) {
        for error in evaluate::faults(expr, self.columns, &self.setting) {
            self.found.push(fault_at(self.study, at, &error));
        }
    }

    fn model(&mut self, model: &PlannedModel) {
        let formula = &model.formula;
        let at = &model.formula_at;
        for expr in std::iter::once(&formula.outcome).chain(&formula.regressors) {
            self.expression(expr, at);
        }
        for effect in &formula.absorbed {
            for name in &effect.factors {
                self.expression(&Expr { kind: ExprKind::Name(name.clone()), span: effect.span.clone() }, at);
            }
            effect.slopes.iter().for_each(|slope| self.expression(slope, at));
        }
        for parsed in [&model.study_filter, &model.filter].into_iter().flatten() {
            self.expression(&parsed.expr, &parsed.at);
        }
        if let Some(weights) = &model.weights {
            self.expression(&weights.value.expr, &weights.value.at);
        }
        if let ErrorsKind::Cluster(ways) = &model.errors.kind {
            let at = at.replace(".formula", ".errors.cluster");
            for name in ways.iter().flatten() {
                let expr = Expr { kind: ExprKind::Name(name.clone()), span: 0..0 };
                for error in evaluate::faults(&expr, self.columns, &self.setting) {
                    // The name's place inside the list is not known: the whole value is marked.
                    let mut fault = self.study.source.fault(&at, error.to_string());
                    fault.help = error.help();
                    self.found.push(fault);
                }
            }
        }
    }
}

/// An evaluation fault at its place in the study file.
pub(super) fn fault_at(study: &Study, at: &str, error: &EvaluateError) -> Fault {
    let mut fault = study.source.fault(at, error.to_string());
    if let Some(span) = error.span().and_then(|span| study.source.inside(at, &span)) {
        fault.span = Some(span);
    }
    fault.help = error.help();
    fault
}
