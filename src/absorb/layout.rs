//! [`Layout`]: rows sorted by the eliminated effect, and the passes over them.
//!
//! The projection `M1` off the eliminated effect `D1` is then a running mean per group (with slopes, a small regression
//! per group). Passes read the codes once for up to four columns, whose numbers stand beside each other in lanes. Rows
//! are cut into pieces at group boundaries, the same whatever the number of threads; sums over pieces are added in order.

use std::ops::Range;

use rayon::prelude::*;

use super::effects::Effects;
use super::term::{Term, add, reorder};

/// Most pieces whose sums are kept apart.
const PIECES: usize = 16;

/// An effect that is in order already is eliminated if it has at least this share of the largest one's parameters.
const IN_ORDER: usize = 4;

/// See the module head.
pub(super) struct Layout {
    /// Rows in the order of the eliminated effect; `None` if they stand in that order already.
    pub(super) order: Option<Vec<u32>>,
    /// Where each group of the eliminated effect starts, and the end.
    pub(super) starts: Vec<u32>,
    /// Weights in this order.
    pub(super) weights: Option<Vec<f64>>,
    /// The position of the eliminated effect.
    pub(super) head_position: usize,
    /// The eliminated effect.
    pub(super) head: Term,
    /// The other effects in order.
    pub(super) others: Vec<Term>,
    /// Where the coefficients of each other effect start, and the end.
    pub(super) offsets: Vec<usize>,
    /// The diagonal of `D2'W D2`.
    pub(super) diagonal: Vec<f64>,
    /// Groups by piece, for passes that add up.
    pieces: Vec<Range<usize>>,
    /// Groups by piece, for passes that do not.
    spans: Vec<Range<usize>>,
}

impl Layout {
    /// Chooses the effect to eliminate and sorts the rows; `None` without effects.
    pub(super) fn new(effects: &Effects) -> Option<Layout> {
        let head_position = choose_head(effects)?;
        let factor = &effects.terms[head_position].factor;
        let (starts, order) = sort_by_code(&factor.codes, factor.n_levels);
        let weights = effects.weights.as_ref().map(|w| reorder(w, order.as_deref()));
        let prepare = |i: usize| Term::prepare(&effects.terms[i], order.as_deref(), weights.as_deref());
        let mut terms: Vec<Term> = (0..effects.terms.len()).into_par_iter().map(prepare).collect();
        let head = terms.remove(head_position);
        let mut offsets = vec![0];
        for term in &terms {
            offsets.push(offsets[offsets.len() - 1] + term.diagonal.len());
        }
        let diagonal: Vec<f64> = terms.iter().flat_map(|term| term.diagonal.iter().copied()).collect();
        let n = effects.n_rows();
        // Sums kept apart must stay small beside the rows.
        let pieces = cut(&starts, (n / (8 * diagonal.len().max(1))).clamp(1, PIECES));
        let spans = cut(&starts, PIECES);
        Some(Layout { order, starts, weights, head_position, head, others: terms, offsets, diagonal, pieces, spans })
    }

    /// Takes other weights, in this order of rows.
    pub(super) fn reweigh(&mut self, weights: &[f64]) {
        let is_plain = |term: &Term| term.intercept && term.slopes.is_empty();
        if is_plain(&self.head) && self.others.iter().all(is_plain) {
            self.reweigh_plain(weights);
        } else {
            let (head, others) = (&mut self.head, &mut self.others);
            rayon::join(|| head.reweigh(weights), || others.par_iter_mut().for_each(|term| term.reweigh(weights)));
            self.diagonal.clear();
            self.diagonal.extend(self.others.iter().flat_map(|term| &term.diagonal));
        }
        weights.clone_into(self.weights.get_or_insert_default());
    }

