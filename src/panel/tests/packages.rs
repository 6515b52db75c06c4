use super::*;
use crate::panel::{DataPackage, inputs, missing_inputs};

const PACKAGE: &str = r#"{
  "name": "us", "title": "United States", "licenses": [{"name": "CC0-1.0"}],
  "sources": [{"title": "Drawn by isard"}], "isard:synthetic": true,
  "resources": [
    {"name": "cells", "path": "cells.csv", "title": "Cells", "schema": {
      "fields": [{"name": "region", "type": "string"}, {"name": "emp", "type": "integer", "unit": "people"},
                 {"name": "traded", "type": "boolean"}],
      "primaryKey": ["region"], "missingValues": ["-99"]}},
    {"name": "shapes", "path": "shapes.json"}
  ]
}"#;

fn package(cells: &str) -> tempfile::TempDir {
    let dir = folder("datapackage.json", PACKAGE);
    write(&dir, "cells.csv", cells);
    dir
}

const TOML: &str = "package = \".\"\npanel = \"cells\"\nunit = \"region\"";

#[test]
fn types_units_and_origin_come_from_the_package() {
    let dir = package("region,emp,traded\n1,5,TRUE\n2,-99,false\n");
    let loaded = read(dir.path(), TOML).unwrap();
    assert_eq!(texts(&loaded.panel, "region"), ["1", "2"]);
    assert_eq!(numbers(&loaded.panel, "traded"), [1.0, 0.0]);
    assert!(numbers(&loaded.panel, "emp")[1].is_nan());
    let source = &loaded.sources[0];
    assert_eq!((source.name.as_str(), source.rows, source.synthetic), ("cells", 2, true));
    assert_eq!(source.licence.as_deref(), Some("CC0-1.0"));
    assert_eq!(source.source.as_deref(), Some("Drawn by isard"));
    assert_eq!(source.units["emp"], "people");
    assert_eq!(loaded.path("shapes"), dir.path().join("./shapes.json"));
}

#[test]
fn values_that_contradict_the_package_name_their_line() {
    let dir = package("region,emp,traded\n1,5,TRUE\n2,many,false\n");
    assert_eq!(
        message(dir.path(), TOML).trim_start_matches("./"),
        "cells.csv, line 3, column emp: \"many\" is not a number, which datapackage.json declares; fix the value or declare the column a string"
    );
}

#[test]
fn unknown_resources_and_broken_packages() {
    let dir = package("region,emp,traded\n1,5,TRUE\n");
    assert_eq!(
        message(dir.path(), "package = \".\"\npanel = \"cels\"\nunit = \"region\""),
        "no table cels: did you mean cells?; tables are cells, shapes"
    );
    let fault = DataPackage::read(dir.path()).unwrap().resource("shape").unwrap_err();
    assert_eq!(fault.to_string(), "no table shape: did you mean shapes?; tables are cells, shapes");
    write(&dir, "datapackage.json", "{\"resources\": 3}");
    assert!(message(dir.path(), TOML).contains("datapackage.json: invalid type"));
    std::fs::remove_file(dir.path().join("datapackage.json")).unwrap();
    assert!(message(dir.path(), TOML).contains("no file ./datapackage.json"));
}

#[test]
fn inputs_are_listed_without_reading() {
    let dir = package("region\n");
    let section = section(
        "package = \".\"\npanel = \"t\"\nunit = \"region\"\nfolder = \"files\"\n[tables.t]\nfile = \"deep/a.parquet\"\njoin = [{ table = \"cells\", on = \"region\" }]",
    );
    let listed = inputs(&section, dir.path(), None).unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!(missing_inputs(&section, dir.path(), None).unwrap(), [dir.path().join("files/deep/a.parquet")]);
    // A folder given on the command line may hold the file without the folders in between.
    let other = folder("a.parquet", "");
    assert!(missing_inputs(&section, dir.path(), Some(other.path())).unwrap().is_empty());
}

#[test]
fn the_states_of_the_repository() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    let toml = "package = \"data/us-states\"\npanel = \"state_income\"\nunit = \"state\"\ntime = \"year\"";
    let mut loaded = read(base, toml).unwrap();
    assert_eq!(loaded.panel.n_rows(), 48 * 81);
    assert_eq!(texts(&loaded.panel, "state")[0], "01");
    assert_eq!(numbers(&loaded.panel, "income")[0], 323.0);
    let pairs = loaded.table("neighbors").unwrap();
    let all: Vec<(String, String)> = texts(&pairs, "region").into_iter().zip(texts(&pairs, "neighbor")).collect();
    assert!(all.iter().all(|(a, b)| all.contains(&(b.clone(), a.clone()))));
    let of_alabama: Vec<&str> = all.iter().filter(|(a, _)| a == "01").map(|(_, b)| b.as_str()).collect();
    assert_eq!(of_alabama, ["12", "13", "28", "47"]);
    assert_eq!(loaded.table("public_capital").unwrap().n_rows(), 48 * 17);
    assert!(!loaded.sources[0].synthetic);
}
