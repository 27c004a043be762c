//! Five minutes without a password, which a teacher has opened (DR17; U50–U53, E11; H01–H04, H07).

use jiff::SignedDuration;
use portner::domain::account::AccountId;
use portner::domain::login_name::BareName;
use portner::domain::teacher_help::{HelpWindow, Place};
use portner::login::new_secret::TIMES;
use portner::people::teacher_desk::{Asked, NotDone, OnDesk, TeacherDesk, WhyNobody};

use super::picture_passwords::{pick, tokens};
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::PASSWORD;
use crate::world::html;
use crate::world::visitor::Visitor;

const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// Beside the teacher.
pub(super) const BESIDE: &str = "192.0.2.77";
const ELSEWHERE: &str = "198.51.100.5";

/// A teacher of 2.B and 8.C, a pupil of 8.C with a password and one who never had any, who goes to a school
/// without a login of its own too.
pub(super) const PEOPLE: &str = r#"
[[person]]
given-name = "Tove"
family-name = "Lærke"
[[person.account]]
user-name = "tove1234"
uni-id = "tove1234"
password = "demo-kode-42"
[[person.account.actor]]
group = "medarbejder"
roles = ["Lærer"]
institution = "101001"
classes = ["2.B", "8.C"]

[[person]]
given-name = "Ulla"
family-name = "Uden"
[[person.account]]
user-name = "ulla1234"
uni-id = "ulla1234"
password = "demo-kode-42"
[[person.account.actor]]
group = "medarbejder"
roles = ["Lærer"]
institution = "101001"

[[person]]
given-name = "Aksel"
family-name = "Krogh"
[[person.account]]
user-name = "akse1234"
uni-id = "akse1234"
password = "demo-kode-42"
password-rule = "udskoling"
[[person.account.actor]]
group = "elev"
institution = "101001"
level = "8"
classes = ["8.C"]

[[person]]
given-name = "Nye"
family-name = "Nielsen"
[[person.account]]
user-name = "nyen1234"
uni-id = "nyen1234"
[[person.account.actor]]
group = "elev"
institution = "101001"
level = "8"
classes = ["8.C"]
[[person.account.actor]]
group = "elev"
institution = "909001"
level = "8"
"#;

struct Class {
    world: Federation,
}

impl Class {
    async fn open() -> Self {
        Self {
            world: Federation::start_with_people(PEOPLE).await,
        }
    }

    async fn account(&self, name: &str) -> AccountId {
        let store = &self.world.house.portner.store;
        let name = BareName::parse(name).unwrap();
        store.account_by_user_name(&name).await.unwrap().unwrap().id
    }

    async fn desk_of(&self, name: &str) -> Option<TeacherDesk> {
        let portner = &self.world.house.portner;
        let account = self.account(name).await;
        let record = portner
            .store
            .record_of_account(account, self.world.house.now())
            .await;
        let record = record.unwrap().unwrap();
        let actor = &record.accounts[0].actors[0];
        let registry = portner.registry();
        TeacherDesk::for_actor(
            &portner.store,
            &portner.ambient,
            &registry,
            record.person.id,
            actor,
        )
    }

    fn asked(&self) -> Asked {
        Asked {
            reference: self.world.house.portner.ambient.uuid(),
            place: Place(Some("192.0.2.0/24".to_owned())),
        }
    }

    /// Tove opens a window.
    async fn open_for(&self, pupil: &str) -> HelpWindow {
        let desk = self.desk_of("tove1234").await.unwrap();
        let account = self.account(pupil).await;
        assert_eq!(desk.open(&[account], &self.asked()).await.unwrap(), 1);
        self.window_of(pupil).await
    }

    async fn window_of(&self, pupil: &str) -> HelpWindow {
        let account = self.account(pupil).await;
        let store = &self.world.house.portner.store;
        store.last_help_window(account).await.unwrap().unwrap()
    }

    /// A browser there, and the page that comes after the name.
    async fn come(&self, from: &str, name: &str) -> (Visitor, Page) {
        let mut visitor = self.world.visitor().from(from);
        let client = self.world.client("laesehesten");
        let page = visitor.get(&client.request(&[])).await;
        let page = self.world.type_name(&mut visitor, &page, name).await;
        (visitor, page)
    }

