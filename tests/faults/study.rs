//! Study files that are no studies, or say what cannot be.

use crate::cli::support::{DATA, Folder, MODEL};

#[test]
fn not_toml() {
    Folder::with(&format!("{DATA}{}", MODEL.replace("\"within\"\nf", "within\nf")))
        .fails(1, &["this is not TOML", "study.toml:7:8", "a line is `key = value`"]);
}

#[test]
fn not_text() {
    let folder = Folder::new();
    let garbage: Vec<u8> = (0..=255).cycle().take(4096).collect();
    folder.write("study.toml", garbage);
    folder.fails(1, &["it is not UTF-8 text"]);
    folder.write("study.toml", b"title = \"caf\xe9\"\n");
    folder.fails(1, &["it is not UTF-8 text; save it with UTF-8 encoding"]);
}

#[test]
fn an_empty_study() {
    Folder::with("").fails(1, &["`title` is missing", "`data` is missing"]);
}

const ALL: &str = r#"title = "A test"
[data]
panel = "panel.csv"
unit = ["region", "industry"]
time = "year"
[geography]
regions = "regions.csv"
[geography.weights]
near = { neighbors = "neighbors.csv", islands = "keep" }
[clusters]
definition = "definition.csv"
[variables]
v = "log(x)"
[sample]
where = "x > 0"
[axes]
"errors.cluster" = ["region", "industry"]
[[model]]
name = "within"
formula = "y ~ v + z | region + year"
errors = { cluster = "region" }
[[table]]
name = "main"
models = ["within"]
[[figure]]
kind = "coefficients"
models = ["within"]
"#;

#[test]
fn a_misspelt_key_in_every_section() {
    let slips = [
        ("title =", "titel =", "did you mean `title`?"),
        ("panel =", "pannel =", "did you mean `panel`?"),
        ("regions =", "regoins =", "did you mean `regions`?"),
        ("islands =", "island =", "did you mean `islands`?"),
        ("definition =", "definiton =", "did you mean `definition`?"),
        ("[sample]", "[smaple]", "did you mean `sample`?"),
        ("where =", "wehre =", "did you mean `where`?"),
        ("\"errors.cluster\"", "\"error.cluster\"", "did you mean \"errors.cluster\"?"),
        ("formula =", "fromula =", "did you mean `formula`?"),
        ("{ cluster =", "{ clustre =", "did you mean `cluster`?"),
        ("kind =", "knid =", "did you mean `kind`?"),
        ("name = \"main\"\nmodels", "name = \"main\"\nmodles", "did you mean `models`?"),
    ];
    for (right, wrong, help) in slips {
        assert!(ALL.contains(right), "{right}");
        let line = 1 + ALL[..ALL.find(right).unwrap()].lines().count()
            - usize::from(
                !ALL[..ALL.find(right).unwrap()].is_empty() && !ALL[..ALL.find(right).unwrap()].ends_with('\n'),
            )
            + right.matches('\n').count();
        Folder::with(&ALL.replacen(right, wrong, 1)).fails(1, &[help, &format!("study.toml:{line}:")]);
    }
}

#[test]
fn values_of_the_wrong_type() {
    let wrong = [
        ("title = \"A test\"", "title = 3", "`title` must be a text, not a whole number"),
        ("time = \"year\"", "time = 2000", "`time` must be a text, not a whole number"),
        ("where = \"x > 0\"", "where = true", "`where` must be a text, not true or false"),
        ("v = \"log(x)\"", "v = 1.5", "`v` must be a text, not a number"),
        ("models = [\"within\"]", "models = \"within\"", "`models` must be a list, not a text"),
        ("islands = \"keep\"", "islands = \"kept\"", "valid values: "),
    ];
    for (right, bad, message) in wrong {
        assert!(ALL.contains(right), "{right}");
        Folder::with(&ALL.replacen(right, bad, 1)).fails(1, &[message]);
    }
}

#[test]
fn all_faults_are_shown_at_once() {
    let study = ALL
        .replace("title = \"A test\"", "title = 3")
        .replace("panel =", "pannel =")
        .replace("fromula", "formula")
        .replace("kind =", "knid =");
    Folder::with(&study).fails(1, &["`title` must be", "`pannel` is not a key", "`knid` is not a key", "5 faults."]);
}

