//! Boards of classes that somebody looks at: who is told when something happens, and who looks no more.
//!
//! One keeper serves all of them, and runs only while there are some. It follows the audit trail, which
//! all nodes write, and wakes the boards of those whom it is about; and it asks every few seconds
//! whether each seat still holds. What a board shows is read by the one who is woken
//! (`elevadgang/board_live.rs`), never here, so that nobody is shown anything by an older right.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use super::serve::Stop;
use super::state::Portner;
use crate::domain::account::PersonId;
use crate::domain::board::Seat;
use crate::domain::institution::InstitutionNumber;
use crate::store::StoreError;

/// How often the trail is looked at.
const FOLLOW: Duration = Duration::from_millis(400);
/// Each so many looks the seats are asked for.
const LOOKS_PER_CHECK: u32 = 8;
/// So many seats are asked for at a time: logins use the same connections to the database.
const LANES: usize = 4;
/// After so many failures in a row whoever looks is told that nothing new is known.
pub const FAILURES: u32 = 2;
/// Rows that are read at a time: what a busy morning writes between two looks, several times over.
const ROWS: u32 = 5_000;
/// After this a browser connects anew, and everything is asked for as at the first time.
const LIFETIME: SignedDuration = SignedDuration::from_mins(5);
/// A board that nothing has happened on is read again after this: its class may have changed.
const STALE: SignedDuration = SignedDuration::from_mins(1);
/// Boards that one person has open; one more takes the place of the oldest.
const MOST_OF_ONE: usize = 4;

/// All of them.
#[derive(Debug)]
pub struct Boards {
    open: Mutex<Open>,
    most: usize,
    /// Whether the trail cannot be followed at the moment.
    is_blind: AtomicBool,
}

#[derive(Debug, Default)]
struct Open {
    boards: HashMap<u64, Arc<Board>>,
    last: u64,
    is_kept: bool,
    is_closed: bool,
}

/// One that is open.
#[derive(Debug)]
pub struct Board {
    number: u64,
    seat: Seat,
    opened_at: Timestamp,
    wake: Notify,
    ending: AtomicU8,
    shown: Mutex<Shown>,
}

/// What it showed when it was read last.
#[derive(Debug)]
struct Shown {
    pupils: Box<[PersonId]>,
    at: Timestamp,
    changes_at: Option<Timestamp>,
}

/// Why a board ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoardEnd {
    /// Whoever looked may look no more.
    Over = 1,
    /// They opened others.
    Displaced = 2,
    /// It was open for long, or this node stops: a new connection is welcome.
    Renew = 3,
}

/// There is room for no more, or the node stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoom;

/// A place among the open boards; given up when it is dropped.
#[derive(Debug)]
pub struct BoardPlace {
    all: Arc<Boards>,
    id: u64,
    board: Arc<Board>,
}

