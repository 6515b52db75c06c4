//! The colours of every figure, as exact lower-case hex values.
//!
//! The page replaces ink, muted, grid and paper by its own variables to follow a dark theme, so these four must be written
//! nowhere else and in no other form. Series also differ by marker, so that a figure survives a grey print.

/// Text and axes that carry meaning.
pub const INK: &str = "#1b1f24";
/// Secondary text.
pub const MUTED: &str = "#6a737d";
/// Grid lines and separators.
pub const GRID: &str = "#e3e6ea";
/// The background.
pub const PAPER: &str = "#ffffff";
/// The first series.
pub const ACCENT: &str = "#0b6e99";
/// The second series, and the true values of a simulation.
pub const ACCENT2: &str = "#c2571a";
/// The third series.
pub const GOOD: &str = "#2e7d4f";

/// The colours of series in order; after the last they begin again, with other markers.
const SERIES: [&str; 6] = [ACCENT, ACCENT2, GOOD, "#7d5ba6", "#b0862b", "#4c8fd0"];

/// The colour of a series.
pub fn series(index: usize) -> &'static str {
    SERIES.get(index % SERIES.len()).copied().unwrap_or(ACCENT)
}
