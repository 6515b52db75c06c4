//! `poly(x, d)`: polynomials of one variable, orthogonal (as R's `poly`) or raw powers.
//!
//! The orthogonal ones are found by the three-term recurrence `p_{k+1} = (x - a_k) p_k - (n_k / n_{k-1}) p_{k-1}` with
//! `a_k = <x p_k, p_k> / n_k` and `n_k = <p_k, p_k>`, then scaled to unit length over the rows used; the constant is left
//! out. Kennedy and Gentle (1980), Statistical Computing, pages 343-4, the source that R names.

use crate::mapping::CompensatedSum;

/// Polynomials of degree 1 and up, as functions of `x`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Polynomial {
    /// Powers up to a degree.
    Raw(usize),
    /// Orthonormal over the rows that they were found on.
    Orthogonal { mean: f64, steps: Vec<Step> },
}

/// One step of the recurrence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    /// `a_k`.
    centre: f64,
    /// `n_k / n_{k-1}`.
    ratio: f64,
    /// `sqrt(n_{k+1})`.
    length: f64,
}

impl Polynomial {
    /// Polynomials of degree 1 to `degree`, orthonormal over the rows of the sample where `x` is finite. Gives back the
    /// number of distinct values when that is not above the degree.
    pub(super) fn orthogonal(x: &[f64], degree: usize, sample: Option<&[bool]>) -> Result<Polynomial, usize> {
        let is_used = |row: usize| x[row].is_finite() && sample.is_none_or(|sample| sample[row]);
        let used: Vec<f64> = (0..x.len()).filter(|&row| is_used(row)).map(|row| x[row]).collect();
        let mut distinct = used.clone();
        distinct.sort_unstable_by(f64::total_cmp);
        distinct.dedup();
        if distinct.len() <= degree {
            return Err(distinct.len());
        }
        let dot = |f: &dyn Fn(usize) -> f64| (0..used.len()).map(f).collect::<CompensatedSum>().value();
        // Centring first keeps the recurrence accurate for variables such as years.
        let mean = dot(&|row| used[row]) / used.len() as f64;
        let x: Vec<f64> = used.iter().map(|x| x - mean).collect();
        let (mut before, mut now) = (vec![0.0; x.len()], vec![1.0; x.len()]);
        let (mut norm_before, mut norm) = (1.0, used.len() as f64);
        let mut steps = Vec::with_capacity(degree);
        for _ in 0..degree {
            let centre = dot(&|row| x[row] * now[row] * now[row]) / norm;
            let ratio = norm / norm_before;
            let next: Vec<f64> = (0..x.len()).map(|row| (x[row] - centre) * now[row] - ratio * before[row]).collect();
            (before, now) = (now, next);
            norm_before = norm;
            norm = dot(&|row| now[row] * now[row]);
            steps.push(Step { centre, ratio, length: norm.sqrt() });
        }
        Ok(Polynomial::Orthogonal { mean, steps })
    }

    /// Their values at each `x`, by degree.
    pub(super) fn columns(&self, x: &[f64]) -> Vec<Vec<f64>> {
        let (mean, steps) = match self {
            Polynomial::Raw(degree) => {
                return (1..=*degree).map(|power| x.iter().map(|x| x.powi(power as i32)).collect()).collect();
            }
            Polynomial::Orthogonal { mean, steps } => (mean, steps),
        };
        let (mut before, mut now) = (vec![0.0; x.len()], vec![1.0; x.len()]);
        let mut columns = Vec::with_capacity(steps.len());
        for Step { centre, ratio, length } in steps {
            let next = |row: usize| (x[row] - mean - centre) * now[row] - ratio * before[row];
            let next: Vec<f64> = (0..x.len()).map(next).collect();
            (before, now) = (now, next);
            columns.push(now.iter().map(|value| value / length).collect());
        }
        columns
    }

    /// Their derivatives at each `x`, by degree: the recurrence, differentiated.
    pub(super) fn slopes(&self, x: &[f64]) -> Vec<Vec<f64>> {
        let one = |x: f64| match self {
            Polynomial::Raw(degree) => (1..=*degree as i32).map(|k| f64::from(k) * x.powi(k - 1)).collect::<Vec<_>>(),
            Polynomial::Orthogonal { mean, steps } => {
                let (mut before, mut now, mut slope_before, mut slope) = (0.0, 1.0, 0.0, 0.0);
                let next = |Step { centre, ratio, length }: &Step| {
                    let by = x - mean - centre;
                    (slope_before, slope) = (slope, now + by * slope - ratio * slope_before);
                    (before, now) = (now, by * now - ratio * before);
                    slope / length
                };
                steps.iter().map(next).collect()
            }
        };
        let degree = match self {
            Polynomial::Raw(degree) => *degree,
            Polynomial::Orthogonal { steps, .. } => steps.len(),
        };
        let mut columns = vec![Vec::with_capacity(x.len()); degree];
        for &x in x {
            columns.iter_mut().zip(one(x)).for_each(|(column, slope)| column.push(slope));
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orthogonal(x: &[f64], degree: usize, sample: Option<&[bool]>) -> Result<Vec<Vec<f64>>, usize> {
        Ok(Polynomial::orthogonal(x, degree, sample)?.columns(x))
    }

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

    #[test]
    fn slopes_agree_with_differences() {
        let x = [2000., 2001., 2003., 2004., 2009., 2011.];
        for basis in [Polynomial::orthogonal(&x, 4, None).unwrap(), Polynomial::Raw(3)] {
            let h = 1e-3;
            let at = |by: f64| basis.columns(&x.map(|x| x + by));
            let (above, below) = (at(h), at(-h));
            for (k, slopes) in basis.slopes(&x).iter().enumerate() {
                for (row, slope) in slopes.iter().enumerate() {
                    let difference = (above[k][row] - below[k][row]) / (2.0 * h);
                    assert!((slope - difference).abs() < 1e-5 * slope.abs().max(1.0), "{k}: {slope} {difference}");
                }
            }
        }
    }
}
