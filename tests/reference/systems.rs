//! Seemingly unrelated regressions by linearmodels 7.1 (`linearmodels.system.SUR`, Python): Grunfeld's investment of General Electric,
//! Westinghouse and General Motors, 1935 to 1954, an equation per firm with a constant. The calls are named at each case.

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::system::{Divisor, Equation, System, SystemEstimate, SystemSteps};
use isard::panel::Factor;
use isard::vcov::{ClusterType, Errors, SmallSample};

use crate::csv::{Csv, data_file};

const FIRMS: [(&str, &str); 3] = [("ge", "3"), ("we", "8"), ("gm", "1")];

fn columns() -> Vec<(String, Vec<f64>)> {
    let csv = Csv::read(&data_file("tests/reference/data", "grunfeld.csv").expect("distributed with the tests"));
    let firm = csv.number("firm");
    let mut out = Vec::new();
    for (name, code) in FIRMS {
        for variable in ["inv", "value", "capital"] {
            let values = csv.number(variable);
            let own = firm.iter().zip(&values).filter(|(firm, _)| firm.to_string() == code).map(|(_, value)| *value);
            out.push((format!("{variable}_{name}"), own.collect()));
        }
    }
    out
}

fn fit(steps: SystemSteps, divisor: Divisor, errors: &Errors) -> SystemEstimate {
    let columns = columns();
    let regressors = columns[1..].iter().map(|(name, values)| (name.as_str(), values.clone())).collect();
    // Four years each.
    let spells = Factor::new((0..20).map(|i| i / 4).collect(), (0..5).map(|l| l.to_string()).collect());
    let variables = ModelVariables::new(("inv_ge", columns[0].1.clone()), regressors).cluster("spell", spells);
    let design = DesignMatrix::build(&variables, Default::default()).unwrap();
    let equations = FIRMS.map(|(name, _)| Equation {
        name: name.into(),
        outcome: format!("inv_{name}"),
        terms: vec![format!("value_{name}"), format!("capital_{name}")],
    });
    let system = System { equations: equations.to_vec(), steps, divisor };
    system.fit(&design, (errors, &SmallSample::PLAIN), &AbsorberCache::new()).unwrap()
}

fn check(found: &SystemEstimate, coefficients: [f64; 9], errors: [f64; 9], tolerance: f64) {
    for (i, (b, se)) in coefficients.iter().zip(errors).enumerate() {
        let (estimate, error) = (found.coefficients[i], found.covariance[(i, i)].sqrt());
        assert!((estimate / b - 1.0).abs() < tolerance, "{}: {estimate} against {b}", found.terms[i]);
        assert!((error / se - 1.0).abs() < tolerance, "{}: error {error} against {se}", found.terms[i]);
    }
}

const TWO_STEPS: [f64; 9] = [
    -30.58143061167824,
    0.039565918132178766,
    0.1400967727752063,
    -1.9119480702039855,
    0.05873112444063808,
    0.06305639154291902,
    -161.26628372985905,
    0.12238745125851641,
    0.3683916507134783,
];

/// `SUR(equations).fit(method="gls", cov_type="unadjusted")`.
#[test]
fn two_steps() {
    let errors = [
        26.672060699578232,
        0.013038421735747869,
        0.02295768770680485,
        6.932445492521671,
        0.013332352819580444,
        0.048665560355602586,
        95.54129318184594,
        0.023259114506951728,
        0.03390381545766592,
    ];
    let found = fit(SystemSteps::Two, Divisor::Rows, &Errors::Iid);
    assert_eq!(found.terms[..2], ["ge:(Intercept)".to_string(), "ge:value_ge".to_string()]);
    check(&found, TWO_STEPS, errors, 1e-9);
}

/// The same with `debiased=True`.
#[test]
fn two_steps_with_parameters_counted() {
    let errors = [
        28.929911692632803,
        0.014142153981842652,
        0.024901108523474547,
        7.519292872478012,
        0.01446096700475715,
        0.052785211439711724,
        103.62908235262259,
        0.02522805179224819,
        0.03677385104515336,
    ];
    check(&fit(SystemSteps::Two, Divisor::Parameters, &Errors::Iid), TWO_STEPS, errors, 1e-9);
}

