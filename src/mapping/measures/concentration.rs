//! Industries: how concentrated in few regions, beyond the size of regions and of plants.

use super::{Table, sum};
use crate::mapping::location_quotient::ratio;

/// Locational Gini by industry: regions in the order of their location quotients, `1 - sum_k (X_k - X_{k-1})(S_k + S_{k-1})`
/// with `S` the cumulative share of the industry and `X` that of all activity; 0 to 1. EconGeo's is half of it.
pub fn gini(table: &Table) -> Vec<f64> {
    table.per_industry(|i| {
        let mut regions: Vec<usize> = table.active_regions().collect();
        regions.sort_by(|&a, &b| table.quotient_of_industry(a, i).total_cmp(&table.quotient_of_industry(b, i)));
        let mut cumulative = 0.0;
        let area = regions.iter().map(|&r| {
            let before = cumulative;
            cumulative += table.in_industry(r, i);
            table.region_share(r) * (cumulative + before)
        });
        1.0 - sum(area)
    })
}

/// Hoover's index of localisation `sum_r |z_ri - x_r| / 2` by industry, 0 to 1.
pub fn hoover(table: &Table) -> Vec<f64> {
    table.per_industry(|i| {
        0.5 * sum(table.active_regions().map(|r| (table.in_industry(r, i) - table.region_share(r)).abs()))
    })
}

/// Raw geographic concentration `G_i = sum_r (z_ri - x_r)^2` by industry (Ellison and Glaeser 1997, Journal of Political
/// Economy 105, section II).
pub fn raw_concentration(table: &Table) -> Vec<f64> {
    table.per_industry(|i| raw(table, |r| table.in_industry(r, i)))
}

fn raw(table: &Table, share: impl Fn(usize) -> f64) -> f64 {
    sum(table.active_regions().map(|r| (share(r) - table.region_share(r)).powi(2)))
}

/// `1 - sum_r x_r^2`.
fn spread(table: &Table) -> f64 {
    1.0 - sum(table.active_regions().map(|r| table.region_share(r).powi(2)))
}

/// Ellison and Glaeser's index `gamma_i = (G_i / (1 - sum x^2) - H_i) / (1 - H_i)` by industry, `H` the Herfindahl index of
/// its plants (1997, equation 5). Expected to be 0 where plants choose regions by their size alone; above 0.05 highly
/// localised. Missing where `H` is missing or 1.
pub fn ellison_glaeser(table: &Table, plants: &[f64]) -> Vec<f64> {
    let spread = spread(table);
    table.per_industry(|i| {
        let raw = raw(table, |r| table.in_industry(r, i));
        ratio(ratio(raw, spread) - plants[i], 1.0 - plants[i])
    })
}

/// Maurel and Sédillot's index `((sum z^2 - sum x^2) / (1 - sum x^2) - H) / (1 - H)` by industry (1999, Regional Science and
/// Urban Economics 29).
pub fn maurel_sedillot(table: &Table, plants: &[f64]) -> Vec<f64> {
    let spread = spread(table);
    table.per_industry(|i| {
        let own = sum(table.active_regions().map(|r| table.in_industry(r, i).powi(2)));
        ratio(ratio(own - (1.0 - spread), spread) - plants[i], 1.0 - plants[i])
    })
}

/// Ellison and Glaeser's coagglomeration of groups of industries (1997, equation 6), by group:
/// `[G / (1 - sum x^2) - H - sum_j gamma_j w_j^2 (1 - H_j)] / (1 - sum_j w_j^2)`, `w` the industries' weights in the group,
/// `H = sum_j w_j^2 H_j`, `G` of the group as a whole. Missing for a group of one industry.
pub fn coagglomeration(table: &Table, plants: &[f64], groups: &[Option<usize>], n_groups: usize) -> Vec<f64> {
    let (gamma, spread) = (ellison_glaeser(table, plants), spread(table));
    (0..n_groups)
        .map(|group| {
            let members: Vec<usize> = table.active_industries().filter(|&i| groups[i] == Some(group)).collect();
            if members.len() < 2 {
                return f64::NAN;
            }
            let size = sum(members.iter().map(|&i| table.industries[i]));
            let weight = |i: usize| table.industries[i] / size;
            let raw = raw(table, |r| sum(members.iter().map(|&i| table.by_industry[(r, i)])) / size);
            let plants_of = sum(members.iter().map(|&i| weight(i).powi(2) * plants[i]));
            let own = sum(members.iter().map(|&i| gamma[i] * weight(i).powi(2) * (1.0 - plants[i])));
            let squares = sum(members.iter().map(|&i| weight(i).powi(2)));
            ratio(ratio(raw, spread) - plants_of - own, 1.0 - squares)
        })
        .collect()
}

/// What Porter (2003, Regional Studies 37) tells traded industries by, for one industry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dispersion {
    /// Share of the industry's employment in regions with a quotient of at least 1.
    pub specialised_share: f64,
    /// Mean of its five largest quotients.
    pub top_five: f64,
    /// Its locational Gini.
    pub gini: f64,
}

/// Porter's three criteria by industry. Small regions inflate quotients: leave them out where the data have many.
pub fn dispersion(table: &Table) -> Vec<Dispersion> {
    let gini = gini(table);
    let specialised = table.per_industry(|i| {
        sum(table
            .active_regions()
            .filter(|&r| table.quotient_of_industry(r, i) >= 1.0)
            .map(|r| table.in_industry(r, i)))
    });
    let top = table.per_industry(|i| {
        let mut quotients: Vec<f64> = table.active_regions().map(|r| table.quotient_of_industry(r, i)).collect();
        quotients.sort_by(|a, b| b.total_cmp(a));
        quotients.truncate(5);
        sum(quotients.iter().copied()) / quotients.len() as f64
    });
    let of = |i: usize| Dispersion { specialised_share: specialised[i], top_five: top[i], gini: gini[i] };
    (0..table.n_industries()).map(of).collect()
}

#[cfg(test)]
mod tests {
    use nalgebra::DMatrix;

    use super::super::{agree, example};
    use super::*;

    #[test]
    fn the_published_example() {
        let values = example();
        let plants = [0.1, 0.2, 0.15, 0.3, 0.25];
        agree(&gini(&values), &[0.8, 0.36, 0.54, 0.62, 0.56]);
        agree(&hoover(&values), &[0.8, 0.25, 0.45, 0.5, 0.5]);
        agree(&raw_concentration(&values), &[0.8, 0.085, 0.205, 0.335, 0.22]);
        agree(&ellison_glaeser(&values, &plants), &[1.0, -0.1171875, 0.125, 0.1696429, 0.0333333]);
        // sum z^2 - sum x^2 is G where x is the same everywhere.
        agree(&maurel_sedillot(&values, &plants), &ellison_glaeser(&values, &plants));
    }

    #[test]
    fn coagglomeration_of_a_pair_is_that_of_ellison_glaeser_and_kerr() {
        // In the balanced example the two references coincide; with two equal industries plants cancel.
        let found =
            coagglomeration(&example(), &[0.1, 0.2, 0.15, 0.3, 0.25], &[None, Some(0), Some(0), Some(1), None], 2);
        agree(&found, &[0.153125, f64::NAN]);
    }

    #[test]
    fn porters_criteria() {
        let found = dispersion(&example());
        assert_eq!((found[0].specialised_share, found[0].top_five), (1.0, 1.0));
        assert!(dispersion(&Table::of(DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 1.0, 0.0])))[1].gini.is_nan());
    }
}
