//! The composition root: from an operator's files to a running Portner.
//!
//! Everything that lives as long as the process is made here, once, and handed on; there is
//! nothing global.

mod certificates;
pub(crate) mod checkpoints;
mod endings;
mod faces;
mod guarding;
mod importing;
pub(crate) mod key_marks;
mod keys;
mod listening;
pub(crate) mod opening;
mod parties;
pub(crate) mod peppers;
pub mod readiness;
pub mod rotation;
mod sources;
mod upkeep;

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::Semaphore;

use crate::ambient::Ambient;
use crate::cli::installation::{self, Installation};
use crate::config::problem::{Problem, Problems};
use crate::config::settings::Settings;
use crate::credentials::Passwords;
use crate::domain::address::PlainHttp;
use crate::egress::{Bulkhead, Egress, EgressSettings, InnerHosts};
use crate::keys::vault::CprVault;
use crate::login::driver::Driver;
use crate::login::new_secret::NewSecrets;
use crate::store::ephemeral::{Ephemeral, InProcess, Room};
use crate::store::retention::Retention;
use crate::store::seed::{Loaded, Seed, SeedError};
use crate::store::writer::{Pace, Writer};
use crate::telemetry::clocks::Clocks;
use crate::telemetry::health::UpstreamHealth;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::trust::TrustReport;
use crate::texts::{Texts, Wording};
use crate::trust::Live;
use crate::trust::fetch::Fetcher;
use crate::trust::shelf::Shelf;
use crate::upstreams::UpstreamConnectors;
use crate::upstreams::oidc::OidcConnector;
use crate::upstreams::saml::SamlConnector;
use crate::web::api;
use crate::web::boards::{self, Boards};
use crate::web::bursts::{self, Bursts};
use crate::web::routes;
use crate::web::serve::{Ending, Protection, Server, Stop, admin};
use crate::web::state::{House, Portner};
use crate::web::status::StatusMemory;

use certificates::watch_certificates;
use checkpoints::Witness;
use faces::{faces, names};
use keys::Keys;
pub(crate) use keys::import_vault;
use opening::open_store;
pub use parties::PartyKeeper;
pub use sources::fetch_sources;
use sources::keep_fetching;
use upkeep::{forget_what_is_over, reseal, tend_budgets, tend_levels};

/// A Portner that is ready to serve.
pub struct App {
    portner: Portner,
    vault: Arc<CprVault>,
    passwords: Passwords,
}

/// Why Portner does not start. Each says what to do about it.
pub type CannotStart = Box<Problem>;

impl App {
    /// Makes everything that the installation describes. Nothing listens yet.
    #[expect(clippy::too_many_lines, reason = "what is made once, in its order")]
    pub async fn build(installation: Installation, ambient: Ambient) -> Result<Self, CannotStart> {
        let Installation {
            settings,
            registry,
            schools,
            password_rules,
            notices,
            ..
        } = installation;
        let rules = Arc::new(password_rules);
        let keys = Keys::read(&settings.keys, &ambient)?;
        let store = open_store(&settings).await?;
        key_marks::recognise(&settings.keys, &store).await?;
        peppers::recognise(&settings.keys, &store).await?;
        let writer = Writer::start(store.clone(), ambient.clone(), Pace::default());
        let passwords = guarding::passwords(&settings, &ambient)?;
        let plain = plain_http(&settings);
        let ephemeral: Arc<dyn Ephemeral> = Arc::new(InProcess::new(ambient.clone(), Room::default()));
        let egress = egress(&settings)?;
        let clocks: Arc<Clocks> = Arc::default();
        let waiting = Bulkhead::new(room(&settings));
        let names = names(&settings, plain)?;
        let entity_id = names.0.clone();
        let metrics = metrics(&writer, &egress, &passwords, (Arc::clone(&waiting), &clocks));
        let budgets = guarding::budgets(&settings, (&store, &writer, &metrics, &ambient)).await;
        let fetcher = fetcher(&settings, &egress, plain, &ambient);

        let services = faces(&settings.origin, names, plain, (&keys, &clocks, &ambient))?;
        let upstreams = UpstreamConnectors {
            credentials: guarding::central_store(&settings, (&store, &ambient), &budgets, &passwords, &keys),
            saml: SamlConnector {
                entity_id,
                origin: settings.origin.clone(),
                plain,
                signers: keys.requests.clone(),
                clocks: Arc::clone(&clocks),
                decryption: Live::new(installation::decryption(&settings.keys).map_err(Box::new)?),
                ambient: ambient.clone(),
            },
            oidc: OidcConnector::new(
                egress.clone(),
                ambient.clone(),
                Arc::clone(&waiting),
                Arc::clone(&clocks),
                Shelf::at(&settings.files.trust),
            ),
        };
        let driver = Driver {
            store: store.clone(),
            writer: writer.clone(),
            vault: Arc::clone(&keys.vault),
            pseudonyms: Arc::clone(&keys.pseudonyms),
            ambient: ambient.clone(),
            budgets: Arc::clone(&budgets),
            limits: settings.session,
            domain_login: settings.domain_login,
            scope: settings.scope().into(),
            rules: Arc::clone(&rules),
            without_picture_until: settings.help.without_picture_until,
            notified: settings.notified,
        };
        let new_secrets = NewSecrets {
            store: store.clone(),
            passwords: passwords.clone(),
            rules,
            patience: upstreams.credentials.patience.clone(),
            ambient: ambient.clone(),
        };
        let house = House {
            texts: texts(&settings)?,
            sealer: keys.sealer.clone(),
            metadata_signers: keys.metadata.clone(),
            registry: Live::new(registry),
            notices: Live::new(notices),
            status: StatusMemory::default(),
            metrics,
            schools,
            budgets,
            evidence: Keys::evidence_seal(&settings)?,
            boards: Boards::within(settings.limits.http.connections),
            bursts: Bursts::default(),
            pace: api::Pace::default(),
            health: UpstreamHealth::default(),
            fetcher,
            deliveries: Arc::new(Semaphore::new(1)),
            trust: Arc::new(TrustReport::with(clocks)),
            settings,
            ambient,
            store,
            ephemeral,
            writer,
            driver,
            new_secrets,
            services,
            egress,
            upstreams,
        };
        Ok(Self {
            portner: Portner::new(house),
            vault: keys.vault,
            passwords,
        })
    }

