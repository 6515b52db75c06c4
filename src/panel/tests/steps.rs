use super::*;
use crate::note::Note;
use crate::panel::{Ledger, load};

const CELLS: &str = "fips,naics,year,emp,name\n01001,111111,2018,10,Autauga\n01003,111111,2018,5,Baldwin\n02001,111111,2018,7,Far\n01003,222222,2018,,Baldwin\n01001,222222,2018,2,Autauga\n01001,111111,2021,12,Autauga\n01001,11,2018,99,Autauga\n";
const AREAS: &str = "fips,ea\n01001,A\n01003,A\n";
const DEFINITION: &str = "naics2017,cluster,traded\n111111,c1,TRUE\n222222,c2,FALSE\n";

fn files() -> tempfile::TempDir {
    let dir = folder("cells.csv", CELLS);
    write(&dir, "areas.csv", AREAS);
    write(&dir, "definition.csv", DEFINITION);
    dir
}

const TOML: &str = r#"
    panel = "panel"
    unit  = ["region", "industry"]
    time  = "year"
    [tables.cbp]
    file   = "cells.csv"
    text   = ["industry"]
    rename = { naics = "industry" }
    where  = "length(industry) == 6 and year in (2018, 2021)"
    [tables.areas]
    file   = "areas.csv"
    rename = { ea = "region" }
    [tables.definition]
    file   = "definition.csv"
    text   = ["naics2017"]
    [tables.panel]
    from     = "cbp"
    join     = [{ table = "areas", on = "fips" }, { table = "definition", on = { industry = "naics2017" } }]
    group_by = ["region", "industry", "year"]
    sum      = { employment = "emp" }
    mean     = { mean_emp = "emp" }
    min      = { low = "emp" }
    max      = { high = "emp" }
    first    = { cluster = "cluster", flag = "traded", county = "name" }
    count    = "counties"
    let      = { traded = "flag == 'TRUE'", twice = "half * 4", half = "employment / 2" }
"#;

fn lines(ledger: &Ledger) -> Vec<String> {
    ledger.0.iter().map(|l| format!("{} {} {} {}", l.reason, l.column, l.rows_lost, l.rows_left)).collect()
}

#[test]
fn the_steps_in_order() {
    let loaded = read(files().path(), TOML).unwrap();
    let panel = &loaded.panel;
    assert_eq!(texts(panel, "industry"), ["111111", "111111", "222222"]);
    assert_eq!(numbers(panel, "year"), [2018.0, 2021.0, 2018.0]);
    assert_eq!(numbers(panel, "employment"), [15.0, 12.0, 2.0]);
    assert_eq!(numbers(panel, "mean_emp"), [7.5, 12.0, 2.0]);
    assert_eq!(numbers(panel, "low"), [5.0, 12.0, 2.0]);
    assert_eq!(numbers(panel, "high"), [10.0, 12.0, 2.0]);
    assert_eq!(numbers(panel, "counties"), [2.0, 1.0, 2.0]);
    assert_eq!(numbers(panel, "traded"), [1.0, 1.0, 0.0]);
    assert_eq!(numbers(panel, "twice"), [30.0, 24.0, 4.0]);
    assert_eq!(texts(panel, "cluster"), ["c1", "c1", "c2"]);
    assert_eq!(texts(panel, "county")[2], "Baldwin");
    assert_eq!(
        lines(&loaded.ledger),
        [
            "read cbp 0 7",
            "where length(industry) == 6 and year in (2018, 2021) 1 6",
            "join areas 1 5",
            "join definition 0 5",
            "aggregate region, industry, year 2 3"
        ]
    );
    let expected =
        Note::JoinLoss { table: "panel".into(), with: "areas".into(), rows: 1, examples: vec!["fips 02001".into()] };
    assert_eq!(loaded.notes, [expected]);
    assert_eq!(loaded.sources.len(), 3);
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let dir = files();
    let before = read(dir.path(), TOML).unwrap().panel;
    let mut rows: Vec<&str> = CELLS.lines().skip(1).collect();
    rows.reverse();
    write(&dir, "cells.csv", format!("fips,naics,year,emp,name\n{}\n", rows.join("\n")));
    let after = read(dir.path(), TOML).unwrap().panel;
    assert_eq!(numbers(&before, "employment"), numbers(&after, "employment"));
    assert_eq!(texts(&before, "industry"), texts(&after, "industry"));
}

