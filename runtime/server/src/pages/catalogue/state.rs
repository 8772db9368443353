//! The state of a version: whether devices get it.

use champollion_registry::{CatalogueEntry, CatalogueVersion, channels::Channel};
use maud::Markup;

use crate::pages::{
    parts::{badge::badge, notice::Tone},
    viewer::Viewer,
};

/// The entry's own version among all.
pub(super) fn own_version(entry: &CatalogueEntry) -> Option<&CatalogueVersion> {
    entry.versions.iter().find(|version| version.version == entry.manifest.version)
}

/// Whether devices get a version.
pub(super) fn version_state(viewer: &Viewer, version: &CatalogueVersion) -> Markup {
    match (&version.yanked, version.channel) {
        (Some(_), _) => badge(Tone::Bad, &viewer.say("decoder-yanked")),
        (None, Channel::Stable) => badge(Tone::Good, &viewer.say("decoder-stable")),
        (None, Channel::Candidate) => badge(Tone::Warning, &viewer.say("decoder-candidate")),
    }
}
