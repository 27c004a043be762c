//! Getting back in by oneself with the national eID: user names and new passwords of one's own and of
//! one's children (U21–U24, U27–U29), and what everybody else is not shown (H12).

use jiff::SignedDuration;
use portner::login::new_secret::TIMES;
use serde_json::{Value, json};

use super::picture_passwords::pick;
use crate::attacks::oidc_codes::assert_refused;
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::PASSWORD;
use crate::world::html;
use crate::world::oidc_client::text_of;
use crate::world::visitor::Visitor;

const SIGNE: &str = "0405861010";
const GORM: &str = "0708831011";
const HELLE: &str = "0909791012";
const NOOR: &str = "1503104013";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// One browser in one federation.
struct Scene {
    world: Federation,
    browser: Visitor,
}

impl Scene {
    async fn set() -> Self {
        Self::with(Federation::start().await)
    }

    fn with(world: Federation) -> Self {
        let browser = world.visitor();
        Self { world, browser }
    }

    /// At the first page of recovery as whoever has this number, from wherever the address came.
    async fn prove_at(&mut self, address: &str, cpr: &str) -> Page {
        let page = self.browser.get(address).await;
        assert!(page.url.path().ends_with("/choose"), "{}", page.url);
        let page = self.browser.submit(&page.form(), &[("upstream", "mitid")]).await;
        self.back_from_eid(&page, &json!({ "dk.cpr": cpr })).await
    }

    async fn prove(&mut self, cpr: &str) -> Page {
        self.prove_at("/faa-adgang", cpr).await
    }

    async fn back_from_eid(&mut self, page: &Page, said: &Value) -> Page {
        let question = self.world.mitid.read(page);
        let mut claims = self.world.mitid.claims(&question, self.world.house.now());
        claims["loa"] = json!("https://data.gov.dk/concept/core/nsis/Substantial");
        for (name, value) in said.as_object().unwrap() {
            claims[name] = value.clone();
        }
        self.world.mitid.will_say(&claims).await;
        let back = self.world.mitid.way_back(&question);
        self.browser.get(&back).await
    }

