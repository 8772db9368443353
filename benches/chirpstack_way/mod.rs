//! The same codec as ChirpStack runs it: for every uplink a new runtime of native QuickJS, in which
//! the npm package `buffer` and the codec are evaluated as modules.

use std::{env, fs, path::PathBuf};

use rquickjs::{
    Array, CatchResultExt as _, Context, Function, Module, Object, Runtime,
    loader::{BuiltinLoader, BuiltinResolver},
};

/// The npm package and what it depends on.
const PACKAGES: [&str; 3] = ["base64-js", "ieee754", "buffer"];

/// A codec and the package that it can import.
pub(crate) struct Codec {
    buffer: String,
    script: String,
}

impl Codec {
    /// Reads the package that `cargo xtask bench` installs.
    pub(crate) fn new(codec: &str) -> Result<Self, String> {
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(
            || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")),
            PathBuf::from,
        );
        let folder = target.join("npm/node_modules");
        let mut buffer = String::from("const modules = {};\n");
        buffer.push_str("const require = (name) => modules[name.replace(/\\/$/, '')];\n");
        for package in PACKAGES {
            let file = folder.join(package).join("index.js");
            let source = fs::read_to_string(&file)
                .map_err(|error| format!("{}: {error}; run `cargo xtask bench`", file.display()))?;
            buffer.push_str(&format!(
                "modules['{package}'] = (() => {{ const module = {{ exports: {{}} }}; \
                 let exports = module.exports;\n{source}\nreturn module.exports; }})();\n"
            ));
        }
        buffer.push_str("export const Buffer = modules.buffer.Buffer;\n");
        let script =
            format!("import {{ Buffer }} from \"buffer\";\n{codec}\nexport {{ decodeUplink }};\n");
        let codec = Self { buffer, script };
        // What cannot run is found before it is measured.
        codec.try_decode(1, &[], 0).map(|_| codec)
    }

    /// Decodes one uplink, as JSON text.
    pub(crate) fn decode(&self, f_port: u8, payload: &[u8], received_at: u64) -> String {
        self.try_decode(f_port, payload, received_at).unwrap_or_else(|error| panic!("{error}"))
    }

    fn try_decode(&self, f_port: u8, payload: &[u8], received_at: u64) -> Result<String, String> {
        let text = |error: rquickjs::Error| error.to_string();
        let runtime = Runtime::new().map_err(text)?;
        runtime.set_interrupt_handler(Some(Box::new(|| false)));
        runtime.set_loader(
            BuiltinResolver::default().with_module("buffer"),
            BuiltinLoader::default().with_module("buffer", self.buffer.as_str()),
        );
        let context = Context::full(&runtime).map_err(text)?;
        context.with(|context| {
            let result = || -> rquickjs::Result<String> {
                let module = Module::declare(context.clone(), "script", self.script.as_str())?;
                let (module, evaluated) = module.eval()?;
                evaluated.finish::<()>()?;
                let decode: Function<'_> = module.get("decodeUplink")?;
                let bytes = Array::new(context.clone())?;
                for (index, byte) in payload.iter().enumerate() {
                    bytes.set(index, *byte)?;
                }
                let input = Object::new(context.clone())?;
                input.set("bytes", bytes)?;
                input.set("fPort", f_port)?;
                input.set(
                    "recvTime",
                    context.eval::<Object<'_>, _>(format!("new Date({received_at})"))?,
                )?;
                input.set("variables", Object::new(context.clone())?)?;
                let output: Object<'_> = decode.call((input,))?;
                let data: Object<'_> = output.get("data")?;
                context.json_stringify(data)?.map_or(Ok(String::new()), |json| json.to_string())
            };
            result().catch(&context).map_err(|error| error.to_string())
        })
    }
}
