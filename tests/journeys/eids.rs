//! The national eID in each of its shapes: who is found, how strongly, and what is not taken.

use portner::store::audit::AuditRecord;
use serde_json::{Value, json};

use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::oidc_op::OidcProvider;
use crate::world::saml_idp::Words;

const OIO: &str = "https://data.gov.dk/model/core/eid/";
const NSIS: &str = "https://data.gov.dk/concept/core/nsis/";
const BENTE: &str = "0302821002";
const EMIL: &str = "0201851001";
const UUID: &str = "01234567-89ab-4cde-8f01-23456789abcd";

/// What a test does to an honest answer.
type Change<'a> = Box<dyn Fn(&mut Words) + 'a>;

/// Writes the registration of the OpenID eID anew, for another scheme.
fn speak(world: &Federation, scheme: &str) {
    let file = "metadata/upstreams/erhverv.toml";
    world
        .house
        .files
        .change(file, "eid = \"signaturgruppen\"", &format!("eid = \"{scheme}\""));
    world.house.reload();
}

/// A login by the OpenID eID, which says this.
async fn by_oidc(world: &Federation, service: &str, said: &Value) -> Page {
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, service).await;
    let page = world.type_name(&mut browser, &page, "x@erhverv.example").await;
    let eid: &OidcProvider = &world.erhverv;
    let question = eid.read(&page);
    let mut claims = eid.claims(&question, world.house.now());
    for (name, value) in said.as_object().unwrap() {
        claims[name] = value.clone();
    }
    eid.will_say(&claims).await;
    browser.get(&eid.way_back(&question)).await
}

/// A login by NemLog-in, whose honest answer a test changes.
async fn by_nemlogin(world: &Federation, service: &str, change: impl FnOnce(&mut Words)) -> Page {
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, service).await;
    let page = world.type_name(&mut browser, &page, "x@nemlogin.example").await;
    let asked = world.nemlogin.read(&page);
    let name = format!("{OIO}person/uuid/{UUID}");
    let mut words = world.nemlogin.words(&asked, &name, world.house.now());
    words.attributes = [
        (
            "https://data.gov.dk/model/core/specVersion".to_owned(),
            "OIO-SAML-3.0",
        ),
        (format!("{NSIS}loa"), "Substantial"),
        (format!("{OIO}cprNumber"), BENTE),
        (format!("{OIO}cprUuid"), UUID),
    ]
    .map(|(name, value)| (name, vec![value.to_owned()]))
    .to_vec();
    change(&mut words);
    let form = world.nemlogin.form(&words, &asked).await;
    browser.post_from_elsewhere(&asked.acs_path(), &form).await
}

fn set(words: &mut Words, name: &str, value: Option<&str>) {
    words.attributes.retain(|(known, _)| known != name);
    words
        .attributes
        .extend(value.map(|value| (name.to_owned(), vec![value.to_owned()])));
}

/// Why the last login was refused: the code, and the reason in the log.
async fn refused(world: &Federation) -> String {
    let rows: Vec<AuditRecord> = world.house.audit().await;
    format!("{:?}", rows.last().unwrap())
}

async fn assert_refused(world: &Federation, page: &Page, code: &str, check: &str) {
    assert_eq!(
        page.refusal_code().as_deref(),
        Some(code),
        "{check}: {}",
        page.body
    );
    let why = refused(world).await;
    assert!(why.contains(check), "{check}: {why}");
}

