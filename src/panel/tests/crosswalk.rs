use super::*;
use crate::note::{ConvertedTotal, Note};
use crate::panel::{DataError, Reason};
use proptest::prelude::*;

const CELLS: &str =
    "region,naics,year,emp,est,wage\nr1,100,2012,10,2,5\nr1,200,2012,20,4,6\nr1,300,2012,7,1,7\nr2,100,2012,30,,8\n";
const PAIRS: &str = "old,new,share\n200,202,0.25\n200,201,0.75\n100,101,1\n300,,\n";

fn toml(options: &str) -> String {
    format!(
        r#"
        panel = "panel"
        unit  = ["region", "naics"]
        time  = "year"
        text  = ["naics", "old", "new"]
        [tables.panel]
        file      = "cells.csv"
        crosswalk = [{{ table = "pairs.csv", on = {{ naics = "old" }}, to = "new", totals = ["emp", "est"], {options} }}]
        "#
    )
}

fn files(pairs: &str) -> tempfile::TempDir {
    let dir = folder("cells.csv", CELLS);
    write(&dir, "pairs.csv", pairs);
    dir
}

#[test]
fn rows_are_split_and_totals_shared_out() {
    let dir = files(PAIRS);
    let loaded = read(dir.path(), &toml("share = \"share\", unmatched = \"drop\"")).unwrap();
    let panel = &loaded.panel;
    assert_eq!(texts(panel, "region"), ["r1", "r1", "r1", "r2"]);
    assert_eq!(texts(panel, "naics"), ["101", "201", "202", "101"]);
    assert_eq!(numbers(panel, "emp"), [10.0, 15.0, 5.0, 30.0]);
    assert_eq!(numbers(panel, "wage"), [5.0, 6.0, 6.0, 8.0]);
    assert_eq!(numbers(panel, "est")[1..3], [3.0, 1.0]);
    assert!(numbers(panel, "est")[3].is_nan());
    let step = loaded.ledger.0.iter().find(|loss| loss.reason == Reason::Crosswalk).unwrap();
    assert_eq!((step.rows_lost, step.rows_left), (1, 4));
    let total = |column: &str, before, after| ConvertedTotal { column: column.into(), before, after };
    let expected = Note::Crosswalk {
        table: "panel".into(),
        with: "pairs.csv".into(),
        codes: 2,
        split: 1,
        unmatched: 1,
        kept: false,
        examples: vec!["naics 300".into()],
        totals: vec![total("emp", 67.0, 60.0), total("est", 7.0, 6.0)],
    };
    assert_eq!(loaded.notes, [expected]);
    assert!(loaded.notes[0].to_string().ends_with("emp is 60 of 67 (-10.45 %); est is 6 of 7 (-14.29 %)"));
}

#[test]
fn codes_without_a_partner_may_stay_and_the_new_code_may_stand_beside_the_old_one() {
    let dir = files(PAIRS);
    let beside = toml("share = \"share\", unmatched = \"keep\", as = \"new\"")
        .replace("[\"region\", \"naics\"]", "[\"region\", \"new\"]");
    let loaded = read(dir.path(), &beside).unwrap();
    assert_eq!(texts(&loaded.panel, "new"), ["101", "201", "202", "300", "101"]);
    assert!(loaded.notes[0].to_string().contains("emp is conserved"));
    let error = read(dir.path(), &toml("share = \"share\"")).unwrap_err();
    assert!(matches!(&error, DataError::CodesUnmatched { codes: 1, .. }), "{error}");
    assert!(error.to_string().contains("naics 300"));
}

#[test]
fn without_shares_a_split_is_asked_for() {
    let dir = files("old,new\n200,202\n200,201\n100,101\n100,101\n300,301\n");
    let error = read(dir.path(), &toml("")).unwrap_err();
    assert!(error.to_string().contains("old 200 (2 codes)"), "{error}");
    let loaded = read(dir.path(), &toml("split = \"equal\"")).unwrap();
    assert_eq!(numbers(&loaded.panel, "emp"), [10.0, 10.0, 10.0, 7.0, 30.0]);
    assert!(loaded.notes[0].to_string().contains("3 codes, 1 of them split; emp is conserved"));
}

#[test]
fn shares_sum_to_one_unless_the_study_says_otherwise() {
    let dir = files("old,new,share\n200,202,0.25\n200,201,0.25\n100,101,1\n300,301,1\n");
    let error = read(dir.path(), &toml("share = \"share\"")).unwrap_err();
    assert!(error.to_string().contains("old 200 (0.500000)"), "{error}");
    let scaled = read(dir.path(), &toml("share = \"share\", incomplete = \"scale\"")).unwrap();
    assert_eq!(numbers(&scaled.panel, "emp"), [10.0, 10.0, 10.0, 7.0, 30.0]);
    let kept = read(dir.path(), &toml("share = \"share\", incomplete = \"keep\"")).unwrap();
    assert_eq!(numbers(&kept.panel, "emp"), [10.0, 5.0, 5.0, 7.0, 30.0]);
    assert!(kept.notes[0].to_string().contains("emp is 57 of 67"));
}

