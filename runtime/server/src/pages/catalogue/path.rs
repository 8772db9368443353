//! The permanent address of a decoder.

use champollion_registry::package::DecoderId;

/// Returns the path of the page of a decoder in its newest version.
pub(super) fn path_of(id: &DecoderId) -> String {
    format!("/catalogue/{id}")
}
