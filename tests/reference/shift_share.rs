//! Shift-share inference against ShiftShareSE: every case of `cases/shiftshare.json`, and the data of Autor, Dorn and
//! Hanson (2013) where they are (they may not be distributed).

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables, WeightKind};
use isard::estimate::shift_share::{
    ConfidenceSet, Exposure, ExposureErrors, ShareMatrix, ShareProjection, ShiftShare, ShiftShareRecord,
    fit_shift_share,
};
use isard::estimate::{Fit, ModelRequest};
use isard::panel::Factor;

use crate::csv::{Csv, data_file};

fn near(what: &str, got: f64, wanted: f64, tolerance: f64) {
    assert!((got - wanted).abs() <= tolerance * wanted.abs().max(1.0), "{what}: {got}, wanted {wanted}");
}

fn interval(set: &ConfidenceSet) -> (f64, f64) {
    match set {
        ConfidenceSet::Interval { low, high } => (*low, *high),
        other => panic!("no interval: {other:?}"),
    }
}

fn fit(vars: &ModelVariables, exposure: &Exposure, balance: Vec<(String, bool, Vec<f64>)>) -> Fit {
    let design = DesignMatrix::build(vars, Default::default()).unwrap();
    let shift = ShiftShare { variable: "X".into(), exposure: exposure.select(&design.sample.rows), balance };
    fit_shift_share(&ModelRequest::default(), &design, &shift, &AbsorberCache::new()).unwrap()
}

fn record(fit: &Fit) -> &ShiftShareRecord {
    fit.shift_share.as_ref().unwrap()
}

/// The synthetic data of the cases, with or without groups of shocks.
fn bartik(grouped: bool) -> (Csv, Exposure) {
    let read = |name: &str| Csv::read(&data_file("tests/reference/data", name).unwrap());
    let (shares, shocks) = (read("bartik_a_shares.csv"), read("bartik_a_shocks.csv"));
    let columns: Vec<Vec<f64>> = (1..=40).map(|k| shares.number(&format!("s{k}"))).collect();
    let rows: Vec<Vec<f64>> = (0..200).map(|r| columns.iter().map(|column| column[r]).collect()).collect();
    let groups = grouped.then(|| shocks.number("scl").iter().map(|g| format!("{g}")).collect());
    let names = (1..=40).map(|k| format!("s{k}")).collect();
    let matrix = ShareMatrix::from_dense(&rows).unwrap();
    (read("bartik_a.csv"), Exposure::from_arrays(matrix, shocks.number("g"), names, groups).unwrap())
}

fn bartik_model(data: &Csv, is_iv: bool) -> ModelVariables {
    let vars = ModelVariables::new(("y", data.number("y")), vec![("c", data.number("c"))]);
    if is_iv {
        return vars.endogenous("d", data.number("d")).instrument("X", data.number("X"));
    }
    let mut vars = vars;
    vars.regressors.push(("X".into(), std::sync::Arc::new(data.number("X"))));
    vars
}

#[test]
fn shift_share_family() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/cases/shiftshare.json");
    let text = std::fs::read_to_string(path).unwrap();
    let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let (data, exposure) = bartik(case["options"]["sector_cluster"].is_string());
        let fit =
            fit(&bartik_model(&data, case["peer"]["call"].as_str().unwrap().starts_with("ivreg")), &exposure, vec![]);
        let found = &record(&fit).estimate;
        let set = interval(&found.akm0);
        let quantile = 1.959_963_984_540_054;
        let results = &case["results"];
        let wanted = |kind: &str, name: &str| results[kind][name].as_f64().unwrap();
        let compare = |what: &str, got: f64, wanted: f64| near(&format!("{id} {what}"), got, wanted, 1e-9);
        compare("beta", found.estimate, results["beta"].as_f64().unwrap());
        compare("EHW", found.robust, wanted("se", "EHW"));
        compare("AKM", found.akm, wanted("se", "AKM"));
        compare("AKM p", found.akm_p, wanted("p", "AKM"));
        compare("AKM low", found.akm_low, wanted("ci_l", "AKM"));
        compare("AKM high", found.akm_high, wanted("ci_r", "AKM"));
        compare("AKM0", (set.1 - set.0) / (2.0 * quantile), wanted("se", "AKM0"));
        compare("AKM0 p", found.akm0_p, wanted("p", "AKM0"));
        compare("AKM0 low", set.0, wanted("ci_l", "AKM0"));
        compare("AKM0 high", set.1, wanted("ci_r", "AKM0"));
        assert_eq!((fit.coefficients[0].estimate, fit.coefficients[0].std_error), (found.estimate, found.akm));
    }
}

