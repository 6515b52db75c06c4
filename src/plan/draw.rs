//! The figures of a study: gathers their numbers from fits and data, and hands them to the drawing functions.

use std::collections::HashMap;
use std::sync::Arc;

use crate::absorb::{AbsorberCache, Effects};
use crate::describe::{self, Classes};
use crate::design::{DesignMatrix, Variable};
use crate::estimate::{Coefficient, Estimator, Fit, Ols};
use crate::evaluate::Evaluator;
use crate::formula;
use crate::panel::Column;
use crate::report::figure::{
    BinscatterPlot, CoefficientPlot, CoefficientPoint, FitLine, Frame, Interval, Series, Svg, binscatter, coefficients,
};
use crate::report::map::{MapPlot, Shape, choropleth};
use crate::report::number::Digits;
use crate::space::{Projection, project};
use crate::study::figure::{BinscatterFigure, CoefficientsFigure, Figure, FigureContent, MapFigure};

use super::draw_fitted;
use super::execute::{RunError, is_synthetic};
use super::groups::Estimated;
use super::matches_name;
use super::prepare::{Prepared, Roles};
use super::resolve::Plan;

/// A picture, its title and its caption.
pub(super) type Picture = (Svg, String, String);

/// A drawn figure.
pub(super) struct Drawn {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) caption: String,
    pub(super) is_map: bool,
    pub(super) svg: Svg,
}

/// Draws every figure of the study whose models were estimated.
pub(super) fn figures(plan: &Plan, prepared: &Prepared, estimated: &[Estimated]) -> Result<Vec<Drawn>, RunError> {
    let context = Context { plan, prepared, estimated };
    plan.study.figures.iter().filter_map(|figure| context.draw(figure).transpose()).collect()
}

struct Context<'a> {
    plan: &'a Plan,
    prepared: &'a Prepared,
    estimated: &'a [Estimated],
}

