//! What everybody may read: help for each role, how everything does, and what the operator has to tell
//! (U20, U77–U80).

use jiff::SignedDuration;
use portner::domain::refusal::{Audience, Refusal};
use portner::domain::upstream::UpstreamId;

use crate::world::federation::Federation;
use crate::world::house::Files;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// From nine to ten in Denmark on the day of every test, which begins at nine.
const NOTICE: &str = "text = { da = \"Vi flytter <serveren>.\", en = \"We move the <server>.\" }\n\
    from = 2027-03-01T08:00:00Z\nuntil = 2027-03-01T09:00:00Z\n";

fn with_notices(files: &Files) {
    let directory = files.path("notices");
    std::fs::create_dir_all(&directory).unwrap();
    let line = format!("[files]\nnotices = \"{}\"\n", directory.display());
    files.change("portner.toml", "[files]\n", &line);
}

async fn login_page(world: &Federation, language: &'static str) -> String {
    let client = world.client("laesehesten");
    world
        .visitor()
        .speaking(language)
        .get(&client.request(&[]))
        .await
        .body
}

async fn status(world: &Federation) -> serde_json::Value {
    let page = world.visitor().get("/status.json").await;
    assert_eq!(page.headers["content-type"], "application/json");
    assert_eq!(page.headers["cache-control"], "public, max-age=10");
    serde_json::from_str(&page.body).unwrap()
}

#[tokio::test]
async fn notices_stand_where_and_for_as_long_as_they_are_to() {
    let world = Federation::start_changed(|files| {
        with_notices(files);
        files.put("notices/flytning.toml", NOTICE);
        files.put(
            "notices/drift.toml",
            &format!("{}shown = [\"status\"]\n", NOTICE.replace("flytter", "ser på")),
        );
        files.add("portner.toml", "[[presentation.notices]]\ntext = \"Altid\"\n");
    })
    .await;
    let danish = login_page(&world, "da").await;
    assert!(
        danish.contains("Vi flytter &#60;serveren&#62;.") && danish.contains("Altid"),
        "{danish}"
    );
    assert!(!danish.contains("ser på"), "on the status page alone: {danish}");
    assert!(
        login_page(&world, "en")
            .await
            .contains("We move the &#60;server&#62;.")
    );
    let page = world.visitor().get("/status").await;
    assert!(
        page.body.contains("Vi flytter") && page.body.contains("Vi ser på"),
        "{}",
        page.body
    );
    assert!(world.visitor().get("/").await.body.contains("Vi flytter"));
    assert!(!world.visitor().get("/support").await.body.contains("Vi flytter"));
    let told = status(&world).await;
    assert_eq!(told["notices"].as_array().unwrap().len(), 3);
    assert_eq!(told["notices"][1]["until"], "2027-03-01T09:00:00Z");
    world.house.wait(HOUR);
    let later = login_page(&world, "da").await;
    assert!(
        !later.contains("Vi flytter") && later.contains("Altid"),
        "{later}"
    );
    assert_eq!(status(&world).await["notices"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_notice_comes_and_goes_while_portner_runs_and_a_faulty_one_does_not_get_in() {
    let world = Federation::start_changed(with_notices).await;
    let mut keeper = world.house.keeper();
    assert!(!login_page(&world, "da").await.contains("Vi flytter"));
    let files = &world.house.files;
    files.put("notices/flytning.toml", NOTICE);
    files.put("notices/forkert.toml", "tekst = \"Hov\"\n");
    keeper.look().await;
    keeper.look().await;
    let page = login_page(&world, "da").await;
    assert!(page.contains("Vi flytter") && !page.contains("Hov"), "{page}");
    let told = world.house.portner.trust.text();
    assert!(
        told.contains("forkert.toml") && told.contains("tekst is not a setting"),
        "{told}"
    );
    std::fs::remove_file(files.path("notices/flytning.toml")).unwrap();
    keeper.look().await;
    keeper.look().await;
    assert!(!login_page(&world, "da").await.contains("Vi flytter"));
}

#[tokio::test]
async fn programs_are_told_how_every_login_does_and_not_where_it_is() {
    let world = Federation::start().await;
    let told = status(&world).await;
    let upstreams = told["upstreams"].as_array().unwrap();
    let state = |told: &serde_json::Value, name: &str| {
        let all = told["upstreams"].as_array().unwrap().clone();
        let found = all
            .into_iter()
            .find(|one| one["name"]["da"].as_str().unwrap().contains(name));
        found.unwrap_or_else(|| panic!("{name}: {told}"))["state"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(upstreams.len() > 3, "{told}");
    assert_eq!(state(&told, "lillekoebing"), "ok");
    let text = told.to_string();
    for inner in ["http", "127.0.0.1", ".example", "localhost"] {
        assert!(!text.contains(inner), "{inner}: {text}");
    }
    let portner = &world.house.portner;
    let upstream = UpstreamId::parse("lillekoebing").unwrap();
    for _ in 0..3 {
        portner.health.out_of_reach(&upstream, portner.ambient.now());
    }
    assert_eq!(
        state(&status(&world).await, "lillekoebing"),
        "ok",
        "for ten seconds all hear the same"
    );
    world.house.wait(SignedDuration::from_secs(10));
    assert_eq!(state(&status(&world).await, "lillekoebing"), "trouble");
}

#[tokio::test]
async fn what_is_switched_off_on_purpose_is_no_trouble() {
    let world = Federation::start().await;
    world.decide("upstreams/lillekoebing", "enabled = false");
    let page = world.visitor().get("/status").await;
    assert!(page.body.contains("Alt virker, som det skal."), "{}", page.body);
    assert!(page.body.contains("Slået fra"), "{}", page.body);
}

#[tokio::test]
async fn each_role_has_its_help_with_every_error_and_what_it_can_do() {
    let world = Federation::start().await;
    let support = world.visitor().get("/support").await.body;
    for language in ["da", "en"] {
        let mut remedies = std::collections::BTreeSet::new();
        for role in ["elev", "foraelder", "laerer", "brugeradministrator"] {
            let address = format!("/hjaelp/{role}");
            assert!(support.contains(&address));
            let page = world.visitor().speaking(language).get(&address).await;
            assert_eq!(page.status.as_u16(), 200, "{}", page.body);
            for refusal in Refusal::samples() {
                let id = format!("<tr id=\"{}\">", refusal.code());
                assert_eq!(
                    page.body.contains(&id),
                    refusal.audience() != Audience::Service,
                    "{id}"
                );
            }
            // What each can do about the errors, which is not what the others can.
            let (_, errors) = page.body.split_once("id=\"errors\"").unwrap();
            remedies.insert(errors.to_owned());
        }
        assert_eq!(remedies.len(), 4);
    }
    let teacher = world.visitor().get("/hjaelp/laerer").await.body;
    assert!(
        teacher.contains("Du er oprettet i hånden"),
        "why a desk is empty: {teacher}"
    );
    let nobody = world.visitor().get("/hjaelp/drift").await;
    assert_eq!(nobody.refusal_code().as_deref(), Some("UL-606"));
}
