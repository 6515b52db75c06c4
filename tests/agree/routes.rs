//! Absorbed and dummies, two solvers, weights and repeated rows, shuffled rows, other labels, other units.

use std::sync::Arc;

use isard::absorb::{
    AbsorbError, Absorber, AbsorberCache, AbsorptionSettings, Effects, Projections, Schwarz, SolverChoice,
};
use isard::design::{DesignMatrix, ModelVariables, WeightKind};
use isard::estimate::{Fit, ModelRequest, fit_model};
use isard::vcov::Errors;

use super::draw::{Drawn, factor};

/// Fits with errors clustered by region and year.
pub fn fit(vars: &ModelVariables, errors: Errors) -> Fit {
    fit_model(&ModelRequest { errors, ..ModelRequest::default() }, vars, &AbsorberCache::new()).unwrap()
}

fn two_way() -> Errors {
    Errors::Cluster(vec!["region".into(), "year".into()])
}

/// Asserts that two fits have the same x1 and x2, with the outcome scaled by `scale` in the second.
fn assert_same(a: &Fit, b: &Fit, scale: f64, tolerance: f64) {
    for term in ["x1", "x2"] {
        let find = |fit: &Fit| fit.coefficients.iter().find(|c| c.term == term).unwrap().clone();
        let (p, q) = (find(a), find(b));
        assert!((p.estimate * scale - q.estimate).abs() <= tolerance * q.estimate.abs(), "{term}: {p:?} {q:?}");
        assert!((p.std_error * scale - q.std_error).abs() <= tolerance * q.std_error.abs(), "{term}: {p:?} {q:?}");
    }
}

#[test]
fn absorbed_and_dummies() {
    let drawn = Drawn::panel(400, 30, 1);
    for errors in [Errors::Iid, Errors::Hc1] {
        let mut dummies = drawn.plain();
        for (codes, n, name) in [(&drawn.firm, 30, "firm"), (&drawn.year, 9, "year")] {
            for level in 1..n {
                let column = codes.iter().map(|&c| f64::from(c == level)).collect();
                dummies.regressors.push((format!("{name}{level}"), Arc::new(column)));
            }
        }
        let absorbed = fit(&drawn.model().keep_singletons(), errors.clone());
        assert_eq!(absorbed.statistics.absorbed_dof, 38);
        let dummies = fit(&dummies, errors);
        assert_same(&absorbed, &dummies, 1.0, 1e-10);
        let r2 = |fit: &Fit| fit.statistics.r_squared.unwrap();
        assert!((r2(&absorbed) - r2(&dummies)).abs() < 1e-12);
    }
}

#[test]
fn slopes_absorbed_and_dummies() {
    let drawn = Drawn::panel(600, 20, 2);
    let trend: Arc<Vec<f64>> = Arc::new(drawn.year.iter().map(|&t| f64::from(t) * 0.5 + 100.0).collect());
    let mut absorbed = drawn.model().keep_singletons();
    absorbed.absorbed[0].slopes = vec![("trend".into(), Arc::clone(&trend))];
    let mut dummies = drawn.plain().absorb("year", factor(&drawn.year)).keep_singletons();
    for level in 0..20 {
        let on = |c: u32| f64::from(c == level);
        let slope = drawn.firm.iter().zip(trend.iter()).map(|(&c, t)| on(c) * (t - 101.0)).collect();
        dummies.regressors.push((format!("slope{level}"), Arc::new(slope)));
        dummies.regressors.push((format!("firm{level}"), Arc::new(drawn.firm.iter().map(|&c| on(c)).collect())));
    }
    for weights in [None, Some(drawn.weight.clone())] {
        let weighted = |vars: &ModelVariables| match &weights {
            None => vars.clone(),
            Some(weights) => vars.clone().weight(WeightKind::Analytic, "w", weights.clone()),
        };
        let (a, b) = (fit(&weighted(&absorbed), Errors::Iid), fit(&weighted(&dummies), Errors::Iid));
        for term in ["x1", "x2"] {
            let find = |fit: &Fit| fit.coefficients.iter().find(|c| c.term == term).unwrap().estimate;
            assert!((find(&a) - find(&b)).abs() < 1e-9 * find(&a).abs(), "{} {}", find(&a), find(&b));
        }
    }
}

