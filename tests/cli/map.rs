use predicates::str::contains;

use crate::support::Bench;

const STUDY: &str = r#"title = "The map"
question = "Where is what?"
[data]
panel = "cells.csv"
unit = ["region", "industry"]
time = "year"
[clusters]
definition = "definition.csv"
[map]
employment = "employment"
establishments = "establishments"
payroll = "pay * employment"
region_name = "place"
"#;

/// Twelve regions, nine industries (the last in no cluster), two years; c1 leaves r03 and enters r00.
fn cells() -> String {
    let mut text = "region,place,industry,year,employment,establishments,pay\n".to_string();
    for year in [2000, 2004] {
        for region in 0..12 {
            for industry in 0..9 {
                let moved = industry < 3 && ((region == 3 && year == 2004) || (region == 0 && year == 2000));
                let own = if region % 3 == industry / 3 { 400 } else { 30 };
                let value = if moved { 0 } else { own + (region * 7 + industry * 13 + year) % 29 };
                let stands = value / 10 + 1;
                text += &format!(
                    "r{region:02},\"Place, {region}\",i{industry},{year},{value},{stands},{}\n",
                    100 + industry
                );
            }
        }
    }
    text
}

fn bench(changes: &[(&str, &str)]) -> Bench {
    let mut study = STUDY.to_string();
    for (from, to) in changes {
        assert!(study.contains(from), "{from}");
        study = study.replace(from, to);
    }
    let definition: String =
        (0..8).map(|i| format!("i{i},c{},{}\n", i / 3 + 1, if i < 6 { "true" } else { "false" })).collect();
    Bench::new()
        .file("cells.csv", &cells())
        .file("definition.csv", &format!("industry,cluster,traded\n{definition}"))
        .file("national.csv", "cluster,employment\nc1,9000\nc2,9000\n")
        .file("map.toml", &study)
}

fn table(bench: &Bench, file: &str) -> Vec<std::collections::HashMap<String, String>> {
    let text = std::fs::read_to_string(bench.path(file)).unwrap();
    let mut lines = text.lines().map(crate::csv::cells);
    let header = lines.next().unwrap();
    lines.map(|cells| header.iter().cloned().zip(cells).collect()).collect()
}

#[test]
fn every_region_and_cluster_is_measured() {
    let bench = bench(&[]);
    let said = bench.isard(&["map", "map.toml", "--out", "out"]).success();
    let said = String::from_utf8_lossy(&said.get_output().stdout).into_owned();
    assert!(said.contains("12 regions, 2 traded clusters in 2004"), "{said}");
    assert!(said.contains("24 rows of industries in no cluster"), "{said}");
    let cells = table(&bench, "out/map.csv");
    assert_eq!(cells.len(), 12 * 3 * 2);
    let find = |region: &str, cluster: &str, year: &str| {
        cells.iter().find(|row| row["region"] == region && row["cluster"] == cluster && row["year"] == year).unwrap()
    };
    assert_eq!(find("r03", "c1", "2004")["exited"], "true");
    assert_eq!(find("r00", "c1", "2004")["entered"], "true");
    assert_eq!(find("r00", "c1", "2000")["entered"], "");
    assert_eq!(find("r00", "c1", "2000")["region_name"], "Place, 0");
    assert_eq!(find("r06", "c1", "2004")["strong"], "true");
    assert_eq!(find("r06", "c3", "2004")["strong"], "", "local clusters have no flag");
    // Traded employment of all regions is that of all traded clusters.
    let sum = |rows: &[std::collections::HashMap<String, String>], column: &str, keep: &dyn Fn(&str) -> bool| -> f64 {
        let kept = rows.iter().filter(|row| keep(row.get("traded").map_or("", String::as_str)));
        kept.map(|row| row[column].parse::<f64>().unwrap()).sum()
    };
    let regions = table(&bench, "out/regions.csv");
    let clusters = table(&bench, "out/clusters.csv");
    assert_eq!(sum(&regions, "traded_employment", &|_| true), sum(&clusters, "employment", &|traded| traded == "true"));
    let page = std::fs::read_to_string(bench.path("out/report.html")).unwrap();
    assert!(page.contains("Where is what?") && page.contains("Strong in"), "no composition");
}

#[test]
fn one_year_threads_and_shuffled_rows_change_no_number() {
    let bench = bench(&[]);
    bench.isard(&["map", "map.toml", "--out", "one", "--jobs", "1"]).success();
    bench.isard(&["map", "map.toml", "--out", "year", "--year", "2004"]).success();
    let mut lines: Vec<String> = cells().lines().map(str::to_string).collect();
    lines[1..].reverse();
    let bench = bench.file("cells.csv", &format!("{}\n", lines.join("\n")));
    bench.isard(&["map", "map.toml", "--out", "two", "--jobs", "2"]).success();
    for file in ["map.csv", "regions.csv", "clusters.csv", "thresholds.csv"] {
        let read = |folder: &str| std::fs::read_to_string(bench.path(&format!("{folder}/{file}"))).unwrap();
        assert_eq!(read("one"), read("two"), "{file}");
        let (all, one) = (read("two"), read("year"));
        let of_year: Vec<&str> = all.lines().filter(|line| line.starts_with("2004")).collect();
        assert_eq!(of_year, one.lines().skip(1).collect::<Vec<_>>(), "{file}");
    }
}

