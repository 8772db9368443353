//! Makes one package of one codec.

use champollion_registry::{
    gate::Rehearsal,
    package::{DecoderId, Manifest, Package, PackageError, outcome, run},
};
use champollion_sandbox::{Decoder, Digest, Sandbox};
use champollion_sdk::vectors::Vector;
use semver::Version;

use super::{
    Codec, Example, FailedExample, Problem,
    assembly::assemble,
    example::{as_called, with_whole_commands},
    fields::{Inferred, infer},
    imprint::imprint,
    manifest::{completed, manifest},
    normalized::Normalized,
    trial::{Trial, run_examples},
};

/// The version of a package whose codec states none.
const FIRST_VERSION: Version = Version::new(1, 0, 0);

/// The licence of a codec that states none, as SPDX expressions name what they have no word for.
const UNKNOWN_LICENCE: &str = "LicenseRef-unknown";

/// The choices of the importing person.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The version of every package, whatever the codec states.
    pub version: Option<Version>,
    /// The licence of every package, whatever the catalogue states.
    pub licence: Option<String>,
    /// Whether a codec is imported though it does not answer its examples.
    pub keep_failing: bool,
}

/// Where packages are made. May be used from many threads.
pub struct PackageMaker<'sandbox> {
    sandbox: &'sandbox Sandbox,
    options: Options,
}

/// The outcome of a codec.
pub struct Made {
    /// The file that names the codec.
    pub codec: String,
    /// The package, tried as the registry will try it, or why there is none.
    pub package: Result<Package, String>,
    /// The number of examples that were run.
    pub examples: usize,
    /// The examples that failed.
    pub failed: Vec<FailedExample>,
    /// The parts that could not be carried over.
    pub problems: Vec<Problem>,
}

impl Made {
    /// A codec of which no package is made.
    #[must_use]
    pub fn skipped(codec: &Codec, reason: &str) -> Self {
        Self {
            codec: codec.place.clone(),
            package: Err(reason.to_owned()),
            examples: 0,
            failed: Vec::new(),
            problems: Vec::new(),
        }
    }
}

impl<'sandbox> PackageMaker<'sandbox> {
    /// A workshop that tries codecs in a sandbox.
    #[must_use]
    pub fn new(sandbox: &'sandbox Sandbox, options: Options) -> Self {
        Self { sandbox, options }
    }

    /// Returns the imprint of a codec under a name: the package that is made of it carries it. Costs no more than
    /// reading the codec.
    #[must_use]
    pub fn imprint(&self, codec: &Codec, id: &DecoderId) -> Option<Digest> {
        let Options { licence, keep_failing, .. } = &self.options;
        imprint(codec, id, licence.as_deref(), *keep_failing).ok()
    }

    /// Returns the version that a codec states, or that the importing person states for it.
    #[must_use]
    pub fn stated_version(&self, codec: &Codec) -> Option<Version> {
        let of_codec = || codec.version.as_deref().and_then(read_version);
        self.options.version.clone().or_else(of_codec)
    }

    /// Makes a package of a codec under a name, and under a version where one is given in the place of the stated
    /// one. Takes some milliseconds of the processor.
    #[must_use]
    pub fn make(&self, codec: &Codec, id: DecoderId, version: Option<Version>) -> Made {
        let mut made = Made::skipped(codec, "");
        made.package = self.try_to_make(codec, (id, version), &mut made);
        made
    }

    fn try_to_make(
        &self,
        codec: &Codec,
        (id, version): (DecoderId, Option<Version>),
        made: &mut Made,
    ) -> Result<Package, String> {
        let source = match &codec.script {
            Ok(source) => source,
            Err(problem) if problem.place == codec.place => return Err(problem.problem.clone()),
            Err(problem) => return Err(problem.to_string()),
        };
        let licence = self.licence(codec, made);
        let stated = self.version(codec, made);
        let (version, (examples, whole_input)) =
            (version.unwrap_or(stated), as_called(&codec.examples, codec.calling));
        let import_digest = self.imprint(codec, &id);
        let mut manifest = manifest(codec, id, version, licence, whole_input);
        if let Some(script) = &mut manifest.script {
            script.import_digest = import_digest;
        }
        let mut tried = self.try_examples(codec, source, manifest, &examples)?;
        if !whole_input && tried.trial.fails_commands() {
            // Some codecs read the port of a command beside its data.
            let examples = with_whole_commands(&codec.examples);
            let mut manifest = tried.manifest.clone();
            if let Some(script) = &mut manifest.script {
                script.whole_input = true;
            }
            let whole = self.try_examples(codec, source, manifest, &examples)?;
            if whole.trial.failed.len() < tried.trial.failed.len() {
                tried = whole;
            }
        }
        let Tried { manifest, decoder, trial: Trial { mut vectors, failed, answered, .. } } = tried;
        made.examples = examples.len();
        made.failed = failed;
        if !made.failed.is_empty() && !self.options.keep_failing {
            return Err(format!(
                "{} of its {} examples fail; --keep-failing imports it all the same, and marks it",
                made.failed.len(),
                made.examples
            ));
        }
        if vectors.len() > Package::VECTORS {
            let more = vectors.len() - Package::VECTORS;
            made.problems.push(Problem::new(
                codec.place.as_str(),
                format!("{more} examples more than a package may have vectors are left out"),
            ));
            vectors.truncate(Package::VECTORS);
        }
        let inferred = infer(&answered);
        if inferred.measures_more {
            self.measure(source, &manifest, &inferred, &mut vectors)?;
        }
        let failing: Vec<String> =
            made.failed.iter().map(|failed| failed.example.clone()).collect();
        let manifest = completed(&manifest, decoder.dialect(), &vectors, failing);
        let package = assemble_within_limits(source, &manifest, &vectors, inferred)
            .map(|(package, left_out)| {
                if left_out > 0 {
                    made.problems.push(Problem::new(
                        codec.place.as_str(),
                        format!("{left_out} fields more than a manifest holds are left out"),
                    ));
                }
                package
            })
            .map_err(|error| error.to_string())?;
        let rehearsal = Rehearsal::of(package, self.sandbox).map_err(|error| error.to_string())?;
        Ok(rehearsal.into_package())
    }

