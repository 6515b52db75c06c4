//! Map projections: degrees to plane units with y downwards, ready to draw.
//!
//! The United States get the composite that its atlases use: Albers equal-area conic for the lower 48 states
//! (parallels 29.5 and 45.5, centred near -96), Alaska at 0.35 of that scale and Hawaii beside it; constants are those
//! of d3-geo's `geoAlbersUsa`. Other countries get an Albers projection fitted to their bounds, and the whole world
//! plate carree. Formulae: Snyder (1987), "Map Projections: A Working Manual", USGS Professional Paper 1395, section 14.
//! Lines are not resampled: at the scale of counties a straight edge stays straight enough.

use super::{Polygons, Ring, Shape};

/// How degrees become plane units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Projection {
    /// Already plane units: passed through.
    Plane,
    /// Lower 48 with insets for Alaska and Hawaii. Other territories have no place on it.
    AlbersUsa,
    /// Equal-area conic for one country.
    Albers(Conic),
    /// x is longitude, y minus latitude.
    Equirectangular,
}

/// An Albers equal-area conic projection of the unit sphere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conic {
    /// Central meridian, degrees east.
    longitude: f64,
    n: f64,
    c: f64,
    rho0: f64,
}

impl Conic {
    /// A conic with two standard parallels, centred at `(longitude, latitude)`; all in degrees. `None` where the
    /// parallels lie symmetric to the equator, for which there is no cone.
    pub fn new(parallels: [f64; 2], longitude: f64, latitude: f64) -> Option<Self> {
        let [s1, s2] = parallels.map(|degrees| degrees.to_radians().sin());
        let n = (s1 + s2) / 2.0;
        if n.abs() < 1e-3 {
            return None;
        }
        let c = 1.0 + s1 * (2.0 * n - s1);
        let rho0 = (c - 2.0 * n * latitude.to_radians().sin()).max(0.0).sqrt() / n;
        Some(Conic { longitude, n, c, rho0 })
    }

    /// `[x, y]` in units of the sphere's radius, y downwards.
    pub fn apply(&self, [longitude, latitude]: [f64; 2]) -> [f64; 2] {
        let turn = (longitude - self.longitude + 540.0).rem_euclid(360.0) - 180.0;
        let rho = (self.c - 2.0 * self.n * latitude.to_radians().sin()).max(0.0).sqrt() / self.n;
        let theta = self.n * turn.to_radians();
        [rho * theta.sin(), rho * theta.cos() - self.rho0]
    }
}

/// The parts of the United States that have a place on the composite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Lower48,
    Alaska,
    Hawaii,
    Territory,
}

impl Part {
    /// The part that a point belongs to; `None` outside the United States. The boxes are generous.
    fn of([longitude, latitude]: [f64; 2]) -> Option<Part> {
        let within = |x: [f64; 2], y: [f64; 2]| (x[0]..=x[1]).contains(&longitude) && (y[0]..=y[1]).contains(&latitude);
        if within([-125.5, -66.0], [24.0, 49.6]) {
            Some(Part::Lower48)
        } else if within([-180.0, -129.0], [50.0, 72.0]) || within([170.0, 180.0], [50.0, 55.0]) {
            Some(Part::Alaska)
        } else if within([-179.0, -154.0], [18.0, 29.0]) {
            Some(Part::Hawaii)
        } else if within([-68.0, -64.0], [17.0, 19.0])
            || within([144.0, 147.0], [13.0, 21.0])
            || within([-172.0, -168.0], [-15.0, -10.0])
        {
            Some(Part::Territory)
        } else {
            None
        }
    }

    /// The point on the composite, in units of the lower-48 scale, around the centre of the map.
    fn place(self, point: [f64; 2]) -> Option<[f64; 2]> {
        // (parallels, central meridian, latitude at the centre, scale, shift, longitude of the centre)
        let (parallels, meridian, center, scale, shift) = match self {
            Part::Lower48 => ([29.5, 45.5], -96.0, [-96.6, 38.7], 1.0, [0.0, 0.0]),
            Part::Alaska => ([55.0, 65.0], -154.0, [-156.0, 58.5], 0.35, [-0.307, 0.201]),
            Part::Hawaii => ([8.0, 18.0], -157.0, [-160.0, 19.9], 1.0, [-0.205, 0.212]),
            Part::Territory => return None,
        };
        let conic = Conic::new(parallels, meridian, 0.0)?;
        let ([x, y], [x0, y0]) = (conic.apply(point), conic.apply(center));
        Some([scale * (x - x0) + shift[0], scale * (y - y0) + shift[1]])
    }
}

