//! A dendrogram: which industries join when, the chosen clusters in colours of their own.

use super::palette;
use super::svg::{Canvas, Stroke, Svg, TextStyle};
use crate::mapping::grouping::Dendrogram;

const WIDTH: f64 = 760.0;
const LABELS: f64 = 170.0;
const TOP: f64 = 46.0;
/// The most leaves that are named; beyond, names could not be read.
const NAMED: usize = 150;

/// Draws a tree from left (single industries) to right (all together), with a dashed line where `k` clusters are left.
pub fn dendrogram(title: &str, names: &[String], tree: &Dendrogram, k: usize) -> Svg {
    let n = tree.n_points();
    let row = if n <= NAMED { 13.0 } else { (1600.0 / n as f64).max(0.9) };
    let left = if n <= NAMED { LABELS } else { 20.0 };
    let mut canvas = Canvas::new(WIDTH);
    canvas.text((14.0, 24.0), title, TextStyle::new(14.0, palette::INK).bold());
    let highest = tree.merges().iter().fold(0.0f64, |m, merge| m.max(merge.height));
    let x = |height: f64| left + (WIDTH - left - 24.0) * if highest > 0.0 { height / highest } else { 0.0 };
    // Where every node (points, then merges) stands: height and place.
    let mut place = vec![(0.0, 0.0); n + tree.merges().len()];
    for (position, &leaf) in tree.leaf_order().iter().enumerate() {
        place[leaf] = (x(0.0), TOP + row * (position as f64 + 0.5));
        if n <= NAMED {
            let style = TextStyle::new(9.0, palette::INK).anchored(super::svg::Anchor::End);
            let name = names.get(leaf).map_or("", String::as_str);
            canvas.text((left - 5.0, place[leaf].1 + 3.0), name, style);
        }
    }
    let cut = n.saturating_sub(k);
    let labels = tree.cut(k.clamp(1, n)).map(|partition| partition.labels().to_vec()).unwrap_or_default();
    let mut first_leaf: Vec<usize> = (0..n).collect();
    for (step, merge) in tree.merges().iter().enumerate() {
        let (a, b, at) = (place[merge.left], place[merge.right], x(merge.height));
        first_leaf.push(first_leaf[merge.left]);
        let color = match labels.get(first_leaf[merge.left]) {
            Some(&label) if step < cut => palette::series(label),
            _ => palette::MUTED,
        };
        let stroke = Stroke::new(color, 1.0);
        canvas.line(a, (at, a.1), stroke);
        canvas.line(b, (at, b.1), stroke);
        canvas.line((at, a.1), (at, b.1), stroke);
        place[n + step] = (at, 0.5 * (a.1 + b.1));
    }
    let bottom = TOP + row * n as f64;
    if cut > 0 && cut < tree.merges().len() {
        let at = x(0.5 * (tree.merges()[cut - 1].height + tree.merges()[cut].height));
        canvas.dashed_line((at, TOP - 6.0), (at, bottom + 4.0), Stroke::new(palette::INK, 1.0));
    }
    let description = format!("A tree of {n} industries; the dashed line leaves {k} clusters.");
    canvas.text((14.0, bottom + 24.0), &description, TextStyle::new(11.0, palette::MUTED));
    canvas.finish(bottom + 38.0, title, &description)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::grouping::{Linkage, euclidean, hierarchical};

    #[test]
    fn a_tree_is_drawn() {
        let points =
            nalgebra::DMatrix::from_fn(1, 24, |_, j| ((j * 37) % 24) as f64 + if j % 2 == 0 { 50.0 } else { 0.0 });
        let tree = hierarchical(&euclidean(&points), Linkage::Average).unwrap();
        let names: Vec<String> = (0..24).map(|i| format!("industry {i}")).collect();
        super::super::assert_draws(&dendrogram("Joining", &names, &tree, 4), "dendrogram");
    }
}
