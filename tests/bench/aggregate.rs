//! A federation's aggregate of real size: how much CPU and memory it takes to read and verify one.
//!
//! `cargo bench --bench logins -- aggregate` prints a line for each size. The entities are as
//! large and as varied as those of an interfederation: two roles, two certificates, names, logos
//! and descriptions in two languages, requested attributes, contacts.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use portner::ambient::Ambient;
use portner::domain::address::PlainHttp;
use portner::keys::Signer;
use portner::keys::file::{FileSigner, RsaPadding};
use portner::keys::generate::{KeyKind, generate};
use portner::saml::metadata::read_aggregate;
use portner::saml::xml::VerifyingKey;

use crate::signing::sign;

/// Entities of the largest interfederation, twice over in bytes.
pub(crate) const ENTITIES: usize = 10_000;

/// How long the aggregate is good for.
pub(crate) const VALID_UNTIL: &str = "2027-03-08T08:00:00Z";

/// Prints how an aggregate of this many entities is read, by a process of its own.
pub(crate) async fn measure(entities: usize) {
    let pair = generate(KeyKind::Rsa2048, "federation", &Ambient::system()).unwrap();
    let signer = FileSigner::from_pem(
        pair.private_key.as_bytes(),
        Some(pair.certificate.as_bytes()),
        None,
        RsaPadding::Pkcs1,
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["services", "upstreams", "feeds"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let (feed, key) = (folder.path().join("feeds/fed.xml"), folder.path().join("key.der"));
    std::fs::write(folder.path().join("fed.pem"), &pair.certificate).unwrap();
    let rules = rules("https://federation.example/feed.xml", "fed.pem", "");
    std::fs::write(folder.path().join("feeds.toml"), rules).unwrap();
    std::fs::write(&key, signer.certificate().unwrap()).unwrap();
    std::fs::write(&feed, sign(&aggregate(entities), &signer).await).unwrap();
    let program = std::env::current_exe().unwrap();
    for arguments in [
        vec![
            "aggregate-read".into(),
            feed.into_os_string(),
            key.into_os_string(),
        ],
        vec!["aggregate-serve".into(), folder.path().as_os_str().to_owned()],
    ] {
        let done = std::process::Command::new(&program).args(arguments).status();
        assert!(done.unwrap().success());
    }
}

/// Reads an aggregate and prints what that took.
pub(crate) fn read(feed: &str, key: &str) {
    let key = VerifyingKey::from_certificate_der(&std::fs::read(key).unwrap()).unwrap();
    let file = File::open(feed).unwrap();
    let megabytes = file.metadata().unwrap().len() as f64 / 1e6;
    let (before, cpu) = (of_status("VmRSS:"), cpu_of_this_thread());
    let mut providers = 0_usize;
    let now = "2027-03-01T08:00:00Z".parse().unwrap();
    let read = read_aggregate(file, &[key], PlainHttp::Refused, now, |entity| {
        providers += usize::from(entity.idp.is_some());
        None::<()>
    })
    .unwrap();
    let taken = (cpu_of_this_thread() - cpu).as_secs_f64();
    println!(
        "aggregate: {} entities, {providers} of them identity providers, {megabytes:.0} MB: {taken:.2} s of CPU, \
         {:.0} MB a second, {} MB more memory at the highest",
        read.entities,
        megabytes / taken,
        of_status("VmHWM:").saturating_sub(before),
    );
    assert_eq!(read.passed_over, 0, "{:?}", read.told);
}

/// What `feeds.toml` says of an aggregate: everybody is taken.
pub(crate) fn rules(url: &str, key: &str, more: &str) -> String {
    format!(
        "[fed]\nurl = \"{url}\"\nkey = \"{key}\"\n{more}\
        [[fed.upstreams]]\nall = true\nwithin = [\"*.example\"]\nkind = \"local\"\ninstitutions = [\"101001\"]\n\
        vouches_for = [\"uni-id\"]\n[fed.upstreams.mapping]\nsubject = \"uni-id\"\n\
        [[fed.services]]\nall = true\nrelease = \"pseudonym\"\n"
    )
}

/// Makes a registry of an aggregate, of whose folder this is one, and prints what it holds on to.
pub(crate) fn serve(folder: &str) {
    let file = |path: &str| portner::config::settings::load_source(Path::new(path)).unwrap();
    let (vocabularies, releases) = (file("config/attributes.toml"), file("config/releases.toml"));
    let origin = portner::config::listen::Origin::parse("https://login.example").unwrap();
    let terms = portner::trust::Terms {
        origin: &origin,
        vocabularies: &portner::config::attributes::Vocabularies::parse(&vocabularies).unwrap(),
        releases: &portner::config::releases::ReleaseRules::parse(&releases).unwrap(),
        request_signer: None,
        elliptic: portner::trust::EllipticKeys::default(),
        plain_http_on_loopback: false,
        now: "2027-03-01T08:00:00Z".parse().unwrap(),
        shelf: portner::trust::shelf::Shelf::at(folder),
        held: None,
        lists: std::cell::RefCell::default(),
    };
    let (before, cpu) = (of_status("VmRSS:"), cpu_of_this_thread());
    let (registry, problems) = portner::trust::load(Path::new(folder), &terms);
    println!(
        "aggregate: a registry of {} upstreams and {} services: {:.2} s of CPU, {} MB more memory",
        registry.upstreams().len(),
        registry.services().len(),
        (cpu_of_this_thread() - cpu).as_secs_f64(),
        of_status("VmRSS:").saturating_sub(before),
    );
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{told:?}");
}

/// An aggregate whose entities are like real ones.
pub(crate) fn aggregate(entities: usize) -> String {
    let certificates: Vec<String> = (0..20)
        .map(|_| {
            let pair = generate(KeyKind::Rsa2048, "idp", &Ambient::system()).unwrap();
            pair.certificate
                .lines()
                .filter(|line| !line.starts_with('-'))
                .fold(String::new(), |all, line| all + line + "\n")
        })
        .collect();
    let mut xml = String::with_capacity(entities * 9_500);
    xml.push_str(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- made for measuring -->\n<md:EntitiesDescriptor \
         xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" \
         xmlns:mdui=\"urn:oasis:names:tc:SAML:metadata:ui\" xmlns:shibmd=\"urn:mace:shibboleth:metadata:1.0\" \
         xmlns:mdattr=\"urn:oasis:names:tc:SAML:metadata:attribute\" xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
         xmlns:mdrpi=\"urn:oasis:names:tc:SAML:metadata:rpi\" xmlns:idpdisc=\"urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol\" \
         ID=\"_feed\" Name=\"https://federation.example\" validUntil=\"",
    );
    xml.push_str(VALID_UNTIL);
    xml.push_str("\" cacheDuration=\"PT6H\">\n");
    for number in 0..entities {
        entity(&mut xml, number, &certificates);
    }
    xml.push_str("</md:EntitiesDescriptor>\n");
    xml
}

fn entity(xml: &mut String, number: usize, certificates: &[String]) {
    let host = format!("institution{number}.example");
    let description =
        "Institutionens login giver elever, studerende og medarbejdere adgang til tjenester i føderationen. "
            .repeat(4);
    let about = format!(
        "<mdui:UIInfo>\n<mdui:DisplayName xml:lang=\"da\">Østerkøbing Institution {number}</mdui:DisplayName>\n\
         <mdui:DisplayName xml:lang=\"en\">Institution {number} of Østerkøbing</mdui:DisplayName>\n\
         <mdui:Description xml:lang=\"da\">{description}</mdui:Description>\n\
         <mdui:Description xml:lang=\"en\">{description}</mdui:Description>\n\
         <mdui:Logo height=\"16\" width=\"16\">https://{host}/favicon.png</mdui:Logo>\n\
         <mdui:Logo height=\"60\" width=\"80\" xml:lang=\"da\">https://{host}/static/images/logo-80x60.png</mdui:Logo>\n\
         <mdui:InformationURL xml:lang=\"da\">https://{host}/da/om</mdui:InformationURL>\n\
         <mdui:PrivacyStatementURL xml:lang=\"en\">https://{host}/en/privacy</mdui:PrivacyStatementURL>\n</mdui:UIInfo>"
    );
    let key = |usage: &str, which: usize| {
        format!(
            "<md:KeyDescriptor use=\"{usage}\">\n<ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\n</md:KeyDescriptor>\n",
            certificates[which % certificates.len()]
        )
    };
    let _ = writeln!(
        xml,
        "<md:EntityDescriptor entityID=\"https://{host}/saml/metadata\">\n<md:Extensions>\n\
         <mdrpi:RegistrationInfo registrationAuthority=\"https://federation.example\" registrationInstant=\"2019-05-06T07:08:09Z\"/>\n\
         <mdattr:EntityAttributes><saml:Attribute Name=\"http://macedir.org/entity-category\" \
         NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\">\
         <saml:AttributeValue>http://refeds.org/category/research-and-scholarship</saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes>\n\
         </md:Extensions>"
    );
    let protocol = "protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"";
    if number.is_multiple_of(2) {
        let _ = write!(
            xml,
            "<md:IDPSSODescriptor {protocol}>\n<md:Extensions><shibmd:Scope regexp=\"false\">{host}</shibmd:Scope>{about}</md:Extensions>\n{}{}",
            key("signing", number),
            key("encryption", number + 1),
        );
        for binding in ["HTTP-Redirect", "HTTP-POST", "SOAP"] {
            let _ = writeln!(
                xml,
                "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:{binding}\" Location=\"https://{host}/saml2/idp/slo/{binding}\"/>"
            );
        }
        for binding in ["HTTP-Redirect", "HTTP-POST", "SOAP"] {
            let _ = writeln!(
                xml,
                "<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:{binding}\" Location=\"https://{host}/saml2/idp/sso/{binding}\"/>"
            );
        }
        xml.push_str("</md:IDPSSODescriptor>\n");
    } else {
        let _ = write!(
            xml,
            "<md:SPSSODescriptor {protocol}>\n<md:Extensions>{about}<idpdisc:DiscoveryResponse Binding=\"urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol\" \
             Location=\"https://{host}/Shibboleth.sso/Login\" index=\"1\"/></md:Extensions>\n{}{}",
            key("signing", number),
            key("encryption", number),
        );
        for index in 0..4 {
            let _ = writeln!(
                xml,
                "<md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"https://{host}/Shibboleth.sso/SAML2/POST/{index}\" index=\"{index}\"/>"
            );
        }
        let _ = writeln!(
            xml,
            "<md:AttributeConsumingService index=\"1\"><md:ServiceName xml:lang=\"da\">Tjeneste {number}</md:ServiceName>"
        );
        for attribute in [
            "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
            "urn:oid:0.9.2342.19200300.100.1.3",
            "urn:oid:2.16.840.1.113730.3.1.241",
        ] {
            let _ = writeln!(
                xml,
                "<md:RequestedAttribute Name=\"{attribute}\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\" isRequired=\"true\"/>"
            );
        }
        xml.push_str("</md:AttributeConsumingService>\n</md:SPSSODescriptor>\n");
    }
    let _ = writeln!(
        xml,
        "<md:Organization><md:OrganizationName xml:lang=\"da\">Institution {number}</md:OrganizationName>\
         <md:OrganizationDisplayName xml:lang=\"da\">Institution {number}</md:OrganizationDisplayName>\
         <md:OrganizationURL xml:lang=\"da\">https://{host}/</md:OrganizationURL></md:Organization>"
    );
    for kind in ["technical", "support", "administrative"] {
        let _ = writeln!(
            xml,
            "<md:ContactPerson contactType=\"{kind}\"><md:GivenName>Servicedesk</md:GivenName>\
             <md:EmailAddress>mailto:{kind}@{host}</md:EmailAddress></md:ContactPerson>"
        );
    }
    xml.push_str("</md:EntityDescriptor>\n");
}

fn cpu_of_this_thread() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

fn of_status(key: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let kilobytes = line.and_then(|line| {
        line.trim_matches(|c: char| !c.is_ascii_digit())
            .parse::<usize>()
            .ok()
    });
    kilobytes.unwrap_or_default() / 1024
}
