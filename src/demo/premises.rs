//! The directory of a demonstration: an ordinary configuration, to be looked at and copied.
//!
//! Everything but keys, secrets and the database is written anew at each start, so that it
//! fits the ports; the parties' files of the time before are set aside. What Portner reads is under `portner.toml`; under `parties/` are the keys
//! of the others, who would keep them at home.

use std::fmt::Display;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use askama::Template;
use data_encoding::BASE64;

use super::addresses::Addresses;
use super::eid_shapes::{EID_SHAPES, EidShape};
use super::error::DemoError;
use super::key_files::{self, SharedSigner};
use super::services::{Protocol, REGISTRATIONS, Registration};
use crate::ambient::Ambient;
use crate::config::keys::{KeyPlan, KeyPurpose};
use crate::config::problem::Source;
use crate::domain::release::SubjectKind;
use crate::store::seed::Seed;

const ATTRIBUTES: &str = include_str!("../../config/attributes.toml");
const DIRECTORY: &str = include_str!("../../config/demo.toml");
const RELEASES: &str = include_str!("files/releases.toml");
const CENTRAL: &str = include_str!("files/central.toml");
const LILLEKOEBING: &str = include_str!("files/lillekoebing.toml");

/// How the settings of a demonstration begin, and those of nobody else.
const MARK: &str = "# Written by `portner demo`";

/// The upstreams that Portner has a secret at, as their files are called.
const STORKOEBING: &str = "storkoebing";
const EID: &str = "mitid";
const NEDE: &str = "nede";
const SLUKKET: &str = "slukket";

/// The people, as a seed for the store: the same in every demonstration.
pub(super) fn people() -> Result<Seed, DemoError> {
    Seed::parse(Source::about_people("config/demo.toml", DIRECTORY))
        .map_err(|error| DemoError::Portner(Box::new(error)))
}

/// A demonstration's files.
pub(super) struct Premises {
    root: PathBuf,
    addresses: Addresses,
}

impl Premises {
    /// Writes everything that is not there yet, and anew what depends on the ports.
    pub(super) fn write(
        root: PathBuf,
        addresses: Addresses,
        sockets: &[SocketAddr],
        ambient: &Ambient,
    ) -> Result<Self, DemoError> {
        let premises = Self { root, addresses };
        premises.refuse_what_is_not_ours()?;
        // First, since it is what tells this directory from others should the rest break off.
        premises.write_settings(sockets)?;
        premises.set_parties_aside()?;
        key_files::make_portners(&premises.path("keys"), ambient)?;
        for party in [
            "skolebroen",
            "lillekoebing",
            "lillekoebing-unregistered",
            STORKOEBING,
            EID,
        ] {
            key_files::make(&premises.party_key_file(party), party, ambient)?;
        }
        let clients = REGISTRATIONS
            .iter()
            .filter(|service| service.protocol == Protocol::Oidc);
        let clients = clients.map(|service| service.id);
        for party in clients.chain([STORKOEBING, EID, NEDE, SLUKKET]) {
            key_files::make_secret(&premises.secret_file(party), ambient)?;
        }
        premises.write_services()?;
        premises.write_upstreams()?;
        Ok(premises)
    }

