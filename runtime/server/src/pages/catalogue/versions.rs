//! The versions of a decoder, and what changed from one to the next.

use std::collections::BTreeMap;

use champollion_registry::{CatalogueEntry, CatalogueVersion, gate::ManifestChange};
use maud::{Markup, html};
use semver::Version;

use super::{path::path_of, state::version_state};
use crate::{
    pages::{parts::table::Table, told::Told, viewer::Viewer, written},
    sentence::packages,
};

/// Versions that are shown; a decoder that was imported again and again may have hundreds.
const VERSIONS: usize = 50;

/// Returns the section of versions.
pub(super) fn versions(
    viewer: &Viewer,
    entry: &CatalogueEntry,
    changes: &BTreeMap<Version, Vec<ManifestChange>>,
) -> Markup {
    let mut table = Table::new(viewer.say("decoder-versions"))
        .column(viewer.say("version-number"))
        .column(viewer.say("version-state"))
        .column(viewer.say("version-published"))
        .column(viewer.say("version-changes"))
        .numbers(viewer.say("decoder-size"));
    for version in entry.versions.iter().take(VERSIONS) {
        table.row(row(viewer, entry, (version, changes.get(&version.version))));
    }
    html! { section { h2 #versions { (viewer.say("decoder-versions")) } (table.shown()) } }
}

fn row(
    viewer: &Viewer,
    entry: &CatalogueEntry,
    (version, changes): (&CatalogueVersion, Option<&Vec<ManifestChange>>),
) -> Vec<Markup> {
    let address = format!("{}/{}", path_of(&entry.manifest.id), version.version);
    vec![
        html! { a href=(address) { (version.version) } },
        version_state(viewer, version),
        viewer.moment(version.published_at),
        changed(viewer, changes),
        html! { (written::size(version.bytes as u64, viewer.language())) },
    ]
}

fn changed(viewer: &Viewer, changes: Option<&Vec<ManifestChange>>) -> Markup {
    let told = |change: &ManifestChange| {
        let sentence = packages::of_change(change);
        Told::of_sentence(viewer.language(), &sentence, change.to_string()).shown()
    };
    match changes.map(Vec::as_slice) {
        None => html! { span.soft { (viewer.say("version-first")) } },
        Some([]) => html! { span.soft { (viewer.say("version-same")) } },
        Some([one]) => told(one),
        Some(several) => html! { ul { @for change in several { li { (told(change)) } } } },
    }
}
