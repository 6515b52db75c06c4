//! Systems by a second route: generalised least squares of the stacked equations written out with the full covariance and with
//! dummies for the effects; frequency weights against repeated rows; the same regressors everywhere against single equations.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::system::{Divisor, Equation, System, SystemEstimate, SystemSteps};
use isard::estimate::{ModelRequest, fit_model};
use isard::monte::Streams;
use isard::panel::Factor;
use isard::vcov::{ClusterType, Dialect, Errors, SmallSample};
use nalgebra::{DMatrix, DVector};

const UNITS: usize = 12;
const ROWS: usize = 60;

fn noise(row: usize, k: usize) -> f64 {
    Streams::new(11).stream(&format!("{k}"), row as u64).normal()
}

/// Columns `y, u, x, z, v` with errors of `y` and `u` that are correlated.
fn columns() -> [Vec<f64>; 5] {
    let of = |f: &dyn Fn(usize) -> f64| (0..ROWS).map(f).collect::<Vec<f64>>();
    let effect = |i: usize| noise(i % UNITS, 20);
    let x = of(&|i| noise(i, 1) + effect(i));
    let z = of(&|i| noise(i, 2) - effect(i));
    let v = of(&|i| noise(i, 3));
    let y = of(&|i| 0.5 * x[i] - z[i] + effect(i) + noise(i, 4));
    let u = of(&|i| x[i] + 0.3 * v[i] + 2.0 * effect(i) + 0.8 * noise(i, 4) + 0.5 * noise(i, 5));
    [y, u, x, z, v]
}

fn variables(repeat: &[usize]) -> ModelVariables {
    let [y, u, x, z, v] = columns().map(|column| repeat.iter().map(|&row| column[row]).collect::<Vec<f64>>());
    let unit = Factor::new(
        repeat.iter().map(|&row| (row % UNITS) as u32).collect(),
        (0..UNITS).map(|l| l.to_string()).collect::<Vec<String>>(),
    );
    ModelVariables::new(("y", y), vec![("u", u), ("x", x), ("z", z), ("v", v)])
        .absorb("unit", unit.clone())
        .cluster("unit", unit)
        .keep_singletons()
}

fn equation(name: &str, outcome: &str, terms: &[&str]) -> Equation {
    Equation { name: name.into(), outcome: outcome.into(), terms: terms.iter().map(|t| t.to_string()).collect() }
}

fn fit(vars: &ModelVariables, equations: &[Equation], errors: &Errors) -> SystemEstimate {
    let design = DesignMatrix::build(vars, Default::default()).unwrap();
    let system = System { equations: equations.to_vec(), steps: SystemSteps::Two, divisor: Divisor::Parameters };
    system.fit(&design, (errors, &SmallSample::PLAIN), &AbsorberCache::new()).unwrap()
}

fn two() -> Vec<Equation> {
    vec![equation("a", "y", &["x", "z"]), equation("b", "u", &["x", "v"])]
}

#[test]
fn absorbed_effects_and_the_stacked_equations_with_dummies() {
    let all: Vec<usize> = (0..ROWS).collect();
    let found = fit(&variables(&all), &two(), &Errors::Iid);
    let [y, u, x, z, v] = columns();
    let with_dummies = |own: [&Vec<f64>; 2]| {
        DMatrix::from_fn(ROWS, 2 + UNITS, |i, j| match j {
            0 | 1 => own[j][i],
            _ => f64::from(u8::from(i % UNITS == j - 2)),
        })
    };
    let (a, b) = (with_dummies([&x, &z]), with_dummies([&x, &v]));
    let (y, u) = (DVector::from_vec(y), DVector::from_vec(u));
    let left = |design: &DMatrix<f64>, y: &DVector<f64>| {
        y - design * (design.transpose() * design).try_inverse().unwrap() * design.transpose() * y
    };
    let (e, f) = (left(&a, &y), left(&b, &u));
    let free = (ROWS - 2 - UNITS) as f64;
    let sigma = DMatrix::from_row_slice(2, 2, &[e.dot(&e), e.dot(&f), e.dot(&f), f.dot(&f)]) / free;
    let inverse = sigma.kronecker(&DMatrix::<f64>::identity(ROWS, ROWS)).try_inverse().unwrap();
    let k = 2 + UNITS;
    let mut stacked = DMatrix::zeros(2 * ROWS, 2 * k);
    stacked.view_mut((0, 0), (ROWS, k)).copy_from(&a);
    stacked.view_mut((ROWS, k), (ROWS, k)).copy_from(&b);
    let outcome = DVector::from_iterator(2 * ROWS, y.iter().chain(u.iter()).copied());
    let covariance = (stacked.transpose() * &inverse * &stacked).try_inverse().unwrap();
    let solution = &covariance * stacked.transpose() * &inverse * outcome;
    for (i, &at) in [0, 1, k, k + 1].iter().enumerate() {
        assert!((found.coefficients[i] - solution[at]).abs() < 1e-9, "{}", found.terms[i]);
        for (j, &to) in [0, 1, k, k + 1].iter().enumerate() {
            assert!((found.covariance[(i, j)] - covariance[(at, to)]).abs() < 1e-10, "{i} {j}");
        }
    }
    let r = e.dot(&f) / (e.norm() * f.norm());
    assert!((found.independence.statistic - ROWS as f64 * r * r).abs() < 1e-8);
}

