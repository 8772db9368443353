//! The formulas of a derived decoder: read and checked once, evaluated for each reading.

use std::{collections::BTreeSet, iter};

use serde_json::{Map, Value as Json};

use super::{
    declaration::{DerivedDeclaration, DerivedInput, DerivedValue},
    expression::{Expression, FUEL, NoValue},
    fault::{DerivedFault, DerivedPlace, nearest},
    input::Input,
    observation::{Derivation, Memory, Observation},
    seen::{BEFORE, ELAPSED, Seen},
};
use crate::{
    Call, CallError, Conversion, Digest, Failure, FailureKind, Measurement, Quantity, Value,
    vocabulary::{self, ValueKind},
};

/// Most inputs of a derived decoder, and most of its values and of those that it remembers.
const PARTS: usize = 32;

/// Longest text that is a value, in bytes.
const TEXT_BYTES: usize = 256;

/// A derived decoder that is read and checked.
#[derive(Clone)]
pub struct Formulas {
    digest: Digest,
    inputs: Vec<Input>,
    values: Vec<Formula>,
    remembered: Vec<(String, Expression)>,
    /// The variables of the device that expressions may name, and whether it cannot do without.
    variables: Vec<(String, bool)>,
}

/// A value, with the conversion of the result into the unit of its quantity.
#[derive(Clone)]
struct Formula {
    quantity: &'static Quantity,
    channel: u16,
    conversion: Conversion,
    expression: Expression,
}

/// A variable of the device as a manifest declares it: its name, and whether the decoder cannot do without.
pub type DeclaredVariable<'of> = (&'of str, bool);

