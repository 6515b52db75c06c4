//! Separation as a linear programme (Clarkson and Jennrich 1991): directions are combinations of columns that vanish in every row
//! which must stay, and among them one is sought that points outward, or nowhere, in all others.
//!
//! The null space of the columns on the rows that must stay is found by a pivoted QR; on the others it is brought to a basis in
//! which some rows are its coordinates. The programme `max Σ z, 0 ≤ z ≤ 1` over the rows' outward values then starts at `z = 0`,
//! and the bounded simplex ends at zero where nothing is separated. Effects enter as dummies where they are few; elsewhere regressors enter net
//! of effects under the heavy weights of the rectifier, as in Correia, Guimarães and Zylkin (2019), and what effects separate without a
//! regressor is not seen.

use nalgebra::DMatrix;

use super::span::Netted;
use super::{Direction, ZERO};
use crate::absorb::AbsorbError;
use crate::design::DesignMatrix;

/// Most columns with dummies of effects, and most entries of them all.
const COLUMNS: usize = 300;
const ENTRIES: usize = 2_000_000;

/// What is zero relative to the largest: of exact columns, and of columns net of effects.
const EXACT: f64 = 1e-9;
const NET: f64 = 1e-5;

/// Columns that directions are made of.
struct Columns {
    values: Vec<Vec<f64>>,
    /// How many of them, at the start, are regressors.
    regressors: usize,
    zero: f64,
}

impl Columns {
    fn of(design: &DesignMatrix, sides: &[f64]) -> Result<Columns, AbsorbError> {
        let regressors = design.regressors.len();
        let levels: usize =
            design.absorbed.iter().map(|effect| effect.factor.n_levels * (1 + effect.slopes.len())).sum();
        let many = regressors + levels + 1;
        if many <= COLUMNS && many * design.n_rows() <= ENTRIES {
            return Ok(Columns { values: explicit(design), regressors, zero: EXACT });
        }
        let Netted { sweep, columns, .. } = Netted::of(design, sides)?;
        let values = columns.into_iter().map(|column| sweep.restore(column)).collect();
        Ok(Columns { values, regressors, zero: NET })
    }
}

/// Regressors, constant and dummies.
fn explicit(design: &DesignMatrix) -> Vec<Vec<f64>> {
    let n = design.n_rows();
    let mut out: Vec<Vec<f64>> = design.regressors.iter().map(|x| x.values.to_vec()).collect();
    if design.intercept {
        out.push(vec![1.0; n]);
    }
    for effect in &design.absorbed {
        for level in 0..effect.factor.n_levels as u32 {
            let dummy: Vec<f64> = effect.factor.codes.iter().map(|&code| f64::from(code == level)).collect();
            out.extend(effect.slopes.iter().map(|slope| dummy.iter().zip(slope.iter()).map(|(d, s)| d * s).collect()));
            if !effect.slopes_only {
                out.push(dummy);
            }
        }
    }
    out
}

/// A direction that separates rows; none if there is none, or none that holds up.
pub(super) fn simplex(design: &DesignMatrix, sides: &[f64]) -> Result<Option<Direction>, AbsorbError> {
    let columns = Columns::of(design, sides)?;
    let scales: Vec<f64> =
        columns.values.iter().map(|c| c.iter().fold(0.0, |most: f64, v| most.max(v.abs()))).collect();
    let used: Vec<usize> = (0..scales.len()).filter(|&j| scales[j] > 0.0).collect();
    let (inner, outer): (Vec<usize>, Vec<usize>) = (0..sides.len()).partition(|&i| sides[i] == 0.0);
    let entry = |i: usize, j: usize| columns.values[used[j]][i] / scales[used[j]];
    let null = null_space(DMatrix::from_fn(inner.len(), used.len(), |i, j| entry(inner[i], j)), columns.zero);
    if null.ncols() == 0 {
        return Ok(None);
    }
    let values = DMatrix::from_fn(outer.len(), used.len(), |i, j| sides[outer[i]] * entry(outer[i], j)) * &null;
    let Some(weights) = Tableau::of(values, columns.zero).and_then(|(tableau, map)| Some(map * tableau.maximise()?))
    else {
        return Ok(None);
    };
    let shares = null * weights;
    let mut direction = vec![0.0; sides.len()];
    for (j, share) in shares.iter().enumerate() {
        let factor = share / scales[used[j]];
        direction.iter_mut().zip(&columns.values[used[j]]).for_each(|(d, v)| *d += factor * v);
    }
    let largest = direction.iter().zip(sides).map(|(d, side)| d * side).fold(0.0, f64::max);
    let worst = direction.iter().zip(sides).map(|(d, &side)| if side == 0.0 { d.abs() } else { -d * side });
    if largest == 0.0 || worst.fold(0.0, f64::max) > ZERO * 0.1 * largest {
        return Ok(None);
    }
    let of_regressors = (0..used.len()).filter(|&j| used[j] < columns.regressors);
    let coefficients = of_regressors.map(|j| (used[j], shares[j] / scales[used[j]])).collect();
    Ok(Some(Direction { values: direction, coefficients }))
}

