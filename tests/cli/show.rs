use predicates::str::contains;

use super::support::{DATA, Folder, MODEL};

#[test]
fn tables_of_a_run_are_shown() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    folder.refuses("show study.toml --out out", 2, &["run the study first with `isard run study.toml`"]);
    folder.isard("run study.toml --out out --quiet").success();
    folder.isard("show study.toml --out out").success().stdout(contains("Observations"));
    folder.isard("show study.toml main --out out").success().stdout(contains("Within R²"));
    folder.refuses("show study.toml mian --out out", 1, &["there is no table `mian`; the study has: main"]);
}
