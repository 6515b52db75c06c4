use dta::stata::dta::byte_order::ByteOrder;
use dta::stata::dta::dta_writer::DtaWriter;
use dta::stata::dta::header::Header;
use dta::stata::dta::release::Release;
use dta::stata::dta::schema::Schema;
use dta::stata::dta::value::Value;
use dta::stata::dta::variable::Variable;
use dta::stata::dta::variable_type::VariableType;
use dta::stata::stata_double::StataDouble;
use dta::stata::stata_long::StataLong;
use polars::df;
use polars::prelude::{DataFrame, NamedFrom, ParquetWriter, Series};

use super::*;

fn write_parquet(dir: &tempfile::TempDir, name: &str, frame: &mut DataFrame) {
    let file = std::fs::File::create(dir.path().join(name)).unwrap();
    ParquetWriter::new(file).with_row_group_size(Some(2)).finish(frame).unwrap();
}

fn county_frame() -> DataFrame {
    df!(
        "fips" => [Some("01001"), Some("01003"), None, Some("02001"), Some("01001")],
        "year" => [2018_i32, 2018, 2018, 2018, 2021],
        "wage" => [1.5_f64, f64::NAN, 3.0, 4.0, 5.0],
        "emp" => [Some(10_i64), None, Some(3), Some(7), Some(11)],
        "traded" => [true, false, true, true, false],
    )
    .unwrap()
}

#[test]
fn parquet_keeps_types_and_rows_are_put_in_order() {
    let dir = tempfile::tempdir().unwrap();
    write_parquet(&dir, "a.parquet", &mut county_frame());
    let loaded = read(dir.path(), "panel = \"a.parquet\"\nunit = \"fips\"\ntime = \"year\"").unwrap();
    assert_eq!(texts(&loaded.panel, "fips"), ["01001", "01001", "01003", "02001"]);
    assert_eq!(numbers(&loaded.panel, "traded"), [1.0, 0.0, 0.0, 1.0]);
    assert!(numbers(&loaded.panel, "emp")[2].is_nan() && numbers(&loaded.panel, "wage")[2].is_nan());
    assert_eq!(loaded.sources[0].rows, 5);
}

#[test]
fn parquet_filters_are_counted_from_its_metadata() {
    let dir = tempfile::tempdir().unwrap();
    write_parquet(&dir, "a.parquet", &mut county_frame());
    let toml = r#"
        panel = "cells"
        unit = "county"
        [tables.cells]
        file = "a.parquet"
        rename = { fips = "county" }
        where = "year in (2018, 2019) and wage > 0 and length(county) == 5"
        keep = ["county", "emp"]
    "#;
    let loaded = read(dir.path(), toml).unwrap();
    assert_eq!(texts(&loaded.panel, "county"), ["01001", "02001"]);
    assert_eq!(loaded.panel.names().collect::<Vec<_>>(), ["county", "emp"]);
    assert_eq!(loaded.ledger.lost(super::super::Reason::Where), 3);
    assert_eq!(
        message(dir.path(), &toml.replace("2018, 2019", "1900")),
        "[data.tables.cells] where = \"year in (1900) and wage > 0 and length(county) == 5\" leaves none of 5 rows: loosen it"
    );
}

#[test]
fn damaged_parquet_and_unsupported_types() {
    let dir = folder("a.parquet", "this is no parquet file at all");
    assert!(
        message(dir.path(), "panel = \"a.parquet\"\nunit = \"id\"")
            .starts_with("a.parquet is not a readable parquet file (")
    );
    let id = Series::new("id".into(), [1_i32]);
    let lists = Series::new("x".into(), [Series::new("".into(), [1_i32, 2])]);
    write_parquet(&dir, "b.parquet", &mut DataFrame::new(1, vec![id.into(), lists.into()]).unwrap());
    assert!(
        message(dir.path(), "panel = \"b.parquet\"\nunit = \"id\"")
            .starts_with("b.parquet, column x: a panel holds numbers, truth values and text, not list")
    );
}

#[test]
fn stata_files_with_missing_values() {
    let dir = tempfile::tempdir().unwrap();
    for (name, release) in [("a.dta", Release::V114), ("b.dta", Release::V118), ("c.dta", Release::V117)] {
        write_stata(&dir.path().join(name), release);
        let loaded = read(dir.path(), &format!("panel = \"{name}\"\nunit = \"name\"\ntime = \"year\"")).unwrap();
        assert_eq!(texts(&loaded.panel, "name"), ["gadget", "widget"]);
        assert_eq!(numbers(&loaded.panel, "year"), [2002.0, 2001.0]);
        let price = numbers(&loaded.panel, "price");
        assert!(price[1] == 19.99 && price[0].is_nan());
    }
    let toml = "panel = \"t\"\nunit = \"name\"\n[tables.t]\nfile = \"a.dta\"\nwhere = \"price > 1\"\nkeep = [\"name\"]";
    let loaded = read(dir.path(), toml).unwrap();
    assert_eq!(texts(&loaded.panel, "name"), ["widget"]);
    write(&dir, "d.dta", "nothing of the kind");
    assert!(
        message(dir.path(), "panel = \"d.dta\"\nunit = \"id\"").starts_with("d.dta is not a readable Stata file (")
    );
}

fn write_stata(path: &Path, release: Release) {
    let schema = Schema::builder()
        .add_variable(Variable::builder(VariableType::Long, "year").format("%12.0g"))
        .add_variable(Variable::builder(VariableType::Double, "price").format("%10.2f"))
        .add_variable(Variable::builder(VariableType::FixedString(32), "name").format("%32s"))
        .build()
        .unwrap();
    let header = Header::builder(release, ByteOrder::LittleEndian).build();
    let writer = DtaWriter::new().from_path(path).unwrap().write_header(header).unwrap().write_schema(schema).unwrap();
    let mut records = writer.into_record_writer().unwrap();
    let row = |year, price, name| [Value::Long(StataLong::Present(year)), Value::Double(price), Value::string(name)];
    records.write_record(&row(2001, StataDouble::Present(19.99), "widget")).unwrap();
    let missing = StataDouble::Missing(dta::stata::missing_value::MissingValue::System);
    records.write_record(&row(2002, missing, "gadget")).unwrap();
    records.into_long_string_writer().unwrap().into_value_label_writer().unwrap().finish().unwrap();
}
