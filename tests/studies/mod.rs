//! The committed studies run, find the truth that their data were drawn with, and give the numbers that other programs gave.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// (model, term) -> (estimate, standard error), from `tidy.csv`.
type Tidy = HashMap<(String, String), (f64, f64)>;

fn run(study: &str, extra: &[&str]) -> (tempfile::TempDir, Tidy) {
    let out = tempfile::tempdir().unwrap();
    Command::cargo_bin("isard")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", study, "--quiet", "--out"])
        .arg(out.path())
        .args(extra)
        .assert()
        .success();
    let tidy = read_tidy(&out.path().join("tidy.csv"));
    (out, tidy)
}

fn read_tidy(path: &Path) -> Tidy {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let (model, term, estimate, std_error) = (at("model"), at("term"), at("estimate"), at("std_error"));
    lines
        .map(|line| {
            let cells = crate::csv::cells(line);
            let number = |k: usize| cells[k].parse::<f64>().unwrap();
            ((cells[model].clone(), cells[term].clone()), (number(estimate), number(std_error)))
        })
        .collect()
}

fn get(tidy: &Tidy, model: &str, term: &str) -> (f64, f64) {
    let key = (model.to_string(), term.to_string());
    *tidy.get(&key).unwrap_or_else(|| panic!("{model} has no {term}: {:?}", tidy.keys()))
}

/// The full models estimate the parameters of the process. Four standard errors: with sixteen coefficients a correct
/// program fails this once in a thousand draws, and the draw is fixed.
#[test]
fn the_synthetic_studies_find_their_truth() {
    let truth = [
        ("wage_growth", "environment", "initial_wage", -0.30),
        ("wage_growth", "environment", "cluster_strength", 0.03),
        ("wage_growth", "environment", "related_strength", 0.015),
        ("wage_growth", "environment", "neighbor_strength", 0.015),
        ("entrepreneurship", "environment[errors.cluster=region_cluster]", "initial_startups", -0.40),
        ("entrepreneurship", "environment[errors.cluster=region_cluster]", "cluster_strength", 0.08),
        ("entrepreneurship", "environment[errors.cluster=region_cluster]", "related_strength", 0.03),
        ("entrepreneurship", "environment[errors.cluster=region_cluster]", "neighbor_strength", 0.03),
        ("patenting", "environment[errors.cluster=region_cluster]", "initial_patents", -0.35),
        ("patenting", "environment[errors.cluster=region_cluster]", "cluster_strength", 0.06),
        ("patenting", "environment[errors.cluster=region_cluster]", "related_strength", 0.03),
        ("patenting", "environment[errors.cluster=region_cluster]", "neighbor_strength", 0.03),
        ("spillovers", "stepwise[step=csw 2]", "initial_specialisation", -0.20),
        ("spillovers", "stepwise[step=csw 2]", "cluster_strength", 0.05),
        ("spillovers", "stepwise[step=csw 2]", "related_strength", 0.02),
        ("spillovers", "stepwise[step=csw 2]", "neighbor_strength", 0.02),
    ];
    for study in ["wage_growth", "entrepreneurship", "patenting", "spillovers"] {
        let (out, tidy) = run(&format!("studies/{study}.toml"), &[]);
        for (_, model, term, value) in truth.iter().filter(|(of, ..)| *of == study) {
            let (estimate, std_error) = get(&tidy, model, term);
            assert!(
                (estimate - value).abs() < 4.0 * std_error,
                "{study} {term}: {estimate} ({std_error}), truth {value}"
            );
            assert!(std_error < 0.2 * value.abs(), "{study} {term}: the error {std_error} says nothing");
        }
        let page = std::fs::read_to_string(out.path().join("report.html")).unwrap();
        assert!(page.contains("Synthetic data"), "{study}: the page says that the data are synthetic");
    }
}

