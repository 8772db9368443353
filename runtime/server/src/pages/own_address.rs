//! The address of the server as the viewer of a page has it.

use super::viewer::Viewer;
use crate::own_address;

/// Returns the address without a slash at its end.
pub(super) fn own_address(viewer: &Viewer) -> String {
    own_address::own_address(&viewer.service().config, viewer.uri(), viewer.headers())
}
