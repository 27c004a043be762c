//! `portner metadata add`: takes a party's SAML metadata to its place, with a file beside it that
//! is switched off until somebody has decided what the metadata leaves open.
//!
//! Nothing that is there is overwritten unasked, and what an operator decided in a `.toml` is
//! never overwritten. Whether the metadata is good enough to log in with is for `check` to say.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::added;
use super::output::Output;
use crate::config::problem::Problem;
use crate::domain::upstream::UpstreamId;
use crate::saml::xml::names::MD;
use crate::saml::xml::{Document, Element, Limits};

/// What a party is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Role {
    /// It asks for logins (`SPSSODescriptor`)
    Service,
    /// It vouches for users (`IDPSSODescriptor`)
    Upstream,
}

impl Role {
    const fn descriptor(self) -> &'static str {
        match self {
            Self::Service => "SPSSODescriptor",
            Self::Upstream => "IDPSSODescriptor",
        }
    }

    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::Service => "services",
            Self::Upstream => "upstreams",
        }
    }
}

/// What the command line asks for.
#[derive(Debug)]
pub(super) struct Wish<'a> {
    pub(super) file: &'a Path,
    pub(super) name: Option<&'a str>,
    pub(super) role: Option<Role>,
    pub(super) replace: bool,
}

/// What was done.
#[derive(Debug, PartialEq, Eq)]
enum Added {
    /// A new party, with this file to fill in.
    New(PathBuf),
    /// Other metadata for the party that this file decides about.
    Replaced(PathBuf),
}

/// Adds and tells. Whether it was done.
pub(super) fn run(wish: &Wish<'_>, directory: &Path, output: &mut Output) -> bool {
    match add(wish, directory) {
        Ok(Added::New(place)) => {
            output.line(format!("added {}", place.display()));
            added::tell_facts(&place.with_extension("xml"), output);
            output.line("fill in what it leaves open, then run: portner check");
            true
        }
        Ok(Added::Replaced(place)) => {
            output.line(format!("replaced {}", place.with_extension("xml").display()));
            output.line(format!("{} stays as it was; run: portner check", place.display()));
            true
        }
        Err(problem) => {
            output.problem(&problem);
            false
        }
    }
}

fn add(wish: &Wish<'_>, directory: &Path) -> Result<Added, Problem> {
    let bytes = std::fs::read(wish.file).map_err(|error| {
        let problem = Problem::error(format!("{} cannot be read: {error}", wish.file.display()));
        problem.help("name a file with the party's SAML metadata, as it sent it or as it publishes it")
    })?;
    let document = parse(wish.file, &bytes)?;
    let root = document.root();
    let entity_id = root.attribute("entityID").unwrap_or_default();
    let role = role_of(wish, root)?;
    let name = short_name(wish, entity_id)?;
    let place = directory.join(role.folder()).join(format!("{name}.toml"));
    let xml = place.with_extension("xml");
    if (place.exists() || xml.exists()) && !wish.replace {
        let there = if xml.exists() { &xml } else { &place };
        let problem = Problem::error(format!("{} is there already", there.display()));
        return Err(problem.help("choose another with --name, or take its place with --replace"));
    }
    if let Some(other) = entity_of(&xml).filter(|other| other != entity_id) {
        let problem = Problem::error(format!("{} describes another party: {other}", xml.display()));
        return Err(problem.help(format!(
            "choose another name for {entity_id} with --name, or remove {} first",
            xml.display()
        )));
    }
    let unwritable = |error: io::Error| {
        Problem::error(format!("{}: {error}", place.display()))
            .help("make the directory, and let yourself write there")
    };
    put(&xml, &bytes).map_err(unwritable)?;
    if place.exists() {
        return Ok(Added::Replaced(place));
    }
    let text = text_for(role, &display_name(root, entity_id));
    put(&place, text.as_bytes()).map_err(unwritable)?;
    Ok(Added::New(place))
}

/// The file as XML; what is sent in place of metadata again and again has its own words.
fn parse(file: &Path, bytes: &[u8]) -> Result<Document, Problem> {
    Document::parse(bytes, &Limits::METADATA).map_err(|refusal| {
        let start = String::from_utf8_lossy(bytes.get(..bytes.len().min(512)).unwrap_or_default());
        let start = start.trim_start_matches('\u{FEFF}').trim_start().to_ascii_lowercase();
        let (what, help) = if start.starts_with("<!doctype html") || start.starts_with("<html") {
            (
                "is a web page and not metadata".to_owned(),
                "open its address in a browser: perhaps one must log in first, or the metadata is behind a link",
            )
        } else if start.starts_with('<') {
            (
                format!("is not metadata that is read: {refusal}"),
                "ask the party for its metadata anew; nothing in it is mended here",
            )
        } else {
            (
                "is not XML".to_owned(),
                "SAML metadata begins with <EntityDescriptor or <?xml; a party that speaks OpenID Connect \
                 is registered in a .toml alone, see the examples beside the parties",
            )
        };
        Problem::error(format!("{} {what}", file.display())).help(help)
    })
}

