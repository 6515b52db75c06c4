//! `[shift_share.NAME]`: a shift-share variable built from a table of shares and shocks, and what a model says of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::data::OneOrMany;
use super::method::MethodName;
use super::model::Parsed;
use super::raw::{ModelSection, RawStudy};
use crate::formula::{Expr, ExprKind, FormulaText, Regressor};

/// `[shift_share.NAME]`: the variable `NAME`, the sum over sectors of a region's share times the sector's shock. The sum of
/// the shares is the variable `NAME_shares`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RawShiftShare {
    /// The table of shares, a row per region and sector: a table of `[data.tables]`, a resource of the package, or a path.
    pub shares: String,
    /// The column of regions, in the table of shares and in the panel (default: the first column of the panel's unit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The column of sectors, in the tables of shares and of shocks.
    pub sector: String,
    /// The column of shares; exactly one of `share` and `size`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<String>,
    /// The column of sizes (employment): a share is a sector's size over the sum of its region's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// The column of periods, where shares and shocks differ by period: in the tables and in the panel. A sector in another
    /// period is then another shock; give `cluster` where shocks of a sector hang together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The table of shocks, a row per sector; exactly one of `shocks` and `growth_to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shocks: Option<String>,
    /// The column of shocks (default: `shock`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shock: Option<String>,
    /// A column of later sizes in the table of shares: shocks are the sectors' growth from `size` to it, over all regions of
    /// the table. A sector without a later size is gone: its size is zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth_to: Option<String>,
    /// Whether a region's own growth is left out of the shocks that it faces (default: true). Only with `growth_to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave_one_out: Option<bool>,
    /// A column of the table that holds the shocks: groups of sectors within which shocks may be correlated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

/// `[model.shift_share]`: what a shift-share model tests besides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RawShiftShareTests {
    /// Variables that the shocks should not predict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<OneOrMany>,
    /// Outcomes of before the shocks, which they should not predict either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_trend: Option<OneOrMany>,
}

/// A shift-share variable, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ShiftShareBlock {
    /// Its name.
    pub name: String,
    /// The table of shares.
    pub shares: String,
    /// The column of regions, where it is not the panel's first unit.
    pub region: Option<String>,
    /// The column of sectors.
    pub sector: String,
    /// The column of shares or sizes.
    pub share: ShareColumn,
    /// The column of periods.
    pub time: Option<String>,
    /// Where shocks come from.
    pub shocks: ShockSource,
    /// The column of groups of shocks.
    pub cluster: Option<String>,
}

/// What the table of shares holds.
#[derive(Clone, Debug, PartialEq)]
pub enum ShareColumn {
    /// Shares.
    Share(String),
    /// Sizes.
    Size(String),
}

impl ShareColumn {
    /// The column.
    pub fn name(&self) -> &str {
        match self {
            ShareColumn::Share(name) | ShareColumn::Size(name) => name,
        }
    }
}

/// Where shocks come from.
#[derive(Clone, Debug, PartialEq)]
pub enum ShockSource {
    /// A table and its column.
    Table {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Growth to a later size in the table of shares.
    Growth {
        /// The column of later sizes.
        later: String,
        /// Whether a region's own growth is left out.
        leave_one_out: bool,
    },
}

/// What a shift-share model says besides its formula, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShiftShareTests {
    /// Variables for balance (false) and pre-trend (true) tests.
    pub variables: Vec<(Parsed, bool)>,
}

impl ShiftShareTests {
    /// One canonical text per meaning, for keys.
    pub fn canonical(&self) -> String {
        let texts = self.variables.iter().map(|(parsed, before)| format!("{before} {}", parsed.expr.canonical()));
        texts.collect::<Vec<_>>().join("; ")
    }
}

/// Why a block is not a shift-share variable.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ShiftShareFault {
    /// Both or neither of two keys.
    #[error("the shift-share variable `{name}` needs exactly one of `{first}` and `{second}`")]
    OneOf {
        /// The variable.
        name: String,
        /// A key.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A key that means nothing here.
    #[error("`{key}` has no meaning without `{needs}`")]
    Needs {
        /// The key.
        key: &'static str,
        /// What it needs.
        needs: &'static str,
    },
}

impl ShiftShareFault {
    /// The key at fault.
    pub fn key(&self) -> &'static str {
        match self {
            ShiftShareFault::OneOf { first, .. } => first,
            ShiftShareFault::Needs { key, .. } => key,
        }
    }
}

/// What is wrong with the formula of a shift-share model, with the way out: it has one endogenous variable whose only
/// instrument is a shift-share variable, or a shift-share variable among its regressors.
pub(super) fn formula_faults(formula: &FormulaText, known: &[ShiftShareBlock]) -> Vec<(String, Option<String>)> {
    let names: Vec<&str> = known.iter().map(|block| block.name.as_str()).collect();
    let is_known = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(name) if names.contains(&name.as_str()));
    let help = if names.is_empty() {
        "define one: [shift_share.NAME] with shares, sector, share and shocks".to_string()
    } else {
        format!("shift-share variables of this study: {}", names.join(", "))
    };
    if !formula.endogenous.is_empty() {
        let is_one = formula.endogenous.len() == 1 && formula.instruments.len() == 1;
        if is_one && formula.instruments.iter().all(is_known) {
            return Vec::new();
        }
        let message = "a shift-share model has one endogenous variable and one instrument, a shift-share variable";
        return vec![(message.into(), Some(help))];
    }
    let terms = formula.regressors.iter().filter(|term| matches!(term, Regressor::Term(expr) if is_known(expr)));
    match terms.count() {
        1 => Vec::new(),
        0 => vec![("a shift-share model needs a shift-share variable as instrument or regressor".into(), Some(help))],
        _ => vec![(
            "a shift-share model has one shift-share variable: its errors are not defined for several".into(),
            None,
        )],
    }
}

