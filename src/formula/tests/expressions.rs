use crate::formula::{BinaryOp, Expr, ExprKind, parse_expression};

fn canonical(text: &str) -> String {
    parse_expression(text).unwrap_or_else(|fault| panic!("{text}: {fault}")).canonical()
}

/// Writes every operator with brackets, so that a test can see how a text was read.
fn shape(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Binary(op, left, right) => format!("({} {} {})", shape(left), op.symbol(), shape(right)),
        ExprKind::Unary(op, x) => format!("({op:?} {})", shape(x)),
        ExprKind::In { value, negated, .. } => {
            format!("({} {} ..)", shape(value), if *negated { "notin" } else { "in" })
        }
        _ => expr.canonical(),
    }
}

#[test]
fn operators_bind_as_documented() {
    for (text, read) in [
        ("a or b and c", "(a | (b & c))"),
        ("not a and b", "((Not a) & b)"),
        ("not a == b", "(Not (a == b))"),
        ("a + b == c * d", "((a + b) == (c * d))"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b * c", "((a / b) * c)"),
        ("a % b + c", "((a % b) + c)"),
        ("-x^2", "(Negate (x ^ 2))"),
        ("2^-x * 3", "((2 ^ (Negate x)) * 3)"),
        ("a^b^c", "(a ^ (b ^ c))"),
        ("a ** b", "(a ^ b)"),
        ("(a + b) * c", "((a + b) * c)"),
        ("a && b || !c", "((a & b) | (Not c))"),
        ("a & b | c", "((a & b) | c)"),
        ("x + 1 in (1, 2) and y", "(((x + 1) in ..) & y)"),
        ("not x in (1)", "(Not (x in ..))"),
        ("x not in [1, 2] or z", "((x notin ..) | z)"),
        ("-a * -b", "((Negate a) * (Negate b))"),
        ("a == not b", "(a == (Not b))"),
        ("(a < b) == (c < d)", "((a < b) == (c < d))"),
    ] {
        assert_eq!(shape(&parse_expression(text).unwrap()), read, "{text}");
    }
}

#[test]
fn values_calls_and_named_arguments() {
    for (text, spelling) in [
        ("1e-3", "0.001"),
        ("1e300", "1e300"),
        ("TRUE", "true"),
        ("'it\\'s'", "\"it's\""),
        ("`odd name` + x.y_1", "`odd name`+x.y_1"),
        ("`and`", "`and`"),
        ("f ( )", "f()"),
        ("if(a > 1, b, c)", "if(a>1,b,c)"),
        (
            "lq(employment, within = related(cluster), base = total)",
            "lq(employment,within=related(cluster),base=total)",
        ),
        ("x not in ('a', \"b\")", "x not in(\"a\",\"b\")"),
        ("x in [1]", "x in(1)"),
        ("((x))", "x"),
        ("a # the rest is a comment\n + b", "a+b"),
    ] {
        assert_eq!(canonical(text), spelling, "{text}");
    }
}

#[test]
fn powers_of_names_in_sets_of_factors_are_combined_factors() {
    let parsed = parse_expression("sum(x, by = region^year)").unwrap();
    let ExprKind::Call { args, .. } = &parsed.kind else { panic!("a call") };
    assert_eq!(args[1].value.kind, ExprKind::Combined(vec!["region".into(), "year".into()]));
    let parsed = parse_expression("f(x^y, z = a^b)").unwrap();
    let ExprKind::Call { args, .. } = &parsed.kind else { panic!("a call") };
    assert!(args.iter().all(|arg| matches!(arg.value.kind, ExprKind::Binary(BinaryOp::Power, ..))));
}

#[test]
fn every_node_knows_its_bytes() {
    let text = "log( é + 1 ) * (-b) not in (2)";
    let parsed = parse_expression(text).unwrap();
    let mut seen = Vec::new();
    fn walk<'a>(expr: &Expr, text: &'a str, seen: &mut Vec<&'a str>) {
        seen.push(&text[expr.span.clone()]);
        expr.children().into_iter().for_each(|child| walk(child, text, seen));
    }
    walk(&parsed, text, &mut seen);
    assert_eq!(seen, [text, "log( é + 1 ) * (-b)", "log( é + 1 )", "é + 1", "é", "1", "(-b)", "b", "2"]);
    let ExprKind::In { value, .. } = &parsed.kind else { panic!("a list") };
    let ExprKind::Binary(_, call, _) = &value.kind else { panic!("a product") };
    let ExprKind::Call { function_span, .. } = &call.kind else { panic!("a call") };
    assert_eq!(*function_span, 0..3);
}

#[test]
fn terms_are_named_as_written_with_even_blanks() {
    for (text, name) in [
        ("log( wage )", "log(wage)"),
        ("i(year,ref=2005)", "i(year, ref = 2005)"),
        ("I( x ^ 2 )", "I(x^2)"),
        ("log(a / b)", "log(a/b)"),
        ("if(a>1 and not b,-1,x-1)", "if(a > 1 and not b, -1, x - 1)"),
        ("f(`odd  name`, 'a  b')", "f(`odd  name`, 'a  b')"),
        ("x in  (1,2)", "x in (1, 2)"),
        ("!( a|b )", "!(a | b)"),
    ] {
        assert_eq!(parse_expression(text).unwrap().text(text), name, "{text}");
    }
}

#[test]
fn names_are_found_everywhere() {
    let text = "lq(employment, within = related(cluster)) + if(a in (b, 1), c, -d) * mean(e, by = f^g)";
    let parsed = parse_expression(text).unwrap();
    let names: Vec<&str> = parsed.names().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["employment", "cluster", "a", "b", "c", "d", "e", "f", "g"]);
    for (name, span) in parsed.names().into_iter().take(7) {
        assert_eq!(&text[span], name);
    }
}
