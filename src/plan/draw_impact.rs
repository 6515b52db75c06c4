//! A map of where a change in one region lands: `(I - rho W)^-1 (I b + W t)`, the column of that region.

use std::collections::HashMap;
use std::sync::Arc;

use crate::describe::{self, Classes};
use crate::estimate::Fit;
use crate::estimate::spatial::Determinant;
use crate::report::figure::Frame;
use crate::report::map::{Direction, MapPlot, Shape, choropleth};
use crate::report::number::Digits;
use crate::space::{Projection, project};
use crate::study::figure::{Figure, ImpactFigure};

use super::draw::{Picture, failed};
use super::execute::RunError;
use super::prepare::Prepared;

/// Draws the map of a fitted model.
///
/// # Errors
/// A model without a spatial lag, regressors or regions that are not there, or no polygons.
pub(super) fn draw(
    (figure, content): (&Figure, &ImpactFigure),
    fit: &Fit,
    prepared: &Prepared,
    frame: impl Fn(&str) -> Frame,
) -> Result<Picture, RunError> {
    let Some(polygons) = &prepared.polygons else { return Err(RunError::NoPolygons { figure: figure.name.clone() }) };
    let effects = effects((figure, content), fit, prepared)?;
    let plane = project(polygons, Projection::choose(polygons));
    let listed: Vec<f64> = plane.ids.iter().filter_map(|id| effects.get(id.as_str()).copied()).collect();
    let classes: Classes = describe::breaks(&listed, content.scheme, content.classes)
        .map_err(|error| failed(figure, error.to_string()))?;
    let title = figure
        .title
        .clone()
        .unwrap_or_else(|| format!("Where a change of {} in {} lands", content.variable, content.region));
    let plot = MapPlot {
        frame: frame(&title),
        label: format!("Change of {} by one unit of {} in {}", fit.outcome, content.variable, content.region),
        shapes: Shape::of_regions(&plane, &effects),
        classes,
        outlines: Vec::new(),
        direction: Direction::Down,
    };
    let own = effects.get(&content.region).copied().unwrap_or(f64::NAN);
    let total = crate::linalg::sum(&effects.values().copied().collect::<Vec<_>>());
    let number = |value: f64| Digits::default().one(value);
    let caption = format!(
        "Effects on every region of a change of {} by one unit in {} alone, model {}: {} there, {} in all others together. Regions without data are hatched.",
        content.variable,
        content.region,
        fit.model,
        number(own),
        number(total - own)
    );
    Ok((choropleth(&plot), title, caption))
}

/// The effect on every region that the weights have.
fn effects(
    (figure, content): (&Figure, &ImpactFigure),
    fit: &Fit,
    prepared: &Prepared,
) -> Result<HashMap<String, f64>, RunError> {
    let no = |message: String| failed(figure, message);
    let spatial = fit.spatial.as_ref().ok_or_else(|| no(format!("model `{}` is not spatial", fit.model)))?;
    let weights = prepared.setting.weights.get(&spatial.weights);
    let weights = weights.ok_or_else(|| no(format!("there are no weights named `{}`", spatial.weights)))?;
    let value = |term: &str| fit.coefficients.iter().find(|c| c.term == term).map(|c| c.estimate);
    let (own, lagged) =
        (value(&content.variable), value(&format!("spatial_lag({}, {})", content.variable, spatial.weights)));
    if own.is_none() && lagged.is_none() {
        let terms = fit.coefficients.iter().map(|c| c.term.as_str());
        let near = crate::study::nearest(&content.variable, terms);
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Err(no(format!("model `{}` has no regressor `{}`{hint}", fit.model, content.variable)));
    }
    let Some(region) = weights.position(&content.region) else {
        let near = crate::study::nearest(&content.region, weights.ids.iter().map(String::as_str));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Err(no(format!("the weights `{}` have no region `{}`{hint}", spatial.weights, content.region)));
    };
    let matrix = Arc::new(weights.matrix());
    let mut unit = vec![0.0; weights.n()];
    unit[region as usize] = 1.0;
    let lag = matrix.times(&unit);
    let change: Vec<f64> =
        unit.iter().zip(&lag).map(|(unit, lag)| own.unwrap_or(0.0) * unit + lagged.unwrap_or(0.0) * lag).collect();
    let landed = match value(crate::estimate::spatial::maximum_likelihood::RHO) {
        Some(rho) => {
            let determinant = Determinant::with_limit(matrix, 0);
            let factor = determinant.factor(rho).ok_or_else(|| no(format!("I - {rho} W is singular")))?;
            factor.solve(&change)
        }
        None => change,
    };
    Ok(weights.ids.iter().cloned().zip(landed).collect())
}
