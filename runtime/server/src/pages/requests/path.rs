//! The addresses of the pages of requests.

/// The path of the list of requests.
pub(super) const PATH: &str = "/requests";

/// Returns the address of a request.
pub(super) fn path_of(id: &str) -> String {
    format!("{PATH}/{id}")
}
