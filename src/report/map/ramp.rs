//! Colours of map classes, distinct for readers with red-green blindness and ordered by lightness in a grey print.

use crate::describe::Scheme;

type Rgb = [f64; 3];

/// Light to dark, green to blue.
const SEQUENTIAL: [Rgb; 5] =
    [[214., 234., 220.], [160., 210., 196.], [88., 168., 174.], [36., 117., 148.], [13., 66., 99.]];
/// Orange below zero, near white at zero, blue above.
const DIVERGING: [Rgb; 7] = [
    [158., 70., 12.],
    [217., 128., 62.],
    [246., 205., 163.],
    [230., 230., 225.],
    [176., 211., 228.],
    [80., 149., 188.],
    [21., 84., 130.],
];

/// One colour per class as hex, lowest class first.
pub fn colors(scheme: Scheme, n_classes: usize) -> Vec<String> {
    let anchors: &[Rgb] = match scheme {
        Scheme::Diverging => &DIVERGING,
        Scheme::Quantile | Scheme::Equal | Scheme::Jenks => &SEQUENTIAL,
    };
    let position = |class: usize| match n_classes {
        0 | 1 => 0.5,
        n => class as f64 / (n - 1) as f64,
    };
    (0..n_classes).map(|class| hex(between(anchors, position(class)))).collect()
}

/// The colour at a position from 0 to 1, linear between neighbouring anchors.
fn between(anchors: &[Rgb], position: f64) -> Rgb {
    let last = anchors.len().saturating_sub(1);
    let at = position.clamp(0.0, 1.0) * last as f64;
    let below = (at.floor() as usize).min(last);
    let (low, high) = (anchors[below], anchors[(below + 1).min(last)]);
    std::array::from_fn(|channel| low[channel] + (at - below as f64) * (high[channel] - low[channel]))
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{:02x}{:02x}{:02x}", red.round() as u8, green.round() as u8, blue.round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance by WCAG 2.
    fn luminance(color: &str) -> f64 {
        let channel = |from: usize| f64::from(u8::from_str_radix(&color[from..from + 2], 16).unwrap()) / 255.0;
        let linear = |c: f64| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        0.2126 * linear(channel(1)) + 0.7152 * linear(channel(3)) + 0.0722 * linear(channel(5))
    }

    #[test]
    fn sequential_colours_darken_steadily() {
        for n in 2..=9 {
            let light: Vec<f64> = colors(Scheme::Quantile, n).iter().map(|color| luminance(color)).collect();
            assert!(light.windows(2).all(|pair| pair[0] > pair[1] + 0.01), "{n}: {light:?}");
        }
    }

    #[test]
    fn diverging_colours_are_lightest_in_the_middle() {
        let light: Vec<f64> = colors(Scheme::Diverging, 7).iter().map(|color| luminance(color)).collect();
        assert!(light[..4].windows(2).all(|pair| pair[0] < pair[1]));
        assert!(light[3..].windows(2).all(|pair| pair[0] > pair[1]));
    }
}
