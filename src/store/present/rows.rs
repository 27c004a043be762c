//! Rows of the present state, and how they become values.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{PresentActor, PresentGroup, PresentPerson, SaidElsewhere, SaidHere};
use crate::domain::account::{AccountId, PersonId};
use crate::domain::actor::{ActorGroup, ActorId};
use crate::domain::civil_number::CivilNumberKind;
use crate::domain::cpr::CprIndex;
use crate::domain::group::{GroupId, GroupKind};
use crate::domain::stage::Level;
use crate::store::people::read_roles;
use crate::store::row::row;
use crate::store::{StoreError, timestamp, uuid};

/// Reads what every row about a person has.
macro_rules! person_of {
    ($row:expr) => {
        Ok(PresentPerson {
            id: PersonId(uuid("people.id", &$row.person)?),
            given_name: $row.given_name.clone(),
            family_name: $row.family_name.clone(),
            protected: $row.protected,
            here: SaidHere {
                named: $row.named_here,
                protected: $row.protected_here,
            },
            elsewhere: SaidElsewhere {
                protected: $row.protected_elsewhere,
                told: $row.told_elsewhere,
                anothers: $row.anothers,
            },
            birth_date: $row
                .birth_date
                .as_deref()
                .map(|date| date.parse().map_err(|_| StoreError::corrupt("people.birth_date")))
                .transpose()?,
            number_kind: $row.number_kind.as_deref().and_then(CivilNumberKind::parse),
            cpr: bytes("cpr_vault.cpr_index", $row.cpr_index.as_deref())?.map(CprIndex),
            replacement: bytes("replacement_numbers.mark", $row.mark.as_deref())?,
        })
    };
}

row! {
    pub(super) struct KnownRow {
        person: String,
        given_name: String,
        family_name: String,
        protected: bool,
        named_here: bool,
        protected_here: bool,
        protected_elsewhere: bool,
        told_elsewhere: bool,
        anothers: bool,
        birth_date: Option<String>,
        number_kind: Option<String>,
        cpr_index: Option<Vec<u8>>,
        mark: Option<Vec<u8>>,
        account: Option<String>,
    }
}

impl KnownRow {
    pub(super) fn person(&self) -> Result<PresentPerson, StoreError> {
        person_of!(self)
    }
}

row! {
    pub(super) struct ActorRow {
        id: String,
        account: String,
        actor_group: String,
        local_id: Option<String>,
        contact_id: Option<String>,
        roles: String,
        level: Option<String>,
        stage_since: Option<i64>,
        gone_at: Option<i64>,
        person: String,
        given_name: String,
        family_name: String,
        protected: bool,
        named_here: bool,
        protected_here: bool,
        protected_elsewhere: bool,
        told_elsewhere: bool,
        anothers: bool,
        birth_date: Option<String>,
        number_kind: Option<String>,
        cpr_index: Option<Vec<u8>>,
        mark: Option<Vec<u8>>,
    }
}

impl TryFrom<ActorRow> for PresentActor {
    type Error = StoreError;

    fn try_from(row: ActorRow) -> Result<Self, StoreError> {
        let person: Result<_, StoreError> = person_of!(row);
        Ok(Self {
            person: person?,
            id: ActorId(uuid("actors.id", &row.id)?),
            account: AccountId(uuid("actors.account", &row.account)?),
            group: ActorGroup::parse(&row.actor_group).ok_or(StoreError::corrupt("actors.actor_group"))?,
            roles: read_roles(&row.roles).ok_or(StoreError::corrupt("actors.roles"))?,
            level: level("actors.level", row.level.as_deref())?,
            stage_since: moment("actors.stage_since", row.stage_since)?,
            gone_at: moment("actors.gone_at", row.gone_at)?,
            local_id: row.local_id,
            contact_id: row.contact_id,
            memberships: BTreeSet::new(),
        })
    }
}

row! {
    pub(super) struct GroupRow {
        id: String,
        local_id: String,
        name: String,
        kind: String,
        level: Option<String>,
        line: Option<String>,
        active_from: Option<i64>,
        active_until: Option<i64>,
        gone_at: Option<i64>,
    }
}

impl TryFrom<GroupRow> for PresentGroup {
    type Error = StoreError;

    fn try_from(row: GroupRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: GroupId(uuid("school_groups.id", &row.id)?),
            kind: GroupKind::parse(&row.kind).ok_or(StoreError::corrupt("school_groups.kind"))?,
            level: level("school_groups.level", row.level.as_deref())?,
            from: moment("school_groups.active_from", row.active_from)?,
            until: moment("school_groups.active_until", row.active_until)?,
            gone_at: moment("school_groups.gone_at", row.gone_at)?,
            local_id: row.local_id,
            name: row.name,
            line: row.line,
        })
    }
}

fn level(column: &'static str, text: Option<&str>) -> Result<Option<Level>, StoreError> {
    text.map(|text| Level::parse(text).ok_or(StoreError::corrupt(column)))
        .transpose()
}

fn moment(column: &'static str, millis: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    millis.map(|millis| timestamp(column, millis)).transpose()
}

fn bytes(column: &'static str, bytes: Option<&[u8]>) -> Result<Option<[u8; 32]>, StoreError> {
    bytes
        .map(|bytes| bytes.try_into().map_err(|_| StoreError::corrupt(column)))
        .transpose()
}