impl Boards {
    /// Boards take half of the connections that are accepted, so that logins always find some.
    pub fn within(connections: u32) -> Arc<Self> {
        let most = usize::try_from(connections / 2).unwrap_or(usize::MAX);
        Arc::new(Self {
            open: Mutex::default(),
            most: most.max(1),
            is_blind: AtomicBool::new(false),
        })
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.open().boards.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends all of them, and takes no more.
    pub fn close(&self) {
        self.open().is_closed = true;
        self.renew();
    }

    /// Ends all of them, so that everything is asked for as at the first time.
    fn renew(&self) {
        for board in self.all() {
            board.end(BoardEnd::Renew);
        }
    }

    fn wake_all(&self) {
        for board in self.all() {
            board.wake.notify_one();
        }
    }

    /// Says whether the trail can be followed. Whoever looks hears of it.
    fn set_blind(&self, is_blind: bool) {
        if self.is_blind.swap(is_blind, Ordering::AcqRel) != is_blind {
            if is_blind {
                tracing::warn!("boards of classes cannot follow what happens");
            } else {
                tracing::info!("boards of classes follow what happens again");
            }
            self.wake_all();
        }
    }

    /// Never held while anything is waited for.
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<Board>> {
        self.open().boards.values().cloned().collect()
    }

    /// Whether there are any; where not, nobody keeps them any more.
    fn are_there(&self) -> bool {
        let mut open = self.open();
        open.is_kept = !open.boards.is_empty();
        open.is_kept
    }
}

impl Open {
    fn end(&mut self, id: u64, why: BoardEnd) {
        if let Some(board) = self.boards.remove(&id) {
            board.end(why);
        }
    }
}

/// Which of these boards goes when all places are taken and this institution asks for one: the oldest of the
/// institution that has the most, where that still has as many as the other afterwards. So no school keeps another
/// out, and one that is alone may have all places (DR27).
fn gives_way(held: Vec<(u64, InstitutionNumber)>, asking: &InstitutionNumber) -> Option<u64> {
    let mut of_each: HashMap<InstitutionNumber, (usize, Reverse<u64>)> = HashMap::new();
    for (id, institution) in held {
        let (count, oldest) = of_each.entry(institution).or_insert((0, Reverse(id)));
        *count += 1;
        *oldest = (*oldest).max(Reverse(id));
    }
    let own = of_each.get(asking).map_or(0, |(count, _)| *count);
    let most = of_each.into_values().max();
    most.filter(|(count, _)| *count > own + 1)
        .map(|(_, Reverse(oldest))| oldest)
}

/// Opens a board for this seat, with what it shows at first.
pub fn open(portner: &Portner, seat: Seat, pupils: Box<[PersonId]>) -> Result<BoardPlace, NoRoom> {
    let now = portner.ambient.now();
    let all = Arc::clone(&portner.boards);
    let person = seat.helper.person;
    let mut open = all.open();
    let own = open
        .boards
        .iter()
        .filter(|(_, one)| one.seat.helper.person == person);
    let mut own: Vec<u64> = own.map(|(id, _)| *id).collect();
    own.sort_unstable();
    if open.is_closed {
        return Err(NoRoom);
    }
    if let Some(oldest) = own.first().filter(|_| own.len() >= MOST_OF_ONE) {
        open.end(*oldest, BoardEnd::Displaced);
    } else if open.boards.len() >= all.most {
        let here = |(id, one): (&u64, &Arc<Board>)| (*id, one.seat.helper.institution.clone());
        let held = open.boards.iter().map(here).collect();
        let goes = gives_way(held, &seat.helper.institution).ok_or(NoRoom)?;
        open.end(goes, BoardEnd::Renew);
    }
    open.last += 1;
    let id = open.last;
    let board = Arc::new(Board {
        number: id,
        seat,
        opened_at: now,
        wake: Notify::new(),
        ending: AtomicU8::new(0),
        shown: Mutex::new(Shown {
            pupils,
            at: now,
            changes_at: None,
        }),
    });
    open.boards.insert(id, Arc::clone(&board));
    let is_first = !std::mem::replace(&mut open.is_kept, true);
    drop(open);
    if is_first {
        tokio::spawn(keep(portner.clone()));
    }
    Ok(BoardPlace { all, id, board })
}

/// Ends every board when the program is to end: nobody waits for them.
pub async fn close_at(portner: Portner, stop: Stop) {
    stop.requested().await;
    portner.boards.close();
}

impl BoardPlace {
    /// Whether nothing new can be known of any board at the moment.
    pub fn is_blind(&self) -> bool {
        self.all.is_blind.load(Ordering::Acquire)
    }
}

impl Drop for BoardPlace {
    fn drop(&mut self) {
        self.all.open().boards.remove(&self.id);
    }
}

impl std::ops::Deref for BoardPlace {
    type Target = Board;

    fn deref(&self) -> &Board {
        &self.board
    }
}

impl Board {
    /// Whose it is, and of what.
    pub const fn seat(&self) -> &Seat {
        &self.seat
    }

    /// Waits until there is something to look at, or it has ended.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Which of all that were ever opened it is.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Why it has ended, if it has.
    pub fn ending(&self) -> Option<BoardEnd> {
        match self.ending.load(Ordering::Acquire) {
            0 => None,
            1 => Some(BoardEnd::Over),
            2 => Some(BoardEnd::Displaced),
            _ => Some(BoardEnd::Renew),
        }
    }

    /// Says what it shows from now on.
    pub fn shows(&self, pupils: Box<[PersonId]>, at: Timestamp, changes_at: Option<Timestamp>) {
        *self.shown() = Shown {
            pupils,
            at,
            changes_at,
        };
    }

