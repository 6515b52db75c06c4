//! Errors of a few clusters (clubSandwich, summclust), and what programs print with their own counting on Grunfeld's data.
//!
//! | numbers | program and call |
//! |---|---|
//! | cases of `clusters.json` | in each case |
//! | statsmodels 0.15.0 | `OLS(inv, [1, value, capital, firm and year dummies]).fit(cov_type=...)` |
//! | pyfixest 0.60.0 | `feols("inv ~ value + capital", vcov = "HC3")` |
//! | linearmodels 7.1 | `PanelOLS(inv, [value, capital], entity_effects, time_effects).fit(cov_type=...)` |
//! | sandwich 3.0.2 (R 4.2.2) | `lm(inv ~ value + capital + factor(firm) + factor(year))`, `vcovHC`, `vcovCL`, `vcovPL(adjust = FALSE)` |
//! | plm (R) | `plm(inv ~ value + capital, model = "within")`, `vcovHC`, `vcovSCC`, `vcovDC` with `type = "HC0"` |
//! | fixest's vignette on standard errors | `inv ~ capital | firm + year` by firm: `xtreg`'s, `areg`'s and plm's number |

use std::path::Path;

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::estimate::{Estimate, Estimator, Fit, ModelRequest, Ols, fit_model};
use isard::vcov::{ClusterType, Conley, Dialect, Errors, Lags, RawCovariance, SpatialKernel, covariance};
use serde_json::Value;

use crate::csv::Csv;

fn data(file: &str) -> Csv {
    Csv::read(&crate::csv::data_file("tests/reference/data", file).unwrap())
}

fn columns<'a>(csv: &Csv, names: &[&'a str]) -> Vec<(&'a str, Vec<f64>)> {
    names.iter().map(|name| (*name, csv.number(name))).collect()
}

fn close(what: &str, got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance * expected.abs(), "{what}: {got:?}, expected {expected:?}");
}

/// The cases of clubSandwich and summclust: errors, covariance, Satterthwaite's degrees of freedom and p.
#[test]
fn few_clusters() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/cases/clusters.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let csv = data("few_a.csv");
    let vars =
        ModelVariables::new(("y", csv.number("y")), columns(&csv, &["x1", "x2", "d"])).cluster("cl", csv.factor("cl"));
    let design = DesignMatrix::build(&vars, Default::default()).unwrap();
    let estimate = Ols.fit(&design, &AbsorberCache::new()).unwrap();
    let clusters = vec!["cl".to_string()];
    let mut tried = 0;
    for case in &cases {
        let (program, word) = (case["origin"]["program"].as_str().unwrap(), case["vcov"]["type"].as_str().unwrap());
        let dialect = if program == "summclust" { Dialect::Summclust } else { Dialect::Clubsandwich };
        let (kind, factor) = match word {
            "CR0" => (ClusterType::Cr0, 1.0),
            // clubSandwich's CR1 and CR1S are CR0 with factors, degrees of freedom and all.
            "CR1" => (ClusterType::Cr0, 9.0 / 8.0),
            "CR1S" => (ClusterType::Cr0, 9.0 / 8.0 * 362.0 / 359.0),
            "CR2" => (ClusterType::Cr2, 1.0),
            "CR3" | "CRV3" => (ClusterType::Cr3, 1.0),
            "CRV3J" => (ClusterType::Jackknife, 1.0),
            other => panic!("{other}"),
        };
        let errors = Errors::Adjusted(kind, clusters.clone());
        let found = covariance(&errors, &dialect.small_sample(), &design, &estimate).unwrap();
        let expected = &case["results"]["vcov"]["matrix"];
        for i in 0..4 {
            for j in 0..4 {
                let value = expected[i][j].as_f64().unwrap();
                let gap = (found.matrix[(i, j)] * factor - value).abs();
                assert!(gap < 1e-8 * 0.07, "{word} [{i},{j}]: {} {value}", found.matrix[(i, j)]);
            }
        }
        if let Some(degrees) = case["results"]["df_satt"].as_object() {
            // As the cases list them: of the errors without factors.
            for (i, term) in estimate.terms.iter().enumerate() {
                close(&format!("{word} df {term}"), found.df(i), degrees[term].as_f64().unwrap(), 1e-8);
            }
        }
        tried += 1;
    }
    assert_eq!(tried, 7);
}

struct Grunfeld {
    csv: Csv,
}

