//! `poly(x, d)`: polynomials of one variable, orthogonal (as R's `poly`) or raw powers.
//!
//! The orthogonal ones are found by the three-term recurrence `p_{k+1} = (x - a_k) p_k - (n_k / n_{k-1}) p_{k-1}` with
//! `a_k = <x p_k, p_k> / n_k` and `n_k = <p_k, p_k>`, then scaled to unit length over the rows used; the constant is left
//! out. Kennedy and Gentle (1980), Statistical Computing, pages 343-4, the source that R names.

use crate::mapping::CompensatedSum;

/// Raw powers `x, x^2, ...`.
pub(super) fn raw(x: &[f64], degree: usize) -> Vec<Vec<f64>> {
    (1..=degree).map(|power| x.iter().map(|x| x.powi(power as i32)).collect()).collect()
}

/// Polynomials of degree 1 to `degree`, orthonormal over the rows of the sample where `x` is finite, and evaluated on
/// all rows. Gives back the number of distinct values when that is not above the degree.
pub(super) fn orthogonal(x: &[f64], degree: usize, sample: Option<&[bool]>) -> Result<Vec<Vec<f64>>, usize> {
    let is_used = |row: usize| x[row].is_finite() && sample.is_none_or(|sample| sample[row]);
    let used: Vec<usize> = (0..x.len()).filter(|&row| is_used(row)).collect();
    let mut distinct: Vec<f64> = used.iter().map(|&row| x[row]).collect();
    distinct.sort_unstable_by(f64::total_cmp);
    distinct.dedup();
    if distinct.len() <= degree {
        return Err(distinct.len());
    }
    let dot = |f: &dyn Fn(usize) -> f64| used.iter().map(|&row| f(row)).collect::<CompensatedSum>().value();
    // Centring first keeps the recurrence accurate for variables such as years.
    let mean = dot(&|row| x[row]) / used.len() as f64;
    let x: Vec<f64> = x.iter().map(|x| x - mean).collect();
    let (mut before, mut now) = (vec![0.0; x.len()], vec![1.0; x.len()]);
    let (mut norm_before, mut norm) = (1.0, used.len() as f64);
    let mut columns = Vec::with_capacity(degree);
    for _ in 0..degree {
        let centre = dot(&|row| x[row] * now[row] * now[row]) / norm;
        let ratio = norm / norm_before;
        let next: Vec<f64> = (0..x.len()).map(|row| (x[row] - centre) * now[row] - ratio * before[row]).collect();
        (before, now) = (now, next);
        norm_before = norm;
        norm = dot(&|row| now[row] * now[row]);
        let length = norm.sqrt();
        columns.push(now.iter().map(|value| value / length).collect());
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(values: &[f64], expected: &[f64]) -> bool {
        values.len() == expected.len() && values.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14)
    }

    #[test]
    fn five_equal_steps() {
        // The classical integer contrasts, scaled to unit length; year 2000 on must lose no digits.
        let columns = orthogonal(&[2000., 2001., 2002., 2003., 2004.], 3, None).unwrap();
        assert!(close(&columns[0], &[-2., -1., 0., 1., 2.].map(|k| k / 10f64.sqrt())));
        assert!(close(&columns[1], &[2., -1., -2., -1., 2.].map(|k| k / 14f64.sqrt())));
        assert!(close(&columns[2], &[-1., 2., 0., -2., 1.].map(|k| k / 10f64.sqrt())));
    }

    #[test]
    fn unequal_steps_and_a_missing_value() {
        let columns = orthogonal(&[1., 2., f64::NAN, 4., 7., 11.], 2, None).unwrap();
        let used: Vec<f64> = columns[0].iter().copied().filter(|x| !x.is_nan()).collect();
        assert!(close(&used, &[-4., -3., -1., 2., 6.].map(|k| k / 66f64.sqrt())));
        let quadratic: Vec<f64> = columns[1].iter().copied().filter(|x| !x.is_nan()).collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        assert!(close(
            &[dot(&used, &quadratic), dot(&quadratic, &quadratic), dot(&quadratic, &[1.; 5])],
            &[0., 1., 0.]
        ));
    }

    #[test]
    fn the_degree_is_bounded_by_the_distinct_values() {
        assert_eq!(orthogonal(&[1.0, 2.0, 2.0, f64::NAN], 2, None), Err(2));
    }
}
