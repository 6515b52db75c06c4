//! More tests of panel models by plm 2.6.2 and lmtest 0.9-40 (R 4.2.2), on plm's `Produc` (P: `log(gsp)`) and `Grunfeld` (G: `inv`).

use isard::absorb::AbsorberCache;
use isard::design::{DesignMatrix, ModelVariables};
use isard::infer::panel::LagChoice::{Fixed, Sic};
use isard::infer::panel::UnitRootTest::{ChoiLogit, ChoiP, ChoiZ, Cips, Hadri, ImPesaranShin, LevinLinChu, MaddalaWu};
use isard::infer::panel::{Deterministic, LagChoice, PanelModel, PanelTest, UnitRootOptions, UnitRootTest};

use super::panel::column;
use crate::csv::{Csv, data_file};

fn csv(name: &str) -> Csv {
    Csv::read(&data_file("tests/reference/data", name).expect("distributed with the tests"))
}

/// The pooled design of a file.
fn design(data: &str) -> DesignMatrix {
    let (file, unit, outcome, terms): (_, _, _, &[&str]) = match data {
        "P" => ("produc.csv", "state", "log(gsp)", &["log(pcap)", "log(pc)", "log(emp)", "unemp"]),
        _ => ("grunfeld.csv", "firm", "inv", &["value", "capital"]),
    };
    let csv = csv(file);
    let columns = terms.iter().map(|term| (*term, column(&csv, term))).collect();
    let variables = ModelVariables::new((outcome, column(&csv, outcome)), columns)
        .of_unit(unit, csv.factor(unit))
        .at_time("year", csv.number("year"));
    DesignMatrix::build(&variables, Default::default()).unwrap()
}

/// Whether two numbers agree to `tolerance`, absolutely where they are less than one.
fn agrees(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * b.abs().max(1.0)
}

