//! Errors that a study, a program or the data do not allow.

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables, WeightKind};
use isard::estimate::{Estimator, Ols};
use isard::panel::Factor;
use isard::vcov::{CovarianceError, Errors, Lags, SmallSample, covariance};

use crate::support::Bench;

const CLUSTER: &str = "errors = { cluster = \"region\" }";

fn errors(text: &str) -> Bench {
    Bench::new().study(&[(CLUSTER, &format!("errors = {text}"))])
}

/// With variables lat and lon.
fn placed(text: &str, latitude: &str) -> Bench {
    let variables = format!("lat = \"{latitude}\"\nlon = \"number(region) / 10\"\ninitial =");
    Bench::new().study(&[(CLUSTER, &format!("errors = {text}")), ("initial =", &variables)])
}

#[test]
fn a_program_that_does_not_have_the_errors() {
    errors("{ cluster = \"region\", type = \"cr2\", like = \"reghdfe\" }")
        .fails(1, &["reghdfe does not define cr2 errors", "leave `like` out, or write one of sandwich, clubsandwich"]);
    errors("{ type = \"hc3\", like = \"fixest-0.12\" }").fails(1, &["fixest-0.12 does not define hc3 errors"]);
    errors("{ cluster = [\"region\", \"industry\"], like = \"areg\" }")
        .fails(1, &["areg does not define 2-way clustered errors"]);
    errors("{ cluster = \"region\", like = \"fixst\" }").fails(1, &["did you mean `fixest`?"]);
}

#[test]
fn a_program_that_has_them_for_other_models() {
    errors("{ cluster = \"region\", like = \"areg\" }")
        .fails(3, &["areg does not define clustered errors here: it absorbs one effect, and the model has 2"]);
    let wide = ("region + industry", "region");
    Bench::new()
        .study(&[wide, (CLUSTER, "errors = { cluster = \"industry\", like = \"xtreg\" }")])
        .fails(3, &["the panels region are not nested within industry"]);
}

#[test]
fn a_program_without_instruments() {
    Bench::new()
        .study(&[
            ("growth ~ initial + wage | region + industry", "growth ~ 1 | region | initial ~ lag(wage, 1)"),
            (CLUSTER, "errors = { cluster = \"region\", like = \"areg\" }"),
        ])
        .fails(3, &["areg does not define clustered errors here: it does not take instruments"]);
}

#[test]
fn sampling_weights_and_errors_that_take_them_for_precisions() {
    let bench = Bench::new().study(&[(CLUSTER, "errors = \"iid\"\nweights = { probability = \"employment\" }")]);
    let told = bench.succeeds();
    assert!(told.contains("employment are sampling weights"), "{told}");
    assert!(bench.result("results.json").contains("\"sampling_weights\""));
}

#[test]
fn keys_that_exclude_each_other() {
    errors("{ cluster = \"region\", newey_west = 1 }").fails(1, &["errors have both `cluster` and `newey_west`"]);
    errors("{ cluster = \"region\", type = \"hc1\" }").fails(1, &["errors have both `cluster` and `type = \"hc1\"`"]);
    errors("{ type = \"cr2\" }").fails(1, &["`type = \"cr2\"` needs clusters", "add cluster ="]);
    errors("{ driscoll_kraay = 1, type = \"hc1\" }").fails(1, &["hc1 and `driscoll_kraay` do not go together"]);
}

#[test]
fn more_than_four_ways() {
    errors("{ cluster = [\"region\", \"industry\", \"year\", \"traded\", \"region^year\"] }")
        .fails(1, &["`cluster` has 5 ways, and at most four are added up"]);
}

#[test]
fn lags_without_time_or_with_too_little() {
    let untimed = [
        ("\"industry\"]\ntime = \"year\"\n", "\"industry\", \"year\"]\n"),
        ("growth ~ initial + wage", "wage ~ initial"),
        ("growth =", "# growth ="),
    ];
    let newey_west = [(CLUSTER, "errors = { newey_west = 1 }")];
    Bench::new()
        .study(&[&untimed[..], &newey_west[..]].concat())
        .fails(1, &["newey_west errors need the time of each row"]);
    errors("{ newey_west = 2 }").fails(3, &["2 lags of year need more than 2 periods, and the sample has 2"]);
    errors("{ driscoll_kraay = 5 }").fails(3, &["5 lags of year need more than 5 periods"]);
    errors("{ newey_west = \"automatic\" }").fails(1, &["`automatic` is not a value of newey_west"]);
}