impl Context<'_> {
    fn draw(&self, figure: &Figure) -> Result<Option<Drawn>, RunError> {
        let drawn = match &figure.content {
            FigureContent::Coefficients(content) => self.coefficients(figure, content),
            FigureContent::Margins(content) => self.margins(figure, content),
            FigureContent::Binscatter(content) => self.binscatter(figure, content)?,
            FigureContent::Rootogram(content) => self.fitted(&content.model, |fit| {
                draw_fitted::draw_rootogram((figure, content), fit, |title| self.frame(title))
            })?,
            FigureContent::Calibration(content) => self.fitted(&content.model, |fit| {
                draw_fitted::draw_calibration((figure, content), fit, |title| self.frame(title))
            })?,
            FigureContent::Map(content) => Some(self.map(figure, content)?),
            FigureContent::Neighbors(content) => {
                Some(super::draw_neighbors::draw((figure, content), self.prepared, |title| self.frame(title))?)
            }
            FigureContent::Impact(content) => self.fitted(&content.model, |fit| {
                super::draw_impact::draw((figure, content), fit, self.prepared, |title| self.frame(title))
            })?,
        };
        Ok(drawn.map(|(svg, title, caption)| Drawn {
            name: figure.name.clone(),
            title: figure.title.clone().unwrap_or(title),
            caption: figure.caption.clone().unwrap_or(caption),
            is_map: matches!(
                figure.content,
                FigureContent::Map(_) | FigureContent::Impact(_) | FigureContent::Neighbors(_)
            ),
            svg,
        }))
    }

    /// A picture of the first model of a name; none if it was not estimated.
    fn fitted(
        &self,
        name: &str,
        draw: impl Fn(&Fit) -> Result<Picture, RunError>,
    ) -> Result<Option<Picture>, RunError> {
        let named = |estimated: &&Estimated| estimated.fit.model == name || estimated.fit.base == name;
        self.estimated.iter().find(named).map(|estimated| draw(&estimated.fit)).transpose()
    }

    fn frame(&self, title: &str) -> Frame {
        Frame { title: title.to_string(), note: None, synthetic: is_synthetic(self.prepared) }
    }

    fn fits(&self, patterns: &[String]) -> Vec<&Fit> {
        let all = self.estimated.iter().map(|estimated| &estimated.fit);
        if patterns.is_empty() {
            return all.collect();
        }
        let fits: Vec<&Fit> = all.collect();
        let mut listed: Vec<&Fit> = Vec::new();
        for pattern in patterns {
            let fitting =
                fits.iter().filter(|fit| matches_name(pattern, &fit.model) || matches_name(pattern, &fit.base));
            for fit in fitting {
                if !listed.iter().any(|known| known.model == fit.model) {
                    listed.push(fit);
                }
            }
        }
        listed
    }

    fn coefficients(&self, figure: &Figure, content: &CoefficientsFigure) -> Option<(Svg, String, String)> {
        let fits = self.fits(&content.models);
        if fits.is_empty() {
            return None;
        }
        let terms = shown_terms(&fits, content);
        let series = fits
            .iter()
            .map(|fit| Series {
                name: fit.model.clone(),
                points: terms
                    .iter()
                    .map(|term| {
                        let found = fit.coefficients.iter().find(|coefficient| coefficient.term == *term)?;
                        Some(point(fit, found, content))
                    })
                    .collect(),
            })
            .collect();
        let title = figure.title.clone().unwrap_or_else(|| "Coefficients".to_string());
        let mut outcomes: Vec<&str> = fits.iter().map(|fit| fit.outcome.as_str()).collect();
        outcomes.dedup();
        let plot = CoefficientPlot {
            frame: self.frame(&title),
            axis_title: format!("Effect on {}", outcomes.join(", ")),
            terms: terms.iter().map(|term| label(&content.labels, term)).collect(),
            series,
        };
        let levels: Vec<String> =
            content.levels.iter().map(|level| format!("{} %", (level * 100.0 * 1e6).round() / 1e6)).collect();
        let has_bands = content.bands && fits.iter().any(|fit| fit.inference.bands.is_some());
        let truth = fits.iter().flat_map(|fit| &fit.coefficients).any(|c| c.truth.is_some()) && content.truth;
        let caption = format!(
            "Estimates with {} confidence intervals.{}{}",
            levels.join(" and "),
            if has_bands {
                " Thin lines with ends are simultaneous bands, which hold all their coefficients at once."
            } else {
                ""
            },
            if truth { " Upright bars are the true values that the data were drawn with." } else { "" }
        );
        Some((coefficients(&plot), title, caption))
    }

    fn margins(&self, figure: &Figure, content: &CoefficientsFigure) -> Option<(Svg, String, String)> {
        let title = figure.title.clone().unwrap_or_else(|| "Marginal effects".to_string());
        let plot = super::draw_margins::margins_plot(self.frame(&title), &self.fits(&content.models), content)?;
        let caption = "Derivatives and differences of the fitted outcome with confidence intervals.".to_string();
        Some((coefficients(&plot), title, caption))
    }

    fn binscatter(
        &self,
        figure: &Figure,
        content: &BinscatterFigure,
    ) -> Result<Option<(Svg, String, String)>, RunError> {
        let named =
            |estimated: &&Estimated| estimated.fit.model == content.model || estimated.fit.base == content.model;
        let Some(estimated) = self.estimated.iter().find(named) else { return Ok(None) };
        let Some((designed, cache)) = &estimated.kept else { return Ok(None) };
        let design = &designed.design;
        let model = &self.plan.models[estimated.position];
        let Some(position) = design.regressors.iter().position(|regressor| regressor.name == content.x) else {
            return Err(RunError::NoTerm {
                figure: figure.name.clone(),
                model: model.name.clone(),
                term: content.x.clone(),
                known: design.regressors.iter().map(|regressor| regressor.name.clone()).collect(),
            });
        };
        let y_variable = match &content.y {
            None => design.outcome.clone(),
            Some(text) => self.on_sample(figure, text, design)?,
        };
        let x_variable = design.regressors[position].clone();
        let x = self.net(figure, (design, cache), &x_variable, position)?;
        let y = self.net(figure, (design, cache), &y_variable, position)?;
        let bins = describe::bins(&x, &y, design.weight_values(), content.bins)
            .map_err(|error| failed(figure, error.to_string()))?;
        let coefficient = estimated.fit.coefficients.iter().find(|coefficient| coefficient.term == content.x);
        let fit = coefficient.filter(|_| content.fit && content.y.is_none()).map(|coefficient| FitLine {
            // Both variables are net of everything else and moved to their means, so that the line passes through those.
            intercept: mean(&y) - coefficient.estimate * mean(&x),
            slope: coefficient.estimate,
            label: slope_label(coefficient),
        });
        let title = figure.title.clone().unwrap_or_else(|| format!("{} and {}", y_variable.name, x_variable.name));
        let plot = BinscatterPlot {
            frame: self.frame(&title),
            x_title: label(&content.labels, &x_variable.name),
            y_title: label(&content.labels, &y_variable.name),
            bins,
            fit,
        };
        let caption = format!(
            "Means of {} quantile bins, both variables net of the other regressors and the absorbed effects of model {}. The line has the model's slope.",
            content.bins, model.name
        );
        Ok(Some((binscatter(&plot), title, caption)))
    }

    /// A variable net of the effects and of every regressor but one, moved back to its mean (Frisch, Waugh and Lovell).
    fn net(
        &self,
        figure: &Figure,
        (design, cache): (&DesignMatrix, &AbsorberCache),
        of: &Variable,
        but: usize,
    ) -> Result<Vec<f64>, RunError> {
        let level = mean(&of.values);
        let others: Vec<Variable> =
            design.regressors.iter().enumerate().filter(|(k, _)| *k != but).map(|(_, other)| other.clone()).collect();
        let residuals = if others.is_empty() {
            match Effects::of(design) {
                None if design.intercept => of.values.iter().map(|value| value - level).collect(),
                None => of.values.to_vec(),
                Some(effects) => {
                    let shared = cache.absorber(&effects).map_err(|error| failed(figure, error.to_string()))?;
                    let absorbed = cache
                        .absorb(&shared, &[of.values.as_slice()])
                        .map_err(|error| failed(figure, error.to_string()))?;
                    absorbed.into_iter().flat_map(|column| column.values.to_vec()).collect()
                }
            }
        } else {
            let partial = DesignMatrix { outcome: of.clone(), regressors: others, ..design.clone() };
            let estimate = Ols.fit(&partial, cache).map_err(|error| failed(figure, error.to_string()))?;
            let influence = estimate.linear().map_err(|error| failed(figure, error.to_string()))?;
            influence.residuals.to_vec()
        };
        Ok(residuals.into_iter().map(|residual| residual + level).collect())
    }

    fn on_sample(&self, figure: &Figure, text: &str, design: &DesignMatrix) -> Result<Variable, RunError> {
        let expr = formula::parse_expression(text).map_err(|fault| failed(figure, fault.message))?;
        let evaluator = Evaluator::new(&self.prepared.panel, &self.prepared.setting);
        match evaluator.evaluate(&expr).map_err(|error| failed(figure, error.to_string()))? {
            Column::Number(values) => Ok(Variable {
                name: text.to_string(),
                values: Arc::new(design.sample.rows.iter().map(|&row| values[row as usize]).collect()),
            }),
            Column::Text(_) => Err(failed(figure, format!("{text} is text, not numbers"))),
        }
    }

    fn map(&self, figure: &Figure, content: &MapFigure) -> Result<(Svg, String, String), RunError> {
        let Some(polygons) = &self.prepared.polygons else {
            return Err(RunError::NoPolygons { figure: figure.name.clone() });
        };
        let values = self.regional_values(figure, content)?;
        let projection = Projection::choose(polygons);
        let plane = project(polygons, projection);
        let listed: Vec<f64> = plane.ids.iter().filter_map(|id| values.get(id.as_str()).copied()).collect();
        let classes: Classes = describe::breaks(&listed, content.scheme, content.classes)
            .map_err(|error| failed(figure, error.to_string()))?;
        let what =
            content.label.clone().unwrap_or_else(|| format!("{}, {}", content.variable, content.statistic.word()));
        let title = figure.title.clone().unwrap_or_else(|| what.clone());
        let shapes = Shape::of_regions(&plane, &values);
        let plot = MapPlot {
            frame: self.frame(&title),
            label: what,
            shapes,
            classes,
            outlines: Vec::new(),
            direction: crate::report::map::Direction::Down,
        };
        let period = content.year.map_or_else(String::new, |year| format!(" in {year}"));
        let caption = format!(
            "The {} of {} by {}{period}. Regions without data are hatched.",
            content.statistic.word(),
            content.variable,
            Roles::of(&self.plan.study).region
        );
        Ok((choropleth(&plot), title, caption))
    }

    /// One value per region: rows that meet the map's conditions, reduced by its statistic.
    fn regional_values(&self, figure: &Figure, content: &MapFigure) -> Result<HashMap<String, f64>, RunError> {
        let panel = &self.prepared.panel;
        let evaluator = Evaluator::new(panel, &self.prepared.setting);
        let parse = |text: &str| formula::parse_expression(text).map_err(|fault| failed(figure, fault.message));
        let values =
            match evaluator.evaluate(&parse(&content.variable)?).map_err(|error| failed(figure, error.to_string()))? {
                Column::Number(values) => values,
                Column::Text(_) => return Err(failed(figure, format!("{} is text, not numbers", content.variable))),
            };
        let mut rows = match &content.filter {
            None => vec![true; panel.n_rows()],
            Some(text) => evaluator.truth(&parse(text)?).map_err(|error| failed(figure, error.to_string()))?.rows,
        };
        if let Some(year) = content.year {
            let Some(time) = panel.time() else {
                return Err(failed(figure, "the panel has no time, so a map cannot choose a year".into()));
            };
            rows.iter_mut().zip(time).for_each(|(row, &time)| *row &= time == year as f64);
        }
        let role = Roles::of(&self.plan.study).region;
        let Some(regions) = panel.get(&role).map(Column::to_factor) else {
            return Err(failed(figure, format!("the panel has no column `{role}`")));
        };
        let mut gathered: Vec<Vec<f64>> = vec![Vec::new(); regions.n_levels()];
        for row in (0..panel.n_rows()).filter(|&row| rows[row]) {
            if let Some(list) = gathered.get_mut(regions.codes[row] as usize) {
                list.push(values[row]);
            }
        }
        let reduced = regions.levels.iter().zip(&gathered).filter_map(|(region, list)| {
            let value = content.statistic.of(list)?;
            let shown = if content.log { value.ln() } else { value };
            shown.is_finite().then(|| (region.clone(), shown))
        });
        Ok(reduced.collect())
    }
}

