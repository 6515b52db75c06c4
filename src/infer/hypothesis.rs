//! Hypotheses and combinations of coefficients, written in the expression language.
//!
//! In: a text, the names of the coefficients, their estimates and covariance. Out: a Wald test of all equations of the
//! text together, or the value of an expression with its standard error. Linear equations are recognised by their form
//! and tested as `R b = r` exactly; any other by the delta method, `g(b)` with the gradient of automatic differentiation
//! (Wooldridge 2010, section 3.5.2; Stata's `testnl` and `nlcom`, car's `linearHypothesis` and `deltaMethod`).
//!
//! How a coefficient is recognised: reading from left to right, the longest coefficient name that stands at a place, blanks
//! aside, is that coefficient (`log(wage)`, `x1:x2`, `i(year, ref = 2005)::2007`); backticks mark a name exactly. What is
//! not a name is arithmetic. A left side that is no expression but holds `*` or `?` is a pattern: every coefficient that
//! fits it equals the right side.

use nalgebra::{DMatrix, DVector};

use super::derivative::{DerivativeError, Dual, differentiate};
use super::wald::{Restrictions, WaldError, WaldTest, wald};
use crate::formula::{BinaryOp, Expr, ExprKind, Span, SyntaxFault, UnaryOp, parse_expression};
use crate::report::table::matches;

/// Why a text is no hypothesis.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct HypothesisFault {
    /// What is wrong.
    pub message: String,
    /// Where in the text.
    pub span: Span,
    /// The way out.
    pub help: Option<String>,
}

/// An expression of coefficients: names in it are `#0`, `#1`, ... by position.
#[derive(Clone, Debug, PartialEq)]
pub struct CoefficientExpression {
    /// The tree.
    expr: Expr,
    /// As it was understood, with names in backticks where they are not plain words.
    pub text: String,
}

/// Equations that are tested together; each expression is zero under the hypothesis.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// Left side less right side.
    pub equations: Vec<CoefficientExpression>,
    /// Whether every equation is linear.
    pub is_linear: bool,
}

/// Why a hypothesis could not be tested or a combination not be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DeltaError {
    /// No derivative.
    #[error(transparent)]
    Derivative(#[from] DerivativeError),
    /// No test.
    #[error(transparent)]
    Wald(#[from] WaldError),
    /// A value that is not a number at the estimates.
    #[error("`{text}` has no finite value or derivative at the estimates")]
    NotFinite {
        /// The expression.
        text: String,
    },
}

/// A value with its gradient in the coefficients.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta {
    /// `g(b)`.
    pub value: f64,
    /// `dg/db`, one per coefficient.
    pub gradient: DVector<f64>,
}

impl CoefficientExpression {
    /// Reads an expression over coefficient names.
    ///
    /// # Errors
    /// A text that does not parse, or a name that no coefficient has.
    pub fn read(text: &str, names: &[String]) -> Result<Self, HypothesisFault> {
        Scanned::of(text, names)?.expression(0..usize::MAX, names)
    }

    /// The value and gradient at `b`.
    ///
    /// # Errors
    /// No derivative, or no finite value.
    pub fn delta(&self, b: &DVector<f64>) -> Result<Delta, DeltaError> {
        let along = |direction: Option<usize>| {
            let lookup = |name: &str| {
                let k = position(name)?;
                Some(Dual { value: *b.get(k)?, slope: f64::from(direction == Some(k)) })
            };
            differentiate(&self.expr, &lookup)
        };
        let mut out = Delta { value: along(None)?.value, gradient: DVector::zeros(b.len()) };
        for k in used(&self.expr) {
            if let Some(slot) = out.gradient.get_mut(k) {
                *slot = along(Some(k))?.slope;
            }
        }
        if !out.value.is_finite() || out.gradient.iter().any(|d| !d.is_finite()) {
            return Err(DeltaError::NotFinite { text: self.text.clone() });
        }
        Ok(out)
    }

    fn minus(&self, other: &Self) -> Self {
        let expr = Expr {
            kind: ExprKind::Binary(BinaryOp::Subtract, Box::new(self.expr.clone()), Box::new(other.expr.clone())),
            span: self.expr.span.start..other.expr.span.end,
        };
        CoefficientExpression { expr, text: format!("{} = {}", self.text, other.text) }
    }
}

