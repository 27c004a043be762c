//! Opening, closing, migrating.

use portner::store::{Store, StoreUrl};

use super::bench::{Bench, account, school};

pub(super) async fn a_reachable_database_says_so_until_it_is_closed(bench: &Bench) {
    assert!(bench.store.is_reachable().await);
    bench.store.close().await;
    assert!(!bench.store.is_reachable().await);
}

pub(super) async fn migrations_run_once(bench: &Bench) {
    bench.put_sofie(vec![(account(1, "sofi1234"), Vec::new())]).await;
    bench
        .opened_again()
        .await
        .put_institution(&school())
        .await
        .unwrap();
    assert!(
        bench
            .store
            .record_of_account(account(1, "sofi1234").id, bench.now())
            .await
            .unwrap()
            .is_some()
    );
}

pub(super) async fn who_only_looks_sees_what_is_there_and_makes_nothing(bench: &Bench) {
    bench.put_sofie(vec![(account(1, "sofi1234"), Vec::new())]).await;
    let looking = bench.looked_into().await.unwrap();
    assert!(looking.has_people().await.unwrap());
    looking.close().await;
}

#[tokio::test]
async fn looking_for_a_database_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portner.db");
    for address in [format!("sqlite:{}", file.display()), "sqlite::memory:".to_owned()] {
        let found = Store::open_to_look(&StoreUrl::parse(&address).unwrap()).await;
        assert!(found.unwrap().is_none(), "{address}");
    }
    assert!(!file.exists());
}

#[tokio::test]
async fn databases_in_memory_are_strangers() {
    let (one, other) = (
        Store::open_memory().await.unwrap(),
        Store::open_memory().await.unwrap(),
    );
    one.put_institution(&school()).await.unwrap();
    other.put_institution(&school()).await.unwrap();
}
