//! A small process: determinism, totals, holes, and least squares with dummies on the written file finds the truth.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::Path;

use nalgebra::{DMatrix, DVector};

use super::*;
use crate::space::{Polygons, Shape};

const PROCESS: &str = include_str!("../../../data/us-synthetic/process.toml");

/// The committed process with fewer regions and industries.
fn small() -> Process {
    let mut process = Process::parse(PROCESS).unwrap();
    process.regions.count = 36;
    process.regions.rounds = 2;
    process.industries.traded.clusters = 6;
    process.industries.traded.industries = 40;
    process.industries.local.clusters = 2;
    process.industries.local.industries = 6;
    process
}

/// Square counties in two states, and one county out at sea.
fn counties() -> Polygons {
    let square = |x: f64, y: f64| vec![[x, y], [x + 1.0, y], [x + 1.0, y + 1.0], [x, y + 1.0], [x, y]];
    let mut polygons = Polygons::default();
    let mut add = |id: String, x: f64, y: f64| {
        polygons.names.push(Some(format!("County {id}")));
        polygons.ids.push(id);
        polygons.shapes.push(Shape { rings: vec![square(x, y)] });
    };
    for k in 0..180_usize {
        let state = if k < 90 { "01" } else { "04" };
        add(format!("{state}{k:03}"), -110.0 + (k % 15) as f64, 30.0 + (k / 15) as f64);
    }
    add("01999".into(), -112.5, 30.0);
    polygons
}

fn geography(process: &Process) -> Geography {
    let states = [("01", "First"), ("04", "Second")].map(|(a, b)| (a.to_string(), b.to_string()));
    Geography::grow(process, &counties(), &states.into_iter().collect()).unwrap()
}

fn panel_text(folder: &Path) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(folder.join("region_industry.csv.gz")).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn regions_are_whole_and_of_like_size() {
    let process = small();
    let geography = geography(&process);
    assert_eq!(geography.regions.len(), 36);
    assert_eq!(geography.counties.len(), 181);
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    geography.counties.iter().for_each(|(_, region)| *sizes.entry(region).or_default() += 1);
    assert_eq!(sizes.len(), 36);
    assert!(sizes.values().all(|&n| (2..=9).contains(&n)), "{sizes:?}");
    assert!(geography.neighbors.iter().all(|list| !list.is_empty()));
    // The county at sea went to the nearest region of its state, and another drawing needs no counties.
    let again = Geography::from_outlines(&geography.outlines).unwrap();
    assert_eq!((again.regions, again.neighbors), (geography.regions, geography.neighbors));
}

#[test]
fn the_same_key_gives_the_same_bytes() {
    let process = small();
    let geography = geography(&process);
    let folders = [0, 0, 1].map(|replicate| {
        let folder = tempfile::tempdir().unwrap();
        let summary = draw(&process, &geography, replicate, folder.path()).unwrap();
        assert_eq!(summary.files.len(), 11);
        (folder, summary)
    });
    for name in &folders[0].1.files {
        let bytes = |k: usize| std::fs::read(folders[k].0.path().join(name)).unwrap();
        assert_eq!(bytes(0), bytes(1), "{name}");
        let design = !["region_industry.csv.gz", "datapackage.json"].contains(&name.as_str());
        assert_eq!(bytes(0) == bytes(2), design, "{name}");
    }
    let left: Vec<_> = std::fs::read_dir(folders[0].0.path()).unwrap().collect();
    assert_eq!(left.len(), 11, "nothing but whole files");
}

