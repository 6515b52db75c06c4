//! Faults of systems of equations: models that are no equations of one system, hypotheses without a coefficient.

use crate::support::Bench;

/// The sound study with a second model and a system.
fn system(second: &str, keys: &str) -> Bench {
    let models =
        format!("[[model]]\nname = \"w\"\n{second}\n[[system]]\nname = \"both\"\n{keys}\n[[table]]\nname = \"main\"");
    Bench::new().study(&[("[[table]]\nname = \"main\"", &models)])
}

const SECOND: &str = "formula = \"wage ~ initial | region + industry\"\nerrors = { cluster = \"region\" }";

#[test]
fn a_sound_system() {
    let bench = system(
        SECOND,
        "models = [\"m\", \"w\"]\ntests = [\"m:initial = w:initial\"]\ncombine = { gap = \"m:initial - w:initial\" }",
    );
    bench.succeeds();
    assert!(bench.result("systems.csv").contains("both,w,wage,initial,"));
    assert!(bench.result("system_tests.csv").contains("Wald: `m:initial` = `w:initial`"));
    let page = bench.result("report.html");
    assert!(
        page.contains("System both: equations estimated together") && page.contains("gap: "),
        "the page has both grids"
    );
}

#[test]
fn models_that_are_no_system() {
    let both = "models = [\"m\", \"w\"]";
    system(SECOND, "models = [\"m\", \"x*\"]")
        .fails(1, &["system `both` has 1 of the study's models", "the models: m, w"]);
    system("formula = \"wage ~ initial | region\"\nerrors = { cluster = \"region\" }", both)
        .fails(1, &["models `m` and `w` of system `both` differ in more than variables", "same conditions"]);
    system("formula = \"wage ~ initial | region + industry\"", both).fails(1, &["have other errors"]);
    system(
        "formula = \"wage ~ initial | region + industry\"\nmethod = \"poisson\"\nerrors = { cluster = \"region\" }",
        both,
    )
    .fails(1, &["model `w` of system `both` is not least squares"]);
    system(
        "formula = \"growth ~ wage | region + industry\"\nerrors = { cluster = \"region\" }",
        "models = [\"m\", \"w\"]\nsteps = 3",
    )
    .fails(1, &["a system has no 3 steps", "iterated"]);
    system("formula = \"growth ~ initial + wage | region + industry\"\nerrors = { cluster = \"region\" }", both)
        .fails(3, &["residuals of the equations m, w are linearly dependent"]);
    system(SECOND, "models = [\"m\", \"w\"]\ndivisor = \"row\"").fails(1, &["rows"]);
}

#[test]
fn hypotheses_without_a_coefficient() {
    system(SECOND, "models = [\"m\", \"w\"]\ntests = [\"m:initial = w:initia\"]").fails(1, &["w:initia", "study.toml"]);
    system(SECOND, "models = [\"m\", \"w\"]\ncombine = { gap = \"m:wages\" }").fails(1, &["m:wages", "study.toml"]);
}
