//! The forms of the changes that a decoder can have now: each with a button that only tries it.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::{decoders::page_of, known_decoder::Decoder};
use crate::pages::{
    json::text,
    parts::form::{Fault, Field, Kind, form},
    viewer::Viewer,
};

/// The address that the forms of changes are sent to.
pub(super) fn action(decoder: &Decoder) -> String {
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
