//! Spatial models and autocorrelation that cannot be, and the sound study that they are changes of.

use crate::support::Bench;

const STUDY: &str = r#"title = "Space"
[data]
panel = "panel.csv"
unit = "region"
[geography]
regions = "pairs.csv"
[geography.weights]
near = { neighbors = "pairs.csv" }
[[model]]
name = "m"
method = "sac"
formula = "y ~ x"
spatial = { weights = "near", estimator = "moments" }
[[model]]
name = "iv"
method = "spatial-lag"
formula = "y ~ x | | z ~ q"
spatial = { weights = "near", estimator = "moments", instrument_lags = 1 }
errors = "hc1"
[[autocorrelation]]
name = "y"
variable = "y"
weights = "near"
permutations = 99
[[table]]
name = "main"
models = ["m", "iv"]
"#;

const N: u32 = 40;

fn noise(a: u32, b: u32) -> f64 {
    f64::from((a * 7919 + b * 104_729 + a * a * 31) % 10_007) / 10_007.0 - 0.5
}

/// Regions on a ring, each the neighbour of the two beside it.
fn changed(changes: &[(&str, &str)]) -> Bench {
    let mut study = STUDY.to_string();
    for (from, to) in changes {
        assert!(study.contains(from), "{from}");
        study = study.replace(from, to);
    }
    let bench = Bench::new();
    bench.write("study.toml", &study);
    let mut panel = "region,state,y,x,z,q\n".to_string();
    let mut pairs = "region,neighbor\n".to_string();
    for i in 0..N {
        let (x, q) = (noise(i, 1), noise(i, 2));
        let z = q + noise(i, 3);
        let y = 1.0 + x + 0.5 * z + 0.6 * noise(i + 1, 1) + noise(i, 4);
        panel += &format!("r{i:02},s{},{y},{x},{z},{q}\n", i / 8);
        pairs += &format!("r{i:02},r{:02}\nr{i:02},r{:02}\n", (i + 1) % N, (i + N - 1) % N);
    }
    bench.write("panel.csv", &panel);
    bench.write("pairs.csv", &pairs);
    bench
}

#[test]
fn the_sound_study_runs() {
    let bench = changed(&[]);
    bench.succeeds();
    let local = bench.result("local_autocorrelation.csv");
    assert_eq!(local.lines().count(), N as usize + 1);
    assert!(bench.result("autocorrelation.csv").contains("moran"));
    assert!(bench.result("tidy.csv").contains("lambda"));
    assert!(bench.result("impacts.csv").contains("indirect"));
}

#[test]
fn options_and_names() {
    changed(&[("weights = \"near\"\npermutations", "weights = \"naer\"\npermutations")])
        .fails(1, &["there are no weights named `naer`", "did you mean `near`?"]);
    changed(&[("variable = \"y\"", "variable = \"yy\"")]).fails(1, &["yy"]);
    changed(&[("permutations = 99", "adjust = \"romano_wolf\"")]).fails(1, &["needs joint draws"]);
    changed(&[("permutations = 99", "alpha = 5")]).fails(1, &["must lie between 0 and 1"]);
    changed(&[(", estimator = \"moments\", instrument_lags = 1", "")])
        .fails(1, &["a spatial likelihood has no instruments", "spatial.estimator"]);
    changed(&[("[[autocorrelation]]", "errors = \"hc1\"\n[[autocorrelation]]"), ("errors = \"hc1\"\n[[", "[[")])
        .succeeds();
    changed(&[("\"y ~ x\"", "\"y ~ x\"\nerrors = \"hc1\"")]).fails(1, &["come from its moments"]);
}

#[test]
fn samples_that_have_no_answer() {
    changed(&[("permutations = 99", "where = \"x > 9\"")])
        .fails(2, &["autocorrelation `y`", "has no value in any of 0 rows"]);
    changed(&[("variable = \"y\"", "variable = \"0 * y\"")]).fails(2, &["has the same value in all 40 regions"]);
    changed(&[("\"y ~ x\"", "\"y ~ x | state\"")]).fails(3, &["errors in levels", "i(state)"]);
    let bench = changed(&[]);
    let panel = std::fs::read_to_string(bench.path("panel.csv")).unwrap();
    bench.write("panel.csv", &(panel + "r99,s0,1,1,1,1\n"));
    bench.fails(3, &["r99"]);
}

