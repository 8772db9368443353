//! Remarks on the messages of network servers, which become warnings in the records of their frames.

use champollion_delivery::records::Warning;
use champollion_lns::Unreadable;

/// The code of a member that was left out, since it cannot be read.
const UNREADABLE: &str = "unreadable-member";

/// The code of a payload of which the message does not say whether it is encrypted.
const UNTOLD: &str = "payload-encryption-untold";

/// The warnings about members that could not be read.
pub(super) fn unreadable(members: &[Unreadable]) -> Vec<Warning> {
    let warning =
        |member: &Unreadable| Warning::new(UNREADABLE, member.to_string()).about(member.path());
    members.iter().map(warning).collect()
}

/// Counts the members that could not be read.
pub(super) fn count(members: &[Unreadable]) {
    for member in members {
        metrics::counter!("champollion_unreadable_members_total", "member" => member.member())
            .increment(1);
    }
}

/// The warning about a payload that was taken for clear or decrypted though the message does not say which of
/// both it is.
pub(super) fn untold_encryption(was_decrypted: bool) -> Warning {
    let did = if was_decrypted {
        "the message does not say whether its payload is encrypted; it was decrypted, since the AppSKey of the device is known here"
    } else {
        "the message does not say whether its payload is encrypted; it was taken for clear, since no AppSKey of the device is known here"
    };
    let remedy = "say it by `payload` of the device or of its network server, clear or encrypted";
    Warning::new(UNTOLD, format!("{did}: {remedy}"))
}
