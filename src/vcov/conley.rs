//! Errors correlated between places that are near each other: `Σ_ij K(d_ij) s_i s_j'` (Conley 1999).
//!
//! Distances are great-circle distances on a sphere of [`EARTH_RADIUS_KM`]; `K` is one up to the cutoff (uniform) or falls
//! linearly to zero there (Bartlett). Rows at one place are added up first, so that the work depends on the number of
//! places: these are sorted into bands of latitude as high as the cutoff and by longitude within a band, and each place
//! looks at its own band and the two beside it, between the longitudes that the cutoff can reach. No matrix of places by
//! places is formed, and the order of the places, not of the rows or threads, is the order of all sums.
//!
//! With `serial` lags places are near each other within a period only, and the correlation of a unit with itself over
//! time is added with Bartlett's weights (Hsiang 2010).

use std::collections::HashMap;
use std::f64::consts::PI;
use std::sync::Arc;

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::error::CovarianceError;
use super::errors::{Conley, SpatialKernel};
use super::record::PeriodCount;
use super::scores::scores;
use super::serial::{Calendar, products, within_units};
use crate::design::{DenseFactor, DesignMatrix, Variable};
use crate::estimate::Influence;

/// The radius that fixest uses. The mean radius of the earth is 6371.0 km: distances here are longer by 0.08 %.
pub const EARTH_RADIUS_KM: f64 = 6376.0;

/// The distinct places of a sample, by latitude and longitude.
struct Places {
    /// A code per row.
    factor: DenseFactor,
    /// Latitude and longitude in radians, longitude from -π to π.
    at: Vec<(f64, f64)>,
}

impl Places {
    fn of(design: &DesignMatrix, errors: &str) -> Result<Places, CovarianceError> {
        let missing = |what: &'static str| CovarianceError::NoColumn { errors: errors.to_string(), what };
        let latitude = design.dependence.latitude.as_ref().ok_or_else(|| missing("latitude"))?;
        let longitude = design.dependence.longitude.as_ref().ok_or_else(|| missing("longitude"))?;
        check(design, latitude, "latitude", (-90.0, 90.0))?;
        check(design, longitude, "longitude", (-180.0, 360.0))?;
        let key = |row: usize| (latitude.values[row], turned(longitude.values[row]));
        let mut distinct: Vec<(f64, f64)> = (0..design.n_rows()).map(key).collect();
        distinct.par_sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        distinct.dedup();
        let bits = |(a, b): (f64, f64)| (a.to_bits(), b.to_bits());
        let code: HashMap<(u64, u64), u32> =
            distinct.iter().enumerate().map(|(code, &place)| (bits(place), code as u32)).collect();
        let codes = (0..design.n_rows()).map(|row| code.get(&bits(key(row))).copied().unwrap_or(0)).collect();
        let origin = Arc::new((0..distinct.len() as u32).collect());
        Ok(Places {
            factor: DenseFactor { codes: Arc::new(codes), n_levels: distinct.len(), origin },
            at: distinct.iter().map(|(a, b)| (a.to_radians(), b.to_radians())).collect(),
        })
    }
}

/// Longitude from -180 to 180, and no negative zero.
fn turned(longitude: f64) -> f64 {
    (if longitude > 180.0 { longitude - 360.0 } else { longitude }) + 0.0
}

fn check(
    design: &DesignMatrix,
    variable: &Variable,
    what: &'static str,
    (low, high): (f64, f64),
) -> Result<(), CovarianceError> {
    let mut wrong = variable.values.iter().enumerate().filter(|(_, v)| !(low..=high).contains(*v));
    let Some((first, &value)) = wrong.next() else { return Ok(()) };
    Err(CovarianceError::OffTheGlobe {
        variable: variable.name.clone(),
        what,
        value,
        rows: 1 + wrong.count(),
        first_row: design.sample.rows.get(first).map_or(0, |&row| row as usize + 1),
        low,
        high,
    })
}

/// Places in bands of latitude.
struct Bands<'a> {
    at: &'a [(f64, f64)],
    /// Points on the unit sphere.
    points: Vec<[f64; 3]>,
    /// Positions in `at` by band, ascending in longitude.
    bands: Vec<Vec<u32>>,
    height: f64,
    /// The cutoff as an angle.
    angle: f64,
    /// Squared chord of the cutoff.
    chord: f64,
}

