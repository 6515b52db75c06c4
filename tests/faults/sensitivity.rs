//! Sensitivity analyses that cannot be, and the sound one that they are changes of.

use crate::support::Bench;

const NAME: &str = "name = \"m\"\nformula";

fn with(table: &str) -> Bench {
    Bench::new().study(&[(NAME, &format!("name = \"m\"\nsensitivity = {{ {table} }}\nformula"))])
}

#[test]
fn a_sound_analysis_writes_its_files() {
    let bench = with("treatment = \"initial\", benchmarks = [\"wage\"], kd = [0.1], oster = { times = 1.3 }");
    bench.succeeds();
    let line = bench.result("sensitivity.csv");
    assert_eq!(line.lines().count(), 2, "{line}");
    assert!(bench.result("sensitivity_bounds.csv").contains("m,wage,0.1,0.1,"));
    assert!(bench.result("report.html").contains("Selection on unobservables"));
    assert!(bench.result("results.json").contains("\"robustness_value\""));
    bench
        .isard(&["explain", "study.toml"])
        .success()
        .stdout(predicates::str::contains("Sensitivity of initial to omitted variables"));
}

#[test]
fn names_that_are_no_terms() {
    with("treatment = \"inital\"")
        .fails(1, &["the treatment `inital` is no estimated term", "did you mean `initial`?"]);
    with("treatment = \"initial\", benchmarks = [\"wages\"]")
        .fails(1, &["the benchmark `wages`", "did you mean `wage`?"]);
    with("treatment = \"initial\", benchmarks = [\"initial\"]").fails(1, &["cannot be its own benchmark"]);
    with("treatment = \"initial\", oster = { baseline = [\"w\"] }").fails(1, &["the baseline control `w`"]);
}

#[test]
fn numbers_out_of_range() {
    with("treatment = \"initial\", alpha = 5").fails(1, &["`alpha` must be between 0 and 1, and is 5"]);
    with("treatment = \"initial\", kd = [1, 2], ky = [1]").fails(1, &["`ky` has 1 numbers and `kd` has 2"]);
    with("treatment = \"initial\", oster = { r_max = 1.3 }").fails(1, &["above 0 and at most 1", "`times`"]);
    with("treatment = \"initial\", oster = { r_max = 0.0000001 }")
        .fails(1, &["r_max = 0.0000001 is below the R² of the model"]);
    with("treatment = \"initial\", benchmarks = [\"wage\"], kd = [1e9]")
        .fails(1, &["would explain all of the treatment", "kd below"]);
    with("treatment = \"initial\", oster = { baseline = [\"wage\"] }")
        .fails(1, &["has none besides the treatment and the baseline"]);
}

#[test]
fn instruments() {
    Bench::new()
        .study(&[
            ("| region + industry", "| region + industry | wage ~ z"),
            ("growth ~ initial + wage", "growth ~ initial"),
            ("initial =", "z = \"year * log(wage)\"\ninitial ="),
            (NAME, "name = \"m\"\nsensitivity = { treatment = \"wage\" }\nformula"),
        ])
        .fails(1, &["`sensitivity` is about least squares"]);
}
