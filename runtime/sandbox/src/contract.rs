//! The decoder contract as the host sees it, generated from `wit/v1`.

wasmtime::component::bindgen!({
    path: "../../wit/v1",
    world: "decoder",
    ownership: Borrowing { duplicate_if_necessary: true },
});

pub(crate) use exports::champollion::decoder::codec;
