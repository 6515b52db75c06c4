//! The names an expression refers to, without evaluating it.

use super::functions::Call;
use crate::formula::{Expr, ExprKind, Room, Span};

/// The words of options, which are no columns.
const OPTION_WORDS: [&str; 10] =
    ["base", "absent", "take", "ref", "raw", "reference", "resources", "effect", "part", "dynamic"];

/// The columns and variables that an expression mentions and where, in order, with repetitions. The roles `industry`,
/// `cluster` and so on of `within` and `outside` are among them as written; names of spatial weights are not.
pub fn names(expr: &Expr) -> Vec<(&str, Span)> {
    let mut found = Vec::new();
    collect(expr, &mut found);
    found
}

/// The names of the spatial weights that an expression mentions, and where.
pub fn weights_names(expr: &Expr) -> Vec<(&str, Span)> {
    let mut found = Vec::new();
    walk(expr, &mut |expr| {
        if let ExprKind::Call { function, function_span, args } = &expr.kind
            && let Ok(call) = Call::new(function, function_span, args, &expr.span)
            && call.function.room == Room::Space
            && let Some(weights) = call.get("weights")
            && let Some(name) = super::functions::word(weights)
        {
            found.push((name, weights.span.clone()));
        }
    });
    found
}

fn walk<'e>(expr: &'e Expr, visit: &mut impl FnMut(&'e Expr)) {
    visit(expr);
    expr.children().into_iter().for_each(|part| walk(part, visit));
}

fn collect<'e>(expr: &'e Expr, found: &mut Vec<(&'e str, Span)>) {
    match &expr.kind {
        ExprKind::Name(name) => found.push((name, expr.span.clone())),
        ExprKind::Combined(parts) => found.extend(parts.iter().map(|name| (name.as_str(), expr.span.clone()))),
        ExprKind::Call { function, args, .. } => {
            let mut position = 0;
            for arg in args {
                let is_weights = function == "spatial_lag"
                    && (arg.name.as_deref() == Some("weights") || (arg.name.is_none() && position == 1));
                position += usize::from(arg.name.is_none());
                let is_word = arg.name.as_deref().is_some_and(|name| OPTION_WORDS.contains(&name))
                    || (function == "related" && arg.name.is_some());
                if !is_weights && !is_word {
                    collect(&arg.value, found);
                }
            }
        }
        _ => expr.children().into_iter().for_each(|part| collect(part, found)),
    }
}
