//! Sensitivity by second routes: confounders that are constructed and put into the regression.

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::{Estimate, Estimator, Ols};
use isard::infer::sensitivity::{
    Confounder, LinearSummary, OsterRequest, RMax, RSquared, SensitivityRecord, SensitivityRequest, assess,
};
use isard::monte::streams::Streams;
use isard::panel::Factor;

const ROWS: usize = 90;

fn columns(step: &str, n: usize) -> Vec<Vec<f64>> {
    let mut stream = Streams::new(7).stream(step, 0);
    (0..n).map(|_| stream.normals(ROWS, 1.0)).collect()
}

fn fitted(outcome: &[f64], regressors: &[(&str, &[f64])], firm: bool) -> (DesignMatrix, Estimate) {
    let regressors = regressors.iter().map(|(name, values)| (*name, values.to_vec())).collect();
    let mut vars = ModelVariables::new(("y", outcome.to_vec()), regressors);
    if firm {
        let names: Vec<String> = (0..ROWS).map(|row| format!("{}", row % 9)).collect();
        vars = vars.absorb("firm", Factor::from_values(names.iter().map(|name| Some(name.as_str()))));
    }
    let design = DesignMatrix::build(&vars, Default::default()).unwrap();
    let estimate = Ols.fit(&design, &AbsorberCache::new()).unwrap();
    (design, estimate)
}

/// What a regression leaves of a column.
fn residual(outcome: &[f64], regressors: &[(&str, &[f64])], firm: bool) -> Vec<f64> {
    let (_, estimate) = fitted(outcome, regressors, firm);
    let influence = estimate.linear().unwrap();
    influence.residuals.to_vec()
}

fn unit(values: &[f64]) -> Vec<f64> {
    let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
    values.iter().map(|v| v / norm).collect()
}

fn combine(parts: &[(f64, &[f64])]) -> Vec<f64> {
    (0..ROWS).map(|row| parts.iter().map(|(weight, column)| weight * column[row]).sum()).collect()
}

fn asked() -> SensitivityRequest {
    SensitivityRequest {
        treatment: "x".into(),
        q: 1.0,
        alpha: 0.05,
        benchmarks: Vec::new(),
        skip_absent: false,
        strengths: vec![(1.0, 1.0)],
        oster: None,
    }
}

fn term(estimate: &Estimate, name: &str) -> usize {
    estimate.terms.iter().position(|term| term == name).unwrap()
}

/// A confounder with given partial R² is made from what is left of treatment and outcome, and the model fitted with it.
#[test]
fn a_constructed_confounder_moves_the_estimate_as_the_formula_says() {
    for firm in [false, true] {
        let drawn = columns("confounder", 4);
        let x = combine(&[(1.0, &drawn[0]), (0.6, &drawn[1])]);
        let y = combine(&[(0.5, &x), (0.8, &drawn[1]), (1.0, &drawn[2])]);
        let controls: [(&str, &[f64]); 1] = [("z", &drawn[1])];
        let all: [(&str, &[f64]); 2] = [("x", &x), ("z", &drawn[1])];
        let (design, estimate) = fitted(&y, &all, firm);
        let record = assess(&design, &estimate, &asked(), &AbsorberCache::new()).unwrap();
        let (left_x, left_y) = (unit(&residual(&x, &controls, firm)), unit(&residual(&y, &all, firm)));
        let rest: Vec<(&str, &[f64])> = all.iter().copied().chain([("y", y.as_slice())]).collect();
        let noise = unit(&residual(&drawn[3], &rest, firm));
        let wanted = Confounder { treatment: 0.12, outcome: 0.3 };
        // The part of the confounder off the treatment has the given correlation with what is left of the outcome.
        let (d, o) = (wanted.treatment.sqrt(), wanted.outcome.sqrt());
        let off = (1.0 - wanted.treatment).sqrt();
        let sign = record.estimate.signum();
        let parts: [(f64, &[f64]); 3] =
            [(sign * d, &left_x), (off * o, &left_y), (off * (1.0 - wanted.outcome).sqrt(), &noise)];
        let confounder = combine(&parts);
        let with: Vec<(&str, &[f64])> = all.iter().copied().chain([("u", confounder.as_slice())]).collect();
        let (long, refitted) = fitted(&y, &with, firm);
        let again = assess(&long, &refitted, &asked(), &AbsorberCache::new()).unwrap();
        let short = LinearSummary { estimate: record.estimate, std_error: record.std_error, df: record.df };
        let formula = short.adjusted(wanted, (1.0, 0.05));
        assert!((formula.estimate - again.estimate).abs() < 1e-10, "{firm}: {} {}", formula.estimate, again.estimate);
        assert!(
            (formula.std_error - again.std_error).abs() < 1e-10,
            "{firm}: {} {}",
            formula.std_error,
            again.std_error
        );
        assert_eq!(refitted.terms[term(&refitted, "x")], "x");
    }
}

