//! Evaluates a codec: as a script, or as a module where it imports or exports something.
//!
//! A module finds what `require` finds: the modules of Node.js that are here, and for the others one whose
//! members fail when they are used. Editors write such imports by themselves, and most codecs use none of them.

use core::{cell::RefCell, ffi::CStr};
use std::collections::BTreeSet;

use rquickjs::{
    Ctx, Function, Module, Object, Result, Runtime, Value,
    loader::{ImportAttributes, Loader, Resolver},
    module::Declared,
    qjs,
};

use crate::{dialect, exception::CODEC_NAME};

/// The name under which codecs are evaluated, as QuickJS wants it.
const CODEC_NAME_IN_C: &CStr = c"codec.js";

thread_local! {
    /// The names that the codec imports. A module must have them all when it is linked.
    static IMPORTED: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Lets modules import what `require` finds.
pub(crate) fn prepare(runtime: &Runtime) {
    runtime.set_loader(BuiltIn, BuiltIn);
}

/// Evaluates a codec as network servers do: as a script, sloppy unless it says "use strict". One that is no
/// script but a module is evaluated as that; then what it exports is given.
pub(crate) fn evaluate<'js>(context: &Ctx<'js>, source: &str) -> Result<Option<Object<'js>>> {
    let Err(error) = evaluate_script(context, source) else { return Ok(None) };
    let may_be_module = source.contains("import") || source.contains("export");
    if !(error.is_exception() && may_be_module) {
        return Err(error);
    }
    let thrown = context.catch();
    if !is_syntax_error(&thrown) {
        return Err(context.throw(thrown));
    }
    evaluate_module(context, source).map(Some)
}

/// Evaluates a script. It may hold U+0000, which `Ctx::eval` takes for its end.
fn evaluate_script(context: &Ctx<'_>, source: &str) -> Result<()> {
    let mut text = Vec::with_capacity(source.len() + 1);
    text.extend_from_slice(source.as_bytes());
    text.push(0);
    // SAFETY: a zero stands behind the text, which is what QuickJS asks for; the name is a text of C; and the
    // value that comes is owned and belongs to this context.
    let (value, threw) = unsafe {
        let value = qjs::JS_Eval(
            context.as_raw().as_ptr(),
            text.as_ptr().cast(),
            source.len() as _,
            CODEC_NAME_IN_C.as_ptr(),
            qjs::JS_EVAL_TYPE_GLOBAL as _,
        );
        (Value::from_raw(context.clone(), value), qjs::JS_IsException(value))
    };
    drop(value);
    if threw { Err(rquickjs::Error::Exception) } else { Ok(()) }
}

fn is_syntax_error(thrown: &Value<'_>) -> bool {
    let name = thrown.as_object().map(|error| error.get::<_, String>("name"));
    name.is_some_and(|name| name.is_ok_and(|name| name == "SyntaxError"))
}

/// Evaluates a module, and makes its functions global: those of codecs are looked for there, and a codec that
/// imports something need not export anything.
fn evaluate_module<'js>(context: &Ctx<'js>, source: &str) -> Result<Object<'js>> {
    IMPORTED.with(|imported| *imported.borrow_mut() = imported_names(source));
    let names = dialect::ALL_NAMES.iter().chain(&["normalizeUplink"]);
    let provided: String = names
        .map(|name| format!("if (typeof {name} === \"function\") globalThis.{name} = {name};"))
        .collect();
    let whole = format!("{source}\n;{provided}");
    let (module, evaluated) = Module::declare(context.clone(), CODEC_NAME, whole)?.eval()?;
    evaluated.finish::<()>()?;
    module.namespace()
}

/// The names in braces between `import` and `from`. A few that are none do no harm.
fn imported_names(source: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, word) in source.match_indices("import") {
        let clause = source[at + word.len()..].split_once("from").map_or("", |(clause, _)| clause);
        let list = clause.split_once('{').and_then(|(_, list)| list.split_once('}'));
        let listed = list.map_or("", |(list, _)| list).split(',');
        names.extend(listed.filter_map(|item| item.split_whitespace().next()).map(str::to_owned));
    }
    names
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let starts = |first: char| first.is_ascii_alphabetic() || "_$".contains(first);
    characters.next().is_some_and(starts)
        && characters.all(|next| next.is_ascii_alphanumeric() || "_$".contains(next))
}

/// The modules that `require` finds.
struct BuiltIn;

impl Resolver for BuiltIn {
    fn resolve<'js>(
        &mut self,
        _: &Ctx<'js>,
        _: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        Ok(name.to_owned())
    }
}

impl Loader for BuiltIn {
    fn load<'js>(
        &mut self,
        context: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        let require: Function<'js> = context.globals().get("require")?;
        // It throws where there is none, in the words for people.
        let found: Object<'js> = require.call((name,))?;
        let mut names = IMPORTED.with(|imported| imported.borrow().clone());
        for key in found.keys::<String>() {
            names.insert(key?);
        }
        names.retain(|name| is_identifier(name) && name != "default");
        let mut source = format!("const found = require({name:?});\nexport default found;\n");
        for (number, name) in names.iter().enumerate() {
            source.push_str(&format!(
                "const member{number} = found.{name}; export {{ member{number} as {name} }};\n"
            ));
        }
        Module::declare(context.clone(), name, source)
    }
}
