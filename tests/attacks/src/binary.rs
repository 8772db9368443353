//! WebAssembly byte by byte, for files that no text format or encoder would write.

/// How a component begins.
pub(crate) const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// How a core module begins.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// The section of a component that holds a core module.
const CORE_MODULE_SECTION: u8 = 1;

/// Sections of a core module.
const TYPES: u8 = 1;
const FUNCTIONS: u8 = 3;
const MEMORIES: u8 = 5;
const CODE: u8 = 10;
const DATA: u8 = 11;

/// A component around a core module.
pub(crate) fn around_module(sections: &[Vec<u8>]) -> Vec<u8> {
    let module = [MODULE, &sections.concat()].concat();
    [COMPONENT, &section(CORE_MODULE_SECTION, &module)].concat()
}

/// A component around a core module of functions without results. Each takes two integers, and its
/// body is the same.
pub(crate) fn functions(count: usize, body: &[u8]) -> Vec<u8> {
    const FUNCTION_TYPE: [u8; 6] = [1, 0x60, 2, 0x7f, 0x7f, 0];
    let types = [leb(count), vec![0; count]].concat();
    let sized = [leb(body.len()), body.to_vec()].concat();
    let bodies = [leb(count), sized.repeat(count)].concat();
    around_module(&[
        section(TYPES, &FUNCTION_TYPE),
        section(FUNCTIONS, &types),
        section(CODE, &bodies),
    ])
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
