//! Coverage of stores: those of a function that need a mark, and those that are covered by a mark made
//! before.
//!
//! Compilers write a structure field by field, from one address in a local variable, and a mark stands
//! for [`OVERHANG_BYTES`] beyond its card. So one mark does for many stores, if it is made on every way
//! that leads to them, and the variable is not assigned on the way. Both can be read off a function's
//! blocks, which nest.

use std::collections::HashMap;

use wasmparser::{
    BlockType, CompositeInnerType, ContType, FrameKind, FuncType, ModuleArity, Operator, RefType,
    SubType,
};

use super::{OVERHANG_BYTES, Written, written};

/// Marks and stores that are looked through for one that fits. A function may have a hundred thousand of
/// each, and this runs for every one of them.
const NEIGHBOURS: usize = 64;

/// A store is at most eight bytes wide, and must lie in the overhang as a whole.
const REACH: u32 = OVERHANG_BYTES as u32 - 8;

/// The way in which a store to the memory is accounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marking {
    /// A mark was made before that stands for it.
    Covered,
    /// The card of this address.
    At(Address),
    /// The card of the address that is on the stack, plus the offset of the store.
    OnStack,
}

/// An address that can be named without looking at the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// The value of a local variable, and an offset.
    Local { local: u32, offset: u32 },
    /// A constant, always the same.
    Constant(u32),
}

/// The numbers of values that a module's functions and blocks take and give.
#[derive(Default)]
pub(super) struct Arities {
    /// The types of the module.
    pub(super) types: Vec<SubType>,
    /// The type of each function, imported ones first.
    pub(super) functions: Vec<u32>,
}

impl Arities {
    /// Returns the number of parameters of a function of this type; `None` if it is no type of functions.
    pub(super) fn parameters(&self, index: u32) -> Option<u32> {
        match &self.types.get(index as usize)?.composite_type.inner {
            CompositeInnerType::Func(function) => u32::try_from(function.params().len()).ok(),
            _ => None,
        }
    }
}

/// Finds out how each of a function's stores is accounted for, in their order.
pub(super) fn markings(
    operators: &[Operator<'_>],
    function_type: u32,
    arities: &Arities,
) -> Vec<Marking> {
    let shape = Shape::of(operators);
    let stores = Stores::of(operators, function_type, arities);
    let mut marks =
        Marks { shape: &shape, made: Vec::new(), blocks: Vec::new(), loops: Vec::new() };
    let mut markings = Vec::with_capacity(stores.len());
    let mut position = 0;
    for (number, store) in stores.iter().enumerate() {
        for (at, operator) in operators.iter().enumerate().take(store.at).skip(position) {
            marks.pass(at, operator);
        }
        position = store.at;
        markings.push(marks.marking(store, &stores[number + 1..]));
    }
    markings
}

/// A store to the memory.
struct Store {
    /// Its position among the operators.
    at: usize,
    /// Where its address comes from, where that is known.
    base: Option<Base>,
    /// The offset that is added to the address.
    offset: u32,
}

/// Where an address comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    /// A local variable, read by the operator at this position.
    Local { local: u32, read: usize },
    /// A constant, which is part of the offset.
    Constant,
}

/// Where blocks end, and where variables are assigned.
struct Shape {
    /// For each operator that begins a loop, where that ends; for others 0.
    loop_ends: Vec<usize>,
    /// For each variable the positions where it is assigned, in their order.
    assignments: HashMap<u32, Vec<usize>>,
}

impl Shape {
    fn of(operators: &[Operator<'_>]) -> Self {
        let mut loop_ends = vec![0; operators.len()];
        let mut assignments: HashMap<u32, Vec<usize>> = HashMap::new();
        let mut open = Vec::new();
        for (at, operator) in operators.iter().enumerate() {
            match operator {
                Operator::Loop { .. } => open.push(Some(at)),
                _ if begins_block(operator) => open.push(None),
                Operator::End => {
                    if let Some(Some(start)) = open.pop() {
                        loop_ends[start] = at;
                    }
                }
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    assignments.entry(*local_index).or_default().push(at);
                }
                _ => {}
            }
        }
        Self { loop_ends, assignments }
    }

    /// Whether a variable is assigned between two positions, neither of them included.
    fn is_assigned(&self, local: u32, after: usize, before: usize) -> bool {
        self.assignments.get(&local).is_some_and(|positions| {
            let next = positions.partition_point(|position| *position <= after);
            positions.get(next).is_some_and(|position| *position < before)
        })
    }
}

