//! Gamma frailty of hazards with a complementary log-log link, in closed form (Meyer 1990).
//!
//! With `A` the sum of `exp η` over the rows of a unit before its exit and `e` that of the row of its exit, survival is
//! `S(A) = (1 + v A)^(-1/v)`, and a unit that exits has the likelihood `S(A) - S(A + e)`, one that does not `S(A)`.

use nalgebra::{DMatrix, DVector};

use super::{Level, Units};

/// `ln L` of a unit and its derivatives in `A` and `e`.
#[derive(Clone, Copy, Debug, Default)]
struct Unit {
    log: f64,
    a: f64,
    e: f64,
    aa: f64,
    ae: f64,
    ee: f64,
}

/// Survival and its first two derivatives in `A`.
fn survival(a: f64, v: f64) -> (f64, f64, f64) {
    let base = (v * a).ln_1p();
    let s = (-base / v).exp();
    let first = -(-(1.0 / v + 1.0) * base).exp();
    let second = (1.0 + v) * (-(1.0 / v + 2.0) * base).exp();
    (s, first, second)
}

/// `ln S(A)`, or with an exit `ln (S(A) - S(A + e))`.
fn unit(a: f64, exit: Option<f64>, v: f64) -> Unit {
    let (s, s1, s2) = survival(a, v);
    let Some(e) = exit else {
        let (first, second) = (s1 / s, s2 / s);
        return Unit { log: -(v * a).ln_1p() / v, a: first, aa: second - first * first, ..Unit::default() };
    };
    let (_, t1, t2) = survival(a + e, v);
    // S(A) - S(A + e) without cancellation: S(A) (1 - (1 + v e / (1 + v A))^(-1/v)).
    let drop = -(-(v * e / (1.0 + v * a)).ln_1p() / v).exp_m1();
    let l = s * drop;
    let (a1, e1) = ((s1 - t1) / l, -t1 / l);
    Unit {
        log: -(v * a).ln_1p() / v + drop.ln(),
        a: a1,
        e: e1,
        aa: (s2 - t2) / l - a1 * a1,
        ae: -t2 / l - a1 * e1,
        ee: -t2 / l - e1 * e1,
    }
}

/// A unit's log likelihood and derivatives in `ln v` besides: of itself, of its derivative in `A` and in `e`, and the second.
struct InLogVariance {
    first: f64,
    a: f64,
    e: f64,
    second: f64,
}

/// By differences, which are exact to ten digits: these enter errors and steps, and the gradient to that precision.
fn in_log_variance(a: f64, exit: Option<f64>, log_v: f64) -> InLogVariance {
    let h = 1e-4;
    let at = |k: f64| unit(a, exit, (log_v + k * h).exp());
    let [m2, m1, middle, p1, p2] = [-2.0, -1.0, 0.0, 1.0, 2.0].map(at);
    // Five points: the error is of order h^4.
    let slope = |f: fn(&Unit) -> f64| (f(&m2) - 8.0 * f(&m1) + 8.0 * f(&p1) - f(&p2)) / (12.0 * h);
    let second = (-m2.log + 16.0 * m1.log - 30.0 * middle.log + 16.0 * p1.log - p2.log) / (12.0 * h * h);
    InLogVariance { first: slope(|unit| unit.log), a: slope(|unit| unit.a), e: slope(|unit| unit.e), second }
}

/// Sums of a unit: `A`, `e` if it exits, and its rows' rates.
fn sums(units: &Units<'_>, of: usize, index: &[f64]) -> (f64, Option<f64>) {
    let (mut before, mut exit) = (0.0, None);
    for &row in units.members(of) {
        let rate = index[row as usize].exp();
        if units.outcome[row as usize] == 1.0 {
            exit = Some(rate);
        } else {
            before += rate;
        }
    }
    (before, exit)
}

/// The likelihood at coefficients and `ln v` (the last).
pub(super) fn level(units: &Units<'_>, at: &DVector<f64>) -> Level {
    let p = at.len();
    let index = units.index(&at.as_slice()[..p - 1]);
    let mut out = Level { value: 0.0, gradient: DVector::zeros(p), hessian: DMatrix::zeros(p, p) };
    for one in 0..units.n_units() {
        let (a, exit) = sums(units, one, &index);
        let found = unit(a, exit, at[p - 1].exp());
        let varied = in_log_variance(a, exit, at[p - 1]);
        out.value += found.log;
        // Derivatives of A and e in the coefficients, and their own second derivatives.
        let (mut of_a, mut of_e) = (DVector::zeros(p - 1), DVector::zeros(p - 1));
        for &row in units.members(one) {
            let row = row as usize;
            let (x, rate) = (units.columns.column(row), index[row].exp());
            let is_exit = units.outcome[row] == 1.0;
            let (into, slope) = if is_exit { (&mut of_e, found.e) } else { (&mut of_a, found.a) };
            into.axpy(rate, &x, 1.0);
            out.hessian.view_mut((0, 0), (p - 1, p - 1)).ger(slope * rate, &x, &x, 1.0);
        }
        out.gradient.rows_mut(0, p - 1).axpy(found.a, &of_a, 1.0);
        out.gradient.rows_mut(0, p - 1).axpy(found.e, &of_e, 1.0);
        out.gradient[p - 1] += varied.first;
        let mut block = out.hessian.view_mut((0, 0), (p - 1, p - 1));
        block.ger(found.aa, &of_a, &of_a, 1.0);
        block.ger(found.ae, &of_a, &of_e, 1.0);
        block.ger(found.ae, &of_e, &of_a, 1.0);
        block.ger(found.ee, &of_e, &of_e, 1.0);
        let cross = of_a * varied.a + of_e * varied.e;
        for j in 0..p - 1 {
            out.hessian[(j, p - 1)] += cross[j];
            out.hessian[(p - 1, j)] += cross[j];
        }
        out.hessian[(p - 1, p - 1)] += varied.second;
    }
    out
}

