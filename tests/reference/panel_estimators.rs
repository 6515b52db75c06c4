//! Estimators of panels by R's plm 2.6.2 (R 4.2.2): coefficients and standard errors of the calls named at each case. The data
//! are plm's `Produc` and `Grunfeld`.

use std::sync::Arc;

use isard::absorb::AbsorberCache;
use isard::design::ModelVariables;
use isard::estimate::panel::{ComponentsMethod, FglsRows, GroupMethod, InstrumentSet, PanelMethod};
use isard::estimate::{Fit, Method, ModelRequest, fit_model};
use isard::vcov::Dialect;

use super::panel::column;
use crate::csv::{Csv, data_file};

/// A term, its coefficient and its standard error.
type Row = (&'static str, f64, f64);

/// `y ~ x + ...` of a file with its unit and time.
struct Model {
    file: &'static str,
    index: (&'static str, &'static str),
    outcome: &'static str,
    terms: &'static [&'static str],
}

const PRODUC: Model = Model {
    file: "produc.csv",
    index: ("state", "year"),
    outcome: "log(gsp)",
    terms: &["log(pcap)", "log(pc)", "log(emp)", "unemp"],
};

const GRUNFELD: Model =
    Model { file: "grunfeld.csv", index: ("firm", "year"), outcome: "inv", terms: &["value", "capital"] };

impl Model {
    fn read(&self) -> Csv {
        Csv::read(&data_file("tests/reference/data", self.file).expect("distributed with the tests"))
    }

    fn variables(&self, csv: &Csv) -> ModelVariables {
        let columns = self.terms.iter().map(|term| (*term, column(csv, term))).collect();
        let (unit, time) = self.index;
        ModelVariables::new((self.outcome, column(csv, self.outcome)), columns)
            .keep_singletons()
            .of_unit(unit, csv.factor(unit))
            .at_time(time, csv.number(time))
    }

    fn fit(&self, method: PanelMethod) -> Fit {
        fitted(method, &self.variables(&self.read()))
    }
}

fn fitted(method: PanelMethod, variables: &ModelVariables) -> Fit {
    let request =
        ModelRequest { method: Some(Method::Panel(method)), dialect: Dialect::Plm, ..ModelRequest::default() };
    fit_model(&request, variables, &AbsorberCache::new()).unwrap()
}

fn agree(fit: &Fit, rows: &[Row], tolerance: f64) {
    let close = |a: f64, b: f64| (a - b).abs() <= tolerance * b.abs();
    let terms: Vec<&str> = fit.coefficients.iter().map(|c| c.term.as_str()).collect();
    for (term, estimate, std_error) in rows {
        let found = fit.coefficients.iter().find(|c| c.term == *term);
        let found = found.unwrap_or_else(|| panic!("no {term} in {terms:?}"));
        assert!(close(found.estimate, *estimate), "{term}: {} and not {estimate}", found.estimate);
        assert!(close(found.std_error, *std_error), "{term}: error {} and not {std_error}", found.std_error);
    }
    assert_eq!(terms.len(), rows.len(), "{terms:?}");
}

/// `pmg(log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp, Produc, model = "mg")`.
#[test]
fn mean_group() {
    let rows = [
        ("(Intercept)", 2.672239199466582, 0.4126515186259116),
        ("log(pcap)", -0.1048506954286355, 0.07991321432736086),
        ("log(pc)", 0.2182539443902166, 0.05008619980634757),
        ("log(emp)", 0.9334775601717971, 0.07500716925208789),
        ("unemp", -0.003721571820532262, 0.001642720505743905),
    ];
    agree(&PRODUC.fit(PanelMethod::Groups(GroupMethod::MeanGroup)), &rows, 1e-9);
}

/// `pmg(log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp, Produc, model = "cmg")` without the coefficients of the means; `pcce(model = "mg")` has seven digits of them`.
#[test]
fn cce_mean_group() {
    let rows = [
        ("log(pcap)", 0.089985037264396, 0.1176039516675152),
        ("log(pc)", 0.03357839939014652, 0.04233618545221737),
        ("log(emp)", 0.6258658706692365, 0.1071719264576443),
        ("unemp", -0.003117793725945015, 0.001438881207921896),
    ];
    agree(&PRODUC.fit(PanelMethod::Groups(GroupMethod::CceMeanGroup)), &rows, 1e-7);
}

/// `pcce(log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp, Produc, model = "p")`.
#[test]
fn cce_pooled() {
    let rows = [
        ("log(pcap)", 0.04323749477277148, 0.1041125374605027),
        ("log(pc)", 0.03639219493867773, 0.0368431903491436),
        ("log(emp)", 0.820963122695382, 0.1390202097766378),
        ("unemp", -0.002092543736715692, 0.001497290037108734),
    ];
    agree(&PRODUC.fit(PanelMethod::Groups(GroupMethod::CcePooled)), &rows, 1e-5);
}