impl Grunfeld {
    fn model(&self, effects: &[&str]) -> (DesignMatrix, Estimate) {
        let csv = &self.csv;
        let mut vars = ModelVariables::new(("inv", csv.number("inv")), columns(csv, &["value", "capital"]))
            .cluster("firm", csv.factor("firm"))
            .cluster("year", csv.factor("year"))
            .at_time("year", csv.number("year"))
            .of_unit("firm", csv.factor("firm"));
        for effect in effects {
            vars = vars.absorb(effect, csv.factor(effect));
        }
        let design = DesignMatrix::build(&vars, Default::default()).unwrap();
        let estimate = Ols.fit(&design, &AbsorberCache::new()).unwrap();
        (design, estimate)
    }

    fn check(&self, effects: &[&str], rows: &[(Dialect, Errors, [f64; 2], f64)], tolerance: f64) {
        let (design, estimate) = self.model(effects);
        for (dialect, errors, expected, df) in rows {
            dialect.check(errors, &design).unwrap();
            let found = RawCovariance::of(errors, &design, &estimate).unwrap().with(&dialect.small_sample());
            let from = estimate.terms.len() - 2;
            for (k, expected) in expected.iter().enumerate() {
                let at = from + k;
                let what = format!("{dialect} {errors:?} {}", estimate.terms[at]);
                close(&what, found.matrix[(at, at)].sqrt(), *expected, tolerance);
            }
            assert_eq!(found.factors.df, *df, "{dialect} {errors:?}");
        }
    }
}

fn by(names: &[&str]) -> Errors {
    Errors::Cluster(names.iter().map(ToString::to_string).collect())
}

fn adjusted(kind: ClusterType, names: &[&str]) -> Errors {
    Errors::Adjusted(kind, names.iter().map(ToString::to_string).collect())
}

#[test]
fn programs_with_two_effects() {
    let grunfeld = Grunfeld { csv: data("grunfeld.csv") };
    let normal = f64::INFINITY;
    let (nw, dk) = (Errors::NeweyWest(Lags::Given(2)), Errors::DriscollKraay(Lags::Given(2)));
    let iid = [0.013751283003648234, 0.022719010882572485];
    let hc0 = [0.01763092742221011, 0.05000904065538164];
    let hc1 = [0.019179920521311733, 0.05440266425854478];
    let hc2 = [0.020335613819527806, 0.06306854398278426];
    let hc3 = [0.023623789027063562, 0.08011549708357105];
    let hc4 = [0.023488969961776032, 0.09238549286089313];
    let firm = [0.011108915520473899, 0.0491059410265701];
    let both = [0.012809362135018171, 0.050223772088443364];
    let rows = [
        (Dialect::Statsmodels, Errors::Iid, iid, 169.0),
        (Dialect::Statsmodels, Errors::Hc0, hc0, normal),
        (Dialect::Statsmodels, Errors::Hc1, hc1, normal),
        (Dialect::Statsmodels, Errors::Hc2, hc2, normal),
        (Dialect::Statsmodels, Errors::Hc3, hc3, normal),
        (Dialect::Statsmodels, by(&["firm"]), firm, normal),
        (Dialect::Statsmodels, by(&["firm", "year"]), both, normal),
        (Dialect::Statsmodels, nw.clone(), [0.021992879191632685, 0.06243819191495683], normal),
        (Dialect::Statsmodels, dk.clone(), [0.022752238959022526, 0.062135176296552824], normal),
        (Dialect::Linearmodels, Errors::Iid, iid, 169.0),
        (Dialect::Linearmodels, Errors::Hc1, hc1, 169.0),
        (Dialect::Linearmodels, by(&["firm"]), [0.010565288935392969, 0.046702889623560055], 169.0),
        (Dialect::Linearmodels, by(&["firm", "year"]), [0.011568074651397671, 0.04640386400820825], 169.0),
        (Dialect::Linearmodels, dk.clone(), [0.022231788521628514, 0.06071385333403585], 169.0),
        (Dialect::Sandwich, Errors::Iid, iid, 169.0),
        (Dialect::Sandwich, Errors::Hc0, hc0, 169.0),
        (Dialect::Sandwich, Errors::Hc1, hc1, 169.0),
        (Dialect::Sandwich, Errors::Hc2, hc2, 169.0),
        (Dialect::Sandwich, Errors::Hc3, hc3, 169.0),
        (Dialect::Sandwich, Errors::Hc4, hc4, 169.0),
        (Dialect::Sandwich, by(&["firm"]), firm, 169.0),
        (Dialect::Sandwich, adjusted(ClusterType::Cr0, &["firm"]), [0.009712023686834942, 0.04293110893997378], 169.0),
        (Dialect::Sandwich, by(&["firm", "year"]), both, 169.0),
        (Dialect::Sandwich, dk, [0.020436322948013425, 0.05581053062580086], 169.0),
        (Dialect::Sandwich, nw, [0.020216708218483474, 0.05739560958052041], 169.0),
    ];
    grunfeld.check(&["firm", "year"], &rows, 1e-9);
}

