//! What a newcomer met who followed the manual to the letter: each of these once went wrong without a
//! word, or with a wrong one.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use crate::parties::{entity, idp, key};
use crate::world::house::Files;

fn run(files: &Files, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portner"));
    command
        .args(arguments)
        .arg("--config")
        .arg(files.path("portner.toml"));
    command.output().unwrap()
}

/// Whether it went well, and all that was said, on one line however it was wrapped.
fn told(files: &Files, arguments: &[&str]) -> (bool, String) {
    let output = run(files, arguments);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).replace(['│', '├'], " ");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    (output.status.success(), said)
}

fn assert_told(files: &Files, arguments: &[&str], well: bool, words: &str) {
    let (went_well, said) = told(files, arguments);
    // A line that is too long is broken within words.
    let spaceless = |text: &str| text.replace(' ', "");
    assert!(
        spaceless(&said).contains(&spaceless(words)),
        "{words} is not in\n{said}"
    );
    assert_eq!(went_well, well, "{arguments:?}: {said}");
}

const SOFIE: &str = "[[person]]\ngiven-name = \"Sofie\"\nfamily-name = \"Lind\"\n[[person.account]]\n\
                     user-name = \"sofi1234\"\nuni-id = \"sofi1234\"\npassword = \"det-er-min-kode\"\n";

#[test]
fn a_pepper_that_is_gone_is_told_before_every_password_is_wrong() {
    let files = Files::with_own_keys();
    files.put("people.toml", SOFIE);
    let people = files.path("people.toml").display().to_string();
    assert!(told(&files, &["seed", &people]).0);
    assert!(told(&files, &["check"]).0);

    let pepper = files.path("keys/password-pepper.key");
    let kept = std::fs::read(&pepper).unwrap();
    std::fs::remove_file(&pepper).unwrap();
    let lost = "1 accounts have passwords that were hashed with a pepper that is not here";
    for command in [
        vec!["check"],
        vec!["keys", "new"],
        vec!["seed", &people],
        vec!["serve"],
    ] {
        assert_told(&files, &command, false, lost);
    }
    assert!(!pepper.exists(), "no other is made in its place");

    // Another one in its place is no better.
    std::fs::copy(files.path("keys/seal-current.key"), &pepper).unwrap();
    assert_told(&files, &["check"], false, lost);
    assert_told(&files, &["serve"], false, lost);

    // A change as the manual tells it: the one before is known by its other name.
    std::fs::write(files.path("keys/password-pepper-previous.key"), &kept).unwrap();
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(files.path("keys/password-pepper-previous.key"), private).unwrap();
    std::fs::remove_file(&pepper).unwrap();
    assert!(told(&files, &["keys", "new"]).0 && pepper.exists());
    assert!(told(&files, &["check"]).0);

    // Gone for good: whoever says so goes on, and is told whom a code is due.
    for name in ["keys/password-pepper-previous.key", "keys/password-pepper.key"] {
        std::fs::remove_file(files.path(name)).unwrap();
    }
    let new = ["keys", "new", "--lost", "password-pepper"];
    assert_told(&files, &new, true, "give everybody a code");
    assert_told(&files, &["check"], true, "pepper that is not here any more");
    assert!(told(&files, &["seed", &people]).0, "the house opens");
}

#[test]
fn a_pepper_that_everybody_can_read_is_told() {
    let files = Files::with_own_keys();
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(files.path("keys/password-pepper.key"), open).unwrap();
    assert_told(&files, &["check"], false, "can be read by everybody");
}

#[test]
fn a_pair_for_evidence_is_made_whole_or_not_at_all() {
    let files = Files::new();
    std::fs::create_dir(files.path("here")).unwrap();
    files.put("here/evidence.pub", "somebody's");
    let here = files.path("here").display().to_string();
    assert_told(
        &files,
        &["evidence", "new-key", &here],
        false,
        "evidence.pub is there already; no pair was made",
    );
    assert!(
        !files.path("here/evidence.key").exists(),
        "no half that fits nothing"
    );
}

