//! Passwords that must be changed or may be: at the first login, at another stage, after a year,
//! at will (U25, U31, U35–U43; G14, G15, H09).

use jiff::SignedDuration;
use portner::domain::login_name::BareName;
use portner::login::new_secret::TIMES;

use super::picture_passwords::{pick, tokens};
use crate::attacks::oidc_codes::assert_refused;
use crate::attacks::oidc_tokens::tokens_for;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::{MORE_PEOPLE, PASSWORD};
use crate::world::html;
use crate::world::oidc_client::{text_of, userinfo};
use crate::world::visitor::Visitor;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const CODE: &str = "k7m-p2x-9qd";

/// One browser in one federation.
struct Scene {
    world: Federation,
    browser: Visitor,
}

/// Somebody beside the demonstration's people.
fn person(name: &str, level: &str, more: &str) -> String {
    format!(
        "[[person]]\ngiven-name = \"Aksel\"\nfamily-name = \"Krogh\"\n[[person.account]]\n\
         user-name = \"{name}\"\nuni-id = \"{name}\"\npassword = \"{PASSWORD}\"\n{more}\n\
         [[person.account.actor]]\ngroup = \"elev\"\ninstitution = \"101001\"\n{level}\n"
    )
}

impl Scene {
    async fn set() -> Self {
        Self::with("").await
    }

    async fn with(people: &str) -> Self {
        let world = Federation::start_with_people(people).await;
        let browser = world.visitor();
        Self { world, browser }
    }

    async fn type_password(&mut self, name: &str, password: &str) -> Page {
        let page = self.arrive().await;
        let page = self.world.type_name(&mut self.browser, &page, name).await;
        self.browser.submit(&page.form(), &[("password", password)]).await
    }

    /// At the first page of a login, at any time: a service that has no metadata to run out.
    async fn arrive(&mut self) -> Page {
        let client = self.world.client("laesehesten");
        self.browser.get(&client.request(&[])).await
    }

    /// The same in a browser that knows nothing.
    async fn anew(&mut self, name: &str, password: &str) -> Page {
        self.browser = self.world.visitor();
        self.type_password(name, password).await
    }

    async fn press(&mut self, page: &Page, what: &str) -> Page {
        let forms = html::forms(&page.body);
        let form = forms.iter().find(|form| {
            form.buttons
                .iter()
                .any(|(name, value)| name == "do" && value == what)
        });
        let form = form.unwrap_or_else(|| panic!("no {what} at {}\n{}", page.url, page.body));
        self.browser.submit(form, &[("do", what)]).await
    }

    async fn rehearse(&mut self, page: &Page, typed: &str) -> Page {
        self.browser
            .submit(&page.form(), &[("new", typed), ("do", "done")])
            .await
    }

    /// Learns the password that a page shows, and is told that it was changed.
    async fn learn(&mut self, page: &Page) -> (String, Page) {
        let secret = shown(page);
        let mut page = self.press(page, "learnt").await;
        for _ in 0..TIMES {
            assert!(!page.body.contains(&secret), "it is hidden while it is asked for");
            page = self.rehearse(&page, &secret).await;
        }
        assert!(is_at(&page, "changed"), "{}", page.body);
        (secret, page)
    }

    async fn choose(&mut self, page: &Page, new: &str, again: &str) -> Page {
        let form = page.form();
        self.browser
            .submit(&form, &[("new", new), ("again", again), ("do", "own")])
            .await
    }
}

fn is_at(page: &Page, what: &str) -> bool {
    page.url.path().ends_with(&format!("/{what}"))
}

/// The password that a page shows.
fn shown(page: &Page) -> String {
    let (_, rest) = page
        .body
        .split_once("translate=\"no\">")
        .unwrap_or_else(|| panic!("nothing is shown at {}\n{}", page.url, page.body));
    rest.split('<').next().unwrap().to_owned()
}

async fn sessions(world: &Federation) -> usize {
    world.house.count("sessions").await
}

