//! [`fit_dynamic`]: a dynamic model as the record of a fit.

use nalgebra::{DMatrix, DVector};

use super::corrected::{bias_corrected, half_panel_jackknife};
use super::fit::{DynamicFit, estimate};
use super::method::{DynamicGmm, DynamicMethod, GmmSteps, LevelConvention, Transformation};
use super::sequences::Sequences;
use super::transformed::transformed_likelihood;
use super::variables::{DynamicError, DynamicVariables};
use crate::design::{DesignMatrix, PanelIndex};
use crate::estimate::panel::record::{DynamicRecord, InstrumentCount};
use crate::estimate::panel::{PanelError, PanelRecord};
use crate::estimate::{
    ClusterCount, Coefficient, Convergence, ErrorsRecord, EstimateError, Fit, FitStatistics, ModelRequest,
    SmallSampleFactors, TestResult,
};
use crate::infer::{t_interval, two_sided_p};
use crate::note::Note;
use crate::panel::Reason;

/// Orders of serial correlation that are tested.
const ORDERS: usize = 3;

/// Estimates a dynamic model; `design` has its rows in levels, for the ledger and the counts.
///
/// # Errors
/// [`super::DynamicError`], and [`PanelError`] if the rows are no panel.
pub fn fit_dynamic(
    request: &ModelRequest,
    design: &DesignMatrix,
    (vars, method): (&DynamicVariables, &DynamicMethod),
) -> Result<Fit, EstimateError> {
    let index = PanelIndex::of(design).map_err(PanelError::Index)?;
    let found = match method {
        DynamicMethod::Gmm(asked) => by_gmm(vars, asked, &index)?,
        other => by_correction(vars, *other)?,
    };
    Ok(recorded(request, design, (&index, found)))
}

/// What a record is made of.
struct Found {
    terms: Vec<String>,
    coefficients: DVector<f64>,
    covariance: DMatrix<f64>,
    /// Rows of the equation, and what made them of the rows in levels.
    n_obs: usize,
    rows_by: &'static str,
    units: usize,
    errors: (&'static str, &'static str),
    tests: Vec<TestResult>,
    record: Option<DynamicRecord>,
    notes: Vec<Note>,
    iterations: usize,
    log_likelihood: Option<f64>,
}

fn by_gmm(vars: &DynamicVariables, asked: &DynamicGmm, index: &PanelIndex) -> Result<Found, DynamicError> {
    let found = estimate(vars, asked, ORDERS)?;
    let kind = match (asked.steps, asked.robust) {
        (GmmSteps::One, true) => "robust",
        (_, true) => "windmeijer",
        (_, false) => "gmm",
    };
    Ok(Found {
        n_obs: if asked.system { found.rows - found.transformed_rows } else { found.transformed_rows },
        rows_by: transformation(asked),
        units: found.units,
        errors: (kind, convention(asked)),
        tests: tests(&found),
        record: Some(dynamic_record(&found, asked)),
        notes: findings(&found, index),
        iterations: found.iterations,
        log_likelihood: None,
        terms: found.terms,
        coefficients: found.coefficients,
        covariance: found.covariance,
    })
}

fn by_correction(vars: &DynamicVariables, method: DynamicMethod) -> Result<Found, DynamicError> {
    // Two periods of a half have a deviation from their mean.
    let least = if method == DynamicMethod::HalfPanelJackknife { 4 } else { 2 };
    let sequences = Sequences::of(vars, least)?;
    let (found, log_likelihood) = match method {
        DynamicMethod::HalfPanelJackknife => (half_panel_jackknife(&sequences)?, None),
        DynamicMethod::TransformedLikelihood => {
            let (found, log_likelihood) = transformed_likelihood(&sequences)?;
            (found, Some(log_likelihood))
        }
        _ => (bias_corrected(&sequences)?, None),
    };
    Ok(Found {
        n_obs: sequences.rows(),
        rows_by: "the longest run of successive periods of a unit",
        units: sequences.units.len(),
        errors: ("cluster", "isard"),
        tests: Vec::new(),
        record: None,
        notes: Vec::new(),
        iterations: found.iterations,
        log_likelihood,
        terms: sequences.terms,
        coefficients: found.coefficients,
        covariance: found.covariance,
    })
}

fn recorded(request: &ModelRequest, design: &DesignMatrix, (index, found): (&PanelIndex, Found)) -> Fit {
    let n_obs = found.n_obs;
    let mut ledger = design.sample.ledger.clone();
    if design.n_rows() > n_obs {
        ledger.push("model", Reason::Differenced, found.rows_by, design.n_rows() - n_obs, n_obs);
    }
    let record = PanelRecord { dynamic: found.record.clone(), ..PanelRecord::of(index) };
    let notes = design.notes.iter().chain(&found.notes).cloned().collect();
    Fit {
        model: request.model.clone(),
        base: request.base.clone(),
        choices: request.choices.clone(),
        method: request.method.as_ref().map_or("dynamic", |method| method.name()).to_string(),
        outcome: design.outcome.name.clone(),
        formula: request.formula.clone(),
        coefficients: coefficients(&found),
        covariance: found.covariance.row_iter().map(|row| row.iter().copied().collect()).collect(),
        errors: errors(&found, &index.unit_name),
        statistics: FitStatistics {
            n_obs,
            n_dropped: design.n_panel_rows.saturating_sub(n_obs),
            outcome_mean: Some(crate::linalg::sum(&design.outcome.values) / design.n_rows() as f64),
            log_likelihood: found.log_likelihood,
            ..FitStatistics::default()
        },
        absorbed: Vec::new(),
        weights: None,
        tests: found.tests,
        first_stages: Vec::new(),
        confidence_sets: Vec::new(),
        ledger,
        convergence: Convergence { iterations: found.iterations, ..Convergence::closed() },
        notes,
        shift_share: None,
        panel: Some(record),
        spatial: None,
        likelihood: None,
        inference: Default::default(),
        sensitivity: None,
        fixed_effects: Vec::new(),
        wild: None,
        randomisations: Vec::new(),
    }
}

