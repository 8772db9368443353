//! The pages of a rule: a new one, and one that is changed, tried, paused and removed.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    PATH,
    condition::{chosen, parts},
    definition::{definition, fault_of, fields, with_pause},
    form::RuleForm,
    parts::Parts,
    quantities, trial,
    words::in_words,
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{address, items, optional, path_part, text},
        layout::Page,
        partner::{
            commands::declared::command_in_words,
            frame::{confirmed_form, get_if_any, partner_page, shown_once},
            groups,
        },
        parts::{
            code::pretty,
            form::{Fault, Field, Kind, button_form},
        },
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

/// The page of a new rule.
const NEW: &str = "/partner/alerts/new";

/// The group and the name of a rule.
type Key = (String, String);

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(NEW, get(new).post(make))
        .route("/partner/alerts/{group}/rules/{name}", get(show).post(change))
        .route("/partner/alerts/{group}/rules/{name}/pause", post(pause))
        .route("/partner/alerts/{group}/rules/{name}/resume", post(resume))
        .route("/partner/alerts/{group}/rules/{name}/remove", post(remove))
}

/// The path of the page of a rule.
pub(super) fn own(group: &str, name: &str) -> String {
    format!("{PATH}/{}/rules/{}", path_part(group), path_part(name))
}

/// The path of a rule in the interface.
fn asked(group: &str, name: &str) -> String {
    address(&format!("/v1/alerts/rules/{}", path_part(name)), &[("group", group)])
}

/// A form as it is shown: what is in it, what is wrong with it, and what a trial said.
struct Shown<'of> {
    filled: &'of Submission,
    fault: Fault,
    trial: Option<Json>,
}

async fn new(viewer: Viewer) -> Result<Page, Problem> {
    let names = groups::names(&viewer).await?;
    let group = viewer.parameter("group").or(names.first().cloned()).unwrap_or_default();
    let filled = Submission::of_fields([
        ("when".to_owned(), viewer.parameter("when").unwrap_or_default()),
        ("group".to_owned(), group),
        ("language".to_owned(), viewer.language().code().to_owned()),
    ]);
    new_page(&viewer, &names, Shown { filled: &filled, fault: Fault::none(), trial: None }).await
}

async fn make(viewer: Viewer, submission: Submission) -> Result<Response, Problem> {
    let names = groups::names(&viewer).await?;
    let (group, name) = (submission.text("group"), submission.text("name"));
    let rule = definition(&submission, None);
    if submission.text("act") == "try" {
        let (status, shown) = tried(&viewer, group, &rule, &submission).await;
        let page = new_page(&viewer, &names, shown).await?;
        return Ok(page.with_status(status).into_response());
    }
    let (status, fault) = match made(&viewer, (group, name), &rule).await {
        Ok(answer) => return Ok(answer),
        Err(refused) => refused,
    };
    let shown = Shown { filled: &submission, fault, trial: None };
    Ok(new_page(&viewer, &names, shown).await?.with_status(status).into_response())
}

/// Makes a rule where there is none of the name yet; or tells what is wrong with it.
async fn made(
    viewer: &Viewer,
    (group, name): (&str, &str),
    rule: &Json,
) -> Result<Response, (StatusCode, Fault)> {
    if let Ok(Some(_)) = get_if_any(viewer, &asked(group, name)).await {
        let fault = Fault::said(viewer.say("alert-rule-exists"), "name");
        return Err((StatusCode::CONFLICT, fault));
    }
    match viewer.send(Method::PUT, &asked(group, name), Some(rule)).await {
        Ok(answer) => Ok(put(viewer, (group, name), &answer, "done-alert-rule-made")),
        Err(problem) => Err((problem.status(), fault_of(&problem))),
    }
}

/// The answer to a rule that was put: its page, or the secret that was made with it.
fn put(viewer: &Viewer, (group, name): (&str, &str), answer: &Json, done: &str) -> Response {
    let page = own(group, name);
    let done = if answer["watched"] == 0 { "done-alert-rule-of-nothing" } else { done };
    let Some(secret) = optional(answer, "/signingSecret") else { return viewer.done(&page, done) };
    let content = html! {
        (shown_once(viewer, &viewer.say("route-secret"), secret))
        p.actions { a.button href=(page) { (viewer.say("alert-rule-go-on")) } }
    };
    partner_page(viewer, &viewer.say(done), content).into_response()
}

