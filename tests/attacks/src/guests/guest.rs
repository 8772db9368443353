//! A core module that implements the contract's canonical ABI, each part of which can be replaced.

use std::fmt::Write as _;

use super::{Answer, BASE, decoder};

const PAGE: u32 = 64 << 10;

/// A decoder in the making. As it is, each of its functions returns the answer at [`BASE`].
#[derive(Clone)]
pub struct Guest {
    answer: Answer,
    /// Imports, tables, globals, segments, more functions.
    fields: String,
    memory: Option<String>,
    decode_uplink: String,
    encode_downlink: String,
    realloc: String,
    post_return: Option<String>,
}

impl Default for Guest {
    fn default() -> Self {
        Self::new()
    }
}

impl Guest {
    /// A decoder that reads every frame as an empty object.
    #[must_use]
    pub fn new() -> Self {
        Self::answering(Answer::reading())
    }

    /// A decoder that answers everything in the same way.
    #[must_use]
    pub fn answering(answer: Answer) -> Self {
        Self {
            answer,
            fields: String::new(),
            memory: None,
            decode_uplink: String::new(),
            encode_downlink: String::new(),
            realloc: BUMP.into(),
            post_return: None,
        }
    }

    /// A decoder whose `decode-uplink` runs this first, and answers if it ends. The function's
    /// parameters are `$f_port $f_cnt $payload $payload_len $received_at $variables $variables_len
    /// $state $state_len`; it has the locals `$i` (i32) and `$j` (i64), and `$answer` is the address
    /// of what it answers with.
    #[must_use]
    pub fn running(code: &str) -> Self {
        Self::new().before_answer(code)
    }

    /// The same with a bit of everything that code can hold, run before it answers: a loop over the
    /// payload, a table and a call through it.
    #[must_use]
    pub fn with_a_bit_of_everything(self) -> Self {
        self.before_answer(
            "(local.set $i (local.get $payload_len))
             (loop $next
               (local.set $j (i64.add (local.get $j)
                 (i64.load8_u (i32.add (local.get $payload) (local.get $i)))))
               (local.set $i (i32.sub (local.get $i) (i32.const 1)))
               (br_if $next (local.get $i)))
             (call_indirect (param i64) (local.get $j) (i32.const 1))",
        )
        .with("(table 2 funcref) (func $keep (param i64)) (elem (i32.const 1) func $keep)")
    }

    /// The same with `decode-uplink` running this first, as [`Guest::running`] does.
    #[must_use]
    pub fn before_answer(mut self, code: &str) -> Self {
        self.decode_uplink = code.into();
        self
    }

    /// The same with `encode-downlink` running this first. The function's parameters are `$data
    /// $data_len $issued_at $variables $variables_len`, and it has the local `$i` (i32).
    #[must_use]
    pub fn before_downlink(mut self, code: &str) -> Self {
        self.encode_downlink = code.into();
        self
    }

    /// More of the module, imports first: tables, globals, segments, functions.
    #[must_use]
    pub fn with(mut self, fields: &str) -> Self {
        self.fields.push_str(fields);
        self
    }

    /// The whole definition of the memory, which must be exported as `memory`.
    #[must_use]
    pub fn memory(mut self, memory: &str) -> Self {
        self.memory = Some(memory.into());
        self
    }

    /// The body of `cabi_realloc`, whose parameters are `$old $old_size $align $size`.
    #[must_use]
    pub fn realloc(mut self, body: &str) -> Self {
        self.realloc = body.into();
        self
    }

    /// The body of what is called after `decode-uplink`, with its `$answer`.
    #[must_use]
    pub fn post_return(mut self, body: &str) -> Self {
        self.post_return = Some(body.into());
        self
    }

    /// Returns the bytes of the component.
    #[must_use]
    pub fn component(&self) -> Vec<u8> {
        decoder(&self.core())
    }

    /// Returns the text of the core module.
    #[must_use]
    pub fn core(&self) -> String {
        let Self { answer, fields, memory, decode_uplink, encode_downlink, realloc, post_return } =
            self;
        let end = answer.end();
        // A page more than the answer needs, for what `cabi_realloc` hands out.
        let pages = end.div_ceil(PAGE) + 1;
        let memory =
            memory.clone().unwrap_or_else(|| format!("(memory (export \"memory\") {pages})"));
        let data = answer.bytes().iter().fold(String::new(), |mut data, byte| {
            // Writing into a string cannot fail.
            let _ = write!(data, "\\{byte:02x}");
            data
        });
        let post_return = post_return.as_ref().map_or_else(String::new, |body| {
            format!(
                r#"(func (export "cabi_post_champollion:decoder/codec@1.0.0#decode-uplink")
                    (param $answer i32) {body})"#
            )
        });
        format!(
            r#"(module
  {fields}
  {memory}
  (global $next (mut i32) (i32.const {end}))
  (data (i32.const {BASE}) "{data}")
  (func (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $start i32)
    {realloc})
  (func (export "champollion:decoder/codec@1.0.0#decode-uplink")
    (param $f_port i32) (param $f_cnt i32) (param $payload i32) (param $payload_len i32)
    (param $received_at i64) (param $variables i32) (param $variables_len i32)
    (param $state i32) (param $state_len i32) (result i32)
    (local $i i32) (local $j i64) (local $answer i32)
    (local.set $answer (i32.const {BASE}))
    {decode_uplink}
    (local.get $answer))
  (func (export "champollion:decoder/codec@1.0.0#encode-downlink")
    (param $data i32) (param $data_len i32) (param $issued_at i64)
    (param $variables i32) (param $variables_len i32) (result i32)
    (local $i i32)
    {encode_downlink}
    (i32.const {BASE}))
  (func (export "champollion:decoder/codec@1.0.0#decode-downlink")
    (param i32 i32 i32 i64 i32 i32) (result i32) (i32.const {BASE}))
  {post_return}
)"#
        )
    }
}

/// Hands out one piece of memory after the other and takes none back.
const BUMP: &str = "
    (local.set $start (i32.and
      (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $start) (local.get $size)))
    (local.get $start)";