impl Projection {
    /// The projection that suits these regions: the composite where all of them lie in the United States.
    pub fn choose(polygons: &Polygons) -> Projection {
        if polygons.projected {
            return Projection::Plane;
        }
        let centres: Vec<[f64; 2]> = polygons.centroids().map(|points| points.places).unwrap_or_default();
        if !centres.is_empty() && centres.iter().all(|&centre| Part::of(centre).is_some()) {
            return Projection::AlbersUsa;
        }
        polygons.bounds().and_then(fitted).map_or(Projection::Equirectangular, Projection::Albers)
    }
}

/// An Albers projection with parallels at one and five sixths of the range of latitudes.
fn fitted([west, south, east, north]: [f64; 4]) -> Option<Conic> {
    if east - west > 180.0 {
        return None;
    }
    let at = |share: f64| south + share * (north - south);
    Conic::new([at(1.0 / 6.0), at(5.0 / 6.0)], (west + east) / 2.0, at(0.5))
}

/// Projects every region. Ids and order stay; on the composite, areas outside its three parts lose their rings.
pub fn project(polygons: &Polygons, projection: Projection) -> Polygons {
    let shapes = polygons
        .shapes
        .iter()
        .map(|shape| Shape { rings: shape.rings.iter().filter_map(|ring| project_ring(ring, projection)).collect() });
    Polygons { ids: polygons.ids.clone(), names: polygons.names.clone(), shapes: shapes.collect(), projected: true }
}

fn project_ring(ring: &Ring, projection: Projection) -> Option<Ring> {
    match projection {
        Projection::Plane => Some(ring.clone()),
        Projection::Equirectangular => Some(ring.iter().map(|&[x, y]| [x, -y]).collect()),
        Projection::Albers(conic) => Some(ring.iter().map(|&point| conic.apply(point)).collect()),
        Projection::AlbersUsa => {
            // A whole ring goes to one part, so that no ring is torn between two.
            let part = Part::of(super::distance::moments(ring).1)?;
            ring.iter().map(|&point| part.place(point)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of d3-geo 3's `geoAlbersUsa` at its default scale 1070 and translation (480, 250).
    #[test]
    fn the_composite_has_the_constants_of_d3() {
        let screen = |lon: f64, lat: f64| {
            let [x, y] = Part::of([lon, lat]).unwrap().place([lon, lat]).unwrap();
            [480.0 + 1070.0 * x, 250.0 + 1070.0 * y]
        };
        let near = |[x, y]: [f64; 2], want: [f64; 2]| (x - want[0]).abs() < 0.1 && (y - want[1]).abs() < 0.1;
        assert!(near(screen(-122.4194, 37.7749), [107.4, 214.1]), "San Francisco {:?}", screen(-122.4194, 37.7749));
        assert!(near(screen(-74.0059, 40.7128), [794.6, 176.5]), "New York {:?}", screen(-74.0059, 40.7128));
        assert!(near(screen(-149.9003, 61.2181), [171.2, 446.9]), "Anchorage {:?}", screen(-149.9003, 61.2181));
        assert!(near(screen(-157.8583, 21.3069), [298.5, 451.0]), "Honolulu {:?}", screen(-157.8583, 21.3069));
    }

    #[test]
    fn albers_keeps_areas() {
        let conic = Conic::new([40.0, 60.0], 10.0, 50.0).unwrap();
        let area = |x: f64, y: f64| {
            let h = 0.01;
            let ring = [[x, y], [x + h, y], [x + h, y + h], [x, y + h], [x, y]].map(|p| conic.apply(p)).to_vec();
            super::super::distance::moments(&ring).0 / (h.to_radians().powi(2) * (y + h / 2.0).to_radians().cos())
        };
        assert!((area(10.0, 45.0) - 1.0).abs() < 1e-6 && (area(25.0, 65.0) - 1.0).abs() < 1e-6);
        assert!(Conic::new([-30.0, 30.0], 0.0, 0.0).is_none());
    }

    #[test]
    fn europe_is_not_the_united_states() {
        let square = |x: f64, y: f64| vec![[x, y], [x + 1.0, y], [x + 1.0, y + 1.0], [x, y + 1.0], [x, y]];
        let one = |x, y| Polygons {
            ids: vec!["a".into()],
            names: vec![None],
            shapes: vec![Shape { rings: vec![square(x, y)] }],
            projected: false,
        };
        assert_eq!(Projection::choose(&one(-90.0, 40.0)), Projection::AlbersUsa);
        assert!(matches!(Projection::choose(&one(10.0, 50.0)), Projection::Albers(_)));
        assert!(project(&one(-90.0, 40.0), Projection::AlbersUsa).projected);
    }
}
