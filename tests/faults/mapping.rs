//! Clusters measured on data that no cluster can be measured on: what is said, or which value is missing.

use crate::cli::support::{DATA, Folder, HEADER, MODEL, csv, panel_with, rows, stdout};

/// The columns of the panel: industry and employment.
const INDUSTRY: usize = 1;
const EMPLOYMENT: usize = 7;

const DEFINITION: &str = "industry,cluster\ni1,A\ni2,A\ni3,B\ni4,B\n";

/// Variables, a map and a definition of clusters, all of employment.
const CLUSTERS: &str = r#"[clusters]
definition = "definition.csv"
[clusters.define]
cells = "cells"
employment = "employment"
similarity = ["lc-employment"]
functions = ["ward"]
clusters = 2
[data.tables.cells]
file = "panel.csv"
where = "year == 2000"
[map]
employment = "employment"
"#;

fn folder(definition: &str, variables: &str) -> Folder {
    let folder = Folder::with(&format!("{DATA}{CLUSTERS}[variables]\n{variables}\n{MODEL}"));
    folder.write("definition.csv", definition);
    folder
}

/// The panel with the employment of some rows, told by their fields, replaced.
fn with_employment(value: &str, is_meant: impl Fn(&[&str]) -> bool) -> String {
    let replaced = |row: &String| {
        let mut fields: Vec<&str> = row.split(',').collect();
        if is_meant(&fields) {
            fields[EMPLOYMENT] = value;
        }
        fields.join(",")
    };
    csv(HEADER, &rows().iter().map(replaced).collect::<Vec<_>>())
}

/// The rows of a written table, as fields by name.
fn table(folder: &Folder, file: &str) -> Vec<std::collections::HashMap<String, String>> {
    let text = folder.read(file);
    let mut lines = text.lines().map(crate::csv::cells);
    let header = lines.next().unwrap();
    lines.map(|cells| header.iter().cloned().zip(cells).collect()).collect()
}

#[test]
fn negative_employment_is_told_with_its_row_by_every_door() {
    for variable in [
        "lq(employment)",
        "share(employment, within = cluster)",
        "symmetric_lq(employment)",
        "herfindahl(employment)",
        "krugman(employment)",
        "gini(employment)",
    ] {
        let folder = folder(DEFINITION, &format!("v = \"{variable}\""));
        folder.write("study.toml", folder.read("study.toml").replace("y ~ x + z", "y ~ x + v"));
        folder.write("panel.csv", panel_with(4, EMPLOYMENT, "-7"));
        let parts = [
            "its value at region r1, industry i2, year 2001 is -7: it must be finite and not negative",
            "study.toml:",
            "correct the data, or set what cannot be to missing",
        ];
        folder.fails(1, &parts);
        folder.refuses("measure study.toml --out out", 1, &parts);
    }
    let folder = folder(DEFINITION, "v = \"log(employment)\"");
    folder.write("panel.csv", panel_with(3, EMPLOYMENT, "-7"));
    folder.refuses("map study.toml --out out", 2, &["employment of cluster A in region r1 in 2000 is -7", "mend"]);
    folder.refuses(
        "define study.toml --out out",
        2,
        &["industry i2 in region r1 is -7", "mend it, or leave the row out"],
    );
}

#[test]
fn a_region_without_employment_has_no_shares() {
    let folder = folder(DEFINITION, "v = \"lq(employment)\"\nk = \"krugman(employment)\"");
    folder.write("panel.csv", with_employment("0", |fields| fields[0] == "r2"));
    folder.isard("map study.toml --out out").success();
    let cells = table(&folder, "out/map.csv");
    let empty: Vec<_> = cells.iter().filter(|cell| cell["region"] == "r2").collect();
    assert!(
        !empty.is_empty() && empty.iter().all(|cell| cell["employment"] == "0" && cell["location_quotient"].is_empty())
    );
    assert!(cells.iter().all(|cell| cell["region"] == "r2" || !cell["location_quotient"].is_empty()));
    // A regression loses its rows, with a line.
    folder.write("study.toml", folder.read("study.toml").replace("y ~ x + z", "y ~ x + v + k"));
    folder.isard("run study.toml --out out --quiet").success();
    assert!(folder.read("out/sample.csv").contains("within,model,12,60,missing,"), "{}", folder.read("out/sample.csv"));
}

#[test]
fn an_industry_of_one_region_is_wholly_there() {
    let folder = folder(DEFINITION, "v = \"lq(employment)\"");
    folder.write("panel.csv", with_employment("0", |fields| fields[INDUSTRY] == "i3" && fields[0] != "r4"));
    folder.write("study.toml", folder.read("study.toml").replace("definition.csv", "alone.csv"));
    folder.write("alone.csv", "industry,cluster\ni1,A\ni2,A\ni3,B\ni4,A\n");
    folder.isard("map study.toml --out out").success();
    for cell in table(&folder, "out/map.csv").iter().filter(|cell| cell["cluster"] == "B") {
        let share = if cell["region"] == "r4" { "1" } else { "0" };
        assert_eq!(cell["national_share"], share);
        // Everywhere else the quotient is zero, not missing: the nation has the cluster.
        assert_eq!(cell["location_quotient"] == "0", cell["region"] != "r4");
    }
    folder.isard("define study.toml --out out").success();
}

#[test]
fn an_industry_that_is_the_same_everywhere_has_no_correlation() {
    let folder = folder(DEFINITION, "v = \"lq(employment)\"");
    folder.write("panel.csv", with_employment("40", |fields| fields[INDUSTRY] == "i3"));
    let told = stdout(&folder.isard("define study.toml --out out").success());
    assert!(told.contains("In no cluster, having no defined similarity: 1 (i3)."), "{told}");
    assert!(!folder.read("out/definition.csv").contains("i3"));
    // No industry varies: there is nothing to group.
    folder.write("panel.csv", with_employment("40", |_| true));
    let parts = ["no industry is left to group", "4 industries have no defined similarity, for example i1, i2, i3, i4"];
    folder.refuses("define study.toml --out none", 2, &parts);
}

