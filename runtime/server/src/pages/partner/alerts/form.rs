//! The form of a rule: its condition, the devices that it watches, and the recipients that are told.

use champollion_sandbox::vocabulary::Quantity;
use maud::{Markup, html};

use super::{
    condition::{CONDITIONS, UNITS, fields_of, is_fine, is_required},
    definition::SCOPE,
    parts::Parts,
    quantities::choices,
};
use crate::pages::{
    json::address,
    parts::form::{Fault, Field, Kind, form},
    submission::Submission,
    viewer::Viewer,
};

/// The form of a rule with what is in it.
pub(super) struct RuleForm<'of> {
    pub(super) viewer: &'of Viewer,
    /// The page of the form, which its submission goes to.
    pub(super) action: &'of str,
    /// The group that the rule is of.
    pub(super) group: &'of str,
    pub(super) condition: &'of str,
    pub(super) filled: &'of Submission,
    pub(super) fault: &'of Fault,
    /// Whether the rule has no name yet.
    pub(super) is_new: bool,
    pub(super) quantities: &'of [&'static Quantity],
    /// The names of the routes of the group.
    pub(super) routes: &'of [String],
    /// The sub-groups and use cases of the group's objects.
    pub(super) parts: &'of Parts,
}

impl RuleForm<'_> {
    /// Returns the conditions to choose from, and the form.
    pub(super) fn shown(&self) -> Markup {
        html! {
            (self.conditions())
            (form(self.viewer, self.action, self.fault, self.content()))
        }
    }

    fn conditions(&self) -> Markup {
        html! {
            nav aria-label=(self.viewer.say("alert-when")) {
                ul.tabs {
                    @for word in CONDITIONS {
                        li { a href=(address(self.action, &[("group", self.group), ("when", word)]))
                            aria-current=[(word == self.condition).then_some("true")] {
                            (self.viewer.say_word("alert-condition", word))
                        } }
                    }
                }
            }
        }
    }

    fn content(&self) -> Markup {
        let viewer = self.viewer;
        html! {
            input type="hidden" name="when" value=(self.condition);
            input type="hidden" name="group" value=(self.group);
            p.hint { (viewer.say_word("alert-hint", self.condition)) }
            @if self.is_new {
                (self.line("name").required().hint(viewer.say("route-name-hint")).shown())
            }
            @for field in fields_of(self.condition) {
                @if !is_fine(self.condition, field) { (self.of_condition(field)) }
            }
            (self.fine())
            @if self.condition != "route" { (self.scope()) }
            (self.tell())
            (self.buttons())
        }
    }

    fn line<'own>(&'own self, name: &'own str) -> Field<'own> {
        let label = self.viewer.say_word("alert-field", name);
        Field::new(name, label).value(self.filled.text(name)).fault(self.fault)
    }

    fn hinted<'own>(&'own self, name: &'own str) -> Field<'own> {
        match self.viewer.language().try_say(&format!("alert-field-hint-{name}")) {
            Some(hint) => self.line(name).hint(hint),
            None => self.line(name),
        }
    }

    fn of_condition(&self, name: &'static str) -> Markup {
        let field = match name {
            "quantity" => self.hinted(name).kind(Kind::Choice(self.offered("choose", name))),
            "alarm" => self.hinted(name).kind(Kind::Choice(self.offered("alert-any-alarm", name))),
            "route" => self.hinted(name).kind(Kind::Choice(self.offered_routes())),
            "channel" | "frames" => self.hinted(name).kind(Kind::Line("number")),
            "time" => return self.time(),
            _ => self.hinted(name),
        };
        match is_required(self.condition, name) {
            true => field.required().shown(),
            false => field.shown(),
        }
    }

    /// The fields that most rules do without.
    fn fine(&self) -> Markup {
        let fields = fields_of(self.condition).iter().copied();
        let fields: Vec<&'static str> =
            fields.filter(|field| is_fine(self.condition, field)).collect();
        html! {
            @if !fields.is_empty() {
                details open[fields.iter().any(|name| self.is_touched(name))] {
                    summary { (self.viewer.say("alert-fine")) }
                    @for field in fields { (self.of_condition(field)) }
                }
            }
        }
    }

    fn offered(&self, none: &str, name: &str) -> Vec<(String, String)> {
        let before = (self.filled.text(name), self.viewer.say(none));
        choices(self.viewer, self.condition, self.quantities, before)
    }

    fn offered_routes(&self) -> Vec<(String, String)> {
        let none = (String::new(), self.viewer.say("alert-any-route"));
        let before = Some(self.filled.text("route").to_owned());
        // A route that is gone stays chosen until another one is.
        let before = before.filter(|name| !name.is_empty() && !self.routes.contains(name));
        let routes = self.routes.iter().cloned().chain(before).map(|name| (name.clone(), name));
        std::iter::once(none).chain(routes).collect()
    }

    /// A time with its unit.
    fn time(&self) -> Markup {
        let words =
            UNITS.map(|(word, _)| (word.to_owned(), self.viewer.say_word("alert-unit", word)));
        let is_wait = is_required(self.condition, "time");
        let time = self.line("time").kind(Kind::Line("number"));
        html! {
            div.halves {
                @if is_wait { (time.required().shown()) } @else { (time.hint(self.viewer.say("alert-time-hint")).shown()) }
                (self.line("timeUnit").kind(Kind::Choice(words.to_vec())).shown())
            }
        }
    }

    fn scope(&self) -> Markup {
        html! {
            details open[SCOPE.iter().any(|name| self.is_touched(name))] {
                summary { (self.viewer.say("alert-scope")) }
                p.hint { (self.viewer.say("alert-scope-hint")) }
                @for name in SCOPE { (self.of_scope(name)) }
            }
        }
    }

    fn of_scope(&self, name: &str) -> Markup {
        match self.parts.choices(self.viewer, name, self.filled.text(name)) {
            Some(choices) => self.hinted(name).kind(Kind::Choice(choices)).shown(),
            None => self.hinted(name).shown(),
        }
    }

    /// Whether something is said in a field, or something is wrong with it.
    fn is_touched(&self, name: &str) -> bool {
        self.filled.filled(name).is_some() || self.fault.at(name).is_some()
    }

    fn tell(&self) -> Markup {
        let viewer = self.viewer;
        let languages =
            ["fr", "en"].map(|code| (code.to_owned(), viewer.say_word("alert-language", code)));
        let systems = ["webhook", "mqttUrl", "mqttTopic", "mqttUser", "mqttPassword"];
        html! {
            fieldset {
                legend { (viewer.say("alert-tell")) }
                (self.hinted("mail").shown())
                (self.line("language").kind(Kind::Choice(languages.to_vec())).shown())
                details open[systems.iter().any(|name| self.is_touched(name))] {
                    summary { (viewer.say("alert-systems")) }
                    (self.hinted("webhook").kind(Kind::Line("url")).shown())
                    (self.hinted("mqttUrl").shown())
                    (self.hinted("mqttTopic").shown())
                    (self.hinted("mqttUser").completed_by("off").shown())
                    // A password is not shown again.
                    (self.hinted("mqttPassword").value("").kind(Kind::Line("password")).completed_by("off").shown())
                }
            }
        }
    }

    /// The buttons: the rule is saved, or tried first where records can tell.
    fn buttons(&self) -> Markup {
        let viewer = self.viewer;
        let save = if self.is_new { viewer.say("alert-rule-make") } else { viewer.say("save") };
        html! {
            p.actions {
                button type="submit" { (save) }
                @if self.condition != "route" {
                    " " button.quiet type="submit" name="act" value="try" { (viewer.say("alert-rule-try")) }
                }
            }
        }
    }
}
