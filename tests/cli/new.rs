use predicates::str::contains;

use super::support::{Folder, csv, rows};

/// The columns that the templates name.
fn data(folder: &Folder) {
    folder.write("region_industry.csv", clusters_panel());
    folder.write("neighbors.csv", "region,neighbor\nr1,r2\nr2,r1\n");
    folder.write("definition.csv", "industry,cluster\ni1,c1\ni2,c1\ni3,c2\ni4,c2\n");
    folder.write("relatedness.csv", "cluster,related,overlap\nc1,c2,0.5\nc2,c1,0.5\n");
    folder.write("regions.csv", "region,year,income\nr1,2010,3\nr1,2011,4\nr2,2010,5\nr2,2011,7\n");
    folder.write("regions.json", r#"{"type":"FeatureCollection","features":[]}"#);
}

fn clusters_panel() -> String {
    let rows: Vec<String> = rows().iter().map(|row| format!("{row},true")).collect();
    csv("region,industry,year,y,x,z,w,employment,traded", &rows)
}

/// A row per region and year, as the panel template wants it.
fn regional_panel() -> String {
    let row = |k: i64| {
        let (region, year) = (k / 5 + 1, 2000 + k % 5);
        format!("r{region},{year},{},{}", 10.0 + ((k * 37) % 23) as f64, 1.0 + ((k * 17) % 19) as f64 / 4.0)
    };
    csv("region,year,y,x", &(0..30).map(row).collect::<Vec<_>>())
}

#[test]
fn every_template_passes_the_check() {
    for template in ["panel", "clusters", "map"] {
        let folder = Folder::new();
        data(&folder);
        folder.write("panel.csv", regional_panel());
        folder.isard(&format!("new study.toml --template {template}")).success().stdout(contains("is written"));
        folder.isard("check study.toml").success().stdout(contains("fine"));
    }
}

#[test]
fn the_panel_template_runs() {
    let folder = Folder::new();
    folder.write("panel.csv", regional_panel());
    folder.isard("new study.toml").success();
    folder.isard("run study.toml --out out").success();
    assert!(folder.path().join("out/figures/coefficients.svg").is_file());
}

#[test]
fn nothing_is_overwritten() {
    let folder = Folder::with("mine");
    folder.refuses("new study.toml", 2, &["already there", "choose another name"]);
    assert_eq!(folder.read("study.toml"), "mine");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    Folder::new().refuses("new nowhere/study.toml", 2, &["its folder is not there; make it first"]);
}
