//! The wish of a person to be mailed notices.

use std::sync::Arc;

use axum::{Router, http::Method, response::Response, routing::post};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use crate::{
    api::Problem,
    pages::{
        json::text,
        language::Language,
        parts::form::{Fault, Field, Kind, form, submit},
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

/// The form's name, by which its fields are told apart from those of others.
const FORM: &str = "notices-";

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/account/notices", post(change))
}

/// Returns the form by which mails of notices are wished for. Who wants none yet is offered them in the language of the page.
pub(super) fn section(viewer: &Viewer, reader: &Json) -> Markup {
    let is_wanted = reader["mail"] == true;
    let language = match is_wanted {
        true => text(reader, "/language"),
        false => viewer.language().code().to_owned(),
    };
    let languages = [Language::English, Language::French];
    let choice = |language: Language| (language.code().to_owned(), language.own_name().to_owned());
    let choices = languages.into_iter().map(choice).collect();
    html! {
        section.card {
            h2 { (viewer.say("account-notices")) }
            p { (viewer.say("account-notices-advice")) }
            (form(viewer, "/account/notices", &Fault::none(), html! {
                (Field::new("mail", viewer.say("account-notices-mail")).of_form(FORM)
                    .kind(Kind::Tick).value(if is_wanted { "yes" } else { "" }).shown())
                (Field::new("language", viewer.say("account-notices-language")).of_form(FORM)
                    .kind(Kind::Choice(choices)).value(language).shown())
                (submit(&viewer.say("account-notices-keep")))
            }))
        }
    }
}

async fn change(viewer: Viewer, submission: Submission) -> Result<Response, Problem> {
    let wish =
        json!({ "mail": submission.is_ticked("mail"), "language": submission.text("language") });
    viewer.send(Method::PUT, "/v1/me/notices", Some(&wish)).await?;
    Ok(viewer.done("/account", "done-account-notices"))
}