    async fn acts(&self) -> Vec<String> {
        let rows = self.world.house.audit().await;
        rows.into_iter().map(|row| row.act).collect()
    }

    async fn sessions(&self) -> usize {
        self.world.house.count("sessions").await
    }
}

pub(super) fn is_at(page: &Page, what: &str) -> bool {
    page.url.path().ends_with(&format!("/{what}"))
}

pub(super) async fn press(visitor: &mut Visitor, page: &Page, what: &str) -> Page {
    let forms = html::forms(&page.body);
    let has = |form: &&html::Form| {
        form.buttons
            .iter()
            .any(|(name, value)| name == "do" && value == what)
    };
    let form = forms.iter().find(has);
    let form = form.unwrap_or_else(|| panic!("no {what} at {}\n{}", page.url, page.body));
    visitor.submit(form, &[("do", what)]).await
}

/// The pictures that a page shows, by what people call them.
pub(super) fn shown_pictures(page: &Page) -> Vec<String> {
    let names = page.body.split("picture-name\">").skip(1);
    names
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect()
}

fn shown_text(page: &Page) -> String {
    let (_, rest) = page.body.split_once("translate=\"no\">").unwrap();
    rest.split('<').next().unwrap().to_owned()
}

/// Learns the pictures that a page shows.
pub(super) async fn learn_pictures(visitor: &mut Visitor, page: &Page) -> (Vec<String>, Page) {
    let pictures = shown_pictures(page);
    assert_eq!(pictures.len(), 4, "{}", page.body);
    let names: Vec<&str> = pictures.iter().map(String::as_str).collect();
    let mut page = press(visitor, page, "learnt").await;
    for _ in 0..TIMES {
        page = pick(visitor, &page, &names).await;
    }
    (pictures, page)
}

#[tokio::test]
async fn a_pupil_of_2b_who_forgot_the_pictures_gets_others_and_logs_in_with_them() {
    let class = Class::open().await;
    class.open_for("stor1234").await;
    let (mut storm, page) = class.come(BESIDE, "stor1234").await;
    assert!(is_at(&page, "change"), "{}: {}", page.url, page.body);
    assert!(page.body.contains("Din lærer har givet dig en ny adgangskode"));
    // The old one lives until the new one is confirmed.
    let old = ["kat", "sol", "fisk", "æble"];
    let (mut other, first) = class.come(ELSEWHERE, "stor1234").await;
    assert!(is_at(&first, "password"), "{}", first.url);
    assert!(is_logged_in(&pick(&mut other, &first, &old).await));
    let before = class.sessions().await;

    let (pictures, page) = learn_pictures(&mut storm, &page).await;
    assert!(is_at(&page, "changed"), "{}", page.body);
    assert!(
        page.body.contains("Nu skal du logge ind med den nye"),
        "{}",
        page.body
    );
    assert_eq!(class.sessions().await, before, "nobody is logged in by it");
    let page = storm.submit(&page.form(), &[]).await;
    assert!(is_at(&page, "password") && !is_logged_in(&page), "{}", page.body);
    let names: Vec<&str> = pictures.iter().map(String::as_str).collect();
    let page = pick(&mut storm, &page, &names).await;
    assert!(is_logged_in(&page), "{}", page.body);

    let (mut again, page) = class.come(BESIDE, "stor1234").await;
    assert!(is_at(&page, "password"), "once");
    assert!(
        !page.body.contains("fem minutter er gået"),
        "it went well: nothing is said"
    );
    let page = pick(&mut again, &page, &old).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-102"));
    let acts = class.acts().await;
    for act in ["reset.opened", "reset.used", "reset.finished", "password.changed"] {
        assert_eq!(
            acts.iter().filter(|one| *one == act).count(),
            1,
            "{act}: {acts:?}"
        );
    }
}

