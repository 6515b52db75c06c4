//! Plants as rows. The measures themselves are tested in `mapping::points`.

use super::super::EvaluateError;
use super::{fault, numbers, same};
use crate::mapping::points::{Grid, Metric, Plants, bands, k_densities, k_density, localisation};
use crate::monte::Streams;

/// The rows of 2000 in the plane, at (employment, 0): industry 11 has plants at 10 and 60, 31 at 40, 120 and 100.
#[test]
fn every_plant_gets_the_number_of_its_industry_and_period() {
    let normal = |z: f64| (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    let density = |distances: &[f64], at: f64| {
        distances.iter().map(|d| normal((at - d) / 9.0) + normal((at + d) / 9.0)).sum::<f64>()
            / (9.0 * distances.len() as f64)
    };
    let found = numbers("k_density(employment, 0 * year, at = 50, bandwidth = 9, plane = true)");
    let (own, other) = (density(&[50.0], 50.0), density(&[80.0, 60.0, 20.0], 50.0));
    let none = f64::NAN;
    // Industry 12 has one plant; 21 has two in one place; later years have one each, and the last has no employment.
    let same_place = density(&[0.0], 50.0);
    same("density", &found, &[own, none, same_place, other, own, same_place, other, other, none, none]);
    // Within 25 of 40: 10 (no), 30, 20, 20, 60 (31 itself aside); within 25 of 100 and 120 each other.
    let found = numbers("m_function(employment, 0 * year, radius = 25, plane = true)");
    let expected = (0.0 + 1.0 + 1.0) / (3.0 * 2.0 / 7.0);
    same("share", &found[3..4], &[expected]);
}

#[test]
fn localisation_is_of_the_draws_of_its_seed() {
    let text =
        "localisation(employment, 0 * year, until = 90, bandwidth = 5, draws = 19, steps = 9, seed = 4, plane = true";
    let found = [numbers(&format!("{text})")), numbers(&format!("{text}, part = dispersed)"))];
    let places = super::ROWS[..8].iter().map(|row| [row.5, 0.0]).collect();
    let plants = Plants::new(places, None, Metric::Plane).unwrap();
    let (of, grid) = ([3, 6, 7], Grid::new(90.0, 9).unwrap());
    let own = k_density(&plants, &of, grid, Some(5.0)).unwrap().density;
    let drawn = k_densities(&plants, &of, grid, Some(5.0), 19, &Streams::new(4)).unwrap();
    let expected = localisation(&own, &bands(&drawn, 0.05));
    for (found, expected) in found.iter().zip([expected.localised, expected.dispersed]) {
        same("part", &found[3..4], &[10.0 * expected.iter().sum::<f64>()]);
        assert!(found[1].is_nan(), "industry 12 has one plant");
    }
    assert!(found[0][3] > 0.0 || found[1][3] > 0.0, "{found:?}");
}

#[test]
fn faults_name_the_row() {
    let of = |text: &str| fault(text).to_string();
    let place = of("k_density(year, employment, at = 50)");
    assert!(place.contains("region A, industry 11, year 2000") && place.contains("degrees east"), "{place}");
    assert!(of("k_density(employment, year, at = 0, plane = true)").contains("above zero"));
    assert!(matches!(fault("k_density(employment, year)"), EvaluateError::WrongArguments { .. }));
    assert!(matches!(
        fault("localisation(employment, year, until = 9, part = both, plane = true)"),
        EvaluateError::UnknownOption { .. }
    ));
}
