//! What a csv file is made of, decided from every value: its separator, header, number of rows and the kind of each column.
//!
//! A first look at the first rows is not enough: a code such as `01001` may stand on the last line, and a ragged row
//! anywhere. So the whole file is walked once, in one pass over its bytes, before polars reads the columns that are
//! needed. Quoting is RFC 4180's. A column is text as soon as one value is not a number, is an integer with leading zeros
//! (`01001`), or has more digits than a float holds exactly (16 and more). Deliberately not done: dates, thousands
//! separators, comments.

use std::path::Path;

use super::error::DataError;

/// How a column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Numbers that a parser takes as they stand.
    Number,
    /// Numbers with blanks around them, signs or words (`inf`), or quoted missing values.
    LooseNumber,
    /// Truth values, which only a package can declare.
    Truth,
    /// Text.
    Text,
}

/// What is asked of a column before its values are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    /// Not needed: not looked at.
    Skip,
    /// Decided by its values.
    Open,
    /// Text, whatever it looks like.
    Text,
    /// A number; anything else is an error.
    Number,
    /// A truth value; anything else is an error.
    Truth,
}

/// A header.
pub(crate) struct Header {
    /// Names of the columns; a column without a name is called `column_N`.
    pub names: Vec<String>,
    /// The separator: comma, semicolon or tab.
    pub separator: u8,
    /// Where the first row starts.
    pub body: usize,
    lines: usize,
}

/// Words for truth and falsehood, as Table Schema gives them.
pub(crate) const TRUE: [&str; 4] = ["true", "True", "TRUE", "1"];
/// See [`TRUE`].
pub(crate) const FALSE: [&str; 4] = ["false", "False", "FALSE", "0"];

/// Where a field ended.
#[derive(PartialEq)]
enum End {
    Separator,
    Line,
    File,
}

struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    separator: u8,
}

struct Field<'a> {
    raw: &'a [u8],
    quoted: bool,
    end: End,
}

impl<'a> Fields<'a> {
    /// The next field; `Err(line)` when a quote never closes.
    fn next(&mut self) -> Result<Field<'a>, usize> {
        if self.bytes.get(self.at) == Some(&b'"') {
            return self.quoted();
        }
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&b| b == self.separator || b == b'\n').unwrap_or(rest.len());
        let mut raw = &rest[..length];
        self.at += length;
        let end = self.finish();
        if end != End::Separator && raw.last() == Some(&b'\r') {
            raw = &raw[..raw.len() - 1];
        }
        Ok(Field { raw, quoted: false, end })
    }

    fn quoted(&mut self) -> Result<Field<'a>, usize> {
        let (opened, start) = (self.line, self.at + 1);
        let mut at = start;
        loop {
            match self.bytes.get(at) {
                None => return Err(opened),
                Some(b'"') if self.bytes.get(at + 1) == Some(&b'"') => at += 2,
                Some(b'"') => break,
                Some(&byte) => {
                    self.line += usize::from(byte == b'\n');
                    at += 1;
                }
            }
        }
        let raw = &self.bytes[start..at];
        self.at = at + 1;
        while self.bytes.get(self.at).is_some_and(|&b| b != self.separator && b != b'\n') {
            self.at += 1;
        }
        let end = self.finish();
        Ok(Field { raw, quoted: true, end })
    }

    /// Steps over what ended a field.
    fn finish(&mut self) -> End {
        let end = match self.bytes.get(self.at) {
            None => return End::File,
            Some(b'\n') => End::Line,
            Some(_) => End::Separator,
        };
        self.at += 1;
        self.line += usize::from(end == End::Line);
        end
    }

    /// Steps over a line without anything on it; whether there was one.
    fn skip_blank(&mut self) -> bool {
        let length = match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
            (Some(b'\n'), _) => 1,
            (Some(b'\r'), Some(b'\n')) => 2,
            _ => return false,
        };
        self.at += length;
        self.line += 1;
        true
    }
}

/// Reads the header.
///
/// # Errors
/// When there is nothing to read, the file is not UTF-8, or a name occurs twice.
pub(crate) fn header(path: &Path, bytes: &[u8]) -> Result<Header, DataError> {
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let first = bytes[start..].split(|&b| b == b'\n').next().unwrap_or_default();
    let count = |separator: u8| first.iter().filter(|&&b| b == separator).count();
    let separator = [b',', b';', b'\t'].into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(b',');
    let mut fields = Fields { bytes, at: start, line: 1, separator };
    while fields.skip_blank() {}
    if fields.at >= bytes.len() {
        return Err(DataError::Empty { path: path.to_path_buf() });
    }
    let mut names: Vec<String> = Vec::new();
    loop {
        let field = fields.next().map_err(|line| DataError::OpenQuote { path: path.to_path_buf(), line })?;
        let text = std::str::from_utf8(field.raw)
            .map_err(|_| DataError::NotUtf8 { path: path.to_path_buf(), line: 1 })?
            .trim()
            .replace("\"\"", "\"");
        let name = if text.is_empty() { format!("column_{}", names.len() + 1) } else { text };
        if names.contains(&name) {
            return Err(DataError::DuplicateColumn { path: path.to_path_buf(), column: name });
        }
        names.push(name);
        if field.end != End::Separator {
            break;
        }
    }
    Ok(Header { names, separator, body: fields.at, lines: fields.line })
}

