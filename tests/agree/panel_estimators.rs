//! Panel estimators by a second route: averages over units and generalised least squares written out with full matrices,
//! Mundlak against within, Hausman-Taylor against its just-identified form.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::ModelVariables;
use isard::estimate::panel::{ComponentsMethod, FglsRows, GroupMethod, InstrumentSet, PanelEffect, PanelMethod};
use isard::estimate::{Fit, Method, ModelRequest, fit_model};
use isard::monte::Streams;
use isard::panel::Factor;
use nalgebra::{DMatrix, DVector};

const UNITS: usize = 40;
const PERIODS: usize = 8;

/// A normal number for what `k` stands for in unit `a` and period `b`.
fn noise(a: usize, b: usize, k: usize) -> f64 {
    0.3 * Streams::new(7).stream(&format!("{a} {k}"), b as u64).normal()
}

/// A panel whose slopes differ between units, with a factor common to all.
struct Panel {
    y: Vec<f64>,
    x: Vec<f64>,
    z: Vec<f64>,
    fixed: Vec<f64>,
    /// (unit, period) of each row.
    at: Vec<(usize, usize)>,
}

fn drawn(keep: impl Fn(usize, usize) -> bool) -> Panel {
    let mut out = Panel { y: Vec::new(), x: Vec::new(), z: Vec::new(), fixed: Vec::new(), at: Vec::new() };
    for i in 0..UNITS {
        for t in (0..PERIODS).filter(|&t| keep(i, t)) {
            let (effect, factor) = (noise(i, 0, 1), noise(0, t, 2));
            let x = noise(i, t, 3) + effect + (1.0 + noise(i, 0, 6)) * factor;
            let z = noise(i, t, 7) - 0.5 * effect;
            let e = 0.5 * noise(i, t, 4) + 0.3 * noise(i, t + 1, 4);
            out.y.push(0.5 + (1.0 + 0.4 * noise(i, 0, 5)) * x + 0.3 * z + effect + factor + e);
            out.x.push(x);
            out.z.push(z);
            out.fixed.push(noise(i, 0, 8) + 0.5 * effect);
            out.at.push((i, t));
        }
    }
    out
}

fn all(_: usize, _: usize) -> bool {
    true
}

fn gaps(i: usize, t: usize) -> bool {
    !(i * 5 + t * 3).is_multiple_of(11)
}

impl Panel {
    fn indexed(&self, variables: ModelVariables) -> ModelVariables {
        let codes = self.at.iter().map(|&(i, _)| i as u32).collect();
        let units = Factor::new(codes, (0..UNITS).map(|i| format!("u{i:02}")).collect());
        variables.of_unit("unit", units).at_time("time", self.at.iter().map(|&(_, t)| t as f64).collect())
    }

    fn variables(&self) -> ModelVariables {
        self.indexed(ModelVariables::new(("y", self.y.clone()), vec![("x", self.x.clone()), ("z", self.z.clone())]))
    }

    fn rows_of(&self, unit: usize) -> Vec<usize> {
        (0..self.y.len()).filter(|&row| self.at[row].0 == unit).collect()
    }

    /// `[1, x, z]` and `y` of some rows.
    fn matrices(&self, rows: &[usize]) -> (DMatrix<f64>, DVector<f64>) {
        let x = DMatrix::from_fn(rows.len(), 3, |r, j| [1.0, self.x[rows[r]], self.z[rows[r]]][j]);
        (x, DVector::from_fn(rows.len(), |r, _| self.y[rows[r]]))
    }

    /// Means over units in the period of each of some rows, of y, x and z.
    fn period_means(&self, rows: &[usize]) -> DMatrix<f64> {
        let mean = |values: &[f64], t: usize| {
            let of: Vec<f64> = (0..values.len()).filter(|&r| self.at[r].1 == t).map(|r| values[r]).collect();
            of.iter().sum::<f64>() / of.len() as f64
        };
        DMatrix::from_fn(rows.len(), 3, |r, j| mean([&self.y, &self.x, &self.z][j], self.at[rows[r]].1))
    }
}

fn fit(variables: &ModelVariables, method: PanelMethod) -> Fit {
    let request = ModelRequest { method: Some(Method::Panel(method)), ..ModelRequest::default() };
    fit_model(&request, variables, &AbsorberCache::new()).unwrap()
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs().max(1e-3), "{a} and not {b}");
}

