//! Text to tokens, each with its bytes.
//!
//! Blanks, line ends and comments (`#` to the end of the line) separate tokens and mean nothing else.

use winnow::ascii::{digit0, digit1, multispace1, till_line_ending};
use winnow::combinator::{alt, fail, opt, preceded, repeat, terminated};
use winnow::error::ErrMode;
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location};
use winnow::token::{any, literal, one_of, take_while};

use super::ast::{Span, SyntaxFault};

/// A token, its bytes in the text, and how it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'s> {
    pub kind: Kind,
    pub span: Span,
    pub written: &'s str,
}

/// The kinds of tokens.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Number(f64),
    Text(String),
    Name(String),
    True,
    False,
    And,
    Or,
    /// `|`: `or` in an expression, a separator of parts in a formula.
    Bar,
    /// `||`: `or` in an expression, two separators in a formula.
    DoubleBar,
    Not,
    In,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Power,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Assign,
    Open,
    Close,
    OpenSquare,
    CloseSquare,
    Comma,
    Tilde,
    Colon,
}

impl Kind {
    /// Whether it opens a bracket.
    pub fn opens(&self) -> bool {
        matches!(self, Kind::Open | Kind::OpenSquare)
    }

    /// Whether it closes a bracket.
    pub fn closes(&self) -> bool {
        matches!(self, Kind::Close | Kind::CloseSquare)
    }

    /// Whether it compares two values (`in` does not count).
    pub fn compares(&self) -> bool {
        matches!(self, Kind::Equal | Kind::NotEqual | Kind::Less | Kind::LessEqual | Kind::Greater | Kind::GreaterEqual)
    }

    /// Whether a value can end with it, so that a sign after it joins two values.
    pub fn ends_value(&self) -> bool {
        self.closes() || matches!(self, Kind::Number(_) | Kind::Text(_) | Kind::Name(_) | Kind::True | Kind::False)
    }

    /// Whether it stands between or before values.
    pub fn is_operator(&self) -> bool {
        !self.ends_value() && !self.opens() && !matches!(self, Kind::Comma)
    }
}

type Input<'s> = LocatingSlice<&'s str>;

/// Cuts a text into tokens.
///
/// Errors: a character without meaning, a text or a backtick without end, an unknown escape, a number too large.
pub(super) fn tokenize(text: &str) -> Result<Vec<Token<'_>>, SyntaxFault> {
    preceded(blank, repeat(0.., terminated(token, blank)))
        .parse(LocatingSlice::new(text))
        .map_err(|fault| fault.into_inner())
}

fn blank(input: &mut Input) -> ModalResult<(), SyntaxFault> {
    repeat(0.., alt((multispace1.void(), ('#', till_line_ending).void()))).parse_next(input)
}

fn token<'s>(input: &mut Input<'s>) -> ModalResult<Token<'s>, SyntaxFault> {
    let rest: &'s str = input.as_ref();
    let (kind, span) = alt((number, word, text_literal, quoted_name, symbol)).with_span().parse_next(input)?;
    let written = rest.get(..span.len()).unwrap_or(rest);
    Ok(Token { kind, span, written })
}

fn number(input: &mut Input) -> ModalResult<Kind, SyntaxFault> {
    let exponent = |input: &mut Input| (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1).void().parse_next(input);
    let (written, span) =
        alt(((digit1, opt(('.', digit0)), opt(exponent)).void(), ('.', digit1, opt(exponent)).void()))
            .take()
            .with_span()
            .parse_next(input)?;
    match written.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Kind::Number(value)),
        _ => Err(ErrMode::Cut(SyntaxFault::new(format!("{written} is too large for a number"), span))),
    }
}

fn word(input: &mut Input) -> ModalResult<Kind, SyntaxFault> {
    let first = |c: char| c.is_alphabetic() || c == '_' || c == '.';
    let later = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let written: &str = (one_of(first), take_while(0.., later)).take().parse_next(input)?;
    Ok(match written {
        "and" => Kind::And,
        "or" => Kind::Or,
        "not" => Kind::Not,
        "in" => Kind::In,
        "true" | "TRUE" => Kind::True,
        "false" | "FALSE" => Kind::False,
        name => Kind::Name(name.to_string()),
    })
}

/// Whether a name can be written without backticks.
pub(super) fn is_plain_name(name: &str) -> bool {
    matches!(tokenize(name).as_deref(), Ok([Token { kind: Kind::Name(read), .. }]) if read == name)
}

fn text_literal(input: &mut Input) -> ModalResult<Kind, SyntaxFault> {
    let start = input.current_token_start();
    let quote = one_of(['"', '\'']).parse_next(input)?;
    let mut value = String::new();
    loop {
        let here = input.current_token_start();
        match next_character(input) {
            None => {
                return Err(ErrMode::Cut(
                    SyntaxFault::new("this text is never closed", start..start + 1)
                        .with_help(format!("end it with {quote}")),
                ));
            }
            Some(c) if c == quote => return Ok(Kind::Text(value)),
            Some('\\') => value.push(escape(input, here)?),
            Some(c) => value.push(c),
        }
    }
}

