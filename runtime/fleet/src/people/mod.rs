//! People: humans with a personal account.

mod email;
mod person;
mod settings;

pub use email::{Email, EmailError};
pub use person::{NameFault, Person, PersonName};
pub use settings::PeopleLimits;
