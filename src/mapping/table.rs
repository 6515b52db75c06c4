//! [`RegionIndustry`]: one quantity (employment, establishments) in every region and industry, as a dense table.
//!
//! Similarities of industries, complexity and the like need every cell at once, so the table is dense: a row per region, a
//! column per industry, a column lying together in memory. 3,100 regions by 1,000 industries take 25 MB.
//!
//! A cell that no row gives is zero: there is no activity. A cell that a row gives as missing (suppressed) is zero too and
//! counted in [`RegionIndustry::n_missing`], so that a caller can say so. Negative and infinite values are errors.

use nalgebra::DMatrix;

use super::{Cells, Codes, CompensatedSum};
use crate::panel::Factor;

/// What is wrong with a table.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TableError {
    /// A value is negative or infinite.
    #[error(
        "the value of industry {industry} in region {region} is {value}: it must be finite and not negative; mend it, or leave the row out with where = \"...\""
    )]
    Value {
        /// The region.
        region: String,
        /// The industry.
        industry: String,
        /// The value.
        value: f64,
    },
    /// Two rows give the same cell.
    #[error(
        "industry {industry} stands twice in region {region}: a table has one row for each region and industry; sum the rows, or choose one year"
    )]
    Repeated {
        /// The region.
        region: String,
        /// The industry.
        industry: String,
    },
    /// A name stands twice.
    #[error("{what} {name} is listed twice")]
    DuplicateName {
        /// `region` or `industry`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The matrix does not have a row per region and a column per industry.
    #[error(
        "a table of {regions} regions and {industries} industries has a matrix of {rows} rows and {columns} columns"
    )]
    Shape {
        /// Regions named.
        regions: usize,
        /// Industries named.
        industries: usize,
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
    },
}

/// One quantity by region and industry.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionIndustry {
    regions: Vec<String>,
    industries: Vec<String>,
    values: DMatrix<f64>,
    n_missing: usize,
}

impl RegionIndustry {
    /// A table from its matrix: a row per region, a column per industry; NaN is missing.
    ///
    /// # Errors
    /// When the shape does not fit the names, a name is repeated, or a value is negative or infinite.
    pub fn new(regions: Vec<String>, industries: Vec<String>, mut values: DMatrix<f64>) -> Result<Self, TableError> {
        let (rows, columns) = values.shape();
        if (rows, columns) != (regions.len(), industries.len()) {
            return Err(TableError::Shape { regions: regions.len(), industries: industries.len(), rows, columns });
        }
        distinct("region", &regions)?;
        distinct("industry", &industries)?;
        let mut n_missing = 0;
        for (industry, mut column) in industries.iter().zip(values.column_iter_mut()) {
            for (region, value) in regions.iter().zip(column.iter_mut()) {
                if value.is_nan() {
                    *value = 0.0;
                    n_missing += 1;
                } else if *value < 0.0 || value.is_infinite() {
                    let (region, industry) = (region.clone(), industry.clone());
                    return Err(TableError::Value { region, industry, value: *value });
                }
            }
        }
        Ok(RegionIndustry { regions, industries, values, n_missing })
    }

    /// A table from rows of a panel, one per region and industry. Rows without a region or an industry are left out.
    /// Regions and industries are in the order of their names, so that the order of rows does not matter.
    ///
    /// # Errors
    /// When two rows give one cell, or a value is negative or infinite.
    pub fn from_rows(region: &Factor, industry: &Factor, values: &[f64]) -> Result<Self, TableError> {
        let (regions, region_codes) = in_name_order(region);
        let (industries, industry_codes) = in_name_order(industry);
        let mut matrix = DMatrix::zeros(regions.len(), industries.len());
        let cells = Cells::cross(&region_codes, &industry_codes);
        let mut seen = vec![false; cells.codes.n];
        for (row, &value) in values.iter().enumerate() {
            let (Some(cell), Some(r), Some(i)) = (cells.codes.at(row), region_codes.at(row), industry_codes.at(row))
            else {
                continue;
            };
            if std::mem::replace(&mut seen[cell], true) {
                let (region, industry) = (regions[r].clone(), industries[i].clone());
                return Err(TableError::Repeated { region, industry });
            }
            matrix[(r, i)] = value;
        }
        RegionIndustry::new(regions, industries, matrix)
    }

    /// The regions, in the order of the rows.
    pub fn regions(&self) -> &[String] {
        &self.regions
    }

    /// The industries, in the order of the columns.
    pub fn industries(&self) -> &[String] {
        &self.industries
    }

    /// `E_ri`: a row per region, a column per industry.
    pub fn values(&self) -> &DMatrix<f64> {
        &self.values
    }

    /// How many cells were given as missing and count as zero.
    pub fn n_missing(&self) -> usize {
        self.n_missing
    }

    /// `E_r`, the total of every region.
    pub fn region_totals(&self) -> Vec<f64> {
        self.values.row_iter().map(|row| row.iter().copied().collect::<CompensatedSum>().value()).collect()
    }

