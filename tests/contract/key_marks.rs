//! Which keys a database was used with.

use portner::keys::mark::KeyMark;
use zeroize::Zeroizing;

use super::bench::{Bench, account};

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
