//! A codec that is loaded: its functions, and the calls of them.

use rquickjs::{Array, Ctx, FromJs as _, Object, Result, Value, qjs};

use crate::{
    answer::Answer,
    device_context::DeviceContext,
    dialect::{self, Callee, Convention, Entry},
    input::Input,
    json::Json,
    results::{self, Reading, Returned},
    scope::{Evaluated, Scope},
};

/// The functions of a codec.
pub(crate) struct Codec {
    /// The dialect by whose names the function was found, as a number of the host's.
    dialect: u8,
    /// Whether a command is all that `encodeDownlink` is given, and not its `data`.
    whole_input: bool,
    decoder: Option<Entry>,
    encoder: Option<Entry>,
    downlink_decoder: Option<Entry>,
    normalizer: Option<Entry>,
    /// Whether the codec reads or writes what ThingPark keeps of a device.
    uses_context: bool,
}

/// The arguments of a codec's function, as the host hands them over.
struct Arguments<'js> {
    f_port: u8,
    f_cnt: u32,
    /// The time of the frame in milliseconds since the epoch.
    moment: f64,
    /// Most bytes that an answer may have.
    limit: usize,
    payload: Vec<u8>,
    variables: Value<'js>,
    data: Value<'js>,
    /// JSON text of the device's context; empty where there is none.
    context: Vec<u8>,
}