#[test]
fn slopes_alone_with_weights_absorbed_and_dummies() {
    let drawn = Drawn::panel(600, 20, 8);
    let trend: Arc<Vec<f64>> = Arc::new(drawn.year.iter().map(|&t| f64::from(t) - 3.5).collect());
    let mut absorbed = drawn.plain().absorb("year", factor(&drawn.year)).absorb("firm", factor(&drawn.firm));
    absorbed = absorbed.weight(WeightKind::Analytic, "w", drawn.weight.clone()).keep_singletons();
    absorbed.absorbed[1].slopes = vec![("trend".into(), Arc::clone(&trend))];
    absorbed.absorbed[1].slopes_only = true;
    let mut dummies = drawn.plain().absorb("year", factor(&drawn.year)).keep_singletons();
    dummies = dummies.weight(WeightKind::Analytic, "w", drawn.weight.clone());
    for level in 0..20 {
        let slope = drawn.firm.iter().zip(trend.iter()).map(|(&c, t)| f64::from(c == level) * t).collect();
        dummies.regressors.push((format!("slope{level}"), Arc::new(slope)));
    }
    let (a, b) = (fit(&absorbed, Errors::Hc1), fit(&dummies, Errors::Hc1));
    for term in ["x1", "x2"] {
        let find = |fit: &Fit| fit.coefficients.iter().find(|c| c.term == term).unwrap().estimate;
        assert!((find(&a) - find(&b)).abs() < 1e-9 * find(&a).abs(), "{} {}", find(&a), find(&b));
    }
}

/// Weighted, with slopes in two effects, one of them with two slopes that are nearly the same variable.
#[test]
fn slopes_in_two_effects_nearly_collinear_with_weights_absorbed_and_dummies() {
    let drawn = Drawn::panel(900, 20, 9);
    let trend: Arc<Vec<f64>> = Arc::new(drawn.year.iter().map(|&t| f64::from(t) - 4.0).collect());
    let apart: Vec<f64> = (0..900).map(|i| (f64::from(i) * 0.83).sin()).collect();
    for gap in [1.0, 1e-5] {
        let near: Arc<Vec<f64>> = Arc::new(trend.iter().zip(&apart).map(|(t, a)| t + gap * a).collect());
        let wave: Arc<Vec<f64>> = Arc::new((0..900).map(|i| (f64::from(i) * 1.7).cos()).collect());
        let weigh = |vars: ModelVariables| vars.weight(WeightKind::Analytic, "w", drawn.weight.clone());
        let effects = drawn.plain().absorb("firm", factor(&drawn.firm)).absorb("region", factor(&drawn.region));
        let mut absorbed = weigh(effects.keep_singletons());
        absorbed.absorbed[0].slopes = vec![("trend".into(), Arc::clone(&trend)), ("near".into(), near)];
        absorbed.absorbed[1].slopes = vec![("wave".into(), Arc::clone(&wave))];
        absorbed.absorbed[1].slopes_only = true;
        // The same space: the dummies have what tells the two slopes apart in place of the second.
        let mut dummies = weigh(drawn.plain().absorb("firm", factor(&drawn.firm)).keep_singletons());
        let mut add = |name: &str, codes: &[u32], n: u32, values: &[f64]| {
            for level in 0..n {
                let column = codes.iter().zip(values).map(|(&c, v)| f64::from(c == level) * v).collect();
                dummies.regressors.push((format!("{name}{level}"), Arc::new(column)));
            }
        };
        add("trend", &drawn.firm, 20, &trend);
        add("apart", &drawn.firm, 20, &apart);
        add("wave", &drawn.region, 7, &wave);
        let (a, b) = (fit(&absorbed, Errors::Hc1), fit(&dummies, Errors::Hc1));
        for term in ["x1", "x2"] {
            let find = |fit: &Fit| fit.coefficients.iter().find(|c| c.term == term).unwrap().estimate;
            assert!((find(&a) - find(&b)).abs() < 1e-8 * find(&a).abs(), "{gap}: {} {}", find(&a), find(&b));
        }
    }
}

