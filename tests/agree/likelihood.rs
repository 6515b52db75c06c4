//! Likelihoods by two routes: absorbed effects and dummies, Fisher's scoring and Newton's method on dense matrices, collapsed
//! cells with exposure and the long data, weights and repeated rows, and separation by hand.

use isard::absorb::AbsorberCache;
use isard::design::{ModelVariables, WeightKind};
use isard::estimate::likelihood::Separation;
use isard::estimate::{EstimateError, Family, Fit, Link, MaximumLikelihood, Method, ModelRequest, fit_model};
use isard::panel::{Factor, Reason};
use isard::vcov::{ClusterType, Dialect, Errors};
use nalgebra::{DMatrix, DVector};

const FAMILIES: [Family; 6] = [
    Family::Poisson,
    Family::Gamma,
    Family::NegativeBinomial { theta: 1.0 },
    Family::Binomial(Link::Logit),
    Family::Binomial(Link::Probit),
    Family::Binomial(Link::Cloglog),
];

fn request(family: Family, errors: Errors) -> ModelRequest {
    // Whose counting defines all errors.
    let dialect = if matches!(errors, Errors::Hc0 | Errors::Hc3 | Errors::Adjusted(..)) {
        Dialect::Sandwich
    } else {
        Dialect::Fixest
    };
    let method = Some(Method::Likelihood(MaximumLikelihood::of(family)));
    ModelRequest { method, errors, dialect, ..ModelRequest::default() }
}

fn fit(vars: &ModelVariables, family: Family, errors: Errors) -> Result<Fit, EstimateError> {
    fit_model(&request(family, errors), vars, &AbsorberCache::new())
}

fn factor(of: impl Fn(usize) -> usize, n: usize) -> Factor {
    let names: Vec<String> = (0..n).map(|i| format!("l{:03}", of(i))).collect();
    Factor::from_values(names.iter().map(|name| Some(name.as_str())))
}

/// A drawn outcome of a family: deterministic, without a generator.
fn outcome(family: Family, eta: f64, u: f64) -> f64 {
    match family {
        Family::Binomial(_) => f64::from(u < family.mean(eta)),
        Family::Gamma => -family.mean(eta) * (1.0 - u).ln(),
        // The quantile of a Poisson mixed over two means: overdispersed.
        _ => {
            let mean = eta.exp() * if (u * 137.03).fract() < 0.5 { 0.3 } else { 1.7 };
            let (mut k, mut p) = (0.0, (-mean).exp());
            let mut total = p;
            while total < u && k < 200.0 {
                k += 1.0;
                p *= mean / k;
                total += p;
            }
            k
        }
    }
}

/// Halton's sequence: uniform numbers in a fixed order.
pub(super) fn uniform(mut i: usize, base: usize) -> f64 {
    let (mut value, mut scale) = (0.0, 1.0);
    while i > 0 {
        scale /= base as f64;
        value += scale * (i % base) as f64;
        i /= base;
    }
    value
}

struct Sample {
    y: Vec<f64>,
    x: Vec<f64>,
    z: Vec<f64>,
}

const UNITS: usize = 15;
const PERIODS: usize = 6;

fn unit(i: usize) -> usize {
    i % UNITS
}

fn period(i: usize) -> usize {
    (i / UNITS) % PERIODS
}

fn sample(family: Family, n: usize) -> Sample {
    let x: Vec<f64> = (0..n).map(|i| 2.0 * uniform(i + 1, 2) - 1.0 + 0.1 * unit(i) as f64).collect();
    let z: Vec<f64> = (0..n).map(|i| uniform(i + 7, 3) + 0.2 * period(i) as f64).collect();
    let eta = |i: usize| 0.6 * x[i] - 0.5 * z[i] + 0.05 * unit(i) as f64 - 0.1 * period(i) as f64;
    let y = (0..n).map(|i| outcome(family, eta(i), uniform(i + 3, 5))).collect();
    Sample { y, x, z }
}

