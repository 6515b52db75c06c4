//! The text of a study file with the place of every key and value, so that any later fault can point at it.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::fault::Fault;

/// Where a key and its value stand in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The key.
    pub key: Range<usize>,
    /// The value.
    pub value: Range<usize>,
}

/// A study file's text and the places in it. A place is named by its dotted path: `model.0.formula`.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where the file is.
    pub path: PathBuf,
    /// Its text.
    pub text: Arc<str>,
    places: HashMap<String, Place>,
}

impl Source {
    /// Indexes a parsed document.
    pub fn new(path: &Path, text: Arc<str>, document: &DeTable<'_>) -> Self {
        let mut places = HashMap::new();
        index_table(document, "", &mut places);
        Source { path: path.to_path_buf(), text, places }
    }

    /// The place of a dotted path, or of its nearest ancestor that stands in the file.
    pub fn place(&self, path: &str) -> Option<&Place> {
        let mut path = path;
        loop {
            if let Some(place) = self.places.get(path) {
                return Some(place);
            }
            path = &path[..path.rfind('.')?];
        }
    }

    /// Whether exactly this path stands in the file.
    pub fn has(&self, path: &str) -> bool {
        self.places.contains_key(path)
    }

    /// A fault at the value of a path.
    pub fn fault(&self, path: &str, message: impl Into<String>) -> Fault {
        Fault { message: message.into(), span: self.place(path).map(|place| place.value.clone()), help: None }
    }

    /// The first key or text value below a path (the path itself included) that reads `name`.
    pub fn find(&self, below: &str, name: &str) -> Option<Range<usize>> {
        let reads = |span: &Range<usize>| {
            let raw = self.text.get(span.clone()).unwrap_or_default();
            raw == name || raw.trim_matches(['"', '\'']) == name
        };
        let is_below =
            |path: &str| path.strip_prefix(below).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let spans =
            self.places.iter().filter(|(path, _)| is_below(path)).flat_map(|(_, place)| [&place.key, &place.value]);
        spans.filter(|span| reads(span)).min_by_key(|span| span.start).cloned()
    }

    /// Where a word first stands inside the value of exactly this path.
    pub fn word(&self, path: &str, word: &str) -> Option<Range<usize>> {
        let value = self.places.get(path)?.value.clone();
        let start = value.start + self.text.get(value)?.find(word)?;
        Some(start..start + word.len())
    }

    /// The span in the file of a span inside the text that stands as a string at `path`.
    pub fn inside(&self, path: &str, span: &Range<usize>) -> Option<Range<usize>> {
        let place = self.places.get(path)?;
        let raw = self.text.get(place.value.clone())?;
        let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        let newline = usize::from(quotes == 3 && raw[3..].starts_with('\n'));
        // An escape makes the text in the file longer than the string it stands for: then the whole value is marked.
        if raw.starts_with('"') && raw.contains('\\') {
            return Some(place.value.clone());
        }
        let start = place.value.start + quotes + newline + span.start;
        let end = (place.value.start + quotes + newline + span.end.max(span.start + 1)).min(place.value.end);
        Some(start.min(end)..end)
    }
}

fn index_table(table: &DeTable<'_>, prefix: &str, places: &mut HashMap<String, Place>) {
    for (key, value) in table.iter() {
        let path = join(prefix, key.get_ref());
        places.insert(path.clone(), Place { key: key.span(), value: value.span() });
        index_value(value.get_ref(), &path, places);
    }
}

fn index_value(value: &DeValue<'_>, path: &str, places: &mut HashMap<String, Place>) {
    match value {
        DeValue::Table(table) => index_table(table, path, places),
        DeValue::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                let path = join(path, &position.to_string());
                places.insert(path.clone(), Place { key: item.span(), value: item.span() });
                index_value(item.get_ref(), &path, places);
            }
        }
        _ => {}
    }
}

/// Extends a dotted path.
pub(super) fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_string() } else { format!("{prefix}.{key}") }
}
