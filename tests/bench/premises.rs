//! The files of an installation under load: settings, keys, a TLS certificate, parties, and
//! a directory of people. All that has a default is at its default.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::BASE64;
use portner::ambient::Ambient;
use portner::cli::keys::create_key_set;
use portner::config::keys::KeyPurpose;
use portner::keys::Signer;
use portner::keys::file::{FileSigner, RsaPadding};
use portner::keys::generate::{KeyKind, generate};
use tempfile::TempDir;

/// People who can log in.
pub(crate) const PEOPLE: u32 = 500;
/// What the services' OpenID client and Portner at its upstream prove themselves with.
pub(crate) const SECRET: &str = "en-hemmelighed-til-maalinger-alene";

/// The password of everybody who has one.
pub(crate) const PASSWORD: &str = "blaabaergroed42";

/// How many parties there are beside the few that log in.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Crowd {
    pub(crate) upstreams: u32,
    pub(crate) services: u32,
    /// How many of the people have a password.
    pub(crate) passwords: u32,
    /// Where ten more services hear of logouts; none of them where nobody listens.
    pub(crate) farewells: Option<u16>,
}

/// A private key and its certificate.
pub(crate) struct PemPair {
    pub(crate) private_key: String,
    pub(crate) certificate: String,
}

/// The files, for as long as the value lives.
pub(crate) struct Premises {
    directory: TempDir,
    pub(crate) port: u16,
    pub(crate) admin_port: u16,
    pub(crate) provider_port: u16,
    /// What the SAML parties sign with: P-256, because a cheap stub is a quiet stub.
    pub(crate) stub: Arc<dyn Signer>,
    /// What a service opens assertions with that are encrypted for it, and the certificate to it.
    pub(crate) opener: PemPair,
    /// The certificate of the broker's TLS, which the load trusts.
    pub(crate) tls_certificate: Vec<u8>,
}

impl Premises {
    pub(crate) fn write(crowd: Crowd) -> Self {
        let ambient = Ambient::system();
        let directory = tempfile::tempdir().unwrap();
        create_key_set(
            &directory.path().join("keys"),
            "localhost",
            KeyKind::Rsa2048,
            &ambient,
        )
        .unwrap();
        let stub = generate(KeyKind::P256, "bench", &ambient).unwrap();
        let stub = signer(stub.private_key.as_bytes(), stub.certificate.as_bytes());
        let opener = generate(KeyKind::Rsa2048, "bench", &ambient).unwrap();
        let tls = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let premises = Self {
            directory,
            port: free_port(),
            admin_port: free_port(),
            provider_port: free_port(),
            stub,
            opener: PemPair {
                private_key: opener.private_key.to_string(),
                certificate: opener.certificate,
            },
            tls_certificate: tls.cert.der().to_vec(),
        };
        premises.put("tls.pem", &tls.cert.pem());
        premises.put("tls.key", &tls.signing_key.serialize_pem());
        premises.put("secret", SECRET);
        premises.put("portner.toml", &premises.settings());
        premises.put("attributes.toml", include_str!("../../config/attributes.toml"));
        premises.put("releases.toml", include_str!("../../config/releases.toml"));
        premises.put("people.toml", &people(crowd.passwords));
        premises.put_parties();
        premises.put_crowd(crowd);
        if let Some(port) = crowd.farewells {
            premises.put_farewells(port);
        }
        premises
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn origin(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    pub(crate) fn provider_origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.provider_port)
    }

    /// One of the broker's own keys, of which the parties know the public half.
    pub(crate) fn brokers_key(&self, purpose: KeyPurpose) -> Arc<dyn Signer> {
        let pem = fs::read(self.path("keys").join(purpose.file_name())).unwrap();
        if purpose.has_certificate() {
            signer(&pem, &pem)
        } else {
            Arc::new(FileSigner::from_pem(&pem, None, None, RsaPadding::Pkcs1).unwrap())
        }
    }

    fn settings(&self) -> String {
        let directory = self.directory.path().display();
        format!(
            r#"origin = "{origin}"
[listen]
public = ["127.0.0.1:{port}"]
admin = "127.0.0.1:{admin}"
[listen.tls]
certificate = "{directory}/tls.pem"
key = {{ file = "{directory}/tls.key" }}
[store]
url = "sqlite:{directory}/portner.db"
[keys]
directory = "{directory}/keys"
[files]
metadata = "{directory}/metadata"
trust = "{directory}/trust"
attributes = "{directory}/attributes.toml"
releases = "{directory}/releases.toml"
[egress]
private_addresses = true
[log]
format = "json"
"#,
            origin = self.origin(),
            port = self.port,
            admin = self.admin_port,
        )
    }

