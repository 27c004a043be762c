//! Administrators give pupils five minutes: every pupil of their institution, and nobody else's (U46,
//! U48, I04, I05, I06, K10).

use super::stage::{DESK, HANNE, KLAUS, Stage, TOVE, ULLA};
use crate::world::browser::Page;
use crate::world::oidc_client::id_token;
use crate::world::visitor::Visitor;

const ALL: &str = "/administration/101001/elevadgang";

/// What the desk's form calls a pupil.
fn id_of(page: &Page, name: &str) -> String {
    let (before, _) = page.body.split_once(&format!("\">{name}</label>")).unwrap();
    let (_, id) = before.rsplit_once("for=\"pupil-").unwrap();
    id[id.len() - 36..].to_owned()
}

async fn give(browser: &mut Visitor, page: &Page, name: &str) -> Page {
    let mut form = page.form();
    form.fields.retain(|field| field.name == "form");
    let id = id_of(page, name);
    browser.submit(&form, &[("pupil", &id), ("do", "open")]).await
}

async fn windows(stage: &Stage) -> usize {
    stage.world.house.count("help_windows").await
}

/// Where a pupil gets to who types the name.
async fn typed(stage: &Stage, name: &str) -> Page {
    let mut browser = stage.world.visitor();
    let client = stage.world.client("laesehesten");
    let page = browser.get(&client.request(&[])).await;
    stage.world.type_name(&mut browser, &page, name).await
}

#[tokio::test]
async fn an_administrator_gives_every_pupil_of_the_school_five_minutes() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    assert!(hanne.get(DESK).await.body.contains(ALL), "the way there");
    let page = hanne.get(&format!("{ALL}/giv-adgang")).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    assert!(page.body.contains("Ingen af dine elever venter lige nu"));
    let page = hanne.get(ALL).await;
    for seen in ["2.B", "4.A", "Storm Kjær", "Frida Vang", "Uden klasse"] {
        assert!(page.body.contains(seen), "{seen}: {}", page.body);
    }
    assert!(!page.body.contains("Østervang"), "another school's pupil");
    let page = give(&mut hanne, &page, "Frida Vang").await;
    assert_eq!(page.url.path(), ALL);
    assert!(page.body.contains("Eleven har fem minutter nu"), "{}", page.body);
    let at = typed(&stage, "frid1234").await;
    assert!(at.url.path().ends_with("/teacher-picture"), "{}", at.url);
    let rows = stage.world.house.audit().await;
    let opened = rows.iter().find(|row| row.act == "reset.opened").unwrap();
    assert!(opened.details.contains("101001") && opened.person.is_some());

    // A right that ends closes what was opened by it.
    stage
        .world
        .house
        .execute("UPDATE administrators SET ended_at = 1")
        .await;
    let at = typed(&stage, "frid1234").await;
    assert!(at.url.path().ends_with("/password"), "{}", at.url);
    assert_eq!(hanne.get(ALL).await.status.as_u16(), 403);
}

#[tokio::test]
async fn an_administrators_yes_is_not_called_a_teachers() {
    let stage = Stage::set().await;
    stage.world.decide("services/laesehesten", "faktor_2 = true");
    let client = stage.world.client("laesehesten");
    let mut klaus = stage.world.visitor();
    let page = klaus
        .get(&client.request(&[("acr_values", "dk:unilogin:loa:VoksenVerificeret")]))
        .await;
    let page = stage.world.log_in_as(&mut klaus, &page, "klau1234").await;
    assert!(page.url.path().ends_with("/adult"), "{}: {}", page.url, page.body);
    let waits = page.url.path().to_owned();
    let mut hanne = stage.hanne().await;
    let list = hanne.get(&format!("{ALL}/giv-adgang")).await;
    let (_, id) = list.body.split_once("name=\"request\" value=\"").unwrap();
    let mut form = list.form();
    form.fields.retain(|field| field.name == "form");
    let given = hanne
        .submit(&form, &[("request", &id[..36]), ("do", "vouch")])
        .await;
    assert!(
        given.body.contains("skolens administration sagde ja"),
        "{}",
        given.body
    );
    let page = klaus.get(&waits).await;
    let code = client.answer(&page)["code"].clone();
    let token = id_token(&client.redeem(&klaus, &code).await);
    assert_eq!(token["vouched_by"], "administrator", "{token}");
    let rows = stage.world.house.audit().await;
    let granted = rows.iter().find(|row| row.act == "stepup.granted").unwrap();
    assert!(
        granted.details.contains("\"kind\":\"administrator\""),
        "{}",
        granted.details
    );
}

