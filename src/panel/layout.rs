//! [`Layout`]: the columns of a table after each of its steps, checked before any row is read, and what each step needs
//! for a given choice of final columns, so that nothing else is read.

use std::collections::BTreeSet;

use super::aggregate::{Aggregate, aggregates};
use super::error::{DataError, nearest};
use super::expression::RowExpression;
use crate::study::data::TableSection;

/// The steps of a table, understood.
pub(crate) struct Layout {
    /// Columns after renaming.
    pub renamed: Vec<String>,
    /// The filter before joins.
    pub filter: Option<RowExpression>,
    /// Columns that each join adds.
    pub joined: Vec<Vec<String>>,
    /// Of each column with suppressed cells, which rows are suppressed.
    pub suppressed: Vec<Option<RowExpression>>,
    /// The sums.
    pub aggregates: Vec<Aggregate>,
    /// New columns, each after those it refers to.
    pub derived: Vec<(String, RowExpression)>,
    /// The filter at the end.
    pub having: Option<RowExpression>,
    /// Columns of the finished table.
    pub columns: Vec<String>,
}

/// The columns of other tables that a table is made with, in the order of its section.
#[derive(Default)]
pub(crate) struct Partners {
    /// Those of the joined tables.
    pub joined: Vec<Vec<String>>,
    /// Those of the totals that suppressed cells are fitted to.
    pub totals: Vec<Vec<String>>,
    /// Those of its crosswalks.
    pub crosswalks: Vec<Vec<String>>,
}

/// What is needed of each step.
pub(crate) struct Demand {
    /// Of the source, by new names.
    pub source: BTreeSet<String>,
    /// Of each joined table, by its own names, its key included.
    pub joined: Vec<BTreeSet<String>>,
    /// Columns with suppressed cells that are needed.
    pub imputed: BTreeSet<String>,
    /// New columns that are needed.
    pub derived: BTreeSet<String>,
}

/// Columns in being, with the table's name for messages.
struct Columns<'a> {
    table: &'a str,
    names: Vec<String>,
}

impl Columns<'_> {
    fn require(&self, column: &str, used_in: &str) -> Result<(), DataError> {
        require(self.table, &self.names, column, used_in)
    }

    fn add(&mut self, column: &str, step: &'static str) -> Result<(), DataError> {
        if self.names.iter().any(|name| name == column) {
            return Err(DataError::NameTaken { table: self.table.to_string(), column: column.to_string(), step });
        }
        self.names.push(column.to_string());
        Ok(())
    }

    fn require_all(&self, expression: &RowExpression) -> Result<(), DataError> {
        expression.names.iter().try_for_each(|name| self.require(name, &expression.key))
    }
}

/// Refuses a column that a table does not have.
pub(crate) fn require(table: &str, names: &[String], column: &str, used_in: &str) -> Result<(), DataError> {
    if names.iter().any(|name| name == column) {
        return Ok(());
    }
    Err(DataError::UnknownColumn {
        table: table.to_string(),
        column: column.to_string(),
        used_in: used_in.to_string(),
        nearest: nearest(column, names.iter().map(String::as_str)),
    })
}

impl Layout {
    /// Follows the columns through the steps. `source` are the columns of the file or table it starts from, `partners`
    /// those of other tables.
    ///
    /// # Errors
    /// Unknown columns, names that would occur twice, expressions that do not parse.
    pub(crate) fn new(
        table: &str,
        section: &TableSection,
        source: &[String],
        partners: &Partners,
    ) -> Result<Self, DataError> {
        let mut now = Columns { table, names: renamed(table, section, source)? };
        let after_rename = now.names.clone();
        let text_names = section.text.iter().filter(|name| !source.contains(name));
        text_names.into_iter().try_for_each(|name| now.require(name, "text"))?;
        let filter = section.filter.as_ref().map(|text| RowExpression::parse(table, "where", text)).transpose()?;
        filter.iter().try_for_each(|filter| now.require_all(filter))?;
        if let Some(keep) = &section.keep {
            keep.iter().try_for_each(|name| now.require(name, "keep"))?;
            now.names.retain(|name| keep.contains(name));
        }
        let joined = join_columns(&mut now, section, &partners.joined)?;
        let suppressed = impute_columns(&mut now, section, &partners.totals)?;
        crosswalk_columns(&mut now, section, &partners.crosswalks)?;
        spells_columns(&mut now, section)?;
        let aggregates = group_columns(&mut now, section)?;
        let derived = derived(&mut now, section)?;
        let having = section.having.as_ref().map(|text| RowExpression::parse(table, "having", text)).transpose()?;
        having.iter().try_for_each(|having| now.require_all(having))?;
        Ok(Layout {
            renamed: after_rename,
            filter,
            joined,
            suppressed,
            aggregates,
            derived,
            having,
            columns: now.names,
        })
    }

