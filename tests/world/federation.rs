//! One Portner with everybody around it: two municipalities over SAML, one over OpenID
//! Connect, a national eID, a login that is down and one that is off; services of both
//! protocols, each with a rule that some test is about. The people are those of the
//! demonstration (`config/demo.toml`).

use std::collections::BTreeMap;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use portner::ambient::{Ambient, ManualClock, OsEntropy};
use portner::domain::address::PlainHttp;
use portner::keys::Signer;
use portner::oidc::jwks::JwkSetDocument;
use portner::saml::authn_request_write::{AuthnQuestion, Outbound};
use portner::saml::{EndpointUrl, EntityId, SamlSelf};

use super::browser::Page;
use super::house::{Files, House, MORE_PEOPLE, PASSWORD, START};
use super::oidc_client::{OidcClient, SECRET};
use super::oidc_op::{OidcProvider, some_key};
use super::saml_idp::{SamlIdp, answer_in};
use super::saml_peer::SamlPeer;
use super::visitor::Visitor;

/// What the services' registrations differ in.
const RULES: [(&str, &str); 12] = [
    ("", ""),
    ("-voksne", "groups = [\"Medarbejder\"]\n"),
    ("-streng", "wanted = [\"two-factors\"]\n"),
    ("-snaever", "upstreams = [\"nede\"]\n"),
    ("-lukket", "enabled = false\n"),
    ("-valg", "one_actor = true\n"),
    ("-unilogin", "face = \"unilogin\"\n"),
    (
        "-udvidet",
        "face = \"unilogin\"\nrelease = \"unilogin-extended\"\nlicence = \"told\"\n",
    ),
    ("-letvaegt", "face = \"letvaegt\"\n"),
    ("-oio", "face = \"oiosaml-3\"\n"),
    ("-edu", "face = \"eduperson\"\n"),
    (
        "-licens",
        "licence = \"required\"\nmissing_licence_url = \"https://bogskabet.example/licens\"\n",
    ),
];

/// The whole federation.
pub(crate) struct Federation {
    pub(crate) house: House,
    pub(crate) lillekoebing: SamlIdp,
    pub(crate) storkoebing: SamlIdp,
    pub(crate) havnekoebing: OidcProvider,
    pub(crate) mitid: OidcProvider,
    /// The national eID by a broker, for public bodies alone.
    pub(crate) erhverv: OidcProvider,
    /// The national eID in SAML.
    pub(crate) nemlogin: SamlIdp,
    /// What the client `noegle` signs its assertions with.
    pub(crate) client_key: Arc<dyn Signer>,
    services: BTreeMap<String, SamlPeer>,
    portner_metadata: String,
}

impl Federation {
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// With these lines at the end of the settings.
    pub(crate) async fn start_with(settings: &str) -> Self {
        let files = Files::new();
        files.add("portner.toml", settings);
        Self::start_in(files, "", |_| {}).await
    }

    /// With files changed after everybody has written theirs.
    pub(crate) async fn start_changed(change: impl FnOnce(&Files)) -> Self {
        Self::start_in(Files::new(), "", change).await
    }

    /// With this in the `[saml]` of the municipalities.
    pub(crate) async fn start_with_saml(saml: &str) -> Self {
        Self::start_in(Files::new(), saml, |_| {}).await
    }

    /// With these people beside those of the demonstration.
    pub(crate) async fn start_with_people(people: &str) -> Self {
        Self::start_with_people_and(people, "").await
    }

    /// With these people, and these lines at the end of the settings.
    pub(crate) async fn start_with_people_and(people: &str, settings: &str) -> Self {
        let files = Files::new();
        files.put(MORE_PEOPLE, people);
        files.add("portner.toml", settings);
        Self::start_in(files, "", |_| {}).await
    }

    /// With keys of its own, which the test may change.
    pub(crate) async fn start_with_own_keys() -> Self {
        Self::start_in(Files::with_own_keys(), "", |_| {}).await
    }