#[tokio::test]
async fn a_code_leads_to_a_password_of_ones_own_and_to_nothing_else() {
    let mut scene = Scene::set().await;
    // As it is written, however it is typed.
    let page = scene.type_password("noah1234", " K7M p2x-9QD ").await;
    assert!(is_at(&page, "change"), "{}", page.body);
    assert!(page.body.contains("Nu får du din egen adgangskode"));
    assert_eq!(sessions(&scene.world).await, 0);
    let (secret, page) = scene.learn(&page).await;
    assert!(page.body.contains("Din adgangskode er skiftet"));
    let page = scene.browser.submit(&page.form(), &[]).await;
    assert!(is_logged_in(&page), "{}", page.body);

    let page = scene.anew("noah1234", CODE).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-102"), "it was good once");
    let page = scene.anew("noah1234", &secret).await;
    assert!(is_logged_in(&page), "{}", page.body);
    let acts: Vec<_> = scene
        .world
        .house
        .audit()
        .await
        .into_iter()
        .map(|row| row.act)
        .collect();
    assert_eq!(acts.iter().filter(|act| *act == "password.changed").count(), 1);
}

#[tokio::test]
async fn no_way_leads_past_a_change_that_is_due() {
    for (name, password) in [("noah1234", CODE), ("maja1234", PASSWORD)] {
        let mut scene = Scene::set().await;
        let page = scene.type_password(name, password).await;
        assert!(is_at(&page, "change"), "{name}: {}", page.body);
        let here = page.url.path().trim_end_matches("/change").to_owned();
        // Back, deep links, and what the other forms of a login are sent to.
        for way in [
            "",
            "/account",
            "/actor",
            "/password",
            "/runs-out",
            "/changed",
            "/change",
            "/tell",
        ] {
            let page = scene.browser.get(&format!("{here}{way}")).await;
            let asks = ["Din nye adgangskode</h1>", "Vælg din egen adgangskode</h1>"];
            assert!(
                asks.iter().any(|heading| page.body.contains(heading)),
                "{name}: {way}"
            );
            let forms = html::forms(&page.body);
            for posted in ["account", "actor", "runs-out", "changed", "tell", "change"] {
                let mut form = forms[0].clone();
                form.action = format!("{here}/{posted}");
                for what in ["later", "stay", "done", "own", "x"] {
                    let page = scene.browser.submit(&form, &[("do", what)]).await;
                    assert!(!is_logged_in(&page), "{name}: {posted} {what}");
                }
            }
        }
        // The name again, another tab, and a service that asks without disturbing.
        let page = scene.browser.get(&format!("{here}/name")).await;
        let page = scene.world.type_name(&mut scene.browser, &page, name).await;
        assert!(is_at(&page, "change") && !is_logged_in(&page), "{name}");
        let page = scene.arrive().await;
        assert!(!is_logged_in(&page), "{name}");
        // The same browser after a restart.
        let restarted = scene.world.house.restarted().await;
        let mut later = scene.browser.moved_to(&restarted);
        let page = later.get(&here).await;
        assert!(page.body.contains("adgangskode</h1>"), "{name}: {}", page.body);
        assert!(html::forms(&page.body)[0].action.ends_with("/change"), "{name}");
        assert_eq!(sessions(&scene.world).await, 0, "{name}: nothing was issued");
    }
}

#[tokio::test]
async fn a_password_that_has_got_too_old_stops_a_session_too() {
    let mut scene = Scene::set().await;
    let page = scene.type_password("alma1234", PASSWORD).await;
    assert!(is_logged_in(&page));
    let page = scene.arrive().await;
    assert!(is_logged_in(&page), "the session is leaned on");
    scene
        .world
        .house
        .execute("UPDATE passwords SET changed_at = 0 WHERE account = (SELECT id FROM accounts WHERE user_name = 'alma1234')")
        .await;
    let page = scene.arrive().await;
    assert!(is_at(&page, "password"), "{}", page.body);
    assert!(page.body.contains("alma1234"), "who it is need not be asked");
    let page = scene
        .browser
        .submit(&page.form(), &[("password", PASSWORD)])
        .await;
    assert!(is_at(&page, "change"), "{}", page.body);
    // A service that asks not to disturb is told that it cannot be done without.
    let client = scene.world.client("laesehesten");
    let page = scene.browser.get(&client.request(&[("prompt", "none")])).await;
    assert_eq!(client.answer(&page)["error"], "login_required");
}

