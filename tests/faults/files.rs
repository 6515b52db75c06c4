//! Files that are absent, damaged or cannot be written.

use crate::cli::support::{DATA, Folder, HEADER, MODEL, csv, panel, rows};

fn over(file: &str, content: impl AsRef<[u8]>) -> Folder {
    let folder = Folder::with(&format!("{}{MODEL}", DATA.replace("panel.csv", file)));
    folder.write(file, content);
    folder
}

#[test]
fn a_missing_study() {
    Folder::with("").refuses("run studi.toml", 1, &["studi.toml: there is no such file; did you mean", "study.toml?"]);
}

#[test]
fn a_folder_as_study() {
    Folder::new().refuses("run .", 1, &["it is a folder; give a study file"]);
}

#[test]
fn a_missing_panel() {
    Folder::with(&format!("{}{MODEL}", DATA.replace("panel.csv", "panle.csv")))
        .fails(2, &["no file", "panle.csv: did you mean panel.csv?"]);
}

#[test]
fn an_unreadable_parquet_file() {
    over("bad.parquet", b"PAR1 and then nothing")
        .fails(2, &["bad.parquet is not a readable parquet file", "fetch or write it again"]);
}

#[test]
fn a_damaged_stata_file() {
    over("bad.dta", b"<stata_dta> and then nothing")
        .fails(2, &["bad.dta is not a readable Stata file", "fetch or write it again"]);
}

#[test]
fn a_csv_that_is_not_gzip() {
    over("bad.csv.gz", panel()).fails(2, &["bad.csv.gz is not a readable gzip file"]);
}

#[test]
fn a_ragged_row() {
    let mut rows = rows();
    rows.insert(4, "r1,i9,2000,1".into());
    over("ragged.csv", csv(HEADER, &rows))
        .fails(2, &["ragged.csv, line 6: 4 fields where the header has 8", "fix the row, or quote fields"]);
}

#[test]
fn a_csv_of_another_encoding() {
    let mut bytes = panel().into_bytes();
    bytes[HEADER.len() + 2] = 0xe9;
    over("latin.csv", bytes).fails(2, &["latin.csv, line 2: not valid UTF-8; save the file with UTF-8 encoding"]);
}

#[test]
fn an_empty_csv() {
    over("empty.csv", "").fails(2, &["empty.csv has no rows: give a file with a header and at least one row"]);
    over("header.csv", format!("{HEADER}\n")).fails(2, &["header.csv has no rows"]);
}

#[test]
fn an_unknown_ending() {
    over("panel.xlsx", "")
        .fails(2, &["panel.xlsx has no known ending: tables are .csv, .csv.gz, .parquet or .dta files"]);
}

#[test]
fn an_output_folder_that_is_a_file() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    folder.write("taken", "mine");
    for out in ["taken", "taken/below"] {
        folder.refuses(
            &format!("run study.toml --out {out}"),
            2,
            &["a file stands where a folder is needed", "--out DIR"],
        );
    }
    assert_eq!(folder.read("taken"), "mine");
}

#[cfg(unix)]
#[test]
fn an_output_folder_that_may_not_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
    // The superuser may write everywhere: then there is nothing to see.
    if std::fs::write(closed.join("probe"), "").is_err() {
        folder.refuses("run study.toml --out closed", 2, &["may not be written to", "--out DIR"]);
    }
}
