//! What an administrator does at the desk, and what comes of it for the people.

use jiff::SignedDuration;

use super::stage::{DESK, HANNE, HERE, Stage, TOVE, form_to, send};
use crate::world::browser::Page;
use crate::world::federation::is_logged_in;
use crate::world::house::PASSWORD;
use crate::world::html;
use crate::world::visitor::Visitor;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const WHY: (&str, &str) = ("reason", "aftalt med forældrene");

/// The codes that a page shows.
fn codes(page: &Page) -> Vec<String> {
    let parts = page.body.split("class=\"first-code\">").skip(1);
    parts
        .map(|rest| rest[..rest.find('<').unwrap()].to_owned())
        .collect()
}

/// A browser at the first page of a login.
async fn arrive(stage: &Stage, browser: &mut Visitor) -> Page {
    let client = stage.world.client("laesehesten");
    browser.get(&client.request(&[])).await
}

/// Somebody logs in at a service with name and secret, and this is where it leads.
async fn log_in(stage: &Stage, name: &str, secret: &str) -> (Visitor, Page) {
    let mut browser = stage.world.visitor();
    let page = arrive(stage, &mut browser).await;
    let page = stage.world.type_name(&mut browser, &page, name).await;
    let page = browser.submit(&page.form(), &[("password", secret)]).await;
    (browser, page)
}

#[tokio::test]
async fn u32_a_code_is_read_by_class_until_it_is_used() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let class = stage.class(&mut hanne, "2.B").await;
    let shown = hanne.get(&class).await;
    assert!(codes(&shown).is_empty(), "nothing is read by looking");
    assert!(
        !stage
            .acts()
            .await
            .iter()
            .any(|(act, _)| act.starts_with("admin.code"))
    );
    let page = send(&mut hanne, &class, ("/koder", None), &[]).await;
    let [code] = codes(&page).try_into().unwrap();
    assert!(
        page.body.contains("Vigga") && page.body.contains("Storm"),
        "{}",
        page.body
    );
    assert_eq!(page.headers["cache-control"], "no-store");
    let again = send(&mut hanne, &class, ("/koder", None), &[]).await;
    assert_eq!(
        codes(&again),
        std::slice::from_ref(&code),
        "the same code until it is used"
    );
    let acts = stage.acts().await;
    let of_codes: Vec<_> = acts
        .iter()
        .filter(|(act, _)| act.starts_with("admin.code"))
        .collect();
    let names: Vec<_> = of_codes.iter().map(|(act, _)| act.as_str()).collect();
    assert_eq!(
        names,
        ["admin.code_made", "admin.code_viewed", "admin.code_viewed"]
    );
    assert!(of_codes.iter().all(|(_, details)| details["institution"] == HERE
        && details["by"].as_str().unwrap().starts_with("account:")));
    for row in stage.world.house.snapshot().await {
        assert!(
            !row.contains(&code) && !row.contains(&code.replace('-', "")),
            "{row}"
        );
    }

    let (_, page) = log_in(&stage, "vigg1234", &code).await;
    assert!(
        !is_logged_in(&page),
        "no login before a password of her own: {}",
        page.body
    );
    let person = stage.person(&mut hanne, "vigg1234").await;
    let shown = hanne.get(&person).await;
    assert!(codes(&shown).is_empty());
    let page = send(&mut hanne, &person, ("/kode", None), &[]).await;
    let [next] = codes(&page).try_into().unwrap();
    assert_ne!(next, code, "the one that was used is never seen again");
    let (_, page) = log_in(&stage, "vigg1234", &code).await;
    assert!(
        page.body.contains("type=\"password\""),
        "it opens nothing: {}",
        page.body
    );
}

