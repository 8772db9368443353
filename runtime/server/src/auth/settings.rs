//! Settings of requests and sign-ins.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::{rates::Rates, sign_ins::SignIns};

/// The bounds of requests and of wrong tokens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RequestLimits {
    /// Requests in a second of one token; 0 is no bound.
    pub by_token_per_second: u32,
    /// Requests in a second of all tokens of one group; 0 is no bound.
    pub by_group_per_second: u32,
    /// Requests without a token in a second of one address; 0 is no bound.
    pub without_token_per_second: u32,
    /// Seconds whose requests may come at once.
    pub burst_seconds: NonZeroU32,
    /// Wrong tokens that one address may try at once.
    pub wrong_tokens: NonZeroU32,
    /// Wrong tokens that one address may try in a minute after that.
    pub wrong_tokens_per_minute: NonZeroU32,
}

impl RequestLimits {
    /// The judge of the rates of requests.
    #[must_use]
    pub fn rates(&self) -> Rates {
        Rates::new(
            self.by_token_per_second,
            self.by_group_per_second,
            self.without_token_per_second,
            self.burst_seconds,
        )
    }

    /// The judge of failed sign-ins.
    #[must_use]
    pub fn sign_ins(&self) -> SignIns {
        SignIns::new(self.wrong_tokens, self.wrong_tokens_per_minute)
    }
}