fn same(fit: &Fit, b: &DVector<f64>, v: &DMatrix<f64>) {
    assert_eq!(fit.coefficients.len(), b.len());
    for (j, found) in fit.coefficients.iter().enumerate() {
        close(found.estimate, b[j], 1e-9);
        close(found.std_error, v[(j, j)].sqrt(), 1e-9);
    }
}

/// Swamy's generalised least squares with the covariance `X_i Δ X_i' + s_i² I` of the rows of a unit written out.
#[test]
fn swamy_is_generalised_least_squares_of_random_slopes() {
    for keep in [all as fn(usize, usize) -> bool, gaps] {
        let d = drawn(keep);
        let units: Vec<(DMatrix<f64>, DVector<f64>)> = (0..UNITS).map(|i| d.matrices(&d.rows_of(i))).collect();
        let slopes: Vec<DVector<f64>> =
            units.iter().map(|(x, y)| (x.transpose() * x).try_inverse().unwrap() * x.transpose() * y).collect();
        let variances: Vec<f64> = units
            .iter()
            .zip(&slopes)
            .map(|((x, y), b)| (y - x * b).norm_squared() / (x.nrows() as f64 - 3.0))
            .collect();
        let mean = slopes.iter().sum::<DVector<f64>>() / UNITS as f64;
        let spread = slopes.iter().fold(DMatrix::zeros(3, 3), |total, b| total + (b - &mean) * (b - &mean).transpose())
            / (UNITS as f64 - 1.0);
        let errors = units.iter().zip(&variances).fold(DMatrix::zeros(3, 3), |total, ((x, _), s)| {
            total + (x.transpose() * x).try_inverse().unwrap() * (*s / UNITS as f64)
        });
        let net = &spread - errors;
        let delta = if net.clone().symmetric_eigenvalues().min() >= 0.0 { net } else { spread };
        let (mut a, mut c) = (DMatrix::zeros(3, 3), DVector::zeros(3));
        for ((x, y), s) in units.iter().zip(&variances) {
            let omega = x * &delta * x.transpose() + DMatrix::identity(x.nrows(), x.nrows()) * *s;
            let weighted = x.transpose() * omega.try_inverse().unwrap();
            a += &weighted * x;
            c += weighted * y;
        }
        let v = a.try_inverse().unwrap();
        same(&fit(&d.variables(), PanelMethod::Groups(GroupMethod::Swamy)), &(&v * c), &v);
    }
}

/// Common correlated effects by projections written out.
#[test]
fn common_correlated_effects_are_projections() {
    let d = drawn(gaps);
    let mut parts = Vec::new();
    for i in 0..UNITS {
        let rows = d.rows_of(i);
        let (x, y) = d.matrices(&rows);
        let (x, h) = (x.columns(1, 2).into_owned(), d.period_means(&rows).insert_column(0, 1.0));
        let m = DMatrix::identity(rows.len(), rows.len())
            - &h * (h.transpose() * &h).try_inverse().unwrap() * h.transpose();
        let xmx = x.transpose() * &m * &x;
        let b = xmx.clone().try_inverse().unwrap() * x.transpose() * &m * y;
        parts.push((xmx, b));
    }
    let g = UNITS as f64;
    let mean = parts.iter().map(|(_, b)| b).sum::<DVector<f64>>() / g;
    let outer = |v: DVector<f64>| &v * v.transpose();
    let v = parts.iter().map(|(_, b)| outer(b - &mean)).sum::<DMatrix<f64>>() / (g * (g - 1.0));
    same(&fit(&d.variables(), PanelMethod::Groups(GroupMethod::CceMeanGroup)), &mean, &v);
    let bread = parts.iter().map(|(xmx, _)| xmx).sum::<DMatrix<f64>>().try_inverse().unwrap();
    let pooled = &bread * parts.iter().map(|(xmx, b)| xmx * b).sum::<DVector<f64>>();
    let meat = parts.iter().map(|(xmx, b)| outer(xmx * (b - &mean))).sum::<DMatrix<f64>>() * (g / (g - 1.0));
    let found = fit(&d.variables(), PanelMethod::Groups(GroupMethod::CcePooled));
    same(&found, &pooled, &(&bread * meat * &bread));
}