/// The marks that were made on every way to where we are.
struct Marks<'a> {
    shape: &'a Shape,
    made: Vec<Mark>,
    /// For each block that we are in, how many marks had been made where it begins: the others are not
    /// made on every way to what comes behind it.
    blocks: Vec<usize>,
    /// Where the loops among them begin, the outermost first.
    loops: Vec<usize>,
}

struct Mark {
    base: Base,
    offset: u32,
    /// Its position among the operators.
    at: usize,
}

impl Marks<'_> {
    /// Goes on behind an operator that does not write to the memory.
    fn pass(&mut self, at: usize, operator: &Operator<'_>) {
        if begins_block(operator) {
            self.blocks.push(self.made.len());
        }
        match operator {
            Operator::Loop { .. } => self.loops.push(at),
            Operator::Else => self.made.truncate(self.blocks.last().copied().unwrap_or(0)),
            Operator::End => {
                self.made.truncate(self.blocks.pop().unwrap_or(0));
                self.loops.pop_if(|start| self.shape.loop_ends[*start] == at);
            }
            _ => {}
        }
    }

    fn marking(&mut self, store: &Store, next: &[Store]) -> Marking {
        let Some(base) = store.base else { return Marking::OnStack };
        if self.made.iter().rev().take(NEIGHBOURS).any(|mark| self.covers(mark, store, base)) {
            return Marking::Covered;
        }
        let offset = self.lowest(store, base, next);
        let address = match base {
            Base::Constant => Address::Constant(offset),
            // Only what it holds now can be named.
            Base::Local { local, read } if self.shape.is_assigned(local, read, store.at) => {
                return Marking::OnStack;
            }
            Base::Local { local, .. } => Address::Local { local, offset },
        };
        self.made.push(Mark { base, offset, at: store.at });
        Marking::At(address)
    }

    /// Whether a mark stands for a store: it is made for the same address, and close enough below.
    fn covers(&self, mark: &Mark, store: &Store, base: Base) -> bool {
        if !in_reach(mark.offset, store.offset) {
            return false;
        }
        match (mark.base, base) {
            (Base::Constant, Base::Constant) => true,
            (Base::Local { local: marked, .. }, Base::Local { local, read }) => {
                marked == local
                    && self.is_kept(local, mark.at, store.at)
                    && !self.shape.is_assigned(local, read, mark.at)
            }
            _ => false,
        }
    }

    /// Whether a variable holds at a later position what it held at an earlier one, which lies on every
    /// way to the later one. A loop between them may have been gone through before.
    fn is_kept(&self, local: u32, earlier: usize, later: usize) -> bool {
        let entered = self.loops.partition_point(|start| *start < earlier);
        let end = self.loops.get(entered).map_or(later, |start| self.shape.loop_ends[*start]);
        !self.shape.is_assigned(local, earlier, end)
    }

    /// The lowest offset from which a mark stands for this store, and for as many of the next ones as
    /// can be. Marking a card that is not written to does no harm.
    fn lowest(&self, store: &Store, base: Base, next: &[Store]) -> u32 {
        let offsets = next.iter().take(NEIGHBOURS).filter(|later| match (base, later.base) {
            (Base::Constant, Some(Base::Constant)) => true,
            (Base::Local { local, read }, Some(Base::Local { local: other, read: again })) => {
                local == other && !self.shape.is_assigned(local, read, again)
            }
            _ => false,
        });
        let offsets = offsets.map(|later| later.offset);
        offsets.filter(|offset| in_reach(*offset, store.offset)).fold(store.offset, u32::min)
    }
}

/// Whether a mark at one offset stands for a store at another.
fn in_reach(mark: u32, store: u32) -> bool {
    store.checked_sub(mark).is_some_and(|distance| distance <= REACH)
}

fn begins_block(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Try { .. }
            | Operator::TryTable { .. }
    )
}

/// Follows the stack of a function, as far as addresses need it.
struct Stores<'a> {
    arities: &'a Arities,
    /// Where what is on the stack comes from; what lies deeper is not known.
    stack: Vec<Option<Origin>>,
    frames: Vec<Frame>,
    /// Whether there was an operator of which it is not known what it does to the stack.
    is_lost: bool,
}

#[derive(Clone, Copy)]
enum Origin {
    Local { local: u32, read: usize },
    Constant(u32),
}

