//! What can be said against a study once the headers of its files are read, and before any row is: names that are no
//! column, calls that fit no function, variables that need each other. All faults at once, each at its place.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use crate::evaluate::{self, EvaluateError, Setting};
use crate::formula::{Expr, ExprKind};
use crate::panel::{self, DataError};
use crate::space::SpatialWeights;
use crate::study::data::DataSection;
use crate::study::define::{DefineSection, OtherSet};
use crate::study::model::AxisKey;
use crate::study::{AxisChoice, Fault, Study};

use super::PlannedModel;
use super::prepare::Roles;
use super::resolve::Plan;

/// Every fault of a plan that its files' headers show, in the order of the study file. Only headers are read.
///
/// # Errors
/// The panel's header, or that of a table it is made from, cannot be read.
pub(super) fn faults(plan: &Plan) -> Result<Vec<Fault>, DataError> {
    let study = &plan.study;
    let read = panel::columns(&study.data, study.folder(), plan.data_dir.as_deref())?;
    let roles = Roles::of(study);
    let mut known = read.clone();
    known.extend(columns_of_definition(plan, &roles));
    let mut checker = Checker { study, known: Vec::new(), setting: setting(study, &roles), faults: Vec::new() };
    checker.index(&read);
    known.extend(study.variables.iter().map(|(name, _)| name.clone()));
    known.extend(study.shift_share.iter().flat_map(|block| [block.name.clone(), block.sum_name()]));
    checker.known = known;
    checker.variables();
    plan.models.iter().for_each(|model| checker.model(model));
    checker.autocorrelations();
    checker.figures();
    checker.map();
    let mut faults = checker.faults;
    faults.sort_by_key(|fault| fault.span.as_ref().map_or(0, |span| span.start));
    Ok(faults)
}

/// The columns that the cluster definition gives to the panel. A definition whose header cannot be read is reported when
/// the run reads it; here its two columns are taken to be there, so that they are not reported as unknown as well.
fn columns_of_definition(plan: &Plan, roles: &Roles) -> Vec<String> {
    let study = &plan.study;
    let Some(name) = study.clusters.as_ref().and_then(|clusters| clusters.definition.clone()) else {
        return Vec::new();
    };
    let section = DataSection { panel: name, ..study.data.clone() };
    let given = [roles.cluster.clone(), roles.traded.clone()];
    match panel::columns(&section, study.folder(), plan.data_dir.as_deref()) {
        Ok(columns) => given.into_iter().filter(|name| columns.contains(name)).collect(),
        Err(_) => given.to_vec(),
    }
}

/// Every fault of a search for clusters that its files' headers show: tables that are none, and columns that its cells lack.
///
/// # Errors
/// The header of the cells cannot be read.
pub(super) fn faults_of_define(
    study: &Study,
    section: &DefineSection,
    data_dir: Option<&Path>,
) -> Result<Vec<Fault>, DataError> {
    let columns_of = |table: &str| {
        let section = DataSection { panel: table.to_string(), ..study.data.clone() };
        panel::columns(&section, study.folder(), data_dir)
    };
    let mut faults = Vec::new();
    let others = section.compare.iter().filter_map(|(name, other)| match other {
        OtherSet::Table(table) => Some((format!("compare.{name}"), table)),
        _ => None,
    });
    let tables =
        [("cells", &section.cells), ("input_output", &section.input_output), ("occupations", &section.occupations)];
    let tables = tables.into_iter().filter_map(|(key, table)| Some((key.to_string(), table.as_ref()?)));
    for (key, table) in tables.chain(others) {
        if let Err(error @ DataError::UnknownTable { .. }) = columns_of(table) {
            faults.push(study.source.fault(&format!("clusters.define.{key}"), error.to_string()));
        }
    }
    if !faults.is_empty() {
        return Ok(faults);
    }
    let columns = columns_of(section.cells.as_ref().unwrap_or(&study.data.panel))?;
    for (key, column) in [("employment", &section.employment), ("establishments", &section.establishments)] {
        if let Some(column) = column.as_ref().filter(|column| !columns.contains(column)) {
            let message = format!("the cells have no column named {column}");
            let fault = study.source.fault(&format!("clusters.define.{key}"), message);
            faults.push(fault.help(way_out(column, &columns)));
        }
    }
    Ok(faults)
}

/// The roles and the names of the weights; there are no weights in them yet, and none are needed to check names.
fn setting(study: &Study, roles: &Roles) -> Setting {
    let names = study.geography.iter().flat_map(|geography| geography.weights.keys());
    Setting {
        roles: evaluate::Roles {
            region: Some(roles.region.clone()),
            industry: roles.industry.clone(),
            cluster: Some(roles.cluster.clone()),
            traded: Some(roles.traded.clone()),
        },
        weights: names.map(|name| (name.clone(), SpatialWeights::from_pairs(Vec::new(), &[]))).collect(),
        ..Setting::default()
    }
}

