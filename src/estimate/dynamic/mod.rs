//! Dynamic panels by GMM (Anderson-Hsiao, Arellano-Bond, Blundell-Bond), and without instruments (bias-corrected within,
//! half-panel jackknife, quasi-maximum likelihood of differences).
//!
//! In: columns of the panel with unit and time ([`DynamicVariables`]) and what is asked ([`DynamicMethod`]); out: coefficients,
//! their covariance and the tests of the instruments. A unit is a few rows of equations, transformed and in levels, with
//! a sparse row of instruments each; moments are sums over units, and nothing of the size of the sample squared, nor of
//! the instruments times the sample, is formed.
//!
//! Two published conventions for the level equation are followed, by name ([`LevelConvention`]).
//!
//! Sources: Anderson and Hsiao (1982); Arellano and Bond (1991); Arellano and Bover (1995); Blundell and Bond (1998);
//! Windmeijer (2005); Roodman (2009).

mod corrected;
mod equations;
mod fit;
mod frame;
mod grid;
pub mod method;
mod moments;
mod request;
mod sequences;
mod serial;
mod transformed;
mod variables;

pub use fit::{DynamicFit, OveridentificationTest, SerialTest, estimate};
pub use method::{DynamicGmm, DynamicMethod, GmmSteps, LevelConvention, Transformation};
pub use request::fit_dynamic;
pub use variables::{DynamicError, DynamicVariables, GmmInstrument};
