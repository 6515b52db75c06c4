//! Faults of estimation: exit code 3, the model, the variable, the way out.

use crate::support::Bench;

const FORMULA: &str = "growth ~ initial + wage | region + industry";

fn formula(text: &str) -> Bench {
    Bench::new().study(&[(FORMULA, text)])
}

#[test]
fn a_regressor_that_is_missing_everywhere() {
    formula("growth ~ initial + log(nothing) | region").fails(2, &["model `m`: log(nothing) is missing in every row"]);
}

#[test]
fn a_regressor_that_the_effects_explain() {
    let bench = formula("growth ~ initial + number(region) | region");
    assert!(bench.succeeds().contains("number(region) was left out: the absorbed effects (region) explain all of it"));
    assert!(bench.result("results.json").contains("\"absorbed\""));
    formula("growth ~ number(region) | region")
        .fails(3, &["no regressor is left: number(region) is explained by region"]);
}

#[test]
fn a_regressor_that_others_explain() {
    let told = formula("growth ~ initial + wage + I(2 * wage + initial) | region").succeeds();
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("was left out: it is a linear combination of initial, wage"), "{told}");
}

#[test]
fn one_cluster() {
    let bench = Bench::new()
        .study(&[("cluster = \"region\"", "cluster = \"one\""), ("initial =", "one = \"year / year\"\ninitial =")]);
    bench.fails(3, &["the cluster variable one has a single level", "at least two clusters"]);
}

#[test]
fn a_single_observation() {
    let single = "[sample]\nwhere = \"year == 2000 and region == '01' and industry == 'i1'\"\n[[model]]";
    Bench::new().study(&[("[[model]]", single), (FORMULA, "growth ~ wage")]).fails(3, &["only 1 observation is left"]);
    Bench::new().study(&[("[[model]]", single)]).fails(2, &["no observation is left: singletons of region"]);
}

#[test]
fn weights_below_zero_and_at_zero() {
    let weights =
        |text: &str| Bench::new().study(&[("errors =", &format!("weights = {{ analytic = \"{text}\" }}\nerrors ="))]);
    weights("wage - 30000").fails(2, &["of the weights wage - 30000 are negative", "zero or more"]);
    let bench = weights("if(region == '01', 0, 1)");
    bench.succeeds();
    assert!(bench.result("sample.csv").contains("zero weight"), "{}", bench.result("sample.csv"));
}

#[test]
fn two_kinds_of_weights() {
    let both = "weights = { analytic = \"wage\", frequency = \"wage\" }\nerrors =";
    Bench::new()
        .study(&[("errors =", both)])
        .fails(1, &["weights need exactly one of frequency, analytic, probability"]);
}

#[test]
fn a_denied_note() {
    let deny = ("title = \"A small study\"", "title = \"x\"\ndeny = [\"few_clusters\"]");
    Bench::new().study(&[deny]).fails(3, &["region has only 8 clusters", "the study denies `few_clusters`"]);
}

#[test]
fn text_where_a_number_is_needed() {
    formula("region ~ wage | industry").fails(1, &["`region`, which is text", "number(region)"]);
}

#[test]
fn one_model_of_several_fails() {
    let two = "[[model]]\nname = \"bad\"\nformula = \"growth ~ log(nothing)\"\n[[table]]";
    let bench = Bench::new().study(&[("[[table]]", two)]);
    bench.fails(2, &["model `bad`"]);
    bench
        .isard(&["run", "study.toml", "--out", "out", "--keep-going"])
        .code(3)
        .stderr(predicates::str::contains("1 model failed"));
    assert!(bench.result("tidy.csv").contains("m,"));
}
