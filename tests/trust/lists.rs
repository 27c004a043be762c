//! Certificates that a pinned authority must vouch for while Portner runs: its revocation lists are fetched,
//! kept, and decide who is believed.

use jiff::SignedDuration;

use super::sources::{PATH, Published};
use crate::world::authority::Authority;
use crate::world::publisher::{Page, Publisher};
use crate::world::saml_idp::SamlIdp;

const LIST: &str = "/lister/udstedende.crl";
const SERIAL: u64 = 4711;
/// An hour before every test begins.
const EARLIER: &str = "2027-03-01T07:00:00Z";
const TOMORROW: &str = "2027-03-02T07:00:00Z";

/// Lillekøbing, whose certificate an authority has issued that says where its lists are.
struct Certified {
    published: Published,
    authority: Authority,
}

impl Certified {
    /// Everything is there but for the list.
    async fn start() -> Self {
        let chain = "[saml.chain]\nroots = \"root.pem\"\ndistribution_points = true\n";
        let published = Published::start("", chain).await;
        let authority = Authority::new("udstedende");
        published
            .files()
            .put("metadata/upstreams/root.pem", authority.pem());
        let this = Self { published, authority };
        this.publisher().publish(PATH, &this.metadata());
        this.published.fetch_all().await;
        this
    }

    /// With a list on which nobody stands, valid until tomorrow.
    async fn with_a_list() -> Self {
        let this = Self::start().await;
        this.list(&this.authority.list(EARLIER, TOMORROW, &[])).await;
        this
    }

    fn publisher(&self) -> &Publisher {
        &self.published.publisher
    }

    fn metadata(&self) -> String {
        let idp = SamlIdp::new("lillekoebing");
        let own = data_encoding::BASE64.encode(idp.signer.certificate().unwrap());
        let issued = self
            .authority
            .certify(&*idp.signer, SERIAL, Some(&self.publisher().at(LIST)));
        idp.metadata().replace(&own, &issued)
    }

    /// Another list is published, and fetched when its time has come.
    async fn list(&self, list: &str) {
        self.publisher().publish(LIST, list);
        self.published.fetch_all().await;
    }

    async fn is_believed(&self) -> bool {
        self.published.believes(&SamlIdp::new("lillekoebing")).await
    }

    fn told(&self) -> String {
        self.published.told()
    }

    fn wait(&self, hours: i64) {
        self.published
            .stage
            .world
            .house
            .wait(SignedDuration::from_hours(hours));
    }

    fn asked(&self) -> usize {
        let asked = self.publisher().asked();
        asked.iter().filter(|(path, _)| path == LIST).count()
    }
}

#[tokio::test]
async fn a_party_is_believed_when_the_list_that_its_certificate_names_is_here() {
    let world = Certified::start().await;
    assert!(!world.is_believed().await);
    let told = world.told();
    assert!(
        told.contains("UnknownRevocationStatus") && told.contains("was not fetched yet"),
        "{told}"
    );
    world.list(&world.authority.list(EARLIER, TOMORROW, &[])).await;
    assert!(world.is_believed().await, "{}", world.told());
    let asked = world.asked();
    assert!(world.is_believed().await);
    assert_eq!(world.asked(), asked, "no login waits for a list");
    // After a restart the last good copy counts, and nothing is asked.
    world.publisher().say(LIST, Page::Status(500));
    let restarted = world.published.stage.world.house.restarted().await;
    let registry = restarted.portner.registry();
    assert!(
        registry
            .upstreams()
            .any(|party| party.profile.id.as_str() == "lillekoebing" && party.profile.enabled)
    );
    assert_eq!(world.asked(), asked);
}

#[tokio::test]
async fn who_is_revoked_while_portner_runs_is_believed_no_longer() {
    let world = Certified::with_a_list().await;
    assert!(world.is_believed().await);
    world.wait(7);
    world
        .list(&world.authority.list("2027-03-01T14:00:00Z", TOMORROW, &[SERIAL]))
        .await;
    assert!(!world.is_believed().await);
    let told = world.told();
    assert!(
        told.contains("CertRevoked") && told.contains("vouches for any signing certificate of lillekoebing"),
        "{told}"
    );
    // A reload does not bring back what was served before.
    world.published.stage.world.house.keeper().read_anew().await;
    assert!(!world.is_believed().await);
}