/// Whether to register the party as a service or as an upstream: what its metadata describes, or what `--as`
/// says where it describes both.
pub(super) fn role_of(wish: &Wish<'_>, root: Element<'_>) -> Result<Role, Problem> {
    let plays = |role: Role| root.children_named(MD.uri, role.descriptor()).next().is_some();
    let file = wish.file.display();
    if root.is(MD.uri, "EntitiesDescriptor") {
        let problem = Problem::error(format!("{file} describes several parties"));
        return Err(problem.help("take the one EntityDescriptor that is meant to a file of its own"));
    }
    match (wish.role, plays(Role::Service), plays(Role::Upstream)) {
        (Some(role), ..) if plays(role) => Ok(role),
        (Some(role), ..) => {
            let problem = Problem::error(format!("{file} has no {}", role.descriptor()));
            Err(problem.help("leave --as out: what the metadata describes is taken"))
        }
        (None, true, false) => Ok(Role::Service),
        (None, false, true) => Ok(Role::Upstream),
        (None, true, true) => {
            let problem = Problem::error(format!("{file} describes a service and an identity provider"));
            Err(problem.help("say which it is to be here: --as service or --as upstream"))
        }
        (None, false, false) => {
            let problem = Problem::error(format!(
                "{file} is not about a service or an identity provider: no EntityDescriptor with \
                 SPSSODescriptor or IDPSSODescriptor"
            ));
            Err(problem.help("ask the party for its SAML 2.0 metadata"))
        }
    }
}

pub(super) fn short_name(wish: &Wish<'_>, entity_id: &str) -> Result<String, Problem> {
    let name = wish.name.map_or_else(|| host_or_all(entity_id), str::to_owned);
    if UpstreamId::parse(&name).is_some() {
        return Ok(name);
    }
    let problem = match wish.name {
        Some(given) => Problem::error(format!("{given} cannot be a short name")),
        None => Problem::error(format!(
            "{}: its entityID makes no short name",
            wish.file.display()
        )),
    };
    Err(problem.help("give one with --name: 1 to 64 of a-z, 0-9, -, _ and ."))
}

/// The host of an entityID, as far as it can be a file name.
fn host_or_all(entity_id: &str) -> String {
    let host = url::Url::parse(entity_id)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| entity_id.to_lowercase())
}

/// Whom the metadata that is there describes, if that can be told.
fn entity_of(xml: &Path) -> Option<String> {
    let document = Document::parse(&std::fs::read(xml).ok()?, &Limits::METADATA).ok()?;
    document.root().attribute("entityID").map(str::to_owned)
}

/// Writes a whole file or none: a Portner that reads meanwhile sees the old one or the new one.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

pub(super) fn display_name(root: Element<'_>, entity_id: &str) -> String {
    let named = root.descendants().find(|element| {
        matches!(
            element.local_name(),
            "DisplayName" | "OrganizationDisplayName" | "ServiceName"
        )
    });
    let name = named.and_then(|element| element.text().ok()).map(str::to_owned);
    let name = name.filter(|name| !name.trim().is_empty());
    name.unwrap_or_else(|| host_or_all(entity_id))
        .trim()
        .replace(['\\', '"', '\n', '\r', '\t'], " ")
}

