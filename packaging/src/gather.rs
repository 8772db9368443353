//! The tree of files that both packages are made of.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::{
    Release,
    settings::installed,
    tarball::compressed,
    tree::{Content, PROGRAM, READABLE, Tree},
};

/// The place of the binary on a system.
pub(crate) const BINARY: &str = "usr/bin/champollion";

/// The folder of the decoders' packages; `champollion catalogue install` finds it from the binary.
const LIBRARY: &str = "usr/share/champollion/library";

/// The folder of the texts about the package.
pub(crate) const DOCUMENTS: &str = "usr/share/doc/champollion";

/// The completions of shells: the name of the shell, and the place where it looks.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/champollion"),
    ("fish", "usr/share/fish/vendor_completions.d/champollion.fish"),
    ("zsh", "usr/share/zsh/vendor-completions/_champollion"),
];

/// Examples for operators, by their paths in the sources.
const EXAMPLES: [&str; 2] = ["examples/prometheus/rules.yml", "examples/grafana/operator.json"];

/// The files of a release, and what is made of them in different ways.
pub(crate) struct Gathered {
    /// The binary and the library, which both packages have.
    pub(crate) core: Tree,
    /// Texts and completions for people on a system.
    pub(crate) documents: Tree,
    /// The settings of a system.
    pub(crate) settings: String,
    /// The version of the binary.
    pub(crate) version: String,
}

impl Gathered {
    pub(crate) fn of(release: &Release) -> Result<Self> {
        let program = Program(&release.binary);
        let mut core = Tree::default();
        core.copy(BINARY, PROGRAM, &release.binary)?;
        add_library(&mut core, &release.library)?;
        let printed = program.version()?;
        let (_, version) = printed.trim().split_once(' ').context("the binary has no version")?;
        let defaults = program.says(&["serve", "--print-config"])?;
        let documents = documents(&program, &release.sources)?;
        Ok(Self { core, documents, settings: installed(&defaults)?, version: version.to_owned() })
    }
}

/// The binary, asked for what it knows of itself.
struct Program<'of>(&'of Path);

impl Program<'_> {
    fn version(&self) -> Result<String> {
        self.says(&["--version"])
    }

    fn says<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String> {
        let output = Command::new(self.0).args(arguments).output();
        let output = output.with_context(|| format!("{} cannot be started", self.0.display()))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{} fails: {errors}", self.0.display());
        String::from_utf8(output.stdout).context("the binary prints what is no text")
    }
}

fn add_library(tree: &mut Tree, library: &Path) -> Result<()> {
    let packages = files(library)?;
    let is_package = |file: &&PathBuf| file.extension().is_some_and(|of| of == "wasm");
    let before = tree.files().count();
    for file in packages.iter().filter(is_package) {
        tree.copy(Path::new(LIBRARY).join(name(file)?), READABLE, file)?;
    }
    let found = tree.files().count() - before;
    ensure!(found > 0, "{} holds no packages: `cargo xtask guests` makes them", library.display());
    Ok(())
}

fn documents(program: &Program<'_>, sources: &Path) -> Result<Tree> {
    let mut tree = Tree::default();
    let pages = TempDir::new()?;
    program.says(&[OsStr::new("man"), OsStr::new("--out"), pages.path().as_os_str()])?;
    for page in files(pages.path())? {
        let packed = compressed(&fs::read(&page)?[..])?;
        let path = format!("usr/share/man/man1/{}.gz", name(&page)?);
        tree.add(path, READABLE, Content::Bytes(packed));
    }
    for (shell, path) in COMPLETIONS {
        tree.text(path, program.says(&["completions", shell])?);
    }
    for example in EXAMPLES {
        let file = sources.join(example);
        let path = Path::new(DOCUMENTS).join("examples").join(name(&file)?);
        tree.copy(path, READABLE, &file)?;
    }
    let changes = fs::read(sources.join("CHANGELOG.md")).context("CHANGELOG.md is missing")?;
    let path = format!("{DOCUMENTS}/changelog.gz");
    tree.add(path, READABLE, Content::Bytes(compressed(&changes[..])?));
    Ok(tree)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder);
    let entries = entries.with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    Ok(files)
}

fn name(file: &Path) -> Result<&str> {
    let name = file.file_name().and_then(OsStr::to_str);
    name.with_context(|| format!("{} has no name that can be packed", file.display()))
}
