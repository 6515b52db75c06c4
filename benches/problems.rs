//! The named benchmark problems. The designs are those that fixest, FixedEffectModels.jl, pyfixest and `within` publish
//! (difficult and window), and one with the shape of official regional statistics.
//!
//! Each is drawn from a fixed seed with ChaCha: the same rows everywhere, but not the rows that other generators draw
//! from the same design.

use std::sync::Arc;

use isard::design::ModelVariables;
use isard::panel::Factor;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, Poisson, StandardNormal};

const SEED: u64 = 20100701;

/// A problem in memory.
pub struct Problem {
    pub name: &'static str,
    pub outcome: Vec<f64>,
    /// A count outcome for Poisson models, where the problem has one.
    #[allow(dead_code, reason = "for the benches of count models")]
    pub count: Vec<f64>,
    pub regressors: Vec<(&'static str, Vec<f64>)>,
    /// Effects in order: name, codes, an upper bound on the codes.
    pub effects: Vec<(&'static str, Vec<u32>, u32)>,
    /// The position of the effect by which errors are clustered.
    pub cluster: usize,
    /// The slope of the first regressor in the process.
    pub slope: f64,
}

impl Problem {
    /// The variables of the model with all regressors and effects.
    pub fn variables(&self) -> ModelVariables {
        let mut vars = ModelVariables::new(("y", self.outcome.clone()), self.regressors.clone());
        let factors: Vec<Factor> = self.effects.iter().map(|(_, codes, bound)| factor(codes, *bound)).collect();
        for ((name, ..), factor) in self.effects.iter().zip(&factors) {
            vars = vars.absorb(name, factor.clone());
        }
        let other = self.other_cluster();
        vars.cluster(self.effects[self.cluster].0, factors[self.cluster].clone())
            .cluster(self.effects[other].0, factors[other].clone())
            .keep_singletons()
    }

    /// The position of the effect by which errors can be clustered as well.
    pub fn other_cluster(&self) -> usize {
        self.effects.len() - 1 - usize::from(self.name == "regional")
    }
}

fn factor(codes: &[u32], bound: u32) -> Factor {
    let levels = (0..bound).map(|level| level.to_string()).collect();
    Factor { codes: Arc::new(codes.to_vec()), levels: Arc::new(levels) }
}

fn normal(rng: &mut impl Rng) -> f64 {
    StandardNormal.sample(rng)
}

fn normals(n: usize, rng: &mut impl Rng) -> Vec<f64> {
    (0..n).map(|_| normal(rng)).collect()
}

/// Worker, year, firm: ten years, n/10 workers, a firm for every 23 workers. Firms are drawn uniformly each year.
pub fn simple(n: usize) -> Problem {
    base("simple", n, false)
}

/// The same with firms in a fixed cycle: the graph of workers and firms is nearly disconnected.
pub fn difficult(n: usize) -> Problem {
    base("difficult", n, true)
}

fn base(name: &'static str, n: usize, is_difficult: bool) -> Problem {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let workers = (n / 10).max(1);
    let firms = (workers / 23).max(2);
    let (worker_effect, firm_effect, year_effect) =
        (normals(workers, &mut rng), normals(firms, &mut rng), normals(10, &mut rng));
    let n = workers * 10;
    let mut out = Problem {
        name,
        outcome: Vec::with_capacity(n),
        count: Vec::with_capacity(n),
        regressors: vec![("x1", Vec::with_capacity(n))],
        effects: vec![("worker", vec![], workers as u32), ("year", vec![], 10), ("firm", vec![], firms as u32)],
        cluster: 0,
        slope: 1.0,
    };
    for row in 0..n {
        let (worker, year) = (row / 10, row % 10);
        let firm = if is_difficult { row % firms } else { rng.random_range(0..firms) };
        let x = normal(&mut rng);
        let mean = x + 0.05 * x * x + worker_effect[worker] + firm_effect[firm] + year_effect[year];
        out.outcome.push(mean + normal(&mut rng));
        out.count.push(mixed_poisson((mean / 2.0).clamp(-6.0, 6.0).exp(), &mut rng));
        out.regressors[0].1.push(x);
        for (effect, code) in out.effects.iter_mut().zip([worker, year, firm]) {
            effect.1.push(code as u32);
        }
    }
    out
}

/// A Poisson count whose mean is multiplied by a gamma variable with mean one.
fn mixed_poisson(mean: f64, rng: &mut impl Rng) -> f64 {
    let Ok(gamma) = Gamma::new(2.0, 0.5) else { return 0.0 };
    Poisson::new(mean * gamma.sample(rng)).map_or(0.0, |poisson| poisson.sample(rng))
}

/// Firms from a window of 21 around the worker's own: long chains, on which plain projections stall.
pub fn window(n: usize) -> Problem {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let workers = (n / 20).max(1);
    let firms = (n / 160).max(2);
    let (mut worker, mut firm) = (Vec::with_capacity(n), Vec::with_capacity(n));
    let (mut x1, mut y) = (Vec::with_capacity(n), Vec::with_capacity(n));
    for _ in 0..n {
        let w = rng.random_range(0..workers);
        let f = ((w / 8) as i64 + rng.random_range(-10..11i64)).clamp(0, firms as i64 - 1);
        let x = normal(&mut rng) + 5.0 * (w as f64 / 1000.0).cos() + 5.0 * (f as f64 / 1000.0).sin();
        y.push(3.0 * x + (w as f64).sin() + (f as f64).cos() + normal(&mut rng));
        x1.push(x);
        worker.push(w as u32);
        firm.push(f as u32);
    }
    Problem {
        name: "window",
        outcome: y,
        count: Vec::new(),
        regressors: vec![("x1", x1)],
        effects: vec![("worker", worker, workers as u32), ("firm", firm, firms as u32)],
        cluster: 0,
        slope: 3.0,
    }
}

/// Region, industry, year, with holes and clustered shocks, as official data have them; three regressors.
pub fn regional(n: usize) -> Problem {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let (industries, years) = (800usize, 10usize);
    let regions = ((n as f64 / 0.45 / 800.0 / 10.0) as usize).max(20);
    let clusters = industries / 15;
    let region_shock: Vec<[f64; 2]> = (0..regions).map(|_| [normal(&mut rng), 0.1 * normal(&mut rng)]).collect();
    let industry_shock = normals(industries, &mut rng);
    let cluster_shock = normals(regions * clusters, &mut rng);
    let mut codes = [Vec::new(), Vec::new(), Vec::new()];
    let (mut growth, mut patents, mut strength) = (Vec::new(), Vec::new(), Vec::new());
    let (mut z0, mut z1) = (Vec::new(), Vec::new());
    for (r, [size_shock, growth_shock]) in region_shock.iter().enumerate() {
        for i in 0..industries {
            if rng.random::<f64>() >= 0.45 {
                continue;
            }
            for t in 0..years {
                let log_size = 3.0 + 1.5 * normal(&mut rng) + size_shock;
                let s = normal(&mut rng) + cluster_shock[r * clusters + i % clusters];
                let noise = growth_shock + 0.1 * industry_shock[i] + 0.3 * normal(&mut rng);
                growth.push(0.02 * s - 0.05 * log_size + noise);
                let rate = (-1.0 + 0.3 * s + 0.7 * size_shock).clamp(-6.0, 5.0).exp();
                patents.push(Poisson::new(rate).map_or(0.0, |poisson| poisson.sample(&mut rng)));
                strength.push(s);
                z0.push(normal(&mut rng));
                z1.push(normal(&mut rng));
                codes.iter_mut().zip([r, i, t]).for_each(|(column, code)| column.push(code as u32));
            }
        }
    }
    let [region, industry, year] = codes;
    Problem {
        name: "regional",
        outcome: growth,
        count: patents,
        regressors: vec![("strength", strength), ("z0", z0), ("z1", z1)],
        effects: vec![
            ("region", region, regions as u32),
            ("industry", industry, industries as u32),
            ("year", year, years as u32),
        ],
        cluster: 0,
        slope: 0.02,
    }
}