    /// Follows the link for a new password for whoever is called so.
    async fn begin(&mut self, page: &Page, given_name: &str) -> Page {
        // Who has none yet gets one, and no new one.
        let link = format!("Ny adgangskode til {given_name}");
        let first = format!("Lav en adgangskode til {given_name}");
        let found = page.body.split_once(&link);
        let Some((before, _)) = found.or_else(|| page.body.split_once(&first)) else {
            panic!("nothing for {given_name}\n{}", page.body)
        };
        let (_, href) = before.rsplit_once("href=\"").unwrap();
        let href = html::unescape(href.split('"').next().unwrap());
        self.browser.get(&href).await
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

    /// Learns the words that a page shows.
    async fn learn_words(&mut self, page: &Page) -> (String, Page) {
        let (_, rest) = page.body.split_once("class=\"secret\"").unwrap();
        let secret = rest
            .split('>')
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap()
            .to_owned();
        let mut page = self.press(page, "learnt").await;
        for _ in 0..TIMES {
            assert!(!page.body.contains(&secret), "it is hidden while it is asked for");
            page = self
                .browser
                .submit(&page.form(), &[("new", &secret), ("do", "done")])
                .await;
        }
        (secret, page)
    }

    async fn learn_pictures(&mut self, page: &Page) -> (Vec<String>, Page) {
        let names: Vec<String> = page
            .body
            .split("picture-name\">")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut page = self.press(page, "learnt").await;
        for _ in 0..TIMES {
            page = pick(&mut self.browser, &page, &names).await;
        }
        (names.into_iter().map(str::to_owned).collect(), page)
    }

    /// At the second page of a login in a browser that knows nothing.
    async fn type_name(&mut self, name: &str) -> (Visitor, Page) {
        let mut other = self.world.visitor();
        let client = self.world.client("laesehesten");
        let page = other.get(&client.request(&[])).await;
        let page = self.world.type_name(&mut other, &page, name).await;
        (other, page)
    }

    async fn logs_in(&mut self, name: &str, password: &str) -> bool {
        let (mut other, page) = self.type_name(name).await;
        is_logged_in(&other.submit(&page.form(), &[("password", password)]).await)
    }

    async fn acts(&self, act: &str) -> Vec<Value> {
        let rows = self.world.house.audit().await.into_iter();
        rows.filter(|row| row.act == act)
            .map(|row| {
                json!({
                    "person": row.person,
                    "account": row.account,
                    "details": serde_json::from_str::<Value>(&row.details).unwrap(),
                })
            })
            .collect()
    }
}

fn is_at(page: &Page, path: &str) -> bool {
    page.status == 200 && page.url.path() == path
}

#[tokio::test]
async fn a_mother_finds_her_childs_user_name_from_the_login_and_the_login_goes_on() {
    let mut scene = Scene::set().await;
    let client = scene.world.client("laesehesten");
    let first = scene.browser.get(&client.request(&[])).await;
    let links = html::links(&first.body);
    let find = links.iter().find(|link| link.starts_with("/faa-adgang")).unwrap();
    let page = scene.prove_at(&find.clone(), SIGNE).await;
    assert!(is_at(&page, "/faa-adgang"), "{}\n{}", page.url, page.body);
    for shown in ["Signe Kjær", "sign1234", "Storm Kjær", "stor1234", "Bakkeskolen"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    assert!(!page.body.contains("0405861010") && !page.body.contains("040586"));
    let told = scene.acts("username.shown").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["details"]["children"].as_array().unwrap().len(), 1);

    let forms = html::forms(&page.body);
    let done = forms
        .iter()
        .find(|form| form.action.starts_with("/faa-adgang/faerdig"));
    let page = scene.browser.submit(done.unwrap(), &[]).await;
    assert!(
        page.url.path().ends_with("/name"),
        "the login goes on: {}",
        page.url
    );
    assert!(page.body.contains("Læsehesten"));
    let page = scene.browser.get(&client.request(&[])).await;
    assert!(
        !is_logged_in(&page),
        "the mother is logged out: it may be her child's tablet"
    );
    let page = scene.world.type_name(&mut scene.browser, &page, "stor1234").await;
    assert!(page.body.contains("name=\"grid\""), "{}", page.body);
}

#[tokio::test]
async fn a_mother_gives_her_child_new_pictures_and_the_old_ones_hold_until_then() {
    let mut scene = Scene::set().await;
    let page = scene.prove(SIGNE).await;
    let page = scene.begin(&page, "Storm").await;
    assert!(
        page.body.contains("Ny adgangskode til Storm</h1>"),
        "{}",
        page.body
    );
    let again = scene.browser.get(page.url.as_str()).await;
    let pictures = |page: &Page| page.body.matches("picture-name").count();
    assert_eq!((pictures(&page), pictures(&again)), (4, 4));

    let (mut other, at_pictures) = scene.type_name("stor1234").await;
    let page_of_storm = pick(&mut other, &at_pictures, &["kat", "sol", "fisk", "æble"]).await;
    assert!(is_logged_in(&page_of_storm), "the old ones hold");
    let before = other.session().cloned();
    assert!(before.is_some());

    let (names, page) = scene.learn_pictures(&again).await;
    assert!(is_at(&page, "/faa-adgang/faerdig"), "{}\n{}", page.url, page.body);
    assert!(page.body.contains("stor1234") && page.body.contains("Storm er logget ud alle steder"));
    let client = scene.world.client("laesehesten");
    assert!(
        !is_logged_in(&other.get(&client.request(&[])).await),
        "his session has ended"
    );
    let (mut other, at_pictures) = scene.type_name("stor1234").await;
    let wrong = pick(&mut other, &at_pictures, &["kat", "sol", "fisk", "æble"]).await;
    assert_eq!(wrong.refusal_code().as_deref(), Some("UL-102"));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (mut other, at_pictures) = scene.type_name("stor1234").await;
    assert!(is_logged_in(&pick(&mut other, &at_pictures, &names).await));

    let told = scene.acts("password.recovered").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["details"]["whose"], "child");
    assert_eq!(told[0]["details"]["rule"], "indskoling");
    assert_eq!(told[0]["person"], "00000000-0000-4000-8000-000000000021");
    assert_eq!(told[0]["details"]["by"], "00000000-0000-4000-8000-000000000031");
}

