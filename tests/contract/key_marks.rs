//! Which keys a database was used with.

use portner::credentials::argon2::PasswordHash;
use portner::keys::mark::KeyMark;
use portner::store::credentials::NewSecret;
use zeroize::Zeroizing;

use super::bench::{Bench, account};
use super::secrets::secret;

pub(super) async fn keys_are_known_by_their_purpose_until_they_are_forgotten(bench: &Bench) {
    let store = &bench.store;
    let mark = |byte| KeyMark::of(&Zeroizing::new([byte; 32]), "pairwise").unwrap();
    assert_eq!(store.key_marks("pairwise").await.unwrap(), []);
    for byte in [1, 2, 1] {
        store.remember_key_mark("pairwise", &mark(byte)).await.unwrap();
    }
    let known = store.key_marks("pairwise").await.unwrap();
    assert!(
        known.len() == 2 && known.contains(&mark(1)) && known.contains(&mark(2)),
        "{known:?}"
    );
    assert_eq!(store.key_marks("cpr-index").await.unwrap(), []);
    store.forget_key_marks("cpr-index").await.unwrap();
    assert_eq!(store.key_marks("pairwise").await.unwrap().len(), 2);
    store.forget_key_marks("pairwise").await.unwrap();
    assert_eq!(store.key_marks("pairwise").await.unwrap(), []);
}

pub(super) async fn a_directory_says_whether_anybody_is_in_it(bench: &Bench) {
    assert!(!bench.store.has_people().await.unwrap());
    bench.put_sofie(vec![(account(1, "sofi1234"), Vec::new())]).await;
    assert!(bench.store.has_people().await.unwrap());
}

pub(super) async fn hashes_say_which_pepper_they_were_made_with(bench: &Bench) {
    const OURS: &str = "keyid=ZWlucw";
    const ANOTHER: &str = "keyid=endlaQ";
    let (store, now) = (&bench.store, bench.now());
    let found = async |known: &str| {
        let lacking = store.hashes_lacking(&[known.to_owned()]).await.unwrap();
        (store.has_hashes_with(known).await.unwrap(), lacking)
    };
    bench.put_sofie(vec![(account(1, "sofi1234"), Vec::new())]).await;
    assert_eq!(found(OURS).await, (false, 0));
    let sofie = account(1, "sofi1234").id;
    store.put_secret(sofie, &secret(1, now)).await.unwrap();
    assert_eq!(found(OURS).await, (false, 0), "one without pepper lacks none");
    let (salt, output) = ("A".repeat(22), "A".repeat(43));
    let hash = PasswordHash::parse(&format!("$argon2id$v=19$m=8,t=1,p=1,{OURS}${salt}${output}")).unwrap();
    let peppered = NewSecret {
        hash,
        ..secret(1, now)
    };
    store.put_secret(sofie, &peppered).await.unwrap();
    assert_eq!(found(OURS).await, (true, 0));
    assert_eq!(found(ANOTHER).await, (false, 1));
}
