//! What an auditor asks about: one event for each finished or refused act.
//!
//! Holds internal ids only: no CPR, no secret, no name (L01). Where events are kept, and
//! the chain that shows tampering, is the store's business.

use jiff::Timestamp;
use uuid::Uuid;

use super::account::{AccountId, PersonId};
use super::actor::ActorId;
use super::approval::{Adult, ApprovalId};
use super::assurance::Assurance;
use super::desk::{DeskAct, Doer};
use super::import::{Counts, ImportId, ImportState, SourceName};
use super::institution::InstitutionNumber;
use super::recovery::Whose;
use super::service::ServiceId;
use super::upstream::UpstreamId;

/// Something that happened, for the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// The event; also the reference that a user reads on a refusal page.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// The login it belongs to.
    pub transaction: Option<String>,
    /// The service that asked.
    pub service: Option<ServiceId>,
    /// The upstream that vouched, or failed to.
    pub upstream: Option<UpstreamId>,
    /// Who, once known.
    pub person: Option<PersonId>,
    /// By which account.
    pub account: Option<AccountId>,
    /// The address prefix of the browser, not the whole address.
    pub client_prefix: Option<String>,
    /// What happened.
    pub act: AuditAct,
}

impl AuditEvent {
    /// An event that belongs to no login and that no user brought about.
    pub const fn of_nobody(id: Uuid, at: Timestamp, act: AuditAct) -> Self {
        Self {
            id,
            at,
            transaction: None,
            service: None,
            upstream: None,
            person: None,
            account: None,
            client_prefix: None,
            act,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditAct {
    /// A service got its answer.
    LoginFinished {
        /// What was proved.
        assurance: Assurance,
        /// Canonical names of what was released; `cpr` among them where it was (L02).
        released: Vec<String>,
    },
    /// A login was refused.
    LoginRefused {
        /// The refusal's code.
        code: &'static str,
        /// The precise reason, e.g. `saml.resp.deny[signature]`.
        reason: String,
    },
    /// A logout was refused.
    LogoutRefused {
        /// The refusal's code.
        code: &'static str,
        /// The precise reason.
        reason: String,
    },
    /// A service was refused a token.
    TokenRefused {
        /// The error of RFC 6749 that it was told.
        error: &'static str,
        /// The precise reason.
        reason: &'static str,
    },
    /// More refusals of one kind than have a row each.
    MoreRefused {
        /// The refusal's code, or the reason why no token was given.
        code: &'static str,
        /// How many have no row of their own.
        times: u32,
        /// When they began.
        since: Timestamp,
    },
    /// A user proved who they are, by a secret of the central store or through an upstream, and a
    /// question is still open. Where none is, [`Self::LoginFinished`] says both.
    Authenticated,
    /// A budget for guessing names or secrets was used up (G05, G08).
    GuessingAlarm {
        /// `auth.enum_alarm` or `auth.spray_alarm`.
        name: &'static str,
        /// Whose budget it was, in one word.
        scope: &'static str,
        /// Which one, where there are several.
        which: Option<String>,
        /// How many there were.
        count: u64,
        /// How many are borne.
        limit: u64,
    },
    /// A user made a new password; everything else of the account has ended.
    PasswordChanged {
        /// Whose rule it was made by.
        rule: &'static str,
    },
    /// Somebody who runs the installation made a code for the first login.
    CodeIssued {
        /// What they are called on the machine that they did it on.
        by: String,
    },
    /// Somebody who had proved by the national eID who they are gave an account a new password;
    /// the person and the account of the event are those that got it.
    PasswordRecovered {
        /// Whose rule it was made by.
        rule: &'static str,
        /// Whose account it is to the one who did it.
        whose: Whose,
        /// Who did it.
        by: PersonId,
    },
    /// Somebody who had proved by the national eID who they are was shown user names.
    NamesShown {
        /// Their children's accounts among them.
        children: Vec<AccountId>,
    },
    /// A workplace asked for a new password of one of its employees, whose event it is.
    SupportCase {
        /// The support case.
        case: Uuid,
        /// How far it has come.
        step: SupportStep,
        /// Who did it.
        by: String,
    },
    /// A user chose an affiliation that waited to be confirmed: it is theirs (K01).
    AffiliationConfirmed {
        /// The affiliation that was chosen.
        actor: ActorId,
        /// The institution where it is.
        institution: InstitutionNumber,
    },
    /// A user ended their session.
    LoggedOut,
    /// A code was used twice, and what came of it is revoked (E06).
    CodeReplayed,
    /// People of an institution were delivered by its system.
    Import {
        /// The delivery, as `portner import show` knows it.
        import: ImportId,
        /// What became of it.
        state: ImportState,
        /// The institution whose people were delivered.
        institution: InstitutionNumber,
        /// The system that delivered.
        source: SourceName,
        /// What it changed, or would have.
        counts: Counts,
    },
    /// Somebody helped a pupil, or a pupil used the help; the pupil is the event's person.
    Helped {
        /// What was done.
        act: HelpAct,
        /// The person who helped.
        by: PersonId,
        /// By which account.
        by_account: AccountId,
        /// The institution of the helper and the pupil.
        institution: InstitutionNumber,
        /// The window that it is about, where there is one.
        window: Option<Uuid>,
        /// What they gave as a reason, where one is asked for.
        reason: Option<String>,
    },
    /// Somebody asked for a desk, or for a pupil, that is not theirs (I01).
    HelpDenied,
    /// An adult was asked to vouch for a pupil, or did, or it came to an end; the pupil is the event's person.
    Vouched {
        /// What was done.
        act: VouchAct,
        /// Which question it is about.
        approval: ApprovalId,
        /// Who vouches, where somebody does.
        by: Option<Adult>,
        /// Why it ended.
        reason: Option<&'static str>,
    },
    /// Something that no user did: metadata of a party that is not believed, keys of ours that changed.
    Upkeep {
        /// What.
        act: UpkeepAct,
        /// Of whom, or which.
        about: String,
        /// More closely.
        detail: Option<String>,
    },
    /// A refresh token was used after it had been exchanged, and its family is revoked (E12).
    RefreshTokenReplayed,
    /// Something was done at the administrators' desk, or tried: the event's person and account are
    /// those that it was done to.
    Desk {
        /// What was done, or tried.
        act: DeskAct,
        /// For which institution.
        institution: InstitutionNumber,
        /// Who did it, or tried.
        by: Doer,
        /// Why, as they wrote; never a number of a person.
        reason: Option<String>,
        /// More closely, such as the rule that was set.
        detail: Option<String>,
    },
}

/// What is done to keep trust up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpkeepAct {
    /// What a source of metadata says now is not taken: it waits for an operator (B24).
    MetadataHeld,
    /// The running Portner goes on with other keys (M01).
    KeysChanged,
}

impl UpkeepAct {
    /// The event's name in log and table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MetadataHeld => "meta.deny",
            Self::KeysChanged => "ops.keys_changed",
        }
    }
}

