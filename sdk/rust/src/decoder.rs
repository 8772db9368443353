//! The trait that a decoder implements, and the macro that makes a component of it.

use crate::{Command, Downlink, Failure, Reading, SentDownlink, Uplink};

/// A decoder of one sensor model: three pure functions.
pub trait Decoder {
    /// Reads what a device has sent.
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure>;

    /// Writes a command as the device expects it. Without an implementation the device takes none.
    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        let _ = command;
        Err(Failure::unsupported("this decoder encodes no commands"))
    }

    /// Reads a command back from what was sent.
    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        let _ = downlink;
        Err(Failure::unsupported("this decoder reads no commands back"))
    }
}

/// Names a decoder as one, where nothing else does: natively the compiler would call it unused.
#[doc(hidden)]
pub fn is_decoder<D: Decoder>() {}

/// Makes the crate a component around a [`Decoder`]. On targets other than WebAssembly it does nothing but look that
/// there is one, so that the crate builds and is tested as ordinary Rust.
#[macro_export]
macro_rules! export {
    ($decoder:ty) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() = $crate::is_decoder::<$decoder>;

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::bindings::exports::champollion::decoder::codec;

            struct Component;

            impl codec::Guest for Component {
                fn decode_uplink(uplink: codec::Uplink) -> Result<codec::Reading, codec::Failure> {
                    $crate::note_panics();
                    <$decoder as $crate::Decoder>::decode_uplink(&uplink).map(Into::into)
                }

                fn encode_downlink(
                    command: codec::Command,
                ) -> Result<codec::Downlink, codec::Failure> {
                    $crate::note_panics();
                    <$decoder as $crate::Decoder>::encode_downlink(&command)
                }

                fn decode_downlink(
                    downlink: codec::SentDownlink,
                ) -> Result<codec::Reading, codec::Failure> {
                    $crate::note_panics();
                    <$decoder as $crate::Decoder>::decode_downlink(&downlink).map(Into::into)
                }
            }

    $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        };
    };
}
