//! Admission: the demands on a package before it is published, and the package that met them.

use std::sync::Arc;

use champollion_sandbox::{Decoder, Sandbox};
use champollion_sdk::difference::difference;
use semver::Version;
use serde::Serialize;
use serde_json::Value as Json;

use super::{
    compatibility::incompatibilities,
    declared,
    finding::Finding,
    random::{self, Tried},
    rehearsal::VectorDiffers,
};
use crate::package::{DecoderId, Manifest, Package, outcome, run};

/// The demands on a package beside those of its own manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The number of random payloads that the package must get through; 0 tries none.
    pub random_payloads: usize,
}

impl Gate {
    /// Enough that a branch which one payload in a thousand takes is met ten times.
    pub const RANDOM_PAYLOADS: usize = 10_000;
}

impl Default for Gate {
    fn default() -> Self {
        Self { random_payloads: Self::RANDOM_PAYLOADS }
    }
}

/// A package that was let through: what can be published.
pub struct Admitted {
    package: Package,
    decoder: Decoder,
    report: Report,
}

/// The report on a package that the gate let through.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GateReport)]
pub struct Report {
    /// Vectors that were answered as they expect.
    pub vectors: usize,
    /// The results of the random payloads.
    pub random_payloads: Tried,
    /// The version that it was compared with.
    #[schema(required, value_type = Option<String>)]
    pub previous: Option<Version>,
    /// Findings that are no reason to refuse the package.
    pub warnings: Vec<String>,
}

impl Gate {
    /// Looks at a file that is to be published under a name. `previous` is the manifest of the version
    /// before, if there is one. Takes seconds of the processor: it belongs on a thread that may block.
    pub fn admit(
        &self,
        file: Vec<u8>,
        (id, version): (&DecoderId, &Version),
        previous: Option<&Arc<Manifest>>,
        sandbox: &Sandbox,
    ) -> Result<Admitted, Vec<Finding>> {
        let (package, errors) = Package::examine(file);
        let mut findings: Vec<Finding> = errors.into_iter().map(Finding::Package).collect();
        let Some(package) = package else { return Err(findings) };
        let manifest = package.manifest();
        if (&manifest.id, &manifest.version) != (id, version) {
            findings.push(Finding::OtherName {
                expected: format!("{id} {version}"),
                actual: format!("{} {}", manifest.id, manifest.version),
            });
        }
        if let Some(previous) = previous {
            findings.extend(incompatibilities(previous, manifest));
        }
        let (of_fields, mut warnings) = declared::findings(manifest, package.vectors());
        findings.extend(of_fields);
        let mut tried = Tried::default();
        let decoder = match package.load(sandbox) {
            Ok(decoder) => {
                findings.extend(vectors_that_differ(&package, &decoder));
                tried = random::try_out(&package, &decoder, self.random_payloads);
                findings.extend(tried.misbehaved().cloned().map(Finding::Misbehaves));
                warnings.extend(tried.warning());
                Some(decoder)
            }
            Err(error) => {
                findings.push(Finding::Unusable(error));
                None
            }
        };
        match decoder {
            Some(decoder) if findings.is_empty() => {
                let report = Report {
                    vectors: package.vectors().len(),
                    random_payloads: tried,
                    previous: previous.map(|previous| previous.version.clone()),
                    warnings,
                };
                Ok(Admitted { package, decoder, report })
            }
            _ => Err(findings),
        }
    }
}

fn vectors_that_differ(package: &Package, decoder: &Decoder) -> Vec<Finding> {
    let differing = package.vectors().iter().filter_map(|vector| {
        let actual: Json = outcome(&run(decoder, &vector.input));
        let difference = difference(&vector.expect, &actual)?;
        let difference = Box::new(difference);
        Some(Finding::Vector(VectorDiffers { vector: vector.name.clone(), difference }))
    });
    differing.collect()
}

impl Admitted {
    /// Returns the package that was admitted.
    #[must_use]
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// Returns the report on the package.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    pub(crate) fn into_parts(self) -> (Package, Decoder) {
        (self.package, self.decoder)
    }
}
