//! Text to meaning: the one expression language of variables, filters and formulas.
//!
//! [`parse_expression`] reads `[variables]` and `where`; [`parse_formula`] reads a model. Both return trees with spans,
//! so that every later message can point at the text. Nothing here knows data.
//!
//! The way of a text: `token` cuts it, `bracket` checks that brackets match, `grammar` reads expressions, and `terms`,
//! `absorbed` and `model` read the parts of a formula. `expand` turns stepwise formulas into models, `print` gives
//! terms their names and keys, `functions` knows every function of the language, and `signature` checks calls of them.

mod absorbed;
pub mod ast;
mod bracket;
mod derivative;
mod expand;
mod fault;
pub mod functions;
mod grammar;
mod model;
mod names;
mod print;
mod signature;
mod terms;
mod token;

#[cfg(test)]
mod tests;

pub use absorbed::parse_factor_list;
pub use ast::{
    AbsorbedGroup, Arg, BinaryOp, Effect, Expr, ExprKind, FormulaText, ModelFormula, Regressor, Span, Stepwise,
    SyntaxFault, UnaryOp,
};
pub use derivative::{DerivativeError, Dual, differentiate};
pub use functions::{FUNCTIONS, FunctionDoc, Room, function_named, nearest_function};
pub use grammar::parse_expression;
pub use model::parse_formula;
pub use signature::check_functions;