/// Data, test, what series have, lags, statistic, p-value.
type UnitRootCase = (&'static str, UnitRootTest, Deterministic, LagChoice, f64, f64);

/// `purtest(x, test = , exo = , lags = , pmax = 3, p.approx = "MacKinnon1994")`. Left out are cases of `invnormal` and `logit` that are
/// infinite in plm, where a p-value of one series is one in double precision.
const UNIT_ROOTS: &[UnitRootCase] = &[
    ("G", LevinLinChu, Deterministic::None, Fixed(0), 3.685348413975962, 0.9998858050073927),
    ("P", LevinLinChu, Deterministic::None, Fixed(0), 22.69294495407705, 1.0),
    ("G", LevinLinChu, Deterministic::None, Fixed(2), 3.726613525837482, 0.9999029651589342),
    ("P", LevinLinChu, Deterministic::None, Fixed(2), 12.50976906178173, 1.0),
    ("G", LevinLinChu, Deterministic::None, Sic { most: 3 }, 5.584834533029857, 0.9999999883038587),
    ("P", LevinLinChu, Deterministic::None, Sic { most: 3 }, 20.57805114427224, 1.0),
    ("G", MaddalaWu, Deterministic::None, Fixed(0), 4.180218480322611, 0.999933337961181),
    ("P", MaddalaWu, Deterministic::None, Fixed(0), 0.9302123426025567, 1.0),
    ("G", MaddalaWu, Deterministic::None, Fixed(2), 2.366502572160954, 0.9999994917864388),
    ("P", MaddalaWu, Deterministic::None, Fixed(2), 3.318523764689199, 1.0),
    ("G", MaddalaWu, Deterministic::None, Sic { most: 3 }, 1.672909930639015, 0.9999999783477302),
    ("P", MaddalaWu, Deterministic::None, Sic { most: 3 }, 1.343498525105018, 1.0),
    ("G", ChoiP, Deterministic::None, Fixed(0), -2.501327084421019, 0.9938135576570386),
    ("P", ChoiP, Deterministic::None, Fixed(0), -6.861070936974873, 0.9999999999965827),
    ("G", ChoiP, Deterministic::None, Fixed(2), -2.7881007493346, 0.9973490973615085),
    ("P", ChoiP, Deterministic::None, Fixed(2), -6.688709406668575, 0.9999999999887427),
    ("G", ChoiP, Deterministic::None, Sic { most: 3 }, -2.8977673751117, 0.9981208538226187),
    ("P", ChoiP, Deterministic::None, Sic { most: 3 }, -6.831244575884854, 0.9999999999957909),
    ("G", ChoiZ, Deterministic::None, Fixed(0), 4.821999334361622, 0.9999992893678991),
    ("G", ChoiZ, Deterministic::None, Fixed(2), 5.378473594891488, 0.9999999624400016),
    ("P", ChoiZ, Deterministic::None, Fixed(2), 17.36664283000836, 1.0),
    ("G", ChoiZ, Deterministic::None, Sic { most: 3 }, 7.071499843336089, 0.9999999999992336),
    ("G", ChoiLogit, Deterministic::None, Fixed(0), 6.24871530538534, 0.9999999660494524),
    ("G", ChoiLogit, Deterministic::None, Fixed(2), 6.082561543230081, 0.999999937154338),
    ("P", ChoiLogit, Deterministic::None, Fixed(2), 21.1239235639921, 1.0),
    ("G", ChoiLogit, Deterministic::None, Sic { most: 3 }, 8.959580557237729, 0.9999999999985606),
    ("G", LevinLinChu, Deterministic::Constant, Fixed(0), 1.905987401513508, 0.9716740798882656),
    ("P", LevinLinChu, Deterministic::Constant, Fixed(0), -2.286739468286489, 0.01110551725878884),
    ("G", LevinLinChu, Deterministic::Constant, Fixed(2), 4.99647169108227, 0.9999997080562898),
    ("P", LevinLinChu, Deterministic::Constant, Fixed(2), -0.04278344671693867, 0.4829370797565366),
    ("G", LevinLinChu, Deterministic::Constant, Sic { most: 3 }, 2.767996386871941, 0.9971798959520003),
    ("P", LevinLinChu, Deterministic::Constant, Sic { most: 3 }, -0.5948573006185589, 0.2759694307325134),
    ("G", ImPesaranShin, Deterministic::Constant, Fixed(0), 2.504608717331703, 0.9938706537727862),
    ("P", ImPesaranShin, Deterministic::Constant, Fixed(0), 5.23332223595939, 0.9999999167549402),
    ("G", ImPesaranShin, Deterministic::Constant, Fixed(2), 4.510373717403414, 0.999996764324175),
    ("P", ImPesaranShin, Deterministic::Constant, Fixed(2), 5.639525577037338, 0.9999999914740338),
    ("G", ImPesaranShin, Deterministic::Constant, Sic { most: 3 }, 2.769948517273213, 0.9971967423164514),
    ("P", ImPesaranShin, Deterministic::Constant, Sic { most: 3 }, 6.392055371663018, 0.9999999999181647),
    ("G", MaddalaWu, Deterministic::Constant, Fixed(0), 14.5834633473579, 0.7997253008729495),
    ("P", MaddalaWu, Deterministic::Constant, Fixed(0), 56.55355851905522, 0.9995488973163739),
    ("G", MaddalaWu, Deterministic::Constant, Fixed(2), 4.678679369697589, 0.9998353235432932),
    ("P", MaddalaWu, Deterministic::Constant, Fixed(2), 53.81073363176013, 0.9998457457554265),
    ("G", MaddalaWu, Deterministic::Constant, Sic { most: 3 }, 13.64094624268029, 0.8482242946859473),
    ("P", MaddalaWu, Deterministic::Constant, Sic { most: 3 }, 67.42504756967602, 0.9881650625908704),
    ("G", ChoiP, Deterministic::Constant, Fixed(0), -0.8564296426066662, 0.8041199128747251),
    ("P", ChoiP, Deterministic::Constant, Fixed(0), -2.846801700949536, 0.9977919569337301),
    ("G", ChoiP, Deterministic::Constant, Fixed(2), -2.422513497674112, 0.9922932234241909),
    ("P", ChoiP, Deterministic::Constant, Fixed(2), -3.044748036827015, 0.9988356234179183),
    ("G", ChoiP, Deterministic::Constant, Sic { most: 3 }, -1.005454681829096, 0.8426610196560901),
    ("P", ChoiP, Deterministic::Constant, Sic { most: 3 }, -2.062219559716038, 0.9804065813374522),
    ("G", ChoiZ, Deterministic::Constant, Fixed(0), 2.043009988619932, 0.979474275332326),
    ("P", ChoiZ, Deterministic::Constant, Fixed(0), 5.108922900345586, 0.9999998379997391),
    ("G", ChoiZ, Deterministic::Constant, Fixed(2), 4.816888666052008, 0.999999270930039),
    ("P", ChoiZ, Deterministic::Constant, Fixed(2), 6.81991928695711, 0.9999999999954454),
    ("G", ChoiZ, Deterministic::Constant, Sic { most: 3 }, 2.619533829076951, 0.9955974980461039),
    ("P", ChoiZ, Deterministic::Constant, Sic { most: 3 }, 5.191358285441059, 0.9999998956172728),
    ("G", ChoiLogit, Deterministic::Constant, Fixed(0), 2.488108270441037, 0.9920200540819),
    ("P", ChoiLogit, Deterministic::Constant, Fixed(0), 5.67171394777114, 0.9999999800707098),
    ("G", ChoiLogit, Deterministic::Constant, Fixed(2), 5.445415812172173, 0.9999993506996512),
    ("P", ChoiLogit, Deterministic::Constant, Fixed(2), 7.702480074435604, 0.9999999999998331),
    ("G", ChoiLogit, Deterministic::Constant, Sic { most: 3 }, 3.024089660261545, 0.9980942872892165),
    ("P", ChoiLogit, Deterministic::Constant, Sic { most: 3 }, 6.008192060511933, 0.9999999966104927),
    ("G", Hadri, Deterministic::Constant, Fixed(0), 24.256568040104, 2.818478411808802e-130),
    ("P", Hadri, Deterministic::Constant, Fixed(0), 60.56470849302284, 0.0),
    ("G", LevinLinChu, Deterministic::Trend, Fixed(0), -1.798882254750602, 0.03601865409152623),
    ("P", LevinLinChu, Deterministic::Trend, Fixed(0), -1.011284289727925, 0.1559401915387561),
    ("G", LevinLinChu, Deterministic::Trend, Fixed(2), -0.3035618650603248, 0.3807308542817619),
    ("P", LevinLinChu, Deterministic::Trend, Fixed(2), 0.6947287675834247, 0.7563873519374078),
    ("G", LevinLinChu, Deterministic::Trend, Sic { most: 3 }, -2.45776607394663, 0.006990210274494653),
    ("P", LevinLinChu, Deterministic::Trend, Sic { most: 3 }, -5.538281180045813, 1.527272893380348e-08),
    ("G", ImPesaranShin, Deterministic::Trend, Fixed(0), -0.4252132061240099, 0.3353406289927244),
    ("P", ImPesaranShin, Deterministic::Trend, Fixed(0), 3.651197325410108, 0.9998694897045335),
    ("G", ImPesaranShin, Deterministic::Trend, Fixed(2), -1.655581484485008, 0.04890330116833258),
    ("P", ImPesaranShin, Deterministic::Trend, Fixed(2), -1.628159458320245, 0.05174553935915157),
    ("G", ImPesaranShin, Deterministic::Trend, Sic { most: 3 }, -3.033684559826438, 0.001207934444383184),
    ("P", ImPesaranShin, Deterministic::Trend, Sic { most: 3 }, -3.162067821971235, 0.0007832653721560367),
    ("G", MaddalaWu, Deterministic::Trend, Fixed(0), 31.48955192376887, 0.04905042731676216),
    ("P", MaddalaWu, Deterministic::Trend, Fixed(0), 55.13387467232121, 0.9997373765522577),
    ("G", MaddalaWu, Deterministic::Trend, Fixed(2), 59.80590215424181, 7.63144873520635e-06),
    ("P", MaddalaWu, Deterministic::Trend, Fixed(2), 159.6072206186587, 4.940503450855779e-05),
    ("G", MaddalaWu, Deterministic::Trend, Sic { most: 3 }, 77.70988951806532, 9.575544879466879e-09),
    ("P", MaddalaWu, Deterministic::Trend, Sic { most: 3 }, 256.6084710390057, 1.406046744835073e-16),
    ("G", ChoiP, Deterministic::Trend, Fixed(0), 1.816657668693946, 0.034634773644431),
    ("P", ChoiP, Deterministic::Trend, Fixed(0), -2.949258557334042, 0.9984073132065728),
    ("G", ChoiP, Deterministic::Trend, Fixed(2), 6.293865756260363, 1.548278246543953e-10),
    ("P", ChoiP, Deterministic::Trend, Fixed(2), 4.590455743323314, 2.21139616198656e-06),
    ("G", ChoiP, Deterministic::Trend, Sic { most: 3 }, 9.124734719688163, 3.595608022760164e-20),
    ("P", ChoiP, Deterministic::Trend, Sic { most: 3 }, 11.59091799856302, 2.290975842095019e-31),
    ("G", ChoiZ, Deterministic::Trend, Fixed(0), -0.7563937717053896, 0.2247065705573333),
    ("P", ChoiZ, Deterministic::Trend, Fixed(0), 4.326778422315916, 0.9999924346984495),
    ("G", ChoiZ, Deterministic::Trend, Fixed(2), -1.567129418717934, 0.05854222202358303),
    ("P", ChoiZ, Deterministic::Trend, Fixed(2), -0.8860590382504192, 0.1877928571815477),
    ("G", ChoiZ, Deterministic::Trend, Sic { most: 3 }, -3.572032044507079, 0.0001771110278627047),
    ("P", ChoiZ, Deterministic::Trend, Sic { most: 3 }, -3.936822382185595, 4.12838367354786e-05),
    ("G", ChoiLogit, Deterministic::Trend, Fixed(0), -0.5434968172981113, 0.2945122840006811),
    ("P", ChoiLogit, Deterministic::Trend, Fixed(0), 4.593208039748012, 0.9999965008613642),
    ("G", ChoiLogit, Deterministic::Trend, Fixed(2), -2.440300226207833, 0.008993545783126382),
    ("P", ChoiLogit, Deterministic::Trend, Fixed(2), -1.056317488350216, 0.1459339613931674),
    ("G", ChoiLogit, Deterministic::Trend, Sic { most: 3 }, -4.80450842656915, 6.377269438076364e-06),
    ("P", ChoiLogit, Deterministic::Trend, Sic { most: 3 }, -5.238308617041639, 1.751044611290935e-07),
    ("G", Hadri, Deterministic::Trend, Fixed(0), 9.317805258263412, 5.938581029482822e-21),
    ("P", Hadri, Deterministic::Trend, Fixed(0), 23.55875204149002, 5.10559977084905e-123),
];

#[test]
fn unit_roots() {
    let cache = AbsorberCache::new();
    let mut faults = Vec::new();
    for &(data, test, deterministic, lags, statistic, p_value) in UNIT_ROOTS {
        let model = PanelModel::of(&design(data), &cache).unwrap();
        let found = model
            .with_unit_roots(UnitRootOptions { deterministic, lags })
            .test(PanelTest::UnitRoot(test))
            .unwrap_or_else(|fault| panic!("{data} {test:?} {deterministic:?} {lags:?}: {fault}"));
        // 1 - p loses its digits in plm where p is nearly one.
        if !agrees(found.statistic, statistic, 1e-7) || !agrees(found.p_value.unwrap(), p_value, 1e-8) {
            faults.push(format!(
                "{data} {test:?} {deterministic:?} {lags:?}: {found:?}, and not {statistic} ({p_value})"
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// `cipstest(x, lags = , type = , model = "cmg")`; p-values are none where plm says that they are above 0.1.
const CIPS: &[(&str, Deterministic, usize, f64, Option<f64>)] = &[
    ("G", Deterministic::None, 1, -1.637773746019687, Some(0.0807)),
    ("P", Deterministic::None, 1, -0.8186104481050728, None),
    ("G", Deterministic::None, 2, -1.087700339741193, None),
    ("P", Deterministic::None, 2, -0.6067173420180484, None),
    ("G", Deterministic::Constant, 1, -2.242010465704606, Some(0.0907)),
    ("P", Deterministic::Constant, 1, -0.9288763995743395, None),
    ("G", Deterministic::Constant, 2, -1.480173755457744, None),
    ("P", Deterministic::Constant, 2, -0.7076868339035801, None),
    ("G", Deterministic::Trend, 1, -2.202988504465159, None),
    ("P", Deterministic::Trend, 1, -0.7747208816193818, None),
    ("G", Deterministic::Trend, 2, -1.39703557759382, None),
    ("P", Deterministic::Trend, 2, -0.61599434059376, None),
];

#[test]
fn cips() {
    let cache = AbsorberCache::new();
    for &(data, deterministic, lags, statistic, p_value) in CIPS {
        let options = UnitRootOptions { deterministic, lags: Fixed(lags) };
        let model = PanelModel::of(&design(data), &cache).unwrap().with_unit_roots(options);
        let found = model.test(PanelTest::UnitRoot(Cips)).unwrap();
        assert!(agrees(found.statistic, statistic, 1e-8), "{data} {deterministic:?} {lags}: {found:?}");
        // plm takes the nearest of 200 points between critical values of two digits.
        let is_near = match (found.p_value, p_value) {
            (Some(a), Some(b)) => (a - b).abs() < 2e-3,
            (a, b) => a == b,
        };
        assert!(is_near, "{data} {deterministic:?} {lags}: {found:?} and not {p_value:?}");
    }
}

/// `resettest(lm(...), power = 2:3, type = "fitted")`; the within version by hand: `plm(..., model = "within")` with the powers of
/// `X b`, and their Wald test with `vcovHC(type = "HC0", method = "arellano")`.
#[test]
fn reset() {
    let cache = AbsorberCache::new();
    let design = design("P");
    let model = PanelModel::of(&design, &cache).unwrap();
    let pooled = model.test(PanelTest::Reset).unwrap();
    assert!(agrees(pooled.statistic, 26.99019839571557, 1e-7), "{pooled:?}");
    assert_eq!((pooled.df1, pooled.df2), (Some(2.0), Some(809.0)));
    assert!((pooled.p_value.unwrap() / 4.495733884132488e-12 - 1.0).abs() < 1e-6, "{pooled:?}");
    let within = model.test(PanelTest::ResetWithin).unwrap();
    assert!(agrees(within.statistic, 6.527441931982032, 1e-6), "{within:?}");
}

/// `pcdtest(plm(..., model = "within"), test = "cd", w = W)`, neighbours being those next to each other in the order of names, the first
/// and the last too in `Produc`.
#[test]
fn cd_of_neighbours() {
    let cache = AbsorberCache::new();
    let ring: Vec<(usize, usize)> = (0..48).map(|i| (i, (i + 1) % 48)).collect();
    let line: Vec<(usize, usize)> = (0..9).flat_map(|i| [(i, i + 1), (i + 1, i)]).collect();
    for (data, neighbours, statistic, p_value) in
        [("P", ring, 2.271711486116923, 0.02310394198227955), ("G", line, 4.244253847771117, 2.193219666314582e-05)]
    {
        let design = design(data);
        let found = PanelModel::of(&design, &cache).unwrap().local_cd(&neighbours).unwrap();
        assert!(agrees(found.statistic, statistic, 1e-8), "{found:?}");
        assert!(agrees(found.p_value.unwrap(), p_value, 1e-8), "{found:?}");
    }
}

/// Of `log(gsp / emp)`, by hand in R 4.2.2: `lm(log(H[1] / H[t]) - 2 * log(log(t)) ~ log(t))` for t = 5 to 17 with
/// `sandwich::lrvar(residuals, type = "Andrews", kernel = "Quadratic Spectral", prewhite = FALSE, adjust = FALSE)` (sandwich 3.0-2), and
/// Carree and Klomp's formula.
#[test]
fn convergence() {
    let csv = csv("produc.csv");
    let y = csv.number("gsp").iter().zip(csv.number("emp")).map(|(gsp, emp)| (gsp / emp).ln()).collect();
    let variables = ModelVariables::new(("y", y), vec![("unemp", csv.number("unemp"))])
        .of_unit("state", csv.factor("state"))
        .at_time("year", csv.number("year"));
    let design = DesignMatrix::build(&variables, Default::default()).unwrap();
    let cache = AbsorberCache::new();
    let model = PanelModel::of(&design, &cache).unwrap();
    let found = model.test(PanelTest::LogT).unwrap();
    assert!(agrees(found.statistic, -13.99661034737959, 1e-8), "{found:?}");
    assert!(found.note.contains("b = -0.2553 with error 0.0182"), "{}", found.note);
    let found = model.test(PanelTest::SigmaConvergence).unwrap();
    assert!(agrees(found.statistic, 55.86844252262595, 1e-9), "{found:?}");
    assert!(found.note.contains("0.1957 and 0.1073"), "{}", found.note);
}

#[test]
fn log_t_needs_a_level() {
    let csv = csv("grunfeld.csv");
    let year = csv.factor("year");
    let values = csv.number("inv");
    let mean = |code: u32| {
        let of: Vec<f64> = values.iter().zip(year.codes.iter()).filter(|(_, c)| **c == code).map(|(v, _)| *v).collect();
        of.iter().sum::<f64>() / of.len() as f64
    };
    let net = values.iter().zip(year.codes.iter()).map(|(value, &code)| value - mean(code)).collect();
    let variables = ModelVariables::new(("net", net), vec![("value", csv.number("value"))])
        .of_unit("firm", csv.factor("firm"))
        .at_time("year", csv.number("year"));
    let design = DesignMatrix::build(&variables, Default::default()).unwrap();
    let fault = PanelModel::of(&design, &AbsorberCache::new()).unwrap().test(PanelTest::LogT).unwrap_err().to_string();
    assert!(fault.contains("the mean of net is zero in some period"), "{fault}");
}
