//! Makes a component of the core module that a compiler made, without what nobody runs.

use wasm_encoder::{Component, ExportKind, ExportSection, Module, RawSection};
use wasmparser::{ExternalKind, Parser, Payload};
use wit_component::ComponentEncoder;

/// Starts the names of the functions with which a guest frees what it returned.
const POST_RETURN_PREFIX: &str = "cabi_post_";

/// The section that names the tools which a module or a component was made with.
const PRODUCERS: &str = "producers";

/// The sections of a module that only tools read: the names of its functions, a tenth of it, the features of
/// WebAssembly that its compiler was allowed, and the tools.
const FOR_TOOLS: [&str; 3] = ["name", "target_features", PRODUCERS];

/// The sections of a component that only tools read: the names of its parts, and the tools.
const FOR_TOOLS_OF_COMPONENTS: [&str; 2] = ["component-name", PRODUCERS];

/// A component, and the module that it was made of.
pub(super) struct Componentized {
    /// The component without what only tools read.
    pub(super) component: Vec<u8>,
    /// The module that lies in the component, with the names.
    pub(super) named_module: Vec<u8>,
}

/// Makes a component of a core module; says why it cannot.
pub(super) fn componentize(module: &[u8]) -> Result<Componentized, String> {
    let named_module = without_post_return(module)?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&without_what_tools_read(&named_module)?)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| format!("{error:#}"))?;
    Ok(Componentized { component: without_what_tools_read_of(&component)?, named_module })
}

/// The same module without the functions that free what was returned: the instance is thrown away
/// right after, so freeing is a call for nothing.
fn without_post_return(bytes: &[u8]) -> Result<Vec<u8>, String> {
    rewritten(bytes, |payload, module| {
        let Payload::ExportSection(exports) = payload else { return Ok(false) };
        let mut kept = ExportSection::new();
        for export in exports.clone() {
            let export = export.map_err(|error| error.to_string())?;
            if !export.name.starts_with(POST_RETURN_PREFIX) {
                kept.export(export.name, kind(export.kind)?, export.index);
            }
        }
        module.section(&kept);
        Ok(true)
    })
}

/// The same module without what only tools read. The numbers of functions stay as they are.
fn without_what_tools_read(bytes: &[u8]) -> Result<Vec<u8>, String> {
    rewritten(bytes, |payload, _| Ok(is_custom(payload, &FOR_TOOLS)))
}

/// The same component without what only tools read of it. What lies in its modules stays as it is.
fn without_what_tools_read_of(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut component = Component::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| error.to_string())?;
        let is_kept = depth == 0 && !is_custom(&payload, &FOR_TOOLS_OF_COMPONENTS);
        if let Some((id, range)) = payload.as_section().filter(|_| is_kept) {
            component.section(&RawSection { id, data: &bytes[range] });
        }
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(component.finish())
}

fn is_custom(payload: &Payload<'_>, names: &[&str]) -> bool {
    matches!(payload, Payload::CustomSection(section) if names.contains(&section.name()))
}

/// A module section by section: those that `replaces` tells to be done with are not copied.
fn rewritten(
    bytes: &[u8],
    replaces: impl Fn(&Payload<'_>, &mut Module) -> Result<bool, String>,
) -> Result<Vec<u8>, String> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| error.to_string())?;
        if replaces(&payload, &mut module)? {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            module.section(&RawSection { id, data: &bytes[range] });
        }
    }
    Ok(module.finish())
}

fn kind(kind: ExternalKind) -> Result<ExportKind, String> {
    match kind {
        ExternalKind::Func => Ok(ExportKind::Func),
        ExternalKind::Table => Ok(ExportKind::Table),
        ExternalKind::Memory => Ok(ExportKind::Memory),
        ExternalKind::Global => Ok(ExportKind::Global),
        other => Err(format!("the module exports a {other:?}, which decoders have none of")),
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{ProducersField, ProducersSection};

    use super::*;

    fn exports(module: &[u8]) -> Vec<String> {
        Parser::new(0)
            .parse_all(module)
            .filter_map(|payload| match payload {
                Ok(Payload::ExportSection(exports)) => Some(exports),
                _ => None,
            })
            .flatten()
            .map(|export| export.unwrap().name.to_owned())
            .collect()
    }

    #[test]
    fn only_what_frees_is_left_out() {
        let module = wat::parse_str(
            r#"(module
                (memory (export "memory") 1)
                (func (export "decode") (result i32) i32.const 7)
                (func (export "cabi_post_decode") (param i32))
                (data (i32.const 0) "kept"))"#,
        )
        .unwrap();
        let rewritten = without_post_return(&module).unwrap();
        assert_eq!(exports(&rewritten), ["memory", "decode"]);
        assert!(rewritten.windows(4).any(|bytes| bytes == b"kept"));
        wasmparser::validate(&rewritten).unwrap();
    }

    #[test]
    fn the_names_of_functions_are_left_out() {
        let module =
            wat::parse_str("(module (func $decode_everything (export \"decode\")))").unwrap();
        let named = |module: &[u8]| module.windows(17).any(|bytes| bytes == b"decode_everything");
        assert!(named(&module));
        let stripped = without_what_tools_read(&module).unwrap();
        assert!(!named(&stripped));
        assert_eq!(exports(&stripped), ["decode"]);
        wasmparser::validate(&stripped).unwrap();
    }

    #[test]
    fn the_names_of_parts_are_left_out_and_all_parts_stay() {
        let component = wat::parse_str(
            r#"(component
                (core module $inner (func $kept (export "run")))
                (core instance $made (instantiate $inner))
                (component))"#,
        )
        .unwrap();
        let holds =
            |file: &[u8], name: &str| file.windows(name.len()).any(|it| it == name.as_bytes());
        let [names, _] = FOR_TOOLS_OF_COMPONENTS;
        assert!(holds(&component, names) && holds(&component, "made"));
        let stripped = without_what_tools_read_of(&component).unwrap();
        assert!(!holds(&stripped, names) && !holds(&stripped, "made"));
        assert!(holds(&stripped, "kept"), "names in a module are the module's");
        wasmparser::validate(&stripped).unwrap();
        let parts = |file: &[u8]| {
            let sections =
                Parser::new(0).parse_all(file).map(|payload| payload.unwrap().as_section());
            sections
                .flatten()
                .filter(|(id, _)| *id != 0)
                .map(|(id, range)| (id, range.len()))
                .collect::<Vec<_>>()
        };
        assert_eq!(parts(&stripped), parts(&component));
    }

    #[test]
    fn no_part_tells_the_tools_that_made_it() {
        let mut producers = ProducersSection::new();
        let mut compilers = ProducersField::new();
        compilers.value("a compiler", "1");
        producers.field("processed-by", &compilers);
        let names_tools =
            |file: &[u8]| file.windows(PRODUCERS.len()).any(|it| it == PRODUCERS.as_bytes());
        let mut module = Module::new();
        module.section(&producers);
        let module = module.finish();
        assert!(names_tools(&module));
        assert!(!names_tools(&without_what_tools_read(&module).unwrap()));
        let mut component = Component::new();
        component.section(&producers);
        let component = component.finish();
        assert!(names_tools(&component));
        assert!(!names_tools(&without_what_tools_read_of(&component).unwrap()));
    }

    #[test]
    fn what_is_no_module_is_an_error() {
        assert!(componentize(b"text").is_err());
        assert!(componentize(b"").is_err());
    }
}
