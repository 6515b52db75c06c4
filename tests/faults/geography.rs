//! Regions, neighbours and clusters that do not fit each other.

use crate::support::{Bench, STUDY};

const NEIGHBORS: &str = "region,neighbor\n01,02\n02,01\n02,03\n03,02\n03,04\n04,03\n04,05\n05,04\n05,06\n06,05\n06,07\n07,06\n07,08\n08,07\n";

/// A study with a spatial lag over a neighbour list.
fn spatial(neighbors: &str, options: &str) -> Bench {
    let geography = format!(
        "[geography]\nregions = \"neighbors.csv\"\n[geography.weights]\nnext = {{ neighbors = \"neighbors.csv\"{options} }}\n[variables]\nnear = \"spatial_lag(wage, next)\""
    );
    Bench::new()
        .study(&[("[variables]", &geography), ("initial + wage", "initial + near")])
        .file("neighbors.csv", neighbors)
}

#[test]
fn a_sound_geography() {
    assert!(spatial(NEIGHBORS, "").succeeds().contains("near"));
}

#[test]
fn a_region_of_the_panel_without_geography_and_the_reverse() {
    let without_8: String =
        NEIGHBORS.lines().filter(|line| !line.contains("08")).map(|line| format!("{line}\n")).collect();
    let bench = spatial(&without_8, "");
    bench.succeeds();
    let results = bench.result("results.json");
    assert!(results.contains("regions_unmatched") && results.contains("\"missing_from\": \"geography\""), "{results}");
    let bench = spatial(&format!("{NEIGHBORS}08,99\n99,08\n"), "");
    bench.succeeds();
    assert!(bench.result("results.json").contains("\"missing_from\": \"panel\""));
}

#[test]
fn islands_need_a_policy() {
    let alone: String = NEIGHBORS.lines().filter(|line| !line.contains("08")).map(|line| format!("{line}\n")).collect();
    let alone = format!("{alone}08,08\n");
    spatial(&alone, "").fails(1, &["08", "islands"]);
    spatial(&alone, ", islands = \"keep\"").succeeds();
}

#[test]
fn weights_that_do_not_exist() {
    let bench = spatial(NEIGHBORS, "");
    let text = std::fs::read_to_string(bench.path("study.toml"))
        .unwrap()
        .replace("spatial_lag(wage, next)", "spatial_lag(wage, nxt)");
    bench.write("study.toml", &text);
    bench.fails(1, &["nxt", "did you mean next?"]);
}

#[test]
fn an_industry_without_a_cluster() {
    let clusters =
        "[clusters]\ndefinition = \"definition.csv\"\n[variables]\nstrength = \"lq(employment, within = cluster)\"";
    let bench = Bench::new()
        .study(&[("[variables]", clusters), ("initial + wage", "initial + strength")])
        .file("definition.csv", "industry,cluster\ni1,A\ni2,A\ni3,B\ni4,B\n");
    bench.succeeds();
    assert!(bench.result("results.json").contains("industries_unmatched"));
    let twice = bench.file("definition.csv", "industry,cluster\ni1,A\ni1,B\ni2,A\ni3,B\ni4,B\ni5,B\n");
    twice.isard(&["run", "study.toml", "--out", "other"]).code(2).stderr(predicates::str::contains("i1"));
}

#[test]
fn a_polygon_file_that_is_none() {
    let geography = "[geography]\nregions = \"regions.json\"\n[variables]";
    assert!(STUDY.contains("[variables]"));
    Bench::new()
        .study(&[("[variables]", geography)])
        .file("regions.json", "{\"type\": \"Nothing\"}")
        .fails(2, &["regions.json"]);
}
