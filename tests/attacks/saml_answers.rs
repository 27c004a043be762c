//! Lying and replayed answers of SAML identity providers, posted to the ACS (tables A, B, C).

use jiff::SignedDuration;
use portner::domain::address::PlainHttp;
use portner::saml::peer::SignWhat;
use portner::saml::xml::{Document, Limits};
use portner::saml::{SamlService, metadata};

use super::Before;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::saml_idp::{Asked, Words, form};
use crate::world::visitor::Visitor;
use crate::xml::mutator;

/// Sofie, as Lillekøbing names her.
const SOFIE: &str = "1000001201";
/// Emil, a teacher at another municipality's school, and his CPR number.
const EMIL: &str = "1000001202";
const EMILS_CPR: &str = "0201851001";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/// A browser that Lillekøbing has been asked about.
struct Stage {
    world: Federation,
    browser: Visitor,
    asked: Asked,
}

impl Stage {
    async fn set() -> Self {
        Self::set_for("skolebroen").await
    }

    async fn set_for(service: &str) -> Self {
        let world = Federation::start().await;
        let mut browser = world.visitor();
        let asked = world.sent_to_lillekoebing(&mut browser, service).await;
        assert_eq!(asked.subject.as_deref(), Some("sofie@lillekoebing.example"));
        Self {
            world,
            browser,
            asked,
        }
    }

    fn words(&self) -> Words {
        let now = self.world.house.now();
        self.world.lillekoebing.words(&self.asked, SOFIE, now)
    }

    async fn say(&mut self, words: &Words) -> Page {
        let answer = self.world.lillekoebing.form(words, &self.asked).await;
        self.post(&answer).await
    }

    async fn post(&mut self, answer: &[(String, String)]) -> Page {
        self.browser
            .post_from_elsewhere(&self.asked.acs_path(), answer)
            .await
    }

    async fn before(&self) -> Before {
        Before::of(&self.world, &self.browser).await
    }

    async fn assert_denied(&mut self, words: &Words, reason: &str, attack: &str) {
        let before = self.before().await;
        let page = self.say(words).await;
        before
            .assert_denied(&self.world, &self.browser, &page, ("UL-303", reason), attack)
            .await;
    }

    /// What was refused has not spoilt the login: the honest answer still counts.
    async fn assert_honest_answer_counts(&mut self) {
        let page = self.say(&self.words()).await;
        assert!(is_logged_in(&page), "{}", page.body);
    }
}