fn absorbed(s: &Sample) -> ModelVariables {
    let n = s.y.len();
    ModelVariables::new(("y", s.y.clone()), vec![("x", s.x.clone()), ("z", s.z.clone())])
        .absorb("unit", factor(unit, n))
        .absorb("period", factor(period, n))
        .cluster("unit", factor(unit, n))
}

fn dummies(s: &Sample) -> ModelVariables {
    let n = s.y.len();
    let mut vars = ModelVariables::new(("y", s.y.clone()), vec![("x", s.x.clone()), ("z", s.z.clone())])
        .cluster("unit", factor(unit, n));
    for (name, levels, of) in [("u", UNITS, unit as fn(usize) -> usize), ("p", PERIODS, period)] {
        for level in 1..levels {
            let column = (0..n).map(|i| f64::from(of(i) == level)).collect();
            vars.regressors.push((format!("{name}{level}"), std::sync::Arc::new(column)));
        }
    }
    vars
}

/// How near the search comes: steps of probit and cloglog shrink by a factor, not with their square.
fn reached(family: Family) -> f64 {
    if matches!(family, Family::Binomial(Link::Probit | Link::Cloglog)) { 1e-6 } else { 1e-8 }
}

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + b.abs())
}

#[test]
fn absorbed_effects_and_dummies() {
    for family in FAMILIES {
        let s = sample(family, 720);
        let robust = [Errors::Iid, Errors::Hc1, Errors::Cluster(vec!["unit".into()])];
        let leverage = [Errors::Hc3, Errors::Adjusted(ClusterType::Cr3, vec!["unit".into()])];
        let has_leverage = !matches!(family, Family::NegativeBinomial { .. });
        for errors in robust.into_iter().chain(leverage.into_iter().filter(|_| has_leverage)) {
            let short = fit(&absorbed(&s), family, errors.clone()).unwrap();
            let long = fit(&dummies(&s), family, errors.clone()).unwrap();
            for c in &short.coefficients {
                let other = long.coefficients.iter().find(|other| other.term == c.term).unwrap();
                assert!(near(c.estimate, other.estimate, reached(family)), "{family:?} {errors:?} {}", c.term);
                // Effects nested in the clusters count in the one and not in the other.
                let factor = (long.errors.factors.k_factor / short.errors.factors.k_factor).sqrt();
                assert!(
                    near(c.std_error * factor, other.std_error, 10.0 * reached(family)),
                    "{family:?} {errors:?} {} {} {}",
                    c.term,
                    c.std_error * factor,
                    other.std_error
                );
            }
            let (a, b) = (short.likelihood.unwrap(), long.likelihood.unwrap());
            assert!(near(a.log_likelihood, b.log_likelihood, 1e-10), "{family:?}");
            assert!(near(a.deviance.unwrap(), b.deviance.unwrap(), 1e-9), "{family:?}");
            assert!(a.optimisation.gradient_norm < 1e-4 && a.optimisation.iterations < 40, "{family:?}");
        }
    }
}

/// Newton's method with differences of the scores as second derivatives, on a dense matrix.
#[test]
fn scoring_and_newton() {
    for family in FAMILIES.into_iter().filter(|family| !matches!(family, Family::NegativeBinomial { .. })) {
        let s = sample(family, 300);
        let x = DMatrix::from_fn(300, 3, |i, j| [1.0, s.x[i], s.z[i]][j]);
        let mut b = DVector::zeros(3);
        for _ in 0..60 {
            let eta = &x * &b;
            let score = DVector::from_fn(300, |i, _| family.density(s.y[i], eta[i]).score);
            let h = 1e-5;
            let bend = |i: usize| {
                (family.density(s.y[i], eta[i] + h).score - family.density(s.y[i], eta[i] - h).score) / (2.0 * h)
            };
            let hessian = x.transpose() * DMatrix::from_fn(300, 3, |i, j| -bend(i) * x[(i, j)]);
            let step = hessian.lu().solve(&(x.transpose() * score)).unwrap();
            b += step.clone() * (1.0f64).min(0.5 / step.amax().max(1e-300));
        }
        let vars = ModelVariables::new(("y", s.y), vec![("x", s.x), ("z", s.z)]);
        let found = fit(&vars, family, Errors::Hc0).unwrap();
        for (c, b) in found.coefficients.iter().zip(b.iter()) {
            assert!(near(c.estimate, *b, reached(family)), "{family:?} {} {} {b}", c.term, c.estimate);
        }
    }
}