impl Codec {
    /// Finds the functions of the codec that was just evaluated; where there are none, the names that
    /// it defines.
    pub(crate) fn find<'js>(
        context: &Ctx<'js>,
        dialect: u8,
        whole_input: bool,
        evaluated: &Evaluated<'js, '_>,
    ) -> Result<std::result::Result<Self, Vec<String>>> {
        let mut scope = Scope::of(context, evaluated)?;
        let mut codec = Self::of(context, dialect, whole_input, &scope)?;
        if codec.dialect().is_none() && scope.widen(context, evaluated)? {
            codec = Self::of(context, dialect, whole_input, &scope)?;
        }
        if codec.dialect().is_none() {
            return Ok(Err(scope.describe(context, evaluated)?));
        }
        codec.recognize_helium(context)?;
        codec.uses_context = DeviceContext::is_used(context, evaluated.source)?;
        Ok(Ok(codec))
    }

    fn of<'js>(
        context: &Ctx<'js>,
        dialect: u8,
        whole_input: bool,
        scope: &Scope<'js>,
    ) -> Result<Self> {
        Ok(Self {
            dialect,
            whole_input,
            decoder: scope.find(context, dialect::decoders(dialect))?,
            encoder: scope.find(context, dialect::encoders(dialect))?,
            downlink_decoder: scope.find(context, dialect::downlink_decoders(dialect))?,
            normalizer: scope.find(context, dialect::normalizers(dialect))?,
            uses_context: false,
        })
    }

    /// A `Decoder` of three parameters is one of Helium's.
    fn recognize_helium(&mut self, context: &Ctx<'_>) -> Result<()> {
        const PARAMETERS: usize = 3;
        if let Some(decoder) = &mut self.decoder
            && self.dialect == dialect::number::ANY
            && decoder.convention == Convention::BytesAndPort
            && decoder.restore(context)?.parameters()? >= PARAMETERS
        {
            decoder.convention = Convention::WithInfo;
        }
        Ok(())
    }

    /// The dialect by whose rules it is called; `None` where it has no function that is known.
    pub(crate) fn dialect(&self) -> Option<u8> {
        let entry = self.decoder.as_ref().or(self.encoder.as_ref());
        entry.or(self.downlink_decoder.as_ref()).map(|entry| dialect::number_of(entry.convention))
    }

    /// Calls one of the functions.
    pub(crate) fn call(&self, context: &Ctx<'_>, input: &mut Input) -> Result<Answer> {
        let function = input.byte();
        let arguments = Arguments::read(context, input)?;
        let device = self.uses_context.then(|| DeviceContext::give(context, &arguments.context));
        let device = device.transpose()?;
        match function {
            0 => {
                let answer = self.decode_uplink(context, &arguments)?;
                Ok(match device {
                    Some(device) => device.kept(context, answer, arguments.limit),
                    None => answer,
                })
            }
            1 => self.encode_downlink(context, &arguments),
            _ => self.decode_downlink(context, &arguments),
        }
    }

    fn decode_uplink<'js>(&self, context: &Ctx<'js>, input: &Arguments<'js>) -> Result<Answer> {
        let Some(decoder) = &self.decoder else {
            return Ok(unsupported(dialect::decoders(self.dialect)));
        };
        let callee = decoder.restore(context)?;
        let bytes = input.bytes(context)?;
        let port = Value::new_int(context.clone(), i32::from(input.f_port));
        let returned = match decoder.convention {
            Convention::Ts013 => return self.decode_ts013(context, &callee, bytes, input),
            Convention::BytesAndPort => callee.call(&[bytes, port])?,
            Convention::PortFirst => callee.call(&[port, bytes, input.variables.clone()])?,
            Convention::Bytes => callee.call(&[bytes])?,
            Convention::WithInfo => callee.call(&[bytes, port, input.uplink_info(context)?])?,
        };
        Ok(match results::reading(context, &returned, Vec::new(), input.limit) {
            Ok(reading) => reading.into(),
            Err(answer) => answer,
        })
    }

    fn decode_ts013<'js>(
        &self,
        context: &Ctx<'js>,
        callee: &Callee<'js>,
        bytes: Value<'js>,
        input: &Arguments<'js>,
    ) -> Result<Answer> {
        let argument = input.uplink(context, bytes)?;
        let returned = match Returned::of(callee.call(&[argument])?, "decodeUplink")? {
            Ok(returned) => returned,
            Err(answer) => return Ok(answer),
        };
        let data = returned.data()?;
        let mut reading = match results::reading(context, &data, returned.warnings, input.limit) {
            Ok(reading) => reading,
            Err(answer) => return Ok(answer),
        };
        if let Some(normalizer) = &self.normalizer {
            let argument = Object::new(context.clone())?;
            argument.set("data", data)?;
            let outcome = normalize(context, normalizer, argument, input, &mut reading);
            let problem = match outcome {
                Ok(None) => None,
                Ok(Some(answer)) => Some(answer),
                Err(error) => Some(results::threw(context, &error)),
            };
            reading.warnings.extend(problem.as_ref().map(results::normalization_failed));
        }
        Ok(reading.into())
    }

    fn encode_downlink<'js>(&self, context: &Ctx<'js>, input: &Arguments<'js>) -> Result<Answer> {
        let Some(encoder) = &self.encoder else {
            return Ok(unsupported(dialect::encoders(self.dialect)));
        };
        let callee = encoder.restore(context)?;
        let data = input.data.clone();
        let port = Value::new_int(context.clone(), i32::from(input.f_port));
        let bytes = match encoder.convention {
            Convention::Ts013 => return self.encode_ts013(context, &callee, input),
            Convention::BytesAndPort | Convention::WithInfo => callee.call(&[data, port])?,
            Convention::PortFirst => callee.call(&[port, data, input.variables.clone()])?,
            Convention::Bytes => callee.call(&[data])?,
        };
        let no_port = Value::new_undefined(context.clone());
        results::downlink(&bytes, &no_port, Vec::new())
    }

    fn encode_ts013<'js>(
        &self,
        context: &Ctx<'js>,
        callee: &Callee<'js>,
        input: &Arguments<'js>,
    ) -> Result<Answer> {
        let argument = if self.whole_input {
            input.data.clone()
        } else {
            let argument = Object::new(context.clone())?;
            argument.set("data", input.data.clone())?;
            argument.set("variables", input.variables.clone())?;
            argument.into_value()
        };
        match Returned::of(callee.call(&[argument])?, "encodeDownlink")? {
            Ok(Returned { object, warnings }) => {
                results::downlink(&object.get("bytes")?, &object.get("fPort")?, warnings)
            }
            Err(answer) => Ok(answer),
        }
    }

    fn decode_downlink<'js>(&self, context: &Ctx<'js>, input: &Arguments<'js>) -> Result<Answer> {
        let Some(decoder) = &self.downlink_decoder else {
            return Ok(Answer::Unsupported(&["decodeDownlink"]));
        };
        let callee = decoder.restore(context)?;
        let argument = input.uplink(context, input.bytes(context)?)?;
        let returned = match Returned::of(callee.call(&[argument])?, "decodeDownlink")? {
            Ok(returned) => returned,
            Err(answer) => return Ok(answer),
        };
        let data = returned.data()?;
        Ok(match results::reading(context, &data, returned.warnings, input.limit) {
            Ok(reading) => reading.into(),
            Err(answer) => answer,
        })
    }
}

