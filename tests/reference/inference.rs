//! Wald tests, combinations, margins and predictions of other programs, through studies as a user writes them.

use std::path::Path;

use serde_json::Value;

use crate::support::Bench;

/// What a number may differ by, relative to the larger of the two; derivatives by differences hold fewer digits.
const EXACT: f64 = 1e-9;
const DIFFERENCES: f64 = 2e-6;

/// A result file as a header and rows of cells.
struct Rows {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    fn read(text: &str) -> Rows {
        let mut lines = text.lines().map(cells);
        Rows { header: lines.next().unwrap(), rows: lines.collect() }
    }

    /// The number of a column in the row whose cells have these values.
    fn number(&self, wanted: &[(&str, &str)], column: &str) -> f64 {
        let at = |name: &str| self.header.iter().position(|known| known == name).unwrap();
        let fits = |row: &&Vec<String>| wanted.iter().all(|(name, value)| row[at(name)] == *value);
        let row = self.rows.iter().find(fits).unwrap_or_else(|| panic!("no row {wanted:?} in {:?}", self.rows));
        row[at(column)].parse().unwrap()
    }
}

/// The cells of a line, quotes taken off.
fn cells(line: &str) -> Vec<String> {
    let (mut out, mut quoted) = (vec![String::new()], false);
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            other => out.last_mut().unwrap().push(other),
        }
    }
    out
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn study(case: &Value) -> String {
    let list = |key: &str| case[key].as_array().unwrap().clone();
    let tests: Vec<String> = list("tests").iter().map(|test| format!("{:?}", text(&test[0]))).collect();
    let combine: Vec<String> =
        list("combine").iter().map(|one| format!("{} = {:?}", text(&one[0]), text(&one[1]))).collect();
    let mut margins: Vec<String> = list("margins").iter().map(|one| format!("{{ {} }}", text(&one[0]))).collect();
    margins.dedup();
    format!(
        "title = \"t\"\n[data]\npanel = \"produc.csv\"\nunit = \"state\"\ntime = \"year\"\n[variables]\narea = \"concat('g', text(region))\"\n\
         [[model]]\nname = \"m\"\nformula = \"{}\"\nerrors = {}\ntests = [{}]\ncombine = {{ {} }}\nmargins = [{}]\n\
         predict = {{ sample = true, rows = {} }}\n",
        text(&case["formula"]),
        text(&case["errors"]),
        tests.join(", "),
        combine.join(", "),
        margins.join(", "),
        text(&case["rows"]),
    )
}

fn close(what: &str, found: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    let scale = expected.abs().max(found.abs());
    assert!((found - expected).abs() <= tolerance * scale, "{what}: {found:e} and {expected:e}");
}

/// A study of one likelihood with the margins and predictions of a case.
fn response_study(case: &Value) -> String {
    let margins: Vec<String> =
        case["margins"].as_array().unwrap().iter().map(|one| format!("{{ {} }}", text(&one[0]))).collect();
    let predict =
        case["rows"].as_str().map_or_else(String::new, |rows| format!("predict = {{ sample = true, rows = {rows} }}"));
    format!(
        "title = \"t\"\n[data]\npanel = \"bin_a.csv\"\nunit = \"id\"\ntime = \"t\"\n[[model]]\nname = \"m\"\nmethod = \"{}\"\n\
         formula = \"{}\"\nerrors = {}\nmargins = [{}]\n{}\n{predict}\n",
        text(&case["method"]),
        text(&case["formula"]),
        text(&case["errors"]),
        margins.join(", "),
        text(&case["offset"]),
    )
}