#[tokio::test]
async fn an_older_pupil_may_choose_and_who_never_had_a_password_gets_one() {
    let class = Class::open().await;
    class.open_for("akse1234").await;
    let (mut aksel, page) = class.come(BESIDE, "akse1234").await;
    let page = press(&mut aksel, &page, "choose").await;
    let own = "Gulerod-77-traktor";
    let typed = [("new", own), ("again", own), ("do", "own")];
    let page = aksel.submit(&page.form(), &typed).await;
    assert!(is_at(&page, "changed"), "{}", page.body);
    let page = aksel.submit(&page.form(), &[]).await;
    let page = aksel.submit(&page.form(), &[("password", own)]).await;
    assert!(is_logged_in(&page), "{}", page.body);

    class.open_for("nyen1234").await;
    let (mut newcomer, page) = class.come(BESIDE, "nyen1234").await;
    let secret = shown_text(&page);
    let mut page = press(&mut newcomer, &page, "learnt").await;
    for _ in 0..TIMES {
        page = newcomer
            .submit(&page.form(), &[("new", &secret), ("do", "done")])
            .await;
    }
    let page = newcomer.submit(&page.form(), &[]).await;
    let page = newcomer.submit(&page.form(), &[("password", &secret)]).await;
    assert!(is_logged_in(&page), "{}", page.body);
}

#[tokio::test]
async fn a_window_closes_after_five_minutes_to_the_second_and_the_late_are_told() {
    let class = Class::open().await;
    class.open_for("stor1234").await;
    class.world.house.wait(SECOND * 299);
    let (_, page) = class.come(BESIDE, "stor1234").await;
    assert!(is_at(&page, "change"), "{}", page.body);
    class.world.house.wait(SignedDuration::from_mins(16));
    class.open_for("stor1234").await;
    class.world.house.wait(SECOND * 301);
    let (_, page) = class.come(BESIDE, "stor1234").await;
    assert!(is_at(&page, "password"), "{}", page.body);
    assert!(page.body.contains("De fem minutter er gået"), "{}", page.body);
    class.world.house.wait(SignedDuration::from_mins(10));
    let (_, page) = class.come(BESIDE, "stor1234").await;
    assert!(!page.body.contains("De fem minutter er gået"), "{}", page.body);
}

#[tokio::test]
async fn of_many_browsers_at_once_one_goes_through_and_may_look_away() {
    let class = Class::open().await;
    class.open_for("stor1234").await;
    let client = class.world.client("laesehesten");
    let mut ready = Vec::new();
    for _ in 0..20 {
        let mut visitor = class.world.visitor().from(BESIDE);
        let page = visitor.get(&client.request(&[])).await;
        ready.push((visitor, page));
    }
    let tries = ready.into_iter().map(|(mut visitor, page)| {
        tokio::spawn(async move {
            let page = visitor.submit(&page.form(), &[("name", "stor1234")]).await;
            (visitor, page)
        })
    });
    let mut through = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        let (visitor, page) = one.await.unwrap();
        if is_at(&page, "change") {
            through.push((visitor, page));
        } else {
            assert!(page.body.contains("en anden har brugt dem"), "{}", page.body);
        }
    }
    assert_eq!(through.len(), 1);
    // Going back to the name and coming again is the same login.
    let (mut visitor, page) = through.pop().unwrap();
    let seen = shown_pictures(&page);
    let name = page.url.path().replace("/change", "/name");
    let page = visitor.get(&name).await;
    let page = class.world.type_name(&mut visitor, &page, "stor1234").await;
    assert_eq!(shown_pictures(&page), seen);
    // So is coming by another node.
    let restarted = class.world.house.restarted().await;
    let mut moved = visitor.moved_to(&restarted);
    let page = moved.get(page.url.path()).await;
    assert_eq!(shown_pictures(&page), seen);
}

fn name_of(picture: u8) -> String {
    let texts = portner::texts::Texts::new(portner::texts::Wording::default()).unwrap();
    let danish = texts.in_language(portner::domain::text::Language::Da);
    danish.say(&format!("picture-{picture:02}"))
}

