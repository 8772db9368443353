//! The review of rights: each grant with its last use, to be confirmed or ended, and as a workbook to be filed.

use axum::{
    extract::Path,
    http::{
        Method,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    people::{LIST as PEOPLE, full_name, granted},
    sections,
    values::{by, moment_at, part_of},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{address, items, moment, next_of, path_part, text},
        layout::Page,
        parts::{empty::empty, form::button_form, pager::pager, table::Table},
        submission::Submission,
        viewer::Viewer,
    },
    workbook,
};

/// The path of the review.
const LIST: &str = "/operator/grants";

/// The time without use after which a grant is looked at first: a year.
const UNUSED: SignedDuration = SignedDuration::from_hours(365 * 24);

pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    let list = viewer.get(&part_of(&viewer, "/v1/people", &[])).await?;
    let only_unused = viewer.parameter("unused").is_some();
    let now = Timestamp::now();
    let mut table = Table::new(viewer.say("operator-grants-title"))
        .column(viewer.say("operator-people-person"))
        .column(viewer.say("operator-people-grants"))
        .column(viewer.say("operator-grants-granted"))
        .column(viewer.say("operator-grants-last-used"))
        .column(viewer.say("operator-grants-confirmed"))
        .column(viewer.say("operator-actions"));
    for (person, grant) in of_people(&list) {
        if !only_unused || is_unused(grant, now) {
            table.row(row(&viewer, person, grant));
        }
    }
    let content = html! {
        p.lead { (viewer.say("operator-grants-lead")) }
        p.actions {
            a.button.quiet href={ (LIST) "/workbook" } { (viewer.say("operator-grants-workbook")) }
            (unused_link(&viewer, only_unused))
        }
        @if table.is_empty() {
            (empty(&viewer.say("operator-grants-none"), "", None))
        } @else {
            (table.shown())
        }
        (pager(&viewer, next_of(&list)))
    };
    Ok(sections::page(&viewer, &viewer.say("operator-grants-title"), content))
}

fn unused_link(viewer: &Viewer, only_unused: bool) -> Markup {
    let value = if only_unused { "" } else { "yes" };
    let (way, text) =
        (viewer.address_with(&[("unused", value)]), viewer.say("operator-grants-unused"));
    html! { a.button.quiet href=(way) aria-current=[only_unused.then_some("true")] { (text) } }
}

fn of_people(list: &Json) -> impl Iterator<Item = (&Json, &Json)> {
    let people = items(list, "/people").iter();
    people.flat_map(|person| items(person, "/grants").iter().map(move |grant| (person, grant)))
}

/// Whether a grant let nobody in for a year. One that was given meanwhile is not unused yet.
fn is_unused(grant: &Json, now: Timestamp) -> bool {
    let last = moment(grant, "/lastUsedAt").or_else(|| moment(grant, "/grantedAt"));
    last.is_none_or(|last| now.duration_since(last) > UNUSED)
}

fn row(viewer: &Viewer, person: &Json, grant: &Json) -> Vec<Markup> {
    let id = text(person, "/id");
    vec![
        html! { a href={ (PEOPLE) "/" (id) } { (full_name(person)) } },
        html! { (granted(viewer, grant)) },
        html! { (moment_at(viewer, grant, "/grantedAt")) (by(viewer, &text(grant, "/grantedBy"))) },
        moment_at(viewer, grant, "/lastUsedAt"),
        moment_at(viewer, grant, "/confirmedAt"),
        grant_buttons(viewer, &id, grant),
    ]
}

/// The buttons by which a grant is confirmed, or ended.
pub(super) fn grant_buttons(viewer: &Viewer, person: &str, grant: &Json) -> Markup {
    if !viewer.may(Scope::People) {
        return html! {};
    }
    let grant = text(grant, "/id");
    let act = |word: &str| format!("{LIST}/{}/{grant}/{word}", path_part(person));
    html! {
        (button_form(viewer, &act("confirm"), &viewer.say("operator-confirm"), false))
        " "
        (button_form(viewer, &act("end"), &viewer.say("operator-end"), true))
    }
}

/// Confirms a grant, or ends it.
pub(super) async fn act(
    viewer: Viewer,
    Path((person, grant, act)): Path<(String, String, String)>,
    _: Submission,
) -> Result<Response, Problem> {
    let path = format!("/v1/people/{}/grants/{}", path_part(&person), path_part(&grant));
    match act.as_str() {
        "confirm" => {
            viewer.send(Method::POST, &format!("{path}/confirm"), None).await?;
            Ok(viewer.done(LIST, "done-operator-confirmed"))
        }
        "end" => {
            viewer.send(Method::DELETE, &path, None).await?;
            Ok(viewer.done(LIST, "done-operator-ended"))
        }
        _ => {
            let detail = format!("a grant is confirmed or ended, and not: {act}");
            Err(Problem::not_found("no-such-path", detail))
        }
    }
}

/// All grants that the viewer may see, as a workbook.
pub(super) async fn as_workbook(viewer: Viewer) -> Result<Response, Problem> {
    let headings = [
        viewer.say("operator-people-person"),
        viewer.say("operator-people-email"),
        viewer.say("operator-people-role"),
        viewer.say("operator-people-scope"),
        viewer.say("operator-grants-granted"),
        viewer.say("operator-audit-by"),
        viewer.say("operator-grants-last-used"),
        viewer.say("operator-grants-confirmed"),
    ];
    let mut rows = Vec::new();
    let mut after = String::new();
    loop {
        let list = viewer
            .get(&address("/v1/people", &[("after", after.as_str()), ("limit", "1000")]))
            .await?;
        rows.extend(of_people(&list).map(|(person, grant)| cells(&viewer, person, grant)));
        let Some(next) = next_of(&list) else { break };
        after = next.to_owned();
    }
    let name: String = viewer.say("operator-grants-title").chars().take(SHEET_NAME).collect();
    let written = viewer.look_through(move || workbook::workbook(&name, &headings, rows));
    let bytes = written.await?.map_err(|error| Problem::internal(&error))?;
    let headers = [
        (CONTENT_TYPE, workbook::WORKBOOK_TYPE.to_owned()),
        (CONTENT_DISPOSITION, "attachment; filename=\"rights.xlsx\"".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// Most characters of the name of a sheet; spreadsheets take no more.
const SHEET_NAME: usize = 31;

fn cells(viewer: &Viewer, person: &Json, grant: &Json) -> Vec<String> {
    vec![
        full_name(person),
        text(person, "/email"),
        viewer.say_word("role", &text(grant, "/role")),
        text(grant, "/scope"),
        text(grant, "/grantedAt"),
        text(grant, "/grantedBy"),
        text(grant, "/lastUsedAt"),
        text(grant, "/confirmedAt"),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_grant_is_unused_after_a_year_without_use() {
        let now = "2026-06-01T00:00:00Z".parse().unwrap();
        let grant = |member: &str, at: &str| json!({ member: at });
        assert!(is_unused(&grant("grantedAt", "2025-01-01T00:00:00Z"), now));
        assert!(!is_unused(&grant("grantedAt", "2026-01-01T00:00:00Z"), now));
        let both =
            json!({ "grantedAt": "2020-01-01T00:00:00Z", "lastUsedAt": "2026-05-01T00:00:00Z" });
        assert!(!is_unused(&both, now));
    }

    #[test]
    fn each_grant_is_reviewed_with_its_person() {
        let list = json!({ "people": [
            { "id": 1, "grants": [{ "id": "a" }, { "id": "b" }] }, { "id": 2, "grants": [] },
        ] });
        assert_eq!(of_people(&list).count(), 2);
    }
}
