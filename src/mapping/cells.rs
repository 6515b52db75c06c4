//! [`Codes`] and [`Cells`]: rows numbered by the combination of categories they belong to.
//!
//! Numbers of cells follow the order of first appearance and carry no meaning; no result may depend on them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::CompensatedSum;
use crate::panel::{Column, Factor};

/// One category code per row, cheap to clone. [`Factor::MISSING`] marks a row without one.
#[derive(Clone, Debug, PartialEq)]
pub struct Codes {
    /// The code of every row, below `n`, or missing.
    pub codes: Arc<Vec<u32>>,
    /// The number of categories.
    pub n: usize,
}

impl Codes {
    /// Codes given as such.
    pub fn new(codes: Vec<u32>, n: usize) -> Self {
        Codes { codes: Arc::new(codes), n }
    }

    /// All of `n_rows` rows in one category.
    pub fn single(n_rows: usize) -> Self {
        Codes::new(vec![0; n_rows], 1)
    }

    /// The codes of a column: the levels of text, the distinct values of numbers.
    pub fn of(column: &Column) -> Self {
        match column {
            Column::Text(factor) => Codes { codes: Arc::clone(&factor.codes), n: factor.n_levels() },
            Column::Number(values) => Codes::of_numbers(values).0,
        }
    }

    /// The codes of a column in the order of its values: numbers ascending, texts by letters.
    pub fn sorted(column: &Column) -> Self {
        let (codes, order) = match column {
            Column::Text(factor) => {
                let mut order: Vec<usize> = (0..factor.n_levels()).collect();
                order.sort_by(|&a, &b| factor.levels[a].cmp(&factor.levels[b]));
                (Codes::of(column), order)
            }
            Column::Number(values) => {
                let (codes, distinct) = Codes::of_numbers(values);
                let mut order: Vec<usize> = (0..distinct.len()).collect();
                order.sort_by(|&a, &b| distinct[a].total_cmp(&distinct[b]));
                (codes, order)
            }
        };
        let mut place = vec![Factor::MISSING; codes.n];
        order.iter().enumerate().for_each(|(position, &code)| place[code] = position as u32);
        let placed = codes.codes.iter().map(|&code| place.get(code as usize).copied().unwrap_or(Factor::MISSING));
        Codes::new(placed.collect(), codes.n)
    }

    /// Codes of numbers, and the distinct numbers that the codes stand for. NaN is missing; 0 and -0 are one value.
    pub fn of_numbers(values: &[f64]) -> (Self, Vec<f64>) {
        let mut seen: CellMap = CellMap::default();
        let mut distinct = Vec::new();
        let mut code = |value: f64| {
            if value.is_nan() {
                return Factor::MISSING;
            }
            let value = if value == 0.0 { 0.0 } else { value };
            *seen.entry(value.to_bits()).or_insert_with(|| {
                distinct.push(value);
                (distinct.len() - 1) as u32
            })
        };
        // Equal values mostly stand together: they are looked up once.
        let mut last = (f64::NAN, Factor::MISSING);
        let mut codes = Vec::with_capacity(values.len());
        for &value in values {
            if value != last.0 {
                last = (value, code(value));
            }
            codes.push(last.1);
        }
        (Codes::new(codes, distinct.len()), distinct)
    }

    /// The code of a row, or `None` where it is missing.
    #[inline]
    pub fn at(&self, row: usize) -> Option<usize> {
        let code = self.codes[row];
        (code != Factor::MISSING).then_some(code as usize)
    }

    /// Sums of `values` by category; missing values and rows without a category are left out.
    pub fn sums(&self, values: &[f64]) -> Vec<CompensatedSum> {
        let mut sums = vec![CompensatedSum::default(); self.n];
        for (&code, &value) in self.codes.iter().zip(values) {
            if code != Factor::MISSING && !value.is_nan() {
                sums[code as usize].add(value);
            }
        }
        sums
    }

