//! Attacks by tokens: narrow scopes, revoked and expired tokens, the last admin.
