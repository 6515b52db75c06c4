//! Economic complexity: what a region's industries say of it and the reverse, and how near a region is to an industry.
//!
//! `M_ri = 1` where the location quotient is at least a threshold. Sources: Hidalgo and Hausmann (2009, PNAS 106); Tacchella et
//! al. (2012, Scientific Reports 2); Hidalgo et al. (2007, Science 317).

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::leading::leading;
use super::quotients::specialised;
use super::{Table, sum};
use crate::linalg::{gram, product};
use crate::mapping::location_quotient::ratio;
use crate::mapping::similarity::{proximity, relatedness_density};

/// Two second eigenvalues nearer than this to one mean that the regions fall apart.
const DISCONNECTED: f64 = 1e-9;

/// Complexity of regions and industries.
#[derive(Clone, Debug, PartialEq)]
pub struct Complexity {
    /// ECI: a number per region, mean 0 and standard deviation 1 (divisor n).
    pub regions: Vec<f64>,
    /// PCI: a number per industry, likewise.
    pub industries: Vec<f64>,
    /// The eigenvector that PCI is made of over the standard deviation of the regions' means of it: PCI on the scale of ECI
    /// before any mean is taken off.
    pub uncentred: Vec<f64>,
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
pub fn complexity(table: &Table, threshold: f64) -> Result<Complexity, ComplexityError> {
    let binary = specialised(table, threshold);
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
    // The smaller side is decomposed, the other follows from it. Its first eigenvector is known and taken out.
    let by_regions = b.nrows() <= b.ncols();
    let (square, sizes) = if by_regions { (gram(&b.transpose()), &diversity) } else { (gram(&b), &ubiquity) };
    let first = DVector::from_iterator(sizes.len(), sizes.iter().map(|size| size.sqrt())).normalize();
    let (eigenvalue, vector) = leading(&square, &first);
    if eigenvalue > 1.0 - DISCONNECTED {
        return Err(ComplexityError::Disconnected);
    }
    let (left, right) = if by_regions { (vector.clone(), b.tr_mul(&vector)) } else { (&b * &vector, vector) };
    let by_root = |side: &DVector<f64>, sizes: &[f64]| -> Vec<f64> {
        side.iter().zip(sizes).map(|(v, k)| v / k.sqrt()).collect()
    };
    let (eci, raw_pci) = (standard(by_root(&left, &diversity)), by_root(&right, &ubiquity));
    let mean = sum(diversity.iter().copied()) / diversity.len() as f64;
    // ECI goes with diversity.
    let sign = if sum(eci.iter().zip(&diversity).map(|(e, k)| e * (k - mean))) < 0.0 { -1.0 } else { 1.0 };
    let eci: Vec<f64> = eci.into_iter().map(|e| sign * e).collect();
    let of_regions: Vec<f64> =
        (0..raw_pci.len()).map(|i| sum(m.column(i).iter().zip(&eci).map(|(m, e)| m * e)) / ubiquity[i]).collect();
    // And PCI with the ECI of the regions that have the industry.
    let sign = if sum(raw_pci.iter().zip(&of_regions).map(|(p, of)| p * of)) < 0.0 { -1.0 } else { 1.0 };
    let raw_pci: Vec<f64> = raw_pci.into_iter().map(|p| sign * p).collect();
    let raw_eci: Vec<f64> =
        (0..eci.len()).map(|r| sum(m.row(r).iter().zip(&raw_pci).map(|(m, p)| m * p)) / diversity[r]).collect();
    let (_, deviation) = moments(&raw_eci);
    let uncentred: Vec<f64> = raw_pci.iter().map(|&p| ratio(p, deviation)).collect();
    let pci = standard(raw_pci);
    let spread = |places: &[usize], found: &[f64], n: usize| {
        let mut all = vec![f64::NAN; n];
        places.iter().zip(found).for_each(|(&place, &value)| all[place] = value);
        all
    };
    Ok(Complexity {
        regions: spread(&regions, &eci, table.n_regions()),
        industries: spread(&industries, &pci, table.n_industries()),
        uncentred: spread(&industries, &uncentred, table.n_industries()),
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
    let (mean, deviation) = moments(&values);
    values.into_iter().map(|value| ratio(value - mean, deviation)).collect()
}

/// The mean and the standard deviation, divisor n.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = sum(values.iter().copied()) / n;
    (mean, (sum(values.iter().map(|value| (value - mean).powi(2))) / n).sqrt())
}

/// Fitness of regions and complexity of industries (Tacchella et al. 2012, equation 1) after so many iterations, each
/// scaled to mean 1. Those without any specialisation are missing.
pub fn fitness(table: &Table, threshold: f64, iterations: usize) -> (Vec<f64>, Vec<f64>) {
    let binary = specialised(table, threshold);
    let (regions, industries) = connected(&binary);
    let (mut fit, mut hard) = (vec![1.0; regions.len()], vec![1.0; industries.len()]);
    // Each region's industries and each industry's regions, by position among those that are specialised.
    let has = |r: usize, i: usize| binary[(regions[r], industries[i])] == 1.0;
    let of = |n: usize, others: usize, has: &(dyn Fn(usize, usize) -> bool + Sync)| -> Vec<Vec<u32>> {
        let one = |place| (0..others).filter(|&other| has(place, other)).map(|other| other as u32).collect();
        (0..n).into_par_iter().map(one).collect()
    };
    let made = of(regions.len(), industries.len(), &has);
    let makers = of(industries.len(), regions.len(), &|i, r| has(r, i));
    let scaled = |values: Vec<f64>| {
        let mean = sum(values.iter().copied()) / values.len() as f64;
        values.into_iter().map(|value| value / mean).collect::<Vec<f64>>()
    };
    // Every sum runs in the order of positions, whichever thread takes it.
    let sums = |lists: &[Vec<u32>], of: &[f64]| -> Vec<f64> {
        lists.par_iter().with_min_len(16).map(|list| sum(list.iter().map(|&place| of[place as usize]))).collect()
    };
    for _ in 0..iterations {
        let unfit: Vec<f64> = fit.iter().map(|fit| 1.0 / fit).collect();
        let next = sums(&made, &hard);
        let other = sums(&makers, &unfit).into_iter().map(|sum| 1.0 / sum).collect();
        (fit, hard) = (scaled(next), scaled(other));
    }
    let mut all = (vec![f64::NAN; table.n_regions()], vec![f64::NAN; table.n_industries()]);
    regions.iter().zip(fit).for_each(|(&r, value)| all.0[r] = value);
    industries.iter().zip(hard).for_each(|(&i, value)| all.1[i] = value);
    all
}

/// Relatedness density by cell: `sum_{q != p} M_rq phi_pq / sum_{q != p} phi_pq` with Hidalgo's proximity
/// `phi_pq = sum_r M_rp M_rq / max(u_p, u_q)`; 0 to 1, missing where an industry is near none. With `own` the industry
/// itself counts too, `phi_pp = 1`, as in the Python package ecomplexity.
pub fn density(table: &Table, threshold: f64, own: bool) -> DMatrix<f64> {
    let binary = specialised(table, threshold).map(known);
    let near = proximity(&names(table), &binary);
    if !own {
        return relatedness_density(&binary, &near);
    }
    let shares = shares_of_proximity(&with_own(near.values(), &binary));
    product(&binary, &shares)
}

/// What a region could come to make: complexity outlook index of regions and outlook gain of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// COI: `sum_p d_rp (1 - M_rp) PCI_p`, a number per region, mean 0 and standard deviation 1 (divisor n).
    pub index: Vec<f64>,
    /// COG: `(1 - M_rp) sum_q (1 - M_rq) PCI_q phi_pq / sum_s phi_sq`, a number per cell; 0 where the region has the industry.
    pub gain: DMatrix<f64>,
}

/// Complexity outlook (Hausmann, Hidalgo et al. 2014, The Atlas of Economic Complexity, technical box 2.5) as the Python package
/// ecomplexity 0.5.3 has it: densities and proximities count the industry itself, and PCI has the scale of ECI but no mean
/// taken off ([`Complexity::uncentred`]). Industries without PCI count as 0. `found` is the table's [`complexity`].
pub fn outlook(table: &Table, threshold: f64, found: &Complexity) -> Outlook {
    let binary = specialised(table, threshold).map(known);
    let shares = shares_of_proximity(&with_own(proximity(&names(table), &binary).values(), &binary));
    let pci: Vec<f64> = found.uncentred.iter().map(|&pci| known(pci)).collect();
    let density = product(&binary, &shares);
    let absent = binary.map(|m| 1.0 - m);
    let towards = |r: usize| sum((0..table.n_industries()).map(|p| known(density[(r, p)]) * absent[(r, p)] * pci[p]));
    let places: Vec<usize> = (0..table.n_regions()).filter(|&r| !found.regions[r].is_nan()).collect();
    let mut index = vec![f64::NAN; table.n_regions()];
    let outlooks = standard(places.iter().map(|&r| towards(r)).collect());
    places.iter().zip(outlooks).for_each(|(&r, outlook)| index[r] = outlook);
    // Of every industry its PCI, shared out by proximity.
    let spread = DMatrix::from_fn(pci.len(), pci.len(), |q, p| known(shares[(p, q)]) * pci[q]);
    let gain = absent.component_mul(&product(&absent, &spread));
    Outlook { index, gain }
}

/// A number, or 0 where it is missing.
fn known(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value }
}

