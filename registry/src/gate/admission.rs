//! Admission: the demands on a package before it is published, and the package that met them.

use std::sync::Arc;

use champollion_sandbox::{Decoder, Sandbox};
use semver::Version;
use serde::Serialize;

use super::{
    compatibility::incompatibilities,
    declared,
    finding::Finding,
    fuel::VectorFuel,
    oddity::Oddity,
    random::{self, Tried},
    random_readings,
    truncation::CutPayloads,
    vector_run::run_vectors,
};
use crate::package::{DecoderId, Manifest, ManifestError, Package, PackageParts};

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

/// The outcome of trying a package.
pub struct Trial {
    /// The faults for which no server publishes it; none where it would.
    pub findings: Vec<Finding>,
    /// The results of the random payloads.
    pub random_payloads: Tried,
    /// The results of the vectors' payloads, cut short at each length.
    pub cut_payloads: CutPayloads,
    /// Findings that are no reason to refuse the package.
    pub warnings: Vec<Oddity>,
    /// The fuel of the vectors, where there is one.
    pub fuel: Option<VectorFuel>,
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
    /// The results of the vectors' payloads, cut short at each length.
    pub cut_payloads: CutPayloads,
    /// The version that it was compared with.
    #[schema(required, value_type = Option<String>)]
    pub previous: Option<Version>,
    /// Findings that are no reason to refuse the package.
    #[schema(value_type = Vec<String>)]
    pub warnings: Vec<Oddity>,
    /// The fuel of the vectors, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<VectorFuel>,
    /// The bytes of the package by its parts.
    pub parts: PackageParts,
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
        let (package, mut findings) = named(file, (id, version));
        let Some(package) = package else { return Err(findings) };
        let manifest = package.manifest();
        if let Some(previous) = previous {
            findings.extend(incompatibilities(previous, manifest));
        }
        let decoder = match package.load(sandbox) {
            Ok(decoder) => decoder,
            Err(error) => {
                findings.extend(declared::findings(manifest, package.vectors()).0);
                findings.push(Finding::Unusable(error));
                return Err(findings);
            }
        };
        let Trial { findings: of_trial, random_payloads, cut_payloads, warnings, fuel } =
            self.try_out(&package, &decoder);
        findings.extend(of_trial);
        if !findings.is_empty() {
            return Err(findings);
        }
        let report = Report {
            vectors: package.vectors().len(),
            random_payloads,
            cut_payloads,
            previous: previous.map(|previous| previous.version.clone()),
            warnings,
            fuel,
            parts: package.parts(),
        };
        Ok(Admitted { package, decoder, report })
    }

    /// Tries a package that is loaded, whoever may publish it and whatever was published before: its declared fields,
    /// its vectors, and payloads that nobody wrote. Takes seconds of the processor.
    #[must_use]
    pub fn try_out(&self, package: &Package, decoder: &Decoder) -> Trial {
        let (mut findings, mut warnings) =
            declared::findings(package.manifest(), package.vectors());
        let blanks = package.manifest().unpublishable(None);
        if !blanks.is_empty() {
            findings.push(Finding::Package(ManifestError::Inconsistent(blanks).into()));
        }
        let mut calls = Vec::new();
        for run in run_vectors(package, decoder) {
            calls.push(run.call.fuel);
            findings.extend(run.differs.map(Finding::Vector));
        }
        let random_payloads = match decoder.formulas() {
            None => random::try_out(package, decoder, self.random_payloads),
            Some(_) => random_readings::try_out(package, decoder, self.random_payloads),
        };
        findings.extend(random_payloads.misbehaved().cloned().map(Finding::Misbehaves));
        warnings.extend(random_payloads.warnings());
        // Cut payloads are made of vectors, so that whoever tries no random payloads is told of them too.
        let cut_payloads = CutPayloads::of(package, decoder);
        warnings.extend(cut_payloads.warning());
        let fuel = VectorFuel::of(calls);
        Trial { findings, random_payloads, cut_payloads, warnings, fuel }
    }
}

/// Loads a file that is to bear a name, and asks no more of it: for a rehearsal, which publishes nothing. Takes up to
/// a second of the processor: it belongs on a thread that may block.
pub fn load_candidate(
    file: Vec<u8>,
    name: (&DecoderId, &Version),
    sandbox: &Sandbox,
) -> Result<Decoder, Vec<Finding>> {
    let (package, mut findings) = named(file, name);
    let Some(package) = package else { return Err(findings) };
    match package.load(sandbox) {
        Ok(decoder) if findings.is_empty() => Ok(decoder),
        Ok(_) => Err(findings),
        Err(error) => {
            findings.push(Finding::Unusable(error));
            Err(findings)
        }
    }
}

/// Reads a file that is to bear a name, and tells all that is wrong with it so far.
fn named(file: Vec<u8>, (id, version): (&DecoderId, &Version)) -> (Option<Package>, Vec<Finding>) {
    let (package, errors) = Package::examine(file);
    let mut findings: Vec<Finding> = errors.into_iter().map(Finding::Package).collect();
    let other = package.as_ref().map(Package::manifest);
    let other = other.filter(|manifest| (&manifest.id, &manifest.version) != (id, version));
    findings.extend(other.map(|manifest| Finding::OtherName {
        expected: format!("{id} {version}"),
        actual: format!("{} {}", manifest.id, manifest.version),
    }));
    (package, findings)
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

    pub(crate) fn into_parts(self) -> (Package, Decoder, Report) {
        (self.package, self.decoder, self.report)
    }
}