/// The folder of the data of Autor, Dorn and Hanson: `ISARD_DATA`, or `shared/data` beside the project.
fn adh_folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("ISARD_DATA").map_or(beside, PathBuf::from).join("shiftshare");
    folder.join("akm_ADH_reg.csv.gz").is_file().then_some(folder)
}

/// Unpacks a compressed file beside nothing else.
fn unpacked(folder: &Path, name: &str) -> Csv {
    let out = tempfile::tempdir().unwrap();
    let mut text = Vec::new();
    let file = std::fs::File::open(folder.join(name)).unwrap();
    flate2::read::GzDecoder::new(file).read_to_end(&mut text).unwrap();
    let path = out.path().join("data.csv");
    std::fs::write(&path, text).unwrap();
    Csv::read(&path)
}

struct Adh {
    data: Csv,
    shares: ShareMatrix,
    sic: Vec<String>,
    shocks: Vec<f64>,
}

impl Adh {
    fn read(folder: &Path) -> Adh {
        let data = unpacked(folder, "akm_ADH_reg.csv.gz");
        let table = unpacked(folder, "akm_ADH_W_sparse.csv.gz");
        let (row, column, share) = (table.number("row"), table.number("col"), table.number("share"));
        let names = table.number("sic");
        let mut rows = vec![Vec::new(); data.number("IV").len()];
        let mut sic: HashMap<usize, String> = HashMap::new();
        for i in 0..row.len() {
            rows[row[i] as usize - 1].push((column[i] as u32 - 1, share[i]));
            sic.insert(column[i] as usize - 1, format!("{}", names[i]));
        }
        let shares = ShareMatrix::from_rows(770, rows);
        // The shocks are what the shift-share variable is made of.
        let projection = ShareProjection::new(&shares, None);
        let shocks = projection.coefficients(&shares, &data.number("IV"), None);
        let sic = (0..770).map(|k| sic[&k].clone()).collect();
        Adh { data, shares, sic, shocks }
    }

    /// Shocks clustered by 3-digit industries, or each alone.
    fn exposure(&self, grouped: bool) -> Exposure {
        let groups = grouped.then(|| self.sic.iter().map(|sic| sic[..3].to_string()).collect());
        let names = self.sic.iter().enumerate().map(|(k, sic)| format!("{sic} ({k})")).collect();
        Exposure::from_arrays(self.shares.clone(), self.shocks.clone(), names, groups).unwrap()
    }

    fn model(&self, outcome: &str, all: bool, weighted: bool) -> ModelVariables {
        let later = self.text("t2").iter().map(|t| f64::from(*t == "TRUE")).collect();
        let mut controls = vec![("t2", later)];
        let names = [
            "l_shind_manuf_cbp",
            "l_sh_popedu_c",
            "l_sh_popfborn",
            "l_sh_empl_f",
            "l_sh_routine33",
            "l_task_outsource",
        ];
        controls.extend(names.into_iter().filter(|_| all).map(|name| (name, self.data.number(name))));
        let mut vars = ModelVariables::new((outcome, self.data.number(outcome)), controls)
            .endogenous("shock", self.data.number("shock"))
            .instrument("X", self.data.number("IV"))
            .cluster("statefip", self.data.factor("statefip"));
        if all {
            vars = vars.absorb("division", self.data.factor("division"));
        }
        if weighted {
            vars = vars.weight(WeightKind::Analytic, "weights", self.data.number("weights"));
        }
        vars
    }

    fn text(&self, name: &str) -> Vec<&'static str> {
        let factor: Factor = self.data.factor(name);
        (0..factor.len()).map(|row| if factor.text(row) == Some("TRUE") { "TRUE" } else { "FALSE" }).collect()
    }
}

fn near_set(what: &str, found: &ExposureErrors, akm: Option<(f64, f64)>, akm0: Option<(f64, f64)>) {
    let digits = 1e-9;
    if let Some((low, high)) = akm {
        near(&format!("{what} AKM low"), found.akm_low, low, digits);
        near(&format!("{what} AKM high"), found.akm_high, high, digits);
    }
    if let Some((low, high)) = akm0 {
        let set = interval(&found.akm0);
        near(&format!("{what} AKM0 low"), set.0, low, digits);
        near(&format!("{what} AKM0 high"), set.1, high, digits);
    }
}

