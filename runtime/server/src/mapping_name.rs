//! The name of the mapping that a decoder measures by, as records quote it.

use champollion_delivery::records::MappingName;
use champollion_registry::LoadedDecoder;

/// Returns the name of the mapping in force when the decoder was loaded.
pub(crate) fn mapping_of(decoder: &LoadedDecoder) -> Option<MappingName> {
    let kept = decoder.mapping.as_ref()?;
    Some(MappingName { version: kept.mapping.version.clone(), digest: kept.digest })
}
