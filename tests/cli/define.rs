use predicates::str::contains;

use crate::support::Bench;

const STUDY: &str = r#"title = "Clusters"
seed = 3
[data]
panel = "cells.csv"
unit = ["region", "industry"]
[clusters.define]
employment = "employment"
similarity = ["lc-employment", "coagglomeration"]
functions = ["ward", "average", "k-means", "spectral"]
clusters = { from = 2, to = 4 }
compare = { truth = "truth.csv", prefix = 1 }
bootstrap = 4
"#;

/// Three clusters of three industries, each strong in regions of its own; one industry is the same everywhere.
fn cells() -> String {
    let mut text = "region,industry,employment\n".to_string();
    for region in 0..30 {
        for industry in 0..9 {
            let own = region % 3 == industry / 3;
            let value = if own { 50 + (region * 7 + industry * 3) % 20 } else { (region * 5 + industry) % 6 };
            text += &format!("r{region:02},{}{industry},{value}\n", ["a", "b", "c"][industry / 3]);
        }
        text += &format!("r{region:02},same,10\n");
    }
    text
}

fn bench(changes: &[(&str, &str)]) -> Bench {
    let mut study = STUDY.to_string();
    for (from, to) in changes {
        assert!(study.contains(from), "{from}");
        study = study.replace(from, to);
    }
    let truth: String = (0..9).map(|i| format!("{}{i},{}\n", ["a", "b", "c"][i / 3], i / 3)).collect();
    Bench::new()
        .file("cells.csv", &cells())
        .file("truth.csv", &format!("industry,cluster\n{truth}"))
        .file("define.toml", &study)
}

#[test]
fn finds_the_clusters_and_says_what_it_left_out() {
    let bench = bench(&[]);
    let said = bench.isard(&["define", "define.toml", "--out", "out"]).success();
    let text = String::from_utf8_lossy(&said.get_output().stdout).into_owned();
    let told = ["3 clusters", "adjusted Rand 1.000", "having no defined similarity: 1 (same)"];
    assert!(told.iter().all(|words| text.contains(words)), "{text}");
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let bench = bench(&[]);
    bench.isard(&["define", "define.toml", "--out", "one", "--jobs", "1"]).success();
    bench.isard(&["define", "define.toml", "--out", "two", "--jobs", "2"]).success();
    for file in
        ["definition.csv", "candidates.csv", "relatedness.csv", "clusters.csv", "network.graphml", "report.html"]
    {
        let read = |folder: &str| std::fs::read(bench.path(folder).join(file)).unwrap();
        assert!(read("one") == read("two"), "{file}");
    }
    let definition = std::fs::read_to_string(bench.path("one").join("definition.csv")).unwrap();
    assert!(
        definition.starts_with("industry,cluster,centre,within\n") && definition.lines().count() == 10,
        "{definition}"
    );
}

#[test]
fn faults_say_the_way_out() {
    let define = |changes: &[(&str, &str)], code: i32, words: &str| {
        bench(changes).isard(&["define", "define.toml", "--out", "out"]).code(code).stderr(contains(words));
    };
    define(&[("to = 4", "to = 40")], 2, "9 industries cannot form 10 clusters");
    define(&[("from = 2, to = 4", "from = 4, to = 2")], 1, "no number of clusters");
    define(&[("\"lc-employment\"", "\"lc-employmnt\"")], 1, "lc-employment");
    define(&[("\"coagglomeration\"", "\"input-output\"")], 1, "input_output");
    define(&[("employment = \"employment\"", "employment = \"emplyment\"")], 1, "did you mean employment?");
    define(&[("truth = \"truth.csv\"", "truth = \"none.csv\"")], 2, "none.csv");
    let negative = cells().replacen(",10\n", ",-10\n", 1);
    bench(&[]).file("cells.csv", &negative).isard(&["define", "define.toml"]).code(2).stderr(contains("not negative"));
    let without = Bench::new();
    without.isard(&["define", "study.toml"]).code(1).stderr(contains("[clusters.define]"));
}
