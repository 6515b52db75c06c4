//! SVG to PNG.
//!
//! Drawn by resvg with the two bundled fonts and no font of the machine, so that the pixels are the same everywhere.
//! Letters that DejaVu Sans does not have, or that the reduced files leave out, are left blank.

use std::sync::{Arc, OnceLock};

use resvg::{tiny_skia, usvg};
use thiserror::Error;

use super::svg::Svg;

/// Pixels per CSS pixel of the PNG files that a run writes: sharp on screens of high density and in print at 18 cm.
pub const SCALE: f32 = 2.0;

const REGULAR: &[u8] = include_bytes!("font/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("font/DejaVuSans-Bold.ttf");

/// Why a PNG could not be drawn.
#[derive(Debug, Error)]
pub enum PngError {
    /// The document is not SVG that resvg reads.
    #[error("the figure's SVG could not be read for drawing: {source}")]
    Unreadable {
        /// What resvg said.
        #[from]
        source: usvg::Error,
    },
    /// The picture would have no pixels or too many.
    #[error("a picture of {width} by {height} pixels cannot be drawn: choose another scale")]
    Size {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The pixels could not be encoded.
    #[error("the figure could not be encoded as PNG: {message}")]
    Encoding {
        /// What the encoder said.
        message: String,
    },
}

/// Draws an SVG as PNG, with `scale` pixels per CSS pixel ([`SCALE`] for files).
///
/// # Errors
/// When the document does not read or the size is impossible.
pub fn png(svg: &Svg, scale: f32) -> Result<Vec<u8>, PngError> {
    let options = usvg::Options {
        font_family: "DejaVu Sans".to_owned(),
        fontdb: Arc::clone(fonts()),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(svg.as_str(), &options)?;
    let size = tree.size();
    let (width, height) = ((size.width() * scale).round() as u32, (size.height() * scale).round() as u32);
    let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or(PngError::Size { width, height })?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PngError::Encoding { message: error.to_string() })
}

/// The bundled fonts, read once.
fn fonts() -> &'static Arc<usvg::fontdb::Database> {
    static FONTS: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
    FONTS.get_or_init(|| {
        let mut fonts = usvg::fontdb::Database::new();
        fonts.load_font_data(REGULAR.to_vec());
        fonts.load_font_data(BOLD.to_vec());
        fonts.set_sans_serif_family("DejaVu Sans");
        Arc::new(fonts)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::palette;
    use crate::report::figure::svg::{Canvas, TextStyle};

    fn drawn(words: &str) -> tiny_skia::Pixmap {
        let mut canvas = Canvas::new(120.0);
        canvas.text((10.0, 30.0), words, TextStyle::new(16.0, palette::INK));
        let svg = canvas.finish(41.0, "t", "d");
        tiny_skia::Pixmap::decode_png(&png(&svg, SCALE).unwrap()).unwrap()
    }

    fn dark(pixels: &tiny_skia::Pixmap) -> usize {
        pixels.pixels().iter().filter(|pixel| pixel.red() < 128).count()
    }

    #[test]
    fn has_twice_the_size_and_letters_of_the_bundled_font() {
        let pixels = drawn("β = −0.12");
        assert_eq!((pixels.width(), pixels.height()), (240, 82));
        assert!(dark(&pixels) > 200, "letters are drawn without fonts of the machine: {}", dark(&pixels));
        assert_eq!(dark(&drawn("")), 0);
    }

    #[test]
    fn every_sign_that_figures_print_is_in_the_font() {
        for sign in "−–…×≥≤→βΔé%[]²±√∑".chars() {
            assert!(dark(&drawn(&sign.to_string())) > 0, "{sign} is not in the bundled font");
        }
    }
}
