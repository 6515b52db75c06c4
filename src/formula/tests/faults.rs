use crate::formula::{SyntaxFault, parse_expression, parse_formula};

/// A text, the message, the text under the caret, and what the help contains.
type Case = (&'static str, &'static str, &'static str, &'static str);

fn check(cases: &[Case], parse: impl Fn(&str) -> Option<SyntaxFault>) {
    for (text, message, under, help) in cases {
        let fault = parse(text).unwrap_or_else(|| panic!("{text} was read"));
        assert_eq!(fault.message, *message, "{text}");
        assert_eq!(&text[fault.span.clone()], *under, "{text}: {fault}");
        assert!(fault.help.clone().unwrap_or_default().contains(help), "{text}: {:?}", fault.help);
    }
}

#[test]
fn expressions() {
    check(
        &[
            ("", "expected an expression", "", ""),
            ("a +", "expected a value after +", "+", ""),
            ("a + * b", "expected a value after +, found *", "*", ""),
            ("* b", "expected a value before *", "*", ""),
            ("log(x", "this ( is never closed", "(", ""),
            ("log x)", "this ) closes nothing", ")", ""),
            ("x in (1, 2]", "this ( is closed by ]", "]", ""),
            ("x = 3", "= does not compare", "=", "write =="),
            ("x =< 3", "= does not compare", "=", "write <="),
            ("x => 3", "= does not compare", "=", "write >="),
            ("x <> 3", "expected a value after <, found >", ">", "!="),
            ("x === 3", "expected a value after ==, found =", "=", "write =="),
            ("x %in% (1, 2)", "expected a value after %, found in", "in", "without %"),
            ("1 < x < 3", "comparisons cannot be chained", "<", "a < b and b < c"),
            ("a and 1 < x < 3", "comparisons cannot be chained", "a and 1 < x < 3", "a < b and b < c"),
            ("a == b in (c)", "comparisons cannot be chained", "a == b", ""),
            ("x in y", "expected a list after in", "y", "in brackets"),
            ("x in", "expected a list after in", "in", "in brackets"),
            ("x in ()", "expected a value inside ( )", "()", ""),
            ("f(a,)", "expected a value after ,", ",", ""),
            ("f(,a)", "expected a value after (", "(", ""),
            ("(a, b)", "a comma separates arguments of a function; there is none here", ",", "x in (1, 2)"),
            ("2x", "expected an operator between 2 and x", "x", "write 2 * x"),
            ("x y", "expected an operator between x and y", "y", "backticks"),
            ("x AND y", "AND is not an operator", "AND", "small letters"),
            ("y ~ x", "~ is for formulas, not for expressions", "~", ""),
            ("x:y", "an interaction x:y is for the regressors of a formula", ":", "x * y"),
            ("x[1]", "[ ] is for slopes of absorbed effects and for lists after in", "[", ""),
            ("x \u{2264} 3", "\u{2264} has no meaning here", "\u{2264}", "write <="),
            ("\u{201c}a\u{201d}", "\u{201c} has no meaning here", "\u{201c}", "straight quotes"),
            ("``", "a name in backticks cannot be empty", "``", ""),
        ],
        |text| parse_expression(text).err(),
    );
}

