//! The second factor of a person: an authenticator that reads a code of squares, confirmed by a code that it shows.

use std::sync::Arc;

use axum::{
    Router,
    http::Method,
    response::{IntoResponse, Response},
    routing::post,
};
use maud::{Markup, html};
use qrcode::{Color, QrCode};
use serde_json::{Value as Json, json};

use crate::{
    api::Problem,
    pages::{
        json::text,
        layout::Page,
        parts::form::{Fault, Field, button_form, form, submit},
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

/// Empty squares around the code, which readers need.
const BORDER: usize = 4;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/account/second-factor", post(begin))
        .route("/account/second-factor/confirm", post(confirm))
}

/// Returns what a person reads of the second factor, and the button that begins one.
pub(super) fn section(viewer: &Viewer) -> Markup {
    html! {
        section.card {
            h2 { (viewer.say("second-factor")) }
            p { (viewer.say("second-factor-advice")) }
            (button_form(viewer, "/account/second-factor", &viewer.say("second-factor-begin"), false))
        }
    }
}

async fn begin(viewer: Viewer, _: Submission) -> Result<Page, Problem> {
    let begun = viewer.send(Method::POST, "/v1/me/second-factor", None).await?;
    let content = html! {
        h1 { (viewer.say("second-factor")) }
        (shown(&viewer, &begun))
        section.card { (code_form(&viewer, &Fault::none())) }
    };
    Ok(viewer.page(viewer.say("second-factor"), content))
}

/// The secret for the authenticator: to be read by its camera, or to be typed.
fn shown(viewer: &Viewer, begun: &Json) -> Markup {
    html! {
        p.lead { (viewer.say("second-factor-lead")) }
        (squares(&text(begun, "/address"), &viewer.say("second-factor-squares")))
        p { (viewer.say("second-factor-typed")) " " code.secret { (text(begun, "/secret")) } }
        details {
            summary { (viewer.say("second-factor-address")) }
            p { code { (text(begun, "/address")) } }
        }
    }
}

/// A text as a code of squares; nothing where it is too long for one.
fn squares(text: &str, name: &str) -> Markup {
    let Ok(code) = QrCode::new(text) else { return html! {} };
    let (width, colors) = (code.width(), code.to_colors());
    let dark = colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark);
    let path: String = dark
        .map(|(at, _)| format!("M{} {}h1v1h-1z", at % width + BORDER, at / width + BORDER))
        .collect();
    let side = width + 2 * BORDER;
    html! {
        svg.squares viewBox=(format!("0 0 {side} {side}")) role="img" aria-label=(name) {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

fn code_form(viewer: &Viewer, fault: &Fault) -> Markup {
    form(
        viewer,
        "/account/second-factor/confirm",
        fault,
        html! {
            (Field::new("code", viewer.say("sign-in-code")).completed_by("one-time-code")
                .hint(viewer.say("sign-in-code-hint")).fault(fault).required().shown())
            (submit(&viewer.say("second-factor-confirm")))
        },
    )
}

async fn confirm(viewer: Viewer, submission: Submission) -> Response {
    let code: String =
        submission.text("code").chars().filter(|letter| !letter.is_whitespace()).collect();
    let shown = json!({ "code": code });
    match viewer.send(Method::POST, "/v1/me/second-factor/confirm", Some(&shown)).await {
        Ok(_) => viewer.done("/account", "done-second-factor"),
        Err(problem) => {
            let fault = match problem.code() {
                "wrong-code" => Fault::said(viewer.say("second-factor-wrong-code"), "code"),
                _ => Fault::of(&problem),
            };
            let content = html! {
                h1 { (viewer.say("second-factor")) }
                section.card { (code_form(&viewer, &fault)) }
                p { a href="/account" { (viewer.say("account-title")) } }
            };
            let page = viewer.page(viewer.say("second-factor"), content);
            page.with_status(problem.status()).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_code_of_squares_without_markup_of_its_own() {
        let address = "otpauth://totp/Champollion:ada@city.example?secret=JBSWY3DPEHPK3PXP";
        let drawn = squares(address, "<script>").into_string();
        assert!(drawn.starts_with("<svg class=\"squares\" viewBox=\"0 0 "), "{drawn}");
        // The corner of the finder pattern, which each code has.
        assert!(drawn.contains("M4 4h1v1h-1z") && drawn.contains("&lt;script&gt;"), "{drawn}");
        assert!(squares(&"x".repeat(10_000), "").into_string().is_empty());
    }
}