/// A basis of the vectors that a matrix takes to zero, one per column.
fn null_space(matrix: DMatrix<f64>, zero: f64) -> DMatrix<f64> {
    let p = matrix.ncols();
    if matrix.nrows() == 0 {
        return DMatrix::identity(p, p);
    }
    let qr = matrix.col_piv_qr();
    let r = qr.r();
    let rank = (0..r.nrows()).take_while(|&k| r[(k, k)].abs() > zero * r[(0, 0)].abs().max(f64::MIN_POSITIVE)).count();
    let mut order = DMatrix::from_fn(1, p, |_, j| j as f64);
    qr.p().permute_columns(&mut order);
    let mut basis = DMatrix::zeros(p, p - rank);
    let upper = r.view((0, 0), (rank, rank));
    let free = r.view((0, rank), (rank, p - rank));
    let Some(bound) = upper.solve_upper_triangular(&free) else { return DMatrix::zeros(p, 0) };
    for j in 0..p - rank {
        for i in 0..rank {
            basis[(order[i] as usize, j)] = -bound[(i, j)];
        }
        basis[(order[rank + j] as usize, j)] = 1.0;
    }
    basis
}

/// `z_B = T z_N` with all variables between 0 and 1.
struct Tableau {
    table: DMatrix<f64>,
    /// Variables of the rows and of the columns: numbers of rows of the programme.
    basic: Vec<usize>,
    free: Vec<usize>,
    /// Values of all variables.
    values: Vec<f64>,
    /// Rows that are coordinates from the start.
    coordinates: Vec<usize>,
}

impl Tableau {
    /// From rows that are linear in some weights: the tableau, and the map from its coordinates to the weights. None if all rows vanish.
    fn of(mut rows: DMatrix<f64>, zero: f64) -> Option<(Tableau, DMatrix<f64>)> {
        let (m, q) = rows.shape();
        let most = rows.amax();
        let mut scales = vec![0.0; m];
        for (i, scale) in scales.iter_mut().enumerate() {
            let own = rows.row(i).amax();
            // What is zero but for rounding is not to be blown up.
            if own > zero * most {
                rows.row_mut(i).scale_mut(1.0 / own);
                *scale = own;
            } else {
                rows.row_mut(i).fill(0.0);
            }
        }
        let mut map = DMatrix::identity(q, q);
        let mut coordinates = Vec::new();
        for at in 0..q.min(m) {
            let (i, j) = rows.view((0, at), (m, q - at)).iamax_full();
            let pivot = rows[(i, at + j)];
            if pivot.abs() <= zero {
                break;
            }
            for matrix in [&mut rows, &mut map] {
                matrix.swap_columns(at, at + j);
                matrix.column_mut(at).scale_mut(1.0 / pivot);
            }
            for other in (0..q).filter(|&other| other != at) {
                let share = rows[(i, other)];
                for matrix in [&mut rows, &mut map] {
                    let own = matrix.column(at).into_owned();
                    matrix.column_mut(other).axpy(-share, &own, 1.0);
                }
            }
            coordinates.push(i);
        }
        let rank = coordinates.len();
        let basic: Vec<usize> = (0..m).filter(|i| scales[*i] > 0.0 && !coordinates.contains(i)).collect();
        let table = DMatrix::from_fn(basic.len(), rank, |i, j| rows[(basic[i], j)]);
        let tableau = Tableau { table, basic, free: coordinates.clone(), values: vec![0.0; m], coordinates };
        (rank > 0).then(|| (tableau, map.columns(0, rank).into_owned()))
    }

