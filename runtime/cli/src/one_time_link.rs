//! Links by which people choose a password, as they are handed over.

use jiff::Timestamp;

use crate::output;

/// Says on standard error what is to be done with a link that was just shown.
pub(super) fn tell(link: &str, recipient: &str, expires_at: Timestamp) {
    output::note(format_args!(
        "Hand the link to {recipient} alone. It can be used once, until {}; this is the only time that it is shown.",
        output::moment(expires_at)
    ));
    if link.starts_with('/') {
        output::note(
            "It lacks the address of the server: put that in front of it, as people reach it, or set public-address of \
             [sign-in].",
        );
    }
}
