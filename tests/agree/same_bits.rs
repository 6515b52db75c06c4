//! One thread and two, and a model alone and among others, give the same bits.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, SharedColumns, WeightKind};
use isard::estimate::{Fit, ModelRequest, fit_design, share};
use isard::vcov::Errors;

use super::draw::Drawn;
use super::routes::fit;

fn on_threads(n: usize, work: impl Fn() -> Fit + Send + Sync) -> Fit {
    rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(work)
}

#[test]
fn one_thread_and_two() {
    let drawn = Drawn::panel(40_000, 3_000, 7);
    for errors in [Errors::Iid, Errors::Hc1, Errors::Cluster(vec!["region".into(), "year".into()])] {
        let work = || fit(&drawn.model(), errors.clone());
        let (one, two) = (on_threads(1, work), on_threads(2, work));
        let bits = |fit: &Fit| serde_json::to_string(fit).unwrap();
        assert_eq!(bits(&one), bits(&two));
    }
}

#[test]
fn alone_and_among_others() {
    let drawn = Drawn::panel(40_000, 3_000, 8);
    let (mut one, mut both) = (drawn.model(), drawn.model());
    one.regressors.truncate(1);
    // The others share the very columns of the first: that is how a group knows them.
    both.outcome = one.outcome.clone();
    both.regressors[0] = one.regressors[0].clone();
    for (mine, other) in one.absorbed.iter().zip(&mut both.absorbed) {
        other.factor = mine.factor.clone();
    }
    both.clusters = one.clusters.clone();
    let weights = Arc::new(drawn.weight.clone());
    for weights in [None, Some((WeightKind::Analytic, "w".to_string(), weights))] {
        (one.weights, both.weights) = (weights.clone(), weights);
        for errors in [Errors::Iid, Errors::Hc1, Errors::Cluster(vec!["region".into(), "year".into()])] {
            let alone = fit(&one, errors.clone());
            let cache = AbsorberCache::new();
            let shared = SharedColumns::new();
            let designs =
                [&both, &one].map(|vars| DesignMatrix::build_shared(vars, Default::default(), &shared).unwrap());
            share(&designs.iter().collect::<Vec<_>>(), &cache);
            let request = ModelRequest { errors, ..ModelRequest::default() };
            // Solved in the group, after another model of it with the same errors.
            let fits = designs.each_ref().map(|design| fit_design(&request, design, &cache).unwrap().0);
            assert_eq!(serde_json::to_string(&fits[1]).unwrap(), serde_json::to_string(&alone).unwrap());
        }
    }
}
