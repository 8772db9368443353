//! The vault: where its master key lies, and a new one.

use axum::http::Method;
use champollion_fleet::vault::KeyFrom;
use maud::{Markup, html};

use super::{first_steps::is_kept_apart, sections, values::facts};
use crate::{
    api::Problem,
    auth::{Scope, holders},
    pages::{
        json::text,
        layout::Page,
        parts::{
            form::button_form,
            notice::{Tone, notice},
        },
        submission::Submission,
        viewer::Viewer,
    },
};

pub(super) async fn show(viewer: Viewer) -> Result<Page, Problem> {
    viewer.get("/v1/me").await?;
    if !viewer.may(Scope::Administer) {
        let roles = holders(Scope::Administer.roles());
        return Err(Problem::forbidden(format!("this is for {roles}")));
    }
    Ok(page(&viewer, html! {}))
}

fn page(viewer: &Viewer, outcome: Markup) -> Page {
    let settings = &viewer.service().config.vault;
    let content = html! {
        (outcome)
        p.lead { (viewer.say("operator-vault-lead")) }
        (facts([(viewer.say("operator-vault-place"), html! { (place(viewer)) })]))
        @if !is_kept_apart(settings) {
            (notice(Tone::Warning, html! { p { (viewer.say("operator-step-master-key-how")) } }))
        }
        h2 { (viewer.say("operator-vault-rotate")) }
        p { (viewer.say("operator-vault-rotate-lead")) }
        (button_form(viewer, "/operator/vault/rotate", &viewer.say("operator-vault-rotate"), true))
    };
    sections::page(viewer, &viewer.say("operator-vault-title"), content)
}

fn place(viewer: &Viewer) -> String {
    let settings = &viewer.service().config.vault;
    match settings.key_from {
        KeyFrom::Environment => viewer.say("operator-vault-place-environment"),
        KeyFrom::Credential => viewer.say("operator-vault-place-credential"),
        KeyFrom::File if is_kept_apart(settings) => viewer.say("operator-vault-place-file"),
        KeyFrom::File => viewer.say("operator-vault-place-beside"),
    }
}

pub(super) async fn rotate(viewer: Viewer, _: Submission) -> Result<Page, Problem> {
    let rotated = viewer.send(Method::POST, "/v1/vault/master-key/rotate", None).await?;
    let names = [
        ("key", text(&rotated, "/masterKey").into()),
        ("before", text(&rotated, "/before").into()),
    ];
    let said = viewer.say_with("operator-vault-rotated", names);
    Ok(page(&viewer, notice(Tone::Good, html! { p { (said) } })))
}