/// The rank of the dummies, by singular values, is what two effects use up, component by component; for three the count
/// is the documented one, which never falls short of the rank.
#[test]
fn absorbed_parameters_are_the_rank_of_the_dummies() {
    let n = 240u32;
    // Three markets that nobody leaves.
    let worker: Vec<u32> = (0..n).map(|i| i % 60).collect();
    let firm: Vec<u32> = (0..n).map(|i| (i % 3) * 4 + (i / 60 + i / 7) % 4).collect();
    let team: Vec<u32> = (0..n).map(|i| (i % 3) * 2 + (i / 11) % 2).collect();
    let y: Vec<f64> = (0..n).map(|i| (f64::from(i) * 0.9).sin()).collect();
    let all = [("worker", &worker), ("firm", &firm), ("team", &team)];
    for used in 1..=3 {
        let mut vars = ModelVariables::new(("y", y.clone()), vec![]);
        let mut columns: Vec<f64> = Vec::new();
        for (name, codes) in &all[..used] {
            vars = vars.absorb(name, factor(codes));
            let levels = codes.iter().max().unwrap() + 1;
            columns.extend((0..levels).flat_map(|level| codes.iter().map(move |&c| f64::from(c == level))));
        }
        let dummies = nalgebra::DMatrix::from_vec(n as usize, columns.len() / n as usize, columns);
        let rank = dummies.singular_values().iter().filter(|&&s| s > 1e-9).count();
        let design = DesignMatrix::build(&vars.keep_singletons(), Default::default()).unwrap();
        let degrees = Projections::new(&Effects::of(&design).unwrap()).unwrap().degrees().clone();
        let counted = degrees.parameters.iter().sum::<usize>() - degrees.redundant.iter().sum::<usize>();
        match used {
            3 => {
                assert_eq!((degrees.exact, &degrees.redundant[1..]), (None, &[3, 1][..]));
                assert!(counted > rank && degrees.conventional >= counted, "{degrees:?} {rank}");
            }
            _ => assert_eq!((degrees.exact, counted), (Some(rank), rank)),
        }
    }
}

#[test]
fn rows_shuffled_levels_relabelled_outcome_scaled() {
    let drawn = Drawn::panel(500, 40, 3);
    let base = fit(&drawn.model(), two_way());
    let shuffled: Vec<usize> = (0..500).map(|i| (i * 263 + 11) % 500).collect();
    assert_same(&base, &fit(&drawn.rows(&shuffled).model(), two_way()), 1.0, 1e-10);
    let mut relabelled = drawn.clone();
    relabelled.firm.iter_mut().for_each(|f| *f = (*f * 17 + 5) % 1009);
    assert_same(&base, &fit(&relabelled.model(), two_way()), 1.0, 1e-10);
    let mut scaled = drawn.clone();
    scaled.y.iter_mut().for_each(|y| *y *= -1e7);
    let fit_scaled = fit(&scaled.model(), two_way());
    for (a, b) in base.coefficients.iter().zip(&fit_scaled.coefficients) {
        assert!((a.statistic + b.statistic).abs() < 1e-9 * a.statistic.abs());
    }
}

