//! The decoders that are tried: published versions, or one that was dropped as a file.

use std::sync::Arc;

use champollion_registry::{
    LoadedDecoder,
    package::{DecoderId, DecoderIdError, Manifest},
};
use champollion_sandbox::Decoder;
use semver::Version;

use super::{
    asked::Asked,
    dropped::{Dropped, dropped},
};
use crate::{
    api::Problem,
    pages::{submission::Submission, viewer::Viewer},
};

/// A decoder that is tried.
#[derive(Clone)]
pub(super) enum Subject {
    /// A version that is published here.
    Published(Arc<LoadedDecoder>),
    /// A package that nobody has published here, or a script that is in none.
    Dropped(Arc<Dropped>),
}

impl Subject {
    /// The decoder to call.
    pub(super) fn decoder(&self) -> &Decoder {
        match self {
            Self::Published(loaded) => &loaded.decoder,
            Self::Dropped(dropped) => &dropped.decoder,
        }
    }

    /// The manifest of the decoder.
    pub(super) fn manifest(&self) -> &Manifest {
        match self {
            Self::Published(loaded) => &loaded.manifest,
            Self::Dropped(dropped) => &dropped.manifest,
        }
    }

    /// The name and version of what is tried; of a script that is in no package the name of its file alone.
    pub(super) fn title(&self) -> String {
        let Manifest { name, version, .. } = self.manifest();
        match self {
            Self::Dropped(dropped) if dropped.is_bare => name.clone(),
            _ => format!("{name} {version}"),
        }
    }
}

/// The decoders that a form names: the one of a file where there is one, or else a published one, and the version to
/// compare it with.
///
/// # Errors
/// A [`Problem`] at the field that is at fault.
pub(super) async fn subjects(
    viewer: &Viewer,
    asked: &Asked,
    submission: &Submission,
) -> Result<Vec<Subject>, Problem> {
    let mut subjects = Vec::new();
    if let Some(file) = submission.file("file") {
        subjects.push(Subject::Dropped(Arc::new(dropped(viewer, file, &asked.decoder).await?)));
    } else if !asked.decoder.is_empty() {
        let first = published(viewer, &asked.decoder, ("version", &asked.version)).await?;
        subjects.push(first);
    }
    if let Some(first) = subjects.first().filter(|_| !asked.other.is_empty()) {
        let id = first.manifest().id.to_string();
        subjects.push(published(viewer, &id, ("other", &asked.other)).await?);
    }
    Ok(subjects)
}

async fn published(
    viewer: &Viewer,
    id: &str,
    (field, version): (&str, &str),
) -> Result<Subject, Problem> {
    let registry = &viewer.service().registry;
    let id: DecoderId = id.parse().map_err(|error: DecoderIdError| {
        Problem::bad_request("invalid-body", error.to_string()).with("path", "decoder")
    })?;
    let version: Version = match version {
        "" => {
            let newest = registry.catalogue_entry(&id);
            newest.map_err(|error| Problem::from(error).with("path", "decoder"))?.manifest.version
        }
        text => text.parse().map_err(|error: semver::Error| {
            let said = format!("{text} is no version: {error}");
            Problem::bad_request("invalid-body", said).with("path", field)
        })?,
    };
    let loaded = registry.version(&id, &version).await;
    Ok(Subject::Published(loaded.map_err(|error| Problem::from(error).with("path", field))?))
}
