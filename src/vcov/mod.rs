//! Covariance of coefficients from influence values.
//!
//! In: a design, an estimate, the errors asked for, and how small-sample counts are made ([`SmallSample`], with presets
//! by [`Dialect`]); out: a [`Covariance`] with every count and factor it used. What takes a pass over the data is a
//! [`RawCovariance`], from which the covariance by any rules follows without another.
//!
//! Raw matrices, in the weights `w`, with `s = w x e`:
//!
//! | errors | frequency weights | analytic and probability weights |
//! |---|---|---|
//! | iid | `Σ w e² / (N-1) · (X'WX)^-1`, `N = Σ w` | the same with `N` the rows |
//! | hc0 to hc4 | meat `Σ w e² f(h) x x'` | meat `Σ w² e² f(h) x x'` (`hetero`, `leverage`) |
//! | cluster (CR1), cr0 | meat `Σ_g s_g s_g'`, `s_g = Σ s` | the same |
//! | cr2, cr3, jackknife | the same with adjusted residuals (`adjusted`) | the same in units of `sqrt(w)` |
//! | Newey-West, Driscoll-Kraay | sums with Bartlett's weights (`serial`); Newey-West not | the same |
//! | Conley | `Σ_ij K(d_ij) s_i s_j'` (`conley`) | the same |
//!
//! Several cluster variables are added up by inclusion and exclusion; a matrix with negative eigenvalues is replaced by the
//! one with these set to zero, and a note says so. The bootstrap is in [`crate::infer::resample`].

mod adjusted;
mod balance;
pub mod compute;
pub mod conley;
mod count;
pub mod dialect;
pub mod error;
pub mod errors;
mod hetero;
pub mod leverage;
pub mod plm;
pub mod raw;
pub mod record;
mod scores;
mod serial;
pub mod small_sample;

pub use compute::{Covariance, covariance, in_every_dialect};
pub use dialect::Dialect;
pub use error::CovarianceError;
pub use errors::{ClusterType, Conley, Errors, Lags, SpatialKernel};
pub use plm::{PlmErrors, PlmMethod, PlmType};
pub use raw::{FEW_CLUSTERS, RawCovariance};
pub use record::{ClusterBalance, DialectRecord, ErrorsDetails, LeverageRoute, PeriodCount};
pub use small_sample::{
    AbsorbedCount, ClusterFactor, Degrees, JackknifeFactor, ParameterFactor, PeriodFactor, SmallSample,
};