#[test]
fn frequency_weights_are_repeated_rows() {
    let drawn = Drawn::panel(300, 40, 4);
    let repeated: Vec<usize> = (0..300).flat_map(|i| std::iter::repeat_n(i, drawn.weight[i] as usize)).collect();
    for errors in [Errors::Iid, Errors::Hc1, two_way()] {
        let weighted = drawn.model().weight(WeightKind::Frequency, "w", drawn.weight.clone());
        let (a, b) = (fit(&weighted, errors.clone()), fit(&drawn.rows(&repeated).model(), errors));
        assert_same(&a, &b, 1.0, 1e-10);
        let (s, t) = (&a.statistics, &b.statistics);
        assert_eq!((s.n_obs, s.df_residual), (t.n_obs, t.df_residual));
        for (p, q) in [
            (s.r_squared, t.r_squared),
            (s.adj_r_squared, t.adj_r_squared),
            (s.within_r_squared, t.within_r_squared),
            (s.rmse, t.rmse),
            (s.log_likelihood, t.log_likelihood),
            (s.f_statistic, t.f_statistic),
        ] {
            assert!((p.unwrap() - q.unwrap()).abs() <= 1e-10 * q.unwrap().abs(), "{p:?} {q:?}");
        }
    }
}

#[test]
fn projections_and_schwarz() {
    let drawn = Drawn::panel(3000, 300, 5);
    for weights in [None, Some(drawn.weight.clone())] {
        let mut vars = drawn.model().absorb("region", factor(&drawn.region));
        if let Some(weights) = weights {
            vars = vars.weight(WeightKind::Analytic, "w", weights);
        }
        let design = DesignMatrix::build(&vars, Default::default()).unwrap();
        let effects = Effects::of(&design).unwrap();
        let (mut a, mut b) = (design.outcome.values.to_vec(), design.outcome.values.to_vec());
        let first = Projections::new(&effects).unwrap().absorb(&mut a).unwrap();
        let second = Schwarz::new(&effects).unwrap().absorb(&mut b).unwrap();
        assert!(first.convergence.residual < 1e-9 && second.convergence.residual < 1e-9, "{first:?} {second:?}");
        let gap = a.iter().zip(&b).map(|(p, q)| (p - q).abs()).fold(0.0, f64::max);
        assert!(gap < 1e-9, "{gap}");
    }
}

/// Workers who move between neighbouring firms only, and an effect across: a path graph, the worst case for projections.
fn chain() -> DesignMatrix {
    let n = 30_000u32;
    let worker: Vec<u32> = (0..n).map(|i| i / 2).collect();
    let firm: Vec<u32> = (0..n).map(|i| i / 2 + i % 2).collect();
    let y: Vec<f64> = (0..n).map(|i| (f64::from(i) * 0.01).sin() + (f64::from(i) * 1.3).cos()).collect();
    let extra: Vec<u32> = (0..n).map(|i| (i / 7) % 3).collect();
    let vars = ModelVariables::new(("y", y), vec![])
        .absorb("worker", factor(&worker))
        .absorb("firm", factor(&firm))
        .absorb("extra", factor(&extra))
        .keep_singletons();
    DesignMatrix::build(&vars, Default::default()).unwrap()
}

