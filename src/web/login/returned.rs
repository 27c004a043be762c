//! A browser that comes back from an upstream: which login, and is it the upstream that the
//! login was sent to? (B11, D03, F02)

use std::sync::Arc;

use aws_lc_rs::digest;
use axum::response::Response;

use crate::domain::evidence::Exchanged;
use crate::domain::refusal::{NO_TRUST_ANCHOR, Refusal, Refused};
use crate::domain::service::ServiceId;
use crate::domain::upstream::UpstreamId;
use crate::login::driver::Event;
use crate::login::identity::UpstreamAnswer;
use crate::login::transaction::{AdultNote, AnswerMark, LoginTransaction, TransactionId};
use crate::trust::registry::{Registry, Service, Upstream};
use crate::web::perform::{self, Arrival, Scene};
use crate::web::refusal_page::{self, Around};
use crate::web::state::Portner;
use crate::web::visit::Visit;
use crate::web::{lent, transactions, witness};

/// A login of this browser, back from the upstream that it was sent to.
pub struct Returned {
    registry: Arc<Registry>,
    service: Arc<Service>,
    /// The upstream: of the address and of the login alike.
    pub upstream: Arc<Upstream>,
    /// The login that the answer belongs to.
    pub tx: LoginTransaction,
}

impl Returned {
    /// Whether the browser brought this login along.
    pub fn is_here(portner: &Portner, visit: &Visit, tx: &str) -> bool {
        TransactionId::parse(tx).is_some_and(|tx| transactions::is_there(portner, &visit.cookies, tx))
    }

    /// Opens the login that the answer names, at the address of one upstream. Where this very
    /// answer has stopped it already, as after a reload, the same is said again.
    pub async fn open(
        portner: &Portner,
        visit: &Visit,
        upstream: &str,
        (service, tx): (&str, &str),
        answer: &[u8],
    ) -> Result<Self, Box<Response>> {
        let service = ServiceId::parse(service);
        match Self::try_open(portner, visit, upstream, tx).await {
            Ok(mut returned) => {
                let answer = mark_of(answer);
                if let Some(stopped) = returned.tx.stopped_by(answer) {
                    let around = Around {
                        tx: Some(&returned.tx),
                        service: Some(&returned.service.profile),
                        ..Around::default()
                    };
                    return Err(Box::new(refusal_page::again(portner, visit, around, stopped)));
                }
                returned.tx.fill_answer(answer);
                Ok(returned)
            }
            Err(refused) => Err(Box::new(
                refusal_page::outside_a_login(portner, visit, service.as_ref(), refused).await,
            )),
        }
    }

    async fn try_open(portner: &Portner, visit: &Visit, upstream: &str, tx: &str) -> Result<Self, Refused> {
        let registry = portner.registry();
        let upstream = UpstreamId::parse(upstream).ok_or(Refusal::NoSuchPage)?;
        let registered = registry.upstream(&upstream).cloned();
        let id = TransactionId::parse(tx)
            .ok_or_else(|| Refusal::LoginLost.because("the answer names no login"))?;
        let tx = match transactions::load(portner, &visit.cookies, id).await {
            Err(_) if registered.is_none() => return Err(Refusal::NoSuchPage.into()),
            loaded => loaded?,
        };
        if tx.route().is_none_or(|route| route.upstream != upstream) {
            let check = "idp_mixup".to_owned();
            return Err(Refusal::UpstreamAnswerRefused { upstream, check }
                .because("an answer at the address of another upstream than the login was sent to"));
        }
        let upstream = registered.ok_or_else(|| {
            let check = NO_TRUST_ANCHOR.to_owned();
            Refusal::UpstreamAnswerRefused { upstream, check }
                .because("the upstream that the login was sent to is not registered any more")
        })?;
        if !upstream.profile.enabled {
            return Err(Refusal::UpstreamDisabled {
                upstream: upstream.profile.id.clone(),
            }
            .into());
        }
        let service = registry
            .service(&tx.request().service)
            .cloned()
            .ok_or(Refusal::UnknownService)?;
        Ok(Self {
            registry,
            service,
            upstream,
            tx,
        })
    }

    /// Moves the login on by what the upstream said, of which evidence is kept first.
    pub async fn go_on(
        &self,
        portner: &Portner,
        visit: &Visit,
        answer: Result<UpstreamAnswer, Refused>,
        kind: Exchanged,
    ) -> Response {
        let scene = self.scene(portner, visit);
        let kept = match &answer {
            Ok(answer) => {
                let message = &answer.message.0;
                witness::of_upstream(portner, &self.upstream.profile, self.tx.id(), kind, message).await
            }
            Err(_) => Ok(()),
        };
        match kept.and(answer) {
            // An adult who did not come to an end at the eID stops nobody's login.
            Err(refused) if self.tx.is_set_aside() => {
                let around = Around {
                    tx: Some(&self.tx),
                    service: Some(&self.service.profile),
                    ..Around::default()
                };
                refusal_page::record(portner, visit, around, &refused).await;
                let mut tx = self.tx.clone();
                tx.take_up_again(Some(AdultNote::NotProved));
                perform::advance(&scene, tx, Event::Revisited).await
            }
            Ok(answer) if self.tx.is_set_aside() => lent::take_back(&scene, self.tx.clone(), answer).await,
            Ok(answer) => perform::advance(&scene, self.tx.clone(), Event::Proved(Box::new(answer))).await,
            Err(refused) => perform::perform(&scene, self.tx.clone(), Err(refused)).await,
        }
    }

    /// What performing a step needs.
    fn scene<'a>(&'a self, portner: &'a Portner, visit: &'a Visit) -> Scene<'a> {
        Scene {
            portner,
            visit,
            registry: &self.registry,
            service: &self.service,
            arrival: Arrival::Post,
        }
    }
}

fn mark_of(answer: &[u8]) -> AnswerMark {
    let mut mark = [0; 16];
    let digest = digest::digest(&digest::SHA256, answer);
    mark.iter_mut()
        .zip(digest.as_ref())
        .for_each(|(to, from)| *to = *from);
    AnswerMark(mark)
}
