//! One thread and two give the same bits.

use isard::estimate::Fit;
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