#[test]
fn a_chain_is_factorised_and_every_engine_agrees() {
    let design = chain();
    let by = |solver: SolverChoice| {
        let mut effects = Effects::of(&design).unwrap();
        effects.settings.solver = solver;
        let mut column = design.outcome.values.to_vec();
        let done = Projections::new(&effects).unwrap().absorb(&mut column).unwrap();
        (column, done)
    };
    let (auto, done) = by(SolverChoice::Auto);
    assert!(done.convergence.solver.contains("factorised") && done.convergence.iterations < 30, "{done:?}");
    assert!(done.convergence.residual < 1e-9, "{done:?}");
    for (solver, tolerance) in [(SolverChoice::Direct, 1e-9), (SolverChoice::Schwarz, 1e-4)] {
        let (other, ended) = by(solver);
        let gap = auto.iter().zip(&other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(gap < tolerance, "{solver:?}: {gap:e} {ended:?}");
    }
}

#[test]
fn a_column_has_the_same_bits_in_any_company() {
    let design = chain();
    let y = &design.outcome.values;
    let columns: Vec<Vec<f64>> =
        (0..6).map(|k| y.iter().map(|v| (v * f64::from(k + 1)).sin() + f64::from(k) * 1e3).collect()).collect();
    let absorber = Projections::new(&Effects::of(&design).unwrap()).unwrap();
    let mut together = columns.clone();
    absorber.absorb_all(&mut together.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>()).unwrap();
    for (alone, other) in columns.iter().zip(&together) {
        let mut alone = alone.clone();
        absorber.absorb(&mut alone).unwrap();
        assert!(alone.iter().zip(other).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}

/// The limit of iterations is an error, or a note where the study says so.
#[test]
fn what_does_not_converge_says_so() {
    let mut effects = Effects::of(&chain()).unwrap();
    effects.settings = AbsorptionSettings { solver: SolverChoice::Projections, iterations: 20, ..effects.settings };
    let column: Vec<f64> = (0..30_000).map(|i| (f64::from(i) * 0.37).sin()).collect();
    let fault = Projections::new(&effects).unwrap().absorb(&mut column.clone()).unwrap_err();
    assert!(matches!(fault, AbsorbError::NotConverged { iterations: 20, .. }), "{fault}");
    effects.settings.accept_unconverged = true;
    let done = Projections::new(&effects).unwrap().absorb(&mut column.clone()).unwrap();
    assert!(!done.convergence.converged && done.error > 0.0);
}

#[test]
fn distinct_columns_are_absorbed_once() {
    let drawn = Drawn::panel(500, 40, 6);
    let cache = AbsorberCache::new();
    for errors in [Errors::Iid, Errors::Hc1, two_way()] {
        let request = ModelRequest { errors, ..ModelRequest::default() };
        fit_model(&request, &drawn.model(), &cache).unwrap();
    }
    assert_eq!((cache.n_absorbers(), cache.n_columns()), (1, 3));
}

/// The powers of a year are nearly collinear, those of years since the mean are not; the cubic term is the same.
#[test]
fn powers_of_a_year_and_of_years_since_the_mean() {
    let n = 300u32;
    let groups: Vec<u32> = (0..n).map(|i| i % 17).collect();
    let outcome: Vec<f64> = (0..n).map(|i| (f64::from(i) * 0.7).sin() + f64::from(i % 30).powi(3) * 1e-3).collect();
    let weight: Vec<f64> = (0..n).map(|i| 1.0 + f64::from(i % 4)).collect();
    let since = |start: f64, errors: &Errors| {
        let power = |p: i32| (0..n).map(|i| (1990.0 + f64::from(i % 30) - start).powi(p)).collect::<Vec<f64>>();
        let columns = vec![("t", power(1)), ("t2", power(2)), ("t3", power(3))];
        let vars = ModelVariables::new(("y", outcome.clone()), columns).cluster("g", factor(&groups));
        fit(&vars.weight(WeightKind::Analytic, "w", weight.clone()), errors.clone())
    };
    for errors in [Errors::Iid, Errors::Hc1, Errors::Hc3, Errors::Cluster(vec!["g".into()])] {
        let (raw, centred) = (since(0.0, &errors), since(2004.5, &errors));
        let (a, b) = (raw.coefficients[3].clone(), centred.coefficients[3].clone());
        assert!((a.estimate / b.estimate - 1.0).abs() < 1e-9, "{a:?} {b:?}");
        assert!((a.std_error / b.std_error - 1.0).abs() < 1e-9, "{a:?} {b:?}");
        let rss = |fit: &Fit| fit.statistics.rss.unwrap();
        assert!((rss(&raw) / rss(&centred) - 1.0).abs() < 1e-12);
        let noted = |fit: &Fit| fit.notes.iter().any(|note| note.code() == "nearly_collinear");
        assert!(noted(&raw) && !noted(&centred));
    }
}