/// `pvcm(inv ~ value + capital, Grunfeld, model = "random")`.
#[test]
fn swamy() {
    let rows = [
        ("(Intercept)", -9.629285137439354, 17.03503950743822),
        ("value", 0.08458733660470216, 0.01995590534088532),
        ("capital", 0.1994184033488559, 0.05265335866112398),
    ];
    agree(&GRUNFELD.fit(PanelMethod::Groups(GroupMethod::Swamy)), &rows, 1e-9);
}

/// `pvcm(log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp, Produc, model = "random")`.
#[test]
fn swamy_of_produc() {
    let rows = [
        ("(Intercept)", 2.566061703678125, 0.4646077397115925),
        ("log(pcap)", -0.07862810424123123, 0.08900761856880195),
        ("log(pc)", 0.2124358625635113, 0.05695545393018573),
        ("log(emp)", 0.9245679304893606, 0.08375517287454369),
        ("unemp", -0.004054909929083167, 0.001889196947345076),
    ];
    agree(&PRODUC.fit(PanelMethod::Groups(GroupMethod::Swamy)), &rows, 1e-9);
}

/// `pggls(log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp, Produc, model = "pooling")`.
#[test]
fn fgls_levels() {
    let rows = [
        ("(Intercept)", 2.263884940816335, 0.1007767914355118),
        ("log(pcap)", 0.1056658415809521, 0.02004106131074827),
        ("log(pc)", 0.2164313675627962, 0.01539470539269184),
        ("log(emp)", 0.7129389414415026, 0.01863632177497195),
        ("unemp", -0.004472646111745881, 0.0004521427938887617),
    ];
    agree(&PRODUC.fit(PanelMethod::Fgls(FglsRows::Levels)), &rows, 1e-7);
}

/// `pggls(log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp, Produc, model = "within")`.
#[test]
fn fgls_within() {
    let rows = [
        ("log(pcap)", -0.001042769218264059, 0.02900641420616406),
        ("log(pc)", 0.1715129826095576, 0.01807933773815108),
        ("log(emp)", 0.8444914416722118, 0.02042361759434472),
        ("unemp", -0.003571018031902371, 0.0004731853569105053),
    ];
    agree(&PRODUC.fit(PanelMethod::Fgls(FglsRows::Within)), &rows, 1e-7);
}

/// `pggls(log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp, Produc, model = "fd")`.
#[test]
fn fgls_difference() {
    let rows = [
        ("(Intercept)", 0.009429255673667066, 0.001063373841575574),
        ("log(pcap)", -0.0440076410319958, 0.02911082968425475),
        ("log(pc)", -0.03100727479507031, 0.01248722211643729),
        ("log(emp)", 0.8741181287927413, 0.02077388375413709),
        ("unemp", -0.00483239778085065, 0.0004066815320826373),
    ];
    agree(&PRODUC.fit(PanelMethod::Fgls(FglsRows::Difference)), &rows, 1e-7);
}

/// `plm(log(gsp) ~ ... + Between(log(pcap)) + ..., Produc, model = "random", random.method = "swar")`, and the Wald test of the means.
#[test]
fn mundlak_by_swar() {
    let rows = [
        ("(Intercept)", 1.589444423813724, 0.2329795644299937),
        ("log(pcap)", -0.02614965359467583, 0.02900157546549756),
        ("log(pc)", 0.2920069250842541, 0.02511967284823441),
        ("log(emp)", 0.7681594725989032, 0.03009173941538415),
        ("unemp", -0.005297741259543484, 0.000988725668763803),
        ("unit mean of log(pcap)", 0.2055147711417972, 0.07759543080416899),
        ("unit mean of log(pc)", 0.009947298424205468, 0.04878559573636224),
        ("unit mean of log(emp)", -0.1920320827299944, 0.06390310133698748),
        ("unit mean of unemp", 0.001407449371326171, 0.009957561816230908),
    ];
    let fit = PRODUC.fit(PanelMethod::Mundlak(ComponentsMethod::SwamyArora));
    agree(&fit, &rows, 1e-8);
    let test = fit.tests.iter().find(|test| test.test == "mundlak").unwrap();
    assert!((test.statistic - 9.718104919415001).abs() < 1e-7, "{}", test.statistic);
}

