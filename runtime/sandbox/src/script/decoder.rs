//! Calls a codec, and makes readings of what it returns.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{
    Dialect, Script,
    context::{self, NoContext},
    fields::{FieldMapping, Findings},
    wire::{Answer, Input},
    workshop::{Loaded, Run, Source, Workshop},
};
use crate::{
    Call, CallError, CallLimits, Command, Data, Digest, Downlink, Failure, FailureKind, Limits,
    LoadError, OutputError, Reading, SentDownlink, Settings, Value, Variable,
    component::lift::{self, APPLICATION_PORTS, PAYLOAD_BYTES},
    kept::image::Delta,
};

/// A codec that is loaded, ready to be called from any thread.
pub(crate) struct ScriptDecoder {
    workshop: Arc<Workshop>,
    /// Of the memory it has what all scripts have: their instances are the engine's.
    limits: Limits,
    digest: Digest,
    dialect: Dialect,
    fields: Vec<FieldMapping>,
    /// The fields that an operator gives.
    given: Vec<FieldMapping>,
    downlink_port: u8,
    delta: Arc<Delta>,
    /// Memory in bytes of the instances in which the codec is called.
    memory_bytes: usize,
    /// The source, where the codec must be evaluated anew for each frame.
    reload: Option<Source>,
}

/// The functions of a codec, by their numbers in what is said to the engine.
#[derive(Clone, Copy)]
enum Function {
    DecodeUplink = 0,
    EncodeDownlink = 1,
    DecodeDownlink = 2,
}

/// The arguments of a codec's function.
struct Arguments<'a> {
    f_port: u8,
    f_cnt: u32,
    /// Milliseconds since the epoch.
    moment: u64,
    payload: &'a [u8],
    variables: &'a [Variable],
    /// The data as JSON text.
    data: &'a str,
    /// The device's context as JSON text; empty where there is none.
    context: &'a [u8],
}