#[test]
fn only_what_is_needed_is_computed() {
    let section = section(TOML);
    let loaded = load(&section, files().path(), None, Some(&["half".to_string()])).unwrap();
    assert_eq!(loaded.panel.names().collect::<Vec<_>>(), ["region", "industry", "year", "half"]);
    assert_eq!(numbers(&loaded.panel, "half"), [7.5, 6.0, 1.0]);
}

#[test]
fn other_tables_on_demand() {
    let dir = files();
    let mut loaded = read(dir.path(), TOML).unwrap();
    let definition = loaded.table("definition").unwrap();
    assert_eq!(texts(&definition, "naics2017"), ["111111", "222222"]);
    assert_eq!(loaded.sources.len(), 3);
    let fault = loaded.table("definitoin").unwrap_err().to_string();
    assert!(fault.starts_with("no table definitoin: did you mean definition?; tables are "), "{fault}");
}

#[test]
fn left_joins_keep_their_rows_and_having_comes_last() {
    let toml = TOML
        .replace("on = \"fips\" }", "on = \"fips\", how = \"left\" }")
        .replace("count    = \"counties\"", "count = \"counties\"\nhaving = \"employment > 2\"");
    let loaded = read(files().path(), &toml).unwrap();
    assert_eq!(
        lines(&loaded.ledger)[2..],
        [
            "join areas 0 6",
            "join definition 0 6",
            "missing region 1 5",
            "aggregate region, industry, year 2 3",
            "where employment > 2 1 2"
        ]
    );
}

#[test]
fn keys_that_repeat_on_the_right() {
    let dir = files();
    write(&dir, "areas.csv", "fips,ea\n01001,A\n01003,A\n01003,B\n");
    assert_eq!(
        message(dir.path(), TOML),
        "table areas has more than one row for the same fips: fips 01003 (2 rows); a join needs one row per key there, so sum or filter areas first"
    );
}

#[test]
fn keys_of_two_kinds() {
    let toml = TOML.replace("text   = [\"naics2017\"]", "");
    assert_eq!(
        message(files().path(), &toml),
        "cannot join panel with definition: industry is text and naics2017 is a number; read both as text with text = [\"naics2017\"]"
    );
}

#[test]
fn faults_of_the_steps() {
    let dir = files();
    let base = dir.path();
    let with = |old: &str, new: &str| message(base, &TOML.replace(old, new));
    assert_eq!(
        with("employment = \"emp\"", "employment = \"emq\""),
        "table panel has no column emq (group_by's column employment): did you mean emp?"
    );
    assert_eq!(
        with("length(industry) == 6", "length(industri) == 6"),
        "table cbp has no column industri (where): did you mean industry?"
    );
    assert_eq!(with("{ naics = ", "{ naisc = "), "table cbp has no column naisc (rename): did you mean naics?");
    assert_eq!(
        with("employment = \"emp\"", "employment = \"name\""),
        "column name of table panel is text, but group_by's column employment needs a number"
    );
    assert!(
        with("twice = \"half * 4\"", "twice = \"half * 4\", employment = \"twice\"").ends_with("; break the circle")
    );
    assert_eq!(
        with("group_by = [\"region\", \"industry\", \"year\"]", ""),
        "[data.tables.panel] has sums but no group_by: name the columns that identify a row afterwards"
    );
    assert_eq!(with("from     = \"cbp\"", ""), "[data.tables.panel] needs one of file and from, not neither");
    assert_eq!(
        with("file   = \"cells.csv\"", "from = \"panel\""),
        "these tables are made from each other: panel -> cbp -> panel; break the circle"
    );
    assert!(
        with("text   = [\"naics2017\"]", "text = [\"naics17\"]").contains("naics17 (text): did you mean naics2017?")
    );
    assert!(with("length(industry) == 6 and", "length(industry) == and").starts_with("[data.tables.cbp] where = "));
    assert_eq!(
        with("year in (2018, 2021)", "year > 3000"),
        "[data.tables.cbp] where = \"length(industry) == 6 and year > 3000\" leaves none of 7 rows: loosen it"
    );
    assert!(with("year in (2018, 2021)", "year == 'x'").contains("cannot be computed"));
}