/// A group's partial R² by fitting without it; a bound from the strengths of an observed regressor.
#[test]
fn groups_explain_what_leaving_them_out_costs() {
    let drawn = columns("groups", 5);
    let x = combine(&[(1.0, &drawn[0]), (0.3, &drawn[1]), (0.2, &drawn[2])]);
    let y = combine(&[(0.5, &x), (0.4, &drawn[1]), (-0.5, &drawn[2]), (0.3, &drawn[3]), (1.0, &drawn[4])]);
    let all: [(&str, &[f64]); 4] = [("x", &x), ("a", &drawn[1]), ("b", &drawn[2]), ("c", &drawn[3])];
    let (design, estimate) = fitted(&y, &all, true);
    let request =
        SensitivityRequest { benchmarks: vec![vec!["a".into(), "b".into()]], strengths: vec![(1.0, 1.0)], ..asked() };
    let record = assess(&design, &estimate, &request, &AbsorberCache::new()).unwrap();
    let squares = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
    let of_x = {
        let (long, short) = (residual(&x, &all[1..], true), residual(&x, &all[3..], true));
        1.0 - squares(&long) / squares(&short)
    };
    assert_eq!(record.bounds[0].benchmark, "a + b");
    assert!((record.bounds[0].r2_dz - of_x / (1.0 - of_x)).abs() < 1e-11);
    let of_y = {
        let short: [(&str, &[f64]); 2] = [("x", &x), ("c", &drawn[3])];
        1.0 - squares(&residual(&y, &all, true)) / squares(&residual(&y, &short, true))
    };
    let with = of_x * of_x / ((1.0 - of_x) * (1.0 - of_x));
    let outcome = (1.0 + with.sqrt()).powi(2) / (1.0 - with) * of_y / (1.0 - of_y);
    assert!((record.bounds[0].r2_yz - outcome).abs() < 1e-11);
}

