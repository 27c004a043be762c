//! Whoever publishes metadata: a web server that says what a test wants.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{ETAG, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;

/// A web server on this machine.
pub(crate) struct Publisher {
    pub(crate) origin: String,
    state: Arc<Mutex<Pages>>,
}

#[derive(Default)]
struct Pages {
    pages: BTreeMap<String, Page>,
    asked: Vec<(String, Option<String>)>,
}

/// What is answered at a path.
#[derive(Clone)]
pub(crate) enum Page {
    /// This, under a tag that changes with it.
    Document(String),
    /// Go there.
    Redirect(String),
    /// This status.
    Status(u16),
    /// Spaces without end.
    Endless,
    /// Nothing, for a long time.
    Silence,
}

impl Publisher {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(Pages::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { origin, state }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub(crate) fn publish(&self, path: &str, document: &str) {
        self.say(path, Page::Document(document.to_owned()));
    }

    pub(crate) fn say(&self, path: &str, page: Page) {
        self.state.lock().unwrap().pages.insert(path.to_owned(), page);
    }

    /// Paths that were asked for, and the tag that came along.
    pub(crate) fn asked(&self) -> Vec<(String, Option<String>)> {
        self.state.lock().unwrap().asked.clone()
    }
}

async fn answer(State(state): State<Arc<Mutex<Pages>>>, uri: Uri, headers: HeaderMap) -> Response {
    let tag = headers
        .get(IF_NONE_MATCH)
        .map(|tag| tag.to_str().unwrap().to_owned());
    let page = {
        let mut pages = state.lock().unwrap();
        pages.asked.push((uri.path().to_owned(), tag.clone()));
        pages.pages.get(uri.path()).cloned()
    };
    match page {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(Page::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Page::Redirect(to)) => (StatusCode::FOUND, [(LOCATION, to)]).into_response(),
        Some(Page::Silence) => {
            tokio::time::sleep(Duration::from_mins(5)).await;
            StatusCode::OK.into_response()
        }
        Some(Page::Endless) => Response::new(Body::new(Spaces)),
        Some(Page::Document(document)) => {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, document.as_bytes());
            let own = format!("\"{}\"", BASE64.encode(&digest.as_ref()[..9]));
            if tag.as_ref() == Some(&own) {
                return StatusCode::NOT_MODIFIED.into_response();
            }
            ([(ETAG, own)], document).into_response()
        }
    }
}

/// A body that never ends.
struct Spaces;

impl hyper::body::Body for Spaces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        static PIECE: [u8; 65_536] = [b' '; 65_536];
        std::task::Poll::Ready(Some(Ok(hyper::body::Frame::data(Bytes::from_static(&PIECE)))))
    }
}
