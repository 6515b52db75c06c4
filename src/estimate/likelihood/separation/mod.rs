//! Separated rows: those that regressors and effects fit perfectly at an infinite index.
//!
//! Rows are separated if some direction `d = X g + D a` is zero where the outcome is inside its range, and points outward
//! (down at a zero, up at the upper boundary) or is zero elsewhere; the likelihood then rises along `d` without end, and has its
//! limit without the rows where `d` is not zero (Correia, Guimarães and Zylkin 2019; for choices Albert and Anderson 1984).
//!
//! Levels in which no outcome is inside leave when the sample is decided. Others are looked for only where the search for a
//! maximum calls for it: at its end the steps of separated rows are still about one, and those of all others are nothing. The
//! direction is then found, and proven, by the iterative rectifier ([`rectifier`]) or as the solution of a linear programme
//! ([`simplex`]); `mu` takes the rows that move at their word, without a proof.

use std::fmt;
use std::sync::Arc;

mod rectifier;
mod simplex;
mod span;

use super::family::Family;
use crate::absorb::{AbsorberCache, Effects};
use crate::design::{DesignMatrix, SeparatedRows};
use crate::estimate::error::EstimateError;
use crate::estimate::ols::INTERCEPT;
use crate::estimate::working::spanned_by;

/// How separated rows are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separation {
    /// Levels of effects without an outcome inside its range, when the sample is decided.
    pub effects: bool,
    /// A linear programme over regressors and effects.
    pub simplex: bool,
    /// The iterative rectifier.
    pub rectifier: bool,
    /// Rows whose index still moves at the end, without a proof.
    pub mu: bool,
}

impl Default for Separation {
    fn default() -> Self {
        Separation { effects: true, simplex: false, rectifier: true, mu: false }
    }
}

impl Separation {
    /// Nothing is looked for.
    pub const KEEP: Separation = Separation { effects: false, simplex: false, rectifier: false, mu: false };
}

/// Separated rows with the direction that proves it.
#[derive(Clone, Debug, PartialEq)]
pub struct Separated {
    /// Rows of the panel.
    pub rows: Arc<Vec<u32>>,
    /// The regressors and effects that the direction is made of.
    pub by: Vec<String>,
    /// The direction's coefficients of regressors, the largest of size one. Of counts the direction is positive in the separated rows,
    /// of choices where the outcome is one and negative where it is zero; it is zero in all rows that stay.
    pub certificate: Vec<(String, f64)>,
}

impl Separated {
    /// The rows as a mask over a panel, for the sample that is decided without them.
    pub fn mask(&self, n_panel_rows: usize) -> SeparatedRows {
        let mut rows = vec![false; n_panel_rows];
        self.rows.iter().for_each(|&row| rows[row as usize] = true);
        SeparatedRows { rows: Arc::new(rows), by: self.in_words() }
    }

    /// The direction as an expression: its regressors with their coefficients, and the effects that are part of it.
    pub fn in_words(&self) -> String {
        // Small whole numbers are easier to check by hand than shares of the largest.
        let least = self.certificate.iter().map(|(_, g)| g.abs()).fold(f64::INFINITY, f64::min);
        let is_whole = |g: f64| (g / least - (g / least).round()).abs() < 1e-3 && (g / least).abs() < 20.5;
        let unit = if self.certificate.iter().all(|&(_, g)| is_whole(g)) { least } else { 1.0 };
        let mut words = String::new();
        for (name, g) in &self.certificate {
            let size = g.abs() / unit;
            let size = if (size - size.round()).abs() < 1e-3 { size.round() } else { (size * 1e4).round() / 1e4 };
            let factor = if size == 1.0 { String::new() } else { format!("{size} ") };
            let sign = match (words.is_empty(), *g < 0.0) {
                (true, true) => "-",
                (true, false) => "",
                (false, true) => " - ",
                (false, false) => " + ",
            };
            words.push_str(&format!("{sign}{factor}{name}"));
        }
        let rest = self.by.iter().skip(self.certificate.len()).map(String::as_str);
        std::iter::once(words.as_str()).filter(|words| !words.is_empty()).chain(rest).collect::<Vec<_>>().join(" + ")
    }
}

impl fmt::Display for Separated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows.len();
        let are = if rows == 1 { "row is" } else { "rows are" };
        write!(f, "{rows} {are} separated by {}: the likelihood has no maximum with them", self.in_words())
    }
}

