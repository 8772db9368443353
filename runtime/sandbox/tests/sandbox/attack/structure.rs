//! Small files that would keep the compiler busy for ever, or take its stack.

use std::iter;

use champollion_sandbox::{
    Limits,
    LoadError::{Invalid, NotADecoder, TooComplex},
};

use super::{Attack, Refusal::Load, attempt};

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// Sections of a component.
const CORE_MODULE_SECTION: u8 = 1;
const COMPONENT_SECTION: u8 = 4;
const TYPE_SECTION: u8 = 7;

pub(super) fn attacks() -> Vec<Attack> {
    vec![
        attempt!(
            "100,000 components, one in the other",
            nested_components(100_000),
            Load(TooComplex { what: "levels of nesting", limit: 16 })
        ),
        attempt!(
            "100,000 component types, one in the other",
            nested_types(0x41, 100_000),
            Load(TooComplex { what: "levels of nesting", limit: 16 })
        ),
        attempt!(
            "100,000 instance types, one in the other",
            nested_types(0x42, 100_000),
            Load(TooComplex { what: "levels of nesting", limit: 16 })
        ),
        attempt!(
            "10,000 components side by side",
            adjacent_components(10_000),
            Load(TooComplex { what: "components inside", limit: 16 })
        ),
        attempt!(
            "components that double 40 times",
            doubling(40),
            Load(TooComplex { what: "components inside", limit: 16 })
        ),
        attempt!(
            "components that multiply by ten 9 times",
            multiplying(10, 9),
            Load(TooComplex { what: "instances of components", limit: 32 })
        ),
        attempt!(
            "components that multiply as far as they may",
            multiplying(3, 10),
            Load(NotADecoder { .. } | Invalid { .. })
        ),
        attempt!("5,000 tiny functions", tiny_functions(5_000), Load(NotADecoder { .. })),
        attempt!(
            "a br_table of 60,000 targets, twenty times",
            branch_tables(60_000, 20),
            Load(TooComplex { what: "bytes in one function", limit: Limits::FUNCTION_BYTES })
        ),
    ]
}

fn nested_components(levels: usize) -> Vec<u8> {
    // A component's length stands before it, so the innermost is measured first.
    let mut lengths = vec![COMPONENT.len()];
    for _ in 0..levels {
        let inner = lengths[lengths.len() - 1];
        lengths.push(COMPONENT.len() + 1 + leb(inner).len() + inner);
    }
    let mut file = COMPONENT.to_vec();
    for inner in lengths.iter().rev().skip(1) {
        file.push(COMPONENT_SECTION);
        file.extend(leb(*inner));
        file.extend(COMPONENT);
    }
    file
}

fn adjacent_components(count: usize) -> Vec<u8> {
    let one = section(COMPONENT_SECTION, COMPONENT);
    iter::once(COMPONENT.to_vec()).chain(iter::repeat_n(one, count)).flatten().collect()
}

/// Types of components (0x41) or of instances (0x42), each with the next as its only declaration.
fn nested_types(kind: u8, levels: usize) -> Vec<u8> {
    const ONE_TYPE: [u8; 2] = [1, 1];
    let mut types = vec![1];
    for _ in 0..levels {
        types.push(kind);
        types.extend(ONE_TYPE);
    }
    types.extend([kind, 0]);
    [COMPONENT, &section(TYPE_SECTION, &types)].concat()
}

fn doubling(times: usize) -> Vec<u8> {
    multiplying(2, times)
}

/// Each component instantiates the one before it `factor` times: `factor` to the power of `times`.
fn multiplying(factor: usize, times: usize) -> Vec<u8> {
    let mut text = String::from(
        "(component (component $c0 (core module $m) (core instance (instantiate $m)))",
    );
    for level in 1..=times {
        let inner = level - 1;
        text += &format!("(component $c{level} (alias outer 1 $c{inner} (component $inner))");
        text += &"(instance (instantiate $inner))".repeat(factor);
        text += ")";
    }
    text += &format!("(instance (instantiate $c{times})))");
    wat::parse_str(text).expect("it is a component")
}

fn tiny_functions(count: usize) -> Vec<u8> {
    const EMPTY_BODY: [u8; 3] = [2, 0, 0x0b];
    let types = [leb(count), vec![0; count]].concat();
    let bodies = [leb(count), EMPTY_BODY.repeat(count)].concat();
    core_module(&types, &bodies)
}

fn branch_tables(targets: usize, count: usize) -> Vec<u8> {
    // block; i32.const 0; br_table, all of whose targets are the block's end; end
    let one = [vec![0x02, 0x40, 0x41, 0, 0x0e], leb(targets), vec![0; targets + 1], vec![0x0b]];
    let code = [vec![0], one.concat().repeat(count), vec![0x0b]].concat();
    core_module(&[1, 0], &[leb(1), leb(code.len()), code].concat())
}

/// A component around a core module of functions without parameters and results.
fn core_module(types_of_functions: &[u8], bodies: &[u8]) -> Vec<u8> {
    const FUNCTION_TYPE: [u8; 4] = [1, 0x60, 0, 0];
    let module = [
        MODULE,
        &section(1, &FUNCTION_TYPE),
        &section(3, types_of_functions),
        &section(10, bodies),
    ]
    .concat();
    [COMPONENT, &section(CORE_MODULE_SECTION, &module)].concat()
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id], leb(content.len()).as_slice(), content].concat()
}

/// A number as WebAssembly writes it.
fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits");
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
