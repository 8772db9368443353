//! Changes of the version that devices get: a form for each, a trial that changes nothing, and what came of it.

use axum::{
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use super::{decoder, decoder_forms::action, known_decoder::Decoder};
use crate::{
    api::Problem,
    pages::{
        json::{items, optional, path_part, text},
        parts::{
            form::{Fault, form},
            notice::{Tone, notice},
            table::Table,
        },
        submission::Submission,
        told::Told,
        viewer::Viewer,
    },
};

/// The changes: each with the member of its body for every field that its form has.
const CHANGES: [Change; 9] = [
    Change::new("promote", "promote", &["version"]),
    Change::new("rollback", "rollback", &["to"]),
    Change::new("shadow-run", "shadow", &["version"]),
    Change::new("shadow-end", "shadow", &[END]),
    Change::new("canary-run", "canary", &["version", "sharePercent", "failurePercent", "frames"]),
    Change::new("canary-end", "canary", &[END, "reason"]),
    Change::new("yank", "yank", &["version", "reason"]),
    Change::new("unyank", "unyank", &["version"]),
    Change::new("deprecate", "deprecate", &["successor", "reason"]),
];

/// The member that ends a shadow or a canary.
const END: &str = "end";

/// Members that are numbers.
const NUMBERS: [&str; 3] = ["sharePercent", "failurePercent", "frames"];

/// A change of what devices get.
struct Change {
    word: &'static str,
    path: &'static str,
    members: &'static [&'static str],
}

impl Change {
    const fn new(word: &'static str, path: &'static str, members: &'static [&'static str]) -> Self {
        Self { word, path, members }
    }

    /// The change of a word that a form has sent.
    fn named(word: &str) -> Result<&'static Self, Problem> {
        let found = CHANGES.iter().find(|change| change.word == word);
        found.ok_or_else(|| Problem::bad_request("invalid-body", "the form names no change"))
    }

    /// The body of the request, out of what the form has sent.
    fn body(&self, sent: &Submission, dry_run: bool) -> Json {
        let mut body = Map::new();
        for member in self.members {
            match sent.filled(member) {
                _ if *member == END => drop(body.insert(END.to_owned(), json!(true))),
                Some(value) => drop(body.insert((*member).to_owned(), value_of(member, value))),
                None => {}
            }
        }
        body.insert("dryRun".to_owned(), json!(dry_run));
        Json::Object(body)
    }
}

fn value_of(member: &str, value: &str) -> Json {
    match value.parse::<u64>() {
        Ok(number) if NUMBERS.contains(&member) => json!(number),
        _ => json!(value),
    }
}

pub(super) async fn change(
    viewer: Viewer,
    Path((vendor, model)): Path<(String, String)>,
    sent: Submission,
) -> Result<Response, Problem> {
    let (wanted, is_trial) = (Change::named(sent.text("change"))?, sent.is_ticked("try"));
    let path = format!("/v1/registry/{}/{}/{}", path_part(&vendor), path_part(&model), wanted.path);
    let body = wanted.body(&sent, is_trial);
    let changed = viewer.send(Method::POST, &path, Some(&body)).await;
    // The decoder as it is after the change.
    let decoder = Decoder::of(&viewer, &vendor, &model).await?;
    Ok(match changed {
        Ok(changed) => {
            let outcome = outcome(&viewer, &decoder, wanted, &sent, &changed);
            decoder::page(&viewer, &decoder, outcome).into_response()
        }
        Err(problem) => {
            let page = decoder::page(&viewer, &decoder, refused(&viewer, &problem));
            page.with_status(problem.status()).into_response()
        }
    })
}

/// The refusal of a change, in the words of the server.
fn refused(viewer: &Viewer, problem: &Problem) -> Markup {
    notice(
        Tone::Bad,
        html! {
            p.title { (viewer.say("form-fault")) }
            p { (Told::of(problem).shown()) }
        },
    )
}

/// The outcome of a change, or of its trial, with the devices that get another version.
fn outcome(
    viewer: &Viewer,
    decoder: &Decoder,
    change: &Change,
    sent: &Submission,
    changed: &Json,
) -> Markup {
    let is_trial = changed["dryRun"] == true;
    let (tone, said) =
        if is_trial { (Tone::Plain, "operator-tried") } else { (Tone::Good, "operator-done") };
    notice(
        tone,
        html! {
            p.title { (viewer.say(&format!("operator-decoders-{}", change.word))) }
            p { (viewer.say(said)) }
            (effects(viewer, items(changed, "/effects")))
            @if is_trial { (again(viewer, decoder, change, sent)) }
        },
    )
}

fn effects(viewer: &Viewer, effects: &[Json]) -> Markup {
    if effects.is_empty() {
        return html! { p { (viewer.say("operator-decoders-effects-none")) } };
    }
    let mut table = Table::new(viewer.say("operator-decoders-effects"))
        .column(viewer.say("operator-decoders-effect-wanted"))
        .column(viewer.say("operator-decoders-effect-from"))
        .column(viewer.say("operator-decoders-effect-to"))
        .numbers(viewer.say("operator-decoders-effect-devices"));
    for effect in effects {
        let version = |pointer: &str| {
            html! { (optional(effect, pointer).unwrap_or("–")) }
        };
        table.row(vec![
            html! { code { (text(effect, "/wanted")) } },
            version("/from"),
            version("/to"),
            html! { (text(effect, "/devices")) },
        ]);
    }
    table.shown()
}

/// The same form once more, to do what was tried.
fn again(viewer: &Viewer, decoder: &Decoder, change: &Change, sent: &Submission) -> Markup {
    let fields = html! {
        @for (name, value) in sent.fields().filter(|(name, _)| *name != "try") {
            input type="hidden" name=(name) value=(value);
        }
        p.actions { button type="submit" { (viewer.say(&format!("operator-decoders-{}", change.word))) } }
    };
    form(viewer, &action(decoder), &Fault::none(), fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_the_members_of_its_change_and_no_others() {
        let sent = Submission::of_pairs(b"version=1.1.0&sharePercent=10&reason=&frames=x&other=1");
        let canary = Change::named("canary-run").unwrap().body(&sent, true);
        let expected = json!({
            "version": "1.1.0", "sharePercent": 10, "frames": "x", "dryRun": true,
        });
        assert_eq!(canary, expected);
        let end = Change::named("shadow-end").unwrap().body(&sent, false);
        assert_eq!(end, json!({ "end": true, "dryRun": false }));
        assert!(Change::named("delete").is_err());
    }
}
