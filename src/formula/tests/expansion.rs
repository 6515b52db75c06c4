use crate::formula::{Effect, Expr, ModelFormula, parse_formula};

fn models(text: &str) -> Vec<ModelFormula> {
    parse_formula(text).unwrap_or_else(|fault| panic!("{text}: {fault}")).expand(text)
}

/// `y ~ a + b | f` for each model.
fn lines(text: &str) -> Vec<String> {
    let join = |items: Vec<String>| if items.is_empty() { "-".to_string() } else { items.join("+") };
    models(text)
        .iter()
        .map(|model| {
            let terms = join(model.regressors.iter().map(Expr::canonical).collect());
            let effects = join(model.absorbed.iter().map(Effect::canonical).collect());
            format!("{}~{terms}|{effects}", model.outcome.canonical())
        })
        .collect()
}

#[test]
fn each_stepwise_function() {
    for (step, expected) in [
        ("sw(a, b)", vec!["x+a", "x+b"]),
        ("sw0(a, b)", vec!["x", "x+a", "x+b"]),
        ("csw(a, b, c)", vec!["x+a", "x+a+b", "x+a+b+c"]),
        ("csw0(a, b)", vec!["x", "x+a", "x+a+b"]),
        ("mvsw(a, b, c)", vec!["x", "x+a", "x+b", "x+c", "x+a+b", "x+a+c", "x+b+c", "x+a+b+c"]),
        ("sw(a + b, c)", vec!["x+a+b", "x+c"]),
        ("csw(a, x)", vec!["x+a", "x+a"]),
    ] {
        let expected: Vec<String> = expected.into_iter().map(|terms| format!("y~{terms}|-")).collect();
        assert_eq!(lines(&format!("y ~ x + {step}")), expected, "{step}");
    }
}

#[test]
fn absorbed_effects_vary_slowest_and_regressors_fastest() {
    assert_eq!(
        lines("c(y1, y2) ~ csw(a, b) | sw0(f)"),
        ["y1~a|-", "y1~a+b|-", "y2~a|-", "y2~a+b|-", "y1~a|f", "y1~a+b|f", "y2~a|f", "y2~a+b|f"]
    );
}

#[test]
fn groups_of_one_part_are_crossed() {
    assert_eq!(lines("y ~ sw(a, b) + sw(c, d)"), ["y~a+c|-", "y~a+d|-", "y~b+c|-", "y~b+d|-"]);
    assert_eq!(lines("y ~ x | a + csw(b, c)"), ["y~x|a+b", "y~x|a+b+c"]);
}

#[test]
fn the_steps_say_what_was_chosen() {
    assert!(models("y ~ x + z | f")[0].steps.is_empty());
    let text = "c(y1, log( y2 )) ~ x + csw(a, b) | sw(f, g)";
    let last = models(text).pop().unwrap();
    assert_eq!(last.steps, ["absorb sw 2", "log(y2)", "csw 2"]);
}

#[test]
fn counts_agree_with_the_models() {
    for text in ["y ~ x", "c(a, b) ~ mvsw(x, y, z) | csw0(f, g)", "y ~ sw(a, b) + sw0(c, d)"] {
        let formula = parse_formula(text).unwrap();
        assert_eq!(formula.n_models(), Some(formula.expand(text).len()), "{text}");
    }
}

#[test]
fn a_model_knows_its_names() {
    let model = models("log(y) ~ x:i(f, ref = 1) | g^h[z] | e ~ w").remove(0);
    let names: Vec<&str> = model.names().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["y", "x", "f", "g", "h", "z", "e", "w"]);
}