#[tokio::test]
async fn no_mutant_of_an_honest_answer_logs_anybody_in() {
    let mut stage = Stage::set().await;
    let mut tried = 0;
    for sign in [SignWhat::Response, SignWhat::Assertion, SignWhat::Both] {
        let signed = async |stage: &Stage| {
            let words = Words {
                sign: Some(sign),
                // Some mutants hide in an attribute.
                attributes: vec![("urn:oid:2.5.4.42".to_owned(), vec!["Sofie".to_owned()])],
                ..stage.words()
            };
            words.signed_by(&*stage.world.lillekoebing.signer).await
        };
        let (honest, other) = (signed(&stage).await, signed(&stage).await);
        for mutant in mutator::mutants(&honest, &other) {
            let attack = format!("{} {} of a message signed as {sign:?}", mutant.row, mutant.name);
            let before = stage.before().await;
            let page = stage.post(&form(&mutant.xml, &stage.asked)).await;
            let (code, reason) = if mutant.reason == "size" {
                ("UL-607", "")
            } else {
                ("UL-303", &*format!("[{}]", mutant.reason))
            };
            before
                .assert_denied(&stage.world, &stage.browser, &page, (code, reason), &attack)
                .await;
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried} mutants");
    stage.assert_honest_answer_counts().await;
}

type Lie = fn(&mut Words);

/// A lie in attributes: its name, the name or class that is said, and the attributes.
type Claim = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// Rows B01, B02, B04, B07, B10 and A01: what is said otherwise, and the reason it is refused for.
const LIES: [(&str, Lie, &str); 26] = [
    ("A01 nothing signed", |words| words.sign = None, "[unsigned]"),
    ("B01 no audience", |words| words.audiences.clear(), "[audience]"),
    (
        "B01 an empty restriction",
        |words| words.audiences = vec![vec![]],
        "[audience]",
    ),
    (
        "B01 another audience",
        |words| words.audiences = vec![vec!["https://andet.example".to_owned()]],
        "[audience]",
    ),
    (
        "B01 missing from one of two",
        |words| words.audiences.push(vec!["https://andet.example".to_owned()]),
        "[audience]",
    ),
    ("B02 no Recipient", |words| words.recipient = None, "[recipient]"),
    (
        "B02 another Recipient",
        |words| words.recipient = Some("https://andet.example/acs".to_owned()),
        "[recipient]",
    ),
    (
        "B02 a Recipient with a slash",
        |words| words.recipient.as_mut().unwrap().push('/'),
        "[recipient]",
    ),
    (
        "B02 no Destination",
        |words| words.destination = None,
        "[recipient]",
    ),
    (
        "B02 another Destination",
        |words| words.destination = Some("https://login.example/saml/acs/storkoebing".to_owned()),
        "[recipient]",
    ),
    (
        "B04 no InResponseTo",
        |words| words.in_response_to = None,
        "[in_response_to]",
    ),
    (
        "B04 another InResponseTo",
        |words| words.in_response_to = Some("_andet".to_owned()),
        "[in_response_to]",
    ),
    (
        "B04, B12 none in the Response",
        |words| words.response_in_response_to = None,
        "[in_response_to]",
    ),
    (
        "B04 another in the Response",
        |words| words.response_in_response_to = Some("_andet".to_owned()),
        "[in_response_to]",
    ),
    (
        "B04 another in both",
        |words| {
            words.in_response_to = Some("_andet".to_owned());
            words.response_in_response_to = Some("_andet".to_owned());
        },
        "[in_response_to]",
    ),
    ("B07 no end", |words| words.confirmation_ends = None, "[time]"),
    (
        "B07 over",
        |words| words.confirmation_ends = Some(words.issued - SignedDuration::from_mins(4)),
        "[time]",
    ),
    (
        "B07 conditions over",
        |words| words.conditions_end = Some(words.issued - SignedDuration::from_mins(4)),
        "[time]",
    ),
    (
        "B07 not yet",
        |words| words.not_before = Some(words.issued + SignedDuration::from_mins(4)),
        "[time]",
    ),
    (
        "B07 issued long ago",
        |words| words.issued -= SignedDuration::from_mins(14),
        "[time]",
    ),
    (
        "B07 issued in the future",
        |words| words.issued += SignedDuration::from_mins(4),
        "[time]",
    ),
    (
        "B07 a session that is over",
        |words| words.session_ends = Some(words.issued - SignedDuration::from_mins(4)),
        "[time]",
    ),
    ("B10 no Issuer", |words| words.issuer = None, "[issuer]"),
    (
        "B10 another Issuer in the Response",
        |words| words.response_issuer = Some("https://idp.storkoebing.example".to_owned()),
        "[issuer]",
    ),
    (
        "B10 another Issuer in the Assertion",
        |words| words.issuer = Some("https://idp.storkoebing.example".to_owned()),
        "[issuer]",
    ),
    (
        "B10 an unknown Issuer",
        |words| {
            words.issuer = Some("https://idp.ondskab.example".to_owned());
            words.response_issuer.clone_from(&words.issuer);
        },
        "[issuer]",
    ),
];

#[tokio::test]
async fn an_answer_with_one_lie_is_no_answer() {
    let mut stage = Stage::set().await;
    for (attack, lie, reason) in LIES {
        let mut words = stage.words();
        lie(&mut words);
        stage.assert_denied(&words, reason, attack).await;
    }
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn a22_the_key_of_another_identity_provider_signs_nothing() {
    let mut stage = Stage::set().await;
    let words = stage.words();
    let before = stage.before().await;
    let answer = stage.world.storkoebing.form(&words, &stage.asked).await;
    let page = stage.post(&answer).await;
    before
        .assert_denied(
            &stage.world,
            &stage.browser,
            &page,
            ("UL-303", "[signature]"),
            "A22",
        )
        .await;
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn b05_an_assertion_counts_once_also_after_a_restart() {
    let mut stage = Stage::set().await;
    let first = stage.words();
    let page = stage.say(&first).await;
    assert!(is_logged_in(&page));

    // The very message, in another login of the same browser: it answers another request.
    let mut thief = stage.world.visitor();
    let asked = stage.world.sent_to_lillekoebing(&mut thief, "skolebroen").await;
    let old_answer = form(&first.signed_by(&*stage.world.lillekoebing.signer).await, &asked);
    let before = Before::of(&stage.world, &thief).await;
    let page = thief.post_from_elsewhere(&asked.acs_path(), &old_answer).await;
    let denied = ("UL-303", "[in_response_to]");
    before
        .assert_denied(&stage.world, &thief, &page, denied, "B05 the message again")
        .await;

    // The same assertion by name, made to fit the other login.
    let mut again = stage
        .world
        .lillekoebing
        .words(&asked, SOFIE, stage.world.house.now());
    again.number.clone_from(&first.number);
    let again = stage.world.lillekoebing.form(&again, &asked).await;
    let before = Before::of(&stage.world, &thief).await;
    let page = thief.post_from_elsewhere(&asked.acs_path(), &again).await;
    before
        .assert_denied(&stage.world, &thief, &page, ("UL-303", "[replay]"), "B05")
        .await;

    // And after a restart, with nothing but the database.
    let restarted = stage.world.house.restarted().await;
    let mut thief = thief.moved_to(&restarted);
    let before = Before::of(&stage.world, &thief).await;
    let page = thief.post_from_elsewhere(&asked.acs_path(), &again).await;
    before
        .assert_denied(
            &stage.world,
            &thief,
            &page,
            ("UL-303", "[replay]"),
            "B05 after a restart",
        )
        .await;
}

#[tokio::test]
async fn b04_an_answer_in_another_browser_is_lost() {
    let stage = Stage::set().await;
    let now = stage.world.house.now();
    let answer = stage.world.lillekoebing.log_in(&stage.asked, SOFIE, now).await;
    let mut victim = stage.world.visitor();
    let before = Before::of(&stage.world, &victim).await;
    let page = victim.post_from_elsewhere(&stage.asked.acs_path(), &answer).await;
    before
        .assert_denied(
            &stage.world,
            &victim,
            &page,
            ("UL-602", "UL-602"),
            "B04 another browser",
        )
        .await;
}

#[tokio::test]
async fn b11_the_login_is_with_whom_it_was_sent_to() {
    let mut stage = Stage::set().await;
    let now = stage.world.house.now();
    let answer = stage.world.lillekoebing.log_in(&stage.asked, SOFIE, now).await;
    for path in [
        "/saml/acs/storkoebing",
        "/saml/acs/havnekoebing",
        "/saml/acs/central",
    ] {
        let before = stage.before().await;
        let page = stage.browser.post_from_elsewhere(path, &answer).await;
        before
            .assert_denied(
                &stage.world,
                &stage.browser,
                &page,
                ("UL-303", "[idp_mixup]"),
                path,
            )
            .await;
    }
    // Storkøbing vouches, truthfully and with its own key, for a login that was sent to Lillekøbing.
    let words = stage.world.storkoebing.words(&stage.asked, EMILS_CPR, now);
    let foreign = stage.world.storkoebing.form(&words, &stage.asked).await;
    let before = stage.before().await;
    let page = stage.post(&foreign).await;
    before
        .assert_denied(
            &stage.world,
            &stage.browser,
            &page,
            ("UL-303", "["),
            "B11 another's word",
        )
        .await;
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn b13_what_is_switched_off_counts_nowhere() {
    let mut stage = Stage::set().await;
    let files = &stage.world.house.files;
    let lillekoebing = "metadata/upstreams/lillekoebing.toml";
    let service = "metadata/services/skolebroen.toml";

    // A session that was made while all was well.
    let mut earlier = stage.world.visitor();
    let asked = stage.world.sent_to_lillekoebing(&mut earlier, "skolebroen").await;
    let answer = stage
        .world
        .lillekoebing
        .log_in(&asked, SOFIE, stage.world.house.now())
        .await;
    assert!(is_logged_in(
        &earlier.post_from_elsewhere(&asked.acs_path(), &answer).await
    ));

    files.change(
        lillekoebing,
        "kind = \"local\"",
        "enabled = false\nkind = \"local\"",
    );
    stage.world.house.reload();
    let before = stage.before().await;
    let page = stage.say(&stage.words()).await;
    before
        .assert_denied(
            &stage.world,
            &stage.browser,
            &page,
            ("UL-306", "UL-306"),
            "B13 an answer under way",
        )
        .await;
    let before = Before::of(&stage.world, &earlier).await;
    let (_, url) = stage.world.request_of("skolebroen", |_| {}).await;
    let page = earlier.get(&url).await;
    before
        .assert_denied(
            &stage.world,
            &earlier,
            &page,
            ("UL-306", "UL-306"),
            "B13 an earlier session",
        )
        .await;
    let mut chooser = stage.world.visitor();
    let first = stage.world.arrive(&mut chooser, "skolebroen").await;
    let list = first.url.as_str().replace("/name", "/choose");
    let list = chooser.get(&list).await;
    assert!(!list.body.contains("value=\"lillekoebing\""), "not offered");
    let before = Before::of(&stage.world, &chooser).await;
    let chosen = chooser
        .submit(
            &crate::world::html::forms(&list.body)
                .into_iter()
                .find(|form| form.method == "post")
                .unwrap(),
            &[("upstream", "lillekoebing")],
        )
        .await;
    before
        .assert_denied(
            &stage.world,
            &chooser,
            &chosen,
            ("UL-306", "UL-306"),
            "B13 chosen all the same",
        )
        .await;

    stage
        .world
        .house
        .files
        .change(lillekoebing, "enabled = false\n", "");
    stage
        .world
        .house
        .files
        .change(service, "name = ", "enabled = false\nname = ");
    stage.world.house.reload();
    let before = stage.before().await;
    let page = stage.say(&stage.words()).await;
    before
        .assert_denied(
            &stage.world,
            &stage.browser,
            &page,
            ("UL-504", "UL-504"),
            "B13 the service",
        )
        .await;
}

#[tokio::test]
async fn b14_encryption_proves_nothing() {
    let mut stage = Stage::set().await;
    let own = stage
        .world
        .visitor()
        .get("/saml/metadata/lillekoebing")
        .await
        .body;
    let document = Document::parse(own.as_bytes(), &Limits::METADATA).unwrap();
    let read = metadata::read(document.root(), PlainHttp::Refused, stage.world.house.now()).unwrap();
    let portner: SamlService = read.sp.unwrap().registered(read.entity_id).unwrap();
    let to = portner.encrypt.unwrap();
    let signer = std::sync::Arc::clone(&stage.world.lillekoebing.signer);

    let unsigned = Words {
        sign: None,
        ..stage.words()
    };
    let before = stage.before().await;
    let xml = unsigned.encrypted_for(&to, &*signer).await;
    let page = stage.post(&form(&xml, &stage.asked)).await;
    before
        .assert_denied(
            &stage.world,
            &stage.browser,
            &page,
            ("UL-303", "[unsigned]"),
            "B14",
        )
        .await;

    let foreign = stage.words();
    let xml = foreign.encrypted_for(&to, &*stage.world.storkoebing.signer).await;
    let before = stage.before().await;
    let page = stage.post(&form(&xml, &stage.asked)).await;
    before
        .assert_denied(
            &stage.world,
            &stage.browser,
            &page,
            ("UL-303", "[signature]"),
            "B14 another's key",
        )
        .await;

    let xml = stage.words().encrypted_for(&to, &*signer).await;
    let page = stage.post(&form(&xml, &stage.asked)).await;
    assert!(is_logged_in(&page), "the honest one is read: {}", page.body);
}

#[tokio::test]
async fn c01_a_municipality_speaks_for_its_own_people_alone() {
    let mut stage = Stage::set().await;
    for value in [
        "sofie@storkoebing.example",
        "sofie@under.lillekoebing.example",
        "sofie@lillekoebing.example.ondskab.example",
        "sofie",
    ] {
        let mut words = stage.words();
        let name = "urn:oid:1.3.6.1.4.1.5923.1.1.1.6".to_owned();
        words.attributes.push((name, vec![value.to_owned()]));
        stage.assert_denied(&words, "[scope]", value).await;
    }
    let mut words = stage.words();
    words.name_id = EMIL.to_owned();
    stage
        .assert_denied(&words, "[scope]", "C01 a teacher of another municipality")
        .await;
    stage.assert_honest_answer_counts().await;
}

/// Rows C03, C04 and C05: what identifies nobody, whoever says it.
#[tokio::test]
async fn nobody_is_recognised_by_what_proves_nothing() {
    let mut stage = Stage::set().await;
    let lies: [Claim; 5] = [
        (
            "C04 by e-mail and name",
            "1999999999",
            &[
                ("urn:oid:0.9.2342.19200300.100.1.3", "sofie@lillekoebing.example"),
                ("uid", "sofi1234"),
                ("cn", "Sofie Holm"),
            ],
        ),
        ("C04 by user name", "sofi1234", &[]),
        (
            "C05 a CPR number that it may not vouch for",
            "1999999999",
            &[("dk:gov:saml:attribute:CprNumberIdentifier", EMILS_CPR)],
        ),
        ("C05 a CPR number for a name", EMILS_CPR, &[]),
        ("C03 with a space", "1000001201 x", &[]),
    ];
    for (attack, name, attributes) in lies {
        let mut words = stage.words();
        words.name_id = name.to_owned();
        for (name, value) in attributes {
            words
                .attributes
                .push(((*name).to_owned(), vec![(*value).to_owned()]));
        }
        let before = stage.before().await;
        let page = stage.say(&words).await;
        before
            .assert_denied(&stage.world, &stage.browser, &page, ("UL-201", "UL-201"), attack)
            .await;
    }
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn c03_a_transient_name_is_nobodys_key() {
    let mut stage = Stage::set().await;
    let mut words = stage.words();
    words.name_id_format = TRANSIENT.to_owned();
    let before = stage.before().await;
    let page = stage.say(&words).await;
    before
        .assert_denied(
            &stage.world,
            &stage.browser,
            &page,
            ("UL-201", "UL-201"),
            "C03 transient",
        )
        .await;
}

#[tokio::test]
async fn c05_a_level_is_neither_an_echo_nor_above_the_ceiling() {
    let mut stage = Stage::set_for("skolebroen-streng").await;
    let lies: [Claim; 3] = [
        (
            "an echoed class",
            "https://data.gov.dk/concept/core/nsis/loa/High",
            &[],
        ),
        ("REFEDS echoed", "https://refeds.org/profile/mfa", &[]),
        (
            "a level above the ceiling",
            "ToFaktor",
            &[
                ("https://data.gov.dk/concept/core/nsis/loa", "High"),
                ("dk:unilogin:loa", "ToFaktor"),
            ],
        ),
    ];
    for (attack, class_ref, attributes) in lies {
        let mut words = stage.words();
        words.class_ref = class_ref.to_owned();
        for (name, value) in attributes {
            words
                .attributes
                .push(((*name).to_owned(), vec![(*value).to_owned()]));
        }
        let before = stage.before().await;
        let page = stage.say(&words).await;
        before
            .assert_denied(&stage.world, &stage.browser, &page, ("UL-401", "UL-401"), attack)
            .await;
    }
}
