use crate::support::Bench;
use predicates::str::contains;

#[test]
fn every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        Bench::new().isard(&["completions", shell]).success().stdout(contains("isard"));
    }
}
