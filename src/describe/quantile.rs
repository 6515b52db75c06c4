//! Sample quantiles.

/// The `p` quantile of ascending values by linear interpolation of the order statistics at `1 + (n - 1) p`: type 7 of
/// Hyndman and Fan (1996), the default of R, numpy and polars.
///
/// `sorted` must ascend and be finite; `p` is held to [0, 1]. `None` when there are no values.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = p.clamp(0.0, 1.0) * last as f64;
    let below = (position.floor() as usize).min(last);
    let low = *sorted.get(below)?;
    let high = *sorted.get((below + 1).min(last))?;
    Some(low + (position - below as f64) * (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_type_seven_of_r() {
        let values = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
        // quantile(c(1, 2, 4, 8, 16, 32), c(.1, .25, .5, .9)) in R.
        for (p, expected) in [(0.1, 1.5), (0.25, 2.5), (0.5, 6.0), (0.9, 24.0), (0.0, 1.0), (1.0, 32.0)] {
            assert!((quantile(&values, p).unwrap() - expected).abs() < 1e-12, "p = {p}");
        }
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3.0], 0.7), Some(3.0));
    }
}
