//! Economic complexity: what a region's industries say of it and the reverse, and how near a region is to an industry.
//!
//! `M_ri = 1` where the location quotient is at least a threshold. Sources: Hidalgo and Hausmann (2009, PNAS 106); Tacchella et
//! al. (2012, Scientific Reports 2); Hidalgo et al. (2007, Science 317).

use nalgebra::{DMatrix, SymmetricEigen};

use super::quotients::specialised;
use super::sum;
use crate::mapping::location_quotient::ratio;
use crate::mapping::similarity::{proximity, relatedness_density};

/// Two second eigenvalues nearer than this to one mean that the regions fall apart.
const DISCONNECTED: f64 = 1e-9;

/// Complexity of regions and industries.
#[derive(Clone, Debug, PartialEq)]
pub struct Complexity {
    /// ECI: a number per region, mean 0 and standard deviation 1 (divisor n).
    pub regions: Vec<f64>,
    /// PCI: a number per industry, likewise. The Python package ecomplexity scales it by the mean and deviation of ECI.
    pub industries: Vec<f64>,
    /// The second eigenvalue.
    pub eigenvalue: f64,
}

/// Why there is no complexity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComplexityError {
    /// Too few specialised regions or industries.
    #[error("fewer than three regions or industries are specialised in anything: complexity needs more")]
    TooFew,
    /// Regions fall into parts that share no industry.
    #[error(
        "regions fall into parts that share no industry at this threshold: complexity is not defined; lower the threshold"
    )]
    Disconnected,
}

/// ECI and PCI from the quotients of a table: second eigenvectors of `M~_rs = sum_i M_ri M_si / (k_r k_i)`, found on its
/// symmetric form. The sign makes ECI go with diversity, and PCI with the ECI of the regions that have an industry. Regions
/// and industries without any specialisation are missing.
///
/// # Errors
/// When too little is specialised, or regions fall apart.
pub fn complexity(values: &DMatrix<f64>, threshold: f64) -> Result<Complexity, ComplexityError> {
    let binary = specialised(values, threshold);
    let (regions, industries) = connected(&binary);
    if regions.len() < 3 || industries.len() < 3 {
        return Err(ComplexityError::TooFew);
    }
    let m =
        DMatrix::from_fn(regions.len(), industries.len(), |r, i| f64::from(binary[(regions[r], industries[i])] == 1.0));
    let diversity: Vec<f64> = m.row_iter().map(|row| row.sum()).collect();
    let ubiquity: Vec<f64> = m.column_iter().map(|column| column.sum()).collect();
    // B = D^-1/2 M U^-1/2: its left singular vectors, scaled, are the eigenvectors.
    let b = DMatrix::from_fn(m.nrows(), m.ncols(), |r, i| m[(r, i)] / (diversity[r] * ubiquity[i]).sqrt());
    // The smaller side is decomposed, the other follows from it.
    let by_regions = b.nrows() <= b.ncols();
    let square = if by_regions { &b * b.transpose() } else { b.tr_mul(&b) };
    let eigen = SymmetricEigen::new(square);
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|&a, &c| eigen.eigenvalues[c].total_cmp(&eigen.eigenvalues[a]));
    let second = order[1];
    let eigenvalue = eigen.eigenvalues[second];
    if eigenvalue > 1.0 - DISCONNECTED {
        return Err(ComplexityError::Disconnected);
    }
    let vector = eigen.eigenvectors.column(second).into_owned();
    let (left, right) = if by_regions { (vector.clone(), b.tr_mul(&vector)) } else { (&b * &vector, vector) };
    let mut eci = standard(left.iter().zip(&diversity).map(|(v, k)| v / k.sqrt()).collect());
    let mut pci = standard(right.iter().zip(&ubiquity).map(|(v, k)| v / k.sqrt()).collect());
    let mean = sum(diversity.iter().copied()) / diversity.len() as f64;
    if sum(eci.iter().zip(&diversity).map(|(e, k)| e * (k - mean))) < 0.0 {
        eci.iter_mut().for_each(|e| *e = -*e);
    }
    let of_regions = |i: usize| sum(m.column(i).iter().zip(&eci).map(|(m, e)| m * e)) / ubiquity[i];
    if sum((0..pci.len()).map(|i| pci[i] * of_regions(i))) < 0.0 {
        pci.iter_mut().for_each(|p| *p = -*p);
    }
    let spread = |places: &[usize], found: &[f64], n: usize| {
        let mut all = vec![f64::NAN; n];
        places.iter().zip(found).for_each(|(&place, &value)| all[place] = value);
        all
    };
    Ok(Complexity {
        regions: spread(&regions, &eci, values.nrows()),
        industries: spread(&industries, &pci, values.ncols()),
        eigenvalue,
    })
}