#[test]
fn collapsed_cells_with_exposure_and_the_long_data() {
    let n = 900;
    let cell = |i: usize| i % 30;
    let x: Vec<f64> = (0..n).map(|i| (cell(i) as f64 * 0.7).sin()).collect();
    let y: Vec<f64> = (0..n).map(|i| outcome(Family::Poisson, 0.4 * x[i] + 0.3, uniform(i + 1, 3))).collect();
    let group = |i: usize| cell(i) % 5;
    let long = ModelVariables::new(("y", y.clone()), vec![("x", x.clone())]).absorb("g", factor(group, n));
    let sums: Vec<f64> = (0..30).map(|c| (0..n).filter(|&i| cell(i) == c).map(|i| y[i]).sum()).collect();
    let sizes: Vec<f64> = (0..30).map(|c| ((0..n).filter(|&i| cell(i) == c).count() as f64).ln()).collect();
    let short = ModelVariables::new(("y", sums), vec![("x", x[..30].to_vec())])
        .absorb("g", factor(|c| c % 5, 30))
        .offset("log(rows)", sizes);
    let (a, b) =
        (fit(&long, Family::Poisson, Errors::Iid).unwrap(), fit(&short, Family::Poisson, Errors::Iid).unwrap());
    assert!(near(a.coefficients[0].estimate, b.coefficients[0].estimate, 1e-9));
    let unadjusted = |fit: &Fit| fit.coefficients[0].std_error / fit.errors.factors.k_factor.sqrt();
    assert!(near(unadjusted(&a), unadjusted(&b), 1e-6));
}

#[test]
fn frequency_weights_and_repeated_rows() {
    for family in FAMILIES {
        let s = sample(family, 360);
        let times = |i: usize| 1 + i % 3;
        let repeat = |v: &[f64]| -> Vec<f64> { (0..360).flat_map(|i| vec![v[i]; times(i)]).collect() };
        let homes: Vec<usize> = (0..360).flat_map(|i| vec![unit(i); times(i)]).collect();
        let weighted = ModelVariables::new(("y", s.y.clone()), vec![("x", s.x.clone())])
            .absorb("unit", factor(unit, 360))
            .cluster("unit", factor(unit, 360))
            .weight(WeightKind::Frequency, "w", (0..360).map(|i| times(i) as f64).collect());
        let long = ModelVariables::new(("y", repeat(&s.y)), vec![("x", repeat(&s.x))])
            .absorb("unit", factor(|i| homes[i], homes.len()))
            .cluster("unit", factor(|i| homes[i], homes.len()));
        for errors in [Errors::Iid, Errors::Hc1, Errors::Cluster(vec!["unit".into()])] {
            let (a, b) = (fit(&weighted, family, errors.clone()).unwrap(), fit(&long, family, errors.clone()).unwrap());
            assert!(near(a.coefficients[0].estimate, b.coefficients[0].estimate, reached(family)), "{family:?}");
            assert!(
                near(a.coefficients[0].std_error, b.coefficients[0].std_error, 10.0 * reached(family)),
                "{family:?} {errors:?}"
            );
        }
    }
}

