//! A federation in which everybody can be told of a logout, each in another way:
//!
//! | who | how |
//! |---|---|
//! | `skolebroen`, `skolebroen-voksne` | SAML, through the browser |
//! | `skolebroen-valg` | SAML, by SOAP |
//! | `laesehesten` | OpenID, back channel |
//! | `laesehesten-voksne` | OpenID, front channel |
//! | `laesehesten-valg` | OpenID, not at all |
//! | `lillekoebing` | SAML upstream, through the browser, or by SOAP where a test says so |
//! | `havnekoebing` | OpenID upstream |

use std::io::{Read, Write};

use data_encoding::BASE64;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use portner::keys::Signer;
use portner::saml::authn_request_write::Outbound;
use portner::saml::logout_send::{LogoutSender, SessionToEnd};
use portner::saml::peer::LogoutEndpoints;
use portner::saml::xml::names::{SAML, SAMLP};
use portner::saml::xml::{Document, Limits};
use portner::saml::{Incoming, MessageId, NameId, NameIdFormat};
use serde_json::json;
use url::{Url, form_urlencoded};

use super::browser::Page;
use super::federation::Federation;
use super::house::{Files, ORIGIN, PASSWORD};
use super::html;
use super::logout_desk::Desk;
use super::oidc_client::{SECRET, json};
use super::saml_idp::answer_in;
use super::saml_peer::SamlPeer;
use super::visitor::{Visitor, leads_to};

/// The federation, and where its parties hear of logouts.
pub(crate) struct Logouts {
    pub(crate) world: Federation,
    pub(crate) desk: Desk,
}

/// What a SAML service knows of a login.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) name_id: NameId,
    pub(crate) index: String,
}

impl Logouts {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With changes to the files of this installation.
    pub(crate) async fn start_with(change: impl FnOnce(&Files)) -> Self {
        let desk = Desk::open().await;
        let told_at = desk.clone();
        let world = Federation::start_changed(move |files| {
            put_ways(files, &told_at);
            change(files);
        })
        .await;
        let havn = &world.havnekoebing;
        let mut description = havn.description();
        description["end_session_endpoint"] = json!(format!("{}/farvel", havn.issuer));
        havn.serve(super::oidc_op::DISCOVERY, &description);
        Self { world, desk }
    }

    /// Logs in at a SAML service, with a password where one is asked for.
    pub(crate) async fn take_seat(&self, browser: &mut Visitor, service: &str, name: &str) -> Seat {
        let mut page = self.world.arrive(browser, service).await;
        if !page.body.contains("name=\"SAMLResponse\"") {
            page = self.world.log_in_as(browser, &page, name).await;
        }
        if !page.body.contains("name=\"SAMLResponse\"") {
            // One of several affiliations is chosen.
            let form = page.form();
            let choice = form
                .fields
                .iter()
                .find(|field| field.name == "actor")
                .unwrap()
                .value
                .clone();
            page = browser.submit(&form, &[("actor", &choice)]).await;
        }
        seat_in(&page)
    }

    /// Logs in at an OpenID client; gives its ID token.
    pub(crate) async fn read_at(&self, browser: &mut Visitor, client: &str, name: &str) -> String {
        let client = self.world.client(client);
        let mut page = browser.get(&client.request(&[])).await;
        if leads_to(&page).is_none() {
            let typed = self.world.type_name(browser, &page, name).await;
            page = browser.submit(&typed.form(), &[("password", PASSWORD)]).await;
        }
        let code = client.answer(&page)["code"].clone();
        let tokens = client
            .ask_token(browser, &client.redemption(&code), vec![client.basic(SECRET)])
            .await;
        json(&tokens)["id_token"].as_str().unwrap().to_owned()
    }

    /// The address that a service sends the browser to, to log out.
    pub(crate) async fn farewell(&self, service: &str, seat: &Seat) -> String {
        let peer = self.world.service(service);
        let request = self
            .request_of(peer, peer.signer(), seat, &self.portner_logout())
            .await;
        let Outbound::Redirect(url) = request else {
            panic!("Portner takes logout requests by Redirect")
        };
        url
    }

    /// The same of a service that wants no answer (`aslo:Asynchronous`).
    pub(crate) async fn farewell_for_good(&self, service: &str, seat: &Seat) -> String {
        let url = Url::parse(&self.farewell(service, seat).await).unwrap();
        let mut words: Vec<(String, String)> = url
            .query_pairs()
            .into_owned()
            .filter(|(name, _)| name != "Signature")
            .collect();
        let message = BASE64.decode(words[0].1.as_bytes()).unwrap();
        let mut xml = String::new();
        DeflateDecoder::new(&message[..])
            .read_to_string(&mut xml)
            .unwrap();
        let (before, after) = xml.split_once("</saml:Issuer>").unwrap();
        let xml = format!("{before}</saml:Issuer>{NO_ANSWER}{after}");
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(xml.as_bytes()).unwrap();
        words[0].1 = BASE64.encode(&deflate.finish().unwrap());
        let octets = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(words)
            .finish();
        let signature = self.world.service(service).signer().sign(octets.as_bytes()).await;
        let signature = BASE64.encode(&signature.unwrap());
        let signature = form_urlencoded::byte_serialize(signature.as_bytes()).collect::<String>();
        format!(
            "{}?{octets}&Signature={signature}",
            &url[..url::Position::AfterPath]
        )
    }

