//! What a study asks of coefficients, from the key to the files.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use super::support::{DATA, Folder};

const STUDY: &str = r#"[[model]]
name = "m"
formula = "y ~ x + z + x:z + i(industry) | region"
errors = { cluster = "region" }
tests = ["x = z", ["x = 0", "z = 0"], "exp(x) * z = 1", "i(industry)::* = 0"]
combine = { ratio = "x / z", total = "x + z" }
bands = { level = 0.9, terms = "i(industry)::*" }
"#;

/// The cell of a column in the row that holds a text.
fn cell(csv: &str, row: &str, column: &str) -> f64 {
    let position = csv.lines().next().unwrap().split(',').position(|name| name == column).unwrap();
    let line = csv.lines().find(|line| line.contains(row)).unwrap_or_else(|| panic!("no {row} in {csv}"));
    // The text before the numbers may hold commas: count from the right.
    let from_right = csv.lines().next().unwrap().split(',').count() - position;
    let cells: Vec<&str> = line.rsplit(',').collect();
    cells[from_right - 1].parse().unwrap()
}

#[test]
fn tests_combinations_and_bands_are_written_and_told() {
    let folder = Folder::with(&format!("{DATA}{STUDY}"));
    folder.isard("explain study.toml").success().stdout(
        contains("Tests jointly: x = 0, z = 0.")
            .and(contains("Computes ratio = x / z."))
            .and(contains("Bands (sup-t) hold i(industry)::* together with 90 %.")),
    );
    folder.isard("run study.toml --out out --quiet").success();
    let (tidy, combinations) = (folder.read("out/tidy.csv"), folder.read("out/combinations.csv"));
    let estimate = |term: &str| cell(&tidy, &format!(",{term},"), "estimate");
    let (x, z) = (estimate("x"), estimate("z"));
    assert!((cell(&combinations, ",ratio,", "estimate") - x / z).abs() < 1e-14 * (x / z).abs());
    assert!((cell(&combinations, ",total,", "estimate") - (x + z)).abs() < 1e-14);
    let tests = folder.read("out/tests.csv");
    for name in ["Wald: x = z,", "\"Wald: x = 0, z = 0\"", "Wald: exp(x)*z = 1", "i(industry)::i4` = 0\""] {
        assert!(tests.contains(name), "{name} in {tests}");
    }
    assert!(tests.contains("nonlinear, by the delta method"));
    assert_eq!(tidy.lines().next().unwrap().split(',').count(), 12);
    let term = ",i(industry)::i3,";
    let width = |low: &str, high: &str| cell(&tidy, term, high) - cell(&tidy, term, low);
    // Together three coefficients need more than each alone.
    assert!(width("band_low", "band_high") > 0.85 * width("conf_low", "conf_high"));
    let page = folder.read("out/report.html");
    for text in ["Combinations of coefficients", "Bands that hold all of these coefficients with 90 %", "Wald: x = z"] {
        assert!(page.contains(text), "{text}");
    }
    folder
        .isard("explain study.toml --out out")
        .success()
        .stdout(contains("total = x+z = ").and(contains("90 % bands (sup-t):")).and(contains("Wald: x = z ")));
    // A second run takes the record of the first as it is.
    let first = folder.read("out/results.json");
    folder.isard("run study.toml --out out --quiet").success();
    assert_eq!(folder.read("out/results.json"), first);
}

#[test]
fn what_the_data_take_away_is_noted_and_other_variants_are_no_fault() {
    let study = r#"[[model]]
name = "m"
formula = "y ~ x + I(2 * x) + csw0(z) | region"
tests = ["x = 0, I(2 * x) = 0", "z = 0"]
combine = { double = "`I(2 * x)` - x" }
"#;
    let folder = Folder::with(&format!("{DATA}{study}"));
    folder.isard("run study.toml --out out --quiet").success();
    let (tests, results) = (folder.read("out/tests.csv"), folder.read("out/results.json"));
    assert_eq!(tests.matches("Wald: x = 0,").count(), 2, "{tests}");
    assert_eq!(tests.matches("Wald: z = 0,").count(), 1, "{tests}");
    assert!(results.contains("the model has no coefficient of I(2 * x)"), "{results}");
    assert!(results.contains("the model has no coefficient `z`; other variants of the model have it"));
    assert!(!folder.path().join("out/combinations.csv").exists());
}

