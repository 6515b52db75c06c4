//! The rows of the file in any order: the same bytes of every number that a run writes.

use std::fmt::Write as _;
use std::path::Path;

use assert_cmd::Command;

const HEAD: &str = "region,industry,state,year,y,x,z,d,q,r,w,lat,lon";

/// Rows of an unbalanced panel with names whose order of appearance is not the order of their bytes.
fn rows() -> Vec<String> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    let mut rows = Vec::new();
    for region in 0..40 {
        for industry in 0..6 {
            for year in 2000..2006 {
                if draw() > 0.35 {
                    continue;
                }
                let name = (region * 17 + 11) % 40;
                let (q, r, noise) = (draw(), draw(), draw());
                let (x, z) = (draw() + 0.1 * f64::from(region % 7), draw() * f64::from(year - 1998));
                let d = 0.8 * q + 0.5 * r + 0.3 * x + noise;
                let y = 0.4 * x - 0.2 * z + 0.6 * d + noise + 0.2 * f64::from(industry) + draw();
                let w = 1.0 + (draw() + 0.5) * 3.0;
                let (lat, lon) = (30.0 + f64::from(name % 8) * 1.7, -100.0 + f64::from(name / 8) * 2.3);
                let state = (name * 5) % 13;
                rows.push(format!("R{name},i{industry},s{state},{year},{y},{x},{z},{d},{q},{r},{w},{lat},{lon}"));
            }
        }
    }
    rows
}

/// A deterministic order that has nothing to do with that of the file.
fn shuffled(rows: &[String], seed: usize) -> Vec<String> {
    let mut keyed: Vec<(u64, &String)> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| (((i + seed) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29), row))
        .collect();
    keyed.sort();
    keyed.into_iter().map(|(_, row)| row.clone()).collect()
}

fn study() -> String {
    let errors = [
        "\"iid\"",
        "\"hc1\"",
        "{ cluster = \"region\" }",
        "{ cluster = [\"region\", \"year\"] }",
        "{ cluster = [\"region\", \"year\", \"state\"] }",
        "{ cluster = \"region^industry\" }",
        "\"hc2\"",
        "\"hc3\"",
        "{ cluster = \"region\", type = \"cr2\" }",
        "{ cluster = \"region\", type = \"cr3\" }",
        "{ newey_west = 2 }",
        "{ driscoll_kraay = 2 }",
        "{ conley = { cutoff_km = 300, kernel = \"bartlett\" } }",
        "{ conley = { cutoff_km = 300 }, newey_west = 1 }",
        "{ cluster = \"region\", wild = { replications = 999, terms = [\"x\"] } }",
        "\"hc0\"",
        "\"hc4\"",
        "{ cluster = \"region\", type = \"cr0\" }",
        "{ cluster = \"region\", type = \"jackknife\" }",
        "{ cluster = [\"region\", \"state\"], type = \"cr2\" }",
        "{ cluster = [\"region\", \"state\"], type = \"cr3\" }",
        "{ conley = { cutoff_km = 300, kernel = \"uniform\" } }",
        "{ cluster = [\"region\", \"year\", \"state\", \"industry\"] }",
        "{ cluster = [\"region\", \"year\"], wild = { replications = 499, weights = \"webb\", terms = [\"x\"] } }",
        "{ type = \"hc1\", wild = { replications = 499, weights = \"mammen\", terms = [\"x\"] } }",
    ];
    let formulas = [
        "y ~ x + z",
        "y ~ x + z + i(industry) | region",
        "y ~ x + z | region + year",
        "y ~ x + z | region^industry + year + state",
        "y ~ x | region[z] + year",
        "y ~ x | region + year | d ~ q + r",
    ];
    let mut text = String::from(
        "title = \"Rows in any order\"\nquestion = \"Do they matter?\"\nseed = 7\n[data]\npanel = \"panel.csv\"\nunit = [\"region\", \"industry\"]\ntime = \"year\"\n",
    );
    for (f, formula) in formulas.iter().enumerate() {
        for (e, errors) in errors.iter().enumerate() {
            let weights = if (f + e) % 2 == 0 { "" } else { "weights = { analytic = \"w\" }\n" };
            // With instruments only the endogenous regressor is bootstrapped.
            let errors = if formula.contains("| d") { errors.replace("\"x\"", "\"d\"") } else { errors.to_string() };
            let effects = if formula.contains("| d") || !formula.contains('|') { "" } else { "fixed_effects = true\n" };
            let _ = write!(
                text,
                "[[model]]\nname = \"m{f}{e}\"\nformula = \"{formula}\"\nerrors = {errors}\n{weights}{effects}"
            );
        }
    }
    text.push_str(
        "[[model]]\nname = \"gmm\"\nformula = \"y ~ x | region | d ~ q + r\"\nmethod = \"gmm\"\nerrors = \"hc1\"\n",
    );
    text
}

fn run(folder: &Path, rows: &[String], threads: &str) -> Vec<(String, String)> {
    std::fs::write(folder.join("panel.csv"), format!("{HEAD}\n{}\n", rows.join("\n"))).unwrap();
    std::fs::write(folder.join("study.toml"), study()).unwrap();
    let out = folder.join("out");
    Command::cargo_bin("isard")
        .unwrap()
        .args(["run", "study.toml", "--out", "out", "--jobs", threads])
        .current_dir(folder)
        .assert()
        .success();
    ["tidy.csv", "glance.csv", "tests.csv", "fixed_effects.csv", "sample.csv", "wild.csv"]
        .map(|name| (name.to_string(), std::fs::read_to_string(out.join(name)).unwrap()))
        .to_vec()
}

#[test]
fn rows_in_any_order_give_the_same_bytes() {
    let rows = rows();
    let folder = tempfile::tempdir().unwrap();
    let expected = run(folder.path(), &rows, "1");
    for (seed, threads) in [(1, "2"), (77, "1")] {
        let found = run(folder.path(), &shuffled(&rows, seed), threads);
        for ((name, expected), (_, found)) in expected.iter().zip(&found) {
            let line = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
            assert!(expected == found, "{name}, seed {seed}: {line:?}");
        }
    }
}