#[tokio::test]
async fn each_broker_of_the_eid_leads_to_the_same_person_and_level() {
    let world = Federation::start().await;
    let shapes = [
        (
            "signaturgruppen",
            json!({"idp": "mitid", "identity_type": "private", "dk.cpr": BENTE,
                   "loa": format!("{NSIS}Substantial"), "ial": format!("{NSIS}Substantial"), "aal": format!("{NSIS}High")}),
        ),
        (
            "idura",
            json!({"identityscheme": "dkmitid", "cprNumberIdentifier": BENTE, "loa": "SUBSTANTIAL", "ial": "SUBSTANTIAL", "aal": "HIGH"}),
        ),
        (
            "signicat",
            json!({"idp_id": "mitid", "nin": BENTE, "nin_type": "CPR", "mitid_loa": "SUBSTANTIAL", "mitid_ial": "SUBSTANTIAL"}),
        ),
    ];
    let ceiling = "[ceiling]\nnsis = \"substantial\"\nfactors = \"two\"\n";
    let mut before = "signaturgruppen";
    for (scheme, said) in shapes {
        let file = "metadata/upstreams/erhverv.toml";
        let files = &world.house.files;
        files.change(
            file,
            &format!("eid = \"{before}\""),
            &format!("eid = \"{scheme}\""),
        );
        before = scheme;
        assert!(
            std::fs::read_to_string(files.path(file))
                .unwrap()
                .contains(ceiling)
        );
        world.house.reload();
        let page = by_oidc(&world, "skolebroen-streng", &said).await;
        assert!(is_logged_in(&page), "{scheme}: {}", page.body);
        let mut weak = said.clone();
        for part in ["ial", "mitid_ial"] {
            if let Some(value) = weak.get_mut(part) {
                *value = json!("LOW");
            }
        }
        let page = by_oidc(&world, "skolebroen-streng", &weak).await;
        assert_eq!(
            page.refusal_code().as_deref(),
            Some("UL-401"),
            "{scheme}: the weakest part counts"
        );
    }
}

#[tokio::test]
async fn another_eid_of_the_same_broker_proves_nothing_here() {
    let world = Federation::start().await;
    let number = |more: Value| {
        let mut said =
            json!({"dk.cpr": BENTE, "cprNumberIdentifier": BENTE, "nin": BENTE, "identity_type": "private"});
        for (name, value) in more.as_object().unwrap() {
            said[name] = value.clone();
        }
        said
    };
    for (more, check) in [
        (json!({"idp": "euid"}), "idp"),
        (json!({}), "idp"),
        (json!({"idp": "mitid", "identity_type": "robot"}), "identity_type"),
        (json!({"idp": "mitid", "dk.cpr": "3102034567"}), "cpr"),
        (json!({"idp": "mitid", "dk.cpr": "6102034567"}), "replacement_cpr"),
        (json!({"idp": "mitid", "nemlogin.cpr": EMIL}), "cpr"),
        (
            json!({"idp": "mitid", "nemlogin.cpr_uuid": "ikke-en-uuid"}),
            "cpr_uuid",
        ),
        (
            json!({"idp": "mitid_erhverv", "identity_type": "professional"}),
            "cvr",
        ),
        (
            json!({"idp": "mitid_erhverv", "identity_type": "professional", "nemlogin.cvr": "DK101001"}),
            "cvr",
        ),
    ] {
        let page = by_oidc(&world, "skolebroen", &number(more)).await;
        assert_refused(&world, &page, "UL-303", &format!("[{check}]")).await;
    }
    speak(&world, "idura");
    let page = by_oidc(
        &world,
        "skolebroen",
        &number(json!({"identityscheme": "sebankid"})),
    )
    .await;
    assert_refused(&world, &page, "UL-303", "[identityscheme]").await;
}

#[tokio::test]
async fn a_national_number_of_another_country_is_no_cpr_number() {
    let world = Federation::start().await;
    speak(&world, "signicat");
    for (said, check) in [
        (
            json!({"idp_id": "mitid", "nin": BENTE, "nin_type": "PERSON"}),
            "nin_type",
        ),
        (json!({"idp_id": "mitid", "nin": BENTE}), "nin_type"),
        (
            json!({"idp_id": "sbid", "nin": BENTE, "nin_type": "CPR"}),
            "idp_id",
        ),
    ] {
        let page = by_oidc(&world, "skolebroen", &said).await;
        assert_refused(&world, &page, "UL-303", &format!("[{check}]")).await;
    }
}

