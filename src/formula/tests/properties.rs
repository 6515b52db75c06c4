use proptest::prelude::*;

use crate::formula::{parse_expression, parse_factor_list, parse_formula};

/// Texts made of the pieces of the language in any order.
fn babble() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "x", "y", "1", "2.5", "'a'", "\"", "'", "`", "`o n`", "log", "sw", "csw0", "c", "i", "(", ")", "[", "]", ",",
        "+", "-", "*", "**", "/", "%", "^", ":", "~", "|", "||", "&", "!", "=", "==", "<", "and", "or", "not", "in",
        " ", "#", "\n", "é",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.join(" "))
}

/// Expressions that parse.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["x", "a.b", "`odd name`", "true", "'t\\\"x'", "1e-3", "7", "1e300", "0.1"])
            .prop_map(str::to_string),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(|x| format!("{:e}", x.abs())),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        let operator = prop::sample::select(vec![
            "+", "-", "*", "/", "%", "^", "**", "==", "!=", "<", "<=", ">", ">=", "and", "or", "&", "||",
        ]);
        prop_oneof![
            (pair.clone(), operator).prop_map(|((a, b), op)| format!("({a}) {op} ({b})")),
            inner.clone().prop_map(|x| format!("-({x})")),
            inner.clone().prop_map(|x| format!("not ({x})")),
            pair.clone().prop_map(|(a, b)| format!("({a}) not in ({b}, 2)")),
            pair.prop_map(|(a, b)| format!("f({a}, by = {b})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parsers_panic(text in prop_oneof![any::<String>(), babble()]) {
        for fault in [parse_expression(&text).err(), parse_factor_list(&text).err(), parse_formula(&text).err()].into_iter().flatten() {
            prop_assert!(text.get(fault.span.clone()).is_some(), "{:?} is outside of the text", fault);
            prop_assert!(!fault.message.is_empty());
        }
        if let Ok(formula) = parse_formula(&text) {
            for model in formula.expand(&text) {
                prop_assert!(model.regressors.iter().all(|term| !term.text(&text).is_empty()));
            }
        }
    }

    #[test]
    fn the_canonical_spelling_is_a_fixpoint(text in expression()) {
        let once = parse_expression(&text).unwrap().canonical();
        let again = parse_expression(&once);
        prop_assert!(again.is_ok(), "{} -> {}: {:?}", text, once, again);
        prop_assert_eq!(again.unwrap().canonical(), once);
    }

    #[test]
    fn babble_that_parses_has_a_canonical_spelling(text in babble()) {
        if let Ok(parsed) = parse_expression(&text) {
            let once = parsed.canonical();
            let again = parse_expression(&once);
            prop_assert!(again.is_ok(), "{} -> {}: {:?}", text, once, again);
            prop_assert_eq!(again.unwrap().canonical(), once);
        }
    }

    #[test]
    fn names_of_terms_read_back_to_the_same_term(text in expression()) {
        let parsed = parse_expression(&text).unwrap();
        let name = parsed.text(&text);
        prop_assert_eq!(parse_expression(&name).unwrap().canonical(), parsed.canonical());
    }
}
