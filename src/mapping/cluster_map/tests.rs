use super::*;
use proptest::prelude::*;

struct Rows {
    region: Factor,
    cluster: Factor,
    time: Vec<f64>,
    is_traded: Vec<f64>,
    employment: Vec<f64>,
    establishments: Vec<f64>,
    bounds: Option<[Vec<f64>; 2]>,
}

impl Rows {
    fn new(rows: &[(&str, &str, f64, f64, f64)]) -> Rows {
        Rows {
            region: Factor::from_values(rows.iter().map(|row| Some(row.0))),
            cluster: Factor::from_values(rows.iter().map(|row| (!row.1.is_empty()).then_some(row.1))),
            time: rows.iter().map(|row| row.2).collect(),
            is_traded: rows.iter().map(|row| f64::from(!row.1.starts_with("local"))).collect(),
            employment: rows.iter().map(|row| row.3).collect(),
            establishments: rows.iter().map(|row| row.4).collect(),
            bounds: None,
        }
    }

    fn map(&self, options: &MapOptions) -> Result<ClusterMap, MapError> {
        let rows = MapRows {
            region: &self.region,
            cluster: &self.cluster,
            time: Some(&self.time),
            is_traded: Some(&self.is_traded),
            rows: None,
            employment: &self.employment,
            bounds: self.bounds.as_ref().map(|[low, high]| [low.as_slice(), high.as_slice()]),
            establishments: Some(&self.establishments),
            payroll: None,
            patents: None,
        };
        ClusterMap::measure(rows, options)
    }
}

fn two_years() -> Rows {
    Rows::new(&[
        ("a", "cars", 2000.0, 30.0, 3.0),
        ("a", "wine", 2000.0, 10.0, 5.0),
        ("a", "local shops", 2000.0, 60.0, 20.0),
        ("b", "wine", 2000.0, 40.0, 9.0),
        ("b", "local shops", 2000.0, 40.0, 10.0),
        ("a", "cars", 2004.0, 30.0, 3.0),
        ("a", "local shops", 2004.0, 50.0, 20.0),
        ("b", "cars", 2004.0, 10.0, 1.0),
        ("b", "wine", 2004.0, 640.0, 9.0),
        ("b", "", 2004.0, 7.0, 1.0),
    ])
}

fn cell<'a>(map: &'a ClusterMap, period: u32, cluster: &str, region: &str) -> &'a Cell {
    let fits = |cell: &&Cell| {
        cell.period == period
            && map.clusters[cell.cluster as usize].name == cluster
            && map.regions[cell.region as usize] == region
    };
    map.cells.iter().find(fits).unwrap()
}

#[test]
fn quotients_have_the_base_of_their_type() {
    let map = two_years().map(&MapOptions::default()).unwrap();
    // Traded: a has 40 of 80, cars are 30 of 80 in the nation.
    assert_eq!(cell(&map, 0, "cars", "a").location_quotient, (30.0 / 40.0) / (30.0 / 80.0));
    assert_eq!(cell(&map, 0, "local shops", "a").location_quotient, 1.0);
    assert_eq!(cell(&map, 0, "cars", "b").location_quotient, 0.0);
    assert!(cell(&map, 0, "local shops", "a").flags.is_none());
    let total = two_years().map(&MapOptions { base: Base::Total, ..Default::default() }).unwrap();
    assert_eq!(cell(&total, 0, "cars", "a").location_quotient, (30.0 / 100.0) / (30.0 / 180.0));
    // What is in no cluster counts in the total only.
    assert_eq!(cell(&total, 1, "wine", "b").region_share, 640.0 / 657.0);
    assert_eq!(cell(&map, 1, "wine", "b").region_share, 640.0 / 650.0);
    assert_eq!((map.left_out.without_cluster, map.left_out.employment_without_cluster), (1, 7.0));
}