/// Has the reading put into normalized terms; the answer where that fails.
fn normalize<'js>(
    context: &Ctx<'js>,
    normalizer: &Entry,
    argument: Object<'js>,
    input: &Arguments<'js>,
    reading: &mut Reading,
) -> Result<Option<Answer>> {
    let callee = normalizer.restore(context)?;
    let returned = match Returned::of(callee.call(&[argument.into_value()])?, "it")? {
        Ok(returned) => returned,
        Err(answer) => return Ok(Some(answer)),
    };
    reading.warnings.extend(returned.warnings);
    let data: Value<'js> = returned.object.get("data")?;
    if !data.is_object() {
        return Ok(None);
    }
    match Json::of(context, "data", &data, input.limit) {
        Ok((normalized, notes)) => {
            reading.normalized = normalized;
            reading
                .warnings
                .extend(notes.into_iter().map(|note| format!("normalizeUplink: {note}")));
            Ok(None)
        }
        Err(unwritable) => Ok(Some(results::unwritable(unwritable))),
    }
}

fn unsupported(names: &'static [(&'static str, Convention)]) -> Answer {
    Answer::Unsupported(names.iter().map(|(name, _)| *name).collect::<Vec<_>>().leak())
}

impl<'js> Arguments<'js> {
    fn read(context: &Ctx<'js>, input: &mut Input) -> Result<Self> {
        Ok(Self {
            f_port: input.byte(),
            f_cnt: input.number(),
            moment: input.float(),
            limit: input.number() as usize,
            payload: input.bytes().to_vec(),
            variables: object(context, input.bytes())?,
            data: object(context, input.bytes())?,
            context: input.bytes().to_vec(),
        })
    }

    /// The payload as a list of numbers, which is what all network servers hand over.
    fn bytes(&self, context: &Ctx<'js>) -> Result<Value<'js>> {
        let list = Array::new(context.clone())?;
        for (index, byte) in self.payload.iter().enumerate() {
            list.set(index, *byte)?;
        }
        Ok(list.into_value())
    }

    /// TS013's input for an uplink, or for a downlink that is read back.
    fn uplink(&self, context: &Ctx<'js>, bytes: Value<'js>) -> Result<Value<'js>> {
        let input = Object::new(context.clone())?;
        input.set("bytes", bytes)?;
        input.set("fPort", self.f_port)?;
        input.set("recvTime", self.date(context))?;
        input.set("variables", self.variables.clone())?;
        Ok(input.into_value())
    }

    /// Returns the description of an uplink that Helium gives a decoder beside its bytes, as far as it is
    /// known here.
    fn uplink_info(&self, context: &Ctx<'js>) -> Result<Value<'js>> {
        let info = Object::new(context.clone())?;
        info.set("type", "uplink")?;
        info.set("fcnt", self.f_cnt)?;
        info.set("port", self.f_port)?;
        info.set("payload_size", self.payload.len())?;
        info.set("reported_at", self.moment)?;
        Ok(info.into_value())
    }

    fn date(&self, context: &Ctx<'js>) -> Value<'js> {
        // SAFETY: the value that QuickJS makes is owned and belongs to this context.
        unsafe {
            let date = qjs::JS_NewDate(context.as_raw().as_ptr(), self.moment);
            Value::from_raw(context.clone(), date)
        }
    }
}

/// A JSON object as a value; an empty one where there is no text.
fn object<'js>(context: &Ctx<'js>, json: &[u8]) -> Result<Value<'js>> {
    if json.is_empty() {
        return Ok(Object::new(context.clone())?.into_value());
    }
    Value::from_js(context, context.json_parse(json)?)
}
