//! All that is known of one decoder: its entry in the catalogue, what runs beside it, and what of it is set aside.

use serde_json::Value as Json;

use super::values::if_any;
use crate::{
    api::Problem,
    pages::{
        json::{items, path_part, text},
        viewer::Viewer,
    },
};

/// A decoder as the operator sees it.
pub(super) struct Decoder {
    /// The entry of the catalogue.
    pub(super) entry: Json,
    /// The report of the shadow, where there is one.
    pub(super) shadow: Option<Json>,
    /// The report of the canary, where there is one.
    pub(super) canary: Option<Json>,
    /// The parts of it that are set aside.
    pub(super) set_aside: Vec<Json>,
}

impl Decoder {
    /// Asks for all that is known of a decoder.
    ///
    /// # Errors
    /// The [`Problem`] with which the interface answers, as where there is no such decoder.
    pub(super) async fn of(viewer: &Viewer, vendor: &str, model: &str) -> Result<Self, Problem> {
        let (vendor, model) = (path_part(vendor), path_part(model));
        let entry = viewer.get(&format!("/v1/catalogue/{vendor}/{model}")).await?;
        let quarantine = viewer.get("/v1/registry/quarantine").await?;
        let id = text(&entry, "/id");
        let all = items(&quarantine, "/quarantined").iter();
        let set_aside = all.filter(|one| text(one, "/id") == id).cloned().collect();
        let report = |kind: &str| format!("/v1/registry/{vendor}/{model}/{kind}");
        Ok(Self {
            shadow: if_any(viewer, &report("shadow")).await?,
            canary: if_any(viewer, &report("canary")).await?,
            entry,
            set_aside,
        })
    }

    /// The name of the decoder.
    pub(super) fn id(&self) -> String {
        text(&self.entry, "/id")
    }

    /// The numbers of its versions for which a condition holds.
    pub(super) fn versions(&self, holds: impl Fn(&Json) -> bool) -> Vec<String> {
        let all = items(&self.entry, "/versions").iter();
        all.filter(|version| holds(version)).map(|version| text(version, "/version")).collect()
    }
}
