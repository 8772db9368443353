//! Writes what a codec returned as JSON, and names what JSON cannot hold.
//!
//! The text is the one that `JSON.stringify` would give, with three differences: a function, a
//! symbol, a BigInt or a cycle is an error that names its path instead of being dropped or throwing;
//! NaN and the infinities, which become null, are noted by their path; and the text is bounded in
//! length and depth while it is written.

use core::fmt::Write as _;

use rquickjs::{
    Array, Atom, Ctx, Error, Function, Object, Type, Value, function::This, object::Filter,
};

use crate::{exception::Exception, text::Text};

/// Deeper than anything that the host accepts, and shallow enough for the stack.
const MOST_DEPTH: usize = 64;

/// Number of NaNs and infinities that are named in a warning; of the rest only the count is.
const NAMED_NUMBERS: usize = 8;

/// Most bytes of a key that are repeated in a path.
const SHOWN_KEY_BYTES: usize = 64;

/// Why a value cannot be written.
pub(crate) enum Unwritable {
    /// JSON cannot hold what stands there.
    At { path: String, problem: String },
    /// The text would be longer than there is room for.
    TooLarge,
    /// It is nested too deep.
    TooDeep,
}

/// A JSON text that is being written.
pub(crate) struct Json<'js> {
    text: Vec<u8>,
    limit: usize,
    path: Vec<Step<'js>>,
    /// The objects and lists that are being written, to find cycles.
    open: Vec<Value<'js>>,
    root: &'static str,
    /// The paths of numbers that JSON cannot hold, and what they are.
    not_finite: Vec<String>,
    not_finite_more: usize,
    plain: Option<Object<'js>>,
}

enum Step<'js> {
    Key(Atom<'js>),
    Index(usize),
}

impl<'js> Json<'js> {
    /// Writes a value that is called `root` in paths.
    pub(crate) fn of(
        context: &Ctx<'js>,
        root: &'static str,
        value: &Value<'js>,
        limit: usize,
    ) -> Result<(Vec<u8>, Vec<String>), Unwritable> {
        let mut json = Self {
            text: Vec::with_capacity(512),
            limit,
            path: Vec::new(),
            open: Vec::new(),
            root,
            not_finite: Vec::new(),
            not_finite_more: 0,
            plain: Object::new(context.clone()).ok().and_then(|object| object.get_prototype()),
        };
        if !json.value(value.clone())? {
            return Err(json.problem(&format!("is {}", value.type_name())));
        }
        let mut warnings = json.not_finite;
        if json.not_finite_more > 0 {
            warnings.push(format!("{} more numbers are not finite", json.not_finite_more));
        }
        Ok((json.text, warnings))
    }

    /// Writes a value; says false where it is `undefined`, and writes nothing then.
    fn value(&mut self, value: Value<'js>) -> Result<bool, Unwritable> {
        if self.text.len() > self.limit {
            return Err(Unwritable::TooLarge);
        }
        match value.type_of() {
            Type::Undefined | Type::Uninitialized => return Ok(false),
            Type::Null => self.text.extend_from_slice(b"null"),
            Type::Bool => {
                let word: &[u8] = if value.as_bool() == Some(true) { b"true" } else { b"false" };
                self.text.extend_from_slice(word);
            }
            Type::Int => self.integer(value.as_int().unwrap_or_default()),
            Type::Float => self.float(value.as_float().unwrap_or_default()),
            Type::String => {
                let text = self.thrown(value.ctx(), Text::of(&value))?;
                self.string(text.as_bytes())?;
            }
            Type::Symbol => return Err(self.problem("is a symbol, which JSON cannot hold")),
            Type::BigInt => return Err(self.problem("is a BigInt, which JSON cannot hold")),
            Type::Function | Type::Constructor => {
                return Err(self.problem("is a function, which JSON cannot hold"));
            }
            Type::Promise => return Err(self.problem("is a promise, which JSON cannot hold")),
            _ => return self.object(value),
        }
        Ok(true)
    }

    fn object(&mut self, value: Value<'js>) -> Result<bool, Unwritable> {
        let Some(object) = value.as_object() else {
            return Err(self.problem(&format!("is {}, which JSON cannot hold", value.type_name())));
        };
        if self.open.len() >= MOST_DEPTH {
            return Err(if self.open.contains(&value) {
                self.cycle()
            } else {
                Unwritable::TooDeep
            });
        }
        if self.open.contains(&value) {
            return Err(self.cycle());
        }
        if let Some(array) = value.as_array() {
            self.open.push(value.clone());
            self.list(array)?;
            self.open.pop();
            return Ok(true);
        }
        if let Some(primitive) = self.unwrapped(object)? {
            // A Date, a Buffer, a Number object: whatever says itself how it is written.
            return self.value(primitive);
        }
        self.open.push(value.clone());
        self.members(object)?;
        self.open.pop();
        Ok(true)
    }

    fn list(&mut self, array: &Array<'js>) -> Result<(), Unwritable> {
        self.text.push(b'[');
        for index in 0..array.len() {
            if index > 0 {
                self.text.push(b',');
            }
            self.path.push(Step::Index(index));
            let item = self.thrown(array.ctx(), array.get(index))?;
            if !self.value(item)? {
                // As JSON.stringify does: the items after it keep their places.
                self.text.extend_from_slice(b"null");
            }
            self.path.pop();
        }
        self.text.push(b']');
        Ok(())
    }