/// Average marginal effects, elasticities, contrasts and predictions of likelihoods, effects absorbed, beside dummies in R.
#[test]
fn response_family() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let cases: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(here.join("cases/response.json")).unwrap()).unwrap();
    let data = std::fs::read_to_string(here.join("data/bin_a.csv")).unwrap();
    for case in &cases {
        let id = text(&case["id"]);
        let bench = Bench::new().file("bin_a.csv", &data).file("study.toml", &response_study(case));
        bench.succeeds();
        let margins = Rows::read(&bench.result("margins.csv"));
        for one in case["margins"].as_array().unwrap() {
            let row = [("variable", text(&one[1])), ("contrast", text(&one[2])), ("at", text(&one[3]))];
            // The search for cloglog ends within about 1e-5 of a standard error.
            let tolerance = if text(&case["method"]) == "cloglog" { 10.0 * DIFFERENCES } else { DIFFERENCES };
            close(&format!("{id}, {row:?}"), margins.number(&row, "estimate"), &one[4], tolerance);
            close(&format!("{id}, {row:?} error"), margins.number(&row, "std_error"), &one[5], tolerance);
        }
        for (k, expected) in case["predictions"].as_array().into_iter().flatten().enumerate() {
            let predictions = Rows::read(&bench.result("predictions.csv"));
            for (j, column) in ["fitted", "index", "std_error", "conf_low", "conf_high"].iter().enumerate() {
                let found = predictions.number(&[("row", &(k + 1).to_string())], column);
                // The covariance of R's glm is that of the weights before the last step.
                let tolerance = if j < 2 { 10.0 * EXACT } else { DIFFERENCES };
                close(&format!("{id}, prediction {k} {column}"), found, &expected[j], tolerance);
            }
        }
    }
}

#[test]
fn inference_family() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let cases: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(here.join("cases/inference.json")).unwrap()).unwrap();
    let data = std::fs::read_to_string(here.join("data/produc.csv")).unwrap();
    for case in &cases {
        let id = text(&case["id"]);
        let bench = Bench::new().file("produc.csv", &data).file("study.toml", &study(case));
        bench.succeeds();
        let rows = |name: &str| Rows::read(&bench.result(name));
        for test in case["tests"].as_array().unwrap() {
            let tests = rows("tests.csv");
            let row = &tests.rows[1 + case["tests"].as_array().unwrap().iter().position(|t| t == test).unwrap()];
            let number = |column: &str| -> f64 {
                row[tests.header.iter().position(|name| name == column).unwrap()].parse().unwrap()
            };
            let what = |column: &str| format!("{id}, {}, {column}", text(&test[0]));
            close(&what("statistic"), number("statistic"), &test[1][0], DIFFERENCES);
            close(&what("df1"), number("df1"), &test[1][1], 0.0);
            close(&what("df2"), number("df2"), &test[1][2], 0.0);
            // A p-value of many statistics apart moves by more digits than its statistic.
            if test[1][3].as_f64().unwrap() > 1e-12 {
                close(&what("p_value"), number("p_value"), &test[1][3], 20.0 * DIFFERENCES);
            }
        }
        for one in case["combine"].as_array().unwrap() {
            let number = |column: &str| rows("combinations.csv").number(&[("combination", text(&one[0]))], column);
            close(&format!("{id}, {}", one[0]), number("estimate"), &one[2][0], EXACT);
            close(&format!("{id}, {} error", one[0]), number("std_error"), &one[2][1], DIFFERENCES);
        }
        for one in case["margins"].as_array().unwrap() {
            let row = [
                ("variable", text(&one[1])),
                ("contrast", text(&one[2])),
                ("at", text(&one[3])),
                ("group", text(&one[4])),
            ];
            let number = |column: &str| rows("margins.csv").number(&row, column);
            close(&format!("{id}, {row:?}"), number("estimate"), &one[5][0], DIFFERENCES);
            close(&format!("{id}, {row:?} error"), number("std_error"), &one[5][1], DIFFERENCES);
        }
        for (k, expected) in case["predictions"].as_array().unwrap().iter().enumerate() {
            let columns = ["fitted", "std_error", "conf_low", "conf_high", "pred_low", "pred_high"];
            for (j, column) in columns.iter().enumerate() {
                let found = rows("predictions.csv").number(&[("row", &(k + 1).to_string())], column);
                close(&format!("{id}, prediction {k} {column}"), found, &expected[j], EXACT);
            }
        }
        let fitted = rows("fitted.csv");
        for (k, row) in case["fitted_rows"].as_array().unwrap().iter().enumerate() {
            let number = |column: &str| fitted.number(&[("row", &row.to_string())], column);
            close(&format!("{id}, fitted {row}"), number("fitted"), &case["fitted"][k], EXACT);
            close(&format!("{id}, fitted error {row}"), number("std_error"), &case["fitted_errors"][k], EXACT);
        }
    }
}