/// Generalised least squares with the covariance over time written out.
#[test]
fn fgls_is_its_full_covariance() {
    for keep in [all as fn(usize, usize) -> bool, gaps] {
        let d = drawn(keep);
        let rows: Vec<usize> = (0..d.y.len()).collect();
        let (x, y) = d.matrices(&rows);
        let e = &y - &x * ((x.transpose() * &x).try_inverse().unwrap() * x.transpose() * &y);
        let sigma = DMatrix::from_fn(PERIODS, PERIODS, |t, s| {
            let at = |i: usize, t: usize| rows.iter().copied().find(|&r| d.at[r] == (i, t));
            let pairs: Vec<f64> = (0..UNITS).filter_map(|i| Some(e[at(i, t)?] * e[at(i, s)?])).collect();
            pairs.iter().sum::<f64>() / pairs.len() as f64
        });
        let omega = DMatrix::from_fn(rows.len(), rows.len(), |a, b| {
            if d.at[a].0 == d.at[b].0 { sigma[(d.at[a].1, d.at[b].1)] } else { 0.0 }
        });
        let weighted = x.transpose() * omega.try_inverse().unwrap();
        let v = (&weighted * &x).try_inverse().unwrap();
        same(&fit(&d.variables(), PanelMethod::Fgls(FglsRows::Levels)), &(&v * weighted * y), &v);
    }
}

/// The slopes of Mundlak's regression are those of the within regression, in balanced and unbalanced panels.
#[test]
fn mundlak_is_within() {
    for keep in [all as fn(usize, usize) -> bool, gaps] {
        let d = drawn(keep);
        let within = fit(&d.variables(), PanelMethod::Within(PanelEffect::Unit));
        let mundlak = fit(&d.variables(), PanelMethod::Mundlak(ComponentsMethod::SwamyArora));
        for (j, found) in within.coefficients.iter().enumerate() {
            close(mundlak.coefficients[j + 1].estimate, found.estimate, 1e-9);
        }
        assert_eq!(mundlak.coefficients.len(), 5);
    }
}

/// With as many exogenous regressors that vary as endogenous ones that do not, Hausman and Taylor's slopes of regressors that vary
/// are those of the within regression (Hausman and Taylor 1981, proposition 3.2).
#[test]
fn a_just_identified_hausman_taylor_is_within() {
    let d = drawn(gaps);
    let vars = ModelVariables::new(("y", d.y.clone()), vec![("z", d.z.clone())])
        .endogenous("x", d.x.clone())
        .endogenous("fixed", d.fixed.clone());
    let found = fit(&d.indexed(vars), PanelMethod::Instrumented(InstrumentSet::HausmanTaylor));
    let within = fit(&d.variables(), PanelMethod::Within(PanelEffect::Unit));
    for c in &within.coefficients {
        let own = found.coefficients.iter().find(|other| other.term == c.term).unwrap();
        close(own.estimate, c.estimate, 1e-8);
    }
}

/// A unit with too few rows, an unbalanced panel for instruments by period, fewer units than periods: errors that name them.
#[test]
fn what_cannot_be_is_told() {
    let told = |d: &Panel, method: PanelMethod| {
        let request = ModelRequest { method: Some(Method::Panel(method)), ..ModelRequest::default() };
        fit_model(&request, &d.variables(), &AbsorberCache::new()).unwrap_err().to_string()
    };
    let short = drawn(|i, t| i > 0 || t < 2);
    let fault = told(&short, PanelMethod::Groups(GroupMethod::MeanGroup));
    assert!(fault.contains("the 2 rows of one unit"), "{fault}");
    let fault = told(&short, PanelMethod::Instrumented(InstrumentSet::AmemiyaMacurdy));
    assert!(fault.contains("needs a balanced panel"), "{fault}");
    let few = drawn(|i, _| i < PERIODS - 1);
    let fault = told(&few, PanelMethod::Fgls(FglsRows::Levels));
    assert!(fault.contains("7 units do not identify the covariance of errors over 8 periods"), "{fault}");
    let mut weighted = drawn(all).variables();
    weighted.weights = Some((isard::design::WeightKind::Analytic, "w".into(), Arc::new(vec![1.0; UNITS * PERIODS])));
    let request = ModelRequest {
        method: Some(Method::Panel(PanelMethod::Groups(GroupMethod::CcePooled))),
        ..ModelRequest::default()
    };
    let fault = fit_model(&request, &weighted, &AbsorberCache::new()).unwrap_err().to_string();
    assert!(fault.contains("`cce-pooled` takes no observation weights"), "{fault}");
}
