//! Classes of industries after Porter (2003, Regional Studies 37): traded, local, and tied to natural resources.
//!
//! Traded industries are told by three criteria of how concentrated they are ([`Dispersion`]). Porter parts from them, by
//! judgement, those that are where the resources are. The rule here does it by code: agriculture, forestry, fishing, mining
//! and quarrying, the first sectors of every classification ([`ResourceCodes`]). An industry that processes what is found
//! there (sawmills, sugar mills) is a matter of judgement, and of a table.

use super::concentration::Dispersion;

/// What an industry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndustryClass {
    /// Concentrated, and free to be anywhere.
    Traded,
    /// Where people are.
    Local,
    /// Concentrated where natural resources are.
    Resource,
}

impl IndustryClass {
    /// Every class.
    pub const ALL: [IndustryClass; 3] = [IndustryClass::Traded, IndustryClass::Local, IndustryClass::Resource];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            IndustryClass::Traded => "traded",
            IndustryClass::Local => "local",
            IndustryClass::Resource => "resource",
        }
    }
}

/// Thresholds of a traded industry; those of Porter (2003) are remembered, not read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TradedRule {
    /// Least share of employment in specialised regions.
    pub specialised_share: f64,
    /// Least mean of the five largest quotients.
    pub top_five: f64,
    /// Least Gini.
    pub gini: f64,
}

impl Default for TradedRule {
    fn default() -> Self {
        TradedRule { specialised_share: 0.5, top_five: 2.0, gini: 0.3 }
    }
}

impl Dispersion {
    /// Whether the industry is traded: all three thresholds are reached. `None` where it has no activity.
    pub fn is_traded(&self, rule: &TradedRule) -> Option<bool> {
        let all = [self.specialised_share, self.top_five, self.gini];
        (!all.iter().any(|value| value.is_nan())).then_some(
            self.specialised_share >= rule.specialised_share
                && self.top_five >= rule.top_five
                && self.gini >= rule.gini,
        )
    }

    /// The class of an industry; a traded one that is tied to natural resources is of these. `None` without activity.
    pub fn class(&self, rule: &TradedRule, is_tied: bool) -> Option<IndustryClass> {
        self.is_traded(rule).map(|is_traded| match (is_traded, is_tied) {
            (true, true) => IndustryClass::Resource,
            (true, false) => IndustryClass::Traded,
            (false, _) => IndustryClass::Local,
        })
    }
}

/// Which codes are natural resources, by the first two digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceCodes {
    /// NAICS sectors 11 and 21: the supersector natural resources and mining of the US Bureau of Labor Statistics.
    Naics,
    /// SIC (1987) divisions A and B: major groups 01 to 14.
    Sic,
    /// NACE Rev. 2 (and ISIC Rev. 4) sections A and B: divisions 01 to 09; a letter may stand before the digits.
    Nace,
}

impl ResourceCodes {
    /// By the name of the classification.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "naics" => Some(ResourceCodes::Naics),
            "sic" => Some(ResourceCodes::Sic),
            "nace" => Some(ResourceCodes::Nace),
            _ => None,
        }
    }

    /// Whether a code is a natural resource; `None` where it does not begin with two digits.
    pub fn has(self, code: &str) -> Option<bool> {
        let code = match self {
            ResourceCodes::Nace => code.trim_start_matches(|c: char| c.is_ascii_uppercase()),
            _ => code,
        };
        let digits = code.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        let group: u8 = digits.parse().ok()?;
        Some(match self {
            ResourceCodes::Naics => group == 11 || group == 21,
            ResourceCodes::Sic => (1..=14).contains(&group),
            ResourceCodes::Nace => (1..=9).contains(&group),
        })
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::super::concentration::dispersion;
    use super::super::{Table, example};
    use super::*;

    #[test]
    fn classes_by_the_three_criteria_and_by_code() {
        let found = dispersion(&example());
        let rule = TradedRule { top_five: 1.0, gini: 0.5, ..TradedRule::default() };
        let classes: Vec<_> =
            found.iter().zip([true, true, false, false, false]).map(|(d, t)| d.class(&rule, t)).collect();
        use IndustryClass::{Local, Resource, Traded};
        assert_eq!(classes, [Resource, Local, Traded, Traded, Traded].map(Some));
        let none = dispersion(&Table::of(DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 1.0, 0.0])));
        assert_eq!(none[1].class(&rule, true), None);
    }

    #[test]
    fn codes_of_natural_resources() {
        for (codes, yes, no, unread) in [
            (ResourceCodes::Naics, ["11", "2111"], ["31", "22"], "I01"),
            (ResourceCodes::Sic, ["01", "1311"], ["15", "2011"], "A01"),
            (ResourceCodes::Nace, ["B05", "09.1"], ["C10", "10"], "A"),
        ] {
            assert!(yes.iter().all(|code| codes.has(code) == Some(true)), "{codes:?}");
            assert!(no.iter().all(|code| codes.has(code) == Some(false)), "{codes:?}");
            assert_eq!(codes.has(unread), None);
        }
    }
}
