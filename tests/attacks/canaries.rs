//! Markup in every name that a school, a municipality, a service or a stranger can choose: it is
//! text on every page, never markup (F06).

use super::csrf::looked_at;
use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::html;
use crate::world::visitor::Visitor;

/// Breaks out of text, of attributes and of script, if anything lets it.
pub(crate) const CANARY: &str = "'\\\"><script>kanarie()</script><img src=k onerror=kanarie()>{{7*7}}${7*7}";

/// Every school has a canary for a name, and so has Alma.
fn people() -> String {
    let schools = ["101001", "101002", "202001"]
        .map(|number| format!("[[institution]]\nnumber = \"{number}\"\nname = \"{number} {CANARY}\"\n"));
    let alma = format!(
        "[[person]]\nid = \"00000000-0000-4000-8000-000000000003\"\ngiven-name = \"Alma {CANARY}\"\n\
         family-name = \"{CANARY}\"\n"
    );
    schools.concat() + &alma
}

async fn world() -> Federation {
    let world = Federation::start_with_people(&people()).await;
    let files = &world.house.files;
    for id in ["skolebroen", "skolebroen-valg", "skolebroen-voksne"] {
        files.change(
            &format!("metadata/services/{id}.toml"),
            "name = \"Skolebroen\"",
            &format!("name = \"Skolebroen {CANARY}\""),
        );
    }
    let lillekoebing = "metadata/upstreams/lillekoebing.toml";
    for (from, to) in [
        ("lillekoebing Kommune", format!("Lille {CANARY}")),
        ("Municipality of lillekoebing", format!("Little {CANARY}")),
        ("it@lillekoebing.example", format!("it {CANARY}")),
    ] {
        files.change(lillekoebing, from, &to);
    }
    files.change(
        "metadata/upstreams/mitid.toml",
        "name = \"mitid\"",
        &format!("name = \"MitID {CANARY}\""),
    );
    world.house.reload();
    world
}

/// The canary is no markup here; where a name is shown, it is there as text.
pub(crate) fn assert_silent(page: &Page, wanted: bool) {
    let place = &page.url;
    for tag in html::tags(&page.body) {
        let handler = tag.attributes.keys().find(|name| name.starts_with("on"));
        assert_eq!(handler, None, "{place}");
        assert_ne!(
            tag.attributes.get("src").map(String::as_str),
            Some("k"),
            "{place}"
        );
    }
    for markup in ["<script>kanarie", "<img src=k", "\"><script", ">49<"] {
        assert!(!page.body.contains(markup), "{place}: {markup}\n{}", page.body);
    }
    if wanted {
        let text = html::unescape(&page.body);
        assert!(
            text.contains("kanarie()</script>"),
            "{place} says the name\n{}",
            page.body
        );
    }
}

async fn by_mitid(world: &Federation, browser: &mut Visitor, service: &str, cpr: &str) -> Page {
    let page = world.arrive(browser, service).await;
    let page = world.type_name(browser, &page, "vera@mitid.example").await;
    let question = world.mitid.read(&page);
    let mut claims = world.mitid.claims(&question, world.house.now());
    claims["dk.cpr"] = cpr.into();
    world.mitid.will_say(&claims).await;
    browser.get(&world.mitid.way_back(&question)).await
}