#[test]
fn places_off_the_globe() {
    placed("{ conley_km = 100 }", "100 * number(region)")
        .fails(3, &["values of lat are no latitude", "from -90 to 90"]);
    placed("{ conley = { cutoff_km = -3 } }", "number(region)").fails(1, &["the cutoff of Conley errors is -3 km"]);
    errors("{ conley_km = 100 }").fails(1, &["there is no column or variable named lat"]);
    placed("{ conley = { cutoff_km = 100, lat = \"industry\" } }", "number(region)")
        .fails(1, &["`industry`, which is text"]);
}

#[test]
fn too_many_parameters_across_the_clusters() {
    let mut lines = vec!["region,industry,year,employment,wage,traded,nothing".to_string()];
    for i in 0..450u32 {
        for year in 2000..2003u32 {
            let wage = 20_000 + 400 * ((i * 11 + (year - 2000) * 3 + i * year) % 13);
            lines.push(format!("{:02},i{i},{year},{},{wage},true,", i % 8, 50 + 17 * ((i * 3 + year * 5) % 11)));
        }
    }
    let changes = [
        ("growth ~ initial + wage | region + industry", "initial ~ wage | industry"),
        (CLUSTER, "errors = { cluster = \"year\", type = \"cr2\" }"),
    ];
    Bench::new()
        .file("panel.csv", &lines.join("\n"))
        .study(&changes)
        .fails(3, &["cuts across the clusters of year", "industry has 450 (at most 400)", "wild bootstrap"]);
}

#[test]
fn a_cluster_variable_with_missing_values_loses_their_rows() {
    let variable = "group = \"if(region == '01', number(nothing), number(region))\"\ninitial =";
    let bench = Bench::new().study(&[(CLUSTER, "errors = { cluster = \"group\" }"), ("initial =", variable)]);
    bench.succeeds();
    let ledger = bench.result("sample.csv");
    assert!(ledger.lines().any(|line| line.contains("missing") && line.contains("group")), "{ledger}");
    assert!(bench.result("results.json").contains("\"few_clusters\""));
}

/// What a study cannot get wrong, but a caller of the library can.
#[test]
fn designs_without_what_the_errors_need() {
    let n = 40u32;
    let of = |f: f64| (0..n).map(|i| (f64::from(i) * f).sin()).collect::<Vec<f64>>();
    let factor = |m: u32| {
        let names: Vec<String> = (0..n).map(|i| (i % m).to_string()).collect();
        Factor::from_values(names.iter().map(|name| Some(name.as_str())))
    };
    let base = ModelVariables::new(("y", of(1.7)), vec![("x", of(0.3))]);
    let fault = |vars: &ModelVariables, errors: Errors| {
        let design = DesignMatrix::build(vars, Default::default()).unwrap();
        let estimate = Ols.fit(&design, &AbsorberCache::new()).unwrap();
        covariance(&errors, &SmallSample::PLAIN, &design, &estimate).unwrap_err()
    };
    let newey_west = || Errors::NeweyWest(Lags::Given(1));
    let missing = fault(&base, newey_west());
    assert_eq!(missing, CovarianceError::NoColumn { errors: "newey_west".into(), what: "time" });
    let years = |step: f64| (0..n).map(|i| f64::from(i / 8) * step).collect::<Vec<f64>>();
    let panel = base.clone().at_time("year", years(1.0)).of_unit("unit", factor(7));
    assert!(matches!(fault(&panel, newey_west()), CovarianceError::RepeatedPeriod { .. }));
    let panel = base.clone().at_time("year", years(1.0)).of_unit("unit", factor(8));
    let repeated = panel.clone().weight(WeightKind::Frequency, "w", vec![2.0; n as usize]);
    assert_eq!(fault(&repeated, newey_west()), CovarianceError::RepeatedRows);
    let uneven = base.at_time("year", years(1.0).iter().map(|t| t * t + 0.3 * t).collect());
    assert!(matches!(fault(&uneven, Errors::DriscollKraay(Lags::Rule)), CovarianceError::UnequalPeriods { .. }));
}