/// `plm(log(gsp) ~ ... + Between(log(pcap)) + ..., Produc, model = "random", random.method = "amemiya")`, and the Wald test of the means.
#[test]
fn mundlak_by_amemiya() {
    let rows = [
        ("(Intercept)", 1.589444423813851, 0.2506494138775182),
        ("log(pcap)", -0.02614965359467638, 0.02889119466358707),
        ("log(pc)", 0.2920069250842565, 0.02502406667552771),
        ("log(emp)", 0.7681594725989003, 0.02997720941919467),
        ("unemp", -0.005297741259543576, 0.0009849625514008354),
        ("unit mean of log(pcap)", 0.2055147711417794, 0.08264492112131075),
        ("unit mean of log(pc)", 0.009947298424190364, 0.05148402717863082),
        ("unit mean of log(emp)", -0.1920320827299639, 0.0676541151338705),
        ("unit mean of unemp", 0.001407449371326704, 0.01070523964918342),
    ];
    let fit = PRODUC.fit(PanelMethod::Mundlak(ComponentsMethod::Amemiya));
    agree(&fit, &rows, 1e-8);
    let test = fit.tests.iter().find(|test| test.test == "mundlak").unwrap();
    assert!((test.statistic - 8.655602456295663).abs() < 1e-7, "{}", test.statistic);
}

/// `plm(log(gsp) ~ log(pc) + unemp + log(emp) + log(pcap) + south + size | log(pc) + unemp + south | log(emp) + log(pcap), Produc,
/// model = "random", random.method = "ht", inst.method = "baltagi")`.
#[test]
fn hausman_taylor() {
    let rows = [
        ("(Intercept)", 2.252886115972327, 0.1458834706004613),
        ("log(pc)", 0.2919248073510058, 0.02502871166644263),
        ("unemp", -0.005293512609000028, 0.0009813786685517578),
        ("log(emp)", 0.7682638286805255, 0.02996260898553021),
        ("log(pcap)", -0.0261954409559246, 0.02901513484639933),
        ("south", -0.05285276176012173, 0.02634785619344311),
        ("size", 0.01606318126365668, 0.01725650379941691),
    ];
    agree(&fitted(PanelMethod::Instrumented(InstrumentSet::HausmanTaylor), &of_south_and_size(1986.0)), &rows, 1e-8);
}

/// `plm(log(gsp) ~ log(pc) + unemp + log(emp) + log(pcap) + south + size | log(pc) + unemp + south | log(emp) + log(pcap), Produc,
/// model = "random", random.method = "ht", inst.method = "am")`.
#[test]
fn amemiya_macurdy() {
    let rows = [
        ("(Intercept)", 2.120068997561104, 0.1386273468857672),
        ("log(pc)", 0.3164511765274446, 0.0208297845816552),
        ("unemp", -0.005982414180630291, 0.0009299737326133037),
        ("log(emp)", 0.7300229894990672, 0.02527517120207972),
        ("log(pcap)", -0.01122392455687907, 0.02781434726161089),
        ("south", -0.05287362398333172, 0.02630494311263303),
        ("size", 0.01610916301599837, 0.01665080303278972),
    ];
    agree(&fitted(PanelMethod::Instrumented(InstrumentSet::AmemiyaMacurdy), &of_south_and_size(1986.0)), &rows, 1e-8);
}

/// The same with `inst.method = "bms"` until 1974: later, it has more instruments than states.
#[test]
fn breusch_mizon_schmidt() {
    let rows = [
        ("(Intercept)", 1.728912666902371, 0.208480852565535),
        ("log(pc)", 0.3561115588287262, 0.04770617521049637),
        ("unemp", -0.00986421545547424, 0.002710521730915918),
        ("log(emp)", 0.6523055515551577, 0.04159424170131734),
        ("log(pcap)", 0.07223835460716006, 0.06655060023236169),
        ("south", -0.0554283087986012, 0.03387628092579676),
        ("size", -0.01956376266698073, 0.03010954726351302),
    ];
    let method = PanelMethod::Instrumented(InstrumentSet::BreuschMizonSchmidt);
    agree(&fitted(method, &of_south_and_size(1974.0)), &rows, 1e-8);
}

/// `south` is census region 5, 6 or 7; `size` the logarithm of `water` in the first year; it is endogenous with `log(emp)` and
/// `log(pcap)`.
fn of_south_and_size(until: f64) -> ModelVariables {
    let csv = PRODUC.read();
    let south = csv.number("region").iter().map(|region| f64::from((5.0..=7.0).contains(region))).collect();
    let water = csv.number("water");
    let states = csv.factor("state");
    let mut first = vec![f64::NAN; states.n_levels()];
    for (&state, water) in states.codes.iter().zip(&water).rev() {
        first[state as usize] = water.ln();
    }
    let size = states.codes.iter().map(|&state| first[state as usize]).collect();
    let rows = csv.number("year").iter().map(|&year| year <= until).collect();
    let variables = ModelVariables::new(
        ("log(gsp)", column(&csv, "log(gsp)")),
        vec![("log(pc)", column(&csv, "log(pc)")), ("unemp", csv.number("unemp")), ("south", south)],
    )
    .endogenous("log(emp)", column(&csv, "log(emp)"))
    .endogenous("log(pcap)", column(&csv, "log(pcap)"))
    .endogenous("size", size)
    .of_unit("state", states)
    .at_time("year", csv.number("year"));
    ModelVariables { rows: Some(Arc::new(rows)), ..variables }
}
