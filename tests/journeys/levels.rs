//! Asked for more than is held: the login goes on to somebody who can prove more of the same
//! person, or ends with the refusal that each protocol has for it.

use portner::saml::authn_context::RequestedAuthnContext;
use serde_json::Value;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::oidc_client::id_token;
use crate::world::saml_idp::answer_in;
use crate::world::visitor::{Visitor, leads_to};

const EMIL: &str = "0201851001";
/// Somebody else with an account and a CPR number.
const ANOTHER: &str = "0302821002";
const NSIS: &str = "https://data.gov.dk/concept/core/nsis/loa/";

/// A service of either protocol, whose logins these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Saml,
    Oidc,
}

const BOTH: [Protocol; 2] = [Protocol::Saml, Protocol::Oidc];

/// One browser in one federation.
struct Scene {
    world: Federation,
    browser: Visitor,
    protocol: Protocol,
}

impl Scene {
    async fn set(protocol: Protocol) -> Self {
        let world = Federation::start().await;
        let browser = world.visitor();
        Self {
            world,
            browser,
            protocol,
        }
    }

    /// The service with this rule asks for a login.
    async fn arrive(&mut self, rule: &str) -> Page {
        self.ask(rule, &[], false).await
    }

    /// The same with wishes of this one request.
    async fn ask(&mut self, rule: &str, levels: &[&str], passive: bool) -> Page {
        match self.protocol {
            Protocol::Saml => {
                let wished = RequestedAuthnContext {
                    comparison: portner::domain::assurance::Comparison::Minimum,
                    class_refs: levels.iter().map(|&level| level.to_owned()).collect(),
                };
                let context: &'static _ = Box::leak(Box::new(wished));
                let service = format!("skolebroen{rule}");
                let (_, url) = self
                    .world
                    .request_of(&service, |question| {
                        question.context = (!levels.is_empty()).then_some(context);
                        question.is_passive = passive;
                    })
                    .await;
                self.browser.get(&url).await
            }
            Protocol::Oidc => {
                let client = self.world.client(&format!("laesehesten{rule}"));
                let values = levels.join(" ");
                let mut change = vec![("acr_values", values.as_str())];
                change.extend(passive.then_some(("prompt", "none")));
                self.browser.get(&client.request(&change)).await
            }
        }
    }

    /// Emil logs in at his municipality, which says this besides.
    async fn at_the_municipality(&mut self, page: &Page, said: &[(&str, &str)]) -> Page {
        let page = if self.world.storkoebing.is_asked_by(page) {
            page.clone()
        } else {
            let name = "emil@storkoebing.example";
            self.world.type_name(&mut self.browser, page, name).await
        };
        let idp = &self.world.storkoebing;
        let asked = idp.read(&page);
        let mut words = idp.words(&asked, EMIL, self.world.house.now());
        for (name, value) in said {
            if *name == "class" {
                (*value).clone_into(&mut words.class_ref);
            } else {
                words
                    .attributes
                    .push(((*name).to_owned(), vec![(*value).to_owned()]));
            }
        }
        let form = idp.form(&words, &asked).await;
        self.browser.post_from_elsewhere(&asked.acs_path(), &form).await
    }

    /// Whoever was sent there logs in at the national eID, which says this.
    async fn at_the_eid(&mut self, page: &Page, said: &[(&str, &str)]) -> Page {
        let eid = &self.world.mitid;
        let question = eid.read(page);
        let mut claims = eid.claims(&question, self.world.house.now());
        for (name, value) in said {
            claims[*name] = Value::from(*value);
        }
        eid.will_say(&claims).await;
        self.browser.get(&eid.way_back(&question)).await
    }

    /// The level that the service hears of.
    async fn heard(&self, rule: &str, page: &Page) -> String {
        assert!(is_logged_in(page), "{:?}: {}", self.protocol, page.body);
        match self.protocol {
            Protocol::Saml => {
                let (_, xml, _) = answer_in(page);
                let (_, rest) = xml.split_once("<saml:AuthnContextClassRef>").unwrap();
                rest.split_once('<').unwrap().0.to_owned()
            }
            Protocol::Oidc => {
                let client = self.world.client(&format!("laesehesten{rule}"));
                let code = client.answer(page)["code"].clone();
                let token = id_token(&client.redeem(&self.browser, &code).await);
                token["acr"].as_str().unwrap().to_owned()
            }
        }
    }

