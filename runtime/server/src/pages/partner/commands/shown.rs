//! Commands as a list, each with its state.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::declared::command_in_words;
use crate::pages::{
    json::text,
    partner::frame::moment_or_dash,
    parts::{badge::badge, notice::Tone, table::Table},
    viewer::Viewer,
};

/// Returns a list of commands, each with the way to its own page.
pub(in crate::pages::partner) fn commands_table(viewer: &Viewer, commands: &[Json]) -> Markup {
    let mut table = Table::new(viewer.say("partner-commands"))
        .column(viewer.say("command"))
        .column(viewer.say("command-state"))
        .column(viewer.say("command-queued"))
        .column(viewer.say("command-by"));
    for command in commands {
        let link = format!("/partner/commands/{}", text(command, "/id"));
        table.row(vec![
            html! { a href=(link) lang="en" { (words(command)) } },
            state(viewer, command),
            moment_or_dash(viewer, command, "/queuedAt"),
            html! { (text(command, "/requestedBy")) },
        ]);
    }
    html! {
        @if table.is_empty() { p { (viewer.say("commands-none")) } } @else { (table.shown()) }
    }
}

/// The command itself, in the words of its decoder.
fn words(command: &Json) -> String {
    command.get("command").map(command_in_words).unwrap_or_default()
}

/// A command in the words of its decoder, with its JSON folded beneath: words do not tell a number from a text.
pub(in crate::pages::partner) fn with_json(command: &Json) -> Markup {
    html! {
        span lang="en" { (command_in_words(command)) }
        details.small {
            summary { "JSON" }
            code { (command) }
        }
    }
}

/// The badge of a command's state.
pub(super) fn state(viewer: &Viewer, command: &Json) -> Markup {
    let word = text(command, "/state");
    badge(tone(&word), &viewer.say_word("command-state", &word))
}

fn tone(state: &str) -> Tone {
    match state {
        "acknowledged" | "sent" => Tone::Good,
        "failed" | "expired" => Tone::Bad,
        "unknown" => Tone::Warning,
        _ => Tone::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_came_to_nothing_is_marked() {
        assert_eq!(tone("failed"), Tone::Bad);
        assert_eq!(tone("queued"), Tone::Plain);
        assert_eq!(words(&serde_json::json!({ "command": { "on": true } })), "on: true");
    }
}
