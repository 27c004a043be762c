//! [`Step`] → HTTP, the only place: page, redirect, form that posts itself.
//!
//! A question that follows a POST, also one that is asked once more, is shown after a redirect,
//! so that reloading a page or going back to it never sends anything twice; everything else is
//! answered at once.

use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::addresses::LoginAddress;
use super::login::choose;
use super::pages::{AccountChoice, AccountPage, ActorPage, NamePage, Receiver, Suggestion};
use super::refusal_page::{self, Around};
use super::state::Portner;
use super::visit::Visit;
use super::{
    adult_page, asked_of_upstream, class_link, finish, help_pages, lent, recovery, secret_pages,
    transactions, views, witness,
};
use crate::domain::actor::Actor;
use crate::domain::audit::{AuditAct, AuditEvent};
use crate::domain::evidence::Exchanged;
use crate::domain::person_record::AccountRecord;
use crate::domain::refusal::{Audience, Refusal, Refused};
use crate::domain::upstream::{UpstreamKind, UpstreamProfile};
use crate::login::driver::Event;
use crate::login::identify::Signposts;
use crate::login::journey::{Question, Step};
use crate::login::transaction::{LoginTransaction, Mishap, MishapAt, Route, Stopped};
use crate::store::writer::WriteFailed;
use crate::texts::{RefusalContext, RefusalWords};
use crate::trust::registry::{Registry, Service};
use crate::upstreams::Departure;

/// How the browser came to this step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// By asking for the page.
    Get,
    /// By sending something.
    Post,
}

/// One login at one visit: everything that performing a step needs.
pub struct Scene<'a> {
    /// The house.
    pub portner: &'a Portner,
    /// The browser's request.
    pub visit: &'a Visit,
    /// The parties, as registered when the request came.
    pub registry: &'a Registry,
    /// The service that asked.
    pub service: &'a Service,
    /// How the browser came.
    pub arrival: Arrival,
}

impl<'a> Scene<'a> {
    /// What decides where the user of this login may go.
    pub fn signposts<'t>(&self, tx: &'t LoginTransaction) -> Signposts<'t>
    where
        'a: 't,
    {
        Signposts {
            registry: self.registry,
            service: &self.service.profile,
            request: tx.request(),
            domain_login: self.portner.driver.domain_login,
        }
    }
}

/// Moves a login on by one event and shows what comes of it.
pub async fn advance(scene: &Scene<'_>, mut tx: LoginTransaction, event: Event) -> Response {
    let is_proof = matches!(event, Event::Proved(_));
    tx.fill_place(scene.visit.client_prefix());
    let mut step = scene.portner.driver.advance(scene.registry, &mut tx, event).await;
    if is_proof
        && matches!(step, Ok(Step::Ask(_) | Step::LeaveFor(_)))
        && let Err(failed) = note_proof(scene, &tx).await
    {
        step = Err(failed.into());
    }
    perform(scene, tx, step).await
}

/// The row for the auditor of a proof after which a question is open: the visitor may never answer it.
async fn note_proof(scene: &Scene<'_>, tx: &LoginTransaction) -> Result<(), WriteFailed> {
    let event = AuditEvent::new(
        scene.visit.reference.0,
        scene.portner.ambient.now(),
        AuditAct::Authenticated,
    )
    .in_login(tx.id().to_string())
    .asked_by(scene.service.profile.id.clone())
    .vouched_by(tx.identity().map(|identity| identity.upstream.clone()))
    .about(tx.person(), tx.account())
    .from_network(scene.visit.client_prefix());
    scene.portner.writer.audit(event).await
}

/// Shows a step. Whatever goes wrong on the way is a refusal too.
pub async fn perform(scene: &Scene<'_>, mut tx: LoginTransaction, step: Result<Step, Refused>) -> Response {
    let shown = match step {
        Ok(Step::Ask(question)) if scene.arrival == Arrival::Post => {
            look_at(scene, &tx, address_of(scene, &tx, &question)).await
        }
        Ok(Step::Ask(question)) => ask(scene, &tx, question).await,
        Ok(Step::LeaveFor(route)) => {
            tx.fill_lent(lent::is_lent(scene.portner, scene.visit, &route.upstream));
            tx.leave(scene.portner.ambient.now());
            leave(scene, &tx, &route).await
        }
        // The driver has turned these into ways to somebody, and into a question.
        Ok(Step::StepUp(_) | Step::AskAdult | Step::ProveAnew(_)) => Err(Refusal::Internal.into()),
        Ok(Step::Answer(login)) => finish::finish(scene, &tx, *login).await,
        Ok(Step::Refuse(refusal)) => Err(refusal.into()),
        Err(refused) => Err(refused),
    };
    match shown {
        Ok(response) => response,
        Err(refused) => refuse(scene, &mut tx, refused).await,
    }
}

