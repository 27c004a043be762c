//! What an auditor finds: each act once, with who did it and in which login (L06).

use portner::store::audit::AuditRecord;

use super::oidc_codes::code_for;
use crate::world::canary;
use crate::world::federation::{Federation, is_logged_in};

/// What was written down since `seen` rows.
async fn since(world: &Federation, seen: &mut usize) -> Vec<AuditRecord> {
    let mut rows = world.house.audit().await;
    let new = rows.split_off(*seen);
    *seen += new.len();
    new
}

fn acts(rows: &[AuditRecord]) -> Vec<&str> {
    let mut acts: Vec<_> = rows.iter().map(|row| row.act.as_str()).collect();
    acts.sort_unstable();
    acts
}

#[tokio::test]
async fn l06_each_act_is_written_down_once_with_who_and_in_which_login() {
    let world = Federation::start().await;
    let client = world.client("laesehesten");
    let mut browser = world.visitor();
    let mut seen = world.house.audit().await.len();

    let code = code_for(&world, &client, &mut browser).await;
    let login = since(&world, &mut seen).await;
    assert_eq!(acts(&login), ["login.finished"]);
    let (person, account) = (login[0].person.clone(), login[0].account.clone());
    for row in &login {
        assert!(row.person.is_some() && row.account.is_some(), "{row:?}");
        assert!(row.transaction.is_some(), "{row:?}");
        assert_eq!((&row.person, &row.account), (&person, &account));
        assert_eq!(row.transaction, login[0].transaction);
        assert_eq!(row.upstream.as_deref(), Some("central"));
    }

    // Another service is let in on the same session: that is another act, in another login.
    let page = world.arrive(&mut browser, "skolebroen").await;
    assert!(is_logged_in(&page));
    let second = since(&world, &mut seen).await;
    assert_eq!(acts(&second), ["login.finished"]);
    assert_eq!(
        (&second[0].person, second[0].service.as_deref()),
        (&person, Some("skolebroen"))
    );
    assert_ne!(second[0].transaction, login[0].transaction);

    // A code is redeemed, which is the end of the login and no act of its own; again is one.
    assert!(client.redeem(&browser, &code).await.status.is_success());
    assert_eq!(acts(&since(&world, &mut seen).await), [""; 0]);
    client.redeem(&browser, &code).await;
    let replay = since(&world, &mut seen).await;
    let replayed: Vec<_> = replay
        .iter()
        .filter(|row| row.act.contains("code_replay"))
        .collect();
    assert_eq!(replayed.len(), 1, "{replay:?}");
    assert_eq!(replayed[0].service.as_deref(), Some("laesehesten"));

    let page = browser.get("/oidc/logout").await;
    browser.submit(&page.form(), &[]).await;
    let logout = since(&world, &mut seen).await;
    assert_eq!(acts(&logout), ["logout"]);
    assert_eq!(logout[0].person, person);
}

/// Somebody who must say which of two roles to act in.
const NORA: &str = "[[person]]\nid = \"00000000-0000-4000-8000-000000000008\"\ngiven-name = \"Nora\"\n\
    family-name = \"W\"\n[[person.account]]\nuser-name = \"nora1234\"\nuni-id = \"1000001209\"\n\
    password = \"demo-kode-42\"\n[[person.account.actor]]\ngroup = \"medarbejder\"\n\
    institution = \"101001\"\n[[person.account.actor]]\ngroup = \"kontaktperson\"\n\
    institution = \"101002\"\n";

#[tokio::test]
async fn l06_a_proof_whose_login_is_never_finished_is_written_down() {
    let world = Federation::start_with_people(NORA).await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen-valg").await;
    let page = world.log_in_as(&mut browser, &page, "nora1234").await;
    assert!(page.url.path().ends_with("/actor"), "{}: {}", page.url, page.body);
    let mut seen = 0;
    let proof = since(&world, &mut seen).await;
    assert_eq!(acts(&proof), ["auth.ok"]);
    assert!(proof[0].person.is_some() && proof[0].transaction.is_some());
    assert_eq!(proof[0].upstream.as_deref(), Some("central"));
    assert_eq!(proof[0].service.as_deref(), Some("skolebroen-valg"));
    let form = page.form();
    let role = form.fields.iter().find(|field| field.name == "actor").unwrap();
    let page = browser.submit(&form, &[("actor", &role.value)]).await;
    assert!(is_logged_in(&page), "{}", page.body);
    let finished = since(&world, &mut seen).await;
    assert_eq!(acts(&finished), ["login.finished"], "and its end once");
    assert_eq!(finished[0].transaction, proof[0].transaction);
}

#[tokio::test]
async fn l02_each_release_is_written_down_by_service_and_names_and_by_no_value() {
    let world = Federation::start().await;
    for (service, has, has_not) in [
        ("skolebroen", "uni-id", "given-name"),
        ("laesehesten", "given-name", "uni-id"),
    ] {
        let mut browser = world.visitor();
        world.house.wait(jiff::SignedDuration::from_mins(2));
        let page = if service == "skolebroen" {
            world.arrive(&mut browser, service).await
        } else {
            browser.get(&world.client(service).request(&[])).await
        };
        assert!(is_logged_in(
            &world.log_in_as(&mut browser, &page, "alma1234").await
        ));
        let audit = world.house.audit().await;
        let row = audit.last().unwrap();
        assert_eq!(
            (row.act.as_str(), row.service.as_deref()),
            ("login.finished", Some(service))
        );
        let details: serde_json::Value = serde_json::from_str(&row.details).unwrap();
        let released = details["released"].as_array().unwrap();
        assert!(released.contains(&has.into()), "{service}: {released:?}");
        assert!(!released.contains(&has_not.into()), "{service}: {released:?}");
        for value in ["Alma", "Lund", "1000001203", "alma1234"] {
            assert!(!row.details.contains(value), "{value} in {}", row.details);
        }
    }
}

#[tokio::test]
async fn l06_a_logout_that_is_refused_has_a_name_of_its_own() {
    let world = Federation::start().await;
    let page = world.visitor().get("/oidc/logout?id_token_hint=x").await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-609"), "{}", page.body);
    let audit = world.house.audit().await;
    assert_eq!(acts(&audit), ["logout.refused"]);
    let log = canary::logged();
    assert!(
        log.contains("logout refused") && !log.contains("login refused"),
        "{log}"
    );
}
