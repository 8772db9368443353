//! WebAssembly byte by byte, for files that no text format or encoder would write.

use crate::guests::{Guest, decoder_around};

/// The first bytes of a component.
pub(crate) const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// The first bytes of a core module.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// The section of a component that holds a core module.
const CORE_MODULE_SECTION: u8 = 1;

/// Sections of a core module.
const FUNCTIONS: u8 = 3;
const MEMORIES: u8 = 5;
const CODE: u8 = 10;
const DATA: u8 = 11;

/// A component around a core module.
pub(crate) fn around_module(sections: &[Vec<u8>]) -> Vec<u8> {
    let module = [MODULE, &sections.concat()].concat();
    [COMPONENT, &section(CORE_MODULE_SECTION, &module)].concat()
}

/// A decoder with so many more functions. Each takes two integers, and its body is the same.
pub(crate) fn decoder_with_functions(count: usize, body: &[u8]) -> Vec<u8> {
    /// The first type of the module, which those functions have.
    const FUNCTION_TYPE: &str = "(type (func (param i32 i32)))";
    let core = Guest::new().with(FUNCTION_TYPE).core();
    let core = wat::parse_str(core).expect("the guest is right");
    let sized = [leb(body.len()), body.to_vec()].concat();
    let mut module = MODULE.to_vec();
    let mut rest = &core[MODULE.len()..];
    while let Some((&id, after)) = rest.split_first() {
        let (length, after) = read_leb(after);
        let (content, after) = after.split_at(length);
        rest = after;
        module.extend(match id {
            FUNCTIONS => section(id, &lengthened(content, count, &[0])),
            CODE => section(id, &lengthened(content, count, &sized)),
            _ => section(id, content),
        });
    }
    decoder_around(module)
}

/// A vector with so many more elements.
fn lengthened(vector: &[u8], count: usize, element: &[u8]) -> Vec<u8> {
    let (present, elements) = read_leb(vector);
    [leb(present + count), elements.to_vec(), element.repeat(count)].concat()
}

/// A component around a core module with a memory of one page and a segment of zeros for it, which
/// says that it has so many bytes.
pub(crate) fn data_segment(bytes: usize, claimed: usize) -> Vec<u8> {
    const ONE_PAGE: [u8; 3] = [1, 0, 1];
    // One segment for memory 0, at i32.const 0.
    let head = [vec![1, 0, 0x41, 0, 0x0b], leb(claimed)].concat();
    let mut data = [vec![DATA], leb(head.len() + claimed), head].concat();
    data.resize(data.len() + bytes, 0);
    around_module(&[section(MEMORIES, &ONE_PAGE), data])
}

/// A section of a component or a module.
pub(crate) fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id], leb(content.len()).as_slice(), content].concat()
}

/// A number as WebAssembly writes it, and what comes after it.
fn read_leb(bytes: &[u8]) -> (usize, &[u8]) {
    let length = bytes.iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    let (number, rest) = bytes.split_at(length);
    let add = |sum: usize, byte: &u8| (sum << 7) | usize::from(byte & 0x7f);
    (number.iter().rev().fold(0, add), rest)
}

/// A number as WebAssembly writes it.
pub(crate) fn leb(mut number: usize) -> Vec<u8> {
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
