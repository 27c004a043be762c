//! The code that takes a class's devices to their school, and the sheet with user names: neither leads
//! to anybody, and neither has a secret (U49; F02, F05, I01, L06–L08).

use super::boards::{at_board, at_desk, bare, board_of, open};
use super::help_windows::PEOPLE;
use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::house::MORE_PEOPLE;
use crate::world::html;
use crate::world::visitor::{Odd, Visitor};

/// Where the code on a page leads.
fn code_of(page: &Page) -> String {
    let (_, rest) = page
        .body
        .split_once("class=\"address\" translate=\"no\">")
        .unwrap();
    let address = rest.split('<').next().unwrap();
    let path = address.strip_prefix("https://login.example").unwrap();
    assert!(page.body.contains("<svg viewBox=\"0 0 "), "and a drawing of it");
    path.to_owned()
}

async fn login_page(world: &Federation, device: &mut Visitor) -> Page {
    let client = world.client("laesehesten");
    device.get(&client.request(&[])).await
}

#[tokio::test]
async fn a_code_takes_a_device_to_its_class_and_to_nobody() {
    let world = open().await;
    let (_, _, board) = at_board(&world, "tove1234").await;
    let code = code_of(&board);
    assert!(code.starts_with("/skole/101001/"), "{code}");
    let mut device = world.visitor();
    assert!(!login_page(&world, &mut device).await.body.contains("8.C"));
    let before = world.house.snapshot().await;
    let page = device.get(&code).await;
    assert_eq!(page.url.path(), "/skole", "the address bar keeps nothing of it");
    assert!(
        page.body.contains("hører til 8.C på Bakkeskolen"),
        "{}",
        page.body
    );
    assert_eq!(device.session(), None);
    assert_eq!(
        world.house.snapshot().await,
        before,
        "nothing is kept of the device"
    );
    let page = login_page(&world, &mut device).await;
    assert!(
        page.body.contains("hører til 8.C på Bakkeskolen"),
        "{}",
        page.body
    );
    for nobody in ["Aksel", "akse1234", "Tove"] {
        assert!(!page.body.contains(nobody), "{nobody}");
    }
    let english = device.get("/skole?lang=en").await;
    assert!(
        english.body.contains("belongs to 8.C at Bakkeskolen"),
        "{}",
        english.body
    );

    // It is forgotten by its own button alone.
    let form = html::forms(&english.body)
        .into_iter()
        .find(|form| form.method == "post")
        .unwrap();
    let refused = device.submit(&form, &[("form", "x")]).await;
    assert_eq!(
        refused.refusal_code().as_deref(),
        Some("UL-605"),
        "{}",
        refused.body
    );
    let fields = [("form".to_owned(), form.fields[0].value.clone())];
    device.post_from_elsewhere_once("/skole", &fields).await;
    assert!(device.get("/skole").await.body.contains("8.C"));
    let page = device.submit(&form, &[]).await;
    assert!(!page.body.contains("8.C"), "{}", page.body);
    assert!(!login_page(&world, &mut device).await.body.contains("8.C"));
}

#[tokio::test]
async fn trying_codes_tells_nothing() {
    let world = open().await;
    let (_, _, board) = at_board(&world, "tove1234").await;
    let code = code_of(&board);
    let (before, mark) = code.rsplit_once('/').unwrap();
    let changed = |at: usize| {
        let mut other = mark.to_owned();
        let letter = if other.as_bytes()[at] == b'A' { "B" } else { "A" };
        other.replace_range(at..=at, letter);
        format!("{before}/{other}")
    };
    let mut tries: Vec<String> = (0..mark.len() - 1).map(changed).collect();
    tries.extend([
        code.replace("101001", "101002"),
        code.replace("101001", "x"),
        format!("{before}/{}", &mark[..22]),
        format!("{before}/x"),
        format!("{before}/00000000-0000-4000-8000-000000000001"),
    ]);
    let mut bodies = std::collections::BTreeSet::new();
    for code in &tries {
        let mut device = world.visitor();
        let page = device.get(code).await;
        assert_eq!(page.status.as_u16(), 404, "{code}");
        assert!(!device.cookies().contains_key("__Host-class"), "{code}");
        bodies.insert(page.body);
    }
    // A class that is gone answers like one that never was, also to a device that knows it.
    let mut device = world.visitor();
    device.get(&code).await;
    assert!(device.cookies().contains_key("__Host-class"));
    world
        .house
        .execute("UPDATE school_groups SET gone_at = 1 WHERE name = '8.C'")
        .await;
    bodies.insert(device.get(&code).await.body);
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
    assert!(!login_page(&world, &mut device).await.body.contains("8.C"));
    for value in ["", "x", "101001.x", "101001.", "%00", &format!("101002.{mark}")] {
        let mut device = world.visitor();
        device
            .cookies_mut()
            .insert("__Host-class".to_owned(), value.to_owned());
        let page = login_page(&world, &mut device).await;
        assert_eq!(page.status.as_u16(), 200, "{value}");
        assert!(!page.body.contains("hører til"), "{value}");
    }
}

