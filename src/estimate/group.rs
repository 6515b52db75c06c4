//! Models that share a sample, effects and weights.

use crate::absorb::{AbsorberCache, Effects};
use crate::design::DesignMatrix;

/// Computes what several designs on the same sample share, all at once: their absorbed columns.
///
/// It is never needed for a result: an estimator computes what it does not find. Faults are left to the models that they
/// belong to.
pub fn share(designs: &[&DesignMatrix], cache: &AbsorberCache) {
    let Some(effects) = designs.first().and_then(|design| Effects::of(design)) else { return };
    let Ok(absorber) = cache.absorber(&effects) else { return };
    let columns: Vec<&[f64]> = designs
        .iter()
        .flat_map(|design| std::iter::once(&design.outcome).chain(&design.regressors))
        .map(|variable| variable.values.as_slice())
        .collect();
    let _ = cache.absorb(&absorber, &columns);
}
