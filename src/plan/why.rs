//! What a model depends on, in the words of the study file: `isard plan --why`.
//!
//! A key ([`Plan::key_parts`]) is the digest of canonical texts that are made to be compared, not read. Here the same
//! parts are shown as they are written: sections as TOML, expressions as texts, files by name and digest.

use toml::{Table, Value};

use super::expand::PlannedModel;
use super::resolve::Plan;

/// Keys of `[[model]]` that are shown after the axes made their choices, not as they are written.
const CHOSEN: [&str; 5] = ["name", "formula", "errors", "where", "singletons"];

/// Digits of a digest that are shown.
const SHOWN: usize = 16;

impl Plan {
    /// The parts of a model's key as (part, words of the study file); parts that the study does not mention are left out.
    pub fn reasons(&self, position: usize) -> Vec<(String, String)> {
        let model = &self.models[position];
        let document: Table = toml::from_str(&self.study.source.text).unwrap_or_default();
        let mut out: Vec<(String, String)> =
            vec![("version".into(), env!("CARGO_PKG_VERSION").into()), ("seed".into(), self.study.seed.to_string())];
        out.extend(section(&document, "data"));
        out.extend(self.inputs.iter().map(|(path, digest)| {
            let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into());
            let digest = digest.as_ref().map_or("absent", |digest| &digest[..SHOWN.min(digest.len())]);
            ("file".to_string(), format!("{name}, blake3 {digest}"))
        }));
        for name in ["geography", "clusters", "shift_share"] {
            out.extend(section(&document, name));
        }
        let canonical = self.key_parts(position);
        let of_key = |name: &str| {
            let found = canonical.iter().find(|(part, text)| *part == name && !text.is_empty());
            found.map(|(part, text)| ((*part).to_string(), text.clone()))
        };
        out.extend(["variables", "sample", "where", "formula"].into_iter().filter_map(of_key));
        out.push(("errors".into(), model.errors_text()));
        out.push(("singletons".into(), if model.keep_singletons { "keep".into() } else { "drop".into() }));
        let choices: Vec<String> = model.choices.iter().map(|(axis, choice)| format!("{axis} = {choice}")).collect();
        out.extend((!choices.is_empty()).then(|| ("choices".to_string(), choices.join(", "))));
        if let Some(block) = block(&document, model) {
            let written = block.iter().filter(|(name, _)| !CHOSEN.contains(&name.as_str()));
            out.extend(written.map(|(name, value)| (name.clone(), one_line(value))));
        }
        out.extend(["randomisation", "deny"].into_iter().filter_map(|name| section(&document, name)));
        out
    }
}

/// The `[[model]]` of a planned model.
fn block<'a>(document: &'a Table, model: &PlannedModel) -> Option<&'a Table> {
    let position: usize = model.formula_at.split('.').nth(1)?.parse().ok()?;
    document.get("model")?.as_array()?.get(position)?.as_table()
}

fn section(document: &Table, name: &str) -> Option<(String, String)> {
    document.get(name).map(|value| (name.to_string(), one_line(value)))
}

/// A value on one line, tables in braces.
fn one_line(value: &Value) -> String {
    match value {
        Value::Table(table) => {
            let fields: Vec<String> = table.iter().map(|(key, value)| format!("{key} = {}", one_line(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        Value::String(text) => format!("\"{}\"", text.split_whitespace().collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}
