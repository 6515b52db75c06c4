//! Shift-share inference by second routes: over sectors and over regions, sector by sector, one shock per region, the
//! confidence set by brute force, effects absorbed and as dummies, other orders.

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables, WeightKind};
use isard::estimate::shift_share::akm::{ShareSpace, region_errors};
use isard::estimate::shift_share::{
    ConfidenceSet, Exposure, NetVariables, ShareLine, ShareMatrix, ShareProjection, ShiftShare, ShiftShareRecord,
    Shocks, exposure_robust, fit_shift_share,
};
use isard::estimate::{Fit, ModelRequest};
use isard::note::Note;
use isard::panel::Factor;

/// Numbers between -1 and 1 that look random: a multiplicative generator (Lehmer, modulus 2^31 - 1).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 as f64 / 1_073_741_823.5 - 1.0
    }

    fn many(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.next()).collect()
    }
}

const SECTORS: usize = 12;

/// Shares of regions; complete ones sum to one.
fn shares(numbers: &mut Numbers, rows: usize, complete: bool) -> Vec<Vec<f64>> {
    (0..rows)
        .map(|_| {
            let raw: Vec<f64> = numbers.many(SECTORS).iter().map(|v| (v.max(-0.2) + 0.2).powi(2)).collect();
            let total = raw.iter().sum::<f64>() + if complete { 0.0 } else { 0.7 };
            raw.iter().map(|v| v / total).collect()
        })
        .collect()
}

struct Drawn {
    exposure: Exposure,
    outcome: Vec<f64>,
    treatment: Vec<f64>,
    control: Vec<f64>,
    weights: Vec<f64>,
}

impl Drawn {
    /// `strength` is how much the instrument moves the treatment.
    fn new(seed: u64, rows: usize, complete: bool, strength: f64) -> Drawn {
        let mut numbers = Numbers(seed);
        let shares = ShareMatrix::from_dense(&shares(&mut numbers, rows, complete)).unwrap();
        let shocks = numbers.many(SECTORS);
        let names = (0..SECTORS).map(|k| format!("{k}")).collect();
        let exposure = Exposure::from_arrays(shares, shocks, names, None).unwrap();
        // An error per sector makes regions with similar shares alike.
        let common = exposure.shares.times(&numbers.many(SECTORS));
        let control = numbers.many(rows);
        let noise = numbers.many(rows);
        let z = exposure.variable();
        let treatment: Vec<f64> =
            (0..rows).map(|r| strength * z[r] + 0.3 * noise[r] + common[r] + 0.2 * control[r]).collect();
        let own = numbers.many(rows);
        let outcome = (0..rows).map(|r| 0.5 * treatment[r] + own[r] - common[r] + control[r]).collect();
        let weights = numbers.many(rows).iter().map(|v| 1.5 + v).collect();
        Drawn { exposure, outcome, treatment, control, weights }
    }

    fn variables(&self) -> ModelVariables {
        ModelVariables::new(("y", self.outcome.clone()), vec![("c", self.control.clone())])
            .endogenous("x", self.treatment.clone())
            .instrument("z", self.exposure.variable())
            .weight(WeightKind::Analytic, "w", self.weights.clone())
    }

    fn fit(&self, vars: &ModelVariables) -> Fit {
        let design = DesignMatrix::build(vars, Default::default()).unwrap();
        let exposure = self.exposure.select(&design.sample.rows);
        let shift = ShiftShare { variable: "z".into(), exposure, balance: vec![] };
        fit_shift_share(&ModelRequest::default(), &design, &shift, &AbsorberCache::new()).unwrap()
    }
}

fn record(fit: &Fit) -> &ShiftShareRecord {
    fit.shift_share.as_ref().unwrap()
}

fn near(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs().max(1e-3), "{a} {b}");
}

