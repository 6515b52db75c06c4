//! A criterion `|c0 - c1 x - c2 x^2|^2` in one bounded parameter, minimised exactly: its derivative is a cubic.

use nalgebra::{DVector, Matrix3};

/// Moments that are quadratic in a parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quadratic {
    /// What the moments are at zero.
    pub(super) constant: DVector<f64>,
    /// What is taken off them in the parameter.
    pub(super) linear: DVector<f64>,
    /// And in its square.
    pub(super) square: DVector<f64>,
}

impl Quadratic {
    fn at(&self, x: f64) -> f64 {
        (&self.constant - &self.linear * x - &self.square * (x * x)).norm_squared()
    }

    /// The smallest value inside of `(-bound, bound)`; `None` if the criterion falls up to a bound.
    pub(super) fn minimum(&self, bound: f64) -> Option<f64> {
        let (c, l, s) = (&self.constant, &self.linear, &self.square);
        // Half the derivative: 2 s.s x^3 + 3 l.s x^2 + (l.l - 2 c.s) x - c.l.
        let cubic = [-c.dot(l), l.dot(l) - 2.0 * c.dot(s), 3.0 * l.dot(s), 2.0 * s.dot(s)];
        let inner = real_roots(cubic).into_iter().filter(|x| x.abs() < bound);
        let best = inner.min_by(|a, b| self.at(*a).total_cmp(&self.at(*b)))?;
        let lowest_end = self.at(bound).min(self.at(-bound));
        (self.at(best) <= lowest_end).then_some(best)
    }
}

/// Real roots of `a0 + a1 x + a2 x^2 + a3 x^3`, polished by Newton's method.
fn real_roots(a: [f64; 4]) -> Vec<f64> {
    let scale = a.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    if scale == 0.0 || !scale.is_finite() {
        return Vec::new();
    }
    let value = |x: f64| a[0] + x * (a[1] + x * (a[2] + x * a[3]));
    let slope = |x: f64| a[1] + x * (2.0 * a[2] + x * 3.0 * a[3]);
    if a[3].abs() <= 1e-14 * scale {
        // The square of the parameter has no part in the moments.
        return if a[1] == 0.0 { Vec::new() } else { vec![-a[0] / a[1]] };
    }
    let companion = Matrix3::new(0.0, 0.0, -a[0] / a[3], 1.0, 0.0, -a[1] / a[3], 0.0, 1.0, -a[2] / a[3]);
    let roots = companion.complex_eigenvalues();
    let polished = |mut x: f64| {
        for _ in 0..3 {
            let d = slope(x);
            if d != 0.0 {
                x -= value(x) / d;
            }
        }
        x
    };
    roots.iter().filter(|z| z.im.abs() <= 1e-6 * (1.0 + z.re.abs())).map(|z| polished(z.re)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_is_that_of_a_grid() {
        let v = DVector::from_row_slice;
        for (c, l, s) in [([0.3, -0.2], [1.0, 0.4], [-0.5, 0.2]), ([1.0, 0.5], [2.0, 0.3], [0.1, -0.9])] {
            let of = Quadratic { constant: v(&c), linear: v(&l), square: v(&s) };
            let best = of.minimum(1.0).unwrap();
            let grid = (-9999..10_000).map(|k| f64::from(k) / 10_000.0);
            let nearest = grid.min_by(|a, b| of.at(*a).total_cmp(&of.at(*b))).unwrap();
            assert!((best - nearest).abs() < 1e-4, "{best} {nearest}");
        }
        let falls = Quadratic { constant: v(&[9.0]), linear: v(&[1.0]), square: v(&[0.0]) };
        assert_eq!(falls.minimum(1.0), None);
    }
}
