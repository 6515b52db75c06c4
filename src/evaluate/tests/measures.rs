//! Cluster measures by hand. In 2000 the nation has 400: industry 11 70, 12 30, 21 40, 31 260; region A 100, B 200, C 100.

use super::super::EvaluateError;
use super::{MISSING, check, fault, numbers_in, panel, same, setting};
use crate::mapping::Relatedness;

#[test]
fn industries_and_clusters() {
    check("share(employment)", &[0.1, 0.3, 0.2, 0.4, 0.3]);
    check("lq(employment)", &[0.1 / 0.175, 0.3 / 0.075, 2., 0.4 / 0.65, 0.3 / 0.175, 1., 0.6 / 0.65, 1. / 0.65]);
    check("lq(employment, within = cluster)", &[1.6, 1.6, 2., 0.4 / 0.65, 1.2, 1.]);
    check("share(employment, within = cluster)", &[0.4, 0.4, 0.2]);
    // Each period is its own nation, and a period without employment has no shares.
    let values = super::numbers("lq(employment)");
    same("later years", &values[8..], &[1., MISSING]);
}

#[test]
fn outside_the_industry() {
    // Industry 11 in A: its cluster's others are 30 of 100 here and 30 of 400 in the nation.
    let text = "lq(employment, within = cluster, outside = industry)";
    check(text, &[0.3 / 0.075, 0.1 / 0.175, MISSING, MISSING, 0., MISSING]);
    check("share(employment, within = cluster, outside = industry)", &[0.3, 0.1, 0., 0., 0.]);
}

#[test]
fn bases() {
    // Traded employment: A 60, B 80, C 0, nation 140.
    check("lq(employment, within = cluster, base = traded)", &[(40. / 60.) / (100. / 140.)]);
    let local = [(40. / 40.) / (260. / 260.), (60. / 80.) / (100. / 140.)];
    check("lq(employment, within = cluster, base = same_type)", &[(40. / 60.) / (100. / 140.), 14. / 15., 7. / 6.]);
    let values = super::numbers("lq(employment, within = cluster, base = same_type)");
    same("local", &values[3..5], &local);
    assert!(matches!(fault("lq(employment, base = regional)"), EvaluateError::UnknownOption { .. }));
}

#[test]
fn related_clusters() {
    let mut setting = setting();
    let pairs = [("x", "y", 0.5), ("x", "z", 0.25)].map(|(a, b, omega)| (a.to_string(), b.to_string(), omega));
    setting.relatedness = Some(Relatedness::from_pairs(&pairs).unwrap());
    let text = "lq(employment, within = related(cluster), outside = cluster)";
    let values = numbers_in(&panel(), &setting, text).unwrap();
    // x in A: (0.5 * 20 + 0.25 * 40) / 100 against (0.5 * 40 + 0.25 * 260) / 400.
    let x = 0.2 / (85. / 400.);
    same(text, &values, &[x, x, 0.4 / 0.25, 0.4 / 0.25, 0.2 / (85. / 400.)]);
    let binary = numbers_in(&panel(), &setting, "lq(employment, within = related(cluster, weights = binary))").unwrap();
    same("binary", &binary, &[0.6 / 0.75]);
    assert!(matches!(fault(text), EvaluateError::NoRelatedness { .. }));
}

#[test]
fn concentration() {
    check("herfindahl(employment)", &[0.3, 0.3, 0.3, 0.3, 0.09 + 0.01 + 0.36]);
    check("herfindahl(employment, over = cluster)", &[0.36, 0.36]);
    check("herfindahl(employment, within = cluster)", &[0.625, 0.625, 1.]);
    check("herfindahl(employment, over = region)", &[(1. + 36.) / 49., 1., 0.5]);
}

#[test]
fn what_is_missing_is_said() {
    let mut bare = panel();
    bare.remove("cluster");
    let mut setting = setting();
    setting.roles.cluster = None;
    let fault = |text: &str| numbers_in(&bare, &setting, text).unwrap_err();
    assert!(matches!(fault("lq(employment, within = cluster)"), EvaluateError::NoClusters { .. }));
    let mut setting = setting.clone();
    setting.roles.traded = None;
    setting.roles.region = None;
    let fault = |text: &str| numbers_in(&bare, &setting, text).unwrap_err();
    assert!(matches!(fault("lq(employment)"), EvaluateError::NoRole { role: "region", .. }));
}