impl ScriptDecoder {
    pub(crate) fn load(
        workshop: &Arc<Workshop>,
        script: &Script,
        digest: Digest,
        lower: &CallLimits,
    ) -> Result<Self, LoadError> {
        if script.source.len() > Script::SOURCE_BYTES {
            return Err(LoadError::ScriptTooLarge {
                bytes: script.source.len(),
                limit: Script::SOURCE_BYTES,
            });
        }
        let mut source = source_of(script, Globals::Server, workshop.limits());
        let (mut answer, mut loaded) = workshop.load(&source)?;
        if wants_a_browser(&answer) {
            source = source_of(script, Globals::Browser, workshop.limits());
            (answer, loaded) = workshop.load(&source)?;
        }
        let dialect = dialect(answer)?;
        let Loaded { delta, clock_was_read } = loaded;
        let (given, fields) =
            script.fields.iter().cloned().partition(|field: &FieldMapping| field.is_given());
        Ok(Self {
            workshop: Arc::clone(workshop),
            limits: workshop.limits().lowered(lower),
            digest,
            dialect,
            fields,
            given,
            downlink_port: script.downlink_port.unwrap_or(Script::DEFAULT_DOWNLINK_PORT),
            delta,
            memory_bytes: source.memory_bytes,
            reload: clock_was_read.then_some(source),
        })
    }

    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Bytes that are kept for it beside its source.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.delta.size()
    }

    pub(crate) fn uplink(
        &self,
        f_port: u8,
        f_cnt: u32,
        payload: &[u8],
        received_at: u64,
        settings: &Settings,
    ) -> Call<Reading> {
        let (context, unread) = match context::context_of(&settings.state) {
            Ok(context) => (context, None),
            Err(NoContext) => (Vec::new(), Some(NoContext)),
        };
        let run = self.call(
            Function::DecodeUplink,
            &Arguments {
                f_port,
                f_cnt,
                moment: received_at,
                payload,
                variables: &settings.variables,
                data: "",
                context: &context,
            },
        );
        run.into_call(|answer| {
            let mut reading = self.reading(answer, FailureKind::UnknownMessage)?;
            // Only a codec that has a context can miss it.
            if reading.state.is_some()
                && let Some(unread) = unread
            {
                reading.warnings.push(unread.to_string());
            }
            Ok(reading)
        })
    }

    pub(crate) fn encode_downlink(&self, command: &Command, settings: &Settings) -> Call<Downlink> {
        if let Err(error) = serde_json::from_str::<Map<String, Json>>(&command.data) {
            let message = format!("the command is no JSON object: {error}");
            return Run::failed(failure(FailureKind::InvalidCommand, message))
                .into_call(|answer| self.downlink(answer));
        }
        let run = self.call(
            Function::EncodeDownlink,
            &Arguments {
                f_port: self.downlink_port,
                f_cnt: 0,
                moment: command.issued_at,
                payload: &[],
                variables: &settings.variables,
                data: &command.data,
                context: b"",
            },
        );
        run.into_call(|answer| self.downlink(answer))
    }

    pub(crate) fn decode_downlink(
        &self,
        downlink: &SentDownlink,
        settings: &Settings,
    ) -> Call<Reading> {
        let run = self.call(
            Function::DecodeDownlink,
            &Arguments {
                f_port: downlink.f_port,
                f_cnt: 0,
                moment: downlink.sent_at,
                payload: &downlink.payload,
                variables: &settings.variables,
                data: "",
                context: b"",
            },
        );
        run.into_call(|answer| self.reading(answer, FailureKind::UnknownMessage))
    }

    fn call(&self, function: Function, arguments: &Arguments<'_>) -> Run {
        let moment = arguments.moment as f64;
        let limits = &self.limits;
        let fuel = limits.fuel.saturating_mul(Script::FUEL_FACTOR);
        let input = Input::default()
            .byte(function as u8)
            .byte(arguments.f_port)
            .number(arguments.f_cnt)
            .float(moment)
            .number(u32::try_from(limits.output_bytes).unwrap_or(u32::MAX))
            .bytes(arguments.payload)
            .bytes(&variables(arguments.variables))
            .bytes(arguments.data.as_bytes())
            .bytes(arguments.context);
        match &self.reload {
            None => self.workshop.call(&self.delta, self.memory_bytes, &input, moment, fuel),
            Some(load) => self.workshop.load_and_call(load, &input, moment, fuel),
        }
    }

    fn reading(&self, answer: Answer, kind: FailureKind) -> Result<Reading, CallError> {
        let limits = &self.limits;
        let Answer::Reading { data, normalized, mut warnings, context } = answer else {
            return Err(refusal(answer, kind, limits));
        };
        let data = Data::check(as_object(data).into(), limits).map_err(CallError::Output)?;
        let findings = self.measured(&data, &normalized);
        add_warnings(&mut warnings, findings.warnings, limits);
        let state =
            match (!context.is_empty()).then(|| context::state_of(&context, limits.state_bytes)) {
                Some(Ok(state)) => Some(state),
                Some(Err(too_large)) => {
                    warnings.push(too_large.to_string());
                    None
                }
                None => None,
            };
        lift::at_most("measurements", findings.measurements.len(), limits.measurements)
            .and_then(|()| lift::warnings_fit(&warnings, limits))
            .map_err(CallError::Output)?;
        Ok(Reading { data, measurements: findings.measurements, warnings, state })
    }

    /// Measures what a codec answered. What the codec itself normalized comes first, and fields add what it left
    /// out; only what an operator gives comes before both.
    fn measured(&self, data: &Data, normalized: &str) -> Findings {
        let mut findings = Findings::default();
        if !normalized.is_empty()
            && let Ok(normalized) = serde_json::from_str(normalized)
        {
            findings.read_normalized(&normalized);
        }
        let missing: Vec<&FieldMapping> =
            self.fields.iter().filter(|field| !findings.measures(field.quantity())).collect();
        if missing.is_empty() && self.given.is_empty() {
            return findings;
        }
        let Ok(data) = serde_json::from_str(data.as_str()) else { return findings };
        findings.read(missing, &data);
        if !self.given.is_empty() {
            let mut given = Findings::default();
            given.read(&self.given, &data);
            findings.give_way(given);
        }
        findings
    }

    fn downlink(&self, answer: Answer) -> Result<Downlink, CallError> {
        let limits = &self.limits;
        let Answer::Downlink { f_port, payload, warnings } = answer else {
            return Err(refusal(answer, FailureKind::InvalidCommand, limits));
        };
        let f_port = f_port.unwrap_or(self.downlink_port);
        if !APPLICATION_PORTS.contains(&f_port) {
            return Err(CallError::Output(OutputError::FPortOutOfRange { f_port }));
        }
        lift::at_most("bytes of payload", payload.len(), PAYLOAD_BYTES)
            .and_then(|()| lift::warnings_fit(&warnings, limits))
            .map_err(CallError::Output)?;
        Ok(Downlink { f_port, payload, warnings })
    }
}

/// Adds the warnings of the host to those of a codec, no more than a reading may have: a frame that could be read
/// is good, however many of its values are no measurements.
fn add_warnings(warnings: &mut Vec<String>, found: Vec<String>, limits: &Limits) {
    // One place is left for a warning about the context.
    let room = limits.warnings.saturating_sub(warnings.len()).saturating_sub(1);
    let count = found.len();
    let kept = if count > room { room.saturating_sub(1) } else { count };
    warnings.extend(found.into_iter().take(kept).map(|text| shortened(text, limits.text_bytes)));
    if count > kept && room > 0 {
        warnings.push(format!("{} more values are no measurements", count - kept));
    }
}

