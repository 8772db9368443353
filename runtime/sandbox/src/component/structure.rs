//! Bounds how a component is built of components and what it declares, before the compiler sees it.
//!
//! The compiler follows the structure of a component by recursion and writes out every instance: a
//! file of 3 KB can exhaust its stack, which ends the whole process, and one of 2 KB can make it
//! write out 2^40 instances. So the size of the file alone is no limit.

use std::ops::Range;

use wasmparser::{
    BinaryReader, BinaryReaderError, ComponentType, ComponentTypeDeclaration, FromReader,
    FunctionBody, Parser, Payload, SectionLimited,
};

use crate::{CallError, Limits, LoadError};

/// Levels of components, and of their types, within each other. What tools make has three.
const NESTING: usize = 16;

/// Components within a component. What tools make has one, beside the core module.
const COMPONENTS: usize = 16;

/// Instances of them that are written down. The worst that fits is 3^10 in the end, or 100 ms.
const INSTANCES: usize = 32;

const PAGE_BYTES: u64 = 64 << 10;

/// First bytes of a type, and of a declaration in it, that can hold further types.
const COMPONENT_TYPE: u8 = 0x41;
const INSTANCE_TYPE: u8 = 0x42;
const TYPE_DECLARATION: u8 = 0x01;

/// Refuses a component that is nested deeper or made of more parts than any tool would, or that
/// declares more than it may have.
pub(crate) fn inspect_structure(file: &[u8], limits: &Limits) -> Result<(), LoadError> {
    let (mut depth, mut components, mut instances, mut functions) = (0, 0, 0, 0);
    for payload in Parser::new(0).parse_all(file) {
        match payload.map_err(|error| invalid(&error))? {
            Payload::ModuleSection { .. } => depth += 1,
            Payload::ComponentSection { .. } => {
                depth += 1;
                components += 1;
            }
            Payload::End(_) => depth = usize::saturating_sub(depth, 1),
            Payload::ComponentInstanceSection(section) => {
                instances = usize::saturating_add(instances, section.count() as usize);
            }
            Payload::CodeSectionStart { count, .. } => {
                functions = usize::saturating_add(functions, count as usize);
            }
            Payload::CodeSectionEntry(body) => inspect_function(&body, limits)?,
            Payload::ComponentTypeSection(section) => inspect_types(file, section.range())?,
            Payload::MemorySection(section) => each(section, |memory| {
                let wanted = size(memory.initial.saturating_mul(PAGE_BYTES));
                let limit = limits.memory_bytes;
                if wanted > limit { Err(CallError::OutOfMemory { wanted, limit }) } else { Ok(()) }
            })?,
            Payload::TableSection(section) => each(section, |table| {
                let wanted = size(table.ty.initial);
                let limit = limits.table_elements;
                if wanted > limit {
                    Err(CallError::TableTooLarge { wanted, limit })
                } else {
                    Ok(())
                }
            })?,
            _ => {}
        }
        at_most("levels of nesting", depth, NESTING)?;
        at_most("components inside", components, COMPONENTS)?;
        at_most("instances of components", instances, INSTANCES)?;
        at_most("functions", functions, limits.functions)?;
    }
    Ok(())
}

/// The compiler's time and memory grow faster than the size of a function, and with the number of
/// its locals at each of its branches.
fn inspect_function(body: &FunctionBody<'_>, limits: &Limits) -> Result<(), LoadError> {
    at_most("bytes in one function", body.range().len(), limits.function_bytes)?;
    let mut locals = 0_usize;
    for declared in body.get_locals_reader().map_err(|error| invalid(&error))? {
        let (count, _) = declared.map_err(|error| invalid(&error))?;
        locals = locals.saturating_add(count as usize);
    }
    at_most("locals in one function", locals, limits.locals)
}

/// Checks each memory and table that a module declares; their sum is counted when there is an instance.
fn each<'file, T: FromReader<'file>>(
    section: SectionLimited<'file, T>,
    check: impl Fn(T) -> Result<(), CallError>,
) -> Result<(), LoadError> {
    section.into_iter().try_for_each(|declared| {
        let declared = declared.map_err(|error| invalid(&error))?;
        check(declared).map_err(LoadError::Instantiation)
    })
}

fn size(declared: u64) -> usize {
    usize::try_from(declared).unwrap_or(usize::MAX)
}

fn inspect_types(file: &[u8], section: Range<usize>) -> Result<(), LoadError> {
    let bytes = file.get(section.clone()).unwrap_or_default();
    let mut reader = BinaryReader::new(bytes, section.start);
    let count = reader.read_var_u32().map_err(|error| invalid(&error))?;
    (0..count).try_for_each(|_| inspect_type(&mut reader, 1))
}

/// Reads one type. Wasmparser would do that by itself, but as deep as the file wants.
fn inspect_type(reader: &mut BinaryReader<'_>, depth: usize) -> Result<(), LoadError> {
    at_most("levels of nesting", depth, NESTING)?;
    let invalid = |error: BinaryReaderError| invalid(&error);
    if !matches!(peek(reader), Some(COMPONENT_TYPE | INSTANCE_TYPE)) {
        return reader.read::<ComponentType<'_>>().map(drop).map_err(invalid);
    }
    reader.read_u8().map_err(invalid)?;
    for _ in 0..reader.read_var_u32().map_err(invalid)? {
        if peek(reader) == Some(TYPE_DECLARATION) {
            reader.read_u8().map_err(invalid)?;
            inspect_type(reader, depth + 1)?;
        } else {
            // What else is declared holds no types. That an instance's type has no imports, the
            // compiler checks.
            reader.read::<ComponentTypeDeclaration<'_>>().map_err(invalid)?;
        }
    }
    Ok(())
}

fn peek(reader: &BinaryReader<'_>) -> Option<u8> {
    reader.clone().read_u8().ok()
}

pub(super) fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), LoadError> {
    if count > limit { Err(LoadError::TooComplex { what, limit }) } else { Ok(()) }
}

pub(super) fn invalid(error: &BinaryReaderError) -> LoadError {
    LoadError::Invalid { reason: error.to_string() }
}