#[tokio::test]
async fn whoever_has_no_custody_or_no_more_sees_nothing_and_does_nothing() {
    let mut scene = Scene::set().await;
    let page = scene.prove(SIGNE).await;
    let page = scene.begin(&page, "Storm").await;
    let (address, form) = (page.url.to_string(), page.form());

    // The father, by the very same address.
    let mut father = Scene {
        browser: scene.world.visitor(),
        ..scene
    };
    let page = father.prove(GORM).await;
    assert!(page.body.contains("gorm1234"), "{}", page.body);
    assert!(!page.body.contains("Storm") && !page.body.contains("stor1234"));
    let page = father.browser.get(&address).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-201"));
    let nobody = father
        .browser
        .get("/faa-adgang/ny/00000000-0000-4000-8000-000000000999")
        .await;
    assert_eq!(
        nobody.refusal_code().as_deref(),
        Some("UL-201"),
        "the same as for nobody"
    );
    assert_eq!((page.status, nobody.status.as_u16()), (nobody.status, 403));

    // The mother, from the moment on that the school says so.
    for change in [
        "UPDATE contacts SET custody = FALSE",
        "UPDATE people SET protected = TRUE WHERE given_name = 'Storm'",
        "UPDATE actors SET active_until = 1 WHERE account = (SELECT id FROM accounts WHERE user_name = 'stor1234')",
        "UPDATE people SET birth_date = '2009-03-01' WHERE given_name = 'Storm'",
    ] {
        let mut scene = Scene::set().await;
        let page = scene.prove(SIGNE).await;
        let page = scene.begin(&page, "Storm").await;
        let page = scene.press(&page, "learnt").await;
        let before = scene.world.house.snapshot().await;
        scene.world.house.execute(change).await;
        let changed = scene.world.house.snapshot().await;
        assert_ne!(before, changed);
        let refused = pick(&mut scene.browser, &page, &["kat", "sol", "fisk", "æble"]).await;
        assert_eq!(refused.refusal_code().as_deref(), Some("UL-201"), "{change}");
        let page = scene.browser.get("/faa-adgang").await;
        assert!(page.body.contains("sign1234"), "{change}: {}", page.body);
        assert!(
            !page.body.contains("Storm") && !page.body.contains("stor1234"),
            "{change}"
        );
        assert_eq!(scene.world.house.snapshot().await, changed, "{change}");
    }
    assert!(form.action.starts_with("/faa-adgang/ny/"));
}

#[tokio::test]
async fn an_employee_who_forgot_the_password_makes_another_and_logs_in_by_it() {
    let mut scene = Scene::set().await;
    let client = scene.world.client("laesehesten");
    let page = scene.browser.get(&client.request(&[])).await;
    let page = scene.world.type_name(&mut scene.browser, &page, "hell1234").await;
    let login = page.url.path().trim_end_matches("/password").to_owned();
    let page = scene.browser.get(&format!("{login}/forgotten")).await;
    let links = html::links(&page.body);
    let way = links
        .iter()
        .find(|link| link.starts_with("/faa-adgang"))
        .unwrap()
        .clone();
    assert!(page.body.contains("Brug MitID"));

    let page = scene.prove_at(&way, HELLE).await;
    let page = scene.begin(&page, "Helle").await;
    assert!(
        scene.logs_in("hell1234", PASSWORD).await,
        "the old one holds until then"
    );
    let page = scene.press(&page, "choose").await;
    let own = async |scene: &mut Scene, page: &Page, new: &str| {
        let form = page.form();
        scene
            .browser
            .submit(&form, &[("new", new), ("again", new), ("do", "own")])
            .await
    };
    for (bad, why) in [
        ("kort", "for kort"),
        ("HelleNord42", "dit navn"),
        (PASSWORD, "stort bogstav"),
        ("Grøn\u{7}Cykel\u{1b}42", "ikke kan skrives"),
    ] {
        let refused = own(&mut scene, &page, bad).await;
        assert!(refused.body.contains(why), "{why}: {}", refused.body);
        assert!(scene.logs_in("hell1234", PASSWORD).await, "{why}");
    }
    let page = own(&mut scene, &page, "Bageovn-til-Krebs-17").await;
    assert!(is_at(&page, "/faa-adgang/faerdig"), "{}\n{}", page.url, page.body);
    assert!(!scene.logs_in("hell1234", PASSWORD).await);
    assert!(scene.logs_in("hell1234", "Bageovn-til-Krebs-17").await);
    let told = scene.acts("password.recovered").await;
    assert_eq!(told[0]["details"]["whose"], "own");

    let page = scene.browser.submit(&page.form(), &[]).await;
    assert_eq!(page.url.path(), format!("{login}/name"), "the login goes on");
    let page = scene.world.type_name(&mut scene.browser, &page, "hell1234").await;
    let page = scene
        .browser
        .submit(&page.form(), &[("password", "Bageovn-til-Krebs-17")])
        .await;
    assert!(is_logged_in(&page), "{}", page.body);
}