    /// `E_i`, the total of every industry.
    pub fn industry_totals(&self) -> Vec<f64> {
        self.values.column_iter().map(|column| column.iter().copied().collect::<CompensatedSum>().value()).collect()
    }

    /// `E`, the total of all.
    pub fn total(&self) -> f64 {
        self.values.iter().copied().collect::<CompensatedSum>().value()
    }

    /// `E_ri / E_i`: how an industry is spread over the regions. Missing (NaN) for an industry without activity.
    pub fn industry_shares(&self) -> DMatrix<f64> {
        let totals = self.industry_totals();
        DMatrix::from_fn(self.regions.len(), self.industries.len(), |r, i| ratio(self.values[(r, i)], totals[i]))
    }

    /// `E_ri / E_r`: what a region's activity is made of. Missing (NaN) for a region without activity.
    pub fn region_shares(&self) -> DMatrix<f64> {
        let totals = self.region_totals();
        DMatrix::from_fn(self.regions.len(), self.industries.len(), |r, i| ratio(self.values[(r, i)], totals[r]))
    }

    /// `(E_ri / E_r) / (E_i / E)`: location quotients; national totals are sums over these regions. Missing (NaN) for a
    /// region or an industry without activity.
    pub fn location_quotients(&self) -> DMatrix<f64> {
        let (regions, industries, total) = (self.region_totals(), self.industry_totals(), self.total());
        DMatrix::from_fn(self.regions.len(), self.industries.len(), |r, i| {
            ratio(ratio(self.values[(r, i)], regions[r]), ratio(industries[i], total))
        })
    }

    /// `M_ri = 1` where the location quotient is at least `threshold` (Hidalgo et al. 2007 take 1), else 0; a missing
    /// quotient gives 0.
    pub fn specialised(&self, threshold: f64) -> DMatrix<f64> {
        self.location_quotients().map(|quotient| f64::from(quotient >= threshold))
    }
}

/// A ratio; missing when the denominator is zero.
fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 { f64::NAN } else { numerator / denominator }
}

fn distinct(what: &'static str, names: &[String]) -> Result<(), TableError> {
    let mut seen = std::collections::HashSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(name) => Err(TableError::DuplicateName { what, name: name.clone() }),
        None => Ok(()),
    }
}

/// The levels that occur, sorted, and every row's place among them.
fn in_name_order(factor: &Factor) -> (Vec<String>, Codes) {
    let mut used = vec![false; factor.n_levels()];
    for &code in factor.codes.iter().filter(|&&code| code != Factor::MISSING) {
        used[code as usize] = true;
    }
    let mut order: Vec<usize> = (0..factor.n_levels()).filter(|&level| used[level]).collect();
    order.sort_by(|&a, &b| factor.levels[a].cmp(&factor.levels[b]));
    let mut place = vec![Factor::MISSING; factor.n_levels()];
    for (k, &level) in order.iter().enumerate() {
        place[level] = k as u32;
    }
    let codes = factor.codes.iter().map(|&code| if code == Factor::MISSING { code } else { place[code as usize] });
    (order.iter().map(|&level| factor.levels[level].to_string()).collect(), Codes::new(codes.collect(), order.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn rows_in_any_order_give_one_table() {
        let region = Factor::from_values(["b", "a", "b"].map(Some));
        let industry = Factor::from_values(["y", "x", "x"].map(Some));
        let table = RegionIndustry::from_rows(&region, &industry, &[4.0, 1.0, f64::NAN]).unwrap();
        assert_eq!(table.regions(), names(&["a", "b"]));
        assert_eq!(*table.values(), DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.0, 4.0]));
        assert_eq!((table.n_missing(), table.total()), (1, 5.0));
    }

    #[test]
    fn quotients_of_the_balanced_example() {
        let table = RegionIndustry::new(
            names(&["a", "b"]),
            names(&["x", "y"]),
            DMatrix::from_row_slice(2, 2, &[3.0, 1.0, 1.0, 3.0]),
        )
        .unwrap();
        assert_eq!(table.location_quotients(), DMatrix::from_row_slice(2, 2, &[1.5, 0.5, 0.5, 1.5]));
        assert_eq!(table.specialised(1.0), DMatrix::identity(2, 2));
    }

    #[test]
    fn faults_are_typed() {
        let two = || names(&["a", "b"]);
        let build = |regions, values: &[f64]| {
            RegionIndustry::new(regions, names(&["x"]), DMatrix::from_column_slice(2, 1, values))
        };
        assert!(matches!(build(two(), &[1.0, -1.0]), Err(TableError::Value { .. })));
        assert!(matches!(
            build(names(&["a", "a"]), &[1.0, 1.0]),
            Err(TableError::DuplicateName { what: "region", .. })
        ));
        assert!(matches!(build(names(&["a"]), &[1.0, 1.0]), Err(TableError::Shape { .. })));
        let factor = Factor::from_values(["a", "a"].map(Some));
        assert!(matches!(RegionIndustry::from_rows(&factor, &factor, &[1.0, 2.0]), Err(TableError::Repeated { .. })));
    }
}
