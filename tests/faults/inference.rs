//! Faults of tests, combinations and bands: exit code 1, the place, the way out.

use crate::support::Bench;

fn asked(keys: &str) -> Bench {
    Bench::new().study(&[("errors =", &format!("{keys}\nerrors ="))])
}

#[test]
fn names_that_the_model_does_not_have() {
    asked("tests = [\"initial = wages\"]").fails(
        1,
        &["the model has no coefficient `wages`", "did you mean `wage`?", "study.toml:12:21"],
    );
    asked("combine = { total = \"initial + wag\" }").fails(1, &["no coefficient `wag`", "did you mean `wage`?"]);
    asked("tests = [\"i(year)::* = 0\"]").fails(1, &["no coefficient fits `i(year)::*`", "initial, wage"]);
    asked("bands = { terms = [\"wage*\", \"initia\"] }").fails(1, &["no coefficient fits `initia`", "`initial`"]);
}

#[test]
fn texts_that_are_no_hypotheses() {
    asked("tests = [\"initial > 0\"]").fails(1, &["> has no derivative"]);
    asked("tests = [[\"initial = 0\", \"floor(wage) = 1\"]]").fails(1, &["floor() has no derivative"]);
    asked("tests = [[]]").fails(1, &["a test without a hypothesis"]);
    asked("tests = [\"initial + = 1\"]").fails(1, &["study.toml"]);
}

#[test]
fn bands_without_meaning() {
    asked("bands = 95.0").fails(1, &["bands cannot have the level 95", "0.95"]);
    asked("bands = { draws = 10 }").fails(1, &["10 draws do not give a critical value"]);
    asked("bands = { method = \"supt\" }").fails(1, &["sup-t"]);
}

#[test]
fn tests_that_repeat_each_other() {
    let bench = asked("tests = [[\"initial = 0\", \"2 * initial = 0\"]]");
    bench.succeeds();
    assert!(bench.result("results.json").contains("restrictions repeat each other"));
    assert!(bench.result("report.html").contains("was not computed: the 2 restrictions cannot be tested together"));
}
