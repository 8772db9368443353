//! The settings of wasmtime, and what each of them costs.

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OperatorCost, PoolingAllocationConfig,
};

use crate::Limits;

/// Instances that may be made at once and are thrown away after their call, or are not kept yet. One is
/// enough for each thread that decodes; the rest is for publications and trials going on beside. Who finds no
/// place waits ([`Slots`](crate::slots::Slots)).
pub(crate) const FRESH_INSTANCES: u32 = 64;

/// Instances that may be kept from one call to the next: one for each thread and decoder in use. A place
/// costs address space; an instance that is kept costs its memory, mostly a page of 64 KiB.
pub(crate) const KEPT_INSTANCES: u32 = 2_048;

const INSTANCES: u32 = FRESH_INSTANCES + KEPT_INSTANCES;

/// The decoder's own memory, and that of the cards of those that keep account.
const MEMORIES: u32 = 2;

/// Bytes of a slot's memory that are cleared with `memset` instead of being given back to the
/// kernel. A decoder's whole memory is 128 KiB, of which a call touches a few pages; giving pages
/// back costs a system call and a page fault each.
const KEEP_RESIDENT_BYTES: usize = 128 << 10;

/// The same for tables, which hold some hundred pointers.
const KEEP_RESIDENT_TABLE_BYTES: usize = 8 << 10;

/// Fuel for one `memory.grow` or `table.grow`. They call into the host and may change page
/// protections, which takes as long as a few thousand ordinary instructions.
const GROW_FUEL: u8 = 255;

/// Tables of one decoder. What compilers make has one.
const TABLES: u32 = 4;

/// wasmtime, set up so that a fresh instance is cheap and every run is the same.
pub(crate) fn engine(limits: &Limits) -> wasmtime::Result<Engine> {
    with_pool(limits, INSTANCES)
}

/// The same for a process that only compiles. The tables of the whole pool would count as memory of
/// that process, which may have less than they take; the code is the same.
pub(crate) fn compiling_engine(limits: &Limits) -> wasmtime::Result<Engine> {
    with_pool(limits, 1)
}

fn with_pool(limits: &Limits, instances: u32) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(operator_cost())
        // The bits of a NaN are the one thing in which processors differ.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        // The memory of the cards is a second one. That a decoder itself has only one is checked before
        // (`core_module.rs`).
        .wasm_multi_memory(true)
        .max_wasm_stack(limits.stack_bytes)
        // The image of a memory is copied and not mapped: a slot that changes from one decoder to
        // another would be mapped anew. With a thousand decoders in turn that takes twice the time.
        .memory_init_cow(false)
        // Nobody looks at positions in the code, and the tables for them are a third of it.
        .generate_address_map(false)
        .native_unwind_info(false)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pooling(limits, instances)));
    Engine::new(&config)
}

fn operator_cost() -> OperatorCost {
    let mut cost = OperatorCost::new();
    cost.MemoryGrow = GROW_FUEL;
    cost.TableGrow = GROW_FUEL;
    cost
}

fn pooling(limits: &Limits, instances: u32) -> PoolingAllocationConfig {
    let mut pooling = PoolingAllocationConfig::new();
    pooling
        .total_core_instances(instances)
        .total_memories(instances * MEMORIES)
        .total_tables(instances * TABLES)
        .max_memories_per_module(MEMORIES)
        .max_tables_per_module(TABLES)
        .table_elements(limits.table_elements)
        .max_memory_size(limits.memory_bytes)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_TABLE_BYTES)
        // With it a page that was swapped out can reach the next user of its slot
        // (bytecodealliance/wasmtime, pull request 14357).
        .pagemap_scan(Enabled::No);
    pooling
}