/// Walks all rows: the number of rows and the kind of each column.
///
/// `declared` has one entry per column; `missing` lists the texts that mean missing, the empty one aside.
///
/// # Errors
/// Ragged rows, quotes that never close, text that is not UTF-8, values that contradict their declared type, no rows.
pub(crate) fn inspect(
    path: &Path,
    bytes: &[u8],
    header: &Header,
    declared: &[Declared],
    missing: &[String],
) -> Result<(usize, Vec<Kind>), DataError> {
    check_utf8(path, bytes)?;
    let mut fields = Fields { bytes, at: header.body, line: header.lines, separator: header.separator };
    let mut kinds: Vec<Kind> = declared
        .iter()
        .map(|declared| match declared {
            Declared::Open | Declared::Number => Kind::Number,
            Declared::Truth => Kind::Truth,
            Declared::Text | Declared::Skip => Kind::Text,
        })
        .collect();
    let mut rows = 0;
    while fields.at < bytes.len() {
        if header.names.len() > 1 && fields.skip_blank() {
            continue;
        }
        let (line, mut found) = (fields.line, 0);
        loop {
            let field = fields.next().map_err(|line| DataError::OpenQuote { path: path.to_path_buf(), line })?;
            if let (Some(kind), Some(&declared)) = (kinds.get_mut(found), declared.get(found))
                && !narrow(kind, declared, &field, missing)
            {
                return Err(DataError::WrongValue {
                    path: path.to_path_buf(),
                    line,
                    column: header.names[found].clone(),
                    value: String::from_utf8_lossy(field.raw).into_owned(),
                    wanted: if declared == Declared::Truth { "boolean" } else { "number" },
                });
            }
            found += 1;
            if field.end != End::Separator {
                break;
            }
        }
        if found != header.names.len() {
            return Err(DataError::Ragged { path: path.to_path_buf(), line, found, expected: header.names.len() });
        }
        rows += 1;
    }
    if rows == 0 {
        return Err(DataError::Empty { path: path.to_path_buf() });
    }
    Ok((rows, kinds))
}

/// The lines of the rows whose fields, by the position of their columns, hold these texts.
pub(crate) fn lines_with(bytes: &[u8], header: &Header, texts: &[(usize, &str)]) -> Vec<usize> {
    let mut fields = Fields { bytes, at: header.body, line: header.lines, separator: header.separator };
    let mut lines = Vec::new();
    while fields.at < bytes.len() {
        if header.names.len() > 1 && fields.skip_blank() {
            continue;
        }
        let (line, mut column, mut held) = (fields.line, 0, 0);
        // A quote that never closes ends the search: reading tells of it.
        while let Ok(field) = fields.next() {
            let is_held = |&&(place, text): &&(usize, &str)| {
                place == column && String::from_utf8_lossy(field.raw).replace("\"\"", "\"") == text
            };
            held += texts.iter().filter(is_held).count();
            column += 1;
            if field.end != End::Separator {
                break;
            }
        }
        if column == 0 {
            break;
        }
        if held == texts.len() {
            lines.push(line);
        }
    }
    lines
}

fn check_utf8(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    std::str::from_utf8(bytes).map(|_| ()).map_err(|fault| {
        let line = bytes[..fault.valid_up_to()].iter().filter(|&&b| b == b'\n').count() + 1;
        DataError::NotUtf8 { path: path.to_path_buf(), line }
    })
}

/// Narrows the kind of a column by one value; `false` when the value contradicts the declared type.
fn narrow(kind: &mut Kind, declared: Declared, field: &Field, missing: &[String]) -> bool {
    if *kind == Kind::Text || field.raw.is_empty() {
        return true;
    }
    if missing.iter().any(|text| text.as_bytes() == field.raw) {
        // Whether a quoted word counts as missing differs among readers: such a column is converted by our own rule.
        if field.quoted && *kind == Kind::Number {
            *kind = Kind::LooseNumber;
        }
        return true;
    }
    let text = std::str::from_utf8(field.raw).unwrap_or_default();
    if *kind == Kind::Truth {
        return TRUE.contains(&text) || FALSE.contains(&text);
    }
    match (number_form(text), declared) {
        (NumberForm::Plain, _) => {}
        (NumberForm::Code, Declared::Open) | (NumberForm::None, Declared::Open) => *kind = Kind::Text,
        (NumberForm::Loose | NumberForm::Code, _) => *kind = Kind::LooseNumber,
        (NumberForm::None, _) => return false,
    }
    true
}

enum NumberForm {
    /// Digits, sign, point, exponent.
    Plain,
    /// A number in another writing.
    Loose,
    /// Digits that are a code rather than a number.
    Code,
    /// Not a number.
    None,
}

fn number_form(text: &str) -> NumberForm {
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        let is_code = (digits.len() > 1 && digits[0] == b'0') || digits.len() > 15;
        return if is_code { NumberForm::Code } else { NumberForm::Plain };
    }
    let plain = digits.first().is_some_and(|b| b.is_ascii_digit() || *b == b'.')
        && digits.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'));
    match text.trim().parse::<f64>() {
        Ok(_) if plain => NumberForm::Plain,
        Ok(_) => NumberForm::Loose,
        Err(_) => NumberForm::None,
    }
}