impl Hypothesis {
    /// Reads `a = b, c = d`, chains `a = b = c`, and patterns `i(year)::* = 0`. Without `=` the expression is zero.
    ///
    /// # Errors
    /// As [`CoefficientExpression::read`]; a pattern that no coefficient fits; an inequality.
    pub fn read(text: &str, names: &[String]) -> Result<Self, HypothesisFault> {
        let scanned = Scanned::of(text, names)?;
        let mut equations = Vec::new();
        for item in scanned.split(',', 0..scanned.text.len()) {
            let sides = scanned.split('=', item.clone());
            let zero = CoefficientExpression {
                expr: Expr { kind: ExprKind::Number(0.0), span: item.end..item.end },
                text: "0".into(),
            };
            let (Some(first), rest) = (sides.first(), sides.get(1..).unwrap_or_default()) else { continue };
            let mut left = scanned.side(first.clone(), names)?;
            let mut others = Vec::new();
            for side in rest {
                others.push(scanned.expression(side.clone(), names)?);
            }
            if others.is_empty() {
                others.push(zero);
            }
            for right in others {
                equations.extend(left.iter().map(|expression| expression.minus(&right)));
                left = vec![right];
            }
        }
        let is_linear = equations.iter().all(|equation| linear(&equation.expr, names.len()).is_some());
        Ok(Hypothesis { equations, is_linear })
    }

    /// The test of all equations together: F with `df` denominator degrees of freedom.
    ///
    /// # Errors
    /// Equations that repeat or contradict each other, or that have no derivative.
    pub fn test(&self, b: &DVector<f64>, v: &DMatrix<f64>, df: f64) -> Result<WaldTest, DeltaError> {
        let q = self.equations.len();
        let mut restrictions = Restrictions { matrix: DMatrix::zeros(q, b.len()), values: DVector::zeros(q) };
        for (i, equation) in self.equations.iter().enumerate() {
            if let Some((row, constant)) = linear(&equation.expr, b.len()) {
                restrictions.matrix.set_row(i, &row.transpose());
                restrictions.values[i] = -constant;
            } else {
                // The linearised restriction at the estimate: its gap from zero is g(b) itself.
                let delta = equation.delta(b)?;
                restrictions.matrix.set_row(i, &delta.gradient.transpose());
                restrictions.values[i] = delta.gradient.dot(b) - delta.value;
            }
        }
        Ok(wald(b, v, &restrictions, df)?)
    }

