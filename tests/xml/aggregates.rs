//! Signed aggregates as a stream: what is accepted is what the tree reader accepts, to the byte.

use std::io::Read;

use portner::saml::xml::names::MD;
use portner::saml::xml::{
    AggregateRefusal, Document, Element, Limits, VerifyingKey, Visitor, read_signed, verify,
};
use proptest::prelude::*;

use crate::world::oidc_op::some_key;
use crate::world::signing::sign;

/// Notes what it is shown, with groups as brackets.
#[derive(Default)]
struct Notes(Vec<String>);

impl Visitor for Notes {
    type Gathered = Vec<String>;

    fn group(&mut self, group: Element<'_>) {
        self.0
            .push(format!("({}", group.attribute("Name").unwrap_or_default()));
    }

    fn group_ends(&mut self) {
        self.0.push(")".to_owned());
    }

    fn element(&mut self, element: Element<'_>) {
        self.0.push(element.canonical(usize::MAX).unwrap());
    }

    fn believed(self) -> Vec<String> {
        self.0
    }
}

/// Brings a few bytes at a time.
struct Trickle<'b>(&'b [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let some = self.1.min(self.0.len()).min(buffer.len());
        let (now, later) = self.0.split_at(some);
        buffer[..some].copy_from_slice(now);
        self.0 = later;
        Ok(some)
    }
}

fn read(xml: &str, key: &VerifyingKey, step: usize) -> Result<Vec<String>, AggregateRefusal> {
    read_signed(
        Trickle(xml.as_bytes(), step),
        std::slice::from_ref(key),
        10_000_000,
        Notes::default(),
    )
}

struct Hand {
    signer: std::sync::Arc<dyn portner::keys::Signer>,
    key: VerifyingKey,
}

impl Hand {
    fn new() -> Self {
        let signer = some_key();
        let key = VerifyingKey::from_spki_der(signer.public_key()).unwrap();
        Self { signer, key }
    }

    fn sign(&self, xml: &str) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(sign(xml, &*self.signer))
    }
}

const ROOT: &str = "<?xml version=\"1.0\"?>\n<!-- a feed --><md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
    xmlns:x=\"urn:x\" xmlns=\"urn:default\" ID=\"_f\" Name=\"all\">\r\n";

fn feed(inside: &str) -> String {
    format!("{ROOT}{inside}\n</md:EntitiesDescriptor>\n<!-- over -->\n")
}

const ENTITY: &str = "<md:EntityDescriptor entityID=\"https://a.example\"><x:y xmlns:z=\"urn:z\" z:b='&gt;\"' a=\"1\"><c>å&#xD;&amp;</c><d xmlns=\"\"/></x:y></md:EntityDescriptor>";

#[test]
fn an_aggregate_is_believed_however_it_trickles_in() {
    let hand = Hand::new();
    let inside = format!(
        " {ENTITY}<!-- <md:EntityDescriptor> -->\r\n<md:EntitiesDescriptor Name=\"some\" xmlns:x=\"urn:other\">\n{}\t</md:EntitiesDescriptor>",
        ENTITY.replace("a.example", "b.example")
    );
    let signed = hand.sign(&feed(&inside));
    let whole = read(&signed, &hand.key, usize::MAX).unwrap();
    assert_eq!(whole.len(), 6);
    assert_eq!(
        (whole[0].as_str(), whole[2].as_str(), whole[5].as_str()),
        ("(all", "(some", ")")
    );
    for step in [1, 2, 3, 7, 511, 512, 513] {
        assert_eq!(read(&signed, &hand.key, step).unwrap(), whole, "{step}");
    }
}

