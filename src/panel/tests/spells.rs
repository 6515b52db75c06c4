use super::*;
use crate::panel::{DataError, Reason};

const FIRMS: &str =
    "firm,founded,closed,industry\na,2001,2003,x\nb,2002,,y\nc,1998,2001,x\nd,2004,2009,y\ne,,2003,x\nf,2007,,y\n";

fn toml(options: &str) -> String {
    format!(
        r#"
        panel = "risk"
        unit  = "firm"
        time  = "year"
        [tables.risk]
        file   = "firms.csv"
        spells = {{ start = "founded", end = "closed", until = 2005 {options} }}
        "#
    )
}

#[test]
fn a_row_for_each_period_at_risk() {
    let dir = folder("firms.csv", FIRMS);
    let loaded = read(dir.path(), &toml("")).unwrap();
    let panel = &loaded.panel;
    assert_eq!(texts(panel, "firm").join(""), "aaabbbbccccdd");
    assert_eq!(
        numbers(panel, "year"),
        [2001., 2002., 2003., 2002., 2003., 2004., 2005., 1998., 1999., 2000., 2001., 2004., 2005.]
    );
    assert_eq!(numbers(panel, "duration"), [1., 2., 3., 1., 2., 3., 4., 1., 2., 3., 4., 1., 2.]);
    assert_eq!(numbers(panel, "exit"), [0., 0., 1., 0., 0., 0., 0., 0., 0., 0., 1., 0., 0.]);
    let step = loaded.ledger.0.iter().find(|loss| loss.reason == Reason::Spells).unwrap();
    assert_eq!((step.rows_lost, step.rows_left), (1, 13));
    assert_eq!(step.column, "4 spells, 2 end, 2 are censored at 2005");
    assert_eq!(loaded.ledger.lost(Reason::Missing), 1);
}

#[test]
fn spells_enter_late_and_periods_have_a_length() {
    let dir = folder("firms.csv", FIRMS);
    let loaded =
        read(dir.path(), &toml(", from = 2002, period = \"t\"").replace("time  = \"year\"", "time = \"t\"")).unwrap();
    assert_eq!(numbers(&loaded.panel, "t"), [2002., 2003., 2002., 2003., 2004., 2005., 2004., 2005.]);
    assert_eq!(numbers(&loaded.panel, "duration"), [2., 3., 1., 2., 3., 4., 1., 2.]);
    let loaded = read(dir.path(), &toml(", step = 2")).unwrap();
    // a: 2001-2002 and 2003-2004, ends in the second; c: 1998, 2000, ends in the second.
    assert_eq!(numbers(&loaded.panel, "year"), [2001., 2003., 2002., 2004., 1998., 2000., 2004.]);
    assert_eq!(numbers(&loaded.panel, "exit"), [0., 1., 0., 0., 0., 1., 0.]);
}

#[test]
fn spells_that_cannot_be_are_said() {
    let dir = folder("firms.csv", "firm,founded,closed\na,2004,2001\n");
    let fault = read(dir.path(), &toml("")).unwrap_err();
    assert!(matches!(&fault, DataError::Spells { .. }) && fault.to_string().contains("before it starts"), "{fault}");
    let fault = read(dir.path(), &toml("").replace("\"closed\"", "\"closd\"")).unwrap_err();
    assert!(fault.to_string().contains("closed"), "{fault}");
}
