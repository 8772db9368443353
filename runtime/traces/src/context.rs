//! A place in a trace, as the header `traceparent` of W3C Trace Context writes it.

use std::fmt;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use sha2::{Digest, Sha256};

/// The bit of the flags that says that a trace is kept.
const SAMPLED: u8 = 1;

/// The version of the header that is written.
const VERSION: &str = "00";

/// The version that is none.
const NO_VERSION: &str = "ff";

/// The name of a span within its trace.
pub(crate) type SpanId = [u8; 8];

/// A place in a trace: the trace, a span of it, and whether it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    pub(crate) trace: [u8; 16],
    pub(crate) span: SpanId,
    pub(crate) is_sampled: bool,
}

impl TraceContext {
    /// Reads the header of a request; nothing where it is none.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.trim().split('-');
        let version =
            parts.next().filter(|version| version.len() == 2 && *version != NO_VERSION)?;
        let (trace, span) = (bytes(parts.next()?)?, bytes(parts.next()?)?);
        let [flags] = bytes(parts.next()?)?;
        // Later versions may add parts, and the first one has none.
        if version == VERSION && parts.next().is_some() {
            return None;
        }
        let is_named = trace != [0; 16] && span != [0; 8];
        is_named.then_some(Self { trace, span, is_sampled: flags & SAMPLED != 0 })
    }

    /// The trace that a record has by its id, at the span of its ingest.
    #[must_use]
    pub fn of_record(id: &str) -> Self {
        let digest = Sha256::digest(id.as_bytes());
        let (mut trace, mut span) = ([0; 16], [0; 8]);
        trace.copy_from_slice(&digest[..16]);
        span.copy_from_slice(&digest[16..24]);
        Self { trace, span, is_sampled: true }
    }

    /// The name of the trace, 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        HEXLOWER.encode(&self.trace)
    }

    /// The same trace at another span.
    pub(crate) fn at(self, span: SpanId) -> Self {
        Self { span, ..self }
    }

    /// Whether the trace is among a share of all, in percent, which every process judges alike.
    pub(crate) fn is_among(&self, percent: u8) -> bool {
        let [.., low] = self.trace;
        u32::from(low) * 100 < u32::from(percent) * 256
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, span) = (HEXLOWER.encode(&self.trace), HEXLOWER.encode(&self.span));
        write!(formatter, "{VERSION}-{trace}-{span}-{:02x}", u8::from(self.is_sampled))
    }
}

/// The bytes of hexadecimal digits, exactly so many.
fn bytes<const BYTES: usize>(digits: &str) -> Option<[u8; BYTES]> {
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?.try_into().ok()
}

/// The name of a span, made of what it is about.
pub(crate) fn span_id(parts: &[&str]) -> SpanId {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    let digest = digest.finalize();
    let mut span = [0; 8];
    span.copy_from_slice(&digest[..8]);
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_and_written() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = TraceContext::parse(header).unwrap();
        assert_eq!(context.to_string(), header);
        assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more";
        assert!(!TraceContext::parse(later).unwrap().is_sampled);
    }

    #[test]
    fn what_is_no_header_is_none() {
        for header in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-xbf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceContext::parse(header), None, "{header}");
        }
    }

    #[test]
    fn a_record_has_one_trace_and_shares_are_of_all() {
        let of = |id: &str| TraceContext::of_record(id);
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a").trace, of("b").trace);
        let ids: Vec<TraceContext> = (0..1_000).map(|id| of(&id.to_string())).collect();
        let share = |percent| ids.iter().filter(|context| context.is_among(percent)).count();
        assert_eq!((share(0), share(100)), (0, 1_000));
        assert!((50..150).contains(&share(10)), "{}", share(10));
    }
}
