//! Makes a module keep account of what it writes.
//!
//! Every call must start from the same memory, and most of a memory is not touched by a call. So the
//! module is rewritten before it is compiled: each instruction that writes to the memory first marks a
//! card, one byte for each [`CARD_BYTES`] bytes, in a second memory that no other instruction can name.
//! What the host finds unmarked is as it was, whatever the code did and whatever faults it may have:
//! that holds by construction and not by trust.
//!
//! A mark stands for the [`OVERHANG_BYTES`] after its card too, and who restores the card restores them.
//! So a store that begins in one card and ends in the next needs one mark, and the fields of a structure
//! need one for them all ([`coverage`]).

use std::collections::VecDeque;

use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    ImportSection, MemorySection, MemoryType, Module, TypeSection, ValType,
    reencode::{Error as ReencodeError, Reencode, utils},
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, ExportSectionReader, FunctionBody,
    FunctionSectionReader, GlobalSectionReader, ImportSectionReader, MemorySectionReader, Operator,
    Parser, TypeRef, TypeSectionReader,
};

mod coverage;
mod marks;

use coverage::{Arities, Marking};
use marks::{Scratch, mark_range};

/// Bytes for which one card stands. QuickJS counts references all over its memory, a few bytes at a
/// time: with smaller cards less is copied, with larger ones there are fewer to look at.
pub(crate) const CARD_BYTES: usize = 1 << CARD_SHIFT;
const CARD_SHIFT: u32 = 9;

/// The bytes beyond its card that a mark reaches.
pub(crate) const OVERHANG_BYTES: usize = 128;

/// The largest memory that there are cards for, in bytes.
pub(crate) const MOST_MEMORY_BYTES: usize = CARD_BYTES << 16;

/// The name under which the memory of the cards is exported.
pub(crate) const CARDS: &str = "kept:cards";

/// The prefix of the names under which mutable globals are exported, before the number.
pub(crate) const GLOBAL: &str = "kept:global.";

/// The prefix of the names of all exports that are added.
pub(crate) const RESERVED: &str = "kept:";

/// Changes whenever another module is made of the same one.
pub(crate) const VERSION: &str = "barrier 3";

const WASM_PAGE_BYTES: u64 = 64 << 10;

/// The memory of the cards, after the module's own.
const CARD_MEMORY: u32 = 1;

