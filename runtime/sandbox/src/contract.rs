//! The decoder contract as the host sees it.
//!
//! What goes in is generated from `wit/v1`. What comes out is declared here a second time, since
//! generated types copy every text and list out of the guest when the call returns: a telegram with a
//! day's history has a hundred of them, which took longer than decoding it. These only say where they
//! lie, and [`lift`](crate::lift) looks at them there. wasmtime compares them with the component's own
//! types when it is loaded, so the two cannot drift apart unnoticed.

use wasmtime::{
    Store,
    component::{
        Component, ComponentExportIndex, ComponentNamedList, ComponentType, Instance, Lift, Lower,
        TypedFunc, WasmList, WasmStr,
    },
};

wasmtime::component::bindgen!({
    path: "../../wit/v1",
    world: "decoder",
    ownership: Borrowing { duplicate_if_necessary: true },
});

pub(crate) use exports::champollion::decoder::codec;

/// The export that holds the contract's functions.
const INTERFACE: &str = "champollion:decoder/codec@1.0.0";

/// `record reading`.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Reading {
    pub(crate) data: WasmStr,
    pub(crate) measurements: WasmList<Measurement>,
    pub(crate) warnings: WasmList<WasmStr>,
    pub(crate) state: Option<WasmList<u8>>,
}

/// `record measurement`.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Measurement {
    pub(crate) quantity: WasmStr,
    pub(crate) value: Value,
    pub(crate) channel: u16,
    #[component(name = "measured-at")]
    pub(crate) measured_at: Option<u64>,
    pub(crate) span: Option<codec::Span>,
}

/// `variant value`.
#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum Value {
    #[component(name = "boolean")]
    Boolean(bool),
    #[component(name = "integer")]
    Integer(i64),
    #[component(name = "number")]
    Number(f64),
    #[component(name = "text")]
    Text(WasmStr),
}

/// `record downlink`.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Downlink {
    #[component(name = "f-port")]
    pub(crate) f_port: u8,
    pub(crate) payload: WasmList<u8>,
    pub(crate) warnings: WasmList<WasmStr>,
}

/// `record failure`.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Failure {
    pub(crate) kind: codec::FailureKind,
    pub(crate) message: WasmStr,
    pub(crate) span: Option<codec::Span>,
}

/// Where the contract's functions are in one component: found once, used for every instance.
pub(crate) struct Functions {
    decode_uplink: ComponentExportIndex,
    encode_downlink: ComponentExportIndex,
    decode_downlink: ComponentExportIndex,
}

/// A function of the contract in one instance.
pub(crate) type Function<Input, Output> = TypedFunc<(Input,), (Result<Output, Failure>,)>;

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

    /// The function that reads an uplink.
    pub(crate) fn decode_uplink<'a, T>(
        &self,
        instance: &Instance,
        store: &mut Store<T>,
    ) -> wasmtime::Result<Function<codec::Uplink<'a>, Reading>> {
        function(instance, store, self.decode_uplink)
    }

    /// The function that encodes a command.
    pub(crate) fn encode_downlink<'a, T>(
        &self,
        instance: &Instance,
        store: &mut Store<T>,
    ) -> wasmtime::Result<Function<codec::Command<'a>, Downlink>> {
        function(instance, store, self.encode_downlink)
    }

    /// The function that reads a command back.
    pub(crate) fn decode_downlink<'a, T>(
        &self,
        instance: &Instance,
        store: &mut Store<T>,
    ) -> wasmtime::Result<Function<codec::SentDownlink<'a>, Reading>> {
        function(instance, store, self.decode_downlink)
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

fn function<Input, Output, T>(
    instance: &Instance,
    store: &mut Store<T>,
    index: ComponentExportIndex,
) -> wasmtime::Result<Function<Input, Output>>
where
    (Input,): ComponentNamedList + Lower,
    (Result<Output, Failure>,): ComponentNamedList + Lift,
{
    instance.get_typed_func(store, index)
}
