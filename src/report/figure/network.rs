//! The network of related clusters, on a circle: nodes as large as their clusters, strong links dark.

use super::palette;
use super::svg::{Anchor, Canvas, Stroke, Svg, TextStyle};

const WIDTH: f64 = 760.0;
const CENTRE: (f64, f64) = (380.0, 390.0);
const RADIUS: f64 = 240.0;

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its size, not negative; areas are proportional to it.
    pub size: f64,
}

/// A link of two nodes, by position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// One node.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// Whether it is a strong one.
    pub is_strong: bool,
}

/// Draws nodes on a circle in their order, and their links.
pub fn network(title: &str, nodes: &[Node], edges: &[Edge]) -> Svg {
    let mut canvas = Canvas::new(WIDTH);
    canvas.text((14.0, 24.0), title, TextStyle::new(14.0, palette::INK).bold());
    let angle = |i: usize| std::f64::consts::TAU * (i as f64 / nodes.len().max(1) as f64 - 0.25);
    let at = |i: usize, radius: f64| (CENTRE.0 + radius * angle(i).cos(), CENTRE.1 + radius * angle(i).sin());
    for is_strong in [false, true] {
        let stroke = if is_strong { Stroke::new(palette::ACCENT, 1.8) } else { Stroke::new(palette::GRID, 1.0) };
        for edge in edges.iter().filter(|e| e.is_strong == is_strong && e.first.max(e.second) < nodes.len()) {
            canvas.open_group(&format!("{} and {}", nodes[edge.first].name, nodes[edge.second].name));
            canvas.line(at(edge.first, RADIUS), at(edge.second, RADIUS), stroke);
            canvas.close_group();
        }
    }
    let largest = nodes.iter().fold(0.0f64, |m, node| m.max(node.size));
    for (i, node) in nodes.iter().enumerate() {
        let radius = 3.0 + 9.0 * if largest > 0.0 { (node.size / largest).max(0.0).sqrt() } else { 0.0 };
        canvas.circle(at(i, RADIUS), radius, palette::ACCENT2);
        let (x, y) = at(i, RADIUS + 18.0);
        let anchor = if angle(i).cos() >= 0.0 { Anchor::Start } else { Anchor::End };
        canvas.text((x, y + 3.0), &node.name, TextStyle::new(9.0, palette::INK).anchored(anchor));
    }
    let strong = edges.iter().filter(|edge| edge.is_strong).count();
    let description =
        format!("{} clusters, {} related pairs, {strong} of them strongly related (dark).", nodes.len(), edges.len());
    canvas.text((14.0, 726.0), &description, TextStyle::new(11.0, palette::MUTED));
    canvas.finish(740.0, title, &description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_drawn() {
        let nodes: Vec<Node> = (0..30).map(|i| Node { name: format!("cluster {i}"), size: i as f64 }).collect();
        let edges: Vec<Edge> =
            (0..30).map(|i| Edge { first: i, second: (i * 7 + 3) % 30, is_strong: i % 3 == 0 }).collect();
        let svg = network("Related clusters", &nodes, &edges);
        super::super::assert_draws(&svg, "network");
        assert!(svg.as_str().contains("10 of them strongly"));
    }
}