/// Tries a rule on the records that are kept, and shows its form again.
async fn tried<'of>(
    viewer: &Viewer,
    group: &str,
    rule: &Json,
    filled: &'of Submission,
) -> (StatusCode, Shown<'of>) {
    let path = address("/v1/alerts/rules/try", &[("group", group)]);
    match viewer.send(Method::POST, &path, Some(rule)).await {
        Ok(trial) => (StatusCode::OK, Shown { filled, fault: Fault::none(), trial: Some(trial) }),
        Err(problem) => {
            (problem.status(), Shown { filled, fault: fault_of(&problem), trial: None })
        }
    }
}

async fn new_page(viewer: &Viewer, names: &[String], shown: Shown<'_>) -> Result<Page, Problem> {
    let group = shown.filled.text("group");
    // Of a group that is not the viewer's nothing is looked up.
    let own = names.iter().find(|name| *name == group).map(String::as_str).unwrap_or_default();
    let condition = chosen(shown.filled.text("when"));
    let form = form_of(viewer, (NEW, own, condition), true, &shown).await?;
    let content = html! {
        (back(viewer))
        @if names.len() > 1 { (group_choice(viewer, names, (own, condition))) }
        (form)
    };
    Ok(partner_page(viewer, &viewer.say("alert-rule-new"), content))
}

/// The way back to all alerts and rules.
fn back(viewer: &Viewer) -> Markup {
    html! { p { a href=(PATH) { (viewer.say("partner-alerts")) } } }
}

fn group_choice(viewer: &Viewer, names: &[String], (group, condition): (&str, &str)) -> Markup {
    let field = Field::new("group", viewer.say("group")).of_form("choice-");
    html! {
        form.narrowing method="get" action=(NEW) {
            input type="hidden" name="when" value=(condition);
            (field.kind(Kind::Choice(groups::choices(names))).value(group).shown())
            p.actions { button.quiet type="submit" { (viewer.say("filter-apply")) } }
        }
    }
}

/// The form of a rule, below the outcome of its trial.
async fn form_of(
    viewer: &Viewer,
    (action, group, condition): (&str, &str, &str),
    is_new: bool,
    shown: &Shown<'_>,
) -> Result<Markup, Problem> {
    let quantities = quantities::offered(viewer, group, shown.filled).await?;
    let routes = if condition == "route" { routes_of(viewer, group).await? } else { Vec::new() };
    let of_group = Parts::of(viewer, group);
    let form = RuleForm {
        viewer,
        action,
        group,
        condition,
        filled: shown.filled,
        fault: &shown.fault,
        is_new,
        quantities: &quantities,
        routes: &routes,
        parts: &of_group,
    };
    Ok(html! {
        @if let Some(outcome) = &shown.trial { (trial::outcome(viewer, outcome)) }
        (form.shown())
    })
}

/// The names of the routes of a group.
async fn routes_of(viewer: &Viewer, group: &str) -> Result<Vec<String>, Problem> {
    let path = address("/v1/routes", &[("group", group), ("limit", "100")]);
    let found = get_if_any(viewer, &path).await?.unwrap_or_default();
    let own = items(&found, "/routes").iter().filter(|route| text(route, "/group") == group);
    Ok(own.map(|route| text(route, "/name")).collect())
}

async fn show(viewer: Viewer, Path((group, name)): Path<Key>) -> Result<Page, Problem> {
    let rule = viewer.get(&asked(&group, &name)).await?;
    let filled = fields(&rule);
    let shown = Shown { filled: &filled, fault: Fault::none(), trial: None };
    rule_page(&viewer, &(group, name), &rule, shown).await
}

async fn change(
    viewer: Viewer,
    Path((group, name)): Path<Key>,
    submission: Submission,
) -> Result<Response, Problem> {
    let before = viewer.get(&asked(&group, &name)).await?;
    let rule = definition(&submission, Some(&before));
    let (status, shown) = if submission.text("act") == "try" {
        tried(&viewer, &group, &rule, &submission).await
    } else {
        match viewer.send(Method::PUT, &asked(&group, &name), Some(&rule)).await {
            Ok(answer) => {
                return Ok(put(&viewer, (&group, &name), &answer, "done-alert-rule-changed"));
            }
            Err(problem) => {
                let fault = fault_of(&problem);
                (problem.status(), Shown { filled: &submission, fault, trial: None })
            }
        }
    };
    let page = rule_page(&viewer, &(group, name), &before, shown).await?;
    Ok(page.with_status(status).into_response())
}

