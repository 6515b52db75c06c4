use predicates::str::contains;

use super::support::Folder;

#[test]
fn every_shell_has_a_script() {
    let folder = Folder::new();
    folder.isard("completions bash").success().stdout(contains("_isard()"));
    folder.isard("completions zsh").success().stdout(contains("#compdef isard"));
    folder.isard("completions fish").success().stdout(contains("complete -c isard"));
}

#[test]
fn another_shell_is_refused() {
    Folder::new().refuses("completions tcl", 1, &["invalid value 'tcl'"]);
}
