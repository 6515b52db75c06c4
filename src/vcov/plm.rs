//! plm's robust covariances: `vcovHC` (Arellano, White 1, White 2), `vcovBK`, `vcovSCC`, `vcovNW`, `vcovDC`.
//!
//! With scores `s = x e` of the (transformed) columns, levels `g` of units or of periods (`by`) and a factor by `type`
//! (`hc0` 1, `hc1` N/(N-k), `sss` G/(G-1) (N-1)/(N-k), with k the coefficients and G the levels, or rows for White):
//!
//! | method | meat |
//! |---|---|
//! | arellano | `Σ_g s_g s_g'` (Arellano 1987) |
//! | white1 | `Σ x x' e²` (White 1984) |
//! | white2 | `Σ_g (e_g'e_g / n_g) X_g'X_g` |
//! | bk | `Σ_g X_g' Ω X_g`, `Ω_ts` the mean over g of `e_gt e_gs`; by periods it is Beck and Katz (1995), by units its transpose |
//! | scc | Driscoll and Kraay (1998) |
//! | nw | Newey and West (1987) within units |
//! | dc | arellano by units + by periods - white1 (Thompson 2011) |

use nalgebra::DMatrix;

use super::error::CovarianceError;
use super::errors::Lags;
use super::record::PeriodCount;
use super::scores::scores;
use super::serial;
use crate::design::{DenseFactor, DesignMatrix, PanelIndex, Way};
use crate::estimate::Influence;
use crate::linalg::cross_products;

/// One of plm's robust covariances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlmErrors {
    /// Which.
    pub method: PlmMethod,
    /// Its small-sample factor.
    pub kind: PlmType,
    /// The levels that observations are grouped by: plm's `cluster`, `group` or `time`.
    pub by: Way,
    /// Lags of `scc` and `nw`.
    pub lags: Lags,
}

/// plm's methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlmMethod {
    /// Clustered.
    Arellano,
    /// Independent rows.
    White1,
    /// Independent rows with one variance per level.
    White2,
    /// Beck and Katz.
    BeckKatz,
    /// Driscoll and Kraay.
    Scc,
    /// Newey and West.
    NeweyWest,
    /// Double clustering.
    Double,
}

/// plm's types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlmType {
    /// No factor.
    #[default]
    Hc0,
    /// N/(N-k).
    Hc1,
    /// As Stata's small-sample factor.
    Sss,
}

impl PlmErrors {
    /// The word for records.
    pub fn name(&self) -> &'static str {
        match self.method {
            PlmMethod::Arellano => "arellano",
            PlmMethod::White1 => "white1",
            PlmMethod::White2 => "white2",
            PlmMethod::BeckKatz => "beck_katz",
            PlmMethod::Scc => "scc",
            PlmMethod::NeweyWest => "nw",
            PlmMethod::Double => "double_clustering",
        }
    }

    /// The factor of a part with `groups` levels.
    fn factor(&self, design: &DesignMatrix, influence: &Influence, groups: usize) -> f64 {
        let (n, k, g) = (design.n_rows() as f64, influence.bread.nrows() as f64, groups as f64);
        match self.kind {
            PlmType::Hc0 => 1.0,
            PlmType::Hc1 => n / (n - k),
            PlmType::Sss => g / (g - 1.0) * (n - 1.0) / (n - k),
        }
    }

    /// The meat, with the factor in it.
    pub(super) fn meat(
        &self,
        design: &DesignMatrix,
        influence: &Influence,
    ) -> Result<(DMatrix<f64>, Option<PeriodCount>), CovarianceError> {
        if design.weights.is_some() {
            return Err(CovarianceError::Weighted { errors: self.name().to_string() });
        }
        let index = PanelIndex::of(design).map_err(CovarianceError::Index)?;
        let factor = |groups: usize| self.factor(design, influence, groups);
        let levels = index.factor(self.by);
        let clustered = |way: Way| {
            let sums = influence.cluster_sums(index.factor(way), None);
            products(&sums) * factor(index.n(way))
        };
        let rows = || products(&scores(design, influence)) * factor(design.n_rows());
        match self.method {
            PlmMethod::Arellano => Ok((clustered(self.by), None)),
            PlmMethod::White1 => Ok((rows(), None)),
            PlmMethod::White2 => Ok((white2(influence, levels) * factor(design.n_rows()), None)),
            PlmMethod::BeckKatz => {
                let other = if self.by == Way::Unit { Way::Time } else { Way::Unit };
                Ok((beck_katz(influence, levels, index.factor(other)) * factor(index.n(self.by)), None))
            }
            PlmMethod::Scc => {
                let (meat, periods) = serial::driscoll_kraay(design, influence, self.lags)?;
                Ok((meat * factor(index.n(Way::Time)), Some(periods)))
            }
            PlmMethod::NeweyWest => {
                let (meat, periods) = serial::newey_west(design, influence, self.lags)?;
                Ok((meat * factor(design.n_rows()), Some(periods)))
            }
            PlmMethod::Double => Ok((clustered(Way::Unit) + clustered(Way::Time) - rows(), None)),
        }
    }
}

fn products(columns: &[Vec<f64>]) -> DMatrix<f64> {
    cross_products(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), None)
}

fn white2(influence: &Influence, levels: &DenseFactor) -> DMatrix<f64> {
    let (mut squares, mut counts) = (vec![0.0; levels.n_levels], vec![0.0; levels.n_levels]);
    for (&code, e) in levels.codes.iter().zip(influence.residuals.iter()) {
        squares[code as usize] += e * e;
        counts[code as usize] += 1.0;
    }
    let variances: Vec<f64> = levels.codes.iter().map(|&c| squares[c as usize] / counts[c as usize]).collect();
    let views: Vec<&[f64]> = influence.columns.iter().map(|column| column.as_slice()).collect();
    cross_products(&views, Some(&variances))
}

/// `Σ_g X_g' Ω X_g` with `Ω` over the levels of the other way, averaged over the `g` that have both.
fn beck_katz(influence: &Influence, levels: &DenseFactor, other: &DenseFactor) -> DMatrix<f64> {
    let (size, k) = (other.n_levels, influence.columns.len());
    let e: &[f64] = &influence.residuals;
    let (starts, order) = levels.rows();
    let (mut omega, mut counts) = (DMatrix::<f64>::zeros(size, size), DMatrix::<f64>::zeros(size, size));
    let at = |row: u32| other.codes[row as usize] as usize;
    for bounds in starts.windows(2) {
        let rows = &order[bounds[0]..bounds[1]];
        for &a in rows {
            for &b in rows {
                omega[(at(a), at(b))] += e[a as usize] * e[b as usize];
                counts[(at(a), at(b))] += 1.0;
            }
        }
    }
    omega.iter_mut().zip(counts.iter()).filter(|(_, count)| **count > 0.0).for_each(|(value, count)| *value /= count);
    let mut meat = DMatrix::zeros(k, k);
    for bounds in starts.windows(2) {
        let rows = &order[bounds[0]..bounds[1]];
        let x = DMatrix::from_fn(rows.len(), k, |i, j| influence.columns[j][rows[i] as usize]);
        let own = DMatrix::from_fn(rows.len(), rows.len(), |i, j| omega[(at(rows[i]), at(rows[j]))]);
        meat += x.transpose() * own * &x;
    }
    meat
}
