//! `portner init`: the directory that an installation begins with, out of the program alone.
//!
//! What is written is what the repository has under `config/` and `metadata/`, and nothing that is
//! there is ever overwritten.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::output::Output;
use crate::config::listen::Origin;
use crate::config::problem::Problem;

/// Every file, by its place.
const FILES: [(&str, &str); 13] = [
    ("config/portner.toml", include_str!("../../config/portner.toml")),
    (
        "config/attributes.toml",
        include_str!("../../config/attributes.toml"),
    ),
    ("config/releases.toml", include_str!("../../config/releases.toml")),
    (
        "config/password-rules.toml",
        include_str!("../../config/password-rules.toml"),
    ),
    (
        "config/school-networks.toml",
        include_str!("../../config/school-networks.toml"),
    ),
    (
        "metadata/feeds.toml.example",
        include_str!("../../metadata/feeds.toml.example"),
    ),
    (
        "metadata/services/oidc.toml.example",
        include_str!("../../metadata/services/oidc.toml.example"),
    ),
    (
        "metadata/services/saml.toml.example",
        include_str!("../../metadata/services/saml.toml.example"),
    ),
    (
        "metadata/upstreams/central.toml",
        include_str!("../../metadata/upstreams/central.toml"),
    ),
    (
        "metadata/upstreams/local-saml.toml.example",
        include_str!("../../metadata/upstreams/local-saml.toml.example"),
    ),
    (
        "metadata/upstreams/local-oidc.toml.example",
        include_str!("../../metadata/upstreams/local-oidc.toml.example"),
    ),
    (
        "metadata/upstreams/eid-oidc.toml.example",
        include_str!("../../metadata/upstreams/eid-oidc.toml.example"),
    ),
    (
        "metadata/upstreams/eid-nemlog-in.toml.example",
        include_str!("../../metadata/upstreams/eid-nemlog-in.toml.example"),
    ),
];

/// The line that `--origin` takes the place of.
const ORIGIN: &str = "#origin = \"http://localhost:8080\"";

/// Where to begin, and as whom.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The directory that Portner is to run in
    directory: PathBuf,
    /// The one public address, such as https://login.example; to be written in later where it is left out
    #[arg(long)]
    origin: Option<String>,
}

/// Writes what is not there yet. Whether all is well.
pub(super) fn run(arguments: &Arguments, output: &mut Output) -> bool {
    match write_all(arguments, output) {
        Ok(()) => true,
        Err(problem) => {
            output.problem(&problem);
            false
        }
    }
}

fn write_all(arguments: &Arguments, output: &mut Output) -> Result<(), Problem> {
    let Arguments { directory, origin } = arguments;
    let origin = origin.as_deref().map(line_of).transpose()?;
    let settings = directory.join("config/portner.toml");
    if settings.exists() {
        let problem = Problem::error(format!("{} is there already", settings.display()));
        return Err(problem.help("an installation is begun once; `portner check` says how it does"));
    }
    for (place, text) in FILES {
        let path = directory.join(place);
        let text = match &origin {
            Some(line) => text.replacen(ORIGIN, line, 1),
            None => text.to_owned(),
        };
        match put(&path, &text) {
            Ok(()) => output.line(format!("wrote {}", path.display())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                output.line(format!("left {} as it is", path.display()));
            }
            Err(error) => {
                let problem = Problem::error(format!("{}: {error}", path.display()));
                return Err(problem.help("let yourself write there, or choose another directory"));
            }
        }
    }
    let (directory, settings) = (directory.display(), settings.display());
    let also = origin.map_or("where Portner is reached (origin) and ", |_| "");
    output.line(format!(
        "then say in {settings} {also}how TLS comes about ([listen])"
    ));
    output.line(format!(
        "and: cd {directory} && portner keys new && portner check"
    ));
    Ok(())
}

fn line_of(origin: &str) -> Result<String, Problem> {
    let wrong = || {
        Problem::error(format!(
            "{origin} is not an address that Portner can be reached at"
        ))
        .help("write https:// and a host, without a path")
    };
    let parsed = Origin::parse(origin).ok_or_else(wrong)?;
    Ok(format!("origin = \"{parsed}\""))
}

fn put(path: &Path, text: &str) -> io::Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?;
    file.write_all(text.as_bytes())
}
