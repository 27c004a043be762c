//! Forms of the desk that are not taken, and those that are asked twice (U42, U71, U73).

use super::stage::{DESK, Stage, send};

const WHY: (&str, &str) = ("reason", "lektiehjælper i 2.B");

#[tokio::test]
async fn a_folded_form_that_was_not_taken_stands_open_with_what_was_written() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let klaus = stage.person(&mut hanne, "klau1234").await;
    let fill = [("rule", "mellemtrin"), ("reason", "x")];
    let page = send(&mut hanne, &klaus, ("/regel", None), &fill).await;
    assert_eq!(page.status, 422, "{}", page.body);
    for kept in [
        "<details open>",
        "<option value=\"mellemtrin\" selected>",
        "value=\"x\"",
    ] {
        assert!(page.body.contains(kept), "{kept}: {}", page.body);
    }
    assert_eq!(page.body.matches("<details open>").count(), 1, "that one alone");
    // What may be somebody's number is not written back (L01).
    let fill = [("rule", "mellemtrin"), ("reason", "er 111109-1010")];
    let page = send(&mut hanne, &klaus, ("/regel", None), &fill).await;
    assert!(
        page.status == 422 && !page.body.contains("111109"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn a_pupil_becomes_one_of_the_staff_only_when_that_is_said_twice() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let by_hand = format!("{DESK}/tilknytninger");
    let fill = [
        ("name", "klau1234"),
        ("role", "Lærer"),
        ("last-day", "2027-06-30"),
        WHY,
    ];
    let before = stage.kept().await;
    let page = send(&mut hanne, &by_hand, ("", None), &fill).await;
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(page.body.contains("Brugeren er elev"), "{}", page.body);
    assert_eq!(stage.kept().await, before);
    let mut form = page.form();
    form.fields.retain(|field| field.name == "form");
    let mut again = fill.to_vec();
    again.push(("employs-pupil", "yes"));
    let page = hanne.submit(&form, &again).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let (_, details) = stage.last_act_of("admin.pupil_employed").await;
    assert_eq!(details["reason"], WHY.1);
    assert!(
        page.body.contains("gjorde eleven til medarbejder"),
        "{}",
        page.body
    );
    // As a pupil of another class nobody is asked.
    let fill = [
        ("name", "frid1234"),
        ("role", "Elev"),
        ("last-day", "2027-06-30"),
        WHY,
    ];
    let page = send(&mut hanne, &by_hand, ("", None), &fill).await;
    assert!(!page.body.contains("Brugeren er elev"), "{}", page.body);
}

#[tokio::test]
async fn whoever_takes_their_own_right_back_is_told_so_and_not_taken_for_a_stranger() {
    let stage = Stage::set().await;
    stage.make_administrator("tove1234", super::stage::HERE).await;
    let mut hanne = stage.hanne().await;
    let me = stage.person(&mut hanne, "hann1234").await;
    let page = send(&mut hanne, &me, ("/rettighed", Some("withdraw")), &[WHY]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(
        page.body.contains("Du har fjernet din egen rettighed"),
        "{}",
        page.body
    );
    let acts = stage.acts().await;
    assert!(acts.iter().all(|(act, _)| act != "authz.deny"), "{acts:?}");
    let (_, page) = stage.come(super::stage::HANNE, "/min-side/historik").await;
    assert!(
        page.body
            .contains("Du fjernede din ret til at være administrator"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn english_pages_have_english_days_and_roles_and_a_uni_id_is_found() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let tove = stage.person(&mut hanne, "1000001251").await;
    let page = hanne.get(&format!("{tove}?lang=en")).await;
    assert!(
        page.body.contains("Teacher") && !page.body.contains("Lærer"),
        "{}",
        page.body
    );
    let page = hanne.get(&format!("{DESK}/administratorer")).await;
    let day = stage.world.house.now().strftime("%b %Y").to_string();
    assert!(page.body.contains(&format!("{day}, given")), "{}", page.body);
    let page = hanne.get(&format!("{DESK}?q=1000001254&lang=da")).await;
    assert!(
        !page.body.contains("/person/"),
        "a pupil of another school: {}",
        page.body
    );
}
