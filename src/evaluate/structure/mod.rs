//! Measures of regions and industries from whole tables: specialisation, concentration, complexity, accounts of growth and
//! wages, inequality. [`crate::mapping::measures`] computes them on one table of regions and industries; here the tables are
//! taken from the rows of a panel, one for each period, and every row gets the number of its region, industry or cell.
//!
//! `over` names the parts of a region (default: the industry). A missing x adds nothing; a region or industry without
//! activity in a period has no measure.

mod change;
mod classes;
mod complexity;
mod tables;

use rayon::prelude::*;

use super::Evaluator;
use super::error::EvaluateError;
use super::functions::{Call, word};
use super::value::{Numbers, Value};
use crate::formula::{Expr, ExprKind, Span};
use crate::mapping::measures::specialisation::{self, Reference};
use crate::mapping::measures::{self, Table, concentration, quotients, wages};

pub(super) use tables::Tables;
use tables::{At, Measured};

impl Evaluator<'_> {
    /// Any function of the room.
    pub(super) fn structure(&self, call: &Call) -> Result<Value, EvaluateError> {
        match call.function.name {
            "theil" => self.inequality(call),
            "shift_share" => self.accounts(call),
            "industry_class" => self.classes(call),
            "k_density" | "m_function" | "localisation" => self.points(call),
            _ => self.tabled(call),
        }
    }

    /// A quantity that adds up: finite and not negative, or missing.
    pub(super) fn activity(&self, call: &Call, name: &str) -> Result<Numbers, EvaluateError> {
        let expr = call.required(name)?;
        let values = self.numeric(expr)?;
        let kept = match &values {
            Numbers::Rows(rows) => Some(self.kept.activity(rows)),
            Numbers::One(_) => None,
        };
        if kept.as_ref().is_some_and(|kept| kept.is_activity.get().is_some()) {
            return Ok(values);
        }
        let is_none = |value: f64| value < 0.0 || value.is_infinite();
        let first = values.iter().position(is_none);
        match first {
            None => {
                kept.inspect(|kept| *kept.is_activity.get_or_init(|| ()));
                Ok(values)
            }
            Some(row) => Err(EvaluateError::NegativeActivity {
                function: call.function.name.to_string(),
                value: values.at(row),
                row: self.panel.row_name(row),
                span: expr.span.clone(),
            }),
        }
    }

    fn tabled(&self, call: &Call) -> Result<Value, EvaluateError> {
        let tables = self.tables(call)?;
        let n_rows = self.panel.n_rows();
        let name = call.function.name;
        let first = if call.has("x") { "x" } else { "employment" };
        let x = self.activity(call, first)?;
        let threshold = if call.has("threshold") { call.constant("threshold", 1.0)? } else { 1.0 };
        let second = ["herfindahl", "payroll"].into_iter().find(|name| call.has(name));
        let second = second.map(|name| self.activity(call, name)).transpose()?;
        let places = match name {
            "litzenberger" => Some([self.activity(call, "area")?, self.activity(call, "population")?]),
            _ => None,
        };
        let firms = if name == "litzenberger" { Some(self.activity(call, "firms")?) } else { None };
        let reference = self.reference(call)?;
        let own = self.flag(call, "own")?;
        let groups = self.part_groups(call, &tables)?;
        let of = |values: &Option<Numbers>, period: usize| match values {
            Some(values) => tables.firsts(&tables.part, values, period),
            None => Vec::new(),
        };
        let measure = |period: usize| -> Result<Measured, EvaluateError> {
            let at = At { tables: &tables, values: &x, period };
            let table = self.table(at);
            let plants = || of(&second, period);
            use Measured::{Cells, Industries, Regions};
            Ok(match name {
                "krugman" => Regions(specialisation::krugman(&table, reference)),
                "entropy" => Regions(specialisation::entropy(&table)),
                "relative_entropy" => Regions(specialisation::relative_entropy(&table)),
                "hachman" => Regions(specialisation::hachman(&table)),
                "diversity" => Regions(specialisation::diversity(&table, threshold)),
                "ubiquity" => Industries(specialisation::ubiquity(&table, threshold)),
                "unrelated_variety" => Regions(specialisation::variety(&table, &groups).0),
                "related_variety" => Regions(specialisation::variety(&table, &groups).1),
                "gini" => Industries(concentration::gini(&table)),
                "hoover" => Industries(concentration::hoover(&table)),
                "concentration" => Industries(concentration::raw_concentration(&table)),
                "ellison_glaeser" => Industries(concentration::ellison_glaeser(&table, &plants())),
                "maurel_sedillot" => Industries(concentration::maurel_sedillot(&table, &plants())),
                "coagglomeration" => {
                    let n = groups.iter().flatten().max().map_or(0, |last| last + 1);
                    let found = concentration::coagglomeration(&table, &plants(), &groups, n);
                    Industries(groups.iter().map(|group| group.map_or(f64::NAN, |group| found[group])).collect())
                }
                "specialised_share" => {
                    Industries(concentration::dispersion(&table).iter().map(|one| one.specialised_share).collect())
                }
                "top_five_quotient" => {
                    Industries(concentration::dispersion(&table).iter().map(|one| one.top_five).collect())
                }
                "standardized_lq" => Cells(quotients::standardised(&table)),
                "lq_error" => Cells(quotients::log_errors(&table)),
                "specialised" => Cells(quotients::specialised(&table, threshold)),
                "density" => Cells(measures::complexity::density(&table, threshold, own)),
                "complexity"
                | "industry_complexity"
                | "complexity_outlook"
                | "outlook_gain"
                | "fitness"
                | "industry_fitness" => self.complex(call, at, threshold)?,
                "wage_mix" | "wage_level" => {
                    let payroll = second.as_ref().unwrap_or(&x);
                    let payroll = Table::of_regions(tables.sums(payroll, period));
                    let (mix, level) = wages::mix_and_level(&table, &payroll);
                    Regions(if name == "wage_mix" { mix } else { level })
                }
                _ => {
                    let plants = Table::of_regions(tables.sums(firms.as_ref().unwrap_or(&x), period));
                    let place = |k: usize| {
                        places
                            .as_ref()
                            .map(|places| tables.firsts(&tables.region, &places[k], period))
                            .unwrap_or_default()
                    };
                    Cells(quotients::litzenberger(&table, &plants, &place(0), &place(1)))
                }
            })
        };
        let measured: Result<Vec<Measured>, EvaluateError> =
            (0..tables.rows.len()).into_par_iter().map(measure).collect();
        Ok(Value::Numbers(Numbers::rows(tables.spread(n_rows, &measured?))))
    }

    /// An option that is true or false; false where it is not given.
    pub(super) fn flag(&self, call: &Call, option: &'static str) -> Result<bool, EvaluateError> {
        match call.get(option) {
            None => Ok(false),
            Some(Expr { kind: ExprKind::Truth(truth), .. }) => Ok(*truth),
            Some(expr) => Err(unknown(option, word(expr), "true, false", expr.span.clone())),
        }
    }

    fn reference(&self, call: &Call) -> Result<Reference, EvaluateError> {
        match call.get("reference").map(|expr| (word(expr), expr)) {
            None | Some((Some("total"), _)) => Ok(Reference::Total),
            Some((Some("rest"), _)) => Ok(Reference::Rest),
            Some((other, expr)) => Err(unknown("reference", other, "total, rest", expr.span.clone())),
        }
    }

    /// The group of every part: its sector, its cluster. A part in several takes the first.
    fn part_groups(&self, call: &Call, tables: &Tables) -> Result<Vec<Option<usize>>, EvaluateError> {
        let Some(option) = ["sectors", "within"].into_iter().find(|name| call.has(name)) else {
            return Ok(Vec::new());
        };
        let codes = match call.get(option) {
            None => self.role_codes("cluster", call)?,
            Some(expr) => {
                let name = word(expr).ok_or_else(|| call.wrong(&expr.span))?;
                self.codes(&self.group_column(name, &expr.span)?, &expr.span)?
            }
        };
        let mut groups = vec![None; tables.part.n];
        for row in 0..self.panel.n_rows() {
            if let (Some(part), Some(group)) = (tables.part.at(row), codes.at(row)) {
                groups[part].get_or_insert(group);
            }
        }
        Ok(groups)
    }
}

fn unknown(option: &'static str, value: Option<&str>, accepted: &'static str, span: Span) -> EvaluateError {
    EvaluateError::UnknownOption { option, value: value.unwrap_or("this").to_string(), accepted, span }
}
