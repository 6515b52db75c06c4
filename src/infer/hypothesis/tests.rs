use super::*;
use crate::infer::WaldError;

fn names() -> Vec<String> {
    ["(Intercept)", "x1", "x2", "log(wage)", "x1:x2", "i(year, ref = 2005)::2006", "i(year, ref = 2005)::2007", "x1^2"]
        .map(String::from)
        .to_vec()
}

fn estimates() -> (DVector<f64>, DMatrix<f64>) {
    let b = DVector::from_vec(vec![1.0, 0.5, -0.25, 2.0, 0.125, 0.3, 0.4, 0.05]);
    let half = DMatrix::from_fn(8, 8, |i, j| if i == j { 0.1 } else { 0.01 * ((i * 3 + j) % 5) as f64 });
    let v = &half * half.transpose();
    (b, v)
}

#[test]
fn names_are_recognised_as_they_are_printed() {
    let read = |text: &str| Hypothesis::read(text, &names()).unwrap().text();
    assert_eq!(read("x1 = x2"), "x1 = x2");
    assert_eq!(read("log( wage )=0, x1:x2 = 1"), "`log(wage)` = 0, `x1:x2` = 1");
    assert_eq!(read("i(year,ref=2005)::2007"), "`i(year, ref = 2005)::2007` = 0");
    assert_eq!(read("x1 = x2 = 0"), "x1 = x2, x2 = 0");
    assert_eq!(read("log(x1) = 1"), "log(x1) = 1");
    assert_eq!(read("x1^2 == 0"), "`x1^2` = 0");
    assert_eq!(read("`x1`^2 = 0"), "x1^2 = 0");
    assert_eq!(read("(Intercept) + 2*x1 = 3"), "`(Intercept)`+2*x1 = 3");
    let pattern = Hypothesis::read("i(year, ref = 2005)::* = 0", &names()).unwrap();
    assert_eq!((pattern.equations.len(), pattern.is_linear), (2, true));
}

#[test]
fn faults_point_at_their_place() {
    let fault = |text: &str| Hypothesis::read(text, &names()).unwrap_err();
    let wrong = fault("x1 = x22");
    assert_eq!((wrong.span, wrong.help.as_deref()), (5..8, Some("did you mean `x2`?")));
    assert_eq!(fault("z* = 0").message, "no coefficient fits `z*`");
    assert!(fault("x1 >= 0").message.contains("has no derivative"));
    assert_eq!(fault("`x1 = 0").message, "this ` is never closed");
    assert!(fault("floor(x1) = 0").message.contains("floor() has no derivative"));
}

#[test]
fn a_linear_hypothesis_is_its_delta_form() {
    let (b, v) = estimates();
    let linear = Hypothesis::read("x1 + x2 = 1, log(wage) = 2 * x1", &names()).unwrap();
    // The same restrictions, hidden from the recognition of linear forms.
    let hidden = Hypothesis::read("log(exp(x1)) + x2 = 1, log(wage) * (x1 / x1) = 2 * x1", &names()).unwrap();
    assert!(linear.is_linear && !hidden.is_linear);
    let (p, q) = (linear.test(&b, &v, 40.0).unwrap(), hidden.test(&b, &v, 40.0).unwrap());
    assert!((p.statistic - q.statistic).abs() < 1e-10 * p.statistic, "{p:?} {q:?}");
    let repeated = Hypothesis::read("x1 = 0, 2 * x1 = 0", &names()).unwrap().test(&b, &v, 40.0);
    assert!(matches!(repeated, Err(DeltaError::Wald(WaldError::Singular { restrictions: 2 }))));
}

#[test]
fn the_delta_method_of_a_ratio() {
    let (b, v) = estimates();
    let delta = CoefficientExpression::read("x1 / (1 - x2)", &names()).unwrap().delta(&b).unwrap();
    assert!((delta.value - 0.4).abs() < 1e-15);
    let by_hand = [1.0 / 1.25, 0.5 / (1.25 * 1.25)];
    assert!((delta.gradient[1] - by_hand[0]).abs() < 1e-15 && (delta.gradient[2] - by_hand[1]).abs() < 1e-15);
    let variance = delta.gradient.dot(&(&v * &delta.gradient));
    let expected =
        by_hand[0].powi(2) * v[(1, 1)] + 2.0 * by_hand[0] * by_hand[1] * v[(1, 2)] + by_hand[1].powi(2) * v[(2, 2)];
    assert!((variance - expected).abs() < 1e-15);
}
