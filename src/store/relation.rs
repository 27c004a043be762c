//! Conditions of SQL that say what people are to each other at a moment: who is active, whose tie counts, and
//! which adult may help which pupil (I01, I06, K01). Each is written once; whoever asks names tables and
//! parameters, which are literals of ours and never anybody's words.

/// Whether an affiliation, a group or a relation, by its alias, is active at `$now`.
macro_rules! active {
    ($alias:literal, $now:literal) => {
        concat!(
            "(",
            $alias,
            ".gone_at IS NULL AND (",
            $alias,
            ".active_from IS NULL OR ",
            $alias,
            ".active_from <= ",
            $now,
            ") AND (",
            $alias,
            ".active_until IS NULL OR ",
            $alias,
            ".active_until > ",
            $now,
            "))"
        )
    };
}

/// Whether somebody's affiliation, by its alias, makes them its institution's people: not as somebody's adult,
/// and not as a guest, whom an administrator wrote in by hand while they were another's. It does so until three
/// days after its end, so that one night without it gives nobody else the say (K01).
macro_rules! has_them {
    ($alias:literal, $now:literal) => {
        concat!(
            "(",
            $alias,
            ".actor_group <> 'Kontaktperson' AND (",
            $alias,
            ".added_by IS NULL OR ",
            $alias,
            ".unconfirmed_since IS NULL) AND (",
            $alias,
            ".active_until IS NULL OR ",
            $alias,
            ".active_until > ",
            $now,
            " - 259200000))"
        )
    };
}

/// Whether the affiliation, by its alias, gives its institution no say over the account at `$now` (K01): a
/// system told of it, or somebody wrote it by hand, while the person was another owner's, and they still are.
/// What was written by hand counts for nothing either where another owner's system has confirmed people.
macro_rules! unconfirmed {
    ($alias:literal, $now:literal) => {
        concat!(
            "((",
            $alias,
            ".unconfirmed_since IS NOT NULL OR ",
            $alias,
            ".added_by IS NOT NULL) AND EXISTS (SELECT 1 FROM accounts ua
                JOIN accounts ub ON ub.person = ua.person JOIN actors uo ON uo.account = ub.id
                WHERE ua.id = ",
            $alias,
            ".account AND uo.institution <> ",
            $alias,
            ".institution AND ",
            $crate::store::relation::has_them!("uo", $now),
            " AND (",
            $alias,
            ".unconfirmed_since IS NOT NULL OR (uo.added_by IS NULL AND uo.unconfirmed_since IS NULL)) AND NOT ",
            $crate::store::relation::same_owner!(concat!($alias, ".institution"), "uo.institution"),
            "))"
        )
    };
}

/// Whether the affiliation, by its alias, is somebody's as a pupil's adult alone, of whom another owner's source
/// says what they are called: a school that delivers a number learns no name by it (K01). Where they work or
/// learn there too, and that counts, the name is the school's to see.
macro_rules! named_elsewhere {
    ($alias:literal) => {
        concat!(
            "(",
            $alias,
            ".actor_group = 'Kontaktperson' AND ",
            $alias,
            ".added_by IS NULL AND EXISTS (SELECT 1 FROM accounts na JOIN people np ON np.id = na.person
                WHERE na.id = ",
            $alias,
            ".account AND np.named_institution <> ",
            $alias,
            ".institution AND NOT ",
            $crate::store::relation::same_owner!(concat!($alias, ".institution"), "np.named_institution"),
            " AND NOT EXISTS (SELECT 1 FROM accounts nb JOIN actors nr ON nr.account = nb.id
                    WHERE nb.person = np.id AND nr.institution = ",
            $alias,
            ".institution AND nr.actor_group <> 'Kontaktperson' AND nr.gone_at IS NULL
                    AND nr.unconfirmed_since IS NULL)))"
        )
    };
}

