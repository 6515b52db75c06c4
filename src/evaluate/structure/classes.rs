//! Porter's classes of industries: by how dispersed they are, and by whether natural resources tie them to places.

use std::sync::Arc;

use rayon::prelude::*;

use super::super::Evaluator;
use super::super::error::EvaluateError;
use super::super::functions::{Call, word};
use super::super::value::Value;
use super::tables::{At, Tables};
use super::unknown;
use crate::mapping::measures::classes::{IndustryClass, ResourceCodes, TradedRule};
use crate::mapping::measures::concentration;
use crate::panel::{Column, Factor};

impl Evaluator<'_> {
    /// The class of every row's industry in its period: `traded`, `local` and, where `resources` is given, `resource`.
    pub(super) fn classes(&self, call: &Call) -> Result<Value, EvaluateError> {
        let tables = self.tables(call)?;
        let x = self.activity(call, "x")?;
        let usual = TradedRule::default();
        let rule = TradedRule {
            specialised_share: call.constant("share", usual.specialised_share)?,
            top_five: call.constant("top", usual.top_five)?,
            gini: call.constant("gini", usual.gini)?,
        };
        let is_tied = self.tied_to_resources(call, &tables)?;
        let of_period = |period: usize| -> Vec<Option<IndustryClass>> {
            let table = self.table(At { tables: &tables, values: &x, period });
            let found = concentration::dispersion(&table);
            found.iter().zip(&is_tied).map(|(one, &is_tied)| one.class(&rule, is_tied)).collect()
        };
        let classes: Vec<_> = (0..tables.rows.len()).into_par_iter().map(of_period).collect();
        let mut codes = vec![Factor::MISSING; self.panel.n_rows()];
        for (rows, classes) in tables.rows.iter().zip(&classes) {
            for &row in rows {
                if let Some(class) = tables.part.at(row as usize).and_then(|part| classes[part]) {
                    codes[row as usize] = class as u32;
                }
            }
        }
        Ok(Value::Texts(Factor::new(codes, IndustryClass::ALL.map(|class| class.word().to_string()).to_vec())))
    }

    /// Whether the code of each part belongs to natural resources in the classification that `resources` names.
    fn tied_to_resources(&self, call: &Call, tables: &Tables) -> Result<Vec<bool>, EvaluateError> {
        let none = vec![false; tables.part.n];
        let Some(expr) = call.get("resources") else { return Ok(none) };
        let accepted = "none, naics, sic, nace";
        let name = word(expr);
        let wrong = || unknown("resources", name, accepted, expr.span.clone());
        let name = name.ok_or_else(wrong)?;
        if name == "none" {
            return Ok(none);
        }
        let resources = ResourceCodes::named(name).ok_or_else(wrong)?;
        let codes = self.sorted_names(&tables.columns.1);
        let found: Vec<Option<bool>> = codes.iter().map(|code| resources.has(code)).collect();
        if found.iter().all(Option::is_none)
            && let Some(code) = codes.first()
        {
            return Err(EvaluateError::Undefined {
                function: call.function.name.to_string(),
                reason: format!(
                    "resources = {name} looks at the two digits that codes of industries begin with, and none does, such as {code}"
                ),
                span: expr.span.clone(),
            });
        }
        Ok(found.into_iter().map(|found| found.unwrap_or(false)).collect())
    }

    /// The values of a column as text, in the order of its sorted codes.
    fn sorted_names(&self, column: &str) -> Arc<[String]> {
        match self.panel.get(column) {
            None => Arc::default(),
            Some(Column::Text(factor)) => {
                let mut names: Vec<String> = factor.levels.to_vec();
                names.sort_unstable();
                names.into()
            }
            Some(Column::Number(values)) => {
                let (_, mut distinct) = crate::mapping::Codes::of_numbers(values);
                distinct.sort_by(f64::total_cmp);
                distinct.iter().map(f64::to_string).collect()
            }
        }
    }
}
