use super::*;
use crate::note::Note;
use crate::study::impute::ImputeDraw;

const CELLS: &str = "region,industry,emp,flag,est,n1_4,n5_9\nr1,a,0,A,3,2,1\nr1,b,0,B,2,,\nr1,c,70,,7,5,2\nr2,a,40,,8,8,0\nr2,b,0,B,4,,\nr2,c,,,1,1,\n";
const REGIONS: &str = "region,emp\nr1,120\nr2,110\n";

fn toml(options: &str) -> String {
    format!(
        r#"
        panel = "panel"
        unit  = ["region", "industry"]
        [tables.panel]
        file   = "cells.csv"
        impute = [{{ value = "emp", {options} }}]
        "#
    )
}

fn files() -> tempfile::TempDir {
    let dir = folder("cells.csv", CELLS);
    write(&dir, "regions.csv", REGIONS);
    dir
}

#[test]
fn flags_give_intervals_and_their_middle() {
    let found = read(files().path(), &toml("flag = \"flag\", ranges = \"cbp\", where = \"flag != ''\"")).unwrap();
    let panel = &found.panel;
    assert_eq!(numbers(panel, "emp")[..5], [9.5, 59.5, 70.0, 40.0, 59.5]);
    assert_eq!(numbers(panel, "emp_low")[..5], [0.0, 20.0, 70.0, 40.0, 20.0]);
    assert_eq!(numbers(panel, "emp_high")[..5], [19.0, 99.0, 70.0, 40.0, 99.0]);
    assert_eq!(numbers(panel, "emp_imputed"), [1.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
    assert!(numbers(panel, "emp")[5].is_nan(), "not suppressed by the condition: it stays missing");
    let note = found.notes[0].to_string();
    assert!(note.contains("emp of panel was imputed in 3 of 6 cells, 128 or 53.9 % of its sum"), "{note}");
    assert!(note.contains("intervals allow 40 to 217"), "{note}");
}

#[test]
fn classes_narrow_the_interval_of_a_flag() {
    let classes = "classes = { n1_4 = [1, 4], n5_9 = [5, 9] }";
    let options = format!("flag = \"flag\", ranges = {{ A = [0, 19], B = [20, 99] }}, {classes}, method = \"classes\"");
    let panel = read(files().path(), &toml(&options)).unwrap().panel;
    // Two of 1 to 4 and one of 5 to 9: 7 to 17, with the middle at 12. Without classes the flag is all that is known.
    let (low, high, value) = (numbers(&panel, "emp_low"), numbers(&panel, "emp_high"), numbers(&panel, "emp"));
    assert_eq!((low[0], high[0], value[0]), (7.0, 17.0, 12.0));
    assert_eq!((low[1], high[1], value[1]), (20.0, 99.0, 20.0));
    assert_eq!((low[5], high[5], value[5]), (1.0, 4.0, 2.5));
}

#[test]
fn totals_are_met_within_the_intervals() {
    let options = "flag = \"flag\", ranges = \"cbp\", establishments = \"est\", by = [\"industry\"], method = \"establishments\", totals = [{ table = \"regions.csv\", on = \"region\" }]";
    let found = read(files().path(), &toml(options)).unwrap();
    let value = numbers(&found.panel, "emp");
    // Guesses: a 3 x 40/8 = 15, b 2 x 110/15, then scaled to 120 - 70; in r2 b 4 x 110/15 and c 10 share 70.
    let (a, b) = (15.0, 2.0 * 110.0 / 15.0);
    assert!((value[0] / a - 19.0 / a).abs() < 1e-9 || (value[0] / a - value[1] / b).abs() < 1e-9, "{value:?}");
    assert!((value[0] + value[1] - 50.0).abs() < 1e-7 && (value[4] + value[5] - 70.0).abs() < 1e-7, "{value:?}");
    assert!(value[0] <= 19.0 && value[1] >= 20.0);
    let Note::Imputed { cells: 4, out_of_reach: 0, high: None, .. } = &found.notes[0] else {
        panic!("{:?}", found.notes);
    };
    let dir = files();
    write(&dir, "regions.csv", "region,emp\nr1,900\nr2,110\n");
    let note = read(dir.path(), &toml(options)).unwrap().notes[0].to_string();
    assert!(
        note.contains("1 published totals are outside of what the intervals allow (for example region r1)"),
        "{note}"
    );
}

#[test]
fn what_cannot_be_imputed_is_said() {
    for (options, words) in [
        ("flag = \"flag\"", "ranges = \"cbp\""),
        ("flag = \"flag\", ranges = { A = [0, 19] }", "\"B\" of column flag has no range"),
        ("flag = \"flag\", ranges = { A = [19, 0], B = [20, 99] }", "the range of A"),
        ("method = \"classes\"", "needs classes"),
        ("method = \"establishments\"", "needs establishments"),
        ("where = \"flag != ''\"", "nothing bounds the suppressed cell of row 1"),
        ("flag = \"flags\"", "did you mean flag?"),
        ("classes = { est = [1, 4], emp = [1], flag = [1] }", "column flag of table panel is text"),
    ] {
        let error = read(files().path(), &toml(options)).unwrap_err();
        assert!(error.to_string().contains(words), "{options}: {error}");
    }
}

/// Draws stay within the intervals, meet the totals, differ from each other, and do not depend on the order of the rows.
#[test]
fn draws_are_of_the_intervals_and_meet_the_totals() {
    let options = "flag = \"flag\", ranges = \"cbp\", where = \"flag != ''\", totals = [{ table = \"regions.csv\", on = \"region\" }]";
    let drawn = |dir: &Path, number: u64| {
        let mut section = section(&toml(options));
        section.tables["panel"].impute[0].draw = Some(ImputeDraw { seed: 7, number });
        numbers(&load(&section, dir, None, None).unwrap().panel, "emp")
    };
    let cells = CELLS.replace("r2,c,,,1,1,", "r2,c,9,,1,1,").replace("r1,c,70", "r1,c,30");
    let dir = folder("cells.csv", &cells);
    write(&dir, "regions.csv", REGIONS);
    let all: Vec<Vec<f64>> = (0..40).map(|number| drawn(dir.path(), number)).collect();
    for value in &all {
        assert!((0.0..=19.0).contains(&value[0]) && (20.0..=99.0).contains(&value[1]), "{value:?}");
        assert!((value[0] + value[1] - 90.0).abs() < 1e-6 && (value[4] - 61.0).abs() < 1e-6, "{value:?}");
        assert_eq!([value[2], value[3], value[5]], [30.0, 40.0, 9.0]);
    }
    let (least, most) =
        all.iter().fold((f64::MAX, 0.0f64), |(low, high), value| (low.min(value[0]), high.max(value[0])));
    assert!(least < 5.0 && most > 14.0, "{least} {most}");
    assert_eq!(all[3], drawn(dir.path(), 3));
    let mut lines: Vec<&str> = cells.lines().collect();
    lines[1..].reverse();
    write(&dir, "cells.csv", lines.join("\n") + "\n");
    assert_eq!(all[3], drawn(dir.path(), 3));
}
