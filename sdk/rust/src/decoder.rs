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
            use $crate::wire::{self, Answer, Encoded, List, Read, Setting};

            /// Says to the tool that makes components what the functions below are.
            #[unsafe(link_section = "component-type:champollion")]
            pub static CONTRACT: [u8; $crate::CONTRACT.len()] = *$crate::CONTRACT;

            #[unsafe(export_name = "cabi_realloc")]
            unsafe extern "C" fn room(
                old: *mut u8,
                old_bytes: usize,
                align: usize,
                bytes: usize,
            ) -> *mut u8 {
                // SAFETY: the host hands back what it was given.
                unsafe { wire::room(old, old_bytes, align, bytes) }
            }

            #[unsafe(export_name = "champollion:decoder/codec@1.0.0#decode-uplink")]
            unsafe extern "C" fn decode_uplink(
                f_port: u8,
                f_cnt: u32,
                payload: *const u8,
                payload_bytes: usize,
                received_at: u64,
                settings: *const Setting,
                settings_count: usize,
                state: *const u8,
                state_bytes: usize,
            ) -> *const Answer<Read> {
                let payload = List::at(payload, payload_bytes);
                let settings = List::at(settings, settings_count);
                let state = List::at(state, state_bytes);
                // SAFETY: the host writes what the contract says.
                let uplink =
                    unsafe { wire::uplink(f_port, f_cnt, payload, received_at, settings, state) };
                wire::reading(<$decoder as $crate::Decoder>::decode_uplink(&uplink))
            }

            #[unsafe(export_name = "champollion:decoder/codec@1.0.0#encode-downlink")]
            unsafe extern "C" fn encode_downlink(
                data: *const u8,
                data_bytes: usize,
                issued_at: u64,
                settings: *const Setting,
                settings_count: usize,
            ) -> *const Answer<Encoded> {
                let data = List::at(data, data_bytes);
                let settings = List::at(settings, settings_count);
                // SAFETY: the host writes what the contract says.
                let command = unsafe { wire::command(data, issued_at, settings) };
                wire::downlink(<$decoder as $crate::Decoder>::encode_downlink(&command))
            }

            #[unsafe(export_name = "champollion:decoder/codec@1.0.0#decode-downlink")]
            unsafe extern "C" fn decode_downlink(
                f_port: u8,
                payload: *const u8,
                payload_bytes: usize,
                sent_at: u64,
                settings: *const Setting,
                settings_count: usize,
            ) -> *const Answer<Read> {
                let payload = List::at(payload, payload_bytes);
                let settings = List::at(settings, settings_count);
                // SAFETY: the host writes what the contract says.
                let downlink = unsafe { wire::sent_downlink(f_port, payload, sent_at, settings) };
                wire::reading(<$decoder as $crate::Decoder>::decode_downlink(&downlink))
            }
        };
    };
}