#[test]
fn a_formula_that_does_not_parse() {
    Folder::with(&format!("{DATA}{}", MODEL.replace("x + z", "x + + z")))
        .fails(1, &["expected a term after +", "study.toml:8:18", "formula = \"y ~ x + + z | region + year\" · ─"]);
    Folder::with(&format!("{DATA}{}", MODEL.replace("y ~ x + z", "x + z"))).fails(1, &["needs ~", "write y ~ x1 + x2"]);
    Folder::with(&format!("{DATA}{}", MODEL.replace("x + z", "log(x"))).fails(1, &["study.toml:8:"]);
}

#[test]
fn an_unknown_function() {
    Folder::with(&format!("{DATA}{}", MODEL.replace("x + z", "lgo(x)"))).fails(1, &["lgo", "did you mean", "log"]);
}

#[test]
fn variables_that_need_each_other() {
    Folder::with(&format!("{DATA}[variables]\na = \"b + 1\"\nb = \"2 * a\"\n{}", MODEL.replace("x + z", "a")))
        .fails(1, &["these variables are defined by each other: a -> b -> a", "study.toml:7:"]);
}

#[test]
fn tables_and_figures_of_models_that_are_not_there() {
    let figure = "[[figure]]\nkind = \"coefficients\"\nmodels = [\"wihtin\"]\n";
    Folder::with(&format!("{DATA}{}{figure}", MODEL.replace("[\"within\"]", "[\"other\"]"))).fails(
        1,
        &[
            "there is no model `other`",
            "models of this study: within",
            "there is no model `wihtin`",
            "did you mean `within`?",
        ],
    );
}

#[test]
fn two_models_of_one_name() {
    Folder::with(&format!("{DATA}{MODEL}{}", MODEL.split("[[table]]").next().unwrap()))
        .fails(1, &["two models are named `within`", "give each model its own name"]);
}

#[test]
fn a_pattern_that_fits_no_model() {
    Folder::with(&format!("{DATA}{MODEL}")).refuses(
        "run study.toml --only p*",
        1,
        &["no model fits the pattern `p*`; the study has: within"],
    );
}

#[test]
fn axes_of_more_cells_than_a_study_can_have() {
    let list = |n: usize, text: &str| (0..n).map(|i| format!("\"{text} {i}\"")).collect::<Vec<_>>().join(", ");
    let axes = format!(
        "[axes]\n\"sample.where\" = [{}]\ncontrols = [{}]\n",
        list(300, "x >"),
        (0..200).map(|i| format!("\"log(z + {i})\"")).collect::<Vec<_>>().join(", ")
    );
    Folder::with(&format!("{DATA}{MODEL}{axes}"))
        .fails(1, &["the axes make 60000 models; one study has at most 50000", "take choices out, or split the study"]);
}

#[test]
fn what_only_leaves_out_is_named() {
    let study = format!(
        "{DATA}{MODEL}{}",
        "[[model]]\nname = \"other\"\nformula = \"y ~ z\"\n[[table]]\nname = \"second\"\nmodels = [\"other\"]\n[[family]]\nname = \"both\"\nmodels = [\"*\"]\nterms = [\"z\"]\nmethod = \"holm\"\n"
    );
    let folder = Folder::with(&study);
    let all = folder.isard("run study.toml --out all").success();
    assert!(!crate::cli::support::stdout(&all).contains("left out"));
    let told = crate::cli::support::stdout(&folder.isard("run study.toml --out out --only within").success());
    assert!(told.contains("family both was left out") && told.contains("table second was left out"), "{told}");
    let results = folder.read("out/results.json");
    assert!(results.contains("\"code\": \"left_out\"") && results.contains("family both"), "{results}");
    folder.write("study.toml", study.replacen("[data]", "deny = [\"left_out\"]\n[data]", 1));
    folder.refuses("run study.toml --out out --only within", 3, &["the study denies `left_out`"]);
}
