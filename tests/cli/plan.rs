use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use super::support::{DATA, Folder, MODEL, stdout};

#[test]
fn all_is_to_do_and_then_all_is_done() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    folder
        .isard("plan study.toml --out out")
        .success()
        .stdout(contains("to do").and(contains("done").not()).and(contains("1 of 1 models to estimate")));
    folder.isard("run study.toml --out out --quiet").success();
    folder
        .isard("plan study.toml --out out")
        .success()
        .stdout(contains("done").and(contains("to do").not()).and(contains("0 of 1 models to estimate")));
}

#[test]
fn why_tells_what_a_step_depends_on() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    let why = "plan study.toml --out out --why within";
    folder.isard(why).success().stdout(contains("formula: y~x+z|region+year").and(contains("not estimated before")));
    folder.isard("run study.toml --out out --quiet").success();
    folder.isard(why).success().stdout(contains("unchanged since the last run"));
    folder.write("study.toml", format!("{DATA}{}", MODEL.replace("x + z", "x")));
    folder.isard(why).success().stdout(contains("changed since the last run"));
}

#[test]
fn an_unknown_step_is_refused() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    folder.refuses("plan study.toml --why withn", 1, &["there is no step `withn`", "Did you mean `within`?"]);
}

/// Sixty cells.
const CELLS: &str = r#"[axes]
"sample.where" = ["x > 1.1", "x > 1.2", "x > 1.3", "x > 1.4", "x > 1.6", "x > 1.7", "x > 1.8", "x > 1.9", "x > 2.1", "x > 2.2"]
errors = ["iid", "hc1", "hc2"]
singletons = ["drop", "keep"]
"#;

#[test]
fn memory_is_told_by_stage_before_the_run_and_measured_after_it() {
    let folder = Folder::with(&format!("{DATA}{MODEL}"));
    let plan = folder.isard("plan study.toml --out out").success();
    let line = stdout(&plan).lines().find(|line| line.starts_with("Memory: about ")).unwrap().to_string();
    let mut from = 0;
    for stage in ["(72 rows)", "reading ", "columns ", "design ", "absorption ", "products ", "errors "] {
        from += line[from..].find(stage).unwrap_or_else(|| panic!("{stage} in {line}"));
    }
    folder.isard("run study.toml --out out").success().stdout(contains("Peak memory: "));
    let record: serde_json::Value = serde_json::from_str(&folder.read("out/memory.json")).unwrap();
    let stages = record["predicted"]["stages"].as_array().unwrap();
    let largest = stages.iter().map(|stage| stage["bytes"].as_u64().unwrap()).max();
    assert_eq!((stages.len(), largest), (6, record["predicted_peak"].as_u64()));
    assert_eq!(record["measured_peak"].as_u64().is_some(), cfg!(target_os = "linux"));
}

#[test]
fn more_columns_are_expected_to_take_more_memory() {
    let design = |formula: &str| {
        let folder = Folder::with(&format!("{DATA}{}", MODEL.replace("y ~ x + z | region + year", formula)));
        // Enough rows for columns to count beside the program.
        let header = "region,industry,year,y,x,z,w,employment";
        let rows: Vec<String> = (0..100_000)
            .map(|i| format!("r{},i{},{},{i},{},{},1,2", i % 50, i / 50 % 200, i / 10_000, i % 7, i % 11))
            .collect();
        folder.write("panel.csv", format!("{header}\n{}\n", rows.join("\n")));
        folder.isard("run study.toml --out out --quiet").success();
        let record: serde_json::Value = serde_json::from_str(&folder.read("out/memory.json")).unwrap();
        let stages = record["predicted"]["stages"].as_array().unwrap();
        let design = stages.iter().find(|stage| stage["stage"] == "absorption").unwrap();
        design["bytes"].as_u64().unwrap()
    };
    let (few, many) = (design("y ~ x | region"), design("y ~ x + log(z + 1) + log(w + 1) + z | region"));
    // Three columns more to absorb and two more that are made: 8 bytes in each of 100,000 rows.
    assert!(many >= few + 5 * 800_000 && many < few + 12 * 800_000, "{few} {many}");
}

#[test]
fn a_plan_of_many_cells_is_short_and_their_table_says_what_it_leaves_out() {
    let model = MODEL.replace("errors = { cluster = \"region\" }\n", "");
    let folder = Folder::with(&format!("{DATA}{model}{CELLS}").replace("models = [\"within\"]", ""));
    let plan = stdout(&folder.isard("plan study.toml --out out").success());
    assert!(plan.contains("60 models, 0 done") && plan.lines().count() < 12, "{plan}");
    folder.isard("run study.toml --out out --quiet").success();
    assert!(stdout(&folder.isard("plan study.toml --out out").success()).contains("60 models, 60 done"));
    assert!(!folder.read("out/tables/main.md").contains("models are shown"));
    folder.write("study.toml", folder.read("study.toml").replace("\"hc2\"]", "\"hc2\", \"hc3\"]"));
    folder.isard("run study.toml --out out --quiet").success();
    assert!(folder.read("out/tables/main.md").contains("The first 60 of 80 models are shown"));
    assert_eq!(folder.read("out/glance.csv").lines().count(), 81);
}

#[test]
fn why_speaks_the_words_of_the_study_file() {
    let model =
        MODEL.replace("[[table]]", "weights = { analytic = \"w\" }\nabsorption = { tolerance = 1e-9 }\n[[table]]");
    let folder = Folder::with(&format!("{DATA}{model}"));
    let why = stdout(&folder.isard("plan study.toml --out out --why within").success());
    for line in [
        "data: { panel = \"panel.csv\"",
        "weights: { analytic = \"w\" }",
        "absorption: { tolerance",
        "errors: ",
        "file: panel.csv, blake3 ",
    ] {
        assert!(why.contains(line), "{line} in {why}");
    }
    for form in ["Some(", "None", "::", "Spec", "Settings", "Parsed"] {
        assert!(!why.contains(form), "{form} in {why}");
    }
}
