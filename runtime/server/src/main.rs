//! The binary `champollion`.

use std::process::ExitCode;

fn main() -> ExitCode {
    champollion_server::cli::run()
}