#[tokio::test]
async fn a_pupil_helps_herself_from_fifteen_and_not_before() {
    let mut scene = Scene::set().await;
    let page = scene.prove(NOOR).await;
    assert!(page.body.contains("noor1234"), "{}", page.body);
    let page = scene.begin(&page, "Noor").await;
    let (secret, page) = scene.learn_words(&page).await;
    assert!(is_at(&page, "/faa-adgang/faerdig"), "{}", page.body);
    assert!(scene.logs_in("noor1234", &secret).await);

    let mut young = Scene::with(Federation::start_with("[recovery]\npupil_age = 17\n").await);
    let page = young.prove(NOOR).await;
    assert!(page.body.contains("når du er fyldt 17 år"), "{}", page.body);
    assert!(!page.body.contains("noor1234"), "not even the name");
    let account: String = scene.acts("password.recovered").await[0]["account"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = young.browser.get(&format!("/faa-adgang/ny/{account}")).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-201"));
}

#[tokio::test]
async fn blocked_and_departed_people_are_told_so_and_a_blocked_child_stays_blocked() {
    let mut scene = Scene::set().await;
    scene
        .world
        .house
        .execute("UPDATE accounts SET blocked = TRUE WHERE user_name = 'stor1234'")
        .await;
    let page = scene.prove(SIGNE).await;
    assert!(page.body.contains("stor1234") && page.body.contains("Brugeren er spærret"));
    assert!(!page.body.contains("Ny adgangskode til Storm"));
    for (change, code) in [
        (
            "UPDATE accounts SET blocked = TRUE WHERE user_name = 'hell1234'",
            "UL-203",
        ),
        (
            "UPDATE actors SET active_until = 1 WHERE account = (SELECT id FROM accounts WHERE user_name = 'noor1234')",
            "UL-202",
        ),
    ] {
        scene.world.house.execute(change).await;
        let cpr = if code == "UL-203" { HELLE } else { NOOR };
        scene.browser = scene.world.visitor();
        let page = scene.prove(cpr).await;
        assert_eq!(page.refusal_code().as_deref(), Some(code), "{}", page.body);
    }
}

#[tokio::test]
async fn nobody_comes_in_who_is_not_found_by_cpr_through_the_eid() {
    let mut scene = Scene::set().await;
    // Logged in by a password: the eID is asked for all the same.
    let first = scene.world.arrive(&mut scene.browser, "skolebroen").await;
    assert!(is_logged_in(
        &scene
            .world
            .log_in_as(&mut scene.browser, &first, "hell1234")
            .await
    ));
    let page = scene.browser.get("/faa-adgang").await;
    assert!(page.url.path().ends_with("/choose"), "{}", page.url);
    // An eID without a number, a stranger's number.
    for (said, code) in [
        (json!({}), "UL-201"),
        (json!({ "dk.cpr": "0101701234" }), "UL-201"),
    ] {
        scene.browser = scene.world.visitor();
        let page = scene.browser.get("/faa-adgang").await;
        let page = scene.browser.submit(&page.form(), &[("upstream", "mitid")]).await;
        let page = scene.back_from_eid(&page, &said).await;
        assert_eq!(page.refusal_code().as_deref(), Some(code), "{}", page.body);
    }
    // A chosen upstream that is none of the eIDs.
    scene.browser = scene.world.visitor();
    let page = scene.browser.get("/faa-adgang").await;
    let page = scene
        .browser
        .submit(&page.form(), &[("upstream", "lillekoebing")])
        .await;
    assert_eq!(
        (page.status.as_u16(), page.url.path()),
        (200, "/"),
        "{}",
        page.body
    );
    assert!(scene.browser.session().is_none());
}

#[tokio::test]
async fn an_eid_that_may_name_accounts_in_another_way_opens_nothing_here() {
    let world = Federation::start_changed(|files| {
        files.change(
            "metadata/upstreams/mitid.toml",
            "vouches_for = [\"cpr\"]",
            "vouches_for = [\"cpr\", \"uni-id\"]",
        );
    })
    .await;
    let mut scene = Scene::with(world);
    let page = scene.prove(SIGNE).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-201"), "{}", page.body);
    assert!(!page.body.contains("stor1234"));
}

#[tokio::test]
async fn an_eid_that_speaks_for_some_schools_reaches_the_people_of_these_alone() {
    let world = Federation::start_changed(|files| {
        let line = "vouches_for = [\"cpr\"]";
        let narrowed = format!("{line}\ninstitutions = [\"101001\"]");
        files.change("metadata/upstreams/mitid.toml", line, &narrowed);
    })
    .await;
    let mut scene = Scene::with(world);
    scene
        .world
        .house
        .execute(
            "INSERT INTO actors (id, account, actor_group, institution, roles)
             SELECT 'b0000000-0000-0000-0000-000000000001', id, 'Kontaktperson', '101001', ''
             FROM accounts WHERE user_name = 'vera1234'",
        )
        .await;
    let page = scene.prove("0504781004").await;
    assert!(page.body.contains("vera1234"), "{}", page.body);
    assert!(
        !page.body.contains("vera5678"),
        "her account in Storkøbing is out of its reach"
    );
}

#[tokio::test]
async fn a_proof_is_good_for_a_quarter_of_an_hour() {
    let mut scene = Scene::set().await;
    let page = scene.prove(SIGNE).await;
    assert!(is_at(&page, "/faa-adgang"));
    scene.world.house.wait(SignedDuration::from_mins(16));
    let page = scene.browser.get("/faa-adgang").await;
    assert!(page.url.path().ends_with("/choose"), "{}", page.url);
}

#[tokio::test]
async fn the_eid_is_asked_for_here_also_when_it_was_used_elsewhere_just_now() {
    let mut scene = Scene::set().await;
    let page = scene.browser.get("/min-side").await;
    let choose = page.url.path().replace("/name", "/choose");
    let page = scene.prove_at(&choose, SIGNE).await;
    assert!(is_at(&page, "/min-side"), "{}", page.url);
    let page = scene.browser.get("/faa-adgang").await;
    assert!(page.url.path().ends_with("/choose"), "{}", page.url);
}

#[tokio::test]
async fn a_weak_or_an_old_proof_opens_nothing() {
    for (name, said) in [
        ("loa", json!("https://data.gov.dk/concept/core/nsis/Low")),
        ("auth_time", Value::Null),
        ("auth_time", json!(0)),
    ] {
        let mut scene = Scene::set().await;
        let page = scene.browser.get("/faa-adgang").await;
        let page = scene.browser.submit(&page.form(), &[("upstream", "mitid")]).await;
        let said = json!({ "dk.cpr": SIGNE, name: said });
        let page = scene.back_from_eid(&page, &said).await;
        assert!(page.refusal_code().is_some(), "{said}: {}", page.body);
        let page = scene.browser.get("/faa-adgang").await;
        assert!(page.url.path().ends_with("/choose"), "{said}: {}", page.url);
    }
}

#[tokio::test]
async fn a_parent_never_sets_what_an_employee_logs_in_with() {
    let mut scene = Scene::set().await;
    scene
        .world
        .house
        .execute(
            "INSERT INTO actors (id, account, actor_group, institution, roles)
             SELECT 'b0000000-0000-0000-0000-000000000001', id, 'Medarbejder', '101002', ''
             FROM accounts WHERE user_name = 'stor1234'",
        )
        .await;
    let page = scene.prove(SIGNE).await;
    assert!(page.body.contains("Brugeren er mere end elev"), "{}", page.body);
    assert!(!page.body.contains("Ny adgangskode til Storm"));
}

/// A mother and her son at a school without a login of its own; he has no password yet.
const TEA_AND_ASK: &str = r#"
[[person]]
given-name = "Tea"
family-name = "Mose"
cpr = "1010801014"

[[person.account]]
user-name = "team1234"
uni-id = "1000001401"

[[person.account.actor]]
group = "kontaktperson"
institution = "909001"

[[person]]
given-name = "Ask"
family-name = "Mose"

[[person.account]]
user-name = "askm1234"
uni-id = "1000001402"

[[person.account.actor]]
group = "elev"
institution = "909001"
level = "8"

[[person.account.actor.contact]]
uni-id = "1000001401"
relation = "Mor"
custody = true
"#;

#[tokio::test]
async fn a_first_password_is_made_by_the_rule_that_was_set_for_the_pupil() {
    let mut scene = Scene::with(Federation::start_with_people(TEA_AND_ASK).await);
    let page = scene.prove("1010801014").await;
    let words = scene.begin(&page, "Ask").await;
    assert!(
        words.body.contains("class=\"secret\""),
        "words, by the stage: {}",
        words.body
    );
    assert!(
        words.body.contains("har ingen adgangskode i forvejen") && !words.body.contains("Den gamle"),
        "there is no old one: {}",
        words.body
    );
    scene
        .world
        .house
        .execute(
            "INSERT INTO pupil_rules (account, rule, set_by, reason, set_at)
             SELECT id, 'indskoling', 'Nora', 'kan ikke læse endnu', 0 FROM accounts WHERE user_name = 'askm1234'",
        )
        .await;
    let page = scene.browser.get("/faa-adgang").await;
    let page = scene.begin(&page, "Ask").await;
    let (names, page) = scene.learn_pictures(&page).await;
    assert!(is_at(&page, "/faa-adgang/faerdig"), "{}", page.body);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (mut other, at_pictures) = scene.type_name("askm1234").await;
    assert!(is_logged_in(&pick(&mut other, &at_pictures, &names).await));
}

/// Whoever came before the owner keeps nothing: no session, no token for days, no change that was begun, no
/// password (C07).
#[tokio::test]
async fn c07_the_first_password_by_the_eid_ends_all_that_somebody_planted_before() {
    let with_password = "user-name = \"askm1234\"\npassword = \"demo-kode-42\"\n";
    let people = TEA_AND_ASK.replace("user-name = \"askm1234\"\n", with_password);
    let mut scene = Scene::with(Federation::start_with_people(&people).await);
    let client = scene.world.client("altid");
    let mut planted = scene.world.visitor();
    let page = planted
        .get(&client.request(&[("scope", "openid offline_access")]))
        .await;
    let page = scene.world.log_in_as(&mut planted, &page, "askm1234").await;
    let tokens = client.redeem(&planted, &client.answer(&page)["code"]).await;
    let refresh = text_of(&tokens, "refresh_token");
    // A change that is begun: the present password is proved, and another one is only to be learnt.
    let mut begun = scene.world.visitor();
    let page = begun.get(&scene.world.client("laesehesten").request(&[])).await;
    let page = scene.world.type_name(&mut begun, &page, "askm1234").await;
    let links = html::links(&page.body);
    let link = links.iter().find(|link| link.ends_with("/new-password")).unwrap();
    let page = begun.get(link).await;
    let forms = html::forms(&page.body);
    let does = |form: &&html::Form| form.buttons.iter().any(|(_, value)| value == "change");
    let page = begun
        .submit(forms.iter().find(does).unwrap(), &[("do", "change")])
        .await;
    let at_change = begun.submit(&page.form(), &[("password", PASSWORD)]).await;
    assert!(at_change.url.path().ends_with("/change"), "{}", at_change.body);

    let page = scene.prove("1010801014").await;
    let page = scene.begin(&page, "Ask").await;
    let (secret, page) = scene.learn_words(&page).await;
    assert!(is_at(&page, "/faa-adgang/faerdig"), "{}", page.body);

    let page = planted.get(&client.request(&[])).await;
    assert!(!is_logged_in(&page), "the session: {}", page.body);
    let page = client.renew(&planted, &refresh, &[]).await;
    assert_refused(&page, "invalid_grant", "the token for days");
    let forms = html::forms(&at_change.body);
    let learnt = forms
        .iter()
        .find(|form| form.buttons.iter().any(|(_, value)| value == "learnt"));
    let page = begun.submit(learnt.unwrap(), &[("do", "learnt")]).await;
    assert!(
        !page.url.path().ends_with("/changed") && !is_logged_in(&page),
        "{}",
        page.body
    );
    assert!(!scene.logs_in("askm1234", PASSWORD).await, "the password before");
    assert!(scene.logs_in("askm1234", &secret).await, "the owner's");
}

#[tokio::test]
async fn there_are_so_many_new_passwords_in_a_day_and_no_more() {
    let settings = "[recovery]\nper_account = 2\nper_person = 3\n";
    let mut scene = Scene::with(Federation::start_with(settings).await);
    for round in 0..2 {
        scene.browser = scene.world.visitor();
        let page = scene.prove(SIGNE).await;
        let page = scene.begin(&page, "Storm").await;
        let (_, page) = scene.learn_pictures(&page).await;
        assert!(is_at(&page, "/faa-adgang/faerdig"), "{round}: {}", page.body);
    }
    let page = scene.browser.get("/faa-adgang").await;
    let page = scene.begin(&page, "Storm").await;
    assert_eq!(page.status.as_u16(), 429);
    assert!(
        page.body.contains("Der er lavet mange nye adgangskoder i dag"),
        "{}",
        page.body
    );
    scene.world.house.wait(HOUR * 24);
    let page = scene.prove(SIGNE).await;
    let page = scene.begin(&page, "Storm").await;
    assert!(
        page.body.contains("Ny adgangskode til Storm</h1>"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn forms_of_another_page_or_with_other_fields_are_none() {
    let mut scene = Scene::set().await;
    let page = scene.prove(SIGNE).await;
    let page = scene.begin(&page, "Storm").await;
    let before = scene.world.house.snapshot().await;
    let form = page.form();
    for (fill, what) in [
        (vec![("form", "x"), ("do", "learnt")], "another token"),
        (vec![("do", "learnt"), ("rule", "medarbejder")], "another field"),
    ] {
        let refused = scene.browser.submit(&form, &fill).await;
        assert_eq!(refused.refusal_code().as_deref(), Some("UL-605"), "{what}");
    }
    let page = scene.press(&page, "stay").await;
    assert!(is_at(&page, "/faa-adgang"));
    assert_eq!(scene.world.house.snapshot().await, before);
}

#[tokio::test]
async fn of_two_new_passwords_at_once_one_holds() {
    let mut scene = Scene::set().await;
    let page = scene.prove(HELLE).await;
    let page = scene.begin(&page, "Helle").await;
    let page = scene.press(&page, "choose").await;
    let form = page.form();
    let mut twin = scene.browser.clone();
    let (one, other) = ("Bageovn-til-Krebs-17", "Trappesten-og-Honning-3");
    let choose = |new: &'static str| [("new", new), ("again", new), ("do", "own")];
    let (first, second) = (choose(one), choose(other));
    let _ = tokio::join!(
        scene.browser.submit_once(&form, &first),
        twin.submit_once(&form, &second),
    );
    let held = [one, other];
    let mut good = 0;
    for password in held {
        good += u32::from(scene.logs_in("hell1234", password).await);
    }
    assert_eq!(good, 1);
    assert_eq!(scene.acts("password.recovered").await.len(), 1);
}

#[tokio::test]
async fn the_pages_speak_english_too() {
    let mut scene = Scene::set().await;
    scene.browser = scene.world.visitor().speaking("en");
    let page = scene.prove(SIGNE).await;
    assert!(page.body.contains("Get back in</h1>") && page.body.contains("New password for Storm"));
}

#[tokio::test]
async fn the_receipt_is_not_for_the_next_one_at_the_device() {
    let mut scene = Scene::set().await;
    let page = scene.prove(SIGNE).await;
    let page = scene.begin(&page, "Storm").await;
    let (_, page) = scene.learn_pictures(&page).await;
    assert!(is_at(&page, "/faa-adgang/faerdig"), "{}", page.url);
    let page = scene.browser.get("/faa-adgang/faerdig").await;
    assert!(
        page.body.contains("stor1234"),
        "while she is logged in: {}",
        page.body
    );
    scene
        .world
        .house
        .execute("UPDATE sessions SET ended_at = 1")
        .await;
    let page = scene.browser.get("/faa-adgang/faerdig").await;
    assert!(!is_at(&page, "/faa-adgang/faerdig"), "{}", page.url);
    assert!(
        !page.body.contains("stor1234") && !page.body.contains("Storm"),
        "{}",
        page.body
    );
}