/// Regions and industries that are specialised in something.
fn connected(binary: &DMatrix<f64>) -> (Vec<usize>, Vec<usize>) {
    let regions = (0..binary.nrows()).filter(|&r| binary.row(r).iter().any(|&m| m == 1.0)).collect();
    let industries = (0..binary.ncols()).filter(|&i| binary.column(i).iter().any(|&m| m == 1.0)).collect();
    (regions, industries)
}

/// Mean 0, standard deviation 1 with divisor n.
fn standard(values: Vec<f64>) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = sum(values.iter().copied()) / n;
    let deviation = (sum(values.iter().map(|value| (value - mean).powi(2))) / n).sqrt();
    values.into_iter().map(|value| ratio(value - mean, deviation)).collect()
}

/// Fitness of regions and complexity of industries (Tacchella et al. 2012, equation 1) after so many iterations, each
/// scaled to mean 1. Those without any specialisation are missing.
pub fn fitness(values: &DMatrix<f64>, threshold: f64, iterations: usize) -> (Vec<f64>, Vec<f64>) {
    let binary = specialised(values, threshold);
    let (regions, industries) = connected(&binary);
    let (mut fit, mut hard) = (vec![1.0; regions.len()], vec![1.0; industries.len()]);
    let has = |r: usize, i: usize| binary[(regions[r], industries[i])] == 1.0;
    let scaled = |values: Vec<f64>| {
        let mean = sum(values.iter().copied()) / values.len() as f64;
        values.into_iter().map(|value| value / mean).collect::<Vec<f64>>()
    };
    for _ in 0..iterations {
        let next: Vec<f64> =
            (0..regions.len()).map(|r| sum((0..industries.len()).filter(|&i| has(r, i)).map(|i| hard[i]))).collect();
        let other: Vec<f64> = (0..industries.len())
            .map(|i| 1.0 / sum((0..regions.len()).filter(|&r| has(r, i)).map(|r| 1.0 / fit[r])))
            .collect();
        (fit, hard) = (scaled(next), scaled(other));
    }
    let mut all = (vec![f64::NAN; values.nrows()], vec![f64::NAN; values.ncols()]);
    regions.iter().zip(fit).for_each(|(&r, value)| all.0[r] = value);
    industries.iter().zip(hard).for_each(|(&i, value)| all.1[i] = value);
    all
}

/// Relatedness density by cell: `sum_{q != p} M_rq phi_pq / sum_{q != p} phi_pq` with Hidalgo's proximity
/// `phi_pq = sum_r M_rp M_rq / max(u_p, u_q)`; 0 to 1, missing where an industry is near none.
pub fn density(values: &DMatrix<f64>, threshold: f64) -> DMatrix<f64> {
    let binary = specialised(values, threshold).map(|m| if m.is_nan() { 0.0 } else { m });
    let names: Vec<String> = (0..values.ncols()).map(|i| i.to_string()).collect();
    relatedness_density(&binary, &proximity(&names, &binary))
}

#[cfg(test)]
mod tests {
    use super::super::{agree, example};
    use super::*;

    /// A table whose quotients are at least 1 exactly where `m` is 1.
    fn table(m: &DMatrix<f64>) -> DMatrix<f64> {
        let values = m.map(|m| 1.0 + 1e6 * m);
        let binary = specialised(&values, 1.0);
        assert_eq!(&binary, m, "the table of the test");
        values
    }

    #[test]
    fn the_worked_example_of_complexity() {
        let m = DMatrix::from_row_slice(4, 4, &[1., 1., 1., 1., 1., 1., 1., 0., 1., 1., 0., 0., 1., 0., 0., 1.]);
        // A threshold that the first region, which has all, reaches too.
        let values = m.map(|m| 1.0 + 1e6 * m);
        let found = complexity(&values, 0.3).unwrap();
        agree(&[found.eigenvalue], &[0.291917]);
        agree(&found.regions, &[-0.062264, 0.929495, 0.740292, -1.607523]);
    }

    #[test]
    fn what_falls_apart_has_no_complexity() {
        let m = DMatrix::from_fn(6, 6, |r, i| f64::from(r / 3 == i / 3));
        assert_eq!(complexity(&table(&m), 1.0), Err(ComplexityError::Disconnected));
        let few = DMatrix::from_row_slice(2, 2, &[1., 0., 0., 1.]);
        assert_eq!(complexity(&few, 1.0), Err(ComplexityError::TooFew));
    }

    #[test]
    fn density_of_the_published_example() {
        let found = density(&example(), 1.0);
        agree(&found.row(4).iter().copied().collect::<Vec<_>>(), &[f64::NAN, 0.4, 0.571429, 0.4, 0.7]);
    }
}
