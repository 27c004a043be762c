//! Boards of classes: what one costs to open, what it costs when something happens in the class, and
//! what many of them hold in memory. Without TLS, which a machine in front does where there are so many.

use std::fmt::Write as _;
use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::SignedDuration;
use portner::ambient::Ambient;
use portner::domain::account::Account;
use portner::domain::assurance::Assurance;
use portner::domain::audit::{AuditAct, AuditEvent};
use portner::domain::login_name::BareName;
use portner::domain::service::ServiceId;
use portner::domain::session::{SessionId, SsoSession};
use portner::domain::upstream::UpstreamId;
use portner::store::sessions::{Participation, TokenHash};
use portner::store::writer::{FinishedLogin, Pace, RestsOn, Writer};
use portner::store::{Store, StoreUrl};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::machine;
use crate::premises::{Crowd, Premises};

const PROGRAM: &str = env!("CARGO_BIN_EXE_portner");
const CLASSES: usize = 100;
const PUPILS: usize = 28;
/// Each has four boards open, at a school without a login of its own.
const TEACHERS: usize = 2_500;
/// Pages that are asked for to know what one costs.
const OPENED: u32 = 300;
/// Refusals in each class.
const EVENTS: u32 = 10;

/// A broker with a school of classes, and teachers who are logged in.
struct School {
    premises: Premises,
    child: Child,
    store: Store,
    ambient: Ambient,
}

impl School {
    async fn open() -> Self {
        let premises = Premises::write(Crowd::default());
        let origin = format!("http://127.0.0.1:{}", premises.port);
        let settings = std::fs::read_to_string(premises.path("portner.toml")).unwrap();
        let (before, rest) = settings.split_once("[listen.tls]").unwrap();
        let (_, after) = rest.split_once("[store]").unwrap();
        let settings = format!("{before}[store]{after}[limits.http]\nconnections = 25000\n");
        let settings = settings.replace(&premises.origin(), &origin);
        std::fs::write(premises.path("portner.toml"), settings).unwrap();
        std::fs::write(premises.path("people.toml"), people()).unwrap();
        let seeded = Command::new(PROGRAM)
            .arg("seed")
            .arg("--config")
            .args([&premises.path("portner.toml"), &premises.path("people.toml")])
            .stdout(Stdio::null())
            .status();
        assert!(seeded.unwrap().success(), "the people could not be loaded");
        let url = format!("sqlite:{}", premises.path("portner.db").display());
        let store = Store::open(&StoreUrl::parse(&url).unwrap()).await.unwrap();
        let log = File::create(premises.path("log")).unwrap();
        let child = Command::new("taskset")
            .args(["-c", machine::BROKER_CORE, PROGRAM, "serve", "--config"])
            .arg(premises.path("portner.toml"))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let school = Self {
            premises,
            child,
            store,
            ambient: Ambient::system(),
        };
        while TcpStream::connect(("127.0.0.1", school.premises.port))
            .await
            .is_err()
        {
            sleep(Duration::from_millis(20)).await;
        }
        school.log_in().await;
        school
    }

    async fn account(&self, name: &str) -> Account {
        let name = BareName::parse(name).unwrap();
        self.store.account_by_user_name(&name).await.unwrap().unwrap()
    }

    /// Every teacher has a session, as after a login.
    async fn log_in(&self) {
        let writer = Writer::start(self.store.clone(), self.ambient.clone(), Pace::default());
        for teacher in 0..TEACHERS {
            let account = self.account(&format!("laerer{teacher:05}")).await;
            let now = self.ambient.now();
            let session = SsoSession {
                id: SessionId(self.ambient.uuid()),
                person: account.person,
                account: account.id,
                upstream: UpstreamId::parse("central").unwrap(),
                assurance: Assurance::LOWEST,
                methods: vec!["pwd".to_owned()],
                authorities: Vec::new(),
                privileges: Vec::new(),
                authenticated_at: now,
                time_is_said: true,
                last_used: now,
                expires_at: now + SignedDuration::from_hours(8),
            };
            let hash = digest(&SHA256, token(teacher).as_bytes());
            let hash = TokenHash(hash.as_ref().try_into().unwrap());
            let service = ServiceId::parse("portner-elevadgang").unwrap();
            let login = FinishedLogin {
                mark: None,
                by_secret: None,
                session: RestsOn::New(hash, Box::new(session)),
                replaces: None,
                at_upstream: Vec::new(),
                part: Participation {
                    service: service.clone(),
                    subject: teacher.to_string(),
                    session_index: "1".to_owned(),
                    name_format: String::new(),
                    since: now,
                },
                code: None,
                vouched: None,
                event: self.event(&account, AuditAct::Authenticated),
            };
            writer.login(login).await.unwrap();
        }
    }

    fn event(&self, account: &Account, act: AuditAct) -> AuditEvent {
        AuditEvent {
            id: self.ambient.uuid(),
            at: self.ambient.now(),
            transaction: None,
            service: None,
            upstream: None,
            person: Some(account.person),
            account: Some(account.id),
            client_prefix: Some("127.0.0.0/24".to_owned()),
            act,
        }
    }

    async fn ask(&self, teacher: usize, path: &str) -> TcpStream {
        let mut socket = TcpStream::connect(("127.0.0.1", self.premises.port))
            .await
            .unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncookie: portner-session={}\r\naccept-language: da\r\n\r\n",
            self.premises.port,
            token(teacher)
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        socket
    }

