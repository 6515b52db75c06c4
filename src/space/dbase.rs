//! The table beside a shapefile (dBase III to 7, `.dbf`): a row of properties per shape.
//!
//! Numbers are stored as text of a fixed width; a whole number with decimals (`6.000`) becomes `6`, as ids are written elsewhere. Text is UTF-8
//! where its bytes are, else Latin-1.

use serde_json::{Map, Value};

use super::geojson::EXACT;
use super::shapefile::ShapefileFault;

/// Bytes before the first column, and of each column's description.
const BLOCK: usize = 32;
/// The byte after the last column.
const END: u8 = 0x0d;

struct Field {
    name: String,
    kind: u8,
    width: usize,
}

/// A row of properties, or `None` where the row is marked as deleted.
pub(super) type Row = Option<Map<String, Value>>;

/// All rows, those deleted too: shapes are counted with them.
pub(super) fn rows(bytes: &[u8]) -> Result<Vec<Row>, ShapefileFault> {
    let head: &[u8; BLOCK] = bytes.first_chunk().ok_or(ShapefileFault::TableBroken)?;
    let rows = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    let (start, width) = (u16::from_le_bytes([head[8], head[9]]), u16::from_le_bytes([head[10], head[11]]));
    let fields = fields(bytes.get(BLOCK..usize::from(start)).ok_or(ShapefileFault::TableBroken)?);
    let described: usize = fields.iter().map(|field| field.width).sum();
    if fields.is_empty() || described + 1 > usize::from(width) {
        return Err(ShapefileFault::TableBroken);
    }
    let body = bytes.get(usize::from(start)..).unwrap_or_default().chunks_exact(usize::from(width));
    if body.len() < rows {
        return Err(ShapefileFault::TableCut { has: body.len(), rows });
    }
    Ok(body.take(rows).map(|row| properties(row, &fields)).collect())
}

fn fields(descriptions: &[u8]) -> Vec<Field> {
    let blocks = descriptions.chunks_exact(BLOCK).take_while(|block| block[0] != END);
    let field = |block: &[u8]| {
        let name = block[..11].split(|&byte| byte == 0).next().unwrap_or_default();
        Field { name: text(name), kind: block[11].to_ascii_uppercase(), width: usize::from(block[16]) }
    };
    blocks.map(field).collect()
}

fn properties(row: &[u8], fields: &[Field]) -> Row {
    let (&mark, mut rest) = row.split_first()?;
    if mark == b'*' {
        return None;
    }
    let mut out = Map::new();
    for field in fields {
        let (cell, after) = rest.split_at_checked(field.width)?;
        rest = after;
        out.insert(field.name.clone(), value(cell, field.kind));
    }
    Some(out)
}

fn value(cell: &[u8], kind: u8) -> Value {
    let text = text(cell);
    match kind {
        b'C' | b'D' | b'L' if !text.is_empty() => Value::String(text),
        b'N' | b'F' => number(text),
        // Memos and binary columns are no ids.
        _ => Value::Null,
    }
}

fn number(text: String) -> Value {
    let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(whole), _) => Value::from(whole),
        // More digits than a machine number has: still an id.
        _ if is_whole => Value::String(text),
        (_, Ok(value)) if value.fract() == 0.0 && value.abs() < EXACT => Value::from(value as i64),
        (_, Ok(value)) => Value::from(value),
        // Blank or overflown ("****").
        _ => Value::Null,
    }
}

/// Text without the blanks and zero bytes that fill its width.
fn text(bytes: &[u8]) -> String {
    let read =
        str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|&byte| char::from(byte)).collect(), String::from);
    read.trim_matches(|c: char| c == '\0' || c.is_whitespace()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_ids() {
        let of = |cell: &str, kind: u8| value(cell.as_bytes(), kind);
        assert_eq!(of("01001  ", b'C'), Value::from("01001"));
        assert_eq!(of("     6.000000", b'N'), Value::from(6));
        assert_eq!(of("6.0000000000000e+000", b'F'), Value::from(6));
        assert_eq!(of("   0.309441", b'N'), Value::from(0.309441));
        assert_eq!(of("123456789012345678901", b'N'), Value::from("123456789012345678901"));
        assert_eq!(
            (of("       ", b'N'), of("*******", b'N'), of("   ", b'C')),
            (Value::Null, Value::Null, Value::Null)
        );
        assert_eq!(value(b"Th\xfcringen\0\0", b'C'), Value::from("Thüringen"));
        assert_eq!(value("Thüringen".as_bytes(), b'C'), Value::from("Thüringen"));
    }
}