const RANDOM: &str = r#"title = "Space"
[data]
panel = "panel.csv"
unit = "region"
time = "year"
[geography]
regions = "pairs.csv"
[geography.weights]
near = { neighbors = "pairs.csv" }
[[model]]
name = "m"
method = "sac"
formula = "y ~ x"
spatial = { weights = "near", effects = "random" }
"#;

/// The ring over five years, with effects of its regions.
fn random(from: &str, to: &str) -> Bench {
    assert!(RANDOM.contains(from), "{from}");
    let bench = changed(&[]);
    bench.write("study.toml", &RANDOM.replace(from, to));
    let mut panel = "region,year,y,x\n".to_string();
    for (i, year) in (0..N).flat_map(|i| (0..5).map(move |year| (i, year))) {
        let x = noise(i, 10 + year);
        let y = 1.0 + x + 2.0 * noise(i, 1) + noise(i, 20 + year) + 0.3 * noise((i + 1) % N, 20 + year);
        panel += &format!("r{i:02},{},{y},{x}\n", 2000 + year);
    }
    bench.write("panel.csv", &panel);
    bench
}

#[test]
fn random_effects() {
    for kind in ["baltagi", "kapoor-kelejian-prucha"] {
        let bench = random("\"random\"", &format!("\"random\", random_effects = \"{kind}\""));
        bench.succeeds();
        assert!(bench.result("tidy.csv").contains("phi"));
        assert!(bench.result("tests.csv").contains("CLM mu"));
    }
    random("effects = \"random\"", "random_effects = \"baltagi\"").fails(1, &["which random effects"]);
    random("\"random\"", "\"random\", information = \"expected\"").fails(1, &["come from the observed information"]);
    random("\"random\"", "\"random\", estimator = \"moments\"").fails(1, &["without a lag of the outcome"]);
    random("\"random\"", "\"random\", random_moments = \"weighted\"").fails(1, &["`random_moments` weighs"]);
    random("\"random\"", "\"random\", like = \"splm\"").fails(1, &["random effects are not absorbed"]);
    random("\"y ~ x\"", "\"y ~ x | year\"").fails(3, &["the effect year is taken out", "i(year)"]);
    random("\"y ~ x\"", "\"y ~ x\"\nwhere = \"x > -0.4\"").fails(3, &["need a balanced panel"]);
}

#[test]
fn random_effects_by_moments() {
    let error = |more: &str| {
        let options = format!("effects = \"random\", estimator = \"moments\"{more} }}");
        let bench = random("effects = \"random\" }", &options);
        let study = std::fs::read_to_string(bench.path("study.toml")).unwrap();
        bench.write("study.toml", &study.replace("\"sac\"", "\"spatial-error\""));
        bench
    };
    for weights in ["", ", random_moments = \"initial\"", ", random_moments = \"fully-weighted\""] {
        let bench = error(weights);
        bench.succeeds();
        assert!(bench.result("tidy.csv").contains("phi"));
    }
    error(", random_effects = \"baltagi\"").fails(1, &["those of Kapoor, Kelejian and Prucha"]);
    error(", error_moments = \"homoskedastic\"").fails(1, &["moments of their own"]);
    error(", random_moments = \"wieghted\"").fails(1, &["weighted"]);
}