    fn members(&mut self, object: &Object<'js>) -> Result<(), Unwritable> {
        self.text.push(b'{');
        let mut first = true;
        for key in object.own_keys::<Atom<'js>>(Filter::new().string().enum_only()) {
            let key = self.thrown(object.ctx(), key)?;
            self.path.push(Step::Key(key.clone()));
            let value: Value<'js> = self.thrown(object.ctx(), object.get(key.clone()))?;
            let start = self.text.len();
            if !first {
                self.text.push(b',');
            }
            let name = self.thrown(object.ctx(), key.to_value())?;
            let name = self.thrown(object.ctx(), Text::of(&name))?;
            self.string(name.as_bytes())?;
            self.text.push(b':');
            if self.value(value)? {
                first = false;
            } else {
                self.text.truncate(start);
            }
            self.path.pop();
        }
        self.text.push(b'}');
        Ok(())
    }

    /// Returns the value that an object wants to be written as: the result of its `toJSON`, or the primitive
    /// in it.
    fn unwrapped(&mut self, object: &Object<'js>) -> Result<Option<Value<'js>>, Unwritable> {
        let context = object.ctx().clone();
        let to_json: Value<'js> = self.thrown(&context, object.get("toJSON"))?;
        if let Some(function) = to_json.as_function() {
            let result = function.call::<_, Value<'js>>((This(object.clone()),));
            return self.thrown(&context, result).map(Some);
        }
        if object.get_prototype().is_some_and(|prototype| Some(prototype) == self.plain) {
            return Ok(None);
        }
        for class in ["Number", "String", "Boolean"] {
            let class: Result<Function<'js>, Error> = context.globals().get(class);
            let Ok(class) = class else { continue };
            if object.is_instance_of(&class) {
                let primitive: Result<Value<'js>, Error> = object
                    .get::<_, Function<'js>>("valueOf")
                    .and_then(|value_of| value_of.call((This(object.clone()),)));
                return self.thrown(&context, primitive).map(Some);
            }
        }
        Ok(None)
    }

    fn integer(&mut self, number: i32) {
        let mut digits = Digits::default();
        digits.push(format_args!("{number}"));
        self.text.extend_from_slice(digits.as_bytes());
    }

    fn float(&mut self, number: f64) {
        if !number.is_finite() {
            if self.not_finite.len() < NAMED_NUMBERS {
                let shown = match number {
                    _ if number.is_nan() => "NaN",
                    _ if number > 0.0 => "Infinity",
                    _ => "-Infinity",
                };
                self.not_finite
                    .push(format!("{} is {shown}, and null stands for it", self.place()));
            } else {
                self.not_finite_more += 1;
            }
            self.text.extend_from_slice(b"null");
            return;
        }
        let size = number.abs();
        if number == 0.0 {
            self.text.push(b'0');
        } else if (1e-6..1e21).contains(&size) {
            // The shortest digits that read back the same, as JavaScript writes them.
            let mut digits = Digits::default();
            digits.push(format_args!("{number}"));
            self.text.extend_from_slice(digits.as_bytes());
        } else {
            let digits = format!("{number:e}");
            let digits = if size >= 1.0 { digits.replace('e', "e+") } else { digits };
            self.text.extend_from_slice(digits.as_bytes());
        }
    }

    fn string(&mut self, bytes: &[u8]) -> Result<(), Unwritable> {
        if self.text.len() + bytes.len() > self.limit {
            return Err(Unwritable::TooLarge);
        }
        let bytes = &*crate::text::unicode(bytes);
        self.text.push(b'"');
        let mut from = 0;
        for (index, byte) in bytes.iter().enumerate() {
            let escape: &[u8] = match byte {
                b'"' => b"\\\"",
                b'\\' => b"\\\\",
                b'\n' => b"\\n",
                b'\r' => b"\\r",
                b'\t' => b"\\t",
                0x08 => b"\\b",
                0x0c => b"\\f",
                0..0x20 => {
                    self.text.extend_from_slice(&bytes[from..index]);
                    from = index + 1;
                    self.text.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                    continue;
                }
                _ => continue,
            };
            self.text.extend_from_slice(&bytes[from..index]);
            self.text.extend_from_slice(escape);
            from = index + 1;
        }
        self.text.extend_from_slice(&bytes[from..]);
        self.text.push(b'"');
        Ok(())
    }

    /// Returns the exception that the codec threw while it was asked for a value: by a getter, a proxy or a
    /// `toJSON`.
    fn thrown<T>(&self, context: &Ctx<'js>, result: Result<T, Error>) -> Result<T, Unwritable> {
        result.map_err(|error| {
            let exception = Exception::take(context, &error);
            self.problem(&format!("cannot be read: {}", exception.message))
        })
    }

    fn cycle(&self) -> Unwritable {
        self.problem("is an object that contains itself, which JSON cannot hold")
    }

    fn problem(&self, problem: &str) -> Unwritable {
        Unwritable::At { path: self.place(), problem: problem.to_owned() }
    }

    /// The path of where the writer is, as in `data.history[2].volume`.
    fn place(&self) -> String {
        let mut place = self.root.to_owned();
        for step in &self.path {
            match step {
                Step::Index(index) => place.push_str(&format!("[{index}]")),
                Step::Key(key) => {
                    let text = key.to_value().and_then(|value| Ok(Text::of(&value)?.to_string()));
                    let text = text.unwrap_or_default();
                    place.push('.');
                    place.push_str(&crate::text::shortened(text, SHOWN_KEY_BYTES));
                }
            }
        }
        place
    }
}

/// Room for the digits of one number.
#[derive(Default)]
struct Digits {
    bytes: [u8; 32],
    length: usize,
}

impl Digits {
    fn push(&mut self, digits: core::fmt::Arguments<'_>) {
        // No finite number of the range that is written so has more than 25 characters.
        self.write_fmt(digits).expect("there is room for a number");
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl core::fmt::Write for Digits {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let end = self.length + text.len();
        let room = self.bytes.get_mut(self.length..end).ok_or(core::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
