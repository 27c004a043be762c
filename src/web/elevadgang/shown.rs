//! What the desk's page shows of its pupils and their windows, made from what the directory says.

use jiff::Timestamp;

use super::AtDesk;
use crate::credentials::pictures::Picture;
use crate::domain::account::AccountId;
use crate::domain::group::GroupKind;
use crate::domain::teacher_help::{BeyondHelp, HelpWindow, HelpedPupil, WindowState};
use crate::people::teacher_desk::{OnDesk, WhyNobody};
use crate::store::StoreError;
use crate::store::helped_pupils::HelpedGroup;
use crate::web::pages::picture_grid::Cell;
use crate::web::pages::{DeskGroup, DeskPupil, DeskWindow, Page};
use crate::web::times;

/// What is on the page.
pub struct Shown {
    /// Pupils, group by group.
    pub groups: Vec<DeskGroup>,
    /// Why there are none.
    pub nobody: Option<&'static str>,
}

/// Looks at the desk. The user names of `named` are shown.
pub async fn look(
    at: &AtDesk,
    page: &Page<'_>,
    now: Timestamp,
    named: &[AccountId],
) -> Result<Shown, StoreError> {
    let groups = match at.desk.look().await? {
        OnDesk::Groups(groups) => groups,
        OnDesk::Nobody(why) => {
            return Ok(Shown {
                groups: Vec::new(),
                nobody: Some(key(why)),
            });
        }
    };
    let windows = at.desk.windows(&groups).await?;
    let front = at.front();
    let scene = Scene {
        page,
        now,
        named,
        windows: &windows,
        front: &front,
    };
    let is_only = groups.len() == 1;
    let shown = groups.iter().map(|group| scene.group(group, is_only));
    Ok(Shown {
        groups: shown.collect(),
        nobody: None,
    })
}

const fn key(why: WhyNobody) -> &'static str {
    match why {
        WhyNobody::WrittenByHand => "elev-nobody-by-hand",
        WhyNobody::NoClass => "elev-nobody-no-class",
        WhyNobody::OtherGroupsAlone => "elev-nobody-other-groups",
        WhyNobody::NoPupils => "elev-nobody-no-pupils",
        WhyNobody::EmptyClass => "elev-nobody-empty-class",
    }
}

struct Scene<'a> {
    page: &'a Page<'a>,
    now: Timestamp,
    named: &'a [AccountId],
    windows: &'a [HelpWindow],
    front: &'a str,
}

impl Scene<'_> {
    fn group(&self, group: &HelpedGroup, is_only: bool) -> DeskGroup {
        let pupils: Vec<DeskPupil> = group.pupils.iter().map(|pupil| self.pupil(pupil)).collect();
        let (id, name) = match &group.group {
            Some((id, name)) => (id.0.to_string(), name.clone()),
            None => (String::new(), self.page.say("elev-no-class")),
        };
        DeskGroup {
            board: (!id.is_empty()).then(|| format!("{}/tavle/{id}", self.front)),
            id,
            name: match group.kind {
                Some(GroupKind::Hold) => self.page.say_with("elev-hold", "name", name),
                _ => name,
            },
            is_open: is_only
                || pupils
                    .iter()
                    .any(|pupil| !pupil.windows.is_empty() || pupil.user_name.is_some()),
            pupils,
        }
    }

    fn pupil(&self, pupil: &HelpedPupil) -> DeskPupil {
        let own = |window: &&HelpWindow| window.account == pupil.account;
        let windows = self.windows.iter().filter(own);
        DeskPupil {
            id: pupil.account.to_string(),
            name: format!("{} {}", pupil.given_name, pupil.family_name)
                .trim()
                .to_owned(),
            user_name: self
                .named
                .contains(&pupil.account)
                .then(|| pupil.user_name.clone()),
            beyond: pupil.beyond_help.map(|why| self.page.say(beyond(why))),
            windows: windows
                .map(|window| shown_window(self.page, self.front, window, self.now))
                .collect(),
        }
    }
}

/// Why nobody here gives a pupil a new password, in words.
pub(super) const fn beyond(why: BeyondHelp) -> &'static str {
    match why {
        BeyondHelp::Blocked => "elev-beyond-blocked",
        BeyondHelp::NotOnlyPupil => "elev-beyond-staff",
        BeyondHelp::SaidToBeMore => "elev-beyond-said",
        BeyondHelp::Oneself => "elev-beyond-oneself",
        BeyondHelp::LocalLogin => "elev-beyond-local",
        BeyondHelp::Unconfirmed => "elev-beyond-unconfirmed",
    }
}

/// A window of a pupil, at the desk with this address.
pub(super) fn shown_window(page: &Page<'_>, front: &str, window: &HelpWindow, now: Timestamp) -> DeskWindow {
    let clock = |at: Timestamp| times::clock(at, page.words.language());
    let say_at = |key, at: Timestamp| page.say_with(key, "time", clock(at));
    let state = window.state(now);
    let said = match state {
        WindowState::Open => say_at("elev-window-open", window.closes_at),
        WindowState::Learning => page.say("elev-window-learning"),
        WindowState::RanOut => say_at("elev-window-ran-out", window.closes_at),
        WindowState::GivenUp => page.say("elev-window-given-up"),
        WindowState::Cancelled => page.say("elev-window-cancelled"),
        WindowState::Finished => say_at("elev-window-finished", window.finished_at.unwrap_or(now)),
        WindowState::Undone => page.say("elev-window-undone"),
    };
    let is_going = matches!(state, WindowState::Open | WindowState::Learning);
    let refused = usize::try_from(window.refused).unwrap_or(usize::MAX);
    DeskWindow {
        said,
        is_going,
        picture: (state == WindowState::Open && window.bears_a_pick())
            .then(|| Picture::numbered(window.picture.number))
            .flatten()
            .map(|picture| Cell::of(picture, String::new(), page)),
        refused: (refused > 0).then(|| page.say_count("elev-window-refused", "count", refused)),
        cancel: is_going.then(|| window.id.0.to_string()),
        undo: window
            .can_be_undone(now)
            .then(|| format!("{}/ikke-eleven/{}", front, window.id.0)),
    }
}
