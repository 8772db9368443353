//! `Date` as V8 has it where a text is read: the built-in one in all else.

use core::{
    cell::Cell,
    ffi::{c_char, c_int},
    ptr,
};

use rquickjs::{Ctx, Function, Object, Result, Value, function::Opt, object::Property, qjs};

use crate::{date_text, text::Text};

/// The name of the constructor, as QuickJS wants it.
const NAME: *const c_char = c"Date".as_ptr();

/// The number of parameters that the constructor states.
const PARAMETERS: c_int = 7;

thread_local! {
    /// The built-in constructor, which is never freed: each date is made by it.
    static BUILT_IN: Cell<qjs::JSValue> = const { Cell::new(qjs::JS_UNDEFINED) };
}

/// Puts a constructor into the place of the built-in one that reads texts as V8 does.
pub(crate) fn install(context: &Ctx<'_>) -> Result<()> {
    let globals = context.globals();
    let built_in: Object<'_> = globals.get("Date")?;
    let prototype: Value<'_> = built_in.get("prototype")?;
    // SAFETY: the context lives, and the value that comes is owned and belongs to it. The prototype is lent.
    let date = unsafe {
        let raw = context.as_raw().as_ptr();
        let made = qjs::JS_NewCFunction2(
            raw,
            Some(construct),
            NAME,
            PARAMETERS,
            qjs::JSCFunctionEnum_JS_CFUNC_constructor_or_func,
            0,
        );
        qjs::JS_SetConstructor(raw, made, prototype.as_raw());
        Object::from_value(Value::from_raw(context.clone(), made))?
    };
    for name in ["now", "UTC"] {
        let member: Value<'_> = built_in.get(name)?;
        date.prop(name, Property::from(member).writable().configurable())?;
    }
    let parse = Function::new(context.clone(), parse)?.with_name("parse")?.with_length(1)?;
    date.prop("parse", Property::from(parse).writable().configurable())?;
    globals.prop("Date", Property::from(date).writable().configurable())?;
    // SAFETY: the value is an object of this context, and gets an owner more.
    let kept = unsafe { qjs::JS_DupValue(context.as_raw().as_ptr(), built_in.as_raw()) };
    BUILT_IN.set(kept);
    Ok(())
}

fn parse(text: Opt<Value<'_>>) -> Result<f64> {
    text.0.map_or(Ok(f64::NAN), |text| moment_of(&text))
}

/// The moment that a text tells, in milliseconds since the epoch.
fn moment_of(text: &Value<'_>) -> Result<f64> {
    Ok(date_text::parse(&Text::of(text)?.to_string()).unwrap_or(f64::NAN))
}

/// Makes a date: of a text in the way of V8, of all else as the built-in constructor does. Called without `new` it
/// gives the text of the present.
unsafe extern "C" fn construct(
    raw: *mut qjs::JSContext,
    new_target: qjs::JSValue,
    count: c_int,
    arguments: *mut qjs::JSValue,
) -> qjs::JSValue {
    let built_in = BUILT_IN.get();
    // SAFETY: QuickJS calls with a context that lives, and with as many arguments as it says, which are lent.
    unsafe {
        if qjs::JS_IsUndefined(new_target) {
            let now = qjs::JS_CallConstructor(raw, built_in, 0, ptr::null_mut());
            let text = qjs::JS_ToString(raw, now);
            qjs::JS_FreeValue(raw, now);
            return text;
        }
        if count != 1 || !qjs::JS_IsString(*arguments) {
            return qjs::JS_CallConstructor2(raw, built_in, new_target, count, arguments);
        }
        let Some(pointer) = ptr::NonNull::new(raw) else { return qjs::JS_EXCEPTION };
        let text = Value::from_raw(Ctx::from_raw(pointer), qjs::JS_DupValue(raw, *arguments));
        let Ok(moment) = moment_of(&text) else { return qjs::JS_EXCEPTION };
        let mut moment = qjs::JS_NewFloat64(moment);
        qjs::JS_CallConstructor2(raw, built_in, new_target, 1, &raw mut moment)
    }
}