    /// The parties that log in: each protocol with as few signatures as it can have, and
    /// SAML once more with all that the product signs by default.
    fn put_parties(&self) {
        let service = |name: &str, more: &str| {
            let text = format!(
                "name = \"{name}\"\nstart_url = \"https://{name}.example/\"\nrelease = \"school-day\"\nsubject = \"uni-id\"\n{more}"
            );
            self.put(&format!("metadata/services/{name}.toml"), &text);
        };
        service(
            "skoledagen",
            "[saml]\nsign = \"response\"\nrequests = \"unsigned\"\n",
        );
        self.put(
            "metadata/services/skoledagen.xml",
            &self.service_metadata("skoledagen", "", ""),
        );
        service("skolebogen", "[saml]\n");
        self.put(
            "metadata/services/skolebogen.xml",
            &self.service_metadata("skolebogen", "", ""),
        );
        service(
            "skolekassen",
            "[saml]\nsign = \"response\"\nrequests = \"unsigned\"\nencrypt = \"assertion\"\n",
        );
        let opener = key_descriptor("encryption", &self.opener.base64());
        self.put(
            "metadata/services/skolekassen.xml",
            &self.service_metadata("skolekassen", &opener, ""),
        );
        service(
            "laesehest",
            &format!(
                "[oidc]\nredirect_uris = [\"https://laesehest.example/callback\"]\nsecret = {{ file = \"{}\" }}\n",
                self.path("secret").display()
            ),
        );
        let upstream = |name: &str, institution: &str, vouches_for: &str, more: &str| {
            let text = format!(
                "kind = \"local\"\nname = \"{name}\"\ndomains = [\"{name}.example\"]\ncontact = \"it@{name}.example\"\nscopes = [\"lillekoebing.example\"]\nvouches_for = [\"{vouches_for}\"]\ninstitutions = [\"{institution}\"]\n{more}"
            );
            self.put(&format!("metadata/upstreams/{name}.toml"), &text);
        };
        let by_uni_id = "[mapping]\nsubject = \"uni-id\"\n[saml]\n";
        upstream(
            "lillekoebing",
            "101001",
            "uni-id",
            &format!("{by_uni_id}sign_requests = false\n"),
        );
        self.put(
            "metadata/upstreams/lillekoebing.xml",
            &self.idp_metadata("lillekoebing"),
        );
        upstream(
            "oestkoebing",
            "101001",
            "uni-id",
            &format!("{by_uni_id}sign_requests = false\nassertions = \"encrypted\"\n"),
        );
        self.put(
            "metadata/upstreams/oestkoebing.xml",
            &self.idp_metadata("oestkoebing"),
        );
        self.put(
            "metadata/upstreams/central.toml",
            include_str!("../../src/demo/files/central.toml"),
        );
        upstream("mellemkoebing", "101001", "uni-id", by_uni_id);
        self.put(
            "metadata/upstreams/mellemkoebing.xml",
            &self.idp_metadata("mellemkoebing"),
        );
        upstream(
            "storkoebing",
            "101001",
            "cpr",
            &format!(
                "[oidc]\nissuer = \"{}\"\nclient_id = \"portner\"\nsecret = {{ file = \"{}\" }}\n",
                self.provider_origin(),
                self.path("secret").display()
            ),
        );
    }

    /// Parties that nobody uses, each as large as the real ones.
    fn put_crowd(&self, crowd: Crowd) {
        for number in 0..crowd.upstreams {
            let name = format!("kommune-{number:05}");
            let text = format!(
                "kind = \"local\"\nname = {{ da = \"{town} Kommune, skole {number}\", en = \"Municipality of {town}, school {number}\" }}\ndomains = [\"{name}.example\"]\ncontact = \"it@{name}.example\"\nvouches_for = [\"uni-id\"]\ninstitutions = [\"101001\"]\n[mapping]\nsubject = \"uni-id\"\n[saml]\n",
                town = town(number),
            );
            self.put(&format!("metadata/upstreams/{name}.toml"), &text);
            self.put(
                &format!("metadata/upstreams/{name}.xml"),
                &self.idp_metadata(&name),
            );
        }
        for number in 0..crowd.services {
            let name = format!("tjeneste-{number:05}");
            let text = format!(
                "name = \"Tjeneste {number}\"\nstart_url = \"https://{name}.example/\"\nrelease = \"school-day\"\n[saml]\n"
            );
            self.put(&format!("metadata/services/{name}.toml"), &text);
            self.put(
                &format!("metadata/services/{name}.xml"),
                &self.service_metadata(&name, "", ""),
            );
        }
    }

    /// Ten services that want to hear of logouts: five OpenID clients and three SAML services that are
    /// called, two SAML services that are visited.
    fn put_farewells(&self, port: u16) {
        for number in 0..FAREWELLS {
            let name = farewell(number);
            let about = format!(
                "name = \"Tjeneste {name}\"\nstart_url = \"https://{name}.example/\"\nrelease = \"school-day\"\nsubject = \"uni-id\"\n"
            );
            let hears = format!("http://127.0.0.1:{port}/{name}");
            let slo = match Farewell::of(number) {
                Farewell::Client => {
                    let secret = self.path("secret");
                    let text = format!(
                        "{about}[oidc]\nredirect_uris = [\"https://laesehest.example/callback\"]\nsecret = {{ file = \"{}\" }}\nbackchannel_logout_uri = \"{hears}\"\n",
                        secret.display()
                    );
                    self.put(&format!("metadata/services/{name}.toml"), &text);
                    continue;
                }
                Farewell::Called => single_logout("SOAP", &hears),
                Farewell::Visited => single_logout("HTTP-Redirect", &format!("https://{name}.example/slo")),
            };
            let text = format!("{about}[saml]\nsign = \"response\"\nrequests = \"unsigned\"\n");
            self.put(&format!("metadata/services/{name}.toml"), &text);
            let metadata = self.service_metadata(&name, "", &slo);
            self.put(&format!("metadata/services/{name}.xml"), &metadata);
        }
    }

