//! A decoder that a person drops as a file: it is read and compiled for this one answer.

use champollion_registry::package::{Manifest, Package, UnusableError};
use champollion_sandbox::{Decoder, Digest, Sandbox, Script};
use champollion_sdk::vectors::Vector;

use super::bare_script;
use crate::{
    api::Problem,
    pages::{submission::File, viewer::Viewer},
    sentence::Sentence,
};

/// A decoder that was dropped as a file: a package, or a script alone.
pub(super) struct Dropped {
    /// The manifest of the package; of a script alone one that says its name.
    pub(super) manifest: Manifest,
    /// The vectors of the package; a script alone has none.
    pub(super) vectors: Vec<Vector>,
    /// The decoder, ready to be called.
    pub(super) decoder: Decoder,
    /// Whether it is a script that is in no package, and so has no version.
    pub(super) is_bare: bool,
}

/// Reads and compiles a file, which may be a script of the decoder that the form names. It is for those who have signed
/// in, since to compile takes up to a second: as many wait for it as wait to publish.
///
/// # Errors
/// A [`Problem`] at the field of the file.
pub(super) async fn dropped(
    viewer: &Viewer,
    file: &File,
    decoder: &str,
) -> Result<Dropped, Problem> {
    if viewer.principal().is_none() {
        let detail = "a decoder of your own can be tried once you have signed in";
        let problem = Problem::forbidden(detail).with("path", "file");
        return Err(problem.saying(Sentence::new("trial-signed-in")));
    }
    let service = viewer.service();
    let (script, limit) = match bare_script::is_script(file) {
        true => (Some(bare_script::manifest(&file.name, decoder)?), Script::SOURCE_BYTES),
        false => (None, service.config.sandbox.component_bytes),
    };
    if file.bytes.len() > limit {
        return Err(Problem::too_large(limit).with("path", "file"));
    }
    let waiting = service.publications_waiting.try_acquire().map_err(|_| {
        let detail = "as many packages wait to be tried as this server takes: send it again";
        Problem::unavailable("too-busy", detail)
    })?;
    // Closed never, so there is always a turn in the end.
    let turn = service.publications.acquire().await;
    let (sandbox, bytes) = (service.registry.sandbox().clone(), file.bytes.to_vec());
    let loaded = tokio::task::spawn_blocking(move || match script {
        Some(manifest) => of_script(manifest, &bytes, &sandbox),
        None => of_package(bytes, &sandbox),
    });
    let loaded = loaded.await.map_err(|error| Problem::internal(&error))?;
    drop((turn, waiting));
    loaded.map_err(|error| problem(&error).with("path", "file"))
}

fn of_package(bytes: Vec<u8>, sandbox: &Sandbox) -> Result<Dropped, UnusableError> {
    let package = Package::read(bytes)?;
    let decoder = package.load(sandbox)?;
    let (manifest, vectors) = (package.manifest().clone(), package.vectors().to_vec());
    Ok(Dropped { manifest, vectors, decoder, is_bare: false })
}

fn of_script(
    manifest: Manifest,
    bytes: &[u8],
    sandbox: &Sandbox,
) -> Result<Dropped, UnusableError> {
    let decoder = sandbox.load_script(&bare_script::script(bytes), Digest::of(bytes))?;
    Ok(Dropped { manifest, vectors: Vec::new(), decoder, is_bare: true })
}

fn problem(error: &UnusableError) -> Problem {
    let code = match error {
        UnusableError::Package(_) => "not-a-package",
        _ => "unusable-component",
    };
    Problem::unprocessable(code, error.to_string())
}