    /// What handlers see.
    pub fn portner(&self) -> &Portner {
        &self.portner
    }

    /// Tells what was wrong with the parties at the start, where operators look while it runs.
    pub fn report(&self, problems: &Problems) {
        parties::report(&self.portner, problems);
    }

    /// Writes people, accounts and institutions of a seed file into the store. What is there
    /// already stays as users have left it.
    pub async fn seed(&self, seed: Seed) -> Result<Loaded, SeedError> {
        let portner = &self.portner;
        seed.load(&portner.store, &self.vault, &self.passwords, &portner.ambient)
            .await
    }

    /// Listens and serves until told to stop; then lets requests in flight finish.
    pub async fn serve(self, stop: Stop) -> Result<Ending, CannotStart> {
        const CANNOT_LISTEN: &str = "portner cannot serve";
        const LISTEN_HELP: &str = "see [listen] in the settings; perhaps another program has the port";
        let settings = &self.portner.settings;
        let limits = settings.limits.http.clone();
        let metrics = Arc::clone(&self.portner.metrics);
        let protection = listening::protection(&settings.listen.transport, &stop)?;
        let public = Server::bind(
            &settings.listen.public,
            protection,
            limits.clone(),
            Arc::clone(&metrics),
        )
        .await;
        let public = public
            .map_err(because(CANNOT_LISTEN, LISTEN_HELP))?
            .knowing(self.portner.schools.clone());
        if let Some(address) = settings.listen.admin {
            let admin_server = Server::bind(
                &[address],
                Protection::Plain,
                limits.clone(),
                Arc::clone(&metrics),
            )
            .await;
            let admin_server = admin_server.map_err(because(CANNOT_LISTEN, LISTEN_HELP))?;
            let ready = readiness::watch(self.portner.clone());
            tokio::spawn(admin_server.serve(
                admin::router(metrics, Arc::clone(&self.portner.trust), ready),
                stop.clone(),
            ));
        }
        self.serve_programs(&stop, limits).await?;
        let (store, ambient) = (self.portner.store.clone(), self.portner.ambient.clone());
        let witness = Witness::new(&settings.audit, store, ambient)?;
        let witness = tokio::spawn(witness.keep_telling(Arc::clone(&self.portner.metrics), stop.clone()));
        let keep = Retention {
            evidence: SignedDuration::from_hours(24 * i64::from(settings.evidence.keep_days)),
            ..Retention::default()
        };
        tokio::spawn(forget_what_is_over(
            self.portner.store.clone(),
            self.portner.ambient.clone(),
            keep,
        ));
        if self.vault.is_changing() {
            tokio::spawn(reseal(
                self.portner.store.clone(),
                Arc::clone(&self.vault),
                self.portner.ambient.clone(),
            ));
        }
        self.keep_importing();
        tokio::spawn(watch_certificates(self.portner.clone(), stop.clone()));
        tokio::spawn(rotation::watch(self.portner.clone(), stop.clone()));
        tokio::spawn(PartyKeeper::new(self.portner.clone()).keep(stop.clone()));
        let guesses = Arc::clone(&self.portner.budgets);
        let guesses = tokio::spawn(tend_budgets(guesses, stop.clone()));
        let floods = tokio::spawn(bursts::watch(self.portner.clone(), stop.clone()));
        tokio::spawn(keep_fetching(self.portner.clone(), stop.clone()));
        tokio::spawn(boards::close_at(self.portner.clone(), stop.clone()));
        tokio::spawn(tend_levels(self.portner.clone(), stop.clone()));
        if let Some(until) = settings.help.without_picture_until {
            tracing::warn!(%until, "a pupil's window asks for no picture on any network until then");
        }
        let listen = &settings.listen;
        tracing::info!(origin = %settings.origin, public = ?listen.public, admin = ?listen.admin, "portner serves");
        let ending = public.serve(routes::routes(self.portner.clone()), stop).await;
        // Its last rows are written while the writer still takes some.
        let _ = tokio::join!(floods, guesses, witness);
        tracing::info!(ending = ending.word(), "portner stops");
        Ok(ending)
    }
}

