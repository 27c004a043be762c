//! `portner metadata`: shows a registered party, and begins the registration of a new one.
//! What is fetched from others is in `metadata_sources`.

use std::path::PathBuf;

use clap::Subcommand;

use crate::ambient::{Ambient, SystemClock};
use crate::app::{App, CannotStart};
use crate::config::problem::{Problem, Problems};
use crate::config::settings::StoreUrl;
use crate::domain::refusal::Refusal;
use crate::domain::service::ServiceId;
use crate::domain::upstream::UpstreamId;
use crate::telemetry::log::chain;
use crate::trust::Registry;
use crate::web::service_api::metadata::own;

use super::accept::Asked;
use super::added;
use super::installation::Installation;
use super::metadata_sources;
use super::output::Output;
use super::party;
use super::serve::runtime;
use super::unserved;
use super::{Place, add};

/// What to do with parties.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// List all parties
    List,
    /// Show a party by its short name, entityID, client_id, issuer or domain; without one, our
    /// own signed metadata
    Show {
        /// Which one
        #[arg(conflicts_with = "upstream")]
        party: Option<String>,
        /// Our own as this upstream is to have it, by its short name
        #[arg(long = "for", value_name = "UPSTREAM")]
        upstream: Option<String>,
    },
    /// Register a party by its SAML metadata, with a file that says what is left to decide
    Add {
        /// The party's metadata: a file, which is copied, or an https address, which is fetched again
        /// and again
        file: PathBuf,
        /// Its short name here; by default after its entityID
        #[arg(long)]
        name: Option<String>,
        /// As what, where its metadata describes both
        #[arg(long = "as", value_name = "ROLE")]
        role: Option<add::Role>,
        /// Take it in place of the metadata that is there; what its .toml decides stays
        #[arg(long)]
        replace: bool,
    },
    /// List where metadata is fetched from, and how that goes
    Sources,
    /// Show the changes that wait for a decision
    Diff {
        /// Of which party; by default of all
        party: Option<String>,
    },
    /// Serve the change of a party that waits for a decision
    Accept {
        /// Which party
        party: String,
        /// The digest that `metadata diff` shows: what has come since is not served
        digest: String,
        /// Who you are, for the record
        #[arg(long, value_name = "NAME", default_value = "operator")]
        by: String,
    },
    /// Fetch metadata now
    Refresh {
        /// Of which party; by default of all
        party: Option<String>,
    },
}

/// Runs one action. Whether all is well.
pub(super) fn run(place: &Place, action: &Action, output: &mut Output) -> bool {
    let (installation, problems) = Installation::read(place, &SystemClock);
    let Some(installation) = installation else {
        return output.problems(&problems);
    };
    match action {
        Action::List => {
            show_all(&installation.registry, output);
            unserved::list(&installation, output);
            output.problems(&problems)
        }
        Action::Show {
            party: None,
            upstream,
        } => {
            let shown = runtime()
                .and_then(|runtime| runtime.block_on(own_metadata(installation, upstream.as_deref())));
            match shown {
                Ok(metadata) => {
                    output.line(metadata);
                    true
                }
                Err(problem) => {
                    output.problem(&problem);
                    false
                }
            }
        }
        Action::Show {
            party: Some(party), ..
        } => show(&installation, party, &problems, output),
        Action::Sources => metadata_sources::list(&installation, output),
        Action::Diff { party } => metadata_sources::diff(&installation, party.as_deref(), output),
        Action::Accept { party, digest, by } => {
            let asked = Asked { party, digest, by };
            match asked.accept(&installation, output) {
                Ok(accepted) => accepted,
                Err(problem) => {
                    output.problem(&problem);
                    false
                }
            }
        }
        Action::Refresh { party } => metadata_sources::refresh(&installation, party.as_deref(), output),
        Action::Add {
            file,
            name,
            role,
            replace,
        } => {
            let wish = add::Wish {
                file,
                name: name.as_deref(),
                role: *role,
                replace: *replace,
            };
            let well = match metadata_sources::address(file) {
                Some(url) => metadata_sources::add(&installation, &url, &wish, output),
                None => add::run(&wish, &installation.settings.files.metadata, output),
            };
            if well {
                added::tell_faults(place, &problems, output);
            }
            well
        }
    }
}

/// What the web has at `/saml/metadata` and below it.
async fn own_metadata(mut installation: Installation, upstream: Option<&str>) -> Result<String, CannotStart> {
    let unknown = || {
        let name = upstream.unwrap_or_default();
        let problem = Problem::error(format!("no upstream is called {name}"));
        Box::new(problem.help("`portner metadata list` lists all"))
    };
    let towards = match upstream {
        Some(name) => Some(UpstreamId::parse(name).ok_or_else(unknown)?),
        None => None,
    };
    if let (Some(id), Some(name)) = (&towards, upstream) {
        let known = installation.registry.upstream(id).ok_or_else(unknown)?;
        known
            .speaks_saml()
            .then_some(())
            .ok_or_else(|| Box::new(without_saml(name)))?;
    }
    // Nothing that is kept has a say in it, so no database is touched.
    installation.settings.store.url = StoreUrl::Memory;
    let app = App::build(installation, Ambient::system()).await?;
    own(app.portner(), towards.as_ref()).await.map_err(|refused| {
        if refused.refusal == Refusal::NoSuchPage {
            unknown()
        } else {
            Box::new(Problem::error(format!(
                "our metadata cannot be made: {}",
                chain(&refused)
            )))
        }
    })
}

fn without_saml(name: &str) -> Problem {
    let problem = Problem::error(format!("{name} speaks no SAML, so there is no metadata for it"));
    let remedy = format!("`portner metadata show {name}` shows what it is registered with");
    problem.help(remedy)
}

fn show_all(registry: &Registry, output: &mut Output) {
    for service in registry.services() {
        let (protocol, name) = party::service_name(service);
        output.line(format!("service   {:<20} {protocol} {name}", service.profile.id));
    }
    for upstream in registry.upstreams() {
        let (protocol, name) = party::upstream_name(upstream);
        output.line(format!("upstream  {:<20} {protocol} {name}", upstream.profile.id));
    }
}

fn show(installation: &Installation, party: &str, problems: &Problems, output: &mut Output) -> bool {
    let registry = &installation.registry;
    let directory = &installation.settings.files.metadata;
    let service = ServiceId::parse(party)
        .and_then(|id| registry.service(&id))
        .or_else(|| registry.service_by_entity_id(party).map(|(service, _)| service))
        .or_else(|| registry.service_by_client_id(party).map(|(service, _)| service));
    let upstream = registry.upstream_by_hint(party);
    if let Some(service) = service {
        party::show_service(service, directory, output);
    }
    if let Some(upstream) = upstream {
        party::show_upstream(upstream, directory, output);
    }
    let found = service.is_some() || upstream.is_some();
    let is_there = unserved::show(installation, party, problems, output);
    if !found && !is_there {
        let problem = Problem::error(format!("no party is called {party}"));
        output.problem(&problem.help(
            "`portner metadata list` lists all; `portner check` tells of files that could not be read",
        ));
    }
    found || is_there
}
