//! Panel methods by two routes: quasi-demeaning against the inverse of the full covariance, differences against dummies,
//! unbalanced panels against missing rows, dynamic GMM against its moments written out.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::ModelVariables;
use isard::estimate::dynamic::{
    DynamicGmm, DynamicVariables, GmmInstrument, GmmSteps, LevelConvention, Transformation, estimate,
};
use isard::estimate::panel::{ComponentsMethod, Difference, PanelEffect, PanelMethod};
use isard::estimate::{EstimateError, Fit, Method, ModelRequest, fit_model};
use isard::panel::Factor;
use nalgebra::{DMatrix, DVector};

/// A panel with unit and period effects; `keep` says which (unit, period) there are.
struct Drawn {
    y: Vec<f64>,
    x: Vec<f64>,
    unit: Vec<u32>,
    time: Vec<f64>,
}

const UNITS: u32 = 14;
const PERIODS: u32 = 6;

fn noise(a: u32, b: u32, k: u32) -> f64 {
    f64::from((a * 7919 + b * 104_729 + k * 15_485_863) % 10_007) / 10_007.0 - 0.5
}

fn drawn(keep: impl Fn(u32, u32) -> bool) -> Drawn {
    let mut out = Drawn { y: Vec::new(), x: Vec::new(), unit: Vec::new(), time: Vec::new() };
    for i in 0..UNITS {
        let mut before = noise(i, 0, 5);
        for t in 0..PERIODS {
            let effects = 1.5 * noise(i, 0, 1) + 0.8 * noise(0, t, 2);
            let x = noise(i, t, 3) + 0.4 * effects;
            before = 0.4 * before + 0.7 * x + effects + 0.6 * noise(i, t, 4);
            if keep(i, t) {
                out.y.push(before);
                out.x.push(x);
                out.unit.push(i);
                out.time.push(f64::from(t));
            }
        }
    }
    out
}

fn gaps(i: u32, t: u32) -> bool {
    !(i * 5 + t * 3).is_multiple_of(7)
}

fn factor(codes: &[u32]) -> Factor {
    Factor::new(codes.to_vec(), (0..UNITS).map(|i| format!("u{i:02}")).collect())
}

fn variables(d: &Drawn) -> ModelVariables {
    ModelVariables::new(("y", d.y.clone()), vec![("x", d.x.clone())])
        .keep_singletons()
        .of_unit("unit", factor(&d.unit))
        .at_time("time", d.time.clone())
}

fn fit(vars: &ModelVariables, method: PanelMethod) -> Fit {
    let request = ModelRequest { method: Some(Method::Panel(method)), ..ModelRequest::default() };
    fit_model(&request, vars, &AbsorberCache::new()).unwrap()
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs().max(1e-8), "{a:?} {b:?}");
}

#[test]
fn random_effects_are_generalised_least_squares() {
    for (effect, components) in [
        (PanelEffect::Unit, ComponentsMethod::SwamyArora),
        (PanelEffect::Time, ComponentsMethod::WallaceHussain),
        (PanelEffect::TwoWays, ComponentsMethod::SwamyArora),
        (PanelEffect::TwoWays, ComponentsMethod::Amemiya),
    ] {
        for keep in [gaps as fn(u32, u32) -> bool, |_, _| true] {
            let d = drawn(keep);
            let found = fit(&variables(&d), PanelMethod::Random(effect, components));
            let variances = found.panel.as_ref().unwrap().components.clone().unwrap();
            let n = d.y.len();
            let omega = DMatrix::from_fn(n, n, |a, b| {
                let same = |is: bool, variance: Option<f64>| if is { variance.unwrap_or(0.0) } else { 0.0 };
                same(a == b, Some(variances.idiosyncratic))
                    + same(d.unit[a] == d.unit[b], variances.unit)
                    + same(d.time[a] == d.time[b], variances.time)
            });
            let inverse = omega.try_inverse().unwrap();
            let x = DMatrix::from_fn(n, 2, |row, j| if j == 0 { 1.0 } else { d.x[row] });
            let bread = (x.transpose() * &inverse * &x).try_inverse().unwrap();
            let b = &bread * x.transpose() * &inverse * DVector::from_vec(d.y.clone());
            close(found.coefficients[0].estimate, b[0], 1e-10);
            close(found.coefficients[1].estimate, b[1], 1e-10);
            // The covariance has the residual variance where the other has the component.
            let e = DVector::from_vec(d.y.clone()) - &x * &b;
            let scale = e.dot(&(&inverse * &e)) / (n as f64 - 2.0);
            close(found.coefficients[1].std_error, (bread[(1, 1)] * scale).sqrt(), 1e-10);
        }
    }
}