#[tokio::test]
async fn u33_a_new_employee_gets_the_first_code_and_nothing_after_it() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let newcomers = format!("{DESK}/nye");
    assert!(hanne.get(&newcomers).await.body.contains("Tove Dam"));
    let page = send(&mut hanne, &newcomers, ("/koder", None), &[]).await;
    let shown = codes(&page);
    assert!(!shown.is_empty(), "{}", page.body);
    let own = hanne
        .get(&stage.person(&mut hanne.clone(), "hann1234").await)
        .await;
    assert!(
        !own.body.contains("/kode\""),
        "nobody makes a code for themselves"
    );
    // U29: who has a password of their own gets none from the school.
    let tove = stage.person(&mut hanne, "tove1234").await;
    stage
        .world
        .house
        .execute("UPDATE passwords SET one_time = FALSE, version = version + 1 WHERE account IN (SELECT id FROM accounts WHERE user_name = 'tove1234')")
        .await;
    let page = hanne.get(&tove).await;
    assert!(
        html::forms(&page.body)
            .iter()
            .all(|form| !form.action.ends_with("/kode"))
    );
    assert!(!hanne.get(&newcomers).await.body.contains("Tove Dam"));
}

#[tokio::test]
async fn a_code_runs_out_and_another_one_is_made() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let person = stage.person(&mut hanne, "vigg1234").await;
    let page = send(&mut hanne, &person, ("/kode", None), &[]).await;
    let [old] = codes(&page).try_into().unwrap();
    stage.world.house.wait(DAY * 14);
    let (mut hanne, page) = stage.come(HANNE, &person).await;
    assert!(page.body.contains("udløb"), "{}", page.body);
    let (_, refused) = log_in(&stage, "vigg1234", &old).await;
    assert_eq!(refused.refusal_code().as_deref(), Some("UL-102"));
    let page = send(&mut hanne, &person, ("/kode", None), &[]).await;
    assert_eq!(codes(&page).len(), 1);
}

#[tokio::test]
async fn u42_another_rule_is_set_in_either_direction_and_lifted() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let person = stage.person(&mut hanne, "klau1234").await;
    let page = send(
        &mut hanne,
        &person,
        ("/regel", None),
        &[("rule", "indskoling"), WHY],
    )
    .await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("fire billeder") && page.body.contains("Hanne Brandt"),
        "{}",
        page.body
    );
    assert!(page.body.contains(WHY.1), "why it was set is told");
    let (act, details) = stage.last_act_of("admin.rule_set").await;
    assert_eq!(
        (act.as_str(), details["detail"].as_str()),
        ("admin.rule_set", Some("indskoling"))
    );
    assert_eq!(details["reason"], WHY.1);
    // Thirty days later the rule holds: a new secret, of pictures, before anything else.
    stage.world.house.wait(DAY * 31);
    let (_, page) = log_in(&stage, "klau1234", PASSWORD).await;
    assert!(
        !is_logged_in(&page) && page.body.contains("shown-pictures"),
        "{}",
        page.body
    );

    let (mut hanne, _) = stage.come(HANNE, &person).await;
    let page = send(&mut hanne, &person, ("/regel", None), &[("rule", "stage"), WHY]).await;
    assert!(!page.body.contains("fire billeder</p>"), "{}", page.body);
    let (_, page) = log_in(&stage, "klau1234", PASSWORD).await;
    assert!(
        is_logged_in(&page),
        "the rule of his stage holds again: {}",
        page.body
    );
    for (rule, reason) in [
        ("medarbejder", WHY.1),
        ("", WHY.1),
        ("mellemtrin", "x"),
        ("mellemtrin", "0201851001"),
    ] {
        let before = stage.kept().await;
        let page = send(
            &mut hanne,
            &person,
            ("/regel", None),
            &[("rule", rule), ("reason", reason)],
        )
        .await;
        assert_eq!(page.status, 422, "{rule} {reason}");
        assert!(page.body.contains("role=\"alert\""));
        assert_eq!(stage.kept().await, before);
    }
}

