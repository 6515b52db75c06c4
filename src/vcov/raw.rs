//! [`RawCovariance`]: everything about a covariance that takes a pass over the data; factors come after, by any rules.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::adjusted::adjusted_sums;
use super::balance;
use super::compute::Covariance;
use super::conley;
use super::count::{Counts, cluster_factor};
use super::error::CovarianceError;
use super::errors::{ClusterType, Errors};
use super::hetero::hetero_meat;
use super::record::{ClusterBalance, LeverageRoute, PeriodCount};
use super::serial;
use super::small_sample::{ClusterFactor, Degrees, JackknifeFactor, SmallSample};
use crate::design::{ClusterVariable, DenseFactor, DesignMatrix, WeightKind};
use crate::estimate::{ClusterCount, Estimate, Influence, Spread};
use crate::linalg::{cross_products, nearest_positive};
use crate::note::Note;

/// Fewer clusters than this raise a note: simulations find the usual tests to reject too often (Cameron and Miller 2015
/// speak of 20 to 50).
pub const FEW_CLUSTERS: usize = 30;

/// A summand of the covariance.
#[derive(Clone, Debug)]
struct Part {
    /// Coefficients x coefficients.
    matrix: DMatrix<f64>,
    /// Its sign.
    sign: f64,
    /// Its number of clusters.
    g: Option<usize>,
}

/// A covariance before its factors.
#[derive(Debug)]
pub struct RawCovariance<'a> {
    counts: Counts<'a>,
    errors: Errors,
    parts: Vec<Part>,
    /// Satterthwaite's degrees of freedom of each coefficient, where the errors have them.
    satterthwaite: Option<Vec<f64>>,
    periods: Option<PeriodCount>,
    places: Option<usize>,
    leverage: Option<LeverageRoute>,
    balance: Vec<ClusterBalance>,
    notes: Vec<Note>,
}