#[tokio::test]
async fn a_device_of_a_school_with_its_own_login_is_shown_the_way_there() {
    let world = open().await;
    let (_, _, board) = at_board(&world, "tove1234").await;
    let mut device = world.visitor();
    device.get(&code_of(&board)).await;
    let page = login_page(&world, &mut device).await;
    let registry = world.house.portner.registry();
    let number = portner::domain::institution::InstitutionNumber::parse("101001").unwrap();
    assert_eq!(
        registry.has_local_login(&number),
        registry.with_local_login().contains(&number)
    );
    let ways = html::forms(&page.body).into_iter();
    let mut ways = ways.filter(|form| form.action.ends_with("/choose"));
    // Of several, none is the school's own.
    let usable = registry.upstreams().filter(|upstream| {
        let profile = &upstream.profile;
        profile.kind == portner::domain::upstream::UpstreamKind::Local
            && profile.enabled
            && !profile.hidden
            && profile.institutions.contains(&number)
    });
    assert_eq!(ways.next().is_some(), usable.count() == 1, "{}", page.body);
}

#[tokio::test]
async fn a_sheet_has_the_user_names_and_is_noted_for_each() {
    let world = open().await;
    let (mut teacher, board, page) = at_board(&world, "tove1234").await;
    assert!(!page.body.contains("akse1234"));
    let forms = html::forms(&page.body);
    let form = forms
        .into_iter()
        .find(|form| form.action.ends_with("/ark"))
        .unwrap();
    let sheet = teacher.submit(&form, &[]).await;
    assert_eq!(sheet.status.as_u16(), 200, "{}", sheet.body);
    for said in [
        "Aksel Krogh",
        "akse1234",
        "Nye Nielsen",
        "nyen1234",
        "Bakkeskolen",
        "01.03.2027",
    ] {
        assert!(sheet.body.contains(said), "{said}: {}", sheet.body);
    }
    let drawing = |page: &Page| {
        page.body
            .split_once("<svg viewBox")
            .map(|(_, rest)| rest.split_once("</svg>").unwrap().0.to_owned())
    };
    assert_eq!(drawing(&sheet), drawing(&page), "the same code");
    assert!(
        drawing(&sheet).is_some() && !sheet.body.contains("/skole/"),
        "nobody types it"
    );
    assert!(!sheet.body.contains("stor1234"), "another class");
    let rows = world.house.audit().await;
    let printed: Vec<_> = rows.iter().filter(|row| row.act == "help.name_printed").collect();
    assert_eq!(printed.len(), 2);
    assert!(
        printed
            .iter()
            .all(|row| row.details.contains("101001") && row.account.is_some())
    );

    // Each pupil can read that it was.
    let mut aksel = world.visitor();
    let page = aksel.get("/min-side/historik").await;
    let page = world.log_in_as(&mut aksel, &page, "akse1234").await;
    assert!(page.body.contains("skrev dit brugernavn ud"), "{}", page.body);

    // By its form alone, and by nobody else.
    assert_eq!(teacher.get(&form.action).await.status.as_u16(), 405);
    let refused = teacher.submit(&form, &[("all", "1")]).await;
    assert_eq!(refused.refusal_code().as_deref(), Some("UL-605"));
    let (mut ulla, _) = at_desk(&world, "ulla1234").await;
    let refused = ulla.submit(&form, &[]).await;
    assert_eq!(
        refused.refusal_code().as_deref(),
        Some("UL-605"),
        "another session's form"
    );
    let mut gone = bare(&teacher.get(&board).await);
    gone.action.clone_from(&form.action);
    gone.fields.clone_from(&form.fields);
    world
        .house
        .execute("UPDATE school_groups SET gone_at = 1 WHERE name = '8.C'")
        .await;
    assert_eq!(teacher.submit(&gone, &[]).await.status.as_u16(), 403);
    let rows = world.house.audit().await;
    assert_eq!(
        rows.iter().filter(|row| row.act == "help.name_printed").count(),
        2
    );
}

