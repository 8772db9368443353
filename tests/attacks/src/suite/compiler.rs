//! Files of ordinary size that would keep the compiler busy for minutes, or fill the memory with what
//! it makes of them.

use champollion_sandbox::LoadError::{self, Invalid, TooComplex};

use crate::{
    Attack,
    Refusal::Load,
    attack::attempt,
    binary::{decoder_with_functions, leb},
};

/// Instructions, and the type of a block without parameters and results.
const BLOCK: u8 = 0x02;
const LOOP: u8 = 0x03;
const END: u8 = 0x0b;
const BR_IF: u8 = 0x0d;
const BR_TABLE: u8 = 0x0e;
const LOCAL_GET: u8 = 0x20;
const LOCAL_SET: u8 = 0x21;
const I32_CONST: u8 = 0x41;
const I32_ADD: u8 = 0x6a;
const I32_MUL: u8 = 0x6c;
const EMPTY: u8 = 0x40;

/// The types of locals.
const I32: u8 = 0x7f;
const V128: u8 = 0x7b;

pub(super) fn attacks() -> Vec<Attack> {
    vec![
        attempt!(
            "a function with a million locals",
            decoder_with_functions(1, &body(&[(1_000_000, V128)], &[])),
            Load(Invalid { .. } | TooComplex { .. })
        ),
        attempt!(
            "100 functions of 9,000 locals each",
            decoder_with_functions(100, &body(&[(9_000, V128)], &[])),
            Load(TooComplex { .. })
        ),
        attempt!(
            "a br_table of 60,000 targets, twenty times",
            decoder_with_functions(1, &body(&[], &branch_table(60_000).repeat(20))),
            Load(TooComplex { .. })
        ),
        attempt!(
            "a function of 3 MB",
            decoder_with_functions(1, &body(&[], &straight_line(300_000))),
            Load(TooComplex { .. })
        ),
    ]
}

/// Returns components that take the compiler from seconds to hours, or need more memory than a machine has to
/// spare.
pub(super) fn bombs() -> Vec<Attack> {
    vec![
        attempt!(
            "999,000 tiny functions",
            decoder_with_functions(999_000, &body(&[], &[])),
            Load(error) if is_bounded(error)
        ),
        attempt!(
            "9,000 functions of 9,000 locals each",
            decoder_with_functions(9_000, &body(&[(9_000, V128)], &[])),
            Load(error) if is_bounded(error)
        ),
        attempt!(
            "10,000 loops, one in the other",
            decoder_with_functions(1, &body(&[], &nested_loops(10_000))),
            Load(error) if is_bounded(error)
        ),
        attempt!(
            "2,000 values that live through 2,000 loops",
            decoder_with_functions(1, &body(&[(2_000, I32)], &crowded_loops(2_000, 2_000))),
            Load(error) if is_bounded(error)
        ),
    ]
}

/// Either the structure is refused, or time or memory of the compiler is at its end.
fn is_bounded(error: &LoadError) -> bool {
    matches!(error, TooComplex { .. }) || error.to_string().contains("limit")
}

/// A function's body: groups of locals, code, and its end.
fn body(locals: &[(usize, u8)], code: &[u8]) -> Vec<u8> {
    let mut body = leb(locals.len());
    for (count, kind) in locals {
        body.extend(leb(*count));
        body.push(*kind);
    }
    body.extend(code);
    body.push(END);
    body
}

/// All its targets are the end of one block.
fn branch_table(targets: usize) -> Vec<u8> {
    let jump = [vec![BLOCK, EMPTY, I32_CONST, 0, BR_TABLE], leb(targets)].concat();
    [jump, vec![0; targets + 1], vec![END]].concat()
}

/// Each step needs the one before it: `x = x * x + y`.
fn straight_line(steps: usize) -> Vec<u8> {
    const STEP: [u8; 10] =
        [LOCAL_GET, 0, LOCAL_GET, 0, I32_MUL, LOCAL_GET, 1, I32_ADD, LOCAL_SET, 0];
    STEP.repeat(steps)
}

/// Each goes on while its counter is not zero.
fn nested_loops(levels: usize) -> Vec<u8> {
    let begin = [LOOP, EMPTY, LOCAL_GET, 0, LOCAL_GET, 1, I32_ADD, LOCAL_SET, 0];
    let end = [LOCAL_GET, 0, BR_IF, 0, END];
    [begin.repeat(levels), end.repeat(levels)].concat()
}

/// Loops one after the other, each of which changes one of many locals that all are used at the end.
fn crowded_loops(locals: usize, loops: usize) -> Vec<u8> {
    let mut code = Vec::new();
    for index in 0..loops {
        let local = leb(2 + index % locals);
        code.extend([LOOP, EMPTY, LOCAL_GET]);
        code.extend(&local);
        code.extend([LOCAL_GET, 1, I32_ADD, LOCAL_SET]);
        code.extend(&local);
        code.extend([LOCAL_GET, 1, BR_IF, 0, END]);
    }
    for index in 0..locals {
        code.push(LOCAL_GET);
        code.extend(leb(2 + index));
        code.extend([LOCAL_GET, 0, I32_ADD, LOCAL_SET, 0]);
    }
    code
}