#[tokio::test]
async fn a_year_ends_after_365_days_and_is_told_thirty_days_before() {
    let mut scene = Scene::with(&person(
        "akse1234",
        "level = \"8\"",
        "password-rule = \"udskoling\"",
    ))
    .await;
    let house = &scene.world.house;
    house.wait(DAY * 335 - MINUTE);
    assert!(is_logged_in(&scene.anew("akse1234", PASSWORD).await));
    scene.world.house.wait(MINUTE);
    let page = scene.anew("akse1234", PASSWORD).await;
    assert!(is_at(&page, "runs-out"), "{}", page.body);
    assert!(
        page.body.contains("29.02.2028"),
        "the last whole day: {}",
        page.body
    );
    assert_eq!(sessions(&scene.world).await, 1);
    let page = scene.press(&page, "later").await;
    assert!(is_logged_in(&page), "{}", page.body);
    assert!(
        is_logged_in(&scene.anew("akse1234", PASSWORD).await),
        "once a day"
    );
    scene.world.house.wait(DAY);
    assert!(is_at(&scene.anew("akse1234", PASSWORD).await, "runs-out"));

    // The last three days there is no "later".
    scene.world.house.wait(DAY * 26);
    let page = scene.anew("akse1234", PASSWORD).await;
    assert!(is_at(&page, "change"), "{}", page.body);
    assert!(page.body.contains("29.02.2028"));
    scene.world.house.wait(DAY * 3 - MINUTE);
    assert!(is_at(&scene.anew("akse1234", PASSWORD).await, "change"));
    scene.world.house.wait(MINUTE);
    let page = scene.anew("akse1234", PASSWORD).await;
    assert!(page.body.contains("blevet for gammel"), "{}", page.body);
}

#[tokio::test]
async fn another_stage_gives_thirty_days() {
    let pupil = person(
        "akse1234",
        "level = \"4\"\nstage-since = 2027-03-01",
        "password-rule = \"indskoling\"\npassword-age-days = 100",
    );
    let mut scene = Scene::with(&pupil).await;
    let page = scene.anew("akse1234", PASSWORD).await;
    assert!(is_at(&page, "runs-out"), "{}", page.body);
    scene.press(&page, "later").await;
    // The stage began at midnight; it is nine o'clock in Denmark.
    scene.world.house.wait(DAY * 26);
    assert!(
        is_at(&scene.anew("akse1234", PASSWORD).await, "runs-out"),
        "day 26"
    );
    for (day, text) in [
        (29, "senest 31.03.2027"),
        (30, "passer til dig nu"),
        (31, "passer til dig nu"),
    ] {
        let start = crate::world::house::START.parse::<jiff::Timestamp>().unwrap();
        let by = (start + DAY * day).duration_since(scene.world.house.now());
        scene.world.house.wait(by);
        let page = scene.anew("akse1234", PASSWORD).await;
        assert!(
            is_at(&page, "change") && page.body.contains(text),
            "day {day}: {}",
            page.body
        );
    }
    let page = scene.anew("akse1234", PASSWORD).await;
    let (secret, _) = scene.learn(&page).await;
    assert!(
        secret.bytes().all(|byte| byte.is_ascii_lowercase()),
        "two words: {secret}"
    );
    assert!(is_logged_in(&scene.anew("akse1234", &secret).await));
    scene.world.house.wait(DAY * 3000);
    assert!(
        is_logged_in(&scene.anew("akse1234", &secret).await),
        "it lasts as long as the stage"
    );
}

#[tokio::test]
async fn the_installation_can_postpone_what_age_asks_for() {
    let world = Federation::start_changed(|files| {
        files.put("rules.toml", "postponed_until = 2027-06-01T00:00:00Z\n");
        let path = files.path("rules.toml").display().to_string();
        files.change(
            "portner.toml",
            "[files]\n",
            &format!("[files]\npassword_rules = \"{path}\"\n"),
        );
    })
    .await;
    let browser = world.visitor();
    let mut scene = Scene { world, browser };
    let page = scene.anew("maja1234", PASSWORD).await;
    let page = scene.press(&page, "later").await;
    assert!(is_logged_in(&page), "{}", page.body);
    assert!(
        is_at(&scene.anew("noah1234", CODE).await, "change"),
        "a code is no password"
    );
    scene.world.house.wait(DAY * 92);
    assert!(is_at(&scene.anew("maja1234", PASSWORD).await, "change"));
}

