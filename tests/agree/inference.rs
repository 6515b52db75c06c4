//! Predictions absorbed and with dummies, Wald tests by hand, simultaneous bands by plain simulation.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables, WeightKind};
use isard::estimate::{Fit, ModelRequest, fit_design};
use isard::infer::bands::{BandMethod, critical_value};
use isard::infer::coefficients::CoefficientEstimates;
use isard::infer::hypothesis::{CoefficientExpression, Hypothesis};
use isard::infer::prediction::{EffectPoint, ErrorScope, FittedValues, Prediction, Predictor};
use isard::monte::streams::Streams;
use isard::vcov::Errors;
use nalgebra::{DMatrix, DVector};

use super::draw::{Drawn, factor};

/// A fit with its fitted values and, where given, a prediction at a point.
fn predicted(
    vars: &ModelVariables,
    errors: Errors,
    point: Option<(&[f64], &EffectPoint)>,
) -> (Fit, FittedValues, Option<Prediction>) {
    let design = DesignMatrix::build(vars, Default::default()).unwrap();
    let cache = AbsorberCache::new();
    let request = ModelRequest { errors, ..ModelRequest::default() };
    let (fit, estimate) = fit_design(&request, &design, &cache).unwrap();
    let predictor = Predictor::new(&design, &estimate, &fit, (&cache, 0.9)).unwrap();
    let at_point = point
        .map(|(x, effects)| predictor.at_points().unwrap().predict(&DVector::from_column_slice(x), effects).unwrap());
    (fit, predictor.sample(), at_point)
}

/// Dummies of the levels but the first, added to the regressors.
fn with_dummies(mut vars: ModelVariables, codes: &[u32], levels: u32, name: &str) -> ModelVariables {
    for level in 1..levels {
        let column = codes.iter().map(|&code| f64::from(code == level)).collect();
        vars.regressors.push((format!("{name}{level}"), Arc::new(column)));
    }
    vars
}

fn same(what: &str, a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9 * a.abs().max(0.1), "{what}: {a} {b}");
}

#[test]
fn predictions_absorbed_and_with_dummies() {
    let drawn = Drawn::panel(400, 30, 21);
    let half: Vec<u32> = drawn.region.iter().map(|&region| region % 2).collect();
    for kind in [None, Some(WeightKind::Analytic), Some(WeightKind::Frequency)] {
        for three in [false, true] {
            let weighted = |vars: ModelVariables| match kind {
                None => vars,
                Some(kind) => vars.weight(kind, "w", drawn.weight.clone()),
            };
            let mut absorbed = weighted(drawn.model()).keep_singletons();
            let dummies = with_dummies(weighted(drawn.plain()), &drawn.firm, 30, "firm");
            let mut dummies = with_dummies(dummies, &drawn.year, 9, "year");
            // Firm 3 in year 5: the dummies' coordinates are 1 where they are meant.
            let mut x = vec![1.0, 0.4, -0.2];
            x.extend((1..30).map(|level| f64::from(level == 3)));
            x.extend((1..9).map(|level| f64::from(level == 5)));
            let code = |codes: &[u32], level: u32| {
                // Factors are coded in the order of appearance or of their levels: ask the design.
                codes.iter().position(|&code| code == level).unwrap()
            };
            let (at_firm, at_year) = (code(&drawn.firm, 3), code(&drawn.year, 5));
            if three {
                absorbed = absorbed.absorb("half", factor(&half));
                dummies = with_dummies(dummies, &half, 2, "half");
                x.push(1.0);
            }
            let design = DesignMatrix::build(&absorbed, Default::default()).unwrap();
            let mut codes = vec![design.absorbed[0].factor.codes[at_firm], design.absorbed[1].factor.codes[at_year]];
            if three {
                codes.push(design.absorbed[2].factor.codes[code(&half, 1)]);
            }
            let point = EffectPoint { codes, slopes: vec![Vec::new(); 2 + usize::from(three)] };
            let (_, a, p) = predicted(&absorbed, Errors::Iid, Some((&[0.4, -0.2], &point)));
            let (_, b, q) = predicted(&dummies, Errors::Iid, Some((&x, &EffectPoint::default())));
            assert_eq!((a.scope, b.scope), (ErrorScope::Everything, ErrorScope::Everything));
            assert!(a.effects.is_some() && b.effects.is_none());
            for (p, q) in a.predictions.iter().zip(&b.predictions).chain(p.iter().zip(&q)) {
                same("fitted", p.fitted, q.fitted);
                same("error", p.std_error, q.std_error);
                same("mean", p.confidence.0, q.confidence.0);
                same("new", p.prediction.1, q.prediction.1);
            }
        }
    }
}