    /// The same where no effect has slopes: every level's weight, in one pass over the rows for all other effects.
    fn reweigh_plain(&mut self, weights: &[f64]) {
        let mut sums = Sums::new(self);
        let of_group = |group: usize| weights[self.rows(group)].iter().sum::<f64>();
        let (head, ()) = rayon::join(
            || self.spans.par_iter().flat_map_iter(|groups| groups.clone().map(of_group)).collect(),
            || {
                self.add_up(&mut sums, |groups, out| {
                    let rows = self.span_rows(groups);
                    for (term, span) in self.others.iter().zip(self.offsets.windows(2)) {
                        let out = &mut out[span[0]..span[1]];
                        for (&code, weight) in term.codes[rows.clone()].iter().zip(&weights[rows.clone()]) {
                            out[code as usize][0] += weight;
                        }
                    }
                });
            },
        );
        self.head.diagonal = head;
        self.diagonal.clear();
        self.diagonal.extend(sums.total.iter().map(|[sum]| sum));
        for (term, span) in self.others.iter_mut().zip(self.offsets.windows(2)) {
            term.diagonal.copy_from_slice(&self.diagonal[span[0]..span[1]]);
        }
    }

    /// Rows.
    pub(super) fn n_rows(&self) -> usize {
        self.starts.last().map_or(0, |&end| end as usize)
    }

    /// What one pass over the rows costs, in visits of a row by an effect.
    pub(super) fn pass(&self) -> f64 {
        2.0 * self.n_rows() as f64 * (1 + self.others.len()) as f64
    }

    /// Whether neither the eliminated effect nor an other one has slopes.
    pub(super) fn is_plain(&self, other: usize) -> bool {
        self.head.slopes.is_empty() && self.head.intercept && self.others[other].slopes.is_empty()
    }

    /// The rows of a group.
    #[inline]
    pub(super) fn rows(&self, group: usize) -> Range<usize> {
        self.starts[group] as usize..self.starts[group + 1] as usize
    }

    fn span_rows(&self, groups: &Range<usize>) -> Range<usize> {
        self.starts[groups.start] as usize..self.starts[groups.end] as usize
    }

    /// Takes the eliminated effect out of a column.
    pub(super) fn remove_head(&self, column: &mut [f64]) {
        let weights = self.weights.as_deref();
        let spans = self.split([column]);
        self.spans.par_iter().zip(spans).for_each(|(groups, [column])| {
            let start = self.span_rows(groups).start;
            for group in groups.clone() {
                let rows = self.rows(group);
                let values = &mut column[rows.start - start..rows.end - start];
                self.head.remove_level(group, lanes_of_one(values), rows, weights);
            }
        });
    }

    /// `D2'W v` for all other effects.
    pub(super) fn products<const K: usize>(&self, columns: [&[f64]; K]) -> Vec<[f64; K]> {
        let mut sums = Sums::new(self);
        self.add_up(&mut sums, |groups, out| {
            let mut scratch = Vec::new();
            // Groups are of no matter here: rows are gathered into lanes a few thousand at a time.
            let all = self.span_rows(groups);
            let mut from = all.start;
            while from < all.end {
                let to = (from + 2048).min(all.end);
                scratch.clear();
                scratch.extend((from..to).map(|row| std::array::from_fn::<f64, K, _>(|k| columns[k][row])));
                self.add_products(&scratch, from, out);
                from = to;
            }
        });
        sums.total
    }

    /// `D2'W M1 D2 a` into `sums.total`.
    pub(super) fn schur<const K: usize>(&self, a: &[[f64; K]], sums: &mut Sums<K>) {
        let weights = self.weights.as_deref();
        self.add_up(sums, |groups, out| {
            let mut scratch = Vec::new();
            for group in groups.clone() {
                let rows = self.rows(group);
                self.fitted(a, rows.clone(), &mut scratch);
                self.head.remove_level(group, &mut scratch, rows.clone(), weights);
                self.add_products(&scratch, rows.start, out);
            }
        });
    }

    /// `v - D2 a`, net of the eliminated effect.
    pub(super) fn subtract_fit<const K: usize>(&self, a: &[[f64; K]], columns: [&mut [f64]; K]) {
        let weights = self.weights.as_deref();
        let spans = self.split(columns);
        self.spans.par_iter().zip(spans).for_each(|(groups, columns)| {
            let start = self.span_rows(groups).start;
            let mut scratch = Vec::new();
            for group in groups.clone() {
                let rows = self.rows(group);
                self.fitted(a, rows.clone(), &mut scratch);
                for (row, fitted) in scratch.iter_mut().enumerate() {
                    let at = rows.start - start + row;
                    *fitted = std::array::from_fn(|k| columns[k][at] - fitted[k]);
                }
                self.head.remove_level(group, &mut scratch, rows.clone(), weights);
                for (row, left) in scratch.iter().enumerate() {
                    for k in 0..K {
                        columns[k][rows.start - start + row] = left[k];
                    }
                }
            }
        });
    }

