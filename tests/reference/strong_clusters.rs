//! The flags that the US Cluster Mapping Project published for the 50 states in 2016, from employment and establishments
//! alone, through the committed study.

use std::collections::HashMap;

use isard::mapping::cluster_map::{Cell, RegionSummary};
use isard::plan::Plan;
use isard::plan::map::{MeasuredMap, run};

fn folder() -> Option<std::path::PathBuf> {
    let folder = std::env::var("ISARD_DATA")
        .map_or_else(|_| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), Into::into);
    folder.join("uscmp/all_states_clusters_2016.csv.gz").is_file().then_some(folder)
}

/// The published cells: (region, cluster) -> (quotient, qualifying, significant, strong, strong10, rank by quotient).
type Published = HashMap<(String, String), (f64, [Option<bool>; 4], Option<u32>)>;

fn published(path: &std::path::Path) -> Published {
    use std::io::Read;
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let mut lines = text.lines().map(crate::csv::cells);
    let header = lines.next().unwrap();
    let at = |name: &str| header.iter().position(|known| known == name).unwrap();
    let flags = ["qualifying_b", "significant_b", "strong_b", "strong10_b"].map(at);
    let (region, cluster, quotient, rank) =
        (at("region_code_t"), at("cluster_code_t"), at("lq_tf"), at("lq_tf_rank_i"));
    let flag = |text: &str| match text {
        "TRUE" => Some(true),
        "FALSE" => Some(false),
        _ => None,
    };
    lines
        .map(|cells| {
            let value = (cells[quotient].parse().unwrap(), flags.map(|k| flag(&cells[k])), cells[rank].parse().ok());
            ((cells[region].clone(), cells[cluster].clone()), value)
        })
        .collect()
}

fn measured(folder: &std::path::Path) -> MeasuredMap {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("studies/us_clusters_2016.toml");
    let plan = Plan::new(isard::study::read(&path).unwrap(), Some(folder)).unwrap();
    run(&plan, Default::default()).unwrap()
}

#[test]
fn the_flags_of_the_fifty_states() {
    let Some(folder) = folder() else {
        println!("not attempted: the published flags are not here");
        return;
    };
    let key = published(&folder.join("uscmp/all_states_clusters_2016.csv.gz"));
    let measured = measured(&folder);
    let map = &measured.map;
    let name =
        |cell: &Cell| (map.regions[cell.region as usize].clone(), map.clusters[cell.cluster as usize].name.clone());
    assert_eq!((map.cells.len(), key.len()), (3350, 3350));
    let (mut judged, mut worst) = (0, 0.0_f64);
    for cell in &map.cells {
        let (quotient, flags, rank) = &key[&name(cell)];
        worst = worst.max((cell.location_quotient - quotient).abs());
        let found = cell.flags.map(|f| [f.qualifying, f.significant, f.site_strong, f.strong10]);
        assert_eq!(found.map_or([None; 4], |found| found.map(Some)), *flags, "{:?}", name(cell));
        judged += usize::from(found.is_some());
        if cell.is_present() {
            assert_eq!(cell.quotient_rank, *rank, "{:?}", name(cell));
        }
    }
    println!("{judged} cells judged; the largest difference of a quotient is {worst:.1e}");
    assert_eq!(judged, 2550);
    assert!(worst < 1e-5, "{worst}");
    let region = |name: &str| map.region_summaries.iter().find(|row| measured.region(row.region) == name).unwrap();
    // str_emp_per of the site.
    for (name, strength) in
        [("Massachusetts", 0.3909063), ("Texas", 2_412_070.0 / 3_678_662.0), ("Alabama", 222_526.0 / 574_780.0)]
    {
        assert!((region(name).cluster_strength - strength).abs() < 1e-6, "{name}");
    }
    for (name, strength) in [("Michigan", 0.2554), ("California", 0.3255)] {
        assert!((region(name).cluster_strength - strength).abs() < 5e-5, "{name}");
    }
    let mean = |value: fn(&RegionSummary) -> f64| map.region_summaries.iter().map(value).sum::<f64>() / 50.0;
    assert!((mean(|row| row.strong_clusters as f64) - 10.24).abs() < 1e-9);
    assert!((mean(|row| row.specialised_clusters as f64) - 9.60).abs() < 1e-9);
    assert!((mean(|row| row.top_five_share) - 0.5957).abs() < 5e-5);
    assert!((mean(|row| row.cluster_strength) - 0.3763).abs() < 5e-5);
}
