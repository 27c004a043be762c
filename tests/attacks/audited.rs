//! What an auditor finds: each act once, with who did it and in which login (L06).

use portner::store::audit::AuditRecord;

use super::oidc_codes::code_for;
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
