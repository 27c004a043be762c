//! `portner metadata`: shows a registered party, and begins the registration of a new one.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::ambient::{Ambient, SystemClock};
use crate::app::{App, CannotStart};
use crate::config::problem::Problem;
use crate::config::settings::StoreUrl;
use crate::domain::refusal::Refusal;
use crate::domain::service::ServiceId;
use crate::domain::upstream::UpstreamId;
use crate::saml::xml::names::MD;
use crate::saml::xml::{Document, Element, Limits};
use crate::telemetry::log::chain;
use crate::trust::Registry;
use crate::web::service_api::metadata::own;

use super::Place;
use super::installation::Installation;
use super::output::Output;
use super::party;
use super::serve::runtime;

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
    /// Copy SAML metadata to its place, with a file beside it that says what is left to decide
    Add {
        /// The party's metadata
        file: PathBuf,
        /// Its short name here; by default after its entityID
        #[arg(long)]
        name: Option<String>,
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
        } => show(&installation, party, output),
        Action::Add { file, name } => match add(file, name.as_deref(), &installation.settings.files.metadata)
        {
            Ok(added) => {
                output.line(format!("added {}", added.display()));
                output.line("fill in what it leaves open, then run: portner check");
                true
            }
            Err(problem) => {
                output.problem(&problem);
                false
            }
        },
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

fn show(installation: &Installation, party: &str, output: &mut Output) -> bool {
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
    if !found {
        let problem = Problem::error(format!("no party is called {party}"));
        output.problem(&problem.help(
            "`portner metadata list` lists all; `portner check` tells of files that could not be read",
        ));
    }
    found
}

/// Copies metadata into `directory`, with a TOML file that is switched off until somebody has
/// decided what it leaves open.
fn add(file: &Path, name: Option<&str>, directory: &Path) -> Result<PathBuf, Problem> {
    let unreadable = |error: &dyn std::fmt::Display| Problem::error(format!("{}: {error}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| unreadable(&error))?;
    let document = Document::parse(&bytes, &Limits::METADATA).map_err(|refusal| unreadable(&refusal))?;
    let root = document.root();
    let entity_id = root.attribute("entityID").unwrap_or_default();
    let (folder, text) = if root.children_named(MD.uri, "IDPSSODescriptor").next().is_some() {
        ("upstreams", upstream_text(&display_name(root, entity_id)))
    } else if root.children_named(MD.uri, "SPSSODescriptor").next().is_some() {
        ("services", service_text(&display_name(root, entity_id)))
    } else {
        return Err(unreadable(
            &"no EntityDescriptor of a service or an identity provider",
        ));
    };
    let short = name.map_or_else(|| short_name(entity_id), str::to_owned);
    if UpstreamId::parse(&short).is_none() {
        let problem = match name {
            Some(given) => Problem::error(format!("{given} cannot be a short name")),
            None => unreadable(&"its entityID makes no short name"),
        };
        return Err(problem.help("give one with --name: 1 to 64 of a-z, 0-9, -, _ and ."));
    }
    let name = short;
    let place = directory.join(folder).join(format!("{name}.toml"));
    if place.exists() {
        let problem = Problem::error(format!("{} is there already", place.display()));
        return Err(problem.help("choose another with --name, or replace the .xml beside it by hand"));
    }
    let written =
        std::fs::write(place.with_extension("xml"), &bytes).and_then(|()| std::fs::write(&place, text));
    written.map_err(|error| Problem::error(format!("{}: {error}", place.display())))?;
    Ok(place)
}

/// The host of an entityID, as far as it can be a file name.
fn short_name(entity_id: &str) -> String {
    let host = url::Url::parse(entity_id)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| entity_id.to_lowercase())
}

fn display_name(root: Element<'_>, entity_id: &str) -> String {
    let named = root.descendants().find(|element| {
        matches!(
            element.local_name(),
            "DisplayName" | "OrganizationDisplayName" | "ServiceName"
        )
    });
    let name = named.and_then(|element| element.text().ok()).unwrap_or(entity_id);
    name.trim().replace(['\\', '"', '\n', '\r', '\t'], " ")
}

fn upstream_text(name: &str) -> String {
    format!(
        "# See local-saml.toml.example for everything that can stand here.\n\
         enabled = false\nkind = \"local\"\nname = \"{name}\"\n\n\
         # Whose users come here, what its word is good for, whom to call:\n\
         domains = []\ninstitutions = []\nvouches_for = [\"uni-id\"]\n# contact = \"\"\n"
    )
}

fn service_text(name: &str) -> String {
    format!(
        "# See saml.toml.example and oidc.toml.example for everything that can stand here.\n\
         enabled = false\nname = \"{name}\"\n\n\
         # Where a login at the service begins, and which rule of config/releases.toml says what it gets:\n\
         # start_url = \"https://\"\nrelease = \"pseudonym\"\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("services")).unwrap();
        std::fs::write(directory.path().join("sp.xml"), METADATA).unwrap();
        directory
    }

    const METADATA: &str = "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://Skoledagen.example/saml\"><SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"><AssertionConsumerService index=\"0\" Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"https://skoledagen.example/acs\"/></SPSSODescriptor><Organization><OrganizationDisplayName xml:lang=\"da\">Skole \"dagen\"</OrganizationDisplayName></Organization></EntityDescriptor>";

    #[test]
    fn a_new_party_lies_in_its_place_and_is_switched_off() {
        let directory = directory();
        let place = add(&directory.path().join("sp.xml"), None, directory.path()).unwrap();
        assert!(place.ends_with("services/skoledagen.example.toml"));
        let text = std::fs::read_to_string(&place).unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["enabled"].as_bool(), Some(false));
        assert_eq!(table["name"].as_str(), Some("Skole  dagen "));
        assert_eq!(
            std::fs::read_to_string(place.with_extension("xml")).unwrap(),
            METADATA
        );
    }

    #[test]
    fn a_party_that_is_there_is_not_replaced_and_no_name_leads_out_of_the_directory() {
        let directory = directory();
        let file = directory.path().join("sp.xml");
        add(&file, Some("x"), directory.path()).unwrap();
        assert!(add(&file, Some("x"), directory.path()).is_err());
        let refused = add(&file, Some("../x"), directory.path()).unwrap_err();
        assert_eq!(refused.to_string(), "../x cannot be a short name");
    }
}
