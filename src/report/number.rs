//! How numbers are written: one rounding rule for the terminal, LaTeX, HTML, Markdown and the page.
//!
//! Text made here uses an ASCII hyphen for the minus, so that what a reader copies from a terminal is a number; the
//! formats that can show a real minus put it in themselves. Rounding is that of the standard library: to nearest on the
//! exact binary value.

/// How many digits an estimate shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// So many significant digits for the largest estimate of a row.
    Significant(u8),
    /// So many digits after the point, always.
    Decimals(u8),
}

impl Default for Digits {
    /// Four significant digits: what economists print, and enough to check a number against another program's.
    fn default() -> Self {
        Digits::Significant(4)
    }
}

/// A rounding decided for a group of numbers that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// So many digits after the point.
    Decimals(usize),
    /// Scientific notation with so many digits after the point.
    Scientific(usize),
}

/// More zeros than this after the point are hard to count: scientific notation takes over.
const MOST_DECIMALS: i32 = 9;
/// From this power of ten on integers are hard to read even with separators.
const LARGEST_EXPONENT: i32 = 12;

impl Digits {
    /// One rounding for a row: enough digits for the largest estimate, two significant ones for the smallest standard
    /// error (`below`) as long as this adds no more than two decimals, and no more for it than its estimate's less one.
    pub fn rounding(self, estimates: &[f64], below: &[f64]) -> Rounding {
        let significant = match self {
            Digits::Decimals(decimals) => return Rounding::Decimals(usize::from(decimals)),
            Digits::Significant(significant) => i32::from(significant.max(1)),
        };
        let largest = |values: &[f64]| values.iter().filter_map(|&x| exponent(x, significant)).max();
        let Some(top) = largest(estimates).or_else(|| largest(below)) else {
            return Rounding::Decimals(significant as usize - 1);
        };
        let wanted = significant - 1 - top;
        if wanted > MOST_DECIMALS || top >= LARGEST_EXPONENT {
            return Rounding::Scientific(significant as usize - 1);
        }
        let Some(smallest) = below.iter().filter_map(|&x| exponent(x, 2)).min() else {
            return Rounding::Decimals(wanted.max(0) as usize);
        };
        // A digit beyond the third of the standard error is noise; fewer than two hide it.
        let (fewest, most) = (1 - smallest, (significant - 2).max(1) - smallest);
        Rounding::Decimals(wanted.max(fewest.min(wanted + 2)).min(most.max(1)).max(0) as usize)
    }

    /// A number that stands alone, rounded by itself.
    pub fn one(self, value: f64) -> String {
        self.rounding(&[value], &[]).write(value)
    }
}

/// The power of ten of the leading digit after rounding to so many significant digits; `None` for zero and non-finite.
fn exponent(value: f64, significant: i32) -> Option<i32> {
    if !value.is_finite() || value == 0.0 {
        return None;
    }
    let text = format!("{:.*e}", (significant - 1).max(0) as usize, value);
    text.rsplit('e').next()?.parse().ok()
}

impl Rounding {
    /// The number, with thousands separators; empty when it is not a number.
    pub fn write(self, value: f64) -> String {
        if value.is_nan() {
            return String::new();
        }
        if value.is_infinite() {
            return if value > 0.0 { "∞".into() } else { "-∞".into() };
        }
        match self {
            Rounding::Decimals(decimals) => grouped(&format!("{value:.decimals$}")),
            Rounding::Scientific(decimals) => format!("{value:.decimals$e}"),
        }
    }
}

/// Puts commas between thousands and takes the sign off a rounded zero.
fn grouped(text: &str) -> String {
    let (is_negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (integer, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(i, f)| (i, Some(f)));
    let is_zero = unsigned.bytes().all(|b| b == b'0' || b == b'.');
    let mut out = String::with_capacity(text.len() + text.len() / 3);
    if is_negative && !is_zero {
        out.push('-');
    }
    for (i, digit) in integer.chars().enumerate() {
        if i > 0 && (integer.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A count with thousands separators.
pub fn count(n: usize) -> String {
    grouped(&n.to_string())
}

/// A count with its noun: `1 cluster`, `4,211 clusters`.
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A p-value with three decimals, never zero.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".into() } else { Rounding::Decimals(3).write(p) }
}

/// A p-value in a sentence: `p = 0.031`, `p < 0.001`.
pub fn p_in_words(p: f64) -> String {
    if p < 0.001 { "p < 0.001".into() } else { format!("p = {}", p_value(p)) }
}

/// Degrees of freedom: whole ones without decimals.
pub fn degrees(df: f64) -> String {
    let decimals = if df.fract() == 0.0 { 0 } else { 1 };
    Rounding::Decimals(decimals).write(df)
}

/// The shortest text that reads back to the same bits; what result files hold.
pub fn exact(value: f64) -> String {
    let size = value.abs();
    if value.is_finite() && size != 0.0 && !(1e-5..1e16).contains(&size) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

/// A list in words: `a`, `a and b`, `a, b and c`.
pub fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_one_rounding() {
        assert_eq!(Digits::default().rounding(&[-0.11689, 0.04], &[0.0053, 0.0058]), Rounding::Decimals(4));
        assert_eq!(Digits::default().rounding(&[0.041230], &[0.00579]), Rounding::Decimals(5));
        assert_eq!(Digits::default().rounding(&[0.00012], &[0.0004]), Rounding::Decimals(6));
        assert_eq!(Digits::default().rounding(&[1234.5], &[0.2]), Rounding::Decimals(2));
        assert_eq!(Digits::default().rounding(&[1e-9], &[]), Rounding::Scientific(3));
        assert_eq!(Digits::default().rounding(&[0.99999], &[]), Rounding::Decimals(3));
        assert_eq!(Digits::default().rounding(&[f64::NAN, 0.0], &[]), Rounding::Decimals(3));
        assert_eq!(Digits::Decimals(2).one(-0.001), "0.00");
    }

    #[test]
    fn counts_have_separators() {
        assert_eq!(count(16266), "16,266");
        assert_eq!(count(999), "999");
        assert_eq!(counted(1, "cluster", "clusters"), "1 cluster");
        assert_eq!(Rounding::Decimals(1).write(-1234567.25), "-1,234,567.2");
    }

    #[test]
    fn exact_text_reads_back() {
        for value in [0.1 + 0.2, -0.0, 1e-300, f64::MAX, 1.0 / 3.0, 5e-324, 123456789.0, f64::INFINITY] {
            assert_eq!(exact(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
    }
}
