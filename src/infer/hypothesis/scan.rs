//! [`Scanned`]: a text in which the names of coefficients are found, longest first, before it is read as arithmetic.

use super::error::HypothesisFault;
use super::expression::{CoefficientExpression, position};
use crate::formula::{Dual, Expr, ExprKind, Span, SyntaxFault, differentiate, parse_expression};
use crate::pattern::matches;

/// A text in which coefficient names have become `` `#k` ``.
pub(super) struct Scanned {
    pub(super) text: String,
    /// For every byte of `text`, and its end, the byte of the original.
    origin: Vec<usize>,
    /// The original.
    source: String,
}

impl Scanned {
    pub(super) fn of(source: &str, names: &[String]) -> Result<Scanned, HypothesisFault> {
        let mut by_length: Vec<(usize, Vec<char>)> =
            names.iter().enumerate().map(|(k, name)| (k, dense(name))).collect();
        by_length.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
        let characters: Vec<(usize, char)> = source.char_indices().collect();
        let mut out = Scanned { text: String::new(), origin: Vec::new(), source: source.to_string() };
        let mut at = 0;
        while let Some(&(byte, character)) = characters.get(at) {
            let follows_word = at > 0 && is_word(characters[at - 1].1) && is_word(character);
            let found =
                if follows_word || character.is_whitespace() { None } else { longest(&characters[at..], &by_length) };
            if character == '`' {
                let Some(length) = characters[at + 1..].iter().position(|&(_, c)| c == '`') else {
                    return Err(fault("this ` is never closed", byte..byte + 1));
                };
                let name: String = characters[at + 1..at + 1 + length].iter().map(|&(_, c)| c).collect();
                let known = names.iter().position(|known| dense(known) == dense(&name));
                let inside = known.map_or_else(|| format!("`{name}`"), |k| format!("`#{k}`"));
                out.push(&inside, byte);
                at += length + 2;
            } else if let Some((k, length)) = found {
                out.push(&format!("`#{k}`"), byte);
                at += length;
            } else {
                out.push(&character.to_string(), byte);
                at += 1;
            }
        }
        out.origin.push(source.len());
        Ok(out)
    }

    fn push(&mut self, piece: &str, origin: usize) {
        self.text.push_str(piece);
        self.origin.extend(std::iter::repeat_n(origin, piece.len()));
    }

    /// The pieces between separators that stand outside brackets, backticks and texts.
    pub(super) fn split(&self, separator: char, range: Span) -> Vec<Span> {
        let (mut depth, mut is_quoted) = (0i32, false);
        let mut pieces = Vec::new();
        let mut start = range.start;
        let mut skip = false;
        for (at, character) in self.text[range.clone()].char_indices().map(|(at, c)| (at + range.start, c)) {
            match character {
                '`' => is_quoted = !is_quoted,
                '(' | '[' => depth += 1,
                ')' | ']' => depth -= 1,
                _ => {}
            }
            let is_comparison = separator == '=' && self.text[..at].ends_with(['<', '>', '!']);
            if std::mem::take(&mut skip) {
                start = at + 1;
            } else if character == separator && depth == 0 && !is_quoted && !is_comparison {
                pieces.push(start..at);
                start = at + 1;
                // `==` is one sign of equality.
                skip = separator == '=' && self.text[at + 1..].starts_with('=');
            }
        }
        pieces.push(start..range.end);
        pieces
    }

    /// The first side of an equation: an expression, or every coefficient that a pattern names.
    pub(super) fn side(&self, range: Span, names: &[String]) -> Result<Vec<CoefficientExpression>, HypothesisFault> {
        let fault = match self.expression(range.clone(), names) {
            Ok(expression) => return Ok(vec![expression]),
            Err(fault) => fault,
        };
        let from = self.origin[range.start];
        let written = self.source.get(from..self.origin[range.end]).unwrap_or_default();
        let pattern: String = dense(written.trim().trim_matches('`')).into_iter().collect();
        if !pattern.contains(['*', '?']) {
            return Err(fault);
        }
        let fitting: Vec<_> = (0..names.len())
            .filter(|&k| matches(&pattern, &dense(&names[k]).into_iter().collect::<String>()))
            .map(|k| CoefficientExpression {
                expr: Expr { kind: ExprKind::Name(format!("#{k}")), span: range.clone() },
                text: shown(&names[k]),
            })
            .collect();
        if fitting.is_empty() {
            return Err(HypothesisFault {
                message: format!("no coefficient fits `{}`", written.trim()),
                span: from..self.origin[range.end],
                help: Some(format!("coefficients: {}", names.join(", "))),
            });
        }
        Ok(fitting)
    }

    pub(super) fn expression(&self, range: Span, names: &[String]) -> Result<CoefficientExpression, HypothesisFault> {
        let range = range.start..range.end.min(self.text.len());
        let text = &self.text[range.clone()];
        let back = |span: &Span| {
            let place = |at: usize| self.origin.get(at + range.start).copied().unwrap_or(self.source.len());
            place(span.start)..place(span.end).max(place(span.start) + 1)
        };
        let parsed = parse_expression(text).map_err(|SyntaxFault { message, span, help }| HypothesisFault {
            message,
            span: back(&span),
            help,
        })?;
        if let Some((name, span)) = parsed.names().into_iter().find(|(name, _)| position(name).is_none()) {
            let near = crate::study::nearest(name, names.iter().map(String::as_str));
            return Err(HypothesisFault {
                message: format!("the model has no coefficient `{name}`"),
                span: back(&span),
                help: Some(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("coefficients: {}", names.join(", ")),
                }),
            });
        }
        // Whether it can be differentiated is known before there are estimates.
        if let Err(error) = differentiate(&parsed, &|_| Some(Dual::constant(1.0))) {
            return Err(HypothesisFault { message: error.to_string(), span: back(&error.span()), help: None });
        }
        let text = named(&parsed.canonical(), names);
        Ok(CoefficientExpression { expr: parsed, text })
    }
}

/// A canonical text with positions turned back into names.
fn named(canonical: &str, names: &[String]) -> String {
    let mut out = canonical.to_string();
    for (k, name) in names.iter().enumerate() {
        out = out.replace(&format!("`#{k}`"), &shown(name));
    }
    out
}

fn shown(name: &str) -> String {
    if name.chars().all(is_word) { name.to_string() } else { format!("`{name}`") }
}

fn fault(message: &str, span: Span) -> HypothesisFault {
    HypothesisFault { message: message.to_string(), span, help: None }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '.'
}

/// The characters of a name but its blanks.
fn dense(name: &str) -> Vec<char> {
    name.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The longest name that stands at the beginning of a text: its position and how many characters it takes.
fn longest(text: &[(usize, char)], by_length: &[(usize, Vec<char>)]) -> Option<(usize, usize)> {
    by_length.iter().find_map(|(k, name)| Some((*k, stands(text, name)?)))
}

fn stands(text: &[(usize, char)], name: &[char]) -> Option<usize> {
    let mut at = 0;
    for wanted in name {
        while text.get(at).is_some_and(|(_, c)| c.is_whitespace()) && at > 0 {
            at += 1;
        }
        if text.get(at).map(|(_, c)| c) != Some(wanted) {
            return None;
        }
        at += 1;
    }
    let next = text.get(at).map(|&(_, c)| c);
    let ends_in_word = name.last().is_some_and(|&c| is_word(c));
    // A name goes on through word characters, `:` (an interaction or a level) and the bracket of a call.
    let goes_on = next.is_some_and(|c| c == ':' || (ends_in_word && (is_word(c) || c == '(')));
    (at > 0 && !goes_on).then_some(at)
}