#[tokio::test]
async fn from_another_network_the_teachers_picture_is_asked_for() {
    let class = Class::open().await;
    let window = class.open_for("stor1234").await;
    let right = name_of(window.picture.number);
    // A classmate at home who knows the name.
    let (mut thief, page) = class.come(ELSEWHERE, "stor1234").await;
    assert!(is_at(&page, "teacher-picture"), "{}", page.url);
    let offered = tokens(&page);
    assert_eq!(offered.len(), 9);
    let again = thief.get(page.url.path()).await;
    assert_eq!(
        tokens(&again).keys().collect::<Vec<_>>(),
        offered.keys().collect::<Vec<_>>(),
        "looking twice tells nothing"
    );
    assert!(
        tokens(&again)
            .values()
            .all(|token| !offered.values().any(|known| known == token))
    );
    let wrong = offered.iter().find(|(name, _)| **name != right).unwrap().1;
    let page = thief.submit(&page.form(), &[("pick", wrong)]).await;
    assert!(is_at(&page, "password"), "{}", page.url);
    assert!(
        page.refusal_code().is_none() && !page.body.contains("billede viser"),
        "{}",
        page.body
    );
    assert!(class.acts().await.contains(&"reset.attempt_refused".to_owned()));
    assert_eq!(
        class.window_of("stor1234").await.refused,
        1,
        "the teacher sees it"
    );

    // The pupil, who is at home too and sees the teacher's screen.
    let (mut storm, page) = class.come("203.0.113.9", "stor1234").await;
    let token = tokens(&page)[&right].clone();
    let page = storm.submit(&page.form(), &[("pick", &token)]).await;
    assert!(is_at(&page, "change"), "{}", page.body);
    let (_, page) = learn_pictures(&mut storm, &page).await;
    assert!(is_at(&page, "changed"), "{}", page.body);
}

#[tokio::test]
async fn two_wrong_pictures_close_the_window_to_all_but_the_teachers_network() {
    let class = Class::open().await;
    let window = class.open_for("stor1234").await;
    let right = name_of(window.picture.number);
    for _ in 0..2 {
        let (mut thief, page) = class.come(ELSEWHERE, "stor1234").await;
        let wrong = tokens(&page)
            .into_iter()
            .find(|(name, _)| *name != right)
            .unwrap()
            .1;
        thief.submit(&page.form(), &[("pick", &wrong)]).await;
    }
    let (_, page) = class.come(ELSEWHERE, "stor1234").await;
    assert!(is_at(&page, "password"), "{}", page.url);
    // Nobody knows where this one is.
    let mut nowhere = class.world.visitor();
    let client = class.world.client("laesehesten");
    let page = nowhere.get(&client.request(&[])).await;
    let page = class.world.type_name(&mut nowhere, &page, "stor1234").await;
    assert!(is_at(&page, "password"), "{}", page.url);
    let (_, page) = class.come(BESIDE, "stor1234").await;
    assert!(is_at(&page, "change"), "{}", page.url);
    // Who remembers after all need not pick anything.
    class.open_for("stor1234").await;
    let (mut storm, page) = class.come(ELSEWHERE, "stor1234").await;
    let page = press(&mut storm, &page, "password").await;
    assert!(is_at(&page, "password"), "{}", page.url);
    let page = pick(&mut storm, &page, &["kat", "sol", "fisk", "æble"]).await;
    assert!(is_logged_in(&page), "{}", page.body);
}

#[tokio::test]
async fn an_installation_may_do_without_pictures_until_a_day_that_it_names() {
    let settings = "[help]\nwithout_picture_until = 2027-03-01T09:00:00Z\n";
    let world = Federation::start_changed(|files| {
        files.put(crate::world::house::MORE_PEOPLE, PEOPLE);
        files.add("portner.toml", settings);
    })
    .await;
    let class = Class { world };
    class.open_for("stor1234").await;
    let (_, page) = class.come(ELSEWHERE, "stor1234").await;
    assert!(is_at(&page, "change"), "{}", page.url);
    class.world.house.wait(SignedDuration::from_mins(60));
    class.open_for("stor1234").await;
    let (_, page) = class.come(ELSEWHERE, "stor1234").await;
    assert!(is_at(&page, "teacher-picture"), "{}", page.url);
}

#[tokio::test]
async fn no_way_leads_from_a_window_to_a_service() {
    let class = Class::open().await;
    class.open_for("stor1234").await;
    let (mut storm, page) = class.come(BESIDE, "stor1234").await;
    let here = page.url.path().trim_end_matches("/change").to_owned();
    let form = page.form();
    for posted in [
        "account",
        "actor",
        "runs-out",
        "changed",
        "tell",
        "change",
        "password",
        "new-password",
    ] {
        let mut form = form.clone();
        form.action = format!("{here}/{posted}");
        for what in ["later", "now", "stay", "done", "own", "learnt", "x"] {
            let page = storm.submit(&form, &[("do", what)]).await;
            assert!(!is_logged_in(&page), "{posted} {what}");
        }
    }
    let client = class.world.client("laesehesten");
    let page = storm.get(&client.request(&[("prompt", "none")])).await;
    assert_eq!(client.answer(&page)["error"], "login_required");
    assert_eq!(class.sessions().await, 0);
}