    /// These codes, missing also where `other` is.
    pub fn where_known(&self, other: &Codes) -> Codes {
        if !other.codes.contains(&Factor::MISSING) {
            return self.clone();
        }
        let codes = self.codes.iter().zip(other.codes.iter());
        let codes = codes.map(|(&own, &known)| if known == Factor::MISSING { known } else { own }).collect();
        Codes::new(codes, self.n)
    }
}

/// The combinations of two codes that occur, and the way to find one by its parts.
#[derive(Clone, Debug)]
pub struct Cells {
    /// The combination every row belongs to; missing where a part is.
    pub codes: Codes,
    index: CellIndex,
    n_second: usize,
}

#[derive(Clone, Debug)]
enum CellIndex {
    Dense(Vec<u32>),
    Hashed(CellMap),
}

/// Tables up to this many entries (or four times the rows) are addressed directly; larger ones are hashed.
const DENSE_LIMIT: usize = 1 << 22;

impl Cells {
    /// Crosses two codes of the same rows.
    pub fn cross(first: &Codes, second: &Codes) -> Self {
        let size = first.n.saturating_mul(second.n);
        let mut index = if size <= DENSE_LIMIT.max(4 * first.codes.len()) {
            CellIndex::Dense(vec![Factor::MISSING; size])
        } else {
            CellIndex::Hashed(CellMap::default())
        };
        let mut n = 0u32;
        let codes = first.codes.iter().zip(second.codes.iter());
        let codes = codes
            .map(|(&a, &b)| {
                if a == Factor::MISSING || b == Factor::MISSING {
                    return Factor::MISSING;
                }
                let code = index.entry(a as usize * second.n + b as usize, n);
                n = n.max(code + 1);
                code
            })
            .collect();
        Cells { codes: Codes::new(codes, n as usize), index, n_second: second.n }
    }

    /// The cell of a combination, or `None` where no row has it.
    pub fn find(&self, first: usize, second: usize) -> Option<usize> {
        let key = first * self.n_second + second;
        let code = match &self.index {
            CellIndex::Dense(table) => table.get(key).copied(),
            CellIndex::Hashed(map) => map.get(&(key as u64)).copied(),
        };
        code.filter(|&code| code != Factor::MISSING).map(|code| code as usize)
    }
}

impl CellIndex {
    #[inline]
    fn entry(&mut self, key: usize, next: u32) -> u32 {
        match self {
            CellIndex::Dense(table) => {
                if table[key] == Factor::MISSING {
                    table[key] = next;
                }
                table[key]
            }
            CellIndex::Hashed(map) => *map.entry(key as u64).or_insert(next),
        }
    }
}

type CellMap = HashMap<u64, u32, BuildHasherDefault<CellHasher>>;

/// A fast hasher for keys that no adversary chooses: cell numbers and bit patterns of values.
#[derive(Clone, Default)]
struct CellHasher(u64);

impl Hasher for CellHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(u64::from(byte)));
    }

    fn write_u64(&mut self, key: u64) {
        // Multiply by the golden ratio's fraction, then fold the well-mixed high half onto the low one.
        let mixed = (self.0 ^ key).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossing_finds_what_occurs_and_nothing_else() {
        let a = Codes::new(vec![0, 1, 1, Factor::MISSING], 2);
        let b = Codes::new(vec![2, 0, 0, 1], 3);
        let cells = Cells::cross(&a, &b);
        assert_eq!(*cells.codes.codes, vec![0, 1, 1, Factor::MISSING]);
        assert_eq!((cells.find(0, 2), cells.find(1, 0), cells.find(0, 0)), (Some(0), Some(1), None));
    }

    #[test]
    fn the_hashed_table_agrees_with_the_dense_one() {
        let a = Codes::new((0..1000).map(|k| k % 7).collect(), 7);
        let b = Codes::new((0..1000).map(|k| k % 11).collect(), 11);
        let wide = Codes { codes: Arc::clone(&b.codes), n: 1 << 40 };
        let (dense, hashed) = (Cells::cross(&a, &b), Cells::cross(&a, &wide));
        assert_eq!(dense.codes, hashed.codes);
        assert_eq!(dense.find(3, 4), hashed.find(3, 4));
    }
}
