//! Models with instruments that cannot be meant, and those that the data do not identify.

use crate::support::Bench;

const FORMULA: &str = "growth ~ initial + wage | region + industry";

fn model(formula: &str, more: &str) -> Bench {
    let errors = "errors = { cluster = \"region\" }";
    Bench::new().study(&[(FORMULA, formula), (errors, &format!("{errors}\n{more}"))])
}

#[test]
fn instruments_and_methods_go_together() {
    model("growth ~ initial | region | wage ~ lag(wage)", "method = \"ols\"")
        .fails(1, &["`ols` does not use the instruments of the formula", "leave `method` out"]);
    model(FORMULA, "method = \"liml\"").fails(1, &["`liml` needs instruments", "endogenous ~ instruments"]);
    model("growth ~ initial | region | wage ~ lag(wage)", "method = \"limm\"").fails(1, &["liml"]);
}

#[test]
fn options_belong_to_their_method() {
    let iv = "growth ~ initial | region | wage ~ lag(wage)";
    model(iv, "fuller = 1.0").fails(1, &["`fuller` is not an option of the method `iv`", "method = \"fuller\""]);
    model(iv, "method = \"liml\"\nk = 1.0").fails(1, &["`k` is not an option of the method `liml`"]);
    model(iv, "gmm = { steps = 2 }").fails(1, &["`gmm` is not an option of the method `iv`"]);
    model(FORMULA, "orthogonal = [\"wage\"]").fails(1, &["`orthogonal` is not an option of the method `ols`"]);
    model(iv, "method = \"k-class\"").fails(1, &["`k-class` needs its number `k`"]);
    model(iv, "method = \"fuller\"\nfuller = -1.0").fails(1, &["`fuller` must be a number of zero or more"]);
    model(iv, "method = \"gmm\"\ngmm = { steps = 1 }").fails(1, &["gmm needs at least 2 steps"]);
    let iid =
        [("errors = { cluster = \"region\" }", "method = \"gmm\"\ngmm = { weights = \"cluster\" }"), (FORMULA, iv)];
    Bench::new().study(&iid).fails(1, &["the weights are clustered, but the errors name no cluster"]);
}

#[test]
fn formulas_that_identify_nothing() {
    model("growth ~ 1 | region | wage + initial ~ employment", "")
        .fails(1, &["not identified: 2 endogenous regressors, 1 instrument"]);
    model("growth ~ wage | region | wage ~ employment", "")
        .fails(1, &["wage is both endogenous and a regressor of the first part"]);
    model("growth ~ 1 | region | wage ~ wage + employment", "")
        .fails(1, &["wage is endogenous and its own instrument"]);
    model("growth ~ 1 | region | wage ~ initial + employment", "orthogonal = [\"initail\"]")
        .fails(1, &["`initail` is not an instrument of the model", "did you mean `initial`?"]);
}

#[test]
fn instruments_that_are_no_columns() {
    model("growth ~ 1 | region | wage ~ initail", "").fails(1, &["initail", "initial"]);
    // A text is an instrument per level, as it is a regressor per level.
    model("growth ~ 1 | region | wage ~ region", "").fails(3, &["region::02 was left out", "and 4 more were left out"]);
}

#[test]
fn data_that_identify_nothing() {
    model("growth ~ 1 | region | initial ~ number(region)", "")
        .fails(3, &["the model is not identified", "number(region) was left out because region explains it"]);
    model("growth ~ 1 | region | number(region) ~ wage", "")
        .fails(3, &["the endogenous regressor number(region) is explained by region"]);
}

#[test]
fn missing_instruments_have_a_line_in_the_ledger() {
    let bench = model("growth ~ 1 | region | initial ~ lag(wage, 1)", "");
    bench.succeeds();
    assert!(bench.result("sample.csv").contains("\"lag(wage, 1)\""), "{}", bench.result("sample.csv"));
    assert!(bench.result("tests.csv").contains("Anderson-Rubin F"));
}
