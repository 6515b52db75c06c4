//! [`Group`]: the working columns that models with the same sample, effects and weights share, and their cross products.
//!
//! A working column is a column of the design net of the absorbed effects, or centred where there is a constant, or as it
//! is. Each is made once, each product of two of them is added up once (in blocks, in parallel, in a fixed order), and
//! every model is solved from the products of its own columns. A model alone is a group of one: what others are in the
//! group does not touch a bit of it.
//!
//! Columns are told apart by the memory they stand in, which the group keeps alive. What is no longer needed is freed with
//! the [`AbsorberCache`] that holds the groups.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use nalgebra::DMatrix;

use super::cluster_sums::{Pair, cluster_sums};
use super::error::EstimateError;
use super::estimator::Estimate;
use super::products::{combine, is_compact};
use super::working::prepare;
use crate::absorb::{AbsorberCache, Absorption, Effects};
use crate::design::{DenseFactor, DesignMatrix};
use crate::linalg::pair_products;

/// The id of a column of ones in products by cluster.
pub(super) const CONSTANT: usize = usize::MAX;

/// What happens to the columns of a design before it is solved.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Treatment {
    /// They are taken net of effects.
    Absorbed(Effects),
    /// They are centred about their (weighted) means.
    Centred,
    /// Nothing.
    Raw,
}

/// A working column with the sums that decide what becomes of it.
#[derive(Debug)]
pub(super) struct WorkingColumn {
    /// Its number in the group.
    pub(super) id: usize,
    /// The column as it came.
    pub(super) source: Arc<Vec<f64>>,
    /// The working column, a value per row.
    pub(super) values: Arc<Vec<f64>>,
    /// (Weighted) mean of the column as it came.
    pub(super) mean: f64,
    /// Its (weighted) sum of squares about the mean.
    pub(super) about_mean: f64,
    /// Its (weighted) sum of squares about zero.
    pub(super) about_zero: f64,
    /// The working column's (weighted) sum of squares.
    pub(super) left: f64,
    /// How the absorption ended, if there was one.
    pub(super) absorption: Option<Absorption>,
    /// What explains the column, once that was asked.
    pub(super) by: OnceLock<String>,
}

#[derive(Default)]
struct Held {
    columns: Vec<Arc<WorkingColumn>>,
    /// By place of the source in memory.
    position: HashMap<usize, usize>,
    products: HashMap<(usize, usize), f64>,
    /// By place of the codes, and two columns.
    by_cluster: HashMap<(usize, usize, usize), Arc<Vec<f64>>>,
    combined: HashMap<Vec<usize>, DenseFactor>,
    /// Keeps the codes whose places are keys.
    codes: HashMap<usize, Arc<Vec<u32>>>,
}

/// See the module head.
pub(super) struct Group {
    pub(super) treatment: Treatment,
    pub(super) weights: Option<Arc<Vec<f64>>>,
    n_rows: usize,
    held: Mutex<Held>,
}

impl Group {
    fn of(design: &DesignMatrix) -> Group {
        Group {
            treatment: treatment(design),
            weights: design.weights.as_ref().map(|weights| Arc::clone(&weights.values)),
            n_rows: design.n_rows(),
            held: Mutex::default(),
        }
    }

