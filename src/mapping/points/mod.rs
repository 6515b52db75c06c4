//! Plants as points: how near to each other the plants of an industry are, at every distance, without any regions.
//!
//! | function | measure | source |
//! |---|---|---|
//! | [`k_density`] | density of the distances between the plants of an industry | Duranton and Overman (2005, Review of Economic Studies 72, equations 1 and 5) |
//! | [`m_function`] | the industry's share among neighbours, relative to its share in all | Marcon and Puech (2010, Journal of Economic Geography 10, equation 3) |
//! | [`k_densities`], [`m_functions`] | the same where plants are put on the occupied sites by chance | |
//! | [`bands`] | local and global bands of such draws | Duranton and Overman (2005, section 3.3) |
//! | [`localisation`] | localisation and dispersion: how far a curve is outside its global band | Duranton and Overman (2005, section 3.4) |
//!
//! The null hypothesis is that plants choose among all sites that a plant of any industry occupies: each draw is a permutation
//! of plants, with their weights, over sites. Draws have random streams of their own, so that results have the same bits for
//! any number of threads.

mod bands;
mod k_density;
mod m_function;

pub use bands::{Bands, Localisation, bands, localisation};
pub use k_density::{KDensity, k_densities, k_density};
pub use m_function::{m_function, m_functions};

use rayon::prelude::*;

use crate::monte::Streams;
use crate::space::great_circle_km;

/// How far two places are from each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metric {
    /// Along the surface of the Earth, in kilometres; places are `[degrees east, degrees north]`.
    #[default]
    GreatCircle,
    /// In the plane, in the unit of the coordinates.
    Plane,
}

impl Metric {
    fn distance(self, a: [f64; 2], b: [f64; 2]) -> f64 {
        match self {
            Metric::GreatCircle => great_circle_km(a, b),
            Metric::Plane => (a[0] - b[0]).hypot(a[1] - b[1]),
        }
    }
}

/// What is wrong with points or with what is asked of them.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PointsError {
    /// A place that is none.
    #[error("plant {plant} has the place {}, {}: {}", place[0], place[1], match metric {
        Metric::GreatCircle => "give degrees east (-360 to 360) and degrees north (-90 to 90)",
        Metric::Plane => "coordinates are finite",
    })]
    Place {
        /// The plant, counted from 1.
        plant: usize,
        /// Its place.
        place: [f64; 2],
        /// What places are.
        metric: Metric,
    },
    /// A weight that is missing, infinite or not positive.
    #[error("plant {plant} has the weight {weight}: weights are above zero; leave the plant out")]
    Weight {
        /// The plant, counted from 1.
        plant: usize,
        /// Its weight.
        weight: f64,
    },
    /// Fewer than two plants.
    #[error("the industry has {plants} plants: distances are between two at least")]
    TooFew {
        /// How many.
        plants: usize,
    },
    /// All plants are equally far from each other.
    #[error("all distances between the industry's plants are equal, which gives no bandwidth: name one")]
    NoBandwidth,
    /// A range or bandwidth that is no positive number.
    #[error("{what} is {value}: it is a number above zero")]
    NotPositive {
        /// What.
        what: &'static str,
        /// The number.
        value: f64,
    },
}

/// Plants of all industries.
#[derive(Clone, Debug, PartialEq)]
pub struct Plants {
    places: Vec<[f64; 2]>,
    weights: Vec<f64>,
    metric: Metric,
}

impl Plants {
    /// Plants by their places; `weights` (employment, say) are one each when not given. Several plants may share a place.
    ///
    /// # Errors
    /// [`PointsError::Place`] and [`PointsError::Weight`].
    pub fn new(places: Vec<[f64; 2]>, weights: Option<Vec<f64>>, metric: Metric) -> Result<Self, PointsError> {
        let is_place = |place: &[f64; 2]| match metric {
            // Written so that NaN is refused too.
            Metric::GreatCircle => place[0].abs() <= 360.0 && place[1].abs() <= 90.0,
            Metric::Plane => place.iter().all(|coordinate| coordinate.is_finite()),
        };
        if let Some(plant) = places.iter().position(|place| !is_place(place)) {
            return Err(PointsError::Place { plant: plant + 1, place: places[plant], metric });
        }
        let weights = weights.unwrap_or_else(|| vec![1.0; places.len()]);
        if let Some(plant) = weights.iter().position(|weight| !(*weight > 0.0 && weight.is_finite())) {
            return Err(PointsError::Weight { plant: plant + 1, weight: weights[plant] });
        }
        Ok(Plants { places, weights, metric })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    fn distance(&self, a: usize, b: usize) -> f64 {
        self.metric.distance(self.places[a], self.places[b])
    }

    /// The plants on each other's sites, `draws` times, and what is measured of them then.
    fn permuted<T: Send>(&self, draws: usize, streams: &Streams, measure: impl Fn(&Plants) -> T + Sync) -> Vec<T> {
        let draw = |number: usize| {
            let sites = streams.stream("sites of plants", number as u64).sample(self.len(), self.len());
            let places = sites.iter().map(|&site| self.places[site]).collect();
            measure(&Plants { places, weights: self.weights.clone(), metric: self.metric })
        };
        (0..draws).into_par_iter().map(draw).collect()
    }
}

/// Evenly spaced distances from zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    until: f64,
    steps: usize,
}

impl Grid {
    /// `0, until / steps, ..., until`. Duranton and Overman go up to the median distance between all plants.
    ///
    /// # Errors
    /// [`PointsError::NotPositive`].
    pub fn new(until: f64, steps: usize) -> Result<Self, PointsError> {
        if !(until > 0.0 && until.is_finite()) {
            return Err(PointsError::NotPositive { what: "the largest distance", value: until });
        }
        if steps == 0 {
            return Err(PointsError::NotPositive { what: "the number of distances", value: 0.0 });
        }
        Ok(Grid { until, steps })
    }

    /// The distances, `steps + 1` of them.
    pub fn distances(&self) -> Vec<f64> {
        (0..=self.steps).map(|k| self.until * k as f64 / self.steps as f64).collect()
    }

    fn step(&self) -> f64 {
        self.until / self.steps as f64
    }
}

#[cfg(test)]
mod tests;