    /// What is needed for the columns wanted.
    pub(crate) fn demand(&self, section: &TableSection, wanted: &BTreeSet<String>) -> Demand {
        let mut now = wanted.clone();
        now.extend(self.having.iter().flat_map(|having| having.names.iter().cloned()));
        let mut needed_derived = BTreeSet::new();
        for (name, expression) in self.derived.iter().rev() {
            if now.remove(name) {
                needed_derived.insert(name.clone());
                now.extend(expression.names.iter().cloned());
            }
        }
        if !section.group_by.is_empty() {
            let sources = self.aggregates.iter().filter(|one| now.contains(&one.new)).map(|one| one.old.clone());
            now = sources.chain(section.group_by.iter().cloned()).collect();
        }
        if let Some(spells) = &section.spells {
            spells.added().iter().for_each(|name| _ = now.remove(name));
            now.extend(spells.reads().cloned());
        }
        for crosswalk in section.crosswalk.iter().rev() {
            now.remove(&crosswalk.new_name());
            now.extend(crosswalk.on.pairs().into_iter().map(|(here, _)| here));
        }
        let mut imputed = BTreeSet::new();
        for (impute, condition) in section.impute.iter().zip(&self.suppressed).rev() {
            let added = impute.added();
            let is_needed = now.contains(&impute.value) || added.iter().any(|name| now.contains(name));
            added.iter().for_each(|name| _ = now.remove(name));
            if is_needed {
                imputed.insert(impute.value.clone());
                now.extend(impute.reads().into_iter().map(|(name, _)| name));
                now.extend(condition.iter().flat_map(|condition| condition.names.iter().cloned()));
            }
        }
        let mut joined = Vec::new();
        for (join, adds) in section.join.iter().zip(&self.joined).rev() {
            let mut partner: BTreeSet<String> = adds.iter().filter(|name| now.remove(*name)).cloned().collect();
            for (here, there) in join.on.pairs() {
                now.insert(here);
                partner.insert(there);
            }
            joined.insert(0, partner);
        }
        Demand { source: now, joined, imputed, derived: needed_derived }
    }
}

fn renamed(table: &str, section: &TableSection, source: &[String]) -> Result<Vec<String>, DataError> {
    section.rename.keys().try_for_each(|old| require(table, source, old, "rename"))?;
    let mut columns = Columns { table, names: Vec::new() };
    source.iter().try_for_each(|old| columns.add(section.rename.get(old).unwrap_or(old), "rename"))?;
    Ok(columns.names)
}

fn join_columns(
    now: &mut Columns,
    section: &TableSection,
    partners: &[Vec<String>],
) -> Result<Vec<Vec<String>>, DataError> {
    let mut joined = Vec::new();
    for (join, partner) in section.join.iter().zip(partners) {
        let pairs = join.on.pairs();
        for (here, there) in &pairs {
            now.require(here, "join on")?;
            require(&join.table, partner, there, "join on")?;
        }
        let adds: Vec<String> =
            partner.iter().filter(|name| !pairs.iter().any(|(_, there)| there == *name)).cloned().collect();
        adds.iter().try_for_each(|name| now.add(name, "join"))?;
        joined.push(adds);
    }
    Ok(joined)
}

