//! `/login/{service}/{tx}/choose`: "Vælg login", every way there is.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use url::form_urlencoded;

use super::here::{Here, LoginPath, Sent};
use crate::domain::refusal::Refusal;
use crate::domain::text::Language;
use crate::domain::upstream::{UpstreamId, UpstreamKind, UpstreamProfile};
use crate::login::driver::Event;
use crate::login::transaction::LoginTransaction;
use crate::web::addresses::LoginAddress;
use crate::web::pages::{Choice, ChooserPage};
use crate::web::perform::{self, Scene};
use crate::web::state::Portner;
use crate::web::views;
use crate::web::visit::Visit;

/// The base name of the cookie that remembers the last choice.
pub const LAST_CHOICE: &str = "choice";

/// Nobody reads further down a list; the page says how many more there are, up to here.
const MOST_FOUND: usize = 1_000;

/// The list, narrowed by a search.
pub async fn get(
    State(portner): State<Portner>,
    visit: Visit,
    Path(path): Path<LoginPath>,
    RawQuery(query): RawQuery,
) -> Response {
    match Here::get(&portner, &visit, &path).await {
        Ok(here) => {
            let scene = here.scene(&portner, &visit);
            perform::show(&scene, &here.tx, page(&scene, &here.tx, &searched(query))).await
        }
        Err(elsewhere) => *elsewhere,
    }
}

/// Takes a choice. It is checked against what the service may use, whatever the list showed.
pub async fn post(sent: Sent) -> Response {
    let Sent {
        portner,
        visit,
        here,
        posted,
    } = sent;
    let scene = here.scene(&portner, &visit);
    match posted.one("upstream").and_then(UpstreamId::parse) {
        Some(chosen) => perform::advance(&scene, here.tx.clone(), Event::UpstreamChosen(chosen)).await,
        None => perform::perform(&scene, here.tx.clone(), Err(Refusal::FormRefused.into())).await,
    }
}

/// What was typed into the search; whatever else the address says does not matter.
fn searched(query: Option<String>) -> String {
    let query = query.unwrap_or_default();
    let mut fields = form_urlencoded::parse(query.as_bytes());
    fields
        .find(|(name, _)| name == "q")
        .map(|(_, typed)| typed.into_owned())
        .unwrap_or_default()
}

/// The page, with what was searched for.
pub fn page(scene: &Scene<'_>, tx: &LoginTransaction, query: &str) -> Response {
    let page = views::page(scene.portner, scene.visit, tx.request().language);
    let language = page.words.language();
    let signposts = scene.signposts(tx);
    let usable = |upstream: &UpstreamProfile| !upstream.hidden && signposts.may_use(&upstream.id);
    let local = scene.registry.search(query, &signposts.allowed(), MOST_FOUND);
    let address = LoginAddress::of(tx);
    let view = ChooserPage {
        form: views::form(tx, address.choose()),
        search_action: address.choose(),
        search_fields: Vec::new(),
        query: query.to_owned(),
        last_used: last_choice(scene)
            .filter(|upstream| usable(upstream))
            .map(|upstream| choice(upstream, language)),
        central: signposts
            .central()
            .and_then(|id| scene.registry.upstream(&id))
            .map(|u| choice(&u.profile, language)),
        national: of_kind(scene, UpstreamKind::NationalEid, usable)
            .map(|u| choice(u, language))
            .collect(),
        local: local
            .into_iter()
            .map(|upstream| choice(&upstream.profile, language))
            .collect(),
        problem: None,
        searches: perform::takes_names(scene, tx),
        back: perform::takes_names(scene, tx).then(|| address.name()),
        service: Some(views::way_out(&scene.service.profile, language)),
        page,
    };
    views::html(StatusCode::OK, &view)
}

fn last_choice<'a>(scene: &Scene<'a>) -> Option<&'a UpstreamProfile> {
    let remembered = scene
        .visit
        .cookies
        .get(&scene.portner.cookies().name(LAST_CHOICE))?;
    scene
        .registry
        .upstream(&UpstreamId::parse(remembered)?)
        .map(|upstream| &upstream.profile)
}

fn of_kind<'a>(
    scene: &Scene<'a>,
    kind: UpstreamKind,
    usable: impl Fn(&UpstreamProfile) -> bool,
) -> impl Iterator<Item = &'a UpstreamProfile> {
    let all = scene.registry.upstreams().map(|upstream| &upstream.profile);
    all.filter(move |upstream| upstream.kind == kind && usable(upstream))
}

fn choice(upstream: &UpstreamProfile, language: Language) -> Choice {
    Choice {
        id: upstream.id.to_string(),
        name: upstream.name.in_language(language).to_owned(),
    }
}
