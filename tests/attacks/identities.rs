//! Who somebody is: what identifies nobody, and what nobody may say of others (table C).

use axum::http::StatusCode;

use super::Before;
use super::saml_stage::{EMIL, EMILS_CPR, Stage};
use crate::world::canary::logged;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::visitor::Visitor;

const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/// Names of attributes whose values end in a scope, by every spelling that is in use.
const SCOPED: [&str; 6] = [
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
    "urn:oid:1.3.6.1.4.1.5923.1.1.1.9",
    "urn:mace:dir:attribute-def:eduPersonPrincipalName",
    "urn:mace:dir:attribute-def:eduPersonScopedAffiliation",
    "urn:oasis:names:tc:SAML:attribute:subject-id",
    "urn:oasis:names:tc:SAML:attribute:pairwise-id",
];

/// A lie in attributes: its name, the name or class that is said, and the attributes.
type Claim = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

#[tokio::test]
async fn c01_a_municipality_speaks_for_its_own_people_alone() {
    let mut stage = Stage::set().await;
    for name in SCOPED {
        for foreign in [
            "sofie@storkoebing.example",
            "sofie@under.lillekoebing.example",
            "sofie@lillekoebing.example.ondskab.example",
            "sofie@storkoebing.example@lillekoebing.example",
            "sofie",
        ] {
            let own = "sofie@lillekoebing.example";
            for values in [&[foreign][..], &[own, foreign], &[foreign, own]] {
                let mut words = stage.words();
                let values = values.iter().map(|value| (*value).to_owned());
                words.attributes.push((name.to_owned(), values.collect()));
                let page = stage
                    .assert_denied(&words, "[scope]", &format!("{name}: {foreign}"))
                    .await;
                assert_eq!(page.status, StatusCode::FORBIDDEN);
            }
        }
    }
    let mut words = stage.words();
    words.name_id = EMIL.to_owned();
    let page = stage
        .assert_denied(&words, "[scope]", "C01 a teacher of another municipality")
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    stage.assert_honest_answer_counts().await;
}

/// To write somebody in by hand, to tell of them unconfirmed, or to teach their child, gives no login a say over
/// another owner's teacher.
#[tokio::test]
async fn c01_a_guest_an_unconfirmed_and_a_parent_are_nobodys_to_vouch_for() {
    const TIE: &str = "INSERT INTO actors (id, account, actor_group, institution, roles, added_by, unconfirmed_since)
        SELECT 'c1000000-0000-4000-8000-000000000001', id, 'Medarbejder', '101001', '', 'operator:x', 1 FROM accounts WHERE uni_id = '1000001202'";
    const TOLD: &str = "UPDATE actors SET added_by = NULL WHERE id LIKE 'c1000000%'";
    const PARENT: &str =
        "UPDATE actors SET actor_group = 'Kontaktperson', unconfirmed_since = NULL WHERE id LIKE 'c1000000%'";
    const EMPLOYED: &str = "UPDATE actors SET actor_group = 'Medarbejder' WHERE id LIKE 'c1000000%'";
    for (attack, ties) in [
        ("a guest", &[TIE][..]),
        ("unconfirmed", &[TIE, TOLD]),
        ("a parent", &[TIE, TOLD, PARENT]),
        ("", &[TIE, TOLD, PARENT, EMPLOYED]),
    ] {
        let mut stage = Stage::set().await;
        for sql in ties {
            stage.world.house.execute(sql).await;
        }
        let mut words = stage.words();
        words.name_id = EMIL.to_owned();
        if attack.is_empty() {
            let page = stage.say(&words).await;
            assert!(is_logged_in(&page), "{}", page.body);
        } else {
            let attack = format!("C01 {attack}");
            stage.assert_denied(&words, "[scope]", &attack).await;
        }
    }
}

/// Who is somebody at two owners' schools is, by the login of one, what they are there.
#[tokio::test]
async fn c01_a_login_speaks_of_its_own_schools_alone() {
    let world = Federation::start_with_people(NORA).await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen-valg").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001209", world.house.now())
        .await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    // Nothing is left to choose from.
    assert!(is_logged_in(&page), "{}: {}", page.url, page.body);
}

