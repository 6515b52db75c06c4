//! Variants of the location quotient, cell by cell.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::Table;
use crate::mapping::location_quotient::ratio;

/// `(LQ - 1) / (LQ + 1)`, -1 to 1 (Laursen 1998).
pub fn symmetric(quotient: f64) -> f64 {
    (quotient - 1.0) / (quotient + 1.0)
}

/// Quotients standardised over the regions of each industry (O'Donoghue and Gleave 2004, Regional Studies 38), with the
/// divisor `n - 1`; above 1.96 a cluster at 5 per cent where quotients are normal. Missing where all are equal.
pub fn standardised(table: &Table) -> DMatrix<f64> {
    let regions: Vec<usize> = table.active_regions().collect();
    let n = regions.len() as f64;
    let mut found = DMatrix::from_element(table.n_regions(), table.n_industries(), f64::NAN);
    let industry = |(i, column): (usize, &mut [f64])| {
        let quotients: Vec<f64> = regions.iter().map(|&r| table.quotient_of_industry(r, i)).collect();
        let mean = super::sum(quotients.iter().copied()) / n;
        let deviation = (super::sum(quotients.iter().map(|q| (q - mean).powi(2))) / (n - 1.0)).sqrt();
        for (&r, quotient) in regions.iter().zip(quotients) {
            column[r] = ratio(quotient - mean, deviation);
        }
    };
    let columns = found.as_mut_slice().par_chunks_mut(table.n_regions().max(1)).enumerate();
    columns.filter(|(i, _)| table.industries[*i] > 0.0).for_each(industry);
    found
}

/// Standard errors of `ln LQ`, `sqrt(1/E_ir - 1/E_r + 1/E_i - 1/E)`: employment as binomial, by the delta method (the log of
/// a relative risk; the overlap of region and nation is ignored). Missing where the quotient is 0.
pub fn log_errors(table: &Table) -> DMatrix<f64> {
    table.per_cell(|r, i| {
        let own = table.by_industry[(r, i)];
        if own <= 0.0 {
            return f64::NAN;
        }
        let variance = 1.0 / own - 1.0 / table.regions[r] + 1.0 / table.industries[i] - 1.0 / table.total;
        variance.max(0.0).sqrt()
    })
}

/// 1 where the quotient is at least `threshold`, else 0; missing where there is none.
pub fn specialised(table: &Table, threshold: f64) -> DMatrix<f64> {
    table.per_cell(|r, i| {
        let quotient = table.quotient_of_industry(r, i);
        if quotient.is_nan() { f64::NAN } else { f64::from(quotient >= threshold) }
    })
}

/// Litzenberger and Sternberg's cluster index `ID IS / PS` by cell (2006): relative density `(e_ir / a_r) / (e_i / a)`,
/// relative stock `(e_ir / p_r) / (e_i / p)` and relative size of plants `(e_ir / b_ir) / (e_i / b_i)`, with `e` employment,
/// `a` area, `p` population and `b` plants. Missing where a denominator is zero. The formula is remembered, not read.
pub fn litzenberger(employment: &Table, plants: &Table, area: &[f64], population: &[f64]) -> DMatrix<f64> {
    let (all_area, all_people) = (super::sum(area.iter().copied()), super::sum(population.iter().copied()));
    employment.per_cell(|r, i| {
        let (own, nation) = (employment.by_industry[(r, i)], employment.industries[i]);
        let density = ratio(ratio(own, area[r]), ratio(nation, all_area));
        let stock = ratio(ratio(own, population[r]), ratio(nation, all_people));
        let size = ratio(ratio(own, plants.by_industry[(r, i)]), ratio(nation, plants.industries[i]));
        ratio(density * stock, size)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{agree, example};
    use super::*;

    #[test]
    fn the_published_example() {
        let values = example();
        let z = standardised(&values);
        agree(z.column(1).as_slice(), &[-1.371989, -0.342997, 0.0, 0.342997, 1.371989]);
        agree(z.column(3).as_slice(), &[-0.691095, 1.727737, 0.0, -0.518321, -0.518321]);
        let row: Vec<f64> = (0..5).map(|i| symmetric(values.quotient(1, i))).collect();
        agree(&row, &[-1.0, -0.142857, -0.6, 0.555556, -0.333333]);
        assert_eq!(specialised(&values, 1.0).row(4).iter().copied().collect::<Vec<_>>(), [0.0, 1.0, 1.0, 0.0, 0.0]);
        let error = (1.0_f64 / 15.0 - 0.01 + 0.01 - 0.002).sqrt();
        assert!((log_errors(&values)[(1, 1)] - error).abs() < 1e-15);
    }

    #[test]
    fn an_even_spread_has_an_index_of_one() {
        let even = Table::of(DMatrix::from_row_slice(2, 2, &[10., 20., 30., 60.]));
        let plants = Table::of(DMatrix::from_row_slice(2, 2, &[1., 2., 3., 6.]));
        agree(litzenberger(&even, &plants, &[1.0, 3.0], &[5.0, 15.0]).as_slice(), &[1.0; 4]);
    }
}
