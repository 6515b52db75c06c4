//! The sensitivity of a coefficient to omitted variables, as small tables with a sentence below.

use super::shift_share::Grid;
use crate::infer::sensitivity::{OsterRecord, SensitivityRecord};
use crate::report::number::{Digits, listed};

/// The tables of one analysis: in short, by benchmark, Oster's bounds.
pub fn grids(record: &SensitivityRecord) -> Vec<Grid> {
    let mut grids = vec![summary(record)];
    grids.extend((!record.bounds.is_empty()).then(|| bounds(record)));
    grids.extend((!record.extremes.is_empty()).then(|| extremes(record)));
    grids.extend(record.oster.as_ref().map(|oster| movement(record, oster)));
    grids
}

/// The analysis in a sentence.
pub fn sentence(record: &SensitivityRecord) -> String {
    let share = share_in_words(record.q);
    let oster = record.oster.as_ref().map_or_else(String::new, |oster| {
        let beta = oster.bias_adjusted.map_or_else(String::new, |beta| {
            format!(", bias-adjusted coefficient {} for δ = {}", number(beta), number(oster.assumed_delta))
        });
        format!("; Oster's δ {} for a coefficient of {}{beta}", number(oster.delta), number(oster.target))
    });
    format!(
        "Sensitivity of {}: an omitted variable that explains {} of what is left of both treatment and outcome takes {share} \
         of the coefficient away, {} its significance at {} %{oster}",
        record.treatment,
        percent(record.robustness_value),
        percent(record.robustness_value_at),
        100.0 * record.alpha
    )
}

fn share_in_words(q: f64) -> String {
    if q == 1.0 { "all".into() } else { percent(q) }
}

fn number(value: f64) -> String {
    if value.is_finite() { Digits::default().one(value) } else { "not defined".into() }
}

fn percent(value: f64) -> String {
    if value.is_finite() { format!("{:.2} %", 100.0 * value) } else { "not defined".into() }
}

fn summary(record: &SensitivityRecord) -> Grid {
    let row = |name: String, value: String| vec![name, value];
    Grid {
        caption: format!("How strong an omitted variable must be to change the coefficient of {}", record.treatment),
        head: vec![String::new(), "Value".into()],
        rows: vec![
            row("Estimate".into(), number(record.estimate)),
            row("Classical standard error".into(), number(record.std_error)),
            row("Partial R² with the outcome".into(), percent(record.partial_r_squared)),
            row(
                format!("Robustness value, {} of the estimate", share_in_words(record.q)),
                percent(record.robustness_value),
            ),
            row(
                format!("Robustness value, significance at {} %", 100.0 * record.alpha),
                percent(record.robustness_value_at),
            ),
            row("The same if it explains any part of the outcome".into(), percent(record.extreme_robustness_value_at)),
        ],
        note:
            "Strengths are partial R² with the treatment and with the outcome, given the controls (Cinelli and Hazlett \
               2020); errors here are classical ones, whatever those of the model."
                .into(),
    }
}

fn bounds(record: &SensitivityRecord) -> Grid {
    let head = [
        "Benchmark",
        "Times (treatment)",
        "Times (outcome)",
        "R² with treatment",
        "R² with outcome",
        "Estimate",
        "Std. error",
        "t",
        "Interval",
    ];
    let rows = record.bounds.iter().map(|bound| {
        vec![
            bound.benchmark.clone(),
            number(bound.kd),
            number(bound.ky),
            percent(bound.r2_dz),
            percent(bound.r2_yz),
            number(bound.estimate),
            number(bound.std_error),
            number(bound.statistic),
            format!("[{}, {}]", number(bound.conf_low), number(bound.conf_high)),
        ]
    });
    Grid {
        caption: "With an omitted variable some times as strong as an observed one".into(),
        head: head.map(String::from).to_vec(),
        rows: rows.collect(),
        note: "Estimates are those that such a variable would leave if it pulled the coefficient away from zero."
            .into(),
    }
}

fn extremes(record: &SensitivityRecord) -> Grid {
    let rows = record.extremes.iter().map(|extreme| {
        vec![
            extreme.benchmark.clone(),
            number(extreme.kd),
            percent(extreme.r2_dz),
            percent(extreme.r2_yz),
            number(extreme.estimate),
        ]
    });
    let head = ["Benchmark", "Times (treatment)", "R² with treatment", "R² with outcome", "Estimate"];
    Grid {
        caption: "Extreme scenarios: it explains most of what is left of the outcome".into(),
        head: head.map(String::from).to_vec(),
        rows: rows.collect(),
        note: String::new(),
    }
}

fn movement(record: &SensitivityRecord, oster: &OsterRecord) -> Grid {
    let row = |name: String, value: String| vec![name, value];
    let roots: Vec<String> = oster
        .roots
        .iter()
        .map(|root| {
            format!(
                "{}{}",
                number(root.beta),
                if root.same_direction { "" } else { " (against the observed direction)" }
            )
        })
        .collect();
    let verdict = if oster.excludes_target { "does not contain" } else { "contains" };
    let set = oster.bias_adjusted.map_or_else(String::new, |beta| {
        let (low, high) = (beta.min(record.estimate), beta.max(record.estimate));
        format!(" The identified set [{}, {}] {verdict} {}.", number(low), number(high), number(oster.target))
    });
    let beside = if oster.baseline.is_empty() { String::new() } else { format!(" (with {})", listed(&oster.baseline)) };
    Grid {
        caption: "Selection on unobservables, from the movement of coefficient and R²".into(),
        head: vec![String::new(), "Value".into()],
        rows: vec![
            row(format!("Coefficient without controls{beside}"), number(oster.short_estimate)),
            row(format!("R² ({}) without controls", oster.r_squared), number(oster.short_r_squared)),
            row("Coefficient with controls".into(), number(record.estimate)),
            row(format!("R² ({}) with controls", oster.r_squared), number(oster.full_r_squared)),
            row("R² with the omitted variable too (R_max)".into(), number(oster.r_max)),
            row(format!("δ for a coefficient of {}", number(oster.target)), number(oster.delta)),
            row(
                format!("Coefficient for δ = {}", number(oster.assumed_delta)),
                oster.bias_adjusted.map_or_else(|| "none".into(), number),
            ),
            row("All roots".into(), listed(&roots)),
        ],
        note: format!(
            "δ is how many times as strong as selection on the controls selection on the omitted variable is (Oster 2019). Of \
             several roots the one nearest to the coefficient with controls is taken, among those in the observed direction.{set}"
        ),
    }
}
