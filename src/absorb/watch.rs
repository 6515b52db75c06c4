//! The rate of conjugate gradients as it is observed: error so far, iterations to come.
//!
//! Each iteration lowers the squared error, in the norm that is minimised, by a known number (Hestenes and Stiefel 1952).
//! The sum of the last few is the squared error that they removed, a lower estimate of the error before them (Strakos and
//! Tichy 2002), to which the steps still to come are added as a geometric series; how these sums fall is the rate.

/// How a column's iterations ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The error is under the goal.
    Converged,
    /// Another method is expected to be cheaper.
    Stalled,
    /// There were as many as were allowed.
    Exhausted,
}

/// When to give up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Iterations before the rate is looked at: the first few say little about the ones that follow.
    pub(super) first_look: usize,
    /// Iterations still to come at which another method is cheaper.
    pub(super) remaining: f64,
    /// Most iterations.
    pub(super) most: usize,
}

/// Ratio of one decrease to the one before it at which the rate counts as fast.
const STEADY: f64 = 0.1;

/// Most that decreases are taken to keep from one window to the next: an error is not extrapolated beyond threefold.
const SLOWEST: f64 = 0.9;

/// Decreases of one column's squared error.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    decreases: Vec<f64>,
}

impl Watch {
    pub(super) fn push(&mut self, decrease: f64) {
        self.decreases.push(decrease);
    }

    pub(super) fn iterations(&self) -> usize {
        self.decreases.len()
    }

    /// The error, not its square; infinite while nothing is known.
    pub(super) fn error(&self) -> f64 {
        let done = self.decreases.len();
        let Some(&last) = self.decreases.last() else { return f64::INFINITY };
        // Where each step takes nearly all that the one before it left, the last one's own is more than what is left.
        let ratio = |i: usize| self.decreases[i] / self.decreases[i - 1];
        if done == 2 && ratio(1) <= 0.01 {
            return last.sqrt();
        }
        if done > 2 {
            let slower = ratio(done - 1).max(ratio(done - 2));
            if slower <= STEADY {
                return last.sqrt();
            }
        }
        let window = (done / 4).max(4);
        if done < window {
            return f64::INFINITY;
        }
        // What the last few took off, and what those to come would, as these fall from window to window.
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
        let (before, late) = self.decreases.split_at(done - window);
        let early = &before[before.len() - before.len().min(window)..];
        let ratio = if early.is_empty() { SLOWEST } else { (mean(late) / mean(early)).min(SLOWEST) };
        (late.iter().sum::<f64>() / (1.0 - ratio)).sqrt()
    }

    /// Iterations still to come at the rate of the later half of those so far.
    fn remaining(&self, goal: f64) -> f64 {
        let (done, half) = (self.decreases.len(), self.decreases.len() / 2);
        let window = (done / 4).max(2).min(half);
        let sum = |end: usize| self.decreases[end - window..end].iter().sum::<f64>();
        let (early, late) = (sum(half), sum(done));
        let rate = (early / late).ln() / (2 * (done - half)) as f64;
        (late.sqrt() / goal).ln().max(0.0) / rate.max(1e-9)
    }

    /// Whether the error is under the goal; where the rate is fast and steady the step to come is counted in.
    fn is_converged(&self, goal: f64) -> bool {
        let error = self.error();
        let [.., a, b, c] = self.decreases.as_slice() else { return error <= goal };
        let slower = (b / a).max(c / b);
        error <= goal || (slower <= STEADY && error * (slower / (1.0 - slower)).sqrt() <= goal)
    }

    /// Whether to stop.
    pub(super) fn judge(&self, goal: f64, patience: &Patience) -> Option<Ending> {
        let done = self.decreases.len();
        if self.is_converged(goal) {
            return Some(Ending::Converged);
        }
        if done >= patience.most {
            return Some(Ending::Exhausted);
        }
        let look = done >= patience.first_look && done.is_multiple_of(4);
        (look && self.remaining(goal) > patience.remaining).then_some(Ending::Stalled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_rate(rate: f64, n: usize) -> Watch {
        Watch { decreases: (0..n).map(|i| rate.powi(2 * i as i32)).collect() }
    }

    #[test]
    fn what_is_left_and_how_long_it_takes() {
        // At a rate of 0.9 an error of one falls to 1e-10 in 218 iterations.
        let watch = at_rate(0.9, 40);
        let left = watch.remaining(1e-10);
        assert!((150.0..200.0).contains(&left), "{left}");
        assert!(watch.error() > 0.9f64.powi(40), "{}", watch.error());
        let patience = Patience { first_look: 8, remaining: 100.0, most: 1000 };
        assert_eq!(watch.judge(1e-10, &patience), Some(Ending::Stalled));
        assert_eq!(watch.judge(1e-1, &patience), Some(Ending::Converged));
        assert_eq!(at_rate(0.05, 9).judge(1e-10, &patience), Some(Ending::Converged));
        assert_eq!(at_rate(0.3, 8).judge(1e-10, &patience), None);
    }
}
