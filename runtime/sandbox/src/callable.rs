//! A decoder of any kind: a component, a script, or the formulas of a derived decoder.

use champollion_frames::VerifiedUplink;

use crate::{
    Call, CallError, Command, Derivation, Dialect, Digest, Downlink, Failure, FailureKind,
    Formulas, Observation, Reading, SentDownlink, Settings, Specimen, component::ComponentDecoder,
    script::ScriptDecoder,
};

/// The answer of a derived decoder to a payload.
const NO_PAYLOADS: &str =
    "a derived decoder reads readings and no payloads: assign it beside one that reads payloads";

/// Bytes that the formulas of a derived decoder take, which are some hundred short instructions.
const FORMULAS_BYTES: usize = 16 << 10;

/// A decoder that is loaded and checked, ready to be called from any thread.
pub struct Decoder(Kind);

enum Kind {
    Component(ComponentDecoder),
    Script(ScriptDecoder),
    Derived(Formulas),
}

impl From<ComponentDecoder> for Decoder {
    fn from(decoder: ComponentDecoder) -> Self {
        Self(Kind::Component(decoder))
    }
}

impl From<ScriptDecoder> for Decoder {
    fn from(decoder: ScriptDecoder) -> Self {
        Self(Kind::Script(decoder))
    }
}

impl From<Formulas> for Decoder {
    fn from(formulas: Formulas) -> Self {
        Self(Kind::Derived(formulas))
    }
}

impl Decoder {
    /// Returns the formulas of a derived decoder; nothing of one that reads payloads.
    #[must_use]
    pub fn formulas(&self) -> Option<&Formulas> {
        match &self.0 {
            Kind::Derived(formulas) => Some(formulas),
            Kind::Component(_) | Kind::Script(_) => None,
        }
    }

    /// Has a derived decoder make its values of a reading.
    #[must_use]
    pub fn derive(&self, observed: &Observation) -> Call<Derivation> {
        match &self.0 {
            Kind::Derived(formulas) => formulas.derive(observed),
            Kind::Component(_) | Kind::Script(_) => {
                Call::failed(unsupported("a decoder of payloads reads no readings"))
            }
        }
    }

    /// The SHA-256 of the package that this decoder was loaded from.
    #[must_use]
    pub fn digest(&self) -> Digest {
        match &self.0 {
            Kind::Component(decoder) => decoder.digest(),
            Kind::Script(decoder) => decoder.digest(),
            Kind::Derived(formulas) => formulas.digest(),
        }
    }

    /// By which dialect a script is called; `None` for a component.
    #[must_use]
    pub fn dialect(&self) -> Option<Dialect> {
        match &self.0 {
            Kind::Component(_) | Kind::Derived(_) => None,
            Kind::Script(decoder) => Some(decoder.dialect()),
        }
    }

    /// Bytes that are kept in memory while it is loaded: code and image of a component, what a script changed in the engine's memory.
    #[must_use]
    pub fn loaded_bytes(&self) -> usize {
        match &self.0 {
            Kind::Component(decoder) => decoder.loaded_bytes(),
            Kind::Script(decoder) => decoder.memory_bytes(),
            Kind::Derived(_) => FORMULAS_BYTES,
        }
    }

    /// Decodes a frame whose MIC was verified, or that a network server vouches for.
    #[must_use]
    pub fn decode_uplink(&self, uplink: &VerifiedUplink, settings: &Settings) -> Call<Reading> {
        match &self.0 {
            Kind::Component(decoder) => decoder.decode_uplink(uplink, settings),
            Kind::Script(decoder) => match uplink.application_payload() {
                Some((f_port, payload)) => {
                    let received_at = uplink.received_at_ms();
                    decoder.uplink(f_port, uplink.f_cnt(), payload, received_at, settings)
                }
                None => Call::failed(CallError::NoApplicationPayload),
            },
            Kind::Derived(_) => Call::failed(unsupported(NO_PAYLOADS)),
        }
    }

    /// Decodes a payload that nobody vouches for.
    #[must_use]
    pub fn try_uplink(&self, specimen: &Specimen, settings: &Settings) -> Call<Reading> {
        match &self.0 {
            Kind::Component(decoder) => decoder.try_uplink(specimen, settings),
            Kind::Script(decoder) => {
                let Specimen { f_port, f_cnt, payload, received_at } = specimen;
                decoder.uplink(*f_port, *f_cnt, payload, *received_at, settings)
            }
            Kind::Derived(_) => Call::failed(unsupported(NO_PAYLOADS)),
        }
    }

    /// Encodes a command as the device expects it.
    #[must_use]
    pub fn encode_downlink(&self, command: &Command, settings: &Settings) -> Call<Downlink> {
        match &self.0 {
            Kind::Component(decoder) => decoder.encode_downlink(command, settings),
            Kind::Script(decoder) => decoder.encode_downlink(command, settings),
            Kind::Derived(_) => Call::failed(unsupported(NO_PAYLOADS)),
        }
    }

    /// Reads back what was sent to a device.
    #[must_use]
    pub fn decode_downlink(&self, downlink: &SentDownlink, settings: &Settings) -> Call<Reading> {
        match &self.0 {
            Kind::Component(decoder) => decoder.decode_downlink(downlink, settings),
            Kind::Script(decoder) => decoder.decode_downlink(downlink, settings),
            Kind::Derived(_) => Call::failed(unsupported(NO_PAYLOADS)),
        }
    }
}

fn unsupported(message: &str) -> CallError {
    let (kind, message) = (FailureKind::Unsupported, message.to_owned());
    CallError::Failed(Failure { kind, message, span: None })
}
