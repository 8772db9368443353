//! Wraps a core module into a component, as the tools of guest languages do.

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// The text of the contract.
#[must_use]
pub fn contract() -> &'static str {
    include_str!("../../../../wit/v1/decoder.wit")
}

/// A component that exports the contract, around a core module in WAT.
#[must_use]
pub fn decoder(core: &str) -> Vec<u8> {
    component(contract(), "decoder", core)
}

/// A component of any world, around a core module in WAT that implements its canonical ABI.
///
/// # Panics
/// Where the text is none, or does not implement the world: a mistake of the author.
#[must_use]
pub fn component(wit: &str, world: &str, core: &str) -> Vec<u8> {
    let module = wat::parse_str(core).unwrap_or_else(|error| panic!("{error}\n{core}"));
    around(wit, world, module)
}

/// A component that exports the contract, around a core module.
#[must_use]
pub fn decoder_around(module: Vec<u8>) -> Vec<u8> {
    around(contract(), "decoder", module)
}

fn around(wit: &str, world: &str, mut module: Vec<u8>) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("guest.wit", wit).expect("the world is valid");
    let world = resolve.select_world(&[package], Some(world)).expect("the world exists");
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("the metadata fits");
    ComponentEncoder::default()
        .module(&module)
        // Some guests are invalid on purpose, and it is the sandbox that has to find out.
        .and_then(|encoder| encoder.validate(false).encode())
        .unwrap_or_else(|error| panic!("the module does not implement the world: {error:#}"))
}
