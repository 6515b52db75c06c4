//! Names that are no columns: found before any row is read, all together, each with its place and the nearest name.

use crate::cli::support::{DATA, Folder, MODEL};

#[test]
fn in_every_place_at_once() {
    let model = MODEL.replace("x + z", "xx + v").replace(
        "\"region\" }",
        "[\"region\", \"industri\"] }\nweights = { analytic = \"ww\" }\nwhere = \"employmnt > 0\"",
    );
    let study = format!("{DATA}[variables]\nv = \"log(employent)\"\n[sample]\nwhere = \"yeer > 1999\"\n{model}");
    let folder = Folder::with(&study);
    let parts = [
        "no column or variable named employent",
        "study.toml:7:10",
        "did you mean employment?",
        "no column or variable named yeer",
        "study.toml:9:10",
        "did you mean year?",
        "no column or variable named xx",
        "study.toml:12:16",
        "did you mean x?",
        "no column or variable named industri",
        "study.toml:13:34",
        "did you mean industry?",
        "no column or variable named ww",
        "study.toml:14:25",
        "did you mean w?",
        "no column or variable named employmnt",
        "6 faults.",
    ];
    folder.fails(1, &parts);
    folder.refuses("check study.toml", 1, &parts);
}

#[test]
fn unit_and_time() {
    Folder::with(&format!("{}{MODEL}", DATA.replace("\"region\",", "\"regoin\",").replace("\"year\"", "\"yaer\"")))
        .fails(
            1,
            &["the panel has no column named regoin", "did you mean region?", "named yaer", "did you mean year?"],
        );
}

#[test]
fn absorbed_effects() {
    Folder::with(&format!("{DATA}{}", MODEL.replace("| region", "| regio")))
        .fails(1, &["named regio", "did you mean region?"]);
}

#[test]
fn an_axis_is_named_when_it_brought_the_column() {
    let study = format!("{DATA}[axes]\ncontrols = {{ none = \"none\", more = \"employmen\" }}\n{MODEL}");
    Folder::with(&study).fails(1, &["named employmen", "did you mean employment?", "study.toml:7:"]);
}

#[test]
fn spatial_weights() {
    let model = MODEL.replace("x + z", "spatial_lag(x, near)");
    Folder::with(&format!("{DATA}{model}")).fails(1, &["there are no spatial weights named near"]);
}

#[test]
fn nothing_near_lists_all() {
    Folder::with(&format!("{DATA}{}", MODEL.replace("x + z", "quux")))
        .fails(1, &["columns and variables: employment, industry"]);
}

const TABLES: &str = "title = \"A test\"\n[data]\npanel = \"kept\"\nunit = [\"region\", \"industry\"]\ntime = \"year\"\n[data.tables.kept]\nfile = \"panel.csv\"\n";

#[test]
fn steps_of_a_table() {
    let study = |step: &str| Folder::with(&format!("{TABLES}{step}\n{MODEL}"));
    study("where = \"yaer > 3\"").fails(1, &["table kept has no column yaer", "did you mean year?", "study.toml:8:10"]);
    study("where = \"year >> 3\"").fails(1, &["expected a value after >", "study.toml:8:16"]);
    study("sum = { e = \"employment\" }").fails(1, &["has sums but no group_by"]);
    study("from = \"other\"").fails(1, &["[data.tables.kept] needs one of file and from, not both"]);
    Folder::with(&format!("{}{MODEL}", TABLES.replace("\"kept\"", "\"kpet\"")))
        .fails(1, &["no table kpet", "did you mean kept?", "study.toml:3:9"]);
}

#[test]
fn tables_made_from_each_other() {
    let tables = TABLES.replace("file = \"panel.csv\"", "from = \"other\"\n[data.tables.other]\nfrom = \"kept\"");
    Folder::with(&format!("{tables}{MODEL}")).fails(1, &["made from each other: ", "break the circle"]);
}

#[test]
fn text_as_outcome() {
    Folder::with(&format!("{DATA}{}", MODEL.replace("y ~", "industry ~")))
        .fails(1, &["needs numbers in `industry`", "number(industry)"]);
}

#[test]
fn text_against_numbers() {
    Folder::with(&format!("{DATA}[sample]\nwhere = \"region == 1\"\n{MODEL}"))
        .fails(1, &["text is compared with a number", "put the value in quotes", "study.toml:7:10"]);
}
