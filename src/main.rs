//! Reads the command line and runs one command.

use std::process::ExitCode;

fn main() -> ExitCode {
    portner::cli::run_from_command_line()
}
