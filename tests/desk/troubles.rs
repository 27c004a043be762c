//! "Why can this person not log in?": what the desk says fits the person, and names no button that is
//! not on the page (E1–E3, H08, U29).

use super::stage::{DESK, KLAUS, Stage, send};
use crate::world::browser::Page;
use crate::world::html;
use crate::world::visitor::Visitor;

/// A login with a wrong password, or with one that opens nothing.
async fn fail(stage: &Stage, name: &str) {
    let mut browser = stage.world.visitor();
    let client = stage.world.client("laesehesten");
    let page = browser.get(&client.request(&[])).await;
    let page = stage.world.type_name(&mut browser, &page, name).await;
    browser
        .submit(&page.form(), &[("password", "forkert-kode-1")])
        .await;
}

async fn page_of(stage: &Stage, hanne: &mut Visitor, name: &str) -> Page {
    let person = stage.person(hanne, name).await;
    hanne.get(&person).await
}

fn has_form(page: &Page, act: &str) -> bool {
    html::forms(&page.body)
        .iter()
        .any(|form| form.action.ends_with(act))
}

#[tokio::test]
async fn a_password_that_was_not_the_pupils_is_told_of_with_the_way_to_another() {
    let stage = Stage::set().await;
    // What "Det var ikke eleven" leaves behind (H08).
    stage
        .world
        .house
        .execute(
            "UPDATE passwords SET expires_at = changed_at WHERE account IN
             (SELECT id FROM accounts WHERE user_name = 'klau1234')",
        )
        .await;
    let mut hanne = stage.hanne().await;
    let page = page_of(&stage, &mut hanne, "klau1234").await;
    assert!(
        page.body.contains("Adgangskoden er spærret siden"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("Intet er i vejen"), "{}", page.body);
    assert!(
        page.body
            .contains(&format!("<a href=\"{DESK}/elevadgang\">Til Elevadgang</a>")),
        "{}",
        page.body
    );
    assert!(!has_form(&page, "/kode"), "a first code is for first logins");
    let class = stage.class(&mut hanne, "9.A").await;
    let codes = send(&mut hanne, &class, ("/koder", None), &[]).await;
    assert!(!codes.body.contains("class=\"first-code\""), "{}", codes.body);
}

#[tokio::test]
async fn advice_about_a_wrong_password_fits_the_person() {
    let stage = Stage::set().await;
    // Tove has a password that is typed: of a name without one, chance would decide what is asked for.
    stage
        .world
        .house
        .execute(
            "INSERT INTO passwords (account, phc, changed_at)
             SELECT e.id, p.phc, p.changed_at FROM accounts e, passwords p JOIN accounts a ON a.id = p.account
             WHERE e.user_name = 'tove1234' AND a.user_name = 'alma1234'",
        )
        .await;
    fail(&stage, "klau1234").await;
    fail(&stage, "tove1234").await;
    let mut hanne = stage.hanne().await;
    let klaus = page_of(&stage, &mut hanne, "klau1234").await;
    assert!(
        klaus.body.contains("UL-102") && klaus.body.contains("giv en ny i Elevadgang"),
        "{}",
        klaus.body
    );
    assert!(!klaus.body.contains("riften kan lave"), "{}", klaus.body);
    let tove = page_of(&stage, &mut hanne, "tove1234").await;
    assert!(
        tove.body.contains("UL-102") && tove.body.contains("laver brugeren selv en ny med MitID"),
        "{}",
        tove.body
    );
}

#[tokio::test]
async fn advice_about_a_block_is_that_of_today() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let klaus = stage.person(&mut hanne, "klau1234").await;
    let why = ("reason", "aftalt med forældrene");
    send(
        &mut hanne,
        &klaus,
        ("/spaerring", Some("block")),
        &[("through-broker", "yes"), why],
    )
    .await;
    let (_, refused) = stage
        .come(KLAUS, &stage.world.client("laesehesten").request(&[]))
        .await;
    assert_eq!(refused.refusal_code().as_deref(), Some("UL-203"));
    let page = hanne.get(&klaus).await;
    assert!(page.body.contains("Ophæv spærringen herunder"), "{}", page.body);
    send(&mut hanne, &klaus, ("/spaerring", Some("unblock")), &[why]).await;
    let page = hanne.get(&klaus).await;
    assert!(page.body.contains("ikke spærret længere"), "{}", page.body);
    assert!(!page.body.contains("Ophæv spærringen herunder"), "{}", page.body);
}

#[tokio::test]
async fn whoever_needs_no_number_is_not_said_to_lack_one() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let alma = page_of(&stage, &mut hanne, "alma1234").await;
    assert!(!alma.body.contains("CPR-nummer, så"), "a pupil: {}", alma.body);
    let bente = page_of(&stage, &mut hanne, "bent1234").await;
    assert!(
        bente.body.contains("logger ind med MitID") && !bente.body.contains("/kode"),
        "a parent who needs no password: {}",
        bente.body
    );
}

#[tokio::test]
async fn where_support_has_made_a_code_the_desk_offers_none() {
    let stage = Stage::set().await;
    // What a support case leaves behind for somebody who had a password.
    for sql in [
        "INSERT INTO former_passwords (account, version, phc) SELECT p.account, p.version, p.phc
         FROM passwords p JOIN accounts a ON a.id = p.account WHERE a.user_name = 'klau1234'",
        "UPDATE passwords SET one_time = TRUE, version = version + 1, expires_at = 4000000000000
         WHERE account IN (SELECT id FROM accounts WHERE user_name = 'klau1234')",
    ] {
        stage.world.house.execute(sql).await;
    }
    let mut hanne = stage.hanne().await;
    let page = page_of(&stage, &mut hanne, "klau1234").await;
    assert!(!has_form(&page, "/kode"), "{}", page.body);
    assert!(page.body.contains("af driften eller supporten"), "{}", page.body);
    let class = stage.class(&mut hanne, "9.A").await;
    let codes = send(&mut hanne, &class, ("/koder", None), &[]).await;
    assert!(!codes.body.contains("class=\"first-code\""), "{}", codes.body);
}