    fn fits(&self, design: &DesignMatrix) -> bool {
        let same_effects = match (&self.treatment, design.absorbed.is_empty()) {
            (Treatment::Absorbed(effects), false) => {
                effects.settings == design.absorption
                    && effects.terms.len() == design.absorbed.len()
                    && effects.terms.iter().zip(&design.absorbed).all(|(a, b)| {
                        Arc::ptr_eq(&a.factor.codes, &b.factor.codes)
                            && a.name == b.name
                            && a.slopes_only == b.slopes_only
                            && a.slopes.len() == b.slopes.len()
                            && a.slopes.iter().zip(&b.slopes).all(|(a, b)| Arc::ptr_eq(a, b))
                    })
            }
            (Treatment::Centred, true) => design.intercept,
            (Treatment::Raw, true) => !design.intercept,
            _ => false,
        };
        let same_weights = match (&self.weights, &design.weights) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, &b.values),
            _ => false,
        };
        same_effects && same_weights && self.n_rows == design.n_rows()
    }

    /// The weights as a slice.
    pub(super) fn weight_values(&self) -> Option<&[f64]> {
        self.weights.as_ref().map(|weights| weights.as_slice())
    }

    /// The working columns of these columns; those that are not there are made together.
    pub(super) fn columns(
        &self,
        sources: &[&Arc<Vec<f64>>],
        cache: &AbsorberCache,
    ) -> Result<Vec<Arc<WorkingColumn>>, EstimateError> {
        let missing: Vec<Arc<Vec<f64>>> = {
            let held = self.locked();
            let mut seen = BTreeSet::new();
            let new = sources.iter().filter(|source| !held.position.contains_key(&place(source)));
            new.filter(|source| seen.insert(place(source))).map(|source| Arc::clone(source)).collect()
        };
        let made = if missing.is_empty() { Vec::new() } else { prepare(self, &missing, cache)? };
        let mut held = self.locked();
        for mut column in made {
            let at = place(&column.source);
            if !held.position.contains_key(&at) {
                column.id = held.columns.len();
                held.position.insert(at, column.id);
                held.columns.push(Arc::new(column));
            }
        }
        // All are there now: they were, or have just been added.
        let find = |source: &&Arc<Vec<f64>>| held.position.get(&place(source)).map(|&id| Arc::clone(&held.columns[id]));
        Ok(sources.iter().filter_map(find).collect())
    }

    /// `C'WC` of working columns.
    pub(super) fn products(&self, columns: &[&WorkingColumn]) -> DMatrix<f64> {
        let pairs: Vec<(usize, usize)> =
            (0..columns.len()).flat_map(|j| (0..=j).map(move |i| sorted(columns[i].id, columns[j].id))).collect();
        self.add_products(pairs);
        let held = self.locked();
        DMatrix::from_fn(columns.len(), columns.len(), |i, j| {
            // All were added just above.
            held.products.get(&sorted(columns[i].id, columns[j].id)).copied().unwrap_or(f64::NAN)
        })
    }

    fn add_products(&self, pairs: Vec<(usize, usize)>) {
        let (missing, columns) = {
            let held = self.locked();
            let missing: BTreeSet<_> = pairs.into_iter().filter(|pair| !held.products.contains_key(pair)).collect();
            let columns: Vec<Arc<Vec<f64>>> = held.columns.iter().map(|column| Arc::clone(&column.values)).collect();
            (missing.into_iter().collect::<Vec<_>>(), columns)
        };
        if missing.is_empty() {
            return;
        }
        let views: Vec<&[f64]> = columns.iter().map(|column| column.as_slice()).collect();
        let sums = pair_products(&views, &missing, self.weight_values());
        self.locked().products.extend(missing.into_iter().zip(sums));
    }

    /// `Σ_g w a b` of pairs of working columns over the rows of each cluster.
    pub(super) fn cluster_products(&self, cluster: &DenseFactor, pairs: &[(usize, usize)]) -> Vec<Arc<Vec<f64>>> {
        let codes = place(&cluster.codes);
        let key = |&(a, b): &(usize, usize)| {
            let (a, b) = sorted(a, b);
            (codes, a, b)
        };
        let missing: Vec<(usize, usize, usize)> = {
            let held = self.locked();
            let missing: BTreeSet<_> = pairs.iter().map(key).filter(|key| !held.by_cluster.contains_key(key)).collect();
            missing.into_iter().collect()
        };
        if !missing.is_empty() {
            let column = {
                let held = self.locked();
                let columns: Vec<Arc<Vec<f64>>> = held.columns.iter().map(|c| Arc::clone(&c.values)).collect();
                move |id: usize| columns.get(id).cloned()
            };
            let held: Vec<_> = missing.iter().map(|&(_, a, b)| (column(a), column(b))).collect();
            let views: Vec<Pair<'_>> =
                held.iter().map(|(a, b)| (a.as_deref().map(Vec::as_slice), b.as_deref().map(Vec::as_slice))).collect();
            let sums = cluster_sums(cluster, &views, self.weight_values());
            let mut held = self.locked();
            held.codes.insert(codes, Arc::clone(&cluster.codes));
            for (key, sums) in missing.into_iter().zip(sums) {
                held.by_cluster.entry(key).or_insert_with(|| Arc::new(sums));
            }
        }
        let held = self.locked();
        pairs.iter().filter_map(|pair| held.by_cluster.get(&key(pair)).cloned()).collect()
    }

    /// The factor of the combinations of several, found once.
    pub(super) fn combined(&self, factors: &[&DenseFactor]) -> Option<DenseFactor> {
        if let [one] = factors {
            return Some((*one).clone());
        }
        let key: Vec<usize> = factors.iter().map(|factor| place(&factor.codes)).collect();
        if let Some(found) = self.locked().combined.get(&key) {
            return Some(found.clone());
        }
        let made = combine(factors)?;
        let mut held = self.locked();
        for factor in factors {
            held.codes.insert(place(&factor.codes), Arc::clone(&factor.codes));
        }
        Some(held.combined.entry(key).or_insert(made).clone())
    }

    /// Makes what several designs will ask for, all at once.
    fn share(&self, designs: &[&DesignMatrix], cache: &AbsorberCache) -> Result<(), EstimateError> {
        let sources = |design: &'_ DesignMatrix| -> Vec<Arc<Vec<f64>>> {
            let variables = std::iter::once(&design.outcome).chain(&design.regressors);
            variables.map(|variable| Arc::clone(&variable.values)).collect()
        };
        let all: Vec<Arc<Vec<f64>>> = designs.iter().flat_map(|design| sources(design)).collect();
        self.columns(&all.iter().collect::<Vec<_>>(), cache)?;
        let mut pairs: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut clustered: HashMap<usize, (DenseFactor, BTreeSet<(usize, usize)>)> = HashMap::new();
        for design in designs {
            let columns = self.columns(&sources(design).iter().collect::<Vec<_>>(), cache)?;
            let ids: Vec<usize> = columns.iter().map(|column| column.id).collect();
            let of_design: Vec<(usize, usize)> = (0..ids.len())
                .flat_map(|j| (0..=j).map(move |i| (i, j)))
                .map(|(i, j)| sorted(ids[i], ids[j]))
                .collect();
            pairs.extend(&of_design);
            for cluster in design.clusters.iter().filter(|cluster| is_compact(&cluster.factor, ids.len())) {
                let entry = clustered.entry(place(&cluster.factor.codes));
                let (_, wanted) = entry.or_insert_with(|| (cluster.factor.clone(), BTreeSet::new()));
                // The outcome's product with itself is in no score.
                wanted.extend(of_design.iter().filter(|pair| **pair != (ids[0], ids[0])));
                if design.intercept {
                    wanted.extend(ids.iter().map(|&id| (id, CONSTANT)));
                }
            }
        }
        self.add_products(pairs.into_iter().collect());
        for (factor, wanted) in clustered.into_values() {
            self.cluster_products(&factor, &wanted.into_iter().collect::<Vec<_>>());
        }
        Ok(())
    }

    /// Nothing panics while this is held, and no other lock or parallel work is waited for.
    fn locked(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Computes what several designs on the same sample share, all at once.
///
/// It is never needed for a result: an estimator computes what it does not find. Faults are left to the models that they
/// belong to.
pub fn share(designs: &[&DesignMatrix], cache: &AbsorberCache) {
    let Some(first) = designs.first() else { return };
    let group = cache.groups().of(first);
    let alike: Vec<&DesignMatrix> = designs.iter().copied().filter(|design| group.fits(design)).collect();
    let _ = group.share(&alike, cache);
}

/// Estimates of a group by what they depend on.
type Estimates = HashMap<DesignKey, Estimate>;

/// The groups of a cache, and the estimates of models that differ in nothing but their errors.
#[derive(Default)]
pub(crate) struct Groups {
    known: Mutex<Vec<(Arc<Group>, Estimates)>>,
}

/// What an estimate depends on within its group.
#[derive(Clone, PartialEq, Eq, Hash)]
struct DesignKey {
    outcome: usize,
    regressors: Vec<(String, usize)>,
    n_obs: usize,
}

impl DesignKey {
    fn of(design: &DesignMatrix) -> DesignKey {
        let regressors = design.regressors.iter().map(|variable| (variable.name.clone(), place(&variable.values)));
        DesignKey { outcome: place(&design.outcome.values), regressors: regressors.collect(), n_obs: design.n_obs() }
    }
}

impl Groups {
    /// The group that a design belongs to.
    pub(super) fn of(&self, design: &DesignMatrix) -> Arc<Group> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((found, _)) = known.iter().find(|(group, _)| group.fits(design)) {
            return Arc::clone(found);
        }
        let group = Arc::new(Group::of(design));
        known.push((Arc::clone(&group), Estimates::new()));
        group
    }

    /// The estimate of a design that differs from this one at most in its clusters.
    pub(super) fn estimate(&self, group: &Arc<Group>, design: &DesignMatrix) -> Option<Estimate> {
        let key = DesignKey::of(design);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, estimates) = known.iter().find(|(other, _)| Arc::ptr_eq(other, group))?;
        estimates.get(&key).map(Estimate::unformed)
    }

    /// Keeps an estimate for models that differ in their errors.
    pub(super) fn keep(&self, group: &Arc<Group>, design: &DesignMatrix, estimate: &Estimate) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, estimates)) = known.iter_mut().find(|(other, _)| Arc::ptr_eq(other, group)) {
            estimates.entry(DesignKey::of(design)).or_insert_with(|| estimate.unformed());
        }
    }
}

fn treatment(design: &DesignMatrix) -> Treatment {
    match Effects::of(design) {
        Some(effects) => Treatment::Absorbed(effects),
        None if design.intercept => Treatment::Centred,
        None => Treatment::Raw,
    }
}

fn sorted(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

/// Where a column stands.
fn place<T>(column: &Arc<Vec<T>>) -> usize {
    Arc::as_ptr(column) as usize
}