/// Shows a page of this login and keeps the login in its cookie.
pub async fn keep(scene: &Scene<'_>, tx: &LoginTransaction, response: Response) -> Result<Response, Refused> {
    let mut cookies = transactions::keep(scene.portner, &scene.visit.cookies, tx).await?;
    cookies.extend(views::remember_language(scene.portner, scene.visit));
    Ok(views::with_cookies(response, cookies))
}

async fn look_at(scene: &Scene<'_>, tx: &LoginTransaction, address: String) -> Result<Response, Refused> {
    keep(scene, tx, views::see_other(&address)).await
}

/// Whether a name leads anywhere in this login: where the national eID alone may vouch, it asks for
/// everything itself.
pub fn takes_names(scene: &Scene<'_>, tx: &LoginTransaction) -> bool {
    let upstreams = scene.registry.upstreams().map(|upstream| &upstream.profile);
    let mut others = upstreams.filter(|upstream| upstream.kind != UpstreamKind::NationalEid);
    let allowed = scene.signposts(tx).allowed();
    others.any(|upstream| allowed.admits(&upstream.id))
}

/// Each question has its own address, so that the back button finds it again when the login has
/// moved on.
pub fn address_of(scene: &Scene<'_>, tx: &LoginTransaction, question: &Question) -> String {
    let address = LoginAddress::of(tx);
    match question {
        Question::Who if !takes_names(scene, tx) => address.choose(),
        Question::Who => address.name(),
        Question::TeacherPicture(_) => address.teacher_picture(),
        Question::WhichAccount(_) => address.account(),
        Question::WhichActor(_) => address.actor(),
        Question::NewSecret(_) => address.change(),
        Question::RunsOut { .. } => address.runs_out(),
        Question::SecretChanged => address.changed(),
        Question::Adult(_) => address.adult(),
    }
}

async fn ask(scene: &Scene<'_>, tx: &LoginTransaction, question: Question) -> Result<Response, Refused> {
    let response = match question {
        Question::Who if !takes_names(scene, tx) => choose::page(scene, tx, ""),
        Question::Who => name_page(scene, tx).await?,
        Question::TeacherPicture(among) => help_pages::teacher_picture(scene, tx, &among)?,
        Question::WhichAccount(accounts) => account_page(scene, tx, &accounts),
        Question::WhichActor(actors) => actor_page(scene, tx, &actors),
        Question::NewSecret(asked) => secret_pages::new_secret(scene, tx, &asked)?,
        Question::RunsOut { by } => secret_pages::runs_out(scene, tx, by),
        Question::SecretChanged => secret_pages::changed(scene, tx),
        Question::Adult(waiting) => adult_page::waiting(scene, tx, &waiting),
    };
    keep(scene, tx, response).await
}

/// "Log ind": the page for a name, perhaps once more.
pub async fn name_page(scene: &Scene<'_>, tx: &LoginTransaction) -> Result<Response, Refused> {
    let page = views::page(scene.portner, scene.visit, tx.request().language);
    let address = LoginAddress::of(tx);
    let mishap = tx.mishap().and_then(|mishap| match &mishap.at {
        MishapAt::Name(typed) => Some((typed, &mishap.refusal)),
        MishapAt::Password | MishapAt::Choice => None,
    });
    // It says what a device knows, and no login waits for that.
    let class = class_link::of_device(scene.portner, scene.visit).await;
    let class = class.unwrap_or_else(|error| {
        tracing::warn!(%error, "the class of a device could not be read");
        None
    });
    let hinted = || tx.request().hints.login_name.clone().unwrap_or_default();
    let view = NamePage {
        form: views::form(tx, address.name()),
        typed: mishap.map_or_else(hinted, |(typed, _)| typed.clone()),
        suggestion: mishap.and_then(|(typed, refusal)| suggestion(typed, refusal)),
        problem: mishap.map(|(_, refusal)| words(scene, &page, refusal)),
        other_ways: address.choose(),
        find_name: recovery::address(scene.registry, &address),
        service: Some(views::way_out(&scene.service.profile, page.words.language())),
        own_login: class
            .as_ref()
            .and_then(|class| class_link::own_login(scene, tx, &class.institution, page.words.language())),
        class,
        page,
    };
    Ok(views::html(status_of(mishap.map(|(_, refusal)| refusal)), &view))
}

