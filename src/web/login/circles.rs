//! Logins that begin again and again with nobody there: a service that forgets what it was
//! told, or an upstream that asks us whom we asked (M13).
//!
//! A login that is answered or sent on without a page is counted in the browser, for its
//! service; any page ends the count, since somebody is there. The cookie holds no name: a
//! number made of the service, how many, and since when. Whoever forges it stops only himself.

use axum::http::HeaderValue;

use crate::domain::refusal::{Refusal, Refused};
use crate::login::journey::Step;
use crate::web::perform::Scene;

/// The base name of the cookie.
const COOKIE: &str = "turns";
/// So many without a page are no circle yet.
const MOST_TURNS: u32 = 5;
/// Within this time, in seconds.
const WITHIN: i64 = 30;

/// Counts this turn. The step as it is, or the end of the circle; and the cookie that goes along.
pub(super) fn count(
    scene: &Scene<'_>,
    passive: bool,
    step: Result<Step, Refused>,
) -> (Result<Step, Refused>, Option<HeaderValue>) {
    let style = scene.portner.cookies();
    let known = scene.visit.cookies.get(&style.name(COOKIE));
    let nobody_asked = matches!(step, Ok(Step::Answer(_) | Step::LeaveFor(_)));
    // Programs that look whether somebody is logged in may do so as often as they like.
    if !nobody_asked || passive {
        let cleared = known.filter(|_| !passive).and_then(|_| style.clear(COOKIE));
        return (step, cleared);
    }
    let now = scene.portner.ambient.now().as_second();
    let service = fingerprint(scene.service.profile.id.as_str());
    let (turns, since) = known
        .and_then(|value| read(value, service))
        .filter(|(_, since)| {
            now.checked_sub(*since)
                .is_some_and(|passed| (0..=WITHIN).contains(&passed))
        })
        .map_or((1, now), |(turns, since)| (turns.saturating_add(1), since));
    if turns > MOST_TURNS {
        let cause = format!(
            "{turns} logins for one service in {} seconds, without a page",
            now - since
        );
        return (Err(Refusal::StuckInLoop.because(cause)), style.clear(COOKIE));
    }
    let value = format!("{service:08x}.{turns}.{since}");
    (step, style.set(COOKIE, &value, u32::try_from(WITHIN).ok()))
}

fn read(value: &str, service: u32) -> Option<(u32, i64)> {
    let mut parts = value.splitn(3, '.');
    let (of, turns, since) = (parts.next()?, parts.next()?, parts.next()?);
    (u32::from_str_radix(of, 16).ok()? == service).then_some(())?;
    Some((turns.parse().ok()?, since.parse().ok()?))
}

/// FNV-1a: enough to tell services apart, and no name in the browser.
fn fingerprint(id: &str) -> u32 {
    id.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
