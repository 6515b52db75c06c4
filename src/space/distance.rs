//! Great-circle distances between regions.
//!
//! Haversine on a sphere of radius 6371.01 km (methods: the mean radius; programs differ, fixest's Conley uses 6376).
//! A region's place is its centroid, or a point that the study gives.

use std::collections::HashMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::nearby::Nearby;
use super::polygons::{Polygons, Ring, Shape};
use super::{SpaceError, SpatialWeights};

/// Mean radius of the Earth in kilometres.
pub const EARTH_RADIUS_KM: f64 = 6371.01;

/// The shape in which a weight falls with distance `d` in kilometres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decay {
    /// `1`
    #[default]
    None,
    /// `1 / d^a`
    Inverse,
    /// `exp(-d / s)`
    Exponential,
}

/// How a weight falls with distance: a shape, and how fast.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Falling {
    /// The shape.
    pub decay: Decay,
    /// `a` of an inverse distance; 1 if not given.
    pub exponent: Option<f64>,
    /// `s` of an exponential, kilometres; the cutoff if not given, so that the weight at the cutoff is `exp(-1)`.
    pub scale_km: Option<f64>,
}

impl From<Decay> for Falling {
    fn from(decay: Decay) -> Falling {
        Falling { decay, ..Falling::default() }
    }
}

impl Falling {
    /// The weight at a distance; `None` where it is infinite.
    pub(super) fn at(self, d: f64, cutoff: f64) -> Option<f64> {
        match self.decay {
            Decay::None => Some(1.0),
            Decay::Inverse => match self.exponent {
                None => (d > 0.0).then(|| 1.0 / d),
                Some(0.0) => Some(1.0),
                Some(exponent) => (d > 0.0).then(|| d.powf(-exponent)),
            },
            Decay::Exponential => Some((-d / self.scale_km.unwrap_or(cutoff)).exp()),
        }
    }
}

/// How a kernel falls with `z`, the distance over the bandwidth; zero beyond one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    /// `1/2`
    Uniform,
    /// `1 - z`
    Triangular,
    /// `3/4 (1 - z^2)`
    Epanechnikov,
    /// `15/16 (1 - z^2)^2`
    Quartic,
    /// `exp(-z^2/2) / sqrt(2 pi)`, cut at one as PySAL does it
    Gaussian,
}

impl Kernel {
    /// Its value at `z`.
    pub fn at(self, z: f64) -> f64 {
        if z > 1.0 || z.is_nan() {
            return 0.0;
        }
        let left = 1.0 - z * z;
        match self {
            Kernel::Uniform => 0.5,
            Kernel::Triangular => 1.0 - z,
            Kernel::Epanechnikov => 0.75 * left,
            Kernel::Quartic => 15.0 / 16.0 * left * left,
            Kernel::Gaussian => (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt(),
        }
    }
}

/// How far a kernel reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bandwidth {
    /// So many kilometres.
    Fixed(f64),
    /// To the so many nearest regions, each region on its own.
    Adaptive(usize),
}

/// An adaptive bandwidth ends a little beyond the last region, so that this keeps a weight (PySAL's 1.0000001).
const BEYOND: f64 = 1.0 + 1e-7;

/// Places of regions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Region ids, distinct.
    pub ids: Vec<String>,
    /// `[degrees east, degrees north]`, one per id.
    pub places: Vec<[f64; 2]>,
}

impl Points {
    /// Only the points that `keep` accepts.
    pub fn filtered(&self, keep: impl Fn(&str) -> bool) -> Points {
        let (ids, places) = self
            .ids
            .iter()
            .zip(&self.places)
            .filter(|(id, _)| keep(id))
            .map(|(id, place)| (id.clone(), *place))
            .unzip();
        Points { ids, places }
    }

