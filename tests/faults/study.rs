//! Faults of the study file: exit code 1, the line, a caret, the way out.

use crate::support::Bench;

#[test]
fn a_missing_study() {
    Bench::new()
        .isard(&["run", "nowhere.toml"])
        .code(1)
        .stderr(predicates::str::contains("cannot read the study file nowhere.toml"));
}

#[test]
fn not_toml() {
    let bench = Bench::new();
    bench.write("study.toml", "title = \"x\"\n[data\n");
    bench.fails(1, &["this is not TOML", "study.toml"]);
}

#[test]
fn not_text() {
    let bench = Bench::new();
    std::fs::write(bench.path("study.toml"), [0x80, 0xfe, 0xff]).unwrap();
    bench.fails(1, &["cannot read the study file", "UTF-8"]);
}

#[test]
fn a_misspelt_key() {
    Bench::new()
        .study(&[("errors = ", "erors = ")])
        .fails(1, &["`erors` is not a key of model", "did you mean `errors`?", "erors ="]);
    Bench::new().study(&[("unit = ", "unti = ")]).fails(1, &["`unti` is not a key of data", "did you mean `unit`?"]);
    Bench::new()
        .study(&[("[[table]]\nname", "[[table]]\nnames")])
        .fails(1, &["`names` is not a key of table", "did you mean `name`?"]);
}

#[test]
fn a_wrong_type() {
    Bench::new()
        .study(&[("time = \"year\"", "time = 3")])
        .fails(1, &["`time` must be a text, not a whole number", "time = 3"]);
}

#[test]
fn a_value_outside_the_list() {
    Bench::new()
        .study(&[("kind = \"coefficients\"", "kind = \"coeficients\"")])
        .fails(1, &["`coeficients` is not a value of kind", "did you mean `coefficients`?"]);
    Bench::new()
        .study(&[("errors = { cluster = \"region\" }", "errors = \"hc7\"")])
        .fails(1, &["`hc7` is not a value of errors", "iid, hc1"]);
}

#[test]
fn all_faults_at_once() {
    let bench = Bench::new().study(&[("time = \"year\"", "time = 3"), ("errors = ", "erors = ")]);
    bench.fails(1, &["`time` must be a text", "`erors` is not a key", "2 faults"]);
}

#[test]
fn an_unknown_column_with_the_nearest() {
    Bench::new()
        .study(&[("log(employment)", "log(employmnt)")])
        .fails(1, &["there is no column or variable named employmnt", "did you mean employment?", "study.toml:8"]);
    Bench::new().study(&[("initial + wage", "initial + wgae")]).fails(1, &["named wgae", "did you mean wage?"]);
    Bench::new().study(&[("| region +", "| regoin +")]).fails(1, &["named regoin", "did you mean region?"]);
    Bench::new()
        .study(&[("cluster = \"region\"", "cluster = \"regoin\"")])
        .fails(1, &["named regoin", "did you mean region?"]);
    Bench::new()
        .study(&[("[[model]]", "[sample]\nwhere = \"yaer == 2000\"\n[[model]]")])
        .fails(1, &["named yaer", "did you mean year?"]);
}

#[test]
fn unknown_columns_are_told_together_and_by_check() {
    let bench = Bench::new().study(&[("log(employment)", "log(employmnt)"), ("initial + wage", "initial + wgae")]);
    bench.fails(1, &["employmnt", "wgae", "2 faults"]);
    bench.isard(&["check", "study.toml"]).code(1).stderr(predicates::str::contains("2 faults"));
}

#[test]
fn an_unknown_function() {
    Bench::new().study(&[("log(employment)", "lgo(employment)")]).fails(1, &["lgo", "did you mean"]);
}

#[test]
fn a_formula_that_does_not_parse() {
    Bench::new()
        .study(&[("growth ~ initial + wage |", "growth ~ initial + |")])
        .fails(1, &["expected a term after +", "formula = \"growth ~ initial + |"]);
    Bench::new().study(&[("log(employment)", "log(employment")]).fails(1, &["never closed"]);
}

#[test]
fn a_cycle_among_variables() {
    Bench::new()
        .study(&[("initial = \"log(employment)\"", "initial = \"log(other)\"\nother = \"initial + 1\"")])
        .fails(1, &["defined by each other: initial -> other -> initial"]);
}

#[test]
fn names_that_do_not_exist_inside_the_study() {
    Bench::new()
        .study(&[("models = [\"m\"]\n[[figure]]", "models = [\"mm\"]\n[[figure]]")])
        .fails(1, &["there is no model `mm`", "did you mean `m`?"]);
    let twice = "[[model]]\nname = \"m\"\nformula = \"growth ~ wage\"\n[[table]]";
    Bench::new().study(&[("[[table]]", twice)]).fails(1, &["two models are named `m`"]);
}

#[test]
fn an_axis_that_does_not_exist() {
    Bench::new()
        .study(&[("[[table]]", "[axes]\n\"eror\" = [\"iid\"]\n[[table]]")])
        .fails(1, &["`eror` is not an axis", "did you mean \"errors\"?"]);
}

#[test]
fn a_map_without_polygons() {
    let map = "kind = \"map\"\nvariable = \"wage\"\n";
    Bench::new()
        .study(&[("kind = \"coefficients\"\nmodels = [\"m\"]\n", map)])
        .fails(1, &["the study has no polygons"]);
}

#[test]
fn options_of_the_command_line() {
    let bench = Bench::new();
    bench
        .isard(&["run", "study.toml", "--only", "nothing*"])
        .code(1)
        .stderr(predicates::str::contains("no model fits the pattern `nothing*`"));
    bench
        .isard(&["run", "study.toml", "--jobs", "0"])
        .code(1)
        .stderr(predicates::str::contains("--jobs must be at least 1"));
    bench.isard(&["rnu", "study.toml"]).code(1);
}
