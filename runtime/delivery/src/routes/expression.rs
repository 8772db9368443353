//! An expression on what is known of a record: `tags.street == 'Rue X' and port in [1, 2]`.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    sync::{Arc, LazyLock, OnceLock},
};

use champollion_sandbox::{Repetition, check_repetition};
use minijinja::{Environment, Error, State, UndefinedBehavior, Value, functions};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::records::{Head, HeadDevice};

/// Longest expression in bytes.
const BYTES: usize = 2_000;

/// Fuel of an evaluation, where the operator does not say: some thousand steps, far more than any that makes
/// sense.
const FUEL: u64 = 10_000;

/// The fuel of the operator's settings.
static LIMIT: OnceLock<u64> = OnceLock::new();

/// Expressions are Jinja's, as minijinja evaluates them. They see a record's head and nothing else.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_fuel(Some(*LIMIT.get_or_init(|| FUEL)));
    // A tag that a device does not have is undefined, which is equal to nothing and false.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.add_function("range", range);
    environment
});

/// A range for the fuel of its items. minijinja makes one of a hundred thousand for nothing, and what writes it as a
/// text goes through all of them before it charges.
fn range(
    state: &State<'_, '_>,
    from: isize,
    to: Option<isize>,
    step: Option<isize>,
) -> Result<Value, Error> {
    let range = functions::range(from, to, step)?;
    let items = range.len().and_then(|items| items.try_into().ok());
    state.consume_fuel(items.unwrap_or(u64::MAX))?;
    Ok(range)
}

/// An expression that is true of the records that are meant.
///
/// It may speak of `tags` (by name), `devEui`, `name`, `subGroup`, `useCase`, `port`, `fCnt`, `decoder`,
/// `version` and `decoded`.
#[derive(Clone)]
pub struct Expression {
    text: String,
    compiled: Result<Arc<minijinja::Expression<'static, 'static>>, Repetition>,
}

/// A fault of an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the expression {text:?} cannot be read: {reason}. It is written like \
     tags.street == 'Rue X' and port in [1, 2]"
)]
pub struct ExpressionError {
    text: String,
    reason: String,
}

/// The names that an expression can speak of.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Seen<'head> {
    tags: &'head BTreeMap<Cow<'head, str>, Cow<'head, str>>,
    dev_eui: &'head str,
    name: &'head str,
    sub_group: Option<&'head str>,
    use_case: Option<&'head str>,
    port: Option<u8>,
    f_cnt: u32,
    decoder: Option<&'head str>,
    version: Option<&'head str>,
    decoded: bool,
}

impl Expression {
    /// Sets the fuel of an evaluation in this process, before the first expression is read. Fuel counts steps
    /// and the data that they look at and make.
    pub fn limit_fuel(fuel: u64) {
        // The first one stays: an expression means the same as long as the process lives.
        let _first = LIMIT.get_or_init(|| fuel);
    }

    /// Reads an expression.
    ///
    /// # Errors
    /// It is empty, too long, or none, or multiplies what may be large.
    pub fn new(text: String) -> Result<Self, ExpressionError> {
        let Self { text, compiled } = Self::kept(text)?;
        match compiled {
            Ok(compiled) => Ok(Self { text, compiled: Ok(compiled) }),
            Err(repeated) => Err(ExpressionError { text, reason: repeated.to_string() }),
        }
    }

    /// Reads an expression that was taken once. One that multiplies what may be large, as earlier versions let it, is
    /// true of nothing: a store that holds one is read all the same.
    fn kept(text: String) -> Result<Self, ExpressionError> {
        if text.len() > BYTES {
            let reason = format!("it has {} bytes, and {BYTES} are the limit", text.len());
            return Err(ExpressionError { text: text.chars().take(40).collect(), reason });
        }
        if let Err(repeated) = check_repetition(&text) {
            return Ok(Self { text, compiled: Err(repeated) });
        }
        match ENVIRONMENT.compile_expression_owned(text.clone()) {
            Ok(compiled) => Ok(Self { text, compiled: Ok(Arc::new(compiled)) }),
            Err(error) => {
                let reason = error.detail().map_or_else(|| error.to_string(), str::to_owned);
                Err(ExpressionError { text, reason })
            }
        }
    }

    /// The reason for which it is true of nothing, where it multiplies what may be large.
    pub(super) fn repetition(&self) -> Option<&Repetition> {
        self.compiled.as_ref().err()
    }

    /// Whether it is true of a record. What cannot be evaluated (a number compared with a text by `<`)
    /// is not.
    #[must_use]
    pub fn holds_for(&self, record: &Head<'_>) -> bool {
        let Ok(compiled) = &self.compiled else { return false };
        let HeadDevice { dev_eui, name, sub_group, use_case, tags } = &record.device;
        let seen = Seen {
            tags,
            dev_eui,
            name,
            sub_group: sub_group.as_deref(),
            use_case: use_case.as_deref(),
            port: record.uplink.f_port,
            f_cnt: record.uplink.f_cnt,
            decoder: record.decoder.as_ref().map(|decoder| &*decoder.id),
            version: record.decoder.as_ref().map(|decoder| &*decoder.version),
            decoded: record.is_decoded(),
        };
        compiled.eval(minijinja::value::Serde(&seen)).is_ok_and(|value| value.is_true())
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}

impl PartialSchema for Expression {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "An expression that a record must satisfy: `tags.street == 'Rue X' and port in [1, 2]`.",
            ))
            .into()
    }
}

impl ToSchema for Expression {}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::kept(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
