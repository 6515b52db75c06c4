//! The JSON Schema of study files, generated from the raw types, and the check of a file against it.
//!
//! One schema serves editors (`isard schema`) and the checker, so they cannot disagree. The check collects every fault:
//! unknown keys with the nearest valid one, wrong types, values outside a list, missing keys.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, nearest};
use super::raw::RawStudy;

/// The published schema of a study file.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(RawStudy).to_value();
    close(&mut schema);
    if let Value::Object(root) = &mut schema {
        root.insert("title".into(), Value::String("isard study".into()));
    }
    schema
}

/// Objects with named properties take no others.
fn close(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("properties").is_some_and(Value::is_object) && !map.contains_key("additionalProperties") {
                map.insert("additionalProperties".into(), Value::Bool(false));
            }
            map.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// Checks a parsed document and returns its faults in the order of the file.
pub fn check(document: &Spanned<DeTable<'_>>) -> Vec<Fault> {
    let root = schema();
    let mut checker = Checker { root: &root, faults: Vec::new() };
    checker.table(document.get_ref(), 0..0, &root, "the study");
    checker.faults.sort_by_key(|fault| fault.span.as_ref().map_or(0, |span| span.start));
    checker.faults
}

struct Checker<'a> {
    root: &'a Value,
    faults: Vec<Fault>,
}

impl<'a> Checker<'a> {
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => match self.root.pointer(reference.trim_start_matches('#')) {
                Some(target) => self.resolve(target),
                None => schema,
            },
            None => schema,
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, schema: &'a Value, name: &str) {
        let schema = self.resolve(schema);
        if alternatives(schema).is_some() {
            return self.alternatives(value, schema, name);
        }
        if !accepts(schema, value.get_ref()) {
            return self.wrong_type(value, &[schema], name);
        }
        match value.get_ref() {
            DeValue::Table(table) => self.table(table, value.span(), schema, name),
            DeValue::Array(items) => {
                if let Some(item_schema) = schema.get("items") {
                    for item in items {
                        self.value(item, item_schema, name);
                    }
                }
            }
            DeValue::String(text) => self.choice(text, value, &[schema], name),
            _ => {}
        }
    }

    /// The alternatives below alternatives, down to those that are none.
    fn leaves(&self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.resolve(schema);
        match alternatives(schema) {
            Some(list) => list.iter().flat_map(|inner| self.leaves(inner)).collect(),
            None => vec![schema],
        }
    }

    fn alternatives(&mut self, value: &Spanned<DeValue<'_>>, schema: &'a Value, name: &str) {
        let leaves = self.leaves(schema);
        let mut fitting: Vec<&'a Value> =
            leaves.iter().copied().filter(|schema| accepts(schema, value.get_ref())).collect();
        if fitting.is_empty() {
            return self.wrong_type(value, &leaves, name);
        }
        if let DeValue::String(text) = value.get_ref() {
            if fitting.iter().any(|schema| !is_closed_choice(schema)) {
                return;
            }
            return self.choice(text, value, &fitting, name);
        }
        // Among several tables the one that knows most of the keys is meant; its faults are the useful ones.
        if let DeValue::Table(table) = value.get_ref() {
            fitting.sort_by_key(|schema| {
                let known = schema.get("properties").and_then(Value::as_object);
                std::cmp::Reverse(
                    table
                        .keys()
                        .filter(|key| known.is_some_and(|known| known.contains_key(key.get_ref().as_ref())))
                        .count(),
                )
            });
        }
        let outcomes: Vec<Vec<Fault>> = fitting
            .iter()
            .map(|schema| {
                let mut trial = Checker { root: self.root, faults: Vec::new() };
                trial.value(value, schema, name);
                trial.faults
            })
            .collect();
        if let Some(best) = outcomes.into_iter().reduce(|best, next| if next.len() < best.len() { next } else { best })
        {
            self.faults.extend(best);
        }
    }

    fn table(&mut self, table: &DeTable<'_>, span: std::ops::Range<usize>, schema: &'a Value, name: &str) {
        let properties: Vec<(&'a str, &'a Value)> = match schema.get("properties").and_then(Value::as_object) {
            Some(map) => map.iter().map(|(key, value)| (key.as_str(), value)).collect(),
            None => Vec::new(),
        };
        let property_of = |name: &str| properties.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let others = schema.get("additionalProperties").filter(|other| other.is_object());
        for (key, value) in table.iter() {
            let key_text: &str = key.get_ref();
            match property_of(key_text).or(others) {
                Some(property) => self.value(value, property, key_text),
                None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                    let known = properties.iter().map(|(key, _)| *key);
                    let help = match nearest(key_text, known.clone()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("valid keys: {}", known.collect::<Vec<_>>().join(", ")),
                    };
                    self.faults.push(Fault {
                        message: format!("`{key_text}` is not a key of {name}"),
                        span: Some(key.span()),
                        help: Some(help),
                    });
                }
                None => {}
            }
        }
        for required in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            if !table.iter().any(|(key, _)| key.get_ref() == required) {
                self.faults.push(Fault {
                    message: format!("`{required}` is missing from {name}"),
                    span: Some(span.clone()),
                    help: description(property_of(required)),
                });
            }
        }
    }

    fn choice(&mut self, text: &str, value: &Spanned<DeValue<'_>>, schemas: &[&'a Value], name: &str) {
        let choices: Vec<&str> = schemas.iter().flat_map(|schema| choices(schema)).collect();
        if choices.is_empty() || choices.contains(&text) {
            return;
        }
        let near =
            nearest(text, choices.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        self.faults.push(Fault {
            message: format!("`{text}` is not a value of {name}"),
            span: Some(value.span()),
            help: Some(format!("{near}valid values: {}", choices.join(", "))),
        });
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, schemas: &[&'a Value], name: &str) {
        let mut wanted: Vec<&str> =
            schemas.iter().flat_map(|schema| types(schema)).filter(|kind| *kind != "null").map(type_word).collect();
        wanted.dedup();
        self.faults.push(Fault {
            message: format!("`{name}` must be {}, not {}", wanted.join(" or "), found_word(value.get_ref())),
            span: Some(value.span()),
            help: None,
        });
    }
}

fn alternatives(schema: &Value) -> Option<&[Value]> {
    if is_closed_choice(schema) {
        return None;
    }
    ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)).and_then(Value::as_array).map(Vec::as_slice)
}

