//! Remarks on the messages of network servers and on their frames, which become warnings in the records.

use champollion_delivery::records::Warning;
use champollion_lns::Unreadable;
use champollion_registry::package::Manifest;

/// The code of a member that was left out, since it cannot be read.
const UNREADABLE: &str = "unreadable-member";

/// The code of a payload of which the message does not say whether it is encrypted.
const UNTOLD: &str = "payload-encryption-untold";

/// The code of a frame on a port that its decoder does not declare.
const UNDECLARED_PORT: &str = "undeclared-port";

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

/// The warning about a frame on a port that the package of its decoder does not declare: the device may be of
/// another model, or the package may be older than its firmware.
pub(super) fn undeclared_port(manifest: &Manifest, f_port: u8) -> Option<Warning> {
    let declared = manifest.uplink_ports_without(f_port)?;
    let list: Vec<String> = declared.iter().map(u8::to_string).collect();
    let (id, version, list) = (&manifest.id, &manifest.version, list.join(", "));
    let message = format!(
        "{id} {version} does not declare port {f_port} (its uplinks come on {list}): look whether this is its \
         device, and whether a newer version declares the port"
    );
    Some(Warning::new(UNDECLARED_PORT, message))
}
