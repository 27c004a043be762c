//! People with several user names, and choices that nobody offered (C08, C09).

use portner::domain::login_name::BareName;

use super::Before;
use crate::world::browser::Page;
use crate::world::canary;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::PASSWORD;
use crate::world::html;
use crate::world::saml_idp::answer_in;
use crate::world::visitor::Visitor;

/// Kaja has three user names, and one CPR number; the last of the names is not tied to it. Storkøbing
/// speaks for the school of the second and the third.
const KAJA: &str = "[[person]]
id = \"00000000-0000-4000-8000-000000000021\"
given-name = \"Kaja\"
family-name = \"Toft\"
cpr = \"1003851007\"
[[person.account]]
user-name = \"kaja1111\"
uni-id = \"1000002101\"
[[person.account.actor]]
group = \"medarbejder\"
institution = \"101001\"
[[person.account]]
user-name = \"kaja2222\"
uni-id = \"1000002102\"
[[person.account.actor]]
group = \"medarbejder\"
institution = \"202001\"
[[person.account.actor]]
group = \"ekstern\"
institution = \"202001\"
[[person.account]]
user-name = \"kaja3333\"
uni-id = \"1000002103\"
cpr-identified = false
[[person.account.actor]]
group = \"medarbejder\"
institution = \"202001\"
";
const KAJAS_CPR: &str = "1003851007";

async fn id_of(world: &Federation, name: &str) -> String {
    let name = BareName::parse(name).unwrap();
    let found = world.house.portner.store.account_by_user_name(&name).await;
    found.unwrap().unwrap().id.to_string()
}

async fn sent_to_mitid(world: &Federation, browser: &mut Visitor, service: &str) -> Page {
    let page = world.arrive(browser, service).await;
    world.type_name(browser, &page, "kaja@mitid.example").await
}

async fn back_from_mitid(world: &Federation, browser: &mut Visitor, page: &Page) -> Page {
    let question = world.mitid.read(page);
    let mut claims = world.mitid.claims(&question, world.house.now());
    claims["dk.cpr"] = KAJAS_CPR.into();
    world.mitid.will_say(&claims).await;
    browser.get(&world.mitid.way_back(&question)).await
}

/// Whom a login that was answered is about; nobody where it was not.
fn uni_id_of(page: &Page) -> Option<String> {
    let (_, rest) = answer_in(page)
        .1
        .split_once("dk:unilogin:uniid")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))?;
    let (_, rest) = rest.split_once("AttributeValue>")?;
    Some(rest.split_once('<')?.0.to_owned())
}

/// Posts a choice that no page has offered, with the token of a page that offered others.
async fn choose(browser: &mut Visitor, page: &Page, place: &str, field: &str, id: &str) -> Page {
    let mut form = page.form();
    form.action = place.to_owned();
    browser.submit(&form, &[(field, id)]).await
}

#[tokio::test]
async fn c09_the_national_eid_reaches_accounts_that_are_tied_to_the_number_alone() {
    let world = Federation::start_with_people(KAJA).await;
    let mut browser = world.visitor();
    let page = sent_to_mitid(&world, &mut browser, "skolebroen").await;
    let offered = back_from_mitid(&world, &mut browser, &page).await;
    assert!(offered.url.path().ends_with("/account"), "{}", offered.body);
    let ids: Vec<String> = html::tags(&offered.body)
        .into_iter()
        .filter(|tag| tag.attributes.get("name").is_some_and(|name| name == "account"))
        .filter_map(|tag| tag.attributes.get("value").cloned())
        .collect();
    let (first, second) = (id_of(&world, "kaja1111").await, id_of(&world, "kaja2222").await);
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert!(ids.contains(&first) && ids.contains(&second));
    assert!(!offered.body.contains("kaja3333") && !offered.body.contains("alma"));

    let place = offered.url.path().to_owned();
    for foreign in [
        id_of(&world, "kaja3333").await,
        id_of(&world, "alma1234").await,
        id_of(&world, "emil1234").await,
        "00000000-0000-4000-8000-000000000021".to_owned(),
        "00000000-0000-0000-0000-000000000000".to_owned(),
        "ikke-et-id".to_owned(),
        String::new(),
    ] {
        let snapshot = world.house.snapshot().await;
        let mut trying = browser.clone();
        let page = choose(&mut trying, &offered, &place, "account", &foreign).await;
        assert!(!is_logged_in(&page), "{foreign} was let in: {}", page.body);
        assert!(!page.status.is_server_error(), "{foreign}: {}", page.body);
        assert_eq!(trying.session(), None, "{foreign}");
        assert_eq!(world.house.snapshot().await, snapshot, "{foreign}");
        assert!(!page.body.contains("kaja3333"), "{foreign}: {}", page.body);
    }
    let done = choose(&mut browser, &offered, &place, "account", &second).await;
    assert_eq!(uni_id_of(&done).as_deref(), Some("1000002102"), "{}", done.body);
}

