//! The form of a new schedule: the rule of its moments is chosen first, and the form has the fields of that rule.

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use maud::{Markup, html};

use super::{
    LIST,
    plan::{COMMAND, RULES, fields_of, plan, rule_of},
};
use crate::{
    api::Problem,
    pages::{
        clocks,
        json::{address, path_part, text},
        layout::Page,
        partner::{frame::partner_page, groups, rhythms},
        parts::form::{Fault, Field, Kind, form, submit},
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

/// The page of the form.
pub(super) const NEW: &str = "/partner/schedules/new";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route(NEW, get(show).post(make))
}

async fn show(viewer: Viewer) -> Result<Page, Problem> {
    let names = ["rule", "group"];
    let asked = names.map(|name| (name.to_owned(), viewer.parameter(name).unwrap_or_default()));
    new_page(&viewer, &Submission::of_fields(asked), &Fault::none()).await
}

async fn make(viewer: Viewer, submission: Submission) -> Result<Response, Problem> {
    let (status, fault) = match plan(&viewer, &submission) {
        Err(fault) => (StatusCode::BAD_REQUEST, fault),
        Ok(plan) => match viewer.send(Method::POST, "/v1/schedules", Some(&plan)).await {
            Ok(made) => {
                let path = format!("{LIST}/{}", path_part(&text(&made, "/id")));
                return Ok(viewer.done(&path, "done-schedule-made"));
            }
            Err(problem) => {
                let rule = rule_of(&submission);
                let fault = Fault::of(&problem).renamed(|path| field_of(path, rule));
                (problem.status(), fault)
            }
        },
    };
    let page = new_page(&viewer, &submission, &fault).await?;
    Ok(page.with_status(status).into_response())
}

/// The field of the form that a member of the schedule is in; what is wrong with the moments as a whole stands at the first
/// field of their rule.
fn field_of(path: &str, rule: &str) -> Option<String> {
    let field = match path.strip_prefix("when.").unwrap_or(path) {
        "when" => fields_of(rule).first()?,
        "offsetMinutes" => "offset",
        "timeZone" => "zone",
        "expiresInSeconds" => "minutes",
        "place.latitude" | "place" => "latitude",
        "place.longitude" => "longitude",
        exceptions if exceptions.starts_with("exceptions") => "except",
        same => same,
    };
    Some(field.to_owned())
}

async fn new_page(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Result<Page, Problem> {
    let names = groups::names(viewer).await?;
    let rule = rule_of(filled);
    let content = html! {
        p { a href=(LIST) { (viewer.say("partner-schedules")) } }
        (rules(viewer, rule, filled.text("group")))
        (form(viewer, NEW, fault, fields(viewer, rule, &names, (filled, fault))))
    };
    Ok(partner_page(viewer, &viewer.say("schedule-add"), content))
}

/// The rules to choose from.
fn rules(viewer: &Viewer, chosen: &str, group: &str) -> Markup {
    html! {
        nav aria-label=(viewer.say("schedule-rule")) {
            ul.tabs {
                @for rule in RULES {
                    li { a href=(address(NEW, &[("rule", rule), ("group", group)]))
                        aria-current=[(rule == chosen).then_some("true")] {
                        (viewer.say_word("schedule-rule", rule))
                    } }
                }
            }
        }
    }
}

fn fields(
    viewer: &Viewer,
    rule: &str,
    names: &[String],
    (filled, fault): (&Submission, &Fault),
) -> Markup {
    let hinted = |name: &'static str| {
        let hint = viewer.say(&format!("schedule-{name}-hint"));
        line(viewer, name, (filled, fault)).hint(hint)
    };
    let groups = groups::choices_or(names, viewer.say("choose"));
    let group = Field::new("group", viewer.say("group")).kind(Kind::Choice(groups));
    let tags = Field::new("tags", viewer.say("command-tags")).value(filled.text("tags"));
    let command = Field::new(COMMAND, viewer.say("command-json")).kind(Kind::Lines(4));
    let make_up = if filled.is_ticked("makeUp") { "yes" } else { "" };
    html! {
        input type="hidden" name="rule" value=(rule);
        (hinted("name").required().shown())
        (group.value(filled.text("group")).fault(fault).shown())
        (tags.hint(viewer.say("command-tags-hint")).fault(fault).shown())
        (hinted("device").shown())
        @for name in fields_of(rule) { (of_rule(viewer, name, (filled, fault))) }
        (command.value(filled.text(COMMAND)).hint(viewer.say("command-json-hint")).fault(fault).required().shown())
        (hinted("minutes").kind(Kind::Line("number")).shown())
        (Field::new("makeUp", viewer.say("schedule-make-up")).kind(Kind::Tick).value(make_up).fault(fault).shown())
        (submit(&viewer.say("schedule-add")))
    }
}

fn line<'of>(
    viewer: &Viewer,
    name: &'static str,
    (filled, fault): (&Submission, &'of Fault),
) -> Field<'of> {
    let label = viewer.say(&format!("schedule-{name}"));
    Field::new(name, label).value(filled.text(name)).fault(fault)
}

/// A field of the rule that is chosen.
fn of_rule(viewer: &Viewer, name: &'static str, entered: (&Submission, &Fault)) -> Markup {
    let line = line(viewer, name, entered);
    let line = match name {
        "offset" => line.kind(Kind::Line("number")),
        "at" => line.kind(Kind::Moment).required().hint(clocks::hint(viewer, "clocks-hint")),
        "cron" => line.required().suggesting(rhythms::offered(viewer, &rhythms::OF_COMMANDS)),
        _ => line,
    };
    match viewer.language().try_say(&format!("schedule-{name}-hint")) {
        Some(hint) => line.hint(hint).shown(),
        None => line.shown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_stands_at_the_field_of_its_member() {
        for (path, rule, field) in [
            ("when", "cron", "cron"),
            ("when", "at", "at"),
            ("when", "sunset", "offset"),
            ("when.cron", "cron", "cron"),
            ("when.offsetMinutes", "sunset", "offset"),
            ("when.place", "sunrise", "latitude"),
            ("when.exceptions[1]", "cron", "except"),
            ("expiresInSeconds", "at", "minutes"),
            ("device", "at", "device"),
        ] {
            assert_eq!(field_of(path, rule).as_deref(), Some(field));
        }
    }
}