/// Whether the form of this very page was sent with nothing chosen.
fn chose_nothing(tx: &LoginTransaction) -> bool {
    tx.mishap().is_some_and(|mishap| mishap.at == MishapAt::Choice)
}

fn account_page(scene: &Scene<'_>, tx: &LoginTransaction, accounts: &[AccountRecord]) -> Response {
    let choices = accounts.iter().map(|record| {
        let actors = record.actors.iter();
        let mut institutions: Vec<_> = actors.map(|actor| actor.institution.name.as_str()).collect();
        institutions.dedup();
        AccountChoice {
            id: record.account.id.to_string(),
            user_name: record.account.user_name.to_string(),
            institutions: institutions.join(", "),
        }
    });
    let page = views::page(scene.portner, scene.visit, tx.request().language);
    let view = AccountPage {
        form: views::form_about_user(tx, LoginAddress::of(tx).account()),
        nothing_chosen: chose_nothing(tx),
        accounts: choices.collect(),
        service: Some(views::way_out(&scene.service.profile, page.words.language())),
        page,
    };
    views::html(StatusCode::OK, &view)
}

fn actor_page(scene: &Scene<'_>, tx: &LoginTransaction, actors: &[Actor]) -> Response {
    let page = views::page(scene.portner, scene.visit, tx.request().language);
    let choices = actors.iter().map(|actor| super::pages::ActorChoice {
        id: actor.id.0.to_string(),
        group: actor.group,
        institution: actor.institution.name.clone(),
    });
    let view = ActorPage {
        form: views::form_about_user(tx, LoginAddress::of(tx).actor()),
        nothing_chosen: chose_nothing(tx),
        actors: choices.collect(),
        service: Some(views::way_out(&scene.service.profile, page.words.language())),
        page,
    };
    views::html(StatusCode::OK, &view)
}

async fn leave(scene: &Scene<'_>, tx: &LoginTransaction, route: &Route) -> Result<Response, Refused> {
    let upstream = scene
        .registry
        .upstream(&route.upstream)
        .ok_or(Refusal::Internal)?;
    match scene
        .portner
        .upstreams
        .start(
            tx,
            route,
            upstream,
            &asked_of_upstream::wanted(scene, tx),
            &asked_of_upstream::requester(scene),
        )
        .await?
    {
        Departure::AskPassword if route.name.is_none() => {
            look_at(scene, tx, LoginAddress::of(tx).name()).await
        }
        Departure::AskPassword if scene.arrival == Arrival::Post => {
            look_at(scene, tx, LoginAddress::of(tx).password()).await
        }
        Departure::AskPassword => keep(scene, tx, secret_pages::password(scene, tx).await?).await,
        Departure::Leave(outbound) => {
            if upstream.speaks_saml() {
                let (kind, sent) = (Exchanged::SamlRequestSent, witness::text_of(&outbound));
                witness::of_upstream(scene.portner, &upstream.profile, tx.id(), kind, &sent).await?;
            }
            let page = views::page(scene.portner, scene.visit, tx.request().language);
            let receiver = Receiver::Upstream(name_of(&upstream.profile, &page));
            let lent = tx
                .is_set_aside()
                .then(|| lent::mark(scene.portner, &route.upstream));
            let sent = views::with_cookies(views::send(page, receiver, outbound), lent.flatten());
            keep(scene, tx, sent).await
        }
    }
}

/// Shows a refusal where it belongs: in the form that it is about, on a page of its own, or
/// at the service. Who must not be disturbed sees no page where the service can be told (E16).
async fn refuse(scene: &Scene<'_>, tx: &mut LoginTransaction, refused: Refused) -> Response {
    let around = Around {
        tx: Some(tx),
        service: Some(&scene.service.profile),
        ..Around::default()
    };
    let audience = match refused.refusal.audience() {
        Audience::UserThenService if tx.request().passive => Audience::Service,
        audience => audience,
    };
    match audience {
        Audience::Service => {
            refusal_page::record(scene.portner, scene.visit, around, &refused).await;
            tell_service(scene, tx, &refused.refusal).await
        }
        Audience::UserThenService | Audience::UserOnly => {
            tx.fill_stopped(Stopped {
                refusal: refused.refusal.clone(),
                reference: scene.visit.reference.0,
                at: scene.portner.ambient.now(),
            });
            let around = Around {
                tx: Some(tx),
                service: Some(&scene.service.profile),
                ..Around::default()
            };
            let page = refusal_page::page(scene.portner, scene.visit, around, refused).await;
            match keep(scene, tx, page).await {
                Ok(response) => response,
                Err(_) => StatusCodeOnly.into(),
            }
        }
    }
}

