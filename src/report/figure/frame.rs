//! What every figure has around its picture: a title, a line that says when data are synthetic, and a source note.

use super::palette;
use super::svg::{Canvas, TextStyle};
use super::text;

/// Width of every figure in pixels.
pub const WIDTH: f64 = 760.0;
/// Free space at the left and right edge in pixels.
pub const MARGIN: f64 = 16.0;

const TITLE_SIZE: f64 = 15.0;
const NOTE_SIZE: f64 = 10.5;

/// The words around a figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// The title; may be empty.
    pub title: String,
    /// Source and notes, printed small below the picture.
    pub note: Option<String>,
    /// Whether the data are synthetic, which the figure then says below its title.
    pub synthetic: bool,
}

impl Frame {
    /// Draws the title and returns the y at which the picture may begin.
    pub(crate) fn open(&self, canvas: &mut Canvas) -> f64 {
        let mut y = 10.0;
        if !self.title.is_empty() {
            // Bold letters are a tenth wider than the estimate.
            for line in text::wrap(&self.title, (WIDTH - 2.0 * MARGIN) / 1.1, TITLE_SIZE) {
                y += 19.0;
                canvas.text((MARGIN, y), &line, TextStyle::new(TITLE_SIZE, palette::INK).bold());
            }
            y += 4.0;
        }
        if self.synthetic {
            y += 15.0;
            let words = "Synthetic data, drawn from a known model: not observed.";
            canvas.text((MARGIN, y), words, TextStyle::new(11.5, palette::MUTED).bold());
            y += 2.0;
        }
        y + 8.0
    }

    /// Draws the note below `y` and returns the height of the whole figure.
    pub(crate) fn close(&self, canvas: &mut Canvas, y: f64) -> f64 {
        let mut y = y;
        if let Some(note) = self.note.as_ref().filter(|note| !note.is_empty()) {
            y += 6.0;
            for line in text::wrap(note, WIDTH - 2.0 * MARGIN, NOTE_SIZE) {
                y += 14.0;
                canvas.text((MARGIN, y), &line, TextStyle::new(NOTE_SIZE, palette::MUTED));
            }
        }
        y + 14.0
    }

    /// The title for readers who do not see the picture.
    pub(crate) fn title_or<'a>(&'a self, otherwise: &'a str) -> &'a str {
        if self.title.is_empty() { otherwise } else { &self.title }
    }

    /// A description with the note and the warning about synthetic data.
    pub(crate) fn describe(&self, picture: &str) -> String {
        let warning = if self.synthetic { " The data are synthetic." } else { "" };
        let note = self.note.as_deref().map(|note| format!(" {note}")).unwrap_or_default();
        format!("{picture}{warning}{note}")
    }
}