#[tokio::test]
async fn a_teacher_takes_a_window_back_and_a_lost_relation_does_too() {
    let class = Class::open().await;
    let desk = class.desk_of("tove1234").await.unwrap();
    let window = class.open_for("stor1234").await;
    desk.cancel(window.id, &class.asked()).await.unwrap();
    let (_, page) = class.come(BESIDE, "stor1234").await;
    assert!(is_at(&page, "password"), "{}", page.url);
    let again = desk.cancel(window.id, &class.asked()).await;
    assert!(matches!(again, Err(NotDone::Stale)), "{again:?}");

    // In the middle of learning.
    let window = class.open_for("stor1234").await;
    let (mut storm, page) = class.come(BESIDE, "stor1234").await;
    let page = press(&mut storm, &page, "learnt").await;
    desk.cancel(window.id, &class.asked()).await.unwrap();
    let page = pick(&mut storm, &page, &["kat", "kat", "kat", "kat"]).await;
    assert!(is_at(&page, "password"), "{}", page.url);
    assert!(page.body.contains("De fem minutter er gået"), "{}", page.body);

    class.open_for("stor1234").await;
    let (mut storm, page) = class.come(BESIDE, "stor1234").await;
    class
        .world
        .house
        .execute("DELETE FROM memberships WHERE actor IN (SELECT r.id FROM actors r JOIN accounts a ON a.id = r.account WHERE a.user_name = 'tove1234')")
        .await;
    let page = storm.get(page.url.path()).await;
    assert!(
        is_at(&page, "change") && page.body.contains("De fem minutter er gået"),
        "{}",
        page.body
    );
    let (_, page) = class.come(BESIDE, "stor1234").await;
    assert!(is_at(&page, "password"), "{}", page.url);
    assert_eq!(class.sessions().await, 0);
}

#[tokio::test]
async fn windows_are_for_own_pupils_alone() {
    let class = Class::open().await;
    let desk = class.desk_of("tove1234").await.unwrap();
    let ours = class.account("stor1234").await;
    // Another class, staff, a parent, nobody at all: one answer, and nothing is opened for anybody.
    let mut strangers = vec![AccountId(uuid::Uuid::nil())];
    for name in ["frid1234", "vera1234", "bent1234", "tove1234"] {
        strangers.push(class.account(name).await);
    }
    for stranger in strangers {
        let denied = desk.open(&[ours, stranger], &class.asked()).await;
        assert!(matches!(denied, Err(NotDone::NotYours)), "{denied:?}");
    }
    assert_eq!(class.world.house.count("help_windows").await, 0);
    assert!(class.acts().await.iter().all(|act| act == "reset.deny"));
    let none = desk.open(&[], &class.asked()).await;
    assert!(matches!(none, Err(NotDone::Nobody)), "{none:?}");

    class
        .world
        .house
        .execute("UPDATE accounts SET blocked = TRUE WHERE user_name = 'stor1234'")
        .await;
    let denied = desk.open(&[ours], &class.asked()).await;
    assert!(matches!(denied, Err(NotDone::BeyondHelp)), "{denied:?}");

    assert!(class.desk_of("stor1234").await.is_none(), "a pupil has no desk");
    assert!(
        class.desk_of("vera1234").await.is_none(),
        "staff who is no teacher has none"
    );
    let empty = class.desk_of("ulla1234").await.unwrap();
    assert_eq!(
        empty.look().await.unwrap(),
        OnDesk::Nobody(WhyNobody::WrittenByHand)
    );
}