    /// The coordinates at the maximum of the sum; none if it is zero or not found.
    fn maximise(mut self) -> Option<nalgebra::DVector<f64>> {
        let most = 100 * (self.basic.len() + self.free.len());
        let mut stalled = 0;
        for _ in 0..most {
            // After idle steps the first column that gains, which never cycles (Bland 1977).
            let Some((column, up)) = self.entering(stalled > 10) else { break };
            stalled = if self.advance(column, up) { 0 } else { stalled + 1 };
        }
        let found = self.coordinates.iter().map(|&i| self.values[i]);
        let found = nalgebra::DVector::from_iterator(self.coordinates.len(), found);
        (found.amax() > 0.0).then_some(found)
    }

    /// A column whose variable raises the sum as it leaves its bound, and whether it goes up.
    fn entering(&self, first: bool) -> Option<(usize, bool)> {
        let gain = |j: usize| 1.0 + self.table.column(j).sum();
        let open = (0..self.free.len()).filter_map(|j| {
            let (gain, up) = (gain(j), self.values[self.free[j]] == 0.0);
            ((up && gain > 1e-9) || (!up && gain < -1e-9)).then_some((j, up, gain.abs()))
        });
        let best = if first {
            open.min_by_key(|&(j, _, _)| self.free[j])
        } else {
            open.max_by(|a, b| a.2.total_cmp(&b.2).then(self.free[b.0].cmp(&self.free[a.0])))
        };
        best.map(|(j, up, _)| (j, up))
    }

    /// Moves a variable until it or another meets a bound, which it then changes places with; whether it moved at all.
    fn advance(&mut self, column: usize, up: bool) -> bool {
        let sign = if up { 1.0 } else { -1.0 };
        let (mut step, mut leaving) = (1.0, None);
        for (i, &variable) in self.basic.iter().enumerate() {
            let slope = self.table[(i, column)] * sign;
            let room = if slope < -1e-10 {
                self.values[variable].max(0.0) / -slope
            } else if slope > 1e-10 {
                (1.0 - self.values[variable]).max(0.0) / slope
            } else {
                continue;
            };
            if room < step || (room == step && leaving.is_some_and(|l: usize| variable < self.basic[l])) {
                (step, leaving) = (room, Some(i));
            }
        }
        for (i, &variable) in self.basic.iter().enumerate() {
            self.values[variable] += self.table[(i, column)] * sign * step;
        }
        let entering = self.free[column];
        self.values[entering] = match leaving {
            Some(_) => self.values[entering] + sign * step,
            None => f64::from(u8::from(up)),
        };
        if let Some(row) = leaving {
            let out = self.basic[row];
            self.values[out] = if self.table[(row, column)] * sign < 0.0 { 0.0 } else { 1.0 };
            self.exchange(row, column);
        }
        step > 0.0
    }

    fn exchange(&mut self, row: usize, column: usize) {
        let pivot = self.table[(row, column)];
        let (m, q) = self.table.shape();
        let old_row = self.table.row(row).into_owned();
        let old_column = self.table.column(column).into_owned();
        for i in (0..m).filter(|&i| i != row) {
            for j in (0..q).filter(|&j| j != column) {
                self.table[(i, j)] -= old_column[i] * old_row[j] / pivot;
            }
            self.table[(i, column)] = old_column[i] / pivot;
        }
        for j in (0..q).filter(|&j| j != column) {
            self.table[(row, j)] = -old_row[j] / pivot;
        }
        self.table[(row, column)] = 1.0 / pivot;
        std::mem::swap(&mut self.basic[row], &mut self.free[column]);
    }
}