    /// Only an empty directory and one that a demonstration made are written to.
    fn refuse_what_is_not_ours(&self) -> Result<(), DemoError> {
        let failed = |source| DemoError::Files {
            path: self.root.clone(),
            source,
        };
        let is_empty = match std::fs::read_dir(&self.root) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => return Err(failed(error)),
        };
        let settings = std::fs::read(self.settings_file()).unwrap_or_default();
        if is_empty || settings.starts_with(MARK.as_bytes()) {
            return Ok(());
        }
        Err(DemoError::NotOurs {
            path: self.root.clone(),
        })
    }

    /// What an earlier demonstration knew of services and logins, with whatever somebody put there, is believed
    /// no more: it stays beside the new files until the next start.
    fn set_parties_aside(&self) -> Result<(), DemoError> {
        let (parties, aside) = (self.path("metadata"), self.path("metadata.before"));
        let passing = |outcome: std::io::Result<()>| match outcome {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(DemoError::Files {
                path: aside.clone(),
                source,
            }),
            _ => Ok(()),
        };
        if !parties.exists() {
            return Ok(());
        }
        passing(std::fs::remove_dir_all(&aside))?;
        passing(std::fs::rename(&parties, &aside))
    }

    pub(super) fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The settings file: what `--config` would name.
    pub(super) fn settings_file(&self) -> PathBuf {
        self.path("portner.toml")
    }

    /// What a party other than Portner signs with.
    pub(super) fn party_signer(&self, party: &str) -> Result<SharedSigner, DemoError> {
        key_files::read(&self.party_key_file(party))
    }

    /// One of Portner's own keys, of which a party is to know the public half.
    pub(super) fn portners_signer(&self, purpose: KeyPurpose) -> Result<SharedSigner, DemoError> {
        key_files::read(&self.path("keys").join(purpose.file_name()))
    }

    /// What a service proves to Portner with, or Portner to an upstream.
    pub(super) fn secret(&self, party: &str) -> Result<String, DemoError> {
        key_files::read_secret(&self.secret_file(party))
    }

    /// What a service knows a person of `config/demo.toml` by.
    pub(super) fn pairwise(&self, sector: &str, person: u8) -> Result<String, DemoError> {
        key_files::pairwise(&KeyPlan::in_directory(self.path("keys")), sector, person)
    }

    fn write_settings(&self, sockets: &[SocketAddr]) -> Result<(), DemoError> {
        let settings = SettingsFile {
            origin: self.addresses.broker_origin(),
            sockets: quoted_list(sockets),
            directory: self.root.display().to_string(),
        };
        self.put("portner.toml", &rendered(&settings))?;
        self.put("attributes.toml", ATTRIBUTES)?;
        self.put("releases.toml", RELEASES)?;
        self.put("directory.toml", DIRECTORY)
    }

    fn write_services(&self) -> Result<(), DemoError> {
        for service in REGISTRATIONS {
            let file = format!("metadata/services/{}", service.id);
            let text = ServiceText::of(service, self);
            match service.protocol {
                Protocol::Oidc => self.put(&format!("{file}.toml"), &rendered(&OidcServiceFile { text }))?,
                Protocol::Saml => {
                    self.put(&format!("{file}.toml"), &rendered(&SamlServiceFile { text }))?;
                    let metadata = ServiceMetadata {
                        entity_id: service.home(self.addresses),
                        acs: service.answer_url(self.addresses),
                        slo: service.slo_url(self.addresses),
                        certificate: self.certificate("skolebroen")?,
                    };
                    self.put(&format!("{file}.xml"), &rendered(&metadata))?;
                }
            }
        }
        Ok(())
    }

    fn write_upstreams(&self) -> Result<(), DemoError> {
        let put = |name: &str, text: &str| self.put(&format!("metadata/upstreams/{name}"), text);
        put("central.toml", CENTRAL)?;
        put("lillekoebing.toml", LILLEKOEBING)?;
        let origin = Addresses::origin(self.addresses.lillekoebing());
        let metadata = IdentityProviderMetadata {
            entity_id: origin.clone(),
            sso: format!("{origin}/sso"),
            slo: format!("{origin}/slo"),
            certificate: self.certificate("lillekoebing")?,
        };
        put("lillekoebing.xml", &rendered(&metadata))?;
        let issuer = Addresses::origin;
        let secret = |party| self.secret_file(party).display().to_string();
        let (storkoebing, eid, silent) = (
            self.addresses.storkoebing(),
            self.addresses.eid(),
            self.addresses.silent(),
        );
        put(
            "storkoebing.toml",
            &rendered(&Storkoebing {
                issuer: issuer(storkoebing),
                secret: secret(STORKOEBING),
            }),
        )?;
        for shape in &EID_SHAPES {
            let file = Eid {
                shape,
                issuer: format!("{}{}", issuer(eid), shape.path),
                secret: secret(EID),
            };
            put(&format!("{}.toml", shape.upstream), &rendered(&file))?;
        }
        put(
            "nede.toml",
            &rendered(&Nede {
                issuer: issuer(silent),
                secret: secret(NEDE),
            }),
        )?;
        // It is off, so nobody ever asks whether anybody is there.
        let off = format!("{}/slukket", issuer(silent));
        put(
            "slukket.toml",
            &rendered(&Slukket {
                issuer: off,
                secret: secret(SLUKKET),
            }),
        )
    }

    /// A party's certificate as metadata has it: base64 of the DER.
    fn certificate(&self, party: &str) -> Result<String, DemoError> {
        let signer = self.party_signer(party)?;
        Ok(BASE64.encode(signer.certificate().unwrap_or_default()))
    }

    fn party_key_file(&self, party: &str) -> PathBuf {
        self.path("parties").join(format!("{party}.pem"))
    }

    fn secret_file(&self, party: &str) -> PathBuf {
        self.path("secrets").join(party)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn put(&self, name: &str, text: &str) -> Result<(), DemoError> {
        let path = self.path(name);
        let failed = |source| DemoError::Files {
            path: path.clone(),
            source,
        };
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).map_err(failed)?;
        std::fs::write(&path, format!("{}\n", text.trim_end())).map_err(failed)
    }
}

