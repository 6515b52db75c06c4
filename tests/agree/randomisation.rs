//! Randomisation tests against refits of every assignment.

use std::sync::Arc;

use isard::design::{ClusterVariable, DenseFactor, ModelVariables, WeightKind};
use isard::infer::resample::{Fitted, Randomisation, RandomisationRecord, RandomisationStatistic, ResampleError};

use super::draw::{Drawn, factor};
use super::wild::{errors, fitted};

fn levels(name: &str, codes: &[u32]) -> ClusterVariable {
    let factor = factor(codes);
    let rows: Vec<u32> = (0..codes.len() as u32).collect();
    ClusterVariable { name: name.into(), levels: Arc::clone(&factor.levels), factor: DenseFactor::of(&factor, &rows) }
}

/// Regions 0, 2 and 5 are treated.
fn treated(region: u32) -> f64 {
    f64::from(u8::from([0, 2, 5].contains(&region)))
}

fn with_treatment(drawn: &Drawn, vars: ModelVariables, of: impl Fn(u32) -> f64) -> ModelVariables {
    let column = drawn.region.iter().map(|&region| of(region)).collect();
    let mut vars = vars;
    vars.regressors.insert(0, ("treated".into(), Arc::new(column)));
    vars
}

fn test(statistic: RandomisationStatistic, replications: usize) -> Randomisation {
    Randomisation { name: "r".into(), treatment: "treated".into(), replications, statistic, seed: 3 }
}

/// Every choice of three of seven regions, within strata of regions with the same code.
fn brute(drawn: &Drawn, vars: &ModelVariables, clusters: &[&str], strata: &[u32]) -> (usize, usize) {
    let own = |vars: &ModelVariables| {
        fitted(vars, &errors(clusters), |fit| {
            let j = fit.estimate.terms.iter().position(|term| term == "treated").unwrap();
            fit.estimate.coefficients[j] / fit.covariance.matrix[(j, j)].sqrt()
        })
    };
    let observed = own(&with_treatment(drawn, vars.clone(), treated)).abs();
    let in_stratum = |set: &dyn Fn(u32) -> bool, s: u32| (0..7).filter(|&r| strata[r as usize] == s && set(r)).count();
    let (mut count, mut n) = (0, 0);
    for bits in 0u32..128 {
        let chosen = |r: u32| bits >> r & 1 == 1;
        let is_treated = |r: u32| treated(r) == 1.0;
        if (0..7).any(|s| in_stratum(&chosen, s) != in_stratum(&is_treated, s)) {
            continue;
        }
        let t = own(&with_treatment(drawn, vars.clone(), |r| f64::from(u8::from(chosen(r))))).abs();
        n += 1;
        count += usize::from(t >= observed * (1.0 - 1e-8));
    }
    (count, n)
}

fn run(
    drawn: &Drawn,
    vars: &ModelVariables,
    (clusters, strata): (&[&str], Option<&[u32]>),
    randomisation: &Randomisation,
) -> Result<RandomisationRecord, ResampleError> {
    let strata: Option<Vec<u32>> = strata.map(|of| drawn.region.iter().map(|&r| of[r as usize]).collect());
    let strata = strata.map(|codes| levels("block", &codes));
    let vars = with_treatment(drawn, vars.clone(), treated);
    fitted(&vars, &errors(clusters), |fit: &Fitted<'_>| {
        randomisation.test(fit, &levels("region", &drawn.region), strata.as_ref())
    })
}

#[test]
fn every_assignment_by_refitting() {
    let drawn = Drawn::panel(120, 9, 43);
    let year = || drawn.plain().absorb("year", factor(&drawn.year)).keep_singletons();
    let weighted = year().weight(WeightKind::Analytic, "w", drawn.weight.clone());
    let one = [0u32; 7];
    let blocks = [0, 0, 0, 0, 1, 1, 1];
    for (vars, clusters, strata) in [
        (drawn.plain(), vec!["region"], None),
        (year(), vec![], None),
        (weighted, vec!["region"], Some(blocks)),
        (drawn.plain(), vec!["year"], Some(blocks)),
    ] {
        let strata = strata.as_ref().map(|s| s.as_slice());
        let (count, n) = brute(&drawn, &vars, &clusters, strata.unwrap_or(&one));
        let found = run(&drawn, &vars, (&clusters, strata), &test(RandomisationStatistic::T, 999)).unwrap();
        assert!(found.exact && found.assignments == n, "{found:?} {n}");
        assert_eq!(found.p_value, count as f64 / n as f64, "{clusters:?}");
    }
}

#[test]
fn random_assignments_near_all_of_them_and_the_same_on_any_threads() {
    let drawn = Drawn::panel(120, 9, 47);
    let vars = drawn.plain();
    let all = run(&drawn, &vars, (&["region"], None), &test(RandomisationStatistic::Coefficient, 35)).unwrap();
    assert!(all.exact && all.assignments == 35);
    let pool = |n: usize| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    let few = || run(&drawn, &vars, (&["region"], None), &test(RandomisationStatistic::Coefficient, 34)).unwrap();
    let (one, two) = (pool(1).install(few), pool(2).install(few));
    assert_eq!(one, two);
    assert!(!one.exact && one.assignments == 34 && (one.p_value - all.p_value).abs() < 0.25);
}

#[test]
fn faults() {
    let drawn = Drawn::panel(120, 9, 53);
    let vars = with_treatment(&drawn, drawn.plain(), treated);
    fitted(&vars, &errors(&["region"]), |fit| {
        let test = test(RandomisationStatistic::T, 99);
        let year = levels("year", &drawn.year);
        let region = levels("region", &drawn.region);
        assert!(matches!(test.test(fit, &year, None), Err(ResampleError::TreatmentVaries { .. })));
        assert!(matches!(test.test(fit, &region, Some(&year)), Err(ResampleError::StrataCutUnits { .. })));
        assert!(matches!(test.test(fit, &region, Some(&region)), Err(ResampleError::OneAssignment { .. })));
    });
}
