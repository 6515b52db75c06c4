//! Locational correlation of the 51 traded clusters beside the relatedness that the US Cluster Mapping Project published.
//!
//! Not an equality: the published measure also holds input-output links and occupations, is of 2009 and of industries. What
//! must hold is that pairs published as related correlate more.

use isard::mapping::RegionIndustry;
use isard::mapping::similarity::{Profile, Similarity, locational_correlation};
use isard::panel::{Column, load};
use isard::study::data::DataSection;

const DATA: &str = r#"
folder = "DIR"
panel = "cells"
unit = ["region", "cluster"]
[tables.counties]
file = "qcew_2015_2016/qcew_county_naics6.parquet"
rename = { area_fips = "fips", industry_code = "industry" }
where = "own_code == 5"
keep = ["fips", "industry", "estab_2016"]
[tables.area]
file = "crosswalks/county_to_bea_economic_area.csv"
rename = { ea = "region" }
text = ["fips", "region"]
keep = ["fips", "region"]
[tables.definition]
file = "uscmp/cluster_naics.csv"
rename = { naics = "industry", cluster_name = "cluster" }
text = ["industry", "naics", "naics_vintage", "traded"]
where = "naics_vintage == '2012' and traded == 'TRUE'"
keep = ["industry", "cluster"]
[tables.cells]
from = "counties"
join = [{ table = "area", on = "fips" }, { table = "definition", on = "industry" }]
group_by = ["region", "cluster"]
sum = { establishments = "estab_2016" }
[tables.related]
file = "uscmp/related_clusters_api.csv"
"#;

/// The chance that a related pair has a larger similarity than another pair.
fn separation(similarity: &Similarity, related: impl Fn(&str, &str) -> bool) -> f64 {
    let names = similarity.industries();
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    for i in 0..names.len() {
        for j in 0..i {
            let side = if related(&names[i], &names[j]) { &mut yes } else { &mut no };
            side.push(similarity.values()[(i, j)]);
        }
    }
    let above: usize = yes.iter().map(|a| no.iter().filter(|b| a > b).count()).sum();
    above as f64 / (yes.len() * no.len()) as f64
}

#[test]
fn related_clusters_locate_together() {
    let folder = std::env::var("ISARD_DATA")
        .map_or_else(|_| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), Into::into);
    if !folder.join("uscmp/related_clusters_api.csv").is_file() {
        println!("not attempted: the published relatedness is not here");
        return;
    }
    let section: DataSection = toml::from_str(&DATA.replace("DIR", &folder.display().to_string())).unwrap();
    let mut loaded = load(&section, &folder, None, None).unwrap();
    let factor = |name: &str| loaded.panel.get(name).unwrap().to_factor();
    let Some(Column::Number(values)) = loaded.panel.get("establishments") else { panic!("no establishments") };
    let table = RegionIndustry::from_rows(&factor("region"), &factor("cluster"), values).unwrap();
    assert_eq!((table.regions().len(), table.industries().len()), (179, 51));
    let related = loaded.table("related").unwrap();
    let text = |name: &str| related.get(name).unwrap().to_factor();
    let number = |name: &str| match related.get(name).unwrap() {
        Column::Number(values) => values.to_vec(),
        Column::Text(factor) => {
            (0..factor.len()).map(|row| factor.text(row).and_then(|t| t.parse().ok()).unwrap_or(f64::NAN)).collect()
        }
    };
    let (parent, other, flag) = (text("parent"), text("cluster_name_t"), number("related_90"));
    let (percentile, average) = (number("related_percentage"), number("related_avg"));
    let pairs: std::collections::HashSet<(String, String)> = (0..related.n_rows())
        .filter(|&row| flag[row] == 1.0)
        .map(|row| (parent.text(row).unwrap().to_string(), other.text(row).unwrap().to_string()))
        .collect();
    let is_related = |a: &str, b: &str| pairs.contains(&(a.to_string(), b.to_string()));
    for (name, profile) in [("levels", Profile::Levels), ("shares", Profile::Shares), ("logs", Profile::Logs)] {
        let similarity = locational_correlation(&table, profile);
        let place = |name: &str| similarity.industries().iter().position(|known| known == name);
        let rows: Vec<[f64; 3]> = (0..related.n_rows())
            .filter_map(|row| {
                let (i, j) = (place(parent.text(row)?)?, place(other.text(row)?)?);
                Some([similarity.values()[(i, j)], percentile[row], average[row]])
            })
            .collect();
        let columns = nalgebra::DMatrix::from_fn(rows.len(), 3, |row, k| rows[row][k]);
        let names = ["lc", "percentile", "average"].map(String::from);
        let found = isard::mapping::similarity::correlation(&names, &columns);
        let auc = separation(&similarity, is_related);
        println!(
            "{name}: {} listed pairs; correlation with the percentile {:.3}, with the average share {:.3}; a related pair is above another with chance {auc:.3}",
            rows.len() / 2,
            found.values()[(0, 1)],
            found.values()[(0, 2)]
        );
        if name != "shares" {
            assert!(auc > 0.6, "{name}: {auc}");
        }
    }
}