    /// The fitted values of each other effect, in this order of rows.
    pub(super) fn fitted_by_effect(&self, coefficients: &[f64]) -> Vec<Vec<f64>> {
        let fitted = |(term, span): (&Term, &[usize])| {
            let mut out = vec![0.0; self.n_rows()];
            let lanes: Vec<[f64; 1]> = coefficients[span[0]..span[1]].iter().map(|&c| [c]).collect();
            term.add_fitted(&lanes, 0, lanes_of_one(&mut out));
            out
        };
        self.others.iter().zip(self.offsets.windows(2)).map(fitted).collect()
    }

    /// The largest (weighted) group mean of a residual over all effects: the normal equations, recomputed. `products` are
    /// those of the other effects.
    pub(super) fn largest_mean(&self, column: &[f64], products: impl Iterator<Item = f64>) -> f64 {
        let weights = self.weights.as_deref();
        let total = weights.map_or(column.len() as f64, |w| w.iter().sum());
        // For an intercept the mean; for an orthonormal slope its coefficient per root of the average weight.
        let per_row = (total / column.len().max(1) as f64).sqrt();
        let relative = |s: f64, d: f64| if d > 0.0 { s.abs() / d.max(per_row) } else { 0.0 };
        let others = products.zip(&self.diagonal).map(|(s, &d)| relative(s, d)).fold(0.0, f64::max);
        let width = self.head.width();
        let of_span = |groups: &Range<usize>| {
            let mut largest = 0.0f64;
            let mut sums = vec![[0.0]; width];
            for group in groups.clone() {
                let rows = self.rows(group);
                sums.fill([0.0]);
                for row in rows {
                    let v = column[row] * weights.map_or(1.0, |w| w[row]);
                    let shift = usize::from(self.head.intercept);
                    if self.head.intercept {
                        sums[0][0] += v;
                    }
                    for (sum, slope) in sums[shift..].iter_mut().zip(&self.head.slopes) {
                        sum[0] += v * slope[row];
                    }
                }
                for (sum, d) in sums.iter().zip(&self.head.diagonal[group * width..]) {
                    largest = largest.max(relative(sum[0], *d));
                }
            }
            largest
        };
        self.spans.par_iter().map(of_span).collect::<Vec<f64>>().into_iter().fold(others, f64::max)
    }

    /// The fitted values of the other effects for some rows.
    #[inline]
    fn fitted<const K: usize>(&self, a: &[[f64; K]], rows: Range<usize>, out: &mut Vec<[f64; K]>) {
        out.clear();
        match self.others.as_slice() {
            // The two commonest cases without a first pass of zeros.
            [one] if one.slopes.is_empty() => {
                out.extend(one.codes[rows].iter().map(|&code| a[code as usize]));
            }
            [one, two] if one.slopes.is_empty() && two.slopes.is_empty() => {
                let (first, second) = a.split_at(self.offsets[1]);
                out.extend(one.codes[rows.clone()].iter().zip(&two.codes[rows]).map(|(&c, &d)| {
                    let mut sum = first[c as usize];
                    add(&mut sum, &second[d as usize]);
                    sum
                }));
            }
            terms => {
                out.resize(rows.len(), [0.0; K]);
                for (term, span) in terms.iter().zip(self.offsets.windows(2)) {
                    term.add_fitted(&a[span[0]..span[1]], rows.start, out);
                }
            }
        }
    }

    #[inline]
    fn add_products<const K: usize>(&self, values: &[[f64; K]], from: usize, out: &mut [[f64; K]]) {
        for (term, span) in self.others.iter().zip(self.offsets.windows(2)) {
            term.add_products(values, from, self.weights.as_deref(), &mut out[span[0]..span[1]]);
        }
    }

    /// Adds up over pieces in order.
    fn add_up<const K: usize>(&self, sums: &mut Sums<K>, piece: impl Fn(&Range<usize>, &mut [[f64; K]]) + Sync) {
        let Sums { total, parts } = sums;
        let (first, rest) = match self.pieces.split_first() {
            Some(pieces) => pieces,
            None => return,
        };
        rayon::join(
            || {
                total.fill([0.0; K]);
                piece(first, total);
            },
            || {
                parts.par_iter_mut().zip(rest).for_each(|(part, groups)| {
                    part.fill([0.0; K]);
                    piece(groups, part);
                });
            },
        );
        for part in parts {
            total.iter_mut().zip(part.iter()).for_each(|(sum, value)| add(sum, value));
        }
    }