#[test]
fn other_errors_take_the_effects_as_given() {
    let drawn = Drawn::panel(300, 20, 22);
    let errors = Errors::Cluster(vec!["region".into()]);
    let (fit, found, _) = predicted(&drawn.model(), errors, None);
    assert_eq!(found.scope, ErrorScope::GivenEffects);
    // Within one effect the errors are those of the demeaned regressors.
    let one = drawn.plain().absorb("firm", factor(&drawn.firm));
    let (fit_one, found_one, _) = predicted(&one, Errors::Hc1, None);
    let mean = |values: &[f64], row: usize| {
        let members: Vec<f64> = (0..300).filter(|&i| drawn.firm[i] == drawn.firm[row]).map(|i| values[i]).collect();
        values[row] - members.iter().sum::<f64>() / members.len() as f64
    };
    for (position, &row) in found_one.rows.iter().enumerate() {
        let net = [mean(&drawn.x1, row as usize), mean(&drawn.x2, row as usize)];
        let variance: f64 = (0..2)
            .flat_map(|i| (0..2).map(move |j| (i, j)))
            .map(|(i, j)| net[i] * fit_one.covariance[i][j] * net[j])
            .sum();
        same("error", found_one.predictions[position].std_error, variance.sqrt());
    }
    assert_eq!(fit.statistics.n_obs, found.predictions.len());
}

#[test]
fn a_nonlinear_restriction_by_hand() {
    let drawn = Drawn::panel(250, 20, 23);
    let (fit, _, _) = predicted(&drawn.plain(), Errors::Hc1, None);
    let terms: Vec<String> = fit.coefficients.iter().map(|c| c.term.clone()).collect();
    let estimates = CoefficientEstimates::of(&fit, &terms);
    let (a, b, v) = (fit.coefficients[1].estimate, fit.coefficients[2].estimate, &fit.covariance);
    let hypothesis = Hypothesis::read("x1 * x2 = -1", &terms).unwrap();
    let test = hypothesis.answer(&estimates).0.unwrap();
    let variance = b * b * v[1][1] + 2.0 * a * b * v[1][2] + a * a * v[2][2];
    same("wald", test.statistic, (a * b + 1.0).powi(2) / variance);
    assert_eq!((test.df1, test.df2), (Some(1.0), Some(247.0)));
    // The gradient by differences.
    let expression = CoefficientExpression::read("exp(x1) / (2 + x2^2) - sqrt(abs(x1 * x2))", &terms).unwrap();
    let found = expression.delta(&estimates.values).unwrap();
    for k in 0..3 {
        let moved = |by: f64| {
            let mut values = estimates.values.clone();
            values[k] += by;
            expression.delta(&values).unwrap().value
        };
        let difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
        assert!((difference - found.gradient[k]).abs() < 1e-8, "{k}: {difference} {}", found.gradient[k]);
    }
    // Without bound on the degrees of freedom the same restriction has chi-squared.
    let mut normal = estimates;
    normal.df = f64::INFINITY;
    let chi = Hypothesis::read("x1 = 1, x2 = -0.5", &terms).unwrap().answer(&normal).0.unwrap();
    assert!(chi.df2.is_none() && chi.note.starts_with("chi-squared"));
    let gap = DVector::from_vec(vec![a - 1.0, b + 0.5]);
    let middle = DMatrix::from_row_slice(2, 2, &[v[1][1], v[1][2], v[2][1], v[2][2]]);
    let statistic = gap.dot(&(middle.try_inverse().unwrap() * &gap));
    same("chi-squared", chi.statistic, statistic);
    same("its p-value", chi.p_value.unwrap(), (-0.5 * statistic).exp());
}

#[test]
fn bands_by_plain_simulation() {
    let half = DMatrix::from_fn(5, 7, |i, j| ((i * 11 + j * 5) % 9) as f64 - 3.5);
    let v = &half * half.transpose();
    let df = 9;
    let streams = Streams::new(3);
    let found = critical_value(BandMethod::SupT, &v, (0.9, f64::from(df)), (50_000, &streams)).unwrap();
    let factor = v.clone().cholesky().unwrap().l();
    let mut stream = streams.stream("another", 0);
    let n = 200_000;
    let mut inside = 0;
    for _ in 0..n {
        let z = &factor * DVector::from_vec(stream.normals(5, 1.0));
        let scale = (stream.normals(df as usize, 1.0).iter().map(|e| e * e).sum::<f64>() / f64::from(df)).sqrt();
        let largest = (0..5).map(|j| (z[j] / v[(j, j)].sqrt() / scale).abs()).fold(0.0, f64::max);
        inside += u32::from(largest <= found.value);
    }
    let share = f64::from(inside) / f64::from(n);
    // Four simulation errors of this share, and as much for the critical value's own.
    assert!((share - 0.9).abs() < 4.0 * (0.09 / f64::from(n)).sqrt() + 0.002, "{share} {found:?}");
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let on = |threads| pool(threads).install(|| critical_value(BandMethod::SupT, &v, (0.9, 9.0), (5_000, &streams)));
    assert_eq!(on(1), on(4));
}
