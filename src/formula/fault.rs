//! Faults of syntax: how they are built, and the sentences for the two most frequent ones.
//!
//! A fault names what the reader wrote, points at it, and says the way out where one is known. The two sentences made
//! here are "a value was expected" and "an operator was expected"; every other fault is worded where it is found.

use winnow::error::ParserError;
use winnow::stream::{LocatingSlice, Location, TokenSlice};

use super::ast::{Span, SyntaxFault};
use super::token::{Kind, Token};

impl SyntaxFault {
    /// A fault without a known way out.
    pub(crate) fn new(message: impl Into<String>, span: Span) -> Self {
        SyntaxFault { message: message.into(), span, help: None }
    }

    /// The same fault with a way out.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A parser that finds no token it knows stands at a character that means nothing.
impl<'s> ParserError<LocatingSlice<&'s str>> for SyntaxFault {
    type Inner = Self;

    fn from_input(input: &LocatingSlice<&'s str>) -> Self {
        let start = input.current_token_start();
        match input.chars().next() {
            None => SyntaxFault::new("the text ends too early", start..start),
            Some(character) => unexpected_character(character, start),
        }
    }

    fn into_inner(self) -> Result<Self::Inner, Self> {
        Ok(self)
    }
}

/// A parser of expressions that finds no operand misses a value.
impl<'t, 's> ParserError<TokenSlice<'t, Token<'s>>> for SyntaxFault {
    type Inner = Self;

    fn from_input(input: &TokenSlice<'t, Token<'s>>) -> Self {
        expected_value(input.previous_tokens().next(), input.first())
    }

    fn into_inner(self) -> Result<Self::Inner, Self> {
        Ok(self)
    }
}

fn unexpected_character(character: char, start: usize) -> SyntaxFault {
    let fault = SyntaxFault::new(format!("{character} has no meaning here"), start..start + character.len_utf8());
    match character {
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}' => {
            fault.with_help("use straight quotes: \" or '")
        }
        '\u{2212}' | '\u{2013}' | '\u{2014}' => fault.with_help("use the hyphen - as the minus sign"),
        '\u{d7}' | '\u{b7}' => fault.with_help("write * to multiply"),
        '\u{f7}' => fault.with_help("write / to divide"),
        '\u{2264}' => fault.with_help("write <="),
        '\u{2265}' => fault.with_help("write >="),
        '\u{2260}' => fault.with_help("write !="),
        '$' | '@' | '?' | '{' | '}' | '\\' | ';' => {
            fault.with_help("put a name with such characters in backticks: `odd$name`")
        }
        _ => fault,
    }
}

/// A value was expected between the two tokens.
fn expected_value(before: Option<&Token>, found: Option<&Token>) -> SyntaxFault {
    match (before, found) {
        (None, None) => SyntaxFault::new("expected a value", 0..0),
        (None, Some(found)) => {
            SyntaxFault::new(format!("expected a value before {}", found.written), found.span.clone())
        }
        (Some(before), Some(found)) if before.kind.opens() && found.kind.closes() => SyntaxFault::new(
            format!("expected a value inside {} {}", before.written, found.written),
            before.span.start..found.span.end,
        ),
        (Some(before), Some(found)) if !found.kind.closes() && found.kind != Kind::Comma => {
            let fault = SyntaxFault::new(
                format!("expected a value after {}, found {}", before.written, found.written),
                found.span.clone(),
            );
            match (&before.kind, &found.kind) {
                (Kind::Less, Kind::Greater) => fault.with_help("write != for \"is not equal\""),
                (Kind::Equal, Kind::Assign) => fault.with_help("write =="),
                (Kind::Percent, Kind::In) => fault.with_help("write in without %"),
                _ => fault,
            }
        }
        (Some(before), _) => {
            SyntaxFault::new(format!("expected a value after {}", before.written), before.span.clone())
        }
    }
}

/// An expression ended although more stands there: what follows is no operator that can continue it.
pub(super) fn expected_operator(input: &TokenSlice<'_, Token<'_>>) -> SyntaxFault {
    let Some(found) = input.first() else {
        return SyntaxFault::new("the expression ends too early", 0..0);
    };
    let before = input.previous_tokens().next();
    let here = found.span.clone();
    match &found.kind {
        kind if kind.compares() => chained_comparison(here),
        Kind::Tilde => SyntaxFault::new("~ is for formulas, not for expressions", here),
        Kind::Colon => SyntaxFault::new("an interaction x:y is for the regressors of a formula", here)
            .with_help("write x * y for the product"),
        Kind::OpenSquare | Kind::CloseSquare => {
            SyntaxFault::new("[ ] is for slopes of absorbed effects and for lists after in", here)
        }
        Kind::Comma => SyntaxFault::new("a comma separates arguments of a function; there is none here", here)
            .with_help("write a list after in: x in (1, 2)"),
        Kind::Name(name) if ["and", "or", "not", "in"].contains(&name.to_lowercase().as_str()) => {
            SyntaxFault::new(format!("{name} is not an operator"), here)
                .with_help(format!("write {} in small letters", name.to_lowercase()))
        }
        _ => missing_operator(before, found),
    }
}

fn missing_operator(before: Option<&Token>, found: &Token) -> SyntaxFault {
    let Some(before) = before else {
        return SyntaxFault::new(format!("{} cannot start an expression", found.written), found.span.clone());
    };
    let fault = SyntaxFault::new(
        format!("expected an operator between {} and {}", before.written, found.written),
        found.span.clone(),
    );
    match (&before.kind, &found.kind) {
        (Kind::Number(_) | Kind::Close, Kind::Name(_) | Kind::Open) => {
            fault.with_help(format!("write {} * {} to multiply", before.written, found.written))
        }
        (Kind::Name(_), Kind::Name(_)) => fault.with_help("put a name with spaces in backticks: `odd name`"),
        _ => fault,
    }
}

/// Two comparisons in a row, which have no meaning of their own.
pub(super) fn chained_comparison(span: Span) -> SyntaxFault {
    SyntaxFault::new("comparisons cannot be chained", span).with_help("join them: a < b and b < c")
}