#[test]
fn measures_obey_their_identities() {
    let process = small();
    let geography = geography(&process);
    let industries = Industries::draw(&process);
    let base = Base::draw(&process, &geography, &industries, 0);
    let regressors = Regressors::of(&base, &geography, &industries);
    let jobs = |r: usize, i: usize| base.cells[r][i].map_or(0.0, |cell| cell.employment);
    let total: f64 = (0..36).flat_map(|r| (0..46).map(move |i| (r, i))).map(|(r, i)| jobs(r, i)).sum();
    // Specialisation averages to one over regions, weighted by their size.
    for i in 0..46 {
        let national: f64 = (0..36).map(|r| jobs(r, i)).sum();
        let mean: f64 = (0..36)
            .filter_map(|r| {
                let log = regressors.log(Term::InitialSpecialisation, r, i, &base.cells[r][i]?)?;
                let region: f64 = (0..46).map(|j| jobs(r, j)).sum();
                Some(log.exp() * region / total)
            })
            .sum();
        assert!(national == 0.0 || (mean - 1.0).abs() < 1e-12);
    }
    assert!(industries.overlap.iter().enumerate().all(|(c, row)| row[c] == 0.0));
    assert!(industries.overlap.iter().flatten().all(|w| (0.0..=1.0).contains(w)));
}

#[test]
fn faults_are_typed() {
    assert!(matches!(Process::parse("title = 1"), Err(ProcessError::Toml(_))));
    let fault = |from: &str, to: &str| Process::parse(&PROCESS.replace(from, to)).unwrap_err();
    assert!(matches!(fault("step = 5", "step = 4"), ProcessError::Years { .. }));
    assert!(matches!(fault("industries = 60", "industries = 6"), ProcessError::Industries { group: "local", .. }));
    assert!(matches!(fault("removed    = 0.01", "removed = 1.01"), ProcessError::Chance { .. }));
    assert!(matches!(fault("count    = 180", "counts = 180"), ProcessError::Toml(_)));
    let mut process = small();
    process.regions.count = 500;
    let states = HashMap::new();
    assert!(matches!(Geography::grow(&process, &counties(), &states), Err(ProcessError::RegionCount { .. })));
}

/// One line of the file.
struct Line {
    region: usize,
    industry: usize,
    year: i32,
    /// By [`Outcome::ALL`]; NaN where hidden.
    values: [f64; 4],
}

fn lines(text: &str, geography: &Geography, industries: &Industries) -> Vec<Line> {
    let parse = |line: &str| {
        let f: Vec<&str> = line.split(',').collect();
        let number = |k: usize| f[k].parse().unwrap_or(f64::NAN);
        Line {
            region: geography.regions.iter().position(|region| region.id == f[0]).unwrap(),
            industry: industries.list.iter().position(|industry| industry.id == f[1]).unwrap(),
            year: f[2].parse().unwrap(),
            values: [number(3), number(5), number(6), number(7)],
        }
    };
    text.lines().skip(1).map(parse).collect()
}

