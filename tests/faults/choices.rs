//! Faults of choices: corrections, frailty, figures of fits, spells.

use crate::support::Bench;

fn with(options: &str) -> Bench {
    Bench::new().study(&[("errors =", &format!("{options}\nerrors ="))])
}

#[test]
fn a_correction_of_another_method() {
    with("bias_correction = \"analytical\"")
        .fails(1, &["`bias_correction` is not an option of the method `ols`", "method = \"logit\""]);
    with("method = \"logit\"\nbias_correction = { method = \"jackknife\", lags = 1 }")
        .fails(1, &["`lags` is an option of the analytical correction"]);
    with("method = \"logit\"\nbias_corection = \"jackknife\"").fails(1, &["bias_corection", "bias_correction"]);
}

#[test]
fn frailty_that_does_not_go() {
    with("method = \"logit\"\nfrailty = \"gamma\"").fails(1, &["gamma frailty needs method = \"cloglog\""]);
    with("method = \"cloglog\"\nfrailty = { distribution = \"normal\", points = 120 }")
        .fails(1, &["`points` must be 1 to 99"]);
    with("method = \"cloglog\"\nfrailty = \"normal\"\nbias_correction = \"analytical\"")
        .fails(1, &["`frailty` and `bias_correction` do not go together"]);
}

#[test]
fn a_rootogram_of_what_has_no_counts() {
    let figure = "[[figure]]\nkind = \"rootogram\"\nmodel = \"m\"\n\n[[table]]";
    Bench::new().study(&[("[[table]]", figure)]).fails(3, &["model m has no distribution of its outcome"]);
    let figure = "[[figure]]\nkind = \"rootogramm\"\nmodel = \"m\"\n\n[[table]]";
    Bench::new().study(&[("[[table]]", figure)]).fails(1, &["rootogramm"]);
    let figure = "[[figure]]\nkind = \"calibration\"\nmodel = \"m\"\nmost = 3\n\n[[table]]";
    Bench::new().study(&[("[[table]]", figure)]).fails(1, &["`most` is not a key of a calibration figure"]);
}
