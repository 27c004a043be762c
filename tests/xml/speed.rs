//! How long the roads take (performance.md's goals are about optimised programs). Run by hand:
//! `cargo test --release --test main speed -- --ignored --nocapture`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use portner::keys::Signer;
use portner::saml::xml::{AcceptedCiphers, Document, Limits, verify_response};

use super::keys::{EC, RSA};
use super::messages;

#[test]
#[ignore = "measures, asserts nothing"]
fn speed() {
    let key = [RSA.verifying_key()];
    for signed in messages::ALL {
        let xml = messages::response(signed, 1, &RSA);
        let read = || Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
        measure(&format!("parse {} bytes", xml.len()), || {
            read().root().local_name().len()
        });
        let document = read();
        measure("canonicalise", || {
            document.root().canonical(usize::MAX).unwrap().len()
        });
        measure(&format!("parse and verify {signed:?}"), || {
            let document = read();
            let response = verify_response(&document, &key, &[], AcceptedCiphers::Gcm).unwrap();
            response
                .assertion()
                .map(|assertion| assertion.root().attributes().count())
                .unwrap_or_default()
        });
    }
    measure("write a Response", || {
        messages::response_around(1, &messages::assertion(1))
            .as_str()
            .len()
    });
    for (name, signer) in [("RSA", &*RSA), ("ECDSA", &*EC)] {
        measure(&format!("{name} alone"), || drop(signer.sign(b"message")));
        let unsigned = messages::response_around(1, &messages::assertion(1));
        measure(&format!("sign with {name}"), || {
            signer.sign_element(unsigned.clone()).as_str().len()
        });
    }
}

/// Prints the fastest and the middle one of many.
fn measure<T>(what: &str, mut run: impl FnMut() -> T) {
    let mut times: Vec<Duration> = (0..2_000)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed()
        })
        .collect();
    times.sort();
    eprintln!("{what}: {:?} / {:?}", times[0], times[times.len() / 2]);
}
