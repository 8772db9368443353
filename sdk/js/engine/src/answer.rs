//! The answers that are handed back to the host.
//!
//! Its layout: the length of what follows in four bytes, one byte that says which answer it is, and
//! its parts in the order of the fields below. A text is its length in four bytes and then UTF-8, a
//! list the number of its items in four bytes and then the items.

use crate::exception::Exception;

/// The answer to a call of the host.
pub(crate) enum Answer {
    /// The codec is loaded.
    Loaded {
        /// By which dialect its decoder, or else its encoder, is called.
        dialect: u8,
    },
    /// It has no function that is known.
    NoEntryPoint {
        /// The functions that are looked for.
        names: &'static [&'static str],
        /// The names that the codec defines.
        defined: Vec<String>,
    },
    /// The codec threw an exception.
    Threw(Exception),
    /// The codec itself reports errors.
    Failed(Vec<String>),
    /// It has no function for this, by the names that are looked for.
    Unsupported(&'static [&'static str]),
    /// The returned value has another shape than the contract asks for: its path, and the problem.
    Malformed { path: String, problem: String },
    /// It returned more than there is room for.
    TooLarge,
    /// The returned value is nested deeper than anything is written.
    TooDeep,
    /// A reading, made of a payload.
    Reading {
        /// The reading as JSON text.
        data: Vec<u8>,
        /// JSON text of what `normalizeUplink` made of it; empty where there is no such function.
        normalized: Vec<u8>,
        warnings: Vec<String>,
        /// JSON text of the device's context; empty where the codec left it as it was.
        context: Vec<u8>,
    },
    /// A command as the device expects it.
    Downlink {
        /// -1 where the codec does not say.
        f_port: i32,
        payload: Vec<u8>,
        warnings: Vec<String>,
    },
}

impl Answer {
    /// Lays the answer out for the host and gives its address. It is not freed: either the memory
    /// is put back after the call, or the instance goes.
    pub(crate) fn into_address(self) -> *const u8 {
        let mut frame = Frame(vec![0; size_of::<u32>()]);
        match self {
            Self::Loaded { dialect } => {
                frame.byte(0);
                frame.byte(dialect);
            }
            Self::NoEntryPoint { names, defined } => {
                frame.byte(1);
                frame.list(names);
                frame.list(&defined);
            }
            Self::Threw(exception) => {
                frame.byte(2);
                frame.text(exception.message.as_bytes());
                frame.number(exception.line);
                frame.number(exception.column);
            }
            Self::Failed(errors) => {
                frame.byte(3);
                frame.list(&errors);
            }
            Self::Unsupported(names) => {
                frame.byte(4);
                frame.list(names);
            }
            Self::Malformed { path, problem } => {
                frame.byte(5);
                frame.text(path.as_bytes());
                frame.text(problem.as_bytes());
            }
            Self::TooLarge => frame.byte(6),
            Self::TooDeep => frame.byte(7),
            Self::Reading { data, normalized, warnings, context } => {
                frame.byte(8);
                frame.text(&data);
                frame.text(&normalized);
                frame.list(&warnings);
                frame.text(&context);
            }
            Self::Downlink { f_port, payload, warnings } => {
                frame.byte(9);
                frame.number(f_port.cast_unsigned());
                frame.text(&payload);
                frame.list(&warnings);
            }
        }
        frame.finish()
    }
}

struct Frame(Vec<u8>);

impl Frame {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn number(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &[u8]) {
        // A memory has less than 4 GiB.
        self.number(text.len() as u32);
        self.0.extend_from_slice(text);
    }

    fn list(&mut self, items: &[impl AsRef<str>]) {
        self.number(items.len() as u32);
        for item in items {
            self.text(item.as_ref().as_bytes());
        }
    }

    fn finish(mut self) -> *const u8 {
        let length = (self.0.len() - size_of::<u32>()) as u32;
        self.0[..size_of::<u32>()].copy_from_slice(&length.to_le_bytes());
        self.0.leak().as_ptr()
    }
}
