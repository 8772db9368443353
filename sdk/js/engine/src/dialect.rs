//! The dialects of codecs: what their functions are called, and with which arguments.

use rquickjs::{Ctx, Function, Object, Persistent, Result, Value, function::This};

/// The way in which a function of a codec is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Convention {
    /// TS013, The Things Stack v3, ChirpStack v4: one object in, one object out.
    Ts013,
    /// The Things Network v2: `(bytes, port)`; to encode, `(object, port)`.
    BytesAndPort,
    /// ChirpStack v3: `(fPort, bytes, variables)`; to encode, `(fPort, object, variables)`.
    PortFirst,
    /// Milesight's own: `(bytes)`; to encode, `(object)`.
    Bytes,
    /// Helium: `(bytes, port, uplink_info)`; to encode, `(object, port)`.
    WithInfo,
}

/// A function by the name that its dialect gives it.
pub(crate) type Name = (&'static str, Convention);

/// The dialects by their number, which the host shares; 0 means that any will do.
pub(crate) mod number {
    pub(crate) const ANY: u8 = 0;
    pub(crate) const TS013: u8 = 1;
    pub(crate) const TTN_V2: u8 = 2;
    pub(crate) const CHIRPSTACK_V3: u8 = 3;
    pub(crate) const MILESIGHT: u8 = 4;
    pub(crate) const HELIUM: u8 = 5;
}

/// The number of the dialect that calls its functions so.
pub(crate) fn number_of(convention: Convention) -> u8 {
    match convention {
        Convention::Ts013 => number::TS013,
        Convention::BytesAndPort => number::TTN_V2,
        Convention::PortFirst => number::CHIRPSTACK_V3,
        Convention::Bytes => number::MILESIGHT,
        Convention::WithInfo => number::HELIUM,
    }
}

/// All names, for a codec in which none of them was found.
pub(crate) const ALL_NAMES: &[&str] = &[
    "decodeUplink",
    "Decoder",
    "Decode",
    "milesightDeviceDecode",
    "encodeDownlink",
    "Encoder",
    "Encode",
    "milesightDeviceEncode",
    "decodeDownlink",
];

/// The names of the functions that read uplinks, by dialect; the first that is there is taken. Many
/// codecs serve several network servers, with the same decoder behind each name.
pub(crate) fn decoders(dialect: u8) -> &'static [Name] {
    const TS013: Name = ("decodeUplink", Convention::Ts013);
    const TTN_V2: Name = ("Decoder", Convention::BytesAndPort);
    const CHIRPSTACK_V3: Name = ("Decode", Convention::PortFirst);
    const MILESIGHT: Name = ("milesightDeviceDecode", Convention::Bytes);
    const HELIUM: Name = ("Decoder", Convention::WithInfo);
    match dialect {
        number::TS013 => &[TS013],
        number::TTN_V2 => &[TTN_V2],
        number::CHIRPSTACK_V3 => &[CHIRPSTACK_V3],
        number::MILESIGHT => &[MILESIGHT, TTN_V2, CHIRPSTACK_V3],
        number::HELIUM => &[HELIUM],
        _ => &[TS013, TTN_V2, CHIRPSTACK_V3, MILESIGHT],
    }
}

/// The names of the functions that encode commands.
pub(crate) fn encoders(dialect: u8) -> &'static [Name] {
    const TS013: Name = ("encodeDownlink", Convention::Ts013);
    const TTN_V2: Name = ("Encoder", Convention::BytesAndPort);
    const CHIRPSTACK_V3: Name = ("Encode", Convention::PortFirst);
    const MILESIGHT: Name = ("milesightDeviceEncode", Convention::Bytes);
    match dialect {
        number::TS013 => &[TS013],
        number::TTN_V2 | number::HELIUM => &[TTN_V2],
        number::CHIRPSTACK_V3 => &[CHIRPSTACK_V3],
        number::MILESIGHT => &[MILESIGHT, TTN_V2, CHIRPSTACK_V3],
        _ => &[TS013, TTN_V2, CHIRPSTACK_V3, MILESIGHT],
    }
}

/// The function that reads downlinks back; only TS013 has one.
pub(crate) fn downlink_decoders(dialect: u8) -> &'static [Name] {
    match dialect {
        number::ANY | number::TS013 => &[("decodeDownlink", Convention::Ts013)],
        _ => &[],
    }
}

/// The function that gives a reading in The Things Stack's normalized terms; only TS013 has one.
pub(crate) fn normalizers(dialect: u8) -> &'static [Name] {
    match dialect {
        number::ANY | number::TS013 => &[("normalizeUplink", Convention::Ts013)],
        _ => &[],
    }
}

/// A function of a codec that the host can have called.
pub(crate) struct Entry {
    pub(crate) convention: Convention,
    pub(crate) function: Persistent<Function<'static>>,
    /// The object that the function is a member of, where it was exported as one.
    pub(crate) this: Option<Persistent<Object<'static>>>,
}

impl Entry {
    /// The function as it is, and what it is called on.
    pub(crate) fn restore<'js>(&self, context: &Ctx<'js>) -> Result<Callee<'js>> {
        let this = match &self.this {
            Some(this) => this.clone().restore(context)?.into_value(),
            None => Value::new_undefined(context.clone()),
        };
        Ok(Callee { function: self.function.clone().restore(context)?, this })
    }
}

/// A function that is ready to be called.
pub(crate) struct Callee<'js> {
    function: Function<'js>,
    this: Value<'js>,
}

impl<'js> Callee<'js> {
    /// Returns the number of parameters that the function declares.
    pub(crate) fn parameters(&self) -> Result<usize> {
        self.function.as_object().map_or(Ok(0), |function| function.get("length"))
    }

    /// Calls it. Where it is asynchronous, what it promised is waited for; there is nothing to wait
    /// for but its own steps, since there are no timers.
    pub(crate) fn call(&self, arguments: &[Value<'js>]) -> Result<Value<'js>> {
        let mut list = rquickjs::function::Args::new(self.function.ctx().clone(), arguments.len());
        list.this(This(self.this.clone()).0)?;
        for argument in arguments {
            list.push_arg(argument.clone())?;
        }
        let result: Value<'js> = self.function.call_arg(list)?;
        match result.as_promise() {
            Some(promise) => promise.finish(),
            None => Ok(result),
        }
    }
}
