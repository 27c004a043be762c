//! The page of one person, filled in.

use axum::http::StatusCode;
use axum::response::Response;

use super::pages::name_of;
use super::places::DeskPlace;
use super::words;
use super::{At, advice};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::desk::Say;
use crate::domain::password_rule::RuleKey;
use crate::domain::refusal::Refusal;
use crate::domain::service::ServiceId;
use crate::domain::upstream::UpstreamId;
use crate::people::admin_desk::{DeskError, Obstacle, Past, PastWhat, PersonHere, Reading, Why};
use crate::people::import::finding::said;
use crate::store::desk::{Affiliation, SecretState};
use crate::store::refusals::RefusedLogin;
use crate::texts::RefusalContext;
use crate::web::own;
use crate::web::pages::{
    AffiliationLine, BlockPart, CodePart, DeskItem, DeskKept, DeskPersonPage, Form, Page, RefusedLine,
    RightPart, RulePart, WaitingPart,
};
use crate::web::visit::Reference;
use crate::web::{times, views};

impl At<'_> {
    /// The page, with the code where it was just asked for.
    pub(super) async fn person_page(
        &self,
        actor: ActorId,
        problem: Option<Why>,
        (reading, kept): (Option<Reading>, DeskKept),
    ) -> Result<Response, DeskError> {
        let known = self.desk.person(actor).await?;
        let mut page = self.page();
        if !self.visit.path.ends_with(&actor.0.to_string()) {
            // The answer to a form is not asked for in another language: its page is.
            page.language_link = format!("{}?lang={}", self.person_address(actor), page.other_lang());
        }
        let view = DeskPersonPage {
            frame: self.frame(&page, problem),
            name: name_of(&known.asked),
            protected: known.asked.person.protected,
            facts: facts(&page, &known),
            remarks: remarks(&page, &known),
            obstacles: self.obstacles(&page, &known),
            refused: known
                .refused
                .iter()
                .filter_map(|one| self.refused(&page, &known, one))
                .collect(),
            latest: self.latest(&page, &known),
            waiting: self.waiting_part(&page, &known),
            affiliations: known
                .affiliations
                .iter()
                .map(|one| self.line(&page, one, &known))
                .collect(),
            rule: self.rule_part(&page, &known),
            code: self.code_part(&page, &known, reading),
            block: self.block_part(&page, &known),
            right: self.right_part(&known),
            history: known.past.iter().map(|one| past(&page, one)).collect(),
            kept,
            page,
        };
        Ok(views::html(StatusCode::OK, &view))
    }

    fn form_of(&self, actor: ActorId, act: &str) -> Form {
        let address = format!("{}/{act}", self.person_address(actor));
        own::form(self.portner, self.visit, &address)
    }

    /// A refusal in words for administrators; nothing of a code that is none any more.
    fn refused(&self, page: &Page<'_>, known: &PersonHere, one: &RefusedLogin) -> Option<RefusedLine> {
        let samples = Refusal::samples();
        let refusal = samples.iter().find(|sample| sample.code() == one.code)?;
        let registry = self.portner.registry();
        let language = page.words.language();
        let upstream = one.upstream.as_deref().and_then(UpstreamId::parse);
        let upstream = upstream.as_ref().and_then(|id| registry.upstream(id));
        let service = one.service.as_deref().and_then(ServiceId::parse);
        let service = service.as_ref().and_then(|id| registry.service(id));
        let kind = upstream.map(|one| one.profile.kind);
        let context = RefusalContext {
            upstream: upstream.map(|one| one.profile.name.in_language(language).to_owned()),
            kind,
            service: service.map(|one| one.profile.name.in_language(language).to_owned()),
        };
        let said = page.words.refusal(refusal, &context);
        let through = context
            .upstream
            .as_ref()
            .map(|name| page.say_with("desk-trouble-through", "upstream", name));
        let to = context
            .service
            .as_ref()
            .map(|name| page.say_with("desk-trouble-to", "service", name));
        let way: Vec<_> = through.into_iter().chain(to).collect();
        Some(RefusedLine {
            when: times::readable(one.at, language),
            code: one.code.clone(),
            headline: said.headline,
            way: way.join(" "),
            advice: advice::of(page, known, &one.code, kind).unwrap_or(said.administrator),
            reference: Reference(one.id).to_string(),
        })
    }

    /// What stands in the way now, each with where it can be mended, and what the login does not reach.
    fn obstacles(&self, page: &Page<'_>, known: &PersonHere) -> Vec<DeskItem> {
        let mut lines: Vec<DeskItem> = known
            .obstacles
            .iter()
            .map(|one| self.obstacle(page, one))
            .collect();
        let plain = |key: &str| DeskItem {
            text: page.say(key),
            ..DeskItem::default()
        };
        if lines.is_empty() {
            lines.push(plain(words::clear(known.way)));
        }
        let is_pupil = known.asked.group == ActorGroup::Elev;
        let has_no_way = known.obstacles.contains(&Obstacle::NoWayIn);
        // A pupil seldom has an eID, and whoever has no way in is told of it above.
        if !known.asked.account.cpr_identified && !known.asked.unconfirmed && !is_pupil && !has_no_way {
            lines.push(plain("desk-trouble-not-identified"));
        }
        lines
    }

    fn obstacle(&self, page: &Page<'_>, one: &Obstacle) -> DeskItem {
        let new_password = matches!(one, Obstacle::PasswordDead(_));
        DeskItem {
            text: words::obstacle(&page.words, one),
            href: new_password.then(|| format!("{}/elevadgang", self.base())),
            note: new_password.then(|| page.say("desk-trouble-to-elevadgang")),
            badge: None,
        }
    }

    fn latest(&self, page: &Page<'_>, known: &PersonHere) -> DeskItem {
        let Some(latest) = &known.in_latest else {
            return DeskItem {
                text: page.say("desk-latest-none"),
                ..DeskItem::default()
            };
        };
        let day = times::day(latest.at, page.words.language());
        let text = match &latest.refused {
            Some(finding) => page.words.say_all("desk-latest-refused", &{
                let said = said(finding, &page.words);
                [("day", day), ("what", said.what), ("remedy", said.mend)]
            }),
            None if known.asked.gone_at.is_some() => page.say_with("desk-latest-gone", "day", day),
            None => page.say_with("desk-latest-yes", "day", day),
        };
        DeskItem {
            text,
            href: Some(format!("{}/importer/{}", self.base(), latest.import)),
            ..DeskItem::default()
        }
    }

    fn line(&self, page: &Page<'_>, one: &Affiliation, known: &PersonHere) -> AffiliationLine {
        let now = self.portner.ambient.now();
        let roles: Vec<_> = one.roles.iter().map(|role| page.role(*role)).collect();
        let what = if roles.is_empty() {
            page.group(one.group)
        } else {
            format!("{}: {}", page.group(one.group), roles.join(", "))
        };
        let from = match (&one.source, &one.added_by) {
            (Some(source), _) => page.words.say_all(
                "desk-from-source",
                &[
                    ("source", source.clone()),
                    ("id", one.local_id.clone().unwrap_or_else(|| "–".to_owned())),
                ],
            ),
            (None, Some(_)) => page.say("desk-from-hand"),
            (None, None) => page.say("desk-from-operator"),
        };
        let ended = one.gone_at.or(one.until).filter(|end| *end <= now);
        let begins = one.from.filter(|from| *from > now);
        let term = match (ended, begins, one.until) {
            (Some(at), ..) => page.say_with("desk-ended", "day", times::day(at, page.words.language())),
            (None, Some(at), _) => page.say_with("desk-begins", "day", times::day(at, page.words.language())),
            (None, None, Some(until)) => {
                page.say_with("desk-ends", "day", times::last_day(until, page.words.language()))
            }
            (None, None, None) => page.say("desk-active"),
        };
        let may = one.is_by_hand() && ended.is_none() && !known.is_oneself;
        AffiliationLine {
            what,
            notes: vec![match one.shown_user_name() {
                Some(user_name) => format!("{user_name} · {from} · {term}"),
                None => format!("{from} · {term}"),
            }],
            reason_id: format!("end-{}", one.actor.0),
            form: may.then(|| self.form_of(one.actor, "tilknytning")),
        }
    }

    fn rule_part(&self, page: &Page<'_>, known: &PersonHere) -> Option<RulePart> {
        if known.asked.group != ActorGroup::Elev || known.asked.unconfirmed {
            return None;
        }
        let holds = match known.holding {
            Some(holding) => page.say_with("desk-rule-holds", "rule", page.say(words::rule(holding.key))),
            None => page.say("desk-rule-none"),
        };
        let set = known.rule.as_ref().map(|(rule, who)| {
            let values = [
                ("day", times::day(rule.at, page.words.language())),
                ("who", words::who(&page.words, who)),
                ("reason", rule.reason.clone()),
            ];
            page.words.say_all("desk-rule-set", &values)
        });
        let rules = RuleKey::ALL.into_iter().filter(|key| key.is_for_pupils());
        Some(RulePart {
            holds,
            set,
            form: (known.powers.may_block && known.say == Say::OverPupil)
                .then(|| self.form_of(known.asked.actor, "regel")),
            rules: rules
                .map(|key| (key.word(), page.say(words::rule(key))))
                .collect(),
        })
    }

    fn code_part(&self, page: &Page<'_>, known: &PersonHere, reading: Option<Reading>) -> CodePart {
        let secret = known.asked.secret;
        let button = words::code_button(secret).filter(|_| known.powers.gets_code);
        let state = match secret {
            Some(SecretState::Own) => page.say("desk-code-own"),
            _ if known.is_by_local_login => page.say(Why::LocalLogin.key()),
            other => capitalised(&page.say(words::secret(other))),
        };
        CodePart {
            state,
            form: button.map(|_| self.form_of(known.asked.actor, "kode")),
            button: button.map(|key| page.say(key)).unwrap_or_default(),
            shown: reading.map(|reading| {
                (
                    reading.code.to_string(),
                    times::last_day(reading.until, page.words.language()),
                )
            }),
        }
    }

    fn waiting_part(&self, page: &Page<'_>, known: &PersonHere) -> Option<WaitingPart> {
        let (waiting, by) = known.waiting.as_ref()?;
        let vouched = by
            .as_ref()
            .map(|who| page.say_with("desk-waiting-vouched", "who", words::who(&page.words, who)));
        Some(WaitingPart {
            since: page.say_with(
                "desk-waiting-since",
                "day",
                times::day(waiting.since, page.words.language()),
            ),
            vouched,
            form: (!known.is_oneself).then(|| self.form_of(known.asked.actor, "tilknytning")),
        })
    }

    fn block_part(&self, page: &Page<'_>, known: &PersonHere) -> Option<BlockPart> {
        let mut set = Vec::new();
        let mut is_ours = true;
        let mut through_broker = false;
        match &known.block {
            Some((block, who)) => {
                is_ours = block.institution == self.desk.institution().number;
                through_broker = block.through_broker;
                let values = [
                    ("day", times::day(block.at, page.words.language())),
                    ("who", words::who(&page.words, who)),
                    ("reason", block.reason.clone()),
                ];
                // Why another institution did it is its own matter.
                set.push(if is_ours {
                    page.words.say_all("desk-block-set", &values)
                } else {
                    page.say("desk-why-anothers-block")
                });
                set.push(page.say(if block.through_broker {
                    "desk-block-everything"
                } else {
                    "desk-block-central"
                }));
            }
            None if known.asked.account.blocked => {
                is_ours = false;
                set.push(page.say("desk-trouble-blocked-operators"));
            }
            None => {}
        }
        let form = (is_ours && known.powers.may_block).then(|| self.form_of(known.asked.actor, "spaerring"));
        (form.is_some() || !set.is_empty()).then_some(BlockPart {
            set,
            form,
            through_broker,
        })
    }

    fn right_part(&self, known: &PersonHere) -> Option<RightPart> {
        let is_staff = known.asked.group == ActorGroup::Medarbejder
            && !known.asked.unconfirmed
            && known.asked.is_active(self.portner.ambient.now());
        (is_staff || known.is_administrator).then(|| RightPart {
            has: known.is_administrator,
            form: self.form_of(known.asked.actor, "rettighed"),
        })
    }
}

