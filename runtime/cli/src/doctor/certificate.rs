//! The certificate of the HTTP interface: whether it can be used, and for how long.

use champollion_server::tls::TlsSettings;
use jiff::{SignedDuration, Timestamp};

use super::{super::plural::counted, finding::Finding};

/// The name of the check.
const CHECK: &str = "certificate";

/// The time before its end from which on a certificate should be renewed.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) fn check(tls: &TlsSettings) -> Finding {
    match tls.open() {
        Ok(Some(door)) => judged(door.ends(), Timestamp::now()),
        Ok(None) => Finding::ok(CHECK, "there is none: the server speaks HTTP in clear"),
        Err(error) => Finding::fail(CHECK, error.to_string()).advising("mend the files of [tls]"),
    }
}

fn judged(ends: Option<Timestamp>, now: Timestamp) -> Finding {
    let Some(ends) = ends else { return Finding::ok(CHECK, "it has no end") };
    let left = ends.duration_since(now);
    let days = left.as_hours() / 24;
    if left <= SignedDuration::ZERO {
        return Finding::fail(CHECK, format!("it has ended, on {ends}")).advising("renew it");
    }
    let message = format!("it ends in {}, on {ends}", counted(days, "day"));
    match left {
        _ if left < SOON => Finding::warn(CHECK, message).advising("renew it"),
        _ => Finding::ok(CHECK, message),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::State, *};

    #[test]
    fn a_certificate_is_judged_by_its_end() {
        let now = Timestamp::UNIX_EPOCH;
        let state = |hours| judged(Some(now + SignedDuration::from_hours(hours)), now).state();
        assert_eq!([state(-1), state(24), state(24 * 60)], [State::Fail, State::Warn, State::Ok]);
        assert_eq!(judged(None, now).state(), State::Ok);
    }
}
