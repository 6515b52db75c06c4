//! A small typed builder of SVG text.
//!
//! In: shapes in pixels, y growing downwards. Out: [`Svg`], a document with `role="img"`, a `<title>` and a `<desc>`, and
//! neither ids that could clash on a page nor anything that differs between two runs. Lengths keep two decimals.

use std::fmt::Write;

use super::palette;
use super::text;

/// The fonts that figures ask for; the first is bundled for PNG.
pub const FONT_FAMILY: &str = "DejaVu Sans, system-ui, sans-serif";

/// A point in pixels.
pub type Point = (f64, f64);

/// A finished SVG document.
#[derive(Clone, Debug, PartialEq)]
pub struct Svg {
    text: String,
    width: f64,
    height: f64,
}

impl Svg {
    /// The document, to write to a file or to place in a page.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Width and height in CSS pixels.
    pub fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }
}

/// A line's colour and width in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Stroke {
    /// Colour as hex.
    pub color: &'static str,
    /// Width in pixels.
    pub width: f64,
}

impl Stroke {
    /// A stroke of this colour and width.
    pub fn new(color: &'static str, width: f64) -> Self {
        Stroke { color, width }
    }
}

/// Which end of a text its position names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anchor {
    /// Its left end.
    #[default]
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

/// How a line of text looks.
#[derive(Clone, Copy, Debug)]
pub struct TextStyle {
    /// Size in pixels.
    pub size: f64,
    /// Colour as hex.
    pub color: &'static str,
    /// Which end the position names.
    pub anchor: Anchor,
    /// Bold or not.
    pub is_bold: bool,
}

impl TextStyle {
    /// Regular text that starts at its position.
    pub fn new(size: f64, color: &'static str) -> Self {
        TextStyle { size, color, anchor: Anchor::Start, is_bold: false }
    }

    /// The same text with another anchor.
    pub fn anchored(self, anchor: Anchor) -> Self {
        TextStyle { anchor, ..self }
    }

    /// The same text in bold.
    pub fn bold(self) -> Self {
        TextStyle { is_bold: true, ..self }
    }

    fn attributes(&self) -> String {
        let anchor = match self.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let weight = if self.is_bold { r#" font-weight="bold""# } else { "" };
        format!(r#"font-size="{}" fill="{}"{anchor}{weight}"#, length(self.size), self.color)
    }
}

/// A drawing under way.
#[derive(Debug)]
pub struct Canvas {
    width: f64,
    body: String,
}

impl Canvas {
    /// An empty canvas of this width; the height is known at the end.
    pub fn new(width: f64) -> Self {
        Canvas { width, body: String::new() }
    }

    /// Adds markup that a caller has built with escaped text.
    pub fn push(&mut self, markup: &str) {
        self.body.push_str(markup);
        self.body.push('\n');
    }

    /// A straight line.
    pub fn line(&mut self, from: Point, to: Point, stroke: Stroke) {
        self.stroked_line(from, to, stroke, "");
    }

    /// A dashed straight line.
    pub fn dashed_line(&mut self, from: Point, to: Point, stroke: Stroke) {
        self.stroked_line(from, to, stroke, r#" stroke-dasharray="5 4""#);
    }

    fn stroked_line(&mut self, from: Point, to: Point, stroke: Stroke, dash: &str) {
        self.push(&format!(
            r#"<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"{dash}/>"#,
            length(from.0),
            length(from.1),
            length(to.0),
            length(to.1),
            stroke.color,
            length(stroke.width)
        ));
    }

    /// A filled rectangle from its upper left corner.
    pub fn rectangle(&mut self, corner: Point, size: Point, fill: &str) {
        self.push(&format!(
            r#"<rect x="{}" y="{}" width="{}" height="{}" fill="{fill}"/>"#,
            length(corner.0),
            length(corner.1),
            length(size.0),
            length(size.1)
        ));
    }

    /// A filled circle with a thin edge of the background's colour, which keeps overlapping dots apart.
    pub fn circle(&mut self, center: Point, radius: f64, fill: &str) {
        self.push(&format!(
            r#"<circle cx="{}" cy="{}" r="{}" fill="{fill}" stroke="{}" stroke-width="1"/>"#,
            length(center.0),
            length(center.1),
            length(radius),
            palette::PAPER
        ));
    }

    /// A filled polygon with a thin edge of the background's colour.
    pub fn polygon(&mut self, corners: &[Point], fill: &str) {
        let points: Vec<String> = corners.iter().map(|(x, y)| format!("{},{}", length(*x), length(*y))).collect();
        self.push(&format!(
            r#"<polygon points="{}" fill="{fill}" stroke="{}" stroke-width="1"/>"#,
            points.join(" "),
            palette::PAPER
        ));
    }

    /// One line of text; `at` is its anchor on the baseline.
    pub fn text(&mut self, at: Point, content: &str, style: TextStyle) {
        self.push(&format!(
            r#"<text x="{}" y="{}" {}>{}</text>"#,
            length(at.0),
            length(at.1),
            style.attributes(),
            text::escape(content)
        ));
    }

    /// One line of text that reads upwards, as beside a vertical axis.
    pub fn upward_text(&mut self, at: Point, content: &str, style: TextStyle) {
        self.turned_text(at, content, style, -90.0);
    }

    /// One line of text turned clockwise by so many degrees.
    pub fn turned_text(&mut self, at: Point, content: &str, style: TextStyle, degrees: f64) {
        self.push(&format!(
            r#"<text transform="translate({} {}) rotate({})" {}>{}</text>"#,
            length(at.0),
            length(at.1),
            length(degrees),
            style.attributes(),
            text::escape(content)
        ));
    }

    /// Begins a group whose tooltip says `tooltip`.
    pub fn open_group(&mut self, tooltip: &str) {
        self.push(&format!("<g><title>{}</title>", text::escape(tooltip)));
    }

    /// Ends the group begun last.
    pub fn close_group(&mut self) {
        self.push("</g>");
    }

    /// The document, with a background and with alternatives in words for readers who do not see the picture.
    pub fn finish(self, height: f64, title: &str, description: &str) -> Svg {
        let (w, h) = (length(self.width), length(height));
        let mut text = String::with_capacity(self.body.len() + 1024);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" font-family="{FONT_FAMILY}">"#
        );
        let _ = writeln!(text, "<title>{}</title>", text::escape(title));
        let _ = writeln!(text, "<desc>{}</desc>", text::escape(description));
        let _ = writeln!(text, r#"<rect width="{w}" height="{h}" fill="{}"/>"#, palette::PAPER);
        text.push_str(&self.body);
        text.push_str("</svg>\n");
        Svg { text, width: self.width, height }
    }
}

/// A length with at most two decimals; what is not finite is written as 0, so that the document always reads.
pub fn length(value: f64) -> String {
    let rounded = if value.is_finite() { (value * 100.0).round() / 100.0 } else { 0.0 };
    // Adding zero turns -0 into 0.
    (rounded + 0.0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_alternatives_in_words_and_escapes_text() {
        let mut canvas = Canvas::new(100.0);
        canvas.line((0.0, 0.126), (10.0, -0.001), Stroke::new(palette::INK, 1.5));
        canvas.text((5.0, 5.0), "a < b & \"c\"", TextStyle::new(11.0, palette::INK).bold());
        let svg = canvas.finish(50.0, "T<1>", "D&D");
        insta::assert_snapshot!(svg.as_str());
    }

    #[test]
    fn lengths_are_short_and_finite() {
        assert_eq!(length(1.0 / 3.0), "0.33");
        assert_eq!(length(-0.0001), "0");
        assert_eq!(length(f64::NAN), "0");
    }
}