fn facts(page: &Page<'_>, known: &PersonHere) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    if let Some(user_name) = known.asked.shown_user_name() {
        facts.push((page.say("desk-user-name"), user_name.to_owned()));
    }
    if let Some(uni_id) = known.asked.shown_uni_id() {
        facts.push((page.say("desk-uni-id"), uni_id.to_owned()));
    }
    facts.push((page.say("desk-is"), page.group(known.asked.group)));
    if let Some(level) = known.level() {
        facts.push((page.say("desk-level"), level));
    }
    if !known.groups.is_empty() {
        let names: Vec<_> = known.groups.iter().map(|group| group.name.as_str()).collect();
        facts.push((page.say("desk-groups"), names.join(", ")));
    }
    if let Some((all, custody)) = known.contacts {
        let values = [("all", all.to_string()), ("custody", custody.to_string())];
        facts.push((
            page.say("desk-contacts"),
            page.words.say_all("desk-contacts-count", &values),
        ));
    }
    facts
}

fn remarks(page: &Page<'_>, known: &PersonHere) -> Vec<String> {
    let all = [
        (known.is_elsewhere, "desk-elsewhere"),
        (known.is_oneself, "desk-oneself"),
    ];
    all.into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, key)| page.say(key))
        .collect()
}

fn past(page: &Page<'_>, one: &Past) -> DeskItem {
    let (what, note) = match &one.what {
        PastWhat::Changed(entry) => (
            page.say(words::change(entry.what)),
            entry.source.as_ref().map(|source| source.as_str().to_owned()),
        ),
        PastWhat::Done { deed, by, reason } => (words::deed(&page.words, deed, by), reason.clone()),
    };
    DeskItem {
        text: format!("{} {what}", times::readable(one.at, page.words.language())),
        href: None,
        note,
        badge: None,
    }
}

/// The text with a capital first letter, where it stands alone.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// What was written into a form of this place, by its fields in their order.
pub(super) fn kept(place: DeskPlace, actor: ActorId, fields: &[String]) -> DeskKept {
    let field = |number: usize| fields.get(number).cloned().unwrap_or_default();
    let (form, choice, reason) = match (place, field(0).as_str()) {
        (DeskPlace::Rule, _) => ("rule-reason".to_owned(), field(0), field(1)),
        (DeskPlace::Block, "unblock") => ("unblock-reason".to_owned(), String::new(), field(2)),
        (DeskPlace::Block, _) => ("block-reason".to_owned(), field(1), field(2)),
        (DeskPlace::Right, _) => ("right-reason".to_owned(), String::new(), field(1)),
        (DeskPlace::Affiliation, "confirm") => ("waiting-reason".to_owned(), String::new(), field(2)),
        (DeskPlace::Affiliation, "prolong") => ("prolong".to_owned(), field(1), String::new()),
        (DeskPlace::Affiliation, _) => (format!("end-{}", actor.0), String::new(), field(2)),
        _ => return DeskKept::default(),
    };
    DeskKept {
        form: if fields.is_empty() { String::new() } else { form },
        reason,
        choice,
    }
}
