//! The form of a command: one of those that are offered, or JSON; and the wish that it makes.

use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use super::declared::{CommandField, DeclaredCommand};
use crate::pages::{
    json::address,
    partner::entered::{number, put},
    parts::form::{Fault, Field, Kind, form, submit},
    submission::Submission,
    viewer::Viewer,
};

/// The field, and the parameter, that name the declared command; another word where the command is written as JSON.
const NAME: &str = "command";

/// The word that asks for the form of JSON; no decoder has a command of a name with a blank.
const JSON: &str = "as json";

/// The field of a command that is written as JSON.
const WRITTEN: &str = "written";

/// The wish that a form makes: the command with what goes with it.
///
/// # Errors
/// The fault of a field that is not of the kind of its example, or of JSON that cannot be read.
pub(super) fn wish(
    viewer: &Viewer,
    submission: &Submission,
    offered: &[DeclaredCommand],
) -> Result<Map<String, Json>, Fault> {
    let command = command(viewer, submission, offered)?;
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

/// The command that a form says.
///
/// # Errors
/// The fault of a field that is not of the kind of its example, of JSON that cannot be read, or of a command that is not
/// offered, as when the decoder has another version since.
pub(in crate::pages::partner) fn command(
    viewer: &Viewer,
    submission: &Submission,
    offered: &[DeclaredCommand],
) -> Result<Json, Fault> {
    let named = submission.filled(NAME);
    let chosen = offered.iter().find(|command| Some(command.name.as_str()) == named);
    match chosen.filter(|command| !command.is_written) {
        Some(chosen) => filled(viewer, submission, chosen),
        None if named.is_some() && submission.field(WRITTEN).is_none() => {
            Err(Fault::said(viewer.say("command-gone"), NAME))
        }
        None => written(viewer, submission),
    }
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

/// The command that is chosen among those that are offered; where none is, it is written as JSON.
pub(in crate::pages::partner) struct Choice<'of> {
    offered: &'of [DeclaredCommand],
    chosen: Option<&'of DeclaredCommand>,
}

impl<'of> Choice<'of> {
    /// The choice that a form or the address says; the first of the commands where neither says one of them.
    pub(in crate::pages::partner) fn of(
        viewer: &Viewer,
        submission: &Submission,
        offered: &'of [DeclaredCommand],
    ) -> Self {
        let said = submission.field(NAME).map(str::to_owned).or_else(|| viewer.parameter(NAME));
        let is_written = submission.field(WRITTEN).is_some() || said.as_deref() == Some(JSON);
        let named = offered.iter().find(|command| Some(&command.name) == said.as_ref());
        Self { offered, chosen: named.or_else(|| offered.first().filter(|_| !is_written)) }
    }

    /// The name of the choice, as the address of a page says it.
    pub(in crate::pages::partner) fn name(&self) -> &str {
        match self.chosen {
            Some(command) => &command.name,
            None if self.offered.is_empty() => "",
            None => JSON,
        }
    }

    /// The field of the choice, each command told by its effect; none where JSON is written.
    pub(in crate::pages::partner) fn field(&self, viewer: &Viewer) -> Option<Markup> {
        let chosen = self.chosen?;
        let offered = self.offered.iter().map(|command| (command.name.clone(), command.in_short()));
        let field = Field::new(NAME, viewer.say("command")).kind(Kind::Choice(offered.collect()));
        Some(field.value(&*chosen.name).in_english().shown())
    }

    /// The same in a form that chooses something beside it: where JSON is written, that stays so.
    pub(in crate::pages::partner) fn kept(&self, viewer: &Viewer) -> Markup {
        let is_written = self.chosen.is_none() && !self.offered.is_empty();
        html! {
            @if let Some(field) = self.field(viewer) { (field) }
            @if is_written { input type="hidden" name=(NAME) value=(JSON); }
        }
    }

    /// The way from the fields of a command to JSON, or back, on a page with these parameters beside; nothing where there are
    /// no fields.
    pub(in crate::pages::partner) fn other_way(
        &self,
        viewer: &Viewer,
        path: &str,
        beside: &[(&str, &str)],
    ) -> Markup {
        let (word, name) = match self.chosen {
            Some(_) => ("command-as-json", JSON),
            None => ("command-as-fields", ""),
        };
        let way = address(path, &[beside, &[(NAME, name)]].concat());
        html! { @if !self.offered.is_empty() { p.hint { a href=(way) { (viewer.say(word)) } } } }
    }

    /// The fields of the command, or that of JSON.
    pub(in crate::pages::partner) fn fields(
        &self,
        viewer: &Viewer,
        (submission, fault): (&Submission, &Fault),
    ) -> Markup {
        match self.chosen.filter(|command| !command.is_written) {
            Some(command) => value_fields(viewer, command, submission, fault),
            None => self.written_field(viewer, submission, fault),
        }
    }

    fn written_field(&self, viewer: &Viewer, submission: &Submission, fault: &Fault) -> Markup {
        let example = self.chosen.map(|command| format!("{:#}", command.example));
        let value = submission.filled(WRITTEN).map(str::to_owned).or(example);
        let field = Field::new(WRITTEN, viewer.say("command-json")).kind(Kind::Lines(6));
        let field = field.value(value.unwrap_or_default()).hint(viewer.say("command-json-hint"));
        html! {
            input type="hidden" name=(NAME) value=(self.name());
            (field.fault(fault).required().shown())
        }
    }
}

/// Returns the form that sends the chosen command. A command to a group names the group.
pub(super) fn sending(
    viewer: &Viewer,
    action: &str,
    choice: &Choice<'_>,
    (submission, fault): (&Submission, &Fault),
    group: Option<&str>,
) -> Markup {
    form(
        viewer,
        action,
        fault,
        html! {
            (choice.fields(viewer, (submission, fault)))
            @if let Some(group) = group { (of_group(viewer, group, submission, fault)) }
            (beside(viewer, submission, fault))
            (submit(&viewer.say("command-send")))
        },
    )
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
    let shown = match field.label() {
        label if label.is_empty() => Field::new(&name, viewer.say("value")),
        label => Field::new(&name, label).in_english(),
    };
    shown.kind(kind).value(value).fault(fault).shown()
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