/// What an imputation reads must be there; its interval and mark are added.
fn impute_columns(
    now: &mut Columns,
    section: &TableSection,
    totals: &[Vec<String>],
) -> Result<Vec<Option<RowExpression>>, DataError> {
    let mut conditions = Vec::new();
    let mut partners = totals.iter();
    for impute in &section.impute {
        impute.reads().iter().try_for_each(|(name, key)| now.require(name, key))?;
        for (one, partner) in impute.totals.iter().zip(partners.by_ref()) {
            let value = one.value.as_ref().unwrap_or(&impute.value);
            require(&one.table, partner, value, "value of the totals of impute")?;
            let pairs = one.on.pairs();
            pairs.iter().try_for_each(|(_, there)| require(&one.table, partner, there, "totals of impute"))?;
        }
        let parse = |text: &String| RowExpression::parse(now.table, "impute.where", text);
        let condition = impute.condition.as_ref().map(parse).transpose()?;
        condition.iter().try_for_each(|condition| now.require_all(condition))?;
        impute.added().iter().try_for_each(|name| now.add(name, "impute"))?;
        conditions.push(condition);
    }
    Ok(conditions)
}

/// A crosswalk adds its new code, or puts it in the place of the old one.
fn crosswalk_columns(now: &mut Columns, section: &TableSection, partners: &[Vec<String>]) -> Result<(), DataError> {
    for (crosswalk, partner) in section.crosswalk.iter().zip(partners) {
        for (here, there) in crosswalk.on.pairs() {
            now.require(&here, "crosswalk on")?;
            require(&crosswalk.table, partner, &there, "crosswalk on")?;
        }
        require(&crosswalk.table, partner, &crosswalk.to, "to of a crosswalk")?;
        crosswalk.share.iter().try_for_each(|name| require(&crosswalk.table, partner, name, "share of a crosswalk"))?;
        crosswalk.totals.iter().try_for_each(|name| now.require(name, "totals of a crosswalk"))?;
        let new = crosswalk.new_name();
        if !crosswalk.on.pairs().iter().any(|(here, _)| *here == new) {
            now.add(&new, "crosswalk")?;
        }
    }
    Ok(())
}

/// Spells add the period, the duration and the exit.
fn spells_columns(now: &mut Columns, section: &TableSection) -> Result<(), DataError> {
    let Some(spells) = &section.spells else { return Ok(()) };
    spells.reads().try_for_each(|name| now.require(name, "spells"))?;
    spells.added().iter().try_for_each(|name| now.add(name, "spells"))
}

fn group_columns(now: &mut Columns, section: &TableSection) -> Result<Vec<Aggregate>, DataError> {
    let aggregates = aggregates(section);
    if section.group_by.is_empty() {
        let has_sums = !aggregates.is_empty() || section.count.is_some();
        return if has_sums {
            Err(DataError::SumWithoutGroup { table: now.table.to_string() })
        } else {
            Ok(aggregates)
        };
    }
    section.group_by.iter().try_for_each(|name| now.require(name, "group_by"))?;
    aggregates.iter().try_for_each(|one| now.require(&one.old, &format!("group_by's column {}", one.new)))?;
    now.names.clear();
    let new = aggregates.iter().map(|one| &one.new).chain(&section.count);
    section.group_by.iter().chain(new).try_for_each(|name| now.add(name, "group_by"))?;
    Ok(aggregates)
}

/// New columns in an order in which each comes after those it refers to. A column may replace one of its own name.
fn derived(now: &mut Columns, section: &TableSection) -> Result<Vec<(String, RowExpression)>, DataError> {
    let mut waiting = Vec::new();
    for (name, text) in &section.derive {
        waiting.push((name.clone(), RowExpression::parse(now.table, &format!("let.{name}"), text)?));
    }
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let is_ready = |(name, expression): &(String, RowExpression)| {
            !waiting.iter().any(|(other, _)| other != name && expression.names.contains(other))
        };
        let Some(next) = waiting.iter().position(is_ready) else {
            let columns = waiting.into_iter().map(|(name, _)| name).collect();
            return Err(DataError::LetCycle { table: now.table.to_string(), columns });
        };
        let (name, expression) = waiting.remove(next);
        now.require_all(&expression)?;
        if !now.names.contains(&name) {
            now.names.push(name.clone());
        }
        ordered.push((name, expression));
    }
    Ok(ordered)
}
