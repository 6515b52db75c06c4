//! Brackets: whether they match, how deep they nest, and cutting a text at separators outside of them.

use super::ast::{Span, SyntaxFault};
use super::token::{Kind, Token};

/// Checks that every bracket has its partner.
pub(super) fn check_brackets(tokens: &[Token]) -> Result<(), SyntaxFault> {
    let mut open: Vec<&Token> = Vec::new();
    for token in tokens {
        if token.kind.opens() {
            open.push(token);
        } else if token.kind.closes() {
            let Some(partner) = open.pop() else {
                return Err(SyntaxFault::new(format!("this {} closes nothing", token.written), token.span.clone()));
            };
            if (partner.kind == Kind::Open) != (token.kind == Kind::Close) {
                return Err(SyntaxFault::new(
                    format!("this {} is closed by {}", partner.written, token.written),
                    token.span.clone(),
                ));
            }
        }
    }
    match open.pop() {
        None => Ok(()),
        Some(token) => Err(SyntaxFault::new(format!("this {} is never closed", token.written), token.span.clone())),
    }
}

/// How deep a tree may become: far more than a reader can follow, and little enough for any stack.
const DEEPEST: usize = 400;

/// Refuses expressions whose tree would be too deep to walk. Arguments beside each other do not count.
pub(super) fn check_depth(tokens: &[Token]) -> Result<(), SyntaxFault> {
    let mut outside = Vec::new();
    let (mut depth, mut here) = (0, 0);
    let mut after_value = false;
    for token in tokens {
        match &token.kind {
            kind if kind.opens() => {
                outside.push((depth, here));
                (depth, here) = (depth + 8, 0);
            }
            kind if kind.closes() => (depth, here) = outside.pop().unwrap_or((0, 0)),
            Kind::Comma => (depth, here) = (depth - here, 0),
            // Signs, `not` and powers nest in the parser too, not only in its result.
            kind if kind.is_operator() => {
                let cost = if after_value && *kind != Kind::Power { 1 } else { 4 };
                (depth, here) = (depth + cost, here + cost);
            }
            _ => {}
        }
        after_value = token.kind.ends_value();
        if depth > DEEPEST {
            return Err(SyntaxFault::new("this expression is too long or too deeply nested", token.span.clone())
                .with_help("define parts of it as variables of their own"));
        }
    }
    Ok(())
}

/// A piece of a text between separators.
#[derive(Clone, Debug)]
pub(super) struct Piece<'t, 's> {
    /// The separator before it; the first piece has none.
    pub separator: Option<&'t Token<'s>>,
    /// Its tokens, possibly none.
    pub tokens: &'t [Token<'s>],
}

impl Piece<'_, '_> {
    /// Where it stands; an empty piece stands at its separator, or else at `otherwise`.
    pub fn span(&self, otherwise: &Span) -> Span {
        span_of(self.tokens)
            .or_else(|| self.separator.map(|token| token.span.clone()))
            .unwrap_or_else(|| otherwise.clone())
    }
}

/// From the first token to the last.
pub(super) fn span_of(tokens: &[Token]) -> Option<Span> {
    Some(tokens.first()?.span.start..tokens.last()?.span.end)
}

/// Cuts where `is_separator(before, token)` holds outside of brackets. Always returns at least one piece.
pub(super) fn split<'t, 's>(
    tokens: &'t [Token<'s>],
    is_separator: impl Fn(Option<&Kind>, &Kind) -> bool,
) -> Vec<Piece<'t, 's>> {
    let mut pieces = Vec::new();
    let (mut start, mut separator, mut level) = (0, None, 0usize);
    let mut before = None;
    for (at, token) in tokens.iter().enumerate() {
        if token.kind.closes() {
            level = level.saturating_sub(1);
        }
        if level == 0 && is_separator(before, &token.kind) {
            pieces.push(Piece { separator, tokens: &tokens[start..at] });
            (start, separator) = (at + 1, Some(token));
        }
        if token.kind.opens() {
            level += 1;
        }
        before = Some(&token.kind);
    }
    pieces.push(Piece { separator, tokens: &tokens[start..] });
    pieces
}

/// The tokens inside the brackets when `tokens` are one bracket from the first to the last.
pub(super) fn inside<'t, 's>(tokens: &'t [Token<'s>]) -> Option<&'t [Token<'s>]> {
    let [first, inner @ .., last] = tokens else { return None };
    if !first.kind.opens() || !last.kind.closes() {
        return None;
    }
    let mut level = 0usize;
    for token in inner {
        if token.kind.opens() {
            level += 1;
        } else if token.kind.closes() {
            level = level.checked_sub(1)?;
        }
    }
    Some(inner)
}
