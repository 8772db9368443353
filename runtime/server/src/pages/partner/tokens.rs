//! The tokens of a partner's machines: made, shown once, and revoked.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use maud::{Markup, html};
use serde_json::{Map, Value as Json};

use super::{
    entered::put,
    frame::{moment_or_dash, partner_page, shown_once},
    groups,
};
use crate::{
    api::Problem,
    pages::{
        clocks::Clocks,
        json::{address, items, path_part, text},
        layout::Page,
        parts::{
            empty::empty,
            form::{Fault, Field, Kind, button_form, form, submit},
            pager::pager,
            table::Table,
        },
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

/// The roles that machines of a partner have.
const ROLES: [&str; 3] = ["reader", "operator", "owner"];

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/partner/tokens", get(list).post(make))
        .route("/partner/tokens/{id}/revoke", post(revoke))
}

async fn list(viewer: Viewer) -> Result<Page, Problem> {
    tokens_page(&viewer, &Submission::default(), &Fault::none()).await
}

async fn make(viewer: Viewer, submission: Submission) -> Result<Response, Problem> {
    match viewer
        .send(Method::POST, "/v1/tokens", Some(&wanted(&submission, &Clocks::of(&viewer))))
        .await
    {
        Ok(made) => {
            let content = html! {
                (shown_once(&viewer, &text(&made, "/name"), &text(&made, "/token")))
                p.actions { a.button href="/partner/tokens" { (viewer.say("partner-tokens")) } }
            };
            Ok(partner_page(&viewer, &viewer.say("token-made"), content).into_response())
        }
        Err(problem) => {
            let fault = Fault::of(&problem);
            let page = tokens_page(&viewer, &submission, &fault).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

/// The token that a form asks for. A day is one until whose end the token is good.
fn wanted(submission: &Submission, clocks: &Clocks) -> Json {
    let mut wanted = Map::new();
    for name in ["name", "role", "scope"] {
        put(&mut wanted, name, Some(submission.text(name)));
    }
    let end = submission.filled("expiresAt").map(|day| clocks.sent_end(day));
    put(&mut wanted, "expiresAt", end.as_deref());
    Json::Object(wanted)
}

async fn revoke(
    viewer: Viewer,
    Path(id): Path<String>,
    _: Submission,
) -> Result<Response, Problem> {
    viewer.send(Method::DELETE, &format!("/v1/tokens/{}", path_part(&id)), None).await?;
    Ok(viewer.done("/partner/tokens", "done-token-revoked"))
}

async fn tokens_page(
    viewer: &Viewer,
    submission: &Submission,
    fault: &Fault,
) -> Result<Page, Problem> {
    let after = viewer.parameter("after").unwrap_or_default();
    let found = viewer.get(&address("/v1/tokens", &[("limit", "100"), ("after", &after)])).await?;
    let more = found.get("more").and_then(Json::as_bool).unwrap_or_default();
    let next = text(&found, "/next");
    let places = groups::places(viewer).await?;
    let content = html! {
        p.lead { (viewer.say("tokens-lead")) }
        (tokens_table(viewer, items(&found, "/tokens"), "/partner/tokens"))
        (pager(viewer, Some(next.as_str()).filter(|_| more)))
        section.card {
            h2 { (viewer.say("token-make")) }
            (form(viewer, "/partner/tokens", fault, html! {
                (Field::new("name", viewer.say("token-name")).value(submission.text("name"))
                    .hint(viewer.say("token-name-hint")).fault(fault).required().shown())
                (Field::new("role", viewer.say("grant-role")).kind(Kind::Choice(roles(viewer)))
                    .value(submission.text("role")).fault(fault).shown())
                (Field::new("scope", viewer.say("grant-scope")).kind(Kind::Choice(groups::choices_of_places(viewer, &places)))
                    .value(submission.text("scope")).fault(fault).shown())
                (expiry_field(viewer, submission, fault))
                (submit(&viewer.say("token-make")))
            }))
        }
    };
    Ok(partner_page(viewer, &viewer.say("partner-tokens"), content))
}

fn roles(viewer: &Viewer) -> Vec<(String, String)> {
    ROLES.map(|role| (role.to_owned(), viewer.say_word("role", role))).to_vec()
}

/// The field of the last day of a token.
pub(in crate::pages) fn expiry_field(
    viewer: &Viewer,
    submission: &Submission,
    fault: &Fault,
) -> Markup {
    let field = Field::new("expiresAt", viewer.say("token-until")).kind(Kind::Line("date"));
    let field = field.value(submission.text("expiresAt")).hint(viewer.say("token-until-hint"));
    field.fault(fault).shown()
}

/// Returns a list of tokens, each with the way to end it below a path.
pub(in crate::pages) fn tokens_table(viewer: &Viewer, tokens: &[Json], path: &str) -> Markup {
    let mut table = Table::new(viewer.say("partner-tokens"))
        .column(viewer.say("token-name"))
        .column(viewer.say("grant-role"))
        .column(viewer.say("token-made-at"))
        .column(viewer.say("last-used"))
        .column(viewer.say("token-until"))
        .column(viewer.say("grant-end"));
    for token in tokens {
        let action = format!("{path}/{}/revoke", path_part(&text(token, "/id")));
        table.row(vec![
            html! { (text(token, "/name")) },
            role_and_place(viewer, token),
            moment_or_dash(viewer, token, "/createdAt"),
            moment_or_dash(viewer, token, "/lastUsedAt"),
            moment_or_dash(viewer, token, "/expiresAt"),
            button_form(viewer, &action, &viewer.say("token-revoke"), true),
        ]);
    }
    html! {
        @if table.is_empty() {
            (empty(&viewer.say("tokens-empty"), &viewer.say("tokens-empty-advice"), None))
        } @else { (table.shown()) }
    }
}

fn role_and_place(viewer: &Viewer, token: &Json) -> Markup {
    let place = place(token);
    html! {
        (viewer.say_word("role", &text(token, "/role")))
        @if !place.is_empty() { " · " (viewer.place(&place)) }
    }
}

/// The place of a token's role: its scope, or its group.
fn place(token: &Json) -> String {
    match text(token, "/scope") {
        scope if scope.is_empty() => text(token, "/group"),
        scope => scope,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_good_until_the_end_of_its_day() {
        let said = [("name", "meters"), ("role", "reader"), ("scope", "group:water")];
        let with = |more: &[(&str, &str)]| {
            let all = said.iter().chain(more).map(|(name, text)| ((*name).into(), (*text).into()));
            wanted(&Submission::of_fields(all), &Clocks::named("Europe/Paris"))
        };
        assert!(with(&[]).get("expiresAt").is_none());
        assert_eq!(
            with(&[("expiresAt", "2027-01-31")])["expiresAt"],
            json!("2027-01-31T22:59:59Z")
        );
    }
}
