//! Small files whose components, instances and types have no end.

use std::iter;

use champollion_sandbox::LoadError::{Invalid, NotADecoder, TooComplex};

use crate::{
    Attack,
    Refusal::Load,
    attack::attempt,
    binary::{COMPONENT, leb, section},
};

/// Sections of a component.
const COMPONENT_SECTION: u8 = 4;
const TYPE_SECTION: u8 = 7;

pub(super) fn attacks() -> Vec<Attack> {
    vec![
        attempt!(
            "1,000 components, one in the other",
            nested_components(1_000),
            Load(TooComplex { what: "levels of nesting", limit: 16 })
        ),
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
