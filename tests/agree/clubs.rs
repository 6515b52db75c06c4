//! Convergence clubs by a second route: the search written out naively, panels whose clubs are known, the trend against its first-order condition.

use isard::infer::panel::clubs::{ClubSearch, ClubsFault, hodrick_prescott};
use isard::infer::panel::log_t::{Dispersion, LogTConvention, LogTRegression};
use isard::monte::Streams;

/// Log levels `path_c + spread_i / (log(t + 1) t^alpha) + noise` of clubs with paths of their own, in an order without meaning.
fn panel(sizes: &[usize], periods: usize, alpha: f64, noise: f64, seed: u64) -> (Vec<Vec<f64>>, Vec<usize>) {
    let streams = Streams::new(seed);
    let (mut values, mut truth): (Vec<Vec<f64>>, Vec<usize>) = (Vec::new(), Vec::new());
    for (club, &size) in sizes.iter().enumerate() {
        for i in 0..size {
            let mut stream = streams.stream(&format!("club {club} unit {i}"), 0);
            let spread = 0.4 * stream.normal();
            let path = (0..periods).map(|t| {
                let time = t as f64 + 1.0;
                let level = 8.0 + (0.035 - 0.015 * club as f64) * time;
                level + spread / ((time + 1.0).ln() * time.powf(alpha)) + noise * stream.normal()
            });
            values.push(path.collect());
            truth.push(club);
        }
    }
    let order = |i: usize| (i * 7919) % values.len();
    let shuffled: Vec<usize> = (0..values.len()).map(order).collect();
    (shuffled.iter().map(|&i| values[i].clone()).collect(), shuffled.iter().map(|&i| truth[i]).collect())
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("u{i:03}")).collect()
}

#[test]
fn clubs_of_known_panels_are_found() {
    for seed in 0..6 {
        let (values, truth) = panel(&[11, 13, 7], 40, 0.4, 0.0004, seed);
        let found = ClubSearch::default().search(&values, &names(values.len())).unwrap();
        assert!(found.all.t < -1.65, "all converge: {}", found.all.t);
        assert_eq!(
            found.clubs.len(),
            3,
            "seed {seed}: {:?}",
            found.clubs.iter().map(|c| c.units.len()).collect::<Vec<_>>()
        );
        for (number, club) in found.clubs.iter().enumerate() {
            assert!(club.units.iter().all(|&unit| truth[unit] == number), "seed {seed}: a stranger in club {number}");
        }
        assert!(found.divergent.is_empty(), "seed {seed}: {:?}", found.divergent);
        let (values, _) = panel(&[31], 40, 0.4, 0.0004, seed);
        let one = ClubSearch::default().search(&values, &names(31)).unwrap();
        assert_eq!((one.clubs.len(), one.clubs[0].units.len()), (1, 31), "seed {seed}");
    }
}

/// t of the regression from the textbook's formulas: dispersion from its definition, slope and residuals by hand, long-run variance by a double sum.
fn t_by_hand(values: &[Vec<f64>], units: &[usize]) -> f64 {
    let (n, periods) = (units.len() as f64, values[0].len());
    let dispersion = |t: usize| {
        let mean = units.iter().map(|&i| values[i][t]).sum::<f64>() / n;
        units.iter().map(|&i| (values[i][t] / mean - 1.0) * (values[i][t] / mean - 1.0)).sum::<f64>() / n
    };
    let from = (0.3 * periods as f64).floor() as usize;
    let x: Vec<f64> = (from..=periods).map(|t| (t as f64).ln()).collect();
    let y: Vec<f64> =
        (from..=periods).map(|t| dispersion(0).ln() - dispersion(t - 1).ln() - 2.0 * (t as f64).ln().ln()).collect();
    let m = x.len() as f64;
    let (mx, my) = (x.iter().sum::<f64>() / m, y.iter().sum::<f64>() / m);
    let sxx = x.iter().map(|v| (v - mx).powi(2)).sum::<f64>();
    let b = x.iter().zip(&y).map(|(a, c)| (a - mx) * (c - my)).sum::<f64>() / sxx;
    let e: Vec<f64> = x.iter().zip(&y).map(|(a, c)| c - my - b * (a - mx)).collect();
    let k = e.len();
    let (before, after) = (&e[..k - 1], &e[1..]);
    let (mb, ma) = (before.iter().sum::<f64>() / (m - 1.0), after.iter().sum::<f64>() / (m - 1.0));
    let rho = before.iter().zip(after).map(|(p, q)| (p - mb) * (q - ma)).sum::<f64>()
        / before.iter().map(|p| (p - mb).powi(2)).sum::<f64>();
    let bandwidth = 1.3221 * (4.0 * rho * rho / (1.0 - rho).powi(4) * m).powf(0.2);
    let weight = |lag: f64| {
        if lag == 0.0 {
            return 1.0;
        }
        let z = 6.0 * std::f64::consts::PI * lag / bandwidth / 5.0;
        3.0 * (z.sin() / z - z.cos()) / (z * z)
    };
    let pairs = (0..k).flat_map(|i| (0..k).map(move |j| (i, j)));
    let variance = pairs.map(|(i, j)| weight((i as f64 - j as f64).abs()) * e[i] * e[j]).sum::<f64>() / m;
    b / (variance / sxx).sqrt()
}