#[tokio::test]
async fn d7_a_block_stops_the_central_login_and_others_where_that_is_wanted() {
    let stage = Stage::set().await;
    let (mut klaus, page) = log_in(&stage, "klau1234", PASSWORD).await;
    assert!(is_logged_in(&page));
    let mut hanne = stage.hanne().await;
    let person = stage.person(&mut hanne, "klau1234").await;
    let form = form_to(
        &hanne.get(&person).await,
        &format!("{person}/spaerring"),
        Some("block"),
    );
    let tick: Vec<_> = form
        .fields
        .iter()
        .filter(|field| field.kind != "checkbox")
        .cloned()
        .collect();
    let central = html::Form {
        fields: tick,
        ..form.clone()
    };
    let page = hanne.submit(&central, &[WHY]).await;
    assert!(page.body.contains("kun det centrale login"), "{}", page.body);
    // K10: what was open is over, and the password opens nothing.
    let next = arrive(&stage, &mut klaus).await;
    assert!(!is_logged_in(&next), "{}", next.body);
    let (_, page) = log_in(&stage, "klau1234", PASSWORD).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-203"));
    let (_, wrong) = log_in(&stage, "klau1234", "forkert-kode-1").await;
    assert_ne!(
        wrong.refusal_code().as_deref(),
        Some("UL-203"),
        "who does not know the secret is not told"
    );
    let mut browser = stage.world.visitor();
    let first = arrive(&stage, &mut browser).await;
    let page = stage.prove(&mut browser, &first, super::stage::KLAUS).await;
    assert!(is_logged_in(&page), "others still vouch: {}", page.body);

    let page = send(
        &mut hanne,
        &person,
        ("/spaerring", Some("block")),
        &[("through-broker", "yes"), WHY],
    )
    .await;
    assert!(page.body.contains("alle login"), "{}", page.body);
    let mut browser = stage.world.visitor();
    let first = arrive(&stage, &mut browser).await;
    let page = stage.prove(&mut browser, &first, super::stage::KLAUS).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-203"));
    let page = send(&mut hanne, &person, ("/spaerring", Some("unblock")), &[WHY]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let (_, page) = log_in(&stage, "klau1234", PASSWORD).await;
    assert!(is_logged_in(&page));
    // One that those who run Portner have set is theirs.
    let otto = stage.person(&mut hanne, "otto1234").await;
    assert!(
        html::forms(&hanne.get(&otto).await.body)
            .iter()
            .all(|form| !form.action.ends_with("/spaerring"))
    );
}

#[tokio::test]
async fn u73_the_right_is_given_and_taken_and_somebody_always_has_it() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let (me, tove) = (
        stage.person(&mut hanne, "hann1234").await,
        stage.person(&mut hanne, "tove1234").await,
    );
    let page = send(&mut hanne, &me, ("/rettighed", Some("withdraw")), &[WHY]).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("mindst én administrator"), "{}", page.body);
    let (mut browser, page) = stage.come(TOVE, DESK).await;
    assert_eq!(page.status, 403);
    send(&mut hanne, &tove, ("/rettighed", Some("grant")), &[WHY]).await;
    assert_eq!(browser.get(DESK).await.status, 200, "at once");
    let page = hanne.get(&format!("{DESK}/administratorer")).await;
    assert!(
        page.body.contains("Tove Dam") && page.body.contains("Hanne Brandt"),
        "{}",
        page.body
    );
    send(&mut hanne, &me, ("/rettighed", Some("withdraw")), &[WHY]).await;
    assert_eq!(hanne.get(DESK).await.status, 403, "at once");
    let (act, details) = stage.last_act_of("admin.right_withdrawn").await;
    assert_eq!(
        (act.as_str(), details["reason"].as_str()),
        ("admin.right_withdrawn", Some(WHY.1))
    );
}

