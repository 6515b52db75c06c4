//! Shift-share variables and models that cannot be, and the sound one that they are changes of.

use crate::support::Bench;

const STUDY: &str = r#"title = "Shift-share"
[data]
panel = "regions.csv"
unit = "region"
[shift_share.bartik]
shares = "shares.csv"
sector = "sector"
share = "share"
shocks = "shocks.csv"
[[model]]
name = "m"
method = "shift-share"
formula = "y ~ c | x ~ bartik"
[model.shift_share]
balance = "c^2"
pre_trend = ["before"]
[[table]]
name = "main"
models = ["m"]
"#;

const REGIONS: usize = 14;

fn regions() -> String {
    let line = |r: usize| {
        let t = r as f64;
        let (y, x, c) = ((t * 1.7).sin() + t / 9.0, (t * 0.9).cos() + t / 7.0, (t * 2.3).sin());
        format!("{r:02},{y},{x},{c},{}\n", (t * 3.1).cos())
    };
    format!("region,y,x,c,before\n{}", (1..=REGIONS).map(line).collect::<String>())
}

/// Shares of five sectors in every region; they sum to one.
fn shares() -> String {
    let mut text = "region,sector,share\n".to_string();
    for r in 1..=REGIONS {
        let raw: Vec<f64> = (1..=5).map(|k| 1.0 + ((r * k) as f64 * 0.7).sin()).collect();
        let total: f64 = raw.iter().sum();
        for (k, value) in raw.iter().enumerate() {
            text += &format!("{r:02},s{},{}\n", k + 1, value / total);
        }
    }
    text
}

const SHOCKS: &str = "sector,shock,group\ns1,0.5,a\ns2,-0.3,a\ns3,1.1,b\ns4,0.2,b\ns5,-0.9,c\n";

fn bench(changes: &[(&str, &str)], shares: &str, shocks: &str) -> Bench {
    let mut text = STUDY.to_string();
    for (from, to) in changes {
        assert!(text.contains(from), "the study has no {from:?}");
        text = text.replace(from, to);
    }
    Bench::new()
        .file("study.toml", &text)
        .file("regions.csv", &regions())
        .file("shares.csv", shares)
        .file("shocks.csv", shocks)
}

fn changed(changes: &[(&str, &str)]) -> Bench {
    bench(changes, &shares(), SHOCKS)
}

#[test]
fn a_sound_study_writes_its_files_and_is_not_run_twice() {
    let bench = changed(&[]);
    assert!(bench.succeeds().contains("AKM"));
    assert_eq!(bench.result("rotemberg.csv").lines().count(), 6);
    assert!(bench.result("shocks.csv").contains("m,effective number of shocks,"));
    let equations = bench.result("shift_share.csv");
    for what in ["m,coefficient,", "m,first stage,", "m,reduced form,", "m,balance: c^2,", "m,pre-trend: before,"] {
        assert!(equations.contains(what), "{what}: {equations}");
    }
    assert!(bench.result("report.html").contains("Sectors behind the estimate"));
    let before = bench.result("results.json");
    let again = bench.run().success();
    assert!(!String::from_utf8_lossy(&again.get_output().stderr).contains("estimating"), "nothing has changed");
    assert_eq!(before, bench.result("results.json"));
    bench.isard(&["explain", "study.toml"]).success().stdout(predicates::str::contains("similar shares of bartik"));
    // Other shocks are another model.
    bench.write("shocks.csv", &SHOCKS.replace("1.1", "1.2"));
    bench.succeeds();
    assert_ne!(before, bench.result("results.json"));
}

#[test]
fn groups_of_shocks() {
    let bench = changed(&[("shocks = \"shocks.csv\"", "shocks = \"shocks.csv\"\ncluster = \"group\"")]);
    bench.succeeds();
    assert!(bench.result("shocks.csv").contains("m,groups of shocks,3"));
    let one = SHOCKS.replace(",b", ",a").replace(",c", ",a");
    self::bench(&[("shocks = \"shocks.csv\"", "shocks = \"shocks.csv\"\ncluster = \"group\"")], &shares(), &one)
        .fails(3, &["all shocks are in one group", "a"]);
}

#[test]
fn shares_by_period() {
    let two = |text: &str, suffix: &str| {
        let mut lines = text.lines();
        let head = lines.next().unwrap();
        let body: Vec<&str> = lines.collect();
        let year = |t: usize| body.iter().map(move |line| format!("{line},{t}\n")).collect::<String>();
        format!("{head},year{suffix}\n{}{}", year(2000), year(2010))
    };
    let bench = bench(
        &[
            ("unit = \"region\"", "unit = \"region\"\ntime = \"year\""),
            ("share = \"share\"", "share = \"share\"\ntime = \"year\""),
            ("x ~ bartik", "x ~ bartik"),
        ],
        &two(&shares(), ""),
        &two(SHOCKS, ""),
    )
    .file("regions.csv", &two(&regions(), ""));
    bench.succeeds();
    assert!(bench.result("shocks.csv").contains("m,sectors,10"), "a sector in another period is another shock");
}

