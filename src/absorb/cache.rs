//! [`AbsorberCache`]: absorbers and absorbed columns, shared by models with the same sample, effects and weights.
//!
//! Both are found by digest of their content (of settings, codes, slopes, weights and values), so that two models share
//! exactly when the numbers are the same, whatever they are called.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::digest::{Digest, digest_numbers, update_codes, update_numbers};
use super::effects::Effects;
use super::error::AbsorbError;
use super::projections::Projections;
use super::{Absorber, Absorption};
use crate::estimate::Groups;

/// A column net of effects, and how that ended.
#[derive(Clone, Debug)]
pub struct AbsorbedColumn {
    /// The residual, one value per row of the sample.
    pub values: Arc<Vec<f64>>,
    /// How the projection ended.
    pub absorption: Absorption,
}

/// A shared absorber with its digest.
#[derive(Clone)]
pub struct SharedAbsorber {
    absorber: Arc<dyn Absorber>,
    digest: Digest,
}

impl SharedAbsorber {
    /// The absorber.
    pub fn absorber(&self) -> &dyn Absorber {
        self.absorber.as_ref()
    }
}

/// Absorbers by effects, and absorbed columns by absorber and content. Safe to share between threads.
#[derive(Default)]
pub struct AbsorberCache {
    absorbers: Mutex<HashMap<Digest, SharedAbsorber>>,
    columns: Mutex<HashMap<(Digest, Digest), AbsorbedColumn>>,
    groups: Groups,
}

impl AbsorberCache {
    /// An empty cache.
    pub fn new() -> AbsorberCache {
        AbsorberCache::default()
    }

    /// What models with the same sample, effects and weights share beyond their absorbed columns.
    pub(crate) fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The absorber of these effects, built on first use.
    ///
    /// # Errors
    /// Those of [`Projections::new`].
    pub fn absorber(&self, effects: &Effects) -> Result<SharedAbsorber, AbsorbError> {
        let digest = digest_effects(effects);
        if let Some(found) = locked(&self.absorbers).get(&digest) {
            return Ok(found.clone());
        }
        // Two threads may build the same absorber at once; one of the two equal results is kept.
        let built = SharedAbsorber { absorber: Arc::new(Projections::new(effects)?), digest };
        Ok(locked(&self.absorbers).entry(digest).or_insert(built).clone())
    }

    /// The columns net of the absorber's effects; each distinct column is projected once.
    ///
    /// # Errors
    /// Those of [`Absorber::absorb_all`].
    pub fn absorb(&self, shared: &SharedAbsorber, columns: &[&[f64]]) -> Result<Vec<AbsorbedColumn>, AbsorbError> {
        let keys: Vec<(Digest, Digest)> =
            columns.iter().map(|column| (shared.digest, digest_numbers(column))).collect();
        let mut missing: Vec<usize> = Vec::new();
        {
            let known = locked(&self.columns);
            for (i, key) in keys.iter().enumerate() {
                if !known.contains_key(key) && !missing.iter().any(|&m| keys[m] == *key) {
                    missing.push(i);
                }
            }
        }
        let mut fresh: Vec<Vec<f64>> = missing.par_iter().map(|&i| columns[i].to_vec()).collect();
        let mut views: Vec<&mut [f64]> = fresh.iter_mut().map(Vec::as_mut_slice).collect();
        let ended = if views.is_empty() { Vec::new() } else { shared.absorber.absorb_all(&mut views)? };
        let mut known = locked(&self.columns);
        for ((i, values), absorption) in missing.into_iter().zip(fresh).zip(ended) {
            known.insert(keys[i], AbsorbedColumn { values: Arc::new(values), absorption });
        }
        // All keys are known now: they were, or have just been added.
        Ok(keys.iter().filter_map(|key| known.get(key).cloned()).collect())
    }

    /// Distinct columns projected so far.
    pub fn n_columns(&self) -> usize {
        locked(&self.columns).len()
    }

    /// Distinct absorbers built so far.
    pub fn n_absorbers(&self) -> usize {
        locked(&self.absorbers).len()
    }
}

/// The content of a lock. Nothing panics while holding one, and every state of the maps is valid.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn digest_effects(effects: &Effects) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{:?}", effects.settings).as_bytes());
    for term in &effects.terms {
        hasher.update(&[u8::from(term.slopes_only), term.slopes.len() as u8]);
        update_codes(&mut hasher, &term.factor.codes);
        for slope in &term.slopes {
            update_numbers(&mut hasher, slope);
        }
    }
    if let Some(weights) = &effects.weights {
        hasher.update(b"weights");
        update_numbers(&mut hasher, weights);
    }
    hasher.finalize().into()
}
