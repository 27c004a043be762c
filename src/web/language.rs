//! Which language a visitor reads: chosen, remembered, asked for by the service, or the browser's.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use crate::domain::text::Language;

/// The cookie that remembers a choice.
pub const COOKIE: &str = "lang";

/// The language of a page, the strongest sign first.
pub fn choose(
    chosen: Option<Language>,
    remembered: Option<&str>,
    wished_by_service: Option<Language>,
    headers: &HeaderMap,
) -> Language {
    chosen
        .or_else(|| remembered.and_then(Language::from_tag))
        .or(wished_by_service)
        .or_else(|| from_browser(headers))
        .unwrap_or_default()
}

/// The first language of `Accept-Language` that we speak; browsers send them best first.
fn from_browser(headers: &HeaderMap) -> Option<Language> {
    let accepted = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    accepted
        .split(',')
        .find_map(|entry| Language::from_tag(entry.split(';').next()?.trim()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_browser_is_asked_last_and_danish_is_the_default() {
        let mut headers = HeaderMap::new();
        assert_eq!(choose(None, None, None, &headers), Language::Da);
        headers.insert(
            ACCEPT_LANGUAGE,
            HeaderValue::from_static("sv, en-GB;q=0.8, da;q=0.5"),
        );
        assert_eq!(choose(None, None, None, &headers), Language::En);
        assert_eq!(choose(None, Some("da"), None, &headers), Language::Da);
        assert_eq!(
            choose(Some(Language::En), Some("da"), None, &headers),
            Language::En
        );
    }
}
