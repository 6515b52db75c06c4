//! From design, estimate and covariance to the record of a fit.
//!
//! Definitions are those of fixest 0.14: R² of the outcome about its (weighted) mean, adjusted with every absorbed
//! parameter counted; within R² net of the effects; root mean squared error with the sum of the weights as divisor; a
//! Gaussian likelihood at the maximum-likelihood variance of the unweighted residuals; AIC and BIC counting absorbed
//! parameters but not the variance. A model with neither constant nor effects has its R² about zero, as `lm` and NIST
//! have it. F tests all slopes with the model's own covariance.

use super::estimator::Estimate;
use super::fit::{AbsorbedEffect, Coefficient, ErrorsRecord, Fit, FitStatistics, TestResult};
use super::likelihood::Likelihood;
use super::ols::INTERCEPT;
use super::request::ModelRequest;
use crate::design::DesignMatrix;
use crate::infer::{WaldTest, t_interval, two_sided_p, wald_zero};
use crate::vcov::Covariance;

/// Assembles the record.
pub fn finish(request: &ModelRequest, design: &DesignMatrix, estimate: &Estimate, covariance: Covariance) -> Fit {
    let notes = [&design.notes, &estimate.notes, &covariance.notes];
    let joint = joint_test(estimate, &covariance);
    Fit {
        model: request.model.clone(),
        base: request.base.clone(),
        choices: request.choices.clone(),
        method: "ols".to_string(),
        outcome: design.outcome.name.clone(),
        formula: request.formula.clone(),
        coefficients: coefficients(estimate, &covariance),
        covariance: covariance.matrix.row_iter().map(|row| row.iter().copied().collect()).collect(),
        statistics: statistics(design, estimate, joint.as_ref()),
        absorbed: absorbed(design, estimate, &covariance),
        weights: design.weights.as_ref().map(|w| format!("{}: {}", w.kind, w.name)),
        tests: joint.iter().map(listed_test).collect(),
        first_stages: Vec::new(),
        confidence_sets: Vec::new(),
        ledger: design.sample.ledger.clone(),
        convergence: estimate.convergence.clone(),
        notes: notes.into_iter().flatten().cloned().collect(),
        fixed_effects: Vec::new(),
        inference: Default::default(),
        errors: ErrorsRecord {
            details: covariance.details(),
            kind: covariance.kind.to_string(),
            dialect: request.dialect.to_string(),
            clusters: covariance.clusters,
            factors: covariance.factors,
        },
        shift_share: None,
        panel: None,
        spatial: None,
        wild: None,
        randomisations: Vec::new(),
        sensitivity: None,
        likelihood: estimate.likelihood.clone(),
    }
}

/// Coefficients with their errors and intervals.
pub(crate) fn coefficients(estimate: &Estimate, covariance: &Covariance) -> Vec<Coefficient> {
    let row = |(i, (term, &value)): (usize, (&String, &f64))| {
        coefficient(term, value, covariance.matrix[(i, i)].max(0.0).sqrt(), covariance.df(i))
    };
    estimate.terms.iter().zip(estimate.coefficients.iter()).enumerate().map(row).collect()
}

/// One coefficient with its error, t (or, with infinite degrees of freedom, normal) statistic and interval.
pub(crate) fn coefficient(term: &str, estimate: f64, std_error: f64, df: f64) -> Coefficient {
    let statistic = estimate / std_error;
    let (conf_low, conf_high) = t_interval(estimate, std_error, df, 0.95);
    Coefficient {
        term: term.to_string(),
        estimate,
        std_error,
        statistic,
        df,
        p_value: two_sided_p(statistic, df),
        conf_low,
        conf_high,
        truth: None,
    }
}

/// The test that every coefficient but the constant is zero, with the model's errors.
fn joint_test(estimate: &Estimate, covariance: &Covariance) -> Option<WaldTest> {
    let slopes: Vec<usize> = (0..estimate.terms.len()).filter(|&i| estimate.terms[i] != INTERCEPT).collect();
    wald_zero(&estimate.coefficients, &covariance.matrix, &slopes, covariance.factors.df)
        .filter(|test| test.statistic.is_finite())
}

