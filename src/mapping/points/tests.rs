use super::*;
use proptest::prelude::*;

/// `bw.nrd0(c(1, 3, 7, 2, 6, 4))` in R 4, and the mean of `(dnorm((d - x) / h) + dnorm((d + x) / h)) / h` at 0, 2, 4 and 6;
/// twice R's own `density(c(x, -x))`, which is binned, is the same to four digits.
const R_BANDWIDTH: f64 = 1.4570168356516204;
const R_DENSITY: [f64; 4] = [0.12077904005097947, 0.14338868389670753, 0.1283646114837972, 0.10614115070506269];

/// Plants of a plane by arithmetic: every third is of the industry, which crowds near the origin.
fn plants(n: usize, weights: bool) -> (Plants, Vec<usize>) {
    let of: Vec<usize> = (0..n).step_by(3).collect();
    let place = |k: usize| {
        let spread = if k.is_multiple_of(3) { 20.0 } else { 100.0 };
        [spread * ((k * 37 + 11) % 101) as f64 / 101.0, spread * ((k * 53 + 7) % 97) as f64 / 97.0]
    };
    let weights = weights.then(|| (0..n).map(|k| 1.0 + ((k * 29) % 17) as f64).collect());
    (Plants::new((0..n).map(place).collect(), weights, Metric::Plane).unwrap(), of)
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * b.abs().max(1e-3)
}

/// The formula as it is written: every ordered pair, an exponential each, the reflected part apart.
fn k_by_hand(plants: &Plants, of: &[usize], d: f64, h: f64) -> f64 {
    let (mut found, mut total) = (0.0, 0.0);
    for &i in of {
        for &j in of.iter().filter(|&&j| j != i) {
            let distance = ((plants.places[i][0] - plants.places[j][0]).powi(2)
                + (plants.places[i][1] - plants.places[j][1]).powi(2))
            .sqrt();
            let f = |z: f64| (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let weight = plants.weights[i] * plants.weights[j];
            found += weight * (f((d - distance) / h) + f((d + distance) / h));
            total += weight;
        }
    }
    found / (h * total)
}

/// The shares as they are written, each radius by itself.
fn m_by_hand(plants: &Plants, of: &[usize], r: f64) -> f64 {
    let weight = |keep: &dyn Fn(usize) -> bool| -> f64 {
        (0..plants.len()).filter(|&j| keep(j)).map(|j| plants.weights[j]).sum()
    };
    let (mut found, mut expected) = (0.0, 0.0);
    for &i in of {
        let near = |j: usize| j != i && Metric::Plane.distance(plants.places[i], plants.places[j]) <= r;
        let all = weight(&near);
        if all > 0.0 {
            found += weight(&|j| near(j) && of.contains(&j)) / all;
            expected += weight(&|j| j != i && of.contains(&j)) / weight(&|j| j != i);
        }
    }
    found / expected
}

#[test]
fn both_curves_are_those_of_the_formulas() {
    for is_weighted in [false, true] {
        let (plants, of) = plants(60, is_weighted);
        let grid = Grid::new(40.0, 25).unwrap();
        for bandwidth in [None, Some(0.7), Some(30.0)] {
            let found = k_density(&plants, &of, grid, bandwidth).unwrap();
            for (&d, &density) in found.distances.iter().zip(&found.density) {
                let expected = k_by_hand(&plants, &of, d, found.bandwidth);
                assert!(close(density, expected, 1e-11), "{d}: {density} {expected}");
            }
        }
        for (&r, &m) in grid.distances().iter().zip(&m_function(&plants, &of, grid).unwrap()) {
            assert!(close(m, m_by_hand(&plants, &of, r), 1e-12), "{r}: {m}");
        }
    }
}

#[test]
fn bandwidth_and_density_agree_with_r() {
    // Plants at 0, 1, 3, 7 on a line: distances 1, 3, 7, 2, 6, 4.
    let places = [0.0, 1.0, 3.0, 7.0].map(|x| [x, 0.0]).to_vec();
    let plants = Plants::new(places, None, Metric::Plane).unwrap();
    let found = k_density(&plants, &[0, 1, 2, 3], Grid::new(6.0, 3).unwrap(), None).unwrap();
    assert!((found.bandwidth - R_BANDWIDTH).abs() < 1e-12, "{}", found.bandwidth);
    for (density, expected) in found.density.iter().zip(R_DENSITY) {
        assert!((density - expected).abs() < 1e-12, "{density} {expected}");
    }
}

#[test]
fn one_industry_of_all_is_as_common_as_everywhere() {
    let (plants, _) = plants(30, true);
    let all: Vec<usize> = (0..30).collect();
    let m = m_function(&plants, &all, Grid::new(200.0, 10).unwrap()).unwrap();
    assert!(m.iter().skip(1).all(|value| close(*value, 1.0, 1e-12)), "{m:?}");
    assert!(m[0].is_nan(), "nobody has a neighbour at no distance");
}

#[test]
fn great_circles_are_in_kilometres() {
    // Two plants a degree apart on the equator.
    let pair = |weights| Plants::new(vec![[0.0, 0.0], [1.0, 0.0]], weights, Metric::GreatCircle).unwrap();
    let grid = Grid::new(222.0, 2).unwrap();
    let found = k_density(&pair(None), &[0, 1], grid, Some(1.0)).unwrap().density;
    let expected = (-0.5_f64 * (111.0 - 6371.01 * 1f64.to_radians()).powi(2)).exp() / std::f64::consts::TAU.sqrt();
    assert!(close(found[1], expected, 1e-12) && found[0] < 1e-300, "{found:?}");
}

/// Draws are those of plants at random: at most the share that the band leaves outside is outside, and an industry that
/// crowds is found.
#[test]
fn global_bands_hold_what_they_promise() {
    let (plants, of) = plants(90, false);
    let (grid, streams) = (Grid::new(60.0, 30).unwrap(), Streams::new(5));
    let draws = k_densities(&plants, &of, grid, None, 199, &streams).unwrap();
    let bands = bands(&draws, 0.05);
    let leaves = |draw: &&Vec<f64>| draw.iter().zip(&bands.global[1]).any(|(value, band)| value > band);
    let falls = |draw: &&Vec<f64>| draw.iter().zip(&bands.global[0]).any(|(value, band)| value < band);
    let (above, below) = (draws.iter().filter(leaves).count(), draws.iter().filter(falls).count());
    // 5 per cent of 199 are 9.95; the band between two ranks lets out what one of the two does.
    assert!((5..=20).contains(&above) && (5..=20).contains(&below), "{above} {below}");
    for (k, (local, global)) in bands.local[1].iter().zip(&bands.global[1]).enumerate() {
        assert!(global >= local, "{k}: {global} {local}");
    }
    let own = k_density(&plants, &of, grid, None).unwrap().density;
    let found = localisation(&own, &bands);
    assert!(found.localised[5] > 0.0 && found.localised[30] == 0.0, "{:?}", found.localised);
    assert!(found.dispersed.iter().all(|value| *value == 0.0));
    let m = m_functions(&plants, &of, grid, 99, &streams).unwrap();
    let mean = m.iter().map(|draw| draw[30]).sum::<f64>() / 99.0;
    assert!((mean - 1.0).abs() < 0.05, "{mean}");
}

#[test]
fn draws_have_the_same_bits_for_any_number_of_threads() {
    let (plants, of) = plants(45, true);
    let (grid, streams) = (Grid::new(50.0, 20).unwrap(), Streams::new(11));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let k = k_densities(&plants, &of, grid, None, 40, &streams).unwrap();
            (k, m_functions(&plants, &of, grid, 40, &streams).unwrap())
        })
    };
    let (one, four) = (on(1), on(4));
    let bits = |curves: &[Vec<f64>]| curves.concat().iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!((bits(&one.0), bits(&one.1)), (bits(&four.0), bits(&four.1)));
    assert_ne!(one.0[0], one.0[1], "draws differ");
}

