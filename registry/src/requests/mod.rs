//! Requests for decoders: a partner asks for one and pays for it, and everybody has it then.
//!
//! A [`DecoderRequest`] begins with a [`Wish`]: the device, the maker's document, and real payloads with what is right
//! of them. It is estimated, ordered, published as a candidate that runs beside on the sponsor's devices, accepted by
//! the sponsor once the payloads are read as it says, and then made stable; or it is declined, with a reason. At each
//! step it knows for whom it waits. [`RequestDesk`] holds all of them.

mod candidate;
mod desk;
mod error;
mod request;
mod sponsored;
#[cfg(test)]
mod tests;
mod trial;
mod trial_fault;
mod wish;
mod wish_fault;

pub use candidate::Candidate;
pub use desk::{RequestDesk, RequestStep, RequestTurn};
pub use error::RequestFault;
pub use request::{Act, DecoderRequest, Estimate, RequestState, StepTaken, Taking};
pub(crate) use sponsored::SponsoredShadows;
pub use trial::{PayloadVerdict, Trial, Tried};
pub use trial_fault::{TrialFault, WrongValue};
pub use wish::{RightValue, SponsorPayload, Wish};
pub use wish_fault::WishFault;
