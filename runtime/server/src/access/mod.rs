//! Access: tokens, people and grants put together, to say who sends a request and for how long it may.

mod ending;
mod openid;
mod recognition;
