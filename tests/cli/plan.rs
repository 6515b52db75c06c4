use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use super::support::{DATA, Folder, MODEL};

#[test]
fn all_is_to_do_and_then_all_is_done() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    folder
        .isard("plan study.toml --out out")
        .success()
        .stdout(contains("to do").and(contains("done").not()).and(contains("1 of 1 models to estimate")));
    folder.isard("run study.toml --out out --quiet").success();
    folder
        .isard("plan study.toml --out out")
        .success()
        .stdout(contains("done").and(contains("to do").not()).and(contains("0 of 1 models to estimate")));
}

#[test]
fn why_tells_what_a_step_depends_on() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    let why = "plan study.toml --out out --why within";
    folder.isard(why).success().stdout(contains("formula: y~x+z|region+year").and(contains("not estimated before")));
    folder.isard("run study.toml --out out --quiet").success();
    folder.isard(why).success().stdout(contains("unchanged since the last run"));
    folder.write("study.toml", format!("{DATA}{}", MODEL.replace("x + z", "x")));
    folder.isard(why).success().stdout(contains("changed since the last run"));
}

#[test]
fn an_unknown_step_is_refused() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    folder.refuses("plan study.toml --why withn", 1, &["there is no step `withn`", "Did you mean `within`?"]);
}