/// A direction's value, relative to its largest, that is zero.
const ZERO: f64 = 1e-4;

/// A step at the end of the search that separates a row for `mu`.
const MOVES: f64 = 0.5;

impl Separation {
    /// Looks for separated rows from a direction, a value per row of the sample, that may point outward.
    pub(super) fn search(
        &self,
        design: &DesignMatrix,
        family: Family,
        flight: &Flight,
    ) -> Result<Option<Separated>, EstimateError> {
        let sides = outward(design, family);
        if sides.iter().all(|&side| side == 0.0) {
            return Ok(None);
        }
        if self.simplex
            && let Some(found) = simplex::simplex(design, &sides)?
        {
            return prove(design, (family, &sides), found).map(Some);
        }
        let start = match flight {
            Flight::Step(step) | Flight::Lost(Some(step)) => step,
            Flight::Lost(None) => &sides,
        };
        if self.rectifier
            && let Some(found) = rectifier::rectify(design, &sides, start)?
        {
            return prove(design, (family, &sides), found).map(Some);
        }
        let (true, Flight::Step(step) | Flight::Lost(Some(step))) = (self.mu, flight) else { return Ok(None) };
        let rows: Vec<usize> = (0..sides.len()).filter(|&i| sides[i] * step[i] > MOVES).collect();
        Ok((!rows.is_empty()).then(|| Separated {
            rows: in_panel(design, &rows),
            by: vec!["an index that grows without bound".to_string()],
            certificate: Vec::new(),
        }))
    }
}

/// What called for the search, in the order of the sample.
pub(super) enum Flight {
    /// The last step of a search for a maximum that ended.
    Step(Vec<f64>),
    /// That of one that did not, if it was seen to move rows outward.
    Lost(Option<Vec<f64>>),
}

/// A direction along which the likelihood rises without end: a value per row of the sample, and coefficients of regressors.
struct Direction {
    values: Vec<f64>,
    coefficients: Vec<(usize, f64)>,
}

/// The outward direction of every row at a boundary.
fn outward(design: &DesignMatrix, family: Family) -> Vec<f64> {
    design.outcome.values.iter().map(|&y| family.side(y)).collect()
}

fn in_panel(design: &DesignMatrix, rows: &[usize]) -> Arc<Vec<u32>> {
    Arc::new(rows.iter().map(|&i| design.sample.rows[i]).collect())
}

/// What a direction is made of, and the rows that it separates.
fn prove(
    design: &DesignMatrix,
    (family, sides): (Family, &[f64]),
    Direction { values, coefficients }: Direction,
) -> Result<Separated, EstimateError> {
    let outward = |i: usize| values[i] * sides[i];
    let largest = (0..values.len()).map(outward).fold(0.0, f64::max);
    let rows: Vec<usize> = (0..values.len()).filter(|&i| outward(i) > ZERO * largest).collect();
    let spread = |j: usize| design.regressors[j].values.iter().map(|x| x.abs()).fold(0.0, f64::max);
    let matters = |&&(j, g): &&(usize, f64)| (g * spread(j)).abs() > ZERO * largest;
    let used: Vec<&(usize, f64)> = coefficients.iter().filter(matters).collect();
    // Counts have one boundary, and their direction reads best where it is positive there.
    let sign = if matches!(family, Family::Binomial(_)) { 1.0 } else { -1.0 };
    let scale = used.iter().map(|(_, g)| g.abs()).fold(0.0, f64::max) * sign;
    let certificate: Vec<(String, f64)> =
        used.iter().map(|&&(j, g)| (design.regressors[j].name.clone(), g / scale)).collect();
    let mut by: Vec<String> = certificate.iter().map(|(name, _)| name.clone()).collect();
    let mut rest = values.clone();
    for &&(j, g) in &used {
        rest.iter_mut().zip(design.regressors[j].values.iter()).for_each(|(rest, x)| *rest -= g * x);
    }
    if rest.iter().any(|v| v.abs() > ZERO * largest)
        && let Some(effects) = Effects::of(design)
    {
        by.push(spanned_by(&rest, &Effects { weights: None, ..effects }, &AbsorberCache::new())?);
    }
    if by.is_empty() {
        by.push(INTERCEPT.to_string());
    }
    Ok(Separated { rows: in_panel(design, &rows), by, certificate })
}
