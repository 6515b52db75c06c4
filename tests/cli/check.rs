use crate::support::{Bench, files};
use predicates::str::contains;

#[test]
fn says_that_a_study_is_fine_and_writes_nothing() {
    let bench = Bench::new();
    bench.isard(&["check", "study.toml"]).success().stdout(contains("fine. 1 models, 1 tables, 1 figures."));
    assert!(!files(&bench.path("results")).iter().any(|_| true));
}

#[test]
fn says_which_data_are_not_here() {
    let bench = Bench::new();
    std::fs::remove_file(bench.path("panel.csv")).unwrap();
    bench.isard(&["check", "study.toml"]).success().stdout(contains("Its data are not here"));
}
