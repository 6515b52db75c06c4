//! Complexity and fitness of the regions and industries of a table. Regions and industries get theirs from one and the same
//! work, which is kept from one expression to the next.

use std::sync::Arc;

use nalgebra::DMatrix;

use super::super::Evaluator;
use super::super::error::EvaluateError;
use super::super::functions::Call;
use super::super::kept::Fitness;
use super::tables::{At, Measured};
use crate::mapping::measures::complexity::{self, Complexity, ComplexityError, Outlook};

/// Iterations of fitness and complexity.
const ITERATIONS: usize = 200;

impl Evaluator<'_> {
    /// ECI, PCI, outlook, fitness and their like in one period.
    pub(super) fn complex(&self, call: &Call, at: At, threshold: f64) -> Result<Measured, EvaluateError> {
        use Measured::{Cells, Industries, Regions};
        let (n_regions, n_industries) = (at.tables.region.n, at.tables.part.n);
        // A period with too little in it has no complexity; regions that fall apart are for the user to join.
        let unless_too_few = |none: Measured, error: ComplexityError| match error {
            ComplexityError::TooFew => Ok(none),
            ComplexityError::Disconnected => Err(EvaluateError::Undefined {
                function: call.function.name.to_string(),
                reason: error.to_string(),
                span: call.span.clone(),
            }),
        };
        let of_regions = || Regions(vec![f64::NAN; n_regions]);
        match call.function.name {
            "complexity" => match &*self.complexity_of(at, threshold) {
                Ok(found) => Ok(Regions(found.regions.clone())),
                Err(error) => unless_too_few(of_regions(), *error),
            },
            "industry_complexity" => match &*self.complexity_of(at, threshold) {
                Ok(found) => Ok(Industries(found.industries.clone())),
                Err(error) => unless_too_few(Industries(vec![f64::NAN; n_industries]), *error),
            },
            "complexity_outlook" => match &*self.outlook_of(at, threshold) {
                Ok(found) => Ok(Regions(found.index.clone())),
                Err(error) => unless_too_few(of_regions(), *error),
            },
            "outlook_gain" => match &*self.outlook_of(at, threshold) {
                Ok(found) => Ok(Cells(found.gain.clone())),
                Err(error) => unless_too_few(Cells(DMatrix::from_element(n_regions, n_industries, f64::NAN)), *error),
            },
            "fitness" => Ok(Regions(self.fitness_of(at, threshold).0.clone())),
            _ => Ok(Industries(self.fitness_of(at, threshold).1.clone())),
        }
    }

    fn complexity_of(&self, at: At, threshold: f64) -> Arc<Result<Complexity, ComplexityError>> {
        let make = || Arc::new(complexity::complexity(&self.table(at), threshold));
        self.of_table(at, threshold, |kept| &kept.complexity, make)
    }

    fn outlook_of(&self, at: At, threshold: f64) -> Arc<Result<Outlook, ComplexityError>> {
        let make = || {
            let known = self.complexity_of(at, threshold);
            Arc::new(
                known
                    .as_ref()
                    .as_ref()
                    .map_err(|error| *error)
                    .map(|known| complexity::outlook(&self.table(at), threshold, known)),
            )
        };
        self.of_table(at, threshold, |kept| &kept.outlook, make)
    }

    fn fitness_of(&self, at: At, threshold: f64) -> Arc<Fitness> {
        let make = || Arc::new(complexity::fitness(&self.table(at), threshold, ITERATIONS));
        self.of_table(at, threshold, |kept| &kept.fitness, make)
    }
}
