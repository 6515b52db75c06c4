//! Specification curves on the page: a grid each, beside the figure.

use super::shift_share::Grid;
use crate::infer::curve::CurveRecord;
use crate::report::number::{Digits, p_value};

/// A curve as a grid: a row per statistic.
pub fn grid(curve: &CurveRecord) -> Grid {
    let found = &curve.statistics;
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let tests = curve.tests.as_ref();
    let p = |value: Option<f64>| value.map_or(String::new(), p_value);
    let row = |name: &str, value: String, p_value: Option<f64>| vec![name.to_string(), value, p(p_value)];
    let significant = format!("Of the more frequent sign and p < {}", curve.alpha);
    Grid {
        caption: format!("Specification curve {}: {} specifications", curve.name, found.n),
        head: ["Statistic", "Value", "Joint p"].map(String::from).to_vec(),
        rows: vec![
            row("Median estimate", Digits::default().one(found.median), tests.map(|tests| tests.median)),
            row("Of the more frequent sign", percent(found.dominant), None),
            row(&significant, percent(found.significant), tests.map(|tests| tests.significant)),
            row("Stouffer's Z", Digits::default().one(found.stouffer), tests.map(|tests| tests.stouffer)),
        ],
        note: note(curve),
    }
}

fn note(curve: &CurveRecord) -> String {
    let Some(draws) = &curve.draws else { return "The curve was not tested as a whole.".into() };
    format!(
        "Joint p: how often the curve is as far out where no specification has an effect. {}.",
        super::family::draws_in_words(draws)
    )
}

/// Joint p-values in a sentence; empty without tests.
pub(crate) fn joint_tests_in_words(curve: &CurveRecord) -> String {
    curve.tests.as_ref().map_or(String::new(), |tests| {
        format!(
            " Joint p-values: median {}, significant {}, Stouffer {}.",
            p_value(tests.median),
            p_value(tests.significant),
            p_value(tests.stouffer)
        )
    })
}