#[test]
fn two_periods_differenced_are_net_of_unit_effects() {
    let d = drawn(|_, t| t < 2);
    let differenced = fit(&variables(&d), PanelMethod::Difference(Difference::default()));
    let within = fit(&variables(&d), PanelMethod::Within(PanelEffect::TwoWays));
    close(differenced.coefficients[1].estimate, within.coefficients[0].estimate, 1e-10);
    close(differenced.coefficients[1].std_error, within.coefficients[0].std_error, 1e-10);
}

#[test]
fn missing_values_are_missing_rows() {
    let d = drawn(gaps);
    let mut holed = drawn(|_, _| true);
    for row in 0..holed.y.len() {
        if !gaps(holed.unit[row], holed.time[row] as u32) {
            holed.x[row] = f64::NAN;
        }
    }
    for method in [
        PanelMethod::Random(PanelEffect::TwoWays, ComponentsMethod::WallaceHussain),
        PanelMethod::Between(isard::design::Way::Unit),
        PanelMethod::Difference(Difference::default()),
    ] {
        let (a, b) = (fit(&variables(&d), method), fit(&variables(&holed), method));
        assert_eq!(a.coefficients, b.coefficients, "{method:?}");
    }
}

fn lagged(d: &Drawn, values: &[f64], by: f64) -> Vec<f64> {
    let before = |row: usize| {
        let found = (0..d.y.len()).find(|&other| d.unit[other] == d.unit[row] && d.time[other] == d.time[row] - by);
        found.map_or(f64::NAN, |other| values[other])
    };
    (0..d.y.len()).map(before).collect()
}

fn dynamic(d: &Drawn, collapse: bool) -> DynamicVariables {
    DynamicVariables {
        outcome: ("y".into(), Arc::new(d.y.clone())),
        regressors: vec![("lag(y, 1)".into(), Arc::new(lagged(d, &d.y, 1.0))), ("x".into(), Arc::new(d.x.clone()))],
        gmm: vec![GmmInstrument { column: ("y".into(), Arc::new(d.y.clone())), from: 2, to: 99, collapse }],
        standard: vec![("x".into(), Arc::new(d.x.clone()))],
        unit: ("unit".into(), factor(&d.unit)),
        time: ("time".into(), Arc::new(d.time.clone())),
        rows: None,
    }
}