    /// The refusal page, and what the service is told when the user goes back.
    async fn assert_refused(&mut self, page: &Page, code: &str) {
        assert_eq!(
            page.refusal_code().as_deref(),
            Some(code),
            "{:?}: {}",
            self.protocol,
            page.body
        );
        let told = self.browser.submit(&page.form(), &[]).await;
        self.assert_told(&told);
    }

    /// The service hears, in its own protocol, that the level is not to be had.
    fn assert_told(&self, told: &Page) {
        let (status, error) = ("status:NoAuthnContext\"", "unmet_authentication_requirements");
        match self.protocol {
            Protocol::Saml => assert!(answer_in(told).1.contains(status)),
            Protocol::Oidc => {
                let url = leads_to(told).unwrap();
                assert!(
                    url.query_pairs()
                        .any(|(name, value)| name == "error" && value == error),
                    "{url}"
                );
            }
        }
    }
}

#[tokio::test]
async fn more_is_proved_by_the_national_eid_of_the_same_person() {
    for protocol in BOTH {
        let mut scene = Scene::set(protocol).await;
        let page = scene.arrive("-streng").await;
        let page = scene.at_the_municipality(&page, &[]).await;
        let url = leads_to(&page).unwrap();
        let asked = url.query_pairs().find(|(name, _)| name == "acr_values").unwrap();
        assert_eq!(asked.1, "dk:unilogin:loa:ToFaktor");
        let page = scene
            .at_the_eid(
                &page,
                &[
                    ("dk.cpr", EMIL),
                    ("loa", "https://data.gov.dk/concept/core/nsis/Substantial"),
                ],
            )
            .await;
        assert_eq!(scene.heard("-streng", &page).await, format!("{NSIS}Substantial"));
    }
}

#[tokio::test]
async fn another_person_cannot_prove_it_for_them() {
    for protocol in BOTH {
        let mut scene = Scene::set(protocol).await;
        let page = scene.arrive("-streng").await;
        let page = scene.at_the_municipality(&page, &[]).await;
        let page = scene
            .at_the_eid(&page, &[("dk.cpr", ANOTHER), ("loa", "Substantial")])
            .await;
        assert_eq!(scene.world.house.count("sessions").await, 0);
        scene.assert_refused(&page, "UL-406").await;
    }
}

#[tokio::test]
async fn an_answer_below_what_was_asked_is_not_enough() {
    for protocol in BOTH {
        for said in [("loa", "Low"), ("acr", "dk:unilogin:loa:ToFaktor")] {
            let mut scene = Scene::set(protocol).await;
            let page = scene.arrive("-streng").await;
            let page = scene.at_the_municipality(&page, &[]).await;
            let page = scene.at_the_eid(&page, &[("dk.cpr", EMIL), said]).await;
            scene.assert_refused(&page, "UL-401").await;
        }
    }
}

#[tokio::test]
async fn an_echo_of_the_question_proves_nothing() {
    for protocol in BOTH {
        let mut scene = Scene::set(protocol).await;
        scene.world.house.files.add(
            "metadata/upstreams/storkoebing.toml",
            "[ceiling]\nfactors = \"two\"\nnsis = \"high\"\n",
        );
        scene.world.house.reload();
        for echo in [
            "dk:unilogin:loa:ToFaktor",
            "https://refeds.org/profile/mfa",
            &format!("{NSIS}High"),
        ] {
            let page = scene.arrive("-streng").await;
            let page = scene.at_the_municipality(&page, &[("class", echo)]).await;
            assert!(!is_logged_in(&page));
            assert!(
                leads_to(&page)
                    .unwrap()
                    .as_str()
                    .starts_with(&scene.world.mitid.issuer),
                "{echo}"
            );
        }
    }
}

#[tokio::test]
async fn an_earlier_login_that_is_too_weak_says_who_the_user_is() {
    for protocol in BOTH {
        let mut scene = Scene::set(protocol).await;
        let page = scene.arrive("").await;
        let page = scene.at_the_municipality(&page, &[]).await;
        assert!(is_logged_in(&page));
        // Nobody is asked who they are again, and the stronger proof counts from then on.
        let page = scene.arrive("-streng").await;
        let page = scene
            .at_the_eid(&page, &[("dk.cpr", EMIL), ("loa", "Substantial")])
            .await;
        assert!(is_logged_in(&page), "{}", page.body);
        let page = scene.arrive("-streng").await;
        assert!(is_logged_in(&page), "{}", page.body);
    }
}

