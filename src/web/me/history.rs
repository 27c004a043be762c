//! `GET /min-side/historik`: where was I logged in, what was told to whom, and who helped me?

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded;

use crate::domain::approval::AdultKind;
use crate::domain::desk::DeskAct;
use crate::domain::own_page::OwnPage;
use crate::domain::refusal::Refused;
use crate::domain::service::ServiceId;
use crate::domain::told::Told;
use crate::people::own_history::{self, By, Entry, Happened};
use crate::web::own::{self, LoggedIn};
use crate::web::pages::{MyEntry, MyHistoryPage, Page};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{refusal_page, times, views};

/// Where it is.
pub(super) const PATH: &str = "/min-side/historik";
/// The field of the query that names where a page begins.
const BEFORE: &str = "before";

/// One page of it.
pub async fn get(State(portner): State<Portner>, visit: Visit) -> Response {
    let page = OwnPage::MinSide;
    let me = match own::enter(&portner, &visit, page).await {
        Ok(me) => me,
        Err(response) => return *response,
    };
    match show(&portner, &visit, &me).await {
        Ok(response) => response,
        Err(refused) => {
            let id = page.service_id();
            refusal_page::outside_a_login(&portner, &visit, id.as_ref(), refused).await
        }
    }
}

async fn show(portner: &Portner, visit: &Visit, me: &LoggedIn) -> Result<Response, Refused> {
    let mut fields = form_urlencoded::parse(visit.query.as_bytes());
    let before = fields.find(|(name, _)| name == BEFORE);
    let before = before.and_then(|(_, value)| value.parse().ok());
    let read = own_history::read(&portner.store, (me.person.id, me.account.id), before, me.now).await?;
    let page = views::page(portner, visit, None);
    let entries = read.entries.iter().map(|entry| in_words(portner, entry, &page));
    let view = MyHistoryPage {
        entries: entries.collect(),
        older: read.older.map(|place| format!("{PATH}?{BEFORE}={place}")),
        is_first: before.is_none(),
        newest: PATH.to_owned(),
        back: OwnPage::MinSide.path().to_owned(),
        page,
    };
    let remembered = views::remember_language(portner, visit);
    Ok(views::with_cookies(
        views::html(StatusCode::OK, &view),
        remembered,
    ))
}

fn in_words(portner: &Portner, entry: &Entry, page: &Page<'_>) -> MyEntry {
    let language = page.words.language();
    let registry = portner.registry();
    let service = entry.service.as_ref().map(|id: &ServiceId| {
        let known = registry.service(id);
        known.map_or_else(
            || id.to_string(),
            |service| service.profile.name.in_language(language).to_owned(),
        )
    });
    let upstream = entry.upstream.as_ref().map(|id| {
        let known = registry.upstream(id);
        known.map_or_else(
            || id.to_string(),
            |upstream| upstream.profile.name.in_language(language).to_owned(),
        )
    });
    let at_service = |key: &str| match &service {
        Some(service) => page.say_with(key, "service", service),
        None => page.say_with(key, "service", page.say("that-service")),
    };
    let (what, told) = match &entry.what {
        Happened::LoggedIn(told) => (at_service("history-logged-in"), Some(told)),
        Happened::Refused(_) => (at_service("history-refused"), None),
        Happened::LoggedOut => (page.say("history-logged-out"), None),
        Happened::Changed => (page.say("history-changed"), None),
        Happened::Renewed => (page.say("history-renewed"), None),
        Happened::HelpedByParent => (page.say("history-parent"), None),
        Happened::CodeIssued => (page.say("history-code"), None),
        Happened::TeacherOpened => (page.say("history-teacher-opened"), None),
        Happened::WindowUsed => (page.say("history-window-used"), None),
        Happened::PickRefused => (page.say("history-pick-refused"), None),
        Happened::WindowClosed => (page.say("history-window-closed"), None),
        Happened::TeacherHelped => (page.say("history-teacher-helped"), None),
        Happened::TeacherUndid => (page.say("history-teacher-undid"), None),
        Happened::TeacherSawName => (page.say("history-teacher-name"), None),
        Happened::TeacherPrintedName => (page.say("history-teacher-sheet"), None),
        Happened::AskedAdult => (at_service("history-asked-adult"), None),
        Happened::Vouched { kind, name } => (vouched(*kind, name.as_deref(), page), None),
        Happened::AdultRefused => (page.say("history-adult-refused"), None),
        Happened::VouchedNoMore => (page.say("history-vouched-no-more"), None),
        Happened::AtDesk { act, institution, by } => (at_desk(page, *act, institution, by), None),
    };
    let code = match &entry.what {
        Happened::Refused(code) => Some(code.clone()),
        _ => None,
    };
    MyEntry {
        at: times::readable(entry.at, language),
        what,
        upstream,
        told: told.map(|told| told.iter().map(|kind| page.say(key_of(*kind))).collect()),
        code,
    }
}

fn vouched(kind: AdultKind, name: Option<&str>, page: &Page<'_>) -> String {
    let (named, unnamed) = match kind {
        AdultKind::Teacher => ("history-vouched-teacher", "history-vouched-some-teacher"),
        AdultKind::Parent => ("history-vouched-parent", "history-vouched-some-parent"),
    };
    name.map_or_else(|| page.say(unnamed), |name| page.say_with(named, "name", name))
}

fn at_desk(page: &Page<'_>, act: DeskAct, institution: &str, by: &By) -> String {
    let place = || [("institution", institution.to_owned())];
    let who = match by {
        By::Oneself => page.say("history-by-oneself"),
        By::Named(name) => {
            let [place] = place();
            let values = [("name", name.clone()), place];
            page.words.say_all("history-by-name", &values)
        }
        By::Administrator => page.words.say_all("history-by-administrator", &place()),
        By::Operator => page.say("history-by-operator"),
    };
    let key = match act {
        DeskAct::CodeMade => "history-desk-code-made",
        DeskAct::CodeViewed => "history-desk-code-viewed",
        DeskAct::RuleSet => "history-desk-rule-set",
        DeskAct::RuleLifted => "history-desk-rule-lifted",
        DeskAct::Blocked => "history-desk-blocked",
        DeskAct::Unblocked => "history-desk-unblocked",
        DeskAct::AffiliationAdded => "history-desk-affiliation-added",
        DeskAct::PupilEmployed => "history-desk-pupil-employed",
        DeskAct::AffiliationProlonged => "history-desk-affiliation-prolonged",
        DeskAct::AffiliationEnded => "history-desk-affiliation-ended",
        DeskAct::AffiliationVouched => "history-desk-affiliation-vouched",
        DeskAct::AffiliationConfirmed => "history-desk-affiliation-confirmed",
        DeskAct::RightGranted => "history-desk-right-granted",
        DeskAct::RightWithdrawn => "history-desk-right-withdrawn",
        // What is decided of a delivery is done to nobody in particular, and stands in nobody's history.
        DeskAct::PersonViewed | DeskAct::ImportConfirmed | DeskAct::ImportDiscarded | DeskAct::Denied => {
            "history-desk-viewed"
        }
    };
    let [place] = place();
    page.words.say_all(key, &[("who", who), place])
}

const fn key_of(told: Told) -> &'static str {
    match told {
        Told::Name => "told-name",
        Told::UniId => "told-uni-id",
        Told::OwnName => "told-own-name",
        Told::Role => "told-role",
        Told::Institution => "told-institution",
        Told::Level => "told-level",
        Told::Upstream => "told-upstream",
        Told::Licence => "told-licence",
        Told::Privileges => "told-privileges",
        Told::Cpr => "told-cpr",
    }
}
