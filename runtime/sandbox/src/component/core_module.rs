//! Takes the core module out of a component, and holds the component against the contract.

use std::sync::LazyLock;

use wasmparser::{CanonicalFunction, CanonicalOption, Parser, Payload, Validator, WasmFeatures};
use wit_parser::{Resolve, WorldId};

use crate::{LoadError, kept::barrier::RESERVED};

/// The text of the contract.
const CONTRACT: &str = include_str!("../../../../wit/v1/decoder.wit");

/// The world that a decoder is a component of.
const WORLD: &str = "decoder";

/// The contract in its parsed form.
static TARGET: LazyLock<Result<(Resolve, WorldId), String>> = LazyLock::new(|| {
    let mut resolve = Resolve::default();
    let parsed = resolve
        .push_str("decoder.wit", CONTRACT)
        .and_then(|package| resolve.select_world(&[package], Some(WORLD)));
    parsed.map(|world| (resolve, world)).map_err(|error| format!("{error:#}"))
});

/// The core module that is all the code of a component.
///
/// Tools make a component of a module by laying a description around it: which of the module's
/// exports, by the names of the component model's tool conventions, are which functions of which
/// types. The runtime calls the exports by these names, so a component of several modules, or one
/// that imports anything, is no decoder.
pub(crate) fn core_module(component: &[u8]) -> Result<&[u8], LoadError> {
    let invalid = |reason: String| LoadError::Invalid { reason };
    let mut found = None;
    let (mut depth, mut modules) = (0_usize, 0_usize);
    let mut imports = Vec::new();
    let mut canonical = Ok(());
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| invalid(error.to_string()))? {
            Payload::ModuleSection { unchecked_range, .. } => {
                depth += 1;
                modules += 1;
                found = component.get(unchecked_range);
            }
            Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let import = import.map_err(|error| invalid(error.to_string()))?;
                    imports.push(import.name.name.to_owned());
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    let function = function.map_err(|error| invalid(error.to_string()))?;
                    canonical = canonical.and_then(|()| inspect_canonical(&function));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(|error| invalid(error.to_string()))?;
                    if export.name.starts_with(RESERVED) {
                        let reason =
                            format!("it exports {:?}, a name of the runtime's", export.name);
                        return Err(LoadError::NotADecoder { reason });
                    }
                }
            }
            _ => {}
        }
    }
    if !imports.is_empty() {
        return Err(LoadError::Imports { names: imports });
    }
    canonical?;
    match found {
        Some(module) if modules == 1 => Ok(module),
        _ => Err(LoadError::NotADecoder {
            reason: format!(
                "it holds {modules} core modules, and a decoder is one, with a description around \
                 it as `champollion build` and other tools make it"
            ),
        }),
    }
}

/// Texts are UTF-8, and functions return when they are done.
fn inspect_canonical(function: &CanonicalFunction) -> Result<(), LoadError> {
    let refuse = |what: &str| Err(LoadError::NotADecoder { reason: format!("it {what}") });
    let CanonicalFunction::Lift { options, .. } = function else {
        return refuse("uses parts of the component model that decoders have no use for");
    };
    options.iter().try_for_each(|option| match option {
        CanonicalOption::UTF8
        | CanonicalOption::Memory(_)
        | CanonicalOption::Realloc(_)
        | CanonicalOption::PostReturn(_) => Ok(()),
        CanonicalOption::UTF16 | CanonicalOption::CompactUTF16 => {
            refuse("returns texts that are not UTF-8")
        }
        _ => refuse("calls its functions in another way than decoders are called"),
    })
}

/// Checks that a component is valid and exports what the contract says, with these types.
pub(crate) fn fits_contract(component: &[u8]) -> Result<(), LoadError> {
    Validator::new_with_features(features())
        .validate_all(component)
        .map_err(|error| LoadError::Invalid { reason: error.to_string() })?;
    let not_a_decoder = |reason| LoadError::NotADecoder { reason };
    let (resolve, world) = TARGET.as_ref().map_err(|reason| not_a_decoder(reason.clone()))?;
    wit_component::targets(resolve, *world, component).map_err(|error| {
        not_a_decoder(format!("it does not fit the contract wit/v1: {}", error.root_cause()))
    })
}

/// Returns the features that components may use: all that is part of WebAssembly, but for those that the
/// engine has switched off (`engine.rs`).
fn features() -> WasmFeatures {
    let off = WasmFeatures::MEMORY64
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::THREADS;
    (WasmFeatures::default() | WasmFeatures::COMPONENT_MODEL) - off
}
