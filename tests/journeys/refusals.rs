//! The refusal catalogue, met by real requests: every entry is reachable, shows its page in
//! both languages, and tells the service what it is to be told, in the service's protocol.

use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use portner::domain::assurance::Comparison;
use portner::domain::refusal::{Audience, Refusal};
use portner::saml::authn_context::RequestedAuthnContext;
use portner::saml::name_id::NameIdFormat;
use portner::saml::{EntityId, SamlIdp, Scoping};
use serde_json::json;

use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::house::PASSWORD;
use crate::world::html;
use crate::world::oidc_op::DISCOVERY;
use crate::world::saml_idp::answer_in;
use crate::world::visitor::{Odd, Visitor};

/// The settings of a world in which one call to a provider keeps others away.
const ROOM_FOR_ONE: &str = "at_once = 1\nfailures_until_rest = 1000\n\
    [limits.guesses]\nnetwork = 1\nschool = 1\n";

/// What the service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Saml,
    Oidc,
}

const BOTH: [Protocol; 2] = [Protocol::Saml, Protocol::Oidc];

/// A browser that is about to meet a refusal at a service of this protocol.
struct Scene<'w> {
    world: &'w Federation,
    protocol: Protocol,
    browser: Visitor,
}

impl<'w> Scene<'w> {
    fn new(world: &'w Federation, protocol: Protocol, language: &'static str) -> Self {
        Self {
            world,
            protocol,
            browser: world.visitor().speaking(language),
        }
    }

    /// The first page of a login for a service with this rule.
    async fn arrive(&mut self, rule: &str) -> Page {
        match self.protocol {
            Protocol::Saml => {
                self.world
                    .arrive(&mut self.browser, &format!("skolebroen{rule}"))
                    .await
            }
            Protocol::Oidc => {
                let client = self.world.client(&format!("laesehesten{rule}"));
                self.browser.get(&client.request(&[])).await
            }
        }
    }

    async fn type_name(&mut self, rule: &str, name: &str) -> Page {
        let page = self.arrive(rule).await;
        self.world.type_name(&mut self.browser, &page, name).await
    }

    async fn type_password(&mut self, rule: &str, name: &str, password: &str) -> Page {
        let page = self.type_name(rule, name).await;
        self.browser.submit(&page.form(), &[("password", password)]).await
    }

    /// Wrong at two accounts, from a network that bears one: the third is not looked at.
    async fn come_while_somebody_guesses(&mut self) -> Page {
        self.browser = self.browser.clone().from("203.0.113.7");
        self.type_password("", "alma1234", "forkert").await;
        self.type_password("", "frej1234", "forkert").await;
        self.type_password("", "idak1234", PASSWORD).await
    }

    /// Comes back from Lillekøbing, which vouched for this user, by the key of `signed_by`.
    async fn come_back(&mut self, user: &str, signed_by: &crate::world::saml_idp::SamlIdp) -> Page {
        let page = self.type_name("", "sofie@lillekoebing.example").await;
        let idp = &self.world.lillekoebing;
        let asked = idp.read(&page);
        let words = idp.words(&asked, user, self.world.house.now());
        let answer = signed_by.form(&words, &asked).await;
        self.browser.post_from_elsewhere(&asked.acs_path(), &answer).await
    }

    async fn be_declined(&mut self) -> Page {
        let page = self.type_name("", "sofie@lillekoebing.example").await;
        let idp = &self.world.lillekoebing;
        let asked = idp.read(&page);
        let mut words = idp.words(&asked, "1000001201", self.world.house.now());
        "urn:oasis:names:tc:SAML:2.0:status:Responder".clone_into(&mut words.status);
        let xml = words.declined_by(&*idp.signer).await;
        let answer = crate::world::saml_idp::form(&xml, &asked);
        self.browser.post_from_elsewhere(&asked.acs_path(), &answer).await
    }

    async fn meet_a_broken_token_endpoint(&mut self) -> Page {
        let page = self.type_name("", "sofie@havnekoebing.example").await;
        let provider = &self.world.havnekoebing;
        let question = provider.read(&page);
        provider.serve_status("/token", StatusCode::INTERNAL_SERVER_ERROR, &json!({}));
        self.browser.get(&provider.way_back(&question)).await
    }

