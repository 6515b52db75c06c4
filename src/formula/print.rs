//! Expressions back to text: as written, for the names of terms, and in one canonical spelling, for keys.

use super::ast::{Arg, BinaryOp, Effect, Expr, ExprKind, UnaryOp};
use super::token::{Kind, Token, is_plain_name, tokenize};

impl Expr {
    /// The expression as written in `source` (the text that was parsed), with blanks set as R prints them:
    /// `log( a/b,k=2 )` is `log(a/b, k = 2)`. Terms are named so. An interaction is `x1:x2` however it was written.
    pub fn text(&self, source: &str) -> String {
        if let ExprKind::Interaction(factors) = &self.kind {
            return factors.iter().map(|factor| factor.text(source)).collect::<Vec<_>>().join(":");
        }
        respaced(source.get(self.span.clone()).unwrap_or_default())
    }

    /// One spelling for everything that means the same by its syntax: no blanks, no needless brackets, `&` for `and`,
    /// `^` for `**`. Reading it again gives the same spelling. It is the key of whatever is computed from it.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match &self.kind {
            ExprKind::Number(value) => out.push_str(&number(*value)),
            ExprKind::Text(value) => out.push_str(&quoted(value)),
            ExprKind::Truth(value) => out.push_str(if *value { "true" } else { "false" }),
            ExprKind::Name(value) => out.push_str(&name(value)),
            ExprKind::Unary(op, x) => {
                out.push(if *op == UnaryOp::Not { '!' } else { '-' });
                x.write_inside(self.power(), out);
            }
            ExprKind::Binary(op, left, right) => {
                let (on_left, on_right) = match op {
                    BinaryOp::Power => (self.power() + 1, self.power()),
                    op if op.is_condition() && !matches!(op, BinaryOp::And | BinaryOp::Or) => {
                        (self.power() + 1, self.power() + 1)
                    }
                    _ => (self.power(), self.power() + 1),
                };
                left.write_inside(on_left, out);
                out.push_str(op.symbol());
                right.write_inside(on_right, out);
            }
            ExprKind::In { value, list, negated } => {
                value.write_inside(self.power() + 1, out);
                out.push_str(if *negated { " not in(" } else { " in(" });
                write_list(list.iter(), out, |item, out| item.write(out));
                out.push(')');
            }
            ExprKind::Call { function, args, .. } => {
                out.push_str(&name(function));
                out.push('(');
                write_list(args.iter(), out, Arg::write);
                out.push(')');
            }
            ExprKind::Interaction(factors) => {
                let names: Vec<String> = factors.iter().map(Expr::canonical).collect();
                out.push_str(&names.join(":"));
            }
            ExprKind::Combined(factors) => out.push_str(&combined(factors)),
        }
    }

    /// Writes it with brackets when it binds less tightly than `least`.
    fn write_inside(&self, least: u8, out: &mut String) {
        if self.power() < least {
            out.push('(');
            self.write(out);
            out.push(')');
        } else {
            self.write(out);
        }
    }

    /// How tightly its outermost operator binds, in the order of the grammar.
    fn power(&self) -> u8 {
        match &self.kind {
            ExprKind::Binary(BinaryOp::Or, ..) => 1,
            ExprKind::Binary(BinaryOp::And, ..) => 2,
            ExprKind::Unary(UnaryOp::Not, _) => 3,
            ExprKind::In { .. } => 4,
            ExprKind::Binary(op, ..) if op.is_condition() => 4,
            ExprKind::Binary(BinaryOp::Add | BinaryOp::Subtract, ..) => 5,
            ExprKind::Binary(BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo, ..) => 6,
            ExprKind::Unary(UnaryOp::Negate, _) => 7,
            ExprKind::Binary(..) => 8,
            _ => 9,
        }
    }
}

impl Arg {
    fn write(&self, out: &mut String) {
        if let Some(given) = &self.name {
            out.push_str(&name(given));
            out.push('=');
        }
        self.value.write(out);
    }
}

impl Effect {
    /// The effect as written in `source`, with blanks as in [`Expr::text`]: `region^year`, `firm[trend]`.
    pub fn name(&self, source: &str) -> String {
        respaced(source.get(self.span.clone()).unwrap_or_default())
    }

    /// One spelling of the effect: `region^year[x]`. The key of whatever is computed from it.
    pub fn canonical(&self) -> String {
        let slopes = self.slopes.iter().map(Expr::canonical).collect::<Vec<_>>().join(",");
        let factors = combined(&self.factors);
        match (self.slopes.is_empty(), self.slopes_only) {
            (true, _) => factors,
            (false, false) => format!("{factors}[{slopes}]"),
            (false, true) => format!("{factors}[[{slopes}]]"),
        }
    }
}

impl BinaryOp {
    /// The operator in its canonical spelling.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Power => "^",
            BinaryOp::Modulo => "%",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::And => "&",
            BinaryOp::Or => "|",
        }
    }
}

fn write_list<'a, T: 'a>(items: impl Iterator<Item = &'a T>, out: &mut String, write: impl Fn(&T, &mut String)) {
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(item, out);
    }
}

fn combined(factors: &[String]) -> String {
    factors.iter().map(|factor| name(factor)).collect::<Vec<_>>().join("^")
}

fn name(name: &str) -> String {
    if is_plain_name(name) { name.to_string() } else { format!("`{name}`") }
}

/// The shorter of Rust's two spellings that read back to the same bits.
fn number(value: f64) -> String {
    let (plain, scientific) = (format!("{value}"), format!("{value:e}"));
    if plain.len() <= 17 { plain } else { scientific }
}

fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn respaced(written: &str) -> String {
    match tokenize(written) {
        Ok(tokens) => spaced(&tokens),
        Err(_) => written.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// Tokens with the blanks that R's printer sets: none around `^`, `:` and `/`, one around other operators.
fn spaced(tokens: &[Token]) -> String {
    let mut out = String::new();
    let mut before: Option<&Kind> = None;
    let mut sign = false;
    for token in tokens {
        if before.is_some_and(|before| !sign && blank_between(before, &token.kind)) {
            out.push(' ');
        }
        // A sign belongs to the value after it.
        sign = match token.kind {
            Kind::Minus => before.is_none_or(|before| !before.ends_value()),
            Kind::Not => token.written == "!",
            _ => false,
        };
        out.push_str(if token.kind == Kind::Power { "^" } else { token.written });
        before = Some(&token.kind);
    }
    out
}

fn blank_between(before: &Kind, kind: &Kind) -> bool {
    let tight = |kind: &Kind| matches!(kind, Kind::Power | Kind::Slash | Kind::Colon);
    if tight(before) || tight(kind) || before.opens() || kind.closes() || *kind == Kind::Comma {
        return false;
    }
    // The bracket of a call touches its function; a bracket after an operator does not touch it.
    !(kind.opens() && before.ends_value())
}
