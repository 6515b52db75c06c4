//! Regions, neighbours and clusters that do not fit the panel.

use crate::cli::support::{DATA, Folder, MODEL};

const GEOGRAPHY: &str = "[geography]\nregions = \"regions.csv\"\n[geography.weights]\nnear = { neighbors = \"neighbors.csv\", islands = \"keep\" }\n";

/// The geography lacks r6 and has r7, which the panel lacks; r4, r5 and r7 are islands.
fn folder(study: &str) -> Folder {
    let folder = Folder::with(study);
    folder.write("regions.csv", "region\nr1\nr2\nr3\nr4\nr5\nr7\n");
    folder.write("neighbors.csv", "region,neighbor\nr1,r2\nr2,r1\nr2,r3\nr3,r2\n");
    folder
}

#[test]
fn regions_without_geography_and_the_reverse() {
    let study = format!("{DATA}{GEOGRAPHY}{MODEL}");
    let kept = folder(&study);
    kept.isard("run study.toml --out out --quiet").success();
    let results = kept.read("out/results.json");
    assert!(results.contains("regions_unmatched") && results.contains("\"r6\"") && results.contains("\"r7\""));
    folder(&format!("deny = [\"regions_unmatched\"]\n{study}"))
        .fails(3, &["missing from the geography (for example r6)", "the study denies `regions_unmatched`"]);
}

/// Squares in a row; r1 to r5 touch, r7 lies apart, r6 has no polygon.
fn polygons() -> String {
    let square = |id: &str, x: f64| {
        format!(
            r#"{{"type":"Feature","id":"{id}","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[[{x},0],[{e},0],[{e},1],[{x},1],[{x},0]]]}}}}"#,
            e = x + 1.0
        )
    };
    let squares: Vec<String> = [("r1", 0.0), ("r2", 1.0), ("r3", 2.0), ("r4", 3.0), ("r5", 4.0), ("r7", 9.0)]
        .map(|(id, x)| square(id, x))
        .into();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, squares.join(","))
}

#[test]
fn a_region_without_polygon_and_a_polygon_without_region() {
    let geography = "[geography]\nregions = \"regions.json\"\n";
    let figure = "[[figure]]\nkind = \"map\"\nvariable = \"x\"\n";
    let study = format!("{DATA}{geography}{MODEL}{figure}");
    let folder = Folder::with(&study);
    folder.write("regions.json", polygons());
    folder.isard("run study.toml --out out --quiet").success();
    assert!(folder.path().join("out/figures/map.svg").is_file());
    assert!(folder.read("out/results.json").contains("regions_unmatched"));
    folder.write("study.toml", format!("deny = [\"regions_unmatched\"]\n{study}"));
    folder.refuses("run study.toml --out denied", 3, &["regions_unmatched"]);
}

#[test]
fn broken_polygons() {
    let folder = Folder::with(&format!("{DATA}[geography]\nregions = \"regions.json\"\n{MODEL}"));
    folder.write("regions.json", "{ \"type\": ");
    folder.fails(2, &["regions.json: the polygons cannot be read"]);
    folder.write("regions.json", "{ \"type\": \"Point\" }");
    folder.fails(2, &["give a TopoJSON Topology or a GeoJSON FeatureCollection"]);
}

#[test]
fn islands_without_a_policy() {
    folder(&format!("{DATA}{}{MODEL}", GEOGRAPHY.replace(", islands = \"keep\"", "")))
        .fails(1, &["without a neighbour: r4, r5", "choose `islands = \"keep\"`", "study.toml:9:"]);
}

#[test]
fn weights_that_say_nothing() {
    folder(&format!("{DATA}{}{MODEL}", GEOGRAPHY.replace("neighbors = \"neighbors.csv\", ", "")))
        .fails(1, &["say nothing about neighbours", "study.toml:9:"]);
}

#[test]
fn a_map_without_polygons() {
    let figure = "[[figure]]\nkind = \"map\"\nvariable = \"x\"\n";
    Folder::with(&format!("{DATA}{MODEL}{figure}"))
        .fails(1, &["is a map, but the study has no polygons", "add [geography]"]);
    folder(&format!("{DATA}{GEOGRAPHY}{MODEL}{figure}"))
        .fails(1, &["is a map, but the study has no polygons", "TopoJSON or GeoJSON"]);
}

#[test]
fn an_industry_without_a_cluster() {
    let study = format!(
        "{DATA}[clusters]\ndefinition = \"definition.csv\"\n[variables]\ns = \"log(lq(employment, within = cluster))\"\n{}",
        MODEL.replace("x + z", "x + s")
    );
    let folder = Folder::with(&study);
    folder.write("definition.csv", "industry,cluster\ni1,c1\ni2,c1\ni3,c2\n");
    folder.isard("run study.toml --out out --quiet").success();
    assert!(folder.read("out/results.json").contains("industries_unmatched"));
    assert!(
        folder.read("out/sample.csv").contains("within,model,18,54,missing,s"),
        "{}",
        folder.read("out/sample.csv")
    );
    folder.write("study.toml", format!("deny = [\"industries_unmatched\"]\n{study}"));
    folder.refuses("run study.toml --out denied", 3, &["industries belong to no cluster (for example i4)"]);
}

#[test]
fn a_definition_without_its_columns() {
    let folder = Folder::with(&format!("{DATA}[clusters]\ndefinition = \"definition.csv\"\n{MODEL}"));
    folder.write("definition.csv", "industry,clustre\ni1,c1\n");
    folder.fails(2, &["definition.csv has no column `cluster`", "did you mean `clustre`?"]);
}
