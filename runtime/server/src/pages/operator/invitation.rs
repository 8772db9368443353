//! An invitation that was made: mailed, or to be handed over by the one who made it.

use maud::{Markup, html};
use serde_json::Value as Json;

use crate::pages::{
    json::{moment, optional, text},
    viewer::Viewer,
};

/// The link of an invitation where it was not mailed, with the time until which it can be used.
pub(super) fn invitation(viewer: &Viewer, made: &Json) -> Markup {
    let until = moment(made, "/expiresAt").map(|until| viewer.minute(until)).unwrap_or_default();
    let until = viewer.say_with("operator-invitation-until", [("until", until.into())]);
    html! {
        @match optional(made, "/mailedTo") {
            Some(address) => p { (viewer.say_with("operator-invitation-mailed", [("to", address.into())])) },
            None => {
                p { (viewer.say("operator-invitation-hand-over")) }
                p { code { (text(made, "/link")) } }
            }
        }
        p { (until) }
    }
}
