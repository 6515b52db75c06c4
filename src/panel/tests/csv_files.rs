use std::io::Write;

use super::*;

const ONE: &str = "panel = \"a.csv\"\nunit = \"id\"";

#[test]
fn a_code_with_a_leading_zero_on_the_last_line_makes_the_column_text() {
    let mut text = String::from("id,fips,x\n");
    (1..3000).for_each(|row| text.push_str(&format!("{row},{},1\n", 10_000 + row)));
    text.push_str("3000,01001,2.5\n");
    let panel = read(folder("a.csv", text).path(), ONE).unwrap().panel;
    assert_eq!(texts(&panel, "fips")[2999], "01001");
    assert_eq!(texts(&panel, "fips")[0], "10001");
    assert_eq!(numbers(&panel, "x")[2999], 2.5);
    assert_eq!(numbers(&panel, "id")[2999], 3000.0);
}

#[test]
fn numbers_words_and_missing_values() {
    let text = "id,a,b,c,d,e\n1,1,NA,x,, 7\n2,-2.5e3,.,\"y, z\",,inf\n3,,\"NA\",NA,,+1\n4,0.5,3,.,,-8 \n";
    let panel = read(folder("a.csv", text).path(), ONE).unwrap().panel;
    let shown = |name: &str| numbers(&panel, name).iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(shown("a"), "1 -2500 NaN 0.5");
    assert_eq!(shown("b"), "NaN NaN NaN 3");
    assert_eq!(texts(&panel, "c"), ["x", "y, z", "-", "-"]);
    assert_eq!(shown("d"), "NaN NaN NaN NaN");
    assert_eq!(shown("e"), "7 inf 1 -8");
}

#[test]
fn long_digits_and_named_columns_stay_text() {
    let text = "id,key,code\n1,1234567890123456,12\n2,9007199254740993,13\n";
    let panel = read(folder("a.csv", text).path(), &format!("{ONE}\ntext = [\"code\"]")).unwrap().panel;
    assert_eq!(texts(&panel, "key"), ["1234567890123456", "9007199254740993"]);
    assert_eq!(texts(&panel, "code"), ["12", "13"]);
}

#[test]
fn semicolons_byte_order_mark_blank_lines_and_windows_line_ends() {
    let text = "\u{feff}id;name;x\r\n1;\"a \"\"b\"\"\";1\r\n\r\n2;c;2\r\n";
    let panel = read(folder("a.csv", text).path(), ONE).unwrap().panel;
    assert_eq!(texts(&panel, "name"), ["a \"b\"", "c"]);
    assert_eq!(numbers(&panel, "x"), [1.0, 2.0]);
}

#[test]
fn a_file_without_a_last_line_end_and_a_column_without_a_name() {
    let panel = read(folder("a.csv", ",id\nx,1\ny,2").path(), ONE).unwrap().panel;
    assert_eq!(texts(&panel, "column_1"), ["x", "y"]);
}

#[test]
fn gzip() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(b"id,x\n1,2\n").unwrap();
    let dir = folder("a.csv.gz", encoder.finish().unwrap());
    let loaded = read(dir.path(), "panel = \"a.csv.gz\"\nunit = \"id\"").unwrap();
    assert_eq!(numbers(&loaded.panel, "x"), [2.0]);
    assert_eq!(loaded.sources[0].rows, 1);
    assert_eq!(loaded.sources[0].digest.len(), 64);
    write(&dir, "b.csv.gz", "id,x\n1,2\n");
    assert!(
        message(dir.path(), "panel = \"b.csv.gz\"\nunit = \"id\"").contains("b.csv.gz is not a readable gzip file")
    );
}

#[test]
fn only_the_needed_columns_are_read() {
    let dir = folder("a.csv", "id,x,y\n1,2,3\n");
    let loaded = load(&section(ONE), dir.path(), None, Some(&["y".to_string(), "elsewhere".to_string()])).unwrap();
    assert_eq!(loaded.panel.names().collect::<Vec<_>>(), ["id", "y"]);
}

#[test]
fn ragged_rows_name_their_line() {
    let dir = folder("a.csv", "id,x\n1,\"two\nlines\"\n2,3,4\n");
    assert_eq!(
        message(dir.path(), ONE),
        "a.csv, line 4: 3 fields where the header has 2; fix the row, or quote fields that contain the separator"
    );
    write(&dir, "a.csv", "id,x\n1\n");
    assert!(message(dir.path(), ONE).starts_with("a.csv, line 2: 1 fields where the header has 2"));
}

#[test]
fn faults_of_the_file() {
    let dir = folder("a.csv", "");
    assert_eq!(message(dir.path(), ONE), "a.csv has no rows: give a file with a header and at least one row");
    write(&dir, "a.csv", "id,x\n");
    assert!(message(dir.path(), ONE).starts_with("a.csv has no rows"));
    write(&dir, "a.csv", "id,x,id\n1,2,3\n");
    assert_eq!(message(dir.path(), ONE), "a.csv has more than one column id: rename or remove all but one");
    write(&dir, "a.csv", "id,x\n1,\"open\n2,3\n");
    assert_eq!(message(dir.path(), ONE), "a.csv, line 2: a quote opens here and never closes");
    write(&dir, "a.csv", b"id,x\n1,a\n2,S\xe3o\n");
    assert_eq!(message(dir.path(), ONE), "a.csv, line 3: not valid UTF-8; save the file with UTF-8 encoding");
}

#[test]
fn missing_files_and_unknown_columns_offer_the_nearest() {
    let dir = folder("state_income.csv", "state,year,income\n01,1929,323\n");
    assert_eq!(
        message(dir.path(), "panel = \"state_incme.csv\"\nunit = \"state\""),
        "no file state_incme.csv: did you mean state_income.csv?"
    );
    assert_eq!(
        message(dir.path(), "panel = \"state_income.csv\"\nunit = \"stat\""),
        "table state_income.csv has no column stat (unit of [data]): did you mean state?"
    );
    assert_eq!(
        message(dir.path(), "panel = \"state_income.xlsx\"\nunit = \"state\""),
        "no table state_income.xlsx; tables are not named in this study: give the path of a file"
    );
}

#[test]
fn rows_that_share_unit_and_time() {
    let dir = folder("a.csv", "region,year,x\nb,2001,1\na,2001,1\nb,2001,2\nb,2001,3\na,2002,1\n");
    assert_eq!(
        message(dir.path(), "panel = \"a.csv\"\nunit = \"region\"\ntime = \"year\""),
        "panel a.csv has more than one row for the same region, year: region b, year 2001 (3 rows); sum them with group_by, or add the column that tells them apart to unit"
    );
}

#[test]
fn rows_without_a_key_leave_with_a_ledger_line() {
    let dir = folder("a.csv", "region,year,x\nb,2001,1\nNA,2001,1\na,,2\n");
    let loaded = read(dir.path(), "panel = \"a.csv\"\nunit = \"region\"\ntime = \"year\"").unwrap();
    assert_eq!(loaded.panel.n_rows(), 1);
    let lines: Vec<String> =
        loaded.ledger.0.iter().map(|l| format!("{} {} {} {}", l.reason, l.column, l.rows_lost, l.rows_left)).collect();
    assert_eq!(lines, ["read a.csv 0 3", "missing region 1 2", "missing year 1 1"]);
}

#[test]
fn time_has_to_be_a_number() {
    let dir = folder("a.csv", "region,quarter\na,2001Q1\n");
    assert_eq!(
        message(dir.path(), "panel = \"a.csv\"\nunit = \"region\"\ntime = \"quarter\""),
        "column quarter of table a.csv is text, but time of [data] needs a number"
    );
}