/// Scores of every row; that of `ln v` is a unit's, and stands in its last row.
pub(super) fn row_scores(units: &Units<'_>, at: &DVector<f64>) -> Vec<Vec<f64>> {
    let p = at.len();
    let index = units.index(&at.as_slice()[..p - 1]);
    let mut out = vec![vec![0.0; index.len()]; p];
    for one in 0..units.n_units() {
        let (a, exit) = sums(units, one, &index);
        let found = unit(a, exit, at[p - 1].exp());
        for &row in units.members(one) {
            let row = row as usize;
            let slope = if units.outcome[row] == 1.0 { found.e } else { found.a } * index[row].exp();
            out.iter_mut().zip(units.columns.column(row).iter()).for_each(|(column, x)| column[row] = slope * x);
        }
        if let Some(&last) = units.members(one).last() {
            out[p - 1][last as usize] = in_log_variance(a, exit, at[p - 1]).first;
        }
    }
    out
}

/// The index of every row at the mean of its unit's frailty given its rows, `E(g | rows) = (1/v + exits) / (1/v + A + e)` to first order.
pub(super) fn fitted(units: &Units<'_>, at: &DVector<f64>) -> Vec<f64> {
    let p = at.len();
    let mut index = units.index(&at.as_slice()[..p - 1]);
    let v = at[p - 1].exp();
    for one in 0..units.n_units() {
        let (a, exit) = sums(units, one, &index);
        let mean = (1.0 / v + f64::from(u8::from(exit.is_some()))) / (1.0 / v + a + exit.unwrap_or(0.0));
        units.members(one).iter().for_each(|&row| index[row as usize] += mean.ln());
    }
    index
}

/// Units with rows after an exit.
pub(super) fn units_with_rows_after_exit(units: &Units<'_>) -> usize {
    let is_late = |&of: &usize| {
        let rows = units.members(of);
        rows[..rows.len().saturating_sub(1)].iter().any(|&row| units.outcome[row as usize] == 1.0)
    };
    (0..units.n_units()).filter(is_late).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_agree_with_differences() {
        for (a, exit, v) in [(1.3, None, 0.7), (0.0, Some(0.2), 1.4), (2.0, Some(0.5), 0.05), (4.0, Some(1e-3), 3.0)] {
            let h = 1e-6;
            let found = unit(a, exit, v);
            let up = unit(a + h, exit, v);
            let down = unit(a - h, exit, v);
            assert!(((up.log - down.log) / (2.0 * h) - found.a).abs() < 1e-6, "{a} {exit:?} {v}");
            assert!(((up.a - down.a) / (2.0 * h) - found.aa).abs() < 1e-5, "{a} {exit:?} {v}");
            if let Some(e) = exit {
                let h = 1e-3 * e;
                let (up, down) = (unit(a, Some(e + h), v), unit(a, Some(e - h), v));
                let near = |x: f64, y: f64| (x - y).abs() < 1e-4 * (1.0 + y.abs());
                assert!(near((up.log - down.log) / (2.0 * h), found.e), "{a} {e} {v}");
                assert!(near((up.e - down.e) / (2.0 * h), found.ee), "{a} {e} {v}");
                assert!(near((up.a - down.a) / (2.0 * h), found.ae), "{a} {e} {v}");
            }
        }
    }

    /// Survival and the likelihood of an exit by brute force over the gamma density.
    #[test]
    fn the_closed_form_is_the_integral() {
        let (a, e, v) = (0.8, 0.3, 0.6);
        let shape: f64 = 1.0 / v;
        let density = |g: f64| g.powf(shape - 1.0) * (-g / v).exp() / (libm::tgamma(shape) * v.powf(shape));
        let n = 200_000;
        let integral: f64 = (0..n)
            .map(|k| {
                let g = (k as f64 + 0.5) * 40.0 / f64::from(n);
                density(g) * ((-g * a).exp() - (-g * (a + e)).exp()) * 40.0 / f64::from(n)
            })
            .sum();
        assert!((integral.ln() - unit(a, Some(e), v).log).abs() < 1e-8);
    }
}
