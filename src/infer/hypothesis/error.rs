//! What is wrong with a text of coefficients, before and after there are estimates.

use super::super::wald::WaldError;
use crate::formula::{DerivativeError, Span};

/// Why a text is no hypothesis.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct HypothesisFault {
    /// What is wrong.
    pub message: String,
    /// Where in the text.
    pub span: Span,
    /// The way out.
    pub help: Option<String>,
}

/// Why a hypothesis could not be tested or a combination not be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DeltaError {
    /// No derivative.
    #[error(transparent)]
    Derivative(#[from] DerivativeError),
    /// No test.
    #[error(transparent)]
    Wald(#[from] WaldError),
    /// A value that is not a number at the estimates.
    #[error("`{text}` has no finite value or derivative at the estimates")]
    NotFinite {
        /// The expression.
        text: String,
    },
}
