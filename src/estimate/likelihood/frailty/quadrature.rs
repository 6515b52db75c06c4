//! Points and weights of Gauss-Hermite quadrature.

/// Points `x` and `ln(w exp(x²))` of `∫ f(x) exp(-x²) dx ≈ Σ w f(x)`, by Newton's method on orthonormal Hermite polynomials
/// (Press et al. 2007, section 4.6).
pub(super) fn hermite(n: usize) -> Vec<(f64, f64)> {
    let mut out = vec![(0.0, 0.0); n];
    let m = n as f64;
    let mut z = 0.0;
    for i in 0..n.div_ceil(2) {
        z = match i {
            0 => (2.0 * m + 1.0).sqrt() - 1.85575 * (2.0 * m + 1.0).powf(-1.0 / 6.0),
            1 => z - 1.14 * m.powf(0.426) / z,
            2 => 1.86 * z - 0.86 * out[0].0,
            3 => 1.91 * z - 0.91 * out[1].0,
            _ => 2.0 * z - out[i - 2].0,
        };
        let mut slope = 1.0;
        for _ in 0..50 {
            let (mut p, mut before) = (std::f64::consts::PI.powf(-0.25), 0.0);
            for j in 0..n {
                let k = j as f64 + 1.0;
                (p, before) = (z * (2.0 / k).sqrt() * p - ((k - 1.0) / k).sqrt() * before, p);
            }
            slope = (2.0 * m).sqrt() * before;
            let step = p / slope;
            z -= step;
            if step.abs() <= 1e-15 * (1.0 + z.abs()) {
                break;
            }
        }
        let log_weight = (2.0 / (slope * slope)).ln() + z * z;
        out[i] = (z, log_weight);
        out[n - 1 - i] = (-z, log_weight);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_normal() {
        for n in [1, 2, 5, 12, 25, 50, 99] {
            let moment = |k: i32| -> f64 {
                hermite(n).iter().map(|(x, w)| (w - x * x).exp() * (2f64.sqrt() * x).powi(k)).sum::<f64>()
                    / std::f64::consts::PI.sqrt()
            };
            assert!((moment(0) - 1.0).abs() < 1e-12, "{n}");
            assert!(n < 2 || (moment(2) - 1.0).abs() < 1e-12, "{n}");
            assert!(n < 5 || (moment(8) - 105.0).abs() < 1e-9, "{n}");
        }
    }
}