/// A list of texts as TOML has it.
fn quoted_list(items: &[impl Display]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("\"{item}\"")).collect();
    format!("[{}]", quoted.join(", "))
}

/// Writing text into a string cannot fail, and the files hold nothing else.
fn rendered(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "portner.toml", config = "src/demo/files/askama.toml", escape = "none")]
struct SettingsFile {
    origin: String,
    sockets: String,
    directory: String,
}

/// What both kinds of service file say.
struct ServiceText {
    service: &'static Registration,
    start_url: String,
    home: String,
    answer_url: String,
    subject: &'static str,
    groups: String,
    secret: String,
}

impl ServiceText {
    fn of(service: &'static Registration, premises: &Premises) -> Self {
        Self {
            service,
            start_url: service.login_url(premises.addresses),
            home: service.home(premises.addresses),
            answer_url: service.answer_url(premises.addresses),
            subject: match service.subject {
                SubjectKind::Pairwise => "pairwise",
                SubjectKind::UniId => "uni-id",
                SubjectKind::Transient => "transient",
            },
            groups: quoted_list(service.groups),
            secret: premises.secret_file(service.id).display().to_string(),
        }
    }
}

#[derive(Template)]
#[template(
    path = "service_saml.toml",
    config = "src/demo/files/askama.toml",
    escape = "none"
)]
struct SamlServiceFile {
    text: ServiceText,
}

#[derive(Template)]
#[template(
    path = "service_oidc.toml",
    config = "src/demo/files/askama.toml",
    escape = "none"
)]
struct OidcServiceFile {
    text: ServiceText,
}

#[derive(Template)]
#[template(path = "service.xml", config = "src/demo/files/askama.toml")]
struct ServiceMetadata {
    entity_id: String,
    acs: String,
    slo: String,
    certificate: String,
}

#[derive(Template)]
#[template(path = "identity_provider.xml", config = "src/demo/files/askama.toml")]
struct IdentityProviderMetadata {
    entity_id: String,
    sso: String,
    slo: String,
    certificate: String,
}

#[derive(Template)]
#[template(
    path = "storkoebing.toml",
    config = "src/demo/files/askama.toml",
    escape = "none"
)]
struct Storkoebing {
    issuer: String,
    secret: String,
}

#[derive(Template)]
#[template(path = "mitid.toml", config = "src/demo/files/askama.toml", escape = "none")]
struct Eid {
    shape: &'static EidShape,
    issuer: String,
    secret: String,
}

#[derive(Template)]
#[template(path = "nede.toml", config = "src/demo/files/askama.toml", escape = "none")]
struct Nede {
    issuer: String,
    secret: String,
}

#[derive(Template)]
#[template(path = "slukket.toml", config = "src/demo/files/askama.toml", escape = "none")]
struct Slukket {
    issuer: String,
    secret: String,
}
