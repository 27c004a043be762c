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

/// The language of ours that `Accept-Language` likes best; of two that it likes as well, the
/// first (RFC 9110 §12.5.4).
fn from_browser(headers: &HeaderMap) -> Option<Language> {
    let accepted = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let liked = accepted.split(',').filter_map(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let language = Language::from_tag(parts.next()?)?;
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        let thousandths = quality.map_or(Some(1000), thousandths)?;
        (thousandths > 0).then_some((thousandths, language))
    });
    // Of equals, `max_by_key` takes the last one.
    liked
        .rev()
        .max_by_key(|(thousandths, _)| *thousandths)
        .map(|(_, language)| language)
}

/// Reads `0.8`; nothing where that is no quality.
fn thousandths(quality: &str) -> Option<u16> {
    let (whole, digits) = quality.split_once('.').unwrap_or((quality, ""));
    let is_plain = digits.len() <= 3 && digits.bytes().all(|digit| digit.is_ascii_digit());
    let padded = format!("{whole}{digits:0<3}");
    let value = padded.parse().ok().filter(|_| is_plain && whole.len() == 1);
    value.filter(|value| *value <= 1000)
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
        for (accepted, chosen) in [
            ("da;q=0.3, en;q=0.9", Language::En),
            ("en, da", Language::En),
            ("en;q=0.5, da;q=0.5", Language::En),
            ("da;q=0, en;q=0.001", Language::En),
            ("en;q=2, da;q=0.1", Language::Da),
            ("en;q=x, da;q=0.1", Language::Da),
            ("en;q=0.2;x=1, da;q=0.199", Language::En),
        ] {
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(accepted));
            assert_eq!(choose(None, None, None, &headers), chosen, "{accepted}");
        }
        assert_eq!(
            choose(Some(Language::En), Some("da"), None, &headers),
            Language::En
        );
    }
}