    /// A feed of this address takes the place of single files, signed by whoever has this certificate.
    pub(crate) fn put_feed(&self, url: &str, certificate: &str) {
        self.put("metadata/federation.pem", certificate);
        let rules = crate::aggregate::rules(
            url,
            "federation.pem",
            "refresh_least = \"1 s\"\nrefresh_most = \"1 s\"\n",
        );
        self.put("metadata/feeds.toml", &rules);
    }

    fn service_metadata(&self, name: &str, more_keys: &str, slo: &str) -> String {
        format!(
            r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://{name}.example"><md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" AuthnRequestsSigned="true"><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>{more_keys}{slo}<md:AssertionConsumerService index="0" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://{name}.example/acs"/></md:SPSSODescriptor></md:EntityDescriptor>"#,
            certificate = self.stub_certificate(),
        )
    }

    fn idp_metadata(&self, name: &str) -> String {
        format!(
            r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://{name}.example"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://{name}.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"#,
            certificate = self.stub_certificate(),
        )
    }

    fn stub_certificate(&self) -> String {
        BASE64.encode(self.stub.certificate().unwrap())
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        fs::write(&path, text).unwrap();
        // The broker refuses secrets that everybody can read.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

impl PemPair {
    /// The certificate as metadata has it.
    fn base64(&self) -> String {
        self.certificate
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect()
    }
}

/// How many services a long session has been at.
pub(crate) const FAREWELLS: usize = 10;

/// How a service of a long session hears of its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// An OpenID client, by its back channel.
    Client,
    /// A SAML service, by SOAP.
    Called,
    /// A SAML service, through the browser.
    Visited,
}

impl Farewell {
    pub(crate) const fn of(number: usize) -> Self {
        match number {
            0..5 => Self::Client,
            5..8 => Self::Called,
            _ => Self::Visited,
        }
    }
}

/// What the services of a long session are called.
pub(crate) fn farewell(number: usize) -> String {
    format!("farvel-{number}")
}

fn single_logout(binding: &str, to: &str) -> String {
    format!(
        "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:{binding}\" Location=\"{to}\"/>"
    )
}

fn key_descriptor(usage: &str, certificate: &str) -> String {
    format!(
        "<md:KeyDescriptor use=\"{usage}\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )
}

/// The UNI-ID of a person.
pub(crate) fn uni_id(person: u32) -> String {
    format!("10000{person:05}")
}

/// The CPR number of a person: a date, as it must have, and the person's number.
pub(crate) fn cpr(person: u32) -> String {
    format!("010180{:04}", person + 1)
}

fn people(passwords: u32) -> String {
    let mut text =
        "[[institution]]\nnumber = \"101001\"\nname = \"Bakkeskolen\"\ncvr = \"10100100\"\n".to_owned();
    for person in 0..PEOPLE {
        writeln!(
            text,
            "[[person]]\nid = \"00000000-0000-4000-8000-{person:012}\"\ngiven-name = \"Elev {person}\"\nfamily-name = \"Holm\"\ncpr = \"{cpr}\"\n[[person.account]]\nuser-name = \"elev{person:05}\"\nuni-id = \"{uni_id}\"\n{password}[[person.account.actor]]\ngroup = \"elev\"\ninstitution = \"101001\"",
            cpr = cpr(person),
            uni_id = uni_id(person),
            password = if person < passwords {
                format!("password = \"{PASSWORD}\"\n")
            } else {
                String::new()
            },
        )
        .unwrap();
    }
    text
}

/// Names as various as those of a country, so that a search has something to do.
fn town(number: u32) -> String {
    const FIRST: [&str; 10] = [
        "Lille", "Stor", "Øster", "Vester", "Nørre", "Sønder", "Ny", "Gammel", "Over", "Neder",
    ];
    const SECOND: [&str; 10] = [
        "køb", "strand", "å", "skov", "bjerg", "holm", "dal", "eng", "vig", "bæk",
    ];
    const THIRD: [&str; 4] = ["ing", "by", "rup", "lev"];
    let pick = |among: &[&'static str], divisor: u32| among[(number / divisor) as usize % among.len()];
    [pick(&FIRST, 1), pick(&SECOND, 10), pick(&THIRD, 100)].concat()
}

fn signer(private_key: &[u8], certificate: &[u8]) -> Arc<dyn Signer> {
    Arc::new(FileSigner::from_pem(private_key, Some(certificate), None, RsaPadding::Pkcs1).unwrap())
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
