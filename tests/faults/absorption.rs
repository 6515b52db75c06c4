//! Faults and findings of absorption: what does not converge, effects that are no effects, keys out of place.

use crate::support::Bench;

const NAME: &str = "name = \"m\"\nformula";

fn with(key: &str) -> Bench {
    Bench::new().study(&[(NAME, &format!("name = \"m\"\n{key}\nformula"))])
}

/// Too few iterations for the tolerance.
const CUT_SHORT: &str = "solver = \"projections\", iterations = 1, tolerance = 1e-13";

#[test]
fn what_does_not_converge_is_an_error_unless_the_study_says_otherwise() {
    let sparse = "[sample]\nwhere = \"employment % 3 != 1\"\n[[model]]";
    let cut = |more: &str| {
        Bench::new().study(&[
            ("[[model]]", sparse),
            (NAME, &format!("name = \"m\"\nabsorption = {{ {CUT_SHORT}{more} }}\nformula")),
        ])
    };
    cut("")
        .fails(3, &["model `m`: the absorbed effects region + industry were not partialled out", "after 1 iteration"]);
    let bench = cut(", not_converged = \"note\"");
    bench.succeeds();
    let results = bench.result("results.json");
    assert!(results.contains("\"not_converged\"") && results.contains("\"converged\": false"), "{results}");
}

#[test]
fn settings_out_of_range() {
    with("absorption = { tolerance = 0.5 }").fails(1, &["5e-1 is not a tolerance", "from 1e-14 to 1e-3"]);
    with("absorption = { iterations = 0 }").fails(1, &["`iterations` is the most that a column may take"]);
    with("absorption = { solver = \"schwartz\" }").fails(1, &["schwarz"]);
}

#[test]
fn effects_of_a_model_without_any() {
    let plain = ("growth ~ initial + wage | region + industry", "growth ~ initial + wage");
    Bench::new()
        .study(&[plain, (NAME, "name = \"m\"\nfixed_effects = true\nformula")])
        .fails(1, &["`fixed_effects` is about absorbed effects, and the formula has none"]);
}

#[test]
fn an_effect_with_one_level() {
    let bench = Bench::new()
        .study(&[("| region + industry", "| region + one"), ("initial =", "one = \"year / year\"\ninitial =")]);
    let told = bench.succeeds();
    assert!(told.contains("one has a single level"), "{told}");
    assert!(bench.result("results.json").contains("\"single_level\""));
}

#[test]
fn effects_in_which_every_row_is_alone() {
    Bench::new()
        .study(&[("| region + industry", "| region^industry^year")])
        .fails(2, &["no observation is left: singletons of region^industry^year removed the last 80 rows"]);
}

#[test]
fn every_engine_gives_the_same_model() {
    let estimate = |solver: &str| {
        let bench = with(&format!("absorption = {{ solver = \"{solver}\" }}"));
        bench.succeeds();
        let tidy = bench.result("tidy.csv");
        let line = tidy.lines().nth(1).unwrap().to_string();
        line.split(',').nth(3).unwrap().parse::<f64>().unwrap()
    };
    let auto = estimate("auto");
    for solver in ["projections", "schwarz", "direct"] {
        assert!((estimate(solver) - auto).abs() < 1e-9 * auto.abs(), "{solver}");
    }
}

#[test]
fn effects_are_written_on_request() {
    let bench = with("fixed_effects = true");
    bench.succeeds();
    let text = bench.result("fixed_effects.csv");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("model,effect,slope,level,component,estimate,is_reference"));
    assert_eq!(text.lines().count(), 1 + 8 + 5);
    assert_eq!(
        text.lines().filter(|line| line.ends_with(",0,true") || line.ends_with(",0.0,true")).count(),
        1,
        "{text}"
    );
    assert!(bench.path("out/fixed_effects.parquet").exists());
    let plain = Bench::new();
    plain.succeeds();
    assert!(!plain.path("out/fixed_effects.csv").exists());
}
