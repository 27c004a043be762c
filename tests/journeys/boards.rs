//! The board of a class: who is in, who is stuck and at what, and five minutes by a press; live and
//! without script, for those alone whose class it is (U47, U50, U51; H01, H07, I01, I03–I06, L07, M05).

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use portner::domain::group::GroupId;
use portner::web::serve::{Ending, stop_channel};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::help_windows::{BESIDE, PEOPLE};
use crate::world::browser::Page;
use crate::world::federation::{Federation, is_logged_in};
use crate::world::house::{MORE_PEOPLE, PASSWORD};
use crate::world::html::Form;
use crate::world::visitor::Visitor;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const SCHOOL: &str = "192.0.2.10";
const AWAY: &str = "198.51.100.5";
const DESK: &str = "/elevadgang/101001";
/// Longer than a change takes to be told, and than a right that has ended takes to end a board.
const SOON: Duration = Duration::from_secs(8);

/// Another teacher of 8.C.
const COLLEAGUE: &str = r#"
[[person]]
given-name = "Kim"
family-name = "Kollega"
[[person.account]]
user-name = "kimk1234"
uni-id = "kimk1234"
password = "demo-kode-42"
[[person.account.actor]]
group = "medarbejder"
roles = ["Lærer"]
institution = "101001"
classes = ["8.C"]
"#;

pub(super) async fn open() -> Federation {
    Federation::start_with_people(&format!("{PEOPLE}{COLLEAGUE}")).await
}

pub(super) async fn at_desk(world: &Federation, name: &str) -> (Visitor, Page) {
    let mut teacher = world.visitor().from(SCHOOL);
    let page = teacher.get("/elevadgang/mine").await;
    let page = world.log_in_as(&mut teacher, &page, name).await;
    (teacher, page)
}

/// Where the board of a class is, by the desk's link to it.
pub(super) fn board_of(desk: &Page, class: &str) -> String {
    let (before, _) = desk
        .body
        .split_once(&format!("\">Åbn tavlen for {class}</a>"))
        .unwrap_or_else(|| panic!("no board of {class}\n{}", desk.body));
    let (_, address) = before.rsplit_once("href=\"").unwrap();
    address.to_owned()
}

/// A teacher of 8.C with its board.
pub(super) async fn at_board(world: &Federation, name: &str) -> (Visitor, String, Page) {
    let (mut teacher, desk) = at_desk(world, name).await;
    let board = board_of(&desk, "8.C");
    let page = teacher.get(&board).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.body);
    (teacher, board, page)
}

/// One pupil's row.
fn row<'p>(page: &'p Page, name: &str) -> &'p str {
    let rows = page.body.split("<li class=\"pupil stands-");
    let mut found = rows.filter(|row| row.contains(&format!("<strong>{name}</strong>")));
    let row = found.next().unwrap_or_else(|| panic!("no {name}\n{}", page.body));
    row.split("</li>").next().unwrap()
}

