//! Specification curves of a study: what is written, faults, and what `--only` leaves out.

use crate::support::Bench;

const CURVE: (&str, &str) = (
    "[[table]]",
    r#"[axes]
controls = { none = "", wage = "wage" }
absorb = { industry = "industry", both = "region + industry" }
[[curve]]
name = "initial"
models = ["m"]
terms = ["initial"]
[[table]]"#,
);
const MODEL: (&str, &str) = ("growth ~ initial + wage | region + industry", "growth ~ initial | region");

fn with(changes: &[(&str, &str)]) -> Bench {
    let mut curve = CURVE.1.to_string();
    for (from, to) in changes {
        assert!(curve.contains(from), "{from}");
        curve = curve.replace(from, to);
    }
    Bench::new().study(&[MODEL, (CURVE.0, &curve), ("models = [\"m\"]", "models = [\"m*\"]")])
}

#[test]
fn a_multiverse_is_one_curve() {
    let bench = with(&[]);
    bench.succeeds();
    let curve = bench.result("curve.csv");
    let mut lines = curve.lines().map(crate::csv::cells);
    let header = lines.next().unwrap();
    assert_eq!(header[header.len() - 2..], ["choice:controls", "choice:absorb"]);
    let rows: Vec<Vec<String>> = lines.collect();
    assert_eq!(rows.len(), 4);
    let estimates: Vec<f64> = rows.iter().map(|row| row[4].parse().unwrap()).collect();
    assert!(estimates.is_sorted(), "{estimates:?}");
    let tests = bench.result("curve_tests.csv");
    let median = tests.lines().find(|line| line.starts_with("initial,median,")).unwrap();
    let cells: Vec<&str> = median.split(',').collect();
    // 256 sign vectors by eight regions hold the sample: no p-value is below one of them.
    let p: f64 = cells[3].parse().unwrap();
    assert!((1.0 / 256.0..=1.0).contains(&p) && (p * 256.0).fract() == 0.0, "{median}");
    assert!((cells[2].parse::<f64>().unwrap() - 0.5 * (estimates[1] + estimates[2])).abs() < 1e-12);
    assert!(bench.path("out/figures/curve_initial.png").is_file());
    let page = bench.result("report.html");
    assert!(page.contains("Joint p") && page.contains("Specification curve initial"));
    assert!(bench.result("results.json").contains("\"curves\""));
    let explained = bench.isard(&["explain", "study.toml"]).success();
    let explained = String::from_utf8_lossy(&explained.get_output().stdout).into_owned();
    assert!(explained.contains("specification of the curve initial"), "{explained}");
}

#[test]
fn a_curve_without_all_of_its_models_is_left_out_with_a_note() {
    let bench = with(&[]);
    bench.isard(&["run", "study.toml", "--out", "out", "--only", "*both*"]).success();
    assert!(!bench.path("out/curve.csv").is_file());
    assert!(bench.result("results.json").contains("left_out"));
    assert!(bench.result("report.html").contains("curve initial was left out: 2 of its 4 models were not estimated"));
}

#[test]
fn a_curve_need_not_be_tested() {
    let bench = with(&[("terms = [\"initial\"]", "terms = [\"initial\"]\njoint_tests = false\nalpha = 0.1")]);
    bench.succeeds();
    assert!(bench.result("curve_tests.csv").contains("initial,median,"));
    assert!(bench.result("report.html").contains("not tested as a whole"));
}

#[test]
fn faults_say_the_way_out() {
    let fails = |to: &str, words: &str| {
        with(&[("terms = [\"initial\"]", to)]).fails(1, &[words]);
    };
    fails("terms = [\"intial\"]", "did you mean `initial`?");
    fails("terms = []", "is empty");
    fails("terms = [\"initial\"]\nreplications = 3", "cannot reject");
    fails("terms = [\"initial\"]\nalpha = 5", "between 0 and 1");
    fails("terms = [\"initial\"]\njoint_tests = false\nseed = 3", "does not make");
    with(&[("name = \"initial\"", "name = \"the curve\"")]).fails(1, &["cannot be a name"]);
    with(&[("controls = { none = \"\", wage = \"wage\" }\nabsorb = { industry = \"industry\", both = \"region + industry\" }", "")])
        .fails(1, &["1 specification, and no curve"]);
}