fn names(table: &Table) -> Vec<String> {
    (0..table.n_industries()).map(|i| i.to_string()).collect()
}

/// Proximities with that of an industry to itself, 1 where any region has it.
fn with_own(near: &DMatrix<f64>, binary: &DMatrix<f64>) -> DMatrix<f64> {
    let mut all = near.map(known);
    for (i, column) in binary.column_iter().enumerate() {
        all[(i, i)] = f64::from(column.iter().any(|&m| m == 1.0));
    }
    all
}

/// Each column over its sum; missing where that is zero.
fn shares_of_proximity(near: &DMatrix<f64>) -> DMatrix<f64> {
    let sums: Vec<f64> = near.column_iter().map(|column| column.sum()).collect();
    DMatrix::from_fn(near.nrows(), near.ncols(), |q, p| ratio(near[(q, p)], sums[p]))
}

#[cfg(test)]
mod tests {
    use super::super::{agree, example};
    use super::*;

    /// A table whose quotients are at least 1 exactly where `m` is 1.
    fn table(m: &DMatrix<f64>) -> Table {
        let values = Table::of(m.map(|m| 1.0 + 1e6 * m));
        let binary = specialised(&values, 1.0);
        assert_eq!(&binary, m, "the table of the test");
        values
    }

    #[test]
    fn the_worked_example_of_complexity() {
        let m = DMatrix::from_row_slice(4, 4, &[1., 1., 1., 1., 1., 1., 1., 0., 1., 1., 0., 0., 1., 0., 0., 1.]);
        // A threshold that the first region, which has all, reaches too.
        let values = Table::of(m.map(|m| 1.0 + 1e6 * m));
        let found = complexity(&values, 0.3).unwrap();
        agree(&[found.eigenvalue], &[0.291917]);
        agree(&found.regions, &[-0.062264, 0.929495, 0.740292, -1.607523]);
    }

    #[test]
    fn what_falls_apart_has_no_complexity() {
        let m = DMatrix::from_fn(6, 6, |r, i| f64::from(r / 3 == i / 3));
        assert_eq!(complexity(&table(&m), 1.0), Err(ComplexityError::Disconnected));
        let few = Table::of(DMatrix::from_row_slice(2, 2, &[1., 0., 0., 1.]));
        assert_eq!(complexity(&few, 1.0), Err(ComplexityError::TooFew));
    }

    #[test]
    fn density_of_the_published_example() {
        let found = density(&example(), 1.0, false);
        agree(&found.row(4).iter().copied().collect::<Vec<_>>(), &[f64::NAN, 0.4, 0.571429, 0.4, 0.7]);
    }
}