/// The examples of Correia, Guimarães and Zylkin (2019), and perfect prediction of a choice.
#[test]
fn separated_rows_leave_with_a_certificate() {
    let lost = |fit: &Fit| fit.ledger.lost(Reason::Separated);
    let y = vec![0.0, 0.0, 0.0, 1.0, 2.0, 3.0];
    let vars = ModelVariables::new(("y", y.clone()), vec![("x", vec![1.0, 1.0, 0.0, 0.0, 0.0, 0.0])]);
    let found = fit(&vars, Family::Poisson, Errors::Iid).unwrap();
    assert_eq!((lost(&found), found.coefficients.len()), (2, 1));
    assert!(near(found.coefficients[0].estimate, 1.5f64.ln(), 1e-9));
    let vars = ModelVariables::new(
        ("y", y),
        vec![("a", vec![2.0, -1.0, 0.0, 0.0, 5.0, 6.0]), ("b", vec![-1.0, 2.0, 0.0, 0.0, -10.0, -12.0])],
    );
    let found = fit(&vars, Family::Poisson, Errors::Iid).unwrap();
    assert_eq!(lost(&found), 1);
    assert!(found.ledger.0.iter().any(|loss| loss.column == "2 a + b"), "{:?}", found.ledger);
    // Neither effect alone has a level of zeros, together they separate the third row.
    let vars = ModelVariables::new(("y", vec![0.0, 1.0, 0.0, 0.0, 1.0]), vec![])
        .absorb("f", factor(|i| [1, 1, 2, 2, 2][i], 5))
        .absorb("g", factor(|i| [1, 1, 1, 2, 2][i], 5))
        .keep_singletons();
    let found = fit(&vars, Family::Poisson, Errors::Iid);
    match found {
        Ok(found) => assert_eq!(lost(&found), 1),
        // Four rows are left for three parameters.
        Err(error) => panic!("{error}"),
    }
    let vars =
        ModelVariables::new(("y", vec![0.0, 0.0, 1.0, 1.0, 0.0, 1.0]), vec![("x", vec![0.0, 0.0, 0.0, 0.0, 0.0, 1.0])]);
    let found = fit(&vars, Family::Binomial(Link::Logit), Errors::Iid).unwrap();
    assert_eq!(lost(&found), 1);
    // Kept, the coefficient grows until nothing is left to gain.
    let kept =
        MaximumLikelihood { separation: Separation::KEEP, ..MaximumLikelihood::of(Family::Binomial(Link::Logit)) };
    let request = ModelRequest { method: Some(Method::Likelihood(kept)), ..ModelRequest::default() };
    let kept = fit_model(&request, &vars, &AbsorberCache::new()).unwrap();
    assert!(kept.coefficients[1].estimate > 8.0 && lost(&kept) == 0);
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for family in FAMILIES {
        let s = sample(family, 5400);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit(&absorbed(&s), family, Errors::Cluster(vec!["unit".into()])).unwrap())
        };
        assert_eq!(on(1), on(3), "{family:?}");
    }
}

#[test]
fn what_has_no_likelihood_is_said() {
    let x = vec![0.1, 0.5, 0.3, 0.9, 0.2, 0.8];
    let of = |y: Vec<f64>, family| {
        fit(&ModelVariables::new(("y", y), vec![("x", x.clone())]), family, Errors::Iid).unwrap_err().to_string()
    };
    let negative = of(vec![1.0, 2.0, -1.0, 0.0, 3.0, 1.0], Family::Poisson);
    assert!(negative.contains("1 values of the outcome y") && negative.contains("row 3"), "{negative}");
    let share = of(vec![0.5, 0.0, 1.0, 0.0, 1.0, 1.0], Family::Binomial(Link::Logit));
    assert!(share.contains("fractional"), "{share}");
    let half = of(vec![0.5, 0.0, 1.0, 0.0, 1.0, 1.0], Family::NegativeBinomial { theta: 1.0 });
    assert!(half.contains("whole numbers"), "{half}");
    let even = of(vec![3.0, 3.0, 3.0, 3.0, 3.0, 4.0], Family::NegativeBinomial { theta: 1.0 });
    assert!(even.contains("not overdispersed"), "{even}");
    let perfect = of(vec![0.0, 0.0, 0.0, 1.0, 0.0, 1.0], Family::Binomial(Link::Logit));
    assert!(perfect.contains("separated x"), "{perfect}");
}