#[tokio::test]
async fn the_same_upstream_is_asked_for_more_where_it_is_believed_more() {
    for protocol in BOTH {
        let mut scene = Scene::set(protocol).await;
        scene.world.house.files.add(
            "metadata/upstreams/storkoebing.toml",
            "[ceiling]\nfactors = \"two\"\n",
        );
        scene.world.house.reload();
        let page = scene.arrive("").await;
        scene.at_the_municipality(&page, &[]).await;
        let page = scene.arrive("-streng").await;
        assert!(scene.world.storkoebing.is_asked_by(&page), "{}", page.body);
        let page = scene
            .at_the_municipality(&page, &[("dk:unilogin:loa", "ToFaktor")])
            .await;
        assert_eq!(scene.heard("-streng", &page).await, "dk:unilogin:loa:ToFaktor");
    }
}

/// A ceiling that is lowered is lowered for those who are logged in, too (C05, DR09).
#[tokio::test]
async fn a_lowered_ceiling_holds_for_open_sessions() {
    for protocol in BOTH {
        let mut scene = Scene::set(protocol).await;
        let file = "metadata/upstreams/storkoebing.toml";
        let files = std::sync::Arc::clone(&scene.world.house.files);
        files.add(file, "[ceiling]\nfactors = \"two\"\n");
        scene.world.house.reload();
        let page = scene.arrive("-streng").await;
        let page = scene
            .at_the_municipality(&page, &[("dk:unilogin:loa", "ToFaktor")])
            .await;
        assert_eq!(scene.heard("-streng", &page).await, "dk:unilogin:loa:ToFaktor");
        let page = scene.arrive("-streng").await;
        assert!(is_logged_in(&page), "the earlier login is enough: {}", page.body);

        files.change(file, "factors = \"two\"", "factors = \"one\"");
        scene.world.house.reload();
        let page = scene.arrive("-streng").await;
        assert!(!is_logged_in(&page), "{protocol:?}");
        // Who asks for nothing more is answered, and hears of no more than is believed now.
        let page = scene.arrive("").await;
        let heard = scene.heard("", &page).await;
        assert_ne!(heard, "dk:unilogin:loa:ToFaktor");
    }
}

#[tokio::test]
async fn a_passive_request_for_more_disturbs_nobody() {
    for protocol in BOTH {
        let mut scene = Scene::set(protocol).await;
        let page = scene.arrive("").await;
        scene.at_the_municipality(&page, &[]).await;
        let page = scene.ask("-streng", &[], true).await;
        match protocol {
            Protocol::Saml => assert!(answer_in(&page).1.contains("status:NoPassive\"")),
            Protocol::Oidc => {
                let url = leads_to(&page).unwrap();
                assert!(url.query_pairs().any(|pair| pair.1 == "login_required"), "{url}");
            }
        }
    }
}

#[tokio::test]
async fn an_nsis_level_is_asserted_only_up_to_what_the_installation_is_notified_for() {
    for protocol in BOTH {
        for (notified, heard) in [
            ("notified = \"high\"", Some("Substantial")),
            ("notified = \"low\"", Some("Low")),
            ("# notified", None),
        ] {
            let mut scene = Scene::set(protocol).await;
            let files = &scene.world.house.files;
            files.change("portner.toml", "notified = \"high\"", notified);
            scene.world.house = scene.world.house.restarted().await;
            scene.browser = scene.world.visitor();
            let page = scene.ask("", &[&format!("{NSIS}Low")], false).await;
            let Some(level) = heard else {
                // Nobody can give it, so nobody is asked, and the service is told at once.
                scene.assert_told(&page);
                continue;
            };
            let page = scene.at_the_municipality(&page, &[]).await;
            let page = scene
                .at_the_eid(&page, &[("dk.cpr", EMIL), ("loa", "Substantial")])
                .await;
            let said = scene.heard("", &page).await;
            // SAML's `minimum` is answered with what there is, OpenID Connect's value with itself.
            let expected = if protocol == Protocol::Saml { level } else { "Low" };
            assert_eq!(said, format!("{NSIS}{expected}"), "{notified}");
        }
    }
}
