//! Against other programs: `tests/reference/cluster-measures`, whose `origin.toml` says which.

use super::super::{Roles, Setting};
use super::numbers_in;
use crate::panel::{Column, Factor, Index, Panel};

const DATA: &str = include_str!("../../../tests/reference/cluster-measures/employment.csv");
const EXPECTED: &str = include_str!("../../../tests/reference/cluster-measures/expected.json");
const N_INDUSTRIES: usize = 25;

/// The panel: rows by region, then industry.
fn employment() -> (Panel, Setting) {
    let rows: Vec<Vec<&str>> = DATA.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let text = |k: usize| Column::Text(Factor::from_values(rows.iter().map(|row| Some(row[k]))));
    let mut panel = Panel::new(rows.len(), Index { unit: vec!["region".into(), "industry".into()], time: None });
    panel.insert("region", text(0));
    panel.insert("industry", text(1));
    panel.insert("emp", Column::number(rows.iter().map(|row| row[2].parse().unwrap()).collect()));
    let roles = Roles { region: Some("region".into()), industry: Some("industry".into()), ..Roles::default() };
    (panel, Setting { roles, ..Setting::default() })
}

#[test]
fn measures_agree() {
    let (panel, setting) = employment();
    let expected: serde_json::Value = serde_json::from_str(EXPECTED).unwrap();
    type Place = fn(usize) -> usize;
    let by_region: Place = |row| row / N_INDUSTRIES;
    let by_industry: Place = |row| row % N_INDUSTRIES;
    let national = "(sum(emp, by = industry) / sum(emp))";
    let gap = "(emp / sum(emp, by = industry) - sum(emp, by = region) / sum(emp))";
    let cases: [(&str, String, Place); 7] = [
        ("hhi_region", "herfindahl(emp)".into(), by_region),
        ("herfindahl", "herfindahl(emp, over = industry)".into(), by_region),
        ("hhi_industry", "herfindahl(emp, over = region)".into(), by_industry),
        ("krugman_total", format!("sum(abs(share(emp) - {national}), by = region)"), by_region),
        ("theil_specialisation", format!("sum(share(emp) * log(share(emp) / {national}), by = region)"), by_region),
        ("eg_raw_G", format!("sum({gap} ^ 2, by = industry)"), by_industry),
        ("diversity", "sum(lq(emp) >= 1, by = region)".into(), by_region),
    ];
    for (key, text, place) in cases {
        let values = numbers_in(&panel, &setting, &text).unwrap();
        for (row, &value) in values.iter().enumerate() {
            agrees(key, value, &expected[key][place(row)]);
        }
    }
    for (row, &value) in numbers_in(&panel, &setting, "lq(emp)").unwrap().iter().enumerate() {
        agrees("lq", value, &expected["lq"][by_region(row)][by_industry(row)]);
    }
}

fn agrees(key: &str, value: f64, expected: &serde_json::Value) {
    let expected = expected.as_f64().unwrap();
    assert!((value - expected).abs() <= 1e-10f64.max(1e-8 * expected.abs()), "{key}: {value}, not {expected}");
}