fn next_character(input: &mut Input) -> Option<char> {
    any::<_, ErrMode<SyntaxFault>>.parse_next(input).ok()
}

fn escape(input: &mut Input, start: usize) -> ModalResult<char, SyntaxFault> {
    match next_character(input) {
        Some(c @ ('"' | '\'' | '\\')) => Ok(c),
        Some('n') => Ok('\n'),
        Some('t') => Ok('\t'),
        _ => Err(ErrMode::Cut(
            SyntaxFault::new("unknown escape in a text", start..input.current_token_start())
                .with_help("write \\\\ for one backslash"),
        )),
    }
}

fn quoted_name(input: &mut Input) -> ModalResult<Kind, SyntaxFault> {
    let start = input.current_token_start();
    '`'.parse_next(input)?;
    let name: &str = take_while(0.., |c| c != '`').parse_next(input)?;
    let Some(_) = next_character(input) else {
        return Err(ErrMode::Cut(SyntaxFault::new("this ` is never closed", start..start + 1)));
    };
    if name.is_empty() {
        return Err(ErrMode::Cut(SyntaxFault::new("a name in backticks cannot be empty", start..start + 2)));
    }
    Ok(Kind::Name(name.to_string()))
}

/// Symbols in the order they are tried: a longer one before its beginning.
static SYMBOLS: [(&str, Kind); 26] = [
    ("**", Kind::Power),
    ("==", Kind::Equal),
    ("!=", Kind::NotEqual),
    ("<=", Kind::LessEqual),
    (">=", Kind::GreaterEqual),
    ("&&", Kind::And),
    ("||", Kind::DoubleBar),
    ("&", Kind::And),
    ("|", Kind::Bar),
    ("!", Kind::Not),
    ("+", Kind::Plus),
    ("-", Kind::Minus),
    ("*", Kind::Star),
    ("/", Kind::Slash),
    ("%", Kind::Percent),
    ("^", Kind::Power),
    ("<", Kind::Less),
    (">", Kind::Greater),
    ("=", Kind::Assign),
    ("(", Kind::Open),
    (")", Kind::Close),
    ("[", Kind::OpenSquare),
    ("]", Kind::CloseSquare),
    (",", Kind::Comma),
    ("~", Kind::Tilde),
    (":", Kind::Colon),
];

fn symbol(input: &mut Input) -> ModalResult<Kind, SyntaxFault> {
    let known = SYMBOLS.iter().find(|(written, _)| input.starts_with(written));
    let Some((written, kind)) = known else { return fail.parse_next(input) };
    literal(*written).value(kind.clone()).parse_next(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokenize(text).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn numbers_in_every_spelling() {
        for (text, value) in [("1", 1.0), ("1.5", 1.5), (".5", 0.5), ("1e-3", 1e-3), ("2E+2", 200.0), ("3.", 3.0)] {
            assert_eq!(kinds(text), [Kind::Number(value)], "{text}");
        }
    }

    #[test]
    fn spans_are_bytes_of_the_text() {
        let text = " é + `a b` # rest";
        let tokens = tokenize(text).unwrap();
        assert_eq!(tokens.len(), 3);
        for token in &tokens {
            assert_eq!(&text[token.span.clone()], token.written);
        }
        assert_eq!(tokens[2].kind, Kind::Name("a b".into()));
    }

    #[test]
    fn texts_take_escapes_and_either_quote() {
        assert_eq!(kinds(r#"'a"b' "c\"\\d""#), [Kind::Text("a\"b".into()), Kind::Text("c\"\\d".into())]);
    }

    #[test]
    fn faults_point_at_their_cause() {
        for (text, message, span) in [
            ("x == 'abc", "this text is never closed", 5..6),
            ("`abc", "this ` is never closed", 0..1),
            ("x $ y", "$ has no meaning here", 2..3),
            ("'\\d'", "unknown escape in a text", 1..3),
            ("1e999", "1e999 is too large for a number", 0..5),
        ] {
            let fault = tokenize(text).unwrap_err();
            assert_eq!((fault.message.as_str(), fault.span), (message, span), "{text}");
        }
    }

    #[test]
    fn plain_names_need_no_backticks() {
        for name in ["x", "_x1", "a.b", "\u{e9}t\u{e9}"] {
            assert!(is_plain_name(name), "{name}");
        }
        for name in ["and", "a b", "1a", "", "x ", "true"] {
            assert!(!is_plain_name(name), "{name}");
        }
    }
}
