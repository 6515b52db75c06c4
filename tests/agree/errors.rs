//! Every kind of errors against sums over dense matrices with dummies, and the jackknife against leaving clusters out.

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables, WeightKind};
use isard::estimate::instruments::{GmmSteps, KClass, Kappa};
use isard::estimate::{Estimate, Estimator, Method, ModelRequest, Ols, Spread, fit_model};
use isard::vcov::{
    ClusterType, Conley, Covariance, Dialect, Errors, Lags, RawCovariance, SmallSample, SpatialKernel, covariance,
    in_every_dialect,
};
use nalgebra::{DMatrix, DVector};

use super::draw::{Drawn, factor};

/// A panel with one row for a firm and year, units, years and places.
fn drawn() -> Drawn {
    panel(700, 24, 150)
}

fn panel(n: usize, firms: u32, most: usize) -> Drawn {
    let pool = Drawn::panel(n, firms, 31);
    let mut seen = std::collections::HashSet::new();
    let rows: Vec<usize> = (0..n).filter(|&i| seen.insert((pool.firm[i], pool.year[i]))).take(most).collect();
    pool.rows(&rows)
}

fn latitude(drawn: &Drawn) -> Vec<f64> {
    drawn.firm.iter().map(|&f| 40.0 + f64::from(f % 5) * 1.3).collect()
}

/// Some of the places are on either side of the date line.
fn longitude(drawn: &Drawn) -> Vec<f64> {
    drawn.firm.iter().map(|&f| if f % 3 == 0 { 179.2 } else { -179.9 } + f64::from(f % 4) * 0.2).collect()
}

fn with_all(vars: ModelVariables, drawn: &Drawn) -> ModelVariables {
    let years = drawn.year.iter().map(|&t| 1990.0 + 5.0 * f64::from(t)).collect();
    vars.cluster("firm", factor(&drawn.firm))
        .at_time("year", years)
        .of_unit("firm", factor(&drawn.firm))
        .at_place(("lat", latitude(drawn)), ("lon", longitude(drawn)))
        .keep_singletons()
}

/// Models to try: none, one, two and three effects, slopes, weights.
fn models(drawn: &Drawn) -> Vec<(&'static str, ModelVariables)> {
    let analytic = |vars: ModelVariables| vars.weight(WeightKind::Analytic, "w", drawn.weight.clone());
    let firm = drawn.plain().absorb("firm", factor(&drawn.firm));
    let three = drawn.model().absorb("region", factor(&drawn.region));
    let mut slopes = drawn.model();
    let trend = drawn.year.iter().map(|&t| f64::from(t) * 0.5 - 1.0).collect();
    slopes.absorbed[1].factor = factor(&drawn.region);
    slopes.absorbed[1].slopes = vec![("trend".into(), std::sync::Arc::new(trend))];
    let mut all_slopes = firm.clone();
    all_slopes.absorbed[0].slopes = slopes.absorbed[1].slopes.clone();
    [
        ("pooled", drawn.plain()),
        ("pooled weighted", analytic(drawn.plain())),
        ("firm", firm),
        ("firm + year", drawn.model()),
        ("firm + year weighted", analytic(drawn.model())),
        ("firm + year + region", three),
        ("firm + region[trend]", slopes),
        ("firm[trend]", all_slopes),
    ]
    .map(|(name, vars)| (name, with_all(vars, drawn)))
    .to_vec()
}

struct Fitted {
    design: DesignMatrix,
    estimate: Estimate,
}

fn fitted(vars: &ModelVariables) -> Fitted {
    let design = DesignMatrix::build(vars, Default::default()).unwrap();
    let estimate = Ols.fit(&design, &AbsorberCache::new()).unwrap();
    Fitted { design, estimate }
}

impl Fitted {
    fn plain(&self, errors: &Errors) -> Covariance {
        covariance(errors, &SmallSample::PLAIN, &self.design, &self.estimate).unwrap()
    }
}

/// The same model with dummies, rows times the root of the weights; columns of x1 and x2 first.
struct Dense {
    x: DMatrix<f64>,
    e: DVector<f64>,
    inverse: DMatrix<f64>,
}

