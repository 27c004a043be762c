//! Two schools with their people, and browsers that come to the desk.

use portner::domain::audit::{AuditAct, AuditEvent};
use portner::domain::desk::{DeskAct, Doer};
use portner::domain::import::{
    Counts, DeliveryKind, ImportFinding, ImportId, ImportRecord, ImportState, SourceName, Way,
};
use portner::domain::institution::InstitutionNumber;
use portner::domain::login_name::BareName;
use portner::store::audit::AuditRecord;
use serde_json::Value;
use uuid::Uuid;

use crate::world::browser::Page;
use crate::world::federation::Federation;
use crate::world::html::{self, Form};
use crate::world::visitor::Visitor;

/// Bakkeskolen, of Lillekøbing.
pub(super) const HERE: &str = "101001";
/// Havneskolen, of Storkøbing.
pub(super) const ELSEWHERE: &str = "202001";
pub(super) const DESK: &str = "/administration/101001";

/// The secretary here, by CPR number: an administrator.
pub(super) const HANNE: &str = "0808791007";
/// A teacher here.
pub(super) const TOVE: &str = "0909801008";
/// The secretary of the other school: an administrator there.
pub(super) const ULLA: &str = "1010781009";
/// A pupil here with a national eID of his own.
pub(super) const KLAUS: &str = "1111091010";
/// A parent here.
pub(super) const BENTE: &str = "0302821002";

const PEOPLE: &str = r#"
[[person]]
given-name = "Tove"
family-name = "Dam"
cpr = "0909801008"
[[person.account]]
user-name = "tove1234"
uni-id = "1000001251"
[[person.account.actor]]
group = "medarbejder"
institution = "101001"
roles = ["Lærer"]
classes = ["2.B"]

[[person]]
given-name = "Ulla"
family-name = "Holt"
cpr = "1010781009"
[[person.account]]
user-name = "ulla1234"
uni-id = "1000001252"
password = "demo-kode-42"
[[person.account.actor]]
group = "medarbejder"
institution = "202001"

[[person]]
given-name = "Klaus"
family-name = "Riis"
cpr = "1111091010"
[[person.account]]
user-name = "klau1234"
uni-id = "1000001253"
password = "demo-kode-42"
password-rule = "udskoling"
[[person.account.actor]]
group = "elev"
institution = "101001"
level = "9"
classes = ["9.A"]

[[person]]
given-name = "Pia"
family-name = "Østervang"
[[person.account]]
user-name = "piao1234"
uni-id = "1000001254"
[[person.account.actor]]
group = "elev"
institution = "202001"
level = "2"
classes = ["2.C"]
"#;

pub(super) struct Stage {
    pub(super) world: Federation,
    pub(super) import: ImportId,
}

impl Stage {
    pub(super) async fn set() -> Self {
        Self::set_with("").await
    }

    /// With these people besides, and a row of an import that is about this.
    pub(super) async fn set_with_people(people: &str, subject: &str) -> Self {
        Self::set_of(&format!("{PEOPLE}{people}"), subject, "").await
    }

    /// With these lines at the end of the settings.
    pub(super) async fn set_with(settings: &str) -> Self {
        let stage = Self::set_of(PEOPLE, "E0007", settings).await;
        // The municipality has no login of its own.
        for file in ["lillekoebing", "havnekoebing", "nede"] {
            stage
                .world
                .decide(&format!("upstreams/{file}"), "enabled = false");
        }
        stage
    }

    /// With those of the municipality.
    pub(super) async fn set_with_local_logins() -> Self {
        Self::set_of(PEOPLE, "E0007", "").await
    }

    async fn set_of(people: &str, subject: &str, settings: &str) -> Self {
        let world = Federation::start_with_people_and(people, settings).await;
        let stage = Self {
            import: ImportId(world.house.portner.ambient.uuid()),
            world,
        };
        stage.make_administrator("hann1234", HERE).await;
        stage.make_administrator("ulla1234", ELSEWHERE).await;
        stage.deliver(subject).await;
        stage
    }

    /// What `portner admin grant` does.
    pub(super) async fn make_administrator(&self, name: &str, institution: &str) {
        let portner = &self.world.house.portner;
        let name = BareName::parse(name).unwrap();
        let account = portner.store.account_by_user_name(&name).await.unwrap().unwrap();
        let (by, institution) = (Doer::Operator("drift".to_owned()), number(institution));
        let granted = AuditAct::Desk {
            act: DeskAct::RightGranted,
            institution: institution.clone(),
            by: by.clone(),
            reason: None,
            detail: None,
        };
        let event = self.event(granted).about(account.person, account.id);
        let id = (portner.ambient.uuid(), account.id);
        let granted = portner.store.grant_administrator(id, &institution, &by, &event);
        assert!(granted.await.unwrap());
    }

    /// An import of this school that was held, with a row that was not taken.
    async fn deliver(&self, subject: &str) {
        let record = ImportRecord {
            id: self.import,
            institution: number(HERE),
            source: SourceName::parse("TABULEX").unwrap(),
            kind: DeliveryKind::Full,
            sent_at: self.world.house.now(),
            received_at: self.world.house.now(),
            delivered_by: "skolen".to_owned(),
            way: Way::Http,
            digest: [7; 32],
            state: ImportState::Held,
            counts: Counts::default(),
            asked: portner::domain::import::Asked::default(),
            reasons: Vec::new(),
            decided_at: None,
            decided_by: None,
        };
        let finding = ImportFinding {
            file: None,
            line: Some(12),
            subject: Some(subject.to_owned()),
            code: "alias-missing".to_owned(),
            values: Some(std::collections::BTreeMap::new()),
            what: "Alias missing, in the deliverer's words.".to_owned(),
            remedy: "Register an alias.".to_owned(),
            refused: true,
        };
        let event = self.event(AuditAct::LoggedOut);
        let store = &self.world.house.portner.store;
        store.note_import(&record, &[finding], &event).await.unwrap();
    }

