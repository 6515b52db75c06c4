use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use super::support::{DATA, Folder, MODEL, stderr, stdout};

const TWO: &str = r#"[[model]]
name = "pooled"
formula = "y ~ x"
[[model]]
name = "within"
formula = "y ~ x + z | region + year"
errors = { cluster = "region" }
[[table]]
name = "main"
models = ["pooled", "within"]
[[figure]]
kind = "coefficients"
models = ["pooled", "within"]
"#;

fn two() -> Folder {
    Folder::with(&format!("{DATA}{TWO}"))
}

#[test]
fn every_file_of_the_contract_is_written() {
    let folder = two();
    folder.isard("run study.toml").success().stdout(contains("report.html"));
    let written: Vec<String> =
        folder.files("results/study").keys().map(|path| path.to_string_lossy().replace('\\', "/")).collect();
    assert_eq!(
        written,
        [
            "figures/coefficients.png",
            "figures/coefficients.svg",
            "glance.csv",
            "glance.parquet",
            "report.html",
            "results.json",
            "sample.csv",
            "study.lock",
            "tables/main.html",
            "tables/main.md",
            "tables/main.tex",
            "tests.csv",
            "tidy.csv",
            "tidy.parquet",
        ]
    );
    let header = |name: &str| folder.read(&format!("results/study/{name}")).lines().next().unwrap().to_string();
    assert_eq!(header("tidy.csv"), "model,outcome,term,estimate,std_error,statistic,df,p_value,conf_low,conf_high");
    assert_eq!(
        header("glance.csv"),
        "model,method,outcome,n_obs,n_dropped,r_squared,adj_r_squared,within_r_squared,rmse,log_likelihood,aic,bic,n_clusters,absorbed_dof,df_residual,f_statistic,f_p_value,iterations,converged,coefficient_error,pseudo_r_squared,deviance"
    );
    assert_eq!(header("sample.csv"), "model,step,rows_lost,rows_left,reason,column");
    assert_eq!(header("tests.csv"), "model,test,statistic,df1,df2,p_value,note");
}

#[test]
fn a_second_run_estimates_nothing_and_changes_no_byte() {
    let folder = two();
    folder.isard("run study.toml --out out").success();
    let first = folder.files("out");
    folder
        .isard("run study.toml --out out")
        .success()
        .stdout(contains("nothing was estimated"))
        .stderr(contains("estimating").not());
    assert_eq!(folder.files("out"), first);
    let forced = folder.isard("run study.toml --out out --force").success();
    assert!(stderr(&forced).contains("estimating pooled"));
    let second = folder.files("out");
    let differing: Vec<_> =
        first.iter().filter(|(name, bytes)| second.get(*name) != Some(bytes)).map(|f| f.0).collect();
    assert!(differing.is_empty() && first.len() == second.len(), "{differing:?}");
}

#[test]
fn threads_change_no_byte() {
    let folder = two();
    folder.isard("run study.toml --out one --jobs 1 --quiet").success();
    folder.isard("run study.toml --out two --jobs 2 --quiet").success();
    assert_eq!(folder.read("one/tidy.csv"), folder.read("two/tidy.csv"));
    assert_eq!(folder.read("one/study.lock"), folder.read("two/study.lock"));
}

#[test]
fn comments_and_spacing_run_nothing_again() {
    let folder = two();
    folder.isard("run study.toml --out out --quiet").success();
    folder.write("study.toml", format!("# A comment.\n\n{DATA}\n{}", TWO.replace("y ~ x + z |", "y ~  x +  z  |")));
    folder.isard("run study.toml --out out").success().stderr(contains("estimating").not());
}

#[test]
fn a_changed_model_is_estimated_alone() {
    let folder = two();
    folder.isard("run study.toml --out out --quiet").success();
    folder.write("study.toml", format!("{DATA}{}", TWO.replace("y ~ x\"", "y ~ z\"")));
    let messages = stderr(&folder.isard("run study.toml --out out").success());
    assert!(messages.contains("estimating pooled") && !messages.contains("estimating within"), "{messages}");
}

#[test]
fn changed_data_are_estimated_anew() {
    let folder = two();
    folder.isard("run study.toml --out out --quiet").success();
    folder.write("panel.csv", super::support::panel_with(0, 3, "77"));
    let messages = stderr(&folder.isard("run study.toml --out out").success());
    assert!(messages.contains("estimating pooled") && messages.contains("estimating within"), "{messages}");
}

#[test]
fn only_some_models_and_then_the_rest() {
    let folder = two();
    folder.isard("run study.toml --out out --only with* --quiet").success();
    assert!(!folder.read("out/tidy.csv").contains("pooled"));
    let messages = stderr(&folder.isard("run study.toml --out out").success());
    assert!(messages.contains("estimating pooled") && !messages.contains("estimating within"), "{messages}");
    folder.refuses(
        "run study.toml --out out --only nothing",
        1,
        &["no model fits the pattern `nothing`", "pooled, within"],
    );
}

#[test]
fn quiet_prints_nothing() {
    let outcome = Folder::with(&format!("{DATA}{MODEL}")).isard("run study.toml --quiet").success();
    assert_eq!((stdout(&outcome), stderr(&outcome)), (String::new(), String::new()));
}

#[test]
fn a_failed_run_leaves_the_results_of_the_one_before() {
    let folder = two();
    folder.isard("run study.toml --out out --quiet").success();
    let before = folder.files("out");
    folder.write("study.toml", format!("{DATA}[sample]\nwhere = \"year > 3000\"\n{TWO}"));
    folder.refuses("run study.toml --out out", 2, &["has no observation left"]);
    assert_eq!(folder.files("out"), before);
}

#[test]
fn keep_going_writes_what_could_be_estimated_and_tells_the_rest() {
    let study = format!("{DATA}{}", TWO.replace("formula = \"y ~ x\"", "formula = \"y ~ x\"\nwhere = \"x > 1000\""));
    let folder = Folder::with(&study);
    folder.refuses("run study.toml --out out --keep-going", 3, &["1 model failed", "model `pooled`"]);
    assert!(folder.read("out/tidy.csv").contains("within"));
}

#[test]
fn no_threads_are_refused() {
    two().refuses("run study.toml --jobs 0", 1, &["--jobs must be at least 1"]);
}
