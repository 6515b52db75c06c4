//! Estimation: from a design to coefficients and their influence, and the record of a finished fit.

pub mod fit;
pub mod record;

pub use fit::{
    AbsorbedEffect, ClusterCount, Coefficient, Convergence, ErrorsRecord, Fit, FitStatistics, SmallSampleFactors,
    TestResult,
};
