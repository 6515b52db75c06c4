use super::*;
use crate::mapping::cluster_map::{MapOptions, MapRows};
use crate::monte::Streams;
use crate::panel::Factor;

/// Three regions in a row, two clusters, two years; cars sit in a and b.
fn map() -> ClusterMap {
    map_of("cars", "wine")
}

fn map_of(cars: &str, wine: &str) -> ClusterMap {
    let rows = [
        ("a", cars, [90.0, 120.0], [9.0, 10.0]),
        ("a", wine, [60.0, 60.0], [6.0, 6.0]),
        ("b", cars, [70.0, 80.0], [7.0, 8.0]),
        ("b", wine, [110.0, 120.0], [5.0, 5.0]),
        ("c", cars, [10.0, 10.0], [1.0, 1.0]),
        ("c", wine, [210.0, 210.0], [20.0, 20.0]),
    ];
    let twice: Vec<_> =
        [0, 1].into_iter().flat_map(|t| rows.map(|row| (row.0, row.1, t, row.2[t], row.3[t]))).collect();
    let region = Factor::from_values(twice.iter().map(|row| Some(row.0)));
    let cluster = Factor::from_values(twice.iter().map(|row| Some(row.1)));
    let time: Vec<f64> = twice.iter().map(|row| 2000.0 + row.2 as f64).collect();
    let employment: Vec<f64> = twice.iter().map(|row| row.3).collect();
    let establishments: Vec<f64> = twice.iter().map(|row| row.4).collect();
    let rows = MapRows {
        region: &region,
        cluster: &cluster,
        time: Some(&time),
        is_traded: None,
        rows: None,
        employment: &employment,
        establishments: Some(&establishments),
        payroll: None,
        patents: None,
    };
    ClusterMap::measure(rows, &MapOptions::default()).unwrap()
}

fn rules(criteria: &[(Measure, Threshold)]) -> Rules {
    Rules {
        criteria: criteria.iter().map(|&(measure, threshold)| Criterion { measure, threshold }).collect(),
        near: 0.1,
        rank_by: Measure::Quotient,
        assembly: None,
        factors: vec![0.5, 2.0],
        overrides: Vec::new(),
        grants: None,
    }
}

fn judged(rules: &Rules, evidence: &Evidence) -> Certification {
    certify(&map(), 1, evidence, rules, &Streams::new(1)).unwrap()
}

/// (cluster, first region) of candidates that a condition picks; cars are cluster 0.
fn which(found: &Certification, pick: impl Fn(&Candidate) -> bool) -> Vec<(u32, u32)> {
    found.candidates.iter().filter(|c| pick(c)).map(|c| (c.cluster, c.regions[0])).collect()
}

#[test]
fn criteria_pass_fail_and_nearly_pass() {
    // Cars: 120 of 180 in a, 80 of 200 in b; 210 of 600 in the nation.
    let found = judged(
        &rules(&[(Measure::Quotient, Threshold::Value(1.2)), (Measure::Employment, Threshold::Value(100.0))]),
        &Evidence::default(),
    );
    assert_eq!(which(&found, Candidate::is_designated), [(0, 0), (1, 2)]);
    let a = found.candidates.iter().find(|c| (c.cluster, c.regions[0]) == (0, 0)).unwrap();
    let quotient = (120.0 / 180.0) / (210.0 / 600.0);
    assert!((a.verdicts[0].slack - (quotient - 1.2) / 1.2).abs() < 1e-12);
    assert!((a.verdicts[1].slack - 0.2).abs() < 1e-12);
    assert_eq!((a.binding(), a.rank, a.rank_in_cluster), (Some(1), Some(1), Some(1)));
    let near = judged(&rules(&[(Measure::Quotient, Threshold::Value(1.2))]), &Evidence::default());
    // Cars in b: 0.4 / 0.35 = 1.143, within a tenth of 1.2.
    assert_eq!(which(&near, |c| c.decision == Decision::NearMiss), [(0, 1)]);
}

#[test]
fn relabelling_clusters_changes_no_decision() {
    let rules = rules(&[(Measure::Quotient, Threshold::Quantile(0.6)), (Measure::Excess, Threshold::Value(0.0))]);
    let found = judged(&rules, &Evidence::default());
    let swapped = certify(&map_of("z", "a"), 1, &Evidence::default(), &rules, &Streams::new(1)).unwrap();
    let decisions = |found: &Certification, code: &dyn Fn(u32) -> u32| {
        let mut told: Vec<_> =
            found.candidates.iter().map(|c| (code(c.cluster), c.regions.clone(), c.rank, c.is_designated())).collect();
        told.sort();
        told
    };
    assert_eq!(decisions(&swapped, &|c| 1 - c), decisions(&found, &|c| c));
    // The 0.6 quantile of three quotients lies between the second and the first.
    assert_eq!(which(&found, Candidate::is_designated), [(0, 0), (1, 2)]);
}

#[test]
fn adjacent_regions_are_one_candidate() {
    let evidence = Evidence {
        neighbors: Some(vec![vec![1], vec![0, 2], vec![1]]),
        larger: Some(vec![Some("x".into()), Some("y".into()), None]),
        ..Evidence::default()
    };
    let mut rules =
        rules(&[(Measure::Employment, Threshold::Value(150.0)), (Measure::EmploymentGrowth, Threshold::Value(0.2))]);
    rules.assembly = Some(Assembly { max_regions: 2, max_share: 0.9 });
    let found = judged(&rules, &evidence);
    let cars = found.candidates.iter().find(|c| c.is_designated()).unwrap();
    assert_eq!((cars.cluster, cars.regions.as_slice(), cars.larger.len()), (0, &[0, 1][..], 2));
    assert_eq!(cars.value(Measure::Employment), 200.0);
    assert!((cars.value(Measure::Quotient) - (200.0 / 380.0) / 0.35).abs() < 1e-12);
    assert!((cars.value(Measure::EmploymentGrowth) - (200.0 / 160.0 - 1.0)).abs() < 1e-12);
}

