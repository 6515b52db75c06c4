use super::support::{DATA, Folder, stdout};

#[test]
fn a_study_of_variables_alone_is_measured_and_not_run() {
    let folder = Folder::with(&format!("{DATA}[variables]\nq = \"lq(employment)\"\n"));
    let told = stdout(&folder.isard("measure study.toml --out out").success());
    assert!(told.contains("72 rows, 1 variable") && folder.path().join("out/measures.parquet").is_file(), "{told}");
    folder.refuses(
        "run study.toml --out out",
        1,
        &["the study has no [[model]] or [[autocorrelation]] to run", "`isard measure study.toml`"],
    );
    folder.write("study.toml", DATA);
    folder.refuses("measure study.toml --out out", 1, &["the study has no model", "[variables] for `isard measure`"]);
}