/// The names by which the global object can be reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Globals {
    /// Those of network servers and of Node.js.
    Server,
    /// `window` and `self` beside them.
    Browser,
}

fn source_of(script: &Script, surroundings: Globals, limits: &Limits) -> Source {
    let bytes = script.source.len();
    let input = Input::default()
        .byte(script.dialect.map_or(0, Dialect::number))
        .byte(u8::from(script.whole_input))
        .byte(u8::from(surroundings == Globals::Browser))
        .bytes(script.source.as_bytes());
    Source {
        input,
        bytes,
        memory_bytes: Script::memory_bytes(bytes, limits.memory_bytes),
        fuel: Script::load_fuel(bytes),
    }
}

/// Whether a codec was built for browsers: it puts itself into `window` or `self`. Others look for
/// these names to find out where they are, so they are there for those alone that need them.
fn wants_a_browser(answer: &Answer) -> bool {
    let Answer::Threw { message, .. } = answer else { return false };
    ["window", "self"].iter().any(|name| {
        message.strip_prefix("ReferenceError: ").and_then(|rest| rest.strip_prefix(name))
            == Some(" is not defined")
    })
}

fn dialect(answer: Answer) -> Result<Dialect, LoadError> {
    let engine = |reason: &str| LoadError::ScriptEngine { reason: reason.to_owned() };
    match answer {
        Answer::Loaded { dialect } => {
            Dialect::of_number(dialect).ok_or_else(|| engine("it names an unknown dialect"))
        }
        Answer::NoEntryPoint { names, defined } => Err(LoadError::NoEntryPoint { names, defined }),
        Answer::Threw { message, line, column } => {
            Err(LoadError::ScriptThrew { message, line: known(line), column: known(column) })
        }
        _ => Err(engine("it gives no answer that was asked for")),
    }
}

/// Returns the meaning of an answer that is no result.
fn refusal(answer: Answer, kind: FailureKind, limits: &Limits) -> CallError {
    match answer {
        Answer::Threw { message, line, column } => {
            CallError::Threw { message, line: known(line), column: known(column) }
        }
        Answer::Failed(errors) => failure(kind, shortened(errors.join("; "), limits.text_bytes)),
        Answer::Unsupported(names) => failure(
            FailureKind::Unsupported,
            format!("the codec has no function {}", names.join(" or ")),
        ),
        Answer::Malformed { path, problem } => {
            CallError::Output(OutputError::NotJson { path, problem })
        }
        Answer::TooLarge => CallError::Output(OutputError::TooLarge { limit: limits.output_bytes }),
        Answer::TooDeep => CallError::Output(OutputError::DataTooDeep { limit: limits.data_depth }),
        Answer::Loaded { .. }
        | Answer::NoEntryPoint { .. }
        | Answer::Reading { .. }
        | Answer::Downlink { .. } => CallError::Output(OutputError::Malformed {
            reason: "an answer to another question".into(),
        }),
    }
}

/// The JSON text of data as an object: a list is its only member. The engine writes no space before it.
fn as_object(data: String) -> String {
    if data.starts_with('[') { format!("{{\"{}\":{data}}}", Script::LIST_MEMBER) } else { data }
}

fn failure(kind: FailureKind, message: String) -> CallError {
    CallError::Failed(Failure { kind, message, span: None })
}

fn known(number: u32) -> Option<u32> {
    (number > 0).then_some(number)
}

fn shortened(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        const ELLIPSIS: &str = "…";
        let end = text.floor_char_boundary(bytes.saturating_sub(ELLIPSIS.len()));
        text.truncate(end);
        text.push_str(ELLIPSIS);
    }
    text
}

/// Variables as JSON text; none is no text.
fn variables(variables: &[Variable]) -> Vec<u8> {
    if variables.is_empty() {
        return Vec::new();
    }
    let members: Map<String, Json> = variables
        .iter()
        .map(|Variable { name, value }| {
            let value = match value {
                Value::Boolean(boolean) => Json::from(*boolean),
                Value::Integer(integer) => Json::from(*integer),
                Value::Number(number) => Json::from(*number),
                Value::Text(text) => Json::from(text.as_str()),
            };
            (name.clone(), value)
        })
        .collect();
    Json::from(members).to_string().into_bytes()
}

impl Run {
    fn failed(error: CallError) -> Self {
        Self { answer: Err(error), fuel: 0, memory_bytes: 0, log: Vec::new() }
    }

    fn into_call<T>(self, read: impl FnOnce(Answer) -> Result<T, CallError>) -> Call<T> {
        let Self { answer, fuel, memory_bytes, log } = self;
        Call { result: answer.and_then(read), fuel, memory_bytes, log }
    }
}