/// C01 and C09 together: a municipality that speaks for one of her schools reaches her account there,
/// and no choice in a later step leads to another.
#[tokio::test]
async fn c09_a_later_choice_does_not_reach_further_than_the_login() {
    let world = Federation::start_with_people(KAJA).await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen-valg").await;
    let page = world
        .type_name(&mut browser, &page, "kaja@storkoebing.example")
        .await;
    let asked = world.storkoebing.read(&page);
    let answer = world
        .storkoebing
        .log_in(&asked, KAJAS_CPR, world.house.now())
        .await;
    let roles = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert!(
        roles.url.path().ends_with("/actor"),
        "{}: {}",
        roles.url,
        roles.body
    );
    let place = roles.url.path().replace("/actor", "/account");
    for name in ["kaja1111", "kaja3333", "alma1234"] {
        let mut trying = browser.clone();
        let page = choose(&mut trying, &roles, &place, "account", &id_of(&world, name).await).await;
        assert!(!is_logged_in(&page), "{name} was let in: {}", page.body);
        assert_eq!(trying.session(), None, "{name}");
    }
    // Another's role, and a role of her other account.
    for foreign in [
        "00000000-0000-4000-8000-000000000003",
        &id_of(&world, "kaja1111").await,
    ] {
        let mut trying = browser.clone();
        let page = choose(&mut trying, &roles, roles.url.path(), "actor", foreign).await;
        assert!(!is_logged_in(&page), "{foreign}: {}", page.body);
    }
}

/// C08: a name that was typed proves nothing: choices, and ids that no page asks for, change nothing.
#[tokio::test]
async fn c08_who_has_only_said_a_name_chooses_nothing() {
    let world = Federation::start_with_people(KAJA).await;
    let alma = id_of(&world, "alma1234").await;
    let ids = [
        alma.clone(),
        id_of(&world, "sofi1234").await,
        id_of(&world, "kaja1111").await,
        "00000000-0000-4000-8000-000000000003".to_owned(),
    ];
    for name in [None, Some("alma1234"), Some("sofie@lillekoebing.example")] {
        let mut browser = world.visitor();
        let first = world.arrive(&mut browser, "skolebroen").await;
        if let Some(name) = name {
            world.type_name(&mut browser, &first, name).await;
        }
        let login = first.url.path().trim_end_matches("/name").to_owned();
        for id in &ids {
            for (place, field) in [("account", "account"), ("actor", "actor")] {
                let place = format!("{login}/{place}");
                let before = Before::of(&world, &browser).await;
                let page = choose(&mut browser, &first, &place, field, id).await;
                assert!(!is_logged_in(&page), "{name:?} at {place}: {}", page.body);
                assert!(!page.status.is_server_error(), "{}", page.body);
                assert_eq!(browser.session(), None, "{name:?} at {place}");
                assert_eq!(world.house.snapshot().await, before.snapshot);
            }
        }
        let page = browser.get(&login).await;
        assert!(!is_logged_in(&page), "{name:?}: {}", page.body);
    }
}

/// C08: fields that no form of ours has are nobody's.
#[tokio::test]
async fn c08_ids_that_a_browser_sends_along_are_ignored() {
    canary::allow(
        KAJAS_CPR,
        "a post from elsewhere comes back in the form that posts it again",
    );
    let world = Federation::start_with_people(KAJA).await;
    let id = id_of(&world, "kaja1111").await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let along = [
        ("account", &*id),
        ("person", "00000000-0000-4000-8000-000000000021"),
        ("uni_id", "1000002101"),
        ("uniid", "1000002101"),
        ("cpr", KAJAS_CPR),
        ("upstream", "mitid"),
        ("identity", "kaja"),
        ("service", "skolebroen-streng"),
        ("tx", "0123456789abcdef0123456789abcdef"),
        ("level", "High"),
    ];
    let mut named = along.to_vec();
    named.push(("name", "alma1234"));
    let page = browser.submit(&page.form(), &named).await;
    let mut proved = along.to_vec();
    proved.push(("password", PASSWORD));
    let page = browser.submit(&page.form(), &proved).await;
    assert!(is_logged_in(&page), "{}", page.body);
    assert_eq!(
        uni_id_of(&page).as_deref(),
        Some("1000001203"),
        "Alma, as she proved"
    );

    // The same at the address that an upstream answers to.
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "1000001201", world.house.now())
        .await;
    let more = along.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let answer: Vec<_> = answer.into_iter().chain(more).collect();
    let page = browser.post_from_elsewhere(&asked.acs_path(), &answer).await;
    assert_eq!(
        uni_id_of(&page).as_deref(),
        Some("1000001201"),
        "Sofie, as was vouched"
    );
}
