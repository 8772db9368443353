//! The places where a codec's functions are looked for.

use rquickjs::{Array, Ctx, Function, Object, Persistent, Result, Value};

use crate::dialect::{ALL_NAMES, Entry, Name};

/// A codec that was evaluated, and the functions of the prelude that look for what it left.
pub(crate) struct Evaluated<'js, 'source> {
    /// The members `holders`, `only` and `describe` of the prelude.
    pub(crate) entries: Object<'js>,
    /// The exports of a codec that is a module.
    pub(crate) namespace: Option<Object<'js>>,
    pub(crate) source: &'source str,
}

/// Functions by their names: in what is exported first, then among the globals, also those that were
/// declared with `let`, `const` or `class`, which are no properties of the global object. Then come
/// the objects in which bundlers leave them.
pub(crate) struct Scope<'js> {
    exported: Vec<Object<'js>>,
    lookup: Function<'js>,
    holders: Vec<Object<'js>>,
}

impl<'js> Scope<'js> {
    pub(crate) fn of(context: &Ctx<'js>, evaluated: &Evaluated<'js, '_>) -> Result<Self> {
        // The names are ours, so nothing of the codec's is evaluated here.
        let cases: String =
            ALL_NAMES.iter().chain(&["normalizeUplink"]).map(|name| case(name)).collect();
        let lookup = context.eval(format!("(name => {{ switch (name) {{ {cases} }} }})"))?;
        let exported = exported(context, evaluated.namespace.as_ref())?;
        let driver: Value<'js> =
            context.eval("typeof driver === \"undefined\" ? undefined : driver")?;
        let holders: Function<'js> = evaluated.entries.get("holders")?;
        let names = ALL_NAMES.iter().chain(&["normalizeUplink"]).copied();
        let names = list(context, names)?;
        let found: Vec<Object<'js>> =
            holders.call((list(context, exported.iter().cloned())?, driver, names))?;
        Ok(Self { exported, lookup, holders: found })
    }

    /// Looks at the only other object that has functions by TS013's names; `false` where there is none.
    pub(crate) fn widen(
        &mut self,
        context: &Ctx<'js>,
        evaluated: &Evaluated<'js, '_>,
    ) -> Result<bool> {
        let only: Function<'js> = evaluated.entries.get("only")?;
        let exported = list(context, self.exported.iter().cloned())?;
        let found: Option<Object<'js>> = only.call((exported, evaluated.source))?;
        let is_found = found.is_some();
        self.holders = found.into_iter().collect();
        Ok(is_found)
    }

    /// Returns the names that the codec defines, for people.
    pub(crate) fn describe(
        &self,
        context: &Ctx<'js>,
        evaluated: &Evaluated<'js, '_>,
    ) -> Result<Vec<String>> {
        let describe: Function<'js> = evaluated.entries.get("describe")?;
        let exported = list(context, self.exported.iter().cloned())?;
        describe.call((exported, evaluated.source))
    }

    /// The first of the functions that is there.
    pub(crate) fn find(&self, context: &Ctx<'js>, names: &[Name]) -> Result<Option<Entry>> {
        for (name, convention) in names {
            let save = |(function, this): (Function<'js>, Option<&Object<'js>>)| Entry {
                convention: *convention,
                function: Persistent::save(context, function),
                this: this.map(|this| Persistent::save(context, this.clone())),
            };
            if let Some((function, this)) = member_of(context, &self.exported, name) {
                return Ok(Some(save((function, Some(this)))));
            }
            if let Some(function) = self.lookup.call::<_, Value<'js>>((*name,))?.into_function() {
                return Ok(Some(save((function, None))));
            }
            if let Some((function, this)) = member_of(context, &self.holders, name) {
                return Ok(Some(save((function, Some(this)))));
            }
        }
        Ok(None)
    }
}

/// The objects that the codec exports: as a module of its own, by `module.exports`, by `exports`.
fn exported<'js>(context: &Ctx<'js>, namespace: Option<&Object<'js>>) -> Result<Vec<Object<'js>>> {
    let module: Value<'js> = context
        .eval("typeof module === \"object\" && module !== null ? module.exports : undefined")?;
    let exports: Value<'js> =
        context.eval("typeof exports === \"undefined\" ? undefined : exports")?;
    let mut all: Vec<Object<'js>> = namespace.into_iter().cloned().collect();
    for object in [module, exports].into_iter().filter_map(Value::into_object) {
        if !all.contains(&object) {
            all.push(object);
        }
    }
    Ok(all)
}

/// A function that is a member of one of the objects, and that object. A getter may throw.
fn member_of<'js, 'object>(
    context: &Ctx<'js>,
    objects: &'object [Object<'js>],
    name: &str,
) -> Option<(Function<'js>, &'object Object<'js>)> {
    objects.iter().find_map(|object| match object.get::<_, Value<'js>>(name) {
        Ok(value) => Some((value.into_function()?, object)),
        Err(_) => {
            drop(context.catch());
            None
        }
    })
}

fn list<'js, T: rquickjs::IntoJs<'js>>(
    context: &Ctx<'js>,
    items: impl Iterator<Item = T>,
) -> Result<Array<'js>> {
    let list = Array::new(context.clone())?;
    for (index, item) in items.enumerate() {
        list.set(index, item)?;
    }
    Ok(list)
}

fn case(name: &str) -> String {
    format!("case \"{name}\": return typeof {name} === \"function\" ? {name} : undefined; ")
}