    /// The same, with files changed after everybody has written theirs.
    pub(crate) async fn start_with_own_keys_changed(change: impl FnOnce(&Files)) -> Self {
        Self::start_in(Files::with_own_keys(), "", change).await
    }

    /// With these files, and those of the parties beside them.
    async fn start_in(files: Files, saml: &str, change: impl FnOnce(&Files)) -> Self {
        let (lillekoebing, storkoebing) = (SamlIdp::new("lillekoebing"), SamlIdp::new("storkoebing"));
        put_saml_idp(
            &files,
            "lillekoebing",
            "uni-id",
            "\"101001\", \"101002\"",
            saml,
            &lillekoebing,
        );
        put_saml_idp(&files, "storkoebing", "cpr", "\"202001\"", saml, &storkoebing);
        let (havnekoebing, mitid) = (OidcProvider::start().await, OidcProvider::start().await);
        put_provider(&files, "havnekoebing", LOCAL, "uni-id", &havnekoebing.issuer);
        put_provider(&files, "mitid", NATIONAL, "cpr", &mitid.issuer);
        let erhverv = OidcProvider::start().await;
        put_provider(&files, "erhverv", BROKERED, "cpr", &erhverv.issuer);
        let nemlogin = SamlIdp::new("nemlogin");
        put_nemlogin(&files, &nemlogin);
        put_provider(&files, "nede", LOCAL, "uni-id", "http://127.0.0.1:9");
        let off = format!("{LOCAL}enabled = false\n");
        put_provider(&files, "slukket", &off, "uni-id", "http://127.0.0.1:10");
        let services = put_saml_services(&files).await;
        let client_key = some_key();
        put_clients(&files, &client_key);
        change(&files);

        let house = House::open(files).await;
        let portner_metadata = Visitor::at(&house).get("/saml/metadata").await.body;
        Self {
            house,
            lillekoebing,
            storkoebing,
            havnekoebing,
            mitid,
            erhverv,
            nemlogin,
            client_key,
            services,
            portner_metadata,
        }
    }

    /// Adds lines to a party's file at its top, as an operator would, and has it read.
    pub(crate) fn decide(&self, file: &str, lines: &str) {
        let path = format!("metadata/{file}.toml");
        let before = std::fs::read_to_string(self.house.files.path(&path)).unwrap();
        self.house.files.put(&path, &format!("{lines}\n{before}"));
        self.house.reload();
    }

    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::at(&self.house)
    }

    pub(crate) fn service(&self, id: &str) -> &SamlPeer {
        &self.services[id]
    }

    #[expect(clippy::unused_self, reason = "a client is one of this federation")]
    pub(crate) fn client(&self, id: &str) -> OidcClient {
        OidcClient {
            client_id: id.to_owned(),
        }
    }

    pub(crate) fn portner_metadata(&self) -> &str {
        &self.portner_metadata
    }

    /// Where a SAML service sends a browser to, and its request's name.
    pub(crate) async fn request_of(
        &self,
        service: &str,
        change: impl FnOnce(&mut AuthnQuestion<'_>),
    ) -> (String, String) {
        let peer = self.service(service);
        // The service's watch shows what Portner's does.
        let now = self.house.now();
        let (id, asked) = peer
            .ask(&self.portner_metadata, |question| {
                question.issue_instant = now;
                change(question);
            })
            .await;
        let Outbound::Redirect(url) = asked else {
            panic!("Portner takes requests by Redirect")
        };
        (id.as_str().to_owned(), url)
    }

    /// A browser at the first page of a login for a SAML service.
    pub(crate) async fn arrive(&self, visitor: &mut Visitor, service: &str) -> Page {
        let (_, url) = self.request_of(service, |_| {}).await;
        visitor.get(&url).await
    }

    /// Types a name on the first page, and goes where that leads.
    pub(crate) async fn type_name(&self, visitor: &mut Visitor, page: &Page, name: &str) -> Page {
        visitor.submit(&page.form(), &[("name", name)]).await
    }

    /// A pupil of the central store logs in from the first page on.
    pub(crate) async fn log_in_as(&self, visitor: &mut Visitor, first: &Page, name: &str) -> Page {
        let page = self.type_name(visitor, first, name).await;
        visitor.submit(&page.form(), &[("password", PASSWORD)]).await
    }

    /// A browser on its way to Lillekøbing, and the request that it brings there.
    pub(crate) async fn sent_to_lillekoebing(
        &self,
        visitor: &mut Visitor,
        service: &str,
    ) -> super::saml_idp::Asked {
        let page = self.arrive(visitor, service).await;
        let page = self.type_name(visitor, &page, "sofie@lillekoebing.example").await;
        self.lillekoebing.read(&page)
    }
}

