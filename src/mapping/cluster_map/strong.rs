//! What makes a cluster in a region strong: the flags of the Cluster Mapping site, the stars of the European Cluster
//! Observatory, and declared rules.
//!
//! Quantiles are of type 7 (Hyndman and Fan 1996) over the regions with employment in the cluster, in one period. With
//! `Q_p(.)` such a quantile, `E` employment, `N` establishments and `LQ` the location quotient:
//!
//! | flag | holds when |
//! | --- | --- |
//! | qualifying | `LQ > Q_.25(LQ)`, `E > Q_.25(E)`, `N > Q_.25(N)` |
//! | significant | `LQ > Q_.50(LQ)`, and so on |
//! | site strong | `LQ >= Q_.75(LQ)`, `LQ >= 1`, `E > Q_.25(E)`, `N > Q_.25(N)` |
//! | strong10 | `LQ >= Q_.90(LQ)`, `LQ >= 1`, and so on |
//!
//! as the program behind clustermapping.us computes them (strict for size, weak for the quotient). Without establishments
//! the condition on them is left out. A [`StrongRule`] says which clusters the summaries call strong; it is the site's
//! rule unless chosen otherwise.

use crate::describe::quantile;

/// The flags of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Qualifying, as the site has it.
    pub qualifying: bool,
    /// Significant, as the site has it.
    pub significant: bool,
    /// In the top quarter, as the site has it.
    pub site_strong: bool,
    /// In the top tenth, as the site has it.
    pub strong10: bool,
    /// Stars of the European Cluster Observatory, 0 to 3.
    pub stars: u8,
    /// Strong by the rule of the map.
    pub strong: bool,
}

/// Conditions that all must hold for a cluster to be strong in a region; those that are `None` do not count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StrongRule {
    /// `LQ >=` this quantile of the cluster's quotients.
    pub quotient_quantile: Option<f64>,
    /// `LQ >=` this.
    pub quotient: Option<f64>,
    /// Employment and establishments `>` this quantile of the cluster's.
    pub size_quantile: Option<f64>,
    /// Employment `>=` this.
    pub employment: Option<f64>,
    /// Establishments `>=` this.
    pub establishments: Option<f64>,
    /// Share of the cluster's national employment `>=` this.
    pub national_share: Option<f64>,
    /// So many stars of the European Cluster Observatory or more.
    pub stars: Option<u8>,
}

impl StrongRule {
    /// No condition.
    pub const NONE: StrongRule = StrongRule {
        quotient_quantile: None,
        quotient: None,
        size_quantile: None,
        employment: None,
        establishments: None,
        national_share: None,
        stars: None,
    };

    /// The rule of clustermapping.us: top quarter by quotient, at least 1, above the bottom quarter by size.
    pub const CLUSTER_MAPPING: StrongRule = StrongRule {
        quotient_quantile: Some(0.75),
        quotient: Some(1.0),
        size_quantile: Some(0.25),
        ..StrongRule::NONE
    };

    /// The rule of Delgado, Porter and Stern (2014), section 4: top 20 per cent of regions by quotient. Their minimum
    /// shares of national employment and establishments are not published; `national_share` gives one.
    pub const DPS_2014: StrongRule = StrongRule { quotient_quantile: Some(0.8), ..StrongRule::NONE };

    /// A quotient of at least 1.5 (Porter's white paper on clusters and economic policy).
    pub const SPECIALISED: StrongRule = StrongRule { quotient: Some(1.5), ..StrongRule::NONE };

    /// All three stars of the European Cluster Observatory.
    pub const STARS: StrongRule = StrongRule { stars: Some(3), ..StrongRule::NONE };
}

impl Default for StrongRule {
    fn default() -> Self {
        StrongRule::CLUSTER_MAPPING
    }
}

/// The stars of the European Cluster Observatory: one each for size (top tenth of the regions by employment in the
/// cluster), specialisation (`LQ` at least 2) and focus (top tenth by the cluster's share of regional employment); none
/// below a number of employees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StarRule {
    /// The top share of regions that gets the star of size, and that of focus.
    pub top: f64,
    /// The quotient that gets the star of specialisation.
    pub quotient: f64,
    /// Employees below which there is no star.
    pub floor: f64,
}

impl Default for StarRule {
    fn default() -> Self {
        StarRule { top: 0.1, quotient: 2.0, floor: 1000.0 }
    }
}