/// A refusal that the user mends in the same form: logged like any other, and told where the
/// form stands.
pub async fn mishap(
    scene: &Scene<'_>,
    mut tx: LoginTransaction,
    refused: &Refused,
    mishap: Mishap,
) -> Response {
    let around = Around {
        tx: Some(&tx),
        service: Some(&scene.service.profile),
        ..Around::default()
    };
    refusal_page::record(scene.portner, scene.visit, around, refused).await;
    let address = match mishap.at {
        MishapAt::Name(_) => LoginAddress::of(&tx).name(),
        MishapAt::Password => LoginAddress::of(&tx).password(),
        MishapAt::Choice => LoginAddress::of(&tx).current(),
    };
    tx.fill_mishap(Some(mishap));
    look_at(scene, &tx, address)
        .await
        .unwrap_or_else(|_| StatusCodeOnly.into())
}

/// Ends the login by telling the service, in its own protocol, that it could not be done.
pub async fn tell_service(scene: &Scene<'_>, tx: &LoginTransaction, refusal: &Refusal) -> Response {
    let around = Around {
        tx: Some(tx),
        service: Some(&scene.service.profile),
        ..Around::default()
    };
    match scene.portner.services.refuse(tx, scene.service, refusal).await {
        Ok(outbound) => {
            let page = views::page(scene.portner, scene.visit, tx.request().language);
            let receiver = Receiver::Service(
                scene
                    .service
                    .profile
                    .name
                    .in_language(page.words.language())
                    .to_owned(),
            );
            let response = views::send(page, receiver, outbound);
            views::with_cookies(
                response,
                transactions::end(scene.portner, &scene.visit.cookies, tx.id()),
            )
        }
        Err(refused) => refusal_page::page(scene.portner, scene.visit, around, refused).await,
    }
}

/// The last resort, when not even the cookie of a refused login can be written.
struct StatusCodeOnly;

impl From<StatusCodeOnly> for Response {
    fn from(_: StatusCodeOnly) -> Self {
        let mut response = Self::default();
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    }
}

/// A refusal in the visitor's words.
pub fn words(scene: &Scene<'_>, page: &super::pages::Page<'_>, refusal: &Refusal) -> RefusalWords {
    let language = page.words.language();
    let upstream = refusal.upstream().and_then(|id| scene.registry.upstream(id));
    let context = RefusalContext {
        upstream: upstream.map(|upstream| upstream.profile.name.in_language(language).to_owned()),
        kind: upstream.map(|upstream| upstream.profile.kind),
        service: Some(scene.service.profile.name.in_language(language).to_owned()),
    };
    page.words.refusal(refusal, &context)
}

fn suggestion(typed: &str, refusal: &Refusal) -> Option<Suggestion> {
    let Refusal::UnknownDomain {
        nearest: Some(nearest),
        ..
    } = refusal
    else {
        return None;
    };
    let (local, _) = typed.trim().rsplit_once('@')?;
    let domain = nearest.to_unicode();
    Some(Suggestion {
        name: format!("{local}@{domain}"),
        domain,
    })
}

fn name_of(upstream: &UpstreamProfile, page: &super::pages::Page<'_>) -> String {
    upstream.name.in_language(page.words.language()).to_owned()
}

/// The status of a page that shows a form once more.
pub fn status_of(problem: Option<&Refusal>) -> StatusCode {
    problem
        .and_then(|refusal| StatusCode::from_u16(refusal.http_status()).ok())
        .unwrap_or(StatusCode::OK)
}

/// A cookie that remembers the last choice of this browser, so that it comes first next time.
pub fn remember_choice(portner: &Portner, tx: &LoginTransaction) -> Option<HeaderValue> {
    const HALF_A_YEAR: u32 = 180 * 24 * 3600;
    let upstream = &tx.route()?.upstream;
    portner.cookies().set(
        super::login::choose::LAST_CHOICE,
        upstream.as_str(),
        Some(HALF_A_YEAR),
    )
}

/// Shows one page of a login that the visitor asked for by its address, without moving it on.
pub async fn show(scene: &Scene<'_>, tx: &LoginTransaction, page: Response) -> Response {
    keep(scene, tx, page)
        .await
        .unwrap_or_else(|_| StatusCodeOnly.into())
}
