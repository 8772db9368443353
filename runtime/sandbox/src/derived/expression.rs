//! An expression, compiled, with the names that it speaks of and the fuel that it burns.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use minijinja::{Environment, ErrorKind, State, UndefinedBehavior, Value};

use crate::repetition::check_repetition;

/// Longest expression in bytes.
const BYTES: usize = 2_000;

/// Fuel of an evaluation: some thousand steps, far more than any that makes sense.
pub(super) const FUEL: u64 = 10_000;

/// The function around an expression that tells the fuel beside its value. No expression can name it.
const WEIGHED: &str = "weighed";

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_function(WEIGHED, weighed);
    environment
});

/// A value and the fuel that was burnt until it was there.
fn weighed(state: &State<'_, '_>, value: Value) -> Value {
    let fuel = state.fuel_levels().map_or(0, |(consumed, _)| consumed);
    Value::from_iter([value, Value::from(fuel)])
}

/// An expression that can be evaluated.
#[derive(Clone)]
pub(super) struct Expression {
    names: BTreeSet<String>,
    compiled: Arc<minijinja::Expression<'static, 'static>>,
}

/// Why an expression has no value.
pub(super) enum NoValue {
    /// It burns more fuel than it may.
    OutOfFuel,
    /// It cannot be evaluated, for the reason.
    Wrong(String),
}

impl Expression {
    /// Reads an expression of minijinja.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        if text.len() > BYTES {
            return Err(format!("it has {} bytes, and {BYTES} are the limit", text.len()));
        }
        check_repetition(text).map_err(|repeated| repeated.to_string())?;
        let compile = |text: String| {
            let compiled = ENVIRONMENT.compile_expression_owned(text);
            compiled
                .map_err(|error| error.detail().map_or_else(|| error.to_string(), str::to_owned))
        };
        // Alone first: a bracket too many must not end the function around it.
        let names = compile(text.to_owned())?.undeclared_variables(true).into_iter().collect();
        let compiled = Arc::new(compile(format!("{WEIGHED}({text})"))?);
        Ok(Self { names, compiled })
    }

    /// Returns the names that it speaks of, with their members: `index`, `before.index`.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Returns the names without their members.
    pub(super) fn roots(&self) -> impl Iterator<Item = &str> {
        self.names().map(|name| name.split('.').next().unwrap_or(name))
    }

    /// Evaluates it, and adds the fuel that it burns.
    pub(super) fn evaluate(
        &self,
        seen: &BTreeMap<String, Value>,
        fuel: &mut u64,
    ) -> Result<Value, NoValue> {
        let pairs = seen.iter().map(|(name, value)| (name.as_str(), value.clone()));
        match self.compiled.eval(Value::from_pairs(pairs)) {
            Ok(both) => {
                let burnt = both.get_item_by_index(1).ok().and_then(|burnt| burnt.as_i64());
                *fuel = fuel.saturating_add(burnt.and_then(|own| own.try_into().ok()).unwrap_or(0));
                both.get_item_by_index(0).map_err(|error| NoValue::Wrong(error.to_string()))
            }
            Err(error) => {
                *fuel = fuel.saturating_add(FUEL);
                Err(match error.kind() {
                    ErrorKind::OutOfFuel => NoValue::OutOfFuel,
                    _ => NoValue::Wrong(error.to_string()),
                })
            }
        }
    }
}
