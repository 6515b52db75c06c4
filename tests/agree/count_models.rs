//! Groups given their totals by enumeration, hurdles in two halves, and margins with effects absorbed and as dummies.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::{ModelVariables, WeightKind};
use isard::estimate::likelihood::{Conditional, Counting, Counts, DirectLikelihood};
use isard::estimate::{Family, Fit, Link, MaximumLikelihood, Method, ModelRequest, fit_model};
use isard::panel::Factor;
use isard::vcov::Errors;
use nalgebra::{DMatrix, DVector};

use crate::support::Bench;

use super::likelihood::uniform;

const GROUPS: usize = 12;
const MEMBERS: usize = 5;

struct Sample {
    choice: Vec<f64>,
    count: Vec<f64>,
    x: Vec<f64>,
    z: Vec<f64>,
}

fn sample() -> Sample {
    let n = GROUPS * MEMBERS;
    let x: Vec<f64> = (0..n).map(|i| 2.0 * uniform(i + 1, 2) - 1.0).collect();
    let z: Vec<f64> = (0..n).map(|i| uniform(i + 7, 3)).collect();
    let choice = (0..n).map(|i| f64::from(uniform(i + 3, 5) < 0.45 + 0.25 * x[i])).collect();
    let count = (0..n).map(|i| (6.0 * uniform(i + 11, 7).powi(2) * (0.5 * x[i]).exp()).floor()).collect();
    Sample { choice, count, x, z }
}

fn group(i: usize) -> usize {
    i / MEMBERS
}

fn variables(s: &Sample, outcome: &[f64], grouped: bool) -> ModelVariables {
    let vars = ModelVariables::new(("y", outcome.to_vec()), vec![("x", s.x.clone()), ("z", s.z.clone())]);
    let names: Vec<String> = (0..outcome.len()).map(|i| format!("g{:02}", group(i))).collect();
    let factor = Factor::from_values(names.iter().map(|name| Some(name.as_str())));
    if grouped { vars.absorb("g", factor) } else { vars }
}

fn fit(vars: &ModelVariables, method: Method) -> Fit {
    let request = ModelRequest { method: Some(method), errors: Errors::Iid, ..ModelRequest::default() };
    fit_model(&request, vars, &AbsorberCache::new()).unwrap()
}

fn estimates(fit: &Fit) -> DVector<f64> {
    DVector::from_iterator(fit.coefficients.len(), fit.coefficients.iter().map(|c| c.estimate))
}

/// A likelihood by brute force: at the estimate it is the fit's, flat, and bent by the inverse of its covariance.
fn is_maximum(fit: &Fit, log: impl Fn(&DVector<f64>) -> f64) {
    let b = estimates(fit);
    let k = b.len();
    let known = fit.likelihood.as_ref().unwrap();
    assert!(
        (log(&b) - known.log_likelihood).abs() < 1e-9 * known.log_likelihood.abs(),
        "{} {}",
        log(&b),
        known.log_likelihood
    );
    let h = 1e-3;
    let moved = |by: &[(usize, f64)]| {
        let mut to = b.clone();
        by.iter().for_each(|&(j, by)| to[j] += by);
        log(&to)
    };
    let slope = |j: usize| (moved(&[(j, h)]) - moved(&[(j, -h)])) / (2.0 * h);
    let mut information = DMatrix::zeros(k, k);
    for i in 0..k {
        assert!(slope(i).abs() < 1e-4, "{i} {}", slope(i));
        for j in 0..k {
            let cross = moved(&[(i, h), (j, h)]) - moved(&[(i, h), (j, -h)]) - moved(&[(i, -h), (j, h)])
                + moved(&[(i, -h), (j, -h)]);
            information[(i, j)] = -cross / (4.0 * h * h);
        }
    }
    // The dialect's factor is no part of the likelihood.
    let covariance = information.try_inverse().unwrap() * fit.errors.factors.k_factor;
    for i in 0..k {
        for j in 0..k {
            let scale = (covariance[(i, i)] * covariance[(j, j)]).sqrt();
            assert!((covariance[(i, j)] - fit.covariance[i][j]).abs() < 1e-4 * scale, "{i} {j}");
        }
    }
}

