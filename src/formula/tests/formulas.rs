use crate::formula::{AbsorbedGroup, Effect, FormulaText, Regressor, Stepwise, parse_factor_list, parse_formula};

fn parse(text: &str) -> FormulaText {
    parse_formula(text).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn terms(text: &str) -> Vec<String> {
    parse(text)
        .regressors
        .iter()
        .map(|regressor| match regressor {
            Regressor::Term(term) => term.text(text),
            Regressor::Stepwise(how, steps) => {
                let steps: Vec<String> = steps
                    .iter()
                    .map(|step| step.iter().map(|term| term.text(text)).collect::<Vec<_>>().join("+"))
                    .collect();
                format!("{}({})", how.name(), steps.join(","))
            }
        })
        .collect()
}

fn effects(text: &str) -> Vec<Effect> {
    parse(text)
        .absorbed
        .into_iter()
        .map(|group| match group {
            AbsorbedGroup::Effect(effect) => effect,
            AbsorbedGroup::Stepwise(..) => panic!("{text}: stepwise"),
        })
        .collect()
}

#[test]
fn terms_of_every_kind() {
    for (right, expected) in [
        ("x1 + x2", vec!["x1", "x2"]),
        ("x1*x2", vec!["x1", "x2", "x1:x2"]),
        ("x1 * x2 * x3", vec!["x1", "x2", "x3", "x1:x2", "x1:x3", "x2:x3", "x1:x2:x3"]),
        ("a*b:c", vec!["a", "b:c", "a:b:c"]),
        ("(a + b):c", vec!["a:c", "b:c"]),
        ("(a + b)*c", vec!["a", "b", "c", "a:c", "b:c"]),
        ("log(wage) : i(year, ref=2005)", vec!["log(wage):i(year, ref = 2005)"]),
        ("x^2 + x ** 3", vec!["x^2", "x^3"]),
        ("x^-1", vec!["x^-1"]),
        ("I(a - b) + I(a/b) + (a > 1)", vec!["I(a - b)", "I(a/b)", "(a > 1)"]),
        ("poly(x, 2) + i(f, x, ref = 'a|b')", vec!["poly(x, 2)", "i(f, x, ref = 'a|b')"]),
        ("if(a | b, 1, 0)", vec!["if(a | b, 1, 0)"]),
        ("x + sw(a, b + c, d*e)", vec!["x", "sw(a,b+c,d+e+d:e)"]),
        ("csw0(a, b)", vec!["csw0(a,b)"]),
        ("sw(0, a)", vec!["sw(,a)"]),
    ] {
        assert_eq!(terms(&format!("y ~ {right}")), expected, "{right}");
    }
}

#[test]
fn the_constant() {
    for (text, intercept) in [
        ("y ~ x", true),
        ("y ~ 1", true),
        ("y ~ 1 + x", true),
        ("y ~ x - 1", false),
        ("y ~ -1 + x", false),
        ("y ~ 0 + x", false),
        ("y ~ x + 0", false),
    ] {
        let formula = parse(text);
        assert_eq!(formula.intercept, intercept, "{text}");
        assert_eq!(formula.regressors.len(), usize::from(text.contains('x')), "{text}");
    }
}

#[test]
fn outcomes_are_one_or_listed() {
    assert_eq!(parse("log(y) - z ~ x").outcomes[0].canonical(), "log(y)-z");
    let listed: Vec<String> = parse("c(y1, log(y2)) ~ x").outcomes.iter().map(|y| y.canonical()).collect();
    assert_eq!(listed, ["y1", "log(y2)"]);
}

#[test]
fn absorbed_effects() {
    let text = "y ~ x | a + b ^ c + d[x] + e[[x, log(z)]]";
    let found = effects(text);
    let names: Vec<String> = found.iter().map(Effect::canonical).collect();
    assert_eq!(names, ["a", "b^c", "d[x]", "e[[x,log(z)]]"]);
    assert_eq!(found[1].factors, ["b", "c"]);
    assert_eq!(&text[found[3].span.clone()], "e[[x, log(z)]]");
    assert!(found[3].slopes_only && !found[2].slopes_only);
    assert!(effects("y ~ x | 0").is_empty());
}

#[test]
fn instruments_with_and_without_absorbed_effects() {
    for (text, absorbed) in [
        ("y ~ x | f | a + b ~ z1 + z2:w", 1),
        ("y ~ x | a + b ~ z1 + z2:w", 0),
        ("y ~ x | 0 | a + b ~ z1 + z2:w", 0),
        ("y ~ x | | a + b ~ z1 + z2:w", 0),
        ("y ~ x || a + b ~ z1 + z2:w", 0),
    ] {
        let formula = parse(text);
        assert_eq!(formula.absorbed.len(), absorbed, "{text}");
        assert_eq!((formula.endogenous.len(), formula.instruments.len()), (2, 2), "{text}");
    }
}

#[test]
fn stepwise_absorbed_effects() {
    let formula = parse("y ~ x | a + csw0(b, c^d + e[x])");
    let AbsorbedGroup::Stepwise(Stepwise::Csw0, steps) = &formula.absorbed[1] else { panic!("stepwise") };
    assert_eq!(steps.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn factor_lists() {
    assert_eq!(parse_factor_list(" region ^ `odd name` ").unwrap(), ["region", "odd name"]);
    assert_eq!(parse_factor_list("state").unwrap(), ["state"]);
    assert_eq!(parse_factor_list("state^").unwrap_err().message, "expected a factor after ^");
    assert_eq!(parse_factor_list("").unwrap_err().message, "expected a factor");
    assert_eq!(parse_factor_list("a:b").unwrap_err().help.as_deref(), Some("write region^year"));
}
