//! Confidence sets by inversion. On the projective line of `b = centre + scale tan t` a test statistic is smooth and
//! periodic, and an interval, two rays, the whole line and the empty set are all arcs of a circle.

use nalgebra::{DMatrix, DVector};

use super::distribution::f_quantile;
use super::reduced_form::ReducedForm;
use super::weak::{likelihood_ratio_p, products, roots};
use crate::estimate::instruments::Interval;
use crate::vcov::Errors;

/// Points of the first search around the circle.
const POINTS: usize = 720;

/// The values that Anderson and Rubin's test does not reject, for one endogenous regressor; `None` if the test does not
/// exist. With iid errors or one instrument a quadratic inequality, otherwise a search.
pub fn anderson_rubin_set(form: &ReducedForm, errors: &Errors, level: f64) -> Option<Vec<Interval>> {
    if form.n_endogenous() != 1 {
        return None;
    }
    let l = form.n_instruments();
    let df = if *errors == Errors::Iid { form.df_residual } else { form.df_errors };
    let critical = f_quantile(level, l as f64, df);
    if *errors == Errors::Iid {
        let (n, omega) = products(form);
        return Some(quadratic_set(&(n - omega * (critical * l as f64))));
    }
    if l == 1 {
        let pi = form.coefficients.row(0).transpose();
        return Some(quadratic_set(&(&pi * pi.transpose() - &form.covariance * critical)));
    }
    let (_, omega) = products(form);
    let centre = omega[(0, 1)] / omega[(1, 1)];
    let scale = (omega[(0, 0)] / omega[(1, 1)] - centre * centre).max(0.0).sqrt();
    let excess = |t: f64| {
        let (sin, cos) = t.sin_cos();
        let shares = DVector::from_vec(vec![cos, -(centre * cos + scale * sin)]);
        form.wald(&shares).map_or(f64::INFINITY, |wald| wald / l as f64 - critical)
    };
    Some(arcs(excess, |t| centre + scale * t.tan()))
}

/// The values that the conditional likelihood ratio does not reject (iid errors, one endogenous regressor): since its
/// p-value falls as `Q_S` rises (Mikusheva 2010), a quadratic inequality.
pub fn likelihood_ratio_set(form: &ReducedForm, level: f64) -> Option<Vec<Interval>> {
    if form.n_endogenous() != 1 {
        return None;
    }
    let (n, omega) = products(form);
    let (low, high) = roots(&n, &omega)?;
    let k = form.n_instruments();
    let p = |q: f64| likelihood_ratio_p(q - low, low + high - q, k);
    if p(high) > 1.0 - level {
        return Some(vec![Interval { low: f64::NEG_INFINITY, high: f64::INFINITY }]);
    }
    let (mut inside, mut outside) = (low, high);
    for _ in 0..200 {
        let middle = 0.5 * (inside + outside);
        if middle <= inside || middle >= outside {
            break;
        }
        if p(middle) > 1.0 - level { inside = middle } else { outside = middle }
    }
    Some(quadratic_set(&(n - omega * inside)))
}

/// `{b : (1, -b) B (1, -b)' <= 0}`.
fn quadratic_set(b: &DMatrix<f64>) -> Vec<Interval> {
    let (a, half, c) = (b[(1, 1)], b[(0, 1)], b[(0, 0)]);
    let discriminant = half * half - a * c;
    let everything = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };
    if discriminant < 0.0 {
        return if a > 0.0 { Vec::new() } else { vec![everything] };
    }
    // The root that does not cancel, and the other by Vieta.
    let q = half + discriminant.sqrt().copysign(half);
    let (x, y) = (q / a, c / q);
    let (low, high) = if x < y { (x, y) } else { (y, x) };
    if a > 0.0 {
        return vec![Interval { low, high }];
    }
    vec![Interval { low: f64::NEG_INFINITY, high: low }, Interval { low: high, high: f64::INFINITY }]
}