fn transformation(asked: &DynamicGmm) -> &'static str {
    match asked.transformation {
        Transformation::Difference => "first difference",
        Transformation::Orthogonal => "forward orthogonal deviation",
    }
}

fn coefficients(found: &Found) -> Vec<Coefficient> {
    let row = |(i, term): (usize, &String)| {
        let (estimate, std_error) = (found.coefficients[i], found.covariance[(i, i)].max(0.0).sqrt());
        let (conf_low, conf_high) = t_interval(estimate, std_error, f64::INFINITY, 0.95);
        let statistic = estimate / std_error;
        Coefficient {
            term: term.clone(),
            estimate,
            std_error,
            statistic,
            df: f64::INFINITY,
            p_value: two_sided_p(statistic, f64::INFINITY),
            conf_low,
            conf_high,
            truth: None,
        }
    };
    found.terms.iter().enumerate().map(row).collect()
}

fn errors(found: &Found, unit: &str) -> ErrorsRecord {
    let (kind, dialect) = found.errors;
    let by_unit = || ClusterCount { variable: unit.to_string(), clusters: found.units };
    ErrorsRecord {
        kind: kind.to_string(),
        dialect: dialect.to_string(),
        clusters: (kind == "cluster").then(by_unit).into_iter().collect(),
        factors: SmallSampleFactors {
            n: found.n_obs,
            k: found.terms.len(),
            g: Some(found.units),
            k_factor: 1.0,
            g_factor: 1.0,
            df: f64::INFINITY,
        },
        details: Default::default(),
    }
}

fn convention(asked: &DynamicGmm) -> &'static str {
    if asked.convention == LevelConvention::Plm { "plm" } else { "xtabond2" }
}

fn tests(found: &DynamicFit) -> Vec<TestResult> {
    let mut out: Vec<TestResult> = Vec::new();
    for test in &found.overidentification {
        out.push(TestResult {
            test: test.name.clone(),
            statistic: test.statistic,
            df1: Some(test.df as f64),
            df2: None,
            p_value: Some(test.p_value).filter(|p| p.is_finite()),
            note: match test.name.as_str() {
                "sargan" => "the moments hold, with independent errors of one variance (one-step residuals)",
                "hansen" => "the moments hold",
                "robust score" => "the moments hold, at the one-step coefficients",
                name if name.starts_with("hansen without") => "the moments of the other instruments hold",
                _ => "these instruments are exogenous, if the moments of the others hold",
            }
            .to_string(),
        });
    }
    for test in &found.serial {
        out.push(TestResult {
            test: format!("AR({})", test.order),
            statistic: test.statistic,
            df1: None,
            df2: None,
            p_value: Some(test.p_value),
            note: match test.order {
                1 => "no first-order correlation of differenced errors; there is one where errors in levels have none"
                    .into(),
                order => {
                    format!("no correlation of order {order} of differenced errors: lags from {order} on are valid")
                }
            },
        });
    }
    out
}

fn dynamic_record(found: &DynamicFit, asked: &DynamicGmm) -> DynamicRecord {
    let count = |(variable, of_levels, columns): &(String, bool, usize)| InstrumentCount {
        variable: variable.clone(),
        equation: if *of_levels { "levels" } else { "transformed" }.to_string(),
        columns: *columns,
    };
    DynamicRecord {
        transformation: transformation(asked).to_string(),
        system: asked.system,
        convention: convention(asked).to_string(),
        units: found.units,
        transformed_rows: found.transformed_rows,
        level_rows: found.rows - found.transformed_rows,
        n_instruments: found.n_instruments(),
        instruments: found.instruments.iter().map(count).collect(),
    }
}

/// Instruments that crowd the units, singular weights, gaps.
fn findings(found: &DynamicFit, index: &PanelIndex) -> Vec<Note> {
    let mut notes = Vec::new();
    if found.n_instruments() > found.units {
        notes.push(Note::ManyInstruments { instruments: found.n_instruments(), units: found.units });
    }
    if found.singular {
        notes.push(Note::SingularMoments { moments: found.n_instruments() });
    }
    if let Ok(steps) = index.steps() {
        let units = index.units_with_gaps(&steps);
        if units > 0 {
            notes.push(Note::GapsInUnits { units, bridged: false });
        }
    }
    notes
}