/// Entry and survival beside start-ups: signs of the process where it has some, zero where it has none; the correction moves the logit.
#[test]
fn entry_and_survival_of_the_synthetic_industries() {
    let (out, tidy) = run("studies/entrepreneurship.toml", &["--only", "*region_cluster]"]);
    let of = |model: &str, term: &str| get(&tidy, &format!("{model}[errors.cluster=region_cluster]"), term);
    let (entry, error) = of("entry", "cluster_strength");
    assert!(entry > 4.0 * error, "{entry} ({error})");
    for term in ["size", "cluster_strength", "related_strength", "neighbor_strength"] {
        // Industries leave by chance alone.
        let (estimate, error) = of("survival", term);
        assert!(estimate.abs() < 3.5 * error, "{term}: {estimate} ({error})");
    }
    let results = std::fs::read_to_string(out.path().join("results.json")).unwrap();
    assert!(results.contains("\"correction\"") && results.contains("outside_unit_interval"));
    let figure = std::fs::read_to_string(out.path().join("figures/entry.svg")).unwrap();
    assert!(figure.contains("predicted"), "{figure}");
}

/// Feldman and Audretsch's three measures, and a negative binomial that fits the zeros where Poisson does not.
#[test]
fn the_study_of_science_based_diversity_runs() {
    let (out, tidy) = run("studies/science_diversity.toml", &[]);
    for term in ["specialisation", "diversity", "competition"] {
        assert!(get(&tidy, "effects", term).1 > 0.0, "{term}");
    }
    for figure in ["rootogram_poisson", "rootogram_negbin"] {
        assert!(out.path().join(format!("figures/{figure}.svg")).is_file(), "{figure}");
    }
}

/// Utility patents of counties, where the files are here: counties with more of their establishments in strong clusters patent more.
#[test]
fn patents_of_us_counties() {
    let folder = cbp_folder().filter(|folder| folder.join("patents/uspto_county_2000_2015.csv.gz").is_file());
    let Some(folder) = folder else {
        println!("skipped: patents of counties are not here (set ISARD_DATA to the folder that has patents/)");
        return;
    };
    let (_, tidy) = run("studies/us_cbp/patents_2015.toml", &["--data", &folder.display().to_string()]);
    println!("{tidy:?}");
    assert!(get(&tidy, "knowledge", "patents_before").0 > 0.3);
}

/// pyfixest 0.60.0 on the same files (regressors computed in pandas): the spillovers and wage regressions.
#[test]
fn the_synthetic_studies_agree_with_pyfixest() {
    let (_, spillovers) = run("studies/spillovers.toml", &["--only", "stepwise*"]);
    let (_, wages) = run("studies/wage_growth.toml", &["--only", "environment"]);
    let cases = [
        (&spillovers, "stepwise[step=csw 2]", "initial_specialisation", -0.201186, 0.001465),
        (&spillovers, "stepwise[step=csw 2]", "cluster_strength", 0.053463, 0.001924),
        (&spillovers, "stepwise[step=csw 2]", "related_strength", 0.012212, 0.002408),
        (&spillovers, "stepwise[step=csw 2]", "neighbor_strength", 0.023826, 0.002650),
        (&wages, "environment", "initial_wage", -0.300863, 0.004585),
        (&wages, "environment", "cluster_strength", 0.031715, 0.000901),
        (&wages, "environment", "related_strength", 0.014252, 0.001247),
        (&wages, "environment", "neighbor_strength", 0.011770, 0.001324),
    ];
    for (tidy, model, term, estimate, std_error) in cases {
        let (ours, our_error) = get(tidy, model, term);
        assert!((ours - estimate).abs() < 6e-7 && (our_error - std_error).abs() < 6e-7, "{term}: {ours} ({our_error})");
    }
}

#[test]
fn the_states_study_runs() {
    let (out, tidy) = run("studies/state_convergence.toml", &[]);
    let (pooled, error) = get(&tidy, "pooled", "initial_income");
    assert!(pooled < -0.01, "poorer states caught up: {pooled}");
    // The speed of convergence and its error, by hand.
    let combinations = std::fs::read_to_string(out.path().join("combinations.csv")).unwrap();
    let speed = crate::csv::cells(combinations.lines().find(|line| line.starts_with("pooled,growth,speed,")).unwrap());
    let [found, its_error] = [4, 5].map(|k| speed[k].parse::<f64>().unwrap());
    assert!((found + (1.0 + 10.0 * pooled).ln() / 10.0).abs() < 1e-15, "{found}");
    assert!((its_error - error / (1.0 + 10.0 * pooled)).abs() < 1e-15, "{its_error}");
    let table = std::fs::read_to_string(out.path().join("tables/main.md")).unwrap();
    assert!(table.contains("Speed of convergence, per year"), "{table}");
    for file in ["figures/income_1929.svg", "figures/income_1929.png", "tables/main.tex", "results.json", "study.lock"]
    {
        assert!(out.path().join(file).is_file(), "{file}");
    }
}

