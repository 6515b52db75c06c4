//! The wild bootstrap by cluster cross products against every sign vector's refit: least squares with effects and weights,
//! two-way errors, single rows, instruments; sets against the test at their ends; rows in another order; threads.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables, WeightKind};
use isard::estimate::instruments::Kappa;
use isard::estimate::{Estimate, Estimator, Method, Ols};
use isard::infer::resample::{
    Fitted, Hypothesis, JointDraws, Member, WildBootstrap, WildRecord, WildTest, WildWeights,
};
use isard::vcov::{Dialect, Errors, covariance};

use super::draw::Drawn;

/// Calls `use_it` with a fit of the default method.
pub fn fitted<T>(vars: &ModelVariables, errors: &Errors, use_it: impl FnOnce(&Fitted<'_>) -> T) -> T {
    let cache = AbsorberCache::new();
    let design = DesignMatrix::build(vars, Default::default()).unwrap();
    let method = if design.endogenous.is_empty() { Method::Ols } else { Method::KClass(Kappa::One) };
    let (estimate, _) = method.fit(&design, errors, &cache).unwrap();
    let rules = Dialect::Fixest.small_sample();
    let covariance = covariance(errors, &rules, &design, &estimate).unwrap();
    let (design, estimate, covariance, rules, cache) = (&design, &estimate, &covariance, &rules, &cache);
    use_it(&Fitted { design, estimate, covariance, rules, cache, row_numbers: None })
}

pub fn errors(clusters: &[&str]) -> Errors {
    if clusters.is_empty() { Errors::Hc1 } else { Errors::Cluster(clusters.iter().map(|c| c.to_string()).collect()) }
}

fn residuals(vars: &ModelVariables) -> Vec<f64> {
    let design = DesignMatrix::build(vars, Default::default()).unwrap();
    let estimate: Estimate = Ols.fit(&design, &AbsorberCache::new()).unwrap();
    let influence = estimate.linear().unwrap();
    influence.residuals.to_vec()
}

/// Estimate, and t statistic of a value.
fn t(vars: &ModelVariables, errors: &Errors, (term, value): (&str, f64)) -> (f64, f64) {
    fitted(vars, errors, |fit| {
        let j = fit.estimate.terms.iter().position(|name| name == term).unwrap();
        let b = fit.estimate.coefficients[j];
        (b, (b - value) / fit.covariance.matrix[(j, j)].sqrt())
    })
}

/// Of a sign vector the weight of each row.
fn signs(number: usize, groups: &[u32]) -> Vec<f64> {
    groups.iter().map(|g| if number >> g & 1 == 1 { -1.0 } else { 1.0 }).collect()
}

fn shares(draws: &[f64], own: f64) -> (f64, f64) {
    let n = draws.len() as f64;
    let bound = own.abs();
    let strict = draws.iter().filter(|t| t.abs() > bound * (1.0 + 1e-9)).count() as f64 / n;
    let ties = draws.iter().filter(|t| t.abs() >= bound * (1.0 - 1e-9)).count() as f64 / n;
    (strict, ties)
}

/// Every sign vector's statistic of `x1 = value` by refitting.
fn refitted(vars: &ModelVariables, errors: &Errors, groups: &[u32], null: (f64, bool)) -> Vec<f64> {
    refits(vars, errors, groups, null).into_iter().map(|(_, t)| t).collect()
}

/// The same with the estimate, less the value that it is tested for.
fn refits(vars: &ModelVariables, errors: &Errors, groups: &[u32], (value, imposed): (f64, bool)) -> Vec<(f64, f64)> {
    let x1 = vars.regressors[0].1.clone();
    let (y, mut restricted) = (vars.outcome.1.clone(), vars.clone());
    let (estimate, _) = t(vars, errors, ("x1", value));
    if imposed {
        restricted.outcome.1 = Arc::new(y.iter().zip(x1.iter()).map(|(y, x)| y - value * x).collect());
        restricted.regressors.remove(0);
    }
    let u = residuals(&restricted);
    let n_groups = groups.iter().max().unwrap() + 1;
    (0..1usize << n_groups)
        .map(|number| {
            let mut drawn = vars.clone();
            let v = signs(number, groups);
            drawn.outcome.1 = Arc::new(y.iter().zip(&u).zip(&v).map(|((y, u), v)| y - u + v * u).collect());
            let null = if imposed { value } else { estimate };
            let (b, t) = t(&drawn, errors, ("x1", null));
            (b - null, t)
        })
        .collect()
}

fn wild(clusters: &[&str]) -> WildBootstrap {
    let clusters = clusters.iter().map(|c| c.to_string()).collect();
    WildBootstrap { clusters, replications: 5000, ..WildBootstrap::by("") }
}

fn run(vars: &ModelVariables, errors: &Errors, bootstrap: &WildBootstrap, (term, value): (&str, f64)) -> WildRecord {
    fitted(vars, errors, |fit| {
        let hypothesis = Hypothesis { value, ..Hypothesis::zero(fit, term).unwrap() };
        bootstrap.test(fit, &[hypothesis]).unwrap()
    })
}

fn agrees(vars: &ModelVariables, clusters: &[&str], groups: &[u32], drawn_by: Option<&str>) {
    let errors = errors(clusters);
    for (value, imposed) in [(0.0, true), (1.45, true), (1.45, false)] {
        let draws = refitted(vars, &errors, groups, (value, imposed));
        let (_, own) = t(vars, &errors, ("x1", value));
        let bootstrap = WildBootstrap {
            null_imposed: imposed,
            bootstrap_cluster: drawn_by.map(str::to_string),
            level: None,
            ..wild(clusters)
        };
        let record = run(vars, &errors, &bootstrap, ("x1", value));
        assert!(record.enumerated && record.draws == draws.len());
        let test = &record.tests[0];
        assert!((test.statistic - own).abs() < 1e-9 * own.abs(), "{} {own}", test.statistic);
        // A draw that ties is on either side by rounding in both routes; no other may be.
        let (strict, ties) = shares(&draws, own);
        assert_eq!((test.p_strict, test.p_ties), (strict, ties), "{value} {imposed}");
    }
}

#[test]
fn plain_weighted_and_with_effects() {
    let drawn = Drawn::panel(80, 9, 3);
    agrees(&drawn.plain(), &["region"], &drawn.region, None);
    let weighted = drawn.plain().weight(WeightKind::Analytic, "w", drawn.weight.clone());
    agrees(&weighted, &["region"], &drawn.region, None);
    // Effects that reach across clusters: one, and two with weights.
    let one = drawn.plain().absorb("year", super::draw::factor(&drawn.year)).keep_singletons();
    agrees(&one, &["region"], &drawn.region, None);
    let two = drawn.model().keep_singletons().weight(WeightKind::Analytic, "w", drawn.weight.clone());
    agrees(&two, &["region"], &drawn.region, None);
    let nested = drawn.plain().absorb("region", super::draw::factor(&drawn.region)).keep_singletons();
    agrees(&nested, &["region"], &drawn.region, None);
}

#[test]
fn subclusters_and_single_rows() {
    let drawn = Drawn::panel(60, 9, 5);
    // Drawn by year, which is not nested in region: any variable will do.
    agrees(&drawn.plain(), &["region"], &drawn.year, Some("year"));
    let small = Drawn::panel(10, 3, 6);
    let rows: Vec<u32> = (0..10).collect();
    agrees(&small.plain(), &[], &rows, None);
    let weighted = small.plain().weight(WeightKind::Analytic, "w", small.weight.clone());
    agrees(&weighted, &[], &rows, None);
}

/// t by inclusion and exclusion, not repaired, every term with the smallest number of clusters.
fn two_way_t(vars: &ModelVariables, drawn: &Drawn, value: f64) -> f64 {
    let both: Vec<u32> = drawn.region.iter().zip(&drawn.year).map(|(r, y)| r * 100 + y).collect();
    let vars = vars.clone().cluster("both", super::draw::factor(&both));
    let mut variance = 0.0;
    let mut estimate = 0.0;
    for (cluster, sign) in [("region", 1.0), ("year", 1.0), ("both", -1.0)] {
        fitted(&vars, &errors(&[cluster]), |fit| {
            let own = fit.covariance.factors.g_factor;
            variance += sign * fit.covariance.matrix[(1, 1)] / own * 7.0 / 6.0;
            estimate = fit.estimate.coefficients[1];
        });
    }
    (estimate - value) / variance.max(0.0).sqrt()
}

#[test]
fn two_way_errors() {
    let drawn = Drawn::panel(90, 9, 11);
    let vars = drawn.plain();
    let bootstrap = WildBootstrap { level: None, ..wild(&["region", "year"]) };
    let test = run(&vars, &errors(&["region", "year"]), &bootstrap, ("x1", 1.45)).tests.remove(0);
    let mut restricted = vars.clone();
    restricted.regressors.remove(0);
    restricted.outcome.1 = Arc::new(drawn.y.iter().zip(&drawn.x1).map(|(y, x)| y - 1.45 * x).collect());
    let u = residuals(&restricted);
    let draws: Vec<f64> = (0..128)
        .map(|number| {
            let mut star = vars.clone();
            let v = signs(number, &drawn.region);
            star.outcome.1 = Arc::new(drawn.y.iter().zip(&u).zip(&v).map(|((y, u), v)| y - u + v * u).collect());
            two_way_t(&star, &drawn, 1.45)
        })
        .collect();
    let own = two_way_t(&vars, &drawn, 1.45);
    assert!((test.statistic - own).abs() < 1e-9 * own.abs());
    assert_eq!((test.p_strict, test.p_ties), shares(&draws, own));
    assert_eq!(test.undefined_draws, draws.iter().filter(|t| t.is_infinite()).count());
}

#[test]
fn sets_end_where_the_test_changes() {
    let drawn = Drawn::panel(90, 9, 17);
    let vars = drawn.model().keep_singletons();
    for (weights, null_imposed) in
        [(WildWeights::Rademacher, true), (WildWeights::Webb, true), (WildWeights::Mammen, false)]
    {
        let bootstrap = WildBootstrap { weights, null_imposed, replications: 1999, seed: 4, ..wild(&["region"]) };
        let p =
            |value: f64| -> WildTest { run(&vars, &errors(&["region"]), &bootstrap, ("x1", value)).tests.remove(0) };
        let test = p(0.0);
        assert!(!test.confidence_set.is_empty());
        for set in &test.confidence_set {
            for (end, outward) in [(set.low, -1.0), (set.high, 1.0)].into_iter().filter(|(end, _)| end.is_finite()) {
                let step = outward * 1e-8 * test.std_error;
                assert!(p(end + step).p_value <= 0.05 && p(end - step).p_value > 0.05, "{weights:?} {end}");
            }
        }
    }
}

/// An endogenous regressor and two instruments for drawn data.
fn instrumented(drawn: &Drawn, vars: ModelVariables) -> ModelVariables {
    let noise = |i: usize, k: usize| (((i * 7919 + k * 104_729) % 10_007) as f64 / 10_007.0 - 0.5) * 3.4;
    let n = drawn.y.len();
    let z: Vec<Vec<f64>> = (0..2).map(|k| (0..n).map(|i| noise(i, k + 1)).collect()).collect();
    let d = (0..n).map(|i| 0.6 * z[0][i] + 0.4 * z[1][i] + 0.5 * drawn.y[i] + noise(i, 50)).collect();
    vars.endogenous("d", d).instrument("z0", z[0].clone()).instrument("z1", z[1].clone())
}

/// Every sign vector's statistic of `d = value` by Davidson and MacKinnon's two equations and a refit.
fn refitted_wre(vars: &ModelVariables, errors: &Errors, groups: &[u32], value: f64) -> Vec<f64> {
    let (y, d) = (vars.outcome.1.clone(), vars.endogenous[0].1.clone());
    let mut restricted = ModelVariables { endogenous: Vec::new(), instruments: Vec::new(), ..vars.clone() };
    restricted.outcome.1 = Arc::new(y.iter().zip(d.iter()).map(|(y, d)| y - value * d).collect());
    let u1 = residuals(&restricted);
    let mut first = restricted.clone();
    first.outcome = ("d".into(), d.clone());
    first.regressors.extend(vars.instruments.iter().cloned());
    first.regressors.push(("u1".into(), Arc::new(u1.clone())));
    let slope = t(&first, errors, ("u1", 0.0)).0;
    let u2: Vec<f64> = residuals(&first).iter().zip(&u1).map(|(e, u)| e + slope * u).collect();
    (0..1usize << (groups.iter().max().unwrap() + 1))
        .map(|number| {
            let v = signs(number, groups);
            let d_star: Vec<f64> = (0..v.len()).map(|i| d[i] - u2[i] + v[i] * u2[i]).collect();
            let y_star = (0..v.len()).map(|i| y[i] - value * d[i] - u1[i] + v[i] * u1[i] + value * d_star[i]).collect();
            let mut drawn = vars.clone();
            drawn.outcome.1 = Arc::new(y_star);
            drawn.endogenous[0].1 = Arc::new(d_star);
            t(&drawn, errors, ("d", value)).1
        })
        .collect()
}

#[test]
fn instruments_by_refitting_both_equations() {
    let drawn = Drawn::panel(90, 9, 23);
    let weight = |vars: ModelVariables| vars.weight(WeightKind::Analytic, "w", drawn.weight.clone());
    let models = [
        drawn.plain(),
        weight(drawn.plain()),
        weight(drawn.plain().absorb("year", super::draw::factor(&drawn.year)).keep_singletons()),
        drawn.model().keep_singletons(),
    ];
    for vars in models {
        let vars = instrumented(&drawn, vars);
        let errors = errors(&["region"]);
        for value in [0.0, 0.3] {
            let draws = refitted_wre(&vars, &errors, &drawn.region, value);
            let (_, own) = t(&vars, &errors, ("d", value));
            let record = run(&vars, &errors, &WildBootstrap { level: None, ..wild(&["region"]) }, ("d", value));
            assert!(record.enumerated && record.draws == 128);
            let test = &record.tests[0];
            assert!((test.statistic - own).abs() < 1e-8 * own.abs(), "{} {own}", test.statistic);
            assert_eq!((test.p_strict, test.p_ties), shares(&draws, own), "{value}");
        }
    }
}

#[test]
fn instrumented_sets_end_where_the_test_changes() {
    let drawn = Drawn::panel(150, 9, 29);
    let vars = instrumented(&drawn, drawn.plain());
    for null_imposed in [true, false] {
        let bootstrap =
            WildBootstrap { null_imposed, replications: 399, weights: WildWeights::Webb, ..wild(&["region"]) };
        let p = |value: f64| -> WildTest { run(&vars, &errors(&["region"]), &bootstrap, ("d", value)).tests.remove(0) };
        let test = p(0.0);
        for set in &test.confidence_set {
            for (end, outward) in [(set.low, -1.0), (set.high, 1.0)].into_iter().filter(|(end, _)| end.is_finite()) {
                let step = outward * 1e-7 * test.std_error;
                assert!(p(end + step).p_value <= 0.05 && p(end - step).p_value > 0.05, "{null_imposed} {end}");
            }
        }
    }
}

fn member(draws: &JointDraws, vars: &ModelVariables, clusters: &[&str], name: (&str, &str)) -> Member {
    let names: Vec<String> = clusters.iter().map(|c| c.to_string()).collect();
    fitted(vars, &errors(clusters), |fit| draws.member(fit, &names, name).unwrap())
}

#[test]
fn families_by_every_sign_vector() {
    let drawn = Drawn::panel(90, 9, 31);
    let one = drawn.plain();
    let mut other = one.clone();
    other.outcome = ("y2".into(), Arc::new(drawn.y.iter().zip(&drawn.weight).map(|(y, w)| 0.1 * y + w).collect()));
    let draws = JointDraws { weights: WildWeights::Rademacher, replications: 5000, null_imposed: true, seed: 1 };
    let models = [&one, &other];
    let members: Vec<Member> = models.iter().map(|vars| member(&draws, vars, &["region"], ("m", "x1"))).collect();
    let found = draws.test(&members).unwrap();
    assert!(found.enumerated && found.draws == 128);
    let region = errors(&["region"]);
    let own: Vec<f64> = models.iter().map(|vars| t(vars, &region, ("x1", 0.0)).1.abs()).collect();
    let all: Vec<Vec<f64>> = models.iter().map(|vars| refitted(vars, &region, &drawn.region, (0.0, true))).collect();
    let (strong, weak) = if own[0] > own[1] { (0, 1) } else { (1, 0) };
    let reaches = |value: f64, own: f64| value >= own * (1.0 - 1e-9);
    let largest = |i: usize| all[0][i].abs().max(all[1][i].abs());
    let first = (0..128).filter(|&i| reaches(largest(i), own[strong])).count() as f64 / 128.0;
    let second = (0..128).filter(|&i| reaches(all[weak][i].abs(), own[weak])).count() as f64 / 128.0;
    assert_eq!(found.romano_wolf[strong], first);
    assert_eq!(found.romano_wolf[weak], second.max(first));
    assert_eq!(found.westfall_young, found.romano_wolf);
}

#[test]
fn a_family_draws_what_a_model_alone_draws() {
    let drawn = Drawn::panel(200, 9, 37);
    let draws = JointDraws { weights: WildWeights::Webb, replications: 999, null_imposed: true, seed: 5 };
    let alone = WildBootstrap { weights: WildWeights::Webb, replications: 999, seed: 5, ..wild(&["region"]) };
    let test = run(&drawn.plain(), &errors(&["region"]), &alone, ("x2", 0.0)).tests.remove(0);
    let joint = draws.test(&[member(&draws, &drawn.plain(), &["region"], ("m", "x2"))]).unwrap();
    assert_eq!(joint.romano_wolf[0], (999.0 * test.p_ties + 1.0) / 1000.0);
    // A model that lacks a cluster shares the draws of the others.
    let rows: Vec<usize> = (0..200).filter(|&i| drawn.region[i] != 3).collect();
    let members =
        [drawn.plain(), drawn.rows(&rows).plain()].map(|vars| member(&draws, &vars, &["region"], ("m", "x2")));
    let both = draws.test(&members).unwrap();
    assert_eq!(both.n_groups, 7);
}

#[test]
fn same_bits_on_any_threads_and_in_any_order() {
    let drawn = Drawn::panel(200, 9, 41);
    let order: Vec<usize> = (0..200).map(|i| (i * 149) % 200).collect();
    let turned = drawn.rows(&order);
    let numbers: Vec<u32> = order.iter().map(|&i| i as u32).collect();
    let pool = |n: usize| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    for clusters in [vec!["region"], vec!["region", "year"], vec![]] {
        let bootstrap = WildBootstrap { replications: 499, weights: WildWeights::Webb, seed: 7, ..wild(&clusters) };
        let work = |drawn: &Drawn, numbers: Option<&[u32]>, instruments: bool| {
            let vars = drawn.model().keep_singletons();
            let vars = if instruments { instrumented_in_order(&vars) } else { vars };
            fitted(&vars, &errors(&clusters), |fit| {
                let fit = Fitted { row_numbers: numbers, ..*fit };
                let term = if instruments { "d" } else { "x1" };
                bootstrap.test(&fit, &[Hypothesis { value: 1.5, ..Hypothesis::zero(&fit, term).unwrap() }]).unwrap()
            })
        };
        for instruments in [false, true] {
            let one = pool(1).install(|| work(&drawn, None, instruments));
            let two = pool(2).install(|| work(&drawn, None, instruments));
            assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&two).unwrap());
            let (a, b) = (&one.tests[0], &work(&turned, Some(&numbers), instruments).tests[0]);
            assert_eq!((a.p_strict, a.p_ties, a.p_equal_tail), (b.p_strict, b.p_ties, b.p_equal_tail));
            assert!((a.statistic - b.statistic).abs() < 1e-9 * a.statistic.abs());
            for (a, b) in a.confidence_set.iter().zip(&b.confidence_set) {
                assert!((a.low - b.low).abs() < 1e-7 * scale(a.low) && (a.high - b.high).abs() < 1e-7 * scale(a.high));
            }
        }
    }
}

