//! How strong an omitted variable must be to change a conclusion: Oster's bounds and the robustness values of Cinelli and
//! Hazlett.
//!
//! In: a least-squares fit with its design, and a treatment; out: a [`SensitivityRecord`]. Everything rests on sums of
//! squares of regressions net of absorbed effects. Cinelli and Hazlett's numbers are those of classical errors: partial R²
//! are facts about the sample, and their adjusted errors are classical ones whatever the errors of the model. No
//! instruments, no nonlinear models.
//!
//! Sources: Oster (2019), "Unobservable selection and coefficient stability: theory and evidence", Journal of Business &
//! Economic Statistics 37(2); Cinelli and Hazlett (2020), "Making sense of sensitivity: extending omitted variable bias",
//! Journal of the Royal Statistical Society B 82(1).

mod assess;
pub mod confounding;
pub mod error;
pub mod oster;
mod record;
mod roots;

pub use assess::{OsterRequest, RMax, RSquared, SensitivityRequest, assess};
pub use confounding::{Adjusted, Confounder, LinearSummary};
pub use error::{Role, SensitivityError};
pub use oster::{CoefficientMovement, OsterRoot};
pub use record::{BoundRecord, ExtremeRecord, OsterRecord, RootRecord, SensitivityRecord};
pub use roots::real_roots;