#[test]
fn breadth_and_institutions() {
    let parts = HashMap::from([((0, 0), vec![(0, 90.0), (1, 26.0), (2, 4.0)]), ((0, 1), vec![(0, 40.0), (1, 40.0)])]);
    let institutions = HashMap::from([
        ((None, 0), vec!["college".to_string(), "college".into()]),
        ((Some(0), 1), vec!["college".to_string(), "lab".into()]),
    ]);
    let evidence = Evidence { parts: Some(parts), institutions: Some(institutions), ..Evidence::default() };
    let rules = rules(&[
        (Measure::LargestPart, Threshold::Value(0.6)),
        (Measure::Parts, Threshold::Value(2.0)),
        (Measure::InstitutionTypes, Threshold::Value(2.0)),
    ]);
    let found = judged(&rules, &evidence);
    assert_eq!(which(&found, Candidate::is_designated), [(0, 1)]);
    let a = found.candidates.iter().find(|c| (c.cluster, c.regions[0]) == (0, 0)).unwrap();
    assert_eq!(a.verdicts.iter().map(|v| v.value).collect::<Vec<_>>(), [0.75, 2.0, 1.0]);
    assert_eq!(a.value(Measure::Institutions), 2.0);
    let error = certify(&map(), 1, &Evidence::default(), &rules, &Streams::new(1)).unwrap_err();
    assert!(error.to_string().contains("breadth"), "{error}");
}

#[test]
fn overrides_are_recorded_beside_the_decision() {
    let mut rules = rules(&[(Measure::Quotient, Threshold::Value(1.2))]);
    let special = |cluster, region| Override { cluster, region, designated: true, reason: "new".into() };
    rules.overrides = vec![special(0, 2)];
    let found = judged(&rules, &Evidence::default());
    let c = found.candidates.iter().find(|c| (c.cluster, c.regions[0]) == (0, 2)).unwrap();
    assert!(c.is_designated() && c.decision == Decision::NotDesignated && c.rank == Some(3));
    rules.overrides.push(special(0, 2));
    assert!(matches!(
        certify(&map(), 1, &Evidence::default(), &rules, &Streams::new(1)),
        Err(CertifyError::Twice { .. })
    ));
}

#[test]
fn thresholds_are_moved_one_at_a_time() {
    let found = judged(
        &rules(&[(Measure::Quotient, Threshold::Value(1.2)), (Measure::Employment, Threshold::Value(130.0))]),
        &Evidence::default(),
    );
    let row =
        |criterion, factor| *found.sensitivity.iter().find(|s| (s.criterion, s.factor) == (criterion, factor)).unwrap();
    // Wine in c alone; cars in a come in with half of the employment, or without it.
    assert_eq!(which(&found, Candidate::is_designated), [(1, 2)]);
    assert_eq!((row(1, Some(0.5)).designated, row(1, Some(0.5)).gained), (2, 1));
    assert_eq!((row(1, None).designated, row(1, None).employment), (2, 330.0));
    assert_eq!((row(0, Some(2.0)).designated, row(0, Some(2.0)).lost), (0, 1));
}

#[test]
fn strata_compare_regions_of_like_size() {
    let rules = rules(&[(Measure::Quotient, Threshold::Stratified { order: 1.0, strata: 2 })]);
    let found = judged(&rules, &Evidence::default());
    // a (180) and b (200) are the smaller half of 180, 200, 220: the larger of the two, and c alone in its own.
    assert_eq!(which(&found, Candidate::is_designated), [(0, 0), (1, 2), (1, 1), (0, 2)]);
}

#[test]
fn grants_follow_rank_match_cap_and_budget() {
    let mut rules = rules(&[(Measure::Employment, Threshold::Value(1.0))]);
    rules.grants = Some(GrantRule {
        budget: 250.0,
        award: 100.0,
        match_ratio: 1.0,
        small_below: Some(11.0),
        small_ratio: 0.5,
        cap_per_region: Some(1),
        pledges: Some(HashMap::from([
            ((0, 0), 100.0),
            ((1, 2), 40.0),
            ((0, 1), 60.0),
            ((1, 1), 200.0),
            ((1, 0), 99.0),
        ])),
    });
    let found = judged(&rules, &Evidence::default());
    let outcome = |cluster, region| {
        let at = found.candidates.iter().position(|c| (c.cluster, c.regions[0]) == (cluster, region)).unwrap();
        found.grants.as_ref().unwrap().iter().find(|grant| grant.candidate == at).unwrap().outcome
    };
    assert_eq!(outcome(0, 0), GrantOutcome::Granted);
    // Wine in c has 10.5 employees per establishment: half the match, 50, and 40 are pledged.
    assert_eq!(outcome(1, 2), GrantOutcome::TooLittlePledged);
    assert_eq!(outcome(0, 1), GrantOutcome::Granted);
    assert_eq!(outcome(1, 1), GrantOutcome::RegionFull);
}
