//! [`covariance`]: raw matrix, counts, factors.

use nalgebra::DMatrix;

use super::dialect::Dialect;
use super::error::CovarianceError;
use super::errors::Errors;
use super::raw::RawCovariance;
use super::record::{ClusterBalance, DialectRecord, ErrorsDetails, LeverageRoute, PeriodCount};
use super::small_sample::SmallSample;
use crate::design::DesignMatrix;
use crate::estimate::{ClusterCount, Estimate, SmallSampleFactors};
use crate::note::Note;

/// A covariance with the counts behind it.
#[derive(Clone, Debug)]
pub struct Covariance {
    /// One row and column per coefficient.
    pub matrix: DMatrix<f64>,
    /// See [`Errors::kind`].
    pub kind: &'static str,
    /// Cluster variables and their numbers of clusters.
    pub clusters: Vec<ClusterCount>,
    /// Counts, factors and degrees of freedom.
    pub factors: SmallSampleFactors,
    /// Of each absorbed effect, whether it is nested in a cluster variable.
    pub nested: Vec<bool>,
    /// Degrees of freedom of each coefficient, where they have their own.
    pub degrees: Option<Vec<f64>>,
    /// Periods and lags.
    pub periods: Option<PeriodCount>,
    /// Distinct places.
    pub places: Option<usize>,
    /// How leverages were found.
    pub leverage: Option<LeverageRoute>,
    /// How unequal clusters are.
    pub balance: Vec<ClusterBalance>,
    /// Findings.
    pub notes: Vec<Note>,
}

impl Covariance {
    /// Degrees of freedom of a coefficient.
    pub fn df(&self, coefficient: usize) -> f64 {
        self.degrees.as_ref().and_then(|df| df.get(coefficient).copied()).unwrap_or(self.factors.df)
    }

    /// What a fit keeps of it besides counts and factors.
    pub fn details(&self) -> ErrorsDetails {
        ErrorsDetails {
            periods: self.periods.clone(),
            places: self.places,
            leverage: self.leverage.clone(),
            balance: self.balance.clone(),
            ..ErrorsDetails::default()
        }
    }
}

/// Computes the covariance of an estimate. It can be called again with other errors without a new fit; with other rules,
/// [`RawCovariance::with`] does not even pass over the data again.
///
/// # Errors
/// [`CovarianceError`] if a cluster variable is unknown or none is given, or the errors are not defined for the design.
pub fn covariance(
    errors: &Errors,
    rules: &SmallSample,
    design: &DesignMatrix,
    estimate: &Estimate,
) -> Result<Covariance, CovarianceError> {
    Ok(RawCovariance::of(errors, design, estimate)?.with(rules))
}

/// What each program would have printed for a coefficient.
pub fn in_every_dialect(raw: &RawCovariance<'_>, coefficient: usize) -> Vec<DialectRecord> {
    let record = |dialect: Dialect| match dialect.check(raw.errors(), raw.design()) {
        Ok(()) => {
            let found = raw.with(&dialect.small_sample());
            let df = found.df(coefficient);
            DialectRecord {
                dialect: dialect.to_string(),
                std_error: Some(found.matrix[(coefficient, coefficient)].max(0.0).sqrt()),
                df: df.is_finite().then_some(df),
                k: Some(found.factors.k),
                k_factor: Some(found.factors.k_factor),
                g_factor: Some(found.factors.g_factor),
                reason: String::new(),
            }
        }
        Err(fault) => DialectRecord {
            dialect: dialect.to_string(),
            std_error: None,
            df: None,
            k: None,
            k_factor: None,
            g_factor: None,
            reason: match fault {
                CovarianceError::NotDefined { reason: Some(reason), .. } => reason,
                _ => "not defined".to_string(),
            },
        },
    };
    Dialect::ALL.into_iter().map(record).collect()
}
