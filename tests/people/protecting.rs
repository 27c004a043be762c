//! Who is protected is an alias, or nobody's name at all: whichever row says so, whether it is taken or
//! not, and whoever else says otherwise (L08, K01).

use portner::domain::history::Change;
use portner::domain::import::ImportState;
use portner::people::import::names::VisibleName;
use portner::people::import::unilogin;
use portner::store::present::PresentPerson;

use super::importing::Desk;
use super::school::{School, nth_cpr};

async fn shown(desk: &Desk, school: &School, id: &str) -> (String, bool) {
    let person = desk.actor(school, id).await.person;
    (person.given_name, person.protected)
}

async fn mother_of(desk: &Desk, school: &School, id: &str) -> PresentPerson {
    let (present, child) = (desk.present(school).await, desk.actor(school, id).await.id);
    let contact = present.contacts.iter().find(|one| one.pupil == child).unwrap();
    let mut actors = present.actors.iter();
    actors
        .find(|actor| actor.id == contact.adult)
        .unwrap()
        .person
        .clone()
}

const HIDDEN: (&str, bool) = ("Beskyttet", true);

fn as_said(said: (&str, bool)) -> (String, bool) {
    (said.0.to_owned(), said.1)
}

/// A pupil with a mother, who is whatever the attribute says, and has an alias or none.
fn file(hour: u32, protected: &str, alias: &str, more: &str) -> String {
    format!(
        "<UNILoginImport source=\"TABULEX\" sourceDateTime=\"2026-02-01T{hour:02}:00:00Z\" schoolYear=\"2026-2027\" \
         kind=\"full\"><Institution><InstitutionNumber>909001</InstitutionNumber>\
         <Group><GroupId>3a</GroupId><GroupName>3.A</GroupName><GroupType>Hovedgruppe</GroupType></Group>\
         <InstitutionPerson><LocalPersonId>E1</LocalPersonId><Person protected=\"false\"><FirstName>Zabo</FirstName>\
         <FamilyName>Nøkkelund</FamilyName><CivilRegistrationNumber>{}</CivilRegistrationNumber></Person>\
         <Student><Role>Elev</Role><Level>3</Level><MainGroupId>3a</MainGroupId>\
         <ContactPerson relation=\"Mor\" childCustody=\"true\"><Person protected=\"{protected}\">\
         <FirstName>Vælma</FirstName><FamilyName>Nøkkelund</FamilyName>{alias}\
         <CivilRegistrationNumber>{}</CivilRegistrationNumber></Person></ContactPerson></Student>\
         </InstitutionPerson>{more}</Institution></UNILoginImport>",
        nth_cpr(1),
        nth_cpr(9000),
    )
}

#[tokio::test]
async fn an_adult_who_becomes_protected_without_alias_is_hidden_and_stays_so() {
    let desk = Desk::open().await;
    let read = |xml: String| unilogin::read(xml.as_bytes(), None).unwrap();
    let school = School::new("909001", "TABULEX");
    desk.give(&read(file(5, "false", "", ""))).await;
    let mother = mother_of(&desk, &school, "E1").await;
    assert_eq!((mother.given_name.as_str(), mother.protected), ("Vælma", false));
    for hour in [6, 7] {
        desk.give(&read(file(hour, "true", "", ""))).await;
        let mother = mother_of(&desk, &school, "E1").await;
        assert_eq!((mother.given_name.as_str(), mother.protected), HIDDEN);
        let number = portner::domain::institution::InstitutionNumber::parse("909001").unwrap();
        let wanted = ["vælma".to_owned()];
        let found = desk
            .importer
            .store
            .search_people((&number, None), &wanted, 10)
            .await;
        assert_eq!(found.unwrap(), [], "nor is she found by it");
    }
    let alias = "<AliasFirstName>Alias</AliasFirstName><AliasFamilyName>Navn</AliasFamilyName>";
    desk.give(&read(file(8, "true", alias, ""))).await;
    assert_eq!(mother_of(&desk, &school, "E1").await.given_name, "Alias");
    desk.give(&read(file(9, "false", "", ""))).await;
    let mother = mother_of(&desk, &school, "E1").await;
    assert_eq!((mother.given_name.as_str(), mother.protected), ("Vælma", false));
}

#[tokio::test]
async fn a_row_that_is_refused_protects_the_same_person_in_all_others_every_night() {
    let desk = Desk::open().await;
    let school = School::new("909001", "TABULEX");
    let read = |xml: String| unilogin::read(xml.as_bytes(), None).unwrap();
    let teacher = |protected: &str| {
        format!(
            "<InstitutionPerson><LocalPersonId>M1</LocalPersonId><Person protected=\"{protected}\">\
             <FirstName>Vælma</FirstName><FamilyName>Nøkkelund</FamilyName><CivilRegistrationNumber>{}\
             </CivilRegistrationNumber></Person><Employee><Role>Lærer</Role></Employee></InstitutionPerson>",
            nth_cpr(9000)
        )
    };
    // Never known before: the real name does not come in by the child's row.
    let other = Desk::open().await;
    other.give(&read(file(5, "false", "", &teacher("true")))).await;
    let mother = mother_of(&other, &school, "E1").await;
    assert_eq!((mother.given_name.as_str(), mother.protected), HIDDEN);

    desk.give(&read(file(5, "false", "", &teacher("false")))).await;
    for hour in [6, 7, 8] {
        let outcome = desk.give(&read(file(hour, "false", "", &teacher("true")))).await;
        let mother = mother_of(&desk, &school, "E1").await;
        assert_eq!((mother.given_name.as_str(), mother.protected), HIDDEN, "{hour}");
        let found = outcome.overview.findings.iter();
        assert!(found.clone().any(|one| one.code == "alias-missing"));
        assert_eq!(desk.actor(&school, "M1").await.gone_at, None);
    }
}