/// What is done to help a pupil (DR17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelpAct {
    /// The user name was shown (L07).
    NameShown,
    /// It was written on a sheet of the class, to be printed (L07).
    NamePrinted,
    /// A window was opened.
    WindowOpened,
    /// A window was taken back.
    WindowCancelled,
    /// A login went through the window.
    WindowUsed,
    /// A wrong picture was picked, somewhere else than where the helper sits.
    PickRefused,
    /// The login has learnt its new password.
    WindowFinished,
    /// It was not the pupil: the new password is dead.
    WindowUndone,
    /// Somebody asked to help whom nobody may help so.
    Denied,
}

impl HelpAct {
    /// The event's name in log and table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NameShown => "help.name_shown",
            Self::NamePrinted => "help.name_printed",
            Self::WindowOpened => "reset.opened",
            Self::WindowCancelled => "reset.cancelled",
            Self::WindowUsed => "reset.used",
            Self::PickRefused => "reset.attempt_refused",
            Self::WindowFinished => "reset.finished",
            Self::WindowUndone => "reset.undone",
            Self::Denied => "reset.deny",
        }
    }
}

/// What becomes of a pupil's question to an adult (DR18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VouchAct {
    /// A pupil asks.
    Asked,
    /// The pupil gave up, or asked anew.
    Cancelled,
    /// An adult vouches.
    Granted,
    /// An adult said no.
    Refused,
    /// An adult took it back.
    Revoked,
    /// It ended because of something else.
    Ended,
}

impl VouchAct {
    /// The event's name in log and table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asked => "stepup.asked",
            Self::Cancelled => "stepup.cancelled",
            Self::Granted => "stepup.granted",
            Self::Refused => "stepup.refused",
            Self::Revoked => "stepup.revoked",
            Self::Ended => "stepup.ended",
        }
    }
}

/// How far a support case has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SupportStep {
    /// One person has taken it in.
    Opened,
    /// Another has made the code.
    Issued,
}

impl AuditAct {
    /// The event's name in log and table.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LoginFinished { .. } => "login.finished",
            Self::LoginRefused { .. } => "login.refused",
            Self::LogoutRefused { .. } => "logout.refused",
            Self::TokenRefused { .. } => "op.deny",
            Self::MoreRefused { .. } => "refused.more",
            Self::Authenticated => "auth.ok",
            Self::GuessingAlarm { name, .. } => name,
            Self::PasswordChanged { .. } => "password.changed",
            Self::CodeIssued { .. } => "password.code_issued",
            Self::PasswordRecovered { .. } => "password.recovered",
            Self::NamesShown { .. } => "username.shown",
            Self::SupportCase { step, .. } => match step {
                SupportStep::Opened => "support.opened",
                SupportStep::Issued => "support.issued",
            },
            Self::AffiliationConfirmed { .. } => "affiliation.confirmed",
            Self::LoggedOut => "logout",
            Self::CodeReplayed => "op.deny[code_replay]",
            Self::Import { state, .. } => match state {
                ImportState::Applied => "import.applied",
                ImportState::Held => "import.held",
                ImportState::Refused => "import.reject",
                ImportState::Overtaken => "import.overtaken",
                ImportState::Discarded => "import.discarded",
            },
            Self::Helped { act, .. } => act.name(),
            Self::Upkeep { act, .. } => act.name(),
            Self::HelpDenied => "authz.deny",
            Self::Vouched { act, .. } => act.name(),
            Self::RefreshTokenReplayed => "op.deny[refresh_replay]",
            Self::Desk { act, .. } => act.name(),
        }
    }
}