#[test]
fn duplicated_codes() {
    let repeated = folder("industry,cluster\ni1,A\ni1,A\ni2,A\ni3,B\ni4,B\n", "v = \"lq(employment)\"");
    let parts = ["definition.csv, lines 2 and 3: industry i1 is listed twice in cluster A: keep one line"];
    repeated.fails(2, &parts);
    repeated.refuses("map study.toml --out out", 2, &parts);
    // A cell that stands twice where regions and industries are laid out as a table.
    let cells = folder(DEFINITION, "v = \"lq(employment)\"");
    cells.write("study.toml", cells.read("study.toml").replace("where = \"year == 2000\"\n", ""));
    cells.refuses("define study.toml --out out", 2, &["industry i1 stands twice in region r1", "choose one year"]);
}

#[test]
fn an_industry_in_two_clusters_needs_shares_that_sum_to_one() {
    let definition = |lines: &str| folder(&format!("{lines}i2,A,1\ni3,B,1\ni4,B,1\n"), "v = \"lq(employment)\"");
    folder("industry,cluster\ni1,A\ni1,B\ni2,A\ni3,B\ni4,B\n", "v = \"lq(employment)\"").fails(
        2,
        &["definition.csv, lines 2 and 3: industry i1 belongs to A and to B, without shares: give a share column or keep one line"],
    );
    definition("industry,cluster,share\ni1,A,0.6\ni1,B,0.3\n")
        .fails(2, &["definition.csv, lines 2 and 3: the shares of industry i1 sum to 0.900000, not 1: mend them"]);
    definition("industry,cluster,share\ni1,A,1.5\ni1,B,-0.5\n")
        .fails(2, &["definition.csv, line 2: the share of industry i1 in cluster A is 1.5", "at most 1"]);
    definition("industry,cluster,share\ni1,A,0.6\ni1,B,0.4\n").isard("map study.toml --out out").success();
}

#[test]
fn lines_of_a_definition_are_told_through_names_and_steps() {
    let variable = "v = \"lq(employment)\"";
    folder("industry,cluster\ni1,A\n\ni2,\ni3,B\ni4,B\n", variable)
        .fails(2, &["definition.csv, line 4: the cluster of industry i2 is empty: name it, or leave the line out"]);
    folder("industry,cluster\ni1,A\n,A\ni3,B\ni4,B\n", variable)
        .fails(2, &["definition.csv, line 3: the industry of cluster A is empty"]);
    let unknown = folder("industry,cluster\n01,A\n02,B\n", variable);
    unknown.fails(2, &["definition.csv, line 2: industry 01 is not in the data, nor is any other; the data have i1"]);
    // A table of its own, with other names in the file, a field over two lines and rows in another order.
    let text = "code,group,note\n\"i2\",B,\"over\nlines\"\ni1,A,\ni2,A,\ni3,B,\ni4,B,\n";
    let steps = folder(text, variable);
    let study = steps.read("study.toml").replace("definition = \"definition.csv\"", "definition = \"codes\"");
    let table = "[data.tables.codes]\nfile = \"definition.csv\"\nrename = { code = \"industry\", group = \"cluster\" }\nwhere = \"industry != 'i4'\"\n";
    steps.write("study.toml", format!("{study}\n{table}"));
    steps.fails(2, &["codes (definition.csv, lines 2 and 5): industry i2 belongs to B and to A, without shares"]);
    // Another set of clusters that `define` compares with.
    let compared = folder(DEFINITION, variable);
    compared.write("other.csv", "industry,cluster\ni1,A\ni2,B\ni1,B\n");
    let study =
        compared.read("study.toml").replace("clusters = 2\n", "clusters = 2\ncompare = { other = \"other.csv\" }\n");
    compared.write("study.toml", &study);
    compared.refuses("define study.toml --out out", 2, &["other.csv, lines 2 and 4: industry i1 is in A and in B"]);
}

#[test]
fn codes_of_a_crosswalk() {
    let converted = |pairs: &str, options: &str| {
        let step = format!(
            "[data.tables.converted]\nfile = \"panel.csv\"\ncrosswalk = [{{ table = \"pairs.csv\", on = {{ industry = \"old\" }}, to = \"new\", totals = [\"employment\"]{options} }}]\n"
        );
        let data = DATA.replace("\"panel.csv\"", "\"converted\"");
        let folder = Folder::with(&format!("{data}{step}{MODEL}"));
        folder.write("pairs.csv", pairs);
        folder
    };
    converted("old,new\ni1,n1\ni2,n2\ni3,n3\n", "").fails(
        2,
        &[
            "1 codes of table converted are not in the crosswalk pairs.csv: industry i4",
            "unmatched = \"drop\" or \"keep\"",
        ],
    );
    converted("old,new,share\ni1,n1,0.5\ni1,n2,0.4\ni2,n2,1\ni3,n3,1\ni4,n4,1\n", ", share = \"share\"").fails(
        2,
        &[
            "the shares of 1 codes in the crosswalk pairs.csv do not sum to one: old i1 (0.900000)",
            "incomplete = \"scale\"",
        ],
    );
    converted("old,new\ni1,n1\ni1,n2\ni2,n2\ni3,n3\ni4,n4\n", "")
        .fails(2, &["several new codes for 1 old ones: old i1 (2 codes)", "split = \"equal\""]);
}