impl Dense {
    fn of(design: &DesignMatrix) -> Dense {
        let n = design.n_rows();
        let root = |i: usize| design.weight_values().map_or(1.0, |w| w[i].sqrt());
        let mut columns: Vec<Vec<f64>> = design.regressors.iter().map(|v| v.values.to_vec()).collect();
        if design.intercept {
            columns.push(vec![1.0; n]);
        }
        for effect in &design.absorbed {
            for level in 0..effect.factor.n_levels as u32 {
                let on = |i: usize| f64::from(u8::from(effect.factor.codes[i] == level));
                columns.push((0..n).map(on).collect());
                columns.extend(effect.slopes.iter().map(|s| (0..n).map(|i| on(i) * s[i]).collect::<Vec<f64>>()));
            }
        }
        let x = DMatrix::from_fn(n, columns.len(), |i, j| columns[j][i] * root(i));
        let y = DVector::from_fn(n, |i, _| design.outcome.values[i] * root(i));
        let inverse = (x.transpose() * &x).pseudo_inverse(1e-9).unwrap();
        let e = &y - &x * (&inverse * (x.transpose() * &y));
        Dense { x, e, inverse }
    }

    fn hat(&self) -> DMatrix<f64> {
        &self.x * &self.inverse * self.x.transpose()
    }

    /// `B Σ_ij K_ij x_i e_i e_j x_j' B'` of x1 and x2.
    fn kernel(&self, e: &DVector<f64>, kernel: impl Fn(usize, usize) -> f64) -> DMatrix<f64> {
        let n = e.len();
        let k = DMatrix::from_fn(n, n, |i, j| e[i] * kernel(i, j) * e[j]);
        self.sandwich(&(self.x.transpose() * k * &self.x))
    }

    fn sandwich(&self, meat: &DMatrix<f64>) -> DMatrix<f64> {
        (&self.inverse * meat * &self.inverse).view((0, 0), (2, 2)).into_owned()
    }
}

/// x1 and x2 of a covariance.
fn slopes(of: &Covariance, estimate: &Estimate) -> DMatrix<f64> {
    let at: Vec<usize> =
        ["x1", "x2"].iter().map(|name| estimate.terms.iter().position(|term| term == name).unwrap()).collect();
    of.matrix.select_rows(&at).select_columns(&at)
}

fn assert_same(what: &str, got: &DMatrix<f64>, expected: &DMatrix<f64>, tolerance: f64) {
    let gap = (got - expected).amax() / expected.amax();
    assert!(gap < tolerance, "{what}: {gap:e}\n{got}{expected}");
}

#[test]
fn leverage_with_effects_and_dummies() {
    let drawn = drawn();
    for (name, vars) in models(&drawn) {
        let fit = fitted(&vars);
        let dense = Dense::of(&fit.design);
        let hat = dense.hat();
        let h: Vec<f64> = (0..hat.nrows()).map(|i| hat[(i, i)]).collect();
        let mean = h.iter().sum::<f64>() / h.len() as f64;
        for (errors, power) in [(Errors::Hc0, 0), (Errors::Hc2, 1), (Errors::Hc3, 2), (Errors::Hc4, 4)] {
            let of = |i: usize| match power {
                4 => (h[i] / mean).min(4.0),
                other => f64::from(other),
            };
            // A row that decides its own fit has no residual.
            let e = DVector::from_fn(h.len(), |i, _| {
                if 1.0 - h[i] < 1e-9 { 0.0 } else { dense.e[i] / (1.0 - h[i]).powf(of(i) / 2.0) }
            });
            let expected = dense.kernel(&e, |i, j| f64::from(u8::from(i == j)));
            let got = fit.plain(&errors);
            // Projections of unit vectors are exact to the absorption's tolerance.
            assert_same(&format!("{name} {}", errors.kind()), &slopes(&got, &fit.estimate), &expected, 1e-6);
        }
    }
}