#[test]
fn the_search_written_out() {
    let (values, _) = panel(&[6, 5, 4], 30, 0.3, 0.003, 11);
    let search = ClubSearch { merge: false, raise: None, ..ClubSearch::default() };
    let found = search.search(&values, &names(values.len())).unwrap();
    let mut left: Vec<usize> = (0..values.len()).collect();
    left.sort_by(|&a, &b| values[b][29].total_cmp(&values[a][29]));
    let mut clubs: Vec<Vec<usize>> = Vec::new();
    loop {
        if left.len() > 1 && t_by_hand(&values, &left) > -1.65 {
            clubs.push(left.clone());
            left.clear();
        }
        let start = (0..left.len().saturating_sub(1)).find(|&k| t_by_hand(&values, &left[k..k + 2]) > -1.65);
        let Some(start) = start else { break };
        let prefixes: Vec<(f64, usize)> = (start + 2..=left.len())
            .map(|end| (t_by_hand(&values, &left[start..end]), end))
            .take_while(|(t, _)| *t > -1.65)
            .collect();
        let end = prefixes.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap().1;
        let core = left[start..end].to_vec();
        let joins =
            |unit: &usize| !core.contains(unit) && t_by_hand(&values, &[core.as_slice(), &[*unit]].concat()) > 0.0;
        let joined: Vec<usize> = left.iter().copied().filter(joins).collect();
        let club = [core.as_slice(), &joined].concat();
        left.retain(|unit| !club.contains(unit));
        clubs.push(club);
    }
    assert!(clubs.len() > 1, "a panel of several clubs");
    assert_eq!(found.clubs.iter().map(|club| club.units.clone()).collect::<Vec<_>>(), clubs);
    assert_eq!(found.divergent, left);
    for club in &found.clubs {
        let by_hand = t_by_hand(&values, &club.units);
        assert!((club.test.t - by_hand).abs() < 1e-8 * by_hand.abs().max(1.0), "{} against {by_hand}", club.test.t);
    }
}

#[test]
fn the_trend_satisfies_its_first_order_condition() {
    let (values, _) = panel(&[3], 25, 0.3, 0.2, 5);
    let mut trends = values.clone();
    hodrick_prescott(&mut trends, 400.0);
    for (series, trend) in values.iter().zip(&trends) {
        let bend = |t: usize| trend[t + 2] - 2.0 * trend[t + 1] + trend[t];
        for t in 0..25 {
            let from = |k: usize, weight: f64| if t >= k && t - k < 23 { weight * bend(t - k) } else { 0.0 };
            let gradient = trend[t] - series[t] + 400.0 * (from(0, 1.0) + from(1, -2.0) + from(2, 1.0));
            assert!(gradient.abs() < 1e-10, "{gradient}");
        }
    }
    let straight: Vec<f64> = (0..25).map(|t| 3.0 + 0.5 * f64::from(t)).collect();
    let mut kept = vec![straight.clone()];
    hodrick_prescott(&mut kept, 400.0);
    assert!(kept[0].iter().zip(&straight).all(|(a, b)| (a - b).abs() < 1e-10), "a straight line is its own trend");
}

#[test]
fn panels_that_cannot_be_searched() {
    let (values, _) = panel(&[4], 20, 0.3, 0.01, 1);
    let search = ClubSearch::default();
    let short: Vec<Vec<f64>> = values.iter().map(|unit| unit[..7].to_vec()).collect();
    assert_eq!(search.search(&short, &names(4)), Err(ClubsFault::Few { units: 4, periods: 7 }));
    assert!(matches!(search.search(&values[..2], &names(2)), Err(ClubsFault::Few { units: 2, .. })));
    assert!(matches!(search.search(&[], &[]), Err(ClubsFault::Few { units: 0, periods: 0 })));
    let trim = ClubSearch { regression: LogTRegression { trim: Some(0.95), ..LogTRegression::default() }, ..search };
    assert!(matches!(trim.search(&values, &names(4)), Err(ClubsFault::Few { .. })));
    let same = vec![values[0].clone(), values[0].clone(), values[0].clone()];
    assert!(matches!(search.search(&same, &names(3)), Err(ClubsFault::Alike { others: 2, .. })));
    let net: Vec<Vec<f64>> = (0..4).map(|i| values[i].iter().map(|_| [1.0, -1.0, 0.5, -0.5][i]).collect()).collect();
    assert_eq!(search.search(&net, &names(4)), Err(ClubsFault::NoLevel));
    let programs = LogTRegression { trim: Some(0.3), convention: LogTConvention::Programs };
    let dispersion = Dispersion::of(values.iter().map(Vec::as_slice));
    assert_eq!(
        (
            LogTRegression::default().fit(&dispersion.values).unwrap().from,
            programs.fit(&dispersion.values).unwrap().from
        ),
        (6, 7)
    );
}