/// Whether two institutions, by what gives their numbers, are one owner's.
macro_rules! same_owner {
    ($one:expr, $other:expr) => {
        concat!(
            "EXISTS (SELECT 1 FROM institutions oi JOIN institutions oj ON oj.cvr = oi.cvr
                WHERE oi.number = ",
            $one,
            " AND oj.number = ",
            $other,
            ")"
        )
    };
}

/// Whether the person of the account `a` is anything but a pupil anywhere.
macro_rules! more_than_pupil {
    ($now:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM accounts oa JOIN actors o ON o.account = oa.id
                WHERE oa.person = a.person AND o.actor_group <> 'Elev' AND ",
            $crate::store::relation::active!("o", $now),
            ")"
        )
    };
}

/// Whether the account `a` is blocked: everywhere, or from the central login only (K10).
macro_rules! blocked {
    () => {
        "(a.blocked OR EXISTS (SELECT 1 FROM account_blocks ab WHERE ab.account = a.id))"
    };
}

/// Whether the group `g` makes a teacher the teacher of a pupil.
macro_rules! teaching {
    () => {
        "(g.kind = 'Hovedgruppe' OR g.kind = 'Hold')"
    };
}

/// Whether the affiliation `h` of the account `ha` is still that of somebody who works at `$institution`.
macro_rules! works {
    ($institution:literal, $now:literal) => {
        concat!(
            "h.institution = ",
            $institution,
            " AND h.actor_group = 'Medarbejder' AND NOT ha.blocked AND ha.closed_at IS NULL AND ",
            $crate::store::relation::active!("h", $now)
        )
    };
}

/// Whether `h` is an administrator of `$institution`.
macro_rules! administers {
    ($institution:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM administrators d WHERE d.account = h.account AND d.institution = ",
            $institution,
            " AND d.ended_at IS NULL)"
        )
    };
}

/// Whether `h` teaches.
macro_rules! teaches {
    () => {
        "',' || h.roles || ',' LIKE '%,Lærer,%'"
    };
}

/// Whether the adult `$actor`, who is the person `$person`, may help the pupil `$account` at `$institution`: both
/// are there, the pupil is nothing but a pupil and not somebody else's, and is the adult's, either as everybody
/// of the institution is an administrator's (`$whole`) or by a class or teaching group.
macro_rules! may_help {
    (pupil $account:literal, at $institution:literal, by $person:literal, as $actor:literal,
     whole $whole:literal, now $now:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM actors p JOIN accounts a ON a.id = p.account
                JOIN actors h ON h.id = ",
            $actor,
            " JOIN accounts ha ON ha.id = h.account
                WHERE p.account = ",
            $account,
            " AND p.institution = ",
            $institution,
            " AND p.actor_group = 'Elev' AND ",
            $crate::store::relation::active!("p", $now),
            " AND a.closed_at IS NULL AND NOT ",
            $crate::store::relation::blocked!(),
            " AND a.person <> ",
            $person,
            " AND NOT ",
            $crate::store::relation::unconfirmed!("p", $now),
            " AND NOT ",
            $crate::store::relation::more_than_pupil!($now),
            " AND ha.person = ",
            $person,
            " AND ",
            $crate::store::relation::works!($institution, $now),
            " AND ((",
            $whole,
            " AND ",
            $crate::store::relation::administers!($institution),
            ") OR (NOT ",
            $whole,
            " AND ",
            $crate::store::relation::teaches!(),
            " AND EXISTS (SELECT 1 FROM memberships hm JOIN school_groups g ON g.id = hm.school_group
                    JOIN memberships pm ON pm.school_group = g.id
                    WHERE hm.actor = h.id AND pm.actor = p.id AND ",
            $crate::store::relation::teaching!(),
            " AND ",
            $crate::store::relation::active!("g", $now),
            "))))"
        )
    };
}

pub(super) use {
    active, administers, blocked, has_them, may_help, more_than_pupil, named_elsewhere, same_owner, teaches,
    teaching, unconfirmed, works,
};