    /// Loads a codec and runs its examples.
    fn try_examples(
        &self,
        codec: &Codec,
        source: &str,
        manifest: Manifest,
        examples: &[Example],
    ) -> Result<Tried, String> {
        // The codec alone is a package already, so that it is loaded as all packages are.
        let draft = assemble(source, &manifest, &[]).map_err(|error| error.to_string())?;
        let decoder = draft.load(self.sandbox).map_err(|error| error.to_string())?;
        let normalized = Normalized::of(source, examples, |source| {
            let draft = assemble(source, &manifest, &[]).map_err(|error| error.to_string())?;
            draft.load(self.sandbox).map_err(|error| error.to_string())
        });
        let trial = run_examples(&decoder, &normalized, examples, codec.comparison, &codec.place);
        Ok(Tried { manifest, decoder, trial })
    }

    /// Puts into the vectors what the fields measure that the codec itself does not.
    fn measure(
        &self,
        source: &str,
        manifest: &Manifest,
        inferred: &Inferred,
        vectors: &mut [Vector],
    ) -> Result<(), String> {
        let (draft, _) = assemble_within_limits(source, manifest, &[], inferred.clone())
            .map_err(|error| error.to_string())?;
        let decoder = draft.load(self.sandbox).map_err(|error| error.to_string())?;
        for vector in vectors {
            vector.expect = outcome(&run(&decoder, &vector.input));
            vector.expect.sort_all_objects();
        }
        Ok(())
    }

    fn version(&self, codec: &Codec, made: &mut Made) -> Version {
        if let Some(version) = &self.options.version {
            return version.clone();
        }
        let Some(stated) = &codec.version else { return FIRST_VERSION };
        match read_version(stated) {
            Some(version) => version,
            None => {
                made.problems.push(Problem::new(
                    codec.place.as_str(),
                    format!(
                        "its version {stated:?} is none by semantic versioning, so the package has \
                         {FIRST_VERSION}; --version states another"
                    ),
                ));
                FIRST_VERSION
            }
        }
    }

    fn licence(&self, codec: &Codec, made: &mut Made) -> String {
        if let Some(licence) = self.options.licence.as_ref().or(codec.licence.as_ref()) {
            return licence.clone();
        }
        made.problems.push(Problem::new(
            codec.place.as_str(),
            format!(
                "no licence is stated, so the package has {UNKNOWN_LICENCE}; --licence states one"
            ),
        ));
        UNKNOWN_LICENCE.to_owned()
    }
}

/// Reads the version that a codec states. The registry takes none with build metadata.
fn read_version(stated: &str) -> Option<Version> {
    let version = Version::parse(stated.trim().trim_start_matches('v')).ok()?;
    version.build.is_empty().then_some(version)
}

/// A codec that was loaded, and what became of its examples.
struct Tried {
    manifest: Manifest,
    decoder: Decoder,
    trial: Trial,
}

/// Leaves out fields until the manifest is within the limit of packages.
fn assemble_within_limits(
    source: &str,
    manifest: &Manifest,
    vectors: &[Vector],
    inferred: Inferred,
) -> Result<(Package, usize), PackageError> {
    let Inferred { mut fields, mut left_out, .. } = inferred;
    loop {
        let manifest = Manifest { fields: fields.clone(), ..manifest.clone() };
        match assemble(source, &manifest, vectors) {
            Err(PackageError::ManifestTooLarge { .. }) if !fields.is_empty() => {
                let kept = fields.len() / 2;
                left_out += fields.len() - kept;
                fields.truncate(kept);
            }
            other => return other.map(|package| (package, left_out)),
        }
    }
}