#[test]
fn adjusted_clusters_with_effects_and_dummies() {
    let drawn = drawn();
    for (name, vars) in models(&drawn) {
        let fit = fitted(&vars);
        let dense = Dense::of(&fit.design);
        let left = DMatrix::identity(dense.e.len(), dense.e.len()) - dense.hat();
        for (at, cluster) in ["region", "year", "firm"].iter().enumerate() {
            let clusters = &fit.design.clusters[at].factor;
            let members: Vec<Vec<usize>> = (0..clusters.n_levels as u32)
                .map(|g| (0..dense.e.len()).filter(|&i| clusters.codes[i] == g).collect())
                .collect();
            for (kind, power) in [(ClusterType::Cr0, 0.0), (ClusterType::Cr2, -0.5), (ClusterType::Cr3, -1.0)] {
                let mut meat = DMatrix::zeros(dense.x.ncols(), dense.x.ncols());
                let mut directions: Vec<DMatrix<f64>> = Vec::new();
                for rows in &members {
                    let own = left.select_rows(rows).select_columns(rows);
                    let eigen = own.symmetric_eigen();
                    let values = eigen.eigenvalues.map(|v| if v < 1e-9 { 0.0 } else { v.powf(power) });
                    let adjust = &eigen.eigenvectors * DMatrix::from_diagonal(&values) * eigen.eigenvectors.transpose();
                    let x = dense.x.select_rows(rows);
                    let e = DVector::from_fn(rows.len(), |i, _| dense.e[rows[i]]);
                    let score = x.transpose() * (&adjust * e);
                    meat += &score * score.transpose();
                    // (I - H)_g' A_g X_g (X'X)^-1 c for both slopes.
                    let a = adjust * x * dense.inverse.columns(0, 2);
                    directions.push(left.select_columns(rows) * a);
                }
                let what = format!("{name} by {cluster} {}", kind.name());
                let found = Errors::Adjusted(kind, vec![(*cluster).to_string()]);
                let raw = RawCovariance::of(&found, &fit.design, &fit.estimate).unwrap();
                let got = raw.with(&SmallSample::PLAIN);
                assert_same(&what, &slopes(&got, &fit.estimate), &dense.sandwich(&meat), 1e-7);
                let degrees = raw.with(&Dialect::Clubsandwich.small_sample()).degrees.unwrap();
                for slope in 0..2 {
                    let p = |g: usize, h: usize| directions[g].column(slope).dot(&directions[h].column(slope));
                    let g = directions.len();
                    let trace: f64 = (0..g).map(|i| p(i, i)).sum();
                    let squares: f64 = (0..g).map(|i| (0..g).map(|j| p(i, j).powi(2)).sum::<f64>()).sum();
                    let expected = trace * trace / squares;
                    let at = degrees.len() - 2 + slope;
                    assert!((degrees[at] - expected).abs() < 1e-6 * expected, "{what}: {} {expected}", degrees[at]);
                }
            }
        }
    }
}

/// CR3 and the jackknife are what is left when each cluster is left out in turn.
#[test]
fn the_jackknife_leaves_clusters_out() {
    let drawn = drawn();
    for weighted in [false, true] {
        let model = |drawn: &Drawn| {
            let vars = with_all(drawn.plain().absorb("firm", factor(&drawn.firm)), drawn);
            if weighted { vars.weight(WeightKind::Analytic, "w", drawn.weight.clone()) } else { vars }
        };
        let fit = fitted(&model(&drawn));
        // Years cut across the firms, so that no cluster alone identifies an effect.
        let without = |year: u32| {
            let rows: Vec<usize> = (0..drawn.y.len()).filter(|&i| drawn.year[i] != year).collect();
            fitted(&model(&drawn.rows(&rows))).estimate.coefficients
        };
        let left: Vec<DVector<f64>> = (0..9).map(without).collect();
        let mean = left.iter().fold(DVector::zeros(2), |sum, b| sum + b) / 9.0;
        for (kind, centre) in [(ClusterType::Cr3, &fit.estimate.coefficients), (ClusterType::Jackknife, &mean)] {
            let expected =
                left.iter().fold(DMatrix::zeros(2, 2), |sum, b| sum + (b - centre) * (b - centre).transpose());
            let errors = Errors::Adjusted(kind, vec!["year".into()]);
            let rules = Dialect::Summclust.small_sample();
            let got = covariance(&errors, &rules, &fit.design, &fit.estimate).unwrap();
            assert_same(kind.name(), &got.matrix, &(expected * (8.0 / 9.0)), 1e-8);
        }
    }
}

fn distance(drawn: &Drawn) -> impl Fn(usize, usize) -> f64 {
    let (lat, lon) = (latitude(drawn), longitude(drawn));
    move |i, j| {
        let (a, b) = (lat[i].to_radians(), lat[j].to_radians());
        let (dlat, dlon) = (a - b, (lon[i] - lon[j]).to_radians());
        let h = (dlat / 2.0).sin().powi(2) + a.cos() * b.cos() * (dlon / 2.0).sin().powi(2);
        2.0 * 6376.0 * h.sqrt().min(1.0).asin()
    }
}

