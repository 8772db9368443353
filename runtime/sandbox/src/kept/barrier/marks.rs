//! The instructions that mark cards.

use wasm_encoder::{BlockType, Function, Instruction, MemArg, ValType};

use super::{CARD_MEMORY, CARD_SHIFT, coverage::Address};

/// Marks the card of an address that can be named.
pub(super) fn mark_address(function: &mut Function, address: Address) {
    match address {
        Address::Constant(address) => {
            function.instruction(&Instruction::I32Const((address >> CARD_SHIFT).cast_signed()));
            function.instruction(&Instruction::I32Const(1));
            function.instruction(&Instruction::I32Store8(card()));
        }
        Address::Local { local, offset } => {
            function.instruction(&Instruction::LocalGet(local));
            add(function, offset);
            mark_card(function);
        }
    }
}

/// Locals of a function's own that hold the operands while a card is marked.
pub(super) struct Scratch {
    pub(super) first: u32,
}

impl Scratch {
    /// Address, length, and a value of each type.
    pub(super) const TYPES: [ValType; 6] =
        [ValType::I32, ValType::I32, ValType::I32, ValType::I64, ValType::F32, ValType::F64];

    fn address(&self) -> u32 {
        self.first
    }

    fn length(&self) -> u32 {
        self.first + 1
    }

    fn value(&self, value: ValType) -> u32 {
        self.first
            + match value {
                ValType::I64 => 3,
                ValType::F32 => 4,
                ValType::F64 => 5,
                _ => 2,
            }
    }

    /// Marks the card of the address under the value; both are on the stack again afterwards.
    ///
    /// A sum beyond the address space marks a card that need not be, or none; then the store itself
    /// is out of bounds and writes nothing.
    pub(super) fn mark(&self, function: &mut Function, value: ValType, offset: u64) {
        function.instruction(&Instruction::LocalSet(self.value(value)));
        function.instruction(&Instruction::LocalTee(self.address()));
        add(function, offset as u32);
        mark_card(function);
        function.instruction(&Instruction::LocalGet(self.address()));
        function.instruction(&Instruction::LocalGet(self.value(value)));
    }

    /// Marks the cards of a range; its operands are on the stack again afterwards.
    pub(super) fn mark_range(&self, function: &mut Function, range_function: u32) {
        function.instruction(&Instruction::LocalSet(self.length()));
        function.instruction(&Instruction::LocalSet(self.value(ValType::I32)));
        function.instruction(&Instruction::LocalTee(self.address()));
        function.instruction(&Instruction::LocalGet(self.length()));
        function.instruction(&Instruction::Call(range_function));
        function.instruction(&Instruction::LocalGet(self.address()));
        function.instruction(&Instruction::LocalGet(self.value(ValType::I32)));
        function.instruction(&Instruction::LocalGet(self.length()));
    }
}

fn add(function: &mut Function, offset: u32) {
    if offset != 0 {
        function.instruction(&Instruction::I32Const(offset.cast_signed()));
        function.instruction(&Instruction::I32Add);
    }
}

/// Marks the card of the address on the stack, and takes it.
fn mark_card(function: &mut Function) {
    function.instruction(&Instruction::I32Const(CARD_SHIFT.cast_signed()));
    function.instruction(&Instruction::I32ShrU);
    function.instruction(&Instruction::I32Const(1));
    function.instruction(&Instruction::I32Store8(card()));
}

/// The card whose number is on the stack.
fn card() -> MemArg {
    MemArg { offset: 0, align: 0, memory_index: CARD_MEMORY }
}

/// A function of a start and a length that marks the cards from the first byte to the last. A range
/// that leaves the address space marks at least its first card; what writes there is out of bounds.
pub(super) fn mark_range() -> Function {
    const START: u32 = 0;
    const LENGTH: u32 = 1;
    const LAST: u32 = 2;
    let mut function = Function::new([(1, ValType::I32)]);
    for instruction in [
        Instruction::LocalGet(LENGTH),
        Instruction::I32Eqz,
        Instruction::If(BlockType::Empty),
        Instruction::Return,
        Instruction::End,
        // The last byte.
        Instruction::LocalGet(START),
        Instruction::LocalGet(LENGTH),
        Instruction::I32Add,
        Instruction::I32Const(1),
        Instruction::I32Sub,
        Instruction::LocalTee(LAST),
    ] {
        function.instruction(&instruction);
    }
    mark_card(&mut function);
    function.instruction(&Instruction::Loop(BlockType::Empty));
    function.instruction(&Instruction::LocalGet(START));
    mark_card(&mut function);
    for instruction in [
        Instruction::LocalGet(START),
        Instruction::I32Const(1 << CARD_SHIFT),
        Instruction::I32Add,
        Instruction::LocalTee(START),
        Instruction::LocalGet(LAST),
        Instruction::I32LtU,
        Instruction::BrIf(0),
        Instruction::End,
        Instruction::End,
    ] {
        function.instruction(&instruction);
    }
    function
}