const NORA: &str = "[[person]]\nid = \"00000000-0000-4000-8000-000000000008\"\ngiven-name = \"Nora\"\n\
        family-name = \"W\"\n[[person.account]]\nuser-name = \"nora1234\"\nuni-id = \"1000001209\"\n\
        [[person.account.actor]]\ngroup = \"medarbejder\"\ninstitution = \"101001\"\n\
        [[person.account.actor]]\ngroup = \"medarbejder\"\ninstitution = \"202001\"\n";

/// Whom a municipality has vouched for and who has left it since: their session here is no way round that.
#[tokio::test]
async fn c01_who_has_left_is_not_vouched_for_by_an_earlier_login() {
    let world = Federation::start_with_people(NORA).await;
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001209", world.house.now())
        .await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert!(is_logged_in(&page), "{}", page.body);
    let passive = async |browser: &mut Visitor| {
        let (_, url) = world
            .request_of("skolebroen", |question| question.is_passive = true)
            .await;
        browser.get(&url).await
    };
    assert!(is_logged_in(&passive(&mut browser).await));
    // She stays at a school of another municipality.
    world
        .house
        .execute(
            "UPDATE actors SET active_until = 1 WHERE institution = '101001' AND account IN \
             (SELECT account FROM actors WHERE institution = '202001')",
        )
        .await;
    let page = passive(&mut browser).await;
    assert!(!is_logged_in(&page), "{}", page.body);
    let page = world.arrive(&mut browser, "skolebroen").await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-201"), "{}", page.body);
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

/// A number beside an honest name changes nothing, and the operator reads that it was sent.
#[tokio::test]
async fn c05_what_an_upstream_may_not_vouch_for_is_told_in_the_log() {
    let mut stage = Stage::set().await;
    let told = || logged().matches("idb.deny[cpr]").count();
    let before = told();
    let mut words = stage.words();
    let name = "dk:gov:saml:attribute:CprNumberIdentifier".to_owned();
    words.attributes.push((name, vec![EMILS_CPR.to_owned()]));
    let page = stage.say(&words).await;
    assert!(is_logged_in(&page), "{}", page.body);
    assert!(told() > before);
}

/// What one answer says of one user must not mean two people, whichever of the two is meant.
#[tokio::test]
async fn c05_a_name_and_a_number_of_two_people_let_nobody_in() {
    let mut stage = Stage::set().await;
    let path = "metadata/upstreams/lillekoebing.toml";
    let both = "vouches_for = [\"uni-id\", \"cpr\"]";
    stage
        .world
        .house
        .files
        .change(path, "vouches_for = [\"uni-id\"]", both);
    stage.world.house.reload();
    let with = |stage: &Stage, number: &str| {
        let mut words = stage.words();
        let name = "dk:gov:saml:attribute:CprNumberIdentifier".to_owned();
        words.attributes.push((name, vec![number.to_owned()]));
        words
    };
    let words = with(&stage, EMILS_CPR);
    stage
        .assert_denied(&words, "[subject_cpr]", "Sofie's name with Emil's number")
        .await;
    // A number that is nobody's here contradicts nothing: the directory need not have everybody's.
    let words = with(&stage, "0101019999");
    let page = stage.say(&words).await;
    assert!(is_logged_in(&page), "{}", page.body);
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

/// C03: one name from two identity providers is two people, and letters are told apart by size.
#[tokio::test]
async fn c03_who_somebody_is_depends_on_who_says_it() {
    let world = Federation::start().await;
    // Storkøbing is entitled to CPR numbers, and Lillekøbing to UNI-IDs: each other's words are nothing.
    for (name, says_lillekoebing) in [(EMILS_CPR, true), ("1000001202", false)] {
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen").await;
        let idp = if says_lillekoebing {
            &world.lillekoebing
        } else {
            &world.storkoebing
        };
        let domain = if says_lillekoebing {
            "lillekoebing"
        } else {
            "storkoebing"
        };
        let page = world
            .type_name(&mut browser, &page, &format!("x@{domain}.example"))
            .await;
        let asked = idp.read(&page);
        let before = Before::of(&world, &browser).await;
        let answer = idp.log_in(&asked, name, world.house.now()).await;
        let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
        before
            .assert_denied(&world, &browser, &page, ("UL-201", "UL-201"), "C03")
            .await;
    }
}
