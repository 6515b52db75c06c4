//! Samples that no model can use.

use crate::cli::support::{DATA, Folder, HEADER, MODEL, csv, rows};

/// A column that is constant within regions.
fn with_regional() -> impl Fn(&str) -> Folder {
    |formula: &str| {
        let folder = Folder::with(&format!("{DATA}{}", MODEL.replace("y ~ x + z", formula)));
        let rows: Vec<String> = rows().iter().map(|row| format!("{row},{}", &row[1..2])).collect();
        folder.write("panel.csv", csv(&format!("{HEADER},regional"), &rows));
        folder
    }
}

#[test]
fn the_filter_that_emptied_it_is_named() {
    Folder::with(&format!("{DATA}[sample]\nwhere = \"year > 3000\"\n{MODEL}")).fails(
        2,
        &[
            "model `within` has no observation left: the study's condition `year > 3000` is true in none of 72 rows",
            "loosen it",
        ],
    );
    Folder::with(&format!(
        "{DATA}[sample]\nwhere = \"year > 2000\"\n{}",
        MODEL.replace("errors", "where = \"x > 1000\"\nerrors")
    ))
    .fails(2, &["the model's condition `x > 1000` is true in none of 48 rows"]);
}

#[test]
fn an_absorbed_regressor_is_left_out_with_a_note() {
    let folder = with_regional()("y ~ x + regional");
    let outcome = folder.isard("run study.toml --out out").success();
    assert!(crate::cli::support::stdout(&outcome).contains("regional was left out"));
    assert!(
        folder
            .read("out/results.json")
            .contains("regional was left out: the absorbed effects (region) explain all of it")
    );
    folder.write("study.toml", format!("deny = [\"absorbed\"]\n{}", folder.read("study.toml")));
    folder.refuses("run study.toml --out denied", 3, &["regional was left out", "the study denies `absorbed`"]);
}

#[test]
fn all_regressors_absorbed() {
    with_regional()("y ~ regional")
        .fails(3, &["no regressor is left: regional is explained by region", "absorb fewer effects"]);
}

#[test]
fn one_cluster() {
    Folder::with(&format!("{DATA}[sample]\nwhere = \"region == 'r1'\"\n{}", MODEL.replace("region + year", "year")))
        .fails(3, &["the cluster variable region has a single level (r1)", "at least two clusters"]);
}

#[test]
fn a_single_observation() {
    let study = format!(
        "{DATA}[sample]\nwhere = \"region == 'r1' and industry == 'i1' and year == 2000\"\n{}",
        MODEL.replace(" | region + year", "").replace("errors = { cluster = \"region\" }\n", "")
    );
    Folder::with(&study).fails(3, &["only 1 observation is left", "more observations than parameters"]);
}

/// Six regions and two years, all but one cell full: the projection is exact after a few steps, and must stop there.
#[test]
fn a_tiny_panel_converges() {
    let study = format!("{DATA}[variables]\nbefore = \"lag(x, 1)\"\n{}", MODEL.replace("x + z", "before"));
    let folder = Folder::with(&study);
    let mut rows = rows();
    rows.remove(1);
    folder.write("panel.csv", csv(HEADER, &rows));
    folder.isard("run study.toml --out out --quiet").success();
}
