//! `impacts.csv`: a row per model, regressor and kind of impact.

use super::frame::Frame;
use crate::estimate::Fit;
use crate::estimate::spatial::Impact;

/// Direct, indirect and total impacts of every spatial model; in a dynamic panel in the short and in the long run.
pub fn impacts(fits: &[Fit]) -> Frame {
    let rows: Vec<(&Fit, (&str, &str), &str, Impact)> = fits
        .iter()
        .filter_map(|fit| Some((fit, fit.spatial.as_ref()?)))
        .flat_map(|(fit, record)| {
            let first = if record.long_run.is_empty() { "" } else { "short" };
            let short = record.impacts.iter().map(move |of| (fit, first, of));
            short.chain(record.long_run.iter().map(move |of| (fit, "long", of)))
        })
        .flat_map(|(fit, run, of)| {
            [("direct", of.direct), ("indirect", of.indirect), ("total", of.total)]
                .map(|(kind, impact)| (fit, (of.variable.as_str(), run), kind, impact))
        })
        .collect();
    Frame::new()
        .text("model", &rows, |row| row.0.model.clone())
        .text("variable", &rows, |row| row.1.0.to_string())
        .text("run", &rows, |row| row.1.1.to_string())
        .text("impact", &rows, |row| row.2.to_string())
        .number("estimate", &rows, |row| Some(row.3.estimate))
        .number("std_error", &rows, |row| Some(row.3.std_error))
        .number("simulated_std_error", &rows, |row| row.3.simulated_error)
        .number("p_value", &rows, |row| Some(row.3.p_value))
        .number("conf_low", &rows, |row| Some(row.3.conf_low))
        .number("conf_high", &rows, |row| Some(row.3.conf_high))
}
