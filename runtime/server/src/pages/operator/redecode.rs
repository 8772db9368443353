//! Kept records, decoded once more by a version of a decoder: tried first, and then made. The page is sent when the last
//! record is done; where the browser goes away before, the work ends.

use axum::{
    body::{Bytes, to_bytes},
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    decoders::page_of,
    known_decoder::Decoder,
    sections,
    values::{facts, number_at},
};
use crate::{
    api::Problem,
    pages::{
        clocks::{self, Clocks},
        json::{optional, text},
        layout::Page,
        parts::{
            form::{Fault, Field, Kind, form},
            notice::{Tone, notice},
        },
        submission::Submission,
        told::Told,
        viewer::Viewer,
    },
};

pub(super) async fn show(
    viewer: Viewer,
    Path((vendor, model)): Path<(String, String)>,
) -> Result<Page, Problem> {
    let decoder = Decoder::of(&viewer, &vendor, &model).await?;
    Ok(page(&viewer, &decoder, (&Submission::default(), &Fault::none()), html! {}))
}

/// The path of the page of a decoder.
pub(super) fn path_of(id: &str) -> String {
    format!("{}/redecode", page_of(id))
}

fn page(
    viewer: &Viewer,
    decoder: &Decoder,
    (sent, fault): (&Submission, &Fault),
    outcome: Markup,
) -> Page {
    let id = decoder.id();
    let versions = decoder.versions(|_| true).into_iter();
    let versions = versions.map(|version| (version.clone(), version)).collect();
    let fields = html! {
        (Field::new("version", viewer.say("operator-decoders-version")).kind(Kind::Choice(versions))
            .value(sent.text("version")).shown())
        (Field::new("since", viewer.say("operator-redecode-since")).kind(Kind::Line("date"))
            .value(sent.text("since")).hint(clocks::hint(viewer, "operator-redecode-since-hint")).fault(fault)
            .required().shown())
        (Field::new("group", viewer.say("operator-redecode-group")).value(sent.text("group"))
            .hint(viewer.say("operator-redecode-group-hint")).fault(fault).shown())
        p.actions {
            button type="submit" name="try" value="yes" { (viewer.say("operator-try")) }
            " "
            button.quiet type="submit" { (viewer.say("operator-redecode")) }
        }
    };
    let content = html! {
        (outcome)
        p { a href=(page_of(&id)) { (id) } }
        p.lead { (viewer.say("operator-redecode-lead")) }
        (form(viewer, &path_of(&id), fault, fields))
    };
    sections::page(viewer, &viewer.say("operator-redecode"), content)
}

pub(super) async fn redecode(
    viewer: Viewer,
    Path((vendor, model)): Path<(String, String)>,
    sent: Submission,
) -> Result<Response, Problem> {
    let decoder = Decoder::of(&viewer, &vendor, &model).await?;
    let body = Bytes::from(body(&decoder.id(), &sent, &Clocks::of(&viewer)).to_string());
    let asked = (Method::POST, "/v1/records/redecode");
    Ok(match viewer.pass(asked, Some(("application/json", body))).await {
        Ok(response) => {
            let lines = to_bytes(response.into_body(), usize::MAX).await;
            let lines = lines.map_err(|error| Problem::internal(&error))?;
            let outcome = outcome(&viewer, &last_of(&lines));
            page(&viewer, &decoder, (&sent, &Fault::none()), outcome).into_response()
        }
        Err(problem) => {
            let page = page(&viewer, &decoder, (&sent, &Fault::of(&problem)), html! {});
            page.with_status(problem.status()).into_response()
        }
    })
}

fn body(id: &str, sent: &Submission, clocks: &Clocks) -> Json {
    let mut body = json!({
        "decoder": format!("{id}@={}", sent.text("version")),
        // What is no day is left to the interface, which takes moments too.
        "since": clocks.sent_begin(sent.text("since")),
        "dryRun": sent.is_ticked("try"),
    });
    if let Some(group) = sent.filled("group") {
        body["group"] = json!(group);
    }
    body
}

/// The last line, which says what came of all records.
fn last_of(lines: &[u8]) -> Json {
    let last = lines.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
    last.and_then(|line| serde_json::from_slice(line).ok()).unwrap_or_default()
}

fn outcome(viewer: &Viewer, last: &Json) -> Markup {
    let error = optional(last, "/done/error");
    let (tone, said) = match error {
        Some(_) => (Tone::Bad, "operator-redecode-broken"),
        None if text(last, "/done/dryRun") == "true" => (Tone::Plain, "operator-tried"),
        None => (Tone::Good, "operator-done"),
    };
    let said = viewer.language().say(said);
    html! {
        (notice(tone, html! {
            p.title { (said) }
            @if let Some(error) = error {
                @let fault = last.pointer("/done/fault").unwrap_or(&Json::Null);
                p { (Told::of_answer_in_short(viewer.language(), fault, error.to_owned()).shown()) }
            }
        }))
        (facts([
            (viewer.say("operator-redecode-examined"), number_at(viewer, last, "/examined")),
            (viewer.say("operator-redecode-corrected"), number_at(viewer, last, "/corrected")),
            (viewer.say("operator-redecode-already"), number_at(viewer, last, "/already")),
            (viewer.say("operator-redecode-failed"), number_at(viewer, last, "/failed")),
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_says_what_came_of_all() {
        let lines = b"{\"examined\":1}\n{\"examined\":2,\"done\":{\"dryRun\":true}}\n";
        assert_eq!(last_of(lines)["examined"], 2);
        assert!(last_of(b"").is_null());
    }

    #[test]
    fn records_are_decoded_by_the_chosen_version_alone() {
        let sent = Submission::of_pairs(b"version=1.1.0&since=2026-03-01T00:00:00Z&group=&try=yes");
        let expected = json!({
            "decoder": "acme/meter@=1.1.0", "since": "2026-03-01T00:00:00Z", "dryRun": true,
        });
        assert_eq!(body("acme/meter", &sent, &Clocks::named("Europe/Paris")), expected);
    }
}
