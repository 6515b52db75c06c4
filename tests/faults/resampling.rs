//! Wild bootstraps, families and randomisation tests that cannot be meant.

use crate::support::Bench;

const ERRORS: &str = "errors = { cluster = \"region\" }";
const FORMULA: &str = "growth ~ initial + wage | region + industry";

/// The sound study with other errors and another formula.
fn errors(formula: &str, errors: &str) -> Bench {
    Bench::new().study(&[(FORMULA, formula), (ERRORS, &format!("errors = {errors}"))])
}

/// The sound study with more sections.
fn with(sections: &str) -> Bench {
    Bench::new().study(&[("[[table]]", &format!("{sections}\n[[table]]"))])
}

#[test]
fn wild_bootstraps() {
    let wild = |text: &str| errors(FORMULA, &format!("{{ cluster = \"region\", wild = {{ {text} }} }}"));
    wild("replicatons = 99").fails(1, &["`replicatons` is not a key of wild", "did you mean `replications`?"]);
    wild("weights = \"web\"").fails(1, &["`web` is not a value of weights", "did you mean `webb`?"]);
    wild("replications = 10").fails(1, &["10 replications cannot reject at the 5 % level", "at least 19 can"]);
    wild("level = 95.0").fails(1, &["`level` must lie between 0 and 1"]);
    wild("terms = [\"initail\"]").fails(1, &["`m` has no term `initail`", "did you mean `initial`?"]);
    wild("bootstrap_cluster = \"regoin\"")
        .fails(1, &["there is no column or variable named regoin", "did you mean region?"]);
    wild("variant = \"31\", bootstrap_cluster = \"year\"")
        .fails(1, &["variant 31", "leaves out one cluster at a time"]);
    // The effects of industry reach across regions.
    wild("variant = \"33\"").fails(1, &["the effects region + industry reach across clusters", "use variant \"11\""]);
    errors(FORMULA, "{ type = \"iid\", wild = {} }").fails(1, &["`wild` needs clustered or hc1 errors"]);
    errors(FORMULA, "{ type = \"hc1\", wild = { bootstrap_cluster = \"year\" } }")
        .fails(1, &["`bootstrap_cluster` needs clustered errors"]);
}

#[test]
fn wild_bootstraps_of_instruments() {
    let wild = |text: &str| format!("{{ cluster = \"region\", wild = {{ {text} }} }}");
    let iv = "growth ~ 1 | region | initial ~ wage";
    errors(iv, &(wild("") + "\nmethod = \"liml\"")).fails(1, &["`wild` is defined for least squares and two-stage"]);
    errors(iv, &wild("variant = \"31\""))
        .fails(1, &["variant 31 of the wild bootstrap is not defined with instruments"]);
    let controls = "growth ~ wage | region | initial ~ lag(employment)";
    errors(controls, &wild("terms = [\"wage\"]")).fails(1, &["tests the endogenous regressor initial, not wage"]);
    errors("growth ~ 1 | region | initial + wage ~ lag(employment) + lag(wage)", &wild(""))
        .fails(1, &["defined for one endogenous regressor", "initial, wage"]);
}

#[test]
fn one_cluster() {
    Bench::new()
        .study(&[(ERRORS, "errors = { cluster = \"one\", wild = {} }"), ("initial =", "one = \"year * 0\"\ninitial =")])
        .fails(3, &["one has a single level"]);
}

#[test]
fn families() {
    let family = |text: &str| with(&format!("[[family]]\nname = \"f\"\n{text}"));
    family("models = [\"n\"]\nterms = [\"*\"]\nmethod = \"holm\"").fails(1, &["there is no model `n`"]);
    family("models = [\"m\"]\nterms = [\"initail\"]\nmethod = \"holm\"")
        .fails(1, &["`the models of family f` has no term `initail`", "did you mean `initial`?"]);
    family("models = [\"m\"]\nterms = [\"initial\"]\nmethod = \"holm\"")
        .fails(1, &["family `f` has one hypothesis, and nothing to adjust it for"]);
    family("models = [\"m\"]\nterms = [\"*\"]\nmethod = \"holms\"").fails(1, &["did you mean `holm`?", "romano_wolf"]);
    family("models = [\"m\"]\nterms = [\"*\"]\nmethod = \"holm\"\nreplications = 99")
        .fails(1, &["`replications` is about joint draws, which no method of family `f` makes"]);
    family("models = [\"m\"]\nterms = [\"*\"]\nmethod = \"holm\"\np_values = \"wild\"")
        .fails(1, &["model `m` has no wild bootstrap of initial", "add wild = {} to its errors"]);
    family("models = []\nterms = [\"*\"]\nmethod = \"holm\"").fails(1, &["`models` of family `f` is empty"]);
}

/// A second model, and a family of both with joint draws.
fn joint(formula: &str, errors: &str) -> Bench {
    with(&format!(
        "[[model]]\nname = \"n\"\nformula = \"{formula}\"\nerrors = {errors}\n[[family]]\nname = \"f\"\nmodels = [\"m\", \
         \"n\"]\nterms = [\"*\"]\nmethod = \"romano_wolf\"\nreplications = 99"
    ))
}

#[test]
fn joint_draws() {
    joint("wage ~ initial | industry", "{ cluster = \"industry\" }")
        .fails(1, &["models m and n are in one family but are drawn by region and industry"]);
    joint("wage ~ initial | industry", "\"iid\"")
        .fails(1, &["wild draws are defined for hc1 and clustered errors, not for `iid`"]);
    joint("growth ~ 1 | industry | initial ~ wage", "{ cluster = \"region\" }")
        .fails(1, &["model n has instruments, for which joint wild draws are not defined"]);
}

#[test]
fn randomisation() {
    let test = |formula: &str, text: &str| {
        let section = format!("[[randomisation]]\nname = \"r\"\nmodels = [\"m\"]\n{text}\n[[table]]");
        let treated = "treated = \"if(number(region) <= 3, 1, 0)\"\ninitial =";
        Bench::new().study(&[(FORMULA, formula), ("[[table]]", &section), ("initial =", treated)])
    };
    let plain = "growth ~ initial + treated | industry";
    test(plain, "treatment = \"treated\"\nunit = \"industry\"")
        .fails(1, &["treated is not constant within industry", "name the level at which it was assigned"]);
    test(plain, "treatment = \"treated\"\nunit = \"region\"\nstrata = \"year\"")
        .fails(1, &["the strata year cut through the units region"]);
    test(plain, "treatment = \"treated\"\nunit = \"region\"\nstrata = \"region\"")
        .fails(1, &["every permutation of treated gives the same assignment"]);
    test(plain, "treatment = \"treted\"\nunit = \"region\"").fails(1, &["no term treted", "did you mean treated?"]);
    test(plain, "treatment = \"treated\"\nunit = \"regoin\"").fails(1, &["named regoin", "did you mean region?"]);
    test(plain, "treatment = \"treated\"\nunit = \"region\"\nreplications = 5")
        .fails(1, &["5 replications cannot reject"]);
    test("growth ~ treated + initial:treated | industry", "treatment = \"treated\"\nunit = \"region\"")
        .fails(1, &["treated of model `m` is also in the term initial:treated"]);
}