#[test]
fn faults_are_typed() {
    let place = |place, metric| Plants::new(vec![place], None, metric).unwrap_err();
    assert!(matches!(place([0.0, 91.0], Metric::GreatCircle), PointsError::Place { plant: 1, .. }));
    assert!(matches!(place([f64::NAN, 0.0], Metric::Plane), PointsError::Place { .. }));
    let weight = |weight| Plants::new(vec![[0.0, 0.0]], Some(vec![weight]), Metric::Plane).unwrap_err();
    assert!(
        matches!(weight(0.0), PointsError::Weight { .. }) && matches!(weight(f64::NAN), PointsError::Weight { .. })
    );
    assert!(matches!(Grid::new(0.0, 3), Err(PointsError::NotPositive { .. })) && Grid::new(1.0, 0).is_err());
    let corners = Plants::new(vec![[0.0, 0.0], [1.0, 0.0]], None, Metric::Plane).unwrap();
    let grid = Grid::new(1.0, 4).unwrap();
    assert_eq!(k_density(&corners, &[0], grid, None), Err(PointsError::TooFew { plants: 1 }));
    assert_eq!(k_density(&corners, &[0, 1], grid, None), Err(PointsError::NoBandwidth));
    assert!(matches!(k_density(&corners, &[0, 1], grid, Some(-1.0)), Err(PointsError::NotPositive { .. })));
    assert_eq!(m_function(&corners, &[], grid), Err(PointsError::TooFew { plants: 0 }));
}

proptest! {
    /// Reflected at zero, the density over positive distances is one in total.
    #[test]
    fn the_density_is_one_in_total(places in prop::collection::vec((0.0..30.0f64, 0.0..30.0f64), 3..12)) {
        let places: Vec<[f64; 2]> = places.iter().map(|&(x, y)| [x, y]).collect();
        let of: Vec<usize> = (0..places.len()).collect();
        let plants = Plants::new(places, None, Metric::Plane).unwrap();
        let grid = Grid::new(80.0, 800).unwrap();
        let density = k_density(&plants, &of, grid, Some(2.0)).unwrap().density;
        let inner: f64 = density[1..800].iter().sum();
        let total = 0.1 * (inner + 0.5 * (density[0] + density[800]));
        prop_assert!((total - 1.0).abs() < 1e-9, "{}", total);
    }
}
