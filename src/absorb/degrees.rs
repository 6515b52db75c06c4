//! Parameters that absorbed effects use up.

use super::effects::Effects;

/// Counts of absorbed parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsorbedDegrees {
    /// Parameters of each effect: levels times (intercept + slopes).
    pub parameters: Vec<usize>,
    /// Levels of each effect.
    pub levels: Vec<usize>,
    /// Redundant parameters of each effect given those before it: none in the first intercept effect, the connected
    /// components of the first two in the second, and one (a lower bound) in each later one.
    pub redundant: Vec<usize>,
    /// The rule of fixest: all parameters less one per intercept effect beyond the first.
    pub conventional: usize,
    /// The exact rank, where it is known: one effect, or two without slopes.
    pub exact: Option<usize>,
}

impl AbsorbedDegrees {
    /// Counts the parameters of effects.
    pub fn of(effects: &Effects) -> AbsorbedDegrees {
        let terms = &effects.terms;
        let levels: Vec<usize> = terms.iter().map(|term| term.factor.n_levels).collect();
        let parameters: Vec<usize> = terms.iter().map(|term| term.factor.n_levels * term.width()).collect();
        let mut redundant = vec![0; terms.len()];
        let mut earlier: Vec<usize> = Vec::new();
        for (i, term) in terms.iter().enumerate().filter(|(_, term)| !term.slopes_only) {
            redundant[i] = match earlier.as_slice() {
                [] => 0,
                [first] => term.factor.components_with(&terms[*first].factor),
                _ => 1,
            };
            earlier.push(i);
        }
        let total: usize = parameters.iter().sum();
        let plain = terms.iter().all(|term| term.slopes.is_empty());
        AbsorbedDegrees {
            conventional: total - earlier.len().saturating_sub(1),
            exact: (plain && terms.len() <= 2).then(|| total - redundant.iter().sum::<usize>()),
            parameters,
            levels,
            redundant,
        }
    }
}
