//! [`ShareMatrix`]: sectors' shares in regions, row by row, with zeros left out.

use nalgebra::DMatrix;

use super::error::ShiftShareError;

/// Shares `s_rk` as a sparse matrix of rows (regions, or regions in a period) by sectors (CSR). Within a row, sectors
/// stand in ascending order, so that sums do not depend on the order of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareMatrix {
    sectors: usize,
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl ShareMatrix {
    /// Builds the matrix from rows of `(sector, share)`; zero shares are kept out.
    pub fn from_rows(sectors: usize, rows: Vec<Vec<(u32, f64)>>) -> ShareMatrix {
        let mut out = ShareMatrix { sectors, starts: vec![0], columns: Vec::new(), values: Vec::new() };
        for mut row in rows {
            row.sort_by_key(|(sector, _)| *sector);
            for (sector, share) in row.into_iter().filter(|(_, share)| *share != 0.0) {
                out.columns.push(sector);
                out.values.push(share);
            }
            out.starts.push(out.columns.len());
        }
        out
    }

    /// Builds the matrix from a dense one, one vector per row.
    ///
    /// # Errors
    /// [`ShiftShareError::LengthDiffers`] if the rows have different lengths.
    pub fn from_dense(rows: &[Vec<f64>]) -> Result<ShareMatrix, ShiftShareError> {
        let sectors = rows.first().map_or(0, Vec::len);
        if let Some(odd) = rows.iter().find(|row| row.len() != sectors) {
            return Err(ShiftShareError::LengthDiffers {
                what: "a row of shares",
                given: odd.len(),
                expected: sectors,
            });
        }
        let entries = |row: &Vec<f64>| row.iter().enumerate().map(|(k, share)| (k as u32, *share)).collect();
        Ok(ShareMatrix::from_rows(sectors, rows.iter().map(entries).collect()))
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of sectors.
    pub fn n_sectors(&self) -> usize {
        self.sectors
    }

    /// Stored shares of a row with their sectors.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let span = self.starts[row]..self.starts[row + 1];
        self.columns[span.clone()].iter().zip(&self.values[span]).map(|(&sector, &share)| (sector as usize, share))
    }

    /// The matrix of some rows, in their order.
    pub fn select(&self, rows: &[u32]) -> ShareMatrix {
        let picked = rows.iter().map(|&row| self.row(row as usize).map(|(k, share)| (k as u32, share)).collect());
        ShareMatrix::from_rows(self.sectors, picked.collect())
    }

    /// `S g`: a value per row.
    pub fn times(&self, shocks: &[f64]) -> Vec<f64> {
        (0..self.n_rows()).map(|row| self.row(row).map(|(k, share)| share * shocks[k]).sum()).collect()
    }

    /// The sum of each row.
    pub fn sums(&self) -> Vec<f64> {
        (0..self.n_rows()).map(|row| self.row(row).map(|(_, share)| share).sum()).collect()
    }

    /// `S'Wv`: a value per sector, added up in the order of the rows.
    pub fn transposed_times(&self, v: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
        let mut out = vec![0.0; self.sectors];
        for (row, &value) in v.iter().enumerate() {
            let scaled = weights.map_or(value, |weights| weights[row] * value);
            for (k, share) in self.row(row) {
                out[k] += share * scaled;
            }
        }
        out
    }

    /// `S'WS`, sectors x sectors.
    pub fn gram(&self, weights: Option<&[f64]>) -> DMatrix<f64> {
        let mut out = DMatrix::zeros(self.sectors, self.sectors);
        for row in 0..self.n_rows() {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            let span = self.starts[row]..self.starts[row + 1];
            let (columns, values) = (&self.columns[span.clone()], &self.values[span]);
            for (j, (&k, &share)) in columns.iter().zip(values).enumerate() {
                let scaled = weight * share;
                for (&l, &other) in columns[..=j].iter().zip(values) {
                    out[(l as usize, k as usize)] += scaled * other;
                }
            }
        }
        out.fill_lower_triangle_with_upper_triangle();
        out
    }

    /// A sector's shares as a column.
    pub fn column(&self, sector: usize) -> Vec<f64> {
        let mut out = vec![0.0; self.n_rows()];
        for (row, value) in out.iter_mut().enumerate() {
            let span = self.starts[row]..self.starts[row + 1];
            if let Ok(at) = self.columns[span.clone()].binary_search(&(sector as u32)) {
                *value = self.values[span.start + at];
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparse_products_are_the_dense_ones() {
        let dense = vec![vec![0.2, 0.0, 0.5], vec![0.0, 1.0, 0.0], vec![0.3, 0.3, 0.4]];
        let shares = ShareMatrix::from_dense(&dense).unwrap();
        assert_eq!(shares.times(&[1.0, 2.0, 3.0]), vec![0.2 + 1.5, 2.0, 0.3 + 0.6 + 0.4 * 3.0]);
        assert_eq!(shares.column(1), vec![0.0, 1.0, 0.3]);
        assert_eq!(shares.select(&[2, 0]).sums(), vec![0.3 + 0.3 + 0.4, 0.7]);
        let w = [1.0, 2.0, 4.0];
        let gram = shares.gram(Some(&w));
        for k in 0..3 {
            for l in 0..3 {
                let plain: f64 = (0..3).map(|r| w[r] * dense[r][k] * dense[r][l]).sum();
                assert!((gram[(k, l)] - plain).abs() < 1e-15);
            }
        }
        assert!(ShareMatrix::from_dense(&[vec![1.0], vec![1.0, 2.0]]).is_err());
    }
}