    /// One waits for a provider that does not answer, and there is room for no other.
    async fn find_everybody_waiting(&mut self) -> Page {
        let provider = self.world.havnekoebing.clone();
        let mut waiting = Scene::new(self.world, self.protocol, "da");
        let page = waiting.type_name("", "sofie@havnekoebing.example").await;
        let first = provider.way_back(&provider.read(&page));
        let page = self.type_name("", "sofie@havnekoebing.example").await;
        let second = provider.way_back(&provider.read(&page));
        provider.serve_status("/token", StatusCode::BAD_REQUEST, &json!({}));
        let asked = provider.asked("/token");
        provider.hang("/token");
        let mut browser = waiting.browser;
        let first = tokio::spawn(async move { browser.get(&first).await });
        provider.was_asked("/token", asked + 1).await;
        let page = self.browser.get(&second).await;
        provider.release("/token");
        assert_eq!(first.await.unwrap().refusal_code().as_deref(), Some("UL-304"));
        page
    }

    /// Comes back from the national eID, which says this of the user.
    async fn come_back_from_the_eid(&mut self, said: serde_json::Value) -> Page {
        let page = self.type_name("", "x@erhverv.example").await;
        let eid = &self.world.erhverv;
        let question = eid.read(&page);
        let mut claims = eid.claims(&question, self.world.house.now());
        for (name, value) in said.as_object().unwrap() {
            claims[name] = value.clone();
        }
        eid.will_say(&claims).await;
        self.browser.get(&eid.way_back(&question)).await
    }

    /// Emil, whose login is too weak, and then Bente at the national eID.
    async fn bring_another_person(&mut self) -> Page {
        let page = self.type_name("-streng", "emil@storkoebing.example").await;
        let idp = &self.world.storkoebing;
        let asked = idp.read(&page);
        let answer = idp.log_in(&asked, "0201851001", self.world.house.now()).await;
        let page = self.browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
        let eid = &self.world.mitid;
        let question = eid.read(&page);
        let mut claims = eid.claims(&question, self.world.house.now());
        claims["dk.cpr"] = "0302821002".into();
        claims["loa"] = "Substantial".into();
        eid.will_say(&claims).await;
        self.browser.get(&eid.way_back(&question)).await
    }

