//! [`Search`]: candidate groupings from many similarities, clustering functions, starts and numbers of clusters.
//!
//! Ward, centroid and median linkage, k-means and k-medians take each industry as the vector of its similarities with all
//! industries (rows of `M`, Euclidean or absolute distances); single, average and complete linkage and k-medoids take
//! `max(M) - M_ij`; spectral clustering takes `M`. A tree is grown once and cut at every number. Every start has a stream
//! keyed by seed, similarity, function, start and number, so that results do not depend on threads or on what else is run.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::{Scores, Scoring};
use crate::mapping::grouping::{
    Centre, GroupingError, Linkage, Partition, Spectrum, Start, dissimilarity, euclidean, hierarchical, k_means,
    k_medoids, spectral,
};
use crate::mapping::similarity::Similarity;
use crate::monte::Streams;

/// A clustering function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// Hierarchical, with a linkage.
    Hierarchical(Linkage),
    /// k-means.
    KMeans,
    /// k-medians.
    KMedians,
    /// k-medoids.
    KMedoids,
    /// Spectral clustering.
    Spectral,
}

impl Function {
    /// All functions with their names.
    pub const NAMES: [(&'static str, Function); 11] = [
        ("ward", Function::Hierarchical(Linkage::WardD2)),
        ("ward-d", Function::Hierarchical(Linkage::WardD)),
        ("average", Function::Hierarchical(Linkage::Average)),
        ("complete", Function::Hierarchical(Linkage::Complete)),
        ("single", Function::Hierarchical(Linkage::Single)),
        ("centroid", Function::Hierarchical(Linkage::Centroid)),
        ("median", Function::Hierarchical(Linkage::Median)),
        ("k-means", Function::KMeans),
        ("k-medians", Function::KMedians),
        ("k-medoids", Function::KMedoids),
        ("spectral", Function::Spectral),
    ];

    /// The function's name.
    pub fn name(self) -> &'static str {
        Function::NAMES.iter().find(|(_, function)| *function == self).map_or("", |(name, _)| name)
    }

    /// Whether it starts from chosen centres.
    pub fn has_starts(self) -> bool {
        !matches!(self, Function::Hierarchical(_))
    }
}

/// One grouping, where it comes from, and its scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The similarity, by position in [`Search::similarities`].
    pub similarity: usize,
    /// The clustering function.
    pub function: Function,
    /// The start, if the function has one.
    pub start: Option<Start>,
    /// The grouping.
    pub partition: Partition,
    /// Its scores over the validating matrices.
    pub scores: Scores,
}

/// What is tried.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// Similarities to group by, with names; all of the same industries, all pairs defined.
    pub similarities: Vec<(&'a str, &'a Similarity)>,
    /// Similarities to score by.
    pub validating: Vec<&'a Similarity>,
    /// Clustering functions.
    pub functions: Vec<Function>,
    /// Starts of the functions that have them.
    pub starts: Vec<Start>,
    /// Numbers of clusters.
    pub numbers: Vec<usize>,
    /// How groupings are scored.
    pub scoring: Scoring,
    /// The streams of random starts.
    pub streams: Streams,
}

