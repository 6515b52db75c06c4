//! Progress: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use crate::plan::Observer;

/// Shows the steps of a run on standard error.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
}

impl Progress {
    /// A display for `total` steps; `quiet` shows nothing.
    pub(super) fn new(total: usize, quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(total as u64);
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Progress { bar, quiet }
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Progress {
    fn models(&self, what: &str, done: usize) {
        match (&self.bar, done) {
            (Some(bar), 0) => bar.set_message(what.to_string()),
            (Some(bar), done) => bar.inc(done as u64),
            (None, 0) => self.step(what),
            (None, _) => {}
        }
    }

    fn step(&self, what: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_message(what.to_string());
                bar.inc(1);
            }
            None if !self.quiet => eprintln!("{what}"),
            None => {}
        }
    }
}
