//! The program as it is started by people and scripts: what goes where, and what is left alone.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::parties::{entity, idp, key, sp};
use crate::world::house::Files;

fn portner(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portner"));
    command.args(arguments);
    command
}

fn run(files: &Files, arguments: &[&str]) -> Output {
    let config = files.path("portner.toml");
    portner(arguments).arg("--config").arg(config).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_problem_is_not_written_where_the_answer_was_wanted() {
    let output = run(&Files::new(), &["metadata", "show", "nope"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    let told = text(&output.stderr);
    assert!(told.contains("no party is called nope"), "{told}");
}

#[test]
fn showing_metadata_touches_no_database() {
    let files = Files::new();
    let output = run(&files, &["metadata", "show"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("EntityDescriptor"));
    assert!(!files.path("portner.db").exists());
}

#[test]
fn a_party_is_shown_with_what_is_usual_and_what_deviates() {
    let files = Files::new();
    let mitid = "preset = \"entra\"\nkind = \"national-eid\"\nname = \"E\"\nvouches_for = [\"uni-id\"]\n[oidc]\nissuer = \"https://e.example\"\nclient_id = \"p\"\nalgorithms = [\"PS256\"]\nsecret = { env = \"PATH\" }\n";
    files.put("metadata/upstreams/entra.toml", mitid);
    let output = run(&files, &["metadata", "show", "entra"]);
    let told = text(&output.stdout);
    assert!(output.status.success(), "{told}");
    let line = |name: &str| {
        let found = told
            .lines()
            .find(|line| line.split_whitespace().next() == Some(name));
        found
            .unwrap_or_else(|| panic!("{name} is not in\n{told}"))
            .to_owned()
    };
    assert!(line("mapping.methods").ends_with("[\"amr\"]  (preset entra)"));
    assert!(line("oidc.algorithms").ends_with("[\"PS256\"]  (its file)"));
    assert!(line("oidc.secret").contains("(not shown)"));
}

#[test]
fn check_tells_of_a_level_that_nobody_can_give() {
    let files = Files::new();
    let service = |wanted: &str| {
        format!(
            "name = \"X\"\nstart_url = \"https://x.example\"\nrelease = \"learning\"\nwanted = [\"{wanted}\"]\n[oidc]\nredirect_uris = [\"https://x.example/cb\"]\nauthentication = \"none\"\n"
        )
    };
    let told = |wanted: &str| {
        files.put("metadata/services/x.toml", &service(wanted));
        let output = run(&files, &["check"]);
        let told = text(&output.stderr).replace(['\n', '│', '├'], " ");
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        (output.status.success(), told)
    };
    let (well, faults) = told("one-factor");
    assert!(well, "{faults}");
    let (well, faults) = told("high");
    assert!(!well);
    assert!(
        faults.contains("x wants at least high, which none of its upstreams can give"),
        "{faults}"
    );
    assert!(faults.contains("raise the [ceiling]"), "{faults}");

    files.add("metadata/upstreams/central.toml", "[ceiling]\nnsis = \"high\"\n");
    assert!(told("high").0);
    files.change("portner.toml", "notified = \"high\"", "notified = \"low\"");
    let (well, faults) = told("high");
    assert!(!well && faults.contains("nsis.notified"), "{faults}");
}

#[test]
fn all_missing_keys_are_told_at_once() {
    let files = Files::new();
    let settings = std::fs::read_to_string(files.path("portner.toml")).unwrap();
    let keys = settings
        .lines()
        .find(|line| line.starts_with("directory = "))
        .unwrap();
    files.change("portner.toml", keys, "directory = \"/nowhere\"");
    let output = run(&files, &["serve"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    for key in ["keys.assertions", "keys.tokens-es256", "keys.pairwise"] {
        assert!(told.contains(key), "{key} is not in\n{told}");
    }
}

/// The first of eight ports in a row that nobody listens at, for a demonstration of its own.
fn eight_free_ports() -> String {
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let begin = u16::try_from(std::process::id() % 20_000).unwrap();
    let mut places = (0..1_000).map(|place| 20_000 + (begin + place * 8) % 12_000);
    let first = places.find(|first| (*first..*first + 8).all(is_free));
    first.unwrap().to_string()
}

#[test]
fn the_demo_overwrites_nobodys_directory() {
    let files = Files::new();
    let before = std::fs::read_to_string(files.path("portner.toml")).unwrap();
    let folder = files.path("");
    let output = portner(&["demo", "--port", &eight_free_ports(), "--data"])
        .arg(&folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("is not empty and not the demo's"), "{told}");
    assert_eq!(
        std::fs::read_to_string(files.path("portner.toml")).unwrap(),
        before
    );
    assert!(!files.path("parties").exists());

    let file = files.path("releases.toml/demo");
    let output = portner(&["demo", "--port", &eight_free_ports(), "--data"])
        .arg(&file)
        .output()
        .unwrap();
    let told = text(&output.stderr);
    assert!(told.contains("Not a directory"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_demo_that_is_ended_at_once_leaves_no_keys() {
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = portner(&["demo", "--port", &eight_free_ports()])
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let is_empty = |folder: &Path| std::fs::read_dir(folder).unwrap().next().is_none();
    let begun = Instant::now();
    while is_empty(temporary.path()) && begun.elapsed() < Duration::from_secs(30) {
        std::thread::yield_now();
    }
    let told = Command::new("kill").arg(demo.id().to_string()).status().unwrap();
    assert!(told.success());
    assert!(demo.wait().unwrap().success());
    assert!(is_empty(temporary.path()));
}

#[test]
fn check_tells_of_party_files_that_are_not_read() {
    let files = Files::new();
    files.put("metadata/services/skolen.TOML", "");
    files.put("metadata/services/stor.toml", &" ".repeat(1024 * 1024 + 1));
    files.put("metadata/upstreams/fed.toml", "kind = \"local\"\nname = \"F\"\n");
    let large = std::fs::File::create(files.path("metadata/upstreams/fed.xml")).unwrap();
    large.set_len(16 * 1024 * 1024 + 1).unwrap();
    let output = run(&files, &["check"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for fault in ["skolen.TOML is not read", "more than 1 MiB", "more than 16 MiB"] {
        let spaceless = |text: &str| text.replace([' ', '│'], "");
        assert!(
            spaceless(&told).contains(&spaceless(fault)),
            "{fault} is not in\n{told}"
        );
    }
    assert!(!text(&output.stdout).contains("ready"));
}

#[test]
fn check_tells_what_the_directory_does_not_know() {
    let files = Files::new();
    files.put("people.toml", PEOPLE_WITH_LICENCES);
    let people = files.path("people.toml");
    let started = run(&files, &["seed", people.to_str().unwrap()]);
    assert!(started.status.success(), "{}", text(&started.stderr));
    files.put(
        "metadata/services/laesehest.toml",
        "name = \"L\"\nstart_url = \"https://l.example\"\nrelease = \"learning\"\nlicence = \"required\"\n\
         [oidc]\nredirect_uris = [\"https://l.example/cb\"]\nauthentication = \"none\"\n",
    );
    files.add(
        "metadata/upstreams/central.toml",
        "institutions = [\"101001\", \"999999\"]\n",
    );
    let output = checked(&files);
    let told = text(&output.stderr).replace(['\n', '│', '├'], " ");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(output.status.success(), "only warnings: {told}");
    for doubt in [
        "there are licences for laesehset, which is not registered",
        "laesehest is for those with a licence, and nobody has one",
        "may vouch for the people of 999999, which the directory does not know",
    ] {
        assert!(told.contains(doubt), "{doubt} is not in\n{told}");
    }
    assert!(!told.contains("101001"), "{told}");
}

const PEOPLE_WITH_LICENCES: &str = "[[institution]]\nnumber = \"101001\"\nname = \"Skolen\"\n\
    [[licence]]\nservice = \"laesehset\"\ninstitution = \"101001\"\n";

#[test]
fn check_refuses_a_secret_that_nobody_is_asked_for() {
    let files = Files::new();
    let client = |authentication: &str| {
        format!(
            "name = \"X\"\nstart_url = \"https://x.example\"\nrelease = \"learning\"\n[oidc]\n\
             redirect_uris = [\"https://x.example/cb\"]\nauthentication = \"{authentication}\"\n\
             secret_sha256 = \"{}\"\n",
            "0a".repeat(32)
        )
    };
    files.put("metadata/services/x.toml", &client("client_secret_basic"));
    assert!(checked(&files).status.success());
    files.put("metadata/services/x.toml", &client("none"));
    let output = checked(&files);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("a secret that nobody is asked for"));
}

/// Nothing else that is wrong with the files of the tests.
fn checked(files: &Files) -> Output {
    run(files, &["check"])
}

#[test]
fn a_party_that_was_added_is_a_note_until_it_is_switched_on() {
    let files = Files::new();
    let before = checked(&files);
    assert!(before.status.success(), "{}", text(&before.stderr));
    let role = idp(&key(" use=\"signing\""), "https://idp.ny.example/sso");
    files.put("new.xml", &entity("https://idp.ny.example", "", &role));
    let file = files.path("new.xml");
    let added = portner(&["metadata", "add", "--name", "ny", "--config"])
        .arg(files.path("portner.toml"))
        .arg(&file)
        .output()
        .unwrap();
    assert!(added.status.success(), "{}", text(&added.stderr));
    assert!(files.path("metadata/upstreams/ny.toml").exists());
    let after = checked(&files);
    assert!(after.status.success(), "{}", text(&after.stderr));
    let told = text(&after.stderr);
    assert!(told.contains("before it is switched on"), "{told}");
    assert!(told.contains("0 to mend"), "{told}");
}

/// From the program alone to an installation that can be checked; what is there is never overwritten.
#[test]
fn an_installation_begins_with_the_program_alone() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("srv");
    let init = |origin: &str| {
        portner(&["init", "--origin", origin])
            .arg(&directory)
            .output()
            .unwrap()
    };
    for wrong in ["login.example", "https://login.example/x", "http://login.example"] {
        assert!(!init(wrong).status.success(), "{wrong}");
        assert!(!directory.exists(), "{wrong}");
    }
    std::fs::create_dir_all(directory.join("metadata/upstreams")).unwrap();
    std::fs::write(directory.join("metadata/upstreams/central.toml"), "# mine\n").unwrap();
    let begun = init("https://login.example");
    assert!(begun.status.success(), "{}", text(&begun.stderr));
    let written = |path: &str| std::fs::read_to_string(directory.join(path)).unwrap();
    assert!(written("config/portner.toml").contains("\norigin = \"https://login.example\"\n"));
    assert_eq!(written("metadata/upstreams/central.toml"), "# mine\n");
    // Everything that the repository has to begin with, and nothing about the demonstration.
    for folder in ["config", "metadata", "metadata/services", "metadata/upstreams"] {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let is_ours = path.is_file() && !path.ends_with("demo.toml");
            assert_eq!(directory.join(&path).is_file(), is_ours, "{}", path.display());
        }
    }
    std::fs::write(
        directory.join("metadata/upstreams/central.toml"),
        std::fs::read("metadata/upstreams/central.toml").unwrap(),
    )
    .unwrap();
    let inside = |arguments: &[&str]| {
        let mut command = portner(arguments);
        command.current_dir(&directory).output().unwrap()
    };
    let checked = text(&inside(&["check"]).stderr);
    assert!(
        checked.contains("nothing here speaks TLS"),
        "left to decide: {checked}"
    );
    let decided = written("config/portner.toml").replacen(
        "#trusted_proxies = []",
        "trusted_proxies = [\"192.0.2.1\"]",
        1,
    );
    std::fs::write(directory.join("config/portner.toml"), decided).unwrap();
    let made = inside(&["keys", "new"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let checked = inside(&["check"]);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    let again = init("https://andet.example");
    assert!(!again.status.success());
    assert!(written("config/portner.toml").contains("https://login.example"));
}

/// What is there and not served is told with why, and not passed over.
#[test]
fn a_party_that_is_not_served_is_listed_and_shown_with_what_is_left_to_do() {
    let files = Files::new();
    let role = idp(&key(" use=\"signing\""), "https://idp.ny.example/sso");
    files.put("new.xml", &entity("https://idp.ny.example", "", &role));
    let file = files.path("new.xml").display().to_string();
    let added = run(&files, &["metadata", "add", &file, "--name", "ny"]);
    assert!(added.status.success(), "{}", text(&added.stderr));
    let broken = "name = \"Bøger\"\nstart_url = \"https://b.example\"\nreleas = \"platform\"\n[oidc]\n";
    files.put("metadata/services/boeger.toml", broken);

    let listed = text(&run(&files, &["metadata", "list"]).stdout);
    let line = |name: &str| {
        let found = listed.lines().find(|line| line.contains(name));
        found
            .unwrap_or_else(|| panic!("{name} is not in\n{listed}"))
            .to_owned()
    };
    assert!(line("upstream  ny ").contains("ny.toml is switched off, and not filled in yet"));
    assert!(line("service   boeger ").contains("boeger.toml is refused"));

    for name in ["ny", "https://idp.ny.example"] {
        let shown = run(&files, &["metadata", "show", name]);
        assert!(shown.status.success(), "{}", text(&shown.stderr));
        let (told, left) = (text(&shown.stdout), text(&shown.stderr));
        assert!(
            told.contains("not served: ") && told.contains("entityID https://idp.ny.example"),
            "{told}"
        );
        assert!(
            told.contains("IdP requests by redirect to https://idp.ny.example/sso"),
            "{told}"
        );
        assert!(left.contains("before it is switched on: "), "{left}");
    }
    let shown = run(&files, &["metadata", "show", "boeger"]);
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    let left = text(&shown.stderr);
    assert!(
        left.contains("releas") && left.contains("redirect_uris"),
        "{left}"
    );
    // Somebody who is nowhere is still told so.
    assert!(!run(&files, &["metadata", "show", "findes-ikke"]).status.success());
}

/// Publishes a document to the first who asks for something of its kind; others get 406.
fn published(document: String) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}/metadata", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let head = BufReader::new(&stream).lines().map_while(Result::ok);
        let head: Vec<_> = head.take_while(|line| !line.is_empty()).collect();
        let accepted = head
            .iter()
            .find_map(|line| line.strip_prefix("accept: ").map(str::to_owned));
        let takes_xml = accepted.is_some_and(|kinds| kinds.contains("application/xml"));
        let (status, body) = if takes_xml {
            ("200 OK", document.as_str())
        } else {
            ("406 Not Acceptable", "")
        };
        let length = body.len();
        write!(
            &stream,
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
    });
    address
}

#[test]
fn a_party_is_added_by_an_address_that_has_xml_alone() {
    let files = Files::new();
    let role = idp(&key(" use=\"signing\""), "https://idp.ny.example/sso");
    let address = published(entity("https://idp.ny.example", "", &role));
    let added = portner(&["metadata", "add", &address, "--name", "ny", "--config"])
        .arg(files.path("portner.toml"))
        .output()
        .unwrap();
    assert!(added.status.success(), "{}", text(&added.stderr));
    let written = std::fs::read_to_string(files.path("metadata/upstreams/ny.toml")).unwrap();
    assert!(written.contains(&address), "{written}");
}

#[test]
fn a_seed_with_faults_tells_all_of_them_and_loads_nothing() {
    let files = Files::new();
    files.put(
        "people.toml",
        "[[institution]]\nnumber = \"101001\"\nname = \"Skolen\"\n\n[[person]]\ngiven-name = \"Sofie\"\n\
         cpr = \"3102034567\"\n[[person.account]]\nuser-name = \"sofi1234\"\nuni-id = \"x\"\n",
    );
    let people = files.path("people.toml");
    let output = portner(&["seed", "--config"])
        .arg(files.path("portner.toml"))
        .arg(&people)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    for words in [
        "family-name is missing",
        "this is not a CPR number",
        "account.uni-id is not taken",
        "people.toml:7",
        "3 to mend",
    ] {
        assert!(told.contains(words), "{words} is not in\n{told}");
    }
    assert!(!told.contains("3102034567"), "{told}");
    assert!(text(&output.stdout).contains("nothing was loaded"));
}

#[test]
fn a_code_for_the_first_login_is_shown_once_and_nobody_s_password_is() {
    let files = Files::new();
    files.put(
        "people.toml",
        "[[person]]\ngiven-name = \"Sofie\"\nfamily-name = \"Lind\"\n[[person.account]]\n\
         user-name = \"sofi1234\"\nuni-id = \"sofi1234\"\npassword = \"det-er-min-kode\"\n",
    );
    let people = files.path("people.toml").display().to_string();
    assert!(run(&files, &["seed", &people]).status.success());
    let output = run(&files, &["password", "new", "sofi1234"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    let code = told.lines().next().unwrap();
    assert_eq!(code.len(), 11, "{told}");
    assert_eq!(code.matches('-').count(), 2, "{told}");
    assert!(told.contains("good for 14 days and one new password"), "{told}");
    assert!(!text(&output.stderr).contains(code));
    let again = text(&run(&files, &["password", "new", "sofi1234"]).stdout);
    assert_ne!(again.lines().next(), Some(code));

    let output = run(&files, &["password", "new", "findesikke"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nobody here is called findesikke"));
    assert!(text(&output.stdout).contains("nothing was changed"));
    let output = run(&files, &["password", "new", "sofie@skole.example"]);
    assert!(text(&output.stderr).contains("is no user name"));
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, with everybody whom it is not for"
)]
#[test]
fn a_workplace_gets_a_code_for_its_employee_from_two_people_and_for_nobody_else() {
    let files = Files::new();
    let person = |given: &str, name: &str, group: &str, more: &str| {
        format!(
            "[[person]]\ngiven-name = \"{given}\"\nfamily-name = \"Lind\"\n[[person.account]]\n\
             user-name = \"{name}\"\nuni-id = \"{name}\"\n{more}[[person.account.actor]]\n\
             group = \"{group}\"\ninstitution = \"101001\"\n"
        )
    };
    let school = "[[institution]]\nnumber = \"101001\"\nname = \"Bakkeskolen\"\ncvr = \"10100100\"\n";
    let elsewhere = "[[institution]]\nnumber = \"202001\"\nname = \"Strandskolen\"\ncvr = \"20200200\"\n";
    files.put(
        "metadata/upstreams/strand.toml",
        "kind = \"local\"\nname = \"Strand\"\ncontact = \"it\"\ninstitutions = [\"202001\"]\n\
         vouches_for = [\"uni-id\"]\n[oidc]\nissuer = \"https://strand.example\"\n\
         client_id = \"x\"\nsecret = { env = \"PATH\" }\n",
    );
    let people = [
        school.to_owned(),
        elsewhere.to_owned(),
        person("Jonna", "jonn1234", "medarbejder", "").replace("101001", "202001"),
        person("Helle", "hell1234", "medarbejder", ""),
        person("Sofie", "sofi1234", "elev", ""),
        person("Otto", "otto1234", "medarbejder", "blocked = true\n"),
    ];
    files.put("people.toml", &people.concat());
    let people = files.path("people.toml").display().to_string();
    assert!(run(&files, &["seed", &people]).status.success());
    let open = |cvr: &str, name: &str, user: &str, by: &str| {
        let words = [
            "support",
            "open",
            "--cvr",
            cvr,
            "--name",
            name,
            "--user-id",
            user,
            "--by",
            by,
        ];
        run(&files, &words)
    };
    for (cvr, name, user, why) in [
        ("1010", "Helle Lind", "hell1234", "is no CVR number"),
        ("10100100", "Helle Lund", "hell1234", "somebody of another name"),
        (
            "20200200",
            "Helle Lind",
            "hell1234",
            "no employee's at an institution",
        ),
        (
            "10100100",
            "Sofie Lind",
            "sofi1234",
            "no employee's at an institution",
        ),
        ("10100100", "Otto Lind", "otto1234", "is blocked"),
        (
            "20200200",
            "Jonna Lind",
            "jonn1234",
            "by the workplace's own login",
        ),
        (
            "10100100",
            "Helle Lind",
            "findesikke",
            "nobody here has this user name",
        ),
    ] {
        let output = open(cvr, name, user, "Anna");
        assert_eq!(output.status.code(), Some(1), "{why}");
        let told = text(&output.stderr);
        assert!(told.contains(why), "{why}: {told}");
        assert!(text(&output.stdout).contains("nothing was changed"));
    }
    let output = open("10100100", " helle LIND", "hell1234", "Anna");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    let case = told.lines().next().unwrap().to_owned();
    let issue = |by: &str| run(&files, &["support", "issue", &case, "--by", by]);
    for (by, why) in [("anna", "another person than the one"), (" ", "nobody is named")] {
        let output = issue(by);
        assert_eq!(output.status.code(), Some(1), "{why}");
        assert!(
            text(&output.stderr).contains(why),
            "{why}: {}",
            text(&output.stderr)
        );
    }
    let output = issue("Bo");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    let code = told.lines().next().unwrap();
    assert!(code.len() == 11 && code.matches('-').count() == 2, "{told}");
    assert!(told.contains("Bakkeskolen, CVR 10100100"), "{told}");
    assert!(!text(&output.stderr).contains(code));
    let again = issue("Carl");
    assert!(text(&again.stderr).contains("a code was made for this case already"));
    let nothing = run(
        &files,
        &[
            "support",
            "issue",
            "00000000-0000-4000-8000-000000000001",
            "--by",
            "Bo",
        ],
    );
    assert!(text(&nothing.stderr).contains("there is no such case"));
}

#[test]
fn the_first_administrator_is_made_by_a_command_and_the_last_one_stays() {
    let files = Files::new();
    files.put(
        "people.toml",
        "[[institution]]\nnumber = \"101001\"\nname = \"Bakkeskolen\"\n\
         [[person]]\ngiven-name = \"Hanne\"\nfamily-name = \"Brandt\"\n[[person.account]]\n\
         user-name = \"hann1234\"\nuni-id = \"1000001231\"\n[[person.account.actor]]\n\
         group = \"medarbejder\"\ninstitution = \"101001\"\n\
         [[person]]\ngiven-name = \"Sofie\"\nfamily-name = \"Lind\"\n[[person.account]]\n\
         user-name = \"sofi1234\"\nuni-id = \"sofi1234\"\n[[person.account.actor]]\n\
         group = \"elev\"\ninstitution = \"101001\"\n",
    );
    let people = files.path("people.toml").display().to_string();
    assert!(run(&files, &["seed", &people]).status.success());
    let list = || text(&run(&files, &["admin", "list", "101001"]).stdout);
    assert!(list().contains("nobody looks after 101001"));
    let output = run(&files, &["admin", "grant", "sofi1234", "101001"]);
    assert_eq!(output.status.code(), Some(1), "a pupil is not employed");
    assert!(
        text(&output.stderr).contains("employed"),
        "{}",
        text(&output.stderr)
    );
    let output = run(
        &files,
        &["admin", "grant", "1000001231", "101001", "--by", "drift"],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(
        list().contains("hann1234") && list().contains("operator:drift"),
        "{}",
        list()
    );
    let output = run(&files, &["admin", "withdraw", "hann1234", "101001"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nobody else could look after 101001"));
    for (name, institution) in [
        ("findesikke", "101001"),
        ("hann1234", "999999"),
        ("hann1234", "x"),
    ] {
        let output = run(&files, &["admin", "grant", name, institution]);
        assert_eq!(output.status.code(), Some(1), "{name} {institution}");
        assert!(text(&output.stdout).contains("nothing was changed"));
    }
}

/// A municipality and a service in SAML, and one of each in OpenID Connect.
fn with_parties() -> Files {
    let files = Files::new();
    let local = |name: &str, more: &str| {
        format!(
            "kind = \"local\"\nname = \"{name}\"\ncontact = \"it@{name}.example\"\ninstitutions = [\"A10001\"]\nvouches_for = [\"uni-id\"]\ndomains = [\"*.{name}.example\"]\n{more}"
        )
    };
    let provider =
        "[oidc]\nissuer = \"https://op.example\"\nclient_id = \"x\"\nsecret = { env = \"PATH\" }\n";
    files.put("metadata/upstreams/lillekoebing.toml", &local("lillekoebing", ""));
    let role = idp(&key(" use=\"signing\""), "https://idp.example/sso");
    let metadata = entity(
        "https://idp.example",
        " validUntil=\"2099-01-01T00:00:00Z\"",
        &role,
    );
    files.put("metadata/upstreams/lillekoebing.xml", &metadata);
    files.put(
        "metadata/upstreams/storkoebing.toml",
        &local("storkoebing", provider),
    );
    let service =
        "name = \"X\"\nstart_url = \"https://x.example\"\nsubject = \"pairwise\"\nrelease = \"learning\"\n";
    files.put("metadata/services/skolebroen.toml", service);
    let metadata = entity("https://skoledagen.example", "", &sp(&key(""), true));
    files.put("metadata/services/skolebroen.xml", &metadata);
    files.put(
        "metadata/services/laeringshaven.toml",
        &format!("{service}[oidc]\nredirect_uris = [\"https://x.example/cb\"]\nauthentication = \"none\"\n"),
    );
    files
}

#[test]
fn metadata_is_shown_only_for_upstreams_that_speak_saml() {
    let files = with_parties();
    for (upstream, speaks) in [("lillekoebing", true), ("storkoebing", false), ("central", false)] {
        let output = run(&files, &["metadata", "show", "--for", upstream]);
        assert_eq!(output.status.success(), speaks, "{upstream}");
        let told = text(&output.stderr);
        let refused = format!("{upstream} speaks no SAML, so there is no metadata for it");
        assert_eq!(told.contains(&refused), !speaks, "{told}");
        assert_eq!(text(&output.stdout).contains("EntityDescriptor"), speaks);
    }
}

#[test]
fn a_party_is_shown_in_the_words_of_its_file() {
    let files = with_parties();
    let shown = |party: &str| {
        let output = run(&files, &["metadata", "show", party]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let first_words = |lines: &str| {
        let words = lines.lines().filter_map(|line| line.split_once(' '));
        words
            .map(|(word, _)| word.to_owned())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let local = shown("lillekoebing");
    assert_eq!(
        first_words(&local),
        "upstream protocol kind sso signing signed name_id name_hint scoping assertions accept_cbc valid key mapping levels domains scopes vouches schools ceiling contact enabled settings",
        "{local}"
    );
    assert!(local.contains("kind       local"), "{local}");
    assert!(local.contains("vouches    uni-id"), "{local}");
    assert!(local.contains("key        signing, sha256 "), "{local}");
    let service = shown("skolebroen");
    for line in [
        "protocol   SAML ",
        "acs        http",
        "encrypt    ",
        "subject    ",
        "gets       ",
    ] {
        assert!(service.contains(line), "{line} is not in\n{service}");
    }
    let client = shown("laeringshaven");
    for line in [
        "protocol   OIDC ",
        "redirect   ",
        "scopes     ",
        "pkce       required",
    ] {
        assert!(client.contains(line), "{line} is not in\n{client}");
    }
}

#[test]
fn the_demo_says_which_port_is_taken() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().port();
    let first = (taken - 3).to_string();
    let begun = Instant::now();
    let output = portner(&["demo", "--port", &first]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    // A port before it may be somebody's too; the answer is the same.
    assert!(
        told.contains("cannot be used; the demo needs 8 ports in a row") && told.contains("--port"),
        "{told}"
    );
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn keys_are_listed_in_words() {
    let output = run(&Files::new(), &["keys", "list"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    for line in [
        "assertions       RSA (PKCS#1, SHA-256), ",
        "tokens-es256     ECDSA (P-256, SHA-256), ",
        "pairwise         secret, 32 bytes",
    ] {
        assert!(told.contains(line), "{line} is not in\n{told}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn m02_a_program_that_holds_keys_is_never_dumped() {
    let files = Files::new();
    files.change(
        "portner.toml",
        "[listen]\n",
        "[listen]\npublic = [\"127.0.0.1:0\"]\n",
    );
    let mut serving = portner(&["serve", "--config"])
        .arg(files.path("portner.toml"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let limits = format!("/proc/{}/limits", serving.id());
    let is_off = || {
        let limits = std::fs::read_to_string(&limits).unwrap_or_default();
        let core = limits.lines().find(|line| line.starts_with("Max core file size"));
        core.is_some_and(|line| line.split_whitespace().skip(4).take(2).all(|limit| limit == "0"))
    };
    let mut seen = is_off();
    while !seen && begun.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        seen = is_off();
    }
    let running = serving.try_wait().unwrap().is_none();
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert!(seen && running, "dumps are off, and it serves");
}

/// One line of what was told, however it was wrapped.
fn on_one_line(bytes: &[u8]) -> String {
    let told = text(bytes).replace('│', " ");
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_lost_or_exchanged_key_is_noticed_before_it_makes_strangers() {
    for key in ["pairwise", "cpr-index", "cpr-seal"] {
        let files = Files::with_own_keys();
        let people = "[[person]]\ngiven-name = \"Sofie\"\nfamily-name = \"Lund\"\ncpr = \"0102034567\"\n\
                      [[person.account]]\nuser-name = \"sofi1234\"\nuni-id = \"1000000156\"\n";
        files.put("people.toml", people);
        let file = files.path("people.toml").display().to_string();
        let seeded = run(&files, &["seed", &file]);
        assert!(seeded.status.success(), "{}", text(&seeded.stderr));
        assert!(run(&files, &["check"]).status.success());

        let path = files.path(&format!("keys/{key}.key"));
        std::fs::remove_file(&path).unwrap();
        let made = run(&files, &["keys", "new"]);
        assert!(!made.status.success() && !path.exists(), "{key}");
        let told = on_one_line(&made.stderr);
        assert!(told.contains(&format!("keys.{key} is gone")), "{told}");

        let other = files.path("keys/seal-current.key");
        std::fs::copy(other, &path).unwrap();
        for command in [vec!["check"], vec!["seed", &file], vec!["serve"]] {
            let output = run(&files, &command);
            assert!(!output.status.success(), "{key} {command:?}");
            let told = on_one_line(&output.stderr).replace(' ', "");
            let refused = "isnotthekeythatthisdatabasewasusedwith";
            assert!(told.contains(refused), "{key} {command:?}: {told}");
        }

        std::fs::remove_file(&path).unwrap();
        let made = run(&files, &["keys", "new", "--lost", key]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        assert!(run(&files, &["check"]).status.success());
        if key != "cpr-index" {
            assert!(run(&files, &["seed", &file]).status.success(), "{key}");
        }
    }
}

#[test]
fn the_key_of_cpr_numbers_is_changed_as_the_manual_says() {
    let files = Files::with_own_keys();
    files.put(
        "people.toml",
        "[[person]]\ngiven-name = \"Sofie\"\nfamily-name = \"Lund\"\n\
         [[person.account]]\nuser-name = \"sofi1234\"\nuni-id = \"1000000156\"\n",
    );
    let file = files.path("people.toml").display().to_string();
    assert!(run(&files, &["seed", &file]).status.success());
    let (now, before) = ("keys/cpr-seal.key", "keys/cpr-seal-previous.key");
    std::fs::rename(files.path(now), files.path(before)).unwrap();
    let made = run(&files, &["keys", "new"]);
    assert!(made.status.success() && files.path(now).exists());
    assert!(run(&files, &["seed", &file]).status.success());
    std::fs::remove_file(files.path(before)).unwrap();
    assert!(run(&files, &["check"]).status.success());
}

#[test]
fn the_next_sealing_key_is_listed() {
    let files = Files::with_own_keys();
    assert!(run(&files, &["keys", "next", "seal-current"]).status.success());
    let told = text(&run(&files, &["keys", "list"]).stdout);
    assert!(told.contains("seal-current     next, secret, 32 bytes"), "{told}");
}
