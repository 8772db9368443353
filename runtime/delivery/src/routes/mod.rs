//! Routes: which records of a group go to whom, in which shape.

mod authors;
mod book;
mod contradiction;
mod destination;
mod expression;
mod filter;
mod handed;
mod hidden;
mod presentation;
mod pulling;
mod route;
mod route_error;
mod search;
mod sense;
mod shape;
mod way;

pub use crate::zone::{UnknownZone, Zone};
pub use authors::{Author, Authors};
pub use book::Stopped;
pub(crate) use book::{RouteBook, RouteStanding};
pub use contradiction::Contradiction;
pub use destination::{Destination, DestinationKind};
pub use expression::{Expression, ExpressionError};
pub use filter::{DecoderPattern, DecoderPatternError, Filter};
pub(crate) use handed::{Handed, HandedByDevice, Told};
pub use presentation::Presentation;
pub(crate) use pulling::{HandedBefore, PulledBy};
pub use route::Route;
pub use route_error::RouteError;
pub use search::{Elsewhere, NotDoneElsewhere, Search};
pub use shape::Shape;
pub(crate) use way::Way;
