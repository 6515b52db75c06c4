//! [`Double`]: a number as the unevaluated sum of two (Dekker 1971), some 32 digits.

/// An unevaluated sum of two numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Double {
    pub(super) high: f64,
    pub(super) low: f64,
}

impl Double {
    pub(super) fn plus(self, other: Double) -> Double {
        let high = self.high + other.high;
        let part = high - self.high;
        let error = (self.high - (high - part)) + (other.high - part);
        Double::normal(high, error + self.low + other.low)
    }

    pub(super) fn minus(self, other: Double) -> Double {
        self.plus(Double { high: -other.high, low: -other.low })
    }

    pub(super) fn times(self, factor: f64) -> Double {
        let product = exact_product(self.high, factor);
        Double::normal(product.high, product.low + self.low * factor)
    }

    pub(super) fn times_double(self, other: Double) -> Double {
        let product = exact_product(self.high, other.high);
        Double::normal(product.high, product.low + self.high * other.low + self.low * other.high)
    }

    /// The quotient, by long division.
    pub(super) fn over(self, other: Double) -> Double {
        let first = self.high / other.high;
        let rest = self.minus(other.times(first));
        let second = rest.high / other.high;
        let third = rest.minus(other.times(second)).high / other.high;
        Double::from(first).plus(Double::from(second)).plus(Double::from(third))
    }

    /// The square root, by one step of Newton's method.
    pub(super) fn root(self) -> Double {
        if self.high <= 0.0 {
            return Double::default();
        }
        let near = self.high.sqrt();
        let rest = self.minus(exact_product(near, near)).high;
        Double::from(near).plus(Double::from(rest / (2.0 * near)))
    }

    fn normal(high: f64, low: f64) -> Double {
        let sum = high + low;
        Double { high: sum, low: low - (sum - high) }
    }
}

impl From<f64> for Double {
    fn from(high: f64) -> Double {
        Double { high, low: 0.0 }
    }
}

/// `a b` without rounding, by Veltkamp's splitting.
fn exact_product(a: f64, b: f64) -> Double {
    let split = |x: f64| {
        let wide = 134_217_729.0 * x;
        let high = wide - (wide - x);
        (high, x - high)
    };
    let ((a1, a2), (b1, b2)) = (split(a), split(b));
    let product = a * b;
    Double { high: product, low: ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_and_roots_hold_thirty_digits() {
        let third = Double::from(1.0).over(Double::from(3.0));
        let one = third.times(3.0);
        assert!((one.high - 1.0 + one.low).abs() < 1e-31, "{one:?}");
        let root = Double::from(2.0).root();
        let gap = root.times_double(root).minus(Double::from(2.0));
        assert!((gap.high + gap.low).abs() < 1e-31, "{gap:?}");
    }
}
