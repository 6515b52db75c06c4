//! Distance decay by profile likelihood against R 4.2.2: `optimize` and `uniroot` (tol = 1e-10) on `logLik` of `lm(y ~ x + W x)`, of
//! `glm(count ~ x + W x, poisson)`, and of spatialreg 1.2-6's `lagsarlm(y ~ x, method = "eigen")`, with `W` of great-circle distances (radius 6371.01 km) up to 500 km,
//! rows summing to one. `optimize` finds a hill and not the highest: of a triangular kernel's bandwidth it stops at 580 km with -83.196, where 250 km has -73.924.

use crate::csv::data_file;
use crate::support::Bench;

const STUDY: &str = r#"title = "Distance decay"
[data]
panel = "decay_a.csv"
unit = "region"
[geography]
regions = "decay_a.csv"
[geography.weights]
power = { distance_km = 500, decay = "inverse" }
expo = { distance_km = 500, decay = "exponential" }
kern = { kernel = "triangular", bandwidth_km = 500 }
[variables]
near = "spatial_lag(x, power)"
twice = "2 * near"
[[model]]
name = "power"
formula = "y ~ x + twice"
[[model]]
name = "expo"
formula = "y ~ x + spatial_lag(x, expo)"
[[model]]
name = "counts"
method = "poisson"
formula = "count ~ x + near"
[[model]]
name = "lag"
method = "spatial-lag"
spatial = { weights = "power", draws = 0 }
formula = "y ~ x"
"#;

fn bench(sections: &str) -> Bench {
    let bench = Bench::new();
    let data = data_file("tests/reference/data", "decay_a.csv").expect("distributed with the project");
    bench.write("decay_a.csv", &std::fs::read_to_string(data).unwrap());
    bench.write("study.toml", &format!("{STUDY}{sections}"));
    bench
}

fn section(name: &str, weights: &str, parameter: &str, range: &str) -> String {
    format!(
        "[[distance_decay]]\nname = \"{name}\"\nmodel = \"{name}\"\nweights = \"{weights}\"\nparameter = \"{parameter}\"\n{range}\n"
    )
}

#[test]
fn profiles_as_by_r() {
    let sections = [
        section("power", "power", "exponent", "from = 0\nto = 5"),
        section("expo", "expo", "scale_km", "from = 20\nto = 1000"),
        section("counts", "power", "exponent", "from = 0\nto = 6"),
        section("lag", "power", "exponent", "from = 0\nto = 5"),
    ];
    let bench = bench(&sections.concat());
    bench.succeeds();
    let results: serde_json::Value = serde_json::from_str(&bench.result("results.json")).unwrap();
    let expected = [
        (1.37752804144, -55.92174075740, Some(1.08154428618), Some(2.05110993480)),
        (47.7180477892, -60.2324492534, Some(28.7108744069), Some(71.3795145149)),
        (2.084638749347, -186.296369933535, Some(0.863522090029), None),
        (1.635639057883, -83.295109167648, Some(0.948262538883), None),
    ];
    for (k, (estimate, likelihood, low, high)) in expected.into_iter().enumerate() {
        let profile = &results["distance_decays"][k]["profile"];
        let close = |key: &str, expected: f64, bound: f64| {
            let got = profile[key].as_f64().unwrap();
            assert!((got - expected).abs() <= bound * expected.abs(), "{k} {key}: {got} against {expected}");
        };
        // Flat at the top: the place is known to the root of what the likelihood is.
        close("estimate", estimate, 1e-4);
        close("log_likelihood", likelihood, 1e-10);
        for (key, end) in [("conf_low", low), ("conf_high", high)] {
            match end {
                Some(end) => close(key, end, 1e-4),
                None => assert!(profile[key].is_null(), "{k} {key}: {}", profile[key]),
            }
        }
    }
    let term = &results["distance_decays"][0]["terms"][2];
    assert_eq!(term["term"], "twice");
    assert!((term["estimate"].as_f64().unwrap() - 1.265816308354 / 2.0).abs() < 1e-5);
    let rows = bench.result("distance_decay.csv");
    // Forty-one values each, and the estimate.
    assert_eq!(rows.lines().count(), 1 + 4 * 42, "{rows}");
    assert!(
        bench.result("figures/decay_power.svg").contains("values from 1.08 to 2.05"),
        "{}",
        bench.result("figures/decay_power.svg")
    );
    assert!(bench.result("report.html").contains("Distance decay power: exponent of power"));
}

#[test]
fn a_value_of_the_profile_is_a_model_with_those_weights() {
    let study = section("power", "power", "exponent", "from = 0\nto = 4\nsteps = 5");
    let bench = bench(&study);
    bench.succeeds();
    let rows = bench.result("distance_decay.csv");
    let at_two = rows.lines().find(|line| line.contains(",2,")).unwrap().to_string();
    let fixed = STUDY.replace("decay = \"inverse\" }", "decay = \"inverse\", exponent = 2 }");
    assert_ne!(fixed, STUDY);
    bench.write("study.toml", &fixed);
    bench.succeeds();
    let results: serde_json::Value = serde_json::from_str(&bench.result("results.json")).unwrap();
    let likelihood = results["models"][0]["statistics"]["log_likelihood"].as_f64().unwrap();
    assert!(at_two.contains(&format!("{likelihood}")), "{at_two} {likelihood}");
}

#[test]
fn what_cannot_vary_is_named() {
    let fails = |section: String, code: i32, texts: &[&str]| bench(&section).fails(code, texts);
    let range = "from = 0\nto = 5";
    fails(section("power", "powr", "exponent", range), 1, &["no weights named `powr`", "did you mean `power`?"]);
    fails(section("powr", "power", "exponent", range), 1, &["no model `powr`", "did you mean `power`?"]);
    fails(section("expo", "expo", "exponent", range), 1, &["no exponent that could vary", "decay = \"inverse\""]);
    fails(section("power", "power", "exponent", "from = -1\nto = 5"), 1, &["`from` is below"]);
    fails(section("power", "power", "exponent", "from = 5\nto = 5"), 1, &["`to` must be above"]);
    fails(section("power", "power", "exponents", range), 1, &["exponent"]);
    fails(section("expo", "power", "exponent", range), 3, &["model `expo` does not lag with the weights `power`"]);
    // A band so short that regions are left alone.
    fails(
        section("power", "power", "distance_km", "from = 20\nto = 500"),
        3,
        &["at distance_km = 20", "without a neighbour"],
    );
    let ring =
        STUDY.replace("[variables]", "ring = { difference = [\"kern\", \"expo\"], islands = \"keep\" }\n[variables]");
    let made = section("expo", "kern", "bandwidth_km", "from = 10\nto = 50");
    let bench_of = |study: &str| {
        let bench = bench("");
        bench.write("study.toml", study);
        bench
    };
    bench_of(&format!("{ring}{made}")).fails(1, &["`ring` are made of `kern`"]);
    let kept = STUDY.replace("decay = \"inverse\" }", "decay = \"inverse\", exponent = -1 }");
    bench_of(&kept).fails(1, &["exponent = -1"]);
    let wrong = STUDY.replace("decay = \"exponential\" }", "decay = \"exponential\", exponent = 2 }");
    bench_of(&wrong).fails(1, &["exponent, which needs decay = \"inverse\""]);
}