/// The system of one unit written out densely: outcomes, regressors, instruments and the map from errors in levels.
fn written_out(d: &Drawn, unit: u32, orthogonal: bool) -> (DVector<f64>, DMatrix<f64>, DMatrix<f64>, DMatrix<f64>) {
    let periods = PERIODS as usize;
    let value = |values: &[f64], t: usize| {
        let found = (0..d.y.len()).find(|&row| d.unit[row] == unit && d.time[row] as usize == t);
        found.map_or(f64::NAN, |row| values[row])
    };
    let ly = lagged(d, &d.y, 1.0);
    let complete: Vec<usize> = (0..periods)
        .filter(|&t| value(&d.y, t).is_finite() && value(&d.x, t).is_finite() && value(&ly, t).is_finite())
        .collect();
    let mut maps: Vec<(usize, bool, Vec<f64>)> = Vec::new();
    for (place, &t) in complete.iter().enumerate() {
        let mut map = vec![0.0; periods];
        if orthogonal {
            let later = &complete[place + 1..];
            let m = later.len() as f64;
            if m > 0.0 {
                let c = (m / (m + 1.0)).sqrt();
                map[t] = c;
                later.iter().for_each(|&s| map[s] = -c / m);
                maps.push((t + 1, false, map));
            }
        } else if place > 0 && complete[place - 1] + 1 == t {
            (map[t - 1], map[t]) = (-1.0, 1.0);
            maps.push((t, false, map));
        }
    }
    for &t in &complete {
        let mut map = vec![0.0; periods];
        map[t] = 1.0;
        maps.push((t, true, map));
    }
    let rows = maps.len();
    let c = DMatrix::from_fn(rows, periods, |r, t| maps[r].2[t]);
    let level =
        |values: &[f64]| DVector::from_fn(periods, |t, _| if complete.contains(&t) { value(values, t) } else { 0.0 });
    let y = &c * level(&d.y);
    let (lag, x) = (&c * level(&ly), &c * level(&d.x));
    let regressors = DMatrix::from_fn(rows, 3, |r, j| match j {
        0 => lag[r],
        1 => x[r],
        _ => f64::from(maps[r].1),
    });
    let or_zero = |v: f64| if v.is_finite() { v } else { 0.0 };
    // Lags 2.. of y for the transformed rows, the lagged difference for the level rows, x in both, the constant.
    let z = DMatrix::from_fn(rows, periods + 2, |r, j| {
        let (t, is_level, _) = &maps[r];
        match j {
            j if j < periods - 2 => {
                let lag = j + 2;
                if *is_level || *t < lag { 0.0 } else { or_zero(value(&d.y, t - lag)) }
            }
            j if j == periods - 2 => {
                let used = *is_level && *t >= 2;
                if used { or_zero(value(&d.y, t - 1) - value(&d.y, t - 2)) } else { 0.0 }
            }
            j if j == periods - 1 => x[r],
            j if j == periods => f64::from(*is_level),
            _ => 0.0,
        }
    });
    let kept: Vec<usize> = (0..periods + 1).collect();
    (y, regressors, z.select_columns(&kept), c)
}

#[test]
fn system_gmm_is_its_moments_written_out() {
    for orthogonal in [false, true] {
        for keep in [gaps as fn(u32, u32) -> bool, |_, _| true] {
            let d = drawn(keep);
            let units: Vec<_> =
                (0..UNITS).map(|i| written_out(&d, i, orthogonal)).filter(|u| !u.0.is_empty()).collect();
            let q = PERIODS as usize + 1;
            let mut all = vec![DMatrix::zeros(q, q); 1];
            let (mut zx, mut zy) = (DMatrix::zeros(q, 3), DVector::zeros(q));
            for (y, x, z, c) in &units {
                all[0] += z.transpose() * c * c.transpose() * z;
                zx += z.transpose() * x;
                zy += z.transpose() * y;
            }
            // Instruments that are zero in every row are left out.
            let used: Vec<usize> = (0..q).filter(|&j| all[0][(j, j)] > 0.0).collect();
            let (zx, zy) = (zx.select_rows(&used), zy.select_rows(&used));
            let step = |moments: &DMatrix<f64>| {
                let a = moments.select_rows(&used).select_columns(&used).try_inverse().unwrap();
                let bread = (zx.transpose() * &a * &zx).try_inverse().unwrap();
                let b = &bread * zx.transpose() * &a * &zy;
                (a, bread, b)
            };
            let (_, _, first) = step(&all[0]);
            let mut omega = DMatrix::zeros(q, q);
            for (y, x, z, _) in &units {
                let s = z.transpose() * (y - x * &first);
                omega += &s * s.transpose();
            }
            let (a, bread, second) = step(&omega);
            let asked = DynamicGmm {
                system: true,
                transformation: if orthogonal { Transformation::Orthogonal } else { Transformation::Difference },
                convention: LevelConvention::Xtabond2,
                robust: false,
                ..DynamicGmm::default()
            };
            let found = estimate(&dynamic(&d, true), &asked, 2).unwrap();
            assert_eq!(found.n_instruments(), used.len());
            for j in 0..3 {
                close(found.coefficients[j], second[j], 1e-8);
                close(found.covariance[(j, j)], bread[(j, j)], 1e-8);
            }
            let score = &zy - &zx * &second;
            let hansen = found.overidentification.iter().find(|test| test.name == "hansen").unwrap();
            close(hansen.statistic, score.dot(&(a * &score)), 1e-7);
        }
    }
}