fn scale(value: f64) -> f64 {
    value.abs().max(1.0)
}

/// Instruments made from the rows' own values, so that they turn with them.
fn instrumented_in_order(vars: &ModelVariables) -> ModelVariables {
    let (y, x) = (vars.outcome.1.clone(), vars.regressors[0].1.clone());
    let z: Vec<f64> = y.iter().zip(x.iter()).map(|(y, x)| (y * 9137.0 + x * 331.0).sin() * 2.0).collect();
    let d = y.iter().zip(&z).zip(x.iter()).map(|((y, z), x)| 0.5 * y + 0.8 * z + (x * 7877.0).cos()).collect();
    vars.clone().endogenous("d", d).instrument("z", z)
}

/// A curve of three specifications against every sign vector's three refits.
#[test]
fn a_curve_draws_all_its_specifications_together() {
    use isard::infer::two_sided_p;
    let drawn = Drawn::panel(200, 9, 43);
    let weighted = drawn.plain().weight(WeightKind::Analytic, "w", drawn.weight.clone());
    let absorbed = drawn.plain().absorb("year", super::draw::factor(&drawn.year)).keep_singletons();
    let all = [drawn.plain(), weighted, absorbed];
    let errors = errors(&["region"]);
    let draws = JointDraws { weights: WildWeights::Rademacher, replications: 5000, null_imposed: true, seed: 5 };
    let members: Vec<Member> = all.iter().map(|vars| member(&draws, vars, &["region"], ("m", "x1"))).collect();
    let found = draws.curves(&members, 0.05).unwrap();
    assert!(found.enumerated && found.undefined == 0 && found.draws == 128);
    let refits: Vec<Vec<(f64, f64)>> =
        all.iter().map(|vars| refits(vars, &errors, &drawn.region, (0.0, true))).collect();
    // (|median|, share significant with the dominant sign) of three specifications, by hand.
    let statistics = |three: [(f64, f64); 3]| {
        let mut estimates = three.map(|(b, _)| b);
        estimates.sort_by(f64::total_cmp);
        let sign = if estimates.iter().filter(|b| **b > 0.0).count() >= 2 { 1.0 } else { -1.0 };
        let significant = three.iter().filter(|(b, t)| b * sign > 0.0 && two_sided_p(*t, 6.0) < 0.05).count();
        (estimates[1].abs(), significant as f64 / 3.0)
    };
    let by_hand: Vec<(f64, f64)> = (0..128).map(|k| statistics([refits[0][k], refits[1][k], refits[2][k]])).collect();
    let close = |a: f64, b: f64| (a - b).abs() < 1e-9 * (1.0 + a.abs());
    for curve in &found.curves {
        let is_there = |(median, significant): &&(f64, f64)| {
            close(curve.median.abs(), *median) && close(curve.significant, *significant)
        };
        assert!(by_hand.iter().any(|one| is_there(&one)), "{curve:?}");
    }
    let own: Vec<isard::infer::curve::Specification> = all
        .iter()
        .map(|vars| {
            let (b, t) = t(vars, &errors, ("x1", 0.0));
            isard::infer::curve::Specification::new(b, t, 6.0)
        })
        .collect();
    let sample = isard::infer::curve::CurveStatistics::of(&own, 0.05).unwrap();
    let tests = sample.tests(&found.curves, found.undefined, found.enumerated);
    let share =
        |reaches: &dyn Fn(&(f64, f64)) -> bool| by_hand.iter().filter(|one| reaches(one)).count() as f64 / 128.0;
    assert_eq!(tests.median, share(&|one| one.0 >= sample.median.abs() * (1.0 - 1e-9)));
    assert_eq!(tests.significant, share(&|one| one.1 >= sample.significant - 1e-9));
}
