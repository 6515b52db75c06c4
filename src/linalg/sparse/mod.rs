//! Sparse matrices: products, and an exact factorisation of `c I + sum_k c_k M_k` at every size.
//!
//! ```text
//! SparseMatrix -> Pencil (ordering, elimination tree, fronts: once) -> Factor (numbers: per coefficients)
//!                                                                       -> log determinant, solutions, traces
//! ```

mod elimination;
mod factor;
mod front;
mod inverse;
mod matrix;
mod pencil;

pub use factor::Factor;
pub use matrix::SparseMatrix;
pub use pencil::Pencil;
