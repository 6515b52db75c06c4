//! How alike two industries are: [`Similarity`], a symmetric matrix, from where they locate, what they trade and whom they
//! employ.
//!
//! | matrix | function | source |
//! |---|---|---|
//! | locational correlation | [`locational_correlation`] | Porter (2003); Delgado, Porter and Stern (2016) |
//! | coagglomeration | [`coagglomeration`] | Ellison and Glaeser (1997); Ellison, Glaeser and Kerr (2010) |
//! | input-output links | [`input_output_links`] | Delgado, Porter and Stern (2016) |
//! | occupational correlation | [`occupational_correlation`] | Delgado, Porter and Stern (2016) |
//! | proximity, association and others of co-occurrence | [`co_occurrence`] | Hidalgo et al. (2007); van Eck and Waltman (2009) |
//! | cosine of profiles | [`cosine`] | |
//! | standardised average (LC-IO-Occ) | [`standardised_average`] | Delgado, Porter and Stern (2016) |
//!
//! A similarity that is not defined (an industry with the same number in every region has no correlation) is missing (NaN)
//! and [`Similarity::undefined`] names the industry. The diagonal is never used in scores, averages or densities.

mod average;
mod co_occurrence;
mod coagglomeration;
mod correlation;
mod density;
mod links;

pub use average::standardised_average;
pub use co_occurrence::{Association, co_occurrence, co_occurrence_counts, proximity};
pub use coagglomeration::{Reference, coagglomeration};
pub use correlation::{Profile, correlation, cosine, locational_correlation, occupational_correlation};
pub use density::relatedness_density;
pub use links::{Flow, LinksError, input_output_links};

use nalgebra::DMatrix;

/// Similarities of industries with each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Similarity {
    industries: Vec<String>,
    values: DMatrix<f64>,
}

impl Similarity {
    /// A matrix with a row and a column for each industry. The mean of the two directions is taken where they differ.
    /// `None` when the shape does not fit the names.
    pub fn new(industries: Vec<String>, values: DMatrix<f64>) -> Option<Self> {
        let n = industries.len();
        if values.shape() != (n, n) {
            return None;
        }
        let values = DMatrix::from_fn(n, n, |i, j| {
            let (one, other) = (values[(i, j)], values[(j, i)]);
            if one == other { one } else { 0.5 * (one + other) }
        });
        Some(Similarity { industries, values })
    }

    /// A matrix known to be symmetric and of the right shape.
    pub(crate) fn symmetric(industries: &[String], values: DMatrix<f64>) -> Self {
        Similarity { industries: industries.to_vec(), values }
    }

    /// The industries, in the order of rows and columns.
    pub fn industries(&self) -> &[String] {
        &self.industries
    }

    /// The number of industries.
    pub fn len(&self) -> usize {
        self.industries.len()
    }

    /// Whether there is no industry.
    pub fn is_empty(&self) -> bool {
        self.industries.is_empty()
    }

    /// The matrix; NaN is undefined.
    pub fn values(&self) -> &DMatrix<f64> {
        &self.values
    }

    /// Positions of the industries whose similarity with every other one is undefined.
    pub fn undefined(&self) -> Vec<usize> {
        let n = self.len();
        (0..n).filter(|&i| n > 1 && (0..n).all(|j| j == i || self.values[(i, j)].is_nan())).collect()
    }

    /// The defined similarities of distinct pairs, each once.
    pub fn pairs(&self) -> impl Iterator<Item = f64> {
        let n = self.len();
        (0..n).flat_map(move |j| (0..j).map(move |i| self.values[(i, j)])).filter(|value| !value.is_nan())
    }

    /// The similarities among some industries, in their order; missing for an industry that this matrix does not have.
    pub fn among(&self, industries: &[String]) -> Similarity {
        let place: std::collections::HashMap<&str, usize> =
            self.industries.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
        let places: Vec<Option<usize>> = industries.iter().map(|name| place.get(name.as_str()).copied()).collect();
        let n = industries.len();
        let values = DMatrix::from_fn(n, n, |i, j| match (places[i], places[j]) {
            (Some(i), Some(j)) => self.values[(i, j)],
            _ => f64::NAN,
        });
        Similarity { industries: industries.to_vec(), values }
    }
}
