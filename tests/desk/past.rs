//! Who did what, and when: at the desk about a person, and on that person's own page (U65, L06).

use super::stage::{HANNE, KLAUS, Stage, TOVE, send};

const WHY: (&str, &str) = ("reason", "aftalt med forældrene");

#[tokio::test]
async fn what_is_done_at_the_desk_is_told_at_the_desk_and_to_whom_it_was_done_to() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let klaus = stage.person(&mut hanne, "klau1234").await;
    let steps = [
        ("/regel", None, vec![("rule", "mellemtrin"), WHY]),
        ("/spaerring", Some("block"), vec![WHY]),
        ("/spaerring", Some("unblock"), vec![WHY]),
    ];
    for (act, does, fill) in steps {
        stage.world.house.wait(jiff::SignedDuration::from_secs(1));
        let page = send(&mut hanne, &klaus, (act, does), &fill).await;
        assert_eq!(page.status, 200, "{}", page.body);
    }
    let page = hanne.get(&klaus).await;
    for told in [
        "Hanne Brandt satte adgangskodereglen mellemtrin",
        "Hanne Brandt spærrede kontoen",
        "Hanne Brandt ophævede spærringen",
        WHY.1,
    ] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    let english = hanne.get(&format!("{klaus}?lang=en")).await;
    assert!(
        english.body.contains("Hanne Brandt blocked the account"),
        "{}",
        english.body
    );

    let (_, page) = stage.come(KLAUS, "/min-side/historik").await;
    for told in [
        "Hanne Brandt fra Bakkeskolen gav dig en anden slags adgangskode",
        "Hanne Brandt fra Bakkeskolen spærrede din konto",
        "Hanne Brandt fra Bakkeskolen ophævede spærringen",
    ] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    assert!(
        !page.body.contains(WHY.1),
        "why is between the school and the auditor"
    );
}

#[tokio::test]
async fn a_code_that_was_read_and_a_right_that_was_given_are_told_too() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let tove = stage.person(&mut hanne, "tove1234").await;
    send(&mut hanne, &tove, ("/kode", None), &[]).await;
    stage.world.house.wait(jiff::SignedDuration::from_secs(1));
    send(&mut hanne, &tove, ("/rettighed", Some("grant")), &[WHY]).await;
    let page = hanne.get(&tove).await;
    for told in [
        "Hanne Brandt lavede en kode",
        "Hanne Brandt læste koden",
        "Hanne Brandt gjorde brugeren til administrator",
    ] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    let (_, page) = stage.come(TOVE, "/min-side/historik").await;
    for told in [
        "Hanne Brandt fra Bakkeskolen læste koden til dit første login",
        "Hanne Brandt fra Bakkeskolen gjorde dig til administrator på Bakkeskolen",
    ] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    // The operator's grant of Hanne's own right.
    let (_, page) = stage.come(HANNE, "/min-side/historik").await;
    assert!(
        page.body.contains("Driften gjorde dig til administrator"),
        "{}",
        page.body
    );
}
