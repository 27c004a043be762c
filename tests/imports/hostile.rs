//! What no school sends: refused whole, with one clear reason, and without growing (K02, A28).

use std::io::Read;

use portner::domain::text::Language;
use portner::people::import::refusal::DeliveryRefusal;
use portner::people::import::{migration, read, unilogin};
use portner::texts::{Texts, Wording};

use super::sample::{SCHOOL, found, person, pupil, refusal, roster, rows};

#[test]
fn document_types_and_entities_are_refused_before_they_are_looked_at() {
    let xxe = SCHOOL.replace(
        "<UNILoginImport ",
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>\n<UNILoginImport ",
    );
    assert_eq!(refusal(xxe), DeliveryRefusal::DocumentType { line: 3 });
    let laughs = SCHOOL.replace(
        "<UNILoginImport ",
        "<!DOCTYPE x [<!ENTITY a \"haha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><UNILoginImport ",
    );
    assert!(matches!(refusal(laughs), DeliveryRefusal::DocumentType { .. }));
    let entity = SCHOOL.replace("Zabine", "&hemmelig;");
    assert_eq!(refusal(entity), DeliveryRefusal::DocumentType { line: 21 });
}

#[test]
fn what_is_no_xml_of_a_delivery_is_refused_with_its_line() {
    for (from, to, line) in [
        ("<FirstName>Zabine", "<FirstName>Zab<ine", 21),
        (
            "<FirstName>Zabine</FirstName>",
            "<FirstName>Zabine</GivenName>",
            21,
        ),
        (
            "<Person protected=\"false\">",
            "<Person protected=\"false\" protected=\"true\">",
            21,
        ),
        ("Zabine", "<![CDATA[Zabine]]>", 21),
        ("Zabine", "Zab<!-- -->ine", 21),
        ("Zabine", "Zab\u{0}ine", 21),
        ("Zabine", "Zab&#0;ine", 21),
        ("Zabine", "<?php ?>", 21),
        ("    <InstitutionPerson>", "tekst<InstitutionPerson>", 21),
        ("</UNILoginImport>", "</UNILoginImport><x/>", 97),
    ] {
        let bent = SCHOOL.replacen(from, to, 1);
        assert_ne!(bent, SCHOOL);
        match refusal(bent) {
            DeliveryRefusal::Malformed { line: told, .. } => {
                assert!(told.abs_diff(line) <= 1, "{from} → {to}: {told}");
            }
            other => panic!("{from} → {to}: {other:?}"),
        }
    }
    let cut = &SCHOOL[..SCHOOL.len() / 2];
    assert!(matches!(refusal(cut), DeliveryRefusal::Malformed { .. }));
    assert_eq!(
        refusal("<UNILoginExport><x></x></UNILoginExport>"),
        DeliveryRefusal::WrongRoot
    );
}

#[test]
fn a_delivery_that_does_not_say_of_what_it_is_is_refused() {
    for (from, to, field) in [
        (" source=\"eksempelsystem-101001\"", "", "source"),
        ("eksempelsystem-101001", "a\u{202e}b", "source"),
        ("2026-11-30T06:00:00", "i morges", "sourceDateTime"),
        (" sourceDateTime=\"2026-11-30T06:00:00\"", "", "sourceDateTime"),
        ("2026-2027", "2026", "schoolYear"),
        ("kind=\"full\"", "kind=\"alt\"", "kind"),
        (
            "<InstitutionNumber>101001</InstitutionNumber>",
            "",
            "InstitutionNumber",
        ),
        (
            "101001</InstitutionNumber>",
            "10100</InstitutionNumber>",
            "InstitutionNumber",
        ),
    ] {
        assert_eq!(
            refusal(SCHOOL.replacen(from, to, 1)),
            DeliveryRefusal::Head { field }
        );
    }
    let two = SCHOOL.replace(
        "</Institution>",
        "</Institution><Institution><InstitutionNumber>101002</InstitutionNumber></Institution>",
    );
    assert_eq!(refusal(two), DeliveryRefusal::SeveralInstitutions);
}

#[test]
fn encodings_are_read_or_refused_and_never_guessed() {
    let named = SCHOOL.replace("UTF-8", "ISO-8859-1");
    let single: Vec<u8> = named
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).unwrap())
        .collect();
    let read = unilogin::read(single.as_slice(), None).unwrap();
    assert_eq!(roster(&read), roster(&super::sample::read(SCHOOL)));
    assert!(
        matches!(refusal(&named), DeliveryRefusal::Encoding { .. }),
        "UTF-8 by another name"
    );
    let wrong = SCHOOL.replace("ø", "\u{1}").into_bytes();
    let wrong: Vec<u8> = wrong
        .into_iter()
        .map(|byte| if byte == 1 { 0xf8 } else { byte })
        .collect();
    assert!(
        matches!(refusal(wrong), DeliveryRefusal::Encoding { .. }),
        "single bytes by the name of UTF-8"
    );
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(SCHOOL.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert_eq!(refusal(wide), DeliveryRefusal::Encoding { line: 1 });
    let marked = format!("\u{feff}{SCHOOL}");
    assert_eq!(
        roster(&super::sample::read(&marked)),
        roster(&super::sample::read(SCHOOL))
    );
}

/// What comes at once, at least.
const AT_ONCE: usize = 64 * 1024;

/// As much as anybody wants of the same bytes; counts what was asked for.
struct Endless<'c> {
    head: &'c [u8],
    again: &'c [u8],
    at: usize,
    given: &'c mut u64,
}

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let from = if self.head.is_empty() {
            &self.again[self.at..]
        } else {
            self.head
        };
        let length = from.len().min(buffer.len());
        buffer[..length].copy_from_slice(&from[..length]);
        if self.head.is_empty() {
            self.at = (self.at + length) % self.again.len();
        } else {
            self.head = &self.head[length..];
        }
        *self.given += length as u64;
        Ok(length)
    }
}

