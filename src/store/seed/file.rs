//! The file of a directory seed: read whole, with every fault told at its place.
//!
//! What can be seen from the file alone is decided here: spelling, dates, names that two
//! entries claim. What the database has to say is `seed.rs`'s business.

mod contact;
mod days;
mod secret;

use std::collections::HashSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;
use uuid::Uuid;

use crate::config::file::{self, FromToml, Section, Wrong, text};
use crate::config::problem::{Problem, Problems, Source};
use crate::domain::account::{AccountId, PersonId, UniId};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::cpr::Cpr;
use crate::domain::institution::{Institution, InstitutionNumber, LegalForm};
use crate::domain::licence::{Licence, LicenceId};
use crate::domain::login_name::BareName;
use crate::domain::role::Role;
use crate::domain::service::ServiceId;
use crate::domain::stage::Level;
use crate::store::people::ActorEntry;

pub(super) use contact::SeedContact;
use days::{FirstDay, term};
pub(super) use secret::SeedSecret;

/// Where something stands in the file.
pub(super) type Place = Range<usize>;

/// A directory as its file tells it.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) institutions: Vec<Institution>,
    pub(super) people: Vec<SeedPerson>,
    pub(super) licences: Vec<(Licence, Place)>,
}

#[derive(Debug)]
pub(super) struct SeedPerson {
    pub(super) id: PersonId,
    pub(super) given_name: String,
    pub(super) family_name: String,
    pub(super) protected: bool,
    pub(super) cpr: Option<(Cpr, Place)>,
    pub(super) accounts: Vec<SeedAccount>,
}

#[derive(Debug)]
pub(super) struct SeedAccount {
    pub(super) id: AccountId,
    pub(super) user_name: (BareName, Place),
    pub(super) uni_id: (UniId, Place),
    pub(super) secret: Option<SeedSecret>,
    /// Whether an identity provider that gives a CPR number reaches the account.
    pub(super) cpr_identified: bool,
    pub(super) blocked: bool,
    pub(super) actors: Vec<(ActorEntry, Place)>,
    pub(super) contacts: Vec<SeedContact>,
}

/// What may be there once, among all that was read so far.
#[derive(Default)]
struct Taken {
    institutions: HashSet<InstitutionNumber>,
    people: HashSet<Uuid>,
    cprs: HashSet<String>,
    user_names: HashSet<BareName>,
    uni_ids: HashSet<UniId>,
}

/// Reads the file, or tells everything that is wrong with it.
pub(super) fn read(source: &Source) -> Result<Directory, Problems> {
    let mut problems = Problems::default();
    let directory = file::read(source, &mut problems, |section| {
        let mut taken = Taken::default();
        let institutions = section.tables("institution", |one| institution(one, &mut taken));
        let people = section.tables("person", |one| person(one, &mut taken));
        let licences = section.tables("licence", licence);
        Directory {
            licences: licences.into_iter().flatten().collect(),
            institutions: institutions.into_iter().flatten().collect(),
            people: people.into_iter().flatten().collect(),
        }
    });
    problems.unless_fatal(directory)
}

fn institution(section: &mut Section<'_>, taken: &mut Taken) -> Option<Institution> {
    let number = parsed(
        section,
        "number",
        "its number, six characters",
        InstitutionNumber::parse,
    );
    let name = section.require("name", "what people call it");
    let cvr = section.get("cvr");
    let legal_form = section.word("legal-form", &LegalForm::ALL.map(|form| (form.word(), form)));
    let number = once(section, "number", number, &mut taken.institutions)?;
    Some(Institution {
        number,
        name: name?,
        cvr,
        legal_form,
    })
}

