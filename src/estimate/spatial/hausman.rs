//! The spatial Hausman test (Pace and LeSage 2008): least squares and the error model estimate the same coefficients if the error model is right.
//!
//! With `B = I - lambda W` least squares has the variance `s2 (X'X)^-1 X'(B'B)^-1 X (X'X)^-1` then, and the error model `s2 (X'B'BX)^-1`; the statistic is
//! `d' (V_ols - V_sem)^-1 d`, chi-squared with as many degrees of freedom as coefficients.

use nalgebra::DVector;

use super::error::SpatialError;
use super::jacobian::Jacobian;
use super::layout::SpatialLayout;
use super::likelihood::{Point, SpatialColumns};
use crate::linalg::{cross_products, solve_least_squares};

/// The statistic and its degrees of freedom; `None` where the difference of the variances has no inverse.
///
/// # Errors
/// `I - lambda W` is singular.
pub fn spatial_hausman(
    (columns, layout): (&SpatialColumns, &SpatialLayout),
    jacobian: &Jacobian,
    point: &Point,
) -> Result<Option<(f64, usize)>, SpatialError> {
    let views: Vec<&[f64]> = columns.x.iter().map(Vec::as_slice).collect();
    let Some(plain) = solve_least_squares(&views, &columns.y, None) else { return Ok(None) };
    let lambda = point.lambda;
    let mut factors = Vec::new();
    for (_, of) in &jacobian.parts {
        factors.push(of.factor(lambda).ok_or(SpatialError::Singular { parameter: lambda })?);
    }
    let turned: Vec<Vec<f64>> =
        columns.x.iter().map(|x| layout.map(x, |matrix, values| factors[matrix].solve_transposed(values))).collect();
    let views: Vec<&[f64]> = turned.iter().map(Vec::as_slice).collect();
    let of_least_squares = &plain.inverse * cross_products(&views, None) * &plain.inverse;
    let difference: DVector<f64> = plain.coefficients - &point.coefficients;
    let between = (of_least_squares - &point.inverse) * point.variance;
    let Some(solved) = between.lu().solve(&difference) else { return Ok(None) };
    let statistic = difference.dot(&solved).abs();
    Ok(statistic.is_finite().then_some((statistic, difference.len())))
}