#[tokio::test]
async fn an_overdue_list_counts_for_a_day_and_then_nobody_is_believed() {
    let world = Certified::with_a_list().await;
    world.publisher().say(LIST, Page::Status(503));
    world.wait(25);
    world.published.fetch_all().await;
    assert!(world.is_believed().await, "within the grace");
    let told = world.told();
    assert!(
        told.contains("it answers 503")
            && told.contains("overdue since 2027-03-02T07:00:00Z: from 2027-03-03T07:00:00Z parties"),
        "{told}"
    );
    // To the moment, without anything being read.
    world.wait(22);
    assert!(!world.is_believed().await);
    world.published.fetch_all().await;
    let told = world.told();
    assert!(
        told.contains("a revocation list should have been replaced at 2027-03-02T07:00:00Z"),
        "{told}"
    );
    // And a new one brings the party back.
    world.wait(1);
    world
        .list(
            &world
                .authority
                .list("2027-03-03T07:30:00Z", "2027-03-04T07:30:00Z", &[]),
        )
        .await;
    assert!(world.is_believed().await, "{}", world.told());
}

#[tokio::test]
async fn b24_lists_that_nobody_signed_or_that_are_older_are_not_taken() {
    let world = Certified::with_a_list().await;
    let forged = Authority::new("udstedende");
    let attacks = [
        // A list of somebody with the authority's name.
        (
            forged.list("2027-03-01T14:00:00Z", "2037-03-02T07:00:00Z", &[SERIAL]),
            "none of the pinned authorities has signed it",
        ),
        // One that the authority signed once, played back.
        (
            world
                .authority
                .list("2027-03-01T06:00:00Z", "2037-03-02T07:00:00Z", &[SERIAL]),
            "it is older than the last good copy",
        ),
        (
            "<html>Please log in to the wireless network</html>".to_owned(),
            "not a certificate revocation list",
        ),
    ];
    for (list, why) in attacks {
        world.wait(1);
        world.list(&list).await;
        assert!(world.is_believed().await, "{why}: {}", world.told());
        assert!(world.told().contains(why), "{}", world.told());
    }
}

/// Two authorities are pinned. What the one publishes says nothing of those whom the other has certified, and
/// does not push its list out.
#[tokio::test]
async fn b24_another_authoritys_genuine_list_takes_no_place() {
    for by_address in [false, true] {
        let world = Certified::start().await;
        let other = Authority::new("anden");
        let both = format!("{}{}", world.authority.pem(), other.pem());
        let files = world.published.files();
        files.put("metadata/upstreams/root.pem", &both);
        if by_address {
            let lists = format!("lists = [\"{}\"]", world.publisher().at(LIST));
            let file = "metadata/upstreams/lillekoebing.toml";
            files.change(file, "distribution_points = true", &lists);
        } else {
            // Not even as the first: whose list it must be stands in the certificate.
            world.list(&other.list(EARLIER, TOMORROW, &[])).await;
            assert!(
                world.told().contains("another authority's list"),
                "{}",
                world.told()
            );
        }
        world.published.fetch_all().await;
        world.list(&world.authority.list(EARLIER, TOMORROW, &[])).await;
        assert!(world.is_believed().await, "{}", world.told());
        for (list, what) in [
            (other.list("2027-03-01T07:30:00Z", TOMORROW, &[]), "another's"),
            (
                world.authority.list_of_users("2027-03-01T07:30:00Z", TOMORROW),
                "about some of its certificates",
            ),
        ] {
            world.list(&list).await;
            assert!(world.is_believed().await, "{what}: {}", world.told());
            let told = world.told();
            assert!(told.contains("another authority's list"), "{what}: {told}");
        }
        // And its own next one is taken.
        world
            .list(&world.authority.list("2027-03-01T07:20:00Z", TOMORROW, &[SERIAL]))
            .await;
        assert!(!world.is_believed().await, "{}", world.told());
    }
}
