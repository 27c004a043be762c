//! Four pictures instead of a password (U36): picked with and without script, and nothing on the
//! page that tells one login from another (G12).

use std::collections::{BTreeMap, BTreeSet};

use portner::domain::login_name::BareName;
use portner::domain::password_rule::SecretForm;

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::visitor::Visitor;

/// What Storm was given.
const STORMS: [&str; 4] = ["kat", "sol", "fisk", "æble"];

/// What stands for each picture on a page, by its spoken name.
pub(super) fn tokens(page: &Page) -> BTreeMap<String, String> {
    let cells = page.body.split("name=\"pick\" value=\"").skip(1);
    let cells = cells.map(|cell| {
        let token = cell.split('"').next().unwrap();
        let name = cell.split("sr-only\">").nth(1).unwrap();
        (name.split('<').next().unwrap().to_owned(), token.to_owned())
    });
    cells.collect()
}

/// Presses pictures one after the other, as without script.
async fn press(visitor: &mut Visitor, mut page: Page, names: &[&str]) -> Page {
    for name in names {
        let token = tokens(&page)[*name].clone();
        page = visitor.submit(&page.form(), &[("pick", &token)]).await;
    }
    page
}

/// Sends pictures all at once, as with script.
pub(super) async fn pick(visitor: &mut Visitor, page: &Page, names: &[&str]) -> Page {
    let tokens = tokens(page);
    let picks: Vec<_> = names.iter().map(|name| tokens[*name].as_str()).collect();
    let picks = picks.join(" ");
    visitor
        .submit(&page.form(), &[("picks", &picks), ("do", "done")])
        .await
}

async fn at_the_pictures(world: &Federation, visitor: &mut Visitor) -> Page {
    let page = world.arrive(visitor, "skolebroen").await;
    let page = world.type_name(visitor, &page, "stor1234").await;
    assert_eq!(tokens(&page).len(), 36);
    page
}

fn place(page: &Page) -> String {
    let form = page.form();
    form.fields
        .into_iter()
        .find(|field| field.name == "place")
        .unwrap()
        .value
}

#[tokio::test]
async fn a_pupil_of_second_grade_logs_in_with_four_pictures_with_and_without_script() {
    let world = Federation::start().await;
    let mut visitor = world.visitor();
    let page = at_the_pictures(&world, &mut visitor).await;
    let page = press(&mut visitor, page, &STORMS).await;
    assert_eq!(place(&page), "4");
    let page = visitor.submit(&page.form(), &[("do", "done")]).await;
    assert!(is_logged_in(&page), "{}", page.body);

    let mut visitor = world.visitor();
    let page = at_the_pictures(&world, &mut visitor).await;
    let page = pick(&mut visitor, &page, &STORMS).await;
    assert!(is_logged_in(&page), "{}", page.body);

    // Two without script, then the script arrives.
    let mut visitor = world.visitor();
    let page = at_the_pictures(&world, &mut visitor).await;
    let page = press(&mut visitor, page, &STORMS[..2]).await;
    let page = pick(&mut visitor, &page, &STORMS[2..]).await;
    assert!(is_logged_in(&page), "{}", page.body);
}

#[tokio::test]
async fn another_order_is_wrong_and_begins_anew() {
    let world = Federation::start().await;
    let mut visitor = world.visitor();
    let page = at_the_pictures(&world, &mut visitor).await;
    let before = tokens(&page);
    for wrong in [&["sol", "kat", "fisk", "æble"][..], &STORMS[..3], &["kat"; 8]] {
        let page = at_the_pictures(&world, &mut visitor).await;
        let page = pick(&mut visitor, &page, wrong).await;
        assert_eq!(page.refusal_code().as_deref(), Some("UL-102"), "{wrong:?}");
        assert_eq!(place(&page), "0");
        let now: BTreeSet<_> = tokens(&page).into_values().collect();
        assert!(before.values().all(|token| !now.contains(token)));
    }
    // What cannot be typed is nobody's pictures.
    let page = at_the_pictures(&world, &mut visitor).await;
    let form = page.form();
    let typed = [("password", "pictures\u{1e}11.00.12.06."), ("do", "done")];
    let page = visitor.submit(&form, &typed).await;
    assert!(!is_logged_in(&page));
}

#[tokio::test]
async fn the_last_picture_is_taken_back_and_a_double_press_counts_once() {
    let world = Federation::start().await;
    let mut visitor = world.visitor();
    let page = at_the_pictures(&world, &mut visitor).await;
    let page = press(&mut visitor, page, &["kat", "elefant"]).await;
    let page = visitor.submit(&page.form(), &[("do", "undo")]).await;
    assert_eq!(place(&page), "1");
    let token = tokens(&page)["sol"].clone();
    let form = page.form();
    visitor.submit(&form, &[("pick", &token)]).await;
    let page = visitor.submit(&form, &[("pick", &token)]).await;
    assert_eq!(
        place(&page),
        "2",
        "the second press was of a page that had gone on"
    );
    let page = press(&mut visitor, page, &STORMS[2..]).await;
    let page = visitor.submit(&page.form(), &[("do", "done")]).await;
    assert!(is_logged_in(&page), "{}", page.body);
}

#[tokio::test]
async fn pages_differ_at_each_look_and_say_only_how_many_were_picked() {
    let world = Federation::start().await;
    let mut visitor = world.visitor();
    let page = at_the_pictures(&world, &mut visitor).await;
    let again = visitor.get(page.url.as_str()).await;
    let (one, other) = (tokens(&page), tokens(&again));
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        other.keys().collect::<Vec<_>>(),
        "everybody is shown the same pictures"
    );
    assert!(
        one.values()
            .all(|token| !other.values().any(|known| known == token))
    );
    let order = |page: &Page| {
        let names = page.body.split("sr-only\">").skip(1);
        names
            .map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_ne!(order(&page), order(&again));

    // Whoever picked something else sees the same page but for what stands for the pictures.
    let mut bodies = Vec::new();
    for name in ["kat", "elefant"] {
        let mut visitor = world.visitor();
        let page = at_the_pictures(&world, &mut visitor).await;
        let page = press(&mut visitor, page, &[name]).await;
        assert!(!page.url.as_str().contains(tokens(&page)[name].as_str()));
        bodies.push(page.body.len());
    }
    assert_eq!(bodies[0], bodies[1]);

    // A token of one login is nothing in another.
    let mut stranger = world.visitor();
    let theirs = at_the_pictures(&world, &mut stranger).await;
    let page = stranger.submit(&theirs.form(), &[("pick", &other["kat"])]).await;
    assert_eq!(place(&page), "0");
}

#[tokio::test]
async fn a_name_that_nobody_has_keeps_the_form_that_it_seems_to_have() {
    let world = Federation::start().await;
    let restarted = world.house.restarted().await;
    let mut seen = BTreeMap::new();
    for number in 0..200 {
        let name = BareName::parse(&format!("ukendt{number}")).unwrap();
        let (here, there) = (&world.house.portner, &restarted.portner);
        let form = here.upstreams.credentials.form_of(&name).await.unwrap();
        assert_eq!(there.upstreams.credentials.form_of(&name).await.unwrap(), form);
        *seen.entry(form == SecretForm::Pictures).or_insert(0) += 1;
    }
    assert!(seen[&true] > 20 && seen[&false] > 100, "{seen:?}");
    let storm = BareName::parse("stor1234").unwrap();
    let form = world.house.portner.upstreams.credentials.form_of(&storm).await;
    assert_eq!(form.unwrap(), SecretForm::Pictures);
}
