//! `portner check`: every fault that would stop a login, found without a network.

use std::net::SocketAddr;

use jiff::{SignedDuration, Timestamp};

use crate::ambient::{Clock, SystemClock};
use crate::app::checkpoints;
use crate::config::Settings;
use crate::config::keys::KeyPurpose;
use crate::config::listen::{Origin, TlsFiles, Transport};
use crate::config::problem::{Problem, Problems};
use crate::config::secret::SecretSource;
use crate::domain::assurance::NsisLevel;
use crate::domain::upstream::UpstreamKind;
use crate::egress;
use crate::login::step_up::ceiling_of;
use crate::telemetry::log::chain;
use crate::trust::Registry;
use crate::trust::preset::{self, Role};
use crate::trust::registry::{ServiceProtocol, UpstreamProtocol};
use crate::web::serve::tls::{HotCertificate, expiry};

use super::Place;
use super::check_directory::check_directory;
use super::check_sources::check_sources;
use super::check_store::{check_key_marks, check_store};
use super::installation::{self, Installation};
use super::output::Output;

/// Certificates that end sooner than this are warned about.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Checks and prints. Whether nothing stops a login.
pub(super) fn run(place: &Place, output: &mut Output) -> bool {
    let clock = SystemClock;
    let (installation, mut problems) = Installation::read(place, &clock);
    if let Some(installation) = &installation {
        check_keys(&installation.settings, clock.now(), &mut problems);
        check_transport(&installation.settings, clock.now(), &mut problems);
        check_store(&installation.settings, &mut problems);
        check_key_marks(&installation.settings, &mut problems);
        check_files(&installation.settings, &mut problems);
        check_registry(&installation.registry, &mut problems);
        check_directory(&installation.settings, &installation.registry, &mut problems);
        check_sources(&installation.settings, &mut problems);
        check_evidence(installation, &mut problems);
        problems.extend(checkpoints::key(&installation.settings.audit).err());
        check_levels(installation, &mut problems);
        check_client_certificates(installation, &mut problems);
        check_inner_providers(installation, &mut problems);
        problems.extend(too_small_for_oiosaml(installation));
    }
    let well = output.problems(&problems);
    if let (true, Some(installation)) = (well, installation) {
        let (services, upstreams) = (
            installation.registry.services(),
            installation.registry.upstreams(),
        );
        let counts = format!("{} services, {} upstreams", services.len(), upstreams.len());
        output.line(format!("ready: {} with {counts}", installation.settings.origin));
    }
    well
}

/// Every key that is missing or of no use, and certificates that end soon.
pub(super) fn check_keys(settings: &Settings, now: Timestamp, problems: &mut Problems) {
    let plan = &settings.keys;
    for purpose in KeyPurpose::ALL {
        if purpose.is_optional() && !installation::is_there(plan, purpose) {
            continue;
        }
        let fault = if purpose.is_symmetric() {
            installation::symmetric_key(plan, purpose).err()
        } else if purpose == KeyPurpose::Decryption {
            installation::decryption_key(plan).err()
        } else {
            match installation::signer(plan, purpose) {
                Ok(signer) => signer
                    .certificate()
                    .and_then(|der| ends_soon(purpose.as_str(), expiry(der)?, now)),
                Err(problem) => Some(problem),
            }
        };
        if let Some(problem) = fault {
            problems.push(problem);
        }
    }
}

/// Dates in our own certificates decide nothing, but some peers read them.
fn ends_soon(what: &str, until: Timestamp, now: Timestamp) -> Option<Problem> {
    let left = until.duration_since(now);
    (left < SOON).then(|| {
        let problem = Problem::warning(format!("the certificate of keys.{what} ends at {until}"));
        problem.help("plan a new key and tell the parties in time")
    })
}

fn check_transport(settings: &Settings, now: Timestamp, problems: &mut Problems) {
    if let Transport::Tls { files, .. } = &settings.listen.transport {
        check_certificate(files, &settings.origin, now, problems);
    }
    let mutual = settings.listen.mutual_tls.as_ref();
    if let Some((mutual, sockets)) = mutual.and_then(|mutual| Some((mutual, mutual.sockets.as_ref()?))) {
        check_certificate(&sockets.files, &mutual.origin, now, problems);
        problems.extend(misses_port(&mutual.origin, &sockets.addresses));
    }
}