impl<'a> Bands<'a> {
    fn new(at: &'a [(f64, f64)], angle: f64) -> Bands<'a> {
        let height = angle.clamp(1e-4, PI);
        let mut bands = vec![Vec::new(); (PI / height).ceil() as usize + 1];
        let band = |latitude: f64| ((latitude + PI / 2.0) / height) as usize;
        for (i, place) in at.iter().enumerate() {
            bands[band(place.0)].push(i as u32);
        }
        for members in &mut bands {
            members.sort_by(|&a, &b| at[a as usize].1.total_cmp(&at[b as usize].1));
        }
        let point = |&(latitude, longitude): &(f64, f64)| {
            [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
        };
        let chord = if angle >= PI { 5.0 } else { (2.0 * (angle / 2.0).sin()).powi(2) };
        Bands { points: at.iter().map(point).collect(), at, bands, height, angle, chord }
    }

    /// Calls `visit` for every place within the cutoff of a place, itself included, with the distance as a share of the
    /// cutoff.
    fn near(&self, place: usize, mut visit: impl FnMut(usize, f64)) {
        let (latitude, longitude) = self.at[place];
        let band = ((latitude + PI / 2.0) / self.height) as usize;
        let reach = self.reach(latitude);
        for members in &self.bands[band.saturating_sub(1)..(band + 2).min(self.bands.len())] {
            let mut look = |low: f64, high: f64| {
                let from = members.partition_point(|&i| self.at[i as usize].1 < low);
                for &i in members[from..].iter().take_while(|&&i| self.at[i as usize].1 <= high) {
                    let chord = self.chord(place, i as usize);
                    if chord <= self.chord {
                        visit(i as usize, 2.0 * (chord.sqrt() / 2.0).min(1.0).asin() / self.angle);
                    }
                }
            };
            if reach >= PI {
                look(-4.0, 4.0);
                continue;
            }
            look(longitude - reach, longitude + reach);
            // Across the date line.
            if longitude - reach < -PI {
                look(longitude - reach + 2.0 * PI, 4.0);
            }
            if longitude + reach > PI {
                look(-4.0, longitude + reach - 2.0 * PI);
            }
        }
    }

    /// How far in longitude the cutoff reaches from a latitude.
    fn reach(&self, latitude: f64) -> f64 {
        // A little more, so that rounding hides nobody; the distance itself decides.
        let slack = 1e-9;
        if latitude.abs() + self.angle >= PI / 2.0 - slack {
            return PI;
        }
        (self.angle.sin() / latitude.cos()).clamp(-1.0, 1.0).asin() + slack
    }

    fn chord(&self, a: usize, b: usize) -> f64 {
        (0..3).map(|k| (self.points[a][k] - self.points[b][k]).powi(2)).sum()
    }

    /// `Σ_ij K(d_ij) s_i s_j'` of sums by place.
    fn meat(&self, sums: &[Vec<f64>], kernel: SpatialKernel) -> DMatrix<f64> {
        let p = sums.len();
        let around: Vec<Vec<f64>> = (0..self.at.len())
            .into_par_iter()
            .map(|place| {
                let mut out = vec![0.0; p];
                self.near(place, |other, share| {
                    let weight = match kernel {
                        SpatialKernel::Uniform => 1.0,
                        SpatialKernel::Bartlett => (1.0 - share).max(0.0),
                    };
                    out.iter_mut().zip(sums).for_each(|(out, sums)| *out += weight * sums[other]);
                });
                out
            })
            .collect();
        let columns: Vec<Vec<f64>> = (0..p).map(|j| around.iter().map(|around| around[j]).collect()).collect();
        let meat = products(sums, &columns);
        (&meat + meat.transpose()) * 0.5
    }
}

/// The meat, the number of places, and the periods if correlation over time is added.
pub(super) fn meat(
    design: &DesignMatrix,
    influence: &Influence,
    spec: &Conley,
) -> Result<(DMatrix<f64>, usize, Option<PeriodCount>), CovarianceError> {
    if !(spec.cutoff_km.is_finite() && spec.cutoff_km > 0.0) {
        return Err(CovarianceError::Cutoff { cutoff_km: spec.cutoff_km });
    }
    let angle = spec.cutoff_km / EARTH_RADIUS_KM;
    let places = Places::of(design, "conley")?;
    let Some(lags) = spec.serial else {
        let sums = influence.cluster_sums(&places.factor, design.weight_values());
        return Ok((Bands::new(&places.at, angle).meat(&sums, spec.kernel), places.at.len(), None));
    };
    let calendar = Calendar::of(design, "conley")?;
    let count = calendar.lags(lags)?;
    let scores = scores(design, influence);
    let mut meat = within_units(design, &scores, &calendar, count.lags, "conley")?;
    let (starts, rows) = calendar.periods.factor.rows();
    for bounds in starts.windows(2) {
        meat += in_period(&places, &scores, &rows[bounds[0]..bounds[1]], (angle, spec.kernel));
    }
    Ok((meat, places.at.len(), Some(count)))
}

/// The spatial part of one period.
fn in_period(
    places: &Places,
    scores: &[Vec<f64>],
    rows: &[u32],
    (angle, kernel): (f64, SpatialKernel),
) -> DMatrix<f64> {
    let codes = &places.factor.codes;
    let mut here: Vec<u32> = rows.iter().map(|&row| codes[row as usize]).collect();
    here.sort_unstable();
    here.dedup();
    let at: Vec<(f64, f64)> = here.iter().map(|&code| places.at[code as usize]).collect();
    let sum = |column: &Vec<f64>| {
        let mut out = vec![0.0; here.len()];
        for &row in rows {
            if let Ok(place) = here.binary_search(&codes[row as usize]) {
                out[place] += column[row as usize];
            }
        }
        out
    };
    let sums: Vec<Vec<f64>> = scores.par_iter().map(sum).collect();
    Bands::new(&at, angle).meat(&sums, kernel)
}
