//! `isard new`: a study from a template.

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;

use super::Failure;

/// Arguments of `new`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to write.
    study: PathBuf,
    /// What to start from.
    #[arg(long, value_enum, default_value_t = Template::Panel)]
    template: Template,
}

/// The templates.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Template {
    /// A panel regression with absorbed effects.
    Panel,
    /// Cluster strength, related and neighbouring clusters.
    Clusters,
    /// A map.
    Map,
}

impl Template {
    fn text(self) -> &'static str {
        match self {
            Template::Panel => include_str!("templates/panel.toml"),
            Template::Clusters => include_str!("templates/clusters.toml"),
            Template::Map => include_str!("templates/map.toml"),
        }
    }
}

/// Writes the template; a file that is there is never overwritten.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let path = args.study.display();
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&args.study).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Failure::data(format!("{path} is already there; isard does not overwrite it: choose another name"))
        } else if error.kind() == std::io::ErrorKind::NotFound {
            Failure::data(format!("cannot write {path}: its folder is not there; make it first"))
        } else {
            Failure::data(format!("cannot write {path}: {error}"))
        }
    })?;
    file.write_all(args.template.text().as_bytes())
        .map_err(|error| Failure::data(format!("cannot write {path}: {error}")))?;
    super::say(&format!(
        "{path} is written. Point its [data] at your files, then: isard check {path} && isard run {path}"
    ));
    Ok(())
}
