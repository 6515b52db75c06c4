//! Faults of tests, combinations and bands: exit code 1, the place, the way out.

use crate::support::Bench;

fn asked(keys: &str) -> Bench {
    Bench::new().study(&[("errors =", &format!("{keys}\nerrors ="))])
}

#[test]
fn names_that_the_model_does_not_have() {
    asked("tests = [\"initial = wages\"]")
        .fails(1, &["the model has no coefficient `wages`", "did you mean `wage`?", "study.toml:12:21"]);
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
    assert!(
        bench.result("report.html").contains("could not be computed: the 2 restrictions cannot be tested together")
    );
}

#[test]
fn margins_of_what_has_none() {
    asked("margins = [{ of = \"wag\" }]").fails(1, &["there is no column or variable named wag", "did you mean wage?"]);
    asked("margins = [{ of = \"region\" }]").fails(1, &["`region` is in the absorbed effect region"]);
    asked("margins = [{ of = \"traded\" }]").fails(1, &["the model does not depend on `traded`", "initial, wage"]);
    asked("margins = [{ of = \"wage\", at = { wage = 1 } }]").fails(1, &["`wage` is both held and changed"]);
    asked("margins = [{ of = \"wage\", at = { initial = [] } }]").fails(1, &["`initial` is held at no value"]);
    asked("margins = [{ of = \"wage\", at = { initial = \"high\" } }]")
        .fails(1, &["`initial` stands for a number in the formula and cannot be \"high\""]);
    asked("margins = [{ of = \"wage\", over = \"year\", means = true }]")
        .fails(1, &["at means or over groups, not both"]);
    asked("margins = [{ of = [] }]").fails(1, &["margins of no variable"]);
    asked("margins = [{ of = \"wage\", contrast = \"first\" }]").fails(1, &["reference"]);
}

#[test]
fn predictions_without_a_place() {
    asked("predict = {}").fails(1, &["`predict` names nothing to predict"]);
    asked("predict = { sample = true, level = 2.0 }").fails(1, &["intervals cannot have the level 2"]);
    asked("predict = { rows = [{ wage = 20000 }] }")
        .fails(1, &["a row does not give `region`, whose effect is absorbed"]);
    asked("predict = { rows = [{ wage = 20000, region = \"01\", industry = \"i9\" }] }")
        .fails(1, &["the effect industry has no level i9 in the sample"]);
    asked("predict = { rows = [{ traded = 1, region = \"01\", industry = \"i1\" }] }")
        .fails(1, &["the model does not depend on `traded`"]);
    asked("predict = { rows = [{ employment = 0, region = \"01\", industry = \"i1\" }] }")
        .fails(1, &["initial has no finite value at employment = 0"]);
}
