//! The map itself.

use std::collections::HashMap;

use super::legend::{self, Legend};
use super::outline::{Direction, Ring, View};
use super::ramp;
use crate::describe::Classes;
use crate::report::figure::frame::{Frame, MARGIN, WIDTH};
use crate::report::figure::svg::{Canvas, Svg};
use crate::report::figure::{number, palette, text};
use crate::space::Polygons;

/// Height that a map may have at most, in pixels.
const HEIGHT: f64 = 520.0;

/// What a map shows.
#[derive(Clone, Debug, PartialEq)]
pub struct MapPlot {
    /// Title, source and whether the data are synthetic.
    pub frame: Frame,
    /// What the colours mean, with its unit.
    pub label: String,
    /// The regions, in the order in which they are drawn.
    pub shapes: Vec<Shape>,
    /// The classes of the regions' values.
    pub classes: Classes,
    /// Rings drawn as lines above the regions, such as the states' borders; may be empty.
    pub outlines: Vec<Ring>,
    /// Where the second coordinate grows.
    pub direction: Direction,
}

/// One region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// Its name, or its id where it has none.
    pub name: String,
    /// Its rings in plane coordinates: outer borders and holes in any order (they are filled by the even-odd rule).
    pub rings: Vec<Ring>,
    /// Its value; `None` or a number that is not finite is missing.
    pub value: Option<f64>,
}

impl Shape {
    /// The regions of a plane map with their values by id.
    pub fn of_regions(plane: &Polygons, values: &HashMap<String, f64>) -> Vec<Shape> {
        let named = plane.ids.iter().zip(&plane.names).zip(&plane.shapes);
        named
            .map(|((id, name), shape)| Shape {
                name: name.clone().unwrap_or_else(|| id.clone()),
                rings: shape.rings.iter().map(|ring| ring.iter().map(|&[x, y]| (x, y)).collect()).collect(),
                value: values.get(id.as_str()).copied(),
            })
            .collect()
    }

    fn finite(&self) -> Option<f64> {
        self.value.filter(|value| value.is_finite())
    }
}

/// Draws a choropleth map. Regions without a value are hatched, never left out.
pub fn choropleth(plot: &MapPlot) -> Svg {
    let mut canvas = Canvas::new(WIDTH);
    let top = plot.frame.open(&mut canvas);
    let rings: Vec<&Ring> = plot.shapes.iter().flat_map(|shape| &shape.rings).chain(&plot.outlines).collect();
    let view = View::fit(&rings, plot.direction, (MARGIN, top), (WIDTH - 2.0 * MARGIN, HEIGHT));
    let colors = ramp::colors(plot.classes.scheme, plot.classes.n_classes());
    canvas.push(&hatch());
    draw_regions(&mut canvas, plot, &view, &colors);
    draw_outlines(&mut canvas, plot, &view);
    let n_missing = plot.shapes.iter().filter(|shape| shape.finite().is_none()).count();
    let legend = Legend { label: &plot.label, classes: &plot.classes, colors: &colors, n_missing };
    let bottom = legend::draw(&mut canvas, &legend, top + view.height() + 6.0);
    let height = plot.frame.close(&mut canvas, bottom);
    canvas.finish(height, plot.frame.title_or("Map"), &plot.frame.describe(&describe(plot, n_missing)))
}

/// The pattern of regions without data. Every map of a page defines the same one under the same name.
pub(super) fn hatch() -> String {
    format!(
        r#"<defs><pattern id="isard-missing" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" fill="{}"/><path d="M0 0V5" stroke="{}" stroke-width="1.6"/></pattern></defs>"#,
        palette::PAPER,
        palette::MUTED
    )
}

fn draw_regions(canvas: &mut Canvas, plot: &MapPlot, view: &View, colors: &[String]) {
    canvas.push(&format!(
        r#"<g fill-rule="evenodd" stroke="{}" stroke-width="0.5" stroke-linejoin="round">"#,
        palette::PAPER
    ));
    for shape in &plot.shapes {
        let class = shape.finite().and_then(|value| plot.classes.class_of(value));
        let fill = class.and_then(|class| colors.get(class)).map_or("url(#isard-missing)", String::as_str);
        // Hatched regions need a border that shows on the background.
        let border = if class.is_none() { format!(r#" stroke="{}""#, palette::MUTED) } else { String::new() };
        let value = shape.finite().map_or_else(|| "no data".to_owned(), number::short);
        let (path, name) = (view.path(&shape.rings), text::escape(&shape.name));
        canvas.push(&format!(r#"<path fill="{fill}"{border} d="{path}"><title>{name}: {value}</title></path>"#));
    }
    canvas.close_group();
}

fn draw_outlines(canvas: &mut Canvas, plot: &MapPlot, view: &View) {
    if !plot.outlines.is_empty() {
        let path = view.path(&plot.outlines);
        canvas.push(&format!(
            r#"<path fill="none" stroke="{}" stroke-width="0.6" stroke-linejoin="round" pointer-events="none" d="{path}"/>"#,
            palette::INK
        ));
    }
}

/// The map in words: how many regions lie in each class, and the extremes by name.
fn describe(plot: &MapPlot, n_missing: usize) -> String {
    let bounds = number::distinct(&plot.classes.edges);
    let mut words = format!("Map of {} by {}.", regions(plot.shapes.len()), plot.label);
    for (bound, count) in bounds.windows(2).zip(&plot.classes.counts) {
        words.push_str(&format!(" {} to {}: {}.", bound[0], bound[1], regions(*count)));
    }
    words.push_str(&format!(" No data: {}.", regions(n_missing)));
    let by_value = |a: &&Shape, b: &&Shape| a.value.unwrap_or(0.0).total_cmp(&b.value.unwrap_or(0.0));
    let known = || plot.shapes.iter().filter(|shape| shape.finite().is_some());
    if let (Some(low), Some(high)) = (known().min_by(by_value), known().max_by(by_value)) {
        let value = |shape: &Shape| number::short(shape.value.unwrap_or(f64::NAN));
        words.push_str(&format!(" Lowest: {} ({}). Highest: {} ({}).", low.name, value(low), high.name, value(high)));
    }
    words
}

fn regions(count: usize) -> String {
    if count == 1 { "1 region".to_owned() } else { format!("{count} regions") }
}

#[cfg(test)]
mod tests;