struct Frame {
    block: BlockType,
    kind: FrameKind,
    /// The height of the stack before it.
    height: usize,
}

impl<'a> Stores<'a> {
    fn of(operators: &[Operator<'_>], function_type: u32, arities: &'a Arities) -> Vec<Store> {
        let block = BlockType::FuncType(function_type);
        let body = Frame { block, kind: FrameKind::Block, height: 0 };
        let mut following = Self { arities, stack: Vec::new(), frames: vec![body], is_lost: false };
        let mut stores = Vec::new();
        for (at, operator) in operators.iter().enumerate() {
            if let Written::Value(_, offset) = written(operator) {
                stores.push(store(at, offset, following.address()));
            }
            following.step(at, operator);
        }
        stores
    }

    /// Where the address of a store comes from, which lies under the value.
    fn address(&self) -> Option<Origin> {
        let address = self.stack.len().checked_sub(2)?;
        self.stack[address].filter(|_| !self.is_lost)
    }

    fn step(&mut self, at: usize, operator: &Operator<'_>) {
        let Some((takes, gives)) = operator.operator_arity(self) else {
            self.is_lost = true;
            return;
        };
        let floor = self.frames.last().map_or(0, |frame| frame.height);
        if begins_block(operator) {
            self.drop(takes, floor);
            let kind = match operator {
                Operator::Loop { .. } => FrameKind::Loop,
                Operator::If { .. } => FrameKind::If,
                _ => FrameKind::Block,
            };
            let block = block_type(operator);
            self.frames.push(Frame { block, kind, height: self.stack.len() });
            // What a block is given comes from several places, if it is a loop.
            self.give(gives, None);
            return;
        }
        match operator {
            Operator::Else => {
                self.stack.truncate(floor);
                self.give(gives, None);
            }
            Operator::End => {
                self.stack.truncate(floor);
                self.frames.pop();
                self.give(gives, None);
            }
            Operator::LocalGet { local_index } | Operator::LocalTee { local_index } => {
                self.drop(takes, floor);
                self.give(gives, Some(Origin::Local { local: *local_index, read: at }));
            }
            Operator::I32Const { value } => {
                self.give(gives, Some(Origin::Constant(value.cast_unsigned())));
            }
            _ => {
                self.drop(takes, floor);
                self.give(gives, None);
            }
        }
    }

    /// Behind a jump the stack gives what is asked of it, but never what a block around holds.
    fn drop(&mut self, count: u32, floor: usize) {
        self.stack.truncate(self.stack.len().saturating_sub(count as usize).max(floor));
    }

    fn give(&mut self, count: u32, origin: Option<Origin>) {
        self.stack.extend(std::iter::repeat_n(origin, count as usize));
    }
}

fn store(at: usize, offset: u64, origin: Option<Origin>) -> Store {
    let unknown = Store { at, base: None, offset: 0 };
    let Ok(offset) = u32::try_from(offset) else { return unknown };
    match origin {
        Some(Origin::Local { local, read }) => {
            Store { at, base: Some(Base::Local { local, read }), offset }
        }
        // Beyond the address space nothing is written.
        Some(Origin::Constant(address)) => address
            .checked_add(offset)
            .map_or(unknown, |offset| Store { at, base: Some(Base::Constant), offset }),
        None => unknown,
    }
}

fn block_type(operator: &Operator<'_>) -> BlockType {
    match operator {
        Operator::Block { blockty }
        | Operator::Loop { blockty }
        | Operator::If { blockty }
        | Operator::Try { blockty } => *blockty,
        Operator::TryTable { try_table } => try_table.ty,
        _ => BlockType::Empty,
    }
}

impl ModuleArity for Stores<'_> {
    fn sub_type_at(&self, index: u32) -> Option<&SubType> {
        self.arities.types.get(index as usize)
    }

    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }

    fn type_index_of_function(&self, function: u32) -> Option<u32> {
        self.arities.functions.get(function as usize).copied()
    }

    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&FuncType> {
        None
    }

    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }

    fn control_stack_height(&self) -> u32 {
        self.frames.len() as u32
    }

    fn label_block(&self, depth: u32) -> Option<(BlockType, FrameKind)> {
        let index = self.frames.len().checked_sub(depth as usize + 1)?;
        let frame = self.frames.get(index)?;
        Some((frame.block, frame.kind))
    }
}

#[cfg(test)]
mod tests;
