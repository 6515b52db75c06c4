//! Shapefiles whose parts are missing, broken or of another kind, and borders that were drawn one by one.

use crate::support::Bench;

const DEGREES: &str =
    r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137,298.257]],UNIT["Degree",0.0174532925]]"#;
const PLANE: &str = r#"PROJCS["UTM_Zone_32N",GEOGCS["GCS_WGS_1984"],UNIT["Meter",1.0]]"#;

/// A shapefile of unit squares at places along the equator.
fn outlines(kind: i32, wests: &[f64]) -> Vec<u8> {
    let mut out = Vec::new();
    let length = 100 + wests.len() * 136;
    out.extend(9994_i32.to_be_bytes());
    out.extend([0; 20]);
    out.extend(i32::try_from(length / 2).unwrap().to_be_bytes());
    out.extend(1000_i32.to_le_bytes());
    out.extend(kind.to_le_bytes());
    out.extend([0; 64]);
    for (k, &x) in wests.iter().enumerate() {
        out.extend(i32::try_from(k + 1).unwrap().to_be_bytes());
        out.extend(64_i32.to_be_bytes());
        out.extend(kind.to_le_bytes());
        [x, 0.0, x + 1.0, 1.0].iter().for_each(|value: &f64| out.extend(value.to_le_bytes()));
        [1_i32, 5, 0].iter().for_each(|value| out.extend(value.to_le_bytes()));
        let ring = [[x, 0.0], [x, 1.0], [x + 1.0, 1.0], [x + 1.0, 0.0], [x, 0.0]];
        ring.iter().flatten().for_each(|value: &f64| out.extend(value.to_le_bytes()));
    }
    out
}

/// A table with one column of ids.
fn table(ids: &[&str]) -> Vec<u8> {
    let mut out = vec![3, 126, 1, 1];
    out.extend(u32::try_from(ids.len()).unwrap().to_le_bytes());
    out.extend([65_u16, 6].iter().flat_map(|value| value.to_le_bytes()));
    out.extend([0; 20]);
    out.extend(*b"GEOID\0\0\0\0\0\0C\0\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    out.push(13);
    ids.iter().for_each(|id| out.extend(format!(" {id:<5}").into_bytes()));
    out
}

const IDS: [&str; 8] = ["01", "02", "03", "04", "05", "06", "07", "08"];

fn row(gap: f64) -> Vec<f64> {
    (1..=8).map(|k| f64::from(k) * (1.0 + gap)).collect()
}

struct Files<'a> {
    outlines: Vec<u8>,
    table: Option<Vec<u8>>,
    system: Option<&'a str>,
}

impl Files<'_> {
    fn sound() -> Self {
        Files { outlines: outlines(5, &row(0.0)), table: Some(table(&IDS)), system: Some(DEGREES) }
    }

    fn with(&self, weights: &str, id: &str) -> Bench {
        let geography = format!(
            "[geography]\nregions = \"squares.shp\"\n{id}\n[geography.weights]\nnext = {{ {weights} }}\n[variables]\nnear = \"spatial_lag(wage, next)\""
        );
        let bench = Bench::new().study(&[("[variables]", &geography), ("initial + wage", "initial + near")]);
        let put = |ending: &str, bytes: &[u8]| std::fs::write(bench.path(&format!("squares.{ending}")), bytes).unwrap();
        put("shp", &self.outlines);
        self.table.iter().for_each(|table| put("dbf", table));
        self.system.iter().for_each(|system| put("prj", system.as_bytes()));
        bench
    }

    fn queen(&self) -> Bench {
        self.with("contiguity = \"queen\"", "id = \"GEOID\"")
    }
}

#[test]
fn a_sound_shapefile_and_what_its_coordinates_are() {
    let notes = |files: &Files| {
        let bench = files.queen();
        bench.succeeds();
        bench.result("results.json")
    };
    let quiet = notes(&Files::sound());
    assert!(!quiet.contains("coordinates_unsaid") && !quiet.contains("plane_coordinates"));
    assert!(notes(&Files { system: None, ..Files::sound() }).contains("coordinates_unsaid"));
    let plane = Files { system: Some(PLANE), ..Files::sound() };
    let found = notes(&plane);
    assert!(found.contains("plane_coordinates") && found.contains("UTM_Zone_32N"));
    plane.with("k_nearest = 2", "id = \"GEOID\"").fails(2, &["not yet projected"]);
}

#[test]
fn parts_that_are_missing_or_broken() {
    Files { table: None, ..Files::sound() }.queen().fails(2, &["squares.shp", "no .dbf beside it"]);
    Files::sound().with("contiguity = \"queen\"", "").fails(2, &["feature 1", "no 'id'", "GEOID"]);
    Files::sound().with("contiguity = \"queen\"", "id = \"GEOD\"").fails(2, &["no 'GEOD'", "GEOID"]);
    let blank = Files { table: Some(table(&["01", "02", "", "04", "05", "06", "07", "08"])), ..Files::sound() };
    blank.queen().fails(2, &["feature 3", "'GEOID'"]);
    let twice = Files { table: Some(table(&["01", "02", "02", "04", "05", "06", "07", "08"])), ..Files::sound() };
    twice.queen().fails(2, &["'02' stands twice"]);
    Files { table: Some(table(&IDS[..7])), ..Files::sound() }.queen().fails(2, &["8 shapes", "7 rows"]);
    Files { table: Some(b"id,name\n1,a\n".to_vec()), ..Files::sound() }.queen().fails(2, &["no dBase table"]);
    let table_cut = table(&IDS)[..90].to_vec();
    Files { table: Some(table_cut), ..Files::sound() }.queen().fails(2, &["4 of the 8 rows"]);
    Files { outlines: outlines(1, &row(0.0)), ..Files::sound() }.queen().fails(2, &["holds points, not polygons"]);
    Files { outlines: b"PK\x03\x04".to_vec(), ..Files::sound() }.queen().fails(2, &["does not begin as a shapefile"]);
    let whole = outlines(5, &row(0.0));
    Files { outlines: whole[..900].to_vec(), ..Files::sound() }.queen().fails(2, &["record 6", "cut short"]);
    let mut mixed = whole;
    mixed[103] = 7;
    Files { outlines: mixed, ..Files::sound() }.queen().fails(2, &["no .shx beside it"]);
}

#[test]
fn borders_drawn_one_by_one_need_a_tolerance() {
    let apart = Files { outlines: outlines(5, &row(0.001)), ..Files::sound() };
    apart.queen().fails(1, &["8 of 8 regions share no point", "tolerance = 0.001", "degrees"]);
    let kept = apart.with("contiguity = \"queen\", islands = \"keep\"", "id = \"GEOID\"");
    kept.succeeds();
    assert!(kept.result("results.json").contains("borders_apart"));
    for contiguity in ["queen", "rook"] {
        let near = apart.with(&format!("contiguity = \"{contiguity}\", tolerance = 0.0011"), "id = \"GEOID\"");
        near.succeeds();
        assert!(!near.result("results.json").contains("borders_apart"));
    }
    apart.with("contiguity = \"queen\", tolerance = 150", "id = \"GEOID\"").fails(1, &["tolerance of 150", "0.5"]);
    apart.with("distance_km = 150, tolerance = 0.1", "id = \"GEOID\"").fails(1, &["tolerance", "needs contiguity"]);
    apart.with("contiguity = \"queen\", tolerence = 0.1", "id = \"GEOID\"").fails(1, &["tolerence", "tolerance"]);
}
