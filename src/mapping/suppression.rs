//! Suppressed cells: values known to lie in intervals, fitted to published totals.
//!
//! Statistical offices withhold cells that would tell of one firm and publish a range, counts of establishments, or
//! nothing; totals over regions or industries are published still. [`fit_to_totals`] finds values within the intervals
//! that add up to the totals: of all such values those that are nearest to the starting values in relative entropy. These
//! are the starting values times a factor per total, cut off at the bounds, and the factors are found one total after the
//! other (Deming and Stephan 1940; with bounds this is ascent by coordinates on the dual problem, Bregman 1967).
//!
//! Zero rules: a cell that starts at zero stays there unless its lower bound is higher; a group without suppressed cells
//! is not touched; a total that is missing binds nothing.

/// Cells of a table, a value per row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SuppressedCells {
    /// Known values, and for suppressed cells the starting values, which the fit replaces.
    pub values: Vec<f64>,
    /// Which cells are suppressed.
    pub is_suppressed: Vec<bool>,
    /// The least that a suppressed cell can be.
    pub low: Vec<f64>,
    /// The most, perhaps infinite.
    pub high: Vec<f64>,
}

/// Published totals of groups of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Totals {
    /// The group of every row, `u32::MAX` for none.
    pub group_of_row: Vec<u32>,
    /// The total of every group; NaN where none is published.
    pub totals: Vec<f64>,
}

/// How a fit ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FitToTotals {
    /// Rounds over all totals.
    pub rounds: usize,
    /// The largest difference between a total that can be met and the sum of its cells, relative to the total.
    pub gap: f64,
    /// Groups whose total lies outside what the bounds of its cells allow: (index of the totals, group).
    pub out_of_reach: Vec<(usize, usize)>,
}

/// Rounds after which a fit stops, met or not.
const ROUNDS: usize = 2000;

/// Relative difference at which totals count as met.
const MET: f64 = 1e-9;

/// A total to be met: the rows of its suppressed cells and what is left for them.
struct Target {
    place: (usize, usize),
    rows: Vec<usize>,
    left: f64,
    total: f64,
}

/// Moves suppressed cells to values within their bounds that add up to the totals.
///
/// All vectors have a value per row. Bounds that contradict each other (`low > high`) are met at `low`.
pub fn fit_to_totals(cells: &mut SuppressedCells, totals: &[Totals]) -> FitToTotals {
    let rows: Vec<usize> = (0..cells.values.len()).filter(|&row| cells.is_suppressed[row]).collect();
    // Without the bounds: what they cut off must not be lost to the next factor.
    let mut scaled = cells.values.clone();
    for &row in &rows {
        cells.values[row] = cells.within(row, scaled[row]);
    }
    let mut report = FitToTotals::default();
    let mut targets = Vec::new();
    for target in totals.iter().enumerate().flat_map(|(place, totals)| cells.targets(place, totals)) {
        let (least, most) = cells.reach(&scaled, &target.rows);
        let slack = MET * target.total.abs().max(1.0);
        if target.left < least - slack || target.left > most + slack {
            report.out_of_reach.push(target.place);
        }
        targets.push(Target { left: target.left.clamp(least, most), ..target });
    }
    while report.rounds < ROUNDS {
        report.gap = targets.iter().map(|target| cells.gap(target)).fold(0.0, f64::max);
        if report.gap <= MET {
            break;
        }
        targets.iter().for_each(|target| cells.scale(&mut scaled, target));
        report.rounds += 1;
    }
    report
}

impl SuppressedCells {
    fn within(&self, row: usize, value: f64) -> f64 {
        value.min(self.high[row]).max(self.low[row])
    }

