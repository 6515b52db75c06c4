use crate::support::{Bench, STUDY, files};

const CONTRACT: [&str; 14] = [
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
];

fn bytes(bench: &Bench) -> Vec<(String, Vec<u8>)> {
    let out = bench.path("out");
    files(&out).into_iter().map(|name| (name.clone(), std::fs::read(out.join(name)).unwrap())).collect()
}

#[test]
fn writes_every_file_of_the_contract() {
    let bench = Bench::new();
    let told = bench.succeeds();
    assert!(told.contains("Observations") && told.contains("80"), "{told}");
    assert_eq!(files(&bench.path("out")), CONTRACT);
    let header = |name: &str| bench.result(name).lines().next().unwrap().to_string();
    assert_eq!(header("tidy.csv"), "model,outcome,term,estimate,std_error,statistic,df,p_value,conf_low,conf_high");
    assert_eq!(header("tests.csv"), "model,test,statistic,df1,df2,p_value,note");
    assert_eq!(header("sample.csv"), "model,step,rows_lost,rows_left,reason,column");
    assert_eq!(
        header("glance.csv"),
        "model,method,outcome,n_obs,n_dropped,r_squared,adj_r_squared,within_r_squared,rmse,log_likelihood,aic,bic,n_clusters,absorbed_dof,df_residual,f_statistic,f_p_value,iterations,converged"
    );
    assert!(bench.result("tests.csv").contains("joint F"));
    let page = bench.result("report.html");
    assert!(page.contains("<svg"));
    for fetched in ["<link", "<script src", "src=\"http", "url(http", "@import"] {
        assert!(!page.contains(fetched), "the page needs no network: {fetched}");
    }
}

#[test]
fn a_second_run_estimates_nothing_and_changes_nothing() {
    let bench = Bench::new();
    bench.succeeds();
    let before = bytes(&bench);
    assert!(bench.succeeds().contains("nothing was estimated"));
    bench.write("study.toml", &format!("# a comment\n{}", STUDY.replace("growth ~ initial", "growth  ~  initial")));
    assert!(bench.succeeds().contains("nothing was estimated"), "comments and spaces mean nothing");
    assert_eq!(bytes(&bench), before);
}

#[test]
fn a_forced_run_gives_the_same_bytes_with_any_number_of_threads() {
    let bench = Bench::new();
    bench.succeeds();
    let before = bytes(&bench);
    for jobs in ["1", "2", "4"] {
        bench.isard(&["run", "study.toml", "--out", "out", "--force", "--jobs", jobs]).success();
        assert_eq!(bytes(&bench), before, "{jobs} threads");
    }
}

#[test]
fn only_what_changed_is_estimated() {
    let two = "[[model]]\nname = \"other\"\nformula = \"growth ~ wage | region\"\n[[table]]";
    let bench = Bench::new().study(&[("[[table]]", two)]);
    bench.succeeds();
    let bench = bench.study(&[("[[table]]", &two.replace("wage | region", "wage | industry"))]);
    let told = bench.run().success();
    let steps = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
    assert!(steps.contains("estimating other") && !steps.contains("estimating m"), "{steps}");
}

#[test]
fn a_table_that_is_no_longer_asked_for_goes_but_a_strangers_file_stays() {
    let bench = Bench::new();
    bench.succeeds();
    std::fs::write(bench.path("out/tables/mine.txt"), "mine").unwrap();
    let bench = bench.study(&[("name = \"main\"", "name = \"first\"")]);
    bench.succeeds();
    let left = files(&bench.path("out"));
    assert!(left.contains(&"tables/first.md".to_string()) && left.contains(&"tables/mine.txt".to_string()));
    assert!(!left.contains(&"tables/main.md".to_string()), "{left:?}");
}

#[test]
fn a_failed_run_leaves_the_results_of_the_last_one() {
    let bench = Bench::new();
    bench.succeeds();
    let before = bytes(&bench);
    let bench = bench.study(&[("growth ~ initial + wage", "growth ~ log(nothing)")]);
    bench.run().code(3);
    assert_eq!(bytes(&bench), before);
}

#[test]
fn axes_multiply_models() {
    let axes = "[axes]\n\"errors.cluster\" = [\"region\", \"industry\"]\ncontrols = { none = \"none\", squared = \"I(wage^2)\" }\n[[table]]";
    let bench = Bench::new().study(&[("[[table]]", axes)]);
    bench.succeeds();
    let tidy = bench.result("tidy.csv");
    for model in ["errors.cluster=region, controls=none", "errors.cluster=industry, controls=squared"] {
        assert!(tidy.contains(&format!("m[{model}]")), "{tidy}");
    }
    assert_eq!(bench.result("glance.csv").lines().count(), 5);
}
