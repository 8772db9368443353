//! Instances that are kept from one call to the next, and put back into exactly the state that a call
//! begins with.
//!
//! Making an instance anew for each call costs more than most calls do: its memory is to be cleared and
//! filled, whether the call touches it or not. So the code is made to keep account of what it writes
//! ([`barrier`]), and only that is put back ([`account`]) from a memory at rest ([`image`]). What a call
//! could change in another way is refused to such code; a decoder that needs it gets a new instance each
//! time.

pub(crate) mod account;
pub(crate) mod barrier;
pub(crate) mod image;