/// `fit(method="gls", iterate=True, iter_limit=2000, tol=1e-13)`.
#[test]
fn iterated() {
    let coefficients = [
        -34.965708009684434,
        0.0423956386979383,
        0.13732505676331744,
        -2.687943627777299,
        0.06104127239084761,
        0.0540196586645676,
        -166.34327262572518,
        0.12369854339285144,
        0.3674585098511537,
    ];
    let errors = [
        27.010449597263865,
        0.013154015509413418,
        0.023556354181459283,
        6.895533627484647,
        0.013187680403289222,
        0.048463329145637474,
        95.26771586830134,
        0.02318278113656112,
        0.03389348537090305,
    ];
    let found = fit(SystemSteps::Iterated, Divisor::Rows, &Errors::Iid);
    check(&found, coefficients, errors, 1e-7);
    assert!(found.iterations > 5);
}

/// `fit(method="ols", cov_type="unadjusted")`.
#[test]
fn least_squares() {
    let coefficients = [
        -9.956306454876474,
        0.0265511891763231,
        0.15169387026976971,
        -0.5093901836768384,
        0.052894126216696875,
        0.09240649186866806,
        -149.78245332219697,
        0.11928083254447848,
        0.37144480727208073,
    ];
    let errors = [
        28.925628476226883,
        0.014351238900911414,
        0.023697993882527982,
        7.3897312732166895,
        0.014480678876190053,
        0.05172069834854524,
        97.58161747347235,
        0.023817927390423453,
        0.03417945503471332,
    ];
    check(&fit(SystemSteps::LeastSquares, Divisor::Rows, &Errors::Iid), coefficients, errors, 1e-9);
}

/// `fit(method="gls", cov_type="robust")`.
#[test]
fn robust() {
    let errors = [
        19.987965178346993,
        0.010467508300783933,
        0.01681161450057503,
        7.361778448758682,
        0.013915131404444777,
        0.043233131318729086,
        88.95975762332645,
        0.02258686052686259,
        0.04149836806856326,
    ];
    check(&fit(SystemSteps::Two, Divisor::Rows, &Errors::Hc0), TWO_STEPS, errors, 1e-9);
}

/// `fit(method="gls", cov_type="clustered", clusters=numpy.arange(20) // 4)`, without G/(G-1).
#[test]
fn clustered() {
    let errors = [
        17.68865677643439,
        0.010730833409521578,
        0.016803196208227504,
        2.8498765436466518,
        0.009200792228220157,
        0.03658827870142006,
        131.72426918771956,
        0.034919456719626304,
        0.04036843448321084,
    ];
    let clustered = Errors::Cluster(vec!["spell".into()]);
    check(&fit(SystemSteps::Two, Divisor::Rows, &clustered), TWO_STEPS, errors, 1e-9);
}

/// Errors that adjust residuals for the leverages of an equation are not those of a system.
#[test]
fn errors_with_leverages_are_refused() {
    let columns = columns();
    let regressors = columns[1..].iter().map(|(name, values)| (name.as_str(), values.clone())).collect();
    let variables = ModelVariables::new(("inv_ge", columns[0].1.clone()), regressors);
    let design = DesignMatrix::build(&variables, Default::default()).unwrap();
    let equation = |name: &str| Equation {
        name: name.into(),
        outcome: format!("inv_{name}"),
        terms: vec![format!("value_{name}")],
    };
    let system =
        System { equations: vec![equation("ge"), equation("we")], steps: SystemSteps::Two, divisor: Divisor::Rows };
    for errors in [Errors::Hc3, Errors::Adjusted(ClusterType::Cr2, vec!["spell".into()])] {
        let fault = system.fit(&design, (&errors, &SmallSample::PLAIN), &AbsorberCache::new()).unwrap_err();
        assert!(fault.to_string().contains("leverages of each equation"), "{fault}");
    }
}