#[test]
fn a_leaked_key_is_named_and_what_is_said_of_it_is_true() {
    let files = Files::with_own_keys();
    assert!(told(&files, &["keys", "next"]).0);
    assert_told(
        &files,
        &["keys", "retire", "--now"],
        false,
        "--now is for a key that has leaked: name it",
    );
    assert!(
        files.path("keys/assertions.next.pem").exists(),
        "nothing was done"
    );

    // What is wrong with another key does not matter; what is wrong with this one is told.
    files.put("keys/decryption.pem", "half a file");
    let now = |name| ["keys", "retire", "--now", name];
    assert_told(&files, &now("tokens-es256"), true, "takes it within 30 seconds");
    files.put("keys/assertions.next.pem", "half a file");
    assert_told(
        &files,
        &now("assertions"),
        false,
        "a Portner that runs will not take the new key of assertions",
    );
}

#[test]
fn whoever_makes_a_next_key_is_told_how_it_takes_over() {
    let files = Files::with_own_keys();
    assert_told(
        &files,
        &["keys", "next", "requests"],
        true,
        "in 48 hours: portner keys retire requests",
    );
    assert_told(
        &files,
        &["keys", "next", "metadata"],
        true,
        "when all have it: portner keys retire metadata",
    );
}

#[test]
fn small_keys_are_told_where_large_ones_were_wanted() {
    let files = Files::with_own_keys();
    let (_, said) = told(&files, &["keys", "new"]);
    assert!(!said.contains("2048"), "{said}");
    assert_told(
        &files,
        &["keys", "new", "--oiosaml"],
        true,
        "have 2048 bits and stay as they are",
    );
    assert!(!told(&files, &["check"]).1.contains("3072"));
    let local = "preset = \"oiosaml-3.0.3\"\nkind = \"local\"\nname = \"X\"\ncontact = \"it\"\n\
                 vouches_for = [\"uni-id\"]\ninstitutions = [\"101001\"]\ndomains = [\"x.example\"]\n\
                 [saml]\nsignature = \"rsa-sha256\"\n";
    files.put("metadata/upstreams/x.toml", local);
    files.put("metadata/upstreams/x.xml", &metadata());
    let (_, said) = told(&files, &["check"]);
    assert!(
        said.contains("speaks OIOSAML, which wants RSA keys of 3072 bits"),
        "{said}"
    );
}

fn metadata() -> String {
    let keys = format!("{}{}", key(" use=\"signing\""), key(" use=\"encryption\""));
    entity("https://x.example", "", &idp(&keys, "https://x.example/sso"))
}

fn service(lines: &str) -> String {
    format!(
        "name = \"X\"\nstart_url = \"https://x.example\"\nrelease = \"learning\"\n[oidc]\n\
         redirect_uris = [\"https://x.example/cb\"]\n{lines}\n"
    )
}

#[test]
fn the_secret_of_an_example_is_nobodys() {
    let files = Files::new();
    let published = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    files.put(
        "metadata/services/x.toml",
        &service(&format!("secret_sha256 = \"{published}\"")),
    );
    assert_told(
        &files,
        &["check"],
        false,
        "this is the digest of an example's secret",
    );
    let example = std::fs::read_to_string("metadata/services/oidc.toml.example").unwrap();
    files.put("metadata/services/x.toml", &example);
    assert_told(&files, &["check"], false, "64 hexadecimal digits");
}

#[test]
fn an_origin_for_certificates_has_the_port_that_is_listened_at() {
    let with = |origin: &str| {
        let tables = format!(
            "[listen.mutual_tls]\norigin = \"{origin}\"\naddresses = [\"[::]:8443\"]\n\
             certificate = \"/nowhere.pem\"\nkey = {{ file = \"/nowhere.key\" }}\n"
        );
        let files = Files::new();
        files.add("portner.toml", &tables);
        told(&files, &["check"]).1
    };
    let said = with("https://mtls.login.example");
    assert!(
        said.contains("clients will call port 443 of https://mtls.login.example"),
        "{said}"
    );
    let said = with("https://mtls.login.example:8443");
    assert!(!said.contains("clients will call"), "{said}");
}