#[tokio::test]
async fn a_new_password_is_learnt_before_it_is_the_password() {
    let mut scene = Scene::set().await;
    let page = scene.type_password("maja1234", PASSWORD).await;
    let secret = shown(&page);
    let page = scene.press(&page, "learnt").await;
    let form = page.form();
    let page = scene.rehearse(&page, &secret).await;
    assert!(page.body.contains("Én gang til"), "{}", page.body);
    let twice = scene
        .browser
        .submit(&form, &[("new", &secret), ("do", "done")])
        .await;
    assert!(is_at(&twice, "change"), "what is sent twice counts once");
    let page = scene.rehearse(&page, "noget andet").await;
    assert!(page.body.contains("ikke helt rigtigt"), "{}", page.body);
    assert_eq!(shown(&page), secret, "the same is shown again");
    let mut other = scene.world.visitor();
    let first = scene.world.arrive(&mut other, "skolebroen").await;
    let still = scene.world.log_in_as(&mut other, &first, "maja1234").await;
    assert!(is_at(&still, "change"), "the old one lives until then");
    let (_, page) = scene.learn(&page).await;
    let page = scene.browser.submit(&page.form(), &[]).await;
    assert!(is_logged_in(&page));
    let page = scene.anew("maja1234", PASSWORD).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-102"));
    assert!(is_logged_in(&scene.anew("maja1234", &secret).await));
}

#[tokio::test]
async fn what_may_not_be_chosen_is_told_all_at_once_and_in_plain_words() {
    let mut scene = Scene::set().await;
    let page = scene.type_password("maja1234", PASSWORD).await;
    let page = scene.press(&page, "choose").await;
    let page = scene.choose(&page, "maja", "maja").await;
    for problem in [
        "Den er for kort. Den skal have mindst 8 tegn.",
        "Der mangler et stort bogstav.",
        "Der mangler et tal.",
        "Den må ikke indeholde dit navn",
    ] {
        assert!(page.body.contains(problem), "{problem}: {}", page.body);
    }
    let page = scene.choose(&page, "Sommer2027", "Sommer2027").await;
    assert!(page.body.contains("en årstid"), "{}", page.body);
    let page = scene.choose(&page, "Password1", "Password1").await;
    assert!(page.body.contains("for nem at gætte"), "{}", page.body);
    let page = scene.choose(&page, &PASSWORD.replace('d', "D"), "x").await;
    assert!(page.body.contains("ikke ens"), "{}", page.body);
    let page = scene.choose(&page, &"æ9Ø".repeat(500), "x").await;
    assert!(page.body.contains("for lang"), "{}", page.body);
    let page = scene
        .choose(&page, "Gulerod-77-traktor", "Gulerod-77-traktor")
        .await;
    assert!(is_at(&page, "changed"), "{}", page.body);
    assert!(is_logged_in(&scene.anew("maja1234", "Gulerod-77-traktor").await));
}

#[tokio::test]
async fn none_of_the_last_five_comes_again() {
    let mut scene = Scene::with(&person("akse1234", "level = \"8\"", "")).await;
    let mut present = PASSWORD.to_owned();
    let mut had: Vec<String> = Vec::new();
    for number in 0..6 {
        let next = format!("Kanelsnegl-{number}-Traktor");
        let page = scene.anew("akse1234", "").await;
        let page = wish(&mut scene, &page).await;
        let page = scene
            .browser
            .submit(&page.form(), &[("password", &present)])
            .await;
        let mut page = scene.press(&page, "choose").await;
        for old in had.iter().rev().take(5) {
            page = scene.choose(&page, old, old).await;
            assert!(
                page.body.contains("Du har brugt den før"),
                "{old} after {number}: {}",
                page.body
            );
        }
        let page = scene.choose(&page, &next, &next).await;
        assert!(is_at(&page, "changed"), "{}", page.body);
        had.push(next.clone());
        present = next;
    }
    let page = scene.anew("akse1234", "").await;
    let page = wish(&mut scene, &page).await;
    let page = scene
        .browser
        .submit(&page.form(), &[("password", &present)])
        .await;
    let page = scene.press(&page, "choose").await;
    let page = scene.choose(&page, &had[0], &had[0]).await;
    assert!(
        is_at(&page, "changed"),
        "the one before the last five may come again"
    );
}