impl Formulas {
    /// Reads a declaration, of a package of this digest.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn new<'of>(
        declared: &DerivedDeclaration,
        variables: impl IntoIterator<Item = DeclaredVariable<'of>>,
        digest: Digest,
    ) -> Result<Self, Vec<DerivedFault>> {
        let variables: Vec<DeclaredVariable<'of>> = variables.into_iter().collect();
        let mut faults = faults_of_whole(declared, &variables);
        let names = Names::of(declared, &variables);
        let mut inputs = Vec::new();
        for (index, input) in declared.inputs.iter().enumerate() {
            let read = read_input(input);
            inputs.extend(kept(DerivedPlace::Input(index), read, &mut faults));
        }
        let mut values = Vec::new();
        for (index, value) in declared.values.iter().enumerate() {
            let read = names.read_value(value, declared);
            values.extend(kept(DerivedPlace::Value(index), read, &mut faults));
        }
        let mut remembered = Vec::new();
        for (name, text) in &declared.remember {
            let owner = format!("what is remembered as {name}");
            let read = names.read_expression(&owner, text);
            let read = kept(DerivedPlace::Whole, read, &mut faults);
            remembered.extend(read.map(|expression| (name.clone(), expression)));
        }
        let variables =
            variables.iter().map(|(name, required)| ((*name).to_owned(), *required)).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self { digest, inputs, values, remembered, variables })
    }

    /// The SHA-256 of the package that it was read from.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The quantities and channels that it needs.
    pub fn needs(&self) -> impl Iterator<Item = (&'static str, u16)> {
        self.inputs.iter().map(|input| (input.quantity.name, input.channel))
    }

    /// The quantities and channels that it gives.
    pub fn gives(&self) -> impl Iterator<Item = (&'static str, u16)> {
        self.values.iter().map(|value| (value.quantity.name, value.channel))
    }

    /// The variables of the device that its expressions may name.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|(name, _)| name.as_str())
    }

    /// The number of values that it remembers of a reading.
    #[must_use]
    pub fn remembers(&self) -> usize {
        self.remembered.len()
    }

    /// Makes its values of a reading. A value is left out where the reading, the device's variables or the memory lack
    /// what its expression names.
    #[must_use]
    pub fn derive(&self, observed: &Observation) -> Call<Derivation> {
        let mut fuel = 0;
        let result = self.evaluate(observed, &mut fuel);
        Call { result, fuel, memory_bytes: 0, log: Vec::new() }
    }

    fn evaluate(&self, observed: &Observation, fuel: &mut u64) -> Result<Derivation, CallError> {
        let seen = Seen::of(&self.inputs, &self.variables, observed)?;
        let mut measurements = Vec::new();
        for Formula { quantity, channel, conversion, expression } in &self.values {
            if !seen.has_all(expression) {
                continue;
            }
            let value = self.value(expression, &seen, quantity.name, fuel)?;
            let Some(value) = value else { continue };
            let value = typed(quantity, &value, *conversion)?;
            let measured_at = seen.moment_of(expression);
            let (quantity, channel) = (*quantity, *channel);
            measurements.push(Measurement { quantity, value, channel, measured_at, span: None });
        }
        let remembered = self.remember(observed, &seen, fuel)?;
        Ok(Derivation { measurements, remembered })
    }

    /// The memory from now on. A reading that is no later than the one before changes nothing, and what cannot be
    /// evaluated stays as it was.
    fn remember(
        &self,
        observed: &Observation,
        seen: &Seen,
        fuel: &mut u64,
    ) -> Result<Option<Memory>, CallError> {
        if seen.is_late {
            return Ok(None);
        }
        let mut values: Map<String, Json> =
            observed.before.as_ref().map(|before| before.values.clone()).unwrap_or_default();
        let mut has_changed = false;
        for (name, expression) in &self.remembered {
            if !seen.has_all(expression) {
                continue;
            }
            let Some(value) = self.value(expression, seen, name, fuel)? else { continue };
            values.insert(name.clone(), plain(name, &value)?);
            has_changed = true;
        }
        values.retain(|name, _| self.remembered.iter().any(|(own, _)| own == name));
        Ok(has_changed.then(|| Memory { at: seen.moment, values }))
    }

    /// The value of an expression; nothing where it is none.
    fn value(
        &self,
        expression: &Expression,
        seen: &Seen,
        of: &str,
        fuel: &mut u64,
    ) -> Result<Option<minijinja::Value>, CallError> {
        match expression.evaluate(&seen.values, fuel) {
            Ok(value) if value.is_none() || value.is_undefined() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(NoValue::OutOfFuel) => Err(CallError::OutOfFuel { limit: FUEL }),
            Err(NoValue::Wrong(reason)) => Err(invalid(format!("{of} has no value: {reason}"))),
        }
    }
}

/// The value that could be read; of all else the fault is kept.
fn kept<T>(
    place: DerivedPlace,
    read: Result<T, String>,
    faults: &mut Vec<DerivedFault>,
) -> Option<T> {
    read.map_err(|problem| faults.push(DerivedFault::new(place, problem))).ok()
}

/// The names that an expression may speak of.
struct Names<'of> {
    inputs: BTreeSet<&'of str>,
    variables: BTreeSet<&'of str>,
    /// With their owner: `before.index`.
    remembered: BTreeSet<String>,
}

