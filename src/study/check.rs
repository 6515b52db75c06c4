//! Raw shape to checked study: everything that can be known without data.

use std::collections::HashSet;

use crate::absorb::AbsorptionSettings;
use crate::design::WeightKind;
use crate::formula::{self, FormulaText, SyntaxFault};

use super::fault::{Fault, nearest};
use super::figure::{Figure, FigureContent};
use super::margins::ScaleName;
use super::method::{MethodName, MethodSpec};
use super::model::{Axis, AxisChoice, AxisKey, ModelBlock, Parsed, WeightsSpec};
use super::raw::{AxisChoice as RawChoice, ModelSection, RawStudy, SingletonsName, WeightsSection};
use super::shift_share::ShiftShareBlock;
use super::source::Source;
use super::weights::WeightsFault;
use super::{Study, raw::Axis as RawAxis};

/// Most models that axes may make: a fit's record and its share of the page take some thirty kilobytes.
const MOST_CELLS: usize = 50_000;

/// Checks a raw study; all faults together, in the order of the file.
pub(super) fn check(raw: RawStudy, source: Source) -> Result<Study, Vec<Fault>> {
    let mut checker = Checker { source: &source, faults: Vec::new() };
    let variables = checker.variables(&raw);
    let filter = raw.sample.as_ref().and_then(|sample| checker.optional(sample.filter.as_deref(), "sample.where"));
    let shift_share = checker.shift_share(&raw);
    let weights: Vec<String> = raw.geography.iter().flat_map(|geography| geography.weights.keys().cloned()).collect();
    let models = checker.models(&raw.model, (&shift_share, &weights));
    checker.purpose(&raw);
    let map = checker.map(raw.map.as_ref());
    let designations = checker.designations(&raw.designation, raw.map.is_some(), &weights);
    let axes = checker.axes(&raw, (&models, &weights));
    checker.references(&raw, &models);
    checker.weights_of_geography(&raw);
    checker.definition(&raw);
    let figures = checker.figures(&raw);
    let families = checker.families(&raw.family, raw.seed.unwrap_or(0));
    let curves = checker.curves(&raw.curve, raw.seed.unwrap_or(0));
    let randomisations = checker.randomisations(&raw.randomisation, raw.seed.unwrap_or(0));
    let systems = checker.systems(&raw.system);
    let model_names: Vec<String> = raw.model.iter().map(|section| section.name.clone()).collect();
    let distance_decays = checker.distance_decays(&raw.distance_decay, (raw.geography.as_ref(), &model_names));
    let clubs = checker.clubs(&raw.clubs);
    let autocorrelations = checker.autocorrelations(&raw.autocorrelation, &weights, raw.seed.unwrap_or(0));
    let mut faults = checker.faults;
    faults.sort_by_key(|fault| fault.span.as_ref().map_or(0, |span| span.start));
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Study {
        title: raw.title,
        question: raw.question,
        seed: raw.seed.unwrap_or(0),
        deny: raw.deny.iter().map(|code| code.as_str()).collect(),
        references: raw.references,
        data: raw.data,
        geography: raw.geography,
        clusters: raw.clusters,
        map,
        designations,
        shift_share,
        variables,
        filter,
        models,
        axes,
        families,
        curves,
        randomisations,
        autocorrelations,
        systems,
        distance_decays,
        clubs,
        tables: raw.table,
        figures,
        source,
    })
}