    fn event(&self, act: AuditAct) -> AuditEvent {
        AuditEvent::new(
            self.world.house.portner.ambient.uuid(),
            self.world.house.now(),
            act,
        )
    }

    /// Whoever has this CPR number comes to an address, and proves with the national eID who they are.
    pub(super) async fn come(&self, cpr: &str, address: &str) -> (Visitor, Page) {
        let mut browser = self.world.visitor();
        let page = browser.get(address).await;
        let page = self.prove(&mut browser, &page, cpr).await;
        (browser, page)
    }

    /// A login that waits for somebody is done by the national eID, as of now.
    pub(super) async fn prove(&self, browser: &mut Visitor, page: &Page, cpr: &str) -> Page {
        let page = if self.is_at_the_eid(page) {
            page.clone()
        } else if page.url.path().ends_with("/choose") {
            browser.submit(&page.form(), &[("upstream", "mitid")]).await
        } else {
            self.world.type_name(browser, page, "x@mitid.example").await
        };
        let eid = &self.world.mitid;
        let question = eid.read(&page);
        let mut claims = eid.claims(&question, self.world.house.now());
        claims["sub"] = Value::from(format!("user-{cpr}"));
        claims["dk.cpr"] = Value::from(cpr);
        claims["loa"] = Value::from("https://data.gov.dk/concept/core/nsis/Substantial");
        eid.will_say(&claims).await;
        browser.get(&eid.way_back(&question)).await
    }

    fn is_at_the_eid(&self, page: &Page) -> bool {
        crate::world::visitor::leads_to(page)
            .is_some_and(|url| url.as_str().starts_with(&self.world.mitid.issuer))
    }

    /// Hanne at her desk.
    pub(super) async fn hanne(&self) -> Visitor {
        let (browser, page) = self.come(HANNE, DESK).await;
        assert_eq!(page.status, 200, "{}", page.body);
        browser
    }

    /// The address of somebody whom a search at the desk finds.
    pub(super) async fn person(&self, browser: &mut Visitor, text: &str) -> String {
        let page = browser.get(&format!("{DESK}?q={text}")).await;
        let links = html::links(&page.body);
        let found = links.into_iter().find(|link| link.contains("/person/"));
        found.unwrap_or_else(|| panic!("{text} is not found\n{}", page.body))
    }

    /// The address of a class.
    pub(super) async fn class(&self, browser: &mut Visitor, name: &str) -> String {
        let page = browser.get(DESK).await;
        let at = page.body.find(&format!(">{name}</a>")).unwrap();
        let before = &page.body[..at];
        let href = before.rfind("href=\"").unwrap() + 6;
        before[href..].trim_end_matches('"').to_owned()
    }

    /// The desk's rows for the auditor, oldest first: name and details.
    pub(super) async fn acts(&self) -> Vec<(String, Value)> {
        let rows: Vec<AuditRecord> = self.world.house.audit().await;
        let of_desk = rows
            .into_iter()
            .filter(|row| row.act.starts_with("admin.") || row.act == "authz.deny");
        of_desk
            .map(|row| (row.act, serde_json::from_str(&row.details).unwrap()))
            .collect()
    }

    /// The last of them.
    pub(super) async fn last_act(&self) -> (String, Value) {
        self.acts().await.pop().unwrap()
    }

    /// The last of one kind.
    pub(super) async fn last_act_of(&self, name: &str) -> (String, Value) {
        let acts = self.acts().await;
        acts.into_iter().rfind(|(act, _)| act == name).unwrap()
    }

    /// Everything that the desk can change.
    pub(super) async fn kept(&self) -> Vec<String> {
        const TABLES: [&str; 7] = [
            "accounts: ",
            "account_blocks: ",
            "actors: ",
            "administrators: ",
            "first_codes: ",
            "passwords: ",
            "pupil_rules: ",
        ];
        let all = self.world.house.snapshot().await;
        all.into_iter()
            .filter(|row| TABLES.iter().any(|table| row.starts_with(table)))
            .collect()
    }
}

pub(super) fn number(text: &str) -> InstitutionNumber {
    InstitutionNumber::parse(text).unwrap()
}

/// The form of a page that is sent to this address, and does this.
pub(super) fn form_to(page: &Page, address: &str, act: Option<&str>) -> Form {
    let forms = html::forms(&page.body);
    let fits = |form: &Form| {
        let does = form.fields.iter().find(|field| field.name == "do");
        form.action == address && does.map(|field| field.value.as_str()) == act
    };
    let found = forms.into_iter().find(fits);
    found.unwrap_or_else(|| panic!("no form to {address} ({act:?}) at {}\n{}", page.url, page.body))
}

/// A form of a page that stands at an address, sent with these fields.
pub(super) async fn send(
    browser: &mut Visitor,
    page: &str,
    (act, does): (&str, Option<&str>),
    fill: &[(&str, &str)],
) -> Page {
    let shown = browser.get(page).await;
    let form = form_to(&shown, &format!("{page}{act}"), does);
    browser.submit(&form, fill).await
}

/// A UUID that nobody has.
pub(super) fn nobodys() -> Uuid {
    Uuid::from_u128(0xdead)
}