impl<'of> Names<'of> {
    fn of(declared: &'of DerivedDeclaration, variables: &[DeclaredVariable<'of>]) -> Self {
        Self {
            inputs: declared.inputs.iter().map(|input| input.name.as_str()).collect(),
            variables: variables.iter().map(|(name, _)| *name).collect(),
            remembered: declared.remember.keys().map(|name| format!("{BEFORE}.{name}")).collect(),
        }
    }

    /// All of them, for those who have misspelt one.
    fn all(&self) -> impl Iterator<Item = &str> {
        let remembered = self.remembered.iter().map(String::as_str);
        let names = self.inputs.iter().chain(&self.variables).copied();
        names.chain(remembered).chain(iter::once(ELAPSED))
    }

    fn has(&self, name: &str) -> bool {
        let root = name.split('.').next().unwrap_or(name);
        match root {
            BEFORE => self.remembered.contains(name),
            ELAPSED => name == ELAPSED && !self.remembered.is_empty(),
            root => name == root && (self.inputs.contains(root) || self.variables.contains(root)),
        }
    }

    fn read_value(
        &self,
        value: &DerivedValue,
        declared: &DerivedDeclaration,
    ) -> Result<Formula, String> {
        let quantity = known_quantity(&format!("the value {}", value.quantity), &value.quantity)?;
        let same = declared
            .inputs
            .iter()
            .find(|input| input.quantity == value.quantity && input.channel == value.channel);
        if let Some(input) = same {
            return Err(format!(
                "the value {} would be made of itself, since it is the input {}: give it another quantity or channel",
                value.quantity, input.name
            ));
        }
        let unit = value.unit.as_deref().unwrap_or(quantity.unit);
        let conversion = conversion(&format!("the value {}", value.quantity), unit, quantity.unit)?;
        let expression =
            self.read_expression(&format!("the value {}", value.quantity), &value.expression)?;
        if value.meaning.is_empty() {
            return Err(format!("the value {} has no meaning", value.quantity));
        }
        Ok(Formula { quantity, channel: value.channel, conversion, expression })
    }

    fn read_expression(&self, owner: &str, text: &str) -> Result<Expression, String> {
        let expression = Expression::new(text)
            .map_err(|reason| format!("the expression of {owner} cannot be read: {reason}"))?;
        if let Some(unknown) = expression.names().find(|name| !self.has(name)) {
            let all: Vec<&str> = self.all().collect();
            let advice = match nearest(unknown, all.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", all.join(", ")),
            };
            return Err(format!(
                "the expression of {owner} names {unknown}, which is no input, no variable and nothing that is \
                 remembered: {advice}"
            ));
        }
        if !expression.roots().any(|root| self.inputs.contains(root)) {
            let inputs: Vec<&str> = self.inputs.iter().copied().collect();
            return Err(format!(
                "the expression of {owner} names no input, so it says nothing of a reading: there are {}",
                inputs.join(", ")
            ));
        }
        Ok(expression)
    }
}

/// Faults of the names, and of the number of parts.
fn faults_of_whole(
    declared: &DerivedDeclaration,
    variables: &[DeclaredVariable<'_>],
) -> Vec<DerivedFault> {
    let mut problems = Vec::new();
    if declared.inputs.is_empty() {
        problems.push("it has no input: name a quantity in [[derived.inputs]]".to_owned());
    }
    if declared.values.is_empty() {
        problems.push("it makes no value: name one in [[derived.values]]".to_owned());
    }
    let parts =
        [declared.inputs.len(), declared.values.len(), declared.remember.len(), variables.len()];
    if parts.into_iter().any(|count| count > PARTS) {
        problems.push(format!("it has more than {PARTS} inputs, values or variables"));
    }
    let inputs = declared.inputs.iter().map(|input| input.name.as_str());
    let names = inputs.chain(variables.iter().map(|(name, _)| *name));
    let mut seen = BTreeSet::new();
    for name in names {
        problems.extend(fault_of_name(name));
        if !seen.insert(name) {
            problems.push(format!("{name} is the name of two things: call one of them otherwise"));
        }
    }
    problems.extend(declared.remember.keys().filter_map(|name| fault_of_name(name)));
    let mut given = BTreeSet::new();
    for DerivedValue { quantity, channel, .. } in &declared.values {
        if !given.insert((quantity, channel)) {
            problems.push(format!("{quantity} is made twice: give one of them another channel"));
        }
    }
    problems.into_iter().map(|problem| DerivedFault::new(DerivedPlace::Whole, problem)).collect()
}

fn fault_of_name(name: &str) -> Option<String> {
    let is_letter = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| is_letter(letter) || letter.is_ascii_digit());
    if !is_name {
        return Some(format!(
            "{name:?} is no name for an expression: it takes small letters, digits and underscores, as in last_index"
        ));
    }
    let is_taken =
        [BEFORE, ELAPSED, "true", "false", "none", "and", "or", "not", "in", "is", "if", "else"];
    is_taken
        .contains(&name)
        .then(|| format!("{name} has a meaning in expressions: take another name"))
}