#[test]
fn formulas() {
    check(
        &[
            ("y x", "a formula needs ~ between its outcome and its regressors", "y x", "y ~ x1 + x2"),
            ("~ x", "expected an outcome before ~", "~", ""),
            ("3 ~ x", "an outcome must be a variable", "3", ""),
            ("y ~", "expected regressors after ~", "~", "y ~ 1"),
            ("y ~ x +", "expected a term after +", "+", ""),
            ("y ~ x + + z", "expected a term after +", "+", ""),
            ("y ~ x:", "expected a term after :", ":", ""),
            ("y ~ x - z", "only - 1 (no constant) can be taken out of a formula", "-", "I(a - b)"),
            ("y ~ a / b", "a ratio as a regressor must be in I( )", "a / b", "I(a / b)"),
            ("y ~ a > 3", "a comparison as a regressor must be in I( )", "a > 3", "I(x > 3)"),
            ("y ~ 2*x", "a number cannot be a regressor", "2", "I(2 * x)"),
            ("y ~ 'x'", "a text cannot be a regressor", "'x'", "without quotes"),
            ("y ~ x:x", "a variable cannot be interacted with itself", "x", "x^2"),
            ("y ~ c(a, b)", "c( ) lists outcomes; it cannot list regressors", "c", "join regressors with +"),
            ("y ~ a*b*c*d*e*f*g", "7 variables crossed with * make too many terms", "a*b*c*d*e*f*g", "with :"),
            ("y ~ log(sw(a, b))", "a stepwise function must be a term of its own", "sw", "sw(a, b)"),
            ("y ~ x:sw(a, b)", "a stepwise function must be a term of its own", "sw", ""),
            ("y ~ sw(a, sw(b, c))", "a stepwise function must be a term of its own", "sw(b, c)", ""),
            ("y ~ sw(a, k = b)", "a step has no name", "=", ""),
            ("y ~ sw(a,, b)", "expected a term after ,", ",", ""),
            ("y ~ sw(, b)", "a stepwise function starts with a term", "sw(, b)", "sw(0, x)"),
            ("sw(y, z) ~ x", "outcomes are listed, not stepped", "sw", "c(y1, y2)"),
            ("c(y, k = z) ~ x", "c( ) lists outcomes by name only", "c", ""),
            ("y ~ x ~ z", "a second ~ stands among the regressors", "~", "endogenous ~ instruments"),
            ("y ~ x |", "expected absorbed effects after |", "|", "leave out the |"),
            ("y ~ x | a | b", "the part after the second | must be endogenous ~ instruments", "b", "join"),
            ("y ~ x | a | b ~ c | d", "a formula has at most three parts after ~", "d", ""),
            ("y ~ x | ~ z", "expected an endogenous regressor before ~", "~", ""),
            ("y ~ x | a ~", "expected instruments after ~", "~", ""),
            ("y ~ x | a ~ b ~ c", "instruments are given by one ~", "a ~ b ~ c", ""),
            ("y ~ x | a ~ 1", "the constant stands among the regressors only", "1", ""),
            ("y ~ x | a - b", "absorbed effects are joined by +", "-", ""),
            ("y ~ x | factor(a)", "absorbed effects are factors already", "factor(a)", "write a"),
            ("y ~ x | a*b", "factors are combined with ^, not with *", "*", "region^year"),
            (
                "y ~ x | floor(a/5)",
                "an absorbed effect must be a column or columns joined by ^",
                "floor(a/5)",
                "[variables]",
            ),
            ("y ~ x | a[]", "expected a variable whose slope varies", "a[]", ""),
            ("y ~ x | a[b]^c", "expected + after the slopes of an absorbed effect", "^", ""),
            ("y ~ x | a^sw(b, c)", "a stepwise function must be an absorbed effect of its own", "sw", ""),
            ("y ~ x = 3", "= does not compare", "=", "write =="),
            ("y ~ log(x | f", "this ( is never closed", "(", ""),
        ],
        |text| parse_formula(text).err(),
    );
}

#[test]
fn too_many_models_and_too_deep_expressions() {
    let steps: Vec<String> = (0..40).map(|at| format!("x{at}")).collect();
    let fault = parse_formula(&format!("y ~ mvsw({})", steps.join(", "))).unwrap_err();
    assert_eq!(fault.message, "this formula stands for more than 4096 models");
    for deep in [
        "(".repeat(200) + "x" + &")".repeat(200),
        "-".repeat(9000) + "x",
        "x^".repeat(9000) + "x",
        "x+".repeat(9000) + "x",
    ] {
        let fault = parse_expression(&deep).unwrap_err();
        assert_eq!(fault.message, "this expression is too long or too deeply nested");
    }
    let long = format!("x in ({})", vec!["'code'"; 5000].join(", "));
    assert!(parse_expression(&long).is_ok());
}
