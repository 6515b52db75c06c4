//! Figures as SVG and PNG.
//!
//! In: plain records of numbers that were computed before. Out: [`Svg`] documents, the same bytes at every run, with
//! alternatives in words. Charts are written through a small typed builder rather than a chart crate, because tooltips,
//! nested intervals, hatches, fractions of a pixel and text alternatives are what these figures are about.

mod axis;
pub mod binscatter;
pub mod coefficients;
pub mod frame;
mod legend;
mod marker;
pub(crate) mod number;
pub mod palette;
pub mod png;
pub mod svg;
pub(crate) mod text;

pub use binscatter::{BinscatterPlot, FitLine, binscatter};
pub use coefficients::{CoefficientPlot, CoefficientPoint, Interval, Series, coefficients};
pub use frame::Frame;
pub use svg::Svg;

#[cfg(test)]
pub(crate) fn show(svg: &Svg, name: &str) {
    let pixels = png::png(svg, png::SCALE).unwrap();
    if let Ok(folder) = std::env::var("ISARD_SHOW") {
        std::fs::write(format!("{folder}/{name}.png"), pixels).unwrap();
        std::fs::write(format!("{folder}/{name}.svg"), svg.as_str()).unwrap();
    }
}