#[test]
fn conditional_logit_and_all_choices() {
    let s = sample();
    let method = Method::Direct(DirectLikelihood::Conditional(Conditional::Logit));
    let fit = fit(&variables(&s, &s.choice, true), method);
    let log = |b: &DVector<f64>| {
        let of = |g: usize| {
            let rows: Vec<usize> = (g * MEMBERS..(g + 1) * MEMBERS).collect();
            let index: Vec<f64> = rows.iter().map(|&i| b[0] * s.x[i] + b[1] * s.z[i]).collect();
            let ones: f64 = rows.iter().map(|&i| s.choice[i]).sum();
            let sum = |set: usize| -> f64 { (0..MEMBERS).filter(|k| set >> k & 1 == 1).map(|k| index[k]).sum() };
            let sets = (0..1usize << MEMBERS).filter(|set| f64::from(set.count_ones()) == ones);
            let all: f64 = sets.map(|set| sum(set).exp()).sum();
            rows.iter().enumerate().map(|(k, &i)| s.choice[i] * index[k]).sum::<f64>() - all.ln()
        };
        (0..GROUPS).map(of).sum::<f64>()
    };
    is_maximum(&fit, log);
}

/// The negative binomial's groups: products of densities over the density of the sum by convolution, for any common odds.
#[test]
fn conditional_negbin_and_convolutions() {
    let s = sample();
    let method = Method::Direct(DirectLikelihood::Conditional(Conditional::Negbin));
    let fit = fit(&variables(&s, &s.count, true), method);
    assert_eq!(fit.coefficients[0].term, "(Intercept)");
    for p in [0.3f64, 0.6] {
        // (λ)_y / y! (1-p)^λ p^y.
        let density = |size: f64, y: usize| {
            (0..y).fold((1.0 - p).powf(size), |f, k| f * (size + k as f64) / (k as f64 + 1.0) * p)
        };
        let log = |b: &DVector<f64>| {
            let of = |g: usize| {
                let rows: Vec<usize> = (g * MEMBERS..(g + 1) * MEMBERS).collect();
                let total = rows.iter().map(|&i| s.count[i]).sum::<f64>() as usize;
                let mut sum = vec![0.0; total + 1];
                sum[0] = 1.0;
                let mut own = 0.0;
                for &i in &rows {
                    let size = (b[0] + b[1] * s.x[i] + b[2] * s.z[i]).exp();
                    own += density(size, s.count[i] as usize).ln();
                    sum = (0..=total).map(|t| (0..=t).map(|y| density(size, y) * sum[t - y]).sum()).collect();
                }
                own - sum[total].ln()
            };
            (0..GROUPS).map(of).sum::<f64>()
        };
        is_maximum(&fit, log);
    }
}

/// Poisson given the totals of groups is the multinomial, and Poisson with their effects (Hausman, Hall and Griliches 1984).
#[test]
fn poisson_with_effects_and_the_multinomial() {
    let s = sample();
    let mut fit = fit(&variables(&s, &s.count, true), Method::Likelihood(MaximumLikelihood::of(Family::Poisson)));
    let log = |b: &DVector<f64>| {
        let of = |g: usize| {
            let rows: Vec<usize> = (g * MEMBERS..(g + 1) * MEMBERS).collect();
            let index: Vec<f64> = rows.iter().map(|&i| b[0] * s.x[i] + b[1] * s.z[i]).collect();
            let all = index.iter().map(|eta| eta.exp()).sum::<f64>().ln();
            rows.iter().zip(&index).map(|(&i, eta)| s.count[i] * (eta - all)).sum::<f64>()
        };
        (0..GROUPS).map(of).sum::<f64>()
    };
    // The likelihoods differ by what the totals tell.
    let at = log(&estimates(&fit));
    fit.likelihood.as_mut().unwrap().log_likelihood = at;
    is_maximum(&fit, log);
}

#[test]
fn a_hurdle_in_two_halves() {
    let s = sample();
    let mut vars = variables(&s, &s.count, false);
    vars.regressors.push(("zero_z".into(), Arc::new(s.z.clone())));
    let counts = Counts::Hurdle(Counting::Poisson);
    let whole = fit(&vars, Method::Direct(DirectLikelihood::Counts { counts, zeros: 1, against: Vec::new() }));
    let positive: Vec<f64> = s.count.iter().map(|&y| f64::from(y > 0.0)).collect();
    let mut of_zeros = variables(&s, &positive, false);
    of_zeros.regressors.remove(0);
    let logit = fit(&of_zeros, Method::Likelihood(MaximumLikelihood::of(Family::Binomial(Link::Logit))));
    for (term, half) in [("zero_(Intercept)", "(Intercept)"), ("zero_z", "z")] {
        let find = |fit: &Fit, term: &str| fit.coefficients.iter().find(|c| c.term == term).unwrap().estimate;
        assert!((find(&whole, term) - find(&logit, half)).abs() < 1e-8, "{term}");
    }
}