/// An enumeration, however schemars wrote it.
fn is_closed_choice(schema: &Value) -> bool {
    !choices(schema).is_empty()
}

fn choices(schema: &Value) -> Vec<&str> {
    if let Some(list) = schema.get("enum").and_then(Value::as_array) {
        return list.iter().filter_map(Value::as_str).collect();
    }
    if let Some(one) = schema.get("const").and_then(Value::as_str) {
        return vec![one];
    }
    let Some(list) = schema.get("oneOf").and_then(Value::as_array) else { return Vec::new() };
    let parts: Vec<Vec<&str>> = list.iter().map(choices).collect();
    if parts.iter().any(Vec::is_empty) { Vec::new() } else { parts.concat() }
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ if is_closed_choice(schema) => vec!["string"],
        _ => Vec::new(),
    }
}

fn accepts(schema: &Value, value: &DeValue<'_>) -> bool {
    let kinds = types(schema);
    kinds.is_empty() || kinds.iter().any(|kind| matches_type(kind, value))
}

fn matches_type(kind: &str, value: &DeValue<'_>) -> bool {
    match value {
        DeValue::String(_) => kind == "string",
        DeValue::Integer(_) => kind == "integer" || kind == "number",
        DeValue::Float(_) => kind == "number",
        DeValue::Boolean(_) => kind == "boolean",
        DeValue::Datetime(_) => false,
        DeValue::Array(_) => kind == "array",
        DeValue::Table(_) => kind == "object",
    }
}

fn type_word(kind: &str) -> &str {
    match kind {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        other => other,
    }
}

fn found_word(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn description(schema: Option<&Value>) -> Option<String> {
    let text = schema?.get("description")?.as_str()?;
    Some(text.split("\n\n").next()?.replace('\n', " "))
}
