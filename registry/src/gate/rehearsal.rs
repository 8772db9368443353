//! Runs a package's vectors in the sandbox: nothing is published that does not do what it says.

use champollion_sandbox::{Decoder, Sandbox};

use super::vector_run::{VectorDiffers, run_vectors};
use crate::package::{Package, UnusableError};

/// A package whose every vector was answered as it expects.
pub struct Rehearsal {
    package: Package,
    decoder: Decoder,
}

/// The error of a package that does not do what it says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RehearsalError {
    /// The code of the package cannot be loaded.
    #[error(transparent)]
    Unusable(#[from] UnusableError),
    /// A vector was not answered as it expects.
    #[error(transparent)]
    Vector(#[from] VectorDiffers),
}

impl Rehearsal {
    /// Compiles the package and runs every vector; stops at the first that differs. Takes up to a
    /// second of the processor: it belongs on a thread that may block.
    pub fn of(package: Package, sandbox: &Sandbox) -> Result<Self, RehearsalError> {
        let decoder = package.load(sandbox)?;
        let differs = run_vectors(&package, &decoder).find_map(|run| run.differs);
        if let Some(differs) = differs {
            return Err(differs.into());
        }
        Ok(Self { package, decoder })
    }

    /// Returns the package that was rehearsed.
    #[must_use]
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// Returns the decoder in its compiled form.
    #[must_use]
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// The package alone, for whoever does not publish it here and now.
    #[must_use]
    pub fn into_package(self) -> Package {
        self.package
    }
}