/// A study of one method with effects absorbed, and as dummies.
fn twice(method: &str, outcome: &str) -> Bench {
    let model = |name: &str, effects: &str| {
        format!(
            "[[model]]\nname = \"{name}\"\nmethod = \"{method}\"\nformula = \"{outcome} ~ x + I(x^2) + z {effects}\"\nerrors = \"hc1\"\n\
             margins = [{{ of = \"x\" }}, {{ of = \"z\", as = \"semi_elasticity\" }}, {{ of = \"x\", at = {{ z = 0.4 }} }}]\n"
        )
    };
    let s = sample();
    let mut rows = String::from("id,t,g,y,c,s,x,z\n");
    for i in 0..s.x.len() {
        let share = 0.2 + 0.6 * uniform(i + 5, 11) * s.choice[i] + 0.1 * s.z[i];
        let (x, z) = (s.x[i], s.z[i]);
        rows += &format!("{i},1,g{},{},{},{share},{x},{z}\n", group(i) % 3, s.count[i], s.choice[i]);
    }
    let text = format!(
        "title = \"t\"\n[data]\npanel = \"rows.csv\"\nunit = \"id\"\ntime = \"t\"\n{}{}",
        model("absorbed", "| g"),
        model("dummies", "+ i(g)")
    );
    Bench::new().file("rows.csv", &rows).file("study.toml", &text)
}

#[test]
fn margins_with_effects_absorbed_and_as_dummies() {
    let cases =
        [("poisson", "y"), ("gamma", "y"), ("logit", "c"), ("probit", "c"), ("cloglog", "c"), ("fractional", "s")];
    for (method, outcome) in cases {
        let bench = twice(method, outcome);
        bench.succeeds();
        let text = bench.result("margins.csv");
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let at = |name: &str| header.iter().position(|known| *known == name).unwrap();
        let rows: Vec<Vec<&str>> = lines.collect();
        let of = |model: &str| rows.iter().filter(|row| row[at("model")] == model).cloned().collect::<Vec<_>>();
        let (absorbed, dummies) = (of("absorbed"), of("dummies"));
        assert_eq!((absorbed.len(), dummies.len()), (3, 3), "{text}");
        for (a, b) in absorbed.iter().zip(&dummies) {
            for column in ["estimate", "std_error"] {
                let number = |row: &Vec<&str>| row[at(column)].parse::<f64>().unwrap();
                let gap = (number(a) - number(b)).abs();
                assert!(gap <= 1e-6 * number(b).abs().max(1e-3), "{method} {column}: {a:?} {b:?}");
            }
        }
    }
}

/// An endogenous regressor, its instrument, and an outcome that both move.
fn instrumented(grouped: bool, as_dummies: bool) -> (Sample, Vec<f64>, ModelVariables) {
    let s = sample();
    let q: Vec<f64> = (0..s.x.len()).map(|i| uniform(i + 13, 13) + 0.6 * s.x[i]).collect();
    let mut vars = variables(&s, &s.count, grouped);
    vars.regressors.remove(0);
    vars.endogenous.push(("x".into(), Arc::new(s.x.clone())));
    vars.instruments.push(("q".into(), Arc::new(q.clone())));
    for level in 1..GROUPS {
        if as_dummies {
            let column = (0..s.x.len()).map(|i| f64::from(group(i) == level)).collect();
            vars.regressors.push((format!("g{level}"), Arc::new(column)));
        }
    }
    (s, q, vars)
}

fn control(vars: &ModelVariables) -> Fit {
    let method = Some(Method::Likelihood(MaximumLikelihood::of(Family::Poisson)));
    let request = ModelRequest { method, errors: Errors::Hc1, ..ModelRequest::default() };
    fit_model(&request, vars, &AbsorberCache::new()).unwrap()
}

