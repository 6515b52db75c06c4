//! Spatial models and autocorrelation that cannot be, and the sound study that they are changes of.

use crate::support::Bench;

const STUDY: &str = r#"title = "Space"
[data]
panel = "panel.csv"
unit = "region"
[geography]
regions = "pairs.csv"
[geography.weights]
near = { neighbors = "pairs.csv" }
[[model]]
name = "m"
method = "sac"
formula = "y ~ x"
spatial = { weights = "near", estimator = "moments" }
[[model]]
name = "iv"
method = "spatial-lag"
formula = "y ~ x | | z ~ q"
spatial = { weights = "near", estimator = "moments", instrument_lags = 1 }
errors = "hc1"
[[autocorrelation]]
name = "y"
variable = "y"
weights = "near"
permutations = 99
[[table]]
name = "main"
models = ["m", "iv"]
"#;

const N: u32 = 40;

fn noise(a: u32, b: u32) -> f64 {
    f64::from((a * 7919 + b * 104_729 + a * a * 31) % 10_007) / 10_007.0 - 0.5
}

/// Regions on a ring, each the neighbour of the two beside it.
fn changed(changes: &[(&str, &str)]) -> Bench {
    let mut study = STUDY.to_string();
    for (from, to) in changes {
        assert!(study.contains(from), "{from}");
        study = study.replace(from, to);
    }
    let bench = Bench::new();
    bench.write("study.toml", &study);
    let mut panel = "region,state,y,x,z,q\n".to_string();
    let mut pairs = "region,neighbor\n".to_string();
    for i in 0..N {
        let (x, q) = (noise(i, 1), noise(i, 2));
        let z = q + noise(i, 3);
        let y = 1.0 + x + 0.5 * z + 0.6 * noise(i + 1, 1) + noise(i, 4);
        panel += &format!("r{i:02},s{},{y},{x},{z},{q}\n", i / 8);
        pairs += &format!("r{i:02},r{:02}\nr{i:02},r{:02}\n", (i + 1) % N, (i + N - 1) % N);
    }
    bench.write("panel.csv", &panel);
    bench.write("pairs.csv", &pairs);
    bench
}

#[test]
fn the_sound_study_runs() {
    let bench = changed(&[]);
    bench.succeeds();
    let local = bench.result("local_autocorrelation.csv");
    assert_eq!(local.lines().count(), N as usize + 1);
    assert!(bench.result("autocorrelation.csv").contains("moran"));
    assert!(bench.result("tidy.csv").contains("lambda"));
    assert!(bench.result("impacts.csv").contains("indirect"));
}

#[test]
fn options_and_names() {
    changed(&[("weights = \"near\"\npermutations", "weights = \"naer\"\npermutations")])
        .fails(1, &["there are no weights named `naer`", "did you mean `near`?"]);
    changed(&[("variable = \"y\"", "variable = \"yy\"")]).fails(1, &["yy"]);
    changed(&[("permutations = 99", "adjust = \"romano_wolf\"")]).fails(1, &["needs joint draws"]);
    changed(&[("permutations = 99", "alpha = 5")]).fails(1, &["must lie between 0 and 1"]);
    changed(&[(", estimator = \"moments\", instrument_lags = 1", "")])
        .fails(1, &["a spatial likelihood has no instruments", "spatial.estimator"]);
    changed(&[("[[autocorrelation]]", "errors = \"hc1\"\n[[autocorrelation]]"), ("errors = \"hc1\"\n[[", "[[")])
        .succeeds();
    changed(&[("\"y ~ x\"", "\"y ~ x\"\nerrors = \"hc1\"")]).fails(1, &["come from its moments"]);
}

#[test]
fn samples_that_have_no_answer() {
    changed(&[("permutations = 99", "where = \"x > 9\"")])
        .fails(2, &["autocorrelation `y`", "has no value in any of 0 rows"]);
    changed(&[("variable = \"y\"", "variable = \"0 * y\"")]).fails(2, &["has the same value everywhere"]);
    changed(&[("\"y ~ x\"", "\"y ~ x | state\"")]).fails(3, &["errors in levels", "i(state)"]);
    let bench = changed(&[]);
    let panel = std::fs::read_to_string(bench.path("panel.csv")).unwrap();
    bench.write("panel.csv", &(panel + "r99,s0,1,1,1,1\n"));
    bench.fails(3, &["r99"]);
}

const RANDOM: &str = r#"title = "Space"
[data]
panel = "panel.csv"
unit = "region"
time = "year"
[geography]
regions = "pairs.csv"
[geography.weights]
near = { neighbors = "pairs.csv" }
[[model]]
name = "m"
method = "sac"
formula = "y ~ x"
spatial = { weights = "near", effects = "random" }
"#;

/// The ring over five years, with effects of its regions.
fn random(from: &str, to: &str) -> Bench {
    assert!(RANDOM.contains(from), "{from}");
    let bench = changed(&[]);
    bench.write("study.toml", &RANDOM.replace(from, to));
    let mut panel = "region,year,y,x\n".to_string();
    for (i, year) in (0..N).flat_map(|i| (0..5).map(move |year| (i, year))) {
        let x = noise(i, 10 + year);
        let y = 1.0 + x + 2.0 * noise(i, 1) + noise(i, 20 + year) + 0.3 * noise((i + 1) % N, 20 + year);
        panel += &format!("r{i:02},{},{y},{x}\n", 2000 + year);
    }
    bench.write("panel.csv", &panel);
    bench
}

#[test]
fn random_effects() {
    for kind in ["baltagi", "kapoor-kelejian-prucha"] {
        let bench = random("\"random\"", &format!("\"random\", random_effects = \"{kind}\""));
        bench.succeeds();
        assert!(bench.result("tidy.csv").contains("phi"));
        assert!(bench.result("tests.csv").contains("CLM mu"));
    }
    random("effects = \"random\"", "random_effects = \"baltagi\"").fails(1, &["which random effects"]);
    random("\"random\"", "\"random\", information = \"expected\"").fails(1, &["come from the observed information"]);
    random("\"random\"", "\"random\", estimator = \"moments\"").fails(1, &["without a lag of the outcome"]);
    random("\"random\"", "\"random\", random_moments = \"weighted\"").fails(1, &["`random_moments` weighs"]);
    random("\"random\"", "\"random\", like = \"splm\"").fails(1, &["random effects are not absorbed"]);
    random("\"y ~ x\"", "\"y ~ x | year\"").fails(3, &["the effect year is taken out", "i(year)"]);
    random("\"y ~ x\"", "\"y ~ x\"\nwhere = \"x > -0.4\"").fails(3, &["need a balanced panel"]);
}

#[test]
fn random_effects_by_moments() {
    let error = |more: &str| {
        let options = format!("effects = \"random\", estimator = \"moments\"{more} }}");
        let bench = random("effects = \"random\" }", &options);
        let study = std::fs::read_to_string(bench.path("study.toml")).unwrap();
        bench.write("study.toml", &study.replace("\"sac\"", "\"spatial-error\""));
        bench
    };
    for weights in ["", ", random_moments = \"initial\"", ", random_moments = \"fully-weighted\""] {
        let bench = error(weights);
        bench.succeeds();
        assert!(bench.result("tidy.csv").contains("phi"));
    }
    error(", random_effects = \"baltagi\"").fails(1, &["those of Kapoor, Kelejian and Prucha"]);
    error(", error_moments = \"homoskedastic\"").fails(1, &["moments of their own"]);
    error(", random_moments = \"wieghted\"").fails(1, &["weighted"]);
}