/// From the password page to "Skift adgangskode", and back to the password page.
async fn wish(scene: &mut Scene, page: &Page) -> Page {
    let link = html::links(&page.body)
        .into_iter()
        .find(|link| link.ends_with("/new-password"));
    let page = scene.browser.get(&link.unwrap()).await;
    assert!(page.body.contains("Glemt adgangskode"), "{}", page.body);
    let page = scene.press(&page, "change").await;
    assert!(page.body.contains("den adgangskode, du har nu"), "{}", page.body);
    page
}

#[tokio::test]
async fn whoever_knows_their_password_changes_it_at_will_or_keeps_it() {
    let mut scene = Scene::set().await;
    let page = scene.arrive().await;
    let page = scene.world.type_name(&mut scene.browser, &page, "alma1234").await;
    let page = wish(&mut scene, &page).await;
    let wrong = scene
        .browser
        .submit(&page.form(), &[("password", "forkert-kode")])
        .await;
    assert_eq!(wrong.refusal_code().as_deref(), Some("UL-102"));
    let page = scene
        .browser
        .submit(&wrong.form(), &[("password", PASSWORD)])
        .await;
    assert!(is_at(&page, "change"), "{}", page.body);
    assert!(is_logged_in(&scene.press(&page, "stay").await), "she keeps it");

    // Elsewhere she is logged in, and a service may renew what it has for days (E12); a change ends both.
    let client = scene.world.client("altid");
    let offline = [("scope", "openid offline_access")];
    let mut telephone = scene.world.visitor();
    let tokens = tokens_for(&scene.world, &client, &mut telephone, &offline).await;
    let tokens = client
        .renew(&telephone, &text_of(&tokens, "refresh_token"), &[])
        .await;
    assert!(tokens.status.is_success(), "{}", tokens.body);
    let mut elsewhere = scene.browser.clone();
    let page = scene.world.arrive(&mut elsewhere, "skolebroen").await;
    assert!(is_logged_in(&page));
    scene.browser = scene.world.visitor();
    let page = scene.arrive().await;
    let page = scene.world.type_name(&mut scene.browser, &page, "alma1234").await;
    let page = wish(&mut scene, &page).await;
    let page = scene
        .browser
        .submit(&page.form(), &[("password", PASSWORD)])
        .await;
    let (_, page) = scene.learn(&page).await;
    assert!(page.body.contains("logget ud alle andre steder"));
    assert!(is_logged_in(&scene.browser.submit(&page.form(), &[]).await));
    let page = scene.world.arrive(&mut elsewhere, "skolebroen").await;
    assert!(!is_logged_in(&page), "{}", page.body);
    let refresh = text_of(&tokens, "refresh_token");
    let page = client.renew(&telephone, &refresh, &[]).await;
    assert_refused(&page, "invalid_grant", "after a changed secret");
    let told = userinfo(&telephone, &text_of(&tokens, "access_token")).await;
    assert!(told.status.is_client_error(), "{}", told.body);
    // And nobody changes anything on a session alone.
    let page = scene.arrive().await;
    assert!(is_logged_in(&page));
}

#[tokio::test]
async fn of_two_changes_the_first_counts_and_the_other_must_prove_anew() {
    let mut scene = Scene::set().await;
    let first = scene.type_password("maja1234", PASSWORD).await;
    let mut other = Scene {
        browser: scene.world.visitor(),
        world: scene.world,
    };
    let second = other.type_password("maja1234", PASSWORD).await;
    let late = shown(&second);
    assert_ne!(late, shown(&first), "each login assigns its own");
    let second = other.press(&second, "learnt").await;
    let second = other.rehearse(&second, &late).await;
    let browser = std::mem::replace(&mut other.browser, scene.browser);
    scene = other;
    let (kept, _) = scene.learn(&first).await;
    scene.browser = browser;
    let page = scene.rehearse(&second, &late).await;
    assert!(
        is_at(&page, "password"),
        "what it had proved is good no longer: {}",
        page.body
    );
    let page = scene.browser.submit(&page.form(), &[("password", &late)]).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-102"));
    assert!(is_logged_in(&scene.anew("maja1234", &kept).await));
}

