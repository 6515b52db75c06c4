//! Separated rows by the rectifier, by simplex and by mu: on small sets whose rows are known to be separated by construction, on random
//! sets where the first two must agree, and on the 18 labelled sets of ppmlhdfe where these are at hand.

use std::path::PathBuf;

use isard::absorb::AbsorberCache;
use isard::design::{ModelVariables, SharedColumns};
use isard::estimate::likelihood::Separation;
use isard::estimate::{EstimateError, Family, Link, MaximumLikelihood, Method, ModelRequest, design_model, fit_design};
use isard::panel::Factor;
use isard::vcov::Errors;

const BY_RECTIFIER: Separation = Separation { effects: true, simplex: false, rectifier: true, mu: false };
const BY_SIMPLEX: Separation = Separation { effects: true, simplex: true, rectifier: false, mu: false };
const BY_MU: Separation = Separation { effects: true, simplex: false, rectifier: false, mu: true };
const WAYS: [(&str, Separation); 3] = [("rectifier", BY_RECTIFIER), ("simplex", BY_SIMPLEX), ("mu", BY_MU)];

/// Rows that leave as separated, what separates them, and whether anything is left to estimate from.
fn searched(vars: &ModelVariables, family: Family, separation: Separation) -> (Vec<bool>, Vec<String>, bool) {
    let model = MaximumLikelihood { separation, ..MaximumLikelihood::of(family) };
    let method = Some(Method::Likelihood(model));
    let request = ModelRequest { method, errors: Errors::Iid, ..ModelRequest::default() };
    let mut vars = vars.clone();
    let n = vars.outcome.1.len();
    let (mut left, mut by) = (vec![true; n], Vec::new());
    loop {
        let Ok(design) = design_model(&request, &mut vars, &SharedColumns::new()) else {
            return (left.into_iter().map(|left| !left).collect(), by, false);
        };
        left = vec![false; n];
        design.sample.rows.iter().for_each(|&row| left[row as usize] = true);
        match fit_design(&request, &design, &AbsorberCache::new()) {
            Err(EstimateError::Separated(found)) => {
                by.push(found.in_words());
                found.rows.iter().for_each(|&row| left[row as usize] = false);
                vars.separated.push(found.mask(n));
            }
            _ => break,
        }
    }
    (left.into_iter().map(|left| !left).collect(), by, true)
}

/// The same where what is left does not matter.
fn separated(vars: &ModelVariables, family: Family, separation: Separation) -> (Vec<bool>, Vec<String>) {
    let (rows, by, _) = searched(vars, family, separation);
    (rows, by)
}

fn factor(levels: &[usize]) -> Factor {
    let names: Vec<String> = levels.iter().map(|level| format!("l{level:04}")).collect();
    Factor::from_values(names.iter().map(|name| Some(name.as_str())))
}

struct Known {
    name: &'static str,
    y: Vec<f64>,
    x: Vec<Vec<f64>>,
    effects: Vec<Vec<usize>>,
    separated: Vec<usize>,
}

impl Known {
    fn variables(&self) -> ModelVariables {
        let names = ["a", "b", "c", "d"];
        let regressors = names.iter().copied().zip(self.x.iter().cloned()).collect();
        let vars = ModelVariables::new(("y", self.y.clone()), regressors).keep_singletons();
        let effects = ["f", "g", "h"].into_iter().zip(&self.effects);
        effects.fold(vars, |vars, (name, levels)| vars.absorb(name, factor(levels)))
    }
}

/// One set for each way in which rows can be separated.
fn known() -> Vec<Known> {
    let tail = [1.0, 3.0, 2.0, 4.0, 1.0, 2.0];
    let with_tail = |head: &[f64]| -> Vec<f64> { head.iter().chain(&tail).copied().collect() };
    let one = |head: &[f64], rest: [f64; 6]| -> Vec<f64> { head.iter().chain(&rest).copied().collect() };
    vec![
        Known {
            name: "one regressor",
            y: with_tail(&[0.0, 0.0, 0.0]),
            x: vec![one(&[0.0, 1.0, 2.0], [0.0; 6]), one(&[0.3, 0.1, 0.7], [0.5, 0.2, 0.9, 0.4, 0.8, 0.6])],
            effects: vec![],
            separated: vec![1, 2],
        },
        Known {
            name: "a difference of two regressors",
            y: with_tail(&[0.0, 0.0, 0.0]),
            x: vec![
                one(&[1.0, 2.0, 4.0], [1.0, 2.0, 0.0, 3.0, 5.0, 1.0]),
                one(&[1.0, 3.0, 9.0], [1.0, 2.0, 0.0, 3.0, 5.0, 1.0]),
            ],
            effects: vec![],
            separated: vec![1, 2],
        },
        Known {
            name: "a direction of both signs",
            y: with_tail(&[0.0, 0.0, 0.0]),
            x: vec![one(&[1.0, -1.0, 0.0], [0.0; 6]), one(&[0.3, 0.1, 0.7], [0.5, 0.2, 0.9, 0.4, 0.8, 0.6])],
            effects: vec![],
            separated: vec![],
        },
        Known {
            name: "two effects together",
            y: vec![0.0, 1.0, 0.0, 0.0, 1.0, 2.0, 3.0],
            x: vec![],
            effects: vec![vec![1, 1, 2, 2, 2, 2, 1], vec![1, 1, 1, 2, 2, 2, 1]],
            separated: vec![2],
        },
        Known {
            name: "a regressor and an effect",
            y: vec![0.0, 0.0, 1.0, 2.0, 3.0, 1.0, 0.0, 2.0],
            x: vec![vec![5.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]],
            effects: vec![vec![1, 1, 1, 1, 2, 2, 2, 2]],
            separated: vec![0],
        },
        Known {
            name: "one after the other",
            y: with_tail(&[0.0, 0.0, 0.0]),
            x: vec![
                one(&[1.0, -1.0, 0.0], [0.0; 6]),
                one(&[1.0, 0.0, 0.0], [0.0; 6]),
                one(&[0.0, 0.0, 0.0], [1.0, 2.0, 0.0, 1.0, 0.5, 3.0]),
            ],
            effects: vec![],
            separated: vec![0, 1],
        },
    ]
}

