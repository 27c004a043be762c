//! The command line: one file for each command. Only here is anything printed.

mod add;
mod added;
mod admin;
mod audit;
mod check;
mod check_directory;
mod check_sources;
mod check_store;
mod demo;
mod doctor;
mod dumps;
mod evidence;
mod from_token;
mod import;
mod init;
mod inside;
pub mod installation;
pub mod keys;
mod lost_keys;
mod metadata;
mod metadata_providers;
mod metadata_sources;
mod output;
mod party;
mod password;
mod rotate;
mod seed;
mod serve;
mod support;
mod unserved;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use output::Output;

/// Portner, the doorkeeper: a login hub for schools.
#[derive(Debug, Parser)]
#[command(name = "portner", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
enum Command {
    /// Write the directory that an installation begins with
    Init(init::Arguments),
    /// Serve logins, until told to stop
    Serve(Place),
    /// Load people, accounts and institutions from a file
    Seed {
        #[command(flatten)]
        place: Place,
        /// The people, in TOML
        file: PathBuf,
    },
    /// Take in people from a school's system, with a look at what would change
    Import {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        action: import::Action,
    },
    /// Find every fault that would stop a login, without a network
    Check(Place),
    /// Show a whole federation on this machine: Portner, two municipalities, an eID, services
    Demo(demo::Arguments),
    /// Test from outside: clock, certificates, and whether upstreams answer
    Doctor(Place),
    /// Make and list the keys that Portner holds
    Keys {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        action: keys::Action,
    },
    /// Make the key for evidence, check the chain, open what was kept
    Evidence {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        action: evidence::Action,
    },
    /// Follow the audit trail, and compare it with what was told of it elsewhere
    Audit {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        action: audit::Action,
    },
    /// Make a code for somebody's first login
    Password {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        action: password::Action,
    },
    /// Make a new password for an employee on the workplace's word, by two people
    Support {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        action: support::Action,
    },
    /// Say who looks after an institution's people
    Admin {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        action: admin::Action,
    },
    /// Show and add parties
    Metadata {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        action: metadata::Action,
    },
}

/// Which installation.
#[derive(Debug, Args)]
pub struct Place {
    /// The settings
    #[arg(long, global = true, default_value = "config/portner.toml")]
    pub config: PathBuf,
}

/// Runs what the command line says. The exit code is 0 where all is well, 1 where something is
/// wrong, 2 where the command line was not understood.
pub fn run_from_command_line() -> ExitCode {
    let command_line = match CommandLine::try_parse() {
        Ok(command_line) => command_line,
        Err(error) => {
            // Help and version come this way too. If nobody listens, there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut output = Output::standard();
    let well = match command_line.command {
        Command::Init(arguments) => init::run(&arguments, &mut output),
        Command::Serve(place) => serve::run(&place, &mut output),
        Command::Seed { place, file } => seed::run(&place, &file, &mut output),
        Command::Import { place, action } => import::run(&place, &action, &mut output),
        Command::Check(place) => check::run(&place, &mut output),
        Command::Demo(arguments) => demo::run(&arguments, &mut output),
        Command::Doctor(place) => doctor::run(&place, &mut output),
        Command::Keys { place, action } => keys::run(&place, &action, &mut output),
        Command::Evidence { place, action } => evidence::run(&place, &action, &mut output),
        Command::Audit { place, action } => audit::run(&place, &action, &mut output),
        Command::Password { place, action } => password::run(&place, &action, &mut output),
        Command::Support { place, action } => support::run(&place, &action, &mut output),
        Command::Admin { place, action } => admin::run(&place, &action, &mut output),
        Command::Metadata { place, action } => metadata::run(&place, &action, &mut output),
    };
    if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::CommandLine::command().debug_assert();
    }
}