#[test]
fn kernels_over_time_and_space() {
    let drawn = drawn();
    let distance = distance(&drawn);
    let bartlett = |i: usize, j: usize, lags: f64| {
        let lag = (f64::from(drawn.year[i]) - f64::from(drawn.year[j])).abs();
        (1.0 - lag / (lags + 1.0)).max(0.0)
    };
    let same_firm = |i: usize, j: usize| f64::from(u8::from(drawn.firm[i] == drawn.firm[j]));
    for (name, vars) in models(&drawn) {
        let fit = fitted(&vars);
        let dense = Dense::of(&fit.design);
        let white = fit.plain(&Errors::Hc0).matrix.amax();
        let check = |errors: Errors, kernel: &dyn Fn(usize, usize) -> f64| {
            let expected = dense.kernel(&dense.e, kernel);
            let got = RawCovariance::of(&errors, &fit.design, &fit.estimate).unwrap().with(&SmallSample::PLAIN);
            // An indefinite matrix is repaired, and then differs on purpose.
            if got.notes.is_empty() {
                // Sums of all scores are zero: then nothing is left but rounding.
                let size = expected.amax().max(1e-3 * white);
                let gap = (slopes(&got, &fit.estimate) - &expected).amax() / size;
                assert!(gap < 1e-7, "{name} {errors:?}: {gap:e}");
            } else {
                assert!(expected.symmetric_eigen().eigenvalues.min() < 1e-9 || fit.estimate.terms.len() > 2, "{name}");
            }
        };
        for lags in [1, 3] {
            let l = lags as f64;
            check(Errors::NeweyWest(Lags::Given(lags)), &|i, j| same_firm(i, j) * bartlett(i, j, l));
            check(Errors::DriscollKraay(Lags::Given(lags)), &|i, j| bartlett(i, j, l));
        }
        for cutoff_km in [20.0, 150.0, 400.0, 30_000.0] {
            for kernel in [SpatialKernel::Uniform, SpatialKernel::Bartlett] {
                let weight = |i: usize, j: usize| match kernel {
                    SpatialKernel::Uniform => f64::from(u8::from(distance(i, j) <= cutoff_km)),
                    SpatialKernel::Bartlett => (1.0 - distance(i, j) / cutoff_km).max(0.0),
                };
                check(Errors::Conley(Conley { cutoff_km, kernel, serial: None }), &weight);
                let serial = Some(Lags::Given(2));
                check(Errors::Conley(Conley { cutoff_km, kernel, serial }), &|i, j| {
                    if drawn.year[i] == drawn.year[j] { weight(i, j) } else { same_firm(i, j) * bartlett(i, j, 2.0) }
                });
            }
        }
    }
}

/// Every kind of errors on a design with all that they need.
pub fn every_kind() -> Vec<Errors> {
    let clusters = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<String>>();
    let conley = |serial| Errors::Conley(Conley { cutoff_km: 150.0, kernel: SpatialKernel::Bartlett, serial });
    let mut all = vec![Errors::Iid, Errors::Hc0, Errors::Hc1, Errors::Hc2, Errors::Hc3, Errors::Hc4];
    for names in [clusters(&["region"]), clusters(&["region", "year"]), clusters(&["region", "year", "firm"])] {
        all.push(Errors::Cluster(names.clone()));
        for kind in [ClusterType::Cr0, ClusterType::Cr2, ClusterType::Cr3, ClusterType::Jackknife] {
            all.push(Errors::Adjusted(kind, names.clone()));
        }
    }
    all.extend([
        Errors::NeweyWest(Lags::Rule),
        Errors::DriscollKraay(Lags::Rule),
        conley(None),
        conley(Some(Lags::Rule)),
    ]);
    all
}

#[test]
fn rows_in_any_order_and_any_number_of_threads() {
    let drawn = drawn();
    let n = drawn.y.len();
    let shuffled: Vec<usize> = (0..n).map(|i| (i * 97 + 13) % n).collect();
    let other = drawn.rows(&shuffled);
    let model = |drawn: &Drawn| with_all(drawn.model().weight(WeightKind::Analytic, "w", drawn.weight.clone()), drawn);
    let matrices = |drawn: &Drawn| -> Vec<DMatrix<f64>> {
        let fit = fitted(&model(drawn));
        let of = |errors: &Errors| covariance(errors, &Dialect::of(errors).small_sample(), &fit.design, &fit.estimate);
        every_kind().iter().map(|errors| of(errors).unwrap().matrix).collect()
    };
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    let (one, two) = (pool(1).install(|| matrices(&drawn)), pool(2).install(|| matrices(&drawn)));
    assert_eq!(one, two);
    for ((errors, a), b) in every_kind().iter().zip(&one).zip(&matrices(&other)) {
        assert_same(&format!("{errors:?}"), b, a, 1e-8);
    }
}

