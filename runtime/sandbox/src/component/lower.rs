//! Writes what goes into a call to where the decoder wants it.

use wasmtime::{Memory, Store, TypedFunc};

use super::{
    abi::{self, BYTE, LENGTH, Layout, Realloc, Word, value, variable},
    instance::{Instance, Meter},
};
use crate::{Value, Variable, kept::account::Account};

/// Where a list or text lies and how many elements or bytes it has.
pub(crate) type Placed = (Word, Word);

/// The memory of an instance that is about to be called.
pub(crate) struct Lower<'a> {
    store: &'a mut Store<Meter>,
    memory: Memory,
    realloc: &'a TypedFunc<Realloc, Word>,
    account: Option<&'a Account>,
}

/// The fault of the room that `cabi_realloc` gave.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoRoom {
    #[error("cabi_realloc gave {bytes} bytes at {address}, which is beyond the memory's end")]
    BeyondTheEnd { bytes: usize, address: Word },
    #[error("cabi_realloc gave {address}, which is no multiple of {align}")]
    NotAligned { address: Word, align: usize },
}

impl<'a> Lower<'a> {
    pub(crate) fn into(instance: &'a mut Instance) -> Self {
        let Instance { store, memory, realloc, account, .. } = instance;
        Self { store, memory: *memory, realloc, account: account.as_ref() }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> wasmtime::Result<Placed> {
        let address = self.room(bytes.len(), BYTE)?;
        self.write(address, bytes)?;
        Ok((address, length(bytes.len())?))
    }

    pub(crate) fn text(&mut self, text: &str) -> wasmtime::Result<Placed> {
        self.bytes(text.as_bytes())
    }

    pub(crate) fn variables(&mut self, variables: &[Variable]) -> wasmtime::Result<Placed> {
        let address = self.room(variables.len(), variable::LAYOUT)?;
        for (index, variable) in variables.iter().enumerate() {
            let mut record = [0; variable::LAYOUT.size];
            let name = self.text(&variable.name)?;
            put_placed(&mut record, variable::NAME, name);
            self.value(&mut record[variable::VALUE..], &variable.value)?;
            let offset = length(index * variable::LAYOUT.size)?;
            self.write(address + offset, &record)?;
        }
        Ok((address, length(variables.len())?))
    }

    fn value(&mut self, record: &mut [u8], value: &Value) -> wasmtime::Result<()> {
        let case = match value {
            Value::Boolean(boolean) => {
                record[value::PAYLOAD] = u8::from(*boolean);
                value::BOOLEAN
            }
            Value::Integer(integer) => {
                put(record, value::PAYLOAD, &integer.to_le_bytes());
                value::INTEGER
            }
            Value::Number(number) => {
                put(record, value::PAYLOAD, &number.to_le_bytes());
                value::NUMBER
            }
            Value::Text(text) => {
                let placed = self.text(text)?;
                put_placed(record, value::PAYLOAD, placed);
                value::TEXT
            }
        };
        record[value::CASE] = case;
        Ok(())
    }

    /// Room for so many elements. What is empty asks for none, as the canonical ABI says.
    fn room(&mut self, count: usize, Layout { size, align }: Layout) -> wasmtime::Result<Word> {
        let alignment = length(align)?;
        let bytes = count * size;
        let address = self.realloc.call(&mut *self.store, (0, 0, alignment, length(bytes)?))?;
        if !(address as usize).is_multiple_of(align) {
            return Err(NoRoom::NotAligned { address, align }.into());
        }
        let end = (address as usize).checked_add(bytes);
        if end.is_none_or(|end| end > self.memory.data_size(&*self.store)) {
            return Err(NoRoom::BeyondTheEnd { bytes, address }.into());
        }
        Ok(address)
    }

    fn write(&mut self, address: Word, bytes: &[u8]) -> wasmtime::Result<()> {
        let address = address as usize;
        self.memory.write(&mut *self.store, address, bytes)?;
        if let Some(account) = self.account {
            account.mark_written(&mut *self.store, address, bytes.len());
        }
        Ok(())
    }
}

fn put(record: &mut [u8], offset: usize, bytes: &[u8]) {
    record[offset..offset + bytes.len()].copy_from_slice(bytes);
}

fn put_placed(record: &mut [u8], offset: usize, (address, length): Placed) {
    put(record, offset, &address.to_le_bytes());
    put(record, offset + LENGTH, &length.to_le_bytes());
}

fn length(length: usize) -> wasmtime::Result<Word> {
    Ok(abi::Word::try_from(length)?)
}
