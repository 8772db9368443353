//! The part of the host that the prelude can reach: a place to log to.

use rquickjs::{Ctx, Function, Object, Result, Value};

use crate::{report, text::Text};

/// The object that the prelude knows as `native`.
pub(crate) fn native<'js>(context: &Ctx<'js>) -> Result<Object<'js>> {
    let native = Object::new(context.clone())?;
    native.set("log", Function::new(context.clone(), log)?)?;
    Ok(native)
}

fn log(line: Value<'_>) -> Result<()> {
    report::log(&Text::of(&line)?.to_string());
    Ok(())
}
