//! Fits made by hand, for the tests of tables, files and the page.

use indexmap::IndexMap;

use crate::estimate::{
    AbsorbedEffect, ClusterCount, Coefficient, Convergence, ErrorsRecord, Fit, FitStatistics, SmallSampleFactors,
    TestResult,
};
use crate::note::Note;
use crate::panel::{Ledger, Reason};

/// A coefficient with its error and truth; the rest follows as if normal.
pub fn coefficient(term: &str, estimate: f64, std_error: f64, truth: Option<f64>) -> Coefficient {
    let statistic = estimate / std_error;
    let p_value = if statistic.abs() > 3.3 { 0.0004 } else { 0.21 };
    Coefficient {
        term: term.into(),
        estimate,
        std_error,
        statistic,
        df: 178.0,
        p_value,
        conf_low: estimate - 1.97 * std_error,
        conf_high: estimate + 1.97 * std_error,
        truth,
    }
}

/// A fit of `wage_growth` on two effects, clustered by region.
pub fn fit(model: &str, coefficients: Vec<Coefficient>, n_obs: usize) -> Fit {
    let mut ledger = Ledger::default();
    ledger.push("data", Reason::Read, "region_industry", 0, 48_210);
    ledger.push("study", Reason::Where, "year == 1990 and traded", 30_000, 18_210);
    ledger.push("model", Reason::Missing, "initial_wage", 18_210 - n_obs - 27, n_obs + 27);
    ledger.push("model", Reason::Singleton, "region, industry", 27, n_obs);
    let k = coefficients.len();
    Fit {
        sensitivity: None,
        likelihood: None,
        model: model.into(),
        base: model.into(),
        choices: IndexMap::new(),
        method: "ols".into(),
        outcome: "wage_growth".into(),
        formula: "wage_growth ~ initial_wage + cluster_strength | region + industry".into(),
        coefficients,
        covariance: vec![vec![1e-4; k]; k],
        errors: ErrorsRecord {
            kind: "cluster".into(),
            dialect: "fixest".into(),
            clusters: vec![ClusterCount { variable: "region".into(), clusters: 179 }],
            details: Default::default(),
            factors: SmallSampleFactors {
                n: n_obs,
                k: 590,
                g: Some(179),
                k_factor: 1.0376,
                g_factor: 179.0 / 178.0,
                df: 178.0,
            },
        },
        statistics: FitStatistics {
            n_obs,
            n_dropped: 48_210 - n_obs,
            r_squared: Some(0.45678),
            within_r_squared: Some(0.1234),
            outcome_mean: Some(0.0312),
            ..FitStatistics::default()
        },
        absorbed: vec![effect("region", 179, true), effect("industry", 589, false)],
        weights: None,
        tests: vec![TestResult {
            test: "joint F".into(),
            statistic: 31.2,
            df1: Some(2.0),
            df2: Some(178.0),
            p_value: Some(1e-9),
            note: "all regressors, \"clustered\"".into(),
        }],
        first_stages: Vec::new(),
        confidence_sets: Vec::new(),
        ledger,
        convergence: Convergence { iterations: 14, residual: 3e-12, ..Convergence::closed() },
        notes: vec![Note::Singletons { rows: 27, rounds: 2 }],
        shift_share: None,
        panel: None,
        spatial: None,
        wild: None,
        randomisations: Vec::new(),
        fixed_effects: Vec::new(),
        inference: Default::default(),
    }
}

fn effect(name: &str, levels: usize, nested_in_cluster: bool) -> AbsorbedEffect {
    AbsorbedEffect { name: name.into(), levels, redundant: usize::from(!nested_in_cluster), nested_in_cluster }
}

/// Two nested models with known truth and different samples.
pub fn pair() -> Vec<Fit> {
    let first = fit("convergence", vec![coefficient("initial_wage", -0.02134567, 0.0017891, Some(-0.02))], 16_266);
    let mut second = fit(
        "clusters",
        vec![
            coefficient("initial_wage", -0.0221, 0.00181, Some(-0.02)),
            coefficient("cluster_strength", 0.0041234, 0.000579, Some(0.004)),
            coefficient("initial_wage:cluster_strength", 0.00012, 0.0004, Some(0.0)),
        ],
        16_100,
    );
    second.notes.push(Note::Absorbed { term: "coastal".into(), by: "region".into() });
    vec![first, second]
}