#[test]
fn statistics_of_autocorrelation() {
    let with = |more: &str| changed(&[("permutations = 99", &format!("permutations = 99\n{more}"))]);
    let all = with("statistics = [\"moran\", \"geary\", \"bivariate\"]\nother = \"x\"");
    all.succeeds();
    assert!(all.result("autocorrelation.csv").contains("bivariate_moran"));
    // Without polygons there is a scatter and no map.
    assert!(all.result("figures/y_scatter.svg").contains("<desc>"));
    assert!(!all.path("out/figures/y_clusters.svg").exists());
    let local = all.result("local_autocorrelation.csv");
    assert!(
        local.lines().next().unwrap().contains("local_geary_p_value,local_geary_adjusted_p_value,other_lag"),
        "{local}"
    );
    assert!(!local.contains("local_joins"));
    let joins = changed(&[("variable = \"y\"", "variable = \"y > 1\"\nstatistics = [\"join-counts\", \"getis-ord\"]")]);
    joins.succeeds();
    let rows = joins.result("autocorrelation.csv");
    assert!(rows.contains("joins_both") && rows.contains("getis_ord"), "{rows}");
    assert!(joins.result("local_autocorrelation.csv").contains("local_joins_p_value"));
    with("statistics = [\"bivariate\"]").fails(1, &["needs another variable"]);
    with("other = \"x\"").fails(1, &["not asked for"]);
    with("statistics = [\"moran\", \"moran\"]").fails(1, &["stands twice"]);
    with("statistics = [\"morn\"]").fails(1, &["moran"]);
    with("period = \"1999\"").fails(2, &["there is no period 1999"]);
    with("statistics = [\"join-counts\"]").fails(2, &["is not a condition"]);
    changed(&[("variable = \"y\"", "variable = \"y - 10\"\nstatistics = [\"getis-ord\"]")])
        .fails(2, &["negative value"]);
    changed(&[("permutations = 99", "permutations = 0\npooled = true")]).fails(1, &["no moments in closed form"]);
}

#[test]
fn autocorrelation_alone_is_a_study() {
    let bench = changed(&[]);
    let study = std::fs::read_to_string(bench.path("study.toml")).unwrap();
    let (head, rest) = study.split_once("[[model]]").unwrap();
    let section = rest.split_once("[[autocorrelation]]").unwrap().1.split_once("[[table]]").unwrap().0;
    bench.write("study.toml", &format!("{head}[[autocorrelation]]{section}"));
    bench.succeeds();
    assert!(bench.result("autocorrelation.csv").contains("moran"));
    assert!(bench.result("report.html").contains("Moran scatter of y"));
    bench
        .isard(&["run", "study.toml", "--out", "out"])
        .success()
        .stdout(predicates::str::contains("Nothing has changed"));
}

#[test]
fn variables_that_do_not_vary_say_so() {
    let of =
        |variable: &str, more: &str| changed(&[("variable = \"y\"", &format!("variable = \"{variable}\"\n{more}"))]);
    // The mean of equal tenths is not a tenth.
    of("0 * y + 0.1", "").fails(2, &["0 * y + 0.1 has the same value in all 40 regions"]);
    of("0 * y + 0.1", "statistics = [\"getis-ord\"]").fails(2, &["the same value in all 40 regions"]);
    let other = "statistics = [\"bivariate\"]\nother = \"0 * x\"";
    of("y", other).fails(2, &["0 * x has the same value in all 40 regions"]);
    of("y", "where = \"region == 'r01' | region == 'r02'\"").fails(2, &["only 2 of the four regions"]);
    let apart = "where = \"region == 'r01' | region == 'r04' | region == 'r08' | region == 'r12'\"";
    of("y", apart).fails(2, &["none has a neighbour in `near`"]);
}

#[test]
fn a_region_without_a_neighbour_has_no_quadrant() {
    let bench = changed(&[("variable = \"y\"", "variable = \"y\"\nwhere = \"region != 'r01' & region != 'r03'\"")]);
    bench.succeeds();
    let local = bench.result("local_autocorrelation.csv");
    let alone = local.lines().find(|line| line.contains("r02")).unwrap();
    assert!(alone.contains(",0,0,,,,false,") && !alone.contains("-0,"), "{alone}");
}

#[test]
fn all_periods_together() {
    let section = "[[autocorrelation]]\nname = \"y\"\nvariable = \"y\"\nweights = \"near\"\npermutations = 99\npooled = true\nperiod = \"2003\"\n[[model]]";
    let bench = random("[[model]]", section);
    bench.succeeds();
    let rows = bench.result("autocorrelation.csv");
    assert!(rows.contains("pooled_moran"), "{rows}");
    assert!(bench.result("figures/y_scatter.svg").contains("2003"));
    random("[[model]]", &section.replace("pooled", "where = \"x > -0.4\"\npooled"))
        .fails(2, &["the same regions in every period"]);
}