/// A class with a pupil whose name is protected, as a school's system tells of it: both names stand in
/// the delivery.
const PROTECTED: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<UNILoginImport source="TABULEX" sourceDateTime="2027-03-01T06:00:00" schoolYear="2026-2027" sourceVersion="1.0" kind="full">
  <Institution>
    <InstitutionNumber>101001</InstitutionNumber>
    <InstitutionName>Bakkeskolen</InstitutionName>
    <Group>
      <GroupId>3p</GroupId>
      <GroupName>3.P</GroupName>
      <GroupType>Hovedgruppe</GroupType>
      <GroupLevel>3</GroupLevel>
    </Group>
    <InstitutionPerson>
      <LocalPersonId>e2</LocalPersonId>
      <Person protected="true">
        <FirstName>Ægtea</FirstName>
        <FamilyName>Hemmeligsen</FamilyName>
        <AliasFirstName>Glimur</AliasFirstName>
        <AliasFamilyName>Zinkbæk</AliasFamilyName>
        <CivilRegistrationNumber>6102174004</CivilRegistrationNumber>
        <CivilRegistrationNumberType>CPR_REPLACEMENT_ID</CivilRegistrationNumberType>
        <BirthDate>2017-02-01</BirthDate>
      </Person>
      <Student>
        <Role>Elev</Role>
        <Level>3</Level>
        <MainGroupId>3p</MainGroupId>
      </Student>
    </InstitutionPerson>
  </Institution>
</UNILoginImport>
"#;

/// L08: what stands on board and sheet of somebody whose name is protected is the alias, though the
/// school's system has told both.
#[tokio::test]
async fn protected_people_stand_by_their_alias() {
    let token = "en-tilfaeldig-noegle-som-ingen-gaetter-1";
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    let digest = data_encoding::HEXLOWER.encode(digest.as_ref());
    let world = Federation::start_changed(|files| {
        files.put(MORE_PEOPLE, PEOPLE);
        files.add(
            "portner.toml",
            &format!(
                "[import.deliverers.skolesystem]\ntoken_sha256 = \"{digest}\"\nsources = [\"TABULEX\"]\ninstitutions = [\"101001\"]\n"
            ),
        );
    })
    .await;
    let mut system = world.visitor();
    let delivered = system.odd(Odd {
        method: axum::http::Method::POST,
        target: "/import",
        headers: vec![("authorization", format!("Bearer {token}"))],
        body: PROTECTED.as_bytes().to_vec(),
    });
    let delivered = delivered.await;
    assert!(delivered.body.contains("\"applied\""), "{}", delivered.body);
    world
        .house
        .execute("INSERT INTO memberships (actor, school_group) SELECT r.id, g.id FROM actors r JOIN accounts a ON a.id = r.account, school_groups g WHERE a.user_name = 'tove1234' AND g.name = '3.P'")
        .await;
    let (mut teacher, desk) = at_desk(&world, "tove1234").await;
    let board = teacher.get(&board_of(&desk, "3.P")).await;
    let forms = html::forms(&board.body);
    let form = forms
        .into_iter()
        .find(|form| form.action.ends_with("/ark"))
        .unwrap();
    let sheet = teacher.submit(&form, &[]).await;
    for page in [&desk, &board, &sheet] {
        assert!(page.body.contains("Glimur Zinkbæk"), "{}", page.body);
        for real in ["Ægtea", "Hemmeligsen", "6102174004"] {
            assert!(!page.body.contains(real), "{real}: {}", page.body);
        }
    }
}