    /// A level that nobody here can give.
    async fn ask_for_the_impossible(&mut self) -> Page {
        const HIGHEST: &str = "https://data.gov.dk/concept/core/nsis/loa/High";
        match self.protocol {
            Protocol::Saml => {
                let context: &'static _ = Box::leak(Box::new(RequestedAuthnContext {
                    comparison: Comparison::Minimum,
                    class_refs: vec![HIGHEST.to_owned()],
                }));
                let (_, url) = self
                    .world
                    .request_of("skolebroen", |question| question.context = Some(context))
                    .await;
                self.browser.get(&url).await
            }
            Protocol::Oidc => {
                let client = self.world.client("laesehesten");
                self.browser
                    .get(&client.request(&[("acr_values", HIGHEST)]))
                    .await
            }
        }
    }

    /// A request that only a SAML service can make.
    async fn ask_oddly(&mut self, oddity: Oddity) -> Page {
        let metadata = self.world.portner_metadata();
        let service = match oddity {
            // Where our own store may vouch, nobody need stand behind us.
            Oddity::NoProxies => "skolebroen-snaever",
            _ => "skolebroen",
        };
        let (_, url) = self
            .world
            .request_of(service, |question| match oddity {
                Oddity::NoProxies => {
                    // A test's few bytes may stay until the end.
                    question.scoping = Some(Box::leak(Box::new(Scoping {
                        proxy_count: Some(0),
                        ..Scoping::default()
                    })));
                }
                Oddity::UnknownLogin => {
                    question.scoping = Some(Box::leak(Box::new(Scoping {
                        idp_list: vec![EntityId::parse("https://ukendt.example/idp").unwrap()],
                        ..Scoping::default()
                    })));
                }
                Oddity::NameByEmail => {
                    let idp = self.world.service("skolebroen").portner_as_idp(metadata);
                    question.idp = Box::leak(Box::new(SamlIdp {
                        ask_name_id: Some(NameIdFormat::EmailAddress),
                        ..idp
                    }));
                }
                Oddity::BrokenSignature => {}
            })
            .await;
        let url = if oddity == Oddity::BrokenSignature {
            url.replace("SAMLRequest=", "SAMLRequest=A")
                .replace("SAMLRequest=A", "RelayState=andet&SAMLRequest=")
                .replacen("&RelayState=retur", "", 1)
        } else {
            url
        };
        self.browser.get(&url).await
    }

    async fn odd(&mut self, target: &str, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Page {
        let method = if body.is_empty() {
            Method::GET
        } else {
            Method::POST
        };
        self.browser
            .odd(Odd {
                method,
                target,
                headers,
                body,
            })
            .await
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Oddity {
    NoProxies,
    UnknownLogin,
    NameByEmail,
    BrokenSignature,
}

/// How each refusal is met. A new variant does not build before it stands here.
#[expect(clippy::too_many_lines, reason = "a table, one entry after the other")]
async fn meet(scene: &mut Scene<'_>, refusal: &Refusal) -> Page {
    let world = scene.world;
    match refusal {
        Refusal::UnknownUserName => scene.type_name("", "ukendt1234").await,
        Refusal::WrongPassword => {
            world.house.wait(SignedDuration::from_mins(2));
            scene.type_password("", "alma1234", "forkert").await
        }
        Refusal::MalformedName => scene.type_name("", "sofie holm").await,
        Refusal::TooManyAttempts { .. } => {
            let mut page = scene.type_password("", "sofi1234", "forkert").await;
            for _ in 0..6 {
                page = scene
                    .browser
                    .submit(&page.form(), &[("password", "forkert")])
                    .await;
            }
            page
        }
        Refusal::StrangersWait { .. } => scene.come_while_somebody_guesses().await,
        Refusal::NotLinked { .. } => scene.come_back("1999999999", &world.lillekoebing).await,
        Refusal::EmployeeWithoutCpr { .. } => {
            let claims =
                json!({"idp": "mitid_erhverv", "identity_type": "professional", "nemlogin.cvr": "10100100"});
            scene.come_back_from_the_eid(claims).await
        }
        Refusal::EidForPublicBodies { .. } => {
            let claims = json!({"idp": "mitid", "identity_type": "private", "dk.cpr": "0607821006"});
            scene.come_back_from_the_eid(claims).await
        }
        Refusal::NoActors => scene.type_password("", "idak1234", PASSWORD).await,
        Refusal::AccountBlocked => scene.type_password("", "otto1234", PASSWORD).await,
        Refusal::UnknownDomain { .. } => scene.type_name("", "sofie@lilekoebing.example").await,
        Refusal::UpstreamRequestFailed { .. } => scene.type_name("", "sofie@nede.example").await,
        Refusal::UpstreamAnswerRefused { .. } => scene.come_back("1000001201", &world.storkoebing).await,
        Refusal::UpstreamUnreachable { .. } => scene.meet_a_broken_token_endpoint().await,
        Refusal::UpstreamDeclined { .. } => scene.be_declined().await,
        Refusal::UpstreamBusy { .. } => scene.find_everybody_waiting().await,
        Refusal::UpstreamDisabled { .. } => scene.type_name("", "sofie@slukket.example").await,
        Refusal::LevelNotReached => {
            world.house.wait(SignedDuration::from_mins(2));
            scene.type_password("-streng", "alma1234", PASSWORD).await
        }
        Refusal::AnotherPerson { .. } => scene.bring_another_person().await,
        Refusal::LevelUnavailable => scene.ask_for_the_impossible().await,
        Refusal::InteractionNeeded { .. } => passive(scene).await,
        Refusal::NameNotForService => scene.type_name("-snaever", "alma1234").await,
        Refusal::NoUsableUpstream => scene.ask_oddly(Oddity::UnknownLogin).await,
        Refusal::ProxyingForbidden => scene.ask_oddly(Oddity::NoProxies).await,
        Refusal::SubjectNotAvailable => scene.ask_oddly(Oddity::NameByEmail).await,
        Refusal::UnknownService => scene.browser.get("/oidc/authorize?client_id=ukendt").await,
        Refusal::ServiceRequestRefused { .. } => scene.ask_oddly(Oddity::BrokenSignature).await,
        Refusal::UnregisteredAddress => {
            let elsewhere = [("redirect_uri", "https://ondskab.example/callback")];
            let request = world.client("laesehesten").request(&elsewhere);
            scene.browser.get(&request).await
        }
        Refusal::ServiceDisabled => scene.arrive("-lukket").await,
        Refusal::NoAccessToService => {
            world.house.wait(SignedDuration::from_mins(2));
            scene.type_password("-voksne", "alma1234", PASSWORD).await
        }
        Refusal::NoLicence => {
            world.house.wait(SignedDuration::from_mins(2));
            scene.type_password("-licens", "alma1234", PASSWORD).await
        }
        Refusal::LoginExpired => {
            let page = scene.arrive("").await;
            world.house.wait(SignedDuration::from_mins(31));
            scene.browser.get(page.url.as_str()).await
        }
        Refusal::LoginLost => {
            let page = scene.arrive("").await;
            scene.browser.cookies_mut().clear();
            scene.browser.get(page.url.as_str()).await
        }
        Refusal::LoginFinished => {
            world.house.wait(SignedDuration::from_mins(2));
            let page = scene.arrive("").await;
            world.log_in_as(&mut scene.browser, &page, "alma1234").await;
            scene.browser.get(page.url.as_str()).await
        }
        Refusal::StuckInLoop => {
            let mut page = scene.arrive("").await;
            let login = page.url.as_str().trim_end_matches("/name").to_owned();
            while page.refusal_code().is_none() {
                page = scene.browser.get(&login).await;
            }
            page
        }
        Refusal::FormRefused => {
            let page = scene.arrive("").await;
            let fill = [("form", "ikke-vores"), ("name", "alma1234")];
            scene.browser.submit(&page.form(), &fill).await
        }
        Refusal::NoSuchPage => scene.browser.get("/findes-ikke").await,
        Refusal::TooLarge { .. } => scene.odd("/saml/sso", Vec::new(), vec![b'a'; 600 * 1024]).await,
        Refusal::WrongHost => {
            let headers = vec![("host", "ondskab.example".to_owned())];
            scene.odd("/", headers, Vec::new()).await
        }
        Refusal::LogoutRefused => scene.browser.get("/oidc/logout?id_token_hint=x").await,
        Refusal::Overloaded { .. } | Refusal::StoreAway { .. } | Refusal::Internal => {
            unreachable!("in worlds of their own")
        }
    }
}

async fn passive(scene: &mut Scene<'_>) -> Page {
    match scene.protocol {
        Protocol::Saml => {
            let (_, url) = scene
                .world
                .request_of("skolebroen", |question| question.is_passive = true)
                .await;
            scene.browser.get(&url).await
        }
        Protocol::Oidc => {
            let request = scene.world.client("laesehesten").request(&[("prompt", "none")]);
            scene.browser.get(&request).await
        }
    }
}

/// What a service hears: the second-level status of SAML, and the error of OpenID Connect.
const TOLD: [(&str, &str, &str); 17] = [
    ("UL-201", "UnknownPrincipal", "access_denied"),
    ("UL-202", "RequestDenied", "access_denied"),
    ("UL-203", "RequestDenied", "access_denied"),
    ("UL-204", "UnknownPrincipal", "access_denied"),
    ("UL-205", "RequestDenied", "access_denied"),
    ("UL-302", "AuthnFailed", "server_error"),
    ("UL-303", "AuthnFailed", "access_denied"),
    ("UL-304", "AuthnFailed", "temporarily_unavailable"),
    ("UL-305", "AuthnFailed", "access_denied"),
    ("UL-306", "AuthnFailed", "temporarily_unavailable"),
    ("UL-307", "AuthnFailed", "temporarily_unavailable"),
    ("UL-401", "NoAuthnContext", "unmet_authentication_requirements"),
    ("UL-406", "NoAuthnContext", "unmet_authentication_requirements"),
    ("UL-407", "NoAuthnContext", "unmet_authentication_requirements"),
    ("UL-402", "NoPassive", "login_required"),
    ("UL-505", "RequestDenied", "access_denied"),
    ("UL-506", "RequestDenied", "access_denied"),
];

fn assert_told(scene: &Scene<'_>, page: &Page, code: &str) {
    let (_, status, error) = TOLD
        .iter()
        .find(|(known, ..)| *known == code)
        .unwrap_or_else(|| panic!("nobody has said what a service hears of {code}"));
    match scene.protocol {
        Protocol::Saml => {
            let (to, xml, relay_state) = answer_in(page);
            assert!(to.path() == "/acs", "{to}");
            assert!(xml.contains(&format!("status:{status}\"")), "{code}: {xml}");
            assert!(xml.contains(code) && !xml.contains("Assertion>"), "{xml}");
            assert_eq!(relay_state.as_deref(), Some("retur"));
        }
        Protocol::Oidc => {
            let url = crate::world::visitor::leads_to(page)
                .unwrap_or_else(|| panic!("{code} leads nowhere: {}", page.body));
            let given: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
            assert_eq!(given.get("error").map(String::as_str), Some(*error), "{code}");
            assert_eq!(given["state"], "tilbage");
            assert_eq!(given["iss"], crate::world::house::ORIGIN);
            assert!(!given.contains_key("code"));
        }
    }
}

fn assert_shown(page: &Page, refusal: &Refusal, language: &str) {
    let code = refusal.code();
    assert_eq!(
        page.refusal_code().as_deref(),
        Some(code),
        "{code} at {}\n{}",
        page.url,
        page.body
    );
    assert_eq!(page.status.as_u16(), refusal.http_status(), "{code}");
    assert!(
        page.body.contains(&format!("lang=\"{language}\"")),
        "{code} in {language}"
    );
    assert!(page.body.contains(code), "{code} is there to be read");
}

#[tokio::test]
async fn every_refusal_is_met_by_a_real_request_and_shown_in_both_languages() {
    let world = Federation::start_with(ROOM_FOR_ONE).await;
    for refusal in Refusal::samples() {
        if matches!(
            refusal,
            Refusal::Overloaded { .. } | Refusal::StoreAway { .. } | Refusal::Internal
        ) {
            continue;
        }
        for language in ["da", "en"] {
            world
                .havnekoebing
                .serve(DISCOVERY, &world.havnekoebing.description());
            let before = world.house.audit().await.len();
            let mut scene = Scene::new(&world, Protocol::Saml, language);
            let page = meet(&mut scene, &refusal).await;
            if refusal.audience() == Audience::Service {
                let (_, xml, _) = answer_in(&page);
                assert!(xml.contains(refusal.code()), "{}: {xml}", refusal.code());
            } else {
                assert_shown(&page, &refusal, language);
            }
            let audit = world.house.audit().await;
            let told = format!("\"code\":\"{}\"", refusal.code());
            let rows = audit[before..].iter().filter(|row| row.details.contains(&told));
            // What belongs to no login is counted, and fills no trail.
            let belongs = !matches!(refusal, Refusal::NoSuchPage | Refusal::WrongHost);
            assert_eq!(
                rows.count() >= 1,
                belongs,
                "{} in the audit trail",
                refusal.code()
            );
            let counted = format!("portner_refusals_total{{code=\"{}\"}}", refusal.code());
            let metrics = world.house.portner.metrics.render();
            assert!(metrics.contains(&counted), "{counted} is not in\n{metrics}");
        }
    }
    let metrics = world.house.portner.metrics.render();
    for step in ["request", "password", "upstream-answer"] {
        let timed = format!("portner_step_seconds_count{{step=\"{step}\"}}");
        assert!(metrics.contains(&timed), "{timed} is not in\n{metrics}");
    }
}

#[tokio::test]
async fn overload_is_told_with_a_time_to_come_back() {
    let world = Federation::start_with("[passwords]\nworkers = 1\nqueue = 1\n").await;
    for language in ["da", "en"] {
        world.house.wait(SignedDuration::from_mins(2));
        let mut tries = Vec::new();
        for name in ["alma1234", "sofi1234", "idak1234", "otto1234"] {
            for _ in 0..4 {
                let mut scene = Scene::new(&world, Protocol::Oidc, language);
                let page = scene.type_name("", name).await;
                let mut browser = scene.browser;
                tries.push(tokio::spawn(async move {
                    browser.submit(&page.form(), &[("password", "forkert")]).await
                }));
            }
        }
        let mut met = 0;
        for page in tries {
            let page = page.await.unwrap();
            if page.refusal_code().as_deref() == Some("UL-901") {
                let retry_after = page.headers["retry-after"].to_str().unwrap().parse().unwrap();
                assert!((1..=5).contains(&retry_after), "{retry_after}");
                assert_shown(&page, &Refusal::Overloaded { retry_after }, language);
                met += 1;
            }
        }
        assert!(met > 0, "sixteen at once for one worker and one chair");
    }
}

#[tokio::test]
async fn trouble_of_our_own_is_a_page_without_a_stack() {
    let world = Federation::start().await;
    let mut scenes = Vec::new();
    for language in ["da", "en"] {
        let mut scene = Scene::new(&world, Protocol::Saml, language);
        scenes.push((scene.arrive("").await, scene, language));
    }
    world.house.tamper("DROP TABLE licences").await;
    for (_, mut scene, language) in scenes {
        let page = scene.arrive("-licens").await;
        let page = world.log_in_as(&mut scene.browser, &page, "alma1234").await;
        world.house.wait(SignedDuration::from_mins(2));
        assert_shown(&page, &Refusal::Internal, language);
        for word in ["sqlx", "PoolClosed", "panicked", "src/"] {
            assert!(!page.body.contains(word), "{word} on a page");
        }
    }
}

#[tokio::test]
async fn services_hear_of_what_they_may_hear_in_their_own_protocol() {
    let world = Federation::start_with(ROOM_FOR_ONE).await;
    for protocol in BOTH {
        for refusal in Refusal::samples() {
            let mut scene = Scene::new(&world, protocol, "da");
            match refusal.audience() {
                Audience::UserOnly => {}
                Audience::UserThenService => {
                    let page = meet(&mut scene, &refusal).await;
                    assert_shown(&page, &refusal, "da");
                    let told = scene.browser.submit(&page.form(), &[]).await;
                    assert_told(&scene, &told, refusal.code());
                    let back = scene.browser.get(page.url.as_str()).await;
                    assert!(back.status.is_client_error(), "told once: {}", back.body);
                }
                // Only SAML services can ask for these.
                Audience::Service
                    if matches!(
                        refusal,
                        Refusal::ProxyingForbidden | Refusal::SubjectNotAvailable | Refusal::NoUsableUpstream
                    ) => {}
                Audience::Service => {
                    let page = meet(&mut scene, &refusal).await;
                    assert_told(&scene, &page, refusal.code());
                }
            }
        }
    }
}

#[tokio::test]
async fn what_only_saml_services_ask_for_is_answered_as_saml_says() {
    let world = Federation::start().await;
    let mut scene = Scene::new(&world, Protocol::Saml, "da");
    let (_, xml, _) = answer_in(&scene.ask_oddly(Oddity::NoProxies).await);
    assert!(xml.contains("status:ProxyCountExceeded\""), "{xml}");
    let (_, xml, _) = answer_in(&scene.ask_oddly(Oddity::UnknownLogin).await);
    assert!(xml.contains("status:NoSupportedIDP\""), "{xml}");
    let (_, xml, _) = answer_in(&scene.ask_oddly(Oddity::NameByEmail).await);
    assert!(
        xml.contains("status:Requester\"") && xml.contains("status:InvalidNameIDPolicy\""),
        "{xml}"
    );
}

#[tokio::test]
async fn passive_requests_are_answered_at_once_and_succeed_where_a_session_is() {
    let world = Federation::start().await;
    for protocol in BOTH {
        let mut scene = Scene::new(&world, protocol, "da");
        let page = passive(&mut scene).await;
        assert_told(&scene, &page, "UL-402");
        assert_eq!(scene.browser.open_logins(), 0);
        world.house.wait(SignedDuration::from_mins(2));
        let page = scene.arrive("").await;
        world.log_in_as(&mut scene.browser, &page, "alma1234").await;
        let page = passive(&mut scene).await;
        assert!(crate::world::federation::is_logged_in(&page), "{}", page.body);
    }
}

#[tokio::test]
async fn a_refusal_page_offers_one_main_way_on() {
    let world = Federation::start().await;
    let mut scene = Scene::new(&world, Protocol::Saml, "da");
    let page = meet(&mut scene, &Refusal::NoActors).await;
    assert_eq!(html::forms(&page.body).len(), 1);
    assert_eq!(page.body.matches("button-primary").count(), 1);
    let retry = html::links(&page.body)
        .into_iter()
        .find(|link| link.ends_with("/name"));
    let name = scene.browser.get(&retry.unwrap()).await;
    world.house.wait(SignedDuration::from_mins(2));
    let done = world.log_in_as(&mut scene.browser, &name, "alma1234").await;
    assert!(
        crate::world::federation::is_logged_in(&done),
        "another name ends well"
    );
}
