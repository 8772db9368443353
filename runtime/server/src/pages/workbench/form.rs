//! The form of the workbench. It works without script: a decoder, then an input.

use champollion_registry::{CatalogueEntry, CatalogueQuery, CatalogueSort};
use champollion_sdk::vectors::Vector;
use maud::{Markup, html};

use super::{
    asked::{Asked, Format, Kind as Tried},
    own_frames::OwnFrames,
    subject::Subject,
};
use crate::pages::{
    clocks::{self, Clocks},
    parts::form::{Fault, Field, Kind, file_form, submit},
    viewer::Viewer,
};

/// Decoders that are suggested: the catalogue finds the others.
const SUGGESTED: usize = 100;

/// The inputs that there are to choose from.
pub(super) struct Inputs<'of> {
    /// The vectors of the decoder.
    pub(super) vectors: &'of [Vector],
    /// The frames of the viewer's own objects, where the viewer may see any.
    pub(super) own: Option<&'of OwnFrames>,
}

/// Returns the form, filled in as it was sent. On a phone the result is far below it, so the answer is shown from
/// there on.
pub(super) fn form(
    viewer: &Viewer,
    (asked, fault): (&Asked, &Fault),
    subject: Option<&Subject>,
    inputs: &Inputs<'_>,
) -> Markup {
    file_form(
        viewer,
        "/workbench#result",
        fault,
        html! {
            (decoder(viewer, (asked, fault), subject))
            @if let Some(own) = inputs.own { (frames(viewer, asked, own)) }
            (vector(viewer, asked, inputs.vectors))
            (input(viewer, asked, fault))
            (command(viewer, asked, fault))
            (settings(viewer, asked, fault))
            (submit(&viewer.say("workbench-go")))
        },
    )
}

fn decoder(viewer: &Viewer, (asked, fault): (&Asked, &Fault), subject: Option<&Subject>) -> Markup {
    let entry = subject
        .and_then(|subject| viewer.service().registry.catalogue_entry(&subject.manifest().id).ok());
    html! {
        fieldset {
            legend { (viewer.say("workbench-decoder")) }
            (Field::new("decoder", viewer.say("workbench-decoder-name")).value(&*asked.decoder)
                .hint(viewer.say("workbench-decoder-hint")).suggesting(decoders(viewer)).fault(fault).shown())
            @if let Some(entry) = &entry {
                (version(viewer, ("version", &asked.version), entry, fault))
                (version(viewer, ("other", &asked.other), entry, fault))
            }
            @if viewer.principal().is_some() {
                (Field::new("file", viewer.say("workbench-file")).kind(Kind::File(".wasm,.js,.txt"))
                    .hint(viewer.say("workbench-file-hint")).fault(fault).shown())
            }
        }
    }
}

/// The first decoders of the catalogue, each with its name.
fn decoders(viewer: &Viewer) -> Vec<(String, String)> {
    let registry = &viewer.service().registry;
    let order = CatalogueSort::Name;
    let places = registry.catalogue_places(&CatalogueQuery::default(), order);
    let entries = registry.catalogue_after(&places, order, None).take(SUGGESTED);
    entries.map(|(_, entry)| (entry.manifest.id.to_string(), entry.manifest.name)).collect()
}

/// The objects of the viewer, and the frames of the one that is chosen.
fn frames(viewer: &Viewer, asked: &Asked, own: &OwnFrames) -> Markup {
    let fault = match (asked.has_device(), &own.frames) {
        (true, None) => Fault::said(viewer.say("workbench-no-object"), "device"),
        _ => Fault::none(),
    };
    let mut offered = vec![(String::new(), viewer.say("workbench-no-frame"))];
    offered.extend(own.offered(viewer));
    html! {
        details open[asked.has_device()] {
            summary { (viewer.say("workbench-own")) }
            (Field::new("device", viewer.say("workbench-device")).value(&*asked.device)
                .hint(viewer.say("workbench-device-hint")).suggesting(own.objects.clone()).fault(&fault).shown())
            @match own.frames.as_deref() {
                None => {}
                Some([]) => p.hint { (viewer.say("workbench-frames-none")) }
                Some(_) => {
                    (Field::new("frame", viewer.say("workbench-frames")).kind(Kind::Choice(offered))
                        .hint(viewer.say("workbench-frames-hint")).shown())
                }
            }
        }
    }
}

