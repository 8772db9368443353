//! Attacks by the address of a destination: no record, and no secret, reaches a host that the operator has not allowed.