#[test]
fn rules_can_be_declared() {
    let bench = bench(&[("region_name", "strong = { quotient = 1.2, employment = 1250 }\nregion_name")]);
    bench.isard(&["map", "map.toml", "--out", "out"]).success();
    for row in table(&bench, "out/map.csv").iter().filter(|row| row["traded"] == "true") {
        let at_least = |column: &str, least: f64| row[column].parse::<f64>().unwrap() >= least;
        assert_eq!(row["strong"] == "true", at_least("location_quotient", 1.2) && at_least("employment", 1250.0));
    }
}

#[test]
fn suppressed_employment_leaves_some_flags_open() {
    let bench =
        bench(&[("region_name", "bounds = [\"employment - employment / 2\", \"employment * 2\"]\nregion_name")]);
    let said = bench.isard(&["map", "map.toml", "--out", "out"]).success();
    let said = String::from_utf8_lossy(&said.get_output().stdout).into_owned();
    assert!(said.contains("24 cells judged"), "{said}");
    for row in table(&bench, "out/map.csv") {
        let number = |column: &str| row[column].parse::<f64>().unwrap();
        assert!((number("location_quotient_high") - 4.0 * number("location_quotient_low")).abs() < 1e-9);
        assert!(row["traded"] != "true" || row["strong_if_low"] <= row["strong_if_high"], "more is not less strong");
    }
}

/// Employment of the first industry is withheld in every third region and drawn from its range.
#[test]
fn draws_of_imputed_cells_leave_their_spread() {
    let steps = "[data.tables.filled]\nfile = \"cells.csv\"\nimpute = [{ value = \"employment\", where = \"industry == 'i0' and place in ('Place, 3', 'Place, 6')\", flag = \"flag\", ranges = { B = [20, 900] } }]\n[clusters]\n";
    let changes = [
        ("panel = \"cells.csv\"", "panel = \"filled\""),
        ("[clusters]\n", steps),
        ("region_name", "draws = 12\nregion_name"),
    ];
    let bench = bench(&changes);
    let flagged: String = cells()
        .lines()
        .enumerate()
        .map(|(k, line)| format!("{line},{}\n", if k == 0 { "flag" } else { "B" }))
        .collect();
    bench.write("cells.csv", &flagged);
    let said = bench.isard(&["map", "map.toml", "--out", "out"]).success();
    let said = String::from_utf8_lossy(&said.get_output().stdout).into_owned();
    assert!(said.contains("Over draws of what was imputed"), "{said}");
    for row in table(&bench, "out/map.csv") {
        let number = |column: &str| row[column].parse::<f64>().unwrap();
        let is_drawn = row["cluster"] == "c1" && ["r03", "r06"].contains(&row["region"].as_str());
        assert_eq!(number("employment_drawn_sd") > 0.0, is_drawn, "{row:?}");
        // Draws of 20 to 900 beside what is known of the cluster's other industries.
        assert!(!is_drawn || (number("employment_drawn_sd") < 500.0 && number("employment_drawn") > 20.0));
        assert!(row["traded"] != "true" || (0.0..=1.0).contains(&number("strong_drawn")));
        // The national totals of traded employment vary with the draws, and with them every quotient that is not zero.
        let varies = row["traded"] == "true" && number("employment_drawn") > 0.0;
        assert_eq!(number("location_quotient_drawn_sd") > 0.0, varies, "{row:?}");
    }
    assert!(table(&bench, "out/regions.csv").iter().any(|row| row["cluster_strength_drawn_sd"] != "0"));
    let first = std::fs::read(bench.path("out/map.csv")).unwrap();
    bench.isard(&["map", "map.toml", "--out", "again", "--jobs", "1"]).success();
    assert!(first == std::fs::read(bench.path("again/map.csv")).unwrap(), "draws repeat themselves");
}

#[test]
fn faults_say_the_way_out() {
    let map = |changes: &[(&str, &str)], arguments: &[&str], code: i32, words: &str| {
        let arguments = [&["map", "map.toml", "--out", "out"], arguments].concat();
        bench(changes).isard(&arguments).code(code).stderr(contains(words));
    };
    map(&[("employment = \"employment\"", "employment = \"employmnt\"")], &[], 1, "employment");
    map(&[("employment = \"employment\"", "employment = \"place\"")], &[], 1, "text, not numbers");
    map(&[("employment = \"employment\"", "employment = \"employment - 300\"")], &[], 2, "finite and not negative");
    map(&[("region_name", "national = \"national.csv\"\nregion_name")], &[], 2, "no employment of cluster c3");
    map(&[("region_name", "strong = \"strongest\"\nregion_name")], &[], 1, "strong");
    map(&[("region_name", "strong = { quotient_quantile = 75 }\nregion_name")], &[], 1, "between 0 and 1");
    map(&[("region_name", "strong = {}\nregion_name")], &[], 1, "without conditions");
    map(&[("region_name", "draws = 1\nregion_name")], &[], 1, "the number of draws is between 2 and 1000");
    map(&[("region_name", "draws = 9\nregion_name")], &[], 1, "add impute to a table");
    map(&[("region_name = \"place\"", "region_name = \"plaice\"")], &[], 1, "place");
    map(&[], &["--year", "2003"], 1, "2000, 2004");
    map(
        &[("definition = \"definition.csv\"", "traded = \"pay\"\ndefinition = \"definition.csv\"")],
        &[],
        1,
        "true or false",
    );
    let none = Bench::new();
    none.isard(&["map", "study.toml"]).code(1).stderr(contains("[map]"));
}

#[test]
fn a_map_needs_no_model_and_a_run_says_so() {
    bench(&[]).isard(&["check", "map.toml"]).success();
    bench(&[]).isard(&["run", "map.toml", "--out", "out"]).code(1).stderr(contains("isard map"));
}
