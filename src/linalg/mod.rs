//! Small dense algebra and sums in a fixed order.
//!
//! In: columns of `f64`, one contiguous slice per variable. Out: nalgebra matrices of the size of the model. Every sum
//! over rows is cut into the same blocks whatever the number of threads and added up in the same order, so that results
//! have the same bits on one thread and on many. Nothing here knows of variables, weights' meanings or samples.

pub mod cross;
mod double;
pub mod eigen;
pub mod gram;
pub mod independent;
pub mod least_squares;
pub mod orthogonal;
pub mod pivots;
pub mod products;
pub mod refine;
pub mod sparse;

pub use cross::{cross_products, dot, pair_products, squares_about, sum, weighted_dot};
pub use eigen::nearest_positive;
pub use gram::{gram, gram_of, product};
pub use independent::IndependentFactor;
pub use least_squares::{LeastSquares, solve_least_squares};
pub(crate) use least_squares::{residual, subtract_fit};
pub use orthogonal::{Orthogonal, OrthogonalSolution};
pub use pivots::{Dependent, Pivots};
pub use products::{ProductsSolution, solve_products};
pub use refine::refine;
pub use sparse::{Factor, Pencil, SparseMatrix};
