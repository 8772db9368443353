//! A package as OCI registries keep it, by the conventions of the WebAssembly tools: a manifest with a
//! small configuration and one layer, which is the package as it is. Pure; who sends it is elsewhere.

use std::collections::BTreeMap;

use champollion_sandbox::Digest;
use jiff::Timestamp;
use serde::Serialize;
use wasmparser::{Parser, Payload};

use crate::{
    keys::PackageSignature,
    package::{Code, Package},
};

/// The media type of the configuration.
pub const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";

/// The media type of the layer.
pub const LAYER_TYPE: &str = "application/wasm";

/// The annotation with the signature of the publisher: a key, a space, the signature.
const SIGNATURE: &str = "champollion.signature";

/// The name that other tools have for the system that a component runs on.
const COMPONENT_SYSTEM: &str = "wasip2";

/// A package with all that goes with it into an OCI registry. The same package always makes the same
/// artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The configuration as JSON.
    pub config: Vec<u8>,
    /// The annotations, which people and tools read without fetching the package.
    pub annotations: BTreeMap<String, String>,
    /// The tag of its version.
    pub tag: String,
}

/// Why what an OCI registry gives is no package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// It is something else.
    #[error("it is no package: its configuration is of the type {0}, and not {CONFIG_TYPE}")]
    OtherKind(String),
    /// There must be one layer of the type.
    #[error("it must have one layer of the type {LAYER_TYPE}, and has {0}")]
    Layers(usize),
    /// The signature is none.
    #[error("its annotation {SIGNATURE} cannot be read: {0}")]
    Signature(String),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'package> {
    created: Timestamp,
    author: &'package str,
    architecture: &'static str,
    os: &'static str,
    layer_digests: [Digest; 1],
    component: Component,
}

#[derive(Serialize)]
struct Component {
    exports: Vec<String>,
    imports: Vec<String>,
}

impl Artifact {
    /// The artifact of a package that was published at some time, with its publisher's signature.
    pub fn of(
        package: &Package,
        signature: Option<&PackageSignature>,
        published_at: Timestamp,
    ) -> Result<Self, serde_json::Error> {
        let manifest = package.manifest();
        let component = match package.code() {
            Code::Component(file) => Component::of(file),
            Code::Script(_) => Component { exports: Vec::new(), imports: Vec::new() },
        };
        let config = serde_json::to_vec(&Config {
            created: published_at,
            author: &manifest.maintainer,
            architecture: "wasm",
            os: COMPONENT_SYSTEM,
            layer_digests: [package.digest()],
            component,
        })?;
        let said = [
            ("org.opencontainers.image.title", manifest.id.to_string()),
            ("org.opencontainers.image.version", manifest.version.to_string()),
            ("org.opencontainers.image.description", manifest.description.clone()),
            ("org.opencontainers.image.licenses", manifest.licence.clone()),
            ("org.opencontainers.image.created", published_at.to_string()),
        ];
        let said = said.into_iter().map(|(name, value)| (name.to_owned(), value));
        let mut annotations: BTreeMap<String, String> = said.collect();
        if let Some(signature) = signature {
            annotations.insert(SIGNATURE.to_owned(), signature.to_string());
        }
        // A tag may hold no plus sign; the tools write this in its place.
        let tag = manifest.version.to_string().replace('+', "_");
        Ok(Self { config, annotations, tag })
    }

    /// The signature among annotations, if there is one.
    pub fn signature(
        annotations: Option<&BTreeMap<String, String>>,
    ) -> Result<Option<PackageSignature>, ArtifactError> {
        let text = annotations.and_then(|annotations| annotations.get(SIGNATURE));
        let signature = text.map(|text| text.parse()).transpose();
        signature.map_err(|error| ArtifactError::Signature(format!("{error}")))
    }

    /// Of the media types of its layers the place of the one that is the package.
    pub fn layer<'types>(
        config: &str,
        layers: impl IntoIterator<Item = &'types str>,
    ) -> Result<usize, ArtifactError> {
        if config != CONFIG_TYPE {
            return Err(ArtifactError::OtherKind(config.to_owned()));
        }
        let layers = layers.into_iter().enumerate();
        let places: Vec<usize> =
            layers.filter(|(_, kind)| *kind == LAYER_TYPE).map(|(place, _)| place).collect();
        match places[..] {
            [place] => Ok(place),
            _ => Err(ArtifactError::Layers(places.len())),
        }
    }
}

impl Component {
    /// Reads the exports and imports of a component itself, and not of its parts.
    fn of(file: &[u8]) -> Self {
        let (mut exports, mut imports) = (Vec::new(), Vec::new());
        let mut depth = 0_usize;
        // A package was read before, so nothing is wrong with its sections.
        for payload in Parser::new(0).parse_all(file).map_while(Result::ok) {
            match payload {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentExportSection(section) if depth == 0 => {
                    let names = section.into_iter().flatten();
                    exports.extend(names.map(|export| export.name.name.to_owned()));
                }
                Payload::ComponentImportSection(section) if depth == 0 => {
                    let names = section.into_iter().flatten();
                    imports.extend(names.map(|import| import.name.name.to_owned()));
                }
                _ => {}
            }
        }
        Self { exports, imports }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_layer_is_the_package() {
        let of = |config: &str, layers: &[&str]| Artifact::layer(config, layers.iter().copied());
        assert_eq!(of(CONFIG_TYPE, &[LAYER_TYPE]), Ok(0));
        assert_eq!(of(CONFIG_TYPE, &["text/plain", LAYER_TYPE]), Ok(1));
        assert_eq!(of(CONFIG_TYPE, &[LAYER_TYPE, LAYER_TYPE]), Err(ArtifactError::Layers(2)));
        assert_eq!(of(CONFIG_TYPE, &[]), Err(ArtifactError::Layers(0)));
        let image = "application/vnd.oci.image.config.v1+json";
        assert_eq!(of(image, &[LAYER_TYPE]), Err(ArtifactError::OtherKind(image.to_owned())));
    }

    #[test]
    fn a_signature_that_is_none_is_no_missing_one() {
        assert_eq!(Artifact::signature(None), Ok(None));
        let annotations = BTreeMap::from([(SIGNATURE.to_owned(), "ed25519:no".to_owned())]);
        assert!(matches!(
            Artifact::signature(Some(&annotations)),
            Err(ArtifactError::Signature(_))
        ));
    }
}