#[test]
fn given_national_totals_replace_sums() {
    let total = |cluster: &str, employment| NationalTotal { cluster: cluster.into(), time: None, employment };
    let national = vec![total("cars", 100.0), total("wine", 300.0), total("local shops", 1000.0)];
    let options = MapOptions { national: Some(national.clone()), ..Default::default() };
    let map = two_years().map(&options).unwrap();
    assert_eq!(cell(&map, 0, "cars", "a").location_quotient, 0.75 / 0.25);
    assert_eq!(cell(&map, 0, "cars", "a").national_share, 0.3);
    let faults = [
        (national[..2].to_vec(), "no employment of cluster local shops in 2000"),
        ([&national[..], &national[..1]].concat(), "cluster cars twice"),
        (vec![total("cars", 0.0)], "above zero"),
    ];
    for (national, words) in faults {
        let error = two_years().map(&MapOptions { national: Some(national), ..Default::default() }).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn changes_tell_entry_exit_growth_and_ranks() {
    let map = two_years().map(&MapOptions::default()).unwrap();
    let change = |cluster, region| cell(&map, 1, cluster, region).change.unwrap();
    assert!(change("cars", "b").entered && !change("cars", "a").entered);
    assert!(change("wine", "a").exited);
    assert!((change("wine", "b").employment_growth - 1.0).abs() < 1e-15);
    assert!(change("wine", "a").employment_growth.is_nan());
    assert_eq!(change("wine", "a").employment_ranks, None);
    assert_eq!(change("wine", "b").employment_ranks, Some(0));
    assert_eq!(change("wine", "b").employment_change, 600.0);
    assert!(cell(&map, 0, "wine", "b").change.is_none());
}

#[test]
fn summaries_add_up() {
    let map = two_years().map(&MapOptions { rule: StrongRule::SPECIALISED, ..Default::default() }).unwrap();
    let region = |period: u32, region: &str| {
        let fits = |row: &&RegionSummary| row.period == period && map.regions[row.region as usize] == region;
        map.region_summaries.iter().find(fits).unwrap()
    };
    assert_eq!((region(0, "a").employment, region(0, "a").traded_employment), (100.0, 40.0));
    assert_eq!((region(0, "a").strong_clusters, region(0, "a").cluster_strength), (1, 0.75));
    assert_eq!(region(0, "a").top_five_share, 1.0);
    assert_eq!(region(1, "b").employment, 657.0);
    let traded: f64 = map.region_summaries.iter().map(|row| row.traded_employment).sum();
    let clusters = map.cluster_summaries.iter().filter(|row| map.clusters[row.cluster as usize].is_traded);
    assert_eq!(traded, clusters.map(|row| row.regional_employment).sum::<f64>());
}

#[test]
fn unknown_cells_have_no_flag_and_ranks_share_ties() {
    let rows = Rows::new(&[
        ("a", "cars", 1.0, f64::NAN, f64::NAN),
        ("a", "wine", 1.0, 5.0, 1.0),
        ("b", "cars", 1.0, 10.0, 1.0),
        ("c", "cars", 1.0, 10.0, 2.0),
        ("d", "cars", 1.0, 5.0, 2.0),
    ]);
    let map = rows.map(&MapOptions::default()).unwrap();
    let unknown = cell(&map, 0, "cars", "a");
    assert!(unknown.employment.is_nan() && unknown.flags.is_none() && unknown.employment_rank.is_none());
    let ranks = ["b", "c", "d"].map(|region| cell(&map, 0, "cars", region).employment_rank);
    assert_eq!(ranks, [Some(1), Some(1), Some(3)]);
    assert_eq!(cell(&map, 0, "cars", "d").quotient_percentile, 0.0);
    assert_eq!(map.left_out.without_employment, 1);
}

#[test]
fn stars_have_a_floor() {
    let rows: Vec<(String, f64)> = (1..=20).map(|k| (format!("r{k:02}"), 100.0 * k as f64)).collect();
    let rows: Vec<(&str, &str, f64, f64, f64)> = rows
        .iter()
        .flat_map(|(region, size)| {
            [(region.as_str(), "cars", 1.0, *size, 1.0), (region.as_str(), "wine", 1.0, 2500.0 - size, 1.0)]
        })
        .collect();
    let map = Rows::new(&rows).map(&MapOptions { rule: StrongRule::STARS, ..Default::default() }).unwrap();
    let stars = |region| cell(&map, 0, "cars", region).flags.unwrap().stars;
    // The largest is in the top tenth by size and share; its quotient is 0.8 / (21000 / 50000).
    assert_eq!((stars("r20"), stars("r10"), stars("r01")), (2, 0, 0));
    let lower = StarRule { quotient: 1.5, floor: 2001.0, ..Default::default() };
    let map = Rows::new(&rows).map(&MapOptions { stars: lower, ..Default::default() }).unwrap();
    assert_eq!(cell(&map, 0, "cars", "r20").flags.unwrap().stars, 0);
}

#[test]
fn faults_are_typed() {
    let fault = |rows: &[(&str, &str, f64, f64, f64)]| Rows::new(rows).map(&MapOptions::default()).unwrap_err();
    assert!(matches!(fault(&[("a", "", 1.0, 1.0, 1.0)]), MapError::Empty));
    let negative = fault(&[("a", "cars", 1.0, -1.0, 1.0)]);
    assert!(matches!(&negative, MapError::Value { what: "employment", region, .. } if region == "a"));
    assert!(matches!(fault(&[("a", "cars", 1.0, 1.0, -1.0)]), MapError::Value { what: "establishments", .. }));
    let mut mixed = two_years();
    mixed.is_traded[5] = 0.0;
    assert!(matches!(mixed.map(&MapOptions::default()), Err(MapError::MixedType { cluster }) if cluster == "cars"));
}

#[test]
fn suppressed_employment_leaves_flags_open() {
    let mut rows = two_years();
    let low: Vec<f64> = rows.employment.iter().enumerate().map(|(k, e)| if k == 0 { 5.0 } else { *e }).collect();
    let high: Vec<f64> = rows.employment.iter().enumerate().map(|(k, e)| if k == 0 { 60.0 } else { *e }).collect();
    rows.bounds = Some([low, high]);
    let map = rows.map(&MapOptions { rule: StrongRule::SPECIALISED, ..Default::default() }).unwrap();
    let bounds = cell(&map, 0, "cars", "a").bounds.unwrap();
    // Totals stay: 40 traded jobs in a, 30 of 80 in the nation.
    assert_eq!(bounds.location_quotient, [(5.0 / 40.0) / 0.375, (60.0 / 40.0) / 0.375]);
    assert_eq!(bounds.strong, Some([false, true]));
    assert!(bounds.is_open() && !cell(&map, 0, "wine", "b").bounds.unwrap().is_open());
    assert_eq!(cell(&map, 0, "local shops", "a").bounds.unwrap().strong, None);
}

proptest! {
    /// Traded clusters add up to traded employment, in every region and in the nation, and all clusters with what is in
    /// none to all employment; shares of the nation add up to one.
    #[test]
    fn clusters_add_up(values in prop::collection::vec(prop_oneof![Just(0.0), 0.0..1e6f64], 50)) {
        const CLUSTERS: [&str; 5] = ["cars", "wine", "tools", "local shops", ""];
        let names: Vec<String> = (0..10).map(|r| format!("r{r}")).collect();
        let row = |(k, &value): (usize, &f64)| (names[k / 5].as_str(), CLUSTERS[k % 5], 2000.0, value, 1.0);
        let rows: Vec<_> = values.iter().enumerate().map(row).collect();
        let map = Rows::new(&rows).map(&MapOptions::default()).unwrap();
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
        for (region, summary) in map.region_summaries.iter().enumerate() {
            let own = &values[5 * region..5 * region + 5];
            prop_assert!(close(summary.traded_employment, own[..3].iter().sum()));
            prop_assert!(close(summary.employment, own.iter().sum()));
            let cells = map.cells.iter().filter(|cell| cell.region as usize == region);
            prop_assert!(close(cells.map(|cell| cell.employment).sum(), own[..4].iter().sum()));
        }
        for summary in &map.cluster_summaries {
            let cells = || map.cells.iter().filter(|cell| cell.cluster == summary.cluster);
            prop_assert!(close(cells().map(|cell| cell.employment).sum(), summary.employment));
            let share: f64 = cells().map(|cell| cell.national_share).sum();
            prop_assert!(close(share, 1.0) || (summary.employment == 0.0 && share.is_nan()));
        }
    }
}

#[test]
fn draws_of_a_map_leave_their_spread() {
    let rows = |cars: f64| {
        Rows::new(&[
            ("a", "cars", 2000.0, cars, 3.0),
            ("a", "wine", 2000.0, 10.0, 5.0),
            ("b", "wine", 2000.0, 40.0, 9.0),
        ])
    };
    let options = MapOptions { rule: StrongRule::SPECIALISED, ..Default::default() };
    let mut map = rows(30.0).map(&options).unwrap();
    let mut drawn = DrawnMaps::of(&map);
    for cars in [10.0, 20.0, 60.0] {
        drawn.add(&map, &rows(cars).map(&options).unwrap()).unwrap();
    }
    let other = two_years().map(&options).unwrap();
    assert_eq!(drawn.add(&map, &other), Err(MapError::Draws));
    drawn.write(&mut map);
    let spread = cell(&map, 0, "cars", "a").spread.unwrap();
    assert_eq!((spread.employment.mean, spread.employment.sd), (30.0, 700f64.sqrt()));
    // The quotients are 60/20, 70/30 and 110/70: always strong.
    let quotients = [3.0, 7.0 / 3.0, 11.0 / 7.0];
    assert!((spread.location_quotient.mean - quotients.iter().sum::<f64>() / 3.0).abs() < 1e-12);
    assert_eq!(spread.strong_share, 1.0);
    // Where the cluster is not, nothing varies.
    assert_eq!(cell(&map, 0, "cars", "b").spread.unwrap().employment, Spread { mean: 0.0, sd: 0.0 });
    let region = map.region_summaries[0].spread.unwrap();
    assert_eq!((region.top_five_share.mean, region.top_five_share.sd), (1.0, 0.0));
}