/// What the cells of one cluster are measured against in one period.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// The period, by position.
    pub period: u32,
    /// The cluster, by position.
    pub cluster: u32,
    /// Regions with employment in the cluster.
    pub regions: usize,
    /// Quantiles of the quotient of order 0.25, 0.5, 0.75 and 0.9.
    pub quotient: [f64; 4],
    /// The 0.25 quantile of employment.
    pub employment: f64,
    /// The 0.25 quantile of establishments; NaN where the data have none.
    pub establishments: f64,
    /// The least quotient that the map's rule calls strong, whatever the size.
    pub strong_quotient: f64,
    /// Employment that a strong cluster must exceed by the map's rule; NaN for none.
    pub strong_employment: f64,
    /// Establishments that a strong cluster must exceed; NaN for none.
    pub strong_establishments: f64,
    /// Employment that gets the star of size.
    pub star_employment: f64,
    /// Share of regional employment that gets the star of focus.
    pub star_share: f64,
}

/// One cell as the rules see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measured {
    pub(super) quotient: f64,
    pub(super) employment: f64,
    pub(super) establishments: f64,
    pub(super) region_share: f64,
    pub(super) national_share: f64,
}

impl Thresholds {
    /// The thresholds of one cluster from the regions where it is; `None` when it is nowhere.
    pub(super) fn of(
        (period, cluster): (usize, usize),
        present: &[Measured],
        rule: &StrongRule,
        stars: &StarRule,
    ) -> Option<Self> {
        let sorted = |value: fn(&Measured) -> f64| {
            let mut values: Vec<f64> = present.iter().map(value).filter(|value| value.is_finite()).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let (quotients, sizes) = (sorted(|cell| cell.quotient), sorted(|cell| cell.employment));
        let (counts, shares) = (sorted(|cell| cell.establishments), sorted(|cell| cell.region_share));
        let at = |values: &[f64], p: f64| quantile(values, p).unwrap_or(f64::NAN);
        let by_quantile = rule.quotient_quantile.map_or(f64::NAN, |p| at(&quotients, p));
        (!present.is_empty()).then(|| Thresholds {
            period: period as u32,
            cluster: cluster as u32,
            regions: present.len(),
            quotient: [0.25, 0.5, 0.75, 0.9].map(|p| at(&quotients, p)),
            employment: at(&sizes, 0.25),
            establishments: at(&counts, 0.25),
            strong_quotient: by_quantile.max(rule.quotient.unwrap_or(f64::NAN)),
            strong_employment: rule.size_quantile.map_or(f64::NAN, |p| at(&sizes, p)),
            strong_establishments: rule.size_quantile.map_or(f64::NAN, |p| at(&counts, p)),
            star_employment: at(&sizes, 1.0 - stars.top),
            star_share: at(&shares, 1.0 - stars.top),
        })
    }

    /// The flags of a cell where the cluster is.
    pub(super) fn flags(&self, cell: &Measured, rule: &StrongRule, stars: &StarRule) -> Flags {
        // A condition on what the data do not have does not count.
        let above = |value: f64, bound: f64| bound.is_nan() || value > bound;
        let least = |value: f64, bound: Option<f64>| bound.is_none_or(|bound| value >= bound);
        let large = above(cell.employment, self.employment) && above(cell.establishments, self.establishments);
        let [q25, q50, q75, q90] = self.quotient;
        let specialised = cell.quotient >= 1.0;
        let n_stars = if cell.employment < stars.floor {
            0
        } else {
            u8::from(cell.employment >= self.star_employment)
                + u8::from(cell.quotient >= stars.quotient)
                + u8::from(cell.region_share >= self.star_share)
        };
        Flags {
            qualifying: cell.quotient > q25 && large,
            significant: cell.quotient > q50 && large,
            site_strong: cell.quotient >= q75 && specialised && large,
            strong10: cell.quotient >= q90 && specialised && large,
            stars: n_stars,
            strong: (self.strong_quotient.is_nan() || cell.quotient >= self.strong_quotient)
                && above(cell.employment, self.strong_employment)
                && above(cell.establishments, self.strong_establishments)
                && least(cell.employment, rule.employment)
                && least(cell.establishments, rule.establishments)
                && least(cell.national_share, rule.national_share)
                && rule.stars.is_none_or(|least| n_stars >= least),
        }
    }
}