pub(super) fn text_for(role: Role, name: &str) -> String {
    match role {
        Role::Upstream => format!(
            "# See local-saml.toml.example for everything that can stand here.\n\
             enabled = false\nkind = \"local\"\nname = \"{name}\"      # users see it\n\n\
             # What kind of software it is: adfs, entra, google, saml2int …\n# preset = \"\"\n\n\
             # Whose users come here, what its word is good for, whom to call:\n\
             domains = []\ninstitutions = []\nvouches_for = [\"uni-id\"]\n# contact = \"\"\n\n\
             # The strongest level that is believed of it; without these lines one factor:\n\
             # [ceiling]\n# factors = \"two\"\n"
        ),
        Role::Service => format!(
            "# See saml.toml.example and oidc.toml.example for everything that can stand here.\n\
             enabled = false\nname = \"{name}\"\n\n\
             # Where a login at the service begins, and which rule of config/releases.toml says what it gets:\n\
             # start_url = \"https://\"\nrelease = \"pseudonym\"\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SP: &str = "<SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"><AssertionConsumerService index=\"0\" Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"https://skoledagen.example/acs\"/></SPSSODescriptor>";
    const IDP: &str =
        "<IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>";

    fn entity(id: &str, roles: &str) -> String {
        format!(
            "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{id}\">{roles}<Organization><OrganizationDisplayName xml:lang=\"da\">Skole \"dagen\"</OrganizationDisplayName></Organization></EntityDescriptor>"
        )
    }

    /// A metadata directory, and a file that is to be added.
    struct Desk(tempfile::TempDir);

    impl Desk {
        fn with(text: &str) -> Self {
            let desk = Self(tempfile::tempdir().unwrap());
            for folder in ["services", "upstreams"] {
                std::fs::create_dir(desk.0.path().join(folder)).unwrap();
            }
            desk.lay(text);
            desk
        }

        fn lay(&self, text: &str) {
            std::fs::write(self.0.path().join("party.xml"), text).unwrap();
        }

        fn read(&self, path: &str) -> String {
            std::fs::read_to_string(self.0.path().join(path)).unwrap()
        }

        fn add(&self, change: impl FnOnce(&mut Wish<'_>)) -> Result<Added, Problem> {
            let file = self.0.path().join("party.xml");
            let mut wish = Wish {
                file: &file,
                name: None,
                role: None,
                replace: false,
            };
            change(&mut wish);
            add(&wish, self.0.path())
        }

        fn refused(&self, change: impl FnOnce(&mut Wish<'_>)) -> String {
            let problem = self.add(change).unwrap_err();
            let place = self.0.path().display().to_string();
            format!("{problem} / {}", problem.remedy().unwrap_or_default()).replace(&place, "HERE")
        }
    }

    #[test]
    fn a_new_party_lies_in_its_place_and_is_switched_off() {
        let metadata = entity("https://Skoledagen.example/saml", SP);
        let desk = Desk::with(&metadata);
        let Added::New(place) = desk.add(|_| ()).unwrap() else {
            panic!("nothing was there")
        };
        assert!(place.ends_with("services/skoledagen.example.toml"));
        let table: toml::Table = desk.read("services/skoledagen.example.toml").parse().unwrap();
        assert_eq!(table["enabled"].as_bool(), Some(false));
        assert_eq!(table["name"].as_str(), Some("Skole  dagen "));
        assert_eq!(desk.read("services/skoledagen.example.xml"), metadata);
    }

    #[test]
    fn a_party_of_two_roles_is_asked_which() {
        let desk = Desk::with(&entity("https://both.example", &format!("{IDP}{SP}")));
        let told = desk.refused(|_| ());
        assert!(told.contains("--as service or --as upstream"), "{told}");
        for (role, folder) in [(Role::Service, "services"), (Role::Upstream, "upstreams")] {
            desk.add(|wish| wish.role = Some(role)).unwrap();
            desk.read(&format!("{folder}/both.example.toml"));
        }
        desk.lay(&entity("https://one.example", SP));
        let told = desk.refused(|wish| wish.role = Some(Role::Upstream));
        assert!(told.contains("has no IDPSSODescriptor"), "{told}");
    }

    #[test]
    fn what_is_there_is_replaced_only_on_request_and_decisions_stay() {
        let desk = Desk::with(&entity("https://x.example", SP));
        desk.add(|_| ()).unwrap();
        let decided = "enabled = true\n";
        std::fs::write(desk.0.path().join("services/x.example.toml"), decided).unwrap();
        let renewed = entity("https://x.example", &SP.replace("/acs", "/acs2"));
        desk.lay(&renewed);
        let told = desk.refused(|_| ());
        assert!(
            told.contains("services/x.example.xml is there already") && told.contains("--replace"),
            "{told}"
        );
        assert_ne!(desk.read("services/x.example.xml"), renewed);
        assert!(matches!(
            desk.add(|wish| wish.replace = true).unwrap(),
            Added::Replaced(_)
        ));
        assert_eq!(desk.read("services/x.example.xml"), renewed);
        assert_eq!(desk.read("services/x.example.toml"), decided);
    }

    #[test]
    fn metadata_alone_is_not_overwritten_either_nor_ever_by_another_partys() {
        let desk = Desk::with(&entity("https://y.example", SP));
        std::fs::write(
            desk.0.path().join("services/x.xml"),
            entity("https://x.example", SP),
        )
        .unwrap();
        let told = desk.refused(|wish| wish.name = Some("x"));
        assert!(told.contains("x.xml is there already"), "{told}");
        let told = desk.refused(|wish| {
            wish.name = Some("x");
            wish.replace = true;
        });
        assert!(
            told.contains("describes another party: https://x.example"),
            "{told}"
        );
        assert!(desk.read("services/x.xml").contains("https://x.example"));
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        let desk = Desk::with(&entity("https://x.example", SP));
        let told = desk.refused(|wish| wish.name = Some("../x"));
        assert!(told.starts_with("../x cannot be a short name"), "{told}");
    }

    #[test]
    fn what_is_not_metadata_is_told_by_what_it_is() {
        let desk = Desk::with("");
        for (text, told) in [
            ("<!DOCTYPE html><html></html>", "is a web page"),
            ("{\"issuer\": \"x\"}", "is not XML"),
            ("<EntityDescriptor>", "is not metadata that is read"),
            ("<a/>", "not about a service or an identity provider"),
            (
                "<EntitiesDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\"/>",
                "describes several parties",
            ),
        ] {
            desk.lay(text);
            let refused = desk.refused(|_| ());
            assert!(refused.contains(told), "{text}: {refused}");
        }
        let nowhere = Path::new("/nowhere/sp.xml");
        let problem = add(
            &Wish {
                file: nowhere,
                name: None,
                role: None,
                replace: false,
            },
            desk.0.path(),
        )
        .unwrap_err();
        assert!(problem.to_string().contains("/nowhere/sp.xml cannot be read"));
        assert!(problem.remedy().is_some());
    }
}
