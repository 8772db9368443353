//! Finds a compiler for WebAssembly guests.
//!
//! Where rustup can add the target, that is all. Where it cannot, Debian's `rustc-web` does the same
//! job: it comes with the sources of std, which cargo then builds for the target.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    debian,
    install::{Installing, Need},
    shell::{cargo, command, run, say, succeeds},
};

/// The target that guests are compiled to.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Overrides the search: `rustup` or `debian`.
const OVERRIDE: &str = "CHAMPOLLION_GUEST_TOOLCHAIN";

/// Debian's compiler for guests: rustc with the sources of std, and the linker that it points to.
const DEBIAN_PACKAGES: [&str; 5] =
    ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];

/// Debian's compiler and archiver for the C of the script engine, and the packages that hold them.
const DEBIAN_CLANG: CCompiler = CCompiler { clang: "clang-22", archiver: "llvm-ar-22" };
const DEBIAN_CLANG_PACKAGES: [&str; 2] = ["clang-22", "llvm-22"];

/// The name under which rustup knows Debian's compiler.
const DEBIAN_TOOLCHAIN: &str = "debian";

/// A compiler for guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The one that builds everything else, with the target added.
    Rustup,
    /// Debian's, which builds std too.
    Debian,
}

impl Toolchain {
    /// Finds a compiler, and installs what is missing where that is allowed.
    pub(crate) fn find(installing: Installing) -> Result<Self> {
        match env::var(OVERRIDE).as_deref() {
            Ok("rustup") => return Self::rustup(installing),
            Ok("debian") => return Self::debian(installing),
            Ok(other) => bail!("{OVERRIDE} is {other:?}; it must be rustup or debian"),
            Err(_) => {}
        }
        Self::rustup(installing).or_else(|reason| {
            // Where nothing may be installed, Debian's serves only where it is there already.
            if installing == Installing::Forbidden && !debian::has(&DEBIAN_PACKAGES) {
                let hint = debian::hint(&DEBIAN_PACKAGES);
                return Err(reason.context(format!(
                    "there is no compiler for WebAssembly: on Debian `{hint}` installs another"
                )));
            }
            say(format_args!("{reason}: falling back to Debian's compiler for WebAssembly"));
            Self::debian(installing)
        })
    }

    /// `cargo build` for guests.
    pub(crate) fn cargo_build(self) -> Command {
        let mut build = match self {
            Self::Rustup => cargo(),
            Self::Debian => {
                let mut build = command("rustup");
                build.args(["run", DEBIAN_TOOLCHAIN, "/usr/bin/cargo"]);
                // Building std is a matter of nightly compilers otherwise; Debian's is a release
                // whose sources of std lie beside it, so it is known to work.
                build.env("RUSTC_BOOTSTRAP", "1").env_remove("RUSTC").env_remove("CARGO");
                build
            }
        };
        // Guests are what everybody gets: no other compiler takes part, as the one of `.ci/run` that lints.
        build.env_remove("RUSTC_WORKSPACE_WRAPPER");
        build.args(["build", "--profile", "guest", "--target", TARGET]);
        build.args(["--config".to_owned(), compiler_flags()]);
        if self == Self::Debian {
            build.arg("-Zbuild-std=std,panic_abort");
        }
        build
    }

    fn rustup(installing: Installing) -> Result<Self> {
        if has_target() {
            return Ok(Self::Rustup);
        }
        installing.require(&Need {
            what: &format!("Rust's standard library for {TARGET}"),
            why: "decoders and the script engine are compiled for it",
            command: &format!("rustup target add {TARGET}"),
        })?;
        run(command("rustup").args(["target", "add", TARGET]))
            .context("rustup cannot add the WebAssembly target")?;
        Ok(Self::Rustup)
    }

    fn debian(installing: Installing) -> Result<Self> {
        provide(
            installing,
            &DEBIAN_PACKAGES,
            "decoders and the script engine are compiled with it",
            &format!("guests need `rustup target add {TARGET}`"),
        )?;
        run(command("rustup").args(["toolchain", "link", DEBIAN_TOOLCHAIN, "/usr"]))?;
        Ok(Self::Debian)
    }
}

/// Has the linker write numbers in as few bytes as they take, and not in the five that any could take: a fourteenth of
/// a decoder.
const SHORT_NUMBERS: &str = "-Clink-arg=--compress-relocations";

/// The flags of the compiler as a setting of cargo, beside those of `.cargo/config.toml`.
fn compiler_flags() -> String {
    let flags = [Some(SHORT_NUMBERS.to_owned()), same_everywhere()];
    let flags: Vec<_> = flags.into_iter().flatten().map(|flag| format!("'{flag}'")).collect();
    format!("target.{TARGET}.rustflags=[{}]", flags.join(", "))
}

/// The flag by which a package is the same in any home: places of panics in crates are told from the folder in which
/// cargo keeps them. Those of the workspace are told from its root anyway.
fn same_everywhere() -> Option<String> {
    let in_home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(in_home)?;
    // A path that TOML would have to escape is none that a home has.
    Some(format!("--remap-path-prefix={}=cargo", home.display()))
}

/// A compiler of C for WebAssembly, and the archiver that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CCompiler {
    clang: &'static str,
    archiver: &'static str,
}

impl CCompiler {
    /// Finds one: any clang that knows WebAssembly, or else Debian's, which is installed where that is
    /// allowed.
    pub(crate) fn find(installing: Installing) -> Result<Self> {
        let any = Self { clang: "clang", archiver: "llvm-ar" };
        if let Some(found) = [any, DEBIAN_CLANG].into_iter().find(Self::knows_webassembly) {
            return Ok(found);
        }
        provide(
            installing,
            &DEBIAN_CLANG_PACKAGES,
            "the script engine is written in C and needs a clang that knows WebAssembly",
            "guests need a `clang` and `llvm-ar` that know wasm32",
        )?;
        Ok(DEBIAN_CLANG)
    }

    /// Has the C of crates built with it.
    pub(crate) fn configure(self, build: &mut Command) {
        let variable = |tool: &str| format!("{tool}_{}", TARGET.replace('-', "_"));
        build.env(variable("CC"), self.clang).env(variable("AR"), self.archiver);
    }

    fn knows_webassembly(&self) -> bool {
        let targets = command(self.clang).arg("--print-targets").output();
        targets.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("wasm32"))
            && succeeds(command(self.archiver).arg("--version"))
    }
}

/// Installs packages of Debian where some are missing; `need` says of what they are one way to have it.
fn provide(installing: Installing, packages: &[&str], why: &str, need: &str) -> Result<()> {
    if debian::has(packages) {
        return Ok(());
    }
    let what = format!("{} from Debian", packages.join(", "));
    installing.require(&Need { what: &what, why, command: &debian::hint(packages) })?;
    debian::install(packages, need)
}

/// Whether the compiler has the standard library of the target.
pub(crate) fn has_target() -> bool {
    let libraries =
        command("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    libraries.is_ok_and(|output| {
        let folder = String::from_utf8_lossy(&output.stdout);
        output.status.success()
            && std::fs::read_dir(folder.trim()).is_ok_and(|mut files| files.next().is_some())
    })
}
