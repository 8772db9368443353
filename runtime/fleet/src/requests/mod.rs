//! Requests: a partner, or who is to be one, asks; the operator decides.
//!
//! A [`Request`] is about a [`Matter`]: the approval of a partner, with its [`Declaration`] under the six headings of the
//! agreement, or more objects than were declared. It knows at each step for whom it waits, and until when. What is
//! decided becomes the [`Approval`] of the partner, which says how many objects it may have, and until when.

mod approval;
mod declaration;
mod desk;
mod error;
mod paragraph;
mod request;
#[cfg(test)]
mod tests;

pub use approval::{Approval, ApprovalRefused, ApprovalState, DeclaredNumber, Notice};
pub use declaration::{
    Coverage, Declaration, DeclarationFault, Direction, Frequency, Per, Period, Rate, Stage,
};
pub use desk::{Asked, Desk, DeskTurn, Step};
pub use error::RequestError;
pub use paragraph::{Paragraph, ParagraphError};
pub use request::{
    Applicant, Check, CheckResult, Decision, Matter, Remark, Request, RequestState, Side, WaitsFor,
};