fn listed_test(test: &WaldTest) -> TestResult {
    TestResult {
        test: "joint F".to_string(),
        statistic: test.statistic,
        df1: Some(test.df1),
        df2: Some(test.df2),
        p_value: Some(test.p_value),
        note: "every coefficient but the constant is zero, with the model's errors".to_string(),
    }
}

/// Statistics of a model whose likelihood was maximised: information criteria count the parameters of the mean, absorbed ones
/// included, as fixest does.
fn of_likelihood(design: &DesignMatrix, estimate: &Estimate, likelihood: &Likelihood) -> FitStatistics {
    let n = design.n_obs() as f64;
    let k = estimate.n_parameters() as f64;
    let finite = |value: f64| value.is_finite().then_some(value);
    let log_likelihood = likelihood.log_likelihood;
    FitStatistics {
        rmse: finite((estimate.sums.residual / estimate.sums.weight).sqrt()),
        rss: finite(estimate.sums.residual),
        pseudo_r_squared: likelihood.pseudo_r_squared,
        deviance: likelihood.deviance,
        log_likelihood: finite(log_likelihood),
        aic: finite(2.0 * k - 2.0 * log_likelihood),
        bic: finite(n.ln() * k - 2.0 * log_likelihood),
        ..FitStatistics::default()
    }
}

fn statistics(design: &DesignMatrix, estimate: &Estimate, f: Option<&WaldTest>) -> FitStatistics {
    let sums = &estimate.sums;
    let n = design.n_obs() as f64;
    let k = estimate.n_parameters() as f64;
    let finite = |value: f64| value.is_finite().then_some(value);
    let r_squared = 1.0 - sums.residual / sums.total;
    let lost = if sums.centred { 1.0 } else { 0.0 };
    let common = FitStatistics {
        n_obs: design.n_obs(),
        n_dropped: design.n_panel_rows - design.n_rows(),
        absorbed_dof: estimate.absorbed.as_ref().map_or(0, |degrees| degrees.conventional),
        df_residual: finite(n - k),
        f_statistic: f.and_then(|f| finite(f.statistic)),
        f_p_value: f.and_then(|f| finite(f.p_value)),
        outcome_mean: finite(sums.outcome_mean),
        ..match &estimate.likelihood {
            Some(likelihood) => of_likelihood(design, estimate, likelihood),
            None => FitStatistics::default(),
        }
    };
    if estimate.likelihood.is_some() {
        return common;
    }
    let variance = sums.residual_unweighted / n;
    let log_likelihood = -0.5 * n * ((2.0 * std::f64::consts::PI * variance).ln() + 1.0);
    FitStatistics {
        r_squared: finite(r_squared),
        adj_r_squared: finite(1.0 - (1.0 - r_squared) * (n - lost) / (n - k)),
        within_r_squared: sums.within.and_then(|within| finite(1.0 - sums.residual / within)),
        rmse: finite((sums.residual / sums.weight).sqrt()),
        rss: finite(sums.residual),
        log_likelihood: finite(log_likelihood),
        aic: finite(2.0 * k - 2.0 * log_likelihood),
        bic: finite(n.ln() * k - 2.0 * log_likelihood),
        ..common
    }
}

fn absorbed(design: &DesignMatrix, estimate: &Estimate, covariance: &Covariance) -> Vec<AbsorbedEffect> {
    let Some(degrees) = &estimate.absorbed else { return Vec::new() };
    let counts = degrees.levels.iter().zip(&degrees.redundant).zip(&covariance.nested);
    let effect = |(term, ((&levels, &redundant), &nested_in_cluster)): (&crate::design::AbsorbedTerm, _)| {
        AbsorbedEffect { name: term.name.clone(), levels, redundant, nested_in_cluster }
    };
    design.absorbed.iter().zip(counts).map(effect).collect()
}
