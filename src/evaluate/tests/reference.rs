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

/// Region, industry and cell measures of the language against NumPy, ecomplexity and EconGeo.
#[test]
fn structures_agree() {
    let (mut panel, setting) = employment();
    let sectors: Vec<String> = DATA.lines().skip(1).map(|line| line.split(',').nth(3).unwrap().to_string()).collect();
    panel.insert("sector", Column::Text(Factor::from_values(sectors.iter().map(|sector| Some(sector.as_str())))));
    let expected: serde_json::Value = serde_json::from_str(EXPECTED).unwrap();
    let plants: Vec<f64> = expected["plants"].as_array().unwrap().iter().map(|h| h.as_f64().unwrap()).collect();
    let n = panel.n_rows();
    panel.insert("plants", Column::number((0..n).map(|row| plants[row % N_INDUSTRIES]).collect()));
    type Place = fn(usize) -> usize;
    let by_region: Place = |row| row / N_INDUSTRIES;
    let by_industry: Place = |row| row % N_INDUSTRIES;
    let cases: [(&str, &str, Place); 20] = [
        ("krugman_total", "krugman(emp)", by_region),
        ("krugman", "krugman(emp)", by_region),
        ("krugman_rest", "krugman(emp, reference = rest)", by_region),
        ("theil_specialisation", "relative_entropy(emp)", by_region),
        ("hachman", "hachman(emp)", by_region),
        ("diversity", "diversity(emp)", by_region),
        ("ubiquity", "ubiquity(emp)", by_industry),
        ("variety_total", "entropy(emp)", by_region),
        ("variety_unrelated", "unrelated_variety(emp, sectors = sector)", by_region),
        ("variety_related", "related_variety(emp, sectors = sector)", by_region),
        // EconGeo rounds to three decimals, and its Gini is half of the usual one.
        ("entropy_rounded", "round(entropy(emp), 3)", by_region),
        ("half_gini", "gini(emp) / 2", by_industry),
        ("eg_raw_G", "concentration(emp)", by_industry),
        ("ellison_glaeser", "ellison_glaeser(emp, plants)", by_industry),
        ("eci", "complexity(emp)", by_region),
        ("pci", "industry_complexity(emp)", by_industry),
        ("ecomplexity_eci", "complexity(emp)", by_region),
        ("ecomplexity_coi", "complexity_outlook(emp)", by_region),
        ("fitness", "fitness(emp)", by_region),
        ("fitness_complexity", "industry_fitness(emp)", by_industry),
    ];
    for (key, text, place) in cases {
        let values = numbers_in(&panel, &setting, text).unwrap();
        for (row, &value) in values.iter().enumerate() {
            agrees(key, value, &expected[key][place(row)]);
        }
    }
    for (key, text) in [
        ("density", "density(emp)"),
        ("ecomplexity_density", "density(emp, own = true)"),
        ("ecomplexity_cog", "outlook_gain(emp)"),
    ] {
        for (row, &value) in numbers_in(&panel, &setting, text).unwrap().iter().enumerate() {
            agrees(key, value, &expected[key][by_region(row)][by_industry(row)]);
        }
    }
    // ecomplexity scales PCI by the mean and deviation of ECI, EconGeo rounds and scales by the sum: the same but for that.
    for (key, text, place, least) in [
        ("ecomplexity_pci", "industry_complexity(emp)", by_industry, 1.0 - 1e-12),
        ("kci", "complexity(emp)", by_region, 0.99999),
        ("tci", "industry_complexity(emp)", by_industry, 0.99999),
    ] {
        let ours = numbers_in(&panel, &setting, text).unwrap();
        let theirs: Vec<f64> = (0..n).map(|row| expected[key][place(row)].as_f64().unwrap()).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n as f64;
        let (a, b) = (mean(&ours), mean(&theirs));
        let product =
            |x: &[f64], c: f64, y: &[f64], d: f64| -> f64 { x.iter().zip(y).map(|(x, y)| (x - c) * (y - d)).sum() };
        let spread = (product(&ours, a, &ours, a) * product(&theirs, b, &theirs, b)).sqrt();
        let correlation = product(&ours, a, &theirs, b) / spread;
        assert!(correlation > least, "{key}: {correlation}");
    }
}
