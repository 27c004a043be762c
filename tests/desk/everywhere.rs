//! Every page and form of ours that people log in to, from the table of the router that answers: each with
//! real people, by whom it is for, with a session that is enough for it. Looking changes nothing, no other
//! site sends a form, no page can be framed, and no name of a school is markup (F05, F06, F07).

use std::collections::BTreeMap;

use axum::http::Method;
use portner::domain::own_page::OwnPage;
use portner::web::desk::places::DeskPlace;

use super::everybody::{addresses, token};
use super::stage::{DESK, HERE, Stage, TOVE, nobodys};
use crate::attacks::browser::assert_keeps_to_itself;
use crate::attacks::canaries::{CANARY, assert_silent};
use crate::attacks::csrf::routes;
use crate::world::browser::Page;
use crate::world::html;
use crate::world::visitor::{Odd, Visitor};

/// Whether a path is below one of our own pages, or the one that a device finds its school by.
pub(crate) fn is_our_own(path: &str) -> bool {
    let pages = OwnPage::ALL.map(OwnPage::path);
    pages.into_iter().chain(["/skole"]).any(|page| {
        let below = path.strip_prefix(page);
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The mother of a pupil here, by CPR number.
const SIGNE: &str = "0405861010";

/// A browser in which she has proved who she is at this page.
async fn signe_at(stage: &Stage, address: &str) -> (Visitor, Page) {
    let mut signe = stage.world.visitor();
    let page = signe.get(address).await;
    let page = signe.submit(&page.form(), &[("upstream", "mitid")]).await;
    let page = stage.prove(&mut signe, &page, SIGNE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    (signe, page)
}

/// Everybody whom a page of ours is for.
struct House {
    stage: Stage,
    people: BTreeMap<&'static str, Visitor>,
    /// By path: who asks, and the real address.
    places: BTreeMap<String, (&'static str, String)>,
}

impl House {
    async fn open(stage: Stage) -> Self {
        let mut hanne = stage.hanne().await;
        let class = stage.class(&mut hanne, "2.B").await;
        let group = class.rsplit('/').next().unwrap().to_owned();
        let desk = addresses(&stage, &mut hanne).await;
        let mut places: BTreeMap<String, (&'static str, String)> = desk
            .into_iter()
            .map(|(place, address, _)| (place.path().to_owned(), ("hanne", address)))
            .collect();
        let (tove, page) = stage.come(TOVE, &format!("/elevadgang/{HERE}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let (signe, page) = signe_at(&stage, "/faa-adgang").await;
        let (vouching, _) = signe_at(&stage, "/sig-god-for").await;
        let links = html::links(&page.body);
        let renewal = links.iter().find(|link| link.starts_with("/faa-adgang/ny/"));
        let renewal = renewal
            .unwrap_or_else(|| panic!("nobody to help: {}", page.body))
            .clone();
        let mut alma = stage.world.visitor();
        let first = stage.world.arrive(&mut alma, "skolebroen").await;
        stage.world.log_in_as(&mut alma, &first, "alma1234").await;
        let people = BTreeMap::from([
            ("hanne", hanne),
            ("tove", tove),
            ("signe", signe),
            ("signe, vouching", vouching),
            ("alma", alma),
        ]);
        let nobody = nobodys().to_string();
        for (who, path, address) in [
            ("alma", "/min-side", "/min-side".to_owned()),
            ("alma", "/min-side/logget-ind", "/min-side/logget-ind".to_owned()),
            (
                "alma",
                "/min-side/adgangskode",
                "/min-side/adgangskode".to_owned(),
            ),
            ("alma", "/min-side/historik", "/min-side/historik".to_owned()),
            ("signe", "/faa-adgang", "/faa-adgang".to_owned()),
            ("signe", "/faa-adgang/ny/{account}", renewal),
            ("signe", "/faa-adgang/faerdig", "/faa-adgang/faerdig".to_owned()),
            ("signe, vouching", "/sig-god-for", "/sig-god-for".to_owned()),
            ("alma", "/skole", "/skole".to_owned()),
            (
                "alma",
                "/skole/{institution}/{class}",
                format!("/skole/{HERE}/{group}"),
            ),
            ("tove", "/elevadgang", "/elevadgang".to_owned()),
            ("tove", "/elevadgang/mine", "/elevadgang/mine".to_owned()),
        ] {
            places.insert(path.to_owned(), (who, address));
        }
        for (who, pattern, front) in [
            ("tove", "/elevadgang/{institution}", format!("/elevadgang/{HERE}")),
            (
                "hanne",
                "/administration/{institution}/elevadgang",
                format!("{DESK}/elevadgang"),
            ),
        ] {
            for (below, real) in [
                ("", String::new()),
                ("/log-ind-igen", "/log-ind-igen".to_owned()),
                ("/giv-adgang", "/giv-adgang".to_owned()),
                ("/giv-adgang/log-ind-igen", "/giv-adgang/log-ind-igen".to_owned()),
                ("/ikke-eleven/{window}", format!("/ikke-eleven/{nobody}")),
                ("/tavle/{group}", format!("/tavle/{group}")),
                ("/tavle/{group}/nu", format!("/tavle/{group}/nu")),
                ("/tavle/{group}/ark", format!("/tavle/{group}/ark")),
            ] {
                places.insert(format!("{pattern}{below}"), (who, format!("{front}{real}")));
            }
        }
        Self {
            stage,
            people,
            places,
        }
    }

    /// Every place of the router below our own pages, as (path, who, address), that takes this method.
    fn taking(&self, method: &str) -> Vec<(String, &'static str, String)> {
        let own: Vec<String> = routes(&self.stage.world)
            .into_iter()
            .filter(|(path, methods)| is_our_own(path) && methods.contains(&method))
            .map(|(path, _)| path)
            .collect();
        let strays: Vec<_> = own
            .iter()
            .filter(|path| !self.places.contains_key(*path))
            .collect();
        assert!(strays.is_empty(), "who asks for {strays:?}?");
        own.into_iter()
            .map(|path| {
                let (who, address) = self.places[&path].clone();
                (path, who, address)
            })
            .collect()
    }

    async fn get(&mut self, who: &str, address: &str) -> Page {
        self.people.get_mut(who).unwrap().get_once(address).await
    }
}

/// What never ends, and has a test of its own.
fn is_stream(path: &str) -> bool {
    path.ends_with("/nu")
}

#[tokio::test]
async fn f05_f07_looking_at_our_own_pages_changes_nothing_and_none_can_be_framed() {
    let mut house = House::open(Stage::set().await).await;
    let mut shown = 0;
    for (path, who, address) in house.taking("get") {
        if is_stream(&path) {
            continue;
        }
        let before = house.stage.world.house.snapshot().await;
        for _ in 0..2 {
            let page = house.get(who, &address).await;
            assert_keeps_to_itself(&page, &address);
            assert!(!page.status.is_server_error(), "{address}: {}", page.body);
            shown += usize::from(page.status == 200);
        }
        assert_eq!(house.stage.world.house.snapshot().await, before, "{address}");
    }
    // Most of them are pages, and whoever asks is let in.
    assert!(shown >= 2 * 16, "only {shown} were shown");
}

#[tokio::test]
async fn f05_no_form_of_our_own_pages_is_taken_of_another_site() {
    let mut house = House::open(Stage::set().await).await;
    let forms = house.taking("post");
    assert!(
        forms.len()
            > DeskPlace::ALL
                .iter()
                .filter(|place| place.fields().is_some())
                .count()
    );
    for (path, who, address) in forms {
        // Its token is of a cookie of its own: whoever has none has nothing to forget.
        let is_login = path != "/skole";
        let browser = house.people.get_mut(who).unwrap();
        let own = token(&house.stage.world.house, browser, &address);
        let others = token(&house.stage.world.house, browser, "/et/andet/sted");
        let before = house.stage.world.house.snapshot().await;
        for (site, token) in [
            ("cross-site", own.as_str()),
            ("same-site", &own),
            ("same-origin", &others),
            ("same-origin", ""),
        ] {
            let mut body = url::form_urlencoded::Serializer::new(String::new());
            body.append_pair("form", token);
            let page = browser
                .odd(Odd {
                    method: Method::POST,
                    target: &address,
                    headers: vec![
                        ("content-type", "application/x-www-form-urlencoded".to_owned()),
                        ("sec-fetch-site", site.to_owned()),
                    ],
                    body: body.finish().into_bytes(),
                })
                .await;
            let code = page.refusal_code();
            assert_eq!(code.as_deref(), Some("UL-605"), "{address} {site}: {}", page.body);
            assert_keeps_to_itself(&page, &address);
            assert!(is_login || page.status == 403, "{address}");
        }
        assert_eq!(house.stage.world.house.snapshot().await, before, "{address}");
    }
}

#[tokio::test]
async fn f06_no_name_of_a_school_sings_on_a_page_of_ours() {
    let names = ["101001", "202001"]
        .map(|number| format!("[[institution]]\nnumber = \"{number}\"\nname = \"{number} {CANARY}\"\n"));
    let people = [
        ("00000000-0000-4000-8000-000000000003", "Alma"),
        ("00000000-0000-4000-8000-000000000052", "Vigga"),
    ]
    .map(|(id, name)| {
        format!("[[person]]\nid = \"{id}\"\ngiven-name = \"{name} {CANARY}\"\nfamily-name = \"{CANARY}\"\n")
    });
    let pupil = format!(
        "[[person]]\ngiven-name = \"Kaj {CANARY}\"\nfamily-name = \"K\"\n[[person.account]]\n\
         user-name = \"kajk1234\"\nuni-id = \"1000001290\"\n[[person.account.actor]]\ngroup = \"elev\"\n\
         institution = \"101001\"\nlevel = \"2\"\nclasses = [\"2.B\", \"2.K {CANARY}\"]\n"
    );
    let said = CANARY.replace('\\', "");
    let stage = Stage::set_with_people(&(names.concat() + &people.concat() + &pupil), &said).await;
    let mut house = House::open(stage).await;
    let mut sung = Vec::new();
    for (path, who, address) in house.taking("get") {
        if is_stream(&path) {
            continue;
        }
        for address in [address.clone(), format!("{address}?q=kanarie")] {
            let page = house.get(who, &address).await;
            assert_silent(&page, false);
            if html::unescape(&page.body).contains("kanarie()</script>") {
                sung.push(path.clone());
            }
        }
    }
    // What a person is blocked for, and a guest is here for, is somebody's word too.
    let pupil = house.places["/administration/{institution}/person/{id}"]
        .1
        .clone();
    let hanne = house.people.get_mut("hanne").unwrap();
    let fill = [("reason", "<script>kanarie()</script>")];
    let done = super::stage::send(hanne, &pupil, ("/spaerring", Some("block")), &fill).await;
    assert_silent(&done, true);
    for path in [
        "/administration/{institution}",
        "/administration/{institution}/person/{id}",
        "/administration/{institution}/klasse/{id}",
        "/administration/{institution}/importer/{id}",
        "/administration/{institution}/elevadgang",
        "/elevadgang/{institution}",
        "/min-side",
        "/faa-adgang",
    ] {
        assert!(
            sung.iter().any(|sung| sung == path),
            "{path} shows no name: {sung:?}"
        );
    }
}
