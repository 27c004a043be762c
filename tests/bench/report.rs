//! The tables, in Markdown, as `src/manual/speed.md` has them.

use crate::floor::Floor;
use crate::journey::{Connections, Road};
use crate::load::{Offered, Saturated};

/// The floor, operation by operation.
pub(crate) fn floor(floor: &Floor) -> String {
    format!(
        "\nFloor (µs, one core, middle of many): RSA-2048 sign {:.0}, verify {:.0}; P-256 sign {:.0}, verify {:.0}; \
         RSA-OAEP wrap {:.0}, unwrap {:.0}; TLS 1.3 handshake (server's part) {:.0}\n",
        floor.rsa_sign,
        floor.rsa_verify,
        floor.ecdsa_sign,
        floor.ecdsa_verify,
        floor.wrap,
        floor.unwrap,
        floor.handshake
    )
}

pub(crate) const LOGINS_HEAD: &str = "\
| login (upstream → service) | connections | broker CPU, µs (three windows) | logins per CPU-second | floor, µs | floor / CPU | per second by the wall | MB under load | load average |
|---|---|---|---|---|---|---|---|---|";

pub(crate) fn logins(
    road: Road,
    connections: Connections,
    saturated: &Saturated,
    floor: &Floor,
    load_average: &str,
) -> String {
    let floor = road.floor(floor, connections);
    let how = match connections {
        Connections::Fresh => "new",
        Connections::Kept => "kept",
    };
    format!(
        "| {} | {how} | {:.0} ({:.0}–{:.0}) | {:.0} | {floor:.0} | {:.0} % | {:.0} | {:.0} | {load_average} |",
        road.name(),
        saturated.micros,
        saturated.range.0,
        saturated.range.1,
        1e6 / saturated.micros,
        100.0 * floor / saturated.micros,
        saturated.per_second,
        saturated.resident,
    )
}

pub(crate) const OFFERED_HEAD: &str = "\
| offered | logins | failures | p50, ms | p99, ms | broker cores | rows per commit | MB | load average |
|---|---|---|---|---|---|---|---|---|";

pub(crate) fn offered(what: &str, offered: &Offered, load_average: &str) -> String {
    format!(
        "| {what} | {} | {} | {:.1} | {:.1} | {:.2} | {:.1} | {:.0} | {load_average} |",
        offered.logins,
        offered.failures.len(),
        offered.p50,
        offered.p99,
        offered.cores,
        offered.rows_per_commit,
        offered.resident,
    )
}