async fn rule_page(
    viewer: &Viewer,
    (group, name): &Key,
    rule: &Json,
    shown: Shown<'_>,
) -> Result<Page, Problem> {
    let own = own(group, name);
    let condition = condition_of(viewer, rule, shown.filled);
    let form = form_of(viewer, (&own, group, condition), false, &shown).await?;
    let content = html! {
        (back(viewer))
        p.lead { (in_words(viewer, &rule["when"])) }
        (ordered(viewer, rule))
        @if viewer.may(Scope::Routes) {
            (acts(viewer, rule, &own))
            section.card {
                h2 { (viewer.say("alert-rule-change")) }
                (form)
            }
            section.card {
                h2 { (viewer.say("alert-rule-remove")) }
                p { (viewer.say("alert-rule-remove-advice")) }
                (confirmed_form(viewer, &format!("{own}/remove"), &viewer.say("alert-rule-remove"), &viewer.say("sure")))
            }
        }
        details {
            summary { (viewer.say("route-definition")) }
            (pretty(rule))
        }
    };
    Ok(partner_page(viewer, &format!("{group} › {name}"), content))
}

/// The command that each alert of a rule sends, where it has one.
fn ordered(viewer: &Viewer, rule: &Json) -> Markup {
    html! {
        @if let Some(command) = rule.pointer("/command/command") {
            p {
                (viewer.say("alert-rule-commands")) " "
                @match optional(rule, "/command/device") {
                    Some(device) => a href=(format!("/partner/objects/{device}")) { code { (device) } },
                    None => (viewer.say("alert-rule-commands-itself")),
                }
                " – " span lang="en" { (command_in_words(command)) }
            }
        }
    }
}

/// The condition that the form of a rule is for: one that the viewer has chosen, or that of the rule.
fn condition_of(viewer: &Viewer, rule: &Json, filled: &Submission) -> &'static str {
    let asked = viewer.parameter("when");
    let said = asked.as_deref().or(filled.filled("when"));
    chosen(said.or(parts(&rule["when"]).map(|(word, _)| word)).unwrap_or_default())
}

fn acts(viewer: &Viewer, rule: &Json, own: &str) -> Markup {
    let way = |act: &str| format!("{own}/{act}");
    html! {
        div.actions {
            @if rule["paused"] == true {
                (button_form(viewer, &way("resume"), &viewer.say("alert-rule-resume"), false))
            } @else {
                (button_form(viewer, &way("pause"), &viewer.say("alert-rule-pause"), false))
            }
        }
    }
}

async fn pause(viewer: Viewer, Path(key): Path<Key>, _: Submission) -> Result<Response, Problem> {
    set_paused(&viewer, &key, true).await?;
    Ok(viewer.done(&own(&key.0, &key.1), "done-alert-rule-paused"))
}

async fn resume(viewer: Viewer, Path(key): Path<Key>, _: Submission) -> Result<Response, Problem> {
    set_paused(&viewer, &key, false).await?;
    Ok(viewer.done(&own(&key.0, &key.1), "done-alert-rule-resumed"))
}

async fn set_paused(viewer: &Viewer, (group, name): &Key, is_paused: bool) -> Result<(), Problem> {
    let rule = viewer.get(&asked(group, name)).await?;
    let changed = with_pause(&rule, is_paused);
    viewer.send(Method::PUT, &asked(group, name), Some(&changed)).await.map(drop)
}

async fn remove(
    viewer: Viewer,
    Path((group, name)): Path<Key>,
    _: Submission,
) -> Result<Response, Problem> {
    viewer.send(Method::DELETE, &asked(&group, &name), None).await?;
    Ok(viewer.done(PATH, "done-alert-rule-removed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_asked_for_by_its_group_and_name() {
        assert_eq!(asked("water", "high"), "/v1/alerts/rules/high?group=water");
        assert_eq!(own("water", "a b"), "/partner/alerts/water/rules/a%20b");
    }
}
