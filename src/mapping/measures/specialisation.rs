//! Regions: what they are made of, beside the nation.

use nalgebra::DMatrix;

use super::{Table, sum, x_log_x};

/// What a region is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reference {
    /// The nation with the region in it (EconGeo).
    #[default]
    Total,
    /// All other regions.
    Rest,
}

/// Krugman's index `sum_i |s_ir - s_i|` by region, 0 to 2 (Krugman 1991, Geography and Trade; some halve it). A region that
/// is all there is has no rest: missing.
pub fn krugman(table: &Table, reference: Reference) -> Vec<f64> {
    table.per_region(|r| {
        let other = |i: usize| match reference {
            Reference::Total => table.industry_share(i),
            Reference::Rest => {
                let rest = table.total - table.regions[r];
                if rest > 0.0 { (table.industries[i] - table.by_region[(i, r)]) / rest } else { f64::NAN }
            }
        };
        sum((0..table.n_industries()).map(|i| (table.in_region(r, i) - other(i)).abs()))
    })
}

/// Shannon's entropy `-sum_i s_ir log2 s_ir` by region, in bits: 0 for one industry, `log2 I` for equal shares.
pub fn entropy(table: &Table) -> Vec<f64> {
    table.per_region(|r| {
        -sum((0..table.n_industries()).map(|i| x_log_x(table.in_region(r, i)))) / std::f64::consts::LN_2
    })
}

/// Relative entropy (Theil's index of specialisation) `sum_i s_ir ln(s_ir / s_i)` by region: 0 where the region is as the
/// nation.
pub fn relative_entropy(table: &Table) -> Vec<f64> {
    table.per_region(|r| {
        sum(table.active_industries().map(|i| {
            let own = table.in_region(r, i);
            if own > 0.0 { own * (own / table.industry_share(i)).ln() } else { 0.0 }
        }))
    })
}

/// Hachman's index `1 / sum_i s_ir^2 / s_i` by region: 1 where the region is as the nation, towards 0 the more specialised.
pub fn hachman(table: &Table) -> Vec<f64> {
    table.per_region(|r| {
        1.0 / sum(table.active_industries().map(|i| table.in_region(r, i).powi(2) / table.industry_share(i)))
    })
}

/// Industries with a location quotient of at least `threshold` by region.
pub fn diversity(table: &Table, threshold: f64) -> Vec<f64> {
    table.per_region(|r| table.active_industries().filter(|&i| table.quotient(r, i) >= threshold).count() as f64)
}

/// Regions with a location quotient of at least `threshold` by industry.
pub fn ubiquity(table: &Table, threshold: f64) -> Vec<f64> {
    table.per_industry(|i| {
        table.active_regions().filter(|&r| table.quotient_of_industry(r, i) >= threshold).count() as f64
    })
}

/// Unrelated and related variety by region (Frenken, Van Oort and Verburg 2007, Regional Studies 41, equations 1 to 4), in
/// bits: entropy between sectors, and the mean entropy within them weighted by sector. They sum to [`entropy`] where every
/// industry has a sector; industries without one (`None`) count in neither.
pub fn variety(table: &Table, sectors: &[Option<usize>]) -> (Vec<f64>, Vec<f64>) {
    let n_sectors = sectors.iter().flatten().max().map_or(0, |last| last + 1);
    let (n_regions, n_industries) = (table.n_regions(), table.n_industries());
    let kept = DMatrix::from_fn(n_industries, n_regions, |i, r| match sectors[i] {
        Some(_) => table.by_region[(i, r)],
        None => 0.0,
    });
    let mut by_sector = DMatrix::zeros(n_sectors, n_regions);
    for r in 0..n_regions {
        for (i, sector) in sectors.iter().enumerate() {
            if let Some(sector) = sector {
                by_sector[(*sector, r)] += table.by_region[(i, r)];
            }
        }
    }
    let unrelated = entropy(&Table::of_regions(by_sector));
    let all = entropy(&Table::of_regions(kept));
    let related = all.iter().zip(&unrelated).map(|(all, between)| (all - between).max(0.0)).collect();
    (unrelated, related)
}

#[cfg(test)]
mod tests {
    use super::super::{agree, example};
    use super::*;

    #[test]
    fn the_published_example() {
        let values = example();
        agree(&krugman(&values, Reference::Total), &[1.6, 1.0, 0.6, 0.7, 1.1]);
        // Each region is a fifth: against the rest the gap is larger by 5 / 4.
        agree(&krugman(&values, Reference::Rest), &[2.0, 1.25, 0.75, 0.875, 1.375]);
        let (unrelated, related) = variety(&values, &[Some(0), Some(0), Some(1), Some(1), Some(1)]);
        agree(&unrelated[1..], &[0.609840, 0.721928, 0.811278, 0.970951]);
        agree(&related[1..], &[0.709195, 1.039036, 0.954679, 0.248290]);
        agree(&entropy(&values)[1..3], &[1.319035, 1.760964]);
        agree(&diversity(&values, 1.0), &[1.0, 1.0, 3.0, 3.0, 2.0]);
        agree(&ubiquity(&values, 1.0), &[1.0, 3.0, 2.0, 2.0, 2.0]);
    }

    #[test]
    fn a_region_like_the_nation_is_nothing_special() {
        let values = Table::of(DMatrix::from_row_slice(3, 2, &[10., 30., 1., 3., 0., 0.]));
        agree(&krugman(&values, Reference::Rest), &[0.0, 0.0, f64::NAN]);
        agree(&relative_entropy(&values), &[0.0, 0.0, f64::NAN]);
        agree(&hachman(&values), &[1.0, 1.0, f64::NAN]);
    }
}