fn person(section: &mut Section<'_>, taken: &mut Taken) -> Option<SeedPerson> {
    let id: Option<String> = section.get("id");
    let id = id.and_then(|text| section.checked("id", Uuid::try_parse(&text)));
    let given_name = section.require("given-name", "the person's given names");
    let family_name = section.require("family-name", "the person's family name");
    let protected = section.get_or("protected", false);
    let cpr: Option<Cpr> = section.get("cpr");
    if let Some(cpr) = &cpr {
        once(section, "cpr", Some(cpr.expose().to_owned()), &mut taken.cprs);
    }
    let has_cpr = section.has("cpr");
    let accounts = section.tables("account", |one| account(one, has_cpr, taken));
    // Follows from the first account's UNI-ID where it is left out.
    let first = accounts.iter().flatten().next();
    let id = id.or_else(|| first.map(|account| stable_id("person", &[account.uni_id.0.as_str()])));
    if id.is_none() && !section.has("id") && !section.has("account") {
        let problem = Problem::error("a person without accounts needs an id");
        section.fault("", problem.help("add id = \"…\", a UUID, or an account"));
    }
    let id = once(section, "id", id, &mut taken.people);
    Some(SeedPerson {
        id: PersonId(id?),
        given_name: given_name?,
        family_name: family_name?,
        protected,
        cpr: cpr.map(|cpr| (cpr, section.place_of("cpr"))),
        accounts: accounts.into_iter().flatten().collect(),
    })
}

fn account(section: &mut Section<'_>, has_cpr: bool, taken: &mut Taken) -> Option<SeedAccount> {
    let user_name = parsed(section, "user-name", "the name to log in with", BareName::parse);
    let uni_id = parsed(section, "uni-id", "the UNI-ID, for life", UniId::parse);
    let secret = secret::read(section);
    let cpr_identified = section.get_or("cpr-identified", has_cpr);
    let blocked = section.get_or("blocked", false);
    let user_name = once(section, "user-name", user_name, &mut taken.user_names);
    let uni_id = once(section, "uni-id", uni_id, &mut taken.uni_ids);
    let mut position = 0..;
    let mut contacts = Vec::new();
    let actors = section.tables("actor", |one| {
        let place = position.next().unwrap_or_default();
        let read = actor(one, uni_id.as_ref(), place);
        let pupil = read.as_ref().map(|(actor, _)| (actor.id, &actor.institution));
        contacts.extend(
            one.tables("contact", |adult| contact::read(adult, pupil))
                .into_iter()
                .flatten(),
        );
        read
    });
    let uni_id = uni_id?;
    Some(SeedAccount {
        id: AccountId(stable_id("account", &[uni_id.as_str()])),
        user_name: (user_name?, section.place_of("user-name")),
        uni_id: (uni_id, section.place_of("uni-id")),
        secret,
        cpr_identified,
        blocked,
        actors: actors.into_iter().flatten().collect(),
        contacts,
    })
}

fn actor(section: &mut Section<'_>, account: Option<&UniId>, position: usize) -> Option<(ActorEntry, Place)> {
    let group = parsed(section, "group", "what the person is there", |text| {
        ActorGroup::parse(text).ok_or(NotAGroup)
    });
    let institution = parsed(
        section,
        "institution",
        "where: the number of an institution",
        InstitutionNumber::parse,
    );
    let classes = section.get_or("classes", Vec::new());
    let roles = section.get_or("roles", Vec::<String>::new());
    let roles = roles
        .iter()
        .map(|word| Role::parse(word).filter(|role| group.is_none_or(|group| role.group() == group)));
    let roles = section.checked("roles", roles.collect::<Option<_>>().ok_or(NotARole));
    let level: Option<String> = section.get("level");
    let level = level.and_then(|text| section.checked("level", Level::parse(&text).ok_or(NotALevel)));
    let stage_since = section.get("stage-since").map(|FirstDay(start)| start);
    let (from, until) = term(section, "the role");
    let institution = institution?;
    let words = [account?.as_str(), institution.as_str(), &position.to_string()];
    let entry = ActorEntry {
        id: ActorId(stable_id("actor", &words)),
        group: group?,
        institution,
        roles: roles.unwrap_or_default(),
        level,
        stage_since,
        classes,
        from,
        until,
    };
    Some((entry, section.place_of("institution")))
}