#[tokio::test]
async fn u71_u72_somebody_is_affiliated_by_hand_and_is_a_guest_until_it_ends() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let by_hand = format!("{DESK}/tilknytninger");
    let good = [
        ("name", "emil1234"),
        ("role", "Vikar"),
        ("last-day", "2027-06-30"),
        WHY,
    ];
    for (field, value) in [
        ("name", "findesikke"),
        ("name", "hann1234"),
        ("role", "Forælder"),
        ("last-day", "2027-02-28"),
        ("last-day", "2028-06-30"),
        ("last-day", "i morgen"),
        ("reason", ""),
    ] {
        let before = stage.kept().await;
        let mut fill = good.to_vec();
        fill.retain(|(name, _)| *name != field);
        fill.push((field, value));
        let page = send(&mut hanne, &by_hand, ("", None), &fill).await;
        assert_eq!(page.status, 422, "{field} = {value}: {}", page.body);
        assert_eq!(stage.kept().await, before);
        if field != "reason" {
            assert!(page.body.contains(WHY.1), "what was written stays there");
        }
    }
    // Emil has a password that is typed: of a name without one, chance would decide what is asked for.
    stage
        .world
        .house
        .execute(
            "INSERT INTO passwords (account, phc, changed_at)
             SELECT e.id, p.phc, p.changed_at FROM accounts e, passwords p JOIN accounts a ON a.id = p.account
             WHERE e.user_name = 'emil1234' AND a.user_name = 'alma1234'",
        )
        .await;
    // When and where a guest is refused is another school's business (K01).
    let refused = async || {
        log_in(&stage, "emil1234", "forkert-kode").await;
        stage.world.house.wait(SignedDuration::from_mins(1));
    };
    let told = |page: &Page| page.body.matches("UL-102").count();
    refused().await;
    let page = send(&mut hanne, &by_hand, ("", None), &good).await;
    let guest = page.url.path().to_owned();
    refused().await;
    assert_eq!(told(&hanne.get(&guest).await), 0);
    assert!(
        page.body.contains("emil1234") && !page.body.contains("Emil Bak") && page.body.contains("30.06.2027"),
        "{}",
        page.body
    );
    assert_eq!(
        send(&mut hanne, &by_hand, ("", None), &good).await.status,
        422,
        "once"
    );
    // A guest's account is not ours: no code, no block, no rule.
    let actions: Vec<_> = html::forms(&page.body)
        .into_iter()
        .map(|form| form.action)
        .collect();
    assert!(
        !actions
            .iter()
            .any(|action| action.ends_with("/kode") || action.ends_with("/spaerring")),
        "{actions:?}"
    );
    let page = send(
        &mut hanne,
        &guest,
        ("/tilknytning", Some("prolong")),
        &[("last-day", "2027-12-31")],
    )
    .await;
    assert!(page.body.contains("31.12.2027"), "{}", page.body);
    let page = send(&mut hanne, &guest, ("/tilknytning", Some("end")), &[WHY]).await;
    assert!(page.body.contains("slut "), "{}", page.body);
    let links = html::links(&hanne.get(&by_hand).await.body);
    assert!(
        !links.iter().any(|link| link.contains("/person/")),
        "nobody any more"
    );
    let names: Vec<_> = stage.acts().await.into_iter().map(|(act, _)| act).collect();
    for act in [
        "admin.affiliation_added",
        "admin.affiliation_prolonged",
        "admin.affiliation_ended",
    ] {
        assert_eq!(names.iter().filter(|name| *name == act).count(), 1, "{act}");
    }
}

#[tokio::test]
async fn why_somebody_cannot_log_in_is_told_in_words_for_administrators() {
    let stage = Stage::set().await;
    log_in(&stage, "klau1234", "forkert-kode-1").await;
    stage.world.house.wait(SignedDuration::from_mins(10));
    log_in(&stage, "otto1234", PASSWORD).await;
    let mut hanne = stage.hanne().await;
    let klaus = hanne
        .get(&stage.person(&mut hanne.clone(), "klau1234").await)
        .await;
    assert!(
        klaus.body.contains("UL-102") && klaus.body.contains("Læsehesten"),
        "{}",
        klaus.body
    );
    assert!(klaus.body.contains("Intet er i vejen lige nu"), "{}", klaus.body);
    let otto = hanne
        .get(&stage.person(&mut hanne.clone(), "otto1234").await)
        .await;
    assert!(
        otto.body.contains("UL-203") && otto.body.contains("spærret af driften"),
        "{}",
        otto.body
    );
    assert!(!otto.body.contains("UL-102"), "another's refusals are not his");
    let vigga = hanne
        .get(&stage.person(&mut hanne.clone(), "vigg1234").await)
        .await;
    assert!(vigga.body.contains("aldrig fået en kode"), "{}", vigga.body);
    let (act, details) = stage.last_act().await;
    assert_eq!(
        (act.as_str(), details["institution"].as_str()),
        ("admin.person_viewed", Some(HERE))
    );
    let english = hanne.get(&format!("{}?lang=en", otto.url.path())).await;
    assert!(english.body.contains("blocked by operations"), "{}", english.body);
}

