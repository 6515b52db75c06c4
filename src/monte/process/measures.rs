//! [`Regressors`]: the logs of the regressors, by plain loops over the base year.
//!
//! Base of every location quotient: all industries of the file. With `E_ir` employment and `c` the cluster of `i`:
//!
//! - specialisation `(E_ir / E_r) / (E_i / E)`;
//! - cluster strength `(sum_{j in c, j != i} E_jr / E_r) / (sum_{j in c, j != i} E_j / E)`;
//! - related strength `(sum_{d != c} w_cd E_dr / E_r) / (sum_{d != c} w_cd E_d / E)`, `w` the overlap;
//! - neighbour strength: the mean over queen neighbours `s` of `(E_cs / E_s) / (E_c / E)`, zero where `s` lacks `c`.
//!
//! This is the second route that checks the library's own measures: it shares no code with them.

use super::base::{Base, Cell};
use super::{Geography, Industries, Term};

/// Log regressors of every cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Regressors {
    employment: Vec<Vec<f64>>,
    cluster_of: Vec<usize>,
    overlap: Vec<Vec<f64>>,
    by_cluster: Vec<Vec<f64>>,
    neighbors: Vec<Vec<usize>>,
    region: Vec<f64>,
    industry: Vec<f64>,
    cluster: Vec<f64>,
    total: f64,
}

impl Regressors {
    /// Sums of the base year.
    pub fn of(base: &Base, geography: &Geography, industries: &Industries) -> Self {
        let employment: Vec<Vec<f64>> =
            base.cells.iter().map(|row| row.iter().map(|cell| cell.map_or(0.0, |c| c.employment)).collect()).collect();
        let n_clusters = industries.clusters.len();
        let mut by_cluster = vec![vec![0.0; n_clusters]; employment.len()];
        let mut industry = vec![0.0; industries.list.len()];
        let mut cluster = vec![0.0; n_clusters];
        for (r, row) in employment.iter().enumerate() {
            for (i, &jobs) in row.iter().enumerate() {
                by_cluster[r][industries.list[i].cluster] += jobs;
                industry[i] += jobs;
                cluster[industries.list[i].cluster] += jobs;
            }
        }
        Regressors {
            region: employment.iter().map(|row| row.iter().sum()).collect(),
            total: industry.iter().sum(),
            employment,
            cluster_of: industries.list.iter().map(|industry| industry.cluster).collect(),
            overlap: industries.overlap.clone(),
            by_cluster,
            neighbors: geography.neighbors.clone(),
            industry,
            cluster,
        }
    }

    /// The log of a term for an existing cell; `None` where it is not defined.
    pub fn log(&self, term: Term, r: usize, i: usize, cell: &Cell) -> Option<f64> {
        let value = match term {
            Term::InitialSpecialisation => self.quotient(self.employment[r][i], self.industry[i], r),
            Term::InitialWage => cell.wage,
            Term::InitialStartups => cell.startups,
            Term::InitialPatents => cell.patents,
            Term::ClusterStrength => self.cluster_strength(r, i),
            Term::RelatedStrength => self.related_strength(r, self.cluster_of[i]),
            Term::NeighborStrength => self.neighbor_strength(r, self.cluster_of[i]),
        };
        (value > 0.0 && value.is_finite()).then(|| value.ln())
    }

    /// `(part / E_r) / (whole / E)`.
    fn quotient(&self, part: f64, whole: f64, r: usize) -> f64 {
        (part / self.region[r]) / (whole / self.total)
    }

    fn cluster_strength(&self, r: usize, i: usize) -> f64 {
        let (mut part, mut whole) = (0.0, 0.0);
        for j in (0..self.cluster_of.len()).filter(|&j| j != i && self.cluster_of[j] == self.cluster_of[i]) {
            part += self.employment[r][j];
            whole += self.industry[j];
        }
        self.quotient(part, whole, r)
    }

    fn related_strength(&self, r: usize, c: usize) -> f64 {
        let (mut part, mut whole) = (0.0, 0.0);
        for d in (0..self.cluster.len()).filter(|&d| d != c) {
            part += self.overlap[c][d] * self.by_cluster[r][d];
            whole += self.overlap[c][d] * self.cluster[d];
        }
        self.quotient(part, whole, r)
    }

    fn neighbor_strength(&self, r: usize, c: usize) -> f64 {
        let around = &self.neighbors[r];
        let sum: f64 = around.iter().map(|&s| self.quotient(self.by_cluster[s][c], self.cluster[c], s)).sum();
        sum / around.len() as f64
    }
}
