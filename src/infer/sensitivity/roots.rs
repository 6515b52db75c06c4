//! Real roots of polynomials of degree three and less.

/// The real roots of `c3 x³ + c2 x² + c1 x + c0`, ascending; a double root may be listed twice. None where every
/// coefficient but `c0` is zero.
///
/// By Cardano's formula or, with three real roots, Viète's, each mended by Newton's method.
pub fn real_roots([c3, c2, c1, c0]: [f64; 4]) -> Vec<f64> {
    let mut roots = if c3 != 0.0 {
        cubic(c2 / c3, c1 / c3, c0 / c3)
    } else if c2 != 0.0 {
        quadratic(c2, c1, c0)
    } else if c1 != 0.0 {
        vec![-c0 / c1]
    } else {
        Vec::new()
    };
    for root in &mut roots {
        for _ in 0..4 {
            let value = ((c3 * *root + c2) * *root + c1) * *root + c0;
            let slope = (3.0 * c3 * *root + 2.0 * c2) * *root + c1;
            let next = *root - value / slope;
            let left = ((c3 * next + c2) * next + c1) * next + c0;
            if next.is_finite() && left.abs() < value.abs() {
                *root = next;
            }
        }
    }
    roots.retain(|root| root.is_finite());
    roots.sort_by(f64::total_cmp);
    roots
}

/// Without cancellation: the larger root by the formula, the other by their product.
fn quadratic(a: f64, b: f64, c: f64) -> Vec<f64> {
    let discriminant = b * b - 4.0 * a * c;
    if discriminant < 0.0 {
        return Vec::new();
    }
    let sum = -0.5 * (b + discriminant.sqrt().copysign(b));
    if sum == 0.0 { vec![0.0, 0.0] } else { vec![sum / a, c / sum] }
}

/// `x³ + a x² + b x + c`.
fn cubic(a: f64, b: f64, c: f64) -> Vec<f64> {
    let (p, q) = (b - a * a / 3.0, 2.0 * a * a * a / 27.0 - a * b / 3.0 + c);
    let discriminant = q * q / 4.0 + p * p * p / 27.0;
    if discriminant > 0.0 {
        let u = -(q.abs() / 2.0 + discriminant.sqrt()).cbrt().copysign(q);
        return vec![u - p / (3.0 * u) - a / 3.0];
    }
    let radius = 2.0 * (-p / 3.0).max(0.0).sqrt();
    if radius == 0.0 {
        return vec![-a / 3.0; 3];
    }
    let angle = (3.0 * q / (p * radius)).clamp(-1.0, 1.0).acos() / 3.0;
    let turn = std::f64::consts::TAU / 3.0;
    (0..3).map(|k| radius * (angle - turn * f64::from(k)).cos() - a / 3.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: &[f64], wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len(), "{found:?}");
        found.iter().zip(wanted).for_each(|(a, b)| assert!((a - b).abs() < 1e-12 * b.abs().max(1.0), "{found:?}"));
    }

    #[test]
    fn roots_that_are_known() {
        close(&real_roots([1.0, -6.0, 11.0, -6.0]), &[1.0, 2.0, 3.0]);
        close(&real_roots([2.0, 0.0, 0.0, -16.0]), &[2.0]);
        close(&real_roots([0.0, 1.0, -3.0, 2.0]), &[1.0, 2.0]);
        close(&real_roots([0.0, 0.0, 2.0, -3.0]), &[1.5]);
        close(&real_roots([0.0, 1.0, 0.0, 1.0]), &[]);
        close(&real_roots([0.0, 0.0, 0.0, 1.0]), &[]);
        // One of the roots is a million times the other: the small one keeps its digits.
        close(&real_roots([0.0, 1.0, -1_000_000.000_001, 1.0]), &[1e-6, 1e6]);
        close(&real_roots([1.0, 1.0, 1.0, -3.0]), &[1.0]);
    }
}