impl<'a> RawCovariance<'a> {
    /// Adds up what the errors ask for.
    ///
    /// # Errors
    /// [`CovarianceError`] if a column that the errors need is not in the design, or they are not defined for it.
    pub fn of(
        errors: &Errors,
        design: &'a DesignMatrix,
        estimate: &'a Estimate,
    ) -> Result<RawCovariance<'a>, CovarianceError> {
        let counts = Counts::of(design, estimate, find_clusters(design, errors)?);
        let influence = match &estimate.spread {
            Spread::Influence(influence) => influence,
            Spread::Covariance(matrix) if *errors == Errors::Iid => {
                let mut raw = RawCovariance::empty(counts, errors);
                raw.add(matrix.clone(), 1.0, None);
                return Ok(raw);
            }
            Spread::Covariance(_) => return Err(CovarianceError::NoInfluence { errors: errors.kind().to_string() }),
        };
        if errors.needs_leverage() && influence.columns.len() != influence.bread.nrows() {
            return Err(CovarianceError::NoLeverage { errors: errors.kind().to_string() });
        }
        let mut raw = RawCovariance::empty(counts, errors);
        match estimate.index.as_ref().and_then(|index| index.working(design, influence)) {
            // A likelihood is its own last weighted regression, leverages and all.
            Some((design, influence)) => raw.add_up(&design, &influence)?,
            None if estimate.index.is_some() && errors.needs_leverage() => {
                return Err(CovarianceError::NoLeverage { errors: errors.kind().to_string() });
            }
            None => raw.add_up(design, influence)?,
        }
        Ok(raw)
    }

    fn empty(counts: Counts<'a>, errors: &Errors) -> RawCovariance<'a> {
        RawCovariance {
            counts,
            errors: errors.clone(),
            parts: Vec::new(),
            satterthwaite: None,
            periods: None,
            places: None,
            leverage: None,
            balance: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds up over the rows of a design, which may be weighted for the last step of a likelihood.
    fn add_up(&mut self, design: &DesignMatrix, influence: &Influence) -> Result<(), CovarianceError> {
        let estimate = self.counts.estimate;
        match &self.errors.clone() {
            Errors::Iid => {
                let sampling = design.weights.as_ref().filter(|weights| weights.kind == WeightKind::Probability);
                self.notes.extend(sampling.map(|weights| Note::SamplingWeights { weights: weights.name.clone() }));
                // Of a likelihood the inverse information is the covariance itself.
                let n = design.n_obs() as f64;
                let variance = if estimate.likelihood.is_some() { 1.0 } else { estimate.sums.residual / (n - 1.0) };
                self.add(&influence.inverse * variance, 1.0, None);
            }
            errors @ (Errors::Hc0 | Errors::Hc1 | Errors::Hc2 | Errors::Hc3 | Errors::Hc4) => {
                let (meat, leverage) = hetero_meat(errors, design, influence)?;
                if let Some(leverage) = &leverage {
                    self.notes.extend(leverage.note());
                }
                self.leverage = leverage.map(|leverage| leverage.route);
                self.add(sandwich(influence, meat), 1.0, None);
            }
            Errors::Cluster(_) => {
                self.add_clusters(influence, |raw, members| Ok(raw.cluster_meat(design, influence, members)))?;
                self.diagnose(design, influence);
            }
            Errors::Adjusted(ClusterType::Cr0, _) => {
                self.add_clusters(influence, |raw, members| Ok(raw.cluster_meat(design, influence, members)))?;
                self.satterthwaite((design, influence), ClusterType::Cr0)?;
                self.diagnose(design, influence);
            }
            Errors::Adjusted(kind, _) => {
                let kind = *kind;
                self.add_clusters(influence, |raw, members| {
                    let Some(cluster) = influence.combined(members) else { return Ok(None) };
                    let name = raw.counts.clusters.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join("^");
                    let sums = adjusted_sums((kind, &name), design, influence, &cluster, false)?;
                    Ok(Some((sums.meat(kind), cluster.n_levels)))
                })?;
                self.satterthwaite((design, influence), kind)?;
                self.diagnose(design, influence);
            }
            Errors::NeweyWest(lags) => {
                let (meat, periods) = serial::newey_west(design, influence, *lags)?;
                self.counts.periods = Some(periods.periods);
                self.periods = Some(periods);
                self.add(sandwich(influence, meat), 1.0, None);
            }
            Errors::DriscollKraay(lags) => {
                let (meat, periods) = serial::driscoll_kraay(design, influence, *lags)?;
                self.counts.periods = Some(periods.periods);
                self.periods = Some(periods);
                self.add(sandwich(influence, meat), 1.0, None);
            }
            Errors::Plm(spec) => {
                let (meat, periods) = spec.meat(design, influence)?;
                self.periods = periods;
                self.add(sandwich(influence, meat), 1.0, None);
            }
            Errors::Conley(spec) => {
                let (meat, places, periods) = conley::meat(design, influence, spec)?;
                self.counts.periods = periods.as_ref().map(|periods| periods.periods);
                (self.periods, self.places) = (periods, Some(places));
                self.add(sandwich(influence, meat), 1.0, None);
            }
        }
        Ok(())
    }

    fn add(&mut self, matrix: DMatrix<f64>, sign: f64, g: Option<usize>) {
        self.parts.push(Part { matrix, sign, g });
    }

    /// `Σ_A ± Σ_g s_g s_g'` over all non-empty sets `A` of cluster variables, with `g` the combinations of their levels
    /// that occur; `meat` gives the sum of a set and the number of its combinations.
    fn add_clusters(
        &mut self,
        influence: &Influence,
        meat: impl Fn(&Self, &[&DenseFactor]) -> Result<Option<(DMatrix<f64>, usize)>, CovarianceError> + Sync,
    ) -> Result<(), CovarianceError> {
        let of_set = |set: u32| {
            let variables = self.counts.clusters.iter().enumerate();
            let members: Vec<&DenseFactor> =
                variables.filter(|(i, _)| set >> i & 1 == 1).map(|(_, variable)| &variable.factor).collect();
            let sign = if set.count_ones() % 2 == 1 { 1.0 } else { -1.0 };
            Ok(meat(self, &members)?.map(|(meat, g)| (sandwich(influence, meat), sign, g)))
        };
        let sets = (1u32..1 << self.counts.clusters.len()).into_par_iter();
        let found: Vec<_> = sets.map(of_set).collect::<Result<_, _>>()?;
        found.into_iter().flatten().for_each(|(part, sign, g)| self.add(part, sign, Some(g)));
        Ok(())
    }

    /// `Σ_g s_g s_g'` over the combinations of levels that occur, and how many these are.
    fn cluster_meat(
        &self,
        design: &DesignMatrix,
        influence: &Influence,
        members: &[&DenseFactor],
    ) -> Option<(DMatrix<f64>, usize)> {
        let weights = design.weight_values();
        if let [one, two] = members
            && let Some(found) = influence.pair_products((one, two), weights)
        {
            return Some(found);
        }
        let cluster = influence.combined(members)?;
        let sums = influence.cluster_sums(&cluster, weights);
        Some((cross_products(&sums.iter().map(Vec::as_slice).collect::<Vec<_>>(), None), cluster.n_levels))
    }

    fn satterthwaite(
        &mut self,
        (design, influence): (&DesignMatrix, &Influence),
        kind: ClusterType,
    ) -> Result<(), CovarianceError> {
        let [cluster] = self.counts.clusters.as_slice() else { return Ok(()) };
        if kind == ClusterType::Jackknife || influence.columns.len() != influence.bread.nrows() {
            return Ok(());
        }
        let found = adjusted_sums((kind, &cluster.name), design, influence, &cluster.factor, true);
        match found {
            Ok(sums) => self.satterthwaite = Some(sums.degrees),
            // CR0 itself needs none of this: it is only its degrees of freedom that cannot be had.
            Err(CovarianceError::CutAcross { .. }) if kind == ClusterType::Cr0 => {}
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    /// Few, unequal and influential clusters.
    fn diagnose(&mut self, design: &DesignMatrix, influence: &Influence) {
        for cluster in &self.counts.clusters {
            let clusters = cluster.factor.n_levels;
            if clusters < FEW_CLUSTERS {
                self.notes.push(Note::FewClusters { variable: cluster.name.clone(), clusters });
            }
            if let Some(found) = balance::of(design, (influence, &self.counts.estimate.terms), cluster) {
                self.notes.extend(found.notes());
                self.balance.push(found);
            }
        }
    }

    /// The covariance by some rules.
    pub fn with(&self, rules: &SmallSample) -> Covariance {
        let mut factors = self.counts.factors(rules, &self.errors);
        let k = self.counts.estimate.terms.len();
        let mut matrix = DMatrix::zeros(k, k);
        for part in &self.parts {
            matrix += &part.matrix * (part.sign * self.part_factor(part, rules, factors.g_factor));
        }
        matrix *= factors.k_factor;
        let mut notes = self.notes.clone();
        if self.may_be_indefinite()
            && let Some((repaired, relative)) = nearest_positive(&matrix)
        {
            matrix = repaired;
            notes.push(Note::NotPositiveDefinite { relative });
        }
        let degrees = self.satterthwaite.clone().filter(|_| rules.degrees == Degrees::Satterthwaite);
        if let Some(least) = degrees.as_ref().and_then(|df| df.iter().copied().reduce(f64::min)) {
            // Tests of several coefficients at once: the least of theirs.
            factors.df = least;
        }
        let clusters = self.counts.clusters.iter();
        Covariance {
            matrix,
            kind: self.errors.kind(),
            clusters: clusters
                .map(|c| ClusterCount { variable: c.name.clone(), clusters: c.factor.n_levels })
                .collect(),
            factors,
            nested: self.counts.nested.clone(),
            degrees,
            periods: self.periods.clone(),
            places: self.places,
            leverage: self.leverage.clone(),
            balance: self.balance.clone(),
            notes,
        }
    }

    /// `g_factor` where it is the same for all parts, the part's own where the rules say so.
    fn part_factor(&self, part: &Part, rules: &SmallSample, g_factor: f64) -> f64 {
        let Some(g) = part.g.filter(|_| rules.clusters == ClusterFactor::Own) else { return g_factor };
        match &self.errors {
            Errors::Cluster(_) if rules.adjust_g => cluster_factor(g),
            Errors::Adjusted(ClusterType::Cr3 | ClusterType::Jackknife, _) => match rules.jackknife {
                JackknifeFactor::Jackknife => cluster_factor(g).recip(),
                JackknifeFactor::Clustered => cluster_factor(g),
                JackknifeFactor::One => 1.0,
            },
            _ => g_factor,
        }
    }

    /// Sums by inclusion and exclusion, and kernels over space, can have negative eigenvalues.
    fn may_be_indefinite(&self) -> bool {
        self.parts.len() > 1 || matches!(self.errors, Errors::Conley(_))
    }

    /// The errors.
    pub fn errors(&self) -> &Errors {
        &self.errors
    }

    /// The design.
    pub fn design(&self) -> &DesignMatrix {
        self.counts.design
    }
}

fn find_clusters<'a>(design: &'a DesignMatrix, errors: &Errors) -> Result<Vec<&'a ClusterVariable>, CovarianceError> {
    let names = match errors {
        Errors::Cluster(names) | Errors::Adjusted(_, names) => names,
        _ => return Ok(Vec::new()),
    };
    if names.is_empty() || names.len() > 4 {
        return Err(CovarianceError::ClusterCount { given: names.len() });
    }
    let find = |name: &String| {
        design.clusters.iter().find(|cluster| cluster.name == *name).ok_or_else(|| {
            let nearest = design
                .clusters
                .iter()
                .max_by(|a, b| strsim::jaro_winkler(name, &a.name).total_cmp(&strsim::jaro_winkler(name, &b.name)));
            CovarianceError::ClusterUnknown { name: name.clone(), nearest: nearest.map(|c| c.name.clone()) }
        })
    };
    names.iter().map(find).collect()
}

/// `B M B'`, exactly symmetric.
fn sandwich(influence: &Influence, meat: DMatrix<f64>) -> DMatrix<f64> {
    let v = &influence.bread * meat * influence.bread.transpose();
    (&v + v.transpose()) * 0.5
}