#[tokio::test]
async fn an_employee_is_found_by_cpr_and_without_one_is_told_what_is_missing() {
    let world = Federation::start().await;
    let employee = json!({"idp": "mitid_erhverv", "identity_type": "professional",
        "nemlogin.cvr": "20200200", "nemlogin.nemid.rid": "42", "nemlogin.cpr": EMIL});
    assert!(is_logged_in(&by_oidc(&world, "skolebroen", &employee).await));
    let mut bare = employee;
    bare.as_object_mut().unwrap().remove("nemlogin.cpr");
    let page = by_oidc(&world, "skolebroen", &bare).await;
    assert_refused(&world, &page, "UL-204", "employed at CVR 20200200").await;
    for words in [
        "Denne bruger er ikke tilknyttet",
        "mangler dit CPR-nummer på erhvervsidentiteten",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let private = json!({"idp": "mitid", "identity_type": "private"});
    let page = by_oidc(&world, "skolebroen", &private).await;
    assert_refused(&world, &page, "UL-201", "nothing that it vouches by was sent").await;
}

#[tokio::test]
async fn nemlogin_says_version_and_level_and_who_acts() {
    let world = Federation::start().await;
    assert!(is_logged_in(
        &by_nemlogin(&world, "skolebroen-streng", |_| {}).await
    ));
    let page = by_nemlogin(&world, "skolebroen", |words| {
        words.name_id = format!("{OIO}professional/uuid/{UUID}");
        set(words, &format!("{OIO}cprNumber"), Some(EMIL));
        set(words, &format!("{OIO}cprUuid"), None);
        set(words, &format!("{OIO}professional/cvr"), Some("20200200"));
        set(
            words,
            &format!("{OIO}professional/orgName"),
            Some("Storkøbing Kommune"),
        );
        set(words, &format!("{OIO}professional/rid"), Some("42"));
        set(words, &format!("{OIO}privilegesIntermediate"), Some("PGE+"));
    })
    .await;
    assert!(is_logged_in(&page), "{}", page.body);

    let spec = "https://data.gov.dk/model/core/specVersion";
    let (loa, cvr, org) = (
        format!("{NSIS}loa"),
        format!("{OIO}professional/cvr"),
        format!("{OIO}professional/orgName"),
    );
    let professional = |words: &mut Words, cvr_value: Option<&str>, org_value: Option<&str>| {
        words.name_id = format!("{OIO}professional/uuid/{UUID}");
        set(words, &cvr, cvr_value);
        set(words, &org, org_value);
    };
    let changes: [(&str, Change<'_>); 6] = [
        ("spec_version", Box::new(|words| set(words, spec, None))),
        (
            "spec_version",
            Box::new(|words| set(words, spec, Some("DK-SAML-2.0"))),
        ),
        ("loa", Box::new(|words| set(words, &loa, None))),
        ("name_id", Box::new(|words| words.name_id = UUID.to_owned())),
        (
            "cvr",
            Box::new(move |words| professional(words, Some("123"), Some("X"))),
        ),
        (
            "org_name",
            Box::new(move |words| professional(words, Some("20200200"), None)),
        ),
    ];
    for (check, change) in changes {
        let page = by_nemlogin(&world, "skolebroen", change).await;
        assert_refused(&world, &page, "UL-303", &format!("[{check}]")).await;
    }
}

#[tokio::test]
async fn a_person_whose_cpr_number_changed_is_known_by_the_eids_own_name() {
    let world = Federation::start().await;
    let with_number =
        |number: &'static str| move |words: &mut Words| set(words, &format!("{OIO}cprNumber"), Some(number));
    let new = "0302823009";
    let stranger = by_nemlogin(&world, "skolebroen", with_number(new)).await;
    assert_refused(&world, &stranger, "UL-201", "looked for by: cpr").await;
    assert!(
        is_logged_in(&by_nemlogin(&world, "skolebroen", |_| {}).await),
        "the first time links the two"
    );
    assert!(is_logged_in(
        &by_nemlogin(&world, "skolebroen", with_number(new)).await
    ));
    let without = by_nemlogin(&world, "skolebroen", |words| {
        set(words, &format!("{OIO}cprNumber"), None);
    })
    .await;
    assert!(is_logged_in(&without), "private brokers tell the name alone");
    // Emil's number under Bente's name: somebody is wrong, and nobody gets in.
    let page = by_nemlogin(&world, "skolebroen", with_number(EMIL)).await;
    assert_refused(&world, &page, "UL-303", "[cpr_uuid]").await;
}

#[tokio::test]
async fn the_eid_is_for_people_of_public_bodies_where_that_is_the_rule() {
    let world = Federation::start().await;
    let freja = json!({"idp": "mitid", "identity_type": "private", "dk.cpr": "0607821006"});
    let page = by_oidc(&world, "skolebroen", &freja).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-205"));
    assert_eq!(
        world.house.count("grants").await + world.house.count("sessions").await,
        0
    );
    // The rule is the upstream's: where it does not stand, she is welcome.
    world.house.files.change(
        "metadata/upstreams/erhverv.toml",
        "public_bodies_only = true",
        "public_bodies_only = false",
    );
    world.house.reload();
    assert!(is_logged_in(&by_oidc(&world, "skolebroen", &freja).await));
}

#[tokio::test]
async fn whoever_is_at_both_kinds_of_school_acts_for_the_public_one() {
    let both = r#"
[[person]]
given-name = "Ulla"
family-name = "Kær"
cpr = "0909821009"

[[person.account]]
user-name = "ulla1234"
uni-id = "1000001302"

[[person.account.actor]]
group = "medarbejder"
institution = "101001"

[[person.account.actor]]
group = "medarbejder"
institution = "909001"
"#;
    let world = Federation::start_with_people(both).await;
    let ulla = json!({"idp": "mitid", "identity_type": "private", "dk.cpr": "0909821009"});
    let page = by_oidc(&world, "skolebroen", &ulla).await;
    assert_eq!(
        page.refusal_code().as_deref(),
        Some("UL-205"),
        "acting as both at once"
    );
    for (school, welcome) in [("Bakkeskolen", true), ("Skovhyttens Friskole", false)] {
        let mut browser = world.visitor();
        let page = world.arrive(&mut browser, "skolebroen-valg").await;
        let page = world.type_name(&mut browser, &page, "x@erhverv.example").await;
        let question = world.erhverv.read(&page);
        let mut claims = world.erhverv.claims(&question, world.house.now());
        for (name, value) in ulla.as_object().unwrap() {
            claims[name] = value.clone();
        }
        world.erhverv.will_say(&claims).await;
        let page = browser.get(&world.erhverv.way_back(&question)).await;
        let page = browser.follow(page).await;
        let at = page.body.find(school).unwrap();
        let value = page.body[..at]
            .rsplit("value=\"")
            .next()
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let page = browser.submit(&page.form(), &[("actor", &value)]).await;
        assert_eq!(is_logged_in(&page), welcome, "{school}: {}", page.body);
        if !welcome {
            assert_eq!(page.refusal_code().as_deref(), Some("UL-205"));
        }
        // Nor does the session lead to where they are everything at once (DR08).
        let own = browser.get("/min-side").await;
        assert!(!own.body.contains("Kær"), "{school}: {}", own.body);
        if welcome {
            assert_eq!(own.refusal_code().as_deref(), Some("UL-205"), "{}", own.body);
        }
    }
}

#[tokio::test]
async fn a_school_does_not_become_the_national_eid_by_speaking_like_it() {
    let world = Federation::start().await;
    let file = "metadata/upstreams/erhverv.toml";
    let text = std::fs::read_to_string(world.house.files.path(file)).unwrap();
    let local = text.replace(
        "kind = \"national-eid\"",
        "kind = \"local\"\ncontact = \"x@y.example\"\ninstitutions = [\"101001\"]",
    );
    world.house.files.put(file, &local);
    let told = crate::world::house::told(&world.house.reload_faulty());
    assert!(told.contains("only an upstream of kind"), "{told}");
    // And without the scheme, the numbers that it sends beside its UNI-IDs count for nothing.
    let plain = local
        .replace("eid = \"signaturgruppen\"\n", "")
        .replace("vouches_for = [\"cpr\"]", "vouches_for = [\"uni-id\"]");
    world.house.files.put(file, &plain);
    world.house.reload();
    let said = json!({"idp": "mitid", "identity_type": "private", "dk.cpr": BENTE, "loa": "High"});
    let page = by_oidc(&world, "skolebroen", &said).await;
    assert_refused(&world, &page, "UL-201", "nothing that it vouches by was sent").await;
}

#[tokio::test]
async fn userinfo_about_somebody_else_is_not_taken_and_never_beats_the_token() {
    let world = Federation::start().await;
    let file = "metadata/upstreams/erhverv.toml";
    world
        .house
        .files
        .change(file, "[oidc]\n", "[oidc]\nuserinfo = true\n");
    world.house.reload();
    let said = json!({"idp": "mitid", "identity_type": "private"});
    world
        .erhverv
        .serve("/userinfo", &json!({"sub": "user-2", "dk.cpr": BENTE}));
    let page = by_oidc(&world, "skolebroen", &said).await;
    assert_eq!(page.refusal_code().as_deref(), Some("UL-303"), "{}", page.body);
    world
        .erhverv
        .serve("/userinfo", &json!({"sub": "user-1", "dk.cpr": BENTE}));
    assert!(is_logged_in(&by_oidc(&world, "skolebroen", &said).await));
    // The signed token says who it is; unsigned userinfo cannot make another of it.
    world.erhverv.serve(
        "/userinfo",
        &json!({"sub": "user-1", "dk.cpr": "0607821006", "idp": "mitid"}),
    );
    let mut signed = said;
    signed["dk.cpr"] = json!(BENTE);
    assert!(
        is_logged_in(&by_oidc(&world, "skolebroen", &signed).await),
        "Bente, not Freja (UL-205)"
    );
    signed["idp"] = json!("euid");
    let page = by_oidc(&world, "skolebroen", &signed).await;
    assert_refused(&world, &page, "UL-303", "[idp]").await;
}

#[tokio::test]
async fn a_scope_that_is_another_ones_is_refused_in_both_protocols() {
    let world = Federation::start().await;
    let scope = "[scope]";
    for (name, value) in [
        ("urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "bente@ku.dk"),
        ("urn:oid:1.3.6.1.4.1.5923.1.1.1.9", "member@storkoebing.example"),
        ("urn:oid:1.3.6.1.4.1.25178.1.2.9", "ku.dk"),
        (
            "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
            "bente@lillekoebing.example@ku.dk",
        ),
    ] {
        let mut browser = world.visitor();
        let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
        let mut words = world.lillekoebing.words(&asked, "1000001201", world.house.now());
        words.attributes = vec![(name.to_owned(), vec![value.to_owned()])];
        let form = world.lillekoebing.form(&words, &asked).await;
        let page = browser.post_from_elsewhere(&asked.acs_path(), &form).await;
        assert_refused(&world, &page, "UL-303", scope).await;
        let claim = match name.rsplit('.').next() {
            Some("6") => "eduperson_principal_name",
            Some("9") if name.contains("5923") => "eduperson_scoped_affiliation",
            _ => "schac_home_organization",
        };
        let said = json!({"idp": "mitid", "identity_type": "private", "dk.cpr": BENTE, claim: value});
        let page = by_oidc(&world, "skolebroen", &said).await;
        assert_refused(&world, &page, "UL-303", scope).await;
    }
    let own = [
        ("urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "sofie@lillekoebing.example"),
        ("urn:oid:1.3.6.1.4.1.25178.1.2.9", "lillekoebing.example"),
    ];
    let mut browser = world.visitor();
    let asked = world.sent_to_lillekoebing(&mut browser, "skolebroen").await;
    let mut words = world.lillekoebing.words(&asked, "1000001201", world.house.now());
    words.attributes = own
        .map(|(name, value)| (name.to_owned(), vec![value.to_owned()]))
        .to_vec();
    let form = world.lillekoebing.form(&words, &asked).await;
    assert!(is_logged_in(
        &browser.post_from_elsewhere(&asked.acs_path(), &form).await
    ));
}

#[tokio::test]
async fn a_cpr_number_comes_as_schac_writes_it() {
    let world = Federation::start().await;
    let mut browser = world.visitor();
    let page = world.arrive(&mut browser, "skolebroen").await;
    let page = world
        .type_name(&mut browser, &page, "emil@storkoebing.example")
        .await;
    world.house.files.change(
        "metadata/upstreams/storkoebing.toml",
        "[mapping]\nsubject = \"cpr\"",
        "[mapping]\nsubject = \"opaque\"",
    );
    world.house.reload();
    let asked = world.storkoebing.read(&page);
    let mut words = world.storkoebing.words(&asked, "hvem", world.house.now());
    let urn = format!("urn:mace:terena.org:schac:personalUniqueID:dk:CPR:{EMIL}");
    words.attributes = vec![("urn:oid:1.3.6.1.4.1.25178.1.2.15".to_owned(), vec![urn])];
    let form = world.storkoebing.form(&words, &asked).await;
    let page = browser.post_from_elsewhere(&asked.acs_path(), &form).await;
    assert!(is_logged_in(&page), "{}", page.body);
}
