//! The design of a spatial model with its lags as columns.

use std::sync::Arc;

use super::super::maximum_likelihood::RHO;
use super::super::request::SpatialRequest;
use crate::design::{DesignMatrix, Variable};

/// What the lag of a regressor is called.
pub(super) fn lag_name(variable: &str, weights: &str) -> String {
    format!("spatial_lag({variable}, {weights})")
}

/// A design with lags of regressors (Durbin models) among its regressors, the lag of the outcome among the endogenous ones, and
/// lags of all exogenous columns, up to `orders` beyond those that are regressors, among the instruments (Kelejian and Prucha 1998).
pub(super) fn augmented(design: &DesignMatrix, spatial: &SpatialRequest, orders: usize) -> DesignMatrix {
    let lagged = |variables: &[Variable]| -> Vec<Variable> {
        let lag = |variable: &Variable| Variable {
            name: lag_name(&variable.name, &spatial.weights),
            values: Arc::new(spatial.layout.lag(&variable.values)),
        };
        variables.iter().map(lag).collect()
    };
    let mut out = design.clone();
    let (lagging, alone): (Vec<Variable>, Vec<Variable>) =
        design.regressors.iter().cloned().partition(|variable| spatial.is_lagged(&variable.name));
    let lags = lagged(&lagging);
    if spatial.terms.lag {
        let mut exogenous: Vec<Variable> = lags.iter().cloned().chain(alone).collect();
        exogenous.extend(design.instruments.iter().cloned());
        for _ in 0..orders {
            exogenous = lagged(&exogenous);
            out.instruments.extend(exogenous.iter().cloned());
        }
        let values = Arc::new(spatial.layout.lag(&design.outcome.values));
        out.endogenous.push(Variable { name: RHO.into(), values });
    }
    out.regressors.extend(lags);
    out
}