#[test]
fn over_regions_over_sectors_and_sector_by_sector() {
    for complete in [true, false] {
        let drawn = Drawn::new(7, 150, complete, 2.0);
        let fit = drawn.fit(&drawn.variables());
        let found = record(&fit);
        near(found.shock_level_estimate, found.estimate.estimate, 1e-11);
        let total: f64 = found.rotemberg.iter().map(|row| row.weight).sum();
        let sum: f64 = found.rotemberg.iter().map(|row| row.weight * row.estimate).sum();
        near(total, 1.0, 1e-12);
        near(sum, found.estimate.estimate, 1e-11);
        let (first, reduced) = (found.first_stage.as_ref().unwrap(), found.reduced_form.as_ref().unwrap());
        near(reduced.estimate / first.estimate, found.estimate.estimate, 1e-12);
        // The same hypothesis in two equations: the errors that it implies differ by the first stage only.
        near(found.estimate.akm0_p, reduced.akm0_p, 1e-9);
        let told = fit.notes.iter().any(|note| matches!(note, Note::SharesIncomplete { .. }));
        assert_eq!(told, !complete, "the constant explains complete shares");
    }
}

#[test]
fn incomplete_shares_are_well_with_their_sum_among_the_controls() {
    let drawn = Drawn::new(9, 150, false, 2.0);
    let mut vars = drawn.variables();
    vars.regressors.push(("z_shares".into(), std::sync::Arc::new(drawn.exposure.share_sums())));
    let fit = drawn.fit(&vars);
    assert!(!fit.notes.iter().any(|note| matches!(note, Note::SharesIncomplete { .. })), "{:?}", fit.notes);
    near(record(&fit).shock_level_estimate, record(&fit).estimate.estimate, 1e-11);
}

#[test]
fn the_rotemberg_sum_holds_where_a_region_is_left_out_of_the_shocks() {
    let mut numbers = Numbers(3);
    let mut lines = Vec::new();
    let mut later = Vec::new();
    for region in 0..60 {
        for sector in 0..8 {
            let size = 20.0 + 15.0 * numbers.next();
            lines.push(ShareLine { region: format!("{region}"), sector: format!("{sector}"), share: size });
            later.push(size * (1.3 + 0.1 * f64::from(sector % 3) + 0.4 * numbers.next()));
        }
    }
    let names: Vec<String> = (0..60).map(|region| format!("{region}")).collect();
    let rows: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
    let shocks = Shocks::Growth { later, groups: None, leave_one_out: true };
    let (exposure, notes) = Exposure::build(&lines, &shocks, true, &rows).unwrap();
    assert!(notes.is_empty());
    let z = exposure.variable();
    let outcome: Vec<f64> = z.iter().map(|z| z + 0.1 * numbers.next()).collect();
    let vars = ModelVariables::new(("y", outcome), vec![("z", z)]);
    let design = DesignMatrix::build(&vars, Default::default()).unwrap();
    let shift = ShiftShare { variable: "z".into(), exposure, balance: vec![] };
    let fit = fit_shift_share(&ModelRequest::default(), &design, &shift, &AbsorberCache::new()).unwrap();
    let sum: f64 = record(&fit).rotemberg.iter().map(|row| row.weight * row.estimate).sum();
    near(sum, record(&fit).estimate.estimate, 1e-10);
}

#[test]
fn one_shock_per_region_is_the_robust_error() {
    let mut numbers = Numbers(11);
    let n = 40;
    let identity: Vec<Vec<f64>> = (0..n).map(|r| (0..n).map(|k| f64::from(r == k)).collect()).collect();
    let shares = ShareMatrix::from_dense(&identity).unwrap();
    let (z, x, y, w) = (numbers.many(n), numbers.many(n), numbers.many(n), numbers.many(n));
    let w: Vec<f64> = w.iter().map(|v| 2.0 + v).collect();
    let net = NetVariables { outcome: &y, treatment: &x, instrument: &z, weights: Some(&w) };
    // Pairs of regions as groups of shocks: the error clustered by them.
    let pairs: Vec<u32> = (0..n as u32).map(|r| r / 2).collect();
    for groups in [None, Some(pairs.as_slice())] {
        let projection = ShareProjection::new(&shares, Some(&w));
        let space = ShareSpace { shares: &shares, projection, groups };
        let found = exposure_robust(&net, &space, 0.0, 0.95).unwrap();
        let wanted = region_errors(&net, 1, groups);
        near(found.akm_error, wanted.clustered.unwrap_or(wanted.robust), 1e-12);
    }
}