/// Numbers, and what is read from others when somebody asks.
fn metrics(
    writer: &Writer,
    egress: &Egress,
    passwords: &Passwords,
    (waiting, clocks): (Arc<Bulkhead>, &Arc<Clocks>),
) -> Arc<Metrics> {
    let metrics = Metrics::default()
        .watching(writer.clone())
        .watching_calls(egress.clone(), waiting)
        .watching_passwords(passwords.clone())
        .watching_clocks(Arc::clone(clocks));
    Arc::new(metrics)
}

fn fetcher(settings: &Settings, egress: &Egress, plain: PlainHttp, ambient: &Ambient) -> Fetcher {
    Fetcher {
        egress: egress.clone(),
        shelf: Shelf::at(&settings.files.trust),
        plain,
        ambient: ambient.clone(),
    }
}

/// Plain http will do on loopback alone, and only where our own origin is there too.
fn plain_http(settings: &Settings) -> PlainHttp {
    if settings.origin.is_https() {
        PlainHttp::Refused
    } else {
        PlainHttp::OnLoopback
    }
}

/// How many may wait for one and the same at once.
fn room(settings: &Settings) -> usize {
    usize::try_from(settings.egress.at_once).unwrap_or(usize::MAX)
}

/// The way out.
pub(crate) fn egress(settings: &Settings) -> Result<Egress, CannotStart> {
    let wanted = &settings.egress;
    let mut extra_roots = Vec::new();
    for path in &wanted.extra_authorities {
        let pem = std::fs::read(path).map_err(because(
            "a certificate authority cannot be read",
            "see egress.extra_authorities",
        ))?;
        extra_roots.extend(pem);
    }
    let settings = EgressSettings {
        inner_hosts: if wanted.private_addresses {
            InnerHosts::All
        } else {
            InnerHosts::Listed(wanted.inner_hosts.clone())
        },
        plain_http_on_loopback: wanted.private_addresses,
        extra_roots: (!extra_roots.is_empty()).then_some(extra_roots),
        connect_timeout: wanted.connect_timeout,
        timeout: wanted.timeout,
        max_answer: wanted.response.0,
        at_once: room(settings),
        failures_to_open: wanted.failures_until_rest,
        open_for: wanted.rest,
    };
    Egress::new(&settings).map_err(because("the trusted certificates cannot be used", "see [egress]"))
}

fn texts(settings: &Settings) -> Result<Texts, CannotStart> {
    let presentation = &settings.presentation;
    let wording = Wording {
        eid: presentation.national_eid.clone(),
        site: presentation.name.clone(),
        product: presentation.product.clone(),
    };
    Texts::new(wording).map_err(because("the texts are broken", "this build is not whole"))
}

/// Says what failed, why, and what to do about it.
fn because<E: std::error::Error>(what: &str, help: &str) -> impl FnOnce(E) -> CannotStart {
    move |error| {
        let why = crate::telemetry::log::chain(&error);
        Box::new(Problem::error(format!("{what}: {why}")).help(help))
    }
}
