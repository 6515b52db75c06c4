//! Statistics by group. Employment of region A: 10, 30, 20, 40, then 15 in 2001 and 0 in 2003.

use super::super::EvaluateError;
use super::{MISSING, check, fault};

#[test]
fn sums_and_moments() {
    check("sum(employment, by = region)", &[115., 115., 115., 115., 200., 200., 200., 100., 115.]);
    check("sum(employment, by = region^year)", &[100., 100., 100., 100., 200., 200., 200., 100., 15., 0.]);
    check("sum(employment, by = c(region, year))", &[100.]);
    check("mean(holey, by = region^year)", &[70. / 3., 70. / 3.]);
    check("count(holey, by = region^year) + 10 * count(by = region^year)", &[43., 43., 43., 43., 33.]);
    check("sd(employment, by = region^year)", &[(500f64 / 3.).sqrt(), (500f64 / 3.).sqrt()]);
    check("sd(employment, by = year)", &[(11400f64 / 7.).sqrt()]);
    // One value has no sample deviation.
    check("if(year == 2001, sd(employment, by = year), 1)", &[1., 1., 1., 1., 1., 1., 1., 1., MISSING, 1.]);
    check("mean(employment)", &[41.5, 41.5]);
}

#[test]
fn order_statistics() {
    check("median(employment, by = region^year)", &[25.]);
    check("quantile(employment, 0.25, by = region^year)", &[17.5]);
    check("max(employment, by = region) - min(employment, by = region)", &[40., 40., 40., 40., 100.]);
    check("rank(employment, by = year)", &[1., 4., 2.5, 5., 6., 2.5, 8., 7., 1., 1.]);
    check("rank(holey, by = region^year)", &[1., MISSING, 2., 3.]);
    check("winsorize(employment, 0.25, by = region^year)", &[17.5, 30., 20., 32.5]);
    check("winsorize(holey, 0)", &[10., MISSING, 20.]);
}

#[test]
fn centring_and_scaling() {
    check("demean(employment, by = region^year)", &[-15., 5., -5., 15.]);
    let sd = (500f64 / 3.).sqrt();
    check("standardize(employment, by = region^year)", &[-15. / sd, 5. / sd, -5. / sd, 15. / sd]);
    check("standardize(employment, by = region^industry^year)", &[MISSING]);
}

#[test]
fn faults() {
    assert!(
        matches!(fault("mean(employment, by = regoin)"), EvaluateError::UnknownName { nearest: Some(n), .. } if n == "region")
    );
    assert!(matches!(fault("quantile(employment, 2)"), EvaluateError::WrongArguments { .. }));
    assert!(matches!(fault("winsorize(employment, 0.6)"), EvaluateError::WrongArguments { .. }));
    assert!(matches!(fault("quantile(employment, year)"), EvaluateError::WrongArguments { .. }));
    assert!(matches!(fault("max(employment, year, by = region)"), EvaluateError::WrongArguments { .. }));
}
