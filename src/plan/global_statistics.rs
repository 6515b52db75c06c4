//! The global statistics of one period.

use crate::infer::association::{
    Association, GlobalRow, LocalRow, Null, bivariate_moran, geary, getis_ord, join_counts, moran, permute,
};
use crate::linalg::{SparseMatrix, dot};
use crate::study::AutocorrelationSpec;
use crate::study::autocorrelation::StatisticName;

/// A variable in one period.
pub(super) struct Global<'a> {
    pub(super) spec: &'a AutocorrelationSpec,
    pub(super) w: &'a SparseMatrix,
    pub(super) x: &'a [f64],
    /// The other variable.
    pub(super) y: Option<&'a [f64]>,
    pub(super) period: &'a str,
}

impl Global<'_> {
    /// A row for every statistic asked for.
    ///
    /// # Errors
    /// What of the variable does not allow a statistic.
    pub(super) fn rows(&self, local: &[LocalRow]) -> Result<Vec<GlobalRow>, String> {
        let mut out = Vec::new();
        for statistic in &self.spec.statistics {
            out.extend(match statistic {
                StatisticName::Moran => vec![self.moran(local)?],
                StatisticName::Geary => vec![self.geary(local)?],
                StatisticName::GetisOrd => vec![self.getis_ord()?],
                StatisticName::JoinCounts => self.join_counts()?,
                StatisticName::Bivariate => vec![self.bivariate(local)?],
            });
        }
        Ok(out)
    }

    /// What is the matter with the variable, with the period.
    fn no(&self, what: &str) -> String {
        self.no_such(&self.spec.variable.text, what)
    }

    fn no_such(&self, variable: &str, what: &str) -> String {
        let when = if self.period.is_empty() { String::new() } else { format!(" in {}", self.period) };
        format!("{variable} {what}{when}: choose other rows with `where`")
    }

    /// Why a variable has no autocorrelation.
    fn varies(&self, variable: &str, x: &[f64]) -> Result<(), String> {
        let n = x.len();
        let what = if n < 4 {
            format!("has a value in only {n} of the four regions that are needed")
        } else if x.iter().all(|value| *value == x[0]) {
            format!("has the same value in all {n} regions")
        } else if self.w.row_sums().iter().all(|sum| *sum == 0.0) {
            format!("is of {n} regions of which none has a neighbour in `{}`", self.spec.weights)
        } else {
            return Ok(());
        };
        Err(self.no_such(variable, &what))
    }

    fn own_varies(&self) -> Result<(), String> {
        self.varies(&self.spec.variable.text, self.x)
    }

    /// What is left when the variable varies: next to nothing to machine precision.
    fn hardly_varies(&self) -> String {
        self.no("hardly varies between regions")
    }

    /// A row with its permutations. `value` need not be the statistic: any number that grows with it (or falls) as values are permuted gives the same
    /// p-value.
    fn row(&self, name: &str, x: &[f64], found: &Association, value: impl Fn(&[f64]) -> f64 + Sync) -> GlobalRow {
        let draws = (self.spec.permutations, self.spec.seed);
        let mut row = GlobalRow::new(self.period, name, x.len(), found);
        row.pseudo_p_value = (draws.0 > 0).then(|| permute(x, draws, value).p_value);
        row
    }

    fn with_spots(&self, mut row: GlobalRow, local: &[LocalRow]) -> GlobalRow {
        let spots = |quadrant: &str| local.iter().filter(|one| one.is_significant && one.quadrant == quadrant).count();
        (row.hot_spots, row.cold_spots) = (spots("high-high"), spots("low-low"));
        row
    }

    fn moran(&self, local: &[LocalRow]) -> Result<GlobalRow, String> {
        self.own_varies()?;
        let found = moran(self.x, self.w, Null::Randomisation).ok_or_else(|| self.hardly_varies())?;
        let mean = self.x.iter().sum::<f64>() / self.x.len() as f64;
        let value = |x: &[f64]| {
            let z: Vec<f64> = x.iter().map(|x| x - mean).collect();
            dot(&z, &self.w.times(&z))
        };
        Ok(self.with_spots(self.row("moran", self.x, &found, value), local))
    }

    fn geary(&self, local: &[LocalRow]) -> Result<GlobalRow, String> {
        self.own_varies()?;
        let found = geary(self.x, self.w, Null::Randomisation).ok_or_else(|| self.hardly_varies())?;
        let value = |x: &[f64]| self.w.entries().map(|(i, j, v)| v * (x[i] - x[j]).powi(2)).sum();
        Ok(self.with_spots(self.row("geary", self.x, &found, value), local))
    }

    fn getis_ord(&self) -> Result<GlobalRow, String> {
        self.own_varies()?;
        let found = getis_ord(self.x, self.w).ok_or_else(|| {
            self.no("has a negative value, which Getis and Ord's G does not allow, or is nearly all zero")
        })?;
        Ok(self.row("getis_ord", self.x, &found, |x| dot(x, &self.w.times(x))))
    }

    fn join_counts(&self) -> Result<Vec<GlobalRow>, String> {
        if self.x.iter().any(|x| *x != 0.0 && *x != 1.0) {
            return Err(self.no("is not a condition, 0 or 1, which join counts need (write one, such as `x > 2`)"));
        }
        let has: Vec<bool> = self.x.iter().map(|x| *x == 1.0).collect();
        let found = join_counts(&has, self.w)
            .ok_or_else(|| self.no("holds in fewer than two regions, or in all but fewer than two"))?;
        let joins =
            |x: &[f64], of: &dyn Fn(f64, f64) -> f64| self.w.entries().map(|(i, j, v)| v * of(x[i], x[j])).sum();
        Ok(vec![
            self.row("joins_both", self.x, &found.both, |x| joins(x, &|a, b| a * b)),
            self.row("joins_one", self.x, &found.one, |x| joins(x, &|a, b| (a - b).abs())),
            self.row("joins_none", self.x, &found.none, |x| joins(x, &|a, b| (1.0 - a) * (1.0 - b))),
        ])
    }

    fn bivariate(&self, local: &[LocalRow]) -> Result<GlobalRow, String> {
        self.own_varies()?;
        let hardly = || self.hardly_varies();
        let y = self.y.ok_or_else(hardly)?;
        self.varies(self.spec.other.as_ref().map_or("the other variable", |other| &other.text), y)?;
        let value = bivariate_moran(self.x, y, self.w).ok_or_else(hardly)?;
        let draws = (self.spec.permutations, self.spec.seed);
        let found = permute(y, draws, |y| bivariate_moran(self.x, y, self.w).unwrap_or(f64::NAN));
        let mut row = GlobalRow::of_draws(self.period, "bivariate_moran", self.x.len(), (value, &found));
        let significant = || local.iter().filter_map(|one| one.bivariate).filter(|one| one.is_significant);
        let spots = |quadrant: &str| significant().filter(|one| one.quadrant == quadrant).count();
        (row.hot_spots, row.cold_spots) = (spots("high-high"), spots("low-low"));
        Ok(row)
    }
}
