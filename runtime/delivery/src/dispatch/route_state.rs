//! The state of a route in a word.

use serde::Serialize;

/// Whether a route hands records over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RouteState {
    /// The route hands its records over.
    Running,
    /// Its recipient failed and is left alone for a while.
    BackingOff,
    /// The route was paused.
    Paused,
    /// Its recipient wants nothing any more.
    Stopped,
}
