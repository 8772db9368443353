//! `champollion new`: a folder with a decoder that is tested and published as it stands, to be changed from there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use champollion_registry::package::DecoderId;
use clap::{Args, ValueEnum};

use super::{
    Failure, compile, output, sdk_files,
    sources::{MANIFEST, SCRIPT, VECTORS},
};

/// The folder beside a decoder in Rust that holds the SDK.
const SDK: &str = ".champollion";

const TOML: &str = include_str!("../../../sdk/templates/decoder.toml.template");
const GITIGNORE: &str = include_str!("../../../sdk/templates/gitignore.template");

/// Lays out a new decoder in a folder of its own. It passes `champollion test` as it stands.
#[derive(Args)]
pub(super) struct New {
    /// Name of the decoder: vendor/model, in small letters, digits and hyphens
    #[arg(value_name = "VENDOR/MODEL")]
    id: DecoderId,
    /// Language of the code
    #[arg(long, value_enum, default_value_t = Language::Js, value_name = "LANG")]
    lang: Language,
    /// Lay out a derived decoder: expressions that make values of readings, without code
    #[arg(long, conflicts_with = "lang")]
    derived: bool,
    /// Folder to make; the model's name without it
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// The languages of decoders.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// JavaScript: the fastest start, and codecs of network servers as they are
    Js,
    /// Rust: the fastest decoder, which tells the bytes that each value comes from
    Rust,
}

impl New {
    pub(super) fn run(self) -> Result<(), Failure> {
        let folder = self.dir.clone().unwrap_or_else(|| PathBuf::from(self.id.model()));
        let task = format!("no decoder is laid out in {}", folder.display());
        let is_taken = match fs::read_dir(&folder) {
            Ok(mut entries) => entries.next().is_some(),
            Err(_) => folder.exists(),
        };
        if is_taken {
            return Err(Failure::new(
                task,
                "it exists and is not empty: --dir names another folder",
            ));
        }
        let files = self.files();
        for (path, text) in &files {
            let path = folder.join(path);
            path.parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| fs::write(&path, self.filled(text)))
                .map_err(Failure::of_file(&task))?;
        }
        if self.is_in_rust() {
            sdk_files::write(&folder.join(SDK))?;
        }
        self.show(&folder);
        Ok(())
    }

    fn files(&self) -> Vec<(&'static str, &'static str)> {
        if self.derived {
            return vec![
                (MANIFEST, include_str!("../../../sdk/templates/derived/decoder.toml.template")),
                (VECTORS, include_str!("../../../sdk/templates/derived/vectors.json")),
                (".gitignore", GITIGNORE),
            ];
        }
        let mut files = vec![(MANIFEST, TOML)];
        match self.lang {
            Language::Js => files.extend([
                (SCRIPT, include_str!("../../../sdk/templates/js/codec.js")),
                (VECTORS, include_str!("../../../sdk/templates/js/vectors.json")),
            ]),
            Language::Rust => files.extend([
                ("src/lib.rs", include_str!("../../../sdk/templates/rust/src/lib.rs")),
                (VECTORS, include_str!("../../../sdk/templates/rust/vectors.json")),
                ("Cargo.toml", include_str!("../../../sdk/templates/rust/Cargo.toml.template")),
            ]),
        }
        files.push((".gitignore", GITIGNORE));
        files
    }

    fn filled(&self, text: &str) -> String {
        let (vendor, model) = (self.id.vendor(), self.id.model());
        text.replace("{{id}}", &self.id.to_string())
            .replace("{{name}}", &format!("{} {}", title(vendor), title(model)))
            .replace("{{maintainer}}", &title(vendor))
            .replace("{{model}}", &title(model))
            .replace("{{crate}}", &crate_name(vendor, model))
    }

    fn show(&self, folder: &Path) {
        output::line(format_args!("{} is laid out in {}:", self.id, folder.display()));
        let code = match self.lang {
            Language::Js => (SCRIPT, "the code"),
            Language::Rust => ("src/lib.rs", "the code"),
        };
        let files = [
            code,
            (MANIFEST, "name, devices, ports, and the fields with their quantities"),
            (VECTORS, "payloads, and the exact result of each"),
        ];
        let derived = [
            (MANIFEST, "name, inputs, and the values with their expressions"),
            (VECTORS, "readings, and the exact result of each"),
        ];
        for (file, content) in if self.derived { &derived[..] } else { &files[..] } {
            output::line(format_args!("  {file:12}  {content}"));
        }
        let steps = [
            (format!("cd {}", folder.display()), ""),
            ("champollion test".to_owned(), "tries it as a server does, which it passes already"),
            ("champollion test --watch".to_owned(), "the same after each change"),
            ("champollion vectors add --port 2 --hex 00FF64".to_owned(), "records a payload more"),
            ("champollion build".to_owned(), "makes the package, and says how it is published"),
        ];
        output::line("Go on with:");
        let is_meant = |command: &String| !(self.derived && command.contains("--hex"));
        for (command, effect) in steps.into_iter().filter(|(command, _)| is_meant(command)) {
            output::line(format_args!("  {command:46} {effect}").to_string().trim_end());
        }
        if self.is_in_rust() {
            output::line(compile::FIRST_BUILD);
        }
    }

    fn is_in_rust(&self) -> bool {
        self.lang == Language::Rust && !self.derived
    }
}

/// A name for people: `tank-level` is `Tank Level`.
fn title(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A name that a crate can have, which begins with a letter.
fn crate_name(vendor: &str, model: &str) -> String {
    let name = format!("{vendor}-{model}");
    if name.starts_with(|letter: char| letter.is_ascii_digit()) {
        format!("decoder-{name}")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use champollion_registry::package::Manifest;

    use super::*;

    fn new(id: &str, lang: Language) -> New {
        New { id: id.parse().unwrap(), lang, derived: false, dir: None }
    }

    #[test]
    fn names_are_made_for_people_and_for_cargo() {
        assert_eq!(title("tank-level"), "Tank Level");
        assert_eq!(crate_name("acme", "t-1"), "acme-t-1");
        assert_eq!(crate_name("3m", "t1"), "decoder-3m-t1");
    }

    #[test]
    fn what_is_laid_out_can_be_read() {
        let derived = New { derived: true, ..new("acme/consumption", Language::Js) };
        let in_languages = [Language::Js, Language::Rust].map(|lang| new("acme/tank-level", lang));
        for new in in_languages.into_iter().chain([derived]) {
            for (path, text) in new.files() {
                let text = new.filled(text);
                assert!(!text.contains("{{"), "{path}: {text}");
                match path {
                    MANIFEST => assert_eq!(Manifest::parse(&text).unwrap().id, new.id),
                    VECTORS => {
                        assert_eq!(champollion_sdk::vectors::parse(&text).unwrap().len(), 2);
                    }
                    _ => {}
                }
            }
        }
    }
}
