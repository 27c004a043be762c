//! What came of a login, as a service shows it: to people as a table, to programs as JSON.

use serde_json::{Map, Value};

use crate::saml::NameId;

/// What it takes to log out again.
#[derive(Debug, Clone)]
pub(super) enum WayOut {
    None,
    Saml {
        name: NameId,
        index: Option<String>,
    },
    Oidc {
        /// The proof to show.
        id_token: String,
        sid: Option<String>,
    },
}

/// The end of a login at a service.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    LoggedIn {
        subject: String,
        /// Everything that was received, by name, for people.
        rows: Vec<(String, String)>,
        json: String,
        /// What it takes to log out again.
        way_out: WayOut,
    },
    Refused {
        text: &'static str,
        json: String,
    },
}

impl Outcome {
    /// A login. `facts` are what the service was told beside the subject, under `facts_are`.
    pub(super) fn logged_in(
        protocol: &'static str,
        subject: &str,
        level: Option<&str>,
        facts_are: &'static str,
        facts: Map<String, Value>,
    ) -> Self {
        let mut rows: Vec<_> = facts
            .iter()
            .map(|(name, value)| (name.clone(), in_words(value)))
            .collect();
        rows.extend(level.map(|level| ("level".to_owned(), level.to_owned())));
        let received = [
            ("protocol", protocol.into()),
            ("subject", subject.into()),
            ("level", level.into()),
            (facts_are, Value::Object(facts)),
        ];
        Self::LoggedIn {
            subject: subject.to_owned(),
            rows,
            json: json(received),
            way_out: WayOut::None,
        }
    }

    /// Portner said no, in the protocol's words.
    pub(super) fn refused<const N: usize>(protocol: &'static str, words: [(&'static str, Value); N]) -> Self {
        let received = [("protocol", protocol.into())].into_iter().chain(words);
        Self::Refused {
            text: "Portner loggede dig ikke ind. Det her fik tjenesten at vide:",
            json: json(received),
        }
    }

    /// The answer did not pass the service's own checks.
    pub(super) fn not_believed(protocol: &'static str, why: &str) -> Self {
        Self::Refused {
            text: "Svaret fra Portner holdt ikke til tjenestens kontrol.",
            json: json([("protocol", protocol.into()), ("error", why.into())]),
        }
    }

    /// What proves the login to Portner, when it is to end.
    pub(super) fn id_token(&self) -> Option<&str> {
        match self {
            Self::LoggedIn {
                way_out: WayOut::Oidc { id_token, .. },
                ..
            } => Some(id_token),
            _ => None,
        }
    }

    /// What Portner calls the session, in OpenID Connect.
    pub(super) fn sid(&self) -> Option<&str> {
        match self {
            Self::LoggedIn {
                way_out: WayOut::Oidc { sid, .. },
                ..
            } => sid.as_deref(),
            _ => None,
        }
    }

    /// What Portner calls user and session, in SAML.
    pub(super) fn seat(&self) -> Option<(&NameId, Option<&str>)> {
        match self {
            Self::LoggedIn {
                way_out: WayOut::Saml { name, index },
                ..
            } => Some((name, index.as_deref())),
            _ => None,
        }
    }

    /// The same login, with what it takes to log out again.
    pub(super) fn with_way_out(mut self, way: WayOut) -> Self {
        if let Self::LoggedIn { way_out, .. } = &mut self {
            *way_out = way;
        }
        self
    }

    /// There is no login to go with the answer, or none yet.
    pub(super) fn nobody(protocol: &'static str) -> Self {
        Self::Refused {
            text: "Der er ingen logget ind her.",
            json: json([("protocol", protocol.into()), ("error", "nobody".into())]),
        }
    }
}

fn json(fields: impl IntoIterator<Item = (&'static str, Value)>) -> String {
    let fields: Map<String, Value> = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    format!("{:#}", Value::Object(fields))
}

fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(in_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