    /// Checks that every point is a place on Earth.
    ///
    /// # Errors
    /// [`SpaceError::NotAPlace`] or [`SpaceError::IdDuplicate`].
    pub fn new(ids: Vec<String>, places: Vec<[f64; 2]>) -> Result<Self, SpaceError> {
        let mut seen = std::collections::HashSet::new();
        for (id, &[longitude, latitude]) in ids.iter().zip(&places) {
            if !seen.insert(id) {
                return Err(SpaceError::IdDuplicate { id: id.clone() });
            }
            // Written so that NaN is refused too.
            if !(longitude.abs() <= 360.0 && latitude.abs() <= 90.0) {
                return Err(SpaceError::NotAPlace { region: id.clone(), longitude, latitude });
            }
        }
        Ok(Points { ids, places })
    }

    /// The place of each region.
    pub fn by_id(&self) -> HashMap<&str, [f64; 2]> {
        self.ids.iter().map(String::as_str).zip(self.places.iter().copied()).collect()
    }

    /// The region nearest to region `r`.
    pub(super) fn nearest(&self, r: usize) -> Option<usize> {
        Neighbourhood::of(self).nearest(r, 1).first().map(|&(_, s)| s)
    }

    /// Weights between all regions at most `cutoff_km` apart.
    ///
    /// # Errors
    /// [`SpaceError::SamePlace`] where an inverse distance is infinite.
    pub fn within(&self, cutoff_km: f64, decay: impl Into<Falling>) -> Result<SpatialWeights, SpaceError> {
        let (around, decay) = (Neighbourhood::of(self), decay.into());
        self.weights(|r| self.decayed(r, around.within(r, cutoff_km), (decay, cutoff_km)))
    }

    /// Weights to the `k` nearest regions. Not symmetric; ties are broken by id.
    ///
    /// # Errors
    /// [`SpaceError::SamePlace`] where an inverse distance is infinite.
    pub fn k_nearest(&self, k: usize, decay: impl Into<Falling>) -> Result<SpatialWeights, SpaceError> {
        let (around, decay) = (Neighbourhood::of(self), decay.into());
        self.weights(|r| self.decayed(r, around.nearest(r, k), (decay, f64::INFINITY)))
    }

    /// Weights of a kernel of the distance over a bandwidth, without the region itself.
    ///
    /// # Errors
    /// None of its own.
    pub fn kernel(&self, kernel: Kernel, bandwidth: Bandwidth) -> Result<SpatialWeights, SpaceError> {
        let around = Neighbourhood::of(self);
        self.weights(|r| {
            let (others, width) = match bandwidth {
                Bandwidth::Fixed(km) => (around.within(r, km), km),
                Bandwidth::Adaptive(k) => {
                    let others = around.nearest(r, k);
                    let width = others.last().map_or(0.0, |(d, _)| d * BEYOND);
                    (others, width)
                }
            };
            let weighed = others.into_iter().map(|(d, s)| (s as u32, kernel.at(d / width)));
            Ok(weighed.filter(|(_, weight)| *weight > 0.0).collect())
        })
    }

    /// Rows of all regions, each on its own.
    fn weights(
        &self,
        row: impl Fn(usize) -> Result<Vec<(u32, f64)>, SpaceError> + Sync + Send,
    ) -> Result<SpatialWeights, SpaceError> {
        let rows: Vec<Result<_, SpaceError>> = (0..self.ids.len()).into_par_iter().map(row).collect();
        Ok(SpatialWeights::from_rows(self.ids.clone(), rows.into_iter().collect::<Result<_, _>>()?))
    }

    fn decayed(
        &self,
        r: usize,
        others: Vec<(f64, usize)>,
        (decay, cutoff_km): (Falling, f64),
    ) -> Result<Vec<(u32, f64)>, SpaceError> {
        let weight = |(d, s): (f64, usize)| match decay.at(d, cutoff_km) {
            Some(weight) => Ok((s as u32, weight)),
            None => Err(SpaceError::SamePlace { first: self.ids[r].clone(), second: self.ids[s].clone() }),
        };
        others.into_iter().map(weight).collect()
    }
}

/// Points with their tree.
struct Neighbourhood<'a> {
    points: &'a Points,
    tree: Nearby,
}