/// The derivative of two-step coefficients in the one-step ones, which Windmeijer's correction is made of, by differences.
#[test]
fn iterated_gmm_stays_where_it_is() {
    let d = drawn(|_, _| true);
    let asked = DynamicGmm { steps: GmmSteps::Iterated, ..DynamicGmm::default() };
    let found = estimate(&dynamic(&d, true), &asked, 1).unwrap();
    assert!(found.iterations > 2);
    let hansen = found.overidentification.iter().find(|test| test.name == "hansen").unwrap();
    assert!(hansen.p_value > 0.0 && hansen.p_value < 1.0);
    // Anderson and Hsiao's two-stage least squares by the k-class on differences.
    let two_stage = DynamicGmm { two_stage: true, steps: GmmSteps::One, ..DynamicGmm::default() };
    let mut vars = dynamic(&d, true);
    vars.gmm[0].to = 2;
    let found = estimate(&vars, &two_stage, 1).unwrap();
    let difference = |values: &[f64]| {
        let before = lagged(&d, values, 1.0);
        values.iter().zip(before).map(|(now, before)| now - before).collect::<Vec<f64>>()
    };
    let ly = lagged(&d, &d.y, 1.0);
    let iv = ModelVariables::new(("dy", difference(&d.y)), vec![("dx", difference(&d.x))])
        .endogenous("dly", difference(&ly))
        .instrument("y2", lagged(&d, &d.y, 2.0));
    let iv = ModelVariables { intercept: false, ..iv };
    let other = fit_model(&ModelRequest::default(), &iv, &AbsorberCache::new()).unwrap();
    close(found.coefficients[0], other.coefficients[0].estimate, 1e-9);
    close(found.coefficients[1], other.coefficients[1].estimate, 1e-9);
}

#[test]
fn rows_in_another_order_are_the_same_panel() {
    let d = drawn(gaps);
    let order: Vec<usize> = (0..d.y.len()).map(|row| (row * 29 + 5) % d.y.len()).collect();
    let mut seen = order.clone();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), d.y.len(), "a permutation");
    let take = |values: &[f64]| order.iter().map(|&row| values[row]).collect::<Vec<f64>>();
    let other = Drawn {
        y: take(&d.y),
        x: take(&d.x),
        unit: order.iter().map(|&row| d.unit[row]).collect(),
        time: take(&d.time),
    };
    let asked = DynamicGmm { system: true, ..DynamicGmm::default() };
    let (a, b) =
        (estimate(&dynamic(&d, false), &asked, 2).unwrap(), estimate(&dynamic(&other, false), &asked, 2).unwrap());
    assert_eq!(a.coefficients, b.coefficients);
    assert_eq!(a.covariance, b.covariance);
}

#[test]
fn what_is_no_panel_is_refused() {
    let mut d = drawn(|_, _| true);
    d.time[1] = 0.0;
    let request = ModelRequest { method: Some(Method::Panel(PanelMethod::Pooled)), ..ModelRequest::default() };
    let fault = fit_model(&request, &variables(&d), &AbsorberCache::new()).unwrap_err();
    assert!(matches!(fault, EstimateError::Panel(_)), "{fault}");
    assert!(fault.to_string().contains("several rows with the same value of time"), "{fault}");
}
