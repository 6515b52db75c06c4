//! Invariants over drawn panels.

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::{Estimator, Ols};
use isard::panel::Reason;
use isard::vcov::Errors;
use proptest::prelude::*;

use super::draw::Drawn;
use super::routes::fit;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Residuals are orthogonal to every regressor and sum to zero in every level.
    #[test]
    fn normal_equations_hold(seed in 0u64..10_000, firms in 3u32..60) {
        let design = DesignMatrix::build(&Drawn::panel(250, firms, seed).model(), Default::default()).unwrap();
        let estimate = Ols.fit(&design, &AbsorberCache::new()).unwrap();
        let influence = estimate.linear().unwrap();
        let e = &influence.residuals;
        for regressor in &design.regressors {
            let product: f64 = regressor.values.iter().zip(e).map(|(x, e)| x * e).sum();
            prop_assert!(product.abs() < 1e-8, "{} {product}", regressor.name);
        }
        for effect in &design.absorbed {
            let mut sums = vec![0.0; effect.factor.n_levels];
            effect.factor.codes.iter().zip(e).for_each(|(&c, e)| sums[c as usize] += e);
            prop_assert!(sums.iter().all(|s| s.abs() < 1e-8));
        }
    }

    /// The ledger accounts for every row, and what is left has no singleton.
    #[test]
    fn every_lost_row_has_a_line(seed in 0u64..10_000, holes in 0usize..40) {
        let mut drawn = Drawn::panel(200, 80, seed);
        for hole in 0..holes {
            drawn.x1[hole * 5 % 200] = f64::NAN;
        }
        let design = DesignMatrix::build(&drawn.model(), Default::default()).unwrap();
        let lost: usize = design.sample.ledger.0.iter().map(|line| line.rows_lost).sum();
        prop_assert_eq!(200 - lost, design.n_rows());
        prop_assert!(design.sample.ledger.lost(Reason::Missing) <= 40);
        for effect in &design.absorbed {
            let mut count = vec![0; effect.factor.n_levels];
            effect.factor.codes.iter().for_each(|&c| count[c as usize] += 1);
            prop_assert!(count.iter().all(|&c| c > 1));
        }
    }

    /// Adding a combination of regressors changes nothing but the notes.
    #[test]
    fn a_combination_adds_nothing(seed in 0u64..10_000, a in -3.0f64..3.0, b in 0.5f64..3.0) {
        let drawn = Drawn::panel(150, 12, seed);
        let base = fit(&drawn.model(), Errors::Iid);
        let mut vars: ModelVariables = drawn.model();
        let combination = drawn.x1.iter().zip(&drawn.x2).map(|(p, q)| a * p + b * q).collect();
        vars.regressors.push(("combination".into(), std::sync::Arc::new(combination)));
        let more = fit(&vars, Errors::Iid);
        prop_assert_eq!(base.coefficients, more.coefficients);
        prop_assert_eq!(more.notes.iter().filter(|n| n.code() == "collinear").count(), 1);
    }

    /// Clustering every row by itself is HC1 up to the small-sample factors.
    #[test]
    fn own_clusters_are_hc(seed in 0u64..10_000) {
        let drawn = Drawn::panel(120, 10, seed);
        let own: Vec<u32> = (0..120).collect();
        let vars = drawn.plain().cluster("row", super::draw::factor(&own));
        let (hc, cl) = (fit(&vars, Errors::Hc1), fit(&vars, Errors::Cluster(vec!["row".into()])));
        for (p, q) in hc.coefficients.iter().zip(&cl.coefficients) {
            prop_assert!((p.std_error - q.std_error).abs() < 1e-12 * p.std_error);
        }
    }
}