/// The control function's errors and those of both stages' moments stacked, their Jacobian by differences.
#[test]
fn a_control_function_and_stacked_moments() {
    let (s, q, vars) = instrumented(false, false);
    let fit = control(&vars);
    let n = s.x.len();
    let first = DMatrix::from_fn(n, 3, |i, j| [1.0, s.z[i], q[i]][j]);
    let x = DVector::from_column_slice(&s.x);
    let pi = (first.transpose() * &first).cholesky().unwrap().solve(&(first.transpose() * &x));
    let order = ["(Intercept)", "x", "z", "residual(x)"];
    let find = |term: &str| fit.coefficients.iter().position(|c| c.term == term).unwrap();
    let b = order.map(|term| fit.coefficients[find(term)].estimate);
    let at = DVector::from_iterator(7, pi.iter().copied().chain(b));
    let moments = |p: &DVector<f64>, i: usize| {
        let v = s.x[i] - (p[0] + p[1] * s.z[i] + p[2] * q[i]);
        let left = s.count[i] - (p[3] + p[4] * s.x[i] + p[5] * s.z[i] + p[6] * v).exp();
        DVector::from_column_slice(&[v, s.z[i] * v, q[i] * v, left, s.x[i] * left, s.z[i] * left, v * left])
    };
    let total = |p: &DVector<f64>| (0..n).fold(DVector::zeros(7), |sum, i| sum + moments(p, i));
    assert!(total(&at).amax() < 1e-6, "{}", total(&at));
    let mut jacobian = DMatrix::zeros(7, 7);
    for j in 0..7 {
        let step = DVector::from_fn(7, |k, _| if k == j { 1e-5 } else { 0.0 });
        jacobian.set_column(j, &((total(&(&at + &step)) - total(&(&at - &step))) / 2e-5));
    }
    let meat = (0..n).fold(DMatrix::zeros(7, 7), |sum, i| {
        let m = moments(&at, i);
        sum + &m * m.transpose()
    });
    let inverse = jacobian.try_inverse().unwrap();
    let covariance = &inverse * meat * inverse.transpose();
    for (k, term) in order.iter().enumerate() {
        // HC1 is N/(N-K), in two parts.
        let factor = n as f64 / (n as f64 - 1.0) * fit.errors.factors.k_factor;
        let found = fit.coefficients[find(term)].std_error / factor.sqrt();
        let expected = covariance[(3 + k, 3 + k)].sqrt();
        assert!((found - expected).abs() < 1e-6 * expected, "{term} {found} {expected}");
    }
}

#[test]
fn a_control_function_with_effects_absorbed_and_as_dummies() {
    let (short, long) = (control(&instrumented(true, false).2), control(&instrumented(false, true).2));
    for term in ["x", "z", "residual(x)"] {
        let find = |fit: &Fit| fit.coefficients.iter().find(|c| c.term == term).unwrap().clone();
        let (a, b) = (find(&short), find(&long));
        assert!((a.estimate - b.estimate).abs() < 1e-7, "{term} {} {}", a.estimate, b.estimate);
        let factor = (long.errors.factors.k_factor / short.errors.factors.k_factor).sqrt();
        assert!(
            (a.std_error * factor - b.std_error).abs() < 1e-6 * b.std_error,
            "{term} {} {}",
            a.std_error,
            b.std_error
        );
    }
}

/// Counts with more variance than Poisson's in groups and periods of their own.
fn excessive() -> ([Vec<f64>; 3], [Vec<usize>; 2]) {
    let (groups, periods) = (14, 9);
    let cells = || (0..groups).flat_map(move |g| (0..periods).map(move |t| (g, t)));
    let x: Vec<f64> = (0..groups * periods).map(|i| 2.0 * uniform(i + 5, 11) - 1.0).collect();
    let z: Vec<f64> = (0..groups * periods).map(|i| uniform(i + 17, 13)).collect();
    let count = cells()
        .enumerate()
        .map(|(i, (g, t))| {
            let mean = (0.6 + 0.5 * x[i] - 0.3 * z[i] + 0.08 * g as f64 - 0.05 * t as f64).exp();
            let burst = if uniform(i + 23, 17) < 0.2 { 4.0 } else { 0.5 };
            (mean * burst * 2.0 * uniform(i + 29, 19)).round()
        })
        .collect();
    ([count, x, z], [cells().map(|(g, _)| g).collect(), cells().map(|(_, t)| t).collect()])
}

fn factor(codes: &[usize]) -> Factor {
    let names: Vec<String> = codes.iter().map(|code| format!("l{code:02}")).collect();
    Factor::from_values(names.iter().map(|name| Some(name.as_str())))
}

