//! [`Reader`]: runs the steps of tables: file, rename, where, keep, join, impute, crosswalk, spells, group_by, let, having.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::aggregate::aggregate;
use super::crosswalk::Crosswalk;
use super::error::DataError;
use super::expression::RowExpression;
use super::file::DataFile;
use super::impute::Impute;
use super::join::Join;
use super::layout::{Demand, Layout, Partners};
use super::locate::{Locator, Place};
use super::package::Resource;
use super::request::Request;
use super::source::SourceRecord;
use super::spells::at_risk;
use super::{Ledger, Panel, Reason};
use crate::note::Note;
use crate::study::crosswalk::CrosswalkSection;
use crate::study::data::{JoinKind, JoinSection, TableSection};
use crate::study::impute::ImputeSection;
use crate::study::spells::SpellsSection;

/// The step that the ledger names for everything that happens in `[data]`.
const STEP: &str = "data";

/// Reads tables and remembers what it found on the way.
pub(crate) struct Reader<'a> {
    locator: &'a Locator,
    /// Files whose header was read and whose rows were not.
    opened: HashMap<PathBuf, DataFile>,
    /// Tables being made, to find circles.
    trail: Vec<String>,
    /// Every file read.
    pub sources: Vec<SourceRecord>,
    /// What the results must carry.
    pub notes: Vec<Note>,
}

impl<'a> Reader<'a> {
    /// A reader that has read nothing.
    pub(crate) fn new(locator: &'a Locator) -> Self {
        Reader { locator, opened: HashMap::new(), trail: Vec::new(), sources: Vec::new(), notes: Vec::new() }
    }

    /// The columns of a table, without reading its rows.
    pub(crate) fn columns(&mut self, name: &str) -> Result<Vec<String>, DataError> {
        match self.locator.locate(name)? {
            Place::File(path, _) => Ok(self.open(&path)?.names().to_vec()),
            Place::Steps(section) => Ok(self.layout(name, section)?.columns),
        }
    }

    /// A table with the columns wanted (all for `None`) and the ledger of its rows.
    pub(crate) fn read(&mut self, name: &str, wanted: Option<&BTreeSet<String>>) -> Result<(Panel, Ledger), DataError> {
        match self.locator.locate(name)? {
            Place::File(path, resource) => {
                let names = self.open(&path)?.names().to_vec();
                let columns = chosen(&names, wanted).into_iter().map(|name| (name.clone(), name)).collect();
                let text = self.locator.section.text.iter().cloned().collect();
                let request = Request { columns, filter: None, old_name: &str::to_string, text: &text, resource };
                self.read_file(name, &path, &request)
            }
            Place::Steps(section) => {
                let layout = self.layout(name, section)?;
                let columns: BTreeSet<String> = chosen(&layout.columns, wanted).into_iter().collect();
                let demand = layout.demand(section, &columns);
                Table { name, section, layout: &layout, demand: &demand }.read(self, &columns)
            }
        }
    }

    fn layout(&mut self, name: &str, section: &TableSection) -> Result<Layout, DataError> {
        if self.trail.iter().any(|other| other == name) {
            let tables = self.trail.iter().cloned().chain([name.to_string()]).collect();
            return Err(DataError::TableCycle { tables });
        }
        self.trail.push(name.to_string());
        let layout = self.layout_inside(name, section);
        self.trail.pop();
        layout
    }

    fn layout_inside(&mut self, name: &str, section: &TableSection) -> Result<Layout, DataError> {
        let source = match (&section.file, &section.from) {
            (Some(file), None) => {
                let path = self.locator.file(file);
                self.open(&path)?.names().to_vec()
            }
            (None, Some(table)) => self.columns(table)?,
            (file, _) => return Err(DataError::TableSource { table: name.to_string(), both: file.is_some() }),
        };
        let mut partners = Partners::default();
        for join in &section.join {
            partners.joined.push(self.columns(&join.table)?);
        }
        for totals in section.impute.iter().flat_map(|impute| &impute.totals) {
            partners.totals.push(self.columns(&totals.table)?);
        }
        for crosswalk in &section.crosswalk {
            partners.crosswalks.push(self.columns(&crosswalk.table)?);
        }
        Layout::new(name, section, &source, &partners)
    }

    fn open(&mut self, path: &Path) -> Result<&DataFile, DataError> {
        if !self.opened.contains_key(path) {
            self.opened.insert(path.to_path_buf(), DataFile::open(path)?);
        }
        // Inserted just above when it was not there.
        Ok(&self.opened[path])
    }

    fn read_file(&mut self, table: &str, path: &Path, request: &Request) -> Result<(Panel, Ledger), DataError> {
        self.open(path)?;
        let file = self.opened.remove(path).map_or_else(|| DataFile::open(path), Ok)?;
        let (panel, rows) = file.read(request)?;
        if !self.sources.iter().any(|source| source.path == path) {
            let package = self.locator.package.as_ref();
            self.sources.push(SourceRecord::new(
                table,
                path,
                rows,
                request.resource.and_then(|r| Some((package?, r))),
            )?);
        }
        let mut ledger = Ledger::default();
        ledger.push(STEP, Reason::Read, table, 0, rows);
        if let Some(filter) = &request.filter {
            record_filter(&mut ledger, filter, rows, panel.n_rows())?;
        }
        Ok((panel, ledger))
    }
}