/// Exact proportional selection in the sample: delta comes back, and the true coefficient is among the roots.
#[test]
fn oster_finds_the_selection_that_the_data_were_made_with() {
    for (firm, kind) in [(false, RSquared::Overall), (true, RSquared::Within), (true, RSquared::Overall)] {
        for delta in [0.6, 1.0, 1.7] {
            let drawn = columns("oster", 5);
            let beta = 0.7;
            // Orthogonal columns net of the effects: two observed parts, an unobserved one and noises.
            let mut basis: Vec<Vec<f64>> = Vec::new();
            for column in &drawn {
                let named: Vec<(String, Vec<f64>)> =
                    basis.iter().enumerate().map(|(k, values)| (format!("b{k}"), values.clone())).collect();
                let before: Vec<(&str, &[f64])> =
                    named.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect();
                basis.push(unit(&residual(column, &before, firm)));
            }
            // The index 3 b0 + b1 has variance 10; the unobserved 2 b2 has variance 4.
            let index = combine(&[(3.0, &basis[0]), (1.0, &basis[1])]);
            let selection = 0.25;
            let observed = combine(&[(selection / 10.0, &index), (0.2, &basis[0]), (-0.6, &basis[1])]);
            // (0.2, -0.6) is orthogonal to the index: Cov(W1, X) is the selection.
            let cov_unobserved = delta * selection / 10.0 * 4.0;
            let x = combine(&[(1.0, &observed), (cov_unobserved / 2.0, &basis[2]), (1.5, &basis[3])]);
            let effects: Vec<f64> = (0..ROWS).map(|row| if firm { (row % 9) as f64 } else { 2.0 }).collect();
            let y = combine(&[(beta, &x), (1.0, &index), (2.0, &basis[2]), (0.9, &basis[4]), (1.0, &effects)]);
            let w: Vec<f64> = combine(&[(2.0, &basis[2])]);
            let all: [(&str, &[f64]); 3] = [("x", &x), ("a", &basis[0]), ("b", &basis[1])];
            let (_, truth) = fitted(&y, &[all[0], all[1], all[2], ("w", &w)], firm);
            let total = if kind == RSquared::Within { truth.sums.within.unwrap() } else { truth.sums.total };
            let (design, estimate) = fitted(&y, &all, firm);
            let request = SensitivityRequest {
                oster: Some(OsterRequest {
                    r_max: RMax::Given(1.0 - truth.sums.residual / total),
                    r_squared: kind,
                    delta,
                    target: beta,
                    baseline: Vec::new(),
                }),
                ..asked()
            };
            let record: SensitivityRecord = assess(&design, &estimate, &request, &AbsorberCache::new()).unwrap();
            let oster = record.oster.unwrap();
            assert!((oster.delta - delta).abs() < 1e-9, "{firm} {delta}: {}", oster.delta);
            let near = oster.roots.iter().map(|root| (root.beta - beta).abs()).fold(f64::INFINITY, f64::min);
            assert!(near < 1e-9, "{firm} {delta}: {:?}", oster.roots);
            assert!((oster.bias_adjusted.unwrap() - beta).abs() < 1e-9, "{firm} {delta}: {:?}", oster.roots);
        }
    }
}

/// A control of the baseline is the same as one that was taken out of every variable before.
#[test]
fn baseline_controls_are_partialled_out() {
    let drawn = columns("baseline", 4);
    let x = combine(&[(1.0, &drawn[0]), (0.5, &drawn[1]), (0.4, &drawn[2])]);
    let y = combine(&[(0.5, &x), (0.8, &drawn[1]), (0.7, &drawn[2]), (1.0, &drawn[3])]);
    let oster = OsterRequest {
        r_max: RMax::Given(0.9),
        r_squared: RSquared::Within,
        delta: 1.0,
        target: 0.0,
        baseline: vec!["m".into()],
    };
    let found = |y: &[f64], regressors: &[(&str, &[f64])], oster: OsterRequest| {
        let (design, estimate) = fitted(y, regressors, false);
        let total = estimate.sums.total;
        let request = SensitivityRequest { oster: Some(oster), ..asked() };
        (assess(&design, &estimate, &request, &AbsorberCache::new()).unwrap().oster.unwrap(), total)
    };
    let (kept, total) = found(&y, &[("x", &x), ("z", &drawn[1]), ("m", &drawn[2])], oster.clone());
    let net = |values: &[f64]| residual(values, &[("m", &drawn[2])], false);
    let (net_y, net_x, net_z) = (net(&y), net(&x), net(&drawn[1]));
    let net_total: f64 = net_y.iter().map(|v| v * v).sum();
    // The same unexplained sum of squares, as an R² of what is left.
    let r_max = 1.0 - 0.1 * total / net_total;
    let without = OsterRequest { r_max: RMax::Given(r_max), baseline: Vec::new(), ..oster };
    let (partialled, _) = found(&net_y, &[("x", &net_x), ("z", &net_z)], without);
    assert!((kept.delta - partialled.delta).abs() < 1e-9 * kept.delta.abs());
    assert!((kept.bias_adjusted.unwrap() - partialled.bias_adjusted.unwrap()).abs() < 1e-9);
}
