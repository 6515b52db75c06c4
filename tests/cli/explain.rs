use crate::support::Bench;
use predicates::str::contains;

#[test]
fn says_the_equation_before_and_the_counts_after_a_run() {
    let bench = Bench::new();
    let before = bench.isard(&["explain", "study.toml", "m", "--out", "out"]).success();
    before
        .stdout(contains("growth = b1 initial + b2 wage + effects of region + effects of industry + error"))
        .stdout(contains("initial = log(employment)"))
        .stdout(contains("not been estimated yet"));
    bench.succeeds();
    bench.isard(&["explain", "study.toml", "--out", "out"]).success().stdout(contains("N = 80, K = 7, G = 8"));
    bench.isard(&["explain", "study.toml", "other"]).code(1).stderr(contains("there is no model `other`"));
}
