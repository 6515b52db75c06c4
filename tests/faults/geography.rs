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
    let own = spatial(&format!("{alone}08,08\n"), "");
    own.fails(2, &["'08' is its own neighbour with weight 1", "diagonal = \"drop\""]);
    spatial(&format!("{alone}08,08\n"), ", diagonal = \"drop\", islands = \"keep\"").succeeds();
    let alone: String = alone.lines().skip(1).map(|line| format!("{line},1\n")).collect();
    let alone = format!("region,neighbor,weight\n{alone}08,07,0\n");
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

#[test]
fn weights_that_are_none() {
    let weighted = |more: &str| {
        let rows: String = NEIGHBORS.lines().skip(1).map(|line| format!("{line},1\n")).collect();
        format!("region,neighbor,weight\n{rows}{more}")
    };
    spatial(&weighted("01,03,-2\n"), "").fails(2, &["from '01' to '03' is -2", "not negative"]);
    spatial(&weighted("01,02,3\n"), "").fails(2, &["stands twice"]);
    spatial(&weighted("01,03,1\n"), ", symmetry = \"required\"")
        .fails(2, &["from '01' to '03' is 1, and 0 the other way", "symmetry = \"mean\""]);
    spatial(&weighted("01,03,1\n"), ", symmetry = \"either\"").succeeds();
    spatial(NEIGHBORS, ", symmetry = \"bth\"").fails(1, &["both"]);
    spatial(NEIGHBORS, ", kernel = \"gaussian\"").fails(1, &["neighbors and kernel: choose one"]);
}

#[test]
fn weights_of_weights() {
    let with = |weights: &str| {
        let bench = spatial(NEIGHBORS, "");
        let study = std::fs::read_to_string(bench.path("study.toml")).unwrap();
        bench
            .write("study.toml", &study.replace("[geography.weights]\n", &format!("[geography.weights]\n{weights}\n")));
        bench
    };
    with("far = { neighbors = \"neighbors.csv\", order = 2 }\nboth = { union = [\"far\", \"next\"] }").succeeds();
    with("both = { union = [\"nxt\", \"next\"] }").fails(1, &["'nxt'", "did you mean 'next'?"]);
    with("a = { union = [\"b\", \"next\"] }\nb = { union = [\"a\", \"next\"] }").fails(1, &["made of themselves"]);
    with("a = { block = \"state\" }").fails(2, &["state"]);
    with("a = { order = 2 }").fails(1, &["say nothing about neighbours"]);
}

#[test]
fn files_of_other_programs() {
    let gal = "8\n01 1\n02\n02 2\n01 03\n03 2\n02 04\n04 2\n03 05\n05 2\n04 06\n06 2\n05 07\n07 2\n06 08\n08 1\n07\n";
    let of = |name: &str, text: &str| {
        let bench = spatial(NEIGHBORS, "").file(name, text);
        let study = std::fs::read_to_string(bench.path("study.toml")).unwrap();
        bench.write("study.toml", &study.replace("neighbors.csv", name));
        bench
    };
    let (table, file) = (spatial(NEIGHBORS, ""), of("w.gal", gal));
    table.succeeds();
    file.succeeds();
    assert_eq!(file.result("tidy.csv"), table.result("tidy.csv"));
    of("w.gal", "8\n01 2\n02\n").fails(2, &["w.gal", "fewer than the 2 neighbours", "line 2"]);
    of("w.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 2 1\n")
        .fails(2, &["Matrix Market has no ids"]);
}

#[test]
fn places_that_are_none() {
    let of = |places: &str| {
        let geography = "[geography]\nregions = \"places.csv\"\n[geography.weights]\nnext = { k_nearest = 2 }\n[variables]\nnear = \"spatial_lag(wage, next)\"";
        let rows: String = (1..=7).map(|r| format!("{r:02},{},{}\n", -100 + r, 40)).collect();
        Bench::new()
            .study(&[("[variables]", geography), ("initial + wage", "initial + near")])
            .file("places.csv", &format!("region,longitude,latitude\n{rows}{places}"))
    };
    of("08,-92,40\n").succeeds();
    of("08,40,-92\n").fails(2, &["'08'", "latitude -92", "seem to be swapped"]);
    of("08,500,40\n").fails(2, &["longitude 500", "no place on Earth"]);
}

#[test]
fn polygons_over_each_other() {
    let square = |id: &str, x: f64| {
        format!(
            r#"{{"type":"Feature","id":"{id}","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[[{x},0],[{b},0],[{b},1],[{x},1],[{x},0]]]}}}}"#,
            b = x + 1.0
        )
    };
    let of = |last: f64| {
        let mut squares: Vec<String> = (1..=7).map(|r| square(&format!("{r:02}"), f64::from(r))).collect();
        squares.push(square("08", last).replace(",0]", ",0.3]"));
        let geography = "[geography]\nregions = \"squares.json\"\n[geography.weights]\nnext = { contiguity = \"queen\", islands = \"keep\" }\n[variables]\nnear = \"spatial_lag(wage, next)\"";
        Bench::new()
            .study(&[("[variables]", geography), ("initial + wage", "initial + near")])
            .file("squares.json", &format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, squares.join(",")))
    };
    let apart = of(20.0);
    apart.succeeds();
    assert!(!apart.result("results.json").contains("polygons_overlap"));
    let over = of(4.5);
    over.succeeds();
    let results = over.result("results.json");
    assert!(results.contains("polygons_overlap") && results.contains("04 and 08"), "{results}");
}