impl Search<'_> {
    /// All candidates, the best first: by `VS`, then by the margin, then fewer clusters, then the order tried.
    ///
    /// # Errors
    /// When a number of clusters does not fit the industries or a similarity is not defined.
    pub fn candidates(&self) -> Result<Vec<Candidate>, GroupingError> {
        let mut found = Vec::new();
        for (similarity, &(name, matrix)) in self.similarities.iter().enumerate() {
            for &function in &self.functions {
                let groupings = self.groupings(name, matrix, function)?;
                let scored: Vec<Candidate> = groupings
                    .into_par_iter()
                    .map(|(start, partition)| {
                        let scores = Scores::of(&self.validating, &partition, &self.scoring);
                        Candidate { similarity, function, start, partition, scores }
                    })
                    .collect();
                found.extend(scored);
            }
        }
        found.sort_by(|a, b| {
            let order = |x: f64, y: f64| y.total_cmp(&x);
            let defined = |c: &Candidate| if c.scores.total.is_nan() { f64::NEG_INFINITY } else { c.scores.total };
            order(defined(a), defined(b))
                .then(order(a.scores.margin, b.scores.margin))
                .then(a.partition.n_groups().cmp(&b.partition.n_groups()))
        });
        Ok(found)
    }

    /// The grouping of one similarity by one function, start and number.
    ///
    /// # Errors
    /// As [`Search::candidates`].
    pub fn grouping(
        &self,
        (name, matrix): (&str, &Similarity),
        function: Function,
        start: Option<Start>,
        number: usize,
    ) -> Result<Partition, GroupingError> {
        let one = Search { numbers: vec![number], starts: start.into_iter().collect(), ..self.clone() };
        let mut found = one.groupings(name, matrix, function)?;
        found
            .pop()
            .map(|(_, partition)| partition)
            .ok_or(GroupingError::Groups { groups: number, points: matrix.len() })
    }

    /// Every grouping of one similarity by one function: (start, grouping), numbers of clusters in order.
    fn groupings(&self, name: &str, matrix: &Similarity, function: Function) -> Result<Vec<Grouped>, GroupingError> {
        match function {
            Function::Hierarchical(linkage) => {
                let tree = hierarchical(&distances(matrix, linkage)?, linkage)?;
                self.numbers.par_iter().map(|&k| Ok((None, tree.cut(k)?))).collect()
            }
            Function::KMeans | Function::KMedians => {
                let centre = if function == Function::KMeans { Centre::Mean } else { Centre::Median };
                let points = rows(matrix);
                self.over_starts(name, function, |k, start, stream| k_means(&points, k, centre, start, stream))
            }
            Function::KMedoids => {
                let distances = dissimilarity(matrix);
                self.over_starts(name, function, |k, start, stream| k_medoids(&distances, k, start, stream))
            }
            Function::Spectral => {
                let spectrum = Spectrum::of(matrix)?;
                self.over_starts(name, function, |k, start, stream| spectral(&spectrum, k, start, stream))
            }
        }
    }

    fn over_starts<G>(&self, name: &str, function: Function, group: G) -> Result<Vec<Grouped>, GroupingError>
    where
        G: Fn(usize, Start, &mut crate::monte::Stream) -> Result<crate::mapping::grouping::Centred, GroupingError>
            + Sync,
    {
        let tasks: Vec<(usize, Start)> =
            self.numbers.iter().flat_map(|&k| self.starts.iter().map(move |&start| (k, start))).collect();
        let one = |&(k, start): &(usize, Start)| {
            let step = format!("{name}/{}/{}", function.name(), start.name());
            let mut stream = self.streams.stream(&step, k as u64);
            Ok((Some(start), group(k, start, &mut stream)?.partition))
        };
        tasks.par_iter().map(one).collect()
    }
}

/// A grouping and where it started.
type Grouped = (Option<Start>, Partition);

/// The distances that a linkage takes.
///
/// # Errors
/// When a similarity is not defined.
pub(crate) fn distances(matrix: &Similarity, linkage: Linkage) -> Result<DMatrix<f64>, GroupingError> {
    Ok(match linkage {
        Linkage::WardD2 | Linkage::Centroid | Linkage::Median => euclidean(&rows(matrix)),
        Linkage::WardD => euclidean(&rows(matrix)).map(|distance| distance * distance),
        Linkage::Average | Linkage::Complete | Linkage::Single => dissimilarity(matrix),
    })
}

/// Every industry as the vector of its similarities. A missing diagonal takes the largest similarity: an industry is at
/// least as near to itself as to any other.
fn rows(matrix: &Similarity) -> DMatrix<f64> {
    let mut points = matrix.values().clone();
    let largest = matrix.pairs().fold(f64::NEG_INFINITY, f64::max);
    (0..points.nrows()).filter(|&i| matrix.values()[(i, i)].is_nan()).for_each(|i| points[(i, i)] = largest);
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_finds_blocks_and_numbers_are_checked() {
        let values =
            DMatrix::from_fn(12, 12, |i, j| if i / 4 == j / 4 { 0.9 - 0.01 * (i + j) as f64 / 24.0 } else { 0.1 });
        let similarity = Similarity::new((0..12).map(|i| i.to_string()).collect(), values).unwrap();
        let mut search = Search {
            similarities: vec![("lc", &similarity)],
            validating: vec![&similarity],
            functions: Function::NAMES.iter().map(|(_, function)| *function).collect(),
            starts: vec![Start::Segments, Start::PlusPlus(0)],
            numbers: vec![2, 3, 4],
            scoring: Scoring::default(),
            streams: Streams::new(9),
        };
        let found = search.candidates().unwrap();
        assert_eq!(found.len(), 7 * 3 + 4 * 2 * 3);
        let truth = Partition::new((0..12).map(|i| i / 4));
        assert_eq!((&found[0].partition, found[0].scores.total), (&truth, 100.0));
        for (name, function) in Function::NAMES {
            assert!(found.iter().any(|c| c.function == function && c.partition == truth), "{name}");
        }
        search.numbers = vec![13];
        assert!(matches!(search.candidates(), Err(GroupingError::Groups { groups: 13, points: 12 })));
    }
}
