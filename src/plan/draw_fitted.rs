//! Figures of what a fitted distribution says: rootograms and calibration plots.

use super::draw::{Picture, failed, label};
use super::execute::RunError;
use crate::estimate::Fit;
use crate::estimate::likelihood::Distribution;
use crate::report::figure::{CalibrationPlot, Frame, RootogramPlot, calibration, rootogram};
use crate::study::figure::{CalibrationFigure, Figure, FigureContent, RootogramFigure};

/// What the figures of a study ask of one model's distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The largest count of a rootogram.
    pub(super) most: Option<u32>,
    /// Bins of a calibration plot.
    pub(super) bins: Option<usize>,
}

impl Wanted {
    /// What `figures` ask of a model, by its name or its base; the most detailed of several.
    pub(super) fn of(figures: &[Figure], is_named: impl Fn(&str) -> bool) -> Wanted {
        let mut wanted = Wanted::default();
        for figure in figures {
            match &figure.content {
                FigureContent::Rootogram(content) if is_named(&content.model) => {
                    wanted.most = wanted.most.max(Some(content.most as u32));
                }
                FigureContent::Calibration(content) if is_named(&content.model) => {
                    wanted.bins = wanted.bins.max(Some(content.bins));
                }
                _ => {}
            }
        }
        wanted
    }

    /// Whether anything is.
    pub(super) fn anything(self) -> bool {
        self != Wanted::default()
    }
}

fn distribution<'a>(figure: &Figure, fit: &'a Fit) -> Result<&'a Distribution, RunError> {
    let found = fit.likelihood.as_ref().and_then(|likelihood| likelihood.distribution.as_ref());
    found.ok_or_else(|| failed(figure, format!("model {} has no distribution of its outcome: {METHODS}", fit.model)))
}

const METHODS: &str =
    "rootograms are of poisson and negbin, calibration plots of logit, probit, cloglog and fractional";

/// A rootogram.
pub(super) fn draw_rootogram(
    (figure, content): (&Figure, &RootogramFigure),
    fit: &Fit,
    frame: impl Fn(&str) -> Frame,
) -> Result<Picture, RunError> {
    let mut frequencies = distribution(figure, fit)?.frequencies.clone();
    if frequencies.is_empty() {
        return Err(failed(figure, format!("model {} has no counts in whole numbers: {METHODS}", fit.model)));
    }
    // Another figure may have asked for more counts.
    while frequencies.len() > content.most + 1 {
        if let (Some(last), Some(open)) = (frequencies.pop(), frequencies.last_mut()) {
            (open.observed, open.expected) = (open.observed + last.observed, open.expected + last.expected);
        }
    }
    let title = figure.title.clone().unwrap_or_else(|| format!("{}: seen and expected", fit.outcome));
    let plot = RootogramPlot {
        frame: frame(&title),
        x_title: label(&content.labels, &fit.outcome),
        is_open: frequencies.len() > content.most,
        frequencies,
    };
    let caption = format!(
        "Hanging rootogram of model {}: bars of the rows seen with each count hang from the curve of those expected, both as square roots. Between the dashed lines bars end for nearly all counts where the distribution is right.",
        fit.model
    );
    Ok((rootogram(&plot), title, caption))
}

/// A calibration plot.
pub(super) fn draw_calibration(
    (figure, content): (&Figure, &CalibrationFigure),
    fit: &Fit,
    frame: impl Fn(&str) -> Frame,
) -> Result<Picture, RunError> {
    let bins = distribution(figure, fit)?.calibration.clone();
    if bins.is_empty() {
        return Err(failed(figure, format!("model {} has no probabilities: {METHODS}", fit.model)));
    }
    let title = figure.title.clone().unwrap_or_else(|| format!("{}: seen and predicted", fit.outcome));
    let plot = CalibrationPlot {
        frame: frame(&title),
        x_title: "Fitted mean".to_string(),
        y_title: label(&content.labels, &fit.outcome),
        bins,
    };
    let caption = format!(
        "Mean outcomes with 95 % intervals in quantile bins of the fitted mean of model {}. On the dashed line what was seen is what was predicted.",
        fit.model
    );
    Ok((calibration(&plot), title, caption))
}
