//! Answers as a decoder leaves them in its memory, byte by byte as the canonical ABI lays them out.
//!
//! Nothing is checked on the way: a text need not be UTF-8, and [`Answer::set`] overwrites any byte.

use champollion_sandbox::Value;

/// Where an answer lies in the memory of a guest.
pub const BASE: u32 = 1024;

/// Bytes that are kept free for the record itself: the largest takes 44.
const RECORD_BYTES: usize = 64;

/// Offsets from the start of an answer, a `result` that takes 4 bytes for its discriminant.
pub mod layout {
    /// 0 is a reading or a downlink, 1 is a failure.
    pub const RESULT: usize = 0;
    /// Offset of the text.
    pub const DATA: usize = 4;
    /// Offset of the list.
    pub const MEASUREMENTS: usize = 12;
    /// A list of texts.
    pub const WARNINGS: usize = 20;
    /// An `option`: its discriminant, and 4 bytes later the list.
    pub const STATE: usize = 28;

    /// A byte, which counts the contract's kinds from 0.
    pub const FAILURE_KIND: usize = 4;
    /// Offset of the message's text.
    pub const FAILURE_MESSAGE: usize = 8;
    /// An `option`: its discriminant, and 2 bytes later offset and length.
    pub const FAILURE_SPAN: usize = 16;

    /// A byte of a downlink.
    pub const F_PORT: usize = 4;
    /// A list of bytes.
    pub const PAYLOAD: usize = 8;
    /// A list of texts.
    pub const DOWNLINK_WARNINGS: usize = 16;

    /// Size of a measurement in bytes; what follows are offsets within it.
    pub const MEASUREMENT_BYTES: usize = 56;
    /// A `variant`: its discriminant, and 8 bytes later what it holds.
    pub const VALUE: usize = 8;
    /// Offset of the two bytes.
    pub const CHANNEL: usize = 24;
    /// An `option`: its discriminant, and 8 bytes later the moment.
    pub const MEASURED_AT: usize = 32;
    /// An `option`: its discriminant, and 2 bytes later offset and length.
    pub const SPAN: usize = 48;
}

/// A measurement to be laid out.
#[derive(Clone)]
pub struct Measured<'a> {
    /// A term of the vocabulary, or whatever else the guest claims.
    pub quantity: &'a [u8],
    /// The value of the measurement.
    pub value: Value,
    /// The number among several alike.
    pub channel: u16,
    /// Milliseconds since the epoch.
    pub measured_at: Option<u64>,
    /// Offset and length in the payload.
    pub span: Option<(u16, u16)>,
}

impl<'a> Measured<'a> {
    /// A value of a quantity, measured when the frame was received.
    #[must_use]
    pub fn new(quantity: &'a str, value: Value) -> Self {
        let quantity = quantity.as_bytes();
        Self { quantity, value, channel: 0, measured_at: None, span: None }
    }
}

/// An answer and everything that it points to.
#[derive(Clone)]
pub struct Answer {
    bytes: Vec<u8>,
}

impl Answer {
    /// A reading of an empty object.
    #[must_use]
    pub fn reading() -> Self {
        Self::empty().data(b"{}")
    }

    /// A failure; `kind` counts the contract's kinds from 0.
    #[must_use]
    pub fn failure(kind: u8, message: &[u8]) -> Self {
        let mut answer = Self::empty();
        let message = answer.list(message, message.len());
        answer
            .set(layout::RESULT, &[1])
            .set(layout::FAILURE_KIND, &[kind])
            .set(layout::FAILURE_MESSAGE, &message)
    }

    /// A downlink without warnings.
    #[must_use]
    pub fn downlink(f_port: u8, payload: &[u8]) -> Self {
        let mut answer = Self::empty();
        let payload = answer.list(payload, payload.len());
        answer.set(layout::F_PORT, &[f_port]).set(layout::PAYLOAD, &payload)
    }

    /// The same with this text as `data`.
    #[must_use]
    pub fn data(mut self, text: &[u8]) -> Self {
        let list = self.list(text, text.len());
        self.set(layout::DATA, &list)
    }

