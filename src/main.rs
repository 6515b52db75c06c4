//! The command line: parse, run, print the error, exit code. Everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    isard::cli::main()
}
