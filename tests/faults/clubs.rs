//! Faults of convergence clubs, and a sound one.

use crate::support::Bench;

/// The sound study with clubs.
fn clubs(keys: &str) -> Bench {
    let section = format!("[[clubs]]\nname = \"c\"\n{keys}\n[[table]]\nname = \"main\"");
    Bench::new().study(&[("[[table]]\nname = \"main\"", &section)])
}

#[test]
fn settings_without_sense() {
    clubs("variable = \"wage\"\ntrim = 1.2").fails(1, &["`trim` is a share between 0 and 1", "trim = 1.2"]);
    clubs("variable = \"wage\"\nsmooth = -4").fails(1, &["`smooth` must be above 0"]);
    clubs("variable = \"wage\"\nraise = -0.1").fails(1, &["`raise` must not be below 0"]);
    clubs("variable = \"wage\"\norder_periods = 0").fails(1, &["`order_periods` must be 1 or more"]);
    clubs("variable = \"wage\"\nconvention = \"program\"").fails(1, &["programs"]);
    clubs("variable = \"wage\"\ncritcal = 1").fails(1, &["critical"]);
    clubs("variable = \"wages\"").fails(1, &["there is no column or variable named wages", "wage"]);
    clubs("variable = \"wage\"\nwhere = \"yaer > 1990\"").fails(1, &["yaer"]);
    clubs("variable = \"wage\"\n[[clubs]]\nname = \"c\"\nvariable = \"wage\"").fails(1, &["two clubs are named `c`"]);
}

#[test]
fn a_panel_that_is_too_short() {
    clubs("variable = \"wage\"").fails(2, &["clubs `c`", "8 periods"]);
}