/// Where `excess` is not positive on the circle `[-pi/2, pi/2)`, as intervals of `value`.
fn arcs(excess: impl Fn(f64) -> f64, value: impl Fn(f64) -> f64) -> Vec<Interval> {
    let half = std::f64::consts::FRAC_PI_2;
    let step = 2.0 * half / POINTS as f64;
    let mut points: Vec<(f64, f64)> = (0..=POINTS).map(|i| -half + step * i as f64).map(|t| (t, excess(t))).collect();
    // The end is the beginning: exactly, so that no root is found between them twice.
    points[POINTS].1 = points[0].1;
    // Extrema between the points that may reach across zero.
    for i in 0..POINTS {
        let before = points[if i == 0 { POINTS - 1 } else { i - 1 }].1;
        let (here, after) = (points[i], points[i + 1].1);
        let sign = if here.1 > 0.0 { 1.0 } else { -1.0 };
        if sign * here.1 <= sign * before && sign * here.1 <= sign * after {
            let at = least(|t| sign * excess(t), here.0 - step, here.0 + step);
            points.push((at, excess(at)));
        }
    }
    points.retain(|(t, _)| (-half..=half).contains(t));
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut out = Vec::new();
    let mut open = (points[0].1 <= 0.0).then_some(f64::NEG_INFINITY);
    for pair in points.windows(2) {
        let inside = (pair[0].1 <= 0.0, pair[1].1 <= 0.0);
        if inside.0 != inside.1 {
            let at = value(crossing(&excess, (pair[0].0, inside.0), pair[1].0));
            match open.take() {
                Some(low) => out.push(Interval { low, high: at }),
                None => open = Some(at),
            }
        }
    }
    out.extend(open.map(|low| Interval { low, high: f64::INFINITY }));
    out
}

/// The place of a change of sign, to rounding.
fn crossing(excess: impl Fn(f64) -> f64, (mut left, left_inside): (f64, bool), mut right: f64) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (left + right);
        if middle <= left || middle >= right {
            break;
        }
        if (excess(middle) <= 0.0) == left_inside { left = middle } else { right = middle }
    }
    0.5 * (left + right)
}

/// The least value in a bracket, by golden sections.
fn least(f: impl Fn(f64) -> f64, mut left: f64, mut right: f64) -> f64 {
    let golden = 0.5 * (5.0f64.sqrt() - 1.0);
    for _ in 0..60 {
        let (a, b) = (right - golden * (right - left), left + golden * (right - left));
        if f(a) <= f(b) { right = b } else { left = a }
    }
    0.5 * (left + right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quadratics_have_four_shapes() {
        let set = |a: f64, half: f64, c: f64| quadratic_set(&DMatrix::from_row_slice(2, 2, &[c, half, half, a]));
        assert_eq!(set(1.0, 2.0, 3.0), vec![Interval { low: 1.0, high: 3.0 }]);
        assert!(set(1.0, 0.0, 1.0).is_empty());
        assert_eq!(set(-1.0, 0.0, -1.0)[0].high, f64::INFINITY);
        let rays = set(-1.0, -2.0, -3.0);
        assert_eq!((rays[0].high, rays[1].low), (1.0, 3.0));
    }

    #[test]
    fn the_circle_finds_what_the_quadratic_has() {
        for (a, half, c) in
            [(1.0, 2.0, 3.0), (-1.0, -2.0, -3.0), (1.0, 0.0, 1.0), (-1.0, 0.5, -1.0), (1.0, 1.0, 0.999_999)]
        {
            let b = DMatrix::from_row_slice(2, 2, &[c, half, half, a]);
            let found = arcs(
                |t| {
                    let (sin, cos) = t.sin_cos();
                    c * cos * cos - 2.0 * half * sin * cos + a * sin * sin
                },
                f64::tan,
            );
            let wanted = quadratic_set(&b);
            assert_eq!(found.len(), wanted.len(), "{a} {half} {c}: {found:?} {wanted:?}");
            for (f, w) in found.iter().zip(&wanted) {
                for (x, y) in [(f.low, w.low), (f.high, w.high)] {
                    assert!(x == y || (x - y).abs() < 1e-9 * (1.0 + y.abs()), "{found:?} {wanted:?}");
                }
            }
        }
    }
}