/// The order of the estimates of a lagged outcome: pooled above the corrections of within, and these above within.
#[test]
fn the_convergence_study_moves_from_pooled_to_gmm() {
    let (out, tidy) = run("studies/convergence.toml", &[]);
    let of = |model: &str| get(&tidy, model, "lag(gap, 1)").0;
    let within = of("within");
    assert!((within - 0.8571).abs() < 1e-4, "{within}");
    for model in ["pooled", "bias_corrected", "jackknife", "likelihood", "difference_gmm", "system_gmm"] {
        assert!(of(model) > within && of(model) < 1.0, "{model}: {}", of(model));
    }
    let tests = std::fs::read_to_string(out.path().join("tests.csv")).unwrap();
    for name in ["pooled,sigma-convergence", "difference_gmm,hansen"] {
        assert!(tests.contains(&format!("{name},")), "{name}: {tests}");
    }
    let clubs = std::fs::read_to_string(out.path().join("club_tests.csv")).unwrap();
    let all =
        crate::csv::cells(clubs.lines().find(|line| line.starts_with("productivity,productivity,0,48,")).unwrap());
    assert!(all[7].parse::<f64>().unwrap() < -1.65, "not all converge: {clubs}");
    let members = std::fs::read_to_string(out.path().join("clubs.csv")).unwrap();
    assert_eq!(members.lines().count(), 49, "{members}");
    assert!(out.path().join("figures/clubs_productivity.svg").is_file());
    let combinations = std::fs::read_to_string(out.path().join("combinations.csv")).unwrap();
    let speed = combinations.lines().find(|line| line.starts_with("within,gap,speed,")).unwrap();
    let found: f64 = crate::csv::cells(speed)[4].parse().unwrap();
    assert!((found + within.ln()).abs() < 1e-12, "{found}");
}

/// The truth: -0.3 over fifteen years, and gaps that shrink to 0.90, 0.89 and 0.88 over five. Within is far below it, and so is system GMM,
/// whose further moments do not hold in these data.
#[test]
fn the_synthetic_convergence_study_finds_its_truth() {
    let (out, tidy) = run("studies/wage_convergence.toml", &[]);
    let (conditional, error) = get(&tidy, "conditional", "initial_wage");
    assert!((conditional + 0.3).abs() < 4.0 * error, "{conditional} ({error})");
    let of = |model: &str| get(&tidy, model, "lag(gap, 5)").0;
    for model in ["pooled", "difference_gmm"] {
        assert!((of(model) - 0.89).abs() < 0.03, "{model}: {}", of(model));
    }
    assert!(of("within") < 0.6 && of("system_gmm") < 0.85, "{} {}", of("within"), of("system_gmm"));
    let tests = std::fs::read_to_string(out.path().join("tests.csv")).unwrap();
    let hansen = tests.lines().find(|line| line.starts_with("system_gmm,difference in hansen")).unwrap();
    assert!(crate::csv::cells(hansen)[5].parse::<f64>().unwrap() < 1e-6, "{hansen}");
    assert!(tests.contains("pooled,sigma-convergence,"), "{tests}");
}

/// Where the County Business Patterns files are: `ISARD_DATA`, or `shared/data` beside the project.
fn cbp_folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("ISARD_DATA").map_or(beside, PathBuf::from);
    folder.join("cbp/cbp_county_naics_38states_2017_2021.parquet").is_file().then_some(folder)
}

/// Numbers of pyfixest 0.60.0 on the same files, to all printed digits.
#[test]
fn county_business_patterns_give_the_known_numbers() {
    let Some(folder) = cbp_folder() else {
        println!("skipped: the County Business Patterns files are not here (set ISARD_DATA to their folder)");
        return;
    };
    let (out, tidy) = run("studies/us_cbp/growth.toml", &["--data", folder.to_str().unwrap()]);
    let cases = [
        ("jobs", "specialisation", "-0.11689", "0.00530"),
        ("jobs", "cluster_strength", "0.04123", "0.00579"),
        ("wages", "initial_wage", "-0.40516", "0.01180"),
        ("wages", "specialisation", "0.02262", "0.00262"),
        ("wages", "cluster_strength", "0.00822", "0.00288"),
    ];
    for (model, term, estimate, std_error) in cases {
        let (ours, our_error) = get(&tidy, model, term);
        assert_eq!(
            (format!("{ours:.5}").as_str(), format!("{our_error:.5}").as_str()),
            (estimate, std_error),
            "{model} {term}"
        );
    }
    let glance = std::fs::read_to_string(out.path().join("glance.csv")).unwrap();
    assert!(glance.lines().filter(|line| line.contains("16266")).count() == 2, "{glance}");
}