#[test]
fn the_set_holds_what_the_test_does_not_reject() {
    let mut shapes = [0; 3];
    for (seed, strength) in [(5, 3.0), (6, 0.0), (8, 0.1), (13, 0.4), (21, 0.05), (34, 0.6)] {
        let drawn = Drawn::new(seed, 90, true, strength);
        let n = drawn.outcome.len();
        let centred = |v: &[f64]| {
            let mean = v.iter().sum::<f64>() / n as f64;
            v.iter().map(|x| x - mean).collect::<Vec<f64>>()
        };
        let (z, x, y) = (centred(&drawn.exposure.variable()), centred(&drawn.treatment), centred(&drawn.outcome));
        let net = NetVariables { outcome: &y, treatment: &x, instrument: &z, weights: None };
        let shares = &drawn.exposure.shares;
        let space = ShareSpace { shares, projection: ShareProjection::new(shares, None), groups: None };
        let set = exposure_robust(&net, &space, 0.0, 0.95).unwrap().akm0_set;
        shapes[match set {
            ConfidenceSet::Interval { .. } => 0,
            ConfidenceSet::Rays { .. } => 1,
            ConfidenceSet::Line => 2,
        }] += 1;
        for step in -400..=400 {
            let value = f64::from(step) * 0.0503;
            let p = exposure_robust(&net, &space, value, 0.95).unwrap().akm0_p;
            // On the edge the two may differ by rounding.
            if (p - 0.05).abs() > 1e-9 {
                assert_eq!(set.contains(value), p > 0.05, "seed {seed}: {value} has p = {p}, {set:?}");
            }
        }
    }
    assert!(shapes.iter().all(|count| *count > 0), "every shape occurs: {shapes:?}");
}

#[test]
fn effects_absorbed_and_as_dummies() {
    let drawn = Drawn::new(17, 150, false, 2.0);
    let level = |r: usize| r * 7 % 5;
    let names: Vec<String> = (0..150).map(|r| format!("f{}", level(r))).collect();
    let factor = Factor::from_values(names.iter().map(|name| Some(name.as_str())));
    let absorbed = drawn.fit(&drawn.variables().absorb("f", factor));
    let mut vars = drawn.variables();
    for l in 1..5 {
        let column = (0..150).map(|r| f64::from(level(r) == l)).collect();
        vars.regressors.push((format!("f{l}"), std::sync::Arc::new(column)));
    }
    let dummies = drawn.fit(&vars);
    let (a, b) = (record(&absorbed), record(&dummies));
    near(a.estimate.estimate, b.estimate.estimate, 1e-10);
    near(a.estimate.akm, b.estimate.akm, 1e-10);
    near(a.shock_level_error, b.shock_level_error, 1e-10);
    near(a.estimate.homoskedastic, b.estimate.homoskedastic, 1e-10);
    for (p, q) in a.rotemberg.iter().zip(&b.rotemberg) {
        assert_eq!(p.sector, q.sector);
        near(p.weight, q.weight, 1e-9);
        near(p.first_stage_f, q.first_stage_f, 1e-8);
    }
    // A control twice goes, with a note, and changes nothing.
    let twice = vars.regressors[0].1.iter().map(|c| 2.0 * c).collect::<Vec<f64>>();
    vars.regressors.push(("twice".into(), std::sync::Arc::new(twice)));
    let with_twice = drawn.fit(&vars);
    assert!(with_twice.notes.iter().any(|note| matches!(note, Note::Collinear { term, .. } if term == "twice")));
    near(record(&with_twice).estimate.akm, b.estimate.akm, 1e-12);
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let drawn = Drawn::new(23, 120, true, 1.0);
    let order: Vec<u32> = (0..120).map(|r| r * 77 % 120).map(|r| r as u32).collect();
    let shuffle = |v: &[f64]| order.iter().map(|&r| v[r as usize]).collect::<Vec<f64>>();
    let other = Drawn {
        exposure: drawn.exposure.select(&order),
        outcome: shuffle(&drawn.outcome),
        treatment: shuffle(&drawn.treatment),
        control: shuffle(&drawn.control),
        weights: shuffle(&drawn.weights),
    };
    let (a, b) = (drawn.fit(&drawn.variables()), other.fit(&other.variables()));
    near(record(&a).estimate.akm, record(&b).estimate.akm, 1e-11);
    near(record(&a).estimate.akm0.length(), record(&b).estimate.akm0.length(), 1e-9);
}
