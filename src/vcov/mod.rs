//! Covariance of coefficients from influence values.