fn version(
    viewer: &Viewer,
    (name, chosen): (&str, &str),
    entry: &CatalogueEntry,
    fault: &Fault,
) -> Markup {
    let (label, none) = match name {
        "version" => (viewer.say("version-number"), viewer.say("workbench-newest")),
        _ => (viewer.say("workbench-other"), viewer.say("workbench-none")),
    };
    let versions = entry.versions.iter().map(|version| version.version.to_string());
    let mut choices = vec![(String::new(), none)];
    choices.extend(versions.map(|version| (version.clone(), version)));
    Field::new(name, label).kind(Kind::Choice(choices)).value(chosen).fault(fault).shown()
}

fn vector(viewer: &Viewer, asked: &Asked, vectors: &[Vector]) -> Markup {
    let mut choices = vec![(String::new(), viewer.say("workbench-no-vector"))];
    choices.extend(vectors.iter().map(|vector| (vector.name.clone(), vector.name.clone())));
    html! {
        @if !vectors.is_empty() {
            (Field::new("vector", viewer.say("workbench-vector")).kind(Kind::Choice(choices))
                .value(&*asked.vector).hint(viewer.say("workbench-vector-hint")).shown())
        }
    }
}

fn input(viewer: &Viewer, asked: &Asked, fault: &Fault) -> Markup {
    let kinds = Tried::ALL
        .map(|kind| (kind.word().to_owned(), viewer.say_word("workbench-kind", kind.word())));
    let formats = Format::ALL.map(|format| {
        (format.word().to_owned(), viewer.say_word("workbench-format", format.word()))
    });
    html! {
        fieldset {
            legend { (viewer.say("workbench-input")) }
            (Field::new("kind", viewer.say("workbench-kind")).kind(Kind::Choice(kinds.to_vec()))
                .value(asked.kind.word()).shown())
            (Field::new("format", viewer.say("workbench-format"))
                .kind(Kind::Choice(formats.to_vec())).value(asked.format.word()).shown())
            (Field::new("payload", viewer.say("workbench-payload")).kind(Kind::Lines(4))
                .value(&*asked.payload).hint(viewer.say("workbench-payload-hint")).fault(fault).shown())
            (Field::new("port", viewer.say("port-number")).kind(Kind::Line("number"))
                .value(&*asked.port).hint(viewer.say("workbench-port-hint")).fault(fault).shown())
            (keys(viewer, asked, fault))
        }
    }
}

/// The keys of a whole frame. They are not written back into the page.
fn keys(viewer: &Viewer, asked: &Asked, fault: &Fault) -> Markup {
    html! {
        details open[asked.format == Format::Frame] {
            summary { (viewer.say("workbench-keys")) }
            (Field::new("app-s-key", "AppSKey").kind(Kind::Line("password")).completed_by("off")
                .hint(viewer.say("workbench-keys-hint")).fault(fault).shown())
            (Field::new("nwk-s-key", "NwkSKey").kind(Kind::Line("password")).completed_by("off")
                .hint(viewer.say("workbench-mic-hint")).fault(fault).shown())
        }
    }
}

fn command(viewer: &Viewer, asked: &Asked, fault: &Fault) -> Markup {
    html! {
        details open[matches!(asked.kind, Tried::Command | Tried::Reading)] {
            summary { (viewer.say("workbench-command")) }
            (Field::new("command", "JSON").kind(Kind::Lines(4)).value(&*asked.command)
                .hint(viewer.say("workbench-command-hint")).fault(fault).shown())
        }
    }
}

fn settings(viewer: &Viewer, asked: &Asked, fault: &Fault) -> Markup {
    let is_set =
        [&asked.variables, &asked.state, &asked.moment].iter().any(|text| !text.is_empty());
    html! {
        details open[is_set] {
            summary { (viewer.say("workbench-settings")) }
            (Field::new("variables", viewer.say("decoder-variables")).kind(Kind::Lines(3))
                .value(&*asked.variables).hint(viewer.say("workbench-variables-hint")).fault(fault)
                .shown())
            (Field::new("state", viewer.say("workbench-state")).value(&*asked.state)
                .hint(viewer.say("workbench-state-hint")).fault(fault).shown())
            (Field::new("moment", viewer.say("chart-moment")).kind(Kind::Moment)
                .value(Clocks::of(viewer).shown(&asked.moment)).hint(clocks::hint(viewer, "moment-hint"))
                .fault(fault).shown())
        }
    }
}