#[tokio::test]
async fn a_code_of_the_operator_ends_what_was_and_runs_out() {
    let mut scene = Scene::set().await;
    let page = scene.type_password("alma1234", PASSWORD).await;
    assert!(is_logged_in(&page));
    let hand_out = async |scene: &Scene| {
        let name = BareName::parse("alma1234").unwrap();
        let secrets = &scene.world.house.portner.new_secrets;
        let code = secrets.hand_out(&name, "drift".to_owned()).await.unwrap();
        code.to_string()
    };
    let first = hand_out(&scene).await;
    let page = scene.arrive().await;
    assert!(!is_logged_in(&page), "the session has ended");
    let page = scene.anew("alma1234", PASSWORD).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-102"));
    let code = hand_out(&scene).await;
    let page = scene.anew("alma1234", &first).await;
    assert_eq!(
        page.refusal_code().as_deref(),
        Some("UL-102"),
        "there is one at a time"
    );
    scene.world.house.wait(DAY * 14 - MINUTE);
    assert!(is_at(&scene.anew("alma1234", &code).await, "change"));
    scene.world.house.wait(MINUTE);
    let page = scene.anew("alma1234", &code).await;
    assert_eq!(
        page.refusal_code().as_deref(),
        Some("UL-102"),
        "after fourteen days"
    );
    let rows = scene.world.house.audit().await;
    let issued: Vec<_> = rows
        .iter()
        .filter(|row| row.act == "password.code_issued")
        .collect();
    assert_eq!(issued.len(), 2);
    assert!(issued[0].details.contains("drift"));
}

#[tokio::test]
async fn a_child_learns_four_new_pictures() {
    let pupil = person("akse1234", "level = \"1\"", "password-once = true");
    let mut scene = Scene::with(&pupil.replace(PASSWORD, "abcdefghj")).await;
    let page = scene.type_password("akse1234", "abc-def-ghj").await;
    let names: Vec<String> = page
        .body
        .split("picture-name\">")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), 4, "{}", page.body);
    assert!(
        !page.body.contains("value=\"choose\""),
        "pictures are assigned, never chosen"
    );
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let page = scene.press(&page, "learnt").await;
    let before = tokens(&page);
    let wrong = pick(&mut scene.browser, &page, &[names[1], names[0], "hus", "kat"]).await;
    assert!(wrong.body.contains("ikke helt rigtigt"), "{}", wrong.body);
    let mut page = scene.press(&wrong, "learnt").await;
    assert!(
        tokens(&page)
            .values()
            .all(|token| !before.values().any(|known| known == token))
    );
    for _ in 0..TIMES {
        page = pick(&mut scene.browser, &page, &names).await;
    }
    assert!(is_at(&page, "changed"), "{}", page.body);
    scene.browser = scene.world.visitor();
    let page = scene.arrive().await;
    let page = scene.world.type_name(&mut scene.browser, &page, "akse1234").await;
    assert!(is_logged_in(&pick(&mut scene.browser, &page, &names).await));
}

/// Each comparison costs as much as a login: whoever holds a proof of one account does not keep
/// everybody waiting with it (G01).
#[tokio::test]
async fn so_many_passwords_are_compared_in_a_day_and_no_more() {
    const USED: &str = "Kanelsnegl-7-Traktor";
    let world = Federation::start_changed(|files| {
        let akse = person("akse1234", "level = \"8\"", "").replace(PASSWORD, USED);
        files.put(MORE_PEOPLE, &akse);
        files.add("portner.toml", "[passwords]\nattempts_per_day = 8\n");
    })
    .await;
    let browser = world.visitor();
    let mut scene = Scene { world, browser };
    let page = scene.anew("akse1234", "").await;
    let page = wish(&mut scene, &page).await;
    let page = scene.browser.submit(&page.form(), &[("password", USED)]).await;
    let mut page = scene.press(&page, "choose").await;
    for number in 0..8 {
        page = scene.choose(&page, USED, USED).await;
        assert!(
            page.body.contains("Du har brugt den før"),
            "{number}: {}",
            page.body
        );
    }
    let before = scene
        .world
        .house
        .portner
        .upstreams
        .credentials
        .passwords
        .done()
        .worked;
    let page = scene.choose(&page, USED, USED).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-104"), "{}", page.body);
    assert_eq!(
        scene
            .world
            .house
            .portner
            .upstreams
            .credentials
            .passwords
            .done()
            .worked,
        before,
        "nothing was compared"
    );
}