#[tokio::test]
async fn a_local_id_alone_says_whom_a_refused_row_protects() {
    let desk = Desk::open().await;
    let mut school = School::of(20);
    desk.give(&school.whole()).await;
    // The teacher's row, without a number that could be read; and the teacher is a mother too.
    let number = school.person("L0").person.civil_number().unwrap().clone();
    let portner::domain::civil_number::CivilNumber::Cpr(cpr) = &number else {
        panic!("a CPR number")
    };
    let text = cpr.expose().to_owned();
    school.mother("E0001", &text, true);
    desk.give(&school.whole()).await;
    school.refuse_without_alias("L0");
    school.protected[0].number = None;
    for _ in 0..3 {
        desk.give(&school.whole()).await;
        assert_eq!(shown(&desk, &school, "L0").await, as_said(HIDDEN));
    }
    let told = desk.told(&school, "L0").await;
    let times = |what: Change| told.iter().filter(|(change, _)| *change == what).count();
    assert_eq!(times(Change::Protection), 1, "told once: {told:?}");
}

#[tokio::test]
async fn who_left_and_is_protected_since_is_not_told_as_back() {
    let desk = Desk::open().await;
    let mut school = School::of(40);
    desk.give(&school.whole()).await;
    let pupil = school.person("E0004").clone();
    school.without("E0004");
    desk.give(&school.whole()).await;
    school.people.push(pupil);
    school.refuse_without_alias("E0004");
    let outcome = desk.give(&school.whole()).await;
    assert_eq!(outcome.overview.counts.restored, 0);
    let gone = desk.actor(&school, "E0004").await;
    assert!(gone.gone_at.is_some() && gone.person.protected);
    assert_eq!(gone.person.given_name, "Beskyttet");
}

/// One pupil of two schools; the first of them says what the pupil is called.
async fn two_schools() -> (Desk, School, School) {
    let desk = Desk::open().await;
    let mut first = School::of(20);
    desk.give(&first.whole()).await;
    let mut second = School::new("909002", "ANDEN");
    second.class("3A", "3");
    second.pupil("X1", &nth_cpr(3), "3A", "3");
    desk.give(&second.whole()).await;
    (desk, first, second)
}

fn protect(school: &mut School, id: &str, alias: &str) {
    school.person(id).person.name = VisibleName {
        given: alias.into(),
        family: "Navn".into(),
        protected: true,
    };
}

#[tokio::test]
async fn a_school_that_protects_somebody_does_not_name_them_for_the_others() {
    let (desk, mut first, mut second) = two_schools().await;
    protect(&mut second, "X1", "Dumme");
    desk.give(&second.whole()).await;
    assert_eq!(shown(&desk, &first, "E0003").await, as_said(HIDDEN));
    // Who protects no more names nobody either.
    second.person("X1").person.name = VisibleName {
        given: "Svin".into(),
        family: "Navn".into(),
        protected: false,
    };
    desk.give(&second.whole()).await;
    assert_eq!(shown(&desk, &first, "E0003").await, as_said(HIDDEN));
    desk.give(&first.whole()).await;
    assert_eq!(shown(&desk, &first, "E0003").await, as_said(("Elev", false)));
}

#[tokio::test]
async fn protection_that_one_school_tells_is_not_lifted_by_another() {
    let (desk, mut first, mut second) = two_schools().await;
    protect(&mut second, "X1", "Alias");
    desk.give(&second.whole()).await;
    for _ in 0..2 {
        desk.give(&first.whole()).await;
        assert_eq!(shown(&desk, &first, "E0003").await, as_said(HIDDEN));
    }
    // The school that names the pupil gives an alias, and takes its own word back.
    let name = first.person("E0003").person.name.clone();
    protect(&mut first, "E0003", "Dække");
    desk.give(&first.whole()).await;
    assert_eq!(shown(&desk, &second, "X1").await, as_said(("Dække", true)));
    first.person("E0003").person.name = name;
    desk.give(&first.whole()).await;
    assert_eq!(shown(&desk, &second, "X1").await, as_said(("Dække", true)));
    // Once the second school tells of the pupil no more, its word does not count.
    let mut removal = second.removals(&["X1"]);
    removal.findings.clear();
    let held = desk.give(&removal).await;
    assert_eq!(held.record.state, ImportState::Held);
    desk.confirm(&removal, held.record.id).await;
    desk.give(&first.whole()).await;
    assert_eq!(shown(&desk, &first, "E0003").await, as_said(("Elev", false)));
}

#[tokio::test]
async fn who_takes_over_from_a_source_takes_over_what_it_protects() {
    let desk = Desk::open().await;
    let mut old = School::of(20);
    desk.give(&old.whole()).await;
    protect(&mut old, "E0003", "Dække");
    desk.give(&old.whole()).await;
    let mut second = School::new("909002", "ANDEN");
    second.class("3A", "3");
    second.pupil("X1", &nth_cpr(3), "3A", "3");
    desk.give(&second.whole()).await;
    let mut new = old.clone();
    new.source = "NYTSYSTEM";
    let wish = portner::people::import::importer::Wish {
        takes_over: Some(portner::domain::import::SourceName::parse("TABULEX").unwrap()),
        ..Default::default()
    };
    let delivery = new.whole();
    let done = desk.try_give(&delivery, "ada", &wish).await.unwrap();
    assert_eq!(
        done.record.state,
        ImportState::Applied,
        "{:?}",
        done.record.reasons
    );
    let there = desk.actor(&second, "X1").await.person;
    assert!(there.protected && there.elsewhere.protected);
    let here = desk.actor(&new, "E0003").await.person;
    assert!(here.here.protected);
}