    /// The equations as they were understood.
    pub fn text(&self) -> String {
        self.equations.iter().map(|equation| equation.text.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// The coefficients and the constant of a linear expression; `None` if it is not linear by its form.
fn linear(expr: &Expr, n: usize) -> Option<(DVector<f64>, f64)> {
    match &expr.kind {
        ExprKind::Name(name) => {
            let mut row = DVector::zeros(n);
            *row.get_mut(position(name)?)? = 1.0;
            Some((row, 0.0))
        }
        ExprKind::Unary(UnaryOp::Negate, x) => linear(x, n).map(|(row, c)| (-row, -c)),
        ExprKind::Binary(op @ (BinaryOp::Add | BinaryOp::Subtract), x, y) => {
            let ((a, c), (b, d)) = (linear(x, n)?, linear(y, n)?);
            Some(if *op == BinaryOp::Add { (a + b, c + d) } else { (a - b, c - d) })
        }
        ExprKind::Binary(BinaryOp::Multiply, x, y) => match (constant(x), constant(y)) {
            (Some(c), _) => linear(y, n).map(|(row, d)| (row * c, c * d)),
            (_, Some(c)) => linear(x, n).map(|(row, d)| (row * c, c * d)),
            _ => None,
        },
        ExprKind::Binary(BinaryOp::Divide, x, y) => {
            let c = constant(y)?;
            linear(x, n).map(|(row, d)| (row / c, d / c))
        }
        _ => constant(expr).map(|c| (DVector::zeros(n), c)),
    }
}

fn constant(expr: &Expr) -> Option<f64> {
    if !used(expr).is_empty() {
        return None;
    }
    differentiate(expr, &|_| None).ok().map(|dual| dual.value)
}

/// Positions of the coefficients in an expression, ascending.
fn used(expr: &Expr) -> Vec<usize> {
    let mut found: Vec<usize> = expr.names().into_iter().filter_map(|(name, _)| position(name)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn position(name: &str) -> Option<usize> {
    name.strip_prefix('#')?.parse().ok()
}

/// A text in which coefficient names have become `` `#k` ``.
struct Scanned {
    text: String,
    /// For every byte of `text`, and its end, the byte of the original.
    origin: Vec<usize>,
    /// The original.
    source: String,
}

impl Scanned {
    fn of(source: &str, names: &[String]) -> Result<Scanned, HypothesisFault> {
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
    fn split(&self, separator: char, range: Span) -> Vec<Span> {
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
    fn side(&self, range: Span, names: &[String]) -> Result<Vec<CoefficientExpression>, HypothesisFault> {
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

    fn expression(&self, range: Span, names: &[String]) -> Result<CoefficientExpression, HypothesisFault> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        [
            "(Intercept)",
            "x1",
            "x2",
            "log(wage)",
            "x1:x2",
            "i(year, ref = 2005)::2006",
            "i(year, ref = 2005)::2007",
            "x1^2",
        ]
        .map(String::from)
        .to_vec()
    }

    fn estimates() -> (DVector<f64>, DMatrix<f64>) {
        let b = DVector::from_vec(vec![1.0, 0.5, -0.25, 2.0, 0.125, 0.3, 0.4, 0.05]);
        let half = DMatrix::from_fn(8, 8, |i, j| if i == j { 0.1 } else { 0.01 * ((i * 3 + j) % 5) as f64 });
        let v = &half * half.transpose();
        (b, v)
    }

    #[test]
    fn names_are_recognised_as_they_are_printed() {
        let read = |text: &str| Hypothesis::read(text, &names()).unwrap().text();
        assert_eq!(read("x1 = x2"), "x1 = x2");
        assert_eq!(read("log( wage )=0, x1:x2 = 1"), "`log(wage)` = 0, `x1:x2` = 1");
        assert_eq!(read("i(year,ref=2005)::2007"), "`i(year, ref = 2005)::2007` = 0");
        assert_eq!(read("x1 = x2 = 0"), "x1 = x2, x2 = 0");
        assert_eq!(read("log(x1) = 1"), "log(x1) = 1");
        assert_eq!(read("x1^2 == 0"), "`x1^2` = 0");
        assert_eq!(read("`x1`^2 = 0"), "x1^2 = 0");
        assert_eq!(read("(Intercept) + 2*x1 = 3"), "`(Intercept)`+2*x1 = 3");
        let pattern = Hypothesis::read("i(year, ref = 2005)::* = 0", &names()).unwrap();
        assert_eq!((pattern.equations.len(), pattern.is_linear), (2, true));
    }

    #[test]
    fn faults_point_at_their_place() {
        let fault = |text: &str| Hypothesis::read(text, &names()).unwrap_err();
        let wrong = fault("x1 = x22");
        assert_eq!((wrong.span, wrong.help.as_deref()), (5..8, Some("did you mean `x2`?")));
        assert_eq!(fault("z* = 0").message, "no coefficient fits `z*`");
        assert!(fault("x1 >= 0").message.contains("has no derivative"));
        assert_eq!(fault("`x1 = 0").message, "this ` is never closed");
        assert!(fault("floor(x1) = 0").message.contains("floor() has no derivative"));
    }

    #[test]
    fn a_linear_hypothesis_is_its_delta_form() {
        let (b, v) = estimates();
        let linear = Hypothesis::read("x1 + x2 = 1, log(wage) = 2 * x1", &names()).unwrap();
        // The same restrictions, hidden from the recognition of linear forms.
        let hidden = Hypothesis::read("log(exp(x1)) + x2 = 1, log(wage) * (x1 / x1) = 2 * x1", &names()).unwrap();
        assert!(linear.is_linear && !hidden.is_linear);
        let (p, q) = (linear.test(&b, &v, 40.0).unwrap(), hidden.test(&b, &v, 40.0).unwrap());
        assert!((p.statistic - q.statistic).abs() < 1e-10 * p.statistic, "{p:?} {q:?}");
        let repeated = Hypothesis::read("x1 = 0, 2 * x1 = 0", &names()).unwrap().test(&b, &v, 40.0);
        assert!(matches!(repeated, Err(DeltaError::Wald(WaldError::Singular { restrictions: 2 }))));
    }

    #[test]
    fn the_delta_method_of_a_ratio() {
        let (b, v) = estimates();
        let delta = CoefficientExpression::read("x1 / (1 - x2)", &names()).unwrap().delta(&b).unwrap();
        assert!((delta.value - 0.4).abs() < 1e-15);
        let by_hand = [1.0 / 1.25, 0.5 / (1.25 * 1.25)];
        assert!((delta.gradient[1] - by_hand[0]).abs() < 1e-15 && (delta.gradient[2] - by_hand[1]).abs() < 1e-15);
        let variance = delta.gradient.dot(&(&v * &delta.gradient));
        let expected =
            by_hand[0].powi(2) * v[(1, 1)] + 2.0 * by_hand[0] * by_hand[1] * v[(1, 2)] + by_hand[1].powi(2) * v[(2, 2)];
        assert!((variance - expected).abs() < 1e-15);
    }
}