fn licence(section: &mut Section<'_>) -> Option<(Licence, Place)> {
    let service = parsed(section, "service", "the short name of the service", |text| {
        ServiceId::parse(text).ok_or(NotAService)
    });
    let institution = parsed(
        section,
        "institution",
        "whose people: the number of an institution",
        InstitutionNumber::parse,
    );
    let group: Option<String> = section.get("group");
    let narrowed = group.is_some();
    let group = group.and_then(|text| section.checked("group", ActorGroup::parse(&text).ok_or(NotAGroup)));
    let class: Option<String> = section.get("class");
    let (from, until) = term(section, "the licence");
    // A group that cannot be read must not make a licence for everybody.
    if narrowed && group.is_none() {
        return None;
    }
    let (service, institution) = (service?, institution?);
    let words = [
        service.as_str(),
        institution.as_str(),
        group.map_or("", ActorGroup::as_str),
        class.as_deref().unwrap_or_default(),
    ];
    let licence = Licence {
        id: LicenceId(stable_id("licence", &words)),
        service,
        institution,
        group,
        class,
        from,
        until,
    };
    Some((licence, section.place_of("institution")))
}

#[derive(Debug, thiserror::Error)]
#[error("a service's short name is its file's name without the ending")]
struct NotAService;

#[derive(Debug, thiserror::Error)]
#[error("write one of: elev, medarbejder, ekstern, kontaktperson")]
struct NotAGroup;

#[derive(Debug, thiserror::Error)]
#[error("write roles of the group, as the import spells them: Elev, Lærer, Pædagog, TAP …")]
struct NotARole;

#[derive(Debug, thiserror::Error)]
#[error("write one of: DT, 0 to 10, U1 to U4, VU, Andet")]
struct NotALevel;

fn parsed<T, E: std::error::Error>(
    section: &mut Section<'_>,
    key: &'static str,
    why: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    let text: String = section.require(key, why)?;
    section.checked(key, parse(&text))
}

/// The value, if no entry before this one has it.
fn once<T: Clone + Eq + std::hash::Hash>(
    section: &Section<'_>,
    key: &str,
    value: Option<T>,
    taken: &mut HashSet<T>,
) -> Option<T> {
    let value = value?;
    if !taken.insert(value.clone()) {
        let problem = Problem::error("another entry of this file has it already");
        section.fault(key, problem.help(format!("`{key}` is for one entry alone")));
    }
    Some(value)
}

impl FromToml for Cpr {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Vec<Wrong>> {
        text(
            value,
            "a CPR number: ten digits in quotes that begin with a date",
            "\"ddmmyyxxxx\"",
            |text| Self::parse(text).ok(),
        )
    }
}