/// Numbers of pyfixest 0.60.0, with the neighbours' quotients (mean, pooled, largest) by pandas 3 from the contiguity that `isard weights` writes.
#[test]
fn the_cluster_next_door_on_real_data() {
    let Some(folder) = cbp_folder() else {
        println!("skipped: the County Business Patterns files are not here (set ISARD_DATA to their folder)");
        return;
    };
    let (out, tidy) = run("studies/us_cbp/neighbors.toml", &["--data", folder.to_str().unwrap()]);
    let cases = [
        ("jobs[step=sw 1]", "specialisation", -0.117064, 0.005312),
        ("jobs[step=sw 1]", "cluster_strength", 0.040255, 0.005977),
        ("jobs[step=sw 1]", "next_mean", 0.011243, 0.016726),
        ("jobs[step=sw 2]", "next_pooled", 0.004472, 0.017953),
        ("jobs[step=sw 3]", "next_max", 0.002928, 0.010803),
    ];
    for (model, term, estimate, std_error) in cases {
        let (ours, our_error) = get(&tidy, model, term);
        assert!(
            (ours - estimate).abs() < 6e-7 && (our_error - std_error).abs() < 6e-7,
            "{model} {term}: {ours} {our_error}"
        );
    }
    let profile = std::fs::read_to_string(out.path().join("distance_decay.csv")).unwrap();
    assert!(profile.lines().count() == 43 && !profile.contains("true,true"), "{profile}");
}

#[test]
fn a_study_without_its_files_is_skipped_with_a_sentence() {
    let out = tempfile::tempdir().unwrap();
    let empty = tempfile::tempdir().unwrap();
    Command::cargo_bin("isard")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "studies/us_cbp/growth.toml", "--data"])
        .arg(empty.path())
        .arg("--out")
        .arg(out.path())
        .assert()
        .success()
        .stdout(predicates::str::contains("skipped, because its data are not here"));
}

/// The shift-share study has ShiftShareSE 1.1.0's numbers (tests/reference/cases/shiftshare.json), through the tables.
#[test]
fn the_shift_share_study_agrees_with_shiftsharese() {
    let (out, tidy) = run("studies/shift_share.toml", &[]);
    let cases = [
        ("reduced", "predicted", 0.434020733466086, 0.210309769357837),
        ("iv", "exposed", 0.56251297818874, 0.216947415591491),
        ("iv_grouped", "exposed", 0.56251297818874, 0.213978560856191),
    ];
    for (model, term, estimate, std_error) in cases {
        let (ours, our_error) = get(&tidy, model, term);
        assert!(
            (ours - estimate).abs() < 1e-10 && (our_error - std_error).abs() < 1e-10,
            "{model}: {ours} {our_error}"
        );
    }
    let page = std::fs::read_to_string(out.path().join("report.html")).unwrap();
    assert!(page.contains("Sectors behind the estimate") && page.contains("Synthetic data"));
    let notes = std::fs::read_to_string(out.path().join("results.json")).unwrap();
    assert!(notes.contains("shares_incomplete"));
}

/// Growth of clusters outside the region: leave-one-out shocks from the sizes that the shares are made of.
#[test]
fn the_cluster_mix_study_runs() {
    let (out, _) = run("studies/cluster_mix.toml", &[]);
    let shocks = std::fs::read_to_string(out.path().join("shocks.csv")).unwrap();
    assert!(
        shocks.contains("growth,sectors,32") && shocks.contains("growth,effective number of shocks,13.658"),
        "{shocks}"
    );
    // A weak first stage: AKM0 says so, AKM does not.
    let equations = std::fs::read_to_string(out.path().join("shift_share.csv")).unwrap();
    assert!(
        equations.lines().any(|line| line.starts_with("wages,coefficient") && line.contains(",rays,")),
        "{equations}"
    );
}

