use crate::support::Bench;
use predicates::str::contains;

#[test]
fn shows_what_is_done() {
    let bench = Bench::new();
    bench.isard(&["plan", "study.toml", "--out", "out"]).success().stdout(contains("1 of 1 models to estimate"));
    bench.succeeds();
    bench.isard(&["plan", "study.toml", "--out", "out"]).success().stdout(contains("0 of 1 models to estimate"));
    let why = |bench: &Bench| bench.isard(&["plan", "study.toml", "--out", "out", "--why", "m"]).success();
    why(&bench)
        .stdout(contains("unchanged since the last run"))
        .stdout(contains("formula: growth~initial+wage|region+industry"));
    let changed = bench.study(&[("initial + wage", "initial")]);
    why(&changed).stdout(contains("changed since the last run (its key was"));
    changed.isard(&["plan", "study.toml", "--why", "x"]).code(1).stderr(contains("there is no step `x`"));
}
