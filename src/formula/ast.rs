//! What the expression language means: syntax trees with spans into the text they came from.

use std::ops::Range;

/// Byte range in the text that was parsed.
pub type Span = Range<usize>;

/// An expression with the text it was written as.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands in the parsed text.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `1.5`
    Number(f64),
    /// `"text"` or `'text'`
    Text(String),
    /// `true`, `false`
    Truth(bool),
    /// A column, a variable of the study, or (as an argument) a weights matrix.
    Name(String),
    /// `-x`, `not x`
    Unary(UnaryOp, Box<Expr>),
    /// `x + y`, `x and y`, `x == y`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `x in (a, b)` and `x not in (a, b)`
    In {
        /// The value looked for.
        value: Box<Expr>,
        /// The list.
        list: Vec<Expr>,
        /// Whether it is `not in`.
        negated: bool,
    },
    /// `f(x, name = y)`
    Call {
        /// The function.
        function: String,
        /// Where its name stands.
        function_span: Span,
        /// Arguments in order.
        args: Vec<Arg>,
    },
    /// `x:y`, an interaction; only at the top of a regressor.
    Interaction(Vec<Expr>),
    /// `f1^f2`, combined factors: in absorbed effects and cluster lists. In arithmetic `^` is a power
    /// ([`BinaryOp::Power`]); which one is meant is decided by where it stands.
    Combined(Vec<String>),
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// `name` in `name = value`.
    pub name: Option<String>,
    /// The value.
    pub value: Expr,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-x`
    Negate,
    /// `not x`
    Not,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `^` or `**`
    Power,
    /// `%`
    Modulo,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `and`
    And,
    /// `or`
    Or,
}

/// A fault in the text of an expression or formula.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxFault {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Span,
    /// The way out, where one is known.
    pub help: Option<String>,
}

/// A formula as written, before stepwise operators and outcome lists are expanded.
#[derive(Clone, Debug, PartialEq)]
pub struct FormulaText {
    /// One or more outcomes: `y` or `c(y1, y2)`.
    pub outcomes: Vec<Expr>,
    /// Regressors: plain terms and stepwise groups in order.
    pub regressors: Vec<Regressor>,
    /// Whether the constant is in (`- 1` or `0 +` takes it out; absorbed effects take its place).
    pub intercept: bool,
    /// Absorbed effects: plain and stepwise, in order.
    pub absorbed: Vec<AbsorbedGroup>,
    /// Endogenous regressors.
    pub endogenous: Vec<Expr>,
    /// Their instruments.
    pub instruments: Vec<Expr>,
}

impl FormulaText {
    /// Every regressor that some step has.
    pub fn every_regressor(&self) -> impl Iterator<Item = &Expr> {
        self.regressors.iter().flat_map(|regressor| match regressor {
            Regressor::Term(expr) => vec![expr],
            Regressor::Stepwise(_, steps) => steps.iter().flatten().collect(),
        })
    }
}

/// How a stepwise group expands (fixest's names).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepwise {
    /// One at a time.
    Sw,
    /// None, then one at a time.
    Sw0,
    /// Cumulatively.
    Csw,
    /// None, then cumulatively.
    Csw0,
    /// Every subset (multiverse), the empty one first.
    Mvsw,
}

/// A part of the right-hand side.
#[derive(Clone, Debug, PartialEq)]
pub enum Regressor {
    /// A term; `x*y` has already become `x`, `y` and `x:y`.
    Term(Expr),
    /// `sw(a, b + c)`: each step is a list of terms.
    Stepwise(Stepwise, Vec<Vec<Expr>>),
}

/// A part of the absorbed effects.
#[derive(Clone, Debug, PartialEq)]
pub enum AbsorbedGroup {
    /// One effect.
    Effect(Effect),
    /// Stepwise effects: each step is a list.
    Stepwise(Stepwise, Vec<Vec<Effect>>),
}

/// One absorbed effect: `f`, `f1^f2`, `f[x]` (levels and slopes) or `f[[x]]` (slopes only).
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The factor columns whose combination it is.
    pub factors: Vec<String>,
    /// Variables whose slopes vary by it.
    pub slopes: Vec<Expr>,
    /// Whether only slopes are absorbed.
    pub slopes_only: bool,
    /// Where it stands.
    pub span: Span,
}

/// One model's formula, after expansion: what `design` works from.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFormula {
    /// The outcome.
    pub outcome: Expr,
    /// Terms in order.
    pub regressors: Vec<Expr>,
    /// Whether a constant is wanted when nothing is absorbed.
    pub intercept: bool,
    /// Absorbed effects in order.
    pub absorbed: Vec<Effect>,
    /// Endogenous regressors.
    pub endogenous: Vec<Expr>,
    /// Instruments.
    pub instruments: Vec<Expr>,
    /// The choices that led here from a stepwise formula (`"csw 2"`, outcome name); empty when there was no choice.
    pub steps: Vec<String>,
}