#[test]
fn pairs_and_shares_at_fault() {
    for (pairs, words) in [
        ("old,new,share\n100,101,0.5\n100,101,0.5\n", "more than one share for old 100 to 101"),
        ("old,new,share\n100,101,-1\n100,102,2\n", "the share -1 for old 100"),
        ("old,new,share\n100,101,\n", "the share NaN for old 100"),
    ] {
        let error = read(files(pairs).path(), &toml("share = \"share\", unmatched = \"drop\"")).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    let error = read(files(PAIRS).path(), &toml("share = \"shares\"")).unwrap_err();
    assert!(error.to_string().contains("did you mean share?"), "{error}");
}

#[test]
fn a_chain_of_vintages_conserves_totals_whatever_the_order_of_the_pairs() {
    let second = "old,new,share\n201,1,0.3\n201,2,0.7\n202,2,1\n101,3,1\n300,3,1\n";
    let chain = r#"
        panel = "panel"
        unit  = ["region", "naics"]
        time  = "year"
        text  = ["naics", "old", "new"]
        [tables.converted]
        file      = "cells.csv"
        crosswalk = [
          { table = "pairs.csv", on = { naics = "old" }, to = "new", share = "share", totals = ["emp"], unmatched = "keep" },
          { table = "second.csv", on = { naics = "old" }, to = "new", share = "share", totals = ["emp"] },
        ]
        [tables.panel]
        from     = "converted"
        group_by = ["region", "naics", "year"]
        sum      = { emp = "emp" }
    "#;
    let dir = files(PAIRS);
    write(&dir, "second.csv", second);
    let before = read(dir.path(), chain).unwrap().panel;
    assert_eq!(texts(&before, "naics"), ["1", "2", "3", "3"]);
    assert_eq!(numbers(&before, "emp").iter().sum::<f64>(), 67.0);
    let mut rows: Vec<&str> = second.lines().skip(1).collect();
    rows.reverse();
    write(&dir, "second.csv", format!("old,new,share\n{}\n", rows.join("\n")));
    assert_eq!(numbers(&before, "emp"), numbers(&read(dir.path(), chain).unwrap().panel, "emp"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However codes are split, totals are conserved, and in every region too; other columns are copied.
    #[test]
    fn totals_are_conserved(
        values in prop::collection::vec(0.0..1e6f64, 12),
        parts in prop::collection::vec(prop::collection::vec(0.01..1.0f64, 1..5), 4),
    ) {
        let cells: String = (values.iter().enumerate())
            .map(|(k, value)| format!("r{},{},2012,{value},{k}\n", k / 4, 100 * (k % 4 + 1)))
            .collect();
        let dir = folder("cells.csv", format!("region,naics,year,emp,wage\n{cells}"));
        let mut pairs = "old,new,share\n".to_string();
        for (code, parts) in parts.iter().enumerate() {
            let whole: f64 = parts.iter().sum();
            let line = |(k, part): (usize, &f64)| format!("{},{},{}\n", 100 * (code + 1), code + 7 * k, part / whole);
            pairs.extend(parts.iter().enumerate().map(line));
        }
        write(&dir, "pairs.csv", pairs);
        let loaded = read(dir.path(), &toml("share = \"share\"").replace(", \"est\"", "")).unwrap();
        let (emp, wage, region) = (numbers(&loaded.panel, "emp"), numbers(&loaded.panel, "wage"), texts(&loaded.panel, "region"));
        for (k, before) in values.chunks(4).map(|own| own.iter().sum::<f64>()).enumerate() {
            let after: f64 = emp.iter().zip(&region).filter(|(_, of)| **of == format!("r{k}")).map(|(value, _)| value).sum();
            prop_assert!((after - before).abs() <= 1e-9 * before.max(1.0), "{after} {before}");
        }
        // The pieces of a row are told by its wage, which is its number.
        for (k, before) in values.iter().enumerate() {
            let pieces = || emp.iter().zip(&wage).filter(|(_, wage)| **wage == k as f64).map(|(value, _)| value);
            prop_assert_eq!(pieces().count(), parts[k % 4].len());
            prop_assert!((pieces().sum::<f64>() - before).abs() <= 1e-9 * before.max(1.0));
        }
    }
}
