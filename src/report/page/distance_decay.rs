//! Distance decays on the page: a grid each.

use super::shift_share::Grid;
use crate::infer::distance_decay::DistanceDecayRecord;
use crate::report::number::{Digits, counted};

/// The estimate with its interval, and the coefficients there.
pub fn grid(record: &DistanceDecayRecord) -> Grid {
    let number = |value: f64| Digits::default().one(value);
    let end = |value: Option<f64>| value.map_or_else(|| "open".to_string(), number);
    let profile = &record.profile;
    let own = vec![
        record.label.clone(),
        number(profile.estimate),
        String::new(),
        format!("{} to {}", end(profile.conf_low), end(profile.conf_high)),
    ];
    let terms = record
        .terms
        .iter()
        .map(|term| vec![term.term.clone(), number(term.estimate), number(term.std_error), String::new()]);
    let interval = format!("{} % interval", number(100.0 * (1.0 - record.alpha)));
    Grid {
        caption: format!("Distance decay {}: {} of {}", record.name, record.parameter, record.weights),
        head: ["", "Estimate", "Std. error"].map(String::from).into_iter().chain([interval]).collect(),
        rows: std::iter::once(own).chain(terms).collect(),
        note: note(record),
    }
}

fn note(record: &DistanceDecayRecord) -> String {
    let mut text = format!(
        "The value with the largest likelihood of model {} ({}), and the values that a likelihood ratio does not reject. Errors of the coefficients take it as known. \
         Where what is lagged has no effect, the likelihood is flat and the number means nothing.",
        record.model,
        counted(record.n_obs, "observation", "observations")
    );
    if record.profile.at_end {
        text.push_str(" The estimate is an end of the range that was searched: widen it.");
    }
    text
}
