//! Bounds what the compiler's time and memory grow faster with than with the size of a file.
//!
//! The time of the processor that compiling may take is bounded too, but a file that only wastes it
//! need not get so far. What compilers of ordinary decoders make is far below each of these.

use wasmparser::{FunctionBody, Operator, Parser, Payload};

use super::structure::{at_most, invalid};
use crate::LoadError;

/// Locals of all functions together.
const LOCALS: usize = 500_000;

/// Blocks within each other in one function. A `match` of 256 cases is as many blocks.
const NESTING: usize = 2_000;

/// Blocks times locals of one function: at the border of each block each of the locals may have
/// another value.
const VALUES: usize = 3_000_000;

/// Refuses code that would keep the compiler busy for long.
pub(crate) fn inspect_complexity(file: &[u8]) -> Result<(), LoadError> {
    let mut locals = 0_usize;
    for payload in Parser::new(0).parse_all(file) {
        if let Payload::CodeSectionEntry(body) = payload.map_err(|error| invalid(&error))? {
            let own = count_locals(&body)?;
            locals = locals.saturating_add(own);
            at_most("locals in all functions", locals, LOCALS)?;
            inspect_blocks(&body, own)?;
        }
    }
    Ok(())
}

fn count_locals(body: &FunctionBody<'_>) -> Result<usize, LoadError> {
    let mut locals = 0_usize;
    for declared in body.get_locals_reader().map_err(|error| invalid(&error))? {
        let (count, _) = declared.map_err(|error| invalid(&error))?;
        locals = locals.saturating_add(count as usize);
    }
    Ok(locals)
}

fn inspect_blocks(body: &FunctionBody<'_>, locals: usize) -> Result<(), LoadError> {
    let mut reader = body.get_operators_reader().map_err(|error| invalid(&error))?;
    let (mut depth, mut blocks) = (0_usize, 0_usize);
    while !reader.eof() {
        match reader.read().map_err(|error| invalid(&error))? {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                depth += 1;
                blocks += 1;
                at_most("blocks within each other", depth, NESTING)?;
            }
            Operator::End => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    at_most("values at the borders of blocks in one function", blocks * locals, VALUES)
}
