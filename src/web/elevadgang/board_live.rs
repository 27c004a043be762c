//! `…/tavle/{group}/nu`: a board that follows its class (server-sent events). What is sent is what the
//! page would show, of those who have changed; each time it is read anew, by the right of that moment.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::board::{Place, class_at};
use super::board_shown::{Scene, digest, mark, people_of};
use super::{Come, Door, at};
use crate::domain::account::AccountId;
use crate::domain::board::Seat;
use crate::domain::refusal::Refused;
use crate::domain::text::Language;
use crate::people::teacher_desk::TeacherDesk;
use crate::people::teacher_desk::board::ClassBoard;
use crate::store::StoreError;
use crate::web::boards::{self, BoardEnd, BoardPlace};
use crate::web::own;
use crate::web::pages::{BoardRowPart, Page};
use crate::web::state::Portner;
use crate::web::visit::Visit;

/// A line without meaning, so that whatever is between us and the browser keeps the connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// What happens to a class at once is told at once.
const GATHER: Duration = Duration::from_millis(150);
/// Whoever does not take what is sent for so long is gone.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a browser is told to wait before it connects anew.
const CONNECT_AGAIN_MS: u64 = 3_000;
/// Not all of them at once, since all may have been ended at once.
const CONNECT_WITHIN_MS: u64 = 4_000;
/// What could not be read is read again after this.
const READ_AGAIN: Duration = Duration::from_secs(3);
/// What a browser without a place asks for the page instead, in seconds.
const ASK_AGAIN: &str = "15";

/// What is shown may not be so any more.
const STALE: &str = "event: stale\ndata:\n\n";
/// It is so again.
const FRESH: &str = "event: fresh\ndata:\n\n";

/// The board of a teacher.
pub async fn get(
    State(portner): State<Portner>,
    visit: Visit,
    method: Method,
    Path(place): Path<Place>,
) -> Response {
    follow_at(&portner, &visit, Door::Teacher, (&method, &place)).await
}

/// The board of an administrator.
pub async fn get_all(
    State(portner): State<Portner>,
    visit: Visit,
    method: Method,
    Path(place): Path<Place>,
) -> Response {
    follow_at(&portner, &visit, Door::Administrator, (&method, &place)).await
}

/// Only a browser's script looks here; it makes nothing of a page. With `HEAD` it asks whether it may,
/// and takes no place by that.
async fn follow_at(
    portner: &Portner,
    visit: &Visit,
    door: Door,
    (method, (institution, group)): (&Method, &Place),
) -> Response {
    let who = match own::look_in(portner, visit, door.page()).await {
        Ok(Some(who)) => who,
        Ok(None) => return StatusCode::FORBIDDEN.into_response(),
        Err(refused) => return cannot(&refused),
    };
    let at = match at(portner, visit, door, &who, institution).await {
        Ok(at) => at,
        Err(response) => return response.status().into_response(),
    };
    let come = Come { who, at };
    let (group, board) = match class_at(portner, visit, &come, group).await {
        Ok(found) => found,
        Err(response) => return response.status().into_response(),
    };
    if *method == Method::HEAD {
        return StatusCode::OK.into_response();
    }
    let Come { who, at } = come;
    let seat = at.desk.seat(who.session.id, group);
    let Ok(place) = boards::open(portner, seat, people_of(&board)) else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, ASK_AGAIN)]).into_response();
    };
    let (sender, receiver) = mpsc::channel(2);
    let follower = Follower {
        portner: portner.clone(),
        place,
        language: visit.language(portner, None),
        front: at.front().into(),
        here: visit.client_prefix().map(Into::into),
        marks: marks_seen(visit, &board),
        sender,
    };
    tokio::spawn(follower.run());
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store, no-transform"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::new(Events(receiver))).into_response()
}

fn cannot(refused: &Refused) -> Response {
    let status = StatusCode::from_u16(refused.refusal.http_status());
    status
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        .into_response()
}

/// What the browser shows already, where it says that it shows what is so now: by the id of the last
/// event, or by what its page says of itself.
fn marks_seen(visit: &Visit, board: &ClassBoard) -> Box<[(AccountId, u64)]> {
    let last = visit.headers.get("last-event-id");
    let last = last.and_then(|id| id.to_str().ok()).map(str::to_owned);
    let of_page = || {
        url::form_urlencoded::parse(visit.query.as_bytes())
            .find(|(name, _)| name == "set")
            .map(|(_, value)| value.into_owned())
    };
    if last.or_else(of_page).is_some_and(|seen| seen == digest(board)) {
        marks(board)
    } else {
        Box::default()
    }
}

fn marks(board: &ClassBoard) -> Box<[(AccountId, u64)]> {
    let pupils = board.pupils.iter();
    pupils
        .map(|one| (one.pupil.account, mark(one, board.at)))
        .collect()
}