    fn targets(&self, place: usize, totals: &Totals) -> Vec<Target> {
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); totals.totals.len()];
        let mut known: Vec<Vec<f64>> = vec![Vec::new(); totals.totals.len()];
        for (row, &group) in totals.group_of_row.iter().enumerate().filter(|(_, group)| **group != u32::MAX) {
            if self.is_suppressed[row] {
                rows[group as usize].push(row);
            } else if self.values[row].is_finite() {
                known[group as usize].push(self.values[row]);
            }
        }
        let target = |(group, (rows, known)): (usize, (Vec<usize>, Vec<f64>))| {
            let total = totals.totals[group];
            let left = total - crate::linalg::sum(&known);
            (!rows.is_empty() && total.is_finite()).then_some(Target { place: (place, group), rows, left, total })
        };
        rows.into_iter().zip(known).enumerate().filter_map(target).collect()
    }

    /// The least and the most that cells can sum to by scaling: a cell at zero stays there.
    fn reach(&self, scaled: &[f64], rows: &[usize]) -> (f64, f64) {
        let most = |&row: &usize| if scaled[row] > 0.0 { self.high[row].max(self.low[row]) } else { self.low[row] };
        (rows.iter().map(|&row| self.low[row]).sum(), rows.iter().map(most).sum())
    }

    fn gap(&self, target: &Target) -> f64 {
        let sum: f64 = target.rows.iter().map(|&row| self.values[row]).sum();
        (sum - target.left).abs() / target.total.abs().max(1.0)
    }

    /// Multiplies cells by the one factor with which, bounds kept, they sum to what is left: the sum is a broken line in the
    /// factor, and the factor is found on its piece.
    fn scale(&mut self, scaled: &mut [f64], target: &Target) {
        let mut bends: Vec<f64> = Vec::with_capacity(2 * target.rows.len());
        for &row in target.rows.iter().filter(|&&row| scaled[row] > 0.0) {
            bends.extend([self.low[row], self.high[row]].map(|bound| bound / scaled[row]));
        }
        bends.retain(|bend| bend.is_finite());
        bends.sort_by(f64::total_cmp);
        let sum = |factor: f64| target.rows.iter().map(|&row| self.within(row, factor * scaled[row])).sum::<f64>();
        let after = bends.partition_point(|&bend| sum(bend) < target.left);
        // On the piece from the bend before to the bend after, cells that are not at a bound grow with the factor.
        let from = if after == 0 { 0.0 } else { bends[after - 1] };
        let to = bends.get(after).copied().unwrap_or(f64::INFINITY);
        let middle = if to.is_finite() { 0.5 * (from + to) } else { from + 1.0 };
        let (mut free, mut fixed) = (0.0, 0.0);
        for &row in &target.rows {
            let value = middle * scaled[row];
            if value > self.low[row] && value < self.high[row] {
                free += scaled[row];
            } else {
                fixed += self.within(row, value);
            }
        }
        let factor = if free > 0.0 { ((target.left - fixed) / free).clamp(from, to) } else { from };
        for &row in &target.rows {
            // A factor of zero would never be undone.
            scaled[row] *= factor.max(1e-6);
            self.values[row] = self.within(row, scaled[row]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(values: &[f64], known: &[usize], bounds: (f64, f64)) -> SuppressedCells {
        let n = values.len();
        SuppressedCells {
            values: values.to_vec(),
            is_suppressed: (0..n).map(|row| !known.contains(&row)).collect(),
            low: vec![bounds.0; n],
            high: vec![bounds.1; n],
        }
    }

    fn margin(groups: &[u32], totals: &[f64]) -> Totals {
        Totals { group_of_row: groups.to_vec(), totals: totals.to_vec() }
    }

    /// Without bounds that bind this is classical iterative proportional fitting: cross ratios of the start are kept.
    #[test]
    fn two_ways_without_bounds_keep_cross_ratios() {
        let start = [2.0, 3.0, 4.0, 1.0, 5.0, 6.0];
        let mut found = cells(&start, &[], (0.0, f64::INFINITY));
        let rows = margin(&[0, 0, 0, 1, 1, 1], &[18.0, 12.0]);
        let columns = margin(&[0, 1, 2, 0, 1, 2], &[9.0, 11.0, 10.0]);
        let report = fit_to_totals(&mut found, &[rows, columns]);
        assert!(report.gap <= 1e-9 && report.out_of_reach.is_empty(), "{report:?}");
        let ratio = |v: &[f64], a: usize, b: usize| v[a] * v[b + 3] / (v[b] * v[a + 3]);
        for (a, b) in [(0, 1), (1, 2)] {
            assert!((ratio(&found.values, a, b) / ratio(&start, a, b) - 1.0).abs() < 1e-7);
        }
        assert!((found.values[..3].iter().sum::<f64>() - 18.0).abs() < 1e-7);
    }

    #[test]
    fn bounds_are_kept_and_known_cells_are_not_touched() {
        let mut found = cells(&[10.0, 10.0, 10.0, 70.0], &[3], (0.0, 19.0));
        found.low[1] = 12.0;
        found.high[2] = 11.0;
        let report = fit_to_totals(&mut found, &[margin(&[0, 0, 0, 0], &[112.0])]);
        // 42 to share out: 11 at its bound, the others alike.
        let expected = [15.5, 15.5, 11.0, 70.0];
        assert!(found.values.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{:?}", found.values);
        assert_eq!((report.rounds, report.out_of_reach.len()), (1, 0));
    }

    #[test]
    fn totals_out_of_reach_are_told_and_met_as_far_as_bounds_allow() {
        let mut found = cells(&[5.0, 5.0, 1.0], &[2], (0.0, 9.0));
        let report = fit_to_totals(&mut found, &[margin(&[0, 0, 0], &[40.0])]);
        assert_eq!((report.out_of_reach, found.values), (vec![(0, 0)], vec![9.0, 9.0, 1.0]));
        let mut zero = cells(&[0.0, 4.0], &[], (0.0, f64::INFINITY));
        fit_to_totals(&mut zero, &[margin(&[0, 0], &[10.0]), margin(&[0, u32::MAX], &[f64::NAN])]);
        assert_eq!(zero.values, vec![0.0, 10.0]);
    }
}
