//! Panel methods that cannot be, and the sound studies that they are changes of.

use crate::support::Bench;

const STUDY: &str = r#"title = "Panels"
[data]
panel = "panel.csv"
unit = "firm"
time = "year"
[[model]]
name = "m"
method = "random"
formula = "y ~ x"
panel_tests = ["hausman-auxiliary", "bp", "poolability", "wooldridge", "cd"]
[[model]]
name = "d"
method = "blundell-bond"
formula = "y ~ lag(y, 1) + x"
dynamic = { gmm = { y = "2:3" }, collapse = true }
[[table]]
name = "main"
models = ["m", "d"]
"#;

fn panel() -> String {
    let noise = |a: u32, b: u32| f64::from((a * 7919 + b * 104_729) % 10_007) / 10_007.0 - 0.5;
    let mut text = "firm,year,y,x,fixed\n".to_string();
    for i in 1..40 {
        let mut y = noise(i, 77);
        for t in 0..6 {
            let x = noise(i, t);
            y = 0.4 * y + x + noise(i, 99) + 0.5 * noise(i, t + 20);
            text += &format!("f{i:02},{},{y},{x},{}\n", 2000 + t, noise(i, 99));
        }
    }
    text
}

fn changed(changes: &[(&str, &str)]) -> Bench {
    let mut text = STUDY.to_string();
    for (from, to) in changes {
        assert!(text.contains(from), "the study has no {from:?}");
        text = text.replace(from, to);
    }
    Bench::new().file("study.toml", &text).file("panel.csv", &panel())
}

#[test]
fn a_sound_study_writes_its_tests_and_its_panel() {
    let bench = changed(&[]);
    bench.succeeds();
    let tests = bench.result("tests.csv");
    for name in ["hausman-auxiliary", "bp", "poolability", "wooldridge", "cd", "sargan", "hansen", "AR(2)"] {
        assert!(tests.contains(&format!(",{name},")), "{name}: {tests}");
    }
    let page = bench.result("report.html");
    for text in ["The panel", "Variance of unit effects", "Instruments", "swamy-arora"] {
        assert!(page.contains(text), "{text}");
    }
    let before = bench.result("results.json");
    assert!(before.contains("theta_min"));
    bench.run().success();
    assert_eq!(before, bench.result("results.json"));
}

#[test]
fn every_panel_method_runs() {
    for method in ["pooled", "within", "between", "difference", "fama-macbeth"] {
        let tests = "panel_tests = [\"hausman-auxiliary\", \"bp\", \"poolability\", \"wooldridge\", \"cd\"]\n";
        changed(&[("\"random\"", &format!("\"{method}\"")), (tests, "")]).succeeds();
    }
    changed(&[("method = \"random\"", "method = \"random\"\neffect = \"twoways\"\ncomponents = \"amemiya\"")])
        .succeeds();
    changed(&[("formula = \"y ~ x\"", "formula = \"y ~ x\"\nerrors = { plm = \"arellano\", type = \"sss\" }")])
        .succeeds();
    for method in ["arellano-bond", "anderson-hsiao"] {
        changed(&[("\"blundell-bond\"", &format!("\"{method}\""))]).succeeds();
    }
    changed(&[(
        "collapse = true",
        "collapse = true, steps = \"iterated\", transformation = \"orthogonal\", time_dummies = true, like = \"plm\"",
    )])
    .succeeds();
}

#[test]
fn options_belong_to_their_method() {
    changed(&[("method = \"random\"", "method = \"pooled\"\ncomponents = \"nerlove\"")])
        .fails(1, &["`components` is not an option of the method `pooled`"]);
    changed(&[("\"bp\"", "\"bpp\"")]).fails(1, &["`bpp` is no panel test", "did you mean \"bp\"?"]);
    changed(&[("time = \"year\"\n", "")]).fails(1, &["needs the time of each row", "add time"]);
    changed(&[("method = \"random\"", "effect = \"time\"")]).fails(1, &["`effect` is not an option"]);
    changed(&[("y = \"2:3\"", "y = \"3:2\"")]).fails(1, &["`3:2` is no range of lags"]);
    changed(&[("lag(y, 1) + x\"", "lag(y, 1) + x | year\"")]).fails(1, &["takes an outcome and regressors only"]);
}

#[test]
fn more_panel_methods_run() {
    let tests = "panel_tests = [\"hausman-auxiliary\", \"bp\", \"poolability\", \"wooldridge\", \"cd\"]\n";
    for method in ["mundlak", "mean-group", "cce-pooled", "swamy", "fgls", "fgls-within", "fgls-difference"] {
        changed(&[("\"random\"", &format!("\"{method}\"")), (tests, "")]).succeeds();
    }
    let bench = changed(&[
        ("method = \"random\"", "method = \"hausman-taylor\"\nendogenous = [\"fixed\"]"),
        ("formula = \"y ~ x\"", "formula = \"y ~ x + fixed\""),
        (tests, ""),
    ]);
    bench.succeeds();
    assert!(bench.result("results.json").contains("hausman-taylor"));
    for method in ["bias-corrected", "half-panel-jackknife", "transformed-likelihood"] {
        let options = "dynamic = { gmm = { y = \"2:3\" }, collapse = true }\n";
        changed(&[("\"blundell-bond\"", &format!("\"{method}\"")), (options, "")]).succeeds();
        changed(&[("\"blundell-bond\"", &format!("\"{method}\""))]).fails(1, &["has no instruments, and no options"]);
    }
    let bench = changed(&[(
        "\"cd\"]",
        "\"ips\", \"cips\", \"born-breitung\", \"reset-within\", \"slope-homogeneity\"]\nunit_roots = { lags = 0 }",
    )]);
    bench.succeeds();
    assert!(bench.result("tests.csv").contains(",ips,"));
}