/// NB1 with effects concentrated out under the observed information, some of whose rows are negative, against the same with dummies by
/// Newton's method on all parameters.
#[test]
fn an_excess_with_effects_absorbed_and_as_dummies() {
    let ([count, x, z], [group, period]) = excessive();
    let dummies = |codes: &[usize], name: &str| -> Vec<(String, Vec<f64>)> {
        let most = codes.iter().max().copied().unwrap_or(0);
        let of = |level: usize| codes.iter().map(|&code| f64::from(code == level)).collect();
        (1..=most).map(|level| (format!("{name}{level}"), of(level))).collect()
    };
    let base = || vec![("x", x.clone()), ("z", z.clone())];
    let negbin1 =
        || Method::Direct(DirectLikelihood::Counts { counts: Counts::Negbin1, zeros: 0, against: Vec::new() });
    let weights: Vec<f64> = (0..count.len()).map(|i| 0.5 + uniform(i + 31, 23)).collect();
    for (two_ways, weighted) in [(false, false), (true, false), (true, true)] {
        let mut long: Vec<(String, Vec<f64>)> = base().into_iter().map(|(n, v)| (n.to_string(), v)).collect();
        long.extend(dummies(&group, "g"));
        let mut absorbed = ModelVariables::new(("y", count.clone()), base()).absorb("g", factor(&group));
        if two_ways {
            long.extend(dummies(&period, "t"));
            absorbed = absorbed.absorb("t", factor(&period));
        }
        let long: Vec<(&str, Vec<f64>)> = long.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
        let mut written = ModelVariables::new(("y", count.clone()), long);
        if weighted {
            let own = |vars: ModelVariables| vars.weight(WeightKind::Probability, "w", weights.clone());
            (absorbed, written) = (own(absorbed), own(written));
        }
        for errors in [Errors::Iid, Errors::Hc1] {
            let fit = |vars: &ModelVariables| {
                let request =
                    ModelRequest { method: Some(negbin1()), errors: errors.clone(), ..ModelRequest::default() };
                fit_model(&request, vars, &AbsorberCache::new()).unwrap()
            };
            let (ours, theirs) = (fit(&absorbed), fit(&written));
            for name in ["x", "z", ".delta"] {
                let of = |fit: &Fit| fit.coefficients.iter().find(|c| c.term == name).cloned().unwrap();
                let (a, b) = (of(&ours), of(&theirs));
                assert!(
                    (a.estimate - b.estimate).abs() < 1e-7 * (1.0 + b.estimate.abs()),
                    "{name}: {} {}",
                    a.estimate,
                    b.estimate
                );
                let (one, other) = (a.std_error, b.std_error);
                assert!((one / other - 1.0).abs() < 1e-6, "{two_ways} {weighted} {errors:?} {name}: {one} {other}");
            }
            let log = |fit: &Fit| fit.likelihood.as_ref().unwrap().log_likelihood;
            assert!((log(&ours) - log(&theirs)).abs() < 1e-8 * log(&theirs).abs(), "{} {}", log(&ours), log(&theirs));
            let null = |fit: &Fit| fit.likelihood.as_ref().unwrap().null_log_likelihood;
            assert!(
                (null(&ours) - null(&theirs)).abs() < 1e-6 * null(&theirs).abs(),
                "{} {}",
                null(&ours),
                null(&theirs)
            );
        }
    }
}

/// The family by itself is the same method: with a constant and without effects the constant is a parameter like others.
#[test]
fn an_excess_without_effects_by_both_names() {
    let ([count, x, z], _) = excessive();
    let vars = ModelVariables::new(("y", count), vec![("x", x), ("z", z)]);
    let direct = DirectLikelihood::Counts { counts: Counts::Negbin1, zeros: 0, against: Vec::new() };
    let one = fit(&vars, Method::Direct(direct));
    let other = fit(&vars, Method::Likelihood(MaximumLikelihood::of(Family::LinearNegativeBinomial { delta: 1.0 })));
    let named =
        |fit: &Fit| fit.coefficients.iter().map(|c| (c.term.clone(), c.estimate, c.std_error)).collect::<Vec<_>>();
    assert_eq!(named(&one), named(&other));
    assert_eq!(named(&one).iter().map(|c| c.0.as_str()).collect::<Vec<_>>(), ["(Intercept)", "x", "z", ".delta"]);
}