pub(super) struct Checker<'a> {
    pub(super) source: &'a Source,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    pub(super) fn fault(&mut self, at: &str, message: impl Into<String>, help: Option<String>) {
        let mut fault = self.source.fault(at, message);
        fault.help = help;
        self.faults.push(fault);
    }

    pub(super) fn syntax(&mut self, at: &str, fault: SyntaxFault) {
        let span = self.source.inside(at, &fault.span);
        let mut placed = self.source.fault(at, fault.message);
        placed.span = span.or(placed.span);
        placed.help = fault.help;
        self.faults.push(placed);
    }

    pub(super) fn expression(&mut self, text: &str, at: &str) -> Option<Parsed> {
        match formula::parse_expression(text) {
            Ok(expr) => {
                let unknown = formula::check_functions(&expr);
                let sound = unknown.is_empty();
                unknown.into_iter().for_each(|fault| self.syntax(at, fault));
                sound.then(|| Parsed { text: text.to_string(), expr, at: at.to_string() })
            }
            Err(fault) => {
                self.syntax(at, fault);
                None
            }
        }
    }

    fn optional(&mut self, text: Option<&str>, at: &str) -> Option<Parsed> {
        text.and_then(|text| self.expression(text, at))
    }

    fn variables(&mut self, raw: &RawStudy) -> Vec<(String, Parsed)> {
        raw.variables
            .iter()
            .filter_map(|(name, text)| Some((name.clone(), self.expression(text, &format!("variables.{name}"))?)))
            .collect()
    }

    fn models(
        &mut self,
        sections: &[ModelSection],
        (known, weights): (&[ShiftShareBlock], &[String]),
    ) -> Vec<ModelBlock> {
        let mut seen = HashSet::new();
        let mut blocks = Vec::new();
        for (position, section) in sections.iter().enumerate() {
            let at = format!("model.{position}");
            if !seen.insert(section.name.as_str()) {
                self.fault(
                    &format!("{at}.name"),
                    format!("two models are named `{}`", section.name),
                    Some("give each model its own name".into()),
                );
            }
            blocks.extend(self.model(section, &at, (known, weights)));
        }
        blocks
    }

    fn purpose(&mut self, raw: &RawStudy) {
        let defines = raw.clusters.as_ref().is_some_and(|clusters| clusters.define.is_some());
        let weighs = raw.geography.as_ref().is_some_and(|geography| !geography.weights.is_empty());
        if raw.model.is_empty() && raw.variables.is_empty() && !defines && !weighs && raw.map.is_none() {
            let help = "add a [[model]] with a name and a formula, or [variables] for `isard measure`";
            self.fault("", "the study has no model", Some(help.into()));
        }
    }

    fn model(
        &mut self,
        section: &ModelSection,
        at: &str,
        (known, names): (&[ShiftShareBlock], &[String]),
    ) -> Option<ModelBlock> {
        let formula_at = format!("{at}.formula");
        let formula = match formula::parse_formula(&section.formula) {
            Ok(formula) => {
                if section.method == Some(MethodName::ShiftShare) {
                    let faults = super::shift_share::formula_faults(&formula, known);
                    faults.into_iter().for_each(|(message, help)| self.fault(&formula_at, message, help));
                }
                Some(formula)
            }
            Err(fault) => {
                self.syntax(&formula_at, fault);
                None
            }
        };
        let shift_share = self.shift_share_tests(section, at);
        let sensitivity = self.sensitivity(section, formula.as_ref(), at);
        let measurement = self.measurement(section, formula.as_ref(), at);
        let errors = self.errors(section.errors.as_ref(), &format!("{at}.errors"));
        let method = self.method(section, formula.as_ref(), errors.as_ref(), at);
        let outcome = section.formula.split_once('~').map_or("", |(outcome, _)| outcome.trim());
        let dynamic = self.dynamic(section, outcome, at);
        let panel_tests = self.panel_tests(section, names, at);
        let formula = formula.map(|formula| self.endogenous(section, formula, at));
        let spatial = self.spatial(section, (formula.as_ref(), errors.as_ref()), (names, at));
        let wild = self.wild(section, errors.as_ref(), (method.as_ref(), at));
        let weights = section.weights.as_ref().and_then(|weights| self.weights(weights, at));
        let offset = self.offset(section, at);
        self.fitting_questions(section, (method.as_ref(), formula.as_ref()), at);
        let absorption = self.absorption(section, formula.as_ref(), at);
        let filter = self.optional(section.filter.as_deref(), &format!("{at}.where"));
        let inference = self.inference(&section.inference, at);
        if section.method == Some(MethodName::ShiftShare) && inference.predict.is_some() {
            let help = "leave `predict` out, or estimate the model with method = \"iv\" or \"ols\"";
            self.fault(&format!("{at}.predict"), "a shift-share model has no predictions", Some(help.into()));
        }
        Some(ModelBlock {
            name: section.name.clone(),
            method: method?,
            dynamic,
            panel_tests,
            orthogonal: section.orthogonal.clone(),
            formula_text: section.formula.clone(),
            formula: formula?,
            errors: errors?,
            wild,
            weights,
            offset,
            filter,
            keep_singletons: section.singletons == SingletonsName::Keep,
            absorption,
            fixed_effects: section.fixed_effects,
            truth: section.truth.clone(),
            inference,
            shift_share,
            sensitivity,
            spatial,
            measurement,
            at: at.to_string(),
        })
    }

    fn absorption(&mut self, section: &ModelSection, formula: Option<&FormulaText>, at: &str) -> AbsorptionSettings {
        let varied = self.source.place("axes.absorb").is_some();
        let absorbs = varied || formula.is_none_or(|formula| !formula.absorbed.is_empty());
        let asked = [("fixed_effects", section.fixed_effects), ("absorption", section.absorption.is_some())];
        for (key, _) in asked.into_iter().filter(|(_, asked)| *asked && !absorbs) {
            self.fault(
                &format!("{at}.{key}"),
                format!("`{key}` is about absorbed effects, and the formula has none"),
                Some("name them after a `|` in the formula, or leave the key out".into()),
            );
        }
        let checked = section.absorption.unwrap_or_default().checked();
        checked.unwrap_or_else(|fault| {
            self.fault(&format!("{at}.absorption.{}", fault.key()), fault.to_string(), None);
            AbsorptionSettings::default()
        })
    }

    /// The offset, or the logarithm of the exposure.
    fn offset(&mut self, section: &ModelSection, at: &str) -> Option<Parsed> {
        match (&section.offset, &section.exposure) {
            (Some(_), Some(_)) => {
                let help = "an exposure is an offset of its logarithm: write one of the two";
                self.fault(&format!("{at}.exposure"), "a model has an offset or an exposure", Some(help.into()));
                None
            }
            (Some(text), None) => self.expression(text, &format!("{at}.offset")),
            (None, Some(text)) => {
                self.expression(text, &format!("{at}.exposure"))?;
                self.expression(&format!("log({text})"), &format!("{at}.exposure"))
            }
            (None, None) => None,
        }
    }

    /// Questions that are defined for linear models alone, or for likelihoods alone.
    fn fitting_questions(
        &mut self,
        section: &ModelSection,
        (method, formula): (Option<&MethodSpec>, Option<&FormulaText>),
        at: &str,
    ) {
        let name = section.method.map_or("ols", MethodName::as_str);
        let is_instrumented = formula.is_some_and(|formula| !formula.endogenous.is_empty());
        self.direct_questions(section, (method, is_instrumented), at);
        if matches!(method, Some(MethodSpec::Likelihood(_))) || section.method == Some(MethodName::Negbin1) {
            if section.sensitivity.is_some() {
                let message = format!("`sensitivity` is not defined for method = \"{name}\"");
                let help = "leave it out, or use method = \"ols\"";
                self.fault(&format!("{at}.sensitivity"), message, Some(help.into()));
            }
            return;
        }
        let is_derivative = |scale: Option<ScaleName>| scale.is_none_or(|scale| scale == ScaleName::Derivative);
        let margins = section.inference.margins.iter().enumerate();
        for (k, _) in margins.filter(|(_, margins)| !is_derivative(margins.scale)) {
            let message = format!("elasticities are those of a likelihood's mean, and method = \"{name}\" has none");
            let help = "leave `as` out; with logarithms of outcome and regressor the coefficient is the elasticity";
            self.fault(&format!("{at}.margins.{k}.as"), message, Some(help.into()));
        }
    }

    fn weights(&mut self, section: &WeightsSection, at: &str) -> Option<WeightsSpec> {
        let given: Vec<(WeightKind, &str, &str)> = [
            (WeightKind::Frequency, "frequency", section.frequency.as_deref()),
            (WeightKind::Analytic, "analytic", section.analytic.as_deref()),
            (WeightKind::Probability, "probability", section.probability.as_deref()),
        ]
        .into_iter()
        .filter_map(|(kind, name, text)| Some((kind, name, text?)))
        .collect();
        let [(kind, name, text)] = given.as_slice() else {
            self.fault(&format!("{at}.weights"), "weights need exactly one of frequency, analytic, probability", None);
            return None;
        };
        let value = self.expression(text, &format!("{at}.weights.{name}"))?;
        Some(WeightsSpec { kind: *kind, value })
    }

    fn axes(&mut self, raw: &RawStudy, (models, weights): (&[ModelBlock], &[String])) -> Vec<Axis> {
        let mut axes = Vec::new();
        for (name, axis) in &raw.axes {
            let at = format!("axes.{name}");
            let Some(&(_, key)) = AxisKey::NAMES.iter().find(|(known, _)| known == name) else {
                let known = AxisKey::NAMES.iter().map(|(known, _)| *known);
                let help = match nearest(name, known.clone()) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("valid axes: {}", known.collect::<Vec<_>>().join(", ")),
                };
                self.fault(&at, format!("`{name}` is not an axis"), Some(help));
                continue;
            };
            let listed: Vec<(String, String, &RawChoice)> = match axis {
                RawAxis::List(list) => list
                    .iter()
                    .enumerate()
                    .map(|(position, choice)| (choice.label(), format!("{at}.{position}"), choice))
                    .collect(),
                RawAxis::Named(named) => {
                    named.iter().map(|(label, choice)| (label.clone(), format!("{at}.{label}"), choice)).collect()
                }
            };
            let choices = listed
                .into_iter()
                .filter_map(|(label, at, choice)| Some((label, self.choice(key, choice, &at, (models, weights))?)))
                .collect();
            axes.push(Axis { name: name.clone(), key, choices });
        }
        let cells = axes.iter().fold(models.len(), |cells, axis: &Axis| cells.saturating_mul(axis.choices.len()));
        if cells > MOST_CELLS {
            let message = format!("the axes make {cells} models; one study has at most {MOST_CELLS}");
            let help = "take choices out, or split the study: every axis multiplies the models by its choices";
            self.fault("axes", message, Some(help.into()));
            // Other faults are found all the same; nothing is expanded.
            axes.clear();
        }
        axes
    }

    fn choice(
        &mut self,
        key: AxisKey,
        choice: &RawChoice,
        at: &str,
        (models, weights): (&[ModelBlock], &[String]),
    ) -> Option<AxisChoice> {
        let names = match choice {
            RawChoice::Names(names) => names,
            RawChoice::Errors(table) if key == AxisKey::Errors => {
                return self.errors_table(table, at).map(AxisChoice::Errors);
            }
            RawChoice::Errors(_) => {
                let help = "only the axis `errors` takes tables";
                self.fault(at, "a choice along this axis is a text or a list of texts", Some(help.into()));
                return None;
            }
        };
        let text = names.names().join(" + ");
        match key {
            AxisKey::Cluster => self.clusters(names, at).map(AxisChoice::Clusters),
            AxisKey::Errors => self.errors_choice(&text, at).map(AxisChoice::Errors),
            AxisKey::Sample => self.expression(&text, at).map(AxisChoice::Sample),
            AxisKey::SpatialWeights => {
                self.weights_named(&text, weights, at);
                if let Some(other) = models.iter().find(|model| model.spatial.is_none()) {
                    let help = "models with spatial_lag in their formula name its weights there; put them into a study of their own";
                    let message =
                        format!("the axis spatial.weights is of spatial models, and `{}` is none", other.name);
                    self.fault(at, message, Some(help.into()));
                }
                Some(AxisChoice::SpatialWeights(text))
            }
            AxisKey::Singletons => match text.as_str() {
                "drop" => Some(AxisChoice::KeepSingletons(false)),
                "keep" => Some(AxisChoice::KeepSingletons(true)),
                _ => {
                    self.fault(
                        at,
                        format!("`{text}` is not a choice for singletons"),
                        Some("valid values: drop, keep".into()),
                    );
                    None
                }
            },
            AxisKey::Controls | AxisKey::Absorb => {
                let text = if text == "none" { String::new() } else { text };
                for model in models {
                    let varied = vary_formula(&model.formula_text, key, &text);
                    if let Err(fault) = formula::parse_formula(&varied) {
                        self.fault(at, fault.message, fault.help);
                        return None;
                    }
                }
                Some(if key == AxisKey::Controls { AxisChoice::Controls(text) } else { AxisChoice::Absorb(text) })
            }
        }
    }

    fn figures(&mut self, raw: &RawStudy) -> Vec<Figure> {
        let mut figures: Vec<Figure> = Vec::new();
        for (position, section) in raw.figure.iter().enumerate() {
            let at = format!("figure.{position}");
            match section.clone().check() {
                Ok(mut figure) => {
                    // A name that was given must be new; a default one is numbered.
                    let taken = |name: &str| figures.iter().any(|known| known.name == name);
                    if taken(&figure.name) && section.name.is_some() {
                        self.fault(&format!("{at}.name"), format!("two figures are named `{}`", figure.name), None);
                    }
                    let base = figure.name.clone();
                    let mut number = 2;
                    while taken(&figure.name) {
                        figure.name = format!("{base}_{number}");
                        number += 1;
                    }
                    for (key, text) in figure.content.expressions() {
                        self.expression(text, &format!("{at}.{key}"));
                    }
                    if let FigureContent::Neighbors(content) = &figure.content {
                        let names: Vec<String> =
                            raw.geography.iter().flat_map(|geography| geography.weights.keys().cloned()).collect();
                        self.weights_named(&content.weights, &names, &format!("{at}.weights"));
                    }
                    if matches!(figure.content, FigureContent::Map(_)) && raw.geography.is_none() {
                        let help = "add [geography] with regions = \"FILE\", a TopoJSON or GeoJSON file of polygons";
                        let message = format!("figure `{}` is a map, but the study has no polygons", figure.name);
                        self.fault(&format!("{at}.kind"), message, Some(help.into()));
                    }
                    figures.push(figure);
                }
                Err(faults) => {
                    for fault in faults {
                        self.fault(&format!("{at}.{}", fault.key()), fault.to_string(), None);
                    }
                }
            }
        }
        figures
    }

    fn definition(&mut self, raw: &RawStudy) {
        let section = raw.clusters.as_ref().and_then(|clusters| clusters.define.as_ref());
        for (key, message, help) in section.into_iter().flat_map(|section| section.faults()) {
            self.fault(&format!("clusters.define.{key}"), message, help);
        }
    }

    fn weights_of_geography(&mut self, raw: &RawStudy) {
        let Some(geography) = &raw.geography else { return };
        for (name, weights) in &geography.weights {
            if let Err(fault) = weights.choice(name) {
                self.fault(&format!("geography.weights.{name}"), fault.to_string(), None);
            }
        }
        if let Err(fault) = super::weights::in_order(&geography.weights) {
            let at = match &fault {
                WeightsFault::Unknown { name, .. } | WeightsFault::Circular { name, .. } => {
                    format!("geography.weights.{name}")
                }
                _ => "geography.weights".into(),
            };
            self.fault(&at, fault.to_string(), None);
        }
    }

    fn references(&mut self, raw: &RawStudy, models: &[ModelBlock]) {
        let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
        let mut wanted: Vec<(String, String)> = Vec::new();
        for (position, table) in raw.table.iter().enumerate() {
            wanted.extend(
                table.models.iter().enumerate().map(|(k, name)| (name.clone(), format!("table.{position}.models.{k}"))),
            );
        }
        for (position, figure) in raw.figure.iter().enumerate() {
            wanted.extend(
                figure
                    .models
                    .iter()
                    .flatten()
                    .enumerate()
                    .map(|(k, name)| (name.clone(), format!("figure.{position}.models.{k}"))),
            );
            wanted.extend(figure.model.iter().map(|name| (name.clone(), format!("figure.{position}.model"))));
        }
        for (position, family) in raw.family.iter().enumerate() {
            let models = family.models.iter().enumerate();
            wanted.extend(models.map(|(k, name)| (name.clone(), format!("family.{position}.models.{k}"))));
        }
        for (position, test) in raw.randomisation.iter().enumerate() {
            let models = test.models.iter().enumerate();
            wanted.extend(models.map(|(k, name)| (name.clone(), format!("randomisation.{position}.models.{k}"))));
        }
        if names.is_empty() {
            return;
        }
        for (name, at) in wanted {
            let base = name.split('[').next().unwrap_or(&name);
            // A pattern may mean choices along an axis: whether it fits any is seen when the tables are laid out.
            let is_pattern = name.contains('*') || name.contains('?');
            if !is_pattern && !names.iter().any(|known| crate::plan::matches_name(base, known)) {
                let help = match nearest(base, names.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("models of this study: {}", names.join(", ")),
                };
                self.fault(&at, format!("there is no model `{name}`"), Some(help));
            }
        }
        for (position, model) in raw.model.iter().enumerate() {
            if model.truth.is_some() && raw.data.package.is_none() {
                self.fault(
                    &format!("model.{position}.truth"),
                    "`truth` needs a data package with a table `truth`",
                    None,
                );
            }
        }
    }
}

/// A formula's text with controls added or its absorbed effects replaced.
pub(crate) fn vary_formula(text: &str, key: AxisKey, choice: &str) -> String {
    let mut parts: Vec<String> = text.split('|').map(|part| part.trim().to_string()).collect();
    match key {
        AxisKey::Controls if !choice.is_empty() => {
            if let Some(first) = parts.first_mut() {
                first.push_str(" + ");
                first.push_str(choice);
            }
        }
        AxisKey::Absorb => {
            let effects = if choice.is_empty() { "0" } else { choice };
            // A second part with a ~ is that of the instruments.
            if parts.get(1).is_some_and(|part| part.contains('~')) {
                parts.insert(1, effects.to_string());
            } else if parts.len() > 1 {
                parts[1] = effects.to_string();
            } else {
                parts.push(effects.to_string());
            }
        }
        _ => {}
    }
    parts.join(" | ")
}
