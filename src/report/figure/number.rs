//! Numbers as figures print them: a true minus sign, thousands separated, as many decimals as the reader can use.

/// A number with so many decimals, `−` for minus and `,` between thousands of 10,000 and more; never `−0`.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let digits = format!("{:.decimals$}", value.abs());
    let is_zero = digits.chars().all(|digit| matches!(digit, '0' | '.'));
    let sign = if value < 0.0 && !is_zero { "−" } else { "" };
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", separated(whole))
}

fn separated(whole: &str) -> String {
    if whole.len() < 5 {
        return whole.to_owned();
    }
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with about three significant digits: `0.0412`, `12.3`, `4,210`, `1.25M`, `3.1e−7`.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    match size {
        _ if !size.is_finite() => fixed(value, 0),
        _ if !(1e-5..1e15).contains(&size) => scientific(value, 2),
        _ if size >= 1e6 => scaled(value, value, 2),
        _ => fixed(value, decimals_of(size, 3)),
    }
}

/// Labels of ascending numbers, all with the same decimals, as few as keep neighbours apart, with at least two
/// significant digits of the smallest gap.
pub fn distinct(values: &[f64]) -> Vec<String> {
    let largest = values.iter().fold(0.0f64, |most, value| most.max(value.abs()));
    let gap = values.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap > 0.0).fold(f64::INFINITY, f64::min);
    let gap = if gap.is_finite() { gap } else { largest };
    // Digits beyond six significant ones of the largest number would be noise to a reader.
    let decimals = decimals_of(gap, 2).min(decimals_of(largest, 6));
    if largest >= 1e15 || (largest > 0.0 && largest < 1e-4) {
        return values.iter().map(|value| scientific(*value, 2)).collect();
    }
    if largest >= 1e6 {
        return values.iter().map(|value| scaled(*value, *value, 2)).collect();
    }
    values.iter().map(|value| fixed(*value, decimals)).collect()
}

/// Decimals that show so many significant digits of a number, at most 12.
pub fn decimals_of(value: f64, significant: i32) -> usize {
    let size = value.abs();
    if size == 0.0 || !size.is_finite() {
        return 0;
    }
    (significant - 1 - size.log10().floor() as i32).clamp(0, 12) as usize
}

/// Thousands, millions, billions or trillions with a letter; the letter is that of `like`, so that the numbers of one
/// axis share it. Zeros at the end are left out.
pub fn scaled(value: f64, like: f64, decimals: usize) -> String {
    let (divisor, letter) = match like.abs() {
        size if size >= 1e12 => (1e12, "T"),
        size if size >= 1e9 => (1e9, "B"),
        size if size >= 1e6 => (1e6, "M"),
        size if size >= 1e3 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let text = fixed(value / divisor, decimals);
    let trimmed = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if trimmed == "0" { trimmed.to_owned() } else { format!("{trimmed}{letter}") }
}

/// Powers of ten, as in `1.25e−7`.
pub fn scientific(value: f64, decimals: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    format!("{value:.decimals$e}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let shown: Vec<String> =
            [0.041_234, -12.345, 4210.0, 54_321.4, -1_250_000.0, 3.1e-7, 0.0, f64::NAN].map(short).to_vec();
        assert_eq!(shown, ["0.0412", "−12.3", "4210", "54,321", "−1.25M", "3.10e−7", "0", "–"]);
        assert_eq!(fixed(-0.001, 2), "0.00");
    }

    #[test]
    fn bounds_stay_apart_with_few_digits() {
        assert_eq!(distinct(&[0.0, 0.25, 0.5]), ["0.00", "0.25", "0.50"]);
        assert_eq!(distinct(&[-1.2345, 0.1111, 5.0]), ["−1.2", "0.1", "5.0"]);
        assert_eq!(distinct(&[12_000.0, 340_000.0, 9_900_000.0]), ["12k", "340k", "9.9M"]);
        assert_eq!(distinct(&[100.0, 250.0]), ["100", "250"]);
    }
}
