//! How the numbers of a record are written as JSON, which has no word for what is not a finite number.
//!
//! A finite number is a number, NaN is `null`, and the infinities are the texts `"inf"` and `"-inf"`, so that every
//! record reads back as it was. (That a finite number reads back to the same bits is serde_json's `float_roundtrip`.)

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number as it stands in a JSON record.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Number {
    /// A finite number.
    Finite(f64),
    /// An infinite one.
    Infinite(Infinity),
    /// Not a number: `null`.
    Missing,
}

/// The infinities as texts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Infinity {
    /// Plus infinity.
    #[serde(rename = "inf")]
    Plus,
    /// Minus infinity.
    #[serde(rename = "-inf")]
    Minus,
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        match value {
            v if v.is_nan() => Number::Missing,
            f64::INFINITY => Number::Infinite(Infinity::Plus),
            f64::NEG_INFINITY => Number::Infinite(Infinity::Minus),
            v => Number::Finite(v),
        }
    }
}

impl From<Number> for f64 {
    fn from(number: Number) -> Self {
        match number {
            Number::Finite(value) => value,
            Number::Infinite(Infinity::Plus) => f64::INFINITY,
            Number::Infinite(Infinity::Minus) => f64::NEG_INFINITY,
            Number::Missing => f64::NAN,
        }
    }
}

/// For `#[serde(with = ...)]` on an `f64`.
pub mod number {
    use super::{Deserialize, Deserializer, Number, Serialize, Serializer};

    /// Writes one number.
    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        Number::from(*value).serialize(serializer)
    }

    /// Reads one number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Number::deserialize(deserializer).map(f64::from)
    }
}

/// For `#[serde(with = ...)]` on an `Option<f64>`: absent and not a number are both `null` and read back as absent.
pub mod maybe {
    use super::{Deserialize, Deserializer, Number, Serialize, Serializer};

    /// Writes one number or `null`.
    pub fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Number::from).serialize(serializer)
    }

    /// Reads one number or `null`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        Option::<Number>::deserialize(deserializer).map(|number| number.map(f64::from))
    }
}

/// For `#[serde(with = ...)]` on a matrix, row by row.
pub mod matrix {
    use super::{Deserialize, Deserializer, Number, Serialize, Serializer};

    /// Writes the rows.
    pub fn serialize<S: Serializer>(rows: &[Vec<f64>], serializer: S) -> Result<S::Ok, S::Error> {
        let rows: Vec<Vec<Number>> = rows.iter().map(|row| row.iter().copied().map(Number::from).collect()).collect();
        rows.serialize(serializer)
    }

    /// Reads the rows.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<f64>>, D::Error> {
        let rows = Vec::<Vec<Number>>::deserialize(deserializer)?;
        Ok(rows.into_iter().map(|row| row.into_iter().map(f64::from).collect()).collect())
    }
}