fn read_input(input: &DerivedInput) -> Result<Input, String> {
    let owner = format!("the input {}", input.name);
    let quantity = known_quantity(&owner, &input.quantity)?;
    let unit = input.unit.as_deref().unwrap_or(quantity.unit);
    let conversion = conversion(&owner, quantity.unit, unit)?;
    Ok(Input { name: input.name.clone(), quantity, channel: input.channel, conversion })
}

fn known_quantity(owner: &str, name: &str) -> Result<&'static Quantity, String> {
    vocabulary::quantity(name).ok_or_else(|| {
        let near = nearest(name, vocabulary::quantities().map(|quantity| quantity.name));
        let advice = near.map_or_else(
            || "`champollion vocabulary WORD` finds one".to_owned(),
            |near| format!("did you mean {near}?"),
        );
        format!("{owner} has the quantity {name:?}, which the vocabulary does not have: {advice}")
    })
}

fn conversion(owner: &str, from: &str, into: &str) -> Result<Conversion, String> {
    Conversion::between(from, into).ok_or_else(|| {
        let named = |unit: &str| if unit.is_empty() { "no unit".to_owned() } else { format!("{unit:?}") };
        format!(
            "nobody knows how to make {} of {}, as {owner} wants: leave its unit out, and it is the vocabulary's",
            named(into),
            named(from)
        )
    })
}

/// The result of an expression as a value of its quantity.
fn typed(
    quantity: &Quantity,
    value: &minijinja::Value,
    conversion: Conversion,
) -> Result<Value, CallError> {
    let wrong = || {
        let expected = match quantity.kind {
            ValueKind::Boolean => "true or false",
            ValueKind::Integer => "a whole number",
            ValueKind::Number => "a finite number",
            ValueKind::Text => "a short text",
        };
        invalid(format!("{} must be {expected}, and is {value}", quantity.name))
    };
    match quantity.kind {
        ValueKind::Boolean => {
            bool::try_from(value.clone()).map(Value::Boolean).map_err(|_| wrong())
        }
        ValueKind::Text => match value.as_str() {
            Some(text) if text.len() <= TEXT_BYTES => Ok(Value::Text(text.to_owned())),
            _ => Err(wrong()),
        },
        ValueKind::Integer | ValueKind::Number => {
            let number = number(value).map(|number| conversion.apply(number));
            let number = number.filter(|number| number.is_finite()).ok_or_else(wrong)?;
            match quantity.kind {
                ValueKind::Integer => whole(number).map(Value::Integer).ok_or_else(wrong),
                _ => Ok(Value::Number(number)),
            }
        }
    }
}

/// A number; a truth value is none, though Jinja counts with it.
fn number(value: &minijinja::Value) -> Option<f64> {
    value.is_number().then(|| f64::try_from(value.clone()).ok())?
}

#[expect(clippy::cast_possible_truncation, reason = "the number is whole and within the bounds")]
fn whole(number: f64) -> Option<i64> {
    const BOUND: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= BOUND).then_some(number as i64)
}

/// A value that is remembered.
fn plain(name: &str, value: &minijinja::Value) -> Result<Json, CallError> {
    if let Ok(boolean) = bool::try_from(value.clone()) {
        return Ok(Json::Bool(boolean));
    }
    if let Some(number) = number(value).filter(|number| number.is_finite()) {
        return Ok(Json::from(number));
    }
    match value.as_str() {
        Some(text) if text.len() <= TEXT_BYTES => Ok(Json::from(text)),
        _ => Err(invalid(format!(
            "{name} cannot be remembered: it must be a number, a truth value or a short text, and is {value}"
        ))),
    }
}

fn invalid(message: String) -> CallError {
    CallError::Failed(Failure { kind: FailureKind::InvalidValue, message, span: None })
}
