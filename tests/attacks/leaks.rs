//! Secrets that must not get out (L01).

use crate::world::browser::Page;
use crate::world::canary;
use crate::world::federation::Federation;
use crate::world::house::PASSWORD;
use crate::world::oidc_client::{SECRET, json};

#[tokio::test]
async fn l01_nothing_secret_or_personal_gets_out() {
    let world = Federation::start().await;
    let mut pages: Vec<Page> = Vec::new();
    let mut secrets: Vec<String> = Vec::new();

    // A CPR number, right and wrong, by the national eID; and one by somebody who may not.
    for cpr in ["0302821002", "0101010101", "ikke et nummer"] {
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen").await;
        let page = world.type_name(&mut browser, &page, "bente@mitid.example").await;
        let question = world.mitid.read(&page);
        let mut claims = world.mitid.claims(&question, world.house.now());
        claims["dk.cpr"] = cpr.into();
        world.mitid.will_say(&claims).await;
        pages.push(browser.get(&world.mitid.way_back(&question)).await);
        secrets.extend(browser.session().cloned());
    }
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let answer = world
        .lillekoebing
        .log_in(&asked, "0201851001", world.house.now())
        .await;
    pages.push(browser.post_from_elsewhere(&asked.acs_path(), &answer).await);

    // Passwords, right and wrong; a code and its tokens; a client's secret.
    let client = world.client("laesehesten");
    let page = browser.get(&client.request(&[])).await;
    let page = world.type_name(&mut browser, &page, "alma1234").await;
    let wrong = browser
        .submit(&page.form(), &[("password", "kanariefugl-77")])
        .await;
    let done = browser.submit(&wrong.form(), &[("password", PASSWORD)]).await;
    let code = client.answer(&done)["code"].clone();
    let tokens = client.redeem(&browser, &code).await;
    secrets.push(json(&tokens)["access_token"].as_str().unwrap().to_owned());
    secrets.push(json(&tokens)["id_token"].as_str().unwrap().to_owned());
    secrets.extend(browser.session().cloned());
    secrets.push(code);
    pages.extend([wrong, client.redeem(&browser, "x").await]);

    let canaries = [
        "0302821002",
        "0101010101",
        "ikke et nummer",
        "0201851001",
        "kanariefugl-77",
        PASSWORD,
        SECRET,
    ];
    secrets.extend(canaries.map(str::to_owned));
    let logged = canary::logged();
    assert!(
        logged.contains("login finished") && logged.contains("login refused"),
        "something was logged: {} bytes",
        logged.len()
    );
    for words in [
        "level.factors=\"one\"",
        "level.nsis=\"none\"",
        "level.wanted=\"anything\"",
    ] {
        assert!(logged.contains(words), "{words} is not in the log");
    }
    let audited = format!("{:?}", world.house.audit().await);
    for secret in &secrets {
        assert!(!audited.contains(secret.as_str()), "{secret} in the audit trail");
        for page in pages.iter().filter(|page| page.refusal_code().is_some()) {
            assert!(
                !page.body.contains(secret.as_str()),
                "{secret} on a page: {}",
                page.body
            );
            assert!(
                !page.url.as_str().contains(secret.as_str()),
                "{secret} in an address"
            );
        }
        let lines: Vec<_> = logged
            .lines()
            .filter(|line| line.contains(secret.as_str()))
            .collect();
        assert!(lines.is_empty(), "{secret} in the log: {lines:#?}");
    }
}
