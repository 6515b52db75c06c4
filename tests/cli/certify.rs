use std::collections::HashMap;

use predicates::str::contains;

use crate::support::Bench;

const STUDY: &str = r#"title = "Who qualifies"
seed = 5
[data]
panel = "cells.csv"
unit = ["region", "industry"]
time = "year"
text = ["region"]
[geography]
regions = "neighbors.csv"
[geography.weights]
next = { neighbors = "neighbors.csv" }
[clusters]
definition = "definition.csv"
[map]
employment = "employment"
establishments = "establishments"
[[designation]]
name = "list"
criteria = { quotient = 1.2, employment = 400, largest_part = 0.7, institutions = 1 }
breadth = "industry"
institutions = "colleges.csv"
"#;

/// Six regions in a row, two clusters of two industries. Cars are dense in r1 and r2, wine in r5.
fn cells() -> String {
    let mut text = "region,state,industry,year,employment,establishments\n".to_string();
    let cars = [40, 380, 300, 60, 50, 40];
    let wine = [300, 200, 220, 310, 900, 320];
    for region in 0..6 {
        for (industry, value) in
            [("a", cars[region]), ("b", cars[region] / 2), ("x", wine[region]), ("y", wine[region] / 4)]
        {
            let state = if region < 2 { "north" } else { "south" };
            text += &format!("r{},{state},{industry},2016,{value},{}\n", region + 1, value / 10 + 1);
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
    let neighbors: String = (1..6).map(|r| format!("r{r},r{}\nr{},r{r}\n", r + 1, r + 1)).collect();
    Bench::new()
        .file("cells.csv", &cells())
        .file("definition.csv", "industry,cluster\na,cars\nb,cars\nx,wine\ny,wine\n")
        .file("neighbors.csv", &format!("region,neighbor\n{neighbors}"))
        .file("colleges.csv", "region,cluster,type\nr2,,college\nr5,wine,lab\nr3,cars,lab\n")
        .file("pledges.csv", "region,cluster,amount\nr2,cars,10\nr5,wine,100\n")
        .file("certify.toml", &study)
}

fn table(bench: &Bench, file: &str) -> Vec<HashMap<String, String>> {
    let text = std::fs::read_to_string(bench.path(file)).unwrap();
    let mut lines = text.lines().map(crate::csv::cells);
    let header = lines.next().unwrap();
    lines.map(|cells| header.iter().cloned().zip(cells).collect()).collect()
}

#[test]
fn candidates_pass_fail_and_say_by_how_much() {
    let bench = bench(&[]);
    bench.isard(&["certify", "certify.toml", "--out", "out"]).success().stdout(contains("list: 2 of 12 candidates"));
    let all = table(&bench, "out/list/candidates.csv");
    let find = |cluster: &str, region: &str| {
        all.iter().find(|row| row["cluster"] == cluster && row["regions"] == region).unwrap()
    };
    assert_eq!(find("cars", "r2")["decision"], "designated");
    // Wine in r5: a share of 0.8 in one industry.
    assert_eq!(find("wine", "r5")["decision"], "not designated");
    assert_eq!((find("wine", "r5")["binding"].as_str(), find("wine", "r5")["failed"].as_str()), ("largest_part", "1"));
    let slack: f64 = find("wine", "r5")["least_slack"].parse().unwrap();
    assert!((slack - (0.7 - 0.8) / 0.7).abs() < 1e-12);
    assert_eq!(find("cars", "r1")["institutions"], "0");
    let criteria = table(&bench, "out/list/criteria.csv");
    assert_eq!(criteria.len(), 12 * 4);
    let page = std::fs::read_to_string(bench.path("out/list/report.html")).unwrap();
    assert!(page.contains("000_cars.html"), "no page of the cluster");
    let page = std::fs::read_to_string(bench.path("out/list/clusters/000_cars.html")).unwrap();
    assert!(page.contains("Designated") && !page.contains("wine"));
}

#[test]
fn adjacent_regions_overrides_and_grants() {
    let bench = bench(&[(
        "breadth = \"industry\"",
        r#"breadth = "industry"
larger = "state"
assemble = { weights = "next", max_regions = 2, max_share = 0.9 }
overrides = [{ cluster = "wine", region = "r5", designated = true, reason = "special" }]
grants = { budget = 150, award = 100, pledges = "pledges.csv" }"#,
    )]);
    bench.isard(&["certify", "certify.toml", "--out", "out"]).success();
    let all = table(&bench, "out/list/candidates.csv");
    let joint = all.iter().find(|row| row["regions"] == "r2+r3").unwrap();
    assert_eq!((joint["decision"].as_str(), joint["crosses"].as_str()), ("designated", "true"));
    assert_eq!((joint["employment"].as_str(), joint["institutions"].as_str()), ("1020", "2"));
    let special = all.iter().find(|row| row["override_reason"] == "special").unwrap();
    assert_eq!(
        (special["decision"].as_str(), special["criteria_say"].as_str()),
        ("designated by override", "not designated")
    );
    let grants = table(&bench, "out/list/grants.csv");
    let outcomes: Vec<&str> = grants.iter().map(|row| row["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["pledge below the match", "granted"]);
}

/// Wine's second industry is withheld in r1 and r4 and drawn from its range.
#[test]
fn candidates_have_a_chance_to_pass_where_cells_are_drawn() {
    let impute = "[data.tables.filled]\nfile = \"cells.csv\"\nimpute = [{ value = \"employment\", where = \"industry == 'y' and region in ('r1', 'r4')\", flag = \"flag\", ranges = { B = [20, 2500] } }]\n[clusters]\n";
    let bench = bench(&[
        ("panel = \"cells.csv\"", "panel = \"filled\""),
        ("[clusters]\n", impute),
        ("establishments = \"establishments\"\n", "establishments = \"establishments\"\ndraws = 16\n"),
        ("largest_part = 0.7, institutions = 1", "largest_part = 0.9"),
    ]);
    let line = |(k, line): (usize, &str)| format!("{line},{}\n", if k == 0 { "flag" } else { "B" });
    bench.write("cells.csv", &cells().lines().enumerate().map(line).collect::<String>());
    let said = bench.isard(&["certify", "certify.toml", "--out", "out"]).success();
    let said = String::from_utf8_lossy(&said.get_output().stdout).into_owned();
    assert!(said.contains("Over 16 draws of suppressed cells"), "{said}");
    let all = table(&bench, "out/list/candidates.csv");
    let share = |row: &HashMap<String, String>| row["passed_drawn"].parse::<f64>().unwrap();
    assert!(all.iter().all(|row| (0.0..=1.0).contains(&share(row))), "{all:?}");
    let open = |cluster: &str, region: &str| {
        let row = all.iter().find(|row| row["cluster"] == cluster && row["regions"] == region).unwrap();
        0.0 < share(row) && share(row) < 1.0
    };
    // What was drawn is open; what fails by employment alone fails in every draw.
    assert!(open("wine", "r1") && open("wine", "r4"), "{all:?}");
    let small = all.iter().filter(|row| row["employment"].parse::<f64>().unwrap() < 300.0 && row["cluster"] == "cars");
    assert!(small.map(share).all(|share| share == 0.0));
    let page = std::fs::read_to_string(bench.path("out/list/report.html")).unwrap();
    assert!(page.contains("Passes in draws, %"));
    bench.isard(&["certify", "certify.toml", "--out", "again", "--jobs", "1"]).success();
    let read = |folder: &str| std::fs::read(bench.path(&format!("{folder}/list/candidates.csv"))).unwrap();
    assert!(read("out") == read("again"), "draws repeat themselves");
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let bench = bench(&[]);
    bench.isard(&["certify", "certify.toml", "--out", "one", "--jobs", "1"]).success();
    bench.isard(&["certify", "certify.toml", "--out", "two", "--jobs", "2"]).success();
    for file in ["candidates.csv", "criteria.csv", "sensitivity.csv", "report.html"] {
        let read = |folder: &str| std::fs::read(bench.path(&format!("{folder}/list/{file}"))).unwrap();
        assert!(read("one") == read("two"), "{file}");
    }
}

#[test]
fn faults_say_the_way_out() {
    let certify = |changes: &[(&str, &str)], arguments: &[&str], code: i32, words: &str| {
        let arguments = [&["certify", "certify.toml", "--out", "out"], arguments].concat();
        bench(changes).isard(&arguments).code(code).stderr(contains(words));
    };
    let instead = |text: &'static str| ("breadth = \"industry\"", text);
    certify(&[("quotient = 1.2", "quotent = 1.2")], &[], 1, "quotient");
    certify(&[("quotient = 1.2", "quotient = { quantile = 1.5 }")], &[], 1, "between 0 and 1");
    certify(&[("quotient = 1.2, employment = 400, largest_part = 0.7, institutions = 1", "")], &[], 1, "every cluster");
    certify(&[("breadth = \"industry\"\n", "")], &[], 1, "add breadth");
    certify(&[("institutions = \"colleges.csv\"\n", "")], &[], 1, "add institutions");
    certify(&[instead("breadth = \"indstry\"")], &[], 1, "industry");
    certify(&[("largest_part = 0.7", "wage = 1")], &[], 1, "[map]");
    certify(&[("name = \"list\"", "name = \"list\"\nyear = 2010")], &[], 1, "2016");
    certify(&[("name = \"list\"", "name = \"a list\"")], &[], 1, "names a file or folder");
    certify(&[instead("breadth = \"industry\"\nassemble = { weights = \"nxt\" }")], &[], 1, "next");
    let special = |cluster: &str, region: &str, reason: &str| {
        let text = format!(
            "breadth = \"industry\"\noverrides = [{{ cluster = \"{cluster}\", region = \"{region}\", designated = true, reason = \"{reason}\" }}]"
        );
        let study = STUDY.replace("breadth = \"industry\"", &text);
        bench(&[]).file("certify.toml", &study).isard(&["certify", "certify.toml", "--out", "out"])
    };
    special("cras", "r1", "x").code(1).stderr(contains("did you mean `cars`"));
    special("cars", "q", "x").code(1).stderr(contains("no region `q`"));
    special("cars", "r1", " ").code(1).stderr(contains("no reason"));
    certify(&[], &["--only", "lst"], 1, "list");
    certify(&[("[map]\nemployment = \"employment\"\nestablishments = \"establishments\"\n", "")], &[], 1, "[map]");
    Bench::new().isard(&["certify", "study.toml"]).code(1).stderr(contains("[[designation]]"));
}