#[test]
fn shares_that_cannot_be() {
    let first = shares().lines().nth(1).unwrap().to_string();
    let with = |line: &str| shares().replace(&first, line);
    bench(&[], &with("01,s1,-0.25"), SHOCKS).fails(2, &["`bartik`", "s1", "-0.25", "in 01", "not negative"]);
    bench(&[], &with("01,s2,0.25"), SHOCKS).fails(2, &["sector s2 has two shares in 01"]);
    bench(&[], &with("01,s6,0.25"), SHOCKS).fails(2, &["1 sectors have shares but no shock", "s6"]);
    let elsewhere = shares().replace("\n", "\nX");
    bench(&[], elsewhere.trim_end_matches('X'), SHOCKS).fails(2, &["no region of the panel has shares", "X01"]);
}

#[test]
fn a_region_without_shares_leaves_with_a_note() {
    let without: String = shares().lines().filter(|line| !line.starts_with("03,")).map(|l| format!("{l}\n")).collect();
    let bench = bench(&[], &without, SHOCKS);
    bench.succeeds();
    let results = bench.result("results.json");
    assert!(results.contains("\"missing_from\": \"table of shares\"") && results.contains("\"03\""));
    assert!(bench.result("sample.csv").contains("m,model,1,13,missing,bartik"), "{}", bench.result("sample.csv"));
}

#[test]
fn shocks_that_cannot_be() {
    bench(&[], &shares(), &format!("{SHOCKS}s1,0.4,a\n")).fails(2, &["sector s1 has two shocks"]);
    bench(&[], &shares(), &SHOCKS.replace("s4,0.2,b\n", "")).fails(2, &["no shock (for example s4)"]);
    bench(&[], &shares(), &SHOCKS.replace("shock", "g")).fails(2, &["shocks.csv has no column `shock`"]);
}

#[test]
fn too_few_and_too_many_sectors() {
    let one: String = shares()
        .lines()
        .enumerate()
        .filter(|(row, line)| *row == 0 || line.contains("s1"))
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    bench(&[], &one, SHOCKS).fails(3, &["only 1 sector"]);
    let mut many = "region,sector,share\n".to_string();
    let mut shocks = "sector,shock\n".to_string();
    for r in 1..=REGIONS {
        (1..=20).for_each(|k| many += &format!("{r:02},s{k},{}\n", 0.05 + 0.04 * ((r * k * k) as f64).sin()));
    }
    (1..=20).for_each(|k| shocks += &format!("s{k},{}\n", (f64::from(k)).cos()));
    bench(&[], &many, &shocks).fails(3, &["14 sectors with linearly independent shares and 14 rows"]);
}

#[test]
fn formulas_without_a_shift_share_variable() {
    changed(&[("| x ~ bartik", "+ x")]).fails(1, &["needs a shift-share variable", "bartik"]);
    changed(&[("x ~ bartik", "x ~ before")]).fails(1, &["one instrument, a shift-share variable"]);
    changed(&[("x ~ bartik", "x + before ~ bartik")]).fails(1, &["one endogenous variable"]);
    changed(&[("method = \"shift-share\"", ""), ("| x ~ bartik", "+ x + bartik")])
        .fails(1, &["`shift_share` belongs to method"]);
}

#[test]
fn blocks_that_say_too_much_or_too_little() {
    changed(&[("share = \"share\"", "")]).fails(1, &["exactly one of `share` and `size`"]);
    changed(&[("shocks = \"shocks.csv\"", "growth_to = \"later\"")]).fails(1, &["`growth_to`", "`size`"]);
    changed(&[("share = \"share\"", "shar = \"share\"")]).fails(1, &["shar", "share"]);
    changed(&[("[[model]]", "[variables]\nbartik = \"c\"\n[[model]]")])
        .fails(1, &["`bartik` is a shift-share variable"]);
    changed(&[("share = \"share\"", "share = \"share\"\ntime = \"year\"")]).fails(1, &["no column named year"]);
}

#[test]
fn a_balance_variable_with_gaps_and_an_instrument_without_variation() {
    changed(&[("\"c^2\"", "\"log(c)\"")]).fails(3, &["log(c) is missing in", "rows"]);
    let same = SHOCKS.replace("-0.3", "0.5").replace("1.1", "0.5").replace("0.2", "0.5").replace("-0.9", "0.5");
    bench(&[], &shares(), &same).fails(3, &["bartik has nothing left"]);
}