pub(super) fn failed(figure: &Figure, message: String) -> RunError {
    RunError::Figure { figure: figure.name.clone(), message }
}

fn mean(values: &[f64]) -> f64 {
    crate::linalg::sum(values) / values.len() as f64
}

pub(super) fn label(labels: &std::collections::BTreeMap<String, String>, name: &str) -> String {
    labels.get(name).cloned().unwrap_or_else(|| name.to_string())
}

fn shown_terms(fits: &[&Fit], content: &CoefficientsFigure) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    for coefficient in fits.iter().flat_map(|fit| &fit.coefficients) {
        if !terms.contains(&coefficient.term) {
            terms.push(coefficient.term.clone());
        }
    }
    let dropped = |term: &String| content.drop.iter().any(|pattern| matches_name(pattern, term));
    if content.keep.is_empty() {
        return terms.into_iter().filter(|term| term != "(Intercept)" && !dropped(term)).collect();
    }
    let mut kept: Vec<String> = Vec::new();
    for pattern in &content.keep {
        let fitting = terms.iter().filter(|term| matches_name(pattern, term) && !dropped(term));
        kept.extend(fitting.filter(|term| !kept.contains(term)).cloned().collect::<Vec<_>>());
    }
    kept
}

fn point(fit: &Fit, coefficient: &Coefficient, content: &CoefficientsFigure) -> CoefficientPoint {
    let bands = fit.inference.bands.as_ref().filter(|_| content.bands);
    let band = bands.and_then(|bands| {
        let band = bands.terms.iter().find(|band| band.term == coefficient.term)?;
        Some(Interval { level: bands.level, low: band.low, high: band.high })
    });
    let intervals = content
        .levels
        .iter()
        .map(|&level| {
            let (low, high) =
                crate::infer::t_interval(coefficient.estimate, coefficient.std_error, coefficient.df, level);
            Interval { level, low, high }
        })
        .collect();
    let truth = coefficient.truth.filter(|_| content.truth);
    CoefficientPoint { estimate: coefficient.estimate, intervals, band, truth }
}

fn slope_label(coefficient: &Coefficient) -> String {
    let rounding = Digits::default().rounding(&[coefficient.estimate], &[coefficient.std_error]);
    format!("slope {} ({})", rounding.write(coefficient.estimate), rounding.write(coefficient.std_error))
}