    /// Columns cut into the spans.
    fn split<'a, const K: usize>(&self, columns: [&'a mut [f64]; K]) -> Vec<[&'a mut [f64]; K]> {
        let mut rest = columns;
        let mut out = Vec::with_capacity(self.spans.len());
        for groups in &self.spans {
            let len = self.span_rows(groups).len();
            let mut pieces = std::array::from_fn(|_| Default::default());
            for k in 0..K {
                let (piece, tail) = std::mem::take(&mut rest[k]).split_at_mut(len);
                pieces[k] = piece;
                rest[k] = tail;
            }
            out.push(pieces);
        }
        out
    }
}

/// Room for sums over pieces.
pub(super) struct Sums<const K: usize> {
    /// The sum, and the first piece's while it is being added up.
    pub(super) total: Vec<[f64; K]>,
    parts: Vec<Vec<[f64; K]>>,
}

impl<const K: usize> Sums<K> {
    pub(super) fn new(layout: &Layout) -> Self {
        let size = layout.diagonal.len();
        Sums { total: vec![[0.0; K]; size], parts: vec![vec![[0.0; K]; size]; layout.pieces.len().saturating_sub(1)] }
    }
}

/// A slice as lanes of one.
fn lanes_of_one(values: &mut [f64]) -> &mut [[f64; 1]] {
    let (lanes, _) = values.as_chunks_mut::<1>();
    lanes
}

/// The effect with most parameters; or one that is in order already, if it has a good share of them: sorting costs more
/// than a few more coefficients.
fn choose_head(effects: &Effects) -> Option<usize> {
    let parameters: Vec<usize> = effects.terms.iter().map(|term| term.factor.n_levels * term.width()).collect();
    // The first of the largest, so that the choice does not depend on anything but the effects.
    let largest_of = |positions: &mut dyn Iterator<Item = usize>| {
        positions
            .fold(None, |best: Option<usize>, i| Some(best.filter(|&b| parameters[b] >= parameters[i]).unwrap_or(i)))
    };
    let largest = largest_of(&mut (0..parameters.len()))?;
    let in_order = |i: &usize| effects.terms[*i].factor.codes.is_sorted();
    if in_order(&largest) {
        return Some(largest);
    }
    let enough = |i: &usize| {
        parameters[*i] * IN_ORDER >= parameters[largest]
            && (parameters.iter().sum::<usize>() - parameters[*i]) * 16 <= effects.n_rows()
    };
    Some(largest_of(&mut (0..parameters.len()).filter(|i| enough(i) && in_order(i))).unwrap_or(largest))
}

/// Group boundaries of codes, and the rows in the order of the codes (stable), or `None` if they are in order.
fn sort_by_code(codes: &[u32], n_levels: usize) -> (Vec<u32>, Option<Vec<u32>>) {
    let mut starts = vec![0u32; n_levels + 1];
    for &code in codes {
        starts[code as usize + 1] += 1;
    }
    for level in 0..n_levels {
        starts[level + 1] += starts[level];
    }
    if codes.is_sorted() {
        return (starts, None);
    }
    let mut next = starts.clone();
    let mut order = vec![0u32; codes.len()];
    for (row, &code) in codes.iter().enumerate() {
        let slot = &mut next[code as usize];
        order[*slot as usize] = row as u32;
        *slot += 1;
    }
    (starts, Some(order))
}

/// Groups cut into pieces of about the same number of rows.
fn cut(starts: &[u32], pieces: usize) -> Vec<Range<usize>> {
    let groups = starts.len() - 1;
    let n = starts[groups] as usize;
    let mut bounds: Vec<usize> =
        (1..pieces).map(|p| starts.partition_point(|&start| (start as usize) < p * n / pieces).min(groups)).collect();
    bounds.insert(0, 0);
    bounds.push(groups);
    bounds.dedup();
    bounds.windows(2).map(|pair| pair[0]..pair[1]).collect()
}
