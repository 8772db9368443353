//! The prelude: globals that codecs find beside the language itself.

use rquickjs::{Ctx, Function, Object, Result, context::EvalOptions, object::Property};

use crate::console;

/// The prelude, in the order in which its files are evaluated: later ones use what earlier ones share.
const FILES: [(&str, &str); 7] = [
    ("base64.js", include_str!("../../prelude/base64.js")),
    ("text.js", include_str!("../../prelude/text.js")),
    ("buffer.js", include_str!("../../prelude/buffer.js")),
    ("locale.js", include_str!("../../prelude/locale.js")),
    ("console.js", include_str!("../../prelude/console.js")),
    ("modules.js", include_str!("../../prelude/modules.js")),
    // It must know all globals of the others.
    ("entries.js", include_str!("../../prelude/entries.js")),
];

/// Parameters of a file of the prelude: the host's functions, an object that the files share, and two
/// functions that add to the globals and to the shared object.
const PARAMETERS: &str = "native, shared, provide, share";

/// Evaluates the files of the prelude; gives those of its functions that look for a codec's.
pub(crate) fn evaluate<'js>(context: &Ctx<'js>) -> Result<Object<'js>> {
    let native = console::native(context)?;
    let shared = Object::new(context.clone())?;
    let provide = Function::new(context.clone(), provide)?;
    let share: Function<'_> =
        context.eval("(shared => members => void Object.assign(shared, members))")?;
    let share: Function<'_> = share.call((shared.clone(),))?;
    for (name, source) in FILES {
        let mut options = EvalOptions::default();
        options.filename = Some(name.to_owned());
        let wrapped = format!("(({PARAMETERS}) => {{\n{source}\n}})");
        let file: Function<'_> = context.eval_with_options(wrapped, options)?;
        file.call::<_, ()>((native.clone(), shared.clone(), provide.clone(), share.clone()))?;
    }
    shared.get("entries")
}

/// Makes members global, in the way of built-in ones: codecs may declare the same names themselves.
fn provide<'js>(context: Ctx<'js>, members: Object<'js>) -> Result<()> {
    let globals = context.globals();
    for member in members.props::<String, rquickjs::Value<'js>>() {
        let (name, value) = member?;
        globals.prop(name, Property::from(value).writable().configurable())?;
    }
    Ok(())
}