#[test]
fn every_way_finds_what_is_separated_by_construction() {
    for set in known() {
        for (way, separation) in WAYS {
            let (found, by) = separated(&set.variables(), Family::Poisson, separation);
            let rows: Vec<usize> = (0..found.len()).filter(|&row| found[row]).collect();
            assert_eq!(rows, set.separated, "{} by {way}: {by:?}", set.name);
        }
    }
}

#[test]
fn certificates_are_directions_and_name_what_separates() {
    let sets = known();
    let words = |at: usize, way| separated(&sets[at].variables(), Family::Poisson, way).1.join("; ");
    for way in [BY_RECTIFIER, BY_SIMPLEX] {
        assert_eq!(words(0, way), "a");
        assert_eq!(words(1, way), "-a + b");
        assert_eq!(words(3, way), "f + g");
        assert_eq!(words(4, way), "a + f");
    }
    assert_eq!(words(0, BY_MU), "an index that grows without bound");
}

/// Small whole numbers, drawn without a generator.
fn draw(seed: u64, i: usize, of: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add((i as u64).wrapping_mul(0xBF58_476D_1CE4_E5B9));
    z = (z ^ (z >> 30)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) % of
}

/// Two routes to the same rows: an iteration of projections, and a linear programme.
#[test]
fn rectifier_and_simplex_agree_on_random_sets() {
    let mut with_separation = 0;
    for seed in 0..300u64 {
        let n = 7 + draw(seed, 999, 6) as usize;
        let column = |k: u64, of: u64| -> Vec<u64> { (0..n).map(|i| draw(seed * 31 + k, i, of)).collect() };
        let family = if seed % 3 == 0 { Family::Binomial(Link::Logit) } else { Family::Poisson };
        let most = if matches!(family, Family::Poisson) { 3 } else { 2 };
        let y: Vec<f64> = column(1, most).iter().map(|&v| v as f64).collect();
        let x = |k| column(k, 3).iter().map(|&v| v as f64 - 1.0).collect::<Vec<f64>>();
        let regressors = vec![("a", x(2)), ("b", x(3)), ("c", x(4))];
        let vars = ModelVariables::new(("y", y), regressors).keep_singletons();
        let levels: Vec<usize> = column(5, 3).iter().map(|&v| v as usize).collect();
        let vars = if seed % 2 == 0 { vars.absorb("f", factor(&levels)) } else { vars };
        let (by_rectifier, words, is_left) = searched(&vars, family, BY_RECTIFIER);
        let (by_simplex, others, is_left_too) = searched(&vars, family, BY_SIMPLEX);
        assert_eq!(is_left, is_left_too, "{seed}: {words:?} {others:?}");
        // Where all rows go it does not matter which went as separated.
        assert!(by_rectifier == by_simplex || !is_left, "{seed}: {words:?} {others:?}");
        with_separation += usize::from(!words.is_empty());
    }
    assert!(with_separation > 30, "{with_separation}");
}

/// The folder `separation_datasets` of github.com/sergiocorreia/ppmlhdfe (`test/`, MIT licence) inside `ISARD_DATA`.
fn labelled() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("ISARD_DATA")?).join("separation_datasets");
    folder.is_dir().then_some(folder)
}

#[test]
fn the_labelled_sets_of_ppmlhdfe() {
    let Some(folder) = labelled() else {
        println!(
            "skipped: ppmlhdfe's labelled sets are not here (set ISARD_DATA to the folder that has separation_datasets/)"
        );
        return;
    };
    let mut faults = Vec::new();
    for (way, separation) in WAYS {
        for set in 1..=18 {
            let csv = crate::csv::Csv::read(&folder.join(format!("{set:02}.csv")));
            let names = |prefix: &str| -> Vec<String> {
                (1..=9).map(|k| format!("{prefix}{k}")).filter(|name| csv.has(name)).collect()
            };
            let x = names("x");
            let regressors = x.iter().map(|name| (name.as_str(), csv.number(name))).collect();
            let vars = ModelVariables::new(("y", csv.number("y")), regressors).keep_singletons();
            let vars = names("id").iter().fold(vars, |vars, name| vars.absorb(name, csv.factor(name)));
            let truth: Vec<bool> = csv.number("separated").iter().map(|&v| v == 1.0).collect();
            let (found, by) = separated(&vars, Family::Poisson, separation);
            let wrong = |of: bool| (0..found.len()).filter(|&i| found[i] == of && truth[i] != of).count();
            if found != truth {
                faults.push(format!("{set:02} by {way}: {} too many, {} missed, by {by:?}", wrong(true), wrong(false)));
            }
        }
    }
    println!("{} of {} agree\n{}", 3 * 18 - faults.len(), 3 * 18, faults.join("\n"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
