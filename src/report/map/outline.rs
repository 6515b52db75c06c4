//! Rings of coordinates as compact SVG paths.
//!
//! Points are rounded to a grid of a tenth of a pixel, or coarser where a map has very many points. Rounding is the same
//! for both sides of a border, so that neighbours stay flush, which simplifying ring by ring would not ensure. Points on
//! a straight line between their neighbours are dropped.

use std::fmt::Write;

/// A closed ring of plane coordinates; the first point may be repeated at the end.
pub type Ring = Vec<(f64, f64)>;

/// Where the second coordinate grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Downwards, as on a screen and in the projected files of us-atlas (the default).
    #[default]
    Down,
    /// Upwards, as latitudes and most projected coordinates do.
    Up,
}

/// A grid point in tenths of a pixel.
type Cell = (i64, i64);

/// Tenths of a pixel that a grid may be wide, finest first; half a pixel is the most that a reader does not see.
const GRIDS: [i64; 4] = [1, 2, 3, 5];
/// Points beyond which the next coarser grid is taken, so that a file stays below 600 kB at some eight bytes a point.
const MOST_POINTS: usize = 60_000;

/// The map from coordinates to the pixels of a box.
pub(super) struct View {
    low: (f64, f64),
    scale: f64,
    offset: (f64, f64),
    direction: Direction,
    height: f64,
    grid: i64,
}

impl View {
    /// Fits all rings into a box of `width` and at most `height` pixels whose upper left corner is `corner`.
    pub(super) fn fit(rings: &[&Ring], direction: Direction, corner: (f64, f64), size: (f64, f64)) -> View {
        let points = || rings.iter().flat_map(|ring| ring.iter()).filter(|(x, y)| x.is_finite() && y.is_finite());
        let bounds = |pick: fn(&(f64, f64)) -> f64| {
            let fold = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
            points().map(pick).fold((f64::INFINITY, f64::NEG_INFINITY), fold)
        };
        let (x, y) = (bounds(|point| point.0), bounds(|point| point.1));
        let span = |(low, high): (f64, f64)| if high > low { high - low } else { 1.0 };
        let scale = (size.0 / span(x)).min(size.1 / span(y));
        // A narrow map lies in the middle of the box.
        let offset = (corner.0 + (size.0 - span(x) * scale) / 2.0, corner.1);
        let low = if x.0.is_finite() { (x.0, y.0) } else { (0.0, 0.0) };
        let mut view = View { low, scale, offset, direction, height: span(y) * scale, grid: 1 };
        for grid in GRIDS {
            view.grid = grid;
            if rings.iter().map(|ring| view.cells(ring).len()).sum::<usize>() <= MOST_POINTS {
                break;
            }
        }
        view
    }

    /// Height of the fitted map in pixels.
    pub(super) fn height(&self) -> f64 {
        self.height
    }

    /// The pixel of a point.
    pub(super) fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let down = (y - self.low.1) * self.scale;
        let down = if self.direction == Direction::Up { self.height - down } else { down };
        (self.offset.0 + (x - self.low.0) * self.scale, self.offset.1 + down)
    }

    fn cell(&self, point: (f64, f64)) -> Cell {
        let pixels = self.place(point);
        let snap = |value: f64| (value * 10.0 / self.grid as f64).round() as i64 * self.grid;
        (snap(pixels.0), snap(pixels.1))
    }

    /// The ring's corners on the grid: no repeats, no points on straight lines.
    fn cells(&self, ring: &Ring) -> Vec<Cell> {
        let finite = ring.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
        let mut cells: Vec<Cell> = Vec::with_capacity(ring.len());
        for cell in finite.map(|point| self.cell(*point)) {
            push_corner(&mut cells, cell);
        }
        while cells.len() > 1 && cells.first() == cells.last() {
            cells.pop();
        }
        cells
    }

    /// The path of a region. Rings smaller than a dot are left out; a region of which nothing would be left becomes a
    /// small square where it lies, so that its tooltip can still be found.
    pub(super) fn path(&self, rings: &[Ring]) -> String {
        let all: Vec<Vec<Cell>> = rings.iter().map(|ring| self.cells(ring)).collect();
        let mut path = String::new();
        for cells in all.iter().filter(|cells| doubled_area(cells) >= LEAST_AREA) {
            write_ring(&mut path, cells);
        }
        if path.is_empty()
            && let Some(&(x, y)) = all.iter().flatten().next()
        {
            write_ring(&mut path, &[(x - 10, y - 10), (x + 10, y - 10), (x + 10, y + 10), (x - 10, y + 10)]);
        }
        path
    }
}