fn value(row: &str, name: &str) -> String {
    let (_, rest) = row.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The board's form without what is pressed.
pub(super) fn bare(page: &Page) -> Form {
    let forms = crate::world::html::forms(&page.body);
    let mut form = forms.into_iter().find(|form| form.method == "post").unwrap();
    form.fields.retain(|field| field.name == "form");
    form
}

/// Where the script of this page follows the class.
fn live_of(page: &Page) -> String {
    let (_, rest) = page.body.split_once("data-board=\"").unwrap();
    rest.split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&")
        .replace("&#38;", "&")
}

/// Somebody with this name comes to a service, and gives this password.
async fn come(world: &Federation, from: &str, name: &str, password: &str) -> (Visitor, Page) {
    let mut visitor = world.visitor().from(from);
    let client = world.client("laesehesten");
    let page = visitor.get(&client.request(&[])).await;
    let page = world.type_name(&mut visitor, &page, name).await;
    let page = visitor.submit(&page.form(), &[("password", password)]).await;
    (visitor, page)
}

#[tokio::test]
async fn a_board_says_who_is_in_and_who_is_stuck_at_what() {
    let world = open().await;
    let (mut teacher, board, page) = at_board(&world, "tove1234").await;
    assert!(page.body.contains("Tavle for 8.C"), "{}", page.body);
    assert!(page.body.contains("0 af 2 er logget ind"), "{}", page.body);
    assert!(row(&page, "Aksel Krogh").starts_with("outside"), "{}", page.body);
    for hidden in ["Storm", "Frida", "akse1234", "nyen1234"] {
        assert!(!page.body.contains(hidden), "{hidden}: {}", page.body);
    }

    come(&world, BESIDE, "akse1234", "forkert-kode").await;
    world.house.wait(MINUTE);
    come(&world, AWAY, "akse1234", "forkert-kode").await;
    let page = teacher.get(&board).await;
    let stuck = row(&page, "Aksel Krogh");
    assert!(stuck.starts_with("stuck"), "{stuck}");
    for said in [
        "UL-102",
        "Det er sket 2 gange",
        "et andet netværk end dit",
        "09.01.00",
        "Tavlen ved ikke, om det var eleven selv",
        "Spørg først eleven",
        "Har eleven glemt adgangskoden, så giv eleven en ny",
    ] {
        assert!(stuck.contains(said), "{said}: {stuck}");
    }
    assert!(page.body.contains("1 sidder fast"), "{}", page.body);
    assert!(
        row(&page, "Nye Nielsen").starts_with("outside"),
        "nobody else's matter"
    );

    world.house.wait(MINUTE);
    let (_, inside) = come(&world, BESIDE, "akse1234", PASSWORD).await;
    assert!(is_logged_in(&inside), "{}", inside.body);
    let page = teacher.get(&board).await;
    let inside = row(&page, "Aksel Krogh");
    assert!(
        inside.starts_with("inside") && !inside.contains("UL-102"),
        "{inside}"
    );
    assert!(inside.contains("Siden kl. 09.02.00"), "{inside}");
    assert!(page.body.contains("1 af 2 er logget ind") && page.body.contains("Ingen sidder fast"));

    // The lesson is over: what was, is no matter of the next one.
    come(&world, BESIDE, "akse1234", "forkert-kode").await;
    for _ in 0..5 {
        world.house.wait(MINUTE * 20);
        teacher.get(&board).await;
    }
    let page = teacher.get(&board).await;
    assert!(row(&page, "Aksel Krogh").starts_with("outside"), "{}", page.body);
}

/// Whoever types somebody's name and a wrong password is not known to be them, least of all where they
/// sit there logged in: nobody is to be led to give a new password for it.
#[tokio::test]
async fn what_anybody_can_do_to_a_name_does_not_make_its_pupil_stuck() {
    let world = open().await;
    let (mut teacher, board, _) = at_board(&world, "tove1234").await;
    let (_, inside) = come(&world, BESIDE, "akse1234", PASSWORD).await;
    assert!(is_logged_in(&inside), "{}", inside.body);
    world.house.wait(MINUTE);
    come(&world, AWAY, "akse1234", "forkert-kode").await;
    let page = teacher.get(&board).await;
    let aksel = row(&page, "Aksel Krogh");
    assert!(
        aksel.starts_with("inside") && aksel.contains("Logget ind"),
        "{aksel}"
    );
    for said in ["UL-102", "ved ikke, om det var eleven selv", "Spørg først eleven"] {
        assert!(aksel.contains(said), "{said}: {aksel}");
    }
    assert!(page.body.contains("1 af 2 er logget ind") && page.body.contains("Ingen sidder fast"));
    let mut live = teacher.listen(&format!("{board}/nu?set=x")).await;
    let event = live.hear("event: board").await;
    assert!(
        !event.contains("Aksel Krogh sidder fast"),
        "nothing is read aloud: {event}"
    );
    // What was proved and led nowhere is the pupil's own.
    world.house.wait(MINUTE);
    let client = world.client("laesehesten-licens");
    let mut aksel = world.visitor().from(BESIDE);
    let asked = aksel.get(&client.request(&[])).await;
    let asked = world.log_in_as(&mut aksel, &asked, "akse1234").await;
    assert!(asked.body.contains("UL-506"), "{}", asked.body);
    let page = teacher.get(&board).await;
    let aksel = row(&page, "Aksel Krogh");
    assert!(aksel.starts_with("stuck") && aksel.contains("UL-506"), "{aksel}");
    assert!(!aksel.contains("ved ikke, om det var eleven selv"), "{aksel}");
}

/// What a pupil does at home in the evening is theirs: the board says that they are stuck, and not where.
#[tokio::test]
async fn a_board_that_is_opened_is_told_to_the_auditor_once_in_a_lesson() {
    let world = open().await;
    let (mut tove, board, _) = at_board(&world, "tove1234").await;
    for address in [board.clone(), format!("{board}?selv=1"), board.clone()] {
        assert_eq!(tove.get(&address).await.status.as_u16(), 200);
    }
    let opened = async || {
        let rows = world.house.audit().await.into_iter();
        let rows = rows.filter(|row| row.act == "help.board_opened");
        rows.map(|row| row.details).collect::<Vec<_>>()
    };
    let (_, class) = board.rsplit_once('/').unwrap();
    let told = opened().await;
    assert!(
        told.len() == 1 && told[0].contains(class) && told[0].contains("101001"),
        "{told:?}"
    );
    let (_, _, _) = at_board(&world, "tove1234").await;
    assert_eq!(opened().await.len(), 2, "another device");
}

#[tokio::test]
async fn a_pupils_own_time_is_no_matter_of_the_board() {
    for (hours, from, is_told) in [(0, AWAY, true), (10, SCHOOL, true), (10, AWAY, false)] {
        let world = open().await;
        world.house.wait(MINUTE * 60 * hours);
        let (mut teacher, board, _) = at_board(&world, "tove1234").await;
        let client = world.client("laesehesten-licens");
        let mut aksel = world.visitor().from(from);
        let asked = aksel.get(&client.request(&[])).await;
        let asked = world.log_in_as(&mut aksel, &asked, "akse1234").await;
        assert!(asked.body.contains("UL-506"), "{}", asked.body);
        let page = teacher.get(&board).await;
        let aksel = row(&page, "Aksel Krogh");
        assert!(aksel.starts_with("stuck"), "{hours} {from}: {aksel}");
        assert_eq!(aksel.contains("Læsehesten"), is_told, "{hours} {from}: {aksel}");
        let is_elsewhere = aksel.contains("et andet netværk end dit");
        assert_eq!(is_elsewhere, from == AWAY && is_told, "{hours} {from}: {aksel}");
    }
}

/// A board knows which refusal it was, and not for how long somebody was told to wait.
#[tokio::test]
async fn a_board_invents_nothing_about_a_refusal() {
    let world = open().await;
    let (mut teacher, board, _) = at_board(&world, "tove1234").await;
    let client = world.client("laesehesten");
    let mut stranger = world.visitor().from(AWAY);
    let page = stranger.get(&client.request(&[])).await;
    let mut page = world.type_name(&mut stranger, &page, "akse1234").await;
    for _ in 0..12 {
        page = stranger
            .submit(&page.form(), &[("password", "forkert-kode")])
            .await;
    }
    assert_eq!(page.refusal_code().as_deref(), Some("UL-104"), "{}", page.body);
    let page = teacher.get(&board).await;
    let aksel = row(&page, "Aksel Krogh");
    assert!(
        aksel.contains("UL-104") && aksel.contains("Vent lidt, før du prøver igen"),
        "{aksel}"
    );
    assert!(!aksel.contains("Du kan prøve igen om"), "{aksel}");
}

/// Stuck, given a new password, and stuck again where that came to nothing.
#[tokio::test]
async fn whoever_was_stuck_is_being_helped_as_soon_as_five_minutes_are_given() {
    let world = open().await;
    let (mut teacher, board, _) = at_board(&world, "tove1234").await;
    come(&world, BESIDE, "akse1234", "forkert-kode").await;
    world.house.wait(MINUTE);
    let page = teacher.get(&board).await;
    assert!(row(&page, "Aksel Krogh").starts_with("stuck"), "{}", page.body);
    let aksel = value(row(&page, "Aksel Krogh"), "give");
    let page = teacher.submit(&bare(&page), &[("give", &aksel)]).await;
    let helped = row(&page, "Aksel Krogh");
    assert!(
        helped.starts_with("helped") && !helped.contains("UL-102"),
        "{helped}"
    );
    assert!(page.body.contains("Ingen sidder fast"), "{}", page.body);
    let window = value(helped, "cancel");
    world.house.wait(MINUTE);
    let page = teacher.submit(&bare(&page), &[("cancel", &window)]).await;
    assert!(row(&page, "Aksel Krogh").starts_with("stuck"), "{}", page.body);
    assert!(page.body.contains("1 sidder fast"), "{}", page.body);
}

#[tokio::test]
async fn a_board_speaks_english_too() {
    let world = open().await;
    let (mut teacher, board, _) = at_board(&world, "tove1234").await;
    come(&world, BESIDE, "akse1234", "forkert-kode").await;
    let page = teacher.get(&format!("{board}?lang=en")).await;
    assert!(
        page.body.contains("Board of 8.C") && page.body.contains("1 is stuck"),
        "{}",
        page.body
    );
    let mut live = teacher.listen(&format!("{board}/nu?lang=en")).await;
    let event = live.hear("event: board").await;
    assert!(
        event.contains("1 is stuck") && event.contains("Not logged in"),
        "{event}"
    );
}

#[tokio::test]
async fn five_minutes_are_given_and_taken_back_on_the_board() {
    let world = open().await;
    let (mut teacher, board, page) = at_board(&world, "tove1234").await;
    let aksel = value(row(&page, "Aksel Krogh"), "give");
    let page = teacher.submit(&bare(&page), &[("give", &aksel)]).await;
    assert_eq!(page.url.path(), board, "{}", page.body);
    assert!(page.body.contains("Eleven har fem minutter nu"), "{}", page.body);
    let helped = row(&page, "Aksel Krogh");
    assert!(
        helped.starts_with("helped") && helped.contains("09.05.00"),
        "{helped}"
    );
    assert!(!helped.contains("name=\"give\""), "once is enough: {helped}");
    let window = value(helped, "cancel");
    let page = teacher.submit(&bare(&page), &[("cancel", &window)]).await;
    assert!(page.body.contains("Det er taget tilbage"), "{}", page.body);
    let page = teacher.submit(&bare(&page), &[("cancel", &window)]).await;
    assert!(page.body.contains("ændret sig i mellemtiden"), "{}", page.body);
    let acts = world.house.audit().await;
    let acts: Vec<_> = acts.iter().map(|row| row.act.as_str()).collect();
    assert!(
        acts.contains(&"reset.opened") && acts.contains(&"reset.cancelled"),
        "{acts:?}"
    );

    // A proof of a quarter of an hour ago does not open any, and the way to a new one comes back here.
    world.house.wait(MINUTE * 16);
    let page = teacher.get(&board).await;
    let asked = teacher.submit(&bare(&page), &[("give", &aksel)]).await;
    assert!(
        asked.url.path().starts_with("/login/portner-elevadgang/"),
        "{}",
        asked.url
    );
    let again = page
        .body
        .split("href=\"")
        .find(|rest| rest.contains("log-ind-igen"))
        .unwrap();
    let page = teacher.get(again.split('"').next().unwrap()).await;
    let page = world.log_in_as(&mut teacher, &page, "tove1234").await;
    assert_eq!(page.url.path(), board, "{}", page.body);
    assert_eq!(world.house.count("help_windows").await, 1);
}

#[tokio::test]
async fn what_happens_is_told_within_a_moment_and_of_nobody_else() {
    let world = open().await;
    let (mut teacher, board, page) = at_board(&world, "tove1234").await;
    let mut live = teacher.listen(&live_of(&page)).await;
    assert_eq!(live.status.as_u16(), 200);
    assert_eq!(live.headers["content-type"], "text/event-stream");
    assert_eq!(live.headers["cache-control"], "no-store, no-transform");
    assert_eq!(live.headers["x-accel-buffering"], "no");
    live.hear("retry: ").await;
    assert!(
        live.is_silent_for(Duration::from_secs(1)).await,
        "the page shows it already"
    );

    come(&world, BESIDE, "akse1234", "forkert-kode").await;
    let begun = Instant::now();
    let event = live.hear("event: board").await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(
        event.contains("UL-102") && event.contains("\"whole\":false"),
        "{event}"
    );
    assert!(
        event.contains("Aksel Krogh sidder fast"),
        "what is read aloud: {event}"
    );
    assert!(
        !event.contains("Nye Nielsen"),
        "who has not changed is not sent: {event}"
    );
    assert!(event.contains("1 sidder fast"));

    // A pupil of another class, and a teacher: nothing is said of either.
    come(&world, BESIDE, "alma1234", "forkert-kode").await;
    come(&world, BESIDE, "kimk1234", PASSWORD).await;
    assert!(live.is_silent_for(Duration::from_secs(1)).await);

    world.house.wait(MINUTE);
    come(&world, BESIDE, "akse1234", PASSWORD).await;
    let event = live.hear("event: board").await;
    assert!(
        event.contains("stands-inside") && event.contains("1 af 2 er logget ind"),
        "{event}"
    );

    // A window, and its end by the clock, which leaves no row anywhere.
    let page = teacher.get(&board).await;
    let nye = value(row(&page, "Nye Nielsen"), "give");
    teacher.submit(&bare(&page), &[("give", &nye)]).await;
    live.hear("stands-helped").await;
    world.house.wait(MINUTE * 2);
    let mut second = teacher.listen(&format!("{board}/nu")).await;
    let whole = second.hear("event: board").await;
    assert!(whole.contains("\"whole\":true") && whole.contains("Aksel") && whole.contains("Nye"));
    world.house.wait(MINUTE * 3);
    let event = second.hear("event: board").await;
    assert!(event.contains("Tiden gik"), "{event}");
}

#[tokio::test]
async fn a_board_ends_with_the_session_the_class_and_the_role() {
    for (sql, what) in [
        (
            "UPDATE sessions SET ended_at = 1 WHERE account IN (SELECT id FROM accounts WHERE user_name = 'tove1234')",
            "the session",
        ),
        (
            "UPDATE school_groups SET gone_at = 1 WHERE name = '8.C'",
            "the class",
        ),
        (
            "DELETE FROM memberships WHERE actor IN (SELECT r.id FROM actors r JOIN accounts a ON a.id = r.account WHERE a.user_name = 'tove1234')",
            "the relation",
        ),
        (
            "UPDATE actors SET roles = 'Vikar' WHERE roles = 'Lærer'",
            "the role",
        ),
        (
            "UPDATE actors SET active_until = 1 WHERE roles = 'Lærer'",
            "the employment",
        ),
        (
            "UPDATE accounts SET blocked = TRUE WHERE user_name = 'tove1234'",
            "the account",
        ),
    ] {
        let world = open().await;
        let (teacher, board, page) = at_board(&world, "tove1234").await;
        let mut live = teacher.listen(&live_of(&page)).await;
        live.hear("retry: ").await;
        world.house.execute(sql).await;
        // Some end though nothing happens in the class, and some as soon as something does.
        if what.len() % 2 == 0 {
            come(&world, BESIDE, "akse1234", "forkert-kode").await;
        }
        let begun = Instant::now();
        let end = live.until_it_ends().await;
        assert!(begun.elapsed() < SOON, "{what}: {:?}", begun.elapsed());
        assert!(end.contains("event: over"), "{what}: {end}");
        assert!(
            !end.contains("UL-102"),
            "{what}: nothing by a right that has ended: {end}"
        );
        let again = teacher.listen(&format!("{board}/nu")).await;
        assert_eq!(again.status.as_u16(), 403, "{what}");
        assert!(world.house.portner.boards.is_empty(), "{what}");
    }
}

/// Not by a row that a test has changed, but by what people do.
#[tokio::test]
async fn a_board_ends_with_a_logout() {
    let world = open().await;
    let (mut teacher, _, page) = at_board(&world, "tove1234").await;
    let mut live = teacher.listen(&live_of(&page)).await;
    live.hear("retry: ").await;
    let page = teacher.get("/logout").await;
    let form = crate::world::html::forms(&page.body);
    let form = form.into_iter().find(|form| form.method == "post").unwrap();
    teacher.submit_once(&form, &[]).await;
    let begun = Instant::now();
    assert!(live.until_it_ends().await.contains("event: over"));
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

/// B13: other parties than before, and perhaps no more the one that somebody has logged in by.
#[tokio::test]
async fn a_board_asks_for_everything_anew_when_the_parties_change() {
    let world = open().await;
    let (teacher, board, page) = at_board(&world, "tove1234").await;
    let mut live = teacher.listen(&live_of(&page)).await;
    live.hear("retry: ").await;
    // The keeper has looked at the parties of now.
    tokio::time::sleep(Duration::from_millis(900)).await;
    world.house.reload();
    let begun = Instant::now();
    let end = live.until_it_ends().await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert!(
        !end.contains("event: over"),
        "whoever still may comes back: {end}"
    );
    assert_eq!(teacher.listen(&format!("{board}/nu")).await.status.as_u16(), 200);
}

#[tokio::test]
async fn whoever_only_asks_whether_there_is_a_board_takes_no_place() {
    let world = open().await;
    let (mut teacher, board, _) = at_board(&world, "tove1234").await;
    let ask = |target| crate::world::visitor::Odd {
        method: axum::http::Method::HEAD,
        target,
        headers: Vec::new(),
        body: Vec::new(),
    };
    let live = format!("{board}/nu");
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(teacher.listen(&live).await);
    }
    for _ in 0..3 {
        assert_eq!(teacher.odd(ask(&live)).await.status.as_u16(), 200);
    }
    assert_eq!(world.house.portner.boards.len(), 4);
    for stream in &mut open {
        let heard = stream.hear("event: board").await;
        assert!(!heard.contains("displaced"), "{heard}");
    }
    let mut nobody = world.visitor();
    assert_eq!(nobody.odd(ask(&live)).await.status.as_u16(), 403);
}

/// A board that looks live and is old would be believed.
#[tokio::test]
async fn a_board_that_cannot_be_read_says_so_and_when_it_can_again() {
    let world = open().await;
    let (teacher, board, _) = at_board(&world, "tove1234").await;
    let mut live = teacher.listen(&format!("{board}/nu")).await;
    live.hear("event: board").await;
    world.house.tamper("ALTER TABLE audit RENAME TO audit_away").await;
    live.hear("event: stale").await;
    world.house.tamper("ALTER TABLE audit_away RENAME TO audit").await;
    live.hear("event: fresh").await;
    come(&world, BESIDE, "akse1234", "forkert-kode").await;
    live.hear("UL-102").await;
}

#[tokio::test]
async fn an_idle_session_and_a_long_life_end_a_board_and_no_board_keeps_a_session_awake() {
    let world = open().await;
    let (mut teacher, board, page) = at_board(&world, "tove1234").await;
    let mut live = teacher.listen(&live_of(&page)).await;
    live.hear("retry: ").await;
    world.house.wait(MINUTE * 5);
    assert!(!live.until_it_ends().await.contains("over"), "connect anew");
    for _ in 0..3 {
        let mut live = teacher.listen(&live_of(&page)).await;
        live.hear("retry: ").await;
        teacher.get(&format!("{board}?selv=1")).await;
        world.house.wait(MINUTE * 9);
    }
    assert_eq!(teacher.listen(&live_of(&page)).await.status.as_u16(), 403);
    let page = teacher.get(&format!("{board}?selv=1")).await;
    assert!(page.url.path().starts_with("/login/"), "{}", page.url);
}

#[tokio::test]
async fn without_script_the_page_asks_for_itself_where_that_is_wanted() {
    let world = open().await;
    let (mut teacher, board, page) = at_board(&world, "tove1234").await;
    assert!(
        !page.body.contains("http-equiv=\"refresh\""),
        "nobody is hurried unasked"
    );
    assert!(page.body.contains(&format!("{board}?selv=1")));
    // Also after a press.
    let page = teacher.get(&format!("{board}?selv=1")).await;
    let aksel = value(row(&page, "Aksel Krogh"), "give");
    let page = teacher.submit(&bare(&page), &[("give", &aksel)]).await;
    assert!(page.body.contains("Eleven har fem minutter nu"), "{}", page.body);
    assert!(page.body.contains("<noscript><meta"), "{}", page.body);
    let page = teacher.get(&format!("{board}?selv=1")).await;
    assert!(
        page.body
            .contains("<noscript><meta http-equiv=\"refresh\" content=\"20\"></noscript>"),
        "{}",
        page.body
    );
}

/// I01, I05: every way to a board, for everybody whose class it is not; a class of others answers like
/// one that is nobody's.
#[tokio::test]
async fn a_board_is_for_those_alone_whose_class_it_is() {
    let world = open().await;
    let (_, eighth, _) = at_board(&world, "tove1234").await;
    let (mut tove, desk) = at_desk(&world, "tove1234").await;
    let second = board_of(&desk, "2.B");
    let nobodys = format!("{DESK}/tavle/00000000-0000-4000-8000-000000009999");
    let mut strangers = Vec::new();
    for (who, name) in [
        ("a colleague", "kimk1234"),
        ("without a class", "ulla1234"),
        ("a pupil", "akse1234"),
    ] {
        let (browser, _) = at_desk(&world, name).await;
        strangers.push((who, browser));
    }
    let mut bodies = Vec::new();
    for (who, browser) in &mut strangers {
        let all = [
            &second,
            &nobodys,
            &format!("{DESK}/tavle/x"),
            &second.replace("101001", "101002"),
        ];
        for board in all {
            let page = browser.get(board).await;
            assert_eq!(page.status.as_u16(), 403, "{who} {board}: {}", page.body);
            bodies.push(page.body);
            let denied = world.house.audit().await.len();
            let live = browser.listen(&format!("{board}/nu")).await;
            assert_eq!(live.status.as_u16(), 403, "{who} {board}");
            assert_eq!(
                world.house.audit().await.len(),
                denied + 1,
                "{who} {board}: it is noted"
            );
        }
    }
    let main = |body: &str| body.split_once("<main").unwrap().1.to_owned();
    assert!(
        bodies.iter().all(|body| main(body) == main(&bodies[0])),
        "one answer to all"
    );
    // Nobody at all: the page begins a login, what only scripts ask for does not.
    let mut nobody = world.visitor();
    assert!(nobody.get(&eighth).await.url.path().starts_with("/login/"));
    let cookies = nobody.open_logins();
    assert_eq!(nobody.listen(&format!("{eighth}/nu")).await.status.as_u16(), 403);
    assert_eq!(nobody.open_logins(), cookies);
    // The administrators' door asks for an administrator.
    let theirs = eighth.replace("/elevadgang/101001", "/administration/101001/elevadgang");
    let page = tove.get(&theirs).await;
    assert!(
        page.status.as_u16() == 403
            || page.url.path().starts_with("/login/")
            || page.refusal_code().is_some()
    );
    assert_eq!(tove.listen(&format!("{theirs}/nu")).await.status.as_u16(), 403);
    assert!(world.house.portner.boards.is_empty());
}

#[tokio::test]
async fn forged_forms_give_nothing() {
    let world = open().await;
    let (mut teacher, board, page) = at_board(&world, "tove1234").await;
    let aksel = value(row(&page, "Aksel Krogh"), "give");
    for extra in [
        ("until", "2030"),
        ("pupil", &*aksel),
        ("do", "open"),
        ("class", "x"),
    ] {
        let refused = teacher.submit(&bare(&page), &[("give", &aksel), extra]).await;
        assert_eq!(refused.refusal_code().as_deref(), Some("UL-605"), "{extra:?}");
    }
    let (_, desk) = at_desk(&world, "tove1234").await;
    let mut others = bare(&desk);
    others.action.clone_from(&board);
    let refused = teacher.submit(&others, &[("give", &aksel)]).await;
    assert_eq!(
        refused.refusal_code().as_deref(),
        Some("UL-605"),
        "{}",
        refused.body
    );
    let frida = portner::domain::login_name::BareName::parse("frid1234").unwrap();
    let frida = world.house.portner.store.account_by_user_name(&frida).await;
    let frida = frida.unwrap().unwrap().id.to_string();
    for stranger in [frida.as_str(), "x", ""] {
        let refused = teacher.submit(&bare(&page), &[("give", stranger)]).await;
        assert_eq!(refused.status.as_u16(), 403, "{stranger}: {}", refused.body);
    }
    let both = teacher
        .submit(&bare(&page), &[("give", &aksel), ("cancel", "x")])
        .await;
    assert!(both.body.contains("Sæt først kryds"), "{}", both.body);
    teacher.get(&format!("{board}?give={aksel}")).await;
    assert_eq!(world.house.count("help_windows").await, 0);
}

#[tokio::test]
async fn one_person_has_four_boards_and_everybody_together_half_the_connections() {
    let settings = "[limits.http]\nconnections = 10\n";
    let world = Federation::start_changed(|files| {
        files.put(MORE_PEOPLE, &format!("{PEOPLE}{COLLEAGUE}"));
        files.add("portner.toml", settings);
    })
    .await;
    let (tove, board, _) = at_board(&world, "tove1234").await;
    let mut boards = Vec::new();
    for _ in 0..5 {
        let mut live = tove.listen(&format!("{board}/nu")).await;
        live.hear("event: board").await;
        boards.push(live);
    }
    let first = boards.remove(0).until_it_ends().await;
    assert!(first.contains("event: displaced"), "{first}");
    assert_eq!(world.house.portner.boards.len(), 4);
    let (kim, _, _) = at_board(&world, "kimk1234").await;
    let mut fifth = kim.listen(&format!("{board}/nu")).await;
    fifth.hear("event: board").await;
    let sixth = kim.listen(&format!("{board}/nu")).await;
    assert_eq!(sixth.status.as_u16(), 503);
    assert_eq!(sixth.headers["retry-after"], "15");
    // Whoever hangs up makes room.
    drop(boards);
    for _ in 0..100 {
        if world.house.portner.boards.len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(kim.listen(&format!("{board}/nu")).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_node_that_stops_does_not_wait_for_boards() {
    let world = open().await;
    let (teacher, board, page) = at_board(&world, "tove1234").await;
    let mut live = teacher.listen(&live_of(&page)).await;
    live.hear("retry: ").await;
    world.house.portner.boards.close();
    assert!(
        !live.until_it_ends().await.contains("over"),
        "the next node takes it over"
    );
    assert_eq!(teacher.listen(&format!("{board}/nu")).await.status.as_u16(), 503);
}

/// Pupils without a password at a school with a login of its own, and as many at another.
const MANY: &str = "INSERT INTO institutions (number, name) VALUES ('300001', 'Langt borte');
    CREATE TEMP TABLE x AS WITH RECURSIVE c (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 14999)
        SELECT n, printf('00000000-0000-8000-8000-%012d', n) AS id FROM c;
    INSERT INTO people (id, given_name, family_name, protected) SELECT id, 'En', 'Elev', FALSE FROM x;
    INSERT INTO accounts (id, person, user_name, uni_id, cpr_identified, blocked)
        SELECT id, id, 'navn' || n, 'v' || (5000000 + n), FALSE, FALSE FROM x;
    INSERT INTO actors (id, account, actor_group, institution)
        SELECT id, id, 'Elev', CASE n % 2 WHEN 0 THEN '101001' ELSE '300001' END FROM x;";

/// M05: a look at a board costs with the class, not with the installation: a lesson's beginning is
/// hundreds of looks.
#[tokio::test]
async fn a_look_costs_with_the_class_alone() {
    let world = open().await;
    assert!(
        world
            .house
            .portner
            .registry()
            .has_local_login(&portner::domain::institution::InstitutionNumber::parse("101001").unwrap())
    );
    let (mut teacher, board, _) = at_board(&world, "tove1234").await;
    world.house.tamper(MANY).await;
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let begun = Instant::now();
        let page = teacher.get(&board).await;
        fastest = fastest.min(begun.elapsed());
        assert!(page.body.contains("0 af 2 er logget ind"), "{}", page.body);
    }
    assert!(fastest < Duration::from_secs(1), "{fastest:?}");
    let begun = Instant::now();
    assert_eq!(teacher.get(DESK).await.status.as_u16(), 200);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// A row that cannot be read takes nothing away from the others.
#[tokio::test]
async fn one_row_that_cannot_be_read_hides_no_other() {
    let world = open().await;
    let (mut teacher, board, _) = at_board(&world, "tove1234").await;
    come(&world, BESIDE, "akse1234", "forkert-kode").await;
    world.house.wait(MINUTE);
    come(&world, BESIDE, "akse1234", "forkert-kode").await;
    world
        .house
        .tamper("UPDATE audit SET details = '{}' WHERE sequence = (SELECT MIN(sequence) FROM audit WHERE act = 'login.refused')")
        .await;
    let page = teacher.get(&board).await;
    assert!(row(&page, "Aksel Krogh").contains("UL-102"), "{}", page.body);
    world
        .house
        .tamper("UPDATE audit SET person = 'x' WHERE sequence = (SELECT MIN(sequence) FROM audit WHERE person IS NOT NULL)")
        .await;
    let store = &world.house.portner.store;
    let (reached, touched) = store.touched_after(0, 1_000).await.unwrap();
    assert_eq!(reached, store.audit_head().await.unwrap().sequence);
    assert!(!touched.is_empty());
}

#[tokio::test]
async fn the_words_of_a_board_are_those_of_its_moment() {
    let world = open().await;
    let (teacher, board, page) = at_board(&world, "tove1234").await;
    let group = board.rsplit('/').next().unwrap().parse().unwrap();
    let portner = &world.house.portner;
    // What another node writes is followed like what this one does.
    let mut live = teacher.listen(&live_of(&page)).await;
    live.hear("retry: ").await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    let other = world.house.restarted().await;
    let mut visitor = Visitor::at(&other).from(BESIDE);
    let client = world.client("laesehesten");
    let first = visitor.get(&client.request(&[])).await;
    let first = visitor.submit(&first.form(), &[("name", "akse1234")]).await;
    visitor
        .submit(&first.form(), &[("password", "forkert-kode")])
        .await;
    let event = live.hear("event: board").await;
    assert!(event.contains("UL-102"), "{event}");
    let notes = portner
        .store
        .logins_of_group(GroupId(group), portner.ambient.now() - MINUTE);
    assert_eq!(notes.await.unwrap().len(), 1);
}

/// What comes over a connection, up to and with this word.
async fn read_to(socket: &mut TcpStream, word: &str) -> String {
    let mut heard = String::new();
    let mut piece = [0; 4096];
    while !heard.contains(word) {
        let read = tokio::time::timeout(Duration::from_secs(20), socket.read(&mut piece));
        let read = read
            .await
            .unwrap_or_else(|_| panic!("no {word}: {heard}"))
            .unwrap();
        assert!(read > 0, "it ended before {word}: {heard}");
        heard += &String::from_utf8_lossy(&piece[..read]);
    }
    heard
}

/// M05: a board on a connection that asks for nothing else lives on, and no stop waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_board_outlives_an_idle_connection_and_ends_with_the_program() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut world = Federation::start_changed(|files| {
        files.put(MORE_PEOPLE, &format!("{PEOPLE}{COLLEAGUE}"));
        files.change(
            "portner.toml",
            "[listen]\n",
            &format!("[listen]\npublic = [\"{port}\"]\n"),
        );
        // A connection is idle after six of these.
        files.add("portner.toml", "[limits.http]\nheader = \"1 s\"\n");
    })
    .await;
    let (teacher, board, _) = at_board(&world, "tove1234").await;
    let (handle, stop) = stop_channel();
    let serving = tokio::spawn(world.house.app.take().unwrap().serve(stop));
    let mut socket = loop {
        match TcpStream::connect(port).await {
            Ok(socket) => break socket,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    let cookies = teacher.cookies().iter();
    let cookies: Vec<_> = cookies.map(|(name, value)| format!("{name}={value}")).collect();
    let asked = format!(
        "GET {board}/nu HTTP/1.1\r\nhost: login.example\r\ncookie: {}\r\n\r\n",
        cookies.join("; ")
    );
    socket.write_all(asked.as_bytes()).await.unwrap();
    let begun = read_to(&mut socket, "event: board").await;
    assert!(
        begun.starts_with("HTTP/1.1 200 OK") && begun.contains("text/event-stream"),
        "{begun}"
    );
    tokio::time::sleep(Duration::from_secs(8)).await;
    come(&world, BESIDE, "akse1234", "forkert-kode").await;
    read_to(&mut socket, "UL-102").await;
    handle.stop();
    let ending = tokio::time::timeout(Duration::from_secs(5), serving).await;
    assert_eq!(
        ending.expect("it waits for a board").unwrap().unwrap(),
        Ending::Drained
    );
}
