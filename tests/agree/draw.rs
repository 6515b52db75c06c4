//! Small unbalanced panels drawn for these tests.

use isard::design::ModelVariables;
use isard::panel::Factor;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A drawn panel.
#[derive(Clone)]
pub struct Drawn {
    pub y: Vec<f64>,
    pub x1: Vec<f64>,
    pub x2: Vec<f64>,
    pub firm: Vec<u32>,
    pub year: Vec<u32>,
    pub region: Vec<u32>,
    pub weight: Vec<f64>,
}

impl Drawn {
    /// Draws `n` rows with `firms` firms, 9 years and 7 regions.
    pub fn panel(n: usize, firms: u32, seed: u64) -> Drawn {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut out = Drawn {
            y: Vec::new(),
            x1: Vec::new(),
            x2: Vec::new(),
            firm: Vec::new(),
            year: Vec::new(),
            region: Vec::new(),
            weight: Vec::new(),
        };
        for _ in 0..n {
            let (firm, year) = (rng.random_range(0..firms), rng.random_range(0..9u32));
            let noise: f64 = rng.random::<f64>() - 0.5;
            let x1 = rng.random::<f64>() + (f64::from(firm) * 0.7).sin();
            let x2 = rng.random::<f64>() * x1 + (f64::from(year) * 0.9).cos();
            out.y.push(1.5 * x1 - 0.5 * x2 + (f64::from(firm) * 0.3).cos() + f64::from(year) * 0.1 + noise);
            out.x1.push(x1);
            out.x2.push(x2);
            out.firm.push(firm);
            out.year.push(year);
            out.region.push((firm * 5 + year) % 7);
            out.weight.push(f64::from(rng.random_range(1..5u32)));
        }
        out
    }

    /// The rows at some positions.
    pub fn rows(&self, rows: &[usize]) -> Drawn {
        fn pick<T: Copy>(values: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().map(|&i| values[i]).collect()
        }
        Drawn {
            y: pick(&self.y, rows),
            x1: pick(&self.x1, rows),
            x2: pick(&self.x2, rows),
            firm: pick(&self.firm, rows),
            year: pick(&self.year, rows),
            region: pick(&self.region, rows),
            weight: pick(&self.weight, rows),
        }
    }

    /// `y ~ x1 + x2 | firm + year`, with region as cluster variable.
    pub fn model(&self) -> ModelVariables {
        self.plain().absorb("firm", factor(&self.firm)).absorb("year", factor(&self.year))
    }

    /// `y ~ x1 + x2`, with region as cluster variable.
    pub fn plain(&self) -> ModelVariables {
        ModelVariables::new(("y", self.y.clone()), vec![("x1", self.x1.clone()), ("x2", self.x2.clone())])
            .cluster("region", factor(&self.region))
            .cluster("year", factor(&self.year))
    }
}

/// Codes as a factor with levels in order of appearance.
pub fn factor(codes: &[u32]) -> Factor {
    let names: Vec<String> = codes.iter().map(ToString::to_string).collect();
    Factor::from_values(names.iter().map(|name| Some(name.as_str())))
}
