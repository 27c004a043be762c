//! Opening, closing, migrating.

use portner::store::Store;

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

#[tokio::test]
async fn databases_in_memory_are_strangers() {
    let (one, other) = (
        Store::open_memory().await.unwrap(),
        Store::open_memory().await.unwrap(),
    );
    one.put_institution(&school()).await.unwrap();
    other.put_institution(&school()).await.unwrap();
}
