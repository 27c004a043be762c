//! Lying and replayed answers of SAML identity providers, posted to the ACS (tables A, B).

use jiff::SignedDuration;
use portner::saml::peer::SignWhat;

use super::Before;
use super::saml_stage::{EMILS_CPR, SOFIE, Stage};
use crate::world::federation::is_logged_in;
use crate::world::saml_idp::{Words, form};
use crate::xml::mutator;

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
    let not_yet_denied = thief.clone();
    let before = Before::of(&stage.world, &thief).await;
    let page = thief.post_from_elsewhere(&asked.acs_path(), &again).await;
    before
        .assert_denied(&stage.world, &thief, &page, ("UL-303", "[replay]"), "B05")
        .await;

    // And after a restart, with nothing but the database.
    let restarted = stage.world.house.restarted().await;
    let mut thief = not_yet_denied.moved_to(&restarted);
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

/// B12: an answer that nobody asked for is lost, however well it is signed and wherever it points.
#[tokio::test]
async fn b12_an_answer_that_nobody_asked_for_logs_nobody_in() {
    let mut stage = Stage::set().await;
    let mut words = stage.words();
    words.in_response_to = None;
    words.response_in_response_to = None;
    let known = stage.asked.relay_state.clone();
    for relay_state in [
        None,
        Some(""),
        Some("skolebroen"),
        Some("skolebroen/"),
        Some("https://skolebroen.example/start"),
        Some("skolebroen/0123456789abcdef0123456789abcdef"),
        Some(&*known),
    ] {
        let mut answer = stage.world.lillekoebing.form(&words, &stage.asked).await;
        answer.truncate(1);
        answer.extend(relay_state.map(|state| ("RelayState".to_owned(), state.to_owned())));
        // In a browser that has logged in before, and in one that waits for quite another answer.
        let mut stranger = stage.world.visitor();
        let denied = ("UL-602", "UL-602");
        let before = Before::of(&stage.world, &stranger).await;
        let page = stranger
            .post_from_elsewhere(&stage.asked.acs_path(), &answer)
            .await;
        before
            .assert_denied(&stage.world, &stranger, &page, denied, "B12")
            .await;
        let before = stage.before().await;
        let page = stage.post(&answer).await;
        let denied = if relay_state == Some(&*known) {
            ("UL-303", "[in_response_to]")
        } else {
            denied
        };
        before
            .assert_denied(&stage.world, &stage.browser, &page, denied, "B12 while waiting")
            .await;
    }
    stage.assert_honest_answer_counts().await;
}

/// A30: whatever is missing, the answer is DENY, and nothing breaks.
#[tokio::test]
async fn a30_an_answer_without_any_one_of_its_parts_is_no_answer() {
    let mut stage = Stage::set().await;
    let words = Words {
        sign: Some(SignWhat::Response),
        ..stage.words()
    };
    let honest = words.signed_by(&*stage.world.lillekoebing.signer).await;
    let starts: Vec<usize> = honest
        .match_indices('<')
        .map(|(at, _)| at)
        .filter(|at| !honest[*at..].starts_with("</"))
        .collect();
    assert!(starts.len() > 25, "{} elements", starts.len());
    for start in starts {
        let name = honest[start + 1..]
            .split([' ', '>', '/'])
            .next()
            .unwrap()
            .to_owned();
        if name == "ds:KeyInfo" || name.starts_with("ds:X509") {
            // Nobody reads it, and no signature covers it (A21).
            continue;
        }
        let close = format!("</{name}>");
        // Elements of one name are siblings here, so the first end is its own.
        let end = start + honest[start..].find(&close).unwrap() + close.len();
        let without = format!("{}{}", &honest[..start], &honest[end..]);
        let attack = format!("A30 without {name} at {start}");
        let before = stage.before().await;
        let page = stage.post(&form(&without, &stage.asked)).await;
        before
            .assert_denied(&stage.world, &stage.browser, &page, ("UL-303", "["), &attack)
            .await;
    }
    stage.assert_honest_answer_counts().await;
}