struct Checker<'a> {
    study: &'a Study,
    known: Vec<String>,
    setting: Setting,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    /// Unit, time and the columns that play a part must be columns of the file: variables come after them.
    fn index(&mut self, columns: &[String]) {
        let study = self.study;
        let data = &study.data;
        let units = data.unit.names().into_iter().map(|name| (name, "data.unit"));
        let time = data.time.iter().map(|name| (name.clone(), "data.time"));
        let region = study.geography.iter().filter_map(|section| Some((section.region.clone()?, "geography.region")));
        let industry =
            study.clusters.iter().filter_map(|section| Some((section.industry.clone()?, "clusters.industry")));
        for block in &study.shift_share {
            let at = format!("shift_share.{}", block.name);
            for (name, key) in [(&block.region, "region"), (&block.time, "time")] {
                if let Some(name) = name.as_ref().filter(|name| !columns.contains(name)) {
                    let message = format!("the panel has no column named {name}");
                    self.add(study.source.fault(&format!("{at}.{key}"), message).help(way_out(name, columns)));
                }
            }
        }
        for (name, at) in units.chain(time).chain(region).chain(industry) {
            if !columns.contains(&name) {
                let mut fault = study.source.fault(at, format!("the panel has no column named {name}"));
                fault.span = study.source.find(at, &name).or(fault.span);
                fault.help = Some(way_out(&name, columns));
                self.add(fault);
            }
        }
    }

    fn variables(&mut self) {
        let study = self.study;
        for (_, parsed) in &study.variables {
            self.expression(&parsed.expr, &parsed.at);
        }
        let definitions: Vec<(String, Expr)> =
            study.variables.iter().map(|(name, parsed)| (name.clone(), parsed.expr.clone())).collect();
        if let Err(path) = evaluate::dependency_order(&definitions) {
            let at = path.first().map(|name| format!("variables.{name}")).unwrap_or_default();
            self.place(&at, &EvaluateError::Cycle { path });
        }
    }

    fn model(&mut self, model: &PlannedModel) {
        let formula = &model.formula;
        let slopes = formula.absorbed.iter().flat_map(|effect| &effect.slopes);
        let instrumented = formula.endogenous.iter().chain(&formula.instruments);
        for expr in std::iter::once(&formula.outcome).chain(&formula.regressors).chain(slopes).chain(instrumented) {
            self.part(model, expr);
        }
        for effect in &formula.absorbed {
            let expr = Expr { kind: ExprKind::Combined(effect.factors.clone()), span: effect.span.clone() };
            self.part(model, &expr);
        }
        for parsed in [&model.study_filter, &model.filter].into_iter().flatten() {
            self.expression(&parsed.expr, &parsed.at);
        }
        for (parsed, _) in &model.shift_share.variables {
            self.expression(&parsed.expr, &parsed.at);
        }
        if let Some(offset) = &model.offset {
            self.expression(&offset.expr, &offset.at);
        }
        if let Some(weights) = &model.weights {
            self.expression(&weights.value.expr, &weights.value.at);
        }
        for (at, name) in model.inference.names() {
            self.named(&at, name);
        }
        model.errors.kind.names().into_iter().for_each(|name| self.of_errors(model, name));
        for (name, at) in super::resample::columns(self.study, model) {
            if !self.known.contains(&name) {
                let mut fault = self.study.source.fault(&at, format!("there is no column or variable named {name}"));
                fault.help = Some(way_out(&name, &self.known));
                self.add(fault);
            }
        }
    }

    /// A part of a formula. An axis may have written another formula than the file has: then the axis is the place.
    fn part(&mut self, model: &PlannedModel, expr: &Expr) {
        let block = self.study.models.iter().find(|block| block.name == model.base);
        if block.is_some_and(|block| block.formula_text == model.formula_text) {
            return self.expression(expr, &model.formula_at);
        }
        for error in self.errors(expr) {
            let mut fault = self.fault(&model.formula_at, &error, None);
            if let EvaluateError::UnknownName { name, .. } = &error {
                let at_axis = self.axis_of(name);
                let in_formula = block.is_some_and(|block| block.formula_text.contains(name.as_str()));
                fault.span = at_axis.filter(|_| !in_formula).or(fault.span);
                // The formula as it stands in the file is checked by itself when no axis varies it; here the name is
                // looked for.
                if in_formula {
                    fault.span = self.study.source.word(&model.formula_at, name).or(fault.span);
                }
            }
            self.add(fault);
        }
    }

    fn axis_of(&self, name: &str) -> Option<Range<usize>> {
        let varied = self.study.axes.iter().filter(|axis| matches!(axis.key, AxisKey::Controls | AxisKey::Absorb));
        let mentions = |choice: &AxisChoice| match choice {
            AxisChoice::Controls(text) | AxisChoice::Absorb(text) => text.contains(name),
            _ => false,
        };
        let axis = varied.into_iter().find(|axis| axis.choices.iter().any(|(_, choice)| mentions(choice)))?;
        let at = format!("axes.{}", axis.name);
        self.study.source.word(&at, name).or_else(|| self.study.source.place(&at).map(|place| place.value.clone()))
    }

    /// A column that the errors name: a cluster variable, a latitude.
    fn of_errors(&mut self, model: &PlannedModel, name: &str) {
        if self.known.iter().any(|known| known == name) {
            return;
        }
        let varied = self.study.axes.iter().find(|axis| matches!(axis.key, AxisKey::Cluster | AxisKey::Errors));
        let block = model.formula_at.trim_end_matches(".formula");
        let part = if model.errors.kind.ways().is_empty() { "errors" } else { "errors.cluster" };
        let at = varied.map_or_else(|| format!("{block}.{part}"), |axis| format!("axes.{}", axis.name));
        let mut fault = self.study.source.fault(&at, format!("there is no column or variable named {name}"));
        fault.span = self.study.source.word(&at, name).or(fault.span);
        fault.help = Some(way_out(name, &self.known));
        self.add(fault);
    }

    /// A name that stands by itself, outside expressions.
    fn named(&mut self, at: &str, name: &str) {
        if !self.known.iter().any(|known| known == name) {
            let mut fault = self.study.source.fault(at, format!("there is no column or variable named {name}"));
            fault.span = self.study.source.find(at, name).or(fault.span);
            fault.help = Some(way_out(name, &self.known));
            self.add(fault);
        }
    }

    fn autocorrelations(&mut self) {
        for section in &self.study.autocorrelations {
            section.expressions().for_each(|parsed| self.expression(&parsed.expr, &parsed.at));
            section.by.iter().flatten().for_each(|name| self.named(&format!("{}.by", section.at), name));
        }
        let of_clubs = self.study.clubs.iter().flat_map(|section| section.expressions());
        of_clubs.for_each(|parsed| self.expression(&parsed.expr, &parsed.at));
    }

    fn figures(&mut self) {
        for (position, figure) in self.study.figures.iter().enumerate() {
            for (key, text) in figure.content.expressions() {
                // A text that does not parse was reported when the study was checked.
                if let Ok(expr) = crate::formula::parse_expression(text) {
                    self.expression(&expr, &format!("figure.{position}.{key}"));
                }
            }
        }
    }

    fn map(&mut self) {
        let study = self.study;
        let Some(map) = &study.map else { return };
        map.expressions().for_each(|parsed| self.expression(&parsed.expr, &parsed.at));
        for (key, name) in [("region_name", &map.region_name), ("cluster_name", &map.cluster_name)] {
            if let Some(name) = name {
                self.named(&format!("map.{key}"), name);
            }
        }
        for designation in &study.designations {
            for (key, name) in designation.columns() {
                self.named(&format!("{}.{key}", designation.at), name);
            }
        }
    }

    fn expression(&mut self, expr: &Expr, at: &str) {
        for error in self.errors(expr) {
            self.place(at, &error);
        }
    }

    fn errors(&self, expr: &Expr) -> Vec<EvaluateError> {
        let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
        evaluate::faults(expr, &known, &self.setting)
    }

    fn place(&mut self, at: &str, error: &EvaluateError) {
        let inner = error.span().and_then(|span| self.study.source.inside(at, &span));
        let fault = self.fault(at, error, inner);
        self.add(fault);
    }

    fn fault(&self, at: &str, error: &EvaluateError, span: Option<Range<usize>>) -> Fault {
        let mut fault = self.study.source.fault(at, error.to_string());
        fault.span = span.or(fault.span);
        fault.help = match error {
            EvaluateError::UnknownName { name, nearest: None, .. } => Some(way_out(name, &self.known)),
            _ => error.help(),
        };
        fault
    }

    /// Several models may share a filter or a formula: its fault is told once.
    fn add(&mut self, fault: Fault) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

/// The nearest name, or all there are.
fn way_out(name: &str, known: &[String]) -> String {
    match crate::study::nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => {
            let distinct: BTreeSet<&str> = known.iter().map(String::as_str).collect();
            format!("columns and variables: {}", distinct.into_iter().collect::<Vec<_>>().join(", "))
        }
    }
}
