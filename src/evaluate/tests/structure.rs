//! Measures of whole tables by hand, their rules and their faults.

use super::super::EvaluateError;
use super::{MISSING, check, fault, numbers, same};

#[test]
fn each_period_is_a_table_and_each_row_gets_its_part() {
    // In 2000 region C has one industry, which is 260 of 400 in the nation.
    let values = numbers("krugman(employment)");
    same("C", &values[7..8], &[2.0 * (1.0 - 260.0 / 400.0)]);
    // In 2001 there is one region with one industry: as the nation. In 2003 there is nothing.
    same("later", &values[8..], &[0.0, MISSING]);
    check("diversity(employment)", &[2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0]);
    check("ubiquity(employment)", &[1.0, 1.0, 2.0, 1.0, 1.0, 2.0, 1.0, 1.0]);
    // The sectors of A: x 0.4, y 0.2, z 0.4; within x one to three.
    let half = |p: f64| -p * p.log2();
    check("unrelated_variety(employment)", &[2.0 * half(0.4) + half(0.2)]);
    check("related_variety(employment)", &[0.4 * (half(0.25) + half(0.75))]);
}

#[test]
fn classes_are_texts_that_a_table_may_override() {
    let panel = super::panel();
    let text =
        "coalesce(if(industry == \"21\", \"resource\", industry_class(employment, gini = 0.3, top = 1)), \"none\")";
    let expr = crate::formula::parse_expression(text).unwrap();
    let column = super::super::Evaluator::new(&panel, &super::setting()).evaluate(&expr).unwrap();
    let told: Vec<String> = (0..4).map(|row| column.display(row)).collect();
    assert_eq!(told[2], "resource");
    assert!(told.iter().all(|told| ["traded", "local", "resource"].contains(&told.as_str())), "{told:?}");
    assert_eq!(told[1], "traded", "industry 12 is in A alone");
}

#[test]
fn natural_resources_are_told_by_code() {
    let panel = super::panel();
    let told = |options: &str| -> Vec<String> {
        let expr = crate::formula::parse_expression(&format!(
            "industry_class(employment, gini = 0, top = 0, share = 0{options})"
        ));
        let column = super::super::Evaluator::new(&panel, &super::setting()).evaluate(&expr.unwrap()).unwrap();
        (0..3).map(|row| column.display(row)).collect()
    };
    // Industries 11, 12 and 21, all traded under thresholds of zero.
    assert_eq!(told(""), ["traded"; 3]);
    assert_eq!(told(", resources = none"), ["traded"; 3]);
    assert_eq!(told(", resources = naics"), ["resource", "traded", "resource"]);
    assert_eq!(told(", resources = sic"), ["resource", "resource", "traded"]);
    // The word is no column that a study would have to have.
    let expr = crate::formula::parse_expression("industry_class(employment, resources = naics)").unwrap();
    assert_eq!(crate::evaluate::names(&expr).iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["employment"]);
    let misspelt = fault("industry_class(employment, resources = naic)");
    assert!(misspelt.to_string().contains("naic"), "{misspelt}");
    let wrong = fault("industry_class(employment, over = cluster, resources = naics)");
    assert!(wrong.to_string().contains("two digits"), "{wrong}");
}

#[test]
fn accounts_add_up_over_time() {
    // Only A's industry 11 is in 2001: 10 of 400 become 15 of 15.
    let all =
        ["national", "mix", "regional"].map(|effect| numbers(&format!("shift_share(employment, effect = {effect})")));
    assert!(all[0][0].is_nan(), "1999 is not in the data");
    let total: f64 = all.iter().map(|effect| effect[8]).sum();
    assert!((total - 5.0).abs() < 1e-12);
    same("national", &all[0][8..9], &[10.0 * (15.0 / 400.0 - 1.0)]);
    assert!(numbers("shift_share(employment, k = 2)")[8].is_nan());
    same("static", &numbers("shift_share(employment, effect = regional, k = 3)")[9..], &[-10.0 + 10.0]);
}

#[test]
fn inequality_splits() {
    let of = |part: &str| numbers(&format!("theil(employment, groups = region, part = {part})"));
    let (total, between, within) = (of("total"), of("between"), of("within"));
    for row in 0..9 {
        assert!((total[row] - between[row] - within[row]).abs() < 1e-12, "{row}");
    }
    assert!(total[0] > between[0] && between[0] > 0.0);
}

#[test]
fn faults_have_a_place_and_a_way_out() {
    assert!(matches!(fault("krugman(employment - 50)"), EvaluateError::NegativeActivity { .. }));
    assert!(fault("krugman(employment - 50)").help().is_some());
    assert!(matches!(fault("krugman(employment, reference = nation)"), EvaluateError::UnknownOption { .. }));
    assert!(matches!(fault("shift_share(employment, effect = all)"), EvaluateError::UnknownOption { .. }));
    assert!(matches!(fault("theil(employment, part = within)"), EvaluateError::WrongArguments { .. }));
    assert!(matches!(fault("gini(employment, over = sector)"), EvaluateError::UnknownName { .. }));
    assert!(matches!(fault("rca(employment)"), EvaluateError::UnknownFunction { nearest: Some(_), .. }));
}
