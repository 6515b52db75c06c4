use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use super::support::{DATA, Folder, MODEL};

#[test]
fn a_model_is_said_before_and_after_its_run() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    folder
        .isard("explain study.toml within --out out")
        .success()
        .stdout(contains("effects of region").and(contains("has not been estimated yet")));
    folder.isard("run study.toml --out out --quiet").success();
    folder.isard("explain study.toml --out out").success().stdout(contains("N = 72").and(contains("G = 6")));
}

#[test]
fn an_unknown_model_is_refused() {
    Folder::with(&format!("{DATA}{MODEL}")).refuses(
        "explain study.toml withn",
        1,
        &["there is no model `withn`; the study has: within"],
    );
}
