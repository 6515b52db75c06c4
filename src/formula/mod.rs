//! Text to meaning: the one expression language of variables, filters and formulas.
//!
//! [`parse_expression`] reads `[variables]` and `where`; [`parse_formula`] reads a model. Both return trees with spans,
//! so that every later message can point at the text. Nothing here knows data.

pub mod ast;

pub use ast::{
    AbsorbedGroup, Arg, BinaryOp, Effect, Expr, ExprKind, FormulaText, ModelFormula, Regressor, Span, Stepwise,
    SyntaxFault, UnaryOp,
};