    /// The same as a form.
    pub(crate) async fn farewell_form(&self, service: &str, seat: &Seat) -> Vec<(String, String)> {
        let peer = self.world.service(service);
        let to = LogoutEndpoints {
            redirect: None,
            ..self.portner_logout()
        };
        let Outbound::Post(form) = self.request_of(peer, peer.signer(), seat, &to).await else {
            panic!("Portner takes logout requests by POST")
        };
        form.fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// A request of this peer, signed by whoever signs.
    pub(crate) async fn request_of(
        &self,
        peer: &SamlPeer,
        signer: &dyn Signer,
        seat: &Seat,
        to: &LogoutEndpoints,
    ) -> Outbound {
        let id = fresh_id();
        let sender = LogoutSender {
            issuer: &peer.us.entity_id,
            signer,
            id: &id,
            now: self.world.house.now(),
        };
        let session = SessionToEnd {
            name_id: &seat.name_id,
            index: (!seat.index.is_empty()).then_some(seat.index.as_str()),
            is_telling: false,
            encryption: None,
        };
        sender.request(to, session, "farvel").await.unwrap().unwrap()
    }

    /// Where Portner takes logout messages of services.
    pub(crate) fn portner_logout(&self) -> LogoutEndpoints {
        let peer = self.world.service("skolebroen");
        peer.portner_as_idp(self.world.portner_metadata()).logout
    }

    /// A service that the browser was led to answers that it is done, and the browser goes back.
    pub(crate) async fn done_at(&self, browser: &mut Visitor, service: &str, page: &Page) -> Page {
        let answer = self.answer_of(service, &asked_in(page)).await;
        browser.get(&answer).await
    }

    /// The address that a service sends the browser back to.
    pub(crate) async fn answer_of(&self, service: &str, asked: &AskedToLeave) -> String {
        let peer = self.world.service(service);
        let id = fresh_id();
        let sender = LogoutSender {
            issuer: &peer.us.entity_id,
            signer: peer.signer(),
            id: &id,
            now: self.world.house.now(),
        };
        let status = portner::saml::status::Status::Success;
        let relay_state = asked.relay_state.as_deref();
        let answer = sender
            .response(&self.portner_logout(), &asked.id, &status, relay_state)
            .await;
        let Some(Outbound::Redirect(url)) = answer.unwrap() else {
            panic!("Portner takes answers by Redirect")
        };
        url
    }

    /// Whether the session with this cookie still logs anybody in.
    pub(crate) async fn counts(&self, session: &str) -> bool {
        let mut browser = self.world.visitor();
        browser
            .cookies_mut()
            .insert("__Host-session".to_owned(), session.to_owned());
        let page = browser.get(&self.world.client("noegle").request(&[])).await;
        super::federation::is_logged_in(&page)
    }
}

const NO_ANSWER: &str = "<samlp:Extensions xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
    <aslo:Asynchronous xmlns:aslo=\"urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo\"></aslo:Asynchronous>\
    </samlp:Extensions>";

/// A logout request that Portner sends the browser with.
#[derive(Debug, Clone)]
pub(crate) struct AskedToLeave {
    pub(crate) id: String,
    pub(crate) relay_state: Option<String>,
    pub(crate) name: String,
    pub(crate) index: Option<String>,
    pub(crate) to: Url,
}

/// Reads the request in a redirect, believing nothing.
pub(crate) fn asked_in(page: &Page) -> AskedToLeave {
    let to = leads_to(page).unwrap_or_else(|| panic!("{} leads nowhere\n{}", page.url, page.body));
    let incoming = Incoming::from_redirect(to.query().unwrap_or_default());
    let incoming = incoming.unwrap_or_else(|error| panic!("{to}: {error}"));
    let root = incoming.document().root();
    assert!(root.is(SAMLP.uri, "LogoutRequest"), "{root:?}");
    let text = |uri, name| {
        let found = root.descendants().find(|element| element.is(uri, name))?;
        Some(found.text().unwrap().to_owned())
    };
    AskedToLeave {
        id: root.attribute("ID").unwrap().to_owned(),
        relay_state: incoming.relay_state().map(str::to_owned),
        name: text(SAML.uri, "NameID").unwrap(),
        index: text(SAMLP.uri, "SessionIndex"),
        to,
    }
}

/// The status codes of the LogoutResponse that Portner sends a service, nearest last, and where it goes.
pub(crate) fn told_in(page: &Page) -> (Vec<String>, Url) {
    let (xml, to) = if let Some(url) = leads_to(page) {
        let incoming = Incoming::from_redirect(url.query().unwrap_or_default());
        let incoming = incoming.unwrap_or_else(|error| panic!("{url}: {error}"));
        let root = incoming.document().root();
        assert!(root.is(SAMLP.uri, "LogoutResponse"));
        (root.canonical(1 << 20).unwrap(), url)
    } else {
        let (to, xml, _) = answer_in(page);
        (xml, to)
    };
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
    let codes = document
        .root()
        .descendants()
        .filter(|element| element.is(SAMLP.uri, "StatusCode"));
    let codes = codes.map(|code| {
        let value = code.attribute("Value").unwrap();
        value.rsplit(':').next().unwrap().to_owned()
    });
    (codes.collect(), to)
}

/// The addresses of the frames of a page.
pub(crate) fn frames_in(page: &Page) -> Vec<Url> {
    let parts = page.body.split("<iframe src=\"").skip(1);
    let urls = parts.map(|rest| {
        rest.split('"')
            .next()
            .unwrap()
            .replace("&#38;", "&")
            .replace("&amp;", "&")
    });
    urls.map(|url| Url::parse(&url).unwrap()).collect()
}

fn seat_in(page: &Page) -> Seat {
    let (_, xml, _) = answer_in(page);
    let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
    let find = |uri: &str, name: &str| {
        let mut all = document.root().descendants();
        all.find(|element| element.is(uri, name))
            .unwrap_or_else(|| panic!("no {name}: {xml}"))
    };
    let name = find(SAML.uri, "NameID");
    let own = |attribute| name.attribute(attribute).map(str::to_owned);
    let format = NameIdFormat::from_uri(name.attribute("Format").unwrap());
    Seat {
        name_id: NameId {
            name_qualifier: own("NameQualifier"),
            sp_name_qualifier: own("SPNameQualifier"),
            ..NameId::new(format, name.text().unwrap())
        },
        index: find(SAML.uri, "AuthnStatement")
            .attribute("SessionIndex")
            .unwrap()
            .to_owned(),
    }
}

pub(crate) fn fresh_id() -> MessageId {
    MessageId::fresh(portner::ambient::Ambient::system().entropy())
}

/// Gives the parties of the usual federation their ways to be told.
fn put_ways(files: &Files, desk: &Desk) {
    const SSO: &str = "<md:SingleSignOnService";
    let slo = |binding: &str, to: &str| {
        format!(
            "<md:SingleLogoutService xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
             Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:{binding}\" Location=\"{to}\"></md:SingleLogoutService>"
        )
    };
    for service in ["skolebroen", "skolebroen-voksne"] {
        let own = slo("HTTP-Redirect", &format!("https://{service}.example/slo"));
        put_slo(files, service, &own);
    }
    put_slo(
        files,
        "skolebroen-valg",
        &slo("SOAP", &desk.of("skolebroen-valg")),
    );
    let lillekoebing = slo("HTTP-Redirect", "https://idp.lillekoebing.example/slo");
    files.change(
        "metadata/upstreams/lillekoebing.xml",
        SSO,
        &format!("{lillekoebing}{SSO}"),
    );
    let back = format!("backchannel_logout_uri = \"{}\"\n", desk.of("laesehesten"));
    files.add("metadata/services/laesehesten.toml", &back);
    let front = "frontchannel_logout_uri = \"https://laesehesten-voksne.example/ud?fra=portner\"\n";
    files.add("metadata/services/laesehesten-voksne.toml", front);
    files.change(
        "metadata/upstreams/havnekoebing.toml",
        "[oidc]",
        "single_logout = true\n[oidc]",
    );
    files.change(
        "metadata/services/laesehesten-voksne.toml",
        "groups = [\"Medarbejder\"]\n",
        "",
    );
    files.change(
        "metadata/services/skolebroen-voksne.toml",
        "groups = [\"Medarbejder\"]\n",
        "",
    );
}

/// Puts an address into the metadata of a service, where the schema has it.
fn put_slo(files: &Files, service: &str, slo: &str) {
    let path = format!("metadata/services/{service}.xml");
    let before = "<md:NameIDFormat>";
    let metadata = std::fs::read_to_string(files.path(&path)).unwrap();
    // In the role of a service, which stands last.
    let place = metadata.find("<md:SPSSODescriptor").unwrap();
    let place = place + metadata[place..].find(before).unwrap();
    files.put(
        &path,
        &format!("{}{slo}{}", &metadata[..place], &metadata[place..]),
    );
}

/// Whether a page asks whether the visitor wants to log out.
pub(crate) fn asks(page: &Page) -> bool {
    page.body.contains("Vil du logge ud?") && html::forms(&page.body).iter().any(|form| form.method == "post")
}

/// Portner's address for this path.
pub(crate) fn at(path: &str) -> String {
    format!("{ORIGIN}{path}")
}
