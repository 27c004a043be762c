//! The end of a long session: one user who has been at ten services of both protocols logs out, and
//! everybody is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use portner::ambient::Ambient;
use portner::saml::authn_request_write::Outbound;
use portner::saml::logout_send::LogoutSender;
use portner::saml::peer::LogoutEndpoints;
use portner::saml::status::Status;
use portner::saml::xml::names::SAMLP;
use portner::saml::{Incoming, MessageId};

use crate::broker::Broker;
use crate::journey::{Connections, Player, Road};
use crate::machine::{self, BROKER_CORE};
use crate::premises::{Crowd, FAREWELLS, Farewell, Premises, farewell};
use crate::provider;
use crate::visitor::{From, Told, Visitor, action, field};
use crate::world::{Client, Service, World, endpoint, entity_id, path_of};

/// CPU and time of a logout that ten services hear of.
pub(crate) async fn logout(sessions: u32) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let premises = Premises::write(Crowd {
        farewells: Some(port),
        ..Crowd::default()
    });
    let called = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&called);
    let routes = Router::new().fallback(move |uri: Uri, body: axum::body::Bytes| {
        counting.fetch_add(1, Ordering::Relaxed);
        async move { hear(uri.path().trim_start_matches('/'), &body) }
    });
    tokio::spawn(provider::serve(listener, routes));
    let world = World::around(&premises);
    provider::open(&premises).await;
    let broker = Broker::start(&premises, BROKER_CORE).await;
    let guests = Guests::new(&premises);
    let load = machine::load_average();
    let mut browsers = Vec::new();
    for person in 0..sessions {
        let browser = guests.log_in_everywhere(&world, &broker, person).await;
        browsers.push(browser.unwrap_or_else(|what| panic!("{what}")));
    }
    let cpu = broker.cpu_time();
    let mut taken = Vec::new();
    for browser in &mut browsers {
        let begun = tokio::time::Instant::now();
        let receipt = guests
            .log_out(browser, &premises)
            .await
            .unwrap_or_else(|what| panic!("{what}"));
        taken.push(begun.elapsed());
        for number in 0..FAREWELLS {
            assert!(
                receipt.contains(&format!("Tjeneste {}", farewell(number))),
                "{number}: {receipt}"
            );
        }
        // The upstream cannot be told; each of the ten was, and answered.
        for missing in ["svarede ikke", "kan ikke få besked"] {
            assert!(!receipt.contains(missing), "{receipt}");
        }
    }
    let cpu = (broker.cpu_time() - cpu).as_secs_f64() * 1e3 / f64::from(sessions);
    let told = (0..FAREWELLS)
        .filter(|number| Farewell::of(*number) != Farewell::Visited)
        .count();
    assert_eq!(
        called.load(Ordering::Relaxed),
        told * sessions as usize,
        "everybody hears of it once"
    );
    taken.sort_unstable();
    println!(
        "\n| logout of a session with ten services | broker CPU, ms | by the wall, ms (middle of {sessions}) | MB | load average |\n|---|---|---|---|---|\n\
         | five back channels, three by SOAP, two through the browser | {cpu:.1} | {:.0} | {:.0} | {load} |",
        taken.get(taken.len() / 2).map_or(f64::NAN, Duration::as_secs_f64) * 1e3,
        broker.resident()
    );
}

/// The ten services.
struct Guests {
    clients: Vec<Client>,
    services: Vec<Service>,
    premises_stub: Arc<dyn portner::keys::Signer>,
}

impl Guests {
    fn new(premises: &Premises) -> Self {
        let ambient = Ambient::system();
        let (clients, services): (Vec<_>, Vec<_>) =
            (0..FAREWELLS).partition(|number| Farewell::of(*number) == Farewell::Client);
        Self {
            clients: clients
                .into_iter()
                .map(|number| Client::new(&farewell(number), premises, &ambient))
                .collect(),
            services: services
                .into_iter()
                .map(|number| Service::new(&farewell(number), premises, &ambient, false))
                .collect(),
            premises_stub: Arc::clone(&premises.stub),
        }
    }