/// The ring as a row of squares.
fn mapped(figure: &str) -> Bench {
    let square = |i: u32| {
        format!(
            r#"{{"type":"Feature","id":"r{i:02}","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[[{i},0],[{b},0],[{b},1],[{i},1],[{i},0]]]}}}}"#,
            b = i + 1
        )
    };
    let squares: Vec<String> = (0..N).map(square).collect();
    let model = format!(
        "[[model]]\nname = \"durbin\"\nmethod = \"spatial-durbin\"\nformula = \"y ~ x\"\nspatial = {{ weights = \"near\" }}\n{figure}\n[[autocorrelation]]"
    );
    let bench = changed(&[("regions = \"pairs.csv\"", "regions = \"squares.json\""), ("[[autocorrelation]]", &model)]);
    bench.write("squares.json", &format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, squares.join(",")));
    bench
}

#[test]
fn a_map_of_bivariate_clusters() {
    let bench = mapped("");
    let study = std::fs::read_to_string(bench.path("study.toml")).unwrap();
    let two = "permutations = 99\nstatistics = [\"bivariate\"]\nother = \"x\"";
    bench.write("study.toml", &study.replace("permutations = 99", two));
    bench.succeeds();
    let clusters = bench.result("figures/y_bivariate_clusters.svg");
    assert!(clusters.contains("Local clusters of y and the lag of x"), "{clusters}");
    assert!(bench.result("report.html").contains("Regions whose local bivariate Moran is significant"));
}

#[test]
fn maps_of_clusters_and_of_where_a_change_lands() {
    let of = |keys: &str| mapped(&format!("[[figure]]\nkind = \"impact\"\n{keys}"));
    let bench = of("model = \"durbin\"\nvariable = \"x\"\nregion = \"r05\"");
    bench.succeeds();
    let clusters = bench.result("figures/y_clusters.svg");
    assert!(clusters.contains("not significant") && clusters.contains("high-high:"), "{clusters}");
    assert!(!bench.path("out/figures/y_bivariate_clusters.svg").exists());
    let impact = bench.result("figures/impact.svg");
    // The region itself has the largest effect, far away there is next to none.
    assert!(impact.contains("Highest: r05"), "{impact}");
    of("model = \"durbin\"\nvariable = \"xx\"\nregion = \"r05\"").fails(3, &["no regressor `xx`", "did you mean `x`?"]);
    of("model = \"durbin\"\nvariable = \"x\"\nregion = \"r5\"").fails(3, &["no region `r5`"]);
    of("model = \"durbin\"\nregion = \"r05\"").fails(1, &["variable"]);
    of("model = \"iv\"\nvariable = \"q\"\nregion = \"r05\"").fails(3, &["no regressor `q`"]);
}

