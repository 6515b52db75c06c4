//! The names an expression or a model uses, for checking them against a panel and for ordering variables.

use super::ast::{Effect, Expr, ExprKind, ModelFormula, Span};

impl Expr {
    /// Every name used, in the order written and as often as written, with its place: columns and variables, and what
    /// stands as an argument (`within = cluster`, a weights matrix). Names of functions and of arguments do not count.
    /// The names of combined factors have the place of the whole combination.
    pub fn names(&self) -> Vec<(&str, Span)> {
        let mut found = Vec::new();
        self.collect_names(&mut found);
        found
    }

    fn collect_names<'a>(&'a self, found: &mut Vec<(&'a str, Span)>) {
        match &self.kind {
            ExprKind::Name(name) => found.push((name, self.span.clone())),
            ExprKind::Combined(factors) => {
                found.extend(factors.iter().map(|factor| (factor.as_str(), self.span.clone())));
            }
            _ => self.children().into_iter().for_each(|child| child.collect_names(found)),
        }
    }

    /// The expressions directly inside this one, in the order written.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Unary(_, x) => vec![x],
            ExprKind::Binary(_, left, right) => vec![left, right],
            ExprKind::In { value, list, .. } => std::iter::once(&**value).chain(list).collect(),
            ExprKind::Call { args, .. } => args.iter().map(|arg| &arg.value).collect(),
            ExprKind::Interaction(factors) => factors.iter().collect(),
            ExprKind::Number(_)
            | ExprKind::Text(_)
            | ExprKind::Truth(_)
            | ExprKind::Name(_)
            | ExprKind::Combined(_) => Vec::new(),
        }
    }
}

impl Effect {
    /// Every name used: its factors (with the place of the whole effect), then those in its slopes.
    pub fn names(&self) -> Vec<(&str, Span)> {
        let factors = self.factors.iter().map(|factor| (factor.as_str(), self.span.clone()));
        factors.chain(self.slopes.iter().flat_map(Expr::names)).collect()
    }
}

impl ModelFormula {
    /// Every name used, part by part: outcome, regressors, absorbed effects, endogenous regressors, instruments.
    pub fn names(&self) -> Vec<(&str, Span)> {
        let mut found = self.outcome.names();
        found.extend(self.regressors.iter().flat_map(Expr::names));
        found.extend(self.absorbed.iter().flat_map(Effect::names));
        found.extend(self.endogenous.iter().flat_map(Expr::names));
        found.extend(self.instruments.iter().flat_map(Expr::names));
        found
    }
}
