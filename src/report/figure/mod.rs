//! Figures as SVG and PNG.
//!
//! In: plain records of numbers that were computed before. Out: [`Svg`] documents, the same bytes at every run, with
//! alternatives in words. Charts are written through a small typed builder rather than a chart crate, because tooltips,
//! nested intervals, hatches, fractions of a pixel and text alternatives are what these figures are about.

mod axis;
pub mod binscatter;
pub mod calibration;
pub mod coefficients;
pub mod curve;
pub mod dendrogram;
pub mod frame;
pub mod heat_map;
mod legend;
mod marker;
pub mod moran;
pub mod network;
pub(crate) mod number;
pub mod palette;
pub mod paths;
mod plane;
pub mod png;
pub mod profile;
pub mod rootogram;
pub mod svg;
pub(crate) mod text;

pub use binscatter::{BinscatterPlot, FitLine, binscatter};
pub use calibration::{CalibrationPlot, calibration};
pub use coefficients::{CoefficientPlot, CoefficientPoint, Interval, Series, coefficients};
pub use frame::Frame;
pub use rootogram::{RootogramPlot, rootogram};
pub use svg::Svg;

/// Checks that a figure becomes a PNG of the right size that is not blank. To look at the figures of the tests, give a
/// folder in `ISARD_SHOW`.
#[cfg(test)]
pub(crate) fn assert_draws(svg: &Svg, name: &str) {
    let file = png::png(svg, png::SCALE).unwrap();
    let pixels = resvg::tiny_skia::Pixmap::decode_png(&file).unwrap();
    let (width, height) = svg.size();
    assert_eq!(f64::from(pixels.width()), (2.0 * width).round(), "{name}");
    assert_eq!(f64::from(pixels.height()), (2.0 * height).round(), "{name}");
    let dark = pixels.pixels().iter().filter(|pixel| pixel.red() < 128).count();
    assert!(dark > 1000, "{name} is nearly blank");
    if let Ok(folder) = std::env::var("ISARD_SHOW") {
        std::fs::write(format!("{folder}/{name}.png"), file).unwrap();
        std::fs::write(format!("{folder}/{name}.svg"), svg.as_str()).unwrap();
    }
}
