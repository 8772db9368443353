//! The list of all adapters.
//!
//! A new adapter is a folder and a line here, beside the `mod` that Rust asks for: the word in the settings,
//! the path over HTTP, the topics of MQTT and everything that is read come from there.

use crate::adapter::Adapter;

/// All adapters, in the order in which they are named to people.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[
    &crate::chirpstack::Chirpstack,
    &crate::tts::Tts,
    &crate::actility::Actility,
    &crate::ts002::Ts002,
    &crate::kerlink::Kerlink,
    &crate::loriot::Loriot,
    &crate::aws::Aws,
    &crate::live_objects::LiveObjects,
    &crate::everynet::Everynet,
    &crate::netmore::Netmore,
    &crate::multitech::Multitech,
    &crate::milesight::Milesight,
    &crate::described::Described,
    &crate::phy::Phy,
    &crate::plain::Plain,
    // The adapter of examples/adapter, of which all is asked that is asked of adapters.
    #[cfg(test)]
    &crate::acme::Acme,
];
