//! A panel read one period at a time against the same panel read whole: the same numbers, to the last bit.

use std::path::Path;

use isard::panel::{Column, Panel, load};
use isard::plan::Plan;
use isard::plan::measure;
use isard::plan::parts::Reading;
use isard::report::files::PanelWriter;
use isard::study::data::DataSection;

const STUDY: &str = r#"title = "By period"
[data]
package = "PACKAGE"
panel = "tall"
unit = ["region", "industry"]
time = "when"
[data.tables.tall]
file = "panel.parquet"
rename = { year = "when" }
where = "employment > 0 or region != 'R001'"
[geography]
regions = "regions"
[geography.weights]
neighbors = { contiguity = "queen", islands = "keep" }
[clusters]
definition = "definition"
relatedness = "relatedness"
[variables]
quotient  = "lq(employment, within = cluster, outside = industry)"
related   = "lq(employment, within = related(cluster))"
next_door = "spatial_lag(lq(employment, within = cluster), neighbors)"
unlike    = "krugman(employment)"
variety   = "related_variety(employment)"
gini_i    = "gini(employment)"
eci       = "complexity(employment)"
gain      = "outlook_gain(employment)"
mean_wage = "mean(wage, by = region^when)"
above     = "max(quotient, 0)"
[map]
employment = "employment"
establishments = "establishments"
payroll = "wage * employment"
"#;

/// The synthetic panel as a parquet file, and a study of it.
fn study(folder: &Path, changes: &[(&str, &str)]) -> Plan {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/us-synthetic");
    let section = format!(
        "package = {:?}\npanel = \"region_industry\"\nunit = [\"region\", \"industry\"]\ntime = \"year\"",
        package.display().to_string()
    );
    let section: DataSection = toml::from_str(&section).unwrap();
    let loaded = load(&section, folder, None, None).unwrap();
    let names: Vec<String> = loaded.panel.names().map(str::to_string).collect();
    let mut file = std::fs::File::create(folder.join("panel.parquet")).unwrap();
    let mut writer = PanelWriter::new(&mut file, names);
    writer.write(&loaded.panel).unwrap();
    writer.finish().unwrap();
    let mut text = STUDY.replace("PACKAGE", &package.display().to_string());
    changes.iter().for_each(|(from, to)| text = text.replace(from, to));
    std::fs::write(folder.join("study.toml"), text).unwrap();
    Plan::new(isard::study::read(&folder.join("study.toml")).unwrap(), None).unwrap()
}

fn measured(folder: &Path, plan: &Plan, reading: Reading) -> (Panel, usize) {
    let path = folder.join(format!("{reading:?}.parquet"));
    let mut file = std::fs::File::create(&path).unwrap();
    let found = measure::run(plan, reading, &mut file).unwrap();
    let section = format!("panel = {path:?}\nunit = [\"region\", \"industry\"]\ntime = \"when\"");
    let section: DataSection = toml::from_str(&section).unwrap();
    (load(&section, folder, None, None).unwrap().panel, found.parts)
}

#[test]
fn measures_by_period_have_the_bits_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let plan = study(folder.path(), &[]);
    let (whole, one) = measured(folder.path(), &plan, Reading::Auto);
    let (parts, several) = measured(folder.path(), &plan, Reading::ByPeriod);
    assert_eq!(one, 1);
    assert!(several > 1, "{several}");
    assert_eq!(whole.n_rows(), parts.n_rows());
    for (name, column) in whole.columns() {
        match (column, parts.get(name).unwrap()) {
            (Column::Number(a), Column::Number(b)) => {
                let differs = a.iter().zip(b.iter()).position(|(a, b)| a.to_bits() != b.to_bits());
                assert_eq!(differs, None, "{name}");
                assert!(a.iter().any(|value| !value.is_nan()), "{name} is empty");
            }
            (a, b) => assert_eq!(a.to_factor().canonical(), b.to_factor().canonical(), "{name}"),
        }
    }
}

#[test]
fn the_map_by_period_is_the_map() {
    let folder = tempfile::tempdir().unwrap();
    let plan = study(folder.path(), &[]);
    let [whole, parts] =
        [Reading::Auto, Reading::ByPeriod].map(|reading| isard::plan::map::run(&plan, reading).unwrap().map);
    assert!(whole.periods.len() > 1);
    // Missing numbers are not equal to themselves; their texts are.
    assert_eq!(format!("{:?}", whole.cells), format!("{:?}", parts.cells));
    assert_eq!(format!("{:?}", whole.region_summaries), format!("{:?}", parts.region_summaries));
    assert_eq!(format!("{:?}", whole.cluster_summaries), format!("{:?}", parts.cluster_summaries));
    assert_eq!(whole.left_out, parts.left_out);
}

/// What looks across periods is taken from the whole panel, also when periods are asked for.
#[test]
fn what_looks_across_periods_is_read_whole() {
    for across in ["lead(employment, 15)", "mean(wage, by = region)", "shift_share(employment, k = 15)"] {
        let folder = tempfile::tempdir().unwrap();
        let plan = study(folder.path(), &[("max(quotient, 0)", across)]);
        let (_, parts) = measured(folder.path(), &plan, Reading::ByPeriod);
        assert_eq!(parts, 1, "{across}");
    }
}