/// Clients go where the origin says. Something in front of Portner may pass that on to another port.
fn misses_port(origin: &Origin, addresses: &[SocketAddr]) -> Option<Problem> {
    let port = origin.port()?;
    if addresses.iter().any(|address| address.port() == port) {
        return None;
    }
    let ports: Vec<_> = addresses
        .iter()
        .map(|address| address.port().to_string())
        .collect();
    let ports = ports.join(", ");
    let problem = Problem::warning(format!(
        "listen.mutual_tls: clients will call port {port} of {origin}; addresses has {ports}"
    ));
    Some(problem.help(format!(
        "write the port into the origin (https://{}:{}), unless something in front passes {port} on",
        origin.host(),
        addresses.first().map_or(port, SocketAddr::port)
    )))
}

fn check_certificate(files: &TlsFiles, origin: &Origin, now: Timestamp, problems: &mut Problems) {
    match HotCertificate::load(files.clone()) {
        Ok(certificate) if !certificate.is_for(origin.host()) => {
            let (file, host) = (files.certificate.display(), origin.host());
            let problem = Problem::error(format!("the TLS certificate in {file} is not for {host}"));
            problems.push(problem.help(format!("put one for {host} there, or correct the origin")));
        }
        Ok(certificate) => match certificate.expires_at() {
            Some(until) if until <= now => problems.push(
                Problem::error(format!("the TLS certificate expired at {until}"))
                    .help("put a new one in its place; it is taken without a restart"),
            ),
            Some(until) if until.duration_since(now) < SOON => problems.push(
                Problem::warning(format!("the TLS certificate expires at {until}"))
                    .help("renew it; it is taken without a restart"),
            ),
            _ => {}
        },
        Err(error) => {
            let help = match files.key.read() {
                Err(unreadable) => unreadable.remedy(),
                Ok(_) => "see [listen] in the settings".to_owned(),
            };
            problems.push(Problem::error(chain(&error)).help(help));
        }
    }
}

/// Clients that show certificates need an address that takes them.
fn check_client_certificates(installation: &Installation, problems: &mut Problems) {
    if installation.settings.listen.mutual_tls.is_some() {
        return;
    }
    for service in installation.registry.services() {
        let ServiceProtocol::Oidc(client) = &service.protocol else {
            continue;
        };
        if client.shows_certificates() {
            let id = &service.profile.id;
            let problem = Problem::error(format!(
                "{id} shows a client certificate, and nothing here takes any"
            ));
            problems.push(problem.help("add [listen.mutual_tls] to config/portner.toml"));
        }
    }
}

/// Providers whose addresses say that they are inside, where no call of ours leads.
fn check_inner_providers(installation: &Installation, problems: &mut Problems) {
    let wanted = &installation.settings.egress;
    if wanted.private_addresses {
        return;
    }
    for upstream in installation.registry.upstreams() {
        let UpstreamProtocol::Oidc(provider, _) = &upstream.protocol else {
            continue;
        };
        let Ok(issuer) = url::Url::parse(provider.issuer.as_str()) else {
            continue;
        };
        if let Some(host) = egress::inner_host(&issuer).filter(|host| !wanted.inner_hosts.contains(host)) {
            let id = &upstream.profile.id;
            let problem = Problem::error(format!(
                "{id} is at the private address {host}, which is not called"
            ));
            problems.push(problem.help("add it to egress.inner_hosts in config/portner.toml"));
        }
    }
}

/// Parties that speak OIOSAML want keys of 3072 bits.
fn too_small_for_oiosaml(installation: &Installation) -> Option<Problem> {
    let settings = &installation.settings;
    let small = installation::small_keys(&settings.keys);
    let speaks = |(folder, role): (&str, Role), id: &str| {
        let path = settings.files.metadata.join(folder).join(format!("{id}.toml"));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut names = preset::settings(&text, role).into_iter();
        names.any(|setting| {
            matches!(setting.name.as_str(), "preset" | "face") && setting.value.contains("oiosaml-3")
        })
    };
    let registry = &installation.registry;
    let services = registry
        .services()
        .map(|party| (("services", Role::Service), party.profile.id.as_str()));
    let upstreams = registry
        .upstreams()
        .map(|party| (("upstreams", Role::Upstream), party.profile.id.as_str()));
    let mut parties = services.chain(upstreams);
    let (_, party) = parties.find(|(folder, id)| !small.is_empty() && speaks(*folder, id))?;
    let problem = Problem::warning(format!(
        "{party} speaks OIOSAML, which wants RSA keys of 3072 bits; {} have 2048",
        small.join(", ")
    ));
    Some(problem.help("let others take over: portner keys next --oiosaml"))
}

