//! How an OpenID Connect client is told of logouts: the keys of its `[oidc]` that say so, by
//! the names of the registration specifications.

use url::Url;

use super::load::Terms;
use crate::config::file::Section;
use crate::config::problem::Problem;
use crate::oidc::client::{ClientLogout, LogoutNotice, RedirectUri};

/// Reads both ways, and whether they are taken when the client itself has asked.
pub(super) fn read(section: &mut Section<'_>, answers: &[RedirectUri], terms: &Terms<'_>) -> ClientLogout {
    let back = ("backchannel_logout_uri", "backchannel_logout_session_required");
    let front = ("frontchannel_logout_uri", "frontchannel_logout_session_required");
    let notices = ClientLogout {
        back_channel: read_notice(section, back, terms),
        front_channel: read_notice(section, front, terms),
        knows_its_own: !section.get_or("told_of_own_logout", true),
    };
    if let Some(notice) = &notices.front_channel
        && !answers.iter().any(|answer| is_of_one_origin(answer, &notice.uri))
    {
        let problem = Problem::error("the frame would be of another origin than any address for answers");
        section.fault(
            "frontchannel_logout_uri",
            problem.help(
                "use scheme, host and port of one of redirect_uris (OIDC Front-Channel Logout, section 2)",
            ),
        );
    }
    notices
}

fn read_notice(
    section: &mut Section<'_>,
    (uri, session_required): (&'static str, &'static str),
    terms: &Terms<'_>,
) -> Option<LogoutNotice> {
    let text: Option<String> = section.get(uri);
    let names_session = section.get_or(session_required, true);
    // The same rules as for addresses of answers: https, no fragment, one way to write it.
    let checked = section.checked(uri, RedirectUri::parse(&text?, terms.plain_http()))?;
    Some(LogoutNotice {
        uri: Url::parse(checked.as_str()).ok()?,
        names_session,
    })
}

fn is_of_one_origin(answer: &RedirectUri, notice: &Url) -> bool {
    Url::parse(answer.as_str()).is_ok_and(|answer| answer.origin() == notice.origin())
}
