//! Wild bootstraps, families and randomisation tests of a study: what is written, and the same in any order of the rows.

use crate::support::Bench;

const STUDY: &[(&str, &str)] = &[
    ("growth ~ initial + wage | region + industry", "c(growth, wage) ~ initial + treated | industry"),
    ("errors = { cluster = \"region\" }", "errors = { cluster = \"region\", wild = { terms = [\"initial\"] } }"),
    ("initial =", "treated = \"if(number(region) <= 3, 1, 0)\"\ninitial ="),
    (
        "[[table]]",
        r#"[[model]]
name = "rows"
formula = "growth ~ initial | industry"
errors = { type = "hc1", wild = { weights = "webb", replications = 199 } }
[[model]]
name = "iv"
formula = "growth ~ 1 | industry | initial ~ wage + lag(wage)"
errors = { cluster = "region", wild = { weights = "webb", replications = 199, p_value = "equal_tailed" } }
[[family]]
name = "both"
models = ["m*"]
terms = ["initial", "treated"]
method = ["holm", "sharpened", "romano_wolf", "westfall_young"]
[[family]]
name = "single_rows"
models = ["rows", "m*"]
terms = ["initial"]
method = "bh"
p_values = "wild"
[[randomisation]]
name = "assigned"
models = ["m*"]
treatment = "treated"
unit = "region"
[[table]]"#,
    ),
    ("models = [\"m\"]\n[[figure]]", "models = [\"m*\", \"rows\", \"iv\"]\nbelow = \"wild_p\"\n[[figure]]"),
    ("kind = \"coefficients\"\nmodels = [\"m\"]", "kind = \"coefficients\"\nmodels = [\"m*\"]"),
];

/// Files without the columns that rounding may touch: p-values are counts of draws.
fn p_values(bench: &Bench) -> Vec<String> {
    let column = |file: &str, name: &str| -> Vec<String> {
        let text = bench.result(file);
        let position = text.lines().next().unwrap().split(',').position(|head| head == name).unwrap();
        // No field before these holds a comma.
        text.lines().skip(1).map(|line| line.split(',').nth(position).unwrap().to_string()).collect()
    };
    let joint = bench.result("families.csv");
    let joint = joint.lines().filter(|line| line.contains("romano") || line.contains("westfall"));
    let adjusted = joint.map(|line| line.rsplit(',').next().unwrap().to_string());
    column("wild.csv", "p_value").into_iter().chain(column("wild.csv", "p_ties")).chain(adjusted).collect()
}

#[test]
fn what_is_written_and_rows_in_another_order() {
    let bench = Bench::new().study(STUDY);
    let told = bench.succeeds();
    assert!(told.contains("p-values of wild bootstraps in parentheses"), "{told}");
    assert!(told.contains("WCR, all 256 sign vectors by region"), "{told}");
    let wild = bench.result("wild.csv");
    // Four terms, of which the weakly identified one has a set of two rays.
    assert_eq!(wild.lines().count(), 6, "{wild}");
    let families = bench.result("families.csv");
    assert_eq!(families.lines().count(), 1 + 4 * 4 + 3, "{families}");
    let tests = bench.result("tests.csv");
    assert_eq!(tests.matches("randomisation assigned: treated").count(), 2, "{tests}");
    assert!(tests.contains("t over all 56 assignments of 8 levels of region"));
    let page = bench.result("report.html");
    for text in ["Hypotheses tested together", "Romano-Wolf", "Wild bootstrap set of initial at 95 %"] {
        assert!(page.contains(text), "{text}");
    }
    let results = bench.result("results.json");
    assert!(results.contains("\"romano_wolf\"") && results.contains("\"randomisations\""));
    bench.isard(&["explain", "study.toml", "--out", "out"]).success();
    let first = p_values(&bench);
    // The families are tested again when the fits are known: with the same numbers.
    bench.succeeds();
    assert_eq!(p_values(&bench), first);
    let panel = std::fs::read_to_string(bench.path("panel.csv")).unwrap();
    let mut lines: Vec<&str> = panel.lines().collect();
    lines[1..].reverse();
    lines[1..].rotate_left(37);
    bench.write("panel.csv", &lines.join("\n"));
    bench.succeeds();
    assert_eq!(p_values(&bench), first);
}
