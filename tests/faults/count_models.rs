//! Faults of counts and choices: outcomes, effects and options that a method does not take.

use crate::support::Bench;

/// Four rows of each of twelve units, with a count, a choice and regressors.
fn rows() -> String {
    let mut text = String::from("id,t,count,choice,x,z,expo\n");
    for i in 0..48usize {
        let (unit, time) = (i / 4, i % 4);
        let x = ((i * 37) % 23) as f64 / 10.0;
        let z = ((i * 17) % 29) as f64 / 10.0;
        let count = (i * 7 + i * i) % 5 * (i % 3);
        let choice = usize::from((i * 31) % 11 > 4);
        text += &format!("u{unit},{time},{count},{choice},{x},{z},{}\n", if i == 5 { "" } else { "2" });
    }
    text
}

fn study(method: &str, formula: &str, rest: &str) -> Bench {
    let text = format!(
        "title = \"t\"\n[data]\npanel = \"rows.csv\"\nunit = \"id\"\ntime = \"t\"\n[variables]\nless = \"count - 1\"\nhalf = \"count / 2\"\n\
         none = \"count * 0\"\nunits = \"text(id)\"\nsome = \"count + 1\"\n[[model]]\nname = \"m\"\nmethod = \"{method}\"\nformula = \"{formula}\"\n\
         {rest}\n"
    );
    Bench::new().file("rows.csv", &rows()).file("study.toml", &text)
}

const COUNTS: [&str; 5] =
    ["negbin1", "zero-inflated-poisson", "zero-inflated-negbin", "hurdle-poisson", "hurdle-negbin"];

#[test]
fn outcomes_that_are_no_counts() {
    for method in COUNTS {
        study(method, "less ~ x", "").fails(3, &[method, "they must be whole numbers of zero or more", "in id u0"]);
        study(method, "half ~ x", "").fails(3, &[method, "they must be whole numbers of zero or more", "poisson"]);
        study(method, "none ~ x", "").fails(3, &["none"]);
    }
    study("conditional-negbin", "less ~ x | id", "").fails(3, &["they must be whole numbers of zero or more"]);
    study("conditional-logit", "count ~ x | id", "").fails(3, &["they must be 0 or 1", "define a choice"]);
}

#[test]
fn zeros_that_are_not_there() {
    for method in &COUNTS[1..] {
        study(method, "some ~ x", "").fails(3, &["models zeros, and the outcome has none", "negbin"]);
        study(method, "choice ~ x", "").fails(3, &["needs counts above one", "logit"]);
    }
}

#[test]
fn effects_and_errors_that_a_method_does_not_take() {
    for method in &COUNTS[1..] {
        study(method, "count ~ x | id", "").fails(1, &["takes no absorbed effects", "i(year)"]);
    }
    study("negbin1", "count ~ x | id", "vuong = [\"negbin\"]")
        .fails(1, &["takes no absorbed effects where it is compared"]);
    study("conditional-logit", "choice ~ x", "").fails(1, &["conditions on the levels of one effect", "y ~ x | firm"]);
    study("conditional-logit", "choice ~ x | id + t", "").fails(1, &["conditions on the levels of one effect"]);
    let weighted = "weights = { analytic = \"expo\" }";
    study("conditional-logit", "choice ~ x | id", weighted).fails(3, &["has no weights", "leave `weights` out"]);
    let across = "errors = { cluster = \"t\" }";
    study("conditional-logit", "choice ~ x | id", across)
        .fails(3, &["more than one cluster of t", "groups lie within"]);
    study("conditional-logit", "choice ~ x | id", "errors = { cluster = \"id\" }").succeeds();
    study("hurdle-poisson", "count ~ x", "errors = \"hc3\"").fails(3, &["hc3"]);
}

#[test]
fn options_and_questions_that_a_method_does_not_have() {
    study("poisson", "count ~ x", "zero = [\"z\"]").fails(1, &["`zero` is not an option of the method `poisson`"]);
    study("hurdle-poisson", "count ~ x", "zero = [\"zz\"]").fails(1, &["no column or variable named zz"]);
    study("hurdle-poisson", "count ~ x", "vuong = [\"logit\"]").fails(1, &["`logit` is no distribution of counts"]);
    study("hurdle-poisson", "count ~ x", "vuong = [\"hurdle-poisson\"]").fails(1, &["compared with itself"]);
    study("hurdle-poisson", "count ~ x", "margins = [{ of = \"x\" }]").fails(1, &["`margins` is not defined"]);
    study("conditional-logit", "choice ~ x | id", "predict = { sample = true }")
        .fails(1, &["`predict` is not defined", "conditioned out"]);
    study("hurdel-poisson", "count ~ x", "").fails(1, &["hurdle-poisson"]);
}

#[test]
fn a_missing_exposure_leaves_with_a_line() {
    let bench = study("negbin1", "count ~ x", "exposure = \"expo\"");
    bench.succeeds();
    assert!(bench.result("sample.csv").contains("log(expo)"), "{}", bench.result("sample.csv"));
}

#[test]
fn groups_that_tell_nothing_leave_with_a_line() {
    let bench = study("conditional-negbin", "none_but ~ x | id", "");
    let text = std::fs::read_to_string(bench.path("study.toml")).unwrap();
    bench.write("study.toml", &text.replace("half =", "none_but = \"if(id == 'u3', 0, count)\"\nhalf ="));
    bench.succeeds();
    assert!(bench.result("sample.csv").contains("id"), "{}", bench.result("sample.csv"));
}

/// A regressor that predicts the zeros perfectly has no finite coefficient.
#[test]
fn a_search_that_does_not_end_is_an_error() {
    let bench = study("hurdle-poisson", "count ~ x", "zero = [\"any\"]");
    let text = std::fs::read_to_string(bench.path("study.toml")).unwrap();
    bench.write("study.toml", &text.replace("half =", "any = \"if(count > 0, 1, 0)\"\nhalf ="));
    bench.fails(3, &["did not reach a maximum"]);
    let apart = study("conditional-logit", "choice ~ apart | id", "");
    let text = std::fs::read_to_string(apart.path("study.toml")).unwrap();
    apart.write("study.toml", &text.replace("half =", "apart = \"choice * 3 + z / 100\"\nhalf ="));
    apart.fails(3, &["did not reach a maximum", "predicts the outcome perfectly"]);
}