#[tokio::test]
async fn whoever_is_no_administrator_there_is_refused_and_noted() {
    let stage = Stage::set().await;
    for stranger in [TOVE, ULLA, KLAUS] {
        let (_, page) = stage.come(stranger, ALL).await;
        assert_eq!(page.status.as_u16(), 403, "{stranger}: {}", page.body);
        let (_, page) = stage.come(stranger, "/administration/999999/elevadgang").await;
        assert_eq!(page.status.as_u16(), 403, "{stranger}: {}", page.body);
        for number in ["101001", "999999"] {
            let address = format!("/administration/{number}/elevadgang/giv-adgang");
            let (_, page) = stage.come(stranger, &address).await;
            assert_eq!(page.status.as_u16(), 403, "{stranger}: {}", page.body);
        }
    }
    let (mut hanne, page) = stage.come(HANNE, ALL).await;
    let token = page.form().fields[0].value.clone();
    let (_, elsewhere) = stage.come(ULLA, "/administration/202001/elevadgang").await;
    let pia = id_of(&elsewhere, "Pia Østervang");
    let mut form = page.form();
    form.fields.retain(|field| field.name == "form");
    let refused = hanne.submit(&form, &[("pupil", &pia), ("do", "open")]).await;
    assert_eq!(refused.status.as_u16(), 403, "{}", refused.body);
    // The teacher's desk and the administrator's are two pages: a form of one is none of the other.
    form.action = "/elevadgang/101001".to_owned();
    let refused = hanne.submit(&form, &[("form", &token), ("do", "open")]).await;
    assert_ne!(refused.status.as_u16(), 200);
    assert_eq!(windows(&stage).await, 0);
    let rows = stage.world.house.audit().await;
    assert!(rows.iter().filter(|row| row.act == "authz.deny").count() >= 6);
}

#[tokio::test]
async fn a_pupil_who_is_blocked_from_the_central_login_gets_none() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let page = hanne.get(ALL).await;
    give(&mut hanne, &page, "Klaus Riis").await;
    stage
        .world
        .house
        .execute("INSERT INTO account_blocks SELECT id, '101001', FALSE, 'operator:drift', 'mistet tablet', 1 FROM accounts WHERE user_name = 'klau1234'")
        .await;
    let at = typed(&stage, "klau1234").await;
    assert!(at.url.path().ends_with("/password"), "{}", at.url);
    let page = hanne.get(ALL).await;
    assert!(page.body.contains("Eleven er spærret"), "{}", page.body);
    let page = give(&mut hanne, &page, "Klaus Riis").await;
    assert!(
        page.body.contains("kan ikke få en ny adgangskode her"),
        "{}",
        page.body
    );
    assert_eq!(windows(&stage).await, 1);
}

