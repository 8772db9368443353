//! Attacks by tokens of network servers: a token speaks for the devices of its own network server alone.
