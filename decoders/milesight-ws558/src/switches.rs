//! The eight circuits: bytes in which bit 0 is circuit 1, for commands and for tasks that wait.

use champollion_sdk::{
    families::milesight::{Json, Map, ON_OFF, number_of, word},
    prelude::*,
};

/// Circuits, numbered from 1 on as on the device.
pub(crate) const CIRCUITS: std::ops::RangeInclusive<u8> = 1..=8;

/// The channel of the circuits; a command has the circuits that it means in the place of a type.
pub(crate) const CHANNEL: u8 = 0x08;

/// Begins a command that is carried out later.
pub(crate) const DELAY_TASK: [u8; 2] = [0xFF, 0x32];

/// The member of data and of commands that has a task.
pub(crate) const TASK: &str = "delay_task";

/// Writes circuits that are to be switched, now or later.
pub(crate) fn write(values: &mut Map<String, Json>, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    let (mask, states) = take("", values)?;
    if mask != 0 {
        bytes.extend([CHANNEL, mask, states]);
    }
    match values.shift_remove(TASK) {
        None => Ok(()),
        Some(Json::Object(task)) => write_task(task, bytes),
        Some(_) => Err(Failure::invalid_command("delay_task must be an object")),
    }
}

fn write_task(mut task: Map<String, Json>, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    let (mask, states) = take("delay_task.", &mut task)?;
    if mask == 0 {
        return Err(Failure::invalid_command("delay_task must hold one of switch_1 to switch_8"));
    }
    // Of task 0 the device knows nothing later: it cannot be cancelled.
    let number = number(&mut task, "task_id", u8::MAX.into())?.unwrap_or(0);
    let seconds = number_of_seconds(&mut task)?;
    if let Some(unknown) = task.keys().next() {
        return Err(Failure::invalid_command(format!("delay_task.{unknown} is not known")));
    }
    bytes.extend(DELAY_TASK);
    bytes.extend(number.to_le_bytes().iter().take(1));
    bytes.extend(seconds.to_le_bytes());
    bytes.extend([mask, states]);
    Ok(())
}

fn number_of_seconds(task: &mut Map<String, Json>) -> Result<u16, Failure> {
    number(task, "delay_time", u16::MAX)?
        .ok_or_else(|| Failure::invalid_command("delay_task.delay_time is missing"))
}

fn number(task: &mut Map<String, Json>, name: &str, highest: u16) -> Result<Option<u16>, Failure> {
    let Some(value) = task.shift_remove(name) else { return Ok(None) };
    let number = value.as_u64().and_then(|number| u16::try_from(number).ok());
    match number.filter(|number| *number <= highest) {
        Some(number) => Ok(Some(number)),
        None => Err(Failure::invalid_command(format!(
            "delay_task.{name} must be a whole number from 0 to {highest}"
        ))),
    }
}

/// Reads what [`write`] has written, or returns that something else comes.
pub(crate) fn read(
    payload: &mut Reader<'_>,
    values: &mut Map<String, Json>,
) -> Result<bool, Failure> {
    if payload.peek() == Some(CHANNEL) {
        payload.skip(1)?;
        put(*payload.u8()?, *payload.u8()?, values);
        return Ok(true);
    }
    let is_task = payload.clone().array().is_ok_and(|header| *header == DELAY_TASK);
    if is_task {
        payload.skip(DELAY_TASK.len())?;
        values.insert(TASK.to_owned(), read_task(payload)?.into());
    }
    Ok(is_task)
}

/// Reads a task behind its header.
pub(crate) fn read_task(payload: &mut Reader<'_>) -> Result<Map<String, Json>, Failure> {
    let mut task = Map::new();
    task.insert("task_id".to_owned(), (*payload.u8()?).into());
    task.insert("delay_time".to_owned(), (*payload.u16_le()?).into());
    put(*payload.u8()?, *payload.u8()?, &mut task);
    Ok(task)
}

fn put(mask: u8, states: u8, values: &mut Map<String, Json>) {
    for circuit in CIRCUITS.filter(|circuit| is_set(mask, *circuit)) {
        let state = word(ON_OFF, u8::from(is_set(states, circuit)));
        values.insert(format!("switch_{circuit}"), state.into());
    }
}

fn take(path: &str, values: &mut Map<String, Json>) -> Result<(u8, u8), Failure> {
    let (mut mask, mut states) = (0, 0);
    for circuit in CIRCUITS {
        let name = format!("switch_{circuit}");
        if let Some(value) = values.shift_remove(&name) {
            mask |= 1 << (circuit - 1);
            states |= number_of(ON_OFF, &value, path, &name)? << (circuit - 1);
        }
    }
    Ok((mask, states))
}

fn is_set(bits: u8, circuit: u8) -> bool {
    bits >> (circuit - 1) & 1 == 1
}