impl RawShiftShare {
    /// Checks a block.
    ///
    /// # Errors
    /// Every [`ShiftShareFault`] of it.
    pub fn check(&self, name: &str) -> Result<ShiftShareBlock, Vec<ShiftShareFault>> {
        let mut faults = Vec::new();
        let one_of = |first, second| ShiftShareFault::OneOf { name: name.to_string(), first, second };
        let share = match (&self.share, &self.size) {
            (Some(share), None) => Some(ShareColumn::Share(share.clone())),
            (None, Some(size)) => Some(ShareColumn::Size(size.clone())),
            _ => {
                faults.push(one_of("share", "size"));
                None
            }
        };
        let shocks = match (&self.shocks, &self.growth_to) {
            (Some(table), None) => {
                if self.leave_one_out.is_some() {
                    faults.push(ShiftShareFault::Needs { key: "leave_one_out", needs: "growth_to" });
                }
                let column = self.shock.clone().unwrap_or_else(|| "shock".into());
                Some(ShockSource::Table { table: table.clone(), column })
            }
            (None, Some(later)) => {
                if self.size.is_none() {
                    faults.push(ShiftShareFault::Needs { key: "growth_to", needs: "size" });
                }
                if self.shock.is_some() {
                    faults.push(ShiftShareFault::Needs { key: "shock", needs: "shocks" });
                }
                Some(ShockSource::Growth { later: later.clone(), leave_one_out: self.leave_one_out.unwrap_or(true) })
            }
            _ => {
                faults.push(one_of("shocks", "growth_to"));
                None
            }
        };
        match (share, shocks) {
            (Some(share), Some(shocks)) if faults.is_empty() => Ok(ShiftShareBlock {
                name: name.to_string(),
                shares: self.shares.clone(),
                region: self.region.clone(),
                sector: self.sector.clone(),
                share,
                time: self.time.clone(),
                shocks,
                cluster: self.cluster.clone(),
            }),
            _ => Err(faults),
        }
    }
}

impl ShiftShareBlock {
    /// The variable that holds the sum of the shares.
    pub fn sum_name(&self) -> String {
        format!("{}_shares", self.name)
    }

    /// The tables that it is built from.
    pub fn tables(&self) -> Vec<String> {
        let shocks = match &self.shocks {
            ShockSource::Table { table, .. } => Some(table.clone()),
            ShockSource::Growth { .. } => None,
        };
        std::iter::once(self.shares.clone()).chain(shocks).collect()
    }
}

impl Checker<'_> {
    pub(super) fn shift_share(&mut self, raw: &RawStudy) -> Vec<ShiftShareBlock> {
        let mut blocks = Vec::new();
        for (name, section) in &raw.shift_share {
            let at = format!("shift_share.{name}");
            match section.check(name) {
                Ok(block) => blocks.push(block),
                Err(faults) => {
                    faults.iter().for_each(|one| self.fault(&format!("{at}.{}", one.key()), one.to_string(), None));
                }
            }
            if raw.variables.contains_key(name) {
                let help = Some("give one of them another name".into());
                self.fault(&at, format!("`{name}` is a shift-share variable and one of [variables]"), help);
            }
        }
        blocks
    }

    pub(super) fn shift_share_tests(&mut self, section: &ModelSection, at: &str) -> ShiftShareTests {
        let Some(tests) = &section.shift_share else { return ShiftShareTests::default() };
        if section.method != Some(MethodName::ShiftShare) {
            let help = Some("add method = \"shift-share\", or take the table out".into());
            self.fault(&format!("{at}.shift_share"), "`shift_share` belongs to method = \"shift-share\"", help);
        }
        let mut variables = Vec::new();
        for (key, is_before) in [("balance", false), ("pre_trend", true)] {
            let listed = if is_before { &tests.pre_trend } else { &tests.balance };
            for (position, text) in listed.iter().flat_map(OneOrMany::names).enumerate() {
                let many = matches!(listed, Some(OneOrMany::Many(_)));
                let key = format!("{at}.shift_share.{key}");
                let place = if many { format!("{key}.{position}") } else { key };
                variables.extend(self.expression(&text, &place).map(|parsed| (parsed, is_before)));
            }
        }
        ShiftShareTests { variables }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_or_sizes_shocks_or_growth() {
        let raw = RawShiftShare { shares: "t".into(), sector: "k".into(), ..RawShiftShare::default() };
        assert_eq!(raw.check("b").unwrap_err().len(), 2);
        let growth = RawShiftShare { share: Some("s".into()), growth_to: Some("later".into()), ..raw.clone() };
        assert_eq!(growth.check("b").unwrap_err(), [ShiftShareFault::Needs { key: "growth_to", needs: "size" }]);
        let sound = RawShiftShare { size: Some("s".into()), growth_to: Some("later".into()), ..raw };
        let block = sound.check("b").unwrap();
        assert_eq!(block.shocks, ShockSource::Growth { later: "later".into(), leave_one_out: true });
        assert_eq!((block.sum_name().as_str(), block.tables()), ("b_shares", vec!["t".to_string()]));
    }
}