/// Why a module cannot be made to keep account.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BarrierError {
    /// It uses what leaves traces outside of its memory and globals.
    #[error("it uses {0}, whose effects are not accounted for")]
    Unaccounted(String),
    /// It is built in another way than an engine is.
    #[error("it {0}")]
    Unexpected(&'static str),
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

/// Rewrites a module so that it marks the cards that it writes to, and exports all that it can
/// change beside its memory.
pub(crate) fn account_for_writes(module: &[u8]) -> Result<Vec<u8>, BarrierError> {
    let mut rewritten = Module::new();
    let mut barrier = Barrier::default();
    barrier.parse_core_module(&mut rewritten, Parser::new(0), module).map_err(
        |error| match error {
            ReencodeError::UserError(error) => error,
            other => BarrierError::Unreadable(other.to_string()),
        },
    )?;
    if !barrier.has_memory {
        return Err(BarrierError::Unexpected("has no memory"));
    }
    Ok(rewritten.finish())
}

#[derive(Default)]
struct Barrier {
    /// The types of the module, and those of its functions so far.
    arities: Arities,
    /// The types of the functions whose bodies are still to come.
    bodies: VecDeque<u32>,
    /// The type of the function that marks a range.
    range_type: u32,
    /// The globals that are mutable.
    globals: Vec<u32>,
    has_memory: bool,
}

type Rewritten<T> = Result<T, ReencodeError<BarrierError>>;

fn refuse<T>(error: BarrierError) -> Rewritten<T> {
    Err(ReencodeError::UserError(error))
}

impl Barrier {
    /// The function that marks a range is the last one.
    fn range_function(&self) -> u32 {
        self.arities.functions.len() as u32
    }
}

impl Reencode for Barrier {
    type Error = BarrierError;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Rewritten<()> {
        for group in section.clone() {
            self.arities.types.extend(group?.into_types());
        }
        utils::parse_type_section(self, types, section)?;
        self.range_type = types.len();
        types.ty().function([ValType::I32, ValType::I32], []);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Rewritten<()> {
        for import in section.clone().into_imports() {
            match import?.ty {
                TypeRef::Func(index) => self.arities.functions.push(index),
                _ => {
                    return refuse(BarrierError::Unexpected(
                        "imports something that is no function",
                    ));
                }
            }
        }
        utils::parse_import_section(self, imports, section)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Rewritten<()> {
        for function_type in section.clone() {
            let index = function_type?;
            self.bodies.push_back(index);
            self.arities.functions.push(index);
        }
        utils::parse_function_section(self, functions, section)?;
        functions.function(self.range_type);
        Ok(())
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: MemorySectionReader<'_>,
    ) -> Rewritten<()> {
        if section.count() != CARD_MEMORY {
            return refuse(BarrierError::Unexpected("has several memories"));
        }
        for memory in section.clone() {
            if memory?.initial.saturating_mul(WASM_PAGE_BYTES) > MOST_MEMORY_BYTES as u64 {
                return refuse(BarrierError::Unexpected(
                    "has more memory than there are cards for",
                ));
            }
        }
        self.has_memory = true;
        utils::parse_memory_section(self, memories, section)?;
        memories.memory(MemoryType {
            minimum: 1,
            maximum: Some(1),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Rewritten<()> {
        for (index, global) in (0..).zip(section.clone()) {
            let global = global?.ty;
            if !global.mutable {
                continue;
            }
            if matches!(global.content_type, wasmparser::ValType::Ref(_)) {
                // What it refers to is of one instance, and could not be put into another.
                return refuse(BarrierError::Unexpected("has a mutable global of references"));
            }
            self.globals.push(index);
        }
        utils::parse_global_section(self, globals, section)
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Rewritten<()> {
        utils::parse_export_section(self, exports, section)?;
        exports.export(CARDS, ExportKind::Memory, CARD_MEMORY);
        for global in &self.globals {
            exports.export(&format!("{GLOBAL}{global}"), ExportKind::Global, *global);
        }
        Ok(())
    }

    fn start_section(&mut self, _start: u32) -> Rewritten<u32> {
        // It would run before the host can look at what it writes.
        refuse(BarrierError::Unexpected("has a start function"))
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Rewritten<()> {
        utils::parse_code_section(self, code, section)?;
        code.function(&mark_range());
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Rewritten<()> {
        let function_type = self.bodies.pop_front();
        let parameters = function_type.and_then(|index| self.arities.parameters(index));
        let (Some(function_type), Some(parameters)) = (function_type, parameters) else {
            return refuse(BarrierError::Unexpected("has a function without a type"));
        };
        let mut locals = Vec::new();
        let mut count = parameters;
        for run in body.get_locals_reader()? {
            let (length, local) = run?;
            count += length;
            locals.push((length, self.val_type(local)?));
        }
        locals.extend(Scratch::TYPES.map(|scratch| (1, scratch)));
        let scratch = Scratch { first: count };
        let mut function = Function::new(locals);
        let operators = body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut markings = coverage::markings(&operators, function_type, &self.arities).into_iter();
        for operator in operators {
            if let Some(reason) = unaccounted(&operator) {
                return refuse(BarrierError::Unaccounted(reason.to_owned()));
            }
            match written(&operator) {
                Written::Nothing => {}
                Written::Value(value, offset) => match markings.next() {
                    Some(Marking::Covered) => {}
                    Some(Marking::At(address)) => marks::mark_address(&mut function, address),
                    Some(Marking::OnStack) | None => scratch.mark(&mut function, value, offset),
                },
                Written::Range => scratch.mark_range(&mut function, self.range_function()),
            }
            function.instruction(&self.instruction(operator)?);
        }
        code.function(&function);
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        _: &mut Module,
        _: CustomSectionReader<'_>,
    ) -> Rewritten<()> {
        // Names and producers: nobody reads them.
        Ok(())
    }
}

/// The bytes that an operator writes to the memory. Its operands lie on the stack.
enum Written {
    Nothing,
    /// A value of this type, at its address and so much.
    Value(ValType, u64),
    /// A range: its start, a value or another address, its length.
    Range,
}

fn written(operator: &Operator<'_>) -> Written {
    match operator {
        Operator::I32Store { memarg }
        | Operator::I32Store8 { memarg }
        | Operator::I32Store16 { memarg } => Written::Value(ValType::I32, memarg.offset),
        Operator::I64Store { memarg }
        | Operator::I64Store8 { memarg }
        | Operator::I64Store16 { memarg }
        | Operator::I64Store32 { memarg } => Written::Value(ValType::I64, memarg.offset),
        Operator::F32Store { memarg } => Written::Value(ValType::F32, memarg.offset),
        Operator::F64Store { memarg } => Written::Value(ValType::F64, memarg.offset),
        Operator::MemoryFill { .. } | Operator::MemoryCopy { .. } => Written::Range,
        _ => Written::Nothing,
    }
}

/// Instructions that change what is neither the memory nor a global, and the vectors that write to the
/// memory in other ways. Atomics are switched off where a module is compiled. That a memory has grown can
/// be seen by its size.
fn unaccounted(operator: &Operator<'_>) -> Option<&'static str> {
    Some(match operator {
        Operator::MemoryInit { .. } => "memory.init",
        Operator::DataDrop { .. } => "data.drop",
        Operator::TableSet { .. } => "table.set",
        Operator::TableGrow { .. } => "table.grow",
        Operator::TableFill { .. } => "table.fill",
        Operator::TableCopy { .. } => "table.copy",
        Operator::TableInit { .. } => "table.init",
        Operator::ElemDrop { .. } => "elem.drop",
        Operator::V128Store { .. } => "v128.store",
        Operator::V128Store8Lane { .. }
        | Operator::V128Store16Lane { .. }
        | Operator::V128Store32Lane { .. }
        | Operator::V128Store64Lane { .. } => "v128.store_lane",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