#[tokio::test]
async fn u66_imports_and_their_faults_are_shown_and_people_looked_for_in_them() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let front = hanne.get(DESK).await;
    assert!(
        front.body.contains("venter på, at driften godkender"),
        "{}",
        front.body
    );
    assert!(front.body.contains("eneste administrator"), "{}", front.body);
    let import = format!("{DESK}/importer/{}", stage.import);
    let page = hanne.get(&import).await;
    assert!(
        page.body.contains("men intet alias") && page.body.contains("linje 12"),
        "{}",
        page.body
    );
    let page = hanne.get(&format!("{import}?q=E0007")).await;
    assert!(
        page.body.contains("Registrér et alias for personen"),
        "{}",
        page.body
    );
    let english = hanne.get(&format!("{import}?lang=en")).await;
    assert!(
        english.body.contains("but there is no alias") && !english.body.contains("deliverer"),
        "in the reader's language: {}",
        english.body
    );
    hanne.get(&format!("{import}?lang=da")).await;
    assert!(
        page.body
            .contains("Ingen import fra kildesystemet er indlæst endnu")
            && page.body.contains("i den her import"),
        "the open one is not the latest that was carried out: {}",
        page.body
    );
    let page = hanne.get(&format!("{import}?q=E9999")).await;
    assert!(page.body.contains("aldrig sendt nogen"), "{}", page.body);
}

/// Nora works here and is a parent at another school: a code of ours would open both (I05).
#[tokio::test]
async fn i05_whoever_is_somebody_elsewhere_too_gets_no_first_code_here() {
    let stage = Stage::set().await;
    let mut hanne = stage.hanne().await;
    let nora = stage.person(&mut hanne, "nora").await;
    let page = hanne.get(&nora).await;
    assert!(page.body.contains("Nora"), "{}", page.body);
    let actions: Vec<_> = html::forms(&page.body)
        .into_iter()
        .map(|form| form.action)
        .collect();
    assert!(
        !actions.iter().any(|action| action.ends_with("/kode")),
        "{actions:?}"
    );
    // Nor together with everybody else's.
    send(&mut hanne, &format!("{DESK}/nye"), ("/koder", None), &[]).await;
    let made = stage
        .acts()
        .await
        .into_iter()
        .filter(|(act, _)| act == "admin.code_made")
        .count();
    assert!(made > 0, "others have theirs");
    let page = hanne.get(&nora).await;
    assert!(page.body.contains("Har aldrig fået en kode"), "{}", page.body);
}

#[tokio::test]
async fn g16_no_code_leads_round_a_schools_own_login() {
    let stage = Stage::set_with_local_logins().await;
    let before = stage.world.house.count("passwords").await;
    let mut hanne = stage.hanne().await;
    let class = stage.class(&mut hanne, "2.B").await;
    let page = send(&mut hanne, &class, ("/koder", None), &[]).await;
    assert!(codes(&page).is_empty(), "{}", page.body);
    let page = send(&mut hanne, &format!("{DESK}/nye"), ("/koder", None), &[]).await;
    assert!(codes(&page).is_empty(), "{}", page.body);
    // One more affiliation, written by hand, does not switch that off.
    stage
        .world
        .house
        .execute(
            "INSERT INTO actors (id, account, actor_group, institution, roles, added_by)
             SELECT 'c0000000-0000-4000-8000-000000000002', r.account, 'Elev', '909001', '', 'account:x'
             FROM actors r JOIN accounts a ON a.id = r.account WHERE a.user_name = 'vigg1234'",
        )
        .await;
    for name in ["tove1234", "vigg1234"] {
        let person = stage.person(&mut hanne, name).await;
        let page = hanne.get(&person).await;
        assert!(page.body.contains("Skolen har sit eget login"), "{}", page.body);
        let forms = html::forms(&page.body);
        assert!(!forms.iter().any(|form| form.action.ends_with("/kode")), "{name}");
    }
    let page = send(&mut hanne, &class, ("/koder", None), &[]).await;
    assert!(codes(&page).is_empty(), "{}", page.body);
    assert_eq!(stage.world.house.count("passwords").await, before);
}