    /// The same with these measurements.
    #[must_use]
    pub fn measurements(mut self, measured: &[Measured<'_>]) -> Self {
        let mut records = Vec::new();
        for one in measured {
            records.extend(self.measurement(one));
        }
        let list = self.list(&records, measured.len());
        self.set(layout::MEASUREMENTS, &list)
    }

    /// The same with a single measurement.
    #[must_use]
    pub fn measurement_of(self, quantity: &str, value: Value) -> Self {
        self.measurements(&[Measured::new(quantity, value)])
    }

    /// The warnings of a reading.
    #[must_use]
    pub fn warnings(self, texts: &[&[u8]]) -> Self {
        self.texts(layout::WARNINGS, texts)
    }

    /// The warnings of a downlink.
    #[must_use]
    pub fn downlink_warnings(self, texts: &[&[u8]]) -> Self {
        self.texts(layout::DOWNLINK_WARNINGS, texts)
    }

    /// The same with a state.
    #[must_use]
    pub fn state(mut self, bytes: &[u8]) -> Self {
        let list = self.list(bytes, bytes.len());
        self.set(layout::STATE, &[1]).set(layout::STATE + 4, &list)
    }

    /// A list that claims `count` elements and begins at `address`, wherever that is.
    #[must_use]
    pub fn lie(self, offset: usize, address: u32, count: u32) -> Self {
        self.set(offset, &[address.to_le_bytes(), count.to_le_bytes()].concat())
    }

    /// Overwrites bytes, counted from the start of the answer.
    #[must_use]
    pub fn set(mut self, offset: usize, bytes: &[u8]) -> Self {
        self.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// Overwrites bytes of the first measurement.
    #[must_use]
    pub fn set_measurement(self, offset: usize, bytes: &[u8]) -> Self {
        let start = (self.first_measurement() - BASE) as usize;
        self.set(start + offset, bytes)
    }

    /// The address of the first measurement, for guests that fill it in themselves.
    #[must_use]
    pub fn first_measurement(&self) -> u32 {
        let pointer = &self.bytes[layout::MEASUREMENTS..layout::MEASUREMENTS + 4];
        u32::from_le_bytes(pointer.try_into().expect("four bytes"))
    }

    /// The bytes, to be placed at [`BASE`].
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The first address after the answer, a multiple of 8.
    #[must_use]
    pub fn end(&self) -> u32 {
        BASE + u32::try_from(self.bytes.len().next_multiple_of(8)).expect("an answer is small")
    }

    fn empty() -> Self {
        Self { bytes: vec![0; RECORD_BYTES] }
    }

    fn texts(mut self, offset: usize, texts: &[&[u8]]) -> Self {
        let pointers: Vec<u8> = texts.iter().flat_map(|text| self.list(text, text.len())).collect();
        let list = self.list(&pointers, texts.len());
        self.set(offset, &list)
    }

    fn measurement(&mut self, measured: &Measured<'_>) -> [u8; layout::MEASUREMENT_BYTES] {
        let mut record = [0; layout::MEASUREMENT_BYTES];
        let mut put = |offset: usize, bytes: &[u8]| {
            record[offset..offset + bytes.len()].copy_from_slice(bytes);
        };
        put(0, &self.list(measured.quantity, measured.quantity.len()));
        let (case, payload) = match &measured.value {
            Value::Boolean(boolean) => (0, vec![u8::from(*boolean)]),
            Value::Integer(integer) => (1, integer.to_le_bytes().to_vec()),
            Value::Number(number) => (2, number.to_le_bytes().to_vec()),
            Value::Text(text) => (3, self.list(text.as_bytes(), text.len()).to_vec()),
        };
        put(layout::VALUE, &[case]);
        put(layout::VALUE + 8, &payload);
        put(layout::CHANNEL, &measured.channel.to_le_bytes());
        if let Some(moment) = measured.measured_at {
            put(layout::MEASURED_AT, &[1]);
            put(layout::MEASURED_AT + 8, &moment.to_le_bytes());
        }
        if let Some((offset, length)) = measured.span {
            put(layout::SPAN, &[1]);
            put(layout::SPAN + 2, &offset.to_le_bytes());
            put(layout::SPAN + 4, &length.to_le_bytes());
        }
        record
    }

    /// Stores bytes at an address that 8 divides; gives pointer and number as a list has them.
    fn list(&mut self, bytes: &[u8], count: usize) -> [u8; 8] {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let address = self.end();
        self.bytes.extend(bytes);
        let count = u32::try_from(count).expect("an answer is small");
        let mut list = [0; 8];
        list[..4].copy_from_slice(&address.to_le_bytes());
        list[4..].copy_from_slice(&count.to_le_bytes());
        list
    }
}