#[test]
fn dynamic_panels_and_durbin_terms() {
    let model = |keys: &str, formula: &str| {
        let section = format!(
            "[[model]]\nname = \"d\"\nmethod = \"spatial-durbin\"\nformula = \"{formula}\"\nspatial = {{ weights = \"near\"{keys} }}\n[[model]]\nname = \"m\""
        );
        let bench = changed(&[
            ("unit = \"region\"", "unit = \"region\"\ntime = \"year\""),
            ("[[model]]\nname = \"m\"", &section),
        ]);
        let mut panel = "region,year,state,y,x,z,q\n".to_string();
        for i in 0..N {
            for t in 0..6u32 {
                let (x, q) = (noise(i, t), noise(i, t + 9));
                // One region lacks a year.
                if i == 3 && t == 4 {
                    continue;
                }
                panel += &format!(
                    "r{i:02},{},s{},{},{x},{},{q}\n",
                    2000 + t,
                    i / 8,
                    x + noise(i, t + 20),
                    q + noise(i, 2 * t)
                );
            }
        }
        bench.write("panel.csv", &panel);
        bench
    };
    let dynamic = "y ~ lag(y) + x | region + year";
    model(", effects = \"lee-yu\"", dynamic).fails(3, &["balance the sample with `where`"]);
    model(", bias_correction = true", dynamic).fails(3, &["known for balanced panels", "bias_correction = false"]);
    model(", bias_correction = true", "y ~ x | region").fails(1, &["no outcome of the period before", "lag(outcome)"]);
    let plain = model(", durbin = [\"x\"]", dynamic);
    plain.succeeds();
    let terms = plain.result("tidy.csv");
    assert!(terms.contains("spatial_lag(x, near)") && !terms.contains("spatial_lag(lag(y), near)"), "{terms}");
    assert!(plain.result("results.json").contains("nickell_bias"));
    model(", durbin = [\"xx\"]", dynamic).fails(1, &["no regressor `xx`", "did you mean `x`?"]);
    model(", log_determinant = \"chebyshev\"", "y ~ x").succeeds();
    model(", log_determinant = \"chebishev\"", "y ~ x").fails(1, &["chebyshev"]);
    changed(&[
        ("near = {", "near = { standardize = \"none\","),
        ("method = \"sac\"", "method = \"sac\""),
        (
            "estimator = \"moments\" }\n[[model]]\nname = \"iv\"",
            "log_determinant = \"monte-carlo\" }\n[[model]]\nname = \"iv\"",
        ),
    ])
    .fails(3, &["eigenvalues between -1 and 1"]);
    model(", bias_corection = true", dynamic).fails(1, &["bias_correction"]);
    changed(&[(
        "spatial = { weights = \"near\", estimator = \"moments\" }",
        "spatial = { weights = \"near\", durbin = [\"x\"] }",
    )])
    .fails(1, &["this method lags none", "spatial-durbin"]);
}

#[test]
fn a_map_of_neighbours() {
    let bench = mapped("[[figure]]\nkind = \"neighbors\"\nweights = \"near\"");
    bench.succeeds();
    let svg = bench.result("figures/neighbors.svg");
    assert!(svg.contains("near: 40 regions, 40 pairs of neighbours") && svg.contains("0 without a neighbour"), "{svg}");
    mapped("[[figure]]\nkind = \"neighbors\"\nweights = \"nera\"")
        .fails(1, &["no weights named `nera`", "did you mean `near`?"]);
    mapped("[[figure]]\nkind = \"neighbors\"").fails(1, &["weights"]);
    mapped("[[figure]]\nkind = \"impact\"\nmodel = \"durbin\"\nvariable = \"x\"\nregion = \"r05\"\nscheme = \"jenks\"")
        .succeeds();
}

/// An outcome that is the same everywhere is its own lag: without a constant the likelihood rises for ever as rho goes to one.
#[test]
fn a_parameter_at_its_bound() {
    let bench = changed(&[
        ("method = \"sac\"\nformula = \"y ~ x\"", "method = \"spatial-lag\"\nformula = \"five ~ 0 + x\""),
        ("estimator = \"moments\" }\n[[model]]\nname = \"iv\"", "draws = 0 }\n[[model]]\nname = \"iv\""),
        ("[[model]]\nname = \"m\"", "[variables]\nfive = \"5 + 0 * x\"\n[[model]]\nname = \"m\""),
    ]);
    bench.fails(
        3,
        &["the likelihood rises up to the bound 1 of rho", "take regressors or effects out, or other weights"],
    );
}

#[test]
fn weights_as_an_axis() {
    let with = |choices: &str| {
        let axis = format!("[axes]\n\"spatial.weights\" = [{choices}]\n[[model]]\nname = \"m\"");
        changed(&[
            ("near = {", "far = { neighbors = \"pairs.csv\", order = 2 }\nnear = {"),
            ("[[model]]\nname = \"m\"", &axis),
            ("models = [\"m\", \"iv\"]", "models = [\"*\"]"),
        ])
    };
    let bench = with("\"near\", \"far\"");
    bench.succeeds();
    let rows = bench.result("tidy.csv");
    assert!(rows.contains("m[spatial.weights=near]") && rows.contains("iv[spatial.weights=far]"), "{rows}");
    with("\"near\", \"faar\"").fails(1, &["did you mean `far`?"]);
}