/// Whether the page hands a service an answer that logs somebody in.
pub(crate) fn is_logged_in(page: &Page) -> bool {
    if page.body.contains("name=\"SAMLResponse\"") {
        return answer_in(page).1.contains("status:Success\"");
    }
    super::visitor::leads_to(page).is_some_and(|url| url.query_pairs().any(|(name, _)| name == "code"))
}

const LOCAL: &str = "kind = \"local\"\ncontact = \"it@kommune.example\"\ninstitutions = [\"101001\"]\n";
const NATIONAL: &str = "kind = \"national-eid\"\n";

const BROKERED: &str =
    "kind = \"national-eid\"\neid = \"signaturgruppen\"\npublic_bodies_only = true\nhidden = true\n";

fn put_nemlogin(files: &Files, idp: &SamlIdp) {
    let text = "kind = \"national-eid\"\nname = \"NemLog-in\"\neid = \"nemlog-in\"\n\
        domains = [\"nemlogin.example\"]\n[ceiling]\nnsis = \"substantial\"\nfactors = \"two\"\n";
    files.put("metadata/upstreams/nemlogin.toml", text);
    files.put("metadata/upstreams/nemlogin.xml", &idp.metadata());
}

fn put_saml_idp(files: &Files, id: &str, word: &str, institutions: &str, saml: &str, idp: &SamlIdp) {
    let text = format!(
        "kind = \"local\"\nname = {{ da = \"{id} Kommune\", en = \"Municipality of {id}\" }}\n\
         domains = [\"{id}.example\"]\nscopes = [\"{id}.example\"]\ncontact = \"it@{id}.example\"\n\
         vouches_for = [\"{word}\"]\ninstitutions = [{institutions}]\n[mapping]\nsubject = \"{word}\"\n[saml]\n{saml}"
    );
    files.put(&format!("metadata/upstreams/{id}.toml"), &text);
    files.put(&format!("metadata/upstreams/{id}.xml"), &idp.metadata());
}

fn put_provider(files: &Files, id: &str, kind: &str, word: &str, issuer: &str) {
    let ceiling = if word == "cpr" {
        "[ceiling]\nnsis = \"substantial\"\nfactors = \"two\"\n"
    } else {
        ""
    };
    let text = format!(
        "{kind}name = \"{id}\"\ndomains = [\"{id}.example\"]\nvouches_for = [\"{word}\"]\n{ceiling}\
         [oidc]\nissuer = \"{issuer}\"\nclient_id = \"portner\"\nalgorithms = [\"ES256\"]\n\
         authentication = \"client_secret_basic\"\nsecret = {{ env = \"CARGO_PKG_NAME\" }}\n"
    );
    files.put(&format!("metadata/upstreams/{id}.toml"), &text);
}

/// The release rule's line, where no face implies one.
fn release(usual: &str, rule: &str) -> String {
    if rule.contains("face = ") || rule.contains("release = ") {
        String::new()
    } else {
        format!("release = \"{usual}\"\n")
    }
}