#[test]
fn variants_without_a_variable_have_a_note_and_no_margin() {
    let study = r#"[variables]
lz = "log(1 + z)"
[[model]]
name = "m"
formula = "y ~ x + csw0(lz) | region"
margins = [{ of = "z" }, { of = "x" }]
predict = { rows = [{ x = 1, z = 2, region = "r1" }] }
"#;
    let folder = Folder::with(&format!("{DATA}{study}"));
    folder.isard("run study.toml --out out --quiet").success();
    let (margins, results) = (folder.read("out/margins.csv"), folder.read("out/results.json"));
    assert_eq!((margins.matches(",z,dy/dx").count(), margins.matches(",x,dy/dx").count()), (1, 2), "{margins}");
    assert_eq!(folder.read("out/predictions.csv").lines().count(), 2);
    assert!(results.contains("the model does not depend on `z`; other variants of the model do"));
}

/// The cells of the only row that holds a text.
fn row<'a>(csv: &'a str, text: &str) -> Vec<&'a str> {
    let rows: Vec<&str> = csv.lines().filter(|line| line.contains(text)).collect();
    assert_eq!(rows.len(), 1, "{text} in {csv}");
    rows[0].split(',').collect()
}

#[test]
fn margins_and_predictions_are_written_drawn_and_told() {
    let study = r#"[variables]
twice = "2 * x"
[[model]]
name = "m"
formula = "y ~ x + z + x:z + i(industry) | region"
margins = [
  { of = "x" },
  { of = "x", at = { z = [0, 2.5] } },
  { of = "x", over = "year" },
  { of = "industry", contrast = "adjacent" },
]
predict = { sample = true, rows = [{ x = 2, z = 1, industry = "i2", region = "r3" }] }
[[model]]
name = "same"
formula = "y ~ x + twice | region"
margins = [{ of = "x" }, { of = "twice" }]
[[figure]]
kind = "margins"
models = ["m"]
drop = ["*2001*"]
"#;
    let folder = Folder::with(&format!("{DATA}{study}"));
    folder.isard("explain study.toml m").success().stdout(
        contains("Margins of x at 2 points, averaged over the sample.")
            .and(contains("Predicts the outcome of every row of the sample and the outcome at one point")),
    );
    folder.isard("run study.toml --out out --quiet").success();
    let (tidy, margins) = (folder.read("out/tidy.csv"), folder.read("out/margins.csv"));
    let estimate = |term: &str| cell(&tidy, &format!("m,y,{term},"), "estimate");
    let at = |text: &str| row(&margins, text)[6].parse::<f64>().unwrap();
    let slope = |z: f64| estimate("x") + z * estimate("x:z");
    assert!((at("m,y,x,dy/dx,z = 0,") - slope(0.0)).abs() < 1e-12);
    assert!((at("m,y,x,dy/dx,z = 2.5,") - slope(2.5)).abs() < 1e-12);
    let contrast = estimate("i(industry)::i3") - estimate("i(industry)::i2");
    assert!((at("m,y,industry,i3 - i2,,") - contrast).abs() < 1e-12);
    assert_eq!(margins.matches("m,y,x,dy/dx,,200").count(), 3, "{margins}");
    // The sample's average is the average of its groups, which are of one size.
    let by_year: f64 = ["2000", "2001", "2002"].map(|year| at(&format!("m,y,x,dy/dx,,{year},"))).iter().sum();
    assert!((at("m,y,x,dy/dx,,,") - by_year / 3.0).abs() < 1e-12);
    // Twice x is left out: the effect of x counts it, its own is not identified.
    let same = cell(&tidy, "same,y,x,", "estimate");
    assert!((at("same,y,x,") - same).abs() < 1e-12 && !margins.contains("same,y,twice"), "{margins}");
    assert!(folder.read("out/results.json").contains("it needs the coefficient of twice"));
    let fitted = folder.read("out/fitted.csv");
    assert_eq!(fitted.lines().count(), 73);
    assert!(fitted.starts_with("model,row,unit,time,outcome,fitted,effects,std_error"));
    let first: Vec<&str> = fitted.lines().nth(1).unwrap().split(',').collect();
    assert_eq!(first[..4], ["m", "1", "r1|i1", "2000"]);
    assert!(folder.read("out/predictions.csv").contains("all estimates"));
    let page = folder.read("out/report.html");
    for text in ["Marginal effects on y", "Predictions of y", "industry: i3 - i2"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!folder.read("out/figures/margins.svg").contains("2001"));
    // What is known is not estimated again, but fitted values are there all the same.
    folder.isard("run study.toml --out out --quiet").success();
    assert_eq!((folder.read("out/fitted.csv"), folder.read("out/margins.csv")), (fitted, margins));
}