/// The formulas in R 4 (base functions only) on the same files, with share columns that differ by rounding alone left out.
#[test]
fn the_china_shock_study() {
    let folder = cbp_folder().filter(|folder| folder.join("shiftshare/gpss_ADH_master.csv.gz").is_file());
    let Some(folder) = folder else {
        println!(
            "skipped: the data of Autor, Dorn and Hanson are not here (set ISARD_DATA to the folder that has shiftshare/)"
        );
        return;
    };
    let (out, tidy) = run("studies/china_shock.toml", &["--data", folder.to_str().unwrap()]);
    let (estimate, std_error) = get(&tidy, "manufacturing", "d_tradeusch_pw");
    assert!((estimate + 0.6154565).abs() < 5.1e-8 && (std_error - 0.1600569).abs() < 5.1e-8, "{estimate} {std_error}");
    let notes = std::fs::read_to_string(out.path().join("results.json")).unwrap();
    assert!(notes.contains("shares_collinear"));
}

/// Convergence with instruments: just identified members of the k-class agree, and the restrictions that J rejects are
/// told of.
#[test]
fn convergence_has_its_instruments() {
    let (out, tidy) = run("studies/convergence_instruments.toml", &[]);
    let (ols, iv) = (get(&tidy, "ols", "initial_income"), get(&tidy, "one", "initial_income"));
    assert!(ols.0 < iv.0 && iv.0 < 0.0, "errors in income overstate convergence: {ols:?} {iv:?}");
    let tests = std::fs::read_to_string(out.path().join("tests.csv")).unwrap();
    for name in
        ["effective F", "Kleibergen-Paap rk LM", "Anderson-Rubin F", "difference in J", "Hansen J", "Wu-Hausman"]
    {
        assert!(tests.contains(&format!("two,{name},")), "{name}: {tests}");
    }
    let page = std::fs::read_to_string(out.path().join("report.html")).unwrap();
    assert!(page.contains("First stage of initial_income") && page.contains("Anderson-Rubin set of initial_income"));
}

/// The white paper's two figures, recomputed: recorded in docs/map.md as printed here.
#[test]
fn the_five_largest_clusters_of_the_economic_areas() {
    let folder = cbp_folder().filter(|folder| folder.join("qcew_2015_2016/qcew_county_naics6.parquet").is_file());
    let Some(folder) = folder else {
        println!("skipped: the employment census is not here (set ISARD_DATA to the folder that has qcew_2015_2016/)");
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let assert = Command::cargo_bin("isard")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["map", "studies/us_cbp/areas_2016.toml", "--data"])
        .arg(&folder)
        .arg("--out")
        .arg(out.path())
        .assert()
        .success();
    let told = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(told.contains("179 regions, 51 clusters."), "{told}");
    let figures =
        "Its five largest clusters hold 56.1 per cent; in 9.3 clusters the location quotient is at least 1.5.";
    assert!(told.contains(figures), "{told}");
}

/// The measured map of the synthetic panel: regions add up to clusters, and every designation is judged.
#[test]
fn the_map_and_the_designations_of_the_synthetic_panel() {
    let out = tempfile::tempdir().unwrap();
    for verb in ["map", "certify"] {
        Command::cargo_bin("isard")
            .unwrap()
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args([verb, "studies/cluster_map.toml", "--out"])
            .arg(out.path().join(verb))
            .assert()
            .success();
    }
    let sum = |file: &str, column: &str, keep: &dyn Fn(&HashMap<String, String>) -> bool| -> f64 {
        let text = std::fs::read_to_string(out.path().join("map").join(file)).unwrap();
        let mut lines = text.lines().map(crate::csv::cells);
        let header = lines.next().unwrap();
        let rows = lines.map(|cells| header.iter().cloned().zip(cells).collect::<HashMap<_, _>>());
        rows.filter(keep).map(|row| row[column].parse::<f64>().unwrap()).sum()
    };
    let regions = sum("regions.csv", "traded_employment", &|_| true);
    let clusters = sum("clusters.csv", "employment", &|row| row["traded"] == "true");
    assert!((regions - clusters).abs() <= 1e-9 * clusters, "{regions} {clusters}");
    for name in ["alone", "joint"] {
        assert!(out.path().join("certify").join(name).join("candidates.csv").is_file(), "{name}");
    }
}
