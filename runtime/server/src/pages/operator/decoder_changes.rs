//! Changes of the version that devices get: a form for each, a trial that changes nothing, and what came of it.

use axum::{
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use super::{
    decoder::{self, Decoder},
    decoders::page_of,
};
use crate::{
    api::Problem,
    pages::{
        json::{items, optional, path_part, text},
        parts::{
            form::{Fault, Field, Kind, form},
            notice::{Tone, notice},
            table::Table,
        },
        submission::Submission,
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
            p lang="en" { (problem.detail()) }
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

fn action(decoder: &Decoder) -> String {
    format!("{}/change", page_of(&decoder.id()))
}

/// The forms of all changes that are possible now.
pub(super) fn forms(viewer: &Viewer, decoder: &Decoder) -> Markup {
    let is_stable = |version: &Json| text(version, "/channel") == "stable";
    let is_yanked = |version: &Json| version.get("yanked").is_some();
    let candidates = decoder.versions(|version| !is_stable(version) && !is_yanked(version));
    let (stable, usable) =
        (decoder.versions(is_stable), decoder.versions(|version| !is_yanked(version)));
    let yanked = decoder.versions(is_yanked);
    let version = |word, versions: &[String]| choice(viewer, (word, "version"), versions, false);
    let one = |word, fields| changing(viewer, decoder, word, fields);
    html! {
        @if !candidates.is_empty() {
            (one("promote", version("promote", &candidates)))
            @if decoder.shadow.is_none() {
                (one("shadow-run", version("shadow-run", &candidates)))
            }
            @if decoder.canary.is_none() { (one("canary-run", canary_fields(viewer, &candidates))) }
        }
        @if decoder.shadow.is_some() { (one("shadow-end", html! {})) }
        @if decoder.canary.is_some() { (one("canary-end", reason(viewer, "canary-end"))) }
        @if stable.len() > 1 {
            (one("rollback", choice(viewer, ("rollback", "to"), &stable, true)))
        }
        @if !usable.is_empty() {
            (one("yank", html! { (version("yank", &usable)) (reason(viewer, "yank")) }))
            (quarantining(viewer, decoder, &usable))
        }
        @if !yanked.is_empty() { (one("unyank", version("unyank", &yanked))) }
        (one("deprecate", html! {
            (Field::new("successor", viewer.say("operator-decoders-successor")).shown())
            (reason(viewer, "deprecate"))
        }))
    }
}

fn reason(viewer: &Viewer, word: &str) -> Markup {
    let field = Field::new("reason", viewer.say("operator-reason")).of_form(word);
    field.hint(viewer.say("operator-reason-hint")).shown()
}

fn canary_fields(viewer: &Viewer, candidates: &[String]) -> Markup {
    let number = |name: &'static str, label: String, value: &str| {
        Field::new(name, label).kind(Kind::Line("number")).value(value).required().shown()
    };
    html! {
        (choice(viewer, ("canary-run", "version"), candidates, false))
        (number("sharePercent", viewer.say("operator-decoders-canary-share"), "10"))
        (number("failurePercent", viewer.say("operator-decoders-canary-failures"), "5"))
        (number("frames", viewer.say("operator-decoders-canary-frames"), "100"))
    }
}

/// A choice among versions in the form of a change; with an empty one first where none need be chosen.
fn choice(
    viewer: &Viewer,
    (word, name): (&str, &str),
    versions: &[String],
    may_be_empty: bool,
) -> Markup {
    let empty = may_be_empty.then(|| (String::new(), "–".to_owned()));
    let own = versions.iter().map(|version| (version.clone(), version.clone()));
    let choices = empty.into_iter().chain(own).collect();
    let field = Field::new(name, viewer.say("operator-decoders-version")).of_form(word);
    field.kind(Kind::Choice(choices)).shown()
}

/// One change in a fold of its own, with a button that only tries it.
fn changing(viewer: &Viewer, decoder: &Decoder, word: &str, fields: Markup) -> Markup {
    let lead = viewer
        .language()
        .try_say(&format!("operator-decoders-{}-lead", word.trim_end_matches("-run")));
    let content = html! {
        input type="hidden" name="change" value=(word);
        (fields)
        p.actions {
            button type="submit" { (viewer.say(&format!("operator-decoders-{word}"))) }
            " "
            button.quiet type="submit" name="try" value="yes" { (viewer.say("operator-try")) }
        }
    };
    html! {
        details.card {
            summary { (viewer.say(&format!("operator-decoders-{word}"))) }
            @if let Some(lead) = lead { p { (lead) } }
            (form(viewer, &action(decoder), &Fault::none(), content))
        }
    }
}

/// The form that sets a version aside. It is sent to the page of that version's quarantine.
fn quarantining(viewer: &Viewer, decoder: &Decoder, versions: &[String]) -> Markup {
    let path = format!("/operator/quarantine/{}", decoder.id());
    let content = html! {
        (choice(viewer, ("set-aside", "version"), versions, false))
        (Field::new("reason", viewer.say("operator-reason")).of_form("set-aside")
            .hint(viewer.say("operator-reason-hint")).required().shown())
        p.actions { button.danger type="submit" { (viewer.say("operator-decoders-set-aside")) } }
    };
    html! {
        details.card {
            summary { (viewer.say("operator-decoders-set-aside")) }
            p { (viewer.say("operator-decoders-set-aside-lead")) }
            (form(viewer, &path, &Fault::none(), content))
        }
    }
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