/// An administrator's board is of every class of the institution, and ends with the right.
#[tokio::test]
async fn an_administrator_has_the_board_of_every_class_until_the_right_ends() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let desk = hanne.get(ALL).await;
    let (before, _) = desk.body.split_once("\">Åbn tavlen for 4.A</a>").unwrap();
    let (_, board) = before.rsplit_once("href=\"").unwrap();
    assert!(board.starts_with(&format!("{ALL}/tavle/")), "{board}");
    let page = hanne.get(board).await;
    assert!(
        page.body.contains("Tavle for 4.A") && page.body.contains("Frida Vang"),
        "{}",
        page.body
    );
    let (_, give) = page.body.split_once("name=\"give\" value=\"").unwrap();
    let give = give.split('"').next().unwrap();
    let forms = crate::world::html::forms(&page.body);
    let mut form = forms.into_iter().find(|form| form.method == "post").unwrap();
    form.fields.retain(|field| field.name == "form");
    let page = hanne.submit(&form, &[("give", give)]).await;
    assert_eq!(page.url.path(), board);
    assert!(page.body.contains("stands-helped"), "{}", page.body);
    assert_eq!(windows(&stage).await, 1);
    let sheet = crate::world::html::forms(&page.body);
    let sheet = sheet
        .into_iter()
        .find(|form| form.action.ends_with("/ark"))
        .unwrap();
    let sheet = hanne.submit(&sheet, &[]).await;
    assert!(sheet.body.contains("frid1234"), "{}", sheet.body);
    let frida = stage.person(&mut hanne, "frid1234").await;
    let past = hanne.get(&frida).await;
    assert!(
        past.body
            .contains("Hanne Brandt udskrev brugernavnet i Elevadgang"),
        "{}",
        past.body
    );

    let mut live = hanne.listen(&format!("{board}/nu")).await;
    live.hear("stands-helped").await;
    // The teacher's door is another one, whoever knocks.
    let theirs = board.replace(ALL, "/elevadgang/101001");
    assert_eq!(hanne.listen(&format!("{theirs}/nu")).await.status.as_u16(), 403);
    stage
        .world
        .house
        .execute("UPDATE administrators SET ended_at = 1 WHERE institution = '101001'")
        .await;
    assert!(live.until_it_ends().await.contains("event: over"));
    assert_eq!(hanne.listen(&format!("{board}/nu")).await.status.as_u16(), 403);
    assert_eq!(hanne.get(board).await.status.as_u16(), 403);
    for stranger in [TOVE, ULLA, KLAUS] {
        let (_, page) = stage.come(stranger, board).await;
        assert_eq!(page.status.as_u16(), 403, "{stranger}: {}", page.body);
    }
}

#[tokio::test]
async fn what_was_said_of_five_minutes_is_not_said_when_they_are_over() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let page = hanne.get(ALL).await;
    let page = give(&mut hanne, &page, "Frida Vang").await;
    assert!(page.body.contains("Eleven har fem minutter nu"), "{}", page.body);
    stage.world.house.wait(jiff::SignedDuration::from_mins(6));
    let again = hanne.get(&format!("{ALL}?besked=aabnet")).await;
    assert_eq!(again.status.as_u16(), 200, "{}", again.body);
    assert!(!again.body.contains("fem minutter nu"), "{}", again.body);
}

#[tokio::test]
async fn k06_the_administrators_elevadgang_asks_for_a_proof_of_today() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let page = hanne.get(ALL).await;
    assert!(page.body.contains("Klaus Riis"), "{}", page.body);
    for _ in 0..24 {
        stage.world.house.wait(jiff::SignedDuration::from_mins(20));
        assert_eq!(hanne.get(ALL).await.status.as_u16(), 200);
    }
    let page = hanne.get(ALL).await;
    let (klaus, mut form) = (id_of(&page, "Klaus Riis"), page.form());
    form.fields.retain(|field| field.name == "form");
    stage.world.house.wait(jiff::SignedDuration::from_mins(1));
    let posted = hanne.submit(&form, &[("pupil", &klaus), ("do", "open")]).await;
    assert!(!posted.body.contains("Klaus Riis"), "{}", posted.body);
    assert_eq!(windows(&stage).await, 0);
    let page = hanne.get(ALL).await;
    assert!(!page.body.contains("Klaus Riis"), "{}", page.body);
    let page = stage.prove(&mut hanne, &page, HANNE).await;
    assert_eq!(page.url.path(), ALL);
    assert!(page.body.contains("Klaus Riis"), "{}", page.body);
}