fn check_files(settings: &Settings, problems: &mut Problems) {
    let authorities = settings
        .egress
        .extra_authorities
        .iter()
        .map(|path| ("egress.extra_authorities", path));
    let logo = settings
        .presentation
        .logo
        .iter()
        .map(|path| ("presentation.logo", path));
    for (key, path) in authorities.chain(logo) {
        if let Err(error) = std::fs::File::open(path) {
            let problem = Problem::error(format!("{key}: {} cannot be read: {error}", path.display()));
            problems.push(problem.help("put the file there, or remove the setting"));
        }
    }
    if let Some(folder) = settings.import.folder.as_ref().filter(|folder| !folder.is_dir()) {
        let problem = Problem::error(format!("import.folder: there is no folder {}", folder.display()));
        problems.push(problem.help("make the folder, or remove the setting: nothing is taken in from it"));
    }
    if let Some(Err(error)) = settings.store.password.as_ref().map(SecretSource::read) {
        problems.push(Problem::error(format!("store.password: {error}")).help(error.remedy()));
    }
    if settings.egress.private_addresses && settings.origin.is_https() {
        let problem = Problem::warning(
            "egress.private_addresses is on: metadata can make Portner call machines inside",
        );
        problems.push(problem.help("set it to false anywhere but in a test"));
    }
}

/// Whoever is to be witnessed needs a key to seal to, or nobody logs in there.
fn check_evidence(installation: &Installation, problems: &mut Problems) {
    let registry = &installation.registry;
    let services = registry
        .services()
        .filter(|service| service.profile.evidence.is_kept());
    let upstreams = registry
        .upstreams()
        .filter(|upstream| upstream.profile.evidence.is_kept());
    let marked: Vec<String> = services
        .map(|service| service.profile.id.to_string())
        .chain(upstreams.map(|upstream| upstream.profile.id.to_string()))
        .collect();
    match &installation.settings.evidence.public_key {
        Some(path) => problems.extend(installation::evidence_seal(path).err()),
        None if marked.is_empty() => {}
        None => {
            let problem = Problem::error(format!(
                "evidence of {} is to be kept, and there is no evidence.public_key to seal it to",
                marked.join(", ")
            ));
            problems
                .push(problem.help("make a pair with `portner evidence new-key DIRECTORY`, away from here"));
        }
    }
}

/// A service that always wants more than anybody may say whom it lets vouch for its users.
fn check_levels(installation: &Installation, problems: &mut Problems) {
    let notified = installation.settings.notified;
    for service in installation.registry.services() {
        let profile = &service.profile;
        if !profile.enabled || profile.wanted.asks_for_nothing() {
            continue;
        }
        let mut usable = installation
            .registry
            .upstreams()
            .map(|upstream| &upstream.profile)
            .filter(|upstream| upstream.enabled && profile.upstreams.admits(&upstream.id))
            .peekable();
        if usable.peek().is_none() {
            continue;
        }
        let usable: Vec<_> = usable.collect();
        let under = |cap| {
            usable
                .iter()
                .any(|upstream| profile.wanted.could_be_met_under(&ceiling_of(upstream, cap)))
        };
        if under(notified) {
            continue;
        }
        let wanted = profile.wanted.words();
        let problem = Problem::error(format!(
            "{} wants {wanted}, which none of its upstreams can give",
            profile.id
        ));
        problems.push(problem.help(if under(Some(NsisLevel::High)) {
            "an upstream may say it, but this installation is not notified for it: set nsis.notified in \
             config/portner.toml to the level that it is notified for, or change the service's `wanted`"
        } else {
            "raise the [ceiling] of an upstream whose word is good for it, allow such an upstream in the \
             service's `upstreams`, or change its `wanted`"
        }));
    }
}

fn check_registry(registry: &Registry, problems: &mut Problems) {
    if registry.services().len() == 0 {
        let problem = Problem::warning("no service is registered, so nobody can log in anywhere");
        problems.push(
            problem.help("add one: `portner metadata add FILE`, or copy an example in metadata/services"),
        );
    }
    if !registry.upstreams().any(|upstream| upstream.profile.enabled) {
        let problem =
            Problem::error("no upstream is registered and enabled, so nobody can prove who they are");
        problems.push(problem.help("see the examples in metadata/upstreams"));
    }
    if registry.upstreams_of(UpstreamKind::Central).count() > 1 {
        let problem = Problem::error("there are two central credential stores");
        problems.push(problem.help("keep one upstream of kind \"central\""));
    }
}
