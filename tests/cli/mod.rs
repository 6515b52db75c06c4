//! The command line: a module per verb.

mod check;
mod completions;
mod draw;
mod explain;
mod new;
mod plan;
mod run;
mod schema;
mod show;
