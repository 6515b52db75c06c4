use crate::support::Bench;
use predicates::str::contains;

#[test]
fn writes_each_template_once() {
    for template in ["panel", "clusters", "map"] {
        let bench = Bench::new();
        // Without the data that the template names, `check` speaks of the file alone.
        std::fs::remove_file(bench.path("panel.csv")).unwrap();
        bench.isard(&["new", "mine.toml", "--template", template]).success().stdout(contains("mine.toml is written"));
        bench.isard(&["check", "mine.toml"]).success();
        bench.isard(&["new", "mine.toml"]).code(2).stderr(contains("does not overwrite"));
    }
}

#[test]
fn the_panel_template_runs() {
    let bench = Bench::new();
    bench.isard(&["new", "mine.toml"]).success();
    let mut rows = vec!["region,year,y,x".to_string()];
    for region in 1..=9u32 {
        for year in 2000..2005u32 {
            rows.push(format!(
                "r{region},{year},{},{}",
                10 + (region * 7 + year * 3) % 17,
                (region * 5 + year * 11) % 13
            ));
        }
    }
    bench.write("panel.csv", &rows.join("\n"));
    bench.isard(&["run", "mine.toml", "--out", "out"]).success().stdout(contains("region effects"));
}