/// So many rows that sums are cut into spans, which threads share.
#[test]
fn many_rows_on_one_thread_and_two() {
    let drawn = panel(60_000, 3_000, 20_000);
    // With so many effects across clusters CR2, CR3 and the jackknife are not defined.
    let is_defined = |errors: &Errors| match errors {
        Errors::Adjusted(kind, _) => *kind == ClusterType::Cr0,
        _ => true,
    };
    let kinds: Vec<Errors> = every_kind().into_iter().filter(is_defined).collect();
    let models = [drawn.model().weight(WeightKind::Analytic, "w", drawn.weight.clone()), drawn.plain()];
    for vars in models.map(|vars| with_all(vars, &drawn)) {
        let matrices = || -> Vec<DMatrix<f64>> {
            let fit = fitted(&vars);
            let of =
                |errors: &Errors| covariance(errors, &Dialect::of(errors).small_sample(), &fit.design, &fit.estimate);
            kinds.iter().map(|errors| of(errors).unwrap().matrix).collect()
        };
        let on = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(matrices);
        for ((errors, one), two) in kinds.iter().zip(on(1)).zip(on(2)) {
            assert_eq!(one, two, "{errors:?}");
        }
    }
}

/// Frequency weights are repeated rows for every kind of errors that they are defined for.
#[test]
fn frequency_weights() {
    let drawn = drawn();
    let repeated: Vec<usize> =
        (0..drawn.y.len()).flat_map(|i| std::iter::repeat_n(i, drawn.weight[i] as usize)).collect();
    let long = drawn.rows(&repeated);
    let a = fitted(&with_all(drawn.model().weight(WeightKind::Frequency, "w", drawn.weight.clone()), &drawn));
    let b = fitted(&with_all(long.model(), &long));
    for errors in every_kind() {
        let rules = Dialect::of(&errors).small_sample();
        let got = covariance(&errors, &rules, &a.design, &a.estimate);
        match errors {
            Errors::NeweyWest(_) | Errors::Conley(Conley { serial: Some(_), .. }) => assert!(got.is_err()),
            _ => {
                let expected = covariance(&errors, &rules, &b.design, &b.estimate).unwrap();
                assert_same(&format!("{errors:?}"), &got.unwrap().matrix, &expected.matrix, 1e-7);
            }
        }
    }
}

/// Each dialect is told for the errors that it has, and the one of the model is among them.
#[test]
fn dialects_beside_each_other() {
    let drawn = drawn();
    let fit = fitted(&with_all(drawn.model(), &drawn));
    for errors in every_kind() {
        let raw = RawCovariance::of(&errors, &fit.design, &fit.estimate).unwrap();
        let lines = in_every_dialect(&raw, 0);
        let own = Dialect::of(&errors);
        let line = lines.iter().find(|line| line.dialect == own.to_string()).unwrap();
        let matrix = raw.with(&own.small_sample()).matrix;
        assert_eq!(line.std_error, Some(matrix[(0, 0)].sqrt()), "{errors:?}");
        for line in &lines {
            assert_eq!(line.std_error.is_none(), !line.reason.is_empty(), "{line:?}");
        }
    }
}