#[test]
fn no_delivery_is_read_further_than_the_cap() {
    let head = rows("");
    let head = head.split("</Institution>").next().unwrap();
    let deep = "<a>".repeat(100);
    let many: Vec<_> = (0..40).map(|n| format!("a{n}=\"\"")).collect();
    let wide = format!("<Group {}/>", many.join(" "));
    let person = pupil("e1", &person("Zabo", "0102375001"), "");
    for (again, most) in [
        (" ".repeat(4096), 51 << 20),
        ("<!-- x -->".to_owned(), 51 << 20),
        (deep, 1 << 20),
        (wide, 1 << 20),
        ("<Group><GroupId>".to_owned() + &"x".repeat(300_000), 2 << 20),
        ("x".to_owned(), 51 << 20),
        // The same row again and again is a fault each time.
        (person, 20 << 20),
        ("<x/>".to_owned(), 51 << 20),
    ] {
        let mut given = 0;
        let endless = Endless {
            head: head.as_bytes(),
            again: &again.as_bytes().repeat(AT_ONCE.div_ceil(again.len())),
            at: 0,
            given: &mut given,
        };
        let refused = unilogin::read(endless, None).unwrap_err();
        let name: String = again.chars().take(20).collect();
        assert!(given <= most, "{name}: {refused:?} after {given}");
    }
}

#[test]
fn what_is_neither_is_refused_by_name() {
    for bytes in [
        b"".as_slice(),
        b"lokalt_id;fornavn\n1;Zabo\n",
        b"%PDF-1.7",
        b"\x7fELF",
    ] {
        assert_eq!(read(bytes, None), Err(DeliveryRefusal::FormatUnknown));
    }
}

#[test]
fn each_refusal_says_what_to_do() {
    let texts = Texts::new(Wording::default()).unwrap();
    let (line, what) = (7, "noget");
    for refusal in [
        DeliveryRefusal::Unreadable,
        DeliveryRefusal::TooLarge { megabytes: 50 },
        DeliveryRefusal::FormatUnknown,
        DeliveryRefusal::Encoding { line },
        DeliveryRefusal::DocumentType { line },
        DeliveryRefusal::Malformed { line, what },
        DeliveryRefusal::MalformedTable {
            file: "users.csv",
            line,
            what,
        },
        DeliveryRefusal::WrongRoot,
        DeliveryRefusal::Head { field: "source" },
        DeliveryRefusal::SeveralInstitutions,
        DeliveryRefusal::TooManyRows { most: 7 },
        DeliveryRefusal::TooManyFaults { most: 7 },
        DeliveryRefusal::File { file: "users.csv" },
        DeliveryRefusal::Zip { what },
        DeliveryRefusal::Column {
            file: "users.csv",
            column: "grades",
        },
    ] {
        for language in Language::ALL {
            let words = refusal.words(&texts.in_language(language));
            assert!(words.len() > 20 && !words.starts_with("import-"), "{words}");
        }
    }
}

#[test]
fn the_list_of_old_is_read_once_with_whoever_brings_it_saying_of_what_it_is() {
    let origin = || migration::Origin {
        source: portner::people::import::names::SourceName::parse("flytning").unwrap(),
        sent_at: "2026-11-30T05:00:00Z".parse().unwrap(),
        school_year: portner::people::import::names::SchoolYear::parse("2026-2027").unwrap(),
        institution: portner::domain::institution::InstitutionNumber::parse("101001").unwrap(),
    };
    let list = "lokalt_id;fornavn;efternavn;rolle;trin;klasse;hold;cpr;brugernavn;beskyttet\r\n\
                1;Zabo;Nøkkelund;Elev;3;3.A;Kor,Skak;0102375001;zabo1234;nej\r\n\
                2;Ybbur;\"Ørke;skov\";Lærer,Leder;;3.A;;0102585001;;\r\n\
                3;Glim;Tåge;Elev;;3.A;;;;\r\n\
                4;Glim;Tåge;Elev;3\r\n\
                5;Glim;Tåge;Elev;3;3.A;;;;ja\r\n";
    let read = migration::read(list.as_bytes(), origin()).unwrap();
    let people = &read.roster().unwrap().people;
    assert_eq!(people.len(), 2);
    assert_eq!(people[1].person.name.family.as_ref(), "Ørke;skov");
    assert_eq!(people[0].person.user_name.as_ref().unwrap().as_str(), "zabo1234");
    assert_eq!(read.roster().unwrap().groups.len(), 3);
    let found: Vec<_> = found_of(&read);
    assert_eq!(
        found,
        [
            "3 import-field-missing",
            "nameless import-row-length",
            "5 import-alias-missing"
        ]
    );
    let single: Vec<u8> = list
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).unwrap())
        .collect();
    let again = migration::read(single.as_slice(), origin()).unwrap();
    assert_eq!(again, read, "in single bytes too");
    assert_eq!(
        migration::read(b"fornavn;efternavn\n".as_slice(), origin()),
        Err(DeliveryRefusal::Column {
            file: "csv",
            column: "lokalt_id"
        })
    );
}

fn found_of(delivery: &portner::people::import::delivery::Delivery) -> Vec<String> {
    let Some(_) = delivery.roster() else {
        return Vec::new();
    };
    found(delivery)
        .into_iter()
        .map(|(subject, fault)| format!("{subject} {}", fault.key()))
        .collect()
}
