//! Measures of regions and industries from whole tables: specialisation, concentration, complexity, accounts of growth and
//! wages, inequality. [`crate::mapping::measures`] computes them on one table of regions and industries; here the tables are
//! taken from the rows of a panel, one for each period, and every row gets the number of its region, industry or cell.
//!
//! `over` names the parts of a region (default: the industry). A missing x adds nothing; a region or industry without
//! activity in a period has no measure.

use std::collections::BTreeMap;

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::Evaluator;
use super::error::EvaluateError;
use super::functions::{Call, word};
use super::value::{Numbers, Value};
use crate::formula::{Expr, ExprKind, Span};
use crate::mapping::measures::accounting::{self, Effect};
use crate::mapping::measures::complexity::ComplexityError;
use crate::mapping::measures::concentration::{self, TradedRule};
use crate::mapping::measures::inequality::{Part, Unit, theil};
use crate::mapping::measures::specialisation::{self, Reference};
use crate::mapping::measures::{complexity, quotients, wages};
use crate::mapping::{Codes, CompensatedSum};
use crate::panel::Factor;

/// Iterations of fitness and complexity.
const ITERATIONS: usize = 200;

/// What a table says, for whom.
enum Measured {
    Regions(Vec<f64>),
    Industries(Vec<f64>),
    Cells(DMatrix<f64>),
}

/// Rows of a panel as tables: where each row stands.
struct Tables {
    region: Codes,
    part: Codes,
    /// Rows of every period, by the period's code.
    rows: Vec<Vec<u32>>,
}

impl Tables {
    /// The sums of a quantity by region and part in one period.
    fn sums(&self, values: &Numbers, period: usize) -> DMatrix<f64> {
        let mut sums = vec![CompensatedSum::default(); self.region.n * self.part.n];
        for &row in &self.rows[period] {
            let (row, value) = (row as usize, values.at(row as usize));
            if let (Some(r), Some(i), false) = (self.region.at(row), self.part.at(row), value.is_nan()) {
                sums[i * self.region.n + r].add(value);
            }
        }
        DMatrix::from_iterator(self.region.n, self.part.n, sums.iter().map(CompensatedSum::value))
    }

    /// The first known value of every region (or part) in one period.
    fn firsts(&self, of: &Codes, values: &Numbers, period: usize) -> Vec<f64> {
        let mut found = vec![f64::NAN; of.n];
        for &row in &self.rows[period] {
            let row = row as usize;
            if let Some(code) = of.at(row)
                && found[code].is_nan()
            {
                found[code] = values.at(row);
            }
        }
        found
    }