#[tokio::test]
async fn a_blocked_pupil_and_one_with_another_password_have_no_window_any_more() {
    let class = Class::open().await;
    class.open_for("akse1234").await;
    class
        .world
        .house
        .execute("UPDATE accounts SET blocked = TRUE WHERE user_name = 'akse1234'")
        .await;
    let (_, page) = class.come(BESIDE, "akse1234").await;
    assert!(is_at(&page, "password"), "{}", page.url);
    class
        .world
        .house
        .execute("UPDATE accounts SET blocked = FALSE WHERE user_name = 'akse1234'")
        .await;
    let (mut aksel, page) = class.come(ELSEWHERE, "akse1234").await;
    let page = press(&mut aksel, &page, "password").await;
    let page = aksel
        .get(&page.url.path().replace("/password", "/new-password"))
        .await;
    let page = aksel.submit(&page.form(), &[]).await;
    let page = aksel.submit(&page.form(), &[("password", PASSWORD)]).await;
    let page = press(&mut aksel, &page, "choose").await;
    let own = "Gulerod-77-traktor";
    let typed = [("new", own), ("again", own), ("do", "own")];
    let page = aksel.submit(&page.form(), &typed).await;
    assert!(is_at(&page, "changed"), "{}", page.body);
    let (_, page) = class.come(BESIDE, "akse1234").await;
    assert!(is_at(&page, "password"), "the password has changed: {}", page.url);
}

#[tokio::test]
async fn who_stands_at_the_password_already_says_that_the_teacher_has_helped() {
    let class = Class::open().await;
    let (mut storm, page) = class.come(BESIDE, "stor1234").await;
    assert!(is_at(&page, "password"));
    let forgotten = page.url.path().replace("/password", "/forgotten");
    let asked = storm.get(&forgotten).await;
    let told = storm.submit(&asked.form(), &[]).await;
    assert!(
        is_at(&told, "password")
            && told
                .body
                .contains("Der er ikke givet nogen ny adgangskode lige nu"),
        "there is no window: {}",
        told.body
    );
    class.open_for("stor1234").await;
    let page = storm
        .get(&page.url.path().replace("/password", "/forgotten"))
        .await;
    let page = storm.submit(&page.form(), &[]).await;
    assert!(is_at(&page, "change"), "{}", page.body);
}

#[tokio::test]
async fn it_was_not_the_pupil() {
    let class = Class::open().await;
    let desk = class.desk_of("tove1234").await.unwrap();
    let window = class.open_for("stor1234").await;
    let (mut thief, page) = class.come(BESIDE, "stor1234").await;
    let (pictures, page) = learn_pictures(&mut thief, &page).await;
    let names: Vec<&str> = pictures.iter().map(String::as_str).collect();
    let page = thief.submit(&page.form(), &[]).await;
    assert!(is_logged_in(&pick(&mut thief, &page, &names).await));
    let desk_again = class.desk_of("ulla1234").await.unwrap();
    let denied = desk_again.undo(window.id, &class.asked()).await;
    assert!(matches!(denied, Err(NotDone::NotYours)), "{denied:?}");
    class.world.house.wait(SignedDuration::from_hours(23));
    desk.undo(window.id, &class.asked()).await.unwrap();
    let client = class.world.client("laesehesten");
    let page = thief.get(&client.request(&[])).await;
    assert!(!is_logged_in(&page), "the session is over");
    let page = class.world.type_name(&mut thief, &page, "stor1234").await;
    let page = pick(&mut thief, &page, &names).await;
    assert_eq!(
        page.refusal_code().as_deref(),
        Some("UL-102"),
        "the password is dead"
    );
    // The pupil gets another.
    class.open_for("stor1234").await;
    let (mut storm, page) = class.come(BESIDE, "stor1234").await;
    let (_, page) = learn_pictures(&mut storm, &page).await;
    assert!(is_at(&page, "changed"), "{}", page.body);
    let late = desk.undo(window.id, &class.asked()).await;
    assert!(matches!(late, Err(NotDone::Stale)), "{late:?}");
}

/// A pupil of 8.C whose only school has a login of its own, and who has no password here.
pub(super) const LOCAL: &str = r#"
[[person]]
given-name = "Lona"
family-name = "Lokal"
[[person.account]]
user-name = "lona1234"
uni-id = "lona1234"
[[person.account.actor]]
group = "elev"
institution = "101001"
level = "8"
classes = ["8.C"]
"#;

