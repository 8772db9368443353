//! The page of a decoder at its permanent address.

use axum::{
    Extension,
    extract::Path,
    response::{IntoResponse, Response},
};
use champollion_registry::{
    CatalogueEntry, CatalogueVersion,
    package::{DecoderId, Manifest},
};
use maud::{Markup, html};
use semver::Version;

use super::{
    call, contents, examples,
    negotiation::{as_json, wants_json, without_end},
    path::path_of,
    publications::{Publications, Signed},
    state::{own_version, version_state},
    versions,
};
use crate::{
    api::Problem,
    pages::{
        json::address,
        parts::{
            badge::badge,
            notice::{Tone, notice},
        },
        viewer::Viewer,
        written,
    },
};

/// Most sources that are listed at once; more of them are folded, since they are long.
const SOURCES: usize = 2;

/// The newest version of a decoder that devices get.
pub(super) async fn newest(
    viewer: Viewer,
    Extension(publications): Extension<Publications>,
    Path((vendor, model)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (model, is_json) = without_end(&model);
    let id = decoder_id(&vendor, model)?;
    if is_json || wants_json(viewer.headers()) {
        return as_json(&viewer, &format!("/{id}")).await;
    }
    let entry = viewer.service().registry.catalogue_entry(&id)?;
    shown(&viewer, &publications, entry).await
}

/// One version of a decoder.
pub(super) async fn of_version(
    viewer: Viewer,
    Extension(publications): Extension<Publications>,
    Path((vendor, model, version)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let (version, is_json) = without_end(&version);
    let id = decoder_id(&vendor, &model)?;
    let version: Version = version.parse().map_err(|error: semver::Error| {
        Problem::bad_request("invalid-path", format!("{version} is no version: {error}"))
    })?;
    if is_json || wants_json(viewer.headers()) {
        return as_json(&viewer, &format!("/{id}/{version}")).await;
    }
    let entry = viewer.service().registry.catalogue_version(&id, &version)?;
    shown(&viewer, &publications, entry).await
}

fn decoder_id(vendor: &str, model: &str) -> Result<DecoderId, Problem> {
    DecoderId::new(vendor, model)
        .map_err(|error| Problem::bad_request("invalid-path", error.to_string()))
}

async fn shown(
    viewer: &Viewer,
    publications: &Publications,
    mut entry: CatalogueEntry,
) -> Result<Response, Problem> {
    let registry = &viewer.service().registry;
    let (id, version) = (entry.manifest.id.clone(), entry.manifest.version.clone());
    // The rest of a damaged package is known all the same.
    match registry.examples(&id, &version).await {
        Ok(examples) => entry.examples = examples,
        Err(error) => {
            tracing::warn!(%id, %version, %error, "a page of the catalogue has no examples")
        }
    }
    let signed = publications.signed(registry, (&id, &version)).await;
    let changes = registry.catalogue_changes(&id)?;
    let content = html! {
        (trail(viewer, &entry.manifest))
        (opening(viewer, &entry))
        (facts(viewer, &entry, &signed))
        (contents::contents(viewer, &entry.manifest))
        (examples::examples(viewer, &entry))
        (call::calls(viewer, &entry))
        (versions::versions(viewer, &entry, &changes))
    };
    let page = viewer.page(entry.manifest.name.clone(), content);
    Ok(page.with_head(head(&entry.manifest)).into_response())
}

fn head(manifest: &Manifest) -> Markup {
    let path = path_of(&manifest.id);
    html! {
        meta name="description" lang="en" content=(manifest.description);
        link rel="canonical" href=(path);
        link rel="alternate" type="application/json" href={ (path) ".json" };
    }
}

fn trail(viewer: &Viewer, manifest: &Manifest) -> Markup {
    html! {
        nav aria-label=(viewer.say("catalogue-trail")) {
            ol.trail {
                li { a href="/catalogue" { (viewer.say("nav-catalogue")) } }
                li {
                    a href=(address("/catalogue", &[("vendor", manifest.id.vendor())])) {
                        (manifest.id.vendor())
                    }
                }
                li aria-current="page" { (manifest.name) }
            }
        }
    }
}

fn opening(viewer: &Viewer, entry: &CatalogueEntry) -> Markup {
    let manifest = &entry.manifest;
    let workbench = address(
        "/workbench",
        &[("decoder", &manifest.id.to_string()), ("version", &manifest.version.to_string())],
    );
    html! {
        div.heading {
            h1 { (manifest.name) }
            p { code { (manifest.id) " " (manifest.version) } " " (state(viewer, entry)) }
        }
        p.lead lang="en" { (manifest.description) }
        (warnings(viewer, entry))
        p.actions {
            a.button href=(workbench) { (viewer.say("decoder-try")) }
            a.button.quiet href={ (path_of(&manifest.id)) ".json" } { "JSON" }
        }
        ul.tags aria-label=(viewer.say("decoder-uses")) {
            @for name in &entry.use_cases {
                li { a href=(address("/catalogue", &[("use", name)])) { (viewer.say_word("use", name)) } }
            }
        }
    }
}

fn state(viewer: &Viewer, entry: &CatalogueEntry) -> Markup {
    html! { @if let Some(version) = own_version(entry) { (version_state(viewer, version)) } }
}

/// Warnings to those who want to use the decoder.
fn warnings(viewer: &Viewer, entry: &CatalogueEntry) -> Markup {
    let version = own_version(entry);
    let yanked = version.and_then(|version| version.yanked.as_deref());
    let misread = version.and_then(|version| version.reads_on.as_ref());
    html! {
        @if let Some(deprecation) = &entry.deprecated {
            (notice(Tone::Warning, html! {
                p.title { (viewer.say("catalogue-deprecated")) }
                @if !deprecation.reason.is_empty() { p { (deprecation.reason) } }
                @if let Some(successor) = &deprecation.successor {
                    p { a href=(path_of(&successor.id)) { (viewer.say("decoder-successor")) " " (successor.id) } }
                }
            }))
        }
        @if let Some(reason) = yanked {
            (notice(Tone::Bad, html! {
                p.title { (viewer.say("decoder-yanked-title")) }
                @if !reason.is_empty() { p { (reason) } }
            }))
        }
        @if misread.is_some() {
            (notice(Tone::Warning, html! { p { (viewer.say("decoder-reads-on")) } }))
        }
    }
}

fn facts(viewer: &Viewer, entry: &CatalogueEntry, signed: &Signed) -> Markup {
    let manifest = &entry.manifest;
    html! {
        section.card aria-label=(viewer.say("decoder-facts")) {
            dl.facts {
                dt { (viewer.say("decoder-maintainer")) } dd { (manifest.maintainer) }
                @if let Some(sponsor) = &manifest.funded_by {
                    dt { (viewer.say("decoder-sponsor")) } dd { (sponsor) }
                }
                dt { (viewer.say("decoder-licence")) } dd { (manifest.licence) }
                @if let Some(version) = own_version(entry) { (facts_of(viewer, version)) }
                dt { (viewer.say("decoder-signature")) } dd { (signature(viewer, signed)) }
                (sources(viewer, &manifest.sources))
            }
        }
    }
}

fn facts_of(viewer: &Viewer, version: &CatalogueVersion) -> Markup {
    let language = viewer.language();
    html! {
        dt { (viewer.say("decoder-published")) } dd { (viewer.moment(version.published_at)) }
        dt { (viewer.say("decoder-size")) } dd { (written::size(version.bytes as u64, language)) }
        @if let Some(fuel) = version.fuel {
            dt { (viewer.say("decoder-fuel")) }
            dd { (language.whole(fuel.most)) " " span.soft { (viewer.say("decoder-fuel-text")) } }
        }
        dt { (viewer.say("decoder-vectors")) } dd { (language.whole(version.vectors as u64)) }
        dt { (viewer.say("decoder-digest")) } dd { code { (version.digest) } }
    }
}

fn signature(viewer: &Viewer, signed: &Signed) -> Markup {
    match signed {
        Signed::By(signature, owner) => html! {
            (badge(Tone::Good, &viewer.say("decoder-signed")))
            @if let Some(owner) = owner { " " (owner) }
            details {
                summary { (viewer.say("decoder-signature-whole")) }
                p { code { (signature) } }
            }
        },
        Signed::Not => html! { (badge(Tone::Warning, &viewer.say("decoder-unsigned"))) },
        Signed::Unknown => html! { (viewer.say("decoder-signature-unknown")) },
    }
}

fn sources(viewer: &Viewer, sources: &[String]) -> Markup {
    html! {
        @if !sources.is_empty() {
            dt { (viewer.say("decoder-sources")) }
            dd {
                details open[sources.len() <= SOURCES] {
                    summary { (viewer.say_with("decoder-sources-count", [("count", sources.len().into())])) }
                    ul { @for source in sources { li { (source) } } }
                }
            }
        }
    }
}
