//! Where somebody is logged in with this account, and ending it: one session, or all but this one.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use uuid::Uuid;

use crate::domain::own_page::OwnPage;
use crate::domain::refusal::Refused;
use crate::domain::session::SsoSession;
use crate::web::logout::participants::{Party, of_session};
use crate::web::logout::progress::Asker;
use crate::web::logout::{end, tour};
use crate::web::own::{self, LoggedIn};
use crate::web::pages::{MyKeptLogin, MySession, Page};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{refusal_page, times, views};

/// Where the form is sent.
pub(super) const PATH: &str = "/min-side/logget-ind";
/// The value of the button that ends all but this one.
pub(super) const OTHERS: &str = "others";
/// What the values of buttons begin with that end what one client keeps.
const KEPT: &str = "kept:";

/// The open sessions of the account, the latest first. Those of the person's other accounts are not
/// shown: whoever vouches for one of them need not know of the others (C01, C09).
pub(super) async fn of_account(portner: &Portner, me: &LoggedIn) -> Result<Vec<SsoSession>, Refused> {
    let open = portner.store.sessions_of(me.person.id, me.now).await;
    let mut open = open.map_err(Refused::from)?;
    open.retain(|session| session.account == me.account.id);
    Ok(open)
}

/// One of them, as the page shows it.
pub(super) async fn shown(
    portner: &Portner,
    me: &LoggedIn,
    session: &SsoSession,
    page: &Page<'_>,
) -> Result<MySession, Refused> {
    let language = page.words.language();
    let registry = portner.registry();
    let mut services: Vec<String> = Vec::new();
    for participant in of_session(portner, session.id).await? {
        let party = participant.party();
        let name = party.name(&registry, language);
        if matches!(party, Party::Service(_)) && !services.contains(&name) {
            services.push(name);
        }
    }
    Ok(MySession {
        id: session.id.0.to_string(),
        is_this: session.id == me.session.id,
        upstream: Party::Upstream(session.upstream.clone()).name(&registry, language),
        since: times::readable(session.authenticated_at, language),
        used: times::readable(session.last_used, language),
        services: services.join(", "),
    })
}

/// Who keeps a login of the account that outlives its session, as the page shows them.
pub(super) async fn kept(
    portner: &Portner,
    me: &LoggedIn,
    page: &Page<'_>,
) -> Result<Vec<MyKeptLogin>, Refused> {
    let language = page.words.language();
    let registry = portner.registry();
    let kept = portner.store.offline_logins_of(me.account.id, me.now).await;
    let shown = kept.map_err(Refused::from)?.into_iter().map(|kept| {
        let service = registry.service_by_client_id(&kept.client);
        let name = service.map(|(service, _)| service.profile.name.in_language(language).to_owned());
        MyKeptLogin {
            end: format!("{KEPT}{}", kept.client),
            // One that is registered no longer gets nothing more, and is told by its name in the protocol.
            service: name.unwrap_or_else(|| kept.client.clone()),
            used: times::readable(kept.used, language),
            until: times::readable(kept.until, language),
        }
    });
    Ok(shown.collect())
}

/// Ends one, or all the others. Services that can be called hear of it.
pub async fn post(State(portner): State<Portner>, visit: Visit, body: Bytes) -> Response {
    let page = OwnPage::MinSide;
    let (me, posted) = match own::posted(&portner, &visit, page, &body, &["end"]).await {
        Ok(me) => me,
        Err(response) => return *response,
    };
    let wanted = posted.one("end").unwrap_or_default();
    match end(&portner, &visit, &me, wanted).await {
        Ok(response) => response,
        Err(refused) => {
            let id = page.service_id();
            refusal_page::outside_a_login(&portner, &visit, id.as_ref(), refused).await
        }
    }
}

async fn end(portner: &Portner, visit: &Visit, me: &LoggedIn, wanted: &str) -> Result<Response, Refused> {
    let (account, now) = (me.account.id, me.now);
    if let Some(client) = wanted.strip_prefix(KEPT) {
        let ended = portner.store.revoke_offline_grants_at(account, client, now).await;
        ended.map_err(Refused::from)?;
        return Ok(views::see_other(OwnPage::MinSide.path()));
    }
    let wanted_id = Uuid::parse_str(wanted).ok();
    let mut ending = of_account(portner, me).await?;
    ending.retain(|session| match wanted {
        OTHERS => session.id != me.session.id,
        _ => Some(session.id.0) == wanted_id,
    });
    if ending.iter().any(|session| session.id == me.session.id) {
        // This very browser: a logout like any other, with its receipt.
        return Ok(tour::begin(portner, visit, &ending, Asker::Visitor(None)).await);
    }
    if wanted == OTHERS {
        // What an app got to keep when its user logged in there is a login elsewhere too (E12).
        let revoked = portner.store.revoke_offline_grants_of_account(account, now).await;
        revoked.map_err(Refused::from)?;
    }
    // One that is over meanwhile, or is somebody else's, is none: the page says what there is.
    end::end_and_tell(portner, visit, &ending, |_| false).await?;
    Ok(views::see_other(OwnPage::MinSide.path()))
}