#[tokio::test]
async fn f06_a_canary_in_a_name_never_sings() {
    let world = world().await;
    let mut browser = world.visitor();
    // The pages of a login.
    let page = world.arrive(&mut browser, "skolebroen-valg").await;
    assert_silent(&page, true);
    let choose = page.url.as_str().replace("/name", "/choose");
    assert_silent(&browser.get(&choose).await, true);
    let password = world.type_name(&mut browser, &page, "idak1234").await;
    assert_silent(&password, true);
    let wrong = browser.submit(&password.form(), &[("password", "x")]).await;
    assert_silent(&wrong, true);
    // Which account, and which role?
    let accounts = by_mitid(&world, &mut world.visitor(), "skolebroen", "0504781004").await;
    assert!(accounts.url.path().ends_with("/account"), "{}", accounts.url);
    assert_silent(&accounts, true);
    let refused = by_mitid(&world, &mut world.visitor(), "skolebroen", "0101010101").await;
    assert_eq!(refused.refusal_code().as_deref(), Some("UL-201"));
    assert_silent(&refused, true);
    // What the municipality did wrong, with its name and whom to call.
    let mut other = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut other, "skolebroen").await;
    let lie = world
        .storkoebing
        .form(&world.lillekoebing.words(&asked, "x", world.house.now()), &asked)
        .await;
    let refused = other.post_from_elsewhere(&asked.acs_path(), &lie).await;
    assert_eq!(refused.refusal_code().as_deref(), Some("UL-303"));
    assert_silent(&refused, true);
    for target in looked_at(&world, &mut world.visitor()).await {
        let page = world.visitor().get_once(&target).await;
        if page.body.starts_with('<') && !page.body.starts_with("<md:") {
            assert_silent(&page, false);
        }
    }
}

#[tokio::test]
async fn f06_the_page_of_roles_says_the_schools_names_as_text() {
    let people = people()
        + "[[person]]\nid = \"00000000-0000-4000-8000-000000000008\"\ngiven-name = \"Nora\"\n\
           family-name = \"W\"\n[[person.account]]\nuser-name = \"nora1234\"\nuni-id = \"1000001209\"\n\
           password = \"demo-kode-42\"\n[[person.account.actor]]\ngroup = \"medarbejder\"\n\
           institution = \"101001\"\n[[person.account.actor]]\ngroup = \"kontaktperson\"\n\
           institution = \"101002\"\n";
    let world = Federation::start_with_people(&people).await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen-valg").await;
    let page = world.log_in_as(&mut browser, &page, "nora1234").await;
    assert!(page.url.path().ends_with("/actor"), "{}: {}", page.url, page.body);
    assert_silent(&page, true);
}

#[tokio::test]
async fn f06_what_strangers_type_and_send_is_text() {
    let world = world().await;
    let evil = CANARY.replace('\\', "");
    let encoded: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let login = page.url.path().trim_end_matches("/name").to_owned();
    for typed in [
        &*evil,
        &format!("{evil}@lillekoebing.example"),
        &format!("a@{evil}"),
    ] {
        let page = world.type_name(&mut browser, &page, typed).await;
        assert_silent(&page, false);
    }
    for target in [
        format!("{login}/choose?q={encoded}"),
        format!("{login}/name?lang={encoded}"),
        format!("/?lang={encoded}&x={encoded}"),
        format!("/oidc/logout?state={encoded}&client_id={encoded}"),
        format!("/oidc/authorize?client_id={encoded}&state={encoded}"),
        format!("/saml/sso?RelayState={encoded}&SAMLRequest={encoded}"),
        format!("/oidc/callback/havnekoebing?state={encoded}&error={encoded}&error_description={encoded}"),
        format!("/findes-ikke?{encoded}"),
    ] {
        assert_silent(&browser.get_once(&target).await, false);
    }
    let client = world.client("laesehesten");
    for name in ["login_hint", "ui_locales", "acr_values", "prompt", "display"] {
        let page = browser.get(&client.request(&[(name, &evil)])).await;
        if page.body.starts_with('<') {
            assert_silent(&page, false);
        }
    }
    for place in [
        "/saml/sso",
        "/saml/acs/lillekoebing",
        "/oidc/callback/havnekoebing",
    ] {
        let fields = ["SAMLRequest", "SAMLResponse", "RelayState", "state", &*evil]
            .map(|name| (name.to_owned(), evil.clone()));
        assert_silent(&browser.post_from_elsewhere_once(place, &fields).await, false);
        assert_silent(&browser.post_from_elsewhere(place, &fields).await, false);
    }
}
