//! The local statistics of one period: a row per region.

use crate::infer::association::{
    LocalBivariate, LocalRow, LocalStatistic, local_bivariate_moran, local_geary, local_getis_ord, local_join_counts,
    local_moran, permute_local, quadrant, with_itself,
};
use crate::infer::multiple::adjust;
use crate::linalg::SparseMatrix;
use crate::study::AutocorrelationSpec;
use crate::study::autocorrelation::StatisticName;

/// A variable in one period.
pub(super) struct Local<'a> {
    pub(super) spec: &'a AutocorrelationSpec,
    pub(super) w: &'a SparseMatrix,
    pub(super) x: &'a [f64],
    /// The other variable.
    pub(super) y: Option<&'a [f64]>,
    pub(super) period: &'a str,
}

impl Local<'_> {
    /// A row for every region.
    pub(super) fn rows(&self, regions: &[String]) -> Vec<LocalRow> {
        let (spec, x, w) = (self.spec, self.x, self.w);
        let (found, star) = (local_moran(x, w), local_getis_ord(x, &with_itself(w), true));
        let drawn = self.permuted();
        let p_values: Vec<f64> = match &drawn {
            Some(drawn) => drawn.iter().map(|[moran, _, _]| *moran).collect(),
            None => found.iter().map(|one| one.p_value).collect(),
        };
        let adjusted = adjust(&p_values, spec.adjust);
        let of_draws = |k: usize| drawn.as_ref().map(|drawn| drawn.iter().map(|one| one[k]).collect::<Vec<f64>>());
        let asked = |name: StatisticName| spec.statistics.contains(&name);
        let geary = asked(StatisticName::Geary).then(|| self.judged(&local_geary(x, w), of_draws(1)));
        let has: Vec<bool> = x.iter().map(|x| *x == 1.0).collect();
        let joins = asked(StatisticName::JoinCounts).then(|| self.judged(&local_join_counts(&has, w), of_draws(2)));
        let bivariate = self.y.map(|y| self.bivariate(y));
        let (mean, lags) = (mean(x), w.times(x));
        let row = |i: usize| {
            let lag_of_deviations: f64 = w.row(i).map(|(j, v)| v * (x[j] - mean)).sum();
            LocalRow {
                name: spec.name.clone(),
                period: self.period.into(),
                region: regions[i].clone(),
                value: x[i],
                // The lag of a region without a neighbour is 0 and not -0, as an empty sum has it.
                lag: lags[i] + 0.0,
                lag_of_deviations,
                moran: found[i].statistic + 0.0,
                p_value: p_values[i],
                adjusted_p_value: adjusted[i],
                quadrant: self.quadrant(i, x[i] - mean, lag_of_deviations),
                is_significant: adjusted[i] <= spec.alpha,
                getis_ord: star[i].z,
                geary: geary.as_ref().map(|all| all[i]),
                joins: joins.as_ref().filter(|_| has[i]).map(|all| all[i]),
                bivariate: bivariate.as_ref().map(|all| all[i]),
            }
        };
        (0..x.len()).map(row).collect()
    }

    /// P-values of local Moran, Geary and join counts by the same conditional permutations; factors of the place itself that are the same in every
    /// draw are left out, but for their sign.
    fn permuted(&self) -> Option<Vec<[f64; 3]>> {
        let (x, mean) = (self.x, mean(self.x));
        let statistics = |i: usize, weights: &[f64], neighbours: &[f64]| {
            let sum =
                |of: &dyn Fn(f64) -> f64| -> f64 { weights.iter().zip(neighbours).map(|(w, x)| w * of(*x)).sum() };
            let moran = (x[i] - mean).signum() * sum(&|value| value - mean);
            let joins = if x[i] == 1.0 { sum(&|value| value) } else { f64::NAN };
            [moran, sum(&|value| (x[i] - value).powi(2)), joins]
        };
        let draws = (self.spec.permutations, self.spec.seed);
        (draws.0 > 0).then(|| permute_local(x, self.w, draws, statistics))
    }

    /// The other variable's values in other places, each region keeping its own value.
    fn bivariate(&self, y: &[f64]) -> Vec<LocalBivariate> {
        let (x, w, spec) = (self.x, self.w, self.spec);
        let (mean_x, mean_y, lags) = (mean(x), mean(y), w.times(y));
        let lag = |weights: &[f64], values: &[f64]| -> f64 {
            weights.iter().zip(values).map(|(w, y)| w * (y - mean_y)).sum()
        };
        let statistic = |i: usize, weights: &[f64], values: &[f64]| [(x[i] - mean_x).signum() * lag(weights, values)];
        let drawn = permute_local(y, w, (spec.permutations, spec.seed), statistic);
        let p_values = drawn.into_iter().map(|[p]| p).collect();
        let judged = self.judged(&local_bivariate_moran(x, y, w), Some(p_values));
        let of = |i: usize| {
            let lag_of_deviations: f64 = w.row(i).map(|(j, v)| v * (y[j] - mean_y)).sum();
            LocalBivariate {
                lag: lags[i] + 0.0,
                moran: judged[i],
                quadrant: self.quadrant(i, x[i] - mean_x, lag_of_deviations),
                is_significant: judged[i].adjusted_p_value <= spec.alpha,
            }
        };
        (0..x.len()).map(of).collect()
    }

    /// Where a region stands in the scatter; nowhere without a neighbour.
    fn quadrant(&self, i: usize, deviation: f64, lag: f64) -> &'static str {
        if self.w.row(i).next().is_none() { "" } else { quadrant(deviation, lag).name() }
    }

    /// Statistics with their p-values; NaN without permutations.
    fn judged(&self, values: &[f64], p_values: Option<Vec<f64>>) -> Vec<LocalStatistic> {
        let p_values = p_values.unwrap_or_else(|| vec![f64::NAN; values.len()]);
        let adjusted = adjust(&p_values, self.spec.adjust);
        let judged = values.iter().zip(p_values).zip(adjusted);
        judged
            .map(|((&value, p_value), adjusted_p_value)| LocalStatistic { value, p_value, adjusted_p_value })
            .collect()
    }
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}
