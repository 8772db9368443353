//! Makes a component of the core module that a compiler made.

use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasmparser::{ExternalKind, Parser, Payload};
use wit_component::ComponentEncoder;

/// Starts the names of the functions with which a guest frees what it returned.
const POST_RETURN_PREFIX: &str = "cabi_post_";

/// Makes a component of a core module; says why it cannot.
pub(super) fn componentize(module: &[u8]) -> Result<Vec<u8>, String> {
    let module = without_post_return(module)?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| format!("{error:#}"))
}

/// The same module without the functions that free what was returned: the instance is thrown away
/// right after, so freeing is a call for nothing.
fn without_post_return(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| error.to_string())?;
        if let Payload::ExportSection(exports) = payload {
            let mut kept = ExportSection::new();
            for export in exports {
                let export = export.map_err(|error| error.to_string())?;
                if !export.name.starts_with(POST_RETURN_PREFIX) {
                    kept.export(export.name, kind(export.kind)?, export.index);
                }
            }
            module.section(&kept);
        } else if let Some((id, range)) = payload.as_section() {
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
    fn what_is_no_module_is_an_error() {
        assert!(componentize(b"text").is_err());
        assert!(componentize(b"").is_err());
    }
}
