//! All tokens with their last use: made, confirmed and revoked. A secret is shown once, on the page that made it.

use axum::{
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use super::{
    places, sections,
    values::{by, moment_at, part_of},
};
use crate::{
    api::Problem,
    pages::{
        clocks::Clocks,
        json::{items, next_of, optional, path_part, text},
        layout::Page,
        parts::{
            empty::empty,
            form::{Fault, Field, Kind, button_form, form, submit},
            notice::{Tone, notice},
            pager::pager,
            table::Table,
        },
        submission::Submission,
        viewer::Viewer,
    },
};

/// The path of the list, to which the form is sent as well.
const LIST: &str = "/operator/tokens";

/// The roles of tokens of machines. Those of people are made on the pages of their accounts.
const ROLES: [&str; 8] =
    ["lns", "partner", "reader", "operator", "owner", "publisher", "auditor", "admin"];

pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    page(&viewer, (&Submission::default(), &Fault::none()), html! {}).await
}

async fn page(
    viewer: &Viewer,
    making: (&Submission, &Fault),
    outcome: Markup,
) -> Result<Page, Problem> {
    let list = viewer.get(&part_of(viewer, "/v1/tokens", &[])).await?;
    let places = places::suggested(viewer).await;
    let content = html! {
        (outcome)
        p.lead { (viewer.say("operator-tokens-lead")) }
        (table(viewer, &list))
        (pager(viewer, next_of(&list)))
        h2 { (viewer.say("operator-tokens-make")) }
        (form_of(viewer, making, places))
    };
    Ok(sections::page(viewer, &viewer.say("operator-tokens-title"), content))
}

fn table(viewer: &Viewer, list: &Json) -> Markup {
    let mut table = Table::new(viewer.say("operator-tokens-title"))
        .column(viewer.say("operator-tokens-token"))
        .column(viewer.say("operator-tokens-role"))
        .column(viewer.say("operator-tokens-made"))
        .column(viewer.say("operator-tokens-expires"))
        .column(viewer.say("operator-tokens-last-used"))
        .column(viewer.say("operator-grants-confirmed"))
        .column(viewer.say("operator-actions"));
    for token in items(list, "/tokens") {
        table.row(row(viewer, token));
    }
    if table.is_empty() {
        return empty(&viewer.say("operator-tokens-none"), "", None);
    }
    table.shown()
}

fn row(viewer: &Viewer, token: &Json) -> Vec<Markup> {
    let act = |word: &str| format!("{LIST}/{}/{word}", path_part(&text(token, "/id")));
    vec![
        html! { (text(token, "/name")) },
        html! { (role(viewer, token)) },
        html! { (moment_at(viewer, token, "/createdAt")) (by(viewer, &text(token, "/createdBy/name"))) },
        moment_at(viewer, token, "/expiresAt"),
        moment_at(viewer, token, "/lastUsedAt"),
        moment_at(viewer, token, "/confirmedAt"),
        html! {
            (button_form(viewer, &act("confirm"), &viewer.say("operator-confirm"), false))
            " "
            (button_form(viewer, &act("revoke"), &viewer.say("operator-tokens-revoke"), true))
        },
    ]
}

/// The role of a token with the place where it has the role.
fn role(viewer: &Viewer, token: &Json) -> String {
    let role = viewer.say_word("role", &text(token, "/role"));
    let own = ["/group", "/networkServer"].iter().find_map(|pointer| optional(token, pointer));
    let scope = || optional(token, "/scope").map(|scope| viewer.place(scope));
    match own.map(str::to_owned).or_else(scope) {
        Some(place) => format!("{role} · {place}"),
        None => role,
    }
}

fn form_of(
    viewer: &Viewer,
    (sent, fault): (&Submission, &Fault),
    places: Vec<(String, String)>,
) -> Markup {
    let field = |name: &'static str, label: String| {
        Field::new(name, label).value(sent.text(name)).fault(fault)
    };
    let roles = ROLES.map(|role| (role.to_owned(), viewer.say_word("role", role))).to_vec();
    let fields = html! {
        (field("name", viewer.say("operator-name")).required().shown())
        (field("role", viewer.say("operator-tokens-role")).kind(Kind::Choice(roles)).shown())
        (field("group", viewer.say("operator-tokens-group")).shown())
        (field("scope", viewer.say("operator-tokens-scope")).hint(viewer.say("operator-people-scope-hint"))
            .suggesting(places).shown())
        (field("networkServer", viewer.say("operator-tokens-network-server")).shown())
        (field("expiresAt", viewer.say("operator-tokens-expires")).kind(Kind::Line("date"))
            .hint(viewer.say("operator-tokens-expires-hint")).shown())
        (submit(&viewer.say("operator-tokens-make")))
    };
    form(viewer, LIST, fault, fields)
}

/// The token as the interface takes it: what is not filled in is left out. A day is one until whose end the token is
/// good.
fn body(sent: &Submission, clocks: &Clocks) -> Json {
    let mut body = Map::new();
    for name in ["name", "role", "group", "scope", "networkServer"] {
        if let Some(value) = sent.filled(name) {
            body.insert(name.to_owned(), json!(value));
        }
    }
    if let Some(day) = sent.filled("expiresAt") {
        body.insert("expiresAt".to_owned(), json!(clocks.sent_end(day)));
    }
    Json::Object(body)
}

pub(super) async fn make(viewer: Viewer, sent: Submission) -> Result<Response, Problem> {
    match viewer.send(Method::POST, "/v1/tokens", Some(&body(&sent, &Clocks::of(&viewer)))).await {
        Ok(made) => {
            let nothing = (&Submission::default(), &Fault::none());
            Ok(page(&viewer, nothing, secret(&viewer, &made)).await?.into_response())
        }
        Err(problem) => {
            let page = page(&viewer, (&sent, &Fault::of(&problem)), html! {}).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

/// The secret of a token that was made, which is on no other page.
fn secret(viewer: &Viewer, made: &Json) -> Markup {
    notice(
        Tone::Good,
        html! {
            p.title { (text(made, "/name")) }
            p { (viewer.say("operator-tokens-secret")) }
            p { code #secret { (text(made, "/token")) } }
        },
    )
}

/// Confirms a token at a review, or revokes it.
pub(super) async fn act(
    viewer: Viewer,
    Path((id, act)): Path<(String, String)>,
    _: Submission,
) -> Result<Response, Problem> {
    let path = format!("/v1/tokens/{}", path_part(&id));
    match act.as_str() {
        "confirm" => {
            viewer.send(Method::POST, &format!("{path}/confirm"), None).await?;
            Ok(viewer.done(LIST, "done-operator-confirmed"))
        }
        "revoke" => {
            viewer.send(Method::DELETE, &path, None).await?;
            Ok(viewer.done(LIST, "done-operator-revoked"))
        }
        _ => {
            let detail = format!("a token is confirmed or revoked, and not: {act}");
            Err(Problem::not_found("no-such-path", detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_the_members_that_are_filled_in() {
        let sent = Submission::of_pairs(b"name=Meter&role=partner&group=water&scope=&expiresAt=");
        let expected = json!({ "name": "Meter", "role": "partner", "group": "water" });
        let clocks = Clocks::named("Europe/Paris");
        assert_eq!(body(&sent, &clocks), expected);
        let until = Submission::of_pairs(b"name=a&role=lns&expiresAt=2027-01-01");
        assert_eq!(body(&until, &clocks)["expiresAt"], "2027-01-01T22:59:59Z");
    }
}