    fn end(&self, why: BoardEnd) {
        // The first reason stays.
        let _ = self
            .ending
            .compare_exchange(0, why as u8, Ordering::AcqRel, Ordering::Acquire);
        self.wake.notify_one();
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_about(&self, touched: &HashSet<PersonId>) -> bool {
        self.shown().pupils.iter().any(|pupil| touched.contains(pupil))
    }

    /// Whether it looks different by now, or may, though nothing was heard.
    fn is_due(&self, now: Timestamp) -> bool {
        let shown = self.shown();
        shown.changes_at.is_some_and(|at| at <= now) || now.duration_since(shown.at) >= STALE
    }
}

/// Boards have a keeper as long as this is there. One that fails leaves them without, so that they are
/// renewed, and the next that is opened has another.
struct Kept(Option<Arc<Boards>>);

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(boards) = self.0.take() {
            boards.open().is_kept = false;
            boards.renew();
        }
    }
}

/// Follows the trail and asks for the seats, for as long as there are boards.
async fn keep(portner: Portner) {
    let mut kept = Kept(Some(Arc::clone(&portner.boards)));
    let mut registry = portner.registry();
    let mut reached = None;
    let mut failures = 0;
    let mut checking: Option<JoinHandle<()>> = None;
    for look in 1_u32.. {
        sleep(FOLLOW).await;
        if !portner.boards.are_there() {
            kept.0 = None;
            return;
        }
        // Other parties, and perhaps no more the one that somebody here has logged in by (B13).
        let now = portner.registry();
        if !Arc::ptr_eq(&registry, &now) {
            registry = now;
            portner.boards.renew();
        }
        match follow(&portner, &mut reached).await {
            Ok(()) => failures = 0,
            Err(error) => {
                tracing::debug!(%error, "boards cannot follow the trail");
                failures = FAILURES.min(failures + 1);
            }
        }
        portner.boards.set_blind(failures >= FAILURES);
        let is_checking = checking.as_ref().is_some_and(|checking| !checking.is_finished());
        if look.is_multiple_of(LOOKS_PER_CHECK) && !is_checking {
            checking = Some(tokio::spawn(check(portner.clone())));
        }
    }
}

/// Wakes the boards of those whom something happened to.
async fn follow(portner: &Portner, reached: &mut Option<u64>) -> Result<(), StoreError> {
    let Some(from) = *reached else {
        *reached = Some(portner.store.audit_head().await?.sequence);
        // What happened between their first look and this one is seen by a second.
        portner.boards.wake_all();
        return Ok(());
    };
    let (to, touched) = portner.store.touched_after(from, ROWS).await?;
    *reached = Some(to);
    if touched.is_empty() {
        return Ok(());
    }
    for board in portner.boards.all() {
        if board.is_about(&touched) {
            board.wake.notify_one();
        }
    }
    Ok(())
}

/// Asks for every seat, while the trail is followed as before.
async fn check(portner: Portner) {
    let boards = portner.boards.all();
    let mut lanes = JoinSet::new();
    for lane in boards.chunks(boards.len().div_ceil(LANES).max(1)) {
        let (portner, lane) = (portner.clone(), lane.to_vec());
        lanes.spawn(async move {
            for board in lane {
                check_one(&portner, &board).await;
            }
        });
    }
    lanes.join_all().await;
}

/// Ends a board that nobody may look at any more, and one that was open for long.
async fn check_one(portner: &Portner, board: &Board) {
    let now = portner.ambient.now();
    if now.duration_since(board.opened_at) >= LIFETIME {
        board.end(BoardEnd::Renew);
        return;
    }
    let idle = portner.session_limits().idle;
    let used_since = now.checked_sub(idle).unwrap_or(Timestamp::MIN);
    match portner.store.seat_holds(&board.seat, now, used_since).await {
        Ok(false) => board.end(BoardEnd::Over),
        Ok(true) if board.is_due(now) => board.wake.notify_one(),
        Ok(true) => {}
        Err(error) => tracing::debug!(%error, "a board's seat cannot be asked for"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_school_with_the_most_boards_gives_way_and_only_to_one_with_fewer() {
        let school = |number: &str| InstitutionNumber::parse(number).unwrap();
        let held = |numbers: &[&str]| {
            let schools = numbers.iter().map(|number| school(number));
            (1..).zip(schools).collect::<Vec<_>>()
        };
        let (big, small) = ("101001", "202001");
        assert_eq!(gives_way(held(&[big, big, big]), &school(big)), None);
        assert_eq!(gives_way(held(&[big, big, big]), &school(small)), Some(1));
        assert_eq!(gives_way(held(&[small, big, big, big]), &school(small)), Some(2));
        assert_eq!(gives_way(held(&[small, big, big]), &school(small)), None);
        assert_eq!(gives_way(held(&[big]), &school(small)), None);
    }
}
