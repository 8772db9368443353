//! The form of a command: one of those that the decoder declares, or JSON; and the wish that it makes.

use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use super::declared::{CommandField, DeclaredCommand};
use crate::{
    api::Problem,
    pages::{
        json::{address, optional},
        partner::{
            entered::{number, put},
            frame::get_if_any,
        },
        parts::form::{Fault, Field, Kind, form, submit},
        submission::Submission,
        viewer::Viewer,
    },
};

/// The field, and the parameter, that name the declared command; another word where the command is written as JSON.
const NAME: &str = "command";

/// The word that asks for the form of JSON; no decoder has a command of a name with a blank.
const JSON: &str = "as json";

/// The field of a command that is written as JSON.
const WRITTEN: &str = "written";

/// The commands that a decoder declares, by a requirement such as `acme/meter@^1`; none where it has no entry.
pub(super) async fn declared(
    viewer: &Viewer,
    requirement: &str,
) -> Result<Vec<DeclaredCommand>, Problem> {
    let decoder = requirement.split('@').next().unwrap_or_default();
    if !decoder.contains('/') {
        return Ok(Vec::new());
    }
    let entry = get_if_any(viewer, &format!("/v1/catalogue/{decoder}")).await?;
    Ok(entry.map(|entry| DeclaredCommand::of(&entry)).unwrap_or_default())
}

/// The wish that a form makes: the command with what goes with it.
///
/// # Errors
/// The fault of a field that is not of the kind of its example, or of JSON that cannot be read.
pub(super) fn wish(
    viewer: &Viewer,
    submission: &Submission,
    declared: &[DeclaredCommand],
) -> Result<Map<String, Json>, Fault> {
    let named = submission.filled(NAME);
    let chosen = declared.iter().find(|command| Some(command.name.as_str()) == named);
    let command = match chosen.filter(|command| !command.is_written) {
        Some(chosen) => filled(viewer, submission, chosen)?,
        None => written(viewer, submission)?,
    };
    let mut wish = Map::new();
    wish.insert("command".to_owned(), command);
    if submission.is_ticked("confirmed") {
        wish.insert("confirmed".to_owned(), Json::Bool(true));
    }
    put(&mut wish, "priority", submission.filled("priority"));
    if let Some(hours) = submission.filled("hours") {
        let seconds = hours.parse::<u64>().map(|hours| json!(hours.saturating_mul(3_600)));
        wish.insert("expiresInSeconds".to_owned(), seconds.unwrap_or_else(|_| number(hours)));
    }
    Ok(wish)
}

fn filled(
    viewer: &Viewer,
    submission: &Submission,
    chosen: &DeclaredCommand,
) -> Result<Json, Fault> {
    let text =
        |field: &CommandField| submission.field(&field_name(chosen, field)).map(str::to_owned);
    chosen.filled(text).map_err(|other| {
        let name = format!("{}{}", chosen.name, other.pointer);
        Fault::said(viewer.say("command-other-kind"), &name)
    })
}

fn written(viewer: &Viewer, submission: &Submission) -> Result<Json, Fault> {
    let read: Result<Json, _> = serde_json::from_str(submission.text(WRITTEN));
    match read {
        Ok(command @ Json::Object(_)) => Ok(command),
        _ => Err(Fault::said(viewer.say("command-no-json"), WRITTEN)),
    }
}

fn field_name(command: &DeclaredCommand, field: &CommandField) -> String {
    format!("{}{}", command.name, field.pointer)
}

/// Returns the choice of a command, and the form of the one that is chosen. A command to a group names the group.
pub(super) fn forms(
    viewer: &Viewer,
    action: &str,
    declared: &[DeclaredCommand],
    (submission, fault): (&Submission, &Fault),
    group: Option<&str>,
) -> Markup {
    let first = || declared.first().map(|command| command.name.clone());
    let said = submission.field(NAME).map(str::to_owned).or_else(|| viewer.parameter(NAME));
    let name = said.or_else(first).unwrap_or_default();
    let chosen = declared.iter().find(|command| command.name == name);
    html! {
        (choice(viewer, action, declared, (&name, group)))
        (form(viewer, action, fault, html! {
            @match chosen.filter(|command| !command.is_written) {
                Some(command) => (value_fields(viewer, command, submission, fault)),
                None => (written_field(viewer, chosen, submission, fault)),
            }
            @if let Some(group) = group { (of_group(viewer, group, submission, fault)) }
            (beside(viewer, submission, fault))
            (submit(&viewer.say("command-send")))
        }))
    }
}

