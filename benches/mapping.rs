//! Locational correlation of 1,000 industries over 3,100 regions and Ward's linkage of them: least time of several runs, and
//! two numbers by which a peer is seen to have computed the same.
//!
//! The table is a file of little-endian doubles, a column of 3,100 after the other, that `mapping_peers.py` draws and reads
//! too (`ISARD_BENCH_TABLE`). Runs: `ISARD_BENCH_RUNS` (7). Threads: `RAYON_NUM_THREADS`.

use std::time::Instant;

use isard::mapping::RegionIndustry;
use isard::mapping::grouping::{Linkage, euclidean, hierarchical};
use isard::mapping::similarity::{Profile, locational_correlation};
use nalgebra::DMatrix;

const REGIONS: usize = 3100;
const INDUSTRIES: usize = 1000;

fn main() {
    let Some(path) = std::env::var_os("ISARD_BENCH_TABLE") else {
        println!("skipped: ISARD_BENCH_TABLE names no file; `python benches/mapping_peers.py table FILE` draws it");
        return;
    };
    let runs = std::env::var("ISARD_BENCH_RUNS").ok().and_then(|text| text.parse::<usize>().ok()).unwrap_or(7);
    let bytes = std::fs::read(path).expect("the table can be read");
    let values: Vec<f64> = bytes.as_chunks::<8>().0.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect();
    let names = |prefix: &str, n: usize| (0..n).map(|k| format!("{prefix}{k}")).collect::<Vec<_>>();
    let values = DMatrix::from_vec(REGIONS, INDUSTRIES, values);
    let table = RegionIndustry::new(names("r", REGIONS), names("i", INDUSTRIES), values).expect("a table");
    let (correlation, seconds) = least(runs, || locational_correlation(&table, Profile::Levels));
    println!("correlation {seconds:.6} s, sum {:.9}", correlation.values().sum());
    let (distances, seconds) = least(runs, || euclidean(correlation.values()));
    println!("distances {seconds:.6} s");
    let (tree, seconds) = least(runs, || hierarchical(&distances, Linkage::WardD2).expect("a tree"));
    println!("ward {seconds:.6} s, last height {:.9}", tree.merges().last().map_or(0.0, |merge| merge.height));
}

/// The result and the least time of several runs, in seconds.
fn least<T>(runs: usize, work: impl Fn() -> T) -> (T, f64) {
    let mut seconds = f64::INFINITY;
    let mut timed = || {
        let start = Instant::now();
        let found = work();
        seconds = seconds.min(start.elapsed().as_secs_f64());
        found
    };
    let mut found = timed();
    for _ in 1..runs {
        found = timed();
    }
    (found, seconds)
}
