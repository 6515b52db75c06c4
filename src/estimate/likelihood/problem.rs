//! [`Problem`]: the rows of a likelihood, and [`Point`]: what they are at an index.

use rayon::prelude::*;

use super::family::Family;
use super::sweep::Sweep;
use crate::design::DesignMatrix;

/// Rows that are gone through at once.
const BLOCK: usize = 4096;

/// A step of a row that the rest of the sample does not explain near a maximum; those of probit fall as the inverse of the index.
const FLIGHT: f64 = 0.05;

/// Least information of a row: far out it is lost in rounding, and weights must be positive.
const LEAST: f64 = 1e-290;

/// Outcome, offset and weights, in the order of a sweep.
#[derive(Clone)]
pub(super) struct Problem {
    pub(super) family: Family,
    pub(super) outcome: Vec<f64>,
    pub(super) offset: Option<Vec<f64>>,
    /// Weights of the rows.
    pub(super) weights: Option<Vec<f64>>,
}

/// An index of every row and what the likelihood is there.
pub(super) struct Point {
    /// The index, offset included.
    pub(super) index: Vec<f64>,
    /// Information times the row's weight.
    pub(super) weights: Vec<f64>,
    /// Score over information.
    pub(super) residuals: Vec<f64>,
    /// The log likelihood without constants.
    pub(super) log_likelihood: f64,
}

impl Point {
    /// A point of which only the index is known yet.
    pub(super) fn on(index: Vec<f64>) -> Point {
        let room = vec![0.0; index.len()];
        Point { weights: room.clone(), residuals: room, index, log_likelihood: f64::NAN }
    }
}

impl Problem {
    pub(super) fn of(design: &DesignMatrix, family: Family, sweep: &Sweep) -> Problem {
        Problem {
            family,
            outcome: sweep.arrange(&design.outcome.values),
            offset: design.offset.as_ref().map(|offset| sweep.arrange(&offset.values)),
            weights: design.weight_values().map(|weights| sweep.arrange(weights)),
        }
    }

    /// The mean outcome.
    pub(super) fn mean(&self) -> f64 {
        crate::estimate::working::mean(&self.outcome, self.weights.as_deref())
    }

    /// `Σ w f(y, x)` over blocks in a fixed order.
    pub(super) fn sum(&self, x: &[f64], f: impl Fn(f64, f64) -> f64 + Sync) -> f64 {
        let block = |(at, (y, x)): (usize, (&[f64], &[f64]))| {
            let from = at * BLOCK;
            let weights = self.weights.as_ref().map(|w| &w[from..from + y.len()]);
            let values = y.iter().zip(x).enumerate();
            values.map(|(i, (&y, &x))| weights.map_or(1.0, |w| w[i]) * f(y, x)).sum::<f64>()
        };
        let blocks: Vec<f64> = self.outcome.par_chunks(BLOCK).zip(x.par_chunks(BLOCK)).enumerate().map(block).collect();
        crate::linalg::sum(&blocks)
    }

    /// The likelihood at an index.
    pub(super) fn at(&self, index: Vec<f64>) -> Point {
        let mut point = Point::on(index);
        self.renew(&mut point);
        point
    }

    /// Everything of a point from its index, in the room that it has.
    pub(super) fn renew(&self, point: &mut Point) {
        match self.family {
            Family::Poisson => self.evaluate(point, |y, eta| Family::Poisson.density(y, eta)),
            family => self.evaluate(point, |y, eta| family.density(y, eta)),
        }
    }

    fn evaluate(&self, point: &mut Point, density: impl Fn(f64, f64) -> super::Density + Sync) {
        let Point { index, weights, residuals, log_likelihood } = point;
        let outputs = weights.par_chunks_mut(BLOCK).zip(residuals.par_chunks_mut(BLOCK));
        let inputs = self.outcome.par_chunks(BLOCK).zip(index.par_chunks(BLOCK));
        let blocks: Vec<f64> = inputs
            .zip(outputs)
            .enumerate()
            .map(|(at, ((outcome, index), (weights, residuals)))| {
                let own = self.weights.as_ref().map(|w| &w[at * BLOCK..]);
                let mut sum = 0.0;
                for (i, (&y, &eta)) in outcome.iter().zip(index).enumerate() {
                    let found = density(y, eta);
                    let information = found.information.max(LEAST);
                    let w = own.map_or(1.0, |w| w[i]);
                    weights[i] = w * information;
                    residuals[i] = found.score / information;
                    sum += w * found.log;
                }
                sum
            })
            .collect();
        *log_likelihood = crate::linalg::sum(&blocks);
    }

    /// Whether a step near the maximum still moves some row at a boundary of the outcome outward: by about one for each step
    /// where rows are separated, and by next to nothing where they are not.
    pub(super) fn flees(&self, step: &[f64]) -> bool {
        let rows = self.outcome.par_iter().zip(step).with_min_len(BLOCK);
        rows.any(|(&y, &step)| self.family.side(y) * step > FLIGHT)
    }

    /// The index to start from: outcomes drawn halfway to what they have in common.
    pub(super) fn start(&self) -> Vec<f64> {
        let mean = self.mean();
        self.outcome.par_iter().with_min_len(BLOCK).map(|&y| self.family.start(y, mean)).collect()
    }

    /// The log likelihood, without constants, of an index that is the same for all rows but for the offset.
    pub(super) fn null(&self) -> f64 {
        self.at(self.null_index()).log_likelihood
    }

    /// That index.
    pub(super) fn null_index(&self) -> Vec<f64> {
        let at = |index: f64| -> Vec<f64> {
            match &self.offset {
                None => vec![index; self.outcome.len()],
                Some(offset) => offset.iter().map(|offset| offset + index).collect(),
            }
        };
        let mut constant = self.family.index(self.mean());
        if self.offset.is_some() {
            // One parameter: Fisher's scoring from the mean, whose steps end in rounding.
            for _ in 0..100 {
                let point = self.at(at(constant));
                let step = crate::linalg::dot(&point.weights, &point.residuals) / crate::linalg::sum(&point.weights);
                constant += step.clamp(-3.0, 3.0);
                if step.abs() <= 1e-12 || step.is_nan() {
                    break;
                }
            }
        }
        at(constant)
    }
}