/// The names wanted, in the table's order; the first one when none is, since rows have to be counted.
fn chosen(names: &[String], wanted: Option<&BTreeSet<String>>) -> Vec<String> {
    let chosen: Vec<String> =
        names.iter().filter(|name| wanted.is_none_or(|wanted| wanted.contains(*name))).cloned().collect();
    if chosen.is_empty() { names.iter().take(1).cloned().collect() } else { chosen }
}

fn record_filter(ledger: &mut Ledger, filter: &RowExpression, before: usize, after: usize) -> Result<(), DataError> {
    ledger.push(STEP, Reason::Where, &filter.text, before - after, after);
    no_rows_left(&filter.table, (&filter.key, &filter.text), before, after)
}

fn no_rows_left(table: &str, (key, text): (&str, &str), before: usize, after: usize) -> Result<(), DataError> {
    if after > 0 || before == 0 {
        return Ok(());
    }
    Err(DataError::NoRowsLeft { table: table.to_string(), key: key.to_string(), text: text.to_string(), rows: before })
}

/// One table being made.
struct Table<'t> {
    name: &'t str,
    section: &'t TableSection,
    layout: &'t Layout,
    demand: &'t Demand,
}

impl Table<'_> {
    fn read(&self, reader: &mut Reader, wanted: &BTreeSet<String>) -> Result<(Panel, Ledger), DataError> {
        let (mut panel, mut ledger) = match &self.section.file {
            Some(file) => self.start_with_file(reader, file)?,
            None => self.start_with_table(reader)?,
        };
        for (join, needed) in self.section.join.iter().zip(&self.demand.joined) {
            panel = self.join(reader, &mut ledger, panel, (join, needed))?;
        }
        for (impute, condition) in self.section.impute.iter().zip(&self.layout.suppressed) {
            if self.demand.imputed.contains(&impute.value) {
                panel = self.impute(reader, panel, (impute, condition.as_ref()))?;
            }
        }
        for crosswalk in &self.section.crosswalk {
            panel = self.crosswalk(reader, &mut ledger, panel, crosswalk)?;
        }
        if let Some(section) = &self.section.spells {
            panel = self.spells(&mut ledger, &panel, section)?;
        }
        if !self.section.group_by.is_empty() {
            panel = self.group(&mut ledger, &panel, wanted)?;
        }
        for (name, expression) in self.layout.derived.iter().filter(|(name, _)| self.demand.derived.contains(name)) {
            let column = expression.compute(&panel)?;
            panel.insert(name, column);
        }
        if let Some(having) = &self.layout.having {
            panel = filtered(&mut ledger, &panel, having)?;
        }
        Ok((panel.project(|name| wanted.contains(name)), ledger))
    }

    fn old_name(&self, new: &str) -> String {
        let renamed = self.section.rename.iter().find(|(_, name)| *name == new);
        renamed.map_or(new, |(old, _)| old.as_str()).to_string()
    }

    /// Columns of the source, (old name, new name), in the source's order.
    fn source_columns(&self) -> Vec<(String, String)> {
        let new = chosen(&self.layout.renamed, Some(&self.demand.source));
        new.into_iter().map(|new| (self.old_name(&new), new)).collect()
    }

    fn start_with_file(&self, reader: &mut Reader, file: &str) -> Result<(Panel, Ledger), DataError> {
        let locator = reader.locator;
        let path = locator.file(file);
        let named: BTreeSet<String> = self.section.text.iter().chain(&locator.section.text).cloned().collect();
        let text = named.iter().map(|name| self.old_name(name)).chain(named.iter().cloned()).collect();
        let resource = described(locator, &path);
        let request = Request {
            columns: self.source_columns(),
            filter: self.layout.filter.clone(),
            old_name: &|new| self.old_name(new),
            text: &text,
            resource,
        };
        reader.read_file(self.name, &path, &request)
    }

    fn start_with_table(&self, reader: &mut Reader) -> Result<(Panel, Ledger), DataError> {
        let from = self.section.from.as_deref().unwrap_or_default();
        let columns = self.source_columns();
        let of_filter = self.layout.filter.iter().flat_map(|filter| filter.names.iter().map(|new| self.old_name(new)));
        let needed: BTreeSet<String> = columns.iter().map(|(old, _)| old.clone()).chain(of_filter).collect();
        let (source, mut ledger) = reader.read(from, Some(&needed))?;
        let mut panel = Panel::new(source.n_rows(), source.index.clone());
        for (old, column) in source.columns() {
            panel.insert(self.section.rename.get(old).map_or(old, String::as_str), column.clone());
        }
        drop(source);
        if let Some(filter) = &self.layout.filter {
            panel = filtered(&mut ledger, &panel, filter)?;
        }
        Ok((panel.project(|name| columns.iter().any(|(_, new)| new == name)), ledger))
    }

    fn join(
        &self,
        reader: &mut Reader,
        ledger: &mut Ledger,
        panel: Panel,
        (join, needed): (&JoinSection, &BTreeSet<String>),
    ) -> Result<Panel, DataError> {
        // What a partner lost before it was joined is no loss of this table.
        let (partner, _) = reader.read(&join.table, Some(needed))?;
        let on = join.on.pairs();
        let joined = Join { left: &panel, left_name: self.name, right: &partner, right_name: &join.table, on: &on }
            .run(join.how)?;
        let lost = if join.how == JoinKind::Inner { joined.unmatched } else { 0 };
        ledger.push(STEP, Reason::Join, &join.table, lost, joined.panel.n_rows());
        no_rows_left(self.name, ("join", &join.table), panel.n_rows(), joined.panel.n_rows())?;
        reader.notes.extend(joined.note);
        Ok(joined.panel)
    }

    fn impute(
        &self,
        reader: &mut Reader,
        panel: Panel,
        (section, condition): (&ImputeSection, Option<&RowExpression>),
    ) -> Result<Panel, DataError> {
        let mut totals = Vec::new();
        for one in &section.totals {
            let value = one.value.as_ref().unwrap_or(&section.value);
            let needed = one.on.pairs().into_iter().map(|(_, there)| there).chain([value.clone()]).collect();
            totals.push(reader.read(&one.table, Some(&needed))?.0);
        }
        let (panel, note) = Impute { table: self.name, section, condition, totals: &totals }.run(panel)?;
        reader.notes.extend(note);
        Ok(panel)
    }

    fn crosswalk(
        &self,
        reader: &mut Reader,
        ledger: &mut Ledger,
        panel: Panel,
        section: &CrosswalkSection,
    ) -> Result<Panel, DataError> {
        let there = section.on.pairs().into_iter().map(|(_, there)| there);
        let needed: BTreeSet<String> = there.chain([section.to.clone()]).chain(section.share.clone()).collect();
        let (pairs, _) = reader.read(&section.table, Some(&needed))?;
        let converted = Crosswalk { left: &panel, left_name: self.name, right: &pairs, section }.run()?;
        ledger.push(STEP, Reason::Crosswalk, &section.table, converted.lost, converted.panel.n_rows());
        no_rows_left(self.name, ("crosswalk", &section.table), panel.n_rows(), converted.panel.n_rows())?;
        reader.notes.extend(converted.note);
        Ok(converted.panel)
    }

    fn spells(&self, ledger: &mut Ledger, panel: &Panel, section: &SpellsSection) -> Result<Panel, DataError> {
        let found = at_risk(self.name, panel, section)?;
        if found.without_start > 0 {
            let left = panel.n_rows() - found.without_start;
            ledger.push(STEP, Reason::Missing, &section.start, found.without_start, left);
        }
        ledger.push(STEP, Reason::Spells, &found.words, found.outside, found.panel.n_rows());
        no_rows_left(self.name, ("spells", &found.words), panel.n_rows(), found.panel.n_rows())?;
        Ok(found.panel)
    }

    fn group(&self, ledger: &mut Ledger, panel: &Panel, wanted: &BTreeSet<String>) -> Result<Panel, DataError> {
        let mut section = self.section.clone();
        let having = self.layout.having.iter().flat_map(|having| having.names.iter());
        let derived = self.layout.derived.iter().filter(|(name, _)| self.demand.derived.contains(name));
        let of_derived = derived.flat_map(|(_, expression)| expression.names.iter());
        let needed: BTreeSet<&String> = wanted.iter().chain(having).chain(of_derived).collect();
        for list in [&mut section.sum, &mut section.mean, &mut section.min, &mut section.max, &mut section.first] {
            list.retain(|new, _| needed.contains(new));
        }
        let aggregated = aggregate(self.name, panel, &section)?;
        let mut rows = panel.n_rows();
        for (column, lost) in aggregated.missing {
            rows -= lost;
            ledger.push(STEP, Reason::Missing, column, lost, rows);
        }
        let groups = aggregated.panel.n_rows();
        ledger.push(STEP, Reason::Aggregate, self.section.group_by.join(", "), rows - groups, groups);
        no_rows_left(self.name, ("group_by", &self.section.group_by.join(", ")), panel.n_rows(), groups)?;
        Ok(aggregated.panel)
    }
}

/// The package's description of a file, when it has one.
fn described<'l>(locator: &'l Locator, path: &Path) -> Option<&'l Resource> {
    let package = locator.package.as_ref()?;
    let real = path.canonicalize().ok()?;
    let is_it =
        |resource: &&Resource| package.folder.join(&resource.path).canonicalize().is_ok_and(|other| other == real);
    package.resources.iter().find(is_it)
}

fn filtered(ledger: &mut Ledger, panel: &Panel, filter: &RowExpression) -> Result<Panel, DataError> {
    let kept = panel.filter(&filter.test(panel)?);
    record_filter(ledger, filter, panel.n_rows(), kept.n_rows())?;
    Ok(kept)
}
