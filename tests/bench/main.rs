//! The benchmark: whole brokered logins against the product as it is released.
//!
//! `cargo bench --bench logins` prints the table of `src/manual/speed.md`; with `-- --quick`
//! the windows are short and the figures rough. The broker is a child process, so that its
//! CPU time and memory are told apart from those of the load and of the stubs, which are
//! here. One failed or wrongly answered login voids the run.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and tells what it found"
)]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unchecked_time_subtraction,
    reason = "counts of logins and times since the start are small and grow"
)]

mod aggregate;
mod boards;
mod broker;
mod burdens;
mod farewells;
mod floor;
mod journey;
mod load;
mod machine;
mod passwords;
mod premises;
mod provider;
mod report;
mod scenes;
#[path = "../world/signing.rs"]
mod signing;
mod visitor;
mod world;

use std::time::Duration;

/// How long everything takes.
#[derive(Debug, Clone, Copy)]
struct Plan {
    /// One window of a closed loop; the middle one of three counts.
    window: Duration,
    /// The load at a fixed rate.
    open_loop: Duration,
    /// Browsers at once in a closed loop.
    browsers: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let asked: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    if let ["aggregate-read", feed, key] = asked[..] {
        aggregate::read(feed, key);
        return;
    }
    if let ["aggregate-serve", folder] = asked[..] {
        aggregate::serve(folder);
        return;
    }
    let plan = if quick {
        Plan {
            window: Duration::from_secs(2),
            open_loop: Duration::from_secs(5),
            browsers: 16,
        }
    } else {
        Plan {
            window: Duration::from_secs(8),
            open_loop: Duration::from_secs(20),
            browsers: 16,
        }
    };
    let wants = |scene: &str| asked.is_empty() || asked.contains(&scene);
    // The broker has a core of its own where the machine lets it; the load has another.
    machine::pin(std::process::id(), machine::LOAD_CORE);

    println!("{}", machine::describe());
    let floor = floor::measure();
    println!("{}", report::floor(&floor));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        if wants("logins") {
            scenes::logins(&plan, &floor).await;
        }
        if wants("rest") {
            scenes::rest().await;
        }
        if wants("search") {
            scenes::search().await;
        }
        if wants("morning") {
            scenes::morning(&plan).await;
        }
        if wants("aggregate") {
            aggregate::measure(aggregate::ENTITIES).await;
        }
        if wants("encrypted") {
            burdens::encrypted(&plan, &floor).await;
        }
        if wants("crowded") {
            burdens::crowded(&plan).await;
        }
        if wants("refresh") {
            Box::pin(burdens::refresh(&plan, if quick { 1 } else { 3 })).await;
        }
        if wants("logout") {
            farewells::logout(if quick { 20 } else { 100 }).await;
        }
        if wants("passwords") {
            passwords::passwords(&plan).await;
        }
        if wants("boards") {
            Box::pin(boards::boards()).await;
        }
        if wants("profile") && !asked.is_empty() {
            scenes::profile(&plan, &asked).await;
        }
    });
}
