//! Maps of categories: a colour each, with names and counts below.

use super::choropleth::hatch;
use super::outline::{Direction, Ring, View};
use crate::report::figure::frame::{Frame, MARGIN, WIDTH};
use crate::report::figure::svg::{Canvas, Svg, TextStyle, length};
use crate::report::figure::{palette, text};

/// Height that a map may have at most, in pixels.
const HEIGHT: f64 = 520.0;
const LABEL_SIZE: f64 = 12.0;
const NAME_SIZE: f64 = 11.0;

/// What a map of categories shows.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryPlot {
    /// Title, source and whether the data are synthetic.
    pub frame: Frame,
    /// What the categories are of.
    pub label: String,
    /// The regions, in the order in which they are drawn.
    pub shapes: Vec<CategoryShape>,
    /// The categories: name and colour.
    pub categories: Vec<(&'static str, &'static str)>,
    /// Where the second coordinate grows.
    pub direction: Direction,
}

/// One region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CategoryShape {
    /// Its name, or its id where it has none.
    pub name: String,
    /// Its rings in plane coordinates.
    pub rings: Vec<Ring>,
    /// The position of its category; `None` without data.
    pub category: Option<usize>,
    /// What its tooltip says beside the name and the category.
    pub detail: String,
}

/// Draws a map of categories. Regions without one are hatched, never left out.
pub fn categories(plot: &CategoryPlot) -> Svg {
    let mut canvas = Canvas::new(WIDTH);
    let top = plot.frame.open(&mut canvas);
    let rings: Vec<&Ring> = plot.shapes.iter().flat_map(|shape| &shape.rings).collect();
    let view = View::fit(&rings, plot.direction, (MARGIN, top), (WIDTH - 2.0 * MARGIN, HEIGHT));
    canvas.push(&hatch());
    canvas.push(&format!(
        r#"<g fill-rule="evenodd" stroke="{}" stroke-width="0.5" stroke-linejoin="round">"#,
        palette::MUTED
    ));
    for shape in &plot.shapes {
        let (fill, what) = match shape.category.and_then(|at| plot.categories.get(at)) {
            Some((name, colour)) => (*colour, format!("{name}{}", shape.detail)),
            None => ("url(#isard-missing)", "no data".to_string()),
        };
        let (path, words) = (view.path(&shape.rings), text::escape(&format!("{}: {what}", shape.name)));
        canvas.push(&format!(r#"<path fill="{fill}" d="{path}"><title>{words}</title></path>"#));
    }
    canvas.close_group();
    let bottom = legend(&mut canvas, plot, top + view.height() + 6.0);
    let height = plot.frame.close(&mut canvas, bottom);
    canvas.finish(height, plot.frame.title_or("Map"), &plot.frame.describe(&describe(plot)))
}

fn count(plot: &CategoryPlot, category: Option<usize>) -> usize {
    plot.shapes.iter().filter(|shape| shape.category == category).count()
}

/// Names, colours and counts of what there is; those without data at the end.
fn entries(plot: &CategoryPlot) -> Vec<(&'static str, &'static str, usize)> {
    let named = plot.categories.iter().enumerate().map(|(at, (name, colour))| (*name, *colour, count(plot, Some(at))));
    let missing = count(plot, None);
    named.chain((missing > 0).then_some(("no data", "url(#isard-missing)", missing))).collect()
}

fn legend(canvas: &mut Canvas, plot: &CategoryPlot, top: f64) -> f64 {
    let mut y = top + 4.0;
    for line in text::wrap(&plot.label, WIDTH - 2.0 * MARGIN, LABEL_SIZE) {
        y += 15.0;
        canvas.text((MARGIN, y), &line, TextStyle::new(LABEL_SIZE, palette::INK).bold());
    }
    y += 10.0;
    let mut x = MARGIN;
    for (name, colour, count) in entries(plot) {
        let words = format!("{name} ({count})");
        let needed = 24.0 + text::width(&words, NAME_SIZE) + 18.0;
        if x > MARGIN && x + needed > WIDTH - MARGIN {
            (x, y) = (MARGIN, y + 20.0);
        }
        canvas.push(&format!(
            r#"<rect x="{}" y="{}" width="18" height="13" fill="{colour}" stroke="{}" stroke-width="0.6"/>"#,
            length(x),
            length(y),
            palette::MUTED
        ));
        canvas.text((x + 24.0, y + 10.5), &words, TextStyle::new(NAME_SIZE, palette::INK));
        x += needed;
    }
    y + 20.0
}

/// The map in words: how many regions each category has, and up to five of them by name.
fn describe(plot: &CategoryPlot) -> String {
    let mut words = format!("Map of {} regions by {}.", plot.shapes.len(), plot.label);
    for (at, (name, _)) in plot.categories.iter().enumerate() {
        let of: Vec<&str> =
            plot.shapes.iter().filter(|shape| shape.category == Some(at)).map(|shape| shape.name.as_str()).collect();
        let examples = if of.is_empty() || *name == super::NOT_SIGNIFICANT {
            String::new()
        } else {
            let more = if of.len() > 5 { ", ..." } else { "" };
            format!(" ({}{more})", of.iter().take(5).copied().collect::<Vec<_>>().join(", "))
        };
        words.push_str(&format!(" {name}: {}{examples}.", of.len()));
    }
    words.push_str(&format!(" No data: {}.", count(plot, None)));
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::assert_draws;

    #[test]
    fn every_region_is_drawn_and_told() {
        let square = |x: f64, category: Option<usize>| CategoryShape {
            name: format!("R{x}"),
            rings: vec![vec![(x, 0.0), (x + 1.0, 0.0), (x + 1.0, 1.0), (x, 1.0)]],
            category,
            detail: ", I 0.5".into(),
        };
        let plot = CategoryPlot {
            frame: Frame { title: "Clusters".into(), note: None, synthetic: true },
            label: "local Moran".into(),
            shapes: vec![square(0.0, Some(0)), square(1.0, Some(1)), square(2.0, None), square(3.0, Some(0))],
            categories: vec![("high-high", "#c0392b"), ("low-low", "#2c6fb3")],
            direction: Direction::Up,
        };
        let svg = categories(&plot);
        assert_draws(&svg, "categories");
        let text = svg.as_str();
        assert!(text.contains("R0: high-high, I 0.5") && text.contains("R2: no data"), "{text}");
        assert!(text.contains("high-high: 2 (R0, R3). low-low: 1 (R1). No data: 1."), "{text}");
    }
}