    async fn page(&self, teacher: usize, path: &str) -> String {
        let mut socket = self.ask(teacher, path).await;
        let mut text = Vec::new();
        let mut piece = [0; 16 * 1024];
        while !String::from_utf8_lossy(&text).contains("</html>") {
            let read = socket.read(&mut piece).await.unwrap();
            assert!(read > 0, "{}", String::from_utf8_lossy(&text));
            text.extend_from_slice(&piece[..read]);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    async fn board_of(&self, teacher: usize) -> String {
        let desk = Box::pin(self.page(teacher, "/elevadgang/303003")).await;
        let (_, rest) = desk
            .split_once("href=\"/elevadgang/303003/tavle/")
            .expect("a board");
        format!("/elevadgang/303003/tavle/{}", rest.split('"').next().unwrap())
    }

    async fn live(&self, teacher: usize, board: &str) -> TcpStream {
        let mut socket = self.ask(teacher, &format!("{board}/nu")).await;
        let mut text = String::new();
        let mut piece = [0; 16 * 1024];
        while !text.contains("event: board") {
            let read = socket.read(&mut piece).await.unwrap();
            assert!(read > 0 && !text.contains("HTTP/1.1 5"), "{text}");
            text += &String::from_utf8_lossy(&piece[..read]);
        }
        socket
    }

    fn cpu(&self) -> Duration {
        machine::cpu_time(self.child.id())
    }
}

impl Drop for School {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What opening costs, what an event costs, and what ten thousand hold.
pub(crate) async fn boards() {
    let school = School::open().await;
    let mut addresses = Vec::new();
    for class in 0..CLASSES {
        addresses.push(Box::pin(school.board_of(class)).await);
    }
    println!("\n| boards | figure |\n|---|---|");
    let before = school.cpu();
    for _ in 0..OPENED {
        assert!(
            Box::pin(school.page(0, &addresses[0]))
                .await
                .matches("class=\"pupil ")
                .count()
                == PUPILS
        );
    }
    let micros = (school.cpu() - before).as_micros() / u128::from(OPENED);
    println!(
        "| a page with {PUPILS} pupils, CPU | {:.2} ms |",
        micros as f64 / 1000.0
    );

    let at_rest = machine::resident(school.child.id());
    let mut open = Vec::new();
    for (class, address) in addresses.iter().enumerate() {
        for lap in 0..10 {
            open.push(Box::pin(school.live(class + CLASSES * lap, address)).await);
        }
    }
    let idle = {
        let before = school.cpu();
        sleep(Duration::from_secs(10)).await;
        (school.cpu() - before) / 10
    };
    println!(
        "| {} open boards at rest, CPU of a second | {:.1} ms |",
        open.len(),
        ms(idle)
    );
    let before = school.cpu();
    for pupil in 0..EVENTS {
        let mut rows = Vec::new();
        for class in 0..CLASSES {
            let account = school
                .account(&format!("elev{:05}", class * PUPILS + pupil as usize))
                .await;
            let refused = AuditAct::LoginRefused {
                code: "UL-102",
                reason: String::new(),
            };
            rows.push(school.event(&account, refused));
        }
        school.store.append_audit(&rows).await.unwrap();
        sleep(Duration::from_secs(2)).await;
    }
    let spent = (school.cpu() - before).saturating_sub(idle * EVENTS * 2);
    let told = EVENTS * u32::try_from(open.len()).unwrap();
    println!(
        "| an event on one board, CPU | {:.3} ms |",
        ms(spent) / f64::from(told)
    );

    for lap in 10..TEACHERS * 4 / CLASSES {
        for (class, address) in addresses.iter().enumerate() {
            let teacher = (class + CLASSES * lap) % TEACHERS;
            open.push(Box::pin(school.live(teacher, address)).await);
        }
    }
    let before = school.cpu();
    sleep(Duration::from_secs(20)).await;
    let idle = (school.cpu() - before) / 20;
    println!(
        "| {} open boards: memory (of which at rest), MB | {:.0} ({at_rest:.0}) |",
        open.len(),
        machine::resident(school.child.id())
    );
    println!(
        "| {} open boards at rest, CPU of a second | {:.1} ms |",
        open.len(),
        ms(idle)
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn token(teacher: usize) -> String {
    format!("en-laerer-paa-maal-{teacher:05}-som-er-lang-nok")
}

fn people() -> String {
    let mut text =
        "[[institution]]\nnumber = \"303003\"\nname = \"Bakkeskolen\"\ncvr = \"30300300\"\n".to_owned();
    let mut put = |name: &str, number: usize, group: &str, more: &str, class: usize| {
        writeln!(
            text,
            "[[person]]\ngiven-name = \"{name} {number}\"\nfamily-name = \"Holm\"\n[[person.account]]\nuser-name = \"{name}{number:05}\"\nuni-id = \"{name}{number:05}\"\n[[person.account.actor]]\ngroup = \"{group}\"\ninstitution = \"303003\"\n{more}classes = [\"klasse {class}\"]"
        )
        .unwrap();
    };
    for teacher in 0..TEACHERS {
        put(
            "laerer",
            teacher,
            "medarbejder",
            "roles = [\"Lærer\"]\n",
            teacher % CLASSES,
        );
    }
    for pupil in 0..CLASSES * PUPILS {
        put("elev", pupil, "elev", "", pupil / PUPILS);
    }
    text
}