#[test]
fn nothing_outside_of_the_signature_and_nothing_unsigned_is_believed() {
    let hand = Hand::new();
    let stranger = Hand::new();
    let signed = hand.sign(&feed(ENTITY));
    let evil = ENTITY.replace("a.example", "evil.example");
    let end = "</md:EntitiesDescriptor>";
    let signature = {
        let from = signed.find("<ds:Signature").unwrap();
        let to = signed.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
        signed[from..to].to_owned()
    };
    let attacks = [
        ("unsigned", feed(ENTITY), "unsigned"),
        ("of a stranger", stranger.sign(&feed(ENTITY)), "signature"),
        ("one more inside", signed.replace(end, &format!("{evil}{end}")), "signature"),
        ("one more after the end", signed.replace(end, &format!("{end}{evil}")), "malformed"),
        ("a second root", format!("{signed}{}", feed(&evil).replace(ROOT, &ROOT[ROOT.find("<md:").unwrap()..])), "malformed"),
        (
            "wrapped",
            format!("{}{}{end}", ROOT.replace("_f", "_g"), signed.replace(&ROOT[..ROOT.find("<md:").unwrap()], "").replace("<!-- over -->", "") + &evil),
            "unsigned",
        ),
        ("before the signature", signed.replace("<ds:Signature", &format!("{evil}<ds:Signature")), "unsigned"),
        ("signed twice", signed.replace(&signature, &format!("{signature}{signature}")), "structure"),
        ("an entity for another", signed.replace("a.example", "evil.example"), "signature"),
        ("cut off", signed[..signed.len() - 40].to_owned(), "malformed"),
        ("nothing", String::new(), "malformed"),
        ("one id twice", hand.sign(&feed(&format!("{}{}", ENTITY.replace("entityID", "ID=\"_1\" entityID"), ENTITY.replace("entityID", "ID=\"_1\" entityID")))), "dup_id"),
        ("a document type", signed.replace("<!-- a feed -->", "<!DOCTYPE x [<!ENTITY a \"b\">]>"), "dtd"),
        ("an entity inside", signed.replace("<c>", "<c>&evil;"), "dtd"),
        ("cdata", signed.replace("<c>", "<c><![CDATA[x]]>"), "cdata"),
        ("an instruction", signed.replace("<c>", "<?x y?><c>"), "processing_instruction"),
        ("words between", signed.replace(end, &format!("ord{end}")), "malformed"),
        ("too deep", feed(&"<a>".repeat(100_000)), "size"),
        ("a tag without end", feed(&format!("<a b=\"{}", "x".repeat(5_000_000))), "size"),
        ("one entity for all", feed(&format!("<a>{}", " ".repeat(6_000_000))), "size"),
        ("more than is read", feed(&" \n".repeat(6_000_000)), "size"),
        ("not utf-8", signed.replace("<c>å", "<c>\u{0}"), "malformed"),
        ("one party alone", hand.sign(&ENTITY.replace("<md:EntityDescriptor ", "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" xmlns:x=\"urn:x\" ID=\"_1\" ")), "malformed"),
        ("another vocabulary", hand.sign(&feed(ENTITY).replace("SAML:2.0:metadata", "SAML:2.0:protocol")), "structure"),
    ];
    for (attack, xml, reason) in attacks {
        let refusal = read(&xml, &hand.key, usize::MAX).expect_err(attack);
        assert_eq!(refusal.reason(), reason, "{attack}: {refusal:?}");
    }
    assert!(
        read_signed(signed.as_bytes(), &[], 1_000, Notes::default()).is_err(),
        "without a key nobody is believed"
    );
}

/// Some XML between the groups of a feed.
fn inside() -> impl Strategy<Value = String> {
    let prefix = prop_oneof![Just("md:"), Just("x:"), Just("")];
    let attributes = prop_oneof![
        Just(""),
        Just(" a='1'"),
        Just(" xmlns:x='urn:2' x:a=\"&#9;\""),
        Just(" xmlns='urn:3'"),
        Just(" xmlns=\"\""),
        Just(" xml:lang='da'"),
    ];
    let text = prop_oneof![
        Just(""),
        Just("å"),
        Just(" \r\n "),
        Just("&lt;"),
        Just("<!-- c -->"),
        Just("'\"")
    ];
    let leaf =
        (prefix.clone(), attributes.clone(), text).prop_map(|(p, a, t)| format!("<{p}e{a}>{t}</{p}e>"));
    let tree = leaf.prop_recursive(3, 12, 3, move |inner| {
        (
            prefix.clone(),
            attributes.clone(),
            prop::collection::vec(inner, 0..3),
            any::<bool>(),
        )
            .prop_map(|(p, a, inner, group)| {
                let name = if group {
                    "md:EntitiesDescriptor".to_owned()
                } else {
                    format!("{p}f")
                };
                format!("<{name}{a}>{}</{name}>", inner.concat())
            })
    });
    prop::collection::vec(
        prop_oneof![tree, Just("\n\t".to_owned()), Just("<!-- - -->".to_owned())],
        0..5,
    )
    .prop_map(|all| all.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_stream_and_the_tree_believe_the_same(inside in inside(), at in any::<prop::sample::Index>(), put in "[<>/=\"' a:é&;!-]{0,2}", cut in 0_usize..3, step in 1_usize..40) {
        let hand = Hand::new();
        let mut xml = hand.sign(&feed(&inside));
        let by_tree = |xml: &str| {
            let document = Document::parse(xml.as_bytes(), &Limits::METADATA).ok()?;
            document.root().is(MD.uri, "EntitiesDescriptor").then_some(())?;
            let verified = verify(document.root(), std::slice::from_ref(&hand.key)).ok()?;
            verified.root().canonical(usize::MAX).ok()
        };
        prop_assert!(by_tree(&xml).is_some());
        prop_assert!(read(&xml, &hand.key, step).is_ok(), "{xml}");
        // Some mishap on the way: what the stream still believes, the tree believes too.
        let places: Vec<usize> = xml.char_indices().map(|(at, _)| at).collect();
        let from = *at.get(&places);
        let to = xml[from..].char_indices().map(|(at, _)| from + at).nth(cut).unwrap_or(xml.len());
        xml.replace_range(from..to, &put);
        if read(&xml, &hand.key, step).is_ok() {
            prop_assert!(by_tree(&xml).is_some(), "{xml}");
        }
    }
}