/// Twice the area, in squared tenths of a pixel, below which a ring is not drawn: a sixteenth of a pixel.
const LEAST_AREA: i64 = 12;

/// Appends a point unless it repeats the last; replaces the last where it lies straight between its neighbours.
fn push_corner(cells: &mut Vec<Cell>, cell: Cell) {
    if cells.last() == Some(&cell) {
        return;
    }
    if let [.., before, last] = cells[..] {
        let (a, b) = ((last.0 - before.0, last.1 - before.1), (cell.0 - last.0, cell.1 - last.1));
        let is_straight = a.0 * b.1 == a.1 * b.0 && a.0 * b.0 + a.1 * b.1 > 0;
        if is_straight {
            cells.pop();
        }
    }
    cells.push(cell);
}

fn doubled_area(cells: &[Cell]) -> i64 {
    let next = cells.iter().cycle().skip(1);
    cells.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<i64>().abs()
}

/// Writes a ring with relative steps, which are short; they are whole tenths, so that no rounding adds up.
fn write_ring(path: &mut String, cells: &[Cell]) {
    let mut from: Option<Cell> = None;
    for &(x, y) in cells {
        // Writing to a String cannot fail.
        let _ = match from {
            None => write!(path, "M{} {}l", tenths(x), tenths(y)),
            Some((x0, y0)) => {
                let (dx, dy) = (tenths(x - x0), tenths(y - y0));
                let gap = if path.ends_with('l') || dx.starts_with('-') { "" } else { " " };
                let between = if dy.starts_with('-') { "" } else { " " };
                write!(path, "{gap}{dx}{between}{dy}")
            }
        };
        from = Some((x, y));
    }
    path.push('z');
}

/// Tenths as the shortest decimal number: `-.5`, `12`, `3.4`.
fn tenths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let (whole, rest) = (value.unsigned_abs() / 10, value.unsigned_abs() % 10);
    match (whole, rest) {
        (whole, 0) => format!("{sign}{whole}"),
        (0, rest) => format!("{sign}.{rest}"),
        (whole, rest) => format!("{sign}{whole}.{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, side: f64) -> Ring {
        vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]
    }

    #[test]
    fn a_ring_becomes_a_short_path() {
        let ring = vec![(0.0, 0.0), (5.0, 0.0), (10.0, 0.0), (10.0, 10.0), (10.0, 10.0), (0.0, 10.0), (0.0, 0.0)];
        let view = View::fit(&[&ring], Direction::Down, (0.0, 0.0), (10.05, 10.05));
        assert_eq!(view.path(&[ring]), "M0 0l10.1 0 0 10.1-10.1 0z");
    }

    #[test]
    fn upwards_turns_the_picture() {
        let ring = vec![(0.0, 0.0), (10.0, 0.0), (0.0, 10.0)];
        let view = View::fit(&[&ring], Direction::Up, (0.0, 0.0), (10.0, 10.0));
        assert_eq!(view.path(&[ring]), "M0 10l10 0-10-10z");
    }

    #[test]
    fn islands_vanish_but_regions_do_not() {
        let (large, tiny) = (square(0.0, 0.0, 100.0), square(50.0, 50.0, 1e-3));
        let view = View::fit(&[&large], Direction::Down, (0.0, 0.0), (100.0, 100.0));
        assert_eq!(view.path(&[large.clone(), tiny.clone()]).matches('M').count(), 1);
        assert_eq!(view.path(&[tiny]), "M49 49l2 0 0 2-2 0z");
    }

    #[test]
    fn points_that_are_not_finite_are_left_out() {
        let ring = vec![(0.0, 0.0), (f64::NAN, 1.0), (10.0, 0.0), (10.0, 10.0)];
        let view = View::fit(&[&ring], Direction::Down, (0.0, 0.0), (10.0, 10.0));
        assert_eq!(view.path(&[ring]), "M0 0l10 0 0 10z");
        assert_eq!(View::fit(&[], Direction::Down, (0.0, 0.0), (10.0, 10.0)).path(&[]), "");
    }
}
