//! The prelude: globals that codecs find beside the language itself.
//!
//! The files that know locales are large, and few codecs use them. So they are evaluated when a codec
//! is loaded whose source names something of theirs, or else when it first uses it.

use rquickjs::{
    Ctx, Function, Object, Persistent, Result, Value, context::EvalOptions, function::Opt,
    object::Property,
};

use crate::{console, dates, locales, zones};

/// The prelude, in the order in which its files are evaluated: later ones use what earlier ones share.
const FILES: [(&str, &str); 9] = [
    ("errors.js", include_str!("../../prelude/errors.js")),
    ("base64.js", include_str!("../../prelude/base64.js")),
    ("text.js", include_str!("../../prelude/text.js")),
    ("buffer.js", include_str!("../../prelude/buffer.js")),
    ("clone.js", include_str!("../../prelude/clone.js")),
    ("locale.js", include_str!("../../prelude/locale.js")),
    ("console.js", include_str!("../../prelude/console.js")),
    ("modules.js", include_str!("../../prelude/modules.js")),
    // It must know all globals of the others.
    ("entries.js", include_str!("../../prelude/entries.js")),
];

/// The files that know locales, in their order.
const LOCALE_FILES: [(&str, &str); 9] = [
    ("locale/locales.js", include_str!("../../prelude/locale/locales.js")),
    ("locale/patterns.js", include_str!("../../prelude/locale/patterns.js")),
    ("locale/zones.js", include_str!("../../prelude/locale/zones.js")),
    ("locale/dates.js", include_str!("../../prelude/locale/dates.js")),
    ("locale/decimals.js", include_str!("../../prelude/locale/decimals.js")),
    ("locale/plurals.js", include_str!("../../prelude/locale/plurals.js")),
    ("locale/numbers.js", include_str!("../../prelude/locale/numbers.js")),
    ("locale/collation.js", include_str!("../../prelude/locale/collation.js")),
    ("locale/intl.js", include_str!("../../prelude/locale/intl.js")),
];

/// Names in the source of a codec that call for the files that know locales.
const LOCALE_NAMES: [&[u8]; 5] =
    [b"toLocaleString", b"toLocaleDateString", b"toLocaleTimeString", b"localeCompare", b"Intl"];

/// Parameters of a file of the prelude: the host's functions, an object that the files share, and two
/// functions that add to the globals and to the shared object.
const PARAMETERS: &str = "native, shared, provide, share";

/// Functions of the prelude that the engine calls.
pub(crate) struct Prelude {
    /// The one that evaluates the files that know locales.
    locale_loader: Persistent<Function<'static>>,
    /// Those that look for a codec's functions.
    pub(crate) entries: Persistent<Object<'static>>,
}

/// Evaluates the files of the prelude, and gives those of its functions that the engine calls.
pub(crate) fn evaluate(context: &Ctx<'_>) -> Result<Prelude> {
    dates::install(context)?;
    let native = console::native(context)?;
    native.set("table", Function::new(context.clone(), table)?)?;
    native.set("zone", Function::new(context.clone(), zones::name)?)?;
    native.set("offset", Function::new(context.clone(), zones::offset)?)?;
    native.set("loadLocales", Function::new(context.clone(), evaluate_locale_files)?)?;
    let shared = Object::new(context.clone())?;
    let provide = Function::new(context.clone(), provide)?;
    let share: Function<'_> =
        context.eval("(shared => members => void Object.assign(shared, members))")?;
    let share: Function<'_> = share.call((shared.clone(),))?;
    evaluate_files(context, &FILES, (native, shared.clone(), provide, share))?;
    let loader: Function<'_> = shared.get("loadLocales")?;
    let entries: Object<'_> = shared.get("entries")?;
    Ok(Prelude {
        locale_loader: Persistent::save(context, loader),
        entries: Persistent::save(context, entries),
    })
}

/// Evaluates the files that know locales where the source of a codec names something of theirs, and
/// has the tables of the locales read that the source names: no call has to.
pub(crate) fn prepare(context: &Ctx<'_>, prelude: &Prelude, source: &[u8]) -> Result<()> {
    let names = |name: &&[u8]| source.windows(name.len()).any(|window| window == *name);
    if LOCALE_NAMES.iter().any(names) {
        let source = String::from_utf8_lossy(source);
        prelude.locale_loader.clone().restore(context)?.call::<_, ()>((&*source,))?;
    }
    Ok(())
}

/// The arguments of a file of the prelude.
type Arguments<'js> = (Object<'js>, Object<'js>, Function<'js>, Function<'js>);

fn evaluate_files<'js>(
    context: &Ctx<'js>,
    files: &[(&str, &str)],
    arguments: Arguments<'js>,
) -> Result<()> {
    for (name, source) in files {
        let mut options = EvalOptions::default();
        options.filename = Some((*name).to_owned());
        let wrapped = format!("(({PARAMETERS}) => {{\n{source}\n}})");
        let file: Function<'_> = context.eval_with_options(wrapped, options)?;
        file.call::<_, ()>(arguments.clone())?;
    }
    Ok(())
}

fn evaluate_locale_files<'js>(
    context: Ctx<'js>,
    native: Object<'js>,
    shared: Object<'js>,
    provide: Function<'js>,
    share: Function<'js>,
) -> Result<()> {
    evaluate_files(&context, &LOCALE_FILES, (native, shared, provide, share))
}

/// A table of the locales: the line of a locale, or the whole where it has no lines.
fn table(name: String, locale: Opt<String>) -> Option<&'static str> {
    locales::table(&name, locale.0.as_deref())
}

/// Makes members global, in the way of built-in ones: codecs may declare the same names themselves.
fn provide<'js>(context: Ctx<'js>, members: Object<'js>) -> Result<()> {
    let globals = context.globals();
    for member in members.props::<String, Value<'js>>() {
        let (name, value) = member?;
        globals.prop(name, Property::from(value).writable().configurable())?;
    }
    Ok(())
}