#[test]
fn regressors_that_effects_are_correlated_with_are_of_the_formula() {
    changed(&[("method = \"random\"", "method = \"hausman-taylor\"\nendogenous = [\"z\"]")])
        .fails(1, &["`z` is no regressor of the formula"]);
    changed(&[("method = \"random\"", "method = \"random\"\nendogenous = [\"x\"]")])
        .fails(1, &["`endogenous` is not an option of the method `random`"]);
    let tests = "panel_tests = [\"hausman-auxiliary\", \"bp\", \"poolability\", \"wooldridge\", \"cd\"]\n";
    changed(&[
        ("method = \"random\"", "method = \"hausman-taylor\"\nendogenous = [\"x\", \"fixed\"]"),
        ("formula = \"y ~ x\"", "formula = \"y ~ x + fixed\""),
        (tests, ""),
    ])
    .fails(3, &["1 endogenous regressors do not vary within units (fixed), but 0 exogenous ones vary"]);
}

/// The rows of a year of one firm, and of all firms, taken out.
fn without(firm: &str, year: &str) -> String {
    let gone = |line: &&str| !(line.starts_with(firm) && line.contains(&format!(",{year},")));
    panel().lines().filter(gone).map(|line| format!("{line}\n")).collect()
}

#[test]
fn gaps_and_single_periods_are_told() {
    let tests = "panel_tests = [\"hausman-auxiliary\", \"bp\", \"poolability\", \"wooldridge\", \"cd\"]\n";
    let bench = changed(&[("\"random\"", "\"difference\""), (tests, "")]);
    bench.write("panel.csv", &without("f02", "2003"));
    bench.succeeds();
    assert!(bench.result("results.json").contains("gaps_in_units"));
    let bench = changed(&[("\"hausman-auxiliary\", \"bp\"", "\"ips\"")]);
    bench.write("panel.csv", &without("f02", "2003"));
    bench.fails(3, &["1 units miss periods between their first and last"]);
    changed(&[
        ("method = \"random\"", "method = \"pooled\""),
        ("formula = \"y ~ x\"", "formula = \"y ~ x\"\nwhere = \"year == 2000\""),
    ])
    .fails(3, &["one period of year only"]);
    changed(&[
        ("method = \"random\"", "method = \"difference\""),
        ("formula = \"y ~ x\"", "formula = \"y ~ x\"\nwhere = \"year == 2000\""),
        (tests, ""),
    ])
    .fails(3, &["has two rows for a first difference"]);
}

#[test]
fn crowded_instruments_constant_regressors_and_negative_components_are_noted() {
    let bench = changed(&[("gmm = { y = \"2:3\" }, collapse = true", "gmm = { y = \"2:9\", x = \"1:9\" }")]);
    let few: String = panel()
        .lines()
        .filter(|line| *line < "f12" || line.starts_with("firm"))
        .map(|line| format!("{line}\n"))
        .collect();
    bench.write("panel.csv", &few);
    bench.succeeds();
    assert!(bench.result("results.json").contains("many_instruments"));
    let tests = "panel_tests = [\"hausman-auxiliary\", \"bp\", \"poolability\", \"wooldridge\", \"cd\"]\n";
    let bench =
        changed(&[("\"random\"", "\"within\""), ("formula = \"y ~ x\"", "formula = \"y ~ x + fixed\""), (tests, "")]);
    bench.succeeds();
    assert!(bench.result("results.json").contains("\"code\": \"absorbed\""), "{}", bench.result("results.json"));
    // Outcomes whose unit means are all the same: units vary less than their rows say that they should.
    let bench = changed(&[(tests, "")]);
    let noise = |a: u32, b: u32| f64::from((a * 7919 + b * 104_729) % 10_007) / 10_007.0 - 0.5;
    let mut text = "firm,year,y,x,fixed\n".to_string();
    for i in 1..40 {
        for t in 0..6 {
            let y = if t % 2 == 0 { noise(i, t / 2 + 7) } else { -noise(i, t / 2 + 7) };
            text += &format!("f{i:02},{},{y},{},{i}\n", 2000 + t, noise(i, t + 50));
        }
    }
    bench.write("panel.csv", &text);
    bench.succeeds();
    assert!(bench.result("results.json").contains("negative_component"));
}

#[test]
fn samples_that_a_method_cannot_use() {
    changed(&[("formula = \"y ~ x\"", "formula = \"y ~ x | year\"")]).fails(3, &["`random` absorbs no effects"]);
    changed(&[("formula = \"y ~ x\"", "formula = \"y ~ x\"\nwhere = \"year == 2000\"")])
        .fails(3, &["variance cannot be estimated"]);
    changed(&[("y = \"2:3\"", "x = \"1:1\""), ("blundell-bond", "arellano-bond")])
        .fails(3, &["instruments cannot identify"]);
    let bench = changed(&[]);
    bench.write("panel.csv", &panel().replace("f02,2001", "f02,2000"));
    bench.fails(2, &["f02"]);
}

#[test]
fn a_lagged_outcome_beside_unit_effects_is_told() {
    let bench = changed(&[("\"random\"", "\"within\""), ("formula = \"y ~ x\"", "formula = \"y ~ lag(y, 1) + x\"")]);
    bench.succeeds();
    assert!(bench.result("results.json").contains("nickell_bias"));
}