async fn put_saml_services(files: &Files) -> BTreeMap<String, SamlPeer> {
    let mut services = BTreeMap::new();
    for (ending, rule) in RULES {
        let id = format!("skolebroen{ending}");
        let url = |path: &str| {
            let text = format!("https://{id}.example/{path}");
            EndpointUrl::parse(&text, PlainHttp::Refused).unwrap()
        };
        let us = SamlSelf {
            entity_id: EntityId::parse(&format!("https://{id}.example")).unwrap(),
            sso: url("sso"),
            acs: url("acs"),
            logout: None,
        };
        let clock = Arc::new(ManualClock::at(START.parse().unwrap()));
        let peer = SamlPeer::new(us, Ambient::new(clock, Arc::new(OsEntropy)));
        let text = format!(
            "name = \"Skolebroen\"\nstart_url = \"https://{id}.example/start\"\n{}{rule}[saml]\nrequests = \"signed\"\n",
            release("platform", rule)
        );
        files.put(&format!("metadata/services/{id}.toml"), &text);
        files.put(&format!("metadata/services/{id}.xml"), &peer.metadata().await);
        services.insert(id, peer);
    }
    services
}

fn put_clients(files: &Files, client_key: &Arc<dyn Signer>) {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, SECRET.as_bytes());
    let secret = format!("secret_sha256 = \"{}\"\n", HEXLOWER.encode(digest.as_ref()));
    let put = |id: &str, rule: &str, authentication: &str| {
        let text = format!(
            "name = \"Læsehesten\"\nstart_url = \"https://{id}.example/start\"\n{}{rule}\
             [oidc]\nredirect_uris = [\"https://{id}.example/callback\"]\n\
             post_logout_redirect_uris = [\"https://{id}.example/farvel\"]\n\
             web_origins = [\"https://{id}.example\"]\n{authentication}",
            release("learning", rule)
        );
        files.put(&format!("metadata/services/{id}.toml"), &text);
    };
    for (ending, rule) in RULES {
        put(&format!("laesehesten{ending}"), rule, &secret);
    }
    put("aaben", "", "authentication = \"none\"\n");
    let keys = serde_json::to_string(&JwkSetDocument::of([client_key])).unwrap();
    files.put("metadata/services/noegle.jwks.json", &keys);
    let by_key = "authentication = \"private_key_jwt\"\njwks = \"noegle.jwks.json\"\n";
    put("noegle", "", by_key);
    // Clients that renew their tokens, ask resources, and prove what they have.
    let renews =
        "refresh_tokens = \"session\"\nresources = [\"https://api.example\", \"https://andet.example\"]\n";
    put("fornyer", "", &format!("{secret}{renews}"));
    put(
        "altid",
        "",
        &format!("{secret}refresh_tokens = \"offline\"\nrefresh_lifetime = \"48 h\"\n"),
    );
    put(
        "app",
        "",
        "authentication = \"none\"\nrefresh_tokens = \"session\"\n",
    );
    put(
        "bank",
        "",
        &format!("profile = \"fapi2\"\n{by_key}refresh_tokens = \"session\"\n"),
    );
    put(
        "underskriver",
        "",
        &format!("require_signed_request_object = true\n{by_key}"),
    );
    for (id, algorithm) in [("rsa-pss", "PS256"), ("rsa-gammel", "RS256")] {
        let signed = format!("{secret}id_token = \"{algorithm}\"\nuserinfo = \"{algorithm}\"\n");
        put(id, "", &signed);
    }
    put(
        "api",
        "",
        &format!("{secret}resource = \"https://api.example\"\n"),
    );
    put(
        "certificeret",
        CERTIFIED,
        &format!(
            "{secret}authentication = \"client_secret_post\"\nid_token = \"RS256\"\n\
        pkce = \"optional\"\nscopes = [\"profile\", \"email\", \"address\", \"phone\"]\nrefresh_tokens = \"offline\"\n"
        ),
    );
}

/// What the client of the conformance modules may have.
const CERTIFIED: &str = "vocabulary = \"standard\"\nrelease = \"names\"\n";
