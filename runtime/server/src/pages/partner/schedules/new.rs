//! The form of a new schedule: the rule of its moments, the objects and the command are chosen first, and the form has
//! the fields of these.

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
    plan::{RULES, fields_of, plan, rule_of},
    target::{DEVICE, Target},
};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, Command},
    },
    auth::Reach,
    pages::{
        clocks::{self, Clocks},
        json::{address, path_part, text},
        layout::Page,
        partner::{
            commands::wish::{Choice, command},
            frame::partner_page,
            groups,
            objects::suggested::suggested,
            rhythms,
        },
        parts::form::{Fault, Field, Kind, form, submit},
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

/// The page of the form.
pub(super) const NEW: &str = "/partner/schedules/new";

/// The fields that few schedules need, which are folded.
const FURTHER: [&str; 4] = ["zone", "except", "minutes", "makeUp"];

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route(NEW, get(show).post(make))
}

async fn show(viewer: Viewer, authorized: Authorized<Command>) -> Result<Page, Problem> {
    let names = ["rule", "group", DEVICE];
    let asked = names.map(|name| (name.to_owned(), viewer.parameter(name).unwrap_or_default()));
    let asked = Submission::of_fields(asked);
    new_page((&viewer, &authorized.reach), (&asked, &Fault::none())).await
}

async fn make(
    viewer: Viewer,
    authorized: Authorized<Command>,
    submission: Submission,
) -> Result<Response, Problem> {
    let groups = groups::names(&viewer).await?;
    let viewed = (&viewer, &authorized.reach);
    let (_, offered) = Target::of(viewed, &submission, &groups).await?;
    let (status, fault) = match command(&viewer, &submission, &offered) {
        Err(fault) => (StatusCode::BAD_REQUEST, fault),
        Ok(command) => {
            let plan = plan(&submission, command, &Clocks::of(&viewer));
            match viewer.send(Method::POST, "/v1/schedules", Some(&plan)).await {
                Ok(made) => {
                    let path = format!("{LIST}/{}", path_part(&text(&made, "/id")));
                    return Ok(viewer.done(&path, "done-schedule-made"));
                }
                Err(problem) => {
                    let rule = rule_of(&submission);
                    let fault = Fault::of(&problem).renamed(|path| field_of(path, rule));
                    (problem.status(), fault)
                }
            }
        }
    };
    let page = new_page(viewed, (&submission, &fault)).await?;
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

async fn new_page(
    (viewer, reach): (&Viewer, &Reach),
    (filled, fault): (&Submission, &Fault),
) -> Result<Page, Problem> {
    let names = groups::names(viewer).await?;
    let (target, offered) = Target::of((viewer, reach), filled, &names).await?;
    let choice = Choice::of(viewer, filled, &offered);
    let rule = rule_of(filled);
    let objects = suggested(viewer).await?;
    let chosen = [target.parameters(), vec![("rule", rule)]].concat();
    let content = html! {
        p { a href=(LIST) { (viewer.say("partner-schedules")) } }
        (rules(viewer, rule, &target, &choice))
        form.narrowing method="get" action=(NEW) {
            input type="hidden" name="rule" value=(rule);
            (objects_field(viewer, &target, (filled, &names), objects))
            (choice.kept(viewer))
            p.actions { button.quiet type="submit" { (viewer.say("filter-apply")) } }
        }
        @match heading(viewer, &target) {
            None => p { (viewer.say("schedule-no-target")) },
            Some(heading) => {
                h2 { (heading) }
                (form(viewer, NEW, fault, fields(viewer, (rule, &target, &choice), (filled, fault))))
                (choice.other_way(viewer, NEW, &chosen))
            }
        }
    };
    let page = partner_page(viewer, &viewer.say("schedule-add"), content);
    Ok(match &target {
        Target::Unknown(..) => page.with_status(StatusCode::BAD_REQUEST),
        _ => page,
    })
}

/// The words for those that are commanded, where somebody is.
fn heading(viewer: &Viewer, target: &Target) -> Option<String> {
    match target {
        Target::None | Target::Unknown(_) => None,
        Target::Group(group) => {
            Some(viewer.say_with("command-to-group", [("group", group.as_str().into())]))
        }
        Target::Device { name, .. } => {
            Some(viewer.say_with("command-to-object", [("name", name.as_str().into())]))
        }
    }
}

/// The rules to choose from.
fn rules(viewer: &Viewer, chosen: &str, target: &Target, choice: &Choice<'_>) -> Markup {
    let way = |rule| {
        let beside = [target.parameters(), vec![("command", choice.name())]].concat();
        address(NEW, &[vec![("rule", rule)], beside].concat())
    };
    html! {
        nav aria-label=(viewer.say("schedule-rule")) {
            ul.tabs {
                @for rule in RULES {
                    li { a href=(way(rule)) aria-current=[(rule == chosen).then_some("true")] {
                        (viewer.say_word("schedule-rule", rule))
                    } }
                }
            }
        }
    }
}

/// The choice of the objects: a group, or one of its own.
fn objects_field(
    viewer: &Viewer,
    target: &Target,
    (filled, names): (&Submission, &[String]),
    objects: Vec<(String, String)>,
) -> Markup {
    let group = match target {
        Target::Group(group) => group.as_str(),
        _ => filled.text("group"),
    };
    let none = Fault::none();
    let fault = match target {
        Target::Unknown(fault) => fault,
        _ => &none,
    };
    let groups = groups::choices_or(names, viewer.say("choose"));
    html! {
        (Field::new("group", viewer.say("group")).kind(Kind::Choice(groups)).value(group).shown())
        (Field::new(DEVICE, viewer.say("schedule-device")).value(filled.text(DEVICE))
            .hint(viewer.say("schedule-device-hint")).suggesting(objects).fault(fault).shown())
    }
}

fn fields(
    viewer: &Viewer,
    (rule, target, choice): (&str, &Target, &Choice<'_>),
    (filled, fault): (&Submission, &Fault),
) -> Markup {
    let hinted = |name: &'static str| {
        let hint = viewer.say(&format!("schedule-{name}-hint"));
        line(viewer, name, (filled, fault)).hint(hint)
    };
    let (needed, further): (Vec<&'static str>, Vec<&'static str>) =
        fields_of(rule).iter().copied().partition(|name| !FURTHER.contains(name));
    let is_open =
        FURTHER.iter().any(|name| filled.filled(name).is_some() || fault.at(name).is_some());
    let tags = Field::new("tags", viewer.say("command-tags")).value(filled.text("tags"));
    let make_up = if filled.is_ticked("makeUp") { "yes" } else { "" };
    html! {
        input type="hidden" name="rule" value=(rule);
        @for (name, said) in target.parameters() { input type="hidden" name=(name) value=(said); }
        (hinted("name").required().shown())
        @if matches!(target, Target::Group(_)) {
            (tags.hint(viewer.say("command-tags-hint")).fault(fault).shown())
        }
        @for name in needed { (of_rule(viewer, name, (filled, fault))) }
        fieldset {
            legend { (viewer.say("command")) }
            (choice.fields(viewer, (filled, fault)))
        }
        details open[is_open] {
            summary { (viewer.say("command-options")) }
            @for name in further { (of_rule(viewer, name, (filled, fault))) }
            (hinted("minutes").kind(Kind::Line("number")).shown())
            (Field::new("makeUp", viewer.say("schedule-make-up")).kind(Kind::Tick).value(make_up).fault(fault).shown())
        }
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
