//! Text in figures: escaping, widths, wrapping.
//!
//! Widths are estimates from classes of letters of DejaVu Sans, a wide face, so that a narrower font of a browser also
//! fits. They decide margins and line breaks only.

/// Escapes text for XML and leaves out control characters, which XML 1.0 forbids.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(' '),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Estimated width of a line in pixels at a font size in pixels.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// The advance of a letter in em.
fn advance(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | 'I' | '\'' | '|' => 0.3,
        ' ' | '.' | ',' | ':' | ';' | 'f' | '!' | '-' => 0.36,
        't' | 'r' | '(' | ')' | '[' | ']' | '/' | '"' => 0.41,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.97,
        '−' | '+' | '=' | '<' | '>' | '×' | '~' => 0.84,
        'A'..='Z' => 0.73,
        // Scripts outside the bundled letters are wide.
        letter if letter > '\u{2e80}' => 1.0,
        _ => 0.63,
    }
}

/// Breaks text into lines that fit `limit` pixels: at spaces, then inside long names after `_ : , ( ^ * /`, and in the
/// middle of what still does not fit. Never returns an empty list.
pub fn wrap(text: &str, limit: f64, size: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces(text).iter().flat_map(|piece| chop(piece, limit, size)) {
        let Some(line) = lines.last_mut() else { break };
        let joined = format!("{line}{piece}");
        if line.is_empty() || width(joined.trim_end(), size) <= limit {
            *line = joined;
        } else {
            lines.push(piece);
        }
    }
    lines.iter().map(|line| line.trim().to_owned()).collect()
}

/// The parts of a text between which a line may break.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut may_break = false;
    for letter in text.chars() {
        let separates = letter.is_whitespace() || matches!(letter, '_' | ':' | ',' | '(' | '^' | '*' | '/');
        if may_break && !separates {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(if letter.is_whitespace() { ' ' } else { letter });
        }
        may_break = separates;
    }
    pieces
}

/// A piece that is wider than a line, in parts that are not.
fn chop(piece: &str, limit: f64, size: f64) -> Vec<String> {
    let mut parts = vec![String::new()];
    for letter in piece.chars() {
        let needs_new = parts.last().is_some_and(|part| {
            let longer = format!("{part}{letter}");
            !part.is_empty() && width(longer.trim_end(), size) > limit
        });
        if needs_new {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_inside_long_names() {
        assert_eq!(wrap("Cluster strength", 500.0, 12.0), vec!["Cluster strength"]);
        assert_eq!(wrap("Cluster strength outside", 120.0, 12.0), vec!["Cluster strength", "outside"]);
        let name = "log(lq(employment, within = cluster)):i(year, ref = 2005)::2007";
        let lines = wrap(name, 150.0, 12.0);
        assert!(lines.len() > 2 && lines.iter().all(|line| width(line, 12.0) <= 150.0), "{lines:?}");
        assert!(wrap(&"x".repeat(100), 100.0, 12.0).iter().all(|line| width(line, 12.0) <= 100.0));
        assert_eq!(wrap("", 100.0, 12.0), vec![""]);
    }

    #[test]
    fn escapes_what_xml_forbids() {
        assert_eq!(escape("a<b>&\"\u{0}\u{1b}\n"), "a&lt;b&gt;&amp;&quot; ");
    }
}
