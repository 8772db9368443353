//! A decoder that a person drops as a file: it is read and compiled for this one answer.

use champollion_registry::package::{Package, UnusableError};
use champollion_sandbox::Decoder;

use crate::{
    api::Problem,
    pages::{submission::File, viewer::Viewer},
};

/// A package that was dropped as a file, and its decoder.
pub(super) struct Dropped {
    /// The package that was read.
    pub(super) package: Package,
    /// The decoder of the package.
    pub(super) decoder: Decoder,
}

/// Reads and compiles a package. It is for those who have signed in, since to compile takes up to a second: as many
/// wait for it as wait to publish.
///
/// # Errors
/// A [`Problem`] at the field of the file.
pub(super) async fn dropped(viewer: &Viewer, file: &File) -> Result<Dropped, Problem> {
    if viewer.principal().is_none() {
        let detail = "a decoder of your own can be tried once you have signed in";
        let problem = Problem::forbidden(detail).with("path", "file");
        return Err(problem.saying(Sentence::new("trial-signed-in")));
    }
    let service = viewer.service();
    let limit = service.config.sandbox.component_bytes;
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
    let loaded = tokio::task::spawn_blocking(move || {
        let package = Package::read(bytes)?;
        let decoder = package.load(&sandbox)?;
        Ok::<Dropped, UnusableError>(Dropped { package, decoder })
    });
    let loaded = loaded.await.map_err(|error| Problem::internal(&error))?;
    drop((turn, waiting));
    loaded.map_err(|error| problem(&error).with("path", "file"))
}

fn problem(error: &UnusableError) -> Problem {
    let code = match error {
        UnusableError::Package(_) => "not-a-package",
        _ => "unusable-component",
    };
    Problem::unprocessable(code, error.to_string())
}
