use crate::support::Bench;
use predicates::str::contains;

#[test]
fn shows_tables_of_a_study_that_has_run() {
    let bench = Bench::new();
    bench.isard(&["show", "study.toml", "--out", "out"]).code(2).stderr(contains("run the study first"));
    bench.succeeds();
    bench.isard(&["show", "study.toml", "main", "--out", "out"]).success().stdout(contains("Observations"));
    bench.isard(&["show", "study.toml", "other", "--out", "out"]).code(1).stderr(contains("there is no table `other`"));
}
