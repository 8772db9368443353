//! The limits that the system sets to a process.

use champollion_server::connections::{ConnectionLimits, raise_descriptors};
use rustix::process::{Resource, getrlimit};

use super::finding::Finding;

/// Bytes of addresses that a server with its sandboxes reserves at most; memory is not taken for them.
const ADDRESSES: u64 = 1 << 40;

/// The descriptors of the process, of which each connection takes one.
pub(super) fn descriptors(limits: &ConnectionLimits) -> Finding {
    let check = "descriptors";
    match raise_descriptors() {
        Some(possible) if possible < limits.most => Finding::warn(
            check,
            format!(
                "they are enough for {possible} connections, and [connections] most is {}",
                limits.most
            ),
        )
        .advising("raise them (LimitNOFILE of systemd, ulimit -n), or lower the setting"),
        _ => Finding::ok(check, format!("they are enough for {} connections", limits.most)),
    }
}

/// The addresses of the process, which sandboxes reserve.
pub(super) fn addresses() -> Finding {
    let check = "addresses";
    match getrlimit(Resource::As).current {
        Some(bytes) if bytes < ADDRESSES => {
            Finding::warn(check, format!("a process may have {} GB of them", bytes >> 30))
                .advising("take the limit away (LimitAS of systemd, ulimit -v): sandboxes reserve more than they use")
        }
        _ => Finding::ok(check, "sandboxes may reserve as many as they need"),
    }
}
