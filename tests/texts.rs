//! Both languages say the same things, and say all that is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use portner::domain::refusal::Refusal;
use portner::domain::text::Language;
use portner::texts::{RefusalContext, Texts, Wording};

/// Each key of a language (`key` or `key.part`) with the variables that its text names.
fn keys(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in Texts::sources(language) {
        let mut message = "";
        let mut current = String::new();
        for line in source.lines() {
            let text = line.trim_start();
            if text.starts_with('#') || text.is_empty() {
                continue;
            }
            if let Some((name, _)) = line.split_once(" =").filter(|_| !line.starts_with(' ')) {
                message = name;
                name.clone_into(&mut current);
            } else if let Some((part, _)) = text.strip_prefix('.').and_then(|text| text.split_once(" =")) {
                current = format!("{message}.{part}");
            }
            let variables = text.split('$').skip(1).map(|rest| {
                rest.chars()
                    .take_while(char::is_ascii_alphanumeric)
                    .collect::<String>()
            });
            keys.entry(current.clone()).or_default().extend(variables);
        }
    }
    keys
}

#[test]
fn both_languages_have_the_same_keys_and_variables() {
    let (danish, english) = (keys(Language::Da), keys(Language::En));
    assert!(danish.len() > 200, "the reader of the files has gone blind");
    for (key, variables) in &danish {
        assert_eq!(Some(variables), english.get(key), "{key}");
    }
    assert_eq!(danish.len(), english.len());
}

/// The keys that sources ask for, by the calls that look them up.
fn asked_for(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let is_source = path
            .extension()
            .is_some_and(|ending| ending == "rs" || ending == "html");
        if path.is_dir() {
            asked_for(&path, found);
        } else if is_source {
            let source = fs::read_to_string(&path).unwrap();
            found.extend(source.split('"').skip(1).step_by(2).map(str::to_owned));
            found.extend(source.split('"').skip(2).step_by(2).map(str::to_owned));
        }
    }
}

#[test]
fn every_text_is_said_somewhere() {
    let mut sources = BTreeSet::new();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    asked_for(&src, &mut sources);
    let codes: BTreeSet<_> = Refusal::samples().iter().map(Refusal::code).collect();
    for key in keys(Language::Da).keys() {
        let whole = key.split('.').next().unwrap();
        // How to mend something is said with what is wrong.
        let is_advice =
            key.rsplit_once('.').is_some_and(|(_, part)| part == "mend") && sources.contains(whole);
        assert!(
            sources.contains(key) || codes.contains(whole) || is_advice,
            "{key} is never said"
        );
    }
}

#[test]
fn every_refusal_is_explained_to_everyone() {
    let texts = Texts::new(Wording::default()).expect("texts");
    for language in Language::ALL {
        let words = texts.in_language(language);
        for refusal in Refusal::samples() {
            for said in [
                words.refusal(&refusal, &RefusalContext::default()),
                words.refusal_in_general(&refusal),
            ] {
                for text in [
                    &said.headline,
                    &said.why,
                    &said.blame,
                    &said.user,
                    &said.parent,
                    &said.teacher,
                    &said.board,
                    &said.administrator,
                    &said.operator,
                ] {
                    assert!(
                        text.len() > 5 && !text.starts_with("UL-") && !text.starts_with("blame-"),
                        "{} in {}: {text}",
                        said.code,
                        language.tag()
                    );
                }
            }
        }
    }
}

/// Under a pupil's name on the board stands what is to be done about the pupil, and parents have no
/// teacher to ask.
#[test]
fn nobody_is_told_what_is_anothers_to_do() {
    let texts = Texts::new(Wording::default()).expect("texts");
    let danish = texts.in_language(Language::Da);
    for refusal in Refusal::samples() {
        let said = danish.refusal_in_general(&refusal);
        for own in ["dit private", "din egen", "Har du selv", "Log ind igen med MitID"] {
            assert!(!said.board.contains(own), "{}: {}", said.code, said.board);
        }
        assert!(
            !said.parent.contains("din lærer"),
            "{}: {}",
            said.code,
            said.parent
        );
    }
}

/// Of a refusal that somebody else has met nobody knows for how long they were told to wait.
#[test]
fn what_another_has_met_is_told_without_what_nobody_knows() {
    let texts = Texts::new(Wording::default()).expect("texts");
    for language in Language::ALL {
        for refusal in Refusal::samples() {
            let said = texts
                .in_language(language)
                .refusal_of_another(&refusal, &RefusalContext::default());
            assert_eq!(
                said.line.is_some(),
                texts
                    .in_language(language)
                    .refusal_in_general(&refusal)
                    .line
                    .is_some()
                    && refusal.retry_after().is_none(),
                "{}",
                said.code
            );
        }
    }
}

/// What users see today, letter by letter (seeds, E1–E6 and E8).
#[test]
fn the_known_errors_keep_their_danish_words() {
    let known = [
        ("UL-101", "Dit brugernavn blev ikke fundet", Some("Prøv igen.")),
        (
            "UL-201",
            "Der skete en fejl",
            Some("Denne bruger er ikke tilknyttet Unilogin"),
        ),
        (
            "UL-202",
            "Der skete en fejl",
            Some("Der er ingen aktører tilknyttet brugeren."),
        ),
        (
            "UL-302",
            "Uventet fejl ved håndtering af autentifikationsforespørgsel til identity provider",
            None,
        ),
        (
            "UL-301",
            "Det angivne domænenavn er ikke tilknyttet en identity provider",
            None,
        ),
        (
            "UL-303",
            "Uventet fejl ved autentifikation med identity provider",
            None,
        ),
        (
            "UL-505",
            "Du er logget ind, men har ikke adgang til indholdet på en given tjeneste",
            Some("Dit Unilogin virker, men giver dig ikke adgang til indholdet på tjenesten."),
        ),
    ];
    let texts = Texts::new(Wording::default()).expect("texts");
    let danish = texts.in_language(Language::Da);
    for (code, headline, line) in known {
        let refusal = Refusal::samples()
            .into_iter()
            .find(|refusal| refusal.code() == code)
            .unwrap();
        let said = danish.refusal(&refusal, &RefusalContext::default());
        assert_eq!(
            (said.headline.as_str(), said.line.as_deref()),
            (headline, line),
            "{code}"
        );
    }
}
