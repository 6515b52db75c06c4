//! Numbers of PySensemakr 0.0.8 (statsmodels fits): `Sensemakr(model, treatment, benchmark_covariates, kd)` and
//! `robustness_value(t_statistic, dof, q, alpha)`.

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::{Estimator, Ols};
use isard::infer::sensitivity::confounding::benchmark_bound;
use isard::infer::sensitivity::{LinearSummary, SensitivityRecord, SensitivityRequest, assess};

fn close(what: &str, found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() <= tolerance * wanted.abs(), "{what}: {found} and not {wanted}");
}

/// The Darfur example of Cinelli and Hazlett (2020): `peacefactor ~ directlyharmed + ... + village`, benchmark `female`.
/// The data are not committed; the regression enters by the coefficient, its error and the benchmark's two partial R².
#[test]
fn darfur() {
    let found = LinearSummary { estimate: 0.097_315_819_284_958_97, std_error: 0.023_256_537_809_811_167, df: 783.0 };
    close("partial R²", found.partial_r_squared(), 0.021_873_093_341_110_848, 1e-10);
    close("RV", found.robustness_value(1.0), 0.138_776_353_893_591_66, 1e-10);
    close("RV at 5 %", found.robustness_value_at(1.0, 0.05), 0.076_257_965_544_860_9, 1e-9);
    let female = (0.009_081_065_190_328_292, 0.109_033_915_427_837_61);
    // kd, R²_dz, R²_yz, estimate, standard error, t, low, high.
    let rows = [
        [
            1.0,
            0.009_164_286_675_048_38,
            0.124_640_923_036_364_66,
            0.075_220_271_214_453_63,
            0.021_873_327_743_757_06,
            3.438_903_860_246_965,
            0.032_282_965_727_449_38,
            0.118_157_576_701_457_88,
        ],
        [
            3.0,
            0.027_492_860_025_145_14,
            0.374_050_471_038_079_1,
            0.030_396_023_464_161_25,
            0.018_670_064_817_092_45,
            1.628_062_021_313_052_8,
            -0.006_253_282_297_851_49,
            0.067_045_329_226_173_98,
        ],
    ];
    for [kd, dz, yz, estimate, std_error, t, low, high] in rows {
        let bound = benchmark_bound(female, (kd, kd)).unwrap();
        close("R² with the treatment", bound.treatment, dz, 1e-10);
        close("R² with the outcome", bound.outcome, yz, 1e-10);
        let adjusted = found.adjusted(bound, (1.0, 0.05));
        close("estimate", adjusted.estimate, estimate, 1e-9);
        close("standard error", adjusted.std_error, std_error, 1e-9);
        close("t", adjusted.statistic, t, 1e-9);
        close("low", adjusted.low, low, 1e-8);
        close("high", adjusted.high, high, 1e-8);
    }
}

/// Printed to six digits by the program; the third is on the branch where the bound on the outcome does not bind.
#[test]
fn robustness_values_on_every_branch() {
    for (t, df, q, alpha, at, all) in [
        (1.5, 50.0, 1.0, 0.05, 0.0, 0.190_822),
        (4.18445, 783.0, 0.5, 0.05, 0.004_563, 0.072_027),
        (14.0, 7.0, 1.0, 0.05, 0.931_107, 0.966_63),
        (9.0, 6.0, 1.0, 0.1, 0.875_029, 0.935_213),
    ] {
        let found = LinearSummary { estimate: t, std_error: 1.0, df };
        assert!((found.robustness_value_at(q, alpha) - at).abs() < 1e-6, "{t} {df}");
        assert!((found.robustness_value(q) - all).abs() < 1e-6, "{t} {df}");
    }
}

fn grunfeld(with_effects: bool, q: f64, alpha: f64) -> SensitivityRecord {
    let path = crate::csv::data_file("tests/reference/data", "grunfeld.csv").unwrap();
    let data = crate::csv::Csv::read(&path);
    let mut vars = ModelVariables::new(
        ("inv", data.number("inv")),
        vec![("value", data.number("value")), ("capital", data.number("capital"))],
    );
    if with_effects {
        vars = vars.absorb("firm", data.factor("firm"));
    }
    let cache = AbsorberCache::new();
    let design = DesignMatrix::build(&vars, Default::default()).unwrap();
    let estimate = Ols.fit(&design, &cache).unwrap();
    let request = SensitivityRequest {
        treatment: "value".into(),
        q,
        alpha,
        benchmarks: vec![vec!["capital".into()]],
        skip_absent: false,
        strengths: vec![(0.5, 0.5), (1.0, 1.0), (2.0, 2.0)],
        oster: None,
    };
    assess(&design, &estimate, &request, &cache).unwrap()
}

/// `inv ~ value + capital`, benchmark `capital`.
#[test]
fn grunfeld_pooled() {
    let found = grunfeld(false, 1.0, 0.05);
    close("estimate", found.estimate, 0.115_562_156_360_552_12, 1e-9);
    close("standard error", found.std_error, 0.005_835_709_557_220_635, 1e-9);
    close("partial R²", found.partial_r_squared, 0.665_615_715_961_372_8, 1e-9);
    close("RV", found.robustness_value, 0.731_319_340_221_568_7, 1e-9);
    close("RV at 5 %", found.robustness_value_at, 0.697_966_283_249_667_3, 1e-9);
    let first = &found.bounds[0];
    close("R² with the treatment", first.r2_dz, 0.156_886_397_824_695_13, 1e-9);
    close("R² with the outcome", first.r2_yz, 0.362_647_815_601_442_6, 1e-9);
    close("adjusted estimate", first.estimate, 0.094_284_738_983_924_38, 1e-9);
    close("adjusted error", first.std_error, 0.005_086_809_078_308_187_5, 1e-9);
    close("low", first.conf_low, 0.084_253_149_451_758_66, 1e-9);
    assert_eq!(found.bounds[2].r2_yz, 1.0);
    close("adjusted estimate", found.bounds[2].estimate, 0.009_242_671_472_546_482, 1e-8);
    close("half", grunfeld(false, 0.5, 0.1).robustness_value_at, 0.439_686_018_617_178_4, 1e-9);
}

/// The same with `C(firm)`: here the firms are absorbed.
#[test]
fn grunfeld_within() {
    let found = grunfeld(true, 1.0, 0.05);
    assert_eq!(found.df, 188.0);
    close("standard error", found.std_error, 0.011_856_694_214_046_377, 1e-9);
    close("partial R²", found.partial_r_squared, 0.314_531_836_694_739_1, 1e-8);
    close("RV at 5 %", found.robustness_value_at, 0.409_632_131_621_436_1, 1e-8);
    close("R² with the treatment", found.bounds[1].r2_dz, 0.165_148_331_358_102_78, 1e-8);
    close("adjusted estimate", found.bounds[1].estimate, 0.037_817_697_149_012_37, 1e-8);
    close("half", grunfeld(true, 0.5, 0.1).robustness_value_at, 0.195_379_191_004_753_87, 1e-8);
}