/// The commands that can be chosen, each by what it does.
fn choice(
    viewer: &Viewer,
    action: &str,
    declared: &[DeclaredCommand],
    (chosen, group): (&str, Option<&str>),
) -> Markup {
    let way = |name: &str| address(action, &[("group", group.unwrap_or_default()), (NAME, name)]);
    let current = |is: bool| is.then_some("true");
    let is_declared = declared.iter().any(|command| command.name == chosen);
    html! {
        nav aria-label=(viewer.say("command-choose")) {
            ul.tabs {
                @for command in declared {
                    li { a href=(way(&command.name)) lang="en" title=(command.meaning) aria-current=[current(command.name == chosen)] {
                        (command.name)
                    } }
                }
                li { a href=(way(JSON)) aria-current=[current(!is_declared)] { (viewer.say("command-as-json")) } }
            }
        }
    }
}

fn value_fields(
    viewer: &Viewer,
    command: &DeclaredCommand,
    submission: &Submission,
    fault: &Fault,
) -> Markup {
    html! {
        p lang="en" { (command.meaning) }
        input type="hidden" name=(NAME) value=(command.name);
        @for field in &command.fields { (value_field(viewer, command, field, (submission, fault))) }
    }
}

fn value_field(
    viewer: &Viewer,
    command: &DeclaredCommand,
    field: &CommandField,
    (submission, fault): (&Submission, &Fault),
) -> Markup {
    let name = field_name(command, field);
    let is_sent = submission.filled(NAME) == Some(command.name.as_str());
    let entered = submission.field(&name).filter(|_| is_sent).map(str::to_owned);
    let value = match (&field.value, entered) {
        (Json::Bool(truth), None) if is_sent || !truth => String::new(),
        (_, entered) => entered.unwrap_or_else(|| field.text()),
    };
    let kind = if field.value.is_boolean() { Kind::Tick } else { Kind::Line("text") };
    let label = match field.label() {
        label if label.is_empty() => viewer.say("value"),
        label => label,
    };
    Field::new(&name, label).kind(kind).value(value).fault(fault).shown()
}

fn written_field(
    viewer: &Viewer,
    example: Option<&DeclaredCommand>,
    submission: &Submission,
    fault: &Fault,
) -> Markup {
    let name = example.map(|command| command.name.as_str()).unwrap_or_default();
    let example = example.map(|command| format!("{:#}", command.example)).unwrap_or_default();
    let value = submission.filled(WRITTEN).map_or(example, str::to_owned);
    let field = Field::new(WRITTEN, viewer.say("command-json")).kind(Kind::Lines(6));
    html! {
        input type="hidden" name=(NAME) value=(name);
        (field.value(value).hint(viewer.say("command-json-hint")).fault(fault).required().shown())
    }
}

/// The fields of a command to a group beside those of the command.
fn of_group(viewer: &Viewer, group: &str, submission: &Submission, fault: &Fault) -> Markup {
    let tags = Field::new("tags", viewer.say("command-tags")).value(submission.text("tags"));
    html! {
        input type="hidden" name="group" value=(group);
        (tags.fault(fault).hint(viewer.say("command-tags-hint")).shown())
    }
}

/// The fields that go with each command: whether it is confirmed, its priority, and for how long it is wanted.
fn beside(viewer: &Viewer, submission: &Submission, fault: &Fault) -> Markup {
    let priorities = ["low", "normal", "high"];
    let word = |word: &str| (word.to_owned(), viewer.say_word("priority", word));
    let priority = submission.filled("priority").unwrap_or("normal");
    let confirmed = if submission.is_ticked("confirmed") { "yes" } else { "" };
    html! {
        details {
            summary { (viewer.say("command-options")) }
            (Field::new("hours", viewer.say("command-hours")).kind(Kind::Line("number"))
                .value(submission.text("hours")).hint(viewer.say("command-hours-hint")).fault(fault).shown())
            (Field::new("priority", viewer.say("command-priority")).kind(Kind::Choice(priorities.map(word).to_vec()))
                .value(priority).fault(fault).shown())
            (Field::new("confirmed", viewer.say("command-confirmed")).kind(Kind::Tick).value(confirmed).shown())
        }
    }
}

/// The decoder that an object is to be decoded by, as a requirement; empty where there is none.
pub(super) fn requirement(device: &Json) -> &str {
    let firmware = optional(device, "/firmware").unwrap_or_default();
    let of_firmware = device.get("firmwareDecoders").and_then(|all| all.get(firmware)?.as_str());
    of_firmware.or_else(|| optional(device, "/decoder")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decoder_of_the_firmware_that_runs_counts() {
        let device = json!({
            "decoder": "acme/lamp@^1", "firmware": "2.0", "firmwareDecoders": { "2.0": "acme/lamp-2@^1" },
        });
        assert_eq!(requirement(&device), "acme/lamp-2@^1");
        assert_eq!(requirement(&json!({ "decoder": "acme/lamp@^1" })), "acme/lamp@^1");
        assert_eq!(requirement(&json!({})), "");
    }
}