#[test]
fn programs_with_one_effect_and_none() {
    let grunfeld = Grunfeld { csv: data("grunfeld.csv") };
    let (nw, dk) = (Errors::NeweyWest(Lags::Given(2)), Errors::DriscollKraay(Lags::Given(2)));
    let rows = [
        (Dialect::Linearmodels, by(&["firm"]), [0.014414396782794197, 0.05004345468779784], 188.0),
        (Dialect::Plm, adjusted(ClusterType::Cr0, &["firm"]), [0.014342144, 0.049792609], 188.0),
        (Dialect::Plm, nw, [0.021456505, 0.049098561], 188.0),
        (Dialect::Plm, dk, [0.017686033, 0.034820147], 188.0),
        (Dialect::Plm, adjusted(ClusterType::Cr0, &["firm", "year"]), [0.011054229, 0.041144766], 188.0),
    ];
    grunfeld.check(&["firm"], &rows, 1e-7);
    let rows = [
        (Dialect::Sandwich, adjusted(ClusterType::Cr2, &["firm"]), [0.016245077780067743, 0.11046762091905073], 197.0),
        (Dialect::Sandwich, adjusted(ClusterType::Cr3, &["firm"]), [0.01700248345522156, 0.15530038145304847], 197.0),
        (Dialect::Sandwich, Errors::Hc4, [0.007543633260340637, 0.07140335585310036], 197.0),
        (Dialect::Summclust, adjusted(ClusterType::Cr3, &["firm"]), [0.0161299721, 0.147330878], 9.0),
        (Dialect::Pyfixest, Errors::Hc3, [0.007216998246060218, 0.058953689502464934], 197.0),
        (Dialect::Fixest, by(&["firm"]), [0.0158943367, 0.0849671126], 9.0),
    ];
    grunfeld.check(&[], &rows, 1e-8);
}

/// One number by four ways of counting (fixest's vignette; 20 years, 10 firms).
#[test]
fn nested_effects() {
    let csv = data("grunfeld.csv");
    let vars = ModelVariables::new(("inv", csv.number("inv")), columns(&csv, &["capital"]))
        .cluster("firm", csv.factor("firm"))
        .absorb("firm", csv.factor("firm"))
        .absorb("year", csv.factor("year"));
    let fit = |dialect: Dialect, errors: Errors| -> Fit {
        let request = ModelRequest { errors, dialect, ..ModelRequest::default() };
        fit_model(&request, &vars, &AbsorberCache::new()).unwrap()
    };
    for dialect in [Dialect::Fixest, Dialect::Fixest012, Dialect::Reghdfe, Dialect::Pyfixest] {
        let found = fit(dialect, by(&["firm"]));
        close(&dialect.to_string(), found.coefficients[0].std_error, 0.06328129, 1e-7);
        assert_eq!(found.errors.factors.k, 21);
    }
    let full = fit(Dialect::Sandwich, by(&["firm"]));
    close("sandwich", full.coefficients[0].std_error, 0.06493478, 1e-7);
    let none = fit(Dialect::Plm, adjusted(ClusterType::Cr0, &["firm"]));
    close("plm", none.coefficients[0].std_error, 0.05693726, 1e-7);
    // Every fit holds what the others would have printed.
    let line = |name: &str| full.errors.details.dialects.iter().find(|line| line.dialect == name).unwrap().clone();
    close("beside", line("fixest").std_error.unwrap(), 0.06328129, 1e-7);
    assert!(line("areg").reason.contains("absorbs one effect, and the model has 2"), "{:?}", line("areg"));
}

/// fixest 0.12 on R's `quakes` has (N-1)/(N-K), 0.14 N/(N-K), on Conley errors: the factors alone.
#[test]
fn factors_of_conley_errors() {
    let n = 60;
    let of = |f: f64| (0..n).map(|i| (i as f64 * f).sin()).collect::<Vec<f64>>();
    let vars = ModelVariables::new(("y", of(1.1)), vec![("x", of(0.37))]).at_place(("lat", of(0.9)), ("lon", of(0.7)));
    let design = DesignMatrix::build(&vars, Default::default()).unwrap();
    let estimate = Ols.fit(&design, &AbsorberCache::new()).unwrap();
    let errors = Errors::Conley(Conley { cutoff_km: 30.0, kernel: SpatialKernel::Uniform, serial: None });
    let raw = RawCovariance::of(&errors, &design, &estimate).unwrap();
    let ratio = raw.with(&Dialect::Fixest.small_sample()).matrix[(1, 1)]
        / raw.with(&Dialect::Fixest012.small_sample()).matrix[(1, 1)];
    close("ratio", ratio, 60.0 / 59.0, 1e-12);
}
