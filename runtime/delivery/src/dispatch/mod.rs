//! Dispatch: each route in use has somebody who works on it, and tells how it is.

mod attempts;
mod backoff;
mod breaker;
mod change;
mod dispatcher;
mod error;
mod events;
mod expiry;
mod fetching;
mod file_maker;
mod gathering;
mod holders;
mod lanes;
mod live;
mod parcels;
mod pusher;
mod reported;
mod retention;
mod rotation;
mod route_state;
mod skipping;
mod taking_over;
mod telling;
mod trial;
mod trouble;

pub use attempts::{Attempt, AttemptOutcome, AttemptPlace, AttemptPlaceError};
pub use backoff::Backoff;
pub use change::{Change, Commit};
pub use dispatcher::{Beginning, Dispatcher, ShownRoute};
pub use error::DispatchError;
pub use events::{Event, EventKind, PlacedEvent};
pub use holders::Holder;
pub use live::RouteStatus;
pub use retention::{Backlog, Older};
pub use route_state::RouteState;
pub use trial::Sample;
