//! Convergence clubs by ConvergenceClubs 2.2.5 (R 4.2.2): log income per head of the 48 contiguous states, clubs by
//! `findClubs(X, dataCols, unit_names, refCol = last, time_trim =, HACmethod = "FQSB", cstar = 0)` and `mergeClubs(clubs)`.
//! `cstar_method = "incremental"` gives the same clubs here.

use std::collections::BTreeMap;

use isard::infer::panel::clubs::{Club, ClubSearch, Clubs};
use isard::infer::panel::log_t::{LogTConvention, LogTRegression};

use crate::csv::{Csv, data_file};

/// Clubs of the states' log incomes from a year on, and the states' codes.
fn clubs(first: f64, trim: f64, merge: bool) -> (Clubs, Vec<String>) {
    let csv = Csv::read(&data_file("data/us-states", "state_income.csv").expect("distributed with the project"));
    let mut paths: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for ((state, year), income) in csv.number("state").iter().zip(csv.number("year")).zip(csv.number("income")) {
        if year >= first {
            paths.entry(*state as u32).or_default().push(income.ln());
        }
    }
    let names: Vec<String> = paths.keys().map(u32::to_string).collect();
    let regression = LogTRegression { trim: Some(trim), convention: LogTConvention::Programs };
    let search = ClubSearch { regression, merge, raise: None, ..ClubSearch::default() };
    let values: Vec<Vec<f64>> = paths.into_values().collect();
    (search.search(&values, &names).unwrap(), names)
}

/// The states of a club in any order, and `b`, its error and t.
fn check(club: &Club, names: &[String], members: &str, [b, std_error, t]: [f64; 3]) {
    let mut found: Vec<&str> = club.units.iter().map(|&unit| names[unit].as_str()).collect();
    let mut expected: Vec<&str> = members.split(' ').collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    for (ours, theirs) in [(club.test.b, b), (club.test.std_error, std_error), (club.test.t, t)] {
        assert!((ours / theirs - 1.0).abs() < 1e-9, "{ours} against {theirs}");
    }
}

#[test]
fn three_clubs_from_1960_on() {
    let (found, names) = clubs(1960.0, 0.3, false);
    let [first, second, third] = found.clubs.as_slice() else { panic!("{} clubs", found.clubs.len()) };
    check(first, &names, "9 25 34", [0.308683172647606, 0.159442525036378, 1.936015329518752]);
    let members =
        "36 51 56 33 44 17 27 6 24 53 10 8 42 38 32 31 20 50 12 46 55 48 23 41 22 29 39 26 37 47 13 1 5 45 28";
    check(second, &names, members, [0.1226423932601618, 0.0689645111900513, 1.7783406442508654]);
    let members = "19 40 18 30 35 4 54 21 16 49";
    check(third, &names, members, [0.359482997098186, 0.181907318301909, 1.976187656736038]);
    assert!(found.divergent.is_empty());
    assert_eq!(clubs(1960.0, 0.3, true).0.clubs.len(), 3, "none can be merged");
}

#[test]
fn a_third_left_out() {
    let (found, names) = clubs(1960.0, 1.0 / 3.0, false);
    let [first, second, third] = found.clubs.as_slice() else { panic!("{} clubs", found.clubs.len()) };
    check(first, &names, "9 25 34", [0.467035132602562, 0.181277317974863, 2.576357250978994]);
    let members = "36 51 56 33 44 17 27 6 24 53 10 8 42 38 32 31 20 50 12 46 55 48 23 41 22 29 26 37 47 13 1 5 45 28";
    check(second, &names, members, [0.1591269290628407, 0.0711200270587932, 2.2374419083290595]);
    let members = "19 39 40 18 30 35 4 54 21 16 49";
    check(third, &names, members, [0.375827879183942, 0.254695361319739, 1.475597660030156]);
}

#[test]
fn four_clubs_from_1980_on_merge_into_two() {
    let (found, names) = clubs(1980.0, 0.3, false);
    let [first, second, third, fourth] = found.clubs.as_slice() else { panic!("{} clubs", found.clubs.len()) };
    check(first, &names, "9 25 34 56 38 46", [0.226274935247588, 0.205973334398520, 1.098564219044919]);
    check(second, &names, "24 36 51 33 44 17 22", [0.0566500825705635, 0.1449808933676541, 0.3907417126124731]);
    check(third, &names, "27 6 53 10 8 32 31 48", [0.0994792509118144, 0.1388120904340504, 0.7166468756486097]);
    let last = "42 20 50 12 19 55 23 41 29 39 26 40 37 47 18 13 30 1 35 4 54 5 21 16 45 49 28";
    check(fourth, &names, last, [0.076195790998375, 0.113794274837726, 0.669592482636167]);
    let (found, names) = clubs(1980.0, 0.3, true);
    let [first, second] = found.clubs.as_slice() else { panic!("{} clubs", found.clubs.len()) };
    let members = "9 25 34 56 38 46 24 36 51 33 44 17 22 27 6 53 10 8 32 31 48";
    check(first, &names, members, [0.00129467462764287, 0.11853911174644646, 0.01092191942868752]);
    check(second, &names, last, [0.076195790998375, 0.113794274837726, 0.669592482636167]);
    assert_eq!((first.parts.as_slice(), found.before_merging), ([1, 2, 3].as_slice(), 4));
}

#[test]
fn one_club_since_1929() {
    let (found, _) = clubs(1929.0, 0.3, true);
    let [all] = found.clubs.as_slice() else { panic!("{} clubs", found.clubs.len()) };
    assert_eq!(all.units.len(), 48);
    assert!((all.test.t / 10.139732105568946 - 1.0).abs() < 1e-9, "{}", all.test.t);
}
