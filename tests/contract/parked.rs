//! Values that are too long for a cookie.

use jiff::SignedDuration;
use portner::store::ephemeral::StateKey;
use portner::store::retention::Retention;

use super::bench::Bench;

pub(super) async fn what_is_parked_is_there_until_it_is_over_or_forgotten(bench: &Bench) {
    let store = &bench.store;
    let place = |name: &str| StateKey::of("logout.parked", &[name]);
    let (now, until) = (bench.now(), bench.now() + SignedDuration::from_mins(10));
    store.park(&place("a"), b"first", until).await.unwrap();
    store.park(&place("a"), b"second", until).await.unwrap();
    store.park(&place("b"), b"other", until).await.unwrap();
    let read = async |name: &str, at| store.parked(&place(name), at).await.unwrap();
    assert_eq!(read("a", now).await.as_deref(), Some(b"second".as_slice()));
    assert_eq!(read("a", until).await, None, "it is over");
    assert_eq!(read("c", now).await, None);
    store.unpark(&place("a")).await.unwrap();
    assert_eq!(read("a", now).await, None);
    assert_eq!(read("b", now).await.as_deref(), Some(b"other".as_slice()));
    let purged = store
        .purge(&Retention::default(), until + SignedDuration::from_secs(1))
        .await;
    assert_eq!(purged.unwrap().parked, 1);
}