/// The same id for the same words, at every load and on every machine (UUID version 8).
fn stable_id(purpose: &str, parts: &[&str]) -> Uuid {
    let text = parts.join("\0");
    let hash = crate::store::sha256(&[b"seed\0", purpose.as_bytes(), b"\0", text.as_bytes()]);
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Directory, Problems> {
        read(&Source::about_people("people.toml", text))
    }

    fn faults(text: &str) -> Vec<String> {
        let problems = read_text(text).expect_err("the file is faulty");
        problems
            .iter()
            .map(|problem| {
                format!(
                    "{}: {problem}; {}",
                    problem.line().unwrap_or_default(),
                    problem.remedy().unwrap_or_default()
                )
            })
            .collect()
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_line_and_field() {
        let told = faults(
            "[[institution]]\nnumber = '1'\nname = 'Skolen'\nnmae = 'x'\n\n[[person]]\ngiven-name = 'Sofie'\n\
             cpr = '3102034567'\n\n[[person.account]]\nuser-name = 'a b'\nuni-id = 'x'\n\
             [[person.account.actor]]\ngroup = 'lærer'\ninstitution = '101001'\nfrom = '2027-08-01'\n",
        );
        for (line, words) in [
            (2, "number is not taken"),
            (4, "nmae is not a setting; did you mean `name`?"),
            (6, "family-name is missing"),
            (8, "cpr: this is not a CPR number"),
            (11, "user-name is not taken"),
            (12, "uni-id is not taken"),
            (14, "group is not taken; write one of: elev"),
            (16, "from: this is not a day"),
        ] {
            let found = told
                .iter()
                .any(|fault| fault.starts_with(&format!("{line}: ")) && fault.contains(words));
            assert!(found, "{line}: {words} is not in {told:#?}");
        }
        assert_eq!(told.len(), 8, "{told:#?}");
    }

    #[test]
    fn no_report_shows_a_cpr_number_or_a_password() {
        use miette::{GraphicalReportHandler, GraphicalTheme};
        let printer = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
        for cpr in ["'3102034567'", "3102034567"] {
            let text = format!(
                "[[person]]\ngiven-name = 'Sofie'\ncpr = {cpr}\n[[person.account]]\npassword = 'hemmelig-kode'\n"
            );
            let mut shown = String::new();
            for problem in &read_text(&text).unwrap_err() {
                printer.render_report(&mut shown, problem).unwrap();
            }
            assert!(
                shown.contains("cpr = ****") || shown.contains("cpr = ***"),
                "{shown}"
            );
            assert!(
                !shown.contains("3102034567") && !shown.contains("hemmelig"),
                "{shown}"
            );
        }
    }

    #[test]
    fn what_is_for_one_entry_is_not_given_twice() {
        let person = |name: &str, uni_id: &str, cpr: &str| {
            format!(
                "[[person]]\ngiven-name = 'S'\nfamily-name = 'L'\ncpr = '{cpr}'\n[[person.account]]\nuser-name = '{name}'\nuni-id = '{uni_id}'\n"
            )
        };
        let one = person("sofi1234", "sofi1234", "0102034567");
        assert!(read_text(&one).is_ok());
        for (other, field) in [
            (person("sofi1234", "sofi5678", "0102034568"), "user-name"),
            (person("sofi5678", "sofi1234", "0102034568"), "uni-id"),
            (person("sofi5678", "sofi5678", "010203-4567"), "cpr"),
        ] {
            let told = faults(&format!("{one}{other}"));
            assert!(
                told.iter()
                    .any(|fault| fault.contains("has it already") && fault.contains(field)),
                "{told:?}"
            );
        }
    }

    #[test]
    fn the_last_day_of_a_role_counts_to_its_end_in_danish_time() {
        let text = "[[person]]\ngiven-name = 'S'\nfamily-name = 'L'\n[[person.account]]\nuser-name = 'sofi1234'\nuni-id = 'sofi1234'\n[[person.account.actor]]\ngroup = 'elev'\ninstitution = '101001'\nfrom = 2025-08-01\n";
        let directory = read_text(&format!("{text}until = 2026-06-30\n")).unwrap();
        let (entry, _) = &directory.people[0].accounts[0].actors[0];
        assert_eq!(entry.from, Some("2025-07-31T22:00:00Z".parse().unwrap()));
        assert_eq!(entry.until, Some("2026-06-30T22:00:00Z".parse().unwrap()));
        let told = faults(&format!("{text}until = 2025-07-30\n"));
        assert!(told[0].contains("ends before it begins"), "{told:?}");
    }

    #[test]
    fn a_person_needs_something_to_be_known_by() {
        let told = faults("[[person]]\ngiven-name = 'S'\nfamily-name = 'L'\n");
        assert!(told[0].contains("needs an id"), "{told:?}");
    }

    #[test]
    fn ids_follow_from_words_and_keep_them_apart() {
        assert_eq!(stable_id("person", &["a"]), stable_id("person", &["a"]));
        assert_ne!(stable_id("person", &["a"]), stable_id("account", &["a"]));
    }
}