/// Two-stage least squares has the errors of the second stage with the residuals of the actual regressors, and GMM those
/// that need no leverage.
#[test]
fn instruments_under_every_kind() {
    let drawn = drawn();
    let ols = with_all(drawn.model(), &drawn);
    let mut vars = ols.clone();
    let (name, values) = vars.regressors.remove(0);
    let moved = |f: f64| values.iter().zip(&drawn.y).map(|(x, y)| x + (y * f).sin()).collect::<Vec<f64>>();
    let (z1, z2) = (moved(37.0), moved(53.0));
    let mut first = vars.clone();
    first.outcome = (name.clone(), std::sync::Arc::clone(&values));
    first.regressors.extend([("z1", &z1), ("z2", &z2)].map(|(n, z)| (n.to_string(), std::sync::Arc::new(z.clone()))));
    let vars = vars.endogenous(&name, values.to_vec()).instrument("z1", z1).instrument("z2", z2);
    let design = DesignMatrix::build(&vars, Default::default()).unwrap();
    let iv = KClass(Kappa::One).fit(&design, &AbsorberCache::new()).unwrap();
    let influence = iv.linear().unwrap();
    let Spread::Influence(unexplained) = fitted(&first).estimate.spread else { unreachable!() };
    let explained = values.iter().zip(&unexplained.residuals).map(|(x, e)| x - e).collect();
    let mut second = ols.clone();
    second.regressors[0].1 = std::sync::Arc::new(explained);
    let mut second = fitted(&second);
    let Spread::Influence(by_hand) = &mut second.estimate.spread else { unreachable!() };
    by_hand.residuals = influence.residuals.to_vec().into();
    for errors in every_kind().into_iter().filter(|errors| *errors != Errors::Iid) {
        let rules = Dialect::of(&errors).small_sample();
        let of = |design, estimate| covariance(&errors, &rules, design, estimate).unwrap();
        let (a, b) = (of(&design, &iv), of(&second.design, &second.estimate));
        assert_same(&format!("{errors:?}"), &slopes(&a, &iv), &slopes(&b, &second.estimate), 1e-7);
        let request = ModelRequest {
            errors: errors.clone(),
            dialect: Dialect::of(&errors),
            method: Some(Method::Gmm { steps: GmmSteps::Fixed(2), weights: Some(Errors::Hc1) }),
            ..ModelRequest::default()
        };
        match fit_model(&request, &vars, &AbsorberCache::new()) {
            Ok(fit) => assert!(!errors.needs_leverage() && fit.coefficients.iter().all(|c| c.std_error > 0.0)),
            Err(fault) => {
                assert!(errors.needs_leverage() && fault.to_string().contains("leverage"), "{errors:?}: {fault}");
            }
        }
    }
}

/// What errors cost beside the fit, on a million rows with 3,100 places; run by hand.
#[test]
#[ignore = "timing: cargo test --release -- --ignored --nocapture what_errors_cost"]
fn what_errors_cost() {
    let n = 1_000_000u32;
    let of = |f: f64| (0..n).map(|i| (f64::from(i) * f).sin()).collect::<Vec<f64>>();
    let region: Vec<u32> = (0..n).map(|i| i.wrapping_mul(2_654_435_761) % 3_100).collect();
    let industry: Vec<u32> = (0..n).map(|i| (i.wrapping_mul(40_503) >> 7) % 600).collect();
    let place = |f: f64, low: f64, width: f64| -> Vec<f64> {
        region.iter().map(|&r| low + width * (f64::from(r) * f).sin().abs()).collect()
    };
    let vars = ModelVariables::new(("y", of(1.7)), vec![("x1", of(0.31)), ("x2", of(0.77)), ("x3", of(2.3))])
        .absorb("region", factor(&region))
        .absorb("industry", factor(&industry))
        .cluster("region", factor(&region))
        .cluster("industry", factor(&industry))
        .at_place(("lat", place(1.3, 25.0, 24.0)), ("lon", place(0.7, -124.0, 57.0)))
        .at_time("year", (0..n).map(|i| f64::from(i / 50_000)).collect());
    let design = DesignMatrix::build(&vars, Default::default()).unwrap();
    let start = std::time::Instant::now();
    let estimate = Ols.fit(&design, &AbsorberCache::new()).unwrap();
    println!("fit: {:?}", start.elapsed());
    let two = || vec!["region".to_string(), "industry".to_string()];
    for errors in [
        Errors::Iid,
        Errors::Hc1,
        Errors::Cluster(two()),
        Errors::DriscollKraay(Lags::Rule),
        Errors::Conley(Conley { cutoff_km: 200.0, kernel: SpatialKernel::Bartlett, serial: None }),
        Errors::Hc3,
    ] {
        let start = std::time::Instant::now();
        let raw = RawCovariance::of(&errors, &design, &estimate).unwrap();
        let matrix = raw.with(&SmallSample::PLAIN).matrix;
        println!("{}: {:?}, {:.6e}", errors.kind(), start.elapsed(), matrix[(0, 0)].sqrt());
    }
}