impl Neighbourhood<'_> {
    fn of(points: &Points) -> Neighbourhood<'_> {
        Neighbourhood { points, tree: Nearby::on_sphere(&points.places) }
    }

    /// Positions with their distance in kilometres, nearest first; ties stand in order of id.
    fn sorted(&self, r: usize, positions: Vec<u32>) -> Vec<(f64, usize)> {
        let of = |s: u32| (great_circle_km(self.points.places[r], self.points.places[s as usize]), s as usize);
        let mut list: Vec<(f64, usize)> = positions.into_iter().map(of).collect();
        list.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| self.points.ids[a.1].cmp(&self.points.ids[b.1])));
        list
    }

    fn within(&self, r: usize, km: f64) -> Vec<(f64, usize)> {
        let half = (0.5 * km / EARTH_RADIUS_KM).min(std::f64::consts::FRAC_PI_2);
        // A little more, so that rounding hides nobody; the distance itself decides.
        let mut list = self.sorted(r, self.tree.within(r, 2.0 * half.sin() * BEYOND + 1e-12));
        list.retain(|(d, _)| *d <= km);
        list
    }

    fn nearest(&self, r: usize, k: usize) -> Vec<(f64, usize)> {
        if k == 0 {
            return Vec::new();
        }
        let mut list = self.sorted(r, self.tree.within(r, self.tree.reach(r, k) * BEYOND + 1e-12));
        list.truncate(k);
        list
    }
}

/// Distance along the surface in kilometres between two `[degrees east, degrees north]`.
pub fn great_circle_km(a: [f64; 2], b: [f64; 2]) -> f64 {
    let half = |x: f64, y: f64| ((x - y).to_radians() / 2.0).sin().powi(2);
    let h = half(a[1], b[1]) + a[1].to_radians().cos() * b[1].to_radians().cos() * half(a[0], b[0]);
    2.0 * EARTH_RADIUS_KM * h.clamp(0.0, 1.0).sqrt().asin()
}

impl Polygons {
    /// Centroids of the outlines; regions without one are left out.
    ///
    /// Each ring has a plane centroid in degrees, weighted by its area on the sphere; the rings are averaged as vectors
    /// so that a region on both sides of the 180th meridian has its place where it should be.
    ///
    /// # Errors
    /// [`SpaceError::NeedsLongitudeLatitude`] when the coordinates are projected.
    pub fn centroids(&self) -> Result<Points, SpaceError> {
        if self.projected {
            return Err(SpaceError::NeedsLongitudeLatitude);
        }
        let mut points = Points::default();
        for (id, shape) in self.ids.iter().zip(&self.shapes) {
            if let Some(place) = shape.centroid() {
                points.ids.push(id.clone());
                points.places.push(place);
            }
        }
        Ok(points)
    }
}

impl Polygons {
    /// Plane centroids of each region's largest ring, for lines on a map; none without an outline.
    pub fn middles(&self) -> Vec<Option<[f64; 2]>> {
        let middle = |shape: &Shape| {
            let parts = shape.rings.iter().map(moments);
            parts.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, middle)| middle)
        };
        self.shapes.iter().map(middle).collect()
    }
}

impl Shape {
    /// Area in square units of the coordinates, holes taken out.
    pub fn area(&self) -> f64 {
        self.signed_rings().map(|(sign, ring)| sign * moments(ring).0).sum()
    }

    /// Each ring with `+1` where it bounds area and `-1` where it is a hole (inside an odd number of other rings).
    fn signed_rings(&self) -> impl Iterator<Item = (f64, &Ring)> {
        self.rings.iter().enumerate().map(|(k, ring)| {
            let around = self.rings.iter().enumerate().filter(|&(j, other)| {
                j != k
                    && ring.first().is_some_and(|&point| moments(other).0 > moments(ring).0 && contains(other, point))
            });
            (if around.count() % 2 == 1 { -1.0 } else { 1.0 }, ring)
        })
    }