/// Numbers that ShiftShareSE's own tests print (to their digits), and others of the same formulas, reproduced by a second
/// program.
#[test]
fn china_shock() {
    let Some(folder) = adh_folder() else {
        println!(
            "skipped: the data of Autor, Dorn and Hanson are not here (set ISARD_DATA to the folder that has shiftshare/)"
        );
        return;
    };
    let adh = Adh::read(&folder);
    let (plain, grouped) = (adh.exposure(false), adh.exposure(true));
    // Shares and variable are rounded in the files.
    for (row, (built, given)) in plain.variable().iter().zip(adh.data.number("IV")).enumerate() {
        near(&format!("row {row}"), *built, given, 1e-4);
    }
    let manufacturing = [
        (false, false, -0.6215758, 0.8671441),
        (true, false, -0.3028266, 0.7462433),
        (false, true, -0.7460301, 0.7916466),
        (true, true, -0.5963601, 0.6310409),
    ];
    for (all, weighted, estimate, first_stage) in manufacturing {
        let fit = fit(&adh.model("d_sh_empl_mfg", all, weighted), &plain, vec![]);
        near("manufacturing", record(&fit).estimate.estimate, estimate, 5.1e-8);
        near("its first stage", record(&fit).first_stage.as_ref().unwrap().estimate, first_stage, 5.1e-8);
        let by_kind = &record(&fit).estimate;
        if all {
            let wanted =
                if weighted { (0.053969004, 0.095215853, 0.098773877) } else { (0.0390714, 0.090163192, 0.100470868) };
            near("homoskedastic", by_kind.homoskedastic, wanted.0, 5.1e-8);
            near("EHW", by_kind.robust, wanted.1, 5.1e-10);
            near("by state", by_kind.clustered.unwrap(), wanted.2, 5.1e-10);
        }
        if all && weighted {
            near_set("manufacturing", by_kind, Some((-0.810991467, -0.381728639)), Some((-0.891427381, -0.391771442)));
            let reduced = record(&fit).reduced_form.as_ref().unwrap();
            near_set(
                "its reduced form",
                reduced,
                Some((-0.516754285, -0.235900929)),
                Some((-0.629980319, -0.257494610)),
            );
        }
    }
    let all = fit(&adh.model("d_sh_empl", true, true), &grouped, vec![]);
    let found = record(&all);
    let (first, reduced) = (found.first_stage.as_ref().unwrap(), found.reduced_form.as_ref().unwrap());
    near("first stage", first.estimate, 0.631040938185757, 1e-12);
    near("reduced form", reduced.estimate, -0.488568717122902, 1e-12);
    near("total employment", found.estimate.estimate, -0.774226658776735, 1e-12);
    near_set("first stage", first, Some((0.527240172, 0.734841704)), Some((0.537570958, 0.838282656)));
    near_set("reduced form", reduced, Some((-0.810383925, -0.166753509)), Some((-1.236885319, -0.239754057)));
    near_set("IV", &found.estimate, Some((-1.245349170, -0.303104147)), Some((-1.690324047, -0.389313219)));
    let quantile = 1.959_963_984_540_054;
    near("EHW", reduced.estimate - quantile * reduced.robust, -0.708954, 5.1e-7);
    near("EHW", reduced.estimate + quantile * reduced.robust, -0.268183, 5.1e-7);
    let unclustered = fit(&adh.model("d_sh_empl", true, true), &plain, vec![]);
    let sets = (Some((-1.186050307, -0.362403010)), Some((-1.401330655, -0.419822345)));
    near_set("unclustered", &record(&unclustered).estimate, sets.0, sets.1);
    near("over sectors", found.shock_level_estimate, -0.7742265, 5.1e-8);
    let sum: f64 = found.rotemberg.iter().map(|row| row.weight * row.estimate).sum();
    near("Rotemberg", sum, found.shock_level_estimate, 1e-12);
    let negative: f64 = found.rotemberg.iter().map(|row| row.weight.min(0.0)).sum();
    near("negative weights", negative, -0.1279, 5.1e-5);
    for (row, weight) in found.rotemberg.iter().zip([0.17974, 0.11507, 0.07046, 0.06503, 0.05259]) {
        near(&row.sector, row.weight, weight, 5.1e-6);
    }
}
