//! Codecs of any size, for tests and benchmarks.

use std::fmt::Write as _;

/// A codec of so many kilobytes: the given one, and functions beside it of which none is called.
pub(crate) fn padded(codec: &str, kilobytes: usize) -> String {
    let mut source = codec.to_owned();
    for number in 0.. {
        if source.len() >= kilobytes << 10 {
            break;
        }
        let _ = writeln!(
            source,
            "function helper{number}(bytes, offset) {{
  var value = bytes[offset] * {number} + (bytes[offset + 1] << 8);
  if (value > 0x7fff) {{ value -= 0x10000; }}
  return {{ name: \"field{number}\", value: value / 10, unit: \"unit {number}\" }};
}}"
        );
    }
    source
}
