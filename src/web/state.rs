//! What every handler may reach: built once by `app.rs`, shared, never changed.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::ambient::Ambient;
use crate::budgets::Budgets;
use crate::config::keys::KeyPurpose;
use crate::config::notices::Notices;
use crate::config::school_networks::SchoolNetworks;
use crate::config::settings::Settings;
use crate::domain::session::SessionLimits;
use crate::egress::Egress;
use crate::keys::evidence::EvidenceSeal;
use crate::keys::ring::KeyRing;
use crate::keys::seal::Sealer;
use crate::login::driver::Driver;
use crate::login::new_secret::NewSecrets;
use crate::login::seal::TransactionSeal;
use crate::people::self_service::SelfService;
use crate::services::ServiceFaces;
use crate::store::Store;
use crate::store::ephemeral::Ephemeral;
use crate::store::writer::Writer;
use crate::telemetry::health::UpstreamHealth;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::trust::TrustReport;
use crate::texts::Texts;
use crate::trust::fetch::Fetcher;
use crate::trust::{Live, Registry};
use crate::upstreams::UpstreamConnectors;
use crate::web::api::Pace;
use crate::web::boards::Boards;
use crate::web::bursts::Bursts;
use crate::web::cookies::CookieStyle;
use crate::web::status::StatusMemory;

/// The house, as handlers see it.
#[derive(Clone)]
pub struct Portner(Arc<House>);

/// What a running installation consists of.
pub struct House {
    /// The checked configuration.
    pub settings: Settings,
    /// Time and chance.
    pub ambient: Ambient,
    /// Services and upstreams, as registered now.
    pub registry: Live<Registry>,
    /// What users are told now.
    pub notices: Live<Notices>,
    /// What the status page said last, for programs.
    pub status: StatusMemory,
    /// People, sessions, grants, audit.
    pub store: Store,
    /// What may be forgotten.
    pub ephemeral: Arc<dyn Ephemeral>,
    /// Writes audit and replay rows, many to a commit.
    pub writer: Writer,
    /// Moves logins on.
    pub driver: Driver,
    /// Makes new passwords.
    pub new_secrets: NewSecrets,
    /// Seals what is carried by the browser or kept: logins in flight, codes, refusals.
    pub sealer: Sealer,
    /// How we look to services, by protocol.
    pub services: ServiceFaces,
    /// The way out, for calls to services.
    pub egress: Egress,
    /// How users are sent to upstreams and come back, by protocol.
    pub upstreams: UpstreamConnectors,
    /// What evidence of messages is sealed to, where any is kept.
    pub evidence: Option<EvidenceSeal>,
    /// What our metadata is signed with.
    pub metadata_signers: KeyRing,
    /// Every text that users read, in both languages.
    pub texts: Texts,
    /// What is refused too often to have an audit row each time.
    pub bursts: Bursts,
    /// Boards of classes that somebody looks at.
    pub boards: Arc<Boards>,
    /// Which networks are schools'.
    pub schools: SchoolNetworks,
    /// How much guessing is borne.
    pub budgets: Arc<Budgets>,
    /// How upstreams do.
    pub health: UpstreamHealth,
    /// What is counted, for `/metrics`.
    pub metrics: Arc<Metrics>,
    /// Asks for the metadata of parties.
    pub fetcher: Fetcher,
    /// What operators should know of the parties.
    pub trust: Arc<TrustReport>,
    /// Room for deliveries of people: one at a time is held in memory.
    pub deliveries: Arc<Semaphore>,
    /// How often programs of schools ask.
    pub pace: Pace,
}

impl Portner {
    /// Shares a house.
    pub fn new(house: House) -> Self {
        Self(Arc::new(house))
    }

    /// The parties as registered now: one snapshot for the whole of a request. A party whose
    /// metadata has ended since is switched off in it, to the second (B24).
    pub fn registry(&self) -> Arc<Registry> {
        let current = self.0.registry.current();
        let now = self.ambient.now();
        if !current.has_ended_parties(now) {
            return current;
        }
        self.0
            .registry
            .replace_if(&current, current.without_ended_parties(now));
        self.0.registry.current()
    }

    /// Which keys do not sign at the moment, and why. Nobody gets an answer that needs one of them; the others
    /// go on.
    pub fn signing_troubles(&self) -> Vec<(KeyPurpose, String)> {
        let (saml, oidc) = (&self.services.saml, &self.services.oidc);
        let requests = &self.upstreams.saml.signers;
        let rings = [
            (KeyPurpose::Assertions, &saml.signers.rsa),
            (KeyPurpose::Requests, &requests.rsa),
            (KeyPurpose::Metadata, &self.metadata_signers),
            (KeyPurpose::TokensEs256, &oidc.es256),
            (KeyPurpose::TokensRs256, &oidc.rs256),
        ];
        let elliptic = [
            (KeyPurpose::AssertionsEs256, saml.signers.ecdsa()),
            (KeyPurpose::RequestsEs256, requests.ecdsa()),
        ];
        let elliptic = elliptic
            .into_iter()
            .filter_map(|(purpose, ring)| Some((purpose, ring?)));
        let troubles = rings
            .into_iter()
            .chain(elliptic)
            .map(|(purpose, ring)| (purpose, ring.current().trouble()));
        troubles
            .filter_map(|(purpose, trouble)| Some((purpose, trouble?)))
            .collect()
    }

    /// How cookies are marked at our origin.
    pub fn cookies(&self) -> CookieStyle {
        CookieStyle {
            secure: self.0.settings.origin.is_https(),
        }
    }

    /// Seals and opens transactions.
    pub fn seal(&self) -> TransactionSeal<'_> {
        TransactionSeal {
            sealer: &self.0.sealer,
            ephemeral: &*self.0.ephemeral,
        }
    }

    /// Who gets back in by themselves, and to what.
    pub fn self_service(&self) -> SelfService {
        SelfService {
            store: self.0.store.clone(),
            vault: Arc::clone(&self.0.driver.vault),
            secrets: self.0.new_secrets.clone(),
            settings: self.0.settings.recovery,
            ambient: self.0.ambient.clone(),
        }
    }

    /// For how long a session counts.
    pub fn session_limits(&self) -> SessionLimits {
        self.0.driver.limits
    }
}

impl std::ops::Deref for Portner {
    type Target = House;

    fn deref(&self) -> &House {
        &self.0
    }
}