#[test]
fn the_same_regressors_give_single_equations() {
    let all: Vec<usize> = (0..ROWS).collect();
    let vars = variables(&all);
    let clustered = Errors::Cluster(vec!["unit".into()]);
    let equations = [equation("a", "y", &["x", "z"]), equation("b", "u", &["x", "z"])];
    let found = fit(&vars, &equations, &clustered);
    let regressor = |name: &str| vars.regressors.iter().find(|(known, _)| known == name).unwrap().clone();
    for (m, outcome) in [vars.outcome.clone(), regressor("u")].into_iter().enumerate() {
        let alone = ModelVariables { outcome, regressors: vec![regressor("x"), regressor("z")], ..vars.clone() };
        let request = ModelRequest {
            errors: Errors::Adjusted(ClusterType::Cr0, vec!["unit".into()]),
            dialect: Dialect::Sandwich,
            ..ModelRequest::default()
        };
        let single = fit_model(&request, &alone, &AbsorberCache::new()).unwrap();
        for (j, c) in single.coefficients.iter().enumerate() {
            let i = 2 * m + j;
            assert!((found.coefficients[i] - c.estimate).abs() < 1e-10, "{}", found.terms[i]);
            assert!((found.covariance[(i, i)].sqrt() / c.std_error - 1.0).abs() < 1e-9, "{}", found.terms[i]);
        }
    }
}

#[test]
fn frequency_weights_and_repeated_rows() {
    let times = |row: usize| 1 + row % 3;
    let all: Vec<usize> = (0..ROWS).collect();
    let repeated: Vec<usize> = all.iter().flat_map(|&row| vec![row; times(row)]).collect();
    let mut weighted = variables(&all);
    let weights = Arc::new(all.iter().map(|&row| times(row) as f64).collect::<Vec<f64>>());
    weighted.weights = Some((isard::design::WeightKind::Frequency, "times".into(), weights));
    for errors in [Errors::Iid, Errors::Cluster(vec!["unit".into()])] {
        let (a, b) = (fit(&weighted, &two(), &errors), fit(&variables(&repeated), &two(), &errors));
        for i in 0..4 {
            assert!((a.coefficients[i] - b.coefficients[i]).abs() < 1e-9, "{}", a.terms[i]);
            assert!((a.covariance[(i, i)] / b.covariance[(i, i)] - 1.0).abs() < 1e-8, "{} {errors:?}", a.terms[i]);
        }
    }
}

#[test]
fn outcomes_that_add_up_are_refused() {
    let all: Vec<usize> = (0..ROWS).collect();
    let mut vars = variables(&all);
    let sum = (0..ROWS).map(|i| vars.outcome.1[i] + vars.regressors[0].1[i]).collect::<Vec<f64>>();
    vars.regressors.push(("sum".into(), Arc::new(sum)));
    let design = DesignMatrix::build(&vars, Default::default()).unwrap();
    let equations = ["y", "u", "sum"].map(|outcome| equation(outcome, outcome, &["x"])).to_vec();
    let system = System { equations, steps: SystemSteps::Two, divisor: Divisor::Rows };
    let fault = system.fit(&design, (&Errors::Iid, &SmallSample::PLAIN), &AbsorberCache::new()).unwrap_err();
    assert!(fault.to_string().contains("one outcome is a combination of others"), "{fault}");
}