    /// One login, and nine more that lean on it.
    async fn log_in_everywhere(&self, world: &World, broker: &Broker, person: u32) -> Told<Visitor> {
        let player = Player::new(world, &broker.door, Connections::Fresh);
        let mut browser = Visitor::arrive(&broker.door).await?;
        for (number, client) in self.clients.iter().enumerate() {
            let (path, asked) = client.ask();
            let url = if number == 0 {
                let page = browser.get_page(&path).await?;
                player
                    .prove(&mut browser, &page, Road::SamlToOidc, person)
                    .await?
                    .redirect()?
            } else {
                browser.get_away(&path).await?
            };
            client.code(&url, &asked)?;
        }
        for service in &self.services {
            let (path, request) = service.ask().await?;
            let page = browser.get_page(&path).await?;
            service.check(field(&page, "SAMLResponse")?, &request, person)?;
        }
        Ok(browser)
    }

    /// From the question to the receipt, past those who are told through the browser.
    async fn log_out(&self, browser: &mut Visitor, premises: &Premises) -> Told<String> {
        let question = browser.get_page("/logout").await?;
        let fields = [("form", field(&question, "form")?)];
        let mut answer = browser.post(action(&question)?, From::OwnPage, &fields).await?;
        while let Some(next) = answer.location.take() {
            let path = if next.starts_with('/') {
                next
            } else {
                path_of(&self.leave(&next, premises).await?)?
            };
            answer = browser.get(&path).await?;
        }
        answer.page()
    }

    /// A service that the browser is led past: the address that it sends the browser back to.
    async fn leave(&self, url: &str, premises: &Premises) -> Told<String> {
        let (to, query) = url.split_once('?').ok_or_else(|| format!("no request: {url}"))?;
        let name = to.trim_end_matches("/slo");
        let request = Incoming::from_redirect(query).map_err(|error| error.to_string())?;
        let id = request
            .document()
            .root()
            .attribute("ID")
            .ok_or("no ID")?
            .to_owned();
        let ambient = Ambient::system();
        let sender = LogoutSender {
            issuer: &entity_id(name),
            signer: &*self.premises_stub,
            id: &MessageId::fresh(ambient.entropy()),
            now: ambient.now(),
        };
        let broker = LogoutEndpoints {
            redirect: Some(endpoint(&format!("{}/saml/slo", premises.origin()))),
            ..LogoutEndpoints::default()
        };
        match sender
            .response(&broker, &id, &Status::Success, request.relay_state())
            .await
        {
            Ok(Some(Outbound::Redirect(url))) => Ok(url),
            other => Err(format!("no redirect: {other:?}")),
        }
    }
}

/// A service that is called: an OpenID client is content, a SAML service says so.
fn hear(name: &str, body: &[u8]) -> Response {
    let Ok(request) = Incoming::from_soap(body) else {
        return Body::empty().into_response();
    };
    let envelope = request.document().root();
    let mut elements = envelope.descendants();
    let id = elements.find(|element| element.is(SAMLP.uri, "LogoutRequest"));
    let id = id.and_then(|request| request.attribute("ID")).unwrap_or_default();
    let answer = format!(
        "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body>\
         <p:LogoutResponse xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_a\" Version=\"2.0\" \
         IssueInstant=\"{}\" InResponseTo=\"{id}\">\
         <a:Issuer xmlns:a=\"urn:oasis:names:tc:SAML:2.0:assertion\">https://{name}.example</a:Issuer>\
         <p:Status><p:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></p:Status>\
         </p:LogoutResponse></S:Body></S:Envelope>",
        Ambient::system().now(),
    );
    ([(CONTENT_TYPE, "text/xml")], answer).into_response()
}