    fn centroid(&self) -> Option<[f64; 2]> {
        let mut sum = [0.0; 3];
        for (sign, ring) in self.signed_rings() {
            let (area, [x, y]) = moments(ring);
            let (lon, lat) = (x.to_radians(), y.to_radians());
            // A square degree shrinks with the cosine of its latitude.
            let weight = sign * area * lat.cos();
            for (total, part) in sum.iter_mut().zip([lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]) {
                *total += weight * part;
            }
        }
        let [x, y, z] = sum;
        (sum != [0.0; 3]).then(|| [y.atan2(x).to_degrees(), z.atan2(x.hypot(y)).to_degrees()])
    }
}

/// Area (positive) and centroid of a ring in the plane; a ring without area has the mean of its points.
pub(super) fn moments(ring: &Ring) -> (f64, [f64; 2]) {
    let Some(&[x0, y0]) = ring.first() else { return (0.0, [0.0; 2]) };
    let (mut twice, mut mx, mut my) = (0.0, 0.0, 0.0);
    for pair in ring.windows(2) {
        // Relative to the first point: the differences are small, so little is lost to rounding.
        let ([ax, ay], [bx, by]) = ([pair[0][0] - x0, pair[0][1] - y0], [pair[1][0] - x0, pair[1][1] - y0]);
        let cross = ax * by - bx * ay;
        twice += cross;
        mx += (ax + bx) * cross;
        my += (ay + by) * cross;
    }
    if twice == 0.0 {
        return (0.0, [x0, y0]);
    }
    ((twice / 2.0).abs(), [x0 + mx / (3.0 * twice), y0 + my / (3.0 * twice)])
}

/// Whether a point lies inside a ring (even-odd).
fn contains(ring: &Ring, [x, y]: [f64; 2]) -> bool {
    let crossings = ring.windows(2).filter(|pair| {
        let ([ax, ay], [bx, by]) = (pair[0], pair[1]);
        (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cities() -> Points {
        let ids = ["boston", "new york", "london"].map(String::from).to_vec();
        Points::new(ids, vec![[-71.06, 42.36], [-74.01, 40.71], [-0.13, 51.51]]).unwrap()
    }

    #[test]
    fn a_quarter_of_the_equator() {
        let quarter = std::f64::consts::FRAC_PI_2 * EARTH_RADIUS_KM;
        assert!((great_circle_km([0.0, 0.0], [90.0, 0.0]) - quarter).abs() < 1e-9);
        assert!((great_circle_km([179.5, 0.0], [-179.5, 0.0]) - quarter / 90.0).abs() < 1e-9);
    }

    #[test]
    fn a_band_holds_pairs_within_the_cutoff_and_decays() {
        let band = cities().within(400.0, Decay::Inverse).unwrap();
        assert_eq!(band.islands(), ["london"]);
        let d = great_circle_km([-71.06, 42.36], [-74.01, 40.71]);
        assert!((d - 306.0).abs() < 2.0);
        assert_eq!(band.rows[0], [(2, 1.0 / d)]);
        let nearest = cities().k_nearest(1, Decay::None).unwrap();
        assert_eq!(nearest.rows, [vec![(2, 1.0)], vec![(0, 1.0)], vec![(0, 1.0)]]);
    }

    #[test]
    fn bad_places_are_refused() {
        assert!(matches!(Points::new(vec!["x".into()], vec![[f64::NAN, 0.0]]), Err(SpaceError::NotAPlace { .. })));
        let twins = Points::new(vec!["x".into(), "y".into()], vec![[1.0, 1.0]; 2]).unwrap();
        assert!(matches!(twins.within(10.0, Decay::Inverse), Err(SpaceError::SamePlace { .. })));
    }

    #[test]
    fn the_centroid_of_a_region_across_the_meridian() {
        let square = |x: f64| vec![[x, 0.0], [x + 1.0, 0.0], [x + 1.0, 1.0], [x, 1.0], [x, 0.0]];
        let shape = Shape { rings: vec![square(179.0), square(-180.0)] };
        let [lon, lat] = shape.centroid().unwrap();
        assert!((lon.abs() - 180.0).abs() < 1e-9 && (lat - 0.5).abs() < 1e-3);
    }
}
