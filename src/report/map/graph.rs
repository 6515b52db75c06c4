//! Neighbour graphs: a line between the middles of every two regions that are neighbours, over their outlines.

use super::outline::{Direction, Ring, View};
use crate::report::figure::frame::{Frame, MARGIN, WIDTH};
use crate::report::figure::svg::{Canvas, Stroke, Svg, TextStyle};
use crate::report::figure::{palette, text};

/// Height that a map may have at most, in pixels.
const HEIGHT: f64 = 520.0;

/// What a neighbour graph shows.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphPlot {
    /// Title, source and whether the data are synthetic.
    pub frame: Frame,
    /// Name of the weights.
    pub weights: String,
    /// The regions, in the order of the links' positions.
    pub regions: Vec<GraphRegion>,
    /// Two positions each, the smaller first, without repeats.
    pub links: Vec<(u32, u32)>,
    /// Where the second coordinate grows.
    pub direction: Direction,
}

/// One region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphRegion {
    /// Its name, or its id where it has none.
    pub name: String,
    /// Its rings in plane coordinates.
    pub rings: Vec<Ring>,
    /// Its middle; none without an outline.
    pub middle: Option<(f64, f64)>,
}

/// Draws the graph. Regions without a neighbour have a ring around their middle.
pub fn graph(plot: &GraphPlot) -> Svg {
    let mut canvas = Canvas::new(WIDTH);
    let top = plot.frame.open(&mut canvas);
    let rings: Vec<&Ring> = plot.regions.iter().flat_map(|region| &region.rings).collect();
    let view = View::fit(&rings, plot.direction, (MARGIN, top), (WIDTH - 2.0 * MARGIN, HEIGHT));
    let counts = neighbours(plot);
    canvas.push(&format!(
        r#"<g fill="{}" fill-rule="evenodd" stroke="{}" stroke-width="0.5" stroke-linejoin="round">"#,
        palette::GRID,
        palette::MUTED
    ));
    for (region, count) in plot.regions.iter().zip(&counts) {
        let words = text::escape(&format!("{}: {}", region.name, in_numbers(*count)));
        canvas.push(&format!(r#"<path d="{}"><title>{words}</title></path>"#, view.path(&region.rings)));
    }
    canvas.close_group();
    let place =
        |at: u32| plot.regions.get(at as usize).and_then(|region| region.middle).map(|middle| view.place(middle));
    for &(a, b) in &plot.links {
        if let (Some(from), Some(to)) = (place(a), place(b)) {
            canvas.line(from, to, Stroke::new(palette::series(0), 0.8));
        }
    }
    for (at, count) in counts.iter().enumerate() {
        if let (Some((x, y)), 0) = (place(at as u32), *count) {
            let colour = palette::series(1);
            canvas.push(&format!(
                r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" fill="none" stroke="{colour}" stroke-width="1.5"/>"#
            ));
        }
    }
    let bottom = top + view.height() + 26.0;
    canvas.text((MARGIN, bottom - 4.0), &describe(plot, &counts), TextStyle::new(11.0, palette::INK));
    let height = plot.frame.close(&mut canvas, bottom + 6.0);
    canvas.finish(height, plot.frame.title_or("Neighbours"), &plot.frame.describe(&describe(plot, &counts)))
}

/// How many neighbours each region has.
fn neighbours(plot: &GraphPlot) -> Vec<usize> {
    let mut counts = vec![0; plot.regions.len()];
    for &(a, b) in &plot.links {
        for at in [a, b] {
            if let Some(count) = counts.get_mut(at as usize) {
                *count += 1;
            }
        }
    }
    counts
}

fn in_numbers(count: usize) -> String {
    match count {
        0 => "no neighbour".into(),
        1 => "1 neighbour".into(),
        _ => format!("{count} neighbours"),
    }
}

fn describe(plot: &GraphPlot, counts: &[usize]) -> String {
    let (most, alone) = (counts.iter().max().copied().unwrap_or(0), counts.iter().filter(|count| **count == 0).count());
    let busiest = counts.iter().position(|count| *count == most).and_then(|at| plot.regions.get(at));
    let busiest = busiest.map_or_else(String::new, |region| format!(", most of {} ({most})", region.name));
    format!(
        "{}: {} regions, {} pairs of neighbours{busiest}; {alone} without a neighbour.",
        plot.weights,
        plot.regions.len(),
        plot.links.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::assert_draws;

    #[test]
    fn squares_in_a_row_and_one_alone() {
        let square = |x: f64| vec![(x, 0.0), (x + 1.0, 0.0), (x + 1.0, 1.0), (x, 1.0), (x, 0.0)];
        let region = |name: &str, x: f64| GraphRegion {
            name: name.into(),
            rings: vec![square(x)],
            middle: Some((x + 0.5, 0.5)),
        };
        let plot = GraphPlot {
            frame: Frame { title: "Neighbours".into(), note: None, synthetic: false },
            weights: "queen".into(),
            regions: vec![region("a", 0.0), region("b", 1.0), region("c", 2.0), region("d", 4.0)],
            links: vec![(0, 1), (1, 2)],
            direction: Direction::Down,
        };
        let svg = graph(&plot);
        let words = "queen: 4 regions, 2 pairs of neighbours, most of b (2); 1 without a neighbour.";
        assert!(svg.as_str().contains(words) && svg.as_str().contains("<circle"), "{}", svg.as_str());
        assert!(svg.as_str().contains("d: no neighbour") && svg.as_str().contains("a: 1 neighbour<"));
        assert_draws(&svg, "graph");
    }
}
