//! A map of who is whose neighbour.

use super::draw::{Picture, failed};
use super::execute::RunError;
use super::prepare::Prepared;
use crate::report::figure::Frame;
use crate::report::map::{Direction, GraphPlot, GraphRegion, graph};
use crate::space::{Projection, project};
use crate::study::figure::{Figure, NeighborsFigure};

/// Draws the graph of some weights.
///
/// # Errors
/// Weights that are not there, or no polygons.
pub(super) fn draw(
    (figure, content): (&Figure, &NeighborsFigure),
    prepared: &Prepared,
    frame: impl Fn(&str) -> Frame,
) -> Result<Picture, RunError> {
    let Some(polygons) = &prepared.polygons else { return Err(RunError::NoPolygons { figure: figure.name.clone() }) };
    let Some(weights) = prepared.setting.weights.get(&content.weights) else {
        return Err(failed(figure, format!("there are no weights named `{}`", content.weights)));
    };
    // Only regions of the panel have weights.
    let present = polygons.filtered(|id| weights.position(id).is_some());
    let plane = project(&present, Projection::choose(&present));
    let position = |id: &str| plane.ids.iter().position(|known| known == id).map(|at| at as u32);
    let places: Vec<Option<u32>> = weights.ids.iter().map(|id| position(id)).collect();
    let mut links = Vec::new();
    for (r, row) in weights.rows.iter().enumerate() {
        for &(s, _) in row {
            if let (Some(a), Some(b)) = (places[r], places[s as usize]) {
                links.push((a.min(b), a.max(b)));
            }
        }
    }
    links.sort_unstable();
    links.dedup();
    let middles = plane.middles();
    let named = plane.ids.iter().zip(&plane.names).zip(&plane.shapes).zip(middles);
    let regions = named.map(|(((id, name), shape), middle)| GraphRegion {
        name: name.clone().unwrap_or_else(|| id.clone()),
        rings: shape.rings.iter().map(|ring| ring.iter().map(|&[x, y]| (x, y)).collect()).collect(),
        middle: middle.map(|[x, y]| (x, y)),
    });
    let title = figure.title.clone().unwrap_or_else(|| format!("Neighbours: {}", content.weights));
    let plot = GraphPlot {
        frame: frame(&title),
        weights: content.weights.clone(),
        regions: regions.collect(),
        links,
        direction: Direction::Down,
    };
    let caption = format!(
        "A line between the middles of every two regions of which one is a neighbour of the other by the weights {}; a ring around regions without one.",
        content.weights
    );
    Ok((graph(&plot), title, caption))
}
