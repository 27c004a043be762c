//! A refusal in words: what happened, whose matter it is, and what each role can do.

use fluent_bundle::FluentArgs;

use super::Words;
use crate::domain::refusal::{Culprit, Refusal};
use crate::domain::upstream::UpstreamKind;

/// What a refusal does not carry itself, but the words may name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusalContext {
    /// What users call the upstream that is concerned.
    pub upstream: Option<String>,
    /// What it is to users: advice differs.
    pub kind: Option<UpstreamKind>,
    /// What users call the service that asked for the login.
    pub service: Option<String>,
}

/// Everything that is said of one refusal. Plain text, unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalWords {
    /// The stable code, such as `UL-101`.
    pub code: &'static str,
    /// The headline; for E1–E8 exactly as users know it (seeds).
    pub headline: String,
    /// The second line under the headline, where there is one.
    pub line: Option<String>,
    /// What happened, in plain words.
    pub why: String,
    /// Whose matter it is.
    pub blame: String,
    /// What the user or pupil does.
    pub user: String,
    /// What a parent does; the same, where nothing else is to be said.
    pub parent: String,
    /// What a teacher or employee does.
    pub teacher: String,
    /// What a teacher does for a pupil who has met it; the same, where nothing else is to be said.
    pub board: String,
    /// What the school's or municipality's administrator checks.
    pub administrator: String,
    /// What those who run Portner, the upstream or the service check.
    pub operator: String,
}

impl<'t> Words<'t> {
    /// The words for a refusal that somebody has met.
    pub fn refusal(&self, refusal: &Refusal, context: &RefusalContext) -> RefusalWords {
        self.refusal_words(refusal, &self.met_args(refusal, context))
    }

    /// The words for a refusal as the support page explains it: about nobody in particular.
    pub fn refusal_in_general(&self, refusal: &Refusal) -> RefusalWords {
        self.refusal_words(refusal, &self.general_args(refusal, &RefusalContext::default()))
    }

    /// The words for a refusal that somebody else has met, of which no more is known than its code, and
    /// where: nothing of how long to wait, since that was told to them alone.
    pub fn refusal_of_another(&self, refusal: &Refusal, context: &RefusalContext) -> RefusalWords {
        let mut words = self.refusal_words(refusal, &self.general_args(refusal, context));
        if refusal.retry_after().is_some() {
            words.line = None;
        }
        words
    }

    fn general_args(&self, refusal: &Refusal, context: &RefusalContext) -> FluentArgs<'t> {
        let mut args = self.met_args(refusal, context);
        args.set("domain", self.say("that-domain"));
        args.set("check", self.say("that-check"));
        args
    }

    fn refusal_words(&self, refusal: &Refusal, args: &FluentArgs<'_>) -> RefusalWords {
        let code = refusal.code();
        let or = |part: &'static str, otherwise| if self.has(code, part) { part } else { otherwise };
        let part = |part: &str| capitalised(&self.format(&format!("{code}.{part}"), args));
        RefusalWords {
            code,
            headline: self.format(code, args),
            line: self.has(code, "line").then(|| part("line")),
            why: part("why"),
            blame: self.say(blame_key(refusal.culprit())),
            user: part("user"),
            parent: part(or("parent", "user")),
            teacher: part("teacher"),
            board: part(or("board", "teacher")),
            administrator: part("administrator"),
            operator: part("operator"),
        }
    }

    fn met_args(&self, refusal: &Refusal, context: &RefusalContext) -> FluentArgs<'t> {
        let named = |name: &Option<String>, otherwise: &str| match name {
            Some(name) => name.clone(),
            None => self.say(otherwise),
        };
        let mut args = self.args();
        args.set("upstream", named(&context.upstream, "that-login"));
        args.set("kind", context.kind.map_or("none", UpstreamKind::word));
        args.set("service", named(&context.service, "that-service"));
        match refusal {
            Refusal::UnknownDomain { domain, .. } => args.set("domain", domain.to_unicode()),
            Refusal::UpstreamAnswerRefused { check, .. } | Refusal::ServiceRequestRefused { check } => {
                args.set("check", check.clone());
            }
            _ => {}
        }
        if let Some(seconds) = refusal.retry_after() {
            args.set("seconds", seconds);
            args.set("minutes", seconds.div_ceil(60));
            args.set("unit", if seconds < 120 { "seconds" } else { "minutes" });
        }
        args
    }
}

/// The text with a capital first letter, for where a sentence begins with "the service".
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Whose matter it is, as a key.
const fn blame_key(culprit: Culprit) -> &'static str {
    match culprit {
        Culprit::User => "blame-user",
        Culprit::School => "blame-school",
        Culprit::Upstream => "blame-upstream",
        Culprit::Service => "blame-service",
        Culprit::Us => "blame-us",
    }
}