#[tokio::test]
async fn no_window_leads_to_a_first_password_round_a_schools_own_login() {
    let world = Federation::start_with_people(&format!("{PEOPLE}{LOCAL}")).await;
    let class = Class { world };
    let desk = class.desk_of("tove1234").await.unwrap();
    let lona = class.account("lona1234").await;
    let denied = desk.open(&[lona], &class.asked()).await;
    assert!(matches!(denied, Err(NotDone::BeyondHelp)), "{denied:?}");
    assert_eq!(class.world.house.count("help_windows").await, 0);
    let rows = class.world.house.audit().await;
    let row = rows.iter().find(|row| row.act == "reset.deny").unwrap();
    assert_eq!(
        row.account,
        Some(lona.0.to_string()),
        "the auditor sees whom it was about"
    );

    // A window that is open when the last school without a login of its own is left.
    class.open_for("nyen1234").await;
    class
        .world
        .house
        .execute(
            "UPDATE actors SET active_until = 1 WHERE institution = '909001'
             AND account = (SELECT id FROM accounts WHERE user_name = 'nyen1234')",
        )
        .await;
    let (_, page) = class.come(BESIDE, "nyen1234").await;
    assert!(is_at(&page, "password"), "{}", page.url);
    // Who has a password here keeps the way to another.
    class.open_for("akse1234").await;
    let (_, page) = class.come(BESIDE, "akse1234").await;
    assert!(is_at(&page, "change"), "{}", page.url);
}

#[tokio::test]
async fn a_name_typed_again_by_who_is_proved_uses_no_window_up() {
    const TWICE: &str = r#"
[[person]]
given-name = "Dea"
family-name = "Dobbelt"
[[person.account]]
user-name = "dead1234"
uni-id = "dead1234"
password = "demo-kode-42"
password-rule = "udskoling"
[[person.account.actor]]
group = "elev"
institution = "101001"
level = "8"
classes = ["8.C"]
[[person.account.actor]]
group = "elev"
institution = "909001"
level = "8"
"#;
    let world = Federation::start_with_people(&format!("{PEOPLE}{TWICE}")).await;
    let class = Class { world };
    let mut dea = class.world.visitor().from(BESIDE);
    let first = class.world.arrive(&mut dea, "skolebroen-valg").await;
    let page = class.world.log_in_as(&mut dea, &first, "dead1234").await;
    assert!(is_at(&page, "actor"), "{}: {}", page.url, page.body);
    class.open_for("dead1234").await;
    class.world.type_name(&mut dea, &first, "dead1234").await;
    let window = class.window_of("dead1234").await;
    assert_eq!(window.taken_at, None);
    assert!(!class.acts().await.contains(&"reset.used".to_owned()));
}

#[tokio::test]
async fn who_was_let_in_and_knows_the_password_after_all_logs_in_by_it() {
    let class = Class::open().await;
    let window = class.open_for("akse1234").await;
    let (mut aksel, page) = class.come(BESIDE, "akse1234").await;
    let page = press(&mut aksel, &page, "stay").await;
    assert!(is_at(&page, "password"), "{}: {}", page.url, page.body);
    let page = aksel.submit(&page.form(), &[("password", PASSWORD)]).await;
    assert!(is_logged_in(&page), "{}", page.body);
    assert_eq!(class.window_of("akse1234").await.finished_at, None);
    assert_eq!(class.window_of("akse1234").await.id, window.id);
    // Who has none must learn one.
    class.open_for("nyen1234").await;
    let (mut newcomer, page) = class.come(BESIDE, "nyen1234").await;
    assert!(!page.body.contains("value=\"stay\""), "{}", page.body);
    let page = newcomer.submit(&page.form(), &[("do", "stay")]).await;
    assert!(is_at(&page, "change"), "{}", page.url);
}

#[tokio::test]
async fn pupils_read_in_their_own_past_what_became_of_a_window() {
    let class = Class::open().await;
    let desk = class.desk_of("tove1234").await.unwrap();
    let window = class.open_for("akse1234").await;
    let right = name_of(window.picture.number);
    let (mut thief, page) = class.come(ELSEWHERE, "akse1234").await;
    let wrong = tokens(&page)
        .into_iter()
        .find(|(name, _)| *name != right)
        .unwrap()
        .1;
    thief.submit(&page.form(), &[("pick", &wrong)]).await;
    class.come(BESIDE, "akse1234").await;
    desk.cancel(window.id, &class.asked()).await.unwrap();
    let mut aksel = class.world.visitor();
    let first = aksel.get("/min-side/historik").await;
    let page = class.world.log_in_as(&mut aksel, &first, "akse1234").await;
    for told in [
        "valgte et forkert lærerbillede",
        "fik en ny adgangskode at se",
        "blev lukket igen",
    ] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
}
