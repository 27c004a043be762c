//! Who was imported logs in; who left does not, and does again when they are back (E1, E2, E3).

use jiff::SignedDuration;
use portner::domain::account::AccountId;
use portner::domain::import::{ImportState, SourceName, Way};
use portner::domain::login_name::BareName;
use portner::domain::password_rule::SecretForm;
use portner::domain::search_word::wanted;
use portner::domain::text::Language;
use portner::people::import::delivery::Delivery;
use portner::people::import::importer::{Handover, Wish};
use portner::people::import::upkeep;
use portner::store::credentials::NewSecret;
use portner::texts::{Texts, Wording};

use super::school::School;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::PASSWORD;

struct Scene {
    world: Federation,
}

impl Scene {
    async fn open() -> Self {
        Self {
            world: Federation::start().await,
        }
    }

    async fn give(&self, delivery: &Delivery) -> ImportState {
        self.give_as(delivery, &Wish::default()).await
    }

    async fn give_as(&self, delivery: &Delivery, wish: &Wish) -> ImportState {
        let importer = self.world.house.app.as_ref().unwrap().importer();
        let texts = Texts::new(Wording::default()).unwrap();
        let words = texts.in_language(Language::Da);
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&delivery.sent_at.as_millisecond().to_be_bytes());
        let from = Handover {
            way: Way::Http,
            by: "TABULEX".to_owned(),
            digest,
            speaks_for: None,
            file: None,
            witness: None,
        };
        let outcome = importer.import(delivery, &from, wish, &words).await.unwrap();
        outcome.record.state
    }

    /// The pupil's account, with the password of everybody else.
    async fn account(&self, school: &School, id: &str) -> (AccountId, BareName) {
        let store = &self.world.house.portner.store;
        let number = portner::domain::institution::InstitutionNumber::parse(school.number).unwrap();
        let source = SourceName::parse(school.source).unwrap();
        let found = store
            .search_people((&number, Some(&source)), &wanted(id), 50)
            .await
            .unwrap();
        let mut found = found.into_iter();
        let found = found.find(|one| one.local_id.as_deref() == Some(id)).unwrap();
        let sofie = BareName::parse("sofi1234").unwrap();
        let sofie = store.account_by_user_name(&sofie).await.unwrap().unwrap();
        let hash = store.password_hash_of(sofie.id).await.unwrap().unwrap();
        let secret = NewSecret {
            hash,
            form: SecretForm::Text,
            made_under: None,
            made_at: self.world.house.now(),
            one_time_until: None,
        };
        store.put_secret(found.account, &secret).await.unwrap();
        (found.account, found.user_name)
    }

    /// Whether a login by name and password succeeds, or which refusal there is.
    async fn log_in(&self, name: &BareName) -> Result<(), String> {
        let mut visitor = self.world.visitor();
        let first = self.world.arrive(&mut visitor, "skolebroen").await;
        let page = self.world.type_name(&mut visitor, &first, name.as_str()).await;
        if let Some(code) = page.refusal_code() {
            return Err(code);
        }
        let page = visitor.submit(&page.form(), &[("password", PASSWORD)]).await;
        if is_logged_in(&page) {
            Ok(())
        } else {
            Err(page.refusal_code().unwrap_or_else(|| page.body.clone()))
        }
    }
}

#[tokio::test]
async fn who_left_cannot_log_in_and_who_is_back_can_with_the_same_password() {
    let scene = Scene::open().await;
    let mut school = School::of(40);
    assert_eq!(scene.give(&school.whole()).await, ImportState::Applied);
    let (account, name) = scene.account(&school, "E0001").await;
    assert_eq!(scene.log_in(&name).await, Ok(()));

    let pupil = school.person("E0001").clone();
    school.without("E0001");
    assert_eq!(scene.give(&school.whole()).await, ImportState::Applied);
    let no_actors = portner::domain::refusal::Refusal::NoActors.code();
    assert_eq!(scene.log_in(&name).await, Err(no_actors.to_owned()), "E3");

    scene.world.house.wait(SignedDuration::from_hours(20));
    school.people.push(pupil);
    assert_eq!(scene.give(&school.whole()).await, ImportState::Applied);
    assert_eq!(scene.log_in(&name).await, Ok(()));
    assert_eq!(scene.account(&school, "E0001").await, (account, name));
}

#[tokio::test]
async fn a_session_of_who_left_ends_at_once() {
    let scene = Scene::open().await;
    let mut school = School::of(40);
    scene.give(&school.whole()).await;
    let (_, name) = scene.account(&school, "E0001").await;
    let mut visitor = scene.world.visitor();
    let first = scene.world.arrive(&mut visitor, "skolebroen").await;
    let page = scene.world.log_in_as(&mut visitor, &first, name.as_str()).await;
    assert!(is_logged_in(&page), "{}", page.body);
    let again = scene.world.arrive(&mut visitor, "skolebroen").await;
    assert!(is_logged_in(&again), "the session counts");
    school.without("E0001");
    scene.give(&school.whole()).await;
    let after = scene.world.arrive(&mut visitor, "skolebroen").await;
    assert!(!is_logged_in(&after), "it does not any more");
}

#[tokio::test]
async fn a_session_ends_where_the_number_was_somebody_elses() {
    let scene = Scene::open().await;
    let mut school = School::of(40);
    scene.give(&school.whole()).await;
    let (_, name) = scene.account(&school, "E0001").await;
    let mut visitor = scene.world.visitor();
    let first = scene.world.arrive(&mut visitor, "skolebroen").await;
    let page = scene.world.log_in_as(&mut visitor, &first, name.as_str()).await;
    assert!(is_logged_in(&page), "{}", page.body);
    school.person("E0001").person.number = super::school::cpr(&super::school::nth_cpr(7000));
    let wish = Wish {
        reidentifies: Some(super::school::local("E0001")),
        ..Wish::default()
    };
    assert_eq!(scene.give_as(&school.whole(), &wish).await, ImportState::Applied);
    let after = scene.world.arrive(&mut visitor, "skolebroen").await;
    assert!(!is_logged_in(&after), "whoever it was logs in again, if they can");
}

#[tokio::test]
async fn who_was_forgotten_is_unknown_and_who_was_never_sent_too() {
    let scene = Scene::open().await;
    let mut school = School::of(40);
    scene.give(&school.whole()).await;
    let (_, name) = scene.account(&school, "E0001").await;
    school.without("E0001");
    scene.give(&school.whole()).await;
    scene.world.house.wait(SignedDuration::from_hours(1));
    let portner = &scene.world.house.portner;
    let mut settings = portner.settings.import.clone();
    settings.grace_days = 0;
    let kept = upkeep::round(&portner.store, &settings, &portner.ambient)
        .await
        .unwrap();
    assert_eq!(
        kept.forgotten.accounts, 2,
        "the pupil, and the mother who was nobody's"
    );
    let unknown = portner::domain::refusal::Refusal::UnknownUserName.code();
    assert_eq!(scene.log_in(&name).await, Err(unknown.to_owned()), "E1");
}
