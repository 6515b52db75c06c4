//! Spatial panels with random effects: the likelihood from means and deviations against the normal density with its dense covariance.

use isard::estimate::spatial::likelihood::{FilteredColumns, Likelihood, SpatialColumns};
use isard::estimate::spatial::{Jacobian, RandomEffects, RandomEffectsLikelihood, SpatialLayout};
use isard::linalg::SparseMatrix;
use isard::monte::Streams;
use nalgebra::{DMatrix, DVector};

const REGIONS: usize = 7;
const PERIODS: usize = 4;

/// A path whose ends have one neighbour: rows sum to one, and the matrix is not symmetric.
fn path() -> SparseMatrix {
    let row = |i: usize| -> Vec<(u32, f64)> {
        let beside: Vec<u32> =
            [i.checked_sub(1), Some(i + 1)].into_iter().flatten().filter(|j| *j < REGIONS).map(|j| j as u32).collect();
        let weight = 1.0 / beside.len() as f64;
        beside.into_iter().map(|j| (j, weight)).collect()
    };
    SparseMatrix::from_rows(REGIONS, &(0..REGIONS).map(row).collect::<Vec<_>>())
}

fn columns(layout: &SpatialLayout) -> SpatialColumns {
    let mut stream = Streams::new(3).stream("random effects", 0);
    let mut draw = || -> Vec<f64> { (0..layout.n_rows).map(|_| stream.normal()).collect() };
    let (x, noise, effects) = (draw(), draw(), draw());
    let y: Vec<f64> = (0..layout.n_rows).map(|k| 1.0 + x[k] + noise[k] + effects[k % REGIONS]).collect();
    let x = vec![vec![1.0; layout.n_rows], x];
    let wy = layout.lag(&y);
    let filtered = FilteredColumns { y: wy.clone(), wy: layout.lag(&wy), x: x.iter().map(|x| layout.lag(x)).collect() };
    SpatialColumns { y, x, wy, filtered: Some(filtered) }
}

/// The logarithm of the density at generalised least squares and the variance that maximises it.
fn dense(columns: &SpatialColumns, layout: &SpatialLayout, kind: RandomEffects, at: [f64; 3]) -> f64 {
    let [rho, lambda, phi] = at;
    let (n, t) = (REGIONS, PERIODS);
    let identity = DMatrix::<f64>::identity(n, n);
    let mut w = DMatrix::zeros(n, n);
    layout.matrices[0].entries().for_each(|(i, j, value)| w[(i, j)] = value);
    let (a, b) = (&identity - &w * rho, &identity - &w * lambda);
    let own = (b.transpose() * &b).try_inverse().unwrap();
    let shared = if kind == RandomEffects::Baltagi { &identity * phi } else { &own * phi };
    let sigma = DMatrix::from_element(t, t, 1.0).kronecker(&shared) + DMatrix::identity(t, t).kronecker(&own);
    let ay = DMatrix::identity(t, t).kronecker(&a) * DVector::from_column_slice(&columns.y);
    let x = DMatrix::from_fn(n * t, columns.x.len(), |i, j| columns.x[j][i]);
    let inverse = sigma.clone().try_inverse().unwrap();
    let weighed = x.transpose() * &inverse;
    let e = &ay - &x * (&weighed * &x).try_inverse().unwrap() * &weighed * &ay;
    let rows = (n * t) as f64;
    let s2 = e.dot(&(inverse * &e)) / rows;
    let log = t as f64 * a.determinant().ln() - 0.5 * sigma.determinant().ln();
    log - 0.5 * rows * ((2.0 * std::f64::consts::PI * s2).ln() + 1.0)
}

#[test]
fn means_and_deviations_give_the_dense_likelihood_and_its_slopes() {
    let layout = SpatialLayout::repeated(path(), PERIODS);
    let (columns, jacobian) = (columns(&layout), Jacobian::of(&layout));
    let terms = ["constant".to_string(), "x".to_string()];
    let pooled = Likelihood {
        columns: &columns,
        layout: &layout,
        lag: Some(&jacobian),
        error: Some(&jacobian),
        n: layout.n_rows as f64,
        terms: &terms,
    };
    for kind in [RandomEffects::Baltagi, RandomEffects::KapoorKelejianPrucha] {
        let likelihood = RandomEffectsLikelihood::new(&pooled, kind).unwrap();
        for at in [[0.0, 0.0, 0.0], [0.3, -0.4, 0.7], [-0.2, 0.6, 2.5], [0.5, 0.5, 0.1]] {
            let found = likelihood.at(at[0], at[1], at[2]).unwrap();
            let expected = dense(&columns, &layout, kind, at);
            let got = found.point.log_likelihood;
            assert!((got - expected).abs() < 1e-10 * expected.abs(), "{kind:?} {at:?}: {got} {expected}");
            for (k, slope) in [found.point.slope[0], found.point.slope[1], found.slope_in_phi].into_iter().enumerate() {
                let moved = |by: f64| {
                    let mut to = at;
                    to[k] += by;
                    dense(&columns, &layout, kind, to)
                };
                let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!(
                    (slope - expected).abs() < 1e-6 * (1.0 + expected.abs()),
                    "{kind:?} {at:?} {k}: {slope} {expected}"
                );
            }
        }
        let found = likelihood.maximise().unwrap();
        let (p, phi) = (&found.point.point, found.point.phi);
        assert!(found.point.slope.iter().all(|slope| slope.abs() < 1e-6), "{:?}", found.point.slope);
        assert!(p.log_likelihood >= dense(&columns, &layout, kind, [p.rho, p.lambda, phi * 1.1]));
    }
}
