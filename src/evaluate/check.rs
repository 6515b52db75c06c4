//! What can be said against an expression before any data is read.

use super::error::{EvaluateError, nearest};
use super::functions::Call;
use super::{Setting, names, weights_names};
use crate::formula::{Expr, ExprKind};

/// Every fault of an expression that needs no values: unknown functions, arguments that do not fit, and names that are
/// neither among `columns` (those of the panel, and the variables of the study) nor a role, nor weights of the setting.
/// In the order of the text.
pub fn faults(expr: &Expr, columns: &[&str], setting: &Setting) -> Vec<EvaluateError> {
    let mut faults = Vec::new();
    calls(expr, &mut faults);
    for (name, span) in names(expr) {
        let plays = |column: &str| columns.contains(&column);
        if plays(name) || setting.roles.column(name).is_some_and(plays) {
            continue;
        }
        faults.push(match name {
            "cluster" => EvaluateError::NoClusters { span },
            _ => {
                EvaluateError::UnknownName { name: name.into(), nearest: nearest(name, columns.iter().copied()), span }
            }
        });
    }
    for (name, span) in weights_names(expr) {
        if !setting.weights.contains_key(name) {
            let nearest = nearest(name, setting.weights.keys().map(String::as_str));
            faults.push(EvaluateError::NoSuchWeights { name: name.to_string(), nearest, span });
        }
    }
    faults.sort_by_key(|fault| fault.span().map_or(0, |span| span.start));
    faults
}

/// The calls that fit no function.
fn calls(expr: &Expr, faults: &mut Vec<EvaluateError>) {
    if let ExprKind::Call { function, function_span, args } = &expr.kind {
        faults.extend(Call::new(function, function_span, args, &expr.span).err());
    }
    expr.children().into_iter().for_each(|part| calls(part, faults));
}