fn upstream(saml: &str) -> String {
    format!(
        "kind = \"local\"\nname = \"X\"\ncontact = \"it\"\nvouches_for = [\"uni-id\"]\n\
         institutions = [\"101001\"]\ndomains = [\"x.example\"]\n[saml]\n{saml}\n"
    )
}

#[test]
fn what_an_upstream_file_says_in_vain_is_told() {
    let files = Files::new();
    files.put("metadata/upstreams/x.xml", &metadata());
    let put = |saml: &str| files.put("metadata/upstreams/x.toml", &upstream(saml));
    put("");
    assert!(told(&files, &["check"]).0);
    put("metadata_url = \"http://idp.example/metadata\"");
    assert_told(&files, &["check"], false, "metadata is fetched by https alone");
    put("entity_id = \"https://other.example\"");
    let names = "the metadata is of https://x.example, and entity_id says https://other.example";
    assert_told(&files, &["check"], false, names);
    put("entity_id = \"https://x.example\"");
    assert!(told(&files, &["check"]).0);
    put("clock_skew = \"10 min\"");
    assert_told(&files, &["check"], false, "at most 5 min");
    put("clock_skew = \"5 min\"");
    assert!(told(&files, &["check"]).0);
    let oidc = upstream("").replace(
        "[saml]\n",
        "[oidc]\nissuer = \"https://idp.example/.well-known/openid-configuration\"\nclient_id = \"p\"\n\
         secret = { env = \"PATH\" }\n",
    );
    files.put("metadata/upstreams/x.toml", &oidc);
    let issuer = "the issuer is the address before /.well-known/openid-configuration";
    assert_told(&files, &["check"], false, issuer);
}

#[test]
fn a_party_that_is_added_is_judged_at_once() {
    let files = Files::new();
    files.put("new.xml", &metadata());
    let file = files.path("new.xml").display().to_string();
    let (well, said) = told(&files, &["metadata", "add", &file, "--name", "x"]);
    assert!(well, "{said}");
    for words in ["compare its keys", "IdP key signing", "before it is switched on"] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
    let written = std::fs::read_to_string(files.path("metadata/upstreams/x.toml")).unwrap();
    assert!(written.contains("name = \"x.example\""), "{written}");
    let over = metadata().replacen("entityID=", "validUntil=\"2020-01-01T00:00:00Z\" entityID=", 1);
    files.put("over.xml", &over);
    let file = files.path("over.xml").display().to_string();
    assert_told(
        &files,
        &["metadata", "add", &file, "--name", "y"],
        true,
        "it was valid until 2020",
    );
}

#[test]
fn lengths_and_groups_are_taken_as_the_manual_writes_them() {
    let files = Files::new();
    let lines = "authentication = \"none\"\nrefresh_tokens = \"offline\"\nscopes = [\"openid\", \"offline_access\"]\n\
                 refresh_lifetime = \"30 days\"";
    let text = service(lines).replace("[oidc]", "groups = [\"elev\"]\n[oidc]");
    files.put("metadata/services/x.toml", &text);
    let (_, said) = told(&files, &["check"]);
    assert!(
        !said.contains("refresh_lifetime") && !said.contains("groups"),
        "{said}"
    );
    assert!(said.contains("ready: "), "{said}");
}

#[test]
fn metadata_that_was_asked_for_in_vain_stops_logins_and_is_told() {
    let files = Files::new();
    // Nobody listens at port 1.
    files.put(
        "metadata/upstreams/x.toml",
        &upstream("metadata_url = \"http://127.0.0.1:1/metadata\""),
    );
    assert_told(&files, &["check"], true, "was not fetched yet");
    assert!(!told(&files, &["metadata", "refresh"]).0);
    assert_told(
        &files,
        &["check"],
        false,
        "upstreams/x: its metadata was never had from",
    );
}
