//! Values that no model can use, and those that only cost rows.

use crate::cli::support::{DATA, Folder, HEADER, MODEL, csv, panel_with, rows};

#[test]
fn duplicate_keys_show_the_first_five() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    let mut rows = rows();
    rows.extend(rows[..7].to_vec());
    folder.write("panel.csv", csv(HEADER, &rows));
    folder.fails(
        2,
        &[
            "more than one row for the same region, industry, year",
            "region r1, industry i1, year 2000 (2 rows)",
            "region r1, industry i2, year 2001 (2 rows); sum them with group_by",
        ],
    );
}

#[test]
fn an_all_missing_regressor() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    let blank = |row: &String| {
        let mut fields: Vec<&str> = row.split(',').collect();
        fields[4] = "";
        fields.join(",")
    };
    folder.write("panel.csv", csv(HEADER, &rows().iter().map(blank).collect::<Vec<_>>()));
    folder.fails(2, &["model `within`: x is missing in every row of the sample", "leave it out or check the column"]);
}

#[test]
fn infinite_and_undefined_values_are_in_the_ledger() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    folder.write("panel.csv", panel_with(3, 4, "inf"));
    folder.isard("run study.toml --out out --quiet").success();
    assert!(
        folder.read("out/sample.csv").contains("within,model,1,71,non-finite,x"),
        "{}",
        folder.read("out/sample.csv")
    );
    folder.write("panel.csv", panel_with(3, 4, "NaN"));
    folder.isard("run study.toml --out out --quiet").success();
    assert!(folder.read("out/sample.csv").contains("within,model,1,71,missing,x"), "{}", folder.read("out/sample.csv"));
}

#[test]
fn negative_weights() {
    Folder::with(&format!("{DATA}{}", MODEL.replace("errors", "weights = { analytic = \"w - 3\" }\nerrors")))
        .fails(2, &["weights w - 3 are negative", "filter these rows out or correct the column"]);
}

#[test]
fn zero_weights_leave_with_a_line() {
    let folder =
        Folder::with(&format!("{DATA}{}", MODEL.replace("errors", "weights = { analytic = \"w - 1\" }\nerrors")));
    folder.isard("run study.toml --out out --quiet").success();
    assert!(folder.read("out/sample.csv").contains("within,model,15,57,zero weight,w - 1"));
}

#[test]
fn frequencies_that_are_no_counts() {
    Folder::with(&format!("{DATA}{}", MODEL.replace("errors", "weights = { frequency = \"w / 2\" }\nerrors")))
        .fails(2, &["not whole numbers", "say analytic or probability"]);
}

#[test]
fn a_lag_across_a_gap_is_missing() {
    let study =
        format!("{DATA}[variables]\nbefore = \"lag(x, 1)\"\n{}", MODEL.replace("x + z | region + year", "before"));
    let folder = Folder::with(&study);
    let mut rows = rows();
    rows.remove(1);
    folder.write("panel.csv", csv(HEADER, &rows));
    folder.isard("run study.toml --out out --quiet").success();
    // 23 whole units lose their first year, the broken one both.
    assert!(
        folder.read("out/sample.csv").contains("within,model,25,46,missing,before"),
        "{}",
        folder.read("out/sample.csv")
    );
    assert!(folder.read("out/results.json").contains("time_gap"), "no note of the gap");
    folder.write("study.toml", format!("deny = [\"time_gap\"]\n{study}"));
    folder.refuses(
        "run study.toml --out denied",
        3,
        &["have gaps in time", "the study denies `time_gap`", "out of `deny`"],
    );
}
