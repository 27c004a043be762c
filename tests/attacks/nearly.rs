//! What must be equal is equal to the byte: every value that decides, in dozens of spellings that are nearly
//! right (tables B, C, D and E). The lists of the other files name tricks; here a generator varies them by
//! position, case, encoding, script and length.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::oidc_answers;
use super::saml_stage::{SOFIE, Stage};
use crate::world::federation::{Federation, is_logged_in};

use crate::world::saml_idp::Words;
use crate::world::visitor::leads_to;

/// Spellings of `value` that are not `value`, none of them with control characters.
fn nearly(value: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for ending in [
        "/", "?", "#", ".", ",", ";", "%20", "%00", "\u{200b}", "\u{feff}", "\u{301}", "x", "\\",
    ] {
        found.insert(format!("{value}{ending}"));
        found.insert(format!("{ending}{value}"));
    }
    found.extend([
        String::new(),
        value.to_uppercase(),
        value.to_lowercase(),
        format!("{value}{value}"),
        format!("{value} {value}"),
        format!("{value},{value}"),
        value.replacen("https:", "http:", 1),
        value.replacen("https:", "HTTPS:", 1),
        value.replacen("//", "///", 1),
        value.replacen("//", "//x@", 1),
        value.replacen(".example", ".example.", 1),
        value.replacen(".example", ".example:443", 1),
        value.replacen(".example", ".example.ondskab.example", 1),
        value.replacen(".example/", ".example/./", 1),
        value.chars().map(wide).collect(),
    ]);
    let mut chance = ChaCha8Rng::seed_from_u64(value.len() as u64);
    let characters: Vec<char> = value.chars().collect();
    for _ in 0..24 {
        found.insert(edited(&characters, &mut chance));
    }
    found.remove(value);
    found
}

/// One character dropped, doubled, exchanged or spelt otherwise.
fn edited(characters: &[char], chance: &mut ChaCha8Rng) -> String {
    let below = |chance: &mut ChaCha8Rng, bound: usize| usize::try_from(chance.next_u32()).unwrap() % bound;
    let at = below(chance, characters.len());
    let here = characters[at];
    let other = match below(chance, 6) {
        0 => String::new(),
        1 => format!("{here}{here}"),
        2 if here.is_lowercase() => here.to_uppercase().collect(),
        2 => here.to_lowercase().collect(),
        3 => format!("%{:02X}", u32::from(here)),
        4 => wide(here).to_string(),
        _ => format!("&#x{:x};", u32::from(here)),
    };
    let (before, after) = (&characters[..at], &characters[at + 1..]);
    before
        .iter()
        .copied()
        .chain(other.chars())
        .chain(after.iter().copied())
        .collect()
}

/// The full-width twin of a character of ASCII, which some normal forms make equal to it.
fn wide(character: char) -> char {
    match character {
        '!'..='~' => char::from_u32(u32::from(character) + 0xfee0).unwrap(),
        other => other,
    }
}

/// A place of an answer that must be equal, the honest value, and the reason when it is not.
type Place = (&'static str, &'static str, fn(&mut Words, String));

#[tokio::test]
async fn b01_b02_b04_b10_what_an_answer_says_nearly_right_is_wrong() {
    let places: [Place; 7] = [
        ("Audience", "[audience]", |words, value| {
            words.audiences = vec![vec![value]];
        }),
        ("Recipient", "[recipient]", |words, value| {
            words.recipient = Some(value);
        }),
        ("Destination", "[recipient]", |words, value| {
            words.destination = Some(value);
        }),
        ("InResponseTo", "[in_response_to]", |words, value| {
            words.in_response_to = Some(value);
        }),
        (
            "InResponseTo of the Response",
            "[in_response_to]",
            |words, value| {
                words.response_in_response_to = Some(value);
            },
        ),
        ("Issuer", "[issuer]", |words, value| words.issuer = Some(value)),
        ("Issuer of the Response", "[issuer]", |words, value| {
            words.response_issuer = Some(value);
        }),
    ];
    let mut stage = Stage::set().await;
    let honest = stage.words();
    for (place, reason, say) in places {
        let value = match place {
            "Audience" => honest.audiences[0][0].clone(),
            "Recipient" => honest.recipient.clone().unwrap(),
            "Destination" => honest.destination.clone().unwrap(),
            "Issuer" | "Issuer of the Response" => honest.issuer.clone().unwrap(),
            _ => honest.in_response_to.clone().unwrap(),
        };
        for other in nearly(&value) {
            let mut words = stage.words();
            say(&mut words, other.clone());
            stage
                .assert_denied(&words, reason, &format!("{place}: {other}"))
                .await;
        }
    }
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn c03_a_name_that_is_nearly_somebodys_is_nobodys() {
    let mut stage = Stage::set().await;
    for name in nearly(SOFIE) {
        let mut words = stage.words();
        words.name_id.clone_from(&name);
        let before = stage.before().await;
        let page = stage.say(&words).await;
        assert!(!is_logged_in(&page), "{name}");
        assert!(page.status.is_client_error(), "{name}: {}", page.status);
        assert_eq!(stage.before().await.snapshot, before.snapshot, "{name}");
    }
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn d01_d03_a_way_back_that_is_nearly_right_leads_nowhere() {
    let mut stage = oidc_answers::Stage::set().await;
    stage.world.havnekoebing.will_say(&stage.claims()).await;
    let (provider, question) = (stage.world.havnekoebing.clone(), stage.question.clone());
    let before = stage.world.house.snapshot().await;
    let states = nearly(&question.state)
        .into_iter()
        .map(|state| provider.way_back_with(&question, &state, &provider.issuer));
    let issuers = nearly(&provider.issuer)
        .into_iter()
        .map(|issuer| provider.way_back_with(&question, &question.state, &issuer));
    for way in states.chain(issuers) {
        let page = stage.browser.get(&way).await;
        assert!(!is_logged_in(&page), "{way}");
        assert!(page.status.is_client_error(), "{way}: {}", page.status);
        assert_eq!(stage.world.house.snapshot().await, before, "{way}");
    }
    assert_eq!(provider.asked("/token"), 0, "no code was sent on");
    stage.assert_honest_answer_counts().await;
}

#[tokio::test]
async fn e01_an_address_that_is_nearly_registered_gets_nothing() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let snapshot = world.house.snapshot().await;
    for address in nearly(&client.redirect_uri()) {
        let mut browser = world.visitor();
        let page = browser.get(&client.request(&[("redirect_uri", &address)])).await;
        assert!(page.status.is_client_error(), "{address}: {}", page.status);
        assert_eq!(leads_to(&page), None, "{address}");
    }
    assert_eq!(world.house.snapshot().await, snapshot);
}

#[test]
fn what_is_nearly_right_is_varied_and_never_right() {
    let value = "https://idp.lillekoebing.example/a";
    let spellings = nearly(value);
    assert!(spellings.len() > 50, "{}", spellings.len());
    assert!(!spellings.contains(value));
    assert!(spellings.iter().all(|spelling| spelling.trim() != value));
}
