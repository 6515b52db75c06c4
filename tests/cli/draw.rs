use std::path::Path;

use crate::support::Bench;
use predicates::str::contains;

/// The committed panel is what the committed process draws.
#[test]
fn draws_the_committed_panel_again() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/us-synthetic");
    let bench = Bench::new();
    let process = committed.join("process.toml");
    bench.isard(&["draw", process.to_str().unwrap(), "--out", "drawn"]).success().stdout(contains("153151 rows"));
    for file in ["region_industry.csv.gz", "truth.csv", "definition.csv"] {
        let same =
            std::fs::read(bench.path("drawn").join(file)).unwrap() == std::fs::read(committed.join(file)).unwrap();
        assert!(same, "{file} differs");
    }
}

#[test]
fn a_process_that_is_none() {
    let bench = Bench::new().file("process.toml", "seed = 1\n");
    bench.isard(&["draw", "process.toml", "--out", "drawn"]).code(1).stderr(contains("process.toml"));
}
