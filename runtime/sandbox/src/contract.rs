//! The decoder contract as the host sees it, generated from `wit/v1`.

use wasmtime::{
    Store,
    component::{Component, ComponentExportIndex, Instance, TypedFunc},
};

wasmtime::component::bindgen!({
    path: "../../wit/v1",
    world: "decoder",
    ownership: Borrowing { duplicate_if_necessary: true },
});

pub(crate) use exports::champollion::decoder::codec;

/// The export that holds the contract's functions.
const INTERFACE: &str = "champollion:decoder/codec@1.0.0";

/// Where the contract's functions are in one component: found once, used for every instance.
pub(crate) struct Functions {
    decode_uplink: ComponentExportIndex,
    encode_downlink: ComponentExportIndex,
    decode_downlink: ComponentExportIndex,
}

/// A function of the contract in one instance.
pub(crate) type Function<Input, Output> = TypedFunc<(Input,), (Result<Output, codec::Failure>,)>;

impl Functions {
    /// Finds the functions; `None` where one is missing.
    pub(crate) fn of(component: &Component) -> Option<Self> {
        let interface = component.get_export_index(None, INTERFACE)?;
        let function = |name| component.get_export_index(Some(&interface), name);
        Some(Self {
            decode_uplink: function("decode-uplink")?,
            encode_downlink: function("encode-downlink")?,
            decode_downlink: function("decode-downlink")?,
        })
    }

    /// Asking for one function checks the types of that one, which is a third of the work of having
    /// all three at hand as the generated bindings do.
    pub(crate) fn decode_uplink<'a, T>(
        &self,
        instance: &Instance,
        store: &mut Store<T>,
    ) -> wasmtime::Result<Function<codec::Uplink<'a>, codec::Reading>> {
        instance.get_typed_func(store, self.decode_uplink)
    }

    /// The function that encodes a command.
    pub(crate) fn encode_downlink<'a, T>(
        &self,
        instance: &Instance,
        store: &mut Store<T>,
    ) -> wasmtime::Result<Function<codec::Command<'a>, codec::Downlink>> {
        instance.get_typed_func(store, self.encode_downlink)
    }

    /// The function that reads a command back.
    pub(crate) fn decode_downlink<'a, T>(
        &self,
        instance: &Instance,
        store: &mut Store<T>,
    ) -> wasmtime::Result<Function<codec::SentDownlink<'a>, codec::Reading>> {
        instance.get_typed_func(store, self.decode_downlink)
    }

    /// Asks for all functions, and so checks the types of all.
    pub(crate) fn check_types<T>(
        &self,
        instance: &Instance,
        store: &mut Store<T>,
    ) -> wasmtime::Result<()> {
        self.decode_uplink(instance, store)?;
        self.encode_downlink(instance, store)?;
        self.decode_downlink(instance, store)?;
        Ok(())
    }
}
