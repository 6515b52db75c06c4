//! Hypotheses and combinations answered by a fit: test results, and notes where there is no answer.

use super::{CoefficientExpression, Hypothesis};
use crate::estimate::TestResult;
use crate::infer::coefficients::CoefficientEstimates;
use crate::infer::record::Combination;
use crate::note::Note;

impl Hypothesis {
    /// Several hypotheses as one, tested together.
    pub fn joined(all: impl IntoIterator<Item = Hypothesis>) -> Hypothesis {
        let mut out = Hypothesis { equations: Vec::new(), is_linear: true };
        for one in all {
            out.equations.extend(one.equations);
            out.is_linear &= one.is_linear;
        }
        out
    }

    /// The Wald test of the equations whose coefficients the model has. Equations with a coefficient that was left out
    /// are not tested, with a note; so is a test that cannot be computed. F with the errors' degrees of freedom, or
    /// chi-squared where these are infinite.
    pub fn answer(&self, estimates: &CoefficientEstimates) -> (Option<TestResult>, Option<Note>) {
        let left_out = |equation: &CoefficientExpression| !estimates.left_out(&equation.positions()).is_empty();
        let (gone, kept): (Vec<_>, Vec<_>) = self.equations.iter().cloned().partition(left_out);
        let note = (!gone.is_empty()).then(|| {
            let mut terms: Vec<&str> =
                gone.iter().flat_map(|equation| estimates.left_out(&equation.positions())).collect();
            terms.sort_unstable();
            terms.dedup();
            let texts: Vec<&str> = gone.iter().map(|equation| equation.text.as_str()).collect();
            not_computed("test", &texts.join(", "), &format!("the model has no coefficient of {}", terms.join(", ")))
        });
        if kept.is_empty() {
            return (None, note);
        }
        let kept = Hypothesis { is_linear: self.is_linear, equations: kept };
        let text = kept.text();
        match kept.test(&estimates.values, &estimates.covariance, estimates.df) {
            Ok(test) => {
                let form = if kept.is_linear { "linear" } else { "nonlinear, by the delta method" };
                let is_f = test.df2.is_finite();
                let distribution = if is_f { "F" } else { "chi-squared" };
                let result = TestResult {
                    test: format!("Wald: {text}"),
                    statistic: if is_f { test.statistic } else { test.statistic * test.df1 },
                    df1: Some(test.df1),
                    df2: is_f.then_some(test.df2),
                    p_value: Some(test.p_value),
                    note: format!("{distribution} with the model's errors; {form}"),
                };
                (Some(result), note)
            }
            Err(error) => (None, Some(not_computed("test", &text, &error.to_string()))),
        }
    }
}

impl CoefficientExpression {
    /// The value with its standard error, or the note that says why there is none.
    ///
    /// # Errors
    /// The note: a coefficient was left out, or value or derivative are not finite.
    pub fn answer(&self, name: &str, estimates: &CoefficientEstimates) -> Result<Combination, Box<Note>> {
        let failed = |reason: &str| Box::new(not_computed("combination", name, reason));
        let gone = estimates.left_out(&self.positions());
        if !gone.is_empty() {
            return Err(failed(&format!("the model has no coefficient of {}", gone.join(", "))));
        }
        let delta = self.delta(&estimates.values).map_err(|error| failed(&error.to_string()))?;
        Ok(Combination { name: name.to_string(), expression: self.text.clone(), value: estimates.infer(&delta) })
    }
}

fn not_computed(what: &str, name: &str, reason: &str) -> Note {
    Note::NotComputed { what: what.to_string(), name: name.to_string(), reason: reason.to_string() }
}
