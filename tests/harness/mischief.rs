//! A decoder that passes its vectors and misbehaves for other payloads.

use champollion_attacks::guests::decoder;
use champollion_registry::package::Package;

use crate::Sources;

/// Under which name devices ask for it.
pub const MISCHIEF: &str = "test/mischief";

/// The misbehaviour that the first byte of a payload asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mischief {
    /// Answers as it should.
    None = 0,
    /// Runs in a loop without end.
    Loop = 1,
    /// Traps, which ends the call.
    Trap = 2,
    /// It wants 64 MB of memory.
    Memory = 3,
    /// It returns what is no JSON.
    NoJson = 4,
    /// It calls itself for ever.
    Recursion = 5,
}

/// The contract, by hand: lists come as pointer and length, results are left in memory.
const MODULE: &str = r#"
(module
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 4096))
  (data (i32.const 1024) "{\"fine\": true}")
  (data (i32.const 1056) "this is no JSON")
  (data (i32.const 1088) "it takes no commands")

  (func (export "cabi_realloc")
    (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at))

  (func $recurse (param $depth i32) (result i32)
    (i32.add (call $recurse (i32.add (local.get $depth) (i32.const 1))) (local.get $depth)))

  ;; ok(reading) with this data; the lists behind it are empty, since memory is zero at first.
  (func $reading (param $data i32) (param $length i32) (result i32)
    (i32.store offset=4 (i32.const 2048) (local.get $data))
    (i32.store offset=8 (i32.const 2048) (local.get $length))
    (i32.const 2048))

  ;; err(failure) of the kind unsupported
  (func $unsupported (result i32)
    (i32.store8 (i32.const 2048) (i32.const 1))
    (i32.store8 offset=4 (i32.const 2048) (i32.const 7))
    (i32.store offset=8 (i32.const 2048) (i32.const 1088))
    (i32.store offset=12 (i32.const 2048) (i32.const 20))
    (i32.const 2048))

  (func (export "champollion:decoder/codec@1.0.0#decode-uplink")
    (param $port i32) (param $count i32) (param $payload i32) (param $length i32)
    (param $received-at i64) (param $variables i32) (param $variables-length i32)
    (param $state i32) (param $state-length i32) (result i32)
    (local $what i32)
    (if (local.get $length) (then (local.set $what (i32.load8_u (local.get $payload)))))
    (if (i32.eq (local.get $what) (i32.const 1)) (then (loop $ever (br $ever))))
    (if (i32.eq (local.get $what) (i32.const 2)) (then unreachable))
    (if (i32.eq (local.get $what) (i32.const 3)) (then
      (drop (memory.grow (i32.const 1000)))))
    (if (i32.eq (local.get $what) (i32.const 4)) (then
      (return (call $reading (i32.const 1056) (i32.const 15)))))
    (if (i32.eq (local.get $what) (i32.const 5)) (then
      (drop (call $recurse (i32.const 0)))))
    (call $reading (i32.const 1024) (i32.const 14)))

  (func (export "champollion:decoder/codec@1.0.0#encode-downlink")
    (param i32 i32 i64 i32 i32) (result i32)
    (call $unsupported))

  (func (export "champollion:decoder/codec@1.0.0#decode-downlink")
    (param i32 i32 i32 i64 i32 i32) (result i32)
    (call $unsupported)))
"#;

const MANIFEST: &str = r#"
id = "test/mischief"
version = "1.0.0"
name = "Mischief"
description = "Misbehaves when it is told to."
licence = "MIT OR Apache-2.0"
maintainer = "Champollion"

[[devices]]
vendor = "Test"
model = "Mischief"

[[ports]]
port = 1
direction = "up"
meaning = "What to do"

[[fields]]
name = "fine"
type = "boolean"
meaning = "That all is well"
"#;

const VECTORS: &str = r#"[
  {
    "name": "well-behaved",
    "uplink": { "fPort": 1, "payload": "00" },
    "expect": { "reading": { "data": { "fine": true } } }
  }
]"#;

/// The package of the decoder that misbehaves.
#[must_use]
pub fn mischief() -> Package {
    let component = decoder(MODULE);
    Sources { component, manifest: MANIFEST.to_owned(), vectors: VECTORS.to_owned() }.package()
}