/// The body of the answer: what comes through the channel, until nobody is at its other end.
struct Events(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.0.poll_recv(cx);
        next.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// One open board.
struct Follower {
    portner: Portner,
    place: BoardPlace,
    language: Language,
    front: Box<str>,
    here: Option<Box<str>>,
    /// What the browser shows, pupil by pupil.
    marks: Box<[(AccountId, u64)]>,
    sender: mpsc::Sender<Bytes>,
}

/// What a look came to.
enum Look {
    Same,
    Changed(String),
    Gone,
}

impl Follower {
    async fn run(mut self) {
        let again = CONNECT_AGAIN_MS + self.place.number() * 97 % CONNECT_WITHIN_MS;
        let mut is_there = self.send(format!("retry: {again}\n\n")).await;
        let mut looks = true;
        // How often in a row nothing could be read.
        let mut failures = 0;
        while is_there {
            if let Some(end) = self.place.ending() {
                self.farewell(end).await;
                return;
            }
            if self.place.is_blind() {
                // The keeper tells when it sees again.
                if failures < boards::FAILURES {
                    failures = boards::FAILURES;
                    is_there = self.send(STALE.to_owned()).await;
                }
            } else if looks {
                // Boxed, so that a board that waits holds no room for looking.
                let look = Box::pin(self.look()).await;
                if look.is_ok() && failures >= boards::FAILURES {
                    is_there = self.send(FRESH.to_owned()).await;
                }
                match look {
                    Ok(Look::Same) => failures = 0,
                    Ok(Look::Changed(event)) => {
                        failures = 0;
                        is_there = self.send(event).await;
                    }
                    Ok(Look::Gone) => {
                        self.farewell(BoardEnd::Over).await;
                        return;
                    }
                    Err(error) => {
                        tracing::debug!(%error, "a board could not be read");
                        failures += 1;
                        if failures == boards::FAILURES {
                            is_there = self.send(STALE.to_owned()).await;
                        }
                    }
                }
            }
            let wait = if failures > 0 { READ_AGAIN } else { HEARTBEAT };
            let woken = tokio::select! {
                () = self.sender.closed() => return,
                () = self.place.woken() => true,
                () = sleep(wait) => false,
            };
            looks = woken || failures > 0;
            if woken {
                sleep(GATHER).await;
            } else {
                is_there = self.send(":\n\n".to_owned()).await;
            }
        }
    }

    async fn send(&self, text: String) -> bool {
        let sent = timeout(PATIENCE, self.sender.send(Bytes::from(text))).await;
        matches!(sent, Ok(Ok(())))
    }

    /// Says why nothing more comes. A connection that ends without a word is made anew.
    async fn farewell(&self, end: BoardEnd) {
        let word = match end {
            BoardEnd::Over => "over",
            BoardEnd::Displaced => "displaced",
            BoardEnd::Renew => return,
        };
        self.send(format!("event: {word}\ndata:\n\n")).await;
    }

    async fn look(&mut self) -> Result<Look, StoreError> {
        let (store, ambient) = (&self.portner.store, &self.portner.ambient);
        let seat: &Seat = self.place.seat();
        let idle = self.portner.session_limits().idle;
        let now = ambient.now();
        let used_since = now.checked_sub(idle).unwrap_or(Timestamp::MIN);
        if !store.seat_holds(seat, now, used_since).await? {
            return Ok(Look::Gone);
        }
        let registry = self.portner.registry();
        let desk = TeacherDesk::of_seat(store, ambient, &registry, seat);
        let Some(board) = desk.board(seat.group, idle).await? else {
            return Ok(Look::Gone);
        };
        self.place.shows(people_of(&board), board.at, board.changes_at());
        let now_shown = marks(&board);
        if now_shown == self.marks {
            return Ok(Look::Same);
        }
        let same_people = now_shown.len() == self.marks.len()
            && now_shown
                .iter()
                .zip(&self.marks)
                .all(|((one, _), (other, _))| one == other);
        let page = Page::new(self.portner.texts.in_language(self.language));
        let scene = Scene {
            registry: &registry,
            page: &page,
            front: &self.front,
            here: self.here.as_deref().map(str::to_owned),
        };
        let mut rows = Vec::new();
        for (place, one) in board.pupils.iter().enumerate() {
            if same_people && now_shown.get(place) == self.marks.get(place) {
                continue;
            }
            let row = scene.row(one, board.at);
            let aloud = scene.aloud(&row).filter(|_| same_people);
            let html = BoardRowPart {
                page: &page,
                row: &row,
            };
            match html.render() {
                Ok(html) => rows.push(serde_json::json!({ "id": row.id, "html": html, "aloud": aloud })),
                Err(error) => tracing::error!(%error, "a row of a board could not be rendered"),
            }
        }
        let summary = scene.summary(&board);
        let data = serde_json::json!({
            "whole": !same_people,
            "rows": rows,
            "summary": [summary.inside, summary.stuck, summary.waiting, summary.helped],
        });
        self.marks = now_shown;
        // JSON has no line breaks of its own.
        Ok(Look::Changed(format!(
            "id: {}\nevent: board\ndata: {data}\n\n",
            digest(&board)
        )))
    }
}
