use predicates::str::contains;

use super::support::{DATA, Folder, MODEL};

#[test]
fn a_sound_study_is_fine() {
    Folder::with(&format!("{DATA}{MODEL}"))
        .isard("check study.toml")
        .success()
        .stdout(contains("study.toml: fine. 1 model, 1 table, 0 figures."));
}

#[test]
fn unknown_columns_are_found_in_the_header_alone() {
    let folder = Folder::with(&format!("{DATA}{}", MODEL.replace("x + z", "xx + z")));
    // The second line cannot be read as a row; only the header is looked at.
    folder.write("panel.csv", format!("{}\nbroken\n", super::support::HEADER));
    folder.refuses("check study.toml", 1, &["no column or variable named xx", "did you mean x?"]);
}

#[test]
fn absent_data_are_named() {
    let folder = Folder::with(&format!("{}{MODEL}", DATA.replace("panel.csv", "absent.csv")));
    folder.refuses("check study.toml", 2, &["its data are not here", "absent.csv", "--data DIR"]);
}

#[test]
fn a_study_that_may_lack_its_data_says_so() {
    let data = DATA.replace("panel.csv\"", "absent.csv\"\nif_missing = \"skip\"");
    let folder = Folder::with(&format!("{data}{MODEL}"));
    folder.isard("check study.toml").success().stdout(contains("its data are not here"));
    folder.isard("run study.toml").success().stdout(contains("skipped, because its data are not here"));
}

#[test]
fn data_may_stand_elsewhere() {
    let folder = Folder::with(&format!("{}{MODEL}", DATA.replace("panel.csv", "moved.csv")));
    std::fs::create_dir(folder.path().join("data")).unwrap();
    folder.write("data/moved.csv", super::support::panel());
    folder.isard("check study.toml --data data").success();
}
