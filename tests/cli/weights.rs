use super::support::{Folder, stdout};

const STUDY: &str = r#"title = "Weights"
[data]
panel = "places.csv"
unit = "region"
[geography]
regions = "places.csv"
[geography.weights]
near = { k_nearest = 2, standardize = "spectral" }
state = { block = "state", islands = "keep" }
"#;

const PLACES: &str = "region,longitude,latitude,state\na,0,0,x\nb,1,0,x\nc,2,0.5,y\nd,4,0,y\ne,9,0,z\n";

#[test]
fn weights_are_described_and_written_for_others() {
    let folder = Folder::with(STUDY);
    folder.write("places.csv", PLACES);
    let told = stdout(&folder.isard("weights study.toml").success());
    assert!(told.contains("near: 5 regions, 10 links") && told.contains("rows: spectral"), "{told}");
    assert!(told.contains("state: 5 regions, 4 links") && told.contains("1 island: e"), "{told}");
    for ending in ["gal", "gwt", "mtx", "csv", "parquet"] {
        folder.isard(&format!("weights study.toml --name near --out near.{ending}")).success();
    }
    // Each is read again, and says the same.
    let once = std::fs::read_to_string(folder.path().join("near.gwt")).unwrap();
    for ending in ["gwt", "mtx", "csv", "parquet"] {
        let read = STUDY.replace(
            "{ k_nearest = 2, standardize = \"spectral\" }",
            &format!("{{ neighbors = \"near.{ending}\", standardize = \"none\" }}"),
        );
        folder.write("again.toml", &read);
        folder.isard("weights again.toml --name near --out again.gwt").success();
        assert_eq!(std::fs::read_to_string(folder.path().join("again.gwt")).unwrap(), once, "{ending}");
    }
    folder.refuses("weights study.toml --name naer", 1, &["did you mean `near`?"]);
    folder.refuses("weights study.toml --out w.gal", 1, &["choose it with --name (near, state)"]);
    folder.refuses("weights study.toml --name near --out w.xls", 1, &["`xls` is no form of weights"]);
}