    /// The numbers of all rows from those of every period.
    fn spread(&self, n_rows: usize, measured: &[Measured]) -> Vec<f64> {
        let mut all = vec![f64::NAN; n_rows];
        for (rows, measured) in self.rows.iter().zip(measured) {
            for &row in rows {
                let row = row as usize;
                let (region, part) = (self.region.at(row), self.part.at(row));
                all[row] = match (measured, region, part) {
                    (Measured::Regions(of), Some(r), _) => of[r],
                    (Measured::Industries(of), _, Some(i)) => of[i],
                    (Measured::Cells(of), Some(r), Some(i)) => of[(r, i)],
                    _ => f64::NAN,
                };
            }
        }
        all
    }
}

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

    fn tables(&self, call: &Call) -> Result<Tables, EvaluateError> {
        let region = self.sorted(&self.role_column("region", call)?, &call.span)?;
        let over = match call.get("over") {
            None => self.sorted(&self.role_column("industry", call)?, &call.span)?,
            Some(expr) => {
                let name = word(expr).ok_or_else(|| call.wrong(&expr.span))?;
                self.sorted(&self.group_column(name, &expr.span)?, &expr.span)?
            }
        };
        let time = self.time_codes();
        let mut rows = vec![Vec::new(); time.n];
        for row in 0..self.panel.n_rows() {
            if let Some(period) = time.at(row) {
                rows[period].push(row as u32);
            }
        }
        Ok(Tables { region, part: over, rows })
    }

    /// The codes of a column in the order of its values, so that tables do not depend on the order of the rows.
    fn sorted(&self, name: &str, span: &Span) -> Result<Codes, EvaluateError> {
        let name = self.column_name(name, span)?;
        self.panel.get(&name).map(Codes::sorted).ok_or_else(|| self.unknown_name(&name, span))
    }

    /// A quantity that adds up: finite and not negative, or missing.
    pub(super) fn activity(&self, call: &Call, name: &str) -> Result<Numbers, EvaluateError> {
        let expr = call.required(name)?;
        let values = self.numeric(expr)?;
        let is_none = |row: &usize| values.at(*row) < 0.0 || values.at(*row).is_infinite();
        match (0..self.panel.n_rows()).find(is_none) {
            None => Ok(values),
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
            let table = tables.sums(&x, period);
            let plants = || of(&second, period);
            // A period with too little in it has no complexity; regions that fall apart are for the user to join.
            let undefined = |error: ComplexityError| EvaluateError::Undefined {
                function: name.to_string(),
                reason: error.to_string(),
                span: call.span.clone(),
            };
            let complexity = || match complexity::complexity(&table, threshold) {
                Err(ComplexityError::TooFew) => Ok((vec![f64::NAN; tables.region.n], vec![f64::NAN; tables.part.n])),
                found => found.map(|found| (found.regions, found.industries)).map_err(undefined),
            };
            let outlook = || match complexity::outlook(&table, threshold) {
                Err(ComplexityError::TooFew) => Ok((
                    vec![f64::NAN; tables.region.n],
                    DMatrix::from_element(tables.region.n, tables.part.n, f64::NAN),
                )),
                found => found.map(|found| (found.index, found.gain)).map_err(undefined),
            };
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
                "density" => Cells(complexity::density(&table, threshold, own)),
                "complexity" => Regions(complexity()?.0),
                "industry_complexity" => Industries(complexity()?.1),
                "complexity_outlook" => Regions(outlook()?.0),
                "outlook_gain" => Cells(outlook()?.1),
                "fitness" => Regions(complexity::fitness(&table, threshold, ITERATIONS).0),
                "industry_fitness" => Industries(complexity::fitness(&table, threshold, ITERATIONS).1),
                "wage_mix" | "wage_level" => {
                    let payroll = second.as_ref().map(|payroll| tables.sums(payroll, period)).unwrap_or_default();
                    let (mix, level) = wages::mix_and_level(&table, &payroll);
                    Regions(if name == "wage_mix" { mix } else { level })
                }
                _ => {
                    let plants = firms.as_ref().map(|firms| tables.sums(firms, period)).unwrap_or_default();
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

    /// Porter's classes of industries: `traded` or `local`.
    fn classes(&self, call: &Call) -> Result<Value, EvaluateError> {
        let tables = self.tables(call)?;
        let x = self.activity(call, "x")?;
        let usual = TradedRule::default();
        let rule = TradedRule {
            specialised_share: call.constant("share", usual.specialised_share)?,
            top_five: call.constant("top", usual.top_five)?,
            gini: call.constant("gini", usual.gini)?,
        };
        let traded: Vec<Vec<Option<bool>>> = (0..tables.rows.len())
            .into_par_iter()
            .map(|period| {
                concentration::dispersion(&tables.sums(&x, period)).iter().map(|one| one.is_traded(&rule)).collect()
            })
            .collect();
        let mut codes = vec![Factor::MISSING; self.panel.n_rows()];
        for (rows, traded) in tables.rows.iter().zip(&traded) {
            for &row in rows {
                if let Some(traded) = tables.part.at(row as usize).and_then(|i| traded[i]) {
                    codes[row as usize] = u32::from(!traded);
                }
            }
        }
        Ok(Value::Texts(Factor::new(codes, vec!["traded".into(), "local".into()])))
    }

    /// Parts of the change since k periods ago.
    fn accounts(&self, call: &Call) -> Result<Value, EvaluateError> {
        let tables = self.tables(call)?;
        let x = self.activity(call, "x")?;
        let effect = match call.get("effect").map(|expr| (word(expr), expr)) {
            Some((Some("national"), _)) => Effect::National,
            Some((Some("mix"), _)) => Effect::Mix,
            Some((Some("regional"), _)) => Effect::Regional,
            Some((Some("competitive"), _)) => Effect::Competitive,
            Some((Some("allocation"), _)) => Effect::Allocation,
            Some((other, expr)) => {
                let accepted = "national, mix, regional, competitive, allocation";
                return Err(unknown("effect", other, accepted, expr.span.clone()));
            }
            None => Effect::National,
        };
        let k = call.constant("k", 1.0)?;
        let is_dynamic = self.flag(call, "dynamic")?;
        let function = || call.function.name.to_string();
        let Some(time) = self.panel.time() else {
            return Err(EvaluateError::NoTime { function: function(), span: call.span.clone() });
        };
        // Periods in order, with their codes.
        let mut periods: Vec<(f64, usize)> = tables
            .rows
            .iter()
            .enumerate()
            .filter_map(|(code, rows)| Some((time[*rows.first()? as usize], code)))
            .collect();
        periods.sort_by(|a, b| a.0.total_cmp(&b.0));
        let sums: BTreeMap<usize, DMatrix<f64>> = periods
            .par_iter()
            .map(|&(_, code)| (code, tables.sums(&x, code)))
            .collect::<Vec<_>>()
            .into_iter()
            .collect();
        let mut measured: Vec<Measured> = (0..tables.rows.len())
            .map(|_| Measured::Cells(DMatrix::from_element(tables.region.n, tables.part.n, f64::NAN)))
            .collect();
        for (end, &(now, code)) in periods.iter().enumerate() {
            let Some(start) = periods.iter().position(|&(then, _)| then == now - k).filter(|&start| start < end) else {
                continue;
            };
            // A dynamic account adds up those of every step between.
            let stops: Vec<usize> = if is_dynamic { (start..=end).collect() } else { vec![start, end] };
            let mut total = DMatrix::zeros(tables.region.n, tables.part.n);
            for pair in stops.windows(2) {
                total += accounting::effect(&sums[&periods[pair[0]].1], &sums[&periods[pair[1]].1], effect);
            }
            measured[code] = Measured::Cells(total);
        }
        Ok(Value::Numbers(Numbers::rows(tables.spread(self.panel.n_rows(), &measured))))
    }

    /// Theil's index over the rows of a period, or a part of it.
    fn inequality(&self, call: &Call) -> Result<Value, EvaluateError> {
        let x = self.activity(call, "x")?;
        let weights = match call.get("weights") {
            None => Numbers::One(1.0),
            Some(_) => self.activity(call, "weights")?,
        };
        let part = match call.get("part").map(|expr| (word(expr), expr)) {
            None | Some((Some("total"), _)) => Part::Total,
            Some((Some("between"), _)) => Part::Between,
            Some((Some("within"), _)) => Part::Within,
            Some((other, expr)) => return Err(unknown("part", other, "total, between, within", expr.span.clone())),
        };
        let groups = match call.get("groups") {
            None if part == Part::Total => Codes::single(self.panel.n_rows()),
            None => return Err(call.wrong(&call.span)),
            Some(expr) => {
                let name = word(expr).ok_or_else(|| call.wrong(&expr.span))?;
                self.codes(&self.group_column(name, &expr.span)?, &expr.span)?
            }
        };
        let time = self.time_codes();
        let mut units: Vec<Vec<Unit>> = vec![Vec::new(); time.n];
        for row in 0..self.panel.n_rows() {
            if let (Some(period), Some(group)) = (time.at(row), groups.at(row)) {
                let (value, weight) = (x.at(row), weights.at(row));
                if !value.is_nan() && !weight.is_nan() {
                    units[period].push(Unit { value, weight, group });
                }
            }
        }
        let found: Vec<f64> = units.par_iter().map(|units| theil(units, part)).collect();
        let at = |row: usize| time.at(row).map_or(f64::NAN, |period| found[period]);
        Ok(Value::Numbers(Numbers::rows((0..self.panel.n_rows()).map(at).collect())))
    }
}

fn unknown(option: &'static str, value: Option<&str>, accepted: &'static str, span: Span) -> EvaluateError {
    EvaluateError::UnknownOption { option, value: value.unwrap_or("this").to_string(), accepted, span }
}