/// Estimates and region-cluster clustered standard errors of one equation on the written file.
fn estimate(process: &Process, geography: &Geography, text: &str, outcome: Outcome) -> Vec<(Term, f64, f64, f64)> {
    let industries = Industries::draw(process);
    let file = lines(text, geography, &industries);
    let at = |year: i32| -> BTreeMap<(usize, usize), [f64; 4]> {
        file.iter().filter(|l| l.year == year).map(|l| ((l.region, l.industry), l.values)).collect()
    };
    let (first, last) = (at(process.years.base), at(process.years.end));
    let mut base = Base { cells: vec![vec![None; industries.list.len()]; geography.regions.len()] };
    for (&(r, i), &[employment, wage, startups, patents]) in &first {
        base.cells[r][i] = Some(Cell { employment, establishments: 1.0, wage, startups, patents, latent: [0.0; 2] });
    }
    let regressors = Regressors::of(&base, geography, &industries);
    let k = Outcome::ALL.iter().position(|&o| o == outcome).unwrap();
    let terms: Vec<(Term, f64)> = process.equations[&outcome].parameters().collect();
    let mut sample = Vec::new();
    for (&(r, i), before) in &first {
        let Some(after) = last.get(&(r, i)) else { continue };
        let growth = (after[k] / before[k]).ln();
        let cell = base.cells[r][i].unwrap();
        let x: Option<Vec<f64>> = terms.iter().map(|&(term, _)| regressors.log(term, r, i, &cell)).collect();
        if let (true, Some(x)) = (growth.is_finite(), x) {
            sample.push((r, i, growth, x));
        }
    }
    let (n_terms, n_regions) = (terms.len(), geography.regions.len());
    let mut x = DMatrix::zeros(sample.len(), n_terms + n_regions + industries.list.len());
    for (row, (r, i, _, values)) in sample.iter().enumerate() {
        values.iter().enumerate().for_each(|(j, &v)| x[(row, j)] = v);
        x[(row, n_terms + r)] = 1.0;
        x[(row, n_terms + n_regions + i)] = 1.0;
    }
    let y = DVector::from_iterator(sample.len(), sample.iter().map(|s| s.2));
    let inverse = (x.transpose() * &x).pseudo_inverse(1e-9).unwrap();
    let coef = &inverse * (x.transpose() * &y);
    let residual = &y - &x * &coef;
    let mut scores: BTreeMap<(usize, usize), DVector<f64>> = BTreeMap::new();
    for (row, (r, i, ..)) in sample.iter().enumerate() {
        let score = scores.entry((*r, industries.list[*i].cluster)).or_insert_with(|| DVector::zeros(x.ncols()));
        *score += x.row(row).transpose() * residual[row];
    }
    let meat: DMatrix<f64> =
        scores.values().map(|s| s * s.transpose()).fold(DMatrix::zeros(x.ncols(), x.ncols()), |a, b| a + b);
    let spread = &inverse * meat * &inverse;
    terms.iter().enumerate().map(|(j, &(term, truth))| (term, truth, coef[j], spread[(j, j)].sqrt())).collect()
}

#[test]
fn least_squares_on_the_file_finds_the_truth() {
    let process = small();
    let geography = geography(&process);
    let folder = tempfile::tempdir().unwrap();
    let summary = draw(&process, &geography, 0, folder.path()).unwrap();
    let text = panel_text(folder.path());
    assert_eq!(text.lines().count(), summary.rows + 1);
    assert!(summary.suppressed > 0);
    for outcome in Outcome::ALL {
        for (term, truth, found, se) in estimate(&process, &geography, &text, outcome) {
            assert!(se > 0.0 && se < 0.05, "{outcome:?} {term:?}: se {se}");
            assert!((found - truth).abs() < 4.0 * se, "{outcome:?} {term:?}: {found} ({se}), truth {truth}");
        }
    }
}

/// Writes the committed data. Give the counties file of npm us-atlas 3.0.1 in `ISARD_COUNTIES`.
#[test]
#[ignore = "writes data/us-synthetic"]
fn write_the_committed_panel() {
    let process = Process::parse(PROCESS).unwrap();
    let counties = std::fs::read(std::env::var("ISARD_COUNTIES").unwrap()).unwrap();
    let geography = Geography::from_counties(&process, &counties).unwrap();
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/us-synthetic");
    let summary = draw(&process, &geography, 0, &out).unwrap();
    assert!(summary.rows > 50_000);
}

/// Intervals of the naive formula (no small-sample factor) over replicates, pooled over equations and terms.
#[test]
#[ignore = "slow: 60 draws"]
fn intervals_cover_the_truth() {
    let process = small();
    let geography = geography(&process);
    let mut z = Vec::new();
    for replicate in 0..60 {
        let folder = tempfile::tempdir().unwrap();
        draw(&process, &geography, replicate, folder.path()).unwrap();
        let text = panel_text(folder.path());
        for outcome in Outcome::ALL {
            let found = estimate(&process, &geography, &text, outcome);
            z.extend(found.into_iter().map(|(_, truth, found, se)| (found - truth) / se));
        }
    }
    let n = z.len() as f64;
    let mean = z.iter().sum::<f64>() / n;
    let covered = z.iter().filter(|z| z.abs() < 1.96).count() as f64 / n;
    println!("mean z {mean:.3}, coverage {covered:.3} of {n}");
    assert!(mean.abs() < 0.15 && (0.90..0.98).contains(&covered), "mean z {mean}, coverage {covered}");
}
