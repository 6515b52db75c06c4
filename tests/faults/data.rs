//! Faults of files and rows: exit code 2, the file, the line or the column, the way out.

use crate::support::Bench;

#[test]
fn a_missing_file() {
    Bench::new()
        .study(&[("\"panel.csv\"", "\"panl.csv\"")])
        .fails(2, &["no file", "panl.csv", "did you mean panel.csv?"]);
}

#[test]
fn an_unreadable_parquet_file() {
    Bench::new()
        .study(&[("\"panel.csv\"", "\"bad.parquet\"")])
        .file("bad.parquet", "not parquet")
        .fails(2, &["bad.parquet is not a readable parquet file"]);
}

#[test]
fn an_empty_file() {
    Bench::new().rows(Vec::clear).fails(2, &["panel.csv has no rows"]);
}

#[test]
fn a_ragged_row() {
    Bench::new()
        .rows(|lines| lines[10] = "01,i1".into())
        .fails(2, &["panel.csv, line 11: 2 fields where the header has 7"]);
}

#[test]
fn duplicate_keys() {
    let bench = Bench::new().rows(|lines| lines.extend(lines[1..8].to_vec()));
    bench.fails(
        2,
        &["more than one row for the same region, industry, year", "region 01, industry i1, year 2000 (2 rows)"],
    );
}

#[test]
fn an_empty_sample() {
    let bench = Bench::new().study(&[("[[model]]", "[sample]\nwhere = \"year == 1900\"\n[[model]]")]);
    bench.fails(2, &["model `m` has no observation left", "`year == 1900` is true in none of 120 rows"]);
}

#[test]
fn infinite_and_missing_values_are_in_the_ledger() {
    let bench = Bench::new().rows(|lines| {
        let spoil = |line: &String, value: &str| {
            let mut cells: Vec<&str> = line.split(',').collect();
            cells[4] = value;
            cells.join(",")
        };
        lines[1] = spoil(&lines[1], "inf");
        lines[2] = spoil(&lines[2], "NaN");
        lines[4] = spoil(&lines[4], "");
    });
    bench.succeeds();
    let ledger = bench.result("sample.csv");
    assert!(ledger.contains("m,model,1,77,non-finite,wage"), "{ledger}");
    assert!(ledger.contains("m,model,2,78,missing,wage"), "{ledger}");
}

#[test]
fn a_gap_in_time_gives_missing_and_a_note() {
    let gap = |lines: &mut Vec<String>| lines.retain(|line| !line.starts_with("02,i1,2001"));
    let bench = Bench::new().rows(gap);
    bench.succeeds();
    assert!(bench.result("results.json").contains("\"time_gap\""));
    // Two rows lose their lead: the year before the gap, and none takes the year after it instead.
    let lost = |bench: &Bench| {
        bench.result("sample.csv").lines().find(|line| line.contains("missing,growth")).unwrap().to_string()
    };
    assert!(lost(&bench).starts_with("m,model,41,"), "{}", lost(&bench));
    let denied = Bench::new().rows(gap).study(&[("title = \"A small study\"", "title = \"x\"\ndeny = [\"time_gap\"]")]);
    denied.fails(3, &["the study denies `time_gap`"]);
}

#[test]
fn an_output_that_cannot_be_written() {
    let bench = Bench::new();
    bench.write("taken", "a file");
    bench
        .isard(&["run", "study.toml", "--out", "taken"])
        .code(2)
        .stderr(predicates::str::contains("a file stands where a folder is needed"));
    bench
        .isard(&["run", "study.toml", "--out", "/proc/isard"])
        .code(2)
        .stderr(predicates::str::contains("cannot write /proc/isard"));
    assert_eq!(std::fs::read_to_string(bench.path("taken")).unwrap(), "a file");
}
